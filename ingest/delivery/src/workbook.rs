//! Sheets of a workbook. The library holds a sheet in memory as a whole, so memory grows with it; large deliveries
//! come as text.

use std::io::{Cursor, Read};
use std::sync::Arc;

use calamine::{Data, ExcelDateTime, Range, Reader};
use csv::StringRecord;
use shukei_schemas::definition::{DeliveryFile, EmptyRows, FileFormat, cell_address, nearest};

use crate::columns::Columns;
use crate::error::DeliveryError;
use crate::row::{Refused, Row, Rows};

pub(crate) fn rows(
    file: &str,
    mut input: impl Read,
    format: FileFormat,
    spec: &DeliveryFile,
) -> Result<Rows, DeliveryError> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(|error| DeliveryError::read(file, error))?;
    let broken =
        |error: calamine::Error| DeliveryError::Workbook { file: file.to_owned(), reason: error.to_string() };
    let mut book = calamine::open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(broken)?;
    let known = book.sheet_names();
    let sheet = match &spec.sheet {
        None => known.first().cloned().unwrap_or_default(),
        Some(sheet) => sheet.clone(),
    };
    if !known.contains(&sheet) {
        let near = nearest(&sheet, known.iter().map(String::as_str)).map(str::to_owned);
        let known = near.map_or(known, |near| vec![near]);
        return Err(DeliveryError::SheetUnknown { file: file.to_owned(), sheet, known });
    }
    let cells = book.worksheet_range(&sheet).map_err(broken)?;
    match format {
        FileFormat::XlsxForm => Ok(form(&cells, &sheet, &known, spec)),
        _ => sheet_rows(file, cells, spec),
    }
}

fn text(cells: &Range<Data>, row: u32, column: u32) -> String {
    cells.get_value((row, column)).map(cell).unwrap_or_default()
}

/// One respondent's workbook as a single row. A respondent who sends a workbook has answered, so one without
/// anything in its cells was read at the wrong place, and is not passed over.
fn form(cells: &Range<Data>, sheet: &str, known: &[String], spec: &DeliveryFile) -> Rows {
    let placed = spec.cells.iter().filter_map(|(address, name)| Some((cell_address(address)?, name.clone())));
    let (places, names): (Vec<_>, Vec<_>) = placed.unzip();
    let columns = Arc::new(Columns::named(names));
    let cells: StringRecord = places.into_iter().map(|(row, column)| text(cells, row, column)).collect();
    let row = Row { number: 1, line: 1, columns: Arc::clone(&columns), cells };
    if row.is_empty() && spec.empty_rows == EmptyRows::Receive {
        let mut reason = format!("none of the cells that the layout names holds anything on sheet `{sheet}`");
        reason.push_str("; check the file, and `cells` in the layout");
        let others: Vec<String> =
            known.iter().filter(|name| *name != sheet).map(|name| format!("`{name}`")).collect();
        if !others.is_empty() {
            reason.push_str(&format!(
                "; its other sheets are {} (say `sheet` in the layout)",
                others.join(", ")
            ));
        }
        let refused = Refused { row: 1, line: 1, code: "form_empty", reason };
        return Rows::new(Some(columns), std::iter::once(Err(refused.into())));
    }
    Rows::new(Some(columns), std::iter::once(Ok(row)))
}

fn sheet_rows(file: &str, cells: Range<Data>, spec: &DeliveryFile) -> Result<Rows, DeliveryError> {
    // Places are counted from A1, also where the first rows and columns are empty.
    let (rows, width) = cells.end().map_or((0, 0), |(row, column)| (row + 1, column + 1));
    let first = spec.skip_rows + u32::from(spec.header_rows);
    if rows < first {
        return Err(DeliveryError::HeaderMissing { file: file.to_owned() });
    }
    let row_text = |row: u32| -> Vec<String> { (0..width).map(|column| text(&cells, row, column)).collect() };
    let header: Vec<Vec<String>> = (spec.skip_rows..first).map(row_text).collect();
    let columns = match header.is_empty() {
        true => Columns::by_position(width as usize),
        false => {
            let named: Vec<Vec<&str>> =
                header.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
            Columns::of_header(&named, width as usize)
        }
    };
    let columns = Arc::new(columns);
    let shared = Arc::clone(&columns);
    let each = (first..rows).map(move |row| {
        Ok(Row {
            number: u64::from(row - first) + 1,
            line: u64::from(row) + 1,
            columns: Arc::clone(&shared),
            cells: (0..width).map(|column| text(&cells, row, column)).collect(),
        })
    });
    Ok(Rows::new(Some(columns), each))
}

/// A cell as text, as a spreadsheet shows it without a format.
fn cell(data: &Data) -> String {
    match data {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => decimal(*number),
        Data::Bool(value) => value.to_string(),
        Data::DateTime(time) => date_time(time),
        Data::Error(error) => error.to_string(),
    }
}

/// A number with the 15 digits that a spreadsheet keeps, without the dust of binary fractions.
fn decimal(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e15 {
        // Adding zero takes the sign off a negative zero.
        return format!("{:.0}", number + 0.0);
    }
    let digits = format!("{number:.14e}").parse::<f64>().unwrap_or(number);
    digits.to_string()
}

/// `YYYY-MM-DD`, with the time of day where there is one; a duration as hours, minutes and seconds.
fn date_time(time: &ExcelDateTime) -> String {
    if time.is_duration() {
        let seconds = (time.as_f64() * 86_400.0).round();
        let whole = if seconds >= 0.0 { seconds as u64 } else { 0 };
        return format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
    }
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    if time.as_f64() < 1.0 {
        // A time of day has no date.
        return format!("{hour:02}:{minute:02}:{second:02}");
    }
    match (hour, minute, second) {
        (0, 0, 0) => date,
        _ => format!("{date}T{hour:02}:{minute:02}:{second:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_in_a_spreadsheet() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-10.0, "-10"),
            (100.0, "100"),
            (0.1 + 0.2, "0.3"),
            (1.5, "1.5"),
            (-0.5, "-0.5"),
            (1e-7, "0.0000001"),
            (123_456_789_012_345.0, "123456789012345"),
            (33.333_333_333_333_336, "33.3333333333333"),
        ] {
            assert_eq!(decimal(number), text, "{number}");
        }
    }
}
