//! Which events have to be compared with others at all.
//!
//! Nearly every unit has one event, and its id stands once. What counts of it needs no order. So the windows of `current`
//! and `flags` run over the others alone: those whose unit, or whose source and id, occur more than once. Which ones
//! these are is found by hashes, at the first question that needs it: two that share a hash by chance are compared
//! for nothing, and that is all.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::memory::MemorySchemaProvider;
use datafusion::catalog::{SchemaProvider, Session, TableProvider};
use datafusion::datasource::MemTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarUDF, TableType, Volatility, create_udf};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::{DataFrame, SessionContext};
use tokio::sync::OnceCell;

use crate::error::QueryError;

/// The table of hashes that occur more than once, beside those that users see.
pub(crate) const TABLE: &str = "inner_tables.repeated";
const SCHEMA: &str = "inner_tables";
const NAME: &str = "repeated";

/// The hash of three texts.
pub(crate) const HASH: &str = "hash_of";

/// Puts function and table into the session. `events` is SQL of the events that could count.
pub(crate) async fn register(session: &SessionContext, events: &str) -> std::result::Result<(), QueryError> {
    session.register_udf(hash());
    let planned = session
        .sql(&format!(
            "SELECT hash FROM (SELECT {unit} AS hash FROM {events} UNION ALL SELECT {event} AS hash FROM {events})
             GROUP BY hash HAVING count(*) > 1",
            unit = of_unit(),
            event = of_event(),
        ))
        .await
        .map_err(|error| QueryError::planning(&error))?;
    let schema = MemorySchemaProvider::new();
    let put = schema.register_table(NAME.to_owned(), Arc::new(Repeated::new(planned)));
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

/// The hashes, found once for each catalog, when somebody asks for the first time.
#[derive(Debug)]
struct Repeated {
    schema: SchemaRef,
    planned: DataFrame,
    found: OnceCell<MemTable>,
}

impl Repeated {
    fn new(planned: DataFrame) -> Self {
        Self { schema: Arc::clone(planned.schema().inner()), planned, found: OnceCell::new() }
    }

    async fn find(&self) -> Result<MemTable> {
        let batches: Vec<RecordBatch> = self.planned.clone().collect().await?;
        MemTable::try_new(Arc::clone(&self.schema), vec![batches])
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
