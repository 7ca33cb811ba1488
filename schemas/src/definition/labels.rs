//! What texts mean in a question: exact words in their normal form, lists of them in one cell, declared patterns.

use std::collections::{BTreeMap, HashMap};

use super::fold::Steps;
use super::pattern::Pattern;

/// Words and the places that they mean.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    exact: HashMap<String, Vec<usize>>,
    /// The words by their first letter, longest first, to find them inside a list.
    by_first: BTreeMap<char, Vec<(String, Vec<usize>)>>,
}

impl Words {
    /// Adds a meaning. Gives back another meaning that the words had before.
    pub(super) fn add(&mut self, key: &str, places: Vec<usize>) -> Option<Vec<usize>> {
        if key.is_empty() {
            return None;
        }
        let before = self.exact.insert(key.to_owned(), places.clone());
        if let Some(first) = key.chars().next() {
            let words = self.by_first.entry(first).or_default();
            match words.iter_mut().find(|(word, _)| word == key) {
                Some((_, meant)) => *meant = places,
                None => {
                    let at = words.partition_point(|(word, _)| word.len() >= key.len());
                    words.insert(at, (key.to_owned(), places));
                }
            }
        }
        before
    }

    pub(super) fn get(&self, key: &str) -> Option<&[usize]> {
        self.exact.get(key).map(Vec::as_slice)
    }

    /// The longest words that the text begins with and that end where a part of a list may end.
    fn longest<'a>(&self, text: &'a str, ends: impl Fn(&str) -> bool) -> Option<(&'a str, &[usize])> {
        let words = self.by_first.get(&text.chars().next()?)?;
        let is_it = |word: &String| text.starts_with(word.as_str()) && ends(&text[word.len()..]);
        let (found, places) = words.iter().find(|(word, _)| is_it(word))?;
        Some((&text[..found.len()], places))
    }
}

/// What the texts of one question mean, perhaps in one column alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels {
    pub(super) steps: Steps,
    pub(super) options: Words,
    pub(super) rows: Words,
    pub(super) patterns: Vec<Pattern>,
}

/// What one text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning<'a> {
    /// The places of the options.
    pub places: &'a [usize],
    /// Whether a declared pattern says so, rather than the words.
    pub by_pattern: bool,
}

/// One part of a cell that holds several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The text as it came.
    pub text: &'a str,
    /// What it means, if anything known.
    pub meaning: Option<Meaning<'a>>,
}

