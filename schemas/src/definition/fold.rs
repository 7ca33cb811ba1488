//! Normal forms: what two texts may differ in and still be the same. A key is only ever compared, never shown.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;

/// One step towards the normal form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Blanks, line breaks and byte order marks around the text do not count.
    Trim,
    /// Full-width and half-width forms are the same, and dashes and wave dashes whatever encoding they came by.
    Width,
    /// Typographic quotes and apostrophes are plain ones.
    Quotes,
    /// Upper and lower case are the same.
    Case,
    /// Any run of blanks and line breaks inside is one blank.
    Blanks,
}

/// The steps that texts of a question are compared after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Steps {
    trim: bool,
    width: bool,
    quotes: bool,
    case: bool,
    blanks: bool,
}

impl Default for Steps {
    /// Trim, width, quotes.
    fn default() -> Self {
        Self { trim: true, width: true, quotes: true, case: false, blanks: false }
    }
}

/// Where the bytes of a normal form stand in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// All so many bytes further: the text was in its normal form.
    Shifted(usize),
    /// For each byte, and for the end.
    Listed(Vec<usize>),
}

impl Origins {
    /// Where a byte of the normal form, or its end, stands in the text.
    pub fn of(&self, at: usize) -> usize {
        match self {
            Self::Shifted(by) => at + by,
            Self::Listed(from) => from.get(at).or(from.last()).copied().unwrap_or(0),
        }
    }
}

/// The normal form that names of columns are compared in, where none is the same to the letter.
pub fn column_key(name: &str) -> String {
    Steps::of(&[Step::Trim, Step::Width, Step::Quotes, Step::Blanks]).key(name).into_owned()
}

impl Steps {
    /// Exactly these steps.
    pub fn of(steps: &[Step]) -> Self {
        let has = |step| steps.contains(&step);
        Self {
            trim: has(Step::Trim),
            width: has(Step::Width),
            quotes: has(Step::Quotes),
            case: has(Step::Case),
            blanks: has(Step::Blanks),
        }
    }

    /// The normal form of a text.
    pub fn key<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let text = if self.trim { text.trim_matches(is_around) } else { text };
        // Most texts are in their normal form already.
        if self.keeps_all(text) {
            return Cow::Borrowed(text);
        }
        let mut key = String::with_capacity(text.len());
        self.fold(text, |c, _| key.push(c));
        Cow::Owned(key)
    }

    fn keeps_all(&self, text: &str) -> bool {
        let is_plain = |byte: u8| byte.is_ascii() && !(self.quotes && byte == b'`');
        (!self.case && !self.blanks && text.bytes().all(is_plain)) || text.chars().all(|c| self.keeps(c))
    }

    /// Whether a letter is its own normal form, whatever stands around it.
    fn keeps(&self, c: char) -> bool {
        let changes = if c.is_ascii() {
            (self.case && c.is_ascii_uppercase())
                || (self.blanks && c.is_ascii_whitespace())
                || (self.quotes && c == '`')
        } else {
            is_combining(c)
                || (self.width && (width(c) != c || is_voicing(c)))
                || (self.quotes && quote(c) != c)
                || (self.case && !c.to_lowercase().eq(std::iter::once(c)))
                || (self.blanks && c.is_whitespace())
        };
        !changes
    }

    /// The normal form, and for each of its bytes where in the text it comes from.
    pub fn mapped<'a>(&self, text: &'a str) -> (Cow<'a, str>, Origins) {
        let start = if self.trim { text.len() - text.trim_start_matches(is_around).len() } else { 0 };
        let end = if self.trim { text.trim_end_matches(is_around).len().max(start) } else { text.len() };
        if self.keeps_all(&text[start..end]) {
            return (Cow::Borrowed(&text[start..end]), Origins::Shifted(start));
        }
        let (mut key, mut from) = (String::with_capacity(end - start), Vec::with_capacity(end - start + 1));
        self.fold(&text[start..end], |c, at| {
            key.push(c);
            from.resize(key.len(), at + start);
        });
        from.push(end);
        (Cow::Owned(key), Origins::Listed(from))
    }

    /// Calls back with each letter of the normal form and where it comes from.
    fn fold(&self, text: &str, mut push: impl FnMut(char, usize)) {
        let mut chars = text.char_indices().peekable();
        let mut in_blank = false;
        while let Some((at, c)) = chars.next() {
            if self.blanks && c.is_whitespace() {
                if !std::mem::replace(&mut in_blank, true) {
                    push(' ', at);
                }
                continue;
            }
            in_blank = false;
            let mut usual = c;
            if self.width {
                usual = width(c);
                // A half-width kana and its voicing mark are one letter.
                let mark = chars.peek().and_then(|(_, next)| match next {
                    '\u{ff9e}' => Some('\u{3099}'),
                    '\u{ff9f}' => Some('\u{309a}'),
                    _ => None,
                });
                if let Some(voiced) = mark.and_then(|mark| compose(usual, mark)) {
                    usual = voiced;
                    chars.next();
                }
            }
            // A letter and its marks are one letter however they are written: files from a Macintosh take them apart.
            while let Some((_, mark)) = chars.peek().copied().filter(|(_, next)| is_combining(*next))
                && let Some(one) = compose(usual, mark)
            {
                usual = one;
                chars.next();
            }
            if self.quotes {
                usual = quote(usual);
            }
            if self.case {
                usual.to_lowercase().for_each(|c| push(c, at));
            } else {
                push(usual, at);
            }
        }
    }
}

