//! Counts that an organisation delivers instead of records.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The data of an `aggregate.received` event, as producers write it: what an organisation counted on its own form, or a
/// part of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct AggregateDelivery {
    /// The id of a defined survey.
    #[schemars(length(min = 1))]
    pub survey: String,
    /// One of its waves; left out where the survey has no waves.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wave: String,
    /// Who delivers the counts. With survey, wave and group it says what a later delivery replaces.
    #[schemars(length(min = 1))]
    pub body: String,
    /// The group that was counted; needed where the survey has groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The mapping with `aggregate: true` that reads the counts across.
    #[schemars(length(min = 1))]
    pub mapping: String,
    /// The mapping's version; the newest that the wave lists if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping_version: Option<u32>,
    /// The sender's own count of corrections; none counts as 0. The last revision counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// The day that the counts are about; that of the mapping if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_date: Option<String>,
    /// How many units answered.
    pub units: u64,
    /// Question number of the source form → its counts; of a row of a grid `number.row`.
    pub questions: BTreeMap<String, QuestionCounts>,
}

/// What an organisation counted of one question, or of one row of a grid.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct QuestionCounts {
    /// How many units were asked.
    pub base: u64,
    /// Code of an option → how many units gave it. What is not listed counts as 0.
    pub options: BTreeMap<String, u64>,
    /// `no_answer`, `stated_no_answer`, `invalid` or `nothing_marked` → how many of the units asked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub states: BTreeMap<String, u64>,
}
