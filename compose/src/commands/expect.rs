//! Figures held against a published table, cell by cell, with the reason why one differs.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use shukei_query::{Catalog, Measure, MeasureKind, percent_text};
use shukei_schemas::definition::{Rounding, SurveyDefinition, nearest};

use crate::commands::states::{self, States};
use crate::fault::Fault;
use crate::output::say;

/// A line of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    question: String,
    #[serde(default)]
    row: String,
    #[serde(default)]
    option: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    group: String,
    measure: Wanted,
    value: String,
    #[serde(default)]
    decimals: Option<u8>,
}

/// What a line gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Count,
    Share,
    Base,
    Mean,
    Sum,
}

impl Wanted {
    fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Share => "share",
            Self::Base => "base",
            Self::Mean => "mean",
            Self::Sum => "sum",
        }
    }
}

/// Compares figures with a file and prints what differs. Returns whether all agree.
///
/// # Errors
/// A fault of use if the file cannot be read as such a table.
pub(crate) async fn compare(
    catalog: &Catalog,
    definition: &SurveyDefinition,
    wave: &str,
    measures: &[Measure],
    file: &Path,
) -> Result<bool, Fault> {
    let lines = read(file)?;
    let states = states::count(catalog, definition.survey.survey.as_str(), wave).await?;
    let rounding = definition.survey.rounding;
    let mut differing = 0;
    for (at, line) in lines.iter().enumerate() {
        let Some(words) = difference(line, measures, &states, rounding) else { continue };
        differing += 1;
        say!("{}:{}: {}", file.display(), at + 2, subject(line));
        for word in words {
            say!("  {word}");
        }
    }
    say!("{} of {} agree", lines.len() - differing, lines.len());
    Ok(differing == 0)
}

fn read(file: &Path) -> Result<Vec<Line>, Fault> {
    let columns = "columns: question,row,option or label,group,measure,value,decimals; \
                   measure is count, share, base, mean or sum";
    let refused = |reason: String| Fault::usage(format!("`{}`: {reason}", file.display()), columns);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(file)
        .map_err(|error| refused(error.to_string()))?;
    let mut lines = Vec::new();
    for line in reader.deserialize() {
        let line: Line = line.map_err(|error| refused(error.to_string()))?;
        if number(&line.value).is_none() {
            let reason = format!("line {}: `{}` is no number", lines.len() + 2, line.value);
            return Err(refused(reason));
        }
        lines.push(line);
    }
    if lines.is_empty() {
        return Err(refused("there is nothing to compare".to_owned()));
    }
    Ok(lines)
}

fn subject(line: &Line) -> String {
    let mut words = format!("question {}", line.question);
    for (name, value) in
        [("row", &line.row), ("option", &line.option), ("label", &line.label), ("group", &line.group)]
    {
        if !value.is_empty() {
            words.push_str(&format!(", {name} {value}"));
        }
    }
    format!("{words}: {}", line.measure.as_str())
}

