//! From counts to figures: which tables there are, and which parts of the units each has.

use std::collections::BTreeSet;
use std::sync::Arc;

use shukei_schemas::definition::{Frame, Kind, Mapping, Percent, Question, Survey};

use crate::break_by::{Category, Cross, Dimension, Part, Unknown};
use crate::error::QueryError;
use crate::forming::{Figures, Reference};
use crate::indicator_forming::{Parts, indicator_measures};
use crate::measure::{Flag, Measure};
use crate::request::TabulateRequest;
use crate::sums::{Amount, Asked, Chosen, Sums};
use crate::tally::Tally;

/// What figures are formed with beside counts.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// The survey.
    pub survey: &'a Survey,
    /// The mappings of the wave.
    pub mappings: &'a [Arc<Mapping>],
    /// The groups in the order of the wave's classification.
    pub groups: &'a [String],
    /// Who was invited, where it is known.
    pub frame: Option<&'a Frame>,
}

/// The figures of a wave from the tallies of its forms, made for this request: question by question in printed order,
/// each first in total and then by the parts of each break; options in printed order, sets of options, means, then
/// states.
///
/// A question that several forms ask alike is one table. The base of an option is made of the units that what collected
/// them says anything about it: of those that came through a mapping, the ones whose mapping covers the option.
/// Indicators stand behind the questions.
///
/// # Errors
/// [`QueryError::FormsDiffer`] if two forms ask different things under one number.
pub fn measures(
    world: &World<'_>,
    request: &TabulateRequest,
    tallies: &[Tally],
) -> Result<Vec<Measure>, QueryError> {
    let all = asked(tallies)?;
    let crosses = tallies.first().map_or(&[][..], Tally::crosses);
    let total = Chosen::new(Part::Total, String::new(), tallies);
    let cells: Vec<Chosen> = crosses
        .iter()
        .enumerate()
        .filter(|(_, cross)| !cross.is_hidden)
        .flat_map(|(at, cross)| cells_of(at, cross, world.groups, tallies))
        .collect();
    let known: Vec<Option<Chosen>> = (0..crosses.len())
        .map(|at| {
            let wanted = request.how.percent != Percent::Down;
            wanted.then(|| Chosen::new(Part::Known(at), String::new(), tallies))
        })
        .collect();
    let hidden = crosses.iter().position(|cross| cross.is_hidden);
    let by_group: Vec<Chosen> =
        hidden.map_or_else(Vec::new, |at| cells_of(at, &crosses[at], world.groups, tallies));
    let mut out = Vec::new();
    for of in &all {
        let fed_by = of.fed_by(world.mappings);
        let figures = Figures::new(world, request, of, &fed_by, tallies);
        let totals: Vec<Sums> =
            (0..of.items()).map(|nth| Sums::of(of, &fed_by, nth, &total, false)).collect();
        let pool = pool(request, of, &all);
        for chosen in std::iter::once(&total).chain(&cells) {
            let pooled = if figures.pools() { pooled(&pool, world.mappings, chosen) } else { Vec::new() };
            let of_known = match &chosen.part {
                Part::Cell(at, _) => known.get(*at).and_then(Option::as_ref),
                Part::Total | Part::Known(_) => None,
            };
            let cross = match &chosen.part {
                Part::Cell(at, _) | Part::Known(at) => Some(*at),
                Part::Total => None,
            };
            let lacks = of.tallies.iter().any(|(_, tally, question)| tally.lacks_delivered(*question, cross));
            let first = out.len();
            for nth in 0..of.items() {
                let units = Sums::of(of, &fed_by, nth, chosen, false);
                let numerator = figures.has_numerator().then(|| Sums::of(of, &fed_by, nth, chosen, true));
                let whole = of_known.map(|known| {
                    let counted = Sums::of(of, &fed_by, nth, known, figures.has_numerator());
                    (Sums::of(of, &fed_by, nth, known, false), counted)
                });
                let reference = Reference {
                    units: &units,
                    counted: numerator.as_ref().unwrap_or(&units),
                    total: totals.get(nth).unwrap_or(&units),
                    whole: whole.as_ref().map(|(units, counted)| (units, counted)),
                    pooled: &pooled,
                };
                let groups: Vec<(Option<&str>, Sums, Option<Sums>)> = match chosen.part {
                    Part::Total => by_group
                        .iter()
                        .map(|group| {
                            let name = match &group.part {
                                Part::Cell(_, names) => names.first(),
                                Part::Total | Part::Known(_) => None,
                            };
                            let name = name.and_then(|name| match name {
                                Category::Name(name) => Some(name.as_str()),
                                Category::Code(_) | Category::Unknown(_) => None,
                            });
                            let counted = figures.has_numerator();
                            let counted = counted.then(|| Sums::of(of, &fed_by, nth, group, true));
                            (name, Sums::of(of, &fed_by, nth, group, false), counted)
                        })
                        .collect(),
                    Part::Known(_) | Part::Cell(..) => Vec::new(),
                };
                let row = of.question.rows().get(nth);
                figures.rows(&chosen.text, row, &reference, &groups, &mut out);
            }
            if lacks {
                out[first..].iter_mut().for_each(|measure| measure.flags.push(Flag::AggregatesLeftOut));
            }
        }
    }
    let parts = Parts { total: &total, cells: &cells, known: &known, by_group: &by_group };
    indicator_measures(world, request, tallies, &parts, &mut out);
    Ok(out)
}

