//! Counts of somebody else's survey, read across into ours: what one event of type `aggregate.received` comes to.

use std::collections::{BTreeMap, HashMap};

use shukei_schemas::codes::pointer_part;
use shukei_schemas::definition::{
    Condition, Definitions, FilledFrom, Form, Kind, Mapping, Question, RuleKind, Source, SurveyDefinition,
    Test, UnitRule, Used, Wave, When,
};
use shukei_schemas::event::{Envelope, Fields, Subject};
use shukei_schemas::json::{Entries, Json};
use shukei_schemas::{Code, Issue, RespondentId, State, SurveyId, UnitId, WaveId, moment, tables};

use crate::{Kind as OutcomeKind, Outcome};

/// What an organisation counted, on our form: ready for the table `aggregates`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// The survey.
    pub survey: SurveyId,
    /// The wave.
    pub wave: WaveId,
    /// What a later delivery replaces: `//<body>`, or `//<body>/<group>`. No respondent is called so.
    pub unit: UnitId,
    /// Who delivered the counts.
    pub body: String,
    /// The group that was counted.
    pub group: Option<String>,
    /// The form that the counts are of, `<form>-<version>`.
    pub form: String,
    /// How they were collected.
    pub method: String,
    /// The mapping that they were read across by, `<mapping>-<version>`.
    pub mapping: String,
    /// The sender's count of corrections.
    pub revision: Option<i64>,
    /// The day that they are about.
    pub reference_date: Option<String>,
    /// How many units answered.
    pub units: i64,
    /// The counts.
    pub cells: Vec<AggregateCell>,
}

/// One count: of an option, or of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AggregateCell {
    /// The number of the question of our form.
    pub question: String,
    /// The code of the row of a grid.
    pub row: Option<i16>,
    /// The code of the option; none where a state is counted.
    pub option: Option<i16>,
    /// The state; none where an option is counted.
    pub state: Option<State>,
    /// How many units.
    pub count: i64,
    /// How many units were asked the question that feeds it.
    pub base: i64,
}

/// What was counted of a source question, or of a row of one, after its sums were looked at.
#[derive(Clone, Debug, Default)]
struct Counted {
    base: i64,
    answered: i64,
    options: HashMap<i16, i64>,
    /// Of those asked; never [`State::Answered`].
    states: BTreeMap<i8, i64>,
}

