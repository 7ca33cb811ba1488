//! The rows of a comparison.

use shukei_schemas::WaveId;
use shukei_schemas::decimal::scaled;
use shukei_schemas::definition::{Kind, Question, Statistic, Survey};

use super::words;
use crate::cell_id::cell_id;
use crate::figures::ratio_text;
use crate::means::lowest;
use crate::measure::{BaseRule, Flag, Measure, MeasureKind};
use crate::request::TabulateRequest;

/// A row of what is not compared: no value, a flag and the reason.
pub(super) struct Bare<'a> {
    pub(super) survey: &'a Survey,
    pub(super) request: &'a TabulateRequest,
    pub(super) question: &'a Question,
    pub(super) against: &'a WaveId,
    pub(super) language: &'a str,
}

impl Bare<'_> {
    pub(super) fn row(&self, flag: Flag, why: &str) -> Measure {
        self.row_of(None, None, flag, why)
    }

    /// The same of an option or a set alone.
    pub(super) fn row_of(&self, option: Option<i16>, set: Option<&str>, flag: Flag, why: &str) -> Measure {
        let (request, question) = (self.request, self.question);
        let label = option.and_then(|code| question.options().iter().find(|known| known.code == code));
        let mut row = Measure {
            survey: request.survey.clone(),
            wave: request.wave.clone(),
            table: question.number.to_string(),
            question: question.number.clone(),
            printed: question.printed_number().to_owned(),
            title: question.shown_title(self.language),
            text: question.text.in_language(self.language).to_owned(),
            row: None,
            row_label: None,
            option,
            label: label.map_or_else(String::new, |option| option.shown(self.language)),
            state: None,
            breaks: String::new(),
            parts: Default::default(),
            measure: match request.how.measures.as_slice() {
                [Statistic::Mean] => MeasureKind::ChangeMean,
                _ if matches!(question.kind, Kind::Number { .. }) => MeasureKind::ChangeMean,
                _ => MeasureKind::ChangePoints,
            },
            value: String::new(),
            count: 0,
            base: 0,
            base_unweighted: 0,
            base_rule: BaseRule::of(self.survey, question),
            methods: Vec::new(),
            flags: vec![flag],
            notes: vec![why.to_owned()],
            set: set.map(str::to_owned),
            count_weighted: None,
            base_weighted: None,
            exact: None,
            id: String::new(),
        };
        if let Some(set) = set {
            set.clone_into(&mut row.label);
        }
        if self.survey.synthetic {
            row.flags.insert(0, Flag::Synthetic);
        }
        self.named(row)
    }

    /// A row under the name of what it is now.
    pub(super) fn named(&self, mut row: Measure) -> Measure {
        row.id = changed_id(&cell_id(&row, self.request), self.against);
        row
    }
}

/// A figure of the later wave as a row of what is not compared.
pub(super) fn without_value(
    now: &Measure,
    why: &str,
    request: &TabulateRequest,
    against: &WaveId,
) -> Measure {
    let mut row = Measure {
        measure: match now.measure {
            MeasureKind::Mean => MeasureKind::ChangeMean,
            _ => MeasureKind::ChangePoints,
        },
        value: String::new(),
        count: 0,
        base: 0,
        base_unweighted: 0,
        count_weighted: None,
        base_weighted: None,
        exact: None,
        breaks: String::new(),
        parts: Default::default(),
        methods: Vec::new(),
        notes: vec![why.to_owned()],
        ..now.clone()
    };
    row.flags.retain(|flag| matches!(flag, Flag::Synthetic | Flag::Reconstructed));
    row.flags.push(Flag::NotCompared);
    row.id = changed_id(&cell_id(&row, request), against);
    row
}

pub(super) fn changed_id(id: &str, against: &WaveId) -> String {
    let between = if id.contains('?') { '&' } else { '?' };
    format!("{id}{between}against={against}")
}

/// Two shares or two means of one thing.
pub(super) struct Change<'a> {
    pub(super) now: &'a Measure,
    pub(super) then: &'a Measure,
    /// The shares as both waves print them, where they print any.
    pub(super) printed: Option<(&'a Measure, &'a Measure)>,
    /// The name of the later share.
    pub(super) id: &'a str,
    pub(super) against: &'a WaveId,
    /// Digits of shares, or of means.
    pub(super) decimals: u8,
    pub(super) language: &'a str,
    /// Whether the figures stand before their changes.
    pub(super) with_shares: bool,
}

