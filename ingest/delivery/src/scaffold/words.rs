//! Words that files of surveys share, whatever they are about.

/// What a text that stands in the place of an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Missing {
    /// What programs write into an empty cell.
    Blank,
    /// That there is no answer.
    NoAnswer,
    /// That the question was not asked.
    NotAsked,
}

/// Whether a text, in its normal form, stands in the place of an answer.
pub(super) fn missing(key: &str) -> Option<Missing> {
    // No word here is longer, and most cells are.
    if key.len() > 24 {
        return None;
    }
    match key.to_lowercase().as_str() {
        "nan" | "null" | "-" | "--" | "ー" | "―" | "—" | "–" | "‐" | "−" => Some(Missing::Blank),
        "no answer" | "no response" | "not answered" | "無回答" | "未回答" | "回答なし" | "無記入" => {
            Some(Missing::NoAnswer)
        }
        "na" | "n/a" | "#n/a" | "<na>" | "not asked" | "not applicable" | "非該当" | "対象外" => {
            Some(Missing::NotAsked)
        }
        _ => None,
    }
}

/// Whether a text, in its normal form, says that an option is chosen (true) or that it is not (false).
pub(super) fn mark(key: &str) -> Option<bool> {
    match key.to_lowercase().as_str() {
        "1" | "true" | "yes" | "y" | "checked" | "selected" | "x" | "✓" | "✔" | "○" | "◯" | "〇" | "●"
        | "はい" | "選択" | "該当" => Some(true),
        "0" | "false" | "no" | "n" | "unchecked" | "not checked" | "not selected" | "unselected" | "×"
        | "いいえ" | "非選択" | "未選択" => Some(false),
        _ => None,
    }
}

/// Whether a label is that of an option that asks for words.
pub(super) fn is_other(label: &str) -> bool {
    let label = label.trim().to_lowercase();
    label == "-oth-" || label.starts_with("other") || label.contains("その他") || label.contains("specify")
}

/// Whether what stands behind the name of a question says that the column holds words of one's own.
pub(super) fn is_words(item: &str) -> bool {
    let item = item.trim().to_lowercase();
    let says = ["specify", "- text", "自由記述", "自由回答", "その他", "具体的"];
    let is = ["text", "other", "othertext", "comment", "other comment"];
    is.contains(&item.as_str()) || item.starts_with("other") || says.iter().any(|word| item.contains(word))
}

/// Whether a row below the header calls a column so that has one answer.
pub(super) fn is_response(sub: &str) -> bool {
    matches!(sub.trim().to_lowercase().as_str(), "response" | "open-ended response" | "回答" | "回答欄")
}

/// Whether a column's name is that of a weight.
pub(super) fn is_weight(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    let words: Vec<&str> = name.split(['_', '-', ' ', '.']).collect();
    let first_or_last = [words.first(), words.last()].into_iter().flatten();
    let said = first_or_last.copied().any(|word| ["weight", "weights", "wt", "wgt"].contains(&word));
    // "Your weight" is a question, "final_weight" a name.
    let is_name = words.len() == 1 || (!name.contains(' ') && words.len() <= 3);
    (said && is_name) || ["ウエイト", "ウェイト", "ウエート"].iter().any(|word| name.contains(word))
}

/// How surely a name, in its normal form, is that of the time when a submission was sent; less is surer.
pub(super) fn sent_rank(name: &str) -> Option<usize> {
    const NAMES: [&str; 20] = [
        "submitdate",
        "submit date",
        "submitted",
        "date submitted",
        "completed",
        "recordeddate",
        "recorded date",
        "回答日時",
        "送信日時",
        "完了日時",
        "timestamp",
        "タイムスタンプ",
        "enddate",
        "end date",
        "終了日時",
        "回答日",
        "datestamp",
        "startdate",
        "start date",
        "開始日時",
    ];
    let name = name.trim().to_lowercase();
    NAMES.iter().position(|known| name.starts_with(known))
}

/// Whether a name speaks of a scale.
pub(super) fn is_scale(name: &str) -> bool {
    let name = name.to_lowercase();
    let known =
        ["満足度", "おすすめ", "お薦め", "愛着", "段階", "how likely", "how satisfied", "scale of", "rating"];
    known.iter().any(|word| name.contains(word))
}

/// Whether a name speaks of ranks.
pub(super) fn is_ranking(name: &str) -> bool {
    let name = name.to_lowercase();
    ["rank", "order of preference", "順位", "順番"].iter().any(|word| name.contains(word))
}
