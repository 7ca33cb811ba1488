//! The options of a question: written in the form, shared as a scale, listed in a CSV file, or the points of a scale.

use super::finding::Finding;
use super::form_file::{KindFile, OptionFile, PointsFile, QuestionFile};
use super::kind::Choice;
use super::load_form::FormLoader;
use super::premise::PremiseFile;
use super::scalar::Scalar;
use super::text::Text;
use crate::decimal::{VALUE_DECIMALS, scaled};

/// An option with where it stands.
pub(super) struct Listed {
    pub(super) choice: Choice,
    pub(super) ask_if: Option<PremiseFile>,
    pub(super) path: String,
    pub(super) line: u64,
}

pub(super) fn options_of(loader: &mut FormLoader<'_>, file: &QuestionFile, line: Option<u64>) -> Vec<Listed> {
    let number = &file.number.value;
    let mut sources = vec![!file.options.is_empty(), file.scale.is_some(), file.options_file.is_some()];
    sources.retain(|given| *given);
    if sources.len() > 1 {
        loader.error(line, format!("question `{number}` has both options and a scale"));
    }
    let path = loader.path.to_owned();
    let mut listed: Vec<Listed> = match (&file.scale, &file.options_file) {
        (Some(name), _) => {
            let Some(scale) = loader.scales.get(name).cloned() else {
                let known = loader.scales.keys().map(String::as_str);
                let message = format!("question `{number}` uses unknown scale `{name}`");
                let finding = Finding::error(loader.path, line, message).nearest(name, known);
                loader.findings.push(finding);
                return Vec::new();
            };
            scale.into_iter().map(|option| loader.option(&path, number, option)).collect()
        }
        (None, Some(name)) => from_csv(loader, number, name, line),
        (None, None) => file.options.iter().map(|o| loader.option(&path, number, o.clone())).collect(),
    };
    if let Some(points) = &file.points {
        listed = with_points(loader, number, *points, listed, line);
    }
    let takes =
        matches!(file.kind, KindFile::Single | KindFile::Multiple | KindFile::Grid | KindFile::Rating);
    let computed = file.derived.as_ref().is_some_and(|derived| !derived.bands.is_empty());
    if takes && listed.is_empty() && !computed {
        loader.error(line, format!("question `{number}` has no options"));
    }
    if file.kind == KindFile::Rating {
        for listed in &mut listed {
            let choice = &mut listed.choice;
            if choice.value.is_none() && !choice.not_applicable {
                choice.value = Some(choice.compared());
            }
        }
    }
    listed
}

impl FormLoader<'_> {
    fn option(&mut self, path: &str, number: &str, file: OptionFile) -> Listed {
        let line = file.code.referenced.line();
        let value = file.value.as_ref().and_then(|value| {
            let read = scaled(&value.0, VALUE_DECIMALS);
            if read.is_none() {
                let message =
                    format!("question `{number}`: the value of option {} is no number", file.code.value);
                self.findings.push(Finding::error(path, Some(line), message));
            }
            read
        });
        let choice = Choice {
            code: file.code.value,
            label: file.label,
            value,
            not_applicable: file.not_applicable,
            exclusive: file.exclusive,
            other: file.other,
            implied: false,
            ask_if: None,
            origin: file.origin,
            group: file.group,
            note: file.note,
        };
        Listed { choice, ask_if: file.ask_if, path: path.to_owned(), line }
    }
}

