use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use super::finding::nearest;
use super::form::Form;
use super::kind::Kind;
use super::premise::PremiseTest;
use super::scalar::Scalar;
use crate::moment;

/// Which units are meant: exactly one of a test of a question, `group`, `method`, `all`, `any` and `not`.
///
/// As text: `3=1,2` (one of these options), `3!=1` (answered, and none of these), `3>=2`, `3<=5`, `3>2` and `3<5`,
/// `3.2=1` (row 2), `3=2026-04` (a date inside), `3=answered`, `group=a,b`, `method=form`; several behind each other with `;` all hold.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Where {
    /// The question that is looked at.
    #[schemars(with = "Option<Scalar>")]
    pub question: Option<String>,
    /// The row of a grid or a ranking that is looked at.
    pub row: Option<i16>,
    /// One of these options was given.
    pub codes: Vec<i16>,
    /// The question was answered, and none of these options was given.
    pub not_codes: Vec<i16>,
    /// The number, the date or the value of the option is at least this.
    #[schemars(with = "Option<Scalar>")]
    pub at_least: Option<String>,
    /// The number, the date or the value of the option is at most this.
    #[schemars(with = "Option<Scalar>")]
    pub at_most: Option<String>,
    /// The number, the date or the value of the option is more than this.
    #[schemars(with = "Option<Scalar>")]
    pub above: Option<String>,
    /// The number, the date or the value of the option is less than this.
    #[schemars(with = "Option<Scalar>")]
    pub below: Option<String>,
    /// Whether the question was answered at all.
    pub answered: Option<bool>,
    /// The unit answers for one of these groups.
    #[schemars(with = "Vec<Scalar>")]
    pub group: Vec<String>,
    /// The unit was collected in one of these ways.
    pub method: Vec<String>,
    /// All of these hold.
    pub all: Vec<Where>,
    /// At least one of these holds.
    pub any: Vec<Where>,
    /// This does not hold.
    pub not: Option<Box<Where>>,
}

/// A condition of a table, resolved against one form.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All hold.
    All(Vec<Filter>),
    /// At least one holds.
    Any(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// The unit answers for one of these groups.
    Group(Vec<String>),
    /// The unit was collected in one of these ways.
    Method(Vec<String>),
    /// A test of an answer.
    Answer {
        /// The question's place in the form.
        question: usize,
        /// The place of the row in a grid or a ranking.
        row: Option<usize>,
        /// The test.
        test: PremiseTest,
    },
}

/// What is wrong with a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhereProblem {
    /// What is wrong, the subject in backticks.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// Whether it only fails because the form has no such question.
    pub unknown_question: bool,
}

impl WhereProblem {
    fn new(message: String, hint: impl Into<String>) -> Self {
        Self { message, hint: hint.into(), unknown_question: false }
    }
}

const SHAPE: &str = "a condition is one of `question` with a test, `group`, `method`, `all`, `any` and `not`";
const TEXT: &str = "write `3=1,2`, `3!=1`, `3>=2`, `3<=5`, `3>2`, `3<5`, `3.2=1`, `3=answered`, `group=a,b` or `method=form`";

impl Where {
    /// Reads the text form.
    ///
    /// # Errors
    /// What cannot be read, with the forms that can.
    pub fn parse(text: &str) -> Result<Self, WhereProblem> {
        let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        let mut all = parts.map(Self::parse_one).collect::<Result<Vec<_>, _>>()?;
        match all.len() {
            0 => Err(WhereProblem::new(format!("`{text}` is no condition"), TEXT)),
            1 => Ok(all.remove(0)),
            _ => Ok(Self { all, ..Self::default() }),
        }
    }

    fn parse_one(text: &str) -> Result<Self, WhereProblem> {
        let wrong = || WhereProblem::new(format!("`{text}` is no condition"), TEXT);
        let operators = ["!=", ">=", "<=", "=", ">", "<"];
        let found = operators.iter().filter_map(|operator| Some((text.find(operator)?, *operator)));
        // The first one; of two at the same place the longer.
        let found = found.min_by_key(|(at, operator)| (*at, std::cmp::Reverse(operator.len())));
        let (at, operator) = found.ok_or_else(wrong)?;
        let (subject, values) = (text[..at].trim(), text[at + operator.len()..].trim());
        let words = || values.split(',').map(|word| word.trim().to_owned()).collect::<Vec<_>>();
        if subject.is_empty() || values.is_empty() {
            return Err(wrong());
        }
        let mut read = Self::default();
        match (subject, operator) {
            ("group", "=") => read.group = words(),
            ("method", "=") => read.method = words(),
            ("group" | "method", "!=") => {
                let inner = Self::parse_one(&format!("{subject}={values}"))?;
                read.not = Some(Box::new(inner));
            }
            ("group" | "method", _) => return Err(wrong()),
            _ => {
                let (question, row) =
                    subject.split_once('.').map_or((subject, None), |(q, row)| (q, Some(row)));
                read.question = Some(question.to_owned());
                read.row = row.map(|row| row.parse().map_err(|_| wrong())).transpose()?;
                let codes = || codes_in(values).ok_or_else(wrong);
                match operator {
                    "=" | "!=" if values == "answered" => read.answered = Some(operator == "="),
                    "=" if values.contains('-') && moment::iso_date(values).is_some() => {
                        read.at_least = Some(values.to_owned());
                        read.at_most = Some(values.to_owned());
                    }
                    "=" => read.codes = codes()?,
                    "!=" => read.not_codes = codes()?,
                    ">=" => read.at_least = Some(values.to_owned()),
                    ">" => read.above = Some(values.to_owned()),
                    "<" => read.below = Some(values.to_owned()),
                    _ => read.at_most = Some(values.to_owned()),
                }
            }
        }
        Ok(read)
    }

