//! Builds: whole sets of refined tables under `refined/<build>/`, of which `refined/current` names the one in use.
//!
//! Builds are numbered, and only the one in use has the highest number that is whole: what stands above it was begun
//! and never came into use.

use std::path::Path as FsPath;
use std::time::{Duration, SystemTime};

use object_store::{ObjectStore, PutMode, PutOptions};

use crate::cleaning::CleaningOptions;
use crate::crash::Step;
use crate::error::LakeError;
use crate::lake::{Lake, POINTER, named_build, store_error};
use crate::lock::FolderLock;

/// In the folder of a build that is never to be deleted.
const KEEP: &str = "keep";

/// What left the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CleanedBuilds {
    /// The builds that were deleted, oldest first.
    pub builds: Vec<String>,
}

impl Lake {
    /// A lake over the same `raw`, with the refined tables of a build that does not exist yet. Builds that were begun
    /// and never came into use are deleted; the number of none of them is used again.
    ///
    /// # Errors
    /// [`LakeError::OtherBuild`] if the build in use is not this lake's any more, [`LakeError::Io`] if the folder cannot
    /// be read or changed.
    pub async fn begin_build(&self, _alone: &FolderLock) -> Result<Self, LakeError> {
        // A folder without refined tables has no pointer yet; the first table of the new build must not write it.
        self.put_new(&self.pointer(), self.build().as_bytes()).await?;
        self.expect_in_use()?;
        let own = number(self.build()).unwrap_or_default();
        let begun: Vec<u64> = self.builds()?.into_iter().filter(|number| *number > own).collect();
        for number in &begun {
            let folder = self.builds_folder().join(number.to_string());
            std::fs::remove_dir_all(&folder).map_err(|source| LakeError::io("delete", folder, source))?;
        }
        let next = begun.into_iter().fold(own, u64::max) + 1;
        self.with_build(next.to_string())
    }

    /// Makes another build the one in use: the whole change is one small object that is written anew, and only if it
    /// still names the build of this lake. Whoever opened the folder before goes on with the build of before.
    ///
    /// The folder is held alone, so that nobody else writes between the comparison and the change.
    ///
    /// # Errors
    /// [`LakeError::OtherBuild`] if the build in use is not this lake's any more, [`LakeError::Store`] if the pointer
    /// cannot be written; it then names the one or the other, never anything else.
    pub async fn switch_to(&self, next: &Self, _alone: &FolderLock) -> Result<(), LakeError> {
        let crash = &self.options().crash;
        self.expect_in_use()?;
        crash.reached_switch(Step::Before);
        let options = PutOptions { mode: PutMode::Overwrite, ..Default::default() };
        let (pointer, name) = (self.pointer(), next.build().to_owned());
        let put = self.store().put_opts(&pointer, name.into(), options).await;
        put.map_err(|source| store_error("write", &pointer, source))?;
        crash.reached_switch(Step::After);
        Ok(())
    }

    /// Keeps the build of this lake from ever being deleted.
    ///
    /// # Errors
    /// [`LakeError::Io`] if its folder cannot be written.
    pub fn keep_build(&self) -> Result<(), LakeError> {
        let file = self.builds_folder().join(self.build()).join(KEEP);
        std::fs::write(&file, "").map_err(|source| LakeError::io("write", file, source))
    }

    /// Whether the build of this lake is still the one in use. It takes one small read.
    ///
    /// # Errors
    /// [`LakeError::Io`] if the pointer cannot be read.
    pub fn is_in_use(&self) -> Result<bool, LakeError> {
        Ok(named_build(self.root())? == self.build())
    }

    /// Deletes the builds that went out of use long enough ago, but for those that are kept: readers that were opened
    /// before the change go on reading theirs until then. Builds that were only begun stay for the next rebuild.
    ///
    /// # Errors
    /// [`LakeError::Io`] if a folder cannot be read or deleted. What was deleted before stays deleted: do it again.
    pub fn clean_builds(
        &self,
        options: &CleaningOptions,
        now: SystemTime,
    ) -> Result<CleanedBuilds, LakeError> {
        let mut cleaned = CleanedBuilds::default();
        let Some(own) = number(&named_build(self.root())?) else { return Ok(cleaned) };
        let pointer = self.builds_folder().join(POINTER);
        let changed = match std::fs::metadata(&pointer).and_then(|metadata| metadata.modified()) {
            Ok(changed) => changed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(cleaned),
            Err(source) => return Err(LakeError::io("read", pointer, source)),
        };
        let age = options.age.max(Duration::from_secs(60 * 60));
        if now.duration_since(changed).unwrap_or_default() < age {
            return Ok(cleaned);
        }
        for number in self.builds()?.into_iter().filter(|number| *number < own) {
            let folder = self.builds_folder().join(number.to_string());
            if !folder.join(KEEP).exists() {
                std::fs::remove_dir_all(&folder).map_err(|source| LakeError::io("delete", folder, source))?;
                cleaned.builds.push(number.to_string());
            }
        }
        Ok(cleaned)
    }

    fn expect_in_use(&self) -> Result<(), LakeError> {
        let found = named_build(self.root())?;
        if found == self.build() {
            return Ok(());
        }
        Err(LakeError::OtherBuild { found, expected: self.build().to_owned() })
    }

    /// The numbers of the builds that there are, lowest first.
    fn builds(&self) -> Result<Vec<u64>, LakeError> {
        let folder = self.builds_folder();
        let names = names_in(&folder).map_err(|source| LakeError::io("read", folder, source))?;
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| number(name)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }
}

fn names_in(folder: &FsPath) -> std::io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn number(build: &str) -> Option<u64> {
    build.parse().ok().filter(|number: &u64| number.to_string() == build)
}
