use std::collections::BTreeMap;

use shukei_interpret::{Outcome, OutcomeRow, outcomes_batch};
use shukei_lake::NewRows;
use shukei_protocol::{Permit, TableName};
use shukei_schemas::{Lane, Offset, Position, Span};
use shukei_worker::{Batch, Sink, WorkerError};

/// A decision that is not yet committed.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) offset: Offset,
    pub(crate) order_time_us: i64,
    pub(crate) outcome: Outcome,
}

/// The rows of `outcomes` that are not yet committed.
#[derive(Debug, Default)]
pub(crate) struct OutcomesSink {
    held: BTreeMap<Lane, Vec<Decided>>,
    /// Offsets stored since the sink was made.
    pub(crate) stored: u64,
}

impl OutcomesSink {
    pub(crate) fn hold(&mut self, lane: Lane, rows: Vec<Decided>) {
        self.held.entry(lane).or_default().extend(rows);
    }
}

impl Sink for OutcomesSink {
    fn batch(&mut self, permit: &Permit, _found: &BTreeMap<String, i64>) -> Result<Batch, WorkerError> {
        let mut batch = Batch::default();
        for moved in permit.moves() {
            let held = self.held.get(&moved.lane).map_or(&[][..], Vec::as_slice);
            let rows: Vec<OutcomeRow<'_>> = held
                .iter()
                .map(|decided| OutcomeRow {
                    position: Position { lane: moved.lane, offset: decided.offset },
                    order_time_us: decided.order_time_us,
                    outcome: &decided.outcome,
                })
                .collect();
            if !rows.is_empty() {
                let rows = outcomes_batch(&rows).map_err(|source| WorkerError::Rows {
                    table: TableName::outcomes(),
                    source: source.into(),
                })?;
                batch.adds.push(NewRows::from(rows));
            }
        }
        Ok(batch)
    }

    fn stored(&mut self, lane: Lane, span: Span, _version: i64) {
        if let Some(rows) = self.held.get_mut(&lane) {
            rows.retain(|decided| decided.offset >= span.end);
        }
        self.stored += span.len().unsigned_abs();
    }

    fn discard(&mut self, lane: Lane) {
        self.held.remove(&lane);
    }

    fn read(&mut self, _lane: Lane, _at: Offset) {}
}
