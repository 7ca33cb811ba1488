//! How much of a form must be answered to count: complete, partial and blank.

use serde::Deserialize;

use super::collection::Counts;
use super::finding::Finding;
use super::form::{Form, Question};
use super::scalar::Scalar;
use super::survey::{Survey, Wave};
use crate::ids::QuestionId;
use crate::state::State;

/// What makes the answers of a unit complete; where both keys are given, both must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteRule {
    /// Each of these was answered, or not asked.
    #[serde(default)]
    #[schemars(with = "Vec<Scalar>")]
    pub questions: Vec<QuestionId>,
    /// So many of the questions asked were answered: a whole number, or a share such as `80%`.
    #[serde(default)]
    #[schemars(with = "Option<Scalar>")]
    pub at_least: Option<AtLeast>,
}

/// How many of the questions asked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AtLeast(Scalar);

/// A number of questions, or a share of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Amount {
    Questions(u64),
    /// In hundredths of a per cent.
    Share(u64),
}

impl AtLeast {
    fn amount(&self) -> Option<Amount> {
        let text = self.0.0.trim();
        match text.strip_suffix('%') {
            None => text.parse().ok().map(Amount::Questions),
            Some(share) => {
                let share = u64::try_from(crate::decimal::scaled(share.trim(), 2)?).ok()?;
                (share <= 10_000).then_some(Amount::Share(share))
            }
        }
    }
}

/// How much of a form a unit answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Completeness {
    /// What the rule asks for; without a rule, anything.
    Complete,
    /// Something, and less than the rule asks for.
    Partial,
    /// Nothing: every question that was asked is left blank.
    Blank,
}

impl Completeness {
    /// The word in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Blank => "blank",
        }
    }

    /// The word read back; what is no word of these is complete, since nothing says otherwise.
    pub fn parse(word: &str) -> Self {
        [Self::Partial, Self::Blank]
            .into_iter()
            .find(|known| known.as_str() == word)
            .unwrap_or(Self::Complete)
    }
}

/// The rule of a wave, on one form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormCompleteness {
    /// Per question of the form: how many answers it has (rows of a grid, or one), and what it is to the rule.
    questions: Vec<(usize, Weighs)>,
    at_least: Option<Amount>,
    partial: Counts,
    blank: Counts,
}

/// What a question is to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weighs {
    /// Nobody is asked it.
    Nothing,
    /// It is counted among the questions asked.
    Counted,
    /// It must be answered where it is asked.
    Needed,
}

impl FormCompleteness {
    /// The rule of a wave on a form: attributes, weights and what nobody is asked do not weigh.
    pub fn of(survey: &Survey, wave: &Wave, form: &Form) -> Self {
        let rule = wave.complete.as_ref().or(survey.complete.as_ref());
        let weighs = |question: &Question| {
            let needed = rule.is_some_and(|rule| rule.questions.contains(&question.number));
            let is_asked =
                question.is_tabulated() && question.derived.is_none() && question.filled_from.is_none();
            match (needed, is_asked) {
                (true, _) => Weighs::Needed,
                (false, true) => Weighs::Counted,
                (false, false) => Weighs::Nothing,
            }
        };
        let questions = form.questions.iter().map(|q| (q.rows().len().max(1), weighs(q)));
        Self {
            questions: questions.collect(),
            at_least: rule.and_then(|rule| rule.at_least.as_ref()).and_then(AtLeast::amount),
            partial: wave.partial.or(survey.partial).unwrap_or_default(),
            blank: wave.blank.or(survey.blank).unwrap_or_default(),
        }
    }

    /// Whether some units that answered do not count.
    pub fn leaves_out(&self) -> bool {
        self.partial == Counts::Out || self.blank == Counts::Out
    }

    /// Whether a unit counts.
    pub fn counts(&self, completeness: Completeness) -> bool {
        match completeness {
            Completeness::Complete => true,
            Completeness::Partial => self.partial == Counts::In,
            Completeness::Blank => self.blank == Counts::In,
        }
    }

    /// How complete answers are, from their states in the order of the form, rows of a grid one by one.
    ///
    /// A question is answered if each of its rows that was asked is answered or deliberately left without a mark. One
    /// that was not asked, or is not covered by what collected the unit, is fulfilled and not counted.
    pub fn of_states(&self, mut states: impl Iterator<Item = State>) -> Completeness {
        let (mut asked, mut answered) = (0_u64, 0_u64);
        let (mut lacks_needed, mut is_blank) = (false, true);
        for (rows, weighs) in &self.questions {
            let (mut is_asked, mut is_answered) = (false, true);
            for state in states.by_ref().take(*rows) {
                match state {
                    State::NotAsked | State::NotMapped => continue,
                    State::Answered | State::NothingMarked => {}
                    State::NoAnswer | State::StatedNoAnswer | State::Invalid => is_answered = false,
                }
                is_asked = true;
                is_blank &= state == State::NoAnswer || *weighs == Weighs::Nothing;
            }
            if is_asked && *weighs != Weighs::Nothing {
                asked += 1;
                answered += u64::from(is_answered);
                lacks_needed |= *weighs == Weighs::Needed && !is_answered;
            }
        }
        let enough = match self.at_least {
            None => true,
            Some(Amount::Questions(wanted)) => answered >= wanted.min(asked),
            Some(Amount::Share(wanted)) => answered * 10_000 >= wanted * asked,
        };
        match (is_blank, enough && !lacks_needed) {
            (true, _) => Completeness::Blank,
            (false, true) => Completeness::Complete,
            (false, false) => Completeness::Partial,
        }
    }
}

impl Survey {
    /// Whether a rule says what is complete.
    pub fn has_complete_rule(&self, wave: &Wave) -> bool {
        wave.complete.is_some() || self.complete.is_some()
    }

    /// Whether it says anything of what is complete, partial or blank.
    pub fn states_completeness(&self) -> bool {
        let says = |complete: &Option<CompleteRule>, partial: Option<Counts>, blank: Option<Counts>| {
            complete.is_some() || partial.is_some() || blank.is_some()
        };
        let mut waves = self.waves.iter();
        says(&self.complete, self.partial, self.blank)
            || waves.any(|wave| says(&wave.complete, wave.partial, wave.blank))
    }
}

/// What is wrong with an amount.
pub(super) fn lint_amount(rule: Option<&CompleteRule>, line: Option<u64>, findings: &mut Vec<Finding>) {
    let Some(rule) = rule else { return };
    let hint = "write a whole number of questions, or a share such as \"80%\"";
    match &rule.at_least {
        Some(at_least) if at_least.amount().is_none() => {
            let message = format!("`at_least: {}` is no number of questions and no share", at_least.0.0);
            findings.push(Finding::error("survey.yaml", line, message).hint(hint));
        }
        None if rule.questions.is_empty() => {
            let finding = Finding::error("survey.yaml", line, "`complete` says nothing");
            findings.push(finding.hint("give `questions`, `at_least` or both"));
        }
        _ => {}
    }
}
