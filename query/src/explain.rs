//! Where a figure comes from.

use shukei_schemas::State;
use shukei_schemas::definition::{IndicatorBase, SignOff};

use crate::break_by::{Cross, Part};
use crate::catalog::Catalog;
use crate::cell_id::CellId;
use crate::error::QueryError;
use crate::indicator::IndicatorTally;
use crate::labels::language_of;
use crate::measure::Measure;
use crate::measures::{asked, cells_of, measures};
use crate::sums::{Amount, Chosen, Sums};
use crate::tabulate::{Counted, count_wave, request_of_table};
use crate::tally::Tally;

/// A figure with what it was formed from.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The figure itself.
    pub figure: Measure,
    /// What was asked beside question and break, by name.
    pub asked: Vec<(&'static str, String)>,
    /// The forms that ask the question, `<form>-<version>`.
    pub forms: Vec<String>,
    /// The mappings that feed one of the forms.
    pub mappings: Vec<ExplainedMapping>,
    /// The states of all units of the figure's part, those that occur.
    pub states: Vec<(State, u64)>,
    /// Count and base per group and way of collecting.
    pub parts: Vec<ExplainedPart>,
}

/// What a mapping says of a figure.
#[derive(Clone, Debug)]
pub struct ExplainedMapping {
    /// `<mapping>-<version>`.
    pub mapping: String,
    /// Whether its units are in the base of the figure.
    pub covers: bool,
    /// Why the question is fed as it is; empty where it is not.
    pub reason: String,
    /// Who answers for the rule.
    pub signed_off: SignOff,
}

/// Some of the units of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedPart {
    /// The group; empty for units without one.
    pub group: String,
    /// How they were collected.
    pub method: String,
    /// The units counted.
    pub count: u64,
    /// The units in the base.
    pub base: u64,
}

/// Forms a figure again from its name, and says what it is made of.
///
/// # Errors
/// [`QueryError::Request`] if the name is none or the figure is no longer there, and those of
/// [`crate::tabulate()`].
pub async fn explain(catalog: &Catalog, id: &str, language: Option<&str>) -> Result<Explanation, QueryError> {
    let parsed = CellId::parse(id)?;
    let mut request = parsed.request.clone();
    if let Some(named) = &parsed.named {
        let (survey, wave) = (request.survey.clone(), request.wave.clone());
        let of_table = request_of_table(catalog, survey, wave, named)?;
        // All its questions: a scale point is pooled over them.
        request.how = of_table.how;
        request.questions = of_table.questions;
    }
    request.language = language.map(str::to_owned);
    let own = request.by.first().cloned();
    let names: Vec<&str> = own.as_deref().map_or_else(Vec::new, |by| by.split('*').collect());
    let is_apart = names.iter().any(|name| matches!(*name, "group" | "method"));
    if !is_apart && names.len() + 2 <= crate::break_by::DIMENSIONS_MAX {
        for more in [&["group", "method"][..], &["method"]] {
            request.by.push(names.iter().chain(more).copied().collect::<Vec<_>>().join("*"));
        }
    }
    let counted = count_wave(catalog, &request).await?;
    let all = measures(&counted.world(), &counted.request, &counted.tallies)?;
    let gone = || QueryError::Request {
        problem: format!("there is no figure `{id}`"),
        hint: "take it from the column `id` of `shukei tabulate`, with the same definitions".to_owned(),
    };
    let figure = all.iter().find(|measure| measure.id == id).ok_or_else(gone)?.clone();
    let same = |other: &&Measure| {
        let key = |m: &Measure| (m.question.clone(), m.row, m.option, m.state, m.set.clone(), m.measure);
        key(other) == key(&figure)
    };
    let prefix = if figure.breaks.is_empty() { String::new() } else { format!("{}; ", figure.breaks) };
    let part = |measure: &Measure, group: &str, method: &str| ExplainedPart {
        group: group.to_owned(),
        method: method.to_owned(),
        count: measure.count,
        base: measure.base,
    };
    let (mut parts, mut by_method) = (Vec::new(), Vec::new());
    for measure in all.iter().filter(same) {
        let Some(rest) = measure.breaks.strip_prefix(&prefix) else { continue };
        if let Some(method) = rest.strip_prefix("method=") {
            by_method.push(part(measure, "", method));
        } else if let Some((group, method)) =
            rest.strip_prefix("group=").and_then(|rest| rest.split_once("; method="))
        {
            parts.push(part(measure, group, method));
        }
    }
    // What is left of a method is in no group.
    for mut rest in by_method {
        for part in parts.iter().filter(|part| part.method == rest.method) {
            rest.count = rest.count.saturating_sub(part.count);
            rest.base = rest.base.saturating_sub(part.base);
        }
        parts.push(rest);
    }
    parts.retain(|part| part.count > 0 || part.base > 0);
    let of_indicator =
        said_of_indicator(&counted, &figure, &language_of(&counted.definition.survey, language));
    Ok(Explanation {
        parts,
        states: states(&counted, &figure)?.into_iter().map(|(state, amount)| (state, amount.units)).collect(),
        forms: forms(&counted, &figure),
        mappings: mappings(&counted, &figure, language),
        asked: said(&counted).into_iter().chain(of_indicator).collect(),
        figure,
    })
}

fn said(counted: &Counted) -> Vec<(&'static str, String)> {
    let how = &counted.request.how;
    let mut said = Vec::new();
    let mut add = |name, text: Option<String>| said.extend(text.map(|text| (name, text)));
    add("named table", (!how.table.is_empty()).then(|| how.table.clone()));
    add("filter", how.filter.as_ref().map(ToString::to_string));
    add("numerator", how.numerator.as_ref().map(ToString::to_string));
    add("weight", how.weight.clone());
    said
}

