//! What the end-to-end tests share: the real program in a folder of its own, made-up submissions, and the published
//! figures that tables are held against. Everything here is for tests, so what fails simply panics.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test harness stops at the first surprise")]

mod program;
mod published;
mod small;

pub use program::{Done, Program, csv_rows};
pub use published::{PUBLISHED_WAVES, Published, not_played, published, published_errors};
pub use small::{small_event, small_survey};
