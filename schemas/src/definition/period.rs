//! Periods that dates and times fall into.

use serde::Deserialize;

use super::derived::Derived;
use super::form::{Precision, Question};
use super::kind::Kind;
use crate::moment;

/// What a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// The moment itself: a datetime.
    Moment,
    /// A day.
    Day,
    /// A month.
    Month,
    /// Three months, counted from the month with which the fiscal year begins.
    Quarter,
    /// A calendar year.
    Year,
    /// A fiscal year (年度), named after the calendar year in which it begins.
    FiscalYear,
}

/// What falls into a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodOf {
    /// When the respondent sent the answers.
    SubmittedAt,
    /// The answer to a date or a datetime.
    Question(usize),
}

/// How a period is formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodRule {
    /// What it is.
    pub period: Period,
    /// What falls into it.
    pub of: PeriodOf,
    /// The zone in which days begin.
    pub zone: String,
    /// The month with which the fiscal year begins, 1 to 12.
    pub begins: i8,
}

impl Period {
    /// How exact the first day of such a period says it.
    pub fn precision(self) -> Precision {
        match self {
            Self::Moment | Self::Day => Precision::Day,
            Self::Month | Self::Quarter | Self::FiscalYear => Precision::Month,
            Self::Year => Precision::Year,
        }
    }

    /// Whether a date that is so exact says into which period it falls.
    pub(super) fn is_told_by(self, date: Precision) -> bool {
        match self.precision() {
            Precision::Day => date == Precision::Day,
            Precision::Month => date != Precision::Year,
            Precision::Year => true,
        }
    }
}

impl PeriodRule {
    /// The first day of the period that a day falls into.
    pub fn first_day(&self, day: i32) -> Option<i32> {
        let (year, month) = moment::year_and_month(day)?;
        // Months since the fiscal year began.
        let into = (month - self.begins).rem_euclid(12);
        match self.period {
            Period::Moment | Period::Day => Some(day),
            Period::Month => moment::first_of_month(year, month),
            Period::Quarter => moment::first_of_month(year, month - into % 3),
            Period::Year => moment::first_of_month(year, 1),
            Period::FiscalYear => moment::first_of_month(year, month - into),
        }
    }

    /// The name of the period with this first day: `2026-04-01`, `2026-04`, `2026-Q2` (`FY2026-Q1` where fiscal years
    /// begin in another month than January), `2026`, `FY2026`. Names sort by time.
    pub fn name(&self, first: i32) -> Option<String> {
        let (year, month) = moment::year_and_month(first)?;
        let into = (month - self.begins).rem_euclid(12);
        let fiscal = if month < self.begins { year - 1 } else { year };
        Some(match self.period {
            Period::Moment | Period::Day => moment::iso_text(first)?,
            Period::Month => format!("{year:04}-{month:02}"),
            Period::Quarter if self.begins == 1 => format!("{year:04}-Q{}", into / 3 + 1),
            Period::Quarter => format!("FY{fiscal:04}-Q{}", into / 3 + 1),
            Period::Year => format!("{year:04}"),
            Period::FiscalYear => format!("FY{fiscal:04}"),
        })
    }
}

impl Question {
    /// The name of the part that a date falls into, where figures are broken down by it: of a period its name, else the
    /// date as exact as it is.
    pub fn part_of_date(&self, day: i32) -> Option<String> {
        if let Some(Derived::Period(rule)) = &self.derived {
            return rule.name(day);
        }
        let Kind::Date { precision, .. } = self.kind else { return None };
        let (year, month) = moment::year_and_month(day)?;
        match precision {
            Precision::Day => moment::iso_text(day),
            Precision::Month => Some(format!("{year:04}-{month:02}")),
            Precision::Year => Some(format!("{year:04}")),
        }
    }
}

/// The words of a part that dates fall into, from its name: in Japanese `2026年度` for `FY2026`, `2026年4月` for
/// `2026-04`; else the name itself.
pub fn words_of_part(name: &str, language: &str) -> String {
    let words = || {
        let (year, rest) = match name.strip_prefix("FY") {
            Some(fiscal) => (format!("{}年度", fiscal.get(..4)?), fiscal.get(4..)?),
            None => (format!("{}年", name.get(..4)?), name.get(4..)?),
        };
        let mut parts = rest.split('-').skip(1);
        let Some(first) = parts.next() else { return Some(year) };
        if let Some(quarter) = first.strip_prefix('Q') {
            return Some(format!("{year}第{quarter}四半期"));
        }
        let month: u8 = first.parse().ok()?;
        Some(match parts.next() {
            Some(day) => format!("{year}{month}月{}日", day.parse::<u8>().ok()?),
            None => format!("{year}{month}月"),
        })
    };
    (language == "ja").then(words).flatten().unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_words() {
        let cases = [
            ("FY2026", "2026年度"),
            ("FY2026-Q1", "2026年度第1四半期"),
            ("2026-Q2", "2026年第2四半期"),
            ("2026-04", "2026年4月"),
            ("2026-04-01", "2026年4月1日"),
            ("2026", "2026年"),
            ("?", "?"),
        ];
        for (name, wanted) in cases {
            assert_eq!(words_of_part(name, "ja"), wanted);
            assert_eq!(words_of_part(name, "en"), name);
        }
    }

    #[test]
    fn a_day_falls_into_a_period_with_a_name() {
        use Period::{Day, FiscalYear, Month, Quarter, Year};
        let cases: &[(&str, Period, i8, &str, &str)] = &[
            ("2026-03-31", Day, 1, "2026-03-31", "2026-03-31"),
            ("2026-03-31", Month, 1, "2026-03-01", "2026-03"),
            ("2026-03-31", Year, 4, "2026-01-01", "2026"),
            ("2026-03-31", FiscalYear, 4, "2025-04-01", "FY2025"),
            ("2026-04-01", FiscalYear, 4, "2026-04-01", "FY2026"),
            ("2026-01-01", FiscalYear, 1, "2026-01-01", "FY2026"),
            ("2026-05-31", Quarter, 1, "2026-04-01", "2026-Q2"),
            ("2026-05-31", Quarter, 4, "2026-04-01", "FY2026-Q1"),
            ("2026-01-15", Quarter, 4, "2026-01-01", "FY2025-Q4"),
            ("2026-01-15", Quarter, 3, "2025-12-01", "FY2025-Q4"),
            ("2026-02-15", FiscalYear, 10, "2025-10-01", "FY2025"),
        ];
        for (day, period, begins, first, name) in cases {
            let rule = PeriodRule {
                period: *period,
                of: PeriodOf::SubmittedAt,
                zone: "UTC".into(),
                begins: *begins,
            };
            let found = rule.first_day(moment::iso_date(day).unwrap()).unwrap();
            assert_eq!(moment::iso_text(found).as_deref(), Some(*first), "{day} {period:?} {begins}");
            assert_eq!(rule.name(found).as_deref(), Some(*name), "{day} {period:?} {begins}");
        }
    }
}
