//! Respondents that were renamed, merged or split between two waves (名寄せ).

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::concordance::Concordance;
use super::finding::Finding;
use super::load_options::without_mark;
use super::scalar::Scalar;
use super::text::Text;

/// A respondent that was called otherwise, was merged from several, was split off one, or is new.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcordedUnit {
    /// The respondent in the later wave.
    #[schemars(with = "Scalar")]
    pub respondent: String,
    /// The respondents in the earlier wave; none if it is new, whoever else had its id before.
    #[schemars(with = "Vec<Scalar>")]
    pub were: Vec<String>,
    /// The first day on which it is so, `YYYY-MM-DD`.
    #[serde(default)]
    pub since: Option<String>,
    /// Why.
    #[serde(default)]
    pub reason: Text,
    /// Where it stands in the file of units, if it stands there.
    #[serde(skip)]
    pub(super) line: Option<u64>,
}

const COLUMNS: [&str; 4] = ["respondent", "were", "since", "reason"];

impl Concordance {
    /// Adds the units that stand in the file that the concordance names.
    pub(super) fn read_units(&mut self, path: &str, bytes: &[u8], findings: &mut Vec<Finding>) {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(without_mark(bytes));
        let header = reader.headers().cloned().unwrap_or_default();
        for column in header.iter().filter(|column| !COLUMNS.contains(column)) {
            let finding = Finding::error(path, Some(1), format!("unknown column `{column}`"));
            findings.push(finding.nearest(column, COLUMNS.into_iter()));
        }
        for column in ["respondent", "were"] {
            if !header.iter().any(|known| known == column) {
                let hint = "a line per respondent of the later wave and one that it was: respondent,were,since,reason";
                let message = format!("column `{column}` is missing");
                findings.push(Finding::error(path, Some(1), message).hint(hint));
                return;
            }
        }
        let mut places: HashMap<String, usize> = HashMap::new();
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let at = error.position().map(csv::Position::line);
                    findings.push(Finding::error(path, at, "a line is no CSV, or not UTF-8"));
                    continue;
                }
            };
            let line = record.position().map(csv::Position::line);
            let field = |column: &str| {
                let place = header.iter().position(|known| known == column);
                place.and_then(|place| record.get(place)).unwrap_or("").trim()
            };
            let (respondent, was) = (field("respondent"), field("were"));
            if respondent.is_empty() {
                findings.push(Finding::error(path, line, "a line names no respondent"));
                continue;
            }
            let were = Some(was.to_owned()).filter(|was| !was.is_empty());
            let since = Some(field("since").to_owned()).filter(|since| !since.is_empty());
            // The lines of one respondent are one entry.
            match places.get(respondent).and_then(|place| self.units.get_mut(*place)) {
                Some(known) => {
                    known.were.extend(were);
                    known.since = known.since.take().or(since);
                    if known.reason.is_empty() {
                        known.reason = Text::plain(field("reason"));
                    }
                }
                None => {
                    places.insert(respondent.to_owned(), self.units.len());
                    self.units.push(ConcordedUnit {
                        respondent: respondent.to_owned(),
                        were: were.into_iter().collect(),
                        since,
                        reason: Text::plain(field("reason")),
                        line,
                    });
                }
            }
        }
    }
}

/// What is wrong with the units of a concordance.
pub(super) fn lint(concordance: &Concordance, mut error: impl FnMut(&ConcordedUnit, String, &str)) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for unit in &concordance.units {
        let name = unit.respondent.as_str();
        *seen.entry(name).or_default() += 1;
        if seen.get(name) == Some(&2) {
            let hint = "give all respondents that it was in one entry";
            error(unit, format!("respondent `{name}` stands twice"), hint);
        }
        if let Some(since) = unit.since.as_ref().filter(|since| since.parse::<jiff::civil::Date>().is_err()) {
            error(
                unit,
                format!("respondent `{name}` is so since `{since}`, which is no day"),
                "write YYYY-MM-DD",
            );
        }
        let twice = |was: &String| unit.were.iter().filter(|other| *other == was).count() > 1;
        if let Some(was) = unit.were.iter().find(|was| twice(was)) {
            error(unit, format!("respondent `{name}` was `{was}` twice"), "name each respondent once");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::WaveId;

    fn read(file: &str) -> (Vec<String>, Vec<String>) {
        let mut concordance: Concordance = serde_saphyr::from_str(
            "{concordance: c, from: '1', to: '2', units: [{respondent: n, were: [m]}]}",
        )
        .unwrap();
        let mut findings = Vec::new();
        concordance.read_units("u.csv", file.as_bytes(), &mut findings);
        assert_eq!(concordance.from, WaveId::from("1"));
        lint(&concordance, |_, message, _| findings.push(Finding::error("c", None, message)));
        let shown = |unit: &ConcordedUnit| {
            let since = unit.since.as_deref().unwrap_or("-");
            format!("{}={} {since} {}", unit.respondent, unit.were.join("+"), unit.reason.in_language("en"))
        };
        let messages = findings.iter().map(|finding| finding.message.clone());
        (concordance.units.iter().map(shown).collect(), messages.collect())
    }

    #[test]
    fn lines_of_one_respondent_are_one_entry_behind_those_of_the_concordance() {
        let (units, findings) =
            read("respondent,were,since,reason\na,x,2023-04-01,merged\na,y,,\nb,z,,\nnew,,,\n");
        assert_eq!(units, ["n=m - ", "a=x+y 2023-04-01 merged", "b=z - ", "new= - "]);
        assert_eq!(findings, Vec::<String>::new());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (file, wanted) in [
            ("respondent,was\na,x\n", "unknown column `was`; column `were` is missing"),
            ("respondent,were\n,x\n", "a line names no respondent"),
            ("respondent,were\nn,x\n", "respondent `n` stands twice"),
            ("respondent,were\na,x\na,x\n", "respondent `a` was `x` twice"),
            ("respondent,were,since\na,x,April\n", "respondent `a` is so since `April`, which is no day"),
        ] {
            assert_eq!(read(file).1.join("; "), wanted, "{file}");
        }
    }
}
