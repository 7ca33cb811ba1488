//! Forms that demand answers, and rows of a grid that feed others: from the definition to what is stored and said.

use shukei_testkit::{Program, csv_rows};

const SURVEY: &str = "\
survey: strict
version: 1
names: Strict
waves:
  - {wave: w, names: W, forms: [{form: own, version: 1}], mappings: [{mapping: m, version: 1}]}
";
const OWN: &str = "\
form: own
version: 1
names: Own
sections:
  - section: s
    questions:
      - {number: site, kind: single, text: S, reject_if: [invalid, no_answer], options: [{code: 1, label: north}, {code: 2, label: south}]}
      - {number: patch, kind: single, text: P, options: [{code: 1, label: soon}, {code: 2, label: late}]}
";
const THEIRS: &str = "\
form: theirs
version: 1
names: Theirs
sections:
  - section: s
    questions:
      - {number: p, kind: grid, text: P, options: [{code: 1, label: soon}, {code: 2, label: late}], rows: [{row: 1, label: outside}, {row: 2, label: inside}]}
";
const MAPPING: &str = "\
mapping: m
version: 1
names: M
source: {form: theirs, version: 1}
target: {form: own, version: 1}
signed_off: {by: somebody, on: \"2026-01-01\"}
exclusion_note: without theirs
questions:
  - {question: patch, reason: asked twice, worst: [p.1, p.2], map: {1: 1, 2: 2}}
";
/// Two taken, of which one is corrected badly; one without the answer, and one read across.
const RECORDS: &str = r#"{"survey":"strict","wave":"w","respondent":"a","answers":{"site":1,"patch":1}}
{"survey":"strict","wave":"w","respondent":"b","answers":{"site":2}}
{"survey":"strict","wave":"w","respondent":"a","revision":1,"answers":{"site":7,"patch":2}}
{"survey":"strict","wave":"w","respondent":"c","answers":{"patch":1}}
{"survey":"strict","wave":"w","respondent":"d","form":"theirs","answers":{"p":{"1":1,"2":2}}}
"#;

#[test]
fn a_rejected_submission_is_kept_listed_and_replaces_nothing() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    program.file("strict/survey.yaml", SURVEY);
    program.file("strict/forms/own.yaml", OWN);
    program.file("strict/forms/theirs.yaml", THEIRS);
    program.file("strict/mappings/m.yaml", MAPPING);
    program.file("records.jsonl", RECORDS);
    program.run(["check", "strict"]).ends(0);
    program.on_data(&["submit", "records.jsonl", "--surveys", "strict"]).ends(1);
    assert_eq!(program.number("SELECT count(*) FROM raw WHERE kind = 'record'"), 5);
    let rejected = program.sql("SELECT code, path FROM rejections ORDER BY partition, \"offset\"");
    assert_eq!(rejected.len(), 2);
    for row in &rejected {
        assert_eq!((row["code"].as_str(), row["path"].as_str()), ("answer_demanded", "/data/answers/site"));
    }
    // The bad correction leaves the first answers; what was read across was never asked for the site.
    let counts = program.sql("SELECT unit, qsite, qpatch, qsite_state FROM current_own_1 ORDER BY unit");
    let shown: Vec<String> = counts
        .iter()
        .map(|row| format!("{} {} {} {}", row["unit"], row["qsite"], row["qpatch"], row["qsite_state"]))
        .collect();
    assert_eq!(shown, ["a 1 1 1", "b 2  1", "d  2 4"]);
    program.on_data(&["verify"]).ends(0);
    // What feeds an option names the rows.
    let coverage = ["mapping", "coverage", "--survey", "strict", "--wave", "w", "--surveys", "strict"];
    let coverage = program.run(coverage.into_iter().chain(["--format", "csv"])).ends(0).stdout;
    let fed: Vec<String> = csv_rows(&coverage)
        .iter()
        .filter(|row| row["question"] == "patch")
        .map(|row| row["fed_by"].clone())
        .collect();
    assert_eq!(fed, ["worst(p.1, p.2)=1", "worst(p.1, p.2)=2"]);
}
