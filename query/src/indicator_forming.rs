//! From counts to indicators: count and share, each with the base that the definition says.

use std::collections::BTreeSet;

use shukei_schemas::definition::{Indicator, IndicatorBase, Mapping, Percent, Statistic};

use crate::break_by::{Category, Part};
use crate::cell_id::INDICATORS;
use crate::exact::{Fraction, mean_of_shares};
use crate::figures::percent_of;
use crate::forming::{finished, weight_text, without_weight};
use crate::indicator::{AskedIndicator, IndicatorTally};
use crate::labels::language_of;
use crate::measure::{BaseRule, Flag, Measure, MeasureKind};
use crate::measures::World;
use crate::request::TabulateRequest;
use crate::sums::{Amount, Chosen};
use crate::tally::Tally;

/// The parts of the units that figures are formed of.
pub(crate) struct Parts<'a> {
    pub(crate) total: &'a Chosen,
    pub(crate) cells: &'a [Chosen],
    /// Per cross, those in any part of it; where shares are not down.
    pub(crate) known: &'a [Option<Chosen>],
    pub(crate) by_group: &'a [Chosen],
}

/// The indicators that the tallies have counted, one behind the other, each in total and then by the parts.
pub(crate) fn indicator_measures(
    world: &World<'_>,
    request: &TabulateRequest,
    tallies: &[Tally],
    parts: &Parts<'_>,
    out: &mut Vec<Measure>,
) {
    let asked = tallies.first().map_or(&[][..], Tally::indicators);
    for (at, indicator) in asked.iter().enumerate() {
        let former = Former::new(world, request, tallies, at, &indicator.asked);
        for chosen in std::iter::once(parts.total).chain(parts.cells) {
            let known = match &chosen.part {
                Part::Cell(cross, _) => parts.known.get(*cross).and_then(Option::as_ref),
                Part::Total | Part::Known(_) => None,
            };
            former.rows(chosen, known, parts.by_group, out);
        }
    }
}

struct Former<'a> {
    world: &'a World<'a>,
    request: &'a TabulateRequest,
    tallies: &'a [Tally],
    at: usize,
    asked: &'a AskedIndicator,
    language: String,
    weights: Option<u8>,
    has_numerator: bool,
    flags: Vec<Flag>,
    /// What each mapping that is left out says.
    notes: Vec<String>,
}

#[derive(Default)]
struct IndicatorSum {
    base: Amount,
    count: Amount,
    methods: BTreeSet<String>,
    /// Whether units in the base came with nothing that it looks at.
    has_unmapped: bool,
}

impl<'a> Former<'a> {
    fn new(
        world: &'a World<'a>,
        request: &'a TabulateRequest,
        tallies: &'a [Tally],
        at: usize,
        asked: &'a AskedIndicator,
    ) -> Self {
        let language = language_of(world.survey, request.language.as_deref());
        let mut flags = Vec::new();
        if world.survey.synthetic {
            flags.push(Flag::Synthetic);
        }
        if asked.is_reconstructed(tallies.iter().map(Tally::form)) {
            flags.push(Flag::Reconstructed);
        }
        let weightless: u64 = tallies.iter().map(Tally::weightless).sum();
        if weightless > 0 {
            flags.push(Flag::WeightMissing);
        }
        // An indicator looks at several answers of each unit.
        let lacks = |tally: &Tally| {
            let questions = counts(tally, at).into_iter().flat_map(IndicatorTally::questions);
            questions.into_iter().any(|question| tally.has_delivered(question))
        };
        if tallies.iter().any(lacks) {
            flags.push(Flag::AggregatesLeftOut);
        }
        let left_out = world.mappings.iter().filter(|mapping| {
            let mut fed = tallies.iter().filter(|tally| tally.form().reference == mapping.target);
            fed.any(|tally| counts(tally, at).is_some_and(|one| !one.has_in_base(tally.form(), mapping)))
        });
        let mut notes: Vec<String> = Vec::new();
        notes.extend((weightless > 0).then(|| without_weight(&language, weightless)));
        for mapping in left_out {
            let note = mapping.exclusion_note.in_language(&language).to_owned();
            if !note.is_empty() && !notes.contains(&note) {
                notes.push(note);
            }
        }
        Self {
            weights: tallies.first().and_then(Tally::weight_decimals),
            has_numerator: tallies.iter().any(Tally::has_numerator),
            world,
            request,
            tallies,
            at,
            asked,
            language,
            flags,
            notes,
        }
    }

