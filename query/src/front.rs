use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::TableReference;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{ident, lit};
use shukei_schemas::definition::{Group, Mapping, SurveyDefinition, Wave};

use crate::catalog::Catalog;
use crate::delivered::delivered;
use crate::error::QueryError;

/// The table that stands in front of a report: whom each group is, how many of its units count and how they were
/// collected, and the total beside the one that leaves out what was read across.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrontTable {
    /// The groups in the order of the classification, then the units of no known group if there are any. Empty where
    /// the wave has no classification.
    pub rows: Vec<FrontRow>,
    /// All units that count.
    pub total: u64,
    /// Those of them that were not read across.
    pub own: u64,
    /// The mark of the total, for example `※2`; empty where nothing is read across.
    pub total_mark: String,
    /// What the marks mean, each with its words.
    pub notes: Vec<FrontNote>,
}

/// One line of a [`FrontTable`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrontRow {
    /// The group's id; none for the units of no known group.
    pub group: Option<String>,
    /// Field and group in words.
    pub name: String,
    /// Who belongs to it.
    pub target: String,
    /// The ministry in charge.
    pub ministry: String,
    /// The units that count.
    pub count: u64,
    /// How they were collected.
    pub method: String,
    /// The mark of the method, for example `※1`; empty where the group answered on the survey's own form.
    pub mark: String,
}

/// What a mark means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontNote {
    /// For example `※1`.
    pub mark: String,
    /// In words of the definitions.
    pub words: String,
}

impl FrontTable {
    /// Counts the units of a wave that count, by group; words are in the language given.
    ///
    /// # Errors
    /// [`QueryError::Running`] if the rows cannot be read.
    pub async fn open(
        catalog: &Catalog,
        definition: &SurveyDefinition,
        wave: &Wave,
        language: &str,
    ) -> Result<Self, QueryError> {
        let counts = counts(catalog, definition, wave).await?;
        Ok(Self::of(&counts, definition, wave, language))
    }

    /// The same from counts by group; units without a group are those of the empty name.
    pub fn of(
        counts: &BTreeMap<String, u64>,
        definition: &SurveyDefinition,
        wave: &Wave,
        language: &str,
    ) -> Self {
        let mappings: Vec<&Mapping> = wave
            .mappings
            .iter()
            .filter_map(|mapping| definition.mapping(mapping))
            .map(AsRef::as_ref)
            .collect();
        let total = counts.values().sum();
        let Some(sectors) = definition.sectors_of(wave) else {
            return Self { total, own: total, ..Self::default() };
        };
        let across = |group: &Group| {
            let collected_by = group.collected_by.as_deref()?;
            mappings.iter().position(|mapping| mapping.reference.mapping.as_str() == collected_by)
        };
        let mut rows = Vec::new();
        let mut own = 0;
        for group in &sectors.groups {
            let count = counts.get(&group.group).copied().unwrap_or(0);
            let field = sectors.fields.iter().find(|field| field.field == group.field);
            let field = field.map_or("", |field| field.label.in_language(language));
            let label = group.label.in_language(language);
            let (method, mark) = match across(group) {
                Some(at) => (mappings[at].method.clone(), mark(at)),
                None => {
                    own += count;
                    (group.collected_by.clone().unwrap_or_default(), String::new())
                }
            };
            rows.push(FrontRow {
                group: Some(group.group.clone()),
                name: if field == label { label.to_owned() } else { format!("{field} / {label}") },
                target: group.target.in_language(language).to_owned(),
                ministry: group.ministry.in_language(language).to_owned(),
                count,
                method,
                mark,
            });
        }
        let is_unknown = |group: &str| sectors.group(group).is_none();
        let unknown: u64 = counts.iter().filter(|(group, _)| is_unknown(group)).map(|(_, count)| count).sum();
        if unknown > 0 {
            own += unknown;
            rows.push(FrontRow { name: "?".to_owned(), count: unknown, ..FrontRow::default() });
        }
        let mut notes: Vec<FrontNote> = mappings
            .iter()
            .enumerate()
            .map(|(at, mapping)| FrontNote {
                mark: mark(at),
                words: mapping.names.in_language(language).to_owned(),
            })
            .collect();
        let total_mark = if mappings.is_empty() { String::new() } else { mark(mappings.len()) };
        if !mappings.is_empty() {
            let left_out: Vec<&str> =
                mappings.iter().map(|mapping| mapping.exclusion_note.in_language(language)).collect();
            let words = format!("({}) {}", thousands(own), left_out.join(" / "));
            notes.push(FrontNote { mark: total_mark.clone(), words });
        }
        Self { rows, total, own, total_mark, notes }
    }

    /// The total as it is printed, for example `1,862 (1,204) ※2`.
    pub fn total_text(&self) -> String {
        match self.total_mark.as_str() {
            "" => thousands(self.total),
            mark => format!("{} ({}) {mark}", thousands(self.total), thousands(self.own)),
        }
    }
}

impl FrontRow {
    /// The method with its mark.
    pub fn method_text(&self) -> String {
        match self.mark.as_str() {
            "" => self.method.clone(),
            mark => format!("{} {mark}", self.method),
        }
    }
}

fn mark(at: usize) -> String {
    format!("※{}", at + 1)
}

/// The units that count, by group.
async fn counts(
    catalog: &Catalog,
    definition: &SurveyDefinition,
    wave: &Wave,
) -> Result<BTreeMap<String, u64>, QueryError> {
    let of_wave = ident("survey")
        .eq(lit(definition.survey.survey.as_str()))
        .and(ident("wave").eq(lit(wave.wave.as_str())));
    let planning = |error| QueryError::planning(&error);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for form in &wave.forms {
        let (survey, wave) = (definition.survey.survey.as_str(), wave.wave.as_str());
        for delivered in delivered(catalog, survey, wave, &form.target()).await? {
            *counts.entry(delivered.group.unwrap_or_default()).or_default() += delivered.units;
        }
        let Some(view) = catalog.current_of(form) else { continue };
        let rows = catalog.session().table(TableReference::bare(view)).await.map_err(planning)?;
        let rows = rows
            .filter(of_wave.clone())
            .and_then(|rows| rows.aggregate(vec![ident("group")], vec![count(lit(1_i64))]))
            .map_err(planning)?;
        for batch in rows.collect().await.map_err(|error| QueryError::running(&error))? {
            let groups = arrow::compute::cast(batch.column(0), &DataType::Utf8);
            let groups = groups.map_err(|error| QueryError::running(&error.into()))?;
            let groups = groups.as_string::<i32>();
            let units = batch.column(1).as_primitive::<Int64Type>();
            for row in 0..batch.num_rows() {
                let group = if groups.is_valid(row) { groups.value(row) } else { "" };
                *counts.entry(group.to_owned()).or_default() += units.value(row).unsigned_abs();
            }
        }
    }
    Ok(counts)
}

/// A number with a comma before every three digits.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
