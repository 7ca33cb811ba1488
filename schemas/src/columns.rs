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
    /// Words; of a time of day `HH:MM:SS`.
    Text,
    /// A day, in days since 1970-01-01; of a month or a year its first.
    Date,
    /// A point in time, in microseconds since 1970-01-01 UTC.
    Moment,
    /// Words for an option that asks for some, null where none were given.
    Other,
    /// The options that the unit was offered among the places `63 * word ..`, null where all were or nothing was asked.
    Asked {
        /// Which run of 63 options.
        word: usize,
    },
    /// The code of the answer's [`crate::State`].
    State,
}

/// One column of answers.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerColumn {
    /// `q<number>`, in lower case, with `_2` for a second mask, `_<row>` for a row, `_other`
    /// for words of one's own, `_asked` for what was offered, `_state` for the state.
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
        let words = question.options().len().div_ceil(MASK_BITS).max(1);
        let nth = |stem: &str, word: usize| match word {
            0 => stem.to_owned(),
            _ => format!("{stem}_{}", word + 1),
        };
        match &question.kind {
            Kind::Single { options } | Kind::Rating { options } => {
                push(stem.clone(), code_type(options.iter().map(|o| o.code)), None, Part::Code);
            }
            Kind::Multiple { .. } => {
                (0..words)
                    .for_each(|word| push(nth(&stem, word), DataType::Int64, None, Part::Mask { word }));
            }
            Kind::Grid { rows, .. } | Kind::Ranking { rows, .. } => {
                let codes = question.options().iter().map(|o| o.code);
                for (place, row) in rows.iter().enumerate() {
                    let name = format!("{stem}_{}", row.code);
                    push(name.clone(), code_type(codes.clone()), Some(place), Part::Code);
                    push(format!("{name}_state"), DataType::Int8, Some(place), Part::State);
                }
            }
            Kind::Number { decimals: 0, .. } => push(stem.clone(), DataType::Int64, None, Part::Number),
            Kind::Number { decimals, .. } => {
                push(stem.clone(), DataType::Decimal128(18, *decimals as i8), None, Part::Number);
            }
            Kind::Text { .. } | Kind::Time => push(stem.clone(), DataType::Utf8, None, Part::Text),
            Kind::Date { .. } => push(stem.clone(), DataType::Date32, None, Part::Date),
            Kind::Datetime { .. } => push(stem.clone(), tables::time_type(), None, Part::Moment),
        }
        if question.keeps_asked() {
            let stem = format!("{stem}_asked");
            (0..words).for_each(|word| push(nth(&stem, word), DataType::Int64, None, Part::Asked { word }));
        }
        if question.keeps_other() {
            push(format!("{stem}_other"), DataType::Utf8, None, Part::Other);
        }
        if question.rows().is_empty() {
            push(format!("{stem}_state"), DataType::Int8, None, Part::State);
        }
    }
    columns
}

fn code_type(codes: impl Iterator<Item = i16>) -> DataType {
    if codes.max().unwrap_or(0) > i8::MAX as i16 { DataType::Int16 } else { DataType::Int8 }
}

/// The key of a column's metadata that says what its stored codes or bits mean.
pub const MEANING: &str = "shukei.meaning";

/// What the stored codes or bits of a column mean, as option codes: of a mask those of its bits in order, of a code
/// all that there are. `None` for columns that mean the same whatever the form says.
fn meaning(form: &Form, column: &AnswerColumn) -> Option<String> {
    let mut codes: Vec<i16> = form.questions.get(column.question)?.options().iter().map(|o| o.code).collect();
    match column.part {
        Part::Code => codes.sort_unstable(),
        Part::Mask { word } | Part::Asked { word } => {
            codes = codes.into_iter().skip(word * MASK_BITS).take(MASK_BITS).collect();
        }
        _ => return None,
    }
    let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
    Some(codes.join(","))
}

/// The whole schema of a form's responses table. Columns of codes and masks say in their metadata what they mean, so
/// that a form under which stored answers would mean something else is noticed.
pub fn responses_schema(form: &Form) -> SchemaRef {
    let answers = answer_columns(form).into_iter().map(|c| {
        let meaning = meaning(form, &c).map(|meaning| (MEANING.to_owned(), meaning));
        Arc::new(Field::new(c.name, c.data_type, true).with_metadata(meaning.into_iter().collect()))
    });
    let fields: Vec<_> = tables::responses_head().into_iter().chain(answers).collect();
    Arc::new(Schema::new(fields))
}
