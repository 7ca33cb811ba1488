//! Files of rows as submissions: which layout reads them, what is sent, and what is told about it.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use shukei_delivery::{Made, Maker, Role, Row, RowError, Rows, Source};
use shukei_schemas::definition::{EmptyRows, FileFormat, Layout, SurveyDefinition, UnitRule};
use shukei_schemas::event::{Subject, record_key};
use shukei_schemas::{RespondentId, WaveId};
use shukei_worker::Outgoing;
use tokio::sync::mpsc;

use crate::commands::replacing::Earlier;
use crate::commands::sending::Item;
use crate::commands::told::Told;
use crate::fault::Fault;

/// How files of rows are read.
#[derive(Clone)]
pub(crate) struct Tables {
    pub(crate) definition: Arc<SurveyDefinition>,
    pub(crate) layout: Arc<Layout>,
    pub(crate) wave: Option<WaveId>,
    pub(crate) delivery: Option<String>,
    /// Whether every file is one of rows, whatever its name says.
    pub(crate) all: bool,
    /// What an earlier delivery under the same name left, where it is to be replaced.
    pub(crate) earlier: Option<Arc<Mutex<Earlier>>>,
    pub(crate) told: Arc<Mutex<Told>>,
}

impl Tables {
    /// Whether a file holds rows.
    pub(crate) fn reads(&self, file: &Path) -> bool {
        self.all || shukei_delivery::is_table(&file.to_string_lossy())
    }

    /// What a file is delivered as: under the name given, or under its own.
    pub(crate) fn source(&self, file: &Path) -> Source {
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
        let own = name.strip_suffix(".gz").unwrap_or(&name).to_owned();
        let mut spec = self.layout.file.clone().unwrap_or_default();
        if name == "-" {
            // Standard input has no ending that could say it.
            spec.format.get_or_insert(FileFormat::Csv);
        }
        Source {
            survey: self.definition.survey.survey.to_string(),
            wave: self.wave.as_ref().map(ToString::to_string),
            layout: self.layout.reference.layout.to_string(),
            delivery: self.delivery.clone().unwrap_or(own),
            file: spec,
        }
    }

    /// A maker of events that asks this layout about columns.
    pub(crate) fn maker<'a>(&'a self, source: &'a Source) -> Maker<'a> {
        Maker::new(source, |column| match (self.layout.target(column), self.layout.ignores(column)) {
            (Some(_), _) if self.layout.names(column) => Role::Read,
            (Some(_), _) => Role::Like,
            (None, true) if self.layout.names(column) => Role::Ignored,
            (None, true) => Role::Unknown,
            (None, false) => Role::Unknown,
        })
    }

    /// Reads every file of rows once to its end, so that nothing is sent of a delivery of which one cannot be read.
    /// Returns how many rows there are, of at most so many that are wanted.
    ///
    /// # Errors
    /// Whatever is wrong with a file as a whole.
    pub(crate) fn check(&self, files: &[PathBuf], most: u64) -> Result<u64, Fault> {
        let mut total = 0;
        for file in files.iter().filter(|file| self.reads(file) && file.as_os_str() != "-") {
            let source = self.source(file);
            let rows = open(file, &source)?;
            let mut maker = self.maker(&source);
            let name = file.to_string_lossy();
            let keys = maker.begin(&name, 0, rows.columns())?;
            if let (Some(columns), Some(keys)) = (rows.columns(), keys) {
                self.told().note_columns(&name, &self.layout, columns, keys);
            }
            for row in rows {
                if total == most {
                    break;
                }
                total += 1;
                if let Err(RowError::Broken(error)) = row {
                    return Err(error.into());
                }
            }
        }
        self.told().warn_lacking(&self.layout);
        Ok(total)
    }

    /// Whether this is the whole delivery, and what an earlier one had more is taken back.
    pub(crate) fn replaces(&self) -> bool {
        self.earlier
            .as_ref()
            .is_some_and(|earlier| earlier.lock().unwrap_or_else(PoisonError::into_inner).replace)
    }