/// The questions over which a scale point is pooled: those named together that share their options.
fn pool<'a, 't>(request: &TabulateRequest, of: &'a Asked<'t>, all: &'a [Asked<'t>]) -> Vec<&'a Asked<'t>> {
    if !of.question.rows().is_empty() || request.questions.is_none() {
        return vec![of];
    }
    let codes =
        |asked: &Asked<'_>| asked.question.options().iter().map(|option| option.code).collect::<Vec<_>>();
    all.iter().filter(|other| other.question.rows().is_empty() && codes(other) == codes(of)).collect()
}

/// Per option, all answers at it.
fn pooled(pool: &[&Asked<'_>], mappings: &[Arc<Mapping>], chosen: &Chosen) -> Vec<Amount> {
    let mut pooled: Vec<Amount> = Vec::new();
    for asked in pool {
        let fed_by = asked.fed_by(mappings);
        pooled.resize(asked.question.options().len(), Amount::default());
        for nth in 0..asked.items() {
            let sums = Sums::of(asked, &fed_by, nth, chosen, false);
            for (place, amount) in pooled.iter_mut().enumerate() {
                *amount = amount.plus(sums.known_for(place).0.place(place));
            }
        }
    }
    pooled
}

/// The questions of some tallies, in printed order.
pub(crate) fn asked(tallies: &[Tally]) -> Result<Vec<Asked<'_>>, QueryError> {
    let mut all: Vec<Asked<'_>> = Vec::new();
    for (nth, tally) in tallies.iter().enumerate() {
        for (at, question) in tally.form().questions.iter().enumerate() {
            if tally.items_of(at).next().is_none() {
                continue;
            }
            match all.iter_mut().find(|asked| asked.question.number == question.number) {
                None => all.push(Asked { question, tallies: vec![(nth, tally, at)] }),
                Some(asked) if asks_the_same(asked.question, question) => {
                    asked.tallies.push((nth, tally, at))
                }
                Some(asked) => {
                    return Err(QueryError::FormsDiffer {
                        question: question.number.to_string(),
                        one: asked.tallies[0].1.form().reference.target(),
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

/// Digits of the numbers that a question takes.
pub(crate) fn decimals_of(question: &Question) -> u8 {
    match question.kind {
        Kind::Number { decimals, .. } => decimals,
        _ => 0,
    }
}

/// The cells of a cross in the order of codes or names along each dimension; groups and fields in that of the
/// classification, where there is one. Options all, also those that nobody chose.
pub(crate) fn cells_of(at: usize, cross: &Cross, groups: &[String], tallies: &[Tally]) -> Vec<Chosen> {
    let mut cells: Vec<Vec<Category>> = vec![Vec::new()];
    for (nth, dimension) in cross.dimensions.iter().enumerate() {
        let mut categories: Vec<Category> = match dimension {
            Dimension::Question { codes, .. } => {
                let codes = codes.iter().copied().collect::<BTreeSet<_>>().into_iter().map(Category::Code);
                let seen = |unknown: &Unknown| {
                    tallies.iter().any(|tally| tally.slots().has_unknown(at, nth, *unknown))
                };
                codes.chain(Unknown::ALL.into_iter().filter(seen).map(Category::Unknown)).collect()
            }
            // Names of dates sort by time.
            Dimension::Group | Dimension::Field(_) | Dimension::Method | Dimension::Date { .. } => {
                let seen = tallies.iter().flat_map(|tally| tally.slots().seen(at, nth));
                let seen: BTreeSet<&str> = seen.collect();
                seen.into_iter().map(|name| Category::Name(name.to_owned())).collect()
            }
        };
        let printed = match dimension {
            Dimension::Group => Some(groups),
            Dimension::Field(fields) => Some(&fields.order[..]),
            Dimension::Method | Dimension::Question { .. } | Dimension::Date { .. } => None,
        };
        if let Some(printed) = printed {
            let place = |category: &Category| match category {
                Category::Name(name) => {
                    printed.iter().position(|known| known == name).unwrap_or(printed.len())
                }
                Category::Code(_) | Category::Unknown(_) => printed.len(),
            };
            categories.sort_by_key(place);
        }
        cells = cells
            .into_iter()
            .flat_map(|cell| {
                categories.iter().map(move |category| {
                    let mut cell = cell.clone();
                    cell.push(category.clone());
                    cell
                })
            })
            .collect();
    }
    cells
        .into_iter()
        .map(|categories| {
            let text = cross.text(&categories);
            Chosen::new(Part::Cell(at, categories), text, tallies)
        })
        .collect()
}
