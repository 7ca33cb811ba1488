//! What a record comes to, as cases: the record's data or bytes, and what is expected of each answer.
#![allow(
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test stops at the first surprise; a case is a row"
)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use shukei_interpret::{Answer, Interpretation, Kind, Record, Value, interpret};
use shukei_schemas::State;
use shukei_schemas::definition::{Definitions, SurveyDefinition};
use shukei_schemas::event::{SUBMISSION_RECEIVED, write_structured};

const SURVEY: &str = r#"
survey: t
version: 1
names: T
waves:
  - {wave: w, names: W, forms: [{form: f, version: 1}], layouts: [{layout: l, version: 1}]}
"#;
const FORM: &str = r#"
form: f
version: 1
names: F
scales:
  yn: [{code: 1, label: "Yes"}, {code: 2, label: "No"}]
sections:
  - section: s
    questions:
      - {number: s, kind: single, text: S, scale: yn}
      - {number: m, kind: multiple, text: M, options: [{code: 1, label: a}, {code: 2, label: b}, {code: 5, label: c}]}
      - {number: x, kind: multiple, text: X, options: [{code: 1, label: a}, {code: 9, label: none, exclusive: true}]}
      - {number: g, kind: grid, text: G, scale: yn, rows: [{row: 1, label: R1}, {row: 2, label: R2}]}
      - {number: n, kind: number, text: N, decimals: 1, min: 0, max: 50}
      - {number: t, kind: text, text: T, chars_max: 5}
"#;
const LAYOUT: &str = r#"
layout: l
version: 1
form: {form: f, version: 1}
columns: l.csv
marks: {chosen: ["Yes"], not_chosen: ["No"]}
aliases: [{question: s, text: "yep", code: 1}]
ignore: [id]
"#;
const COLUMNS: &str = "column,question,row,option\nS,s,,\nM1,m,,1\nM2,m,,2\nM5,m,,5\nX1,x,,1\nX9,x,,9\nG1,g,1,\nG2,g,2,\nN,n,,\nT,t,,\n";

fn definitions() -> Definitions {
    let files: BTreeMap<String, Vec<u8>> = [
        ("survey.yaml", SURVEY),
        ("forms/f.yaml", FORM),
        ("layouts/l.yaml", LAYOUT),
        ("layouts/l.csv", COLUMNS),
    ]
    .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
    .into();
    let (definition, findings) = SurveyDefinition::load_checked(&files);
    assert_eq!(findings, vec![]);
    let mut definitions = Definitions::default();
    definitions.insert(definition.unwrap());
    definitions
}

