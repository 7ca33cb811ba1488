//! Which events have to be compared with others at all.
//!
//! Nearly every unit has one event, and its id stands once. What counts of it needs no order. So the windows of `current`
//! and `flags` run over the others alone: those whose unit, or whose source and id, occur more than once. Which ones
//! these are is found by hashes, at the first question that needs it: two that share a hash by chance are compared
//! for nothing, and that is all.
//!
//! To group millions of hashes would hold every one. A field of bits remembers what was met so far ([`Met`]): a hash
//! whose bits are already set is taken for one met before. The few that were not are compared for nothing too.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::memory::MemorySchemaProvider;
use datafusion::catalog::{SchemaProvider, Session, TableProvider};
use datafusion::datasource::MemTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarUDF, TableType, Volatility, create_udf};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::{DataFrame, SessionContext};
use futures::StreamExt;
use tokio::sync::OnceCell;

use crate::error::QueryError;

/// The table of hashes that occur more than once, beside those that users see.
pub(crate) const TABLE: &str = "inner_tables.repeated";
const SCHEMA: &str = "inner_tables";
const NAME: &str = "repeated";

/// The hash of three texts.
pub(crate) const HASH: &str = "hash_of";

/// The room of one hash, of which two bits are set. By Bloom's formula one of 270 new hashes finds both set at the end,
/// fewer before.
const BITS: usize = 32;

/// Puts function and table into the session. `events` is SQL of the events that could count.
pub(crate) async fn register(session: &SessionContext, events: &str) -> std::result::Result<(), QueryError> {
    session.register_udf(hash());
    let (unit, event) = (of_unit(), of_event());
    let hashes = session
        .sql(&format!("SELECT {unit} AS unit_hash, {event} AS event_hash FROM {events}"))
        .await
        .map_err(|error| QueryError::planning(&error))?;
    let schema = MemorySchemaProvider::new();
    let put = schema.register_table(NAME.to_owned(), Arc::new(Repeated::new(hashes)));
    put.map_err(|error| QueryError::planning(&error))?;
    let catalog = session.catalog_names().into_iter().find_map(|name| session.catalog(&name));
    let put = catalog.map(|catalog| catalog.register_schema(SCHEMA, Arc::new(schema))).transpose();
    put.map(|_| ()).map_err(|error| QueryError::planning(&error))
}

/// The hash of a unit, as SQL.
pub(crate) fn of_unit() -> String {
    format!("{HASH}(survey, wave, unit)")
}

/// The hash of an event's source and id, as SQL.
pub(crate) fn of_event() -> String {
    format!("{HASH}(survey, event_source, event_id)")
}

fn hash() -> ScalarUDF {
    let of = Arc::new(|arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let texts = arrays
            .iter()
            .map(|array| arrow::compute::cast(array, &DataType::Utf8View))
            .collect::<std::result::Result<Vec<_>, _>>()?;
        let texts: Vec<_> = texts.iter().map(|array| array.as_string_view()).collect();
        let rows = texts.first().map_or(0, |array| array.len());
        let hashes = (0..rows).map(|row| {
            let mut hasher = DefaultHasher::new();
            for array in &texts {
                array.is_valid(row).then(|| array.value(row)).hash(&mut hasher);
            }
            hasher.finish().cast_signed()
        });
        Ok(ColumnarValue::Array(Arc::new(Int64Array::from_iter_values(hashes))))
    });
    create_udf(HASH, vec![DataType::Utf8View; 3], DataType::Int64, Volatility::Immutable, of)
}

/// The hashes that were met, and those of them that were met again.
struct Met {
    bits: Vec<u64>,
    again: HashSet<i64>,
}

impl Met {
    /// For about so many hashes. More than that cost comparisons, and nothing else.
    fn expecting(hashes: usize) -> Self {
        Self { bits: vec![0; hashes.saturating_mul(BITS).div_ceil(64).max(1)], again: HashSet::new() }
    }

    fn meet(&mut self, hash: i64) {
        let hash = hash.cast_unsigned();
        let places = [self.place(hash), self.place(hash.rotate_left(32))];
        let is_set = |(word, bit): &(usize, u64)| self.bits.get(*word).is_some_and(|word| word & bit != 0);
        if places.iter().all(is_set) {
            self.again.insert(hash.cast_signed());
        }
        for (word, bit) in places {
            self.bits.get_mut(word).into_iter().for_each(|word| *word |= bit);
        }
    }

    /// The word and the bit. The upper half of a product spreads evenly over any number of bits.
    fn place(&self, hash: u64) -> (usize, u64) {
        let place = (u128::from(hash) * (self.bits.len() as u128 * 64)) >> 64;
        ((place / 64) as usize, 1 << (place % 64))
    }
}

/// The hashes, found once for each catalog, when somebody asks for the first time.
#[derive(Debug)]
struct Repeated {
    schema: SchemaRef,
    hashes: DataFrame,
    found: OnceCell<MemTable>,
}

impl Repeated {
    fn new(hashes: DataFrame) -> Self {
        let schema = Arc::new(Schema::new(vec![Field::new("hash", DataType::Int64, true)]));
        Self { schema, hashes, found: OnceCell::new() }
    }

    async fn find(&self) -> Result<MemTable> {
        // Units and events have a field of their own each: one event's two hashes are never one another's.
        let events = self.hashes.clone().count().await?;
        let (mut units, mut ids) = (Met::expecting(events), Met::expecting(events));
        let mut stream = self.hashes.clone().execute_stream().await?;
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            for (column, met) in batch.columns().iter().zip([&mut units, &mut ids]) {
                let hashes = column.as_primitive::<Int64Type>();
                hashes.values().iter().for_each(|&hash| met.meet(hash));
            }
        }
        units.again.extend(ids.again);
        let hashes = Int64Array::from_iter_values(units.again);
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), vec![Arc::new(hashes)])?;
        MemTable::try_new(Arc::clone(&self.schema), vec![vec![batch]])
    }
}

#[async_trait]
impl TableProvider for Repeated {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let found = self.found.get_or_try_init(|| self.find()).await?;
        found.scan(state, projection, filters, limit).await
    }
}
