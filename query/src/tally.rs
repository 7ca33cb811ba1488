use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use shukei_protocol::TableName;
use shukei_schemas::State;
use shukei_schemas::definition::{Form, Kind, Question, Role, Survey, nearest};

use crate::break_by::{Cross, Dimension, Part, date_in};
use crate::error::QueryError;
use crate::filter::Selection;
use crate::indicator::{AskedIndicator, IndicatorTally};
use crate::request::TabulateRequest;
use crate::sets::{OptionSet, sets_by_place, sets_of};
use crate::shape::{Item, ItemRows, NUMBER_SCALE, Values, items};
use crate::slots::{Breaks, Heads, Read, Reader, RowSlots, Scratch, Slot, Slots, text_at};

mod without_records;

use without_records::LeftOut;

/// Cells before those of the options: one per number of a state.
const STATE_CELLS: usize = State::ALL.len() + 1;

/// Different numbers, with how many units gave each and with what weight.
pub(crate) type Numbers = HashMap<i128, (u64, i128)>;

/// The counts of one form, filled in one pass over its current rows: dense arrays, one run of cells per *slot*, which
/// is a cell of a break, a method of collection and a mapping.
#[derive(Clone, Debug)]
pub struct Tally {
    table: String,
    form: Arc<Form>,
    crosses: Vec<Cross>,
    readers: Vec<Vec<Reader>>,
    /// The first cross in which no unit stands twice: its slots are the total's too.
    partition: Option<usize>,
    filter: Option<Selection>,
    numerator: Option<Selection>,
    weight: Option<Weight>,
    items: Vec<Counted>,
    indicators: Vec<IndicatorTally>,
    slots: Slots,
    units: u64,
    /// Units counted that have no weight.
    weightless: u64,
    left_out: LeftOut,
}

/// The item that holds weights.
#[derive(Clone, Debug)]
struct Weight {
    item: Item,
    decimals: u8,
}

/// An item with its counts.
#[derive(Clone, Debug)]
struct Counted {
    item: Item,
    sets: Vec<OptionSet>,
    set_bits: Vec<u64>,
    /// Digits of its numbers.
    decimals: u8,
    /// The cells of all slots one after the other: states, then options, then sets; where not all are offered every
    /// option, then per option the states of those who were not.
    units: Vec<u64>,
    /// The same in weights, in units of the weight's last digit; empty without weights.
    weights: Vec<i128>,
    /// Per slot, of numbers.
    numbers: Vec<Numbers>,
}

/// What one slot holds of one item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cells<'a> {
    pub(crate) method: &'a str,
    /// The mapping that these units were read across by.
    pub(crate) mapping: Option<&'a str>,
    units: &'a [u64],
    weights: &'a [i128],
    pub(crate) numbers: Option<&'a Numbers>,
}

impl Cells<'_> {
    /// Units and weights in a state.
    pub(crate) fn state(&self, state: State) -> (u64, i128) {
        self.at(usize::from(state.code().unsigned_abs()))
    }

    /// Units and weights at the place of an option, or behind the options of a set.
    pub(crate) fn place(&self, place: usize) -> (u64, i128) {
        self.at(STATE_CELLS + place)
    }

    /// Units and weights in a state that were not offered an option; `places` is how many options and sets there are.
    pub(crate) fn not_offered(&self, places: usize, option: usize, state: State) -> (u64, i128) {
        self.at(STATE_CELLS + places + option * STATE_CELLS + usize::from(state.code().unsigned_abs()))
    }

    fn at(&self, cell: usize) -> (u64, i128) {
        let weight = self.weights.get(cell).copied().unwrap_or(0);
        (self.units.get(cell).copied().unwrap_or(0), weight)
    }
}

