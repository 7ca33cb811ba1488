//! Somebody's files as submissions: text and workbooks are read row by row, and each row becomes the cells of one
//! submission, as a layout says.
//!
//! * [`open`] gives the rows of a file: CSV, TSV and JSON lines as a stream whose memory does not grow with the file,
//!   workbooks from memory. gzip is seen by its first bytes.
//! * [`Maker`] makes an event of a row. The cells travel as they were read; what they mean is decided when the event is
//!   interpreted. A row that was sent before comes to the same bytes.
//!
//! * [`scaffold_from`] guesses a first definition of a survey from a file.
//!
//! Nothing here waits, sends or prints.

mod columns;
mod decode;
mod error;
mod event;
mod given;
mod json_lines;
mod open;
mod quotes;
mod row;
mod scaffold;
mod text;
mod workbook;

pub use columns::Columns;
pub use error::DeliveryError;
pub use event::{Made, Maker, Role, Source};
pub use open::{format_of, is_table, open, sniff};
pub use row::{Refused, Row, RowError, Rows};
pub use scaffold::{Scaffold, scaffold, scaffold_from};
