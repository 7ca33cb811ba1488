use shukei_schemas::State;
use shukei_schemas::columns::MASK_BITS;
use shukei_schemas::definition::{Choice, Form, Question};
use smallvec::{SmallVec, smallvec};

/// A unit's answers to one question: one, or one per row of a grid or a ranking.
pub type PerRow = SmallVec<[Answer; 1]>;

/// The options chosen, 63 a word, by their place in the form.
pub type Mask = SmallVec<[i64; 2]>;

/// A unit's answer to one question, or to one row of a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What is known of it.
    pub state: State,
    /// What was answered; [`Value::None`] unless the state is answered or nothing marked.
    pub value: Value,
    /// Words for an option that asks for some.
    pub other: Option<Box<str>>,
    /// The options that the unit was offered, 63 a word, where not all are offered everything.
    pub asked: Option<Box<[i64]>>,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing to store.
    None,
    /// The code of an option.
    Code(i16),
    /// The options chosen.
    Mask(Mask),
    /// A number, times ten to the question's decimals.
    Number(i128),
    /// Words, as they came; of a time of day `HH:MM:SS`.
    Text(String),
    /// A day, in days since 1970-01-01.
    Date(i32),
    /// A point in time, in microseconds since 1970-01-01 UTC.
    Moment(i64),
}

impl Answer {
    /// An answer in a state.
    pub fn new(state: State, value: Value) -> Self {
        Self { state, value, other: None, asked: None }
    }

    /// An answer that the form allows.
    pub fn answered(value: Value) -> Self {
        Self::new(State::Answered, value)
    }

    /// No answer.
    pub fn none() -> Self {
        Self::of(State::NoAnswer)
    }

    /// An answer that the form does not allow.
    pub fn invalid() -> Self {
        Self::of(State::Invalid)
    }

    /// Nothing but a state.
    pub fn of(state: State) -> Self {
        Self::new(state, Value::None)
    }
}

/// An unanswered form: what is not said stays no answer.
pub(crate) fn blank(form: &Form) -> Vec<PerRow> {
    let one = |question: &Question| match question.rows().len() {
        // Nearly every question; nothing is copied, and no memory asked for.
        0 | 1 => PerRow::from_buf([Answer::none()]),
        rows => smallvec![Answer::none(); rows],
    };
    form.questions.iter().map(one).collect()
}

/// The words of a mask with these places marked.
pub(crate) fn mask_of(options: usize, places: &[usize]) -> Mask {
    let mut mask: Mask = smallvec![0; options.div_ceil(MASK_BITS).max(1)];
    for &place in places {
        if let Some(word) = mask.get_mut(place / MASK_BITS) {
            *word |= 1 << (place % MASK_BITS);
        }
    }
    mask
}

/// The places that are marked in a mask.
pub(crate) fn places_of(answer: &Answer) -> Vec<usize> {
    let Value::Mask(words) = &answer.value else { return Vec::new() };
    let bits = |(at, word): (usize, &i64)| {
        let word = *word;
        (0..MASK_BITS).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * MASK_BITS + bit)
    };
    words.iter().enumerate().flat_map(bits).collect()
}

/// Whether the option at a place was given.
pub(crate) fn is_marked(options: &[Choice], answer: &Answer, place: usize) -> bool {
    match &answer.value {
        Value::Code(code) => options.get(place).is_some_and(|option| option.code == *code),
        Value::Mask(words) => {
            words.get(place / MASK_BITS).is_some_and(|word| word >> (place % MASK_BITS) & 1 == 1)
        }
        _ => false,
    }
}

/// The answer to a multiple-answer question with these places marked. An exclusive option with others breaks the
/// form's rule: `None`.
pub(crate) fn marked(options: &[Choice], places: &[usize]) -> Option<Answer> {
    let exclusive = places.iter().any(|place| options.get(*place).is_some_and(|option| option.exclusive));
    if exclusive && places.len() > 1 {
        return None;
    }
    Some(match places {
        [] => nothing_marked(options),
        _ => Answer::answered(Value::Mask(mask_of(options.len(), places))),
    })
}

/// Nothing is marked: where an exclusive option would have said "none of these", that is no answer.
pub(crate) fn nothing_marked(options: &[Choice]) -> Answer {
    if options.iter().any(|option| option.exclusive) {
        Answer::none()
    } else {
        Answer::new(State::NothingMarked, Value::Mask(mask_of(options.len(), &[])))
    }
}
