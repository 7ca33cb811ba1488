//! Bad input never stops a partition: what reached the topic is in raw, counted, and rejected or listed with a stable
//! code, a path and a hint, and never with the answers.

use std::collections::BTreeMap;

use shukei_testkit::{Program, small_event, small_survey};

const SECRET: &str = "we-use-password123";

/// Lines of a file with what becomes of each: `rejected CODE`, `issue CODE PATH`, or `accepted`.
fn cases() -> Vec<(Vec<u8>, &'static str)> {
    let event = |id: &str, data: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"urn:bad","type":"submission.received","data":{data}}}"#
        )
    };
    let data = |respondent: &str, answers: &str| {
        format!(r#"{{"survey":"small","wave":"w1","respondent":"{respondent}","answers":{answers}}}"#)
    };
    let cut = event("cut", &data("b1", &format!(r#"{{"4":"{SECRET}"}}"#)));
    let mut invalid_utf8 = event("u", &data("b2", r#"{"4":"__"}"#)).into_bytes();
    let at = invalid_utf8.iter().position(|byte| *byte == b'_').unwrap();
    invalid_utf8[at] = 0xff;
    vec![
        (SECRET.into(), "rejected json_syntax"),
        (cut.as_bytes()[..cut.len() - 5].to_vec(), "rejected json_syntax"),
        (invalid_utf8, "rejected utf8_invalid"),
        (b"{}".to_vec(), "rejected envelope_invalid"),
        (b"[1,2,3]".to_vec(), "rejected envelope_invalid"),
        (
            event("t", "{}").replace("submission.received", "submission.lost").into(),
            "rejected event_type_unknown",
        ),
        (event("s", &data("b3", "{}").replace("small", "smal")).into(), "rejected survey_unknown"),
        (event("w", &data("b3", "{}").replace("w1", "w9")).into(), "rejected wave_unknown"),
        (
            event("f", &data("b3", "{}").replace("\"answers\"", "\"form\":\"x\",\"answers\"")).into(),
            "rejected form_unknown",
        ),
        (
            event("d", &data("b3", "{}").replace("\"wave\"", "\"wave\":\"w2\",\"wave\"")).into(),
            "rejected json_duplicate_key",
        ),
        (event("r", &data("", "{}")).into(), "rejected field_missing"),
        (event("q", &data("b4", r#"{"1":1,"99":2}"#)).into(), "issue question_unknown /data/answers/99"),
        (event("o", &data("b5", r#"{"1":7}"#)).into(), "issue option_unknown /data/answers/1"),
        (event("m", &data("b6", r#"{"1":[1,2]}"#)).into(), "issue two_marks /data/answers/1"),
        (event("k", &data("b7", r#"{"1":1,"1":2}"#)).into(), "issue answer_duplicate_key /data/answers/1"),
        (
            event("n", &data("b8", &format!(r#"{{"3":"{SECRET}"}}"#))).into(),
            "issue number_invalid /data/answers/3",
        ),
        (event("x", &data("b9", r#"{"2":[1,9]}"#)).into(), "issue exclusive_with_others /data/answers/2"),
        (event("ok", &data("b10", &format!(r#"{{"1":1,"4":"{SECRET}"}}"#))).into(), "accepted"),
        (data("b11", r#"{"1":3}"#).into(), "accepted"),
    ]
}

#[test]
fn each_bad_record_is_kept_counted_and_named() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let surveys = small_survey(&program);
    let cases = cases();
    let lines: Vec<u8> = cases.iter().flat_map(|(line, _)| line.iter().copied().chain([b'\n'])).collect();
    let file = program.file("bad.jsonl", lines);
    let arguments = ["submit", file.to_str().unwrap(), "--surveys", surveys.to_str().unwrap()];
    let sent = program.on_data(&arguments).ends(1);

    assert_eq!(program.number("SELECT count(*) FROM raw WHERE kind = 'record'"), cases.len() as i64);
    let mut rejected: BTreeMap<String, usize> = BTreeMap::new();
    for row in program.sql("SELECT code, path, hint FROM rejections") {
        assert!(!row["hint"].is_empty(), "{row:?}");
        *rejected.entry(format!("rejected {}", row["code"])).or_default() += 1;
    }
    let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
    for (_, what) in cases.iter().filter(|(_, what)| what.starts_with("rejected")) {
        *wanted.entry((*what).to_owned()).or_default() += 1;
    }
    assert_eq!(rejected, wanted);
    for (code, count) in &wanted {
        let code = code.trim_start_matches("rejected ");
        assert!(
            sent.stdout
                .lines()
                .any(|l| l.split_whitespace().collect::<Vec<_>>() == [code, &count.to_string()]),
            "{code} {count}\n{}",
            sent.stdout
        );
    }
    let mut issues: Vec<String> = program
        .sql("SELECT code, path FROM issues")
        .into_iter()
        .map(|row| format!("issue {} {}", row["code"], row["path"]))
        .collect();
    issues.sort();
    let mut wanted: Vec<String> =
        cases.iter().map(|(_, what)| (*what).to_owned()).filter(|what| what.starts_with("issue")).collect();
    wanted.sort();
    assert_eq!(issues, wanted);
    // The accepted ones behind all of them count.
    let good = cases.iter().filter(|(_, what)| !what.starts_with("rejected")).count();
    assert_eq!(program.number("SELECT count(*) FROM current WHERE survey = 'small'"), good as i64);
    let _ = program.on_data(&["verify"]).ends(0);

    // Nothing that names a record shows what was answered.
    for command in ["rejections", "issues"] {
        let listed = program.on_data(&[command, "--format", "json"]).ends(0);
        assert!(!listed.stdout.contains(SECRET) && !listed.stderr.contains(SECRET), "{}", listed.stdout);
    }
    assert!(!sent.stdout.contains(SECRET) && !sent.stderr.contains(SECRET));
    let log = program.data().join("refined");
    assert!(!logs_contain(&log, SECRET), "statistics in the log show answers");
}

/// Whether any JSON log entry below a folder holds the text.
fn logs_contain(folder: &std::path::Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            logs_contain(&path, text)
        } else {
            path.extension().is_some_and(|e| e == "json")
                && std::fs::read_to_string(&path).unwrap().contains(text)
        }
    })
}

#[test]
fn a_record_at_the_limit_is_taken_and_one_over_it_is_refused() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let surveys = small_survey(&program);
    let limit = 2_000;
    // A record is its key (survey/respondent) and its bytes.
    let sized = |respondent: &str, bytes: usize| {
        let line = |fill: usize| {
            format!(
                r#"{{"specversion":"1.0","id":"{respondent}","source":"urn:big","type":"submission.received","data":{{"survey":"small","wave":"w1","respondent":"{respondent}","answers":{{"4":"{}"}}}}}}"#,
                "x".repeat(fill)
            )
        };
        let key = format!("small/{respondent}").len();
        line(bytes - key - line(0).len())
    };
    let lines = format!("{}\n{}\n{}\n", sized("at", limit), sized("over", limit + 1), small_event(1));
    let file = program.file("big.jsonl", lines);
    let arguments = [
        "submit",
        file.to_str().unwrap(),
        "--surveys",
        surveys.to_str().unwrap(),
        "--max-record-bytes",
        &limit.to_string(),
    ];
    let sent = program.on_data(&arguments).ends(1);
    assert!(
        sent.stdout.contains("record_too_large") && sent.stdout.contains("big.jsonl:2"),
        "{}",
        sent.stdout
    );
    let units: Vec<String> = program
        .sql("SELECT unit FROM current ORDER BY unit")
        .into_iter()
        .map(|row| row["unit"].clone())
        .collect();
    assert_eq!(units, ["at", "r1"]);
}

#[test]
fn sending_a_file_twice_changes_nothing() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let surveys = small_survey(&program);
    let bare = r#"{"survey":"small","wave":"w1","respondent":"bare","answers":{"1":2}}"#;
    let file = program.file("twice.jsonl", format!("{}\n{bare}\n", small_event(5)));
    let arguments = ["submit", file.to_str().unwrap(), "--surveys", surveys.to_str().unwrap()];
    let _ = program.on_data(&arguments).ends(0);
    let table = |program: &Program| {
        let arguments =
            ["tabulate", "--survey", "small", "--wave", "w1", "--surveys", surveys.to_str().unwrap()];
        program.on_data(&arguments).ends(0).stdout
    };
    let first = table(&program);
    let again = program.on_data(&arguments).ends(0);
    assert_eq!(table(&program), first);
    let known = again.stdout.lines().find(|line| line.starts_with("known already")).unwrap();
    assert!(known.ends_with(" 2"), "{}", again.stdout);
}
