//! Reading across, as cases: answers on somebody else's form, and what each of our questions comes to.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use shukei_interpret::{Answer, Record, Value, interpret};
use shukei_schemas::State;
use shukei_schemas::definition::{Definitions, Finding, SurveyDefinition};
use shukei_schemas::event::{SUBMISSION_RECEIVED, write_structured};

const SURVEY: &str = r#"
survey: t
version: 1
names: T
waves:
  - wave: w
    names: W
    forms: [{form: own, version: 1}]
    mappings: [{mapping: m, version: 1}]
    layouts: [{layout: sheet, version: 1}]
    sectors: {sectors: s, version: 1}
"#;
const LAYOUT: &str = r#"
layout: sheet
version: 1
form: {form: theirs, version: 1}
columns: sheet.csv
"#;
const COLUMNS: &str = "column,question\nB,b\nN,n\n";
const SECTORS: &str = r#"
sectors: s
version: 1
fields: [{field: f, label: F}]
groups: [{group: ga, field: f, label: A}, {group: gb, field: f, label: B}]
"#;
const OWN: &str = r#"
form: own
version: 1
names: F
sections:
  - section: s
    questions:
      - {number: g, kind: single, text: G, filled_from: group, options: [{code: 1, label: A, group: ga}, {code: 2, label: B, group: gb}]}
      - {number: part, kind: multiple, text: P, options: [{code: 1, label: ciso}, {code: 2, label: csirt}, {code: 9, label: none, exclusive: true}]}
      - {number: whole, kind: multiple, text: W, options: [{code: 1, label: a}, {code: 2, label: b}, {code: 9, label: none, exclusive: true}]}
      - {number: graded, kind: single, text: S, options: [{code: 1, label: yes}, {code: 2, label: partly}, {code: 3, label: no}]}
      - {number: worst, kind: single, text: S, options: [{code: 1, label: yes}, {code: 2, label: partly}, {code: 3, label: no}]}
      - {number: first, kind: single, text: S, options: [{code: 1, label: x}, {code: 2, label: y}, {code: 3, label: z}]}
      - {number: alone, kind: single, text: N, options: [{code: 1, label: x}]}
      - {number: same, kind: single, text: S, options: [{code: 3, label: z}, {code: 2, label: y}, {code: 1, label: x}]}
      - {number: num, kind: number, decimals: 2, text: N, bands: [{code: 1, label: few, below: 2}, {code: 2, label: many, from: 2}]}
      - {number: marks, kind: multiple, text: M, options: [{code: 5, label: five}, {code: 1, label: x}, {code: 7, label: new}]}
      - {number: grid, kind: grid, text: G, options: [{code: 1, label: a}, {code: 2, label: b}], rows: [{row: 1, label: r}, {row: 2, label: q}]}
      - {number: words, kind: text, text: T}
      - {number: year, kind: date, precision: year, text: Y}
      - {number: rowone, kind: single, text: S, options: [{code: 1, label: yes}, {code: 5, label: no}]}
      - {number: rowsame, kind: single, text: S, options: [{code: 2, label: no}, {code: 1, label: yes}]}
      - {number: rowworst, kind: single, text: S, options: [{code: 1, label: yes}, {code: 5, label: no}]}
      - {number: rowfirst, kind: single, text: S, options: [{code: 1, label: yes}, {code: 5, label: no}]}
      - {number: rowmarks, kind: multiple, text: M, options: [{code: 1, label: x}, {code: 2, label: y}, {code: 9, label: none, exclusive: true}]}
"#;
const THEIRS: &str = r#"
form: theirs
version: 1
names: F
sections:
  - section: s
    questions:
      - {number: a, kind: single, text: A, options: [{code: 1, label: x}, {code: 2, label: y}, {code: 3, label: z}, {code: 9, label: na}]}
      - {number: b, kind: single, text: B, options: [{code: 1, label: x}, {code: 2, label: y}, {code: 3, label: z}]}
      - {number: n, kind: number, text: N}
      - {number: m, kind: multiple, text: M, options: [{code: 1, label: x}, {code: 2, label: y}, {code: 3, label: z}]}
      - {number: k, kind: grid, text: G, options: [{code: 3, label: a}, {code: 4, label: b}], rows: [{row: 8, label: r}, {row: 9, label: q}]}
      - {number: w, kind: text, text: W}
      - {number: d, kind: date, text: D}
      - {number: twice, kind: grid, text: T, options: [{code: 1, label: yes}, {code: 2, label: no}], rows: [{row: 3, label: outside}, {row: 4, label: inside}]}