impl Tally {
    /// Counts of nothing yet, of one of the forms that the request is about.
    ///
    /// # Errors
    /// [`QueryError::UnknownBreak`] and [`QueryError::Request`] if the form cannot be tabulated so.
    pub fn new(
        form: Arc<Form>,
        forms: &[Arc<Form>],
        request: &TabulateRequest,
        language: &str,
    ) -> Result<Self, QueryError> {
        let refs: Vec<&Form> = forms.iter().map(Arc::as_ref).collect();
        let how = &request.how;
        let mut crosses = Vec::new();
        for by in &request.by {
            crosses.push(Cross::read(by, &refs, request.fields.as_ref())?);
        }
        if how.equal_groups || how.frame_weighted {
            crosses.push(Cross::hidden_groups());
        }
        let reader = |dimension: &Dimension| match dimension {
            Dimension::Group => Some(Reader::Group),
            Dimension::Field(fields) => Some(Reader::Field(Arc::clone(fields))),
            Dimension::Method => Some(Reader::Method),
            Dimension::Question { with_unknown, .. } => {
                dimension.item(&form).map(|item| Reader::Item(Box::new(item), *with_unknown))
            }
            Dimension::Date { number } => {
                let question = date_in(&form, number).cloned().map(Box::new);
                dimension
                    .item(&form)
                    .zip(question)
                    .map(|(item, question)| Reader::Date(Box::new(item), question))
            }
        };
        let readers =
            crosses.iter().map(|cross| cross.dimensions.iter().filter_map(reader).collect()).collect();
        let select = |condition: &Option<_>| match condition {
            Some(condition) => Selection::new(condition, &form, &refs).map(Some),
            None => Ok(None),
        };
        let weight = how.weight.as_deref().map(|weight| weight_of(&form, weight)).transpose()?;
        let is_wanted = |question: &Question| match &request.questions {
            Some(questions) => questions.iter().any(|wanted| wanted == question.number.as_str()),
            // Attributes and weights are no tables unless somebody asks for them; indicators alone are a table.
            None => request.how.indicators.is_empty() && question.is_tabulated(),
        };
        let wanted = items(&form).into_iter().filter_map(|item| {
            let question = form.questions.get(item.question)?;
            is_wanted(question).then(|| Counted::new(item, question, sets_of(question, how, language)))
        });
        Ok(Self {
            table: TableName::responses(&form.reference.target()).as_str().to_owned(),
            items: wanted.collect(),
            indicators: Vec::new(),
            partition: crosses.iter().position(|cross| !cross.is_multiple()),
            filter: select(&how.filter)?,
            numerator: select(&how.numerator)?,
            crosses,
            readers,
            weight,
            slots: Slots::default(),
            units: 0,
            weightless: 0,
            left_out: LeftOut::default(),
            form,
        })
    }

