use std::io::{self, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;
use shukei_schemas::definition::{DeliveryFile, FileFormat};

use crate::decode::Decoded;
use crate::error::DeliveryError;
use crate::row::Rows;
use crate::{json_lines, text, workbook};

/// The format that the ending of a file's name says, `.gz` aside.
pub fn format_of(name: &str) -> Option<FileFormat> {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "csv" => Some(FileFormat::Csv),
        "tsv" | "tab" => Some(FileFormat::Tsv),
        "xlsx" | "xlsm" | "xls" | "xlsb" | "ods" => Some(FileFormat::Xlsx),
        "jsonl" | "ndjson" => Some(FileFormat::Jsonl),
        _ => None,
    }
}

/// Whether the ending of a file's name says that it holds rows of cells, not events.
pub fn is_table(name: &str) -> bool {
    matches!(format_of(name), Some(FileFormat::Csv | FileFormat::Tsv | FileFormat::Xlsx))
}

/// The rows of a file. `name` is for messages and for the format, where the layout names none.
///
/// # Errors
/// A [`DeliveryError`] if the file, its encoding or its header cannot be read. What goes wrong behind the header
/// stands in the place of the row.
pub fn open(
    name: &str,
    input: impl Read + Send + 'static,
    spec: &DeliveryFile,
) -> Result<Rows, DeliveryError> {
    let format = format(name, spec)?;
    let plain = plain(input).map_err(|error| DeliveryError::read(name, error))?;
    match format {
        FileFormat::Csv | FileFormat::Tsv => {
            text::rows(name, Decoded::new(name, plain, spec.encoding.as_deref())?, format, spec)
        }
        FileFormat::Jsonl => Ok(json_lines::rows(name, Decoded::new(name, plain, spec.encoding.as_deref())?)),
        FileFormat::Xlsx | FileFormat::XlsxForm => workbook::rows(name, plain, format, spec),
    }
}

/// How a file is probably read, from its first bytes: for who has no layout yet. Encoding and separator are given only
/// where they are not the default.
///
/// # Errors
/// [`DeliveryError::Read`].
pub fn sniff(name: &str, input: impl Read + Send + 'static) -> Result<DeliveryFile, DeliveryError> {
    let mut spec = DeliveryFile::default();
    if !matches!(format_of(name), Some(FileFormat::Csv | FileFormat::Tsv)) {
        return Ok(spec);
    }
    let mut head = Vec::new();
    let read = plain(input).and_then(|plain| plain.take(SNIFFED_BYTES).read_to_end(&mut head));
    read.map_err(|error| DeliveryError::read(name, error))?;
    if head.len() as u64 == SNIFFED_BYTES
        && let Some(end) = head.iter().rposition(|byte| *byte == b'\n')
    {
        // The last line is cut, perhaps inside a character.
        head.truncate(end + 1);
    }
    // What was unpacked is not packed again.
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let opened = |spec: &DeliveryFile| open(name, Cursor::new(head.clone()), spec);
    let is_marked = encoding_rs::Encoding::for_bom(&head).is_some();
    if let (false, Err(DeliveryError::EncodingWrong { likely: Some(likely), .. })) =
        (is_marked, opened(&spec))
    {
        spec.encoding = Some(likely.to_owned());
    }
    let width = |spec: &DeliveryFile| {
        opened(spec).ok().and_then(|rows| rows.columns().map(|columns| columns.len())).unwrap_or(0)
    };
    if width(&spec) != 1 {
        return Ok(spec);
    }
    let others = [",", ";", "tab", "|"]
        .map(|separator| DeliveryFile { separator: Some(separator.to_owned()), ..spec.clone() });
    let widest = others.into_iter().max_by_key(width);
    Ok(widest.filter(|spec| width(spec) > 1).unwrap_or(spec))
}

/// As much of a file is looked at to see how it is written.
const SNIFFED_BYTES: u64 = 64 << 10;

fn format(name: &str, spec: &DeliveryFile) -> Result<FileFormat, DeliveryError> {
    spec.format
        .or_else(|| format_of(name))
        .ok_or_else(|| DeliveryError::FormatUnknown { file: name.to_owned() })
}

/// What is inside, if the input is gzip by its first bytes.
fn plain(mut input: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let mut head = Vec::with_capacity(2);
    (&mut input).take(2).read_to_end(&mut head)?;
    let is_gzip = head == [0x1f, 0x8b];
    let whole = BufReader::with_capacity(64 << 10, Cursor::new(head).chain(input));
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) })
}
