use std::path::PathBuf;

use crate::program::Program;

const SURVEY: &str = r#"survey: small
version: 1
languages: [en, ja]
names: {en: A small survey, ja: 小さな調査}
synthetic: true
decimals: 1
waves:
  - wave: w1
    names: {en: First, ja: 第1回}
    forms: [{form: small, version: 1}]
    layouts: [{layout: sheet, version: 1}]
"#;
const FORM: &str = r#"form: small
version: 1
names: {en: Form, ja: 調査票}
sections:
  - section: all
    questions:
      - number: "1"
        kind: single
        text: {en: One of three, ja: 三つから一つ}
        options:
          - {code: 1, label: {en: First, ja: 一番}}
          - {code: 2, label: {en: Second, ja: 二番}}
          - {code: 3, label: {en: Third, ja: 三番}}
      - number: "2"
        kind: multiple
        text: {en: Any of three, ja: いくつでも}
        options:
          - {code: 1, label: {en: A, ja: 甲}}
          - {code: 2, label: {en: B, ja: 乙}}
          - {code: 9, label: {en: None, ja: なし}, exclusive: true}
      - {number: "3", kind: number, decimals: 1, min: 0, max: 100, text: {en: How many, ja: 数}}
      - {number: "4", kind: text, text: {en: In words, ja: 自由記述}}
"#;
const LAYOUT: &str = r#"layout: sheet
version: 1
form: {form: small, version: 1}
columns: sheet.csv
"#;
const COLUMNS: &str = "column,question,row,option\nQ1,1,,\nQ3,3,,\n";

/// Writes a small made-up survey beside the program's data and returns the folder for `--surveys`.
pub fn small_survey(program: &Program) -> PathBuf {
    program.file("surveys/small/survey.yaml", SURVEY);
    program.file("surveys/small/forms/small.yaml", FORM);
    program.file("surveys/small/layouts/sheet.yaml", LAYOUT);
    program.file("surveys/small/layouts/sheet.csv", COLUMNS);
    program.path("surveys")
}

/// An event of the small survey with answers that follow from its number.
pub fn small_event(number: usize) -> String {
    serde_json::json!({
        "specversion": "1.0",
        "id": format!("e{number}"),
        "source": "urn:test",
        "type": "submission.received",
        "data": {
            "survey": "small",
            "wave": "w1",
            "respondent": format!("r{number}"),
            "answers": {"1": number % 3 + 1, "2": [number % 2 + 1], "3": number % 100},
        },
    })
    .to_string()
}
