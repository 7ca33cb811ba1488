//! How fast the pipeline is beside what its client can take at all, in one run, so that the ratio holds on a machine
//! that others use as well. The three parts read the same records:
//!
//! * `interpret`: the pure function from a record to its outcome, on one core;
//! * `ceiling`: a plain consumer of rdkafka that looks at nothing, beside a producer and the embedded broker;
//! * `pipeline`: gateway, embedded broker, ingest, `raw`, transform, `outcomes`, responses, until a catalog counts
//!   every unit.
//!
//! `shukei-bench http` measures the running program under many clients instead, `shukei-bench submit` a file of rows.
//!
//! Whatever is missing at the end fails the run: figures of a run that lost something are not printed.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the report is what this program is for")]

mod ceiling;
mod http;
mod interpreting;
mod machine;
mod measured;
mod pipeline;
mod records;
mod report;
mod submitting;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use shukei_schemas::definition::Definitions;
use tracing_subscriber::EnvFilter;

use crate::machine::Machine;
use crate::measured::Peaks;
use crate::records::Records;

/// Measures the pipeline beside the plain Kafka client, and prints a report for BENCHMARKS.md.
#[derive(Debug, Parser)]
#[command(name = "shukei-bench", version)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// How many submissions, each of a respondent of its own.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=records::MOST))]
    records: u32,
    /// About how long `interpret` and `ceiling` go on at least; they take all the records again until then.
    #[arg(long, default_value_t = 2.0, value_name = "SECONDS")]
    least: f64,
    /// Where the data folder is made, to be removed at the end; the system's temporary folder by default.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// A part that is measured alone.
#[derive(Debug, clap::Subcommand)]
enum Part {
    /// Measures `shukei up` under many clients over HTTP.
    Http(http::Load),
    /// Measures interpretation alone, on one core, beside a plain JSON reader
    Interpret,
    /// Measures `shukei submit` of a CSV file, end to end
    Submit(submitting::File),
}

/// That of the program itself.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let filter =
        EnvFilter::try_from_env("SHUKEI_LOG").unwrap_or_else(|_| EnvFilter::new("error,buoyant_kernel=off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let least = Duration::try_from_secs_f64(arguments.least).context("--least")?;
    let folder = match &arguments.folder {
        Some(parent) => tempfile::TempDir::new_in(parent),
        None => tempfile::TempDir::new(),
    }
    .context("make the data folder")?;
    let machine = Machine::look(folder.path())?;

    let (definitions, _) = Definitions::shipped();
    let definitions = Arc::new(definitions);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let Some(Part::Http(load)) = &arguments.part {
        machine.print();
        println!();
        return runtime.block_on(http::run(load, &definitions, folder.path())).context("http");
    }
    if matches!(arguments.part, Some(Part::Interpret)) {
        machine.print();
        println!();
        return interpreting::forms(&definitions, least).context("interpret");
    }
    if let Some(Part::Submit(file)) = &arguments.part {
        machine.print();
        println!();
        return submitting::run(file, folder.path()).context("submit");
    }
    let records = Arc::new(Records::of_shipped_data(&definitions, arguments.records)?);

    let peaks = Peaks::new()?;
    let at_start = peaks.of_part()?;
    let interpreted = interpreting::run(&records, &definitions, least, &peaks).context("interpret")?;
    let ceiling = runtime.block_on(ceiling::run(&records, least, &peaks)).context("ceiling")?;
    let pipeline = pipeline::run(&records, &definitions, folder.path(), interpreted.issues, &peaks);
    let pipeline = runtime.block_on(pipeline).context("pipeline")?;

    machine.print();
    println!();
    report::print(&report::Report { at_start, peaks: &peaks, interpreted, ceiling, pipeline });
    Ok(())
}
