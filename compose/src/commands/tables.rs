//! Files of rows as submissions: which layout reads them, what is sent, and what is told about it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use shukei_delivery::{Made, Maker, Refused, Role, Row, RowError, Rows, Source};
use shukei_schemas::definition::{
    Definitions, EmptyRows, Layout, LayoutRef, SurveyDefinition, UnitRule, Wave, nearest,
};
use shukei_schemas::event::{Subject, record_key};
use shukei_schemas::{LayoutId, RespondentId, WaveId};
use shukei_worker::Outgoing;
use tokio::sync::mpsc;

use crate::cli::DeliveryArguments;
use crate::commands::replacing::Earlier;
use crate::commands::sending::Item;
use crate::fault::Fault;
use crate::output::{self, say};

/// How files of rows are read.
#[derive(Clone)]
pub(crate) struct Tables {
    pub(crate) definition: Arc<SurveyDefinition>,
    pub(crate) layout: Arc<Layout>,
    wave: Option<WaveId>,
    delivery: Option<String>,
    /// Whether every file is one of rows, whatever its name says.
    all: bool,
    /// What an earlier delivery under the same name left, where it is to be replaced.
    pub(crate) earlier: Option<Arc<Mutex<Earlier>>>,
    told: Arc<Mutex<Told>>,
}

/// What was seen on the way.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) rows: u64,
    pub(crate) empty: u64,
    pub(crate) skipped: u64,
    pub(crate) refused: u64,
    pub(crate) refusals: Vec<String>,
    pub(crate) times_unread: u64,
    pub(crate) repeated: u64,
    pub(crate) withdrawn: u64,
    pub(crate) unknown: Vec<String>,
    pub(crate) missing: Vec<String>,
    /// Hashes of who was seen, for rows of one respondent or person.
    seen: HashSet<u64>,
}

/// As many refused rows are named one by one.
const REFUSALS_NAMED: usize = 20;

impl Tables {
    /// What the command line says, if any of the files holds rows.
    ///
    /// # Errors
    /// A fault of use with the nearest right name, or with the names that there are.
    pub(crate) fn plan(
        arguments: &DeliveryArguments,
        files: &[PathBuf],
        definitions: &Definitions,
    ) -> Result<Option<Self>, Fault> {
        let first = files.iter().find(|file| shukei_delivery::is_table(&file.to_string_lossy()));
        if first.is_none() && arguments.layout.is_none() {
            return match arguments.delivery.is_some() || arguments.replace {
                true => Err(Fault::usage(
                    "--delivery and --replace are for files of rows",
                    "name the layout that reads the files with --layout",
                )),
                false => Ok(None),
            };
        }
        let Some(survey) = &arguments.survey else {
            let subject = first.map_or("the file".to_owned(), |file| format!("`{}`", file.display()));
            return Err(Fault::usage(
                format!("{subject} holds rows, and nothing says of which survey"),
                "say --survey SURVEY, and --wave and --layout where there are several",
            ));
        };
        let known: Vec<&str> = definitions.surveys().map(|known| known.survey.survey.as_str()).collect();
        let definition = definitions.survey(&survey.as_str().into()).ok_or_else(|| {
            Fault::usage(format!("there is no survey `{survey}`"), near(survey, &known, "surveys"))
        })?;
        let mut tables = Self::of(definition, arguments.layout.as_deref(), arguments.wave.as_deref())?;
        tables.delivery.clone_from(&arguments.delivery);
        tables.all = arguments.layout.is_some();
        Ok(Some(tables))
    }

