use std::collections::{BTreeMap, BTreeSet};

use jiff::Zoned;
use serde::Serialize;
use shukei_schemas::definition::content_hash;

use crate::error::ReportError;
use crate::report::{File, Report};
use crate::words::DISTRIBUTION;

/// Who made a report, and when: the only clock in it.
#[derive(Clone, Debug)]
pub struct Made {
    /// The job.
    pub job: String,
    /// The moment, in the job's zone.
    pub at: Zoned,
    /// The program's version.
    pub program: String,
}

#[derive(Serialize)]
struct Manifest<'a> {
    distribution: &'static str,
    job: &'a str,
    survey: &'a str,
    wave: &'a str,
    language: &'a str,
    synthetic: bool,
    /// RFC 9557: with offset and zone.
    made_at: String,
    program: &'a str,
    /// Per lane the first offset that is not in the figures.
    common_vector: Vec<Served>,
    table_versions: &'a BTreeMap<String, i64>,
    units: Units<'a>,
    definitions: Vec<Hashed<'a>>,
    interpreted_with: &'a BTreeSet<String>,
    files: Vec<Written>,
}

#[derive(Serialize)]
struct Served {
    generation: i32,
    partition: i32,
    next: i64,
}

#[derive(Serialize)]
struct Units<'a> {
    total: u64,
    own: u64,
    groups: Vec<Counted<'a>>,
}

#[derive(Serialize)]
struct Counted<'a> {
    group: Option<&'a str>,
    units: u64,
    method: &'a str,
}

#[derive(Serialize)]
struct Hashed<'a> {
    path: &'a str,
    sha256: &'a str,
}

#[derive(Serialize)]
struct Written {
    name: &'static str,
    bytes: usize,
    sha256: String,
}

/// What the files were made from, and what they are.
pub(crate) fn manifest(report: &Report, made: &Made, files: &[File]) -> Result<Vec<u8>, ReportError> {
    let groups = report.front.rows.iter().map(|row| Counted {
        group: row.group.as_deref(),
        units: row.count,
        method: &row.method,
    });
    let manifest = Manifest {
        distribution: DISTRIBUTION,
        job: &made.job,
        survey: report.definition.survey.survey.as_str(),
        wave: report.wave.wave.as_str(),
        language: &report.language,
        synthetic: report.definition.survey.synthetic,
        made_at: made.at.to_string(),
        program: &made.program,
        common_vector: report
            .vector
            .iter()
            .map(|(lane, next)| Served {
                generation: lane.generation.0,
                partition: lane.partition.0,
                next: next.0,
            })
            .collect(),
        table_versions: &report.versions,
        units: Units { total: report.front.total, own: report.front.own, groups: groups.collect() },
        definitions: report.formed_with.iter().map(|(path, sha256)| Hashed { path, sha256 }).collect(),
        interpreted_with: &report.interpreted_with,
        files: files
            .iter()
            .map(|file| Written {
                name: file.name,
                bytes: file.content.len(),
                sha256: content_hash(&file.content),
            })
            .collect(),
    };
    let mut text = serde_json::to_vec_pretty(&manifest)?;
    text.push(b'\n');
    Ok(text)
}
