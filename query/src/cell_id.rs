//! The name of a figure: the same as long as the same is asked, readable, and enough to form it again.
//!
//! `survey/wave/table/question/row/option/breaks/measure`, and behind a `?` what was asked in passing. Each part is
//! percent-encoded; a part without a value is `-`.

use shukei_schemas::definition::{Percent, Table};

use crate::error::QueryError;
use crate::measure::Measure;
use crate::request::TabulateRequest;

/// The table of indicators that belong to no named one.
pub(crate) const INDICATORS: &str = "indicators";

/// Stands before the id of an indicator in a name.
const INDICATOR: &str = "indicator:";

/// A name read back.
#[derive(Clone, Debug, PartialEq)]
pub struct CellId {
    /// What to ask to form the figure again, without the table's own settings where it is a named one.
    pub request: TabulateRequest,
    /// The named table, where it is one.
    pub named: Option<String>,
    /// The name itself.
    pub id: String,
}

/// The name of a figure that is complete but for it.
pub(crate) fn cell_id(measure: &Measure, request: &TabulateRequest) -> String {
    let is_indicator = measure.question.as_str().is_empty();
    let what = match (&measure.set, measure.option, measure.state) {
        (Some(id), ..) if is_indicator => format!("{INDICATOR}{id}"),
        (Some(set), ..) => format!("set:{set}"),
        (None, Some(option), _) => option.to_string(),
        (None, None, Some(state)) => state.as_str().to_owned(),
        (None, None, None) => "-".to_owned(),
    };
    let row = measure.row.map_or("-".to_owned(), |row| row.to_string());
    let breaks = if measure.breaks.is_empty() { "-" } else { &measure.breaks };
    let parts = [
        measure.survey.as_str(),
        measure.wave.as_str(),
        // An indicator that was asked for in passing is of no named table.
        if is_indicator && request.how.table.is_empty() { "-" } else { &measure.table },
        if is_indicator { "-" } else { measure.question.as_str() },
        &row,
        &what,
        breaks,
        measure.measure.as_str(),
    ];
    let path: Vec<String> = parts.into_iter().map(encoded).collect();
    let asked = if request.how.table.is_empty() { passing(&request.how) } else { Vec::new() };
    let asked: Vec<String> = asked.iter().map(|(key, value)| format!("{key}={}", encoded(value))).collect();
    match asked.is_empty() {
        true => path.join("/"),
        false => format!("{}?{}", path.join("/"), asked.join("&")),
    }
}

/// What was asked beside question and break, in a fixed order.
fn passing(how: &Table) -> Vec<(&'static str, String)> {
    let mut asked = Vec::new();
    let mut add = |key, value: Option<String>| asked.extend(value.map(|value| (key, value)));
    add("where", how.filter.as_ref().map(ToString::to_string));
    add("numerator", how.numerator.as_ref().map(ToString::to_string));
    add("base", how.base.map(|base| base.as_str().to_owned()));
    add("percent", (how.percent != Percent::Down).then(|| how.percent.as_str().to_owned()));
    add("weight", how.weight.clone());
    add("decimals", how.decimals.map(|decimals| decimals.to_string()));
    add("mean_decimals", how.mean_decimals.map(|decimals| decimals.to_string()));
    add("at_least", how.at_least.clone());
    for group in &how.groups {
        let codes: Vec<String> = group.options.iter().map(ToString::to_string).collect();
        add("net", Some(format!("{}={}", group.id, codes.join(","))));
    }
    let codes = |codes: &[i16]| codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let score = how.net_score.as_ref();
    add("net_score", score.map(|score| format!("{}/{}", codes(&score.promoters), codes(&score.detractors))));
    let rescale = how.rescale.as_ref();
    add("rescale", rescale.map(|scale| format!("{}:{}", scale.from.join(","), scale.to.join(","))));
    add("equal_groups", how.equal_groups.then(|| "true".to_owned()));
    add("frame_weighted", how.frame_weighted.then(|| "true".to_owned()));
    add("mark_below", how.reliability.mark_below.map(|units| units.to_string()));
    add("blank_below", how.reliability.blank_below.map(|units| units.to_string()));
    asked
}

impl CellId {
    /// Reads a name.
    ///
    /// # Errors
    /// [`QueryError::Request`] if it is none.
    pub fn parse(id: &str) -> Result<Self, QueryError> {
        let wrong = || QueryError::Request {
            problem: format!("`{id}` is no name of a figure"),
            hint: "take it from the column `id` of `shukei tabulate`".to_owned(),
        };
        let (path, asked) = id.split_once('?').unwrap_or((id, ""));
        if let Some(change) = change(path, asked) {
            return Err(change);
        }
        let parts: Vec<String> = path.split('/').map(decoded).collect::<Option<_>>().ok_or_else(wrong)?;
        let [survey, wave, table, question, _, what, breaks, _] = parts.as_slice() else {
            return Err(wrong());
        };
        let mut request = TabulateRequest::new(survey.as_str().into(), wave.as_str().into());
        match what.strip_prefix(INDICATOR) {
            Some(id) => {
                request.questions = Some(Vec::new());
                request.how.indicators = vec![id.to_owned()];
            }
            None => request.questions = Some(vec![question.clone()]),
        }
        if breaks != "-" {
            let names = breaks.split("; ").filter_map(|part| part.split_once('=')).map(|(name, _)| name);
            request.by = vec![names.collect::<Vec<_>>().join("*")];
        }
        for pair in asked.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').ok_or_else(wrong)?;
            let value = decoded(value).ok_or_else(wrong)?;
            request.ask(key, &value).map_err(|_| wrong())?;
        }
        let named = (table != question).then(|| table.clone());
        Ok(Self { request, named, id: id.to_owned() })
    }
}

/// A change has no counts of its own: the figures that it is formed of are explained one by one.
fn change(path: &str, asked: &str) -> Option<QueryError> {
    let mut rest: Vec<&str> = asked.split('&').filter(|pair| !pair.is_empty()).collect();
    let against = rest.iter().position(|pair| pair.starts_with("against="))?;
    let wave = decoded(rest.remove(against).split_once('=')?.1)?;
    let (figure, change) = path.rsplit_once('/')?;
    let of = if change.contains("mean") { "mean" } else { "share" };
    let asked = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    Some(QueryError::Request {
        problem: format!("`{path}` is the change of a figure since wave `{wave}`"),
        hint: format!("explain the {of} itself, `{figure}/{of}{asked}`, and the same of wave `{wave}`"),
    })
}

/// Letters and digits of any script stay, so that it can be read.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_alphanumeric() || "-_.,:*=!<>".contains(letter) {
            out.push(letter);
        } else {
            let mut bytes = [0; 4];
            letter.encode_utf8(&mut bytes).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
        }
    }
    out
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = tail.get(2..)?;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}
