use std::io::Write;

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, TableComponent};

use crate::error::DoorError;
use crate::text::{cut, harmless, width};

/// No column is cut to less.
const COLUMN_MIN: usize = 6;

/// Columns around the text of a cell: a space on both sides, and the place of a line that is not drawn.
const PADDING: usize = 3;

/// A column of a table for people.
pub(crate) struct Column {
    pub(crate) name: String,
    /// Numbers stand to the right.
    pub(crate) number: bool,
}

/// Writes a table that fits so many columns of a terminal: the widest columns are cut first. A table with very many
/// columns is wider all the same.
pub(crate) fn write(
    columns: &[Column],
    rows: &[Vec<String>],
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|text| harmless(text)).collect()).collect();
    let natural: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|text| width(text));
            cells.chain([width(&column.name)]).max().unwrap_or(0)
        })
        .collect();
    let widths = fitted(&natural, columns_max);
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    for between_rows in [
        TableComponent::HorizontalLines,
        TableComponent::MiddleIntersections,
        TableComponent::LeftBorderIntersections,
        TableComponent::RightBorderIntersections,
    ] {
        table.remove_style(between_rows);
    }
    let cell = |text: &str, at: usize| {
        let text = cut(text, widths.get(at).copied().unwrap_or(COLUMN_MIN));
        let number = columns.get(at).is_some_and(|column| column.number);
        Cell::new(text).set_alignment(if number { CellAlignment::Right } else { CellAlignment::Left })
    };
    table.set_header(columns.iter().enumerate().map(|(at, column)| cell(&column.name, at)));
    for row in &rows {
        table.add_row(row.iter().enumerate().map(|(at, text)| cell(text, at)));
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// The widths of the columns, where the widest give way until all fit.
fn fitted(natural: &[usize], columns_max: usize) -> Vec<usize> {
    let room = columns_max.saturating_sub(natural.len() * PADDING);
    let total = |limit: usize| natural.iter().map(|width| (*width).min(limit)).sum::<usize>();
    let widest = natural.iter().copied().max().unwrap_or(0);
    let mut limit = widest;
    while limit > COLUMN_MIN && total(limit) > room {
        limit -= 1;
    }
    natural.iter().map(|width| (*width).min(limit)).collect()
}
