//! Dates and times of answers, read exactly as a format says; nothing is guessed.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

use crate::date_format;
use crate::definition::Precision;

/// A date by ISO 8601 as days since 1970-01-01. A month is its first day, and so is a year.
pub fn iso_date(text: &str) -> Option<i32> {
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i16>().ok();
    let digits = text.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let date = match (digits, text.len()) {
        (true, 4) => Date::new(part(0..4)?, 1, 1),
        (true, 7) => Date::new(part(0..4)?, i8::try_from(part(5..7)?).ok()?, 1),
        (true, 10) => {
            Date::new(part(0..4)?, i8::try_from(part(5..7)?).ok()?, i8::try_from(part(8..10)?).ok()?)
        }
        _ => return None,
    };
    days(date.ok()?)
}

/// The first day behind a day, a month or a year by ISO 8601.
pub fn iso_date_behind(text: &str) -> Option<i32> {
    use jiff::ToSpan;
    let span = match text.len() {
        4 => 1.year(),
        7 => 1.month(),
        _ => 1.day(),
    };
    days(date_of(iso_date(text)?)?.checked_add(span).ok()?)
}

/// A date of at least this precision, by ISO 8601 or, where formats are given, by the first of them that fits.
pub fn date(text: &str, formats: &[String], precision: Precision) -> Option<i32> {
    let day = if formats.is_empty() {
        let long_enough = match precision {
            Precision::Day => text.len() == 10,
            Precision::Month => text.len() >= 7,
            Precision::Year => text.len() >= 4,
        };
        iso_date(text).filter(|_| long_enough)?
    } else {
        formats.iter().find_map(|format| formatted_date(text, format, precision))?
    };
    truncated(day, precision)
}

fn formatted_date(text: &str, format: &str, precision: Precision) -> Option<i32> {
    if format == date_format::EXCEL {
        return date_format::serial(text).map(|(day, _)| day);
    }
    let (text, format, era) = date_format::western(text, format)?;
    let broken = strtime::parse(format.as_ref(), text.as_ref()).ok()?;
    let year = broken.year()?;
    let month = match (broken.month(), precision) {
        (Some(month), _) => month,
        (None, Precision::Year) => 1,
        _ => return None,
    };
    let day = match (broken.day(), precision) {
        (Some(day), _) => day,
        (None, Precision::Month | Precision::Year) => 1,
        _ => return None,
    };
    let date = Date::new(year, month, day).ok()?;
    // A year alone is of every era that it touches.
    let is_in_era = |(first, last): (Date, Date)| match precision {
        Precision::Day => first <= date && date <= last,
        Precision::Month | Precision::Year => date <= last,
    };
    days(date).filter(|_| era.is_none_or(is_in_era))
}

/// The first day of the month or the year.
pub fn truncated(day: i32, precision: Precision) -> Option<i32> {
    let date = date_of(day)?;
    match precision {
        Precision::Day => Some(day),
        Precision::Month => days(Date::new(date.year(), date.month(), 1).ok()?),
        Precision::Year => days(Date::new(date.year(), 1, 1).ok()?),
    }
}

/// A point in time as microseconds since 1970-01-01 UTC: RFC 3339 or ISO 8601, or the first format that fits; one that
/// names no offset is in the zone, and one without a time is midnight there.
pub fn datetime(text: &str, formats: &[String], zone: &str) -> Option<i64> {
    let civil = |civil: DateTime| {
        let zone = TimeZone::get(zone).ok()?;
        Some(zone.to_ambiguous_zoned(civil).compatible().ok()?.timestamp().as_microsecond())
    };
    if formats.is_empty() {
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            return Some(timestamp.as_microsecond());
        }
        return civil(text.parse::<DateTime>().ok()?);
    }
    formats.iter().find_map(|format| {
        if format == date_format::EXCEL {
            let (day, seconds) = date_format::serial(text)?;
            let midnight = date_of(day)?.to_datetime(Time::midnight());
            return civil(midnight.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()?);
        }
        let (text, format, _) = date_format::western(text, format)?;
        let broken = strtime::parse(format.as_ref(), text.as_ref()).ok()?;
        if let Ok(timestamp) = broken.to_timestamp() {
            return Some(timestamp.as_microsecond());
        }
        let date = broken.to_date().ok()?;
        civil(date.to_datetime(broken.to_time().unwrap_or(Time::midnight())))
    })
}

