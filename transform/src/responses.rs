use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use shukei_interpret::{Aggregate, Record, Response, aggregates_batch, interpret, responses_batch};
use shukei_lake::{NewRows, RowsWanted, Table};
use shukei_protocol::{Permit, TableName};
use shukei_schemas::definition::Form;
use shukei_schemas::{Lane, Offset, Position, Span};
use shukei_worker::{Batch, Sink, Stored, WorkerError};

use crate::definitions::DefinitionStore;
use crate::error::TransformError;
use crate::outcomes::Rows;
use crate::raw;

/// The rows of one responses table, or of the table of counts, that are not yet committed.
pub(crate) struct ResponsesSink {
    table: TableName,
    form: Option<Arc<Form>>,
    held: BTreeMap<Lane, Vec<(Offset, Rows)>>,
}

impl ResponsesSink {
    pub(crate) fn new(table: TableName) -> Self {
        Self { table, form: None, held: BTreeMap::new() }
    }

    pub(crate) fn hold(&mut self, lane: Lane, rows: Vec<(Offset, Rows)>) {
        if let Some((_, Rows::Response(response))) = rows.first() {
            self.form = Some(Arc::clone(&response.form));
        }
        self.held.entry(lane).or_default().extend(rows);
    }
}

impl Sink for ResponsesSink {
    fn batch(&mut self, permit: &Permit, _found: &BTreeMap<String, i64>) -> Result<Batch, WorkerError> {
        let failed = |source: arrow::error::ArrowError| WorkerError::Rows {
            table: self.table.clone(),
            source: source.into(),
        };
        let mut counts: Vec<(Position, &Aggregate)> = Vec::new();
        // One file per wave: the table is partitioned by it. Inside a file rows stand by group.
        let mut waves: BTreeMap<&str, Vec<(Position, &Response)>> = BTreeMap::new();
        for moved in permit.moves() {
            for (offset, rows) in self.held.get(&moved.lane).map_or(&[][..], Vec::as_slice) {
                let position = Position { lane: moved.lane, offset: *offset };
                match rows {
                    Rows::Response(response) => {
                        waves.entry(response.wave.as_str()).or_default().push((position, response));
                    }
                    Rows::Aggregate(aggregate) => counts.push((position, aggregate)),
                }
            }
        }
        let mut batch = Batch::default();
        if !counts.is_empty() {
            batch.adds.push(NewRows::from(aggregates_batch(&counts).map_err(failed)?));
        }
        let Some(form) = &self.form else { return Ok(batch) };
        for mut rows in waves.into_values() {
            rows.sort_by(|(a, left), (b, right)| (&left.group, a).cmp(&(&right.group, b)));
            batch.adds.push(NewRows::from(responses_batch(form, &rows).map_err(failed)?));
        }
        Ok(batch)
    }

    fn stored(&mut self, lane: Lane, span: Span, _by: Stored) {
        if let Some(rows) = self.held.get_mut(&lane) {
            rows.retain(|(offset, _)| *offset >= span.end);
        }
    }

    fn discard(&mut self, lane: Lane) {
        self.held.remove(&lane);
    }

    fn read(&mut self, _lane: Lane, _at: Offset) {}
}

/// An outcome that names a table.
struct Named {
    offset: Offset,
    target: String,
    unit: String,
    definitions: Vec<String>,
}

const OUTCOME_COLUMNS: [&str; 5] = ["offset", "kind", "target", "unit", "definitions"];

/// What the outcomes of a span name for one table, made again from the raw records with the definitions named there.
/// Returns the rows and the offset up to which the outcomes were read.
pub(crate) async fn carry_out(
    table: &TableName,
    lane: Lane,
    span: Span,
    limits: (usize, usize),
    outcomes: &Table,
    raw_table: &Table,
    store: &mut DefinitionStore,
) -> Result<(Vec<(Offset, Rows)>, Offset), TransformError> {
    let wanted = RowsWanted::new(lane, span).columns(&OUTCOME_COLUMNS).limits(limits.0, limits.1);
    let read = outcomes.rows(&wanted).await?;
    let mut named = named(&read.batches)?;
    named.retain(|outcome| outcome.target == table.as_str());
    let (Some(first), Some(last)) = (named.first(), named.last()) else {
        return Ok((Vec::new(), read.end));
    };
    let records = Span { first: first.offset, end: Offset(last.offset.0 + 1) };
    let found = raw_table.rows(&RowsWanted::new(lane, records).columns(&raw::COLUMNS)).await?;
    let mut records: HashMap<Offset, raw::RawRecord> = HashMap::new();
    for row in raw::rows(&found.batches)? {
        if let Some(record) = row.record {
            records.insert(row.span.first, record);
        }
    }
    let mut rows = Vec::with_capacity(named.len());
    for outcome in named {
        let otherwise =
            || TransformError::DecidedOtherwise { position: Position { lane, offset: outcome.offset } };
        let record = records.get(&outcome.offset).ok_or_else(otherwise)?;
        let definitions = store.named(&outcome.definitions).await?;
        let again =
            interpret(&Record { payload: record.payload.as_deref(), headers: &record.headers }, &definitions);
        let same = again.outcome.target.as_deref() == Some(&outcome.target)
            && again.outcome.unit.as_ref().map(|unit| unit.as_str()) == Some(&outcome.unit);
        match Rows::split(again).1 {
            Some(again) if same => rows.push((outcome.offset, again)),
            _ => return Err(otherwise()),
        }
    }
    Ok((rows, read.end))
}

fn named(batches: &[RecordBatch]) -> Result<Vec<Named>, TransformError> {
    let mut rows = Vec::new();
    for batch in batches {
        let bad = |column: &'static str| TransformError::Column { table: TableName::outcomes(), column };
        let offsets = batch.column(0).as_primitive_opt::<Int64Type>().ok_or_else(|| bad("offset"))?;
        let targets = batch.column(2).as_string_opt::<i32>().ok_or_else(|| bad("target"))?;
        let units = batch.column(3).as_string_opt::<i32>().ok_or_else(|| bad("unit"))?;
        let definitions = batch.column(4).as_list_opt::<i32>().ok_or_else(|| bad("definitions"))?;
        for at in (0..batch.num_rows()).filter(|at| targets.is_valid(*at)) {
            let list = definitions.value(at);
            let names = list.as_string_opt::<i32>().ok_or_else(|| bad("definitions"))?;
            rows.push(Named {
                offset: Offset(offsets.value(at)),
                target: targets.value(at).to_owned(),
                unit: units.value(at).to_owned(),
                definitions: names.iter().flatten().map(str::to_owned).collect(),
            });
        }
    }
    Ok(rows)
}