    /// The layout and wave of a survey that are named, or that are the only ones.
    pub(crate) fn of(
        definition: &Arc<SurveyDefinition>,
        layout: Option<&str>,
        wave: Option<&str>,
    ) -> Result<Self, Fault> {
        let survey = &definition.survey;
        let waves: Vec<&Wave> = match wave {
            None => survey.waves.iter().collect(),
            Some(wave) => match survey.wave(&WaveId::new(wave)) {
                Some(found) => vec![found],
                None => {
                    let known: Vec<&str> = survey.waves.iter().map(|wave| wave.wave.as_str()).collect();
                    return Err(Fault::usage(
                        format!("survey `{}` has no wave `{wave}`", survey.survey),
                        near(wave, &known, "waves"),
                    ));
                }
            },
        };
        let listed: BTreeMap<&LayoutId, &LayoutRef> =
            waves.iter().flat_map(|wave| &wave.layouts).map(|listed| (&listed.layout, listed)).collect();
        let names: Vec<&str> = listed.keys().map(|layout| layout.as_str()).collect();
        let chosen = match (layout, listed.len()) {
            (Some(layout), _) => listed.get(&LayoutId::new(layout)).copied().ok_or_else(|| {
                Fault::usage(
                    format!("survey `{}` lists no layout `{layout}` in its waves", survey.survey),
                    near(layout, &names, "layouts"),
                )
            })?,
            (None, 1) => listed.values().next().copied().ok_or_else(|| Fault::usage("no layout", ""))?,
            (None, 0) => {
                return Err(Fault::usage(
                    format!("no wave of survey `{}` lists a layout that reads files of rows", survey.survey),
                    "add layouts/NAME.yaml and list it in the wave; `shukei new DIR --from FILE` shows how",
                ));
            }
            (None, _) => {
                return Err(Fault::usage(
                    format!("survey `{}` has several layouts", survey.survey),
                    format!("say --layout: {}", names.join(", ")),
                ));
            }
        };
        // Of several versions the newest that one of the waves lists, as when a record is interpreted.
        let newest = waves.iter().filter_map(|wave| definition.newest_layout(wave, &chosen.layout)).max();
        let layout = definition.layout(newest.unwrap_or(chosen)).ok_or_else(|| {
            Fault::usage(format!("layout `{}` cannot be read", chosen.layout), "`shukei check DIR` says why")
        })?;
        let says_wave = layout.file.as_ref().is_some_and(|file| file.submission.wave.is_some());
        let only = match wave {
            Some(wave) => Some(WaveId::new(wave)),
            None if says_wave => None,
            None => {
                let listing: Vec<&&Wave> = waves
                    .iter()
                    .filter(|wave| wave.layouts.iter().any(|listed| listed.layout == layout.reference.layout))
                    .collect();
                match listing.as_slice() {
                    [only] => Some(only.wave.clone()),
                    several => {
                        let names: Vec<&str> = several.iter().map(|wave| wave.wave.as_str()).collect();
                        return Err(Fault::usage(
                            format!("layout `{}` is used in several waves", layout.reference.layout),
                            format!("say --wave: {}", names.join(", ")),
                        ));
                    }
                }
            }
        };
        Ok(Self {
            definition: Arc::clone(definition),
            layout: Arc::clone(layout),
            wave: only,
            delivery: None,
            all: true,
            earlier: None,
            told: Arc::default(),
        })
    }

    /// Whether a file holds rows.
    pub(crate) fn reads(&self, file: &Path) -> bool {
        self.all || shukei_delivery::is_table(&file.to_string_lossy())
    }

    /// What a file is delivered as: under the name given, or under its own.
    pub(crate) fn source(&self, file: &Path) -> Source {
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
        let own = name.strip_suffix(".gz").unwrap_or(&name).to_owned();
        Source {
            survey: self.definition.survey.survey.to_string(),
            wave: self.wave.as_ref().map(ToString::to_string),
            layout: self.layout.reference.layout.to_string(),
            delivery: self.delivery.clone().unwrap_or(own),
            file: self.layout.file.clone().unwrap_or_default(),
        }
    }

