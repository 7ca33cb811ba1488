use std::collections::HashSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use shukei_lake::Lake;
use shukei_query::Catalog;
use shukei_schemas::WaveId;
use shukei_schemas::definition::{Definitions, SurveyDefinition, Wave, content_hash};
use shukei_worker::EmbeddedOptions;
use tokio::sync::mpsc;

use crate::cli::Demo;
use crate::commands::sending::{self, Item};
use crate::commands::{dataset, showing};
use crate::fault::Fault;
use crate::output::{note, say};
use crate::pipeline::{self, Pipeline, catch_up};
use crate::progress::Stages;
use crate::{folder, output, surveys};

pub(crate) async fn run(arguments: Demo) -> Result<ExitCode, Fault> {
    let began = Instant::now();
    let definitions = Arc::new(surveys::load(&arguments.folder.surveys)?);
    let (definition, wave) = chosen(&definitions, &arguments)?;
    let items = dataset::events(definition, wave)?;
    let total = items.len();

    let state = folder::look(&arguments.folder.data)?;
    let (lake, _lock) = folder::open_alone(&arguments.folder.data, arguments.hidden.crash_at.as_deref())?;
    if state == folder::State::Ours {
        catch_up(&lake, Arc::clone(&definitions)).await?;
    }
    let known = known_hashes(&lake, &definitions).await?;
    let is_missing = |item: &Item| !known.contains(&content_hash(&item.outgoing.payload));
    let missing: Vec<Item> = items.into_iter().filter(is_missing).collect();
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
        crate::maintenance::after_run(&lake).await;
    }
    let sending_took = began.elapsed().as_secs_f64();

    let catalog = Catalog::open_in(&lake, &definitions, arguments.lang.as_deref()).await?;
    showing::show(&catalog, definition, wave, arguments.lang.as_deref()).await?;
    let report = shukei_query::verify(&lake).await?;
    say!("{}", report.summary());
    say!("");
    let took = began.elapsed().as_secs_f64();
    let rate = sent as f64 / sending_took;
    let first = definition.survey.languages.first().map(String::as_str);
    match (sent, arguments.lang.as_deref().or(first)) {
        (0, Some("ja")) => say!("提出 {total} 件は全て既にある。表示まで {took:.1} 秒。"),
        (0, _) => say!("{total} submissions were already here; shown in {took:.1} s."),
        (_, Some("ja")) => {
            say!(
                "提出 {sent} 件を {sending_took:.1} 秒で送信・保存・解釈（毎秒 {rate:.0} 件）。全体で {took:.1} 秒。"
            );
        }
        _ => say!(
            "{sent} submissions sent, stored and interpreted in {sending_took:.1} s ({rate:.0} a second); {took:.1} s in all."
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
) -> Result<(&'a SurveyDefinition, &'a Wave), Fault> {
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
        None => waves.iter().find(|wave| dataset::has_some(wave)),
    };
    match wave.filter(|wave| dataset::has_some(wave)) {
        Some(wave) => Ok((definition, wave)),
        None => {
            let names: Vec<&str> =
                waves.iter().filter(|wave| dataset::has_some(wave)).map(|wave| wave.wave.as_str()).collect();
            Err(Fault::usage(
                format!("survey `{}` has no such wave with a data set", definition.survey.survey),
                format!("waves with a data set: {}", names.join(", ")),
            ))
        }
    }
}

/// The hashes of all records that are decided already.
async fn known_hashes(lake: &Lake, definitions: &Definitions) -> Result<HashSet<String>, Fault> {
    let catalog = Catalog::open(lake, definitions).await?;
    let mut known = HashSet::new();
    for batch in catalog.query("SELECT DISTINCT content_hash FROM outcomes").await?.collect().await? {
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