/// What an indicator is, where the figure is one.
fn said_of_indicator(counted: &Counted, figure: &Measure, language: &str) -> Vec<(&'static str, String)> {
    let Some(counted) = indicators_of(counted, figure).map(|(_, counted)| counted).next() else {
        return Vec::new();
    };
    let asked = &counted.asked;
    let mut said = vec![
        ("set", format!("{}, version {}", asked.set, asked.version)),
        ("holds where", asked.indicator.condition().map(|of| of.to_string()).unwrap_or_default()),
    ];
    if matches!(asked.indicator.base(), IndicatorBase::Questions(_)) {
        said.push(("base of", asked.indicator.base().text()));
    }
    said.extend(asked.indicator.among.as_ref().map(|among| ("base among", among.to_string())));
    let texts = [("label", &asked.indicator.label), ("note", &asked.indicator.note)];
    said.extend(texts.map(|(name, text)| (name, text.in_language(language).to_owned())));
    said.extend(asked.indicator.origin.clone().map(|origin| ("origin", origin)));
    said.retain(|(_, text)| !text.is_empty());
    said
}

/// The indicator that a figure is of, on each form.
fn indicators_of<'a>(
    counted: &'a Counted,
    figure: &'a Measure,
) -> impl Iterator<Item = (&'a Tally, &'a IndicatorTally)> {
    let is_indicator = figure.question.as_str().is_empty();
    let is_it = move |of: &&IndicatorTally| {
        is_indicator && Some(&of.asked.indicator.indicator) == figure.set.as_ref()
    };
    counted.tallies.iter().filter_map(move |tally| Some((tally, tally.indicators().iter().find(is_it)?)))
}

/// The states of all units of the part that a figure is of, those that occur.
pub(crate) fn states(counted: &Counted, figure: &Measure) -> Result<Vec<(State, Amount)>, QueryError> {
    let tallies = &counted.tallies;
    let all = asked(tallies)?;
    let Some(of) = all.iter().find(|asked| asked.question.number == figure.question) else {
        return Ok(Vec::new());
    };
    let crosses = tallies.first().map_or(&[][..], |tally| tally.crosses());
    let part_of = |(at, cross): (usize, &Cross)| {
        let cells = cells_of(at, cross, &counted.groups, tallies);
        cells.into_iter().find(|cell| cell.text == figure.breaks)
    };
    let chosen = match figure.breaks.is_empty() {
        true => Some(Chosen::new(Part::Total, String::new(), tallies)),
        false => crosses.iter().enumerate().find_map(part_of),
    };
    let Some(chosen) = chosen else { return Ok(Vec::new()) };
    let nth = figure.row.and_then(|row| of.question.rows().iter().position(|known| known.code == row));
    let sums = Sums::of(of, &[], nth.unwrap_or(0), &chosen, false);
    let each = State::ALL.into_iter().map(|state| (state, sums.everything.state(state)));
    Ok(each.filter(|(_, amount)| amount.units > 0).collect())
}

fn forms(counted: &Counted, figure: &Measure) -> Vec<String> {
    let asks =
        counted.tallies.iter().filter(|tally| tally.form().question(figure.question.as_str()).is_some());
    let of_indicator = indicators_of(counted, figure).filter(|(_, of)| of.is_asked()).map(|(tally, _)| tally);
    asks.chain(of_indicator).map(|tally| tally.form().reference.target()).collect()
}

fn mappings(counted: &Counted, figure: &Measure, language: Option<&str>) -> Vec<ExplainedMapping> {
    let language = language_of(&counted.definition.survey, language);
    let mut explained = Vec::new();
    for mapping in &counted.mappings {
        let mut of_indicator = indicators_of(counted, figure);
        if let Some((tally, of)) =
            of_indicator.find(|(tally, of)| tally.form().reference == mapping.target && of.is_asked())
        {
            let reasons = of.questions().filter_map(|place| mapping.rule(place));
            let reasons = reasons.map(|rule| rule.reason.in_language(&language).to_owned());
            explained.push(ExplainedMapping {
                mapping: mapping.reference.target(),
                covers: of.has_in_base(tally.form(), mapping),
                reason: reasons.collect::<Vec<_>>().join(" "),
                signed_off: mapping.signed_off.clone(),
            });
            continue;
        }
        let form = counted.tallies.iter().find(|tally| tally.form().reference == mapping.target);
        let found = form.and_then(|tally| tally.form().question(figure.question.as_str()));
        let Some((place, question)) = found else { continue };
        let option =
            figure.option.and_then(|code| question.options().iter().position(|option| option.code == code));
        let covers = match option {
            Some(option) => mapping.covers(place, option),
            None if question.options().is_empty() => mapping.covers_some(place),
            None => (0..question.options().len()).all(|option| mapping.covers(place, option)),
        };
        let rule = mapping.rule(place);
        let reason = rule.map(|rule| rule.reason.in_language(&language).to_owned()).unwrap_or_default();
        let signed_off = rule.and_then(|rule| rule.signed_off.clone());
        explained.push(ExplainedMapping {
            mapping: mapping.reference.target(),
            covers: covers || question.filled_from.is_some(),
            reason,
            signed_off: signed_off.unwrap_or_else(|| mapping.signed_off.clone()),
        });
    }
    explained
}
