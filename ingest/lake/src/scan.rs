use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{Field, SchemaRef};
use datafusion::common::ScalarValue;
use futures::TryStreamExt;
use object_store::path::Path;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions, RowFilter};
use parquet::arrow::async_reader::ParquetRecordBatchStream;
use parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;
use shukei_protocol::TableName;
use shukei_schemas::{Lane, Span};

use crate::error::LakeError;
use crate::parquet_io::StoreReader;
use crate::schema::number_at;
use crate::stats::{Bounds, FileStats};
use crate::table::Table;

const BATCH_ROWS: usize = 8_192;

/// Which rows of a lane: what files, row groups and rows are left out by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filter {
    pub(crate) lane: Lane,
    pub(crate) span: Span,
}

impl Filter {
    const COLUMNS: [&str; 3] = ["generation", "partition", "offset"];

    /// Whether rows with such values are possible.
    fn meets(&self, bounds: impl Fn(&str) -> Bounds) -> bool {
        bounds("generation").holds(self.lane.generation.0.into())
            && bounds("partition").holds(self.lane.partition.0.into())
            && bounds("offset").meets(self.span.first.0, self.span.end.0)
    }

    fn allows(&self, column: &str, value: i64) -> bool {
        match column {
            "generation" => value == i64::from(self.lane.generation.0),
            "partition" => value == i64::from(self.lane.partition.0),
            _ => self.span.first.0 <= value && value < self.span.end.0,
        }
    }
}

/// One file of the snapshot.
#[derive(Clone)]
pub(crate) struct DataFile {
    path: Path,
    pub(crate) size: u64,
    pub(crate) partitions: HashMap<String, Option<String>>,
    /// Its offsets, as the log says.
    pub(crate) offsets: Bounds,
}

/// One file of the snapshot, as maintenance wants it.
pub(crate) struct LiveFile {
    /// As the log says it.
    pub(crate) path: String,
    pub(crate) file: DataFile,
    /// A lower bound of its positions: generation, partition, offset.
    pub(crate) low: [i64; 3],
}

/// A file whose footer was read, and its row groups that may hold rows wanted, in order of their first offset.
pub(crate) struct OpenFile {
    file: DataFile,
    reader: StoreReader,
    metadata: ArrowReaderMetadata,
    pub(crate) groups: Vec<Group>,
}

/// One row group.
#[derive(Clone, Copy)]
pub(crate) struct Group {
    at: usize,
    pub(crate) offsets: Bounds,
}

impl Table {
    /// The files of the snapshot that may hold rows wanted, in order of their first offset.
    pub(crate) fn files(&self, filter: Option<&Filter>) -> Result<Vec<DataFile>, LakeError> {
        let mut files = Vec::new();
        for view in self.state()?.log_data().iter() {
            if view.deletion_vector_descriptor().is_some() {
                return Err(LakeError::schema(
                    &self.name,
                    "it has deletion vectors, which only other programs write",
                ));
            }
            let partitions = view.partition_values_map();
            let by_partition = |column: &str| match partitions.get(column) {
                Some(value) => exactly(value.as_deref()),
                None => Bounds::ANY,
            };
            // Statistics are text: read only where the folder does not say enough.
            if filter.is_some_and(|filter| !filter.meets(by_partition)) {
                continue;
            }
            let stats = FileStats::parse(view.stats());
            let bounds = |column: &str| match partitions.get(column) {
                Some(_) => Bounds::ANY,
                None => stats.bounds(column),
            };
            if filter.is_none_or(|filter| filter.meets(bounds)) {
                let offsets = stats.bounds("offset");
                let size = u64::try_from(view.size()).unwrap_or_default();
                files.push(DataFile { path: view.object_store_path(), size, partitions, offsets });
            }
        }
        files.sort_by_key(|file| file.offsets.low);
        Ok(files)
    }

    /// Every file of the snapshot, in no order.
    pub(crate) fn live_files(&self) -> Result<Vec<LiveFile>, LakeError> {
        let mut files = Vec::new();
        for view in self.state()?.log_data().iter() {
            let partitions = view.partition_values_map();
            let stats = FileStats::parse(view.stats());
            let bounds = |column: &str| match partitions.get(column) {
                Some(value) => exactly(value.as_deref()),
                None => stats.bounds(column),
            };
            let low = Filter::COLUMNS.map(|column| bounds(column).low);
            let (path, offsets) = (view.path().into_owned(), bounds("offset"));
            let size = u64::try_from(view.size()).unwrap_or_default();
            let file = DataFile { path: view.object_store_path(), size, partitions, offsets };
            files.push(LiveFile { path, file, low });
        }
        Ok(files)
    }

    /// Reads the footer of a file.
    pub(crate) async fn open_file(
        &self,
        file: DataFile,
        filter: Option<&Filter>,
    ) -> Result<OpenFile, LakeError> {
        let mut reader =
            StoreReader { store: self.delta.object_store(), path: file.path.clone(), size: file.size };
        let metadata = ArrowReaderMetadata::load_async(&mut reader, ArrowReaderOptions::new()).await;
        let metadata = metadata.map_err(|source| unusable(&self.name, &file, source))?;
        let mut groups: Vec<Group> = metadata
            .metadata()
            .row_groups()
            .iter()
            .enumerate()
            .filter(|(_, group)| {
                filter.is_none_or(|filter| {
                    filter.meets(|column| match file.partitions.get(column) {
                        Some(value) => exactly(value.as_deref()),
                        None => group_bounds(group, column),
                    })
                })
            })
            .map(|(at, group)| Group { at, offsets: group_bounds(group, "offset") })
            .collect();
        groups.sort_by_key(|group| group.offsets.low);
        Ok(OpenFile { file, reader, metadata, groups })
    }

