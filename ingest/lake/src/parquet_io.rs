use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

/// Enough for footer and metadata of a wide table's file, so that opening costs one read.
const FOOTER: usize = 64 << 10;

/// How large a row group may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowGroups {
    pub(crate) rows_max: usize,
    pub(crate) bytes_max: Option<usize>,
}

/// In a file of fewer rows only text is compressed, and faster.
const FEW_ROWS: usize = 8_192;

/// One Parquet file of the rows. Takes CPU time: not for an async thread.
pub(crate) fn encode(batch: &RecordBatch, groups: RowGroups) -> Result<Vec<u8>> {
    let mut file = FileWriter::new(&batch.schema(), groups, batch.num_rows())?;
    file.write(batch)?;
    file.finish()
}

/// One Parquet file whose rows come one batch after the other; what is written can be taken out on the way. Takes CPU
/// time: not for an async thread.
pub(crate) struct FileWriter {
    writer: ArrowWriter<Vec<u8>>,
    groups: RowGroups,
    /// Rows and bytes in the row group that is open.
    rows: usize,
    bytes: usize,
}

impl FileWriter {
    /// A file for so many rows, as far as that is known; more are no error.
    pub(crate) fn new(schema: &SchemaRef, groups: RowGroups, rows_expected: usize) -> Result<Self> {
        // What is appended is written again soon, with its neighbours, and waited for now.
        let level = if rows_expected < FEW_ROWS { 1 } else { 3 };
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(level)?))
            .set_created_by(concat!("shukei-lake ", env!("CARGO_PKG_VERSION")).to_owned())
            // Groups are closed here.
            .set_max_row_group_row_count(None);
        for field in schema.fields() {
            // Each column's decompressor holds 0.1 MB, however little it reads, and a wide form has hundreds of columns.
            let is_small =
                field.data_type().primitive_width().is_some() || field.data_type() == &DataType::Boolean;
            if rows_expected < FEW_ROWS && is_small {
                let path = ColumnPath::from(field.name().as_str());
                properties = properties.set_column_compression(path, Compression::UNCOMPRESSED);
            }
            // Payloads never repeat and nobody looks for the least of them.
            if field.data_type() == &DataType::Binary {
                let path = ColumnPath::from(field.name().as_str());
                properties = properties
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_statistics_enabled(path, EnabledStatistics::None);
            }
        }
        let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties.build()))?;
        Ok(Self { writer, groups, rows: 0, bytes: 0 })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let sizes = self.groups.bytes_max.map(|max| (max, row_sizes(batch)));
        let mut from = 0;
        for row in 0..batch.num_rows() {
            let size = sizes.as_ref().map_or(0, |(_, sizes)| sizes[row]);
            let full = self.rows >= self.groups.rows_max.max(1)
                || sizes.as_ref().is_some_and(|(max, _)| self.rows > 0 && self.bytes + size > *max);
            if full {
                self.writer.write(&batch.slice(from, row - from))?;
                self.writer.flush()?;
                (from, self.rows, self.bytes) = (row, 0, 0);
            }
            self.rows += 1;
            self.bytes += size;
        }
        self.writer.write(&batch.slice(from, batch.num_rows() - from))
    }

    /// What is written of the file since this was last asked.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.writer.inner_mut())
    }

    /// The rest of the file.
    pub(crate) fn finish(self) -> Result<Vec<u8>> {
        self.writer.into_inner()
    }
}

/// Uncompressed bytes per row: exact for text and binary columns, the mean for all others.
fn row_sizes(batch: &RecordBatch) -> Vec<usize> {
    let rows = batch.num_rows();
    let mut sizes = vec![0; rows];
    for column in batch.columns() {
        match column.data_type() {
            DataType::Binary => {
                let offsets = column.as_binary::<i32>().offsets();
                sizes.iter_mut().zip(offsets.lengths()).for_each(|(size, length)| *size += length + 4);
            }
            DataType::Utf8 => {
                let offsets = column.as_string::<i32>().offsets();
                sizes.iter_mut().zip(offsets.lengths()).for_each(|(size, length)| *size += length + 4);
            }
            _ => {
                let mean = column.to_data().get_slice_memory_size().unwrap_or(0).div_ceil(rows.max(1));
                sizes.iter_mut().for_each(|size| *size += mean);
            }
        }
    }
    sizes
}

/// A data file in an object store, as the Parquet reader wants it.
#[derive(Clone)]
pub(crate) struct StoreReader {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) path: Path,
    pub(crate) size: u64,
}

fn external(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

impl AsyncFileReader for StoreReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        async move { self.store.get_range(&self.path, range).await.map_err(external) }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        async move { self.store.get_ranges(&self.path, &ranges).await.map_err(external) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        async move {
            let size = self.size;
            let reader = ParquetMetaDataReader::new()
                .with_arrow_reader_options(options)
                .with_prefetch_hint(Some(FOOTER));
            Ok(Arc::new(reader.load_and_finish(self, size).await?))
        }
        .boxed()
    }
}
