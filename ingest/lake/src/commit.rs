use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use arrow::array::{Array, RecordBatch};
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake_core::kernel::{Action, Add, Transaction};
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;
use object_store::path::Path;
use shukei_protocol::{MAINTAIN, Permit, TableName};
use shukei_schemas::{Lane, Partition, Span};

use crate::compact::NewFile;
use crate::crash::Step;
use crate::error::LakeError;
use crate::files::{new_file, new_file_name, only_value, partition_folder};
use crate::parquet_io::{RowGroups, encode};
use crate::schema::{conform, number_at};
use crate::sources::{GENERATION_APP, closed_app};
use crate::stats;
use crate::table::Table;

/// How often the library may move a commit behind commits of others that moved none of its cursors.
const REBASES_MAX: usize = 15;

/// Files that no log entry names are deleted when older than a day: far from that, a commit is given up.
const FILES_AGE_MAX: Duration = Duration::from_secs(60 * 60);

/// Files that one commit writes at the same time.
const FILES_AT_ONCE: usize = 4;

/// One log entry to be: rows, the cursors that they complete, and the right to write them.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The right to do it, on the version that the handle holds.
    pub permit: Permit,
    /// The application transaction of each lane that the permit moves ([`crate::app_id`]); others are ignored.
    pub apps: BTreeMap<Lane, String>,
    /// The rows, one file each; none for a commit that only moves cursors.
    pub adds: Vec<NewRows>,
    /// Further application transactions that travel with the cursors, for example the last order time of a lane.
    pub extra: Vec<(String, i64)>,
    /// The files that are written already and replace those that the permit names.
    pub(crate) rewritten: Vec<NewFile>,
}

impl Commit {
    /// A commit that only moves the permit's cursors; fill in `adds` and `extra`.
    pub fn new(permit: Permit, apps: BTreeMap<Lane, String>) -> Self {
        Self { permit, apps, adds: Vec::new(), extra: Vec::new(), rewritten: Vec::new() }
    }
}

/// The rows of one data file.
#[derive(Clone, Debug)]
pub struct NewRows {
    /// All columns of the table, partition columns included (the same value in every row), in the order in which the
    /// file is to keep them. No file is written of no rows.
    pub batch: RecordBatch,
}

impl From<RecordBatch> for NewRows {
    fn from(batch: RecordBatch) -> Self {
        Self { batch }
    }
}

/// A file that is to be written: what its log entry will say, and its content.
struct Draft {
    partitions: HashMap<String, Option<String>>,
    folder: String,
    stats: String,
    rows: RecordBatch,
}

impl Table {
    /// The one way to write: puts rows and cursors into one log entry, if nobody else moved one of the cursors since
    /// the version held. Returns the version that was made; the handle then stands there.
    ///
    /// # Errors
    /// [`LakeError::OtherTable`], [`LakeError::OtherVersion`], [`LakeError::OtherCursor`], [`LakeError::OtherFiles`],
    /// [`LakeError::NoApp`], [`LakeError::AppTwice`], [`LakeError::OutsidePermit`] or [`LakeError::Schema`] before
    /// anything is written.
    /// Treat **every** error as an unknown outcome all the same: refresh, look at the cursors, decide again.
    pub async fn commit(&mut self, commit: Commit) -> Result<i64, LakeError> {
        self.check_permit(&commit.permit)?;
        let set = self.cursors_to_set(&commit).await?;
        let drafts = self.drafts(&commit)?;
        let replaced = self.replaced(&commit)?;
        let crash = self.lake.options().crash.clone();
        let maintains = commit.permit.replaces().is_some();
        // Of files that are replaced the new ones are written already: the step was reached before.
        if !maintains {
            crash.reached(&self.name, maintains, Step::Before);
        }

        let begun = commit.rewritten.iter().map(|file| file.begun).min().unwrap_or_else(Instant::now);
        let mut actions = self.write(drafts).await?;
        actions.extend(replaced);
        crash.reached(&self.name, maintains, Step::Inside);
        if begun.elapsed() > FILES_AGE_MAX {
            let minutes = begun.elapsed().as_secs() / 60;
            return Err(LakeError::FilesTooOld { table: self.name.clone(), minutes });
        }

        self.begin_move();
        let partition_by = Some(self.partition_columns()?).filter(|columns| !columns.is_empty());
        let operation = match maintains {
            true => DeltaOperation::Optimize { predicate: None, target_size: 0 },
            false => DeltaOperation::Write { mode: SaveMode::Append, partition_by, predicate: None },
        };
        let transactions = set.iter().map(|(app, version)| Transaction::new(app, *version)).collect();
        let properties = CommitProperties::default()
            .with_application_transactions(transactions)
            .with_max_retries(REBASES_MAX)
            .with_cleanup_expired_logs(Some(false));
        // Built on the very snapshot whose cursors were compared: the library then refuses it if a later log entry
        // sets one of them.
        let prepared = CommitBuilder::from(properties).with_actions(actions).build(
            Some(self.state()?),
            self.log_store(),
            operation,
        );
        let won = async { prepared.into_prepared_commit_future().await?.await }.await;
        let won = won.map_err(|source| LakeError::lost(&self.name, source))?;
        crash.reached(&self.name, maintains, Step::After);

        let version = won.version as i64;
        // From here on the commit is known to be won. A checkpoint that cannot be written costs time, not truth: the
        // handle stays doubtful and is opened anew with the next refresh.
        match won.await {
            Ok(done) => {
                if let Err(error) = self.arrive(done.snapshot, &set).await {
                    tracing::warn!(table = %self.name, version, %error, "cursors are read anew after a commit");
                }
            }
            Err(error) => tracing::warn!(table = %self.name, version, %error, "work after a commit failed"),
        }
        Ok(version)
    }

