//! From counts to figures: which rows a table has, and what each is a share of.

use std::collections::BTreeSet;
use std::sync::Arc;

use shukei_schemas::State;
use shukei_schemas::definition::{FormRef, Kind, Mapping, Question, Row, Survey};

use crate::break_by::{BreakBy, Category};
use crate::error::QueryError;
use crate::figures::{percent_text, ratio_text};
use crate::labels::language_of;
use crate::measure::{BaseRule, Flag, Measure, MeasureKind};
use crate::request::TabulateRequest;
use crate::shape::NUMBER_SCALE;
use crate::tally::{Cells, Tally};

/// One, in the units that sums are kept in.
const ONE: i128 = 10i128.pow(NUMBER_SCALE as u32);

/// The figures of a wave from the tallies of its forms, made for this request: question by question in printed order,
/// each first in total and then by category; options in printed order, then states.
///
/// A question that several forms ask alike is one table. The base of an option is made of the units that what collected
/// them says anything about it: of those that came through a mapping, the ones whose mapping covers the option.
///
/// # Errors
/// [`QueryError::FormsDiffer`] if two forms ask different things under one number.
pub fn measures(
    survey: &Survey,
    mappings: &[Arc<Mapping>],
    groups: &[String],
    request: &TabulateRequest,
    tallies: &[Tally],
) -> Result<Vec<Measure>, QueryError> {
    let breaks = breaks(tallies, groups);
    let mut measures = Vec::new();
    for asked in asked(tallies)? {
        let table = Table::new(survey, mappings, request, &asked);
        for part in &breaks {
            let (first, question) = (asked.tallies[0].0, asked.question);
            for nth in 0..first.items_of(asked.tallies[0].1).count() {
                let row = question.rows().get(nth);
                let sums = |category: Option<&Category>| Sums::of(survey, mappings, &asked, nth, category);
                let total = sums(None);
                let of_part = part.category.as_ref().map(|category| sums(Some(category)));
                table.rows(&part.text, row, of_part.as_ref().unwrap_or(&total), &total, &mut measures);
            }
        }
    }
    Ok(measures)
}

/// A question with the tallies of the forms that ask it, and its place in each.
struct Asked<'a> {
    question: &'a Question,
    tallies: Vec<(&'a Tally, usize)>,
}

impl<'a> Asked<'a> {
    /// What all slots of all forms hold of the nth thing that the question asks, each with the form and the question's
    /// place in it.
    fn cells(&self, nth: usize) -> impl Iterator<Item = (&'a FormRef, usize, Cells<'a>)> {
        self.tallies.iter().flat_map(move |(tally, question)| {
            let item = tally.items_of(*question).nth(nth);
            let cells = item.into_iter().flat_map(|(at, _)| tally.cells(at));
            cells.map(|cells| (&tally.form().reference, *question, cells))
        })
    }

    /// The mappings that feed one of the forms, each with the question's place there.
    fn fed_by<'m>(&self, mappings: &'m [Arc<Mapping>]) -> impl Iterator<Item = (&'m Mapping, usize)> {
        mappings.iter().filter_map(|mapping| {
            let mut places = self.tallies.iter();
            let fed = places.find(|(tally, _)| tally.form().reference == mapping.target);
            fed.map(|(_, question)| (mapping.as_ref(), *question))
        })
    }
}

fn asked(tallies: &[Tally]) -> Result<Vec<Asked<'_>>, QueryError> {
    let mut all: Vec<Asked<'_>> = Vec::new();
    for tally in tallies {
        for (at, question) in tally.form().questions.iter().enumerate() {
            if tally.items_of(at).next().is_none() {
                continue;
            }
            match all.iter_mut().find(|asked| asked.question.number == question.number) {
                None => all.push(Asked { question, tallies: vec![(tally, at)] }),
                Some(asked) if asks_the_same(asked.question, question) => asked.tallies.push((tally, at)),
                Some(asked) => {
                    return Err(QueryError::FormsDiffer {
                        question: question.number.to_string(),
                        one: asked.tallies[0].0.form().reference.target(),
                        other: tally.form().reference.target(),
                    });
                }
            }
        }
    }
    Ok(all)
}

fn asks_the_same(one: &Question, other: &Question) -> bool {
    let codes = |q: &Question| q.options().iter().map(|option| option.code).collect::<Vec<_>>();
    let rows = |q: &Question| q.rows().iter().map(|row| row.code).collect::<Vec<_>>();
    one.kind.as_str() == other.kind.as_str()
        && decimals_of(one) == decimals_of(other)
        && codes(one) == codes(other)
        && rows(one) == rows(other)
}

fn decimals_of(question: &Question) -> u8 {
    match question.kind {
        Kind::Number { decimals, .. } => decimals,
        _ => 0,
    }
}

/// One part of the units; the first is all of them.
struct BreakPart {
    category: Option<Category>,
    text: String,
}

