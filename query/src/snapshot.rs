//! Every table at one moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Int32Array, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::datasource::empty::EmptyTable;
use datafusion::logical_expr::{Expr, cast, ident};
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use shukei_lake::{Lake, LakeError, SourceGeneration, Table, sources_schema};
use shukei_protocol::TableName;
use shukei_schemas::{Lane, Offset, tables};

use crate::error::QueryError;

/// One table, pinned to a version, with its cursors; or what a table that does not exist yet looks like.
#[derive(Clone, Debug)]
pub(crate) struct Pinned {
    pub(crate) provider: Arc<dyn TableProvider>,
    pub(crate) version: Option<i64>,
    pub(crate) cursors: BTreeMap<Lane, Offset>,
    /// The columns as they are served; text that the table is partitioned by comes as a dictionary.
    pub(crate) schema: SchemaRef,
}

impl Pinned {
    /// A table without rows.
    pub(crate) fn absent(schema: &Schema) -> Self {
        let schema = served(schema);
        let provider = Arc::new(EmptyTable::new(schema.clone()));
        Self { provider, version: None, cursors: BTreeMap::new(), schema }
    }

    /// All rows, each column in the type that is served.
    pub(crate) fn rows(&self, session: &SessionContext) -> Result<DataFrame, QueryError> {
        let planning = |error| QueryError::planning(&error);
        let rows = session.read_table(self.provider.clone()).map_err(planning)?;
        let provided = self.provider.schema();
        let columns: Vec<Expr> = self
            .schema
            .fields()
            .iter()
            .map(|field| {
                let column = ident(field.name());
                let as_it_is = provided.field_with_name(field.name()).is_ok_and(|provided| {
                    provided.data_type() == field.data_type() || is_text_dictionary(provided.data_type())
                });
                match as_it_is {
                    true => column,
                    false => cast(column, field.data_type().clone()).alias(field.name()),
                }
            })
            .collect();
        rows.select(columns).map_err(planning)
    }
}

/// All tables of a data folder.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) generations: Vec<SourceGeneration>,
    pub(crate) sources: Pinned,
    pub(crate) raw: Pinned,
    pub(crate) outcomes: Pinned,
    /// Those that exist.
    pub(crate) responses: BTreeMap<TableName, Pinned>,
    /// What organisations delivered as counts.
    pub(crate) aggregates: Pinned,
}

impl Snapshot {
    /// Opens the tables against the stream: what was written last is opened first, so that each table is at least as
    /// far as those that were made from it, also while workers write.
    pub(crate) async fn open(lake: &Lake) -> Result<Self, QueryError> {
        let (mut responses, mut aggregates) = (Vec::new(), None);
        for name in lake.tables().await? {
            if name.response_target().is_some() {
                responses.extend(open_existing(lake, &name).await?);
            } else if name == TableName::aggregates() {
                aggregates = open_existing(lake, &name).await?;
            }
        }
        let outcomes = open_existing(lake, &TableName::outcomes()).await?;
        let raw = open_existing(lake, &TableName::raw()).await?;
        let sources = open_existing(lake, &TableName::sources()).await?;
        let generations = lake.generations().await?;
        let mut pinned = BTreeMap::new();
        for table in responses {
            pinned.insert(table.name().clone(), pin(table, &generations).await?);
        }
        Ok(Self {
            sources: pin_or_absent(sources, &sources_schema(), &[]).await?,
            raw: pin_or_absent(raw, &tables::raw(), &generations).await?,
            outcomes: pin_or_absent(outcomes, &tables::outcomes(), &generations).await?,
            aggregates: pin_or_absent(aggregates, &tables::aggregates(), &generations).await?,
            responses: pinned,
            generations,
        })
    }

    /// Where each lane begins.
    pub(crate) fn starts(&self) -> BTreeMap<Lane, Offset> {
        self.generations.iter().flat_map(SourceGeneration::lanes).collect()
    }

    /// The tables that carry out what outcomes name, those that exist.
    pub(crate) fn carried(&self) -> impl Iterator<Item = (TableName, &Pinned)> {
        let aggregates = Some(&self.aggregates).filter(|pinned| pinned.version.is_some());
        let responses = self.responses.iter().map(|(name, pinned)| (name.clone(), pinned));
        responses.chain(aggregates.map(|pinned| (TableName::aggregates(), pinned)))
    }

