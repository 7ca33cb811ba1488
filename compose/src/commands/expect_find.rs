//! Which figure a line of a published table means.

use std::collections::BTreeSet;

use shukei_query::{Measure, MeasureKind};
use shukei_schemas::definition::nearest;

use crate::commands::expect_lines::{Beside, Line, Wanted};

/// The figure that a line means, or what is wrong with the line.
pub(crate) fn find<'a>(line: &Line, measures: &'a [Measure]) -> Result<&'a Measure, String> {
    let of_question: Vec<&Measure> =
        measures.iter().filter(|measure| measure.question.as_str() == line.question).collect();
    if of_question.is_empty() {
        let known = measures.iter().map(|measure| measure.question.as_str());
        return Err(match nearest(&line.question, known) {
            Some(near) => format!("there is no such question; did you mean `{near}`?"),
            None => "there is no such question in these figures; attributes and weights have some if --question names them"
                .to_owned(),
        });
    }
    let of_row = of_row(line, of_question)?;
    let of_part = of_part(line, of_row)?;
    let meant: Vec<&Measure> = of_part.iter().filter(|measure| is_meant(line, measure)).copied().collect();
    let has_kind = |wanted: MeasureKind| {
        let fits = move |measure: &&&Measure| {
            measure.measure == wanted || (wanted == MeasureKind::Share && measure.measure.is_share())
        };
        meant.iter().find(fits).copied()
    };
    let found = match line.wanted() {
        Wanted::Figure(kind) => has_kind(kind),
        // A count and a base stand beside every figure, also beside a mean.
        Wanted::Beside(Beside::CountUnits | Beside::CountWeighted) => {
            has_kind(MeasureKind::Count).or(meant.first().copied())
        }
        Wanted::Beside(_) => has_kind(MeasureKind::Share).or(meant.first().copied()),
    };
    if let Some(found) = found {
        return Ok(found);
    }
    if !meant.is_empty() {
        let name = line.wanted().as_str();
        return Err(match line.wanted() {
            Wanted::Figure(kind) => format!("there is no {name} of it{}", asked_by(kind)),
            Wanted::Beside(_) => format!("there is no {name} of it"),
        });
    }
    let labels: Vec<&str> = of_part.iter().map(|measure| measure.label.as_str()).collect();
    let wanted =
        [&line.label, &line.option, &line.state, &line.set].into_iter().find(|text| !text.is_empty());
    Err(match wanted.and_then(|wanted| nearest(wanted, labels.into_iter())) {
        Some(near) => format!("there is no such option; did you mean `{near}`?"),
        None => "there is no such option, and no such state prints".to_owned(),
    })
}

/// How a figure is asked for that is not formed unless somebody wants it.
fn asked_by(kind: MeasureKind) -> &'static str {
    match kind {
        MeasureKind::Mean => "; `--measure mean` asks for it, of a grid or of options with `value` too",
        MeasureKind::Median => "; `--measure median` asks for it, of options with `value` too",
        MeasureKind::Min => "; `--measure min` asks for it",
        MeasureKind::Max => "; `--measure max` asks for it",
        MeasureKind::ShareAcross => "; `--percent across` asks for it",
        MeasureKind::ShareWhole => "; `--percent whole` asks for it",
        MeasureKind::MeanRescaled => "; `--rescale` asks for it",
        MeasureKind::NetScore => "; `--net-score` asks for it",
        MeasureKind::ShareEqualGroups => "; `--equal-groups` asks for it",
        MeasureKind::ShareFrameWeighted => "; `--frame-weighted` asks for it",
        MeasureKind::ShareEarlier | MeasureKind::ShareLater => {
            "; `--against WAVE --measure share` asks for it"
        }
        MeasureKind::MeanEarlier | MeasureKind::MeanLater => "; `--against WAVE --measure mean` asks for it",
        MeasureKind::ChangePoints
        | MeasureKind::ChangePercent
        | MeasureKind::ChangePrinted
        | MeasureKind::ChangeMean
        | MeasureKind::ChangeMeanPrinted => "; `--against WAVE` asks for it",
        MeasureKind::Count | MeasureKind::Share | MeasureKind::Sum => "",
    }
}

