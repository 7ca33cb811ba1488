//! The whole pipeline in one process over one folder: gateway, embedded broker, ingest, transform.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use shukei_ingest::{Ingest, IngestOptions, IngestProgress};
use shukei_lake::{Lake, SourceGeneration};
use shukei_schemas::Offset;
use shukei_schemas::definition::Definitions;
use shukei_transform::{Transform, TransformError, TransformOptions, TransformProgress};
use shukei_worker::{
    Announcer, EmbeddedBroker, EmbeddedOptions, Gateway, Pointers, SUBMISSIONS, Source, WorkerError,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::fault::Fault;
use crate::output::note;
use crate::server::Health;

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

/// How the workers of a pipeline work.
#[derive(Clone, Debug, Default)]
pub(crate) struct PipelineOptions {
    pub(crate) broker: EmbeddedOptions,
    pub(crate) ingest: IngestOptions,
    pub(crate) transform: TransformOptions,
}

impl From<EmbeddedOptions> for PipelineOptions {
    fn from(broker: EmbeddedOptions) -> Self {
        Self { broker, ..Self::default() }
    }
}

impl Pipeline {
    /// Starts all parts. The embedded broker's topic is new, so a new generation is opened; what earlier ones left
    /// undecided is taken up as well. A worker that fails ends the pipeline.
    pub(crate) async fn start(
        lake: &Lake,
        definitions: Arc<Definitions>,
        options: EmbeddedOptions,
    ) -> Result<Self, Fault> {
        let (_, definitions) = watch::channel(definitions);
        Self::launch(lake, definitions, options.into(), None).await
    }

    /// The same, but made to last: new definitions are taken up as they come, and transform begins anew after a
    /// failure, for as long as it takes.
    pub(crate) async fn start_lasting(
        lake: &Lake,
        definitions: watch::Receiver<Arc<Definitions>>,
        options: PipelineOptions,
        health: Health,
    ) -> Result<Self, Fault> {
        Self::launch(lake, definitions, options, Some(health)).await
    }

    async fn launch(
        lake: &Lake,
        mut definitions: watch::Receiver<Arc<Definitions>>,
        options: PipelineOptions,
        lasting: Option<Health>,
    ) -> Result<Self, Fault> {
        // First of all: it refuses definitions that do not fit the folder, before anything is opened or sent.
        let current = definitions.borrow_and_update().clone();
        let transform = Transform::open(lake, current, options.transform.clone()).await?;
        let broker = EmbeddedBroker::start(options.broker)?;
        let gateway = Gateway::new(&broker)?;
        let servers = broker.bootstrap_servers().to_owned();
        let partitions = broker.options().partitions;
        let first_offsets = vec![Offset(0); usize::try_from(partitions).unwrap_or_default()];
        let generation =
            lake.open_generation(SUBMISSIONS, broker.topic_id(), &first_offsets, now_us()).await?;

        let source = Source::new(&servers, SUBMISSIONS, "shukei-ingest")?;
        let told = gateway.clone();
        let ingest = Ingest::open(lake, generation.clone(), source, options.ingest)
            .await?
            .announce(Announcer::new(&servers)?)
            .on_stored(move |partition, span| told.stored(partition, span));
        let ingested = ingest.progress();

        let (stop_ingest, ingest_stops) = watch::channel(false);
        let (stop_transform, transform_stops) = watch::channel(false);
        let pointers = move || Pointers::new(&servers, partitions);
        let (transformed, transform) = match lasting {
            None => {
                let (progress, pointers) = (transform.progress(), pointers()?);
                let run = async move { Ok(transform.run(Some(pointers), stopped(transform_stops)).await?) };
                (progress, tokio::spawn(run))
            }
            Some(health) => {
                let keeper = Keeper {
                    lake: lake.clone(),
                    definitions,
                    options: options.transform,
                    health,
                    progress: watch::Sender::default(),
                    decided_before: 0,
                };
                let progress = keeper.progress.subscribe();
                (progress, tokio::spawn(keeper.keep(transform, pointers, transform_stops)))
            }
        };
        Ok(Self {
            gateway,
            generation,
            ingested,
            transformed,
            ingest: tokio::spawn(async move { Ok(ingest.run(stopped(ingest_stops)).await?) }),
            transform,
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

/// Keeps a transform running: opens it anew with new definitions, and after a failure.
struct Keeper {
    lake: Lake,
    definitions: watch::Receiver<Arc<Definitions>>,
    options: TransformOptions,
    health: Health,
    progress: watch::Sender<TransformProgress>,
    decided_before: u64,
}

/// How long a failing transform waits before it begins anew: a second, twice as long each time, at most this.
const PAUSE_MAX: Duration = Duration::from_secs(30);

impl Keeper {
    async fn keep(
        mut self,
        first: Transform,
        pointers: impl Fn() -> Result<Pointers, WorkerError>,
        stop: watch::Receiver<bool>,
    ) -> Result<(), Fault> {
        let mut ready = Some(first);
        let mut pause = Duration::from_secs(1);
        while !*stop.borrow() {
            match self.work(ready.take(), &pointers, &stop).await {
                Ok(()) => pause = Duration::from_secs(1),
                Err(error) => {
                    let why = format!("[{}] {error}; trying again in {} s", error.code(), pause.as_secs());
                    note!("transform: {why}");
                    self.health.fails("transform", why);
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = stopped(stop.clone()) => return Err(error.into()),
                    }
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
        Ok(())
    }

    /// Works until it is told to stop or the definitions change.
    async fn work(
        &mut self,
        ready: Option<Transform>,
        pointers: &impl Fn() -> Result<Pointers, WorkerError>,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), TransformError> {
        let transform = match ready {
            Some(transform) => transform,
            None => {
                let definitions = self.definitions.borrow_and_update().clone();
                Transform::open(&self.lake, definitions, self.options.clone()).await?
            }
        };
        self.health.works("transform");
        let mut progress = transform.progress();
        let (sum, before) = (self.progress.clone(), self.decided_before);
        let follow = async move {
            while progress.changed().await.is_ok() {
                let now = *progress.borrow_and_update();
                sum.send_replace(TransformProgress { decided: before + now.decided, ..now });
            }
        };
        let mut definitions = self.definitions.clone();
        let changed = async move {
            if definitions.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let until = async {
            tokio::select! {
                () = stopped(stop.clone()) => {}
                () = changed => {}
            }
        };
        let (ended, ()) = tokio::join!(transform.run(Some(pointers()?), until), follow);
        self.decided_before = self.progress.borrow().decided;
        ended
    }
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