    fn decimals(&self) -> u8 {
        self.request.how.decimals.unwrap_or(self.world.survey.decimals)
    }

    fn wants(&self, statistic: Statistic) -> bool {
        let measures = &self.request.how.measures;
        measures.is_empty() || measures.contains(&statistic)
    }

    fn sum(&self, chosen: &Chosen) -> IndicatorSum {
        let mut sum = IndicatorSum::default();
        for (nth, tally) in self.tallies.iter().enumerate() {
            let Some(counted) = counts(tally, self.at) else { continue };
            let mapping_of = |name: Option<&str>| -> Option<&Mapping> {
                let mut known = self.world.mappings.iter();
                let found = known.find(|mapping| {
                    mapping.target == tally.form().reference
                        && Some(mapping.reference.target().as_str()) == name
                });
                found.map(AsRef::as_ref)
            };
            for slot in chosen.slots(nth, false) {
                let (method, name) = tally.slot_heads(*slot);
                let mapping = mapping_of(name);
                let Some(cells) = counted.cells(*slot).filter(|cells| cells.base.0 > 0) else { continue };
                if mapping.is_some_and(|mapping| !counted.has_in_base(tally.form(), mapping)) {
                    continue;
                }
                sum.base.add(cells.base);
                if !self.has_numerator {
                    sum.count.add(cells.held);
                }
                sum.methods.extend((!method.is_empty()).then(|| method.to_owned()));
                sum.has_unmapped |= !counted.is_covered(tally.form(), mapping);
            }
            for slot in chosen.slots(nth, true).iter().filter(|_| self.has_numerator) {
                let mapping = mapping_of(tally.slot_heads(*slot).1);
                if mapping.is_none_or(|mapping| counted.has_in_base(tally.form(), mapping)) {
                    counted.cells(*slot).into_iter().for_each(|cells| sum.count.add(cells.held));
                }
            }
        }
        sum
    }

    fn rows(&self, chosen: &Chosen, known: Option<&Chosen>, by_group: &[Chosen], out: &mut Vec<Measure>) {
        let sum = self.sum(chosen);
        let mut line = self.blank(chosen);
        line.methods = sum.methods.iter().cloned().collect();
        if sum.has_unmapped {
            line.flags.push(Flag::IncludesNotMapped);
        }
        line.count = sum.count.units;
        line.count_weighted = self.weighed(sum.count);
        self.set_base(&mut line, sum.base);
        if self.wants(Statistic::Count) {
            let mut count = line.clone();
            count.value = self.weighed(sum.count).unwrap_or_else(|| sum.count.units.to_string());
            count.id = crate::cell_id::cell_id(&count, self.request);
            out.push(count);
        }
        if !self.wants(Statistic::Share) {
            return;
        }
        let (kind, base) = match (self.request.how.percent, known) {
            (Percent::Down, _) => (MeasureKind::Share, sum.base),
            (Percent::Across, known) => {
                line.base_rule = BaseRule::Across;
                (MeasureKind::ShareAcross, known.map_or(sum.count, |known| self.sum(known).count))
            }
            (Percent::Whole, known) => {
                (MeasureKind::ShareWhole, known.map_or(sum.base, |known| self.sum(known).base))
            }
        };
        self.set_base(&mut line, base);
        let weighted = self.weights.is_some();
        let rounding = self.world.survey.rounding;
        let value = percent_of(sum.count.exact(weighted), base.exact(weighted), self.decimals(), rounding);
        let share = finished(Measure { measure: kind, ..line }, value, self.request);
        if kind == MeasureKind::Share && matches!(chosen.part, Part::Total) {
            let means = self.means_of_groups(&share, by_group);
            out.push(share);
            out.extend(means);
        } else {
            out.push(share);
        }
    }

