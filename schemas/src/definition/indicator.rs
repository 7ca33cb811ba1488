//! Indicators (指標): derived figures that a survey names, each the share of the units of which a condition holds.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};

use super::SurveyDefinition;
use super::form::is_reconstructed;
use super::scalar::Scalar;
use super::survey::Wave;
use super::table_where::Where;
use super::text::Text;
use crate::ids::WaveId;

/// `indicators/*.yaml`: indicators that belong together, in a version.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorSet {
    /// The id of the file's indicators as a whole.
    #[schemars(with = "Scalar")]
    pub set: String,
    /// The version; what is changed gets a new one.
    pub version: u32,
    /// The waves that they are formed for; every wave that asks what they look at if none are given.
    #[serde(default)]
    #[schemars(with = "Vec<Scalar>")]
    pub waves: Vec<WaveId>,
    /// The indicators, in the order in which they print.
    pub indicators: Vec<Indicator>,
}

/// A derived figure: of the units in its base, how many a condition holds of.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// The id, by which it is asked for: letters, digits, `_` and `-`.
    pub indicator: String,
    /// What it says.
    pub label: Text,
    /// A short title; the label if not given.
    #[serde(default)]
    pub short: Text,
    /// How it is to be read, for example which of two readings it is.
    #[serde(default)]
    pub note: Text,
    /// Where it comes from: `published` or `report` where the issuer prints it, else for example `implied` or
    /// `reconstructed`.
    #[serde(default)]
    pub origin: Option<String>,
    /// The condition that holds of those who are counted.
    #[serde(default)]
    pub of: Option<Where>,
    /// Instead of `of`: a question of which any of `options` was given.
    #[serde(default)]
    #[schemars(with = "Option<Scalar>")]
    pub question: Option<String>,
    /// The codes of which any was given.
    #[serde(default)]
    pub options: Vec<i16>,
    /// The rows of a grid or a ranking; any of them.
    #[serde(default)]
    pub rows: Vec<i16>,
    /// Who is in the base; `covered` if not given, which must be said where its options are not all covered alike.
    #[serde(default)]
    pub base: Option<IndicatorBase>,
    /// A condition that narrows the base to those of whom it is known to hold.
    #[serde(default)]
    pub among: Option<Where>,
    /// One indicator for each option of `question`: the share of those who gave it among those who gave the option of
    /// the same code in this question.
    #[serde(default)]
    #[schemars(with = "Option<Scalar>")]
    pub each_among: Option<String>,
    /// The id of the indicator with `each_among` that this one was written out from.
    #[serde(skip)]
    pub each_of: Option<String>,
}

/// Who is in the base of an indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndicatorBase {
    /// Those whose state is in the base for every question that it looks at, and who are covered for every option of
    /// its set.
    Covered,
    /// Those who were asked every question that it looks at, and are covered for every option, whatever they said.
    Asked,
    /// Of those covered the ones that answered every question, or marked nothing where that is in the base.
    Answered,
    /// Every unit of the wave.
    All,
    /// Those in the base of these questions, `number` or `number.row`, whatever is known of the others.
    Questions(Vec<String>),
}

impl IndicatorBase {
    /// The bases with a name.
    pub const NAMES: [&str; 4] = ["covered", "asked", "answered", "all"];

    /// As it stands in the definition.
    pub fn text(&self) -> String {
        match self {
            Self::Covered => "covered".to_owned(),
            Self::Asked => "asked".to_owned(),
            Self::Answered => "answered".to_owned(),
            Self::All => "all".to_owned(),
            Self::Questions(numbers) => format!("questions {}", numbers.join(", ")),
        }
    }
}

impl<'de> Deserialize<'de> for IndicatorBase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BaseVisitor)
    }
}

struct BaseVisitor;

impl<'de> Visitor<'de> for BaseVisitor {
    type Value = IndicatorBase;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`covered`, `asked`, `answered`, `all`, or a list of questions")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<IndicatorBase, E> {
        match text {
            "covered" => Ok(IndicatorBase::Covered),
            "asked" => Ok(IndicatorBase::Asked),
            "answered" => Ok(IndicatorBase::Answered),
            "all" => Ok(IndicatorBase::All),
            other => Err(E::unknown_variant(other, &IndicatorBase::NAMES)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<IndicatorBase, A::Error> {
        let mut numbers = Vec::new();
        while let Some(number) = seq.next_element::<Scalar>()? {
            numbers.push(number.0);
        }
        Ok(IndicatorBase::Questions(numbers))
    }
}

impl JsonSchema for IndicatorBase {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "IndicatorBase".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Who is in the base: a named base, or a list of questions.",
            "anyOf": [
                { "enum": IndicatorBase::NAMES },
                { "type": "array", "items": { "type": ["string", "number"] }, "minItems": 1 }
            ]
        })
    }
}

impl Indicator {
    /// The condition, however it was written; none if neither way or both were.
    pub fn condition(&self) -> Option<Where> {
        match (&self.of, &self.question) {
            (Some(of), None) if self.options.is_empty() && self.rows.is_empty() => Some(of.clone()),
            (None, Some(number)) if !self.options.is_empty() && self.each_among.is_none() => {
                let of = |row: Option<i16>| Where {
                    question: Some(number.clone()),
                    row,
                    codes: self.options.clone(),
                    ..Where::default()
                };
                match self.rows.as_slice() {
                    [] => Some(of(None)),
                    [row] => Some(of(Some(*row))),
                    rows => {
                        let any = rows.iter().map(|row| of(Some(*row))).collect();
                        Some(Where { any, ..Where::default() })
                    }
                }
            }
            _ => None,
        }
    }

    /// Whether it is meant by an id: its own, or that of the indicator that it was written out from.
    pub fn is_called(&self, id: &str) -> bool {
        self.indicator == id || self.each_of.as_deref() == Some(id)
    }

    /// The base; that of those covered where none is named.
    pub fn base(&self) -> &IndicatorBase {
        self.base.as_ref().unwrap_or(&IndicatorBase::Covered)
    }

    /// Whether it was never printed by the survey's issuer.
    pub fn is_reconstructed(&self) -> bool {
        self.origin.as_deref().is_some_and(is_reconstructed)
    }
}

impl SurveyDefinition {
    /// The indicators of a wave, each with its set, in the order of the sets' ids and of their files. A set that names
    /// no waves gives those that make sense on one of the wave's forms.
    pub fn indicators_of(&self, wave: &Wave) -> Vec<(&IndicatorSet, &Indicator)> {
        let forms: Vec<_> = wave.forms.iter().filter_map(|form| self.form(form)).collect();
        let fits = |indicator: &Indicator| forms.iter().any(|form| indicator.resolve(form).is_ok());
        let mut found = Vec::new();
        for used in self.indicators.values() {
            let set = used.value.as_ref();
            if !set.waves.is_empty() && !set.waves.contains(&wave.wave) {
                continue;
            }
            let of_wave = set.indicators.iter().filter(|indicator| !set.waves.is_empty() || fits(indicator));
            found.extend(of_wave.map(|indicator| (set, indicator)));
        }
        found
    }
}
