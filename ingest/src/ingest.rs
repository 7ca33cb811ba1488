use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use shukei_lake::{Lake, SourceGeneration};
use shukei_protocol::{Event, Limits, TableName, Writer};
use shukei_schemas::event::has_envelope;
use shukei_schemas::{Lane, Partition, Span, tables};
use shukei_worker::{Announcer, Arrival, Cluster, Driver, Pointer, Received, Source, WorkerError};
use tokio::sync::watch;

use crate::raw::{Note, RawRow, RawSink};

/// How ingest batches, and what it does about loss.
#[derive(Clone, Debug, Default)]
pub struct IngestOptions {
    /// When a batch is full: 5,000 rows, 4 MiB or 250 ms by default.
    pub limits: Limits,
    /// Whether to go on where the broker dropped records before they were stored. Off by default: ingest stops, and
    /// an operator who has seen the loss switches this on for one start.
    pub accept_lost: bool,
}

/// What ingest has done since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IngestProgress {
    /// Records read.
    pub received: u64,
    /// Records that say of themselves that they are events.
    pub enveloped: u64,
    /// Offsets stored, records and holes.
    pub stored: u64,
    /// Jumps of the position.
    pub holes: u64,
}

/// Records taken without looking at the clock.
const TAKEN_AT_ONCE_MAX: usize = 256;

type OnStored = Box<dyn Fn(Partition, Span) + Send + Sync>;

/// The worker that reads one generation and writes `raw`.
pub struct Ingest {
    pub(crate) driver: Driver<RawSink>,
    pub(crate) source: Arc<Source>,
    pub(crate) generation: SourceGeneration,
    pub(crate) cluster: Option<Arc<Cluster>>,
    announcer: Option<Announcer>,
    on_stored: Option<OnStored>,
    options: IngestOptions,
    progress: watch::Sender<IngestProgress>,
    started: Instant,
}

impl Ingest {
    /// Opens `raw`, and takes up the generation where the table says.
    ///
    /// # Errors
    /// [`WorkerError::Lake`] if the table cannot be made or opened.
    pub async fn open(
        lake: &Lake,
        generation: SourceGeneration,
        source: Source,
        options: IngestOptions,
    ) -> Result<Self, WorkerError> {
        let mut ingest = Self::made(lake, generation, source, options).await?;
        let generation = ingest.generation.clone();
        ingest.driver.assign(std::slice::from_ref(&generation)).await?;
        Ok(ingest)
    }

    /// Opens `raw`, and takes up those partitions of the generation that the group gives to this process. That the
    /// topic is still the one of the generation is asked whenever partitions come, and before each commit.
    ///
    /// # Errors
    /// [`WorkerError::Lake`] if the table cannot be made or opened.
    pub async fn open_in_group(
        lake: &Lake,
        generation: SourceGeneration,
        source: Source,
        cluster: Arc<Cluster>,
        options: IngestOptions,
    ) -> Result<Self, WorkerError> {
        let mut ingest = Self::made(lake, generation, source, options).await?;
        let (asked, generation) = (Arc::clone(&cluster), Arc::new(ingest.generation.clone()));
        ingest.driver.check_before_commit(Box::new(move || {
            let (cluster, generation) = (Arc::clone(&asked), Arc::clone(&generation));
            async move { cluster.confirm(&generation).await }.boxed()
        }));
        ingest.cluster = Some(cluster);
        Ok(ingest)
    }

    async fn made(
        lake: &Lake,
        generation: SourceGeneration,
        source: Source,
        options: IngestOptions,
    ) -> Result<Self, WorkerError> {
        let name = TableName::raw();
        let table =
            lake.create_if_absent(&name, tables::raw(), &["partition"], &tables::POSITION_COLUMNS).await?;
        let writer = Writer::new(name, options.limits.clone());
        Ok(Self {
            driver: Driver::new(writer, table, RawSink::new(generation.apps())),
            source: Arc::new(source),
            generation,
            cluster: None,
            announcer: None,
            on_stored: None,
            options,
            progress: watch::Sender::new(IngestProgress::default()),
            started: Instant::now(),
        })
    }

