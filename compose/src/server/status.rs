use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use shukei_lake::{LakeError, SourceGeneration, app_id};
use shukei_protocol::TableName;
use shukei_query::Catalog;
use shukei_worker::Receipt;

use super::problem::Problem;
use super::{Server, receipt};
use crate::fault::Fault;

/// What became of a submission.
#[derive(Debug, Serialize)]
pub(super) struct Status {
    receipt: String,
    /// `stored` (on disk, not yet interpreted), `interpreted`, `withdrawal` or `rejected`.
    state: &'static str,
    /// Whether its answers are what counts for the unit now.
    counts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    survey: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wave: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    issues: Vec<IssueSeen>,
    /// The receipt of the event of the same unit that counts in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    superseded_by: Option<String>,
    /// The receipt of the first delivery of the very same event.
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<String>,
}

#[derive(Debug, Serialize)]
struct IssueSeen {
    code: String,
    path: String,
    hint: String,
}

/// `GET /v1/submissions/{receipt}`.
pub(super) async fn get(
    State(server): State<Arc<Server>>,
    Path(text): Path<String>,
) -> Result<Json<Status>, Problem> {
    let unknown = || {
        Problem::new(StatusCode::NOT_FOUND, "receipt_unknown", "there is no submission with this receipt")
            .hint("ask with a receipt that POST /v1/submissions gave; with Kafka, once ingest has stored it")
    };
    let at = receipt::read(&text).ok_or_else(unknown)?;
    let lake = server.catalogs.lake();
    let generations = lake.generations().await.map_err(Fault::from)?;
    let generation = generations.iter().find(|known| known.topic_id == at.topic_id).ok_or_else(unknown)?;
    let catalog = server.catalogs.get(None).await?;
    if let Some(status) = decided(&catalog, &generations, generation, &at).await? {
        return Ok(Json(status));
    }
    let landed = match lake.open(&TableName::raw()).await {
        Ok(mut raw) => raw.cursor(&app_id(&at.topic_id, at.partition)).await.map_err(Fault::from)?,
        Err(LakeError::NotFound { .. }) => None,
        Err(error) => return Err(Fault::from(error).into()),
    };
    match landed.is_some_and(|end| at.offset.0 < end) {
        true => Ok(Json(Status::new(&at, "stored"))),
        false => Err(unknown()),
    }
}

impl Status {
    fn new(at: &Receipt, state: &'static str) -> Self {
        Self {
            receipt: receipt::write(at),
            state,
            counts: false,
            survey: None,
            wave: None,
            event_id: None,
            code: None,
            issues: Vec::new(),
            superseded_by: None,
            duplicate_of: None,
        }
    }
}

const COLUMNS: &str = "generation, \"partition\", \"offset\", kind, survey, wave, unit, event_source, event_id, \
                       content_hash, code, order_time";