/// Whole and decimal digits of a figure, without thousands separators and percent signs.
fn number(text: &str) -> Option<(i128, u8)> {
    let text = text.trim().trim_end_matches(['%', '％']).trim();
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
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

fn is_equal(one: &str, other: &str) -> bool {
    let (Some((one, one_decimals)), Some((other, other_decimals))) = (number(one), number(other)) else {
        return false;
    };
    let scale = |decimals: u8, to: u8| 10i128.pow(u32::from(to - decimals));
    let decimals = one_decimals.max(other_decimals);
    one * scale(one_decimals, decimals) == other * scale(other_decimals, decimals)
}

/// Why a line does not agree; nothing if it does.
fn difference(line: &Line, measures: &[Measure], states: &States, rounding: Rounding) -> Option<Vec<String>> {
    let found = match find(line, measures) {
        Ok(found) => found,
        Err(reason) => return Some(vec![format!("expected {}", line.value), reason]),
    };
    let decimals = line.decimals.or_else(|| number(&line.value).map(|(_, decimals)| decimals)).unwrap_or(0);
    let got = match line.measure {
        Wanted::Count => found.count.to_string(),
        Wanted::Base => found.base.to_string(),
        // Formed anew from count and base: a rounded share must not be rounded again. Weights have no whole counts.
        Wanted::Share if !found.is_weighted() => {
            percent_text(found.count, found.base, decimals, rounding).unwrap_or_default()
        }
        Wanted::Share | Wanted::Mean | Wanted::Sum => found.value.clone(),
    };
    if is_equal(&got, &line.value) {
        return None;
    }
    let remarks = found.remarks();
    let mut words = vec![
        format!("expected {}, got {}", line.value, if got.is_empty() { "nothing" } else { &got }),
        format!("{} of base {} ({})", found.count, found.base, found.base_rule.as_str()),
    ];
    if !remarks.is_empty() {
        words.push(format!("flags: {}", remarks.join(", ")));
    }
    let row = line.row.trim();
    if let Some(of_question) = states.get(&(line.question.clone(), row.to_owned()))
        && line.group.is_empty()
    {
        let each: Vec<String> = of_question.iter().map(|(state, count)| format!("{state} {count}")).collect();
        words.push(format!("states: {}", each.join(", ")));
        words.extend(other_base(line, found, of_question, decimals, rounding));
    }
    Some(words)
}

/// The set of states that as a base would give the figure expected, if there is one.
fn other_base(
    line: &Line,
    found: &Measure,
    states: &BTreeMap<String, u64>,
    decimals: u8,
    rounding: Rounding,
) -> Option<String> {
    let answered = states.get("answered").copied().unwrap_or(0);
    let others: Vec<(&String, &u64)> =
        states.iter().filter(|(state, count)| *state != "answered" && **count > 0).collect();
    for chosen in 0..1u32 << others.len() {
        let with = || others.iter().enumerate().filter(move |(at, _)| chosen & (1 << at) != 0);
        let base = answered + with().map(|(_, (_, count))| **count).sum::<u64>();
        let fits = match line.measure {
            Wanted::Base => is_equal(&base.to_string(), &line.value),
            Wanted::Share => percent_text(found.count, base, decimals, rounding)
                .is_some_and(|share| is_equal(&share, &line.value)),
            _ => false,
        };
        if fits && base != found.base {
            let names: Vec<&str> =
                std::iter::once("answered").chain(with().map(|(_, (state, _))| state.as_str())).collect();
            return Some(format!(
                "it fits a base of {base}: {}; `states` in survey.yaml says who is in the base",
                names.join(" and ")
            ));
        }
    }
    None
}

/// The figure that a line means.
fn find<'a>(line: &Line, measures: &'a [Measure]) -> Result<&'a Measure, String> {
    let of_question: Vec<&Measure> =
        measures.iter().filter(|measure| measure.question.as_str() == line.question).collect();
    if of_question.is_empty() {
        let known = measures.iter().map(|measure| measure.question.as_str());
        return Err(match nearest(&line.question, known) {
            Some(near) => format!("there is no such question; did you mean `{near}`?"),
            None => "there is no such question in these figures".to_owned(),
        });
    }
    let row = line.row.parse::<i16>().ok();
    let of_row: Vec<&Measure> = of_question
        .into_iter()
        .filter(|measure| match (&measure.row, line.row.is_empty()) {
            (None, is_empty) => is_empty,
            (Some(code), false) => {
                Some(*code) == row || measure.row_label.as_deref() == Some(line.row.as_str())
            }
            (Some(_), true) => false,
        })
        .collect();
    if of_row.is_empty() {
        return Err("there is no such row".to_owned());
    }
    let breaks = if line.group.is_empty() { String::new() } else { format!("group={}", line.group) };
    let of_part: Vec<&Measure> = of_row.into_iter().filter(|measure| measure.breaks == breaks).collect();
    if of_part.is_empty() {
        return Err("there is no such group in these figures; say --by group, and give its id".to_owned());
    }
    let kind = match line.measure {
        Wanted::Count => MeasureKind::Count,
        Wanted::Share | Wanted::Base => MeasureKind::Share,
        Wanted::Mean => MeasureKind::Mean,
        Wanted::Sum => MeasureKind::Sum,
    };
    let any = line.option.is_empty() && line.label.is_empty();
    let is_meant = |measure: &&&Measure| {
        let by_code = line.option.parse::<i16>().is_ok_and(|code| measure.option == Some(code));
        let by_label = !line.label.is_empty() && measure.label == line.label;
        let by_state = measure.state.is_some_and(|state| state.as_str() == line.label);
        any || by_code || by_label || by_state
    };
    let meant: Vec<&Measure> = of_part.iter().filter(is_meant).copied().collect();
    let is_wanted = |measure: &&&Measure| {
        measure.measure == kind || (kind == MeasureKind::Share && measure.measure.is_share())
    };
    if let Some(found) = meant.iter().find(is_wanted) {
        return Ok(found);
    }
    // A base stands beside every figure, also beside a mean.
    if line.measure == Wanted::Base
        && let Some(found) = meant.first()
    {
        return Ok(found);
    }
    if !meant.is_empty() {
        return Err(format!("there is no {} of it", line.measure.as_str()));
    }
    let wanted = if line.label.is_empty() { &line.option } else { &line.label };
    let labels = of_part.iter().map(|measure| measure.label.as_str());
    Err(match nearest(wanted, labels) {
        Some(near) => format!("there is no such option; did you mean `{near}`?"),
        None => "there is no such option, and no such state prints".to_owned(),
    })
}
