use std::process::ExitCode;

use arrow::util::display::array_value_to_string;
use shukei_doors::Format;

use crate::cli::Listing;
use crate::commands::sql;
use crate::fault::Fault;
use crate::output::say;
use crate::{output, reading};

/// So many are listed for people; the rest is counted.
const SHOWN: u64 = 200;

/// `rejections` and `issues` are views; a listing is all their rows in the order of the source. People get what fits a
/// terminal: where the record stands, whose it is, what is wrong, and what to do.
pub(crate) async fn run(view: &str, arguments: Listing) -> Result<ExitCode, Fault> {
    let format = Format::from(arguments.format);
    let wanted = wanted(&arguments);
    let counts = format!(
        "SELECT code, survey, wave, path, count(*) AS records FROM {view} {wanted} GROUP BY code, survey, wave, path \
         ORDER BY records DESC, code, survey, wave, path"
    );
    let order = "ORDER BY generation, partition, \"offset\"";
    if format != Format::Table {
        let query = match arguments.summary {
            true => counts,
            false => format!("SELECT * FROM {view} {wanted} {order}"),
        };
        return sql::print(&query, &arguments.folder, format).await;
    }
    let catalog = reading::open(&arguments.folder).await?;
    if arguments.summary {
        output::rows(catalog.query(&counts).await?, format).await?;
    } else {
        // Of a rejection it is often not known whose it is.
        let whose = if view == "issues" { "unit" } else { "event_id" };
        let columns = format!(
            "concat(generation, '/', partition, ':', \"offset\") AS record, survey, wave, {whose}, code, path"
        );
        let query = format!("SELECT {columns} FROM {view} {wanted} {order} LIMIT {SHOWN}");
        output::rows(catalog.query(&query).await?, format).await?;
        let all = catalog.query(&format!("SELECT count(*) FROM {view} {wanted}")).await?.collect().await?;
        let all = all.iter().find(|batch| batch.num_rows() > 0);
        let all = all.map(|batch| array_value_to_string(batch.column(0), 0).unwrap_or_default());
        let all: u64 = all.and_then(|count| count.parse().ok()).unwrap_or(0);
        if all > SHOWN {
            say!(
                "the first {SHOWN} of {all}; --summary counts them, --code, --survey and --wave choose, --format csv has all"
            );
        }
    }
    // A hint is a sentence: it stands once below the table, not cut in every row.
    let hints = format!("SELECT DISTINCT code, hint FROM {view} {wanted} ORDER BY code, hint LIMIT {SHOWN}");
    for batch in catalog.query(&hints).await?.collect().await? {
        for row in 0..batch.num_rows() {
            let text = |column: usize| array_value_to_string(batch.column(column), row).unwrap_or_default();
            say!("{}: {}", text(0), text(1));
        }
    }
    output::versions(&catalog);
    Ok(ExitCode::SUCCESS)
}

/// The condition that the options come to.
fn wanted(arguments: &Listing) -> String {
    let options = [("survey", &arguments.survey), ("wave", &arguments.wave), ("code", &arguments.code)];
    let tests: Vec<String> = options
        .iter()
        .filter_map(|(column, wanted)| Some(format!("{column} = '{}'", wanted.as_ref()?.replace('\'', "''"))))
        .collect();
    if tests.is_empty() { String::new() } else { format!("WHERE {}", tests.join(" AND ")) }
}
