use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};
use datafusion::common::TableReference;
use datafusion::datasource::MemTable;
use datafusion::logical_expr::{Expr, ident, lit};
use datafusion::prelude::{DataFrame, SessionContext};
use shukei_lake::Lake;
use shukei_protocol::TableName;
use shukei_schemas::columns::responses_schema;
use shukei_schemas::definition::{Definitions, Form, FormRef, SurveyDefinition};
use shukei_schemas::{Lane, Offset};

use crate::answers::{AnswersTable, Part};
use crate::completeness::FormRules;
use crate::counting::Counting;
use crate::edits;
use crate::error::QueryError;
use crate::guard;
use crate::labels::{self, Labelled, language_of};
use crate::melt::Melt;
use crate::repeated;
use crate::rows::QueryRows;
use crate::snapshot::{Pinned, Snapshot, new_session};
use crate::vector::{CommonVector, TableFacts, common_vector};
use crate::views;

/// All tables at one moment, up to one [`CommonVector`]: what SQL and tabulation read. It never moves; open another
/// one to see what came later.
#[derive(Clone)]
pub struct Catalog {
    session: SessionContext,
    definitions: Definitions,
    versions: BTreeMap<TableName, i64>,
    vector: CommonVector,
    /// The SQL name of each responses table, without its `responses_`.
    names: BTreeMap<TableName, String>,
    /// The events that stand, as SQL: `received` without how much was answered.
    standing: String,
    /// The deliveries of counts that count, as SQL; none where there are no deliveries.
    standing_aggregates: Option<String>,
    rules: BTreeMap<String, FormRules>,
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").field("versions", &self.versions).field("vector", &self.vector).finish()
    }
}

impl Catalog {
    /// Opens every table; labels are in each survey's first language. A folder without tables gives empty ones.
    ///
    /// # Errors
    /// [`QueryError::Lake`] if a table cannot be opened, [`QueryError::Running`] if outcomes cannot be read.
    pub async fn open(lake: &Lake, definitions: &Definitions) -> Result<Self, QueryError> {
        Self::open_in(lake, definitions, None).await
    }

    /// The same with labels in the language given, if there is one.
    ///
    /// # Errors
    /// As [`Catalog::open`].
    pub async fn open_in(
        lake: &Lake,
        definitions: &Definitions,
        language: Option<&str>,
    ) -> Result<Self, QueryError> {
        let mut snapshot = Snapshot::open(lake).await?;
        let found = look_at_outcomes(&snapshot).await?;
        let facts: Vec<TableFacts> = found.tables.into_values().collect();
        let vector = common_vector(&snapshot.starts(), &snapshot.outcomes.cursors, &facts);
        let versions = snapshot.versions();
        let forms = forms_of(definitions);
        for (_, form) in &forms {
            let table = TableName::responses(&form.reference.target());
            snapshot.responses.entry(table).or_insert_with(|| Pinned::absent(&responses_schema(form)));
        }
        let names = sql_names(snapshot.responses.keys());
        let session = new_session();
        let counting =
            Counting::new(found.reinterpreted, found.edits, found.aggregates, definitions, &found.surveys);
        let standing = counting.received();
        let standing_aggregates = counting.aggregates();
        let rules = rules_of(&forms, &snapshot, &names);
        rules.values().for_each(|rules| session.register_udf(rules.function()));
        let builder = Builder {
            session: &session,
            vector: &vector,
            reinterpreted: found.reinterpreted,
            counting,
            rules: &rules,
        };
        builder.stored(&snapshot, &names)?;
        builder.views(&snapshot, &names).await?;
        builder.labels(&forms, language)?;
        builder.answers(&forms, &names, language).await?;
        tracing::debug!(%vector, "catalog opened");
        let definitions = definitions.clone();
        Ok(Self { session, definitions, versions, vector, names, standing, standing_aggregates, rules })
    }

    /// The Delta version of each table that exists: say it beside a result, never inside the data.
    pub fn versions(&self) -> &BTreeMap<TableName, i64> {
        &self.versions
    }

    /// Up to where the tables are served.
    pub fn vector(&self) -> &CommonVector {
        &self.vector
    }

    /// The definitions that the catalog was opened with.
    pub fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// The session itself, without the guard of [`Catalog::query`]: for code, never for statements of others.
    pub fn session(&self) -> SessionContext {
        self.session.clone()
    }

