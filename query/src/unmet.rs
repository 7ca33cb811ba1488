//! What was asked of figures and came to nothing, so that nobody takes its absence for an answer.

use shukei_schemas::definition::{Statistic, Table};

use crate::measure::{Measure, MeasureKind};

/// Something that was asked of figures and that none of them shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// What was asked, as on the command line without the hyphens.
    pub asked: String,
    /// What a question must have for it.
    pub needs: &'static str,
}

/// What was asked of figures that came to nothing.
pub fn unmet(how: &Table, measures: &[Measure]) -> Vec<Unmet> {
    let has_set = |id: &str| measures.iter().any(|row| row.set.as_deref() == Some(id));
    let has = |kinds: &[MeasureKind]| measures.iter().any(|row| kinds.contains(&row.measure));
    let mut found = Vec::new();
    let mut add = |asked: String, needs| found.push(Unmet { asked, needs });
    for statistic in how.measures.iter().filter(|statistic| !has(kinds(**statistic))) {
        let needs = match statistic {
            Statistic::Count | Statistic::Share => "a question with options, states or bands",
            Statistic::Mean | Statistic::Median => "a rating, a ranking, a number, or options with `value`",
            Statistic::Sum | Statistic::Min | Statistic::Max => "a number",
        };
        add(format!("measure {}", statistic.as_str()), needs);
    }
    for group in how.groups.iter().filter(|group| !has_set(&group.id)) {
        add(format!("net {}", group.id), "a question that has all of its options");
    }
    if let Some(level) = how.at_least.as_ref().filter(|level| !has_set(&format!("at_least_{level}"))) {
        let needs = "a scale that reaches it: a single, a rating or a grid, by the value or else the code of its options";
        add(format!("at-least {level}"), needs);
    }
    if how.net_score.is_some() && !has(&[MeasureKind::NetScore]) {
        add("net-score".to_owned(), "a question that has all of its options");
    }
    if how.rescale.is_some() && !has(&[MeasureKind::MeanRescaled]) {
        add("rescale".to_owned(), "a rating, a number, or options with `value`");
    }
    found
}

fn kinds(statistic: Statistic) -> &'static [MeasureKind] {
    match statistic {
        Statistic::Count => &[MeasureKind::Count],
        Statistic::Share => &[
            MeasureKind::Share,
            MeasureKind::ShareAcross,
            MeasureKind::ShareWhole,
            MeasureKind::ShareEqualGroups,
            MeasureKind::ShareFrameWeighted,
            MeasureKind::ShareEarlier,
            MeasureKind::ShareLater,
            MeasureKind::ChangePoints,
        ],
        Statistic::Mean => {
            &[MeasureKind::Mean, MeasureKind::MeanEarlier, MeasureKind::MeanLater, MeasureKind::ChangeMean]
        }
        Statistic::Median => &[MeasureKind::Median],
        Statistic::Sum => &[MeasureKind::Sum],
        Statistic::Min => &[MeasureKind::Min],
        Statistic::Max => &[MeasureKind::Max],
    }
}
