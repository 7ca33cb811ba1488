//! Formats of dates beyond strftime: years of Japanese eras (和暦) and the serial numbers of spreadsheets; and what makes a
//! format one that reads something else than it says.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::fmt::strtime;

/// The format of dates that spreadsheets keep as numbers: days since 1899-12-30, with the time as a fraction.
pub const EXCEL: &str = "excel";

/// An era and its year, in the letters of strftime.
const ERA_YEAR: &str = "%EC%Ey";

/// A name of an era, its letter, and its first day. An era ends on the day on which the next begins, which is of both.
/// Source: Era Name Act (昭和五十四年法律第四十三号) and the proclamations of the eras; Meiji by the Gregorian calendar, which
/// Japan has used since 1873, from the beginning of 1868.
const ERAS: [(&str, char, Date); 5] = [
    ("令和", 'R', Date::constant(2019, 5, 1)),
    ("平成", 'H', Date::constant(1989, 1, 8)),
    ("昭和", 'S', Date::constant(1926, 12, 25)),
    ("大正", 'T', Date::constant(1912, 7, 30)),
    ("明治", 'M', Date::constant(1868, 1, 1)),
];

/// The days of an era, both ends included.
type Days = Option<(Date, Date)>;

/// A text and its format with the year of an era written as that of our reckoning, and the days that the era has.
/// Unchanged where the format asks for none. `None` if the text has no such year.
pub(crate) fn western<'a>(text: &'a str, format: &'a str) -> Option<(Cow<'a, str>, Cow<'a, str>, Days)> {
    let Some(at) = format.find(ERA_YEAR) else {
        return Some((Cow::Borrowed(text), Cow::Borrowed(format), None));
    };
    let (before, behind) = (&format[..at], &format[at + ERA_YEAR.len()..]);
    let text = text.strip_prefix(before)?.trim_start();
    let (place, rest) = ERAS.iter().enumerate().find_map(|(place, (name, letter, _))| {
        let by_letter = || {
            let mut chars = text.chars();
            chars.next().filter(|first| first.eq_ignore_ascii_case(letter)).map(|_| chars.as_str())
        };
        text.strip_prefix(name).or_else(by_letter).map(|rest| (place, rest))
    })?;
    let rest = rest.trim_start_matches(['.', ' ']);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (year, rest) = match rest.strip_prefix('元') {
        Some(rest) => (1, rest),
        None => (rest[..digits].parse::<i16>().ok()?, &rest[digits..]),
    };
    let first = ERAS[place].2;
    let last = place.checked_sub(1).map_or(Date::MAX, |next| ERAS[next].2);
    let western = first.year().checked_add(year.checked_sub(1)?)?;
    if year < 1 || western > last.year() {
        return None;
    }
    let text = Cow::Owned(format!("{before}{western:04}{rest}"));
    Some((text, Cow::Owned(format!("{before}%Y{behind}")), Some((first, last))))
}

/// The days and the seconds of a spreadsheet's number. Those before March 1900 are left to nobody: spreadsheets count a
/// 29 February 1900 that never was.
pub(crate) fn serial(text: &str) -> Option<(i32, i64)> {
    let (days, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if days.is_empty() || days.len() > 7 || fraction.len() > 15 || !all_digits(days) || !all_digits(fraction)
    {
        return None;
    }
    /// Days from 1899-12-30 to 1970-01-01.
    const TO_1970: i32 = 25_569;
    let days: i32 = days.parse().ok().filter(|days| *days > 60)?;
    let ten = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let part: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    // A time is kept as a fraction of a day, so the nearest second is meant.
    let seconds = (part * 86_400 * 2 + ten) / (ten * 2);
    Some((days - TO_1970, i64::try_from(seconds).ok()?))
}

/// Why a format is none, or would read something else than it says; with what to write.
pub(crate) fn problem(format: &str) -> Option<(String, &'static str)> {
    const LETTERS: &str =
        "use the letters of strftime (%Y %m %d %H %M %S …), `%EC%Ey` for an era and its year, or `excel`";
    if format == EXCEL {
        return None;
    }
    let plain = format.replacen(ERA_YEAR, "%Y", 1);
    if ERAS.iter().any(|(name, ..)| format.contains(name)) {
        let message = format!("`{format}` names an era, so its year would be read as one of our reckoning");
        return Some((
            message,
            "write `%EC%Ey` in the place of the era and its year: it reads 令和6, R6 and 令和元",
        ));
    }
    let letters = ["R", "H", "S", "T", "M"].map(|letter| format!("{letter}%y"));
    if letters.iter().any(|era| format.starts_with(era.as_str())) {
        let message =
            format!("`{format}` has a letter before `%y`, which is a year of two digits of 1969 to 2068");
        return Some((message, "for an era and its year write `%EC%Ey`: it reads R6, H30 and 令和6"));
    }
    if !plain.contains('%') {
        return Some((format!("`{format}` is no format of a date or a time"), LETTERS));
    }
    // What can be written by a format can be read by it.
    let sample = Date::constant(2024, 10, 3).at(21, 45, 57, 0).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    let read = strtime::format(&plain, &sample).ok().filter(|text| strtime::parse(&plain, text).is_ok());
    match read {
        Some(_) => None,
        None => Some((format!("`{format}` is no format of a date or a time"), LETTERS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_read_something_else_are_found() {
        for (format, part) in [
            ("%Y-%m-%d", ""),
            ("%d/%m/%y %I:%M %p", ""),
            ("%Y年%m月%d日", ""),
            ("%EC%Ey年%m月%d日", ""),
            ("%EC%Ey.%m.%d", ""),
            ("%Y-%m-%dT%H:%M:%S%z", ""),
            ("excel", ""),
            ("令和%y年%m月%d日", "names an era"),
            ("R%y.%m.%d", "letter before `%y`"),
            ("%EY年%m月%d日", "is no format"),
            ("%!", "is no format"),
            ("YYYY-MM-DD", "is no format"),
        ] {
            let found = problem(format).map_or(String::new(), |(message, _)| message);
            assert!(found.contains(part) && found.is_empty() == part.is_empty(), "{format}: {found}");
        }
    }

    #[test]
    fn numbers_of_spreadsheets_are_days_and_seconds() {
        for (text, wanted) in [
            ("45568", Some((19_999, 0))),
            ("61", Some((-25_508, 0))),
            ("60", None),
            ("45568.5", Some((19_999, 43_200))),
            ("45568.3958333333", Some((19_999, 34_200))),
            ("4556x", None),
            ("-5", None),
            ("", None),
            (".5", None),
        ] {
            assert_eq!(serial(text), wanted, "{text}");
        }
    }
}
