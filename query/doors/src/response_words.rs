//! The words of the table of response rates.

use std::borrow::Cow;

use shukei_query::ResponseFlag;

/// The words of one language.
pub(crate) struct ResponseWords {
    is_ja: bool,
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
    is_ja: false,
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
    is_ja: true,
    title: "回収率",
    synthetic: "合成データ",
    columns: ["収集方法", "依頼数", "対象外", "拒否", "回収数", "他の方法"],
    more: ["期限後", "完全", "一部", "白紙"],
    legend: "他の方法 = ほかの方法で届いたもの（回収率に含めない）",
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

    /// The formula of the rates, in the names of the columns.
    pub(crate) fn formula<'f>(&self, formula: &'f str) -> Cow<'f, str> {
        let names = [
            ("answered", self.columns[4]),
            ("complete", self.more[1]),
            ("invited", self.columns[1]),
            ("out_of_scope", self.columns[2]),
        ];
        match self.is_ja {
            true => {
                names.iter().fold(formula.to_owned(), |text, (name, word)| text.replace(name, word)).into()
            }
            false => formula.into(),
        }
    }

    /// What a reader must know: in English its name in CSV.
    pub(crate) fn flag(&self, flag: ResponseFlag) -> &'static str {
        match flag {
            flag if !self.is_ja => flag.as_str(),
            ResponseFlag::NoInvitedCount => "依頼数が分からない",
            ResponseFlag::BaseZero => "母数なし",
            ResponseFlag::MoreThanInvited => "回収数が依頼数を超える",
            ResponseFlag::NotInFrame => "名簿にない、または対象外の回答がある",
        }
    }

    /// Which rows a total takes. `takes` is the column of CSV, in English, for example
    /// `2 of 3 groups; without an invited count: gas`.
    pub(crate) fn takes<'t>(&self, takes: &'t str) -> Cow<'t, str> {
        if !self.is_ja {
            return takes.into();
        }
        if takes == "every unit that counts, however it was collected" {
            return "収集方法を問わず、集計対象の全ての集計単位".into();
        }
        let (groups, without) = match takes.split_once("; without an invited count: ") {
            Some((groups, names)) => (groups, Some(names)),
            None => (takes, None),
        };
        let Some((taken, all)) = groups.strip_suffix(" groups").and_then(|groups| groups.split_once(" of "))
        else {
            return takes.into();
        };
        match without {
            None => format!("{all}グループのうち{taken}").into(),
            Some(names) => {
                let names = names.replace(", ", "、");
                format!("{all}グループのうち{taken}（依頼数が分からないもの：{names}）").into()
            }
        }
    }
}
