//! The figures of one question: which rows its table has, and what each is a share of.

use std::collections::BTreeSet;

use shukei_schemas::State;
use shukei_schemas::definition::{
    Base, Kind, Mapping, Percent, Question, Rounding, Row, Statistic, Survey, Table,
};

use crate::cell_id::cell_id;
use crate::figures::{percent_of, ratio_text};
use crate::labels::language_of;
use crate::means::{GroupSums, Statistics};
use crate::measure::{BaseRule, Flag, Measure, MeasureKind};
use crate::measures::World;
use crate::request::TabulateRequest;
use crate::sets::{OptionSet, Purpose};
use crate::sums::{Amount, Asked, Sum, Sums};
use crate::tally::Tally;

/// What all figures of one question share.
pub(crate) struct Figures<'a> {
    pub(crate) world: &'a World<'a>,
    pub(crate) survey: &'a Survey,
    pub(crate) request: &'a TabulateRequest,
    pub(crate) how: &'a Table,
    pub(crate) question: &'a Question,
    pub(crate) sets: &'a [OptionSet],
    pub(crate) language: String,
    /// Digits of shares.
    pub(crate) decimals: u8,
    /// Digits of means and medians.
    pub(crate) mean_decimals: u8,
    /// Digits of weights, where there are any.
    pub(crate) weights: Option<u8>,
    has_numerator: bool,
    flags: Vec<Flag>,
    /// What each mapping that feeds the question says where it does not cover something.
    exclusion_notes: Vec<String>,
}

/// The counts that the figures of one part are formed of.
pub(crate) struct Reference<'a> {
    /// Of all units.
    pub(crate) units: &'a Sums,
    /// Of those of the numerator.
    pub(crate) counted: &'a Sums,
    /// Of all parts: it says which states occur at all, so that every part has the same rows.
    pub(crate) total: &'a Sums,
    /// Of every unit that is in any part of the break, and of those of the numerator.
    pub(crate) whole: Option<(&'a Sums, &'a Sums)>,
    /// Per option, all answers at it.
    pub(crate) pooled: &'a [Amount],
}

/// What a line is of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pick {
    /// The option at a place, or a set behind the options.
    Place(usize),
    State(State),
}

/// How many units count in a table with weights and have none: they weigh nothing.
pub(crate) fn without_weight(language: &str, units: u64) -> String {
    match language {
        "ja" => format!("ウェイトのない{units}件は加重の数値に入らない"),
        _ => format!("{units} without a weight, in no weighted figure"),
    }
}

/// What the table says of means, or of everything, else what the survey says.
pub(crate) fn mean_decimals(how: &Table, survey: &Survey) -> u8 {
    how.mean_decimals.or(how.decimals).or(survey.mean_decimals).unwrap_or(survey.decimals)
}

impl<'a> Figures<'a> {
    pub(crate) fn new(
        world: &'a World<'a>,
        request: &'a TabulateRequest,
        asked: &Asked<'a>,
        fed_by: &[(&Mapping, usize)],
        tallies: &[Tally],
    ) -> Self {
        let (survey, question) = (world.survey, asked.question);
        let language = language_of(survey, request.language.as_deref());
        let note =
            |(mapping, _): &(&Mapping, usize)| mapping.exclusion_note.in_language(&language).to_owned();
        let mut flags = Vec::new();
        if survey.synthetic {
            flags.push(Flag::Synthetic);
        }
        if question.is_reconstructed() {
            flags.push(Flag::Reconstructed);
        }
        if tallies.iter().any(|tally| tally.weightless() > 0) {
            flags.push(Flag::WeightMissing);
        }
        let weightless: u64 = tallies.iter().map(Tally::weightless).sum();
        let without = (weightless > 0).then(|| without_weight(&language, weightless));
        Self {
            exclusion_notes: fed_by.iter().map(note).chain(without).collect(),
            decimals: request.how.decimals.unwrap_or(survey.decimals),
            mean_decimals: mean_decimals(&request.how, survey),
            weights: tallies.first().and_then(Tally::weight_decimals),
            has_numerator: tallies.iter().any(Tally::has_numerator),
            how: &request.how,
            sets: asked.sets(),
            world,
            survey,
            request,
            question,
            language,
            flags,
        }
    }

    pub(crate) fn has_numerator(&self) -> bool {
        self.has_numerator
    }

    /// Whether shares relate to all answers at an option.
    pub(crate) fn pools(&self) -> bool {
        self.how.base == Some(Base::ScalePoint)
    }

