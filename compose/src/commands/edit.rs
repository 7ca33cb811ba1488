//! The survey office changes an answer: reads what counts of a unit now, changes it, and sends the whole as an event.

use std::process::ExitCode;
use std::sync::Arc;

use serde_json::Value as Node;
use shukei_interpret::{Interpretation, Kind, Record, interpret};
use shukei_lake::{FolderLock, Lake};
use shukei_query::Catalog;
use shukei_schemas::WaveId;
use shukei_schemas::definition::{Definitions, SurveyDefinition, content_hash, nearest};
use shukei_schemas::event::{SUBMISSION_EDITED, SUBMISSION_RECEIVED, Subject, record_key, write_structured};
use shukei_worker::{EmbeddedOptions, Outgoing};
use tokio::sync::mpsc;

use crate::cli::Edit;
use crate::client::{Client, blocking};
use crate::commands::edited::{Change, changed, differences, refuse_repeated};
use crate::commands::posting;
use crate::commands::sending::{self, Item};
use crate::fault::Fault;
use crate::output::{self, note};
use crate::pipeline::{self, Pipeline};
use crate::progress::Stages;
use crate::{folder, surveys};

/// The source of events that this command makes.
const SOURCE: &str = "urn:shukei:edit";

/// Where the unit stands: in a folder that is held alone, or behind a running program.
enum Place {
    Folder { lake: Lake, _alone: FolderLock },
    Server(Client),
}

/// What counts of a unit now.
#[derive(Debug, serde::Deserialize)]
struct Current {
    event_source: Option<String>,
    event_id: Option<String>,
    /// Microseconds since 1970.
    event_time: Option<i64>,
    order_time: i64,
    payload: String,
}

/// Changes answers of one unit, and prints what they were and are.
pub(crate) async fn run(arguments: Edit) -> Result<ExitCode, Fault> {
    let definitions = Arc::new(surveys::load(&arguments.folder.surveys)?);
    let definition = definition(&definitions, &arguments.survey)?;
    let changes = changes(&arguments)?;
    let wave =
        shukei_query::wave_or_only(&definitions, &definition.survey.survey, arguments.wave.as_deref())?;
    let unit = unit(&arguments, definition, &wave);
    let place = Place::open(&arguments, &definitions).await?;
    let current = place.current((&arguments.survey, wave.as_str(), &unit), &definitions).await?;

    let old = submission(&current)?;
    let new = changed(definition, &old, &changes)?;
    let (event, id) = event(&arguments, &current, &old, &new, &changes)?;
    let before = interpreted(&written(SUBMISSION_RECEIVED, "before", &old)?, &definitions);
    let after = interpreted(&event, &definitions);
    refuse_bad(&before, &after)?;
    let rows = differences(definition, &before, &after);
    if rows.is_empty() {
        return Err(Fault::no(
            format!("unit `{unit}` says so already: nothing would change"),
            "look at what counts: `shukei sql \"SELECT * FROM answers WHERE unit = '…'\"`",
        )
        .code("edit_changes_nothing"));
    }
    if !arguments.dry_run {
        let key = record_key(&arguments.survey, &arguments.respondent);
        let outgoing = Outgoing { key, headers: Vec::new(), payload: event };
        place.send(Item { place: "edit".to_owned(), id: Some(id.clone()), outgoing }, &definitions).await?;
        if !place.counts(&id, &definitions).await? {
            return Err(Fault::no(
                format!("the edit `{id}` is stored, but another event of unit `{unit}` counts"),
                "look at the view `flags`; an edit with a lower revision than another event never counts",
            )
            .code("edit_does_not_count"));
        }
    }
    output::texts(["question", "row", "before", "after"], &rows, arguments.format.into())?;
    match arguments.dry_run {
        true => note!("nothing was sent; the same without --dry-run sends it"),
        false => note!("edit `{id}` of unit `{unit}` counts; what was there before stays in `raw`"),
    }
    Ok(ExitCode::SUCCESS)
}

fn definition<'a>(definitions: &'a Definitions, survey: &str) -> Result<&'a Arc<SurveyDefinition>, Fault> {
    definitions.survey(&survey.into()).ok_or_else(|| {
        let names = definitions.surveys().map(|known| known.survey.survey.as_str());
        let near = nearest(survey, names).map(|name| format!(", or did you mean `{name}`?"));
        Fault::usage(
            format!("there is no survey `{survey}`"),
            format!("name the folder of its definition with --surveys{}", near.unwrap_or_default()),
        )
    })
}

