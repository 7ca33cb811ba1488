//! The law, proved from the rows: what came is what was decided, and what was decided is what the tables hold.

mod checks;
mod report;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, Int32Array, Int64Array, RecordBatch, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use datafusion::logical_expr::{ident, lit};
use datafusion::prelude::{DataFrame, SessionContext};
use shukei_lake::Lake;
use shukei_schemas::{Lane, Span};

pub use report::{Finding, FindingKind, LaneReport, Report, TableCount};

use crate::catalog::{collect, register, register_batch};
use crate::error::QueryError;
use crate::snapshot::{Pinned, Snapshot, new_session};
use report::compacted;

/// Reads every row of every table and holds them against each other, also those past the common vector.
///
/// It reads one snapshot of each table, those made last first: while workers run it may find tables `behind`, never
/// `broken` for that.
///
/// # Errors
/// [`QueryError::Lake`] if a table cannot be opened, [`QueryError::Running`] if one cannot be read.
pub async fn verify(lake: &Lake) -> Result<Report, QueryError> {
    let snapshot = Snapshot::open(lake).await?;
    let session = new_session();
    register(&session, "raw", snapshot.raw.rows(&session)?)?;
    register(&session, "outcomes", snapshot.outcomes.rows(&session)?)?;
    register(&session, "held", held(&session, &snapshot)?)?;
    let running = |error: arrow::error::ArrowError| QueryError::running(&error.into());
    register_batch(&session, "lanes", lanes(&snapshot).map_err(running)?)?;
    register_batch(&session, "cursors", snapshot.responses_cursors()?)?;
    for (name, sql) in [("spans", checks::SPANS), ("named", checks::NAMED)] {
        let rows = session.sql(sql).await.map_err(|error| QueryError::planning(&error))?;
        register(&session, name, rows)?;
    }
    let mut findings = Vec::new();
    for check in checks::checks() {
        for ((table, lane), spans) in spans(&session, &check.sql).await? {
            findings.push(Finding {
                kind: check.kind,
                invariant: check.invariant,
                table,
                lane,
                offsets: compacted(spans),
                problem: check.problem,
            });
        }
    }
    findings
        .sort_by(|a, b| (a.kind, &a.table, a.lane, &a.offsets).cmp(&(b.kind, &b.table, b.lane, &b.offsets)));
    Ok(Report { lanes: counts(&session, &snapshot).await?, findings })
}

/// The positions of all tables that carry out outcomes, each with the table's name.
fn held(session: &SessionContext, snapshot: &Snapshot) -> Result<DataFrame, QueryError> {
    let positions = |name: &str, pinned: &Pinned| {
        let target = lit(name).alias("target");
        let columns = ["generation", "partition", "offset", "interpretation"].map(ident);
        let rows = pinned.rows(session)?;
        rows.select(std::iter::once(target).chain(columns)).map_err(|error| QueryError::planning(&error))
    };
    let nothing = Pinned::absent(&shukei_schemas::tables::outcomes());
    let mut held = positions("", &nothing)?;
    for (name, pinned) in snapshot.carried() {
        let rows = positions(name.as_str(), pinned)?;
        held = held.union(rows).map_err(|error| QueryError::planning(&error))?;
    }
    Ok(held)
}

type ArrowResult<T> = Result<T, arrow::error::ArrowError>;

fn lanes(snapshot: &Snapshot) -> ArrowResult<RecordBatch> {
    let starts = snapshot.starts();
    let next = |pinned: &Pinned| {
        let at = starts.iter().map(|(lane, start)| pinned.cursors.get(lane).unwrap_or(start).0);
        Int64Array::from_iter_values(at)
    };
    RecordBatch::try_from_iter([
        (
            "generation",
            Arc::new(Int32Array::from_iter_values(starts.keys().map(|lane| lane.generation.0))) as _,
        ),
        (
            "partition",
            Arc::new(Int32Array::from_iter_values(starts.keys().map(|lane| lane.partition.0))) as _,
        ),
        ("start", Arc::new(Int64Array::from_iter_values(starts.values().map(|start| start.0))) as _),
        ("raw_next", Arc::new(next(&snapshot.raw)) as _),
        ("outcomes_next", Arc::new(next(&snapshot.outcomes)) as _),
    ])
}

