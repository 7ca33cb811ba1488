use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, Int16Array, Int32Array, RecordBatch, RecordBatchOptions,
    StringViewArray, UInt32Array,
};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use shukei_protocol::TableName;
use shukei_schemas::definition::Form;
use shukei_schemas::{State, SurveyId};

use crate::error::QueryError;
use crate::labels::form_version;
use crate::shape::{Item, ItemRows, NUMBER_TYPE, Values, items};

/// The columns of `answers`, the long view of all forms.
///
/// One row per current unit, question and option: for a single or multiple answer (and for each row of a grid) one per
/// option with `chosen` true or false if it was answered, else one without option; for a number or a text one row.
/// `number` is an exact decimal. `group` has to be quoted in SQL.
pub fn answers_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8View, true);
    Arc::new(Schema::new(vec![
        text("survey"),
        text("wave"),
        text("form"),
        Field::new("form_version", DataType::Int32, true),
        text("unit"),
        text("respondent"),
        text("group"),
        text("method"),
        text("question"),
        text("question_title"),
        Field::new("row", DataType::Int16, true),
        text("row_label"),
        Field::new("option", DataType::Int16, true),
        text("option_label"),
        text("state"),
        Field::new("chosen", DataType::Boolean, true),
        Field::new("number", NUMBER_TYPE, true),
        text("text"),
    ]))
}

/// The columns that are the same in the wide rows and in all answers of a unit.
pub(crate) const UNIT_COLUMNS: [&str; 6] = ["survey", "wave", "unit", "respondent", "group", "method"];

/// Turns wide rows of one form into answers.
#[derive(Clone, Debug)]
pub struct Melt {
    survey: SurveyId,
    table: String,
    form: Arc<Form>,
    items: Vec<Item>,
    /// Per item the place of its first entry, which is the one without an option.
    first_entry: Vec<u32>,
    entries: Entries,
}

/// What rows of answers say apart from who answered what: one entry per item and option, and one without option.
#[derive(Clone, Debug)]
struct Entries {
    question: ArrayRef,
    title: ArrayRef,
    row: ArrayRef,
    row_label: ArrayRef,
    option: ArrayRef,
    option_label: ArrayRef,
}

impl Melt {
    /// All questions of a form, with labels in a language.
    pub fn new(survey: &SurveyId, form: Arc<Form>, language: &str) -> Self {
        Self::of_items(survey.clone(), items(&form), form, language)
    }

    /// Only the questions with these numbers.
    #[must_use]
    pub(crate) fn only(&self, questions: &BTreeSet<String>) -> Self {
        let number = |item: &Item| self.form.questions.get(item.question).map_or("", |q| q.number.as_str());
        let keep = |item: &usize| self.items.get(*item).is_some_and(|item| questions.contains(number(item)));
        let kept: Vec<usize> = (0..self.items.len()).filter(keep).collect();
        Self {
            items: kept.iter().filter_map(|at| self.items.get(*at).cloned()).collect(),
            first_entry: kept.iter().filter_map(|at| self.first_entry.get(*at).copied()).collect(),
            ..self.clone()
        }
    }

    fn of_items(survey: SurveyId, items: Vec<Item>, form: Arc<Form>, language: &str) -> Self {
        let mut first_entry = Vec::with_capacity(items.len());
        let (mut questions, mut titles, mut row_labels) = (Vec::new(), Vec::new(), Vec::new());
        let (mut rows, mut options, mut option_labels) = (Vec::new(), Vec::new(), Vec::new());
        for item in &items {
            first_entry.push(u32::try_from(questions.len()).unwrap_or(u32::MAX));
            let Some(question) = form.questions.get(item.question) else { continue };
            let row = item.row.and_then(|at| question.rows().get(at));
            for option in std::iter::once(None).chain(question.options().iter().map(Some)) {
                questions.push(question.number.as_str());
                titles.push(question.shown_title(language));
                rows.push(row.map(|row| row.code));
                row_labels.push(row.map(|row| row.label.in_language(language)));
                options.push(option.map(|option| option.code));
                option_labels.push(option.map(|option| option.shown(language)));
            }
        }
        let entries = Entries {
            question: Arc::new(StringViewArray::from_iter_values(questions)),
            title: Arc::new(StringViewArray::from_iter_values(titles)),
            row: Arc::new(Int16Array::from(rows)),
            row_label: Arc::new(StringViewArray::from_iter(row_labels)),
            option: Arc::new(Int16Array::from(options)),
            option_label: Arc::new(StringViewArray::from_iter(option_labels)),
        };
        let table = TableName::responses(&form.reference.target()).as_str().to_owned();
        Self { survey, table, items, first_entry, entries, form }
    }