    /// Means of the groups' shares, each labelled; groups without a base are named.
    fn means_of_groups(&self, share: &Measure, by_group: &[Chosen]) -> Vec<Measure> {
        let how = &self.request.how;
        let kinds = [
            (how.equal_groups, MeasureKind::ShareEqualGroups),
            (how.frame_weighted, MeasureKind::ShareFrameWeighted),
        ];
        let weighted = self.weights.is_some();
        let mean = |kind: MeasureKind| {
            let mut line = Measure { measure: kind, base_rule: BaseRule::Groups, ..share.clone() };
            line.value.clear();
            let (mut parts, mut without, mut exact) = (Vec::new(), Vec::new(), true);
            let (mut count, mut base) = (Amount::default(), Amount::default());
            for group in by_group {
                let Part::Cell(_, names) = &group.part else { continue };
                let name = match names.first() {
                    Some(Category::Name(name)) => name.as_str(),
                    Some(Category::Code(_) | Category::Unknown(_)) | None => "",
                };
                let weight = match kind {
                    MeasureKind::ShareFrameWeighted => {
                        let line = self.world.frame.and_then(|frame| frame.group(name));
                        line.and_then(|line| line.invited).unwrap_or(0)
                    }
                    _ => 1,
                };
                let sum = self.sum(group);
                if sum.base.exact(weighted) == 0 || weight == 0 {
                    without.push(name);
                    continue;
                }
                (count, base) = (count.plus(sum.count), base.plus(sum.base));
                let whole = |amount: Amount| u64::try_from(amount.exact(weighted)).ok();
                match (whole(sum.count), whole(sum.base)) {
                    (Some(count), Some(base)) => parts.push(Fraction { count, base, weight }),
                    _ => exact = false,
                }
            }
            line.count = count.units;
            line.count_weighted = self.weighed(count);
            self.set_base(&mut line, base);
            if !without.is_empty() {
                line.notes.push(format!("without base: {}", without.join(", ")));
            }
            line.flags.retain(|flag| !matches!(flag, Flag::BaseZero | Flag::Blanked | Flag::Unreliable));
            let value = mean_of_shares(&parts, self.decimals(), self.world.survey.rounding);
            finished(line, value.filter(|_| exact), self.request)
        };
        kinds.into_iter().filter(|(wanted, _)| *wanted).map(|(_, kind)| mean(kind)).collect()
    }

    fn set_base(&self, line: &mut Measure, base: Amount) {
        line.base = base.units;
        line.base_unweighted = base.units;
        line.base_weighted = self.weighed(base);
    }

    fn weighed(&self, amount: Amount) -> Option<String> {
        weight_text(amount, self.weights, self.world.survey.rounding)
    }

    /// What every figure of the indicator begins with.
    fn blank(&self, chosen: &Chosen) -> Measure {
        let (indicator, named) = (&self.asked.indicator, &self.request.how.table);
        let words = match indicator.short.in_language(&self.language) {
            "" => indicator.label.in_language(&self.language),
            short => short,
        };
        let mark = match self.flags.contains(&Flag::Reconstructed) {
            true => format!(" {}", shukei_schemas::definition::RECONSTRUCTED_MARK),
            false => String::new(),
        };
        let heading = if self.language == "ja" { "指標" } else { "Indicators" };
        Measure {
            survey: self.request.survey.clone(),
            wave: self.request.wave.clone(),
            table: if named.is_empty() { INDICATORS.to_owned() } else { named.clone() },
            question: "".into(),
            printed: String::new(),
            title: heading.to_owned(),
            text: heading.to_owned(),
            row: None,
            row_label: None,
            option: None,
            label: format!("{words}{mark}"),
            state: None,
            breaks: chosen.text.clone(),
            parts: Default::default(),
            measure: MeasureKind::Count,
            value: String::new(),
            count: 0,
            base: 0,
            base_unweighted: 0,
            base_rule: rule_of(indicator),
            methods: Vec::new(),
            flags: self.flags.clone(),
            notes: self.notes.clone(),
            set: Some(indicator.indicator.clone()),
            count_weighted: None,
            base_weighted: None,
            exact: None,
            id: String::new(),
        }
    }
}

fn counts(tally: &Tally, at: usize) -> Option<&IndicatorTally> {
    tally.indicators().get(at)
}

fn rule_of(indicator: &Indicator) -> BaseRule {
    if indicator.among.is_some() {
        return BaseRule::Among;
    }
    match indicator.base() {
        IndicatorBase::Covered => BaseRule::Covered,
        IndicatorBase::Asked => BaseRule::Asked,
        IndicatorBase::Answered => BaseRule::Answered,
        IndicatorBase::All => BaseRule::All,
        IndicatorBase::Questions(_) => BaseRule::Questions,
    }
}
