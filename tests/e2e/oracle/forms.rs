//! Random forms with routing and rules, and layouts for them.

use serde_json::{Map, Value, json};

use super::generate::states;
use super::random::Random;

/// The questions of a form, as they stand in its file.
pub(super) fn questions(form: &Value) -> Vec<&Value> {
    form["sections"].as_array().unwrap().iter().flat_map(|s| s["questions"].as_array().unwrap()).collect()
}

/// What a question's answers are chosen from: codes, those of a rating and a ranking too.
pub(super) fn codes(question: &Value) -> Vec<i64> {
    let listed = question["options"].as_array().map_or(&[][..], Vec::as_slice);
    let listed = listed.iter().map(|option| option["code"].as_i64().unwrap());
    match question["kind"].as_str().unwrap() {
        "rating" => {
            let (from, to) = (&question["points"]["from"], &question["points"]["to"]);
            let (from, to) = (from.as_i64().unwrap(), to.as_i64().unwrap());
            let points = if from < 0 { 1..=(to - from + 1) } else { from..=to };
            points.chain(listed).collect()
        }
        "ranking" => (1..=question["rows"].as_array().unwrap().len() as i64).collect(),
        _ => listed.collect(),
    }
}

pub(super) fn form(random: &mut Random, name: &str, groups: &[String]) -> Value {
    let prefix = if name == "own" { "q" } else { "s" };
    let mut all: Vec<Value> = Vec::new();
    if random.chance(35) {
        all.push(json!({"number": "w", "kind": "number", "role": "weight", "decimals": random.below(3), "text": "W"}));
    }
    let count = 2 + random.below(5);
    for at in 1..=count {
        let mut question = question(random, &format!("{prefix}{at}"));
        if random.chance(8) && question["kind"] == "single" {
            question["role"] = json!("attribute");
        }
        let earlier: Vec<&Value> = all.iter().collect();
        if !earlier.is_empty() {
            route(random, &mut question, &earlier, groups);
        }
        all.push(question);
    }
    let mut form = json!({"form": name, "version": 1, "names": "F", "rules": rules(random, 40)});
    if random.chance(15) {
        let earlier: Vec<&Value> = all.iter().collect();
        let asked = all.iter().filter(|question| question["role"].is_null()).map(|q| q["number"].clone());
        let asked: Vec<Value> = asked.collect();
        if !asked.is_empty() {
            form["checks"] = json!([{
                "check": "c", "message": "no", "if": condition(random, &earlier, groups, 1),
                "invalidates": random.some(&asked),
            }]);
        }
    }
    form["sections"] = json!([{"section": "s", "questions": all}]);
    form
}

fn rules(random: &mut Random, percent: usize) -> Value {
    let mut rules = json!({});
    for (rule, values) in [
        ("exclusive_with_others", &["invalid", "exclusive_wins", "others_win"][..]),
        ("two_marks", &["invalid", "first", "last"]),
        ("tied_ranks", &["invalid", "keep"]),
        ("routing", &["drop_answer", "trust_answer"]),
        ("unknown", &["not_asked", "asked"]),
    ] {
        if random.chance(percent) {
            rules[rule] = json!(random.pick(values));
        }
    }
    rules
}

fn question(random: &mut Random, number: &str) -> Value {
    const KINDS: [&str; 14] = [
        "single", "single", "single", "multiple", "multiple", "multiple", "grid", "grid", "rating", "rating",
        "number", "number", "text", "ranking",
    ];
    let kind = random.pick(&KINDS);
    let mut question = json!({"number": number, "kind": kind, "text": "T"});
    match kind {
        "single" | "multiple" | "grid" => {
            // Rarely more options than one word of bits holds.
            let count = if kind == "multiple" && random.chance(4) { 66 } else { 2 + random.below(4) };
            question["options"] = options(random, count, kind == "multiple");
        }
        "rating" => {
            let from = random.between(-1, 1);
            question["points"] = json!({"from": from, "to": from + random.between(2, 4)});
            if random.chance(40) {
                question["options"] = json!([{"code": 99, "label": "na", "not_applicable": true}]);
            }
        }
        "number" => {
            question["decimals"] = json!(random.below(3));
            if random.chance(50) {
                (question["min"], question["max"]) = (json!(0), json!(random.between(10, 60)));
            }
            if random.chance(40) {
                question["bands"] = json!([
                    {"code": 1, "label": "few", "to": 9},
                    {"code": 2, "label": "some", "from": random.between(10, 12), "below": 30},
                    {"code": 5, "label": "many", "from": 30},
                ]);
            }
        }
        "text" if random.chance(50) => question["chars_max"] = json!(5),
        _ => {}
    }
    if matches!(kind, "grid" | "ranking") {
        let first = random.between(0, 2);
        let rows = first..first + random.between(2, 3);
        question["rows"] = rows.map(|row| json!({"row": row, "label": format!("row {row}")})).collect();
    }
    if random.chance(20) {
        question["no_answer"] = json!([-9, "refused"]);
    }
    if random.chance(10) {
        question["not_asked"] = json!([-8]);
    }
    if random.chance(15) {
        question["states"] = states(random);
    }
    if random.chance(15) {
        question["rules"] = rules(random, 30);
    }
    question
}

