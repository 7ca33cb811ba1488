use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use shukei_lake::SourceGeneration;
use shukei_schemas::{Offset, TopicId};

use super::topic_id::{Described, describe};
use super::{Context, KafkaOptions, made};
use crate::error::WorkerError;

/// How long one question may take.
const ASK: Duration = Duration::from_secs(3);
/// How long a broker may be away at start.
const START: Duration = Duration::from_secs(10);
/// How long a broker may be away while something waits to be committed.
const AWAY: Duration = Duration::from_secs(60);
/// How long a topic may be missing at start: one that was just made is not known everywhere at once.
const START_MISSING: Duration = Duration::from_millis(200);
/// How long it may be missing while it is read: a broker that just came up may not know it yet, and one that is made
/// again is missing in between.
const AWAY_MISSING: Duration = Duration::from_secs(10);

/// What a topic is at the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its identity: another one if it was deleted and made again.
    pub id: TopicId,
    /// How many partitions it has.
    pub partitions: i32,
}

/// An Apache Kafka, as far as it is asked about its topics.
pub struct Cluster {
    options: KafkaOptions,
    client: Mutex<Option<BaseConsumer<Context>>>,
}

impl Cluster {
    /// Finds both topics and sees that they fit each other. Returns the topic of submissions.
    ///
    /// # Errors
    /// [`WorkerError::Unreachable`] when the broker has not answered for ten seconds, [`WorkerError::TopicMissing`],
    /// [`WorkerError::TopicMismatch`], [`WorkerError::TopicRefused`], [`WorkerError::Setting`].
    pub async fn connect(options: KafkaOptions) -> Result<(Arc<Self>, Topic), WorkerError> {
        let cluster = Arc::new(Self { options, client: Mutex::new(None) });
        let submissions = cluster.topic(&cluster.options.submissions, START, START_MISSING).await?;
        let landed = cluster.topic(&cluster.options.landed, START, START_MISSING).await?;
        if landed.partitions != submissions.partitions {
            return Err(WorkerError::TopicMismatch {
                what: format!(
                    "topic `{}` has {} partitions and topic `{}` has {}",
                    submissions.name, submissions.partitions, landed.name, landed.partitions
                ),
            });
        }
        Ok((cluster, submissions))
    }

    /// The settings that it was made with.
    pub fn options(&self) -> &KafkaOptions {
        &self.options
    }

    /// What a topic is now. A broker that is away, and a topic that is missing, are asked for again for so long.
    ///
    /// # Errors
    /// As [`Cluster::connect`].
    pub async fn topic(
        self: &Arc<Self>,
        name: &str,
        away: Duration,
        missing: Duration,
    ) -> Result<Topic, WorkerError> {
        let began = Instant::now();
        loop {
            let (cluster, asked) = (Arc::clone(self), name.to_owned());
            let answer = tokio::task::spawn_blocking(move || cluster.ask(&asked)).await;
            match answer.map_err(|_| WorkerError::BrokerGone)? {
                Err(WorkerError::TopicMissing { .. }) if began.elapsed() < missing => {}
                Err(error @ WorkerError::Unreachable { .. }) if began.elapsed() < away => {
                    tracing::warn!(topic = name, %error, "asking again");
                }
                answer => return answer,
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The first offset that each partition of the topic of submissions still holds.
    ///
    /// # Errors
    /// [`WorkerError::Unreachable`].
    pub async fn log_starts(self: &Arc<Self>, topic: &Topic) -> Result<Vec<Offset>, WorkerError> {
        let (cluster, topic) = (Arc::clone(self), topic.clone());
        let starts = tokio::task::spawn_blocking(move || {
            (0..topic.partitions)
                .map(|partition| {
                    cluster.with_client(|client| {
                        client
                            .client()
                            .fetch_watermarks(&topic.name, partition, ASK)
                            .map_err(|error| error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail))
                    })
                })
                .map(|watermarks| watermarks.map(|(low, _)| Offset(low)))
                .collect()
        });
        starts.await.map_err(|_| WorkerError::BrokerGone)?
    }

    /// Sees that the topic of submissions is still the one that the generation is of: what was read before this was
    /// asked came from it.
    ///
    /// # Errors
    /// [`WorkerError::GenerationNotAccepted`] if it was made again, [`WorkerError::TopicMissing`] if it is gone,
    /// [`WorkerError::TopicMismatch`] if it has other partitions, [`WorkerError::Unreachable`] when the broker has not
    /// answered for a minute.
    pub async fn confirm(self: &Arc<Self>, generation: &SourceGeneration) -> Result<(), WorkerError> {
        let topic = self.topic(&generation.topic, AWAY, AWAY_MISSING).await?;
        if topic.id != generation.topic_id {
            return Err(WorkerError::GenerationNotAccepted {
                topic: topic.name,
                topic_id: topic.id,
                newest: generation.generation,
            });
        }
        let partitions = generation.first_offsets.len();
        if usize::try_from(topic.partitions).ok() != Some(partitions) {
            return Err(WorkerError::TopicMismatch {
                what: format!(
                    "topic `{}` has {} partitions and had {partitions} when it was taken up",
                    topic.name, topic.partitions
                ),
            });
        }
        Ok(())
    }

    fn ask(&self, topic: &str) -> Result<Topic, WorkerError> {
        match self.with_client(|client| describe(client.client().native_ptr(), topic, ASK))? {
            Described::Topic { id, partitions } => Ok(Topic {
                name: topic.to_owned(),
                id: TopicId::new(uuid::Uuid::from_bytes(id).to_string()),
                partitions: i32::try_from(partitions).unwrap_or(i32::MAX),
            }),
            Described::Missing => Err(WorkerError::TopicMissing { topic: topic.to_owned() }),
        }
    }

    /// Asks with the client at hand, or a new one: a client whose broker died answers with errors long after the
    /// broker is back.
    fn with_client<T>(
        &self,
        ask: impl FnOnce(&BaseConsumer<Context>) -> Result<T, RDKafkaErrorCode>,
    ) -> Result<T, WorkerError> {
        let mut slot = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let client = match slot.take() {
            Some(client) => client,
            None => {
                let config = self.options.client(&[("allow.auto.create.topics", "false")]);
                made(&config, Context::alone(), "make a client")?
            }
        };
        let answer = ask(&client);
        // Without this the client's log would pile up in it.
        while let Some(Err(_)) = client.poll(Duration::ZERO) {}
        match answer {
            Ok(answer) => {
                *slot = Some(client);
                Ok(answer)
            }
            Err(code @ (RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::InvalidTopic)) => {
                *slot = Some(client);
                Err(WorkerError::TopicRefused { code })
            }
            Err(code) => {
                let reason = client.context().take_reason().unwrap_or_else(|| code.to_string());
                // What librdkafka puts before it names its thread.
                let reason =
                    reason.rsplit_once("]: ").map_or(reason.as_str(), |(_, reason)| reason).to_owned();
                Err(WorkerError::Unreachable { servers: self.options.bootstrap_servers.clone(), reason })
            }
        }
    }
}
