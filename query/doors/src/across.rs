//! Tables with options across. Down stand the total and the parts of all breaks (クロス集計表), or the rows of a grid
//! (マトリクス).

use std::collections::HashMap;
use std::io::Write;

use shukei_query::{BaseRule, Measure, MeasureKind};
use shukei_schemas::State;

use crate::chart::notes_of;
use crate::error::DoorError;
use crate::shown::{Shown, UNRELIABLE, part_words};
use crate::text::{cut, folded, harmless, padded, unbroken, width, wrapped};

/// Before and behind everything, a space.
const EDGES: usize = 2;
/// Between two columns.
const GAP: usize = 2;
const LABEL_MIN: usize = 12;
/// A label at the side may take so many lines.
const LABEL_LINES: usize = 4;
/// A heading may take so many lines, and so many columns.
const HEADING_LINES: usize = 5;
const COLUMN_WIDTH: std::ops::RangeInclusive<usize> = 5..=20;
/// The parts of a break stand below its heading, and what goes on in a further line stands below its beginning.
const INDENT: usize = 2;

/// What stands down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Down {
    /// The total, then the parts of each break.
    Parts,
    /// The rows of a grid, or the items of a ranking.
    Rows,
}

/// Writes the figures of one question, or of one row of it; `all` are those whose notes are numbered together.
pub(crate) fn write(
    figures: &[&Measure],
    all: &[Measure],
    down: Down,
    shown: &Shown,
    columns_max: usize,
    out: &mut dyn Write,
) -> Result<(), DoorError> {
    let table = AcrossTable::of(figures, &notes_of(all), down, shown);
    for line in table.lines(columns_max) {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// What a column is of.
type Key<'a> = (Option<i16>, Option<State>, Option<&'a str>, &'a str);

/// A line at the side.
struct Side {
    label: String,
    /// Notes behind the label, which are never cut.
    marks: String,
    indent: usize,
    /// A heading has no figures.
    is_heading: bool,
}

/// A column with a cell for each line at the side; in that of a heading there is nothing.
struct Column<'a> {
    words: String,
    marks: String,
    /// Below the words, one line each.
    below: Vec<String>,
    cells: Vec<String>,
    figures: Vec<(usize, &'a Measure)>,
    kind: MeasureKind,
    /// The place of its base.
    base: Option<usize>,
}

/// The bases of one or several columns: as they are shown, and counted without weights.
struct Base {
    rule: BaseRule,
    cells: Vec<Option<(String, u64)>>,
    weighted: bool,
    columns: usize,
}

impl Base {
    fn of(figures: &[(usize, &Measure)], lines: usize, shown: &Shown) -> Option<Self> {
        let mut cells = vec![None; lines];
        for (at, figure) in figures {
            if let Some(cell) = cells.get_mut(*at) {
                *cell = Some((shown.base(figure), figure.base_unweighted));
            }
        }
        let first = figures.first().map(|(_, figure)| *figure)?;
        Some(Self { rule: first.base_rule, cells, weighted: first.is_weighted(), columns: 1 })
    }

    /// Takes the other in, if both say the same wherever both say something.
    fn takes(&mut self, other: &Self) -> bool {
        let both = || self.cells.iter().zip(&other.cells);
        if self.rule != other.rule || !both().all(|(a, b)| a.is_none() || b.is_none() || a == b) {
            return false;
        }
        for (mine, theirs) in self.cells.iter_mut().zip(&other.cells) {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        }
        self.columns += 1;
        true
    }
}

struct AcrossTable<'a> {
    sides: Vec<Side>,
    /// The columns of each base: what it is, and where it is weighted the units.
    bases: Vec<Vec<Column<'a>>>,
    columns: Vec<Column<'a>>,
    /// What the numbers are.
    said: String,
}

impl<'a> AcrossTable<'a> {
    fn of(figures: &[&'a Measure], notes: &[&str], down: Down, shown: &Shown) -> Self {
        let (mut sides, place) = match down {
            Down::Parts => parts_down(figures, shown),
            Down::Rows => rows_down(figures),
        };
        let mut columns = columns_of(figures, &place, sides.len(), shown);
        let bases = bases_of(&mut columns, sides.len(), shown);
        drop_what_bases_say(&mut columns, &bases);
        let said_of_all = marked(notes, &mut columns, &mut sides);
        let said = said(&columns, &bases, shown) + &said_of_all;
        let words = shown.words();
        let is_count = |column: &Column<'_>| column.kind == MeasureKind::Count;
        let first_share = columns.iter().map(|column| column.kind).find(|kind| kind.is_share());
        let only_counts = columns.iter().all(is_count);
        for column in &mut columns {
            let is_other_share = column.kind.is_share() && Some(column.kind) != first_share;
            if is_other_share || (is_count(column) && !only_counts) {
                column.below.push(format!("({})", words.measure(column.kind)));
            }
            if let Some(at) = column.base.filter(|at| *at > 0) {
                column.below.push(format!("({})", base_name(at)));
            }
        }
        let bases = bases.into_iter().enumerate().map(|(at, base)| base_columns(at, base, shown)).collect();
        Self { sides, bases, columns, said }
    }

    /// All lines of the table.
    fn lines(&self, columns_max: usize) -> Vec<String> {
        let widest = self
            .sides
            .iter()
            .filter(|side| !side.is_heading)
            .map(|side| side.indent + width(&side.label) + width(&side.marks))
            .max();
        let room = (columns_max * 2 / 5).max(LABEL_MIN);
        let label = widest.unwrap_or(0).clamp(LABEL_MIN, room);
        let bases: Vec<Vec<Heading>> = self
            .bases
            .iter()
            .map(|columns| columns.iter().map(|column| Heading::narrow(column, None)).collect())
            .collect();
        let everything: Vec<usize> = (0..self.columns.len()).collect();
        let in_words = (1..=HEADING_LINES).find_map(|lines| {
            let all: Option<Vec<Heading>> =
                self.columns.iter().map(|column| Heading::in_words(column, lines)).collect();
            all.filter(|all| self.width_of(label, &everything, all, &bases) <= columns_max)
        });
        // What does not fit beside each other in words has a number where its words take too much room.
        let headings = in_words.unwrap_or_else(|| {
            let numbered = self.columns.iter().enumerate();
            numbered.map(|(at, column)| Heading::narrow(column, Some(at + 1))).collect()
        });
        let mut lines = wrapped(&self.said, columns_max.max(20));
        for (at, block) in self.blocks(columns_max, label, &headings, &bases).iter().enumerate() {
            if at > 0 {
                lines.push(String::new());
            }
            lines.extend(self.block(block, label, &headings, &bases));
        }
        let numbered = self.columns.iter().zip(&headings).filter(|(_, heading)| heading.is_number);
        lines.extend(numbered.flat_map(|(column, heading)| {
            let number = heading.lines.first().map_or("", String::as_str);
            let room = columns_max.max(20).saturating_sub(width(number) + 1);
            let words = wrapped(&format!("{}{}", column.words, column.marks), room).into_iter().enumerate();
            let beside = words.map(|(at, words)| {
                format!("{} {words}", if at == 0 { number.to_owned() } else { " ".repeat(width(number)) })
            });
            beside.collect::<Vec<_>>()
        }));
        lines
    }

    /// The bases of some columns; the first always stands there.
    fn bases_in(&self, columns: &[usize]) -> Vec<usize> {
        let is_used = |base: &usize| {
            *base == 0 || columns.iter().filter_map(|at| self.columns.get(*at)).any(|c| c.base == Some(*base))
        };
        (0..self.bases.len()).filter(is_used).collect()
    }

    fn width_of(
        &self,
        label: usize,
        columns: &[usize],
        headings: &[Heading],
        bases: &[Vec<Heading>],
    ) -> usize {
        let of_bases = self.bases_in(columns).into_iter().filter_map(|at| bases.get(at)).flatten();
        let of_columns = columns.iter().filter_map(|at| headings.get(*at));
        EDGES + label + of_bases.chain(of_columns).map(|heading| heading.width + GAP).sum::<usize>()
    }

    /// As many columns as fit beside the labels and their bases, again and again.
    fn blocks(
        &self,
        columns_max: usize,
        label: usize,
        headings: &[Heading],
        bases: &[Vec<Heading>],
    ) -> Vec<Vec<usize>> {
        let mut blocks = vec![Vec::new()];
        for at in 0..self.columns.len() {
            let Some(last) = blocks.last_mut() else { continue };
            last.push(at);
            if last.len() > 1 && self.width_of(label, last, headings, bases) > columns_max {
                last.pop();
                blocks.push(vec![at]);
            }
        }
        blocks
    }

    fn block(
        &self,
        columns: &[usize],
        label: usize,
        headings: &[Heading],
        bases: &[Vec<Heading>],
    ) -> Vec<String> {
        let of_bases = self.bases_in(columns).into_iter();
        let of_bases =
            of_bases.filter_map(|at| Some(self.bases.get(at)?.iter().zip(bases.get(at)?))).flatten();
        let of_columns = columns.iter().filter_map(|at| Some((self.columns.get(*at)?, headings.get(*at)?)));
        let shown: Vec<(&Column<'_>, &Heading)> = of_bases.chain(of_columns).collect();
        let all = self.width_of(label, columns, headings, bases);
        let right = |text: &str, room: usize| {
            format!("{}{text}", " ".repeat((room + GAP).saturating_sub(width(text))))
        };
        let height = shown.iter().map(|(_, heading)| heading.lines.len()).max().unwrap_or(1);
        let mut lines = vec!["─".repeat(all)];
        for at in 0..height {
            let mut line = " ".repeat(1 + label);
            for (_, heading) in &shown {
                // The last line of each stands right above its numbers.
                let text =
                    (at + heading.lines.len()).checked_sub(height).and_then(|at| heading.lines.get(at));
                line.push_str(&right(text.map_or("", String::as_str), heading.width));
            }
            lines.push(line);
        }
        lines.push("═".repeat(all));
        for (at, side) in self.sides.iter().enumerate() {
            if side.is_heading {
                lines.push(format!(" {}", cut(&side.label, all.saturating_sub(EDGES))));
                continue;
            }
            for (line, words) in side.lines(label).into_iter().enumerate() {
                let mut text = format!(" {}", padded(&words, label));
                for (column, heading) in shown.iter().filter(|_| line == 0) {
                    text.push_str(&right(column.cells.get(at).map_or("", String::as_str), heading.width));
                }
                lines.push(text);
            }
        }
        lines.push("─".repeat(all));
        lines
    }
}

impl Side {
    /// The label in lines that fit.
    fn lines(&self, room: usize) -> Vec<String> {
        let indent = " ".repeat(self.indent);
        if self.indent + width(&self.label) + width(&self.marks) <= room {
            return vec![format!("{indent}{}{}", self.label, self.marks)];
        }
        let beside = room.saturating_sub(self.indent + INDENT).max(2);
        let lines = folded(&self.label, &self.marks, beside, LABEL_LINES).into_iter().enumerate();
        lines
            .map(|(at, line)| format!("{indent}{}{line}", " ".repeat(INDENT * usize::from(at > 0))))
            .collect()
    }
}

/// The heading of a column.
struct Heading {
    lines: Vec<String>,
    width: usize,
    /// The words stand below the table.
    is_number: bool,
}

impl Heading {
    /// What the cells, and the lines below the words, take.
    fn least(column: &Column<'_>) -> usize {
        let texts = column.cells.iter().chain(&column.below).map(|text| width(text));
        texts.max().unwrap_or(0).max(*COLUMN_WIDTH.start())
    }

    /// The narrowest heading whose words take so many lines and are not torn apart, if there is one.
    fn in_words(column: &Column<'_>, lines_max: usize) -> Option<Self> {
        let least = Self::least(column);
        (least..=least.max(*COLUMN_WIDTH.end())).find_map(|width| Self::as_wide(column, width, lines_max))
    }

    fn as_wide(column: &Column<'_>, width: usize, lines_max: usize) -> Option<Self> {
        let words = format!("{}{}", column.words, column.marks);
        let mut lines = wrapped(&words, width);
        if lines.len() > lines_max || unbroken(&words) > width {
            return None;
        }
        lines.extend(column.below.iter().cloned());
        Some(Self { lines, width, is_number: false })
    }

    /// The words where they fit above the cells, else the number; without a number the words however wide.
    fn narrow(column: &Column<'_>, number: Option<usize>) -> Self {
        let least = Self::least(column);
        let in_words = match number {
            Some(_) => Self::as_wide(column, least, HEADING_LINES),
            None => Self::in_words(column, HEADING_LINES),
        };
        in_words.unwrap_or_else(|| {
            let lines = number.map(|number| format!("({number})"));
            let lines: Vec<String> = lines.into_iter().chain(column.below.iter().cloned()).collect();
            let widest = lines.iter().map(|line| width(line)).max().unwrap_or(0);
            Self { lines, width: widest.max(least), is_number: number.is_some() }
        })
    }
}

/// The name of a base above its column.
fn base_name(at: usize) -> String {
    if at == 0 { "n".to_owned() } else { format!("n{}", at + 1) }
}

/// The lines at the side where parts stand down, and the place of each part.
fn parts_down<'a>(figures: &[&'a Measure], shown: &Shown) -> (Vec<Side>, HashMap<Place<'a>, usize>) {
    let words = shown.words();
    let side = |label: String, indent, is_heading| Side { label, marks: String::new(), indent, is_heading };
    let (mut sides, mut place) = (Vec::new(), HashMap::new());
    if figures.iter().any(|figure| figure.breaks.is_empty()) {
        place.insert(Place::Part(""), 0);
        sides.push(side(words.total.to_owned(), 0, false));
    }
    // A break is named by what is crossed in it.
    let mut breaks: Vec<(String, String, Vec<&Measure>)> = Vec::new();
    for figure in figures.iter().filter(|figure| !figure.breaks.is_empty()) {
        let of_parts = |text: fn(&shukei_query::BreakPart) -> &str| figure.parts.iter().map(text);
        let name = of_parts(|part| &part.name).collect::<Vec<_>>().join("*");
        let title = of_parts(|part| &part.title).collect::<Vec<_>>().join(" × ");
        let at = breaks.iter().position(|(known, ..)| *known == name).unwrap_or(breaks.len());
        if at == breaks.len() {
            breaks.push((name, title, Vec::new()));
        }
        if let Some((.., parts)) = breaks.get_mut(at)
            && parts.iter().all(|part| part.breaks != figure.breaks)
        {
            parts.push(figure);
        }
    }
    for (name, title, parts) in breaks {
        let words = if name.is_empty() { words.part.to_owned() } else { words.what(&title, &name) };
        sides.push(side(harmless(&words), 0, true));
        for part in parts {
            place.insert(Place::Part(part.breaks.as_str()), sides.len());
            sides.push(side(harmless(&part_words(part)), INDENT, false));
        }
    }
    (sides, place)
}

/// The same where the rows of a grid do.
fn rows_down<'a>(figures: &[&'a Measure]) -> (Vec<Side>, HashMap<Place<'a>, usize>) {
    let (mut sides, mut place) = (Vec::new(), HashMap::new());
    for figure in figures {
        place.entry(Place::Row(figure.row)).or_insert_with(|| {
            let label = figure.row_label.clone().or(figure.row.map(|row| row.to_string()));
            let label = harmless(&label.unwrap_or_default());
            sides.push(Side { label, marks: String::new(), indent: 0, is_heading: false });
            sides.len() - 1
        });
    }
    (sides, place)
}

