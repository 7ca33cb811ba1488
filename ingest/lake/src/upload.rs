use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use crate::store::{Folders, refused, store_error};

/// A large object in parts, as the Delta library writes big checkpoints: one temporary file, visible only once whole
/// and synced.
#[derive(Debug)]
pub(crate) struct SyncedUpload {
    inner: Arc<Upload>,
    length: u64,
    done: bool,
}

#[derive(Debug)]
struct Upload {
    folders: Arc<Folders>,
    target: PathBuf,
    temporary: PathBuf,
    file: Mutex<File>,
    written: AtomicU64,
}

impl SyncedUpload {
    pub(crate) async fn begin(folders: Arc<Folders>, target: PathBuf) -> Result<Self> {
        let inner = tokio::task::spawn_blocking(move || match folders.temporary(&target) {
            Ok((file, temporary)) => {
                let written = AtomicU64::new(0);
                Ok(Arc::new(Upload { folders, target, temporary, file: Mutex::new(file), written }))
            }
            Err(source) => Err(store_error(&target, source)),
        })
        .await??;
        Ok(Self { inner, length: 0, done: false })
    }
}

#[async_trait]
impl MultipartUpload for SyncedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let at = self.length;
        let length = data.content_length() as u64;
        self.length += length;
        let upload = self.inner.clone();
        Box::pin(async move {
            tokio::task::spawn_blocking(move || {
                let mut file = upload.file.lock().unwrap_or_else(PoisonError::into_inner);
                let written = file.seek(SeekFrom::Start(at)).map(|_| ());
                written
                    .and_then(|()| data.iter().try_for_each(|bytes| file.write_all(bytes)))
                    .map_err(|source| store_error(&upload.temporary, source))?;
                upload.written.fetch_add(length, Ordering::SeqCst);
                Ok(())
            })
            .await?
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        if self.done || self.inner.written.load(Ordering::SeqCst) != self.length {
            return Err(refused("complete an upload whose parts are not all written"));
        }
        self.done = true;
        let upload = self.inner.clone();
        tokio::task::spawn_blocking(move || {
            let file = upload.file.lock().unwrap_or_else(PoisonError::into_inner);
            upload
                .folders
                .publish(&file, &upload.temporary, &upload.target, false)
                .map_err(|source| store_error(&upload.target, source))
        })
        .await??;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn abort(&mut self) -> Result<()> {
        self.done = true;
        std::fs::remove_file(&self.inner.temporary)
            .map_err(|source| store_error(&self.inner.temporary, source))
    }
}

impl Drop for SyncedUpload {
    fn drop(&mut self) {
        if !self.done {
            let _ = std::fs::remove_file(&self.inner.temporary);
        }
    }
}
