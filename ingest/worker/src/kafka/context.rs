use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rdkafka::ClientContext;
use rdkafka::TopicPartitionList;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;
use shukei_schemas::Partition;
use tokio::sync::mpsc;

/// What the group tells a member. The member answers when it has done its part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rebalanced {
    /// The member gets these partitions as well.
    Assigned(Vec<Partition>),
    /// The member is to give these partitions up; `lost` if they may be somebody else's already.
    Revoked { partitions: Vec<Partition>, lost: bool },
}

/// What librdkafka calls: its log, and the news of the group.
pub(crate) struct Context {
    last_reason: Mutex<Option<String>>,
    news: Option<mpsc::UnboundedSender<Rebalanced>>,
    closing: AtomicBool,
}

impl Context {
    /// Of a client that is no member of a group.
    pub(crate) fn alone() -> Self {
        Self { last_reason: Mutex::default(), news: None, closing: AtomicBool::new(false) }
    }

    /// Of a member of a group, and where its news come.
    pub(crate) fn member() -> (Self, mpsc::UnboundedReceiver<Rebalanced>) {
        let (news, receiver) = mpsc::unbounded_channel();
        (Self { news: Some(news), ..Self::alone() }, receiver)
    }

    /// The last reason that librdkafka gave for something that went wrong, taken away.
    pub(crate) fn take_reason(&self) -> Option<String> {
        self.last_reason.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// From now on the group is answered at once: the member leaves and does nothing more.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }

    fn reason(&self, reason: &str) {
        *self.last_reason.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning => {
                // A property that is for another kind of client is no reason for anything.
                if fac != "CONFWARN" {
                    self.reason(message);
                }
                // Not an error of ours: the client connects again by itself for as long as it lives.
                tracing::warn!(target: "librdkafka", fac, "{message}");
            }
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(target: "librdkafka", fac, "{message}")
            }
            RDKafkaLogLevel::Debug => tracing::debug!(target: "librdkafka", fac, "{message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.reason(reason);
        tracing::warn!(target: "librdkafka", %error, "{reason}");
    }
}

impl ConsumerContext for Context {
    /// The librdkafka way is to begin at the group's offsets at once. Here the tables say where to begin, and what is
    /// held is committed before a partition is given up, so the answer comes later, from the worker's loop.
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        news: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let numbers = || partitions.elements().iter().map(|element| Partition(element.partition())).collect();
        let news_of = |news| match &self.news {
            Some(sender) if !self.closing.load(Ordering::SeqCst) => sender.send(news).is_ok(),
            _ => false,
        };
        let answered_later = match news {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => news_of(Rebalanced::Assigned(numbers())),
            _ => news_of(Rebalanced::Revoked { partitions: numbers(), lost: consumer.assignment_lost() }),
        };
        if answered_later {
            return;
        }
        let answered = match (news, consumer.rebalance_protocol()) {
            (RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, RebalanceProtocol::Cooperative) => {
                consumer.incremental_assign(partitions)
            }
            (_, RebalanceProtocol::Cooperative) => consumer.incremental_unassign(partitions),
            _ => consumer.unassign(),
        };
        if let Err(error) = answered {
            tracing::debug!(%error, "the group was not answered while leaving it");
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::debug!(%error, "group offsets not committed");
        }
    }
}
