//! What the cells of a column look like.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use shukei_schemas::definition::Steps;

use super::facts::{Facts, Guess, decimals, few_numbers, rating, sorted, stated};
use super::joined::{Listed, PARTS_LONG as LABELS_LONG, joined, listed};
use super::words;

/// As many different texts make a list of options, if each comes twice on average.
const LABELS_MAX: usize = 30;
/// As many different whole numbers may be codes.
const CODES_MAX: usize = 12;
/// As many different texts of a column are kept.
const TEXTS_MAX: usize = 2_000;
/// As many different words may stand among numbers.
const WORDS_MAX: usize = 30;

/// What was seen of a column.
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) filled: u64,
    /// Texts as they came, with their counts.
    texts: HashMap<String, u64>,
    /// How many cells hold texts that were not kept.
    unkept: u64,
    /// Those of them that are no numbers, as long as they are few.
    unkept_words: Option<BTreeMap<String, u64>>,
    /// Hashes of all texts as long as no two are the same.
    all_different: Option<HashSet<u64>>,
    /// The most digits behind the point of what are numbers.
    decimals: u8,
    clock: bool,
    /// Which of the first rows have something here, as bits.
    marked: Vec<u64>,
}

/// In how many of the first rows columns are held against each other.
const MARKED_ROWS: usize = 4_096;

/// In how many of these rows columns have something, if none has something in two of them.
pub(super) fn apart(profiles: &[&Profile]) -> Option<u32> {
    let words = profiles.iter().map(|profile| profile.marked.len()).max()?;
    let mut rows = 0;
    for at in 0..words {
        let mut seen = 0_u64;
        for bits in profiles.iter().filter_map(|profile| profile.marked.get(at)) {
            if seen & bits != 0 {
                return None;
            }
            seen |= bits;
        }
        rows += seen.count_ones();
    }
    Some(rows)
}

impl Profile {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            filled: 0,
            texts: HashMap::new(),
            unkept: 0,
            unkept_words: Some(BTreeMap::new()),
            all_different: Some(HashSet::new()),
            decimals: 0,
            clock: true,
            marked: Vec::new(),
        }
    }

    /// Looks at a cell. Most cells repeat a text, which costs one look-up.
    pub(super) fn see(&mut self, cell: &str, steps: Steps, row: usize) {
        let text = cell.trim();
        if text.is_empty() {
            return;
        }
        if row < MARKED_ROWS {
            self.marked.resize(self.marked.len().max(row / 64 + 1), 0);
            self.marked[row / 64] |= 1 << (row % 64);
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
        let is_kept = self.texts.len() < TEXTS_MAX;
        self.meet(text, steps, is_kept);
        match is_kept {
            true => _ = self.texts.insert(text.to_owned(), 1),
            false => self.unkept += 1,
        }
    }

    /// Looks at a text that was not kept before.
    fn meet(&mut self, text: &str, steps: Steps, is_kept: bool) {
        let key = steps.key(text);
        if words::missing(&key).is_some() {
            return;
        }
        match decimals(&key) {
            Some(decimals) => self.decimals = self.decimals.max(decimals),
            None if is_kept => {}
            None => {
                let words = self.unkept_words.as_mut().filter(|words| words.len() < WORDS_MAX);
                match words {
                    Some(words) => *words.entry(text.to_owned()).or_default() += 1,
                    None => self.unkept_words = None,
                }
            }
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
        let codes = stated(&mut spellings);
        answers -= codes.values().sum::<u64>();
        let words = self.words(&spellings);
        let labels = (self.unkept == 0 && spellings.len() <= LABELS_LONG).then(|| {
            let one = |(key, spellings): (String, BTreeMap<&str, u64>)| {
                let total = spellings.values().sum();
                let most =
                    spellings.into_iter().max_by_key(|(text, count)| (*count, std::cmp::Reverse(*text)));
                (key, (most.map_or_else(String::new, |(text, _)| text.to_owned()), total))
            };
            spellings.into_iter().map(one).collect()
        });
        let mut facts = Facts { guess: Guess::Text, answers, labels, missing, codes, words, listed: None };
        facts.guess = self.guess_of(&facts, steps, name);
        facts
    }

    /// What is known of the column, with the options that most of its texts are: for questions alone, since it cuts every
    /// text in every way.
    pub(super) fn with_listed(&self, mut facts: Facts, steps: Steps) -> Facts {
        if matches!(facts.guess, Guess::Text | Guess::Single(_) | Guess::Multiple { .. }) {
            let found = listed(&self.answers(&facts), facts.answers, steps);
            // Of few different texts all may be options, but hardly where most of them came once or twice.
            let tells =
                |listed: &Listed| facts.guess == Guess::Text || listed.different > listed.options.len();
            facts.listed = found.filter(tells);
        }
        facts
    }

    /// The texts without the codes for no answer.
    fn answers(&self, facts: &Facts) -> Vec<(&str, u64)> {
        let is_stated = |text: &str| text.parse().is_ok_and(|number| facts.codes.contains_key(&number));
        self.texts().filter(|(text, _)| !is_stated(text)).collect()
    }

    /// What is no number, the most frequent first; none if that is too much to stand among numbers.
    fn words(&self, spellings: &BTreeMap<String, BTreeMap<&str, u64>>) -> Option<Vec<(String, u64)>> {
        let mut words = self.unkept_words.clone()?;
        for (_, spellings) in spellings.iter().filter(|(key, _)| decimals(key).is_none()) {
            for (text, count) in spellings {
                *words.entry((*text).to_owned()).or_default() += count;
            }
            if words.len() > WORDS_MAX {
                return None;
            }
        }
        Some(sorted(words.into_iter()))
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
        let words = facts.words.as_ref().map(|words| words.iter().map(|(_, count)| count).sum::<u64>());
        if words == Some(0) {
            // Small whole numbers that come again and again are rather codes than amounts.
            let few = different <= CODES_MAX && repeated;
            let small = |key: &String| key.parse::<i64>().is_ok_and(|whole| (0..=99).contains(&whole));
            let codes = few && facts.labels.iter().flatten().all(|(key, _)| small(key));
            if !codes {
                return Guess::Number(self.decimals);
            }
        }
        // Many numbers, and a few words among them.
        if different > CODES_MAX && words.is_some_and(|words| words * 20 <= answers) {
            return Guess::Number(self.decimals);
        }
        if let Some((joiner, options)) = joined(&self.answers(facts), different, steps) {
            return Guess::Multiple { joiner, options };
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(cells: &[&str]) -> Guess {
        let mut profile = Profile::new("c");
        cells.iter().enumerate().for_each(|(row, cell)| profile.see(cell, Steps::default(), row));
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
            (&["3", "-99", "120", "45", "-99"], Guess::Number(0)),
            (&["1", "2", "-9", "2", "1", "-8"], single(&[("1", 2), ("2", 2)])),
            (&["Yes", "No", "Yes", "-99", "No", "-99"], single(&[("No", 2), ("Yes", 2)])),
            (&["-1", "0", "1", "-1", "0", "1"], Guess::Number(0)),
            (&hours, Guess::Number(0)),
            (&scale, Guess::Rating { from: 0, to: 10, odd: vec![("わからない".to_owned(), 1)] }),
        ];
        for (cells, wanted) in cases {
            assert_eq!(&guess(cells), wanted, "{cells:?}");
        }
    }
}
