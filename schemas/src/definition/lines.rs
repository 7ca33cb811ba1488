//! Where something stands in a definition file, found again by its key and value for findings about files that are
//! read without places.

/// The line of a `key: value`, from 1. Several are looked for one behind the other, each from where the last stood;
/// the line is that of the last that was found.
pub(super) fn line_of(text: &[u8], keys: &[(&str, &str)]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    let mut found = None;
    for (key, value) in keys {
        let next = (at..lines.len()).find(|line| holds(lines[*line], key, value));
        if let Some(line) = next {
            (at, found) = (line, Some(line as u64 + 1));
        }
    }
    found
}

/// The value of the first line that begins with a key, without its quotes.
pub(super) fn value_of<'a>(text: &'a [u8], key: &str) -> Option<&'a str> {
    let text = std::str::from_utf8(text).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    Some(value.split(" #").next().unwrap_or(value).trim().trim_matches(['"', '\'']))
}

/// Whether a line holds the key with this value; an empty value is any.
fn holds(line: &str, key: &str, value: &str) -> bool {
    let mut rest = line;
    while let Some(at) = rest.find(key) {
        let before = rest[..at].chars().next_back();
        let behind = rest[at + key.len()..].trim_start();
        rest = &rest[at + key.len()..];
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let Some(found) = behind.strip_prefix(':') else { continue };
        let found = found.trim_start().trim_start_matches(['"', '\'', '[', '{', ' ']);
        let ends = |tail: &str| !tail.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
        if value.is_empty() || found.strip_prefix(value).is_some_and(ends) {
            return true;
        }
        // A list of values on the key's own line.
        let listed = found.split([',', ']']).any(|item| item.trim().trim_matches(['"', '\'']) == value);
        if listed && behind.trim_start_matches(':').trim_start().starts_with('[') {
            return true;
        }
    }
    // An item of a list on a line of its own.
    key.is_empty() && line.trim().trim_start_matches("- ").trim_matches(['"', '\'']) == value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::type_complexity, reason = "a case is a row")]
    fn keys_are_found_one_behind_the_other() {
        let text = b"survey: s\nwaves:\n  - wave: \"a\"\n    forms: [{form: f, version: 1}]\n  - wave: b\n    forms: [{form: f, version: 2}]\n    headline: [x, 'y']\n";
        let cases: &[(&[(&str, &str)], Option<u64>)] = &[
            (&[("wave", "a")], Some(3)),
            (&[("wave", "b"), ("form", "f")], Some(6)),
            (&[("wave", "b"), ("headline", "y")], Some(7)),
            (&[("wave", "b"), ("form", "z")], Some(5)),
            (&[("wave", "")], Some(3)),
            (&[("wav", "a")], None),
        ];
        for (keys, wanted) in cases {
            assert_eq!(line_of(text, keys), *wanted, "{keys:?}");
        }
        assert_eq!(value_of(text, "survey"), Some("s"));
    }
}
