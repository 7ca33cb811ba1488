//! A table of counts that an organisation delivers instead of records, as events.

use std::collections::BTreeMap;
use std::path::Path;

use csv::StringRecord;
use shukei_schemas::aggregate::{AggregateDelivery, QuestionCounts};
use shukei_schemas::definition::{Definitions, Form, Mapping, Question, Steps, SurveyDefinition, nearest};
use shukei_schemas::event::{AGGREGATE_RECEIVED, bare_id, write_structured};
use shukei_schemas::{State, WaveId};

use crate::cli::CountsArguments;
use crate::commands::lines::outgoing;
use crate::commands::sending::Item;
use crate::fault::Fault;

/// Where counts come from that stand in a file.
const SOURCE: &str = "urn:shukei:counts";

const COLUMNS: [&str; 9] = ["group", "units", "question", "row", "option", "label", "state", "count", "base"];

const SHAPE: &str = "a line a count: question, then option (a code), label or state, then count; and where they are needed \
                     group, units, row, base";

/// What is known of the file before it is read.
struct Reader<'a> {
    file: &'a Path,
    form: &'a Form,
    header: StringRecord,
    /// By group, in the order of the file.
    found: Vec<(String, Found)>,
}

/// The counts of one group.
#[derive(Default)]
struct Found {
    line: u64,
    units: Option<u64>,
    questions: BTreeMap<String, QuestionCounts>,
    /// Questions whose base a line says.
    based: BTreeMap<String, u64>,
}

/// The events that a file of counts comes to, one a group.
///
/// # Errors
/// A fault of use with file, line and the nearest right name; then nothing is sent.
pub(crate) fn read(
    file: &Path,
    arguments: &CountsArguments,
    survey: Option<&str>,
    wave: Option<&str>,
    definitions: &Definitions,
) -> Result<Vec<Item>, Fault> {
    let (definition, wave) = find_wave(definitions, survey, wave)?;
    let mapping = find_mapping(definition, &wave, arguments)?;
    let form = definition.form(&mapping.source).ok_or_else(|| {
        Fault::usage(
            format!("form `{}` cannot be read", mapping.source.target()),
            "`shukei check DIR` says why",
        )
    })?;
    let body = arguments.body.clone().ok_or_else(|| {
        Fault::usage(
            "nothing says who delivers the counts",
            "say --body \"NAME\": a later delivery of it replaces this one",
        )
    })?;
    let text = std::fs::read(file)?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let header = csv.headers().cloned().unwrap_or_default();
    let mut reader = Reader { file, form, header, found: Vec::new() };
    reader.check_header()?;
    for record in csv.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(1, csv::Position::line);
            reader.fault(line, "the line is no CSV, or not UTF-8".to_owned(), "save the file as CSV in UTF-8")
        })?;
        reader.line(&record)?;
    }
    if reader.found.is_empty() {
        return Err(reader.fault(1, "there are no counts".to_owned(), SHAPE));
    }
    let mut items = Vec::with_capacity(reader.found.len());
    for (group, found) in std::mem::take(&mut reader.found) {
        let units = found.units.or(arguments.units).ok_or_else(|| {
            let of = if group.is_empty() { String::new() } else { format!(" of group `{group}`") };
            let hint = "say --units N, or give the column `units`";
            reader.fault(found.line, format!("nothing says how many units{of} answered"), hint)
        })?;
        let mut questions = found.questions;
        for (question, counts) in &mut questions {
            counts.base = found.based.get(question).copied().unwrap_or(units);
        }
        let delivery = AggregateDelivery {
            survey: definition.survey.survey.to_string(),
            wave: wave.to_string(),
            body: body.clone(),
            group: Some(group.clone()).filter(|group| !group.is_empty()).or_else(|| arguments.group.clone()),
            mapping: mapping.reference.mapping.clone(),
            mapping_version: Some(mapping.reference.version),
            revision: arguments.revision,
            reference_date: arguments.reference_date.clone(),
            units,
            questions,
        };
        let content = serde_json::to_vec(&delivery).map_err(anyhow::Error::from)?;
        let id = bare_id(SOURCE, &content, "");
        let event = write_structured(&id, SOURCE, AGGREGATE_RECEIVED, None, &delivery);
        let (id, outgoing) = outgoing(event.map_err(anyhow::Error::from)?)?;
        items.push(Item { place: format!("{}:{}", file.display(), found.line), id, outgoing });
    }
    Ok(items)
}

