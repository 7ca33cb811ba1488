use std::collections::HashMap;
use std::sync::Arc;

use super::pattern::Pattern;
use super::period::{PeriodOf, PeriodRule};
use super::premise::Premise;

/// Where the answers of a question come from that nobody is asked.
#[derive(Clone, Debug)]
pub enum Derived {
    /// The band that a number, a date or a time falls into.
    Bands {
        /// The question that it is derived from.
        from: usize,
        /// Without overlap.
        bands: Vec<Band>,
    },
    /// The age in whole years.
    Age {
        /// The question with the year or the date of birth.
        birth: usize,
        /// The day of the age.
        on: AgeOn,
        /// The time zone whose day it is, where that is a point in time.
        zone: String,
    },
    /// What a table says of an answer.
    Lookup {
        /// The question that it is derived from.
        from: usize,
        /// Normal form of the answer to what the table says.
        table: Arc<HashMap<String, Found>>,
    },
    /// The options that written-in words mean.
    Patterns {
        /// The text question that it is derived from.
        from: usize,
        /// The first that fits counts; of a multiple answer all that fit.
        patterns: Vec<Pattern>,
    },
    /// The first category whose condition holds; of a multiple answer all of them.
    Cases {
        /// The place of each option with its condition.
        cases: Vec<(usize, Premise)>,
        /// The place of the option where none holds; a multiple answer may have none.
        otherwise: Option<usize>,
    },
    /// How many options were marked, or how many rows of a grid were answered with some.
    Count {
        /// The multiple answer or the grid.
        of: usize,
        /// The places of the options that are counted.
        options: Vec<usize>,
    },
    /// The period that a date or a time falls into, as its first day.
    Period(PeriodRule),
    /// A number formed of several.
    Formed {
        /// How.
        by: FormedBy,
        /// Each part's question and row.
        parts: Vec<(usize, usize)>,
        /// As many parts have to be known.
        known: usize,
    },
}

/// How a number is formed of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormedBy {
    /// The sum of what is known.
    Sum,
    /// Its mean.
    Mean,
    /// The first less the second: of dates in days, of times in minutes.
    Difference,
}

impl Derived {
    /// Every question that it is derived from.
    pub fn sources(&self) -> Vec<usize> {
        match self {
            Derived::Bands { from, .. } | Derived::Lookup { from, .. } | Derived::Patterns { from, .. } => {
                vec![*from]
            }
            Derived::Age { birth, on: AgeOn::Question(on), .. } => vec![*birth, *on],
            Derived::Age { birth, .. } => vec![*birth],
            Derived::Period(PeriodRule { of: PeriodOf::Question(of), .. }) => vec![*of],
            Derived::Period(_) => Vec::new(),
            Derived::Count { of, .. } => vec![*of],
            Derived::Formed { parts, .. } => {
                let mut found: Vec<usize> = parts.iter().map(|(question, _)| *question).collect();
                found.sort_unstable();
                found.dedup();
                found
            }
            Derived::Cases { cases, .. } => {
                let mut found = Vec::new();
                cases.iter().for_each(|(_, premise)| premise.questions(&mut |place| found.push(place)));
                found.sort_unstable();
                found.dedup();
                found
            }
        }
    }
}

/// What a look-up found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The option at this place.
    Option(usize),
    /// Words, in a text question.
    Text(String),
}

/// The day that an age is worked out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeOn {
    /// The wave's reference date.
    ReferenceDate,
    /// When the respondent sent the answers.
    SubmittedAt,
    /// The answer to a date question.
    Question(usize),
}

/// A band, from a bound (included) up to another (not included), in the units of [`super::Kind::bound`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// The place of its option.
    pub option: usize,
    /// The first value inside; open if none.
    pub from: Option<i128>,
    /// The first value behind; open if none.
    pub end: Option<i128>,
}

impl Band {
    /// Whether a value is inside.
    pub fn holds(&self, value: i128) -> bool {
        self.from.is_none_or(|from| from <= value) && self.end.is_none_or(|end| value < end)
    }

    /// Whether some value is in both.
    pub fn overlaps(&self, other: &Band) -> bool {
        let before = |end: Option<i128>, from: Option<i128>| match (end, from) {
            (Some(end), Some(from)) => end <= from,
            _ => false,
        };
        !before(self.end, other.from) && !before(other.end, self.from)
    }
}
