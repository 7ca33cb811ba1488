use std::borrow::Cow;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::XlsxError;
use shukei_doors::DoorError;
use shukei_query::QueryError;

/// Why there is no report. No message holds an answer.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The figures cannot be formed.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// They cannot be written as rows.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// A figure is no number that a cell can hold.
    #[error("question `{question}`: a figure is no finite number")]
    NotANumber {
        /// The question.
        question: String,
    },
    /// The workbook cannot be made.
    #[error("the workbook cannot be made")]
    Workbook(#[from] Box<XlsxError>),
    /// The manifest cannot be made.
    #[error("the manifest cannot be made")]
    Manifest(#[from] serde_json::Error),
    /// Another run of the job is under way.
    #[error("another run writes into `{folder}` at this moment")]
    Busy {
        /// The job's folder.
        folder: PathBuf,
    },
    /// The folder cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// What could not be written.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl ReportError {
    /// A stable name of the kind of error, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Query(error) => error.code(),
            Self::Door(error) => error.code(),
            Self::NotANumber { .. } => "report_not_a_number",
            Self::Workbook(_) => "report_workbook",
            Self::Manifest(_) => "report_manifest",
            Self::Busy { .. } => "report_busy",
            Self::Write { .. } => "report_write",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Cow<'static, str> {
        match self {
            Self::Query(error) => error.hint(),
            Self::Door(error) => error.hint(),
            Self::NotANumber { .. } => "`shukei tabulate` shows the figures of the question".into(),
            Self::Workbook(_) => {
                "a sheet holds at most 1048576 rows and 16384 columns; nothing was written".into()
            }
            Self::Manifest(_) => "nothing was written; run the job again".into(),
            Self::Busy { .. } => "wait until it has ended; runs of one job never overlap".into(),
            Self::Write { .. } => {
                "see whether it can be a folder of ours and the disk has room; the job's key `folder` names another place"
                    .into()
            }
        }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Write { path, source }
    }
}

impl From<XlsxError> for ReportError {
    fn from(error: XlsxError) -> Self {
        Self::Workbook(Box::new(error))
    }
}
