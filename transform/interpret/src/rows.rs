//! Outcomes and responses as Arrow batches.

use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, Date32Array, Decimal128Builder, Int8Builder, Int16Builder, Int64Builder,
    ListBuilder, RecordBatch, StringArray, StringBuilder, StructBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field};
use arrow::error::ArrowError;
use shukei_schemas::Position;
use shukei_schemas::columns::{AnswerColumn, Part, answer_columns, responses_schema};
use shukei_schemas::definition::Form;
use shukei_schemas::tables;

use crate::{Aggregate, Answer, INTERPRETER, Outcome, Response, Value};

/// An outcome with the position of its record.
#[derive(Clone, Debug)]
pub struct OutcomeRow<'a> {
    /// Where the record stands.
    pub position: Position,
    /// The record's order time, microseconds.
    pub order_time_us: i64,
    /// What became of it.
    pub outcome: &'a Outcome,
}

/// The rows of `outcomes` for some records, in the order given; `interpretation` is 0, the first.
///
/// # Errors
/// Only if the columns do not fit the schema, which is a fault of this crate.
pub fn outcomes_batch(rows: &[OutcomeRow<'_>]) -> Result<RecordBatch, ArrowError> {
    let text = |value: &dyn Fn(&Outcome) -> Option<String>| -> ArrayRef {
        let mut builder = StringBuilder::new();
        rows.iter().for_each(|row| builder.append_option(value(row.outcome)));
        Arc::new(builder.finish())
    };
    let mut columns = positions(rows.iter().map(|row| row.position));
    columns.push(Arc::new(arrow::array::Int32Array::from(vec![0; rows.len()])));
    columns.push(text(&|o| Some(o.kind.as_str().to_owned())));
    columns.push(text(&|o| o.target.clone()));
    columns.push(text(&|o| o.survey.as_ref().map(ToString::to_string)));
    columns.push(text(&|o| o.wave.as_ref().map(ToString::to_string)));
    columns.push(text(&|o| o.unit.as_ref().map(ToString::to_string)));
    columns.push(text(&|o| o.event_source.clone()));
    columns.push(text(&|o| o.event_id.clone()));
    columns.push(text(&|o| Some(o.content_hash.clone())));
    columns.push(Arc::new(rows.iter().map(|row| row.outcome.revision).collect::<arrow::array::Int64Array>()));
    columns.push(times(rows.iter().map(|row| row.outcome.event_time_us)));
    columns.push(times(rows.iter().map(|row| Some(row.order_time_us))));
    columns.push(names(rows));
    columns.push(text(&|_| Some(INTERPRETER.to_owned())));
    columns.push(text(&|o| match o.kind {
        crate::Kind::Rejection => o.issues.first().map(|issue| issue.code.to_string()),
        _ => None,
    }));
    columns.push(issues(rows));
    RecordBatch::try_new(tables::outcomes(), columns)
}

fn positions(rows: impl Iterator<Item = Position> + Clone) -> Vec<ArrayRef> {
    let generations: arrow::array::Int32Array =
        rows.clone().map(|p| p.lane.generation.0).collect::<Vec<_>>().into();
    let partitions: arrow::array::Int32Array =
        rows.clone().map(|p| p.lane.partition.0).collect::<Vec<_>>().into();
    let offsets: arrow::array::Int64Array = rows.map(|p| p.offset.0).collect::<Vec<_>>().into();
    vec![Arc::new(generations), Arc::new(partitions), Arc::new(offsets)]
}

fn times(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    let mut builder = TimestampMicrosecondBuilder::new().with_data_type(tables::time_type());
    values.for_each(|value| builder.append_option(value));
    Arc::new(builder.finish())
}

fn names(rows: &[OutcomeRow<'_>]) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new()).with_field(Arc::new(Field::new(
        "element",
        DataType::Utf8,
        true,
    )));
    for row in rows {
        row.outcome.definitions.iter().for_each(|name| builder.values().append_value(name));
        builder.append(true);
    }
    Arc::new(builder.finish())
}

