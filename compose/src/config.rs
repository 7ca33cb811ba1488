//! The one configuration file. Only this crate reads it; every default is here, and a key that is not here is refused.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::fault::Fault;

/// All of `shukei.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// The data folder.
    pub(crate) data: PathBuf,
    /// Folders of surveys beside those in the program.
    pub(crate) surveys: Vec<PathBuf>,
    pub(crate) http: Http,
    /// Absent: the broker is embedded.
    pub(crate) kafka: Option<Kafka>,
    pub(crate) embedded: Embedded,
    pub(crate) ingest: IngestSettings,
    pub(crate) transform: TransformSettings,
    pub(crate) jobs: Vec<Job>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: "shukei-data".into(),
            surveys: Vec::new(),
            http: Http::default(),
            kafka: None,
            embedded: Embedded::default(),
            ingest: IngestSettings::default(),
            transform: TransformSettings::default(),
            jobs: Vec::new(),
        }
    }
}

/// Where the program is asked over HTTP.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Http {
    /// Nobody is asked for a password, so the address is the loopback's unless somebody decides otherwise.
    pub(crate) listen: SocketAddr,
    /// The largest body of `POST /v1/submissions`.
    pub(crate) request_bytes_max: usize,
    /// Records of one `POST /v1/submissions`.
    pub(crate) request_records_max: usize,
    /// How long a request waits for room at the broker before it is told to come again.
    pub(crate) wait_ms: u64,
    /// How long what is under way may take after Ctrl-C or SIGTERM.
    pub(crate) drain_seconds: u64,
    /// How long a query may take.
    pub(crate) query_seconds: u64,
    /// Rows of one answer of `POST /v1/sql`.
    pub(crate) query_rows_max: usize,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            request_bytes_max: 16 << 20,
            request_records_max: 100_000,
            wait_ms: 2_000,
            drain_seconds: 30,
            query_seconds: 60,
            query_rows_max: 1_000_000,
        }
    }
}

/// An Apache Kafka.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kafka {
    /// Addresses, separated by commas.
    pub(crate) bootstrap_servers: String,
    /// The topic of submission events.
    #[serde(default = "submissions")]
    pub(crate) submissions: String,
    /// The topic of pointers, with as many partitions.
    #[serde(default = "landed")]
    pub(crate) landed: String,
    /// Consumer groups begin with this: `<group>-ingest`, `<group>-transform`.
    #[serde(default = "group")]
    pub(crate) group: String,
    /// Further settings of librdkafka, passed on as they are: security, buffers.
    #[serde(default)]
    pub(crate) properties: BTreeMap<String, String>,
}

fn submissions() -> String {
    shukei_worker::SUBMISSIONS.to_owned()
}

fn landed() -> String {
    shukei_worker::LANDED.to_owned()
}

fn group() -> String {
    "shukei".to_owned()
}

/// The broker inside the process.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Embedded {
    /// Partitions of both topics.
    pub(crate) partitions: i32,
    /// The largest record, key and headers included; at most 1310720.
    pub(crate) record_bytes_max: usize,
}

impl Default for Embedded {
    fn default() -> Self {
        Self { partitions: 4, record_bytes_max: 1 << 20 }
    }
}

/// When ingest commits.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct IngestSettings {
    /// Rows of a batch.
    pub(crate) batch_rows: usize,
    /// Bytes of a batch.
    pub(crate) batch_bytes: usize,
    /// How long the first row of a batch waits.
    pub(crate) batch_age_ms: u64,
    /// Go on where the broker dropped records that were never stored, and record the loss.
    pub(crate) accept_lost: bool,
}

impl Default for IngestSettings {
    fn default() -> Self {
        let limits = shukei_ingest::IngestOptions::default().limits;
        Self {
            batch_rows: limits.rows_max,
            batch_bytes: limits.bytes_max,
            // A sender waits for it, and maintenance puts the smaller files together again.
            batch_age_ms: 100,
            accept_lost: false,
        }
    }
}

