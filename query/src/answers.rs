//! `answers` as a table: the current rows of every form, melted while they stream by.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, Operator, TableProviderFilterPushDown, TableType, ident, lit,
};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};
use futures::{StreamExt, TryStreamExt};

use crate::melt::{Melt, UNIT_COLUMNS, answers_schema};

/// Rows of answers per batch, about.
const BATCH_ROWS: usize = 8_192;

/// The current rows of one form, and how they become answers.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) wide: LogicalPlan,
    pub(crate) melt: Arc<Melt>,
}

/// The table `answers`.
#[derive(Debug)]
pub(crate) struct AnswersTable {
    schema: SchemaRef,
    parts: Vec<Part>,
}

impl AnswersTable {
    pub(crate) fn new(parts: Vec<Part>) -> Self {
        Self { schema: answers_schema(), parts }
    }
}

#[async_trait]
impl TableProvider for AnswersTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    /// Filters only leave out what they can here: whole forms, questions, units. The engine applies them again.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let projection = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let mut plans: Vec<Arc<dyn ExecutionPlan>> = Vec::new();
        for part in &self.parts {
            let Some(melt) = wanted(part, filters) else { continue };
            let units = filters.iter().filter(|filter| is_about_units(filter)).cloned().map(with_plain_texts);
            let survey = ident("survey").eq(lit(melt.survey().as_str()));
            let mut wide = LogicalPlanBuilder::from(part.wide.clone());
            for filter in units.chain([survey]) {
                wide = wide.filter(filter)?;
            }
            let asked_for = |name: &str| projection.iter().any(|at| self.schema.field(*at).name() == name);
            let needed = |name: &&str| !UNIT_COLUMNS.contains(name) || asked_for(name);
            let wide = wide.project(melt.columns().into_iter().filter(needed).map(ident))?.build()?;
            let input = state.create_physical_plan(&wide).await?;
            plans.push(Arc::new(MeltExec::new(input, melt, projection.clone())?));
        }
        match plans.len() {
            0 => Ok(Arc::new(EmptyExec::new(Arc::new(self.schema.project(&projection)?)))),
            1 => Ok(plans.remove(0)),
            _ => UnionExec::try_new(plans),
        }
    }
}

/// What is left of a part under the filters; none if nothing.
fn wanted(part: &Part, filters: &[Expr]) -> Option<Arc<Melt>> {
    let mut melt = part.melt.clone();
    for filter in filters {
        let Some((column, values)) = one_of(filter) else { continue };
        let reference = &melt.form().reference;
        match column {
            "survey" if !values.contains(melt.survey().as_str()) => return None,
            "form" if !values.contains(reference.form.as_str()) => return None,
            "question" => melt = Arc::new(melt.only(&values)),
            _ => {}
        }
    }
    if melt.columns().len() == UNIT_COLUMNS.len() { None } else { Some(melt) }
}

/// Reads `column = 'text'`, `column IN ('text', …)` and several of them joined by OR.
fn one_of(filter: &Expr) -> Option<(&str, BTreeSet<String>)> {
    let text = |expr: &Expr| match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten().map(str::to_owned),
        _ => None,
    };
    match filter {
        Expr::BinaryExpr(binary) if binary.op == Operator::Eq => match (&*binary.left, &*binary.right) {
            (Expr::Column(column), value) | (value, Expr::Column(column)) => {
                Some((column.name.as_str(), BTreeSet::from([text(value)?])))
            }
            _ => None,
        },
        Expr::BinaryExpr(binary) if binary.op == Operator::Or => {
            let (column, mut values) = one_of(&binary.left)?;
            let (other, more) = one_of(&binary.right)?;
            values.extend(more);
            (column == other).then_some((column, values))
        }
        Expr::InList(list) if !list.negated => match &*list.expr {
            Expr::Column(column) => {
                Some((column.name.as_str(), list.list.iter().map(text).collect::<Option<_>>()?))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether a filter asks only for what all answers of a unit share.
fn is_about_units(filter: &Expr) -> bool {
    let columns = filter.column_refs();
    !columns.is_empty() && columns.iter().all(|column| UNIT_COLUMNS.contains(&column.name.as_str()))
}

/// The filter with its texts as `Utf8`: the wide rows are partitioned by wave, and the engine would cast that column to
/// the type of another text, and then read every wave.
fn with_plain_texts(filter: Expr) -> Expr {
    let plain = filter.clone().transform(|expr| {
        Ok(match &expr {
            Expr::Literal(ScalarValue::Utf8View(text), metadata) => {
                Transformed::yes(Expr::Literal(ScalarValue::Utf8(text.clone()), metadata.clone()))
            }
            _ => Transformed::no(expr),
        })
    });
    plain.map_or(filter, |plain| plain.data)
}

/// Melts each partition of its input.
#[derive(Debug)]
struct MeltExec {
    input: Arc<dyn ExecutionPlan>,
    melt: Arc<Melt>,
    projection: Vec<usize>,
    properties: Arc<PlanProperties>,
}

impl MeltExec {
    fn new(input: Arc<dyn ExecutionPlan>, melt: Arc<Melt>, projection: Vec<usize>) -> Result<Self> {
        let schema = Arc::new(answers_schema().project(&projection)?);
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(input.output_partitioning().partition_count()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        ));
        Ok(Self { input, melt, projection, properties })
    }
}

impl DisplayAs for MeltExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "MeltExec: form={}, columns={}",
            self.melt.form().reference.target(),
            self.input.schema().fields().len()
        )
    }
}

impl ExecutionPlan for MeltExec {
    fn name(&self) -> &str {
        "MeltExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => {
                Ok(Arc::new(Self::new(input, self.melt.clone(), self.projection.clone())?))
            }
            _ => Err(DataFusionError::Internal("MeltExec has one input".into())),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context)?;
        let (melt, projection) = (self.melt.clone(), self.projection.clone());
        let rows = (BATCH_ROWS / melt.rows_max()).max(1);
        let slices =
            input.map_ok(move |batch| futures::stream::iter(slices(&batch, rows)).map(Ok)).try_flatten();
        let melted =
            slices.map(move |slice: Result<RecordBatch>| Ok(melt.melt_columns(&slice?, &projection)?));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), melted)))
    }
}

/// A batch in parts of so many rows, so that what they become stays of a batch's size.
fn slices(batch: &RecordBatch, rows: usize) -> Vec<RecordBatch> {
    (0..batch.num_rows()).step_by(rows).map(|at| batch.slice(at, rows.min(batch.num_rows() - at))).collect()
}
