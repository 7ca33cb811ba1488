//! The part `pipeline`: the whole way of a submission, with the parts put together as the program does it.

use std::collections::BTreeMap;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use shukei_ingest::{Ingest, IngestOptions};
use shukei_lake::{Lake, LakeOptions};
use shukei_query::Catalog;
use shukei_schemas::Offset;
use shukei_schemas::definition::Definitions;
use shukei_transform::{Transform, TransformOptions};
use shukei_worker::{
    Announcer, EmbeddedBroker, EmbeddedOptions, Gateway, Outgoing, Pointers, Receipt, SUBMISSIONS, Source,
    WorkerError,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::measured::{Measured, Peaks, Stopwatch};
use crate::records::{Records, SURVEY, WAVE};

/// Receipts that nobody has looked at yet. Half of the broker's room holds far fewer events of several KiB.
const RECEIPTS_MAX: usize = 16_384;

/// What came of it.
pub(crate) struct Piped {
    /// Time, processor time, memory.
    pub(crate) measured: Measured,
    /// When what was done, from the start.
    pub(crate) stages: Stages,
    /// The version of each table, which is the number of its commits.
    pub(crate) commits: BTreeMap<String, i64>,
    /// Bytes of the data folder, by its first level of folders.
    pub(crate) folder_bytes: BTreeMap<String, u64>,
    /// What `verify` says.
    pub(crate) law: String,
}

/// When what was done, from the start. The first two run beside each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stages {
    /// Every record is in `raw`, on disk.
    pub(crate) stored: Duration,
    /// Every record has its outcome.
    pub(crate) decided: Duration,
    /// The workers have stopped: all responses are in their table.
    pub(crate) finished: Duration,
    /// The catalog is open.
    pub(crate) opened: Duration,
    /// All units are counted.
    pub(crate) counted: Duration,
}

/// Sends all records into a new data folder and counts the units.
///
/// # Errors
/// If anything is missing, or the tables do not fit together.
pub(crate) async fn run(
    records: &Arc<Records>,
    definitions: &Arc<Definitions>,
    folder: &Path,
    issues: u64,
    peaks: &Peaks,
) -> Result<Piped> {
    peaks.begin_part()?;
    let count = u64::from(records.count());
    let stopwatch = Stopwatch::start()?;
    let lake = Lake::local(folder, LakeOptions::default())?;
    let (stored, decided) = play(records, definitions, &lake, stopwatch).await?;
    let finished = stopwatch.elapsed();
    let catalog = Catalog::open(&lake, definitions).await?;
    let opened = stopwatch.elapsed();
    let ours = format!("survey = '{SURVEY}' AND wave = '{WAVE}'");
    let units = number(&catalog, &format!("SELECT count(*) FROM current WHERE {ours}")).await?;
    let counted = stopwatch.elapsed();
    let measured = stopwatch.stop(count, records.bytes(), peaks)?;

    ensure!(units == count, "{units} units count instead of {count}");
    for (expected, query) in [
        (count, "SELECT count(*) FROM raw WHERE kind = 'record'".to_owned()),
        (count, format!("SELECT count(DISTINCT unit) FROM outcomes WHERE kind = 'response' AND {ours}")),
        (0, "SELECT count(*) FROM rejections".to_owned()),
        (issues, "SELECT count(*) FROM issues".to_owned()),
    ] {
        let found = number(&catalog, &query).await?;
        ensure!(found == expected, "{found} instead of {expected}: {query}");
    }
    let law = shukei_query::verify(&lake).await?;
    ensure!(law.is_whole(), "{}", law.summary());

    let commits = catalog.versions().iter().map(|(table, version)| (table.to_string(), *version)).collect();
    let stages = Stages { stored, decided, finished, opened, counted };
    Ok(Piped { measured, stages, commits, folder_bytes: sizes(folder)?, law: law.summary().to_string() })
}

