//! Counts of one item added up over slots, per option of those units that are known for it.

use std::collections::{BTreeMap, BTreeSet};

use shukei_schemas::State;
use shukei_schemas::definition::{FormRef, Mapping, Question};

use crate::break_by::Part;
use crate::sets::OptionSet;
use crate::tally::{Cells, Tally};

/// Units, and what they weigh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) units: u64,
    /// In units of the weight's last digit; 0 without weights.
    pub(crate) weight: i128,
}

impl Amount {
    /// The exact amount that figures are formed of.
    pub(crate) fn exact(self, weighted: bool) -> i128 {
        if weighted { self.weight } else { i128::from(self.units) }
    }

    pub(crate) fn add(&mut self, (units, weight): (u64, i128)) {
        self.units += units;
        self.weight += weight;
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self { units: self.units + other.units, weight: self.weight + other.weight }
    }

    pub(crate) fn less(self, other: Self) -> Self {
        Self { units: self.units.saturating_sub(other.units), weight: self.weight - other.weight }
    }
}

/// Counts of one item added up over slots.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sum {
    states: [Amount; State::ALL.len()],
    /// Options, then sets.
    places: Vec<Amount>,
    /// Per option the states of those who were not offered it; empty where all were.
    not_offered: Vec<[Amount; State::ALL.len()]>,
    pub(crate) numbers: BTreeMap<i128, Amount>,
    /// Per method, where its units are.
    methods: BTreeMap<String, Seen>,
}

/// Where the units of one method are.
#[derive(Clone, Debug, Default)]
struct Seen {
    states: [u64; State::ALL.len()],
    not_offered: Vec<[u64; State::ALL.len()]>,
    /// Per option and set, whether there are any.
    places: Vec<bool>,
    has_numbers: bool,
}

impl Sum {
    fn add(&mut self, cells: &Cells<'_>, shape: Shape) {
        let mut seen = Seen { places: vec![false; shape.places], ..Seen::default() };
        for (at, state) in State::ALL.into_iter().enumerate() {
            let found = cells.state(state);
            self.states[at].add(found);
            seen.states[at] = found.0;
        }
        self.places.resize(shape.places, Amount::default());
        for (place, amount) in self.places.iter_mut().enumerate() {
            let found = cells.place(place);
            amount.add(found);
            seen.places[place] = found.0 > 0;
        }
        if shape.is_routed {
            self.not_offered.resize(shape.options, Default::default());
            seen.not_offered.resize(shape.options, Default::default());
            for (option, states) in self.not_offered.iter_mut().enumerate() {
                for (at, (amount, state)) in states.iter_mut().zip(State::ALL).enumerate() {
                    let found = cells.not_offered(shape.places, option, state);
                    amount.add(found);
                    seen.not_offered[option][at] = found.0;
                }
            }
        }
        for (number, (units, weight)) in cells.numbers.into_iter().flatten() {
            self.numbers.entry(*number).or_default().add((*units, *weight));
            seen.has_numbers = true;
        }
        if !cells.method.is_empty() {
            match self.methods.get_mut(cells.method) {
                Some(known) => known.join(seen),
                None => {
                    self.methods.insert(cells.method.to_owned(), seen);
                }
            }
        }
    }

    pub(crate) fn state(&self, state: State) -> Amount {
        let at = State::ALL.iter().position(|known| *known == state);
        at.and_then(|at| self.states.get(at)).copied().unwrap_or_default()
    }

    /// The units of an option, or of a set behind the options.
    pub(crate) fn place(&self, place: usize) -> Amount {
        self.places.get(place).copied().unwrap_or_default()
    }

    /// The units in some states; of an option only those that were offered it.
    pub(crate) fn base(&self, option: Option<usize>, in_base: impl Fn(State) -> bool) -> Amount {
        let not_offered = option.and_then(|option| self.not_offered.get(option));
        let mut base = Amount::default();
        for (at, state) in State::ALL.into_iter().enumerate().filter(|(_, state)| in_base(*state)) {
            base = base.plus(self.state(state));
            if let Some(states) = not_offered {
                base = base.less(states[at]);
            }
        }
        base
    }

