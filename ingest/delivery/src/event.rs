use std::sync::Arc;

use csv::StringRecord;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use shukei_schemas::definition::{DeliveryFile, RowTest, content_hash, content_hash_of, nearest};
use shukei_schemas::event::{SUBMISSION_RECEIVED, SUBMISSION_WITHDRAWN, write_structured};

use crate::columns::Columns;
use crate::error::DeliveryError;
use crate::given::{Attribute, Place, place};
use crate::row::{Refused, Row};

/// What is delivered: whose, and how its rows are read.
#[derive(Clone, Debug)]
pub struct Source {
    /// The survey.
    pub survey: String,
    /// The wave, where the layout does not say it.
    pub wave: Option<String>,
    /// The layout.
    pub layout: String,
    /// The name of the delivery. Sent again under its name, it replaces itself.
    pub delivery: String,
    /// The layout's key `file`.
    pub file: DeliveryFile,
}

impl Source {
    /// The `source` of the delivery's events.
    pub fn urn(&self) -> String {
        let safe = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let escaped = |text: &str| -> String {
            text.chars()
                .map(|c| if safe(c) { c.to_string() } else { format!("%{:02X}", u32::from(c)) })
                .collect()
        };
        format!("urn:shukei:delivery:{}:{}", escaped(&self.layout), escaped(&self.delivery))
    }

    /// Takes a unit of an earlier delivery back. `event` is the id of the event that is taken back.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn withdrawal(
        &self,
        wave: &str,
        respondent: &str,
        group: Option<&str>,
        event: &str,
    ) -> Result<(String, Vec<u8>), serde_json::Error> {
        let mut data = serde_json::json!({"survey": self.survey, "wave": wave, "respondent": respondent});
        if let Some(group) = group {
            data["group"] = group.into();
        }
        let urn = self.urn();
        let id = content_hash(format!("{urn}\n{}\nwithdrawn\n{event}", self.delivery).as_bytes());
        let payload = write_structured(&id, &urn, SUBMISSION_WITHDRAWN, None, &data)?;
        Ok((id, payload))
    }
}

/// A row as an event.
#[derive(Clone, Debug)]
pub struct Made {
    /// The event's id: the same for the same row of the same delivery.
    pub id: String,
    /// Whoever answered.
    pub respondent: String,
    /// The group answered for.
    pub group: Option<String>,
    /// The wave.
    pub wave: String,
    /// Where a submission is a row: the person that the layout names, only to report who has several.
    pub person: Option<String>,
    /// Whether no cell holds anything.
    pub is_empty: bool,
    /// Whether the time of submission could not be read; then it is left out.
    pub time_unread: bool,
    data: Box<RawValue>,
}

impl Made {
    /// The event, structured.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn payload(&self, source: &Source) -> Result<Vec<u8>, serde_json::Error> {
        write_structured(&self.id, &source.urn(), SUBMISSION_RECEIVED, None, &self.data)
    }

    /// The same under another id: for a row that has to count again after something else counted.
    pub fn with_id(self, id: String) -> Self {
        Self { id, ..self }
    }
}

/// What a layout does with a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It feeds an answer.
    Read,
    /// It feeds an answer, though the layout spells its name otherwise. It travels under its own name.
    Like,
    /// It is passed over.
    Ignored,
    /// The layout does not name it.
    Unknown,
}

/// Makes events of rows.
pub struct Maker<'a> {
    source: &'a Source,
    role: Box<dyn Fn(&str) -> Role + Send + 'a>,
    stem: String,
    rows_before: u64,
    bound: Option<Bound>,
}

/// What follows from a file's columns.
struct Bound {
    columns: Arc<Columns>,
    keys: Vec<String>,
    respondent: Vec<Option<Place>>,
    person: Attribute,
    group: Attribute,
    wave: Attribute,
    submitted_at: Attribute,
    revision: Attribute,
    method: Attribute,
    /// Tests of rows with where their columns are; nowhere in a line of JSON that lacks the key.
    skip_if: Vec<(RowTest, Option<Place>)>,
    only_if: Vec<(RowTest, Option<Place>)>,
}