    /// The same with indicators of the survey.
    ///
    /// # Errors
    /// [`QueryError::Request`] if an indicator makes no sense on any of the forms.
    pub(crate) fn with_indicators(
        mut self,
        asked: &[Arc<AskedIndicator>],
        survey: &Survey,
        forms: &[Arc<Form>],
    ) -> Result<Self, QueryError> {
        let refs: Vec<&Form> = forms.iter().map(Arc::as_ref).collect();
        let new = |asked| IndicatorTally::new(asked, survey, &self.form, &refs);
        self.indicators = asked.iter().map(new).collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// The columns of the wide rows that it reads, each once.
    pub fn columns(&self) -> Vec<&str> {
        let group = self.looks_at_groups().then_some("group");
        let readers = self.readers.iter().flatten().filter_map(|reader| match reader {
            Reader::Item(item, _) | Reader::Date(item, _) => Some(item.as_ref()),
            Reader::Group | Reader::Field(_) | Reader::Method => None,
        });
        let weight = self.weight.iter().map(|weight| &weight.item);
        let items = self.items.iter().map(|counted| &counted.item).chain(readers).chain(weight);
        let selections = self.filter.iter().chain(&self.numerator).flat_map(Selection::columns);
        let mut seen = BTreeSet::new();
        ["method", "mapping"]
            .into_iter()
            .chain(group)
            .chain(items.flat_map(Item::columns))
            .chain(selections)
            .chain(self.indicators.iter().flat_map(IndicatorTally::columns))
            .filter(|column| seen.insert(*column))
            .collect()
    }

    fn looks_at_groups(&self) -> bool {
        let is_of_group = |reader: &Reader| matches!(reader, Reader::Group | Reader::Field(_));
        let by_group = self.readers.iter().flatten().any(is_of_group);
        by_group || self.filter.is_some() || self.numerator.is_some() || !self.indicators.is_empty()
    }

    /// The units counted.
    pub fn units(&self) -> u64 {
        self.units
    }

    /// Counts some wide rows.
    ///
    /// # Errors
    /// [`QueryError::Stored`] if the rows hold what the form does not allow.
    pub fn count(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        let rows = self.slots_of(batch)?;
        let weights = self.weights_of(batch, &rows)?;
        let slots = self.slots.all.len();
        for counted in &mut self.items {
            let read = counted.item.read(&self.table, batch)?;
            counted.grow(slots, weights.is_some());
            counted.count(&self.table, &read, &rows, weights.as_deref())?;
        }
        if !self.indicators.is_empty() {
            let groups = text_column(&self.table, "group", batch)?;
            let methods = text_column(&self.table, "method", batch)?;
            for indicator in &mut self.indicators {
                indicator.grow(slots, weights.is_some());
                indicator.count(&self.table, batch, (&groups, &methods), &rows, weights.as_deref())?;
            }
        }
        self.units += rows.units();
        Ok(())
    }

    /// Adds the counts of another tally of the same request.
    pub fn merge(&mut self, other: &Self) {
        for (from, slot) in other.slots.all.iter().enumerate() {
            let to = self.slots.take_over(&other.slots, slot, &self.crosses) as usize;
            let slots = self.slots.all.len();
            for (ours, theirs) in self.items.iter_mut().zip(&other.items) {
                ours.grow(slots, self.weight.is_some());
                ours.add(to, theirs, from);
            }
            for (ours, theirs) in self.indicators.iter_mut().zip(&other.indicators) {
                ours.grow(slots, self.weight.is_some());
                ours.add(to, theirs, from);
            }
        }
        self.units += other.units;
        self.weightless += other.weightless;
    }

    pub(crate) fn form(&self) -> &Form {
        &self.form
    }

    pub(crate) fn crosses(&self) -> &[Cross] {
        &self.crosses
    }

    pub(crate) fn slots(&self) -> &Slots {
        &self.slots
    }

    /// Digits behind the point of the weights, where there are any.
    pub(crate) fn weight_decimals(&self) -> Option<u8> {
        self.weight.as_ref().map(|weight| weight.decimals)
    }

    /// Units counted that have no weight.
    pub(crate) fn weightless(&self) -> u64 {
        self.weightless
    }

    pub(crate) fn has_numerator(&self) -> bool {
        self.numerator.is_some()
    }

    /// The indicators that it counts, in the order in which they print.
    pub(crate) fn indicators(&self) -> &[IndicatorTally] {
        &self.indicators
    }

    /// How the units of a slot were collected, and the mapping that they were read across by.
    pub(crate) fn slot_heads(&self, slot: usize) -> (&str, Option<&str>) {
        let Some(slot) = self.slots.all.get(slot) else { return ("", None) };
        (self.slots.method(slot), self.slots.mapping(slot))
    }

    /// The items of a question, with their places for [`Tally::cells`].
    pub(crate) fn items_of(&self, question: usize) -> impl Iterator<Item = usize> {
        let places = self.items.iter().enumerate();
        places.filter(move |(_, counted)| counted.item.question == question).map(|(at, _)| at)
    }

    /// The sets formed of an item.
    pub(crate) fn sets(&self, at: usize) -> &[OptionSet] {
        self.items.get(at).map_or(&[], |counted| &counted.sets)
    }

    /// The places of the slots of a part, those of the numerator alone or all others.
    pub(crate) fn slots_in(&self, part: &Part, numerator: bool) -> Vec<usize> {
        let all = self.slots.all.iter().enumerate();
        all.filter(|(_, slot)| {
            slot.numerator == numerator && self.slots.is_of(slot, part, &self.crosses, self.partition)
        })
        .map(|(at, _)| at)
        .collect()
    }

    /// What one slot holds of an item.
    pub(crate) fn cells(&self, at: usize, slot: usize) -> Option<Cells<'_>> {
        let counted = self.items.get(at)?;
        let named: &Slot = self.slots.all.get(slot)?;
        let width = counted.width();
        Some(Cells {
            method: self.slots.method(named),
            mapping: self.slots.mapping(named),
            units: counted.units.get(slot * width..(slot + 1) * width).unwrap_or_default(),
            weights: counted.weights.get(slot * width..(slot + 1) * width).unwrap_or_default(),
            numbers: counted.numbers.get(slot),
        })
    }

