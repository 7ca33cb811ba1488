use std::fmt;
use std::path::{Path as FsPath, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use deltalake_core::DeltaTable;
use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake_core::kernel::transaction::CommitProperties;
use deltalake_core::kernel::{StructField, StructType};
use deltalake_core::logstore::{LogStoreRef, ObjectStoreRef, StorageConfig, logstore_with};
use deltalake_core::operations::create::CreateBuilder;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use shukei_protocol::TableName;
use shukei_schemas::SurveyId;
use shukei_schemas::definition::content_hash;
use url::Url;

use crate::crash::CrashPoint;
use crate::error::LakeError;
use crate::schema::{check_same, check_types};
use crate::sources::SourceGeneration;
use crate::store::SyncedStore;
use crate::table::Table;

/// The build whose tables are read and written until a rebuild names another in `refined/current`.
const FIRST_BUILD: &str = "1";

/// The file that names the build in use.
pub(crate) const POINTER: &str = "current";

/// How a lake writes and opens. `Default` is what production uses.
#[derive(Clone, Debug)]
pub struct LakeOptions {
    /// Where the process dies, in tests of recovery.
    pub crash: CrashPoint,
    /// Rows per Parquet row group at most.
    pub row_group_rows: usize,
    /// Uncompressed bytes per row group of `raw` at most, so that a tail read never decodes more (a single larger
    /// row stands alone). Other tables have no such limit.
    pub raw_row_group_bytes: usize,
    /// Versions after which a handle is opened anew: handles get slower with every commit that they follow.
    pub reopen_after: u32,
}

impl Default for LakeOptions {
    fn default() -> Self {
        Self {
            crash: CrashPoint::none(),
            row_group_rows: 131_072,
            raw_row_group_bytes: 8 << 20,
            reopen_after: 50,
        }
    }
}

/// One data folder: its object store and the tables in it. Cheap to clone; clones share everything.
///
/// Inside the folder: `sources/`, `raw/`, `definitions/<hash>`, `definitions/surveys/`, `refined/current` (the name of the build) and
/// `refined/<build>/` with `outcomes` and `responses/<form>-<version>`. The build is read once, when the lake opens.
#[derive(Clone)]
pub struct Lake {
    inner: Arc<Inner>,
}

struct Inner {
    root: PathBuf,
    /// Where `refined` and `definitions` lie: the root, but for a lake that only tries something.
    home: PathBuf,
    prefix: Path,
    build: String,
    store: Arc<SyncedStore>,
    options: LakeOptions,
    /// The generations as they stood in a version of `sources`.
    generations: Mutex<Option<(u64, Vec<SourceGeneration>)>>,
}

impl fmt::Debug for Lake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lake").field("root", &self.inner.root).field("build", &self.inner.build).finish()
    }
}

impl Lake {
    /// Opens the data folder `root`, and makes it if it does not exist. Takes no lock: see [`crate::FolderLock`].
    ///
    /// # Errors
    /// [`LakeError::Io`] if the folder cannot be made or read.
    pub fn local(root: &FsPath, options: LakeOptions) -> Result<Self, LakeError> {
        std::fs::create_dir_all(root).map_err(|source| LakeError::io("create folder", root, source))?;
        let root = root.canonicalize().map_err(|source| LakeError::io("open folder", root, source))?;
        let prefix = prefix_of(&root)?;
        let build = named_build(&root)?;
        let store = Arc::new(SyncedStore::new(root.clone()));
        let generations = Mutex::default();
        let home = root.clone();
        Ok(Self { inner: Arc::new(Inner { root, home, prefix, build, store, options, generations }) })
    }

    /// The same `raw` and `sources`, with refined tables and definitions of its own under another folder, which must
    /// exist: to try other definitions on what a data folder holds, without writing to it.
    ///
    /// # Errors
    /// [`LakeError::Io`] if the folder cannot be opened.
    pub fn trying_in(&self, home: &FsPath) -> Result<Self, LakeError> {
        let home = home.canonicalize().map_err(|source| LakeError::io("open folder", home, source))?;
        Ok(Self { inner: Arc::new(self.inner.beside(home, FIRST_BUILD.to_owned())?) })
    }

