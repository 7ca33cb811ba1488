//! What the program comes to, in the words that the second opinion uses.

use std::sync::Arc;

use shukei_interpret::{Answer, Interpretation, Kind as Outcome, Record, Value, interpret};
use shukei_schemas::State;
use shukei_schemas::columns::MASK_BITS;
use shukei_schemas::definition::{Definitions, Kind, Question, SurveyDefinition, has_errors};

use super::generate::Case;

/// A case as the program reads it.
pub(super) struct Engine {
    definitions: Definitions,
    read: Vec<Interpretation>,
}

impl Engine {
    /// Reads the survey and interprets every event; `Err` with what is wrong with the survey.
    pub(super) fn new(case: &Case) -> Result<Self, String> {
        let (definition, findings) = SurveyDefinition::load_checked(&case.written());
        if has_errors(&findings) {
            let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
            return Err(shown.join("\n"));
        }
        let mut definitions = Definitions::default();
        definitions.insert(definition.ok_or("no definition")?);
        let one = |event: &String| interpret(&Record { payload: Some(event.as_bytes()), headers: &[] }, &definitions);
        let read = case.events.iter().map(one).collect();
        Ok(Self { definitions, read })
    }

    /// What each event came to, one text an event.
    pub(super) fn decisions(&self) -> Vec<String> {
        self.read.iter().map(decision).collect()
    }
}

fn decision(read: &Interpretation) -> String {
    let unit = read.outcome.unit.as_ref().map(|unit| unit.to_string().replace("%2F", "/")).unwrap_or_default();
    match (&read.outcome.kind, &read.response) {
        (Outcome::Response, Some(response)) => {
            let mut text = format!(
                "{unit} group={} method={} mapped={}",
                response.group.as_deref().unwrap_or("-"),
                response.method,
                response.mapping.is_some()
            );
            for (question, answers) in response.form.questions.iter().zip(&response.answers) {
                for answer in answers {
                    text.push_str(&format!(" {}={}", question.number, shown(question, answer)));
                }
            }
            text
        }
        (Outcome::Withdrawal, _) => format!("{unit} withdrawn"),
        _ => "rejected".into(),
    }
}

/// `state`, with codes, a number in millionths, and `!` before options that were not offered.
fn shown(question: &Question, answer: &Answer) -> String {
    let options = question.options();
    let marked = |words: &[i64], wanted: i64| -> Vec<i16> {
        let bit = |at: usize| words.get(at / MASK_BITS).copied().unwrap_or(0) >> (at % MASK_BITS) & 1;
        (0..options.len()).filter(|at| bit(*at) == wanted).map(|at| options[at].code).collect()
    };
    let mut codes: Vec<i16> = match &answer.value {
        Value::Code(code) => vec![*code],
        Value::Mask(words) => marked(words, 1),
        _ => Vec::new(),
    };
    codes.sort_unstable();
    let number = match (&answer.value, &question.kind) {
        (Value::Number(number), Kind::Number { decimals, .. }) => number * 10i128.pow(6 - u32::from(*decimals)),
        _ => 0,
    };
    let mut hidden = answer.asked.as_deref().map(|words| marked(words, 0)).unwrap_or_default();
    hidden.sort_unstable();
    let state = answer.state.as_str();
    if answer.state != State::Answered && answer.state != State::NothingMarked && !codes.is_empty() {
        return format!("{state} with codes");
    }
    format!("{state}{codes:?}{number}!{hidden:?}")
}
