//! What the cells of a column look like.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use shukei_schemas::definition::Steps;

/// As many different texts make a list of options.
const LABELS_MAX: usize = 30;
/// What joins several answers in one cell, the most telling first.
const JOINERS: [&str; 5] = ["\n", "; ", ";", "|", ", "];

/// What was seen of a column.
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) filled: u64,
    /// Normal form to the text as it came most often, with its count; none if there are too many.
    labels: Option<BTreeMap<String, BTreeMap<String, u64>>>,
    /// Per joiner, the pieces; none if there are too many.
    pieces: Vec<Option<BTreeMap<String, u64>>>,
    joined: [u64; JOINERS.len()],
    /// Hashes of all texts as long as no two are the same.
    all_different: Option<HashSet<u64>>,
    numbers: Option<u8>,
    whole_min: i64,
    whole_max: i64,
    clock: bool,
}

/// What a column probably is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    /// Nothing stands in it.
    Empty,
    /// Few different texts: the options with how often each came, the most frequent first.
    Single(Vec<(String, u64)>),
    /// Few different texts joined in a cell.
    Multiple { joiner: &'static str, options: Vec<(String, u64)> },
    /// Numbers with so many decimals.
    Number(u8),
    /// Anything else.
    Text,
}

impl Profile {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            filled: 0,
            labels: Some(BTreeMap::new()),
            pieces: vec![Some(BTreeMap::new()); JOINERS.len()],
            joined: [0; JOINERS.len()],
            all_different: Some(HashSet::new()),
            numbers: Some(0),
            whole_min: i64::MAX,
            whole_max: i64::MIN,
            clock: true,
        }
    }

    /// Looks at a cell.
    pub(super) fn see(&mut self, cell: &str, steps: Steps) {
        let text = cell.trim();
        if text.is_empty() {
            return;
        }
        self.filled += 1;
        if let Some(seen) = &mut self.all_different {
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            if !seen.insert(hasher.finish()) {
                self.all_different = None;
            }
        }
        self.numbers = self.numbers.and_then(|most| Some(most.max(decimals(text)?)));
        if let Ok(whole) = text.parse::<i64>() {
            self.whole_min = self.whole_min.min(whole);
            self.whole_max = self.whole_max.max(whole);
        }
        self.clock &= text.contains(':') && text.bytes().any(|byte| byte.is_ascii_digit());
        if let Some(labels) = &mut self.labels {
            *labels.entry(steps.key(text).into_owned()).or_default().entry(text.to_owned()).or_default() += 1;
            if labels.len() > LABELS_MAX {
                self.labels = None;
            }
        }
        for (at, joiner) in JOINERS.iter().enumerate() {
            let Some(pieces) = &mut self.pieces[at] else { continue };
            self.joined[at] += u64::from(text.contains(joiner));
            for piece in text.split(joiner).map(str::trim).filter(|piece| !piece.is_empty()) {
                *pieces.entry(piece.to_owned()).or_default() += 1;
            }
            if pieces.len() > LABELS_MAX {
                self.pieces[at] = None;
            }
        }
    }

    /// Whether each row has a text of its own here, and the column looks like a name of rows.
    pub(super) fn is_key(&self, rows: u64) -> bool {
        self.all_different.is_some() && self.filled == rows && rows > 0 && !self.is_clock()
    }

    /// Whether every cell is a time of day, or has one.
    pub(super) fn is_clock(&self) -> bool {
        self.clock && self.filled > 0
    }

    pub(super) fn guess(&self) -> Guess {
        if self.filled == 0 {
            return Guess::Empty;
        }
        let repeated = |different: usize| self.filled >= 2 * different as u64;
        if let Some(decimals) = self.numbers {
            // Small whole numbers that come again and again are rather codes than amounts.
            let few = self.labels.as_ref().is_some_and(|labels| labels.len() <= 12 && repeated(labels.len()));
            let codes = decimals == 0 && self.whole_min >= 0 && self.whole_max <= 99 && few;
            if !codes {
                return Guess::Number(decimals);
            }
        }
        let different = self.labels.as_ref().map_or(usize::MAX, BTreeMap::len);
        for (at, joiner) in JOINERS.iter().enumerate() {
            let Some(pieces) = &self.pieces[at] else { continue };
            let total: u64 = pieces.values().sum();
            let telling = total >= 3 * pieces.len() as u64 && pieces.len() > 1;
            if self.joined[at] >= 2 && telling && pieces.len() < different {
                return Guess::Multiple { joiner, options: sorted(pieces.clone()) };
            }
        }
        match &self.labels {
            Some(labels) if repeated(labels.len()) => {
                let options = labels.values().filter_map(|spellings| {
                    let total = spellings.values().sum();
                    let most = spellings
                        .iter()
                        .max_by_key(|(text, count)| (**count, std::cmp::Reverse(text.as_str())));
                    most.map(|(text, _)| (text.clone(), total))
                });
                Guess::Single(sorted(options.collect()))
            }
            _ => Guess::Text,
        }
    }
}

