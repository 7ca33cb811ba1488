//! Figures held against a published table, cell by cell, with the reason why one differs.

use std::collections::BTreeMap;
use std::path::Path;

use shukei_query::{
    BaseRule, Catalog, CountedWave, Measure, MeasureKind, StateUnits, TabulateRequest, percent_text,
    ratio_text, rounded_text,
};
use shukei_schemas::definition::{Rounding, SurveyDefinition};
use shukei_schemas::{State, WaveId};

use crate::commands::expect_find::find;
use crate::commands::expect_lines::{self, Beside, Line, Wanted, is_equal, number};
use crate::fault::Fault;
use crate::output::say;

/// Compares figures with a file and prints what differs. Returns whether all agree.
///
/// Figures are formed anew with the digits of each line: what was rounded once must not be rounded again.
///
/// # Errors
/// A fault of use if the file cannot be read as such a table; those of tabulation.
pub(crate) async fn compare(
    catalog: &Catalog,
    definition: &SurveyDefinition,
    request: &TabulateRequest,
    against: Option<&WaveId>,
    file: &Path,
) -> Result<bool, Fault> {
    let lines = expect_lines::read(file)?;
    let counted = match against {
        None => Some(CountedWave::open(catalog, request).await?),
        Some(_) => None,
    };
    let mut formed: BTreeMap<Option<u8>, Vec<Measure>> = BTreeMap::new();
    for line in &lines {
        let decimals = line.decimals();
        if formed.contains_key(&decimals) {
            continue;
        }
        let figures = match (&counted, against) {
            (Some(counted), _) => counted.figures(catalog, decimals)?,
            (None, Some(earlier)) => {
                let mut request = request.clone();
                request.how.decimals = decimals.or(request.how.decimals);
                shukei_query::compare(catalog, &request, earlier).await?
            }
            (None, None) => Vec::new(),
        };
        formed.insert(decimals, figures);
    }
    let rounding = definition.survey.rounding;
    let mut differing = 0;
    for line in &lines {
        let figures = formed.get(&line.decimals()).map_or(&[][..], Vec::as_slice);
        let words = match find(line, figures) {
            Ok(found) => Difference { line, found, rounding }.words(counted.as_ref())?,
            Err(reason) => vec![format!("expected {}", shown(&line.value)), reason],
        };
        if !words.is_empty() {
            differing += 1;
            say!("{}:{}: {}", file.display(), line.number, line.subject());
            for word in words {
                say!("  {word}");
            }
        }
    }
    say!("{} of {} agree", lines.len() - differing, lines.len());
    Ok(differing == 0)
}

fn shown(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

/// A line with the figure that it means.
struct Difference<'a> {
    line: &'a Line,
    found: &'a Measure,
    rounding: Rounding,
}

