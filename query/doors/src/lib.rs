//! How answers leave: rows, figures and reports as tables for people, CSV and JSON, and bar charts for a terminal.
//! Later the servers stand here too (HTTP, PostgreSQL wire, Flight SQL).
//!
//! Everything writes to a writer that the caller gives; nothing is printed. Text from the tables comes from anybody:
//! in tables and charts control characters are replaced, so that no cell can steer a terminal.

mod across;
mod chart;
mod cross;
mod error;
mod figures;
mod response;
mod response_words;
mod rows;
mod shown;
mod table;
mod tables;
mod text;
mod verdict;
mod words;

pub use chart::{bars, bars_in};
pub use error::DoorError;
pub use figures::{measures_batch, render_measures, render_measures_in};
pub use response::{render_response, response_batch};
pub use rows::{Format, render, render_rows};
pub use shown::Shown;
pub use verdict::{render_report, report_batch};
