use std::process::ExitCode;

use shukei_doors::Format;
use shukei_query::Catalog;

use crate::cli::{DataFolder, Sql};
use crate::fault::Fault;
use crate::{folder, output, surveys};

pub(crate) async fn run(arguments: Sql) -> Result<ExitCode, Fault> {
    print(&arguments.query, &arguments.folder, arguments.format.into()).await
}

/// Runs a query over the tables of a folder and prints its rows.
pub(crate) async fn print(query: &str, data: &DataFolder, format: Format) -> Result<ExitCode, Fault> {
    let definitions = surveys::load(&data.surveys)?;
    let lake = folder::open_to_read(&data.data)?;
    let catalog = Catalog::open(&lake, &definitions).await?;
    let rows = catalog.query(query).await?;
    output::rows(rows, format).await?;
    output::versions(&catalog);
    Ok(ExitCode::SUCCESS)
}
