use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::survey::FormRef;
use super::text::Text;

/// `mappings/*.yaml` as the file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MappingFile {
    pub(super) mapping: String,
    pub(super) version: u32,
    pub(super) names: Text,
    #[serde(default)]
    pub(super) organisation: Text,
    #[serde(default)]
    pub(super) reference_date: Option<String>,
    #[serde(default = "external")]
    pub(super) method: String,
    pub(super) source: FormRef,
    pub(super) target: FormRef,
    pub(super) signed_off: SignOff,
    pub(super) exclusion_note: Text,
    pub(super) questions: Vec<QuestionRuleFile>,
    #[serde(default)]
    pub(super) unmapped: Vec<UnmappedFile>,
}

fn external() -> String {
    "external".to_owned()
}

/// Who answers for a mapping, and since when.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignOff {
    /// The person.
    pub by: String,
    /// The day.
    pub on: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuestionRuleFile {
    pub(super) question: Spanned<String>,
    pub(super) reason: Text,
    #[serde(default)]
    pub(super) signed_off: Option<SignOff>,
    #[serde(default)]
    pub(super) options: Vec<OptionRuleFile>,
    #[serde(default)]
    pub(super) from: Option<String>,
    #[serde(default)]
    pub(super) worst: Vec<String>,
    #[serde(default)]
    pub(super) map: BTreeMap<i16, i16>,
    #[serde(default)]
    pub(super) priority: Vec<PriorityFile>,
    #[serde(default)]
    pub(super) otherwise: Option<i16>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OptionRuleFile {
    pub(super) option: Spanned<i16>,
    #[serde(default)]
    pub(super) reason: Text,
    #[serde(default)]
    pub(super) any: Vec<ConditionFile>,
    #[serde(default)]
    pub(super) all: Vec<ConditionFile>,
    #[serde(default)]
    pub(super) none: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConditionFile {
    pub(super) question: String,
    #[serde(default)]
    pub(super) codes: Vec<i16>,
    /// Codes that say that the condition does not hold; without effect on the reading, but a code that stands nowhere
    /// is an error.
    #[serde(default)]
    pub(super) not: Vec<i16>,
    #[serde(default)]
    pub(super) at_least: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PriorityFile {
    pub(super) code: i16,
    pub(super) to: i16,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnmappedFile {
    pub(super) question: Spanned<String>,
    pub(super) code: i16,
    pub(super) reason: Text,
}

/// A mapping in one version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
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
    /// The form that was answered.
    pub source: FormRef,
    /// The form that it is read into.
    pub target: FormRef,
    /// Who answers for it.
    pub signed_off: SignOff,
    /// What is said beside a figure that leaves these units out.
    pub exclusion_note: Text,
    pub(super) rules: BTreeMap<usize, Rule>,
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
        /// The source questions.
        from: Vec<usize>,
        /// Source code to the target option's place.
        map: HashMap<i16, usize>,
    },
    /// A single-answer target from a multiple-answer source: the first code listed that is marked decides.
    Priority {
        /// The source question.
        from: usize,
        /// Codes with the target option's place, first things first.
        order: Vec<(i16, usize)>,
        /// The target option where none is marked; no answer if none.
        otherwise: Option<usize>,
    },
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
    /// The source question.
    pub question: usize,
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
            None => false,
            Some(RuleKind::Options(rules)) => rules.iter().any(|rule| rule.option == option),
            Some(RuleKind::Codes { .. } | RuleKind::Priority { .. }) => true,
        }
    }

    /// Whether it says anything about a target question at all.
    pub fn covers_some(&self, question: usize) -> bool {
        self.rules.contains_key(&question)
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