    /// The rows wanted of one row group, under `schema`: a selection of the table's columns.
    pub(crate) async fn read_group(
        &self,
        open: &OpenFile,
        group: Group,
        filter: Option<&Filter>,
        schema: &SchemaRef,
    ) -> Result<Vec<RecordBatch>, LakeError> {
        let unusable = |source| unusable(&self.name, &open.file, source);
        let parquet = open.metadata.parquet_schema();
        let stored = |name: &str| open.metadata.schema().index_of(name).ok();
        let roots = schema.fields().iter().filter_map(|field| stored(field.name()));
        let mut builder =
            ParquetRecordBatchStreamBuilder::new_with_metadata(open.reader.clone(), open.metadata.clone())
                .with_row_groups(vec![group.at])
                .with_batch_size(BATCH_ROWS)
                .with_projection(ProjectionMask::roots(parquet, roots));
        if let Some(filter) = filter.copied() {
            // Positions first: payloads of rows that are not wanted are not decoded.
            let mask = ProjectionMask::roots(parquet, Filter::COLUMNS.into_iter().filter_map(stored));
            let keep = move |batch: RecordBatch| Ok(matching(&filter, &batch));
            builder =
                builder.with_row_filter(RowFilter::new(vec![Box::new(ArrowPredicateFn::new(mask, keep))]));
        }
        let batches: Vec<RecordBatch> =
            builder.build().map_err(unusable)?.try_collect().await.map_err(unusable)?;
        batches.iter().map(|batch| self.assemble(&open.file, batch, schema)).collect()
    }

    /// All rows of a file in their order, batch by batch, as they are stored: [`Table::assemble`] makes them whole.
    pub(crate) fn stream(
        &self,
        open: &OpenFile,
        batch_rows: usize,
    ) -> Result<ParquetRecordBatchStream<StoreReader>, LakeError> {
        ParquetRecordBatchStreamBuilder::new_with_metadata(open.reader.clone(), open.metadata.clone())
            .with_batch_size(batch_rows)
            .build()
            .map_err(|source| unusable(&self.name, &open.file, source))
    }

    /// The next batch of a stream of the file, under `schema`.
    pub(crate) async fn next_batch(
        &self,
        open: &OpenFile,
        stream: &mut ParquetRecordBatchStream<StoreReader>,
        schema: &SchemaRef,
    ) -> Result<Option<RecordBatch>, LakeError> {
        let batch = stream.try_next().await.map_err(|source| unusable(&self.name, &open.file, source))?;
        batch.map(|batch| self.assemble(&open.file, &batch, schema)).transpose()
    }

    /// Puts partition columns back and gives the columns the table's types.
    fn assemble(
        &self,
        file: &DataFile,
        batch: &RecordBatch,
        schema: &SchemaRef,
    ) -> Result<RecordBatch, LakeError> {
        let column = |field: &Arc<Field>| -> Result<ArrayRef, LakeError> {
            if let Some(value) = file.partitions.get(field.name()) {
                return self.partition_column(field, value.as_deref(), batch.num_rows());
            }
            match batch.column_by_name(field.name()) {
                Some(column) if column.data_type() == field.data_type() => Ok(column.clone()),
                Some(column) => cast(column, field.data_type()).map_err(|s| LakeError::arrow(&self.name, s)),
                None => Ok(new_null_array(field.data_type(), batch.num_rows())),
            }
        };
        let columns = schema.fields().iter().map(column).collect::<Result<Vec<_>, _>>()?;
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(schema.clone(), columns, &options)
            .map_err(|source| LakeError::arrow(&self.name, source))
    }

    fn partition_column(
        &self,
        field: &Field,
        value: Option<&str>,
        rows: usize,
    ) -> Result<ArrayRef, LakeError> {
        let Some(value) = value else { return Ok(new_null_array(field.data_type(), rows)) };
        ScalarValue::try_from_string(value.to_owned(), field.data_type())
            .and_then(|scalar| scalar.to_array_of_size(rows))
            .map_err(|_| {
                LakeError::schema(&self.name, format!("partition column `{}` is unreadable", field.name()))
            })
    }
}

fn matching(filter: &Filter, batch: &RecordBatch) -> BooleanArray {
    let mut keep = vec![true; batch.num_rows()];
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        for (row, keep) in keep.iter_mut().enumerate() {
            *keep &= number_at(column, row).is_some_and(|value| filter.allows(field.name(), value));
        }
    }
    keep.into()
}

/// The bounds of a partition column; a value that is no number says nothing.
fn exactly(value: Option<&str>) -> Bounds {
    match value.and_then(|value| value.parse().ok()) {
        Some(number) => Bounds { low: number, high: number },
        None => Bounds::ANY,
    }
}

fn group_bounds(group: &RowGroupMetaData, column: &str) -> Bounds {
    let found = group.columns().iter().find(|chunk| chunk.column_path().string() == column);
    let bounds = match found.and_then(|chunk| chunk.statistics()) {
        Some(Statistics::Int32(s)) => {
            s.min_opt().zip(s.max_opt()).map(|(l, h)| (i64::from(*l), i64::from(*h)))
        }
        Some(Statistics::Int64(s)) => s.min_opt().zip(s.max_opt()).map(|(l, h)| (*l, *h)),
        _ => None,
    };
    bounds.map_or(Bounds::ANY, |(low, high)| Bounds { low, high })
}

fn unusable(table: &TableName, file: &DataFile, source: ParquetError) -> LakeError {
    LakeError::Parquet { table: table.clone(), path: file.path.to_string(), source }
}
