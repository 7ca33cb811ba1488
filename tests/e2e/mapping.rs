//! Two ways of collecting, one table: bases and notes follow from the coverage of the mapping, and from nothing else.
//! The counts are the hand oracles: 1,204 units on the office's form, 658 read across.

use std::collections::BTreeMap;
use std::path::PathBuf;

use shukei_testkit::{Program, csv_rows};

const SURVEY: &str = r#"survey: two
version: 1
languages: [ja, en]
names: {ja: 二つの方法, en: Two ways}
synthetic: true
decimals: 1
waves:
  - wave: w
    names: {ja: 回, en: Wave}
    forms: [{form: ours, version: 1}]
    mappings: [{mapping: across, version: 1}]
"#;
const OURS: &str = r#"form: ours
version: 1
names: {ja: 調査票, en: Form}
sections:
  - section: all
    questions:
      - number: "24"
        kind: multiple
        text: {ja: 体制, en: Who}
        options:
          - {code: 1, label: {ja: 統括, en: CISO}}
          - {code: 2, label: {ja: 事故対応, en: CSIRT}}
          - {code: 3, label: {ja: なし, en: None}, exclusive: true, origin: reconstructed}
      - number: "31"
        kind: multiple
        text: {ja: 評価, en: Tests}
        options:
          - {code: 1, label: {ja: 診断, en: Scan}}
          - {code: 2, label: {ja: 侵入, en: Intrusion}}
      - number: "9"
        kind: single
        text: {ja: 方針, en: Policy}
        options: [{code: 1, label: {ja: ある, en: Yes}}, {code: 2, label: {ja: ない, en: No}}]
"#;
const THEIRS: &str = r#"form: theirs
version: 1
names: {ja: 外部, en: Theirs}
sections:
  - section: all
    questions:
      - number: f1
        kind: single
        text: {ja: 甲, en: A}
        options: [{code: 1, label: {ja: 一, en: One}}, {code: 2, label: {ja: 二, en: Two}}, {code: 3, label: {ja: 三, en: Three}}]
      - {number: f2, kind: number, text: {ja: 乙, en: B}}
"#;
pub(super) const MAPPING: &str = r#"mapping: across
version: 1
names: {ja: 読み替え, en: Across}
source: {form: theirs, version: 1}
target: {form: ours, version: 1}
signed_off: {by: Nobody (synthetic), on: 2026-01-01}
exclusion_note: {ja: 外部を除く, en: without theirs}
questions:
  - question: "24"
    reason: {ja: 理由, en: Reason}
    options:
      - {option: 2, any: [{question: f1, codes: [1], not: [2]}]}
  - question: "31"
    reason: {ja: 理由, en: Reason}
    options:
      - {option: 1, any: [{question: f2, at_least: 1}]}
      - {option: 2, any: [{question: f2, at_least: 4}]}
unmapped: [{question: f1, code: 3, reason: {ja: 理由, en: Reason}}]
"#;

pub(super) fn survey(program: &Program, mapping: &str) -> PathBuf {
    program.file("surveys/two/survey.yaml", SURVEY);
    program.file("surveys/two/forms/ours.yaml", OURS);
    program.file("surveys/two/forms/theirs.yaml", THEIRS);
    program.file("surveys/two/mappings/across.yaml", mapping);
    program.path("surveys")
}

/// (question, option or state) -> (count, base, share, methods, flags)
type Figures = BTreeMap<(String, String), [String; 5]>;

