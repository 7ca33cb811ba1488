//! What columns with one beginning are together, by their cells.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Facts, sorted};
use super::stem::Style;
use super::words;

/// What columns are together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GroupKind {
    /// A column per option. The texts are those that say chosen and not chosen beside the option's own words.
    Multiple { chosen: BTreeSet<String>, not_chosen: BTreeSet<String> },
    /// A row per column, with the same options in all.
    Grid(Vec<(String, u64)>),
    /// A row per column, with the same numbers in all.
    Points { from: i64, to: i64 },
    /// An item per column, with ranks in the cells.
    Ranking,
}

impl GroupKind {
    /// Whether each column holds the words of its option, or nothing.
    pub(super) fn is_label_or_blank(&self) -> bool {
        matches!(self, Self::Multiple { chosen, not_chosen } if chosen.is_empty() && not_chosen.is_empty())
    }
}

/// What the cells of columns say that they are together; none if nothing fits.
pub(super) fn kind(places: &[usize], facts: &[Facts], style: Style, text: &str) -> Option<GroupKind> {
    let labels: Vec<&BTreeMap<String, (String, u64)>> =
        places.iter().map(|at| facts[*at].labels.as_ref()).collect::<Option<_>>()?;
    let filled: Vec<_> = labels.into_iter().filter(|labels| !labels.is_empty()).collect();
    if filled.len() < 2 {
        return None;
    }
    let mut all: BTreeMap<&str, (String, u64)> = BTreeMap::new();
    // In how many columns a text stands.
    let mut columns: BTreeMap<&str, usize> = BTreeMap::new();
    for (key, (label, count)) in filled.iter().flat_map(|labels| labels.iter()) {
        all.entry(key).or_insert_with(|| (label.clone(), 0)).1 += count;
        *columns.entry(key).or_default() += 1;
    }
    let by_mark = |wanted: bool| -> BTreeSet<String> {
        all.keys().filter(|key| words::mark(key) == Some(wanted)).map(|key| (*key).to_owned()).collect()
    };
    if all.keys().all(|key| words::mark(key).is_some()) {
        let (chosen, not_chosen) = (by_mark(true), by_mark(false));
        return (chosen.len() <= 1 && not_chosen.len() <= 1)
            .then_some(GroupKind::Multiple { chosen, not_chosen });
    }
    if filled.iter().all(|labels| labels.len() == 1) && columns.values().all(|count| *count == 1) {
        return Some(GroupKind::Multiple { chosen: BTreeSet::new(), not_chosen: BTreeSet::new() });
    }
    // One text that nearly all columns share, beside one of their own.
    let shared = columns.iter().max_by_key(|(key, count)| (**count, words::mark(key) == Some(false)));
    if let Some((shared, count)) = shared.filter(|(key, _)| words::mark(key) != Some(true)) {
        let own = filled.iter().map(|labels| labels.keys().filter(|key| key != shared).count());
        let is_alone = columns.iter().all(|(key, count)| key == shared || *count == 1);
        let owners = own.clone().filter(|own| *own == 1).count();
        let known = words::mark(shared) == Some(false);
        if *count >= 2
            && *count * 10 >= filled.len() * 8
            && own.max() == Some(1)
            && is_alone
            && owners >= if known { 1 } else { 3 }
        {
            let text = all.get(shared).map(|(label, _)| label.clone()).unwrap_or_default();
            return Some(GroupKind::Multiple { chosen: BTreeSet::new(), not_chosen: [text].into() });
        }
    }
    grid(&filled, &all, style, text)
}

fn grid(
    filled: &[&BTreeMap<String, (String, u64)>],
    all: &BTreeMap<&str, (String, u64)>,
    style: Style,
    text: &str,
) -> Option<GroupKind> {
    let total: u64 = all.values().map(|(_, count)| count).sum();
    // Each column has at least half of the texts, and each text comes twice on average.
    let alike = filled.iter().all(|labels| labels.len() * 2 >= all.len());
    if all.len() > 12 || !alike || total < 2 * all.len() as u64 {
        return None;
    }
    let numbers: Option<Vec<i64>> = all.keys().map(|key| key.parse::<i64>().ok()).collect();
    if let Some(numbers) = numbers {
        let (from, to) = (*numbers.iter().min()?, *numbers.iter().max()?);
        if from < 0 || to > 10 || numbers.len() < 3 {
            return None;
        }
        // Where everything is ranked, each rank is given as often as any other; answers on a scale never are.
        let counts = || all.values().map(|(_, count)| *count);
        let (least, most) = (counts().min()?, counts().max()?);
        let is_even = numbers.len() >= 4 && least >= 20 && (most - least) * 50 <= most;
        if from == 1 && to == filled.len() as i64 && (words::is_ranking(text) || is_even) {
            return Some(GroupKind::Ranking);
        }
        let dense = numbers.len() as i64 * 10 >= (to - from + 1) * 6;
        return dense.then_some(GroupKind::Points { from, to });
    }
    // Two texts under a code may be anything; under a wording they are the same question.
    let enough =
        all.len() >= 3 || (all.len() == 2 && style != Style::Code && filled.iter().all(|l| l.len() == 2));
    enough.then(|| GroupKind::Grid(sorted(all.values().cloned())))
}

/// The one text that a column has of its own.
pub(super) fn own_text(facts: &Facts, not_chosen: &BTreeSet<String>) -> Option<String> {
    let mut own = facts
        .labels
        .iter()
        .flatten()
        .filter(|(key, (text, _))| !not_chosen.contains(text) && words::mark(key).is_none());
    own.next().map(|(_, (text, _))| text.clone())
}
