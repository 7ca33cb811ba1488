//! What a writer decides, one situation a test.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::time::Duration;

use shukei_protocol::{Effect, Event, Limits, TableName, Writer};
use shukei_schemas::{Lane, Offset, Span};

const LANE: Lane =
    Lane { generation: shukei_schemas::Generation(1), partition: shukei_schemas::Partition(0) };

fn limits() -> Limits {
    Limits { rows_max: 3, bytes_max: 100, age_ms_max: 250, empty_span_max: 10, attempts_max: 3 }
}

fn looked(version: i64, cursor: Option<i64>) -> Event {
    let cursors: BTreeMap<Lane, Offset> = cursor.map(|cursor| (LANE, Offset(cursor))).into_iter().collect();
    Event::Looked { version, cursors }
}

fn arrived(first: i64, end: i64, rows: usize, now_ms: u64) -> Event {
    Event::Arrived { lane: LANE, span: Span::new(first, end), rows, bytes: rows, now_ms }
}

/// A writer that reads from offset 5, the table's cursor.
fn reading() -> Writer {
    let mut writer = Writer::new(TableName::raw(), limits());
    assert_eq!(
        writer.decide(Event::Assigned { lane: LANE, start: Offset(2) }),
        [Effect::Look { after: Duration::ZERO }]
    );
    assert_eq!(writer.decide(looked(7, Some(5))), [Effect::Read { lane: LANE, at: Offset(5) }]);
    writer
}

/// A writer that holds offsets 5 and 6 and was told to flush.
fn flushing() -> Writer {
    let mut writer = reading();
    assert_eq!(writer.decide(arrived(5, 7, 2, 0)), []);
    assert_eq!(writer.decide(Event::Flush), [Effect::Look { after: Duration::ZERO }]);
    writer
}

fn stored(first: i64, end: i64) -> Effect {
    Effect::Stored { lane: LANE, span: Span::new(first, end) }
}

#[test]
fn a_lane_without_a_cursor_begins_at_the_generations_first_offset() {
    let mut writer = Writer::new(TableName::raw(), limits());
    writer.decide(Event::Assigned { lane: LANE, start: Offset(2) });
    assert_eq!(writer.decide(looked(0, None)), [Effect::Read { lane: LANE, at: Offset(2) }]);
    assert_eq!(writer.expected(LANE), Some(Offset(2)));
}

#[test]
fn a_batch_that_begins_at_the_cursor_is_committed_on_that_version_and_then_forgotten() {
    let mut writer = flushing();
    let effects = writer.decide(looked(9, Some(5)));
    let [Effect::Commit(permit)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((permit.version(), permit.span(LANE)), (9, Some(Span::new(5, 7))));
    assert_eq!(permit.moves()[0].found, Some(Offset(5)));
    assert!(writer.is_busy());
    assert_eq!(writer.decide(Event::Won), [stored(5, 7)]);
    assert!(writer.is_drained());
    // Nothing of it is stored or committed a second time.
    assert_eq!(writer.decide(arrived(7, 8, 1, 0)), []);
    writer.decide(Event::Flush);
    let effects = writer.decide(looked(10, Some(7)));
    let [Effect::Commit(permit)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(permit.span(LANE), Some(Span::new(7, 8)));
}

#[test]
fn a_batch_that_ends_at_the_cursor_is_stored_already() {
    let mut writer = flushing();
    assert_eq!(writer.decide(looked(9, Some(7))), [stored(5, 7)]);
    assert!(writer.is_drained());
    assert_eq!(writer.expected(LANE), Some(Offset(7)));
}

#[test]
fn a_batch_that_is_neither_is_dropped_and_read_again() {
    for cursor in [3, 6, 8] {
        let mut writer = flushing();
        let read = Effect::Read { lane: LANE, at: Offset(cursor) };
        assert_eq!(writer.decide(looked(9, Some(cursor))), [Effect::Discard { lane: LANE }, read]);
        assert_eq!(writer.expected(LANE), Some(Offset(cursor)));
    }
    // A table that lost its last commits has no cursor any more.
    let mut writer = flushing();
    let read = Effect::Read { lane: LANE, at: Offset(2) };
    assert_eq!(writer.decide(looked(9, None)), [Effect::Discard { lane: LANE }, read]);
}

#[test]
fn an_unknown_outcome_is_looked_at_again_and_given_up_in_the_end() {
    let mut writer = flushing();
    writer.decide(looked(9, Some(5)));
    let effects = writer.decide(Event::Unknown);
    assert!(matches!(effects[..], [Effect::Look { after }] if after > Duration::ZERO), "{effects:?}");
    // It was committed after all.
    assert_eq!(writer.clone().decide(looked(10, Some(7))), [stored(5, 7)]);
    // Or not: the same rows again, on the newer version.
    let effects = writer.decide(looked(10, Some(5)));
    assert!(matches!(&effects[..], [Effect::Commit(permit)] if permit.version() == 10), "{effects:?}");
    writer.decide(Event::Unknown);
    writer.decide(looked(11, Some(5)));
    assert_eq!(writer.decide(Event::Unknown), [Effect::GiveUp { attempts: 3 }]);
    assert_eq!(writer.decide(Event::Flush), []);
}

#[test]
fn batches_are_full_by_rows_bytes_and_age() {
    let look = [Effect::Look { after: Duration::ZERO }];
    let mut writer = reading();
    assert_eq!(writer.decide(arrived(5, 8, 3, 0)), look);
    let mut writer = reading();
    let big = Event::Arrived { lane: LANE, span: Span::new(5, 6), rows: 1, bytes: 100, now_ms: 0 };
    assert_eq!(writer.decide(big), look);
    let mut writer = reading();
    writer.decide(arrived(5, 6, 1, 1_000));
    assert_eq!(writer.decide(Event::Tick { now_ms: 1_249 }), []);
    assert_eq!(writer.decide(Event::Tick { now_ms: 1_250 }), look);
}

#[test]
fn offsets_without_rows_move_the_cursor_only_when_there_are_many() {
    let mut writer = reading();
    writer.decide(arrived(5, 14, 0, 0));
    assert_eq!(writer.decide(Event::Flush), []);
    writer.decide(arrived(14, 15, 0, 0));
    assert_eq!(writer.decide(Event::Flush), [Effect::Look { after: Duration::ZERO }]);
    let effects = writer.decide(looked(9, Some(5)));
    assert!(matches!(&effects[..], [Effect::Commit(permit)] if permit.span(LANE) == Some(Span::new(5, 15))));
}

#[test]
fn rows_that_do_not_follow_are_dropped() {
    for event in [arrived(6, 7, 1, 0), arrived(4, 6, 1, 0), arrived(5, 5, 0, 0)] {
        let mut writer = reading();
        let read = Effect::Read { lane: LANE, at: Offset(5) };
        assert_eq!(writer.decide(event), [Effect::Discard { lane: LANE }, read]);
    }
    let mut stranger = Writer::new(TableName::raw(), limits());
    assert_eq!(stranger.decide(arrived(0, 1, 1, 0)), [Effect::Discard { lane: LANE }]);
}

#[test]
fn a_lane_given_away_is_forgotten() {
    let mut writer = flushing();
    assert_eq!(writer.decide(Event::Revoked { lane: LANE }), [Effect::Discard { lane: LANE }]);
    assert_eq!(writer.decide(looked(9, Some(5))), []);
    assert_eq!(writer.expected(LANE), None);
}
