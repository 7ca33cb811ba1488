use std::borrow::Cow;

use arrow::error::ArrowError;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;
use shukei_lake::LakeError;
use shukei_schemas::definition::nearest;

/// Why a question could not be answered. No message holds a value of a table.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The tables cannot be read.
    #[error(transparent)]
    Lake(Box<LakeError>),
    /// The text is not SQL.
    #[error("the SQL cannot be read: {message}")]
    Syntax {
        /// Where and why, in the words of the parser.
        message: String,
    },
    /// The text holds no statement, or several.
    #[error("`{count}` statements were given instead of one")]
    NotOneStatement {
        /// How many.
        count: usize,
    },
    /// The statement would do something else than read.
    #[error("statement `{statement}` is refused: only queries are allowed")]
    NotAQuery {
        /// Its first word.
        statement: String,
    },
    /// No such table.
    #[error("unknown table `{table}`")]
    UnknownTable {
        /// The name as given.
        table: String,
        /// A known name like it.
        nearest: Option<String>,
    },
    /// No such column.
    #[error("unknown column `{column}`")]
    UnknownColumn {
        /// The name as given.
        column: String,
        /// A known name like it.
        nearest: Option<String>,
    },
    /// The statement is SQL but makes no sense on these tables.
    #[error("the query cannot be planned: {message}")]
    Plan {
        /// Why, in the words of the planner, which has seen no row.
        message: String,
    },
    /// The query failed on the rows. The engine's own words may quote a row, so they are left out.
    #[error("the query failed while running: {reason}")]
    Running {
        /// What kind of failure.
        reason: &'static str,
    },
    /// No such survey is defined.
    #[error("unknown survey `{survey}`")]
    UnknownSurvey {
        /// The id as given.
        survey: String,
        /// A known id like it.
        nearest: Option<String>,
    },
    /// The survey has no such wave.
    #[error("unknown wave `{wave}` of survey `{survey}`")]
    UnknownWave {
        /// The survey.
        survey: String,
        /// The id as given.
        wave: String,
        /// A known id like it.
        nearest: Option<String>,
    },
    /// No form of the wave has such a question.
    #[error("unknown question `{question}` in wave `{wave}`")]
    UnknownQuestion {
        /// The number as given.
        question: String,
        /// The wave.
        wave: String,
        /// A known number like it.
        nearest: Option<String>,
    },
    /// The figures cannot be broken down by this.
    #[error("`{by}` is nothing to break figures down by")]
    UnknownBreak {
        /// The name as given.
        by: String,
        /// A known name like it.
        nearest: Option<String>,
    },
    /// Two forms of one wave ask different things under one number.
    #[error("question `{question}` differs between forms `{one}` and `{other}` of one wave")]
    FormsDiffer {
        /// The number.
        question: String,
        /// The form that asks it first.
        one: String,
        /// The form that asks something else.
        other: String,
    },
    /// The survey names no such table.
    #[error("unknown table `{table}` of survey `{survey}`")]
    UnknownNamedTable {
        /// The survey.
        survey: String,
        /// The id as given.
        table: String,
        /// A known id like it.
        nearest: Option<String>,
    },
    /// What is asked of the figures makes no sense on these forms.
    #[error("{problem}")]
    Request {
        /// What is wrong, the subject in backticks.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A table holds what its form does not allow.
    #[error("table `{table}`, column `{column}`: {problem}")]
    Stored {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What does not fit, without the value.
        problem: &'static str,
    },
}

