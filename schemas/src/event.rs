//! Events as they travel: CloudEvents 1.0 in structured mode (the whole event is one JSON document) and in binary
//! mode (attributes in Kafka headers `ce_…`, the record's bytes are the data).

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::aggregate::AggregateDelivery;
use crate::codes::{Code, Issue, pointer_part};
use crate::definition::{UnitRule, content_hash};
use crate::edit::EditedSubmission;
use crate::ids::{FormId, LayoutId, RespondentId, SurveyId, UnitId, WaveId};
use crate::json::{Arena, Found, Json};

/// The type of an event that brings answers.
pub const SUBMISSION_RECEIVED: &str = "submission.received";
/// The type of an event that takes a unit's answers back.
pub const SUBMISSION_WITHDRAWN: &str = "submission.withdrawn";
/// The type of an event that brings a submission as the survey office has changed it.
pub const SUBMISSION_EDITED: &str = "submission.edited";
/// The type of an event that brings another organisation's counts instead of records.
pub const AGGREGATE_RECEIVED: &str = "aggregate.received";
/// The content type of structured mode.
pub const STRUCTURED: &str = "application/cloudevents+json";

/// A Kafka header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name.
    pub name: String,
    /// The bytes, if there are any.
    pub value: Option<Vec<u8>>,
}

/// What every event says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope<'a> {
    /// Unique together with `source`.
    pub id: &'a str,
    /// Who made the event.
    pub source: &'a str,
    /// What happened.
    pub event_type: &'a str,
    /// When, by the source's clock, in microseconds since 1970.
    pub time_us: Option<i64>,
    /// The data.
    pub data: Json<'a>,
    /// Where `data` stands in the record: `/data` in structured mode, empty in binary mode.
    pub data_path: &'static str,
}

impl<'a> Envelope<'a> {
    /// Reads the envelope of a record; what it says lives in the arena.
    ///
    /// # Errors
    /// An [`Issue`] with the code of a rejection; it holds no content.
    pub fn read(arena: &'a Arena, payload: &'a [u8], headers: &'a [Header]) -> Result<Envelope<'a>, Issue> {
        if payload.is_empty() {
            return Err(Issue::new(Code::RecordEmpty, ""));
        }
        let text = std::str::from_utf8(payload).map_err(|error| {
            let hint =
                format!("{}; the first bad byte is number {}", Code::Utf8Invalid.hint(), error.valid_up_to());
            Issue::with_hint(Code::Utf8Invalid, "", hint)
        })?;
        let json = Json::parse(arena, text).map_err(|error| {
            Issue::with_hint(Code::JsonSyntax, "", format!("{}; {error}", Code::JsonSyntax.hint()))
        })?;
        if header(headers, "ce_specversion").is_some() { binary(headers, json) } else { structured(json) }
    }
}

/// Whether a record says of itself that it is an event, without reading its data: what ingest counts. Nothing is
/// decided by it.
pub fn has_envelope(payload: &[u8], headers: &[Header]) -> bool {
    #[derive(Deserialize)]
    struct Attributes {
        #[serde(rename = "specversion")]
        _specversion: serde::de::IgnoredAny,
        #[serde(rename = "id")]
        _id: serde::de::IgnoredAny,
        #[serde(rename = "type")]
        _type: serde::de::IgnoredAny,
    }
    header(headers, "ce_specversion").is_some() || serde_json::from_slice::<Attributes>(payload).is_ok()
}

fn header<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    let value = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?.value.as_deref()?;
    std::str::from_utf8(value).ok()
}

fn binary<'a>(headers: &'a [Header], data: Json<'a>) -> Result<Envelope<'a>, Issue> {
    let need = |name: &'static str| {
        header(headers, name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Issue::with_hint(Code::EnvelopeInvalid, "", format!("give the header `{name}`")))
    };
    version(need("ce_specversion")?)?;
    Ok(Envelope {
        id: need("ce_id")?,
        source: need("ce_source")?,
        event_type: need("ce_type")?,
        time_us: header(headers, "ce_time").map(|text| time(text, "")).transpose()?,
        data,
        data_path: "",
    })
}

