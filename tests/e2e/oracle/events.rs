//! Random submissions: answers on the form, cells of a layout, another organisation's answers, corrections,
//! withdrawals, resends, and records that cannot be read.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::forms::{codes, questions};
use super::generate::{COLUMNS, LAYOUT, OWN, SOURCE};
use super::random::Random;

type Files = BTreeMap<String, Value>;

pub(super) fn events(random: &mut Random, files: &Files, groups: &[String]) -> Vec<String> {
    let respondents = 3 + random.below(9);
    let count = respondents + random.below(2 * respondents);
    let mut events: Vec<String> = Vec::new();
    for at in 0..count {
        if !events.is_empty() && random.chance(7) {
            // The receipt was lost: the same bytes again.
            let again = random.pick(&events);
            events.push(again);
            continue;
        }
        let respondent = if at < respondents { at } else { random.below(respondents) };
        events.push(event(random, files, groups, at, respondent));
    }
    events
}

fn event(random: &mut Random, files: &Files, groups: &[String], at: usize, respondent: usize) -> String {
    let mut data = json!({"survey": "made", "wave": "w", "respondent": format!("r{respondent}")});
    if !groups.is_empty() {
        let usual = groups[respondent % groups.len()].clone();
        match random.below(20) {
            0 => {}
            1 => data["group"] = json!("nowhere"),
            2 | 3 => data["group"] = json!(random.pick(groups)),
            _ => data["group"] = json!(usual),
        }
    } else if random.chance(20) {
        data["group"] = json!("free");
    }
    if random.chance(25) {
        data["revision"] = json!(random.between(0, 3));
    }
    let withdrawn = random.chance(6);
    let mut answers = None;
    if !withdrawn {
        let layout = files.contains_key(LAYOUT) && random.chance(50);
        let source = files.contains_key(SOURCE) && !layout && random.chance(55);
        answers = Some(match (layout, source) {
            (true, _) => {
                data["layout"] = json!("sheet");
                cells(random, files)
            }
            (_, true) => {
                data["form"] = json!("source");
                given(random, &files[SOURCE])
            }
            _ => {
                if random.chance(30) {
                    data["method"] = json!(random.pick(&["paper", "phone"]));
                }
                given(random, &files[OWN])
            }
        });
    }
    if random.chance(5) {
        match random.below(6) {
            0 => return random.pick(&["", "{", "[1]", "{\"specversion\":\"1.0\"}"]).to_owned(),
            1 => data["wave"] = json!("v"),
            2 => data["respondent"] = Value::Null,
            3 => data["revision"] = json!("first"),
            4 => data["form"] = json!("nobody's"),
            _ => data["group"] = json!(7),
        }
    }
    let id = if random.chance(4) { random.below(at + 1) } else { at };
    let kind = if withdrawn { "submission.withdrawn" } else { "submission.received" };
    let mut text = data.to_string();
    if let Some(answers) = answers {
        // Written by hand: a key may stand twice.
        text.insert_str(text.len() - 1, &format!(",\"answers\":{{{answers}}}"));
    }
    format!(
        "{{\"specversion\":\"1.0\",\"id\":\"e{id}\",\"source\":\"urn:made\",\"type\":\"{kind}\",\"data\":{text}}}"
    )
}

/// Entries of an object.
fn entries(random: &mut Random, mut found: Vec<(String, Value)>) -> String {
    random.shuffle(&mut found);
    if random.chance(3)
        && let Some(first) = found.first().cloned()
    {
        found.push(first);
    }
    let shown: Vec<String> = found.iter().map(|(key, value)| format!("{}:{value}", json!(key))).collect();
    shown.join(",")
}

/// Answers by question.
fn given(random: &mut Random, form: &Value) -> String {
    let mut found = Vec::new();
    for question in questions(form) {
        if !random.chance(13) {
            found.push((question["number"].as_str().unwrap().to_owned(), answer(random, question)));
        }
    }
    if random.chance(4) {
        found.push(("unknown".into(), json!(1)));
    }
    entries(random, found)
}

/// A word of the question that says why there is no answer, if it has any.
fn word(random: &mut Random, question: &Value) -> Option<Value> {
    let words = [&question["no_answer"], &question["not_asked"]]
        .map(|list| list.as_array().cloned().unwrap_or_default());
    let words = words.concat();
    (!words.is_empty() && random.chance(15)).then(|| random.pick(&words))
}

