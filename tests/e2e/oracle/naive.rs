//! The second opinion, first half: what each event comes to, and which ones count. Written from the documentation
//! alone, as plainly as possible: no crate of ours, no clever order, no speed.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::generate::{COLUMNS, LAYOUT, MAPPING, OWN, SECTORS, SOURCE};
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
            (read.method, read.mapped) = (text(&mapping["method"]).to_owned(), true);
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

fn rows(question: &Value) -> usize {
    list(&question["rows"]).len().max(1)
}

pub(super) fn all_rows(question: &Value, one: &Given) -> Vec<Given> {
    vec![one.clone(); rows(question)]
}

fn blank(questions: &[Value]) -> Answers {
    let entry =
        |question: &Value| (text(&question["number"]).to_owned(), all_rows(question, &given("no_answer")));
    questions.iter().map(entry).collect()
}

/// The state that a word of the question says.
fn word(question: &Value, said: &str) -> Option<&'static str> {
    let is = |words: &Value| list(words).iter().any(|word| shown(word) == said.trim());
    if is(&question["no_answer"]) {
        return Some("stated_no_answer");
    }
    is(&question["not_asked"]).then_some("not_asked")
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn direct(questions: &[Value], entries: &[(String, Value)]) -> Answers {
    let mut answers = blank(questions);
    for (key, value) in entries {
        let Some(question) = questions.iter().find(|question| question["number"] == **key) else { continue };
        if entries.iter().filter(|(other, _)| other == key).count() > 1 {
            answers.insert(key.clone(), all_rows(question, &given("invalid")));
            continue;
        }
        let said = if value.is_string() || value.is_number() { word(question, &shown(value)) } else { None };
        let found = match (said, text(&question["kind"]), value) {
            (Some(state), ..) => all_rows(question, &given(state)),
            (_, _, Value::Null) => continue,
            (_, "grid", Value::Object(cells)) => {
                let row = |row: &Value| match &cells.get(&row["row"].to_string()) {
                    None => given("no_answer"),
                    Some(cell) => {
                        match word(question, &shown(cell)).filter(|_| !cell.is_object() && !cell.is_array()) {
                            Some(state) => given(state),
                            None => one(question, cell),
                        }
                    }
                };
                list(&question["rows"]).iter().map(row).collect()
            }
            (_, "ranking", Value::Object(_) | Value::Array(_)) => ranking(question, ranked(question, value)),
            (_, "grid" | "ranking", _) => all_rows(question, &given("invalid")),
            _ => vec![one(question, value)],
        };
        answers.insert(key.clone(), found);
    }
    answers
}

fn one(question: &Value, value: &Value) -> Given {
    let known = |value: &Value| {
        value.as_i64().filter(|code| options(question).iter().any(|(known, _)| known == code))
    };
    match (text(&question["kind"]), value) {
        (_, Value::Null) => given("no_answer"),
        ("multiple" | "single" | "rating" | "grid", Value::Array(items)) => {
            let mut codes: Vec<i64> = items.iter().filter_map(known).collect();
            codes.sort_unstable();
            codes.dedup();
            match question["kind"] == "multiple" {
                _ if codes.len() < items.len() => given("invalid"),
                true => marks(question, &codes),
                false if codes.len() < 2 => given("invalid"),
                false => marks(question, &codes),
            }
        }
        ("single" | "rating" | "grid", value) => {
            known(value).map_or(given("invalid"), |code| chosen(vec![code]))
        }
        ("number", Value::Number(_) | Value::String(_)) => number(question, &shown(value)),
        ("text", Value::String(words)) => words_of(question, words),
        _ => given("invalid"),
    }
}

fn words_of(question: &Value, words: &str) -> Given {
    let most = question["chars_max"].as_u64().unwrap_or(u64::MAX);
    match words.trim().is_empty() {
        true => given("no_answer"),
        false if words.chars().count() as u64 > most => given("invalid"),
        false => given("answered"),
    }
}

fn number(question: &Value, words: &str) -> Given {
    let words = words.trim();
    if words.is_empty() {
        return given("no_answer");
    }
    let digits = words.strip_prefix(['+', '-']).unwrap_or(words);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let kept = fraction.trim_end_matches('0');
    if !is_digits(whole)
        || !is_digits(fraction)
        || kept.len() as u64 > question["decimals"].as_u64().unwrap_or(0)
    {
        return given("invalid");
    }
    let mut number = format!("{whole}{kept:0<6}").parse::<i128>().unwrap();
    if words.starts_with('-') {
        number = -number;
    }
    let bound = |key: &str| question[key].as_i64().map(|bound| i128::from(bound) * ONE);
    if bound("min").is_some_and(|min| number < min) || bound("max").is_some_and(|max| number > max) {
        return given("invalid");
    }
    Given { number, ..given("answered") }
}

