//! What a statement may do: read the registered tables. Decided on the syntax tree before any planning, and checked
//! once more on the plan.

use std::ops::ControlFlow;

use datafusion::execution::context::SQLOptions;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{Query, SetExpr, Statement as Sql, Visit, Visitor};
use datafusion::sql::sqlparser::dialect::GenericDialect;

use crate::error::QueryError;

/// Reads the text as exactly one statement that only reads.
///
/// # Errors
/// [`QueryError::Syntax`], [`QueryError::NotOneStatement`] or [`QueryError::NotAQuery`].
pub fn check(sql: &str) -> Result<Statement, QueryError> {
    let parsed = DFParserBuilder::new(sql)
        .with_dialect(&GenericDialect {})
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| QueryError::planning(&error))?;
    let count = parsed.len();
    let mut statements = parsed.into_iter();
    match (statements.next(), count) {
        (Some(statement), 1) => check_statement(&statement).map(|()| statement),
        _ => Err(QueryError::NotOneStatement { count }),
    }
}

/// Allows no plan that defines, changes, copies or sets anything.
pub(crate) fn plan_options() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

/// Whether the statement is a plain SHOW TABLES.
pub(crate) fn is_show_tables(statement: &Statement) -> bool {
    matches!(statement, Statement::Statement(sql) if matches!(**sql, Sql::ShowTables { .. }))
}

fn check_statement(statement: &Statement) -> Result<(), QueryError> {
    match statement {
        Statement::Statement(sql) => match sql.visit(&mut OnlyReads) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(refused) => Err(refused),
        },
        Statement::Explain(explain) => check_statement(&explain.statement),
        other => Err(refused(&other.to_string())),
    }
}

/// Looks at every statement inside a statement: `WITH x AS (DELETE …)` is SQL too.
struct OnlyReads;

impl Visitor for OnlyReads {
    type Break = QueryError;

    fn pre_visit_statement(&mut self, statement: &Sql) -> ControlFlow<QueryError> {
        match statement {
            Sql::Query(_)
            | Sql::Explain { .. }
            | Sql::ExplainTable { .. }
            | Sql::ShowTables { .. }
            | Sql::ShowColumns { .. } => ControlFlow::Continue(()),
            other => ControlFlow::Break(refused(&other.to_string())),
        }
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<QueryError> {
        match body_reads(&query.body) {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(refused("SELECT INTO")),
        }
    }
}

fn body_reads(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => select.into.is_none(),
        SetExpr::SetOperation { left, right, .. } => body_reads(left) && body_reads(right),
        // Inner queries and statements are visited by themselves.
        _ => true,
    }
}

/// Names the refused statement by its first words, never by its values.
fn refused(text: &str) -> QueryError {
    let is_word = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase());
    let words: Vec<&str> = text.split_whitespace().take_while(is_word).take(2).collect();
    QueryError::NotAQuery { statement: words.join(" ") }
}
