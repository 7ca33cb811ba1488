use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use shukei_interpret::{Record, interpret_at};
use shukei_lake::{Lake, LakeError, RowsWanted, SourceGeneration, Table};
use shukei_protocol::{Event, Limits, Share, TableName, Writer};
use shukei_schemas::columns::responses_schema;
use shukei_schemas::definition::{Definitions, Form};
use shukei_schemas::{Lane, Offset, Span, tables};
use shukei_worker::Driver;
use tokio::sync::watch;

use crate::definitions::DefinitionStore;
use crate::error::TransformError;
use crate::outcomes::{Decided, OutcomesSink, Rows};
use crate::raw;
use crate::responses::{ResponsesSink, carry_out};

/// How transform reads and commits.
#[derive(Clone, Debug)]
pub struct TransformOptions {
    /// Raw rows read per lane and pass.
    pub rows_max: usize,
    /// Bytes read per lane and pass.
    pub bytes_max: usize,
    /// Offsets after which a table that nothing names has its cursor moved all the same.
    pub idle_span_max: i64,
    /// How often it looks without being told.
    pub look_every: Duration,
    /// Works on generations that are closed as well: for refined tables that begin anew.
    pub closed_too: bool,
}

impl Default for TransformOptions {
    fn default() -> Self {
        Self {
            rows_max: 5_000,
            bytes_max: 16 << 20,
            idle_span_max: 10_000,
            look_every: Duration::from_secs(1),
            closed_too: false,
        }
    }
}

/// What transform has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransformProgress {
    /// Raw offsets decided.
    pub decided: u64,
    /// Passes that found nothing more to do.
    pub idle_passes: u64,
}

/// The worker that writes `outcomes` and the responses tables.
pub struct Transform {
    lake: Lake,
    definitions: Arc<Definitions>,
    pub(crate) options: TransformOptions,
    pub(crate) generations: Vec<SourceGeneration>,
    pub(crate) share: Share,
    raw: Option<Table>,
    pub(crate) outcomes: Driver<OutcomesSink>,
    /// The tables that carry out what outcomes name: one for each form, and that of counts.
    pub(crate) responses: BTreeMap<TableName, Driver<ResponsesSink>>,
    store: DefinitionStore,
    progress: watch::Sender<TransformProgress>,
    started: Instant,
}

impl Transform {
    /// Opens the refined tables. The definitions are stored in the data folder before anything is decided with them.
    ///
    /// # Errors
    /// [`TransformError::Lake`] if a table cannot be made or opened, [`TransformError::FormChanged`] if a form no longer
    /// fits the table of its version: deciding with it would leave records that can never be carried out.
    pub async fn open(
        lake: &Lake,
        definitions: Arc<Definitions>,
        options: TransformOptions,
    ) -> Result<Self, TransformError> {
        let name = TableName::outcomes();
        let table = lake.create_if_absent(&name, tables::outcomes(), &[], &tables::POSITION_COLUMNS).await?;
        let limits = Limits { rows_max: usize::MAX, bytes_max: usize::MAX, ..Limits::default() };
        let mut store = DefinitionStore::new(lake.clone());
        store.store(&definitions).await?;
        let mut transform = Self {
            lake: lake.clone(),
            definitions,
            options,
            generations: Vec::new(),
            share: Share::All,
            raw: None,
            outcomes: Driver::new(Writer::new(name, limits), table, OutcomesSink::default()),
            responses: BTreeMap::new(),
            store,
            progress: watch::Sender::new(TransformProgress::default()),
            started: Instant::now(),
        };
        transform.find_responses().await?;
        Ok(transform)
    }

    /// Takes up the responses tables that are there and that this worker does not know yet.
    async fn find_responses(&mut self) -> Result<(), TransformError> {
        for table in self.lake.tables().await? {
            let is_ours = table.response_target().is_some() || table == TableName::aggregates();
            if is_ours && !self.responses.contains_key(&table) {
                let opened = self.lake.open(&table).await?;
                self.refuse_changed_form(&table).await?;
                self.add_responses(table, opened).await?;
            }
        }
        Ok(())
    }