    /// The condition in the places of a form.
    ///
    /// # Errors
    /// The first thing that is wrong, with the nearest right name.
    pub fn resolve(&self, form: &Form) -> Result<Filter, WhereProblem> {
        let shapes = [
            self.question.is_some(),
            !self.group.is_empty(),
            !self.method.is_empty(),
            !self.all.is_empty(),
            !self.any.is_empty(),
            self.not.is_some(),
        ];
        if shapes.iter().filter(|given| **given).count() != 1 {
            return Err(WhereProblem::new("a condition has one shape".to_owned(), SHAPE));
        }
        let several =
            |inner: &[Self]| inner.iter().map(|one| one.resolve(form)).collect::<Result<Vec<_>, _>>();
        if let Some(inner) = &self.not {
            return Ok(Filter::Not(Box::new(inner.resolve(form)?)));
        }
        if !self.all.is_empty() {
            return several(&self.all).map(Filter::All);
        }
        if !self.any.is_empty() {
            return several(&self.any).map(Filter::Any);
        }
        if !self.group.is_empty() {
            return Ok(Filter::Group(self.group.clone()));
        }
        if !self.method.is_empty() {
            return Ok(Filter::Method(self.method.clone()));
        }
        self.test_of(self.question.as_deref().unwrap_or_default(), form)
    }

