//! How a form's answers stand in the columns of its wide rows, for everything that reads them.

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Int8Array, Int16Array, Int64Array, RecordBatch,
    StringViewArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Int8Type, Int16Type, Int64Type};
use shukei_schemas::State;
use shukei_schemas::columns::{MASK_BITS, Part, answer_columns};
use shukei_schemas::definition::{Form, Question};

use crate::error::QueryError;

/// Numbers are read as exact decimals with this many digits, the most that a form may keep.
pub(crate) const NUMBER_SCALE: i8 = 9;

/// The type that numbers are read as.
pub(crate) const NUMBER_TYPE: DataType = DataType::Decimal128(38, NUMBER_SCALE);

/// One thing that is answered: a question, or a row of a grid.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// The question's place in the form.
    pub(crate) question: usize,
    /// The row's place in the grid.
    pub(crate) row: Option<usize>,
    pub(crate) kind: ItemKind,
    /// The column of the state.
    state: String,
    /// The columns of the value: one, or one per mask.
    values: Vec<String>,
    /// The column with words for "other", where the question keeps them.
    pub(crate) other: Option<String>,
    /// The columns with what a unit was offered, one per mask, where not all are offered everything.
    pub(crate) asked: Vec<String>,
    /// The codes of the options, in printed order.
    pub(crate) codes: Vec<i16>,
}

#[derive(Clone, Debug)]
pub(crate) enum ItemKind {
    /// One option; the place of each code.
    Code {
        places: Vec<Option<usize>>,
        options: usize,
    },
    /// Any of so many options.
    Mask {
        options: usize,
    },
    Number,
    Text,
}

/// What an item has in each row of a batch.
#[derive(Debug)]
pub(crate) struct ItemRows {
    states: Int8Array,
    pub(crate) values: Values,
    /// Words of one's own, where the question keeps them.
    pub(crate) others: Option<StringViewArray>,
    /// What each unit was offered, one per mask; none where all are offered everything.
    asked: Vec<Int64Array>,
}

#[derive(Debug)]
pub(crate) enum Values {
    Codes(Int16Array),
    Masks(Vec<Int64Array>),
    Numbers(Decimal128Array),
    Texts(StringViewArray),
}

/// The items of a form, in printed order.
pub(crate) fn items(form: &Form) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for column in answer_columns(form) {
        let Some(question) = form.questions.get(column.question) else { continue };
        let same =
            items.last().is_some_and(|item| (item.question, item.row) == (column.question, column.row));
        if !same {
            items.push(Item {
                question: column.question,
                row: column.row,
                kind: kind_of(question, column.part),
                state: String::new(),
                values: Vec::new(),
                other: None,
                asked: Vec::new(),
                codes: question.options().iter().map(|option| option.code).collect(),
            });
        }
        let Some(item) = items.last_mut() else { continue };
        match column.part {
            Part::State => item.state = column.name,
            Part::Other => item.other = Some(column.name),
            Part::Asked { .. } => item.asked.push(column.name),
            _ => item.values.push(column.name),
        }
    }
    items
}

fn kind_of(question: &Question, part: Part) -> ItemKind {
    let options = question.options();
    match part {
        Part::Code => {
            let most = options.iter().map(|option| option.code).max().unwrap_or(0);
            let mut places = vec![None; usize::try_from(most).unwrap_or(0) + 1];
            for (place, option) in options.iter().enumerate() {
                if let Some(slot) = usize::try_from(option.code).ok().and_then(|code| places.get_mut(code)) {
                    *slot = Some(place);
                }
            }
            ItemKind::Code { places, options: options.len() }
        }
        Part::Mask { .. } => ItemKind::Mask { options: options.len() },
        Part::Number => ItemKind::Number,
        Part::Text | Part::Date | Part::Moment | Part::Other | Part::Asked { .. } | Part::State => {
            ItemKind::Text
        }
    }
}

