//! An Apache Kafka outside the process: its settings, what its topics are, and the producer of submissions.

mod client;
mod cluster;
mod context;
mod member;
mod sender;
mod topic_id;

use std::collections::BTreeMap;

pub use cluster::{Cluster, Topic};
pub use sender::KafkaSender;

pub(crate) use client::{forced, made};
pub(crate) use context::{Context, Rebalanced};
pub(crate) use member::{Came, Member};

/// How an Apache Kafka is reached, and what things are called there.
#[derive(Clone)]
pub struct KafkaOptions {
    /// Addresses, separated by commas.
    pub bootstrap_servers: String,
    /// The topic of submission events.
    pub submissions: String,
    /// The topic of pointers, with as many partitions.
    pub landed: String,
    /// Consumer groups begin with this: `<group>-ingest`, `<group>-transform`.
    pub group: String,
    /// Further settings of librdkafka for every client. They may hold secrets: nothing here prints them.
    pub properties: BTreeMap<String, String>,
}

impl KafkaOptions {
    /// The consumer group of ingest workers.
    pub fn ingest_group(&self) -> String {
        format!("{}-ingest", self.group)
    }

    /// The consumer group of transform workers.
    pub fn transform_group(&self) -> String {
        format!("{}-transform", self.group)
    }
}
