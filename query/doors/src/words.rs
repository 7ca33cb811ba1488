//! The words of tables and charts, in the languages that people read them in.

use std::borrow::Cow;

use shukei_query::{BaseRule, Flag, MeasureKind};

/// The words of one language.
#[derive(Debug)]
pub(crate) struct Words {
    is_ja: bool,
    /// A number of units.
    pub(crate) count: &'static str,
    /// What shares relate to.
    pub(crate) base: &'static str,
    pub(crate) base_rule: &'static str,
    /// The part of the units that figures are of.
    pub(crate) part: &'static str,
    pub(crate) total: &'static str,
    /// The units of a weighted base.
    pub(crate) units: &'static str,
    /// The same behind the name of the base.
    pub(crate) unweighted: &'static str,
    /// What a figure is that is no count and no share, and what it says.
    pub(crate) measure: &'static str,
    pub(crate) value: &'static str,
    /// What is said of some of the figures only.
    pub(crate) of_some: &'static str,
    /// Wording that the issuer never printed.
    pub(crate) reconstructed: &'static str,
    /// What is printed on a base that is too small to be trusted, and where nothing is printed for it.
    pub(crate) unreliable: &'static str,
    pub(crate) blanked: &'static str,
}

const ENGLISH: Words = Words {
    is_ja: false,
    count: "count",
    base: "base",
    base_rule: "base rule",
    part: "part",
    total: "total",
    units: "units, not weighted",
    unweighted: "not weighted",
    measure: "measure",
    value: "value",
    of_some: "some of the figures: ",
    reconstructed: "reconstructed wording, not the issuer's",
    unreliable: "on a small base (unreliable)",
    blanked: "left out: the base is too small (blanked)",
};

const JAPANESE: Words = Words {
    is_ja: true,
    count: "度数",
    base: "母数",
    base_rule: "母数の定義",
    part: "集計区分",
    total: "全体",
    units: "集計単位数（加重なし）",
    unweighted: "加重なし",
    measure: "統計量",
    value: "値",
    of_some: "一部の数値：",
    reconstructed: "再現した文言（調査主体の文言ではない）",
    unreliable: "母数が小さい（参考値）",
    blanked: "母数が小さいため表示しない",
};

