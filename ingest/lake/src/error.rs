use std::path::PathBuf;

use deltalake_core::DeltaTableError;
use shukei_protocol::TableName;
use shukei_schemas::Lane;

/// What can go wrong in the lake. An error of [`crate::Table::commit`] never says whether the commit is in the log.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// No such table yet.
    #[error("table `{table}` does not exist")]
    NotFound {
        /// The table.
        table: TableName,
    },
    /// The data folder has changed to another build than the one that was read.
    #[error("the refined tables in use are build `{found}`, not `{expected}`")]
    OtherBuild {
        /// What the pointer names.
        found: String,
        /// What it was expected to name.
        expected: String,
    },
    /// No such definition is stored.
    #[error("definition `{hash}` is not stored")]
    NoDefinition {
        /// The hash in hexadecimal.
        hash: String,
    },
    /// The permit was made for another table.
    #[error("a permit for table `{permit}` was used on table `{table}`")]
    OtherTable {
        /// The table of the handle.
        table: TableName,
        /// The table of the permit.
        permit: TableName,
    },
    /// The permit was made on another version than the handle holds.
    #[error("a permit for version `{permit}` of table `{table}` was used on version `{version}`")]
    OtherVersion {
        /// The table.
        table: TableName,
        /// The version that the handle holds.
        version: i64,
        /// The version of the permit.
        permit: i64,
    },
    /// The snapshot holds another cursor than the permit says that it found.
    #[error("cursor `{app}` of table `{table}` is `{held:?}`, not `{expected:?}`")]
    OtherCursor {
        /// The table.
        table: TableName,
        /// The application transaction.
        app: String,
        /// What the snapshot holds.
        held: Option<i64>,
        /// What the permit says.
        expected: Option<i64>,
    },
    /// The commit names no application transaction for a lane that its permit moves.
    #[error("the commit to table `{table}` names no cursor for {lane}")]
    NoApp {
        /// The table.
        table: TableName,
        /// The lane.
        lane: Lane,
    },
    /// Two cursors of one commit have the same application transaction.
    #[error("the commit to table `{table}` names cursor `{app}` twice")]
    AppTwice {
        /// The table.
        table: TableName,
        /// The application transaction.
        app: String,
    },
    /// A row lies outside what the permit allows.
    #[error("a row of {lane} at offset `{offset}` for table `{table}` is outside the permit")]
    OutsidePermit {
        /// The table.
        table: TableName,
        /// The lane of the row.
        lane: Lane,
        /// The offset of the row.
        offset: i64,
    },
    /// A file that the permit names is not in the version of the table that the permit was made on, or not among the
    /// files of the commit.
    #[error("the permit for table `{table}` names file `{path}`, which the commit cannot replace or add")]
    OtherFiles {
        /// The table.
        table: TableName,
        /// The file inside the table.
        path: String,
    },
    /// Rows or a schema do not have the form that the table needs.
    #[error("table `{table}`: {problem}")]
    Schema {
        /// The table.
        table: TableName,
        /// What does not fit.
        problem: String,
    },
    /// The files of a commit are so old that maintenance may have taken them for left-overs.
    #[error("the files for table `{table}` waited `{minutes}` minutes for their commit")]
    FilesTooOld {
        /// The table.
        table: TableName,
        /// Minutes since the first of them was written.
        minutes: u64,
    },
    /// Another process holds the data folder.
    #[error("data folder `{}` is in use by {holder}", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
        /// Who holds it, as far as it is known.
        holder: String,
    },
    /// The text is no crash point.
    #[error("`{text}` is no crash point")]
    CrashPoint {
        /// The text.
        text: String,
    },
    /// The name cannot be a folder name.
    #[error("`{name}` cannot be the name of a table or definition")]
    BadName {
        /// The name.
        name: String,
    },
    /// A file or folder of the data folder cannot be used.
    #[error("cannot {doing} `{}`", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The object store failed.
    #[error("cannot {doing} `{path}`")]
    Store {
        /// What was tried.
        doing: &'static str,
        /// The object.
        path: String,
        /// Why not.
        source: object_store::Error,
    },
    /// A data file cannot be read or written.
    #[error("data file `{path}` of table `{table}` cannot be used")]
    Parquet {
        /// The table.
        table: TableName,
        /// The file inside the table, or what it was to be.
        path: String,
        /// Why not.
        source: parquet::errors::ParquetError,
    },
    /// Rows cannot be computed with.
    #[error("rows of table `{table}` cannot be used")]
    Arrow {
        /// The table.
        table: TableName,
        /// Why not.
        source: arrow::error::ArrowError,
    },
    /// Another writer moved one of the cursors first, or changed the table in another way that this commit cannot
    /// follow. Still an unknown outcome: a store that answers late can make a commit lose against itself.
    #[error("the commit to table `{table}` lost against another writer")]
    Conflict {
        /// The table.
        table: TableName,
        /// How it lost.
        source: Box<DeltaTableError>,
    },
    /// The Delta library failed.
    #[error("cannot {doing} table `{table}`")]
    Delta {
        /// The table.
        table: TableName,
        /// What was tried.
        doing: &'static str,
        /// Why not.
        source: Box<DeltaTableError>,
    },
    /// The SQL engine cannot use the table.
    #[error("table `{table}` cannot be given to the query engine")]
    Engine {
        /// The table.
        table: TableName,
        /// Why not.
        source: Box<datafusion::error::DataFusionError>,
    },
    /// A background task of the process ended early.
    #[error("a background task ended early")]
    Task {
        /// Why.
        source: tokio::task::JoinError,
    },
    /// No generation could be opened in several attempts.
    #[error("no generation could be opened for topic `{topic}` in `{attempts}` attempts")]
    Contended {
        /// The topic.
        topic: String,
        /// How often it was tried.
        attempts: u32,
        /// How the last attempt ended.
        source: Box<LakeError>,
    },
}