    /// The view of the rows of a form that count, `current_<form>_<version>`.
    pub fn current_of(&self, form: &FormRef) -> Option<String> {
        let name = self.names.get(&TableName::responses(&form.target()))?;
        Some(format!("current_{name}"))
    }

    /// The responses tables that are served.
    pub(crate) fn responses(&self) -> impl Iterator<Item = &TableName> {
        self.names.keys()
    }

    /// What a responses table is called in SQL.
    pub(crate) fn sql_name_of(&self, table: &TableName) -> Option<String> {
        self.names.get(table).map(|name| format!("responses_{name}"))
    }

    /// The events that stand, counted or not, as SQL: the columns of `current`, then `late` and `set_aside`.
    pub(crate) fn standing(&self) -> &str {
        &self.standing
    }

    /// The deliveries of counts that count, as SQL with the columns of `current`; none where there are no deliveries.
    pub fn standing_aggregates(&self) -> Option<&str> {
        self.standing_aggregates.as_deref()
    }

    /// How complete the rows of a responses table are.
    pub(crate) fn rules_of(&self, table: &TableName) -> Option<&FormRules> {
        self.rules.get(table.as_str())
    }

    /// Runs one statement that only reads: a query, EXPLAIN, DESCRIBE, SHOW TABLES or SHOW COLUMNS.
    ///
    /// # Errors
    /// [`QueryError::NotAQuery`] and [`QueryError::NotOneStatement`] before anything is done, the errors of names and
    /// types before any row is read, [`QueryError::Running`] later from the rows themselves.
    pub async fn query(&self, sql: &str) -> Result<QueryRows, QueryError> {
        let mut statement = guard::check(sql)?;
        if guard::is_show_tables(&statement) {
            statement = guard::check(views::SHOW_TABLES)?;
        }
        let planning = |error| {
            let tables = self.session.catalog("datafusion").and_then(|catalog| catalog.schema("public"));
            let names = tables.map(|schema| schema.table_names()).unwrap_or_default();
            QueryError::planning(&error).with_tables(names.iter().map(String::as_str))
        };
        let plan = self.session.state().statement_to_plan(statement).await.map_err(planning)?;
        guard::plan_options().verify_plan(&plan).map_err(planning)?;
        let rows = DataFrame::new(self.session.state(), plan);
        Ok(QueryRows::new(rows.execute_stream().await.map_err(planning)?))
    }
}

/// What the outcomes say about the tables that they name.
struct Found {
    tables: BTreeMap<String, TableFacts>,
    /// The surveys that have any.
    surveys: Vec<String>,
    /// Whether any position was interpreted more than once.
    reinterpreted: bool,
    /// Whether there is any edit by a survey office.
    edits: bool,
    /// Whether any organisation delivered counts.
    aggregates: bool,
}

/// The surveys that have outcomes, each with the number of edits and of deliveries of counts.
const SURVEYS: &str = "SELECT survey, count(CASE WHEN kind = 'edit' THEN 1 END), \
                              count(CASE WHEN kind = 'aggregate' THEN 1 END) FROM outcomes \
                       WHERE survey IS NOT NULL GROUP BY survey";

async fn look_at_outcomes(snapshot: &Snapshot) -> Result<Found, QueryError> {
    let mut found = Found {
        tables: BTreeMap::new(),
        surveys: Vec::new(),
        reinterpreted: false,
        edits: false,
        aggregates: false,
    };
    if snapshot.outcomes.version.is_none() {
        return Ok(found);
    }
    let session = new_session();
    register(&session, "outcomes", snapshot.outcomes.rows(&session)?)?;
    register_batch(&session, "cursors", snapshot.responses_cursors()?)?;
    for batch in collect(&session, views::FIRST_MISSING).await? {
        let targets = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8);
        let targets = targets.map_err(|error| QueryError::running(&error.into()))?;
        let generations = batch.column(1).as_primitive::<Int32Type>();
        let partitions = batch.column(2).as_primitive::<Int32Type>();
        let offsets = batch.column(3).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let lane = Lane::new(generations.value(row), partitions.value(row));
            let table = found.tables.entry(targets.as_string::<i32>().value(row).to_owned()).or_default();
            table.first_missing.insert(lane, Offset(offsets.value(row)));
        }
    }
    for batch in collect(&session, SURVEYS).await? {
        let surveys = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8);
        let surveys = surveys.map_err(|error| QueryError::running(&error.into()))?;
        found.surveys.extend(surveys.as_string::<i32>().iter().flatten().map(str::to_owned));
        let any = |column: usize| {
            batch.column(column).as_primitive::<Int64Type>().iter().flatten().any(|count| count > 0)
        };
        found.edits |= any(1);
        found.aggregates |= any(2);
    }
    let again = collect(&session, "SELECT 1 FROM outcomes WHERE interpretation > 0 LIMIT 1").await?;
    found.reinterpreted = again.iter().any(|batch| batch.num_rows() > 0);
    Ok(found)
}

