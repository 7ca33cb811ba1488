use std::process::ExitCode;

use shukei_doors::Format;

use crate::cli::{DataFolder, Sql};
use crate::fault::Fault;
use crate::{output, reading};

pub(crate) async fn run(arguments: Sql) -> Result<ExitCode, Fault> {
    print(&arguments.query, &arguments.folder, arguments.format.into()).await
}

/// Runs a query over the tables of a folder and prints its rows.
pub(crate) async fn print(query: &str, data: &DataFolder, format: Format) -> Result<ExitCode, Fault> {
    let catalog = reading::open(data).await?;
    let rows = catalog.query(query).await?;
    output::rows(rows, format).await?;
    output::versions(&catalog);
    Ok(ExitCode::SUCCESS)
}
