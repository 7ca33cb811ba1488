//! All application transactions of a table at once. The library replays the whole log for each id that it is asked
//! for, which with hundreds of generations takes seconds; one pass over the newest checkpoint and the log entries
//! behind it finds them all.

use std::collections::HashMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use deltalake_core::logstore::LogStoreRef;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Deserialize;

/// Log entries that are read one by one at most; checkpoints are written more often than that.
const ENTRIES_MAX: i64 = 1_000;

/// Every transaction as of `version`; none where the log is not of the shape that this crate writes, so that the
/// library has to be asked.
pub(crate) async fn all(log_store: &LogStoreRef, version: i64) -> Option<HashMap<String, Option<i64>>> {
    let mut found = HashMap::new();
    let mut first = 0;
    if let Some(checkpoint) = checkpoint_before(log_store, version).await? {
        read_checkpoint(log_store, checkpoint, &mut found).await?;
        first = checkpoint + 1;
    }
    if version - first > ENTRIES_MAX {
        return None;
    }
    for entry in first..=version {
        let content = log_store.read_commit_entry(u64::try_from(entry).ok()?).await.ok()??;
        read_entry(&content, &mut found)?;
    }
    Some(found)
}

/// Takes up the transactions of one log entry; none if a line cannot be read.
pub(crate) fn read_entry(content: &[u8], found: &mut HashMap<String, Option<i64>>) -> Option<()> {
    for line in content.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        if let Some(txn) = serde_json::from_slice::<Line>(line).ok()?.txn {
            found.insert(txn.app_id, Some(txn.version));
        }
    }
    Some(())
}

/// The newest checkpoint in one file at or before the version: `Some(None)` if there is none at all.
async fn checkpoint_before(log_store: &LogStoreRef, version: i64) -> Option<Option<i64>> {
    let hint = match log_store.object_store(None).get(&Path::from("_delta_log/_last_checkpoint")).await {
        Ok(hint) => hint.bytes().await.ok()?,
        Err(object_store::Error::NotFound { .. }) => return Some(None),
        Err(_) => return None,
    };
    let hint: LastCheckpoint = serde_json::from_slice(&hint).ok()?;
    (hint.parts.is_none() && hint.version <= version).then_some(Some(hint.version))
}

async fn read_checkpoint(
    log_store: &LogStoreRef,
    version: i64,
    found: &mut HashMap<String, Option<i64>>,
) -> Option<()> {
    let path = Path::from(format!("_delta_log/{version:020}.checkpoint.parquet"));
    let bytes = log_store.object_store(None).get(&path).await.ok()?.bytes().await.ok()?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).ok()?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), ["txn"]);
    for batch in builder.with_projection(mask).build().ok()? {
        let batch = batch.ok()?;
        let txns = batch.column_by_name("txn")?.as_struct_opt()?.clone();
        let apps =
            arrow::compute::cast(txns.column_by_name("appId")?, &arrow::datatypes::DataType::Utf8).ok()?;
        let (apps, versions) = (apps.as_string_opt::<i32>()?, txns.column_by_name("version")?);
        let versions = versions.as_primitive_opt::<Int64Type>()?;
        for row in (0..batch.num_rows()).filter(|row| txns.is_valid(*row) && apps.is_valid(*row)) {
            found.insert(apps.value(row).to_owned(), Some(versions.value(row)));
        }
    }
    Some(())
}

#[derive(Deserialize)]
struct LastCheckpoint {
    version: i64,
    parts: Option<i64>,
}

/// One line of a log entry, as far as cursors go.
#[derive(Deserialize)]
struct Line {
    txn: Option<Txn>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Txn {
    app_id: String,
    version: i64,
}
