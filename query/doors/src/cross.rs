//! Cross tables for people: options down, the parts of the units across.

use std::collections::HashMap;
use std::io::Write;

use shukei_query::{BaseRule, Measure, MeasureKind};
use shukei_schemas::State;

use crate::chart::{note_marks, notes_of};
use crate::error::DoorError;
use crate::shown::{Shown, UNRELIABLE};
use crate::text::{cut, harmless, padded, width, wrapped};

/// The unit of lines that count.
const N: &str = "n";

/// The heading of a part may take so many lines.
const HEADING_LINES: usize = 3;
const LABEL_MIN: usize = 12;
const PART_WIDTH: std::ops::RangeInclusive<usize> = 5..=20;

/// Whether a figure has a place in a cross table: it is of all units, or of a part of one break.
pub(crate) fn has_place(figure: &Measure) -> bool {
    !is_change(figure) && figure.parts.len() == usize::from(!figure.breaks.is_empty())
}

/// Whether a figure is a change since an earlier wave. Those are listed: each has notes of its own.
pub(crate) fn is_change(figure: &Measure) -> bool {
    figure.measure.is_of_two_waves()
}

/// Writes the figures of one question, or of one row of it, each break in blocks of its own. All have a place.
pub(crate) fn write(
    figures: &[&Measure],
    all: &[Measure],
    shown: &Shown,
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    let table = CrossTable::of(figures, &notes_of(all), shown);
    for (at, block) in table.blocks(columns_max).iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        for line in block {
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    Ok(())
}

/// What a line is of.
type Key<'a> = (Option<i16>, Option<State>, Option<&'a str>, &'a str);

/// A line with a cell for the total and each part.
struct Line {
    label: String,
    /// Notes behind the label, which are never cut.
    marks: String,
    unit: String,
    cells: Vec<String>,
}

/// Bases of the parts, and whom they are made of.
type Bases = (Vec<String>, BaseRule);

/// A column.
struct Part {
    /// The place of its break, none for the total.
    of: Option<usize>,
    label: String,
}

struct CrossTable {
    /// What is broken down by, in the order in which it was asked.
    breaks: Vec<String>,
    parts: Vec<Part>,
    lines: Vec<Line>,
}

impl CrossTable {
    fn of(figures: &[&Measure], notes: &[&str], shown: &Shown) -> Self {
        let words = shown.words();
        let mut names: Vec<(&str, &str)> = Vec::new();
        let mut parts = vec![Part { of: None, label: words.total.to_owned() }];
        let mut place = HashMap::from([("", 0)]);
        let mut keys: Vec<Key<'_>> = Vec::new();
        let mut cells: HashMap<(Key<'_>, MeasureKind), Vec<(usize, &Measure)>> = HashMap::new();
        for figure in figures {
            if let Some(part) = figure.parts.first()
                && !place.contains_key(figure.breaks.as_str())
            {
                let of = names.iter().position(|(name, _)| *name == part.name).unwrap_or_else(|| {
                    names.push((&part.name, &part.title));
                    names.len() - 1
                });
                place.insert(&figure.breaks, parts.len());
                parts.push(Part { of: Some(of), label: harmless(&part.label) });
            }
            let key = (figure.option, figure.state, figure.set.as_deref(), figure.label.as_str());
            if !keys.contains(&key) {
                keys.push(key);
            }
            if let Some(at) = place.get(figure.breaks.as_str()) {
                cells.entry((key, figure.measure)).or_default().push((*at, figure));
            }
        }
        let made = Maker { shown, notes, columns: parts.len() };
        let groups: Vec<Vec<(Line, Option<Bases>)>> =
            keys.iter().map(|key| made.lines_of(*key, &cells)).collect();
        let common = common(&groups);
        let mut lines = Vec::new();
        if let Some(bases) = &common {
            lines.push(made.base_line(bases));
            lines.extend(made.units_line(figures, &place, bases));
        }
        for group in groups {
            // Two shares of one thing on one base say it once.
            let mut before = common.clone();
            for (line, bases) in group {
                lines.push(line);
                if let Some(bases) = bases.filter(|bases| before.as_ref() != Some(bases)) {
                    lines.push(made.base_line(&bases));
                    before = Some(bases);
                }
            }
        }
        Self {
            breaks: names.iter().map(|(name, title)| words.by(&harmless(title), name)).collect(),
            parts,
            lines,
        }
    }

    /// The lines of each block: as many parts as fit beside label and total.
    fn blocks(&self, columns_max: usize) -> Vec<Vec<String>> {
        let widest = |text: &dyn Fn(&Line) -> usize| self.lines.iter().map(text).max().unwrap_or(0);
        let room = (columns_max * 2 / 5).max(LABEL_MIN);
        let label = widest(&|line| width(&line.label) + width(&line.marks)).clamp(LABEL_MIN, room);
        let unit = widest(&|line| width(&line.unit));
        let mut widths: Vec<usize> =
            self.parts.iter().enumerate().map(|(at, part)| self.width_of(at, &part.label)).collect();
        // A part that fits beside label and total only with a narrower heading gets one.
        let beside = 1 + label + 2 + unit + 2 + widths.first().copied().unwrap_or(0) + 1;
        for (at, part) in widths.iter_mut().enumerate().skip(1) {
            *part = (*part).min(columns_max.saturating_sub(beside + 2).max(self.numbers_of(at)));
        }
        let gap = |at: usize| widths.get(at).map_or(0, |width| width + 2);
        let mut blocks = Vec::new();
        for of in 0..self.breaks.len() {
            let mut shown: Vec<usize> = vec![0];
            let mut used = 1 + label + 2 + unit + gap(0);
            for (at, _) in self.parts.iter().enumerate().filter(|(_, part)| part.of == Some(of)) {
                if shown.len() > 1 && used + gap(at) + 1 > columns_max {
                    blocks.push(self.block(of, &shown, label, unit, &widths));
                    used -= shown.drain(1..).map(gap).sum::<usize>();
                }
                shown.push(at);
                used += gap(at);
            }
            blocks.push(self.block(of, &shown, label, unit, &widths));
        }
        blocks
    }

    /// The width of the numbers of a part.
    fn numbers_of(&self, at: usize) -> usize {
        let numbers = self.lines.iter().filter_map(|line| line.cells.get(at)).map(|cell| width(cell));
        numbers.max().unwrap_or(0).max(*PART_WIDTH.start())
    }

    fn width_of(&self, at: usize, label: &str) -> usize {
        let heading = (width(label).div_ceil(HEADING_LINES) + 2).clamp(12, *PART_WIDTH.end());
        self.numbers_of(at).max(width(label).min(heading))
    }

    fn block(&self, of: usize, shown: &[usize], label: usize, unit: usize, widths: &[usize]) -> Vec<String> {
        let right = |text: &str, at: usize| {
            let room = widths.get(at).copied().unwrap_or(0);
            format!("  {}{text}", " ".repeat(room.saturating_sub(width(text))))
        };
        let headings: Vec<Vec<String>> = shown
            .iter()
            .map(|at| {
                let room = widths.get(*at).copied().unwrap_or(0);
                let mut lines =
                    wrapped(self.parts.get(*at).map_or("", |part| part.label.as_str()), room.max(2));
                if lines.len() > HEADING_LINES {
                    lines.truncate(HEADING_LINES);
                    if let Some(last) = lines.last_mut() {
                        *last = cut(&format!("{last}…"), room);
                    }
                }
                lines
            })
            .collect();
        let height = headings.iter().map(Vec::len).max().unwrap_or(1).max(1);
        let all = 1 + label + 2 + unit + shown.iter().map(|at| right("", *at).len()).sum::<usize>() + 1;
        let mut lines = Vec::new();
        let by = self.breaks.get(of).map_or("", String::as_str);
        lines.push(cut(by, all.max(LABEL_MIN * 3)));
        lines.push("─".repeat(all));
        for at in 0..height {
            let mut line = " ".repeat(1 + label + 2 + unit);
            for (heading, part) in headings.iter().zip(shown) {
                // The last line of each stands right above its numbers.
                let text = (at + heading.len()).checked_sub(height).and_then(|at| heading.get(at));
                line.push_str(&right(text.map_or("", String::as_str), *part));
            }
            lines.push(line);
        }
        lines.push("═".repeat(all));
        for line in &self.lines {
            let words = cut(&line.label, label.saturating_sub(width(&line.marks)));
            let words = padded(&format!("{words}{}", line.marks), label);
            let mut text = format!(" {words}  {}", padded(&line.unit, unit));
            for at in shown {
                text.push_str(&right(line.cells.get(*at).map_or("", String::as_str), *at));
            }
            lines.push(text);
        }
        lines.push("─".repeat(all));
        lines
    }
}

/// The bases that most lines have which have some, if at least half of them agree.
fn common(groups: &[Vec<(Line, Option<Bases>)>]) -> Option<Bases> {
    let all: Vec<&Bases> = groups.iter().flatten().filter_map(|(_, bases)| bases.as_ref()).collect();
    let times = |bases: &Bases| all.iter().filter(|other| **other == bases).count();
    // Of several that are as frequent, the first.
    let most = all.iter().rev().max_by_key(|bases| times(bases))?;
    (times(most) * 2 >= all.len()).then(|| (*most).clone())
}

/// What makes lines.
struct Maker<'a> {
    shown: &'a Shown,
    notes: &'a [&'a str],
    columns: usize,
}

