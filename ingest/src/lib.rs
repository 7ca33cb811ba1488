//! From the topic `submissions` to the table `raw`: every record, good or bad, byte for byte with its position, in the
//! same commit as the cursor. Whether a record means anything is decided later.

mod group;
mod ingest;
mod raw;

pub use ingest::{Ingest, IngestOptions, IngestProgress};
