//! A source that delivers counts instead of records: added to what was counted of records, left out of what needs the
//! answers of each unit, restated, and never a row among others. Trap 33; the figures are worked out by hand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use shukei_testkit::{Program, csv_rows};

use super::up::Up;

const SURVEY: &str = r#"survey: mixed
version: 1
languages: [en]
names: {en: Records and counts}
synthetic: true
decimals: 1
waves:
  - wave: w
    names: {en: Wave}
    forms: [{form: ours, version: 1}]
    mappings: [{mapping: counts, version: 1}]
"#;
const OURS: &str = r#"form: ours
version: 1
names: {en: Form}
sections:
  - section: all
    questions:
      - number: "1"
        kind: single
        text: {en: Policy}
        options: [{code: 1, label: {en: Yes}}, {code: 2, label: {en: No}}]
      - number: "2"
        kind: multiple
        text: {en: Who}
        options: [{code: 1, label: {en: A}}, {code: 2, label: {en: B}}]
      - number: "3"
        kind: grid
        text: {en: How often}
        rows: [{row: 1, label: {en: Scan}}, {row: 2, label: {en: Audit}}]
        options: [{code: 1, label: {en: Often}}, {code: 2, label: {en: Never}}]
      - number: "9"
        kind: single
        text: {en: Size}
        options: [{code: 1, label: {en: Small}}, {code: 2, label: {en: Large}}]
"#;
const THEIRS: &str = r#"form: theirs
version: 1
names: {en: Theirs}
sections:
  - section: all
    questions:
      - number: s1
        kind: single
        text: {en: Policy}
        options: [{code: 1, label: {en: All}}, {code: 2, label: {en: Some}}, {code: 3, label: {en: None}}]
      - number: s2
        kind: multiple
        text: {en: Who}
        options: [{code: 10, label: {en: A}}, {code: 20, label: {en: B}}]
      - number: s3
        kind: grid
        text: {en: How often}
        rows: [{row: 7, label: {en: Scan}}]
        options: [{code: 1, label: {en: Often}}, {code: 2, label: {en: Never}}]
"#;
const MAPPING: &str = r#"mapping: counts
version: 1
names: {en: Their counts}
aggregate: true
method: counted
source: {form: theirs, version: 1}
target: {form: ours, version: 1}
signed_off: {by: Nobody (synthetic), on: 2026-01-01}
exclusion_note: {en: without theirs}
questions:
  - {question: "1", reason: {en: Graded to two}, from: s1, map: {1: 1, 2: 1, 3: 2}}
  - {question: "2", reason: {en: The same}, from: s2, map: {10: 1, 20: 2}}
  - {question: "3", reason: {en: The same}, from: s3, map: {1: 1, 2: 2}, rows: {7: 1}}
"#;
const QUESTIONS: &str = r#"{"s1":{"base":20,"options":{"1":5,"2":3,"3":10},"states":{"no_answer":2}},
    "s2":{"base":18,"options":{"10":9,"20":12},"states":{"no_answer":3}},
    "s3.7":{"base":20,"options":{"1":12,"2":8}}}"#;

fn surveys(program: &Program) -> PathBuf {
    program.file("surveys/mixed/survey.yaml", SURVEY);
    program.file("surveys/mixed/forms/ours.yaml", OURS);
    program.file("surveys/mixed/forms/theirs.yaml", THEIRS);
    program.file("surveys/mixed/mappings/counts.yaml", MAPPING);
    program.path("surveys")
}

/// Ten units of group `a`: 6 yes, 3 no, 1 without an answer to question 1.
fn records() -> String {
    let line = |unit: usize| {
        let of_1 = match unit {
            0..6 => "1",
            6..9 => "2",
            _ => "null",
        };
        let of_2 = match unit {
            0..4 => "[1]",
            4..6 => "[1,2]",
            6..9 => "[2]",
            _ => "null",
        };
        format!(
            r#"{{"survey":"mixed","wave":"w","respondent":"r{unit}","group":"a","answers":{{"1":{of_1},"2":{of_2},"3":{{"1":1,"2":2}},"9":1}}}}"#
        ) + "\n"
    };
    (0..10).map(line).collect()
}

