use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::scalar::Scalar;
use crate::state::State;

/// A condition on answers: exactly one of a test of a question, `group`, `all`, `any` and `not`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PremiseFile {
    /// The question that is looked at.
    #[serde(default)]
    #[schemars(with = "Option<Scalar>")]
    pub(super) question: Option<Spanned<String>>,
    /// The row of a grid or a ranking that is looked at.
    #[serde(default)]
    pub(super) row: Option<i16>,
    /// One of these options was given.
    #[serde(default)]
    pub(super) codes: Vec<i16>,
    /// The question was answered, and none of these options was given.
    #[serde(default)]
    pub(super) not_codes: Vec<i16>,
    /// The number, the date or the value of the option is at least this.
    #[serde(default)]
    pub(super) at_least: Option<Scalar>,
    /// The number, the date or the value of the option is at most this.
    #[serde(default)]
    pub(super) at_most: Option<Scalar>,
    /// Whether the question was answered at all.
    #[serde(default)]
    pub(super) answered: Option<bool>,
    /// The unit answers for one of these groups.
    #[serde(default)]
    pub(super) group: Vec<String>,
    /// All of these hold.
    #[serde(default)]
    pub(super) all: Vec<PremiseFile>,
    /// At least one of these holds.
    #[serde(default)]
    pub(super) any: Vec<PremiseFile>,
    /// This does not hold.
    #[serde(default)]
    pub(super) not: Option<Box<PremiseFile>>,
}

/// A condition on answers, resolved: the numbers are places in the form.
#[derive(Clone, Debug, PartialEq)]
pub enum Premise {
    /// All hold.
    All(Vec<Premise>),
    /// At least one holds.
    Any(Vec<Premise>),
    /// It does not hold.
    Not(Box<Premise>),
    /// The unit answers for one of these groups.
    Group(Vec<String>),
    /// A test of an answer.
    Answer {
        /// The question.
        question: usize,
        /// The place of the row in a grid or a ranking, else 0.
        row: usize,
        /// The test.
        test: PremiseTest,
    },
}

/// What is asked of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum PremiseTest {
    /// One of these codes was given.
    Codes(Vec<i16>),
    /// The question was answered, and none of these codes was given.
    NotCodes(Vec<i16>),
    /// At least this, in the units of [`super::Kind::bound`].
    AtLeast(i128),
    /// Less than this, in the same units.
    Below(i128),
    /// Whether it was answered at all.
    Answered(bool),
}

impl Premise {
    /// Calls back with every question that the condition looks at.
    pub fn questions(&self, found: &mut impl FnMut(usize)) {
        match self {
            Premise::All(inner) | Premise::Any(inner) => {
                for premise in inner {
                    premise.questions(found);
                }
            }
            Premise::Not(inner) => inner.questions(found),
            Premise::Group(_) => {}
            Premise::Answer { question, .. } => found(*question),
        }
    }

    /// Every group that the condition names.
    pub fn groups(&self) -> Vec<&str> {
        match self {
            Premise::All(inner) | Premise::Any(inner) => inner.iter().flat_map(Premise::groups).collect(),
            Premise::Not(inner) => inner.groups(),
            Premise::Group(groups) => groups.iter().map(String::as_str).collect(),
            Premise::Answer { .. } => Vec::new(),
        }
    }

    /// Whether the condition holds. `answer` says of a test whether it holds, or `None` where the answer is not known.
    /// One that holds settles `any`, one that does not settles `all`; else what is not known stays so.
    pub fn holds(
        &self,
        group: Option<&str>,
        answer: &impl Fn(usize, usize, &PremiseTest) -> Option<bool>,
    ) -> Option<bool> {
        match self {
            Premise::All(inner) => settle(inner.iter().map(|premise| premise.holds(group, answer)), false),
            Premise::Any(inner) => settle(inner.iter().map(|premise| premise.holds(group, answer)), true),
            Premise::Not(inner) => inner.holds(group, answer).map(|holds| !holds),
            Premise::Group(groups) => Some(group.is_some_and(|group| groups.iter().any(|g| g == group))),
            Premise::Answer { question, row, test } => answer(*question, *row, test),
        }
    }
}

fn settle(found: impl Iterator<Item = Option<bool>>, settles: bool) -> Option<bool> {
    let mut known = true;
    for holds in found {
        match holds {
            Some(holds) if holds == settles => return Some(settles),
            Some(_) => {}
            None => known = false,
        }
    }
    known.then_some(!settles)
}

/// Whether a state means that the answer is not known, rather than not given because it was not asked for.
pub fn is_unknown(state: State) -> bool {
    matches!(state, State::NoAnswer | State::StatedNoAnswer | State::Invalid | State::NotMapped)
}
