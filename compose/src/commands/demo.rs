use std::collections::{BTreeMap, HashSet};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use shukei_lake::Lake;
use shukei_query::{Catalog, TabulateRequest};
use shukei_schemas::WaveId;
use shukei_schemas::definition::{Dataset, Definitions, SurveyDefinition, Wave};
use shukei_schemas::event::{SUBMISSION_RECEIVED, Submission, record_key, write_structured};
use shukei_worker::{EmbeddedOptions, Outgoing};
use tokio::sync::mpsc;

use crate::cli::Demo;
use crate::commands::sending::{self, Item};
use crate::fault::Fault;
use crate::output::{note, say};
use crate::pipeline::{self, Pipeline, catch_up};
use crate::progress::Stages;
use crate::{folder, output, surveys};

pub(crate) async fn run(arguments: Demo) -> Result<ExitCode, Fault> {
    let began = Instant::now();
    let definitions = Arc::new(surveys::load(&arguments.folder.surveys)?);
    let (definition, wave, dataset) = chosen(&definitions, &arguments)?;
    let source = format!("urn:shukei:{}:{}", definition.survey.survey, wave.wave);
    let items = events(definition, wave, dataset, &source)?;
    let total = items.len();

    let state = folder::look(&arguments.folder.data)?;
    let (lake, _lock) = folder::open_alone(&arguments.folder.data, arguments.hidden.crash_at.as_deref())?;
    if state == folder::State::Ours {
        catch_up(&lake, Arc::clone(&definitions)).await?;
    }
    let known = known_ids(&lake, &definitions, &source).await?;
    let missing: Vec<Item> =
        items.into_iter().filter(|item| item.id.as_ref().is_none_or(|id| !known.contains(id))).collect();
    let sent = missing.len();
    if missing.is_empty() {
        note!(
            "already here: all {total} submissions are in `{}`; nothing was sent",
            arguments.folder.data.display()
        );
    } else {
        note!(
            "playing survey `{}`, wave `{}`, into `{}`",
            definition.survey.survey,
            wave.wave,
            arguments.folder.data.display()
        );
        note!("{}", pipeline::WHAT_IT_IS);
        play(&lake, &definitions, missing).await?;
    }
    let sending_took = began.elapsed().as_secs_f64();

    let catalog = Catalog::open(&lake, &definitions).await?;
    show(&catalog, definition, wave, &source).await?;
    let report = shukei_query::verify(&lake).await?;
    say!("{}", report.summary());
    say!("");
    let took = began.elapsed().as_secs_f64();
    match sent {
        0 => say!("{total} submissions were already here; shown in {took:.1} s."),
        _ => say!(
            "{sent} submissions sent, stored and interpreted in {sending_took:.1} s ({:.0} a second); {took:.1} s in all.",
            sent as f64 / sending_took,
        ),
    }
    let data = match arguments.folder.data.to_string_lossy() {
        name if name == "shukei-data" => String::new(),
        name => format!(" --data {name}"),
    };
    // Cargo says in the environment that it started us; then the program is not on the path.
    let shukei = if std::env::var_os("CARGO").is_some() { "cargo run --" } else { "shukei" };
    say!("Next:");
    say!("  {shukei} tabulate --survey {} --wave {}{data}", definition.survey.survey, wave.wave);
    say!("  {shukei} sql \"SHOW TABLES\"{data}");
    say!("  {shukei} verify{data}");
    output::versions(&catalog);
    Ok(ExitCode::from(u8::from(!report.is_whole())))
}

fn chosen<'a>(
    definitions: &'a Definitions,
    arguments: &Demo,
) -> Result<(&'a SurveyDefinition, &'a Wave, &'a Dataset), Fault> {
    let names: Vec<&str> = definitions.surveys().map(|survey| survey.survey.survey.as_str()).collect();
    let definition = definitions.survey(&arguments.survey.as_str().into()).ok_or_else(|| {
        Fault::usage(
            format!("there is no survey `{}`", arguments.survey),
            format!("surveys: {}", names.join(", ")),
        )
    })?;
    let waves = &definition.survey.waves;
    let wave = match &arguments.wave {
        Some(wave) => definition.survey.wave(&WaveId::new(wave)),
        None => waves.iter().find(|wave| wave.dataset.is_some()),
    };
    match wave.and_then(|wave| wave.dataset.as_ref().map(|dataset| (wave, dataset))) {
        Some((wave, dataset)) => Ok((definition, wave, dataset)),
        None => {
            let names: Vec<&str> =
                waves.iter().filter(|wave| wave.dataset.is_some()).map(|wave| wave.wave.as_str()).collect();
            Err(Fault::usage(
                format!("survey `{}` has no such wave with a data set", definition.survey.survey),
                format!("waves with a data set: {}", names.join(", ")),
            ))
        }
    }
}

