//! Which rows of somebody's file are no submissions: tests of columns under `file`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::finding::Finding;
use super::fold::Steps;
use super::scalar::{Scalar, word, words};
use crate::decimal::{VALUE_DECIMALS, scaled};

/// A test of one column, before its cells mean anything: one of `is`, `is_not`, `blank`, `contains`, `below`
/// and `at_least`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RowTest {
    /// The column.
    pub column: String,
    /// Its cell is one of these.
    #[serde(deserialize_with = "words")]
    #[schemars(with = "Vec<Scalar>")]
    pub is: Vec<String>,
    /// Its cell is none of these; a blank one is none of them.
    #[serde(deserialize_with = "words")]
    #[schemars(with = "Vec<Scalar>")]
    pub is_not: Vec<String>,
    /// Whether its cell is blank.
    pub blank: Option<bool>,
    /// Its cell has one of these inside.
    #[serde(deserialize_with = "words")]
    #[schemars(with = "Vec<Scalar>")]
    pub contains: Vec<String>,
    /// Its cell is a number below this.
    #[serde(deserialize_with = "word")]
    #[schemars(with = "Option<Scalar>")]
    pub below: Option<String>,
    /// Its cell is a number of at least this.
    #[serde(deserialize_with = "word")]
    #[schemars(with = "Option<Scalar>")]
    pub at_least: Option<String>,
}

impl RowTest {
    /// Whether a cell passes the test. Texts are compared in their normal form.
    pub fn holds(&self, cell: &str) -> bool {
        let steps = Steps::default();
        let key = steps.key(cell);
        let among = |words: &[String]| words.iter().any(|word| steps.key(word) == key);
        if let Some(blank) = self.blank {
            return key.trim().is_empty() == blank;
        }
        if !self.contains.is_empty() {
            return self.contains.iter().any(|part| key.contains(steps.key(part).as_ref()));
        }
        // What is no number is neither below nor above.
        let number = |text: &str| scaled(text.trim(), VALUE_DECIMALS);
        if let Some(bound) = &self.below {
            return number(&key).zip(number(bound)).is_some_and(|(cell, bound)| cell < bound);
        }
        if let Some(bound) = &self.at_least {
            return number(&key).zip(number(bound)).is_some_and(|(cell, bound)| cell >= bound);
        }
        if self.is.is_empty() { !among(&self.is_not) } else { among(&self.is) }
    }

    fn tests(&self) -> usize {
        usize::from(!self.is.is_empty())
            + usize::from(!self.is_not.is_empty())
            + usize::from(self.blank.is_some())
            + usize::from(!self.contains.is_empty())
            + self.bounds().count()
    }

    fn bounds(&self) -> impl Iterator<Item = &String> {
        self.below.iter().chain(&self.at_least)
    }
}

/// The test in words, as reports show it.
impl std::fmt::Display for RowTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.contains.is_empty() {
            return write!(f, "`{}` contains {}", self.column, self.contains.join(" or "));
        }
        match (&self.below, &self.at_least) {
            (Some(bound), _) => return write!(f, "`{}` is below {}", self.column, bound),
            (_, Some(bound)) => return write!(f, "`{}` is at least {}", self.column, bound),
            (None, None) => {}
        }
        match (self.blank, self.is.is_empty()) {
            (Some(true), _) => write!(f, "`{}` is blank", self.column),
            (Some(false), _) => write!(f, "`{}` is not blank", self.column),
            (None, false) => write!(f, "`{}` is {}", self.column, self.is.join(" or ")),
            (None, true) => write!(f, "`{}` is not {}", self.column, self.is_not.join(" or ")),
        }
    }
}

/// What is wrong with the tests.
pub(super) fn lint<'a>(
    path: &str,
    line: Option<u64>,
    tests: impl Iterator<Item = &'a RowTest>,
    findings: &mut Vec<Finding>,
) {
    for test in tests {
        if test.column.is_empty() {
            let message = "file: a test of rows names its `column`";
            findings.push(Finding::error(path, line, message).hint("write `{column: Status, is: [test]}`"));
        } else if test.tests() != 1 {
            let message = format!("file: the test of column `{}` is none", test.column);
            let hint = "give one of `is`, `is_not`, `blank`, `contains`, `below` and `at_least`";
            findings.push(Finding::error(path, line, message).hint(hint));
        } else if let Some(bound) = test.bounds().find(|bound| scaled(bound, VALUE_DECIMALS).is_none()) {
            let message = format!("file: `{}`, a bound of column `{}`, is no number", bound, test.column);
            findings.push(Finding::error(path, line, message).hint("write digits, with a point"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_passes_a_test_or_does_not() {
        // (test, the cells that pass, the cells that do not)
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("{column: c, is: [1, test]}", &["1", " test ", "ｔｅｓｔ"], &["", "2", "Test"]),
            ("{column: c, is_not: [done]}", &["", "no"], &["done", "done "]),
            ("{column: c, blank: true}", &["", " ", "\u{3000}"], &["0"]),
            ("{column: c, blank: false}", &["0"], &["", " "]),
            ("{column: c, contains: [\"@example.\"]}", &["a@example.com"], &["", "example."]),
            ("{column: c, below: 120}", &["119.5", "-1", " 3 "], &["120", "", "fast"]),
            ("{column: c, at_least: 1.5}", &["1.5", "2"], &["1", "", "slow"]),
        ];
        for (yaml, pass, fail) in cases {
            let test: RowTest = serde_saphyr::from_str(yaml).unwrap();
            assert!(pass.iter().all(|cell| test.holds(cell)), "{yaml}");
            assert!(!fail.iter().any(|cell| test.holds(cell)), "{yaml}");
        }
    }

    #[test]
    fn a_test_is_one_test_of_one_column() {
        for (yaml, part) in [
            ("{is: [a]}", "names its `column`"),
            ("{column: c}", "`c` is none"),
            ("{column: c, is: [a], blank: true}", "`c` is none"),
            ("{column: c, below: 1, at_least: 0}", "`c` is none"),
            ("{column: c, below: soon}", "`soon`, a bound of column `c`, is no number"),
        ] {
            let test: RowTest = serde_saphyr::from_str(yaml).unwrap();
            let mut findings = Vec::new();
            lint("f", Some(1), std::iter::once(&test), &mut findings);
            assert!(findings.len() == 1 && findings[0].message.contains(part), "{yaml}: {findings:?}");
        }
    }
}
