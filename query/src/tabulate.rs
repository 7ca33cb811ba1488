use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use datafusion::common::{JoinType, TableReference};
use datafusion::error::Result as Planned;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::{Expr, ident, lit};
use datafusion::prelude::DataFrame;
use futures::StreamExt;
use shukei_schemas::definition::{
    Definitions, Form, Frame, Mapping, Survey, SurveyDefinition, Wave, nearest,
};
use shukei_schemas::{SurveyId, WaveId};
use tokio::task::JoinSet;

use crate::break_by::Fields;
use crate::catalog::Catalog;
use crate::counted::CountedWave;
use crate::delivered::delivered;
use crate::error::QueryError;
use crate::indicator::AskedIndicator;
use crate::labels::language_of;
use crate::measure::Measure;
use crate::measures::World;
use crate::request::TabulateRequest;
use crate::tally::Tally;

/// Counts a wave in one pass over the current rows of each of its forms, and forms its figures.
///
/// # Errors
/// Unknown names in the request, [`QueryError::Request`] if it makes no sense on the forms, [`QueryError::FormsDiffer`],
/// and [`QueryError::Running`] or [`QueryError::Stored`] if the rows cannot be read or hold what the form does not allow.
pub async fn tabulate(catalog: &Catalog, request: &TabulateRequest) -> Result<Vec<Measure>, QueryError> {
    CountedWave::open(catalog, request).await?.figures(catalog, None)
}

/// The wave that is asked about: the one that is named, or the only one that the survey has.
///
/// # Errors
/// [`QueryError::UnknownSurvey`], or [`QueryError::Request`] if none is named and there are several. Whether the survey
/// has the wave that is named is seen later.
pub fn wave_or_only(
    definitions: &Definitions,
    survey: &SurveyId,
    wave: Option<&str>,
) -> Result<WaveId, QueryError> {
    if let Some(wave) = wave {
        return Ok(WaveId::new(wave));
    }
    let waves = &definition_of(definitions, survey)?.survey.waves;
    match waves.as_slice() {
        [only] => Ok(only.wave.clone()),
        several => {
            let names: Vec<&str> = several.iter().map(|wave| wave.wave.as_str()).collect();
            Err(QueryError::Request {
                problem: format!("survey `{survey}` has several waves, and none is named"),
                hint: format!("name one: {}", names.join(", ")),
            })
        }
    }
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
    /// The survey with the rules of states of the wave.
    survey: Survey,
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
            survey: &self.survey,
            mappings: &self.mappings,
            groups: &self.groups,
            frame: self.frame.as_ref(),
        }
    }
}

pub(crate) async fn count_wave(catalog: &Catalog, request: &TabulateRequest) -> Result<Counted, QueryError> {
    if request.panel {
        return Err(QueryError::Request {
            problem: "a panel is of two waves, and one is asked about".to_owned(),
            hint: "name the earlier one too: `--against WAVE`, or the parameter `against`".to_owned(),
        });
    }
    let (definition, wave) = find_wave(catalog, request)?;
    let forms = wave.forms.iter().filter_map(|form| definition.form(form));
    // With what the wave says of their questions.
    let forms: Vec<Arc<Form>> =
        forms.map(|form| form.in_wave(wave).map_or_else(|| form.clone(), Arc::new)).collect();
    let sectors = definition.sectors_of(wave);
    let mut request = request.of_forms(&forms)?;
    request.fields = sectors.map(|sectors| Arc::new(Fields::of(sectors)));
    let language = language_of(&definition.survey, request.language.as_deref());
    let indicators = match &request.indicators {
        Some(given) => given.clone(),
        None => AskedIndicator::find(definition, wave, &request.how.indicators)?,
    };
    let mut tallies = Vec::with_capacity(forms.len());
    for form in &forms {
        let empty = Tally::new(form.clone(), &forms, &request, &language)?;
        let empty = empty.with_indicators(&indicators, &definition.survey, &forms)?;
        let mut tally = count(catalog, &request, empty).await?;
        let (survey, wave) = (request.survey.as_str(), request.wave.as_str());
        // Of units whose answers nobody has it is not known who they are.
        let delivered = match request.among {
            None => delivered(catalog, survey, wave, &form.reference.target()).await?,
            Some(_) => Vec::new(),
        };
        for counts in delivered {
            tally.add_delivered(&counts)?;
        }
        tallies.push(tally);
    }
    let groups = sectors.iter().flat_map(|sectors| &sectors.groups).map(|group| group.group.clone());
    Ok(Counted {
        mappings: wave.mappings.iter().filter_map(|mapping| definition.mapping(mapping).cloned()).collect(),
        groups: groups.collect(),
        frame: request.how.frame_weighted.then(|| definition.frame_of(wave)).flatten(),
        survey: definition.survey.in_wave(wave),
        definition: definition.clone(),
        request,
        tallies,
    })
}