    fn test_of(&self, number: &str, form: &Form) -> Result<Filter, WhereProblem> {
        let Some((place, question)) = form.question(number) else {
            let near = nearest(number, form.questions.iter().map(|question| question.number.as_str()));
            let hint = near.map_or_else(
                || "use a question number of the form".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let problem = WhereProblem::new(format!("condition on unknown question `{number}`"), hint);
            return Err(WhereProblem { unknown_question: true, ..problem });
        };
        let rows = question.rows();
        let row = match self.row {
            Some(code) => {
                let at = rows.iter().position(|row| row.code == code);
                let known: Vec<String> = rows.iter().map(|row| row.code.to_string()).collect();
                let message = format!("the condition on `{number}` names unknown row {code}");
                let hint = match known.is_empty() {
                    true => format!("the question has no rows: write `{number}` without `.{code}`"),
                    false => format!("rows: {}", known.join(", ")),
                };
                Some(at.ok_or_else(|| WhereProblem::new(message, hint))?)
            }
            None if !rows.is_empty() => {
                let message = format!("the condition on `{number}` names no row");
                return Err(WhereProblem::new(message, "add `row`, or write `number.row`"));
            }
            None => None,
        };
        let answer = |test: PremiseTest| Filter::Answer { question: place, row, test };
        // What looks like the code of an option is a year where the answers are dates.
        if let (Kind::Date { .. }, [year], []) = (&question.kind, &self.codes[..], &self.not_codes[..]) {
            let year = Some(format!("{year:04}"));
            let inside = Self { codes: Vec::new(), at_least: year.clone(), at_most: year, ..self.clone() };
            return inside.test_of(number, form);
        }
        for code in self.codes.iter().chain(&self.not_codes) {
            if question.kind.place_of_code(i64::from(*code)).is_none() {
                let known: Vec<String> =
                    question.options().iter().map(|option| option.code.to_string()).collect();
                let message = format!("the condition on `{number}` names unknown option {code}");
                let hint = match known.is_empty() {
                    true => "the question has no options; use `at_least`, `at_most` or `answered`".to_owned(),
                    false => format!("options: {}", known.join(", ")),
                };
                return Err(WhereProblem::new(message, hint));
            }
        }
        let mut tests = Vec::new();
        if !self.codes.is_empty() {
            tests.push(answer(PremiseTest::Codes(self.codes.clone())));
        }
        if !self.not_codes.is_empty() {
            tests.push(answer(PremiseTest::NotCodes(self.not_codes.clone())));
        }
        if let Some(answered) = self.answered {
            tests.push(answer(PremiseTest::Answered(answered)));
        }
        let bound = |text: &str, found: Option<i128>| {
            let kind = question.kind.as_str();
            let message = format!("the condition on `{number}`: `{text}` is no bound of a {kind}");
            found.ok_or_else(|| WhereProblem::new(message, "a number with a point, or a date as YYYY-MM-DD"))
        };
        if let Some(text) = &self.at_least {
            tests.push(answer(PremiseTest::AtLeast(bound(text, question.kind.bound(text))?)));
        }
        if let Some(text) = &self.at_most {
            tests.push(answer(PremiseTest::Below(bound(text, question.kind.behind(text))?)));
        }
        if let Some(text) = &self.above {
            tests.push(answer(PremiseTest::AtLeast(bound(text, question.kind.behind(text))?)));
        }
        if let Some(text) = &self.below {
            tests.push(answer(PremiseTest::Below(bound(text, question.kind.bound(text))?)));
        }
        match tests.len() {
            0 => {
                let message = format!("the condition on `{number}` has no test");
                Err(WhereProblem::new(
                    message,
                    "add `codes`, `not_codes`, `at_least`, `at_most`, `above`, `below` or `answered`",
                ))
            }
            1 => Ok(tests.remove(0)),
            _ => Ok(Filter::All(tests)),
        }
    }

    /// Every group that it names.
    pub fn groups(&self) -> Vec<&str> {
        let inner = self.all.iter().chain(&self.any).chain(self.not.as_deref());
        let inner = inner.flat_map(Self::groups);
        self.group.iter().map(String::as_str).chain(inner).collect()
    }
}

/// `1,2,7-9`: codes, and all from one to another.
pub fn codes_in(text: &str) -> Option<Vec<i16>> {
    let mut found = Vec::new();
    for part in text.split(',').map(str::trim) {
        // A hyphen in front is that of a negative code.
        let middle = part.char_indices().skip(1).find(|(_, letter)| *letter == '-').map(|(at, _)| at);
        match middle {
            None => found.push(part.parse().ok()?),
            Some(middle) => {
                let code = |text: &str| text.trim().parse::<i16>().ok();
                let (first, last) = (code(&part[..middle])?, code(&part[middle + 1..])?);
                if first > last {
                    return None;
                }
                found.extend(first..=last);
            }
        }
    }
    Some(found)
}

/// The text form; `any` and `not` are written with `|` and `!` and are for reading only.
impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |parts: &[Self], between: &str| {
            parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
        };
        let codes = |codes: &[i16]| codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let mut texts: Vec<String> = Vec::new();
        if let Some(question) = &self.question {
            let row = self.row.map_or(String::new(), |row| format!(".{row}"));
            let mut add =
                |operator: &str, value: &str| texts.push(format!("{question}{row}{operator}{value}"));
            match self.answered {
                Some(true) => add("=", "answered"),
                Some(false) => add("!=", "answered"),
                None => {}
            }
            if !self.codes.is_empty() {
                add("=", &codes(&self.codes));
            }
            if !self.not_codes.is_empty() {
                add("!=", &codes(&self.not_codes));
            }
            if let Some(bound) = &self.at_least {
                add(">=", bound);
            }
            if let Some(bound) = &self.at_most {
                add("<=", bound);
            }
            if let Some(bound) = &self.above {
                add(">", bound);
            }
            if let Some(bound) = &self.below {
                add("<", bound);
            }
        }
        if !self.group.is_empty() {
            texts.push(format!("group={}", self.group.join(",")));
        }
        if !self.method.is_empty() {
            texts.push(format!("method={}", self.method.join(",")));
        }
        if !self.all.is_empty() {
            texts.push(list(&self.all, "; "));
        }
        if !self.any.is_empty() {
            texts.push(format!("({})", list(&self.any, " | ")));
        }
        match self.not.as_deref() {
            Some(not) if not.question.is_none() && not.group.len() + not.method.len() > 0 => {
                texts.push(not.to_string().replacen('=', "!=", 1));
            }
            Some(not) => texts.push(format!("!({not})")),
            None => {}
        }
        f.write_str(&texts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_listed_or_run_from_one_to_another() {
        let cases: &[(&str, Option<&[i16]>)] = &[
            ("1", Some(&[1])),
            ("1,2, 7-9", Some(&[1, 2, 7, 8, 9])),
            ("-9", Some(&[-9])),
            ("-3--1", Some(&[-3, -2, -1])),
            ("3-1", None),
            ("1-", None),
            ("a-b", None),
            ("", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(codes_in(text).as_deref(), *wanted, "{text}");
        }
        let read = Where::parse("g.2=1-3; a!=4").map(|read| read.to_string());
        assert_eq!(read.ok().as_deref(), Some("g.2=1,2,3; a!=4"));
        let day = Where::parse("d=2024-05-01").map(|read| read.at_least);
        assert_eq!(day.ok().flatten().as_deref(), Some("2024-05-01"));
    }
}