"#;
const MAPPING: &str = r#"
mapping: m
version: 1
names: M
source: {form: theirs, version: 1}
target: {form: own, version: 1}
signed_off: {by: somebody, on: 2026-01-01}
exclusion_note: without them
questions:
  - {question: part, reason: R, options: [{option: 2, any: [{question: a, codes: [1, 2]}, {question: b, codes: [1]}]}]}
  - {question: whole, reason: R, options: [{option: 1, all: [{question: n, at_least: 2}, {question: b, codes: [1, 2]}]}, {option: 2, any: [{question: m, codes: [3]}]}, {option: 9, none: true}]}
  - {question: graded, reason: R, from: b, map: {1: 1, 2: 2, 3: 3}}
  - {question: worst, reason: R, worst: [a, b], map: {1: 1, 2: 2, 3: 3}}
  - {question: first, reason: R, from: m, priority: [{code: 2, to: 1}, {code: 1, to: 2}], otherwise: 3}
  - {question: same, reason: R, from: b}
  - {question: num, reason: R, from: n}
  - {question: marks, reason: R, from: m, map: {1: 1, 2: 5, 3: 5}}
  - {question: grid, reason: R, from: k, map: {3: 1, 4: 2}, rows: {9: 1}}
  - {question: words, reason: R, from: w}
  - {question: year, reason: R, from: d}
  - {question: rowone, reason: R, from: twice.4, map: {1: 1, 2: 5}}
  - {question: rowsame, reason: R, from: twice.3}
  - {question: rowworst, reason: R, worst: [twice.3, twice.4], map: {1: 1, 2: 5}}
  - {question: rowfirst, reason: R, from: twice.3, priority: [{code: 2, to: 5}, {code: 1, to: 1}]}
  - {question: rowmarks, reason: R, options: [{option: 1, any: [{question: twice, row: 3, codes: [1]}, {question: twice, row: 4, codes: [1]}]}, {option: 2, all: [{question: twice, row: 3, codes: [2]}, {question: n, at_least: 2}]}, {option: 9, none: true}]}
unmapped: [{question: a, code: 9, reason: R}]
"#;

fn files(mapping: &str) -> BTreeMap<String, Vec<u8>> {
    [
        ("survey.yaml", SURVEY),
        ("sectors/s.yaml", SECTORS),
        ("forms/own.yaml", OWN),
        ("forms/theirs.yaml", THEIRS),
        ("mappings/m.yaml", mapping),
        ("layouts/sheet.yaml", LAYOUT),
        ("layouts/sheet.csv", COLUMNS),
    ]
    .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
    .into()
}

fn definitions() -> Definitions {
    let (definition, findings) = SurveyDefinition::load_checked(&files(MAPPING));
    assert_eq!(findings, vec![]);
    let mut definitions = Definitions::default();
    definitions.insert(definition.unwrap());
    definitions
}

fn short(answer: &Answer) -> String {
    match (&answer.state, &answer.value) {
        (State::Answered, Value::Code(code)) => code.to_string(),
        (State::Answered, Value::Mask(words)) => format!("{:#b}", words[0]),
        (State::Answered, Value::Number(number)) => format!("n={number}"),
        (State::Answered, Value::Text(text)) => format!("{text:?}"),
        (State::Answered, Value::Date(day)) => format!("d={day}"),
        (state, _) => state.as_str().to_owned(),
    }
}

