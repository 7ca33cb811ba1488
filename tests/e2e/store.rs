//! A data folder by itself: the store that syncs what it writes, the lock, and the names of crash points.
#![allow(clippy::unwrap_used)] // Helpers of tests fail by panic too.

use std::sync::Arc;

use shukei_lake::object_store::{Error as StoreError, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use shukei_lake::{CrashPoint, FolderLock, LakeError, SyncedStore};

#[tokio::test(flavor = "multi_thread")]
async fn the_store_creates_once_overwrites_whole_and_shows_no_temporary_names() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    let store = Arc::new(SyncedStore::new(&root));
    let at = |name: &str| shukei_lake::object_store::path::Path::from_absolute_path(root.join(name)).unwrap();
    let create = || PutOptions { mode: PutMode::Create, ..Default::default() };
    let key = at("new/folder/key");
    let tasks: Vec<_> = (0..16u8)
        .map(|n| {
            tokio::spawn({
                let (store, key, options) = (store.clone(), key.clone(), create());
                async move { store.put_opts(&key, vec![n; 1_000].into(), options).await }
            })
        })
        .collect();
    let mut won = Vec::new();
    for (n, task) in tasks.into_iter().enumerate() {
        match task.await.unwrap() {
            Ok(_) => won.push(n as u8),
            Err(StoreError::AlreadyExists { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(won.len(), 1, "{won:?} all created one key");
    let read = store.get(&key).await.unwrap().bytes().await.unwrap();
    assert_eq!(read.as_ref(), vec![won[0]; 1_000]);
    store.put(&key, b"over".to_vec().into()).await.unwrap();
    let mut upload = store.put_multipart(&at("new/big")).await.unwrap();
    let parts = [upload.put_part(vec![1; 10].into()), upload.put_part(vec![2; 5].into())];
    assert!(store.get(&at("new/big")).await.is_err(), "an unfinished upload is visible");
    let listed = store.list_with_delimiter(Some(&at("new"))).await.unwrap();
    assert!(listed.objects.is_empty(), "{listed:?}");
    assert!(upload.complete().await.is_err(), "parts that were never written were taken for written");
    for part in parts {
        part.await.unwrap();
    }
    upload.complete().await.unwrap();
    assert_eq!(std::fs::read(root.join("new/big")).unwrap().len(), 15);
    drop(store.put_multipart(&at("new/gone")).await.unwrap());
    assert_eq!(std::fs::read(root.join("new/folder/key")).unwrap(), b"over");
    // Folder deleted behind the store's back.
    std::fs::remove_dir_all(root.join("new")).unwrap();
    store.put(&key, b"again".to_vec().into()).await.unwrap();
    let names: Vec<_> =
        std::fs::read_dir(root.join("new/folder")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["key"], "temporary files stay");
    assert!(matches!(store.copy(&key, &at("x")).await, Err(StoreError::NotSupported { .. })));
}

#[test]
fn a_folder_is_locked_alone_or_together() {
    let dir = tempfile::tempdir().unwrap();
    let alone = FolderLock::exclusive(dir.path()).unwrap();
    let refused = FolderLock::shared(dir.path()).unwrap_err();
    assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
    assert!(FolderLock::exclusive(dir.path()).is_err());
    drop(alone);
    let (one, two) = (FolderLock::shared(dir.path()).unwrap(), FolderLock::shared(dir.path()).unwrap());
    let refused = FolderLock::exclusive(dir.path()).unwrap_err();
    assert!(refused.to_string().contains("other processes"), "{refused}");
    drop((one, two));
    FolderLock::exclusive(dir.path()).unwrap();
}

#[test]
fn crash_points_are_read_or_refused() {
    for good in ["raw.before", "outcomes.inside:3", "responses.after:1", "sources.after"] {
        assert!(CrashPoint::parse(good).is_ok(), "{good}");
    }
    for bad in ["", "raw", "raw.never", "rows.before", "raw.before:0", "raw.before:x"] {
        assert!(matches!(CrashPoint::parse(bad), Err(LakeError::CrashPoint { .. })), "{bad}");
    }
}
