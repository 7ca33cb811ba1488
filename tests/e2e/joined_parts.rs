//! Waves compared by the answers to a question of which options were put together in between.

use shukei_testkit::{Program, csv_rows};

const SURVEY: &str = "\
survey: few
version: 1
names: Few
decimals: 1
waves:
  - {wave: v, names: V, forms: [{form: old, version: 1}]}
  - {wave: w, names: W, forms: [{form: new, version: 1}]}
";
const CONCORDANCE: &str = "\
concordance: v-w
from: v
to: w
questions:
  - {question: area, grade: same, reason: east was two, options: [{options: [2], were: [2, 3]}]}
";

fn form(id: &str, areas: &str) -> String {
    format!(
        "form: {id}\nversion: 1\nnames: F\nsections:\n  - section: s\n    questions:\n\
         \x20     - {{number: q, kind: single, text: Q, options: [{{code: 1, label: yes}}, {{code: 2, label: no}}]}}\n\
         \x20     - {{number: area, kind: single, text: Area, options: [{areas}]}}\n"
    )
}

#[test]
fn a_part_that_the_earlier_wave_has_only_together_with_others_is_named() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    program.file("few/survey.yaml", SURVEY);
    program.file(
        "few/forms/old.yaml",
        form("old", "{code: 1, label: west}, {code: 2, label: south east}, {code: 3, label: north east}"),
    );
    program.file("few/forms/new.yaml", form("new", "{code: 1, label: west}, {code: 2, label: east}"));
    program.file("few/concordances/v-w.yaml", CONCORDANCE);
    let mut records = String::new();
    for (wave, answers) in
        [("v", [(1, 1), (2, 1), (1, 2), (2, 3)].as_slice()), ("w", &[(1, 1), (1, 2), (2, 2)])]
    {
        for (at, (q, area)) in answers.iter().enumerate() {
            records += &format!(
                "{{\"survey\":\"few\",\"wave\":\"{wave}\",\"respondent\":\"{at}\",\"answers\":{{\"q\":{q},\"area\":{area}}}}}\n"
            );
        }
    }
    program.file("records.jsonl", records);
    program.run(["check", "few"]).ends(0);
    program.on_data(&["submit", "records.jsonl", "--surveys", "few"]).ends(0);
    let asked = |more: &[&str]| {
        let arguments = ["tabulate", "--survey", "few", "--wave", "w", "--against", "v", "--surveys", "few"];
        csv_rows(&program.on_data(&[&arguments, more].concat()).ends(0).stdout)
    };
    let rows = asked(&["--question", "q", "--by", "area"]);
    let of = |breaks: &str, option: &str| {
        let mut of = rows.iter().filter(|row| row["breaks"] == breaks && row["option"] == option);
        of.find(|row| row["measure"] == "change_points").map(|row| row["value"].clone())
    };
    assert_eq!(of("area=1", "1").as_deref(), Some("50.0"));
    assert_eq!(of("area=2", "1"), None);
    let named: Vec<_> = rows.iter().filter(|row| row["breaks"] == "area=2").collect();
    assert_eq!(named.len(), 1, "{rows:?}");
    assert!(named[0]["flags"].contains("not_compared") && named[0]["flags"].contains("--where"), "{named:?}");
    assert_eq!((named[0]["question"].as_str(), named[0]["value"].as_str()), ("q", ""));
    // A condition takes both: one of two in each wave.
    let rows = asked(&["--question", "q", "--where", "area=2"]);
    assert!(
        rows.iter()
            .any(|row| row["option"] == "1" && row["measure"] == "change_points" && row["value"] == "0.0"),
        "{rows:?}"
    );
}