    fn check_permit(&self, permit: &Permit) -> Result<(), LakeError> {
        if permit.table() != &self.name {
            return Err(LakeError::OtherTable { table: self.name.clone(), permit: permit.table().clone() });
        }
        if permit.version() != self.version() {
            let (version, permit) = (self.version(), permit.version());
            return Err(LakeError::OtherVersion { table: self.name.clone(), version, permit });
        }
        Ok(())
    }

    /// Compares every cursor with what the permit found, and returns what the commit sets.
    async fn cursors_to_set(&mut self, commit: &Commit) -> Result<Vec<(String, i64)>, LakeError> {
        let mut set = Vec::new();
        for moved in commit.permit.moves() {
            let no_app = || LakeError::NoApp { table: self.name.clone(), lane: moved.lane };
            let app = commit.apps.get(&moved.lane).ok_or_else(no_app)?;
            self.compare(app, moved.found.map(|offset| offset.0)).await?;
            set.push((app.clone(), moved.span.end.0));
        }
        if let Some(generation) = commit.permit.opens() {
            let before = i64::from(generation.0) - 1;
            self.compare(GENERATION_APP, (before > 0).then_some(before)).await?;
            set.push((GENERATION_APP.to_owned(), i64::from(generation.0)));
        }
        if let Some((generation, ends)) = commit.permit.closes() {
            for (end, partition) in ends.iter().zip(0..) {
                let app = closed_app(generation, Partition(partition));
                self.compare(&app, None).await?;
                set.push((app, end.0));
            }
        }
        if let Some(replacement) = commit.permit.replaces() {
            // Of two who replace files one wins: that the files are still there would not keep them apart, since the
            // library lets a file be removed twice where no data changes.
            self.compare(MAINTAIN, replacement.maintained).await?;
            set.push((MAINTAIN.to_owned(), replacement.next()));
        }
        set.extend(commit.extra.iter().cloned());
        let mut seen = BTreeSet::new();
        match set.iter().find(|(app, _)| !seen.insert(app)) {
            Some((app, _)) => Err(LakeError::AppTwice { table: self.name.clone(), app: app.clone() }),
            None => Ok(set),
        }
    }

    async fn compare(&mut self, app: &str, expected: Option<i64>) -> Result<(), LakeError> {
        let held = self.cursor(app).await?;
        if held == expected {
            return Ok(());
        }
        Err(LakeError::OtherCursor { table: self.name.clone(), app: app.to_owned(), held, expected })
    }

    fn drafts(&self, commit: &Commit) -> Result<Vec<Draft>, LakeError> {
        let schema = self.schema();
        let partition_columns = self.partition_columns()?;
        let stats_columns = self.stats_columns();
        let mut drafts = Vec::new();
        for add in commit.adds.iter().filter(|add| add.batch.num_rows() > 0) {
            let batch = conform(&self.name, &schema, &add.batch)?;
            check_positions(&self.name, &batch, &commit.permit)?;
            let mut partitions = HashMap::new();
            let mut folder = String::new();
            for column in &partition_columns {
                let value = only_value(&self.name, column, &batch)?;
                folder.push_str(&partition_folder(column, &value));
                partitions.insert(column.clone(), Some(value));
            }
            let stored: Vec<usize> = (0..schema.fields().len())
                .filter(|at| !partition_columns.contains(schema.field(*at).name()))
                .collect();
            let rows = batch.project(&stored).map_err(|source| LakeError::arrow(&self.name, source))?;
            drafts.push(Draft { partitions, folder, stats: stats::write(&rows, &stats_columns), rows });
        }
        Ok(drafts)
    }

