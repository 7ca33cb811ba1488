//! Figures that are no share: means, medians and sums, net scores, and means of groups.

use std::collections::BTreeMap;

use shukei_schemas::decimal::{VALUE_DECIMALS, scaled};
use shukei_schemas::definition::{Kind, Statistic};

use crate::exact::{Fraction, mean_of_shares};
use crate::figures::{percent_of, ratio_text};
use crate::forming::{Figures, Pick, Reference};
use crate::measure::{BaseRule, Measure, MeasureKind};
use crate::measures::decimals_of;
use crate::sets::Purpose;
use crate::sums::{Amount, Sum, Sums};

/// One, in the units that values of options are kept in.
const ONE: i128 = 10i128.pow(VALUE_DECIMALS as u32);

/// A group's name, its counts, and those of the numerator where there is one.
pub(crate) type GroupSums<'a> = (Option<&'a str>, Sums, Option<Sums>);

/// What forms the statistics of one thing asked.
pub(crate) struct Statistics<'a> {
    pub(crate) figures: &'a Figures<'a>,
    /// The line of those who answered.
    pub(crate) line: Measure,
}

impl Statistics<'_> {
    /// A line whose base is those who gave a value, whatever the survey's rule.
    fn of_base(&self, measure: MeasureKind, base: Amount, methods: Vec<String>) -> Measure {
        let mut line = Measure { measure, base_rule: BaseRule::Answered, methods, ..self.line.clone() };
        line.count = base.units;
        line.count_weighted = self.figures.weight_text(base);
        self.figures.set_base(&mut line, base);
        line
    }

    /// Figures of numbers: those who gave one alone are the base.
    pub(crate) fn of_numbers(&self, sum: &Sum, out: &mut Vec<Measure>) {
        let figures = self.figures;
        let (rounding, digits) = (figures.survey.rounding, decimals_of(figures.question));
        let one = 10i128.pow(u32::from(digits));
        let weighted = figures.is_weighted();
        let answered = sum.numbers.values().fold(Amount::default(), |all, one| all.plus(*one));
        let weighed: i128 = sum.numbers.iter().map(|(number, units)| number * units.exact(weighted)).sum();
        let unit = figures.weights.map_or(1, |decimals| 10i128.pow(u32::from(decimals)));
        let base = answered.exact(weighted);
        let extreme =
            |number: Option<&i128>| number.and_then(|number| ratio_text(*number, one, digits, rounding));
        let exact = base.checked_mul(one).map(|base| (weighed, base));
        let mut push = |statistic, suits, kind, value: Option<String>| {
            if figures.wants(statistic, suits) {
                let mut line = self.of_base(kind, answered, sum.methods_of_numbers());
                line.exact = exact.filter(|_| kind == MeasureKind::Mean);
                out.push(figures.finished(line, value));
            }
        };
        let mean = exact.and_then(|(sum, base)| ratio_text(sum, base, figures.mean_decimals, rounding));
        push(Statistic::Mean, true, MeasureKind::Mean, mean);
        let median = median(&sum.numbers, weighted);
        let median = median.and_then(|twice| ratio_text(twice, 2 * one, figures.mean_decimals, rounding));
        push(Statistic::Median, true, MeasureKind::Median, median);
        let total = ratio_text(weighed, one * unit, digits, rounding).filter(|_| answered.units > 0);
        push(Statistic::Sum, true, MeasureKind::Sum, total);
        push(Statistic::Min, false, MeasureKind::Min, extreme(sum.numbers.keys().next()));
        push(Statistic::Max, false, MeasureKind::Max, extreme(sum.numbers.keys().next_back()));
        if let Some(scale) = Scale::of(figures) {
            let value = scale.mean(weighed * (ONE / one), base, figures.mean_decimals, rounding);
            out.push(figures.finished(
                self.of_base(MeasureKind::MeanRescaled, answered, sum.methods_of_numbers()),
                value,
            ));
        }
    }

    /// The mean of the values of options; of a ranking, the mean rank. Options without a value are not in it.
    pub(crate) fn of_options(&self, sum: &Sum, out: &mut Vec<Measure>) {
        let figures = self.figures;
        let suits = matches!(figures.question.kind, Kind::Rating { .. } | Kind::Ranking { .. });
        let wants_median = figures.wants(Statistic::Median, false);
        let is_wanted =
            figures.wants(Statistic::Mean, suits) || wants_median || figures.how.rescale.is_some();
        if figures.question.options().is_empty() || !is_wanted {
            return;
        }
        let is_ranking = matches!(figures.question.kind, Kind::Ranking { .. });
        let weighted = figures.is_weighted();
        let (mut base, mut weighed, mut has_values) = (Amount::default(), 0, false);
        let (mut valued, mut values) = (Vec::new(), BTreeMap::<i128, Amount>::new());
        for (place, option) in figures.question.options().iter().enumerate() {
            let value = if is_ranking { Some(i128::from(option.code) * ONE) } else { option.value };
            let Some(value) = value.filter(|_| !option.not_applicable) else { continue };
            has_values = true;
            valued.push(place);
            base = base.plus(sum.place(place));
            let of_value = values.entry(value).or_default();
            *of_value = of_value.plus(sum.place(place));
            weighed += value * sum.place(place).exact(weighted);
        }
        if !has_values {
            return;
        }
        let (units, rounding) = (base.exact(weighted), figures.survey.rounding);
        if figures.wants(Statistic::Mean, suits) {
            let mut line = self.of_base(MeasureKind::Mean, base, sum.methods_at(&valued));
            line.exact = units.checked_mul(ONE).map(|units| (weighed, units));
            let mean =
                line.exact.and_then(|(sum, units)| ratio_text(sum, units, figures.mean_decimals, rounding));
            out.push(figures.finished(line, mean));
        }
        if wants_median {
            let line = self.of_base(MeasureKind::Median, base, sum.methods_at(&valued));
            let median = median(&values, weighted)
                .and_then(|twice| ratio_text(twice, 2 * ONE, figures.mean_decimals, rounding));
            out.push(figures.finished(line, median));
        }
        if let Some(scale) = Scale::of(figures).filter(|_| !is_ranking) {
            let value = scale.mean(weighed, units, figures.mean_decimals, rounding);
            out.push(
                figures
                    .finished(self.of_base(MeasureKind::MeanRescaled, base, sum.methods_at(&valued)), value),
            );
        }
    }

    /// The share of the promoters less that of the detractors, of one base.
    pub(crate) fn net_score(&self, of: &Reference<'_>, out: &mut Vec<Measure>) {
        let figures = self.figures;
        let options = figures.question.options().len();
        let set = |purpose| figures.sets.iter().position(|set| set.purpose == purpose).map(|at| options + at);
        let (Some(promoters), Some(detractors)) = (set(Purpose::Promoters), set(Purpose::Detractors)) else {
            return;
        };
        let weighted = figures.is_weighted();
        let amount = |place| figures.amount(of.counted, Pick::Place(place));
        let (promoting, detracting) = (amount(promoters), amount(detractors));
        let base = figures.base(of.units, of, Pick::Place(promoters));
        let net = promoting.exact(weighted) - detracting.exact(weighted);
        let mut line = Measure {
            measure: MeasureKind::NetScore,
            state: None,
            label: "net score".to_owned(),
            ..self.line.clone()
        };
        line.count = promoting.units + detracting.units;
        line.count_weighted = figures.weight_text(promoting.plus(detracting));
        line.set = Some("net_score".to_owned());
        line.methods = figures.methods(of.units, Pick::Place(promoters));
        figures.set_base(&mut line, base);
        let value = percent_of(net, base.exact(weighted), figures.decimals, figures.survey.rounding);
        out.push(figures.finished(line, value));
    }
}

