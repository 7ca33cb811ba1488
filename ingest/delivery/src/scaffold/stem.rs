//! What columns have in common by their names: a beginning, and what each has behind it.

use shukei_schemas::definition::Steps;

use super::column::Column;

/// How the beginning was told from the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Columns without a name belong to the named one before.
    Shared,
    /// `X [item]`.
    Bracket,
    /// `X - item`, `X: item`.
    Dash,
    /// `Q6_1`, `問４(1) item`.
    Code,
}

/// One way to take a name apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) style: Style,
    pub(super) stem: String,
    /// What stands behind it: words, or digits.
    pub(super) item: String,
    /// The digits of a code.
    pub(super) digits: Option<i16>,
}

/// What may stand between a question and its item.
const BETWEEN: [&str; 6] = [" - ", " – ", " — ", ": ", "：", " | "];

/// Every way to take the name of a column apart.
pub(super) fn parts(column: &Column) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut add = |style, stem: &str, item: &str, digits| {
        let (stem, item) = (stem.trim(), item.trim());
        if !stem.is_empty() && !item.is_empty() {
            parts.push(Part { style, stem: stem.to_owned(), item: item.to_owned(), digits });
        }
    };
    if column.is_shared {
        let item = column.below.clone().unwrap_or_else(|| column.key.clone());
        add(Style::Shared, &format!("#{}", column.head), &item, None);
        return parts;
    }
    if let Some(name) = &column.name {
        if let Some((stem, item, digits)) = code(name) {
            add(Style::Code, &stem, &item, digits);
        } else if let Some((stem, item)) = joint(name) {
            add(Style::Code, stem, item, None);
        }
        bracket(name).into_iter().for_each(|(stem, item)| add(Style::Bracket, stem, item, None));
    }
    let text = column.text();
    if column.below.is_some() {
        bracket(text).into_iter().for_each(|(stem, item)| add(Style::Bracket, stem, item, None));
    }
    for between in BETWEEN {
        for (at, _) in text.match_indices(between) {
            let (stem, item) = (&text[..at], &text[at + between.len()..]);
            if stem.chars().count() >= 3 {
                add(Style::Dash, without_choice(stem), item, None);
            }
        }
    }
    parts
}

/// `X [item]` and `X[item]`.
fn bracket(name: &str) -> Option<(&str, &str)> {
    let inner = name.trim().strip_suffix([']', '］'])?;
    let at = inner.rfind(['[', '［'])?;
    let item = inner[at..].trim_start_matches(['[', '［']);
    Some((&inner[..at], item))
}

/// The stem, item and number of a name like `Q6_1`, `Q2_2_TEXT`, `問２_1 広報紙`, `問４(1) 子育て`.
fn code(name: &str) -> Option<(String, String, Option<i16>)> {
    let steps = Steps::default();
    let (first, rest) = match name.split_once(char::is_whitespace) {
        Some((first, rest)) => (first, rest.trim()),
        None => (name, ""),
    };
    let first = steps.key(first).into_owned();
    let lower = first.to_lowercase();
    for end in ["_text", "_other", "_oth", "_other_text"] {
        if let Some(stem) = lower.strip_suffix(end).map(|stem| &first[..stem.len()])
            && first.is_char_boundary(stem.len())
        {
            // `Q2_2_TEXT` belongs to `Q2`, whose second option it is.
            let (stem, digits) = number_behind(stem).map_or((stem, None), |(stem, n)| (stem, Some(n)));
            return Some((without_part(stem).to_owned(), end.trim_start_matches('_').to_uppercase(), digits));
        }
    }
    if let Some((stem, digits)) = number_behind(&first) {
        let item = if rest.is_empty() { digits.to_string() } else { rest.to_owned() };
        return Some((without_part(stem).to_owned(), item, Some(digits)));
    }
    // `問２ その他` stands behind `問２_5`.
    let is_code = first.chars().any(|c| c.is_ascii_digit()) && first.chars().count() <= 8;
    (is_code && !rest.is_empty()).then(|| (first, rest.to_owned(), None))
}

/// `LIKERT.EFFECT.BLOCKED`, `res_garden`: a word behind the last point or underscore of a name without blanks.
fn joint(name: &str) -> Option<(&str, &str)> {
    let name = name.trim();
    let at = name.rfind('.').or_else(|| name.rfind('_'))?;
    let (stem, item) = (&name[..at], &name[at + 1..]);
    let is_word = item.chars().next().is_some_and(char::is_alphabetic);
    (is_word && !name.contains(char::is_whitespace) && stem.chars().count() >= 2).then_some((stem, item))
}

