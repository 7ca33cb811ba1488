use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use shukei_protocol::TableName;
use shukei_schemas::State;
use shukei_schemas::definition::{Form, Question};

use crate::break_by::{BreakBy, Category};
use crate::error::QueryError;
use crate::shape::{Item, ItemRows, Values, items};

/// Cells before those of the options: one per number of a state.
const STATE_CELLS: usize = State::ALL.len() + 1;

/// The counts of one form, filled in one pass over its current rows: dense arrays, one run of cells per *slot*, which
/// is a category of the break, a method of collection and a mapping.
#[derive(Clone, Debug)]
pub struct Tally {
    table: String,
    form: Arc<Form>,
    by: Option<BreakBy>,
    /// The item that the units are broken down by.
    by_item: Option<Item>,
    items: Vec<Item>,
    slots: Vec<Slot>,
    slot_of: HashMap<SlotKey, u32>,
    names: HashMap<String, u32>,
    /// Per item, the cells of all slots one after the other: states, then options.
    counts: Vec<Vec<u64>>,
    /// Per item and slot, the sum of the numbers given, in units of the ninth digit.
    sums: Vec<Vec<i128>>,
    units: u64,
}

/// Category, method and mapping, each by the number of its name or code.
type SlotKey = (Option<u32>, u32, Option<u32>);

#[derive(Clone, Debug)]
struct Slot {
    category: Option<Category>,
    method: String,
    mapping: Option<String>,
}

/// What one slot holds of one item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cells<'a> {
    pub(crate) category: Option<&'a Category>,
    pub(crate) method: &'a str,
    /// The mapping that these units were read across by.
    pub(crate) mapping: Option<&'a str>,
    states: &'a [u64],
    /// Units per option, by its place.
    pub(crate) options: &'a [u64],
    /// The sum of the numbers given, in units of the ninth digit.
    pub(crate) sum: i128,
}

impl Cells<'_> {
    /// The units in a state.
    pub(crate) fn state(&self, state: State) -> u64 {
        self.states.get(usize::from(state.code().unsigned_abs())).copied().unwrap_or(0)
    }
}

impl Tally {
    /// Counts of nothing yet: of some questions of a form (all if none are named), broken down by `group`, `method` or
    /// a single-answer question.
    ///
    /// # Errors
    /// [`QueryError::UnknownBreak`] if the form cannot be broken down so.
    pub fn new(
        form: Arc<Form>,
        questions: Option<&BTreeSet<String>>,
        by: Option<&str>,
    ) -> Result<Self, QueryError> {
        let by = by.map(|by| BreakBy::read(by, &[&form])).transpose()?;
        let all = items(&form);
        let number = |item: &Item| form.questions.get(item.question).map_or("", |q| q.number.as_str());
        let by_item = match &by {
            Some(BreakBy::Question(wanted)) => all.iter().find(|item| number(item) == wanted).cloned(),
            _ => None,
        };
        // Attributes and weights are no tables unless somebody asks for them.
        let is_tabulated =
            |item: &Item| form.questions.get(item.question).is_some_and(Question::is_tabulated);
        let wanted = |item: &Item| match questions {
            Some(questions) => questions.contains(number(item)),
            None => is_tabulated(item),
        };
        let items: Vec<Item> = all.iter().filter(|item| wanted(item)).cloned().collect();
        Ok(Self {
            table: TableName::responses(&form.reference.target()).as_str().to_owned(),
            by,
            by_item,
            slots: Vec::new(),
            slot_of: HashMap::new(),
            names: HashMap::new(),
            counts: vec![Vec::new(); items.len()],
            sums: vec![Vec::new(); items.len()],
            units: 0,
            items,
            form,
        })
    }

    /// The columns of the wide rows that it reads, each once.
    pub fn columns(&self) -> Vec<&str> {
        let group = matches!(self.by, Some(BreakBy::Group)).then_some("group");
        let items = self.items.iter().chain(&self.by_item).flat_map(Item::columns);
        let mut seen = BTreeSet::new();
        ["method", "mapping"]
            .into_iter()
            .chain(group)
            .chain(items)
            .filter(|column| seen.insert(*column))
            .collect()
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
        let slots = self.slots_of(batch)?;
        for at in 0..self.items.len() {
            let rows = self.items[at].read(&self.table, batch)?;
            let width = STATE_CELLS + self.items[at].options();
            self.counts[at].resize(self.slots.len() * width, 0);
            self.sums[at].resize(self.slots.len(), 0);
            let (item, table) = (&self.items[at], self.table.as_str());
            count_item(table, item, &rows, &slots, &mut self.counts[at], &mut self.sums[at])?;
        }
        self.units += batch.num_rows() as u64;
        Ok(())
    }

    /// Adds the counts of another tally of the same request.
    pub fn merge(&mut self, other: &Self) {
        for (from, slot) in other.slots.iter().enumerate() {
            let method = self.name(&slot.method);
            let category = match &slot.category {
                Some(Category::Name(name)) => Some(self.name(name)),
                Some(Category::Code(code)) => Some(u32::from(code.unsigned_abs())),
                None => None,
            };
            let mapping = slot.mapping.as_deref().map(|mapping| self.name(mapping));
            let to = self.slot((category, method, mapping), || slot.clone()) as usize;
            for at in 0..self.items.len() {
                let width = STATE_CELLS + self.items[at].options();
                self.counts[at].resize(self.slots.len() * width, 0);
                self.sums[at].resize(self.slots.len(), 0);
                let theirs = other.counts[at].iter().skip(from * width).take(width);
                self.counts[at]
                    .iter_mut()
                    .skip(to * width)
                    .zip(theirs)
                    .for_each(|(ours, theirs)| *ours += theirs);
                self.sums[at][to] += other.sums[at].get(from).copied().unwrap_or(0);
            }
        }
        self.units += other.units;
    }

