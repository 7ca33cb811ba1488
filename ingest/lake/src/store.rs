use std::collections::HashSet;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::ops::Range;
use std::path::{Path as FsPath, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

use crate::upload::SyncedUpload;

const STORE: &str = "SyncedStore";

/// The folder of a table's log. It has no folders in it.
const LOG: &str = "_delta_log";

/// A local folder as an object store whose writes are on disk before they can be seen.
///
/// object_store 0.13's own local store never calls fsync: after a power cut a log entry could stand there without its
/// content, or name data files that are gone. Here a put writes a temporary file beside its target, syncs it, gives
/// it its name (create: a hard link, so that one of two creators fails; overwrite: a rename), and syncs the folder
/// and whatever folders are new above it. When it returns, the object survives a power cut.
///
/// Temporary names end in `#` and digits, which the store's listings leave out. Paths are those of the file system's
/// root, so that they agree with `file://` addresses. Copies and renames are refused: nothing here needs them.
#[derive(Clone, Debug)]
pub struct SyncedStore {
    files: LocalFileSystem,
    folders: Arc<Folders>,
}

impl SyncedStore {
    /// The store for everything under the folder `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let folders = Folders { root: root.into(), known: Mutex::default() };
        Self { files: LocalFileSystem::new(), folders: Arc::new(folders) }
    }
}

impl fmt::Display for SyncedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{STORE}({})", self.folders.root.display())
    }
}

impl SyncedStore {
    /// The files of a log behind `offset`, in order of their names.
    fn list_log(&self, prefix: Path, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        let folder = self.files.path_to_filesystem(&prefix);
        let behind = offset.as_ref().strip_prefix(prefix.as_ref()).unwrap_or_default();
        let behind = behind.trim_start_matches('/').to_owned();
        let listing = async move {
            let folder: PathBuf = folder?;
            let listed = tokio::task::spawn_blocking(move || {
                list_names(&folder, &prefix, &behind).map_err(|source| store_error(&folder, source))
            });
            let files: Vec<ObjectMeta> = listed.await??;
            Ok::<_, Error>(futures::stream::iter(files.into_iter().map(Ok)))
        };
        futures::stream::once(listing).try_flatten().boxed()
    }
}

fn list_names(folder: &FsPath, prefix: &Path, behind: &str) -> io::Result<Vec<ObjectMeta>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| *name > behind && !is_temporary(name)) else { continue };
        let metadata = match entry.metadata() {
            // Deleted since.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            metadata => metadata?,
        };
        if metadata.is_file() {
            files.push(ObjectMeta {
                location: prefix.clone().join(name),
                last_modified: metadata.modified()?.into(),
                size: metadata.len(),
                e_tag: None,
                version: None,
            });
        }
    }
    files.sort_by(|one, other| one.location.cmp(&other.location));
    Ok(files)
}

/// Whether it is the name of a file that is still being written, or was when a process died.
fn is_temporary(name: &str) -> bool {
    let suffix = name.rsplit_once('#').map_or("", |(_, suffix)| suffix);
    !suffix.is_empty() && suffix.bytes().all(|byte| byte.is_ascii_digit())
}

/// The folders of a store that are known to be on disk themselves.
#[derive(Debug)]
pub(crate) struct Folders {
    root: PathBuf,
    known: Mutex<HashSet<PathBuf>>,
}