/// Questions and new values, in pairs.
fn changes(arguments: &Edit) -> Result<Vec<Change>, Fault> {
    if arguments.question.len() != arguments.to_value.len() {
        return Err(Fault::usage(
            format!(
                "{} questions and {} values do not go together",
                arguments.question.len(),
                arguments.to_value.len()
            ),
            "give one --to-value for each --question, in the same order",
        ));
    }
    let pairs = arguments.question.iter().zip(&arguments.to_value);
    Ok(pairs.map(|(question, text)| Change { question: question.clone(), text: text.clone() }).collect())
}

fn unit(arguments: &Edit, definition: &SurveyDefinition, wave: &WaveId) -> String {
    let subject = Subject {
        survey: arguments.survey.as_str().into(),
        wave: wave.clone(),
        respondent: arguments.respondent.as_str().into(),
        group: arguments.group.clone(),
        revision: None,
    };
    let unit = subject.unit(definition.survey.unit);
    match &arguments.mapping {
        Some(mapping) => format!("{unit}//{mapping}"),
        None => unit.to_string(),
    }
}

/// The data of the event that counts.
fn submission(current: &Current) -> Result<Node, Fault> {
    refuse_repeated(&current.payload)?;
    let mut record: Node = serde_json::from_str(&current.payload).map_err(anyhow::Error::from)?;
    let structured = record.get("specversion").is_some();
    match record.get_mut("data").filter(|_| structured) {
        Some(data) => Ok(data.take()),
        None => Ok(record),
    }
}

/// The event and its id. What the submission said of its time it goes on saying: an edit does not make it late.
fn event(
    arguments: &Edit,
    current: &Current,
    old: &Node,
    new: &Node,
    changes: &[Change],
) -> Result<(Vec<u8>, String), Fault> {
    let now = jiff::Timestamp::now().to_string();
    let mut data = new.clone();
    let sent_at = jiff::Timestamp::from_microsecond(current.event_time.unwrap_or(current.order_time));
    let said = data.get("submitted_at").and_then(Node::as_str).is_some_and(|text| !text.trim().is_empty());
    if let (false, Ok(sent_at)) = (said, sent_at) {
        data["submitted_at"] = sent_at.to_string().into();
    }
    let edits: Vec<Node> = changes
        .iter()
        .map(|change| {
            let field = change.pointer();
            let at = |of: &Node| of.pointer(&field).cloned().unwrap_or(Node::Null);
            serde_json::json!({
                "field": change.question, "old": at(old), "new": at(new),
                "rule": arguments.rule, "reason": arguments.reason,
            })
        })
        .collect();
    data["edits"] = edits.into();
    data["edited_by"] = arguments.by.as_str().into();
    data["edited_at"] = now.as_str().into();
    data["original"] = serde_json::json!({ "source": current.event_source, "id": current.event_id });
    let id = content_hash(data.to_string().as_bytes());
    let event = write_structured(&id, SOURCE, SUBMISSION_EDITED, Some(&now), &data);
    Ok((event.map_err(anyhow::Error::from)?, id))
}

fn written(event_type: &str, id: &str, data: &Node) -> Result<Vec<u8>, Fault> {
    Ok(write_structured(id, SOURCE, event_type, None, data).map_err(anyhow::Error::from)?)
}

fn interpreted(event: &[u8], definitions: &Definitions) -> Interpretation {
    interpret(&Record { payload: Some(event), headers: &[] }, definitions)
}

/// An edit that would be rejected, or that puts in what the form does not allow, is not sent.
fn refuse_bad(before: &Interpretation, after: &Interpretation) -> Result<(), Fault> {
    let known =
        |code, path: &str| before.outcome.issues.iter().any(|own| own.code == code && own.path == path);
    let rejected = after.outcome.kind == Kind::Rejection;
    let new = after.outcome.issues.iter().find(|issue| rejected || !known(issue.code, &issue.path));
    match new {
        None => Ok(()),
        Some(issue) => Err(Fault::no(
            format!("the edit would be bad at `{}`; nothing was sent", issue.path),
            issue.hint.clone(),
        )
        .code(issue.code.as_str())),
    }
}

