//! Sending records through the gateway and waiting for their receipts.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use futures::FutureExt;
use futures::future::BoxFuture;
use shukei_query::Catalog;
use shukei_schemas::Generation;
use shukei_worker::{Outgoing, Receipt, WorkerError};
use tokio::sync::mpsc;

use crate::fault::Fault;
use crate::pipeline::Pipeline;
use crate::progress::Stages;

/// A record to send, and where it came from.
pub(crate) struct Item {
    /// File and line, or whatever tells the user which record it was.
    pub(crate) place: String,
    /// The event's id, where it has one.
    pub(crate) id: Option<String>,
    /// The record.
    pub(crate) outgoing: Outgoing,
}

/// What became of the records on their way into `raw`.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Handed to the broker.
    pub(crate) sent: u64,
    /// Acknowledged: on disk.
    pub(crate) stored: u64,
    /// Not taken, with the reason.
    pub(crate) refused: Vec<String>,
}

/// Sends everything that comes, and returns when all of it is stored or refused.
///
/// # Errors
/// The reason of a worker that ended, or of a receipts file that cannot be written.
pub(crate) async fn send(
    pipeline: &mut Pipeline,
    mut items: mpsc::Receiver<Item>,
    receipts: Option<&Path>,
    stages: &Stages,
) -> Result<Sent, Fault> {
    let (acknowledge, acknowledged) = mpsc::unbounded_channel();
    let mut collector = tokio::spawn(collect(acknowledged, receipts.map(Path::to_owned)));
    let gateway = pipeline.gateway.clone();
    let follower = tokio::spawn(stages.follow(pipeline.ingested.clone(), pipeline.transformed.clone()));
    let mut sent = Sent::default();
    let sending = async {
        while let Some(item) = items.recv().await {
            match gateway.send(item.outgoing).await {
                Ok(receipt) => {
                    sent.sent += 1;
                    stages.sent.inc(1);
                    // Told in the order of sending: whoever waits for the last has waited for all.
                    let _ = acknowledge.send((item.place, item.id, receipt.boxed()));
                }
                Err(error @ WorkerError::RecordTooLarge { .. }) => {
                    sent.refused.push(format!("{}: [{}] {error}", item.place, error.code()));
                }
                Err(error) => return Err(Fault::from(error)),
            }
        }
        drop(acknowledge);
        Ok(())
    };
    tokio::select! {
        result = sending => result?,
        fault = pipeline.failure() => return Err(fault),
    }
    let collected = tokio::select! {
        collected = &mut collector => collected,
        fault = pipeline.failure() => return Err(fault),
    };
    follower.abort();
    let (stored, refused) = collected.map_err(anyhow::Error::from)??;
    sent.stored = stored;
    sent.refused.extend(refused);
    Ok(sent)
}

