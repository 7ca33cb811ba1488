use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::error::DataFusionError;
use deltalake_core::delta_datafusion::DeltaScanNext;
use deltalake_core::logstore::LogStoreRef;
use deltalake_core::table::state::DeltaTableState;
use deltalake_core::{DeltaTable, DeltaTableError};
use futures::FutureExt;
use shukei_protocol::TableName;
use shukei_schemas::{Lane, Offset};

use crate::error::LakeError;
use crate::lake::Lake;
use crate::transactions;

/// Beyond so many new versions it is cheaper to ask for each cursor anew than to read every log entry.
const FOLLOWED_MAX: i64 = 200;

/// A handle on one version of one table. It stays there until [`Table::refresh`] or a commit of its own moves it.
#[derive(Clone, Debug)]
pub struct Table {
    pub(crate) lake: Lake,
    pub(crate) name: TableName,
    pub(crate) delta: DeltaTable,
    /// The cursors known, as of the version held.
    cursors: HashMap<String, Option<i64>>,
    /// Whether `cursors` holds every one that there is, so that one that is not there was never set.
    cursors_whole: bool,
    followed: u32,
    /// Set while the handle moves: an error, or a future that was dropped half-way, leaves it set.
    doubtful: bool,
}

impl Table {
    pub(crate) fn new(lake: Lake, name: TableName, delta: DeltaTable) -> Result<Self, LakeError> {
        let table = Self {
            lake,
            name,
            delta,
            cursors: HashMap::new(),
            cursors_whole: false,
            followed: 0,
            doubtful: false,
        };
        table.state()?;
        Ok(table)
    }

    /// The name of the table.
    pub fn name(&self) -> &TableName {
        &self.name
    }

    /// The version held.
    pub fn version(&self) -> i64 {
        self.delta.version().map_or(-1, |version| version as i64)
    }

    /// The columns, partition columns included, as Arrow types.
    pub fn schema(&self) -> SchemaRef {
        match self.state() {
            Ok(state) => state.snapshot().arrow_schema(),
            Err(_) => Arc::new(arrow::datatypes::Schema::empty()),
        }
    }

    /// Moves the handle to the newest version.
    ///
    /// The cursors known are carried along by the log entries in between; after any error they are read anew. Every
    /// so many versions ([`crate::LakeOptions::reopen_after`]) the handle is opened anew.
    ///
    /// # Errors
    /// [`LakeError::Delta`] if the log cannot be read; the handle then stays where it was or somewhere newer.
    pub async fn refresh(&mut self) -> Result<(), LakeError> {
        let held = self.version();
        let was_doubtful = self.begin_move();
        if was_doubtful || self.followed >= self.lake.options().reopen_after {
            let mut fresh = DeltaTable::new(self.log_store());
            fresh.load().await.map_err(|source| self.failed("open", source))?;
            self.delta = fresh;
            self.followed = 0;
        } else {
            self.delta
                .update_state()
                .await
                .map_err(|source| LakeError::delta(&self.name, "refresh", source))?;
        }
        let version = self.version();
        if version > held {
            self.followed = self.followed.saturating_add(u32::try_from(version - held).unwrap_or(u32::MAX));
        }
        if self.cursors_whole || !self.cursors.is_empty() {
            self.follow(held, version).await?;
        }
        self.doubtful = false;
        Ok(())
    }

    /// The version of an application transaction as of the version held: a cursor, or none if it was never set.
    /// The first look reads the log for all of them, later ones are free.
    ///
    /// # Errors
    /// [`LakeError::Delta`] if the log cannot be read.
    pub async fn cursor(&mut self, app: &str) -> Result<Option<i64>, LakeError> {
        let log_store = self.log_store();
        if !self.doubtful
            && !self.cursors_whole
            && self.cursors.is_empty()
            && let Some(all) = transactions::all(&log_store, self.version()).await
        {
            self.cursors = all;
            self.cursors_whole = true;
        }
        if !self.doubtful {
            match self.cursors.get(app) {
                Some(known) => return Ok(*known),
                None if self.cursors_whole => return Ok(None),
                None => {}
            }
        }
        let held = self.state()?.transaction_version(log_store.as_ref(), app).await;
        let held = held.map_err(|source| self.failed("read the cursors of", source))?;
        if !self.doubtful {
            self.cursors.insert(app.to_owned(), held);
        }
        Ok(held)
    }

