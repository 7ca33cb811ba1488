use std::sync::mpsc;
use std::thread::JoinHandle;

use rdkafka::mocking::MockCluster;
use shukei_schemas::TopicId;

use crate::error::WorkerError;

/// The topic of submission events.
pub const SUBMISSIONS: &str = "submissions";
/// The topic of pointers to what has landed in `raw`.
pub const LANDED: &str = "landed";

/// How the embedded broker is laid out.
#[derive(Clone, Debug)]
pub struct EmbeddedOptions {
    /// Partitions of both topics. 4 by default.
    pub partitions: i32,
    /// The largest record taken, key and headers included. 1 MiB by default, a quarter of a partition's room at most.
    pub record_bytes_max: usize,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self { partitions: 4, record_bytes_max: 1 << 20 }
    }
}

/// What librdkafka's mock keeps per partition; older records are dropped without a word (hard-coded there).
pub(crate) const ROOM_BYTES: usize = 5 << 20;

/// The broker inside the process: librdkafka's mock cluster. It keeps records in memory only, so nothing that it
/// holds counts as received before ingest has stored it. Its address is given to nobody outside the process.
pub struct EmbeddedBroker {
    bootstrap_servers: String,
    topic_id: TopicId,
    options: EmbeddedOptions,
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl EmbeddedBroker {
    /// Starts a broker with both topics, empty. Its topic id is new: offsets of an earlier start mean nothing here.
    ///
    /// # Errors
    /// [`WorkerError::Kafka`] if the cluster cannot be made.
    pub fn start(mut options: EmbeddedOptions) -> Result<Self, WorkerError> {
        options.record_bytes_max = options.record_bytes_max.min(ROOM_BYTES / 4);
        let partitions = options.partitions;
        let (ready, started) = mpsc::channel();
        let (stop, stopped) = mpsc::channel::<()>();
        // The cluster holds pointers that must stay on one thread; the thread sleeps until the broker is dropped.
        let thread = std::thread::spawn(move || match cluster(partitions) {
            Ok(cluster) => {
                let _ = ready.send(Ok(cluster.bootstrap_servers()));
                let _ = stopped.recv();
            }
            Err(source) => {
                let _ = ready.send(Err(source));
            }
        });
        let bootstrap_servers = started
            .recv()
            .map_err(|_| WorkerError::BrokerGone)?
            .map_err(|source| WorkerError::Kafka { action: "start the embedded broker", source })?;
        let topic_id = TopicId::new(uuid::Uuid::new_v4().to_string());
        Ok(Self { bootstrap_servers, topic_id, options, stop: Some(stop), thread: Some(thread) })
    }

    /// Where clients inside the process connect to.
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// The identity of the topic of submissions, made anew with each start.
    pub fn topic_id(&self) -> &TopicId {
        &self.topic_id
    }

    /// How it is laid out.
    pub fn options(&self) -> &EmbeddedOptions {
        &self.options
    }
}

fn cluster(
    partitions: i32,
) -> Result<MockCluster<'static, rdkafka::producer::DefaultProducerContext>, rdkafka::error::KafkaError> {
    let cluster = MockCluster::new(1)?;
    cluster.create_topic(SUBMISSIONS, partitions, 1)?;
    cluster.create_topic(LANDED, partitions, 1)?;
    Ok(cluster)
}

impl Drop for EmbeddedBroker {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