/// The points from one to another; options that stand for one of them give it their words, others stay beside them.
fn with_points(
    loader: &mut FormLoader<'_>,
    number: &str,
    points: PointsFile,
    labelled: Vec<Listed>,
    line: Option<u64>,
) -> Vec<Listed> {
    if points.from >= points.to || i32::from(points.to) - i32::from(points.from) > 1000 {
        loader.error(line, format!("question `{number}`: points run from a lower to a higher one"));
        return labelled;
    }
    let unit = 10i128.pow(VALUE_DECIMALS as u32);
    let path = loader.path.to_owned();
    let mut listed: Vec<Listed> = (points.from..=points.to)
        .map(|point| {
            // A point below zero cannot be a code, so the codes of such a scale count from 1.
            let code = if points.from < 0 { point - points.from + 1 } else { point };
            let label = Text::plain(point.to_string());
            let choice = Choice { value: Some(i128::from(point) * unit), ..Choice::new(code, label) };
            Listed { choice, ask_if: None, path: path.clone(), line: line.unwrap_or(1) }
        })
        .collect();
    for option in labelled {
        let value = option.choice.value;
        let point = listed.iter_mut().find(|point| match value {
            Some(value) => point.choice.value == Some(value),
            None => !option.choice.not_applicable && point.choice.code == option.choice.code,
        });
        match point {
            Some(point) => {
                let (code, value) = (point.choice.code, point.choice.value);
                *point = option;
                (point.choice.code, point.choice.value) = (code, value);
            }
            None if option.choice.not_applicable => listed.push(option),
            None => {
                let message =
                    format!("question `{number}`: option {} is none of the points", option.choice.code);
                let finding = Finding::error(&option.path, Some(option.line), message);
                loader
                    .findings
                    .push(finding.hint("mark what lies outside the scale with not_applicable: true"));
            }
        }
    }
    listed
}

/// The options of a CSV file: `code`, `label` or `label_<language>`, and the simple keys of an option.
fn from_csv(loader: &mut FormLoader<'_>, number: &str, name: &str, line: Option<u64>) -> Vec<Listed> {
    let Some(bytes) = loader.files.get(name) else {
        let known: Vec<&str> =
            loader.files.keys().filter(|path| path.ends_with(".csv")).map(String::as_str).collect();
        let message = format!("question `{number}`: options file `{name}` is missing");
        loader.findings.push(Finding::error(loader.path, line, message).nearest(name, known.into_iter()));
        return Vec::new();
    };
    loader.beside.push(name.to_owned());
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(without_mark(bytes));
    let header = reader.headers().cloned().unwrap_or_default();
    let known = ["code", "label", "value", "exclusive", "other", "not_applicable", "group", "origin"];
    for column in header.iter() {
        if !known.contains(&column) && !column.starts_with("label_") {
            let message = format!("unknown column `{column}`");
            loader.findings.push(Finding::error(name, Some(1), message).nearest(column, known.into_iter()));
        }
    }
    let mut listed = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let at = error.position().map(csv::Position::line);
                loader.findings.push(Finding::error(name, at, "a line is no CSV, or not UTF-8"));
                continue;
            }
        };
        let at = record.position().map_or(1, csv::Position::line);
        let field = |column: &str| {
            header.iter().position(|known| known == column).and_then(|at| record.get(at)).unwrap_or("").trim()
        };
        let text = |column: &str| Some(field(column)).filter(|text| !text.is_empty()).map(str::to_owned);
        let Ok(code) = field("code").parse::<i16>() else {
            loader.findings.push(Finding::error(name, Some(at), "code is no whole number of 0 to 32766"));
            continue;
        };
        let languages: Vec<(&str, &str)> = header
            .iter()
            .zip(&record)
            .filter_map(|(column, cell)| {
                column.strip_prefix("label_").map(|language| (language, cell.trim()))
            })
            .collect();
        let label = if languages.is_empty() { Text::plain(field("label")) } else { Text::of(&languages) };
        let mut choice = Choice::new(code, label);
        for (column, flag) in [
            ("exclusive", &mut choice.exclusive),
            ("other", &mut choice.other),
            ("not_applicable", &mut choice.not_applicable),
        ] {
            *flag = match field(column) {
                "" | "false" | "0" => false,
                "true" | "1" => true,
                _ => {
                    let message = format!("`{column}` is neither true nor false");
                    loader.findings.push(Finding::error(name, Some(at), message));
                    false
                }
            };
        }
        if let Some(value) = text("value").map(Scalar) {
            choice.value = scaled(&value.0, VALUE_DECIMALS);
            if choice.value.is_none() {
                loader.findings.push(Finding::error(name, Some(at), "value is no number"));
            }
        }
        (choice.group, choice.origin) = (text("group"), text("origin"));
        listed.push(Listed { choice, ask_if: None, path: name.to_owned(), line: at });
    }
    listed
}

/// Bytes without a byte order mark.
pub(super) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}
