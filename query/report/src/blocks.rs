//! Figures as a person reads them: per question and grid row a block, its options and states as lines, the total and
//! the groups side by side.

use std::collections::HashMap;

use shukei_query::{Measure, MeasureKind};
use shukei_schemas::definition::RECONSTRUCTED_MARK;

use crate::words::Words;

/// One part of the units: a column of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// As in [`Measure::breaks`]; empty for all units.
    pub(crate) breaks: String,
    pub(crate) label: String,
}

/// One question, or one row of a grid.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    /// Any of its figures: title, wording and flags are the same in all of them.
    pub(crate) first: &'a Measure,
    pub(crate) lines: Vec<Line<'a>>,
    /// The bases that its figures relate to, in the order of their first use.
    pub(crate) bases: Vec<Base<'a>>,
    /// What is said beside its figures; a note's mark is its place.
    pub(crate) notes: Vec<&'a str>,
}

/// One option, state or statistic.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) first: &'a Measure,
    /// One cell per part; none where the part has no such figure.
    pub(crate) cells: Vec<Option<Cell<'a>>>,
    /// The place of its base in [`Block::bases`].
    pub(crate) base: usize,
}

/// A count with its share, or another statistic alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell<'a> {
    pub(crate) figure: &'a Measure,
    pub(crate) share: Option<&'a Measure>,
}

/// What some lines of a block are formed of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base<'a> {
    /// The units in each part.
    pub(crate) units: Vec<Option<u64>>,
    /// The places of the notes that belong to it.
    pub(crate) notes: Vec<usize>,
    pub(crate) rule: &'static str,
    pub(crate) first: &'a Measure,
}

impl Line<'_> {
    /// The option's code, or the name of the state, or that of the statistic.
    pub(crate) fn code(&self) -> String {
        match (self.first.measure, self.first.option, self.first.state) {
            (MeasureKind::Count, Some(code), _) => code.to_string(),
            (MeasureKind::Count, None, Some(state)) => state.as_str().to_owned(),
            (other, ..) => other.as_str().to_owned(),
        }
    }

    /// The words of the option or the state, or those of the statistic.
    pub(crate) fn label(&self, words: &Words) -> &str {
        match self.first.measure {
            MeasureKind::Count | MeasureKind::Share => &self.first.label,
            other => words.measure(other),
        }
    }

    /// The cell of all units.
    pub(crate) fn total(&self) -> Option<&Cell<'_>> {
        self.cells.first().and_then(Option::as_ref)
    }
}

impl Block<'_> {
    /// A name for a base where the block has several: a, b, c.
    pub(crate) fn base_name(&self, place: usize) -> String {
        if self.bases.len() < 2 {
            return String::new();
        }
        let letter = u8::try_from(place % 26).map_or('a', |place| char::from(b'a' + place));
        match place / 26 {
            0 => letter.to_string(),
            round => format!("{letter}{round}"),
        }
    }

    /// The marks of a base's notes, for example `※1`.
    pub(crate) fn marks(&self, base: usize) -> String {
        let places = self.bases.get(base).map_or(&[][..], |base| base.notes.as_slice());
        places.iter().map(|at| format!("※{}", at + 1)).collect::<Vec<_>>().join(" ")
    }

    /// What stands below it where so many of its parts are shown: notes, and what its marks mean.
    pub(crate) fn footnotes(&self, words: &Words, parts: usize) -> Vec<String> {
        let mut lines: Vec<String> =
            self.notes.iter().enumerate().map(|(at, note)| format!("※{} {note}", at + 1)).collect();
        if self.is_reconstructed() {
            lines.push(words.reconstructed.to_owned());
        }
        if self.has_no_base(parts) {
            lines.push(words.no_base.to_owned());
        }
        lines
    }

    /// Whether some share cannot be formed.
    fn has_no_base(&self, parts: usize) -> bool {
        let cells = self.lines.iter().flat_map(|line| line.cells.iter().take(parts).flatten());
        cells.filter_map(|cell| cell.share).any(|share| share.value.is_empty())
    }

    /// Whether it shows words that the issuer never printed.
    fn is_reconstructed(&self) -> bool {
        let marked = |words: &str| words.contains(RECONSTRUCTED_MARK);
        marked(&self.first.title) || self.lines.iter().any(|line| marked(&line.first.label))
    }
}

/// The blocks of some figures, in their order.
pub(crate) fn blocks<'a>(measures: &'a [Measure], parts: &[Part]) -> Vec<Block<'a>> {
    let places: HashMap<&str, usize> =
        parts.iter().enumerate().map(|(at, part)| (part.breaks.as_str(), at)).collect();
    let mut blocks = Vec::new();
    for of_question in measures.chunk_by(|a, b| a.question == b.question) {
        let mut rows: Vec<Option<i16>> = Vec::new();
        for measure in of_question {
            if !rows.contains(&measure.row) {
                rows.push(measure.row);
            }
        }
        for row in rows {
            let of_block = of_question.iter().filter(|measure| measure.row == row);
            blocks.extend(block(of_block, &places));
        }
    }
    blocks
}

/// What makes a line: the option, the state, and the statistic where it is neither count nor share.
type Key = (Option<i16>, Option<&'static str>, Option<MeasureKind>);

fn block<'a>(figures: impl Iterator<Item = &'a Measure>, places: &HashMap<&str, usize>) -> Option<Block<'a>> {
    let mut lines: Vec<Line<'a>> = Vec::new();
    let mut known: HashMap<Key, usize> = HashMap::new();
    let mut shares: Vec<(usize, usize, &'a Measure)> = Vec::new();
    for figure in figures {
        let statistic = match figure.measure {
            MeasureKind::Count | MeasureKind::Share => None,
            other => Some(other),
        };
        let key = (figure.option, figure.state.map(|state| state.as_str()), statistic);
        let line = *known.entry(key).or_insert_with(|| {
            lines.push(Line { first: figure, cells: vec![None; places.len()], base: 0 });
            lines.len() - 1
        });
        let Some(&part) = places.get(figure.breaks.as_str()) else { continue };
        if figure.measure == MeasureKind::Share {
            shares.push((line, part, figure));
        } else if let Some(cell) = lines.get_mut(line).and_then(|line| line.cells.get_mut(part)) {
            *cell = Some(Cell { figure, share: None });
        }
    }
    for (line, part, share) in shares {
        if let Some(Some(cell)) = lines.get_mut(line).and_then(|line| line.cells.get_mut(part)) {
            cell.share = Some(share);
        }
    }
    let first = lines.first()?.first;
    let mut block = Block { first, lines: Vec::new(), bases: Vec::new(), notes: Vec::new() };
    for mut line in lines {
        line.base = block.base_of(&line);
        block.lines.push(line);
    }
    Some(block)
}

impl<'a> Block<'a> {
    /// The place of a line's base, which is added if no line before has it.
    fn base_of(&mut self, line: &Line<'a>) -> usize {
        let mut notes = Vec::new();
        for note in &line.first.notes {
            let known = self.notes.iter().position(|known| known == note);
            notes.push(known.unwrap_or_else(|| {
                self.notes.push(note);
                self.notes.len() - 1
            }));
        }
        let units = line.cells.iter().map(|cell| cell.map(|cell| cell.figure.base)).collect();
        let base = Base { units, notes, rule: line.first.base_rule.as_str(), first: line.first };
        let same = |known: &Base<'_>| {
            known.units == base.units && known.notes == base.notes && known.rule == base.rule
        };
        self.bases.iter().position(same).unwrap_or_else(|| {
            self.bases.push(base);
            self.bases.len() - 1
        })
    }
}