/// Reads and attributes the counts of an event.
pub(crate) fn read(
    envelope: &Envelope<'_>,
    order_time_us: Option<i64>,
    definitions: &Definitions,
    outcome: &mut Outcome,
) -> Result<Aggregate, Issue> {
    let path = envelope.data_path;
    let fields = Fields { data: &envelope.data, path };
    let at = |name: &str| format!("{path}/{name}");
    let survey = SurveyId::new(fields.need_text("survey")?);
    outcome.survey = Some(survey.clone());
    let known = definitions.survey(&survey);
    let only = || known.and_then(|known| known.survey.wave_if_none_is_named()).cloned();
    let wave = fields.text("wave")?.map(WaveId::new).or_else(only);
    let wave = wave.ok_or_else(|| Issue::new(Code::FieldMissing, at("wave")))?;
    outcome.wave = Some(wave.clone());
    let body = fields.need_text("body")?;
    let mut subject = Subject {
        survey,
        wave,
        respondent: RespondentId::new(body.clone()),
        group: fields.text("group")?,
        revision: fields.integer("revision")?,
    };
    outcome.revision = subject.revision;
    let definition = known.ok_or_else(|| Issue::new(Code::SurveyUnknown, at("survey")))?;
    let wave =
        definition.survey.wave(&subject.wave).ok_or_else(|| Issue::new(Code::WaveUnknown, at("wave")))?;
    // By the group that was said: a group that becomes known later is still the same delivery.
    let unit = UnitId::new(format!("//{}", subject.unit(UnitRule::RespondentAndGroup)));
    outcome.unit = Some(unit.clone());
    let mapping = mapping_of(fields, definition, wave)?;
    let forms = (definition.form(&mapping.source), definition.form(&mapping.target));
    let (Some(source), Some(target)) = forms else {
        return Err(Issue::new(Code::FormUnknown, at("mapping")));
    };
    let units = fields.integer("units")?.ok_or_else(|| Issue::new(Code::FieldMissing, at("units")))?;
    if units < 0 {
        return Err(Issue::new(Code::FieldType, at("units")));
    }
    let reference_date = match fields.text("reference_date")? {
        Some(day) if moment::iso_date(&day).is_none() => {
            return Err(Issue::new(Code::FieldType, at("reference_date")));
        }
        Some(day) => Some(day),
        None => mapping.reference_date.clone(),
    };
    let questions = match fields.value("questions")? {
        Some(Json::Object(entries)) => entries,
        Some(_) => return Err(Issue::new(Code::FieldType, at("questions"))),
        None => return Err(Issue::new(Code::FieldMissing, at("questions"))),
    };
    subject.group = crate::record::known_group(&subject, definition, wave, path, &mut outcome.issues);
    let mut counted: HashMap<Source, Counted> = HashMap::new();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    questions.iter().for_each(|(name, _)| *seen.entry(name).or_default() += 1);
    for (name, json) in *questions {
        let at = format!("{path}/questions{}", pointer_part(name));
        if seen.get(name).is_some_and(|times| *times > 1) {
            outcome.issues.push(Issue::new(Code::AnswerDuplicateKey, at));
            continue;
        }
        match source_of(source, name) {
            None => outcome.issues.push(Issue::new(Code::QuestionUnknown, at)),
            Some(of) => match question_counts(&source.questions[of.question], json, units, &at) {
                Ok(found) => {
                    counted.insert(of, found);
                }
                Err(issue) => outcome.issues.push(issue),
            },
        }
    }
    let group = subject.group.clone();
    let cells = across(mapping, source, target, &counted, units, group.as_deref());
    outcome.issues.sort_by(|a, b| (&a.path, a.code).cmp(&(&b.path, b.code)));
    if let (Some(closes), Some(time)) = (wave.closes_at(), envelope.time_us.or(order_time_us))
        && time >= closes
    {
        outcome.issues.insert(0, Issue::new(Code::Late, path));
    }
    outcome.kind = OutcomeKind::Aggregate;
    outcome.target = Some(tables::AGGREGATES.to_owned());
    outcome.definitions = definition.names_of(&Used {
        wave: Some(wave),
        form: Some(&mapping.source),
        layout: None,
        mapping: Some(&mapping.reference),
    });
    Ok(Aggregate {
        survey: subject.survey,
        wave: subject.wave,
        unit,
        body,
        group,
        form: target.reference.target(),
        method: mapping.method.clone(),
        mapping: mapping.reference.target(),
        revision: subject.revision,
        reference_date,
        units,
        cells,
    })
}

/// The mapping of counts that the event names, among those of the wave.
fn mapping_of<'d>(
    fields: Fields<'_>,
    definition: &'d SurveyDefinition,
    wave: &Wave,
) -> Result<&'d Mapping, Issue> {
    let name = fields.need_text("mapping")?;
    let version = fields.integer("mapping_version")?;
    let listed = wave.mappings.iter().filter(|reference| {
        reference.mapping == name && version.is_none_or(|version| i64::from(reference.version) == version)
    });
    let found = listed
        .max_by_key(|reference| reference.version)
        .and_then(|reference| definition.mapping(reference))
        .map(AsRef::as_ref)
        .filter(|mapping: &&Mapping| mapping.aggregate);
    found.ok_or_else(|| Issue::new(Code::MappingUnknown, format!("{}/mapping", fields.path)))
}

/// The question of a name, or the row of `number.row`.
fn source_of(form: &Form, name: &str) -> Option<Source> {
    if let Some((question, found)) = form.question(name) {
        return found.rows().is_empty().then_some(Source { question, row: 0 });
    }
    let (number, row) = name.rsplit_once('.')?;
    let (question, found) = form.question(number)?;
    let code: i16 = row.parse().ok()?;
    let row = found.rows().iter().position(|row| row.code == code)?;
    Some(Source { question, row })
}

