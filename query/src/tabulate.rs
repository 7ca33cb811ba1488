use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::TableReference;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::{Expr, ident, lit};
use futures::StreamExt;
use shukei_schemas::definition::{Form, SurveyDefinition, Wave, nearest};
use tokio::task::JoinSet;

use crate::break_by::BreakBy;
use crate::catalog::Catalog;
use crate::error::QueryError;
use crate::measure::Measure;
use crate::measures::measures;
use crate::request::TabulateRequest;
use crate::tally::Tally;

/// Counts a wave in one pass over the current rows of each of its forms, and forms its figures.
///
/// # Errors
/// Unknown names in the request, [`QueryError::FormsDiffer`], and [`QueryError::Running`] or [`QueryError::Stored`]
/// if the rows cannot be read or hold what the form does not allow.
pub async fn tabulate(catalog: &Catalog, request: &TabulateRequest) -> Result<Vec<Measure>, QueryError> {
    let (definition, wave) = find_wave(catalog, request)?;
    let forms: Vec<Arc<Form>> = wave.forms.iter().filter_map(|form| definition.form(form).cloned()).collect();
    let questions = find_questions(&forms, request)?;
    if let Some(by) = &request.by {
        BreakBy::read(by, &forms.iter().map(Arc::as_ref).collect::<Vec<_>>())?;
    }
    let mut tallies = Vec::with_capacity(forms.len());
    for form in &forms {
        let empty = Tally::new(form.clone(), questions.as_ref(), request.by.as_deref())?;
        tallies.push(count(catalog, request, empty).await?);
    }
    let mappings: Vec<_> =
        wave.mappings.iter().filter_map(|mapping| definition.mapping(mapping).cloned()).collect();
    let sectors = definition.sectors_of(wave);
    let groups: Vec<String> =
        sectors.iter().flat_map(|sectors| &sectors.groups).map(|group| group.group.clone()).collect();
    measures(&definition.survey, &mappings, &groups, request, &tallies)
}

pub(crate) fn find_wave<'a>(
    catalog: &'a Catalog,
    request: &TabulateRequest,
) -> Result<(&'a SurveyDefinition, &'a Wave), QueryError> {
    let definitions = catalog.definitions();
    let definition = definitions.survey(&request.survey).ok_or_else(|| {
        let known = definitions.surveys().map(|known| known.survey.survey.as_str());
        QueryError::UnknownSurvey {
            survey: request.survey.to_string(),
            nearest: nearest(request.survey.as_str(), known).map(str::to_owned),
        }
    })?;
    let wave = definition.survey.wave(&request.wave).ok_or_else(|| {
        let known = definition.survey.waves.iter().map(|known| known.wave.as_str());
        QueryError::UnknownWave {
            survey: request.survey.to_string(),
            wave: request.wave.to_string(),
            nearest: nearest(request.wave.as_str(), known).map(str::to_owned),
        }
    })?;
    Ok((definition, wave))
}

fn find_questions(
    forms: &[Arc<Form>],
    request: &TabulateRequest,
) -> Result<Option<BTreeSet<String>>, QueryError> {
    let Some(questions) = &request.questions else { return Ok(None) };
    let known = || forms.iter().flat_map(|form| &form.questions).map(|question| question.number.as_str());
    for question in questions {
        if !known().any(|number| number == question) {
            return Err(QueryError::UnknownQuestion {
                question: question.clone(),
                wave: request.wave.to_string(),
                nearest: nearest(question, known()).map(str::to_owned),
            });
        }
    }
    Ok(Some(questions.iter().cloned().collect()))
}

/// Counts the current rows of one form, each partition of the scan in a task of its own.
async fn count(catalog: &Catalog, request: &TabulateRequest, empty: Tally) -> Result<Tally, QueryError> {
    let Some(view) = catalog.current_of(&empty.form().reference) else { return Ok(empty) };
    let planning = |error| QueryError::planning(&error);
    let of_wave =
        ident("survey").eq(lit(request.survey.as_str())).and(ident("wave").eq(lit(request.wave.as_str())));
    let columns: Vec<Expr> = empty.columns().into_iter().map(ident).collect();
    let rows = catalog.session().table(TableReference::bare(view)).await.map_err(planning)?;
    let rows = rows.filter(of_wave).and_then(|rows| rows.select(columns)).map_err(planning)?;
    let mut tasks = JoinSet::new();
    for stream in rows.execute_stream_partitioned().await.map_err(planning)? {
        tasks.spawn(count_stream(stream, empty.clone()));
    }
    let mut total = empty;
    while let Some(counted) = tasks.join_next().await {
        total.merge(&counted.map_err(|_| QueryError::Running { reason: "a background task ended early" })??);
    }
    Ok(total)
}

async fn count_stream(mut rows: SendableRecordBatchStream, mut tally: Tally) -> Result<Tally, QueryError> {
    while let Some(batch) = rows.next().await {
        tally.count(&batch.map_err(|error| QueryError::running(&error))?)?;
    }
    Ok(tally)
}
