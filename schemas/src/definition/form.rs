use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Deserialize;

use super::derived::Derived;
use super::kind::{Choice, Kind, Row};
use super::premise::Premise;
use super::rules::Rules;
use super::survey::{FormRef, StateRule, Survey};
use super::text::Text;
use crate::identifier::Identifier;
use crate::ids::QuestionId;
use crate::state::State;

/// What answers a question in the respondent's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FilledFrom {
    /// The group that is answered for.
    Group,
}

/// What a question is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It is tabulated.
    #[default]
    Question,
    /// It is known of the unit, for breaks, filters and conditions, and tabulated only if asked for.
    Attribute,
    /// How many units one unit stands for, an exact decimal; tabulated only if asked for.
    Weight,
}

/// How exact a date is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// A day.
    #[default]
    Day,
    /// A month, stored as its first day.
    Month,
    /// A year, stored as its first day.
    Year,
}

/// A form, resolved: every question knows its options, and every condition the places that it looks at.
#[derive(Clone, Debug)]
pub struct Form {
    /// Which form, in which version.
    pub reference: FormRef,
    /// What the form is called.
    pub names: Text,
    /// The sections, in printed order.
    pub sections: Vec<Section>,
    /// The questions, in printed order over all sections.
    pub questions: Vec<Question>,
    /// Soft checks between answers.
    pub checks: Vec<Check>,
    /// The places of the questions in the order in which conditions and derived answers can be worked out.
    pub order: Vec<usize>,
    /// Whether anything at all has to be worked out, so that most forms cost nothing.
    pub has_logic: bool,
    pub(super) index: HashMap<String, usize>,
}

impl Form {
    /// The question with this number, with its place in [`Form::questions`].
    pub fn question(&self, number: &str) -> Option<(usize, &Question)> {
        self.index.get(number).and_then(|&at| self.questions.get(at).map(|question| (at, question)))
    }
}

/// A part of a form.
#[derive(Clone, Debug)]
pub struct Section {
    /// The id.
    pub id: String,
    /// The heading.
    pub title: Text,
}

/// A soft check: what must not be.
#[derive(Clone, Debug)]
pub struct Check {
    /// The id that issues name.
    pub id: String,
    /// What must not be.
    pub premise: Premise,
    /// What to say.
    pub message: Text,
    /// The questions whose answers become invalid.
    pub invalidates: Vec<usize>,
}

/// What a text outside the list becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unlisted {
    /// An issue; the answer is invalid.
    #[default]
    Refuse,
    /// The option at this place.
    Option(usize),
}

/// One question (設問).
#[derive(Clone, Debug)]
pub struct Question {
    /// The number that the form prints.
    pub number: QuestionId,
    /// The place of its section in [`Form::sections`].
    pub section: usize,
    /// A short title for tables; empty where the form gives none.
    pub short: Text,
    /// The wording.
    pub text: Text,
    /// What kind of answer it takes.
    pub kind: Kind,
    /// What it is for.
    pub role: Role,
    /// What becomes of contradictory answers.
    pub rules: Rules,
    /// The most options that may be marked.
    pub max_marks: Option<usize>,
    /// Where its answers come from, where nobody is asked.
    pub derived: Option<Derived>,
    /// Who is asked.
    pub ask_if: Option<Premise>,
    /// What a text outside the list becomes.
    pub unlisted: Unlisted,
    /// Words and codes that say "no answer".
    pub no_answer: Vec<String>,
    /// Words and codes that say that the question was not asked.
    pub not_asked: Vec<String>,
    /// The identifier that its words must be, by its check digit; a soft check.
    pub check: Option<Identifier>,
    /// The rules of states that differ from those of the survey.
    pub states: BTreeMap<State, StateRule>,
    /// States of an answer with which the whole submission is rejected.
    pub reject_if: Vec<State>,
    /// Where the wording comes from, for example `published` or `reconstructed`.
    pub origin: Option<String>,
    /// What answers it in the respondent's place.
    pub filled_from: Option<FilledFrom>,
    /// What a reader should know.
    pub note: Text,
    /// The number as it is printed, where it is not `number`; else empty.
    pub printed: String,
    /// What the printed form says of its base: a check, never an input.
    pub printed_base: Text,
}

impl Question {
    /// The short title, or the wording where there is none.
    pub fn title(&self, language: &str) -> &str {
        let short = self.short.in_language(language);
        if short.is_empty() { self.text.in_language(language) } else { short }
    }

    /// The number as people know it.
    pub fn printed_number(&self) -> &str {
        if self.printed.is_empty() { self.number.as_str() } else { &self.printed }
    }

    /// The title as it is shown: marked where the words are not the issuer's own.
    pub fn shown_title(&self, language: &str) -> String {
        marked_words(self.title(language), self.is_reconstructed())
    }

    /// Whether the words were never printed by the survey's issuer.
    pub fn is_reconstructed(&self) -> bool {
        self.origin.as_deref().is_some_and(is_reconstructed)
    }

    /// The options, for the kinds that have some; the points of a rating, the ranks of a ranking.
    pub fn options(&self) -> &[Choice] {
        self.kind.options()
    }

    /// The rows of a grid, the items of a ranking.
    pub fn rows(&self) -> &[Row] {
        self.kind.rows()
    }

    /// The rule for a state: the question's own, else the survey's.
    pub fn state_rule(&self, survey: &Survey, state: State) -> StateRule {
        self.states.get(&state).copied().unwrap_or_else(|| survey.state_rule(state))
    }

    /// Whether it is tabulated without being asked for.
    pub fn is_tabulated(&self) -> bool {
        self.role == Role::Question
    }

    /// Whether words for "other" are kept beside its answers, in `q<number>_other`.
    pub fn keeps_other(&self) -> bool {
        matches!(self.kind, Kind::Single { .. } | Kind::Multiple { .. } | Kind::Rating { .. })
            && self.options().iter().any(|option| option.other)
    }

    /// Whether some of its options are offered only to some.
    pub fn has_routed_options(&self) -> bool {
        self.options().iter().any(|option| option.ask_if.is_some())
    }

    /// Whether what a unit was offered is stored beside its answer.
    pub fn keeps_asked(&self) -> bool {
        matches!(self.kind, Kind::Multiple { .. }) && self.has_routed_options()
    }
}

/// Stands behind words that the issuer never printed.
pub const RECONSTRUCTED_MARK: char = '†';

pub(super) fn marked_words(words: &str, reconstructed: bool) -> String {
    match reconstructed {
        true => format!("{words} {RECONSTRUCTED_MARK}"),
        false => words.to_owned(),
    }
}

/// Whether an origin means that the words are not the issuer's own.
pub fn is_reconstructed(origin: &str) -> bool {
    !matches!(origin, "published" | "report")
}
