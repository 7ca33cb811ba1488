//! Derived answers, routing and soft checks.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod made;

use made::{Made, answer, issues, read};

const FORM: &str = r#"
- {number: a, kind: single, text: A, options: [{code: 1, label: yes}, {code: 2, label: no}, {code: 3, label: some}]}
- {number: m, kind: multiple, text: M, options: [{code: 1, label: x}, {code: 2, label: y}, {code: 3, label: z}]}
- {number: n, kind: number, text: N}
- {number: yes, kind: text, text: T, ask_if: {question: a, codes: [1, 3]}}
- {number: notyes, kind: text, text: T, ask_if: {question: a, not_codes: [1]}}
- {number: loud, kind: text, text: T, ask_if: {question: a, codes: [1]}, rules: {routing: trust_answer}}
- {number: open, kind: text, text: T, ask_if: {question: a, codes: [1]}, rules: {unknown: asked}}
- {number: any, kind: text, text: T, ask_if: {any: [{question: m, codes: [2]}, {question: n, at_least: 5}]}}
- {number: all, kind: text, text: T, ask_if: {all: [{question: m, codes: [2]}, {question: n, at_least: 5, at_most: 9}]}}
- {number: not, kind: text, text: T, ask_if: {not: {question: m, codes: [2]}}}
- {number: grp, kind: text, text: T, ask_if: {group: [ga, gb]}}
- {number: chain, kind: text, text: T, ask_if: {question: yes, answered: true}}
- number: opts
  kind: multiple
  text: O
  options: [{code: 1, label: x}, {code: 2, label: y, ask_if: {question: m, codes: [2]}}, {code: 3, label: z, ask_if: {question: m, codes: [3]}}]
- number: rows
  kind: grid
  text: G
  options: [{code: 1, label: good}, {code: 2, label: bad}]
  rows: [{row: 1, label: all}, {row: 2, label: y, ask_if: {question: m, codes: [2]}}]
- {number: early, kind: text, text: T, ask_if: {question: kind, codes: [2]}}
- {number: kind, kind: single, role: attribute, text: K, options: [{code: 1, label: p}, {code: 2, label: q}]}
- {number: birth, kind: date, text: B}
- {number: byear, kind: number, text: B}
- {number: age, kind: number, text: A, derived: {birth_year: birth, on: reference_date}, bands: [{code: 1, label: under 30, below: 30}, {code: 2, label: over, from: 30}]}
- {number: agey, kind: number, text: A, max: 120, derived: {birth_year: byear, on: submitted_at}}
- {number: town, kind: text, text: T}
- {number: region, kind: single, text: R, derived: {lookup: lookups/towns.csv, from: town, column: region}, options: [{code: 1, label: West}, {code: 2, label: East}]}
- {number: pref, kind: text, text: R, derived: {lookup: lookups/towns.csv, from: town, column: pref}}
- {number: why, kind: text, text: W}
- {number: topic, kind: multiple, text: T, unlisted: 9, derived: {from: why, patterns: [{contains: cost, codes: [1]}, {prefix: time, codes: [2]}, {regex: "^(no|none)$", codes: [3]}]}, options: [{code: 1, label: money}, {code: 2, label: time}, {code: 3, label: none}, {code: 9, label: else, other: true}]}
"#;

const HEAD: &str = r#"checks:
  - {check: c1, if: {all: [{question: a, codes: [2]}, {question: n, at_least: 100}]}, message: "No, yet many"}
  - {check: c2, if: {question: m, codes: [3]}, message: "z is not believed", invalidates: [n]}"#;

