//! Indicators while units are counted: who is in the base, and of whom the condition holds.

use std::sync::Arc;

use arrow::array::{RecordBatch, StringViewArray};
use shukei_schemas::State;
use shukei_schemas::definition::{
    Form, Indicator, IndicatorBase, IndicatorPlan, Look, Mapping, Survey, SurveyDefinition, Wave, nearest,
};

use crate::error::QueryError;
use crate::filter::Selection;
use crate::shape::{Item, ItemRows, items};
use crate::slots::{RowSlots, text_at};

/// Everything that a table has of a wave's indicators.
pub(crate) const ALL_INDICATORS: &str = "*";

/// An indicator that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AskedIndicator {
    pub(crate) indicator: Indicator,
    /// The set that it stands in, and the set's version.
    pub(crate) set: String,
    pub(crate) version: u32,
}

impl AskedIndicator {
    /// The indicators of a wave by their ids, each once.
    ///
    /// # Errors
    /// [`QueryError::Request`] if the wave has no such indicator.
    pub(crate) fn find(
        definition: &SurveyDefinition,
        wave: &Wave,
        wanted: &[String],
    ) -> Result<Vec<Arc<Self>>, QueryError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let known = definition.indicators_of(wave);
        let ids = || known.iter().map(|(_, indicator)| indicator.indicator.as_str());
        for id in wanted.iter().filter(|id| *id != ALL_INDICATORS || known.is_empty()) {
            if !known.iter().any(|(_, indicator)| indicator.is_called(id)) {
                let near = nearest(id, ids()).map(|near| format!("did you mean `{near}`?"));
                let all = || match known.is_empty() {
                    true => format!(
                        "wave `{}` has no indicators here; they stand in the survey's folder under indicators/, and \
                         `--surveys` names the folder",
                        wave.wave
                    ),
                    false => format!("indicators: {}", ids().collect::<Vec<_>>().join(", ")),
                };
                return Err(QueryError::Request {
                    problem: format!("unknown indicator `{id}` in wave `{}`", wave.wave),
                    hint: near.unwrap_or_else(all),
                });
            }
        }
        let is_wanted = |indicator: &Indicator| {
            wanted.iter().any(|wanted| wanted == ALL_INDICATORS || indicator.is_called(wanted))
        };
        let found = known.iter().filter(|(_, indicator)| is_wanted(indicator));
        let asked = found.map(|(set, indicator)| {
            Arc::new(Self { indicator: (*indicator).clone(), set: set.set.clone(), version: set.version })
        });
        Ok(asked.collect())
    }

    /// Whether its words, or those that it is formed of, are not the issuer's own.
    pub(crate) fn is_reconstructed<'f>(&self, forms: impl Iterator<Item = &'f Form>) -> bool {
        self.indicator.is_reconstructed() || forms.into_iter().any(|form| is_made_up(&self.indicator, form))
    }
}

fn is_made_up(indicator: &Indicator, form: &Form) -> bool {
    let Ok(plan) = indicator.resolve(form) else { return false };
    plan.looks
        .iter()
        .chain(&plan.among)
        .filter_map(|look| Some((form.questions.get(look.question)?, look)))
        .any(|(question, look)| {
            let option = |place: &usize| question.options().get(*place).is_some_and(|o| o.is_reconstructed());
            question.is_reconstructed() || look.options.iter().flatten().any(option)
        })
}

/// The counts of one indicator on one form.
#[derive(Clone, Debug)]
pub(crate) struct IndicatorTally {
    pub(crate) asked: Arc<AskedIndicator>,
    /// How it is read on the form; none where the form does not ask what it looks at.
    plan: Option<IndicatorPlan>,
    holds: Selection,
    /// Narrows the base.
    among: Option<Selection>,
    based_on: Vec<BasedOn>,
    /// Per slot the units in the base, and of these the ones that it holds of.
    units: Vec<[u64; 2]>,
    /// The same in weights.
    weights: Vec<[i128; 2]>,
}

/// What is read to know whether a unit is in the base.
#[derive(Clone, Debug)]
struct BasedOn {
    item: Item,
    states: Vec<State>,
    /// The options of which at least one was offered.
    options: Vec<usize>,
}

/// What one slot holds of an indicator: units and weights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IndicatorCells {
    pub(crate) base: (u64, i128),
    pub(crate) held: (u64, i128),
}

impl IndicatorTally {
    /// Counts of nothing yet.
    ///
    /// # Errors
    /// [`QueryError::Request`] if no form of the wave can be read so.
    pub(crate) fn new(
        asked: &Arc<AskedIndicator>,
        survey: &Survey,
        form: &Form,
        forms: &[&Form],
    ) -> Result<Self, QueryError> {
        let id = &asked.indicator.indicator;
        let condition = asked.indicator.condition().ok_or_else(|| QueryError::Request {
            problem: format!("indicator `{id}` has no condition"),
            hint: "run `shukei check` on the survey's folder".to_owned(),
        })?;
        let plan = match asked.indicator.resolve(form) {
            Ok(plan) => Some(plan),
            Err(_) if forms.iter().any(|form| asked.indicator.resolve(form).is_ok()) => None,
            Err(problem) => {
                return Err(QueryError::Request {
                    problem: format!("indicator `{id}`: {}", problem.message),
                    hint: problem.hint,
                });
            }
        };
        let all = items(form);
        let based_on = plan.iter().flat_map(|plan| &plan.based_on).filter_map(|look| {
            let same = |item: &&Item| item.question == look.question && item.row == look.row;
            let item = all.iter().find(same)?.clone();
            let states = states_in_base(survey, form, look, asked.indicator.base());
            Some(BasedOn { item, states, options: look.options.clone().unwrap_or_default() })
        });
        Ok(Self {
            based_on: based_on.collect(),
            holds: Selection::new(&condition, form, forms)?,
            among: asked
                .indicator
                .among
                .as_ref()
                .map(|among| Selection::new(among, form, forms))
                .transpose()?,
            plan,
            asked: Arc::clone(asked),
            units: Vec::new(),
            weights: Vec::new(),
        })
    }