    /// The cursors of the tables that carry out outcomes and exist, lane by lane: `target`, `generation`, `partition`, `next`.
    pub(crate) fn responses_cursors(&self) -> Result<RecordBatch, QueryError> {
        let starts = self.starts();
        let mut lines: Vec<(String, Lane, i64)> = Vec::new();
        for (name, pinned) in self.carried() {
            let next = |lane: &Lane, start: &Offset| pinned.cursors.get(lane).unwrap_or(start).0;
            let of_lane =
                |(lane, start): (&Lane, &Offset)| (name.as_str().to_owned(), *lane, next(lane, start));
            lines.extend(starts.iter().map(of_lane));
        }
        let generations = lines.iter().map(|(_, lane, _)| lane.generation.0);
        let partitions = lines.iter().map(|(_, lane, _)| lane.partition.0);
        RecordBatch::try_from_iter([
            (
                "target",
                Arc::new(StringViewArray::from_iter_values(lines.iter().map(|line| line.0.as_str()))) as _,
            ),
            ("generation", Arc::new(Int32Array::from_iter_values(generations)) as _),
            ("partition", Arc::new(Int32Array::from_iter_values(partitions)) as _),
            ("next", Arc::new(Int64Array::from_iter_values(lines.iter().map(|line| line.2))) as _),
        ])
        .map_err(|error| QueryError::running(&error.into()))
    }

    /// The version of each table that exists.
    pub(crate) fn versions(&self) -> BTreeMap<TableName, i64> {
        let fixed = [
            (TableName::sources(), &self.sources),
            (TableName::raw(), &self.raw),
            (TableName::outcomes(), &self.outcomes),
        ];
        fixed
            .into_iter()
            .chain(self.carried())
            .filter_map(|(name, pinned)| Some((name, pinned.version?)))
            .collect()
    }
}

/// A session that reads registered tables and nothing else: no tables by file name, no functions that read files.
pub(crate) fn new_session() -> SessionContext {
    let mut config = SessionConfig::new().with_information_schema(true);
    // The view `answers` plans what it reads from by itself, so joins in it are optimised twice; a join that was given
    // a dynamic filter the first time refuses to have its sides swapped the second time.
    config.options_mut().optimizer.enable_join_dynamic_filter_pushdown = false;
    SessionContext::new_with_config(config)
}

async fn open_existing(lake: &Lake, name: &TableName) -> Result<Option<Table>, QueryError> {
    match lake.open(name).await {
        Ok(table) => Ok(Some(table)),
        Err(LakeError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn pin_or_absent(
    table: Option<Table>,
    schema: &Schema,
    generations: &[SourceGeneration],
) -> Result<Pinned, QueryError> {
    match table {
        Some(table) => pin(table, generations).await,
        None => Ok(Pinned::absent(schema)),
    }
}

async fn pin(mut table: Table, generations: &[SourceGeneration]) -> Result<Pinned, QueryError> {
    let apps = generations.iter().flat_map(SourceGeneration::apps).collect();
    let cursors = table.cursors(&apps).await?;
    Ok(Pinned {
        provider: table.provider()?,
        version: Some(table.version()),
        cursors,
        schema: served(&table.schema()),
    })
}

/// A partition column of text. It stays a dictionary: behind a cast, a filter would no longer leave out files.
fn is_text_dictionary(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Dictionary(_, value) if matches!(**value, DataType::Utf8 | DataType::Utf8View))
}

/// The stored columns as they are served: text and bytes as views, which the engine reads without copying.
fn served(stored: &Schema) -> SchemaRef {
    let field = |field: &Arc<Field>| {
        let data_type = match field.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
            DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
            DataType::Dictionary(_, value) if **value == DataType::Utf8 => DataType::Utf8View,
            DataType::Dictionary(_, value) => value.as_ref().clone(),
            other => other.clone(),
        };
        Field::new(field.name(), data_type, field.is_nullable())
    };
    Arc::new(Schema::new(stored.fields().iter().map(field).collect::<Vec<_>>()))
}