/// What marks come to; they are known and each stands once.
pub(super) fn marks(question: &Value, marked: &[i64]) -> Given {
    let printed: Vec<i64> =
        options(question).into_iter().map(|(code, _)| code).filter(|c| marked.contains(c)).collect();
    if question["kind"] != "multiple" {
        return match (printed.as_slice(), text(&question["rules"]["two_marks"])) {
            ([], _) => given("no_answer"),
            ([code], _) | ([code, ..], "first") | ([.., code], "last") => chosen(vec![*code]),
            _ => given("invalid"),
        };
    }
    let alone =
        |code: &i64| list(&question["options"]).iter().any(|o| o["code"] == *code && o["exclusive"] == true);
    match (printed.iter().copied().find(alone), text(&question["rules"]["exclusive_with_others"])) {
        _ if printed.is_empty() && has_exclusive(question) => given("no_answer"),
        _ if printed.is_empty() => given("nothing_marked"),
        (None, _) => chosen(printed),
        (Some(_), _) if printed.len() == 1 => chosen(printed),
        (Some(code), "exclusive_wins") => chosen(vec![code]),
        (Some(_), "others_win") => chosen(printed.into_iter().filter(|code| !alone(code)).collect()),
        _ => given("invalid"),
    }
}

/// The places of items with their ranks; none if anything is wrong.
fn ranked(question: &Value, value: &Value) -> Option<Vec<(usize, i64)>> {
    let rows = list(&question["rows"]);
    let place = |code: &str| rows.iter().position(|row| row["row"].to_string() == code);
    let mut found = Vec::new();
    match value {
        Value::Array(items) if items.len() <= rows.len() => {
            for (at, item) in items.iter().enumerate() {
                found.push((place(&item.to_string())?, at as i64 + 1));
            }
        }
        Value::Object(cells) => {
            for (row, rank) in cells.iter().filter(|(_, rank)| !rank.is_null()) {
                if let Some(place) = place(row) {
                    found.push((place, rank.as_i64().filter(|rank| (1..=rows.len() as i64).contains(rank))?));
                }
            }
        }
        _ => return None,
    }
    Some(found)
}

fn ranking(question: &Value, ranked: Option<Vec<(usize, i64)>>) -> Vec<Given> {
    let Some(ranked) = ranked else { return all_rows(question, &given("invalid")) };
    let keep = question["rules"]["tied_ranks"] == "keep";
    let item = |at: usize| {
        let mine: Vec<i64> = ranked.iter().filter(|(item, _)| *item == at).map(|(_, rank)| *rank).collect();
        match mine.as_slice() {
            [] if ranked.is_empty() => given("no_answer"),
            [] => given("nothing_marked"),
            [rank] if keep || ranked.iter().filter(|(_, other)| other == rank).count() == 1 => {
                chosen(vec![*rank])
            }
            _ => given("invalid"),
        }
    };
    (0..rows(question)).map(item).collect()
}

