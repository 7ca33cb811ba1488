use std::fmt;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use shukei_schemas::definition::nearest;

/// When something is due: a cron expression of five fields, in a time zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    zone: TimeZone,
    expression: String,
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
        let schedule = Self { cron, zone, expression: expression.to_owned() };
        // Four years hold every date there is.
        match schedule.next_after(Timestamp::UNIX_EPOCH) {
            Some(_) => Ok(schedule),
            None => Err(ScheduleError::Never { expression: expression.to_owned() }),
        }
    }

    /// The first time due after a moment, and never that moment itself.
    ///
    /// Where clocks go forward, what was due in the hour that is left out is due once, right after it. Where they go
    /// back, a fixed time of day is due once, at the first of the two; "every hour" and "every so many minutes" go on
    /// evenly through both.
    pub fn next_after(&self, moment: Timestamp) -> Option<Zoned> {
        self.cron.find_next_occurrence(&moment.to_zoned(self.zone.clone()), false).ok()
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
