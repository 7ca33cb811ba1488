use std::process::ExitCode;

use shukei_doors::Format;

use crate::cli::{DataFolder, Sql};
use crate::client::{Client, blocking};
use crate::fault::Fault;
use crate::output::note;
use crate::{output, reading};

pub(crate) async fn run(arguments: Sql) -> Result<ExitCode, Fault> {
    match arguments.url {
        Some(url) => asked(url, arguments.query, arguments.format.into()).await,
        None => print(&arguments.query, &arguments.folder, arguments.format.into()).await,
    }
}

/// Asks a running program. People and spreadsheets get the same as from a folder.
async fn asked(url: String, query: String, format: Format) -> Result<ExitCode, Fault> {
    let wanted = if format == Format::Json { "json" } else { "csv" };
    let answer = blocking(move || Client::new(&url)?.sql(&query, wanted)).await?;
    match format {
        Format::Table | Format::Excel => output::csv_as(&answer.body, format)?,
        _ => output::bytes(&answer.body)?,
    }
    note!("read from {}", answer.tables);
    Ok(ExitCode::SUCCESS)
}

/// Runs a query over the tables of a folder and prints its rows.
pub(crate) async fn print(query: &str, data: &DataFolder, format: Format) -> Result<ExitCode, Fault> {
    let catalog = reading::open(data).await?;
    let rows = catalog.query(query).await?;
    output::rows(rows, format).await?;
    output::versions(&catalog);
    Ok(ExitCode::SUCCESS)
}
