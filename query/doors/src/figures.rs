use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int16Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use shukei_query::Measure;

use crate::error::DoorError;
use crate::rows::{Format, render};
use crate::shown::Shown;

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
        ("breaks_label", text(&|m| m.part_label())),
    ];
    let fields = columns.iter().map(|(name, column)| {
        Field::new(*name, column.data_type().clone(), matches!(column.data_type(), DataType::Int16))
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    RecordBatch::try_new(Arc::new(schema), columns).map_err(DoorError::arrow)
}

/// Writes figures. CSV and JSON have a row per measure; people get a table per question with English words, see
/// [`render_measures_in`].
///
/// # Errors
/// [`DoorError::Write`] if the writer fails.
pub fn render_measures(
    measures: &[Measure],
    format: Format,
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    render_measures_in(measures, &Shown::default(), format, columns_max, out)
}

/// The same with the words of a language. A table for people has a line per option or state, with count and share
/// beside each other; where figures are broken down by one thing, its parts stand beside each other.
///
/// # Errors
/// [`DoorError::Write`] if the writer fails.
pub fn render_measures_in(
    measures: &[Measure],
    shown: &Shown,
    format: Format,
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    if format == Format::Table {
        return crate::tables::write(measures, shown, columns_max, out);
    }
    let batch = measures_batch(measures)?;
    render(&batch.schema(), &[batch], format, columns_max, out)
}