fn find_wave<'a>(
    definitions: &'a Definitions,
    survey: Option<&str>,
    wave: Option<&str>,
) -> Result<(&'a SurveyDefinition, WaveId), Fault> {
    let names: Vec<&str> = definitions.surveys().map(|known| known.survey.survey.as_str()).collect();
    let survey = survey.ok_or_else(|| {
        Fault::usage(
            "nothing says which survey the counts are of",
            "say --survey SURVEY, and --wave where there are several",
        )
    })?;
    let definition = definitions.survey(&survey.into()).ok_or_else(|| {
        Fault::usage(format!("there is no survey `{survey}`"), near(survey, names.iter().copied(), "surveys"))
    })?;
    let wave = shukei_query::wave_or_only(definitions, &survey.into(), wave)?;
    match definition.survey.wave(&wave) {
        Some(_) => Ok((definition, wave)),
        None => {
            let waves = definition.survey.waves.iter().map(|known| known.wave.as_str());
            let hint = near(wave.as_str(), waves, "waves");
            Err(Fault::usage(format!("survey `{survey}` has no wave `{wave}`"), hint))
        }
    }
}

/// The mapping of counts that is named: of several versions the newest that the wave lists.
fn find_mapping<'a>(
    definition: &'a SurveyDefinition,
    wave: &WaveId,
    arguments: &CountsArguments,
) -> Result<&'a Mapping, Fault> {
    let name = arguments.counts.as_deref().unwrap_or_default();
    let listed = definition.survey.wave(wave).into_iter().flat_map(|wave| &wave.mappings);
    let known: Vec<&Mapping> = listed
        .filter_map(|reference| definition.mapping(reference))
        .map(AsRef::as_ref)
        .filter(|mapping: &&Mapping| mapping.aggregate)
        .collect();
    let of_name = known.iter().filter(|mapping| mapping.reference.mapping == name);
    of_name.max_by_key(|mapping| mapping.reference.version).copied().ok_or_else(|| {
        let names = known.iter().map(|mapping| mapping.reference.mapping.as_str());
        let hint = match known.is_empty() {
            true => "the wave lists no mapping with `aggregate: true`: write one and list it".to_owned(),
            false => near(name, names, "mappings"),
        };
        Fault::usage(format!("wave `{wave}` lists no mapping of counts `{name}`"), hint)
    })
}

fn near<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone, what: &str) -> String {
    match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("{what}: {}", known.collect::<Vec<_>>().join(", ")),
    }
}

