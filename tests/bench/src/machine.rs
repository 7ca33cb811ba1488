//! What the figures were made on.

use std::path::Path;

use anyhow::{Context, Result};

/// The machine, the program and the call, as they were when the run began.
pub(crate) struct Machine {
    date: String,
    command: String,
    profile: &'static str,
    cores: usize,
    model: String,
    memory_gib: f64,
    load: String,
    filesystem: String,
}

impl Machine {
    /// Looks at the machine and at the file system of the data folder.
    ///
    /// # Errors
    /// If the kernel's own files cannot be read.
    pub(crate) fn look(folder: &Path) -> Result<Self> {
        let read = |path: &str| std::fs::read_to_string(path).with_context(|| format!("read {path}"));
        let cpus = read("/proc/cpuinfo")?;
        let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        let memory = read("/proc/meminfo")?;
        let kib = memory
            .lines()
            .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        Ok(Self {
            date: jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
            command: command(),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" },
            cores: std::thread::available_parallelism()?.get(),
            model: model.map_or("unknown", |(_, model)| model.trim()).to_owned(),
            memory_gib: kib.context("the kernel does not tell how much memory there is")? / 1024.0 / 1024.0,
            load: read("/proc/loadavg")?.split_whitespace().next().unwrap_or("unknown").to_owned(),
            filesystem: filesystem(&read("/proc/self/mounts")?, &folder.canonicalize()?),
        })
    }

    /// Prints it as a list.
    pub(crate) fn print(&self) {
        println!("* Date: {}", self.date);
        println!("* Command: `{}`", self.command);
        println!("* Build: {}, version {}", self.profile, env!("CARGO_PKG_VERSION"));
        println!(
            "* Machine: {} cores of {}, {:.0} GiB of memory, data folder on {}, load {} when the run began",
            self.cores, self.model, self.memory_gib, self.filesystem, self.load
        );
    }
}

/// The call without the place of the program, which is nobody's business; the same for a folder named in it.
fn command() -> String {
    let mut arguments = std::env::args();
    let program = arguments.next().unwrap_or_default();
    let name = Path::new(&program).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut words = vec![name];
    let mut arguments = arguments.peekable();
    while let Some(argument) = arguments.next() {
        if argument == "--folder" {
            arguments.next();
            words.push("--folder DIR".to_owned());
        } else if argument.starts_with("--folder=") {
            words.push("--folder DIR".to_owned());
        } else {
            words.push(argument);
        }
    }
    words.join(" ")
}

/// The kind of the file system that holds the folder: the last one mounted at the longest path above it.
fn filesystem(mounts: &str, folder: &Path) -> String {
    let mut found = (0, "an unknown file system");
    for line in mounts.lines() {
        let mut words = line.split(' ').skip(1);
        if let (Some(at), Some(kind)) = (words.next(), words.next())
            && folder.starts_with(at)
            && at.len() >= found.0
        {
            found = (at.len(), kind);
        }
    }
    found.1.to_owned()
}
