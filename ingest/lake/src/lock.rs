use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::LakeError;

const NAME: &str = "lock";

/// The lock of a data folder, held until dropped or until the process ends, however it ends.
///
/// Exclusive for a process that runs the embedded broker, shared for workers on Kafka; readers take none.
#[derive(Debug)]
pub struct FolderLock {
    file: File,
    exclusive: bool,
}

impl FolderLock {
    /// Takes the folder for this process alone, and makes it if it does not exist.
    ///
    /// # Errors
    /// [`LakeError::Locked`] at once if any other process holds it, [`LakeError::Io`] if it cannot be used.
    pub fn exclusive(root: &Path) -> Result<Self, LakeError> {
        let (mut file, path) = open(root)?;
        refuse(root, &path, &mut file, File::try_lock)?;
        // Only for the message of whoever comes second; the lock itself is the operating system's.
        let note = write_note(&mut file, &format!("{}\n", std::process::id()));
        note.map_err(|source| LakeError::io("write", path, source))?;
        Ok(Self { file, exclusive: true })
    }

    /// Takes the folder together with others that take it shared, and makes it if it does not exist.
    ///
    /// # Errors
    /// [`LakeError::Locked`] at once if a process holds it alone, [`LakeError::Io`] if it cannot be used.
    pub fn shared(root: &Path) -> Result<Self, LakeError> {
        let (mut file, path) = open(root)?;
        refuse(root, &path, &mut file, File::try_lock_shared)?;
        // Whoever held it alone and left a note is gone, or this lock could not be had.
        let _ = file.set_len(0);
        Ok(Self { file, exclusive: false })
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        if self.exclusive {
            // A stale note only makes a message less exact.
            let _ = self.file.set_len(0);
        }
        // A child process that is just being started shares the open file: closing it here would not be enough.
        let _ = self.file.unlock();
    }
}

fn open(root: &Path) -> Result<(File, PathBuf), LakeError> {
    std::fs::create_dir_all(root).map_err(|source| LakeError::io("create folder", root, source))?;
    let path = root.join(NAME);
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    Ok((file.map_err(|source| LakeError::io("open", &path, source))?, path))
}

fn refuse(
    root: &Path,
    path: &Path,
    file: &mut File,
    lock: impl Fn(&File) -> Result<(), TryLockError>,
) -> Result<(), LakeError> {
    match lock(file) {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            Err(LakeError::Locked { path: root.to_owned(), holder: holder(file) })
        }
        Err(TryLockError::Error(source)) => Err(LakeError::io("lock", path, source)),
    }
}

fn write_note(file: &mut File, text: &str) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(text.as_bytes())
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_string(&mut text));
    match (read, text.trim().parse::<u32>()) {
        (Ok(_), Ok(pid)) => format!("process {pid}"),
        _ => "other processes".into(),
    }
}
