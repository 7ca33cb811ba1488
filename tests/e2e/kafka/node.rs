//! One Kafka node for as long as a test wants it, and workers of the program beside it.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use shukei_lake::Lake;
use shukei_protocol::TableName;
use shukei_testkit::{Program, small_event};
use tempfile::TempDir;

/// Every wait of these tests ends here.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// A Kafka node. It ends when the last test that uses it ends, or when this process does.
pub(crate) struct Node {
    script: Child,
    servers: String,
    _folder: TempDir,
}

impl Node {
    /// The node that is running, or a new one.
    pub(crate) fn get() -> Arc<Self> {
        static RUNNING: Mutex<Weak<Node>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().unwrap();
        if let Some(node) = running.upgrade() {
            return node;
        }
        let node = Arc::new(Self::start());
        *running = Arc::downgrade(&node);
        node
    }

    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let script = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/kafka/start"));
        // Its end of the pipe closes when this process ends, however it ends: then the node ends as well.
        let mut script = Command::new(script)
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/kafka/start runs");
        let mut servers = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut servers).unwrap();
        assert!(!servers.is_empty(), "no Kafka node: tests/kafka/start says above what is missing");
        Self { script, servers: servers.trim().to_owned(), _folder: folder }
    }

    pub(crate) fn servers(&self) -> &str {
        &self.servers
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        ClientConfig::new().set("bootstrap.servers", &self.servers).create().unwrap()
    }

    pub(crate) async fn make_topic(&self, name: &str, partitions: i32) {
        let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        // A topic of this name that is being deleted is still there for a moment.
        let deadline = Instant::now() + PATIENCE;
        loop {
            let made = self.admin().create_topics([&topic], &AdminOptions::new()).await.unwrap();
            match &made[0] {
                Ok(_) => return,
                Err(error) => assert!(Instant::now() < deadline, "topic {name}: {error:?}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn delete_topic(&self, name: &str) {
        let deleted = self.admin().delete_topics(&[name], &AdminOptions::new()).await.unwrap();
        assert!(deleted[0].is_ok(), "{deleted:?}");
    }

    /// Drops the records of partition 0 before an offset, as retention would.
    pub(crate) async fn drop_records(&self, topic: &str, before: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, 0, Offset::Offset(before)).unwrap();
        let dropped = self.admin().delete_records(&list, &AdminOptions::new()).await.unwrap();
        assert!(dropped.elements()[0].error().is_ok(), "{dropped:?}");
    }

    /// A producer that is not ours, as anybody may write one.
    pub(crate) fn producer(&self) -> FutureProducer {
        ClientConfig::new()
            .set("bootstrap.servers", &self.servers)
            .set("partitioner", "murmur2_random")
            .set("linger.ms", "5")
            .create()
            .unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

/// Sends records to a topic in their order, and returns when the broker has all.
pub(crate) async fn send(producer: &FutureProducer, topic: &str, records: &[(Vec<u8>, Vec<u8>)]) {
    let mut under_way = Vec::new();
    for (key, payload) in records {
        let record = FutureRecord::to(topic).key(key).payload(payload);
        under_way.push(producer.send_result(record).map_err(|(error, _)| error).unwrap());
    }
    for delivery in under_way {
        delivery.await.unwrap().unwrap();
    }
}

/// Writes a configuration for a node and topics `<name>` and `<name>-landed`.
pub(crate) fn configuration(program: &Program, servers: &str, name: &str, more: &str) -> PathBuf {
    program.file(
        &format!("{name}.toml"),
        format!(
            "data = \"data\"\n{more}\n[kafka]\nbootstrap_servers = \"{servers}\"\nsubmissions = \"{name}\"\n\
             landed = \"{name}-landed\"\ngroup = \"{name}\"\n[kafka.properties]\n\"session.timeout.ms\" = \"6000\"\n"
        ),
    )
}

/// A worker process.
pub(crate) struct Worker {
    child: Child,
    errors: PathBuf,
}

impl Worker {
    /// Starts `shukei <kind> --config <configuration>`, with further arguments.
    pub(crate) fn start(program: &Program, kind: &str, configuration: &Path, more: &[&str]) -> Self {
        static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let errors = program.path(&format!("{kind}-{number}.err"));
        let mut command = program.command([kind]);
        command.arg("--config").arg(configuration).args(more);
        let child = command
            .env(
                "SHUKEI_LOG",
                "error,buoyant_kernel=off,shukei_ingest=info,shukei_transform=info,shukei_worker=warn",
            )
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&errors).unwrap())
            .spawn()
            .unwrap();
        Self { child, errors }
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.errors).unwrap()
    }

    /// Fails if it has ended.
    #[track_caller]
    pub(crate) fn lives(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "{ended:?}:\n{}", self.said());
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.lives();
        self.child.kill().unwrap();
        assert_eq!(self.child.wait().unwrap().signal(), Some(9));
    }

    /// Asks it to end, and sees that it ends well.
    pub(crate) fn stop(mut self) -> String {
        self.lives();
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let said = self.ends();
        assert_eq!(said.0, Some(0), "{}", said.1);
        said.1
    }

    /// Waits for its end; its exit code and what it said.
    #[track_caller]
    pub(crate) fn ends(&mut self) -> (Option<i32>, String) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), self.said());
            }
            assert!(Instant::now() < deadline, "it lives on:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    until_ok(what, async || holds().await.then_some(()).ok_or_else(String::new)).await;
}

/// Waits until something holds; where it never does, says what was last in its way.
pub(crate) async fn until_ok(what: &str, mut holds: impl AsyncFnMut() -> Result<(), String>) {
    let deadline = Instant::now() + PATIENCE;
    while let Err(still) = holds().await {
        assert!(Instant::now() < deadline, "{what}: {still}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Key and bytes of events of the small survey.
pub(crate) fn events(numbers: std::ops::Range<usize>) -> Vec<(Vec<u8>, Vec<u8>)> {
    numbers
        .map(|number| (format!("small/r{number}").into_bytes(), small_event(number).into_bytes()))
        .collect()
}

/// How many records of a data folder are decided.
pub(crate) async fn decided(lake: &Lake) -> usize {
    match lake.open(&TableName::outcomes()).await {
        Ok(table) => table.all_rows().await.unwrap().iter().map(|batch| batch.num_rows()).sum(),
        Err(_) => 0,
    }
}