fn issues(rows: &[OutcomeRow<'_>]) -> ArrayRef {
    let fields = tables::issue_fields();
    let builders: Vec<Box<dyn ArrayBuilder>> =
        fields.iter().map(|_| Box::new(StringBuilder::new()) as Box<dyn ArrayBuilder>).collect();
    let element = Arc::new(Field::new("element", DataType::Struct(fields.clone()), true));
    let mut builder = ListBuilder::new(StructBuilder::new(fields, builders)).with_field(element);
    for row in rows {
        for issue in &row.outcome.issues {
            let item = builder.values();
            for (at, value) in [issue.code.as_str(), &issue.path, &issue.hint].into_iter().enumerate() {
                if let Some(field) = item.field_builder::<StringBuilder>(at) {
                    field.append_value(value);
                }
            }
            item.append(true);
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}

/// The rows of one form's responses table, in the order given.
///
/// # Errors
/// Only if the columns do not fit the schema, which is a fault of this crate.
pub fn responses_batch(form: &Form, rows: &[(Position, &Response)]) -> Result<RecordBatch, ArrowError> {
    let text = |value: &dyn Fn(&Response) -> Option<String>| -> ArrayRef {
        let mut builder = StringBuilder::new();
        rows.iter().for_each(|(_, response)| builder.append_option(value(response)));
        Arc::new(builder.finish())
    };
    let mut columns = positions(rows.iter().map(|(position, _)| *position));
    columns.push(Arc::new(arrow::array::Int32Array::from(vec![0; rows.len()])));
    columns.push(text(&|r| Some(r.unit.to_string())));
    columns.push(text(&|r| Some(r.respondent.to_string())));
    columns.push(text(&|r| r.group.clone()));
    columns.push(text(&|r| Some(r.wave.to_string())));
    columns.push(text(&|r| Some(r.method.clone())));
    columns.push(Arc::new(rows.iter().map(|(_, r)| r.revision).collect::<arrow::array::Int64Array>()));
    columns.push(text(&|r| r.mapping.clone()));
    for column in answer_columns(form) {
        columns.push(answers(&column, rows));
    }
    RecordBatch::try_new(responses_schema(form), columns)
}

/// The rows of `aggregates`, in the order given.
///
/// # Errors
/// Only if the columns do not fit the schema, which is a fault of this crate.
pub fn aggregates_batch(rows: &[(Position, &Aggregate)]) -> Result<RecordBatch, ArrowError> {
    let text = |value: &dyn Fn(&Aggregate) -> Option<String>| -> ArrayRef {
        let mut builder = StringBuilder::new();
        rows.iter().for_each(|(_, aggregate)| builder.append_option(value(aggregate)));
        Arc::new(builder.finish())
    };
    let mut columns = positions(rows.iter().map(|(position, _)| *position));
    columns.push(Arc::new(arrow::array::Int32Array::from(vec![0; rows.len()])));
    columns.push(text(&|a| Some(a.survey.to_string())));
    columns.push(text(&|a| Some(a.wave.to_string())));
    columns.push(text(&|a| Some(a.unit.to_string())));
    columns.push(text(&|a| Some(a.body.clone())));
    columns.push(text(&|a| a.group.clone()));
    columns.push(text(&|a| Some(a.form.clone())));
    columns.push(text(&|a| Some(a.method.clone())));
    columns.push(text(&|a| Some(a.mapping.clone())));
    columns.push(Arc::new(rows.iter().map(|(_, a)| a.revision).collect::<arrow::array::Int64Array>()));
    columns.push(text(&|a| a.reference_date.clone()));
    columns.push(Arc::new(rows.iter().map(|(_, a)| Some(a.units)).collect::<arrow::array::Int64Array>()));
    columns.push(cells(rows));
    RecordBatch::try_new(tables::aggregates(), columns)
}

fn cells(rows: &[(Position, &Aggregate)]) -> ArrayRef {
    let fields = tables::cell_fields();
    let builders: Vec<Box<dyn ArrayBuilder>> = vec![
        Box::new(StringBuilder::new()),
        Box::new(Int16Builder::new()),
        Box::new(Int16Builder::new()),
        Box::new(StringBuilder::new()),
        Box::new(Int64Builder::new()),
        Box::new(Int64Builder::new()),
    ];
    let element = Arc::new(Field::new("element", DataType::Struct(fields.clone()), true));
    let mut builder = ListBuilder::new(StructBuilder::new(fields, builders)).with_field(element);
    for (_, aggregate) in rows {
        for cell in &aggregate.cells {
            let item = builder.values();
            if let Some(field) = item.field_builder::<StringBuilder>(0) {
                field.append_value(&cell.question);
            }
            for (at, value) in [(1, cell.row), (2, cell.option)] {
                if let Some(field) = item.field_builder::<Int16Builder>(at) {
                    field.append_option(value);
                }
            }
            if let Some(field) = item.field_builder::<StringBuilder>(3) {
                field.append_option(cell.state.map(shukei_schemas::State::as_str));
            }
            for (at, value) in [(4, cell.count), (5, cell.base)] {
                if let Some(field) = item.field_builder::<Int64Builder>(at) {
                    field.append_value(value);
                }
            }
            item.append(true);
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}

fn answers(column: &AnswerColumn, rows: &[(Position, &Response)]) -> ArrayRef {
    let all = rows.iter().map(|(_, response)| &response.answers[column.question][column.row.unwrap_or(0)]);
    match (&column.part, &column.data_type) {
        (Part::State, _) => {
            let mut builder = Int8Builder::new();
            all.for_each(|answer| builder.append_value(answer.state.code()));
            Arc::new(builder.finish())
        }
        (Part::Code, DataType::Int8) => {
            let mut builder = Int8Builder::new();
            all.for_each(|answer| {
                builder.append_option(code(answer).and_then(|code| i8::try_from(code).ok()))
            });
            Arc::new(builder.finish())
        }
        (Part::Code, _) => {
            let mut builder = Int16Builder::new();
            all.for_each(|answer| builder.append_option(code(answer)));
            Arc::new(builder.finish())
        }
        (Part::Mask { word }, _) => {
            let mut builder = Int64Builder::new();
            all.for_each(|answer| {
                builder.append_option(match &answer.value {
                    Value::Mask(words) => words.get(*word).copied(),
                    _ => None,
                });
            });
            Arc::new(builder.finish())
        }
        (Part::Number, DataType::Int64) => {
            let mut builder = Int64Builder::new();
            all.for_each(|answer| builder.append_option(number(answer).and_then(|n| i64::try_from(n).ok())));
            Arc::new(builder.finish())
        }
        (Part::Number, data_type) => {
            let mut builder = Decimal128Builder::new().with_data_type(data_type.clone());
            all.for_each(|answer| builder.append_option(number(answer)));
            Arc::new(builder.finish())
        }
        (Part::Date, _) => Arc::new(
            all.map(|answer| match answer.value {
                Value::Date(day) => Some(day),
                _ => None,
            })
            .collect::<Date32Array>(),
        ),
        (Part::Moment, _) => times(all.map(|answer| match answer.value {
            Value::Moment(time) => Some(time),
            _ => None,
        })),
        (Part::Other, _) => Arc::new(all.map(|answer| answer.other.as_deref()).collect::<StringArray>()),
        (Part::Asked { word }, _) => Arc::new(
            all.map(|answer| answer.asked.as_ref().and_then(|words| words.get(*word).copied()))
                .collect::<arrow::array::Int64Array>(),
        ),
        (Part::Text, _) => {
            let mut builder = StringBuilder::new();
            all.for_each(|answer| {
                builder.append_option(match &answer.value {
                    Value::Text(text) => Some(text.as_str()),
                    _ => None,
                });
            });
            Arc::new(builder.finish())
        }
    }
}

fn code(answer: &Answer) -> Option<i16> {
    match answer.value {
        Value::Code(code) => Some(code),
        _ => None,
    }
}

fn number(answer: &Answer) -> Option<i128> {
    match answer.value {
        Value::Number(number) => Some(number),
        _ => None,
    }
}
