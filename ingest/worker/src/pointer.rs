use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::message::Message;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::{ClientConfig, Offset as KafkaOffset};
use serde::{Deserialize, Serialize};
use shukei_schemas::Partition;

use crate::broker::LANDED;
use crate::error::WorkerError;
use crate::kafka::{Came, Context, KafkaOptions, Member, Rebalanced, forced, made};

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
    producer: FutureProducer<Context>,
    topic: String,
}

const ANNOUNCING: [(&str, &str); 2] = [("linger.ms", "0"), ("message.timeout.ms", "5000")];

impl Announcer {
    /// A producer of pointers.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] if the client cannot be made.
    pub fn new(bootstrap_servers: &str) -> Result<Self, WorkerError> {
        let mut config = ClientConfig::new();
        forced(&mut config, &ANNOUNCING);
        config.set("bootstrap.servers", bootstrap_servers);
        Self::made(&config, LANDED)
    }

    /// A producer of pointers for an Apache Kafka.
    ///
    /// # Errors
    /// [`WorkerError::Setting`] or [`WorkerError::Kafka`] if the client cannot be made.
    pub fn on_kafka(options: &KafkaOptions) -> Result<Self, WorkerError> {
        Self::made(&options.client(&ANNOUNCING), &options.landed)
    }

    fn made(config: &ClientConfig, topic: &str) -> Result<Self, WorkerError> {
        let producer = made(config, Context::alone(), "make the producer of pointers")?;
        Ok(Self { producer, topic: topic.to_owned() })
    }

    /// Sends a pointer and forgets it.
    pub fn announce(&self, pointer: &Pointer) {
        let Ok(payload) = serde_json::to_vec(pointer) else { return };
        let record = FutureRecord::<(), _>::to(&self.topic).partition(pointer.partition).payload(&payload);
        if let Err((error, _)) = self.producer.send_result(record) {
            tracing::debug!(%error, "pointer not sent");
        }
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        let _ = self.producer.flush(Duration::from_millis(200));
    }
}

/// What comes to whoever listens on `landed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// New rows.
    Pointer(Pointer),
    /// The group says that these partitions are this process's now, and no others.
    Partitions {
        /// The partitions.
        mine: BTreeSet<Partition>,
        /// How many there are in all.
        of: i32,
    },
}

/// Listens on `landed`.
pub struct Pointers {
    member: Member,
    in_group: bool,
    partitions: i32,
    passed: Mutex<BTreeMap<Partition, KafkaOffset>>,
}

impl Pointers {
    /// A consumer of the pointers on all partitions, from the oldest that the broker still holds: whoever listens only
    /// for new ones misses those that come while the client connects.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] if the client cannot be made.
    pub fn new(bootstrap_servers: &str, partitions: i32) -> Result<Self, WorkerError> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", bootstrap_servers)
            .set("group.id", "shukei-transform")
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set("fetch.wait.max.ms", "20");
        let member = Member::new(&config, LANDED)?;
        let all: Vec<_> = (0..partitions).map(|number| (Partition(number), KafkaOffset::Beginning)).collect();
        member.read_only(&all)?;
        Ok(Self { member, in_group: false, partitions, passed: Mutex::default() })
    }

    /// A member of the group of transform workers, on a topic of so many partitions. It listens for new pointers only: whoever gets a partition looks
    /// at the tables first.
    ///
    /// # Errors
    /// [`WorkerError::Setting`] or [`WorkerError::Kafka`] if the client cannot be made.
    pub fn in_group(options: &KafkaOptions, partitions: i32) -> Result<Self, WorkerError> {
        let mut config = options.member(&options.transform_group(), &[("fetch.wait.max.ms", "20")]);
        config.set("auto.offset.reset", "latest");
        let member = Member::new(&config, &options.landed)?;
        member.join()?;
        Ok(Self { member, in_group: true, partitions, passed: Mutex::default() })
    }

    /// Whether a group says which partitions to work on.
    pub fn is_in_group(&self) -> bool {
        self.in_group
    }

    /// The next pointer or news of the group; what is no pointer is passed over. Never ends by itself, and an error is
    /// only waited out: whoever listens looks every second anyway. Cancel-safe.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] if the client cannot answer the group.
    pub async fn next(&self) -> Result<News, WorkerError> {
        loop {
            match self.member.next().await {
                Came::News(Rebalanced::Assigned(partitions)) => {
                    let new: Vec<_> = partitions.into_iter().map(|p| (p, KafkaOffset::End)).collect();
                    self.member.take_up(&new)?;
                    return Ok(self.share());
                }
                // Nothing is under way between two passes, so there is nothing to bring to its end first.
                Came::News(Rebalanced::Revoked { partitions, .. }) => {
                    self.member.give_up(&partitions)?;
                    return Ok(self.share());
                }
                Came::Message(Ok(message)) => {
                    let behind = KafkaOffset::Offset(message.offset() + 1);
                    let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
                    passed.insert(Partition(message.partition()), behind);
                    if let Some(Ok(pointer)) = message.payload().map(serde_json::from_slice) {
                        return Ok(News::Pointer(pointer));
                    }
                }
                Came::Message(Err(error)) => {
                    tracing::debug!(%error, "no pointers for now");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }

    fn share(&self) -> News {
        News::Partitions { mine: self.member.assigned(), of: self.partitions }
    }

    /// Tells the group that everything which was pointed at is carried out, for lag tools.
    pub fn commit_group_offsets(&self) {
        if !self.in_group {
            return;
        }
        let passed = std::mem::take(&mut *self.passed.lock().unwrap_or_else(PoisonError::into_inner));
        let assigned = self.member.assigned();
        let passed: Vec<_> =
            passed.into_iter().filter(|(partition, _)| assigned.contains(partition)).collect();
        self.member.commit(&passed);
    }

    /// Leaves the group, so that the others need not wait until this process is missed.
    pub async fn leave(self) {
        self.member.leave().await;
    }
}
