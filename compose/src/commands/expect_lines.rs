//! A published table as a file: a line a figure.

use std::path::Path;

use serde::Deserialize;
use shukei_query::MeasureKind;
use shukei_schemas::definition::{Steps, nearest};

use crate::fault::Fault;

/// More digits than any figure is formed with.
const DECIMALS_MAX: u8 = 9;

const COLUMNS: &str = "columns: question,row,option or label,breaks or group,measure,value,decimals; those of \
                       `shukei tabulate` are taken too; measure is count, share, base, mean or any other that it prints";

/// The columns of a file.
const KNOWN: [&str; 24] = [
    "question",
    "row",
    "option",
    "label",
    "state",
    "set",
    "group",
    "breaks",
    "measure",
    "value",
    "decimals",
    "count",
    "base",
    "base_unweighted",
    "count_weighted",
    "base_weighted",
    "survey",
    "wave",
    "table",
    "base_rule",
    "methods",
    "flags",
    "id",
    "breaks_label",
];

/// A line of the table. The columns of `shukei tabulate` are taken too, so that its own output can be
/// compared with; those that say nothing of the figure are passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Line {
    pub(crate) question: String,
    pub(crate) row: String,
    pub(crate) option: String,
    pub(crate) label: String,
    pub(crate) state: String,
    pub(crate) set: String,
    pub(crate) group: String,
    pub(crate) breaks: String,
    measure: String,
    pub(crate) value: String,
    decimals: Option<u8>,
    pub(crate) count: String,
    pub(crate) base: String,
    pub(crate) base_unweighted: String,
    pub(crate) count_weighted: String,
    pub(crate) base_weighted: String,
    /// Where it stands in the file.
    #[serde(skip)]
    pub(crate) number: u64,
}

/// What a line gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A figure.
    Figure(MeasureKind),
    /// What stands beside figures.
    Beside(Beside),
}

/// What stands beside a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// The base; with weights what it weighs.
    Base,
    /// What the base weighs.
    BaseWeighted,
    /// The units in the base.
    BaseUnits,
    /// What those who are counted weigh.
    CountWeighted,
    /// The units counted.
    CountUnits,
}

const BESIDE: [(&str, Beside); 5] = [
    ("base", Beside::Base),
    ("base_weighted", Beside::BaseWeighted),
    ("base_unweighted", Beside::BaseUnits),
    ("count_weighted", Beside::CountWeighted),
    ("count_unweighted", Beside::CountUnits),
];

impl Wanted {
    /// Reads the name of a measure.
    fn parse(name: &str) -> Option<Self> {
        let beside = BESIDE.iter().find(|(known, _)| *known == name).map(|(_, beside)| Self::Beside(*beside));
        let kind = MeasureKind::ALL.iter().find(|kind| kind.as_str() == name).copied();
        beside.or(kind.map(Self::Figure))
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Figure(kind) => kind.as_str(),
            Self::Beside(beside) => {
                BESIDE.iter().find(|(_, known)| *known == beside).map_or("base", |(name, _)| name)
            }
        }
    }
}

impl Line {
    /// What it gives; read already when the file was.
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted::parse(&self.measure).unwrap_or(Wanted::Figure(MeasureKind::Count))
    }

    /// The digits to compare with: those of the value if nothing is said; none where there is no value.
    pub(crate) fn decimals(&self) -> Option<u8> {
        self.decimals.or_else(|| number(&self.value).map(|(_, decimals)| decimals))
    }

    /// The part of the units, as it is written.
    pub(crate) fn part(&self) -> String {
        match self.breaks.is_empty() && !self.group.is_empty() {
            true => format!("group={}", self.group),
            false => self.breaks.clone(),
        }
    }

    /// What it is of, in words.
    pub(crate) fn subject(&self) -> String {
        let mut words = format!("question {}", self.question);
        for (name, value) in [
            ("row", &self.row),
            ("option", &self.option),
            ("label", &self.label),
            ("state", &self.state),
            ("set", &self.set),
            ("group", &self.group),
            ("breaks", &self.breaks),
        ] {
            if !value.is_empty() {
                words.push_str(&format!(", {name} {value}"));
            }
        }
        format!("{words}: {}", self.wanted().as_str())
    }

    fn problem(&self) -> Option<String> {
        if Wanted::parse(&self.measure).is_none() {
            let known = MeasureKind::ALL.iter().map(|kind| kind.as_str()).chain(BESIDE.map(|(name, _)| name));
            return Some(match nearest(&self.measure, known) {
                Some(near) => format!("`{}` is no measure; did you mean `{near}`?", self.measure),
                None => format!("`{}` is no measure", self.measure),
            });
        }
        let numbers = [
            &self.value,
            &self.count,
            &self.base,
            &self.base_unweighted,
            &self.count_weighted,
            &self.base_weighted,
        ];
        if let Some(text) = numbers.into_iter().find(|text| !text.is_empty() && number(text).is_none()) {
            return Some(format!("`{text}` is no number"));
        }
        let too_many = self.decimals().is_some_and(|decimals| decimals > DECIMALS_MAX);
        too_many.then(|| format!("figures are formed with at most {DECIMALS_MAX} digits behind the point"))
    }
}

