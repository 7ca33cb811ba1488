use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use shukei_schemas::State;
use shukei_schemas::definition::{Form, Kind, Question, Sectors, nearest};

use crate::error::QueryError;
use crate::shape::{Item, items};

/// The most things that figures are broken down by at once.
pub(crate) const DIMENSIONS_MAX: usize = 4;

/// One thing that figures are broken down by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    /// The column `group`.
    Group,
    /// The fields (分野) that groups belong to.
    Field(Arc<Fields>),
    /// The column `method`.
    Method,
    /// The answers to a question, or to a row of one.
    Question {
        /// As it was given, `number` or `number.row`.
        name: String,
        /// The question.
        number: String,
        /// The code of the row.
        row: Option<i16>,
        /// The options, in printed order.
        codes: Vec<i16>,
        /// Whether a unit may stand in several parts.
        multiple: bool,
        /// Whether those of whom no answer is known are parts as well.
        with_unknown: bool,
    },
    /// The days, months, years or other periods that the answers to a date fall into.
    Date {
        /// The question.
        number: String,
    },
}

/// The fields of a classification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    of_group: BTreeMap<String, String>,
    /// In printed order.
    pub(crate) order: Vec<String>,
}

impl Fields {
    pub(crate) fn of(sectors: &Sectors) -> Self {
        let of_group = sectors.groups.iter().map(|group| (group.group.clone(), group.field.clone()));
        let order = sectors.fields.iter().map(|field| field.field.clone());
        Self { of_group: of_group.collect(), order: order.collect() }
    }

    /// The field of a group; none of an unknown group.
    pub(crate) fn of_group(&self, group: &str) -> Option<&str> {
        self.of_group.get(group).map(String::as_str)
    }
}

/// One or several dimensions that figures are broken down by together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cross {
    pub(crate) dimensions: Vec<Dimension>,
    /// Whether it only serves figures of the total.
    pub(crate) is_hidden: bool,
}

/// One part along one dimension.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Category {
    /// The code of an option.
    Code(i16),
    /// Those of whom no answer is known.
    Unknown(Unknown),
    /// A group or a method.
    Name(String),
}

/// Why no answer to the question of a break is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Unknown {
    /// Nothing was said that the form allows: no answer, said so or not, nothing marked, or invalid.
    NoAnswer,
    /// The question was not asked, or not by whom the answers came through.
    NotAsked,
}

impl Unknown {
    pub(crate) const ALL: [Self; 2] = [Self::NoAnswer, Self::NotAsked];

    /// The one of a state; none of an answer.
    pub(crate) fn of(state: State) -> Option<Self> {
        match state {
            State::Answered => None,
            State::NotAsked | State::NotMapped => Some(Self::NotAsked),
            State::NoAnswer | State::StatedNoAnswer | State::NothingMarked | State::Invalid => {
                Some(Self::NoAnswer)
            }
        }
    }

    /// The name in output.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NoAnswer => State::NoAnswer.as_str(),
            Self::NotAsked => State::NotAsked.as_str(),
        }
    }

    /// Its number among those of codes.
    pub(crate) fn number(self) -> u32 {
        u32::from(u16::MAX) + 1 + self as u32
    }
}

/// Behind the name of a question: those of whom no answer is known are parts as well.
pub(crate) const WITH_UNKNOWN: char = '~';

/// Some of the units.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// All of them.
    Total,
    /// Those that have a category in each dimension of a cross.
    Known(usize),
    /// Those in one cell of a cross.
    Cell(usize, Vec<Category>),
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => code.fmt(f),
            Self::Unknown(unknown) => f.write_str(unknown.as_str()),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl Cross {
    /// The groups, for figures that are means of groups.
    pub(crate) fn hidden_groups() -> Self {
        Self { dimensions: vec![Dimension::Group], is_hidden: true }
    }

    /// Reads a break: dimensions with `*` between them.
    pub(crate) fn read(by: &str, forms: &[&Form], fields: Option<&Arc<Fields>>) -> Result<Self, QueryError> {
        let names: Vec<&str> = by.split('*').map(str::trim).collect();
        if names.len() > DIMENSIONS_MAX {
            return Err(QueryError::Request {
                problem: format!("`{by}` crosses more than {DIMENSIONS_MAX} things"),
                hint: "break down by fewer, and filter by the others".to_owned(),
            });
        }
        let dimensions = names.into_iter().map(|name| Dimension::read(name, forms, fields));
        Ok(Self { dimensions: dimensions.collect::<Result<_, _>>()?, is_hidden: false })
    }

    /// Whether a unit may stand in several of its cells.
    pub(crate) fn is_multiple(&self) -> bool {
        self.dimensions
            .iter()
            .any(|dimension| matches!(dimension, Dimension::Question { multiple: true, .. }))
    }

    /// A cell as it stands in the column `breaks`, for example `group=a; q3=2`.
    pub(crate) fn text(&self, categories: &[Category]) -> String {
        let parts = self.dimensions.iter().zip(categories);
        let parts = parts.map(|(dimension, category)| format!("{}={category}", dimension.name()));
        parts.collect::<Vec<_>>().join("; ")
    }
}

