use std::collections::BTreeSet;
use std::time::Instant;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use shukei_lake::{Lake, LakeOptions};
use shukei_protocol::TableName;
use shukei_testkit::Program;

use super::node::{Node, Worker, configuration, send, until};

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

async fn rows(lake: &Lake, table: &TableName) -> usize {
    match lake.open(table).await {
        Ok(table) => table.all_rows().await.unwrap().iter().map(|batch| batch.num_rows()).sum(),
        Err(_) => 0,
    }
}

/// The rows of a query as sorted lines of CSV.
fn lines(program: &Program, query: &str) -> Vec<String> {
    let csv = program.on_data(&["sql", query, "--format", "csv"]).ends(0).stdout;
    let mut lines: Vec<String> = csv.lines().map(str::to_owned).collect();
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
    let (second, third) = rest.split_at(rest.len() / 2);

    send(&producer, "year", first).await;
    until("the first third is on its way", async || rows(&lake, &TableName::outcomes()).await > 100).await;
    send(&producer, "year", second).await;
    ingests.remove(0).kill();
    transforms.remove(0).kill();
    let half_way = rows(&lake, &TableName::outcomes()).await;
    assert!(half_way < first.len() + second.len(), "they died when all was done: {half_way}");
    ingests.push(start("ingest"));
    transforms.push(start("transform"));
    send(&producer, "year", third).await;
    until("every record is decided", async || {
        ingests.iter_mut().chain(&mut transforms).for_each(Worker::lives);
        rows(&lake, &TableName::outcomes()).await == played.len()
    })
    .await;
    until("everything decided is carried out", async || {
        shukei_query::verify(&lake).await.unwrap().is_whole()
    })
    .await;
    eprintln!("{} records through four processes in {:.1} s", played.len(), began.elapsed().as_secs_f64());

    // Each kind of worker was really two: both had partitions of their own.
    for (kind, workers) in [("ingest", ingests), ("transform", transforms)] {
        for worker in workers {
            let said = worker.stop();
            assert!(said.contains("partitions"), "{kind} was given nothing:\n{said}");
        }
    }
    let _ = program.on_data(&["verify"]).ends(0);
    same_tables(&embedded, &program);
}

/// Table by table, but for where and when a record stood.
fn same_tables(embedded: &Program, program: &Program) {
    let positions = "generation, \"partition\", \"offset\", order_time";
    let tables = program.sql("SHOW TABLES");
    let named: BTreeSet<&str> = tables.iter().map(|row| row["table_name"].as_str()).collect();
    let responses: Vec<&&str> = named.iter().filter(|name| name.starts_with("responses_nisc")).collect();
    assert!(!responses.is_empty(), "{named:?}");
    let mut queries = vec![
        format!("SELECT * EXCEPT ({positions}) FROM outcomes"),
        "SELECT key, payload, headers, kind FROM raw".to_owned(),
        "SELECT survey, wave, unit FROM current WHERE survey = 'nisc'".to_owned(),
    ];
    let less = "generation, \"partition\", \"offset\"";
    queries.extend(responses.iter().map(|name| format!("SELECT * EXCEPT ({less}) FROM {name}")));
    for query in queries {
        let (wanted, found) = (lines(embedded, &query), lines(program, &query));
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