    /// The cursors of many lanes, each under its application transaction; lanes without one are left out. This is
    /// what [`shukei_protocol::Event::Looked`] wants.
    ///
    /// # Errors
    /// As [`Table::cursor`].
    pub async fn cursors(
        &mut self,
        apps: &BTreeMap<Lane, String>,
    ) -> Result<BTreeMap<Lane, Offset>, LakeError> {
        let mut found = BTreeMap::new();
        for (lane, app) in apps {
            if let Some(cursor) = self.cursor(app).await? {
                found.insert(*lane, Offset(cursor));
            }
        }
        Ok(found)
    }

    /// The table for SQL, pinned to the version held. Text columns come as `Utf8View`, partition columns as
    /// dictionaries. Nothing can be written through it.
    ///
    /// # Errors
    /// [`LakeError::Engine`] if the snapshot cannot be used by the query engine.
    pub fn provider(&self) -> Result<Arc<dyn TableProvider>, LakeError> {
        let engine = |source| LakeError::Engine { table: self.name.clone(), source: Box::new(source) };
        let snapshot = self.state()?.snapshot().clone();
        // No log store is handed over: the library then refuses INSERT. Nothing is awaited, since the snapshot is
        // loaded.
        let built = DeltaScanNext::builder().with_eager_snapshot(snapshot).build().now_or_never();
        let scan =
            built.unwrap_or_else(|| Err(DataFusionError::Internal("a loaded snapshot had to wait".into())));
        Ok(Arc::new(scan.map_err(engine)?))
    }

    pub(crate) fn state(&self) -> Result<&DeltaTableState, LakeError> {
        self.delta.snapshot().map_err(|source| self.failed("use", source))
    }

    pub(crate) fn log_store(&self) -> LogStoreRef {
        self.delta.log_store()
    }

    pub(crate) fn failed(&self, doing: &'static str, source: DeltaTableError) -> LakeError {
        LakeError::delta(&self.name, doing, source)
    }

    /// A setting of the table, for example the columns that statistics are kept of.
    pub(crate) fn setting(&self, key: &str) -> Option<String> {
        self.state().ok()?.metadata().configuration().get(key).cloned()
    }

    /// The columns that statistics are kept of.
    pub(crate) fn stats_columns(&self) -> Vec<String> {
        let columns = self.setting("delta.dataSkippingStatsColumns").unwrap_or_default();
        columns.split(',').map(str::to_owned).collect()
    }

    pub(crate) fn partition_columns(&self) -> Result<Vec<String>, LakeError> {
        Ok(self.state()?.metadata().partition_columns().to_vec())
    }

    fn forget(&mut self) {
        self.cursors.clear();
        self.cursors_whole = false;
    }

    /// Marks the handle as moving, and says whether it was left so before; what was known then is forgotten.
    pub(crate) fn begin_move(&mut self) -> bool {
        let was = std::mem::replace(&mut self.doubtful, true);
        if was {
            self.forget();
        }
        was
    }

    /// After a commit of one's own: the snapshot that it made, and the cursors that it set.
    pub(crate) async fn arrive(
        &mut self,
        state: DeltaTableState,
        set: &[(String, i64)],
    ) -> Result<(), LakeError> {
        let held = self.version();
        self.delta.state = Some(state);
        let version = self.version();
        self.followed = self.followed.saturating_add(1);
        // Between them stand commits of others that the library moved ours behind.
        self.follow(held, version - 1).await?;
        self.cursors.extend(set.iter().map(|(app, version)| (app.clone(), Some(*version))));
        self.doubtful = false;
        Ok(())
    }

    /// Brings the known cursors from one version to another by the log entries in between.
    async fn follow(&mut self, from: i64, to: i64) -> Result<(), LakeError> {
        if to - from > FOLLOWED_MAX || to < from {
            self.forget();
            return Ok(());
        }
        let log_store = self.log_store();
        for version in from + 1..=to {
            let entry = log_store.read_commit_entry(version as u64).await;
            let Some(entry) = entry.map_err(|source| self.failed("follow the log of", source))? else {
                // Cleaned up: ask anew.
                self.forget();
                return Ok(());
            };
            if transactions::read_entry(&entry, &mut self.cursors).is_none() {
                self.forget();
                return Ok(());
            }
        }
        Ok(())
    }
}
