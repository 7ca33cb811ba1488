//! A folder for a survey of one's own, empty or guessed from a file, that passes `check` as it is.

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use shukei_delivery::{Scaffold, scaffold, scaffold_from};

use crate::cli::New;
use crate::fault::Fault;
use crate::output::{note, say};

pub(crate) fn run(arguments: &New) -> Result<ExitCode, Fault> {
    let survey = survey_id(&arguments.folder)?;
    if std::fs::read_dir(&arguments.folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Fault::usage(
            format!("`{}` is not empty", arguments.folder.display()),
            "name a new folder; what you wrote is never written over",
        ));
    }
    let made = match &arguments.from {
        None => scaffold(&survey),
        Some(file) => guessed(&survey, file)?,
    };
    for (path, text) in &made.files {
        let path = arguments.folder.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, text)?;
        say!("{}", path.display());
    }
    let folder = arguments.folder.display();
    if let Some(file) = &arguments.from {
        note!(
            "{} rows and {} columns were read; what was guessed is marked `# guess`",
            made.rows,
            made.columns
        );
        if made.has_more {
            note!("the file has more rows, which were not looked at; `shukei try` looks at them all");
        }
        if made.refused > 0 {
            note!("{} rows were passed over: they have more or fewer cells than the header", made.refused);
        }
        note!("next: look at {folder}/forms/{survey}.yaml, then `shukei try {folder} {}`", file.display());
    } else {
        note!("next: change the files to your survey, then `shukei check {folder}`");
    }
    Ok(ExitCode::SUCCESS)
}

fn guessed(survey: &str, file: &Path) -> Result<Scaffold, Fault> {
    let open = || {
        File::open(file).map_err(|error| {
            Fault::usage(format!("cannot read `{}`: {error}", file.display()), "name a file that may be read")
        })
    };
    let path = file.to_string_lossy();
    let spec = shukei_delivery::sniff(&path, open()?)?;
    let rows = shukei_delivery::open(&path, open()?, &spec)?;
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    Ok(scaffold_from(survey, &name, &spec, rows)?)
}

/// The folder's name as an id.
fn survey_id(folder: &Path) -> Result<String, Fault> {
    let name = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match !name.is_empty() && name.chars().all(is_id) {
        true => Ok(name),
        false => Err(Fault::usage(
            format!("`{name}` cannot be the id of a survey"),
            "name the folder with letters a to z, digits and hyphens; the printed name stands in survey.yaml",
        )),
    }
}
