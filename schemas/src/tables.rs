//! The Arrow schemas of the tables, as other engines read them. Columns are only ever added to new tables.
//! Signed integers, text, binary, UTC microseconds: what Delta can hold.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};

fn field(name: &str, data_type: DataType, nullable: bool) -> FieldRef {
    Arc::new(Field::new(name, data_type, nullable))
}

/// A UTC time in microseconds.
pub fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The fields of one issue in `outcomes.issues`.
pub fn issue_fields() -> Fields {
    Fields::from(vec![
        field("code", DataType::Utf8, true),
        field("path", DataType::Utf8, true),
        field("hint", DataType::Utf8, true),
    ])
}

/// The fields of one header in `raw.headers`.
pub fn header_fields() -> Fields {
    Fields::from(vec![field("name", DataType::Utf8, true), field("value", DataType::Binary, true)])
}

/// The type of a list of issues.
pub fn issues_type() -> DataType {
    list(DataType::Struct(issue_fields()))
}

/// The type of a list of headers.
pub fn headers_type() -> DataType {
    list(DataType::Struct(header_fields()))
}

/// The type of a list of names.
pub fn names_type() -> DataType {
    list(DataType::Utf8)
}

fn list(item: DataType) -> DataType {
    DataType::List(field("element", item, true))
}

/// Where a row comes from: the first three columns of every table but `sources`.
pub fn position_fields() -> [FieldRef; 3] {
    [
        field("generation", DataType::Int32, false),
        field("partition", DataType::Int32, false),
        field("offset", DataType::Int64, false),
    ]
}

/// `raw`: every record as it came, and every jump of the consumer's position. Partitioned by `partition`.
///
/// `kind` is `record` or `hole`; a hole covers the offsets up to `hole_end` and keeps what the broker said of its
/// log at that time (`log_start`, `log_end`). `order_time` never goes backwards inside a partition.
pub fn raw() -> SchemaRef {
    let mut fields: Vec<FieldRef> = position_fields().into();
    fields.extend([
        field("kind", DataType::Utf8, false),
        field("hole_end", DataType::Int64, true),
        field("log_start", DataType::Int64, true),
        field("log_end", DataType::Int64, true),
        field("broker_time", time_type(), true),
        field("order_time", time_type(), false),
        field("stored_at", time_type(), false),
        field("key", DataType::Binary, true),
        field("headers", headers_type(), true),
        field("payload", DataType::Binary, true),
    ]);
    Arc::new(Schema::new(fields))
}

/// `outcomes`: what became of each raw record.
pub fn outcomes() -> SchemaRef {
    let mut fields: Vec<FieldRef> = position_fields().into();
    fields.extend([
        field("interpretation", DataType::Int32, false),
        field("kind", DataType::Utf8, false),
        field("target", DataType::Utf8, true),
        field("survey", DataType::Utf8, true),
        field("wave", DataType::Utf8, true),
        field("unit", DataType::Utf8, true),
        field("event_source", DataType::Utf8, true),
        field("event_id", DataType::Utf8, true),
        field("content_hash", DataType::Utf8, false),
        field("revision", DataType::Int64, true),
        field("event_time", time_type(), true),
        field("order_time", time_type(), false),
        field("definitions", names_type(), true),
        field("interpreter", DataType::Utf8, false),
        field("code", DataType::Utf8, true),
        field("issues", issues_type(), true),
    ]);
    Arc::new(Schema::new(fields))
}

/// What stands before the answers in a responses table.
pub fn responses_head() -> Vec<FieldRef> {
    let mut fields: Vec<FieldRef> = position_fields().into();
    fields.extend([
        field("interpretation", DataType::Int32, false),
        field("unit", DataType::Utf8, false),
        field("respondent", DataType::Utf8, false),
        field("group", DataType::Utf8, true),
        field("wave", DataType::Utf8, false),
        field("method", DataType::Utf8, false),
        field("revision", DataType::Int64, true),
        field("mapping", DataType::Utf8, true),
    ]);
    fields
}

/// The fields of one count in `aggregates.cells`.
pub fn cell_fields() -> Fields {
    Fields::from(vec![
        field("question", DataType::Utf8, true),
        field("row", DataType::Int16, true),
        field("option", DataType::Int16, true),
        field("state", DataType::Utf8, true),
        field("count", DataType::Int64, true),
        field("base", DataType::Int64, true),
    ])
}

/// The table of counts, as outcomes name it.
pub const AGGREGATES: &str = "aggregates";

/// `aggregates`: what organisations delivered as counts, one row per event, so that it is carried out like any other.
pub fn aggregates() -> SchemaRef {
    let mut fields: Vec<FieldRef> = position_fields().into();
    fields.extend([
        field("interpretation", DataType::Int32, false),
        field("survey", DataType::Utf8, false),
        field("wave", DataType::Utf8, false),
        field("unit", DataType::Utf8, false),
        field("body", DataType::Utf8, false),
        field("group", DataType::Utf8, true),
        field("form", DataType::Utf8, false),
        field("method", DataType::Utf8, false),
        field("mapping", DataType::Utf8, false),
        field("revision", DataType::Int64, true),
        field("reference_date", DataType::Utf8, true),
        field("units", DataType::Int64, false),
        field("cells", list(DataType::Struct(cell_fields())), true),
    ]);
    Arc::new(Schema::new(fields))
}

/// The columns that statistics are kept of: positions, never answers or identifiers.
pub const POSITION_COLUMNS: [&str; 3] = ["generation", "partition", "offset"];

/// What an outcome can be.
pub mod kind {
    /// Answers of a unit.
    pub const RESPONSE: &str = "response";
    /// The record cannot be read or attributed.
    pub const REJECTION: &str = "rejection";
    /// The unit takes its answers back.
    pub const WITHDRAWAL: &str = "withdrawal";
    /// Answers of a unit as the survey office has changed them.
    pub const EDIT: &str = "edit";
    /// Counts of another organisation's survey, without records.
    pub const AGGREGATE: &str = "aggregate";
    /// A raw row that is a record.
    pub const RECORD: &str = "record";
    /// A raw row that is a jump of the position.
    pub const HOLE: &str = "hole";
}
