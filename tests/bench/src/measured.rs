//! What a part took: time, processor time and memory, as the kernel counts them for this process.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The kernel counts processor time in hundredths of a second for every program, whatever it uses inside.
const TICKS_PER_SECOND: f64 = 100.0;

/// What one part took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Records taken, all passes together.
    pub(crate) records: u64,
    /// Their bytes, keys included.
    pub(crate) bytes: u64,
    /// Time on the clock.
    pub(crate) wall: Duration,
    /// Processor seconds of the whole process, user and system.
    pub(crate) cpu_seconds: f64,
    /// The most memory that was resident, in MiB.
    pub(crate) peak_mib: f64,
}

impl Measured {
    /// Records a second.
    pub(crate) fn rate(&self) -> f64 {
        self.records as f64 / self.wall.as_secs_f64()
    }

    /// Processor seconds for a million records.
    pub(crate) fn cpu_per_million(&self) -> f64 {
        self.cpu_seconds * 1e6 / self.records as f64
    }
}

/// A running measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    began: Instant,
    cpu_before: f64,
}

impl Stopwatch {
    /// Starts.
    pub(crate) fn start() -> Result<Self> {
        Ok(Self { cpu_before: cpu_seconds()?, began: Instant::now() })
    }

    /// The time on the clock so far.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Stops.
    pub(crate) fn stop(&self, records: u64, bytes: u64, peaks: &Peaks) -> Result<Measured> {
        let wall = self.began.elapsed();
        let cpu_seconds = cpu_seconds()? - self.cpu_before;
        Ok(Measured { records, bytes, wall, cpu_seconds, peak_mib: peaks.of_part()? })
    }
}

fn cpu_seconds() -> Result<f64> {
    cpu_seconds_of("self")
}

/// Processor seconds of a process so far, user and system.
pub(crate) fn cpu_seconds_of(process: &str) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).context("read the processor time")?;
    // The program's name comes second, in brackets, and may hold anything; the rest are numbers.
    let (_, numbers) = stat.rsplit_once(')').context("the processor time cannot be read")?;
    let ticks = |at: usize| -> Option<f64> { numbers.split_whitespace().nth(at)?.parse().ok() };
    let (user, system) = ticks(11).zip(ticks(12)).context("the processor time cannot be read")?;
    Ok((user + system) / TICKS_PER_SECOND)
}

/// Reads the peak of resident memory, part by part where the kernel lets the mark be set back.
pub(crate) struct Peaks {
    set_back: bool,
}

impl Peaks {
    /// Finds out whether the mark can be set back.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { set_back: set_back().is_ok() })
    }

    /// Whether a peak is that of its part alone; otherwise it is the highest since the start of the program.
    pub(crate) fn are_of_parts(&self) -> bool {
        self.set_back
    }

    /// Starts a part: what was resident before and no longer is does not count.
    pub(crate) fn begin_part(&self) -> Result<()> {
        if self.set_back { set_back().context("set the mark of memory back") } else { Ok(()) }
    }

    /// The peak in MiB.
    pub(crate) fn of_part(&self) -> Result<f64> {
        let status = std::fs::read_to_string("/proc/self/status").context("read the memory used")?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        let kib: f64 = peak.context("the kernel does not tell the peak of memory")?.trim().parse()?;
        Ok(kib / 1024.0)
    }
}

fn set_back() -> std::io::Result<()> {
    std::fs::write("/proc/self/clear_refs", "5")
}
