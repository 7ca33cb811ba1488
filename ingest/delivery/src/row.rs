use std::sync::Arc;

use csv::StringRecord;

use crate::columns::Columns;
use crate::error::DeliveryError;

/// One row of a file.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number among the rows behind the header, from 1.
    pub number: u64,
    /// The line or sheet row that it begins in, from 1.
    pub line: u64,
    /// The columns. Of one file they are the same, but for JSON lines.
    pub columns: Arc<Columns>,
    /// The cells as they were read, as many as there are columns.
    pub cells: StringRecord,
}

impl Row {
    /// Whether no cell holds anything but blanks.
    pub fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// A row that cannot be sent, and why. Other rows are not affected. It never holds what stood in the cells.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row} (line {line}): [{code}] {reason}")]
pub struct Refused {
    /// The row's number, from 1.
    pub row: u64,
    /// The line or sheet row that it begins in, from 1.
    pub line: u64,
    /// The stable code.
    pub code: &'static str,
    /// Why, and what to do.
    pub reason: String,
}

/// What can stand in the place of a row.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// This row only.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The file cannot be read any further.
    #[error(transparent)]
    Broken(#[from] DeliveryError),
}

/// The rows of a file, in its order.
pub struct Rows {
    inner: Box<dyn Iterator<Item = Result<Row, RowError>> + Send>,
    columns: Option<Arc<Columns>>,
}

impl Rows {
    pub(crate) fn new(
        columns: Option<Arc<Columns>>,
        inner: impl Iterator<Item = Result<Row, RowError>> + Send + 'static,
    ) -> Self {
        Self { inner: Box::new(inner), columns }
    }

    /// The columns, if the file names them once for all rows.
    pub fn columns(&self) -> Option<&Arc<Columns>> {
        self.columns.as_ref()
    }
}

impl Iterator for Rows {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.inner.next()
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("columns", &self.columns).finish_non_exhaustive()
    }
}
