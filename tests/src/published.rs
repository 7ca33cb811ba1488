use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// A figure that the survey's project published, joined to our question numbers and codes.
#[derive(Clone, Debug, Deserialize)]
pub struct Published {
    /// The id in the project's list.
    pub id: String,
    /// The kind of question: SA, MA, GRID, RANK, N.
    pub qtype: String,
    /// `count`, `percent` or `n`.
    pub measure: String,
    /// The figure.
    pub published: String,
    /// Our question number; empty where it is not asked here.
    pub number: String,
    /// Our row code.
    pub row: String,
    /// Our option code; empty for the line of blanks.
    pub code: String,
    /// The words of the option.
    pub option: String,
}

/// The published figures of wave `uk2017`.
pub fn published(tests: &Path) -> Vec<Published> {
    read(&tests.join("data/rse/expected-uk2017.csv"))
}

/// The published figures that are not played, each with its reason.
pub fn not_played(tests: &Path) -> BTreeMap<String, String> {
    #[derive(Deserialize)]
    struct Line {
        id: String,
        reason: String,
    }
    read::<Line>(&tests.join("data/rse/not-played.csv"))
        .into_iter()
        .map(|line| (line.id, line.reason))
        .collect()
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Vec<T> {
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}
