//! Newtypes for everything that has an identity, so that an offset is never passed where a partition is meant.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        // In definition files an id that looks like a number needs no quotes.
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": ["string", "number"] })
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text_id!(
    /// A survey (調査), the folder name of its definition.
    SurveyId
);
text_id!(
    /// One round of a survey (調査回), for example `2023`.
    WaveId
);
text_id!(
    /// A form (調査票) without its version.
    FormId
);
text_id!(
    /// A layout (how somebody's file or payload becomes submissions) without its version.
    LayoutId
);
text_id!(
    /// The number of a question as the form prints it, for example `24` or `currentEmp13`.
    QuestionId
);
text_id!(
    /// Whoever answers (回答者). Never printed in an error.
    RespondentId
);
text_id!(
    /// What counts once in a wave: the respondent and, where the survey says so, the group.
    UnitId
);
text_id!(
    /// The identity that a broker gives a topic, new for each topic that is made again under the same name.
    TopicId
);

number_id!(
    /// One topic id under which submissions were received, numbered from 1 in the table `sources`.
    Generation(i32)
);
number_id!(
    /// A partition of a topic.
    Partition(i32)
);
number_id!(
    /// A position inside a partition; a cursor is the next one expected.
    Offset(i64)
);

/// One source partition of one generation: whatever has a cursor of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane {
    /// The generation.
    pub generation: Generation,
    /// The partition inside it.
    pub partition: Partition,
}

impl Lane {
    /// The lane of a generation and a partition.
    pub fn new(generation: i32, partition: i32) -> Self {
        Self { generation: Generation(generation), partition: Partition(partition) }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "generation {} partition {}", self.generation, self.partition)
    }
}

/// Where a record stands in the source: the identity of a raw row for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The lane.
    pub lane: Lane,
    /// The offset in it.
    pub offset: Offset,
}

/// A half-open range of offsets `[first, end)` in one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The first offset inside.
    pub first: Offset,
    /// The first offset behind.
    pub end: Offset,
}

impl Span {
    /// The range `[first, end)`.
    pub fn new(first: i64, end: i64) -> Self {
        Self { first: Offset(first), end: Offset(end) }
    }

    /// How many offsets are inside.
    pub fn len(&self) -> i64 {
        (self.end.0 - self.first.0).max(0)
    }

    /// Whether nothing is inside.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
