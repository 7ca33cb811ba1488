//! Response rates as rows, and as a table for people.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use shukei_query::{RATE_FORMULA, ResponseFlag, ResponseKind, ResponseRow, ResponseTable};

use crate::error::DoorError;
use crate::rows::{Format, render};
use crate::table::{self, Column};
use crate::text::harmless;

/// A row per group and total, in the columns of `shukei tabulate --response`. The rate is decimal text, so that no
/// program on the way rounds it again.
///
/// # Errors
/// None in practice: the columns are of one length.
pub fn response_batch(response: &ResponseTable) -> Result<RecordBatch, DoorError> {
    let rows = &response.rows;
    let text = |value: &dyn Fn(&ResponseRow) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(value)))
    };
    let maybe = |value: &dyn Fn(&ResponseRow) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(value).collect::<StringArray>())
    };
    let number = |value: &dyn Fn(&ResponseRow) -> Option<u64>| -> ArrayRef {
        let number = |row: &ResponseRow| value(row).map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        Arc::new(rows.iter().map(number).collect::<Int64Array>())
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("survey", text(&|_| response.survey.to_string())),
        ("wave", text(&|_| response.wave.to_string())),
        ("kind", text(&|row| row.kind.as_str().to_owned())),
        ("group", maybe(&|row| row.group.clone())),
        ("label", text(&|row| row.label.clone())),
        ("method", text(&|row| row.method.clone())),
        ("invited", number(&|row| row.invited)),
        ("out_of_scope", number(&|row| row.out_of_scope)),
        ("refused", number(&|row| row.refused)),
        ("answered", number(&|row| Some(row.answered))),
        ("otherwise", number(&|row| Some(row.otherwise))),
        ("base", number(&|row| row.base)),
        ("rate", maybe(&|row| row.rate.clone())),
        ("formula", maybe(&|row| row.rate.is_some().then(|| RATE_FORMULA.to_owned()))),
        ("takes", text(&|row| row.takes.clone())),
        ("flags", text(&|row| flags(response, row).join(";"))),
    ];
    let fields = columns.iter().map(|(name, column)| {
        let optional =
            matches!(column.data_type(), DataType::Int64) || matches!(*name, "group" | "rate" | "formula");
        Field::new(*name, column.data_type().clone(), optional)
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    RecordBatch::try_new(Arc::new(schema), columns).map_err(DoorError::arrow)
}

fn flags(response: &ResponseTable, row: &ResponseRow) -> Vec<&'static str> {
    let synthetic = response.synthetic.then_some("synthetic");
    synthetic.into_iter().chain(row.flags.iter().map(|flag| flag.as_str())).collect()
}

/// Writes response rates. CSV and JSON have every column; people get one table, and below it the formula and which rows
/// the totals take.
///
/// # Errors
/// [`DoorError::Write`] if the writer fails.
pub fn render_response(
    response: &ResponseTable,
    format: Format,
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    if format != Format::Table {
        let batch = response_batch(response)?;
        return render(&batch.schema(), &[batch], format, columns_max, out);
    }
    writeln!(out, "{} / {}: response rates", response.survey, response.wave)?;
    if response.synthetic {
        writeln!(out, "synthetic")?;
    }
    let names = [
        ("", false),
        ("method", false),
        ("invited", true),
        ("out", true),
        ("refused", true),
        ("answered", true),
        ("otherwise", true),
        ("%", true),
    ];
    let columns = names.map(|(name, number)| Column { name: name.to_owned(), number });
    let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    let rows: Vec<Vec<String>> = response
        .rows
        .iter()
        .map(|row| {
            vec![
                name(row),
                harmless(&row.method),
                count(row.invited),
                count(row.out_of_scope),
                count(row.refused),
                row.answered.to_string(),
                row.otherwise.to_string(),
                row.rate.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table::write(&columns, &rows, columns_max, out)?;
    writeln!(out, "% = {RATE_FORMULA}; out = out_of_scope; otherwise = came another way, in no rate")?;
    for flag in [ResponseFlag::MoreThanInvited, ResponseFlag::BaseZero, ResponseFlag::NoInvitedCount] {
        let names: Vec<String> =
            response.rows.iter().filter(|row| row.flags.contains(&flag)).map(name).collect();
        if !names.is_empty() {
            writeln!(out, "{}: {}", flag.as_str(), names.join(", "))?;
        }
    }
    for row in response.rows.iter().filter(|row| !row.takes.is_empty()) {
        writeln!(out, "{}: {}", name(row), harmless(&row.takes))?;
    }
    Ok(())
}

fn name(row: &ResponseRow) -> String {
    match row.kind {
        ResponseKind::Group => harmless(&row.label),
        ResponseKind::NoGroup => "no known group".to_owned(),
        ResponseKind::TotalForm => "total, own form".to_owned(),
        ResponseKind::TotalAcross => "total, read across".to_owned(),
        ResponseKind::Total => "total".to_owned(),
    }
}
