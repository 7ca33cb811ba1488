use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// The waves of survey `rse` of which figures were published.
pub const PUBLISHED_WAVES: [&str; 7] =
    ["uk2017", "uk2016", "us2017", "de2017", "nl2017", "zaf2017", "merged2017"];

/// A figure that the survey's project published, joined to our question numbers and codes.
#[derive(Clone, Debug, Deserialize)]
pub struct Published {
    /// The id in the list of figures.
    pub id: String,
    /// The wave; empty where the file is one of a wave.
    #[serde(default)]
    pub wave: String,
    /// The kind of question: SA, MA, GRID, RANK, N.
    pub qtype: String,
    /// `count`, `percent` or `n`.
    pub measure: String,
    /// The figure.
    pub published: String,
    /// The digits after the point that were published.
    pub decimals: u32,
    /// What a percentage is of: `answered`, `mentions`, `scale_point`, `rank`.
    pub base: String,
    /// Our question number.
    pub number: String,
    /// Our row code, or the item of a ranking; empty in a ranking for those who gave nothing the rank.
    pub row: String,
    /// Our option code, or the rank; empty for the line of blanks.
    pub code: String,
    /// The group, where the figure is one of a group.
    pub group: String,
    /// The words of the option.
    pub option: String,
    /// Where the published figure is wrong: the right one.
    #[serde(default)]
    pub recomputed: String,
    /// Where the published figure is wrong: why.
    #[serde(default)]
    pub why: String,
}

/// The published figures of a wave that must be met.
pub fn published(tests: &Path, wave: &str) -> Vec<Published> {
    read(&tests.join(format!("data/rse/expected-{wave}.csv")))
}

/// The figures that were published wrong.
pub fn published_errors(tests: &Path) -> Vec<Published> {
    read(&tests.join("data/rse/published-errors.csv"))
}

/// The published figures that are not played, each with its reason.
pub fn not_played(tests: &Path) -> BTreeMap<String, String> {
    #[derive(Deserialize)]
    struct Line {
        id: String,
        reason: String,
    }
    let lines = read::<Line>(&tests.join("data/rse/not-played.csv"));
    lines.into_iter().map(|line| (line.id, line.reason)).collect()
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Vec<T> {
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}