pub(crate) fn find_wave<'a>(
    catalog: &'a Catalog,
    request: &TabulateRequest,
) -> Result<(&'a Arc<SurveyDefinition>, &'a Wave), QueryError> {
    let definition = definition_of(catalog.definitions(), &request.survey)?;
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

fn definition_of<'a>(
    definitions: &'a Definitions,
    survey: &SurveyId,
) -> Result<&'a Arc<SurveyDefinition>, QueryError> {
    definitions.survey(survey).ok_or_else(|| {
        let known = definitions.surveys().map(|known| known.survey.survey.as_str());
        QueryError::UnknownSurvey {
            survey: survey.to_string(),
            nearest: nearest(survey.as_str(), known).map(str::to_owned),
        }
    })
}

/// Counts the current rows of one form, each partition of the scan in a task of its own.
async fn count(catalog: &Catalog, request: &TabulateRequest, empty: Tally) -> Result<Tally, QueryError> {
    let Some(view) = catalog.current_of(&empty.form().reference) else { return Ok(empty) };
    let planning = |error| QueryError::planning(&error);
    let of_wave =
        ident("survey").eq(lit(request.survey.as_str())).and(ident("wave").eq(lit(request.wave.as_str())));
    let columns: Vec<Expr> = empty.columns().into_iter().map(ident).collect();
    let rows = catalog.session().table(TableReference::bare(view)).await.map_err(planning)?;
    let fields = rows.schema().fields();
    let missing = |column: &&str| !fields.iter().any(|field| field.name() == *column);
    if let Some(column) = empty.columns().into_iter().find(missing) {
        let form = empty.form().reference.target();
        return Err(QueryError::Request {
            problem: format!(
                "what is stored of form `{form}` has no column `{column}`: the form has changed since"
            ),
            hint: "read everything again by the form as it is now: `shukei rebuild`".to_owned(),
        });
    }
    let rows = rows.filter(of_wave).map_err(planning)?;
    let rows = match &request.among {
        None => rows,
        Some(among) => only(catalog, rows, among).map_err(planning)?,
    };
    let rows = rows.select(columns).map_err(planning)?;
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

/// The rows of some units.
fn only(catalog: &Catalog, rows: DataFrame, among: &BTreeSet<String>) -> Planned<DataFrame> {
    let units = Arc::new(StringViewArray::from_iter_values(among));
    let named = RecordBatch::try_from_iter([("among", units as ArrayRef)])?;
    let named = catalog.session().read_batch(named)?;
    rows.join(named, JoinType::LeftSemi, &["unit"], &["among"], None)
}

async fn count_stream(mut rows: SendableRecordBatchStream, mut tally: Tally) -> Result<Tally, QueryError> {
    while let Some(batch) = rows.next().await {
        tally.count(&batch.map_err(|error| QueryError::running(&error))?)?;
    }
    Ok(tally)
}
