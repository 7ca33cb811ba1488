use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::{concat_batches, sort_to_indices, take_record_batch};
use arrow::datatypes::{Int64Type, Schema, SchemaRef};
use arrow::error::ArrowError;
use shukei_schemas::{Lane, Offset, Span};

use crate::error::LakeError;
use crate::scan::{Filter, OpenFile};
use crate::table::Table;

const OFFSET: &str = "offset";

/// Which rows to read.
#[derive(Clone, Debug)]
pub struct RowsWanted {
    /// Of which lane.
    pub lane: Lane,
    /// Which offsets.
    pub span: Span,
    /// Which columns, in which order; all if none.
    pub columns: Option<Vec<String>>,
    /// Rows after which no further row group is begun.
    pub rows_max: Option<usize>,
    /// Bytes in memory after which no further row group is begun.
    pub bytes_max: Option<usize>,
}

impl RowsWanted {
    /// All columns of the lane's rows in the span, without limit.
    pub fn new(lane: Lane, span: Span) -> Self {
        Self { lane, span, columns: None, rows_max: None, bytes_max: None }
    }

    /// Only these columns.
    #[must_use]
    pub fn columns(mut self, names: &[&str]) -> Self {
        self.columns = Some(names.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// No further row group after so many rows or bytes.
    #[must_use]
    pub fn limits(mut self, rows_max: usize, bytes_max: usize) -> Self {
        self.rows_max = Some(rows_max);
        self.bytes_max = Some(bytes_max);
        self
    }
}

/// Rows of one lane in order of their offsets.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The rows; the batches follow each other.
    pub batches: Vec<RecordBatch>,
    /// Every row before this offset that was wanted is there, and none at or behind it: the end of the span, or less
    /// where a limit was met.
    pub end: Offset,
}

impl Rows {
    /// How many rows.
    pub fn len(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Table {
    /// The rows of one lane in the version held, sorted by offset: Parquet files are read directly, without SQL.
    ///
    /// Files are left out by partition values and log statistics, row groups by Parquet statistics. With limits the
    /// result is a prefix without gaps that ends at [`Rows::end`]; at least one row group is read.
    ///
    /// # Errors
    /// [`LakeError::Schema`] if a column does not exist or the table has no positions, [`LakeError::Parquet`] if a
    /// file cannot be read.
    pub async fn rows(&self, wanted: &RowsWanted) -> Result<Rows, LakeError> {
        let schema = self.schema();
        let output = self.selection(&schema, wanted.columns.as_deref())?;
        let mut read: Vec<usize> = output.clone();
        let offset = schema
            .index_of(OFFSET)
            .map_err(|_| LakeError::schema(&self.name, "its rows have no position"))?;
        if !read.contains(&offset) {
            read.push(offset);
        }
        let unusable = |source: ArrowError| LakeError::arrow(&self.name, source);
        let read_schema = Arc::new(schema.project(&read).map_err(unusable)?);
        let filter = Filter { lane: wanted.lane, span: wanted.span };
        let (batches, end) = self.gather(wanted, &filter, &read_schema).await?;
        let places: Vec<usize> = (0..output.len()).collect();
        let batches = in_order(batches).map_err(unusable)?;
        let batches = batches.iter().map(|batch| batch.project(&places)).collect::<Result<_, _>>();
        Ok(Rows { batches: batches.map_err(unusable)?, end })
    }

    /// All rows of a small table in the version held, in no order.
    ///
    /// # Errors
    /// [`LakeError::Parquet`] if a file cannot be read.
    pub async fn all_rows(&self) -> Result<Vec<RecordBatch>, LakeError> {
        let schema = self.schema();
        let mut batches = Vec::new();
        for file in self.files(None)? {
            let open = self.open_file(file, None).await?;
            for group in &open.groups {
                batches.extend(self.read_group(&open, *group, None, &schema).await?);
            }
        }
        Ok(batches)
    }

    /// Reads row groups in order of their first offset until a limit is met and what was read is a clean prefix.
    async fn gather(
        &self,
        wanted: &RowsWanted,
        filter: &Filter,
        schema: &SchemaRef,
    ) -> Result<(Vec<RecordBatch>, Offset), LakeError> {
        let mut waiting = self.files(Some(filter))?.into_iter().peekable();
        let mut open: Vec<OpenFile> = Vec::new();
        let mut batches: Vec<RecordBatch> = Vec::new();
        let (mut rows, mut bytes, mut highest) = (0, 0, i64::MIN);
        loop {
            // Open every file that may come before the next row group of those that are open.
            let mut next = next_group(&open);
            while let Some(file) = waiting.next_if(|file| next.is_none_or(|(_, low)| file.offsets.low <= low))
            {
                open.push(self.open_file(file, Some(filter)).await?);
                next = next_group(&open);
            }
            let Some((at, low)) = next else {
                return Ok((batches, wanted.span.end));
            };
            let full = wanted.rows_max.is_some_and(|max| rows >= max.max(1))
                || wanted.bytes_max.is_some_and(|max| bytes >= max.max(1));
            if full && low > highest {
                return Ok((batches, Offset(low.clamp(wanted.span.first.0, wanted.span.end.0))));
            }
            let group = open[at].groups.remove(0);
            let read = self.read_group(&open[at], group, Some(filter), schema).await?;
            for batch in read.into_iter().filter(|batch| batch.num_rows() > 0) {
                rows += batch.num_rows();
                bytes += batch.get_array_memory_size();
                highest = highest.max(offsets_of(&batch).iter().copied().max().unwrap_or(i64::MIN));
                batches.push(batch);
            }
            open.retain(|file| !file.groups.is_empty());
        }
    }

    fn selection(&self, schema: &Schema, names: Option<&[String]>) -> Result<Vec<usize>, LakeError> {
        let Some(names) = names else { return Ok((0..schema.fields().len()).collect()) };
        let place = |name: &String| {
            schema
                .index_of(name)
                .map_err(|_| LakeError::schema(&self.name, format!("it has no column `{name}`")))
        };
        names.iter().map(place).collect()
    }
}

/// The open file whose next row group begins first, and where that is.
fn next_group(open: &[OpenFile]) -> Option<(usize, i64)> {
    let firsts =
        open.iter().enumerate().filter_map(|(at, file)| Some((at, file.groups.first()?.offsets.low)));
    firsts.min_by_key(|(_, low)| *low)
}

fn offsets_of(batch: &RecordBatch) -> &[i64] {
    batch
        .column_by_name(OFFSET)
        .and_then(|column| column.as_primitive_opt::<Int64Type>())
        .map_or(&[], |column| column.values())
}

/// The batches as they are if offsets only rise, or one sorted batch.
fn in_order(batches: Vec<RecordBatch>) -> Result<Vec<RecordBatch>, ArrowError> {
    if batches.iter().flat_map(offsets_of).is_sorted() {
        return Ok(batches);
    }
    let schema = batches[0].schema();
    let all = concat_batches(&schema, &batches)?;
    let offsets = all.column(schema.index_of(OFFSET)?);
    let order = sort_to_indices(offsets, None, None)?;
    Ok(vec![take_record_batch(&all, &order)?])
}
