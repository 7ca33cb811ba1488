use std::borrow::Cow;

use arrow::error::ArrowError;
use shukei_query::QueryError;

/// Why an answer could not be given out.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// There is no answer.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// It cannot be written where it is to go.
    #[error("the answer cannot be written")]
    Write(#[from] std::io::Error),
    /// A value has no text. The reason may quote it, so it is left out.
    #[error("a value of column `{column}` cannot be written as text")]
    Value {
        /// The column.
        column: String,
    },
}

impl DoorError {
    /// A stable name of the kind of error, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Query(error) => error.code(),
            Self::Write(_) => "door_write",
            Self::Value { .. } => "door_value",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Cow<'static, str> {
        match self {
            Self::Query(error) => error.hint(),
            Self::Write(_) => {
                "see whether whoever reads the output is still there, and whether the disk has room".into()
            }
            Self::Value { .. } => "cast the column to text in the query, or leave it out".into(),
        }
    }

    pub(crate) fn value(column: &str) -> Self {
        Self::Value { column: column.to_owned() }
    }

    /// What an Arrow writer failed of: the writer below it, or a value.
    pub(crate) fn arrow(error: ArrowError) -> Self {
        match error {
            ArrowError::IoError(_, source) => Self::Write(source),
            _ => Self::value("any"),
        }
    }

    /// What the CSV writer failed of; it only ever writes.
    pub(crate) fn csv(error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(source) => Self::Write(source),
            _ => Self::Write(std::io::Error::other("rows differ in length")),
        }
    }
}
