//! The second opinion, first half: what each event comes to, and which ones count. Written from the documentation
//! alone, as plainly as possible: no crate of ours, no clever order, no speed.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::generate::{COLUMNS, LAYOUT, MAPPING, OWN, SECTORS, SOURCE};
use super::naive_answers::direct;
use super::naive_cells::cells;
use super::naive_logic::work_out;
use super::naive_mapping::read_across;

pub(super) type Files = BTreeMap<String, Value>;
pub(super) type Answers = BTreeMap<String, Vec<Given>>;

/// Numbers are whole millionths.
pub(super) const ONE: i128 = 1_000_000;

/// One answer, or that of one row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Given {
    pub(super) state: String,
    /// The options, or the rank, in printed order.
    pub(super) codes: Vec<i64>,
    pub(super) number: i128,
    /// Options that the unit was not offered.
    pub(super) hidden: Vec<i64>,
}

/// An event that could be read.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) unit: String,
    pub(super) withdrawn: bool,
    pub(super) revision: i64,
    pub(super) group: Option<String>,
    pub(super) method: String,
    pub(super) mapped: bool,
    pub(super) answers: Answers,
    /// Events that are the same, for copies.
    identity: (String, String, String),
}

pub(super) fn given(state: &str) -> Given {
    Given { state: state.to_owned(), ..Given::default() }
}

