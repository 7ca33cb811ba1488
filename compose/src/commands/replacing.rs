//! A delivery that is sent again under its name: what the earlier one left, so that it is replaced, not doubled.

use std::collections::{BTreeMap, HashMap, HashSet};

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;
use shukei_delivery::Source;
use shukei_query::Catalog;
use shukei_schemas::definition::UnitRule;

use crate::cli::DeliveryArguments;
use crate::commands::tables::parts;
use crate::fault::Fault;

type WaveAndUnit = (String, String);

/// What earlier deliveries under the same names left.
#[derive(Debug, Default)]
pub(crate) struct Earlier {
    /// Whether what is not in this delivery is taken back.
    pub(crate) replace: bool,
    /// Whether a row is sent once more though it counts already.
    again: bool,
    /// Units that count, with the source and the id of the event that counts.
    counting: HashMap<WaveAndUnit, (String, String)>,
    /// Per row that was sent, how often it had to be sent again.
    sent: HashMap<String, u32>,
    /// Units of this delivery.
    seen: HashSet<WaveAndUnit>,
}

/// The event that takes a unit back.
pub(crate) struct Withdrawal {
    pub(crate) respondent: String,
    pub(crate) id: String,
    pub(crate) payload: Vec<u8>,
}

impl Earlier {
    /// Looks at what counts in a survey, and at what was sent under these names before.
    pub(crate) async fn open(
        catalog: &Catalog,
        survey: &str,
        urns: &[String],
        arguments: &DeliveryArguments,
    ) -> Result<Self, Fault> {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let urns: Vec<String> = urns.iter().map(|urn| quoted(urn)).collect();
        let mut earlier = Self { replace: arguments.replace, again: arguments.again, ..Self::default() };
        let current = format!(
            "SELECT wave, unit, event_source, event_id FROM current WHERE survey = {}",
            quoted(survey)
        );
        for [wave, unit, source, id] in texts(catalog, &current).await? {
            earlier.counting.insert((wave, unit), (source, id));
        }
        let sent = format!(
            "SELECT DISTINCT event_id, event_source, survey, wave FROM outcomes WHERE kind = 'response' AND event_source IN ({})",
            urns.join(", ")
        );
        for [id, ..] in texts(catalog, &sent).await? {
            let (row, times) = split(&id);
            let known = earlier.sent.entry(row.to_owned()).or_default();
            *known = (*known).max(times);
        }
        Ok(earlier)
    }

    /// The id under which a row of this delivery counts: its own; that of the event that counts already; or a new one,
    /// where the row was sent before and something else counts since. A copy of an old event would not count.
    pub(crate) fn id_for(&mut self, wave: &str, unit: &str, row: &str) -> String {
        let key = (wave.to_owned(), unit.to_owned());
        let counting = self.counting.get(&key).map(|(_, id)| id.clone());
        self.seen.insert(key);
        match (self.sent.get_mut(row), counting) {
            (Some(_), Some(counting)) if !self.again && split(&counting).0 == row => counting,
            (Some(times), _) => {
                *times += 1;
                format!("{row}+{times}")
            }
            (None, _) => row.to_owned(),
        }
    }

    /// Withdrawals of what counts from one of the sources and is not in this delivery.
    pub(crate) fn vanished<'a>(
        &self,
        sources: &'a BTreeMap<String, Source>,
        rule: UnitRule,
    ) -> Result<Vec<(&'a Source, Withdrawal)>, Fault> {
        let mut gone: Vec<(&WaveAndUnit, &(String, String))> =
            self.counting.iter().filter(|(unit, _)| !self.seen.contains(*unit)).collect();
        gone.sort();
        let mut withdrawals = Vec::new();
        for ((wave, unit), (urn, event)) in gone {
            let Some(source) = sources.get(urn) else { continue };
            let (respondent, group) = parts(unit, rule);
            let (id, payload) =
                source.withdrawal(wave, &respondent, group.as_deref(), event).map_err(anyhow::Error::from)?;
            withdrawals.push((source, Withdrawal { respondent, id, payload }));
        }
        Ok(withdrawals)
    }
}

/// A row's own id, and how often it was sent again.
fn split(id: &str) -> (&str, u32) {
    id.rsplit_once('+').and_then(|(row, times)| Some((row, times.parse().ok()?))).unwrap_or((id, 0))
}

async fn texts(catalog: &Catalog, query: &str) -> Result<Vec<[String; 4]>, Fault> {
    let mut rows = Vec::new();
    for batch in catalog.query(query).await?.collect().await? {
        let columns: Vec<_> = (0..4)
            .map(|column| arrow::compute::cast(batch.column(column), &DataType::Utf8))
            .collect::<Result<_, _>>()
            .map_err(anyhow::Error::from)?;
        for row in 0..batch.num_rows() {
            rows.push([0, 1, 2, 3].map(|column| {
                let column = columns[column].as_string::<i32>();
                if column.is_valid(row) { column.value(row).to_owned() } else { String::new() }
            }));
        }
    }
    Ok(rows)
}