impl QueryError {
    /// A stable name of the kind of error, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Lake(error) => error.code(),
            Self::Syntax { .. } => "query_syntax",
            Self::NotOneStatement { .. } => "query_not_one_statement",
            Self::NotAQuery { .. } => "query_not_a_query",
            Self::UnknownTable { .. } => "query_table_unknown",
            Self::UnknownColumn { .. } => "query_column_unknown",
            Self::Plan { .. } => "query_plan",
            Self::Running { .. } => "query_failed",
            Self::UnknownSurvey { .. } => "query_survey_unknown",
            Self::UnknownWave { .. } => "query_wave_unknown",
            Self::UnknownQuestion { .. } => "query_question_unknown",
            Self::UnknownBreak { .. } => "query_break_unknown",
            Self::FormsDiffer { .. } => "query_forms_differ",
            Self::UnknownNamedTable { .. } => "query_named_table_unknown",
            Self::Request { .. } => "query_request",
            Self::Stored { .. } => "query_stored",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Cow<'static, str> {
        match self {
            Self::Lake(error) => error.hint().into(),
            Self::Syntax { .. } => {
                "put names with capitals or the name `group` in double quotes, texts in single ones".into()
            }
            Self::NotOneStatement { .. } => {
                "give one SELECT, without a second statement behind a semicolon".into()
            }
            Self::NotAQuery { .. } => {
                "use SELECT, WITH, VALUES, EXPLAIN, DESCRIBE, SHOW TABLES or SHOW COLUMNS".into()
            }
            Self::UnknownTable { nearest, .. } => or_nearest(nearest, "list the tables with SHOW TABLES"),
            Self::UnknownColumn { nearest, .. } => {
                or_nearest(nearest, "list the columns with DESCRIBE <table>")
            }
            Self::Plan { .. } => "list the columns and their types with DESCRIBE <table>".into(),
            Self::Running { .. } => {
                "try a smaller part of the query, or see whether `shukei verify` finds the tables whole"
                    .into()
            }
            Self::UnknownSurvey { nearest, .. } => or_nearest(nearest, "use the id of a defined survey"),
            Self::UnknownWave { nearest, .. } => or_nearest(nearest, "use a wave that the survey lists"),
            Self::UnknownQuestion { nearest, .. } => or_nearest(nearest, "use a question number of the form"),
            Self::UnknownBreak { nearest, .. } => {
                or_nearest(nearest, "use `group`, `method` or the number of a question with options")
            }
            Self::FormsDiffer { .. } => "name other questions, or give one of the two another number".into(),
            Self::UnknownNamedTable { nearest, .. } => or_nearest(
                nearest,
                "use the id of a file in the survey's folder tables/; such tables are not kept with the data, so name the \
                 folder with --surveys",
            ),
            Self::Request { hint, .. } => hint.clone().into(),
            Self::Stored { .. } => "use the definitions that the table was made with".into(),
        }
    }

    /// An error of planning: it has seen names and types, no row.
    pub(crate) fn planning(error: &DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::SQL(parser, _) => Self::Syntax {
                message: match parser.as_ref() {
                    ParserError::ParserError(text) | ParserError::TokenizerError(text) => one_line(text),
                    ParserError::RecursionLimitExceeded => "it is nested too deeply".to_owned(),
                },
            },
            DataFusionError::SchemaError(schema, _) => match schema.as_ref() {
                SchemaError::FieldNotFound { field, valid_fields } => Self::UnknownColumn {
                    column: field.name.clone(),
                    nearest: nearest(&field.name, valid_fields.iter().map(|column| column.name.as_str()))
                        .map(str::to_owned),
                },
                other => Self::Plan { message: one_line(&other.to_string()) },
            },
            DataFusionError::Plan(text) => match missing_table(text) {
                Some(table) => Self::UnknownTable { table: table.to_owned(), nearest: None },
                None => Self::Plan { message: one_line(text) },
            },
            other => Self::Plan { message: one_line(&other.message()) },
        }
    }

    /// An error of execution: its own words may quote a row.
    pub(crate) fn running(error: &DataFusionError) -> Self {
        let root = error.find_root();
        if let DataFusionError::External(own) = root
            && let Some(Self::Stored { table, column, problem }) = own.downcast_ref::<Self>()
        {
            return Self::Stored { table: table.clone(), column: column.clone(), problem };
        }
        let reason = match root {
            DataFusionError::ArrowError(arrow, _) => match arrow.as_ref() {
                ArrowError::DivideByZero => "division by zero",
                ArrowError::ArithmeticOverflow(_) => "a number became too large for its type",
                ArrowError::CastError(_) | ArrowError::ParseError(_) => {
                    "a value cannot be cast to another type"
                }
                _ => "the engine cannot compute it",
            },
            DataFusionError::ResourcesExhausted(_) => "it needs more memory than it may have",
            DataFusionError::ObjectStore(_)
            | DataFusionError::IoError(_)
            | DataFusionError::ParquetError(_) => "a data file cannot be read",
            _ => "the engine cannot compute it",
        };
        tracing::debug!(reason, "a query failed");
        Self::Running { reason }
    }

    /// Names a known table like the unknown one.
    pub(crate) fn with_tables<'a>(self, known: impl Iterator<Item = &'a str>) -> Self {
        match self {
            Self::UnknownTable { table, .. } => {
                let nearest = nearest(&table, known).map(str::to_owned);
                Self::UnknownTable { table, nearest }
            }
            other => other,
        }
    }

    pub(crate) fn stored(table: &str, column: &str, problem: &'static str) -> Self {
        Self::Stored { table: table.to_owned(), column: column.to_owned(), problem }
    }
}

impl From<LakeError> for QueryError {
    fn from(error: LakeError) -> Self {
        Self::Lake(Box::new(error))
    }
}

/// Carries an error of ours through the engine, and back out of `QueryError::running`.
impl From<QueryError> for DataFusionError {
    fn from(error: QueryError) -> Self {
        DataFusionError::External(Box::new(error))
    }
}

fn or_nearest(nearest: &Option<String>, otherwise: &'static str) -> Cow<'static, str> {
    match nearest {
        Some(name) => format!("did you mean `{name}`?").into(),
        None => otherwise.into(),
    }
}

/// The table's own name in the planner's `table 'catalog.schema.name' not found`.
fn missing_table(text: &str) -> Option<&str> {
    let name = text.strip_prefix("table '")?.split_once("' not found")?.0;
    Some(name.strip_prefix("datafusion.public.").unwrap_or(name))
}

fn one_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim_end_matches('.');
    let mut chars = line.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}
