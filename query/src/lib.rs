//! What the tables say: one consistent catalog for SQL, tabulation, and the proof that nothing was lost.
//!
//! * [`Catalog`] opens every table at one moment, finds the [common vector](CommonVector) of source positions up to
//!   which all of them are complete, and serves only what lies below it, as SQL tables and views ([`Catalog::query`]
//!   behind a read-only guard).
//! * [`tabulate`] counts a wave in one pass and forms its figures: each rounded once, each with count and base.
//! * [`verify`] proves the law from the rows of the full tables.
//!
//! No server and no printing here; rendering is `shukei-doors`.

mod against;
mod answers;
mod asking;
mod break_by;
mod break_words;
mod catalog;
mod cell_id;
mod completeness;
mod condition_words;
mod counted;
mod counting;
mod delivered;
mod edits;
mod error;
mod exact;
mod explain;
mod figures;
mod filter;
mod forming;
mod front;
mod guard;
mod indicator;
mod indicator_forming;
mod labels;
mod means;
mod measure;
mod measures;
mod melt;
mod rebuilt;
mod received;
mod repeated;
mod request;
mod response;
mod rows;
mod sets;
mod shape;
mod slots;
mod snapshot;
mod sums;
mod tabulate;
mod tally;
mod unmet;
mod vector;
mod verify;
mod views;

pub use against::compare;
pub use asking::ASKABLE;
pub use catalog::Catalog;
pub use cell_id::CellId;
pub use counted::{CountedWave, StateUnits};
pub use error::QueryError;
pub use explain::{ExplainedMapping, ExplainedPart, Explanation, explain};
pub use figures::{percent_text, ratio_text, rounded_text};
pub use front::{FrontNote, FrontRow, FrontTable, thousands};
pub use guard::check as check_statement;
pub use measure::{BaseRule, BreakPart, Flag, Measure, MeasureKind};
pub use measures::{World, measures};
pub use melt::{Melt, answers_schema};
pub use rebuilt::{BeforeAfter, DecidedOtherwise, Rebuilt, rebuilt};
pub use received::{Answered, Came};
pub use request::TabulateRequest;
pub use response::{
    RATE_FORMULA, RATE_FORMULA_COMPLETE, ResponseFlag, ResponseKind, ResponseRow, ResponseTable,
};
pub use rows::QueryRows;
pub use tabulate::{request_of_table, tabulate, wave_or_only};
pub use tally::Tally;
pub use unmet::{Unmet, unmet};
pub use vector::{CommonVector, TableFacts, common_vector};
pub use verify::{Finding, FindingKind, LaneReport, Report, TableCount, verify};
