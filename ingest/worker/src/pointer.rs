use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};
use rdkafka::{Offset as KafkaOffset, TopicPartitionList};
use serde::{Deserialize, Serialize};

use crate::broker::LANDED;
use crate::error::WorkerError;

/// What `landed` carries: where new rows stand in `raw`, never the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// The generation.
    pub generation: i32,
    /// The partition.
    pub partition: i32,
    /// The version of `raw` that holds the rows.
    pub version: i64,
    /// The first offset.
    pub first: i64,
    /// The offset behind the last.
    pub end: i64,
}

/// Announces on `landed`. A pointer is a hint: losing one costs a second at most.
pub struct Announcer {
    producer: ThreadedProducer<rdkafka::producer::DefaultProducerContext>,
}

impl Announcer {
    /// A producer of pointers.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] if the client cannot be made.
    pub fn new(bootstrap_servers: &str) -> Result<Self, WorkerError> {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap_servers)
            .set("linger.ms", "0")
            .set("message.timeout.ms", "5000")
            .create()
            .map_err(|source| WorkerError::Kafka { action: "make the producer of pointers", source })?;
        Ok(Self { producer })
    }

    /// Sends a pointer and forgets it.
    pub fn announce(&self, pointer: &Pointer) {
        let Ok(payload) = serde_json::to_vec(pointer) else { return };
        let record = BaseRecord::<(), _>::to(LANDED).partition(pointer.partition).payload(&payload);
        if let Err((error, _)) = self.producer.send(record) {
            tracing::debug!(%error, "pointer not sent");
        }
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        let _ = self.producer.flush(Duration::from_millis(200));
    }
}

/// Listens on `landed`.
pub struct Pointers {
    consumer: StreamConsumer,
}

impl Pointers {
    /// A consumer of the pointers on all partitions, from the oldest that the broker still holds: whoever listens only
    /// for new ones misses those that come while the client connects.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] if the client cannot be made.
    pub fn new(bootstrap_servers: &str, partitions: i32) -> Result<Self, WorkerError> {
        let made = |source| WorkerError::Kafka { action: "make the consumer of pointers", source };
        let consumer: StreamConsumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap_servers)
            .set("group.id", "shukei-transform")
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set("fetch.wait.max.ms", "20")
            .create()
            .map_err(made)?;
        let mut list = TopicPartitionList::new();
        for partition in 0..partitions {
            list.add_partition_offset(LANDED, partition, KafkaOffset::Beginning).map_err(made)?;
        }
        consumer.assign(&list).map_err(made)?;
        Ok(Self { consumer })
    }

    /// The next pointer; what is no pointer is passed over. Never ends by itself, and an error is only waited out:
    /// whoever listens looks every second anyway. Cancel-safe.
    pub async fn next(&self) -> Pointer {
        loop {
            match self.consumer.recv().await {
                Ok(message) => {
                    if let Some(Ok(pointer)) = message.payload().map(serde_json::from_slice) {
                        return pointer;
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "no pointers for now");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }
}