pub(super) fn chosen(codes: Vec<i64>) -> Given {
    Given { codes, ..given("answered") }
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The questions of a form with those that follow from bands.
pub(super) fn questions(form: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    for question in list(&form["sections"]).iter().flat_map(|section| list(&section["questions"])) {
        let mut question = question.clone();
        let mut rules = form["rules"].clone();
        for (rule, value) in question["rules"].as_object().into_iter().flatten() {
            rules[rule] = value.clone();
        }
        question["rules"] = rules;
        let number = text(&question["number"]).to_owned();
        all.push(question.clone());
        if let Some(bands) = question["bands"].as_array() {
            let mut band =
                serde_json::json!({"number": format!("{number}band"), "kind": "single", "bands_of": number});
            band["options"] = bands.clone().into();
            band["states"] = question["states"].clone();
            all.push(band);
        }
    }
    all
}

/// What is chosen from, in printed order: code and, for means and comparisons, value in millionths.
pub(super) fn options(question: &Value) -> Vec<(i64, Option<i128>)> {
    let mut all = Vec::new();
    if let (Some(from), Some(to)) = (question["points"]["from"].as_i64(), question["points"]["to"].as_i64()) {
        let first = if from < 0 { 1 } else { from };
        all.extend((from..=to).map(|point| (first + point - from, Some(i128::from(point) * ONE))));
    }
    if question["kind"] == "ranking" {
        all.extend(
            (1..=list(&question["rows"]).len() as i64).map(|rank| (rank, Some(i128::from(rank) * ONE))),
        );
    }
    for option in list(&question["options"]) {
        let code = option["code"].as_i64().unwrap();
        all.push((code, (option["not_applicable"] != true).then_some(i128::from(code) * ONE)));
    }
    all
}

pub(super) fn has_exclusive(question: &Value) -> bool {
    list(&question["options"]).iter().any(|option| option["exclusive"] == true)
}

/// An object with every entry, also those whose key stands twice.
struct Entries(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Entries;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(Entries(all))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

#[derive(Deserialize)]
struct Event {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    answers: Entries,
}

/// What an event comes to; none if it is rejected.
pub(super) fn read(event: &str, files: &Files) -> Option<Read> {
    let parsed: Value = serde_json::from_str(event).ok()?;
    let data = parsed["data"].as_object().map(|_| &parsed["data"])?;
    let optional = |key: &str| match &data[key] {
        Value::Null => Some(None),
        Value::String(text) => Some((!text.trim().is_empty()).then(|| text.clone())),
        _ => None,
    };
    let (respondent, group) = (optional("respondent")??, optional("group")?);
    let revision = if data["revision"].is_null() { 0 } else { data["revision"].as_i64()? };
    if optional("survey")?? != "made" || optional("wave")?? != "w" {
        return None;
    }
    let unit = match &group {
        Some(group) if files["survey.yaml"]["unit"] == "respondent_and_group" => {
            format!("{respondent}/{group}")
        }
        _ => respondent,
    };
    let wave = &files["survey.yaml"]["waves"][0];
    let known = |group: &String| match files.get(SECTORS).filter(|_| !wave["sectors"].is_null()) {
        Some(sectors) => list(&sectors["groups"]).iter().any(|one| one["group"] == **group),
        None => true,
    };
    let mut read = Read {
        unit,
        withdrawn: parsed["type"] == "submission.withdrawn",
        revision,
        group: group.filter(known),
        method: optional("method")?.unwrap_or_else(|| "form".into()),
        mapped: false,
        answers: Answers::new(),
        identity: (text(&parsed["source"]).into(), text(&parsed["id"]).into(), event.into()),
    };
    if read.withdrawn {
        return Some(read);
    }
    let (form, layout) = (optional("form")?.unwrap_or_else(|| "own".into()), optional("layout")?);
    let event: Event = serde_json::from_str(event).ok()?;
    let entries = event.data.answers.0;
    let own = questions(&files[OWN]);
    match (form.as_str(), layout.is_some()) {
        ("own", false) => {
            read.answers = direct(&own, &entries);
            work_out(&files[OWN], &own, read.group.as_ref(), &mut read.answers);
        }
        ("own", true) if !list(&wave["layouts"]).is_empty() => {
            read.answers = cells(&own, &files[LAYOUT], &files[COLUMNS], &entries);
            work_out(&files[OWN], &own, read.group.as_ref(), &mut read.answers);
        }
        ("source", false) if !list(&wave["mappings"]).is_empty() => {
            let source = questions(&files[SOURCE]);
            let mut answers = direct(&source, &entries);
            work_out(&files[SOURCE], &source, read.group.as_ref(), &mut answers);
            let mapping = &files[MAPPING];
            read.answers = read_across(mapping, &source, &own, &answers);
            (read.method, read.mapped) = (mapping["method"].as_str().unwrap_or("external").to_owned(), true);
        }
        _ => return None,
    }
    Some(read)
}

/// The events that count: copies go first, then the last of each unit and source, then the rule of two sources.
pub(super) fn counting(events: &[Option<Read>], files: &Files) -> Vec<usize> {
    let mut units: BTreeMap<&str, Vec<(i64, usize)>> = BTreeMap::new();
    for (at, event) in events.iter().enumerate() {
        let Some(event) = event else { continue };
        let is_copy =
            |earlier: &Option<Read>| earlier.as_ref().is_some_and(|one| one.identity == event.identity);
        if !events[..at].iter().any(is_copy) {
            units.entry(&event.unit).or_default().push((event.revision, at));
        }
    }
    let mut counting = Vec::new();
    for mut order in units.into_values() {
        order.sort_unstable();
        let event = |at: usize| events[at].as_ref().unwrap();
        let (mut form, mut across) = (None, None);
        for (place, (_, at)) in order.into_iter().enumerate() {
            match (event(at).withdrawn, event(at).mapped) {
                (true, _) => (form, across) = (None, None),
                (_, false) => form = Some((place, at)),
                (_, true) => across = Some((place, at)),
            }
        }
        match text(&files["survey.yaml"]["two_sources"]) {
            "keep_both" => counting.extend(form.into_iter().chain(across)),
            "keep_last" => counting.extend(form.max(across)),
            "prefer_mapping" => counting.extend(across.or(form)),
            _ => counting.extend(form.or(across)),
        }
    }
    counting.sort_unstable_by_key(|(_, at)| *at);
    counting.into_iter().map(|(_, at)| at).collect()
}

/// An event in short, to be held against the engine's.
pub(super) fn shown_read(read: &Read, files: &Files) -> String {
    if read.withdrawn {
        return format!("{} withdrawn", read.unit);
    }
    let group = read.group.as_deref().unwrap_or("-");
    let mut line = format!("{} group={group} method={} mapped={}", read.unit, read.method, read.mapped);
    for question in questions(&files[OWN]) {
        let number = text(&question["number"]);
        for answer in &read.answers[number] {
            let (mut codes, mut hidden) = (answer.codes.clone(), answer.hidden.clone());
            codes.sort_unstable();
            hidden.sort_unstable();
            line.push_str(&format!(" {number}={}{codes:?}{}!{hidden:?}", answer.state, answer.number));
        }
    }
    line
}

pub(super) fn rows(question: &Value) -> usize {
    list(&question["rows"]).len().max(1)
}

pub(super) fn all_rows(question: &Value, one: &Given) -> Vec<Given> {
    vec![one.clone(); rows(question)]
}

pub(super) fn blank(questions: &[Value]) -> Answers {
    let entry =
        |question: &Value| (text(&question["number"]).to_owned(), all_rows(question, &given("no_answer")));
    questions.iter().map(entry).collect()
}
