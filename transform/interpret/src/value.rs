//! One answer that is written as a text: a number, words, a date, a time.

use std::borrow::Cow;

use shukei_schemas::decimal::rounded;
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

/// Reads a cell that is not blank: as [`read`], but a number may be words that mean one, have signs and units around it,
/// and an exponent, as long as it comes to a number that the question keeps.
pub(crate) fn read_cell(text: &str, kind: &Kind, formats: &Formats) -> Result<Answer, Code> {
    if !matches!(kind, Kind::Number { .. }) {
        return read(text, kind, formats);
    }
    if let Some(value) = formats.values.get(text) {
        return number::read(value, kind);
    }
    let bare = stripped(text.trim(), &formats.strip);
    let plain = match (formats.decimal, formats.thousands) {
        (None | Some('.'), None) => bare,
        (decimal, thousands) => Cow::Owned(plain_number(&bare, decimal, thousands)?),
    };
    let plain = match plain.split_once(['e', 'E']) {
        None => plain,
        Some((digits, exponent)) => Cow::Owned(shifted(digits, exponent).ok_or(Code::NumberInvalid)?),
    };
    let plain = pointed(plain);
    match (kind, formats.round) {
        (Kind::Number { decimals, .. }, true) => {
            number::read(&rounded(&plain, usize::from(*decimals)).map_or(plain, Cow::Owned), kind)
        }
        _ => number::read(&plain, kind),
    }
}

/// A number whose point stands at one end, as statistics programs write it: `.5` and `7.` are `0.5` and `7`.
fn pointed(text: Cow<'_, str>) -> Cow<'_, str> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(&text);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let sign = &text[..text.len() - unsigned.len()];
    match (unsigned.strip_prefix('.'), unsigned.strip_suffix('.')) {
        (Some(fraction), _) if digits(fraction) => Cow::Owned(format!("{sign}0.{fraction}")),
        (_, Some(whole)) if digits(whole) => Cow::Owned(format!("{sign}{whole}")),
        _ => text,
    }
}

/// A text without the signs and units around it; a sign of the number may stand before them.
fn stripped<'a>(text: &'a str, strip: &[String]) -> Cow<'a, str> {
    if strip.is_empty() {
        return Cow::Borrowed(text);
    }
    let bare = |mut rest: &'a str| loop {
        let before = rest;
        for sign in strip {
            rest = rest.strip_prefix(sign.as_str()).unwrap_or(rest).trim();
            rest = rest.strip_suffix(sign.as_str()).unwrap_or(rest).trim();
        }
        if rest == before {
            return rest;
        }
    };
    let rest = bare(text);
    match rest.strip_prefix(['-', '+']) {
        Some(behind) if bare(behind) != behind => Cow::Owned(format!("{}{}", &rest[..1], bare(behind))),
        _ => Cow::Borrowed(rest),
    }
}

/// Digits with their point moved by an exponent: `1.5` and `+03` are `1500`.
fn shifted(digits: &str, exponent: &str) -> Option<String> {
    let by: i32 = exponent.parse().ok().filter(|by: &i32| by.abs() <= EXPONENT_MAX)?;
    let unsigned = digits.strip_prefix(['-', '+']).unwrap_or(digits);
    let sign = &digits[..digits.len() - unsigned.len()];
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let zeros = "0".repeat(by.unsigned_abs() as usize);
    let (mut all, mut point) = (format!("{whole}{fraction}"), whole.len());
    if by < 0 {
        (all, point) = (format!("{zeros}{all}"), point + zeros.len());
    } else {
        all.push_str(&zeros);
    }
    let point = usize::try_from(i32::try_from(point).ok()? + by).ok()?;
    Some(format!("{sign}{}.{}", &all[..point], &all[point..]))
}

/// A greater exponent comes to no number that is kept.
const EXPONENT_MAX: i32 = 30;

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
            let formats = Formats { decimal: *decimal, thousands: *thousands, ..Formats::default() };
            let got = match read(text, &kind, &formats).map(|answer| answer.value) {
                Ok(Value::Number(number)) => Some(number),
                _ => None,
            };
            assert_eq!(got, *wanted, "{text}");
        }
    }

    #[test]
    fn a_cell_may_write_a_number_in_words_with_units_or_an_exponent() {
        let formats = Formats {
            thousands: Some(','),
            values: [("less than 1".to_owned(), "0".to_owned()), ("lots".to_owned(), "2000000".to_owned())]
                .into(),
            strip: ["$", "%", "代", "about"].map(str::to_owned).to_vec(),
            ..Formats::default()
        };
        let kind = Kind::Number { decimals: 1, min: Some(-40_000), max: Some(1_000_000) };
        let cases: &[(&str, Result<i128, Code>)] = &[
            ("less than 1", Ok(0)),
            ("lots", Err(Code::NumberOutOfRange)),
            ("less", Err(Code::NumberInvalid)),
            ("$32,000", Ok(320_000)),
            ("-$32,000", Ok(-320_000)),
            ("$ -7.5", Ok(-75)),
            ("12%", Ok(120)),
            ("about 30代", Ok(300)),
            ("$", Err(Code::NumberInvalid)),
            ("3 $ 4", Err(Code::NumberInvalid)),
            ("€5", Err(Code::NumberInvalid)),
            ("1e+05", Ok(1_000_000)),
            ("1.5E3", Ok(15_000)),
            ("25e-1", Ok(25)),
            ("-25e-1", Ok(-25)),
            ("1e-1", Ok(1)),
            ("1e-2", Err(Code::NumberInvalid)),
            ("1e9", Err(Code::NumberOutOfRange)),
            (".5", Ok(5)),
            ("-.5", Ok(-5)),
            ("7.", Ok(70)),
            (".", Err(Code::NumberInvalid)),
            ("1e99999999999", Err(Code::NumberInvalid)),
            ("e5", Err(Code::NumberInvalid)),
            ("1e", Err(Code::NumberInvalid)),
            ("1e5e5", Err(Code::NumberInvalid)),
            ("1.e5", Err(Code::NumberInvalid)),
        ];
        let rounding = Formats { round: true, ..formats.clone() };
        let rounded = read_cell("$1,234.56", &kind, &rounding).map(|answer| answer.value);
        assert_eq!(rounded, Ok(Value::Number(12_346)));
        assert_eq!(read_cell("1.25e-1", &kind, &rounding).map(|answer| answer.value), Ok(Value::Number(1)));
        for (text, wanted) in cases {
            let got = read_cell(text, &kind, &formats).map(|answer| match answer.value {
                Value::Number(number) => number,
                other => panic!("{other:?}"),
            });
            assert_eq!(got, *wanted, "{text}");
        }
    }
}
