//! How many units are in which state of each question.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Int64Type};
use shukei_doors::Format;
use shukei_query::Catalog;
use shukei_schemas::State;
use shukei_schemas::definition::SurveyDefinition;

use crate::fault::Fault;
use crate::output::{self, say};

/// Question and row (empty if it has none) to state to units.
pub(crate) type States = BTreeMap<(String, String), BTreeMap<String, u64>>;

/// Counts the states of a wave.
pub(crate) async fn count(catalog: &Catalog, survey: &str, wave: &str) -> Result<States, Fault> {
    let quoted = |text: &str| text.replace('\'', "''");
    let query = format!(
        "SELECT question, row, state, count(DISTINCT unit) AS n FROM answers \
         WHERE survey = '{}' AND wave = '{}' GROUP BY question, row, state",
        quoted(survey),
        quoted(wave)
    );
    let mut states = States::new();
    for batch in catalog.query(&query).await?.collect().await? {
        let text = |column: usize| arrow::compute::cast(batch.column(column), &DataType::Utf8);
        let texts = [0, 1, 2].map(text);
        let counts = batch.column(3).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let mut words = Vec::with_capacity(3);
            for column in &texts {
                let column = column.as_ref().map_err(|error| anyhow::anyhow!("{error}"))?;
                // A null row is one of a question without rows.
                let column = column.as_string::<i32>();
                words.push(if arrow::array::Array::is_null(column, row) { "" } else { column.value(row) });
            }
            let of_question = states.entry((words[0].to_owned(), words[1].to_owned())).or_default();
            *of_question.entry(words[2].to_owned()).or_default() += counts.value(row).unsigned_abs();
        }
    }
    Ok(states)
}

/// Prints them, question by question in printed order.
pub(crate) async fn show(catalog: &Catalog, definition: &SurveyDefinition, wave: &str) -> Result<(), Fault> {
    let states = count(catalog, definition.survey.survey.as_str(), wave).await?;
    let mut names: Vec<&str> = states.values().flat_map(BTreeMap::keys).map(String::as_str).collect();
    // In the order of their codes, and only those that occur.
    names.sort_by_key(|name| State::ALL.iter().position(|state| state.as_str() == *name));
    names.dedup();
    let Some(of_wave) = definition.survey.wave(&wave.into()) else { return Ok(()) };
    let mut rows: Vec<Vec<String>> = Vec::new();
    for question in
        of_wave.forms.iter().filter_map(|form| definition.form(form)).flat_map(|form| &form.questions)
    {
        let mut of_question: Vec<_> =
            states.iter().filter(|((number, _), _)| number == question.number.as_str()).collect();
        // The codes of rows are numbers: 2 comes before 10.
        of_question.sort_by_key(|((_, row), _)| row.parse::<i16>().ok());
        for ((_, row), counts) in of_question {
            let name = if row.is_empty() {
                question.number.to_string()
            } else {
                format!("{} {row}", question.number)
            };
            let cells = names.iter().map(|state| counts.get(*state).copied().unwrap_or(0).to_string());
            rows.push(std::iter::once(name).chain(cells).collect());
        }
    }
    say!("States of the answers, in units:");
    let header: Vec<&str> = std::iter::once("question").chain(names).collect();
    output::text_columns(&header, &rows, Format::Table)?;
    say!("");
    Ok(())
}