    /// What the log is to say of the files that the permit replaces: exactly those that it names, on this snapshot.
    fn replaced(&self, commit: &Commit) -> Result<Vec<Action>, LakeError> {
        let other = |path: &str| LakeError::OtherFiles { table: self.name.clone(), path: path.to_owned() };
        let Some(replacement) = commit.permit.replaces() else {
            return match commit.rewritten.first() {
                Some(file) => Err(other(&file.add.path)),
                None => Ok(Vec::new()),
            };
        };
        let written: Vec<&str> = commit.rewritten.iter().map(|file| file.add.path.as_str()).collect();
        if let Some(path) = replacement.adds.iter().find(|path| !written.contains(&path.as_str())) {
            return Err(other(path));
        }
        if let Some(path) = written.iter().find(|path| !replacement.adds.iter().any(|add| add == *path)) {
            return Err(other(path));
        }
        let mut left: BTreeSet<&str> = replacement.removes.iter().map(String::as_str).collect();
        let mut actions: Vec<Action> =
            commit.rewritten.iter().map(|file| Action::Add(file.add.clone())).collect();
        for view in self.state()?.log_data().iter() {
            if left.remove(view.path().as_ref()) {
                actions.push(Action::Remove(view.remove_action(false)));
            }
        }
        match left.first() {
            Some(path) => Err(other(path)),
            None => Ok(actions),
        }
    }

    async fn write(&self, drafts: Vec<Draft>) -> Result<Vec<Action>, LakeError> {
        futures::stream::iter(drafts.into_iter().map(|draft| self.write_file(draft)))
            .buffered(FILES_AT_ONCE)
            .map_ok(Action::Add)
            .try_collect()
            .await
    }

    async fn write_file(&self, draft: Draft) -> Result<Add, LakeError> {
        let groups = self.row_groups();
        let path = new_file_name(&draft.folder);
        let rows = draft.rows;
        let encoded = tokio::task::spawn_blocking(move || encode(&rows, groups)).await;
        let encoded = encoded.map_err(|source| LakeError::Task { source })?;
        let bytes = encoded.map_err(|source| {
            let table = self.name.clone();
            LakeError::Parquet { table, path: path.clone(), source }
        })?;
        let size = bytes.len() as i64;
        let store_error = |source| LakeError::Store { doing: "write", path: path.clone(), source };
        let location = Path::parse(&path).map_err(|source| store_error(source.into()))?;
        self.delta.object_store().put(&location, bytes.into()).await.map_err(store_error)?;
        Ok(new_file(path, draft.partitions, size, draft.stats, true))
    }

    /// How large a row group of this table may be.
    pub(crate) fn row_groups(&self) -> RowGroups {
        let options = self.lake.options();
        let bytes_max = (self.name == TableName::raw()).then_some(options.raw_row_group_bytes);
        RowGroups { rows_max: options.row_group_rows, bytes_max }
    }
}

/// Refuses rows that the permit's spans do not cover, in every table whose rows have a position.
fn check_positions(table: &TableName, batch: &RecordBatch, permit: &Permit) -> Result<(), LakeError> {
    let column = |name| batch.column_by_name(name);
    let (Some(generations), Some(partitions), Some(offsets)) =
        (column("generation"), column("partition"), column("offset"))
    else {
        return Ok(());
    };
    let mut last: Option<(Lane, Span)> = None;
    for row in 0..batch.num_rows() {
        let number = |column: &dyn Array| number_at(column, row).unwrap_or(-1);
        let lane = Lane::new(number(generations) as i32, number(partitions) as i32);
        let offset = number(offsets);
        if last.is_none_or(|(of, _)| of != lane) {
            last = permit.span(lane).map(|span| (lane, span));
        }
        if last.is_none_or(|(_, span)| offset < span.first.0 || offset >= span.end.0) {
            return Err(LakeError::OutsidePermit { table: table.clone(), lane, offset });
        }
    }
    Ok(())
}
