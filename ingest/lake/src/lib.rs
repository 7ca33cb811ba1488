//! The lake: the only crate that opens, creates and commits Delta tables.
//!
//! A [`Lake`] is one data folder, a [`Table`] a handle on one version of one table. There is one way to write,
//! [`Table::commit`]: it takes a [`Permit`](shukei_protocol::Permit) that only `shukei-protocol` makes, looks at the
//! cursors of the very snapshot that it builds on, and puts rows and cursors into one log entry. **Any error of a
//! commit is an unknown outcome**: refresh, look at the cursors, decide again.
//!
//! On a local folder [`SyncedStore`] makes every write durable before it becomes visible, data before log entry.
//! No other write operation of the Delta library is used, and no provider handed out can write.

mod builds;
mod cleaning;
mod commit;
mod compact;
mod crash;
mod error;
mod files;
mod lake;
mod lock;
mod merge;
mod parquet_io;
mod rows;
mod scan;
mod schema;
mod sources;
mod stats;
mod store;
mod table;
mod transactions;
mod upload;

pub use builds::CleanedBuilds;
pub use cleaning::{Cleaned, CleaningOptions};
pub use commit::{Commit, NewRows};
pub use compact::{Compacted, TableSize};
pub use crash::CrashPoint;
pub use error::LakeError;
pub use lake::{Lake, LakeOptions};
pub use lock::FolderLock;
/// The crate whose trait [`SyncedStore`] implements.
pub use object_store;
pub use rows::{Rows, RowsWanted};
pub use sources::{SourceGeneration, app_id, sources_schema};
pub use store::SyncedStore;
pub use table::Table;
