//! Cells between separators, as a stream.

use std::io::Read;
use std::sync::Arc;

use csv::{ReaderBuilder, StringRecord};
use shukei_schemas::definition::{DeliveryFile, FileFormat, ShortRows};

use crate::columns::Columns;
use crate::error::DeliveryError;
use crate::quotes::{Marked, Style};
use crate::row::{Refused, Row, RowError, Rows};

/// Rows of a text file whose bytes are UTF-8 already.
pub(crate) fn rows(
    file: &str,
    input: impl Read + Send + 'static,
    format: FileFormat,
    spec: &DeliveryFile,
) -> Result<Rows, DeliveryError> {
    let by_format = if format == FileFormat::Tsv { b'\t' } else { b',' };
    let separator = match spec.separator.as_deref() {
        None => by_format,
        Some("tab") => b'\t',
        Some(text) => text.bytes().next().unwrap_or(by_format),
    };
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(separator);
    let quote = match spec.quote.as_deref().map(str::as_bytes) {
        Some([]) => None,
        Some([quote, ..]) => Some(*quote),
        None => Some(b'"'),
    };
    match quote {
        None => _ = builder.quoting(false),
        Some(quote) => _ = builder.quote(quote),
    }
    let style = Style { separator, quote, is_loose: spec.loose_quotes };
    let reader = builder.from_reader(Marked::new(file, input, style));
    let mut text = Text {
        file: file.to_owned(),
        records: reader,
        columns: None,
        number: 0,
        short: spec.short_rows,
        first: None,
        ended: false,
        size: (0, 0),
    };
    for _ in 0..spec.skip_rows {
        let _ = text.read()?;
    }
    let mut header = Vec::new();
    for _ in 0..spec.header_rows {
        match text.read()? {
            // A header of one cell was split by another separator than its own; what lacks then says so.
            Some(Record { cells, loose: Some(line), .. }) if cells.len() > 1 => {
                return Err(DeliveryError::HeaderQuotes { file: file.to_owned(), line });
            }
            Some(record) => header.push(record.cells),
            None => return Err(DeliveryError::HeaderMissing { file: file.to_owned() }),
        }
    }
    let columns = if header.is_empty() {
        text.first = text.read()?;
        Columns::by_position(text.first.as_ref().map_or(0, |record| record.cells.len()))
    } else {
        let cells: Vec<Vec<&str>> = header.iter().map(|cells| cells.iter().collect()).collect();
        Columns::of_header(&cells, 0)
    };
    let columns = Arc::new(columns);
    text.columns = Some(Arc::clone(&columns));
    Ok(Rows::new(Some(columns), text))
}

struct Text<R> {
    file: String,
    records: csv::Reader<Marked<R>>,
    columns: Option<Arc<Columns>>,
    number: u64,
    short: ShortRows,
    /// Read to count the columns.
    first: Option<Record>,
    ended: bool,
    /// Bytes and cells of the row before.
    size: (usize, usize),
}

/// A record of the file, before anything is known of its columns.
struct Record {
    /// The line that it begins in.
    line: u64,
    cells: StringRecord,
    /// The line of its first cell that has text behind its closing quotation mark.
    loose: Option<u64>,
}

impl<R: Read> Text<R> {
    fn read(&mut self) -> Result<Option<Record>, DeliveryError> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        // Rows are about as long as each other.
        let mut cells = StringRecord::with_capacity(self.size.0, self.size.1);
        match self.records.read_record(&mut cells) {
            Ok(true) => {
                self.size = (cells.as_slice().len(), cells.len());
                let line = cells.position().map_or(0, csv::Position::line);
                let end = self.records.position().byte();
                let loose = self.records.get_mut().loose_before(end);
                Ok(Some(Record { line, cells, loose }))
            }
            Ok(false) => Ok(None),
            Err(error) => Err(match error.into_kind() {
                csv::ErrorKind::Io(error) => DeliveryError::read(&self.file, error),
                // Neither uneven rows nor bytes that are no UTF-8 come this far.
                other => DeliveryError::read(&self.file, std::io::Error::other(format!("{other:?}"))),
            }),
        }
    }
}

impl<R: Read> Iterator for Text<R> {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let Record { line, mut cells, loose } = match self.read() {
            Ok(Some(read)) => read,
            Ok(None) => {
                self.ended = true;
                return None;
            }
            Err(error) => {
                self.ended = true;
                return Some(Err(error.into()));
            }
        };
        self.number += 1;
        let columns = Arc::clone(self.columns.as_ref()?);
        if let Some(cell_line) = loose {
            let reason = loose_reason(line, cell_line, &cells);
            return Some(Err(Refused { row: self.number, line, code: "row_quotes", reason }.into()));
        }
        while self.short == ShortRows::Blank && cells.len() < columns.len() {
            cells.push_field("");
        }
        if cells.len() == columns.len() {
            return Some(Ok(Row { number: self.number, line, columns, cells }));
        }
        let lines = self.records.position().line().saturating_sub(line);
        let mut reason = format!("it has {} cells, the header has {}", cells.len(), columns.len());
        if lines > 2 {
            reason.push_str(&format!(
                "; it spans {lines} lines, so a quotation mark may be missing or too many"
            ));
        } else if cells.len() < columns.len() {
            reason.push_str("; mend the row, or say `short_rows: blank` in the layout");
        } else {
            reason.push_str("; a cell that holds the separator needs quotation marks around it");
        }
        Some(Err(Refused { row: self.number, line, code: "row_ragged", reason }.into()))
    }
}

/// What is said of a row in which text stands behind a closing mark. What the text is, is not said.
fn loose_reason(line: u64, cell_line: u64, cells: &StringRecord) -> String {
    let mut reason = "text stands directly behind the closing quotation mark of a cell".to_owned();
    if cell_line > line {
        reason.push_str(&format!(" that begins on line {cell_line}"));
    }
    let breaks: usize = cells.iter().map(|cell| cell.bytes().filter(|byte| *byte == b'\n').count()).sum();
    if breaks > 0 {
        reason.push_str(&format!(
            "; the row takes in {} lines, so a mark is probably missing or too many, and other rows are among them",
            breaks + 1
        ));
    }
    reason
        + "; mend the marks (a mark inside a quoted cell is doubled), or say `loose_quotes: true` in the layout"
}
