//! The columns of a layout: the lines of its CSV, and the shape that each comes to.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::form::Question;
use super::kind::Kind;
use super::layout::{ColumnTarget, Shape};
use super::load_layout::Loader;
use super::load_options::without_mark;

/// A line of a layout's CSV.
pub(super) struct Line {
    /// The line, from 1.
    pub(super) at: u64,
    pub(super) column: String,
    pub(super) question: String,
    pub(super) row: Option<i16>,
    pub(super) option: Option<i16>,
    pub(super) rank: Option<i16>,
    pub(super) shape: Option<String>,
    pub(super) separator: Option<String>,
    pub(super) value: Option<String>,
    pub(super) decimal: Option<char>,
    pub(super) thousands: Option<char>,
    pub(super) date_format: Option<String>,
    pub(super) blank: Vec<String>,
    pub(super) no_answer: Vec<String>,
    pub(super) not_asked: Vec<String>,
}

const COLUMNS: [&str; 14] = [
    "column",
    "question",
    "row",
    "option",
    "rank",
    "shape",
    "separator",
    "value",
    "decimal",
    "thousands",
    "date_format",
    "blank",
    "no_answer",
    "not_asked",
];

const SHAPES: [&str; 9] =
    ["mark", "mark_text", "list", "csv", "lines", "characters", "json", "tokens", "other"];

/// The lines of a layout's CSV; what cannot be read is named.
pub(super) fn read_lines(path: &str, bytes: &[u8], findings: &mut Vec<Finding>) -> Vec<Line> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(without_mark(bytes));
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(_) => {
            findings.push(Finding::error(path, Some(1), "the header is no CSV, or not UTF-8"));
            return Vec::new();
        }
    };
    for column in header.iter().filter(|column| !COLUMNS.contains(column)) {
        let message = format!("unknown column `{column}`");
        findings.push(Finding::error(path, Some(1), message).nearest(column, COLUMNS.into_iter()));
    }
    for needed in ["column", "question"] {
        if !header.iter().any(|column| column == needed) {
            findings.push(Finding::error(path, Some(1), format!("column `{needed}` is missing")));
            return Vec::new();
        }
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let at = error.position().map(csv::Position::line);
                findings.push(Finding::error(path, at, "line is no CSV, or not UTF-8"));
                continue;
            }
        };
        let at = record.position().map_or(1, csv::Position::line);
        let field = |name: &str| {
            let place = header.iter().position(|column| column == name)?;
            record.get(place).filter(|text| !text.is_empty())
        };
        let mut bad = None;
        let mut code = |name: &'static str| {
            let text = field(name)?.trim();
            let read = text.parse::<i16>().ok();
            if read.is_none() {
                bad = Some(format!("`{name}` is no whole number"));
            }
            read
        };
        let (row, option, rank) = (code("row"), code("option"), code("rank"));
        let mut letter = |name: &'static str| {
            let mut chars = field(name)?.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => Some(c),
                _ => {
                    bad = Some(format!("`{name}` is one character"));
                    None
                }
            }
        };
        let (decimal, thousands) = (letter("decimal"), letter("thousands"));
        let list = |name: &str| {
            field(name).map_or_else(Vec::new, |text| text.split('|').map(str::to_owned).collect::<Vec<_>>())
        };
        let text = |name: &str| field(name).map(str::to_owned);
        if let Some(message) = bad {
            findings.push(Finding::error(path, Some(at), message));
            continue;
        }
        lines.push(Line {
            at,
            column: field("column").unwrap_or_default().to_owned(),
            question: field("question").unwrap_or_default().trim().to_owned(),
            row,
            option,
            rank,
            shape: text("shape"),
            separator: text("separator").map(|separator| separator.replace("\\n", "\n").replace("\\t", "\t")),
            value: text("value"),
            decimal,
            thousands,
            date_format: text("date_format"),
            blank: list("blank"),
            no_answer: list("no_answer"),
            not_asked: list("not_asked"),
        });
    }
    lines
}

