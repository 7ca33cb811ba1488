//! A line of a JSON-lines file as a record.

use serde::Deserialize;
use serde_json::value::RawValue;
use shukei_schemas::definition::content_hash;
use shukei_schemas::event::{SUBMISSION_RECEIVED, bare_id, record_key, write_structured};
use shukei_worker::Outgoing;

use crate::fault::Fault;

/// The source of submissions that come without an envelope.
const SOURCE: &str = "urn:shukei:submit";

/// Makes a record of a line. What is neither an event nor a submission is sent as it is: it is stored, rejected with
/// a reason, and listed.
pub(crate) fn outgoing(line: Vec<u8>) -> Result<(Option<String>, Outgoing), Fault> {
    outgoing_as(line, "")
}

/// The same, with what the channel gives to tell two equal submissions apart.
pub(crate) fn outgoing_as(line: Vec<u8>, telling_apart: &str) -> Result<(Option<String>, Outgoing), Fault> {
    #[derive(Deserialize)]
    struct Subject {
        survey: Option<String>,
        respondent: Option<String>,
        /// Who delivers counts instead of records.
        body: Option<String>,
    }
    #[derive(Deserialize)]
    struct Peek {
        specversion: Option<serde::de::IgnoredAny>,
        id: Option<String>,
        data: Option<Subject>,
        #[serde(flatten)]
        bare: Option<Subject>,
    }
    let peek: Option<Peek> = serde_json::from_slice(&line).ok();
    let key = |subject: Option<&Subject>| match subject {
        Some(Subject { survey: Some(survey), respondent: Some(of), .. })
        | Some(Subject { survey: Some(survey), body: Some(of), .. }) => record_key(survey, of),
        // Nobody's record: any partition will do, but always the same one.
        _ => content_hash(&line).into_bytes(),
    };
    let raw = std::str::from_utf8(&line).ok();
    let (id, key, payload) = match (peek, raw) {
        (Some(peek), Some(text))
            if peek.specversion.is_none() && peek.bare.as_ref().is_some_and(|b| b.survey.is_some()) =>
        {
            let id = bare_id(SOURCE, &line, telling_apart);
            let data: &RawValue = serde_json::from_str(text).map_err(anyhow::Error::from)?;
            let payload = write_structured(&id, SOURCE, SUBMISSION_RECEIVED, None, &data)
                .map_err(anyhow::Error::from)?;
            (Some(id), key(peek.bare.as_ref()), payload)
        }
        (Some(peek), _) => (peek.id.clone(), key(peek.data.as_ref()), line.clone()),
        (None, _) => (None, key(None), line.clone()),
    };
    Ok((id, Outgoing { key, headers: Vec::new(), payload }))
}