/// What the cells of a file say.
fn cells(questions: &[Value], layout: &Value, columns: &Value, entries: &[(String, Value)]) -> Answers {
    let mut answers = blank(questions);
    for question in questions {
        let number = text(&question["number"]);
        let kind = text(&question["kind"]);
        let (mut marked, mut not_marked, mut broken) = (Vec::new(), false, false);
        let (mut said, mut ranks) = (Vec::new(), Vec::new());
        let mine = list(columns).iter().filter(|column| column["question"] == number);
        for column in mine {
            let row = list(&question["rows"]).iter().position(|row| row["row"] == column["row"]).unwrap_or(0);
            let here: Vec<&Value> =
                entries.iter().filter(|(name, _)| column["column"] == **name).map(|(_, v)| v).collect();
            let gathers = column["option"].is_i64() || matches!(kind, "multiple" | "ranking");
            let cell = match here.as_slice() {
                [] | [Value::Null] => continue,
                [cell] => shown(cell),
                _ if gathers => {
                    broken = true;
                    continue;
                }
                _ => {
                    answers.get_mut(number).unwrap()[row] = given("invalid");
                    continue;
                }
            };
            let trimmed = cell.trim();
            if trimmed.is_empty() {
                continue;
            }
            if let Some(state) = word(question, trimmed) {
                match gathers {
                    true => said.push(state),
                    false => answers.get_mut(number).unwrap()[row] = given(state),
                }
            } else if let Some(option) = column["option"].as_i64() {
                match trimmed {
                    "x" | "yes" => marked.push(option),
                    "-" | "no" => not_marked = true,
                    _ => broken = true,
                }
            } else if kind == "multiple" {
                match parts(question, layout, column, trimmed) {
                    Some(found) => marked.extend(found),
                    None => broken = true,
                }
                not_marked = true;
            } else if kind == "ranking" {
                match trimmed.parse::<i64>().ok().filter(|rank| (1..=rows(question) as i64).contains(rank)) {
                    Some(rank) => ranks.push((row, rank)),
                    None => broken = true,
                }
            } else {
                answers.get_mut(number).unwrap()[row] = match kind {
                    "number" => self::number(question, trimmed),
                    "text" => words_of(question, &cell),
                    _ => {
                        meaning(question, layout, trimmed).map_or(given("invalid"), |code| chosen(vec![code]))
                    }
                };
            }
        }
        if broken {
            answers.insert(number.to_owned(), all_rows(question, &given("invalid")));
        } else if !ranks.is_empty() {
            answers.insert(number.to_owned(), ranking(question, Some(ranks)));
        } else if !marked.is_empty() || not_marked {
            marked.sort_unstable();
            marked.dedup();
            answers.insert(number.to_owned(), vec![marks(question, &marked)]);
        }
        said.sort_by_key(|state| *state == "not_asked");
        let silent = answers[number].iter().all(|answer| answer.state == "no_answer");
        if let (true, Some(state)) = (silent, said.first()) {
            answers.insert(number.to_owned(), all_rows(question, &given(state)));
        }
    }
    answers
}

/// The option that a text means.
fn meaning(question: &Value, layout: &Value, words: &str) -> Option<i64> {
    let alias =
        list(&layout["aliases"]).iter().find(|a| a["question"] == question["number"] && a["text"] == words);
    if let Some(alias) = alias {
        return alias["code"].as_i64();
    }
    let hold = text(&layout["cells"]["hold"]);
    let points = !question["points"].is_null();
    for (code, _) in options(question) {
        let listed = list(&question["options"]).iter().find(|option| option["code"] == code);
        let label = listed.map_or_else(|| code.to_string(), |option| text(&option["label"]).to_owned());
        let by_code = hold != "labels" || (points && listed.is_none());
        if (hold != "codes" && label == words) || (by_code && code.to_string() == words) {
            return Some(code);
        }
    }
    None
}

/// The options in a cell that holds several: at each place the most pieces that are one option.
fn parts(question: &Value, layout: &Value, column: &Value, cell: &str) -> Option<Vec<i64>> {
    let separator = if column["shape"] == "lines" { "\n" } else { text(&column["separator"]) };
    let pieces: Vec<&str> = cell.split(separator).map(str::trim).filter(|piece| !piece.is_empty()).collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < pieces.len() {
        let joined = |end: usize| meaning(question, layout, &pieces[at..end].join(&format!("{separator} ")));
        let end = (at + 1..=pieces.len()).rev().find(|end| joined(*end).is_some())?;
        found.extend(joined(end));
        at = end;
    }
    Some(found)
}

/// Routing, bands and checks, in the order of the form.
fn work_out(form: &Value, questions: &[Value], group: Option<&String>, answers: &mut Answers) {
    for question in questions {
        let number = text(&question["number"]).to_owned();
        derive(question, questions, answers);
        let trusted = question["rules"]["routing"] == "trust_answer";
        let reached = |premise: &Value, answers: &Answers| {
            let known =
                premise.is_null().then_some(true).or_else(|| holds(premise, questions, group, answers));
            known.unwrap_or(question["rules"]["unknown"] == "asked")
        };
        if !reached(&question["ask_if"], answers) {
            answers.get_mut(&number).unwrap().iter_mut().for_each(|answer| drop_answer(answer, trusted));
            continue;
        }
        for (at, row) in list(&question["rows"]).iter().enumerate() {
            if !reached(&row["ask_if"], answers) {
                drop_answer(&mut answers.get_mut(&number).unwrap()[at], trusted);
            }
        }
        let listed = list(&question["options"]);
        let hidden = listed.iter().filter(|option| !reached(&option["ask_if"], answers));
        let hidden: Vec<i64> = hidden.map(|option| option["code"].as_i64().unwrap()).collect();
        for answer in answers.get_mut(&number).unwrap() {
            let strange = answer.codes.iter().any(|code| hidden.contains(code));
            if question["kind"] == "multiple" {
                if strange && !trusted {
                    answer.codes.retain(|code| !hidden.contains(code));
                    if answer.codes.is_empty() {
                        *answer = marks(question, &[]);
                    }
                }
                let is_hidden = |code: &&i64| !answer.codes.contains(code);
                answer.hidden = hidden.iter().filter(is_hidden).copied().collect();
            } else if strange && !trusted {
                *answer = given("invalid");
            }
        }
    }
    for check in list(&form["checks"]) {
        if holds(&check["if"], questions, group, answers) == Some(true) {
            for number in list(&check["invalidates"]) {
                answers
                    .get_mut(text(number))
                    .unwrap()
                    .iter_mut()
                    .for_each(|answer| *answer = given("invalid"));
            }
        }
    }
}

