use std::process::ExitCode;

use arrow::util::display::array_value_to_string;
use shukei_doors::Format;

use crate::cli::Listing;
use crate::commands::sql;
use crate::fault::Fault;
use crate::output::say;
use crate::{output, reading};

/// `rejections` and `issues` are views; a listing is all their rows in the order of the source. People get what fits a
/// terminal: where the record stands, what is wrong, and what to do.
pub(crate) async fn run(view: &str, arguments: Listing) -> Result<ExitCode, Fault> {
    let format = Format::from(arguments.format);
    let order = "ORDER BY generation, partition, \"offset\"";
    if format != Format::Table {
        return sql::print(&format!("SELECT * FROM {view} {order}"), &arguments.folder, format).await;
    }
    let catalog = reading::open(&arguments.folder).await?;
    let columns =
        "concat(generation, '/', partition, ':', \"offset\") AS record, survey, wave, event_id, code, path";
    output::rows(catalog.query(&format!("SELECT {columns} FROM {view} {order}")).await?, format).await?;
    // A hint is a sentence: it stands once below the table, not cut in every row.
    let hints = catalog.query(&format!("SELECT DISTINCT code, hint FROM {view} ORDER BY code, hint")).await?;
    for batch in hints.collect().await? {
        for row in 0..batch.num_rows() {
            let text = |column: usize| array_value_to_string(batch.column(column), row).unwrap_or_default();
            say!("{}: {}", text(0), text(1));
        }
    }
    output::versions(&catalog);
    Ok(ExitCode::SUCCESS)
}
