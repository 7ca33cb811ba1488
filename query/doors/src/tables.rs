//! Figures as tables for people: one per question, or per row of one that is broken down.

use std::collections::HashMap;
use std::hash::Hash;
use std::io::Write;

use shukei_query::{Flag, Measure, MeasureKind};

use crate::across::{self, Down};
use crate::chart::{heading, legend, note_marks, notes_of};
use crate::cross;
use crate::error::DoorError;
use crate::shown::{BLANKED, Shown, UNRELIABLE, part_words};
use crate::table::{self, Column};
use crate::text::{harmless, wrapped};
use crate::words::Words;

pub(crate) fn write(
    measures: &[Measure],
    shown: &Shown,
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    let title = (!shown.title.is_empty()).then_some(&shown.title);
    let above: Vec<&String> = title.into_iter().chain(&shown.said).collect();
    for line in above.iter().flat_map(|text| wrapped(&harmless(text), columns_max.max(20))) {
        writeln!(out, "{line}")?;
    }
    if !above.is_empty() {
        writeln!(out)?;
    }
    for (at, (figures, layout)) in of_questions(measures, shown).iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        of_question(figures, *layout, shown, columns_max, out)?;
    }
    Ok(())
}

/// How the figures of a table are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Options down: the parts of one break across, or a line each.
    OptionsDown,
    Across(Down),
}

/// The figures of each table: those of a question, or of each of its rows where they are broken down. The rows of a
/// grid that is not are one table.
fn of_questions(measures: &[Measure], shown: &Shown) -> Vec<(Vec<Measure>, Layout)> {
    let layout = if shown.crossed { Layout::Across(Down::Parts) } else { Layout::OptionsDown };
    let of_question = |measure: &Measure| measure.question.clone();
    let of_row = |measure: &Measure| (measure.question.clone(), measure.row);
    let is_of_grid =
        |figure: &Measure| figure.row.is_some() && figure.breaks.is_empty() && !cross::is_change(figure);
    let mut all = Vec::new();
    for figures in grouped(measures, of_question) {
        match figures.iter().all(is_of_grid) {
            true => all.push((figures, Layout::Across(Down::Rows))),
            false => all.extend(grouped(&figures, of_row).into_iter().map(|of_row| (of_row, layout))),
        }
    }
    all
}

/// The figures that have the same key, in the order in which the keys come.
fn grouped<K: Eq + Hash>(measures: &[Measure], key: impl Fn(&Measure) -> K) -> Vec<Vec<Measure>> {
    let mut place: HashMap<K, usize> = HashMap::new();
    let mut all: Vec<Vec<Measure>> = Vec::new();
    for measure in measures {
        let at = *place.entry(key(measure)).or_insert(all.len());
        match all.get_mut(at) {
            Some(figures) => figures.push(measure.clone()),
            None => all.push(vec![measure.clone()]),
        }
    }
    all
}

