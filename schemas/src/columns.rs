//! The columns that a form's answers are stored in: one place for who writes and who reads them.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::definition::{Form, Kind};
use crate::tables;

/// Options per mask: Delta has no unsigned types, so the sign bit stays free.
pub const MASK_BITS: usize = 63;

/// What a column of a responses table holds of one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The code of the option chosen, null where none is.
    Code,
    /// The options chosen among the places `63 * word ..`, null where the question was not answered.
    Mask {
        /// Which run of 63 options.
        word: usize,
    },
    /// A number.
    Number,
    /// Words.
    Text,
    /// The code of the answer's [`crate::State`].
    State,
}

/// One column of answers.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerColumn {
    /// `q<number>`, in lower case, with `_2` for a second mask, `_<row>` for a grid's row, `_state` for the state.
    pub name: String,
    /// The stored type.
    pub data_type: DataType,
    /// The question's place in the form.
    pub question: usize,
    /// The row's place in a grid.
    pub row: Option<usize>,
    /// What is stored.
    pub part: Part,
}

/// The columns of a form's answers, in order. Every answer has a state column, since any answer can be invalid.
pub fn answer_columns(form: &Form) -> Vec<AnswerColumn> {
    let mut columns = Vec::new();
    for (at, question) in form.questions.iter().enumerate() {
        let stem = format!("q{}", question.number.as_str().to_lowercase());
        let mut push = |name: String, data_type: DataType, row: Option<usize>, part: Part| {
            columns.push(AnswerColumn { name, data_type, question: at, row, part });
        };
        match &question.kind {
            Kind::Single { options } => {
                push(stem.clone(), code_type(options.iter().map(|o| o.code)), None, Part::Code);
                push(format!("{stem}_state"), DataType::Int8, None, Part::State);
            }
            Kind::Multiple { options } => {
                for word in 0..options.len().div_ceil(MASK_BITS).max(1) {
                    let name = if word == 0 { stem.clone() } else { format!("{stem}_{}", word + 1) };
                    push(name, DataType::Int64, None, Part::Mask { word });
                }
                push(format!("{stem}_state"), DataType::Int8, None, Part::State);
            }
            Kind::Grid { rows, options } => {
                for (place, row) in rows.iter().enumerate() {
                    let name = format!("{stem}_{}", row.code);
                    push(name.clone(), code_type(options.iter().map(|o| o.code)), Some(place), Part::Code);
                    push(format!("{name}_state"), DataType::Int8, Some(place), Part::State);
                }
            }
            Kind::Number { decimals: 0, .. } => {
                push(stem.clone(), DataType::Int64, None, Part::Number);
                push(format!("{stem}_state"), DataType::Int8, None, Part::State);
            }
            Kind::Number { decimals, .. } => {
                push(stem.clone(), DataType::Decimal128(18, *decimals as i8), None, Part::Number);
                push(format!("{stem}_state"), DataType::Int8, None, Part::State);
            }
            Kind::Text { .. } => {
                push(stem.clone(), DataType::Utf8, None, Part::Text);
                push(format!("{stem}_state"), DataType::Int8, None, Part::State);
            }
        }
    }
    columns
}

fn code_type(codes: impl Iterator<Item = i16>) -> DataType {
    if codes.max().unwrap_or(0) > i8::MAX as i16 { DataType::Int16 } else { DataType::Int8 }
}

/// The whole schema of a form's responses table.
pub fn responses_schema(form: &Form) -> SchemaRef {
    let answers = answer_columns(form).into_iter().map(|c| Arc::new(Field::new(c.name, c.data_type, true)));
    let fields: Vec<_> = tables::responses_head().into_iter().chain(answers).collect();
    Arc::new(Schema::new(fields))
}
