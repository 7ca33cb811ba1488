//! What a writer decides, as a pure function: storage and broker code reads facts, hands them to
//! [`Writer::decide`] and carries out the [`Effect`]s it returns. Nothing here waits, reads a clock or does I/O.
//!
//! The rule that makes every record count exactly once: **a commit is a compare-and-swap on the snapshot it is
//! built on**. A table holds, per [`Lane`](shukei_schemas::Lane), the offset up to which it is complete (its
//! cursor). Only a batch that begins at the cursor may be written; a batch that ends there is written already;
//! anything else is dropped and read again. Any error counts as an unknown outcome: look again, decide again.
//!
//! Only this crate can make a [`Permit`], and the lake commits nothing without one.

mod generation;
mod invariants;
mod maintenance;
mod permit;
mod share;
mod writer;

pub use generation::{GenerationDecision, decide_generation};
pub use invariants::Invariant;
pub use maintenance::{
    CompactionLimits, FileFacts, LaneEnd, MAINTAIN, Replacement, ReplacementDecision, decide_closing,
    decide_replacement, plan_compaction,
};
pub use permit::{CursorMove, Permit, TableName};
pub use share::Share;
pub use writer::{Effect, Event, Limits, Writer};