    /// Announces commits on `landed`.
    pub fn announce(mut self, announcer: Announcer) -> Self {
        self.announcer = Some(announcer);
        self
    }

    /// Tells somebody what is stored, for receipts.
    pub fn on_stored(mut self, tell: impl Fn(Partition, Span) + Send + Sync + 'static) -> Self {
        self.on_stored = Some(Box::new(tell));
        self
    }

    /// What has been done so far, and the news of it.
    pub fn progress(&self) -> watch::Receiver<IngestProgress> {
        self.progress.subscribe()
    }

    /// Works until `shutdown`, then commits what is held, leaves the group if there is one, and returns.
    ///
    /// # Errors
    /// [`WorkerError::Lost`] if the broker dropped records and that is not accepted, [`WorkerError::GaveUp`],
    /// [`WorkerError::Kafka`]; in a group also those of [`Cluster::confirm`].
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) -> Result<(), WorkerError> {
        let ended = self.work(shutdown).await;
        if let Some(source) = Arc::into_inner(self.source).filter(Source::is_in_group) {
            source.leave().await;
        }
        ended
    }

    async fn work(&mut self, shutdown: impl Future<Output = ()>) -> Result<(), WorkerError> {
        tokio::pin!(shutdown);
        self.carry_out()?;
        let mut tick =
            tokio::time::interval(Duration::from_millis(self.options.limits.age_ms_max.div_ceil(5).max(1)));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let source = Arc::clone(&self.source);
            tokio::select! {
                received = source.receive() => {
                    self.take(received?).await?;
                    // What the client holds already is taken in one go, without waking up for each record; but the
                    // clock and the end are looked at now and then all the same.
                    for _ in 0..TAKEN_AT_ONCE_MAX {
                        let Some(received) = source.receive().now_or_never() else { break };
                        self.take(received?).await?;
                    }
                }
                _ = tick.tick() => {
                    let now_ms = self.now_ms();
                    self.tell(Event::Tick { now_ms }).await?;
                }
                () = &mut shutdown => break,
            }
        }
        self.tell(Event::Flush).await
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn take(&mut self, received: Received) -> Result<(), WorkerError> {
        match received {
            Received::Record(arrival) => self.record(arrival).await,
            Received::OutOfRange => {
                self.confirm().await?;
                self.out_of_range().await
            }
            Received::TopicInDoubt => {
                self.confirm().await?;
                // It is there, so the client has only not heard of it yet.
                tokio::time::sleep(Duration::from_millis(200)).await;
                Ok(())
            }
            Received::Assigned(partitions) => self.assigned(&partitions).await,
            Received::Revoked { partitions, lost } => self.revoked(&partitions, lost).await,
        }
    }

    async fn record(&mut self, arrival: Arrival) -> Result<(), WorkerError> {
        let lane = self.lane(arrival.partition);
        let Some(expected) = self.driver.writer().expected(lane) else { return Ok(()) };
        if arrival.offset < expected {
            return Ok(());
        }
        let enveloped = has_envelope(arrival.payload.as_deref().unwrap_or_default(), &arrival.headers);
        self.progress.send_modify(|progress| {
            progress.received += 1;
            progress.enveloped += u64::from(enveloped);
        });
        if arrival.offset > expected {
            self.hole(lane, Span { first: expected, end: arrival.offset }).await?;
            // The commit that the hole may have caused can have moved the position.
            if self.driver.writer().expected(lane) != Some(arrival.offset) {
                return Ok(());
            }
        }
        self.hold(lane, RawRow::Record(arrival)).await
    }

    async fn hold(&mut self, lane: Lane, row: RawRow) -> Result<(), WorkerError> {
        let (span, bytes, now_ms) = (row.span(), row.bytes(), self.now_ms());
        self.driver.sink_mut().hold(lane, row);
        self.tell(Event::Arrived { lane, span, rows: 1, bytes, now_ms }).await
    }

    /// A jump of the position becomes a row: what is below the log's start was dropped before it could be stored.
    async fn hole(&mut self, lane: Lane, span: Span) -> Result<(), WorkerError> {
        let source = Arc::clone(&self.source);
        let partition = lane.partition;
        let watermarks = tokio::task::spawn_blocking(move || source.watermarks(partition))
            .await
            .map_err(|_| WorkerError::BrokerGone)??;
        let lost = Span { first: span.first, end: span.end.min(watermarks.log_start) };
        if !lost.is_empty() {
            tracing::error!(%lane, first = %lost.first, end = %lost.end, "records were dropped before they were stored");
            if !self.options.accept_lost {
                return Err(WorkerError::Lost { lane, span: lost });
            }
        }
        self.progress.send_modify(|progress| progress.holes += 1);
        self.hold(lane, RawRow::Hole { span, watermarks }).await
    }

    /// The broker no longer holds a position: find which, and go on at what it still holds, if that is allowed.
    async fn out_of_range(&mut self) -> Result<(), WorkerError> {
        let lanes: Vec<Lane> = self.driver.writer().lanes().collect();
        for lane in lanes {
            let Some(expected) = self.driver.writer().expected(lane) else { continue };
            let source = Arc::clone(&self.source);
            let watermarks = tokio::task::spawn_blocking(move || source.watermarks(lane.partition))
                .await
                .map_err(|_| WorkerError::BrokerGone)??;
            if expected > watermarks.log_end {
                return Err(WorkerError::Ahead { lane, expected, log_end: watermarks.log_end });
            }
            if watermarks.log_start > expected {
                self.hole(lane, Span { first: expected, end: watermarks.log_start }).await?;
            }
        }
        self.assign()
    }

    pub(crate) async fn tell(&mut self, event: Event) -> Result<(), WorkerError> {
        self.driver.tell(event).await?;
        self.carry_out()
    }

    /// What the writer's decisions mean for the broker and for those who wait for receipts.
    pub(crate) fn carry_out(&mut self) -> Result<(), WorkerError> {
        let notes = std::mem::take(&mut self.driver.sink_mut().notes);
        let mut stored = Vec::new();
        let mut reads = Vec::new();
        for note in notes {
            match note {
                Note::Read { lane, at } => reads.push((lane.partition, at)),
                Note::Stored { lane, span, version } => {
                    if let Some(tell) = &self.on_stored {
                        tell(lane.partition, span);
                    }
                    if let Some(announcer) = &self.announcer {
                        announcer.announce(&Pointer {
                            generation: lane.generation.0,
                            partition: lane.partition.0,
                            version,
                            first: span.first.0,
                            end: span.end.0,
                        });
                    }
                    stored.push((lane.partition, span));
                }
            }
        }
        if !stored.is_empty() {
            let offsets: i64 = stored.iter().map(|(_, span)| span.len()).sum();
            self.progress.send_modify(|progress| progress.stored += offsets.unsigned_abs());
            self.source
                .commit_group_offsets(stored.into_iter().map(|(partition, span)| (partition, span.end)));
        }
        match (reads.is_empty(), self.source.is_in_group()) {
            (true, _) => Ok(()),
            // Only these: the others go on with what the client has of them already.
            (false, true) => self.source.assign(reads.into_iter()),
            (false, false) => self.assign(),
        }
    }

    fn assign(&self) -> Result<(), WorkerError> {
        let writer = self.driver.writer();
        let positions =
            writer.lanes().filter_map(|lane| writer.expected(lane).map(|at| (lane.partition, at)));
        self.source.assign(positions)
    }
}
