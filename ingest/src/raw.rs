use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use arrow::array::{
    ArrayBuilder, ArrayRef, BinaryBuilder, Int32Array, Int64Array, Int64Builder, ListBuilder, RecordBatch,
    StringArray, StringBuilder, StructBuilder, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field};
use arrow::error::ArrowError;
use shukei_lake::NewRows;
use shukei_protocol::{Permit, TableName};
use shukei_schemas::tables::{self, kind};
use shukei_schemas::{Lane, Offset, Span};
use shukei_worker::{Arrival, Batch, Sink, Stored, Watermarks, WorkerError};

/// One row of `raw` to be.
#[derive(Debug)]
pub(crate) enum RawRow {
    Record(Arrival),
    Hole { span: Span, watermarks: Watermarks },
}

impl RawRow {
    pub(crate) fn span(&self) -> Span {
        match self {
            RawRow::Record(arrival) => Span { first: arrival.offset, end: Offset(arrival.offset.0 + 1) },
            RawRow::Hole { span, .. } => *span,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        match self {
            RawRow::Record(arrival) => {
                let headers: usize =
                    arrival.headers.iter().map(|h| h.name.len() + h.value.as_ref().map_or(0, Vec::len)).sum();
                arrival.payload.as_ref().map_or(0, Vec::len)
                    + arrival.key.as_ref().map_or(0, Vec::len)
                    + headers
            }
            RawRow::Hole { .. } => 0,
        }
    }
}

/// What is to be done with the broker and the senders once the writer has decided.
#[derive(Debug)]
pub(crate) enum Note {
    Stored { lane: Lane, span: Span, version: i64 },
    Read { lane: Lane, at: Offset },
}

/// The rows of `raw` that are not yet committed.
#[derive(Debug)]
pub(crate) struct RawSink {
    apps: BTreeMap<Lane, String>,
    held: BTreeMap<Lane, Vec<RawRow>>,
    pub(crate) notes: Vec<Note>,
}

impl RawSink {
    pub(crate) fn new(apps: BTreeMap<Lane, String>) -> Self {
        Self { apps, held: BTreeMap::new(), notes: Vec::new() }
    }

    pub(crate) fn hold(&mut self, lane: Lane, row: RawRow) {
        self.held.entry(lane).or_default().push(row);
    }

    /// The last order time of a lane travels as an application transaction of its own, beside the cursor.
    fn order_app(&self, lane: Lane) -> Option<String> {
        self.apps.get(&lane).map(|app| format!("{app}/order_time"))
    }
}

impl Sink for RawSink {
    fn needs(&self, permit: &Permit) -> Vec<String> {
        permit.moves().iter().filter_map(|moved| self.order_app(moved.lane)).collect()
    }

    fn batch(&mut self, permit: &Permit, found: &BTreeMap<String, i64>) -> Result<Batch, WorkerError> {
        let stored_at = now_us();
        let mut batch = Batch::default();
        for moved in permit.moves() {
            let rows = self.held.get(&moved.lane).map_or(&[][..], Vec::as_slice);
            let order_app = self.order_app(moved.lane);
            let mut order_time =
                order_app.as_ref().and_then(|app| found.get(app)).copied().unwrap_or(i64::MIN);
            let order_times: Vec<i64> = (0..rows.len())
                .map(|at| {
                    order_time = order_time.max(own_time(&rows[at..], stored_at));
                    order_time
                })
                .collect();
            let rows = raw_batch(moved.lane, rows, &order_times, stored_at)
                .map_err(|source| WorkerError::Rows { table: TableName::raw(), source: source.into() })?;
            batch.adds.push(NewRows::from(rows));
            batch.extra.extend(order_app.map(|app| (app, order_time)));
        }
        Ok(batch)
    }

    fn stored(&mut self, lane: Lane, span: Span, by: Stored) {
        if let Some(rows) = self.held.get_mut(&lane) {
            rows.retain(|row| row.span().end > span.end);
        }
        self.notes.push(Note::Stored { lane, span, version: by.version });
    }

