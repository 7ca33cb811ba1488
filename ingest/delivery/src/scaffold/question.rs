//! One question of a guessed form, and the columns that feed it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write;

use super::column::Column;
use super::facts::{Facts, Guess};
use super::group::{Asked, Group};
use super::joined::Listed;
use super::kinds::GroupKind;
use super::orders::Orders;
use super::stem;
use super::words;
use super::write::{csv_cell, quoted};

/// What is written so far.
pub(super) struct Pages<'a> {
    pub(super) columns: &'a [Column],
    pub(super) facts: &'a [Facts],
    pub(super) form: String,
    pub(super) layout_columns: String,
    pub(super) orders: Orders,
}

/// Fewer answers do not tell a slip from a list.
const ONE_ANSWER_MIN: u64 = 50;

impl Pages<'_> {
    /// Writes one question under its number.
    pub(super) fn question(&mut self, number: &str, asked: &Asked) {
        match asked {
            Asked::One { at, words } => self.one(number, *at, *words),
            Asked::Group(group) => self.group(number, group),
        }
    }

    fn begin(&mut self, why: &str, number: &str, kind: &str, text: &str) {
        let (number, text) = (quoted(number), quoted(text));
        let _ = write!(
            self.form,
            "      # guess: {why}\n      - number: {number}\n        kind: {kind}\n        text: {text}\n"
        );
    }

    /// A line of the layout's columns: `rest` is row, option, shape, separator, value.
    fn column(&mut self, at: usize, number: &str, rest: &str) {
        let key = csv_cell(&self.columns[at].key);
        let _ = writeln!(self.layout_columns, "{key},{number},{rest}");
    }

    fn one(&mut self, number: &str, at: usize, words: Option<usize>) {
        let (column, facts) = (&self.columns[at], &self.facts[at]);
        let answers = facts.answers;
        let is_weight = words::is_weight(column.name.as_deref().unwrap_or_default())
            && matches!(facts.guess, Guess::Number(_));
        // Texts of which most are options have a list and what is none of it; others are words.
        let listed = facts.listed.as_ref().filter(|_| words.is_none());
        let guess = match listed.cloned() {
            None => facts.guess.clone(),
            Some(Listed { joiner: None, options, .. }) => Guess::Single(options),
            Some(Listed { joiner: Some(joiner), options, .. }) => Guess::Multiple { joiner, options },
        };
        let given = |options: &[(String, u64)]| options.iter().map(|(_, count)| count).sum::<u64>();
        let (why, kind) = match &guess {
            // Few cells with several are rather slips of one answer than lists.
            Guess::Multiple { options, .. }
                if listed.is_none()
                    && answers >= ONE_ANSWER_MIN
                    && given(options).saturating_sub(answers) * 20 < answers =>
            {
                let two = given(options).saturating_sub(answers);
                (
                    format!(
                        "{answers} cells hold {} different texts; about {two} hold several, which are two marks; is it a multiple?",
                        options.len()
                    ),
                    "single",
                )
            }
            Guess::Single(options) if listed.is_some() => (
                format!(
                    "most of {answers} cells are {} texts that come again; put them into printed order",
                    options.len()
                ),
                "single",
            ),
            Guess::Multiple { options, .. } if listed.is_some() => (
                format!("{answers} cells hold lists of mostly {} texts that come again", options.len()),
                "multiple",
            ),
            Guess::Empty => ("no cell has anything in the rows that were looked at".to_owned(), "text"),
            Guess::Single(options)
                if options.iter().all(|(label, _)| matches!(label.as_str(), "0" | "1")) =>
            {
                (format!("{answers} cells hold codes; what do 0 and 1 mean?"), "single")
            }
            Guess::Single(options) if numbered(options) => {
                (format!("{answers} cells hold {} codes; write what they mean", options.len()), "single")
            }
            Guess::Single(options) => (
                format!(
                    "{answers} cells hold {} different texts; put the options into printed order",
                    options.len()
                ),
                "single",
            ),
            Guess::Multiple { options, .. } => {
                (format!("{answers} cells hold lists of {} different texts", options.len()), "multiple")
            }
            Guess::Rating { odd, .. } if odd.is_empty() => {
                (format!("all {answers} cells are points of a scale"), "rating")
            }
            Guess::Rating { .. } => (
                format!("{answers} cells are points of a scale, but for a few; are those outside the scale?"),
                "rating",
            ),
            Guess::Number(_) if is_weight => {
                (format!("all {answers} cells are weights, by the name"), "number")
            }
            Guess::Number(_) if facts.no_numbers() > 0 => {
                let words = facts.no_numbers();
                (format!("{} cells are numbers, but {words} are not", answers - words), "number")
            }
            Guess::Number(_) => (format!("all {answers} cells are numbers"), "number"),
            Guess::Text if words::is_weight(column.name.as_deref().unwrap_or_default()) => (
                format!(
                    "{answers} cells; weights are kind: number, role: weight, decimals: 9, and round: true under cells"
                ),
                "text",
            ),
            Guess::Text => (format!("{answers} cells hold too many different texts for options"), "text"),
        };
        let text = match (&column.name, &column.below) {
            // Where nothing says what was asked, the place does.
            (None, None) => format!("Column {} of the file", at + 1),
            (Some(name), Some(below)) if column.is_shared => format!("{name} {below}"),
            (None, Some(below)) if column.is_shared => match &self.columns[column.head].name {
                Some(name) => format!("{name} {below}"),
                None => below.clone(),
            },
            _ => stem::without_choice(column.text()).to_owned(),
        };
        self.begin(&why, number, kind, &text);
        self.no_answer(&facts.codes);
        let mut rest = ",,,".to_owned();
        match &guess {
            Guess::Number(decimals) => {
                if is_weight {
                    self.form.push_str("        role: weight\n");
                }
                if *decimals > 0 {
                    let _ = writeln!(self.form, "        decimals: {decimals}");
                }
            }
            Guess::Rating { from, to, odd } => {
                let _ = writeln!(self.form, "        points: {{from: {from}, to: {to}}}");
                if !odd.is_empty() {
                    self.form.push_str("        options:\n");
                }
                for (place, (label, count)) in odd.iter().enumerate() {
                    let (code, label) = (90 + place, quoted(label));
                    let _ = writeln!(
                        self.form,
                        "          - {{code: {code}, label: {label}, not_applicable: true}} # {count} cells"
                    );
                }
            }
            Guess::Single(options) | Guess::Multiple { options, .. } => {
                if let Some(listed) = listed {
                    let _ = writeln!(
                        self.form,
                        "        unlisted: other # guess: {} other texts; `refuse` if the list is all there may be",
                        listed.others
                    );
                }
                self.form.push_str("        options:\n");
                let by_codes = numbered(options);
                let options = match by_codes {
                    true => options.clone(),
                    false => self.orders.ordered(options.clone()),
                };
                let other = words.and_then(|_| options.iter().position(|(label, _)| words::is_other(label)));
                for (place, (label, count)) in options.iter().enumerate() {
                    // Codes that the cells hold themselves are kept.
                    let code = label.parse::<i16>().ok().filter(|_| by_codes).unwrap_or(place as i16 + 1);
                    self.option(code, label, other == Some(place), &format!("{count} cells"));
                }
                if let Guess::Multiple { joiner, .. } = &guess {
                    rest = format!(",,list,{}", csv_cell(&joiner.replace('\n', "\\n")));
                }
            }
            Guess::Empty | Guess::Text => {}
        }
        self.column(at, number, &rest);
        if let Some(words) = words {
            self.column(words, number, ",,other,");
        }
    }

    /// Codes by which programs say that there is no answer.
    fn no_answer(&mut self, codes: &BTreeMap<i64, u64>) {
        if codes.is_empty() {
            return;
        }
        let list: Vec<String> = codes.keys().rev().map(i64::to_string).collect();
        let total: u64 = codes.values().sum();
        let _ = writeln!(
            self.form,
            "        no_answer: [{}] # guess: {total} cells; or is it `not_asked`?",
            list.join(", ")
        );
    }

    fn option(&mut self, code: i16, label: &str, is_other: bool, comment: &str) {
        let other = if is_other { ", other: true" } else { "" };
        let label = quoted(label);
        let _ = writeln!(self.form, "          - {{code: {code}, label: {label}{other}}} # {comment}");
    }

    fn group(&mut self, number: &str, group: &Group) {
        let count = group.members.len();
        let (mut why, kind) = match &group.kind {
            GroupKind::Multiple { .. } if group.is_single => {
                (format!("{count} columns, one per option; no row has two of them"), "single")
            }
            GroupKind::Multiple { .. } => (format!("{count} columns, one per option"), "multiple"),
            GroupKind::Grid(options) => (
                format!("{count} columns hold the same {} texts; put them into printed order", options.len()),
                "grid",
            ),
            GroupKind::Points { .. } => (format!("{count} columns hold points of the same scale"), "grid"),
            GroupKind::Ranking => (format!("{count} columns hold ranks from 1 to {count}"), "ranking"),
        };
        if !group.is_worded {
            why.push_str("; the file does not say the question");
        }
        self.begin(&why, number, kind, &group.text);
        let mut codes = BTreeMap::new();
        for (code, count) in group.members.iter().flat_map(|member| &self.facts[member.at].codes) {
            *codes.entry(*code).or_default() += count;
        }
        self.no_answer(&codes);
        if let GroupKind::Multiple { .. } = group.kind {
            self.form.push_str("        options:\n");
        } else {
            self.form.push_str("        rows:\n");
        }
        for member in &group.members {
            let comment = match &group.kind {
                GroupKind::Multiple { not_chosen, .. } => {
                    format!("chosen in {} cells", chosen(&self.facts[member.at], not_chosen))
                }
                _ => format!("{} cells", self.facts[member.at].answers),
            };
            match group.kind {
                GroupKind::Multiple { .. } => {
                    self.option(member.code, &member.label, member.is_other, &comment);
                    let shape = if group.is_single { "mark" } else { "" };
                    self.column(member.at, number, &format!(",{},{shape},", member.code));
                }
                _ => {
                    let label = quoted(&member.label);
                    let _ = writeln!(
                        self.form,
                        "          - {{row: {}, label: {label}}} # {comment}",
                        member.code
                    );
                    self.column(member.at, number, &format!("{},,,", member.code));
                }
            }
        }
        match &group.kind {
            GroupKind::Grid(options) => {
                self.form.push_str("        options:\n");
                for (place, (label, count)) in self.orders.ordered(options.clone()).iter().enumerate() {
                    self.option(place as i16 + 1, label, false, &format!("{count} cells"));
                }
            }
            GroupKind::Points { from, to } => {
                let _ = writeln!(self.form, "        points: {{from: {from}, to: {to}}}");
            }
            GroupKind::Multiple { .. } | GroupKind::Ranking => {}
        }
        match &group.words {
            Some((at, None)) => self.column(*at, number, ",,other,"),
            Some((at, Some(label))) => {
                let code =
                    group.members.iter().map(|member| member.code).max().unwrap_or(0).saturating_add(1);
                self.option(code, label, true, "words of one's own mark it");
                self.column(*at, number, &format!(",{code},mark_text,"));
            }
            None => {}
        }
    }
}

/// How many cells of an option's column say that it is chosen.
fn chosen(facts: &Facts, not_chosen: &BTreeSet<String>) -> u64 {
    let labels = facts.labels.iter().flatten();
    let chosen = labels.filter(|(key, (text, _))| {
        words::mark(key) != Some(false) && !not_chosen.contains(text) && !not_chosen.contains(*key)
    });
    chosen.map(|(_, (_, count))| count).sum()
}

/// Whether all options are numbers that can be codes.
fn numbered(options: &[(String, u64)]) -> bool {
    let codes: HashSet<i16> =
        options.iter().filter_map(|(label, _)| label.parse::<i16>().ok().filter(|code| *code >= 0)).collect();
    codes.len() == options.len()
}
