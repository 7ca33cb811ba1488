use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{ClientConfig, Offset as KafkaOffset, TopicPartitionList};
use shukei_schemas::Partition;
use tokio::sync::mpsc::UnboundedReceiver;

use super::{Context, Rebalanced, made};
use crate::error::WorkerError;

/// How long leaving a group may take before the process goes on to its end without.
const LEAVING: Duration = Duration::from_secs(5);

/// A consumer of one topic: a member of a group, or on its own with the partitions that it was told to read.
///
/// News of the group are answered by whoever reads them, with [`Member::take_up`] or [`Member::give_up`], and until
/// then the group waits.
pub(crate) struct Member {
    consumer: StreamConsumer<Context>,
    topic: String,
    news: tokio::sync::Mutex<UnboundedReceiver<Rebalanced>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the group waits for an answer to.
    unanswered: Option<Rebalanced>,
    /// What is read, as a member of the group.
    assigned: BTreeSet<Partition>,
    /// What is to be read from elsewhere as soon as the group was answered: an answer in between would be taken for
    /// that one.
    later: BTreeMap<Partition, KafkaOffset>,
}

/// What waiting for the next thing came to.
pub(crate) enum Came<'a> {
    News(Rebalanced),
    Message(Result<BorrowedMessage<'a>, KafkaError>),
}

impl Member {
    /// A consumer that reads nothing yet.
    pub(crate) fn new(config: &ClientConfig, topic: &str) -> Result<Self, WorkerError> {
        let (context, news) = Context::member();
        let consumer = made(config, context, "make a consumer")?;
        Ok(Self {
            consumer,
            topic: topic.to_owned(),
            news: tokio::sync::Mutex::new(news),
            state: Mutex::default(),
        })
    }

    /// The client itself.
    pub(crate) fn consumer(&self) -> &StreamConsumer<Context> {
        &self.consumer
    }

    /// The topic.
    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    /// Joins the group.
    pub(crate) fn join(&self) -> Result<(), WorkerError> {
        self.consumer
            .subscribe(&[&self.topic])
            .map_err(|source| WorkerError::Kafka { action: "join the consumer group", source })
    }

    /// The next message or news. Cancel-safe.
    pub(crate) async fn next(&self) -> Came<'_> {
        let news = async {
            let news = self.news.lock().await.recv().await;
            if let Some(news) = &news {
                self.state().unanswered = Some(news.clone());
            }
            news
        };
        tokio::select! {
            biased;
            Some(news) = news => Came::News(news),
            message = self.consumer.recv() => Came::Message(message),
        }
    }

    /// Reads these partitions, each from its offset on, and no others. Only without a group.
    pub(crate) fn read_only(&self, positions: &[(Partition, KafkaOffset)]) -> Result<(), WorkerError> {
        self.list(positions).and_then(|list| self.consumer.assign(&list)).map_err(positions_refused)
    }

    /// Answers that the partitions assigned are read now, each from its offset on.
    pub(crate) fn take_up(&self, positions: &[(Partition, KafkaOffset)]) -> Result<(), WorkerError> {
        let list = self.list(positions).map_err(positions_refused)?;
        self.consumer.incremental_assign(&list).map_err(positions_refused)?;
        self.state().assigned.extend(positions.iter().map(|(partition, _)| *partition));
        self.answered()
    }

    /// Answers that the partitions are given up.
    pub(crate) fn give_up(&self, partitions: &[Partition]) -> Result<(), WorkerError> {
        let mut given = Vec::new();
        {
            let mut state = self.state();
            for partition in partitions {
                state.later.remove(partition);
                if state.assigned.remove(partition) {
                    given.push((*partition, KafkaOffset::Invalid));
                }
            }
        }
        let list = self.list(&given).map_err(positions_refused)?;
        self.consumer.incremental_unassign(&list).map_err(positions_refused)?;
        self.answered()
    }

    /// Reads partitions that it has from another offset on.
    pub(crate) fn restart(
        &self,
        positions: impl Iterator<Item = (Partition, KafkaOffset)>,
    ) -> Result<(), WorkerError> {
        let positions: Vec<_> = {
            let mut state = self.state();
            let known: Vec<_> =
                positions.filter(|(partition, _)| state.assigned.contains(partition)).collect();
            if state.unanswered.is_some() {
                state.later.extend(known);
                return Ok(());
            }
            known
        };
        if positions.is_empty() {
            return Ok(());
        }
        let list = self.list(&positions).map_err(positions_refused)?;
        self.consumer.incremental_unassign(&list).map_err(positions_refused)?;
        self.consumer.incremental_assign(&list).map_err(positions_refused)
    }

    /// What is read as a member of the group.
    pub(crate) fn assigned(&self) -> BTreeSet<Partition> {
        self.state().assigned.clone()
    }

    /// Tells the group how far the tables are, for lag tools; what goes wrong here changes nothing.
    pub(crate) fn commit(&self, positions: &[(Partition, KafkaOffset)]) {
        if positions.is_empty() {
            return;
        }
        let committed = self.list(positions).and_then(|list| self.consumer.commit(&list, CommitMode::Async));
        if let Err(error) = committed {
            tracing::debug!(topic = %self.topic, %error, "group offsets not committed");
        }
    }

    /// Leaves the group, so that the others need not wait until it is missed.
    pub(crate) async fn leave(self) {
        let (left, has_left) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            drop(self);
            let _ = left.send(());
        });
        if tokio::time::timeout(LEAVING, has_left).await.is_err() {
            tracing::warn!("the broker does not say goodbye; the group will miss this worker in a while");
        }
    }

    fn answered(&self) -> Result<(), WorkerError> {
        let later = {
            let mut state = self.state();
            state.unanswered = None;
            std::mem::take(&mut state.later)
        };
        self.restart(later.into_iter())
    }

    fn list(&self, positions: &[(Partition, KafkaOffset)]) -> Result<TopicPartitionList, KafkaError> {
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for (partition, offset) in positions {
            list.add_partition_offset(&self.topic, partition.0, *offset)?;
        }
        Ok(list)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn positions_refused(source: KafkaError) -> WorkerError {
    WorkerError::Kafka { action: "read from the positions of the tables", source }
}

impl Drop for Member {
    /// The client's own end waits until the group was answered, so everything that is still open is answered first.
    fn drop(&mut self) {
        self.consumer.context().close();
        let mut open: Vec<Rebalanced> = self.state().unanswered.take().into_iter().collect();
        while let Ok(news) = self.news.get_mut().try_recv() {
            open.push(news);
        }
        for news in open {
            let answered = match news {
                Rebalanced::Assigned(_) => self.consumer.incremental_assign(&TopicPartitionList::new()),
                Rebalanced::Revoked { partitions, .. } => {
                    let assigned = self.assigned();
                    let held: Vec<_> = partitions
                        .into_iter()
                        .filter(|partition| assigned.contains(partition))
                        .map(|partition| (partition, KafkaOffset::Invalid))
                        .collect();
                    self.list(&held).and_then(|list| self.consumer.incremental_unassign(&list))
                }
            };
            if let Err(error) = answered {
                tracing::debug!(topic = %self.topic, %error, "the group was not answered while leaving it");
            }
        }
    }
}
