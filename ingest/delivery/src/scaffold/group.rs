//! Which columns are one question together.

use std::collections::BTreeSet;

use shukei_schemas::definition::Steps;

use super::column::Column;
use super::facts::{Facts, Guess};
use super::kinds::{GroupKind, kind, own_text};
use super::stem::{self, Part, Style};
use super::words;

/// What is asked, with the places of the columns that answer it.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// One column, perhaps with words of one's own in another.
    One { at: usize, words: Option<usize> },
    /// Several columns.
    Group(Group),
}

impl Asked {
    pub(super) fn group_mut(&mut self) -> Option<&mut Group> {
        match self {
            Self::Group(group) => Some(group),
            Self::One { .. } => None,
        }
    }
}

/// A question over several columns.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// What the names begin with, to name the question; empty if with nothing.
    pub(super) stem: String,
    /// The wording, and whether the file says it.
    pub(super) text: String,
    pub(super) is_worded: bool,
    pub(super) kind: GroupKind,
    /// Whether no row has two of the options.
    pub(super) is_single: bool,
    pub(super) members: Vec<Member>,
    /// The column with words of one's own, and the label of its option where no member is that option.
    pub(super) words: Option<(usize, Option<String>)>,
}

/// One column of a group: an option, a row, an item.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) at: usize,
    pub(super) code: i16,
    pub(super) label: String,
    /// Whether the column of words belongs to this option.
    pub(super) is_other: bool,
}

/// Everything that is asked, in the order of the columns. `skip` are columns that are no questions.
pub(super) fn asked(columns: &[Column], facts: &[Facts], skip: &dyn Fn(usize) -> bool) -> Vec<Asked> {
    let parts: Vec<Vec<Part>> = columns.iter().map(stem::parts).collect();
    let mut all = Vec::new();
    let mut at = 0;
    while at < columns.len() {
        if skip(at) {
            at += 1;
            continue;
        }
        let mut runs: Vec<Vec<(usize, &Part)>> = Vec::new();
        for part in &parts[at] {
            let same = |place: usize| {
                let found = parts.get(place)?.iter();
                found.filter(|_| !skip(place)).find(|p| p.style == part.style && p.stem == part.stem)
            };
            runs.push((at..).map_while(|place| same(place).map(|part| (place, part))).collect());
        }
        // The longest run counts; then codes, which name questions; then the longest beginning.
        runs.sort_by_key(|run| {
            let (is_code, length) =
                run.first().map_or((false, 0), |(_, part)| (part.style == Style::Code, part.stem.len()));
            std::cmp::Reverse((run.len(), is_code, length))
        });
        let run = runs.iter().filter(|run| run.len() > 1).find_map(|run| together(run, columns, facts));
        let run = run.or_else(|| own_names(at, columns, facts, skip));
        match run {
            Some((asked, length)) => {
                all.push(asked);
                at += length;
            }
            None => {
                let words = (!skip(at + 1)).then(|| words_behind(at, columns, facts, &parts)).flatten();
                all.push(Asked::One { at, words });
                at += 1 + usize::from(words.is_some());
            }
        }
    }
    all
}

/// The column behind, if it holds words for the option of this question that asks for some.
fn words_behind(at: usize, columns: &[Column], facts: &[Facts], parts: &[Vec<Part>]) -> Option<usize> {
    let (Guess::Single(options) | Guess::Multiple { options, .. }) = &facts[at].guess else { return None };
    options.iter().find(|(label, _)| words::is_other(label))?;
    let column = &columns[at];
    let names = [Some(column.text()), column.name.as_deref()].map(|name| name.map(stem::without_choice));
    let behind = parts.get(at + 1)?.iter().any(|part| {
        names.contains(&Some(part.stem.as_str()))
            && words::is_words(&part.item)
            && holds_words(&facts[at + 1], part)
    });
    behind.then_some(at + 1)
}

/// Whether a column holds words rather than marks or its own label.
fn holds_words(facts: &Facts, part: &Part) -> bool {
    let Some(labels) = &facts.labels else { return true };
    let is_own = labels.len() == 1
        && labels.values().all(|(text, _)| text.to_lowercase() == stem::bare_item(&part.item).to_lowercase());
    let is_marks = !labels.is_empty() && labels.keys().all(|key| words::mark(key).is_some());
    !is_own && !is_marks
}

