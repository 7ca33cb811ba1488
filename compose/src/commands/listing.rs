use std::process::ExitCode;

use crate::cli::Listing;
use crate::commands::sql;
use crate::fault::Fault;

/// `rejections` and `issues` are views; a listing is all their rows in the order of the source.
pub(crate) async fn run(view: &str, arguments: Listing) -> Result<ExitCode, Fault> {
    let query = format!("SELECT * FROM {view} ORDER BY generation, partition, \"offset\"");
    sql::print(&query, &arguments.folder, arguments.format.into()).await
}
