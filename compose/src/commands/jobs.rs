use std::path::Path;
use std::process::ExitCode;

use jiff::{Timestamp, Zoned};
use shukei_doors::Format;

use crate::cli::{DataFolder, Jobs, JobsCommand};
use crate::config::Config;
use crate::fault::Fault;
use crate::output::say;
use crate::{folder, jobs, output, reading, surveys};

pub(crate) async fn run(arguments: Jobs) -> Result<ExitCode, Fault> {
    let config = Config::read(&arguments.config)?;
    match arguments.command {
        None => list(&config, arguments.format.into()).await,
        Some(JobsCommand::Run { name }) => run_one(&config, &name).await,
    }
}

/// Runs one job now, whatever its schedule says, and prints the folder of its report.
async fn run_one(config: &Config, name: &str) -> Result<ExitCode, Fault> {
    let job = jobs::named(config, name)?;
    let catalog = reading::open(&data_folder(config)).await?;
    let job =
        jobs::prepare_one(job, config, catalog.definitions()).map_err(|errors| jobs::refused(&errors))?;
    let today = Zoned::now().with_time_zone(job.zone.clone()).date();
    let made = jobs::run(&job, &catalog, today).await?;
    say!("{}", made.display());
    output::versions(&catalog);
    Ok(ExitCode::SUCCESS)
}

/// Lists the jobs of the configuration with what they make, and when.
async fn list(config: &Config, format: Format) -> Result<ExitCode, Fault> {
    let jobs = match folder::look(&config.data)? {
        folder::State::Fresh => jobs::prepare(config, &surveys::load(&config.surveys)?)?,
        folder::State::Ours => {
            let catalog = reading::open(&data_folder(config)).await?;
            jobs::prepare(config, catalog.definitions())?
        }
    };
    let now = Timestamp::now();
    let rows: Vec<[String; 9]> = config
        .jobs
        .iter()
        .zip(&jobs)
        .map(|(job, prepared)| {
            let next = prepared.schedule.as_ref().and_then(|schedule| schedule.next_after(now));
            let last = shukei_report::last(&prepared.folder);
            let last = last.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy());
            [
                job.name.clone(),
                job.schedule.clone().unwrap_or_default(),
                job.time_zone.clone(),
                next.map_or_else(String::new, |next| next.strftime("%Y-%m-%d %H:%M %:z").to_string()),
                job.survey.clone(),
                prepared.request.wave.to_string(),
                job.lang.clone().unwrap_or_default(),
                last.unwrap_or_default().into_owned(),
                prepared.folder.display().to_string(),
            ]
        })
        .collect();
    let names =
        ["job", "schedule", "time_zone", "next_run", "survey", "wave", "lang", "last_report", "folder"];
    output::texts(names, &rows, format)?;
    Ok(ExitCode::SUCCESS)
}

fn data_folder(config: &Config) -> DataFolder {
    DataFolder { data: config.data.clone(), surveys: config.surveys.clone() }
}
