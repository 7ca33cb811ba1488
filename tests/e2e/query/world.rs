//! A small survey and a lake that tests fill step by step: land, decide, carry out.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use arrow::datatypes::SchemaRef;
use arrow::util::display::array_value_to_string;
use serde_json::{Value, json};
use shukei_interpret::{Interpretation, OutcomeRow, Record, interpret, outcomes_batch, responses_batch};
use shukei_lake::{Commit, Lake, LakeOptions, SourceGeneration};
use shukei_protocol::{Effect, Event, Limits, TableName, Writer};
use shukei_query::{Catalog, QueryError};
use shukei_schemas::columns::responses_schema;
use shukei_schemas::definition::{Definitions, Form, SurveyDefinition};
use shukei_schemas::event::{SUBMISSION_RECEIVED, SUBMISSION_WITHDRAWN, write_structured};
use shukei_schemas::{Lane, Offset, Position, Span, tables};
use tempfile::TempDir;

pub(super) const SURVEY: &str = "
survey: s
version: 1
languages: [ja, en]
names: S
unit: respondent_and_group
states: {no_answer: {in_base: false, prints: true}, invalid: {in_base: false, prints: true}}
waves: [{wave: w, names: W, forms: [{form: f, version: 1}]}]
";

const FORM: &str = r#"
form: f
version: 1
names: F
scales: {yn: [{code: 1, label: {ja: はい, en: "Yes"}}, {code: 2, label: {ja: いいえ, en: "No"}}]}
sections:
  - section: one
    questions:
      - {number: "1", kind: single, short: {ja: 設置, en: In place}, text: {ja: 設置していますか, en: Is it in place?}, scale: yn, origin: published}
      - {number: "2", kind: multiple, text: {ja: 複数, en: Many}, options: [MANY], origin: reconstructed}
      - {number: "3", kind: grid, text: {ja: 表, en: Grid}, scale: yn, rows: [{row: 1, label: {ja: 甲, en: first}}, {row: 2, label: {ja: 乙, en: second}}]}
      - {number: "4", kind: number, decimals: 1, text: {ja: 数, en: Number}}
      - {number: "5", kind: text, text: {ja: 文, en: Words}}
      - {number: "6", kind: number, text: {ja: 整数, en: Whole}}
"#;

/// The survey `s` with one form `f`, whose question 2 has 65 options: two masks.
pub(super) fn definitions() -> Definitions {
    let many: Vec<String> = (1..=65).map(|code| format!("{{code: {code}, label: o{code}}}")).collect();
    let files: BTreeMap<String, Vec<u8>> =
        [("survey.yaml", SURVEY.to_owned()), ("forms/f.yaml", FORM.replace("MANY", &many.join(", ")))]
            .map(|(path, text)| (path.to_owned(), text.into_bytes()))
            .into();
    let (definition, findings) = SurveyDefinition::load_checked(&files);
    assert_eq!(findings, []);
    let mut definitions = Definitions::default();
    definitions.insert(definition.unwrap());
    definitions
}

pub(super) fn form(definitions: &Definitions) -> Arc<Form> {
    definitions.survey(&"s".into()).unwrap().forms.values().next().unwrap().value.clone()
}

/// A submission of a respondent; `more` adds or replaces fields, for example group, method or revision.
pub(super) fn answers(id: &str, respondent: &str, more: Value, answers: Value) -> Vec<u8> {
    let mut data = json!({"survey": "s", "wave": "w", "respondent": respondent, "answers": answers});
    for (key, value) in more.as_object().unwrap() {
        data[key] = value.clone();
    }
    write_structured(id, "urn:t", SUBMISSION_RECEIVED, None, &data).unwrap()
}

pub(super) fn withdrawal(id: &str, respondent: &str) -> Vec<u8> {
    let data = json!({"survey": "s", "wave": "w", "respondent": respondent});
    write_structured(id, "urn:t", SUBMISSION_WITHDRAWN, None, &data).unwrap()
}

/// Wide rows as a responses table has them, with the survey in front as in `current_f_1`.
pub(super) fn wide(definitions: &Definitions, events: &[Vec<u8>]) -> RecordBatch {
    let read: Vec<Interpretation> = events
        .iter()
        .map(|bytes| interpret(&Record { payload: Some(bytes), headers: &[] }, definitions))
        .collect();
    let rows: Vec<_> = read
        .iter()
        .zip(0..)
        .map(|(one, offset)| (position(0, offset), one.response.as_ref().expect("a response")))
        .collect();
    let stored = responses_batch(&form(definitions), &rows).unwrap();
    with_column(&stored, "survey", Arc::new(StringArray::from(vec!["s"; stored.num_rows()])))
}