/// By code, set, state or words, whichever the line gives first; all figures if it gives none.
fn is_meant(line: &Line, measure: &Measure) -> bool {
    if let Ok(code) = line.option.parse::<i16>() {
        return measure.option == Some(code);
    }
    if !line.set.is_empty() {
        return measure.set.as_deref() == Some(line.set.as_str());
    }
    let is_state = |name: &str| measure.state.is_some_and(|state| state.as_str() == name);
    if !line.state.is_empty() {
        return is_state(&line.state);
    }
    match (line.label.as_str(), line.option.as_str()) {
        ("", "") => true,
        ("", words) | (words, _) => measure.label == words || is_state(words),
    }
}

fn of_row<'a>(line: &Line, of_question: Vec<&'a Measure>) -> Result<Vec<&'a Measure>, String> {
    let code = line.row.parse::<i16>().ok();
    let (of_row, others): (Vec<&Measure>, Vec<&Measure>) =
        of_question.into_iter().partition(|measure| match (&measure.row, line.row.is_empty()) {
            (None, is_empty) => is_empty,
            (Some(known), false) => {
                Some(*known) == code || measure.row_label.as_deref() == Some(line.row.as_str())
            }
            (Some(_), true) => false,
        });
    if !of_row.is_empty() {
        return Ok(of_row);
    }
    let codes: BTreeSet<i16> = others.iter().filter_map(|measure| measure.row).collect();
    let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
    let labels = others.iter().filter_map(|measure| measure.row_label.as_deref());
    Err(match (nearest(&line.row, labels), codes.is_empty()) {
        (_, true) => "there is no such row: the question has none".to_owned(),
        (Some(near), false) if code.is_none() => format!("there is no such row; did you mean `{near}`?"),
        _ => format!("there is no such row; rows: {}", codes.join(", ")),
    })
}

fn of_part<'a>(line: &Line, of_row: Vec<&'a Measure>) -> Result<Vec<&'a Measure>, String> {
    let part = line.part();
    let (of_part, others): (Vec<&Measure>, Vec<&Measure>) =
        of_row.into_iter().partition(|measure| is_part(measure, &part));
    if !of_part.is_empty() {
        return Ok(of_part);
    }
    let name_of = |piece: &str| piece.split_once('=').map_or(piece, |(name, _)| name).trim().to_owned();
    let names: BTreeSet<String> = pieces(&part).map(name_of).collect();
    let is_broken_down = |measure: &&Measure| {
        measure.parts.iter().map(|part| part.name.clone()).collect::<BTreeSet<_>>() == names
    };
    if part.is_empty() {
        return Err("there is no figure of all units".to_owned());
    }
    if !others.iter().any(is_broken_down) {
        let by = pieces(&part).map(name_of).collect::<Vec<_>>().join("*");
        return Err(match by.as_str() {
            "group" => "there is no such group in these figures; say --by group, and give its id".to_owned(),
            by => format!("these figures are not broken down so; say --by '{by}'"),
        });
    }
    let known: BTreeSet<String> = others
        .iter()
        .filter(|measure| is_broken_down(measure))
        .flat_map(|measure| [measure.breaks.clone(), in_words(measure)])
        .collect();
    Err(match nearest(&part, known.iter().map(String::as_str)) {
        Some(near) => format!("there is no such part; did you mean `{near}`?"),
        None => "there is no such part; write it as in the column `breaks` of `shukei tabulate`".to_owned(),
    })
}

/// The part of a figure with labels instead of codes.
fn in_words(measure: &Measure) -> String {
    let parts = measure.parts.iter().map(|part| format!("{}={}", part.name, part.label));
    parts.collect::<Vec<_>>().join("; ")
}

fn pieces(part: &str) -> impl Iterator<Item = &str> {
    part.split(';').map(str::trim).filter(|piece| !piece.is_empty())
}

/// Whether a figure is of a part written as `name=category`, with codes or labels, in any order.
fn is_part(measure: &Measure, part: &str) -> bool {
    if measure.breaks == part {
        return true;
    }
    if part.is_empty() || measure.parts.is_empty() {
        return false;
    }
    // A label may hold what else stands between parts.
    if in_words(measure) == part {
        return true;
    }
    let is_of = |piece: &str| {
        let Some((name, category)) = piece.split_once('=') else { return false };
        let (name, category) = (name.trim(), category.trim());
        let names = |part: &&shukei_query::BreakPart| part.name == name;
        measure
            .parts
            .iter()
            .find(names)
            .is_some_and(|part| part.category == category || part.label == category)
    };
    let names: BTreeSet<&str> =
        pieces(part).filter_map(|piece| piece.split_once('=')).map(|(name, _)| name.trim()).collect();
    names.len() == measure.parts.len() && pieces(part).count() == names.len() && pieces(part).all(is_of)
}