impl Reader<'_> {
    fn fault(&self, line: u64, message: String, hint: impl Into<String>) -> Fault {
        Fault::usage(format!("{}:{line}: {message}", self.file.display()), hint)
    }

    fn has(&self, column: &str) -> bool {
        self.header.iter().any(|known| known == column)
    }

    fn check_header(&self) -> Result<(), Fault> {
        if let Some(column) = self.header.iter().find(|column| !COLUMNS.contains(column)) {
            let hint = near(column, COLUMNS.iter().copied(), "columns");
            return Err(self.fault(1, format!("unknown column `{column}`"), hint));
        }
        for column in ["question", "count"] {
            if !self.has(column) {
                return Err(self.fault(1, format!("column `{column}` is missing"), SHAPE));
            }
        }
        match ["option", "label", "state"].iter().any(|column| self.has(column)) {
            true => Ok(()),
            false => Err(self.fault(1, "no column says what is counted".to_owned(), SHAPE)),
        }
    }

    fn line(&mut self, record: &StringRecord) -> Result<(), Fault> {
        let line = record.position().map_or(1, csv::Position::line);
        let field = |column: &str| {
            let place = self.header.iter().position(|known| known == column);
            place.and_then(|place| record.get(place)).unwrap_or("").trim()
        };
        let number = |column: &str| match field(column) {
            "" => Ok(None),
            text => text.parse::<u64>().map(Some).map_err(|_| {
                let hint = "write whole numbers, without signs, units and separators";
                self.fault(line, format!("`{column}` is no count"), hint)
            }),
        };
        let (count, base, units) = (number("count")?, number("base")?, number("units")?);
        let (group, name) = (field("group").to_owned(), field("question"));
        let said = (field("option"), field("label"), field("state"));
        let counted = match (name.is_empty(), count) {
            // A line that only says how many answered.
            (true, None) if units.is_some() => None,
            (true, _) => return Err(self.fault(line, "the line names no question".to_owned(), SHAPE)),
            (false, None) => return Err(self.fault(line, "the line has no count".to_owned(), SHAPE)),
            (false, Some(count)) => {
                let (number, question) = self.question(line, name, field("row"))?;
                Some((number, self.counted(line, question, said)?, count))
            }
        };
        let place = match self.found.iter().position(|(known, _)| *known == group) {
            Some(place) => place,
            None => {
                self.found.push((group, Found { line, ..Found::default() }));
                self.found.len() - 1
            }
        };
        let found = &mut self.found[place].1;
        if let (Some(before), Some(units)) = (found.units, units)
            && before != units
        {
            let message = format!("{units} units answered here, and {before} further up");
            return Err(self.fault(line, message, "give one number of units for each group"));
        }
        found.units = found.units.or(units);
        let Some((number, what, count)) = counted else { return Ok(()) };
        let based =
            base.and_then(|base| found.based.insert(number.clone(), base).map(|before| (base, before)));
        let counts = found.questions.entry(number.clone()).or_default();
        let before = match what {
            What::Option(code) => counts.options.insert(code, count),
            What::State(state) => counts.states.insert(state, count),
        };
        if let Some((base, before)) = based.filter(|(base, before)| base != before) {
            let message = format!("the base of `{number}` is {base} here, and {before} further up");
            return Err(self.fault(line, message, "give one base for each question, or row of a grid"));
        }
        match before {
            None => Ok(()),
            Some(_) => {
                Err(self.fault(line, format!("the same of `{number}` is counted twice"), "leave one of them"))
            }
        }
    }

    /// The question that a line is about, with the name that the event gives it.
    fn question(&self, line: u64, name: &str, row: &str) -> Result<(String, &Question), Fault> {
        // `number.row` is a row of a grid, as in the event.
        let whole = self.form.question(name).map(|(_, question)| (question, row));
        let with_row = || {
            let (number, row) = name.rsplit_once('.')?;
            Some((self.form.question(number)?.1, row))
        };
        let Some((question, row)) = whole.or_else(with_row) else {
            let known = self.form.questions.iter().map(|question| question.number.as_str());
            let message = format!("form `{}` has no question `{name}`", self.form.reference.target());
            return Err(self.fault(line, message, near(name, known, "questions")));
        };
        let rows = question.rows();
        let steps = Steps::default();
        let is = |label: &str| !label.is_empty() && steps.key(label) == steps.key(row);
        let found = rows.iter().find(|known| known.code.to_string() == row || known.label.wordings().any(is));
        match (rows.is_empty(), found) {
            (true, _) if row.is_empty() => Ok((question.number.to_string(), question)),
            (true, _) => {
                let message = format!("question `{}` has no rows", question.number);
                Err(self.fault(line, message, "leave `row` empty"))
            }
            (false, Some(found)) => Ok((format!("{}.{}", question.number, found.code), question)),
            (false, None) => {
                let codes: Vec<String> = rows.iter().map(|row| row.code.to_string()).collect();
                let message = format!("question `{}` has no row `{row}`", question.number);
                Err(self.fault(line, message, format!("rows: {}", codes.join(", "))))
            }
        }
    }

    /// What a line counts: the code of an option, or a state.
    fn counted(
        &self,
        line: u64,
        question: &Question,
        (option, label, state): (&str, &str, &str),
    ) -> Result<What, Fault> {
        let number = &question.number;
        match [option, label, state].iter().filter(|said| !said.is_empty()).count() {
            0 => return Err(self.fault(line, "the line does not say what is counted".to_owned(), SHAPE)),
            // A label may stand beside its code, for people.
            1 => {}
            _ if state.is_empty() => {}
            _ => {
                return Err(self.fault(
                    line,
                    "the line counts an option and a state".to_owned(),
                    "leave one of them empty",
                ));
            }
        }
        if !state.is_empty() {
            let known = [State::NoAnswer, State::StatedNoAnswer, State::Invalid, State::NothingMarked]
                .map(State::as_str);
            return match known.contains(&state) {
                true => Ok(What::State(state.to_owned())),
                false => {
                    let hint = near(state, known.into_iter(), "states");
                    Err(self.fault(line, format!("`{state}` is no state that counts can have"), hint))
                }
            };
        }
        let options = question.options();
        let found: Vec<i16> = match option.is_empty() {
            false => {
                options.iter().map(|known| known.code).filter(|code| code.to_string() == option).collect()
            }
            true => {
                let steps = Steps::default();
                let key = steps.key(label);
                let is = |words: &str| steps.key(words) == key;
                let labelled = options.iter().filter(|known| known.label.wordings().any(is));
                labelled.map(|known| known.code).collect()
            }
        };
        match found.as_slice() {
            [code] => Ok(What::Option(code.to_string())),
            [] => {
                let said = if option.is_empty() { label } else { option };
                let codes: Vec<String> = options.iter().map(|known| known.code.to_string()).collect();
                let labels = options.iter().flat_map(|known| known.label.wordings());
                let hint = match nearest(said, labels) {
                    Some(near) if option.is_empty() => format!("did you mean `{near}`?"),
                    _ => format!("options: {}", codes.join(", ")),
                };
                Err(self.fault(line, format!("question `{number}` has no option `{said}`"), hint))
            }
            _ => {
                let message = format!("question `{number}` has several options `{label}`");
                Err(self.fault(line, message, "give their codes in the column `option`"))
            }
        }
    }
}

enum What {
    Option(String),
    State(String),
}
