use schemars::JsonSchema;
use serde::Deserialize;

/// Rules for answers that contradict themselves, as a form or a question sets them.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RulesFile {
    /// An exclusive option together with others.
    #[serde(default)]
    pub(super) exclusive_with_others: Option<ExclusiveRule>,
    /// More marks than `max_marks` of the question.
    #[serde(default)]
    pub(super) too_many_marks: Option<TooManyRule>,
    /// Two marks where one is taken.
    #[serde(default)]
    pub(super) two_marks: Option<TwoMarksRule>,
    /// Words for "other" although it is not marked.
    #[serde(default)]
    pub(super) other_without_mark: Option<OtherRule>,
    /// One rank for two items of a ranking.
    #[serde(default)]
    pub(super) tied_ranks: Option<TiedRule>,
    /// An answer to a question that was not asked.
    #[serde(default)]
    pub(super) routing: Option<RoutingRule>,
    /// Whether a question is asked where the answer that decides it is missing or invalid.
    #[serde(default)]
    pub(super) unknown: Option<UnknownRule>,
}

/// The same with every rule decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// An exclusive option together with others.
    pub exclusive_with_others: ExclusiveRule,
    /// More marks than the question takes.
    pub too_many_marks: TooManyRule,
    /// Two marks where one is taken.
    pub two_marks: TwoMarksRule,
    /// Words for "other" although it is not marked.
    pub other_without_mark: OtherRule,
    /// One rank for two items of a ranking.
    pub tied_ranks: TiedRule,
    /// An answer to a question that was not asked.
    pub routing: RoutingRule,
    /// Whether a question is asked where the answer that decides it is missing or invalid.
    pub unknown: UnknownRule,
}

impl Rules {
    /// The rules of a question: its own, else those of the form, else the defaults.
    pub(super) fn of(question: &RulesFile, form: &RulesFile) -> Self {
        Self {
            exclusive_with_others: question
                .exclusive_with_others
                .or(form.exclusive_with_others)
                .unwrap_or_default(),
            too_many_marks: question.too_many_marks.or(form.too_many_marks).unwrap_or_default(),
            two_marks: question.two_marks.or(form.two_marks).unwrap_or_default(),
            other_without_mark: question.other_without_mark.or(form.other_without_mark).unwrap_or_default(),
            tied_ranks: question.tied_ranks.or(form.tied_ranks).unwrap_or_default(),
            routing: question.routing.or(form.routing).unwrap_or_default(),
            unknown: question.unknown.or(form.unknown).unwrap_or_default(),
        }
    }
}

/// What an exclusive option together with others comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExclusiveRule {
    /// The answer is invalid.
    #[default]
    Invalid,
    /// The exclusive option counts; of several, the first in printed order.
    ExclusiveWins,
    /// The others count.
    OthersWin,
    /// Every mark counts, as tables do that only count marks.
    Keep,
}

/// What more marks than a question takes come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TooManyRule {
    /// The answer is invalid.
    #[default]
    Invalid,
    /// All of them count.
    Keep,
}

/// What two marks in a question that takes one come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TwoMarksRule {
    /// The answer is invalid.
    #[default]
    Invalid,
    /// The first in printed order counts.
    First,
    /// The last in printed order counts.
    Last,
}

/// What words for "other" without its mark come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OtherRule {
    /// They mark the option.
    Mark,
    /// They are dropped.
    Ignore,
    /// They are kept and listed, and mark nothing.
    #[default]
    Issue,
}

/// What one rank for two items comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TiedRule {
    /// Both items are invalid.
    #[default]
    Invalid,
    /// Both items have the rank.
    Keep,
}

/// What an answer to a question that was not asked comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoutingRule {
    /// The question was not asked; the answer is listed and does not count.
    #[default]
    DropAnswer,
    /// The answer counts, and is listed.
    TrustAnswer,
}

/// Whether a question is asked where the answer that decides it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownRule {
    /// Not asked: the base is made of those who are known to have been reached.
    #[default]
    NotAsked,
    /// Asked.
    Asked,
}