/// What a run of columns with one beginning is, and how many of its columns that takes.
fn together(run: &[(usize, &Part)], columns: &[Column], facts: &[Facts]) -> Option<(Asked, usize)> {
    let is_words =
        |(at, part): &&(usize, &Part)| words::is_words(&part.item) && holds_words(&facts[*at], part);
    let mains: Vec<(usize, &Part)> = run.iter().filter(|member| !is_words(member)).copied().collect();
    let wordy: Vec<(usize, &Part)> = run.iter().filter(is_words).copied().collect();
    // Words stand behind what they belong to; several columns of them are questions of their own.
    let in_order =
        wordy.len() <= 1 && wordy.first().is_none_or(|(at, _)| mains.iter().all(|(main, _)| main < at));
    if !in_order {
        let until = run.iter().position(|member| is_words(&member)).filter(|until| *until > 1)?;
        return together(&run[..(until + 1).min(run.len() - 1)], columns, facts);
    }
    if let [(at, _)] = mains[..] {
        let (Guess::Single(options) | Guess::Multiple { options, .. }) = &facts[at].guess else {
            return None;
        };
        options.iter().find(|(label, _)| words::is_other(label))?;
        return Some((Asked::One { at, words: wordy.first().map(|(at, _)| *at) }, run.len()));
    }
    let found = group(&mains, wordy.first().copied(), columns, facts);
    let found = found.or_else(|| {
        // The last column may hold words though its name does not say so.
        let (last, rest) = mains.split_last()?;
        let is_free = wordy.is_empty() && rest.len() > 1 && facts[last.0].guess == Guess::Text;
        let is_free = is_free && facts[last.0].different() > 3;
        group(rest, Some(*last), columns, facts)
            .filter(|group| is_free && matches!(group.kind, GroupKind::Multiple { .. }))
    });
    found.map(|group| (Asked::Group(group), run.len()))
}

fn group(
    mains: &[(usize, &Part)],
    wordy: Option<(usize, &Part)>,
    columns: &[Column],
    facts: &[Facts],
) -> Option<Group> {
    let places: Vec<usize> = mains.iter().map(|(at, _)| *at).collect();
    let part = mains.first()?.1;
    let (text, items, is_worded) = wording(mains, columns);
    let kind = kind(&places, facts, part.style, &text)?;
    if wordy.is_some() && !matches!(kind, GroupKind::Multiple { .. }) {
        return None;
    }
    let digits: BTreeSet<i16> = mains.iter().filter_map(|(_, part)| part.digits.filter(|n| *n > 0)).collect();
    let mut members: Vec<Member> = Vec::new();
    for (place, ((at, part), item)) in mains.iter().zip(&items).enumerate() {
        let own = match &kind {
            GroupKind::Multiple { not_chosen, .. } => own_text(&facts[*at], not_chosen),
            _ => None,
        };
        let number = part.digits.filter(|_| digits.len() == mains.len()).unwrap_or(place as i16 + 1);
        members.push(Member {
            at: *at,
            code: number,
            label: own.unwrap_or_else(|| item.clone()),
            is_other: false,
        });
    }
    tell_apart(&mut members);
    let words = wordy.map(|(at, part)| {
        let by_digits = members
            .iter()
            .position(|member| part.digits == Some(member.code) && words::is_other(&member.label));
        let other = by_digits.or_else(|| members.iter().position(|member| words::is_other(&member.label)));
        match other {
            Some(other) => {
                members[other].is_other = true;
                (at, None)
            }
            None => (at, Some(stem::bare_item(&part.item).to_owned())),
        }
    });
    let stem = if part.style == Style::Shared { String::new() } else { part.stem.clone() };
    Some(Group { stem, text, is_worded, kind, is_single: false, members, words })
}

