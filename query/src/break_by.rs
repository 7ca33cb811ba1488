use std::fmt;

use shukei_schemas::definition::{Form, Kind, nearest};

use crate::error::QueryError;

/// What figures are broken down by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BreakBy {
    /// The column `group`.
    Group,
    /// The column `method`.
    Method,
    /// The answers to a single-answer question.
    Question(String),
}

/// One part of the units.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Category {
    /// The code of an option.
    Code(i16),
    /// A group or a method.
    Name(String),
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => code.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl BreakBy {
    /// Reads the name of a break: `group`, `method`, or a single-answer question that all forms ask.
    pub(crate) fn read(by: &str, forms: &[&Form]) -> Result<Self, QueryError> {
        let is_single =
            |form: &&Form| form.question(by).is_some_and(|(_, q)| is_single_answer(&q.kind));
        match by {
            "group" => Ok(Self::Group),
            "method" => Ok(Self::Method),
            number if !forms.is_empty() && forms.iter().all(is_single) => {
                Ok(Self::Question(number.to_owned()))
            }
            other => {
                let questions = forms.iter().flat_map(|form| &form.questions);
                let single =
                    questions.filter(|q| is_single_answer(&q.kind)).map(|q| q.number.as_str());
                let known = ["group", "method"].into_iter().chain(single);
                Err(QueryError::UnknownBreak {
                    by: other.to_owned(),
                    nearest: nearest(other, known).filter(|name| *name != other).map(str::to_owned),
                })
            }
        }
    }

    /// The name in output.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Group => "group",
            Self::Method => "method",
            Self::Question(number) => number,
        }
    }
}

/// Whether a unit has one of the options at most.
fn is_single_answer(kind: &Kind) -> bool {
    matches!(kind, Kind::Single { .. } | Kind::Rating { .. })
}