/// The rows of the data set as events: the cells as they stand there, and the layout that reads them.
fn events(
    definition: &SurveyDefinition,
    wave: &Wave,
    dataset: &Dataset,
    source: &str,
) -> Result<Vec<Item>, Fault> {
    let bytes = definition.file(&dataset.file).ok_or_else(|| {
        Fault::usage(
            format!("the data set `{}` is missing", dataset.file),
            "add the file to the survey's folder",
        )
    })?;
    let mut reader = csv::Reader::from_reader(bytes);
    let headers = reader.headers().map_err(anyhow::Error::from)?.clone();
    let mut items = Vec::new();
    for row in reader.records() {
        let row = row.map_err(anyhow::Error::from)?;
        let cells: BTreeMap<&str, &str> = headers.iter().zip(row.iter()).collect();
        let Some(respondent) = cells.get(dataset.respondent.as_str()) else {
            let message = format!("the data set has no column `{}`", dataset.respondent);
            return Err(Fault::usage(message, "name the respondent's column in survey.yaml"));
        };
        let survey = definition.survey.survey.as_str();
        let submission = Submission {
            survey: survey.to_owned(),
            wave: wave.wave.to_string(),
            respondent: (*respondent).to_owned(),
            layout: Some(dataset.layout.clone()),
            answers: serde_json::to_value(&cells).map_err(anyhow::Error::from)?,
            ..Submission::default()
        };
        let payload = write_structured(respondent, source, SUBMISSION_RECEIVED, None, &submission)
            .map_err(anyhow::Error::from)?;
        items.push(Item {
            place: format!("{} row {}", dataset.file, items.len() + 1),
            id: Some((*respondent).to_owned()),
            outgoing: Outgoing { key: record_key(survey, respondent), headers: Vec::new(), payload },
        });
    }
    Ok(items)
}

/// The ids of this source that are decided already.
async fn known_ids(lake: &Lake, definitions: &Definitions, source: &str) -> Result<HashSet<String>, Fault> {
    let catalog = Catalog::open(lake, definitions).await?;
    let query = format!(
        "SELECT DISTINCT event_id FROM outcomes WHERE event_source = '{}'",
        source.replace('\'', "''")
    );
    let mut known = HashSet::new();
    for batch in catalog.query(&query).await?.collect().await? {
        for row in 0..batch.num_rows() {
            known.extend(arrow::util::display::array_value_to_string(batch.column(0), row).ok());
        }
    }
    Ok(known)
}

async fn play(lake: &Lake, definitions: &Arc<Definitions>, items: Vec<Item>) -> Result<(), Fault> {
    let mut pipeline = Pipeline::start(lake, Arc::clone(definitions), EmbeddedOptions::default()).await?;
    let stages = Stages::new(Some(items.len() as u64));
    let (queue, queued) = mpsc::channel(100);
    tokio::spawn(async move {
        for item in items {
            if queue.send(item).await.is_err() {
                break;
            }
        }
    });
    let sent = sending::send(&mut pipeline, queued, None, &stages).await;
    let finished = match &sent {
        Ok(_) => pipeline.finish().await,
        Err(_) => Ok(()),
    };
    stages.clear();
    sent?;
    finished
}

async fn show(
    catalog: &Catalog,
    definition: &SurveyDefinition,
    wave: &Wave,
    source: &str,
) -> Result<(), Fault> {
    let survey = &definition.survey;
    let language = survey.languages.first().map_or("en", String::as_str);
    say!("{} / {}", survey.names.in_language(language), wave.names.in_language(language));
    if survey.synthetic {
        say!("SYNTHETIC: every answer is made up.");
    }
    say!("");
    let quoted = |text: &str| text.replace('\'', "''");
    let from_here = format!("event_source = '{}'", quoted(source));
    let came = sending::count(catalog, &format!("SELECT count(*) FROM outcomes WHERE {from_here}")).await?;
    let rejected = format!("SELECT count(*) FROM outcomes WHERE kind = 'rejection' AND {from_here}");
    let rejected = sending::count(catalog, &rejected).await?;
    let units = format!(
        "SELECT count(*) FROM current WHERE survey = '{}' AND wave = '{}'",
        quoted(survey.survey.as_str()),
        quoted(wave.wave.as_str())
    );
    let units = sending::count(catalog, &units).await?;
    let issues = sending::count(catalog, &format!("SELECT count(*) FROM issues WHERE {from_here}")).await?;
    let methods = format!(
        "SELECT string_agg(DISTINCT method, ', ') FROM answers WHERE survey = '{}' AND wave = '{}'",
        quoted(survey.survey.as_str()),
        quoted(wave.wave.as_str())
    );
    let methods = sending::text(catalog, &methods).await?;
    say!(
        "{came} submissions came, {} accepted, {rejected} rejected; {issues} bad answers inside the accepted.",
        came - rejected
    );
    say!("{units} respondents count, collected by: {methods}.");
    say!("");
    let mut request = TabulateRequest::new(survey.survey.clone(), wave.wave.clone());
    for number in &wave.headline {
        request.questions = Some(vec![number.to_string()]);
        let measures = shukei_query::tabulate(catalog, &request).await?;
        output::bars(&measures);
        say!("");
    }
    if !survey.source.is_empty() {
        output::paragraph(&format!("Source: {}", survey.source.in_language(language)));
        say!("");
    }
    Ok(())
}
