use std::fmt;

use shukei_schemas::definition::{Question, Survey};
use shukei_schemas::{QuestionId, State, SurveyId, WaveId};

/// One figure of a table, with what it was formed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The survey.
    pub survey: SurveyId,
    /// The wave.
    pub wave: WaveId,
    /// The table, named by its question.
    pub table: String,
    /// The question.
    pub question: QuestionId,
    /// The question's title, for people.
    pub title: String,
    /// The question's wording, for people.
    pub text: String,
    /// The row of a grid.
    pub row: Option<i16>,
    /// The words of that row, for people.
    pub row_label: Option<String>,
    /// The option, where the figure is one of an option.
    pub option: Option<i16>,
    /// The words of the option or the state.
    pub label: String,
    /// The state, where the figure is one of a state.
    pub state: Option<State>,
    /// The part of the units, as `name=category`; empty for all of them.
    pub breaks: String,
    /// What `value` is.
    pub measure: MeasureKind,
    /// The figure as decimal text, rounded once; empty where it cannot be formed (see `flags`).
    pub value: String,
    /// The units that the figure is of.
    pub count: u64,
    /// The units that a share relates to. For a mean and a sum: the units that gave a number.
    pub base: u64,
    /// The same without weights.
    pub base_unweighted: u64,
    /// Which units are in the base.
    pub base_rule: BaseRule,
    /// How the units in the base were collected, by name, each once.
    pub methods: Vec<String>,
    /// What a reader of the figure must know.
    pub flags: Vec<Flag>,
    /// The same in words of the definitions, for example whom the base leaves out.
    pub notes: Vec<String>,
}

impl Measure {
    /// Flags and notes, as they stand in the column `flags`.
    pub fn remarks(&self) -> Vec<String> {
        self.flags.iter().map(|flag| flag.as_str().to_owned()).chain(self.notes.iter().cloned()).collect()
    }
}

/// What the value of a [`Measure`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MeasureKind {
    /// Units.
    Count,
    /// Per cent of the base.
    Share,
    /// The mean of the numbers given.
    Mean,
    /// The sum of the numbers given.
    Sum,
}

impl MeasureKind {
    /// The name in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Share => "share",
            Self::Mean => "mean",
            Self::Sum => "sum",
        }
    }
}

/// Which units of those asked are in a base, beside those who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BaseRule {
    /// Nobody else.
    Answered,
    /// Those who gave no answer and those whose answer is invalid.
    Asked,
    /// Those who gave no answer.
    AskedWithoutInvalid,
    /// Those whose answer is invalid.
    AskedWithoutNoAnswer,
}

impl BaseRule {
    /// The rule of a question: its own where it sets one, else that of its survey.
    pub fn of(survey: &Survey, question: &Question) -> Self {
        let in_base = |state| question.state_rule(survey, state).in_base;
        match (in_base(State::NoAnswer), in_base(State::Invalid)) {
            (false, false) => Self::Answered,
            (true, true) => Self::Asked,
            (true, false) => Self::AskedWithoutInvalid,
            (false, true) => Self::AskedWithoutNoAnswer,
        }
    }

    /// The name in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Asked => "asked",
            Self::AskedWithoutInvalid => "asked_without_invalid",
            Self::AskedWithoutNoAnswer => "asked_without_no_answer",
        }
    }
}

/// What a reader of a figure must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flag {
    /// The answers are made up.
    Synthetic,
    /// The wording of the question is not the published one.
    Reconstructed,
    /// Nobody is in the base, so there is no value.
    BaseZero,
}

impl Flag {
    /// The name in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Synthetic => "synthetic",
            Self::Reconstructed => "reconstructed",
            Self::BaseZero => "base_zero",
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
