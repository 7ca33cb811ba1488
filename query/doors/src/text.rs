//! Text in a terminal: how wide it is, how it is cut, padded and wrapped.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The text in one line, with control characters replaced: they could move the cursor or change colours.
pub(crate) fn harmless(text: &str) -> String {
    let replaced = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        // Also marks that turn the direction of what follows.
        c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => '\u{fffd}',
        c => c,
    };
    text.chars().map(replaced).collect()
}

/// How many columns of a terminal the text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most so many columns, with `…` at the end if it was cut.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// The widest word of narrow letters: it is not to be torn apart. Wide letters (全角) may be parted anywhere.
pub(crate) fn unbroken(text: &str) -> usize {
    let is_narrow = |word: &&str| word.chars().all(|c| c.width().unwrap_or(0) < 2);
    text.split_whitespace().filter(is_narrow).map(width).max().unwrap_or(0)
}

/// The text and marks behind it in at most so many lines of so many columns; the marks are never cut.
pub(crate) fn folded(text: &str, marks: &str, columns: usize, lines_max: usize) -> Vec<String> {
    let mut lines = wrapped(&format!("{text}{marks}"), columns);
    if lines.len() > lines_max {
        lines.truncate(lines_max);
        if let Some(last) = lines.last_mut() {
            *last = format!("{}{marks}", cut(&format!("{last}…"), columns.saturating_sub(width(marks))));
        }
    }
    lines
}

/// The text with spaces behind it up to so many columns.
pub(crate) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text in lines of at most so many columns, broken at spaces where there are some.
pub(crate) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let fits = width(&line) + 1 + width(word) <= columns;
        if !line.is_empty() && fits {
            line.push(' ');
        } else if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            if width(&line) + c.width().unwrap_or(0) > columns && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}
