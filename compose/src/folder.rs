//! What a data folder is, before anything is opened in it.

use std::path::Path;

use shukei_lake::{CrashPoint, FolderLock, Lake, LakeOptions};

use crate::fault::Fault;

/// What stands in a data folder; anything else makes it somebody else's.
const OURS: [&str; 6] = ["lock", "sources", "raw", "definitions", "refined", "reports"];

/// What a folder looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Not there, or empty.
    Fresh,
    /// A data folder.
    Ours,
}

/// Looks at a folder.
///
/// # Errors
/// A fault of use if it holds something that is not a data folder's.
pub(crate) fn look(folder: &Path) -> Result<State, Fault> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(State::Fresh),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            return Err(Fault::usage(
                format!("`{}` is not a folder", folder.display()),
                "name another one with --data",
            ));
        }
        Err(error) => return Err(error.into()),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    if names.is_empty() {
        return Ok(State::Fresh);
    }
    let foreign = names.iter().find(|name| !OURS.contains(&name.as_str()));
    if let Some(foreign) = foreign.or_else(|| names.iter().find(|_| !names.iter().any(|name| name == "lock")))
    {
        return Err(Fault::usage(
            format!("`{}` is not a data folder: it holds `{foreign}`", folder.display()),
            "name a new or empty folder with --data",
        ));
    }
    Ok(State::Ours)
}

/// Opens a data folder to write, alone.
pub(crate) fn open_alone(folder: &Path, crash_at: Option<&str>) -> Result<(Lake, FolderLock), Fault> {
    look(folder)?;
    let crash = crash_at.map(CrashPoint::parse).transpose()?.unwrap_or_else(CrashPoint::none);
    std::fs::create_dir_all(folder)?;
    let lock = FolderLock::exclusive(folder)?;
    let lake = Lake::local(folder, LakeOptions { crash, ..LakeOptions::default() })?;
    Ok((lake, lock))
}

/// Opens a data folder to write, together with others on a broker outside.
pub(crate) fn open_shared(folder: &Path, crash_at: Option<&str>) -> Result<(Lake, FolderLock), Fault> {
    look(folder)?;
    let crash = crash_at.map(CrashPoint::parse).transpose()?.unwrap_or_else(CrashPoint::none);
    std::fs::create_dir_all(folder)?;
    let lock = FolderLock::shared(folder)?;
    let lake = Lake::local(folder, LakeOptions { crash, ..LakeOptions::default() })?;
    Ok((lake, lock))
}

/// Opens a data folder to read.
///
/// # Errors
/// A fault if there is nothing to read.
pub(crate) fn open_to_read(folder: &Path) -> Result<Lake, Fault> {
    match look(folder)? {
        State::Fresh => Err(Fault::no(
            format!("there is no data in `{}`", folder.display()),
            "run `shukei demo` or `shukei submit` first, or name the folder with --data",
        )),
        State::Ours => Ok(Lake::local(folder, LakeOptions::default())?),
    }
}
