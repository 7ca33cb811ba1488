//! What another version of a mapping changes, before anybody lets it count.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use shukei_testkit::{Program, csv_rows};

use super::mapping::{MAPPING, survey};

/// Six units on the form and four read across: `24` is 2 for all; `31` is 1 for all and 2 for three of ours.
fn world() -> (Program, PathBuf) {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let surveys = survey(&program, MAPPING);
    let ours = (0..6).map(|unit| {
        let of_31 = if unit < 3 { "[1,2]" } else { "[1]" };
        format!(r#"{{"survey":"two","wave":"w","respondent":"o{unit}","answers":{{"24":[2],"31":{of_31},"9":1}}}}"#)
    });
    let theirs = (0..4).map(|unit| {
        format!(
            r#"{{"survey":"two","wave":"w","respondent":"t{unit}","form":"theirs","answers":{{"f1":1,"f2":{}}}}}"#,
            unit % 2
        )
    });
    let lines: String = ours.chain(theirs).map(|line| line + "\n").collect();
    let file = program.file("lines.jsonl", lines);
    let _ =
        program.on_data(&["submit", file.to_str().unwrap(), "--surveys", surveys.to_str().unwrap()]).ends(0);
    (program, surveys)
}

fn sizes(folder: &Path) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        match entry.metadata().unwrap() {
            of if of.is_dir() => found.extend(sizes(&entry.path())),
            of => drop(found.insert(entry.path(), of.len())),
        }
    }
    found
}

#[test]
fn a_changed_rule_is_told_with_the_figures_that_it_changes() {
    let (program, surveys) = world();
    let before = sizes(&program.data());
    // Option 2 of question 31 is no longer fed, and the draft has a version of its own.
    let line = "      - {option: 2, any: [{question: f2, at_least: 4}]}\n";
    assert!(MAPPING.contains(line) && MAPPING.contains("version: 1\nnames"));
    let draft = MAPPING.replace(line, "").replace("version: 1\nnames", "version: 2 # a draft\nnames");
    let draft = program.file("draft.yaml", draft);
    let draft = draft.to_str().unwrap();
    let diff = |old: &str, new: &str, more: &[&str]| {
        let mut arguments = vec!["mapping", "diff", old, new, "--survey", "two", "--wave", "w"];
        arguments.extend(["--surveys", surveys.to_str().unwrap()]);
        arguments.extend(more);
        program.on_data(&arguments)
    };
    let columns = [
        "question",
        "option",
        "state",
        "measure",
        "count_before",
        "count_after",
        "base_before",
        "base_after",
        "value_before",
        "value_after",
        "points",
        "rule_before",
        "rule_after",
    ];
    let told = |old: &str, new: &str| -> Vec<String> {
        let rows = csv_rows(&diff(old, new, &["--format", "csv"]).ends(0).stdout);
        rows.iter().map(|row| columns.map(|column| row[column].as_str()).join("|")).collect()
    };
    assert_eq!(
        told("across-1", draft),
        [
            "31|2||share|3|3|10|6|30.0|50.0|20.0|any(f2>=4)|not_covered",
            "31||no_answer|share|0|0|10|6|0.0|0.0|0.0||"
        ]
    );
    assert_eq!(
        told(draft, "across-1"),
        [
            "31|2||share|3|3|6|10|50.0|30.0|-20.0|not_covered|any(f2>=4)",
            "31||no_answer|share|0|0|6|10|0.0|0.0|0.0||"
        ]
    );
    // A threshold that moves a count.
    let lower = program.file("lower.yaml", MAPPING.replace("at_least: 4", "at_least: 1"));
    assert_eq!(
        told("across-1", lower.to_str().unwrap()),
        ["31|2||share|3|5|10|10|30.0|50.0|20.0|any(f2>=4)|any(f2>=1)"]
    );
    // A rule that no record meets changes no figure, and is told all the same.
    let higher = program.file("higher.yaml", MAPPING.replace("at_least: 4", "at_least: 5"));
    assert_eq!(told("across-1", higher.to_str().unwrap()), ["31|2||||||||||any(f2>=4)|any(f2>=5)"]);

    let same = diff("across-1", "across-1", &["--format", "csv"]).ends(0);
    assert!(same.stderr.contains("the same figures") && csv_rows(&same.stdout).is_empty(), "{same:?}");
    let shown = diff("across-1", draft, &[]).ends(0).stdout;
    assert!(shown.contains("not_covered") && shown.contains("50.0"), "{shown}");
    let json = diff("across-1", draft, &["--format", "json"]).ends(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["value_after"], "50.0");
    assert_eq!(sizes(&program.data()), before, "nothing is written");

    let unknown = diff("acros-1", draft, &[]).ends(2).stderr;
    assert!(unknown.contains("did you mean `across-1`?"), "{unknown}");
    let bad = program.file("bad.yaml", MAPPING.replace("option: 1, any", "option: 8, any"));
    let bad = diff("across-1", bad.to_str().unwrap(), &[]).ends(2).stderr;
    assert!(bad.contains("mappings/across.yaml"), "{bad}");
}
