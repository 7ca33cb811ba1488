//! A bar chart as SVG inside a page: no script, no outside resource, and words for those who do not see it.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::blocks::{Block, Line};
use crate::page::escaped;
use crate::words::Words;

/// The width of the drawing, in its own units.
const WIDTH: usize = 720;

/// What 100 per cent takes.
const FULL: usize = 500;

/// Half-width characters of a label in one line.
const LABEL_COLUMNS: usize = 84;

const TEXT_HEIGHT: usize = 18;
const BAR_HEIGHT: usize = 16;
const GAP: usize = 10;

/// Draws the shares of a block, all units; none if it has none. `id` is the drawing's own in the page.
pub(crate) fn chart(block: &Block<'_>, words: &Words, id: &str) -> Option<String> {
    let has_share = |line: &&Line<'_>| line.total().is_some_and(|cell| cell.share.is_some());
    let drawn: Vec<&Line<'_>> = block.lines.iter().filter(has_share).collect();
    if drawn.is_empty() {
        return None;
    }
    let mut bars = String::new();
    let mut told = Vec::new();
    let mut y = GAP;
    for line in drawn {
        let Some(cell) = line.total() else { continue };
        let share = cell.share.map(|share| share.value.as_str()).filter(|share| !share.is_empty());
        let share = share.map_or_else(|| "-".to_owned(), |share| format!("{share}%"));
        let (count, base) = (cell.figure.count, cell.figure.base);
        let label = line.label(words);
        told.push(format!("{label}: {share} ({count}/{base})"));
        for text in wrapped(label) {
            y += TEXT_HEIGHT;
            let _ = write!(bars, "<text x=\"0\" y=\"{}\">{}</text>", y - 5, escaped(&text));
        }
        let length = length_of(count, base);
        let _ = write!(
            bars,
            "<rect class=\"room\" x=\"0\" y=\"{y}\" width=\"{FULL}\" height=\"{BAR_HEIGHT}\"/>\
             <rect class=\"bar\" x=\"0\" y=\"{y}\" width=\"{length}\" height=\"{BAR_HEIGHT}\"/>"
        );
        let marks = block.marks(line.base);
        let _ = write!(
            bars,
            "<text x=\"{}\" y=\"{}\">{} ({count}/{base}) {}</text>",
            FULL + 8,
            y + BAR_HEIGHT - 3,
            escaped(&share),
            escaped(&marks)
        );
        y += BAR_HEIGHT + GAP;
    }
    let title = format!("{}: {} {}", words.chart, block.first.printed, block.first.title);
    Some(format!(
        "<svg role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" viewBox=\"0 0 {WIDTH} {y}\" \
         width=\"{WIDTH}\" height=\"{y}\"><title id=\"{id}-title\">{}</title><desc id=\"{id}-desc\">{}</desc>{bars}</svg>",
        escaped(&title),
        escaped(&told.join("; "))
    ))
}

/// The length of a bar. Whoever is not nobody is seen; this is a drawing, not a figure.
fn length_of(count: u64, base: u64) -> usize {
    let scaled = u128::from(count) * (FULL as u128);
    let length = scaled.checked_div(u128::from(base)).unwrap_or(0);
    usize::try_from(length).unwrap_or(FULL).clamp(usize::from(count > 0 && base > 0), FULL)
}

/// A label in lines that fit the drawing, broken at blanks where there are some.
fn wrapped(label: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in label.split_inclusive(' ') {
        if lines.last().is_some_and(|line| !line.is_empty() && line.width() + word.width() > LABEL_COLUMNS) {
            lines.push(String::new());
        }
        for c in word.chars() {
            if lines.last().is_some_and(|line| line.width() + c.width().unwrap_or(0) > LABEL_COLUMNS) {
                lines.push(String::new());
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
        }
    }
    lines
}
