use super::form::{Precision, is_reconstructed, marked_words};
use super::premise::Premise;
use super::text::Text;
use crate::decimal::{VALUE_DECIMALS, scaled};
use crate::moment;

/// The code of the option that stands for texts outside the list (`unlisted: other`).
pub const UNLISTED_CODE: i16 = i16::MAX;

/// What kind of answer a question takes.
#[derive(Clone, Debug)]
pub enum Kind {
    /// One option (単一回答).
    Single {
        /// In printed order.
        options: Vec<Choice>,
    },
    /// Any number of options (複数回答).
    Multiple {
        /// In printed order; an option's place is its bit in the stored masks.
        options: Vec<Choice>,
    },
    /// One option per row, all rows on one scale.
    Grid {
        /// In printed order.
        rows: Vec<Row>,
        /// The scale, in printed order.
        options: Vec<Choice>,
    },
    /// One point of a numeric scale.
    Rating {
        /// The points, in printed order; those outside the scale have no value.
        options: Vec<Choice>,
    },
    /// A rank for each item.
    Ranking {
        /// The items, in printed order.
        rows: Vec<Row>,
        /// The ranks, from 1; the code is the rank.
        options: Vec<Choice>,
    },
    /// A number.
    Number {
        /// Digits after the point that are kept.
        decimals: u8,
        /// The least whole number allowed.
        min: Option<i64>,
        /// The greatest whole number allowed.
        max: Option<i64>,
    },
    /// Words.
    Text {
        /// The most characters allowed.
        chars_max: Option<usize>,
    },
    /// A day, a month or a year.
    Date {
        /// How exact it is.
        precision: Precision,
        /// The first day allowed, in days since 1970-01-01.
        earliest: Option<i32>,
        /// The last day allowed.
        latest: Option<i32>,
    },
    /// A point in time.
    Datetime {
        /// The zone of a time that names none.
        zone: String,
    },
    /// A time of day.
    Time,
}

impl Kind {
    /// The name in definitions and output.
    pub fn as_str(&self) -> &'static str {
        match self {
            Kind::Single { .. } => "single",
            Kind::Multiple { .. } => "multiple",
            Kind::Grid { .. } => "grid",
            Kind::Rating { .. } => "rating",
            Kind::Ranking { .. } => "ranking",
            Kind::Number { .. } => "number",
            Kind::Text { .. } => "text",
            Kind::Date { .. } => "date",
            Kind::Datetime { .. } => "datetime",
            Kind::Time => "time",
        }
    }

    /// The options; empty for kinds without.
    pub fn options(&self) -> &[Choice] {
        match self {
            Kind::Single { options }
            | Kind::Multiple { options }
            | Kind::Grid { options, .. }
            | Kind::Rating { options }
            | Kind::Ranking { options, .. } => options,
            Kind::Number { .. }
            | Kind::Text { .. }
            | Kind::Date { .. }
            | Kind::Datetime { .. }
            | Kind::Time => &[],
        }
    }

    pub(super) fn options_mut(&mut self) -> &mut [Choice] {
        match self {
            Kind::Single { options }
            | Kind::Multiple { options }
            | Kind::Grid { options, .. }
            | Kind::Rating { options }
            | Kind::Ranking { options, .. } => options,
            Kind::Number { .. }
            | Kind::Text { .. }
            | Kind::Date { .. }
            | Kind::Datetime { .. }
            | Kind::Time => &mut [],
        }
    }

    /// The rows of a grid, the items of a ranking; empty for other kinds.
    pub fn rows(&self) -> &[Row] {
        match self {
            Kind::Grid { rows, .. } | Kind::Ranking { rows, .. } => rows,
            _ => &[],
        }
    }

    pub(super) fn rows_mut(&mut self) -> &mut [Row] {
        match self {
            Kind::Grid { rows, .. } | Kind::Ranking { rows, .. } => rows,
            _ => &mut [],
        }
    }

    /// The option at the place of a code.
    pub fn place_of_code(&self, code: i64) -> Option<usize> {
        let options = self.options();
        // Most lists count from 1 up.
        let guess = usize::try_from(code).ok().and_then(|code| code.checked_sub(1));
        let is = |place: &usize| options.get(*place).is_some_and(|option| i64::from(option.code) == code);
        guess.filter(is).or_else(|| options.iter().position(|option| i64::from(option.code) == code))
    }

    /// What a condition or a band compares of an option: its value, or its code where no option has a value. What is not
    /// applicable, or has no value where others have one, is not on the scale.
    pub fn compared(&self, option: &Choice) -> Option<i128> {
        let has_values = self.options().iter().any(|known| known.value.is_some());
        match (option.not_applicable, has_values) {
            (true, _) => None,
            (false, true) => option.value,
            (false, false) => Some(option.compared()),
        }
    }

    /// A bound of a band or a condition in the units that answers of this kind are compared in: of a number its last
    /// digit, of a date days, of a datetime microseconds, of a time seconds, of options a billionth of their value.
    /// `None` if the text is none, or the kind has no order.
    pub fn bound(&self, text: &str) -> Option<i128> {
        match self {
            Kind::Number { decimals, .. } => scaled(text, usize::from(*decimals)),
            Kind::Date { .. } => moment::iso_date(text).map(i128::from),
            Kind::Datetime { zone } => moment::datetime(text, &[], zone).map(i128::from),
            Kind::Time => moment::time(text, &[]).map(i128::from),
            Kind::Single { .. } | Kind::Grid { .. } | Kind::Rating { .. } | Kind::Ranking { .. } => {
                scaled(text, VALUE_DECIMALS)
            }
            Kind::Multiple { .. } | Kind::Text { .. } => None,
        }
    }

    /// The first value behind a last one, in the same units: behind `2020` comes the first day of 2021.
    pub fn behind(&self, text: &str) -> Option<i128> {
        match self {
            Kind::Date { .. } => moment::iso_date_behind(text).map(i128::from),
            _ => self.bound(text).map(|last| last + 1),
        }
    }

    /// The same for the last value of a band, which takes the whole of a day that names no time.
    pub(super) fn behind_last(&self, text: &str) -> Option<i128> {
        match self {
            Kind::Datetime { zone } if moment::iso_date(text).is_some() => {
                moment::instant_behind(text, zone).map(i128::from)
            }
            _ => self.behind(text),
        }
    }
}

