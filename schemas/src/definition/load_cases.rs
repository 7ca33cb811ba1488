//! Categories from several answers, and counts of marks, resolved against the form.

use super::derived::Derived;
use super::form_file::DerivedFile;
use super::kind::Kind;
use super::load_form::FormLoader;
use super::load_premise::Premises;
use super::pattern::unknown_code;

/// The first category whose condition holds, or of a multiple answer all of them.
pub(super) fn cases(
    loader: &mut FormLoader<'_>,
    place: usize,
    line: Option<u64>,
    file: &DerivedFile,
) -> Option<Derived> {
    let question = &loader.form.questions[place];
    let (number, kind) = (question.number.to_string(), question.kind.clone());
    let mut found = Vec::new();
    for case in &file.cases {
        let at = Some(case.code.referenced.line());
        let option = option(loader, at, &number, case.code.value, &kind);
        let mut premises =
            Premises { path: loader.path, form: &loader.form, line: at, findings: &mut *loader.findings };
        let premise = premises.resolve(&case.premise);
        found.extend(option.zip(premise));
    }
    let is_multiple = matches!(kind, Kind::Multiple { .. });
    let Some(otherwise) = file.otherwise else {
        if is_multiple {
            let is_whole = found.len() == file.cases.len();
            return is_whole.then_some(Derived::Cases { cases: found, otherwise: None });
        }
        let message = format!("question `{number}`: nothing says what no case comes to");
        loader.hinted(line, message, "give `otherwise` with the code of an option");
        return None;
    };
    let otherwise = option(loader, line, &number, otherwise, &kind)?;
    (found.len() == file.cases.len()).then_some(Derived::Cases { cases: found, otherwise: Some(otherwise) })
}

fn option(
    loader: &mut FormLoader<'_>,
    line: Option<u64>,
    number: &str,
    code: i16,
    kind: &Kind,
) -> Option<usize> {
    let found = kind.place_of_code(i64::from(code));
    if found.is_none() {
        let what = format!("a case of `{number}`");
        loader.findings.push(unknown_code(loader.path, line, &what, code, kind));
    }
    found
}

/// How many options of a multiple answer are marked, or how many rows of a grid are answered with some.
pub(super) fn count(
    loader: &mut FormLoader<'_>,
    place: usize,
    of: usize,
    line: Option<u64>,
    file: &DerivedFile,
) -> Option<Derived> {
    let number = loader.form.questions[place].number.to_string();
    let kind = loader.form.questions[of].kind.clone();
    if !matches!(kind, Kind::Multiple { .. } | Kind::Grid { .. }) {
        let message = format!("question `{number}`: a {} has nothing to count", kind.as_str());
        loader.hinted(line, message, "count the marks of a multiple, or the rows of a grid");
        return None;
    }
    if file.codes.is_empty() {
        let options = kind.options().iter().enumerate();
        let options = options.filter(|(_, option)| !option.exclusive).map(|(place, _)| place).collect();
        return Some(Derived::Count { of, options });
    }
    let mut options = Vec::new();
    for code in &file.codes {
        match kind.place_of_code(i64::from(*code)) {
            Some(place) => options.push(place),
            None => {
                let what = format!("the count of `{number}`");
                loader.findings.push(unknown_code(loader.path, line, &what, *code, &kind));
            }
        }
    }
    options.sort_unstable();
    options.dedup();
    Some(Derived::Count { of, options })
}
