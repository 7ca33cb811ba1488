//! A report: the figures of a wave as a dated folder of files, with a manifest of what they were made from.
//!
//! * [`Report::open`] reads everything from one catalog, hence at one common vector, and never looks again.
//! * [`Report::files`] forms the files in memory: long CSV, a workbook, a page and the manifest. Apart from the
//!   manifest they hold no clock, so the same tables give the same bytes.
//! * [`write`] puts them into a new folder: the whole of it or nothing.
//! * [`Schedule`] says when a report is due.
//!
//! Every number comes from a [`Measure`](shukei_query::Measure) or a [`FrontTable`](shukei_query::FrontTable); nothing
//! is formed or rounded here.

mod blocks;
mod chart;
mod error;
mod folder;
mod manifest;
mod page;
mod report;
mod schedule;
mod styles;
mod words;
mod workbook;

pub use error::ReportError;
pub use folder::{last, write};
pub use manifest::Made;
pub use report::{File, Report, ReportRequest};
pub use schedule::{Schedule, ScheduleError, time_zone};
pub use words::DISTRIBUTION;
