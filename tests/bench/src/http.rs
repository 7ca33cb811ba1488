//! The running program under load: `shukei up` as a process of its own, and many clients that each send one submission,
//! wait for its receipt, and send the next.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use shukei_schemas::definition::Definitions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const SURVEY: &str = "nisc";
const DATA: &str = "data/2023-form.jsonl";

/// How the load is made.
#[derive(Debug, clap::Args)]
pub(crate) struct Load {
    /// Clients, each with one request under way
    #[arg(long, default_value_t = 500)]
    in_flight: usize,
    /// How long they send
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    seconds: u64,
    /// The program; the one beside this one if not given
    #[arg(long, value_name = "FILE")]
    shukei: Option<PathBuf>,
    /// A configuration for it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the load over an empty data folder and prints what it took. Fails if anything acknowledged is missing.
pub(crate) async fn run(load: &Load, definitions: &Definitions, folder: &Path) -> Result<()> {
    let bodies = Arc::new(bodies(definitions)?);
    let shukei = match &load.shukei {
        Some(shukei) => shukei.clone(),
        None => std::env::current_exe()?.with_file_name("shukei"),
    };
    let data = folder.join("data");
    let mut up = Up::start(&shukei, &data, load.config.as_deref())?;
    let next = Arc::new(AtomicU64::new(0));
    let (began, until) = (Instant::now(), Instant::now() + Duration::from_secs(load.seconds));
    let mut clients = JoinSet::new();
    for _ in 0..load.in_flight {
        clients.spawn(client(up.address.clone(), Arc::clone(&bodies), Arc::clone(&next), until));
    }
    let mut memory = Vec::new();
    let mut total = Sent::default();
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            sent = clients.join_next() => match sent {
                Some(sent) => total.add(sent??),
                None => break,
            },
            _ = tick.tick() => memory.push(up.resident_mib()?),
        }
    }
    let took = began.elapsed();
    let counted = Instant::now();
    while up.count().await? < total.stored {
        ensure!(counted.elapsed() < Duration::from_secs(300), "not everything acknowledged is in the tables");
        tokio::time::sleep(Duration::from_millis(200)).await;
        memory.push(up.resident_mib()?);
    }
    let behind = counted.elapsed();
    let in_tables = up.count().await?;
    ensure!(in_tables >= total.stored, "{} acknowledged, {in_tables} in the tables", total.stored);
    let cpu = up.cpu_seconds()?;
    up.end()?;
    let verified = Command::new(&shukei).arg("verify").arg("--data").arg(&data).output()?;
    ensure!(verified.status.success(), "verify: {}", String::from_utf8_lossy(&verified.stdout));

    total.latencies.sort_unstable();
    let at = |share: f64| {
        let place =
            ((total.latencies.len() as f64 * share) as usize).min(total.latencies.len().saturating_sub(1));
        total.latencies.get(place).map_or(0.0, |latency| f64::from(*latency) / 1e3)
    };
    let peak = memory.iter().copied().fold(0.0, f64::max);
    println!(
        "| clients | seconds | stored | stored/s | told to come again | ms p50 | ms p99 | server CPU s per million | server MiB at the end | peak |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    println!(
        "| {} | {:.1} | {} | {:.0} | {} | {:.0} | {:.0} | {:.0} | {:.0} | {peak:.0} |",
        load.in_flight,
        took.as_secs_f64(),
        total.stored,
        total.stored as f64 / took.as_secs_f64(),
        total.busy,
        at(0.5),
        at(0.99),
        cpu * 1e6 / total.stored as f64,
        memory.last().copied().unwrap_or_default(),
    );
    println!();
    println!(
        "* Everything acknowledged is in `current` {:.1} s after the last receipt, and `shukei verify` finds the tables whole.",
        behind.as_secs_f64()
    );
    println!("* The clients run on the same cores; their processor time is not in the table.");
    Ok(())
}

/// What clients saw.
#[derive(Default)]
struct Sent {
    stored: u64,
    busy: u64,
    /// In microseconds.
    latencies: Vec<u32>,
}

