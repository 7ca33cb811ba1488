//! Rows as events: who is who, which ids, and what is refused.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::Cursor;

use serde_json::Value;
use shukei_delivery::{Maker, Role, RowError, Source, open};

fn source(yaml: &str) -> Source {
    Source {
        survey: "s".to_owned(),
        wave: Some("w".to_owned()),
        layout: "sheet".to_owned(),
        delivery: "spring 1.csv".to_owned(),
        file: serde_saphyr::from_str(yaml).unwrap(),
    }
}

fn role(column: &str) -> Role {
    match column {
        "q1" | "q2" | "#4" => Role::Read,
        "ID" => Role::Ignored,
        _ => Role::Unknown,
    }
}

/// The events of files, or the codes of what is refused.
fn events(source: &Source, files: &[(&str, &str)]) -> Vec<Result<(Value, Vec<u8>), &'static str>> {
    let mut maker = Maker::new(source, role);
    let mut before = 0;
    let mut made = Vec::new();
    for (name, text) in files {
        let rows = open(name, Cursor::new(text.as_bytes().to_vec()), &source.file).unwrap();
        maker.begin(name, before, rows.columns()).unwrap();
        for row in rows {
            before += 1;
            let event = match row {
                Ok(row) => maker.make(&row),
                Err(RowError::Refused(refused)) => Err(refused),
                Err(error) => panic!("{error}"),
            };
            made.push(match event {
                Ok(event) => {
                    let payload = event.payload(source).unwrap();
                    Ok((serde_json::from_slice(&payload).unwrap(), payload))
                }
                Err(refused) => Err(refused.code),
            });
        }
    }
    made
}

#[test]
fn the_rule_says_who_a_submission_is_of() {
    let text = "ID,Part,q1,when,Sector\n a1 ,x,1,31/10/2023,Water\na2,y,2,soon,Gas\n,z,3,,\n";
    let cases: &[(&str, [Result<&str, &str>; 3])] = &[
        ("{}", [Ok("spring 1.csv#1"), Ok("spring 1.csv#2"), Ok("spring 1.csv#3")]),
        (
            "submission: {row: true, respondent: ID}",
            [Ok("spring 1.csv#1"), Ok("spring 1.csv#2"), Ok("spring 1.csv#3")],
        ),
        ("submission: {key: [ID]}", [Ok("a1"), Ok("a2"), Err("key_missing")]),
        ("submission: {respondent: ID}", [Ok("a1"), Ok("a2"), Err("key_missing")]),
        ("submission: {key: [ID, Part]}", [Ok("a1/x"), Ok("a2/y"), Err("key_missing")]),
        ("submission: {key: ['#2']}", [Ok("x"), Ok("y"), Ok("z")]),
        ("submission: {key: ['@file']}", [Ok("answers"), Ok("answers"), Ok("answers")]),
    ];
    for (yaml, wanted) in cases {
        let made = events(&source(yaml), &[("in/answers.csv", text)]);
        let got: Vec<Result<&str, &str>> = made
            .iter()
            .map(|made| {
                made.as_ref()
                    .map(|(event, _)| event["data"]["respondent"].as_str().unwrap())
                    .map_err(|code| *code)
            })
            .collect();
        assert_eq!(got, wanted, "{yaml}");
    }
    let yaml = "submission: {key: [ID], group: {column: Sector, map: {Water: water}}, method: {constant: paper}, \
                submitted_at: {column: when, format: '%d/%m/%Y'}, wave: absent}";
    let made = events(&source(yaml), &[("a.csv", text)]);
    let data = &made[0].as_ref().unwrap().0["data"];
    assert_eq!(data["group"], "water");
    assert_eq!(data["method"], "paper");
    assert_eq!(data["wave"], "w");
    assert_eq!(data["submitted_at"], "2023-10-31T00:00:00Z");
    assert_eq!(data["layout"], "sheet");
    assert_eq!(data["answers"]["ID"], " a1 ", "cells travel as they were read");
    let second = &made[1].as_ref().unwrap().0["data"];
    assert_eq!((&second["group"], &second["submitted_at"]), (&"Gas".into(), &Value::Null));
}