    fn discard(&mut self, lane: Lane) {
        self.held.remove(&lane);
    }

    fn read(&mut self, lane: Lane, at: Offset) {
        self.notes.push(Note::Read { lane, at });
    }
}

/// When the first of the rows happened: by the broker's clock where there is a record, for a hole by that of the first
/// record behind it, so that a hole never puts what follows later than it was.
fn own_time(rows: &[RawRow], stored_at: i64) -> i64 {
    let first = rows.iter().find_map(|row| match row {
        RawRow::Record(arrival) => Some(arrival.broker_time_us.unwrap_or(stored_at)),
        RawRow::Hole { .. } => None,
    });
    first.unwrap_or(stored_at)
}

pub(crate) fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

fn raw_batch(
    lane: Lane,
    rows: &[RawRow],
    order_times: &[i64],
    stored_at: i64,
) -> Result<RecordBatch, ArrowError> {
    let time = |values: Vec<Option<i64>>| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
    };
    let hole = |value: &dyn Fn(Span, Watermarks) -> i64| -> ArrayRef {
        let mut builder = Int64Builder::new();
        for row in rows {
            builder.append_option(match row {
                RawRow::Record(_) => None,
                RawRow::Hole { span, watermarks } => Some(value(*span, *watermarks)),
            });
        }
        Arc::new(builder.finish())
    };
    let record = |row: &RawRow| match row {
        RawRow::Record(arrival) => arrival.broker_time_us,
        RawRow::Hole { .. } => None,
    };
    let kinds: Vec<&str> = rows
        .iter()
        .map(|row| match row {
            RawRow::Record(_) => kind::RECORD,
            RawRow::Hole { .. } => kind::HOLE,
        })
        .collect();
    let binary = |value: for<'r> fn(&'r Arrival) -> Option<&'r [u8]>| -> ArrayRef {
        let bytes = rows.iter().map(|row| match row {
            RawRow::Record(arrival) => value(arrival).map_or(0, <[u8]>::len),
            RawRow::Hole { .. } => 0,
        });
        let mut builder = BinaryBuilder::with_capacity(rows.len(), bytes.sum());
        for row in rows {
            builder.append_option(match row {
                RawRow::Record(arrival) => value(arrival),
                RawRow::Hole { .. } => None,
            });
        }
        Arc::new(builder.finish())
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![lane.generation.0; rows.len()])),
        Arc::new(Int32Array::from(vec![lane.partition.0; rows.len()])),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.span().first.0))),
        Arc::new(StringArray::from(kinds)),
        hole(&|span, _| span.end.0),
        hole(&|_, watermarks| watermarks.log_start.0),
        hole(&|_, watermarks| watermarks.log_end.0),
        time(rows.iter().map(record).collect()),
        time(order_times.iter().copied().map(Some).collect()),
        time(vec![Some(stored_at); rows.len()]),
        binary(|arrival| arrival.key.as_deref()),
        headers(rows),
        binary(|arrival| arrival.payload.as_deref()),
    ];
    RecordBatch::try_new(tables::raw(), columns)
}

fn headers(rows: &[RawRow]) -> ArrayRef {
    let fields = tables::header_fields();
    let element = Arc::new(Field::new("element", DataType::Struct(fields.clone()), true));
    let builders: Vec<Box<dyn ArrayBuilder>> =
        vec![Box::new(StringBuilder::new()), Box::new(BinaryBuilder::new())];
    let mut builder = ListBuilder::new(StructBuilder::new(fields, builders)).with_field(element);
    for row in rows {
        let RawRow::Record(arrival) = row else {
            builder.append(false);
            continue;
        };
        for header in &arrival.headers {
            let item = builder.values();
            if let Some(name) = item.field_builder::<StringBuilder>(0) {
                name.append_value(&header.name);
            }
            if let Some(value) = item.field_builder::<BinaryBuilder>(1) {
                value.append_option(header.value.as_ref());
            }
            item.append(true);
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}