impl<'a> Maker<'a> {
    /// A maker for a delivery; `role` says what its layout does with a column.
    pub fn new(source: &'a Source, role: impl Fn(&str) -> Role + Send + 'a) -> Self {
        Self { source, role: Box::new(role), stem: String::new(), rows_before: 0, bound: None }
    }

    /// Begins with a file of the delivery, behind so many rows of files before it. Returns what its columns are called
    /// in submissions; nothing if each row has its own.
    ///
    /// # Errors
    /// [`DeliveryError::ColumnMissing`] and [`DeliveryError::ColumnsForeign`].
    pub fn begin(
        &mut self,
        file: &str,
        rows_before: u64,
        columns: Option<&Arc<Columns>>,
    ) -> Result<Option<&[String]>, DeliveryError> {
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let name = name.strip_suffix(".gz").unwrap_or(name);
        self.stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
        self.rows_before = rows_before;
        self.bound = None;
        let Some(columns) = columns else { return Ok(None) };
        let rule = &self.source.file.submission;
        let tested = self.source.file.skip_if.iter().chain(&self.source.file.only_if);
        let tested = tested.map(|test| test.column.as_str());
        for key in rule.key_columns().into_iter().chain(tested) {
            if place(columns, key).is_none() {
                return Err(DeliveryError::ColumnMissing {
                    file: file.to_owned(),
                    column: key.to_owned(),
                    hint: missing_hint(key, columns),
                });
            }
        }
        let bound = self.bind(columns);
        if !bound.keys.iter().any(|key| matches!((self.role)(key), Role::Read | Role::Like)) {
            return Err(DeliveryError::ColumnsForeign {
                file: file.to_owned(),
                layout: self.source.layout.clone(),
                hint: missing_hint("", columns),
            });
        }
        Ok(Some(&self.bound.insert(bound).keys))
    }

    /// What the layout does with a column of this name in submissions.
    pub fn role(&self, key: &str) -> Role {
        (self.role)(key)
    }

    fn bind(&self, columns: &Arc<Columns>) -> Bound {
        let rule = &self.source.file.submission;
        let attribute = |given| Attribute::of(given, columns);
        Bound {
            columns: Arc::clone(columns),
            keys: columns.keys(|name| matches!((self.role)(name), Role::Read | Role::Ignored)),
            respondent: rule.key_columns().into_iter().map(|name| place(columns, name)).collect(),
            person: attribute(rule.respondent.as_ref().filter(|_| rule.is_row())),
            group: attribute(rule.group.as_ref()),
            wave: attribute(rule.wave.as_ref()),
            submitted_at: attribute(rule.submitted_at.as_ref()),
            revision: attribute(rule.revision.as_ref()),
            method: attribute(rule.method.as_ref()),
            skip_if: tests(&self.source.file.skip_if, columns),
            only_if: tests(&self.source.file.only_if, columns),
        }
    }

    /// Why a row is no submission, by the rules of the layout; `None` if it is one.
    pub fn left_out(&mut self, row: &Row) -> Option<String> {
        let file = &self.source.file;
        if file.skip_if.is_empty() && file.only_if.is_empty() {
            return None;
        }
        let bound = self.bound_to(row);
        let holds = |(test, place): &&(RowTest, Option<Place>)| {
            test.holds(place.as_ref().map_or("", |place| place.text(row, &self.stem)))
        };
        let skipped = bound.skip_if.iter().find(holds).map(|(test, _)| format!("skip_if: {test}"));
        let why = skipped.or_else(|| {
            let failed = bound.only_if.iter().find(|test| !holds(test));
            failed.map(|(test, _)| format!("only_if: {test}, which does not hold"))
        });
        self.bound = Some(bound);
        why
    }

    fn bound_to(&mut self, row: &Row) -> Bound {
        match self.bound.take() {
            Some(bound) if Arc::ptr_eq(&bound.columns, &row.columns) => bound,
            _ => self.bind(&row.columns),
        }
    }

    /// Makes an event of a row.
    ///
    /// # Errors
    /// [`Refused`] if the row cannot be attributed.
    pub fn make(&mut self, row: &Row) -> Result<Made, Refused> {
        let bound = self.bound_to(row);
        let made = self.make_bound(row, &bound);
        self.bound = Some(bound);
        made
    }

