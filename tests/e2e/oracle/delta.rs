//! Random surveys through the tables: raw is committed as ingest does, transform decides and carries out, and the
//! catalog finds what counts by its own rule.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    new_null_array,
};
use serde_json::Value;
use shukei_lake::{Commit, Lake, LakeOptions, SourceGeneration};
use shukei_protocol::{Effect, Event, Limits, TableName, Writer};
use shukei_query::{Catalog, TabulateRequest, tabulate};
use shukei_schemas::definition::{Definitions, SurveyDefinition, has_errors};
use shukei_schemas::{Lane, Offset, Span, SurveyId, WaveId, tables};
use shukei_transform::{Transform, TransformOptions};

use super::engine::figures_of;
use super::generate::{Case, MAPPING};
use super::{compare, opinion};

/// Surveys that share one data folder.
pub(super) struct Surveys {
    cases: Vec<Case>,
    definitions: Arc<Definitions>,
}

impl Surveys {
    /// Half of them as they come, half with another organisation's answers and units that are taken back.
    pub(super) fn new(half: u64) -> Self {
        let taken_back = |case: &Case| case.events.iter().any(|event| event.contains("submission.withdrawn"));
        let rare =
            (half..).map(Case::new).filter(|case| case.files.contains_key(MAPPING) && taken_back(case));
        let cases: Vec<Case> = (0..half).map(Case::new).chain(rare.take(half as usize)).collect();
        let mut definitions = Definitions::default();
        for (at, case) in cases.iter().enumerate() {
            let (definition, findings) = SurveyDefinition::load_checked(&named(case, at).written());
            assert!(!has_errors(&findings), "{findings:?}");
            definitions.insert(definition.unwrap());
        }
        assert_eq!(definitions.clashes(), []);
        Self { cases, definitions: Arc::new(definitions) }
    }

    /// Everything from raw to outcomes and responses, in so many starts, each a generation of so many partitions.
    pub(super) async fn play(&self, folder: &Path, partitions: usize, starts: usize) {
        for start in 0..starts {
            let lake = Lake::local(folder, LakeOptions::default()).unwrap();
            let mut lanes: Vec<Vec<String>> = vec![Vec::new(); partitions];
            for (at, case) in self.cases.iter().enumerate() {
                let events = named(case, at).events;
                let (from, to) = (events.len() * start / starts, events.len() * (start + 1) / starts);
                for event in &events[from..to] {
                    lanes[partition_of(event, partitions)].push(event.clone());
                }
            }
            let topic = format!("topic-{start}").as_str().into();
            let generation =
                lake.open_generation("submissions", &topic, &vec![Offset(0); partitions], 0).await.unwrap();
            land(&lake, &generation, &lanes).await;
            self.transform(&lake).await;
        }
    }

    async fn transform(&self, lake: &Lake) {
        let open = Transform::open(lake, Arc::clone(&self.definitions), TransformOptions::default());
        let mut transform = open.await.unwrap();
        while transform.pass().await.unwrap() {}
    }

    /// Works everything out again from what landed.
    pub(super) async fn replay(&self, folder: &Path) {
        std::fs::remove_dir_all(folder.join("refined")).unwrap();
        self.transform(&Lake::local(folder, LakeOptions::default()).unwrap()).await;
    }

    /// Holds the figures of every survey against the second opinion.
    pub(super) async fn hold(&self, folder: &Path, how: &str) {
        let lake = Lake::local(folder, LakeOptions::default()).unwrap();
        let catalog = Catalog::open_in(&lake, &self.definitions, Some("en")).await.unwrap();
        for (at, case) in self.cases.iter().enumerate() {
            let survey = SurveyId::new(format!("made{at}"));
            let definition = self.definitions.survey(&survey).unwrap();
            let table = &definition.tables["asked"].value;
            let request = TabulateRequest::of_table(survey, WaveId::new("w"), table);
            let got = figures_of(&tabulate(&catalog, &request).await.unwrap()).unwrap();
            if let Some((_, what)) = compare(&opinion(case).2, &got) {
                panic!("seed {}, {how}: {what}\n{}", case.seed, case.shown());
            }
        }
    }
}

/// The case with names of its own, so that many fit into one data folder.
fn named(case: &Case, at: usize) -> Case {
    let rename = |text: &str| {
        let text = text.replace("\"survey\":\"made\"", &format!("\"survey\":\"made{at}\""));
        let text = text.replace("\"form\":\"own\"", &format!("\"form\":\"own{at}\""));
        text.replace("\"form\":\"source\"", &format!("\"form\":\"source{at}\""))
    };
    let file = |(path, file): (&String, &Value)| {
        (path.clone(), serde_json::from_str(&rename(&file.to_string())).unwrap())
    };
    Case {
        seed: case.seed,
        files: case.files.iter().map(file).collect(),
        events: case.events.iter().map(|event| rename(event)).collect(),
    }
}

/// All events of a respondent in one partition.
fn partition_of(event: &str, partitions: usize) -> usize {
    let event: Value = serde_json::from_str(event).unwrap_or_default();
    let respondent = event["data"]["respondent"].to_string();
    respondent.bytes().map(usize::from).sum::<usize>() % partitions
}

/// Commits records to raw, each lane from its start.
async fn land(lake: &Lake, generation: &SourceGeneration, lanes: &[Vec<String>]) {
    let name = TableName::raw();
    let stats = &tables::POSITION_COLUMNS;
    let mut table = lake.create_if_absent(&name, tables::raw(), &["partition"], stats).await.unwrap();
    for ((lane, _), events) in generation.lanes().zip(lanes).filter(|(_, events)| !events.is_empty()) {
        let apps = generation.apps();
        let looked = Event::Looked { version: table.version(), cursors: table.cursors(&apps).await.unwrap() };
        let mut writer = Writer::new(name.clone(), Limits::default());
        writer.decide(Event::Assigned { lane, start: Offset(0) });
        writer.decide(looked.clone());
        let span = Span { first: Offset(0), end: Offset(events.len() as i64) };
        writer.decide(Event::Arrived { lane, span, rows: events.len(), bytes: 1, now_ms: 0 });
        writer.decide(Event::Flush);
        let Some(Effect::Commit(permit)) = writer.decide(looked).pop() else { panic!("no permit") };
        let mut commit = Commit::new(permit, apps);
        commit.adds.push(raw_rows(lane, events).into());
        table.commit(commit).await.unwrap();
    }
}

fn raw_rows(lane: Lane, events: &[String]) -> RecordBatch {
    let n = events.len();
    let schema = tables::raw();
    let times = || Arc::new(TimestampMicrosecondArray::from(vec![0; n]).with_timezone("UTC"));
    let column = |name: &str| -> Option<ArrayRef> {
        Some(match name {
            "generation" => Arc::new(Int32Array::from(vec![lane.generation.0; n])),
            "partition" => Arc::new(Int32Array::from(vec![lane.partition.0; n])),
            "offset" => Arc::new(Int64Array::from_iter_values(0..n as i64)),
            "kind" => Arc::new(StringArray::from(vec![tables::kind::RECORD; n])),
            "order_time" | "stored_at" => times(),
            "payload" => Arc::new(BinaryArray::from_iter_values(events.iter().map(String::as_bytes))),
            _ => return None,
        })
    };
    let fields = schema.fields().iter();
    let columns =
        fields.map(|field| column(field.name()).unwrap_or_else(|| new_null_array(field.data_type(), n)));
    let columns = columns.collect();
    RecordBatch::try_new(schema, columns).unwrap()
}
