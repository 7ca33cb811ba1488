use std::sync::Arc;

use shukei_schemas::codes::pointer_part;
use shukei_schemas::definition::{
    Definitions, FilledFrom, Form, FormRef, LayoutRef, MappingRef, SurveyDefinition, Used, Wave, content_hash,
};
use shukei_schemas::edit::Edited;
use shukei_schemas::event::{
    AGGREGATE_RECEIVED, Envelope, Fields, Header, SUBMISSION_EDITED, SUBMISSION_RECEIVED,
    SUBMISSION_WITHDRAWN, Subject,
};
use shukei_schemas::json::{Arena, Json};
use shukei_schemas::{Code, FormId, Issue, LayoutId, moment};
use smallvec::smallvec;

use crate::demand::demanded;
use crate::logic::Known;
use crate::mapping::read_across;
use crate::{
    Aggregate, Answer, Interpretation, Kind, Outcome, PerRow, Response, Value, aggregate, cells, direct,
    logic,
};

/// A record as raw holds it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The bytes; none is the same as empty.
    pub payload: Option<&'a [u8]>,
    /// The headers.
    pub headers: &'a [Header],
}

/// Reads, attributes and interprets one record. Total: every record comes to exactly one outcome. Without the broker's
/// time a record that says no time of its own is never late.
pub fn interpret(record: &Record<'_>, definitions: &Definitions) -> Interpretation {
    interpret_at(record, None, definitions)
}

/// The same for a record whose order time is known, in microseconds: it decides whether a submission is late that says
/// no time of its own.
pub fn interpret_at(
    record: &Record<'_>,
    order_time_us: Option<i64>,
    definitions: &Definitions,
) -> Interpretation {
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
    match attribute(payload, record.headers, order_time_us, definitions, &mut outcome) {
        Ok(None) => Interpretation { outcome, response: None, aggregate: None },
        Ok(Some(Rows::Response(response))) => {
            Interpretation { outcome, response: Some(response), aggregate: None }
        }
        Ok(Some(Rows::Aggregate(aggregate))) => {
            Interpretation { outcome, response: None, aggregate: Some(aggregate) }
        }
        Err(issue) => {
            outcome.kind = Kind::Rejection;
            outcome.target = None;
            outcome.issues = vec![issue];
            Interpretation { outcome, response: None, aggregate: None }
        }
    }
}

/// What a refined table is to hold of a record.
enum Rows {
    Response(Response),
    Aggregate(Aggregate),
}

fn attribute(
    payload: &[u8],
    headers: &[Header],
    order_time_us: Option<i64>,
    definitions: &Definitions,
    outcome: &mut Outcome,
) -> Result<Option<Rows>, Issue> {
    let arena = Arena::for_bytes(payload.len());
    let envelope = Envelope::read(&arena, payload, headers)?;
    outcome.event_source = Some(envelope.source.to_owned());
    outcome.event_id = Some(envelope.id.to_owned());
    outcome.event_time_us = envelope.time_us;
    let path = envelope.data_path;
    let kind = match envelope.event_type {
        SUBMISSION_RECEIVED => Kind::Response,
        SUBMISSION_WITHDRAWN => Kind::Withdrawal,
        SUBMISSION_EDITED => Kind::Edit,
        AGGREGATE_RECEIVED => {
            let read = aggregate::read(&envelope, order_time_us, definitions, outcome)?;
            return Ok(Some(Rows::Aggregate(read)));
        }
        _ => return Err(Issue::new(Code::EventTypeUnknown, if path.is_empty() { "" } else { "/type" })),
    };
    let subject = Subject::read(&envelope.data, path, |survey| {
        definitions.survey(survey).and_then(|known| known.survey.wave_if_none_is_named()).cloned()
    })?;
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
    outcome.kind = kind;
    if kind == Kind::Withdrawal {
        outcome.definitions = definition.names_of(&Used::default());
        return Ok(None);
    }
    if kind == Kind::Edit {
        // Who changed what stays in the record; here it only has to be said.
        let _ = Edited::read(&envelope.data, path)?;
    }
    // The time of an edit is not the time of the answers.
    let (own_time, order_time_us) = match kind {
        Kind::Edit => (None, None),
        _ => (envelope.time_us, order_time_us),
    };
    let fields = Fields { data: &envelope.data, path };
    let answered = answered_on(fields, definition, wave)?;
    let entries = match fields.value("answers")? {
        Some(Json::Object(entries)) => entries,
        Some(_) => return Err(Issue::new(Code::FieldType, format!("{path}/answers"))),
        None => return Err(Issue::new(Code::FieldMissing, format!("{path}/answers"))),
    };
    let missing = || Issue::new(Code::FormUnknown, format!("{path}/form"));
    let resolved = definition.form(&answered.form).ok_or_else(missing)?;
    let answers_path = format!("{path}/answers");
    let mut answers = match &answered.layout {
        None => direct::read(resolved, entries, &answers_path, &mut outcome.issues),
        Some(layout) => {
            let layout = definition
                .layout(layout)
                .ok_or_else(|| Issue::new(Code::LayoutUnknown, format!("{path}/layout")))?;
            cells::read(resolved, layout, entries, &answers_path, &mut outcome.issues)
        }
    };
    let group = known_group(&subject, definition, wave, path, &mut outcome.issues);
    let known = Known {
        group: group.as_deref(),
        submitted_at: submitted_at(fields, own_time),
        reference_date: wave.reference_date.as_deref().and_then(moment::iso_date),
    };
    // Routing is that of the form that was answered.
    fill_from_group(resolved, known.group, &mut answers);
    logic::work_out(resolved, known, &mut answers, &answers_path, &mut outcome.issues);
    identifiers(resolved, &answers, &answers_path, &mut outcome.issues);
    if let Some(Err(fault)) = survey.respondent_check.map(|of| of.check(subject.respondent.as_str())) {
        let at = format!("{path}/respondent");
        outcome.issues.push(Issue::with_hint(Code::IdentifierInvalid, at, fault.hint()));
    }
    demanded(resolved, &answers, &answers_path)?;
    let mapping = answered.mapping.as_ref().and_then(|mapping| definition.mapping(mapping));
    let target = match mapping {
        None => resolved,
        Some(mapping) => definition.form(&mapping.target).ok_or_else(missing)?,
    };
    let method = match mapping {
        None => fields.text("method")?.unwrap_or_else(|| "form".to_owned()),
        Some(mapping) => {
            answers = read_across(mapping, resolved, target, &answers);
            fill_from_group(target, known.group, &mut answers);
            logic::derive_again(target, known, &mut answers);
            mapping.method.clone()
        }
    };
    outcome.issues.sort_by(|a, b| (&a.path, a.code).cmp(&(&b.path, b.code)));
    if let (Some(closes), Some(time)) = (wave.closes_at(), known.submitted_at.or(order_time_us))
        && time >= closes
    {
        // The first of all, so that a query finds it without reading the others.
        let of = if known.submitted_at.is_some() { "/submitted_at" } else { "" };
        outcome.issues.insert(0, Issue::new(Code::Late, format!("{path}{of}")));
    }
    outcome.target = Some(format!("responses/{}", target.reference.target()));
    outcome.definitions = definition.names_of(&Used {
        wave: Some(wave),
        form: Some(&answered.form),
        layout: answered.layout.as_ref(),
        mapping: answered.mapping.as_ref(),
    });
    Ok(Some(Rows::Response(Response {
        form: Arc::clone(target),
        unit,
        respondent: subject.respondent,
        group,
        wave: subject.wave,
        method,
        mapping: mapping.map(|mapping| mapping.reference.target()),
        revision: subject.revision,
        answers,
    })))
}

