//! Options that are counted together, unit by unit and never added up.

use shukei_schemas::decimal::{VALUE_DECIMALS, scaled};
use shukei_schemas::definition::{Kind, Question, Table};

/// Some options of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OptionSet {
    /// The name in the column `set`.
    pub(crate) id: String,
    pub(crate) label: String,
    /// The places of the options.
    pub(crate) places: Vec<usize>,
    pub(crate) purpose: Purpose,
}

/// What a set is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It prints.
    Row,
    /// It counts for a net score.
    Promoters,
    /// It counts against it.
    Detractors,
}

/// The sets that a table forms of a question.
pub(crate) fn sets_of(question: &Question, how: &Table, language: &str) -> Vec<OptionSet> {
    let options = question.options();
    let places = |codes: &[i16]| -> Option<Vec<usize>> {
        codes.iter().map(|code| options.iter().position(|option| option.code == *code)).collect()
    };
    let mut sets = Vec::new();
    for group in &how.groups {
        // A group is of the questions that offer all its options.
        let Some(places) = places(&group.options).filter(|places| !places.is_empty()) else { continue };
        let label = group.label.in_language(language);
        let label = if label.is_empty() { group.id.clone() } else { label.to_owned() };
        sets.push(OptionSet { id: group.id.clone(), label, places, purpose: Purpose::Row });
    }
    let is_scale = !options.is_empty() && !matches!(question.kind, Kind::Multiple { .. });
    let level = how.at_least.as_deref().filter(|_| is_scale);
    if let Some((text, level)) = level.and_then(|text| Some((text, scaled(text, VALUE_DECIMALS)?))) {
        let reaches = |at: &usize| question.kind.compared(&options[*at]).is_some_and(|value| value >= level);
        let places: Vec<usize> = (0..options.len()).filter(reaches).collect();
        if !places.is_empty() {
            let label = format!("≥ {text}");
            sets.push(OptionSet { id: format!("at_least_{text}"), label, places, purpose: Purpose::Row });
        }
    }
    if let Some(score) = &how.net_score
        && let (Some(promoters), Some(detractors)) = (places(&score.promoters), places(&score.detractors))
    {
        for (id, places, purpose) in
            [("promoters", promoters, Purpose::Promoters), ("detractors", detractors, Purpose::Detractors)]
        {
            sets.push(OptionSet { id: id.to_owned(), label: id.to_owned(), places, purpose });
        }
    }
    // A unit's sets are bits of one word.
    sets.truncate(u64::BITS as usize);
    sets
}

/// Per option, which sets it is in, as bits.
pub(crate) fn sets_by_place(sets: &[OptionSet], options: usize) -> Vec<u64> {
    let mut bits = vec![0u64; options];
    for (at, set) in sets.iter().enumerate() {
        for place in &set.places {
            if let Some(bits) = bits.get_mut(*place) {
                *bits |= 1 << at;
            }
        }
    }
    bits
}
