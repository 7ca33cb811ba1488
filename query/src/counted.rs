//! A wave that was counted once, for whoever wants its figures several times: with other digits, each time formed of
//! the counts and rounded once.

use std::collections::BTreeMap;

use shukei_schemas::State;
use shukei_schemas::definition::Rounding;

use crate::break_by::Part;
use crate::break_words::name_parts;
use crate::catalog::Catalog;
use crate::error::QueryError;
use crate::explain::states;
use crate::forming::weight_text;
use crate::labels::language_of;
use crate::measure::Measure;
use crate::measures::measures;
use crate::request::TabulateRequest;
use crate::tabulate::{Counted, count_wave, find_wave};
use crate::tally::Tally;

/// The counts of a wave, made for one request.
pub struct CountedWave {
    counted: Counted,
}

/// How many units of a part are in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateUnits {
    /// The state.
    pub state: State,
    /// The units.
    pub units: u64,
    /// What they weigh, as exact decimal text, where figures are weighted.
    pub weighted: Option<String>,
}

impl CountedWave {
    /// Counts what a request asks for.
    ///
    /// # Errors
    /// Those of [`crate::tabulate()`].
    pub async fn open(catalog: &Catalog, request: &TabulateRequest) -> Result<Self, QueryError> {
        Ok(Self { counted: count_wave(catalog, request).await? })
    }

    /// The figures, with so many digits (at most 9) of shares and means instead of those that the request or the survey
    /// says.
    ///
    /// # Errors
    /// [`QueryError::FormsDiffer`].
    pub fn figures(&self, catalog: &Catalog, decimals: Option<u8>) -> Result<Vec<Measure>, QueryError> {
        let mut request = self.counted.request.clone();
        if decimals.is_some() {
            (request.how.decimals, request.how.mean_decimals) = (decimals, decimals);
        }
        let mut figures = measures(&self.counted.world(), &request, &self.counted.tallies)?;
        let (definition, wave) = find_wave(catalog, &request)?;
        let language = language_of(&definition.survey, request.language.as_deref());
        name_parts(definition, wave, &language, &mut figures);
        Ok(figures)
    }

    /// The states of all units in every question that was counted, and in every row of a grid, by number and the row's
    /// code, those that occur. Units alone, whatever the request weighs or breaks down by.
    pub fn all_states(&self) -> BTreeMap<(String, Option<i16>), BTreeMap<State, u64>> {
        let mut all: BTreeMap<(String, Option<i16>), BTreeMap<State, u64>> = BTreeMap::new();
        for tally in &self.counted.tallies {
            let slots = tally.slots_in(&Part::Total, false);
            for (place, question) in tally.form().questions.iter().enumerate() {
                for (nth, item) in tally.items_of(place).enumerate() {
                    let row = question.rows().get(nth).map(|row| row.code);
                    let counts = all.entry((question.number.to_string(), row)).or_default();
                    let cells = slots.iter().filter_map(|slot| tally.cells(item, *slot));
                    for (state, units) in
                        cells.flat_map(|cells| State::ALL.map(|state| (state, cells.state(state).0)))
                    {
                        if units > 0 {
                            *counts.entry(state).or_default() += units;
                        }
                    }
                }
            }
        }
        all
    }

    /// The states of all units of the part that a figure is of, those that occur, under the filter and with the weights
    /// of the request. Nothing for an indicator.
    ///
    /// # Errors
    /// [`QueryError::FormsDiffer`].
    pub fn states(&self, figure: &Measure) -> Result<Vec<StateUnits>, QueryError> {
        let decimals = self.counted.tallies.first().and_then(Tally::weight_decimals);
        let found = states(&self.counted, figure)?.into_iter();
        let of_state = |(state, amount): (State, crate::sums::Amount)| StateUnits {
            state,
            units: amount.units,
            // Exact: the digits are those of the weights.
            weighted: weight_text(amount, decimals, Rounding::HalfAway),
        };
        Ok(found.map(of_state).collect())
    }
}
