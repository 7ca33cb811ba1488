//! What every other part shares: definitions of surveys, events, stable codes, ids and the columns of tables.
//! Pure: no clock, no network, no async; files come in as bytes.

pub mod aggregate;
pub mod codes;
pub mod columns;
pub mod date_format;
pub mod decimal;
pub mod definition;
pub mod edit;
pub mod event;
pub mod identifier;
mod ids;
pub mod json;
pub mod moment;
mod state;
pub mod tables;

pub use codes::{Code, Issue};
pub use ids::{
    FormId, Generation, Lane, LayoutId, Offset, Partition, Position, QuestionId, RespondentId, Span,
    SurveyId, TopicId, UnitId, WaveId,
};
pub use state::State;