    /// The survey whose rows it reads.
    pub fn survey(&self) -> &SurveyId {
        &self.survey
    }

    /// The form.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// The columns of the wide rows that it reads.
    pub fn columns(&self) -> Vec<&str> {
        UNIT_COLUMNS.into_iter().chain(self.items.iter().flat_map(Item::columns)).collect()
    }

    /// The most rows of answers that one wide row can become.
    pub fn rows_max(&self) -> usize {
        self.items.iter().map(|item| item.options().max(1)).sum::<usize>().max(1)
    }

    /// The answers of some wide rows, in the columns of [`answers_schema`].
    ///
    /// # Errors
    /// [`QueryError::Stored`] if the rows hold what the form does not allow.
    pub fn melt(&self, wide: &RecordBatch) -> Result<RecordBatch, QueryError> {
        let all: Vec<usize> = (0..answers_schema().fields().len()).collect();
        self.melt_columns(wide, &all)
    }

    /// The same with only some of the columns, by their places.
    pub(crate) fn melt_columns(
        &self,
        wide: &RecordBatch,
        projection: &[usize],
    ) -> Result<RecordBatch, QueryError> {
        let read =
            self.items.iter().map(|item| item.read(&self.table, wide)).collect::<Result<Vec<_>, _>>()?;
        let mut long = Long::default();
        for row in 0..wide.num_rows() {
            for ((item, rows), first) in self.items.iter().zip(&read).zip(&self.first_entry) {
                self.answer(item, rows, *first, row, &mut long)?;
            }
        }
        self.assemble(wide, long, projection)
            .map_err(|error| QueryError::running(&DataFusionError::from(error)))
    }