/// A delivery, on one line.
fn delivery(id: &str, more: &str, units: i64, questions: &str) -> String {
    let questions: String = questions.split('\n').map(str::trim).collect();
    format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"urn:example:body","type":"aggregate.received","data":{{"survey":"mixed","wave":"w","body":"Their office"{more},"units":{units},"questions":{questions}}}}}"#
    ) + "\n"
}

const OF_B: &str = r#","group":"b","mapping":"counts""#;

struct World {
    program: Program,
    surveys: String,
}

impl World {
    fn new() -> Self {
        let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
        let surveys = surveys(&program).to_str().unwrap().to_owned();
        let _ = program.run(["check", &surveys]).ends(0);
        let world = Self { program, surveys };
        world.send("records.jsonl", &records());
        world
    }

    fn send(&self, name: &str, lines: &str) {
        let file = self.program.file(name, lines);
        let _ = self.program.on_data(&["submit", file.to_str().unwrap(), "--surveys", &self.surveys]).ends(0);
    }

    /// (question, row, option) → `count/base value flags`, of shares in one part of the units.
    fn shares(&self, part: &str, how: &[&str]) -> BTreeMap<(String, String, String), String> {
        let mut arguments = vec!["tabulate", "--survey", "mixed", "--wave", "w"];
        arguments.extend(how);
        let csv = self.program.on_data(&arguments).ends(0).stdout;
        let rows = csv_rows(&csv)
            .into_iter()
            .filter(|row| row["measure"] == "share" && row["breaks"] == part && !row["option"].is_empty());
        rows.map(|row| {
            let [question, row_of, option, count, base, value, flags] =
                ["question", "row", "option", "count", "base", "value", "flags"]
                    .map(|column| row[column].clone());
            ((question, row_of, option), format!("{count}/{base} {value} {flags}"))
        })
        .collect()
    }

    fn sql(&self, query: &str) -> String {
        self.program.on_data(&["sql", query, "--format", "csv"]).ends(0).stdout.replace('\r', "")
    }
}

#[track_caller]
fn expect(
    shares: &BTreeMap<(String, String, String), String>,
    question: &str,
    row: &str,
    option: &str,
    wanted: &str,
) {
    let key = (question.to_owned(), row.to_owned(), option.to_owned());
    assert_eq!(shares.get(&key).map(String::as_str), Some(wanted), "question {question} {row} {option}");
}

#[test]
fn trap_33_counts_without_records_are_added_and_never_rows() {
    let world = World::new();
    world.send("counts.jsonl", &delivery("c1", OF_B, 20, QUESTIONS));

    // 6 + 5 + 3 of 10 + 20; 6 + 9 of 10 + 18.
    let all = world.shares("", &["--base", "asked"]);
    expect(&all, "1", "", "1", "14/30 46.7 synthetic");
    expect(&all, "1", "", "2", "13/30 43.3 synthetic");
    expect(&all, "2", "", "1", "15/28 53.6 synthetic");
    expect(&all, "2", "", "2", "17/28 60.7 synthetic");
    expect(&all, "3", "1", "1", "22/30 73.3 synthetic");
    // Nothing comes to row 2, nor to question 9: their units are not mapped there, or covered by no rule.
    expect(&all, "3", "2", "2", "10/10 100.0 synthetic");
    expect(&all, "9", "", "1", "10/10 100.0 synthetic;without theirs");

    let groups = world.shares("group=b", &["--base", "asked", "--by", "group"]);
    expect(&groups, "1", "", "1", "8/20 40.0 synthetic");
    let methods = world.shares("method=counted", &["--base", "asked", "--by", "method"]);
    expect(&methods, "2", "", "2", "12/18 66.7 synthetic");
    let only = world.shares("", &["--base", "asked", "--where", "group=b"]);
    expect(&only, "1", "", "1", "8/20 40.0 synthetic");

    // What needs the answers of each unit says that they are not in it.
    let by_answer = world.shares("9=1", &["--base", "asked", "--by", "9"]);
    expect(&by_answer, "1", "", "1", "6/10 60.0 synthetic;aggregates_left_out");
    let total = world.shares("", &["--base", "asked", "--by", "9"]);
    expect(&total, "1", "", "1", "14/30 46.7 synthetic");
    let filtered = world.shares("", &["--base", "asked", "--where", "9=1"]);
    expect(&filtered, "1", "", "1", "6/10 60.0 synthetic;aggregates_left_out");

    // They are no rows.
    assert_eq!(world.sql("SELECT count(*) AS n FROM current"), "n\n10\n");
    assert_eq!(world.sql("SELECT count(*) AS n, sum(units) AS units FROM aggregates"), "n,units\n1,20\n");
    let verified = world.program.on_data(&["verify"]).ends(0);
    assert!(
        verified.stdout.contains("11 raw records = 10 responses + 1 deliveries of counts + 0 rejections"),
        "{}",
        verified.stdout
    );
}

