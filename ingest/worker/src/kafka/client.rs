use rdkafka::ClientConfig;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::KafkaError;

use super::{Context, KafkaOptions};
use crate::error::WorkerError;

/// What a member of a group needs to find out quickly that another has died, and to hand over without a stop.
const MEMBER: [(&str, &str); 2] = [("heartbeat.interval.ms", "500"), ("session.timeout.ms", "10000")];

/// What a member of a group relies on: a property of the same name in the configuration does not change it.
const MEMBER_FORCED: [(&str, &str); 5] = [
    ("group.protocol", "classic"),
    ("partition.assignment.strategy", "cooperative-sticky"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("allow.auto.create.topics", "false"),
];

/// Settings that are set last, so that they hold whatever the properties say.
pub(crate) fn forced(config: &mut ClientConfig, settings: &[(&str, &str)]) {
    for (name, value) in settings {
        config.set(*name, *value);
    }
}

impl KafkaOptions {
    /// Settings of a client: our defaults, then the properties.
    pub(crate) fn client(&self, defaults: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("client.id", "shukei");
        forced(&mut config, defaults);
        for (name, value) in &self.properties {
            config.set(name, value);
        }
        config.set("bootstrap.servers", &self.bootstrap_servers);
        // The reason why a broker cannot be reached stands in the log alone; what is shown of it is decided later.
        config.set_log_level(RDKafkaLogLevel::Info);
        config
    }

    /// Settings of a member of a group.
    pub(crate) fn member(&self, group: &str, defaults: &[(&str, &str)]) -> ClientConfig {
        let all: Vec<_> = MEMBER.iter().chain(defaults).copied().collect();
        let mut config = self.client(&all);
        forced(&mut config, &MEMBER_FORCED);
        config.set("group.id", group);
        config
    }
}

/// Makes a client. A setting that librdkafka does not take is named, its value is not: it may be a secret.
///
/// # Errors
/// [`WorkerError::Setting`], [`WorkerError::Settings`], [`WorkerError::Kafka`].
pub(crate) fn made<T: FromClientConfigAndContext<Context>>(
    config: &ClientConfig,
    context: Context,
    action: &'static str,
) -> Result<T, WorkerError> {
    T::from_config_and_context(config, context).map_err(|source| match source {
        KafkaError::ClientConfig(_, _, name, _) => WorkerError::Setting { name },
        KafkaError::ClientCreation(reason) => WorkerError::Settings { reason },
        source => WorkerError::Kafka { action, source },
    })
}
