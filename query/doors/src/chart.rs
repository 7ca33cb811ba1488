use shukei_query::{Flag, Measure, MeasureKind};
use shukei_schemas::definition::RECONSTRUCTED_MARK;

use crate::shown::{Shown, part_words};
use crate::text::{cut, harmless, padded, width, wrapped};
use crate::words::Words;

const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// Bar charts of figures for a terminal of so many columns: one chart per question, grid row and part of the units.
///
/// Each begins with the question and its base; then a line per option with label, bar, share and count, the longest
/// bar as long as there is room; then what is no option (states, mean, sum) without a bar.
///
/// Its words are English; [`bars_in`] takes others.
pub fn bars(measures: &[Measure], columns_max: usize) -> String {
    bars_in(measures, &Shown::default(), columns_max)
}

/// The same with the words of a language, and weighted counts in the digits of the table.
pub fn bars_in(measures: &[Measure], shown: &Shown, columns_max: usize) -> String {
    let mut out = String::new();
    let same = |a: &Measure, b: &Measure| (&a.question, a.row, &a.breaks) == (&b.question, b.row, &b.breaks);
    let mut before: Option<&Measure> = None;
    for chart in measures.chunk_by(same) {
        let Some(first) = chart.first() else { continue };
        if before.is_some() {
            out.push('\n');
        }
        if before.is_none_or(|before| before.question != first.question) {
            for line in heading(first, columns_max) {
                out.push_str(&line);
                out.push('\n');
            }
        }
        subheading(first, chart, shown, &mut out);
        lines(chart, shown, columns_max, &mut out);
        footnotes(chart, shown.words(), columns_max, &mut out);
        before = Some(first);
    }
    out
}

/// The question's number, title and words, in lines that fit.
pub(crate) fn heading(first: &Measure, columns_max: usize) -> Vec<String> {
    let words = match first.title == first.text {
        // Indicators are of no question.
        true if first.question.as_str().is_empty() => first.text.clone(),
        true => format!("{} | {}", first.printed, first.text),
        false => format!("{} | {}: {}", first.printed, first.title, first.text),
    };
    wrapped(&harmless(&words), columns_max.max(20))
}

fn subheading(first: &Measure, chart: &[Measure], shown: &Shown, out: &mut String) {
    let words = shown.words();
    let mut parts = Vec::new();
    if let Some(row) = &first.row_label {
        parts.push(harmless(row));
    }
    if !first.breaks.is_empty() {
        parts.push(harmless(&part_words(first)));
    }
    // Where options have bases of their own, one number in the heading would be wrong.
    let of_options = || chart.iter().filter(|measure| measure.option.is_some() || measure.set.is_some());
    match of_options().all(|measure| measure.base == first.base) {
        true => parts.push(words.base_of(&shown.base(first), first.base_rule)),
        false => parts.push(words.base_per_option(first.base_rule)),
    }
    let said = |flag: Flag| chart.iter().all(|measure| measure.flags.contains(&flag));
    let flags = first.flags.iter().filter(|flag| **flag != Flag::BaseZero && said(**flag));
    parts.extend(flags.map(|flag| words.flag(*flag).to_owned()));
    out.push_str(&parts.join("; "));
    out.push('\n');
}

/// The different notes of some figures, in the order in which they come.
pub(crate) fn notes_of(figures: &[Measure]) -> Vec<&str> {
    let mut notes: Vec<&str> = Vec::new();
    for note in figures.iter().flat_map(|figure| &figure.notes) {
        if !notes.contains(&note.as_str()) {
            notes.push(note);
        }
    }
    notes
}

/// The marks of a figure's notes, for example ` ※1`.
pub(crate) fn note_marks(figure: &Measure, notes: &[&str]) -> String {
    let numbers = figure.notes.iter().filter_map(|note| notes.iter().position(|known| known == note));
    numbers.map(|at| format!(" ※{}", at + 1)).collect()
}

/// What the marks beside some figures mean, in lines that fit.
pub(crate) fn legend(figures: &[Measure], words: &Words, columns_max: usize) -> Vec<String> {
    let notes = notes_of(figures).into_iter().enumerate();
    let mut lines: Vec<String> =
        notes.map(|(at, note)| format!("※{} {}", at + 1, harmless(&words.note(note)))).collect();
    if figures
        .iter()
        .any(|figure| figure.label.contains(RECONSTRUCTED_MARK) || figure.title.contains(RECONSTRUCTED_MARK))
    {
        lines.push(format!("{RECONSTRUCTED_MARK} {}", words.reconstructed));
    }
    lines.iter().flat_map(|line| wrapped(line, columns_max.max(20))).collect()
}

