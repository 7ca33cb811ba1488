//! One JSON object of column to cell a line.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use csv::StringRecord;
use shukei_schemas::json::{Arena, Json};

use crate::columns::Columns;
use crate::error::DeliveryError;
use crate::row::{Refused, Row, RowError, Rows};

pub(crate) fn rows(file: &str, input: impl Read + Send + 'static) -> Rows {
    let lines = Lines {
        file: file.to_owned(),
        input: BufReader::new(input),
        last: Arc::new(Columns::named(Vec::new())),
        line: 0,
        number: 0,
        ended: false,
    };
    Rows::new(None, lines)
}

struct Lines<R> {
    file: String,
    input: BufReader<R>,
    /// Lines that follow each other mostly have the same keys.
    last: Arc<Columns>,
    line: u64,
    number: u64,
    ended: bool,
}

impl<R: Read> Iterator for Lines<R> {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut text = String::new();
        while !self.ended {
            text.clear();
            match self.input.read_line(&mut text) {
                Ok(0) => self.ended = true,
                Ok(_) => {
                    self.line += 1;
                    if !text.trim().is_empty() {
                        self.number += 1;
                        return Some(self.row(&text).map_err(RowError::from));
                    }
                }
                Err(error) => {
                    self.ended = true;
                    return Some(Err(DeliveryError::read(&self.file, error).into()));
                }
            }
        }
        None
    }
}

impl<R> Lines<R> {
    fn row(&mut self, text: &str) -> Result<Row, Refused> {
        let refused = |code, reason: String| Refused { row: self.number, line: self.line, code, reason };
        let arena = Arena::for_bytes(text.len());
        let entries = match Json::parse(&arena, text) {
            Ok(Json::Object(entries)) => entries,
            Ok(other) => {
                let reason = format!("the line is one {}; write an object of column to cell", other.kind());
                return Err(refused("row_not_json", reason));
            }
            Err(error) => {
                return Err(refused(
                    "row_not_json",
                    format!("the line is not JSON at column {}", error.column),
                ));
            }
        };
        let mut cells = StringRecord::new();
        let mut names = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            let name = (*name).to_owned();
            if names.contains(&name) {
                return Err(refused("row_repeats_column", "one of its keys stands twice".to_owned()));
            }
            names.push(name);
            cells.push_field(&cell(value));
        }
        let columns = Columns::named(names);
        if *self.last != columns {
            self.last = Arc::new(columns);
        }
        Ok(Row { number: self.number, line: self.line, columns: Arc::clone(&self.last), cells })
    }
}

/// A value as the text of a cell; lists and objects stay JSON.
fn cell(value: &Json<'_>) -> String {
    match value {
        Json::Null => String::new(),
        Json::Bool(value) => value.to_string(),
        Json::Number(text) | Json::Text(text) => (*text).to_owned(),
        Json::List(_) | Json::Object(_) => json(value).to_string(),
    }
}

fn json(value: &Json<'_>) -> serde_json::Value {
    match value {
        Json::Null => serde_json::Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| (*text).into()),
        Json::Text(text) => (*text).into(),
        Json::List(items) => items.iter().map(json).collect(),
        Json::Object(entries) => entries
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}
