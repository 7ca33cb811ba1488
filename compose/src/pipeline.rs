//! The whole pipeline in one process over one folder: gateway, embedded broker, ingest, transform.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use shukei_ingest::{Ingest, IngestOptions, IngestProgress};
use shukei_lake::{Lake, SourceGeneration};
use shukei_schemas::Offset;
use shukei_schemas::definition::Definitions;
use shukei_transform::{Transform, TransformOptions, TransformProgress};
use shukei_worker::{Announcer, EmbeddedBroker, EmbeddedOptions, Gateway, Pointers, SUBMISSIONS, Source};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::fault::Fault;

/// What the user is told at start.
pub(crate) const WHAT_IT_IS: &str = "embedded broker in this process: it holds records in memory for a moment only, and a \
record is acknowledged when it is on disk; a lasting installation points its workers at Apache Kafka";

/// The running parts. Dropping it without [`Pipeline::finish`] is like a crash: nothing acknowledged is lost.
pub(crate) struct Pipeline {
    pub(crate) gateway: Gateway,
    pub(crate) generation: SourceGeneration,
    pub(crate) ingested: watch::Receiver<IngestProgress>,
    pub(crate) transformed: watch::Receiver<TransformProgress>,
    ingest: JoinHandle<Result<(), Fault>>,
    transform: JoinHandle<Result<(), Fault>>,
    stop_ingest: watch::Sender<bool>,
    stop_transform: watch::Sender<bool>,
    _broker: EmbeddedBroker,
}

impl Pipeline {
    /// Starts all parts. The embedded broker's topic is new, so a new generation is opened; what earlier ones left
    /// undecided is taken up as well.
    pub(crate) async fn start(
        lake: &Lake,
        definitions: Arc<Definitions>,
        options: EmbeddedOptions,
    ) -> Result<Self, Fault> {
        // First of all: it refuses definitions that do not fit the folder, before anything is opened or sent.
        let transform = Transform::open(lake, definitions, TransformOptions::default()).await?;
        let transformed = transform.progress();
        let broker = EmbeddedBroker::start(options)?;
        let gateway = Gateway::new(&broker)?;
        let servers = broker.bootstrap_servers();
        let partitions = broker.options().partitions;
        let first_offsets = vec![Offset(0); usize::try_from(partitions).unwrap_or_default()];
        let generation =
            lake.open_generation(SUBMISSIONS, broker.topic_id(), &first_offsets, now_us()).await?;

        let source = Source::new(servers, SUBMISSIONS, "shukei-ingest")?;
        let told = gateway.clone();
        let ingest = Ingest::open(lake, generation.clone(), source, IngestOptions::default())
            .await?
            .announce(Announcer::new(servers)?)
            .on_stored(move |partition, span| told.stored(partition, span));
        let ingested = ingest.progress();
        let pointers = Pointers::new(servers, partitions)?;

        let (stop_ingest, ingest_stops) = watch::channel(false);
        let (stop_transform, transform_stops) = watch::channel(false);
        Ok(Self {
            gateway,
            generation,
            ingested,
            transformed,
            ingest: tokio::spawn(async move { Ok(ingest.run(stopped(ingest_stops)).await?) }),
            transform: tokio::spawn(async move {
                Ok(transform.run(Some(pointers), stopped(transform_stops)).await?)
            }),
            stop_ingest,
            stop_transform,
            _broker: broker,
        })
    }

    /// Resolves when a worker ended without being asked to, with its reason. Cancel-safe.
    pub(crate) async fn failure(&mut self) -> Fault {
        let ended = tokio::select! {
            ended = &mut self.ingest => ended,
            ended = &mut self.transform => ended,
        };
        fault_of(ended)
            .unwrap_or_else(|| Fault::no("a worker ended without a reason", "start the program again"))
    }

    /// Stops ingest, then transform when it has caught up: everything acknowledged is interpreted.
    pub(crate) async fn finish(self) -> Result<(), Fault> {
        let _ = self.stop_ingest.send(true);
        if let Some(fault) = fault_of(self.ingest.await) {
            return Err(fault);
        }
        let _ = self.stop_transform.send(true);
        match fault_of(self.transform.await) {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }
}

/// Carries out what is left over in a folder, without a broker: after a crash, or when nothing is to be sent.
pub(crate) async fn catch_up(lake: &Lake, definitions: Arc<Definitions>) -> Result<(), Fault> {
    let transform = Transform::open(lake, definitions, TransformOptions::default()).await?;
    Ok(transform.run(None, std::future::ready(())).await?)
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn fault_of(ended: Result<Result<(), Fault>, tokio::task::JoinError>) -> Option<Fault> {
    match ended {
        Ok(Ok(())) => None,
        Ok(Err(fault)) => Some(fault),
        Err(error) => Some(anyhow::Error::from(error).context("a worker broke off").into()),
    }
}

fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
