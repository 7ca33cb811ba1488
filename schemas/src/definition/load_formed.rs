//! Numbers formed of other answers, resolved against the form.

use super::derived::{Derived, FormedBy};
use super::form_file::DerivedFile;
use super::kind::Kind;
use super::load_derived::source;
use super::load_form::FormLoader;

/// What the parts of one number are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measured {
    Number,
    Days,
    Minutes,
}

/// How the number is formed, if the file says that it is.
pub(super) fn way(file: &DerivedFile) -> Option<&'static str> {
    match (file.sum.is_empty(), file.mean.is_empty(), file.difference.is_empty()) {
        (false, ..) => Some("sum"),
        (_, false, _) => Some("mean"),
        (_, _, false) => Some("difference"),
        _ => None,
    }
}

pub(super) fn formed(
    loader: &mut FormLoader<'_>,
    place: usize,
    line: Option<u64>,
    file: &DerivedFile,
) -> Option<Derived> {
    let number = loader.form.questions[place].number.to_string();
    let (by, names) = match way(file)? {
        "sum" => (FormedBy::Sum, &file.sum),
        "mean" => (FormedBy::Mean, &file.mean),
        _ => (FormedBy::Difference, &file.difference),
    };
    let mut parts = Vec::new();
    let mut measured: Option<Measured> = None;
    for name in names {
        let at = Some(name.referenced.line());
        let (of, row) = named(loader, &name.value, at)?;
        let question = &loader.form.questions[of];
        let kind = question.kind.clone();
        let rows = question.rows().len();
        let Some(found) = measures(&kind) else {
            let message =
                format!("question `{number}`: `{}` is a {} without numbers", name.value, kind.as_str());
            let hint = "parts are numbers, points of a scale, or options of which some have a `value`; of a difference \
                        dates or datetimes too";
            loader.hinted(at, message, hint);
            return None;
        };
        if by != FormedBy::Difference && found != Measured::Number {
            let message =
                format!("question `{number}`: `{}` is a {} and has no sum", name.value, kind.as_str());
            loader.hinted(at, message, "take a difference of two, or a `period`");
            return None;
        }
        if measured.is_some_and(|known| known != found) {
            loader.error(at, format!("question `{number}`: its parts are not measured alike"));
            return None;
        }
        measured = Some(found);
        match row {
            Some(row) => parts.push((of, row)),
            None => parts.extend((0..rows.max(1)).map(|row| (of, row))),
        }
    }
    let all = parts.len();
    if by == FormedBy::Difference && all != 2 {
        let message = format!("question `{number}`: a difference has two parts, not {all}");
        loader.hinted(
            line,
            message,
            "write `difference: [later, earlier]`; `number.row` names one row of a grid",
        );
        return None;
    }
    let known = file.known.unwrap_or(all);
    if known == 0 || known > all {
        let message = format!("question `{number}`: of {all} parts {known} cannot be known");
        loader.hinted(line, message, "`known` is between 1 and the number of parts");
        return None;
    }
    Some(Derived::Formed { by, parts, known })
}

fn measures(kind: &Kind) -> Option<Measured> {
    let has_values = || kind.options().iter().any(|option| option.value.is_some());
    match kind {
        Kind::Number { .. } | Kind::Rating { .. } => Some(Measured::Number),
        Kind::Single { .. } | Kind::Grid { .. } => has_values().then_some(Measured::Number),
        Kind::Date { .. } => Some(Measured::Days),
        Kind::Datetime { .. } => Some(Measured::Minutes),
        Kind::Multiple { .. } | Kind::Ranking { .. } | Kind::Time | Kind::Text { .. } => None,
    }
}

/// A question by its number, or a row of one by `number.row`.
fn named(loader: &mut FormLoader<'_>, name: &str, line: Option<u64>) -> Option<(usize, Option<usize>)> {
    let split = name.rsplit_once('.').filter(|_| loader.form.question(name).is_none());
    let Some((number, code)) = split else { return Some((source(loader, name, line)?, None)) };
    let of = source(loader, number, line)?;
    let rows = loader.form.questions[of].rows();
    let found = rows.iter().position(|row| row.code.to_string() == code);
    if found.is_none() {
        let known: Vec<String> = rows.iter().map(|row| row.code.to_string()).collect();
        let message = format!("derived from unknown row {code} of question `{number}`");
        let hint = match known.is_empty() {
            true => "the question has no rows".to_owned(),
            false => format!("rows: {}", known.join(", ")),
        };
        loader.hinted(line, message, &hint);
    }
    Some((of, Some(found?)))
}