impl Folders {
    /// Makes the folder and syncs it into its parents. Another process may have made it and not synced it yet, so
    /// that it exists says nothing: each process does this once per folder.
    fn ensure(&self, folder: &FsPath) -> io::Result<()> {
        if self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(folder) {
            return Ok(());
        }
        std::fs::create_dir_all(folder)?;
        let mut at = folder;
        while let Some(parent) = at.parent() {
            let above = at == self.root || !at.starts_with(&self.root);
            match sync_folder(parent) {
                // The folder that holds the data folder may be somebody else's.
                Err(error) if above && error.kind() == ErrorKind::PermissionDenied => {}
                synced => synced?,
            }
            if above {
                break;
            }
            at = parent;
        }
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned());
        Ok(())
    }

    fn forget(&self, folder: &FsPath) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(folder);
    }

    /// A new file beside the target, under a name that no listing shows.
    pub(crate) fn temporary(&self, target: &FsPath) -> io::Result<(File, PathBuf)> {
        let folder = target.parent().unwrap_or(&self.root);
        let mut name = target.as_os_str().to_owned();
        name.push(format!("#{}", uuid::Uuid::new_v4().as_u128()));
        let name = PathBuf::from(name);
        let open = || OpenOptions::new().write(true).create_new(true).open(&name);
        self.ensure(folder)?;
        match open() {
            // Somebody deleted the folder since it was made.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.forget(folder);
                self.ensure(folder)?;
                Ok((open()?, name))
            }
            file => Ok((file?, name)),
        }
    }

    /// Gives a written temporary file its name, durably.
    pub(crate) fn publish(
        &self,
        file: &File,
        temporary: &FsPath,
        target: &FsPath,
        create: bool,
    ) -> io::Result<()> {
        file.sync_all()?;
        if create {
            std::fs::hard_link(temporary, target)?;
            // The link is what counts; a temporary file that stays is invisible.
            let _ = std::fs::remove_file(temporary);
        } else {
            std::fs::rename(temporary, target)?;
        }
        sync_folder(target.parent().unwrap_or(&self.root))
    }

    fn put(&self, target: &FsPath, payload: &PutPayload, create: bool) -> io::Result<()> {
        if create && target.exists() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let (mut file, temporary) = self.temporary(target)?;
        let written = payload.iter().try_for_each(|bytes| file.write_all(bytes));
        written.and_then(|()| self.publish(&file, &temporary, target, create)).inspect_err(|_| {
            let _ = std::fs::remove_file(&temporary);
        })
    }
}

/// Deletes temporary files that a crash left behind, in a folder and all below it: how many, and their bytes. What
/// cannot be looked at is left to the next time.
pub(crate) fn sweep(folder: &FsPath, before: std::time::SystemTime) -> (usize, u64) {
    let (mut files, mut bytes) = (0, 0);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, Ok(metadata)) = (entry.path(), entry.metadata()) else { continue };
        if metadata.is_dir() {
            let below = sweep(&path, before);
            (files, bytes) = (files + below.0, bytes + below.1);
            continue;
        }
        let name = entry.file_name();
        let temporary = name.to_str().is_some_and(is_temporary);
        let old = metadata.modified().is_ok_and(|modified| modified < before);
        if temporary && old && std::fs::remove_file(&path).is_ok() {
            (files, bytes) = (files + 1, bytes + metadata.len());
        }
    }
    (files, bytes)
}

#[cfg(unix)]
fn sync_folder(folder: &FsPath) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be opened as a file.
#[cfg(not(unix))]
fn sync_folder(_: &FsPath) -> io::Result<()> {
    Ok(())
}

pub(crate) fn store_error(path: &FsPath, source: io::Error) -> Error {
    let path = path.display().to_string();
    match source.kind() {
        ErrorKind::AlreadyExists => Error::AlreadyExists { path, source: source.into() },
        ErrorKind::NotFound => Error::NotFound { path, source: source.into() },
        ErrorKind::PermissionDenied => Error::PermissionDenied { path, source: source.into() },
        _ => Error::Generic { store: STORE, source: format!("{path}: {source}").into() },
    }
}

pub(crate) fn refused(what: &str) -> Error {
    Error::NotSupported { source: format!("{STORE} does not {what}").into() }
}

#[async_trait]
impl ObjectStore for SyncedStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let create = match options.mode {
            PutMode::Create => true,
            PutMode::Overwrite => false,
            PutMode::Update(_) => return Err(refused("update by version")),
        };
        let target = self.files.path_to_filesystem(location)?;
        let folders = self.folders.clone();
        tokio::task::spawn_blocking(move || {
            folders.put(&target, &payload, create).map_err(|source| store_error(&target, source))
        })
        .await??;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let target = self.files.path_to_filesystem(location)?;
        Ok(Box::new(SyncedUpload::begin(self.folders.clone(), target).await?))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.files.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.files.get_ranges(location, ranges).await
    }

    /// A deletion need not survive a power cut: what comes back is named by no log entry.
    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.files.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.files.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        // The Delta library lists a log from some version on several times a commit, and a day of commits is many
        // files: looking at names alone is an order of magnitude cheaper than making a path of each first.
        match prefix.filter(|prefix| prefix.filename() == Some(LOG)) {
            Some(prefix) => self.list_log(prefix.clone(), offset),
            None => self.files.list_with_offset(prefix, offset),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.files.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(refused("copy"))
    }

    async fn rename_opts(&self, _: &Path, _: &Path, _: RenameOptions) -> Result<()> {
        Err(refused("rename"))
    }
}
