//! Counts of organisations that deliver no records, added to what was counted of records.

use std::collections::BTreeSet;

use arrow::array::StringViewArray;
use shukei_schemas::State;
use shukei_schemas::definition::Form;

use super::{Counted, STATE_CELLS, Tally};
use crate::break_by::{Cross, Dimension};
use crate::delivered::{Delivered, DeliveredCell};
use crate::error::QueryError;
use crate::filter::Selection;
use crate::shape::ItemKind;
use crate::slots::{Breaks, Heads, Read, Scratch};

/// Which counts of other organisations are not in the figures, since that would take the answers of each unit.
#[derive(Clone, Debug, Default)]
pub(super) struct LeftOut {
    /// The questions, by place, of which any counts came.
    came: BTreeSet<usize>,
    /// All counts: by the filter or the weights.
    whole: bool,
    /// Those in the parts of these breaks.
    crosses: BTreeSet<usize>,
    /// Those of these questions.
    questions: BTreeSet<usize>,
}

impl Tally {
    /// Adds what an organisation counted of units whose answers nobody has: to the total and to breaks by group and
    /// method. What needs the answers of each unit leaves them out.
    ///
    /// # Errors
    /// None today; that of [`Tally::count`].
    pub(crate) fn add_delivered(&mut self, delivered: &Delivered) -> Result<(), QueryError> {
        let numbers = delivered.cells.iter().map(|cell| cell.question.as_str());
        let numbers: BTreeSet<&str> = numbers.collect();
        let places = numbers.into_iter().filter_map(|number| self.form.question(number));
        self.left_out.came.extend(places.map(|(place, _)| place));
        let group = delivered.group.as_deref();
        let takes = |selection: &Option<Selection>| match selection {
            None => Some(None),
            Some(selection) => selection.takes_all_of(group, &delivered.method).map(Some),
        };
        let (Some(filter), Some(numerator), None) =
            (takes(&self.filter), takes(&self.numerator), &self.weight)
        else {
            self.left_out.whole = true;
            return Ok(());
        };
        if filter == Some(false) {
            return Ok(());
        }
        let heads = Heads {
            methods: StringViewArray::from_iter_values([&delivered.method]),
            mappings: StringViewArray::from_iter_values([&delivered.mapping]),
            groups: Some(StringViewArray::from_iter([group])),
        };
        let unknown = StringViewArray::from_iter([None::<&str>]);
        let mut crosses = Vec::with_capacity(self.crosses.len());
        for (at, cross) in self.crosses.iter().enumerate() {
            let groups = heads.groups.as_ref().unwrap_or(&unknown);
            let is_head = |dimension: &Dimension| {
                matches!(dimension, Dimension::Group | Dimension::Field(_) | Dimension::Method)
            };
            if !cross.dimensions.iter().all(is_head) {
                self.left_out.crosses.insert(at);
            }
            let mut read = Vec::with_capacity(cross.dimensions.len());
            for dimension in &cross.dimensions {
                read.push(match dimension {
                    Dimension::Group => Read::Names(groups),
                    Dimension::Field(fields) => Read::Fields(groups, fields),
                    Dimension::Method => Read::Names(&heads.methods),
                    Dimension::Question { .. } | Dimension::Date { .. } => Read::Names(&unknown),
                });
            }
            crosses.push(read);
        }
        let multiple = self.crosses.iter().map(Cross::is_multiple).collect();
        let breaks = Breaks { crosses, multiple, partition: self.partition };
        let mut scratch = Scratch::default();
        self.slots.of_row(0, &heads, &breaks, numerator, &mut scratch)?;
        scratch.end_row();
        let rows = scratch.finish();
        let slots = self.slots.all.len();
        for counted in &mut self.items {
            counted.grow(slots, false);
            let (cells, is_left_out) = counted.delivered(&self.form, delivered);
            if is_left_out {
                self.left_out.questions.insert(counted.item.question);
            }
            let width = counted.width();
            rows.each(|_, slots| {
                for slot in slots {
                    let from = *slot as usize * width;
                    for (cell, units) in &cells {
                        if let Some(sum) = counted.units.get_mut(from + cell) {
                            *sum += units;
                        }
                    }
                }
                Ok::<(), QueryError>(())
            })?;
        }
        self.indicators.iter_mut().for_each(|indicator| indicator.grow(slots, false));
        self.units += delivered.units;
        Ok(())
    }

    /// Whether any organisation delivered counts of a question, by its place.
    pub(crate) fn has_delivered(&self, question: usize) -> bool {
        self.left_out.came.contains(&question)
    }

    /// Whether counts of a question, by its place, are missing in the parts of a break; in the total without one.
    pub(crate) fn lacks_delivered(&self, question: usize, cross: Option<usize>) -> bool {
        let of = &self.left_out;
        let in_cross = cross.is_some_and(|cross| of.crosses.contains(&cross));
        of.came.contains(&question) && (of.whole || in_cross || of.questions.contains(&question))
    }
}

impl Counted {
    /// The cells of an organisation's counts with how many units each takes, and whether counts came that cannot be used:
    /// who gave any of several options together is not known from counts per option.
    fn delivered(&self, form: &Form, delivered: &Delivered) -> (Vec<(usize, u64)>, bool) {
        let nothing = vec![(usize::from(State::NotMapped.code().unsigned_abs()), delivered.units)];
        let Some(question) = form.questions.get(self.item.question) else { return (nothing, false) };
        let row = self.item.row.and_then(|row| question.rows().get(row)).map(|row| row.code);
        let of_item = |cell: &&DeliveredCell| cell.question == question.number.as_str() && cell.row == row;
        let mut cells = Vec::new();
        for cell in delivered.cells.iter().filter(of_item) {
            let place = cell.option.and_then(|code| self.item.codes.iter().position(|known| *known == code));
            match (cell.state, place) {
                (Some(state), _) => cells.push((usize::from(state.code().unsigned_abs()), cell.count)),
                (None, Some(place)) => cells.push((STATE_CELLS + place, cell.count)),
                (None, None) => {}
            }
        }
        let is_multiple = matches!(self.item.kind, ItemKind::Mask { .. });
        let is_joint = is_multiple && self.sets.iter().any(|set| set.places.len() > 1);
        if cells.is_empty() || is_joint {
            return (nothing, is_joint && !cells.is_empty());
        }
        let first_set = STATE_CELLS + self.item.options();
        for (at, set) in self.sets.iter().enumerate() {
            let in_set =
                |cell: &usize| cell.checked_sub(STATE_CELLS).is_some_and(|at| set.places.contains(&at));
            let units = cells.iter().filter(|(cell, _)| *cell < first_set && in_set(cell));
            let units = units.map(|(_, units)| units).sum();
            cells.push((first_set + at, units));
        }
        (cells, false)
    }
}
