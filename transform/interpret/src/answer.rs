use shukei_schemas::State;
use shukei_schemas::columns::MASK_BITS;
use shukei_schemas::definition::{Choice, Form, Kind};

/// A unit's answer to one question, or to one row of a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What is known of it.
    pub state: State,
    /// What was answered; [`Value::None`] unless the state is answered or nothing marked.
    pub value: Value,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing to store.
    None,
    /// The code of an option.
    Code(i16),
    /// The options chosen, 63 a word, by their place in the form.
    Mask(Vec<i64>),
    /// A number, times ten to the question's decimals.
    Number(i128),
    /// Words, as they came.
    Text(String),
}

impl Answer {
    /// An answer that the form allows.
    pub fn answered(value: Value) -> Self {
        Self { state: State::Answered, value }
    }

    /// No answer.
    pub fn none() -> Self {
        Self { state: State::NoAnswer, value: Value::None }
    }

    /// An answer that the form does not allow.
    pub fn invalid() -> Self {
        Self { state: State::Invalid, value: Value::None }
    }
}

/// An unanswered form: what is not said stays no answer.
pub(crate) fn blank(form: &Form) -> Vec<Vec<Answer>> {
    form.questions.iter().map(|question| vec![Answer::none(); question.rows().len().max(1)]).collect()
}

/// The answer to a multiple-answer question with these places marked. An exclusive option with others breaks the
/// form's rule: `None`.
pub(crate) fn marked(options: &[Choice], places: &[usize]) -> Option<Answer> {
    let mut mask = vec![0i64; options.len().div_ceil(MASK_BITS).max(1)];
    let mut exclusive = false;
    for &place in places {
        mask[place / MASK_BITS] |= 1 << (place % MASK_BITS);
        exclusive |= options.get(place).is_some_and(|option| option.exclusive);
    }
    if exclusive && places.len() > 1 {
        return None;
    }
    Some(if places.is_empty() { nothing_marked(options) } else { Answer::answered(Value::Mask(mask)) })
}

/// Nothing is marked: where an exclusive option would have said "none of these", that is no answer.
fn nothing_marked(options: &[Choice]) -> Answer {
    if options.iter().any(|option| option.exclusive) {
        Answer::none()
    } else {
        let mask = vec![0i64; options.len().div_ceil(MASK_BITS).max(1)];
        Answer { state: State::NothingMarked, value: Value::Mask(mask) }
    }
}

/// Whether the kind takes an option's code.
pub(crate) fn place_of_code(kind: &Kind, code: i64) -> Option<usize> {
    let (Kind::Single { options } | Kind::Multiple { options } | Kind::Grid { options, .. }) = kind else {
        return None;
    };
    options.iter().position(|option| i64::from(option.code) == code)
}
