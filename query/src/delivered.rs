//! What organisations delivered as counts instead of records, as far as it counts.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int16Type, Int32Type, Int64Type};
use shukei_schemas::State;

use crate::catalog::{Catalog, collect};
use crate::error::QueryError;

/// The counts of one delivery, on one of our forms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delivered {
    pub(crate) group: Option<String>,
    pub(crate) method: String,
    pub(crate) mapping: String,
    pub(crate) units: u64,
    pub(crate) cells: Vec<DeliveredCell>,
}

/// One count: of an option, or of a state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeliveredCell {
    pub(crate) question: String,
    pub(crate) row: Option<i16>,
    pub(crate) option: Option<i16>,
    pub(crate) state: Option<State>,
    pub(crate) count: u64,
}

/// The deliveries that count, of a wave and a form (`<form>-<version>`), in the order of their positions.
pub(crate) async fn delivered(
    catalog: &Catalog,
    survey: &str,
    wave: &str,
    form: &str,
) -> Result<Vec<Delivered>, QueryError> {
    let Some(standing) = catalog.standing_aggregates() else { return Ok(Vec::new()) };
    let text = |words: &str| format!("'{}'", words.replace('\'', "''"));
    let of = format!("survey = {} AND wave = {} AND form = {}", text(survey), text(wave), text(form));
    // A delivery without any count is a delivery all the same: its units count in bases of all.
    let heads = format!(
        "SELECT a.generation, a.\"partition\", a.\"offset\", a.\"group\", a.method, a.mapping, a.units
         FROM (SELECT * FROM aggregates WHERE {of}) a JOIN ({standing}) c
           ON a.generation = c.generation AND a.\"partition\" = c.\"partition\" AND a.\"offset\" = c.\"offset\"
              AND a.interpretation = c.interpretation"
    );
    let mut found: BTreeMap<(i32, i32, i64), Delivered> = BTreeMap::new();
    for batch in collect(&catalog.session(), &heads).await? {
        let columns = Columns(&batch);
        let (groups, methods, mappings) = (columns.texts(3)?, columns.texts(4)?, columns.texts(5)?);
        let units = columns.numbers(6)?;
        for row in 0..batch.num_rows() {
            let delivered = found.entry(columns.position(row)).or_default();
            delivered.group = text_at(&groups, row);
            delivered.method = text_at(&methods, row).unwrap_or_default();
            delivered.mapping = text_at(&mappings, row).unwrap_or_default();
            delivered.units = units.as_primitive::<Int64Type>().value(row).unsigned_abs();
        }
    }
    let counts = format!(
        "SELECT generation, \"partition\", \"offset\", question, \"row\", \"option\", \"state\", \"count\"
         FROM aggregate_counts WHERE \"current\" AND {of}"
    );
    for batch in collect(&catalog.session(), &counts).await? {
        let columns = Columns(&batch);
        let (questions, states) = (columns.texts(3)?, columns.texts(6)?);
        let (rows, options) = (columns.codes(4)?, columns.codes(5)?);
        let counts = columns.numbers(7)?;
        let code_at = |codes: &ArrayRef, row: usize| {
            codes.is_valid(row).then(|| codes.as_primitive::<Int16Type>().value(row))
        };
        for row in 0..batch.num_rows() {
            let Some(delivered) = found.get_mut(&columns.position(row)) else { continue };
            let state = text_at(&states, row);
            delivered.cells.push(DeliveredCell {
                question: text_at(&questions, row).unwrap_or_default(),
                row: code_at(&rows, row),
                option: code_at(&options, row),
                state: state.and_then(|state| State::ALL.into_iter().find(|known| known.as_str() == state)),
                count: counts.as_primitive::<Int64Type>().value(row).unsigned_abs(),
            });
        }
    }
    Ok(found.into_values().collect())
}

struct Columns<'a>(&'a RecordBatch);

impl Columns<'_> {
    fn cast(&self, column: usize, wanted: &DataType) -> Result<ArrayRef, QueryError> {
        cast(self.0.column(column), wanted).map_err(|error| QueryError::running(&error.into()))
    }

    fn texts(&self, column: usize) -> Result<ArrayRef, QueryError> {
        self.cast(column, &DataType::Utf8)
    }

    fn numbers(&self, column: usize) -> Result<ArrayRef, QueryError> {
        self.cast(column, &DataType::Int64)
    }

    fn codes(&self, column: usize) -> Result<ArrayRef, QueryError> {
        self.cast(column, &DataType::Int16)
    }

    fn position(&self, row: usize) -> (i32, i32, i64) {
        let (generations, partitions) = (self.0.column(0), self.0.column(1));
        let number = |column: &ArrayRef| column.as_primitive::<Int32Type>().value(row);
        (number(generations), number(partitions), self.0.column(2).as_primitive::<Int64Type>().value(row))
    }
}

fn text_at(texts: &ArrayRef, row: usize) -> Option<String> {
    texts.is_valid(row).then(|| texts.as_string::<i32>().value(row).to_owned())
}