impl Dimension {
    fn read(name: &str, forms: &[&Form], fields: Option<&Arc<Fields>>) -> Result<Self, QueryError> {
        let is_question = || forms.iter().any(|form| form.question(name).is_some());
        match (name, fields) {
            ("group", _) => return Ok(Self::Group),
            ("method", _) => return Ok(Self::Method),
            ("field", Some(fields)) if !is_question() => return Ok(Self::Field(Arc::clone(fields))),
            _ => {}
        }
        let bare = name.strip_suffix(WITH_UNKNOWN).unwrap_or(name);
        let (number, row) = bare.split_once('.').map_or((bare, None), |(number, row)| (number, Some(row)));
        let row = row.map(str::parse::<i16>);
        let of_form = |form: &&Form| {
            let (_, question) = form.question(number)?;
            let rows = question.rows();
            let fits = match &row {
                None => rows.is_empty(),
                Some(Ok(code)) => rows.iter().any(|row| row.code == *code),
                Some(Err(_)) => false,
            };
            let codes: Vec<i16> = question.options().iter().map(|option| option.code).collect();
            (fits && !codes.is_empty()).then_some((codes, matches!(question.kind, Kind::Multiple { .. })))
        };
        let found: Option<Vec<_>> = forms.iter().map(of_form).collect();
        match found.and_then(|all| all.into_iter().next()) {
            Some((codes, multiple)) => Ok(Self::Question {
                name: name.to_owned(),
                number: number.to_owned(),
                row: row.and_then(Result::ok),
                codes,
                multiple,
                with_unknown: bare != name,
            }),
            None if row.is_none()
                && bare == name
                && forms.iter().all(|form| date_in(form, number).is_some()) =>
            {
                Ok(Self::Date { number: number.to_owned() })
            }
            None => {
                let questions = forms.iter().flat_map(|form| &form.questions);
                let is_break = |q: &&Question| !q.options().is_empty() || matches!(q.kind, Kind::Date { .. });
                let known: Vec<String> = ["group".to_owned(), "method".to_owned()]
                    .into_iter()
                    .chain(fields.map(|_| "field".to_owned()))
                    .chain(questions.filter(is_break).flat_map(|question| {
                        let number = question.number.as_str();
                        let rows = question.rows().iter().map(move |row| format!("{number}.{}", row.code));
                        let alone = question.rows().is_empty().then(|| number.to_owned());
                        rows.chain(alone).collect::<Vec<_>>()
                    }))
                    .collect();
                // A question with rows is broken down by one of them.
                let rows: Vec<&str> =
                    known.iter().map(String::as_str).filter(|one| row_of(one) == Some(bare)).collect();
                let banded = format!("{bare}band");
                let near = match rows.as_slice() {
                    [] if known.contains(&banded) => Some(banded),
                    [] => nearest(bare, known.iter().map(String::as_str))
                        .filter(|near| *near != name)
                        .map(str::to_owned),
                    [first] => Some((*first).to_owned()),
                    [first, .., last] => Some(format!("{first}` … `{last}")),
                };
                Err(QueryError::UnknownBreak { by: name.to_owned(), nearest: near })
            }
        }
    }

    /// The name in output.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Group => "group",
            Self::Field(_) => "field",
            Self::Method => "method",
            Self::Question { name, .. } => name,
            Self::Date { number } => number,
        }
    }

    /// Where the answers stand that it looks at.
    pub(crate) fn item(&self, form: &Form) -> Option<Item> {
        let (number, row) = match self {
            Self::Question { number, row, .. } => (number, *row),
            Self::Date { number } => (number, None),
            Self::Group | Self::Field(_) | Self::Method => return None,
        };
        let (place, question) = form.question(number)?;
        let row = row.and_then(|code| question.rows().iter().position(|row| row.code == code));
        items(form).into_iter().find(|item| item.question == place && item.row == row)
    }
}

/// The question of this number, if it is a date.
pub(crate) fn date_in<'a>(form: &'a Form, number: &str) -> Option<&'a Question> {
    let (_, question) = form.question(number)?;
    matches!(question.kind, Kind::Date { .. }).then_some(question)
}

/// The question's number in the name of a row.
fn row_of(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(number, _)| number)
}