#[test]
fn the_same_row_is_the_same_bytes_and_a_changed_one_another_event_of_the_same_respondent() {
    let first = events(&source("{}"), &[("a.csv", "ID,q1\n1,x\n2,y\n")]);
    let again = events(&source("{}"), &[("b.csv", "ID,q1\n1,x\n2,y\n")]);
    assert_eq!(first.iter().flatten().collect::<Vec<_>>(), again.iter().flatten().collect::<Vec<_>>());
    let changed = events(&source("{}"), &[("a.csv", "ID,q1\n1,x\n2,z\n")]);
    assert_eq!(changed[0], first[0]);
    let (old, new) = (&first[1].as_ref().unwrap().0, &changed[1].as_ref().unwrap().0);
    assert_ne!(old["id"], new["id"]);
    assert_eq!(old["data"]["respondent"], new["data"]["respondent"]);
    assert_eq!(old["source"], "urn:shukei:delivery:sheet:spring%201.csv");
    let mut other = source("{}");
    other.delivery = "summer.csv".to_owned();
    let other = events(&other, &[("a.csv", "ID,q1\n1,x\n2,y\n")]);
    assert_ne!(other[0].as_ref().unwrap().0["id"], first[0].as_ref().unwrap().0["id"]);
}

#[test]
fn files_of_one_delivery_are_read_by_name_and_rows_are_counted_on() {
    let files = [("a.csv", "ID,q1,q2\n1,x,y\n"), ("b.csv", "q2,ID\ny2,2\n")];
    let made = events(&source("{}"), &files);
    let data: Vec<&Value> = made.iter().map(|made| &made.as_ref().unwrap().0["data"]).collect();
    assert_eq!(data[0]["answers"], serde_json::json!({"ID": "1", "q1": "x", "q2": "y"}));
    assert_eq!(data[1]["answers"], serde_json::json!({"q2": "y2", "ID": "2"}));
    assert_eq!(data[1]["respondent"], "spring 1.csv#2");
}

#[test]
fn a_column_is_called_as_the_layout_calls_it() {
    let made = events(&source("{}"), &[("a.csv", "ID,q1,Comment,Comment,Comment\n1,x,a,b,c\n")]);
    let answers = &made[0].as_ref().unwrap().0["data"]["answers"];
    assert_eq!(
        answers,
        &serde_json::json!({"ID": "1", "q1": "x", "Comment": "a", "#4": "b", "Comment (3)": "c"})
    );
}

#[test]
fn a_file_that_is_not_of_the_layout_is_refused_before_its_first_row() {
    for (yaml, text, code, hint) in [
        ("submission: {key: [ID]}", "Id,q1\n1,2\n", "column_missing", "`Id`"),
        ("submission: {key: [ID]}", "ID;q1\n1;2\n", "column_missing", "separator: \";\""),
        ("submission: {key: [Nummer]}", "x,q1\n1,2\n", "column_missing", "2 columns"),
        ("{}", "a;b\n1;2\n", "columns_foreign", "separator: \";\""),
        ("{}", "a,b\n1,2\n", "columns_foreign", "header_rows"),
    ] {
        let source = source(yaml);
        let rows = open("a.csv", Cursor::new(text.as_bytes().to_vec()), &source.file).unwrap();
        let error = Maker::new(&source, role).begin("a.csv", 0, rows.columns()).unwrap_err();
        assert_eq!(error.code(), code, "{yaml} {text}");
        assert!(error.hint().contains(hint), "{}", error.hint());
    }
}

#[test]
fn what_cannot_be_attributed_is_refused_row_by_row() {
    let mut source = source("submission: {key: [ID], wave: Wave, revision: Rev}");
    source.wave = None;
    let text = "ID,Wave,Rev,q1\n1,w,2,x\n2,,1,x\n3,w,one,x\n,,,\n";
    let made = events(&source, &[("a.csv", text)]);
    assert_eq!(made[0].as_ref().unwrap().0["data"]["revision"], 2);
    let codes: Vec<&str> = made.iter().filter_map(|made| made.as_ref().err().copied()).collect();
    assert_eq!(codes, ["wave_missing", "revision_invalid", "key_missing"]);
    // In JSON lines each row has columns of its own.
    let lines = "{\"ID\":\"1\",\"Wave\":\"w\",\"q1\":\"x\"}\n{\"q1\":\"x\"}\n";
    let made = events(&source, &[("a.jsonl", lines)]);
    assert!(made[0].is_ok());
    assert_eq!(made[1].as_ref().err(), Some(&"key_missing"));
}