fn structured(json: Json<'_>) -> Result<Envelope<'_>, Issue> {
    if !matches!(json, Json::Object(_)) {
        return Err(Issue::new(Code::EnvelopeInvalid, ""));
    }
    let need = |name: &str| match json.get(name) {
        Found::Once(Json::Text(text)) if !text.is_empty() => Ok(*text),
        Found::Repeated => Err(Issue::new(Code::JsonDuplicateKey, pointer_part(name))),
        _ => Err(Issue::new(Code::EnvelopeInvalid, pointer_part(name))),
    };
    version(need("specversion")?)?;
    let time_us = match json.get("time") {
        Found::Missing | Found::Once(Json::Null) => None,
        Found::Once(Json::Text(text)) => Some(time(text, "/time")?),
        Found::Once(_) => return Err(Issue::new(Code::EnvelopeInvalid, "/time")),
        Found::Repeated => return Err(Issue::new(Code::JsonDuplicateKey, "/time")),
    };
    let data = match json.get("data") {
        Found::Once(data) => *data,
        Found::Missing => return Err(Issue::new(Code::FieldMissing, "/data")),
        Found::Repeated => return Err(Issue::new(Code::JsonDuplicateKey, "/data")),
    };
    let (id, source, event_type) = (need("id")?, need("source")?, need("type")?);
    Ok(Envelope { id, source, event_type, time_us, data, data_path: "/data" })
}

fn version(text: &str) -> Result<(), Issue> {
    if text == "1.0" {
        Ok(())
    } else {
        Err(Issue::with_hint(Code::EnvelopeInvalid, "/specversion", "only specversion 1.0 is read"))
    }
}

fn time(text: &str, path: &str) -> Result<i64, Issue> {
    text.parse::<Timestamp>().map(|time| time.as_microsecond()).map_err(|_| {
        Issue::with_hint(Code::EnvelopeInvalid, path, "write the time by RFC 3339, with its zone")
    })
}

/// Whom and what a submission is about: the fields that events of every type share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The survey.
    pub survey: SurveyId,
    /// The wave.
    pub wave: WaveId,
    /// Whoever answers.
    pub respondent: RespondentId,
    /// The group that is answered for.
    pub group: Option<String>,
    /// The sender's own count of corrections.
    pub revision: Option<i64>,
}

impl Subject {
    /// Reads the fields out of an event's data; `only_wave` is the wave of a survey that has no waves.
    ///
    /// # Errors
    /// An [`Issue`] with the code of a rejection.
    pub fn read(
        data: &Json<'_>,
        path: &str,
        only_wave: impl Fn(&SurveyId) -> Option<WaveId>,
    ) -> Result<Subject, Issue> {
        let fields = Fields { data, path };
        let survey = SurveyId::new(fields.need_text("survey")?);
        let wave = match fields.text("wave")? {
            Some(wave) => Some(WaveId::new(wave)),
            None => only_wave(&survey),
        };
        Ok(Subject {
            wave: wave.ok_or_else(|| Issue::new(Code::FieldMissing, fields.at("wave")))?,
            survey,
            respondent: RespondentId::new(fields.need_text("respondent")?),
            group: fields.text("group")?,
            revision: fields.integer("revision")?,
        })
    }

    /// What counts once in the wave.
    pub fn unit(&self, rule: UnitRule) -> UnitId {
        match (rule, &self.group) {
            (UnitRule::RespondentAndGroup, Some(group)) => {
                UnitId::new(format!("{}/{}", escape(self.respondent.as_str()), escape(group)))
            }
            _ => UnitId::new(escape(self.respondent.as_str())),
        }
    }
}

/// Keeps the separator of unit ids out of their parts.
fn escape(part: &str) -> String {
    part.replace('%', "%25").replace('/', "%2F")
}

