//! Random surveys: definition files as plain documents, and events as the bytes that travel.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::random::Random;
use super::{events, forms, mappings};

/// A survey, what is asked of it, and what arrives.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) seed: u64,
    /// Path to content. A file of YAML is its document, a file of CSV a list of lines, each an object.
    pub(super) files: BTreeMap<String, Value>,
    /// In the order of arrival.
    pub(super) events: Vec<String>,
}

pub(super) const OWN: &str = "forms/own.yaml";
pub(super) const SOURCE: &str = "forms/source.yaml";
pub(super) const MAPPING: &str = "mappings/across.yaml";
pub(super) const LAYOUT: &str = "layouts/sheet.yaml";
pub(super) const COLUMNS: &str = "layouts/sheet.csv";
pub(super) const SECTORS: &str = "sectors/parts.yaml";
pub(super) const TABLE: &str = "tables/asked.yaml";

impl Case {
    pub(super) fn new(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let mut files = BTreeMap::new();
        let groups = if random.chance(60) { 2 + random.below(2) } else { 0 };
        let groups: Vec<String> = (1..=groups).map(|group| format!("g{group}")).collect();
        let own = forms::form(random, "own", &groups);
        let mut wave = json!({"wave": "w", "names": "W", "forms": [{"form": "own", "version": 1}]});
        if !groups.is_empty() {
            let listed = groups.iter().map(|group| json!({"group": group, "field": "f", "label": group}));
            let field = json!([{"field": "f", "label": "F"}]);
            let listed: Vec<Value> = listed.collect();
            files.insert(
                SECTORS.to_owned(),
                json!({"sectors": "parts", "version": 1, "fields": field, "groups": listed}),
            );
            wave["sectors"] = json!({"sectors": "parts", "version": 1});
        }
        if random.chance(45) {
            let source = forms::form(random, "source", &groups);
            files.insert(MAPPING.to_owned(), mappings::mapping(random, &source, &own));
            files.insert(SOURCE.to_owned(), source);
            wave["mappings"] = json!([{"mapping": "across", "version": 1}]);
        }
        if random.chance(45) {
            let (layout, columns) = forms::layout(random, &own);
            files.insert(LAYOUT.to_owned(), layout);
            files.insert(COLUMNS.to_owned(), columns);
            wave["layouts"] = json!([{"layout": "sheet", "version": 1}]);
        }
        let survey = json!({
            "survey": "made", "version": 1, "names": "Made", "synthetic": true, "languages": ["en"],
            "unit": random.pick(&["respondent", "respondent_and_group"]),
            "two_sources": random.pick(&["prefer_form", "prefer_mapping", "keep_last", "keep_both"]),
            "decimals": random.below(4),
            "rounding": random.pick(&["half_away", "half_away", "half_even"]),
            "states": states(random), "waves": [wave],
        });
        files.insert("survey.yaml".to_owned(), survey);
        files.insert(TABLE.to_owned(), table(random, &own, &groups));
        files.insert(OWN.to_owned(), own);
        let events = events::events(random, &files, &groups);
        Self { seed, files, events }
    }

    /// The files of the survey's folder. JSON is YAML, but for keys that are numbers.
    pub(super) fn written(&self) -> BTreeMap<String, Vec<u8>> {
        let write = |(path, document): (&String, &Value)| {
            let text = if path.ends_with(".csv") { csv_text(document) } else { yaml(document) };
            (path.clone(), text.into_bytes())
        };
        self.files.iter().map(write).collect()
    }
}

impl Case {
    /// Files and events, for people.
    pub(super) fn shown(&self) -> String {
        let mut text = String::new();
        for (path, bytes) in self.written() {
            text.push_str(&format!("--- {path}\n{}\n", String::from_utf8_lossy(&bytes)));
        }
        format!("{text}--- events\n{}\n", self.events.join("\n"))
    }
}

/// What the survey, or a question, says of states.
pub(super) fn states(random: &mut Random) -> Value {
    let mut states = json!({});
    for state in ["no_answer", "stated_no_answer", "invalid", "nothing_marked", "not_asked", "not_mapped"] {
        let rare = state.starts_with("not_");
        if random.chance(if rare { 12 } else { 35 }) {
            states[state] = json!({"in_base": random.chance(50), "prints": random.chance(70)});
        }
    }
    states
}

/// The table that is asked for: breaks, a filter, weights, bases.
fn table(random: &mut Random, own: &Value, groups: &[String]) -> Value {
    let questions = forms::questions(own);
    let mut table = json!({"table": "asked"});
    let coded = |kinds: &[&str]| -> Vec<String> {
        let fits = |question: &&&Value| kinds.contains(&question["kind"].as_str().unwrap());
        let number = |question: &&Value| question["number"].as_str().unwrap().to_owned();
        questions.iter().filter(fits).map(number).collect()
    };
    let mut breaks = coded(&["single", "rating", "multiple"]);
    breaks.extend(["group".to_owned(), "method".to_owned()]);
    for question in questions.iter().filter(|question| question["kind"] == "grid") {
        let row = &random.pick(question["rows"].as_array().unwrap())["row"];
        breaks.push(format!("{}.{row}", question["number"].as_str().unwrap()));
    }
    let mut by = Vec::new();
    if random.chance(60) {
        by.push(random.pick(&breaks));
        if random.chance(30) {
            let other = random.pick(&breaks);
            if other != by[0] {
                by[0] = format!("{}*{other}", by[0]);
            }
        }
        if random.chance(20) {
            let other = random.pick(&breaks);
            if !by[0].split('*').any(|one| one == other) {
                by.push(other);
            }
        }
    }
    if !by.is_empty() {
        table["by"] = json!(by);
    }
    if random.chance(25) {
        table["filter"] = forms::condition(random, &questions, groups, 1);
    }
    if random.chance(12) {
        table["numerator"] = forms::condition(random, &questions, groups, 0);
    }
    if questions.iter().any(|question| question["role"] == "weight") && random.chance(70) {
        table["weight"] = json!("w");
    }
    if random.chance(30) {
        table["base"] = json!(random.pick(&["all", "asked", "answered"]));
    }
    if random.chance(30) {
        table["decimals"] = json!(random.below(7));
    }
    table
}

fn yaml(document: &Value) -> String {
    match document {
        Value::Array(items) => format!("[{}]", items.iter().map(yaml).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{key}: {}", yaml(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn csv_text(lines: &Value) -> String {
    const HEADER: [&str; 6] = ["column", "question", "row", "option", "shape", "separator"];
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER).unwrap();
    for line in lines.as_array().unwrap() {
        let cell = |name: &&str| match &line[*name] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        writer.write_record(HEADER.iter().map(cell)).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}