/// A point in time of a definition: a date is the midnight with which it begins in the zone, a month or a year its first.
pub fn instant(text: &str, zone: &str) -> Option<i64> {
    match iso_date(text) {
        Some(day) => midnight(day, zone),
        None => datetime(text, &[], zone),
    }
}

/// The same as an end: a date is the midnight with which it ends, a month or a year that of its last day.
pub fn instant_behind(text: &str, zone: &str) -> Option<i64> {
    match iso_date_behind(text) {
        Some(day) => midnight(day, zone),
        None => datetime(text, &[], zone),
    }
}

/// The moment with which a day begins in a zone.
pub fn midnight(day: i32, zone: &str) -> Option<i64> {
    let zoned = date_of(day)?.to_zoned(TimeZone::get(zone).ok()?).ok()?;
    Some(zoned.timestamp().as_microsecond())
}

/// The day of a point in time in a zone.
pub fn day_in(microseconds: i64, zone: &str) -> Option<i32> {
    let timestamp = Timestamp::from_microsecond(microseconds).ok()?;
    days(timestamp.to_zoned(TimeZone::get(zone).ok()?).date())
}

/// Year and month of a day.
pub fn year_and_month(day: i32) -> Option<(i16, i8)> {
    date_of(day).map(|date| (date.year(), date.month()))
}

/// The first day of a month; months outside a year are those of other years.
pub fn first_of_month(year: i16, month: i8) -> Option<i32> {
    let months = i32::from(year) * 12 + i32::from(month) - 1;
    let year = i16::try_from(months.div_euclid(12)).ok()?;
    days(Date::new(year, i8::try_from(months.rem_euclid(12)).ok()? + 1, 1).ok()?)
}

/// A day as `YYYY-MM-DD`.
pub fn iso_text(day: i32) -> Option<String> {
    date_of(day).map(|date| date.to_string())
}

