//! Into which runs of counts a unit falls.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch, StringViewArray};
use shukei_schemas::definition::Question;
use shukei_schemas::{State, moment};

use crate::break_by::{Category, Cross, DIMENSIONS_MAX, Dimension, Fields, Part, Unknown};
use crate::error::QueryError;
use crate::shape::{Item, ItemRows, Values};

/// No category.
const NONE: u32 = u32::MAX;

/// What units are told apart by: the cell of a break, whether they are of the numerator, method and mapping. Names and
/// mappings by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slot {
    /// 0 for no cross, else its place and one.
    cross: u8,
    /// Of a cross in which a unit may stand in several cells: those that stand in any.
    known: bool,
    pub(crate) numerator: bool,
    categories: [u32; DIMENSIONS_MAX],
    method: u32,
    mapping: u32,
}

/// The slots of the rows of a batch, one row's behind the other's.
pub(crate) struct RowSlots {
    slots: Vec<u32>,
    ends: Vec<usize>,
}

impl RowSlots {
    /// Calls back with each row that is in any slot.
    pub(crate) fn each<E>(&self, mut row: impl FnMut(usize, &[u32]) -> Result<(), E>) -> Result<(), E> {
        let mut start = 0;
        for (at, end) in self.ends.iter().enumerate() {
            let slots = self.slots.get(start..*end).unwrap_or_default();
            if !slots.is_empty() {
                row(at, slots)?;
            }
            start = *end;
        }
        Ok(())
    }

    /// How many rows are in any slot.
    pub(crate) fn units(&self) -> u64 {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).filter(|(start, end)| start < end).count() as u64
    }
}

/// Every slot met, and the names that they are made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    pub(crate) all: Vec<Slot>,
    place: HashMap<Slot, u32>,
    names: Vec<String>,
    number: HashMap<String, u32>,
}

/// Where the categories of one dimension are read.
#[derive(Clone, Debug)]
pub(crate) enum Reader {
    Group,
    Field(Arc<Fields>),
    Method,
    /// Answers, and whether those of whom none is known are categories too.
    Item(Box<Item>, bool),
    Date(Box<Item>, Box<Question>),
}