impl Difference<'_> {
    /// Why they do not agree; nothing if they do.
    fn words(&self, counted: Option<&CountedWave>) -> Result<Vec<String>, Fault> {
        let (line, found) = (self.line, self.found);
        let mut words = Vec::new();
        let got = self.got(line.wanted(), &line.value);
        match got {
            Some(got) if is_equal(&got, &line.value) => {}
            Some(got) => words.push(format!("expected {}, got {}", shown(&line.value), shown(&got))),
            None => words.push(format!("expected {}, but nothing is weighted: say --weight", line.value)),
        }
        // What else a line says, as `tabulate` prints it.
        for (name, beside, text) in [
            ("count", Beside::CountUnits, &line.count),
            ("base", Beside::BaseUnits, &line.base),
            ("base_unweighted", Beside::BaseUnits, &line.base_unweighted),
            ("count_weighted", Beside::CountWeighted, &line.count_weighted),
            ("base_weighted", Beside::BaseWeighted, &line.base_weighted),
        ] {
            let got = self.got(Wanted::Beside(beside), text).unwrap_or_default();
            if !text.is_empty() && !is_equal(&got, text) {
                words.push(format!("{name}: expected {text}, got {}", shown(&got)));
            }
        }
        if words.is_empty() {
            return Ok(words);
        }
        let rule = found.base_rule.as_str();
        words.push(match (&found.count_weighted, &found.base_weighted) {
            (Some(count), Some(base)) => format!(
                "{count} of base {base} (weighted, {rule}); {} of {} units",
                found.count, found.base_unweighted
            ),
            _ => format!("{} of base {} ({rule})", found.count, found.base),
        });
        if self.fits_without_weights() {
            words.push("without weights it would agree".to_owned());
        }
        if self.is_proportion() {
            words.push(format!("shares are in per cent: write {} times 100", line.value));
        }
        let remarks = found.remarks();
        if !remarks.is_empty() {
            words.push(format!("flags: {}", remarks.join(", ")));
        }
        let states = counted.map_or_else(|| Ok(Vec::new()), |counted| counted.states(found))?;
        if !states.is_empty() {
            let each: Vec<String> =
                states.iter().map(|state| format!("{} {}", state.state.as_str(), amount(state))).collect();
            words.push(format!("states: {}", each.join(", ")));
            words.extend(self.other_base(&states));
        }
        Ok(words)
    }

    /// Whether the line would agree if it were in per cent.
    fn is_proportion(&self) -> bool {
        let read = |text: &str| text.parse::<f64>().ok();
        let decimals = self.line.decimals().unwrap_or(0);
        let half = 50.0 / 10_f64.powi(i32::from(decimals));
        let values = read(&self.line.value).zip(read(&self.found.value));
        decimals >= 2
            && self.found.measure.is_share()
            && values.is_some_and(|(line, found)| {
                line > 0.0 && line <= 1.0 && (100.0 * line - found).abs() <= half + 1e-9
            })
    }

    /// Whether the line is one of a table that is not weighted.
    fn fits_without_weights(&self) -> bool {
        let (found, decimals) = (self.found, self.line.decimals().unwrap_or(0));
        let plain = match self.line.wanted() {
            Wanted::Figure(MeasureKind::Count) => Some(found.count.to_string()),
            Wanted::Figure(MeasureKind::Share) if found.measure == MeasureKind::Share => {
                percent_text(found.count, found.base_unweighted, decimals, self.rounding)
            }
            Wanted::Beside(Beside::Base) => Some(found.base_unweighted.to_string()),
            Wanted::Figure(_) | Wanted::Beside(_) => None,
        };
        found.is_weighted() && plain.is_some_and(|plain| is_equal(&plain, &self.line.value))
    }

    /// What the figure comes to in the digits of the line, or of a text; none where it takes weights and there are none.
    fn got(&self, wanted: Wanted, text: &str) -> Option<String> {
        let found = self.found;
        let of_line = self.line.decimals().unwrap_or(0);
        let decimals = match wanted == self.line.wanted() {
            true => of_line,
            false => number(text).map_or(0, |(_, decimals)| decimals),
        };
        let rounded =
            |text: &String| rounded_text(text, decimals, self.rounding).unwrap_or_else(|| text.clone());
        match wanted {
            Wanted::Figure(_) => Some(match found.value.is_empty() {
                true => String::new(),
                false => rounded(&found.value),
            }),
            Wanted::Beside(Beside::CountUnits) => Some(found.count.to_string()),
            Wanted::Beside(Beside::BaseUnits) => Some(found.base_unweighted.to_string()),
            Wanted::Beside(Beside::CountWeighted) => found.count_weighted.as_ref().map(rounded),
            Wanted::Beside(Beside::BaseWeighted) => found.base_weighted.as_ref().map(rounded),
            Wanted::Beside(Beside::Base) => {
                Some(found.base_weighted.as_ref().map_or_else(|| found.base.to_string(), rounded))
            }
        }
    }

    /// The set of states that as a base would give the figure expected, if there is one.
    fn other_base(&self, states: &[StateUnits]) -> Option<String> {
        let (line, found) = (self.line, self.found);
        let of_states = matches!(
            found.base_rule,
            BaseRule::Answered
                | BaseRule::Asked
                | BaseRule::AskedWithoutInvalid
                | BaseRule::AskedWithoutNoAnswer
                | BaseRule::All
        );
        let is_share =
            line.wanted() == Wanted::Figure(MeasureKind::Share) && found.measure == MeasureKind::Share;
        let is_base = matches!(line.wanted(), Wanted::Beside(Beside::Base));
        if !of_states || !(is_share || is_base) {
            return None;
        }
        // All have the digits of the weights, so whole numbers compare.
        let whole = |text: &str| number(text).map(|(digits, _)| digits);
        let places = states.first().and_then(|state| number(&amount(state))).map_or(0, |(_, places)| places);
        let count = whole(found.count_weighted.as_ref().unwrap_or(&found.count.to_string()))?;
        let own = whole(found.base_weighted.as_ref().unwrap_or(&found.base.to_string()))?;
        let decimals = line.decimals().unwrap_or(0);
        let mut answered = 0;
        let mut others: Vec<(State, i128)> = Vec::new();
        for state in states {
            let weight = whole(&amount(state))?;
            match state.state {
                State::Answered => answered = weight,
                state => others.push((state, weight)),
            }
        }
        let one = 10i128.checked_pow(u32::from(places))?;
        for chosen in 0..1u32 << others.len() {
            let with = || others.iter().enumerate().filter(move |(at, _)| chosen & (1 << at) != 0);
            let base = answered + with().map(|(_, (_, weight))| *weight).sum::<i128>();
            let text = match is_base {
                true => ratio_text(base, one, decimals, self.rounding),
                false => ratio_text(count.checked_mul(100)?, base, decimals, self.rounding),
            };
            if base != own && text.is_some_and(|text| is_equal(&text, &line.value)) {
                let names = with().map(|(_, (state, _))| state.as_str());
                let names: Vec<&str> = std::iter::once("answered").chain(names).collect();
                return Some(format!(
                    "it fits a base of {}: {}; `states` in survey.yaml says who is in the base",
                    ratio_text(base, one, places, self.rounding).unwrap_or_default(),
                    names.join(" and ")
                ));
            }
        }
        None
    }
}

/// How many units are in a state, or what they weigh.
fn amount(state: &StateUnits) -> String {
    state.weighted.clone().unwrap_or_else(|| state.units.to_string())
}
