use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use serde_json::{Map, Value, json};

use crate::schema::number_at;

/// The statistics of one file as they stand in its log entry: of the named columns only, since minimum and maximum
/// stand there in clear.
pub(crate) fn write(batch: &RecordBatch, columns: &[String]) -> String {
    let mut gathered = Gathered::default();
    gathered.add(batch, columns);
    gathered.text()
}

/// The statistics of a file whose rows come one batch after the other.
#[derive(Default)]
pub(crate) struct Gathered {
    rows: usize,
    least: Map<String, Value>,
    most: Map<String, Value>,
    nulls: BTreeMap<String, usize>,
}

impl Gathered {
    pub(crate) fn add(&mut self, batch: &RecordBatch, columns: &[String]) {
        self.rows += batch.num_rows();
        for name in columns {
            let Some(column) = batch.column_by_name(name) else { continue };
            *self.nulls.entry(name.clone()).or_default() += column.null_count();
            if let Some((low, high)) = bounds(column.as_ref()) {
                if self.least.get(name).is_none_or(|least| is_less(&low, least)) {
                    self.least.insert(name.clone(), low);
                }
                if self.most.get(name).is_none_or(|most| is_less(most, &high)) {
                    self.most.insert(name.clone(), high);
                }
            }
        }
    }

    pub(crate) fn text(&self) -> String {
        json!({
            "numRecords": self.rows,
            "minValues": self.least,
            "maxValues": self.most,
            "nullCount": self.nulls,
        })
        .to_string()
    }
}

/// Of two values of one column.
fn is_less(one: &Value, other: &Value) -> bool {
    match (one.as_i64(), other.as_i64()) {
        (Some(one), Some(other)) => one < other,
        _ => one.as_str() < other.as_str(),
    }
}

fn bounds(column: &dyn Array) -> Option<(Value, Value)> {
    if column.data_type() == &DataType::Utf8 {
        let values = || column.as_string::<i32>().iter().flatten();
        return Some((values().min()?.into(), values().max()?.into()));
    }
    let values = || (0..column.len()).filter_map(|row| number_at(column, row));
    Some((values().min()?.into(), values().max()?.into()))
}

/// The lowest and highest number of a column in one file, as its log entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

impl Bounds {
    /// Anything is possible.
    pub(crate) const ANY: Self = Self { low: i64::MIN, high: i64::MAX };

    pub(crate) fn holds(self, value: i64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Whether a value of `[first, end)` is possible.
    pub(crate) fn meets(self, first: i64, end: i64) -> bool {
        self.low < end && first <= self.high
    }
}

/// Parsed statistics of one file.
pub(crate) struct FileStats(Value);

impl FileStats {
    /// Statistics that are missing or unreadable say nothing; they never hide a file.
    pub(crate) fn parse(text: Option<String>) -> Self {
        Self(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null))
    }

    pub(crate) fn bounds(&self, column: &str) -> Bounds {
        let number = |which: &str| self.0.get(which).and_then(|of| of.get(column)).and_then(Value::as_i64);
        Bounds {
            low: number("minValues").unwrap_or(Bounds::ANY.low),
            high: number("maxValues").unwrap_or(Bounds::ANY.high),
        }
    }
}