/// A time of day as seconds since midnight: `HH:MM` or `HH:MM:SS`, or the first format that fits.
pub fn time(text: &str, formats: &[String]) -> Option<i32> {
    let time = if formats.is_empty() {
        let shape = matches!(text.len(), 5 | 8)
            && text.bytes().enumerate().all(|(at, byte)| match at {
                2 | 5 => byte == b':',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return None;
        }
        text.parse::<Time>().ok()?
    } else {
        formats.iter().find_map(|format| strtime::parse(format, text).ok()?.to_time().ok())?
    };
    Some(i32::from(time.hour()) * 3600 + i32::from(time.minute()) * 60 + i32::from(time.second()))
}

/// `HH:MM:SS` of seconds since midnight.
pub fn time_text(seconds: i32) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Whole years from a day to another; by the calendar year alone where the birth is known no better.
pub fn age(birth: i32, birth_precision: Precision, on: i32) -> Option<i64> {
    let (birth, on) = (date_of(birth)?, date_of(on)?);
    let years = i64::from(on.year()) - i64::from(birth.year());
    let not_yet = match birth_precision {
        Precision::Day => (on.month(), on.day()) < (birth.month(), birth.day()),
        Precision::Month => on.month() < birth.month(),
        Precision::Year => false,
    };
    Some(years - i64::from(not_yet))
}

/// The day of a point in time, in UTC.
pub fn day_of(microseconds: i64) -> Option<i32> {
    i32::try_from(microseconds.div_euclid(86_400_000_000)).ok()
}

fn epoch() -> Date {
    Date::constant(1970, 1, 1)
}

fn days(date: Date) -> Option<i32> {
    epoch().until((Unit::Day, date)).ok().map(|span| span.get_days())
}

fn date_of(day: i32) -> Option<Date> {
    use jiff::ToSpan;
    epoch().checked_add(i64::from(day).days()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_the_format_says_or_not_at_all() {
        use Precision::{Day, Month, Year};
        let cases: &[(&str, &str, Precision, Option<i32>)] = &[
            ("1970-01-02", "", Day, Some(1)),
            ("1969-12-31", "", Day, Some(-1)),
            ("2024-02-29", "", Day, Some(19_782)),
            ("2023-02-29", "", Day, None),
            ("1970-02", "", Month, Some(31)),
            ("1970-02-14", "", Month, Some(31)),
            ("1970-02", "", Day, None),
            ("1971", "", Year, Some(365)),
            ("02/01/1970", "", Day, None),
            ("02/01/1970", "%d/%m/%Y", Day, Some(1)),
            ("1/2/1970", "%m/%d/%Y", Day, Some(1)),
            ("1970年1月2日", "%Y年%m月%d日", Day, Some(1)),
            ("1970-01-02", "%d/%m/%Y", Day, None),
            ("2/1970", "%m/%Y", Month, Some(31)),
            ("令和6年10月3日", "%EC%Ey年%m月%d日", Day, Some(19_999)),
            ("令和 6年10月3日", "%EC%Ey年%m月%d日", Day, Some(19_999)),
            ("R06.10.03", "%EC%Ey.%m.%d", Day, Some(19_999)),
            ("r6.10.3", "%EC%Ey.%m.%d", Day, Some(19_999)),
            ("令和元年5月1日", "%EC%Ey年%m月%d日", Day, iso_date("2019-05-01")),
            ("平成31年4月30日", "%EC%Ey年%m月%d日", Day, iso_date("2019-04-30")),
            ("平成31年5月2日", "%EC%Ey年%m月%d日", Day, None),
            ("平成32年1月1日", "%EC%Ey年%m月%d日", Day, None),
            ("令和元年4月30日", "%EC%Ey年%m月%d日", Day, None),
            ("昭和64年1月7日", "%EC%Ey年%m月%d日", Day, iso_date("1989-01-07")),
            ("S55", "%EC%Ey", Year, iso_date("1980")),
            ("令和0年1月1日", "%EC%Ey年%m月%d日", Day, None),
            ("安政6年1月1日", "%EC%Ey年%m月%d日", Day, None),
            ("2024年10月3日", "%EC%Ey年%m月%d日", Day, None),
            ("45568", "excel", Day, Some(19_999)),
            ("45568.75", "excel", Day, Some(19_999)),
        ];
        for (text, format, precision, wanted) in cases {
            let formats: Vec<String> =
                [*format].iter().filter(|f| !f.is_empty()).map(|f| (*f).into()).collect();
            assert_eq!(date(text, &formats, *precision), *wanted, "{text} {format}");
        }
    }

    #[test]
    fn points_in_time_have_a_zone() {
        let hour = 3_600_000_000;
        assert_eq!(datetime("1970-01-01T09:00:00", &[], "Asia/Tokyo"), Some(0));
        assert_eq!(datetime("1970-01-01 01:00:00", &[], "UTC"), Some(hour));
        assert_eq!(datetime("1970-01-01T01:00:00+01:00", &[], "Asia/Tokyo"), Some(0));
        assert_eq!(datetime("1970-01-01", &[], "Asia/Tokyo"), Some(-9 * hour));
        assert_eq!(datetime("1/1/1970 10:00", &["%m/%d/%Y %H:%M".into()], "Asia/Tokyo"), Some(hour));
        assert_eq!(datetime("soon", &[], "UTC"), None);
        assert_eq!(datetime("25569.375", &["excel".into()], "Asia/Tokyo"), Some(0));
        assert_eq!(
            datetime("昭和45年1月1日 10:00", &["%EC%Ey年%m月%d日 %H:%M".into()], "Asia/Tokyo"),
            Some(hour)
        );
        assert_eq!(time("08:30", &[]).map(time_text).as_deref(), Some("08:30:00"));
        assert_eq!(time("8:30", &[]), None);
        assert_eq!(time("8:30 PM", &["%I:%M %p".into()]), Some(73_800));
    }

    #[test]
    fn a_birthday_counts_where_it_is_known() {
        let day = |text| iso_date(text).unwrap();
        let on = day("2026-06-15");
        assert_eq!(age(day("2000-06-15"), Precision::Day, on), Some(26));
        assert_eq!(age(day("2000-06-16"), Precision::Day, on), Some(25));
        assert_eq!(age(day("2000-07-01"), Precision::Month, on), Some(25));
        assert_eq!(age(day("2000-01-01"), Precision::Year, on), Some(26));
    }
}
