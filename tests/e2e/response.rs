//! Invited, answered and the response rate: who is in which row, and what a rate is formed of.

use std::path::PathBuf;

use shukei_testkit::{Program, csv_rows};

const SURVEY: &str = r#"survey: rates
version: 1
names: Rates
synthetic: true
unit: respondent_and_group
waves:
  - wave: w
    names: W
    forms: [{form: asked, version: 1}]
    mappings: [{mapping: across, version: 1}]
    sectors: {sectors: parts, version: 1}
    frame: {file: frame/w.csv}
"#;
const FORM: &str = "form: FORM\nversion: 1\nnames: F\nsections:\n  - section: s\n    questions:\n\
    \x20     - {number: \"1\", kind: single, text: Q, options: [{code: 1, label: a}, {code: 2, label: b}]}\n";
const SECTORS: &str = r#"sectors: parts
version: 1
fields: [{field: all, label: All}]
groups:
  - {group: water, field: all, label: Waterworks}
  - {group: office, field: all, label: Offices}
  - {group: gas, field: all, label: Gasworks}
  - {group: bank, field: all, label: Banks, collected_by: across}
"#;
const MAPPING: &str = r#"mapping: across
version: 1
names: Across
source: {form: theirs, version: 1}
target: {form: asked, version: 1}
signed_off: {by: Nobody, on: "2026-01-01"}
exclusion_note: without banks
questions:
  - {question: "1", reason: The same, from: "1", map: {1: 1, 2: 2}}
"#;
const FRAME: &str = "group,invited,out_of_scope,refused\nwater,4,1,1\noffice,1,,\ngas,,,\nbank,10,,\n";

fn survey(program: &Program) -> PathBuf {
    program.file("surveys/rates/survey.yaml", SURVEY);
    program.file("surveys/rates/forms/asked.yaml", FORM.replace("FORM", "asked"));
    program.file("surveys/rates/forms/theirs.yaml", FORM.replace("FORM", "theirs"));
    program.file("surveys/rates/sectors/parts.yaml", SECTORS);
    program.file("surveys/rates/mappings/across.yaml", MAPPING);
    program.file("surveys/rates/frame/w.csv", FRAME);
    program.path("surveys")
}

