use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::fold::{Steps, column_key};
use super::labels::{Labels, Meaning, Piece, Words};
use super::layout_file::DeliveryFile;
use super::layout_yaml::Several;
use super::survey::{FormRef, LayoutRef};

/// How the cells of somebody's file become answers on a form: columns, shapes, marks, labels and aliases, resolved.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Which layout, in which version.
    pub reference: LayoutRef,
    /// The form whose questions it feeds.
    pub form: FormRef,
    /// How the file itself is read, where the layout says so.
    pub file: Option<DeliveryFile>,
    /// The columns that are read, in the layout's order.
    pub(super) order: Vec<Column>,
    pub(super) columns: HashMap<String, usize>,
    pub(super) ignore: HashSet<String>,
    /// Names of columns in their normal form, where it belongs to one column alone.
    pub(super) folded: HashMap<String, Option<usize>>,
    /// The same of columns that are passed over.
    pub(super) ignore_folded: HashSet<String>,
    pub(super) labels: Vec<Labels>,
    pub(super) several: HashMap<usize, Several>,
}

/// What one column feeds; the numbers are places in the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ColumnTarget {
    /// The question.
    pub question: usize,
    /// The row of a grid, the item of a ranking.
    pub row: Option<usize>,
    /// The option that the column stands for, in a question with a column per option.
    pub option: Option<usize>,
}

/// How a cell is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One answer of the question's kind; of a ranking the rank of the column's item.
    Value,
    /// Whether the column's option is chosen.
    Mark,
    /// Any text marks the column's option, and is kept as words of one's own.
    MarkText,
    /// Options joined by one of these separators, which their words may hold too; of a ranking items, the first rank first.
    List(Vec<String>),
    /// The same as the fields of a CSV row.
    Csv,
    /// The same, one a line.
    Lines,
    /// The same, each a character of its own: codes that run together.
    Characters,
    /// The same as a list in JSON.
    Json,
    /// Tokens, each a row with a mark before or behind it.
    Tokens {
        /// What joins the tokens; blanks if none is said.
        separators: Vec<String>,
        /// Marks with the place that each means on the scale, longest first.
        marks: Vec<(String, usize)>,
    },
    /// The item that has this rank, by the place of the rank.
    Item(usize),
    /// Words for an option that asks for some.
    Other,
}

impl Shape {
    /// Whether one cell holds several options or items, each by its words.
    pub(super) fn holds_several(&self) -> bool {
        matches!(self, Shape::List(_) | Shape::Csv | Shape::Lines | Shape::Characters | Shape::Json)
    }
}

/// How numbers and times are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Formats {
    /// The decimal mark; a point if none.
    pub decimal: Option<char>,
    /// What groups digits by three; nothing if none.
    pub thousands: Option<char>,
    /// Formats of dates and times; ISO 8601 if none.
    pub dates: Vec<String>,
    /// Words in their normal form and the numbers that they mean, written with a point.
    pub values: HashMap<String, String>,
    /// Signs and units around numbers that do not count, in their normal form.
    pub strip: Vec<String>,
    /// Whether numbers with too many decimals are rounded.
    pub round: bool,
}

/// A column that is read.
#[derive(Clone, Debug)]
pub struct Column {
    /// The name in the file, or `#7` for its place.
    pub name: String,
    /// What it feeds.
    pub target: ColumnTarget,
    /// How its cells are read.
    pub shape: Shape,
    /// How numbers and times are written.
    pub formats: Formats,
    pub(super) labels: usize,
    pub(super) steps: Steps,
    pub(super) blank: HashSet<String>,
    pub(super) no_answer: HashSet<String>,
    pub(super) not_asked: HashSet<String>,
    pub(super) chosen: HashSet<String>,
    pub(super) not_chosen: HashSet<String>,
}

/// What a cell says before it is read by its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// Nothing.
    Blank,
    /// "No answer", in words or by code.
    NoAnswer,
    /// That the question was not asked.
    NotAsked,
    /// Something: the text in its normal form.
    Key(Cow<'a, str>),
}

/// What a cell of an option's column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The option is chosen.
    Chosen,
    /// The option is known not to be chosen.
    NotChosen,
}