/// The parts in the order of their codes or names; groups in that of the classification, where there is one.
fn breaks(tallies: &[Tally], groups: &[String]) -> Vec<BreakPart> {
    let mut parts = vec![BreakPart { category: None, text: String::new() }];
    let Some(by) = tallies.iter().find_map(Tally::by) else { return parts };
    let mut categories: BTreeSet<Category> = tallies.iter().flat_map(Tally::categories).cloned().collect();
    if let BreakBy::Question(number) = by {
        // Every option, also one that nobody chose.
        let questions = tallies.iter().filter_map(|tally| tally.form().question(number));
        let codes = questions.flat_map(|(_, question)| question.options()).map(|option| option.code);
        categories.extend(codes.map(Category::Code));
    }
    let mut categories: Vec<Category> = categories.into_iter().collect();
    if matches!(by, BreakBy::Group) {
        let place = |category: &Category| match category {
            Category::Name(name) => groups.iter().position(|group| group == name).unwrap_or(groups.len()),
            Category::Code(_) => groups.len(),
        };
        categories.sort_by_key(place);
    }
    parts.extend(
        categories.into_iter().map(|category| BreakPart {
            text: format!("{}={category}", by.name()),
            category: Some(category),
        }),
    );
    parts
}

/// Counts of one item added up over slots.
#[derive(Clone, Debug, Default)]
struct Sum {
    states: [u64; State::ALL.len()],
    options: Vec<u64>,
    numbers: i128,
    base: u64,
    methods: BTreeSet<String>,
}

impl Sum {
    fn of<'a>(survey: &Survey, question: &Question, cells: impl Iterator<Item = Cells<'a>>) -> Self {
        let mut sum = Self::default();
        for cells in cells {
            sum.options.resize(cells.options.len().max(sum.options.len()), 0);
            sum.options.iter_mut().zip(cells.options).for_each(|(sum, count)| *sum += count);
            sum.numbers += cells.sum;
            let mut base = 0;
            for (total, state) in sum.states.iter_mut().zip(State::ALL) {
                *total += cells.state(state);
                if is_in_base(survey, question, state) {
                    base += cells.state(state);
                }
            }
            sum.base += base;
            if base > 0 && !cells.method.is_empty() {
                sum.methods.insert(cells.method.to_owned());
            }
        }
        sum
    }

    fn state(&self, state: State) -> u64 {
        State::ALL
            .into_iter()
            .zip(self.states)
            .find(|(known, _)| *known == state)
            .map_or(0, |(_, count)| count)
    }
}

/// The counts of one item: of the units that are known for the question as a whole, and per option of those that are
/// known for it.
struct Sums {
    whole: Sum,
    options: Vec<Sum>,
    /// What is said beside the figures of the question as a whole, and beside those of each option.
    whole_notes: Vec<usize>,
    option_notes: Vec<Vec<usize>>,
}

impl Sums {
    fn of(
        survey: &Survey,
        mappings: &[Arc<Mapping>],
        asked: &Asked<'_>,
        nth: usize,
        category: Option<&Category>,
    ) -> Self {
        let options = asked.question.options().len();
        let cells =
            || asked.cells(nth).filter(|(_, _, cells)| category.is_none() || cells.category == category);
        let mapping_of = |form: &FormRef, cells: &Cells<'_>| {
            let name = cells.mapping?;
            mappings.iter().find(|mapping| mapping.target == *form && mapping.reference.target() == name)
        };
        // Units that came through a mapping that nobody knows any more are taken at their states.
        let covered = |wanted: &dyn Fn(&Mapping, usize) -> bool| {
            let known = cells().filter(|(form, question, cells)| {
                mapping_of(form, cells).is_none_or(|mapping| wanted(mapping, *question))
            });
            Sum::of(survey, asked.question, known.map(|(_, _, cells)| cells))
        };
        let left_out = |wanted: &dyn Fn(&Mapping, usize) -> bool| {
            let fed = asked.fed_by(mappings).enumerate();
            fed.filter(|(_, (mapping, question))| !wanted(mapping, *question)).map(|(at, _)| at).collect()
        };
        // What the group says in the respondent's place is known however the unit was collected.
        let filled = asked.question.filled_from.is_some();
        let whole = |mapping: &Mapping, question: usize| match options {
            _ if filled => true,
            0 => mapping.covers_some(question),
            _ => (0..options).all(|option| mapping.covers(question, option)),
        };
        let of_option = |option: usize| {
            move |mapping: &Mapping, question: usize| filled || mapping.covers(question, option)
        };
        Self {
            whole: covered(&whole),
            options: (0..options).map(|option| covered(&of_option(option))).collect(),
            whole_notes: left_out(&whole),
            option_notes: (0..options).map(|option| left_out(&of_option(option))).collect(),
        }
    }
}

fn is_in_base(survey: &Survey, question: &Question, state: State) -> bool {
    state == State::Answered || question.state_rule(survey, state).in_base
}

/// What all figures of one question share.
struct Table<'a> {
    survey: &'a Survey,
    request: &'a TabulateRequest,
    question: &'a Question,
    language: String,
    flags: Vec<Flag>,
    /// What each mapping that feeds the question says where it does not cover something.
    exclusion_notes: Vec<String>,
}

