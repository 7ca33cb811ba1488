//! What the cells of a column look like.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use shukei_schemas::definition::Steps;

use super::facts::{Facts, Guess, decimals, few_numbers, nearly_numbers, rating, sorted};
use super::words;

/// As many different texts make a list of options, if each comes twice on average.
const LABELS_MAX: usize = 30;
/// As many make one if each comes 20 times on average, as those of countries and programming languages do.
const LABELS_LONG: usize = 300;
/// As many different whole numbers may be codes.
const CODES_MAX: usize = 12;
/// As many different texts of a column are kept.
const TEXTS_MAX: usize = 2_000;
/// What joins several answers in one cell, the most telling first.
const JOINERS: [&str; 5] = ["\n", "; ", ";", "|", ", "];

/// What was seen of a column.
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) filled: u64,
    /// Texts as they came, with their counts.
    texts: HashMap<String, u64>,
    /// How many cells hold texts that were not kept.
    unkept: u64,
    /// Hashes of all texts as long as no two are the same.
    all_different: Option<HashSet<u64>>,
    numbers: Option<u8>,
    whole_min: i64,
    whole_max: i64,
    clock: bool,
}

impl Profile {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            filled: 0,
            texts: HashMap::new(),
            unkept: 0,
            all_different: Some(HashSet::new()),
            numbers: Some(0),
            whole_min: i64::MAX,
            whole_max: i64::MIN,
            clock: true,
        }
    }

    /// Looks at a cell. Most cells repeat a text, which costs one look-up.
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
        if let Some(count) = self.texts.get_mut(text) {
            *count += 1;
            return;
        }
        self.meet(text, steps);
        match self.texts.len() < TEXTS_MAX {
            true => _ = self.texts.insert(text.to_owned(), 1),
            false => self.unkept += 1,
        }
    }

    /// Looks at a text that was not kept before.
    fn meet(&mut self, text: &str, steps: Steps) {
        let key = steps.key(text);
        if words::missing(&key).is_some() {
            return;
        }
        self.numbers = self.numbers.and_then(|most| Some(most.max(decimals(&key)?)));
        if let Ok(whole) = key.parse::<i64>() {
            self.whole_min = self.whole_min.min(whole);
            self.whole_max = self.whole_max.max(whole);
        }
        self.clock &= text.contains(':') && text.bytes().any(|byte| byte.is_ascii_digit());
    }

    /// Whether each row has a text of its own here, and the column looks like a name of rows.
    pub(super) fn is_key(&self, rows: u64) -> bool {
        self.all_different.is_some() && self.filled == rows && rows > 0 && !self.is_clock()
    }

    /// Whether every cell is a time of day, or has one.
    pub(super) fn is_clock(&self) -> bool {
        self.clock && self.filled > 0
    }

    /// Whether the text came, as far as texts were kept.
    pub(super) fn has(&self, text: &str) -> bool {
        self.texts.contains_key(text.trim())
    }

    /// The texts that were kept, with their counts, in no order.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, u64)> + Clone {
        self.texts.iter().map(|(text, count)| (text.as_str(), *count))
    }

    /// What the column probably is. `name` may say that it is a scale.
    pub(super) fn facts(&self, steps: Steps, name: &str) -> Facts {
        let mut missing = BTreeMap::new();
        let mut spellings: BTreeMap<String, BTreeMap<&str, u64>> = BTreeMap::new();
        let mut answers = self.unkept;
        for (text, count) in self.texts() {
            let key = steps.key(text);
            match words::missing(&key) {
                Some(what) => _ = missing.insert((what, text.to_owned()), count),
                None => {
                    answers += count;
                    *spellings.entry(key.into_owned()).or_default().entry(text).or_default() += count;
                }
            }
        }
        let labels = (self.unkept == 0 && spellings.len() <= LABELS_LONG).then(|| {
            let one = |(key, spellings): (String, BTreeMap<&str, u64>)| {
                let total = spellings.values().sum();
                let most =
                    spellings.into_iter().max_by_key(|(text, count)| (*count, std::cmp::Reverse(*text)));
                (key, (most.map_or_else(String::new, |(text, _)| text.to_owned()), total))
            };
            spellings.into_iter().map(one).collect()
        });
        let mut facts = Facts { guess: Guess::Text, answers, labels, missing };
        facts.guess = self.guess_of(&facts, steps, name);
        facts
    }

    fn guess_of(&self, facts: &Facts, steps: Steps, name: &str) -> Guess {
        let answers = facts.answers;
        if answers == 0 {
            return Guess::Empty;
        }
        let different = facts.different();
        let repeated = different != usize::MAX && answers >= 2 * different as u64;
        if let Some(rating) = facts.labels.as_ref().and_then(|labels| rating(labels, answers, name)) {
            return rating;
        }
        if let Some(decimals) = self.numbers {
            // Small whole numbers that come again and again are rather codes than amounts.
            let few = different <= CODES_MAX && repeated;
            let codes = decimals == 0 && self.whole_min >= 0 && self.whole_max <= 99 && few;
            if !codes {
                return Guess::Number(decimals);
            }
        }
        if different > CODES_MAX
            && let Some(decimals) = facts.labels.as_ref().and_then(|labels| nearly_numbers(labels, answers))
        {
            return Guess::Number(decimals);
        }
        for joiner in JOINERS {
            if let Some(options) = self.pieces(joiner, different, steps) {
                return Guess::Multiple { joiner, options };
            }
        }
        let is_list = different <= LABELS_MAX || answers / 20 >= different as u64;
        // Of many numbers none is an option.
        let is_list = is_list
            && facts.labels.as_ref().is_some_and(|labels| labels.len() <= LABELS_MAX || few_numbers(labels));
        match &facts.labels {
            Some(labels) if repeated && is_list => Guess::Single(sorted(labels.values().cloned())),
            _ => Guess::Text,
        }
    }

    /// The parts of the cells, if they are joined by this and fewer than the cells themselves.
    fn pieces(&self, joiner: &str, different: usize, steps: Steps) -> Option<Vec<(String, u64)>> {
        let joined: u64 =
            self.texts().filter(|(text, _)| text.contains(joiner)).map(|(_, count)| count).sum();
        if joined < 2 {
            return None;
        }
        let mut pieces: BTreeMap<String, BTreeMap<&str, u64>> = BTreeMap::new();
        for (text, count) in self.texts() {
            if words::missing(&steps.key(text)).is_some() {
                continue;
            }
            for piece in text.split(joiner).map(str::trim).filter(|piece| !piece.is_empty()) {
                *pieces.entry(steps.key(piece).into_owned()).or_default().entry(piece).or_default() += count;
            }
            if pieces.len() > LABELS_LONG {
                return None;
            }
        }
        let total: u64 = pieces.values().flat_map(BTreeMap::values).sum();
        // A comma stands in sentences too.
        let times = match joiner {
            _ if pieces.len() > LABELS_MAX => 20,
            ", " | "\n" => 3,
            _ => 2,
        };
        let telling = total >= times * pieces.len() as u64 && pieces.len() > 1 && pieces.len() < different;
        telling.then(|| {
            sorted(pieces.into_values().filter_map(|spellings| {
                let total = spellings.values().sum();
                let most =
                    spellings.into_iter().max_by_key(|(text, count)| (*count, std::cmp::Reverse(*text)));
                most.map(|(text, _)| (text.to_owned(), total))
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(cells: &[&str]) -> Guess {
        let mut profile = Profile::new("c");
        cells.iter().for_each(|cell| profile.see(cell, Steps::default()));
        profile.facts(Steps::default(), "c").guess
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
        let scale: Vec<String> = (0..=10).chain(0..=10).map(|point| point.to_string()).collect();
        let scale: Vec<&str> =
            scale.iter().map(String::as_str).chain(["－", "無回答", "わからない"]).collect();
        let hours: Vec<String> = (0..60).map(|hour| (hour % 20).to_string()).collect();
        let hours: Vec<&str> = hours.iter().map(String::as_str).chain(["ten"]).collect();
        let tools: Vec<String> =
            (0..800).map(|row| format!("t{:02};t{:02}", row % 40, (row + 1 + row / 40) % 40)).collect();
        let tools: Vec<&str> = tools.iter().map(String::as_str).collect();
        let names: Vec<String> = (0..40).map(|tool| format!("t{tool:02}")).collect();
        let of_tools: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 40)).collect();
        let cases: &[(&[&str], Guess)] = &[
            (&tools, multiple(";", &of_tools)),
            (&tools[..300], Guess::Text),
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
            (&["a", "NA", "a", "b", "b", "No answer", "-"], single(&[("a", 2), ("b", 2)])),
            (&["NA", "nan", "無回答"], Guess::Empty),
            (&["12", "NA", "300", "1234"], Guess::Number(0)),
            (&hours, Guess::Number(0)),
            (&scale, Guess::Rating { from: 0, to: 10, odd: vec![("わからない".to_owned(), 1)] }),
        ];
        for (cells, wanted) in cases {
            assert_eq!(&guess(cells), wanted, "{cells:?}");
        }
    }
}
