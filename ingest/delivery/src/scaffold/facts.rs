//! What the cells of a column come to.

use std::collections::BTreeMap;

use super::joined::Listed;
use super::words::{self, Missing};

/// What a column probably is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    /// Nothing stands in it.
    Empty,
    /// Few different texts: the options with how often each came, the most frequent first.
    Single(Vec<(String, u64)>),
    /// Few different texts joined in a cell.
    Multiple { joiner: &'static str, options: Vec<(String, u64)> },
    /// Points of a scale, and a few texts that are none.
    Rating { from: i64, to: i64, odd: Vec<(String, u64)> },
    /// Numbers with so many decimals.
    Number(u8),
    /// Anything else.
    Text,
}

/// What the cells of a column come to, worked out once.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) guess: Guess,
    /// Cells that answer something.
    pub(super) answers: u64,
    /// Normal form to the text as it came most often, with its count; none if there are too many.
    pub(super) labels: Option<BTreeMap<String, (String, u64)>>,
    /// Texts that stand in the place of an answer.
    pub(super) missing: BTreeMap<(Missing, String), u64>,
    /// Numbers below zero that stand in the place of an answer, with their counts.
    pub(super) codes: BTreeMap<i64, u64>,
    /// Texts that are no numbers, if they are few, the most frequent first.
    pub(super) words: Option<Vec<(String, u64)>>,
    /// Of texts: the options that most of them are.
    pub(super) listed: Option<Listed>,
}

impl Facts {
    /// The one text of the column, in its normal form and as it came.
    pub(super) fn only(&self) -> Option<(&str, &str)> {
        let labels = self.labels.as_ref().filter(|labels| labels.len() == 1)?;
        labels.first_key_value().map(|(key, (text, _))| (key.as_str(), text.as_str()))
    }

    /// How many cells hold something else than a number.
    pub(super) fn no_numbers(&self) -> u64 {
        self.words.iter().flatten().map(|(_, count)| count).sum()
    }

    /// How many different texts there are.
    pub(super) fn different(&self) -> usize {
        self.labels.as_ref().map_or(usize::MAX, BTreeMap::len)
    }
}

/// Takes out the numbers below zero by which programs say that there is no answer, `-99` above all.
pub(super) fn stated(spellings: &mut BTreeMap<String, BTreeMap<&str, u64>>) -> BTreeMap<i64, u64> {
    let whole = |key: &String| key.parse::<i64>().ok();
    let below: Vec<i64> = spellings.keys().filter_map(whole).filter(|number| *number < 0).collect();
    let most = spellings.keys().filter_map(whole).max().unwrap_or(0);
    let decimal_below = spellings.keys().any(|key| key.starts_with('-') && decimals(key) > Some(0));
    // Few answers are a scale, which may go through zero and reach below it as far as above.
    let through_zero = below.contains(&-1) && spellings.contains_key("0");
    let few = spellings.len() - below.len() <= 12
        && !through_zero
        && below.iter().min().is_some_and(|least| -least != most);
    let is_usual = |number: &i64| {
        let digits = number.unsigned_abs().to_string();
        let nines = digits.trim_start_matches('9');
        match nines.len() {
            0 => true,
            1 => matches!(nines, "7" | "8"),
            _ => ["7", "8", "6"].iter().any(|digit| digits.trim_start_matches(digit).is_empty()),
        }
    };
    let fits = !decimal_below
        && below.len() <= 5
        && below.len() < spellings.len()
        && (below.iter().all(is_usual) || (few && most > 0));
    if !fits {
        return BTreeMap::new();
    }
    let mut take = |number: i64| Some((number, spellings.remove(&number.to_string())?.values().sum()));
    below.into_iter().filter_map(&mut take).collect()
}

/// A scale of numbers from 0 or 1 up, of which most points came. A name that speaks of a scale makes one of five points.
pub(super) fn rating(labels: &BTreeMap<String, (String, u64)>, answers: u64, name: &str) -> Option<Guess> {
    let point = |key: &str| key.parse::<i64>().ok().filter(|point| (0..=10).contains(point));
    let points: Vec<i64> = labels.keys().filter_map(|key| point(key)).collect();
    let (from, to) = (*points.iter().min()?, *points.iter().max()?);
    let is_scale = match to {
        10 => from <= 1 && points.len() >= 8,
        4..=9 => from <= 1 && words::is_scale(name) && points.len() as i64 == to - from + 1,
        _ => false,
    };
    let odd: Vec<(String, u64)> =
        labels.iter().filter(|(key, _)| point(key).is_none()).map(|(_, label)| label.clone()).collect();
    let strange: u64 = odd.iter().map(|(_, count)| count).sum();
    (is_scale && odd.len() <= 2 && strange * 10 <= answers).then_some(Guess::Rating { from, to, odd })
}

/// The most frequent first. Texts that are all numbers stand in the order of the numbers.
pub(super) fn sorted(options: impl Iterator<Item = (String, u64)>) -> Vec<(String, u64)> {
    let mut options: Vec<(String, u64)> = options.collect();
    match options.iter().map(|(text, _)| text.parse::<i64>().ok()).collect::<Option<Vec<_>>>() {
        Some(_) => options.sort_by_key(|(text, _)| text.parse::<i64>().unwrap_or_default()),
        None => options.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0))),
    }
    options
}

/// Digits behind the point, if the text is a decimal number.
pub(super) fn decimals(text: &str) -> Option<u8> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    // `1e+05`, as some programs write large numbers.
    if let Some((digits, exponent)) = digits.split_once(['e', 'E']) {
        let exponent = exponent.strip_prefix('+').unwrap_or(exponent).parse::<usize>().ok()?;
        return decimals(digits)
            .filter(|_| (1..=12).contains(&exponent))
            .map(|behind| behind.saturating_sub(exponent as u8));
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // A leading zero is that of a code.
    let is_code = whole.len() > 1 && whole.starts_with('0');
    let fits = whole.len() + fraction.len() > 0 && whole.len() <= 15 && fraction.len() <= 9;
    (fits && !is_code && is_digits(whole) && is_digits(fraction)).then_some(fraction.len() as u8)
}

/// Whether less than half of the texts are numbers.
pub(super) fn few_numbers(labels: &BTreeMap<String, (String, u64)>) -> bool {
    labels.keys().filter(|key| decimals(key).is_some()).count() * 2 < labels.len()
}
