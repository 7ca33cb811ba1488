//! Definitions that change while the program runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use shukei_lake::Lake;
use shukei_schemas::definition::Definitions;
use shukei_transform::{Transform, TransformOptions};
use tokio::sync::watch;

use crate::fault::Fault;
use crate::output::note;
use crate::server::Health;
use crate::surveys;

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The health note that tells of definitions that were refused.
const PART: &str = "definitions";

/// Looks at the folders of surveys for as long as anybody wants definitions, and hands on what is whole and fits the
/// tables. What is not is told, and everything goes on with the definitions of before.
pub(crate) async fn watch_folders(
    folders: Vec<PathBuf>,
    mut seen: Fingerprint,
    lake: Lake,
    definitions: watch::Sender<Arc<Definitions>>,
    health: Health,
) {
    if folders.is_empty() {
        return definitions.closed().await;
    }
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = definitions.closed() => return,
        }
        let now = fingerprint(&folders);
        if now == seen {
            continue;
        }
        // A folder that is still being written is looked at again before it is read.
        tokio::time::sleep(LOOK_EVERY / 4).await;
        if fingerprint(&folders) != now {
            continue;
        }
        seen = now;
        match read(&folders, &lake).await {
            Ok(new) => {
                health.settled(PART);
                note!("definitions: the new ones are in use from here on");
                definitions.send_replace(Arc::new(new));
            }
            Err(fault) => {
                let why = fault.line();
                note!("definitions: refused, going on with those of before: {why}");
                health.note(PART, format!("the new ones are refused, those of before are in use: {why}"));
            }
        }
    }
}

async fn read(folders: &[PathBuf], lake: &Lake) -> Result<Definitions, Fault> {
    let new = surveys::load(folders)?;
    // Opening refuses forms that do not fit the tables of their version.
    Transform::open(lake, Arc::new(new.clone()), TransformOptions::default()).await?;
    Ok(new)
}

/// What tells that a file changed: its name, size and time.
pub(crate) type Fingerprint = Vec<(PathBuf, u64, Option<SystemTime>)>;

/// Of all files in these folders. Take it before they are read: what changes in between is then read again.
pub(crate) fn fingerprint(folders: &[PathBuf]) -> Fingerprint {
    let mut files = Vec::new();
    for folder in folders {
        collect(folder, &mut files);
    }
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Fingerprint) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if let Ok(about) = path.metadata() {
            files.push((path, about.len(), about.modified().ok()));
        }
    }
}