/// Registers tables and views with one session.
struct Builder<'a> {
    session: &'a SessionContext,
    vector: &'a CommonVector,
    reinterpreted: bool,
    counting: Counting,
    rules: &'a BTreeMap<String, FormRules>,
}

impl Builder<'_> {
    fn stored(&self, snapshot: &Snapshot, names: &BTreeMap<TableName, String>) -> Result<(), QueryError> {
        register(self.session, "sources", snapshot.sources.rows(self.session)?)?;
        register(self.session, "raw", self.below_vector(&snapshot.raw)?)?;
        register(self.session, "outcomes", self.below_vector(&snapshot.outcomes)?)?;
        register(self.session, "aggregates", self.below_vector(&snapshot.aggregates)?)?;
        for (table, pinned) in &snapshot.responses {
            if let Some(name) = names.get(table) {
                register(self.session, &format!("responses_{name}"), self.below_vector(pinned)?)?;
            }
        }
        Ok(())
    }

    /// The rows below the vector. A table holds nothing past its own cursor, so only the lanes where it is ahead need
    /// a condition; in an idle folder none does.
    fn below_vector(&self, pinned: &Pinned) -> Result<DataFrame, QueryError> {
        let rows = pinned.rows(self.session)?;
        let ahead: Vec<Expr> = pinned
            .cursors
            .iter()
            .filter_map(|(lane, cursor)| {
                let end = self.vector.get(*lane).filter(|end| end < cursor)?;
                let in_lane = ident("generation")
                    .eq(lit(lane.generation.0))
                    .and(ident("partition").eq(lit(lane.partition.0)));
                Some(in_lane.and(ident("offset").gt_eq(lit(end.0))))
            })
            .collect();
        match ahead.into_iter().reduce(Expr::or) {
            Some(past) => rows.filter(!past).map_err(|error| QueryError::planning(&error)),
            None => Ok(rows),
        }
    }

    async fn views(
        &self,
        snapshot: &Snapshot,
        names: &BTreeMap<TableName, String>,
    ) -> Result<(), QueryError> {
        let left_out: Vec<String> = self.rules.values().filter_map(FormRules::left_out).collect();
        repeated::register(self.session, &self.counting.of_units()).await?;
        let current = self.counting.current();
        let current = if left_out.is_empty() { current } else { views::without(&current, &left_out) };
        self.view("current", &current).await?;
        // To plan over all states of all forms takes time, at each opening: only where somebody asks for it.
        let stated = self.rules.values().filter(|rules| rules.is_stated);
        let every_row: Vec<String> = stated.map(FormRules::of_every_row).collect();
        let out: Vec<String> = self.rules.values().filter_map(FormRules::out_of_received).collect();
        self.view("received", &views::received(&self.counting.received(), &every_row, &out)).await?;
        self.view("flags", &self.counting.flags()).await?;
        self.view("rejections", &views::rejections(self.reinterpreted)).await?;
        self.view("issues", &views::issues(self.reinterpreted)).await?;
        let counts = views::aggregate_counts(self.counting.aggregates().as_deref());
        self.view("aggregate_counts", &counts).await?;
        self.session.register_udf(edits::function());
        self.view("edits", &edits::view(self.reinterpreted)).await?;
        for (table, pinned) in &snapshot.responses {
            if let Some(name) = names.get(table) {
                let columns: Vec<String> = pinned.schema.fields().iter().map(|f| f.name().clone()).collect();
                let sql = views::current_wide(
                    &format!("responses_{name}"),
                    table.as_str(),
                    &columns,
                    self.counting.renames_units(),
                );
                self.view(&format!("current_{name}"), &sql).await?;
            }
        }
        Ok(())
    }

    async fn view(&self, name: &str, sql: &str) -> Result<(), QueryError> {
        let rows = self.session.sql(sql).await.map_err(|error| QueryError::planning(&error))?;
        register(self.session, name, rows)
    }

    fn labels(
        &self,
        forms: &[(Arc<SurveyDefinition>, Arc<Form>)],
        language: Option<&str>,
    ) -> Result<(), QueryError> {
        let labelled: Vec<Labelled<'_>> = forms
            .iter()
            .map(|(definition, form)| Labelled {
                survey: &definition.survey,
                form,
                language: language_of(&definition.survey, language),
            })
            .collect();
        let failed = |error: arrow::error::ArrowError| QueryError::running(&error.into());
        register_batch(self.session, "questions", labels::questions(&labelled).map_err(failed)?)?;
        register_batch(self.session, "options", labels::options(&labelled).map_err(failed)?)
    }

    async fn answers(
        &self,
        forms: &[(Arc<SurveyDefinition>, Arc<Form>)],
        names: &BTreeMap<TableName, String>,
        language: Option<&str>,
    ) -> Result<(), QueryError> {
        let planning = |error| QueryError::planning(&error);
        let mut parts = Vec::new();
        for (definition, form) in forms {
            let Some(name) = names.get(&TableName::responses(&form.reference.target())) else { continue };
            let current = self
                .session
                .table(TableReference::bare(format!("current_{name}")))
                .await
                .map_err(planning)?;
            let language = language_of(&definition.survey, language);
            let melt = Melt::new(&definition.survey.survey, form.clone(), &language);
            parts.push(Part { wide: current.logical_plan().clone(), melt: Arc::new(melt) });
        }
        self.session.register_table("answers", Arc::new(AnswersTable::new(parts))).map_err(planning)?;
        Ok(())
    }
}