/// The counts of one question, if they fit together.
fn question_counts(question: &Question, json: &Json<'_>, units: i64, at: &str) -> Result<Counted, Issue> {
    let fields = Fields { data: json, path: at };
    let whole = |name: &str| match fields.integer(name) {
        Ok(Some(number)) if number >= 0 => Ok(number),
        _ => Err(Issue::new(Code::AggregateCount, format!("{at}/{name}"))),
    };
    let base = whole("base")?;
    let number = |json: &Json<'_>, at: &str| {
        let number = match json {
            Json::Number(text) => text.parse::<i64>().ok(),
            _ => None,
        };
        number.filter(|number| *number >= 0).ok_or_else(|| Issue::new(Code::AggregateCount, at))
    };
    let mut found = Counted { base, ..Counted::default() };
    for (word, json) in object(fields, "states")? {
        let at = format!("{at}/states{}", pointer_part(word));
        let state = State::ALL.into_iter().find(|state| {
            let says = matches!(
                state,
                State::NoAnswer | State::StatedNoAnswer | State::Invalid | State::NothingMarked
            );
            says && state.as_str() == *word
        });
        let state = state.ok_or_else(|| Issue::new(Code::AggregateCount, at.clone()))?;
        if found.states.insert(state.code(), number(json, &at)?).is_some() {
            return Err(Issue::new(Code::AnswerDuplicateKey, at));
        }
    }
    for (code, json) in object(fields, "options")? {
        let at = format!("{at}/options{}", pointer_part(code));
        let option = question.options().iter().find(|option| option.code.to_string() == *code);
        let option = option.ok_or_else(|| Issue::new(Code::OptionUnknown, at.clone()))?;
        if found.options.insert(option.code, number(json, &at)?).is_some() {
            return Err(Issue::new(Code::AnswerDuplicateKey, at));
        }
    }
    let no_sum = || Issue::new(Code::AggregateSum, at);
    let sum = |numbers: &[i64]| numbers.iter().try_fold(0_i64, |sum, number| sum.checked_add(*number));
    let stated: Vec<i64> = found.states.values().copied().collect();
    let given: Vec<i64> = found.options.values().copied().collect();
    let (Some(stated), Some(given)) = (sum(&stated), sum(&given)) else { return Err(no_sum()) };
    found.answered = base - stated;
    let is_single = !matches!(question.kind, Kind::Multiple { .. });
    let fits = base <= units
        && found.answered >= 0
        && found.options.values().all(|number| *number <= found.answered)
        && (!is_single || given == found.answered);
    if fits { Ok(found) } else { Err(no_sum()) }
}

/// The entries of a field that holds counts by name; a field that is not there has none.
fn object<'j>(fields: Fields<'j>, name: &str) -> Result<&'j Entries<'j>, Issue> {
    match fields.value(name)? {
        None => Ok(&[]),
        Some(Json::Object(entries)) => Ok(entries),
        Some(_) => Err(Issue::new(Code::AggregateCount, format!("{}/{name}", fields.path))),
    }
}

