//! The part `interpret`: nothing but the pure function, on the thread that calls it.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use shukei_interpret::{Kind, Record, interpret};
use shukei_schemas::definition::{Definitions, content_hash};
use shukei_schemas::event::{SUBMISSION_RECEIVED, Submission, write_structured};

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

/// The forms whose interpretation is measured alone: what it is called, survey, file of submissions.
const FORMS: [(&str, &str, &str); 2] = [
    ("office's own form, codes", "nisc", "data/2023-form.jsonl"),
    ("another organisation's form, read across", "nisc", "data/2023-finance.jsonl"),
];

/// Interprets the shipped submissions of a form with 60 questions, one core, and prints a row for each way of collecting;
/// beside it what reading the same bytes as plain JSON takes, and what hashing them takes, as ceilings in the same run.
///
/// # Errors
/// If a submission comes to anything but a response.
pub(crate) fn forms(definitions: &Definitions, least: Duration) -> Result<()> {
    println!(
        "| answers | bytes | records/s and core | plain JSON reader | SHA-256 alone | ratio to the JSON reader |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    for (name, survey, file) in FORMS {
        let definition = definitions.survey(&survey.into()).context("the survey is not shipped")?;
        let lines = std::str::from_utf8(definition.file(file).context("the data set is missing")?)?;
        let mut payloads = Vec::new();
        for line in lines.lines() {
            let mut event: serde_json::Value = serde_json::from_str(line)?;
            let data = if event.get("data").is_some() { event["data"].take() } else { event };
            let submission: Submission = serde_json::from_value(data)?;
            let id = payloads.len().to_string();
            payloads.push(write_structured(&id, "urn:shukei:bench", SUBMISSION_RECEIVED, None, &submission)?);
        }
        let bytes = payloads.iter().map(Vec::len).sum::<usize>() / payloads.len().max(1);
        let rate = rate(&payloads, least, |payload| {
            let record = Record { payload: Some(payload), headers: &[] };
            interpret(&record, definitions).response.is_some()
        })?;
        let json = self::rate(&payloads, least, |payload| {
            serde_json::from_slice::<serde_json::Value>(payload).is_ok()
        })?;
        let hash = self::rate(&payloads, least, |payload| !content_hash(payload).is_empty())?;
        println!("| {name} | {bytes} | {rate:.0} | {json:.0} | {hash:.0} | {:.2} |", rate / json);
    }
    Ok(())
}

fn rate(payloads: &[Vec<u8>], least: Duration, mut good: impl FnMut(&[u8]) -> bool) -> Result<f64> {
    let began = std::time::Instant::now();
    let mut count = 0_u64;
    while began.elapsed() < least {
        for payload in payloads {
            ensure!(black_box(good(payload)), "a record came to something else");
            count += 1;
        }
    }
    Ok(count as f64 / began.elapsed().as_secs_f64())
}