    /// The columns that it reads.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        let conditions = std::iter::once(&self.holds).chain(&self.among);
        conditions
            .flat_map(Selection::columns)
            .chain(self.based_on.iter().flat_map(|based_on| based_on.item.columns()))
    }

    pub(crate) fn grow(&mut self, slots: usize, weighted: bool) {
        self.units.resize(slots, [0; 2]);
        if weighted {
            self.weights.resize(slots, [0; 2]);
        }
    }

    pub(crate) fn count(
        &mut self,
        table: &str,
        batch: &RecordBatch,
        heads: (&StringViewArray, &StringViewArray),
        rows: &RowSlots,
        weights: Option<&[i128]>,
    ) -> Result<(), QueryError> {
        let (groups, methods) = heads;
        let holds = self.holds.read(table, batch)?;
        let among = self.among.as_ref().map(|among| among.read(table, batch)).transpose()?;
        let based_on: Vec<ItemRows> =
            self.based_on.iter().map(|one| one.item.read(table, batch)).collect::<Result<_, _>>()?;
        let is_all = *self.asked.indicator.base() == IndicatorBase::All;
        rows.each(|row, slots| {
            let is_in = |(one, rows): (&BasedOn, &ItemRows)| {
                let offered = || one.options.iter().any(|place| rows.offered(row, *place));
                one.states.contains(&rows.state(row)) && (one.options.is_empty() || offered())
            };
            let in_base = is_all || (self.plan.is_some() && self.based_on.iter().zip(&based_on).all(is_in));
            let (group, method) = (text_at(groups, row), text_at(methods, row).unwrap_or_default());
            if !in_base || !among.as_ref().is_none_or(|among| among.takes(row, group, method)) {
                return Ok(());
            }
            let held = holds.takes(row, group, method);
            let weight = weights.and_then(|weights| weights.get(row)).copied().unwrap_or(0);
            for slot in slots {
                let slot = *slot as usize;
                if let Some([base, holding]) = self.units.get_mut(slot) {
                    *base += 1;
                    *holding += u64::from(held);
                }
                if let Some([base, holding]) = self.weights.get_mut(slot) {
                    *base += weight;
                    *holding += if held { weight } else { 0 };
                }
            }
            Ok(())
        })
    }

    pub(crate) fn add(&mut self, to: usize, theirs: &Self, from: usize) {
        if let (Some(ours), Some(theirs)) = (self.units.get_mut(to), theirs.units.get(from)) {
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours += theirs);
        }
        if let (Some(ours), Some(theirs)) = (self.weights.get_mut(to), theirs.weights.get(from)) {
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours += theirs);
        }
    }

    pub(crate) fn cells(&self, slot: usize) -> Option<IndicatorCells> {
        let [base, held] = *self.units.get(slot)?;
        let [base_weight, held_weight] = self.weights.get(slot).copied().unwrap_or_default();
        Some(IndicatorCells { base: (base, base_weight), held: (held, held_weight) })
    }

    /// Whether the units of a mapping are in the base.
    pub(crate) fn has_in_base(&self, form: &Form, mapping: &Mapping) -> bool {
        let is_all = *self.asked.indicator.base() == IndicatorBase::All && self.among.is_none();
        is_all || self.plan.as_ref().is_some_and(|plan| plan.has_in_base(form, mapping))
    }

    /// Whether all that it looks at is known of the units of a mapping, or of those of the form itself.
    pub(crate) fn is_covered(&self, form: &Form, mapping: Option<&Mapping>) -> bool {
        let covers = |plan: &IndicatorPlan| mapping.is_none_or(|mapping| plan.is_covered(form, mapping));
        self.plan.as_ref().is_some_and(covers)
    }

    /// The questions that it looks at, by their places.
    pub(crate) fn questions(&self) -> impl Iterator<Item = usize> {
        self.plan.iter().flat_map(|plan| plan.looks.iter().chain(&plan.among)).map(|look| look.question)
    }

    /// Whether the form asks what it looks at.
    pub(crate) fn is_asked(&self) -> bool {
        self.plan.is_some()
    }
}

/// The states that put a unit into the base, by what is looked at.
fn states_in_base(survey: &Survey, form: &Form, look: &Look, base: &IndicatorBase) -> Vec<State> {
    let Some(question) = form.questions.get(look.question) else { return Vec::new() };
    let by_rule = |state| state == State::Answered || question.state_rule(survey, state).in_base;
    let is_in = |state: &State| match base {
        IndicatorBase::All => true,
        IndicatorBase::Covered | IndicatorBase::Questions(_) => by_rule(*state),
        IndicatorBase::Asked => !matches!(state, State::NotAsked | State::NotMapped),
        IndicatorBase::Answered => matches!(state, State::Answered | State::NothingMarked) && by_rule(*state),
    };
    State::ALL.into_iter().filter(is_in).collect()
}