/// The counts on our form. A question that no rule covers, or whose source did not come, has none.
fn across(
    mapping: &Mapping,
    source: &Form,
    target: &Form,
    counted: &HashMap<Source, Counted>,
    units: i64,
    group: Option<&str>,
) -> Vec<AggregateCell> {
    let mut cells = Vec::new();
    for (place, question) in target.questions.iter().enumerate() {
        if question.filled_from == Some(FilledFrom::Group) {
            from_group(question, units, group, &mut cells);
            continue;
        }
        let Some(rule) = mapping.rule(place) else { continue };
        let mut add = |row: Option<i16>, from: Source, options: &[(usize, Vec<i16>)]| {
            if let Some(counted) = counted.get(&from) {
                Across { mapping, source, question, units, counted, from, row }.add(options, &mut cells);
            }
        };
        match &rule.kind {
            RuleKind::Codes { from, map } => {
                if let [from] = from.as_slice() {
                    add(None, *from, &by_option(map, question.options().len()));
                }
            }
            RuleKind::Same { from, codes, rows } => {
                let options = by_option(codes, question.options().len());
                match source.questions[*from].rows().is_empty() {
                    true => add(None, Source { question: *from, row: 0 }, &options),
                    false => {
                        for (theirs, ours) in rows {
                            let row = question.rows().get(*ours).map(|row| row.code);
                            add(row, Source { question: *from, row: *theirs }, &options);
                        }
                    }
                }
            }
            RuleKind::Options(rules) => {
                let mut from = None;
                let options: Vec<(usize, Vec<i16>)> = rules
                    .iter()
                    .map(|rule| {
                        let When::Any(conditions) = &rule.when else { return (rule.option, Vec::new()) };
                        let mut codes = Vec::new();
                        for Condition { source, test } in conditions {
                            from = from.or(Some(*source));
                            if let Test::Codes(named) = test {
                                codes.extend(named);
                            }
                        }
                        codes.sort_unstable();
                        codes.dedup();
                        (rule.option, codes)
                    })
                    .collect();
                if let Some(from) = from {
                    add(None, from, &options);
                }
            }
            // Refused when the mapping is loaded: it needs the marks of each unit.
            RuleKind::Priority { .. } => {}
        }
    }
    cells
}

/// The source codes that feed each option of the target; options that none feeds have none.
fn by_option(codes: &HashMap<i16, usize>, options: usize) -> Vec<(usize, Vec<i16>)> {
    let mut fed: Vec<(usize, Vec<i16>)> = (0..options).map(|place| (place, Vec::new())).collect();
    for (code, place) in codes {
        if let Some((_, codes)) = fed.get_mut(*place) {
            codes.push(*code);
        }
    }
    fed
}

/// A question that the group answers in the respondent's place.
fn from_group(question: &Question, units: i64, group: Option<&str>, cells: &mut Vec<AggregateCell>) {
    let chosen = question.options().iter().find(|option| group.is_some() && option.group.as_deref() == group);
    let cell = |option, state, count| AggregateCell {
        question: question.number.to_string(),
        row: None,
        option,
        state,
        count,
        base: units,
    };
    match chosen {
        Some(option) => {
            cells.push(cell(Some(option.code), None, units));
            cells.push(cell(None, Some(State::Answered), units));
        }
        None => cells.push(cell(None, Some(State::NoAnswer), units)),
    }
}

/// One question, or one row of it, on its way across.
struct Across<'a> {
    mapping: &'a Mapping,
    source: &'a Form,
    question: &'a Question,
    units: i64,
    counted: &'a Counted,
    from: Source,
    row: Option<i16>,
}

impl Across<'_> {
    fn add(&self, options: &[(usize, Vec<i16>)], cells: &mut Vec<AggregateCell>) {
        let of_code = |code: &i16| self.counted.options.get(code).copied().unwrap_or(0);
        let cell = |option, state, count| AggregateCell {
            question: self.question.number.to_string(),
            row: self.row,
            option,
            state,
            count,
            base: self.counted.base,
        };
        for (place, codes) in options {
            if let Some(option) = self.question.options().get(*place) {
                cells.push(cell(Some(option.code), None, codes.iter().map(of_code).sum()));
            }
        }
        // Of a single answer with a code that deliberately feeds nothing, nothing is known. Of several marks the
        // counts do not say who gave no other.
        let source = &self.source.questions[self.from.question];
        let not_mapped: i64 = match source.kind {
            Kind::Multiple { .. } => 0,
            _ => {
                let unmapped = |code: &&i16| self.mapping.is_unmapped(self.from.question, **code);
                self.counted.options.keys().filter(unmapped).map(of_code).sum()
            }
        };
        let said =
            self.counted.states.iter().filter_map(|(code, count)| Some((State::from_code(*code)?, *count)));
        let worked_out = [
            (State::Answered, self.counted.answered - not_mapped),
            (State::NotMapped, not_mapped),
            (State::NotAsked, self.units - self.counted.base),
        ];
        for (state, count) in worked_out.into_iter().chain(said).filter(|(_, count)| *count > 0) {
            cells.push(cell(None, Some(state), count));
        }
    }
}
