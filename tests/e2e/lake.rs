//! The lake by itself: compare-and-swap, pruned reads, checkpoints, generations.
#![allow(clippy::unwrap_used)] // Helpers of tests fail by panic too.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, Int32Array, Int64Array, RecordBatch, StringArray, UInt8Array,
};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema, SchemaRef};
use datafusion::prelude::SessionContext;
use shukei_lake::{Commit, Lake, LakeError, LakeOptions, RowsWanted, Table, app_id};
use shukei_protocol::{Effect, Event, Limits, Permit, TableName, Writer};
use shukei_schemas::{Generation, Lane, Offset, Partition, Span, TopicId};

const LANES: i32 = 3;

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("generation", DataType::Int32, false),
        Field::new("partition", DataType::Int32, false),
        Field::new("offset", DataType::Int64, false),
        Field::new("unit", DataType::Utf8, true),
        Field::new("payload", DataType::Binary, true),
    ]))
}

fn rows(lane: Lane, offsets: impl IntoIterator<Item = i64>, payload: usize) -> RecordBatch {
    let offsets: Vec<i64> = offsets.into_iter().collect();
    let n = offsets.len();
    let units: Vec<String> = offsets.iter().map(|o| format!("unit-{o}")).collect();
    let payloads: Vec<Vec<u8>> = offsets.iter().map(|o| vec![*o as u8; payload]).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![lane.generation.0; n])),
        Arc::new(Int32Array::from(vec![lane.partition.0; n])),
        Arc::new(Int64Array::from(offsets)),
        Arc::new(StringArray::from(units)),
        Arc::new(BinaryArray::from_iter_values(payloads)),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

fn apps() -> BTreeMap<Lane, String> {
    let topic = TopicId::from("t");
    (0..LANES).map(|p| (Lane::new(1, p), app_id(&topic, Partition(p)))).collect()
}

fn open(dir: &Path) -> Lake {
    Lake::local(dir, LakeOptions::default()).unwrap()
}

async fn raw(lake: &Lake) -> Table {
    let stats = ["generation", "partition", "offset"];
    lake.create_if_absent(&TableName::raw(), schema(), &["partition"], &stats).await.unwrap()
}

/// A permit as a real writer gets it: assigned, looked, rows arrived, flushed, looked again.
async fn permit(table: &mut Table, lane: Lane, span: Span) -> Permit {
    let cursors = table.cursors(&apps()).await.unwrap();
    let looked = Event::Looked { version: table.version(), cursors };
    let mut writer = Writer::new(table.name().clone(), Limits::default());
    writer.decide(Event::Assigned { lane, start: span.first });
    let effects = writer.decide(looked.clone());
    assert_eq!(
        effects,
        [Effect::Read { lane, at: span.first }],
        "the table is not where the test expects it"
    );
    writer.decide(Event::Arrived { lane, span, rows: span.len() as usize, bytes: 1, now_ms: 0 });
    writer.decide(Event::Flush);
    match writer.decide(looked).pop() {
        Some(Effect::Commit(permit)) => permit,
        other => panic!("no permit but {other:?}"),
    }
}

async fn append(table: &mut Table, lane: Lane, span: Span) -> Result<i64, LakeError> {
    let mut commit = Commit::new(permit(table, lane, span).await, apps());
    commit.adds.push(rows(lane, span.first.0..span.end.0, 10).into());
    table.commit(commit).await
}

fn offsets(batches: &[RecordBatch]) -> Vec<i64> {
    let column = |batch: &RecordBatch| batch.column_by_name("offset").unwrap().clone();
    batches.iter().flat_map(|b| column(b).as_primitive::<Int64Type>().values().to_vec()).collect()
}