    /// How the units in some states were collected; of an option only those that were offered it.
    pub(crate) fn methods(&self, option: Option<usize>, in_base: impl Fn(State) -> bool) -> Vec<String> {
        self.methods_where(|seen| {
            let not_offered = option.and_then(|option| seen.not_offered.get(option));
            State::ALL.into_iter().enumerate().any(|(at, state)| {
                let without = not_offered.map_or(0, |states| states[at]);
                in_base(state) && seen.states[at] > without
            })
        })
    }

    /// How the units of some options or sets were collected.
    pub(crate) fn methods_at(&self, places: &[usize]) -> Vec<String> {
        let has = |seen: &Seen, place: &usize| seen.places.get(*place).copied().unwrap_or(false);
        self.methods_where(|seen| places.iter().any(|place| has(seen, place)))
    }

    /// How the units that gave a number were collected.
    pub(crate) fn methods_of_numbers(&self) -> Vec<String> {
        self.methods_where(|seen| seen.has_numbers)
    }

    fn methods_where(&self, takes: impl Fn(&Seen) -> bool) -> Vec<String> {
        self.methods.iter().filter(|(_, seen)| takes(seen)).map(|(method, _)| method.clone()).collect()
    }
}

impl Seen {
    fn join(&mut self, other: Self) {
        let add = |ours: &mut [u64], theirs: &[u64]| {
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours += theirs);
        };
        add(&mut self.states, &other.states);
        for (ours, theirs) in self.not_offered.iter_mut().zip(&other.not_offered) {
            add(ours, theirs);
        }
        self.places.iter_mut().zip(&other.places).for_each(|(ours, theirs)| *ours |= theirs);
        self.has_numbers |= other.has_numbers;
    }
}

/// How many options and sets an item has, and whether not all are offered every option.
#[derive(Clone, Copy, Debug)]
struct Shape {
    options: usize,
    places: usize,
    is_routed: bool,
}

/// A part with its slots in each tally: without regard to the numerator, and those of the numerator.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    pub(crate) part: Part,
    /// As in the column `breaks`.
    pub(crate) text: String,
    slots: Vec<[Vec<usize>; 2]>,
}

impl Chosen {
    pub(crate) fn new(part: Part, text: String, tallies: &[Tally]) -> Self {
        let slots = tallies.iter().map(|tally| {
            let units = tally.slots_in(&part, false);
            let counted = if tally.has_numerator() { tally.slots_in(&part, true) } else { units.clone() };
            [units, counted]
        });
        Self { slots: slots.collect(), part, text }
    }

    /// The places of its slots in a tally: those of the numerator alone, or all others.
    pub(crate) fn slots(&self, tally: usize, numerator: bool) -> &[usize] {
        self.slots.get(tally).map_or(&[], |slots| &slots[usize::from(numerator)])
    }
}

/// A question with the tallies of the forms that ask it, each by its place, and the question's place in its form.
pub(crate) struct Asked<'a> {
    pub(crate) question: &'a Question,
    pub(crate) tallies: Vec<(usize, &'a Tally, usize)>,
}

impl<'a> Asked<'a> {
    /// How many things it asks: the rows of a grid, else one.
    pub(crate) fn items(&self) -> usize {
        self.tallies.first().map_or(0, |(_, tally, question)| tally.items_of(*question).count())
    }

    /// The sets formed of its options.
    pub(crate) fn sets(&self) -> &'a [OptionSet] {
        let first = self.tallies.first();
        first.map_or(&[], |(_, tally, question)| {
            tally.items_of(*question).next().map_or(&[][..], |item| tally.sets(item))
        })
    }

    /// What the slots of a part hold of the nth thing asked, each with the form and the question's place in it.
    fn cells<'s>(
        &'s self,
        nth: usize,
        chosen: &'s Chosen,
        numerator: bool,
    ) -> impl Iterator<Item = (&'a FormRef, usize, Cells<'a>)> + 's {
        self.tallies.iter().flat_map(move |(at, tally, question)| {
            let item = tally.items_of(*question).nth(nth);
            let slots = chosen.slots.get(*at).map_or(&[][..], |slots| &slots[usize::from(numerator)]);
            let tally: &'a Tally = tally;
            let cells = item
                .into_iter()
                .flat_map(move |item| slots.iter().filter_map(move |slot| tally.cells(item, *slot)));
            cells.map(move |cells| (&tally.form().reference, *question, cells))
        })
    }

    /// The mappings that feed one of the forms, each with the question's place there.
    pub(crate) fn fed_by<'m>(&self, mappings: &'m [std::sync::Arc<Mapping>]) -> Vec<(&'m Mapping, usize)> {
        let fed = mappings.iter().filter_map(|mapping| {
            let mut places = self.tallies.iter();
            let fed = places.find(|(_, tally, _)| tally.form().reference == mapping.target);
            fed.map(|(_, _, question)| (mapping.as_ref(), *question))
        });
        fed.collect()
    }
}