/// The most frequent first. Texts that are all numbers stand in the order of the numbers.
fn sorted(options: BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let mut options: Vec<(String, u64)> = options.into_iter().collect();
    match options.iter().map(|(text, _)| text.parse::<i64>().ok()).collect::<Option<Vec<_>>>() {
        Some(_) => options.sort_by_key(|(text, _)| text.parse::<i64>().unwrap_or_default()),
        None => options.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0))),
    }
    options
}

/// Digits behind the point, if the text is a decimal number.
fn decimals(text: &str) -> Option<u8> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // A leading zero is that of a code.
    let is_code = whole.len() > 1 && whole.starts_with('0');
    let fits = !whole.is_empty() && whole.len() <= 15 && fraction.len() <= 9;
    (fits && !is_code && is_digits(whole) && is_digits(fraction) && !digits.ends_with('.'))
        .then_some(fraction.len() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(cells: &[&str]) -> Guess {
        let mut profile = Profile::new("c");
        cells.iter().for_each(|cell| profile.see(cell, Steps::default()));
        profile.guess()
    }

    fn single(options: &[(&str, u64)]) -> Guess {
        Guess::Single(options.iter().map(|(text, count)| ((*text).to_owned(), *count)).collect())
    }

    #[test]
    fn columns_are_guessed_from_their_cells() {
        let multiple = |joiner, options: &[(&str, u64)]| Guess::Multiple {
            joiner,
            options: options.iter().map(|(text, count)| ((*text).to_owned(), *count)).collect(),
        };
        let many: Vec<String> = (0..100).map(|number| format!("word {number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let cases: &[(&[&str], Guess)] = &[
            (&["", "  "], Guess::Empty),
            (&["Yes", "No", "Yes", " Yes", ""], single(&[("Yes", 3), ("No", 1)])),
            (&["はい", "いいえ", "はい", "いいえ"], single(&[("いいえ", 2), ("はい", 2)])),
            (&["A1", "Ａ１", "A1", "b"], single(&[("A1", 3), ("b", 1)])),
            (&["10", "2", "2", "10", "2", "10"], single(&[("2", 3), ("10", 3)])),
            (&["1", "20", "300"], Guess::Number(0)),
            (&["1.5", "2", "-3.25"], Guess::Number(2)),
            (&["001", "002", "003"], Guess::Text),
            (&["1,5", "2,5", "3,5"], Guess::Text),
            (&["a; b", "b; a", "a", "a; b; c", "c; a", "b"], multiple("; ", &[("a", 5), ("b", 4), ("c", 2)])),
            (&["Well, it depends", "I see, yes", "no"], Guess::Text),
            (&many, Guess::Text),
        ];
        for (cells, wanted) in cases {
            assert_eq!(&guess(cells), wanted, "{cells:?}");
        }
    }
}
