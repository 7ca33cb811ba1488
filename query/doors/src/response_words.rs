//! The words of the table of response rates.

/// The words of one language.
pub(crate) struct ResponseWords {
    pub(crate) title: &'static str,
    pub(crate) synthetic: &'static str,
    /// The names of the columns behind that of the group.
    pub(crate) columns: [&'static str; 6],
    /// Those that not every wave has.
    pub(crate) more: [&'static str; 4],
    pub(crate) legend: &'static str,
    pub(crate) no_group: &'static str,
    pub(crate) total_form: &'static str,
    pub(crate) total_across: &'static str,
    pub(crate) total: &'static str,
}

const ENGLISH: ResponseWords = ResponseWords {
    title: "response rates",
    synthetic: "synthetic",
    columns: ["method", "invited", "out", "refused", "answered", "otherwise"],
    more: ["late", "complete", "partial", "blank"],
    legend: "out = out_of_scope; otherwise = came another way, in no rate",
    no_group: "no known group",
    total_form: "total, own form",
    total_across: "total, read across",
    total: "total",
};

const JAPANESE: ResponseWords = ResponseWords {
    title: "回収率",
    synthetic: "合成データ (synthetic)",
    columns: ["収集方法", "依頼数", "対象外", "拒否", "回収数", "他の方法"],
    more: ["期限後", "完全", "一部", "白紙"],
    legend: "対象外 = out_of_scope、他の方法 = ほかの方法で届いたもの（回収率に含めない）",
    no_group: "グループ不明",
    total_form: "合計（自らの調査票）",
    total_across: "合計（読み替え）",
    total: "合計",
};

impl ResponseWords {
    /// The words of a language; English where there are none in it.
    pub(crate) fn of(language: &str) -> &'static Self {
        match language {
            "ja" => &JAPANESE,
            _ => &ENGLISH,
        }
    }
}
