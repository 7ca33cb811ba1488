use std::borrow::Cow;
use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::json::writer::{JsonArray, Writer, WriterBuilder};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::TryStreamExt;
use shukei_query::QueryRows;

use crate::error::DoorError;
use crate::table::{self, Column};

/// How rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people: fits a terminal, numbers to the right, long cells cut.
    #[default]
    Table,
    /// RFC 4180: a header, CRLF at the end of each line, quotes where needed; null is empty.
    Csv,
    /// CSV for spreadsheets: a byte order mark says that it is UTF-8, and no cell is run as a formula.
    Excel,
    /// One array of objects, null where a value is missing.
    Json,
}

/// The mark by which a spreadsheet knows UTF-8 (BOM).
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Writes rows; `columns_max` is the width of the terminal, which only tables care about.
///
/// # Errors
/// [`DoorError::Write`] if the writer fails, [`DoorError::Value`] if a value has no text.
pub fn render(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    format: Format,
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    let mut sink = Sink::new(schema.clone(), format, out)?;
    batches.iter().try_for_each(|batch| sink.write(batch))?;
    sink.finish(columns_max)
}

/// Writes the rows of a query while they come; only a table is gathered first.
///
/// # Errors
/// Those of [`render`], and [`DoorError::Query`] if the query fails on the way; what came before it is written.
pub async fn render_rows(
    mut rows: QueryRows,
    format: Format,
    columns_max: usize,
    out: &mut (dyn Write + Send),
) -> Result<(), DoorError> {
    let mut sink = Sink::new(rows.schema(), format, out)?;
    while let Some(batch) = rows.try_next().await? {
        sink.write(&batch)?;
    }
    sink.finish(columns_max)
}

/// Where batches go.
enum Sink<W: Write> {
    Table { schema: SchemaRef, rows: Vec<Vec<String>>, out: W },
    Csv(Box<csv::Writer<W>>),
    Excel(Box<csv::Writer<W>>),
    Json(Box<Writer<W, JsonArray>>),
}

impl<W: Write> Sink<W> {
    fn new(schema: SchemaRef, format: Format, mut out: W) -> Result<Self, DoorError> {
        let csv = |out| csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        let names = || schema.fields().iter().map(|field| field.name().as_str());
        Ok(match format {
            Format::Table => Self::Table { schema, rows: Vec::new(), out },
            Format::Csv => {
                let mut csv = csv(out);
                csv.write_record(names()).map_err(DoorError::csv)?;
                Self::Csv(Box::new(csv))
            }
            Format::Excel => {
                out.write_all(BYTE_ORDER_MARK.as_bytes())?;
                let mut csv = csv(out);
                csv.write_record(names().map(no_formula).map(Cow::into_owned)).map_err(DoorError::csv)?;
                Self::Excel(Box::new(csv))
            }
            Format::Json => Self::Json(Box::new(WriterBuilder::new().with_explicit_nulls(true).build(out))),
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), DoorError> {
        match self {
            Self::Table { rows, .. } => each_row(batch, |cells| {
                rows.push(cells.to_vec());
                Ok(())
            }),
            Self::Csv(csv) => each_row(batch, |cells| csv.write_record(cells).map_err(DoorError::csv)),
            Self::Excel(csv) => each_row(batch, |cells| {
                let cells = cells.iter().map(|cell| no_formula(cell).into_owned());
                csv.write_record(cells).map_err(DoorError::csv)
            }),
            Self::Json(json) => json.write(batch).map_err(DoorError::arrow),
        }
    }

    fn finish(self, columns_max: usize) -> Result<(), DoorError> {
        match self {
            Self::Table { schema, rows, mut out } => {
                table::write(&columns(&schema), &rows, columns_max, &mut out)
            }
            Self::Csv(mut csv) | Self::Excel(mut csv) => Ok(csv.flush()?),
            Self::Json(mut json) => {
                json.finish().map_err(DoorError::arrow)?;
                writeln!(json.into_inner())?;
                Ok(())
            }
        }
    }
}

/// The cell with an apostrophe before it where a spreadsheet would run it as a formula. Numbers stay numbers.
fn no_formula(cell: &str) -> Cow<'_, str> {
    let is_number = || {
        let of_numbers = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
        cell.chars().all(of_numbers) && cell.parse::<f64>().is_ok()
    };
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number() {
        true => format!("'{cell}").into(),
        false => cell.into(),
    }
}

/// Calls back with the cells of each row as text, null as nothing.
fn each_row(
    batch: &RecordBatch,
    mut row: impl FnMut(&[String]) -> Result<(), DoorError>,
) -> Result<(), DoorError> {
    let options = FormatOptions::new().with_null("").with_display_error(false);
    let schema = batch.schema();
    let name = |at: usize| schema.field(at).name().as_str();
    let mut formatters = Vec::with_capacity(batch.num_columns());
    for (at, column) in batch.columns().iter().enumerate() {
        let formatter = ArrayFormatter::try_new(column.as_ref(), &options);
        formatters.push(formatter.map_err(|_| DoorError::value(name(at)))?);
    }
    let mut cells = vec![String::new(); formatters.len()];
    for at in 0..batch.num_rows() {
        for (place, (cell, formatter)) in cells.iter_mut().zip(&formatters).enumerate() {
            cell.clear();
            formatter.value(at).write(cell).map_err(|_| DoorError::value(name(place)))?;
        }
        row(&cells)?;
    }
    Ok(())
}

fn columns(schema: &Schema) -> Vec<Column> {
    let is_number = |data_type: &DataType| data_type.is_numeric();
    let column = |field: &arrow::datatypes::FieldRef| Column {
        name: field.name().clone(),
        number: is_number(field.data_type()),
    };
    schema.fields().iter().map(column).collect()
}
