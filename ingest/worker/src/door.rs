use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::error::WorkerError;
use crate::gateway::{Gateway, Outgoing, Receipt};
use crate::kafka::KafkaSender;

/// Where submissions go in: the embedded broker or an Apache Kafka. Cheap to clone.
#[derive(Clone)]
pub enum Door {
    /// The broker in this process; a receipt says that the record is stored.
    Embedded(Gateway),
    /// A broker outside; a receipt says that all its replicas in sync have the record.
    Kafka(KafkaSender),
}

/// Resolves to the receipt of a record.
pub type Receiving = BoxFuture<'static, Result<Receipt, WorkerError>>;

impl Door {
    /// The largest record taken, as [`Outgoing::bytes`] counts.
    pub fn record_bytes_max(&self) -> usize {
        match self {
            Self::Embedded(gateway) => gateway.record_bytes_max(),
            Self::Kafka(sender) => sender.record_bytes_max(),
        }
    }

    /// Waits for room and sends; the future returned resolves to the receipt.
    ///
    /// # Errors
    /// [`WorkerError::RecordTooLarge`] at once; [`WorkerError::NotTaken`] from the future.
    pub async fn send(&self, record: Outgoing) -> Result<Receiving, WorkerError> {
        Ok(match self {
            Self::Embedded(gateway) => gateway.send(record).await?.boxed(),
            Self::Kafka(sender) => sender.send(record).await?.boxed(),
        })
    }

    /// The same, but waits for room no longer than this.
    ///
    /// # Errors
    /// As [`Door::send`], and [`WorkerError::Busy`] if there was no room in time; then nothing was sent.
    pub async fn send_within(&self, record: Outgoing, wait_max: Duration) -> Result<Receiving, WorkerError> {
        Ok(match self {
            Self::Embedded(gateway) => gateway.send_within(record, wait_max).await?.boxed(),
            Self::Kafka(sender) => {
                let sent = tokio::time::timeout(wait_max, sender.send(record)).await;
                sent.map_err(|_| WorkerError::Busy)??.boxed()
            }
        })
    }
}