fn read(definitions: &Definitions, answers: &str, layout: bool) -> Interpretation {
    let layout = if layout { r#""layout":"l","# } else { "" };
    let data = format!(r#"{{"survey":"t","wave":"w","respondent":"r",{layout}"answers":{answers}}}"#);
    let raw: Box<serde_json::value::RawValue> = serde_json::value::RawValue::from_string(data).unwrap();
    let bytes = write_structured("1", "urn:t", SUBMISSION_RECEIVED, None, &raw).unwrap();
    interpret(&Record { payload: Some(&bytes), headers: &[] }, definitions)
}

/// An answer as a short text: `1`, `[1,0b101]`, `n=15`, `"words"`, or its state.
fn short(answer: &Answer) -> String {
    match (&answer.state, &answer.value) {
        (State::Answered, Value::Code(code)) => code.to_string(),
        (State::Answered, Value::Mask(words)) => format!("{:#b}", words[0]),
        (State::Answered, Value::Number(number)) => format!("n={number}"),
        (State::Answered, Value::Text(text)) => format!("{text:?}"),
        (state, _) => state.as_str().to_owned(),
    }
}

#[test]
fn answers_and_cells_come_to_what_the_form_says() {
    // (answers, through the layout?, question, what each answer comes to, codes of issues)
    let cases: &[(&str, bool, &str, &[&str], &[&str])] = &[
        (r#"{"s":1}"#, false, "s", &["1"], &[]),
        (r#"{"s":null}"#, false, "s", &["no_answer"], &[]),
        (r#"{}"#, false, "s", &["no_answer"], &[]),
        (r#"{"s":3}"#, false, "s", &["invalid"], &["option_unknown"]),
        (r#"{"s":"1"}"#, false, "s", &["invalid"], &["answer_type"]),
        (r#"{"s":[1,2]}"#, false, "s", &["invalid"], &["two_marks"]),
        (r#"{"s":1,"s":2}"#, false, "s", &["invalid"], &["answer_duplicate_key"]),
        (r#"{"s":1,"s":1,"s":1}"#, false, "s", &["invalid"], &["answer_duplicate_key"]),
        (r#"{"s":1,"z":2}"#, false, "s", &["1"], &["question_unknown"]),
        (r#"{"m":[1,5]}"#, false, "m", &["0b101"], &[]),
        (r#"{"m":[]}"#, false, "m", &["nothing_marked"], &[]),
        (r#"{"m":[1,1]}"#, false, "m", &["invalid"], &["option_repeated"]),
        (r#"{"m":[1,3]}"#, false, "m", &["invalid"], &["option_unknown"]),
        (r#"{"m":1}"#, false, "m", &["invalid"], &["answer_type"]),
        (r#"{"x":[]}"#, false, "x", &["no_answer"], &[]),
        (r#"{"x":[9]}"#, false, "x", &["0b10"], &[]),
        (r#"{"x":[1,9]}"#, false, "x", &["invalid"], &["exclusive_with_others"]),
        (r#"{"g":{"1":1}}"#, false, "g", &["1", "no_answer"], &[]),
        (r#"{"g":{"1":1,"2":7,"3":1}}"#, false, "g", &["1", "invalid"], &["option_unknown", "row_unknown"]),
        (r#"{"g":{"1":1,"1":1,"2":2}}"#, false, "g", &["invalid", "2"], &["answer_duplicate_key"]),
        (r#"{"g":1}"#, false, "g", &["invalid", "invalid"], &["answer_type"]),
        (r#"{"n":1.5}"#, false, "n", &["n=15"], &[]),
        (r#"{"n":"50.0"}"#, false, "n", &["n=500"], &[]),
        (r#"{"n":50.1}"#, false, "n", &["invalid"], &["number_out_of_range"]),
        (r#"{"n":1.25}"#, false, "n", &["invalid"], &["number_invalid"]),
        (r#"{"t":" ok "}"#, false, "t", &["\" ok \""], &[]),
        (r#"{"t":"  "}"#, false, "t", &["no_answer"], &[]),
        (r#"{"t":"too long"}"#, false, "t", &["invalid"], &["text_too_long"]),
        (r#"{"S":"Yes"}"#, true, "s", &["1"], &[]),
        (r#"{"S":"  No "}"#, true, "s", &["2"], &[]),
        (r#"{"S":"yep"}"#, true, "s", &["1"], &[]),
        (r#"{"S":""}"#, true, "s", &["no_answer"], &[]),
        (r#"{"S":"yes"}"#, true, "s", &["invalid"], &["label_unknown"]),
        (r#"{"S":"Yes","S":"No"}"#, true, "s", &["invalid"], &["answer_duplicate_key"]),
        (r#"{"id":"7","S":"Yes","Q":"?"}"#, true, "s", &["1"], &["column_unknown"]),
        (r#"{"M1":"Yes","M2":"No","M5":""}"#, true, "m", &["0b1"], &[]),
        (r#"{"M1":"No","M2":"No","M5":"No"}"#, true, "m", &["nothing_marked"], &[]),
        (r#"{"M1":"","M2":"","M5":""}"#, true, "m", &["no_answer"], &[]),
        (r#"{"M1":"Yes","M2":"1"}"#, true, "m", &["invalid"], &["label_unknown"]),
        (r#"{"X1":"Yes","X9":"Yes"}"#, true, "x", &["invalid"], &["exclusive_with_others"]),
        (r#"{"G1":"Yes","G2":"Maybe"}"#, true, "g", &["1", "invalid"], &["label_unknown"]),
        (r#"{"N":"15.0","T":"a"}"#, true, "n", &["n=150"], &[]),
        (r#"{"N":"x"}"#, true, "n", &["invalid"], &["number_invalid"]),
    ];
    let definitions = definitions();
    for (answers, layout, question, wanted, codes) in cases {
        let got = read(&definitions, answers, *layout);
        assert_eq!(got.outcome.kind, Kind::Response, "{answers}");
        let response = got.response.unwrap();
        let place = response.form.question(question).unwrap().0;
        let shown: Vec<String> = response.answers[place].iter().map(short).collect();
        assert_eq!(shown, *wanted, "{answers}");
        let found: Vec<&str> = got.outcome.issues.iter().map(|issue| issue.code.as_str()).collect();
        assert_eq!(found, *codes, "{answers}");
    }
}

#[test]
fn what_cannot_be_read_or_attributed_is_rejected_with_code_and_path() {
    let event = |data: &str| {
        format!(r#"{{"specversion":"1.0","id":"1","source":"s","type":"submission.received","data":{data}}}"#)
    };
    let whole = r#"{"survey":"t","wave":"w","respondent":"r","answers":{}}"#;
    let cases: Vec<(Vec<u8>, &str, &str)> = vec![
        (vec![], "record_empty", ""),
        (b"\xff\xfe".to_vec(), "utf8_invalid", ""),
        (b"hello".to_vec(), "json_syntax", ""),
        (event(whole).into_bytes()[..60].to_vec(), "json_syntax", ""),
        (b"{}".to_vec(), "envelope_invalid", "/specversion"),
        (event(whole).replace("received", "eaten").into(), "event_type_unknown", "/type"),
        (event("[]").into(), "field_type", "/data"),
        (event(&whole.replace("\"t\"", "\"u\"")).into(), "survey_unknown", "/data/survey"),
        (event(&whole.replace("\"w\"", "\"v\"")).into(), "wave_unknown", "/data/wave"),
        (event(&whole.replace("\"r\"", "\" \"")).into(), "field_missing", "/data/respondent"),
        (event(&whole.replace("\"r\"", "7")).into(), "field_type", "/data/respondent"),
        (
            event(&whole.replace("\"wave\"", "\"survey\":\"t\",\"wave\"")).into(),
            "json_duplicate_key",
            "/data/survey",
        ),
        (event(&whole.replace("{}", "[]")).into(), "field_type", "/data/answers"),
        (event(&whole.replace(",\"answers\":{}", "")).into(), "field_missing", "/data/answers"),
        (
            event(&whole.replace("\"answers\"", "\"form\":\"z\",\"answers\"")).into(),
            "form_unknown",
            "/data/form",
        ),
        (
            event(&whole.replace("\"answers\"", "\"layout\":\"z\",\"answers\"")).into(),
            "layout_unknown",
            "/data/layout",
        ),
    ];
    let definitions = definitions();
    for (bytes, code, path) in cases {
        let got = interpret(&Record { payload: Some(&bytes), headers: &[] }, &definitions);
        assert_eq!(got.outcome.kind, Kind::Rejection, "{code}");
        let issue = &got.outcome.issues[0];
        assert_eq!(
            (issue.code.as_str(), issue.path.as_str()),
            (code, path),
            "{}",
            String::from_utf8_lossy(&bytes)
        );
        assert!(got.response.is_none());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_come_to_an_outcome(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let got = interpret(&Record { payload: Some(&bytes), headers: &[] }, &Definitions::default());
        prop_assert_eq!(got.outcome.kind, Kind::Rejection);
    }

    #[test]
    fn a_record_cut_or_changed_anywhere_comes_to_an_outcome(cut in 0usize..200, at in 0usize..200, byte in any::<u8>()) {
        static DEFINITIONS: LazyLock<Definitions> = LazyLock::new(definitions);
        let whole = br#"{"specversion":"1.0","id":"1","source":"s","type":"submission.received","data":{"survey":"t","wave":"w","respondent":"r","answers":{"s":1,"m":[1,5],"g":{"1":2},"n":1.5,"t":"secret"}}}"#;
        let mut bytes = whole[..cut.min(whole.len())].to_vec();
        if let Some(target) = bytes.get_mut(at) {
            *target = byte;
        }
        let got = interpret(&Record { payload: Some(&bytes), headers: &[] }, &DEFINITIONS);
        for issue in &got.outcome.issues {
            prop_assert!(!issue.hint.contains("secret"));
        }
    }
}
