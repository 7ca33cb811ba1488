//! The units that answered in both waves (パネル): changes of the same respondents, beside those of all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::TableReference;
use datafusion::logical_expr::{ident, lit};
use shukei_schemas::definition::{ConcordedUnit, SurveyDefinition, UnitRule};

use super::shared::Shared;
use super::words;
use crate::catalog::Catalog;
use crate::error::QueryError;
use crate::request::TabulateRequest;
use crate::tabulate::find_wave;

/// Who answered in both waves.
pub(super) struct Panel {
    pub(super) later: Arc<BTreeSet<String>>,
    pub(super) earlier: Arc<BTreeSet<String>>,
    /// Units of the later and of the earlier wave that are not in it.
    without: [usize; 2],
    /// How many of these answered in both, but were merged or split in between.
    joined: [usize; 2],
}

/// A unit that answered.
struct Seen {
    unit: String,
    respondent: String,
    group: Option<String>,
}

/// What a unit is known by in both waves: the respondent as the later wave calls it, and where a respondent counts once
/// in each group, the groups that it is one of.
type Known = (String, Option<usize>);

impl Panel {
    /// Looks for them among the rows that count, of groups that both waves have.
    pub(super) async fn find(
        catalog: &Catalog,
        definition: &SurveyDefinition,
        requests: [&TabulateRequest; 2],
        units: &[ConcordedUnit],
        shared: &Shared<'_>,
    ) -> Result<Self, QueryError> {
        let seen = [seen(catalog, requests[0]).await?, seen(catalog, requests[1]).await?];
        let by_group = definition.survey.unit == UnitRule::RespondentAndGroup;
        Ok(matched(&seen, &Renamed::of(units), |group, is_later| {
            let Some(blocks) = &shared.blocks else { return Some(None) };
            let group = group?;
            let of = |known: &super::shared::Block| {
                if is_later { known.later.clone() } else { known.earlier.clone() }
            };
            let place = blocks.iter().position(|block| of(block).iter().any(|name| name == group))?;
            Some(by_group.then_some(place))
        }))
    }

    /// How many they are, and who is not among them.
    pub(super) fn note(&self, language: &str, waves: [&str; 2]) -> String {
        words::panel(language, self.later.len(), waves, self.without, self.joined)
    }
}

/// Which respondents of the earlier wave are which of the later.
#[derive(Default)]
struct Renamed<'a> {
    /// By the name that it had: who it became.
    became: HashMap<&'a str, Vec<&'a str>>,
    /// Those of the later wave of whom an entry says who they were.
    told: HashMap<&'a str, usize>,
}

impl<'a> Renamed<'a> {
    fn of(units: &'a [ConcordedUnit]) -> Self {
        let mut renamed = Self::default();
        for unit in units {
            renamed.told.insert(&unit.respondent, unit.were.len());
            for was in &unit.were {
                renamed.became.entry(was).or_default().push(&unit.respondent);
            }
        }
        renamed
    }

    /// Who an earlier respondent is later: one, several if it was split, nobody if its name is another's by then.
    fn later<'b>(&'b self, earlier: &'b str) -> Vec<&'b str> {
        match self.became.get(earlier) {
            Some(later) => later.clone(),
            None if self.told.contains_key(earlier) => Vec::new(),
            None => vec![earlier],
        }
    }
}

/// Pairs the units of the later and of the earlier wave. `place` says of a group whether it is in both waves, and
/// what it adds to the name of a unit.
fn matched(
    seen: &[Vec<Seen>; 2],
    renamed: &Renamed<'_>,
    place: impl Fn(Option<&str>, bool) -> Option<Option<usize>>,
) -> Panel {
    // By name: the units of either wave, and whether the earlier ones have other names too.
    let mut found: BTreeMap<Known, [Vec<&str>; 2]> = BTreeMap::new();
    let mut split: BTreeSet<&str> = BTreeSet::new();
    for unit in &seen[0] {
        if let Some(place) = place(unit.group.as_deref(), true) {
            found.entry((unit.respondent.clone(), place)).or_default()[0].push(&unit.unit);
        }
    }
    for unit in &seen[1] {
        let Some(place) = place(unit.group.as_deref(), false) else { continue };
        let later = renamed.later(&unit.respondent);
        if later.len() > 1 {
            split.insert(&unit.unit);
        }
        for respondent in later {
            found.entry((respondent.to_owned(), place)).or_default()[1].push(&unit.unit);
        }
    }
    let (mut later, mut earlier) = (BTreeSet::new(), BTreeSet::new());
    let mut joined = [BTreeSet::new(), BTreeSet::new()];
    for ((respondent, _), [now, then]) in &found {
        if now.is_empty() || then.is_empty() {
            continue;
        }
        // One that was merged from two is no pair either where only one of the two answered.
        let is_merged = renamed.told.get(respondent.as_str()).is_some_and(|were| *were > 1);
        match (now.as_slice(), then.as_slice()) {
            ([now], [then]) if !is_merged && !split.contains(then) => {
                later.insert((*now).to_owned());
                earlier.insert((*then).to_owned());
            }
            _ => {
                joined[0].extend(now.iter().copied());
                joined[1].extend(then.iter().copied());
            }
        }
    }
    Panel {
        without: [seen[0].len() - later.len(), seen[1].len() - earlier.len()],
        joined: joined.map(|units| units.len()),
        later: Arc::new(later),
        earlier: Arc::new(earlier),
    }
}

/// The units of a wave that count.
async fn seen(catalog: &Catalog, request: &TabulateRequest) -> Result<Vec<Seen>, QueryError> {
    let (definition, wave) = find_wave(catalog, request)?;
    let planning = |error| QueryError::planning(&error);
    let mut seen = Vec::new();
    for form in wave.forms.iter().filter_map(|form| definition.form(form)) {
        let Some(view) = catalog.current_of(&form.reference) else { continue };
        let rows = catalog.session().table(TableReference::bare(view)).await.map_err(planning)?;
        let of_wave = ident("survey")
            .eq(lit(request.survey.as_str()))
            .and(ident("wave").eq(lit(request.wave.as_str())));
        let columns = ["unit", "respondent", "group"].map(ident).to_vec();
        let rows = rows.filter(of_wave).and_then(|rows| rows.select(columns)).map_err(planning)?;
        for batch in rows.collect().await.map_err(|error| QueryError::running(&error))? {
            let text = |column: usize| {
                let array = cast(batch.column(column), &DataType::Utf8View);
                array.map_err(|error| QueryError::running(&error.into()))
            };
            let (units, respondents, groups) = (text(0)?, text(1)?, text(2)?);
            let (units, respondents) = (units.as_string_view(), respondents.as_string_view());
            seen.extend(units.iter().zip(respondents).zip(groups.as_string_view()).filter_map(
                |((unit, respondent), group)| {
                    Some(Seen {
                        unit: unit?.to_owned(),
                        respondent: respondent?.to_owned(),
                        group: group.map(str::to_owned),
                    })
                },
            ));
        }
    }
    Ok(seen)
}