    /// A maker of events that asks this layout about columns.
    pub(crate) fn maker<'a>(&'a self, source: &'a Source) -> Maker<'a> {
        Maker::new(source, |column| match (self.layout.target(column), self.layout.ignores(column)) {
            (Some(_), _) => Role::Read,
            (None, true) => Role::Ignored,
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
            let keys = maker.begin(&file.to_string_lossy(), 0, rows.columns())?.map(<[String]>::to_vec);
            self.note_columns(keys);
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
        Ok(total)
    }

    /// Notes columns that the layout does not know, and columns of the layout that the file lacks.
    fn note_columns(&self, keys: Option<Vec<String>>) {
        let Some(keys) = keys else { return };
        let is_unknown =
            |key: &&String| self.layout.target(key).is_none() && !self.layout.ignores(key) && !key.is_empty();
        let mut told = self.told();
        for key in keys.iter().filter(is_unknown) {
            if !told.unknown.contains(key) {
                told.unknown.push(key.clone());
            }
        }
        let present: HashSet<&str> = keys.iter().map(String::as_str).collect();
        for (name, _) in self.layout.columns().filter(|(name, _)| !present.contains(name)) {
            if !told.missing.iter().any(|known| known == name) {
                told.missing.push(name.to_owned());
            }
        }
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
            maker.begin(&name, *counted, rows.columns())?;
            for row in rows {
                *counted += 1;
                let made = match row {
                    Ok(row) if row.is_empty() && self.passes_over(&source) => {
                        let mut told = self.told();
                        (told.rows, told.skipped) = (told.rows + 1, told.skipped + 1);
                        continue;
                    }
                    Ok(row) => maker.make(&row).map(|made| (row, made)),
                    Err(RowError::Refused(refused)) => Err(refused),
                    Err(RowError::Broken(error)) => return Err(error.into()),
                };
                match made {
                    Err(refused) => self.note_refused(&name, &refused),
                    Ok((row, made)) => {
                        self.note_made(&made);
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

    fn note_refused(&self, file: &str, refused: &Refused) {
        let mut told = self.told();
        told.rows += 1;
        told.refused += 1;
        if told.refusals.len() < REFUSALS_NAMED {
            told.refusals.push(format!("{file} {refused}"));
        }
    }

    fn note_made(&self, made: &Made) {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut told = self.told();
        told.rows += 1;
        told.empty += u64::from(made.is_empty);
        told.times_unread += u64::from(made.time_unread);
        let mut hasher = DefaultHasher::new();
        let is_row = self.layout.file.as_ref().is_none_or(|file| file.submission.is_row());
        match (is_row, &made.person) {
            (true, None) => return,
            (true, Some(person)) => person.hash(&mut hasher),
            (false, _) => (&made.wave, self.unit(made)).hash(&mut hasher),
        }
        if !told.seen.insert(hasher.finish()) {
            told.repeated += 1;
        }
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

/// The nearest right name, or all of them.
fn near(wanted: &str, known: &[&str], what: &str) -> String {
    match nearest(wanted, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("{what}: {}", known.join(", ")),
    }
}

impl Told {
    /// Prints which columns of the file and of the layout have no counterpart.
    pub(crate) fn say_columns(&self) {
        let say = |names: &[String], words: &str| {
            if !names.is_empty() {
                let listed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                output::paragraph(&format!("{} {words}: {}", names.len(), listed.join(", ")));
                say!("");
            }
        };
        say(
            &self.unknown,
            "columns of the file are not in the layout (feed a question, or list them under `ignore`)",
        );
        say(&self.missing, "columns of the layout are not in the file (they count as blank)");
    }

    /// Prints what was seen of the files; `false` if any row was refused.
    pub(crate) fn say(&self, tables: &Tables) -> bool {
        say!("rows          {:>9}", self.rows);
        let is_row = tables.layout.file.as_ref().is_none_or(|file| file.submission.is_row());
        for (count, words) in [
            (self.empty, "rows without content, received"),
            (self.skipped, "rows without content, passed over"),
            (
                self.repeated,
                if is_row {
                    "rows of a person who has another"
                } else {
                    "rows of a respondent who has another: the last counts"
                },
            ),
            (self.times_unread, "times of submission that could not be read"),
            (self.withdrawn, "units of the earlier delivery taken back"),
        ] {
            if count > 0 {
                say!("  {count:>9} {words}");
            }
        }
        say!("rows refused  {:>9}", self.refused);
        for refusal in &self.refusals {
            say!("  {refusal}");
        }
        if self.refused > self.refusals.len() as u64 {
            say!("  and {} more", self.refused - self.refusals.len() as u64);
        }
        if self.refused > 0 && tables.earlier.is_some() {
            say!("  nothing of the earlier delivery was taken back, since rows were refused");
        }
        self.refused == 0
    }
}

/// A unit's respondent and group, for those who take units apart.
pub(crate) fn parts(unit: &str, rule: UnitRule) -> (String, Option<String>) {
    let plain = |part: &str| part.replace("%2F", "/").replace("%25", "%");
    match (rule, unit.split_once('/')) {
        (UnitRule::RespondentAndGroup, Some((respondent, group))) => (plain(respondent), Some(plain(group))),
        _ => (plain(unit), None),
    }
}