fn options(random: &mut Random, count: usize, multiple: bool) -> Value {
    let mut code = random.between(0, 2);
    let mut options: Vec<Value> = Vec::new();
    for at in 0..count {
        // Some words hold those of the option before, with the separator of lists between.
        let longer = at > 0 && random.chance(20);
        let before =
            if longer { format!("{}, ", options[at - 1]["label"].as_str().unwrap()) } else { String::new() };
        options.push(json!({"code": code, "label": format!("{before}o{code}")}));
        code += if random.chance(2) { 200 } else { random.between(1, 3) };
    }
    if random.chance(25) {
        random.shuffle(&mut options);
    }
    if multiple && random.chance(50) {
        options[count - 1]["exclusive"] = json!(true);
    }
    Value::Array(options)
}

/// Asks a question, some of its options and some of its rows only of some.
fn route(random: &mut Random, question: &mut Value, earlier: &[&Value], groups: &[String]) {
    if random.chance(35) {
        question["ask_if"] = condition(random, earlier, groups, 1);
    }
    let options = matches!(question["kind"].as_str(), Some("single" | "multiple"));
    let part = if options { "options" } else { "rows" };
    if random.chance(20)
        && let Some(parts) = question[part].as_array_mut()
    {
        for one in parts {
            if random.chance(50) {
                one["ask_if"] = condition(random, earlier, groups, 0);
            }
        }
    }
}

/// A condition on some of these questions.
pub(super) fn condition(random: &mut Random, on: &[&Value], groups: &[String], depth: usize) -> Value {
    if depth > 0 && random.chance(25) {
        let inner = |random: &mut Random| condition(random, on, groups, depth - 1);
        return match random.below(3) {
            0 => json!({"all": [inner(random), inner(random)]}),
            1 => json!({"any": [inner(random), inner(random)]}),
            _ => json!({"not": inner(random)}),
        };
    }
    if !groups.is_empty() && random.chance(10) {
        return json!({"group": random.some(groups)});
    }
    let question = random.pick(on);
    let mut test = json!({"question": question["number"]});
    if let Some(rows) = question["rows"].as_array() {
        test["row"] = random.pick(rows)["row"].clone();
    }
    let kind = question["kind"].as_str().unwrap();
    let codes = codes(question);
    if random.chance(15) || kind == "text" {
        test["answered"] = json!(random.chance(60));
    } else if kind == "number" || (matches!(kind, "single" | "rating") && random.chance(30)) {
        let (least, most) = (random.between(0, 12), random.between(1, 40));
        match random.below(3) {
            0 => test["at_least"] = json!(least),
            1 => test["at_most"] = json!(most),
            _ => (test["at_least"], test["at_most"]) = (json!(least), json!(least + most)),
        }
    } else {
        let key = if random.chance(70) { "codes" } else { "not_codes" };
        test[key] = json!(random.some(&codes));
    }
    test
}

/// A layout of cells in many shapes, with its columns.
pub(super) fn layout(random: &mut Random, own: &Value) -> (Value, Value) {
    let mut columns: Vec<Value> = Vec::new();
    let mut aliases = Vec::new();
    for question in questions(own) {
        let (number, kind) = (question["number"].clone(), question["kind"].as_str().unwrap());
        // Where points run below zero, their words are not their codes.
        let below_zero = question["points"]["from"].as_i64().is_some_and(|from| from < 0);
        if random.chance(12) || below_zero {
            continue;
        }
        let name = number.as_str().unwrap().to_uppercase();
        let options = question["options"].as_array().map_or(&[][..], Vec::as_slice);
        match kind {
            "multiple" | "single" if random.chance(if kind == "single" { 25 } else { 50 }) => {
                for option in options {
                    let code = &option["code"];
                    columns.push(
                        json!({"column": format!("{name}: {code}"), "question": number, "option": code}),
                    );
                }
            }
            "multiple" => {
                let separator = random.pick(&[",", ";", "/"]);
                let shape = random.pick(&["list", "list", "lines"]);
                let mut column = json!({"column": name, "question": number, "shape": shape});
                if shape == "list" {
                    column["separator"] = json!(separator);
                }
                columns.push(column);
            }
            "grid" | "ranking" => {
                for row in question["rows"].as_array().unwrap() {
                    let row = &row["row"];
                    columns.push(json!({"column": format!("{name} {row}"), "question": number, "row": row}));
                }
            }
            _ => columns.push(json!({"column": name, "question": number})),
        }
        if matches!(kind, "single" | "multiple") && random.chance(30) {
            aliases.push(json!({"question": number, "text": "alias", "code": random.pick(options)["code"]}));
        }
    }
    random.shuffle(&mut columns);
    let mut layout = Map::new();
    layout.insert("layout".into(), json!("sheet"));
    layout.insert("version".into(), json!(1));
    layout.insert("form".into(), json!({"form": "own", "version": 1}));
    layout.insert("columns".into(), json!("sheet.csv"));
    layout.insert("marks".into(), json!({"chosen": ["x", "yes"], "not_chosen": ["-", "no"]}));
    layout.insert("cells".into(), json!({"hold": random.pick(&["labels", "both", "codes"])}));
    layout.insert("aliases".into(), json!(aliases));
    layout.insert("ignore".into(), json!(["Remarks"]));
    (Value::Object(layout), Value::Array(columns))
}
