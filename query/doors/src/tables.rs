//! Figures as tables for people: one per question, or per row of one.

use std::collections::HashMap;
use std::io::Write;

use shukei_query::{Flag, Measure, MeasureKind};

use crate::chart::{heading, legend, note_marks, notes_of};
use crate::cross;
use crate::error::DoorError;
use crate::shown::{Shown, part_words};
use crate::table::{self, Column};
use crate::text::{harmless, wrapped};

pub(crate) fn write(
    measures: &[Measure],
    shown: &Shown,
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    if !shown.title.is_empty() {
        for line in wrapped(&harmless(&shown.title), columns_max.max(20)) {
            writeln!(out, "{line}")?;
        }
        writeln!(out)?;
    }
    for (at, figures) in of_questions(measures).iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        of_question(figures, shown, columns_max, out)?;
    }
    Ok(())
}

/// The figures of each question and row, which stand apart where they are broken down.
fn of_questions(measures: &[Measure]) -> Vec<Vec<Measure>> {
    let mut place: HashMap<(&str, Option<i16>), usize> = HashMap::new();
    let mut all: Vec<Vec<Measure>> = Vec::new();
    for measure in measures {
        let at = *place.entry((measure.question.as_str(), measure.row)).or_insert(all.len());
        match all.get_mut(at) {
            Some(figures) => figures.push(measure.clone()),
            None => all.push(vec![measure.clone()]),
        }
    }
    all
}

fn of_question(
    figures: &[Measure],
    shown: &Shown,
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    let words = shown.words();
    let Some(first) = figures.first() else { return Ok(()) };
    let row = first.row_label.as_ref().map(|row| harmless(row));
    let said =
        |flag: Flag| flag != Flag::BaseZero && figures.iter().all(|figure| figure.flags.contains(&flag));
    let flags: Vec<&str> =
        first.flags.iter().filter(|flag| said(**flag)).map(|flag| words.flag(*flag)).collect();
    let flags = (!flags.is_empty()).then(|| flags.join("; "));
    for line in heading(first, columns_max).into_iter().chain(row).chain(flags) {
        writeln!(out, "{line}")?;
    }
    let notes = notes_of(figures);
    let (crossed, listed): (Vec<&Measure>, Vec<&Measure>) =
        figures.iter().partition(|figure| cross::has_place(figure));
    let is_cross = crossed.iter().any(|figure| !figure.breaks.is_empty());
    if is_cross {
        cross::write(&crossed, figures, shown, columns_max, out)?;
    }
    let listed = if is_cross { listed } else { figures.iter().collect() };
    if !listed.is_empty() {
        list(&listed, &notes, shown, columns_max, out)?;
    }
    for line in legend(figures, columns_max) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// A line per part and option.
fn list(
    figures: &[&Measure],
    notes: &[&str],
    shown: &Shown,
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    let words = shown.words();
    let broken_down = figures.iter().any(|figure| !figure.breaks.is_empty());
    let names = [
        (words.part, false),
        ("", false),
        (words.count, true),
        ("%", true),
        (words.base, true),
        (words.base_rule, false),
    ];
    let columns: Vec<Column> = names
        .iter()
        .skip(usize::from(!broken_down))
        .map(|(name, number)| Column { name: (*name).to_owned(), number: *number })
        .collect();
    let cell = |figure: &Measure| {
        let what = (figure.option, figure.state, figure.set.clone());
        (figure.breaks.clone(), what, figure.label.clone())
    };
    let lines = Lines { broken_down, notes, shown };
    let rows: Vec<Vec<String>> =
        figures.chunk_by(|a, b| cell(a) == cell(b)).flat_map(|of_one_cell| lines.of(of_one_cell)).collect();
    table::write(&columns, &rows, columns_max, out)
}

/// What makes the lines of a list.
struct Lines<'a> {
    broken_down: bool,
    notes: &'a [&'a str],
    shown: &'a Shown,
}

impl Lines<'_> {
    /// A line of count and share, and one for each further measure of the cell.
    fn of(&self, of_one_cell: &[&Measure]) -> Vec<Vec<String>> {
        let shown = self.shown;
        let count = of_one_cell.iter().find(|figure| figure.measure == MeasureKind::Count);
        let share = of_one_cell.iter().find(|figure| figure.measure.is_share());
        let first = match (count, share) {
            // The base beside both is that of the share.
            (Some(count), Some(share)) => {
                Some(self.line(count.label.clone(), share, shown.count(count), share.value.clone()))
            }
            (Some(count), None) => {
                Some(self.line(count.label.clone(), count, shown.count(count), String::new()))
            }
            (None, Some(share)) => {
                Some(self.line(share.label.clone(), share, String::new(), share.value.clone()))
            }
            (None, None) => None,
        };
        let is_other =
            |figure: &&&Measure| figure.measure != MeasureKind::Count && !figure.measure.is_share();
        let others: Vec<Vec<String>> = of_one_cell
            .iter()
            .filter(is_other)
            .map(|figure| {
                // A change stands by itself, a mean below the counts that it is of.
                let kind = shown.words().measure(figure.measure);
                let alone = first.is_none() && (figure.option.is_some() || figure.set.is_some());
                let label = if alone { format!("{}: {kind}", figure.label) } else { kind.to_owned() };
                self.line(label, figure, figure.value.clone(), String::new())
            })
            .collect();
        first.into_iter().chain(others).collect()
    }

    fn line(&self, label: String, figure: &Measure, number: String, share: String) -> Vec<String> {
        let words = self.shown.words();
        let part = self.broken_down.then(|| match figure.breaks.is_empty() {
            true => words.total.to_owned(),
            false => part_words(figure),
        });
        let flags: Vec<&str> =
            [Flag::Unreliable, Flag::Blanked, Flag::Broken, Flag::NotCompared, Flag::DefinitionChanged]
                .into_iter()
                .filter(|flag| figure.flags.contains(flag))
                .map(|flag| words.flag(flag))
                .collect();
        let flags = if flags.is_empty() { String::new() } else { format!(" ({})", flags.join(", ")) };
        let rule = format!("{}{}{flags}", words.rule_name(figure.base_rule), note_marks(figure, self.notes));
        part.into_iter().chain([label, number, share, self.shown.base(figure), rule]).collect()
    }
}
