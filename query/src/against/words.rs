//! What is said beside changes, in the language of the labels.

use shukei_schemas::WaveId;
use shukei_schemas::definition::ConcordedGroup;

use crate::measure::{Measure, MeasureKind};

/// Why something is not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    NoQuestion,
    NoOption,
    NoPart,
    NoSet,
    NoLevel,
    OtherValues,
    OtherWay,
    OtherBase,
    NotCovered,
}

impl Why {
    pub(super) fn in_language(self, language: &str) -> &'static str {
        let (en, ja) = match self {
            Self::NoQuestion => ("the earlier wave has no such question", "前の調査回にこの設問はない"),
            Self::NoOption => ("the earlier wave has no such option", "前の調査回にこの選択肢はない"),
            Self::NoPart => (
                "this part has none of its own in the earlier wave; a condition (--where) takes what was joined together",
                "前の調査回にはこの区分だけに当たるものがない（--where では統合した区分で比較できる）",
            ),
            Self::NoSet => (
                "the earlier wave has no such set of options",
                "前の調査回にこの選択肢の組に当たるものはない",
            ),
            Self::NoLevel => {
                ("the options have other codes in the earlier wave", "前の調査回では選択肢の番号が異なる")
            }
            Self::OtherValues => (
                "the options have other values in the earlier wave",
                "前の調査回では選択肢の値が異なるため、平均は比較しない",
            ),
            Self::OtherWay => ("the earlier wave asks it in another way", "前の調査回では尋ね方が異なる"),
            Self::OtherBase => {
                ("the base is another in the earlier wave", "前の調査回では母数の定義が異なる")
            }
            Self::NotCovered => {
                ("no method covers it in both waves", "両方の調査回で対象とする収集方法がない")
            }
        };
        if is_japanese(language) { ja } else { en }
    }
}

pub(super) fn is_japanese(language: &str) -> bool {
    language == "ja"
}

/// Count and base of the earlier wave: those that the change is formed of, and of weighted ones the units behind them.
pub(super) fn was(language: &str, against: &WaveId, then: &Measure) -> String {
    let (count, base) = (then.count, then.base);
    if then.measure == MeasureKind::Mean {
        let weighted = then.base_weighted.as_ref();
        return match (weighted, is_japanese(language)) {
            (Some(of), true) => format!("{against}：平均の母数{of}（実数{base}）"),
            (Some(of), false) => format!("{against}: the mean of weighted {of} ({base} unweighted)"),
            (None, true) => format!("{against}：平均の母数{base}"),
            (None, false) => format!("{against}: the mean of {base}"),
        };
    }
    match (&then.count_weighted, &then.base_weighted, is_japanese(language)) {
        (Some(weighted), Some(of), true) => {
            format!("{against}：加重{of}のうち{weighted}（実数{base}のうち{count}）")
        }
        (Some(weighted), Some(of), false) => {
            format!("{against}: weighted {weighted} of {of} ({count} of {base} unweighted)")
        }
        (_, _, true) => format!("{against}：{base}のうち{count}"),
        (_, _, false) => format!("{against}: {count} of {base}"),
    }
}

/// Groups and methods that only one of the waves has.
pub(super) fn left_out(language: &str, names: &[String]) -> String {
    match is_japanese(language) {
        true => format!("両方の調査回にはないため除く：{}", names.join("、")),
        false => format!("not in both waves: {}", names.join(", ")),
    }
}

/// Who answered in both waves, and who is not among them.
pub(super) fn panel(
    language: &str,
    both: usize,
    waves: [&str; 2],
    without: [usize; 2],
    joined: [usize; 2],
) -> String {
    let [later, earlier] = waves;
    let ([more, less], [merged, split]) = (without, joined);
    match is_japanese(language) {
        true => format!(
            "両方の調査回に回答した{both}のみ。{later}の{more}と{earlier}の{less}を除く（うち統合・分割{merged}と{split}）"
        ),
        false => format!(
            "only the {both} that answered in both waves; without {more} of {later} and {less} of {earlier} \
             ({merged} and {split} of them merged or split)"
        ),
    }
}

/// Methods that cover the thing in one of the waves only.
pub(super) fn without(language: &str, methods: &[String]) -> String {
    match is_japanese(language) {
        true => format!("{}を除く（片方の調査回でしか対象としていない）", methods.join("、")),
        false => format!("without {}, which covers it in one of the waves only", methods.join(", ")),
    }
}

/// What happened to a group, for example `water (since 2023-04-01: two groups became one)`.
pub(super) fn group(language: &str, name: &str, entry: Option<&ConcordedGroup>) -> String {
    let Some(entry) = entry else { return name.to_owned() };
    let reason = entry.reason.in_language(language).trim_end_matches(['。', '.']);
    match (is_japanese(language), entry.since.as_deref(), reason) {
        (_, None, "") => name.to_owned(),
        (true, None, reason) => format!("{name}（{reason}）"),
        (true, Some(since), "") => format!("{name}（{since}から）"),
        (true, Some(since), reason) => format!("{name}（{since}から、{reason}）"),
        (false, None, reason) => format!("{name} ({reason})"),
        (false, Some(since), "") => format!("{name} (since {since})"),
        (false, Some(since), reason) => format!("{name} (since {since}: {reason})"),
    }
}

/// The days that answers read across are about, where they differ.
pub(super) fn as_of(language: &str, method: &str, now: &str, against: &WaveId, then: &str) -> String {
    match is_japanese(language) {
        true => format!("{method}の調査基準日：{now}、{against}は{then}"),
        false => format!("{method} is as of {now}, in {against} as of {then}"),
    }
}