/// The fields of an object, read strictly.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// The object.
    pub data: &'a Json<'a>,
    /// Where it stands in the record.
    pub path: &'a str,
}

impl<'a> Fields<'a> {
    fn at(&self, name: &str) -> String {
        format!("{}{}", self.path, pointer_part(name))
    }

    /// The value under a key that must be unique; null counts as missing.
    pub fn value(&self, name: &str) -> Result<Option<&'a Json<'a>>, Issue> {
        if !matches!(self.data, Json::Object(_)) {
            return Err(Issue::new(Code::FieldType, self.path));
        }
        match self.data.get(name) {
            Found::Missing | Found::Once(Json::Null) => Ok(None),
            Found::Once(value) => Ok(Some(value)),
            Found::Repeated => Err(Issue::new(Code::JsonDuplicateKey, self.at(name))),
        }
    }

    /// An optional text.
    pub fn text(&self, name: &str) -> Result<Option<String>, Issue> {
        match self.value(name)? {
            None => Ok(None),
            Some(Json::Text(text)) if !text.trim().is_empty() => Ok(Some((*text).to_owned())),
            Some(Json::Text(_)) => Ok(None),
            Some(_) => Err(Issue::new(Code::FieldType, self.at(name))),
        }
    }

    /// A text that must be there.
    pub fn need_text(&self, name: &str) -> Result<String, Issue> {
        self.text(name)?.ok_or_else(|| Issue::new(Code::FieldMissing, self.at(name)))
    }

    /// An optional whole number.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, Issue> {
        match self.value(name)? {
            None => Ok(None),
            Some(Json::Number(text)) => {
                text.parse().map(Some).map_err(|_| Issue::new(Code::FieldType, self.at(name)))
            }
            Some(_) => Err(Issue::new(Code::FieldType, self.at(name))),
        }
    }
}

/// A submission without an envelope, or the data of a `submission.received` event, as producers write it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Submission {
    /// The id of a defined survey.
    #[schemars(length(min = 1))]
    pub survey: String,
    /// One of its waves; left out where the survey has no waves.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wave: String,
    /// Whoever answers.
    #[schemars(length(min = 1))]
    pub respondent: String,
    /// The group that is answered for; needed where the survey has groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The form that was answered; needed where a wave has several and no layout is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub form: Option<FormId>,
    /// The form's version; the newest that the wave lists if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form_version: Option<u32>,
    /// The layout that says how to read the answers, where they are cells of somebody's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub layout: Option<LayoutId>,
    /// The layout's version; the newest that the wave lists if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout_version: Option<u32>,
    /// How it was collected; `form` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The sender's own count of corrections; none counts as 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// When the respondent sent it, by RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<String>,
    /// Question number → answer, or column → cell where a layout is named.
    #[schemars(with = "BTreeMap<String, AnswerDocument>")]
    pub answers: serde_json::Value,
}

/// The data of a `submission.withdrawn` event, as producers write it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Withdrawal {
    /// The id of a defined survey.
    #[schemars(length(min = 1))]
    pub survey: String,
    /// One of its waves; left out where the survey has no waves.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wave: String,
    /// Whoever takes the answers back.
    #[schemars(length(min = 1))]
    pub respondent: String,
    /// The group that was answered for; needed where a respondent counts once in each group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The sender's own count of corrections; the withdrawal takes its place in that order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
}

/// The JSON Schema (2020-12) of events in structured mode, generated from the types of this module: pretty JSON with a
/// line break at its end. It is published as `schemas/docs/event.schema.json`.
///
/// # Errors
/// None in practice: a schema is JSON.
pub fn json_schema() -> Result<String, serde_json::Error> {
    let schema = schemars::schema_for!(EventDocument);
    serde_json::to_string_pretty(&schema).map(|text| text + "\n")
}

