use shukei_lake::LakeError;
use shukei_protocol::TableName;
use shukei_schemas::{Lane, Offset, Position};
use shukei_worker::WorkerError;

/// What can go wrong between `raw` and the refined tables.
#[derive(Debug, thiserror::Error)]
pub enum TransformError {
    /// A table could not be read or written.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// A table could not be opened or read.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// A column is not what this program writes.
    #[error("column `{column}` of table `{table}` is not what this program reads")]
    Column {
        /// The table.
        table: TableName,
        /// The column.
        column: &'static str,
    },
    /// A form asks other things than when its table was made.
    #[error("form `{form}` has other columns or options than the table that was made for this version of it")]
    FormChanged {
        /// `<form>-<version>`.
        form: String,
    },
    /// A row of raw is missing below its cursor.
    #[error("table `raw` has no row for offset {at} of {lane}, although its cursor is past it")]
    RawGap {
        /// The lane.
        lane: Lane,
        /// The first offset that is missing.
        at: Offset,
    },
    /// A definition that an outcome names is not in the data folder.
    #[error("definition `{name}` is named by an outcome but cannot be read")]
    Definition {
        /// `path:sha256`.
        name: String,
    },
    /// Carrying out an outcome came to something else than was decided.
    #[error("the record at {} offset {} was decided otherwise than this program would", position.lane, position.offset)]
    DecidedOtherwise {
        /// The record.
        position: Position,
    },
    /// The program ends while records are interpreted.
    #[error("interpretation was interrupted because the program ends")]
    Interrupted,
}

impl TransformError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Worker(error) => error.code(),
            Self::Lake(error) => error.code(),
            Self::Column { .. } => "column_unreadable",
            Self::FormChanged { .. } => "form_changed",
            Self::RawGap { .. } => "raw_gap",
            Self::Definition { .. } => "definition_missing",
            Self::DecidedOtherwise { .. } => "decided_otherwise",
            Self::Interrupted => "interrupted",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Worker(error) => error.hint(),
            Self::Lake(error) => error.hint(),
            Self::Column { .. } => "the folder was written by another version of the program: use that one",
            Self::FormChanged { .. } => {
                "give the changed form a new version and list it in the wave, or make the tables anew with it: \
                 `shukei rebuild`; nothing was sent or decided"
            }
            Self::RawGap { .. } => "run `shukei verify`, and restore the data folder from a backup",
            Self::Definition { .. } => "restore the file under definitions/ of the data folder from a backup",
            Self::DecidedOtherwise { .. } => {
                "use the version of the program that decided it; nothing was written for this record"
            }
            Self::Interrupted => "start it again: what was not decided is taken up where it stopped",
        }
    }
}
