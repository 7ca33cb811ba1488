//! What another interpretation of the same records changes: the tables of two builds held against each other.

use std::collections::BTreeSet;

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::TableReference;
use datafusion::prelude::SessionContext;
use shukei_protocol::TableName;
use shukei_schemas::tables;

use crate::catalog::{Catalog, collect, register};
use crate::error::QueryError;
use crate::snapshot::new_session;
use crate::views::quoted;

/// How often something was there before, and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeforeAfter {
    /// A kind of outcome, the code of an issue, or a table.
    pub name: String,
    /// Before.
    pub before: u64,
    /// After.
    pub after: u64,
}

/// Records that were decided in one way before and in another after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedOtherwise {
    /// Kind, code, table and codes of issues, before; `not decided` where there was no outcome.
    pub before: String,
    /// The same, after.
    pub after: String,
    /// How many records.
    pub records: u64,
}

/// What differs between two builds of the refined tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Outcomes by kind.
    pub kinds: Vec<BeforeAfter>,
    /// Issues inside accepted records, by code.
    pub issues: Vec<BeforeAfter>,
    /// Rows of each responses table.
    pub rows: Vec<BeforeAfter>,
    /// Of the positions that a responses table holds in both builds: how many hold another value in any column that
    /// both have. `before` is the number of those positions.
    pub answers: Vec<BeforeAfter>,
    /// Records that came to something else.
    pub decisions: Vec<DecidedOtherwise>,
}

const POSITION: [&str; 3] = ["generation", "partition", "offset"];

/// An outcome in words: its kind, a rejection's code, the table, and the codes of its issues, each once.
const LABELS: &str = r#"
    SELECT o.generation, o."partition", o."offset", o.unit,
           concat(o.kind, ' ' || o.code, ' in ' || o.target, ' with ' || i.codes) AS label
    FROM {outcomes} o LEFT JOIN (
        SELECT generation, "partition", "offset", string_agg(DISTINCT code, ',' ORDER BY code) AS codes
        FROM (SELECT generation, "partition", "offset", issue['code'] AS code
              FROM (SELECT generation, "partition", "offset", unnest(issues) AS issue
                    FROM {outcomes} WHERE kind <> 'rejection'))
        GROUP BY generation, "partition", "offset") i
      ON i.generation = o.generation AND i."partition" = o."partition" AND i."offset" = o."offset""#;

/// Holds two catalogs over the same `raw` against each other.
///
/// # Errors
/// [`QueryError::Running`] if a table cannot be read.
pub async fn rebuilt(before: &Catalog, after: &Catalog) -> Result<Rebuilt, QueryError> {
    let session = new_session();
    copy(before, "outcomes", &session, "outcomes_before").await?;
    copy(after, "outcomes", &session, "outcomes_after").await?;
    let sides = |what: &str, rows: &str| {
        let side = |side: &str, counted: &str| {
            format!("SELECT {what} AS name, {counted} FROM {}", rows.replace("{side}", side))
        };
        format!(
            "SELECT name, CAST(sum(b) AS BIGINT), CAST(sum(a) AS BIGINT) FROM ({} UNION ALL {}) GROUP BY name ORDER BY name",
            side("before", "1 AS b, 0 AS a"),
            side("after", "0 AS b, 1 AS a"),
        )
    };
    let issues = "(SELECT unnest(issues) AS issue FROM outcomes_{side} WHERE kind <> 'rejection')";
    let mut found = Rebuilt {
        kinds: counted(&session, &sides("kind", "outcomes_{side}")).await?,
        issues: counted(&session, &sides("issue['code']", issues)).await?,
        decisions: decisions(&session).await?,
        ..Rebuilt::default()
    };
    let tables: BTreeSet<&TableName> = before.responses().chain(after.responses()).collect();
    for table in tables {
        responses(before, after, table, &mut found).await?;
    }
    if before.standing_aggregates().is_some() || after.standing_aggregates().is_some() {
        aggregates(before, after, &mut found).await?;
    }
    Ok(found)
}

/// Adds what became of deliveries of counts: any count, base or unit of one that is another.
async fn aggregates(before: &Catalog, after: &Catalog, found: &mut Rebuilt) -> Result<(), QueryError> {
    let session = new_session();
    let mut rows = [0, 0];
    for (at, (catalog, name)) in [(before, "before"), (after, "after")].into_iter().enumerate() {
        copy(catalog, tables::AGGREGATES, &session, name).await?;
        copy(catalog, "aggregate_counts", &session, &format!("{name}_counts")).await?;
        rows[at] = count(&session, &format!("SELECT count(*) FROM {name}")).await?;
    }
    let name = tables::AGGREGATES.to_owned();
    found.rows.push(BeforeAfter { name: name.clone(), before: rows[0], after: rows[1] });
    let place = POSITION.map(quoted).join(", ");
    let said =
        "units, \"group\", form, method, mapping, question, \"row\", \"option\", state, \"count\", base";
    let only = |one: &str, other: &str| {
        format!(
            "(SELECT {place}, {said} FROM {one}_counts EXCEPT SELECT {place}, {said} FROM {other}_counts)"
        )
    };
    let same_place: Vec<String> = POSITION.iter().map(|c| format!("a.\"{c}\" = b.\"{c}\"")).collect();
    let in_both = format!("SELECT count(*) FROM after a JOIN before b ON {}", same_place.join(" AND "));
    let other = format!(
        "SELECT count(*) FROM (SELECT DISTINCT {place} FROM ({} UNION ALL {})) a JOIN before b ON {}",
        only("after", "before"),
        only("before", "after"),
        same_place.join(" AND ")
    );
    let (positions, others) = (count(&session, &in_both).await?, count(&session, &other).await?);
    found.answers.push(BeforeAfter { name, before: positions, after: others });
    Ok(())
}

