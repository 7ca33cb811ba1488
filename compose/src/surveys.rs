//! Surveys from the binary and from folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use shukei_schemas::definition::{Definitions, Finding, SurveyDefinition, has_errors};

use crate::fault::Fault;
use crate::output::note;

/// A survey's folder as read.
pub(crate) struct ReadSurvey {
    pub(crate) folder: PathBuf,
    pub(crate) definition: Option<SurveyDefinition>,
    pub(crate) findings: Vec<Finding>,
}

impl ReadSurvey {
    /// Whether it is the survey with this id; by its folder, where its id cannot be read.
    fn is(&self, id: &str) -> bool {
        match &self.definition {
            Some(definition) => definition.survey.survey.as_str() == id,
            None => self.folder.file_name().is_some_and(|name| name == id),
        }
    }
}

/// The shipped surveys and those of the folders given; a folder's survey replaces a shipped one of the same id.
///
/// # Errors
/// A fault of use that lists every error of every definition.
pub(crate) fn load(folders: &[PathBuf]) -> Result<Definitions, Fault> {
    load_for(folders, None)
}

/// The same where only one survey is asked about: what is wrong with others is said, and they are left out.
///
/// # Errors
/// A fault of use that lists every error of the definition of that survey.
pub(crate) fn load_for(folders: &[PathBuf], only: Option<&str>) -> Result<Definitions, Fault> {
    let (mut definitions, findings) = Definitions::shipped();
    let mut errors: Vec<String> =
        findings.iter().filter(|f| has_errors(std::slice::from_ref(f))).map(ToString::to_string).collect();
    for folder in folders {
        for survey in read(folder)? {
            if has_errors(&survey.findings) && only.is_some_and(|only| !survey.is(only)) {
                note!(
                    "warning: the survey in `{}` has errors and is left out; `shukei check` lists them",
                    survey.folder.display()
                );
            } else if has_errors(&survey.findings) {
                errors.extend(survey.findings.iter().map(|f| format!("{}/{f}", survey.folder.display())));
            } else if let Some(definition) = survey.definition {
                definitions.insert(definition);
            }
        }
    }
    errors.extend(definitions.clashes().iter().map(ToString::to_string));
    if errors.is_empty() {
        return Ok(definitions);
    }
    Err(Fault::usage(
        format!("the definitions have errors:\n{}", errors.join("\n")),
        "`shukei check DIR` lists the same; nothing was read or written",
    ))
}

/// Reads one survey's folder, or every survey's folder inside the one given.
///
/// # Errors
/// A fault of use if there is none.
pub(crate) fn read(folder: &Path) -> Result<Vec<ReadSurvey>, Fault> {
    let unreadable = |error: std::io::Error| {
        Fault::usage(
            format!("cannot read `{}`: {error}", folder.display()),
            "name a folder with a survey.yaml in it",
        )
    };
    let mut folders = Vec::new();
    if folder.join("survey.yaml").is_file() {
        folders.push(folder.to_owned());
    } else {
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.join("survey.yaml").is_file() {
                folders.push(path);
            }
        }
        folders.sort();
    }
    if folders.is_empty() {
        return Err(Fault::usage(
            format!("there is no survey in `{}`", folder.display()),
            "name a folder with a survey.yaml in it, or a folder of such folders",
        ));
    }
    folders
        .into_iter()
        .map(|folder| {
            let mut files = BTreeMap::new();
            collect(&folder, &folder, &mut files)?;
            let (definition, findings) = SurveyDefinition::load_checked(&files);
            Ok(ReadSurvey { folder, definition, findings })
        })
        .collect()
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Fault> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if let Ok(inside) = path.strip_prefix(root) {
            let name: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
            files.insert(name.join("/"), std::fs::read(&path)?);
        }
    }
    Ok(())
}