/// Sends everything, waits for every receipt, and stops the workers. Returns when everything was stored and decided.
async fn play(
    records: &Arc<Records>,
    definitions: &Arc<Definitions>,
    lake: &Lake,
    stopwatch: Stopwatch,
) -> Result<(Duration, Duration)> {
    let count = u64::from(records.count());
    let broker = EmbeddedBroker::start(EmbeddedOptions::default())?;
    let gateway = Gateway::new(&broker)?;
    let servers = broker.bootstrap_servers();
    let partitions = broker.options().partitions;
    let starts: Vec<Offset> = (0..partitions).map(|_| Offset(0)).collect();
    let now_us = jiff::Timestamp::now().as_microsecond();
    let generation = lake.open_generation(SUBMISSIONS, broker.topic_id(), &starts, now_us).await?;
    let source = Source::new(servers, SUBMISSIONS, "shukei-ingest")?;
    let told = gateway.clone();
    let ingest = Ingest::open(lake, generation, source, IngestOptions::default())
        .await?
        .announce(Announcer::new(servers)?)
        .on_stored(move |partition, span| told.stored(partition, span));
    let pointers = Pointers::new(servers, partitions)?;
    let transform = Transform::open(lake, Arc::clone(definitions), TransformOptions::default()).await?;
    let stored =
        tokio::spawn(reached(ingest.progress(), move |progress| progress.stored >= count, stopwatch));
    let decided =
        tokio::spawn(reached(transform.progress(), move |progress| progress.decided >= count, stopwatch));

    let (stop_ingest, ingest_stops) = watch::channel(false);
    let (stop_transform, transform_stops) = watch::channel(false);
    let mut ingest = tokio::spawn(async move { Ok(ingest.run(stopped(ingest_stops)).await?) });
    let mut transform =
        tokio::spawn(async move { Ok(transform.run(Some(pointers), stopped(transform_stops)).await?) });
    let receipts = tokio::select! {
        receipts = tokio::spawn(send(gateway, Arc::clone(records))) => receipts??,
        ended = &mut ingest => return too_early("ingest", ended),
        ended = &mut transform => return too_early("transform", ended),
    };
    ensure!(receipts == count, "{receipts} receipts instead of {count}");
    finish(stop_ingest, ingest).await.context("ingest")?;
    finish(stop_transform, transform).await.context("transform")?;
    Ok((stored.await?.context("not all was stored")?, decided.await?.context("not all was decided")?))
}

/// When a worker's progress came so far.
async fn reached<T>(
    mut progress: watch::Receiver<T>,
    enough: impl Fn(&T) -> bool,
    stopwatch: Stopwatch,
) -> Result<Duration> {
    progress.wait_for(enough).await?;
    Ok(stopwatch.elapsed())
}

/// Sends all records, and counts the receipts.
async fn send(gateway: Gateway, records: Arc<Records>) -> Result<u64> {
    let (waiting, receipts) = mpsc::channel(RECEIPTS_MAX);
    let counting = tokio::spawn(count_receipts(receipts));
    for made in records.all() {
        let outgoing = Outgoing { key: made.key, headers: Vec::new(), payload: made.payload };
        let receipt = gateway.send(outgoing).await?;
        if waiting.send(Box::pin(receipt)).await.is_err() {
            // It has seen a failure, which it tells below.
            break;
        }
    }
    drop(waiting);
    counting.await?
}

async fn count_receipts<F>(mut receipts: mpsc::Receiver<Pin<Box<F>>>) -> Result<u64>
where
    F: Future<Output = Result<Receipt, WorkerError>>,
{
    let mut count = 0;
    while let Some(receipt) = receipts.recv().await {
        receipt.await.context("a record was not taken")?;
        count += 1;
    }
    Ok(count)
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn finish(stop: watch::Sender<bool>, worker: JoinHandle<Result<()>>) -> Result<()> {
    let _ = stop.send(true);
    worker.await?
}

fn too_early<T>(worker: &str, ended: Result<Result<()>, tokio::task::JoinError>) -> Result<T> {
    ended.map_err(anyhow::Error::from).flatten().with_context(|| worker.to_owned())?;
    bail!("{worker} ended without a reason");
}

async fn number(catalog: &Catalog, query: &str) -> Result<u64> {
    let batches = catalog.query(query).await?.collect().await?;
    let batch = batches.iter().find(|batch| batch.num_rows() > 0).context("a count without a row")?;
    let numbers = batch.column(0).as_primitive_opt::<Int64Type>().context("a count that is no number")?;
    Ok(u64::try_from(numbers.value(0))?)
}

fn sizes(folder: &Path) -> Result<BTreeMap<String, u64>> {
    let mut sizes = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        sizes.insert(entry.file_name().to_string_lossy().into_owned(), size(&entry)?);
    }
    Ok(sizes)
}

fn size(entry: &std::fs::DirEntry) -> Result<u64> {
    let about = entry.metadata()?;
    if !about.is_dir() {
        return Ok(about.len());
    }
    let mut bytes = 0;
    for inside in std::fs::read_dir(entry.path())? {
        bytes += size(&inside?)?;
    }
    Ok(bytes)
}