/// One option (選択肢).
#[derive(Clone, Debug)]
pub struct Choice {
    /// The stored code.
    pub code: i16,
    /// The words.
    pub label: Text,
    /// What it counts as in means, in billionths; none where it counts in shares only.
    pub value: Option<i128>,
    /// Whether it is outside the scale ("not applicable").
    pub not_applicable: bool,
    /// Whether it stands alone ("none of these").
    pub exclusive: bool,
    /// Whether it asks for words of one's own.
    pub other: bool,
    /// Whether no form prints it: the option that stands for texts outside the list.
    pub implied: bool,
    /// Who is offered it.
    pub ask_if: Option<Premise>,
    /// Where the wording comes from; that of the question if not given.
    pub origin: Option<String>,
    /// The group that it stands for, where the question is filled from the group.
    pub group: Option<String>,
    /// What a reader should know.
    pub note: Text,
}

impl Choice {
    /// An option with nothing but a code and words.
    pub fn new(code: i16, label: Text) -> Self {
        Self {
            code,
            label,
            value: None,
            not_applicable: false,
            exclusive: false,
            other: false,
            implied: false,
            ask_if: None,
            origin: None,
            group: None,
            note: Text::default(),
        }
    }

    /// The words as they are shown: marked where they are not the issuer's own.
    pub fn shown(&self, language: &str) -> String {
        marked_words(self.label.in_language(language), self.is_reconstructed())
    }

    /// Whether the words were never printed by the survey's issuer.
    pub fn is_reconstructed(&self) -> bool {
        self.origin.as_deref().is_some_and(is_reconstructed)
    }

    /// The value, or the code where there is none: what is compared where no option of the question has a value.
    pub(super) fn compared(&self) -> i128 {
        self.value.unwrap_or(i128::from(self.code) * 10i128.pow(VALUE_DECIMALS as u32))
    }
}

/// One row of a grid, or one item of a ranking.
#[derive(Clone, Debug)]
pub struct Row {
    /// The stored code, part of the column's name.
    pub code: i16,
    /// The words.
    pub label: Text,
    /// Who is asked it.
    pub ask_if: Option<Premise>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_without_a_value_is_on_no_scale_where_others_have_one() {
        let option = |code, value: Option<i128>, not_applicable| Choice {
            value: value.map(|value| value * 10i128.pow(VALUE_DECIMALS as u32)),
            not_applicable,
            ..Choice::new(code, Text::plain("x"))
        };
        let compared = |options: Vec<Choice>| -> Vec<Option<i128>> {
            let kind = Kind::Single { options };
            let all = kind.options().iter().map(|option| kind.compared(option));
            all.map(|value| value.map(|value| value / 10i128.pow(VALUE_DECIMALS as u32))).collect()
        };
        let plain = vec![option(1, None, false), option(2, None, false), option(9, None, true)];
        assert_eq!(compared(plain), [Some(1), Some(2), None]);
        let valued = vec![option(1, Some(5), false), option(2, Some(0), false), option(9, None, false)];
        assert_eq!(compared(valued), [Some(5), Some(0), None]);
    }
}
