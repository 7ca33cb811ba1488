//! Sending records to a running program over HTTP.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use shukei_schemas::TopicId;
use shukei_worker::Receipt;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::client::{Client, Refusal, blocking};
use crate::commands::sending::{Interpreted, Item, Sent, receipt_line};
use crate::fault::Fault;
use crate::progress::Stages;

/// A request holds no more records than this, and no more bytes unless a single record has them.
const RECORDS_MAX: usize = 500;
const BYTES_MAX: usize = 1 << 20;
/// Requests under way at once.
const REQUESTS: usize = 4;
/// How long a server may be away or busy before sending gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait for what was sent to be interpreted.
const INTERPRETED: Duration = Duration::from_secs(60);

/// Sends everything that comes; says what became of it, and where each record is stored.
pub(crate) async fn post(
    client: &Client,
    mut items: mpsc::Receiver<Item>,
    receipts: Option<&Path>,
    stages: &Stages,
) -> Result<(Sent, Vec<Receipt>), Fault> {
    let mut file =
        receipts.map(|path| OpenOptions::new().create(true).append(true).open(path)).transpose()?;
    let (mut sent, mut stored) = (Sent::default(), Vec::new());
    let mut requests = JoinSet::new();
    let mut batch: Vec<Item> = Vec::new();
    let mut bytes = 0;
    loop {
        let item = items.recv().await;
        let full = match &item {
            Some(item) => batch.len() >= RECORDS_MAX || bytes + item.outgoing.payload.len() > BYTES_MAX,
            None => true,
        };
        if full && !batch.is_empty() {
            let (client, batch) = (client.clone(), std::mem::take(&mut batch));
            bytes = 0;
            requests.spawn(blocking(move || send(&client, batch)));
        }
        while requests.len() >= REQUESTS || (item.is_none() && !requests.is_empty()) {
            let Some(done) = requests.join_next().await else { break };
            let done = done.map_err(anyhow::Error::from)??;
            stages.sent.inc(done.stored.len() as u64);
            sent.sent += done.stored.len() as u64;
            sent.stored += done.stored.len() as u64;
            sent.refused.extend(done.refused);
            for (place, id, receipt) in done.stored {
                if let Some(file) = &mut file {
                    file.write_all(receipt_line(&place, id.as_deref(), &receipt).as_bytes())?;
                }
                stored.push(receipt);
            }
        }
        let Some(item) = item else { return Ok((sent, stored)) };
        let payload = &item.outgoing.payload;
        if serde_json::from_slice::<serde::de::IgnoredAny>(payload).is_err() || payload.contains(&b'\n') {
            sent.refused.push(format!("{}: [json_syntax] the line is not one JSON document", item.place));
            continue;
        }
        bytes += payload.len();
        batch.push(item);
    }
}

struct Done {
    stored: Vec<(String, Option<String>, Receipt)>,
    refused: Vec<String>,
}

/// Sends one request until it is answered; lines that the server refuses are left out.
fn send(client: &Client, mut batch: Vec<Item>) -> Result<Done, Fault> {
    let mut refused = Vec::new();
    let until = Instant::now() + PATIENCE;
    while !batch.is_empty() {
        let mut lines = Vec::new();
        for item in &batch {
            lines.extend_from_slice(&item.outgoing.payload);
            lines.push(b'\n');
        }
        let pause = match client.submit(lines) {
            Ok(Ok(accepted)) => {
                let stored = batch.into_iter().zip(accepted.receipts);
                let stored = stored.map(|(item, receipt)| (item.place, item.id, receipt)).collect();
                return Ok(Done { stored, refused });
            }
            Ok(Err(refusal @ Refusal { status: 503, .. })) => match refusal.retry_after {
                Some(seconds) if Instant::now() < until => Duration::from_secs(seconds.min(30)),
                _ => return Err(refusal.into()),
            },
            Ok(Err(refusal)) if matches!(refusal.status, 400 | 413 | 422) => {
                // A request of one line is answered without its number.
                let at = refusal.line.or((batch.len() == 1).then_some(1));
                let Some(at) = at.and_then(|at| at.checked_sub(1)).filter(|at| *at < batch.len()) else {
                    return Err(refusal.into());
                };
                let item = batch.remove(at);
                refused.push(format!("{}: [{}] {}", item.place, refusal.code, refusal.detail));
                continue;
            }
            Ok(Err(refusal)) => return Err(refusal.into()),
            // The same records may be sent again: their ids make copies known.
            Err(error) if Instant::now() >= until => return Err(client.away(&error)),
            Err(ureq::Error::Io(_) | ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed) => {
                Duration::from_millis(500)
            }
            Err(error) => return Err(client.away(&error)),
        };
        std::thread::sleep(pause);
    }
    Ok(Done { stored: Vec::new(), refused })
}

/// Waits until the server has interpreted what is stored, and says what became of it. Copies are not told apart here.
pub(crate) async fn report(client: &Client, stored: Vec<Receipt>) -> Result<Interpreted, Fault> {
    let mut by_lane: BTreeMap<(TopicId, i32), Vec<i64>> = BTreeMap::new();
    for receipt in stored {
        by_lane.entry((receipt.topic_id, receipt.partition.0)).or_default().push(receipt.offset.0);
    }
    let client = client.clone();
    blocking(move || {
        let until = Instant::now() + INTERPRETED;
        let mut all = Interpreted::default();
        for ((topic_id, partition), offsets) in by_lane {
            for chunk in offsets.chunks(1_000) {
                look(&client, &topic_id, partition, chunk, until, &mut all)?;
            }
        }
        Ok(all)
    })
    .await
}

fn look(
    client: &Client,
    topic_id: &TopicId,
    partition: i32,
    offsets: &[i64],
    until: Instant,
    all: &mut Interpreted,
) -> Result<(), Fault> {
    #[derive(serde::Deserialize)]
    struct Line {
        kind: String,
        code: Option<String>,
        n: u64,
        bad: u64,
    }
    let list: Vec<String> = offsets.iter().map(i64::to_string).collect();
    let query = format!(
        "SELECT o.kind, o.code, count(*) AS n, \
         sum(CASE WHEN array_length(o.issues) > 0 THEN 1 ELSE 0 END) AS bad \
         FROM outcomes o JOIN sources s ON o.generation = s.generation \
         WHERE s.topic_id = '{}' AND o.\"partition\" = {partition} AND o.\"offset\" IN ({}) AND o.interpretation = 0 \
         GROUP BY o.kind, o.code ORDER BY o.kind, o.code",
        topic_id.as_str().replace('\'', "''"),
        list.join(", ")
    );
    loop {
        let answer = client.sql(&query, "json")?;
        let lines: Vec<Line> = serde_json::from_slice(&answer.body).map_err(anyhow::Error::from)?;
        let seen: u64 = lines.iter().map(|line| line.n).sum();
        if seen < offsets.len() as u64 {
            if Instant::now() >= until {
                return Err(Fault::no(
                    "everything is stored, but not yet interpreted",
                    "ask again later: `shukei doctor --url URL` says what holds it up",
                )
                .code("not_yet_interpreted"));
            }
            std::thread::sleep(Duration::from_millis(300));
            continue;
        }
        for line in lines {
            match line.kind.as_str() {
                kind @ ("response" | "edit" | "aggregate") => {
                    all.edited += if kind == "edit" { line.n } else { 0 };
                    all.accepted += line.n;
                    all.with_issues += line.bad;
                }
                "withdrawal" => all.withdrawn += line.n,
                _ => all.reject(line.code.unwrap_or_default(), line.n),
            }
        }
        return Ok(());
    }
}
