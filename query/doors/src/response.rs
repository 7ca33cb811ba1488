//! Response rates as rows, and as a table for people.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use shukei_query::{ResponseFlag, ResponseKind, ResponseRow, ResponseTable};

use crate::error::DoorError;
use crate::response_words::ResponseWords;
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
        ("formula", maybe(&|row| row.rate.is_some().then(|| response.formula.to_owned()))),
        ("takes", text(&|row| row.takes.clone())),
        ("flags", text(&|row| flags(response, row).join(";"))),
        ("late", number(&|row| row.late)),
        ("complete", number(&|row| row.complete)),
        ("partial", number(&|row| row.partial)),
        ("blank", number(&|row| row.blank)),
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

/// Writes response rates. CSV and JSON have every column; people get one table with the words of a language, and below
/// it the formula and which rows the totals take.
///
/// # Errors
/// [`DoorError::Write`] if the writer fails.
pub fn render_response(
    response: &ResponseTable,
    language: &str,
    format: Format,
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    let words = ResponseWords::of(language);
    if format != Format::Table {
        let batch = response_batch(response)?;
        return render(&batch.schema(), &[batch], format, columns_max, out);
    }
    writeln!(out, "{} / {}: {}", response.survey, response.wave, words.title)?;
    if response.synthetic {
        writeln!(out, "{}", words.synthetic)?;
    }
    let [method, counts @ ..] = words.columns;
    let mut names = vec![("", false), (method, false)];
    names.extend(counts.map(|name| (name, true)));
    names.push(("%", true));
    // People are shown what the wave keeps count of.
    type Count = fn(&ResponseRow) -> Option<u64>;
    let more: [(&str, Count); 4] = [
        (words.more[0], |row| row.late),
        (words.more[1], |row| row.complete),
        (words.more[2], |row| row.partial),
        (words.more[3], |row| row.blank.filter(|units| *units > 0)),
    ];
    let more: Vec<_> =
        more.into_iter().filter(|(_, of)| response.rows.iter().any(|row| of(row).is_some())).collect();
    names.extend(more.iter().map(|(name, _)| (*name, true)));
    let columns: Vec<Column> =
        names.into_iter().map(|(name, number)| Column { name: name.to_owned(), number }).collect();
    let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    let rows: Vec<Vec<String>> = response
        .rows
        .iter()
        .map(|row| {
            let mut cells = vec![
                name(row, words),
                harmless(&row.method),
                count(row.invited),
                count(row.out_of_scope),
                count(row.refused),
                row.answered.to_string(),
                row.otherwise.to_string(),
                row.rate.clone().unwrap_or_default(),
            ];
            cells.extend(more.iter().map(|(_, of)| count(of(row))));
            cells
        })
        .collect();
    table::write(&columns, &rows, columns_max, out)?;
    writeln!(out, "% = {}; {}", words.formula(response.formula), words.legend)?;
    for flag in [
        ResponseFlag::MoreThanInvited,
        ResponseFlag::NotInFrame,
        ResponseFlag::BaseZero,
        ResponseFlag::NoInvitedCount,
    ] {
        let flagged = response.rows.iter().filter(|row| row.flags.contains(&flag));
        let names: Vec<String> = flagged.map(|row| name(row, words)).collect();
        if !names.is_empty() {
            writeln!(out, "{}: {}", words.flag(flag), names.join(", "))?;
        }
    }
    for row in response.rows.iter().filter(|row| !row.takes.is_empty()) {
        writeln!(out, "{}: {}", name(row, words), harmless(&words.takes(&row.takes)))?;
    }
    Ok(())
}

fn name(row: &ResponseRow, words: &ResponseWords) -> String {
    match row.kind {
        ResponseKind::Group => harmless(&row.label),
        ResponseKind::NoGroup => words.no_group.to_owned(),
        ResponseKind::TotalForm => words.total_form.to_owned(),
        ResponseKind::TotalAcross => words.total_across.to_owned(),
        ResponseKind::Total => words.total.to_owned(),
    }
}