/// The shape of a column, and what it feeds; what does not fit its question is an error.
pub(super) fn shape(
    loader: &mut Loader<'_>,
    line: &Line,
    place: usize,
    question: &Question,
    separators: Option<Vec<String>>,
    tokens: Option<&BTreeMap<String, i16>>,
) -> Option<(Shape, ColumnTarget)> {
    let row = line.row.map(|code| question.rows().iter().position(|row| row.code == code));
    let option = line.option.map(|code| question.kind.place_of_code(i64::from(code)));
    let rank = line.rank.map(|code| question.kind.place_of_code(i64::from(code)));
    let separators = line.separator.clone().map(|one| vec![one]).or(separators).unwrap_or_default();
    if separators.iter().any(String::is_empty) {
        let message = format!("column `{}`: an empty separator joins nothing", line.column);
        let finding = Finding::error(loader.columns_path, Some(line.at), message);
        loader.findings.push(finding.hint("leave it out: lists are then joined by `,` and tokens by blanks"));
        return None;
    }
    let kind = &question.kind;
    let has_options = matches!(kind, Kind::Single { .. } | Kind::Multiple { .. } | Kind::Rating { .. });
    let lists = matches!(kind, Kind::Multiple { .. } | Kind::Ranking { .. });
    let known = |found: Option<Option<usize>>| matches!(found, Some(Some(_)));
    let (none, no_rank) = (row.is_none() && option.is_none(), rank.is_none());
    let shape = match line.shape.as_deref() {
        None if has_options && known(option) && row.is_none() && no_rank => Some(Shape::Mark),
        None if matches!(kind, Kind::Ranking { .. }) && known(rank) && none => {
            rank.flatten().map(Shape::Item)
        }
        None if !kind.rows().is_empty() => {
            (known(row) && option.is_none() && no_rank).then_some(Shape::Value)
        }
        None => (none && no_rank && !lists).then_some(Shape::Value),
        Some("mark") => (has_options && known(option) && row.is_none()).then_some(Shape::Mark),
        Some("mark_text") => (has_options && known(option) && row.is_none()).then_some(Shape::MarkText),
        Some("list") => {
            let separators = if separators.is_empty() { vec![",".into()] } else { separators };
            // Of one answer they are two marks, which is what the form's rule is for.
            ((lists || has_options) && none && no_rank).then_some(Shape::List(separators))
        }
        Some("csv") => (lists && none && no_rank).then_some(Shape::Csv),
        Some("lines") => (lists && none && no_rank).then_some(Shape::Lines),
        Some("characters") => (lists && none && no_rank).then_some(Shape::Characters),
        Some("json") => (lists && none && no_rank).then_some(Shape::Json),
        Some("other") => (question.keeps_other() && none && no_rank).then_some(Shape::Other),
        Some("tokens") => {
            let mut marks = Vec::new();
            for (mark, code) in tokens.into_iter().flatten() {
                match kind.place_of_code(i64::from(*code)) {
                    Some(place) => marks.push((mark.clone(), place)),
                    None => {
                        let at = loader.line_of("tokens");
                        loader.error(at, format!("tokens of `{}`: no option {code}", question.number));
                    }
                }
            }
            marks.sort_by_key(|(mark, _)| std::cmp::Reverse(mark.len()));
            let grid = matches!(kind, Kind::Grid { .. });
            (grid && none && no_rank && !marks.is_empty()).then_some(Shape::Tokens { separators, marks })
        }
        Some(other) => {
            let message = format!("unknown shape `{other}`");
            let finding = Finding::error(loader.columns_path, Some(line.at), message);
            loader.findings.push(finding.nearest(other, SHAPES.into_iter()));
            return None;
        }
    };
    let Some(shape) = shape else {
        let message = format!("column does not fit question `{}`", line.question);
        let finding = Finding::error(loader.columns_path, Some(line.at), message);
        loader.findings.push(finding.hint(fitting(kind)));
        return None;
    };
    Some((shape, ColumnTarget { question: place, row: row.flatten(), option: option.flatten() }))
}

/// What a column of a kind of question may be.
fn fitting(kind: &Kind) -> &'static str {
    match kind {
        Kind::Multiple { .. } => {
            "a multiple answer has a column per known option, or a column of shape list, csv, lines, characters or json"
        }
        Kind::Single { .. } | Kind::Rating { .. } => {
            "give no row; a column per option names a known option, and shape list reads several marks in one cell"
        }
        Kind::Grid { .. } => {
            "a grid's column names a known row, or has shape tokens with marks under questions"
        }
        Kind::Ranking { .. } => {
            "a ranking's column names a known row or a known rank, or has shape list, csv, lines, characters or json"
        }
        _ => "give neither row nor option nor shape",
    }
}