/// What a batch holds of one dimension.
pub(crate) enum Read<'a> {
    Names(&'a StringViewArray),
    /// The fields of groups.
    Fields(&'a StringViewArray, &'a Fields),
    Item(&'a Item, Box<ItemRows>, bool),
    Date(&'a Question, Box<ItemRows>),
}

/// What a batch holds of every break.
pub(crate) struct Breaks<'a> {
    pub(crate) crosses: Vec<Vec<Read<'a>>>,
    /// Whether a unit may stand in several cells of a cross.
    pub(crate) multiple: Vec<bool>,
    pub(crate) partition: Option<usize>,
}

/// What every row has.
pub(crate) struct Heads {
    pub(crate) methods: StringViewArray,
    pub(crate) mappings: StringViewArray,
    /// Where anything looks at it.
    pub(crate) groups: Option<StringViewArray>,
}

impl Slots {
    pub(crate) fn name(&mut self, name: &str) -> u32 {
        if let Some(known) = self.number.get(name) {
            return *known;
        }
        let next = u32::try_from(self.names.len()).unwrap_or(NONE);
        self.names.push(name.to_owned());
        self.number.insert(name.to_owned(), next);
        next
    }

    fn text(&self, number: u32) -> Option<&str> {
        self.names.get(number as usize).map(String::as_str)
    }

    pub(crate) fn method(&self, slot: &Slot) -> &str {
        self.text(slot.method).unwrap_or_default()
    }

    pub(crate) fn mapping(&self, slot: &Slot) -> Option<&str> {
        self.text(slot.mapping)
    }

    pub(crate) fn place(&mut self, slot: Slot) -> u32 {
        let next = u32::try_from(self.all.len()).unwrap_or(NONE);
        let all = &mut self.all;
        *self.place.entry(slot).or_insert_with(|| {
            all.push(slot);
            next
        })
    }

    /// The slot of another tally in the numbers of this one.
    pub(crate) fn take_over(&mut self, other: &Self, slot: &Slot, crosses: &[Cross]) -> u32 {
        let mut ours = *slot;
        let named = |number: u32, names: &mut Self| match other.text(number) {
            Some(name) => names.name(name),
            None => NONE,
        };
        ours.method = named(slot.method, self);
        ours.mapping = named(slot.mapping, self);
        let cross = usize::from(slot.cross).checked_sub(1).and_then(|at| crosses.get(at));
        for (at, dimension) in cross.iter().flat_map(|cross| &cross.dimensions).enumerate() {
            if !matches!(dimension, Dimension::Question { .. }) {
                ours.categories[at] = named(slot.categories[at], self);
            }
        }
        self.place(ours)
    }

    /// Whether the units of a slot are of a part. `partition` is the cross whose slots hold every unit once, together
    /// with those of no cross.
    pub(crate) fn is_of(
        &self,
        slot: &Slot,
        part: &Part,
        crosses: &[Cross],
        partition: Option<usize>,
    ) -> bool {
        let of = |cross: usize| usize::from(slot.cross) == cross + 1;
        match part {
            Part::Total => slot.cross == 0 || (partition.is_some_and(of) && !slot.known),
            Part::Known(cross) => {
                let multiple = crosses.get(*cross).is_some_and(Cross::is_multiple);
                of(*cross) && slot.known == multiple
            }
            Part::Cell(cross, categories) => {
                let same = |(number, category): (&u32, &Category)| match category {
                    Category::Code(code) => *number == u32::from(code.unsigned_abs()),
                    Category::Unknown(unknown) => *number == unknown.number(),
                    Category::Name(name) => self.number.get(name) == Some(number),
                };
                of(*cross) && !slot.known && slot.categories.iter().zip(categories).all(same)
            }
        }
    }

    /// The names seen along one dimension of a cross.
    pub(crate) fn seen(&self, cross: usize, dimension: usize) -> impl Iterator<Item = &str> {
        let of_cross =
            self.all.iter().filter(move |slot| usize::from(slot.cross) == cross + 1 && !slot.known);
        of_cross.filter_map(move |slot| self.text(slot.categories[dimension]))
    }

    /// Whether any unit stands in a part of those of whom no answer is known.
    pub(crate) fn has_unknown(&self, cross: usize, dimension: usize, unknown: Unknown) -> bool {
        let of_cross = self.all.iter().filter(|slot| usize::from(slot.cross) == cross + 1 && !slot.known);
        of_cross.into_iter().any(|slot| slot.categories[dimension] == unknown.number())
    }

    /// The slots of one row: its cells in every cross, and the one of no cross unless the partition has it.
    pub(crate) fn of_row(
        &mut self,
        row: usize,
        heads: &Heads,
        breaks: &Breaks<'_>,
        numerator: Option<bool>,
        scratch: &mut Scratch,
    ) -> Result<(), QueryError> {
        let method = self.name(text_at(&heads.methods, row).unwrap_or_default());
        let mapping = text_at(&heads.mappings, row).map_or(NONE, |mapping| self.name(mapping));
        let bare = Slot {
            cross: 0,
            known: false,
            numerator: false,
            categories: [NONE; DIMENSIONS_MAX],
            method,
            mapping,
        };
        scratch.row.clear();
        let mut is_parted = false;
        for (at, dimensions) in breaks.crosses.iter().enumerate() {
            let cross = u8::try_from(at + 1).unwrap_or(u8::MAX);
            let from = scratch.row.len();
            scratch.row.push(Slot { cross, ..bare });
            for (nth, read) in dimensions.iter().enumerate() {
                self.members(read, row, &mut scratch.members)?;
                let before = scratch.row.split_off(from);
                for slot in before {
                    for member in &scratch.members {
                        let mut slot = slot;
                        slot.categories[nth] = *member;
                        scratch.row.push(slot);
                    }
                }
            }
            if scratch.row.len() > from {
                is_parted |= breaks.partition == Some(at);
                if breaks.multiple.get(at).copied().unwrap_or(false) {
                    scratch.row.push(Slot { cross, known: true, ..bare });
                }
            }
        }
        if !is_parted {
            scratch.row.push(bare);
        }
        for at in 0..scratch.row.len() {
            let slot = scratch.row[at];
            scratch.slots.push(self.place(slot));
            if numerator == Some(true) {
                scratch.slots.push(self.place(Slot { numerator: true, ..slot }));
            }
        }
        Ok(())
    }

    /// The categories of a row along one dimension.
    fn members(&mut self, read: &Read<'_>, row: usize, members: &mut Vec<u32>) -> Result<(), QueryError> {
        members.clear();
        match read {
            Read::Names(names) => {
                if let Some(name) = text_at(names, row) {
                    members.push(self.name(name));
                }
            }
            Read::Fields(groups, fields) => {
                if let Some(field) = text_at(groups, row).and_then(|group| fields.of_group(group)) {
                    members.push(self.name(field));
                }
            }
            Read::Item(item, rows, _) if rows.state(row) == State::Answered => match &rows.values {
                Values::Codes(codes) if codes.is_valid(row) => {
                    members.push(u32::from(codes.value(row).unsigned_abs()));
                }
                Values::Masks(masks) => {
                    item.chosen("", masks, row, |place| {
                        if let Some(code) = item.codes.get(place) {
                            members.push(u32::from(code.unsigned_abs()));
                        }
                    })?;
                }
                _ => {}
            },
            Read::Item(_, rows, true) => members.extend(Unknown::of(rows.state(row)).map(Unknown::number)),
            Read::Item(..) => {}
            Read::Date(question, rows) if rows.state(row) == State::Answered => {
                if let Values::Texts(texts) = &rows.values
                    && let Some(day) = text_at(texts, row).and_then(moment::iso_date)
                    && let Some(part) = question.part_of_date(day)
                {
                    members.push(self.name(&part));
                }
            }
            Read::Date(..) => {}
        }
        Ok(())
    }
}

/// Room that is used again for each row.
#[derive(Default)]
pub(crate) struct Scratch {
    row: Vec<Slot>,
    members: Vec<u32>,
    slots: Vec<u32>,
    ends: Vec<usize>,
}

impl Scratch {
    pub(crate) fn end_row(&mut self) {
        self.ends.push(self.slots.len());
    }

    pub(crate) fn finish(self) -> RowSlots {
        RowSlots { slots: self.slots, ends: self.ends }
    }
}

impl Reader {
    pub(crate) fn read<'a>(
        &'a self,
        table: &str,
        heads: &'a Heads,
        batch: &RecordBatch,
    ) -> Result<Read<'a>, QueryError> {
        Ok(match self {
            Self::Method => Read::Names(&heads.methods),
            Self::Group => Read::Names(heads.groups.as_ref().unwrap_or(&heads.methods)),
            Self::Field(fields) => Read::Fields(heads.groups.as_ref().unwrap_or(&heads.methods), fields),
            Self::Item(item, with_unknown) => {
                Read::Item(item, Box::new(item.read(table, batch)?), *with_unknown)
            }
            Self::Date(item, question) => Read::Date(question, Box::new(item.read(table, batch)?)),
        })
    }
}

pub(crate) fn text_at(texts: &StringViewArray, row: usize) -> Option<&str> {
    texts.is_valid(row).then(|| texts.value(row))
}
