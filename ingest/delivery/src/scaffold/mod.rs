//! A first definition of a survey, guessed from somebody's file. Every guess is marked; the same file gives the same
//! definition.

mod column;
mod example;
mod facts;
mod group;
mod joined;
mod kinds;
mod numbers;
mod orders;
mod profile;
mod question;
mod stem;
mod times;
mod words;
mod write;

use std::collections::BTreeMap;

use shukei_schemas::definition::{DeliveryFile, Steps};

use crate::error::DeliveryError;
use crate::row::{RowError, Rows};
use column::Column;
use facts::Facts;
use group::Asked;
use profile::Profile;

/// As many rows are looked at; more rarely say anything new, and take their time.
const ROWS_MAX: u64 = 30_000;
/// As many rows below the first may belong to the header.
const HEADER_MAX: usize = 2;

/// The files of a survey's folder, by path, and what to say about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scaffold {
    /// Path inside the folder to content.
    pub files: BTreeMap<String, String>,
    /// How many rows were read.
    pub rows: u64,
    /// How many rows could not be read, and were passed over.
    pub refused: u64,
    /// How many columns there are.
    pub columns: usize,
    /// Whether the file has more rows, which were not looked at.
    pub has_more: bool,
}

/// A survey that shows the language, without anybody's file.
pub fn scaffold(survey: &str) -> Scaffold {
    Scaffold { files: example::example(survey), rows: 0, refused: 0, columns: 0, has_more: false }
}

/// A survey guessed from the rows of a file. `spec` is how the file is read; `name` is its name. Of a long file only the
/// first rows are looked at.
///
/// # Errors
/// [`DeliveryError`] if the file cannot be read so far.
pub fn scaffold_from(
    survey: &str,
    name: &str,
    spec: &DeliveryFile,
    rows: Rows,
) -> Result<Scaffold, DeliveryError> {
    let steps = Steps::default();
    let mut seen = Seen::read(rows, steps)?;
    let names: Vec<String> = seen.profiles.iter().map(|profile| profile.name.clone()).collect();
    let header_rows = column::header_rows(&names, &seen.first, &seen.profiles);
    for (at, row) in seen.first.iter().enumerate().skip(header_rows) {
        for (profile, cell) in seen.profiles.iter_mut().zip(row) {
            profile.see(cell, steps, at);
        }
    }
    seen.rows -= header_rows as u64;
    let columns = column::columns(&names, seen.first[..header_rows].first());
    let facts: Vec<Facts> = columns
        .iter()
        .zip(&seen.profiles)
        .map(|(column, profile)| profile.with_listed(profile.facts(steps, column.text()), steps))
        .collect();
    let good = seen.rows - seen.refused;
    let key = column::key_of(&seen.profiles, &facts, good);
    let (sent, mut ignored) = times_of(&columns, &seen.profiles, key);
    let skip = |at: usize| {
        let of_submission = key == Some(at) || sent.is_some_and(|(place, _)| place == at);
        of_submission || ignored.iter().any(|(place, _)| *place == at)
    };
    let mut asked = group::asked(&columns, &facts, &skip);
    for group in asked.iter_mut().filter_map(Asked::group_mut) {
        let profiles: Vec<&Profile> = group.members.iter().map(|member| &seen.profiles[member.at]).collect();
        group.is_single =
            group.kind.is_label_or_blank() && profile::apart(&profiles).is_some_and(|rows| rows >= APART_MIN);
    }
    // A column that is empty so far may be filled behind.
    if !seen.has_more {
        asked.retain(|asked| {
            let Asked::One { at, .. } = asked else { return true };
            let is_empty = seen.profiles[*at].filled == 0;
            if is_empty {
                ignored.push((*at, "no row has anything here"));
            }
            !is_empty
        });
        ignored.sort_unstable();
    }
    let files = write::guessed(&write::Found {
        survey,
        file: name,
        spec,
        columns: &columns,
        facts: &facts,
        asked: &asked,
        rows: good,
        has_more: seen.has_more,
        header_rows,
        key,
        sent,
        ignored: &ignored,
    });
    let (rows, refused) = (seen.rows, seen.refused);
    Ok(Scaffold { files, rows, refused, columns: columns.len(), has_more: seen.has_more })
}

/// In so many rows no two columns of one question have something: it has one answer.
const APART_MIN: u32 = 30;

/// A column with the time of sending, and its format.
type Sent = Option<(usize, Option<&'static str>)>;

/// The column of the time of sending, and the other times, which are no answers.
fn times_of(
    columns: &[Column],
    profiles: &[Profile],
    key: Option<usize>,
) -> (Sent, Vec<(usize, &'static str)>) {
    let mut sent: Option<(usize, usize, Option<&'static str>)> = None;
    let mut others = Vec::new();
    for (column, profile) in columns.iter().zip(profiles).filter(|(column, _)| key != Some(column.at)) {
        let says = [column.name.as_deref(), column.below.as_deref()];
        let rank = says.into_iter().flatten().filter_map(words::sent_rank).min();
        let format = rank.and_then(|rank| Some((rank, times::format_of(profile.texts())?)));
        match (format, sent) {
            (None, _) if profile.is_clock() => others.push((column.at, "times")),
            (None, _) => {}
            (Some((rank, _)), Some((best, ..))) if best <= rank => {
                others.push((column.at, "another time of the submission"));
            }
            (Some((rank, format)), before) => {
                others.extend(before.map(|(_, place, _)| (place, "another time of the submission")));
                sent = Some((rank, column.at, format));
            }
        }
    }
    others.sort_unstable();
    (sent.map(|(_, at, format)| (at, format)), others)
}

/// What reading a file has shown.
struct Seen {
    profiles: Vec<Profile>,
    /// The first rows, which may belong to the header and are not in the profiles.
    first: Vec<Vec<String>>,
    rows: u64,
    refused: u64,
    has_more: bool,
}

impl Seen {
    fn read(rows: Rows, steps: Steps) -> Result<Self, DeliveryError> {
        let mut profiles: Vec<Profile> = Vec::new();
        let has_header = rows.columns().is_some();
        for column in rows.columns().into_iter().flat_map(|columns| columns.names()) {
            profiles.push(Profile::new(column));
        }
        let mut seen = Self { profiles, first: Vec::new(), rows: 0, refused: 0, has_more: false };
        for row in rows {
            if seen.rows == ROWS_MAX {
                seen.has_more = true;
                break;
            }
            seen.rows += 1;
            let row = match row {
                Ok(row) => row,
                Err(RowError::Refused(_)) => {
                    seen.refused += 1;
                    continue;
                }
                Err(RowError::Broken(error)) => return Err(error),
            };
            if has_header && seen.first.len() < HEADER_MAX && seen.rows == seen.first.len() as u64 + 1 {
                seen.first.push(row.cells.iter().map(str::to_owned).collect());
                continue;
            }
            // Lines of JSON may bring new columns at any time.
            for (at, (name, cell)) in row.columns.names().iter().zip(&row.cells).enumerate() {
                let place = match seen.profiles.get(at) {
                    Some(profile) if profile.name == *name => Some(at),
                    _ => seen.profiles.iter().position(|profile| profile.name == *name),
                };
                let place = place.unwrap_or_else(|| {
                    seen.profiles.push(Profile::new(name));
                    seen.profiles.len() - 1
                });
                seen.profiles[place].see(cell, steps, seen.rows as usize - 1);
            }
        }
        Ok(seen)
    }
}