fn footnotes(chart: &[Measure], words: &Words, columns_max: usize, out: &mut String) {
    for line in legend(chart, words, columns_max.saturating_sub(2)) {
        out.push_str("  ");
        out.push_str(&line);
        out.push('\n');
    }
}

/// One line of a chart.
struct Bar {
    label: String,
    /// Only options have one: the share, in millionths, so that options of different bases are drawn alike.
    drawn: Option<u64>,
    share: String,
    count: String,
}

fn lines(chart: &[Measure], shown: &Shown, columns_max: usize, out: &mut String) {
    let notes = notes_of(chart);
    let bars: Vec<Bar> = chart.iter().filter_map(|measure| bar(measure, chart, &notes, shown)).collect();
    let widest = |text: fn(&Bar) -> &str| bars.iter().map(|bar| width(text(bar))).max().unwrap_or(0);
    let shares = widest(|bar| &bar.share);
    let counts = widest(|bar| &bar.count);
    // Two spaces before the label and between all parts.
    let labels = widest(|bar| &bar.label).min(columns_max * 2 / 5).max(8);
    let room = columns_max.saturating_sub(labels + shares + counts + 8).clamp(8, 60);
    let longest = bars.iter().filter_map(|bar| bar.drawn).max().unwrap_or(0);
    for bar in &bars {
        let label = padded(&cut(&bar.label, labels), labels);
        let drawn = padded(&blocks(bar.drawn.unwrap_or(0), longest, room), room);
        let count = format!("{}{}", " ".repeat(counts.saturating_sub(width(&bar.count))), bar.count);
        let line = format!("  {label}  {drawn}  {:>shares$}  {count}", bar.share);
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// The line that begins with this measure, if one does: a share stands in the line of its count.
fn bar(measure: &Measure, chart: &[Measure], notes: &[&str], shown: &Shown) -> Option<Bar> {
    let share_of = |count: &Measure| {
        let is_share = |m: &&Measure| {
            m.measure.is_share() && m.option == count.option && m.state == count.state && m.set == count.set
        };
        chart
            .iter()
            .find(is_share)
            .filter(|share| !share.value.is_empty())
            .map(|share| format!("{} %", share.value))
    };
    match measure.measure {
        MeasureKind::Share | MeasureKind::ShareAcross | MeasureKind::ShareWhole => None,
        MeasureKind::Count => Some(Bar {
            label: harmless(&measure.label),
            drawn: measure
                .option
                .or(measure.set.as_ref().map(|_| 0))
                .map(|_| millionths(measure.count, measure.base)),
            count: match share_of(measure) {
                Some(_) => {
                    format!(
                        "{} / {}{}",
                        shown.count(measure),
                        shown.base(measure),
                        note_marks(measure, notes)
                    )
                }
                None => shown.count(measure),
            },
            share: share_of(measure).unwrap_or_default(),
        }),
        _ => Some(Bar {
            label: shown.words().measure(measure.measure).to_owned(),
            drawn: None,
            share: String::new(),
            count: measure.value.clone(),
        }),
    }
}

fn millionths(count: u64, base: u64) -> u64 {
    let share = (u128::from(count) * 1_000_000).checked_div(u128::from(base)).unwrap_or(0);
    // Whoever is not nobody is seen.
    u64::try_from(share).unwrap_or(u64::MAX).max(u64::from(count > 0 && base > 0))
}

/// `count` as blocks, of which `longest` fills the room; whoever is not nobody is seen.
fn blocks(count: u64, longest: u64, room: usize) -> String {
    if longest == 0 || count == 0 {
        return String::new();
    }
    let eighths = u128::from(count) * (room as u128) * 8 / u128::from(longest);
    let eighths = usize::try_from(eighths).unwrap_or(0).max(1);
    let mut bar = "█".repeat(eighths / 8);
    if eighths % 8 > 0 {
        bar.push(EIGHTHS[eighths % 8 - 1]);
    }
    bar
}
