//! How many units came, in which way, in time or late, and how much they answered.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Int64Type};
use shukei_protocol::TableName;
use shukei_schemas::definition::{Completeness, SurveyDefinition, Wave};

use crate::catalog::{Catalog, collect};
use crate::delivered::delivered;
use crate::error::QueryError;
use crate::views::quoted;

/// The units of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// On the office's own form.
    pub form: Came,
    /// Read across from another organisation's survey.
    pub across: Came,
    /// On the office's own form, of those whom a frame that names respondents does not name, or names as out of scope.
    pub uninvited: Came,
}

/// The units that came one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Came {
    /// Those that count.
    pub count: u64,
    /// Those that came after the cut-off, whether they count or not.
    pub late: u64,
    /// Those that answered what the rule asks for. Here and below without those that are left out for being late.
    pub complete: u64,
    /// Those that answered something and less.
    pub partial: u64,
    /// Those that left every question blank.
    pub blank: u64,
}

impl Came {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            late: self.late + other.late,
            complete: self.complete + other.complete,
            partial: self.partial + other.partial,
            blank: self.blank + other.blank,
        }
    }
}

impl Answered {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            form: self.form.plus(other.form),
            across: self.across.plus(other.across),
            uninvited: self.uninvited.plus(other.uninvited),
        }
    }
}

/// The units of a wave by group and way, those that count and those that do not.
pub(crate) async fn count_units(
    catalog: &Catalog,
    definition: &SurveyDefinition,
    wave: &Wave,
) -> Result<BTreeMap<String, Answered>, QueryError> {
    let text = |words: &str| words.replace('\'', "''");
    let frame = definition.frame_of(wave).unwrap_or_default();
    // One by one only where it matters who they are.
    let who = if frame.in_scope.is_some() { "respondent" } else { "CAST(NULL AS VARCHAR)" };
    let mut answered: BTreeMap<String, Answered> = BTreeMap::new();
    for form in &wave.forms {
        let (survey, of_wave) = (definition.survey.survey.as_str(), wave.wave.as_str());
        for delivered in delivered(catalog, survey, of_wave, &form.target()).await? {
            // Nobody knows how complete the answers behind them are.
            answered.entry(delivered.group.unwrap_or_default()).or_default().across.count += delivered.units;
        }
        let table = TableName::responses(&form.target());
        let (Some(name), Some(rules)) = (catalog.sql_name_of(&table), catalog.rules_of(&table)) else {
            continue;
        };
        let sql = format!(
            "SELECT \"group\", own, late, set_aside, completeness, count(*), {who} FROM (
               SELECT r.respondent, r.\"group\", r.mapping IS NULL AS own, s.late, s.set_aside, {completeness} AS completeness
               FROM ({standing}) s JOIN {responses} r
                 ON s.generation = r.generation AND s.\"partition\" = r.\"partition\" AND s.\"offset\" = r.\"offset\"
                    AND s.interpretation = r.interpretation
               WHERE s.target = '{target}' AND s.survey = '{survey}' AND s.wave = '{wave}')
             GROUP BY 1, 2, 3, 4, 5, 7",
            completeness = rules.call("r"),
            standing = catalog.standing(),
            responses = quoted(&name),
            target = text(table.as_str()),
            survey = text(definition.survey.survey.as_str()),
            wave = text(wave.wave.as_str()),
        );
        for batch in collect(&catalog.session(), &sql).await? {
            let texts = |column: usize| {
                let texts = arrow::compute::cast(batch.column(column), &DataType::Utf8);
                texts.map_err(|error| QueryError::running(&error.into()))
            };
            let (groups, completeness, respondents) = (texts(0)?, texts(4)?, texts(6)?);
            let (groups, completeness) = (groups.as_string::<i32>(), completeness.as_string::<i32>());
            let respondents = respondents.as_string::<i32>();
            let flags = [1, 2, 3].map(|column| batch.column(column).as_boolean());
            let units = batch.column(5).as_primitive::<Int64Type>();
            for row in 0..batch.num_rows() {
                let group = if groups.is_valid(row) { groups.value(row) } else { "" };
                let counts = answered.entry(group.to_owned()).or_default();
                let [own, late, set_aside] = flags.map(|flag| flag.value(row));
                let is_invited = |respondent: &str| {
                    frame.invites(definition.survey.unit, respondent, groups.is_valid(row).then_some(group))
                };
                let came = match (own, respondents.is_valid(row)) {
                    (false, _) => &mut counts.across,
                    (true, true) if !is_invited(respondents.value(row)) => &mut counts.uninvited,
                    (true, _) => &mut counts.form,
                };
                let units = units.value(row).unsigned_abs();
                came.late += if late { units } else { 0 };
                if set_aside {
                    continue;
                }
                let completeness = Completeness::parse(if completeness.is_valid(row) {
                    completeness.value(row)
                } else {
                    ""
                });
                match completeness {
                    Completeness::Complete => came.complete += units,
                    Completeness::Partial => came.partial += units,
                    Completeness::Blank => came.blank += units,
                }
                came.count += if rules.counts(wave, completeness) { units } else { 0 };
            }
        }
    }
    Ok(answered)
}
