//! The words of a report that come from no definition, in Japanese and English.

use shukei_query::{BaseRule, MeasureKind};

/// Stands in every file of a report.
pub const DISTRIBUTION: &str = "internal, not for release";

/// Words in one language. Any other language gets the English ones.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) language: &'static str,
    pub(crate) distribution: &'static str,
    pub(crate) synthetic: &'static str,
    pub(crate) report: &'static str,
    pub(crate) issuer: &'static str,
    pub(crate) reference_date: &'static str,
    pub(crate) front: &'static str,
    pub(crate) group: &'static str,
    pub(crate) target: &'static str,
    pub(crate) ministry: &'static str,
    pub(crate) answers: &'static str,
    pub(crate) invited: &'static str,
    pub(crate) rate: &'static str,
    pub(crate) own_form: &'static str,
    pub(crate) read_across: &'static str,
    pub(crate) method: &'static str,
    pub(crate) total: &'static str,
    pub(crate) headline: &'static str,
    pub(crate) questions: &'static str,
    pub(crate) question: &'static str,
    pub(crate) row: &'static str,
    pub(crate) code: &'static str,
    pub(crate) label: &'static str,
    pub(crate) base: &'static str,
    pub(crate) count: &'static str,
    pub(crate) percent: &'static str,
    pub(crate) notes: &'static str,
    pub(crate) no_base: &'static str,
    pub(crate) reconstructed: &'static str,
    pub(crate) source: &'static str,
    pub(crate) tables: &'static str,
    pub(crate) vector: &'static str,
    pub(crate) chart: &'static str,
    pub(crate) others: &'static str,
}

const JA: Words = Words {
    language: "ja",
    distribution: "内部資料・公表不可",
    synthetic: "合成データ：回答は全て作りものであり、実際の回答ではない",
    report: "集計報告",
    issuer: "調査実施者",
    reference_date: "調査基準日",
    front: "回答状況",
    group: "分野",
    target: "対象",
    ministry: "所管省庁",
    answers: "回答数",
    invited: "依頼数",
    rate: "回答率",
    own_form: "調査票による区分",
    read_across: "読み替えによる区分",
    method: "方法",
    total: "合計",
    headline: "主要設問",
    questions: "全設問",
    question: "設問",
    row: "行",
    code: "コード",
    label: "選択肢・状態",
    base: "母数",
    count: "度数",
    percent: "%",
    notes: "注",
    no_base: "- は母数が0のため構成比なし",
    reconstructed: "† 再現した文言（調査主体の文言ではない）",
    source: "出典",
    tables: "表の版",
    vector: "共通ベクトル",
    chart: "棒グラフ",
    others: "（表題なし）",
};

const EN: Words = Words {
    language: "en",
    distribution: DISTRIBUTION,
    synthetic: "SYNTHETIC: every answer is made up; nobody gave it",
    report: "Tabulation report",
    issuer: "Issuer",
    reference_date: "Reference date",
    front: "Who answered",
    group: "sector",
    target: "whom",
    ministry: "ministry in charge",
    answers: "answers",
    invited: "invited",
    rate: "response rate",
    own_form: "groups on the own form",
    read_across: "groups read across",
    method: "method",
    total: "total",
    headline: "Headline questions",
    questions: "All questions",
    question: "question",
    row: "row",
    code: "code",
    label: "option or state",
    base: "base",
    count: "count",
    percent: "%",
    notes: "notes",
    no_base: "- nobody is in the base, so there is no share",
    reconstructed: "† reconstructed wording, not the issuer's",
    source: "Source",
    tables: "Table versions",
    vector: "Common vector",
    chart: "Bar chart",
    others: "(no heading)",
};

impl Words {
    pub(crate) fn of(language: &str) -> &'static Self {
        match language {
            "ja" => &JA,
            _ => &EN,
        }
    }

    /// What a figure is, where it is neither a count nor a share.
    pub(crate) fn measure(&self, kind: MeasureKind) -> &'static str {
        match (self.language, kind) {
            ("ja", MeasureKind::Mean) => "平均",
            ("ja", MeasureKind::Sum) => "合計",
            ("ja", MeasureKind::Median) => "中央値",
            (_, other) => other.as_str(),
        }
    }

    /// Whom a base holds.
    pub(crate) fn base_rule(&self, rule: BaseRule) -> &'static str {
        match (self.language, rule.as_str()) {
            ("ja", "answered") => "回答した者",
            ("ja", "asked") => "尋ねた者（無回答・無効回答を含む）",
            ("ja", "asked_without_invalid") => "尋ねた者（無回答を含み、無効回答を除く）",
            ("ja", "asked_without_no_answer") => "尋ねた者（無効回答を含み、無回答を除く）",
            (_, "answered") => "who answered",
            (_, "asked") => "who were asked",
            (_, "asked_without_invalid") => "who were asked, without invalid answers",
            (_, "asked_without_no_answer") => "who were asked, without those who gave no answer",
            _ => rule.as_str(),
        }
    }
}
