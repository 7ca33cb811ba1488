//! Attributes of a submission, from columns or the same for all.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use shukei_schemas::definition::Given;
use shukei_schemas::moment;

use crate::columns::Columns;
use crate::row::Row;

/// The name that stands for the file's own name, where a layout names a column.
const FILE_NAME: &str = "@file";

/// Where a text of a submission stands.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// In this cell.
    Cell(usize),
    /// It is the file's name, without folder and endings.
    FileName,
}

/// Finds what a layout calls a column.
pub(crate) fn place(columns: &Columns, name: &str) -> Option<Place> {
    match name {
        FILE_NAME => Some(Place::FileName),
        _ => columns.place(name).map(Place::Cell),
    }
}

impl Place {
    pub(crate) fn text<'a>(&self, row: &'a Row, file_stem: &'a str) -> &'a str {
        match self {
            Self::Cell(at) => row.cells.get(*at).unwrap_or_default().trim(),
            Self::FileName => file_stem,
        }
    }
}

/// How a time is written, and the zone in which it is where it names none.
#[derive(Clone, Debug)]
pub(crate) struct TimeFormat {
    format: [String; 1],
    zone: String,
}

/// An attribute, ready to be read from each row.
#[derive(Clone, Debug)]
pub(crate) enum Attribute {
    /// Nothing says it, or the file lacks the column: it is blank.
    None,
    /// The same for all.
    Constant(String),
    /// From a place.
    At { place: Place, map: BTreeMap<String, String>, time: Option<TimeFormat> },
}

impl Attribute {
    pub(crate) fn of(given: Option<&Given>, columns: &Columns) -> Self {
        let Some(given) = given else { return Self::None };
        let place = given.column().and_then(|column| place(columns, column));
        match (given, place) {
            (Given::How(how), None) => how.constant.clone().map_or(Self::None, Self::Constant),
            (Given::Column(_), None) => Self::None,
            (Given::Column(_), Some(place)) => Self::At { place, map: BTreeMap::new(), time: None },
            (Given::How(how), Some(place)) => {
                let zone = how.zone.clone().filter(|zone| TimeZone::get(zone).is_ok());
                let zone = zone.unwrap_or_else(|| "UTC".to_owned());
                let time = how.format.clone().map(|format| TimeFormat { format: [format], zone });
                Self::At { place, map: how.map.clone(), time }
            }
        }
    }

    /// What a row says; `Err` if it is no time of the format that the layout names.
    pub(crate) fn read(&self, row: &Row, file_stem: &str) -> Result<Option<String>, ()> {
        let (place, map, time) = match self {
            Self::None => return Ok(None),
            Self::Constant(text) => return Ok(Some(text.clone())),
            Self::At { place, map, time } => (place, map, time),
        };
        let text = place.text(row, file_stem);
        if text.is_empty() {
            return Ok(None);
        }
        let text = map.get(text).map_or(text, String::as_str);
        match time {
            None => Ok(Some(text.to_owned())),
            Some(time) => instant(text, time).map(Some).ok_or(()),
        }
    }
}

/// A time by RFC 3339. A date without a time is midnight. The formats are those of dates in cells.
fn instant(text: &str, time: &TimeFormat) -> Option<String> {
    let microseconds = moment::datetime(text, &time.format, &time.zone)?;
    Some(Timestamp::from_microsecond(microseconds).ok()?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_by_the_format_that_the_layout_names() {
        for (text, format, wanted) in [
            ("31/10/2023 09:05", "%d/%m/%Y %H:%M", Some("2023-10-31T00:05:00Z")),
            ("2023-10-31", "%Y-%m-%d", Some("2023-10-30T15:00:00Z")),
            ("2023-10-31 09:05 +0000", "%Y-%m-%d %H:%M %z", Some("2023-10-31T09:05:00Z")),
            ("31/13/2023 09:05", "%d/%m/%Y %H:%M", None),
            ("yesterday", "%Y-%m-%d", None),
            ("令和5年10月31日", "%EC%Ey年%m月%d日", Some("2023-10-30T15:00:00Z")),
            ("45230.5", "excel", Some("2023-10-31T03:00:00Z")),
        ] {
            let time = TimeFormat { format: [format.to_owned()], zone: "Asia/Tokyo".to_owned() };
            assert_eq!(instant(text, &time).as_deref(), wanted, "{text}");
        }
    }
}
