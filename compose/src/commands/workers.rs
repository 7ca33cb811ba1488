//! The workers one by one, against an Apache Kafka: several of each may run, on several machines that share the folder.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use shukei_ingest::Ingest;
use shukei_lake::{Lake, SourceGeneration};
use shukei_transform::Transform;
use shukei_worker::{
    Announcer, Cluster, Door, KafkaOptions, KafkaSender, Pointers, Source, Topic, WorkerError,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::cli::{IngestWorker, TransformWorker};
use crate::commands::sending::{Item, Sent, receipt_line};
use crate::commands::up::{asked_to_stop, ingest_options, transform_options};
use crate::config::{Config, Kafka};
use crate::fault::Fault;
use crate::output::{note, say};
use crate::{folder, surveys};

/// Receipts that may be waited for at once.
const UNDER_WAY_MAX: usize = 10_000;

/// From the topic of submissions to `raw`, until it is told to stop.
pub(crate) async fn ingest(arguments: IngestWorker) -> Result<ExitCode, Fault> {
    let config = Config::read(&arguments.config)?;
    let options = kafka_of(&config, &arguments.config)?;
    let (lake, _lock) = folder::open_shared(&config.data, arguments.hidden.crash_at.as_deref())?;
    let (cluster, topic) = Cluster::connect(options.clone()).await?;
    let generation = generation_of(&lake, &cluster, &topic, arguments.accept_generation).await?;
    let number = generation.generation;
    let source = Source::in_group(&options)?;
    let settings = ingest_options(&config);
    let ingest = Ingest::open_in_group(&lake, generation, source, cluster, settings)
        .await?
        .announce(Announcer::on_kafka(&options)?);
    let progress = ingest.progress();
    note!(
        "ingest: Kafka at {}, topic `{}` is generation {number}, group `{}`, data folder `{}`; Ctrl-C ends it",
        options.bootstrap_servers,
        options.submissions,
        options.ingest_group(),
        config.data.display()
    );
    let ended = ingest.run(told("ingest")).await;
    let done = *progress.borrow();
    note!("ingest: {} records read, {} positions stored, {} holes", done.received, done.stored, done.holes);
    ended?;
    Ok(ExitCode::SUCCESS)
}

/// From `raw` to the refined tables, until it is told to stop.
pub(crate) async fn transform(arguments: TransformWorker) -> Result<ExitCode, Fault> {
    let config = Config::read(&arguments.config)?;
    let options = kafka_of(&config, &arguments.config)?;
    let definitions = Arc::new(surveys::load(&config.surveys)?);
    let (lake, _lock) = folder::open_shared(&config.data, arguments.hidden.crash_at.as_deref())?;
    let (_, topic) = Cluster::connect(options.clone()).await?;
    let transform = Transform::open(&lake, definitions, transform_options(&config)).await?;
    let pointers = Pointers::in_group(&options, topic.partitions)?;
    let progress = transform.progress();
    note!(
        "transform: Kafka at {}, topic `{}`, group `{}`, data folder `{}`; Ctrl-C ends it",
        options.bootstrap_servers,
        options.landed,
        options.transform_group(),
        config.data.display()
    );
    let ended = transform.run(Some(pointers), told("transform")).await;
    note!("transform: {} positions decided", progress.borrow().decided);
    ended?;
    Ok(ExitCode::SUCCESS)
}

/// Where submissions go in, for whoever sends them to the Kafka of a configuration.
pub(crate) async fn door(kafka: &Kafka) -> Result<Door, Fault> {
    let (cluster, topic) = Cluster::connect(options_of(kafka)).await?;
    Ok(Door::Kafka(KafkaSender::new(cluster, &topic)?))
}

/// Asks the Kafka of a configuration what the workers ask first; the partitions of its topics.
pub(crate) async fn look(kafka: &Kafka) -> Result<i32, Fault> {
    let (_, topic) = Cluster::connect(options_of(kafka)).await?;
    Ok(topic.partitions)
}

/// Sends everything that comes through a door, and returns when each record has its receipt or was refused.
///
/// # Errors
/// A door that is broken, a receipts file that cannot be written.
pub(crate) async fn send_through(
    door: &Door,
    mut items: mpsc::Receiver<Item>,
    receipts: Option<&Path>,
) -> Result<Sent, Fault> {
    let mut file =
        receipts.map(|path| OpenOptions::new().create(true).append(true).open(path)).transpose()?;
    let mut sent = Sent::default();
    let mut under_way = JoinSet::new();
    let mut more = true;
    loop {
        tokio::select! {
            item = items.recv(), if more && under_way.len() < UNDER_WAY_MAX => {
                let Some(item) = item else {
                    more = false;
                    continue;
                };
                match door.send(item.outgoing).await {
                    Ok(receipt) => {
                        sent.sent += 1;
                        under_way.spawn(async move { (item.place, item.id, receipt.await) });
                    }
                    Err(error @ WorkerError::RecordTooLarge { .. }) => {
                        sent.refused.push(format!("{}: [{}] {error}", item.place, error.code()));
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Some(done) = under_way.join_next() => {
                let (place, id, result) = done.map_err(anyhow::Error::from)?;
                match result {
                    Ok(receipt) => {
                        sent.stored += 1;
                        if let Some(file) = &mut file {
                            file.write_all(receipt_line(&place, id.as_deref(), &receipt).as_bytes())?;
                        }
                    }
                    Err(error) => sent.refused.push(format!("{place}: [{}] {error}", error.code())),
                }
            }
            else => return Ok(sent),
        }
    }
}

/// `submit` to a Kafka: a receipt says that the broker has the record; what becomes of it is asked of the tables.
pub(crate) async fn submit(
    config: &Path,
    items: mpsc::Receiver<Item>,
    receipts: Option<&Path>,
) -> Result<ExitCode, Fault> {
    let read = Config::read(config)?;
    let kafka = read.kafka.as_ref().ok_or_else(|| no_kafka(config))?;
    let door = door(kafka).await?;
    let sent = send_through(&door, items, receipts).await?;
    say!("sent          {:>9}", sent.sent);
    say!("receipts      {:>9}", sent.stored);
    say!("refused       {:>9}", sent.refused.len());
    for refused in &sent.refused {
        say!("  {refused}");
    }
    note!(
        "a receipt says that Kafka has the record; `shukei ingest` and `shukei transform` bring it into `{}`",
        read.data.display()
    );
    Ok(ExitCode::from(u8::from(!sent.refused.is_empty())))
}

/// The generation of the topic. The first one of a data folder is taken as it is; any other only where an operator
/// says so, because offsets of another topic mean other records.
async fn generation_of(
    lake: &Lake,
    cluster: &Arc<Cluster>,
    topic: &Topic,
    accepted: bool,
) -> Result<SourceGeneration, Fault> {
    let known = lake.generations().await?;
    let newest = known.last().map(|generation| generation.generation);
    if let (Some(found), Some(newest)) = (known.iter().find(|known| known.topic_id == topic.id), newest) {
        if found.generation != newest {
            return Err(WorkerError::GenerationSuperseded {
                topic: topic.name.clone(),
                generation: found.generation,
                newest,
            }
            .into());
        }
        return Ok(found.clone());
    }
    if let Some(newest) = newest.filter(|_| !accepted) {
        return Err(WorkerError::GenerationNotAccepted {
            topic: topic.name.clone(),
            topic_id: topic.id.clone(),
            newest,
        }
        .into());
    }
    let starts = cluster.log_starts(topic).await?;
    let opened = lake.open_generation(&topic.name, &topic.id, &starts, now_us()).await?;
    note!("topic `{}` ({}) is generation {} from here on", topic.name, topic.id, opened.generation);
    Ok(opened)
}

fn kafka_of(config: &Config, file: &Path) -> Result<KafkaOptions, Fault> {
    config.kafka.as_ref().map(options_of).ok_or_else(|| no_kafka(file))
}

fn no_kafka(file: &Path) -> Fault {
    Fault::usage(
        format!("`{}` names no Kafka", file.display()),
        "add [kafka] with bootstrap_servers; `shukei up` needs none",
    )
}

fn options_of(kafka: &Kafka) -> KafkaOptions {
    KafkaOptions {
        bootstrap_servers: kafka.bootstrap_servers.clone(),
        submissions: kafka.submissions.clone(),
        landed: kafka.landed.clone(),
        group: kafka.group.clone(),
        properties: kafka.properties.clone(),
    }
}

/// Resolves when the process is asked to stop. Asked twice, it ends at once: that is a crash like any other.
async fn told(worker: &'static str) {
    let name = asked_to_stop().await;
    note!("{worker}: {name}: what is held is committed first; once more breaks off");
    tokio::spawn(async {
        asked_to_stop().await;
        #[expect(clippy::exit, reason = "whoever asks twice does not want to wait")]
        std::process::exit(130);
    });
}

fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