impl Change<'_> {
    pub(super) fn rows(&self, survey: &Survey) -> Vec<Measure> {
        let each = match self.now.measure {
            MeasureKind::Mean => self.of_means(survey),
            _ => self.of_shares(survey),
        };
        let of_earlier = [MeasureKind::ShareEarlier, MeasureKind::MeanEarlier];
        let limited = [self.now, self.then].into_iter().any(|of| of.flags.contains(&Flag::Blanked));
        let row = |(kind, value): (MeasureKind, Option<String>)| {
            let mut row = Measure { measure: kind, ..self.now.clone() };
            if of_earlier.contains(&kind) {
                (row.count, row.base, row.base_unweighted) =
                    (self.then.count, self.then.base, self.then.base_unweighted);
                row.count_weighted.clone_from(&self.then.count_weighted);
                row.base_weighted.clone_from(&self.then.base_weighted);
                row.methods.clone_from(&self.then.methods);
            } else {
                row.notes.push(words::was(self.language, self.against, self.then));
            }
            // Small bases of the earlier wave are those of the change too.
            for flag in self.then.flags.iter().filter(|flag| matches!(flag, Flag::Blanked | Flag::Unreliable))
            {
                if !row.flags.contains(flag) {
                    row.flags.push(*flag);
                }
            }
            row.id = changed_id(&renamed(self.id, kind), self.against);
            row.value = match value {
                _ if limited => String::new(),
                Some(value) => value,
                None => {
                    if !row.flags.contains(&Flag::BaseZero) {
                        row.flags.push(Flag::BaseZero);
                    }
                    String::new()
                }
            };
            row
        };
        each.into_iter().map(row).collect()
    }

    fn of_shares(&self, survey: &Survey) -> Vec<(MeasureKind, Option<String>)> {
        let exact = || {
            let ((count, base), (was, of)) = (amounts(self.now)?, amounts(self.then)?);
            let (now, then) = (count.checked_mul(of)?, was.checked_mul(base)?);
            Some((now.checked_sub(then)?.checked_mul(100)?, base.checked_mul(of)?, then))
        };
        let formed = exact();
        let text = |numerator: i128, denominator: i128| {
            ratio_text(numerator, denominator, self.decimals, survey.rounding)
        };
        let points = formed.and_then(|(change, bases, _)| text(change, bases));
        let percent = formed.and_then(|(change, _, then)| text(change, then));
        let mut each = vec![(MeasureKind::ChangePoints, points), (MeasureKind::ChangePercent, percent)];
        if self.with_shares {
            let share = |of: &Measure| {
                let (count, base) = amounts(of)?;
                text(count.checked_mul(100)?, base)
            };
            each.insert(0, (MeasureKind::ShareEarlier, share(self.then)));
            each.insert(1, (MeasureKind::ShareLater, share(self.now)));
        }
        each.extend(self.of_printed(survey).map(|printed| (MeasureKind::ChangePrinted, printed)));
        each
    }

    fn of_means(&self, survey: &Survey) -> Vec<(MeasureKind, Option<String>)> {
        let text = |numerator: i128, denominator: i128| {
            ratio_text(numerator, denominator, self.decimals, survey.rounding)
        };
        let [now, then] = [self.now, self.then].map(|of| of.exact.map(lowest).filter(|(_, base)| *base > 0));
        let change = || {
            let ((sum, base), (was, of)) = (now?, then?);
            let change = sum.checked_mul(of)?.checked_sub(was.checked_mul(base)?)?;
            text(change, base.checked_mul(of)?)
        };
        let mut each = vec![(MeasureKind::ChangeMean, change())];
        if self.with_shares {
            let mean = |of: Option<(i128, i128)>| of.and_then(|(sum, base)| text(sum, base));
            each.insert(0, (MeasureKind::MeanEarlier, mean(then)));
            each.insert(1, (MeasureKind::MeanLater, mean(now)));
        }
        each.extend(self.of_printed(survey).map(|printed| (MeasureKind::ChangeMeanPrinted, printed)));
        each
    }

    /// The difference of what both waves print, where they do.
    fn of_printed(&self, survey: &Survey) -> Option<Option<String>> {
        let (now, then) = self.printed?;
        let read = |measure: &Measure| scaled(&measure.value, usize::from(self.decimals));
        let change = read(now).zip(read(then)).map(|(now, then)| now - then);
        let one = 10i128.pow(u32::from(self.decimals));
        Some(change.and_then(|change| ratio_text(change, one, self.decimals, survey.rounding)))
    }
}

/// The name of a figure with another measure.
fn renamed(id: &str, kind: MeasureKind) -> String {
    let (path, asked) = id.split_once('?').map_or((id, ""), |(path, _)| (path, &id[path.len()..]));
    let figure = path.rsplit_once('/').map_or(path, |(figure, _)| figure);
    format!("{figure}/{kind}{asked}")
}

/// Count and base of a share, as whole numbers of one unit.
fn amounts(measure: &Measure) -> Option<(i128, i128)> {
    let (count, base) = match (&measure.count_weighted, &measure.base_weighted) {
        (Some(count), Some(base)) => (scaled(count, 9)?, scaled(base, 9)?),
        _ => (i128::from(measure.count), i128::from(measure.base)),
    };
    (base > 0).then_some((count, base))
}