/// What a line is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place<'a> {
    Part(&'a str),
    Row(Option<i16>),
}

/// The columns of the figures: options, states, sets, and what is no share and no count.
fn columns_of<'a>(
    figures: &[&'a Measure],
    place: &HashMap<Place<'a>, usize>,
    lines: usize,
    shown: &Shown,
) -> Vec<Column<'a>> {
    let mut keys: Vec<Key<'a>> = Vec::new();
    let mut found: HashMap<(Key<'a>, MeasureKind), Vec<(usize, &'a Measure)>> = HashMap::new();
    for figure in figures.iter().copied() {
        let key = (figure.option, figure.state, figure.set.as_deref(), figure.label.as_str());
        if !keys.contains(&key) {
            keys.push(key);
        }
        let at = place.get(&Place::Part(&figure.breaks)).or_else(|| place.get(&Place::Row(figure.row)));
        if let Some(at) = at {
            found.entry((key, figure.measure)).or_default().push((*at, figure));
        }
    }
    let mut columns: Vec<(u8, Column<'a>)> = Vec::new();
    for key in keys {
        let has_share =
            MeasureKind::ALL.iter().any(|kind| kind.is_share() && found.contains_key(&(key, *kind)));
        let kinds = MeasureKind::ALL.iter().copied();
        for kind in kinds.filter(|kind| !(has_share && *kind == MeasureKind::Count)) {
            let Some(figures) = found.remove(&(key, kind)) else { continue };
            let is_plain = kind == MeasureKind::Count || kind.is_share();
            let (option, state, set, label) = key;
            let order = match (option, set, state) {
                (Some(_), ..) => 0,
                (None, None, Some(_)) if is_plain => 1,
                (None, Some(_), _) => 2,
                _ => 3,
            };
            let name = shown.words().measure(kind);
            let words = match is_plain {
                true => harmless(label),
                // A mean has no words but its own.
                false if order == 3 || kind == MeasureKind::NetScore => name.to_owned(),
                false => format!("{}: {name}", harmless(label)),
            };
            let mut cells = vec![String::new(); lines];
            for (at, figure) in &figures {
                if let Some(cell) = cells.get_mut(*at) {
                    *cell = shown.cell(figure);
                }
            }
            if cells.iter().any(|text| text.ends_with(UNRELIABLE)) {
                for text in cells.iter_mut().filter(|text| !text.ends_with(UNRELIABLE)) {
                    text.push(' ');
                }
            }
            let (marks, below) = (String::new(), Vec::new());
            columns.push((order, Column { words, marks, below, cells, figures, kind, base: None }));
        }
    }
    columns.sort_by_key(|(order, _)| *order);
    columns.into_iter().map(|(_, column)| column).collect()
}

