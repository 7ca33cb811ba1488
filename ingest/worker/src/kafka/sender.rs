use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::producer::FutureProducer;
use shukei_schemas::{Offset, Partition, TopicId};
use tokio::sync::Mutex;

use super::{Cluster, Context, Topic, made};
use crate::error::WorkerError;
use crate::gateway::{Outgoing, Receipt, enqueue};

/// The most that librdkafka and Kafka take unless they are told otherwise.
const RECORD_BYTES_MAX: usize = 1_000_000;
/// How long the topic's identity is taken to be what it was.
const IDENTITY_HOLDS: Duration = Duration::from_secs(1);
/// How long a receipt waits for a broker that is away.
const PATIENCE: Duration = Duration::from_secs(10);

/// A producer of submissions for an Apache Kafka. A receipt says that all replicas in sync have the record; it becomes
/// rows when ingest and transform come to it. Cheap to clone.
#[derive(Clone)]
pub struct KafkaSender {
    inner: Arc<Inner>,
}

struct Inner {
    cluster: Arc<Cluster>,
    producer: FutureProducer<Context>,
    topic: String,
    record_bytes_max: usize,
    known: Mutex<(TopicId, Instant)>,
}

impl KafkaSender {
    /// A sender to the topic of submissions.
    ///
    /// # Errors
    /// [`WorkerError::Setting`] or [`WorkerError::Kafka`] if the producer cannot be made.
    pub fn new(cluster: Arc<Cluster>, topic: &Topic) -> Result<Self, WorkerError> {
        let options = cluster.options();
        let mut config = options.client(&[("linger.ms", "5"), ("message.timeout.ms", "60000")]);
        super::forced(
            &mut config,
            &[("enable.idempotence", "true"), ("acks", "all"), ("partitioner", "murmur2_random")],
        );
        let set = options.properties.get("message.max.bytes").and_then(|bytes| bytes.parse().ok());
        let producer = made(&config, Context::alone(), "make the producer of submissions")?;
        let known = Mutex::new((topic.id.clone(), Instant::now()));
        let (topic, record_bytes_max) = (topic.name.clone(), set.unwrap_or(RECORD_BYTES_MAX));
        Ok(Self { inner: Arc::new(Inner { cluster, producer, topic, record_bytes_max, known }) })
    }

    /// The largest record taken, as [`Outgoing::bytes`] counts.
    pub fn record_bytes_max(&self) -> usize {
        self.inner.record_bytes_max
    }

    /// Sends. The future returned resolves when the broker has the record for good; dropping it does not take the
    /// record back.
    ///
    /// # Errors
    /// [`WorkerError::RecordTooLarge`] at once; [`WorkerError::NotTaken`] from the future if the broker refuses.
    pub async fn send(
        &self,
        record: Outgoing,
    ) -> Result<impl Future<Output = Result<Receipt, WorkerError>> + Send + use<>, WorkerError> {
        let (bytes, bytes_max) = (record.bytes(), self.inner.record_bytes_max);
        if bytes > bytes_max {
            return Err(WorkerError::RecordTooLarge { bytes, bytes_max });
        }
        let delivery = enqueue(&self.inner.producer, &self.inner.topic, None, &record).await?;
        let inner = Arc::clone(&self.inner);
        Ok(async move {
            match delivery.await {
                Ok(Ok(delivery)) => Ok(Receipt {
                    topic_id: inner.topic_id().await?,
                    partition: Partition(delivery.partition),
                    offset: Offset(delivery.offset),
                }),
                Ok(Err((source, _))) => Err(WorkerError::NotTaken { source }),
                Err(_) => Err(WorkerError::BrokerGone),
            }
        })
    }
}

impl Inner {
    /// A producer goes on silently when its topic is made again, so the identity is asked for now and then.
    async fn topic_id(&self) -> Result<TopicId, WorkerError> {
        let mut known = self.known.lock().await;
        if known.1.elapsed() > IDENTITY_HOLDS {
            let asked = Instant::now();
            *known = (self.cluster.topic(&self.topic, PATIENCE, PATIENCE).await?.id, asked);
        }
        Ok(known.0.clone())
    }
}
