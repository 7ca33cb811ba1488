use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shukei_interpret::{Record, interpret};
use shukei_schemas::Code;
use shukei_schemas::event::Header;
use shukei_worker::{Door, Outgoing, Receipt, WorkerError};

use super::problem::Problem;
use super::{Server, receipt};
use crate::commands::lines::outgoing_as;

/// What a client may do again after a moment.
const RETRY_AFTER_SECONDS: u64 = 1;

/// One stored submission.
#[derive(Debug, Serialize)]
struct Stored {
    /// The event's id.
    id: Option<String>,
    /// What to ask with.
    receipt: String,
    #[serde(flatten)]
    at: Receipt,
}

#[derive(Serialize)]
struct Accepted {
    stored: usize,
    receipts: Vec<Stored>,
}

/// `POST /v1/submissions`: one submission or event, or JSON lines of them. Answers when all are on disk.
pub(super) async fn post(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let result = take(&server, &headers, body).await;
    let (outcome, count) = match &result {
        Ok(accepted) => ("stored".to_owned(), accepted.receipts.len() as u64),
        Err(problem) => (problem.code.clone(), 1),
    };
    metrics::counter!("shukei_submissions_total", "outcome" => outcome).increment(count);
    let accepted = result?;
    let location = match accepted.receipts.as_slice() {
        [one] => HeaderValue::from_str(&format!("/v1/submissions/{}", one.receipt)).ok(),
        _ => None,
    };
    let mut response = (StatusCode::ACCEPTED, Json(accepted)).into_response();
    if let Some(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

async fn take(
    server: &Server,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Accepted, Problem> {
    let door = server.door.as_ref().ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "read_only", "this process only answers questions")
            .hint("send submissions to `shukei up`, or to the topic")
    })?;
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(server.settings.request_bytes_max),
        status => Problem::new(status, "body_unreadable", "the body ended too early").hint("send it again"),
    })?;
    let lines = lines(&body, headers, server.settings.request_records_max)?;
    let several = lines.len() > 1;
    let mut records = Vec::with_capacity(lines.len());
    for (number, line) in lines {
        let at = |problem: Problem| if several { problem.line(number) } else { problem };
        records.push((number, record(server, headers, line, several).map_err(at)?));
    }
    let bytes_max = door.record_bytes_max();
    if let Some((number, _)) = records.iter().find(|(_, (_, record))| record.bytes() > bytes_max) {
        let problem = problem_of(WorkerError::RecordTooLarge { bytes: bytes_max + 1, bytes_max });
        return Err(if several { problem.line(*number) } else { problem });
    }
    send(door, records, Duration::from_millis(server.settings.wait_ms)).await
}

/// The records of a body: the whole of it if it is one document, or its lines.
fn lines<'a>(
    body: &'a [u8],
    headers: &HeaderMap,
    records_max: usize,
) -> Result<Vec<(usize, &'a [u8])>, Problem> {
    let whole = body.trim_ascii();
    if whole.is_empty() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, Code::RecordEmpty.as_str(), "the body is empty")
            .hint("send one submission or event as JSON, or one a line"));
    }
    let is_lines = headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.to_str().is_ok_and(|kind| kind.contains("ndjson") || kind.contains("jsonl"))
    });
    // One document may be written over several lines.
    let one = |text: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(text);
    let error = match (is_lines, one(whole)) {
        (false, Ok(_)) => return Ok(vec![(1, whole)]),
        (_, Err(error)) => Some(error),
        (true, Ok(_)) => None,
    };
    let lines: Vec<(usize, &[u8])> = whole
        .split(|byte| *byte == b'\n')
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim_ascii()))
        .filter(|(_, line)| !line.is_empty())
        .collect();
    if lines.len() > records_max {
        let detail = format!("more than {records_max} submissions in one request");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", detail)
            .hint("send them in several requests"));
    }
    for (number, line) in &lines {
        if let Err(in_line) = one(line) {
            // A single document that breaks off is best named by where it breaks off.
            let (error, line) = match (&error, lines.len()) {
                (Some(error), 1) => (error, None),
                _ => (&in_line, Some(*number)),
            };
            let utf8 = std::str::from_utf8(whole).is_err();
            let code = if utf8 { Code::Utf8Invalid } else { Code::JsonSyntax };
            let detail = format!(
                "the body is not JSON, nor JSON lines: line {}, column {}",
                line.unwrap_or(error.line()),
                error.column()
            );
            let problem = Problem::new(StatusCode::BAD_REQUEST, code.as_str(), detail).hint(code.hint());
            return Err(match line {
                Some(line) => problem.line(line),
                None => problem,
            });
        }
    }
    Ok(lines)
}