#[test]
fn each_rule_comes_to_what_it_says() {
    // (their answers, our question, what it comes to)
    let cases: &[(&str, &str, &str)] = &[
        // Any: one that holds settles it; otherwise what is not known stays so.
        (r#"{"a":1,"b":3}"#, "part", "0b10"),
        (r#"{"b":1}"#, "part", "0b10"),
        (r#"{"a":3,"b":3}"#, "part", "0b0"),
        (r#"{"a":3}"#, "part", "no_answer"),
        (r#"{"a":9,"b":3}"#, "part", "not_mapped"),
        (r#"{"a":[1,2],"b":3}"#, "part", "invalid"),
        // All, a threshold, and none of these.
        (r#"{"n":2,"b":2,"m":[3]}"#, "whole", "0b11"),
        (r#"{"n":1,"b":2,"m":[3]}"#, "whole", "0b10"),
        (r#"{"n":1,"b":2,"m":[1]}"#, "whole", "0b100"),
        (r#"{"b":3,"m":[1]}"#, "whole", "0b100"),
        (r#"{"b":1,"m":[1]}"#, "whole", "no_answer"),
        (r#"{"n":5,"b":1}"#, "whole", "0b1"),
        // One to one, and the worst of several.
        (r#"{"b":2}"#, "graded", "2"),
        (r#"{}"#, "graded", "no_answer"),
        (r#"{"a":1,"b":3}"#, "worst", "3"),
        (r#"{"a":2,"b":1}"#, "worst", "2"),
        (r#"{"a":1}"#, "worst", "no_answer"),
        (r#"{"a":9,"b":1}"#, "worst", "not_mapped"),
        // A set of marks by priority.
        (r#"{"m":[1,2,3]}"#, "first", "1"),
        (r#"{"m":[1,3]}"#, "first", "2"),
        (r#"{"m":[3]}"#, "first", "3"),
        (r#"{"m":[]}"#, "first", "3"),
        (r#"{}"#, "first", "no_answer"),
        // As it is, by code; numbers keep what they are, and what is derived of them is.
        (r#"{"b":2}"#, "same", "2"),
        (r#"{"n":2}"#, "num", "n=200"),
        (r#"{"n":2}"#, "numband", "2"),
        (r#"{}"#, "num", "no_answer"),
        (r#"{}"#, "numband", "no_answer"),
        (r#"{"m":[1,3]}"#, "marks", "0b11"),
        (r#"{"m":[]}"#, "marks", "nothing_marked"),
        (r#"{"k":{"9":4,"8":3}}"#, "grid", "2 not_mapped"),
        (r#"{"w":" words "}"#, "words", "\" words \""),
        (r#"{"d":"1971-05-06"}"#, "year", "d=365"),
        // A row of a grid is a question of its own: asked twice, any, all and the worst of it.
        (r#"{"twice":{"3":2,"4":1}}"#, "rowone", "1"),
        (r#"{"twice":{"3":1}}"#, "rowone", "no_answer"),
        (r#"{"twice":{"3":2,"4":1}}"#, "rowsame", "2"),
        (r#"{"twice":{"3":1,"4":2}}"#, "rowworst", "5"),
        (r#"{"twice":{"3":1,"4":1}}"#, "rowworst", "1"),
        (r#"{"twice":{"3":1}}"#, "rowworst", "no_answer"),
        (r#"{"twice":{"3":1,"4":2}}"#, "rowfirst", "1"),
        (r#"{"twice":{"3":7,"4":2}}"#, "rowfirst", "invalid"),
        (r#"{"twice":{"3":2,"4":1},"n":2}"#, "rowmarks", "0b11"),
        (r#"{"twice":{"3":2,"4":2},"n":1}"#, "rowmarks", "0b100"),
        (r#"{"twice":{"4":2},"n":1}"#, "rowmarks", "no_answer"),
        // Not covered, and filled from the group.
        (r#"{"a":1,"b":1,"n":1,"m":[1]}"#, "alone", "not_mapped"),
        (r#"{}"#, "g", "2"),
    ];
    let definitions = definitions();
    for (answers, question, wanted) in cases {
        let data = format!(
            r#"{{"survey":"t","wave":"w","respondent":"r","group":"gb","form":"theirs","answers":{answers}}}"#
        );
        let raw = serde_json::value::RawValue::from_string(data).unwrap();
        let bytes = write_structured("1", "urn:t", SUBMISSION_RECEIVED, None, &raw).unwrap();
        let got = interpret(&Record { payload: Some(&bytes), headers: &[] }, &definitions);
        let response = got.response.unwrap();
        assert_eq!(response.mapping.as_deref(), Some("m-1"));
        assert_eq!(
            (response.method.as_str(), got.outcome.target.as_deref()),
            ("external", Some("responses/own-1"))
        );
        let place = response.form.question(question).unwrap().0;
        let shown: Vec<String> = response.answers[place].iter().map(short).collect();
        assert_eq!(shown.join(" "), *wanted, "{answers} -> {question}");
        // Everything that is needed to do it again is named.
        for path in
            ["survey.yaml", "sectors/s.yaml", "forms/own.yaml", "forms/theirs.yaml", "mappings/m.yaml"]
        {
            let named =
                got.outcome.definitions.iter().filter(|name| name.starts_with(&format!("{path}:"))).count();
            assert_eq!(named, 1, "{path} in {:?}", got.outcome.definitions);
        }
    }
}

#[test]
fn a_group_that_nobody_knows_is_listed_and_left_out() {
    let definitions = definitions();
    for group in ["", r#""group":"gx","#] {
        let data = format!(r#"{{"survey":"t","wave":"w","respondent":"r",{group}"answers":{{"alone":1}}}}"#);
        let raw = serde_json::value::RawValue::from_string(data).unwrap();
        let bytes = write_structured("1", "urn:t", SUBMISSION_RECEIVED, None, &raw).unwrap();
        let got = interpret(&Record { payload: Some(&bytes), headers: &[] }, &definitions);
        assert_eq!(got.outcome.issues[0].code.as_str(), "group_unknown");
        let response = got.response.unwrap();
        assert_eq!((response.group, short(&response.answers[0][0])), (None, "no_answer".to_owned()));
    }
}

#[test]
fn holes_and_mistakes_in_a_mapping_are_named() {
    let cases: &[(&str, &str, &str)] = &[
        ("question: graded,", "question: gradet,", "did you mean `graded`?"),
        ("from: b,", "from: c,", "source form has no question `c`"),
        (
            "unmapped: [{question: a, code: 9, reason: R}]",
            "",
            "source question `a`: codes 9 are neither mapped nor unmapped",
        ),
        ("code: 9, reason: R}]", "code: 1, reason: R}]", "both mapped and unmapped"),
        (
            "code: 9, reason: R}]",
            "reason: R}, {question: a, reason: R}]",
            "`a` is listed as unmapped, but all of its codes are used or listed",
        ),
        ("reason: R, from: b", "reason: ' ', from: b", "has no reason"),
        (
            "map: {1: 1, 2: 2, 3: 3}}\n  - {question: worst",
            "map: {1: 1, 2: 2, 3: 7}}\n  - {question: worst",
            "has no option 7",
        ),
        ("{option: 2, any: [{question: m, codes: [3]}]}, ", "", "not every option that it excludes"),
        (
            "{question: n, at_least: 2}",
            "{question: n, codes: [2]}",
            "takes `codes`, or `at_least` for a number",
        ),
        (
            "from: m, priority: [{code: 2, to: 1}, {code: 1, to: 2}], otherwise: 3",
            "from: m",
            "does not fit question `first`",
        ),
        ("from: twice.4, map", "from: twice, map", "source question `twice` has rows, and one of them"),
        ("worst: [a, b]", "worst: [a.1, b]", "source question `a` has no row 1"),
        ("row: 4, codes: [1]", "row: 5, codes: [1]", "source question `twice` has no row 5"),
        ("row: 4, codes: [1]", "codes: [1]", "source question `twice` has rows, and one of them"),
        ("from: twice.3}", "from: twice.3, rows: {3: 1}}", "does not fit question `rowsame`"),
        (
            "{question: marks, reason: R, from: m, map",
            "{question: marks, reason: R, from: k.8, map",
            "does not fit question `marks`",
        ),
        ("rows: {9: 1}", "rows: {7: 1}", "source question `k` has no row 7"),
        ("rows: {9: 1}", "rows: {9: 5}", "target question `grid` has no row 5"),
        (
            "{question: num, reason: R, from: n}",
            "{question: numband, reason: R, from: n}",
            "does not fit question `numband`",
        ),
        ("map: {3: 1, 4: 2}", "map: {3: 1}", "source question `k`: codes 4 are neither mapped nor unmapped"),
        ("reason: R, from: w}", "reason: R, from: d}", "does not fit question `words`"),
    ];
    for (from, to, wanted) in cases {
        assert!(MAPPING.contains(from), "{from}");
        let (_, findings) = SurveyDefinition::load_checked(&files(&MAPPING.replace(from, to)));
        let shown: Vec<String> = findings.iter().map(Finding::to_string).collect();
        assert!(
            shown.iter().any(|finding| finding.contains(wanted)),
            "{from} -> {to}: wanted `{wanted}`, got {shown:#?}"
        );
    }
}

#[test]
fn cells_of_somebody_elses_form_come_through_its_mapping() {
    let definitions = definitions();
    // (what the submission names, the form that it is read into or the code of its rejection)
    let cases = [
        (r#""layout":"sheet","#, "responses/own-1"),
        (r#""layout":"sheet","form":"theirs","#, "responses/own-1"),
        (r#""layout":"sheet","form":"own","#, "form_unknown"),
    ];
    for (names, wanted) in cases {
        let data = format!(
            r#"{{"survey":"t","wave":"w","respondent":"r","group":"gb",{names}"answers":{{"B":"y","N":"4"}}}}"#
        );
        let raw = serde_json::value::RawValue::from_string(data).unwrap();
        let bytes = write_structured("1", "urn:t", SUBMISSION_RECEIVED, None, &raw).unwrap();
        let got = interpret(&Record { payload: Some(&bytes), headers: &[] }, &definitions);
        let Some(response) = got.response else {
            assert_eq!(got.outcome.issues[0].code.as_str(), wanted, "{names}");
            continue;
        };
        assert_eq!(got.outcome.target.as_deref(), Some(wanted), "{names}");
        let of = |question: &str| short(&response.answers[response.form.question(question).unwrap().0][0]);
        assert_eq!((of("graded"), of("num")), ("2".to_owned(), "n=400".to_owned()), "{names}");
    }
}