/// The counts of one item in one part: of the units that are known for the question as a whole, and per option or set
/// of those that are known for it.
pub(crate) struct Sums {
    /// Every unit, covered or not.
    pub(crate) everything: Sum,
    /// Sums without the units that came through some mappings; the mappings are places in [`Asked::fed_by`].
    different: Vec<(BTreeSet<usize>, Sum)>,
    whole: usize,
    places: Vec<usize>,
}

impl Sums {
    pub(crate) fn of(
        asked: &Asked<'_>,
        fed_by: &[(&Mapping, usize)],
        nth: usize,
        chosen: &Chosen,
        numerator: bool,
    ) -> Self {
        let question = asked.question;
        let (options, sets) = (question.options().len(), asked.sets());
        let shape = Shape { options, places: options + sets.len(), is_routed: question.keeps_asked() };
        // What the group says in the respondent's place is known however the unit was collected.
        let left_out = |covers: &dyn Fn(&Mapping, usize) -> bool| -> BTreeSet<usize> {
            if question.filled_from.is_some() {
                return BTreeSet::new();
            }
            let fed = fed_by.iter().enumerate();
            fed.filter(|(_, (mapping, question))| !covers(mapping, *question)).map(|(at, _)| at).collect()
        };
        let covers_all = |places: Vec<usize>| {
            left_out(&|mapping, question| places.iter().all(|place| mapping.covers(question, *place)))
        };
        let mut wanted = vec![match options {
            0 => left_out(&|mapping, question| mapping.covers_some(question)),
            _ => covers_all((0..options).collect()),
        }];
        wanted.extend((0..options).map(|option| covers_all(vec![option])));
        wanted.extend(sets.iter().map(|set| covers_all(set.places.clone())));
        let mut sums =
            Self { everything: Sum::default(), different: Vec::new(), whole: 0, places: Vec::new() };
        let mut at = Vec::new();
        for left_out in wanted {
            let known = sums.different.iter().position(|(known, _)| *known == left_out);
            at.push(known.unwrap_or_else(|| {
                sums.different.push((left_out, Sum::default()));
                sums.different.len() - 1
            }));
        }
        sums.places = at.split_off(1);
        sums.whole = at.first().copied().unwrap_or(0);
        for (form, _, cells) in asked.cells(nth, chosen, numerator) {
            // Units that came through a mapping that nobody knows any more are taken at their states.
            let through = cells.mapping.and_then(|name| {
                fed_by
                    .iter()
                    .position(|(mapping, _)| mapping.target == *form && mapping.reference.target() == name)
            });
            sums.everything.add(&cells, shape);
            for (left_out, sum) in &mut sums.different {
                if through.is_none_or(|through| !left_out.contains(&through)) {
                    sum.add(&cells, shape);
                }
            }
        }
        sums
    }

    /// The units known for the question as a whole, and the mappings whose units are left out.
    pub(crate) fn whole(&self) -> (&Sum, &BTreeSet<usize>) {
        self.at(self.whole)
    }

    /// The same for an option, or a set behind the options.
    pub(crate) fn known_for(&self, place: usize) -> (&Sum, &BTreeSet<usize>) {
        self.at(self.places.get(place).copied().unwrap_or(self.whole))
    }

    fn at(&self, at: usize) -> (&Sum, &BTreeSet<usize>) {
        static NOBODY: BTreeSet<usize> = BTreeSet::new();
        self.different.get(at).map_or((&self.everything, &NOBODY), |(left_out, sum)| (sum, left_out))
    }
}
