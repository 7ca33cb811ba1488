use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{ClientConfig, Offset as KafkaOffset, TopicPartitionList};
use shukei_schemas::event::Header;
use shukei_schemas::{Offset, Partition};

use crate::error::WorkerError;

/// What the broker said of a partition's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermarks {
    /// The first offset that it still holds.
    pub log_start: Offset,
    /// The offset behind the last one.
    pub log_end: Offset,
}

/// A record as it came from the broker.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The partition.
    pub partition: Partition,
    /// The offset.
    pub offset: Offset,
    /// The broker's timestamp in microseconds, if it gave one.
    pub broker_time_us: Option<i64>,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The headers.
    pub headers: Vec<Header>,
    /// The bytes; none for a record without a value.
    pub payload: Option<Vec<u8>>,
}

impl Arrival {
    fn from(message: &BorrowedMessage<'_>) -> Self {
        let headers = message.headers().map_or_else(Vec::new, |headers| {
            headers
                .iter()
                .map(|h| Header { name: h.key.to_owned(), value: h.value.map(<[u8]>::to_vec) })
                .collect()
        });
        Self {
            partition: Partition(message.partition()),
            offset: Offset(message.offset()),
            broker_time_us: message.timestamp().to_millis().map(|ms| ms * 1_000),
            key: message.key().map(<[u8]>::to_vec),
            headers,
            payload: message.payload().map(<[u8]>::to_vec),
        }
    }
}

/// The consumer of one topic, with the partitions that this process was given. Where it starts is told by the
/// tables; it never looks at the group's offsets, which are committed for lag tools only.
pub struct Source {
    consumer: StreamConsumer,
    topic: String,
}

/// What waiting for a record can come to.
pub enum Received {
    /// A record.
    Record(Arrival),
    /// The position asked for is no longer in the broker's log.
    OutOfRange,
}

impl Source {
    /// A consumer of the topic that reads nothing until it is told where to.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] if the client cannot be made.
    pub fn new(bootstrap_servers: &str, topic: &str, group: &str) -> Result<Self, WorkerError> {
        let consumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap_servers)
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("fetch.wait.max.ms", "20")
            .set("fetch.message.max.bytes", "8388608")
            .set("queued.max.messages.kbytes", "65536")
            .create()
            .map_err(|source| WorkerError::Kafka { action: "make the consumer", source })?;
        Ok(Self { consumer, topic: topic.to_owned() })
    }

    /// Reads these partitions, each from its offset on, and no others.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] if the client refuses.
    pub fn assign(&self, positions: impl Iterator<Item = (Partition, Offset)>) -> Result<(), WorkerError> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in positions {
            list.add_partition_offset(&self.topic, partition.0, KafkaOffset::Offset(offset.0))
                .map_err(|source| WorkerError::Kafka { action: "name a position", source })?;
        }
        self.consumer
            .assign(&list)
            .map_err(|source| WorkerError::Kafka { action: "read from the positions of the tables", source })
    }

    /// The next record. Cancel-safe: a record is either returned or still to come.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] for what does not mend itself.
    pub async fn receive(&self) -> Result<Received, WorkerError> {
        loop {
            match self.consumer.recv().await {
                Ok(message) => return Ok(Received::Record(Arrival::from(&message))),
                Err(KafkaError::MessageConsumption(
                    RDKafkaErrorCode::OffsetOutOfRange | RDKafkaErrorCode::AutoOffsetReset,
                )) => return Ok(Received::OutOfRange),
                // The client connects again by itself.
                Err(KafkaError::MessageConsumption(
                    code @ (RDKafkaErrorCode::BrokerTransportFailure
                    | RDKafkaErrorCode::AllBrokersDown
                    | RDKafkaErrorCode::OperationTimedOut
                    | RDKafkaErrorCode::Resolve
                    | RDKafkaErrorCode::PartitionEOF),
                )) => {
                    tracing::warn!(topic = %self.topic, %code, "the broker is away; trying again");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(source) => return Err(WorkerError::Kafka { action: "read records", source }),
            }
        }
    }

    /// What the broker says of a partition's log. Blocks for up to five seconds: off the hot path only.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] if the broker does not answer.
    pub fn watermarks(&self, partition: Partition) -> Result<Watermarks, WorkerError> {
        let (low, high) = self
            .consumer
            .fetch_watermarks(&self.topic, partition.0, Duration::from_secs(5))
            .map_err(|source| WorkerError::Kafka { action: "ask for the ends of a partition", source })?;
        Ok(Watermarks { log_start: Offset(low), log_end: Offset(high) })
    }

    /// Tells the group how far the tables are, for lag tools; what goes wrong here changes nothing.
    pub fn commit_group_offsets(&self, positions: impl Iterator<Item = (Partition, Offset)>) {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in positions {
            let added = list.add_partition_offset(&self.topic, partition.0, KafkaOffset::Offset(offset.0));
            if let Err(error) = added {
                tracing::debug!(%error, "group offset not named");
            }
        }
        if list.count() > 0
            && let Err(error) = self.consumer.commit(&list, CommitMode::Async)
        {
            tracing::debug!(%error, "group offsets not committed");
        }
    }
}
