use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};
use shukei_query::Report;
use shukei_schemas::Lane;

use crate::error::DoorError;
use crate::rows::{Format, render};
use crate::table::{self, Column};

/// One line of a report: a count (`kind` is `count`), or a finding (`behind`, `broken`).
struct Line {
    kind: &'static str,
    table: String,
    lane: Lane,
    what: String,
    count: u64,
    offsets: String,
    next_step: String,
}

/// A report as rows: `kind` (`count`, `behind` or `broken`), `table`, `generation`, `partition`, `what`, `count`,
/// `offsets` and `next_step`. The last two are for findings.
///
/// # Errors
/// None in practice: the columns are of one length.
pub fn report_batch(report: &Report) -> Result<RecordBatch, DoorError> {
    let lines = lines(report);
    let text = |value: &dyn Fn(&Line) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(lines.iter().map(|line| value(line).to_owned())))
    };
    let generations = Int32Array::from_iter_values(lines.iter().map(|line| line.lane.generation.0));
    let partitions = Int32Array::from_iter_values(lines.iter().map(|line| line.lane.partition.0));
    let counts = lines.iter().map(|line| i64::try_from(line.count).unwrap_or(i64::MAX));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("kind", text(&|line| line.kind)),
        ("table", text(&|line| &line.table)),
        ("generation", Arc::new(generations)),
        ("partition", Arc::new(partitions)),
        ("what", text(&|line| &line.what)),
        ("count", Arc::new(Int64Array::from_iter_values(counts))),
        ("offsets", text(&|line| &line.offsets)),
        ("next_step", text(&|line| &line.next_step)),
    ];
    let fields = columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), false));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    RecordBatch::try_new(schema, columns.into_iter().map(|(_, column)| column).collect())
        .map_err(DoorError::arrow)
}

fn lines(report: &Report) -> Vec<Line> {
    let mut lines = Vec::new();
    for lane in &report.lanes {
        let mut count = |table: &str, what: &str, count: u64| {
            lines.push(Line {
                kind: "count",
                table: table.to_owned(),
                lane: lane.lane,
                what: what.to_owned(),
                count,
                offsets: String::new(),
                next_step: String::new(),
            });
        };
        count("raw", "record", lane.records);
        count("raw", "hole", lane.holes);
        count("raw", "offset in holes", lane.hole_offsets);
        for (kind, outcomes) in &lane.outcomes {
            count("outcomes", kind, *outcomes);
        }
        for (table, rows) in &lane.tables {
            count(table, "named", rows.named);
            count(table, "held", rows.held);
        }
    }
    for finding in &report.findings {
        lines.push(Line {
            kind: finding.kind.as_str(),
            table: finding.table.clone(),
            lane: finding.lane,
            what: finding.problem.to_owned(),
            count: finding.offsets_count().unsigned_abs(),
            offsets: finding.ranges(),
            next_step: finding.kind.next_step().to_owned(),
        });
    }
    lines
}

/// Writes a report: for people a table of the lanes, the findings with what to do, and the law in one line.
///
/// # Errors
/// [`DoorError::Write`] if the writer fails.
pub fn render_report(
    report: &Report,
    format: Format,
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    if format != Format::Table {
        let batch = report_batch(report)?;
        return render(&batch.schema(), &[batch], format, columns_max, out);
    }
    lanes_table(report, columns_max, out)?;
    for finding in &report.findings {
        writeln!(out, "{finding}")?;
        writeln!(out, "  next: {}", finding.kind.next_step())?;
    }
    writeln!(out, "{}", report.summary())?;
    let verdict = match report.is_whole() {
        true => "whole: every record that came is decided once, and every table holds what was decided",
        false => "not whole: see above",
    };
    writeln!(out, "{verdict}")?;
    Ok(())
}

fn lanes_table(report: &Report, columns_max: usize, out: &mut dyn Write) -> Result<(), DoorError> {
    let mut kinds: Vec<&str> = ["response", "rejection", "withdrawal"].into();
    let others = report.lanes.iter().flat_map(|lane| lane.outcomes.keys()).map(String::as_str);
    kinds.extend(others.filter(|kind| !["response", "rejection", "withdrawal"].contains(kind)));
    kinds.dedup();
    let tables: Vec<&str> = report.tables().into_keys().collect();
    let names = ["generation", "partition", "raw records", "holes"].into_iter().chain(kinds.iter().copied());
    let columns: Vec<Column> = names
        .chain(tables.iter().copied())
        .map(|name| Column { name: name.to_owned(), number: true })
        .collect();
    let rows: Vec<Vec<String>> = report
        .lanes
        .iter()
        // An empty lane of an old generation says nothing.
        .filter(|lane| lane.records + lane.holes > 0 || !lane.outcomes.is_empty() || !lane.tables.is_empty())
        .map(|lane| {
            let fixed = [
                lane.lane.generation.to_string(),
                lane.lane.partition.to_string(),
                lane.records.to_string(),
                lane.holes.to_string(),
            ];
            let kinds = kinds.iter().map(|kind| lane.outcomes.get(*kind).copied().unwrap_or(0).to_string());
            let held =
                tables.iter().map(|table| lane.tables.get(*table).map_or(0, |rows| rows.held).to_string());
            fixed.into_iter().chain(kinds).chain(held).collect()
        })
        .collect();
    if rows.is_empty() { Ok(()) } else { table::write(&columns, &rows, columns_max, out) }
}