    fn make_bound(&self, row: &Row, bound: &Bound) -> Result<Made, Refused> {
        let refused =
            |code, reason: &str| Refused { row: row.number, line: row.line, code, reason: reason.to_owned() };
        let source = self.source;
        let is_row = source.file.submission.is_row();
        let respondent = if is_row {
            format!("{}#{}", source.delivery, self.rows_before + row.number)
        } else {
            let parts: Vec<&str> = bound
                .respondent
                .iter()
                .map(|place| place.as_ref().map_or("", |place| place.text(row, &self.stem)))
                .collect();
            if parts.iter().any(|part| part.is_empty()) {
                return Err(refused(
                    "key_missing",
                    "the column that names the respondent is empty; fill it in",
                ));
            }
            parts.join("/")
        };
        let read = |attribute: &Attribute| attribute.read(row, &self.stem).unwrap_or_default();
        let Some(wave) = read(&bound.wave).or_else(|| source.wave.clone()) else {
            return Err(refused(
                "wave_missing",
                "nothing says which wave it is of; give --wave or fill the column in",
            ));
        };
        let revision = match read(&bound.revision) {
            None => None,
            Some(text) => Some(text.parse::<i64>().map_err(|_| {
                refused("revision_invalid", "the column of the revision holds no whole number")
            })?),
        };
        let submitted_at = bound.submitted_at.read(row, &self.stem);
        let time_unread = submitted_at.is_err();
        let group = read(&bound.group);
        let method = read(&bound.method);
        let data = Data {
            survey: &source.survey,
            wave: &wave,
            respondent: &respondent,
            group: group.as_deref(),
            layout: &source.layout,
            method: method.as_deref(),
            revision,
            submitted_at: submitted_at.ok().flatten(),
            answers: Cells { keys: &bound.keys, cells: &row.cells },
        };
        let data = serde_json::value::to_raw_value(&data)
            .map_err(|_| refused("row_unwritable", "it cannot be written as JSON"))?;
        // The row's content is part of the id: a row that changed is another event of the same respondent.
        let whose = format!("{}\n{}\n{respondent}\n", source.urn(), source.delivery);
        Ok(Made {
            id: content_hash_of(&[whose.as_bytes(), data.get().as_bytes()]),
            person: read(&bound.person),
            respondent,
            group,
            wave,
            is_empty: row.is_empty(),
            time_unread,
            data,
        })
    }
}

impl std::fmt::Debug for Maker<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Maker").field("source", &self.source).finish_non_exhaustive()
    }
}

fn tests(tests: &[RowTest], columns: &Columns) -> Vec<(RowTest, Option<Place>)> {
    tests.iter().map(|test| (test.clone(), place(columns, &test.column))).collect()
}

/// What to look at when a column is not there. It names no column that may be an answer.
fn missing_hint(wanted: &str, columns: &Columns) -> String {
    let near = nearest(wanted, columns.names().iter().map(String::as_str));
    if let Some(near) = near.filter(|_| !wanted.is_empty()) {
        return format!("did you mean `{near}`?");
    }
    let only = match columns.names() {
        [only] => only.as_str(),
        _ => "",
    };
    for (separator, name) in [(';', ";"), ('\t', "tab"), (',', ","), ('|', "|")] {
        if only.contains(separator) {
            return format!(
                "the header is one cell that holds `{name}`: say `file: {{separator: \"{name}\"}}`"
            );
        }
    }
    format!(
        "the file has {} columns; check skip_rows, header_rows, separator and encoding in the layout's key `file`",
        columns.len()
    )
}

#[derive(Serialize)]
struct Data<'a> {
    survey: &'a str,
    wave: &'a str,
    respondent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    layout: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    submitted_at: Option<String>,
    answers: Cells<'a>,
}

/// The cells in the file's order.
struct Cells<'a> {
    keys: &'a [String],
    cells: &'a StringRecord,
}

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.keys.len()))?;
        for (key, cell) in self.keys.iter().zip(self.cells) {
            map.serialize_entry(key, cell)?;
        }
        map.end()
    }
}