async fn decided(
    catalog: &Catalog,
    generations: &[SourceGeneration],
    generation: &SourceGeneration,
    at: &Receipt,
) -> Result<Option<Status>, Fault> {
    let place = format!(
        "generation = {} AND \"partition\" = {} AND \"offset\" = {}",
        generation.generation.0, at.partition.0, at.offset.0
    );
    let found = rows(
        catalog,
        &format!("SELECT {COLUMNS} FROM outcomes WHERE {place} ORDER BY interpretation DESC LIMIT 1"),
    )
    .await?;
    let Some(own) = found.first() else { return Ok(None) };
    let state = match own.kind.as_str() {
        "response" | "edit" | "aggregate" => "interpreted",
        "withdrawal" => "withdrawal",
        _ => "rejected",
    };
    let mut status = Status::new(at, state);
    status.survey = own.survey.clone();
    status.wave = own.wave.clone();
    status.event_id = own.event_id.clone();
    status.issues = issues(catalog, &place, state == "rejected").await?;
    if state == "rejected" {
        status.code = own.code.clone();
        return Ok(Some(status));
    }
    let (Some(survey), Some(wave), Some(unit)) = (&own.survey, &own.wave, &own.unit) else {
        return Ok(Some(status));
    };
    let of_unit =
        format!("survey = {} AND wave = {} AND unit = {}", quoted(survey), quoted(wave), quoted(unit));
    let receipt_of = |row: &Row| {
        let topic_id =
            generations.iter().find(|known| known.generation.0 == row.generation)?.topic_id.clone();
        let (partition, offset) =
            (shukei_schemas::Partition(row.partition), shukei_schemas::Offset(row.offset));
        Some(receipt::write(&Receipt { topic_id, partition, offset }))
    };
    let all = rows(
        catalog,
        &format!(
            "SELECT {COLUMNS} FROM outcomes WHERE {of_unit} AND kind <> 'rejection' \
                  ORDER BY coalesce(revision, 0), generation, order_time, \"partition\", \"offset\""
        ),
    )
    .await?;
    // The first delivery stands before its copies in the order of arrival, whatever their place by revision.
    let first = all.iter().filter(|row| row.is_copy_of(own)).min_by_key(|row| row.arrival());
    if let Some(first) = first.filter(|first| !first.same_place(own)) {
        status.duplicate_of = receipt_of(first);
        return Ok(Some(status));
    }
    // Counts without records are in no row of `current`.
    let current = match (own.kind.as_str(), catalog.standing_aggregates()) {
        ("aggregate", Some(standing)) => format!("({standing})"),
        _ => "current".to_owned(),
    };
    let counting = format!(
        "SELECT o.* FROM (SELECT {COLUMNS} FROM outcomes WHERE {of_unit}) o JOIN {current} c ON o.generation = c.generation \
         AND o.\"partition\" = c.\"partition\" AND o.\"offset\" = c.\"offset\" WHERE c.survey = {} AND c.wave = {}",
        quoted(survey),
        quoted(wave)
    );
    let counting = rows(catalog, &counting).await?;
    if counting.iter().any(|row| row.same_place(own)) {
        status.counts = true;
        return Ok(Some(status));
    }
    // Nothing counts: a withdrawal came last.
    let last = counting.first().or(all.last());
    status.superseded_by = last.filter(|last| !last.same_place(own)).and_then(receipt_of);
    Ok(Some(status))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// An outcome, as far as it is told apart here.
struct Row {
    generation: i32,
    partition: i32,
    offset: i64,
    kind: String,
    survey: Option<String>,
    wave: Option<String>,
    unit: Option<String>,
    event_source: Option<String>,
    event_id: Option<String>,
    content_hash: Option<String>,
    code: Option<String>,
    order_time: i64,
}

impl Row {
    fn same_place(&self, other: &Row) -> bool {
        (self.generation, self.partition, self.offset) == (other.generation, other.partition, other.offset)
    }

    fn is_copy_of(&self, other: &Row) -> bool {
        self.kind == other.kind
            && self.event_source == other.event_source
            && self.event_id == other.event_id
            && self.content_hash == other.content_hash
    }

    fn arrival(&self) -> (i32, i64, i32, i64) {
        (self.generation, self.order_time, self.partition, self.offset)
    }
}

async fn rows(catalog: &Catalog, query: &str) -> Result<Vec<Row>, Fault> {
    let mut rows = Vec::new();
    for batch in catalog.query(query).await?.collect().await? {
        let column = |at: usize, kind: DataType| {
            arrow::compute::cast(batch.column(at), &kind).map_err(anyhow::Error::from)
        };
        let texts = (3..11).map(|at| column(at, DataType::Utf8)).collect::<Result<Vec<_>, _>>()?;
        let text = |at: usize, row: usize| {
            let texts = texts[at - 3].as_string::<i32>();
            texts.is_valid(row).then(|| texts.value(row).to_owned())
        };
        let (generations, partitions) = (column(0, DataType::Int32)?, column(1, DataType::Int32)?);
        let (offsets, times) = (column(2, DataType::Int64)?, column(11, DataType::Int64)?);
        rows.extend((0..batch.num_rows()).map(|row| Row {
            generation: generations.as_primitive::<Int32Type>().value(row),
            partition: partitions.as_primitive::<Int32Type>().value(row),
            offset: offsets.as_primitive::<Int64Type>().value(row),
            kind: text(3, row).unwrap_or_default(),
            survey: text(4, row),
            wave: text(5, row),
            unit: text(6, row),
            event_source: text(7, row),
            event_id: text(8, row),
            content_hash: text(9, row),
            code: text(10, row),
            order_time: times.as_primitive::<Int64Type>().value(row),
        }));
    }
    Ok(rows)
}

async fn issues(catalog: &Catalog, place: &str, rejected: bool) -> Result<Vec<IssueSeen>, Fault> {
    let view = if rejected { "rejections" } else { "issues" };
    let batches =
        catalog.query(&format!("SELECT code, path, hint FROM {view} WHERE {place}")).await?.collect().await?;
    let text = |batch: &RecordBatch, column: usize, row: usize| {
        arrow::util::display::array_value_to_string(batch.column(column), row).unwrap_or_default()
    };
    let mut issues = Vec::new();
    for batch in &batches {
        issues.extend((0..batch.num_rows()).map(|row| IssueSeen {
            code: text(batch, 0, row),
            path: text(batch, 1, row),
            hint: text(batch, 2, row),
        }));
    }
    Ok(issues)
}
