//! `shukei`: the command line. Reads arguments and environment, builds the parts, runs them, prints.

mod cli;
mod client;
mod commands;
mod config;
mod fault;
mod folder;
mod jobs;
mod maintenance;
mod output;
mod pipeline;
mod progress;
mod reading;
mod reload;
mod server;
mod surveys;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command, MappingCommand};
use crate::fault::Fault;

/// Batches are made on one thread and dropped on another, all day long. The allocator of the C library keeps their
/// pages for ever (measured: 1.5 GB after half a minute of load that needs a fifth of it); this one gives them back.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    // What the libraries log is for whoever asks for it; what the user has to know is printed. The Delta kernel calls
    // a table that does not exist yet an error, which for a new folder is how things are; delta-rs calls a commit that
    // another worker was faster with an error, which among several workers is how things are as well.
    let filter = EnvFilter::try_from_env("SHUKEI_LOG").unwrap_or_else(|_| {
        EnvFilter::new("error,buoyant_kernel=off,deltalake_core::kernel::transaction=off")
    });
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Fault::from(anyhow::Error::from(error)).report(),
    };
    match runtime.block_on(run(cli.command)) {
        Ok(code) => code,
        Err(fault) => fault.report(),
    }
}

async fn run(command: Command) -> Result<ExitCode, Fault> {
    match command {
        Command::Demo(arguments) => commands::demo::run(arguments).await,
        Command::Submit(arguments) => commands::submit::run(*arguments).await,
        Command::Sql(arguments) => commands::sql::run(arguments).await,
        Command::Tabulate(arguments) => commands::tabulate::run(*arguments).await,
        Command::Explain(arguments) => commands::explain::run(arguments).await,
        Command::Rejections(arguments) => commands::listing::run("rejections", arguments).await,
        Command::Issues(arguments) => commands::listing::run("issues", arguments).await,
        Command::Verify(arguments) => commands::verify::run(arguments).await,
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::New(arguments) => commands::new::run(&arguments),
        Command::Try(arguments) => commands::try_::run(arguments).await,
        Command::Jobs(arguments) => commands::jobs::run(arguments).await,
        Command::Up(arguments) => commands::up::run(arguments).await,
        Command::Query(arguments) => commands::up::query(arguments).await,
        Command::Doctor(arguments) => commands::doctor::run(arguments).await,
        Command::Maintain(arguments) => commands::maintain::run(arguments).await,
        Command::Edit(arguments) => commands::edit::run(*arguments).await,
        Command::Rebuild(arguments) => commands::rebuild::run(arguments).await,
        Command::Ingest(arguments) => commands::workers::ingest(arguments).await,
        Command::Transform(arguments) => commands::workers::transform(arguments).await,
        Command::Mapping(MappingCommand::Coverage(arguments)) => commands::mapping::coverage(&arguments),
        Command::Mapping(MappingCommand::Diff(arguments)) => commands::mapping_diff::run(arguments).await,
    }
}