impl Labels {
    /// What a text in its normal form means.
    pub(super) fn meaning(&self, key: &str) -> Option<Meaning<'_>> {
        if let Some(places) = self.options.get(key) {
            return Some(Meaning { places, by_pattern: false });
        }
        let pattern = self.patterns.iter().find(|pattern| pattern.fits(key))?;
        Some(Meaning { places: &pattern.places, by_pattern: true })
    }

    /// The parts of a cell that are joined by one of the separators, which the words may hold themselves: the longest
    /// words first. The cell may end with a separator.
    pub(super) fn list<'a>(
        &'a self,
        words: &'a Words,
        cell: &'a str,
        separators: &[String],
    ) -> Vec<Piece<'a>> {
        let (key, from) = self.steps.mapped(cell);
        // A separator of nothing but marks that do not count would be passed over for ever.
        let keys = separators.iter().map(|separator| self.inner_key(separator));
        let separators: Vec<String> = keys.filter(|key| !key.is_empty()).collect();
        let leading = |rest: &str| {
            let leading = separators.iter().filter(|separator| rest.starts_with(separator.as_str()));
            leading.map(String::len).max()
        };
        let bares = || separators.iter().map(|separator| separator.trim()).filter(|bare| !bare.is_empty());
        let is_bare = |rest: &str| bares().any(|bare| rest.trim_end() == bare);
        let ends = |tail: &str| {
            let inner = tail.trim_start();
            let led = |separator: &String| {
                tail.starts_with(separator.as_str())
                    || (!separator.trim().is_empty() && inner.starts_with(separator.as_str()))
            };
            inner.is_empty() || is_bare(inner) || separators.iter().any(led)
        };
        let mut pieces = Vec::new();
        let mut at = 0;
        while at < key.len() {
            let rest = &key[at..];
            // Blanks, and separators without anything between them, are no parts.
            if let Some(length) = leading(rest) {
                at += length;
                continue;
            }
            let blanks = rest.len() - rest.trim_start().len();
            if blanks > 0 {
                at += blanks;
                continue;
            }
            if is_bare(rest) {
                break;
            }
            if let Some((found, places)) = words.longest(rest, ends) {
                let text = &cell[from.of(at)..from.of(at + found.len())];
                pieces.push(Piece { text, meaning: Some(Meaning { places, by_pattern: false }) });
                at += found.len();
                continue;
            }
            let ends = separators.iter().filter_map(|separator| rest.find(separator.as_str()));
            let end = ends.min().unwrap_or(rest.len());
            let mut part = rest[..end].trim_end();
            if end == rest.len() {
                part = bares().find_map(|bare| part.strip_suffix(bare)).unwrap_or(part).trim_end();
            }
            let text = &cell[from.of(at)..from.of(at + part.len())];
            let pattern = self.patterns.iter().find(|pattern| pattern.fits(part));
            let meaning = pattern.map(|pattern| Meaning { places: &pattern.places, by_pattern: true });
            pieces.push(Piece { text, meaning });
            at += end;
        }
        pieces
    }

    /// A separator in the normal form, with its blanks.
    fn inner_key(&self, separator: &str) -> String {
        let blank = |c: char| c.is_whitespace();
        let core = separator.trim_matches(blank);
        if core.is_empty() {
            return separator.to_owned();
        }
        let start = separator.len() - separator.trim_start_matches(blank).len();
        let end = start + core.len();
        format!("{}{}{}", &separator[..start], self.steps.key(core), &separator[end..])
    }

    /// One part, whole.
    pub(super) fn piece<'a>(&'a self, words: &'a Words, text: &'a str) -> Option<Piece<'a>> {
        let key = self.steps.key(text);
        if key.trim().is_empty() {
            return None;
        }
        let exact = words.get(&key).map(|places| Meaning { places, by_pattern: false });
        let pattern = || {
            let pattern = self.patterns.iter().find(|pattern| pattern.fits(&key))?;
            Some(Meaning { places: &pattern.places, by_pattern: true })
        };
        Some(Piece { text: text.trim(), meaning: exact.or_else(pattern) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(words: &[&str]) -> Labels {
        let mut labels = Labels::default();
        for (place, word) in words.iter().enumerate() {
            labels.options.add(&labels.steps.key(word), vec![place]);
        }
        labels
    }

    #[test]
    fn a_list_is_taken_apart_by_the_longest_words() {
        let words = &["a", "a, b", "b", "c (x, y)", "情報、通信"];
        let cases: &[(&str, &str, &str)] = &[
            // Several separators stand side by side here, with a `|` between them.
            ("a、b;a, c (x, y)", ", |、|;", "0 2 0 3"),
            ("a;a, b、own, words;", ",|;|、", "0 1 ?own ?words"),
            ("a; b", ";|; ", "0 2"),
            ("a;b", "\u{feff}|;|", "0 2"),
            ("a", ", ", "0"),
            ("a, b", ", ", "1"),
            ("b, a", ", ", "2 0"),
            ("a, b, b", ", ", "1 2"),
            ("c (x, y), a, ", ", ", "3 0"),
            ("b,", ", ", "2"),
            ("b , a", ",", "2 0"),
            ("b;a;", ";", "2 0"),
            ("b; ;a", ";", "2 0"),
            ("ab, b", ", ", "?ab 2"),
            ("b, what, a, b", ", ", "2 ?what 1"),
            ("a / b", " / ", "0 2"),
            ("ａ，b", ",", "0 2"),
            ("情報、通信、ａ", "、", "4 0"),
            ("own words,", ", ", "?own words"),
            ("", ", ", ""),
            (" , ", ", ", ""),
        ];
        let labels = labels(words);
        for (cell, separator, wanted) in cases {
            let separators: Vec<String> = separator.split('|').map(str::to_owned).collect();
            let pieces = labels.list(&labels.options, cell, &separators);
            let shown: Vec<String> = pieces
                .iter()
                .map(|piece| match piece.meaning {
                    Some(meaning) => meaning.places[0].to_string(),
                    None => format!("?{}", piece.text),
                })
                .collect();
            assert_eq!(shown.join(" "), *wanted, "{cell:?} by {separator:?}");
        }
    }
}
