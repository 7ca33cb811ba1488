//! What goes to standard output (data) and what goes beside it on standard error (which versions it was read from).

use std::fmt::Arguments;
use std::io::{BufWriter, ErrorKind, Write};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use console::Term;
use shukei_doors::{DoorError, Format, Shown};
use shukei_query::{Catalog, Measure, QueryRows, Report, ResponseTable};

use crate::fault::Fault;

/// Writes a line to standard output.
macro_rules! say {
    ($($argument:tt)*) => { $crate::output::say_line(format_args!($($argument)*)) };
}

/// Writes a line to standard error.
macro_rules! note {
    ($($argument:tt)*) => { $crate::output::note_line(format_args!($($argument)*)) };
}

pub(crate) use {note, say};

/// What [`say!`] does. A reader who closed the pipe has seen enough; any other failure is told.
pub(crate) fn say_line(line: Arguments<'_>) {
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            note!("error: cannot write the output: {error}")
        }
        _ => {}
    }
}

/// What [`note!`] does. There is nowhere left to say that this failed.
pub(crate) fn note_line(line: Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Columns of a page that is no terminal.
const PAGE_COLUMNS: usize = 100;

fn columns() -> usize {
    Term::stdout().size_checked().map_or(PAGE_COLUMNS, |(_, columns)| usize::from(columns).max(40))
}

/// Writes to standard output; a reader who has seen enough and closed the pipe is no error.
fn with_output(write: impl FnOnce(&mut dyn Write) -> Result<(), DoorError>) -> Result<(), Fault> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let written = write(&mut out);
    let flushed = out.flush();
    match (written, flushed) {
        (Err(DoorError::Write(source)), _) | (Ok(()), Err(source))
            if source.kind() == ErrorKind::BrokenPipe =>
        {
            Ok(())
        }
        (Ok(()), flushed) => Ok(flushed?),
        (Err(error), _) => Err(error.into()),
    }
}

/// Prints batches.
pub(crate) fn batches(schema: &SchemaRef, batches: &[RecordBatch], format: Format) -> Result<(), Fault> {
    with_output(|out| shukei_doors::render(schema, batches, format, columns(), out))
}

/// Prints rows of words under these names.
pub(crate) fn texts<const N: usize>(
    names: [&str; N],
    rows: &[[String; N]],
    format: Format,
) -> Result<(), Fault> {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.to_vec()).collect();
    text_columns(&names, &rows, format)
}

/// The same where the number of columns is not known beforehand.
pub(crate) fn text_columns(names: &[&str], rows: &[Vec<String>], format: Format) -> Result<(), Fault> {
    let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    let column = |at: usize| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.get(at).map_or("", String::as_str))))
    };
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let columns = (0..names.len()).map(column).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(anyhow::Error::from)?;
    batches(&schema, &[batch], format)
}

/// Prints the rows of a query.
pub(crate) async fn rows(rows: QueryRows, format: Format) -> Result<(), Fault> {
    let schema = rows.schema();
    let found = rows.collect().await?;
    batches(&schema, &found, format)
}

/// Prints what somebody else has written.
pub(crate) fn bytes(body: &[u8]) -> Result<(), Fault> {
    with_output(|out| Ok(out.write_all(body)?))
}

/// Prints CSV as a table for people, or as CSV for spreadsheets.
pub(crate) fn csv_as(body: &[u8], format: Format) -> Result<(), Fault> {
    let mut reader = csv::Reader::from_reader(body);
    let headers = reader.headers().map_err(anyhow::Error::from)?.clone();
    let rows = reader.records().collect::<Result<Vec<_>, _>>().map_err(anyhow::Error::from)?;
    let names: Vec<&str> = headers.iter().collect();
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(str::to_owned).collect()).collect();
    text_columns(&names, &rows, format)
}

/// Prints figures.
pub(crate) fn measures(measures: &[Measure], shown: &Shown, format: Format) -> Result<(), Fault> {
    with_output(|out| shukei_doors::render_measures_in(measures, shown, format, columns(), out))
}

/// Prints response rates with the words of a language.
pub(crate) fn response(response: &ResponseTable, language: &str, format: Format) -> Result<(), Fault> {
    with_output(|out| shukei_doors::render_response(response, language, format, columns(), out))
}

/// Prints the state of the law.
pub(crate) fn report(report: &Report, format: Format) -> Result<(), Fault> {
    with_output(|out| shukei_doors::render_report(report, format, columns(), out))
}

/// Prints the bar chart of one question.
pub(crate) fn bars(measures: &[Measure], shown: &Shown) {
    say!("{}", shukei_doors::bars_in(measures, shown, columns().min(PAGE_COLUMNS)).trim_end());
}

/// Prints words, broken at blanks to fit the page.
pub(crate) fn paragraph(text: &str) {
    let width = columns().min(PAGE_COLUMNS);
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = unicode_width::UnicodeWidthStr::width(line.as_str()) + 1;
        if !line.is_empty() && longer + unicode_width::UnicodeWidthStr::width(word) > width {
            say!("{line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        say!("{line}");
    }
}

/// Says on standard error which versions of the tables a result was computed from.
pub(crate) fn versions(catalog: &Catalog) {
    let tables: Vec<String> =
        catalog.versions().iter().map(|(table, version)| format!("{table}@{version}")).collect();
    note!("read from {}", tables.join(" "));
}
