use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{
    Array, ArrayRef, AsArray, Int32Array, Int64Array, ListArray, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{
    DataType, Field, Int32Type, Int64Type, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType,
};
use shukei_protocol::{GenerationDecision, LaneEnd, Permit, TableName, decide_closing, decide_generation};
use shukei_schemas::{Generation, Lane, Offset, Partition, TopicId};

use crate::commit::Commit;
use crate::error::LakeError;
use crate::lake::Lake;
use crate::table::Table;

/// The application transaction that counts generations in `sources`.
pub(crate) const GENERATION_APP: &str = "generation";

/// The application transaction in `sources` that says where a partition of a closed generation ended. Rows of `sources`
/// never change, and its columns are those of every data folder that there is.
pub(crate) fn closed_app(generation: Generation, partition: Partition) -> String {
    format!("closed/{generation}/{partition}")
}

const ATTEMPTS_MAX: u32 = 10;

/// The application transaction that is the cursor of a partition, the same in every table: of the topic id, never of
/// a group or a worker.
pub fn app_id(topic_id: &TopicId, partition: Partition) -> String {
    format!("{topic_id}/{partition}")
}

/// The columns of the table `sources`, one row per generation.
pub fn sources_schema() -> SchemaRef {
    let offsets = DataType::List(Arc::new(offset_item()));
    Arc::new(Schema::new(vec![
        Field::new("generation", DataType::Int32, false),
        Field::new("topic", DataType::Utf8, false),
        Field::new("topic_id", DataType::Utf8, false),
        Field::new("partitions", DataType::Int32, false),
        Field::new("first_offsets", offsets, false),
        Field::new("opened_at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false),
    ]))
}

fn offset_item() -> Field {
    Field::new("element", DataType::Int64, false)
}

/// One topic id under which submissions were or are received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceGeneration {
    /// Its number, from 1.
    pub generation: Generation,
    /// The name of the topic.
    pub topic: String,
    /// The identity of the topic.
    pub topic_id: TopicId,
    /// The first offset of each partition, in their order: where a lane without a cursor begins.
    pub first_offsets: Vec<Offset>,
    /// When it was opened, in microseconds since 1970 UTC.
    pub opened_at_us: i64,
    /// Once it is closed, the end of each partition: every table is complete up to there, and nothing more will come.
    /// Workers then need not look at its cursors any more.
    pub closed: Option<Vec<Offset>>,
}

impl SourceGeneration {
    /// Its lanes in order, each with the offset where it begins.
    pub fn lanes(&self) -> impl Iterator<Item = (Lane, Offset)> + '_ {
        self.first_offsets.iter().zip(0..).map(|(first, partition)| {
            (Lane { generation: self.generation, partition: Partition(partition) }, *first)
        })
    }

    /// The application transaction of each of its lanes, as [`crate::Table::cursors`] and [`crate::Commit`] take it.
    pub fn apps(&self) -> BTreeMap<Lane, String> {
        self.lanes().map(|(lane, _)| (lane, app_id(&self.topic_id, lane.partition))).collect()
    }
}

