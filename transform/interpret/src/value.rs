//! One answer that is written as a text: a number, words, a date, a time.

use shukei_schemas::definition::{Formats, Kind};
use shukei_schemas::{Code, moment};

use crate::answer::{Answer, Value};
use crate::number;

/// Reads a text that is not blank, by the kind of its question.
pub(crate) fn read(text: &str, kind: &Kind, formats: &Formats) -> Result<Answer, Code> {
    match kind {
        Kind::Number { .. } => match (formats.decimal, formats.thousands) {
            (None | Some('.'), None) => number::read(text, kind),
            (decimal, thousands) => number::read(&plain_number(text, decimal, thousands)?, kind),
        },
        Kind::Text { chars_max } => words(text, *chars_max),
        Kind::Date { precision, earliest, latest } => {
            let day = moment::date(text.trim(), &formats.dates, *precision).ok_or(Code::DateInvalid)?;
            if earliest.is_some_and(|first| day < first) || latest.is_some_and(|last| day > last) {
                return Err(Code::DateOutOfRange);
            }
            Ok(Answer::answered(Value::Date(day)))
        }
        Kind::Datetime { zone } => {
            let time = moment::datetime(text.trim(), &formats.dates, zone).ok_or(Code::DateInvalid)?;
            Ok(Answer::answered(Value::Moment(time)))
        }
        Kind::Time => {
            let time = moment::time(text.trim(), &formats.dates).ok_or(Code::DateInvalid)?;
            Ok(Answer::answered(Value::Text(moment::time_text(time))))
        }
        _ => Err(Code::AnswerType),
    }
}

/// Words, as they came.
pub(crate) fn words(text: &str, chars_max: Option<usize>) -> Result<Answer, Code> {
    if text.trim().is_empty() {
        Ok(Answer::none())
    } else if chars_max.is_some_and(|max| text.chars().count() > max) {
        Err(Code::TextTooLong)
    } else {
        Ok(Answer::answered(Value::Text(text.to_owned())))
    }
}

/// A number with a point and nothing else. Digits must be grouped by three, or not at all.
fn plain_number(text: &str, decimal: Option<char>, thousands: Option<char>) -> Result<String, Code> {
    let decimal = decimal.unwrap_or('.');
    let text = text.trim();
    let (whole, fraction) = match text.split_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    // A point that is not the decimal mark must not pass as one.
    if decimal != '.'
        && (fraction.is_some_and(|f| f.contains('.')) || (whole.contains('.') && thousands != Some('.')))
    {
        return Err(Code::NumberInvalid);
    }
    let mut plain = String::with_capacity(text.len());
    match thousands {
        Some(thousands) if whole.contains(thousands) => {
            let digits = whole.trim_start_matches(['-', '+']);
            let mut groups = digits.split(thousands);
            let first = groups.next().map_or(0, str::len);
            if !(1..=3).contains(&first) || groups.any(|group| group.len() != 3) {
                return Err(Code::NumberInvalid);
            }
            plain.extend(whole.chars().filter(|c| *c != thousands));
        }
        _ => plain.push_str(whole),
    }
    if let Some(fraction) = fraction {
        plain.push('.');
        plain.push_str(fraction);
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::type_complexity, reason = "a case is a row")]
    fn separators_count_only_where_they_are_declared_and_stand_right() {
        let cases: &[(&str, Option<char>, Option<char>, Option<i128>)] = &[
            ("1,5", Some(','), None, Some(150)),
            ("1.5", Some(','), None, None),
            ("1.234,5", Some(','), Some('.'), Some(123_450)),
            ("1,234.5", None, Some(','), Some(123_450)),
            ("-1,234", None, Some(','), Some(-123_400)),
            ("1,23", None, Some(','), None),
            ("12,34,567", None, Some(','), None),
            ("1234", None, Some(','), Some(123_400)),
            ("1 234", None, Some(' '), Some(123_400)),
            ("1,234", None, None, None),
            ("1.234.5", Some(','), None, None),
        ];
        let kind = Kind::Number { decimals: 2, min: None, max: None };
        for (text, decimal, thousands, wanted) in cases {
            let formats = Formats { decimal: *decimal, thousands: *thousands, dates: Vec::new() };
            let got = match read(text, &kind, &formats).map(|answer| answer.value) {
                Ok(Value::Number(number)) => Some(number),
                _ => None,
            };
            assert_eq!(got, *wanted, "{text}");
        }
    }
}
