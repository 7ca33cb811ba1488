//! The only crate that speaks to Kafka: the consumer of a source, the producer of pointers, the embedded broker with
//! its gateway, and the loop that carries out what `shukei-protocol` decides.

mod broker;
mod door;
mod driver;
mod error;
mod gateway;
mod kafka;
mod murmur2;
mod pointer;
mod source;

pub use broker::{EmbeddedBroker, EmbeddedOptions, LANDED, SUBMISSIONS};
pub use door::{Door, Receiving};
pub use driver::{Batch, Check, Driver, Sink, Stored};
pub use error::WorkerError;
pub use gateway::{Gateway, Outgoing, Receipt};
pub use kafka::{Cluster, KafkaOptions, KafkaSender, Topic};
pub use murmur2::partition_of;
pub use pointer::{Announcer, News, Pointer, Pointers};
pub use source::{Arrival, Received, Source, Watermarks};
