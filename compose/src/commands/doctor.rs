use std::process::ExitCode;

use shukei_query::Catalog;

use crate::cli::Doctor;
use crate::client::{Client, blocking};
use crate::commands::workers;
use crate::config::{Config, Kafka};
use crate::fault::Fault;
use crate::output::say;
use crate::{folder, surveys};

/// What was looked at, whether it is well, and what to do if not.
struct Check {
    part: String,
    well: bool,
    found: String,
    mend: Option<String>,
}

/// Looks at everything that the program needs, and says what is missing. Changes nothing. Exit 1 if something is.
pub(crate) async fn run(arguments: Doctor) -> Result<ExitCode, Fault> {
    let mut checks = Vec::new();
    let mut config = Config::default();
    match &arguments.serve.config {
        None => checks.push(well("configuration", "none given; every default holds")),
        Some(file) => match Config::read(file) {
            Ok(read) => {
                config = read;
                checks.push(well("configuration", &format!("`{}` is read", file.display())));
            }
            Err(fault) => checks.push(ill("configuration", fault)),
        },
    }
    if let Some(data) = &arguments.serve.data {
        config.data.clone_from(data);
    }
    config.surveys.extend(arguments.serve.surveys.iter().cloned());
    if let Some(listen) = arguments.serve.listen {
        config.http.listen = listen;
    }

    let definitions = match surveys::load(&config.surveys) {
        Ok(definitions) => {
            let names: Vec<&str> =
                definitions.surveys().map(|survey| survey.survey.survey.as_str()).collect();
            checks.push(well("definitions", &format!("whole: {}", names.join(", "))));
            Some(definitions)
        }
        Err(fault) => {
            checks.push(ill("definitions", fault));
            None
        }
    };
    checks.extend(data(&config, definitions.as_ref()).await);
    match &config.kafka {
        Some(kafka) => checks.push(kafka_answers(kafka).await),
        None => checks.push(well("broker", "embedded in `up`; nothing to install")),
    }
    let url = arguments.url.or_else(|| {
        let listens =
            std::net::TcpStream::connect_timeout(&config.http.listen, std::time::Duration::from_millis(300));
        listens.is_ok().then(|| format!("http://{}", config.http.listen))
    });
    match url {
        None => checks
            .push(well("server", &format!("nothing listens on {}; the port is free", config.http.listen))),
        Some(url) => checks.push(server(url).await),
    }

    let ill = checks.iter().filter(|check| !check.well).count();
    for check in checks {
        say!("{}  {:<14} {}", if check.well { "ok  " } else { "FAIL" }, check.part, check.found);
        if let Some(mend) = check.mend {
            say!("      {:<14} → {mend}", "");
        }
    }
    Ok(ExitCode::from(u8::from(ill > 0)))
}

fn well(part: &str, found: &str) -> Check {
    Check { part: part.to_owned(), well: true, found: found.to_owned(), mend: None }
}

fn ill(part: &str, fault: Fault) -> Check {
    let (code, found, mend) = fault.parts();
    let code = code.map_or_else(String::new, |code| format!("[{code}] "));
    Check { part: part.to_owned(), well: false, found: format!("{code}{found}"), mend }
}

async fn data(config: &Config, definitions: Option<&shukei_schemas::definition::Definitions>) -> Vec<Check> {
    let name = format!("`{}`", config.data.display());
    match folder::look(&config.data) {
        Err(fault) => vec![ill("data folder", fault)],
        Ok(folder::State::Fresh) => vec![match writable(&config.data) {
            Ok(()) => well("data folder", &format!("{name} is empty and can be written")),
            Err(error) => ill(
                "data folder",
                Fault::no(
                    format!("{name} cannot be written: {error}"),
                    "name another one with --data, or change its owner",
                ),
            ),
        }],
        Ok(folder::State::Ours) => {
            let mut checks = vec![well("data folder", &format!("{name} is a data folder"))];
            if let Err(error) = writable(&config.data) {
                checks.push(ill(
                    "data folder",
                    Fault::no(format!("{name} cannot be written: {error}"), "change its owner"),
                ));
            }
            checks.push(law(config, definitions).await.unwrap_or_else(|fault| ill("tables", fault)));
            checks
        }
    }
}

async fn law(
    config: &Config,
    definitions: Option<&shukei_schemas::definition::Definitions>,
) -> Result<Check, Fault> {
    let lake = folder::open_to_read(&config.data)?;
    let report = shukei_query::verify(&lake).await?;
    if !report.is_whole() {
        return Ok(ill(
            "tables",
            Fault::no(
                report.summary(),
                "`shukei verify` names the offsets; a running transform mends what is only behind",
            ),
        ));
    }
    if let Some(definitions) = definitions {
        let catalog = Catalog::open(&lake, definitions).await?;
        let tables: Vec<String> =
            catalog.versions().iter().map(|(table, version)| format!("{table}@{version}")).collect();
        return Ok(well("tables", &format!("whole: {}", tables.join(" "))));
    }
    Ok(well("tables", &report.summary()))
}

/// Whether something can be written there, without leaving anything behind.
fn writable(folder: &std::path::Path) -> std::io::Result<()> {
    let existing = folder.ancestors().find(|path| path.is_dir() || path.as_os_str().is_empty());
    let existing = match existing {
        Some(path) if !path.as_os_str().is_empty() => path,
        _ => std::path::Path::new("."),
    };
    let probe = existing.join(format!(".shukei-probe-{}", std::process::id()));
    std::fs::write(&probe, b"")?;
    std::fs::remove_file(&probe)
}

async fn kafka_answers(kafka: &Kafka) -> Check {
    match workers::look(kafka).await {
        Ok(partitions) => {
            well("broker", &format!("{} answers; {partitions} partitions", kafka.bootstrap_servers))
        }
        Err(fault) => ill("broker", fault),
    }
}

async fn server(url: String) -> Check {
    let address = url.clone();
    let asked = blocking(move || Client::new(&address)?.get("/readyz")).await;
    match asked {
        Ok((200, body)) => {
            let notes = serde_json::from_str::<serde_json::Value>(&body).ok();
            let notes = notes.and_then(|body| body.get("notes")?.as_object().cloned()).unwrap_or_default();
            let notes: Vec<String> = notes
                .iter()
                .map(|(part, note)| format!("; {part}: {}", note.as_str().unwrap_or_default()))
                .collect();
            well("server", &format!("{url} is ready{}", notes.concat()))
        }
        Ok((status, body)) => ill(
            "server",
            Fault::no(
                format!("{url} answers {status}: {}", body.trim()),
                "the reasons stand above; what is stored is safe",
            ),
        ),
        Err(fault) => ill("server", fault),
    }
}