    /// The rows of one unit's answer to one item.
    fn answer<'a>(
        &self,
        item: &Item,
        rows: &'a ItemRows,
        first: u32,
        row: usize,
        long: &mut Long<'a>,
    ) -> Result<(), QueryError> {
        let state = rows.state(row);
        let entry = |place: usize| first + 1 + u32::try_from(place).unwrap_or(0);
        let begin = long.units.len();
        match &rows.values {
            Values::Codes(codes) if state == State::Answered => {
                let chosen = item.place(&self.table, codes, row)?;
                for place in 0..item.options() {
                    long.push(row, entry(place), state, Some(place == chosen));
                }
            }
            Values::Masks(masks) if matches!(state, State::Answered | State::NothingMarked) => {
                let from = long.chosen.len();
                for place in 0..item.options() {
                    // Of an option that was not offered nothing is known.
                    long.push(row, entry(place), state, rows.offered(row, place).then_some(false));
                }
                item.chosen(&self.table, masks, row, |place| {
                    if let Some(chosen) = long.chosen.get_mut(from + place) {
                        *chosen = Some(true);
                    }
                })?;
            }
            Values::Numbers(numbers) if state == State::Answered => {
                long.push(row, first, state, None);
                long.set_number(item.number(&self.table, numbers, row)?);
            }
            Values::Texts(texts) if state == State::Answered && texts.is_valid(row) => {
                long.push(row, first, state, None);
                long.set_text(texts.value(row));
            }
            _ => long.push(row, first, state, None),
        }
        if let Some(words) = rows.other(row) {
            // Words of one's own stand beside the option that asks for them: the one that was chosen, if any was.
            let options = self.form.questions.get(item.question).map_or(&[][..], |q| q.options());
            let asking = |place: &usize| options.get(*place).is_some_and(|option| option.other);
            let chosen = |place: &usize| long.chosen.get(begin + place) == Some(&Some(true));
            let several = long.units.len() - begin == options.len();
            let places = || (0..options.len()).filter(asking);
            let place = if several { places().find(chosen).or_else(|| places().next()) } else { None };
            long.texts.push((begin + place.unwrap_or(0), words));
        }
        Ok(())
    }

    fn assemble(
        &self,
        wide: &RecordBatch,
        long: Long<'_>,
        projection: &[usize],
    ) -> Result<RecordBatch, ArrowError> {
        let schema = answers_schema();
        let rows_count = long.units.len();
        let units = UInt32Array::from(long.units);
        let entries = UInt32Array::from(long.entries);
        let of_unit = |name: &str| match wide.column_by_name(name) {
            Some(column) => take(&arrow::compute::cast(column, &DataType::Utf8View)?, &units, None),
            None => Err(ArrowError::SchemaError(format!("no column {name}"))),
        };
        let of_entry = |values: &ArrayRef| take(values, &entries, None);
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(projection.len());
        for at in projection {
            let name = schema.field(*at).name().as_str();
            columns.push(match name {
                "form" => constant(self.form.reference.form.as_str(), rows_count),
                "form_version" => Arc::new(Int32Array::from(vec![form_version(&self.form); rows_count])),
                "question" => of_entry(&self.entries.question)?,
                "question_title" => of_entry(&self.entries.title)?,
                "row" => of_entry(&self.entries.row)?,
                "row_label" => of_entry(&self.entries.row_label)?,
                "option" => of_entry(&self.entries.option)?,
                "option_label" => of_entry(&self.entries.option_label)?,
                "state" => {
                    let names = StringViewArray::from_iter_values(State::ALL.map(State::as_str));
                    take(&names, &UInt32Array::from_iter_values(long.states.iter().copied()), None)?
                }
                "chosen" => Arc::new(BooleanArray::from_iter(long.chosen.iter().copied())),
                "number" => {
                    let numbers = Decimal128Array::from_iter(sparse(&long.numbers, rows_count));
                    Arc::new(numbers.with_data_type(NUMBER_TYPE))
                }
                "text" => Arc::new(StringViewArray::from_iter(sparse(&long.texts, rows_count))),
                unit => of_unit(unit)?,
            });
        }
        let schema = Arc::new(schema.project(projection)?);
        let options = RecordBatchOptions::new().with_row_count(Some(rows_count));
        RecordBatch::try_new_with_options(schema, columns, &options)
    }
}

/// Rows of answers while they are made.
#[derive(Default)]
struct Long<'a> {
    /// The wide row.
    units: Vec<u32>,
    entries: Vec<u32>,
    /// Places in [`State::ALL`].
    states: Vec<u32>,
    chosen: Vec<Option<bool>>,
    /// Few rows have one: each with its row.
    numbers: Vec<(usize, i128)>,
    texts: Vec<(usize, &'a str)>,
}

impl<'a> Long<'a> {
    fn push(&mut self, row: usize, entry: u32, state: State, chosen: Option<bool>) {
        self.units.push(u32::try_from(row).unwrap_or(u32::MAX));
        self.entries.push(entry);
        self.states.push(u32::from(state.code().unsigned_abs()) - 1);
        self.chosen.push(chosen);
    }

    fn set_number(&mut self, number: i128) {
        self.numbers.push((self.units.len() - 1, number));
    }

    fn set_text(&mut self, text: &'a str) {
        self.texts.push((self.units.len() - 1, text));
    }
}

/// Values at a few rows, in order, as one optional value per row.
fn sparse<T: Copy>(values: &[(usize, T)], rows: usize) -> impl Iterator<Item = Option<T>> {
    let mut next = values.iter().peekable();
    (0..rows).map(move |row| next.next_if(|(at, _)| *at == row).map(|(_, value)| *value))
}

fn constant(text: &str, rows: usize) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n(text, rows)))
}