fn answer(random: &mut Random, question: &Value) -> Value {
    if random.chance(4) {
        return Value::Null;
    }
    if random.chance(7) {
        let wrong = [
            json!("wrong"),
            json!(999),
            json!([]),
            json!({}),
            json!(true),
            json!([1, 1]),
            json!(1.5),
            json!([0, 1]),
        ];
        return random.pick(&wrong);
    }
    if let Some(word) = word(random, question) {
        return word;
    }
    let all = codes(question);
    match question["kind"].as_str().unwrap() {
        "single" | "rating" if random.chance(5) => json!([random.pick(&all), random.pick(&all)]),
        "single" | "rating" => json!(random.pick(&all)),
        "multiple" => {
            let options = question["options"].as_array().unwrap();
            let exclusive: Vec<i64> = options
                .iter()
                .filter(|o| o["exclusive"] == true)
                .map(|o| o["code"].as_i64().unwrap())
                .collect();
            if !exclusive.is_empty() && random.chance(20) {
                return json!(exclusive);
            }
            let mut chosen: Vec<i64> = Vec::new();
            for code in all {
                if random.chance(if exclusive.contains(&code) { 6 } else { 40 }) {
                    chosen.push(code);
                }
            }
            random.shuffle(&mut chosen);
            json!(chosen)
        }
        "grid" => {
            let mut cells = json!({});
            for row in question["rows"].as_array().unwrap() {
                match random.below(20) {
                    0 => {}
                    1 => {
                        cells[row["row"].to_string()] =
                            random.pick(&[Value::Null, json!(999), json!("wrong")])
                    }
                    2 => cells[row["row"].to_string()] = word(random, question).unwrap_or(Value::Null),
                    _ => cells[row["row"].to_string()] = json!(random.pick(&all)),
                }
            }
            if random.chance(4) {
                cells["77"] = json!(all[0]);
            }
            cells
        }
        "ranking" => {
            let mut rows: Vec<Value> =
                question["rows"].as_array().unwrap().iter().map(|row| row["row"].clone()).collect();
            random.shuffle(&mut rows);
            if random.chance(40) {
                rows.truncate(1 + random.below(rows.len()));
                if random.chance(8) {
                    rows.push(rows[0].clone());
                }
                return json!(rows);
            }
            let mut ranks = json!({});
            for (at, row) in rows.iter().enumerate() {
                if random.chance(85) {
                    let tied = random.chance(8);
                    ranks[row.to_string()] = json!(if tied { 1 } else { at + 1 });
                }
            }
            ranks
        }
        "number" => number(random, question),
        "text" => json!(random.pick(&["words", "few", "far too many words", " ", ""])),
        other => panic!("no kind {other}"),
    }
}

fn number(random: &mut Random, question: &Value) -> Value {
    let value = if question["role"] == "weight" { random.between(0, 5) } else { random.between(-2, 50) };
    let decimals = question["decimals"].as_i64().unwrap_or(0);
    let places = if random.chance(8) { decimals + 1 } else { decimals };
    let mut text = value.to_string();
    if places > 0 && random.chance(70) {
        let digits: String = (0..places).map(|_| char::from(b'0' + random.below(10) as u8)).collect();
        text = format!("{text}.{digits}");
    } else if random.chance(10) {
        text = random.pick(&["1e1", "2E+01", "12 h", "+7", "007", "1.", "-0", "5.0", ""]).to_owned();
    }
    match text.parse::<i64>() {
        Ok(whole) if whole.to_string() == text && random.chance(60) => json!(whole),
        _ => json!(text),
    }
}

/// Cells by column.
fn cells(random: &mut Random, files: &Files) -> String {
    let both = files[LAYOUT]["cells"]["hold"].as_str().unwrap();
    let all = questions(&files[OWN]);
    let mut found = Vec::new();
    for column in files[COLUMNS].as_array().unwrap() {
        let question = all.iter().find(|question| question["number"] == column["question"]).unwrap();
        let name = column["column"].as_str().unwrap().to_owned();
        let cell = if random.chance(12) {
            random.pick(&[Value::Null, json!(""), json!("  ")])
        } else if random.chance(4) {
            json!("wrong")
        } else {
            cell(random, column, question, both)
        };
        found.push((name, cell));
    }
    for (percent, name) in [(10, "Remarks"), (4, "Unknown")] {
        if random.chance(percent) {
            found.push((name.into(), json!("words")));
        }
    }
    entries(random, found)
}

fn cell(random: &mut Random, column: &Value, question: &Value, hold: &str) -> Value {
    let kind = question["kind"].as_str().unwrap();
    if column["option"].is_i64() {
        let single = kind == "single";
        return json!(match random.chance(if single { 30 } else { 45 }) {
            true => random.pick(&["x", " yes", "x"]).to_owned(),
            false => random.pick(&["-", "no", "", "-"]).to_owned(),
        });
    }
    if let Some(word) = word(random, question) {
        return word;
    }
    if matches!(kind, "number" | "text") {
        return answer_of(random, question);
    }
    let all = codes(question);
    let by_label = |random: &mut Random, code: i64| -> String {
        let listed = question["options"].as_array().map_or(&[][..], Vec::as_slice);
        let label = listed
            .iter()
            .find(|option| option["code"] == code)
            .map(|option| option["label"].as_str().unwrap());
        match (label, hold) {
            (Some(label), "labels") => label.to_owned(),
            (Some(label), "both") if random.chance(60) => label.to_owned(),
            _ => code.to_string(),
        }
    };
    let pad = |random: &mut Random, text: String| if random.chance(10) { format!(" {text} ") } else { text };
    if kind == "multiple" {
        let chosen = if random.chance(8) { vec![random.pick(&all)] } else { random.some(&all) };
        let words: Vec<String> = chosen.into_iter().map(|code| by_label(random, code)).collect();
        let lines = column["shape"] == "lines";
        let joint =
            if lines { "\n".to_owned() } else { format!("{} ", column["separator"].as_str().unwrap()) };
        let mut text = words.join(&joint);
        if random.chance(10) {
            text.push_str(joint.trim_end_matches(' '));
        }
        if random.chance(4) {
            text = format!("zz{joint}{text}");
        }
        return json!(pad(random, text));
    }
    if random.chance(4) {
        return json!("alias");
    }
    let code = random.pick(&all);
    if random.chance(20) && hold != "labels" {
        return json!(code);
    }
    let text = by_label(random, code);
    json!(pad(random, text))
}

fn answer_of(random: &mut Random, question: &Value) -> Value {
    match question["kind"].as_str().unwrap() {
        "number" => number(random, question),
        _ => json!(random.pick(&["words", "few", "far too many words", " "])),
    }
}
