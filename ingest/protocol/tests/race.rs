//! Several writers race for one table under crashes, revocations, failing and half-known commits, with batch
//! borders of their own; every offset must be in the table exactly once, in order. The table is the rule alone:
//! a commit is accepted only on the newest version, and the writers never look at anything but its cursors.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use shukei_protocol::{Effect, Event, Limits, Permit, TableName, Writer};
use shukei_schemas::{Lane, Offset, Span};

const LANES: [(i32, i32, i64); 2] = [(1, 0, 0), (1, 1, 7)];

#[derive(Default)]
struct Table {
    version: i64,
    cursors: BTreeMap<Lane, Offset>,
    rows: BTreeMap<Lane, Vec<Offset>>,
}

impl Table {
    /// Delta's own check: a commit on an older version conflicts when it moves the same cursors.
    fn commit(&mut self, permit: &Permit) -> bool {
        if permit.version() != self.version {
            return false;
        }
        for moved in permit.moves() {
            self.rows
                .entry(moved.lane)
                .or_default()
                .extend((moved.span.first.0..moved.span.end.0).map(Offset));
            self.cursors.insert(moved.lane, moved.span.end);
        }
        self.version += 1;
        true
    }
}

/// A process: a writer, where it reads each lane, and what it still has to carry out.
struct Process {
    writer: Writer,
    reading: BTreeMap<Lane, Offset>,
    held: BTreeMap<Lane, Vec<Offset>>,
    todo: Vec<Effect>,
    now: u64,
}

impl Process {
    fn start() -> Self {
        let limits =
            Limits { rows_max: 5, bytes_max: 1_000, age_ms_max: 3, empty_span_max: 1, attempts_max: 1_000 };
        let mut process = Self {
            writer: Writer::new(TableName::raw(), limits),
            reading: BTreeMap::new(),
            held: BTreeMap::new(),
            todo: Vec::new(),
            now: 0,
        };
        for (generation, partition, start) in LANES {
            process.tell(Event::Assigned { lane: Lane::new(generation, partition), start: Offset(start) });
        }
        process
    }

    fn tell(&mut self, event: Event) {
        let effects = self.writer.decide(event);
        self.todo.extend(effects);
    }

    fn read(&mut self, lane: Lane, count: i64, end: i64) {
        if self.writer.is_busy() || !self.todo.is_empty() {
            return;
        }
        let Some(at) = self.reading.get(&lane).copied() else { return };
        let next = Offset((at.0 + count).min(end));
        if next <= at {
            return;
        }
        self.held.entry(lane).or_default().extend((at.0..next.0).map(Offset));
        self.reading.insert(lane, next);
        let span = Span { first: at, end: next };
        let rows = span.len() as usize;
        self.tell(Event::Arrived { lane, span, rows, bytes: rows * 10, now_ms: self.now });
    }

    /// Carries out one effect. `fault`: 0 none, 1 the commit fails, 2 it succeeds but says it failed, 3 reading fails.
    fn step(&mut self, table: &mut Table, fault: u8) -> Result<(), TestCaseError> {
        if self.todo.is_empty() {
            return Ok(());
        }
        match self.todo.remove(0) {
            Effect::Look { .. } if fault == 3 => self.tell(Event::Unknown),
            Effect::Look { .. } => {
                let event = Event::Looked { version: table.version, cursors: table.cursors.clone() };
                self.tell(event);
            }
            Effect::Read { lane, at } => {
                self.reading.insert(lane, at);
            }
            Effect::Discard { lane } => {
                self.held.remove(&lane);
            }
            Effect::Commit(permit) => {
                for moved in permit.moves() {
                    let held = self.held.get(&moved.lane).cloned().unwrap_or_default();
                    let wanted: Vec<Offset> = (moved.span.first.0..moved.span.end.0).map(Offset).collect();
                    prop_assert_eq!(held, wanted, "the rows held are those of the permit");
                }
                let won = fault != 1 && table.commit(&permit);
                self.tell(if won && fault != 2 { Event::Won } else { Event::Unknown });
            }
            Effect::Stored { lane, span } => {
                prop_assert!(
                    table.cursors.get(&lane).is_some_and(|cursor| *cursor >= span.end),
                    "receipt before store"
                );
                if let Some(held) = self.held.get_mut(&lane) {
                    held.retain(|offset| *offset >= span.end);
                }
            }
            Effect::GiveUp { .. } => prop_assert!(false, "gave up"),
        }
        Ok(())
    }
}

fn check(table: &Table, last: Option<&BTreeMap<Lane, i64>>) -> Result<(), TestCaseError> {
    for (generation, partition, start) in LANES {
        let lane = Lane::new(generation, partition);
        let cursor = table.cursors.get(&lane).map_or(start, |cursor| cursor.0);
        let wanted: Vec<Offset> = (start..cursor).map(Offset).collect();
        prop_assert_eq!(
            table.rows.get(&lane).cloned().unwrap_or_default(),
            wanted,
            "each offset once and in order"
        );
        if let Some(last) = last {
            prop_assert_eq!(cursor, last[&lane], "nothing is left behind");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_offset_once_whatever_happens(
        steps in prop::collection::vec((0usize..3, 0u8..12, 0u8..4, 0usize..2, 1i64..9), 1..400)
    ) {
        let mut table = Table::default();
        let mut processes = [Process::start(), Process::start(), Process::start()];
        let mut ends: BTreeMap<Lane, i64> =
            LANES.iter().map(|(g, p, start)| (Lane::new(*g, *p), *start)).collect();
        for (who, what, fault, lane, count) in steps {
            let (generation, partition, start) = LANES[lane];
            let lane = Lane::new(generation, partition);
            let process = &mut processes[who];
            process.now += 1;
            match what {
                0 => *ends.get_mut(&lane).unwrap() += count,
                1 => *process = Process::start(),
                2 => process.tell(Event::Tick { now_ms: process.now }),
                3 => process.tell(Event::Flush),
                4 => {
                    process.reading.remove(&lane);
                    process.tell(Event::Revoked { lane });
                    process.tell(Event::Assigned { lane, start: Offset(start) });
                }
                5 | 6 => process.read(lane, count, ends[&lane]),
                _ => process.step(&mut table, fault)?,
            }
            check(&table, None)?;
        }
        // Let one process finish without further faults: nothing may be left behind.
        let process = &mut processes[0];
        for _ in 0..400 {
            while !process.todo.is_empty() {
                process.step(&mut table, 0)?;
            }
            for (generation, partition, _) in LANES {
                let lane = Lane::new(generation, partition);
                process.read(lane, 4, ends[&lane]);
                while !process.todo.is_empty() {
                    process.step(&mut table, 0)?;
                }
            }
            process.tell(Event::Flush);
        }
        while !process.todo.is_empty() {
            process.step(&mut table, 0)?;
        }
        check(&table, Some(&ends))?;
    }
}
