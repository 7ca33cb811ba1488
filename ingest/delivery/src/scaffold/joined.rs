//! Cells that hold several answers: what joins them, and what the answers are.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use shukei_schemas::definition::Steps;

use super::facts::sorted;
use super::words;

/// As many different parts make options, if each comes often enough.
const PARTS_MAX: usize = 30;
/// As many make options if each comes 20 times on average, as programming languages do.
pub(super) const PARTS_LONG: usize = 300;
/// As many different parts are looked at for options among texts of one's own.
const PARTS_SEEN: usize = 1_000;
/// Two parts that always come together, as often as this, are one that holds the mark itself.
const TOGETHER: u64 = 10;

/// A mark that joins answers.
struct Mark {
    marks: &'static [char],
    /// The mark with a blank behind it, where writers put one, and alone.
    spaced: Option<&'static str>,
    alone: &'static str,
    /// How often each part must come on average: some marks stand in sentences too.
    times: u64,
}

/// The most telling first.
const MARKS: [Mark; 5] = [
    Mark { marks: &['\n'], spaced: None, alone: "\n", times: 3 },
    Mark { marks: &[';', '；'], spaced: Some("; "), alone: ";", times: 2 },
    Mark { marks: &['|', '｜'], spaced: None, alone: "|", times: 2 },
    Mark { marks: &[',', '，'], spaced: Some(", "), alone: ",", times: 3 },
    Mark { marks: &['、'], spaced: None, alone: "、", times: 3 },
];

/// Which of the marks of a cell join.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Spaced,
    Tight,
    Any,
}

/// What joins the answers of a column, and the answers with their counts, the most frequent first.
pub(super) type Joined = (&'static str, Vec<(String, u64)>);

/// How texts with their counts are joined; none if nothing tells. There are so many `different` texts.
pub(super) fn joined(texts: &[(&str, u64)], different: usize, steps: Steps) -> Option<Joined> {
    let answers: Vec<(&str, u64)> =
        texts.iter().copied().filter(|(text, _)| words::missing(&steps.key(text)).is_none()).collect();
    MARKS.iter().find_map(|mark| {
        let ways: &[Which] = match mark.spaced {
            Some(_) => &[Which::Spaced, Which::Tight, Which::Any],
            None => &[Which::Any],
        };
        let tried = ways.iter().filter_map(|which| {
            let parts = parts(&answers, mark, *which, steps, PARTS_LONG)?;
            let total: u64 = parts.values().flat_map(BTreeMap::values).sum();
            let times = if parts.len() > PARTS_MAX { 20 } else { mark.times };
            let tells = total >= times * parts.len() as u64 && (2..different).contains(&parts.len());
            tells.then_some((*which, parts))
        });
        // What cuts at the wrong marks finds halves, or answers that hang together, beside the answers themselves.
        let (which, parts) = tried.min_by_key(|(_, parts)| parts.len())?;
        let joiner = mark.spaced.filter(|_| which == Which::Spaced).unwrap_or(mark.alone);
        Some((joiner, sorted(parts.into_values().filter_map(most_written))))
    })
}

/// The spelling that came most often, with the count of all.
fn most_written(spellings: BTreeMap<&str, u64>) -> Option<(String, u64)> {
    let total = spellings.values().sum();
    let most = spellings.into_iter().max_by_key(|(text, count)| (*count, std::cmp::Reverse(*text)));
    most.map(|(text, _)| (text.to_owned(), total))
}

/// Options that come again and again, among texts of one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// What joins several of them in a cell.
    pub(super) joiner: Option<&'static str>,
    /// The options, the most frequent first.
    pub(super) options: Vec<(String, u64)>,
    /// How often other texts came.
    pub(super) others: u64,
    /// How many different ones.
    pub(super) different: usize,
}