/// When the respondent sent the answers: as the submission says, else as its event does.
fn submitted_at(fields: Fields<'_>, event_time: Option<i64>) -> Option<i64> {
    let said = fields.text("submitted_at").ok().flatten();
    said.and_then(|text| moment::datetime(&text, &[], "UTC")).or(event_time)
}

/// The group, if the wave's classification has it; a unit of an unknown group counts in totals only.
pub(crate) fn known_group(
    subject: &Subject,
    definition: &SurveyDefinition,
    wave: &Wave,
    path: &str,
    issues: &mut Vec<Issue>,
) -> Option<String> {
    let Some(sectors) = definition.sectors_of(wave) else { return subject.group.clone() };
    let known = subject.group.clone().filter(|group| sectors.group(group).is_some());
    if known.is_none() {
        issues.push(Issue::new(Code::GroupUnknown, format!("{path}/group")));
    }
    known
}

/// Words that are not the identifier that their question asks for: listed, and counted all the same.
fn identifiers(form: &Form, answers: &[PerRow], path: &str, issues: &mut Vec<Issue>) {
    for (question, rows) in form.questions.iter().zip(answers) {
        let Some(identifier) = question.check else { continue };
        for answer in rows {
            if let Value::Text(text) = &answer.value
                && let Err(fault) = identifier.check(text)
            {
                let at = format!("{path}{}", pointer_part(question.number.as_str()));
                issues.push(Issue::with_hint(Code::IdentifierInvalid, at, fault.hint()));
            }
        }
    }
}

/// Questions that the group answers in the respondent's place.
fn fill_from_group(form: &Form, group: Option<&str>, answers: &mut [PerRow]) {
    for (question, answer) in form.questions.iter().zip(answers) {
        if question.filled_from == Some(FilledFrom::Group) {
            let option =
                question.options().iter().find(|option| option.group.as_deref() == group && group.is_some());
            *answer = smallvec![
                option.map_or_else(Answer::none, |option| Answer::answered(Value::Code(option.code)))
            ];
        }
    }
}

/// On what the answers were given, and how they are read.
struct AnsweredOn {
    form: FormRef,
    layout: Option<LayoutRef>,
    mapping: Option<MappingRef>,
}

/// Which form was answered, and which layout reads the answers.
fn answered_on(fields: Fields<'_>, definition: &SurveyDefinition, wave: &Wave) -> Result<AnsweredOn, Issue> {
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
    // A form of somebody else's is one that a mapping of the wave reads across; a layout alone names it too.
    let mut records = wave
        .mappings
        .iter()
        .filter_map(|mapping| definition.mapping(mapping))
        .filter(|mapping| !mapping.aggregate);
    let mapped = records.find(|mapping| match &name {
        Some(name) => {
            *name == mapping.source.form
                && version.is_none_or(|version| i64::from(mapping.source.version) == version)
                && of_layout.is_none_or(|form| *form == mapping.source)
        }
        None => of_layout == Some(&mapping.source) && !wave.forms.contains(&mapping.source),
    });
    if let Some(mapping) = mapped {
        return Ok(AnsweredOn {
            form: mapping.source.clone(),
            layout,
            mapping: Some(mapping.reference.clone()),
        });
    }
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
    Ok(AnsweredOn { form, layout, mapping: None })
}