impl Lake {
    /// Every generation, in order; none if the table `sources` does not exist. The rows are read only if the table has
    /// a newer version than when they were last asked for.
    ///
    /// # Errors
    /// Those of [`Lake::open`], and [`LakeError::Schema`] if the rows are not those of `sources`.
    pub async fn generations(&self) -> Result<Vec<SourceGeneration>, LakeError> {
        let name = TableName::sources();
        if let Some((version, known)) = self.known_generations() {
            let newest = self.log_store(&name)?.get_latest_version(version).await;
            if newest.is_ok_and(|newest| newest == version) {
                return Ok(known);
            }
        }
        let mut table = match self.open(&name).await {
            Ok(table) => table,
            Err(LakeError::NotFound { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let generations = read(&mut table).await?;
        if let Ok(version) = u64::try_from(table.version()) {
            self.know_generations(version, generations.clone());
        }
        Ok(generations)
    }

    /// Closes a generation that is drained everywhere; whether it is closed now. `lanes` are all its lanes in order of
    /// their partitions, read while nobody else writes to the data folder.
    ///
    /// # Errors
    /// Those of [`Lake::open`] and of [`Table::commit`]: an unknown outcome; look at [`Lake::generations`] again.
    pub async fn close_generation(
        &self,
        generation: Generation,
        lanes: &[LaneEnd],
    ) -> Result<bool, LakeError> {
        let mut table = self.open(&TableName::sources()).await?;
        let known = read(&mut table).await?;
        let newest = known.iter().map(|known| known.generation).max().unwrap_or(generation);
        let Some(found) = known.iter().find(|known| known.generation == generation) else {
            return Ok(false);
        };
        if found.closed.is_some() {
            return Ok(true);
        }
        if found.first_offsets.len() != lanes.len() {
            return Ok(false);
        }
        match decide_closing(table.version(), generation, newest, lanes) {
            Some(permit) => table.commit(Commit::new(permit, BTreeMap::new())).await.map(|_| true),
            None => Ok(false),
        }
    }

    /// The generation of a topic id: the one that has it already, or the next one, written now.
    ///
    /// Two who open at once get different numbers for different topic ids and the same one for the same. It is the
    /// caller's to see whether the generation is still the newest, and whether an operator has to accept it.
    ///
    /// # Errors
    /// [`LakeError::Contended`] after ten attempts that came to nothing.
    pub async fn open_generation(
        &self,
        topic: &str,
        topic_id: &TopicId,
        first_offsets: &[Offset],
        now_us: i64,
    ) -> Result<SourceGeneration, LakeError> {
        let mut attempts = 1;
        loop {
            let error = match self.try_open(topic, topic_id, first_offsets, now_us).await {
                Ok(generation) => return Ok(generation),
                Err(error) => error,
            };
            tracing::info!(topic, attempts, %error, "opening a generation is tried again");
            if attempts == ATTEMPTS_MAX {
                return Err(LakeError::Contended {
                    topic: topic.to_owned(),
                    attempts,
                    source: Box::new(error),
                });
            }
            tokio::time::sleep(Duration::from_millis(10 << attempts)).await;
            attempts += 1;
        }
    }

    async fn try_open(
        &self,
        topic: &str,
        topic_id: &TopicId,
        first_offsets: &[Offset],
        opened_at_us: i64,
    ) -> Result<SourceGeneration, LakeError> {
        let name = TableName::sources();
        let mut table = self.create_if_absent(&name, sources_schema(), &[], &["generation"]).await?;
        let rows = read(&mut table).await?;
        let known: Vec<_> = rows.iter().map(|row| (row.generation, row.topic_id.clone())).collect();
        match decide_generation(table.version(), &known, topic_id) {
            GenerationDecision::Known { generation, .. } => {
                let found = rows.into_iter().find(|row| row.generation == generation);
                found.ok_or_else(|| LakeError::schema(&name, "a generation has no row"))
            }
            GenerationDecision::Open { generation, permit } => {
                let row = SourceGeneration {
                    generation,
                    topic: topic.to_owned(),
                    topic_id: topic_id.clone(),
                    first_offsets: first_offsets.to_vec(),
                    opened_at_us,
                    closed: None,
                };
                append(&mut table, permit, &row).await?;
                Ok(row)
            }
        }
    }
}

async fn append(table: &mut Table, permit: Permit, row: &SourceGeneration) -> Result<(), LakeError> {
    let offsets: Vec<i64> = row.first_offsets.iter().map(|offset| offset.0).collect();
    let partitions = i32::try_from(offsets.len()).unwrap_or(i32::MAX);
    let lengths = OffsetBuffer::from_lengths([offsets.len()]);
    let arrow_error = |source| LakeError::arrow(&TableName::sources(), source);
    let offsets =
        ListArray::try_new(Arc::new(offset_item()), lengths, Arc::new(Int64Array::from(offsets)), None);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![row.generation.0])),
        Arc::new(StringArray::from(vec![row.topic.as_str()])),
        Arc::new(StringArray::from(vec![row.topic_id.as_str()])),
        Arc::new(Int32Array::from(vec![partitions])),
        Arc::new(offsets.map_err(arrow_error)?),
        Arc::new(TimestampMicrosecondArray::from(vec![row.opened_at_us]).with_timezone("UTC")),
    ];
    let batch = RecordBatch::try_new(sources_schema(), columns).map_err(arrow_error)?;
    let mut commit = Commit::new(permit, BTreeMap::new());
    commit.adds.push(batch.into());
    table.commit(commit).await?;
    Ok(())
}

async fn read(table: &mut Table) -> Result<Vec<SourceGeneration>, LakeError> {
    let mut rows = Vec::new();
    for batch in table.all_rows().await? {
        for row in 0..batch.num_rows() {
            let parsed = parse(&batch, row);
            rows.push(parsed.ok_or_else(|| LakeError::schema(table.name(), "a row has other types"))?);
        }
    }
    rows.sort_by_key(|row: &SourceGeneration| row.generation);
    for row in &mut rows {
        let mut ends = Vec::with_capacity(row.first_offsets.len());
        for partition in (0..).map(Partition).take(row.first_offsets.len()) {
            ends.extend(table.cursor(&closed_app(row.generation, partition)).await?.map(Offset));
        }
        row.closed = Some(ends).filter(|ends| !ends.is_empty() && ends.len() == row.first_offsets.len());
    }
    Ok(rows)
}

fn parse(batch: &RecordBatch, row: usize) -> Option<SourceGeneration> {
    let column = |name| batch.column_by_name(name).filter(|column| column.is_valid(row));
    let text = |name| Some(column(name)?.as_string_opt::<i32>()?.value(row).to_owned());
    let offsets = column("first_offsets")?.as_list_opt::<i32>()?.value(row);
    let offsets = offsets.as_primitive_opt::<Int64Type>()?;
    Some(SourceGeneration {
        generation: Generation(column("generation")?.as_primitive_opt::<Int32Type>()?.value(row)),
        topic: text("topic")?,
        topic_id: TopicId::new(text("topic_id")?),
        first_offsets: offsets.values().iter().map(|offset| Offset(*offset)).collect(),
        opened_at_us: column("opened_at")?.as_primitive_opt::<TimestampMicrosecondType>()?.value(row),
        closed: None,
    })
}
