//! The rows of a comparison.

use shukei_schemas::WaveId;
use shukei_schemas::decimal::scaled;
use shukei_schemas::definition::{Question, Survey};

use super::words;
use crate::cell_id::cell_id;
use crate::figures::ratio_text;
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
            measure: MeasureKind::ChangePoints,
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
            id: String::new(),
        };
        if let Some(set) = set {
            set.clone_into(&mut row.label);
        }
        if self.survey.synthetic {
            row.flags.insert(0, Flag::Synthetic);
        }
        row.id = changed_id(&cell_id(&row, request), self.against);
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
        measure: MeasureKind::ChangePoints,
        value: String::new(),
        count: 0,
        base: 0,
        base_unweighted: 0,
        count_weighted: None,
        base_weighted: None,
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

/// Two shares of one thing.
pub(super) struct Change<'a> {
    pub(super) now: &'a Measure,
    pub(super) then: &'a Measure,
    /// The shares as both waves print them, where they print any.
    pub(super) printed: Option<(&'a Measure, &'a Measure)>,
    /// The name of the later share.
    pub(super) id: &'a str,
    pub(super) against: &'a WaveId,
    pub(super) decimals: u8,
    pub(super) language: &'a str,
    /// Whether the shares stand before their changes.
    pub(super) with_shares: bool,
}

impl Change<'_> {
    pub(super) fn rows(&self, survey: &Survey) -> Vec<Measure> {
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
        if let Some((now, then)) = self.printed {
            let read = |measure: &Measure| scaled(&measure.value, usize::from(self.decimals));
            let printed = read(now).zip(read(then));
            let printed =
                printed.and_then(|(now, then)| text(now - then, 10i128.pow(u32::from(self.decimals))));
            each.push((MeasureKind::ChangePrinted, printed));
        }
        let row = |(kind, value): (MeasureKind, Option<String>)| {
            let mut row = Measure { measure: kind, ..self.now.clone() };
            if kind == MeasureKind::ShareEarlier {
                (row.count, row.base, row.base_unweighted) =
                    (self.then.count, self.then.base, self.then.base_unweighted);
                row.count_weighted.clone_from(&self.then.count_weighted);
                row.base_weighted.clone_from(&self.then.base_weighted);
                row.methods.clone_from(&self.then.methods);
            } else {
                row.notes.push(words::was(self.language, self.against, self.then));
            }
            row.id = changed_id(&self.id.replacen("/share", &format!("/{kind}"), 1), self.against);
            row.value = value.unwrap_or_else(|| {
                row.flags.push(Flag::BaseZero);
                String::new()
            });
            row
        };
        each.into_iter().map(row).collect()
    }
}

/// Count and base of a share, as whole numbers of one unit.
fn amounts(measure: &Measure) -> Option<(i128, i128)> {
    let (count, base) = match (&measure.count_weighted, &measure.base_weighted) {
        (Some(count), Some(base)) => (scaled(count, 9)?, scaled(base, 9)?),
        _ => (i128::from(measure.count), i128::from(measure.base)),
    };
    (base > 0).then_some((count, base))
}
