//! What a new data file is called, and what the log says of it.

use std::collections::HashMap;
use std::time::SystemTime;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use deltalake_core::kernel::Add;
use shukei_protocol::TableName;

use crate::error::LakeError;
use crate::schema::number_at;

/// A name that no other file has.
pub(crate) fn new_file_name(folder: &str) -> String {
    format!("{folder}part-{}.zstd.parquet", uuid::Uuid::new_v4())
}

/// What the log says of a new file.
pub(crate) fn new_file(
    path: String,
    partition_values: HashMap<String, Option<String>>,
    size: i64,
    stats: String,
    data_change: bool,
) -> Add {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Add {
        path,
        partition_values,
        size,
        modification_time: now.as_millis() as i64,
        data_change,
        stats: Some(stats),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    }
}

/// The value that a partition column has in all rows, as text.
pub(crate) fn only_value(table: &TableName, column: &str, batch: &RecordBatch) -> Result<String, LakeError> {
    let values = batch
        .column_by_name(column)
        .ok_or_else(|| LakeError::schema(table, format!("rows lack partition column `{column}`")))?;
    let text = |row: usize| match values.data_type() {
        DataType::Utf8 if values.is_valid(row) => Some(values.as_string::<i32>().value(row).to_owned()),
        _ => number_at(values, row).map(|number| number.to_string()),
    };
    let first = text(0).filter(|value| !value.is_empty()).ok_or_else(|| {
        LakeError::schema(table, format!("partition column `{column}` is neither a number nor a text"))
    })?;
    match (1..batch.num_rows()).all(|row| text(row).as_ref() == Some(&first)) {
        true => Ok(first),
        false => Err(LakeError::schema(
            table,
            format!("one file has several values of partition column `{column}`"),
        )),
    }
}

/// The folder of one value of a partition column, in Hive's style.
pub(crate) fn partition_folder(column: &str, value: &str) -> String {
    format!("{}={}/", encoded(column), encoded(value))
}

/// A part of a folder name in Hive's style: every byte but letters, digits and `-_.~` as `%XX`.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            true => out.push(byte.into()),
            false => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