pub(super) fn with_column(batch: &RecordBatch, name: &str, column: ArrayRef) -> RecordBatch {
    let schema = batch.schema();
    let kept = schema.fields().iter().map(|f| f.name().as_str()).zip(batch.columns().iter().cloned());
    let kept = kept.filter(|(other, _)| *other != name);
    let all: Vec<(&str, ArrayRef)> = [(name, column)].into_iter().chain(kept).collect();
    RecordBatch::try_from_iter_with_nullable(all.into_iter().map(|(name, column)| (name, column, true)))
        .unwrap()
}

pub(super) fn position(partition: i32, offset: i64) -> Position {
    Position { lane: Lane::new(1, partition), offset: Offset(offset) }
}

/// Rows as text, each cell by `|`, null as nothing.
pub(super) fn lines(batches: &[RecordBatch]) -> Vec<String> {
    let cell = |column: &ArrayRef, row: usize| match column.is_null(row) {
        true => String::new(),
        false => array_value_to_string(column, row).unwrap(),
    };
    let line = |batch: &RecordBatch, row: usize| {
        batch.columns().iter().map(|column| cell(column, row)).collect::<Vec<_>>().join("|")
    };
    batches
        .iter()
        .flat_map(|batch| (0..batch.num_rows()).map(|row| line(batch, row)).collect::<Vec<_>>())
        .collect()
}

/// A data folder with one generation of two partitions, the first of which begins at offset 5.
pub(super) struct World {
    _dir: TempDir,
    pub(super) lake: Lake,
    pub(super) definitions: Definitions,
    pub(super) generation: SourceGeneration,
    /// Everything that landed, in order.
    landed: Vec<(Position, Interpretation)>,
}

impl World {
    pub(super) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let lake = Lake::local(dir.path(), LakeOptions::default()).unwrap();
        let firsts = [Offset(5), Offset(0)];
        let generation = lake.open_generation("submissions", &"t".into(), &firsts, 0).await.unwrap();
        Self { _dir: dir, lake, definitions: definitions(), generation, landed: Vec::new() }
    }

    /// A world where everything given has gone the whole way, in partition 0.
    pub(super) async fn with(events: &[Vec<u8>]) -> Self {
        let mut world = Self::new().await;
        world.land(0, events).await;
        world.decide().await;
        world.carry().await;
        world
    }

    pub(super) async fn catalog(&self) -> Catalog {
        Catalog::open_in(&self.lake, &self.definitions, Some("en")).await.unwrap()
    }

    /// The rows of a query on the newest catalog.
    pub(super) async fn sql(&self, sql: &str) -> Vec<String> {
        let rows = self.catalog().await.query(sql).await;
        lines(&rows.unwrap_or_else(|error| panic!("{sql}: {error}")).collect().await.unwrap())
    }

    pub(super) async fn refusal(&self, sql: &str) -> QueryError {
        match self.catalog().await.query(sql).await {
            Err(error) => error,
            Ok(_) => panic!("was not refused: {sql}"),
        }
    }

    fn start(&self, lane: Lane) -> Offset {
        self.generation.lanes().find(|(known, _)| *known == lane).unwrap().1
    }

    async fn cursor(&self, table: &TableName, lane: Lane) -> Offset {
        match self.lake.open(table).await {
            Ok(mut table) => {
                let cursors = table.cursors(&self.generation.apps()).await.unwrap();
                cursors.get(&lane).copied().unwrap_or(self.start(lane))
            }
            Err(_) => self.start(lane),
        }
    }

    /// Commits rows with the cursor from where it is to `end`, as a worker does.
    pub(super) async fn commit(&self, name: &TableName, lane: Lane, end: i64, rows: Option<RecordBatch>) {
        let (schema, partitions): (SchemaRef, &[&str]) = match name.response_target() {
            Some(_) => (responses_schema(&form(&self.definitions)), &["wave"]),
            None if *name == TableName::raw() => (tables::raw(), &["partition"]),
            None => (tables::outcomes(), &[]),
        };
        let stats = &tables::POSITION_COLUMNS;
        let mut table = self.lake.create_if_absent(name, schema, partitions, stats).await.unwrap();
        let apps = self.generation.apps();
        let span = Span { first: self.cursor(name, lane).await, end: Offset(end) };
        let looked = Event::Looked { version: table.version(), cursors: table.cursors(&apps).await.unwrap() };
        let mut writer = Writer::new(name.clone(), Limits::default());
        writer.decide(Event::Assigned { lane, start: self.start(lane) });
        writer.decide(looked.clone());
        let count = rows.as_ref().map_or(0, RecordBatch::num_rows);
        writer.decide(Event::Arrived { lane, span, rows: count, bytes: 1, now_ms: 0 });
        writer.decide(Event::Flush);
        let Some(Effect::Commit(permit)) = writer.decide(looked).pop() else {
            panic!("no permit for {name}")
        };
        let mut commit = Commit::new(permit, apps);
        commit.adds.extend(rows.map(Into::into));
        table.commit(commit).await.unwrap();
    }

    /// Records come into raw, one commit.
    pub(super) async fn land(&mut self, partition: i32, events: &[Vec<u8>]) {
        let lane = Lane::new(1, partition);
        let first = self.cursor(&TableName::raw(), lane).await;
        for (bytes, offset) in events.iter().zip(first.0..) {
            let read = interpret(&Record { payload: Some(bytes), headers: &[] }, &self.definitions);
            self.landed.push((Position { lane, offset: Offset(offset) }, read));
        }
        let end = first.0 + events.len() as i64;
        let rows = raw_rows(lane, first.0, events);
        self.commit(&TableName::raw(), lane, end, Some(rows)).await;
    }

    /// Outcomes follow up to where raw is.
    pub(super) async fn decide(&self) {
        for (lane, _) in self.generation.lanes() {
            let from = self.cursor(&TableName::outcomes(), lane).await;
            let end = self.cursor(&TableName::raw(), lane).await;
            if from < end {
                let rows = self.outcome_rows(lane, from..end);
                self.commit(&TableName::outcomes(), lane, end.0, Some(rows)).await;
            }
        }
    }

    /// The responses table follows up to where outcomes is.
    pub(super) async fn carry(&self) {
        let name = TableName::responses("f-1");
        for (lane, _) in self.generation.lanes() {
            let from = self.cursor(&name, lane).await;
            let end = self.cursor(&TableName::outcomes(), lane).await;
            if from < end {
                let rows = self.response_rows(lane, from..end);
                self.commit(&name, lane, end.0, Some(rows).filter(|rows| rows.num_rows() > 0)).await;
            }
        }
    }

    fn in_lane(&self, lane: Lane, offsets: std::ops::Range<Offset>) -> Vec<&(Position, Interpretation)> {
        self.landed.iter().filter(|(at, _)| at.lane == lane && offsets.contains(&at.offset)).collect()
    }

    pub(super) fn outcome_rows(&self, lane: Lane, offsets: std::ops::Range<Offset>) -> RecordBatch {
        let rows: Vec<OutcomeRow<'_>> = self
            .in_lane(lane, offsets)
            .into_iter()
            .map(|(position, read)| OutcomeRow {
                position: *position,
                order_time_us: 0,
                outcome: &read.outcome,
            })
            .collect();
        outcomes_batch(&rows).unwrap()
    }

    pub(super) fn response_rows(&self, lane: Lane, offsets: std::ops::Range<Offset>) -> RecordBatch {
        let rows: Vec<_> = self
            .in_lane(lane, offsets)
            .into_iter()
            .filter_map(|(position, read)| Some((*position, read.response.as_ref()?)))
            .collect();
        responses_batch(&form(&self.definitions), &rows).unwrap()
    }
}