#[test]
fn what_follows_from_other_answers_is_worked_out() {
    let made =
        Made::form(HEAD, FORM).file("lookups/towns.csv", "town,region,pref\nKobe,West,Hyogo\nTokyo,2,\n");
    let definitions = made.definitions();
    // (further fields, answers, question, what it comes to, codes of issues)
    let cases: &[(&str, &str, &str, &str, &str)] = &[
        ("", r#"{"a":1,"yes":"t"}"#, "yes", "\"t\"", ""),
        ("", r#"{"a":1}"#, "yes", "no_answer", ""),
        ("", r#"{"a":2}"#, "yes", "not_asked", ""),
        ("", r#"{"a":2,"yes":"t"}"#, "yes", "not_asked", "answered_not_asked"),
        ("", r#"{}"#, "yes", "not_asked", ""),
        ("", r#"{"a":7}"#, "yes", "not_asked", "option_unknown"),
        ("", r#"{"a":2}"#, "notyes", "no_answer", ""),
        ("", r#"{"a":1}"#, "notyes", "not_asked", ""),
        ("", r#"{"a":2,"loud":"t"}"#, "loud", "\"t\"", "answered_not_asked"),
        ("", r#"{"a":2}"#, "loud", "not_asked", ""),
        ("", r#"{"open":"t"}"#, "open", "\"t\"", ""),
        ("", r#"{"a":2,"open":"t"}"#, "open", "not_asked", "answered_not_asked"),
        ("", r#"{"m":[1],"n":5}"#, "any", "no_answer", ""),
        ("", r#"{"m":[2]}"#, "any", "no_answer", ""),
        ("", r#"{"m":[1]}"#, "any", "not_asked", ""),
        ("", r#"{"m":[2],"n":9}"#, "all", "no_answer", ""),
        ("", r#"{"m":[2],"n":10}"#, "all", "not_asked", ""),
        ("", r#"{"m":[]}"#, "not", "no_answer", ""),
        ("", r#"{"m":[2]}"#, "not", "not_asked", ""),
        (r#""group":"gb","#, "{}", "grp", "no_answer", ""),
        (r#""group":"gc","#, "{}", "grp", "not_asked", ""),
        ("", r#"{"a":1,"yes":"t"}"#, "chain", "no_answer", ""),
        ("", r#"{"a":2}"#, "chain", "not_asked", ""),
        ("", r#"{"m":[2],"opts":[1,2]}"#, "opts", "{1,2}/{1,2}", ""),
        ("", r#"{"m":[2],"opts":[1,3]}"#, "opts", "{1}/{1,2}", "answered_not_asked"),
        ("", r#"{"m":[2],"opts":[3]}"#, "opts", "nothing_marked/{1,2}", "answered_not_asked"),
        ("", r#"{"m":[1],"rows":{"1":1,"2":2}}"#, "rows", "1 not_asked", "answered_not_asked"),
        ("", r#"{"m":[2],"rows":{"1":1,"2":2}}"#, "rows", "1 2", ""),
        ("", r#"{"kind":2}"#, "early", "no_answer", ""),
        ("", r#"{"kind":1}"#, "early", "not_asked", ""),
        ("", r#"{"birth":"1996-06-15"}"#, "age", "n=30", ""),
        ("", r#"{"birth":"1996-06-16"}"#, "age", "n=29", ""),
        ("", r#"{"birth":"1996-06-16"}"#, "ageband", "1", ""),
        ("", r#"{"birth":"2027-01-01"}"#, "age", "invalid", "date_invalid"),
        ("", r#"{}"#, "age", "no_answer", ""),
        (r#""submitted_at":"2026-01-02T00:00:00Z","#, r#"{"byear":1980}"#, "agey", "n=46", ""),
        (
            r#""submitted_at":"2026-01-02T00:00:00Z","#,
            r#"{"byear":198}"#,
            "agey",
            "invalid",
            "number_out_of_range",
        ),
        ("", r#"{"town":" Ｋobe"}"#, "region", "1", ""),
        ("", r#"{"town":"Tokyo"}"#, "region", "2", ""),
        ("", r#"{"town":"Kobe"}"#, "pref", "\"Hyogo\"", ""),
        ("", r#"{"town":"Tokyo"}"#, "pref", "no_answer", ""),
        ("", r#"{"town":"Naha"}"#, "region", "invalid", "lookup_missed lookup_missed"),
        ("", r#"{"why":"the cost"}"#, "topic", "{1}", ""),
        ("", r#"{"why":"none"}"#, "topic", "{3}", ""),
        ("", r#"{"why":"rain"}"#, "topic", "{9}+\"rain\"", "unlisted"),
        ("", r#"{"a":2,"n":100}"#, "n", "n=100", "check_failed"),
        ("", r#"{"a":2,"n":99}"#, "n", "n=99", ""),
        ("", r#"{"m":[3],"n":1}"#, "n", "invalid", "check_failed"),
    ];
    for (more, answers, question, wanted, codes) in cases {
        let got = read(&definitions, more, answers);
        let seen = (answer(&got, question), issues(&got));
        assert_eq!((seen.0.as_str(), seen.1.as_str()), (*wanted, *codes), "{more}{answers} -> {question}");
    }
    let got = read(&definitions, "", r#"{"a":2,"n":100}"#);
    let issue = &got.outcome.issues[0];
    assert_eq!((issue.path.as_str(), issue.hint.as_str()), ("checks/c1", "No, yet many"));
    // Everything that is needed to do it again is named.
    assert!(got.outcome.definitions.iter().any(|name| name.starts_with("lookups/towns.csv:")));
}
