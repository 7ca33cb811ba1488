use std::collections::BTreeMap;

use serde::Deserialize;

use super::collection::{Counts, WaveQuestion};
use super::completeness::CompleteRule;
use super::mapping::MappingRef;
use super::sectors::SectorsRef;
use super::text::Text;
use crate::identifier::Identifier;
use crate::ids::{FormId, LayoutId, QuestionId, SurveyId, WaveId};
use crate::state::State;

/// `survey.yaml`: what a survey is called, how its figures are formed, and its waves.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Survey {
    /// The id; the same as the folder's name.
    pub survey: SurveyId,
    /// The version of this file.
    pub version: u32,
    /// The languages that texts must be given in where they are given per language.
    #[serde(default)]
    pub languages: Vec<String>,
    /// What the survey is called.
    pub names: Text,
    /// Who issues it.
    #[serde(default)]
    pub issuer: Text,
    /// Where the definition and its data come from, with licence and attribution.
    #[serde(default)]
    pub source: Text,
    /// Whether the answers are made up; then every output says so.
    #[serde(default)]
    pub synthetic: bool,
    /// What counts once in a wave.
    #[serde(default)]
    pub unit: UnitRule,
    /// The identifier that a respondent must be; what is none is listed as an issue, and the answers count all the same.
    #[serde(default)]
    pub respondent_check: Option<Identifier>,
    /// Which counts where the office's own form and another organisation's survey both hold the same unit.
    #[serde(default)]
    pub two_sources: TwoSources,
    /// Digits after the point of a printed share, 0 to 6.
    #[serde(default = "one")]
    pub decimals: u8,
    /// Digits after the point of means and medians, 0 to 6; those of shares if not given.
    #[serde(default)]
    pub mean_decimals: Option<u8>,
    /// What becomes of a share that lies exactly between two printable ones.
    #[serde(default)]
    pub rounding: Rounding,
    /// Per state of an answer, whether it is in the base and whether it prints as a row.
    #[serde(default)]
    pub states: BTreeMap<State, StateRule>,
    /// Figures that were published and are only quoted.
    #[serde(default)]
    pub published: Vec<PublishedFigure>,
    /// What is complete, where a wave does not say its own.
    #[serde(default)]
    pub complete: Option<CompleteRule>,
    /// Whether partial answers count, where a wave does not say its own.
    #[serde(default)]
    pub partial: Option<Counts>,
    /// Whether units that left every question blank count, where a wave does not say its own.
    #[serde(default)]
    pub blank: Option<Counts>,
    /// The waves; left out in a survey without waves, which then names its forms itself.
    #[serde(default)]
    pub waves: Vec<Wave>,
    /// Of a survey without waves: the forms that may be answered.
    #[serde(default)]
    pub forms: Vec<FormRef>,
    /// Of a survey without waves: the layouts that submissions may come in.
    #[serde(default)]
    pub layouts: Vec<LayoutRef>,
    /// Of a survey without waves: the mappings that other organisations' answers may come through.
    #[serde(default)]
    pub mappings: Vec<MappingRef>,
    /// Of a survey without waves: the classification of respondents.
    #[serde(default)]
    pub sectors: Option<SectorsRef>,
    /// Of a survey without waves: who was invited.
    #[serde(default)]
    pub frame: Option<FrameRef>,
    /// Of a survey without waves: the day that the answers are about, `YYYY-MM-DD`.
    #[serde(default)]
    pub reference_date: Option<String>,
    /// Of a survey without waves: a file of submissions that comes with the definition.
    #[serde(default)]
    pub dataset: Option<Dataset>,
    /// Of a survey without waves: files of submissions and events that come with the definition.
    #[serde(default)]
    pub datasets: Vec<String>,
    /// Of a survey without waves: the questions to show first.
    #[serde(default)]
    pub headline: Vec<QuestionId>,
    /// Whether the one wave was made of what stands at the top.
    #[serde(skip)]
    pub has_no_waves: bool,
}

/// A figure that the issuer published and that nothing here computes.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishedFigure {
    /// The id.
    pub id: String,
    /// What it is.
    pub label: Text,
    /// The figure as printed.
    pub value: String,
    /// Its unit, for example `percent`.
    #[serde(default)]
    pub unit: String,
    /// What must be said beside it.
    #[serde(default)]
    pub note: Text,
}

fn one() -> u8 {
    1
}

impl Survey {
    /// The wave with this id.
    pub fn wave(&self, wave: &WaveId) -> Option<&Wave> {
        self.waves.iter().find(|w| &w.wave == wave)
    }

