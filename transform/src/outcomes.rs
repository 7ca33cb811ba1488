use std::collections::BTreeMap;

use shukei_interpret::{Aggregate, Interpretation, Outcome, OutcomeRow, Response, outcomes_batch};
use shukei_lake::NewRows;
use shukei_protocol::{Permit, TableName};
use shukei_schemas::{Lane, Offset, Position, Span};
use shukei_worker::{Batch, Sink, Stored, WorkerError};

/// What a refined table is to hold of one record.
#[derive(Debug)]
pub(crate) enum Rows {
    Response(Response),
    Aggregate(Aggregate),
}

impl Rows {
    /// What came of a record, if a table is to hold any of it.
    pub(crate) fn split(interpretation: Interpretation) -> (Outcome, Option<Self>) {
        let Interpretation { outcome, response, aggregate } = interpretation;
        (outcome, response.map(Self::Response).or(aggregate.map(Self::Aggregate)))
    }
}

/// A decision that is not yet committed.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) offset: Offset,
    pub(crate) order_time_us: i64,
    pub(crate) outcome: Outcome,
    /// The answers, or counts, that come with the decision.
    pub(crate) carried: Option<Rows>,
}

/// Decisions of one lane that this process has just committed, with their answers: carrying them out needs no second
/// reading. Whatever is not here, after a crash or another worker's commit, is made again from the tables.
#[derive(Debug)]
pub(crate) struct Fresh {
    pub(crate) span: Span,
    rows: Vec<Decided>,
}

impl Fresh {
    /// Takes out the answers of the span that are for a table.
    pub(crate) fn take(&mut self, target: &str, span: Span) -> Vec<(Offset, Rows)> {
        let of_table = self.rows.iter_mut().filter(|row| {
            row.outcome.target.as_deref() == Some(target) && row.offset >= span.first && row.offset < span.end
        });
        of_table.filter_map(|row| row.carried.take().map(|carried| (row.offset, carried))).collect()
    }
}

/// The rows of `outcomes` that are not yet committed.
#[derive(Debug, Default)]
pub(crate) struct OutcomesSink {
    held: BTreeMap<Lane, Vec<Decided>>,
    /// What this process has committed since it was last emptied.
    pub(crate) fresh: BTreeMap<Lane, Fresh>,
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

    fn stored(&mut self, lane: Lane, span: Span, by: Stored) {
        let held = self.held.remove(&lane).unwrap_or_default();
        let (rows, later): (Vec<Decided>, Vec<Decided>) =
            held.into_iter().partition(|row| row.offset < span.end);
        if !later.is_empty() {
            self.held.insert(lane, later);
        }
        if by.by_us {
            self.fresh.insert(lane, Fresh { span, rows });
        }
        self.stored += span.len().unsigned_abs();
    }

    fn discard(&mut self, lane: Lane) {
        self.held.remove(&lane);
    }

    fn read(&mut self, _lane: Lane, _at: Offset) {}
}
