use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int16Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use shukei_query::{Flag, Measure, MeasureKind};

use crate::chart::{heading, legend, note_marks, notes_of};
use crate::error::DoorError;
use crate::rows::{Format, render};
use crate::table::{self, Column};
use crate::text::harmless;

/// Figures as rows: one per measure, in the columns of `shukei tabulate`. Percent is decimal text, so that no program
/// on the way rounds it again.
///
/// # Errors
/// None in practice: the columns are of one length.
pub fn measures_batch(measures: &[Measure]) -> Result<RecordBatch, DoorError> {
    let text = |value: &dyn Fn(&Measure) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(measures.iter().map(value)))
    };
    let code = |value: &dyn Fn(&Measure) -> Option<i16>| -> ArrayRef {
        Arc::new(measures.iter().map(value).collect::<Int16Array>())
    };
    let number = |value: &dyn Fn(&Measure) -> u64| -> ArrayRef {
        let numbers = measures.iter().map(|measure| i64::try_from(value(measure)).unwrap_or(i64::MAX));
        Arc::new(Int64Array::from_iter_values(numbers))
    };
    let joined = |texts: Vec<&str>, between: &str| texts.join(between);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("survey", text(&|m| m.survey.to_string())),
        ("wave", text(&|m| m.wave.to_string())),
        ("table", text(&|m| m.table.clone())),
        ("question", text(&|m| m.question.to_string())),
        ("row", code(&|m| m.row)),
        ("option", code(&|m| m.option)),
        ("label", text(&|m| m.label.clone())),
        ("state", text(&|m| m.state.map_or("", |state| state.as_str()).to_owned())),
        ("breaks", text(&|m| m.breaks.clone())),
        ("measure", text(&|m| m.measure.as_str().to_owned())),
        ("value", text(&|m| m.value.clone())),
        ("count", number(&|m| m.count)),
        ("base", number(&|m| m.base)),
        ("base_unweighted", number(&|m| m.base_unweighted)),
        ("base_rule", text(&|m| m.base_rule.as_str().to_owned())),
        ("methods", text(&|m| joined(m.methods.iter().map(String::as_str).collect(), "+"))),
        ("flags", text(&|m| m.remarks().join(";"))),
        ("set", text(&|m| m.set.clone().unwrap_or_default())),
        ("count_weighted", text(&|m| m.count_weighted.clone().unwrap_or_default())),
        ("base_weighted", text(&|m| m.base_weighted.clone().unwrap_or_default())),
        ("id", text(&|m| m.id.clone())),
    ];
    let fields = columns.iter().map(|(name, column)| {
        Field::new(*name, column.data_type().clone(), matches!(column.data_type(), DataType::Int16))
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    RecordBatch::try_new(Arc::new(schema), columns).map_err(DoorError::arrow)
}

/// Writes figures. CSV and JSON have a row per measure; people get a table per question, with a line per option or
/// state, and count and share beside each other.
///
/// # Errors
/// [`DoorError::Write`] if the writer fails.
pub fn render_measures(
    measures: &[Measure],
    format: Format,
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    if format == Format::Table {
        return tables(measures, columns_max, out);
    }
    let batch = measures_batch(measures)?;
    render(&batch.schema(), &[batch], format, columns_max, out)
}

fn tables(measures: &[Measure], columns_max: usize, out: &mut dyn Write) -> Result<(), DoorError> {
    for (at, figures) in measures.chunk_by(|a, b| a.question == b.question && a.row == b.row).enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        let Some(first) = figures.first() else { continue };
        let row = first.row_label.as_ref().map(|row| harmless(row));
        let said =
            |flag: Flag| flag != Flag::BaseZero && figures.iter().all(|figure| figure.flags.contains(&flag));
        let flags: Vec<&str> =
            first.flags.iter().filter(|flag| said(**flag)).map(|flag| flag.as_str()).collect();
        let flags = (!flags.is_empty()).then(|| flags.join("; "));
        for line in heading(first, columns_max).into_iter().chain(row).chain(flags) {
            writeln!(out, "{line}")?;
        }
        let broken_down = figures.iter().any(|figure| !figure.breaks.is_empty());
        let names = [
            ("part", false),
            ("", false),
            ("count", true),
            ("%", true),
            ("base", true),
            ("base rule", false),
        ];
        let columns: Vec<Column> = names
            .iter()
            .skip(usize::from(!broken_down))
            .map(|(name, number)| Column { name: (*name).to_owned(), number: *number })
            .collect();
        let notes = notes_of(figures);
        let cell = |figure: &Measure| {
            let what = (figure.option, figure.state, figure.set.clone());
            (figure.breaks.clone(), what, figure.label.clone())
        };
        let rows: Vec<Vec<String>> = figures
            .chunk_by(|a, b| cell(a) == cell(b))
            .flat_map(|of_one_cell| lines(of_one_cell, broken_down, &notes))
            .collect();
        table::write(&columns, &rows, columns_max, out)?;
        for line in legend(figures, columns_max) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// A line of count and share, and one for each further measure of the cell.
fn lines(of_one_cell: &[Measure], broken_down: bool, notes: &[&str]) -> Vec<Vec<String>> {
    let line = |label: String, figure: &Measure, number: String, share: String| {
        let part = broken_down.then(|| figure.breaks.clone());
        let flags: Vec<&str> =
            [Flag::Unreliable, Flag::Blanked, Flag::Broken, Flag::NotCompared, Flag::DefinitionChanged]
                .into_iter()
                .filter(|flag| figure.flags.contains(flag))
                .map(Flag::as_str)
                .collect();
        let flags = if flags.is_empty() { String::new() } else { format!(" ({})", flags.join(", ")) };
        let rule = format!("{}{}{flags}", figure.base_rule.as_str(), note_marks(figure, notes));
        let base = figure.base_weighted.clone().unwrap_or_else(|| figure.base.to_string());
        part.into_iter().chain([label, number, share, base, rule]).collect::<Vec<_>>()
    };
    let count = of_one_cell.iter().find(|figure| figure.measure == MeasureKind::Count);
    let share = of_one_cell.iter().find(|figure| figure.measure.is_share());
    let first = match (count, share) {
        // The base beside both is that of the share.
        (Some(count), Some(share)) => {
            Some(line(count.label.clone(), share, count.value.clone(), share.value.clone()))
        }
        (Some(count), None) => Some(line(count.label.clone(), count, count.value.clone(), String::new())),
        (None, Some(share)) => Some(line(share.label.clone(), share, String::new(), share.value.clone())),
        (None, None) => None,
    };
    let is_other = |figure: &&Measure| figure.measure != MeasureKind::Count && !figure.measure.is_share();
    let others = of_one_cell
        .iter()
        .filter(is_other)
        .map(|figure| {
            // A change stands by itself, a mean below the counts that it is of.
            let kind = figure.measure.as_str();
            let alone = first.is_none() && (figure.option.is_some() || figure.set.is_some());
            let label = if alone { format!("{}: {kind}", figure.label) } else { kind.to_owned() };
            line(label, figure, figure.value.clone(), String::new())
        })
        .collect::<Vec<_>>();
    first.into_iter().chain(others).collect()
}