/// Reads a file.
///
/// # Errors
/// A fault of use that names the line.
pub(crate) fn read(file: &Path) -> Result<Vec<Line>, Fault> {
    let refused = |reason: String| Fault::usage(format!("`{}`: {reason}", file.display()), COLUMNS);
    let content = std::fs::read(file).map_err(|error| refused(error.to_string()))?;
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&content);
    if let Err(error) = std::str::from_utf8(content) {
        let before = content.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let message = format!("`{}`: line {line} is not UTF-8", file.display());
        return Err(Fault::usage(message, "save the published table as CSV in UTF-8"));
    }
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(content);
    let headers = reader.headers().map_err(|error| refused(error.to_string()))?.clone();
    if let Some(unknown) = headers.iter().find(|name| !KNOWN.contains(name)) {
        return Err(refused(match nearest(unknown, KNOWN.into_iter()) {
            Some(near) => format!("nothing is read from a column `{unknown}`; did you mean `{near}`?"),
            None => format!("nothing is read from a column `{unknown}`"),
        }));
    }
    for needed in ["question", "measure", "value"] {
        if !headers.iter().any(|name| name == needed) {
            let there = headers.iter().collect::<Vec<_>>().join("`, `");
            return Err(refused(format!("there is no column `{needed}`, only `{there}`")));
        }
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| refused(error.to_string()))?;
        let number = record.position().map_or(0, |position| {
            // The reader passes over empty lines before a record.
            let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
            let rest = content.get(from..).unwrap_or_default().iter();
            let empty = rest.take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n');
            position.line() + empty.count() as u64
        });
        let mut line: Line =
            record.deserialize(Some(&headers)).map_err(|error| refused(error.to_string()))?;
        if let Some(problem) = line.problem() {
            return Err(refused(format!("line {number}: {problem}")));
        }
        line.number = number;
        lines.push(line);
    }
    match lines.is_empty() {
        true => Err(refused("there is nothing to compare".to_owned())),
        false => Ok(lines),
    }
}

/// Whole and decimal digits of a figure, without thousands separators and percent signs.
pub(crate) fn number(text: &str) -> Option<(i128, u8)> {
    // As sheets print it: full-width digits, `％`, and a triangle for what is below zero.
    let key = Steps::default().key(text);
    let text = key.trim().trim_end_matches('%').trim();
    let (sign, text) = text.strip_prefix(['-', '▲', '△']).map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let grouped = whole.contains(',');
    let bad_group = grouped && (first.is_empty() || first.len() > 3);
    if bad_group || groups.any(|group| group.len() != 3) || fraction.len() > 12 {
        return None;
    }
    let digits = format!("{}{fraction}", whole.replace(',', ""));
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((sign * digits.parse::<i128>().ok()?, fraction.len() as u8))
}

/// Whether two texts are the same number, whatever zeros end them.
pub(crate) fn is_equal(one: &str, other: &str) -> bool {
    let (Some((one, one_decimals)), Some((other, other_decimals))) = (number(one), number(other)) else {
        return one.is_empty() && other.is_empty();
    };
    let scale = |decimals: u8, to: u8| 10i128.pow(u32::from(to - decimals));
    let decimals = one_decimals.max(other_decimals);
    let scaled = |value: i128, decimals_of: u8| value.checked_mul(scale(decimals_of, decimals));
    scaled(one, one_decimals) == scaled(other, other_decimals)
}
