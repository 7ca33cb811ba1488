//! Reports on schedule: which jobs there are, when each is due, and one run of a job.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use shukei_query::Catalog;
use shukei_report::{Made, Report, ReportRequest, Schedule, ScheduleError};
use shukei_schemas::definition::{Definitions, nearest};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

use crate::config::{Config, Job};
use crate::fault::Fault;
use crate::output::note;

/// The longest sleep before the clock is looked at again: it may be set while the program waits.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// A job of which everything that it names is known to be there.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) name: String,
    /// None: it runs only when it is asked to.
    pub(crate) schedule: Option<Schedule>,
    pub(crate) zone: TimeZone,
    pub(crate) request: ReportRequest,
    /// Its own folder, in which each report is a folder.
    pub(crate) folder: PathBuf,
}

/// Holds the jobs of a configuration against the surveys. For surveys that only the data folder knows, give the
/// definitions of a catalog of it.
///
/// # Errors
/// A fault of use with every error: job, key, and the nearest right name.
pub(crate) fn prepare(config: &Config, definitions: &Definitions) -> Result<Vec<Prepared>, Fault> {
    let mut errors = Vec::new();
    let mut prepared = Vec::new();
    for job in &config.jobs {
        match prepare_one(job, config, definitions) {
            Ok(job) => prepared.push(job),
            Err(found) => errors.extend(found),
        }
    }
    match errors.is_empty() {
        true => Ok(prepared),
        false => Err(refused(&errors)),
    }
}

/// The job of this name.
///
/// # Errors
/// A fault of use with the nearest name there is, or with what is wrong in the job.
pub(crate) fn named<'a>(config: &'a Config, name: &str) -> Result<&'a Job, Fault> {
    config.jobs.iter().find(|job| job.name == name).ok_or_else(|| {
        let names: Vec<&str> = config.jobs.iter().map(|job| job.name.as_str()).collect();
        let near = did_you_mean(name, names.iter().copied());
        let hint = match names.is_empty() {
            true => "the configuration has no [[jobs]]".to_owned(),
            false => format!("jobs: {}", names.join(", ")),
        };
        Fault::usage(format!("there is no job `{name}`{near}"), hint)
    })
}

/// One job of a configuration.
///
/// # Errors
/// Everything that is wrong in it, a line each.
pub(crate) fn prepare_one(
    job: &Job,
    config: &Config,
    definitions: &Definitions,
) -> Result<Prepared, Vec<String>> {
    let mut errors = Vec::new();
    let mut wrong = |key: &str, what: String| errors.push(format!("job `{}`, key `{key}`: {what}", job.name));
    let scheduled = |error: &ScheduleError| format!("{error}; {}", error.hint());
    let zone = shukei_report::time_zone(&job.time_zone);
    if let Err(error) = &zone {
        wrong(error.key(), scheduled(error));
    }
    let zone = zone.unwrap_or(TimeZone::UTC);
    let schedule = job.schedule.as_deref().map(|text| Schedule::parse(text, zone.clone())).transpose();
    if let Err(error) = &schedule {
        wrong(error.key(), scheduled(error));
    }
    let survey = job.survey.as_str().into();
    let wave = shukei_query::wave_or_only(definitions, &survey, job.wave.as_deref());
    let request = ReportRequest {
        survey,
        wave: wave.as_ref().map_or_else(|_| "".into(), Clone::clone),
        language: job.lang.clone(),
    };
    match definitions.survey(&request.survey) {
        None => {
            let known = definitions.surveys().map(|known| known.survey.survey.as_str());
            let near = did_you_mean(&job.survey, known);
            wrong("survey", format!("there is no survey `{}`{near}", job.survey));
        }
        Some(definition) => {
            let survey = &definition.survey;
            if let Err(error) = &wave {
                wrong("wave", format!("{error}; {}", error.hint()));
            } else if survey.wave(&request.wave).is_none() {
                let known = survey.waves.iter().map(|wave| wave.wave.as_str());
                let near = did_you_mean(request.wave.as_str(), known);
                wrong("wave", format!("survey `{}` has no wave `{}`{near}", job.survey, request.wave));
            }
            let languages = &survey.languages;
            if let Some(language) = job.lang.as_ref().filter(|language| !languages.contains(language)) {
                let known = languages.join(", ");
                wrong("lang", format!("survey `{}` does not speak `{language}`, only: {known}", job.survey));
            }
        }
    }
    let reports = job.folder.clone().unwrap_or_else(|| config.data.join("reports"));
    match schedule {
        Ok(schedule) if errors.is_empty() => {
            Ok(Prepared { name: job.name.clone(), schedule, zone, request, folder: reports.join(&job.name) })
        }
        _ => Err(errors),
    }
}