type Acknowledged = (String, Option<String>, BoxFuture<'static, Result<Receipt, WorkerError>>);

async fn collect(
    mut acknowledged: mpsc::UnboundedReceiver<Acknowledged>,
    receipts: Option<std::path::PathBuf>,
) -> Result<(u64, Vec<String>), Fault> {
    let mut file =
        receipts.map(|path| OpenOptions::new().create(true).append(true).open(path)).transpose()?;
    let mut stored = 0;
    let mut refused = Vec::new();
    while let Some((place, id, receipt)) = acknowledged.recv().await {
        match receipt.await {
            Ok(receipt) => {
                stored += 1;
                if let Some(file) = &mut file {
                    // One write a line: whoever reads the file beside us never sees half a receipt.
                    file.write_all(receipt_line(&place, id.as_deref(), &receipt).as_bytes())?;
                }
            }
            Err(error) => refused.push(format!("{place}: [{}] {error}", error.code())),
        }
    }
    Ok((stored, refused))
}

/// A line of the receipts file.
pub(crate) fn receipt_line(place: &str, id: Option<&str>, receipt: &Receipt) -> String {
    let line = serde_json::json!({
        "record": place,
        "id": id,
        "topic_id": receipt.topic_id,
        "partition": receipt.partition,
        "offset": receipt.offset,
    });
    format!("{line}\n")
}

/// What became of the records of a generation.
#[derive(Debug, Default)]
pub(crate) struct Interpreted {
    /// Responses.
    pub(crate) accepted: u64,
    /// Withdrawals.
    pub(crate) withdrawn: u64,
    /// Edits by the survey office, which bring answers as well.
    pub(crate) edited: u64,
    /// Responses with at least one bad answer.
    pub(crate) with_issues: u64,
    /// Events that were there before: same source, id and bytes.
    pub(crate) copies: u64,
    /// Of these, the ones whose answers that count were read by other definitions than those given now.
    pub(crate) read_otherwise: u64,
    /// Events whose id was used before with other bytes; they count.
    pub(crate) ids_reused: u64,
    /// Units with events in two partitions.
    pub(crate) two_partitions: u64,
    /// Units that came on the form and were read across too.
    pub(crate) two_sources: u64,
    /// Units with earlier answers that another layout had read: what came now took their place as a whole.
    pub(crate) by_another_layout: u64,
    /// Rejections by code.
    pub(crate) rejected: Vec<(String, u64)>,
}

impl Interpreted {
    /// Counts rejections of a code.
    pub(crate) fn reject(&mut self, code: String, count: u64) {
        match self.rejected.iter_mut().find(|(known, _)| *known == code) {
            Some((_, so_far)) => *so_far += count,
            None => self.rejected.push((code, count)),
        }
    }
}

/// Counts the outcomes of a generation.
pub(crate) async fn report(catalog: &Catalog, generation: Generation) -> Result<Interpreted, Fault> {
    let mut interpreted = Interpreted::default();
    let kinds = format!(
        "SELECT kind, coalesce(code, '') AS code, count(*) AS n, \
         count(CASE WHEN kind IN ('response', 'edit', 'aggregate') AND cardinality(issues) > 0 THEN 1 END) AS bad \
         FROM outcomes WHERE generation = {generation} GROUP BY kind, code ORDER BY kind, code"
    );
    for batch in catalog.query(&kinds).await?.collect().await? {
        let text = |column: usize, row: usize| -> String {
            arrow::util::display::array_value_to_string(batch.column(column), row).unwrap_or_default()
        };
        for row in 0..batch.num_rows() {
            let count =
                |column: usize| batch.column(column).as_primitive::<Int64Type>().value(row).unsigned_abs();
            match text(0, row).as_str() {
                kind @ ("response" | "edit" | "aggregate") => {
                    interpreted.edited += if kind == "edit" { count(2) } else { 0 };
                    interpreted.accepted += count(2);
                    interpreted.with_issues += count(3);
                }
                "withdrawal" => interpreted.withdrawn += count(2),
                _ => interpreted.rejected.push((text(1, row), count(2))),
            }
        }
    }
    let flags = |what: &str, flag: &str| {
        format!("SELECT count({what}) FROM flags WHERE flag = '{flag}' AND generation = {generation}")
    };
    let units = "DISTINCT concat(survey, '\n', wave, '\n', unit)";
    interpreted.copies = count(catalog, &flags("*", "duplicate")).await?;
    if interpreted.copies > 0 {
        let otherwise = format!(
            "SELECT count(DISTINCT o.event_id) FROM outcomes n \
             JOIN current c ON c.event_source = n.event_source AND c.event_id = n.event_id \
             JOIN outcomes o ON o.generation = c.generation AND o.\"partition\" = c.\"partition\" \
             AND o.\"offset\" = c.\"offset\" \
             WHERE n.generation = {generation} AND o.generation < {generation} \
             AND n.target IS NOT NULL AND o.content_hash = n.content_hash \
             AND array_to_string(n.definitions, ' ') <> array_to_string(o.definitions, ' ')"
        );
        interpreted.read_otherwise = count(catalog, &otherwise).await?;
    }
    // Of a delivery's urn the fourth part is the layout.
    let layouts = "SELECT count(DISTINCT split_part(event_source, ':', 4)) FROM outcomes \
                   WHERE event_source LIKE 'urn:shukei:delivery:%'";
    if count(catalog, layouts).await? > 1 {
        let replaced = format!(
            "SELECT count(DISTINCT concat(n.survey, '\n', n.wave, '\n', n.unit)) FROM outcomes n \
             JOIN outcomes o ON o.survey = n.survey AND o.wave = n.wave AND o.unit = n.unit \
             WHERE n.generation = {generation} AND o.generation < {generation} \
             AND n.kind = 'response' AND o.kind = 'response' \
             AND n.event_source LIKE 'urn:shukei:delivery:%' AND o.event_source LIKE 'urn:shukei:delivery:%' \
             AND split_part(n.event_source, ':', 4) <> split_part(o.event_source, ':', 4)"
        );
        interpreted.by_another_layout = count(catalog, &replaced).await?;
    }
    interpreted.ids_reused = count(catalog, &flags("*", "id_reused")).await?;
    interpreted.two_partitions = count(catalog, &flags(units, "two_partitions")).await?;
    interpreted.two_sources = count(catalog, &flags(units, "two_sources")).await?;
    Ok(interpreted)
}

/// The single number that a query comes to.
pub(crate) async fn count(catalog: &Catalog, query: &str) -> Result<u64, Fault> {
    let batches = catalog.query(query).await?.collect().await?;
    let number = batches.iter().find(|batch| batch.num_rows() > 0).map_or(0, |batch| {
        batch.column(0).as_primitive_opt::<Int64Type>().map_or(0, |numbers| numbers.value(0))
    });
    Ok(number.unsigned_abs())
}

/// The single text that a query comes to; empty if it is null.
pub(crate) async fn text(catalog: &Catalog, query: &str) -> Result<String, Fault> {
    let batches = catalog.query(query).await?.collect().await?;
    let first = batches.iter().find(|batch| batch.num_rows() > 0);
    let text = first.map(|batch| arrow::util::display::array_value_to_string(batch.column(0), 0));
    Ok(text.transpose().map_err(anyhow::Error::from)?.unwrap_or_default())
}