    fn slots_of(&mut self, batch: &RecordBatch) -> Result<RowSlots, QueryError> {
        let table = self.table.as_str();
        let groups = self.looks_at_groups().then(|| text_column(table, "group", batch)).transpose()?;
        let heads = Heads {
            methods: text_column(table, "method", batch)?,
            mappings: text_column(table, "mapping", batch)?,
            groups,
        };
        let filter = self.filter.as_ref().map(|filter| filter.read(table, batch)).transpose()?;
        let numerator = self.numerator.as_ref().map(|filter| filter.read(table, batch)).transpose()?;
        let crosses: Vec<Vec<Read<'_>>> = self
            .readers
            .iter()
            .map(|cross| cross.iter().map(|reader| reader.read(table, &heads, batch)).collect())
            .collect::<Result<_, _>>()?;
        let multiple = self.crosses.iter().map(Cross::is_multiple).collect();
        let breaks = Breaks { crosses, multiple, partition: self.partition };
        let mut scratch = Scratch::default();
        for row in 0..batch.num_rows() {
            let group = || heads.groups.as_ref().and_then(|groups| text_at(groups, row));
            let method = text_at(&heads.methods, row).unwrap_or_default();
            if filter.as_ref().is_none_or(|filter| filter.takes(row, group(), method)) {
                let counts = numerator.as_ref().map(|numerator| numerator.takes(row, group(), method));
                self.slots.of_row(row, &heads, &breaks, counts, &mut scratch)?;
            }
            scratch.end_row();
        }
        Ok(scratch.finish())
    }

    /// The weight of each row; 0 for those without one.
    fn weights_of(&mut self, batch: &RecordBatch, rows: &RowSlots) -> Result<Option<Vec<i128>>, QueryError> {
        let Some(weight) = &self.weight else { return Ok(None) };
        let read = weight.item.read(&self.table, batch)?;
        let Values::Numbers(numbers) = &read.values else { return Ok(None) };
        let mut weights = vec![0; batch.num_rows()];
        let mut weightless = 0;
        rows.each(|row, _| match read.state(row) {
            State::Answered => {
                weights[row] = rescaled(weight.item.number(&self.table, numbers, row)?, weight.decimals);
                Ok(())
            }
            _ => {
                weightless += 1;
                Ok::<(), QueryError>(())
            }
        })?;
        self.weightless += weightless;
        Ok(Some(weights))
    }
}

/// A number read with all its digits, in units of its last one.
fn rescaled(number: i128, decimals: u8) -> i128 {
    number / 10i128.pow((NUMBER_SCALE as u32).saturating_sub(u32::from(decimals)))
}

fn weight_of(form: &Form, number: &str) -> Result<Weight, QueryError> {
    let weights = || form.questions.iter().enumerate().filter(|(_, question)| question.role == Role::Weight);
    let found = weights().find(|(_, question)| question.number.as_str() == number);
    let found = found.and_then(|(place, question)| match question.kind {
        Kind::Number { decimals, .. } => Some((place, decimals)),
        _ => None,
    });
    let item = found.and_then(|(place, decimals)| {
        let item = items(form).into_iter().find(|item| item.question == place)?;
        Some(Weight { item, decimals })
    });
    item.ok_or_else(|| {
        let near = nearest(number, weights().map(|(_, question)| question.number.as_str()));
        let known: Vec<&str> = weights().map(|(_, question)| question.number.as_str()).collect();
        QueryError::Request {
            problem: format!(
                "`{number}` is no question with `role: weight` in form `{}`",
                form.reference.target()
            ),
            hint: match (near, known.is_empty()) {
                (Some(near), _) => format!("did you mean `{near}`?"),
                (None, true) => "the form has no weights".to_owned(),
                (None, false) => format!("weights: {}", known.join(", ")),
            },
        }
    })
}

impl Counted {
    fn new(item: Item, question: &Question, sets: Vec<OptionSet>) -> Self {
        let decimals = match question.kind {
            Kind::Number { decimals, .. } => decimals,
            _ => 0,
        };
        let set_bits = sets_by_place(&sets, item.options());
        Self { item, sets, set_bits, decimals, units: Vec::new(), weights: Vec::new(), numbers: Vec::new() }
    }