    /// Whether a statistic is wanted; where nothing is said, whether it suits.
    pub(crate) fn wants(&self, statistic: Statistic, suits: bool) -> bool {
        match self.how.measures.is_empty() {
            true => suits,
            false => self.how.measures.contains(&statistic),
        }
    }

    pub(crate) fn is_weighted(&self) -> bool {
        self.weights.is_some()
    }

    /// The figures of one thing asked, in one part of the units.
    pub(crate) fn rows(
        &self,
        breaks: &str,
        row: Option<&Row>,
        of: &Reference<'_>,
        groups: &[GroupSums<'_>],
        out: &mut Vec<Measure>,
    ) {
        let options = self.question.options();
        for (place, option) in options.iter().enumerate() {
            let mut line = Measure {
                option: Some(option.code),
                label: option.shown(&self.language),
                ..self.blank(breaks, row)
            };
            if option.is_reconstructed() && !line.flags.contains(&Flag::Reconstructed) {
                line.flags.push(Flag::Reconstructed);
            }
            self.count_and_share(line, Pick::Place(place), of, groups, out);
        }
        for (at, set) in self.sets.iter().enumerate().filter(|(_, set)| set.purpose == Purpose::Row) {
            let line =
                Measure { set: Some(set.id.clone()), label: set.label.clone(), ..self.blank(breaks, row) };
            self.count_and_share(line, Pick::Place(options.len() + at), of, groups, out);
        }
        let answered = Measure {
            state: Some(State::Answered),
            label: State::Answered.label(&self.language).to_owned(),
            ..self.blank(breaks, row)
        };
        if options.is_empty() && self.wants(Statistic::Count, true) {
            let line = self.line(answered.clone(), Pick::State(State::Answered), of);
            out.push(self.count(&line.measure, line.count));
        }
        self.statistics(&answered, of, out);
        for state in State::ALL.into_iter().filter(|state| *state != State::Answered) {
            let rule = self.question.state_rule(self.survey, state);
            let occurs = self.sum_of(of.total, Pick::State(state)).0.state(state).units > 0;
            if rule.prints && (state == State::NoAnswer || occurs) {
                let label = state.label(&self.language).to_owned();
                let line = Measure { state: Some(state), label, ..self.blank(breaks, row) };
                self.count_and_share(line, Pick::State(state), of, &[], out);
            }
        }
    }

    fn count_and_share(
        &self,
        line: Measure,
        pick: Pick,
        of: &Reference<'_>,
        groups: &[GroupSums<'_>],
        out: &mut Vec<Measure>,
    ) {
        let line = self.line(line, pick, of);
        if self.wants(Statistic::Count, true) {
            out.push(self.count(&line.measure, line.count));
        }
        let has_share = match pick {
            // Who is not in the base has no share of it.
            Pick::Place(place) if self.how.base == Some(Base::OnScale) => {
                let of_set = place.checked_sub(self.question.options().len());
                let places =
                    of_set.and_then(|set| self.sets.get(set)).map_or(vec![place], |set| set.places.clone());
                !self.off_scale().any(|off| places.contains(&off))
            }
            Pick::Place(_) => true,
            Pick::State(state) => self.counts_units() && self.is_in_base(state),
        };
        if !has_share || !self.wants(Statistic::Share, true) {
            return;
        }
        let kind = match self.how.percent {
            Percent::Down => MeasureKind::Share,
            Percent::Across => MeasureKind::ShareAcross,
            Percent::Whole => MeasureKind::ShareWhole,
        };
        let mut share = line.measure;
        let base = match (self.how.percent, of.whole) {
            (Percent::Across, whole) => {
                share.base_rule = BaseRule::Across;
                let counted = whole.map_or(of.counted, |(_, counted)| counted);
                share.methods = match pick {
                    Pick::Place(place) => self.sum_of(counted, pick).0.methods_at(&[place]),
                    Pick::State(state) => self.sum_of(counted, pick).0.methods(None, |other| other == state),
                };
                self.amount(whole.map_or(of.counted, |(_, counted)| counted), pick)
            }
            (Percent::Whole, Some((units, _))) => {
                share.methods = self.methods(units, pick);
                self.base(units, of, pick)
            }
            (Percent::Down | Percent::Whole, _) => line.base,
        };
        self.set_base(&mut share, base);
        let weighted = self.is_weighted();
        let value =
            percent_of(line.count.exact(weighted), base.exact(weighted), self.decimals, self.survey.rounding);
        out.push(self.finished(Measure { measure: kind, ..share }, value));
        self.means_of_groups(&out[out.len() - 1].clone(), pick, groups, out);
    }

    /// The figure of a count with its base.
    fn line(&self, mut measure: Measure, pick: Pick, of: &Reference<'_>) -> Line {
        let (sum, left_out) = self.sum_of(of.units, pick);
        let base = self.base(of.units, of, pick);
        let count = self.amount(of.counted, pick);
        measure.methods = self.methods(of.units, pick);
        measure.notes = left_out.iter().filter_map(|at| self.exclusion_notes.get(*at).cloned()).collect();
        if self.how.base == Some(Base::All) {
            measure.notes.clear();
            if sum.state(State::NotMapped).units > 0 {
                measure.flags.push(Flag::IncludesNotMapped);
            }
        }
        measure.count = count.units;
        measure.count_weighted = self.weight_text(count);
        self.set_base(&mut measure, base);
        Line { measure, count, base }
    }

    /// The units that a pick is counted among, and the mappings whose units are left out.
    pub(crate) fn sum_of<'s>(&self, sums: &'s Sums, pick: Pick) -> (&'s Sum, &'s BTreeSet<usize>) {
        match (self.how.base, pick) {
            (Some(Base::All), _) => (&sums.everything, sums.whole().1),
            (_, Pick::Place(place)) => sums.known_for(place),
            (_, Pick::State(_)) => sums.whole(),
        }
    }

    pub(crate) fn amount(&self, sums: &Sums, pick: Pick) -> Amount {
        let sum = self.sum_of(sums, pick).0;
        match pick {
            Pick::Place(place) => sum.place(place),
            Pick::State(state) => sum.state(state),
        }
    }

    /// What a share of a pick relates to.
    pub(crate) fn base(&self, sums: &Sums, of: &Reference<'_>, pick: Pick) -> Amount {
        let sum = self.sum_of(sums, pick).0;
        let options = self.question.options().len();
        match (self.how.base, pick) {
            (Some(Base::Mentions), _) => {
                let marks = (0..options).map(|place| sums.known_for(place).0.place(place));
                marks.fold(Amount::default(), Amount::plus)
            }
            (Some(Base::Row | Base::Rank), _) => sum.state(State::Answered),
            (Some(Base::OnScale), pick) => {
                let option = match pick {
                    Pick::Place(place) if place < options => Some(place),
                    Pick::Place(_) | Pick::State(_) => None,
                };
                let answered = sum.base(option, |state| self.is_in_base(state));
                self.off_scale().fold(answered, |base, place| base.less(sum.place(place)))
            }
            (Some(Base::ScalePoint), Pick::Place(place)) => {
                let places = match place.checked_sub(options) {
                    None => &[place][..],
                    Some(set) => self.sets.get(set).map_or(&[][..], |set| &set.places),
                };
                let answers = places.iter().filter_map(|place| of.pooled.get(*place).copied());
                answers.fold(Amount::default(), Amount::plus)
            }
            (_, Pick::Place(place)) => {
                // The base of all holds those too who were not offered the option.
                let option = (place < options && self.how.base != Some(Base::All)).then_some(place);
                sum.base(option, |state| self.is_in_base(state))
            }
            (_, Pick::State(_)) => sum.base(None, |state| self.is_in_base(state)),
        }
    }

    /// How what a share of a pick relates to was collected.
    pub(crate) fn methods(&self, sums: &Sums, pick: Pick) -> Vec<String> {
        let sum = self.sum_of(sums, pick).0;
        let options = self.question.options().len();
        let is_answered = |state| state == State::Answered;
        match (self.how.base, pick) {
            (Some(Base::Mentions), _) => {
                let marked = (0..options).flat_map(|place| sums.known_for(place).0.methods_at(&[place]));
                marked.collect::<BTreeSet<_>>().into_iter().collect()
            }
            (Some(Base::ScalePoint), Pick::Place(_)) => sum.methods(None, is_answered),
            (base, Pick::Place(place)) if place < options && base != Some(Base::All) => {
                sum.methods(Some(place), |state| self.is_in_base(state))
            }
            _ => sum.methods(None, |state| self.is_in_base(state)),
        }
    }

    /// The places of the options that are no points of the scale.
    fn off_scale(&self) -> impl Iterator<Item = usize> {
        let options = self.question.options().iter().enumerate();
        options.filter(|(_, option)| option.not_applicable).map(|(place, _)| place)
    }

    /// Whether bases are units, of which states are parts.
    fn counts_units(&self) -> bool {
        !matches!(
            self.how.base,
            Some(Base::Mentions | Base::Row | Base::OnScale | Base::ScalePoint | Base::Rank)
        )
    }

    fn is_in_base(&self, state: State) -> bool {
        let by_rule = state == State::Answered || self.question.state_rule(self.survey, state).in_base;
        match self.how.base {
            Some(Base::All) => true,
            Some(Base::Asked) => !matches!(state, State::NotAsked | State::NotMapped),
            Some(Base::Answered) => by_rule && matches!(state, State::Answered | State::NothingMarked),
            Some(Base::Row | Base::Rank | Base::OnScale) => state == State::Answered,
            None | Some(Base::Mentions | Base::ScalePoint) => by_rule,
        }
    }

    /// What every figure of the question begins with.
    fn blank(&self, breaks: &str, row: Option<&Row>) -> Measure {
        let base_rule = match self.how.base {
            Some(base) => base.into(),
            None => BaseRule::of(self.survey, self.question),
        };
        let named = &self.how.table;
        Measure {
            survey: self.request.survey.clone(),
            wave: self.request.wave.clone(),
            table: if named.is_empty() { self.question.number.to_string() } else { named.clone() },
            question: self.question.number.clone(),
            printed: self.question.printed_number().to_owned(),
            title: self.question.shown_title(&self.language),
            text: self.question.text.in_language(&self.language).to_owned(),
            row: row.map(|row| row.code),
            row_label: row.map(|row| row.label.in_language(&self.language).to_owned()),
            option: None,
            label: String::new(),
            state: None,
            breaks: breaks.to_owned(),
            parts: Default::default(),
            measure: MeasureKind::Count,
            value: String::new(),
            count: 0,
            base: 0,
            base_unweighted: 0,
            base_rule,
            methods: Vec::new(),
            flags: self.flags.clone(),
            notes: Vec::new(),
            set: None,
            count_weighted: None,
            base_weighted: None,
            exact: None,
            id: String::new(),
        }
    }

    fn count(&self, line: &Measure, count: Amount) -> Measure {
        let value = self.weight_text(count).unwrap_or_else(|| count.units.to_string());
        let mut line = Measure { measure: MeasureKind::Count, value, ..line.clone() };
        line.id = cell_id(&line, self.request);
        line
    }

    pub(crate) fn set_base(&self, line: &mut Measure, base: Amount) {
        line.base = base.units;
        line.base_unweighted = base.units;
        line.base_weighted = self.weight_text(base);
    }

    /// What units weigh, exactly.
    pub(crate) fn weight_text(&self, amount: Amount) -> Option<String> {
        weight_text(amount, self.weights, self.survey.rounding)
    }

    /// A figure with its value, or without where there is none or its base is too small.
    pub(crate) fn finished(&self, line: Measure, value: Option<String>) -> Measure {
        finished(line, value, self.request)
    }

    fn statistics(&self, answered: &Measure, of: &Reference<'_>, out: &mut Vec<Measure>) {
        let line = self.line(answered.clone(), Pick::State(State::Answered), of);
        let statistics = Statistics { figures: self, line: line.measure };
        let (sum, _) = self.sum_of(of.counted, Pick::State(State::Answered));
        match self.question.kind {
            Kind::Number { .. } => statistics.of_numbers(sum, out),
            _ => statistics.of_options(sum, out),
        }
        statistics.net_score(of, out);
    }
}

struct Line {
    measure: Measure,
    count: Amount,
    base: Amount,
}

/// What units weigh, exactly, with so many digits; none without weights.
pub(crate) fn weight_text(amount: Amount, decimals: Option<u8>, rounding: Rounding) -> Option<String> {
    let decimals = decimals?;
    ratio_text(amount.weight, 10i128.pow(u32::from(decimals)), decimals, rounding)
}

/// A figure with its value, or without where there is none or its base is too small.
pub(crate) fn finished(mut line: Measure, value: Option<String>, request: &TabulateRequest) -> Measure {
    let limits = request.how.reliability;
    let below = |limit: Option<u64>| limit.is_some_and(|limit| line.base_unweighted < limit);
    let (is_blanked, is_marked) = (below(limits.blank_below), below(limits.mark_below));
    match value {
        None => line.flags.push(Flag::BaseZero),
        Some(_) if is_blanked => line.flags.push(Flag::Blanked),
        Some(value) => {
            line.value = value;
            if is_marked {
                line.flags.push(Flag::Unreliable);
            }
        }
    }
    line.id = cell_id(&line, request);
    line
}
