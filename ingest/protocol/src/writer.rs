use std::collections::BTreeMap;
use std::time::Duration;

use shukei_schemas::{Lane, Offset, Span};

use crate::permit::{CursorMove, Permit, TableName};

/// When a batch is full, and how long a failing commit is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows over all lanes.
    pub rows_max: usize,
    /// Payload bytes over all lanes.
    pub bytes_max: usize,
    /// Milliseconds since the first row of the batch arrived.
    pub age_ms_max: u64,
    /// Offsets without any row after which a cursor is moved by a commit without rows. 1 moves it at once.
    pub empty_span_max: i64,
    /// Commits tried in a row without one that was won or found done.
    pub attempts_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows_max: 5_000, bytes_max: 4 << 20, age_ms_max: 250, empty_span_max: 1, attempts_max: 20 }
    }
}

/// What happened, told to [`Writer::decide`]. Times are milliseconds of any clock that only goes forward.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the sentence of a variant names its fields")]
pub enum Event {
    /// This writer now reads the lane; `start` is the generation's first offset.
    Assigned { lane: Lane, start: Offset },
    /// This writer no longer reads the lane.
    Revoked { lane: Lane },
    /// The edge holds `rows` more rows for the offsets `span` of a lane.
    Arrived { lane: Lane, span: Span, rows: usize, bytes: usize, now_ms: u64 },
    /// Time passed.
    Tick { now_ms: u64 },
    /// Nothing more is coming soon: commit what is there.
    Flush,
    /// The table was read anew: its version and every cursor that it holds of this writer's lanes.
    Looked { version: i64, cursors: BTreeMap<Lane, Offset> },
    /// The commit of the last permit is in the log.
    Won,
    /// Reading the table or committing ended in any error: what became of it is not known.
    Unknown,
}