/// A line as a record, if it says of itself what it is. Whether its survey is known is decided later.
fn record(
    server: &Server,
    headers: &HeaderMap,
    line: &[u8],
    several: bool,
) -> Result<(Option<String>, Outgoing), Problem> {
    let internal =
        |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "a record could not be made");
    let apart = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    let (id, outgoing) = match binary_mode(headers) {
        Some(attributes) if !several => {
            let id = attributes.iter().find(|header| header.name == "ce_id");
            let id = id.and_then(|header| String::from_utf8(header.value.clone()?).ok());
            // The key is that of the data.
            let (_, keyed) = outgoing_as(line.to_vec(), "").map_err(internal)?;
            (id, Outgoing { headers: attributes, payload: line.to_vec(), key: keyed.key })
        }
        _ => outgoing_as(line.to_vec(), apart).map_err(internal)?,
    };
    let seen = Record { payload: Some(&outgoing.payload), headers: &outgoing.headers };
    let outcome = interpret(&seen, &server.catalogs.definitions()).outcome;
    let refused = outcome.issues.first().filter(|_| outcome.kind == shukei_interpret::Kind::Rejection);
    match refused.map(|issue| (issue.code, issue)) {
        Some((
            code @ (Code::EnvelopeInvalid
            | Code::EventTypeUnknown
            | Code::FieldMissing
            | Code::FieldType
            | Code::JsonDuplicateKey),
            issue,
        )) => {
            let detail = format!("not a submission: {}", why(code));
            // What came bare was wrapped into an event here: the sender knows its own fields.
            let wrapped = outgoing.payload != line;
            let path = issue.path.strip_prefix("/data").filter(|_| wrapped).unwrap_or(&issue.path);
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code.as_str(), detail)
                .path(path)
                .hint(issue.hint.clone()))
        }
        _ => Ok((id, outgoing)),
    }
}

/// The attributes of an event in the binary mode of the HTTP binding, as headers of the record.
fn binary_mode(headers: &HeaderMap) -> Option<Vec<Header>> {
    headers.get("ce-specversion")?;
    let attributes = headers.iter().filter_map(|(name, value)| {
        let attribute = name.as_str().strip_prefix("ce-")?;
        Some(Header { name: format!("ce_{attribute}"), value: Some(value.as_bytes().to_vec()) })
    });
    Some(attributes.collect())
}

/// Sends all records and waits until they are stored. Where there is no room in time the request is refused; what of
/// it was sent already will be stored, and is known when it comes again.
async fn send(
    door: &Door,
    records: Vec<(usize, (Option<String>, Outgoing))>,
    wait: Duration,
) -> Result<Accepted, Problem> {
    let until = Instant::now() + wait;
    let mut waiting = Vec::with_capacity(records.len());
    for (_, (id, record)) in records {
        // What moves on is not stuck: each record may wait as long as the first.
        let left = until.saturating_duration_since(Instant::now()).max(wait / 4);
        waiting.push((id, door.send_within(record, left).await.map_err(problem_of)?));
    }
    let mut receipts = Vec::with_capacity(waiting.len());
    for (id, stored) in waiting {
        let at: Receipt = stored.await.map_err(problem_of)?;
        receipts.push(Stored { id, receipt: receipt::write(&at), at });
    }
    Ok(Accepted { stored: receipts.len(), receipts })
}

/// What the code means, in words that hold nothing of the record.
fn why(code: Code) -> &'static str {
    match code {
        Code::EnvelopeInvalid => "it is neither a submission nor a CloudEvents 1.0 event",
        Code::EventTypeUnknown => "there is no such type of event",
        Code::FieldMissing => "a field that says whose it is is missing",
        Code::FieldType => "a field has another JSON type than it must have",
        Code::JsonDuplicateKey => "a field that says whose it is stands twice",
        _ => "it cannot be attributed",
    }
}

fn too_large(bytes_max: usize) -> Problem {
    let detail = format!("the body is larger than {bytes_max} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", detail)
        .hint("send the submissions in several requests")
}

fn problem_of(error: WorkerError) -> Problem {
    let status = match &error {
        WorkerError::RecordTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let detail = match &error {
        WorkerError::RecordTooLarge { bytes_max, .. } => {
            format!("the record is larger than max_record_bytes = {bytes_max}")
        }
        other => other.to_string(),
    };
    let problem = Problem::new(status, error.code(), detail).hint(error.hint());
    match status {
        StatusCode::SERVICE_UNAVAILABLE => problem.retry_after(RETRY_AFTER_SECONDS),
        _ => problem,
    }
}