/// Accents, and the voicing marks of kana, that stand behind their letter.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{3099}' | '\u{309a}')
}

fn is_around(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}')
}

/// A voicing mark of half-width kana, which belongs to the letter before it.
fn is_voicing(c: char) -> bool {
    matches!(c, '\u{ff9e}' | '\u{ff9f}')
}

/// The usual width of a full-width or half-width form. Other compatibility forms (circled digits, units) stay.
/// Encodings disagree on what some characters are: what one decodes to `～`, people type as `〜`, and a minus sign, a
/// hyphen and an en dash look alike.
fn width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{301c}' => '~',
        '\u{2010}'..='\u{2013}' | '\u{2212}' => '-',
        '\u{2015}' => '\u{2014}',
        '\u{2016}' => '\u{2225}',
        '\u{ff00}'..='\u{ffef}' => std::iter::once(c).nfkc().next().unwrap_or(c),
        other => other,
    }
}

fn quote(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{2032}' | '\u{00b4}' | '`' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{2033}' => '"',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_makes_its_own_differences_vanish_and_no_others() {
        use Step::{Blanks, Case, Quotes, Trim, Width};
        let all: &[Step] = &[Trim, Width, Quotes, Case, Blanks];
        let cases: &[(&[Step], &str, &str)] = &[
            (&[], " A ", " A "),
            (&[Trim], "\u{feff} A\u{3000}\n", "A"),
            (&[Width], "ＡＢ１（ｶﾞｷﾞ）", "AB1(ガギ)"),
            (&[Width], "①㎡～", "①㎡~"),
            (&[Width], "１〜２～３", "1~2~3"),
            (&[Width], "1−2‐3‑4‒5–6－7-8", "1-2-3-4-5-6-7-8"),
            (&[Width], "―—‖∥", "——∥∥"),
            (&[Quotes], "〜–", "〜–"),
            (&[Quotes], "don’t “x”", "don't \"x\""),
            (&[Case], "ÄbC", "äbc"),
            (&[Blanks], "a \n  b", "a b"),
            (&[], "フ\u{309a}ール か\u{3099}", "プール が"),
            (&[], "cafe\u{301}", "café"),
            (&[], "1\u{301}", "1\u{301}"),
            (&[Trim], "a  B’", "a  B’"),
            (all, "　Ｄｏｎ’t   KNOW ", "don't know"),
        ];
        for (steps, text, wanted) in cases {
            let steps = Steps::of(steps);
            assert_eq!(steps.key(text), *wanted);
            let (key, from) = steps.mapped(text);
            assert_eq!(key, *wanted);
            // Each letter stands where its origin says, and so does the end.
            let ends = key.char_indices().map(|(at, _)| at).chain([key.len()]);
            let origins: Vec<usize> = ends.map(|at| from.of(at)).collect();
            assert!(origins.is_sorted() && origins.iter().all(|at| text.is_char_boundary(*at)), "{text}");
        }
    }
}