impl Column {
    /// What a cell says at first sight.
    pub fn said<'a>(&self, cell: &'a str) -> Said<'a> {
        let key = self.steps.key(cell);
        if key.trim().is_empty() || self.blank.contains(key.as_ref()) {
            Said::Blank
        } else if self.no_answer.contains(key.as_ref()) {
            Said::NoAnswer
        } else if self.not_asked.contains(key.as_ref()) {
            Said::NotAsked
        } else {
            Said::Key(key)
        }
    }

    /// What a cell of an option's column says; `None` if the text is no mark of the layout and not the option's own
    /// words.
    pub fn mark(&self, key: &str) -> Option<Mark> {
        if self.chosen.contains(key) {
            Some(Mark::Chosen)
        } else if self.not_chosen.contains(key) {
            Some(Mark::NotChosen)
        } else {
            None
        }
    }
}

impl Layout {
    /// A column that is read: the one of this name, else the one whose name is the same in its normal form.
    pub fn column(&self, name: &str) -> Option<(usize, &Column)> {
        let place = match self.columns.get(name) {
            Some(place) => *place,
            None if self.ignore.contains(name) => return None,
            None => (*self.folded.get(&column_key(name))?)?,
        };
        self.order.get(place).map(|column| (place, column))
    }

    /// The same, looked for at a place first.
    pub fn column_after(&self, place: usize, name: &str) -> Option<(usize, &Column)> {
        match self.order.get(place) {
            Some(column) if column.name == name => Some((place, column)),
            _ => self.column(name),
        }
    }

    /// Whether the layout names a column exactly so.
    pub fn names(&self, column: &str) -> bool {
        self.columns.contains_key(column) || self.ignore.contains(column)
    }

    /// What a column feeds.
    pub fn target(&self, name: &str) -> Option<ColumnTarget> {
        self.column(name).map(|(_, column)| column.target)
    }

    /// The columns that are read, in the layout's order.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = (&str, ColumnTarget)> {
        self.order.iter().map(|column| (column.name.as_str(), column.target))
    }

    /// Whether the layout says to pass over a column.
    pub fn ignores(&self, column: &str) -> bool {
        self.ignore.contains(column)
            || (!self.columns.contains_key(column) && self.ignore_folded.contains(&column_key(column)))
    }

    /// Finds each column by the normal form of its name, too.
    pub(super) fn fold_names(&mut self) {
        for (place, column) in self.order.iter().enumerate() {
            let entry = self.folded.entry(column_key(&column.name));
            entry.and_modify(|place| *place = None).or_insert(Some(place));
        }
        self.ignore_folded = self.ignore.iter().map(|name| column_key(name)).collect();
    }

    /// What several columns that feed one answer of a question come to.
    pub fn several(&self, question: usize) -> Option<Several> {
        self.several.get(&question).copied()
    }

    /// What a text in its normal form means among the options of the column's question.
    pub fn meaning(&self, column: &Column, key: &str) -> Option<Meaning<'_>> {
        self.labels.get(column.labels)?.meaning(key)
    }

    /// The row that a text in its normal form means.
    pub fn row(&self, column: &Column, key: &str) -> Option<usize> {
        self.labels.get(column.labels)?.rows.get(key)?.first().copied()
    }

    /// The parts of a cell that holds several: options, or the items of a ranking where `rows` is set.
    pub fn pieces<'a>(&'a self, column: &Column, cell: &'a str, rows: bool) -> Vec<Piece<'a>> {
        let Some(labels) = self.labels.get(column.labels) else { return Vec::new() };
        let words: &Words = if rows { &labels.rows } else { &labels.options };
        match &column.shape {
            Shape::List(separators) => labels.list(words, cell, separators),
            Shape::Lines => cell.lines().filter_map(|line| labels.piece(words, line)).collect(),
            Shape::Characters => {
                let one = |(at, character): (usize, char)| &cell[at..at + character.len_utf8()];
                // A number that a spreadsheet has written.
                let cell = cell.trim().strip_suffix(".0").unwrap_or(cell);
                cell.char_indices().map(one).filter_map(|text| labels.piece(words, text)).collect()
            }
            _ => labels.piece(words, cell).into_iter().collect(),
        }
    }

    /// What one field of a cell that holds a CSV row or a list in JSON means.
    pub fn field<'a>(&'a self, column: &Column, field: &'a str, rows: bool) -> Option<Piece<'a>> {
        let labels = self.labels.get(column.labels)?;
        labels.piece(if rows { &labels.rows } else { &labels.options }, field)
    }

    /// The normal form of a text of the column.
    pub fn key<'a>(&self, column: &Column, text: &'a str) -> Cow<'a, str> {
        column.steps.key(text)
    }
}
