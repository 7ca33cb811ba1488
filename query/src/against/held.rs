//! Shares and means of both waves over the same units: same groups, and for each option only the ways of collecting that cover it in
//! both waves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shukei_schemas::definition::{ConcordedQuestion, Where};

use super::earlier::{Matched, Parts};
use super::indicators::Followed;
use super::panel::Panel;
use super::shared::{Block, Shared};
use crate::catalog::Catalog;
use crate::error::QueryError;
use crate::measure::{Measure, MeasureKind};
use crate::request::TabulateRequest;
use crate::tabulate::tabulate;

/// What a figure is of: question, row, and the option, the set or [`MEAN`].
type What = (String, Option<i16>, String);

/// What a mean is of.
pub(super) const MEAN: &str = "mean";

/// Shares and means by what they are of and part.
pub(super) type Shares = BTreeMap<(What, String), Measure>;

/// Whether waves are compared by such a figure.
fn is_compared(measure: &Measure) -> bool {
    measure.measure.is_share() || measure.measure == MeasureKind::Mean
}

pub(super) fn shares(measures: Vec<Measure>) -> Shares {
    let shares = measures.into_iter().filter(is_compared);
    shares.map(|share| ((what(&share), share.breaks.clone()), share)).collect()
}

pub(super) fn what(measure: &Measure) -> What {
    let what = match (&measure.set, measure.option, measure.state) {
        _ if measure.measure == MeasureKind::Mean => MEAN.to_owned(),
        (Some(set), ..) => format!("set:{set}"),
        (None, Some(option), _) => option.to_string(),
        (None, None, state) => state.map_or("", |state| state.as_str()).to_owned(),
    };
    (measure.question.to_string(), measure.row, what)
}

/// A share of the later wave with that of the earlier.
pub(super) struct Held {
    pub(super) now: Measure,
    /// None if no way of collecting covers it in both waves.
    pub(super) then: Option<Measure>,
    /// Where the share of the earlier wave stands.
    pub(super) before: (What, String),
    /// Ways of collecting that cover it in one wave only, and are left out.
    pub(super) without: Vec<String>,
    /// Whether it stands for all figures of its part, which the earlier wave does not have.
    pub(super) is_part_missing: bool,
}

impl Held {
    /// A part that the earlier wave does not have.
    fn part_missing(now: Measure) -> Self {
        let now = Measure { option: None, set: None, state: None, label: String::new(), ..now };
        Self {
            before: (what(&now), String::new()),
            now,
            then: None,
            without: Vec::new(),
            is_part_missing: true,
        }
    }
}

/// Things that are compared together.
#[derive(Clone, Copy)]
pub(super) enum Batch<'b> {
    Questions(&'b [&'b Matched<'b>]),
    Indicators(&'b [Followed<'b>]),
}

impl<'b> Batch<'b> {
    /// The figure of the earlier wave that one of the later is held against.
    fn before(self, parts: &Parts, now: &Measure) -> Option<(What, String)> {
        let what = match self {
            Self::Questions(matched) => {
                let of = matched.iter().find(|matched| matched.question.number == now.question)?;
                (of.was.number.to_string(), now.row, of.pairs.earlier_of(now)?)
            }
            Self::Indicators(_) => what(now),
        };
        Some((what, parts.earlier(&now.breaks)?))
    }

    /// What the concordance says of the questions behind a figure; none if the figure is of nothing here.
    pub(super) fn entries(self, now: &Measure) -> Option<Vec<&'b ConcordedQuestion>> {
        match self {
            Self::Questions(matched) => {
                let of = matched.iter().find(|of| of.question.number == now.question)?;
                Some(of.entry.into_iter().collect())
            }
            Self::Indicators(all) => {
                let of = all.iter().find(|of| now.set.as_deref() == Some(of.id()))?;
                Some(of.entries.clone())
            }
        }
    }
}

/// What rows of a comparison are kept together by: the question, or the indicator.
pub(super) fn subject(now: &Measure) -> String {
    match now.question.as_str() {
        "" => now.set.clone().unwrap_or_default(),
        question => question.to_owned(),
    }
}

/// The figures that two requests come to, limited to what both waves share.
pub(super) async fn held(
    catalog: &Catalog,
    batch: Batch<'_>,
    requests: [&TabulateRequest; 2],
    parts: &Parts,
    shared: &Shared<'_>,
    block: Option<&Block>,
) -> Result<Vec<Held>, QueryError> {
    let counted = async |methods: &[String]| {
        let [of_later, of_earlier] = shared.limits(methods, block);
        let among = |of: fn(&Panel) -> &Arc<BTreeSet<String>>| shared.panel.as_ref().map(of).cloned();
        let later = limited(requests[0], of_later, among(|panel| &panel.later));
        let earlier = limited(requests[1], of_earlier, among(|panel| &panel.earlier));
        let (later, earlier) = (tabulate(catalog, &later).await?, tabulate(catalog, &earlier).await?);
        Ok::<_, QueryError>((later, shares(earlier)))
    };
    let (later, earlier) = counted(&shared.methods).await?;
    // Which ways of collecting are left, where one covers it in one of the waves only. The total says so for all parts.
    let mut covering: BTreeMap<What, BTreeSet<String>> = BTreeMap::new();
    for now in later.iter().filter(|now| is_compared(now) && now.breaks.is_empty()) {
        let then = batch.before(parts, now).and_then(|before| earlier.get(&before));
        if let Some(then) = then.filter(|then| now.base > 0 && then.base > 0 && now.methods != then.methods) {
            let both = now.methods.iter().filter(|method| then.methods.contains(method));
            covering.insert(what(now), both.cloned().collect());
        }
    }
    let mut again: BTreeMap<&BTreeSet<String>, (Shares, Shares)> = BTreeMap::new();
    for methods in covering.values() {
        if !methods.is_empty() && !again.contains_key(methods) {
            let names: Vec<String> = methods.iter().cloned().collect();
            let (later, earlier) = counted(&names).await?;
            again.insert(methods, (shares(later), earlier));
        }
    }
    let (mut found, mut missing) = (Vec::new(), BTreeSet::new());
    for now in later.into_iter().filter(is_compared) {
        if parts.lacks(&now.breaks) {
            if missing.insert((subject(&now), now.row, now.breaks.clone())) {
                found.push(Held::part_missing(now));
            }
            continue;
        }
        let Some(before) = batch.before(parts, &now) else { continue };
        let Some(methods) = covering.get(&what(&now)) else {
            if let Some(then) = earlier.get(&before).cloned() {
                found.push(Held {
                    now,
                    then: Some(then),
                    before,
                    without: Vec::new(),
                    is_part_missing: false,
                });
            }
            continue;
        };
        let without = shared.methods.iter().filter(|method| !methods.contains(*method)).cloned().collect();
        let Some((later, earlier)) = again.get(methods) else {
            if now.breaks.is_empty() {
                found.push(Held { now, then: None, before, without, is_part_missing: false });
            }
            continue;
        };
        let counted = later.get(&(what(&now), now.breaks.clone())).zip(earlier.get(&before));
        if let Some((now, then)) = counted {
            found.push(Held {
                now: now.clone(),
                then: Some(then.clone()),
                before,
                without,
                is_part_missing: false,
            });
        }
    }
    Ok(found)
}

fn limited(request: &TabulateRequest, limit: Where, among: Option<Arc<BTreeSet<String>>>) -> TabulateRequest {
    let mut request = TabulateRequest { among, ..request.clone() };
    request.how.filter = Some(match request.how.filter.take() {
        Some(filter) => Where { all: vec![filter, limit], ..Where::default() },
        None => limit,
    });
    request
}
