//! `verify` over a lake: what is whole, what is behind, and every way of being broken that a commit can bring about.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use serde_json::json;
use shukei_protocol::TableName;
use shukei_query::{FindingKind, Report, verify};
use shukei_schemas::{Lane, Offset};

use super::world::{World, answers, raw_hole, raw_rows, withdrawal};

const LANE: fn() -> Lane = || Lane::new(1, 0);

fn events(from: i64, count: i64) -> Vec<Vec<u8>> {
    (from..from + count)
        .map(|n| answers(&n.to_string(), &format!("r{n}"), json!({}), json!({"1": 1})))
        .collect()
}

async fn report(world: &World) -> Report {
    verify(&world.lake).await.unwrap()
}

/// kind, table, offsets, invariant
fn short(report: &Report) -> Vec<String> {
    let line = |f: &shukei_query::Finding| {
        format!("{} {} {} {}", f.kind.as_str(), f.table, f.ranges(), f.invariant.id())
    };
    report.findings.iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_the_whole_way_is_whole() {
    let mut world = World::with(&events(0, 3)).await;
    world.land(1, &[b"rubbish".to_vec(), withdrawal("x", "r0")]).await;
    // A jump of the position is a row, and no gap.
    world.commit(&TableName::raw(), LANE(), 20, Some(raw_hole(LANE(), 8, 20))).await;
    world.land(0, &events(3, 1)).await;
    world.decide().await;
    world.carry().await;
    let report = report(&world).await;
    assert_eq!(short(&report), [] as [&str; 0]);
    assert_eq!(
        report.summary(),
        "6 raw records = 4 responses + 1 rejections + 1 withdrawals; responses/f-1 holds 4 of 4"
    );
    let lane = &report.lanes[0];
    assert_eq!((lane.records, lane.holes, lane.hole_offsets, lane.raw_next), (4, 1, 12, Offset(21)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_yet_there_is_behind_with_its_offsets() {
    let mut world = World::with(&events(0, 2)).await;
    world.land(0, &events(2, 3)).await;
    assert_eq!(short(&report(&world).await), ["behind outcomes 7..9 decided"]);
    world.decide().await;
    let found = report(&world).await;
    assert_eq!(short(&found), ["behind responses/f-1 7..9 carried_out"]);
    assert_eq!(
        found.findings[0].to_string(),
        "behind: `responses/f-1` is not yet where `outcomes` is: generation 1 partition 0 offsets 7..9"
    );
    assert!(found.findings[0].kind.next_step().contains("run transform"));
    assert!(found.summary().ends_with("responses/f-1 holds 2 of 5"));
    world.carry().await;
    assert!(report(&world).await.is_whole());
}

/// Deletes the newest log entry of a table.
fn forget_last_commit(world: &World, table: &str) {
    let log = world.lake.root().join(table).join("_delta_log");
    let entries = std::fs::read_dir(log).unwrap().map(|entry| entry.unwrap().path());
    let json = entries.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    std::fs::remove_file(json.max().unwrap()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_was_lost_is_behind_in_refined_tables_and_broken_in_raw() {
    for (table, found) in [
        ("refined/1/responses/f-1", vec!["behind responses/f-1 7..8 carried_out"]),
        ("refined/1/outcomes", vec!["behind outcomes 7..8 decided", "behind outcomes 7..8 decided"]),
        ("raw", vec!["broken raw 7..8 decided"]),
    ] {
        let mut world = World::with(&events(0, 2)).await;
        world.land(0, &events(2, 2)).await;
        world.decide().await;
        world.carry().await;
        forget_last_commit(&world, table);
        assert_eq!(short(&report(&world).await), found, "{table}");
        if table != "raw" {
            assert_eq!(world.sql("SELECT count(*) FROM current").await, ["2"], "{table}");
            world.decide().await;
            world.carry().await;
            assert!(report(&world).await.is_whole(), "{table}");
            assert_eq!(world.sql("SELECT count(*) FROM current").await, ["4"], "{table}");
        }
    }
}

fn without(batch: &RecordBatch, at: usize) -> RecordBatch {
    let parts = [batch.slice(0, at), batch.slice(at + 1, batch.num_rows() - at - 1)];
    concat_batches(&batch.schema(), &parts).unwrap()
}

fn twice(batch: &RecordBatch, at: usize) -> RecordBatch {
    concat_batches(&batch.schema(), [batch, &batch.slice(at, 1)]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_missing_or_double_are_broken() {
    let all = Offset(5)..Offset(9);
    type Damage = fn(&RecordBatch, usize) -> RecordBatch;
    for (place, damage, found) in [
        (0, without as Damage, vec!["broken raw 7 contiguous", "broken raw 7 decided"]),
        (0, twice, vec!["broken raw 7 contiguous"]),
        (1, without, vec!["broken outcomes 7 decided", "broken responses/f-1 7 carried_out"]),
        (1, twice, vec!["broken outcomes 7 once"]),
        (2, without, vec!["broken responses/f-1 7 carried_out"]),
        (2, twice, vec!["broken responses/f-1 7 once"]),
    ] {
        let mut world = World::new().await;
        // Landed in a world of its own, so that outcomes and responses know all four.
        let mut other = World::new().await;
        other.land(0, &events(0, 4)).await;
        let raw = raw_rows(LANE(), 5, &events(0, 4));
        let batches =
            [raw, other.outcome_rows(LANE(), all.clone()), other.response_rows(LANE(), all.clone())];
        let tables = [TableName::raw(), TableName::outcomes(), TableName::responses("f-1")];
        for (at, (table, batch)) in tables.iter().zip(&batches).enumerate() {
            let batch = if at == place { damage(batch, 2) } else { batch.clone() };
            world.commit(table, LANE(), 9, Some(batch)).await;
        }
        let report = report(&world).await;
        assert_eq!(short(&report), found, "table {place}");
        assert!(report.findings.iter().all(|finding| finding.kind == FindingKind::Broken));
        // Broken is not mended by running on.
        world.land(1, &events(10, 1)).await;
        world.decide().await;
        world.carry().await;
        assert_eq!(short(&verify(&world.lake).await.unwrap()), found, "table {place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_that_covers_records_or_a_cursor_past_the_rows_is_broken() {
    let mut world = World::with(&events(0, 2)).await;
    // The hole reaches over two offsets that then come as records.
    world.commit(&TableName::raw(), LANE(), 8, Some(raw_hole(LANE(), 7, 10))).await;
    world.land(0, &events(2, 2)).await;
    // The cursor moved on without rows.
    world.commit(&TableName::raw(), LANE(), 15, None).await;
    world.decide().await;
    world.carry().await;
    assert_eq!(short(&report(&world).await), ["broken raw 8..9 contiguous", "broken raw 10..14 contiguous"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ranges_of_a_finding_are_joined_and_counted() {
    let mut world = World::new().await;
    let mut mixed = Vec::new();
    for n in 0..30 {
        mixed.extend(events(n, 1));
        mixed.push(b"rubbish".to_vec());
    }
    world.land(0, &mixed).await;
    world.decide().await;
    let report = report(&world).await;
    let finding = &report.findings[0];
    assert_eq!((finding.offsets.len(), finding.offsets_count()), (30, 30));
    assert!(
        finding.ranges().starts_with("5, 7, 9") && finding.ranges().ends_with("23 and 20 more ranges"),
        "{}",
        finding.ranges()
    );
}