pub(super) fn raw_rows(lane: Lane, first: i64, payloads: &[Vec<u8>]) -> RecordBatch {
    let n = payloads.len();
    let offsets = Int64Array::from_iter_values((first..).take(n));
    let kinds = vec![tables::kind::RECORD; n];
    raw_batch(lane, offsets, kinds, vec![None; n], payloads.iter().map(Vec::as_slice).map(Some).collect())
}

/// A jump of the position from `offset` to `end`.
pub(super) fn raw_hole(lane: Lane, offset: i64, end: i64) -> RecordBatch {
    let offsets = Int64Array::from(vec![offset]);
    raw_batch(lane, offsets, vec![tables::kind::HOLE], vec![Some(end)], vec![None])
}

fn raw_batch(
    lane: Lane,
    offsets: Int64Array,
    kinds: Vec<&str>,
    ends: Vec<Option<i64>>,
    payloads: Vec<Option<&[u8]>>,
) -> RecordBatch {
    let n = offsets.len();
    let schema = tables::raw();
    let times = || Arc::new(TimestampMicrosecondArray::from(vec![0; n]).with_timezone("UTC"));
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| -> ArrayRef {
            match field.name().as_str() {
                "generation" => Arc::new(Int32Array::from(vec![lane.generation.0; n])),
                "partition" => Arc::new(Int32Array::from(vec![lane.partition.0; n])),
                "offset" => Arc::new(offsets.clone()),
                "kind" => Arc::new(StringArray::from(kinds.clone())),
                "hole_end" => Arc::new(Int64Array::from(ends.clone())),
                "order_time" | "stored_at" => times(),
                "payload" => Arc::new(BinaryArray::from(payloads.clone())),
                _ => new_null_array(field.data_type(), n),
            }
        })
        .collect();
    RecordBatch::try_new(schema, columns).unwrap()
}