/// The wording of a group and the items of its columns.
fn wording(mains: &[(usize, &Part)], columns: &[Column]) -> (String, Vec<String>, bool) {
    let items = || mains.iter().map(|(_, part)| stem::bare_item(&part.item).to_owned()).collect::<Vec<_>>();
    let Some((first, part)) = mains.first() else { return (String::new(), Vec::new(), false) };
    // The beginning as the file writes it, not in its normal form.
    let written = || {
        let name = columns[*first].name.as_deref().unwrap_or_default();
        let start: String = name.chars().take(part.stem.chars().count()).collect();
        if Steps::default().key(&start) == part.stem { start } else { part.stem.clone() }
    };
    match part.style {
        Style::Shared => {
            let head = &columns[columns[*first].head];
            (head.name.clone().unwrap_or_else(|| head.key.clone()), items(), true)
        }
        Style::Bracket | Style::Dash => (stem::without_choice(&part.stem).to_owned(), items(), true),
        Style::Code => {
            let texts: Vec<&str> = mains.iter().map(|(at, _)| columns[*at].text()).collect();
            let has_wordings = mains.iter().all(|(at, _)| columns[*at].below.is_some());
            match stem::common(&texts).filter(|_| has_wordings) {
                Some((stem, found)) => {
                    let items = found.iter().map(|item| stem::bare_item(item).to_owned()).collect();
                    (stem::without_choice(stem).to_owned(), items, true)
                }
                None if has_wordings => {
                    (written(), texts.iter().map(|text| (*text).to_owned()).collect(), false)
                }
                None => {
                    // Digits alone say less than the name of the column.
                    let item = |(at, part): &(usize, &Part)| match part.item.parse::<i16>() {
                        Ok(_) => columns[*at].text().to_owned(),
                        Err(_) => stem::bare_item(&part.item).to_owned(),
                    };
                    (written(), mains.iter().map(item).collect(), false)
                }
            }
        }
    }
}

/// Columns whose names are their only texts, as a tool exports what may be chosen together.
fn own_names(
    at: usize,
    columns: &[Column],
    facts: &[Facts],
    skip: &dyn Fn(usize) -> bool,
) -> Option<(Asked, usize)> {
    let names = |place: usize| {
        let (name, only) = (columns.get(place)?.name.as_deref()?, facts.get(place)?.only()?.1);
        let bare =
            name.rsplit_once(" (").filter(|(_, rest)| rest.trim_end_matches(')').parse::<u8>().is_ok());
        let is_own = super::column::one_line(only) == name || bare.is_some_and(|(bare, _)| bare == only);
        (is_own && !skip(place)).then(|| only.to_owned())
    };
    let labels: Vec<String> = (at..).map_while(names).collect();
    if labels.len() < 2 {
        return None;
    }
    let mut members: Vec<Member> = Vec::new();
    for (place, label) in labels.iter().enumerate() {
        members.push(Member {
            at: at + place,
            code: place as i16 + 1,
            label: label.clone(),
            is_other: false,
        });
    }
    tell_apart(&mut members);
    let behind = at + labels.len();
    let is_other = |place: usize| {
        let name = columns.get(place)?.name.as_deref()?;
        let free = !skip(place) && facts[place].guess != Guess::Empty && facts[place].only().is_none();
        (free && words::is_other(name)).then_some(place)
    };
    let words = is_other(behind).map(|place| match members.iter_mut().find(|m| words::is_other(&m.label)) {
        Some(member) => {
            member.is_other = true;
            (place, None)
        }
        None => (place, Some("Other".to_owned())),
    });
    let text = labels.join(" / ");
    let kind = GroupKind::Multiple { chosen: BTreeSet::new(), not_chosen: BTreeSet::new() };
    let length = labels.len() + usize::from(words.is_some());
    Some((
        Asked::Group(Group {
            stem: String::new(),
            text,
            is_worded: false,
            kind,
            is_single: false,
            members,
            words,
        }),
        length,
    ))
}

/// No two options may carry the same words.
fn tell_apart(members: &mut [Member]) {
    let mut seen = BTreeSet::new();
    for member in members {
        if !seen.insert(member.label.trim().to_owned()) {
            member.label = format!("{} ({})", member.label, member.code);
            seen.insert(member.label.clone());
        }
    }
}
