use std::ffi::OsStr;
use std::fs::{self, File as Handle, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::error::ReportError;
use crate::report::File;

/// What a folder is called while it is written. One that is left over is of a run that died.
const UNFINISHED: &str = ".tmp-";

/// Held while a job writes, so that no two runs of it overlap, in whatever processes.
const LOCK: &str = ".lock";

/// Writes files into a new folder `<date>` of a job's folder, or `<date>-2`, `<date>-3` and so on if there is one of
/// that name. Returns the folder. The whole of it is there, on disk, or nothing is; nothing is ever overwritten.
///
/// # Errors
/// [`ReportError::Busy`] if another run writes for the same job, [`ReportError::Write`] for anything else. What was
/// begun is removed.
pub fn write(job: &Path, date: Date, files: &[File]) -> Result<PathBuf, ReportError> {
    fs::create_dir_all(job).map_err(ReportError::write(job))?;
    let _lock = lock(job)?;
    remove_left_over(job)?;
    let unfinished = job.join(format!("{UNFINISHED}{date}"));
    let written = fill(&unfinished, files).and_then(|()| {
        let folder = free_name(job, date)?;
        fs::rename(&unfinished, &folder).map_err(ReportError::write(&folder))?;
        Ok(folder)
    });
    match written {
        Ok(folder) => {
            sync(job)?;
            Ok(folder)
        }
        Err(error) => {
            // The first error is the one to tell.
            let _ = fs::remove_dir_all(&unfinished);
            Err(error)
        }
    }
}

/// The newest report in a job's folder.
pub fn last(job: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(job).ok()?;
    let reports = entries.flatten().filter_map(|entry| {
        let name = entry.file_name();
        let key = dated(name.to_str()?)?;
        Some((key, entry.path()))
    });
    reports.max_by_key(|(key, _)| *key).map(|(_, path)| path)
}

/// The date and the number of a report's folder.
fn dated(name: &str) -> Option<(Date, u32)> {
    let (date, suffix) = name.split_at_checked(10)?;
    let number = match suffix {
        "" => 1,
        suffix => suffix.strip_prefix('-')?.parse().ok()?,
    };
    Some((date.parse().ok()?, number))
}

fn lock(job: &Path) -> Result<Handle, ReportError> {
    let path = job.join(LOCK);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(ReportError::write(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ReportError::Busy { folder: job.to_owned() }),
        Err(TryLockError::Error(error)) => Err(ReportError::write(&path)(error)),
    }
}

/// With the lock held, whatever is unfinished belongs to a run that is gone.
fn remove_left_over(job: &Path) -> Result<(), ReportError> {
    for entry in fs::read_dir(job).map_err(ReportError::write(job))? {
        let entry = entry.map_err(ReportError::write(job))?;
        if is_unfinished(&entry.file_name()) {
            fs::remove_dir_all(entry.path()).map_err(ReportError::write(&entry.path()))?;
        }
    }
    Ok(())
}

fn is_unfinished(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(UNFINISHED))
}

fn fill(folder: &Path, files: &[File]) -> Result<(), ReportError> {
    fs::create_dir(folder).map_err(ReportError::write(folder))?;
    for file in files {
        let path = folder.join(file.name);
        let written = Handle::create_new(&path).and_then(|mut handle| {
            handle.write_all(&file.content)?;
            handle.sync_all()
        });
        written.map_err(ReportError::write(&path))?;
    }
    sync(folder)
}

fn sync(folder: &Path) -> Result<(), ReportError> {
    Handle::open(folder).and_then(|handle| handle.sync_all()).map_err(ReportError::write(folder))
}

/// The lock is held, so a name that is free stays free.
fn free_name(job: &Path, date: Date) -> Result<PathBuf, ReportError> {
    let mut number = 1_u32;
    loop {
        let name = if number == 1 { date.to_string() } else { format!("{date}-{number}") };
        let folder = job.join(name);
        match fs::symlink_metadata(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(folder),
            Err(error) => return Err(ReportError::write(&folder)(error)),
            Ok(_) => number += 1,
        }
    }
}
