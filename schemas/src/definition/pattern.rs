use regex::Regex;

use super::finding::Finding;
use super::fold::Steps;
use super::form_file::PatternFile;
use super::kind::Kind;

/// A pattern of texts, and the options that it means.
#[derive(Clone, Debug)]
pub struct Pattern {
    test: PatternTest,
    /// The places of the options.
    pub places: Vec<usize>,
}

#[derive(Clone, Debug)]
enum PatternTest {
    Prefix(String),
    Contains(String),
    Regex(Regex),
}

impl Pattern {
    /// Whether a text in its normal form fits.
    pub fn fits(&self, key: &str) -> bool {
        match &self.test {
            PatternTest::Prefix(prefix) => key.starts_with(prefix.as_str()),
            PatternTest::Contains(part) => key.contains(part.as_str()),
            PatternTest::Regex(regex) => regex.is_match(key),
        }
    }

    /// Reads a pattern of a definition file, with the words in the normal form that texts are compared in.
    pub(super) fn read(
        path: &str,
        line: Option<u64>,
        file: &PatternFile,
        kind: &Kind,
        steps: Steps,
        findings: &mut Vec<Finding>,
    ) -> Option<Self> {
        let test = match (&file.prefix, &file.contains, &file.regex) {
            (Some(prefix), None, None) => PatternTest::Prefix(steps.key(prefix).into_owned()),
            (None, Some(part), None) => PatternTest::Contains(steps.key(part).into_owned()),
            (None, None, Some(regex)) => match Regex::new(regex) {
                Ok(regex) => PatternTest::Regex(regex),
                Err(_) => {
                    let message = format!("`{regex}` is no regular expression");
                    findings.push(Finding::error(path, line, message));
                    return None;
                }
            },
            _ => {
                findings.push(
                    Finding::error(path, line, "a pattern takes one of `prefix`, `contains` and `regex`")
                        .hint("write one pattern per test"),
                );
                return None;
            }
        };
        let mut places = Vec::new();
        for code in &file.codes {
            match kind.place_of_code(i64::from(*code)) {
                Some(place) => places.push(place),
                None => findings.push(unknown_code(path, line, "a pattern", *code, kind)),
            }
        }
        if file.codes.is_empty() {
            findings.push(Finding::error(path, line, "a pattern without codes means nothing"));
        }
        Some(Self { test, places })
    }
}

/// A code that a question does not have, with those that it has.
pub(super) fn unknown_code(path: &str, line: Option<u64>, what: &str, code: i16, kind: &Kind) -> Finding {
    let codes: Vec<String> =
        kind.options().iter().filter(|option| !option.implied).map(|o| o.code.to_string()).collect();
    let message = format!("{what} names option {code}, which the question does not have");
    let shown: Vec<&str> = codes.iter().take(20).map(String::as_str).collect();
    let more = if codes.len() > shown.len() { ", …" } else { "" };
    if codes.is_empty() {
        let hint = format!("a {} has no options", kind.as_str());
        return Finding::error(path, line, message).hint(hint);
    }
    Finding::error(path, line, message).hint(format!("its codes are {}{more}", shown.join(", ")))
}