    fn width(&self) -> usize {
        let not_offered = if self.item.asked.is_empty() { 0 } else { STATE_CELLS * self.item.options() };
        STATE_CELLS + self.item.options() + self.sets.len() + not_offered
    }

    fn grow(&mut self, slots: usize, weighted: bool) {
        let width = self.width();
        self.units.resize(slots * width, 0);
        if weighted {
            self.weights.resize(slots * width, 0);
        }
        if self.item.is_number() {
            self.numbers.resize_with(slots, Numbers::new);
        }
    }

    fn count(
        &mut self,
        table: &str,
        read: &ItemRows,
        rows: &RowSlots,
        weights: Option<&[i128]>,
    ) -> Result<(), QueryError> {
        let width = self.width();
        let first_set = STATE_CELLS + self.item.options();
        let (answered, nothing_marked) = (State::Answered.code(), State::NothingMarked.code());
        // The cells of a row beside that of its state.
        let mut cells: Vec<usize> = Vec::new();
        rows.each(|row, slots| {
            cells.clear();
            let state = read.state_code(row);
            cells.push(usize::from(state.unsigned_abs()));
            let mut sets = 0;
            let mut number = None;
            match &read.values {
                Values::Codes(codes) if state == answered => {
                    let place = self.item.place(table, codes, row)?;
                    cells.push(STATE_CELLS + place);
                    sets = self.set_bits.get(place).copied().unwrap_or(0);
                }
                Values::Masks(masks) if state == answered || state == nothing_marked => {
                    let set_bits = &self.set_bits;
                    self.item.chosen(table, masks, row, |place| {
                        cells.push(STATE_CELLS + place);
                        sets |= set_bits.get(place).copied().unwrap_or(0);
                    })?;
                }
                Values::Numbers(numbers) if state == answered => {
                    number = Some(rescaled(self.item.number(table, numbers, row)?, self.decimals));
                }
                _ => {}
            }
            while sets != 0 {
                cells.push(first_set + sets.trailing_zeros() as usize);
                sets &= sets - 1;
            }
            if !self.item.asked.is_empty() {
                let from = first_set + self.sets.len() + cells[0];
                let not_offered = (0..self.item.options()).filter(|place| !read.offered(row, *place));
                cells.extend(not_offered.map(|place| from + place * STATE_CELLS));
            }
            let weight = weights.and_then(|weights| weights.get(row)).copied().unwrap_or(0);
            for slot in slots {
                let slot = *slot as usize;
                let from = slot * width;
                if let Some(run) = self.units.get_mut(from..from + width) {
                    cells.iter().for_each(|cell| run[*cell] += 1);
                }
                if let Some(run) = self.weights.get_mut(from..from + width) {
                    cells.iter().for_each(|cell| run[*cell] += weight);
                }
                if let (Some(number), Some(numbers)) = (number, self.numbers.get_mut(slot)) {
                    let (units, weights) = numbers.entry(number).or_default();
                    *units += 1;
                    *weights += weight;
                }
            }
            Ok(())
        })
    }

    fn add(&mut self, to: usize, theirs: &Self, from: usize) {
        let width = self.width();
        for cell in 0..width {
            let (ours_at, theirs_at) = (to * width + cell, from * width + cell);
            if let (Some(ours), Some(theirs)) = (self.units.get_mut(ours_at), theirs.units.get(theirs_at)) {
                *ours += theirs;
            }
            if let (Some(ours), Some(theirs)) = (self.weights.get_mut(ours_at), theirs.weights.get(theirs_at))
            {
                *ours += theirs;
            }
        }
        if let (Some(ours), Some(theirs)) = (self.numbers.get_mut(to), theirs.numbers.get(from)) {
            for (number, (units, weights)) in theirs {
                let (our_units, our_weights) = ours.entry(*number).or_default();
                *our_units += units;
                *our_weights += weights;
            }
        }
    }
}

fn text_column(table: &str, name: &str, batch: &RecordBatch) -> Result<StringViewArray, QueryError> {
    let column = batch.column_by_name(name);
    let column = column.ok_or_else(|| QueryError::stored(table, name, "the table has no such column"))?;
    let texts = cast(column, &DataType::Utf8View);
    let texts = texts.map_err(|_| QueryError::stored(table, name, "the column is no text"))?;
    Ok(texts.as_string_view().clone())
}