    /// What was seen so far.
    pub(crate) fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the rows of files one after the other and gives each event away, until `give` wants no more.
    pub(crate) fn read(
        &self,
        files: &[PathBuf],
        mut give: impl FnMut(&Row, Made, &Source, &str) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        // Rows of one delivery are counted on from file to file.
        let mut before: HashMap<String, u64> = HashMap::new();
        for file in files.iter().filter(|file| self.reads(file)) {
            let source = self.source(file);
            let name = file.to_string_lossy();
            let counted = before.entry(source.delivery.clone()).or_default();
            let rows = open(file, &source)?;
            let mut maker = self.maker(&source);
            let keys = maker.begin(&name, *counted, rows.columns())?;
            // What cannot be read twice was not looked at before.
            if let ("-", Some(columns), Some(keys)) = (name.as_ref(), rows.columns(), keys) {
                let mut told = self.told();
                told.note_columns(&name, &self.layout, columns, keys);
                told.warn_lacking(&self.layout);
            }
            for row in rows {
                *counted += 1;
                let made = match row {
                    Ok(row) if row.is_empty() && self.passes_over(&source) => {
                        self.told().note_skipped();
                        continue;
                    }
                    Ok(row) => match maker.left_out(&row) {
                        Some(why) => {
                            self.told().note_left_out(why);
                            continue;
                        }
                        None => maker.make(&row).map(|made| (row, made)),
                    },
                    Err(RowError::Refused(refused)) => Err(refused),
                    Err(RowError::Broken(error)) => return Err(error.into()),
                };
                match made {
                    Err(refused) => self.told().note_refused(&name, &refused),
                    Ok((row, made)) => {
                        self.told().note_made(&self.layout, &made, &self.unit(&made));
                        if !give(&row, made, &source, &name)? {
                            return Ok(());
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Rows without content are submissions only where a row is one.
    fn passes_over(&self, source: &Source) -> bool {
        source.file.empty_rows == EmptyRows::Skip || !source.file.submission.is_row()
    }

    /// What counts once.
    pub(crate) fn unit(&self, made: &Made) -> String {
        let subject = Subject {
            survey: self.definition.survey.survey.clone(),
            wave: WaveId::new(&made.wave),
            respondent: RespondentId::new(&made.respondent),
            group: made.group.clone(),
            revision: None,
        };
        subject.unit(self.definition.survey.unit).to_string()
    }

    /// Sends the rows of files, and withdrawals of what an earlier delivery had more where it is replaced.
    pub(crate) fn send(&self, files: &[PathBuf], queue: &mpsc::Sender<Item>) -> Result<(), Fault> {
        self.read(files, |row, made, source, file| {
            let made = self.again(made);
            let item = Item {
                place: format!("{file} row {}", row.number),
                id: Some(made.id.clone()),
                outgoing: Outgoing {
                    key: record_key(&source.survey, &made.respondent),
                    headers: Vec::new(),
                    payload: made.payload(source).map_err(anyhow::Error::from)?,
                },
            };
            Ok(queue.blocking_send(item).is_ok())
        })?;
        let Some(earlier) = &self.earlier else { return Ok(()) };
        if self.told().refused > 0 {
            // Nobody knows whom a refused row was of.
            return Ok(());
        }
        let earlier = earlier.lock().unwrap_or_else(PoisonError::into_inner);
        if !earlier.replace {
            return Ok(());
        }
        let sources: BTreeMap<String, Source> =
            files.iter().map(|file| self.source(file)).map(|source| (source.urn(), source)).collect();
        for (source, item) in earlier.vanished(&sources, self.definition.survey.unit)? {
            self.told().withdrawn += 1;
            let outgoing = Outgoing {
                key: record_key(&source.survey, &item.respondent),
                headers: Vec::new(),
                payload: item.payload,
            };
            let place = format!("withdrawal of an earlier row of `{}`", source.delivery);
            if queue.blocking_send(Item { place, id: Some(item.id), outgoing }).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// A row that was sent before and was replaced or withdrawn since has to count again.
    fn again(&self, made: Made) -> Made {
        let Some(earlier) = &self.earlier else { return made };
        let mut earlier = earlier.lock().unwrap_or_else(PoisonError::into_inner);
        let id = earlier.id_for(&made.wave, &self.unit(&made), &made.id);
        made.with_id(id)
    }
}

/// Opens a file for its rows.
pub(crate) fn open(file: &Path, source: &Source) -> Result<Rows, Fault> {
    let name = file.to_string_lossy();
    let input: Box<dyn Read + Send> = match name.as_ref() {
        "-" => Box::new(std::io::stdin()),
        _ => Box::new(File::open(file).map_err(|error| {
            Fault::usage(format!("cannot read `{name}`: {error}"), "name a file that may be read")
        })?),
    };
    Ok(shukei_delivery::open(&name, input, &source.file)?)
}

/// A unit's respondent and group, for those who take units apart.
pub(crate) fn parts(unit: &str, rule: UnitRule) -> (String, Option<String>) {
    let plain = |part: &str| part.replace("%2F", "/").replace("%25", "%");
    match (rule, unit.split_once('/')) {
        (UnitRule::RespondentAndGroup, Some((respondent, group))) => (plain(respondent), Some(plain(group))),
        _ => (plain(unit), None),
    }
}