impl Item {
    /// The columns that are read.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.values.iter().chain(&self.other).chain(&self.asked).chain([&self.state]).map(String::as_str)
    }

    /// Whether numbers are given.
    pub(crate) fn is_number(&self) -> bool {
        matches!(self.kind, ItemKind::Number)
    }

    /// How many options it offers.
    pub(crate) fn options(&self) -> usize {
        match self.kind {
            ItemKind::Code { options, .. } | ItemKind::Mask { options } => options,
            ItemKind::Number | ItemKind::Text => 0,
        }
    }

    /// The item's columns of a batch.
    pub(crate) fn read(&self, table: &str, batch: &RecordBatch) -> Result<ItemRows, QueryError> {
        let states: Int8Array =
            self.column(table, &self.state, &DataType::Int8, batch)?.as_primitive::<Int8Type>().clone();
        if states.null_count() > 0 {
            return Err(QueryError::stored(table, &self.state, "a state is missing"));
        }
        if states.values().iter().any(|code| State::from_code(*code).is_none()) {
            return Err(QueryError::stored(table, &self.state, "a state is unknown"));
        }
        let value = |at: usize, wanted: &DataType| {
            let name = self.values.get(at).map_or("", String::as_str);
            self.column(table, name, wanted, batch)
        };
        let values = match &self.kind {
            ItemKind::Code { .. } => {
                Values::Codes(value(0, &DataType::Int16)?.as_primitive::<Int16Type>().clone())
            }
            ItemKind::Mask { .. } => Values::Masks(
                (0..self.values.len())
                    .map(|at| Ok(value(at, &DataType::Int64)?.as_primitive::<Int64Type>().clone()))
                    .collect::<Result<_, QueryError>>()?,
            ),
            ItemKind::Number => {
                Values::Numbers(value(0, &NUMBER_TYPE)?.as_primitive::<Decimal128Type>().clone())
            }
            // A date or a time is shown as text.
            ItemKind::Text => {
                let text = cast(&value(0, &DataType::Utf8)?, &DataType::Utf8View)
                    .map_err(|_| QueryError::stored(table, &self.state, "the answers are no texts"))?;
                Values::Texts(text.as_string_view().clone())
            }
        };
        let others = match &self.other {
            Some(name) => {
                Some(self.column(table, name, &DataType::Utf8View, batch)?.as_string_view().clone())
            }
            None => None,
        };
        let asked = self
            .asked
            .iter()
            .map(|name| {
                Ok(self.column(table, name, &DataType::Int64, batch)?.as_primitive::<Int64Type>().clone())
            })
            .collect::<Result<_, QueryError>>()?;
        Ok(ItemRows { states, values, others, asked })
    }

    fn column(
        &self,
        table: &str,
        name: &str,
        wanted: &DataType,
        batch: &RecordBatch,
    ) -> Result<ArrayRef, QueryError> {
        let column = batch
            .column_by_name(name)
            .ok_or_else(|| QueryError::stored(table, name, "the table has no such column"))?;
        if column.data_type() == wanted {
            return Ok(column.clone());
        }
        cast(column, wanted)
            .map_err(|_| QueryError::stored(table, name, "the column has another type than the form says"))
    }

    /// The place of the option chosen in a row that was answered.
    pub(crate) fn place(&self, table: &str, codes: &Int16Array, row: usize) -> Result<usize, QueryError> {
        if codes.is_null(row) {
            return Err(self.wrong(table, 0, "an answer is missing"));
        }
        let ItemKind::Code { places, .. } = &self.kind else {
            return Err(self.wrong(table, 0, "the question takes no code"));
        };
        let place =
            usize::try_from(codes.value(row)).ok().and_then(|code| places.get(code).copied().flatten());
        place.ok_or_else(|| self.wrong(table, 0, "an option is unknown"))
    }

    /// The number given in a row that was answered, in units of its ninth digit.
    pub(crate) fn number(
        &self,
        table: &str,
        numbers: &Decimal128Array,
        row: usize,
    ) -> Result<i128, QueryError> {
        match numbers.is_valid(row) {
            true => Ok(numbers.value(row)),
            false => Err(self.wrong(table, 0, "an answer is missing")),
        }
    }

    fn wrong(&self, table: &str, column: usize, problem: &'static str) -> QueryError {
        QueryError::stored(table, self.values.get(column).map_or("", String::as_str), problem)
    }

    /// Calls back with the place of each option chosen in a row.
    pub(crate) fn chosen(
        &self,
        table: &str,
        masks: &[Int64Array],
        row: usize,
        mut chosen: impl FnMut(usize),
    ) -> Result<(), QueryError> {
        for (word, mask) in masks.iter().enumerate() {
            let mut bits = if mask.is_null(row) { 0 } else { mask.value(row).cast_unsigned() };
            while bits != 0 {
                let bit = bits.trailing_zeros() as usize;
                let place = word * MASK_BITS + bit;
                if bit >= MASK_BITS || place >= self.options() {
                    return Err(self.wrong(table, word, "an option is unknown"));
                }
                chosen(place);
                bits &= bits - 1;
            }
        }
        Ok(())
    }
}

impl ItemRows {
    /// The number of the state of a row; [`Item::read`] has seen that it is one.
    pub(crate) fn state_code(&self, row: usize) -> i8 {
        self.states.value(row)
    }

    /// Whether the option at a place was offered to the unit of a row.
    pub(crate) fn offered(&self, row: usize, place: usize) -> bool {
        match self.asked.get(place / MASK_BITS) {
            Some(words) if words.is_valid(row) => words.value(row) >> (place % MASK_BITS) & 1 == 1,
            _ => true,
        }
    }

    /// The words of one's own of a row.
    pub(crate) fn other(&self, row: usize) -> Option<&str> {
        let others = self.others.as_ref()?;
        others.is_valid(row).then(|| others.value(row))
    }

    /// The state of a row.
    pub(crate) fn state(&self, row: usize) -> State {
        State::from_code(self.state_code(row)).unwrap_or(State::Invalid)
    }
}
