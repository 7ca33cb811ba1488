//! Rows of several sorted files as one sorted stream, in bounded memory.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, new_null_array};
use arrow::compute::{cast, concat_batches, interleave_record_batch};
use arrow::datatypes::SchemaRef;
use arrow::row::{OwnedRow, Row, RowConverter, Rows, SortField};
use parquet::arrow::async_reader::ParquetRecordBatchStream;

use crate::error::LakeError;
use crate::parquet_io::StoreReader;
use crate::scan::{DataFile, LiveFile, OpenFile};
use crate::table::Table;

/// Rows that are decoded at a time, over all files, if all of them have to be open at once.
const READ_ROWS: usize = 65_536;

/// Rows handed out at a time, and bytes in memory after which fewer are.
const OUT_ROWS: usize = 8_192;
const OUT_BYTES: usize = 16 << 20;

/// Rows that follow each other in one file are handed out as they are where they are so many on average: fewer cost a
/// wide table more, column by column, than putting them together.
const RUN_ROWS: usize = 128;

/// The columns that rows are sorted by, as far as a table has them: the order in which appends write a file.
const ORDER: [&str; 5] = ["group", "generation", "partition", "offset", "interpretation"];

/// A file that is being read.
struct Input {
    /// None where the file is read as a whole and closed.
    reader: Option<Reader>,
    /// Which of the batches held is being read, its sort keys, and its next row.
    held: usize,
    keys: Rows,
    at: usize,
}

/// A file that is open: a wide table's costs 0.1 MB for each of its columns, since each has a decompressor.
struct Reader {
    open: OpenFile,
    stream: ParquetRecordBatchStream<StoreReader>,
}

impl Input {
    fn key(&self) -> Row<'_> {
        self.keys.row(self.at)
    }
}

/// The merge of several files of one table. A file is opened when its lowest position comes near, so that files that
/// follow each other are open one by one. Every row comes out once, whether its file is sorted or not.
pub(crate) struct Merge<'a> {
    table: &'a Table,
    schema: SchemaRef,
    converter: RowConverter,
    /// Where the columns of the order stand in the schema.
    order: Vec<usize>,
    waiting: VecDeque<(OwnedRow, DataFile)>,
    /// Rows of one file that are decoded at a time.
    read_rows: usize,
    /// Files below so many bytes are decoded as a whole.
    whole_bytes: u64,
    inputs: Vec<Input>,
    held: Vec<RecordBatch>,
    held_bytes: usize,
    /// Rows that are next, as (batch held, row).
    next: Vec<(usize, usize)>,
    /// Rows that were put together and are next to be handed out.
    ready: VecDeque<RecordBatch>,
}