impl Words {
    /// The words of a language; English where there are none in it.
    pub(crate) fn of(language: &str) -> &'static Self {
        match language {
            "ja" => &JAPANESE,
            _ => &ENGLISH,
        }
    }

    /// A base with whom it is made of, for example `base 8 who answered`.
    pub(crate) fn base_of(&self, base: &str, rule: BaseRule) -> String {
        match self.is_ja {
            true => format!("母数 {base}（{}）", self.rule(rule)),
            false => format!("base {base} {}", self.rule(rule)),
        }
    }

    /// The same where each option has its own.
    pub(crate) fn base_per_option(&self, rule: BaseRule) -> String {
        match self.is_ja {
            true => format!("母数は選択肢ごと（{}）", self.rule(rule)),
            false => format!("base per option, {}", self.rule(rule)),
        }
    }

    /// The same without a number, for the row of bases.
    pub(crate) fn base_row(&self, rule: BaseRule) -> String {
        match self.is_ja {
            true => format!("母数（{}）", self.rule_name(rule)),
            false => format!("base ({})", self.rule_name(rule)),
        }
    }

    /// What is broken down by; `title` is that of the question called `name`.
    pub(crate) fn what(&self, title: &str, name: &str) -> String {
        if title == name { name.to_owned() } else { format!("{title} ({name})") }
    }

    /// The same above a block of a cross table.
    pub(crate) fn by(&self, title: &str, name: &str) -> String {
        let what = self.what(title, name);
        match self.is_ja {
            true => format!("集計区分: {what}"),
            false => format!("by {what}"),
        }
    }

    /// That figures are weighted, by which question.
    pub(crate) fn weighted(&self, weight: &str) -> String {
        if self.is_ja { format!("ウエイト：{weight}") } else { format!("weighted by {weight}") }
    }

    /// That only some units are in the base.
    pub(crate) fn only(&self, condition: &str) -> String {
        if self.is_ja {
            format!("集計対象：{condition}")
        } else {
            format!("only units where {condition}")
        }
    }

    /// That only some units are counted.
    pub(crate) fn counted(&self, condition: &str) -> String {
        if self.is_ja {
            format!("計数の対象：{condition}")
        } else {
            format!("counted where {condition}")
        }
    }

    fn rule(&self, rule: BaseRule) -> &'static str {
        match (rule, self.is_ja) {
            (BaseRule::Answered, false) => "who answered",
            (BaseRule::Answered, true) => "回答者",
            (BaseRule::Asked, false) => "who were asked",
            (BaseRule::Asked, true) => "対象者、無回答・無効回答を含む",
            (BaseRule::AskedWithoutInvalid, false) => "who were asked, without invalid answers",
            (BaseRule::AskedWithoutInvalid, true) => "対象者、無効回答を除く",
            (BaseRule::AskedWithoutNoAnswer, false) => "who were asked, without those who gave no answer",
            (BaseRule::AskedWithoutNoAnswer, true) => "対象者、無回答を除く",
            (BaseRule::All, false) => "in all, asked or not",
            (BaseRule::All, true) => "全ての集計単位",
            (BaseRule::Mentions, false) => "marks",
            (BaseRule::Mentions, true) => "回答の延べ数",
            (BaseRule::OnScale, false) => "who answered on the scale",
            (BaseRule::OnScale, true) => "尺度上の回答者",
            (BaseRule::Row, false) => "who answered the row",
            (BaseRule::Row, true) => "その行の回答者",
            (BaseRule::ScalePoint, false) => "answers at the option",
            (BaseRule::ScalePoint, true) => "その選択肢の延べ数",
            (BaseRule::Rank, false) => "ranks given",
            (BaseRule::Rank, true) => "付けられた順位の延べ数",
            (BaseRule::Across, false) => "in all parts",
            (BaseRule::Across, true) => "全区分の合計",
            (BaseRule::Groups, false) => "in groups with a base",
            (BaseRule::Groups, true) => "母数のあるグループ",
            (BaseRule::Covered, false) => "who are known for all of it",
            (BaseRule::Covered, true) => "全ての条件が分かる集計単位",
            (BaseRule::Questions, false) => "in the base of the questions named",
            (BaseRule::Questions, true) => "指定した設問の母数",
            (BaseRule::Among, false) => "of whom its condition holds",
            (BaseRule::Among, true) => "条件を満たす集計単位",
        }
    }

    /// The rule of a base in a column of its own: in English its name in CSV.
    pub(crate) fn rule_name(&self, rule: BaseRule) -> &'static str {
        match (rule, self.is_ja) {
            (rule, false) => rule.as_str(),
            (BaseRule::Asked, true) => "対象者",
            (rule, true) => self.rule(rule),
        }
    }

    /// What a value is: in English its name in CSV.
    pub(crate) fn measure(&self, kind: MeasureKind) -> &'static str {
        match kind {
            kind if !self.is_ja => kind.as_str(),
            MeasureKind::Count => "度数",
            MeasureKind::Share => "構成比",
            MeasureKind::ShareAcross => "構成比（横）",
            MeasureKind::ShareWhole => "構成比（全体）",
            MeasureKind::Mean => "平均",
            MeasureKind::MeanRescaled => "平均（換算）",
            MeasureKind::Median => "中央値",
            MeasureKind::Sum => "合計",
            MeasureKind::Min => "最小値",
            MeasureKind::Max => "最大値",
            MeasureKind::NetScore => "ネットスコア",
            MeasureKind::ShareEqualGroups => "グループの構成比の単純平均",
            MeasureKind::ShareFrameWeighted => "グループの構成比の加重平均（名簿）",
            MeasureKind::ShareEarlier => "前回の構成比",
            MeasureKind::ShareLater => "今回の構成比",
            MeasureKind::ChangePoints => "増減（ポイント）",
            MeasureKind::ChangePercent => "増減率（%）",
            MeasureKind::ChangePrinted => "公表値の差（ポイント）",
            MeasureKind::MeanEarlier => "前回の平均",
            MeasureKind::MeanLater => "今回の平均",
            MeasureKind::ChangeMean => "平均の増減",
            MeasureKind::ChangeMeanPrinted => "公表値の平均の差",
        }
    }

    /// A note of a figure. What the program itself says there in English is said in the language.
    pub(crate) fn note<'n>(&self, note: &'n str) -> Cow<'n, str> {
        match note.strip_prefix("without base: ") {
            Some(groups) if self.is_ja => {
                format!("母数のないグループ：{}", groups.replace(", ", "、")).into()
            }
            _ => note.into(),
        }
    }

    /// What a reader must know: in English its name in CSV.
    pub(crate) fn flag(&self, flag: Flag) -> &'static str {
        match flag {
            flag if !self.is_ja => flag.as_str(),
            Flag::Synthetic => "合成データ",
            Flag::Reconstructed => "再現した文言",
            Flag::BaseZero => "母数なし",
            Flag::Unreliable => "母数が小さい",
            Flag::Blanked => "母数が小さいため表示しない",
            Flag::IncludesNotMapped => "対応のない集計単位を含む",
            Flag::AggregatesLeftOut => "個票のない集計値を含まない",
            Flag::WeightMissing => "ウェイトのない集計単位がある",
            Flag::DefinitionChanged => "定義の変更",
            Flag::NotCompared => "比較しない",
            Flag::Broken => "断絶",
        }
    }
}
