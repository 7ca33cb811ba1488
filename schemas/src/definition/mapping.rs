use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::survey::FormRef;
use super::text::Text;

/// How answers on another organisation's form are read as answers on ours (読み替え).
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Mapping")]
pub(super) struct MappingFile {
    /// The id; with the version it stands in the column `mapping`.
    pub(super) mapping: String,
    /// The version.
    pub(super) version: u32,
    /// What it is called.
    pub(super) names: Text,
    /// Whose survey is read across.
    #[serde(default)]
    pub(super) organisation: Text,
    /// The day that the source's answers are about.
    #[serde(default)]
    pub(super) reference_date: Option<String>,
    /// How units that come through it were collected.
    #[serde(default = "external")]
    pub(super) method: String,
    /// Whether the source delivers counts per option (`aggregate.received`) instead of records. Then only rules are
    /// allowed whose counts can be added.
    #[serde(default)]
    pub(super) aggregate: bool,
    /// The form that was answered.
    pub(super) source: FormRef,
    /// The form that it is read into.
    pub(super) target: FormRef,
    /// Who answers for it.
    pub(super) signed_off: SignOff,
    /// What is said beside a figure that leaves these units out.
    pub(super) exclusion_note: Text,
    /// The rules, one per target question; what has none is not covered.
    pub(super) questions: Vec<QuestionRuleFile>,
    /// Source codes that deliberately feed nothing.
    #[serde(default)]
    pub(super) unmapped: Vec<UnmappedFile>,
}

fn external() -> String {
    "external".to_owned()
}

/// Who answers for a mapping, and since when.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignOff {
    /// The person.
    pub by: String,
    /// The day.
    pub on: String,
}

/// How one target question is fed.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QuestionRuleFile {
    /// The question.
    #[schemars(with = "super::scalar::Scalar")]
    pub(super) question: Spanned<String>,
    /// Why.
    pub(super) reason: Text,
    /// Who answers for it, where that is not who answers for the whole mapping.
    #[serde(default)]
    pub(super) signed_off: Option<SignOff>,
    /// Of a multiple-answer target: options with their conditions.
    #[serde(default)]
    pub(super) options: Vec<OptionRuleFile>,
    /// The source question, or `number.row` for a row of a grid.
    #[serde(default)]
    pub(super) from: Option<String>,
    /// Several source questions, or rows, of which the option printed last counts.
    #[serde(default)]
    pub(super) worst: Vec<String>,
    /// Source code to target code.
    #[serde(default)]
    pub(super) map: BTreeMap<i16, i16>,
    /// Source row to target row of a grid or a ranking; the same codes if not given.
    #[serde(default)]
    pub(super) rows: BTreeMap<i16, i16>,
    /// Of a multiple-answer source: the first code listed that is marked decides.
    #[serde(default)]
    pub(super) priority: Vec<PriorityFile>,
    /// The target code where none of `priority` is marked.
    #[serde(default)]
    pub(super) otherwise: Option<i16>,
}

/// When one target option is chosen.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OptionRuleFile {
    /// The option.
    #[schemars(with = "i16")]
    pub(super) option: Spanned<i16>,
    /// Why.
    #[serde(default)]
    pub(super) reason: Text,
    /// Chosen where one of these holds.
    #[serde(default)]
    pub(super) any: Vec<ConditionFile>,
    /// Chosen where all of these hold.
    #[serde(default)]
    pub(super) all: Vec<ConditionFile>,
    /// Chosen where no other option is.
    #[serde(default)]
    pub(super) none: bool,
}

/// A condition on one source answer.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConditionFile {
    /// The source question.
    pub(super) question: String,
    /// The row of a grid or a ranking that is looked at.
    #[serde(default)]
    pub(super) row: Option<i16>,
    /// One of these codes is given.
    #[serde(default)]
    pub(super) codes: Vec<i16>,
    /// Codes that say that the condition does not hold; without effect on the reading, but a code that stands nowhere
    /// is an error.
    #[serde(default)]
    pub(super) not: Vec<i16>,
    /// The number is at least this.
    #[serde(default)]
    pub(super) at_least: Option<i64>,
}

/// One step of a priority.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PriorityFile {
    /// The source code.
    pub(super) code: i16,
    /// The target code.
    pub(super) to: i16,
}

/// A source code, or what is left of a question, that deliberately feeds nothing.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UnmappedFile {
    /// The question.
    #[schemars(with = "super::scalar::Scalar")]
    pub(super) question: Spanned<String>,
    /// The source code; every code of the question that no rule uses if none is given.
    #[serde(default)]
    pub(super) code: Option<i16>,
    /// Why it feeds nothing.
    pub(super) reason: Text,
}

/// A mapping in one version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingRef {
    /// The mapping.
    pub mapping: String,
    /// Its version.
    pub version: u32,
}

impl MappingRef {
    /// `<mapping>-<version>`, as it stands in the column `mapping`.
    pub fn target(&self) -> String {
        format!("{}-{}", self.mapping, self.version)
    }
}

