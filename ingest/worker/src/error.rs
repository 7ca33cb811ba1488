use shukei_lake::LakeError;
use shukei_protocol::TableName;
use shukei_schemas::{Generation, Lane, Offset, Span, TopicId};

/// What can go wrong between broker and tables.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// A client could not be made or asked.
    #[error("cannot {action} at the broker")]
    Kafka {
        /// What was tried.
        action: &'static str,
        /// The client's reason.
        #[source]
        source: rdkafka::error::KafkaError,
    },
    /// A setting under `[kafka.properties]` that the client does not take. Its value may be a secret and is not shown.
    #[error("the Kafka client does not take the setting `{name}`, or not with this value")]
    Setting {
        /// Its name.
        name: String,
    },
    /// The settings of a client do not fit each other or this build.
    #[error("the Kafka client does not take its settings: {reason}")]
    Settings {
        /// The client's reason, which names no values but those of mechanisms.
        reason: String,
    },
    /// No broker answers.
    #[error("no answer from Kafka at `{servers}`: {reason}")]
    Unreachable {
        /// The addresses that were tried.
        servers: String,
        /// The last reason that the client gave.
        reason: String,
    },
    /// A topic is not there.
    #[error("there is no topic `{topic}`")]
    TopicMissing {
        /// The topic.
        topic: String,
    },
    /// The partitions of the topics do not fit each other, or what was read before.
    #[error("{what}")]
    TopicMismatch {
        /// Both numbers, in words.
        what: String,
    },
    /// The broker does not say what a topic is.
    #[error("Kafka does not say what its topics are: {code}")]
    TopicRefused {
        /// The broker's reason.
        code: rdkafka::error::RDKafkaErrorCode,
    },
    /// The topic is another one than before, though it has the same name.
    #[error("topic `{topic}` is now {topic_id}, which is not the topic of generation {newest}")]
    GenerationNotAccepted {
        /// The topic.
        topic: String,
        /// Its identity at the broker.
        topic_id: TopicId,
        /// The newest generation that was accepted.
        newest: Generation,
    },
    /// The topic is one whose successor was accepted already.
    #[error("topic `{topic}` is generation {generation}, and generation {newest} came after it")]
    GenerationSuperseded {
        /// The topic.
        topic: String,
        /// Its generation.
        generation: Generation,
        /// The newest.
        newest: Generation,
    },
    /// The embedded broker's thread ended.
    #[error("the embedded broker is gone")]
    BrokerGone,
    /// A record is larger than the installation takes.
    #[error("record of {bytes} bytes is larger than max_record_bytes = {bytes_max}")]
    RecordTooLarge {
        /// Its size with key and headers.
        bytes: usize,
        /// The most that is taken.
        bytes_max: usize,
    },
    /// The broker did not take the record; it may be sent again under the same id.
    #[error("the broker did not take the record")]
    NotTaken {
        /// The client's reason.
        #[source]
        source: rdkafka::error::KafkaError,
    },
    /// Too much is waiting to be stored.
    #[error("too many records are waiting to be stored")]
    Busy,
    /// Too many commits in a row came to nothing.
    #[error("gave up committing to table `{table}` after {attempts} attempts")]
    GaveUp {
        /// The table.
        table: TableName,
        /// How often it was tried.
        attempts: u32,
        /// The last reason.
        #[source]
        source: Option<Box<LakeError>>,
    },
    /// The broker dropped records before they were stored.
    #[error("the broker no longer holds offsets {first} to {last} of {lane}", first = span.first, last = span.end.0 - 1)]
    Lost {
        /// The lane.
        lane: Lane,
        /// The offsets that were never stored.
        span: Span,
    },
    /// The tables are further than the broker's log: it is not the log that they were filled from.
    #[error("table `raw` is at offset {expected} of {lane}, but the broker's log ends at {log_end}")]
    Ahead {
        /// The lane.
        lane: Lane,
        /// Where the tables are.
        expected: Offset,
        /// Where the broker's log ends.
        log_end: Offset,
    },
    /// A table could not be opened or read.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Rows could not be put together.
    #[error("rows for table `{table}` do not fit its columns")]
    Rows {
        /// The table.
        table: TableName,
        /// The reason.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl WorkerError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Kafka { .. } | Self::Unreachable { .. } => "broker_unreachable",
            Self::Setting { .. } | Self::Settings { .. } => "kafka_setting",
            Self::TopicMissing { .. } => "topic_missing",
            Self::TopicMismatch { .. } => "topic_mismatch",
            Self::TopicRefused { .. } => "topic_refused",
            Self::GenerationNotAccepted { .. } => "generation_not_accepted",
            Self::GenerationSuperseded { .. } => "generation_superseded",
            Self::BrokerGone => "broker_gone",
            Self::RecordTooLarge { .. } => "record_too_large",
            Self::NotTaken { .. } => "record_not_taken",
            Self::Busy => "busy",
            Self::GaveUp { .. } => "commit_gave_up",
            Self::Lost { .. } => "source_lost",
            Self::Ahead { .. } => "source_behind_tables",
            Self::Lake(error) => error.code(),
            Self::Rows { .. } => "rows_do_not_fit",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Kafka { .. } | Self::Unreachable { .. } => {
                "check [kafka] bootstrap_servers and whether the broker runs; what is stored stays stored"
            }
            Self::Setting { .. } | Self::Settings { .. } => {
                "[kafka.properties] takes the names and values of librdkafka's CONFIGURATION.md"
            }
            Self::TopicMissing { .. } => {
                "make it: kafka-topics.sh --bootstrap-server ADDRESS --create --topic NAME --partitions N; both topics \
                 have the same number of partitions"
            }
            Self::TopicMismatch { .. } => {
                "partitions of the topic of submissions cannot be added later: make new topics, both with the same \
                 number, and accept them as a new generation"
            }
            Self::TopicRefused { .. } => "give the user the right to describe and read both topics",
            Self::GenerationNotAccepted { .. } => {
                "the topic was made again or the workers point at another one; if that is meant, start one worker with \
                 `shukei ingest --accept-generation`"
            }
            Self::GenerationSuperseded { .. } => {
                "point [kafka] at the topic of the newest generation: nothing is stored any more from an older one"
            }
            Self::BrokerGone => "start the program again; what was acknowledged is stored",
            Self::RecordTooLarge { .. } => "send one submission an event, or raise max_record_bytes",
            Self::NotTaken { .. } => "send it again under the same id",
            Self::Busy => "send it again in a moment, under the same id",
            Self::GaveUp { .. } => {
                "look at the reason above; nothing is lost, what is not committed is read again"
            }
            Self::Lost { .. } => {
                "keep records longer at the broker; what is lost has to be sent again under its ids"
            }
            Self::Ahead { .. } => "the topic was made again or cut: accept it as a new generation",
            Self::Lake(error) => error.hint(),
            Self::Rows { .. } => "this is a fault of the program: keep the data folder and report it",
        }
    }
}
