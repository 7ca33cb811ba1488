use std::path::Path;
use std::time::Instant;

use shukei_lake::{Lake, LakeOptions};
use shukei_testkit::{Program, small_event, small_survey};

use super::node::{Node, Worker, configuration, decided, events, send, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_was_made_again_is_refused_until_it_is_accepted() {
    let node = Node::get();
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let lake = Lake::local(&program.data(), LakeOptions::default()).unwrap();
    small_survey(&program);
    node.make_topic("again", 2).await;
    node.make_topic("again-landed", 2).await;
    let config = configuration(&program, node.servers(), "again", "surveys = [\"surveys\"]");
    let producer = node.producer();

    let mut ingest = Worker::start(&program, "ingest", &config, &[]);
    let mut transform = Worker::start(&program, "transform", &config, &[]);
    // Ours is a client like any other: its receipts say where the records stand.
    let lines: String = (0..9).map(|number| small_event(number) + "\n").collect();
    let file = program.file("first.jsonl", lines);
    let receipts = program.path("receipts");
    let submit = [
        "submit",
        file.to_str().unwrap(),
        "--config",
        config.to_str().unwrap(),
        "--receipts",
        receipts.to_str().unwrap(),
    ];
    let done = program.run(submit).ends(0);
    assert!(done.stdout.contains("receipts              9"), "{}", done.stdout);
    assert_eq!(std::fs::read_to_string(&receipts).unwrap().lines().count(), 9);
    until("the first records are decided", async || {
        ingest.lives();
        transform.lives();
        decided(&lake).await == 9
    })
    .await;
    // A folder that workers share is nobody's alone.
    let alone = program.on_data(&["submit", file.to_str().unwrap(), "--surveys", "surveys"]).ends(1);
    assert!(alone.stderr.contains("[lake_locked]"), "{}", alone.stderr);

    node.delete_topic("again").await;
    node.make_topic("again", 2).await;
    send(&node.producer(), "again", &events(9..30)).await;
    let (code, said) = ingest.ends();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("[generation_not_accepted]") && said.contains("--accept-generation"), "{said}");
    assert_eq!(decided(&lake).await, 9, "nothing of the new topic is taken for the old one");
    // Started anew it is refused as well.
    let (code, said) = Worker::start(&program, "ingest", &config, &[]).ends();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("[generation_not_accepted]"), "{said}");

    let mut ingest = Worker::start(&program, "ingest", &config, &["--accept-generation"]);
    until("the records of the new topic are decided", async || {
        ingest.lives();
        transform.lives();
        decided(&lake).await == 30
    })
    .await;
    let said = ingest.stop();
    assert!(said.contains("generation 2"), "{said}");
    let _ = transform.stop();
    let _ = program.on_data(&["verify"]).ends(0);
    let number = |query: &str| {
        let done = program.on_data(&["sql", query, "--surveys", "surveys", "--format", "csv"]).ends(0);
        done.stdout.lines().nth(1).unwrap().parse::<i64>().unwrap()
    };
    assert_eq!(number("SELECT count(*) FROM current WHERE survey = 'small'"), 30);
    assert_eq!(number("SELECT count(*) FROM outcomes WHERE generation = 2"), 21);
    drop(producer);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_kafka_is_said_with_its_code() {
    let node = Node::get();
    node.make_topic("lonely", 1).await;
    node.make_topic("uneven", 2).await;
    node.make_topic("uneven-landed", 3).await;
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    // (servers, topic, more of the configuration, what is said)
    let secret = "\"sasl.mechanisms\" = \"PLAIN\"\n\"sasl.pasword\" = \"hunter2\"";
    let mechanism = "\"security.protocol\" = \"SASL_PLAINTEXT\"\n\"sasl.mechanisms\" = \"FISH\"\n\
                     \"sasl.password\" = \"hunter2\"";
    let cases = [
        ("127.0.0.1:1", "lonely", "", ["[broker_unreachable]", "127.0.0.1:1"]),
        (node.servers(), "nowhere", "", ["[topic_missing]", "`nowhere`"]),
        (node.servers(), "lonely", "", ["[topic_missing]", "`lonely-landed`"]),
        (node.servers(), "uneven", "", ["[topic_mismatch]", "2 partitions"]),
        (node.servers(), "uneven", secret, ["[kafka_setting]", "`sasl.pasword`"]),
        (node.servers(), "uneven", mechanism, ["[kafka_setting]", "FISH"]),
    ];
    // All at once: the first of them wait for a broker that never answers.
    let began = Instant::now();
    let mut started = Vec::new();
    for (number, (servers, topic, more, wanted)) in cases.into_iter().enumerate() {
        let text = std::fs::read_to_string(configuration(&program, servers, topic, "")).unwrap() + more;
        let config = program.file(&format!("{number}.toml"), text);
        for kind in ["ingest", "transform"] {
            started.push((kind, topic, wanted, Worker::start(&program, kind, &config, &[])));
        }
    }
    for (kind, topic, wanted, mut worker) in started {
        let (code, said) = worker.ends();
        assert_eq!(code, Some(1), "{kind} {topic}: {said}");
        for words in wanted {
            assert!(said.contains(words), "{kind} {topic}: {words}: {said}");
        }
        assert!(said.contains("hint: ") && !said.contains("hunter2"), "{said}");
    }
    assert!(began.elapsed().as_secs() < 25, "{:?}", began.elapsed());
    let without = program.file("without.toml", "data = \"data\"\n");
    no_kafka(&program, &without);
}

fn no_kafka(program: &Program, config: &Path) {
    for kind in ["ingest", "transform"] {
        let (code, said) = Worker::start(program, kind, config, &[]).ends();
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("names no Kafka"), "{said}");
    }
}