    /// The rule for a state; answered and nothing marked are in the base unless the survey says otherwise, as
    /// are no answer and invalid: all who were asked.
    pub fn state_rule(&self, state: State) -> StateRule {
        self.states.get(&state).copied().unwrap_or(match state {
            State::Answered => StateRule { in_base: true, prints: false },
            State::NoAnswer | State::Invalid | State::NothingMarked | State::StatedNoAnswer => {
                StateRule { in_base: true, prints: true }
            }
            State::NotAsked | State::NotMapped => StateRule { in_base: false, prints: false },
        })
    }
}

/// What counts once in a wave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitRule {
    /// One respondent, one unit.
    #[default]
    Respondent,
    /// A respondent counts once in each group that it answers for.
    RespondentAndGroup,
}

/// Which counts where a unit came on the office's own form and through a mapping too. The two are never corrections of
/// each other: first the last event of each is found, then this rule picks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TwoSources {
    /// What came on the office's own form.
    #[default]
    PreferForm,
    /// What was read across.
    PreferMapping,
    /// Whichever came last.
    KeepLast,
    /// Both: the unit counts twice.
    KeepBoth,
}

/// The rounding of ties (JIS Z 8401).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Halves away from zero (四捨五入), the official practice.
    #[default]
    HalfAway,
    /// Halves to the even digit.
    HalfEven,
}

/// How a state of an answer is treated in tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateRule {
    /// Whether units in this state are in the base of the question.
    pub in_base: bool,
    /// Whether the state prints as a row of its own.
    pub prints: bool,
}

/// One round of a survey.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wave {
    /// The id, free text.
    pub wave: WaveId,
    /// What the wave is called.
    pub names: Text,
    /// The forms that may be answered.
    pub forms: Vec<FormRef>,
    /// The layouts that submissions may come in.
    #[serde(default)]
    pub layouts: Vec<LayoutRef>,
    /// The mappings that other organisations' answers may come through.
    #[serde(default)]
    pub mappings: Vec<MappingRef>,
    /// The classification of respondents; without one all are one group.
    #[serde(default)]
    pub sectors: Option<SectorsRef>,
    /// Who was invited (名簿): a file of the survey's folder.
    #[serde(default)]
    pub frame: Option<FrameRef>,
    /// The day that the answers are about (調査基準日), `YYYY-MM-DD`.
    #[serde(default)]
    pub reference_date: Option<String>,
    /// A file of submissions that comes with the definition.
    #[serde(default)]
    pub dataset: Option<Dataset>,
    /// Files of submissions and events, JSON lines, that come with the definition, in the order of their arrival.
    #[serde(default)]
    pub datasets: Vec<String>,
    /// The questions to show first.
    #[serde(default)]
    pub headline: Vec<QuestionId>,
    /// Per state of an answer, whether it is in the base and whether it prints as a row, in this wave.
    #[serde(default)]
    pub states: BTreeMap<State, StateRule>,
    /// What differs in this wave for single questions, by number.
    #[serde(default)]
    pub questions: BTreeMap<QuestionId, WaveQuestion>,
    /// When collection begins: a date or a date and time.
    #[serde(default)]
    pub opens: Option<String>,
    /// The cut-off: a date, which is the last day, or a date and time, from which on answers are late.
    #[serde(default)]
    pub closes: Option<String>,
    /// The time zone of these, for example `Asia/Tokyo`; UTC if not given.
    #[serde(default)]
    pub zone: Option<String>,
    /// Whether answers that came late count.
    #[serde(default)]
    pub late: Counts,
    /// What is complete; that of the survey if not given.
    #[serde(default)]
    pub complete: Option<CompleteRule>,
    /// Whether partial answers count; as the survey says if not given.
    #[serde(default)]
    pub partial: Option<Counts>,
    /// Whether units that left every question blank count; as the survey says if not given.
    #[serde(default)]
    pub blank: Option<Counts>,
}

/// The file that says who was invited to a wave.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FrameRef {
    /// The path inside the survey's folder.
    pub file: String,
}

/// A form in one version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormRef {
    /// The form.
    pub form: FormId,
    /// Its version.
    pub version: u32,
}

impl FormRef {
    /// `<form>-<version>`, the name of its responses table.
    pub fn target(&self) -> String {
        format!("{}-{}", self.form, self.version)
    }
}

/// A layout in one version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayoutRef {
    /// The layout.
    pub layout: LayoutId,
    /// Its version.
    pub version: u32,
}

/// A CSV file beside the definition whose rows are submissions.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// The path inside the survey's folder.
    pub file: String,
    /// The layout that reads it.
    pub layout: LayoutId,
    /// The column that holds the respondent.
    pub respondent: String,
}