/// How transform reads.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TransformSettings {
    /// Raw rows read per partition and pass.
    pub(crate) batch_rows: usize,
    /// Bytes read per partition and pass.
    pub(crate) batch_bytes: usize,
    /// How often it looks without being told.
    pub(crate) look_every_ms: u64,
}

impl Default for TransformSettings {
    fn default() -> Self {
        let options = shukei_transform::TransformOptions::default();
        Self {
            batch_rows: options.rows_max,
            batch_bytes: options.bytes_max,
            look_every_ms: u64::try_from(options.look_every.as_millis()).unwrap_or(1_000),
        }
    }
}

/// A report that is made on schedule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Job {
    /// Its name: what `shukei jobs run` takes, and the name of its folder.
    pub(crate) name: String,
    /// A cron expression of five fields; without one the job runs only when it is asked to.
    pub(crate) schedule: Option<String>,
    /// The zone of the schedule and of the report's date, by its name in the IANA database.
    #[serde(default = "utc")]
    pub(crate) time_zone: String,
    /// The survey.
    pub(crate) survey: String,
    /// The wave; the only one of the survey if not given.
    #[serde(default)]
    pub(crate) wave: Option<String>,
    /// The language of labels; the survey's first if not given.
    pub(crate) lang: Option<String>,
    /// Where its reports go; `reports` in the data folder if not given.
    pub(crate) folder: Option<PathBuf>,
}

fn utc() -> String {
    "UTC".to_owned()
}

impl Config {
    /// Reads the file. Relative paths in it are seen from the folder it stands in.
    ///
    /// # Errors
    /// A fault of use with file, line, key and the nearest right name.
    pub(crate) fn read(file: &Path) -> Result<Self, Fault> {
        let text = std::fs::read_to_string(file).map_err(|error| {
            Fault::usage(
                format!("cannot read the configuration `{}`: {error}", file.display()),
                "name a file with --config; compose/shukei.toml is an example",
            )
        })?;
        let mut config = Self::parse(&text).map_err(|wrong| {
            Fault::usage(
                format!("{}:{}: {}", file.display(), wrong.line, wrong.message),
                "compose/docs/configuration.md lists every key with its default",
            )
        })?;
        let beside = file.parent().unwrap_or(Path::new(""));
        config.data = beside.join(&config.data);
        for folder in &mut config.surveys {
            *folder = beside.join(&folder);
        }
        for job in &mut config.jobs {
            job.folder = job.folder.take().map(|folder| beside.join(folder));
        }
        Ok(config)
    }

    fn parse(text: &str) -> Result<Self, Wrong> {
        let config: Self = toml::from_str(text).map_err(|error| Wrong::of(text, &error))?;
        let mut names = std::collections::BTreeSet::new();
        for job in &config.jobs {
            let line = || {
                let at = text.lines().position(|line| line.contains(&format!("\"{}\"", job.name)));
                at.map_or(1, |at| at + 1)
            };
            if !is_name(&job.name) {
                let message = format!(
                    "jobs.name: `{}` cannot name a folder; use letters, digits, `-` and `_`",
                    job.name
                );
                return Err(Wrong { line: line(), message });
            }
            if !names.insert(&job.name) {
                return Err(Wrong { line: line(), message: format!("jobs.name: `{}` twice", job.name) });
            }
        }
        Ok(config)
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

/// What is wrong with a configuration, and on which line.
struct Wrong {
    line: usize,
    message: String,
}

impl Wrong {
    fn of(text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start);
        let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        let mut message = error.message().to_owned();
        let mut quoted = message.split('`').skip(1).step_by(2);
        if message.starts_with("unknown field")
            && let Some(key) = quoted.next()
        {
            let nearest = quoted
                .map(|known| (strsim::jaro_winkler(key, known), known))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .filter(|(likeness, _)| *likeness > 0.7);
            message = match nearest {
                Some((_, known)) => format!("there is no key `{key}`; did you mean `{known}`?"),
                None => format!("there is no key `{key}`"),
            };
        }
        Self { line, message }
    }
}