async fn decisions(session: &SessionContext) -> Result<Vec<DecidedOtherwise>, QueryError> {
    let labels = |outcomes: &str| LABELS.replace("{outcomes}", outcomes);
    let sql = format!(
        r#"SELECT before, after, count(*) AS records FROM (
             SELECT coalesce(b.label, 'not decided') AS before,
                    CASE WHEN b.label = a.label THEN concat(a.label, ' as another unit') ELSE a.label END AS after
             FROM ({}) a LEFT JOIN ({}) b
               ON a.generation = b.generation AND a."partition" = b."partition" AND a."offset" = b."offset"
             WHERE (b.label IS DISTINCT FROM a.label) OR (b.unit IS DISTINCT FROM a.unit))
           GROUP BY before, after ORDER BY records DESC, before, after"#,
        labels("outcomes_after"),
        labels("outcomes_before"),
    );
    let mut found = Vec::new();
    for batch in collect(session, &sql).await? {
        let (before, after) = (texts(batch.column(0))?, texts(batch.column(1))?);
        let records = batch.column(2).as_primitive::<Int64Type>();
        found.extend((0..batch.num_rows()).map(|row| DecidedOtherwise {
            before: before[row].clone(),
            after: after[row].clone(),
            records: records.value(row).unsigned_abs(),
        }));
    }
    Ok(found)
}

/// Adds what became of one responses table.
async fn responses(
    before: &Catalog,
    after: &Catalog,
    table: &TableName,
    found: &mut Rebuilt,
) -> Result<(), QueryError> {
    let session = new_session();
    let mut columns = Vec::new();
    let mut rows = [0, 0];
    for (at, (catalog, name)) in [(before, "before"), (after, "after")].into_iter().enumerate() {
        let Some(sql_name) = catalog.sql_name_of(table) else { continue };
        columns.push(copy(catalog, &sql_name, &session, name).await?);
        rows[at] = count(&session, &format!("SELECT count(*) FROM {name}")).await?;
    }
    let name = table.to_string();
    found.rows.push(BeforeAfter { name: name.clone(), before: rows[0], after: rows[1] });
    let [old, new] = columns.as_slice() else { return Ok(()) };
    let both: Vec<String> = old.iter().filter(|column| new.contains(column)).map(|c| quoted(c)).collect();
    let same_place: Vec<String> = POSITION.iter().map(|c| format!("a.\"{c}\" = b.\"{c}\"")).collect();
    let (both, same_place) = (both.join(", "), same_place.join(" AND "));
    let in_both = format!("SELECT count(*) FROM after a JOIN before b ON {same_place}");
    let other = format!(
        "SELECT count(*) FROM (SELECT {both} FROM after EXCEPT SELECT {both} FROM before) a JOIN before b ON {same_place}"
    );
    let (positions, others) = (count(&session, &in_both).await?, count(&session, &other).await?);
    found.answers.push(BeforeAfter { name, before: positions, after: others });
    Ok(())
}

/// Makes a table of one catalog known to another session, and says its columns.
async fn copy(
    catalog: &Catalog,
    name: &str,
    session: &SessionContext,
    copy: &str,
) -> Result<Vec<String>, QueryError> {
    let rows = catalog.session().table(TableReference::bare(name)).await;
    let rows = rows.map_err(|error| QueryError::planning(&error))?;
    let columns = rows.schema().fields().iter().map(|field| field.name().clone()).collect();
    register(session, copy, rows)?;
    Ok(columns)
}

async fn counted(session: &SessionContext, sql: &str) -> Result<Vec<BeforeAfter>, QueryError> {
    let mut found = Vec::new();
    for batch in collect(session, sql).await? {
        let names = texts(batch.column(0))?;
        let number = |column: usize, row: usize| {
            batch.column(column).as_primitive::<Int64Type>().value(row).unsigned_abs()
        };
        found.extend((0..batch.num_rows()).map(|row| BeforeAfter {
            name: names[row].clone(),
            before: number(1, row),
            after: number(2, row),
        }));
    }
    Ok(found)
}

async fn count(session: &SessionContext, sql: &str) -> Result<u64, QueryError> {
    let batches = collect(session, sql).await?;
    let first = batches.iter().find(|batch| batch.num_rows() > 0);
    Ok(first.map_or(0, |batch| batch.column(0).as_primitive::<Int64Type>().value(0).unsigned_abs()))
}

fn texts(column: &dyn Array) -> Result<Vec<String>, QueryError> {
    let column = cast(column, &DataType::Utf8).map_err(|error| QueryError::running(&error.into()))?;
    Ok(column.as_string::<i32>().iter().map(|text| text.unwrap_or_default().to_owned()).collect())
}
