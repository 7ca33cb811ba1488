use std::process::ExitCode;

use shukei_doors::Format;

use crate::cli::Verify;
use crate::fault::Fault;
use crate::{folder, output};

/// Prints the law as it stands in the rows. Exit 1 if a table is behind or broken.
pub(crate) async fn run(arguments: Verify) -> Result<ExitCode, Fault> {
    let lake = folder::open_to_read(&arguments.data)?;
    let report = shukei_query::verify(&lake).await?;
    output::report(&report, Format::from(arguments.format))?;
    Ok(ExitCode::from(u8::from(!report.is_whole())))
}
