//! What happens to the log of a topic: transactions that were aborted, records that were dropped.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, Producer};
use shukei_lake::{Lake, LakeOptions};
use shukei_testkit::Program;

use super::node::{Node, Worker, configuration, decided, events, send, until};

#[tokio::test(flavor = "multi_thread")]
async fn aborted_records_are_holes_and_dropped_ones_stop_ingest_until_that_is_accepted() {
    let node = Node::get();
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let lake = Lake::local(&program.data(), LakeOptions::default()).unwrap();
    shukei_testkit::small_survey(&program);
    node.make_topic("log", 1).await;
    node.make_topic("log-landed", 1).await;
    let surveys = "surveys = [\"surveys\"]";
    let config = configuration(&program, node.servers(), "log", surveys);

    // Three records and their marker, two that are aborted and their marker, three records and their marker.
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", node.servers())
        .set("transactional.id", "year")
        .create()
        .unwrap();
    let wait = Duration::from_secs(20);
    producer.init_transactions(wait).unwrap();
    for (numbers, commits) in [(0..3, true), (3..5, false), (5..8, true)] {
        producer.begin_transaction().unwrap();
        send(&producer, "log", &events(numbers)).await;
        match commits {
            true => producer.commit_transaction(wait).unwrap(),
            false => producer.abort_transaction(wait).unwrap(),
        }
    }
    let mut ingest = Worker::start(&program, "ingest", &config, &[]);
    let mut transform = Worker::start(&program, "transform", &config, &[]);
    until("what was committed is decided", async || {
        ingest.lives();
        transform.lives();
        decided(&lake).await == 6
    })
    .await;
    let _ = ingest.stop();
    let holes = || {
        let rows =
            program.sql("SELECT \"offset\", hole_end, log_start FROM raw WHERE kind = 'hole' ORDER BY 1");
        let text = |row: &std::collections::BTreeMap<String, String>| {
            format!("{}..{} from {}", row["offset"], row["hole_end"], row["log_start"])
        };
        rows.iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(holes(), ["3..7 from 0"]);
    let _ = program.on_data(&["verify"]).ends(0);

    // Offsets 11 to 15 come while nobody is there, and Kafka drops all before 14.
    send(&node.producer(), "log", &events(20..25)).await;
    node.drop_records("log", 14).await;
    let (code, said) = Worker::start(&program, "ingest", &config, &[]).ends();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("[source_lost]") && said.contains("offsets 10 to 13"), "{said}");
    assert_eq!(decided(&lake).await, 6);

    let accepting = format!("{surveys}\n[ingest]\naccept_lost = true");
    let config = configuration(&program, node.servers(), "log", &accepting);
    let mut ingest = Worker::start(&program, "ingest", &config, &[]);
    until("what is left is decided", async || {
        ingest.lives();
        transform.lives();
        decided(&lake).await == 8
    })
    .await;
    let _ = ingest.stop();
    let _ = transform.stop();
    assert_eq!(holes(), ["3..7 from 0", "10..14 from 14"]);
    let _ = program.on_data(&["verify"]).ends(0);
}
