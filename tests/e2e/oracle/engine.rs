//! What the program comes to, in the words that the second opinion uses.

use std::sync::Arc;

use shukei_interpret::{
    Answer, Interpretation, Kind as Outcome, Record, Response, Value, interpret, responses_batch,
};
use shukei_query::{Measure, TabulateRequest, Tally, World, measures};
use shukei_schemas::columns::MASK_BITS;
use shukei_schemas::definition::{Definitions, Kind, Question, SurveyDefinition, has_errors};
use shukei_schemas::{Lane, Offset, Position, State, SurveyId, WaveId};

use super::figures::{Figures, Key};
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
        let one = |event: &String| {
            interpret(&Record { payload: Some(event.as_bytes()), headers: &[] }, &definitions)
        };
        let read = case.events.iter().map(one).collect();
        Ok(Self { definitions, read })
    }

    /// The figures of the table that is asked for, of the events that count, cut into so many partitions.
    pub(super) fn figures(&self, counting: &[usize], partitions: usize) -> Result<Figures, String> {
        let definition = self.definitions.surveys().next().ok_or("no survey")?;
        let (survey, wave) = (SurveyId::new("made"), WaveId::new("w"));
        let request = match definition.tables.get("asked") {
            Some(table) => TabulateRequest::of_table(survey, wave.clone(), &table.value),
            None => TabulateRequest::new(survey, wave.clone()),
        };
        let wave = definition.survey.wave(&wave).ok_or("no wave")?;
        let form = wave.forms.first().and_then(|form| definition.form(form)).ok_or("no form")?;
        let forms = [Arc::clone(form)];
        let empty =
            || Tally::new(Arc::clone(form), &forms, &request, "en").map_err(|error| error.to_string());
        let mut total = empty()?;
        for partition in 0..partitions {
            let mine = counting.iter().filter(|at| *at % partitions == partition);
            let rows: Vec<(Position, &Response)> =
                mine.filter_map(|at| Some((position(*at), self.read[*at].response.as_ref()?))).collect();
            let batch = responses_batch(form, &rows).map_err(|error| error.to_string())?;
            let mut tally = empty()?;
            tally.count(&batch).map_err(|error| error.to_string())?;
            total.merge(&tally);
        }
        let mappings: Vec<_> =
            wave.mappings.iter().filter_map(|mapping| definition.mapping(mapping).cloned()).collect();
        let groups: Vec<String> = definition
            .sectors_of(wave)
            .iter()
            .flat_map(|all| &all.groups)
            .map(|group| group.group.clone())
            .collect();
        let world = World { survey: &definition.survey, mappings: &mappings, groups: &groups, frame: None };
        let found = measures(&world, &request, &[total]).map_err(|error| error.to_string())?;
        figures_of(&found)
    }

    /// What each event came to, one text an event.
    pub(super) fn decisions(&self) -> Vec<String> {
        self.read.iter().map(decision).collect()
    }
}

fn decision(read: &Interpretation) -> String {
    let unit =
        read.outcome.unit.as_ref().map(|unit| unit.to_string().replace("%2F", "/")).unwrap_or_default();
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
        (Value::Number(number), Kind::Number { decimals, .. }) => {
            number * 10i128.pow(6 - u32::from(*decimals))
        }
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

/// Measures in the words of the second opinion.
pub(super) fn figures_of(found: &[Measure]) -> Result<Figures, String> {
    let mut figures = Figures::new();
    for measure in found {
        if figures.insert(key(measure), line(measure)).is_some() {
            return Err(format!("a figure stands twice: {:?}", key(measure)));
        }
    }
    Ok(figures)
}

fn position(at: usize) -> Position {
    Position { lane: Lane::new(1, 0), offset: Offset(at as i64) }
}

fn key(measure: &Measure) -> Key {
    let number = |code: Option<i16>| code.map(|code| code.to_string()).unwrap_or_default();
    [
        measure.question.to_string(),
        number(measure.row),
        number(measure.option),
        measure.state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        measure.breaks.clone(),
        measure.measure.as_str().to_owned(),
    ]
}

/// As the second opinion writes it.
fn line(measure: &Measure) -> String {
    let weighted = |text: &Option<String>| text.clone().unwrap_or_default();
    format!(
        "{} | {} of {} | {} of {} | {}",
        measure.value,
        measure.count,
        measure.base_unweighted,
        weighted(&measure.count_weighted),
        weighted(&measure.base_weighted),
        measure.methods.join("+")
    )
}
