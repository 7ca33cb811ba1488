//! How many units are in which state of each question.

use shukei_doors::Format;
use shukei_query::{Catalog, CountedWave, TabulateRequest};
use shukei_schemas::State;
use shukei_schemas::definition::SurveyDefinition;

use crate::fault::Fault;
use crate::output::{self, say};

/// Prints them, question by question in printed order.
pub(crate) async fn show(catalog: &Catalog, definition: &SurveyDefinition, wave: &str) -> Result<(), Fault> {
    let Some(of_wave) = definition.survey.wave(&wave.into()) else { return Ok(()) };
    let forms = of_wave.forms.iter().filter_map(|form| definition.form(form));
    let questions: Vec<&str> =
        forms.flat_map(|form| &form.questions).map(|question| question.number.as_str()).collect();
    let mut request = TabulateRequest::new(definition.survey.survey.clone(), wave.into());
    request.questions = Some(questions.iter().map(|number| (*number).to_owned()).collect());
    let states = CountedWave::open(catalog, &request).await?.all_states();
    // In the order of their codes, and only those that occur.
    let occurs = |state: &State| states.values().any(|counts| counts.contains_key(state));
    let names: Vec<State> = State::ALL.into_iter().filter(occurs).collect();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (at, number) in questions.iter().enumerate() {
        // A question that two forms of the wave ask is one.
        if questions[..at].contains(number) {
            continue;
        }
        for ((_, row), counts) in states.iter().filter(|((of, _), counts)| of == number && !counts.is_empty())
        {
            let name = row.map_or_else(|| (*number).to_owned(), |row| format!("{number} {row}"));
            let cells = names.iter().map(|state| counts.get(state).copied().unwrap_or(0).to_string());
            rows.push(std::iter::once(name).chain(cells).collect());
        }
    }
    say!("States of the answers, in units:");
    let header: Vec<&str> =
        std::iter::once("question").chain(names.iter().map(|state| state.as_str())).collect();
    output::text_columns(&header, &rows, Format::Table)?;
    say!("");
    Ok(())
}