#[test]
fn counts_that_are_restated_replace_the_old_ones_and_keep_them() {
    let world = World::new();
    world.send("first.jsonl", &delivery("c1", OF_B, 20, QUESTIONS));
    let again = QUESTIONS.replace(r#""1":5,"2":3,"3":10"#, r#""1":6,"2":3,"3":9"#);
    let again = delivery("c2", &format!(r#"{OF_B},"revision":1"#), 20, &again);
    world.send("second.jsonl", &again);
    // Sent again, and the old one behind it, nothing changes.
    world.send("third.jsonl", &format!("{again}{}", delivery("c1", OF_B, 20, QUESTIONS)));
    expect(&world.shares("", &["--base", "asked"]), "1", "", "1", "15/30 50.0 synthetic");
    let both = r#"SELECT coalesce(revision, 0) AS revision, "count", "current" FROM aggregate_counts
                  WHERE question = '1' AND "option" = 1 GROUP BY 1, 2, 3 ORDER BY 1"#;
    // The copy of the second one is a row as well, and does not count.
    assert_eq!(world.sql(both), "revision,count,current\n0,8,false\n1,9,false\n1,9,true\n");
    // Of another group they are another delivery.
    let other = delivery("c3", r#","group":"c","mapping":"counts""#, 20, QUESTIONS);
    world.send("fourth.jsonl", &other);
    expect(&world.shares("", &["--base", "asked"]), "1", "", "1", "23/50 46.0 synthetic");
}

#[test]
fn counts_that_do_not_fit_are_left_out_and_listed() {
    let world = World::new();
    let wrong = QUESTIONS.replace(r#""10":9"#, r#""10":16"#).replace("s3.7", "s3.8");
    world.send("wrong.jsonl", &delivery("c1", OF_B, 20, &wrong));
    let listed = world.sql("SELECT code, path FROM issues ORDER BY path");
    assert_eq!(
        listed,
        "code,path\naggregate_sum,/data/questions/s2\nquestion_unknown,/data/questions/s3.8\n"
    );
    let all = world.shares("", &["--base", "asked"]);
    expect(&all, "1", "", "1", "14/30 46.7 synthetic");
    expect(&all, "2", "", "1", "6/10 60.0 synthetic");

    let rejected = [
        delivery("r1", r#","group":"b","mapping":"nothing""#, 20, QUESTIONS),
        delivery("r2", r#","group":"b""#, 20, QUESTIONS),
        delivery("r3", OF_B, -1, QUESTIONS),
        delivery("r4", OF_B, 20, "[]"),
    ];
    let file = world.program.file("rejected.jsonl", rejected.concat());
    // Everything is stored, and nothing accepted.
    let sent = world.program.on_data(&["submit", file.to_str().unwrap(), "--surveys", &world.surveys]);
    let _ = sent.ends(1);
    assert_eq!(
        world.sql("SELECT event_id, code, path FROM rejections ORDER BY 1"),
        "event_id,code,path\nr1,mapping_unknown,/data/mapping\nr2,field_missing,/data/mapping\n\
         r3,field_type,/data/units\nr4,field_type,/data/questions\n"
    );
}

const COUNTS: &str = "group,question,row,option,label,state,count,base,units\n\
    b,s1,,1,All,,5,,20\nb,s1,,,Some,,3,,\nb,s1,,3,,,10,,\nb,s1,,,,no_answer,2,,\n\
    b,s2,,,Ａ,,9,18,\nb,s2,,20,,,12,18,\nb,s2,,,,no_answer,3,18,\n\
    b,s3,7,1,,,12,,\nb,s3.7,,2,,,8,,\n\
    c,,,,,,,,4\nc,s1,,2,,,4,,\n";

#[test]
fn a_file_of_counts_is_the_same_as_events() {
    let world = World::new();
    let file = world.program.file("counts.csv", COUNTS);
    let file = file.to_str().unwrap();
    let arguments = |file: &str, more: &[&str]| {
        let mut all: Vec<String> = ["submit", file, "--counts", "counts", "--survey", "mixed", "--surveys"]
            .map(str::to_owned)
            .to_vec();
        all.push(world.surveys.clone());
        all.extend(more.iter().map(|word| (*word).to_owned()));
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        world.program.on_data(&all)
    };
    let sent = arguments(file, &["--body", "Their office"]).ends(0).stdout;
    assert!(sent.contains("accepted              2"), "{sent}");
    let groups = world.shares("group=b", &["--base", "asked", "--by", "group"]);
    expect(&groups, "1", "", "1", "8/20 40.0 synthetic");
    expect(&groups, "2", "", "2", "12/18 66.7 synthetic");
    expect(&groups, "3", "1", "1", "12/20 60.0 synthetic");
    let all = world.shares("", &["--base", "asked"]);
    expect(&all, "1", "", "1", "18/34 52.9 synthetic");
    assert_eq!(world.sql("SELECT count(*) AS n FROM issues"), "n\n0\n");
    // Sent again it is known; restated it takes the place of the first, per group.
    let again = arguments(file, &["--body", "Their office"]).ends(0).stdout;
    assert!(again.contains("known already         2"), "{again}");
    let restated = world.program.file("restated.csv", "question,option,count\ns1,1,20\n");
    let more = ["--body", "Their office", "--group", "b", "--units", "20", "--revision", "1"];
    let _ = arguments(restated.to_str().unwrap(), &more).ends(0);
    expect(&world.shares("", &["--base", "asked"]), "1", "", "1", "30/34 88.2 synthetic");

    // What is wrong is said with its line, and nothing is sent.
    let before = world.sql("SELECT count(*) AS n FROM raw");
    for (from, to, message, hint) in [
        ("s3,7,1", "s9,7,1", ":9: form `theirs-1` has no question `s9`", "did you mean"),
        ("s3,7,1", "s3,1,1", ":9: question `s3` has no row `1`", "rows: 7"),
        ("s1,,1,All", "s1,7,1,All", ":2: question `s1` has no rows", "leave `row` empty"),
        (",Some,", ",Sone,", ":3: question `s1` has no option `Sone`", "did you mean `Some`?"),
        ("b,s1,,3,", "b,s1,,4,", ":4: question `s1` has no option `4`", "options: 1, 2, 3"),
        ("no_answer,2", "no_anwser,2", ":5: `no_anwser` is no state", "did you mean `no_answer`?"),
        (",5,,20", ",5.5,,20", ":2: `count` is no count", "write whole numbers"),
        (",3,18", ",3,19", ":8: the base of `s2` is 19 here, and 18 further up", "one base"),
        (",4\nc,s1", ",4\nc,,,,,,,,5\nc,s1", ":12: 5 units answered here, and 4 further up", "one number"),
        ("c,,,,,,,,4\n", "", "nothing says how many units of group `c` answered", "--units N"),
        (",12,,\n", ",12,,\nb,s3.7,,1,,,12,,\n", ":10: the same of `s3.7` is counted twice", "leave one"),
        ("no_answer,2", ",2", ":5: the line does not say what is counted", "option (a code), label or state"),
        ("label,state", "label,stat", ":1: unknown column `stat`", "did you mean `state`?"),
    ] {
        assert!(COUNTS.contains(from), "{from}");
        let wrong = world.program.file("wrong.csv", COUNTS.replacen(from, to, 1));
        let said = arguments(wrong.to_str().unwrap(), &["--body", "x"]).ends(2).stderr;
        assert!(said.contains(message) && said.contains(hint), "{from} → {to}: {said}");
    }
    for (more, message) in [
        (vec![], "nothing says who delivers the counts"),
        (vec!["--body", "x", "--wave", "v"], "survey `mixed` has no wave `v`"),
    ] {
        let said = arguments(file, &more).ends(2).stderr;
        assert!(said.contains(message), "{said}");
    }
    assert_eq!(world.sql("SELECT count(*) AS n FROM raw"), before);
}

#[test]
fn another_mapping_is_told_with_the_counts_that_it_changes() {
    let world = World::new();
    world.send("counts.jsonl", &delivery("c1", OF_B, 20, QUESTIONS));
    let mended = MAPPING.replace("map: {1: 1, 2: 1, 3: 2}", "map: {1: 1, 2: 2, 3: 2}");
    let draft = world.program.file("draft.yaml", &mended);
    let asked = ["mapping", "diff", "counts-1", draft.to_str().unwrap(), "--survey", "mixed"];
    let diff =
        world.program.on_data(&[&asked[..], &["--surveys", &world.surveys, "--format", "csv"]].concat());
    let rows = csv_rows(&diff.ends(0).stdout);
    let share = |option: &str| {
        let is = |row: &&BTreeMap<String, String>| {
            row["question"] == "1" && row["option"] == option && row["measure"] == "share"
        };
        let row = rows.iter().find(is).unwrap();
        ["count_before", "count_after", "base_after"].map(|column| row[column].clone())
    };
    assert_eq!(
        (share("1"), share("2")),
        (["14", "11", "30"].map(str::to_owned), ["13", "16", "30"].map(str::to_owned))
    );
    assert!(rows.iter().all(|row| row["question"] == "1"), "{rows:?}");

    // The folder read anew by it says so, and has the new figures.
    world.program.file("surveys/mixed/mappings/counts.yaml", &mended);
    let told =
        world.program.on_data(&["rebuild", "--surveys", &world.surveys, "--format", "csv"]).ends(0).stdout;
    for line in ["rows,aggregates,,1,1", "rows_with_other_answers,aggregates,,,1"] {
        assert!(told.contains(line), "{told}");
    }
    expect(&world.shares("", &["--base", "asked"]), "1", "", "1", "11/30 36.7 synthetic");
}

#[test]
fn a_receipt_tells_whether_counts_count() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let surveys = surveys(&program).to_str().unwrap().to_owned();
    let up = Up::start(&program, &["--surveys", &surveys]);
    let older = up.receipt(&delivery("c1", OF_B, 20, QUESTIONS));
    let status = up.decided(&older);
    assert_eq!((&status["state"], &status["counts"]), (&"interpreted".into(), &true.into()), "{status}");
    // One that takes everything back has no question, and counts all the same.
    let newer = up.receipt(&delivery("c2", &format!(r#"{OF_B},"revision":1"#), 0, "{}"));
    assert_eq!(up.decided(&newer)["counts"], true);
    let status = up.decided(&older);
    assert_eq!((&status["counts"], &status["superseded_by"]), (&false.into(), &newer.into()), "{status}");
}

#[test]
fn rules_whose_counts_cannot_be_added_are_refused() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let folder = surveys(&program);
    let joined = MAPPING.replace("map: {10: 1, 20: 2}", "map: {10: 1, 20: 1}");
    program.file("surveys/mixed/mappings/counts.yaml", joined);
    let refused = program.run(["check", folder.to_str().unwrap()]).ends(1);
    let said = format!("{}{}", refused.stdout, refused.stderr);
    assert!(said.contains("the counts of question `2` cannot be added"), "{said}");
}
