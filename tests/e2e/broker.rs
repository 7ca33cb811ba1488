//! The embedded broker under its rules, with the workers in this process.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use shukei_ingest::{Ingest, IngestOptions};
use shukei_lake::{Lake, LakeOptions, SourceGeneration};
use shukei_protocol::{Limits, TableName};
use shukei_schemas::Offset;
use shukei_schemas::definition::Definitions;
use shukei_schemas::event::Header;
use shukei_transform::{Transform, TransformOptions};
use shukei_worker::{
    EmbeddedBroker, EmbeddedOptions, Gateway, Outgoing, SUBMISSIONS, Source, WorkerError, partition_of,
};
use tempfile::TempDir;
use tokio::sync::oneshot;

async fn setup(partitions: i32) -> (TempDir, Lake, EmbeddedBroker, SourceGeneration) {
    let folder = TempDir::new().unwrap();
    let lake = Lake::local(folder.path(), LakeOptions::default()).unwrap();
    let broker = EmbeddedBroker::start(EmbeddedOptions { partitions, ..EmbeddedOptions::default() }).unwrap();
    let first = vec![Offset(0); partitions as usize];
    let generation = lake.open_generation(SUBMISSIONS, broker.topic_id(), &first, 0).await.unwrap();
    (folder, lake, broker, generation)
}

async fn ingest(
    lake: &Lake,
    broker: &EmbeddedBroker,
    generation: &SourceGeneration,
    options: IngestOptions,
) -> Ingest {
    let source = Source::new(broker.bootstrap_servers(), SUBMISSIONS, "test").unwrap();
    Ingest::open(lake, generation.clone(), source, options).await.unwrap()
}