/// The band of the number that a question follows from.
pub(super) fn derive(question: &Value, questions: &[Value], answers: &mut Answers) {
    let Some(of) = question["bands_of"].as_str() else { return };
    let answer = answers[of][0].clone();
    let bound = |band: &Value, key: &str| band[key].as_i64().map(|bound| i128::from(bound) * ONE);
    let takes = |band: &&Value| {
        bound(band, "from").is_none_or(|from| answer.number >= from)
            && bound(band, "to").is_none_or(|to| answer.number <= to)
            && bound(band, "below").is_none_or(|below| answer.number < below)
    };
    let found = match answer.state.as_str() {
        "answered" => match list(&question["options"]).iter().find(takes) {
            Some(band) => chosen(vec![band["code"].as_i64().unwrap()]),
            None => given("invalid"),
        },
        state => given(state),
    };
    debug_assert!(questions.iter().any(|question| question["number"] == of));
    answers.insert(text(&question["number"]).to_owned(), vec![found]);
}

fn drop_answer(answer: &mut Given, trusted: bool) {
    let was_given = !matches!(answer.state.as_str(), "no_answer" | "not_asked" | "nothing_marked");
    if !(was_given && trusted) {
        *answer = given("not_asked");
    }
}

/// Whether a condition holds; none where that is not known.
pub(super) fn holds(
    premise: &Value,
    questions: &[Value],
    group: Option<&String>,
    answers: &Answers,
) -> Option<bool> {
    let inner = |one: &Value| holds(one, questions, group, answers);
    if let Some(all) = premise["all"].as_array() {
        let found: Vec<Option<bool>> = all.iter().map(inner).collect();
        return if found.contains(&Some(false)) {
            Some(false)
        } else {
            found.iter().all(Option::is_some).then_some(true)
        };
    }
    if let Some(any) = premise["any"].as_array() {
        let found: Vec<Option<bool>> = any.iter().map(inner).collect();
        return if found.contains(&Some(true)) {
            Some(true)
        } else {
            found.iter().all(Option::is_some).then_some(false)
        };
    }
    if !premise["not"].is_null() {
        return inner(&premise["not"]).map(|holds| !holds);
    }
    if let Some(groups) = premise["group"].as_array() {
        return Some(groups.iter().any(|one| group.is_some_and(|group| *one == **group)));
    }
    let question = questions.iter().find(|question| question["number"] == premise["question"]).unwrap();
    let row = list(&question["rows"]).iter().position(|row| row["row"] == premise["row"]).unwrap_or(0);
    let answer = &answers[text(&question["number"])][row];
    if let Some(wanted) = premise["answered"].as_bool() {
        return Some((answer.state == "answered") == wanted);
    }
    if matches!(answer.state.as_str(), "no_answer" | "stated_no_answer" | "invalid" | "not_mapped") {
        return None;
    }
    let any = |codes: &Value| answer.codes.iter().any(|code| list(codes).iter().any(|one| one == code));
    if !premise["codes"].is_null() {
        return Some(any(&premise["codes"]));
    }
    let reached = matches!(answer.state.as_str(), "answered" | "nothing_marked");
    if !premise["not_codes"].is_null() {
        return Some(reached && !any(&premise["not_codes"]));
    }
    let value = match question["kind"] == "number" {
        true => Some(answer.number).filter(|_| answer.state == "answered"),
        false => value_of(question, answer),
    };
    let bound = |key: &str| premise[key].as_i64().map(|bound| i128::from(bound) * ONE);
    Some(value.is_some_and(|value| {
        bound("at_least").is_none_or(|least| value >= least)
            && bound("at_most").is_none_or(|most| value <= most)
    }))
}

/// The value of the option chosen; none if nothing is, or if it is outside the scale.
pub(super) fn value_of(question: &Value, answer: &Given) -> Option<i128> {
    let code = answer.codes.first()?;
    options(question).iter().find(|(known, _)| known == code)?.1
}
