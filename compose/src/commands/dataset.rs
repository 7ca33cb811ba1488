//! The submissions that come with a survey's definition, as events.

use std::collections::BTreeMap;
use std::io::Cursor;

use shukei_delivery::RowError;
use shukei_schemas::definition::{Dataset, SurveyDefinition, Wave};
use shukei_schemas::event::{SUBMISSION_RECEIVED, Submission, record_key, write_structured};
use shukei_worker::Outgoing;

use crate::commands::lines::outgoing;
use crate::commands::sending::Item;
use crate::fault::Fault;

/// Whether a wave comes with submissions.
pub(crate) fn has_some(wave: &Wave) -> bool {
    wave.dataset.is_some() || !wave.datasets.is_empty()
}

/// All of them, in the order of their arrival.
pub(crate) fn events(definition: &SurveyDefinition, wave: &Wave) -> Result<Vec<Item>, Fault> {
    let mut items = Vec::new();
    if let Some(dataset) = &wave.dataset {
        let source = format!("urn:shukei:{}:{}", definition.survey.survey, wave.wave);
        items.extend(rows(definition, wave, dataset, &source)?);
    }
    for path in &wave.datasets {
        for (number, line) in file(definition, path)?.split(|byte| *byte == b'\n').enumerate() {
            if !line.trim_ascii().is_empty() {
                let (id, outgoing) = outgoing(line.to_vec())?;
                items.push(Item { place: format!("{path}:{}", number + 1), id, outgoing });
            }
        }
    }
    Ok(items)
}

fn file<'a>(definition: &'a SurveyDefinition, path: &str) -> Result<&'a [u8], Fault> {
    definition.file(path).ok_or_else(|| {
        Fault::usage(format!("the data set `{path}` is missing"), "add the file to the survey's folder")
    })
}

/// The rows of the data set as events: the cells as they stand there, and the layout that reads them.
fn rows(
    definition: &SurveyDefinition,
    wave: &Wave,
    dataset: &Dataset,
    source: &str,
) -> Result<Vec<Item>, Fault> {
    let layout = definition.newest_layout(wave, &dataset.layout).and_then(|layout| definition.layout(layout));
    let spec = layout.and_then(|layout| layout.file.clone()).unwrap_or_default();
    let bytes = Cursor::new(file(definition, &dataset.file)?.to_vec());
    let mut items = Vec::new();
    for row in shukei_delivery::open(&dataset.file, bytes, &spec)? {
        let row = row.map_err(|error| match error {
            RowError::Broken(error) => Fault::from(error),
            RowError::Refused(refused) => {
                Fault::usage(format!("`{}`: {refused}", dataset.file), "mend the data set of the survey")
            }
        })?;
        let names = row.columns.names().iter().map(String::as_str);
        let cells: BTreeMap<&str, &str> = names.zip(&row.cells).collect();
        let Some(respondent) = cells.get(dataset.respondent.as_str()) else {
            let message = format!("the data set has no column `{}`", dataset.respondent);
            return Err(Fault::usage(message, "name the respondent's column in survey.yaml"));
        };
        let survey = definition.survey.survey.as_str();
        let submission = Submission {
            survey: survey.to_owned(),
            wave: wave.wave.to_string(),
            respondent: (*respondent).to_owned(),
            layout: Some(dataset.layout.clone()),
            answers: serde_json::to_value(&cells).map_err(anyhow::Error::from)?,
            ..Submission::default()
        };
        let payload = write_structured(respondent, source, SUBMISSION_RECEIVED, None, &submission)
            .map_err(anyhow::Error::from)?;
        items.push(Item {
            place: format!("{} row {}", dataset.file, items.len() + 1),
            id: Some((*respondent).to_owned()),
            outgoing: Outgoing { key: record_key(survey, respondent), headers: Vec::new(), payload },
        });
    }
    Ok(items)
}