/// Twice the number in the middle: the mean of the two in the middle where the half falls between them.
fn median(numbers: &BTreeMap<i128, Amount>, weighted: bool) -> Option<i128> {
    let total: i128 = numbers.values().map(|units| units.exact(weighted)).sum();
    let mut below = 0;
    let mut numbers = numbers.iter().filter(|(_, units)| units.exact(weighted) > 0).peekable();
    while let Some((number, units)) = numbers.next() {
        below += units.exact(weighted);
        match (2 * below).cmp(&total) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => return numbers.peek().map(|(next, _)| number + *next),
            std::cmp::Ordering::Greater => return Some(2 * number),
        }
    }
    None
}

/// A straight line between two scales, in billionths.
struct Scale {
    from: i128,
    to: i128,
    /// Rise and run, without common factor; the run is positive.
    rise: i128,
    run: i128,
}

impl Scale {
    fn of(figures: &Figures<'_>) -> Option<Self> {
        let scale = figures.how.rescale.as_ref()?;
        let read = |text: &String| scaled(text, VALUE_DECIMALS);
        let (from, end) = (read(&scale.from[0])?, read(&scale.from[1])?);
        let (to, top) = (read(&scale.to[0])?, read(&scale.to[1])?);
        let (rise, run) = (top - to, end - from);
        let common = divisor(rise.unsigned_abs(), run.unsigned_abs()).max(1);
        let common = i128::try_from(common).ok()? * run.signum();
        (run != 0).then(|| Self { from, to, rise: rise / common, run: run / common })
    }

