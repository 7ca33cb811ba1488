use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int16Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use shukei_query::Measure;

use crate::error::DoorError;
use crate::rows::{Format, render};

/// What of a figure people see in a table: the survey and the wave they asked for themselves.
const FOR_PEOPLE: [&str; 12] = [
    "question",
    "row",
    "option",
    "label",
    "breaks",
    "measure",
    "value",
    "count",
    "base",
    "base_rule",
    "methods",
    "flags",
];

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
        ("flags", text(&|m| joined(m.flags.iter().map(|flag| flag.as_str()).collect(), ";"))),
    ];
    let fields = columns.iter().map(|(name, column)| {
        Field::new(*name, column.data_type().clone(), matches!(column.data_type(), DataType::Int16))
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    RecordBatch::try_new(Arc::new(schema), columns).map_err(DoorError::arrow)
}

/// Writes figures; a table leaves out the columns that say the same in every row.
///
/// # Errors
/// [`DoorError::Write`] if the writer fails.
pub fn render_measures(
    measures: &[Measure],
    format: Format,
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    let mut batch = measures_batch(measures)?;
    if format == Format::Table {
        let places: Vec<usize> =
            FOR_PEOPLE.iter().filter_map(|name| batch.schema().index_of(name).ok()).collect();
        batch = batch.project(&places).map_err(DoorError::arrow)?;
    }
    render(&batch.schema(), &[batch], format, columns_max, out)
}
