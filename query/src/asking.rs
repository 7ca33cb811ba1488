//! Questions as options of the command line and parameters of HTTP say them: one reading for both.

use shukei_schemas::definition::{Base, NetScore, OptionGroup, Percent, Statistic, Where, codes_in, nearest};

use crate::error::QueryError;
use crate::indicator::ALL_INDICATORS;
use crate::request::TabulateRequest;

/// What may be said of a table in passing, by name.
pub const ASKABLE: [&str; 20] = [
    "question",
    "indicator",
    "indicators",
    "by",
    "where",
    "numerator",
    "base",
    "percent",
    "weight",
    "decimals",
    "mean_decimals",
    "measure",
    "net",
    "at_least",
    "net_score",
    "rescale",
    "equal_groups",
    "frame_weighted",
    "mark_below",
    "blank_below",
];

impl TabulateRequest {
    /// Takes one thing that is asked; what may be given again adds up.
    ///
    /// # Errors
    /// [`QueryError::Request`] with what can be written.
    pub fn ask(&mut self, name: &str, value: &str) -> Result<(), QueryError> {
        let how = &mut self.how;
        let wrong = |what: &str, hint: &str| {
            Err(QueryError::Request { problem: format!("`{value}` is no {what}"), hint: hint.to_owned() })
        };
        match name {
            "question" => self.questions.get_or_insert_default().push(value.to_owned()),
            "indicator" => how.indicators.push(value.to_owned()),
            "indicators" => match value {
                "false" => {}
                _ => how.indicators.push(ALL_INDICATORS.to_owned()),
            },
            "by" => self.by.push(value.to_owned()),
            "where" | "numerator" => {
                let read = Where::parse(value).map_err(|problem| QueryError::Request {
                    problem: problem.message,
                    hint: problem.hint,
                })?;
                let place = if name == "where" { &mut how.filter } else { &mut how.numerator };
                *place = Some(match place.take() {
                    None => read,
                    Some(before) => Where { all: vec![before, read], ..Where::default() },
                });
            }
            "base" => match Base::parse(value) {
                Some(base) => how.base = Some(base),
                None => return one_of(value, "base", Base::ALL.iter().map(|base| base.as_str())),
            },
            "percent" => match Percent::parse(value) {
                Some(percent) => how.percent = percent,
                None => return one_of(value, "percent", Percent::ALL.iter().map(|percent| percent.as_str())),
            },
            "measure" => match Statistic::parse(value) {
                Some(statistic) => how.measures.push(statistic),
                None => return one_of(value, "measure", Statistic::ALL.iter().map(|known| known.as_str())),
            },
            "weight" => how.weight = Some(value.to_owned()),
            "decimals" => match value.parse::<u8>() {
                Ok(decimals) if decimals <= 6 => how.decimals = Some(decimals),
                _ => return wrong("number of decimals", "0 to 6"),
            },
            "mean_decimals" => match value.parse::<u8>() {
                Ok(decimals) if decimals <= 6 => how.mean_decimals = Some(decimals),
                _ => return wrong("number of decimals", "0 to 6"),
            },
            "net" => match net(value) {
                Some(group) if how.groups.iter().any(|known| known.id == group.id) => {
                    return Err(QueryError::Request {
                        problem: format!("the set `{}` is asked for twice", group.id),
                        hint: "give each set of options a name of its own".to_owned(),
                    });
                }
                Some(group) => how.groups.push(group),
                None => {
                    return wrong("set of options", "write `id=1,2`, or `id=1-4` for all codes from 1 to 4");
                }
            },
            "at_least" => match shukei_schemas::decimal::scaled(value, 9) {
                Some(_) => how.at_least = Some(value.to_owned()),
                None => return wrong("level", "write the least value, or code, that counts"),
            },
            "net_score" => match value.split_once('/') {
                Some((promoters, detractors)) => match (codes_in(promoters), codes_in(detractors)) {
                    (Some(promoters), Some(detractors)) => {
                        how.net_score = Some(NetScore { promoters, detractors })
                    }
                    _ => return wrong("net score", "write the codes for and against, `9,10/0-6`"),
                },
                None => return wrong("net score", "write the codes for and against, `9,10/0-6`"),
            },
            "rescale" => {
                let numbers: Vec<&str> = value.split([':', ',']).map(str::trim).collect();
                let is_number = |text: &&str| shukei_schemas::decimal::scaled(text, 9).is_some();
                match numbers.as_slice() {
                    [a, b, c, d] if numbers.iter().all(is_number) && a != b => {
                        let pair = |one: &str, other: &str| [one.to_owned(), other.to_owned()];
                        let scale = shukei_schemas::definition::Rescale { from: pair(a, b), to: pair(c, d) };
                        how.rescale = Some(scale);
                    }
                    _ => return wrong("scale", "write two points and what they become, `1,5:0,100`"),
                }
            }
            "equal_groups" => how.equal_groups = value != "false",
            "frame_weighted" => how.frame_weighted = value != "false",
            "mark_below" | "blank_below" => match value.parse() {
                Ok(units) if name == "mark_below" => how.reliability.mark_below = Some(units),
                Ok(units) => how.reliability.blank_below = Some(units),
                Err(_) => return wrong("number of units", "write a whole number"),
            },
            other => {
                let near = nearest(other, ASKABLE.into_iter());
                return Err(QueryError::Request {
                    problem: format!("nothing called `{other}` can be asked of a table"),
                    hint: near.map_or_else(|| ASKABLE.join(", "), |near| format!("did you mean `{near}`?")),
                });
            }
        }
        Ok(())
    }
}

fn one_of<'a>(
    value: &str,
    what: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), QueryError> {
    let hint = match nearest(value, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => known.collect::<Vec<_>>().join(", "),
    };
    Err(QueryError::Request { problem: format!("`{value}` is no {what}"), hint })
}

/// `id=1,2`: options that are counted together.
pub(crate) fn net(text: &str) -> Option<OptionGroup> {
    let (id, options) = text.split_once('=')?;
    let id = id.trim();
    let options = codes_in(options)?;
    (!id.is_empty()).then(|| OptionGroup { id: id.to_owned(), label: Default::default(), options })
}
