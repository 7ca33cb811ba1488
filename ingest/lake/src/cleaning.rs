//! What nobody needs any more leaves the disk: files that a compaction replaced, left-overs of crashes, log entries that
//! a checkpoint covers. All of it only when it is old: a reader may be pinned to what was the newest version a while ago.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use deltalake_core::checkpoints::cleanup_expired_logs_for;
use deltalake_core::kernel::Action;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt};
use shukei_protocol::TableName;

use crate::error::LakeError;
use crate::lake::Lake;
use crate::table::Table;

/// How old what is deleted has to be.
#[derive(Clone, Debug)]
pub struct CleaningOptions {
    /// Of a file: since it was removed, or since it was written if no log entry ever named it. Of a log entry: since it
    /// was written. Never less than an hour: a commit may be under way that long.
    pub age: Duration,
}

impl Default for CleaningOptions {
    fn default() -> Self {
        Self { age: Duration::from_secs(24 * 60 * 60) }
    }
}

/// What left the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Data files.
    pub files: usize,
    /// Bytes of them.
    pub bytes: u64,
    /// Log entries and old checkpoints.
    pub log_files: usize,
}

const LOG: &str = "_delta_log";

impl Lake {
    /// Deletes what is old and of no use to the newest version of a table, as of `now`. Every application transaction
    /// stays: checkpoints carry them on.
    ///
    /// # Errors
    /// [`LakeError::Store`] or [`LakeError::Delta`] if the folder cannot be read. What was deleted before stays deleted:
    /// do it again.
    pub async fn clean(
        &self,
        table: &TableName,
        options: &CleaningOptions,
        now: SystemTime,
    ) -> Result<Cleaned, LakeError> {
        let age = options.age.max(Duration::from_secs(60 * 60));
        let Some(before) = now.checked_sub(age) else { return Ok(Cleaned::default()) };
        let opened = self.open(table).await?;
        let mut needed = opened.removed_since(before).await?;
        for view in opened.state()?.log_data().iter() {
            needed.insert(view.object_store_path());
        }
        let mut cleaned = opened.delete_files(&needed, before).await?;
        // Last, since what it deletes says when files were removed.
        cleaned.log_files = opened.delete_log(before).await?;
        if let Ok(folder) = self.folder(table) {
            let swept = tokio::task::spawn_blocking(move || crate::store::sweep(&folder, before)).await;
            let swept = swept.map_err(|source| LakeError::Task { source })?;
            cleaned.files += swept.0;
            cleaned.bytes += swept.1;
        }
        Ok(cleaned)
    }
}

impl Table {
    /// The files that log entries of this age or younger removed. Log entries stay at least as long as that.
    async fn removed_since(&self, since: SystemTime) -> Result<HashSet<Path>, LakeError> {
        let since_ms = milliseconds(since);
        let mut removed = HashSet::new();
        let log_store = self.log_store();
        for entry in self.listed(LOG).await? {
            let version = entry.location.filename().and_then(|name| name.strip_suffix(".json"));
            let Some(version) = version.and_then(|version| version.parse::<u64>().ok()) else { continue };
            if entry.last_modified.timestamp_millis() < since_ms {
                continue;
            }
            let content = log_store.read_commit_entry(version).await;
            let Some(content) = content.map_err(|source| self.failed("read the log of", source))? else {
                continue;
            };
            let lines = content.split(|byte| *byte == b'\n');
            // Most lines add files; only those that may remove one are read.
            for line in lines.filter(|line| line.windows(9).any(|part| part == b"\"remove\":")) {
                let action = serde_json::from_slice::<Action>(line).map_err(|source| {
                    LakeError::schema(&self.name, format!("log entry {version} cannot be read: {source}"))
                })?;
                if let Action::Remove(remove) = action {
                    removed.insert(Path::parse(&remove.path).unwrap_or_else(|_| Path::from(remove.path)));
                }
            }
        }
        Ok(removed)
    }

    async fn delete_files(&self, needed: &HashSet<Path>, before: SystemTime) -> Result<Cleaned, LakeError> {
        let (before_ms, store) = (milliseconds(before), self.delta.object_store());
        let mut cleaned = Cleaned::default();
        for file in self.listed("").await? {
            let ours = file.location.filename().is_some_and(|name| name.ends_with(".parquet"));
            let in_log = file.location.parts().next().is_some_and(|part| part.as_ref() == LOG);
            let old = file.last_modified.timestamp_millis() < before_ms;
            if !ours || in_log || !old || needed.contains(&file.location) {
                continue;
            }
            let deleted = store.delete(&file.location).await;
            deleted.map_err(|source| LakeError::Store {
                doing: "delete",
                path: file.location.to_string(),
                source,
            })?;
            cleaned.files += 1;
            cleaned.bytes += file.size;
        }
        Ok(cleaned)
    }

    /// Deletes log entries and checkpoints that a newer checkpoint covers, as long as every version since `before` can
    /// still be made.
    async fn delete_log(&self, before: SystemTime) -> Result<usize, LakeError> {
        let (version, log_store) = (u64::try_from(self.version()).unwrap_or_default(), self.log_store());
        let deleted = cleanup_expired_logs_for(version, log_store.as_ref(), milliseconds(before), None).await;
        deleted.map_err(|source| self.failed("clean the log of", source))
    }

    async fn listed(&self, folder: &str) -> Result<Vec<ObjectMeta>, LakeError> {
        let prefix = Path::from(folder);
        let store = self.delta.object_store();
        let listed = store.list(Some(&prefix).filter(|_| !folder.is_empty())).try_collect().await;
        listed.map_err(|source| LakeError::Store { doing: "list", path: self.name.to_string(), source })
    }
}

fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
