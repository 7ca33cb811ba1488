//! The part `ceiling`: what the client can take from the embedded broker at all. A producer sends as fast as there is
//! room; a plain consumer takes each record, compares its offset and forgets it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};
use shukei_worker::{EmbeddedBroker, EmbeddedOptions, SUBMISSIONS, partition_of};
use tokio::sync::Semaphore;

use crate::measured::{Measured, Peaks, Stopwatch};
use crate::records::Records;

/// The broker drops what does not fit into 5 MiB a partition, so half of that at most is ever not yet taken: the
/// gateway's rule, with the gateway's allowance for what the broker spends on a record beside its content.
const UNTAKEN_BYTES_MAX: usize = 5 << 19;
const OVERHEAD_BYTES: usize = 256;

/// How long a record may be on its way before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(60);

type Room = Arc<Vec<Semaphore>>;

/// Sends and takes all records again and again, for about `least`, as one stream. Two passes come before it and are not
/// measured: in the first the clients connect, and the second tells how many passes are needed.
///
/// # Errors
/// If a record did not come, came twice or came out of order.
pub(crate) async fn run(records: &Arc<Records>, least: Duration, peaks: &Peaks) -> Result<Measured> {
    peaks.begin_part()?;
    let broker = EmbeddedBroker::start(EmbeddedOptions::default())?;
    let partitions = broker.options().partitions;
    let room: Room = Arc::new((0..partitions).map(|_| Semaphore::new(UNTAKEN_BYTES_MAX)).collect::<Vec<_>>());
    let producer = producer(&broker)?;
    let mut taker = Taker::new(&broker, &room)?;

    pass(records, 1, &producer, &room, &mut taker).await?;
    let second = Stopwatch::start()?;
    pass(records, 1, &producer, &room, &mut taker).await?;
    let passes = (least.as_secs_f64() / second.elapsed().as_secs_f64()).ceil().clamp(1.0, 1000.0) as u64;

    let stopwatch = Stopwatch::start()?;
    pass(records, passes, &producer, &room, &mut taker).await?;
    stopwatch.stop(passes * u64::from(records.count()), passes * records.bytes(), peaks)
}

async fn pass(
    records: &Arc<Records>,
    passes: u64,
    producer: &ThreadedProducer<DefaultProducerContext>,
    room: &Room,
    taker: &mut Taker,
) -> Result<()> {
    let sending = tokio::spawn(send(Arc::clone(records), passes, producer.clone(), Arc::clone(room)));
    taker.take(passes * u64::from(records.count())).await?;
    sending.await?
}

fn producer(broker: &EmbeddedBroker) -> Result<ThreadedProducer<DefaultProducerContext>> {
    // As the gateway sends.
    let producer = ClientConfig::new()
        .set("bootstrap.servers", broker.bootstrap_servers())
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("linger.ms", "5")
        .set("message.timeout.ms", "60000")
        .create();
    producer.context("make the producer")
}

async fn send(
    records: Arc<Records>,
    passes: u64,
    producer: ThreadedProducer<DefaultProducerContext>,
    room: Room,
) -> Result<()> {
    for made in (0..passes).flat_map(|_| records.all()) {
        let partition = partition_of(&made.key, room.len() as i32);
        let bytes = (made.bytes() + OVERHEAD_BYTES) as u32;
        room[partition as usize].acquire_many(bytes).await?.forget();
        let record = BaseRecord::to(SUBMISSIONS).partition(partition).key(&made.key).payload(&made.payload);
        producer.send(record).map_err(|(error, _)| anyhow!(error)).context("send")?;
    }
    let flushed = tokio::task::spawn_blocking(move || producer.flush(PATIENCE)).await?;
    flushed.context("send the last records")
}

struct Taker {
    consumer: StreamConsumer,
    room: Room,
    expected: Vec<i64>,
}

impl Taker {
    fn new(broker: &EmbeddedBroker, room: &Room) -> Result<Self> {
        // As ingest reads.
        let consumer: StreamConsumer = ClientConfig::new()
            .set("bootstrap.servers", broker.bootstrap_servers())
            .set("group.id", "shukei-bench")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("fetch.wait.max.ms", "20")
            .set("fetch.message.max.bytes", "8388608")
            .set("queued.max.messages.kbytes", "65536")
            .create()
            .context("make the consumer")?;
        let mut positions = TopicPartitionList::new();
        for partition in 0..broker.options().partitions {
            positions.add_partition_offset(SUBMISSIONS, partition, Offset::Offset(0))?;
        }
        consumer.assign(&positions)?;
        let expected = vec![0; room.len()];
        Ok(Self { consumer, room: Arc::clone(room), expected })
    }

    /// Takes as many records, each where the one before it ended.
    async fn take(&mut self, count: u64) -> Result<()> {
        for taken in 0..count {
            let message = tokio::time::timeout(PATIENCE, self.consumer.recv())
                .await
                .with_context(|| format!("only {taken} of {count} records came"))??;
            let partition = usize::try_from(message.partition())?;
            let expected = self.expected.get_mut(partition).context("a partition that is not ours")?;
            ensure!(
                message.offset() == *expected,
                "partition {partition} went on at {} instead of {expected}: the broker dropped records",
                message.offset()
            );
            *expected += 1;
            let bytes = message.key_len() + message.payload_len() + OVERHEAD_BYTES;
            self.room[partition].add_permits(bytes);
        }
        Ok(())
    }
}
