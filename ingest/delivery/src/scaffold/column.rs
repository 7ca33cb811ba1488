//! The columns of a file: what the layout calls each, what its header says, and how the rows below the header were told
//! from the answers.

use super::facts::{Facts, Guess, decimals};
use super::profile::Profile;
use super::words;
use shukei_schemas::definition::Steps;

/// A column as its header has it.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Its place, from 0.
    pub(super) at: usize,
    /// What the layout calls it.
    pub(super) key: String,
    /// Its name; none if the header has none.
    pub(super) name: Option<String>,
    /// The named column on its left that a column without a name belongs to, or itself.
    pub(super) head: usize,
    /// Whether columns without a name belong to its head.
    pub(super) is_shared: bool,
    /// What the row below the header says, without what says nothing.
    pub(super) below: Option<String>,
}

impl Column {
    /// The words that say most of what the column is.
    pub(super) fn text(&self) -> &str {
        let below = self.below.as_deref().filter(|_| !self.is_shared);
        below.or(self.name.as_deref()).or(self.below.as_deref()).unwrap_or(&self.key)
    }
}

/// How many rows below the header belong to it: ids of a tool, wordings, options of the columns.
pub(super) fn header_rows(names: &[String], first: &[Vec<String>], profiles: &[Profile]) -> usize {
    let is_ids = |row: &Vec<String>| row.iter().any(|cell| cell.starts_with("{\"ImportId\""));
    if let Some(at) = first.iter().position(is_ids) {
        return at + 1;
    }
    usize::from(first.first().is_some_and(|row| is_wording(names, row, profiles)))
}

/// Whether a row is one of wordings: nearly nothing in it is an answer that anybody gave below.
fn is_wording(names: &[String], row: &[String], profiles: &[Profile]) -> bool {
    if row.iter().zip(profiles).any(|(cell, below)| words::is_response(cell) && !below.has(cell)) {
        return true;
    }
    let steps = Steps::default();
    let (mut strange, mut known, mut filled, mut length, mut nameless) = (0, 0, 0, 0, 0);
    // Two questions may have the same options, or rows; one has each once.
    let mut different = std::collections::BTreeSet::new();
    let mut head = 0;
    for (at, (cell, below)) in row.iter().zip(profiles).enumerate() {
        let cell = cell.trim();
        let is_own = names.get(at).is_some_and(|name| !is_position(name, at) && !is_again(names, head, at));
        if is_own {
            head = at;
        }
        if cell.is_empty() {
            continue;
        }
        filled += 1;
        length += cell.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
        different.insert((head, cell));
        nameless += usize::from(!is_own);
        let facts = below.facts(steps, "");
        match &facts.guess {
            Guess::Empty | Guess::Text => {}
            // An option's own words stand in its header and in its cells.
            Guess::Single(_) if facts.only().is_some_and(|(_, only)| only == cell) => {}
            Guess::Single(_) if below.has(cell) => known += 1,
            Guess::Number(_) | Guess::Rating { .. } if decimals(&steps.key(cell)).is_some() => known += 1,
            _ => strange += 1,
        }
    }
    let is_alien = strange >= 2 && known * 10 <= strange && different.len() * 10 >= filled * 8;
    is_alien && (nameless >= 2 || (filled * 10 >= names.len() * 6 && length >= 12 * filled))
}

/// Whether a name is only the position of a column without one.
fn is_position(name: &str, at: usize) -> bool {
    name.strip_prefix('#').and_then(|digits| digits.parse::<usize>().ok()) == Some(at + 1)
}

/// Whether a column has the name of the one where its question begins, with the number that tells them apart.
fn is_again(names: &[String], head: usize, at: usize) -> bool {
    let behind = names.get(at).zip(names.get(head)).and_then(|(name, head)| name.strip_prefix(head.as_str()));
    let number =
        behind.and_then(|behind| behind.strip_prefix(" (")?.strip_suffix(')')?.parse::<usize>().ok());
    at > head && number.is_some()
}

/// The columns with what their header says.
pub(super) fn columns(names: &[String], below: Option<&Vec<String>>) -> Vec<Column> {
    let mut head = 0;
    let mut columns: Vec<Column> = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        // A name that is repeated over the columns of a question names them all.
        let named = !is_position(name, at) && (below.is_none() || !is_again(names, head, at));
        if named {
            head = at;
        }
        // A name that reads like a position would be taken for one.
        let like_position = name.strip_prefix('#').is_some_and(|digits| digits.parse::<usize>().is_ok());
        let by_position = below.is_some() || like_position;
        let said = below.and_then(|row| row.get(at)).map(|cell| one_line(cell));
        columns.push(Column {
            at,
            key: if by_position { format!("#{}", at + 1) } else { name.clone() },
            name: named.then(|| name.clone()),
            head,
            is_shared: false,
            below: said.filter(|said| !said.is_empty() && !words::is_response(said)),
        });
        if !named && columns[head].name.is_some() {
            columns[head].is_shared = true;
            columns[at].is_shared = true;
        }
    }
    columns
}

/// Any run of blanks as one.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The column that names the rows: one that sounds like it, or the first.
pub(super) fn key_of(profiles: &[Profile], facts: &[Facts], rows: u64) -> Option<usize> {
    const NAMES: [&str; 8] = ["id", "no", "respondent", "key", "token", "番号", "回答者", "整理番号"];
    let sounds = |profile: &Profile| {
        if ["ID", "Id", "_id"].iter().any(|end| profile.name.trim().ends_with(end)) {
            return true;
        }
        let name = profile.name.to_lowercase();
        let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
        NAMES.iter().any(|known| words.contains(known) || (!known.is_ascii() && name.contains(known)))
    };
    let is_key = |profile: &Profile| profile.is_key(rows);
    let named = profiles.iter().position(|profile| is_key(profile) && sounds(profile));
    named.or_else(|| {
        // Numbers that nobody calls a name of rows are rather amounts.
        let is_amount = matches!(facts.first()?.guess, Guess::Number(_));
        let is_name = !is_amount || is_position(&profiles.first()?.name, 0);
        profiles.first().is_some_and(|first| is_key(first) && is_name).then_some(0)
    })
}