/// An event in structured mode, as producers write it; only its schema is used.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(
    title = "shukei event",
    description = "A CloudEvents 1.0 event in structured mode with JSON data. `null` counts as not given, and so do blank texts. What is not listed here is kept and not looked at. Generated from the Rust types."
)]
#[expect(dead_code, reason = "only its schema is used")]
enum EventDocument {
    Received(ReceivedDocument),
    Withdrawn(WithdrawnDocument),
    Edited(EditedDocument),
    Aggregate(AggregateDocument),
}

/// Brings the answers of a respondent.
#[derive(JsonSchema)]
#[schemars(rename = "submission.received")]
#[expect(dead_code, reason = "only its schema is used")]
struct ReceivedDocument {
    #[serde(flatten)]
    attributes: AttributesDocument,
    /// What happened: answers came.
    #[serde(rename = "type")]
    #[schemars(extend("const" = SUBMISSION_RECEIVED))]
    event_type: String,
    /// Whose answers, on which form, and the answers.
    data: Submission,
}

/// Takes a respondent's answers back.
#[derive(JsonSchema)]
#[schemars(rename = "submission.withdrawn")]
#[expect(dead_code, reason = "only its schema is used")]
struct WithdrawnDocument {
    #[serde(flatten)]
    attributes: AttributesDocument,
    /// What happened: answers are taken back.
    #[serde(rename = "type")]
    #[schemars(extend("const" = SUBMISSION_WITHDRAWN))]
    event_type: String,
    /// Whose answers are taken back.
    data: Withdrawal,
}

/// Brings a submission as the survey office has changed it.
#[derive(JsonSchema)]
#[schemars(rename = "submission.edited")]
#[expect(dead_code, reason = "only its schema is used")]
struct EditedDocument {
    #[serde(flatten)]
    attributes: AttributesDocument,
    /// What happened: the survey office changed answers.
    #[serde(rename = "type")]
    #[schemars(extend("const" = SUBMISSION_EDITED))]
    event_type: String,
    /// The whole submission with the changes made, and what was changed.
    data: EditedSubmission,
}

/// Brings what an organisation counted, instead of records.
#[derive(JsonSchema)]
#[schemars(rename = "aggregate.received")]
#[expect(dead_code, reason = "only its schema is used")]
struct AggregateDocument {
    #[serde(flatten)]
    attributes: AttributesDocument,
    /// What happened: counts came.
    #[serde(rename = "type")]
    #[schemars(extend("const" = AGGREGATE_RECEIVED))]
    event_type: String,
    /// Who counted, by which mapping it is read across, and the counts.
    data: AggregateDelivery,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct AttributesDocument {
    /// The version of CloudEvents.
    #[schemars(extend("const" = "1.0"))]
    specversion: String,
    /// Unique together with `source`. With the same bytes it is the same event; with others it is flagged `id_reused`.
    #[schemars(length(min = 1))]
    id: String,
    /// Who made the event, as a URI reference.
    #[schemars(length(min = 1))]
    source: String,
    /// When it happened, by RFC 3339 with its zone. It is kept and decides nothing.
    time: Option<String>,
    /// The content type of `data`; not looked at.
    datacontenttype: Option<String>,
}

/// One answer, or one cell where a layout is named.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Answer")]
#[expect(dead_code, reason = "only its schema is used")]
enum AnswerDocument {
    /// Left blank.
    Blank(()),
    /// The code of a single answer, a number given, or a cell.
    Number(serde_json::Number),
    /// Words, a number as decimal text with a point, or a cell.
    Text(String),
    /// The codes of a multiple answer.
    Marks(Vec<i16>),
    /// The rows of a grid: row code → code of the answer.
    Rows(BTreeMap<String, Option<i16>>),
}

/// Writes a CloudEvents 1.0 event in structured mode.
///
/// # Errors
/// If `data` cannot be written as JSON.
pub fn write_structured(
    id: &str,
    source: &str,
    event_type: &str,
    time: Option<&str>,
    data: &impl Serialize,
) -> Result<Vec<u8>, serde_json::Error> {
    #[derive(Serialize)]
    struct Structured<'a, D> {
        specversion: &'static str,
        id: &'a str,
        source: &'a str,
        #[serde(rename = "type")]
        event_type: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        time: Option<&'a str>,
        datacontenttype: &'static str,
        data: &'a D,
    }
    serde_json::to_vec(&Structured {
        specversion: "1.0",
        id,
        source,
        event_type,
        time,
        datacontenttype: "application/json",
        data,
    })
}

