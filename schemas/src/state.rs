//! The states of an answer. They are never merged.

use serde::{Deserialize, Serialize};

/// What is known of one unit's answer to one question (回答状態).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// An answer that the form allows.
    Answered,
    /// Asked and left blank (無回答).
    NoAnswer,
    /// Routing did not reach the question (非該当).
    NotAsked,
    /// What collected the unit does not cover the question (対応なし).
    NotMapped,
    /// An answer that the form does not allow (不正).
    Invalid,
    /// A multiple-answer question without any mark, where every option was said to be unmarked; an item of a ranking
    /// without a rank, where others have one.
    NothingMarked,
    /// A word or a code that says "no answer", such as `-99` or "refused" (回答しない).
    StatedNoAnswer,
}

impl State {
    /// Every state, in the order of their codes.
    pub const ALL: [State; 7] = [
        State::Answered,
        State::NoAnswer,
        State::NotAsked,
        State::NotMapped,
        State::Invalid,
        State::NothingMarked,
        State::StatedNoAnswer,
    ];

    /// The number stored in `_state` columns.
    pub fn code(self) -> i8 {
        match self {
            State::Answered => 1,
            State::NoAnswer => 2,
            State::NotAsked => 3,
            State::NotMapped => 4,
            State::Invalid => 5,
            State::NothingMarked => 6,
            State::StatedNoAnswer => 7,
        }
    }

    /// The state of a stored number.
    pub fn from_code(code: i8) -> Option<State> {
        State::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The name in definitions, SQL and CSV.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Answered => "answered",
            State::NoAnswer => "no_answer",
            State::NotAsked => "not_asked",
            State::NotMapped => "not_mapped",
            State::Invalid => "invalid",
            State::NothingMarked => "nothing_marked",
            State::StatedNoAnswer => "stated_no_answer",
        }
    }

    /// The words for people.
    pub fn label(self, language: &str) -> &'static str {
        match (self, language) {
            (State::Answered, "ja") => "回答あり",
            (State::NoAnswer, "ja") => "無回答",
            (State::NotAsked, "ja") => "非該当",
            (State::NotMapped, "ja") => "対応なし",
            (State::Invalid, "ja") => "無効回答",
            (State::NothingMarked, "ja") => "選択なし",
            (State::StatedNoAnswer, "ja") => "無回答（明示）",
            (State::Answered, _) => "answered",
            (State::NoAnswer, _) => "no answer",
            (State::NotAsked, _) => "not asked",
            (State::NotMapped, _) => "not mapped",
            (State::Invalid, _) => "invalid",
            (State::NothingMarked, _) => "nothing marked",
            (State::StatedNoAnswer, _) => "no answer (stated)",
        }
    }
}
