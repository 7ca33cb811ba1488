use shukei_query::{BaseRule, Flag, Measure, MeasureKind};

use crate::text::{cut, harmless, padded, width, wrapped};

const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// Bar charts of figures for a terminal of so many columns: one chart per question, grid row and part of the units.
///
/// Each begins with the question and its base; then a line per option with label, bar, share and count, the longest
/// bar as long as there is room; then what is no option (states, mean, sum) without a bar.
pub fn bars(measures: &[Measure], columns_max: usize) -> String {
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
        subheading(first, &mut out);
        lines(chart, columns_max, &mut out);
        before = Some(first);
    }
    out
}

/// The question's number, title and words, in lines that fit.
pub(crate) fn heading(first: &Measure, columns_max: usize) -> Vec<String> {
    let words = match first.title == first.text {
        true => format!("{} | {}", first.question, first.text),
        false => format!("{} | {}: {}", first.question, first.title, first.text),
    };
    wrapped(&harmless(&words), columns_max.max(20))
}

fn subheading(first: &Measure, out: &mut String) {
    let mut parts = Vec::new();
    if let Some(row) = &first.row_label {
        parts.push(harmless(row));
    }
    if !first.breaks.is_empty() {
        parts.push(harmless(&first.breaks));
    }
    parts.push(format!("base {} {}", first.base, rule_words(first.base_rule)));
    let flags = first.flags.iter().filter(|flag| **flag != Flag::BaseZero);
    parts.extend(flags.map(|flag| flag.as_str().to_owned()));
    out.push_str(&parts.join("; "));
    out.push('\n');
}

fn rule_words(rule: BaseRule) -> &'static str {
    match rule {
        BaseRule::Answered => "who answered",
        BaseRule::Asked => "who were asked",
        BaseRule::AskedWithoutInvalid => "who were asked, without invalid answers",
        BaseRule::AskedWithoutNoAnswer => "who were asked, without those who gave no answer",
    }
}

/// One line of a chart.
struct Bar {
    label: String,
    /// Only options have one.
    count_drawn: Option<u64>,
    share: String,
    count: String,
}

fn lines(chart: &[Measure], columns_max: usize, out: &mut String) {
    let bars: Vec<Bar> = chart.iter().filter_map(|measure| bar(measure, chart)).collect();
    let widest = |text: fn(&Bar) -> &str| bars.iter().map(|bar| width(text(bar))).max().unwrap_or(0);
    let shares = widest(|bar| &bar.share);
    let counts = widest(|bar| &bar.count);
    // Two spaces before the label and between all parts.
    let labels = widest(|bar| &bar.label).min(columns_max * 2 / 5).max(8);
    let room = columns_max.saturating_sub(labels + shares + counts + 8).clamp(8, 60);
    let longest = bars.iter().filter_map(|bar| bar.count_drawn).max().unwrap_or(0);
    for bar in &bars {
        let label = padded(&cut(&bar.label, labels), labels);
        let drawn = padded(&blocks(bar.count_drawn.unwrap_or(0), longest, room), room);
        let line = format!("  {label}  {drawn}  {:>shares$}  {:>counts$}", bar.share, bar.count);
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// The line that begins with this measure, if one does: a share stands in the line of its count.
fn bar(measure: &Measure, chart: &[Measure]) -> Option<Bar> {
    let share_of = |count: &Measure| {
        let is_share = |m: &&Measure| {
            m.measure == MeasureKind::Share && m.option == count.option && m.state == count.state
        };
        chart
            .iter()
            .find(is_share)
            .filter(|share| !share.value.is_empty())
            .map(|share| format!("{} %", share.value))
    };
    match measure.measure {
        MeasureKind::Share => None,
        MeasureKind::Count => Some(Bar {
            label: harmless(&measure.label),
            count_drawn: measure.option.map(|_| measure.count),
            share: share_of(measure).unwrap_or_default(),
            count: measure.value.clone(),
        }),
        MeasureKind::Mean | MeasureKind::Sum => Some(Bar {
            label: measure.measure.as_str().to_owned(),
            count_drawn: None,
            share: String::new(),
            count: measure.value.clone(),
        }),
    }
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
