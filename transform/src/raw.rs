//! Rows of `raw` as this crate reads them.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::buffer::Buffer;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use shukei_protocol::TableName;
use shukei_schemas::event::Header;
use shukei_schemas::tables::kind;
use shukei_schemas::{Offset, Span};

use crate::error::TransformError;

/// The columns that are read.
pub(crate) const COLUMNS: [&str; 6] = ["offset", "kind", "hole_end", "order_time", "headers", "payload"];

/// One row of `raw`.
#[derive(Debug)]
pub(crate) struct RawRow {
    pub(crate) span: Span,
    pub(crate) order_time_us: i64,
    /// None for a hole.
    pub(crate) record: Option<RawRecord>,
}

#[derive(Debug)]
pub(crate) struct RawRecord {
    pub(crate) headers: Vec<Header>,
    /// A part of the batch that was read.
    pub(crate) payload: Option<Buffer>,
}

/// Reads batches that have [`COLUMNS`] in their order.
pub(crate) fn rows(batches: &[RecordBatch]) -> Result<Vec<RawRow>, TransformError> {
    let mut rows = Vec::new();
    for batch in batches {
        let bad = |column: &'static str| TransformError::Column { table: TableName::raw(), column };
        let offsets = batch.column(0).as_primitive_opt::<Int64Type>().ok_or_else(|| bad("offset"))?;
        let kinds = batch.column(1).as_string_opt::<i32>().ok_or_else(|| bad("kind"))?;
        let hole_ends = batch.column(2).as_primitive_opt::<Int64Type>().ok_or_else(|| bad("hole_end"))?;
        let times = batch
            .column(3)
            .as_primitive_opt::<TimestampMicrosecondType>()
            .ok_or_else(|| bad("order_time"))?;
        let header_lists = batch.column(4).as_list_opt::<i32>().ok_or_else(|| bad("headers"))?;
        let payloads = batch.column(5).as_binary_opt::<i32>().ok_or_else(|| bad("payload"))?;
        for at in 0..batch.num_rows() {
            let first = offsets.value(at);
            let record = kinds.value(at) == kind::RECORD;
            let end = if record { first + 1 } else { hole_ends.value(at) };
            let record = if record {
                let headers =
                    if header_lists.is_null(at) { Vec::new() } else { headers(&header_lists.value(at)) };
                let payload = (!payloads.is_null(at)).then(|| {
                    let (from, to) = (payloads.value_offsets()[at], payloads.value_offsets()[at + 1]);
                    payloads.values().slice_with_length(from as usize, (to - from) as usize)
                });
                Some(RawRecord { headers, payload })
            } else {
                None
            };
            rows.push(RawRow {
                span: Span { first: Offset(first), end: Offset(end) },
                order_time_us: times.value(at),
                record,
            });
        }
    }
    Ok(rows)
}

fn headers(list: &dyn Array) -> Vec<Header> {
    let Some(items) = list.as_struct_opt() else { return Vec::new() };
    let (Some(names), Some(values)) =
        (items.column(0).as_string_opt::<i32>(), items.column(1).as_binary_opt::<i32>())
    else {
        return Vec::new();
    };
    (0..items.len())
        .map(|at| Header {
            name: if names.is_null(at) { String::new() } else { names.value(at).to_owned() },
            value: (!values.is_null(at)).then(|| values.value(at).to_vec()),
        })
        .collect()
}