/// The bases that columns relate to, the one of most columns first. Counts relate to none, unless there is nothing
/// else.
fn bases_of(columns: &mut [Column<'_>], lines: usize, shown: &Shown) -> Vec<Base> {
    let only_counts = columns.iter().all(|column| column.kind == MeasureKind::Count);
    let mut bases: Vec<Base> = Vec::new();
    for column in columns.iter_mut().filter(|column| only_counts || column.kind != MeasureKind::Count) {
        let Some(base) = Base::of(&column.figures, lines, shown) else { continue };
        let known = bases.iter_mut().position(|known| known.takes(&base));
        column.base = Some(known.unwrap_or(bases.len()));
        if known.is_none() {
            bases.push(base);
        }
    }
    // Of several that are as frequent, the first.
    let most = bases.iter().enumerate().rev().max_by_key(|(_, base)| base.columns).map_or(0, |(at, _)| at);
    if most > 0 {
        bases[..=most].rotate_right(1);
        for base in columns.iter_mut().filter_map(|column| column.base.as_mut()) {
            *base = match (*base).cmp(&most) {
                std::cmp::Ordering::Less => *base + 1,
                std::cmp::Ordering::Equal => 0,
                std::cmp::Ordering::Greater => *base,
            };
        }
    }
    bases
}

/// Those who gave a number, a date or words are mostly the very base beside them.
fn drop_what_bases_say(columns: &mut Vec<Column<'_>>, bases: &[Base]) {
    let is_said = |column: &Column<'_>| {
        let is_of_answered = column.kind == MeasureKind::Count
            && column
                .figures
                .iter()
                .all(|(_, figure)| figure.state == Some(State::Answered) && figure.set.is_none());
        let says = |base: &Base| {
            column.figures.iter().all(|(at, _)| {
                let known = base.cells.get(*at).and_then(Option::as_ref).map(|(text, _)| text.as_str());
                known == column.cells.get(*at).map(String::as_str)
            })
        };
        is_of_answered && bases.iter().any(says)
    };
    if columns.iter().any(|column| !is_said(column)) {
        columns.retain(|column| !is_said(column));
    }
}