/// Runs a check: its spans by table and lane.
async fn spans(
    session: &SessionContext,
    sql: &str,
) -> Result<BTreeMap<(String, Lane), Vec<Span>>, QueryError> {
    let mut found: BTreeMap<(String, Lane), Vec<Span>> = BTreeMap::new();
    for batch in collect(session, sql).await? {
        let rows = Rows::new(&batch)?;
        let numbers = |at: usize| batch.column(at).as_primitive::<Int64Type>();
        let (first, end) = (numbers(3), numbers(4));
        for row in 0..batch.num_rows() {
            let span = Span::new(first.value(row), end.value(row));
            found.entry((rows.text(row).to_owned(), rows.lane(row))).or_default().push(span);
        }
    }
    Ok(found)
}

/// Counts by lane: always grouped, so that the engine has to look at the rows.
async fn counts(session: &SessionContext, snapshot: &Snapshot) -> Result<Vec<LaneReport>, QueryError> {
    let mut lanes: BTreeMap<Lane, LaneReport> = BTreeMap::new();
    for (lane, first) in snapshot.starts() {
        let next = |pinned: &Pinned| pinned.cursors.get(&lane).copied().unwrap_or(first);
        let report = LaneReport {
            lane,
            first,
            raw_next: next(&snapshot.raw),
            outcomes_next: next(&snapshot.outcomes),
            records: 0,
            holes: 0,
            hole_offsets: 0,
            outcomes: BTreeMap::new(),
            tables: BTreeMap::new(),
        };
        lanes.insert(lane, report);
    }
    let by_kind = |table: &str, what: &str, extra: &str| {
        format!(
            r#"SELECT {what} AS subject, generation, "partition", count(*) AS rows, {extra} AS extra
               FROM {table} WHERE {what} IS NOT NULL GROUP BY {what}, generation, "partition""#
        )
    };
    let covered = r#"CAST(sum(coalesce(hole_end - "offset", 0)) AS BIGINT)"#;
    let no_extra = "CAST(0 AS BIGINT)";
    let first_only = "(SELECT * FROM outcomes WHERE interpretation = 0)";
    let queries = [
        (Counted::Raw, by_kind("raw", "kind", covered)),
        (Counted::Outcomes, by_kind(first_only, "kind", no_extra)),
        (Counted::Named, by_kind("named", "target", no_extra)),
        (Counted::Held, by_kind("held", "target", no_extra)),
    ];
    for (counted, sql) in queries {
        for batch in collect(session, &sql).await? {
            let rows = Rows::new(&batch)?;
            let numbers = |at: usize| batch.column(at).as_primitive::<Int64Type>();
            let (count, extra) = (numbers(3), numbers(4));
            for row in 0..batch.num_rows() {
                if let Some(report) = lanes.get_mut(&rows.lane(row)) {
                    let extra = if extra.is_null(row) { 0 } else { extra.value(row).unsigned_abs() };
                    counted.add(report, rows.text(row), count.value(row).unsigned_abs(), extra);
                }
            }
        }
    }
    Ok(lanes.into_values().collect())
}

/// What a query counts.
#[derive(Clone, Copy)]
enum Counted {
    Raw,
    Outcomes,
    Named,
    Held,
}

impl Counted {
    fn add(self, report: &mut LaneReport, subject: &str, count: u64, extra: u64) {
        match self {
            Self::Raw if subject == shukei_schemas::tables::kind::HOLE => {
                report.holes += count;
                report.hole_offsets += extra;
            }
            Self::Raw => report.records += count,
            Self::Outcomes => *report.outcomes.entry(subject.to_owned()).or_default() += count,
            Self::Named => report.tables.entry(subject.to_owned()).or_default().named += count,
            Self::Held => report.tables.entry(subject.to_owned()).or_default().held += count,
        }
    }
}

/// The first three columns of every answer here: a text, a generation, a partition.
struct Rows<'a> {
    texts: StringViewArray,
    batch: &'a RecordBatch,
}

impl<'a> Rows<'a> {
    fn new(batch: &'a RecordBatch) -> Result<Self, QueryError> {
        let texts = cast(batch.column(0), &DataType::Utf8View);
        let texts = texts.map_err(|error| QueryError::running(&error.into()))?;
        Ok(Self { texts: texts.as_string_view().clone(), batch })
    }

    fn text(&self, row: usize) -> &str {
        self.texts.value(row)
    }

    fn lane(&self, row: usize) -> Lane {
        let number = |at: usize| self.batch.column(at).as_primitive::<Int32Type>().value(row);
        Lane::new(number(1), number(2))
    }
}
