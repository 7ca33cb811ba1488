//! Scales with options outside of them, and multiple answers made of several questions.

use std::collections::BTreeMap;

use shukei_testkit::{Program, csv_rows};

const SURVEY: &str = "survey: few\nversion: 1\nnames: Few\ndecimals: 1\nwaves:\n  - {wave: w, names: W, forms: [{form: own, version: 1}]}\n";
const FORM: &str = "\
form: own
version: 1
names: Own
sections:
  - section: s
    questions:
      - {number: g, kind: grid, text: G, points: {from: 1, to: 3}, options: [{code: 9, label: never tried, not_applicable: true}], rows: [{row: 1, label: p}, {row: 2, label: q}]}
      - {number: a, kind: single, text: Age, options: [{code: 1, label: young, value: 20}, {code: 2, label: middle, value: 45}, {code: 3, label: old, value: 70}]}
      - {number: m, kind: multiple, text: M, options: [{code: 1, label: x}, {code: 2, label: y}]}
      - {number: t, kind: text, text: Where from}
      - number: any
        kind: multiple
        text: Any of both
        options: [{code: 1, label: x or good}, {code: 2, label: y}, {code: 3, label: old}]
        derived: {cases: [{code: 1, if: {any: [{question: m, codes: [1]}, {question: g, row: 1, codes: [3]}]}}, {code: 2, if: {question: m, codes: [2]}}, {code: 3, if: {question: a, codes: [3]}}]}
      - number: region
        kind: multiple
        text: Regions named
        unlisted: other
        options: [{code: 1, label: east}, {code: 2, label: west}]
        derived: {from: t, patterns: [{contains: east, codes: [1]}, {contains: west, codes: [2]}]}
";
const SCORES: &str = "      - {number: score, kind: number, decimals: 2, text: Mean of the grid, derived: {mean: [g], known: 1}}
      - {number: both, kind: number, text: Sum of the grid, derived: {sum: [g.1, g.2]}}
      - {number: from, kind: date, text: From}
      - {number: to, kind: date, text: To}
      - {number: days, kind: number, text: Days, derived: {difference: [to, from]}}
      - {number: gap, kind: number, decimals: 1, text: Age less score, derived: {difference: [a, score]}}
";
const RECORDS: &str = r#"{"survey":"few","wave":"w","respondent":"u1","answers":{"g":{"1":3,"2":9},"a":1,"m":[1],"t":"the east"}}
{"survey":"few","wave":"w","respondent":"u2","answers":{"g":{"1":2,"2":9},"a":2,"m":[2],"t":"east, then west"}}
{"survey":"few","wave":"w","respondent":"u3","answers":{"g":{"1":9,"2":1},"a":2,"m":[1,2],"t":"nowhere"}}
{"survey":"few","wave":"w","respondent":"u4","answers":{"g":{"1":3},"a":3}}
{"survey":"few","wave":"w","respondent":"u5","answers":{"a":1,"t":"west"}}
"#;

#[test]
fn who_is_off_the_scale_is_in_no_base_of_it_and_several_questions_make_one_answer() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    program.file("few/survey.yaml", SURVEY);
    program.file("few/forms/own.yaml", FORM);
    program.file("records.jsonl", RECORDS);
    program.run(["check", "few"]).ends(0);
    program.on_data(&["submit", "records.jsonl", "--surveys", "few"]).ends(0);
    let asked = |more: &[&str]| -> Vec<String> {
        let arguments = ["tabulate", "--survey", "few", "--wave", "w", "--surveys", "few"];
        let rows = csv_rows(&program.on_data(&[&arguments, more].concat()).ends(0).stdout);
        rows.iter().filter(|row| row["measure"] != "count").map(line).collect()
    };
    // Of four who answered the first row three are on the scale; the set of good ones relates to them too.
    assert_eq!(
        asked(&["--question", "g", "--base", "on_scale", "--net", "good=2-3", "--measure", "share"]),
        [
            "g.1 1 share 0.0 0/3 on_scale",
            "g.1 2 share 33.3 1/3 on_scale",
            "g.1 3 share 66.7 2/3 on_scale",
            "g.1 good share 100.0 3/3 on_scale",
            "g.2 1 share 100.0 1/1 on_scale",
            "g.2 2 share 0.0 0/1 on_scale",
            "g.2 3 share 0.0 0/1 on_scale",
            "g.2 good share 0.0 0/1 on_scale",
        ]
    );
    assert_eq!(
        asked(&["--question", "g", "--base", "on_scale", "--net", "odd=1,9", "--measure", "share"]).len(),
        6,
        "a set with an option off the scale has no share"
    );
    assert_eq!(
        asked(&["--question", "a", "--measure", "median", "--measure", "mean"]),
        ["a  mean 40.0 5/5 answered", "a  median 45.0 5/5 answered"]
    );
    // What is known and holds is marked; u5 said nothing that decides but the age.
    assert_eq!(
        asked(&["--question", "any", "--measure", "share"])[..3],
        ["any 1 share 60.0 3/5 asked", "any 2 share 40.0 2/5 asked", "any 3 share 20.0 1/5 asked"]
    );
    let states: BTreeMap<String, String> = program
        .sql("SELECT DISTINCT unit, state FROM answers WHERE question = 'any'")
        .into_iter()
        .map(|row| (row["unit"].clone(), row["state"].clone()))
        .collect();
    assert_eq!((states["u4"].as_str(), states["u5"].as_str()), ("answered", "no_answer"));
    // Words may name several.
    assert_eq!(
        asked(&["--question", "region", "--measure", "share"])[..3],
        [
            "region 1 share 40.0 2/5 asked",
            "region 2 share 40.0 2/5 asked",
            "region 32767 share 20.0 1/5 asked"
        ]
    );
}

