use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use shukei_ingest::IngestOptions;
use shukei_protocol::Limits;
use shukei_transform::TransformOptions;
use shukei_worker::{Door, EmbeddedOptions};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::cli::{Query, Serve, Up};
use crate::commands::workers;
use crate::config::Config;
use crate::fault::Fault;
use crate::maintenance::{self, MaintenanceOptions};
use crate::output::note;
use crate::pipeline::{self, Pipeline, PipelineOptions};
use crate::server::{Health, Observed, Server, recorder};
use crate::{folder, jobs, reading, reload, surveys};

/// Everything in one process, until it is told to stop.
pub(crate) async fn run(arguments: Up) -> Result<ExitCode, Fault> {
    let config = settings(&arguments.serve)?;
    if config.kafka.is_some() {
        return Err(Fault::usage(
            "`up` has a broker of its own, but the configuration names a Kafka",
            "run `shukei ingest`, `shukei transform` and `shukei query` with this file, or take out [kafka]",
        ));
    }
    let seen = reload::fingerprint(&config.surveys);
    let definitions = Arc::new(surveys::load(&config.surveys)?);
    let jobs = jobs::prepare(&config, &definitions)?;
    let metrics = recorder()?;
    let listener = listen(&config).await?;
    let address = listener.local_addr()?;
    let (lake, _lock) = folder::open_alone(&config.data, arguments.hidden.crash_at.as_deref())?;
    note!("{}", pipeline::WHAT_IT_IS);
    let health = Health::default();
    let (publish, current) = watch::channel(definitions);
    let options = pipeline_options(&config);
    let mut pipeline = Pipeline::start_lasting(&lake, current.clone(), options, health.clone()).await?;
    let reloading = tokio::spawn(reload::watch_folders(
        config.surveys.clone(),
        seen,
        lake.clone(),
        publish,
        health.clone(),
    ));
    let (stop, stops) = watch::channel(false);
    let scheduled = {
        let (lake, current) = (lake.clone(), current.clone());
        let open = move || {
            let (lake, definitions) = (lake.clone(), current.borrow().clone());
            async move { reading::open_lake(&lake, &definitions, None).await }
        };
        tokio::spawn(jobs::run_scheduled(jobs, open, stops.clone()))
    };
    let maintenance = MaintenanceOptions::default();
    let maintaining = tokio::spawn(maintenance::maintain_forever(lake.clone(), maintenance, stops.clone()));
    let observed =
        Observed { ingested: pipeline.ingested.clone(), transformed: pipeline.transformed.clone() };
    let server = Server::new(lake.clone(), current.clone(), health.clone(), config.http.clone(), metrics)
        .taking(Door::Embedded(pipeline.gateway.clone()))
        .observing(observed);
    let mut serving = tokio::spawn(serve(listener, server, stops));
    note!("ready: http://{address}, data folder `{}`; Ctrl-C ends it", config.data.display());

    tokio::select! {
        name = asked_to_stop() => note!("{name}: no new requests; what is under way is brought to its end"),
        fault = pipeline.failure() => return Err(fault),
        ended = &mut serving => {
            ended.map_err(anyhow::Error::from)??;
            return Err(Fault::no("the HTTP server ended by itself", "start the program again"));
        }
    }
    health.fails("up", "the program is ending");
    let drain = async {
        let _ = stop.send(true);
        // Requests in flight wait for records to be stored, so the workers end after them.
        serving.await.map_err(anyhow::Error::from)??;
        reloading.abort();
        scheduled.await.map_err(anyhow::Error::from)?;
        maintaining.await.map_err(anyhow::Error::from)?;
        pipeline.finish().await
    };
    let deadline = Duration::from_secs(config.http.drain_seconds);
    tokio::select! {
        drained = drain => {
            drained?;
            note!("everything that was acknowledged is interpreted; done");
            Ok(ExitCode::SUCCESS)
        }
        () = tokio::time::sleep(deadline) => Err(Fault::no(
            format!("not at an end after {} s", deadline.as_secs()),
            "nothing acknowledged is lost: the next start takes it up",
        )),
        name = asked_to_stop() => Err(Fault::no(
            format!("{name} once more: broken off"),
            "nothing acknowledged is lost: the next start takes it up",
        )),
    }
}