impl Place {
    async fn open(arguments: &Edit, definitions: &Arc<Definitions>) -> Result<Self, Fault> {
        if let Some(url) = &arguments.to {
            return Ok(Self::Server(Client::new(url)?));
        }
        folder::open_to_read(&arguments.folder.data)?;
        let (lake, alone) = folder::open_alone(&arguments.folder.data, None)?;
        // What an earlier run left undecided counts as well.
        pipeline::catch_up(&lake, Arc::clone(definitions)).await?;
        Ok(Self::Folder { lake, _alone: alone })
    }

    async fn current(
        &self,
        (survey, wave, unit): (&str, &str, &str),
        definitions: &Definitions,
    ) -> Result<Current, Fault> {
        let query = format!(
            "SELECT c.event_source, c.event_id, CAST(o.event_time AS BIGINT) AS event_time, \
                    CAST(c.order_time AS BIGINT) AS order_time, CAST(r.payload AS VARCHAR) AS payload \
             FROM (SELECT * FROM current WHERE survey = {} AND wave = {} AND unit = {}) c \
             JOIN outcomes o ON o.generation = c.generation AND o.\"partition\" = c.\"partition\" AND o.\"offset\" = c.\"offset\" \
             JOIN raw r ON r.generation = c.generation AND r.\"partition\" = c.\"partition\" AND r.\"offset\" = c.\"offset\"",
            quoted(survey),
            quoted(wave),
            quoted(unit)
        );
        let mut found: Vec<Current> = self.ask(&query, definitions).await?;
        found.pop().ok_or_else(|| {
            Fault::no(
                format!("no submission of unit `{unit}` counts in wave `{wave}`"),
                "see --respondent and --group; a unit of two sources that both count is named with --mapping",
            )
            .code("unit_unknown")
        })
    }

    /// Whether the event with this id is what counts of its unit.
    async fn counts(&self, id: &str, definitions: &Definitions) -> Result<bool, Fault> {
        #[derive(serde::Deserialize)]
        struct Counted {
            n: u64,
        }
        let query = format!(
            "SELECT count(*) AS n FROM current WHERE event_source = {} AND event_id = {}",
            quoted(SOURCE),
            quoted(id)
        );
        let found: Vec<Counted> = self.ask(&query, definitions).await?;
        Ok(found.iter().any(|counted| counted.n > 0))
    }

    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        query: &str,
        definitions: &Definitions,
    ) -> Result<Vec<T>, Fault> {
        let body = match self {
            Self::Folder { lake, .. } => {
                let rows = Catalog::open(lake, definitions).await?.query(query).await?;
                let (schema, batches) = (rows.schema(), rows.collect().await?);
                let mut body = Vec::new();
                shukei_doors::render(&schema, &batches, shukei_doors::Format::Json, 0, &mut body)?;
                body
            }
            Self::Server(client) => {
                let (client, query) = (client.clone(), query.to_owned());
                blocking(move || client.sql(&query, "json")).await?.body
            }
        };
        Ok(serde_json::from_slice(&body).map_err(anyhow::Error::from)?)
    }

    /// Sends the event, and returns when it is interpreted.
    async fn send(&self, item: Item, definitions: &Arc<Definitions>) -> Result<(), Fault> {
        let (queue, items) = mpsc::channel(1);
        queue.try_send(item).map_err(anyhow::Error::from)?;
        drop(queue);
        let stages = Stages::new(Some(1));
        let refused = match self {
            Self::Folder { lake, .. } => {
                let mut pipeline =
                    Pipeline::start(lake, Arc::clone(definitions), EmbeddedOptions::default()).await?;
                let sent = sending::send(&mut pipeline, items, None, &stages).await?;
                pipeline.finish().await?;
                sent.refused
            }
            Self::Server(client) => {
                let (sent, stored) = posting::post(client, items, None, &stages).await?;
                let _ = posting::report(client, stored).await?;
                sent.refused
            }
        };
        stages.clear();
        match refused.first() {
            None => Ok(()),
            Some(reason) => Err(Fault::no(format!("the edit was not taken: {reason}"), "")),
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
