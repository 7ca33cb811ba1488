//! Conditions on answers, resolved against a form.

use super::finding::Finding;
use super::form::Form;
use super::pattern::unknown_code;
use super::premise::{Premise, PremiseFile, PremiseTest};

/// What resolves conditions of one owner.
pub(super) struct Premises<'a> {
    pub(super) path: &'a str,
    pub(super) form: &'a Form,
    /// The line of the owner, for what has none of its own.
    pub(super) line: Option<u64>,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Premises<'_> {
    /// The place of a question, or an error with the nearest number.
    pub(super) fn place(&mut self, number: &str, line: Option<u64>) -> Option<usize> {
        let found = self.form.question(number).map(|(place, _)| place);
        if found.is_none() {
            let known = self.form.questions.iter().map(|question| question.number.as_str());
            let message = format!("condition on unknown question `{number}`");
            self.findings.push(Finding::error(self.path, line, message).nearest(number, known));
        }
        found
    }

    fn error(&mut self, line: Option<u64>, message: String, hint: &str) -> Option<Premise> {
        self.findings.push(Finding::error(self.path, line, message).hint(hint));
        None
    }

    /// The condition; `None` with an error if it is none.
    pub(super) fn resolve(&mut self, file: &PremiseFile) -> Option<Premise> {
        let shapes = [
            file.question.is_some(),
            !file.group.is_empty(),
            !file.all.is_empty(),
            !file.any.is_empty(),
            file.not.is_some(),
        ];
        if shapes.iter().filter(|given| **given).count() != 1 {
            let line = file.question.as_ref().map(|q| q.referenced.line()).or(self.line);
            let hint = "a condition is one of `question` with a test, `group`, `all`, `any` and `not`";
            return self.error(line, "a condition has one shape".into(), hint);
        }
        if let Some(inner) = &file.not {
            return self.resolve(inner).map(|inner| Premise::Not(Box::new(inner)));
        }
        if !file.group.is_empty() {
            return Some(Premise::Group(file.group.clone()));
        }
        let all = !file.all.is_empty();
        if all || !file.any.is_empty() {
            let inner = if all { &file.all } else { &file.any };
            let resolved: Vec<Premise> = inner.iter().filter_map(|premise| self.resolve(premise)).collect();
            let whole = resolved.len() == inner.len();
            let joined = if all { Premise::All(resolved) } else { Premise::Any(resolved) };
            return whole.then_some(joined);
        }
        self.test(file)
    }

    fn test(&mut self, file: &PremiseFile) -> Option<Premise> {
        let number = file.question.as_ref()?;
        let (line, number) = (Some(number.referenced.line()), number.value.as_str());
        let place = self.place(number, line)?;
        let form = self.form;
        let question = &form.questions[place];
        let row = match (file.row, question.rows()) {
            (None, []) => 0,
            (Some(code), rows) if !rows.is_empty() => match rows.iter().position(|row| row.code == code) {
                Some(row) => row,
                None => {
                    return self.error(
                        line,
                        format!("question `{number}` has no row {code}"),
                        "use the code of one of its rows",
                    );
                }
            },
            (Some(_), _) => {
                return self.error(line, format!("question `{number}` has no rows"), "leave `row` out");
            }
            (None, _) => {
                let hint = "name one with `row`; join several with `all` or `any`";
                return self.error(line, format!("a condition on `{number}` looks at one row"), hint);
            }
        };
        let tests = [
            !file.codes.is_empty(),
            !file.not_codes.is_empty(),
            file.at_least.is_some(),
            file.at_most.is_some(),
            file.answered.is_some(),
        ];
        let both = tests == [false, false, true, true, false];
        if !both && tests.iter().filter(|given| **given).count() != 1 {
            let hint =
                "give one of `codes`, `not_codes`, `at_least`, `at_most` (or both of these) and `answered`";
            return self.error(line, format!("the condition on `{number}` has one test"), hint);
        }
        if let Some(answered) = file.answered {
            return Some(Premise::Answer { question: place, row, test: PremiseTest::Answered(answered) });
        }
        let codes = if file.codes.is_empty() { &file.not_codes } else { &file.codes };
        if !codes.is_empty() {
            let mut known = true;
            for code in codes {
                if question.kind.place_of_code(i64::from(*code)).is_none() {
                    let what = format!("the condition on `{number}`");
                    self.findings.push(unknown_code(self.path, line, &what, *code, &question.kind));
                    known = false;
                }
            }
            let test = match file.codes.is_empty() {
                false => PremiseTest::Codes(codes.clone()),
                true => PremiseTest::NotCodes(codes.clone()),
            };
            return known.then_some(Premise::Answer { question: place, row, test });
        }
        let mut bounds = Vec::new();
        for (text, least) in [(&file.at_least, true), (&file.at_most, false)] {
            let Some(text) = text else { continue };
            let bound = if least { question.kind.bound(&text.0) } else { question.kind.behind(&text.0) };
            let Some(bound) = bound else {
                let message = format!(
                    "the condition on `{number}`: `{}` is no bound of a {}",
                    text.0,
                    question.kind.as_str()
                );
                return self.error(line, message, "a number with a point, or a date as YYYY-MM-DD");
            };
            let test = if least { PremiseTest::AtLeast(bound) } else { PremiseTest::Below(bound) };
            bounds.push(Premise::Answer { question: place, row, test });
        }
        if bounds.len() == 1 { bounds.pop() } else { Some(Premise::All(bounds)) }
    }
}