/// Answers beside workers that write; where the configuration names a Kafka, submissions go there.
pub(crate) async fn query(arguments: Query) -> Result<ExitCode, Fault> {
    let config = settings(&arguments.serve)?;
    let definitions = Arc::new(surveys::load(&config.surveys)?);
    let metrics = recorder()?;
    let listener = listen(&config).await?;
    let address = listener.local_addr()?;
    let lake = folder::open_to_read(&config.data)?;
    let (_publish, current) = watch::channel(definitions);
    let mut server = Server::new(lake, current, Health::default(), config.http.clone(), metrics);
    if let Some(kafka) = &config.kafka {
        server = server.taking(workers::door(kafka).await?);
    }
    let (stop, stops) = watch::channel(false);
    let mut serving = tokio::spawn(serve(listener, server, stops));
    note!("ready: http://{address}, reads data folder `{}`; Ctrl-C ends it", config.data.display());
    tokio::select! {
        name = asked_to_stop() => note!("{name}: no new requests"),
        ended = &mut serving => ended.map_err(anyhow::Error::from)??,
    }
    let _ = stop.send(true);
    let _ = tokio::time::timeout(Duration::from_secs(config.http.drain_seconds), serving).await;
    Ok(ExitCode::SUCCESS)
}

/// The file, and what the command line says otherwise.
fn settings(arguments: &Serve) -> Result<Config, Fault> {
    let mut config = match &arguments.config {
        Some(file) => Config::read(file)?,
        None => Config::default(),
    };
    if let Some(data) = &arguments.data {
        config.data.clone_from(data);
    }
    config.surveys.extend(arguments.surveys.iter().cloned());
    if let Some(listen) = arguments.listen {
        config.http.listen = listen;
    }
    Ok(config)
}

fn pipeline_options(config: &Config) -> PipelineOptions {
    PipelineOptions {
        broker: EmbeddedOptions {
            partitions: config.embedded.partitions,
            record_bytes_max: config.embedded.record_bytes_max,
        },
        ingest: ingest_options(config),
        transform: transform_options(config),
    }
}

/// How transform reads and commits.
pub(crate) fn transform_options(config: &Config) -> TransformOptions {
    TransformOptions {
        rows_max: config.transform.batch_rows,
        bytes_max: config.transform.batch_bytes,
        look_every: Duration::from_millis(config.transform.look_every_ms),
        ..TransformOptions::default()
    }
}

/// When ingest commits.
pub(crate) fn ingest_options(config: &Config) -> IngestOptions {
    IngestOptions {
        limits: Limits {
            rows_max: config.ingest.batch_rows,
            bytes_max: config.ingest.batch_bytes,
            age_ms_max: config.ingest.batch_age_ms,
            ..Limits::default()
        },
        accept_lost: config.ingest.accept_lost,
    }
}

async fn listen(config: &Config) -> Result<TcpListener, Fault> {
    let address = config.http.listen;
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Fault::no(
            format!("cannot listen on {address}: {error}"),
            "another program may use the port: name one with --listen 127.0.0.1:PORT",
        )
    })?;
    if !address.ip().is_loopback() {
        note!(
            "warning: {address} is not the loopback, and nobody is asked for a password: whoever reaches it reads and writes everything"
        );
    }
    Ok(listener)
}

async fn serve(listener: TcpListener, server: Server, mut stops: watch::Receiver<bool>) -> Result<(), Fault> {
    let stopped = async move {
        let _ = stops.wait_for(|stop| *stop).await;
    };
    axum::serve(listener, server.router()).with_graceful_shutdown(stopped).await?;
    Ok(())
}

/// Resolves with the name of the signal.
pub(crate) async fn asked_to_stop() -> &'static str {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
    let terminated = async {
        match &mut terminate {
            Some(terminate) => {
                terminate.recv().await;
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => "Ctrl-C",
        () = terminated => "SIGTERM",
    }
}