fn of_question(
    figures: &[Measure],
    layout: Layout,
    shown: &Shown,
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    let words = shown.words();
    let Some(first) = figures.first() else { return Ok(()) };
    let row = first.row_label.as_ref().filter(|_| layout != Layout::Across(Down::Rows));
    let row = row.map(|row| harmless(row));
    let said =
        |flag: Flag| flag != Flag::BaseZero && figures.iter().all(|figure| figure.flags.contains(&flag));
    let flags: Vec<&str> =
        first.flags.iter().filter(|flag| said(**flag)).map(|flag| words.flag(*flag)).collect();
    let flags = (!flags.is_empty()).then(|| flags.join("; "));
    for line in heading(first, columns_max).into_iter().chain(row).chain(flags) {
        writeln!(out, "{line}")?;
    }
    let (placed, listed): (Vec<&Measure>, Vec<&Measure>) = figures.iter().partition(|figure| match layout {
        Layout::OptionsDown => cross::has_place(figure),
        Layout::Across(_) => !cross::is_change(figure),
    });
    let is_table = match layout {
        Layout::OptionsDown => placed.iter().any(|figure| !figure.breaks.is_empty()),
        Layout::Across(_) => !placed.is_empty(),
    };
    match layout {
        Layout::OptionsDown if is_table => cross::write(&placed, figures, shown, columns_max, out)?,
        Layout::Across(down) if is_table => across::write(&placed, figures, down, shown, columns_max, out)?,
        _ => {}
    }
    for line in marks_of_cells(if is_table { &placed } else { &[] }, words) {
        writeln!(out, "{line}")?;
    }
    let listed = if is_table { listed } else { figures.iter().collect() };
    if !listed.is_empty() {
        list(&listed, &notes_of(figures), shown, columns_max, out)?;
    }
    for line in flags_of_some(figures, words).into_iter().chain(legend(figures, words, columns_max)) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// What the marks in the cells of a cross table mean.
fn marks_of_cells(figures: &[&Measure], words: &Words) -> Vec<String> {
    let has = |flag| figures.iter().any(|figure| figure.flags.contains(&flag));
    let marks = [(Flag::Unreliable, UNRELIABLE, words.unreliable), (Flag::Blanked, BLANKED, words.blanked)];
    let found = marks.into_iter().filter(|(flag, ..)| has(*flag));
    found.map(|(_, mark, words)| format!("{mark} {words}")).collect()
}

/// What must be known of some figures and neither stands above all of them nor has a mark beside each.
fn flags_of_some(figures: &[Measure], words: &Words) -> Option<String> {
    let with = |flag: Flag| figures.iter().filter(|figure| figure.flags.contains(&flag)).count();
    let flags: Vec<&str> =
        [Flag::Synthetic, Flag::IncludesNotMapped, Flag::AggregatesLeftOut, Flag::WeightMissing]
            .into_iter()
            .filter(|flag| (1..figures.len()).contains(&with(*flag)))
            .map(|flag| words.flag(flag))
            .collect();
    (!flags.is_empty()).then(|| format!("{}{}", words.of_some, flags.join("; ")))
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
    let lines = Lines {
        broken_down: figures.iter().any(|figure| !figure.breaks.is_empty()),
        counts: figures.iter().any(|figure| is_count_or_share(figure)),
        values: figures.iter().any(|figure| !is_count_or_share(figure)),
        notes,
        shown,
    };
    let names = [
        (words.part, false, lines.broken_down),
        ("", false, true),
        (words.count, true, lines.counts),
        ("%", true, lines.counts),
        (words.measure, false, lines.values),
        (words.value, true, lines.values),
        (words.base, true, true),
        (words.base_rule, false, true),
    ];
    let columns: Vec<Column> = names
        .into_iter()
        .filter(|(.., is_shown)| *is_shown)
        .map(|(name, number, _)| Column { name: name.to_owned(), number })
        .collect();
    let cell = |figure: &Measure| {
        let what = (figure.option, figure.state, figure.set.clone());
        (figure.breaks.clone(), what, figure.label.clone())
    };
    let rows: Vec<Vec<String>> =
        figures.chunk_by(|a, b| cell(a) == cell(b)).flat_map(|of_one_cell| lines.of(of_one_cell)).collect();
    table::write(&columns, &rows, columns_max, out)
}

fn is_count_or_share(figure: &Measure) -> bool {
    figure.measure == MeasureKind::Count || figure.measure.is_share()
}

/// What makes the lines of a list.
struct Lines<'a> {
    broken_down: bool,
    /// Whether there are counts or shares.
    counts: bool,
    /// Whether there is anything else. It has columns of its own: a mean is no count.
    values: bool,
    notes: &'a [&'a str],
    shown: &'a Shown,
}

/// The numbers of a line.
enum Numbers<'a> {
    CountAndShare(String, String),
    Other(&'a Measure),
}

impl Lines<'_> {
    /// A line of count and share, and one for each further measure of the cell.
    fn of(&self, of_one_cell: &[&Measure]) -> Vec<Vec<String>> {
        let count = of_one_cell.iter().find(|figure| figure.measure == MeasureKind::Count);
        let share = of_one_cell.iter().find(|figure| figure.measure.is_share());
        let numbers = Numbers::CountAndShare(
            count.map(|count| self.shown.count(count)).unwrap_or_default(),
            share.map(|share| share.value.clone()).unwrap_or_default(),
        );
        // The base beside both is that of the share.
        let first = share.or(count).map(|figure| self.line(figure.label.clone(), figure, numbers));
        let mut is_named = first.is_some();
        let others = of_one_cell.iter().filter(|figure| !is_count_or_share(figure));
        let others: Vec<Vec<String>> = others
            .map(|figure| {
                // The label stands once. A mean of the answers, or a net score, has no words but its own.
                let is_of_thing = figure.option.is_some() || figure.set.is_some();
                let is_said = is_named || !is_of_thing || figure.measure == MeasureKind::NetScore;
                is_named = true;
                let label = if is_said { String::new() } else { figure.label.clone() };
                self.line(label, figure, Numbers::Other(figure))
            })
            .collect();
        first.into_iter().chain(others).collect()
    }

    fn line(&self, label: String, figure: &Measure, numbers: Numbers<'_>) -> Vec<String> {
        let words = self.shown.words();
        let part = self.broken_down.then(|| match figure.breaks.is_empty() {
            true => words.total.to_owned(),
            false => part_words(figure),
        });
        let (count, share, measure, value) = match numbers {
            Numbers::CountAndShare(count, share) => (count, share, String::new(), String::new()),
            Numbers::Other(figure) => {
                let measure = words.measure(figure.measure).to_owned();
                (String::new(), String::new(), measure, figure.value.clone())
            }
        };
        let flags: Vec<&str> =
            [Flag::Unreliable, Flag::Blanked, Flag::Broken, Flag::NotCompared, Flag::DefinitionChanged]
                .into_iter()
                .filter(|flag| figure.flags.contains(flag))
                .map(|flag| words.flag(flag))
                .collect();
        let flags = if flags.is_empty() { String::new() } else { format!(" ({})", flags.join(", ")) };
        let rule = format!("{}{}{flags}", words.rule_name(figure.base_rule), note_marks(figure, self.notes));
        let mut cells: Vec<String> = part.into_iter().chain([label]).collect();
        if self.counts {
            cells.extend([count, share]);
        }
        if self.values {
            cells.extend([measure, value]);
        }
        cells.extend([self.shown.base(figure), rule]);
        cells
    }
}
