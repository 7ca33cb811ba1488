//! `record + definitions → outcome and rows`, as a pure function. What cannot be read or attributed becomes a
//! rejection; a bad answer becomes `invalid` and is listed, and the other answers count. Nothing panics, nothing is
//! lost, and no message holds an answer.

mod aggregate;
mod answer;
mod cells;
mod demand;
mod derive;
mod direct;
mod gather;
mod logic;
mod mapping;
mod number;
mod parts;
mod ranking;
mod record;
mod rows;
mod settle;
mod value;

use std::sync::Arc;

use shukei_schemas::definition::Form;
use shukei_schemas::{Issue, RespondentId, SurveyId, UnitId, WaveId};

pub use aggregate::{Aggregate, AggregateCell};
pub use answer::{Answer, Mask, PerRow, Value};
pub use record::{Record, interpret, interpret_at};
pub use rows::{OutcomeRow, aggregates_batch, outcomes_batch, responses_batch};

/// The version of the rules in this crate, named in every outcome. It changes when the same record and
/// definitions would come to something else.
pub const INTERPRETER: &str = "4";

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers of a unit.
    Response,
    /// Answers of a unit as the survey office has changed them.
    Edit,
    /// Neither read nor attributed.
    Rejection,
    /// The unit takes its answers back.
    Withdrawal,
    /// Counts of another organisation's survey, without records.
    Aggregate,
}

impl Kind {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        use shukei_schemas::tables::kind;
        match self {
            Kind::Response => kind::RESPONSE,
            Kind::Edit => kind::EDIT,
            Kind::Rejection => kind::REJECTION,
            Kind::Withdrawal => kind::WITHDRAWAL,
            Kind::Aggregate => kind::AGGREGATE,
        }
    }
}

/// The decision on one record, without its position.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What became of it.
    pub kind: Kind,
    /// The table that carries it out, `responses/<form>-<version>` or `aggregates`.
    pub target: Option<String>,
    /// The survey, where it could be read.
    pub survey: Option<SurveyId>,
    /// The wave, where it could be read.
    pub wave: Option<WaveId>,
    /// What counts once.
    pub unit: Option<UnitId>,
    /// CloudEvents `source`.
    pub event_source: Option<String>,
    /// CloudEvents `id`.
    pub event_id: Option<String>,
    /// SHA-256 of the record's bytes, hex.
    pub content_hash: String,
    /// The sender's count of corrections.
    pub revision: Option<i64>,
    /// CloudEvents `time`, microseconds.
    pub event_time_us: Option<i64>,
    /// Every definition file used, `path:sha256`.
    pub definitions: Vec<String>,
    /// Everything wrong with the record; a rejection's reason comes first.
    pub issues: Vec<Issue>,
}

/// A unit's answers, ready for the responses table of its form.
#[derive(Clone, Debug)]
pub struct Response {
    /// The form that was answered.
    pub form: Arc<Form>,
    /// What counts once.
    pub unit: UnitId,
    /// Whoever answered.
    pub respondent: RespondentId,
    /// The group answered for.
    pub group: Option<String>,
    /// The wave.
    pub wave: WaveId,
    /// How it was collected.
    pub method: String,
    /// The mapping that the answers were read across by, `<mapping>-<version>`.
    pub mapping: Option<String>,
    /// The sender's count of corrections.
    pub revision: Option<i64>,
    /// Per question of the form, one answer, or one per row of a grid.
    pub answers: Vec<PerRow>,
}

/// What [`interpret`] comes to.
#[derive(Clone, Debug)]
pub struct Interpretation {
    /// The decision.
    pub outcome: Outcome,
    /// The rows, where the decision is a response or an edit.
    pub response: Option<Response>,
    /// The counts, where it is an aggregate.
    pub aggregate: Option<Aggregate>,
}