    pub(crate) fn form(&self) -> &Form {
        &self.form
    }

    pub(crate) fn by(&self) -> Option<&BreakBy> {
        self.by.as_ref()
    }

    /// Every category seen.
    pub(crate) fn categories(&self) -> impl Iterator<Item = &Category> {
        self.slots.iter().filter_map(|slot| slot.category.as_ref())
    }

    /// The items of a question, with their places for [`Tally::cells`].
    pub(crate) fn items_of(&self, question: usize) -> impl Iterator<Item = (usize, &Item)> {
        self.items.iter().enumerate().filter(move |(_, item)| item.question == question)
    }

    /// What each slot holds of an item.
    pub(crate) fn cells(&self, at: usize) -> impl Iterator<Item = Cells<'_>> {
        let width = STATE_CELLS + self.items.get(at).map_or(0, Item::options);
        let counts = self.counts.get(at).map_or(&[][..], Vec::as_slice);
        let sums = self.sums.get(at).map_or(&[][..], Vec::as_slice);
        self.slots.iter().zip(counts.chunks_exact(width)).zip(sums).map(|((slot, cells), sum)| {
            let (states, options) = cells.split_at(STATE_CELLS);
            Cells {
                category: slot.category.as_ref(),
                method: &slot.method,
                mapping: slot.mapping.as_deref(),
                states,
                options,
                sum: *sum,
            }
        })
    }

    /// The slot of each row.
    fn slots_of(&mut self, batch: &RecordBatch) -> Result<Vec<u32>, QueryError> {
        let methods = text_column(&self.table, "method", batch)?;
        let mappings = text_column(&self.table, "mapping", batch)?;
        let categories = match (&self.by, &self.by_item) {
            (Some(BreakBy::Group), _) => Categories::Names(text_column(&self.table, "group", batch)?),
            (Some(BreakBy::Method), _) => Categories::Names(methods.clone()),
            (Some(BreakBy::Question(_)), Some(item)) => {
                Categories::Codes(Box::new(item.read(&self.table, batch)?))
            }
            _ => Categories::None,
        };
        let mut slots = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            let method = self.name(text_at(&methods, row).unwrap_or_default());
            let (key, category) = match &categories {
                Categories::Names(names) => match text_at(names, row) {
                    Some(name) => (Some(self.name(name)), Some(CategoryRef::Name(name))),
                    None => (None, None),
                },
                Categories::Codes(rows) => match &rows.values {
                    Values::Codes(codes) if rows.state(row) == State::Answered && codes.is_valid(row) => {
                        let code = codes.value(row);
                        (Some(u32::from(code.unsigned_abs())), Some(CategoryRef::Code(code)))
                    }
                    _ => (None, None),
                },
                Categories::None => (None, None),
            };
            let mapping = text_at(&mappings, row).map(|mapping| self.name(mapping));
            slots.push(self.slot((key, method, mapping), || Slot {
                category: category.map(CategoryRef::to_owned),
                method: text_at(&methods, row).unwrap_or_default().to_owned(),
                mapping: text_at(&mappings, row).map(str::to_owned),
            }));
        }
        Ok(slots)
    }

    fn slot(&mut self, key: SlotKey, make: impl FnOnce() -> Slot) -> u32 {
        let next = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        let slots = &mut self.slots;
        *self.slot_of.entry(key).or_insert_with(|| {
            slots.push(make());
            next
        })
    }

    fn name(&mut self, name: &str) -> u32 {
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.insert(name.to_owned(), next);
        next
    }
}

enum Categories {
    None,
    Names(StringViewArray),
    Codes(Box<ItemRows>),
}

#[derive(Clone, Copy)]
enum CategoryRef<'a> {
    Name(&'a str),
    Code(i16),
}

impl CategoryRef<'_> {
    fn to_owned(self) -> Category {
        match self {
            Self::Name(name) => Category::Name(name.to_owned()),
            Self::Code(code) => Category::Code(code),
        }
    }
}

fn count_item(
    table: &str,
    item: &Item,
    rows: &ItemRows,
    slots: &[u32],
    counts: &mut [u64],
    sums: &mut [i128],
) -> Result<(), QueryError> {
    let width = STATE_CELLS + item.options();
    let answered = State::Answered.code();
    let nothing_marked = State::NothingMarked.code();
    for (row, slot) in slots.iter().enumerate() {
        let slot = *slot as usize;
        let Some(cells) = counts.get_mut(slot * width..(slot + 1) * width) else { continue };
        let state = rows.state_code(row);
        cells[usize::from(state.unsigned_abs())] += 1;
        match &rows.values {
            Values::Codes(codes) if state == answered => {
                cells[STATE_CELLS + item.place(table, codes, row)?] += 1;
            }
            Values::Masks(masks) if state == answered || state == nothing_marked => {
                item.chosen(table, masks, row, |place| cells[STATE_CELLS + place] += 1)?;
            }
            Values::Numbers(numbers) if state == answered => {
                sums[slot] += item.number(table, numbers, row)?
            }
            _ => {}
        }
    }
    Ok(())
}

fn text_column(table: &str, name: &str, batch: &RecordBatch) -> Result<StringViewArray, QueryError> {
    let column = batch.column_by_name(name);
    let column = column.ok_or_else(|| QueryError::stored(table, name, "the table has no such column"))?;
    let texts = cast(column, &DataType::Utf8View);
    let texts = texts.map_err(|_| QueryError::stored(table, name, "the column is no text"))?;
    Ok(texts.as_string_view().clone())
}

fn text_at(texts: &StringViewArray, row: usize) -> Option<&str> {
    texts.is_valid(row).then(|| texts.value(row))
}