impl<'a> Merge<'a> {
    pub(crate) fn new(table: &'a Table, files: &[&LiveFile], whole_bytes: u64) -> Result<Self, LakeError> {
        let schema = table.schema();
        let order: Vec<usize> = ORDER.iter().filter_map(|name| schema.index_of(name).ok()).collect();
        let fields = order.iter().map(|at| SortField::new(schema.field(*at).data_type().clone())).collect();
        let unusable = |source| LakeError::arrow(table.name(), source);
        let converter = RowConverter::new(fields).map_err(unusable)?;
        let mut lows = Vec::with_capacity(files.len());
        for file in files {
            let columns = order.iter().map(|at| lowest(&schema, *at, file)).collect::<Result<Vec<_>, _>>();
            let rows = converter.convert_columns(&columns.map_err(unusable)?).map_err(unusable)?;
            lows.push((rows.row(0).owned(), file.file.clone()));
        }
        lows.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Self {
            table,
            schema,
            converter,
            order,
            read_rows: (READ_ROWS / files.len().max(1)).clamp(256, 4_096),
            whole_bytes,
            waiting: lows.into(),
            inputs: Vec::new(),
            held: Vec::new(),
            held_bytes: 0,
            next: Vec::new(),
            ready: VecDeque::new(),
        })
    }

    /// The next rows, all columns of the table; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<RecordBatch>, LakeError> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Ok(Some(ready));
            }
            let full = self.next.len() >= OUT_ROWS || self.held_bytes >= OUT_BYTES;
            if full && !self.next.is_empty() {
                self.put_together()?;
                continue;
            }
            let first = self.first();
            if self.is_near(first) {
                if let Some((_, file)) = self.waiting.pop_front() {
                    self.begin(file).await?;
                }
                continue;
            }
            let Some(first) = first else {
                if self.next.is_empty() {
                    return Ok(None);
                }
                self.put_together()?;
                continue;
            };
            self.take_run(first);
            if self.inputs[first].at == self.inputs[first].keys.num_rows() {
                self.go_on(first).await?;
            }
        }
    }

    /// The open file whose next row comes first.
    fn first(&self) -> Option<usize> {
        (0..self.inputs.len()).min_by(|one, other| self.inputs[*one].key().cmp(&self.inputs[*other].key()))
    }

    /// Whether a row of a file that is not open yet may come before the next row of those that are.
    fn is_near(&self, first: Option<usize>) -> bool {
        let near = |low: &OwnedRow| first.is_none_or(|at| low.row() <= self.inputs[at].key());
        self.waiting.front().is_some_and(|(low, _)| near(low))
    }

    /// Takes the rows of a file that come before those of all others.
    fn take_run(&mut self, first: usize) {
        let others = (0..self.inputs.len()).filter(|at| *at != first).map(|at| self.inputs[at].key());
        let waiting = self.waiting.front().map(|(low, _)| low.row());
        let until: Option<OwnedRow> = others.chain(waiting).min().map(|row| row.owned());
        let input = &mut self.inputs[first];
        let room = OUT_ROWS.saturating_sub(self.next.len()).max(1);
        let mut taken = 0;
        while input.at < input.keys.num_rows()
            && taken < room
            && (taken == 0 || until.as_ref().is_none_or(|until| input.key() <= until.row()))
        {
            self.next.push((input.held, input.at));
            input.at += 1;
            taken += 1;
        }
    }

    async fn begin(&mut self, file: DataFile) -> Result<(), LakeError> {
        let whole = file.size < self.whole_bytes;
        let open = self.table.open_file(file, None).await?;
        let stream = self.table.stream(&open, self.read_rows)?;
        let mut reader = Reader { open, stream };
        let batch = match whole {
            true => self.read_whole(reader).await?.map(|batch| (batch, None)),
            false => self.read(&mut reader).await?.map(|batch| (batch, Some(reader))),
        };
        if let Some((batch, reader)) = batch {
            let (held, keys) = self.hold(batch)?;
            self.inputs.push(Input { reader, held, keys, at: 0 });
        }
        Ok(())
    }

    /// Goes on with the next batch of a file whose last one is used up, or closes it.
    async fn go_on(&mut self, at: usize) -> Result<(), LakeError> {
        let Some(mut reader) = self.inputs.swap_remove(at).reader else { return Ok(()) };
        if let Some(batch) = self.read(&mut reader).await? {
            let (held, keys) = self.hold(batch)?;
            self.inputs.push(Input { reader: Some(reader), held, keys, at: 0 });
        }
        Ok(())
    }

    // `&mut`: the files that are open cannot be shared between threads, only handed on.
    async fn read(&mut self, reader: &mut Reader) -> Result<Option<RecordBatch>, LakeError> {
        while let Some(batch) = self.table.next_batch(&reader.open, &mut reader.stream, &self.schema).await? {
            if batch.num_rows() > 0 {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    async fn read_whole(&mut self, mut reader: Reader) -> Result<Option<RecordBatch>, LakeError> {
        let mut batches = Vec::new();
        while let Some(batch) = self.read(&mut reader).await? {
            batches.push(batch);
        }
        let whole = concat_batches(&self.schema, &batches);
        let whole = whole.map_err(|source| LakeError::arrow(self.table.name(), source))?;
        Ok((whole.num_rows() > 0).then_some(whole))
    }

    /// Holds a batch until its rows are handed out: where it stands, and its sort keys.
    fn hold(&mut self, batch: RecordBatch) -> Result<(usize, Rows), LakeError> {
        let columns: Vec<ArrayRef> = self.order.iter().map(|at| batch.column(*at).clone()).collect();
        let keys = self.converter.convert_columns(&columns);
        let keys = keys.map_err(|source| LakeError::arrow(self.table.name(), source))?;
        self.held_bytes += batch.get_array_memory_size();
        self.held.push(batch);
        Ok((self.held.len() - 1, keys))
    }

    /// Puts the next rows together, and lets go of batches that are used up.
    fn put_together(&mut self) -> Result<(), LakeError> {
        let follows = |one: &(usize, usize), next: &(usize, usize)| one.0 == next.0 && one.1 + 1 == next.1;
        let runs = || self.next.chunk_by(follows);
        if self.next.len() >= RUN_ROWS * runs().count() {
            let slices = runs().filter_map(|run| run.first().map(|(held, at)| (*held, *at, run.len())));
            self.ready.extend(slices.map(|(held, at, rows)| self.held[held].slice(at, rows)));
        } else {
            let held: Vec<&RecordBatch> = self.held.iter().collect();
            let rows = interleave_record_batch(&held, &self.next);
            self.ready.push_back(rows.map_err(|source| LakeError::arrow(self.table.name(), source))?);
        }
        self.next.clear();
        let mut kept = Vec::with_capacity(self.inputs.len());
        for input in &mut self.inputs {
            kept.push(self.held[input.held].clone());
            input.held = kept.len() - 1;
        }
        self.held_bytes = 0;
        self.held = kept;
        Ok(())
    }
}

/// The least that a column of the order can be in any row of a file; null, which sorts first, where nothing is known.
fn lowest(schema: &SchemaRef, at: usize, file: &LiveFile) -> Result<ArrayRef, arrow::error::ArrowError> {
    let field = schema.field(at);
    let known = match field.name().as_str() {
        "generation" => Some(file.low[0]),
        "partition" => Some(file.low[1]),
        "offset" => Some(file.low[2]),
        _ => None,
    };
    match known {
        // A bound that does not fit the column's type is none, and becomes null.
        Some(low) => cast(&(Arc::new(Int64Array::from(vec![low])) as ArrayRef), field.data_type()),
        None => Ok(new_null_array(field.data_type(), 1)),
    }
}
