use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use shukei_protocol::TableName;

use crate::error::LakeError;
use crate::lake::POINTER;

/// A moment inside a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// At its beginning, before any file is written.
    Before,
    /// Data files are on disk, the log entry is not.
    Inside,
    /// The log entry is on disk, the caller does not know it yet.
    After,
}

/// Where this process is to die, for tests of recovery. None by default.
///
/// Clones share one counter of hits: a [`crate::Lake`] and all its tables count together.
#[derive(Clone, Debug, Default)]
pub struct CrashPoint(Option<Arc<Point>>);

#[derive(Debug)]
struct Point {
    table: String,
    step: Step,
    nth: u32,
    hits: AtomicU32,
}

impl CrashPoint {
    /// Never.
    pub fn none() -> Self {
        Self(None)
    }

    /// Reads `<table>.<before|inside|after>[:<nth>]`, for example `raw.before:3`: the process aborts when a commit
    /// to the table comes to that step for the nth time (1 if not given). `responses` means every responses table.
    /// `<table>.maintain` means the commits that replace files by others, which the table alone does not mean;
    /// `current` means the change from one build of the refined tables to the next.
    ///
    /// # Errors
    /// [`LakeError::CrashPoint`] if the text is anything else.
    pub fn parse(text: &str) -> Result<Self, LakeError> {
        let wrong = || LakeError::CrashPoint { text: text.to_owned() };
        let (point, nth) = match text.split_once(':') {
            Some((point, nth)) => (point, nth.parse().map_err(|_| wrong())?),
            None => (text, 1),
        };
        let (table, step) = point.rsplit_once('.').ok_or_else(wrong)?;
        let step = match step {
            "before" => Step::Before,
            "inside" => Step::Inside,
            "after" => Step::After,
            _ => return Err(wrong()),
        };
        let word = table.strip_suffix(".maintain").unwrap_or(table);
        if nth == 0 || !["sources", "raw", "outcomes", "responses", POINTER].contains(&word) {
            return Err(wrong());
        }
        Ok(Self(Some(Arc::new(Point { table: table.to_owned(), step, nth, hits: AtomicU32::new(0) }))))
    }

    /// Aborts the process if this is the moment.
    pub(crate) fn reached(&self, table: &TableName, maintains: bool, step: Step) {
        let word = table.as_str().split('/').next().unwrap_or_default();
        self.reached_word(word, maintains, step);
    }

    /// The same for the pointer that names the build in use.
    pub(crate) fn reached_switch(&self, step: Step) {
        self.reached_word(POINTER, false, step);
    }

    fn reached_word(&self, word: &str, maintains: bool, step: Step) {
        let Some(point) = &self.0 else { return };
        let wanted = match point.table.strip_suffix(".maintain") {
            Some(wanted) if maintains => wanted,
            None if !maintains => point.table.as_str(),
            _ => return,
        };
        if point.step == step && wanted == word && point.hits.fetch_add(1, Ordering::SeqCst) + 1 == point.nth
        {
            tracing::warn!(table = word, ?step, "crash point reached: the process aborts");
            std::process::abort();
        }
    }
}

impl FromStr for CrashPoint {
    type Err = LakeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}