/// What is wrong with jobs, as a fault of use.
pub(crate) fn refused(errors: &[String]) -> Fault {
    Fault::usage(
        format!("the jobs have errors:\n{}", errors.join("\n")),
        "mend [[jobs]] in the configuration; compose/docs/jobs.md lists its keys",
    )
}

fn did_you_mean<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(wanted, known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// Makes one report from a catalog and returns its folder, which is called after the day given.
///
/// # Errors
/// Why there is none; then there is no folder either.
pub(crate) async fn run(job: &Prepared, catalog: &Catalog, day: Date) -> Result<PathBuf, Fault> {
    let report = Report::open(catalog, &job.request).await?;
    let made = Made {
        job: job.name.clone(),
        at: Zoned::now().with_time_zone(job.zone.clone()),
        program: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let folder = job.folder.clone();
    let written = tokio::task::spawn_blocking(move || {
        let files = report.files(&made)?;
        shukei_report::write(&folder, day, &files)
    });
    Ok(written.await.map_err(anyhow::Error::from)??)
}

/// Runs every scheduled job whenever it is due, until `shutdown` says so or its sender is gone; a run under way is
/// brought to its end first. Each run opens its own catalog and tells on standard error where its report is, or why
/// there is none. One run goes at a time. What fell due while a job ran, or before this was called, is left out.
pub(crate) async fn run_scheduled<Open, Opened>(
    jobs: Vec<Prepared>,
    open: Open,
    shutdown: watch::Receiver<bool>,
) where
    Open: Fn() -> Opened + Clone + Send + Sync + 'static,
    Opened: Future<Output = Result<Catalog, Fault>> + Send + 'static,
{
    let turn = Arc::new(Mutex::new(()));
    let mut following = JoinSet::new();
    for job in jobs {
        following.spawn(follow(job, open.clone(), Arc::clone(&turn), shutdown.clone()));
    }
    while following.join_next().await.is_some() {}
}

async fn follow<Open, Opened>(
    job: Prepared,
    open: Open,
    turn: Arc<Mutex<()>>,
    mut shutdown: watch::Receiver<bool>,
) where
    Open: Fn() -> Opened + Send + Sync,
    Opened: Future<Output = Result<Catalog, Fault>> + Send,
{
    let mut after = Timestamp::now();
    while let Some(due) = job.schedule.as_ref().and_then(|schedule| schedule.next_after(after)) {
        let begins = async {
            sleep_until(due.timestamp()).await;
            turn.lock().await
        };
        let _turn = tokio::select! {
            turn = begins => turn,
            // An error means that nobody is left to stop it, which is a stop as well.
            _ = shutdown.wait_for(|stop| *stop) => return,
        };
        let began = Instant::now();
        let made = async { run(&job, &open().await?, due.date()).await };
        match made.await {
            Ok(folder) => {
                let took = began.elapsed().as_secs_f64();
                note!("job `{}`: report in `{}`, made in {took:.1} s", job.name, folder.display());
            }
            Err(fault) => note!("job `{}`: no report: {}", job.name, fault.line()),
        }
        after = due.timestamp().max(Timestamp::now());
    }
}

async fn sleep_until(due: Timestamp) {
    loop {
        let left = Duration::try_from(due.duration_since(Timestamp::now())).unwrap_or_default();
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LOOK_EVERY)).await;
    }
}