    /// The mean on the other scale; `weighed` is the sum of values in billionths.
    fn mean(
        &self,
        weighed: i128,
        units: i128,
        decimals: u8,
        rounding: shukei_schemas::definition::Rounding,
    ) -> Option<String> {
        let above = weighed.checked_sub(self.from.checked_mul(units)?)?.checked_mul(self.rise)?;
        let numerator = above.checked_add(self.to.checked_mul(units)?.checked_mul(self.run)?)?;
        ratio_text(numerator, units.checked_mul(self.run)?.checked_mul(ONE)?, decimals, rounding)
    }
}

/// The same fraction in its lowest terms.
pub(crate) fn lowest((numerator, denominator): (i128, i128)) -> (i128, i128) {
    match i128::try_from(divisor(numerator.unsigned_abs(), denominator.unsigned_abs())) {
        Ok(common) if common > 1 => (numerator / common, denominator / common),
        _ => (numerator, denominator),
    }
}

fn divisor(one: u128, other: u128) -> u128 {
    if other == 0 { one } else { divisor(other, one % other) }
}

impl Figures<'_> {
    /// Means of the groups' shares, behind the share of all.
    pub(crate) fn means_of_groups(
        &self,
        share: &Measure,
        pick: Pick,
        groups: &[GroupSums<'_>],
        out: &mut Vec<Measure>,
    ) {
        if groups.is_empty() || share.measure != MeasureKind::Share {
            return;
        }
        let weighted = self.is_weighted();
        let kinds = [
            (self.how.equal_groups, MeasureKind::ShareEqualGroups),
            (self.how.frame_weighted, MeasureKind::ShareFrameWeighted),
        ];
        for (_, kind) in kinds.into_iter().filter(|(wanted, _)| *wanted) {
            let mut line = Measure { measure: kind, base_rule: BaseRule::Groups, ..share.clone() };
            line.value.clear();
            let (mut parts, mut without, mut exact) = (Vec::new(), Vec::new(), true);
            let (mut count, mut base) = (Amount::default(), Amount::default());
            for (name, units, counted) in groups {
                let of_group = Reference { units, counted: units, total: units, whole: None, pooled: &[] };
                let group_base = self.base(units, &of_group, pick);
                let group_count = self.amount(counted.as_ref().unwrap_or(units), pick);
                let name = name.unwrap_or_default();
                let weight = match kind {
                    MeasureKind::ShareFrameWeighted => {
                        let line = self.world.frame.and_then(|frame| frame.group(name));
                        line.and_then(|line| line.invited).unwrap_or(0)
                    }
                    _ => 1,
                };
                if group_base.exact(weighted) == 0 || weight == 0 {
                    without.push(name.to_owned());
                    continue;
                }
                (count, base) = (count.plus(group_count), base.plus(group_base));
                let whole = |amount: Amount| u64::try_from(amount.exact(weighted)).ok();
                match (whole(group_count), whole(group_base)) {
                    (Some(count), Some(base)) => parts.push(Fraction { count, base, weight }),
                    _ => exact = false,
                }
            }
            line.count = count.units;
            line.count_weighted = self.weight_text(count);
            self.set_base(&mut line, base);
            if !without.is_empty() {
                line.notes.push(format!("without base: {}", without.join(", ")));
            }
            let value = mean_of_shares(&parts, self.decimals, self.survey.rounding).filter(|_| exact);
            out.push(self.finished(line, value));
        }
    }
}
