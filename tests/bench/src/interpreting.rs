//! The part `interpret`: nothing but the pure function, on the thread that calls it.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Result, ensure};
use shukei_interpret::{Kind, Record, interpret};
use shukei_schemas::definition::Definitions;

use crate::measured::{Measured, Peaks, Stopwatch};
use crate::records::Records;

/// What came of it.
pub(crate) struct Interpreted {
    /// Time, processor time, memory.
    pub(crate) measured: Measured,
    /// The bad answers inside the records, all passes but the first left out: the tables must show as many.
    pub(crate) issues: u64,
}

/// Interprets all records again and again, for `least` at least.
///
/// # Errors
/// If a record comes to anything but a response.
pub(crate) fn run(
    records: &Records,
    definitions: &Definitions,
    least: Duration,
    peaks: &Peaks,
) -> Result<Interpreted> {
    peaks.begin_part()?;
    let mut passes = 0;
    let mut issues = 0;
    let stopwatch = Stopwatch::start()?;
    while passes == 0 || stopwatch.elapsed() < least {
        let mut issues_of_pass = 0;
        for made in records.all() {
            let record = Record { payload: Some(&made.payload), headers: &[] };
            let interpretation = black_box(interpret(&record, definitions));
            ensure!(
                interpretation.outcome.kind == Kind::Response && interpretation.response.is_some(),
                "a record is not a response: {:?}",
                interpretation.outcome.issues
            );
            issues_of_pass += interpretation.outcome.issues.len() as u64;
        }
        ensure!(passes == 0 || issues_of_pass == issues, "the same records came to something else");
        issues = issues_of_pass;
        passes += 1;
    }
    let measured = stopwatch.stop(passes * u64::from(records.count()), passes * records.bytes(), peaks)?;
    Ok(Interpreted { measured, issues })
}
