//! How answers leave: rows, figures and reports as tables for people, CSV and JSON, and bar charts for a terminal.
//! Later the servers stand here too (HTTP, PostgreSQL wire, Flight SQL).
//!
//! Everything writes to a writer that the caller gives; nothing is printed. Text from the tables comes from anybody:
//! in tables and charts control characters are replaced, so that no cell can steer a terminal.

mod chart;
mod error;
mod figures;
mod response;
mod rows;
mod table;
mod text;
mod verdict;

pub use chart::bars;
pub use error::DoorError;
pub use figures::{measures_batch, render_measures};
pub use response::{render_response, response_batch};
pub use rows::{Format, render, render_rows};
pub use verdict::{render_report, report_batch};