/// The record key of a submission, so that all events of one respondent share a partition.
pub fn record_key(survey: &str, respondent: &str) -> Vec<u8> {
    format!("{survey}/{}", escape(respondent)).into_bytes()
}

/// The id of a submission that came without an envelope: the same bytes from the same place are the same event.
/// `telling_apart` is what the channel gives to tell two equal deliveries apart, or empty.
pub fn bare_id(source: &str, content: &[u8], telling_apart: &str) -> String {
    let mut bytes = Vec::with_capacity(content.len() + source.len() + telling_apart.len() + 2);
    for part in [source.as_bytes(), telling_apart.as_bytes(), content] {
        bytes.extend_from_slice(part);
        bytes.push(0);
    }
    content_hash(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Vec<Header> {
        pairs
            .iter()
            .map(|(name, value)| Header { name: (*name).into(), value: Some(value.as_bytes().to_vec()) })
            .collect()
    }

    #[test]
    fn structured_and_binary_mode_say_the_same() {
        let data = serde_json::json!({"survey": "s", "wave": "w", "respondent": "r", "answers": {}});
        let bytes =
            write_structured("1", "urn:a", SUBMISSION_RECEIVED, Some("2026-01-02T03:04:05Z"), &data).unwrap();
        let arena = Arena::default();
        let structured = Envelope::read(&arena, &bytes, &[]).unwrap();
        let headers = headers(&[
            ("ce_specversion", "1.0"),
            ("ce_id", "1"),
            ("ce_source", "urn:a"),
            ("ce_type", SUBMISSION_RECEIVED),
            ("ce_time", "2026-01-02T03:04:05Z"),
        ]);
        let data = data.to_string();
        let binary = Envelope::read(&arena, data.as_bytes(), &headers).unwrap();
        assert_eq!(structured.data, binary.data);
        assert_eq!((structured.id, structured.source), (binary.id, binary.source));
        assert_eq!(structured.time_us, binary.time_us);
    }

    #[test]
    fn what_is_no_event_says_why() {
        let code = |payload: &[u8]| Envelope::read(&Arena::default(), payload, &[]).unwrap_err().code;
        assert_eq!(code(b""), Code::RecordEmpty);
        assert_eq!(code(b"\xff{}"), Code::Utf8Invalid);
        assert_eq!(code(b"{\"specversion\""), Code::JsonSyntax);
        assert_eq!(code(b"[1]"), Code::EnvelopeInvalid);
        assert_eq!(code(b"{\"specversion\":\"0.3\"}"), Code::EnvelopeInvalid);
        assert_eq!(
            code(br#"{"specversion":"1.0","id":"1","id":"2","source":"s","type":"t","data":{}}"#),
            Code::JsonDuplicateKey
        );
    }

    #[test]
    fn units_of_groups_cannot_be_mistaken_for_others() {
        let subject = |respondent: &str, group: Option<&str>| Subject {
            survey: "s".into(),
            wave: "w".into(),
            respondent: respondent.into(),
            group: group.map(str::to_owned),
            revision: None,
        };
        let rule = UnitRule::RespondentAndGroup;
        assert_ne!(subject("a/b", None).unit(rule), subject("a", Some("b")).unit(rule));
        assert_eq!(subject("a", Some("b")).unit(UnitRule::Respondent).as_str(), "a");
    }
}