fn record(key: &str, payload: Vec<u8>) -> Outgoing {
    Outgoing { key: key.into(), headers: Vec::new(), payload }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_times_the_brokers_room_goes_through_without_loss() {
    let (_folder, lake, broker, generation) = setup(1).await;
    let gateway = Gateway::new(&broker).unwrap();
    let told = gateway.clone();
    let ingest = ingest(&lake, &broker, &generation, IngestOptions::default())
        .await
        .on_stored(move |partition, span| told.stored(partition, span));
    let (stop, stopped) = oneshot::channel::<()>();
    let worker = tokio::spawn(ingest.run(async move {
        let _ = stopped.await;
    }));
    // One partition keeps 5 MiB: 52 MiB in records of 64 KiB.
    let records = 832;
    let mut waiting = Vec::new();
    for number in 0..records {
        let mut payload = vec![b'x'; 64 << 10];
        payload[..8].copy_from_slice(format!("{number:08}").as_bytes());
        waiting.push(gateway.send(record(&format!("k{number}"), payload)).await.unwrap());
    }
    for (number, receipt) in waiting.into_iter().enumerate() {
        assert_eq!(receipt.await.unwrap().offset.0, number as i64);
    }
    stop.send(()).unwrap();
    worker.await.unwrap().unwrap();
    let rows = lake.open(&TableName::raw()).await.unwrap().all_rows().await.unwrap();
    let mut seen = vec![0; records];
    for batch in rows {
        let kinds = arrow::array::AsArray::as_string::<i32>(batch.column_by_name("kind").unwrap());
        let payloads = arrow::array::AsArray::as_binary::<i32>(batch.column_by_name("payload").unwrap());
        for row in 0..batch.num_rows() {
            assert_eq!(kinds.value(row), "record");
            let number: usize = std::str::from_utf8(&payloads.value(row)[..8]).unwrap().parse().unwrap();
            seen[number] += 1;
        }
    }
    assert!(seen.iter().all(|times| *times == 1), "each record once");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_receipt_is_given_before_the_record_is_stored() {
    let (_folder, _lake, broker, _generation) = setup(1).await;
    let gateway = Gateway::new(&broker).unwrap();
    // Nobody ingests: the broker has the record, but a receipt would promise more than that.
    let receipt = gateway.send(record("k", b"{}".to_vec())).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(700), receipt).await.is_err());
    // And when half of the room is taken, the gateway waits instead of letting the broker drop what it has.
    let mut taken = 0;
    loop {
        let sending = gateway.send(record("k", vec![0; 1 << 19]));
        match tokio::time::timeout(Duration::from_millis(500), sending).await {
            Ok(sent) => drop(sent.unwrap()),
            Err(_) => break,
        }
        taken += 1;
        assert!(taken <= 4, "the gateway lets in more than half of the room");
    }
    assert_eq!(taken, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_dropped_stops_ingest_until_it_is_accepted() {
    let (_folder, lake, broker, generation) = setup(1).await;
    // A producer that does not keep the gateway's rules: 8 MiB where 5 have room.
    let producer: FutureProducer =
        ClientConfig::new().set("bootstrap.servers", broker.bootstrap_servers()).create().unwrap();
    for number in 0..16 {
        let payload = vec![b'0' + number; 1 << 19];
        let record = FutureRecord::<(), _>::to(SUBMISSIONS).partition(0).payload(&payload);
        producer.send(record, Duration::from_secs(10)).await.unwrap();
    }
    let stopped = ingest(&lake, &broker, &generation, IngestOptions::default()).await;
    let error =
        tokio::time::timeout(Duration::from_secs(30), stopped.run(std::future::pending())).await.unwrap();
    let lost = match error {
        Err(WorkerError::Lost { span, .. }) => span,
        other => panic!("{other:?}"),
    };
    assert_eq!(lost.first.0, 0);
    assert!(lost.end.0 > 0 && lost.end.0 < 16, "{lost:?}");

    let accepting = IngestOptions { accept_lost: true, ..IngestOptions::default() };
    let going_on = ingest(&lake, &broker, &generation, accepting).await;
    let mut progress = going_on.progress();
    let (stop, stops) = oneshot::channel::<()>();
    let worker = tokio::spawn(going_on.run(async move {
        let _ = stops.await;
    }));
    tokio::time::timeout(Duration::from_secs(30), progress.wait_for(|progress| progress.stored >= 16))
        .await
        .unwrap()
        .unwrap();
    stop.send(()).unwrap();
    worker.await.unwrap().unwrap();
    let rows = lake.open(&TableName::raw()).await.unwrap().all_rows().await.unwrap();
    let (mut records, mut holes) = (0, Vec::new());
    for batch in rows {
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let kinds = arrow::array::AsArray::as_string::<i32>(column("kind"));
        let numbers = |name: &str| {
            arrow::array::AsArray::as_primitive::<arrow::datatypes::Int64Type>(column(name)).clone()
        };
        for row in 0..batch.num_rows() {
            match kinds.value(row) {
                "record" => records += 1,
                _ => holes.push((
                    numbers("offset").value(row),
                    numbers("hole_end").value(row),
                    numbers("log_start").value(row),
                )),
            }
        }
    }
    assert_eq!(holes, [(0, lost.end.0, lost.end.0)], "the loss is a row");
    assert_eq!(records, 16 - lost.end.0);
    // The hole is part of the law: with it the partition is contiguous.
    let transform = Transform::open(&lake, Arc::default(), TransformOptions::default()).await.unwrap();
    transform.run(None, std::future::ready(())).await.unwrap();
    assert!(shukei_query::verify(&lake).await.unwrap().is_whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_record_and_one_in_binary_mode_come_to_an_outcome() {
    let (_folder, lake, broker, generation) = setup(2).await;
    let gateway = Gateway::new(&broker).unwrap();
    let told = gateway.clone();
    let limits = Limits { age_ms_max: 20, ..Limits::default() };
    let ingest = ingest(&lake, &broker, &generation, IngestOptions { limits, ..IngestOptions::default() })
        .await
        .on_stored(move |partition, span| told.stored(partition, span));
    let (stop, stopped) = oneshot::channel::<()>();
    let worker = tokio::spawn(ingest.run(async move {
        let _ = stopped.await;
    }));
    let header = |name: &str, value: &str| Header { name: name.into(), value: Some(value.into()) };
    let binary = Outgoing {
        key: b"rse/b".to_vec(),
        headers: vec![
            header("ce_specversion", "1.0"),
            header("ce_id", "b"),
            header("ce_source", "urn:test"),
            header("ce_type", "submission.received"),
        ],
        payload: br#"{"survey":"rse","wave":"uk2017","respondent":"b","answers":{"tool2":1}}"#.to_vec(),
    };
    let empty = gateway.send(record("empty", Vec::new())).await.unwrap();
    let binary = gateway.send(binary).await.unwrap();
    empty.await.unwrap();
    binary.await.unwrap();
    stop.send(()).unwrap();
    worker.await.unwrap().unwrap();

    let (definitions, _) = Definitions::shipped();
    let transform = Transform::open(&lake, Arc::new(definitions), TransformOptions::default()).await.unwrap();
    transform.run(None, std::future::ready(())).await.unwrap();
    let outcomes = lake.open(&TableName::outcomes()).await.unwrap().all_rows().await.unwrap();
    let mut found = Vec::new();
    for batch in outcomes {
        let text =
            |name: &str| arrow::array::AsArray::as_string::<i32>(batch.column_by_name(name).unwrap()).clone();
        let (kinds, codes, ids) = (text("kind"), text("code"), text("event_id"));
        for row in 0..batch.num_rows() {
            found.push(format!("{} {} {}", kinds.value(row), codes.value(row), ids.value(row)));
        }
    }
    found.sort();
    assert_eq!(found, ["rejection record_empty ", "response  b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_fall_into_the_partitions_of_kafkas_own_partitioner() {
    let (_folder, _lake, broker, _generation) = setup(7).await;
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", broker.bootstrap_servers())
        .set("partitioner", "murmur2_random")
        .create()
        .unwrap();
    for key in
        ["", "a", "ab", "abc", "abcd", "rse/17", "nisc/長い名前の事業者", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]
    {
        if key.is_empty() {
            continue;
        }
        let record = FutureRecord::to(SUBMISSIONS).key(key).payload("x");
        let delivery = producer.send(record, Duration::from_secs(10)).await.unwrap();
        assert_eq!(delivery.partition, partition_of(key.as_bytes(), 7), "{key}");
    }
}