/// The digits at the end of a code, and what stands before them.
fn number_behind(code: &str) -> Option<(&str, i16)> {
    let (inner, closed) = match code.strip_suffix(')') {
        Some(inner) => (inner, true),
        None => (code, false),
    };
    let stem = inner.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = inner[stem.len()..].parse::<i16>().ok().filter(|number| (0..=9_999).contains(number))?;
    let before = stem.chars().next_back()?;
    let fits = if closed { before == '(' } else { matches!(before, '_' | '-' | '.') };
    let stem = &stem[..stem.len() - before.len_utf8()];
    (fits && !stem.is_empty()).then_some((stem, digits))
}

/// `Q7_Part` is `Q7`.
fn without_part(stem: &str) -> &str {
    stem.strip_suffix("_Part").or_else(|| stem.strip_suffix("_part")).unwrap_or(stem)
}

/// A wording without what a tool writes behind it.
pub(super) fn without_choice(text: &str) -> &str {
    let text = text.trim();
    text.strip_suffix("- Selected Choice").map_or(text, str::trim)
}

/// An item without what a tool writes around it.
pub(super) fn bare_item(item: &str) -> &str {
    let item = item.trim();
    let item = item.strip_prefix("Selected Choice - ").unwrap_or(item);
    item.strip_suffix(" - Text").unwrap_or(item).trim()
}

/// The common beginning of wordings, cut where an item begins, and the items; none if there is no such place.
pub(super) fn common<'a>(texts: &[&'a str]) -> Option<(&'a str, Vec<&'a str>)> {
    let first = *texts.first()?;
    let mut length = first.len();
    for text in texts {
        length = length.min(first.bytes().zip(text.bytes()).take_while(|(one, other)| one == other).count());
    }
    while !first.is_char_boundary(length) {
        length -= 1;
    }
    let ends = BETWEEN.into_iter().chain(["? ", "？", "] ", ") "]);
    let cut = ends.filter_map(|end| first[..length].rfind(end).map(|at| (at, at + end.len()))).max()?;
    let closes = |c: char| matches!(c, '?' | '？' | ']' | ')');
    let stem = &first[..if first[cut.0..].starts_with(closes) { cut.1 } else { cut.0 }];
    let items: Vec<&str> = texts.iter().map(|text| text[cut.1..].trim()).collect();
    (stem.chars().count() >= 3 && items.iter().all(|item| !item.is_empty())).then_some((stem.trim(), items))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::type_complexity, reason = "a case is a row")]
    fn codes_are_taken_apart() {
        let cases: &[(&str, Option<(&str, &str, Option<i16>)>)] = &[
            ("Q6_1", Some(("Q6", "1", Some(1)))),
            ("q0004_0012", Some(("q0004", "12", Some(12)))),
            ("Q7_Part_3", Some(("Q7", "3", Some(3)))),
            ("Q7_OTHER", Some(("Q7", "OTHER", None))),
            ("Q2_2_TEXT", Some(("Q2", "TEXT", Some(2)))),
            ("問２_1 広報紙", Some(("問2", "広報紙", Some(1)))),
            ("問４(1)\u{3000}子育て", Some(("問4", "子育て", Some(1)))),
            ("問２　その他（自由記述）", Some(("問2", "その他（自由記述）", None))),
            ("Q6", None),
            ("age3", None),
            ("_1", None),
            ("2016-05-01", Some(("2016-05", "1", Some(1)))),
            ("Name", None),
        ];
        for (name, wanted) in cases {
            let got = code(name);
            let got = got.as_ref().map(|(stem, item, digits)| (stem.as_str(), item.as_str(), *digits));
            assert_eq!(got, *wanted, "{name}");
        }
    }

    #[test]
    #[allow(clippy::type_complexity, reason = "a case is a row")]
    fn wordings_share_a_beginning_up_to_their_items() {
        let cases: &[(&[&str], Option<(&str, &[&str])>)] = &[
            (&["Which? (all) - Bus", "Which? (all) - Boat"], Some(("Which? (all)", &["Bus", "Boat"]))),
            (&["Rate: Speed", "Rate: Space"], Some(("Rate", &["Speed", "Space"]))),
            (&["Which one? Bus", "Which one? Boat"], Some(("Which one?", &["Bus", "Boat"]))),
            (&["Bus", "Boat"], None),
            (&["A - x", "A - "], None),
        ];
        for (texts, wanted) in cases {
            let got = common(texts);
            let got = got.as_ref().map(|(stem, items)| (*stem, items.as_slice()));
            assert_eq!(got, *wanted, "{texts:?}");
        }
    }
}