    /// The same folder with the refined tables of another build.
    pub(crate) fn with_build(&self, build: String) -> Result<Self, LakeError> {
        Ok(Self { inner: Arc::new(self.inner.beside(self.inner.home.clone(), build)?) })
    }

    /// The build whose refined tables this lake reads and writes.
    pub fn build(&self) -> &str {
        &self.inner.build
    }

    /// The data folder, absolute.
    pub fn root(&self) -> &FsPath {
        &self.inner.root
    }

    /// How this lake writes and opens.
    pub fn options(&self) -> &LakeOptions {
        &self.inner.options
    }

    pub(crate) fn known_generations(&self) -> Option<(u64, Vec<SourceGeneration>)> {
        self.inner.generations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn know_generations(&self, version: u64, generations: Vec<SourceGeneration>) {
        let known = Some((version, generations));
        *self.inner.generations.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// Whether the table exists.
    ///
    /// # Errors
    /// [`LakeError::Delta`] if its log cannot be listed.
    pub async fn exists(&self, table: &TableName) -> Result<bool, LakeError> {
        let log = self.log_store(table)?;
        log.is_delta_table_location().await.map_err(|source| LakeError::delta(table, "look for", source))
    }

    /// The tables that exist: `sources`, `raw`, `outcomes` and every `responses/…`, in this order, names sorted.
    ///
    /// # Errors
    /// [`LakeError::Store`] or [`LakeError::Delta`] if the folder cannot be listed.
    pub async fn tables(&self) -> Result<Vec<TableName>, LakeError> {
        let mut names =
            vec![TableName::sources(), TableName::raw(), TableName::outcomes(), TableName::aggregates()];
        let folder = self.refined().join("responses");
        let listed = self.inner.store.list_with_delimiter(Some(&folder)).await;
        let listed = listed.map_err(|source| store_error("list", &folder, source))?;
        let targets = listed.common_prefixes.iter().filter_map(|path| path.filename());
        names.extend(targets.map(TableName::responses));
        names[4..].sort();
        let mut tables = Vec::with_capacity(names.len());
        for name in names {
            if self.exists(&name).await? {
                tables.push(name);
            }
        }
        Ok(tables)
    }

    /// Opens the newest version of a table.
    ///
    /// # Errors
    /// [`LakeError::NotFound`] if it does not exist, [`LakeError::Delta`] if its log cannot be read.
    pub async fn open(&self, table: &TableName) -> Result<Table, LakeError> {
        let delta = match self.load(table).await {
            Ok(delta) => delta,
            Err(_) if matches!(self.exists(table).await, Ok(false)) => {
                return Err(LakeError::NotFound { table: table.clone() });
            }
            // Another writer may have made the table between the two looks.
            Err(_) => self.load(table).await?,
        };
        Table::new(self.clone(), table.clone(), delta)
    }

    async fn load(&self, table: &TableName) -> Result<DeltaTable, LakeError> {
        let mut delta = DeltaTable::new(self.log_store(table)?);
        delta.load().await.map_err(|source| LakeError::delta(table, "open", source))?;
        Ok(delta)
    }

    /// Opens a table, and makes it first if it does not exist. Of two who make it at once, one opens the other's.
    ///
    /// Its schema never changes again. Log clean-up is off and a checkpoint is written every 100 versions; statistics
    /// are kept of `stats_columns` alone: they stand in the log in clear, so name positions, never answers.
    ///
    /// # Errors
    /// [`LakeError::Schema`] if a column has a type that the lake does not keep, or if the table exists with other
    /// columns; [`LakeError::Delta`] if it can be neither made nor opened.
    pub async fn create_if_absent(
        &self,
        table: &TableName,
        schema: SchemaRef,
        partition_columns: &[&str],
        stats_columns: &[&str],
    ) -> Result<Table, LakeError> {
        if !self.exists(table).await? {
            check_types(table, &schema)?;
            self.name_build(table).await?;
            if let Err(error) = self.create(table, &schema, partition_columns, stats_columns).await {
                // Whatever went wrong, what counts is whether the table is there now.
                if !self.exists(table).await? {
                    return Err(error);
                }
                tracing::debug!(table = %table, %error, "the table was made by another writer");
            }
        }
        let opened = self.open(table).await?;
        check_same(table, &opened.schema(), &schema)?;
        Ok(opened)
    }

    async fn create(
        &self,
        table: &TableName,
        schema: &SchemaRef,
        partition_columns: &[&str],
        stats_columns: &[&str],
    ) -> Result<(), LakeError> {
        let columns: StructType =
            schema.as_ref().try_into_kernel().map_err(|source| LakeError::arrow(table, source))?;
        // Partition values stand in the log anyway.
        let kept: Vec<&str> =
            stats_columns.iter().copied().filter(|c| !partition_columns.contains(c)).collect();
        let settings = [
            ("delta.enableExpiredLogCleanup", "false".to_owned()),
            ("delta.checkpointInterval", "100".to_owned()),
            // Checkpoints name files so long after they were removed. [`Lake::clean`] takes that from log entries, and
            // of many small files that were put together a week of names would outgrow the table.
            ("delta.deletedFileRetentionDuration", "interval 1 hours".to_owned()),
            ("delta.dataSkippingStatsColumns", kept.join(",")),
        ];
        CreateBuilder::new()
            .with_log_store(self.log_store(table)?)
            .with_table_name(table.as_str())
            .with_columns(columns.fields().cloned().collect::<Vec<StructField>>())
            .with_partition_columns(partition_columns.iter().copied())
            .with_configuration(settings.map(|(key, value)| (key, Some(value))))
            // Without retries a creator that loses gives up, where the library would try to create version 1.
            .with_commit_properties(CommitProperties::default().with_max_retries(0))
            .await
            .map_err(|source| LakeError::delta(table, "create", source))?;
        Ok(())
    }

    /// Writes the pointer to the first build before the first table of it.
    async fn name_build(&self, table: &TableName) -> Result<(), LakeError> {
        if !is_refined(table) {
            return Ok(());
        }
        self.put_new(&self.pointer(), self.inner.build.as_bytes()).await
    }

    /// The object that names the build in use.
    pub(crate) fn pointer(&self) -> Path {
        self.inner.prefix.clone().join("refined").join(POINTER)
    }

    /// The folder of all builds.
    pub(crate) fn builds_folder(&self) -> PathBuf {
        self.inner.home.join("refined")
    }

    pub(crate) fn store(&self) -> &SyncedStore {
        &self.inner.store
    }

    /// Stores the bytes of a definition under its hash, durably; nothing happens if it is stored already.
    ///
    /// # Errors
    /// [`LakeError::BadName`] if `hash_hex` is not hexadecimal, [`LakeError::Store`] if it cannot be written.
    pub async fn put_definition(&self, hash_hex: &str, bytes: &[u8]) -> Result<(), LakeError> {
        self.put_new(&self.definition(hash_hex)?, bytes).await
    }

    /// The bytes of a definition.
    ///
    /// # Errors
    /// [`LakeError::NoDefinition`] if none is stored under this hash, [`LakeError::BadName`] if it is not
    /// hexadecimal, [`LakeError::Store`] if it cannot be read.
    pub async fn get_definition(&self, hash_hex: &str) -> Result<Vec<u8>, LakeError> {
        let path = self.definition(hash_hex)?;
        let read = async { self.inner.store.get(&path).await?.bytes().await };
        match read.await {
            Ok(bytes) => Ok(bytes.to_vec()),
            Err(Error::NotFound { .. }) => Err(LakeError::NoDefinition { hash: hash_hex.to_owned() }),
            Err(source) => Err(store_error("read", &path, source)),
        }
    }

    /// Stores what a survey is made of as a whole, in the place of what was said of it before. Rows name the files that
    /// they were made with themselves; this is for what no row names, such as tables.
    ///
    /// # Errors
    /// [`LakeError::Store`] if it cannot be read or written.
    pub async fn put_listing(&self, survey: &SurveyId, listing: &str) -> Result<(), LakeError> {
        if self.get_listing(survey).await?.as_deref() == Some(listing) {
            return Ok(());
        }
        let path = self.listing(survey);
        let written = self.inner.store.put(&path, listing.as_bytes().to_vec().into()).await;
        written.map(|_| ()).map_err(|source| store_error("write", &path, source))
    }

    /// What a survey is made of, as its last writer knew it; none if nobody wrote it down.
    ///
    /// # Errors
    /// [`LakeError::Store`] if it cannot be read.
    pub async fn get_listing(&self, survey: &SurveyId) -> Result<Option<String>, LakeError> {
        let path = self.listing(survey);
        let read = async { self.inner.store.get(&path).await?.bytes().await };
        match read.await {
            Ok(bytes) => Ok(String::from_utf8(bytes.to_vec()).ok()),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(store_error("read", &path, source)),
        }
    }

    /// A survey's id may hold anything, a file's name may not.
    fn listing(&self, survey: &SurveyId) -> Path {
        let name = content_hash(survey.as_str().as_bytes());
        self.inner.prefix.clone().join("definitions").join("surveys").join(name)
    }

    fn definition(&self, hash: &str) -> Result<Path, LakeError> {
        if hash.is_empty() || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(LakeError::BadName { name: hash.to_owned() });
        }
        Ok(self.inner.prefix.clone().join("definitions").join(hash))
    }

    pub(crate) async fn put_new(&self, path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
        let options = PutOptions { mode: PutMode::Create, ..Default::default() };
        match self.inner.store.put_opts(path, bytes.to_vec().into(), options).await {
            Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
            Err(source) => Err(store_error("write", path, source)),
        }
    }

    fn refined(&self) -> Path {
        self.inner.prefix.clone().join("refined").join(self.inner.build.as_str())
    }

    pub(crate) fn folder(&self, table: &TableName) -> Result<PathBuf, LakeError> {
        let base = match is_refined(table) {
            true => self.builds_folder().join(&self.inner.build),
            false => self.inner.root.clone(),
        };
        table.as_str().split('/').try_fold(base, |folder, name| Ok(folder.join(folder_name(name)?)))
    }

    pub(crate) fn log_store(&self, table: &TableName) -> Result<LogStoreRef, LakeError> {
        let folder = self.folder(table)?;
        let url = Url::from_directory_path(folder)
            .map_err(|()| LakeError::BadName { name: table.as_str().to_owned() })?;
        let store: ObjectStoreRef = self.inner.store.clone();
        logstore_with(store, &url, StorageConfig::default())
            .map_err(|source| LakeError::delta(table, "find the log of", source))
    }
}

impl Inner {
    /// Another lake over the same store, `raw` and `sources`.
    fn beside(&self, home: PathBuf, build: String) -> Result<Self, LakeError> {
        Ok(Self {
            root: self.root.clone(),
            prefix: prefix_of(&home)?,
            home,
            build,
            store: Arc::clone(&self.store),
            options: self.options.clone(),
            generations: Mutex::default(),
        })
    }
}

fn prefix_of(folder: &FsPath) -> Result<Path, LakeError> {
    Path::from_absolute_path(folder).map_err(|source| LakeError::Store {
        doing: "open folder",
        path: folder.display().to_string(),
        source: source.into(),
    })
}

/// The build that the pointer of a data folder names now.
pub(crate) fn named_build(root: &FsPath) -> Result<String, LakeError> {
    let pointer = root.join("refined").join(POINTER);
    match std::fs::read_to_string(&pointer) {
        Ok(text) => Ok(folder_name(text.trim())?.to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(FIRST_BUILD.to_owned()),
        Err(source) => Err(LakeError::io("read", pointer, source)),
    }
}

fn is_refined(table: &TableName) -> bool {
    *table != TableName::sources() && *table != TableName::raw()
}

fn folder_name(name: &str) -> Result<&str, LakeError> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    match !name.is_empty() && !name.starts_with('.') && name.chars().all(plain) {
        true => Ok(name),
        false => Err(LakeError::BadName { name: name.to_owned() }),
    }
}

pub(crate) fn store_error(doing: &'static str, path: &Path, source: Error) -> LakeError {
    LakeError::Store { doing, path: path.to_string(), source }
}
