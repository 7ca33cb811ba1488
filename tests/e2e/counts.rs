//! What counts of several events of one unit, and what a definition is that changes under way.

use shukei_testkit::{Program, small_event, small_survey};

fn event(id: &str, respondent: &str, answer: u8, revision: Option<u8>) -> String {
    let mut data = serde_json::json!({
        "survey": "small", "wave": "w1", "respondent": respondent, "answers": {"1": answer},
    });
    if let Some(revision) = revision {
        data["revision"] = revision.into();
    }
    serde_json::json!({
        "specversion": "1.0", "id": id, "source": "urn:test", "type": "submission.received", "data": data,
    })
    .to_string()
}

/// Everything but the type is that of the event it follows.
fn withdrawal(id: &str, respondent: &str) -> String {
    event(id, respondent, 1, None).replace("submission.received", "submission.withdrawn")
}

#[test]
fn the_last_counts_copies_do_not_and_a_withdrawal_takes_the_unit_out() {
    // (respondent, its events in order of arrival, the answer that counts)
    let cases: Vec<(&str, Vec<String>, Option<&str>)> = vec![
        ("first", vec![event("a1", "first", 1, None)], Some("1")),
        ("corrected", vec![event("b1", "corrected", 1, None), event("b2", "corrected", 2, None)], Some("2")),
        ("resent", vec![event("c1", "resent", 1, None), event("c1", "resent", 1, None)], Some("1")),
        (
            "late",
            vec![event("d1", "late", 1, None), event("d2", "late", 2, None), event("d1", "late", 1, None)],
            Some("2"),
        ),
        ("revised", vec![event("e2", "revised", 2, Some(2)), event("e1", "revised", 1, Some(1))], Some("2")),
        ("gone", vec![event("f1", "gone", 1, None), withdrawal("f2", "gone")], None),
        (
            "back",
            vec![event("g1", "back", 1, None), withdrawal("g2", "back"), event("g3", "back", 3, None)],
            Some("3"),
        ),
        (
            "again",
            vec![event("h1", "again", 1, None), event("h2", "again", 2, None), event("h3", "again", 1, None)],
            Some("1"),
        ),
        ("same", vec![event("i1", "same", 1, None), event("i1", "same", 3, None)], Some("3")),
    ];
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let surveys = small_survey(&program);
    let lines: String =
        cases.iter().flat_map(|(_, events, _)| events).map(|event| format!("{event}\n")).collect();
    let file = program.file("events.jsonl", lines);
    let arguments = ["submit", file.to_str().unwrap(), "--surveys", surveys.to_str().unwrap()];
    let _ = program.on_data(&arguments).ends(0);
    // The data folder keeps the definitions that it was filled with: labels need no `--surveys`.
    let rows = program.sql("SELECT respondent, option FROM answers WHERE question = '1' AND chosen");
    for (respondent, _, wanted) in &cases {
        let found: Vec<&str> = rows
            .iter()
            .filter(|row| row["respondent"] == *respondent)
            .map(|row| row["option"].as_str())
            .collect();
        assert_eq!(found, wanted.iter().copied().collect::<Vec<_>>(), "{respondent}");
    }
    let _ = program.on_data(&["verify"]).ends(0);
}

#[test]
fn a_definition_changed_between_decision_and_carrying_out_changes_nothing() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let surveys = small_survey(&program);
    let file = program.file("events.jsonl", format!("{}\n", small_event(2)));
    let mut command =
        program.command(["submit", file.to_str().unwrap(), "--surveys", surveys.to_str().unwrap()]);
    command.arg("--data").arg(program.data()).env("SHUKEI_CRASH_AT", "responses.before");
    assert!(!command.status().unwrap().success());
    let behind = program.on_data(&["verify"]).ends(1);
    assert!(behind.stdout.contains("behind"), "{}", behind.stdout);

    // Event 2 answers 2 to question 3. The changed form takes 1 at most: read with it, the answer would be invalid.
    // The record was decided with the form as it was, and is carried out with it.
    let form = surveys.join("small/forms/small.yaml");
    let text = std::fs::read_to_string(&form).unwrap();
    let changed = text.replace("min: 0, max: 100", "min: 0, max: 1");
    assert_ne!(text, changed);
    std::fs::write(&form, changed).unwrap();
    let more = program.file("more.jsonl", format!("{}\n", small_event(5)));
    let _ =
        program.on_data(&["submit", more.to_str().unwrap(), "--surveys", surveys.to_str().unwrap()]).ends(0);
    let _ = program.on_data(&["verify"]).ends(0);
    let rows = program.sql("SELECT respondent, q3, q3_state FROM responses_small_1 ORDER BY respondent");
    let found: Vec<String> =
        rows.iter().map(|row| format!("{} {} {}", row["respondent"], row["q3"], row["q3_state"])).collect();
    assert_eq!(found, ["r2 2.0 1", "r5  5"]);
    let stored = program.number("SELECT count(DISTINCT array_to_string(definitions, ' ')) FROM outcomes");
    assert_eq!(stored, 2, "each outcome names the files that it was decided with");
}

#[test]
fn answers_can_be_filtered_by_unit_in_a_folder_of_three() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let surveys = small_survey(&program);
    let lines: String = (0..3).map(|number| format!("{}\n", small_event(number))).collect();
    let file = program.file("events.jsonl", lines);
    let _ =
        program.on_data(&["submit", file.to_str().unwrap(), "--surveys", surveys.to_str().unwrap()]).ends(0);
    for condition in
        ["unit = 'r1'", "respondent = 'r1'", "unit = 'r1' AND method = 'form'", "unit IN ('r1', 'nobody')"]
    {
        let query = format!("SELECT count(*) FROM answers WHERE question = '1' AND chosen AND {condition}");
        assert_eq!(program.number(&query), 1, "{condition}");
    }
    assert_eq!(program.number("SELECT count(DISTINCT unit) FROM answers WHERE method = 'form'"), 3);
}

#[test]
fn a_form_with_other_columns_under_its_old_version_is_refused_and_hurts_nothing() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let surveys = small_survey(&program);
    let submit = |number: usize| {
        let file = program.file("event.jsonl", format!("{}\n", small_event(number)));
        program.on_data(&["submit", file.to_str().unwrap(), "--surveys", surveys.to_str().unwrap()])
    };
    let _ = submit(1).ends(0);
    let form = surveys.join("small/forms/small.yaml");
    let as_it_was = std::fs::read_to_string(&form).unwrap();
    let question = "      - {number: \"5\", kind: number, text: {en: New, ja: 新}}\n";
    std::fs::write(&form, format!("{as_it_was}{question}")).unwrap();
    let refused = submit(2).ends(1);
    assert!(
        refused.stderr.contains("form_changed") && refused.stderr.contains("`small-1`"),
        "{}",
        refused.stderr
    );
    let _ = program.on_data(&["verify"]).ends(0);
    assert_eq!(program.number("SELECT count(*) FROM raw"), 1, "nothing was sent");
    // With the form as it was everything goes on.
    std::fs::write(&form, as_it_was).unwrap();
    let _ = submit(2).ends(0);
    let _ = program.on_data(&["verify"]).ends(0);
    assert_eq!(program.number("SELECT count(*) FROM responses_small_1"), 2);
}
