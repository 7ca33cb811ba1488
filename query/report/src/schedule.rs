use std::fmt;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan, Zoned};
use shukei_schemas::definition::nearest;

/// How far before a moment the clock on the wall may have shown what it shows again after it: more than any zone sets
/// its clocks back.
const REPEATED_HOURS_MAX: i64 = 3;

/// When something is due: a cron expression of five fields, in a time zone.
///
/// The expression is about the clock on the wall, so its times are found there and only then put into the zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    zone: TimeZone,
    expression: String,
    /// Whether it names every hour, and so goes on through an hour that comes twice.
    every_hour: bool,
}

impl Schedule {
    /// Reads minute, hour, day of month, month and day of week.
    ///
    /// # Errors
    /// [`ScheduleError::Expression`] if that is not what stands there, [`ScheduleError::Never`] if no day is meant,
    /// such as the 30th of February.
    pub fn parse(expression: &str, zone: TimeZone) -> Result<Self, ScheduleError> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(expression).map_err(|error| ScheduleError::Expression {
            expression: expression.to_owned(),
            // The crate's own name for an expression means nothing to whoever wrote one.
            reason: error.to_string().trim_end_matches('.').replace("CronPattern", "the expression"),
        })?;
        // The pattern is the expression with nicknames like `@hourly` written out.
        let every_hour = cron.pattern.to_string().split_whitespace().nth(1) == Some("*");
        let schedule = Self { cron, zone, expression: expression.to_owned(), every_hour };
        match schedule.next_after(Timestamp::UNIX_EPOCH) {
            Some(_) => Ok(schedule),
            None => Err(ScheduleError::Never { expression: expression.to_owned() }),
        }
    }

    /// The first time due after a moment, and never that moment itself.
    ///
    /// Where clocks go forward, what was due in the time that is left out is due once, right after it. Where they go
    /// back, a time that comes twice is due at the first; only what is due every hour goes on evenly through both.
    pub fn next_after(&self, moment: Timestamp) -> Option<Zoned> {
        let shown = moment.to_zoned(self.zone.clone()).datetime();
        let mut on_wall = shown.checked_sub(REPEATED_HOURS_MAX.hours()).ok()?;
        let mut best: Option<Timestamp> = None;
        loop {
            on_wall = self.cron.find_next_occurrence(&on_wall, false).ok()?;
            let (first, again) = self.instants(on_wall)?;
            let later = [Some(first), again].into_iter().flatten().filter(|instant| *instant > moment);
            best = best.into_iter().chain(later).min();
            // First instants never go back, so whatever comes after this one is no better.
            if let Some(best) = best.filter(|best| *best <= first) {
                return Some(best.to_zoned(self.zone.clone()));
            }
        }
    }

    /// When it is due for a time on the wall: once, or twice.
    fn instants(&self, on_wall: DateTime) -> Option<(Timestamp, Option<Timestamp>)> {
        let ambiguous = self.zone.to_ambiguous_timestamp(on_wall);
        let earlier = ambiguous.earlier().ok()?;
        match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => Some((earlier, None)),
            AmbiguousOffset::Fold { .. } => {
                let again = self.every_hour.then(|| ambiguous.later()).transpose().ok()?;
                Some((earlier, again))
            }
            // The clocks go forward between `earlier` and the time that would have been.
            AmbiguousOffset::Gap { .. } => {
                self.zone.following(earlier).next().map(|change| (change.timestamp(), None))
            }
        }
    }

    /// The zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expression)
    }
}

/// The zone of this name in the IANA database; the program carries the database.
///
/// # Errors
/// [`ScheduleError::Zone`] with the nearest name there is.
pub fn time_zone(name: &str) -> Result<TimeZone, ScheduleError> {
    TimeZone::get(name).map_err(|_| {
        let known: Vec<String> = jiff::tz::db().available().map(|known| known.to_string()).collect();
        let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        ScheduleError::Zone { zone: name.to_owned(), nearest }
    })
}

/// What is wrong with a schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// No cron expression.
    #[error("`{expression}` is not a cron expression: {reason}")]
    Expression {
        /// As given.
        expression: String,
        /// What the parser says.
        reason: String,
    },
    /// It names no day that ever comes.
    #[error("`{expression}` never comes")]
    Never {
        /// As given.
        expression: String,
    },
    /// No such zone.
    #[error("there is no time zone `{zone}`")]
    Zone {
        /// As given.
        zone: String,
        /// A known name like it.
        nearest: Option<String>,
    },
}

impl ScheduleError {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Expression { .. } | Self::Never { .. } => {
                "five fields: minute, hour, day of month, month, day of week; `0 6 * * MON` is Mondays at six"
                    .to_owned()
            }
            Self::Zone { nearest: Some(name), .. } => format!("did you mean `{name}`?"),
            Self::Zone { nearest: None, .. } => {
                "name a zone of the IANA database, for example `Asia/Tokyo`".to_owned()
            }
        }
    }

    /// The key of the configuration that is wrong.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Expression { .. } | Self::Never { .. } => "schedule",
            Self::Zone { .. } => "time_zone",
        }
    }
}