async fn count(table: &Table, condition: &str) -> i64 {
    let session = SessionContext::new();
    session.register_table("t", table.provider().unwrap()).unwrap();
    let query = session.sql(&format!("SELECT count(*) FROM t WHERE {condition}")).await.unwrap();
    query.collect().await.unwrap()[0].column(0).as_primitive::<Int64Type>().value(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_handles_with_the_same_cursor_one_wins_and_the_other_sees_its_end() {
    // A name that needs percent-encoding in addresses.
    let dir = tempfile::tempdir().unwrap();
    let lake = open(&dir.path().join("調査 a%b"));
    let (lane, span) = (Lane::new(1, 0), Span::new(0, 10));
    let mut one = raw(&lake).await;
    let mut two = lake.open(&TableName::raw()).await.unwrap();
    assert_eq!(append(&mut one, lane, span).await.unwrap(), 1);
    let lost = append(&mut two, lane, span).await.unwrap_err();
    assert!(matches!(lost, LakeError::Conflict { .. }), "{lost:?}");
    two.refresh().await.unwrap();
    assert_eq!(two.cursor("t/0").await.unwrap(), Some(10));
    assert_eq!((two.version(), one.version()), (1, 1));
    assert_eq!(count(&two, "true").await, 10);
    // The loser goes on from there.
    assert_eq!(append(&mut two, lane, Span::new(10, 15)).await.unwrap(), 2);
    assert_eq!(two.cursor("t/0").await.unwrap(), Some(15));
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_different_lanes_both_win_on_one_snapshot_and_carry_the_other_cursor() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    let mut one = raw(&lake).await;
    let mut two = lake.open(&TableName::raw()).await.unwrap();
    assert_eq!(append(&mut one, Lane::new(1, 0), Span::new(0, 10)).await.unwrap(), 1);
    assert_eq!(append(&mut two, Lane::new(1, 1), Span::new(0, 5)).await.unwrap(), 2);
    assert_eq!(two.version(), 2);
    // Known without another look, since the handle followed the entry in between.
    assert_eq!(two.cursor("t/0").await.unwrap(), Some(10));
    assert_eq!(two.cursor("t/1").await.unwrap(), Some(5));
    one.refresh().await.unwrap();
    assert_eq!(one.cursor("t/1").await.unwrap(), Some(5));
    assert_eq!(one.cursor("t/2").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_tasks_store_every_offset_once() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    raw(&lake).await;
    let lane = Lane::new(1, 0);
    let mut tasks = Vec::new();
    for step in [7, 11, 5] {
        let lake = lake.clone();
        tasks.push(tokio::spawn(async move {
            let mut table = lake.open(&TableName::raw()).await.unwrap();
            let mut lost = 0;
            loop {
                table.refresh().await.unwrap();
                let at = table.cursor("t/0").await.unwrap().unwrap_or(0);
                if at >= 200 {
                    return lost;
                }
                let span = Span::new(at, (at + step).min(200));
                if append(&mut table, lane, span).await.is_err() {
                    lost += 1;
                }
            }
        }));
    }
    let mut lost = 0;
    for task in tasks {
        lost += task.await.unwrap();
    }
    assert!(lost > 0, "nobody ever lost: this was no race");
    let table = lake.open(&TableName::raw()).await.unwrap();
    let read = table.rows(&RowsWanted::new(lane, Span::new(0, 1_000))).await.unwrap();
    assert_eq!(offsets(&read.batches), (0..200).collect::<Vec<_>>());
}

/// A caller that gives up waiting knows nothing: the entry may be in the log, or may still get there.
#[tokio::test(flavor = "multi_thread")]
async fn commits_dropped_half_way_neither_lose_nor_double_rows() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    let mut table = raw(&lake).await;
    let lane = Lane::new(1, 0);
    let (mut dropped, mut behind) = (0, 0);
    for round in 0.. {
        table.refresh().await.unwrap();
        let at = table.cursor("t/0").await.unwrap().unwrap_or(0);
        assert!(at >= behind, "the cursor went backwards");
        let patience = std::time::Duration::from_micros(700 * round);
        match tokio::time::timeout(patience, append(&mut table, lane, Span::new(at, at + 3))).await {
            Err(_) => dropped += 1,
            Ok(Err(_)) => {}
            Ok(Ok(_)) => behind = at + 3,
        }
        if round >= 60 && behind > 0 {
            break;
        }
    }
    assert!(dropped > 5, "hardly any commit was dropped: {dropped}");
    // What was dropped may still be on its way to the disk.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    table.refresh().await.unwrap();
    let cursor = table.cursor("t/0").await.unwrap().unwrap();
    let fresh = lake.open(&TableName::raw()).await.unwrap().cursor("t/0").await.unwrap();
    assert_eq!(fresh, Some(cursor));
    let read = table.rows(&RowsWanted::new(lane, Span::new(0, 1_000))).await.unwrap();
    assert_eq!(offsets(&read.batches), (0..cursor).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_dropped_at_any_point_leaves_no_old_cursor_behind() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    let (lane, mut at) = (Lane::new(1, 0), 0);
    let mut writer = raw(&lake).await;
    let mut reader = lake.open(&TableName::raw()).await.unwrap();
    for polls in 1..25 {
        append(&mut writer, lane, Span::new(at, at + 2)).await.unwrap();
        assert_eq!(reader.cursor("t/0").await.unwrap(), Some(at).filter(|at| *at > 0));
        at += 2;
        let mut left = polls;
        let mut half = Box::pin(reader.refresh());
        std::future::poll_fn(|context| {
            left -= 1;
            let done = half.as_mut().poll(context).is_ready() || left == 0;
            if done { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
        drop(half);
        // Whatever version the handle stands on now, the cursor is that version's: one row less, or all.
        let seen = reader.cursor("t/0").await.unwrap().unwrap_or(0);
        assert_eq!(seen, 2 * reader.version(), "after {polls} polls");
        reader.refresh().await.unwrap();
        assert_eq!(reader.cursor("t/0").await.unwrap(), Some(at), "after {polls} polls");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_can_move_without_rows_and_extras_travel_along() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    let mut table = raw(&lake).await;
    let lane = Lane::new(1, 2);
    let mut commit = Commit::new(permit(&mut table, lane, Span::new(40, 90)).await, apps());
    commit.extra.push(("order_time/t/2".into(), 123));
    assert_eq!(table.commit(commit).await.unwrap(), 1);
    let mut again = lake.open(&TableName::raw()).await.unwrap();
    assert_eq!(again.cursor("t/2").await.unwrap(), Some(90));
    assert_eq!(again.cursor("order_time/t/2").await.unwrap(), Some(123));
    assert_eq!(count(&again, "true").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn permits_of_another_version_table_or_cursor_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    let (lane, span) = (Lane::new(1, 0), Span::new(0, 3));
    let mut table = raw(&lake).await;
    let stale = permit(&mut table, lane, span).await;
    append(&mut table, lane, span).await.unwrap();
    let refused = table.commit(Commit::new(stale.clone(), apps())).await.unwrap_err();
    assert!(matches!(refused, LakeError::OtherVersion { version: 1, permit: 0, .. }), "{refused:?}");

    // The right version of a table that holds another cursor: the same permit on a second lake.
    let other_dir = tempfile::tempdir().unwrap();
    let mut other = raw(&open(other_dir.path())).await;
    append(&mut other, lane, Span::new(0, 1)).await.unwrap();
    let next = permit(&mut table, lane, Span::new(3, 5)).await;
    let refused = other.commit(Commit::new(next.clone(), apps())).await.unwrap_err();
    let moved = matches!(refused, LakeError::OtherCursor { held: Some(1), expected: Some(3), .. });
    assert!(moved, "{refused:?}");

    let stats = ["generation", "partition", "offset"];
    let mut outcomes = lake.create_if_absent(&TableName::outcomes(), schema(), &[], &stats).await.unwrap();
    let refused = outcomes.commit(Commit::new(next.clone(), apps())).await.unwrap_err();
    assert!(matches!(refused, LakeError::OtherTable { .. }), "{refused:?}");

    let mut commit = Commit::new(next.clone(), apps());
    commit.adds.push(rows(lane, 3..6, 1).into());
    let refused = table.commit(commit).await.unwrap_err();
    assert!(matches!(refused, LakeError::OutsidePermit { offset: 5, .. }), "{refused:?}");
    let refused = table.commit(Commit::new(next.clone(), BTreeMap::new())).await.unwrap_err();
    assert!(matches!(refused, LakeError::NoApp { .. }), "{refused:?}");
    let mut commit = Commit::new(next, apps());
    commit.extra.push(("t/0".into(), 9));
    let refused = table.commit(commit).await.unwrap_err();
    assert!(matches!(refused, LakeError::AppTwice { .. }), "{refused:?}");
    assert_eq!(table.version(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_survive_checkpoints_and_handles_that_are_opened_anew() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    let mut table = raw(&lake).await;
    append(&mut table, Lane::new(1, 1), Span::new(0, 4)).await.unwrap();
    let lane = Lane::new(1, 0);
    let mut follower = lake.open(&TableName::raw()).await.unwrap();
    for at in 0..120 {
        table.refresh().await.unwrap();
        append(&mut table, lane, Span::new(at, at + 1)).await.unwrap();
        if at % 7 == 0 {
            follower.refresh().await.unwrap();
            assert_eq!(follower.cursor("t/0").await.unwrap(), Some(at + 1));
        }
    }
    let checkpoint = dir.path().join("raw/_delta_log/00000000000000000099.checkpoint.parquet");
    assert!(checkpoint.exists(), "no checkpoint was written");
    let mut fresh = lake.open(&TableName::raw()).await.unwrap();
    assert_eq!(fresh.cursor("t/0").await.unwrap(), Some(120));
    assert_eq!(fresh.cursor("t/1").await.unwrap(), Some(4));
    assert_eq!(fresh.version(), 121);
    // Statistics survived too: a tail read opens the last files only, so the first ones may be gone.
    let first = std::fs::read_dir(dir.path().join("raw/partition=0")).unwrap();
    let mut files: Vec<_> = first.map(|entry| entry.unwrap()).collect();
    files.sort_by_key(|entry| entry.metadata().unwrap().modified().unwrap());
    std::fs::remove_file(files[0].path()).unwrap();
    let tail = fresh.rows(&RowsWanted::new(lane, Span::new(110, 120))).await.unwrap();
    assert_eq!(offsets(&tail.batches), (110..120).collect::<Vec<_>>());
    assert!(fresh.rows(&RowsWanted::new(lane, Span::new(0, 120))).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_counts_as_won_though_its_checkpoint_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    let mut table = raw(&lake).await;
    std::fs::create_dir(dir.path().join("raw/_delta_log/00000000000000000099.checkpoint.parquet")).unwrap();
    let lane = Lane::new(1, 0);
    for at in 0..102 {
        let mut commit = Commit::new(permit(&mut table, lane, Span::new(at, at + 1)).await, apps());
        commit.extra.push(("order_time/t/0".into(), at));
        assert_eq!(table.commit(commit).await.unwrap(), at + 1);
        // Where the work after a commit failed, the handle needs a look before it goes on.
        table.refresh().await.unwrap();
    }
    assert_eq!(table.cursor("t/0").await.unwrap(), Some(102));
}

/// Workers may run on a runtime with one thread.
#[tokio::test]
async fn one_thread_is_enough() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    let mut table = raw(&lake).await;
    append(&mut table, Lane::new(1, 0), Span::new(0, 10)).await.unwrap();
    table.refresh().await.unwrap();
    let read = table.rows(&RowsWanted::new(Lane::new(1, 0), Span::new(2, 4))).await.unwrap();
    assert_eq!(offsets(&read.batches), [2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_pruned_contiguous_and_limited_at_row_groups() {
    let dir = tempfile::tempdir().unwrap();
    // Row groups of about ten rows of 1,000 bytes.
    let options = LakeOptions { raw_row_group_bytes: 10_500, ..LakeOptions::default() };
    let lake = Lake::local(dir.path(), options).unwrap();
    let mut table = raw(&lake).await;
    let (lane, other) = (Lane::new(1, 0), Lane::new(1, 1));
    for (lane, first, end) in [(lane, 0, 35), (other, 0, 50), (lane, 35, 60)] {
        let mut commit = Commit::new(permit(&mut table, lane, Span::new(first, end)).await, apps());
        commit.adds.push(rows(lane, first..end, 1_000).into());
        table.commit(commit).await.unwrap();
    }
    let all = table.rows(&RowsWanted::new(lane, Span::new(5, 50))).await.unwrap();
    assert_eq!((offsets(&all.batches), all.end), ((5..50).collect(), Offset(50)));
    let partitions = all.batches[0].column_by_name("partition").unwrap();
    assert_eq!(partitions.as_primitive::<Int32Type>().value(0), 0);
    assert_eq!(all.batches[0].schema(), table.schema());

    let some = table.rows(&RowsWanted::new(lane, Span::new(5, 50)).limits(12, usize::MAX)).await.unwrap();
    let got = offsets(&some.batches);
    assert_eq!(got, (5..some.end.0).collect::<Vec<_>>());
    assert!((12..25).contains(&got.len()), "row groups were not cut at bytes: {} rows", got.len());
    let rest = table.rows(&RowsWanted::new(lane, Span::new(some.end.0, 50))).await.unwrap();
    assert_eq!(offsets(&rest.batches), (some.end.0..50).collect::<Vec<_>>());

    let narrow = RowsWanted::new(other, Span::new(48, 99)).columns(&["unit", "partition"]);
    let narrow = table.rows(&narrow).await.unwrap();
    assert_eq!((narrow.len(), narrow.batches[0].num_columns()), (2, 2));
    assert_eq!(narrow.batches[0].column(0).as_string::<i32>().value(1), "unit-49");
    assert_eq!(narrow.end, Offset(99));
    let nothing = table.rows(&RowsWanted::new(Lane::new(2, 0), Span::new(0, 99))).await.unwrap();
    assert!(nothing.is_empty());
    assert!(table.rows(&RowsWanted::new(lane, Span::new(0, 9)).columns(&["nope"])).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_several_lanes_in_files_that_are_not_sorted_by_offset_come_sorted() {
    let dir = tempfile::tempdir().unwrap();
    let options = LakeOptions { row_group_rows: 4, ..LakeOptions::default() };
    let lake = Lake::local(dir.path(), options).unwrap();
    let name = TableName::responses("問-1.0");
    let stats = ["generation", "partition", "offset"];
    let mut table = lake.create_if_absent(&name, schema(), &["unit"], &stats).await.unwrap();
    let lane = Lane::new(1, 0);
    for (first, end) in [(0, 20), (20, 30)] {
        let mut commit = Commit::new(permit(&mut table, lane, Span::new(first, end)).await, apps());
        for wave in ["東京", "a b/c=%"] {
            let even = i64::from(wave == "東京");
            let batch = rows(lane, (first..end).filter(|o| o % 2 == even).rev(), 1);
            let waves: ArrayRef = Arc::new(StringArray::from(vec![wave; batch.num_rows()]));
            let mut columns = batch.columns().to_vec();
            columns[3] = waves;
            commit.adds.push(RecordBatch::try_new(schema(), columns).unwrap().into());
        }
        table.commit(commit).await.unwrap();
    }
    let read = table.rows(&RowsWanted::new(lane, Span::new(3, 27))).await.unwrap();
    assert_eq!(offsets(&read.batches), (3..27).collect::<Vec<_>>());
    let waves = read.batches[0].column_by_name("unit").unwrap().as_string::<i32>().clone();
    assert_eq!((waves.value(0), waves.value(1)), ("東京", "a b/c=%"));
    let some = table.rows(&RowsWanted::new(lane, Span::new(0, 30)).limits(1, 1)).await.unwrap();
    assert_eq!(offsets(&some.batches), (0..some.end.0).collect::<Vec<_>>());
    assert!(some.end < Offset(30) && some.end > Offset(0), "{}", some.end);
    assert_eq!(count(&table, "unit = '東京'").await, 15);
    assert_eq!(count(&table, "unit = 'a b/c=%' AND \"offset\" >= 20").await, 5);
    assert_eq!(lake.tables().await.unwrap(), [name]);
    let folders = std::fs::read_dir(dir.path().join("refined/1/responses/問-1.0")).unwrap();
    let mut names: Vec<_> = folders.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["_delta_log", "unit=%E6%9D%B1%E4%BA%AC", "unit=a%20b%2Fc%3D%25"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_in_the_log_name_positions_only() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    let mut table = raw(&lake).await;
    append(&mut table, Lane::new(1, 0), Span::new(0, 10)).await.unwrap();
    let log = dir.path().join("raw/_delta_log/00000000000000000001.json");
    let text = std::fs::read_to_string(log).unwrap();
    assert!(!text.contains("unit"), "an identifier stands in the log: {text}");
    let stats = r#"\"maxValues\":{\"generation\":1,\"offset\":9}"#;
    assert!(text.contains(stats) && text.contains(r#"\"numRecords\":10"#), "{text}");
    let created =
        std::fs::read_to_string(dir.path().join("raw/_delta_log/00000000000000000000.json")).unwrap();
    for setting in ["\"delta.enableExpiredLogCleanup\":\"false\"", "\"delta.checkpointInterval\":\"100\""] {
        assert!(created.contains(setting), "{created}");
    }
    assert!(!created.contains("writerFeatures"), "the table needs newer readers than it should: {created}");
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_creators_make_one_table() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn({
                let lake = lake.clone();
                async move { raw(&lake).await.version() }
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 0);
    }
    assert!(!dir.path().join("raw/_delta_log/00000000000000000001.json").exists());
    let other = Arc::new(Schema::new(vec![Field::new("offset", DataType::Int64, false)]));
    let refused = lake.create_if_absent(&TableName::raw(), other, &[], &[]).await.unwrap_err();
    assert!(matches!(refused, LakeError::Schema { .. }), "{refused:?}");
    let unsigned =
        Arc::new(Schema::new(vec![Field::new("a", UInt8Array::from(vec![1]).data_type().clone(), true)]));
    let refused = lake.create_if_absent(&TableName::outcomes(), unsigned, &[], &[]).await.unwrap_err();
    assert!(matches!(refused, LakeError::Schema { .. }), "{refused:?}");
    let missing = lake.open(&TableName::outcomes()).await.unwrap_err();
    assert!(matches!(missing, LakeError::NotFound { .. }), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_being_made_is_there_or_not_found() {
    for _ in 0..40 {
        let dir = tempfile::tempdir().unwrap();
        let lake = open(dir.path());
        let openers: Vec<_> = (0..3)
            .map(|_| {
                let lake = lake.clone();
                tokio::spawn(async move {
                    while let Err(error) = lake.open(&TableName::raw()).await {
                        assert!(matches!(error, LakeError::NotFound { .. }), "{error:?}");
                    }
                })
            })
            .collect();
        raw(&lake).await;
        for opener in openers {
            opener.await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_pinned_and_cannot_write() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    let mut table = raw(&lake).await;
    append(&mut table, Lane::new(1, 0), Span::new(0, 10)).await.unwrap();
    let session = SessionContext::new();
    session.register_table("t", table.provider().unwrap()).unwrap();
    append(&mut table, Lane::new(1, 0), Span::new(10, 30)).await.unwrap();
    let query = session.sql("SELECT \"offset\", unit FROM t WHERE partition = 0").await.unwrap();
    assert_eq!(query.count().await.unwrap(), 10);
    assert_eq!(count(&table, "\"offset\" >= 5").await, 25);
    let insert = session.sql("INSERT INTO t SELECT * FROM t").await;
    let written = match insert {
        Ok(frame) => frame.collect().await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert!(written.is_err(), "rows were written around the lake");
    table.refresh().await.unwrap();
    assert_eq!(table.version(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn generations_are_numbered_once() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    assert!(lake.generations().await.unwrap().is_empty());
    let ids = ["a", "b", "a", "c", "b", "a"];
    let tasks: Vec<_> =
        ids.iter()
            .map(|id| {
                tokio::spawn({
                    let (lake, id) = (lake.clone(), TopicId::from(*id));
                    async move {
                        lake.open_generation("submissions", &id, &[Offset(0), Offset(7)], 1).await.unwrap()
                    }
                })
            })
            .collect();
    let mut opened = Vec::new();
    for task in tasks {
        opened.push(task.await.unwrap());
    }
    let generations = lake.generations().await.unwrap();
    assert_eq!(generations.iter().map(|g| g.generation.0).collect::<Vec<_>>(), [1, 2, 3]);
    for (id, got) in ids.iter().zip(&opened) {
        assert_eq!(got.topic_id.as_str(), *id);
        assert!(generations.contains(got), "{got:?}");
    }
    let lanes: Vec<_> = generations[0].lanes().collect();
    assert_eq!(lanes, [(Lane::new(1, 0), Offset(0)), (Lane::new(1, 1), Offset(7))]);
    assert_eq!(generations[0].generation, Generation(1));
    assert_eq!(lake.tables().await.unwrap(), [TableName::sources()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_are_stored_once_under_their_hash() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    lake.put_definition("ab12", b"one").await.unwrap();
    lake.put_definition("ab12", b"two").await.unwrap();
    assert_eq!(lake.get_definition("ab12").await.unwrap(), b"one");
    assert!(matches!(lake.get_definition("cd").await, Err(LakeError::NoDefinition { .. })));
    assert!(matches!(lake.put_definition("../x", b"").await, Err(LakeError::BadName { .. })));
}