/// Options among texts of one's own, as forms with a free "other" write them; none if nothing tells. There were so many
/// `answers`, also some of which the texts were not kept.
pub(super) fn listed(texts: &[(&str, u64)], answers: u64, steps: Steps) -> Option<Listed> {
    let known: Vec<(&str, u64)> =
        texts.iter().copied().filter(|(text, _)| words::missing(&steps.key(text)).is_none()).collect();
    let mut whole: Parts<'_> = BTreeMap::new();
    for (text, count) in &known {
        *whole.entry(steps.key(text).into_owned()).or_default().entry(text.trim()).or_default() += count;
    }
    if answers < LISTED_ANSWERS {
        return None;
    }
    let whole = frequent(whole, answers, 80);
    let ways = MARKS.iter().flat_map(|mark| {
        let ways: &[Which] = match mark.spaced {
            Some(_) => &[Which::Spaced, Which::Tight],
            None => &[Which::Any],
        };
        ways.iter().map(move |which| (mark, *which))
    });
    let tried = ways.filter_map(|(mark, which)| {
        let parts = parts(&known, mark, which, steps, PARTS_SEEN)?;
        let total = parts.values().flat_map(BTreeMap::values).sum::<u64>();
        // Sentences have their commas too, but most cells of a list hold several answers or one that came before.
        let listed = frequent(parts, total, 85).filter(|_| total * 10 >= answers * 11)?;
        let joiner = mark.spaced.filter(|_| which == Which::Spaced).unwrap_or(mark.alone);
        Some(Listed { joiner: Some(joiner), ..listed })
    });
    // Cut at the wrong marks, or whole where they are lists, cells come to more options.
    tried.chain(whole).min_by_key(|listed| (listed.options.len(), listed.joiner.is_none(), listed.others))
}

/// Fewer answers do not tell what comes again.
const LISTED_ANSWERS: u64 = 30;

/// What comes again and again, if that is so many per cent of all.
fn frequent(parts: Parts<'_>, total: u64, percent: u64) -> Option<Listed> {
    let all = parts.len();
    let least = (total / 200).max(3);
    let written = parts.into_values().filter_map(most_written);
    let options = sorted(written.filter(|(_, count)| *count >= least));
    let covered: u64 = options.iter().map(|(_, count)| count).sum();
    let is_words =
        options.iter().filter(|(text, _)| text.parse::<f64>().is_err()).count() * 2 > options.len();
    let tells = (2..=PARTS_MAX).contains(&options.len()) && covered * 100 >= total * percent && is_words;
    let (others, different) = (total.saturating_sub(covered), all - options.len());
    (tells && others > 0).then_some(Listed { joiner: None, options, others, different })
}

type Parts<'a> = BTreeMap<String, BTreeMap<&'a str, u64>>;

/// The parts of all cells, at most so many: normal form to spellings with their counts.
fn parts<'a>(
    texts: &[(&'a str, u64)],
    mark: &Mark,
    which: Which,
    steps: Steps,
    most: usize,
) -> Option<Parts<'a>> {
    let cut: Vec<(&str, u64, Vec<Range<usize>>)> =
        texts.iter().map(|(text, count)| (*text, *count, cut(text, mark.marks, which))).collect();
    let several = cut.iter().filter(|(.., parts)| parts.len() > 1);
    if several.clone().map(|(_, count, _)| count).sum::<u64>() < 2 || (mark.times > 2 && amounts(&cut)) {
        return None;
    }
    let key = |text: &str, part: &Range<usize>| steps.key(&text[part.clone()]).into_owned();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut pairs: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (text, count, parts) in &cut {
        parts.iter().for_each(|part| *counts.entry(key(text, part)).or_default() += count);
        for pair in parts.windows(2) {
            *pairs.entry((key(text, &pair[0]), key(text, &pair[1]))).or_default() += count;
        }
        // Of sentences nearly every part is another: no more of them are looked at than tells that.
        if counts.len() > 2 * most {
            return None;
        }
    }
    let is_one = |(first, second): &(String, String), together: &u64| {
        let all = |half: &str| counts.get(half) == Some(together);
        *together >= TOGETHER && first != second && all(first) && all(second)
    };
    // What never comes without the same part before it.
    let halves: BTreeSet<&str> = pairs
        .iter()
        .filter(|(pair, together)| is_one(pair, together))
        .map(|((_, second), _)| second.as_str())
        .collect();
    let mut found: Parts<'a> = BTreeMap::new();
    for (text, count, parts) in &cut {
        let mut whole: Vec<Range<usize>> = Vec::new();
        for part in parts {
            match whole.last_mut() {
                Some(last) if !halves.is_empty() && halves.contains(key(text, part).as_str()) => {
                    last.end = part.end;
                }
                _ => whole.push(part.clone()),
            }
        }
        for part in whole {
            *found.entry(key(text, &part)).or_default().entry(&text[part]).or_default() += count;
        }
        if found.len() > most {
            return None;
        }
    }
    Some(found)
}

