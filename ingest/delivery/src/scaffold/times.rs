//! How the times of a column are written.

use jiff::Timestamp;
use jiff::fmt::strtime::BrokenDownTime;

/// Formats that are tried, in this order: a year of two digits before one of four, which takes both.
const FORMATS: [&str; 26] = [
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S%.f",
    "%m/%d/%y %H:%M:%S",
    "%m/%d/%y %H:%M",
    "%d/%m/%y %H:%M:%S",
    "%d/%m/%y %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y-%m-%d",
    "%m/%d/%y",
    "%d/%m/%y",
    "%Y/%m/%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%Y年%m月%d日",
];

/// The format that nearly all texts are times of, each with how often it came. RFC 3339 needs none: `Some(None)`.
pub(super) fn format_of<'a>(
    texts: impl Iterator<Item = (&'a str, u64)> + Clone,
) -> Option<Option<&'static str>> {
    let total: u64 = texts.clone().map(|(_, count)| count).sum();
    let nearly_all = |fits: &dyn Fn(&str) -> bool| {
        let mut misses = 0;
        total > 0
            && texts.clone().all(|(text, count)| {
                misses += if fits(text) { 0 } else { count };
                misses * 50 <= total
            })
    };
    if nearly_all(&|text| text.parse::<Timestamp>().is_ok()) {
        return Some(None);
    }
    let fits = |format: &str| {
        nearly_all(&|text| BrokenDownTime::parse(format, text).is_ok_and(|time| time.to_date().is_ok()))
    };
    FORMATS.into_iter().find(|format| fits(format)).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_that_fits_all_times_is_found() {
        let cases: &[(&[&str], Option<Option<&str>>)] = &[
            (&["2024-01-02 10:00:00", "2024-01-02 10:05:00"], Some(Some("%Y-%m-%d %H:%M:%S"))),
            (&["2024-01-02T10:00:00Z"], Some(None)),
            (&["5/10/18 4:01", "5/16/18 14:01"], Some(Some("%m/%d/%y %H:%M"))),
            (&["5/10/18 4:01", "16/5/18 14:01"], Some(Some("%d/%m/%y %H:%M"))),
            (&["31/12/2018 4:01"], Some(Some("%d/%m/%Y %H:%M"))),
            (&["2025/5/25 14:30"], Some(Some("%Y/%m/%d %H:%M"))),
            (&["2025/04/01 9:05:33"], Some(Some("%Y/%m/%d %H:%M:%S"))),
            (&["2025年5月1日"], Some(Some("%Y年%m月%d日"))),
            (&["yesterday", "2024-01-02"], None),
            (&["12:30"], None),
            (&[], None),
        ];
        for (texts, wanted) in cases {
            assert_eq!(format_of(texts.iter().map(|text| (*text, 1))), *wanted, "{texts:?}");
        }
    }
}
