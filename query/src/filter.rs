//! Which rows a condition of a table takes.

use arrow::array::{Array, RecordBatch, StringViewArray};
use shukei_schemas::State;
use shukei_schemas::definition::{Filter, Form, PremiseTest, Question, Where, is_unknown};

use crate::error::QueryError;
use crate::shape::{Item, ItemRows, NUMBER_SCALE, Values, items};

/// A condition with the items that it reads.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    filter: Filter,
    items: Vec<Item>,
    questions: Vec<Question>,
}

/// What a condition reads of a batch.
pub(crate) struct SelectionRows<'a> {
    selection: &'a Selection,
    rows: Vec<ItemRows>,
}

impl Selection {
    /// The condition on one form of several: where a form lacks a question that another has, its units are not meant.
    pub(crate) fn new(condition: &Where, form: &Form, forms: &[&Form]) -> Result<Self, QueryError> {
        let filter = match condition.resolve(form) {
            Ok(filter) => filter,
            Err(problem)
                if problem.unknown_question && forms.iter().any(|f| condition.resolve(f).is_ok()) =>
            {
                Filter::Any(Vec::new())
            }
            Err(problem) => {
                return Err(QueryError::Request { problem: problem.message, hint: problem.hint });
            }
        };
        let mut read = Vec::new();
        read_by(&filter, &mut read);
        let items = items(form).into_iter().filter(|item| read.contains(&(item.question, item.row)));
        let items: Vec<Item> = items.collect();
        let questions = items.iter().filter_map(|item| form.questions.get(item.question).cloned());
        Ok(Self { questions: questions.collect(), filter, items })
    }

    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.items.iter().flat_map(Item::columns)
    }

    /// Whether units of which only group and method are known are meant; none where it takes their answers to know.
    pub(crate) fn takes_all_of(&self, group: Option<&str>, method: &str) -> Option<bool> {
        let rows = SelectionRows { selection: self, rows: Vec::new() };
        self.items.is_empty().then(|| rows.takes(0, group, method))
    }

    pub(crate) fn read(&self, table: &str, batch: &RecordBatch) -> Result<SelectionRows<'_>, QueryError> {
        let rows = self.items.iter().map(|item| item.read(table, batch)).collect::<Result<_, _>>()?;
        Ok(SelectionRows { selection: self, rows })
    }
}

fn read_by(filter: &Filter, found: &mut Vec<(usize, Option<usize>)>) {
    match filter {
        Filter::All(inner) | Filter::Any(inner) => inner.iter().for_each(|filter| read_by(filter, found)),
        Filter::Not(inner) => read_by(inner, found),
        Filter::Group(_) | Filter::Method(_) => {}
        Filter::Answer { question, row, .. } => found.push((*question, *row)),
    }
}

impl SelectionRows<'_> {
    /// Whether a row is meant. What is not known is not.
    pub(crate) fn takes(&self, row: usize, group: Option<&str>, method: &str) -> bool {
        self.holds(&self.selection.filter, row, group, method) == Some(true)
    }

    fn holds(&self, filter: &Filter, row: usize, group: Option<&str>, method: &str) -> Option<bool> {
        let several = |inner: &[Filter], settles: bool| {
            let mut known = true;
            for filter in inner {
                match self.holds(filter, row, group, method) {
                    Some(holds) if holds == settles => return Some(settles),
                    Some(_) => {}
                    None => known = false,
                }
            }
            known.then_some(!settles)
        };
        match filter {
            Filter::All(inner) => several(inner, false),
            Filter::Any(inner) => several(inner, true),
            Filter::Not(inner) => self.holds(inner, row, group, method).map(|holds| !holds),
            Filter::Group(groups) => {
                Some(group.is_some_and(|group| groups.iter().any(|known| known == group)))
            }
            Filter::Method(methods) => Some(methods.iter().any(|known| known == method)),
            Filter::Answer { question, row: of_grid, test } => {
                let same = |item: &Item| item.question == *question && item.row == *of_grid;
                let at = self.selection.items.iter().position(same)?;
                self.answer(at, row, test)
            }
        }
    }

    fn answer(&self, at: usize, row: usize, test: &PremiseTest) -> Option<bool> {
        let (rows, question) = (self.rows.get(at)?, self.selection.questions.get(at)?);
        let state = rows.state(row);
        if let PremiseTest::Answered(wanted) = test {
            return Some((state == State::Answered) == *wanted);
        }
        if state != State::Answered && state != State::NothingMarked {
            return if is_unknown(state) { None } else { Some(false) };
        }
        let options = question.options();
        let is_given = |codes: &[i16]| match &rows.values {
            Values::Codes(values) => values.is_valid(row) && codes.contains(&values.value(row)),
            Values::Masks(masks) => codes.iter().any(|code| {
                let place = options.iter().position(|option| option.code == *code);
                place.is_some_and(|place| is_marked(masks, row, place))
            }),
            _ => false,
        };
        let compared = || match &rows.values {
            Values::Codes(values) if values.is_valid(row) => {
                let option = options.iter().find(|option| option.code == values.value(row));
                option.and_then(|option| question.kind.compared(option))
            }
            Values::Numbers(numbers) if numbers.is_valid(row) => {
                let decimals = match question.kind {
                    shukei_schemas::definition::Kind::Number { decimals, .. } => u32::from(decimals),
                    _ => 0,
                };
                Some(numbers.value(row) / 10i128.pow((NUMBER_SCALE as u32).saturating_sub(decimals)))
            }
            Values::Texts(texts) => text_at(texts, row).and_then(|text| question.kind.bound(text)),
            _ => None,
        };
        match test {
            PremiseTest::Codes(codes) => Some(is_given(codes)),
            PremiseTest::NotCodes(codes) => Some(!is_given(codes)),
            PremiseTest::AtLeast(bound) => Some(compared().is_some_and(|value| value >= *bound)),
            PremiseTest::Below(bound) => Some(compared().is_some_and(|value| value < *bound)),
            PremiseTest::Answered(_) => None,
        }
    }
}

fn is_marked(masks: &[arrow::array::Int64Array], row: usize, place: usize) -> bool {
    let bits = shukei_schemas::columns::MASK_BITS;
    let mask = masks.get(place / bits);
    mask.is_some_and(|mask| mask.is_valid(row) && mask.value(row) >> (place % bits) & 1 == 1)
}

fn text_at(texts: &StringViewArray, row: usize) -> Option<&str> {
    texts.is_valid(row).then(|| texts.value(row))
}