/// Whether parts are those of amounts: `1,000`, or `1,5` with a comma for the point.
fn amounts(cut: &[(&str, u64, Vec<Range<usize>>)]) -> bool {
    let mut most = 0;
    let mut thousands = true;
    for (text, _, parts) in cut {
        if !parts.iter().all(|part| text[part.clone()].bytes().all(|byte| byte.is_ascii_digit())) {
            return false;
        }
        most = most.max(parts.len());
        thousands &= parts.iter().skip(1).all(|part| part.len() == 3);
    }
    most <= 2 || thousands
}

/// A cell cut at its marks, but not inside of brackets that are closed again. Blanks around parts are left out.
fn cut(text: &str, marks: &[char], which: Which) -> Vec<Range<usize>> {
    let bracket = |c: char| match c {
        '(' | '（' | '[' | '［' | '「' | '『' => 1,
        ')' | '）' | ']' | '］' | '」' | '』' => -1,
        _ => 0,
    };
    let mut depth = 0;
    let is_even = text.chars().all(|c| {
        depth += bracket(c);
        depth >= 0
    }) && depth == 0;
    let mut parts = Vec::new();
    let mut push = |from: usize, to: usize| {
        let part = &text[from..to];
        let start = from + part.len() - part.trim_start().len();
        let end = start + part.trim().len();
        if start < end {
            parts.push(start..end);
        }
    };
    let (mut from, mut depth) = (0, 0);
    for (at, c) in text.char_indices() {
        depth += bracket(c);
        if !marks.contains(&c) || (is_even && depth > 0) {
            continue;
        }
        let behind = at + c.len_utf8();
        let spaced = text[behind..].starts_with(char::is_whitespace);
        // A mark at the end closes the list.
        let is_last = text[behind..].trim().is_empty();
        if is_last || which == Which::Any || spaced == (which == Which::Spaced) {
            push(from, at);
            from = behind;
        }
    }
    push(from, text.len());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_stand_among_texts_of_ones_own() {
        let of = |cells: &[(String, u64)]| {
            let cells: Vec<(&str, u64)> = cells.iter().map(|(text, count)| (text.as_str(), *count)).collect();
            let answers = cells.iter().map(|(_, count)| count).sum();
            listed(&cells, answers, Steps::default()).map(|listed| {
                let options: Vec<String> = listed.options.into_iter().map(|(text, _)| text).collect();
                (listed.joiner, options.join("|"), listed.others)
            })
        };
        let own = |n: u64| (0..n).map(|n| (format!("my way {n}, number {n}"), 1));
        let cells = |known: &[(&str, u64)], more: u64| -> Vec<(String, u64)> {
            known.iter().map(|(text, count)| ((*text).to_owned(), *count)).chain(own(more)).collect()
        };
        let cases = [
            (cells(&[("Bus", 40), ("Car", 30), ("bus ", 2)], 10), Some((None, "Bus|Car".to_owned(), 12))),
            (
                cells(&[("Yes, often", 40), ("No, never", 30)], 4),
                Some((None, "Yes, often|No, never".to_owned(), 4)),
            ),
            // Too many of one's own are words.
            (cells(&[("Bus", 40), ("Car", 30)], 40), None),
            // All of them are options, or none.
            (cells(&[("Bus", 40), ("Car", 30)], 0), None),
            (cells(&[("Bus", 10), ("Car", 10)], 1), None),
            (cells(&[("12", 40), ("13", 30)], 5), None),
            (
                cells(&[("Bus, Car", 40), ("Car, Bike", 30), ("Bike", 30), ("Bus, by foot", 1)], 8),
                Some((Some(", "), "Car|Bike|Bus".to_owned(), 17)),
            ),
        ];
        for (cells, wanted) in cases {
            assert_eq!(of(&cells), wanted, "{cells:?}");
        }
    }

    fn of(cells: &[(&str, u64)]) -> Option<(&'static str, Vec<String>)> {
        let found = joined(cells, cells.len(), Steps::default());
        found.map(|(joiner, options)| {
            let mut labels: Vec<String> = options.into_iter().map(|(label, _)| label).collect();
            labels.sort();
            (joiner, labels)
        })
    }

    #[test]
    fn a_list_is_cut_where_its_answers_end() {
        type Case<'a> = (&'a [(&'a str, u64)], Option<(&'a str, &'a [&'a str])>);
        let cases: &[Case<'_>] = &[
            (
                &[("A;B (x; y)", 1), ("A;C", 2), ("B (x; y);C", 1), ("C", 1), ("A;B (x; y);C", 1)],
                Some((";", &["A", "B (x; y)", "C"])),
            ),
            (&[("a;b; c;d", 3), ("a;b; c", 2), ("d", 4), ("a;d", 2)], Some((";", &["a", "b; c", "d"]))),
            (&[("a; b", 3), ("a; c;", 2), ("c;", 4), ("a; b; c", 2)], Some(("; ", &["a", "b", "c"]))),
            (&[("a; b;c", 3), ("a;c", 2), ("b;a", 4), ("b; c", 2)], Some((";", &["a", "b", "c"]))),
            (
                &[("Mail,Maps, routes,Chat", 5), ("Maps, routes", 4), ("Chat,Mail", 4), ("Chat", 2)],
                Some((",", &["Chat", "Mail", "Maps, routes"])),
            ),
            (
                &[("Mail, Maps, routes", 9), ("Maps, routes, Chat", 4), ("Chat, Mail", 4), ("Chat", 2)],
                Some((", ", &["Chat", "Mail", "Maps, routes"])),
            ),
            (
                &[("x, a, b, c", 9), ("a, b, c, y", 4), ("x, y", 4), ("x", 2), ("y", 1)],
                Some((", ", &["a, b, c", "x", "y"])),
            ),
            (
                &[
                    ("Under 1,000 yen, Over 1,000 yen", 9),
                    ("Over 1,000 yen", 4),
                    ("Under 1,000 yen, Other", 4),
                ],
                None,
            ),
            (
                &[
                    ("Under 1,000 yen, Over 1,000 yen", 9),
                    ("Over 1,000 yen", 4),
                    ("Under 1,000 yen, Other", 4),
                    ("Other", 1),
                ],
                Some((", ", &["Other", "Over 1,000 yen", "Under 1,000 yen"])),
            ),
            (&[("1,200", 4), ("1,300", 4), ("2,200", 5), ("2,300", 4), ("1,200,300", 1)], None),
            (&[("1,5", 4), ("2,5", 4), ("5,1", 5), ("2,1", 4)], None),
            (&[("1,5", 4), ("2,5", 4), ("5,1,2", 5), ("2,1", 4)], Some((",", &["1", "2", "5"]))),
            (
                &[("食品、衣料", 4), ("衣料", 4), ("家電（大型、小型）、食品", 5), ("衣料、食品、", 2)],
                Some(("、", &["家電（大型、小型）", "衣料", "食品"])),
            ),
            (
                &[(":( sad; happy", 4), ("happy; sad", 3), ("happy; tired", 1), ("tired", 1), ("sad", 1)],
                Some(("; ", &[":( sad", "happy", "sad", "tired"])),
            ),
        ];
        for (cells, wanted) in cases {
            let wanted = wanted
                .map(|(joiner, labels)| (joiner, labels.iter().map(|label| (*label).to_owned()).collect()));
            assert_eq!(of(cells), wanted, "{cells:?}");
        }
    }
}
