use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{ClientConfig, Offset as KafkaOffset};
use shukei_schemas::event::Header;
use shukei_schemas::{Offset, Partition};

use crate::error::WorkerError;
use crate::kafka::{Came, KafkaOptions, Member, Rebalanced, forced};

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
    member: Member,
    in_group: bool,
}

/// What waiting for a record can come to.
#[derive(Debug)]
pub enum Received {
    /// A record.
    Record(Arrival),
    /// The position asked for is no longer in the broker's log.
    OutOfRange,
    /// The broker does not know the topic, or not these partitions of it: it may have been made again.
    TopicInDoubt,
    /// The group gives this process more partitions; it waits for [`Source::take_up`].
    Assigned(Vec<Partition>),
    /// The group wants partitions back; it waits for [`Source::give_up`].
    Revoked {
        /// The partitions.
        partitions: Vec<Partition>,
        /// Whether others may have them already.
        lost: bool,
    },
}

/// Settings of whoever reads records, beside those of every client.
const READING: [(&str, &str); 3] = [
    ("fetch.wait.max.ms", "20"),
    ("fetch.message.max.bytes", "8388608"),
    ("queued.max.messages.kbytes", "65536"),
];

impl Source {
    /// A consumer of the topic that reads nothing until it is told where to.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] if the client cannot be made.
    pub fn new(bootstrap_servers: &str, topic: &str, group: &str) -> Result<Self, WorkerError> {
        let mut config = ClientConfig::new();
        forced(&mut config, &READING);
        config
            .set("bootstrap.servers", bootstrap_servers)
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error");
        Ok(Self { member: Member::new(&config, topic)?, in_group: false })
    }

    /// A member of the group of ingest workers, which is told by the group what to read and by the tables where.
    ///
    /// # Errors
    /// [`WorkerError::Setting`] or [`WorkerError::Kafka`] if the client cannot be made.
    pub fn in_group(options: &KafkaOptions) -> Result<Self, WorkerError> {
        let mut config = options.member(&options.ingest_group(), &READING);
        config.set("auto.offset.reset", "error");
        let member = Member::new(&config, &options.submissions)?;
        member.join()?;
        Ok(Self { member, in_group: true })
    }

    /// Whether a group says what to read.
    pub fn is_in_group(&self) -> bool {
        self.in_group
    }

    /// Reads these partitions, each from its offset on: without a group these and no others, in a group those of them
    /// that it has.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] if the client refuses.
    pub fn assign(&self, positions: impl Iterator<Item = (Partition, Offset)>) -> Result<(), WorkerError> {
        let positions = positions.map(|(partition, offset)| (partition, KafkaOffset::Offset(offset.0)));
        if self.in_group {
            return self.member.restart(positions);
        }
        self.member.read_only(&positions.collect::<Vec<_>>())
    }

    /// Answers [`Received::Assigned`]: these are read now.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] if the client refuses.
    pub fn take_up(&self, positions: impl Iterator<Item = (Partition, Offset)>) -> Result<(), WorkerError> {
        let positions = positions.map(|(partition, offset)| (partition, KafkaOffset::Offset(offset.0)));
        self.member.take_up(&positions.collect::<Vec<_>>())
    }

    /// Answers [`Received::Revoked`]: these are not read any more.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] if the client refuses.
    pub fn give_up(&self, partitions: &[Partition]) -> Result<(), WorkerError> {
        self.member.give_up(partitions)
    }

    /// The next record, or news of the group. Cancel-safe: it is either returned or still to come.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] for what does not mend itself.
    pub async fn receive(&self) -> Result<Received, WorkerError> {
        loop {
            let code = match self.member.next().await {
                Came::News(Rebalanced::Assigned(partitions)) => return Ok(Received::Assigned(partitions)),
                Came::News(Rebalanced::Revoked { partitions, lost }) => {
                    return Ok(Received::Revoked { partitions, lost });
                }
                Came::Message(Ok(message)) => return Ok(Received::Record(Arrival::from(&message))),
                Came::Message(Err(KafkaError::MessageConsumption(code))) => code,
                Came::Message(Err(source)) => {
                    return Err(WorkerError::Kafka { action: "read records", source });
                }
            };
            match code {
                RDKafkaErrorCode::OffsetOutOfRange | RDKafkaErrorCode::AutoOffsetReset => {
                    return Ok(Received::OutOfRange);
                }
                RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownPartition
                | RDKafkaErrorCode::UnknownTopicId
                    if self.in_group =>
                {
                    return Ok(Received::TopicInDoubt);
                }
                RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::Fatal => return Err(refused(code)),
                // The client connects again by itself.
                RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::OperationTimedOut
                | RDKafkaErrorCode::Resolve
                | RDKafkaErrorCode::PartitionEOF => {}
                // So does a member of a group its membership.
                _ if self.in_group => {}
                _ => return Err(refused(code)),
            }
            tracing::warn!(topic = %self.member.topic(), %code, "the broker is away; trying again");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What the broker says of a partition's log. Blocks for up to five seconds: off the hot path only.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] if the broker does not answer.
    pub fn watermarks(&self, partition: Partition) -> Result<Watermarks, WorkerError> {
        let (low, high) = self
            .member
            .consumer()
            .fetch_watermarks(self.member.topic(), partition.0, Duration::from_secs(5))
            .map_err(|source| WorkerError::Kafka { action: "ask for the ends of a partition", source })?;
        Ok(Watermarks { log_start: Offset(low), log_end: Offset(high) })
    }

    /// Tells the group how far the tables are, for lag tools; what goes wrong here changes nothing.
    pub fn commit_group_offsets(&self, positions: impl Iterator<Item = (Partition, Offset)>) {
        let positions = positions.map(|(partition, offset)| (partition, KafkaOffset::Offset(offset.0)));
        self.member.commit(&positions.collect::<Vec<_>>());
    }

    /// Leaves the group, so that the others need not wait until this process is missed.
    pub async fn leave(self) {
        self.member.leave().await;
    }
}

fn refused(code: RDKafkaErrorCode) -> WorkerError {
    WorkerError::Kafka { action: "read records", source: KafkaError::MessageConsumption(code) }
}
