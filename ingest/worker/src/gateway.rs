use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::future_producer::DeliveryFuture;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, ClientContext};
use serde::{Deserialize, Serialize};
use shukei_schemas::event::Header;
use shukei_schemas::{Offset, Partition, Span, TopicId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::broker::{EmbeddedBroker, ROOM_BYTES, SUBMISSIONS};
use crate::error::WorkerError;
use crate::murmur2::partition_of;

/// Bytes that the broker spends on a record beside its content, rounded up.
const OVERHEAD_BYTES: usize = 256;

/// A record to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The key: survey and respondent.
    pub key: Vec<u8>,
    /// The headers.
    pub headers: Vec<Header>,
    /// The bytes.
    pub payload: Vec<u8>,
}

impl Outgoing {
    /// Its size as it is held against `max_record_bytes`.
    pub fn bytes(&self) -> usize {
        let headers: usize =
            self.headers.iter().map(|h| h.name.len() + h.value.as_ref().map_or(0, Vec::len) + 8).sum();
        self.key.len() + self.payload.len() + headers
    }
}

/// Hands a record to a producer, and waits while its queue is full. Without a partition the producer chooses by the key.
pub(crate) async fn enqueue<C: ClientContext + 'static>(
    producer: &FutureProducer<C>,
    topic: &str,
    partition: Option<i32>,
    record: &Outgoing,
) -> Result<DeliveryFuture, WorkerError> {
    loop {
        let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
        for header in &record.headers {
            headers = headers
                .insert(rdkafka::message::Header { key: &header.name, value: header.value.as_deref() });
        }
        let mut outgoing = FutureRecord::to(topic).key(&record.key).payload(&record.payload).headers(headers);
        outgoing.partition = partition;
        match producer.send_result(outgoing) {
            Ok(delivery) => return Ok(delivery),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Err((source, _)) => return Err(WorkerError::NotTaken { source }),
        }
    }
}

/// Says that a record is stored, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The topic's identity.
    pub topic_id: TopicId,
    /// The partition.
    pub partition: Partition,
    /// The offset.
    pub offset: Offset,
}

/// The only producer of the embedded broker. A record is taken when there is room for it, and acknowledged when
/// ingest has stored it: half of a partition's room at most is ever not yet stored, so the broker drops nothing.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    producer: FutureProducer,
    topic_id: TopicId,
    record_bytes_max: usize,
    room: Vec<Arc<Semaphore>>,
    waiting: Vec<Mutex<Waiting>>,
}

/// The records of one partition that are not yet stored.
#[derive(Default)]
struct Waiting {
    cursor: i64,
    records: BTreeMap<i64, (OwnedSemaphorePermit, oneshot::Sender<()>)>,
}

impl Gateway {
    /// The gateway of a broker.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] if the producer cannot be made.
    pub fn new(broker: &EmbeddedBroker) -> Result<Self, WorkerError> {
        let options = broker.options();
        let message_bytes_max = (options.record_bytes_max + (64 << 10)).to_string();
        let producer = ClientConfig::new()
            .set("bootstrap.servers", broker.bootstrap_servers())
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "5")
            .set("message.max.bytes", &message_bytes_max)
            .set("message.timeout.ms", "60000")
            .create()
            .map_err(|source| WorkerError::Kafka { action: "make the producer of submissions", source })?;
        let partitions = options.partitions.max(1) as usize;
        Ok(Self {
            inner: Arc::new(Inner {
                producer,
                topic_id: broker.topic_id().clone(),
                record_bytes_max: options.record_bytes_max,
                room: (0..partitions).map(|_| Arc::new(Semaphore::new(ROOM_BYTES / 2))).collect(),
                waiting: (0..partitions).map(|_| Mutex::default()).collect(),
            }),
        })
    }

    /// Waits for room and sends. The future returned resolves when the record is stored; dropping it does not take
    /// the record back.
    ///
    /// # Errors
    /// [`WorkerError::RecordTooLarge`] at once; [`WorkerError::NotTaken`] from the future if the broker refuses.
    pub async fn send(
        &self,
        record: Outgoing,
    ) -> Result<impl Future<Output = Result<Receipt, WorkerError>> + Send + use<>, WorkerError> {
        self.send_within(record, Duration::MAX).await
    }

    /// The same, but waits for room no longer than this.
    ///
    /// # Errors
    /// As [`Gateway::send`], and [`WorkerError::Busy`] if there was no room in time; then nothing was sent.
    pub async fn send_within(
        &self,
        record: Outgoing,
        wait_max: Duration,
    ) -> Result<impl Future<Output = Result<Receipt, WorkerError>> + Send + use<>, WorkerError> {
        let bytes = record.bytes();
        let bytes_max = self.inner.record_bytes_max;
        if bytes > bytes_max {
            return Err(WorkerError::RecordTooLarge { bytes, bytes_max });
        }
        let partition = partition_of(&record.key, self.inner.room.len() as i32);
        let room = Arc::clone(&self.inner.room[partition as usize]);
        let wanted = (bytes + OVERHEAD_BYTES) as u32;
        let room = tokio::time::timeout(wait_max, room.acquire_many_owned(wanted));
        let permit = room.await.map_err(|_| WorkerError::Busy)?.map_err(|_| WorkerError::BrokerGone)?;
        let delivery = enqueue(&self.inner.producer, SUBMISSIONS, Some(partition), &record).await?;
        let inner = Arc::clone(&self.inner);
        let (stored, is_stored) = oneshot::channel();
        // A task of its own, so that a caller who goes away does not give the room back too early.
        let delivered = tokio::spawn(async move {
            let delivery = match delivery.await {
                Ok(Ok(delivery)) => delivery,
                Ok(Err((source, _))) => return Err(WorkerError::NotTaken { source }),
                Err(_) => return Err(WorkerError::BrokerGone),
            };
            inner.wait_for(delivery.partition, delivery.offset, permit, stored);
            Ok(Receipt {
                topic_id: inner.topic_id.clone(),
                partition: Partition(delivery.partition),
                offset: Offset(delivery.offset),
            })
        });
        Ok(async move {
            let receipt = delivered.await.map_err(|_| WorkerError::BrokerGone)??;
            is_stored.await.map_err(|_| WorkerError::BrokerGone)?;
            Ok(receipt)
        })
    }

    /// The largest record taken, key and headers included.
    pub fn record_bytes_max(&self) -> usize {
        self.inner.record_bytes_max
    }

    /// Told by ingest: everything before the end of the span is stored.
    pub fn stored(&self, partition: Partition, span: Span) {
        let Some(waiting) = self.inner.waiting.get(partition.0 as usize) else { return };
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.cursor = waiting.cursor.max(span.end.0);
        let cursor = waiting.cursor;
        let later = waiting.records.split_off(&cursor);
        for (_, (permit, stored)) in std::mem::replace(&mut waiting.records, later) {
            let _ = stored.send(());
            drop(permit);
        }
    }
}

impl Inner {
    fn wait_for(
        &self,
        partition: i32,
        offset: i64,
        permit: OwnedSemaphorePermit,
        stored: oneshot::Sender<()>,
    ) {
        let Some(waiting) = self.waiting.get(partition as usize) else { return };
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // Ingest may have been faster than the delivery report.
        if offset < waiting.cursor {
            let _ = stored.send(());
        } else {
            waiting.records.insert(offset, (permit, stored));
        }
    }
}