impl<'a> Table<'a> {
    fn new(
        survey: &'a Survey,
        mappings: &[Arc<Mapping>],
        request: &'a TabulateRequest,
        asked: &Asked<'a>,
    ) -> Self {
        let language = language_of(survey, request.language.as_deref());
        let notes = asked
            .fed_by(mappings)
            .map(|(mapping, _)| mapping.exclusion_note.in_language(&language).to_owned());
        let exclusion_notes = notes.collect();
        let question = asked.question;
        let mut flags = Vec::new();
        if survey.synthetic {
            flags.push(Flag::Synthetic);
        }
        if question.is_reconstructed() {
            flags.push(Flag::Reconstructed);
        }
        Self { survey, request, question, language, flags, exclusion_notes }
    }

    /// The figures of one item in one part of the units; `total` says which states occur at all, so that every part
    /// has the same rows.
    fn rows(&self, breaks: &str, row: Option<&Row>, sums: &Sums, total: &Sums, out: &mut Vec<Measure>) {
        for (place, (option, sum)) in self.question.options().iter().zip(&sums.options).enumerate() {
            let count = sum.options.get(place).copied().unwrap_or(0);
            let notes = sums.option_notes.get(place).map_or(&[][..], Vec::as_slice);
            let mut line = Measure {
                option: Some(option.code),
                label: option.shown(&self.language),
                count,
                ..self.blank(breaks, row, sum, notes)
            };
            if option.is_reconstructed() && !line.flags.contains(&Flag::Reconstructed) {
                line.flags.push(Flag::Reconstructed);
            }
            out.push(self.count(&line));
            out.push(self.share(&line));
        }
        let (sum, total) = (&sums.whole, &total.whole);
        let blank = self.blank(breaks, row, sum, &sums.whole_notes);
        if self.question.options().is_empty() {
            let line = self.of_state(State::Answered, sum, &blank);
            out.push(self.count(&line));
            if matches!(self.question.kind, Kind::Number { .. }) {
                out.extend(self.of_numbers(&line, sum));
            }
        }
        for state in State::ALL.into_iter().filter(|state| *state != State::Answered) {
            let rule = self.question.state_rule(self.survey, state);
            if rule.prints && (state == State::NoAnswer || total.state(state) > 0) {
                let line = self.of_state(state, sum, &blank);
                out.push(self.count(&line));
                if rule.in_base {
                    out.push(self.share(&line));
                }
            }
        }
    }

    fn blank(&self, breaks: &str, row: Option<&Row>, sum: &Sum, notes: &[usize]) -> Measure {
        Measure {
            survey: self.request.survey.clone(),
            wave: self.request.wave.clone(),
            table: self.question.number.to_string(),
            question: self.question.number.clone(),
            title: self.question.shown_title(&self.language),
            text: self.question.text.in_language(&self.language).to_owned(),
            row: row.map(|row| row.code),
            row_label: row.map(|row| row.label.in_language(&self.language).to_owned()),
            option: None,
            label: String::new(),
            state: None,
            breaks: breaks.to_owned(),
            measure: MeasureKind::Count,
            value: String::new(),
            count: 0,
            base: sum.base,
            base_unweighted: sum.base,
            base_rule: BaseRule::of(self.survey, self.question),
            methods: sum.methods.iter().cloned().collect(),
            flags: self.flags.clone(),
            notes: notes.iter().filter_map(|at| self.exclusion_notes.get(*at).cloned()).collect(),
        }
    }

    fn of_state(&self, state: State, sum: &Sum, blank: &Measure) -> Measure {
        let label = state.label(&self.language).to_owned();
        Measure { state: Some(state), label, count: sum.state(state), ..blank.clone() }
    }

    fn count(&self, line: &Measure) -> Measure {
        Measure { measure: MeasureKind::Count, value: line.count.to_string(), ..line.clone() }
    }

    fn share(&self, line: &Measure) -> Measure {
        let value = percent_text(line.count, line.base, self.survey.decimals, self.survey.rounding);
        with_value(Measure { measure: MeasureKind::Share, ..line.clone() }, value)
    }

    /// Mean and sum of those who gave a number: they alone are the base, whatever the survey's rule.
    fn of_numbers(&self, line: &Measure, sum: &Sum) -> [Measure; 2] {
        let (survey, answered) = (self.survey, line.count);
        let line = Measure {
            base: answered,
            base_unweighted: answered,
            base_rule: BaseRule::Answered,
            ..line.clone()
        };
        let mean = ratio_text(sum.numbers, i128::from(answered) * ONE, survey.decimals, survey.rounding);
        let digits = decimals_of(self.question);
        let total = ratio_text(sum.numbers, ONE, digits, survey.rounding).filter(|_| answered > 0);
        [
            with_value(Measure { measure: MeasureKind::Mean, ..line.clone() }, mean),
            with_value(Measure { measure: MeasureKind::Sum, ..line }, total),
        ]
    }
}

fn with_value(mut line: Measure, value: Option<String>) -> Measure {
    match value {
        Some(value) => line.value = value,
        None => line.flags.push(Flag::BaseZero),
    }
    line
}
