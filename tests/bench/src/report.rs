//! The report: Markdown for BENCHMARKS.md.

use std::fmt::Display;

use crate::interpreting::Interpreted;
use crate::measured::{Measured, Peaks};
use crate::pipeline::Piped;

/// Everything measured in a run.
pub(crate) struct Report<'a> {
    /// Memory before the first part, in MiB.
    pub(crate) at_start: f64,
    /// How the peaks were read.
    pub(crate) peaks: &'a Peaks,
    /// The part `interpret`.
    pub(crate) interpreted: Interpreted,
    /// The part `ceiling`.
    pub(crate) ceiling: Measured,
    /// The part `pipeline`.
    pub(crate) pipeline: Piped,
}

/// Prints the table and what belongs beside it.
pub(crate) fn print(report: &Report<'_>) {
    println!(
        "| part | records | MB | seconds | records/s | ratio to ceiling | CPU s per million | peak MiB |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    row("ceiling", &report.ceiling, &report.ceiling);
    row("pipeline", &report.pipeline.measured, &report.ceiling);
    row("interpret, one core", &report.interpreted.measured, &report.ceiling);
    println!();
    let stages = &report.pipeline.stages;
    println!(
        "* Pipeline, seconds from its start: all stored {:.2}, all decided {:.2}, workers finished {:.2}, catalog open \
         {:.2}, all units counted {:.2}.",
        stages.stored.as_secs_f64(),
        stages.decided.as_secs_f64(),
        stages.finished.as_secs_f64(),
        stages.opened.as_secs_f64(),
        stages.counted.as_secs_f64(),
    );
    let commits = listed(report.pipeline.commits.iter().map(|(table, version)| (table, version.to_string())));
    println!("* Versions of the tables: {commits}.");
    let sizes = report.pipeline.folder_bytes.iter().filter(|(_, bytes)| **bytes >= 50_000);
    let sizes = listed(sizes.map(|(folder, bytes)| (folder, format!("{:.1} MB", *bytes as f64 / 1e6))));
    println!("* Data folder: {sizes}.");
    println!(
        "* Checked: {}; {} bad answers inside the records, as interpretation alone finds.",
        report.pipeline.law, report.interpreted.issues
    );
    let of_parts = if report.peaks.are_of_parts() {
        "the mark was set back before each part, but what earlier parts left allocated counts"
    } else {
        "the mark cannot be set back here, so a part's figure is the highest of it and the parts run before it"
    };
    println!(
        "* Peaks are those of the one process that holds producer, embedded broker, workers and catalog; {of_parts}; \
         parts ran in the order interpret, ceiling, pipeline; {:.0} MiB before the first.",
        report.at_start
    );
}

fn row(part: &str, measured: &Measured, ceiling: &Measured) {
    println!(
        "| {part} | {} | {:.1} | {:.2} | {} | {} | {:.1} | {:.0} |",
        thousands(measured.records),
        measured.bytes as f64 / 1e6,
        measured.wall.as_secs_f64(),
        thousands(measured.rate().round() as u64),
        ratio(measured.rate() / ceiling.rate()),
        measured.cpu_per_million(),
        measured.peak_mib,
    );
}

/// Small ratios with more decimals, so that a change shows.
fn ratio(ratio: f64) -> String {
    if ratio >= 0.1 { format!("{ratio:.2}") } else { format!("{ratio:.4}") }
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn listed(items: impl Iterator<Item = (impl Display, String)>) -> String {
    items.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}
