//! What follows from when something was sent: periods, late answers, and surveys without waves.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod made;

use made::{Made, answer, issues, read};
use shukei_interpret::{Kind, Record, interpret_at};
use shukei_schemas::moment;

const FORM: &str = r#"
- {number: day, kind: date, text: D, no_answer: [none]}
- {number: at, kind: datetime, zone: Asia/Tokyo, text: D}
- {number: month, kind: date, text: M, derived: {period: month, of: submitted_at, zone: Asia/Tokyo}}
- {number: utc, kind: date, text: M, derived: {period: month, of: submitted_at}}
- {number: sent, kind: datetime, text: M, derived: {period: moment, of: submitted_at}}
- {number: fiscal, kind: date, text: M, derived: {period: fiscal_year, of: at, fiscal_year_begins: 4}}
- {number: quarter, kind: date, text: M, derived: {period: quarter, of: day, fiscal_year_begins: 2}}
- {number: begins, kind: datetime, text: M, derived: {period: moment, of: day, zone: Asia/Tokyo}}
- {number: born, kind: date, text: B}
- {number: age, kind: number, text: A, derived: {birth_year: born, on: submitted_at, zone: Asia/Tokyo}}
- {number: ageutc, kind: number, text: A, derived: {birth_year: born, on: submitted_at}}
- {number: ageat, kind: number, text: A, derived: {birth_year: born, on: at}}
"#;

fn day(text: &str) -> String {
    format!("d={}", moment::iso_date(text).unwrap())
}

#[test]
fn a_period_is_its_first_day_in_the_zone() {
    let definitions = Made::form("", FORM).definitions();
    let sent = r#""submitted_at":"2026-03-31T15:00:00Z","#;
    // (further fields, answers, question, what it comes to)
    let cases = [
        (sent, "{}", "month", day("2026-04-01")),
        (sent, "{}", "utc", day("2026-03-01")),
        (sent, "{}", "sent", format!("t={}", 1_774_969_200_000_000_i64)),
        ("", "{}", "month", "no_answer".to_owned()),
        ("", r#"{"at":"2026-03-31T23:59:59"}"#, "fiscal", day("2025-04-01")),
        ("", r#"{"at":"2026-03-31T15:00:00Z"}"#, "fiscal", day("2026-04-01")),
        ("", r#"{"at":"soon"}"#, "fiscal", "invalid".to_owned()),
        ("", r#"{"day":"2026-01-31"}"#, "quarter", day("2025-11-01")),
        ("", r#"{"day":"none"}"#, "quarter", "stated_no_answer".to_owned()),
        // A birthday begins with the day in the zone.
        (sent, r#"{"born":"1990-04-01"}"#, "age", "n=36".to_owned()),
        (sent, r#"{"born":"1990-04-01"}"#, "ageutc", "n=35".to_owned()),
        ("", r#"{"born":"1990-04-01","at":"2026-03-31T15:00:00Z"}"#, "ageat", "n=36".to_owned()),
        ("", r#"{"day":"1970-01-01"}"#, "begins", format!("t={}", -9 * 3_600_000_000_i64)),
    ];
    for (more, answers, question, wanted) in cases {
        let got = read(&definitions, more, answers);
        assert_eq!(answer(&got, question), wanted, "{more} {answers} {question}");
    }
}

fn definitions(survey: &str) -> shukei_schemas::definition::Definitions {
    Made::form("", "- {number: q, kind: number, text: Q}").file("survey.yaml", survey).definitions()
}

const CLOSED: &str = "survey: t\nversion: 1\nnames: T\nwaves:\n  - wave: w\n    names: W\n    closes: \"1970-01-01\"\n    forms: [{form: f, version: 1}]\n";

#[test]
fn what_comes_behind_the_cut_off_is_late_and_counts() {
    let definitions = definitions(CLOSED);
    let (last, first_late) = (86_400_000_000_i64 - 1, 86_400_000_000_i64);
    let at = |text: &str| format!("\"submitted_at\":\"{text}\",");
    let time = |text: &str| format!("\"time\":\"{text}\",");
    // (time of the event, of the submission, of the broker, path of the issue)
    let cases = [
        ("", at("1970-01-01T23:59:59Z"), first_late, ""),
        ("", at("1970-01-02T00:00:00Z"), last, "/data/submitted_at"),
        ("1970-01-02T00:00:00Z", at("1970-01-01T00:00:00Z"), first_late, ""),
        ("1970-01-02T00:00:00Z", String::new(), last, "/data/submitted_at"),
        ("1970-01-01T00:00:00Z", String::new(), first_late, ""),
        ("", String::new(), first_late, "/data"),
        ("", String::new(), last, ""),
    ];
    for (event, sent, order_time, wanted) in cases {
        let event = if event.is_empty() { String::new() } else { time(event) };
        let record = format!(
            r#"{{"specversion":"1.0","id":"1","source":"s","type":"submission.received",{event}"data":{{"survey":"t","wave":"w","respondent":"r",{sent}"answers":{{"q":"x","zz":1}}}}}}"#
        );
        let record = Record { payload: Some(record.as_bytes()), headers: &[] };
        let got = interpret_at(&record, Some(order_time), &definitions);
        assert_eq!(got.outcome.kind, Kind::Response);
        let found: Vec<&str> = got.outcome.issues.iter().map(|issue| issue.code.as_str()).collect();
        let late = got.outcome.issues.iter().find(|issue| issue.code.as_str() == "late");
        assert_eq!(late.map_or("", |issue| issue.path.as_str()), wanted, "{event} {sent} {order_time}");
        assert_eq!(found[0] == "late", !wanted.is_empty(), "it is the first: {found:?}");
        assert_eq!(found.len(), 2 + usize::from(!wanted.is_empty()));
    }
}

#[test]
fn events_of_a_survey_without_waves_need_none() {
    let without = definitions("survey: t\nversion: 1\nnames: T\nforms: [{form: f, version: 1}]\n");
    let with = definitions(CLOSED);
    // (definitions, wave, the wave that is written or why the record is rejected)
    let cases = [
        (&without, "", "all"),
        (&without, r#""wave":null,"#, "all"),
        (&without, r#""wave":"all","#, "all"),
        (&without, r#""wave":"w","#, "wave_unknown"),
        (&without, r#""wave":1,"#, "field_type"),
        (&with, "", "field_missing"),
        (&with, r#""wave":"w","#, "w"),
    ];
    for (definitions, wave, wanted) in cases {
        for kind in ["received", "withdrawn"] {
            let record = format!(
                r#"{{"specversion":"1.0","id":"1","source":"s","type":"submission.{kind}","data":{{"survey":"t",{wave}"respondent":"r","answers":{{}}}}}}"#
            );
            let record = Record { payload: Some(record.as_bytes()), headers: &[] };
            let got = interpret_at(&record, None, definitions);
            let found = match got.outcome.kind {
                Kind::Rejection => issues(&got),
                _ => got.outcome.wave.as_ref().unwrap().to_string(),
            };
            assert_eq!(found, wanted, "{wave} {kind}");
        }
    }
}
