use std::collections::{BTreeMap, VecDeque};

use futures::future::BoxFuture;
use shukei_lake::{Commit, LakeError, NewRows, SourceGeneration, Table};
use shukei_protocol::{Effect, Event, Permit, Writer};
use shukei_schemas::{Lane, Offset, Span};

use crate::error::WorkerError;

/// What a commit carries beside its cursors.
#[derive(Debug, Default)]
pub struct Batch {
    /// The rows, one file each.
    pub adds: Vec<NewRows>,
    /// Further application transactions.
    pub extra: Vec<(String, i64)>,
}

/// Whoever holds the rows of a table until they are committed. None of this waits: what has to be done with the
/// broker is noted and done by the loop that owns the driver.
pub trait Sink {
    /// Application transactions whose value on the snapshot [`Sink::batch`] needs.
    fn needs(&self, permit: &Permit) -> Vec<String> {
        let _ = permit;
        Vec::new()
    }

    /// The rows held for the permit's spans. They stay held until [`Sink::stored`] or [`Sink::discard`].
    ///
    /// # Errors
    /// [`WorkerError::Rows`].
    fn batch(&mut self, permit: &Permit, found: &BTreeMap<String, i64>) -> Result<Batch, WorkerError>;

    /// Everything before the end of the span is in the table: its rows may be forgotten.
    fn stored(&mut self, lane: Lane, span: Span, by: Stored);

    /// The rows held for the lane are to be forgotten.
    fn discard(&mut self, lane: Lane);

    /// The lane is to be read from the offset on.
    fn read(&mut self, lane: Lane, at: Offset);
}

/// How a span came to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// A version of the table that holds it.
    pub version: i64,
    /// Whether it was this writer's own commit, and known to be. Otherwise the rows may be another's.
    pub by_us: bool,
}

/// Asked before each commit, when all that it holds has been read: an error stops the writer, and nothing is written.
pub type Check = Box<dyn Fn() -> BoxFuture<'static, Result<(), WorkerError>> + Send + Sync>;

/// The loop that carries out what a [`Writer`] decides on one table.
pub struct Driver<S> {
    writer: Writer,
    table: Table,
    apps: BTreeMap<Lane, String>,
    sink: S,
    last_error: Option<Box<LakeError>>,
    check: Option<Check>,
}

impl<S: Sink> Driver<S> {
    /// A driver of a writer that reads no lane yet.
    pub fn new(writer: Writer, table: Table, sink: S) -> Self {
        Self { writer, table, apps: BTreeMap::new(), sink, last_error: None, check: None }
    }

    /// Asks before each commit.
    pub fn check_before_commit(&mut self, check: Check) {
        self.check = Some(check);
    }

    /// The writer's state.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// The table as last looked at.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Whoever holds the rows.
    pub fn sink_mut(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Whoever holds the rows.
    pub fn sink(&self) -> &S {
        &self.sink
    }

    /// Gives the writer every lane of the generations. One look at the table serves them all.
    ///
    /// # Errors
    /// As [`Driver::tell`].
    pub async fn assign(&mut self, generations: &[SourceGeneration]) -> Result<(), WorkerError> {
        self.hold_only(generations, |_| true).await
    }

    /// Gives the writer those lanes of the generations that are wanted, and takes the others of them from it. What was
    /// held for these is forgotten: to keep it, flush first. Lanes that it has already go on undisturbed. One look at
    /// the table serves them all.
    ///
    /// # Errors
    /// As [`Driver::tell`].
    pub async fn hold_only(
        &mut self,
        generations: &[SourceGeneration],
        mut wanted: impl FnMut(Lane) -> bool,
    ) -> Result<(), WorkerError> {
        let mut todo = Vec::new();
        for generation in generations {
            self.apps.extend(generation.apps());
            for (lane, start) in generation.lanes() {
                todo.extend(self.writer.decide(match wanted(lane) {
                    true => Event::Assigned { lane, start },
                    false => Event::Revoked { lane },
                }));
            }
        }
        self.carry_out(todo).await
    }

    /// Tells the writer and carries out all that follows, to the end.
    ///
    /// # Errors
    /// [`WorkerError::GaveUp`] when commits came to nothing too often, [`WorkerError::Rows`].
    pub async fn tell(&mut self, event: Event) -> Result<(), WorkerError> {
        let todo = self.writer.decide(event);
        self.carry_out(todo).await
    }

    async fn carry_out(&mut self, todo: Vec<Effect>) -> Result<(), WorkerError> {
        let mut todo = VecDeque::from(todo);
        // Of which event the effects at hand come: one event's are carried out before the next is told.
        let mut by_us = false;
        while let Some(effect) = todo.pop_front() {
            match effect {
                Effect::Look { after } => {
                    tokio::time::sleep(after).await;
                    let event = self.look().await;
                    by_us = false;
                    todo.extend(self.writer.decide(event));
                }
                Effect::Commit(permit) => {
                    let event = self.commit(permit).await?;
                    by_us = event == Event::Won;
                    todo.extend(self.writer.decide(event));
                }
                Effect::Read { lane, at } => self.sink.read(lane, at),
                Effect::Discard { lane } => self.sink.discard(lane),
                Effect::Stored { lane, span } => {
                    self.sink.stored(lane, span, Stored { version: self.table.version(), by_us });
                }
                Effect::GiveUp { attempts } => {
                    let table = self.table.name().clone();
                    return Err(WorkerError::GaveUp { table, attempts, source: self.last_error.take() });
                }
            }
        }
        Ok(())
    }

    async fn look(&mut self) -> Event {
        let apps: BTreeMap<Lane, String> = self
            .writer
            .lanes()
            .filter_map(|lane| self.apps.get(&lane).map(|app| (lane, app.clone())))
            .collect();
        let looked = async {
            self.table.refresh().await?;
            self.table.cursors(&apps).await
        };
        match looked.await {
            Ok(cursors) => Event::Looked { version: self.table.version(), cursors },
            Err(error) => self.unknown(error),
        }
    }

    async fn commit(&mut self, permit: Permit) -> Result<Event, WorkerError> {
        if let Some(check) = &self.check {
            check().await?;
        }
        let mut found = BTreeMap::new();
        for app in self.sink.needs(&permit) {
            match self.table.cursor(&app).await {
                Ok(Some(value)) => {
                    found.insert(app, value);
                }
                Ok(None) => {}
                Err(error) => return Ok(self.unknown(error)),
            }
        }
        let batch = self.sink.batch(&permit, &found)?;
        let apps = permit
            .moves()
            .iter()
            .filter_map(|moved| self.apps.get(&moved.lane).map(|app| (moved.lane, app.clone())))
            .collect();
        let mut commit = Commit::new(permit, apps);
        commit.adds = batch.adds;
        commit.extra = batch.extra;
        Ok(match self.table.commit(commit).await {
            Ok(_) => Event::Won,
            Err(error) => self.unknown(error),
        })
    }

    fn unknown(&mut self, error: LakeError) -> Event {
        tracing::warn!(table = %self.table.name(), %error, "looking again before deciding");
        self.last_error = Some(Box::new(error));
        Event::Unknown
    }
}