/// What the edge has to do, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the sentence of a variant names its fields")]
pub enum Effect {
    /// Wait, read the table anew, and tell [`Event::Looked`] or [`Event::Unknown`].
    Look { after: Duration },
    /// Read the source of this lane from the offset on.
    Read { lane: Lane, at: Offset },
    /// Forget the rows held for the lane.
    Discard { lane: Lane },
    /// Write the rows held for the permit's spans and commit them with its cursors.
    Commit(Permit),
    /// The offsets are stored, by this writer or another: forget their rows, give receipts, announce.
    Stored { lane: Lane, span: Span },
    /// Give up: too many commits in a row came to nothing.
    GiveUp { attempts: u32 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum LaneState {
    Opening { start: Offset },
    Reading { start: Offset, held: Held },
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    span: Span,
    rows: usize,
    bytes: usize,
}

impl Held {
    fn nothing_from(at: Offset) -> Self {
        Self { span: Span { first: at, end: at }, rows: 0, bytes: 0 }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    Gathering,
    Looking,
    Committing(Permit),
    GivenUp,
}

/// The state of whoever writes one table from one source: ingest for `raw`, transform for each refined table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    table: TableName,
    limits: Limits,
    lanes: BTreeMap<Lane, LaneState>,
    phase: Phase,
    flushing: bool,
    oldest_ms: Option<u64>,
    attempts: u32,
}

impl Writer {
    /// A writer of one table that reads no lane yet.
    pub fn new(table: TableName, limits: Limits) -> Self {
        Self {
            table,
            limits,
            lanes: BTreeMap::new(),
            phase: Phase::Gathering,
            flushing: false,
            oldest_ms: None,
            attempts: 0,
        }
    }

    /// The table that this writer writes.
    pub fn table(&self) -> &TableName {
        &self.table
    }

    /// Whether a commit is under way or due, so that no more rows should be handed in.
    pub fn is_busy(&self) -> bool {
        !matches!(self.phase, Phase::Gathering)
    }

    /// Whether nothing is held that a flush would commit.
    pub fn is_drained(&self) -> bool {
        !self.is_busy() && !self.lanes.values().any(|lane| self.is_due(lane))
    }

    /// The lanes that this writer reads.
    pub fn lanes(&self) -> impl Iterator<Item = Lane> + '_ {
        self.lanes.keys().copied()
    }

    /// The next offset that the writer expects of a lane that it reads.
    pub fn expected(&self, lane: Lane) -> Option<Offset> {
        match self.lanes.get(&lane)? {
            LaneState::Opening { .. } => None,
            LaneState::Reading { held, .. } => Some(held.span.end),
        }
    }

    /// Takes one event and says what to do.
    pub fn decide(&mut self, event: Event) -> Vec<Effect> {
        if matches!(self.phase, Phase::GivenUp) {
            return Vec::new();
        }
        match event {
            Event::Assigned { lane, start } => self.assigned(lane, start),
            Event::Revoked { lane } => self.revoked(lane),
            Event::Arrived { lane, span, rows, bytes, now_ms } => {
                self.arrived(lane, span, rows, bytes, now_ms)
            }
            Event::Tick { now_ms } => {
                let due = self.oldest_ms.is_some_and(|t| now_ms.saturating_sub(t) >= self.limits.age_ms_max);
                if due { self.flush() } else { Vec::new() }
            }
            Event::Flush => self.flush(),
            Event::Looked { version, cursors } => self.looked(version, &cursors),
            Event::Won => self.won(),
            Event::Unknown => self.unknown(),
        }
    }

    fn assigned(&mut self, lane: Lane, start: Offset) -> Vec<Effect> {
        if self.lanes.contains_key(&lane) {
            return Vec::new();
        }
        self.lanes.insert(lane, LaneState::Opening { start });
        // A look that is under way may have been taken before: it cannot know this lane's cursor yet.
        self.look_now()
    }

    fn revoked(&mut self, lane: Lane) -> Vec<Effect> {
        match self.lanes.remove(&lane) {
            Some(_) => vec![Effect::Discard { lane }],
            None => Vec::new(),
        }
    }

    fn arrived(&mut self, lane: Lane, span: Span, rows: usize, bytes: usize, now_ms: u64) -> Vec<Effect> {
        let Some(LaneState::Reading { held, .. }) = self.lanes.get_mut(&lane) else {
            return vec![Effect::Discard { lane }];
        };
        if span.first != held.span.end || span.is_empty() {
            let at = held.span.first;
            *held = Held::nothing_from(at);
            return vec![Effect::Discard { lane }, Effect::Read { lane, at }];
        }
        held.span.end = span.end;
        held.rows += rows;
        held.bytes += bytes;
        if rows > 0 {
            self.oldest_ms.get_or_insert(now_ms);
        }
        let (rows, bytes) = self.held();
        if rows >= self.limits.rows_max || bytes >= self.limits.bytes_max { self.flush() } else { Vec::new() }
    }

    fn flush(&mut self) -> Vec<Effect> {
        if self.is_busy() || self.is_drained() {
            return Vec::new();
        }
        self.flushing = true;
        self.look_now()
    }

    fn look_now(&mut self) -> Vec<Effect> {
        match self.phase {
            Phase::Gathering => {
                self.phase = Phase::Looking;
                vec![Effect::Look { after: Duration::ZERO }]
            }
            _ => Vec::new(),
        }
    }

    fn looked(&mut self, version: i64, cursors: &BTreeMap<Lane, Offset>) -> Vec<Effect> {
        if !matches!(self.phase, Phase::Looking) {
            return Vec::new();
        }
        let mut effects = Vec::new();
        let mut moves = Vec::new();
        let due: Vec<Lane> = self
            .lanes
            .iter()
            .filter(|(_, state)| self.flushing && self.is_due(state))
            .map(|(lane, _)| *lane)
            .collect();
        for (&lane, state) in &mut self.lanes {
            let found = cursors.get(&lane).copied();
            match state {
                LaneState::Opening { start } => {
                    let at = found.unwrap_or(*start);
                    *state = LaneState::Reading { start: *start, held: Held::nothing_from(at) };
                    effects.push(Effect::Read { lane, at });
                }
                LaneState::Reading { start, held } => {
                    let cursor = found.unwrap_or(*start);
                    if cursor == held.span.first {
                        if due.contains(&lane) {
                            moves.push(CursorMove { lane, found, span: held.span });
                        }
                    } else if cursor == held.span.end {
                        effects.push(Effect::Stored { lane, span: held.span });
                        *held = Held::nothing_from(cursor);
                    } else {
                        effects.push(Effect::Discard { lane });
                        effects.push(Effect::Read { lane, at: cursor });
                        *held = Held::nothing_from(cursor);
                    }
                }
            }
        }
        if moves.is_empty() {
            self.settle();
        } else {
            let permit = Permit::new(self.table.clone(), version, moves);
            self.phase = Phase::Committing(permit.clone());
            effects.push(Effect::Commit(permit));
        }
        effects.extend(self.look_for_opening());
        effects
    }

    fn won(&mut self) -> Vec<Effect> {
        let Phase::Committing(permit) = std::mem::replace(&mut self.phase, Phase::Gathering) else {
            return Vec::new();
        };
        let mut effects = Vec::new();
        for moved in permit.moves() {
            effects.push(Effect::Stored { lane: moved.lane, span: moved.span });
            if let Some(LaneState::Reading { held, .. }) = self.lanes.get_mut(&moved.lane)
                && held.span == moved.span
            {
                *held = Held::nothing_from(moved.span.end);
            }
        }
        self.settle();
        effects.extend(self.look_for_opening());
        effects
    }

    fn unknown(&mut self) -> Vec<Effect> {
        if matches!(self.phase, Phase::Gathering) {
            return Vec::new();
        }
        self.attempts += 1;
        if self.attempts >= self.limits.attempts_max {
            self.phase = Phase::GivenUp;
            return vec![Effect::GiveUp { attempts: self.attempts }];
        }
        self.phase = Phase::Looking;
        let after = Duration::from_millis((10u64 << self.attempts.min(9)).min(2_000));
        vec![Effect::Look { after }]
    }

    /// A lane that was assigned while a commit was under way still needs its cursor.
    fn look_for_opening(&mut self) -> Vec<Effect> {
        let opening = self.lanes.values().any(|lane| matches!(lane, LaneState::Opening { .. }));
        if opening { self.look_now() } else { Vec::new() }
    }

    fn settle(&mut self) {
        self.phase = Phase::Gathering;
        self.flushing = false;
        self.attempts = 0;
        if self.held().0 == 0 {
            self.oldest_ms = None;
        }
    }

    fn is_due(&self, lane: &LaneState) -> bool {
        match lane {
            LaneState::Opening { .. } => false,
            LaneState::Reading { held, .. } => {
                held.rows > 0 || held.span.len() >= self.limits.empty_span_max.max(1)
            }
        }
    }

    fn held(&self) -> (usize, usize) {
        self.lanes.values().fold((0, 0), |(rows, bytes), lane| match lane {
            LaneState::Opening { .. } => (rows, bytes),
            LaneState::Reading { held, .. } => (rows + held.rows, bytes + held.bytes),
        })
    }
}