impl Sent {
    fn add(&mut self, other: Sent) {
        self.stored += other.stored;
        self.busy += other.busy;
        self.latencies.extend(other.latencies);
    }
}

/// A submission's text before and behind the respondent's name.
type Body = (String, String);

fn bodies(definitions: &Definitions) -> Result<Vec<Body>> {
    let definition = definitions.survey(&SURVEY.into()).context("the survey is not shipped")?;
    let text = std::str::from_utf8(definition.file(DATA).context("the data set is missing")?)?;
    let mut bodies = Vec::new();
    for line in text.lines() {
        let mut event: serde_json::Value = serde_json::from_str(line)?;
        let data = if event.get("data").is_some() { event["data"].take() } else { event };
        let mut data = data;
        data["respondent"] = "@@".into();
        let text = data.to_string();
        let (before, behind) = text.split_once("@@").context("the respondent is not there")?;
        bodies.push((before.to_owned(), behind.to_owned()));
    }
    ensure!(!bodies.is_empty(), "the data set is empty");
    Ok(bodies)
}

async fn client(
    address: String,
    bodies: Arc<Vec<Body>>,
    next: Arc<AtomicU64>,
    until: Instant,
) -> Result<Sent> {
    let mut sent = Sent::default();
    let mut stream = TcpStream::connect(&address).await?;
    stream.set_nodelay(true)?;
    while Instant::now() < until {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let (before, behind) = &bodies[number as usize % bodies.len()];
        let body = format!("{before}bench-{number}{behind}");
        let request = format!(
            "POST /v1/submissions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        loop {
            let began = Instant::now();
            stream.write_all(request.as_bytes()).await?;
            match status(&mut stream).await? {
                202 => {
                    sent.stored += 1;
                    sent.latencies.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
                    break;
                }
                503 => {
                    sent.busy += 1;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                other => bail!("status {other}"),
            }
        }
    }
    Ok(sent)
}

/// Reads one answer to its end and gives its status.
async fn status(stream: &mut TcpStream) -> Result<u16> {
    let mut answer = Vec::with_capacity(1024);
    loop {
        ensure!(stream.read_buf(&mut answer).await? > 0, "the server closed the connection");
        let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&answer[..end])?.to_lowercase();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        if answer.len() >= end + 4 + length.unwrap_or(0) {
            return Ok(head.split(' ').nth(1).context("no status")?.parse()?);
        }
    }
}

/// The program, running.
struct Up {
    process: Child,
    address: String,
}

impl Up {
    fn start(shukei: &Path, data: &Path, config: Option<&Path>) -> Result<Self> {
        let mut command = Command::new(shukei);
        command.args(["up", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        if let Some(config) = config {
            command.arg("--config").arg(config);
        }
        let mut process = command.stderr(Stdio::piped()).spawn().context("start the program")?;
        let stderr = process.stderr.take().context("no standard error")?;
        let (told, ready) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                match line.split_once("ready: http://") {
                    Some((_, rest)) => drop(told.send(rest.split(',').next().unwrap_or_default().to_owned())),
                    None => eprintln!("{line}"),
                }
            }
        });
        let address = ready.recv_timeout(Duration::from_secs(60)).context("the program is not ready")?;
        Ok(Self { process, address })
    }

    async fn count(&self) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM current";
        let mut stream = TcpStream::connect(&self.address).await?;
        let request = format!(
            "POST /v1/sql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{sql}",
            sql.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let number = answer.rsplit_once("\"n\":").and_then(|(_, rest)| rest.split('}').next());
        number.and_then(|digits| digits.parse().ok()).with_context(|| format!("no count: {answer}"))
    }

    fn resident_mib(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        Ok(kib.context("the kernel does not tell the memory")?.trim().parse::<f64>()? / 1024.0)
    }

    fn cpu_seconds(&self) -> Result<f64> {
        crate::measured::cpu_seconds_of(&self.process.id().to_string())
    }

    fn end(&mut self) -> Result<()> {
        let killed = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status()?;
        ensure!(killed.success(), "the program cannot be told to end");
        let ended = self.process.wait()?;
        ensure!(ended.success(), "the program ended with {ended}");
        Ok(())
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