/// How answers on somebody else's form become answers on ours (読み替え), resolved: the numbers are places in the two
/// forms. What no rule names is not covered, and coverage belongs to the mapping, never to a record.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Which mapping, in which version.
    pub reference: MappingRef,
    /// What it is called.
    pub names: Text,
    /// Whose survey is read across.
    pub organisation: Text,
    /// The day that the source's answers are about.
    pub reference_date: Option<String>,
    /// How units that come through it were collected.
    pub method: String,
    /// Whether the source delivers counts instead of records.
    pub aggregate: bool,
    /// The form that was answered.
    pub source: FormRef,
    /// The form that it is read into.
    pub target: FormRef,
    /// Who answers for it.
    pub signed_off: SignOff,
    /// What is said beside a figure that leaves these units out.
    pub exclusion_note: Text,
    pub(super) rules: BTreeMap<usize, Rule>,
    /// Target questions that are derived from covered ones.
    pub(super) derived: HashSet<usize>,
    /// Multiple-answer targets of which some options are fed as they are.
    pub(super) partly: HashSet<usize>,
    pub(super) unmapped: HashSet<(usize, i16)>,
}

/// The rule of one target question.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Why.
    pub reason: Text,
    /// Who answers for it, where that is not who answers for the whole mapping.
    pub signed_off: Option<SignOff>,
    /// How.
    pub kind: RuleKind,
}

/// How a target question is fed.
#[derive(Clone, Debug)]
pub enum RuleKind {
    /// A multiple-answer target: some of its options, each with its condition.
    Options(Vec<OptionRule>),
    /// A single-answer target from one single-answer source, or from the worst of several: of the options mapped to,
    /// the one that is printed last counts.
    Codes {
        /// The source questions, or rows of them.
        from: Vec<Source>,
        /// Source code to the target option's place.
        map: HashMap<i16, usize>,
    },
    /// A single-answer target from a multiple-answer source: the first code listed that is marked decides.
    Priority {
        /// The source question, or a row of one.
        from: Source,
        /// Codes with the target option's place, first things first.
        order: Vec<(i16, usize)>,
        /// The target option where none is marked; no answer if none.
        otherwise: Option<usize>,
    },
    /// A target of the same kind as its source: the answer as it is, option by option and row by row.
    Same {
        /// The source question.
        from: usize,
        /// Source code to the target option's place; empty for kinds without options.
        codes: HashMap<i16, usize>,
        /// The source's row, or item, to the target's; empty for kinds without rows.
        rows: Vec<(usize, usize)>,
    },
}

/// A source question, or a row of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// The question.
    pub question: usize,
    /// The place of the row in a grid or a ranking, else 0.
    pub row: usize,
}

/// When a target option is chosen.
#[derive(Clone, Debug)]
pub struct OptionRule {
    /// The target option's place.
    pub option: usize,
    /// Why.
    pub reason: Text,
    /// The condition.
    pub when: When,
}

/// A condition on source answers.
#[derive(Clone, Debug)]
pub enum When {
    /// At least one holds.
    Any(Vec<Condition>),
    /// Every one holds.
    All(Vec<Condition>),
    /// No other option of the question is chosen.
    NoOther,
}

/// A test of one source answer.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The source question, or a row of one.
    pub source: Source,
    /// The test.
    pub test: Test,
}

/// What is asked of a source answer.
#[derive(Clone, Debug)]
pub enum Test {
    /// One of these codes is given.
    Codes(Vec<i16>),
    /// The number is at least this.
    AtLeast(i64),
}

impl Mapping {
    /// Whether what comes through the mapping says anything about an option of a target question.
    pub fn covers(&self, question: usize, option: usize) -> bool {
        match self.rules.get(&question).map(|rule| &rule.kind) {
            None => self.derived.contains(&question),
            Some(RuleKind::Options(rules)) => rules.iter().any(|rule| rule.option == option),
            Some(RuleKind::Same { codes, .. }) if self.partly.contains(&question) => {
                codes.values().any(|place| *place == option)
            }
            Some(RuleKind::Codes { .. } | RuleKind::Priority { .. } | RuleKind::Same { .. }) => true,
        }
    }

    /// Whether it says anything about a target question at all.
    pub fn covers_some(&self, question: usize) -> bool {
        self.rules.contains_key(&question) || self.derived.contains(&question)
    }

    /// The rules by target question's place.
    pub fn rules(&self) -> impl Iterator<Item = (usize, &Rule)> {
        self.rules.iter().map(|(place, rule)| (*place, rule))
    }

    /// The rule of a target question.
    pub fn rule(&self, question: usize) -> Option<&Rule> {
        self.rules.get(&question)
    }

    /// Whether a source code deliberately feeds nothing.
    pub fn is_unmapped(&self, question: usize, code: i16) -> bool {
        self.unmapped.contains(&(question, code))
    }
}