#[test]
fn a_number_is_formed_of_others_that_are_known() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    program.file("few/survey.yaml", SURVEY);
    let form = format!("{FORM}{SCORES}");
    program.file("few/forms/own.yaml", &form);
    let records = RECORDS.replacen("\"a\":1,", "\"a\":1,\"from\":\"2024-02-27\",\"to\":\"2024-03-01\",", 1);
    program.file("records.jsonl", &records);
    program.run(["check", "few"]).ends(0);
    program.on_data(&["submit", "records.jsonl", "--surveys", "few"]).ends(0);
    let rows = program.sql(
        "SELECT unit, question, state, number FROM answers WHERE question IN ('score', 'both', 'days', 'gap') \
         ORDER BY question, unit",
    );
    let of = |question: &str| -> Vec<String> {
        let of = rows.iter().filter(|row| row["question"] == question);
        of.map(|row| if row["number"].is_empty() { row["state"].clone() } else { row["number"].clone() })
            .collect()
    };
    // u1: 3 and off the scale; u2: 2 and off; u3: off and 1; u4: 3 and nothing; u5: nothing.
    let numbers = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let score: Vec<f64> = of("score").iter().filter_map(|text| text.parse().ok()).collect();
    assert_eq!(score, [3.0, 2.0, 1.0, 3.0]);
    assert_eq!(of("score").last().map(String::as_str), Some("no_answer"));
    assert_eq!(of("both"), numbers(&["no_answer"; 5]));
    let gap: Vec<f64> = of("gap").iter().filter_map(|text| text.parse().ok()).collect();
    assert_eq!(gap, [17.0, 43.0, 44.0, 67.0]);
    let days: Vec<f64> = of("days").iter().filter_map(|text| text.parse().ok()).collect();
    assert_eq!(days, [3.0]);
    // (what is derived so, a part of what is said)
    for (derived, wanted) in [
        ("{sum: [g, zz]}", "derived from unknown question `zz`"),
        ("{sum: [g.7]}", "unknown row 7 of question `g`"),
        ("{sum: [m]}", "`m` is a multiple without numbers"),
        ("{sum: [from]}", "`from` is a date and has no sum"),
        ("{difference: [g]}", ""),
        ("{difference: [a]}", "a difference has two parts, not 1"),
        ("{difference: [a, from]}", "not measured alike"),
        ("{mean: [g], known: 3}", "of 2 parts 3 cannot be known"),
        ("{difference: [a, score], known: 1}", "`difference` takes no `known`"),
        ("{sum: [a], mean: [a]}", "is derived in one way"),
    ] {
        program.file("few/forms/own.yaml", form.replace("{difference: [to, from]}", derived));
        let done = program.run(["check", "few"]);
        let said = format!("{}{}", done.stdout, done.stderr);
        assert!(said.contains(wanted) && (done.code == Some(0)) == wanted.is_empty(), "{derived}: {said}");
    }
}

fn line(row: &BTreeMap<String, String>) -> String {
    let of = |name: &str| row[name].as_str();
    let place = if of("row").is_empty() { String::new() } else { format!(".{}", of("row")) };
    let which = if of("set").is_empty() { of("option") } else { of("set") };
    format!(
        "{}{place} {which} {} {} {}/{} {}",
        of("question"),
        of("measure"),
        of("value"),
        of("count"),
        of("base"),
        of("base_rule")
    )
}
