use std::sync::Arc;

use datafusion::common::TableReference;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::{Expr, ident, lit};
use futures::StreamExt;
use shukei_schemas::definition::{Form, Frame, Mapping, SurveyDefinition, Wave, nearest};
use shukei_schemas::{SurveyId, WaveId};
use tokio::task::JoinSet;

use crate::catalog::Catalog;
use crate::error::QueryError;
use crate::labels::language_of;
use crate::measure::Measure;
use crate::measures::{World, measures};
use crate::request::TabulateRequest;
use crate::tally::Tally;

/// Counts a wave in one pass over the current rows of each of its forms, and forms its figures.
///
/// # Errors
/// Unknown names in the request, [`QueryError::Request`] if it makes no sense on the forms, [`QueryError::FormsDiffer`],
/// and [`QueryError::Running`] or [`QueryError::Stored`] if the rows cannot be read or hold what the form does not allow.
pub async fn tabulate(catalog: &Catalog, request: &TabulateRequest) -> Result<Vec<Measure>, QueryError> {
    let counted = count_wave(catalog, request).await?;
    measures(&counted.world(), &counted.request, &counted.tallies)
}

/// What a survey's named table asks of a wave.
///
/// # Errors
/// [`QueryError::UnknownSurvey`], [`QueryError::UnknownWave`], [`QueryError::UnknownNamedTable`].
pub fn request_of_table(
    catalog: &Catalog,
    survey: SurveyId,
    wave: WaveId,
    name: &str,
) -> Result<TabulateRequest, QueryError> {
    let bare = TabulateRequest::new(survey.clone(), wave.clone());
    let (definition, _) = find_wave(catalog, &bare)?;
    match definition.tables.get(name) {
        Some(table) => Ok(TabulateRequest::of_table(survey, wave, &table.value)),
        None => {
            let known = definition.tables.keys().map(String::as_str);
            Err(QueryError::UnknownNamedTable {
                survey: survey.to_string(),
                table: name.to_owned(),
                nearest: nearest(name, known).map(str::to_owned),
            })
        }
    }
}

/// The counts of a wave, and what its figures are formed with.
pub(crate) struct Counted {
    pub(crate) definition: Arc<SurveyDefinition>,
    pub(crate) mappings: Vec<Arc<Mapping>>,
    pub(crate) groups: Vec<String>,
    frame: Option<Frame>,
    /// With the bands of the numbers that it names.
    pub(crate) request: TabulateRequest,
    pub(crate) tallies: Vec<Tally>,
}

impl Counted {
    pub(crate) fn world(&self) -> World<'_> {
        World {
            survey: &self.definition.survey,
            mappings: &self.mappings,
            groups: &self.groups,
            frame: self.frame.as_ref(),
        }
    }
}

pub(crate) async fn count_wave(catalog: &Catalog, request: &TabulateRequest) -> Result<Counted, QueryError> {
    let (definition, wave) = find_wave(catalog, request)?;
    let forms: Vec<Arc<Form>> = wave.forms.iter().filter_map(|form| definition.form(form).cloned()).collect();
    let request = request.of_forms(&forms)?;
    let language = language_of(&definition.survey, request.language.as_deref());
    let mut tallies = Vec::with_capacity(forms.len());
    for form in &forms {
        let empty = Tally::new(form.clone(), &forms, &request, &language)?;
        tallies.push(count(catalog, &request, empty).await?);
    }
    let sectors = definition.sectors_of(wave);
    let groups = sectors.iter().flat_map(|sectors| &sectors.groups).map(|group| group.group.clone());
    Ok(Counted {
        mappings: wave.mappings.iter().filter_map(|mapping| definition.mapping(mapping).cloned()).collect(),
        groups: groups.collect(),
        frame: request.how.frame_weighted.then(|| definition.frame_of(wave)).flatten(),
        definition: definition.clone(),
        request,
        tallies,
    })
}

pub(crate) fn find_wave<'a>(
    catalog: &'a Catalog,
    request: &TabulateRequest,
) -> Result<(&'a Arc<SurveyDefinition>, &'a Wave), QueryError> {
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