    async fn refuse_changed_form(&self, table: &TableName) -> Result<(), TransformError> {
        let forms = self.definitions.surveys().flat_map(|survey| survey.forms.values());
        for form in forms.map(|form| &form.value) {
            if Some(form.reference.target().as_str()) != table.response_target() {
                continue;
            }
            // The table exists, so this only compares.
            let columns = tables::POSITION_COLUMNS;
            let same = self.lake.create_if_absent(table, responses_schema(form), &["wave"], &columns).await;
            match same {
                Ok(_) => {}
                Err(LakeError::Schema { .. }) => {
                    return Err(TransformError::FormChanged { form: form.reference.target() });
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// What has been done so far, and the news of it.
    pub fn progress(&self) -> watch::Receiver<TransformProgress> {
        self.progress.subscribe()
    }

    /// Takes up what has landed since the last pass, at most one batch per lane; whether there may be more.
    ///
    /// # Errors
    /// [`TransformError::Worker`] if a table could not be committed, [`TransformError::DecidedOtherwise`].
    pub async fn pass(&mut self) -> Result<bool, TransformError> {
        self.find_generations().await?;
        if !self.find_raw().await? {
            return Ok(false);
        }
        if self.share != Share::All {
            // Another worker may have made a table and left it to this one to carry out what it decided.
            self.find_responses().await?;
        }
        let decided = self.decide().await?;
        let carried = self.carry_out().await?;
        let stored = self.outcomes.sink().stored;
        let moved = decided || carried;
        self.progress.send_modify(|progress| {
            progress.decided = stored;
            progress.idle_passes += u64::from(!moved);
        });
        Ok(moved)
    }

    async fn find_generations(&mut self) -> Result<(), TransformError> {
        let known = self.lake.generations().await?;
        let (closed, open): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|generation| generation.closed.is_some() && !self.options.closed_too);
        let has = |generation: &SourceGeneration| {
            self.generations.iter().any(|held| held.generation == generation.generation)
        };
        // A generation that was closed is complete everywhere: no lane of it is worth a look any more.
        let given_up: Vec<_> = closed.into_iter().filter(has).collect();
        if !given_up.is_empty() {
            self.outcomes.hold_only(&given_up, |_| false).await?;
            for driver in self.responses.values_mut() {
                driver.hold_only(&given_up, |_| false).await?;
            }
        }
        if !given_up.is_empty() || !open.iter().all(has) {
            self.generations = open;
            self.hold_share().await?;
        }
        Ok(())
    }

    async fn find_raw(&mut self) -> Result<bool, TransformError> {
        if let Some(raw) = &mut self.raw {
            raw.refresh().await?;
        } else if self.lake.exists(&TableName::raw()).await? {
            self.raw = Some(self.lake.open(&TableName::raw()).await?);
        }
        Ok(self.raw.is_some())
    }

    async fn add_responses(&mut self, name: TableName, table: Table) -> Result<(), TransformError> {
        let limits = Limits {
            rows_max: usize::MAX,
            bytes_max: usize::MAX,
            empty_span_max: self.options.idle_span_max,
            ..Limits::default()
        };
        let mut driver =
            Driver::new(Writer::new(name.clone(), limits), table, ResponsesSink::new(name.clone()));
        driver.hold_only(&self.generations, |lane| self.share.has(lane)).await?;
        self.responses.insert(name, driver);
        Ok(())
    }

    /// Reads each lane from the cursor of `outcomes` to that of `raw`, interprets, and commits in one go.
    async fn decide(&mut self) -> Result<bool, TransformError> {
        let mut any = false;
        let generations = self.generations.clone();
        for (lane, app) in generations.iter().flat_map(SourceGeneration::apps) {
            let Some(raw) = &mut self.raw else { continue };
            let Some(end) = raw.cursor(&app).await? else { continue };
            let Some(first) = self.outcomes.writer().expected(lane) else { continue };
            if first.0 >= end {
                continue;
            }
            let wanted = RowsWanted::new(lane, Span { first, end: Offset(end) })
                .columns(&raw::COLUMNS)
                .limits(self.options.rows_max, self.options.bytes_max);
            let read = raw.rows(&wanted).await?;
            let rows = raw::rows(&read.batches)?;
            let read_to = contiguous(lane, first, &rows)?;
            let decided = interpreted(rows, &self.definitions).await?;
            for one in &decided {
                match (&one.carried, &one.outcome.target) {
                    (Some(Rows::Response(response)), Some(target)) => {
                        self.ensure_responses(target, &response.form).await?;
                    }
                    (Some(Rows::Aggregate(_)), _) => self.ensure_aggregates().await?,
                    _ => {}
                }
            }
            let (count, now_ms) = (decided.len(), self.now_ms());
            let span = Span { first, end: read_to };
            self.outcomes.sink_mut().hold(lane, decided);
            self.outcomes.tell(Event::Arrived { lane, span, rows: count, bytes: 0, now_ms }).await?;
            any = true;
        }
        if any {
            self.outcomes.tell(Event::Flush).await?;
        }
        Ok(any)
    }

    /// A table exists before an outcome names it, so that nothing that was decided can be overlooked.
    async fn ensure_responses(&mut self, target: &str, form: &Form) -> Result<(), TransformError> {
        let name = TableName::responses(target.strip_prefix("responses/").unwrap_or(target));
        if self.responses.contains_key(&name) {
            return Ok(());
        }
        let columns = tables::POSITION_COLUMNS;
        let table = self.lake.create_if_absent(&name, responses_schema(form), &["wave"], &columns).await?;
        self.add_responses(name, table).await
    }

    async fn ensure_aggregates(&mut self) -> Result<(), TransformError> {
        let name = TableName::aggregates();
        if self.responses.contains_key(&name) {
            return Ok(());
        }
        let columns = tables::POSITION_COLUMNS;
        let table = self.lake.create_if_absent(&name, tables::aggregates(), &[], &columns).await?;
        self.add_responses(name, table).await
    }

    /// Brings every responses table to the cursor of `outcomes`.
    async fn carry_out(&mut self) -> Result<bool, TransformError> {
        let mut any = false;
        let now_ms = self.now_ms();
        let Some(raw) = &mut self.raw else { return Ok(false) };
        // Another worker may have decided records that the snapshot of raw held here does not show yet.
        let mut ends = BTreeMap::new();
        for (lane, app) in self.generations.iter().flat_map(SourceGeneration::apps) {
            if let (Some(decided), Some(landed)) =
                (self.outcomes.writer().expected(lane), raw.cursor(&app).await?)
            {
                ends.insert(lane, decided.min(Offset(landed)));
            }
        }
        for (name, driver) in &mut self.responses {
            let mut rows_any = false;
            for (&lane, &end) in &ends {
                let Some(first) = driver.writer().expected(lane) else { continue };
                if first >= end {
                    continue;
                }
                let span = Span { first, end };
                let fresh = self.outcomes.sink_mut().fresh.get_mut(&lane);
                let fresh = fresh.filter(|fresh| fresh.span.first <= first && end <= fresh.span.end);
                let (rows, end) = match fresh {
                    Some(fresh) => (fresh.take(name.as_str(), span), end),
                    None => {
                        let limits = (self.options.rows_max, self.options.bytes_max);
                        let outcomes = self.outcomes.table();
                        carry_out(name, lane, span, limits, outcomes, raw, &mut self.store).await?
                    }
                };
                if end <= first {
                    continue;
                }
                let count = rows.len();
                rows_any |= count > 0;
                driver.sink_mut().hold(lane, rows);
                let span = Span { first, end };
                driver.tell(Event::Arrived { lane, span, rows: count, bytes: 0, now_ms }).await?;
            }
            any |= rows_any;
            driver.tell(Event::Flush).await?;
        }
        self.outcomes.sink_mut().fresh.clear();
        Ok(any)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Rows that are not worth another thread.
const ROWS_OF_A_THREAD: usize = 256;

/// What records come to, in their order. They are independent of each other, so every processor takes a part of them.
async fn interpreted(
    mut rows: Vec<raw::RawRow>,
    definitions: &Arc<Definitions>,
) -> Result<Vec<Decided>, TransformError> {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let of_each = rows.len().div_ceil(processors).max(ROWS_OF_A_THREAD);
    let mut parts = Vec::new();
    while !rows.is_empty() {
        let rest = rows.split_off(of_each.min(rows.len()));
        let part = std::mem::replace(&mut rows, rest);
        let definitions = Arc::clone(definitions);
        parts.push(tokio::task::spawn_blocking(move || {
            part.iter().filter_map(|row| decided(row, &definitions)).collect::<Vec<_>>()
        }));
    }
    let mut all = Vec::new();
    for part in parts {
        match part.await.map_err(tokio::task::JoinError::try_into_panic) {
            Ok(part) => all.extend(part),
            Err(Ok(panic)) => std::panic::resume_unwind(panic),
            Err(Err(_)) => return Err(TransformError::Interrupted),
        }
    }
    Ok(all)
}

/// What a record comes to; none of a hole.
fn decided(row: &raw::RawRow, definitions: &Definitions) -> Option<Decided> {
    let record = row.record.as_ref()?;
    let record = Record { payload: record.payload.as_deref(), headers: &record.headers };
    let (outcome, carried) = Rows::split(interpret_at(&record, Some(row.order_time_us), definitions));
    Some(Decided { offset: row.span.first, order_time_us: row.order_time_us, outcome, carried })
}

/// Where the rows end that follow each other from `first` on. Raw has no gaps, so a gap here must stop the lane: what
/// is passed over once would never be decided.
fn contiguous(lane: Lane, first: Offset, rows: &[raw::RawRow]) -> Result<Offset, TransformError> {
    rows.iter().try_fold(first, |expected, row| {
        if row.span.first == expected {
            Ok(row.span.end)
        } else {
            Err(TransformError::RawGap { lane, at: expected })
        }
    })
}