#[test]
fn rates_are_formed_of_groups_with_an_invited_count_and_each_way_apart() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let folder = survey(&program);
    let surveys = folder.to_str().unwrap();
    // (group, form, units)
    let came = [
        ("water", "asked", 2),
        ("water", "theirs", 1),
        ("office", "asked", 2),
        ("gas", "asked", 1),
        ("bank", "theirs", 5),
        ("bank", "asked", 1),
        ("nowhere", "asked", 1),
    ];
    let lines: String = came
        .iter()
        .flat_map(|(group, form, units)| (0..*units).map(move |unit| (group, form, unit)))
        .map(|(group, form, unit)| {
            format!(
                "{{\"survey\":\"rates\",\"wave\":\"w\",\"respondent\":\"{group}-{form}-{unit}\",\"group\":\"{group}\",\"form\":\"{form}\",\"answers\":{{\"1\":1}}}}\n"
            )
        })
        .collect();
    let file = program.file("submissions.jsonl", lines);
    let _ = program.on_data(&["submit", file.to_str().unwrap(), "--surveys", surveys]).ends(0);

    let response = ["tabulate", "--survey", "rates", "--wave", "w", "--response"];
    let with = |more: &[&str]| {
        let all: Vec<&str> = response.iter().chain(more).copied().collect();
        program.on_data(&all).ends(0)
    };
    let columns = [
        "kind",
        "group",
        "label",
        "method",
        "invited",
        "out_of_scope",
        "refused",
        "answered",
        "otherwise",
        "base",
        "rate",
        "takes",
        "flags",
    ];
    let rows = |csv: &str| -> Vec<String> {
        csv_rows(csv).iter().map(|row| columns.map(|column| row[column].as_str()).join("|")).collect()
    };
    let csv = with(&["--surveys", surveys]).stdout;
    assert_eq!(
        rows(&csv),
        [
            "group|water|Waterworks|form|4|1|1|2|1|3|66.7||synthetic",
            "group|office|Offices|form|1|||2|0|1|200.0||synthetic;more_than_invited",
            "group|gas|Gasworks|form||||1|0||||synthetic;no_invited_count",
            "group|bank|Banks|external|10|||5|1|10|50.0||synthetic",
            "no_group|||||||1|0||||synthetic;no_invited_count",
            "total_form|||form|5|1|1|4|1|4|100.0|2 of 3 groups; without an invited count: gas|synthetic",
            "total_read_across|||external|10|||5|1|10|50.0|1 of 1 groups|synthetic",
            "total|||||||13|0|||every unit that counts, however it was collected|synthetic",
        ]
    );
    for row in csv_rows(&csv) {
        assert_eq!(row["formula"].starts_with("AAPOR RR2"), !row["rate"].is_empty(), "{row:?}");
    }
    let table = with(&["--surveys", surveys, "--format", "table"]).stdout;
    for words in ["AAPOR RR2", "synthetic", "Waterworks", "66.7", "without an invited count: gas"] {
        assert!(table.contains(words), "{words}:\n{table}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&with(&["--surveys", surveys, "--format", "json"]).stdout).unwrap();
    assert_eq!((json[0]["rate"].as_str(), json[2]["invited"].is_null()), (Some("66.7"), true));

    // The data folder keeps who was invited.
    assert_eq!(with(&[]).stdout, csv);
    // Where nothing knows it, no rate is made up.
    std::fs::remove_dir_all(program.data().join("definitions/surveys")).unwrap();
    let kept = with(&[]);
    assert!(kept.stderr.contains("frame/w.csv") && kept.stderr.contains("--surveys"), "{}", kept.stderr);
    assert!(csv_rows(&kept.stdout).iter().all(|row| row["rate"].is_empty() && row["invited"].is_empty()));
}

#[test]
fn who_answered_without_being_invited_counts_and_is_in_no_rate() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let survey = "survey: names\nversion: 1\nnames: N\nsynthetic: true\nunit: respondent\nwaves:\n  - wave: w\n    \
                  names: W\n    forms: [{form: asked, version: 1}]\n    frame: {file: frame/w.csv}\n";
    program.file("surveys/names/survey.yaml", survey);
    program.file("surveys/names/forms/asked.yaml", FORM.replace("FORM", "asked"));
    let frame = "respondent,status\na,\nb,\nc,\nd,refused\ne,out_of_scope\nf,\n";
    program.file("surveys/names/frame/w.csv", frame);
    let surveys = program.path("surveys").to_str().unwrap().to_owned();
    // Of those who answered one was invited, one is out of scope, and one was never asked.
    let line = |who: &str| {
        format!("{{\"survey\":\"names\",\"wave\":\"w\",\"respondent\":\"{who}\",\"answers\":{{\"1\":1}}}}\n")
    };
    let file = program.file("s.jsonl", ["a", "e", "zz"].map(line).concat());
    let _ = program.on_data(&["submit", file.to_str().unwrap(), "--surveys", &surveys]).ends(0);
    let response = program.on_data(&["tabulate", "--survey", "names", "--response"]).ends(0).stdout;
    let rows: Vec<String> = csv_rows(&response)
        .iter()
        .map(|row| {
            ["kind", "answered", "otherwise", "base", "rate", "flags"].map(|c| row[c].as_str()).join("|")
        })
        .collect();
    assert!(rows.contains(&"group|1|2|5|20.0|synthetic;not_in_frame".to_owned()), "{rows:?}");
    assert!(rows.contains(&"total|3|0|||synthetic".to_owned()), "{rows:?}");
    let counted = program.on_data(&["tabulate", "--survey", "names", "--measure", "count"]).ends(0).stdout;
    assert_eq!(csv_rows(&counted)[0]["value"], "3");
}