/// The columns of a base: what units weigh, and where they do, how many they are.
fn base_columns<'a>(at: usize, base: Base, shown: &Shown) -> Vec<Column<'a>> {
    let column = |words: String, cell: &dyn Fn(&(String, u64)) -> String| Column {
        words,
        marks: String::new(),
        below: Vec::new(),
        cells: base.cells.iter().map(|known| known.as_ref().map(cell).unwrap_or_default()).collect(),
        figures: Vec::new(),
        kind: MeasureKind::Count,
        base: None,
    };
    let mut columns = vec![column(base_name(at), &|(text, _)| text.clone())];
    if base.weighted {
        let words = format!("{} {}", base_name(at), shown.words().unweighted);
        columns.push(column(words, &|(_, units)| units.to_string()));
    }
    columns
}

/// Puts the marks of notes where they say most with least: beside everything (given back), a column, or a line.
fn marked(notes: &[&str], columns: &mut [Column<'_>], sides: &mut [Side]) -> String {
    let mut of_all = String::new();
    for (at, note) in notes.iter().enumerate() {
        let mark = format!(" ※{}", at + 1);
        let has = |figure: &Measure| figure.notes.iter().any(|known| known == note);
        let is_whole = |column: &Column<'_>| column.figures.iter().all(|(_, figure)| has(figure));
        if columns.iter().all(is_whole) {
            of_all.push_str(&mark);
            continue;
        }
        let apart = |column: &Column<'_>| -> Vec<(usize, bool)> {
            column.figures.iter().map(|(line, figure)| (*line, has(figure))).collect()
        };
        let others: Vec<(usize, bool)> =
            columns.iter().filter(|column| !is_whole(column)).flat_map(apart).collect();
        let is_whole_line = |line: usize| {
            let mut cells = others.iter().filter(|(of, _)| *of == line).peekable();
            cells.peek().is_some() && cells.all(|(_, has)| *has)
        };
        for column in columns.iter_mut() {
            if is_whole(column) || apart(column).iter().any(|(line, has)| *has && !is_whole_line(*line)) {
                column.marks.push_str(&mark);
            }
        }
        for (line, side) in sides.iter_mut().enumerate() {
            if is_whole_line(line) {
                side.marks.push_str(&mark);
            }
        }
    }
    of_all
}

/// What the numbers of the table are, for example `share %; n: base (asked)`.
fn said(columns: &[Column<'_>], bases: &[Base], shown: &Shown) -> String {
    let words = shown.words();
    let share = columns.iter().map(|column| column.kind).find(|kind| kind.is_share());
    let only_counts = columns.iter().all(|column| column.kind == MeasureKind::Count);
    let unit = match share {
        Some(kind) => Some(format!("{} %", words.measure(kind))),
        None => only_counts.then(|| words.count.to_owned()),
    };
    let bases = bases.iter().enumerate();
    let bases = bases.map(|(at, base)| format!("{}: {}", base_name(at), words.base_row(base.rule)));
    unit.into_iter().chain(bases).collect::<Vec<_>>().join("; ")
}
