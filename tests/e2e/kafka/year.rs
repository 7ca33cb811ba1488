use std::time::Instant;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use arrow::util::display::array_value_to_string;
use shukei_lake::{Lake, LakeOptions};
use shukei_protocol::TableName;
use shukei_query::Catalog;
use shukei_schemas::definition::Definitions;
use shukei_testkit::Program;

use super::node::{Node, Worker, configuration, decided, send, until, until_ok};

/// Small batches, so that workers die in the middle of many.
const SMALL: &str =
    "[ingest]\nbatch_rows = 40\nbatch_age_ms = 100\n[transform]\nbatch_rows = 60\nlook_every_ms = 300";

/// Key and bytes of every record of a data folder, in the order of their arrival.
async fn records(lake: &Lake) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    for batch in lake.open(&TableName::raw()).await.unwrap().all_rows().await.unwrap() {
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let offsets = column("offset").as_primitive::<Int64Type>();
        let (keys, payloads) = (column("key").as_binary::<i32>(), column("payload").as_binary::<i32>());
        for row in 0..batch.num_rows() {
            found.push((offsets.value(row), keys.value(row).to_vec(), payloads.value(row).to_vec()));
        }
    }
    found.sort();
    found.into_iter().map(|(_, key, payload)| (key, payload)).collect()
}

/// The rows of a query as sorted lines of text.
async fn lines(catalog: &Catalog, query: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for batch in catalog.query(query).await.unwrap().collect().await.unwrap() {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|column| array_value_to_string(column, row).unwrap());
            lines.push(cells.collect::<Vec<_>>().join("|"));
        }
    }
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn the_year_through_processes_that_die_is_the_year_of_the_embedded_run() {
    let node = Node::get();
    let embedded = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let _ = embedded.on_data(&["demo", "--survey", "nisc"]).ends(0);
    let played = records(&Lake::local(&embedded.data(), LakeOptions::default()).unwrap()).await;
    assert!(played.len() > 1_800, "{}", played.len());

    let began = Instant::now();
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let lake = Lake::local(&program.data(), LakeOptions::default()).unwrap();
    node.make_topic("year", 4).await;
    node.make_topic("year-landed", 4).await;
    let config = configuration(&program, node.servers(), "year", SMALL);
    let start = |kind: &str| Worker::start(&program, kind, &config, &[]);
    let (mut ingests, mut transforms) =
        (vec![start("ingest"), start("ingest")], vec![start("transform"), start("transform")]);
    let producer = node.producer();
    let (first, rest) = played.split_at(played.len() / 3);

    send(&producer, "year", first).await;
    until("the first third is on its way", async || decided(&lake).await > 100).await;
    // One of each kind dies at its work. Where this test itself was kept waiting, all that was sent may be done by then:
    // then two more die in the next part.
    let (mut sent, mut at_work) = (first.len(), false);
    for part in rest.chunks(rest.len().div_ceil(4)) {
        send(&producer, "year", part).await;
        sent += part.len();
        if !at_work {
            ingests.remove(0).kill();
            transforms.remove(0).kill();
            at_work = decided(&lake).await < sent;
            ingests.push(start("ingest"));
            transforms.push(start("transform"));
        }
    }
    assert!(at_work, "whoever died had nothing left to do");
    until_ok("every record is decided", async || {
        ingests.iter_mut().chain(&mut transforms).for_each(Worker::lives);
        let decided = decided(&lake).await;
        let said = || ingests.iter().chain(&transforms).map(Worker::said).collect::<Vec<_>>().join("\n");
        (decided == played.len()).then_some(()).ok_or_else(|| format!("{decided} of {sent}:\n{}", said()))
    })
    .await;
    until("everything decided is carried out", async || {
        shukei_query::verify(&lake).await.unwrap().is_whole()
    })
    .await;
    eprintln!("{} records through four processes in {:.1} s", played.len(), began.elapsed().as_secs_f64());

    // Each kind of worker was really two: both had partitions of their own. Where the machine is slow, the one that took a
    // dead one's place may join only now.
    until_ok("both workers of each kind have partitions", async || {
        let said: Vec<_> = ingests.iter().chain(&transforms).map(Worker::said).collect();
        said.iter().all(|said| said.contains("Partition(")).then_some(()).ok_or_else(|| said.join("\n"))
    })
    .await;
    for worker in ingests.into_iter().chain(transforms) {
        worker.stop();
    }
    same_tables(&embedded, &program).await;
}

/// Table by table, but for where and when a record stood.
async fn same_tables(embedded: &Program, program: &Program) {
    let (definitions, _) = Definitions::shipped();
    let open = async |program: &Program| {
        let lake = Lake::local(&program.data(), LakeOptions::default()).unwrap();
        Catalog::open(&lake, &definitions).await.unwrap()
    };
    let (played, brought) = (open(embedded).await, open(program).await);
    let position = "generation, \"partition\", \"offset\"";
    let queries = [
        format!("SELECT * EXCEPT ({position}, order_time) FROM outcomes"),
        format!("SELECT * EXCEPT ({position}) FROM responses_nisc2023_1"),
        "SELECT key, payload, headers, kind FROM raw".to_owned(),
        "SELECT survey, wave, unit FROM current WHERE survey = 'nisc'".to_owned(),
    ];
    for query in queries {
        let (wanted, found) = (lines(&played, &query).await, lines(&brought, &query).await);
        assert!(wanted.len() > 1_800, "{query}: {} lines", wanted.len());
        let differ = wanted.iter().zip(&found).filter(|(wanted, found)| wanted != found).count();
        assert_eq!((wanted.len(), 0), (found.len(), differ), "{query}");
    }
    let tabulate = |program: &Program| {
        program.on_data(&["tabulate", "--survey", "nisc", "--wave", "2023"]).ends(0).stdout
    };
    let wanted = tabulate(embedded);
    assert!(wanted.lines().count() > 600);
    assert!(wanted == tabulate(program), "the tabulation differs");
}
