use std::sync::Arc;

use shukei_schemas::definition::{Definitions, FormRef, LayoutRef, SurveyDefinition, Wave, content_hash};
use shukei_schemas::event::{Envelope, Fields, Header, SUBMISSION_RECEIVED, SUBMISSION_WITHDRAWN, Subject};
use shukei_schemas::json::Json;
use shukei_schemas::{Code, FormId, Issue, LayoutId};

use crate::{Interpretation, Kind, Outcome, Response, cells, direct};

/// A record as raw holds it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The bytes; none is the same as empty.
    pub payload: Option<&'a [u8]>,
    /// The headers.
    pub headers: &'a [Header],
}

/// Reads, attributes and interprets one record. Total: every record comes to exactly one outcome.
pub fn interpret(record: &Record<'_>, definitions: &Definitions) -> Interpretation {
    let payload = record.payload.unwrap_or_default();
    let mut outcome = Outcome {
        kind: Kind::Rejection,
        target: None,
        survey: None,
        wave: None,
        unit: None,
        event_source: None,
        event_id: None,
        content_hash: content_hash(payload),
        revision: None,
        event_time_us: None,
        definitions: Vec::new(),
        issues: Vec::new(),
    };
    match attribute(payload, record.headers, definitions, &mut outcome) {
        Ok(response) => Interpretation { outcome, response },
        Err(issue) => {
            outcome.kind = Kind::Rejection;
            outcome.target = None;
            outcome.issues = vec![issue];
            Interpretation { outcome, response: None }
        }
    }
}

fn attribute(
    payload: &[u8],
    headers: &[Header],
    definitions: &Definitions,
    outcome: &mut Outcome,
) -> Result<Option<Response>, Issue> {
    let envelope = Envelope::read(payload, headers)?;
    outcome.event_source = Some(envelope.source.clone());
    outcome.event_id = Some(envelope.id.clone());
    outcome.event_time_us = envelope.time_us;
    let path = envelope.data_path;
    let withdrawn = match envelope.event_type.as_str() {
        SUBMISSION_RECEIVED => false,
        SUBMISSION_WITHDRAWN => true,
        _ => return Err(Issue::new(Code::EventTypeUnknown, if path.is_empty() { "" } else { "/type" })),
    };
    let subject = Subject::read(&envelope.data, path)?;
    outcome.survey = Some(subject.survey.clone());
    outcome.wave = Some(subject.wave.clone());
    outcome.revision = subject.revision;
    let definition = definitions
        .survey(&subject.survey)
        .ok_or_else(|| Issue::new(Code::SurveyUnknown, format!("{path}/survey")))?;
    let survey = &definition.survey;
    let wave =
        survey.wave(&subject.wave).ok_or_else(|| Issue::new(Code::WaveUnknown, format!("{path}/wave")))?;
    let unit = subject.unit(survey.unit);
    outcome.unit = Some(unit.clone());
    if withdrawn {
        outcome.kind = Kind::Withdrawal;
        outcome.definitions = definition.names_of(None, None);
        return Ok(None);
    }
    let fields = Fields { data: &envelope.data, path };
    let (form, layout) = form_of(fields, definition, wave)?;
    let entries = match fields.value("answers")? {
        Some(Json::Object(entries)) => entries,
        Some(_) => return Err(Issue::new(Code::FieldType, format!("{path}/answers"))),
        None => return Err(Issue::new(Code::FieldMissing, format!("{path}/answers"))),
    };
    let method = fields.text("method")?.unwrap_or_else(|| "form".to_owned());
    let missing = || Issue::new(Code::FormUnknown, format!("{path}/form"));
    let resolved = definition.form(&form).ok_or_else(missing)?;
    let answers_path = format!("{path}/answers");
    let answers = match &layout {
        None => direct::read(resolved, entries, &answers_path, &mut outcome.issues),
        Some(layout) => {
            let layout = definition
                .layout(layout)
                .ok_or_else(|| Issue::new(Code::LayoutUnknown, format!("{path}/layout")))?;
            cells::read(resolved, layout, entries, &answers_path, &mut outcome.issues)
        }
    };
    outcome.issues.sort_by(|a, b| (&a.path, a.code).cmp(&(&b.path, b.code)));
    outcome.kind = Kind::Response;
    outcome.target = Some(format!("responses/{}", form.target()));
    outcome.definitions = definition.names_of(Some(&form), layout.as_ref());
    Ok(Some(Response {
        form: Arc::clone(resolved),
        unit,
        respondent: subject.respondent,
        group: subject.group,
        wave: subject.wave,
        method,
        revision: subject.revision,
        answers,
    }))
}

/// Which form was answered, and which layout reads the answers.
fn form_of(
    fields: Fields<'_>,
    definition: &SurveyDefinition,
    wave: &Wave,
) -> Result<(FormRef, Option<LayoutRef>), Issue> {
    let at = |name: &str| format!("{}/{name}", fields.path);
    let layout = match fields.text("layout")? {
        None => None,
        Some(name) => {
            let name = LayoutId::new(name);
            let wanted = fields.integer("layout_version")?;
            let listed = match wanted {
                None => definition.newest_layout(wave, &name),
                Some(version) => {
                    wave.layouts.iter().find(|l| l.layout == name && i64::from(l.version) == version)
                }
            };
            Some(listed.cloned().ok_or_else(|| Issue::new(Code::LayoutUnknown, at("layout")))?)
        }
    };
    let of_layout = layout.as_ref().and_then(|layout| definition.layout(layout)).map(|layout| &layout.form);
    let name = fields.text("form")?.map(FormId::new);
    let version = fields.integer("form_version")?;
    let listed = wave.forms.iter().filter(|form| {
        name.as_ref().is_none_or(|name| &form.form == name)
            && version.is_none_or(|version| i64::from(form.version) == version)
            && of_layout.is_none_or(|of_layout| *form == of_layout)
    });
    let newest = listed.clone().max_by_key(|form| form.version);
    let ambiguous = name.is_none()
        && of_layout.is_none()
        && listed.map(|form| &form.form).collect::<std::collections::HashSet<_>>().len() > 1;
    if ambiguous {
        return Err(Issue::new(Code::FieldMissing, at("form")));
    }
    let form = newest.cloned().ok_or_else(|| Issue::new(Code::FormUnknown, at("form")))?;
    Ok((form, layout))
}
