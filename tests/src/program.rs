use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// The real program, with a folder for its data and whatever else a test needs.
pub struct Program {
    exe: PathBuf,
    folder: TempDir,
}

/// How a run of the program ended.
#[derive(Debug)]
pub struct Done {
    /// The exit code; none if it was killed.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Done {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The same, if it ended with this code; the whole output in the panic otherwise.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }
}

impl Program {
    /// The program at `exe`, with a new folder.
    pub fn new(exe: &str) -> Self {
        Self { exe: exe.into(), folder: TempDir::new().unwrap() }
    }

    /// A path inside the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file inside the folder and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A command of the program, not yet started. Logs and crash points of the environment are left out.
    pub fn command<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Command {
        let mut command = Command::new(&self.exe);
        command
            .args(arguments)
            .env_remove("SHUKEI_CRASH_AT")
            .env_remove("SHUKEI_LOG")
            .current_dir(self.folder.path());
        command
    }

    /// Runs the program to its end.
    pub fn run<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Done {
        Done::from(self.command(arguments).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs the program on the data folder.
    pub fn on_data(&self, arguments: &[&str]) -> Done {
        let data = self.data();
        let mut all: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        all.extend([OsStr::new("--data"), data.as_os_str()]);
        self.run(all)
    }

    /// Rows of a query over the data folder, each as column → text.
    #[track_caller]
    pub fn sql(&self, query: &str) -> Vec<BTreeMap<String, String>> {
        csv_rows(&self.on_data(&["sql", query, "--format", "csv"]).ends(0).stdout)
    }

    /// The single number that a query comes to.
    #[track_caller]
    pub fn number(&self, query: &str) -> i64 {
        let rows = self.sql(query);
        rows[0].values().next().unwrap().parse().unwrap()
    }

    /// Starts the program with a pipe to its standard input.
    pub fn start(&self, mut command: Command) -> Child {
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// The rows of CSV text, each as column → text.
pub fn csv_rows(text: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}
