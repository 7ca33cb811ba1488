//! How much of a form each unit answered, as a function of SQL over the states of its answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Int8Type, Schema};
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use shukei_schemas::State;
use shukei_schemas::columns::{Part, answer_columns};
use shukei_schemas::definition::{Completeness, Form, FormCompleteness, Survey, Wave};

use crate::views::{POSITION, quoted};

/// The rules of a form, wave by wave.
#[derive(Clone, Debug)]
pub(crate) struct FormRules {
    /// The SQL name of its table, without `responses_`.
    name: String,
    target: String,
    waves: Arc<BTreeMap<String, FormCompleteness>>,
    /// The columns of the states, in the order of the form.
    states: Vec<String>,
    /// Whether the survey says anything of completeness.
    pub(crate) is_stated: bool,
}

impl FormRules {
    /// The rules that the waves of a survey have for one of its forms.
    pub(crate) fn new(survey: &Survey, form: &Form, target: &str, name: &str) -> Self {
        let using = survey.waves.iter().filter(|wave| wave.forms.contains(&form.reference));
        let waves = using.map(|wave| (wave.wave.to_string(), FormCompleteness::of(survey, wave, form)));
        let states = answer_columns(form).into_iter().filter(|column| column.part == Part::State);
        Self {
            name: name.to_owned(),
            target: target.to_owned(),
            waves: Arc::new(waves.collect()),
            states: states.map(|column| column.name).collect(),
            is_stated: survey.states_completeness(),
        }
    }

    /// Whether a table has every column that is looked at.
    pub(crate) fn fits(&self, schema: &Schema) -> bool {
        self.states.iter().all(|state| schema.field_with_name(state).is_ok())
    }

    /// The responses table.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// Whether the units of a wave with this completeness count.
    pub(crate) fn counts(&self, wave: &Wave, completeness: Completeness) -> bool {
        self.waves.get(wave.wave.as_str()).is_none_or(|rule| rule.counts(completeness))
    }

    /// The function of SQL: `complete`, `partial` or `blank` of a wave and the states of a row; null of a wave that
    /// does not use the form.
    pub(crate) fn function(&self) -> ScalarUDF {
        let mut types = vec![DataType::Utf8];
        types.resize(self.states.len() + 1, DataType::Int8);
        let waves = self.waves.clone();
        let of = Arc::new(move |arguments: &[ColumnarValue]| of_rows(&waves, arguments));
        create_udf(&self.function_name(), types, DataType::Utf8, Volatility::Immutable, of)
    }

    fn function_name(&self) -> String {
        format!("completeness_{}", self.name)
    }

    /// What the function makes of the rows of a table that is called `of` in the statement.
    pub(crate) fn call(&self, of: &str) -> String {
        let states: Vec<String> = self.states.iter().map(|state| format!("{of}.{}", quoted(state))).collect();
        let arguments = [vec![format!("CAST({of}.wave AS VARCHAR)")], states].concat();
        format!("{}({})", quoted(&self.function_name()), arguments.join(", "))
    }

    /// The completeness of every row, with its position.
    pub(crate) fn of_every_row(&self) -> String {
        format!(
            "SELECT '{target}' AS target, {POSITION}, interpretation, {call} AS completeness FROM {table} r",
            target = self.target.replace('\'', "''"),
            call = self.call("r"),
            table = self.table(),
        )
    }

    /// The positions of the rows that do not count, where a wave leaves some out.
    pub(crate) fn left_out(&self) -> Option<String> {
        let out = self.leaves_out("CAST(r.wave AS VARCHAR)", &self.call("r"))?;
        Some(format!("SELECT {POSITION}, interpretation FROM {} r WHERE {out}", self.table()))
    }

    /// The condition that a row of `received` does not count, of the standing events `s` and their completeness `e`.
    pub(crate) fn out_of_received(&self) -> Option<String> {
        let out = self.leaves_out("s.wave", "e.completeness")?;
        Some(format!("(s.target = '{}' AND {out})", self.target.replace('\'', "''")))
    }

    /// The condition that a row of a wave with this completeness does not count; none if all count.
    fn leaves_out(&self, wave: &str, completeness: &str) -> Option<String> {
        let mut cases = Vec::new();
        for (id, rule) in self.waves.iter().filter(|(_, rule)| rule.leaves_out()) {
            let out = [Completeness::Partial, Completeness::Blank].into_iter().filter(|c| !rule.counts(*c));
            let out: Vec<String> = out.map(|completeness| format!("'{}'", completeness.as_str())).collect();
            let id = id.replace('\'', "''");
            cases.push(format!("({wave} = '{id}' AND {completeness} IN ({}))", out.join(", ")));
        }
        (!cases.is_empty()).then(|| format!("({})", cases.join(" OR ")))
    }

    fn table(&self) -> String {
        quoted(&format!("responses_{}", self.name))
    }
}

fn of_rows(
    waves: &BTreeMap<String, FormCompleteness>,
    arguments: &[ColumnarValue],
) -> Result<ColumnarValue, DataFusionError> {
    let arrays = ColumnarValue::values_to_arrays(arguments)?;
    let Some((names, states)) = arrays.split_first() else {
        return Ok(ColumnarValue::Scalar(ScalarValue::Utf8(None)));
    };
    let names = names.as_string::<i32>();
    let states: Vec<_> = states.iter().map(|states| states.as_primitive::<Int8Type>()).collect();
    let of_row = |row: usize| {
        let rule = waves.get(names.is_valid(row).then(|| names.value(row))?)?;
        let state = |column: &&arrow::array::Int8Array| {
            let state = column.is_valid(row).then(|| State::from_code(column.value(row))).flatten();
            state.unwrap_or(State::Invalid)
        };
        Some(rule.of_states(states.iter().map(state)).as_str())
    };
    let found: StringArray = (0..names.len()).map(of_row).collect();
    Ok(ColumnarValue::Array(Arc::new(found) as ArrayRef))
}