fn figures(mapping: &str) -> Figures {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let surveys = survey(&program, mapping);
    let ours = (0..1_204).map(|unit| {
        let of_24 = if unit < 1_000 { "[2]" } else { "[1]" };
        let of_31 = if unit < 602 { "[1,2]" } else { "[1]" };
        format!(r#"{{"survey":"two","wave":"w","respondent":"o{unit}","answers":{{"24":{of_24},"31":{of_31},"9":1}}}}"#)
    });
    let theirs = (0..658).map(|unit| {
        let f1 = if unit < 600 { 1 } else { 2 };
        format!(
            r#"{{"survey":"two","wave":"w","respondent":"t{unit}","form":"theirs","answers":{{"f1":{f1},"f2":{}}}}}"#,
            unit % 2
        )
    });
    let lines: String = ours.chain(theirs).map(|line| line + "\n").collect();
    let file = program.file("submissions.jsonl", lines);
    let _ =
        program.on_data(&["submit", file.to_str().unwrap(), "--surveys", surveys.to_str().unwrap()]).ends(0);
    let csv = program.on_data(&["tabulate", "--survey", "two", "--wave", "w"]).ends(0).stdout;
    let mut figures = Figures::new();
    for row in csv_rows(&csv).into_iter().filter(|row| row["measure"] == "share") {
        let what = if row["state"].is_empty() { row["option"].clone() } else { row["state"].clone() };
        let figure = ["count", "base", "value", "methods", "flags"].map(|column| row[column].clone());
        figures.insert((row["question"].clone(), what), figure);
    }
    figures
}

#[track_caller]
fn expect(figures: &Figures, question: &str, option: &str, wanted: [&str; 5]) {
    assert_eq!(
        figures[&(question.to_owned(), option.to_owned())],
        wanted,
        "question {question}, option {option}"
    );
}

#[test]
fn one_chart_has_two_denominators_and_a_changed_line_of_coverage_changes_them() {
    let asked = figures(MAPPING);
    expect(&asked, "24", "2", ["1600", "1862", "85.9", "external+form", "synthetic"]);
    expect(&asked, "24", "1", ["204", "1204", "16.9", "form", "synthetic;外部を除く"]);
    expect(&asked, "24", "3", ["0", "1204", "0.0", "form", "synthetic;reconstructed;外部を除く"]);
    expect(&asked, "31", "1", ["1533", "1862", "82.3", "external+form", "synthetic"]);
    expect(&asked, "31", "2", ["602", "1862", "32.3", "external+form", "synthetic"]);
    expect(&asked, "9", "1", ["1204", "1204", "100.0", "form", "synthetic;外部を除く"]);

    // The source no longer says anything of option 2: 602 of those who were asked, not of everybody.
    let line = "      - {option: 2, any: [{question: f2, at_least: 4}]}\n";
    let changed = figures(&MAPPING.replace(line, ""));
    expect(&changed, "31", "2", ["602", "1204", "50.0", "form", "synthetic;外部を除く"]);
    expect(&changed, "31", "1", ["1533", "1862", "82.3", "external+form", "synthetic"]);

    // A code that deliberately feeds nothing is not mapped: its units are in no base, and not among those without.
    let unmapped = "unmapped: [{question: f1, code: 2, reason: {ja: 理由, en: Reason}}, ";
    let fewer = figures(&MAPPING.replace(", not: [2]", "").replace("unmapped: [", unmapped));
    expect(&fewer, "24", "2", ["1600", "1804", "88.7", "external+form", "synthetic"]);
}

#[test]
fn coverage_says_what_feeds_an_option_and_what_its_base_loses() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let surveys = survey(&program, MAPPING);
    let arguments = ["mapping", "coverage", "--survey", "two", "--wave", "w", "--format", "csv", "--surveys"];
    let all: Vec<&str> = arguments.into_iter().chain([surveys.to_str().unwrap()]).collect();
    let rows = csv_rows(&program.run(all).ends(0).stdout);
    let row = |question: &str, option: &str| {
        rows.iter().find(|row| row["question"] == question && row["option"] == option).unwrap()
    };
    assert_eq!(rows.len(), 7, "every option of every question");
    assert_eq!(row("24", "2")["fed_by"], "any(f1=1)");
    assert_eq!(row("31", "2")["fed_by"], "any(f2>=4)");
    assert_eq!(
        (row("24", "1")["coverage"].as_str(), row("24", "1")["base_loses"].as_str()),
        ("not_covered", "外部を除く")
    );
    assert!(row("24", "3")["label"].ends_with('†'));
}
