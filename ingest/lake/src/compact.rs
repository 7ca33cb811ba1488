//! Small files become larger ones, with the same rows. No cursor moves, and readers that are pinned to an older version
//! go on reading the old files, which stay on disk until [`crate::Lake::clean`] finds them old enough.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use deltalake_core::kernel::Add;
use futures::future::try_join_all;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt};
use shukei_protocol::{
    CompactionLimits, FileFacts, MAINTAIN, Replacement, ReplacementDecision, decide_replacement,
    plan_compaction,
};

use crate::commit::Commit;
use crate::crash::Step;
use crate::error::LakeError;
use crate::files::{new_file, new_file_name, partition_folder};
use crate::merge::Merge;
use crate::parquet_io::FileWriter;
use crate::scan::LiveFile;
use crate::stats::Gathered;
use crate::table::Table;

/// How often the commit of files that are written is tried.
const ATTEMPTS_MAX: u32 = 5;

/// Bytes after which a part of a new file goes to the store.
const PART_BYTES: usize = 5 << 20;

/// What one compaction did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Commits made.
    pub commits: usize,
    /// Files that were rewritten.
    pub removed: usize,
    /// Files that took their place.
    pub added: usize,
    /// Whether somebody else was faster; what is left is then left to them.
    pub lost: bool,
}

/// How large a version of a table is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableSize {
    /// Data files.
    pub files: usize,
    /// Bytes of them.
    pub bytes: u64,
}

/// A file that is written and that no log entry names yet.
#[derive(Clone, Debug)]
pub(crate) struct NewFile {
    pub(crate) add: Add,
    /// When writing it began.
    pub(crate) begun: Instant,
}

impl Table {
    /// Files and bytes of the version held.
    ///
    /// # Errors
    /// [`LakeError::Delta`] if the handle holds no version.
    pub fn size(&self) -> Result<TableSize, LakeError> {
        let mut size = TableSize::default();
        for view in self.state()?.log_data().iter() {
            size.files += 1;
            size.bytes += u64::try_from(view.size()).unwrap_or_default();
        }
        Ok(size)
    }

    /// How many files of the version held [`Table::compact`] would rewrite, as far as is known now.
    ///
    /// # Errors
    /// [`LakeError::Delta`] if the handle holds no version.
    pub fn compactable(&self, limits: &CompactionLimits) -> Result<usize, LakeError> {
        let facts = facts(&self.live_files()?);
        Ok(plan_compaction(&facts, limits).iter().map(Vec::len).sum())
    }

    /// Rewrites small files until there are none worth it, one commit for each new file. Appends of others may go on
    /// at the same time; of two compactions one gives up.
    ///
    /// # Errors
    /// [`LakeError::Parquet`] if a file cannot be read, [`LakeError::Store`] if one cannot be written; errors of a
    /// commit only if several attempts ended in one.
    pub async fn compact(&mut self, limits: &CompactionLimits) -> Result<Compacted, LakeError> {
        let mut done = Compacted::default();
        loop {
            self.refresh().await?;
            // Of one version: what is compared later, and the files.
            let mut maintained = self.cursor(MAINTAIN).await?;
            let live = self.live_files()?;
            let mut groups = plan_compaction(&facts(&live), limits);
            groups.truncate(limits.at_once.max(1));
            if groups.is_empty() {
                return Ok(done);
            }
            let groups: Vec<Vec<&LiveFile>> =
                groups.iter().map(|group| group.iter().map(|at| &live[*at]).collect()).collect();
            self.lake.options().crash.reached(&self.name, true, Step::Before);
            let written = groups.iter().map(|files| self.rewrite(files, limits.whole_bytes));
            let written = try_join_all(written).await?;
            for (files, new) in groups.iter().zip(written) {
                let replacement = Replacement {
                    table: self.name.clone(),
                    maintained,
                    removes: files.iter().map(|file| file.path.clone()).collect(),
                    adds: vec![new.add.path.clone()],
                };
                if !self.replace(&replacement, new).await? {
                    return Ok(Compacted { lost: true, ..done });
                }
                // The change was this compaction's own: whoever else makes one is seen all the same.
                maintained = Some(replacement.next());
                done.commits += 1;
                done.removed += replacement.removes.len();
                done.added += 1;
            }
        }
    }

    /// Commits files that are written; whether they are in the table now.
    async fn replace(&mut self, replacement: &Replacement, new: NewFile) -> Result<bool, LakeError> {
        let mut attempts = 0;
        loop {
            let decision = {
                let maintained = self.cursor(MAINTAIN).await?;
                let live = self.live_files()?;
                let live: HashSet<&str> = live.iter().map(|file| file.path.as_str()).collect();
                decide_replacement(replacement, self.version(), maintained, |path| live.contains(path))
            };
            let permit = match decision {
                ReplacementDecision::Commit(permit) => permit,
                ReplacementDecision::Done => return Ok(true),
                // Perhaps they were in the table for a while: only age tells when they may be deleted.
                ReplacementDecision::Lost => return Ok(false),
            };
            let mut commit = Commit::new(permit, Default::default());
            commit.rewritten.push(new.clone());
            match self.commit(commit).await {
                Ok(_) => return Ok(true),
                Err(error) if attempts + 1 >= ATTEMPTS_MAX => return Err(error),
                Err(error) => {
                    tracing::info!(table = %self.name, attempts, %error, "looking again before files are replaced");
                }
            }
            attempts += 1;
            tokio::time::sleep(Duration::from_millis(20 << attempts)).await;
            self.refresh().await?;
        }
    }