impl Maker<'_> {
    /// Share, count and whatever else there is of one thing, those that relate to a base with it.
    fn lines_of<'k>(
        &self,
        key: Key<'k>,
        cells: &HashMap<(Key<'k>, MeasureKind), Vec<(usize, &Measure)>>,
    ) -> Vec<(Line, Option<Bases>)> {
        let kinds = MeasureKind::ALL.iter().copied();
        let shares = kinds.clone().filter(|kind| kind.is_share());
        let others = kinds.filter(|kind| !kind.is_share());
        // A net score has no words but its own.
        let is_net_score = cells.contains_key(&(key, MeasureKind::NetScore));
        let mut label = Some(if is_net_score { String::new() } else { harmless(key.3) });
        let mut lines = Vec::new();
        for kind in shares.chain(others) {
            let Some(found) = cells.get(&(key, kind)) else { continue };
            let unit = match kind {
                MeasureKind::Count => N,
                kind if kind.is_share() => "%",
                kind => self.shown.words().measure(kind),
            };
            let mut texts = vec![String::new(); self.columns];
            let mut bases = vec![String::new(); self.columns];
            let mut marks = String::new();
            for (at, figure) in found {
                texts[*at] = self.shown.cell(figure);
                bases[*at] = self.shown.base(figure);
                let of_figure = note_marks(figure, self.notes);
                if marks.len() < of_figure.len() {
                    marks = of_figure;
                }
            }
            if texts.iter().any(|text| text.ends_with(UNRELIABLE)) {
                for text in texts.iter_mut().filter(|text| !text.ends_with(UNRELIABLE)) {
                    text.push(' ');
                }
            }
            // The label stands once.
            let (label, marks) = match label.take() {
                Some(label) => (label, marks),
                None => (String::new(), String::new()),
            };
            let rule = found.first().map(|(_, figure)| figure.base_rule);
            let bases = rule.filter(|_| kind != MeasureKind::Count).map(|rule| (bases, rule));
            lines.push((Line { label, marks, unit: unit.to_owned(), cells: texts }, bases));
        }
        lines
    }

    fn base_line(&self, (bases, rule): &Bases) -> Line {
        let label = self.shown.words().base_row(*rule);
        Line { label, marks: String::new(), unit: N.to_owned(), cells: bases.clone() }
    }

    /// Of weighted bases, how many units they are.
    fn units_line(&self, figures: &[&Measure], place: &HashMap<&str, usize>, bases: &Bases) -> Option<Line> {
        let mut cells = vec![String::new(); self.columns];
        for figure in figures.iter().filter(|figure| figure.is_weighted()) {
            let Some(at) = place.get(figure.breaks.as_str()).copied() else { continue };
            let is_of = figure.base_rule == bases.1 && bases.0.get(at) == Some(&self.shown.base(figure));
            if is_of && figure.measure != MeasureKind::Count {
                cells[at] = figure.base_unweighted.to_string();
            }
        }
        let label = self.shown.words().units.to_owned();
        let line = Line { label, marks: String::new(), unit: N.to_owned(), cells };
        line.cells.iter().any(|cell| !cell.is_empty()).then_some(line)
    }
}
