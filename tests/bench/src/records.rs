//! The records of a run: the rows of the shipped data set over and over, each under a respondent of its own.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use shukei_schemas::definition::{Dataset, Definitions, SurveyDefinition};
use shukei_schemas::event::{SUBMISSION_RECEIVED, Submission, record_key, write_structured};

/// The survey whose data set is used.
pub(crate) const SURVEY: &str = "rse";
/// Its wave.
pub(crate) const WAVE: &str = "uk2017";
/// The highest number of a respondent.
pub(crate) const MOST: i64 = 999_999_999;

/// Stands in an event's text where the respondent's number goes, and is as long.
const PLACE: &[u8] = b"@@@@@@@@@";
const DIGITS: usize = PLACE.len();

/// A record on its way.
pub(crate) struct Made {
    /// The key: survey and respondent.
    pub(crate) key: Vec<u8>,
    /// The event.
    pub(crate) payload: Vec<u8>,
}

impl Made {
    /// Key and payload.
    pub(crate) fn bytes(&self) -> usize {
        self.key.len() + self.payload.len()
    }
}

/// An event without its respondent.
struct Template {
    payload: Vec<u8>,
    places: Vec<usize>,
}

/// All records of a run. Only the rows of the data set are held: a record is a copy of one with the number of its
/// respondent written in, so making it costs next to nothing and a run of any length needs no more memory.
pub(crate) struct Records {
    count: u32,
    key: Vec<u8>,
    templates: Vec<Template>,
}

impl Records {
    /// The records of respondents 1 to `count`.
    ///
    /// # Errors
    /// If the data set is not there or cannot be read.
    pub(crate) fn of_shipped_data(definitions: &Definitions, count: u32) -> Result<Self> {
        let definition = definitions.survey(&SURVEY.into()).context("the survey is not shipped")?;
        let wave = definition.survey.wave(&WAVE.into()).context("the survey has no such wave")?;
        let dataset = wave.dataset.as_ref().context("the wave has no data set")?;
        let templates = templates(definition, dataset)?;
        ensure!(!templates.is_empty(), "the data set is empty");
        Ok(Self { count, key: record_key(SURVEY, &String::from_utf8_lossy(PLACE)), templates })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// The bytes of all keys and payloads.
    pub(crate) fn bytes(&self) -> u64 {
        let payloads: u64 = (1..=self.count).map(|number| self.template(number).payload.len() as u64).sum();
        payloads + u64::from(self.count) * self.key.len() as u64
    }

    /// Every record, in the order of the respondents.
    pub(crate) fn all(&self) -> impl Iterator<Item = Made> {
        (1..=self.count).map(|number| self.made(number))
    }

    fn template(&self, number: u32) -> &Template {
        &self.templates[(number as usize - 1) % self.templates.len()]
    }

    fn made(&self, number: u32) -> Made {
        let template = self.template(number);
        let digits = format!("{number:0DIGITS$}");
        let mut payload = template.payload.clone();
        for &place in &template.places {
            payload[place..place + DIGITS].copy_from_slice(digits.as_bytes());
        }
        let mut key = self.key.clone();
        let at = key.len() - DIGITS;
        key[at..].copy_from_slice(digits.as_bytes());
        Made { key, payload }
    }
}

/// The rows as events: the cells as they stand in the file, and the layout that reads them.
fn templates(definition: &SurveyDefinition, dataset: &Dataset) -> Result<Vec<Template>> {
    let respondent = std::str::from_utf8(PLACE)?;
    let bytes = definition.file(&dataset.file).context("the data set is missing")?;
    let mut reader = csv::Reader::from_reader(bytes);
    let headers = reader.headers()?.clone();
    let mut templates = Vec::new();
    for row in reader.records() {
        let row = row?;
        let mut cells: BTreeMap<&str, &str> = headers.iter().zip(row.iter()).collect();
        let known = cells.insert(&dataset.respondent, respondent);
        ensure!(known.is_some(), "the data set has no column `{}`", dataset.respondent);
        let submission = Submission {
            survey: SURVEY.to_owned(),
            wave: WAVE.to_owned(),
            respondent: respondent.to_owned(),
            layout: Some(dataset.layout.clone()),
            answers: serde_json::to_value(&cells)?,
            ..Submission::default()
        };
        let payload =
            write_structured(respondent, "urn:shukei:bench", SUBMISSION_RECEIVED, None, &submission)?;
        let places = (0..payload.len()).filter(|at| payload[*at..].starts_with(PLACE)).collect::<Vec<_>>();
        ensure!(places.len() == 3, "the respondent stands in {} places instead of three", places.len());
        templates.push(Template { payload, places });
    }
    Ok(templates)
}