    /// Writes the rows of all files into one.
    async fn rewrite(&self, files: &[&LiveFile], whole_bytes: u64) -> Result<NewFile, LakeError> {
        let begun = Instant::now();
        let mut folder = String::new();
        let mut partitions = HashMap::new();
        for column in self.partition_columns()? {
            let value = files.first().and_then(|file| file.file.partitions.get(&column).cloned().flatten());
            let value = value.ok_or_else(|| {
                LakeError::schema(&self.name, format!("a file has no value of partition column `{column}`"))
            })?;
            folder.push_str(&partition_folder(&column, &value));
            partitions.insert(column, Some(value));
        }
        let mut output = Output::begin(self, new_file_name(&folder)).await?;
        let mut rows = Merge::new(self, files, whole_bytes)?;
        while let Some(batch) = rows.next().await? {
            output.write(&batch).await?;
        }
        let (path, size, stats) = output.finish().await?;
        Ok(NewFile { add: new_file(path, partitions, size, stats, false), begun })
    }
}

fn facts(live: &[LiveFile]) -> Vec<FileFacts> {
    let partition = |file: &LiveFile| {
        let mut values: Vec<_> = file.file.partitions.iter().collect();
        values.sort();
        format!("{values:?}")
    };
    live.iter()
        .map(|file| FileFacts {
            path: file.path.clone(),
            partition: partition(file),
            bytes: file.file.size,
            low: file.low,
        })
        .collect()
}

/// A new file on its way to the store.
struct Output<'a> {
    table: &'a Table,
    path: String,
    upload: Box<dyn MultipartUpload>,
    writer: Option<FileWriter>,
    /// The columns that stand in the file, and those that statistics are kept of.
    stored: Vec<usize>,
    stats_columns: Vec<String>,
    stats: Gathered,
    part: Vec<u8>,
    size: usize,
}

impl<'a> Output<'a> {
    async fn begin(table: &'a Table, path: String) -> Result<Self, LakeError> {
        let schema = table.schema();
        let partition_columns = table.partition_columns()?;
        let stored: Vec<usize> = (0..schema.fields().len())
            .filter(|at| !partition_columns.contains(schema.field(*at).name()))
            .collect();
        let file_schema: SchemaRef =
            Schema::new(stored.iter().map(|at| schema.field(*at).clone()).collect::<Vec<_>>()).into();
        let writer = FileWriter::new(&file_schema, table.row_groups(), usize::MAX);
        let writer = writer.map_err(|source| unusable(table, &path, source))?;
        let location = Path::parse(&path).map_err(|source| store_error(&path, source.into()))?;
        let upload = table.delta.object_store().put_multipart(&location).await;
        let upload = upload.map_err(|source| store_error(&path, source))?;
        let stats_columns = table.stats_columns();
        let (stats, part) = (Gathered::default(), Vec::new());
        Ok(Self { table, path, upload, writer: Some(writer), stored, stats_columns, stats, part, size: 0 })
    }

    async fn write(&mut self, batch: &RecordBatch) -> Result<(), LakeError> {
        let name = &self.table.name;
        let rows = batch.project(&self.stored).map_err(|source| LakeError::arrow(name, source))?;
        self.stats.add(&rows, &self.stats_columns);
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        let written = tokio::task::spawn_blocking(move || {
            writer.write(&rows)?;
            let bytes = writer.take();
            Ok((writer, bytes))
        })
        .await
        .map_err(|source| LakeError::Task { source })?;
        let (writer, bytes) = written.map_err(|source| unusable(self.table, &self.path, source))?;
        self.writer = Some(writer);
        self.part.extend(bytes);
        match self.part.len() >= PART_BYTES {
            true => self.put_part().await,
            false => Ok(()),
        }
    }

    async fn put_part(&mut self) -> Result<(), LakeError> {
        let part = std::mem::take(&mut self.part);
        self.size += part.len();
        self.upload.put_part(part.into()).await.map_err(|source| store_error(&self.path, source))
    }

    /// Ends the file, durably: its path, its size in bytes, its statistics.
    async fn finish(mut self) -> Result<(String, i64, String), LakeError> {
        if let Some(writer) = self.writer.take() {
            let rest = tokio::task::spawn_blocking(move || writer.finish()).await;
            let rest = rest.map_err(|source| LakeError::Task { source })?;
            self.part.extend(rest.map_err(|source| unusable(self.table, &self.path, source))?);
        }
        self.put_part().await?;
        self.upload.complete().await.map_err(|source| store_error(&self.path, source))?;
        Ok((self.path, self.size as i64, self.stats.text()))
    }
}

fn unusable(table: &Table, path: &str, source: parquet::errors::ParquetError) -> LakeError {
    LakeError::Parquet { table: table.name.clone(), path: path.to_owned(), source }
}

fn store_error(path: &str, source: object_store::Error) -> LakeError {
    LakeError::Store { doing: "write", path: path.to_owned(), source }
}