/// Every form of every survey.
fn forms_of(definitions: &Definitions) -> Vec<(Arc<SurveyDefinition>, Arc<Form>)> {
    let forms = |definition: &Arc<SurveyDefinition>| {
        let definition = definition.clone();
        let forms: Vec<Arc<Form>> = definition.forms.values().map(|used| used.value.clone()).collect();
        forms.into_iter().map(move |form| (definition.clone(), form))
    };
    definitions.surveys().flat_map(forms).collect()
}

/// How complete the rows of each table are that holds what its form says.
fn rules_of(
    forms: &[(Arc<SurveyDefinition>, Arc<Form>)],
    snapshot: &Snapshot,
    names: &BTreeMap<TableName, String>,
) -> BTreeMap<String, FormRules> {
    let rules = forms.iter().filter_map(|(definition, form)| {
        let table = TableName::responses(&form.reference.target());
        let rules = FormRules::new(&definition.survey, form, table.as_str(), names.get(&table)?);
        rules.fits(&snapshot.responses.get(&table)?.schema).then(|| (rules.target().to_owned(), rules))
    });
    rules.collect()
}

/// A name of its own for each responses table, even where two differ only in what SQL names cannot hold.
fn sql_names<'a>(tables: impl Iterator<Item = &'a TableName>) -> BTreeMap<TableName, String> {
    let mut taken = BTreeSet::new();
    let mut names = BTreeMap::new();
    for table in tables {
        let mut name = views::sql_name(table.response_target().unwrap_or_default());
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        names.insert(table.clone(), name);
    }
    names
}

pub(crate) fn register(session: &SessionContext, name: &str, rows: DataFrame) -> Result<(), QueryError> {
    session
        .register_table(TableReference::bare(name), rows.into_view())
        .map_err(|error| QueryError::planning(&error))?;
    Ok(())
}

pub(crate) fn register_batch(
    session: &SessionContext,
    name: &str,
    batch: RecordBatch,
) -> Result<(), QueryError> {
    let table = MemTable::try_new(batch.schema(), vec![vec![batch]]);
    let table = table.map_err(|error| QueryError::planning(&error))?;
    session.register_table(name, Arc::new(table)).map_err(|error| QueryError::planning(&error))?;
    Ok(())
}

pub(crate) async fn collect(session: &SessionContext, sql: &str) -> Result<Vec<RecordBatch>, QueryError> {
    let rows = session.sql(sql).await.map_err(|error| QueryError::planning(&error))?;
    rows.collect().await.map_err(|error| QueryError::running(&error))
}
