use std::process::ExitCode;

use shukei_doors::Format;

use crate::cli::Maintain;
use crate::fault::Fault;
use crate::maintenance::{self, MaintenanceOptions};
use crate::{folder, output};

/// Makes the tables of a folder small again that nobody writes to, and prints what became of each.
pub(crate) async fn run(arguments: Maintain) -> Result<ExitCode, Fault> {
    // A folder without data is not made into one.
    folder::open_to_read(&arguments.data)?;
    let (lake, _lock) = folder::open_alone(&arguments.data, arguments.hidden.crash_at.as_deref())?;
    let done = maintenance::once(&lake, &MaintenanceOptions::default()).await?;
    let rows: Vec<[String; 7]> = done
        .iter()
        .map(|table| {
            [
                table.table.to_string(),
                table.before.files.to_string(),
                table.before.bytes.to_string(),
                table.after.files.to_string(),
                table.after.bytes.to_string(),
                table.cleaned.files.to_string(),
                table.cleaned.log_files.to_string(),
            ]
        })
        .collect();
    let names =
        ["table", "files", "bytes", "files_after", "bytes_after", "files_deleted", "log_files_deleted"];
    output::texts(names, &rows, Format::from(arguments.format))?;
    // Nobody else should have been there.
    Ok(ExitCode::from(u8::from(done.iter().any(|table| table.compacted.lost))))
}
