//! Keeps tables small while others write to them, or once on a folder that nobody writes to.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use shukei_lake::{Cleaned, CleaningOptions, Compacted, Lake, TableSize};
use shukei_protocol::{CompactionLimits, LaneEnd, TableName};
use shukei_query::Catalog;
use shukei_schemas::definition::Definitions;
use tokio::sync::watch;

use crate::fault::Fault;
use crate::output::note;

/// When maintenance looks, and what it does. `Default` is what `up` uses.
#[derive(Clone, Debug)]
pub(crate) struct MaintenanceOptions {
    /// How often it looks at every table.
    pub(crate) look_every: Duration,
    /// Files worth rewriting from which on a table is compacted.
    pub(crate) files_max: usize,
    /// How often what is old is deleted.
    pub(crate) clean_every: Duration,
    /// Which files are put together.
    pub(crate) compaction: CompactionLimits,
    /// What is old.
    pub(crate) cleaning: CleaningOptions,
}

impl Default for MaintenanceOptions {
    fn default() -> Self {
        Self {
            look_every: Duration::from_secs(10),
            files_max: 64,
            clean_every: Duration::from_secs(60 * 60),
            compaction: CompactionLimits::default(),
            cleaning: CleaningOptions::default(),
        }
    }
}

/// What was done to one table.
#[derive(Clone, Debug)]
pub(crate) struct Maintained {
    pub(crate) table: TableName,
    pub(crate) before: TableSize,
    pub(crate) after: TableSize,
    pub(crate) compacted: Compacted,
    pub(crate) cleaned: Cleaned,
}

/// Maintains the tables until it is told to stop: one at a time, and never twice at once. Whoever calls this holds the
/// folder alone, so that older generations can be closed. Nothing that fails here ends anything: it is told once and
/// tried again at the next look.
pub(crate) async fn maintain_forever(
    lake: Lake,
    options: MaintenanceOptions,
    mut shutdown: watch::Receiver<bool>,
) {
    let work = async {
        let (mut cleaned, mut told) = (None::<Instant>, String::new());
        loop {
            tokio::time::sleep(options.look_every).await;
            let clean = cleaned.is_none_or(|at| at.elapsed() >= options.clean_every);
            match look(&lake, &options, clean).await {
                Ok(()) => told.clear(),
                Err(fault) => {
                    let why = fault.line();
                    if why != told {
                        note!("maintenance: {why}; trying again every {} s", options.look_every.as_secs());
                    }
                    told = why;
                }
            }
            if clean {
                cleaned = Some(Instant::now());
            }
        }
    };
    let stopped = async {
        // An error means that the sender is gone, which is a stop as well.
        let _ = shutdown.wait_for(|stop| *stop).await;
    };
    // Half a compaction is no harm: its files are left-overs, and no log entry names them.
    tokio::select! {
        () = stopped => {}
        () = work => {}
    }
}

async fn look(lake: &Lake, options: &MaintenanceOptions, clean: bool) -> Result<(), Fault> {
    close_drained(lake).await?;
    for name in lake.tables().await? {
        let mut table = lake.open(&name).await?;
        if table.compactable(&options.compaction)? >= options.files_max {
            let begun = Instant::now();
            let done = table.compact(&options.compaction).await?;
            let seconds = begun.elapsed().as_secs_f64();
            tracing::info!(table = %name, removed = done.removed, added = done.added, seconds, "compacted");
        }
        if clean {
            let done = lake.clean(&name, &options.cleaning, SystemTime::now()).await?;
            tracing::info!(table = %name, files = done.files, log_files = done.log_files, "cleaned");
        }
    }
    if clean {
        let done = lake.clean_builds(&options.cleaning, SystemTime::now())?;
        tracing::info!(builds = ?done.builds, "cleaned");
    }
    Ok(())
}

/// Maintains every table once, whatever there is to do. The folder is held alone.
pub(crate) async fn once(lake: &Lake, options: &MaintenanceOptions) -> Result<Vec<Maintained>, Fault> {
    close_drained(lake).await?;
    let mut all = Vec::new();
    for name in lake.tables().await? {
        let mut table = lake.open(&name).await?;
        let before = table.size()?;
        let compacted = table.compact(&options.compaction).await?;
        let after = table.size()?;
        let cleaned = lake.clean(&name, &options.cleaning, SystemTime::now()).await?;
        all.push(Maintained { table: name, before, after, compacted, cleaned });
    }
    let done = lake.clean_builds(&options.cleaning, SystemTime::now())?;
    if !done.builds.is_empty() {
        note!("deleted: build {}, out of use for more than a day", done.builds.join(", "));
    }
    Ok(all)
}

/// What a command that writes does when it has ended its work: closes older generations, and compacts tables that have
/// become many files. The folder is held alone. What fails is only told: the work itself is done.
pub(crate) async fn after_run(lake: &Lake) {
    let mut options = MaintenanceOptions::default();
    // The work is done, so its memory is free.
    options.compaction.at_once = 2;
    if let Err(fault) = look(lake, &options, false).await {
        note!("maintenance: {}", fault.line());
    }
}

/// Closes every generation but the newest whose records are carried out everywhere. The folder is held alone.
pub(crate) async fn close_drained(lake: &Lake) -> Result<(), Fault> {
    let generations = lake.generations().await?;
    let newest = generations.last().map(|generation| generation.generation);
    let older: Vec<_> = generations
        .iter()
        .filter(|generation| generation.closed.is_none() && Some(generation.generation) != newest)
        .collect();
    if older.is_empty() {
        return Ok(());
    }
    // Read first: what the tables are complete up to can only be further then.
    let landed = match lake.exists(&TableName::raw()).await? {
        true => {
            let apps = older.iter().flat_map(|generation| generation.apps()).collect();
            lake.open(&TableName::raw()).await?.cursors(&apps).await?
        }
        false => BTreeMap::new(),
    };
    let catalog = Catalog::open(lake, &Definitions::default()).await?;
    for generation in older {
        let lanes: Vec<LaneEnd> = generation
            .lanes()
            .map(|(lane, first)| LaneEnd {
                landed: landed.get(&lane).copied().unwrap_or(first),
                complete: catalog.vector().get(lane).unwrap_or(first),
            })
            .collect();
        if lake.close_generation(generation.generation, &lanes).await? {
            tracing::info!(generation = %generation.generation, "closed");
        }
    }
    Ok(())
}