impl LakeError {
    /// A stable name of the kind of error, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "lake_table_not_found",
            Self::OtherBuild { .. } => "lake_other_build",
            Self::NoDefinition { .. } => "lake_definition_not_found",
            Self::OtherTable { .. } => "lake_permit_other_table",
            Self::OtherVersion { .. } => "lake_permit_other_version",
            Self::OtherCursor { .. } => "lake_permit_other_cursor",
            Self::NoApp { .. } => "lake_cursor_unnamed",
            Self::AppTwice { .. } => "lake_cursor_twice",
            Self::OutsidePermit { .. } => "lake_row_outside_permit",
            Self::OtherFiles { .. } => "lake_permit_other_files",
            Self::Schema { .. } => "lake_schema",
            Self::FilesTooOld { .. } => "lake_files_too_old",
            Self::Locked { .. } => "lake_locked",
            Self::CrashPoint { .. } => "lake_crash_point",
            Self::BadName { .. } => "lake_bad_name",
            Self::Io { .. } => "lake_io",
            Self::Store { .. } => "lake_store",
            Self::Parquet { .. } => "lake_parquet",
            Self::Arrow { .. } => "lake_arrow",
            Self::Conflict { .. } => "lake_conflict",
            Self::Delta { .. } => "lake_delta",
            Self::Engine { .. } => "lake_engine",
            Self::Task { .. } => "lake_task",
            Self::Contended { .. } => "lake_contended",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "nothing was written to it yet, or this is another data folder",
            Self::OtherBuild { .. } => "run the command again: it begins from the build in use",
            Self::NoDefinition { .. } => "restore the folder `definitions` from a backup of the data folder",
            Self::OtherVersion { .. }
            | Self::OtherCursor { .. }
            | Self::OtherFiles { .. }
            | Self::FilesTooOld { .. }
            | Self::Conflict { .. } => "refresh the table, look at its cursors and decide again",
            Self::OtherTable { .. }
            | Self::NoApp { .. }
            | Self::AppTwice { .. }
            | Self::OutsidePermit { .. }
            | Self::Arrow { .. }
            | Self::Engine { .. }
            | Self::Task { .. } => "this is a fault of the program: report it with the message",
            Self::Schema { .. } => "use the program version that made the table, or another data folder",
            Self::Locked { .. } => "stop the other process, or use another data folder",
            Self::CrashPoint { .. } => {
                "write <table>.<before|inside|after>[:<nth>], for example raw.inside:3"
            }
            Self::BadName { .. } => "use letters, digits, `.`, `_` and `-`, not beginning with `.`",
            Self::Io { .. } | Self::Store { .. } => {
                "check that the data folder exists, is writable and has room"
            }
            Self::Parquet { .. } => "restore the file from a backup of the data folder",
            Self::Delta { .. } => "if it stays after a retry, check the folder `_delta_log` of the table",
            Self::Contended { .. } => "see that no other process opens generations in this data folder",
        }
    }

    pub(crate) fn delta(table: &TableName, doing: &'static str, source: DeltaTableError) -> Self {
        Self::Delta { table: table.clone(), doing, source: Box::new(source) }
    }

    /// How a commit ended that is not won, as far as the library says.
    pub(crate) fn lost(table: &TableName, source: DeltaTableError) -> Self {
        use deltalake_core::kernel::transaction::TransactionError::{CommitConflict, MaxCommitAttempts};
        match source {
            DeltaTableError::Transaction { source: CommitConflict(_) | MaxCommitAttempts(_) } => {
                Self::Conflict { table: table.clone(), source: Box::new(source) }
            }
            source => Self::delta(table, "commit to", source),
        }
    }

    pub(crate) fn schema(table: &TableName, problem: impl Into<String>) -> Self {
        Self::Schema { table: table.clone(), problem: problem.into() }
    }

    pub(crate) fn arrow(table: &TableName, source: arrow::error::ArrowError) -> Self {
        Self::Arrow { table: table.clone(), source }
    }

    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { doing, path: path.into(), source }
    }
}
