//! A submission as the survey office has changed it comes to a row like any other, and to an outcome of its own kind.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod made;

use made::Made;
use shukei_interpret::{Interpretation, Kind, Record, interpret, interpret_at};
use shukei_schemas::Code;
use shukei_schemas::definition::Definitions;
use shukei_schemas::event::{SUBMISSION_EDITED, SUBMISSION_RECEIVED, write_structured};

const QUESTION: &str =
    "- {number: \"1\", kind: single, text: Q, options: [{code: 1, label: A}, {code: 2, label: B}]}";
const EDIT: &str = r#""edits":[{"field":"1","old":1,"new":2,"rule":"R","reason":"x"}],"edited_by":"me","edited_at":"2026-09-01T00:00:00Z","original":{"source":"s","id":"1"},"#;
/// After the cut-off of the wave.
const LATE: &str = "2026-09-01T00:00:00Z";

fn definitions() -> Definitions {
    Made::form("", QUESTION).definitions()
}

fn event(event_type: &str, more: &str, time: Option<&str>) -> Vec<u8> {
    let data = format!(r#"{{"survey":"t","wave":"w","respondent":"r",{more}"answers":{{"1":2}}}}"#);
    let data = serde_json::value::RawValue::from_string(data).unwrap();
    write_structured("1", "urn:t", event_type, time, &data).unwrap()
}

fn read(event: &[u8], definitions: &Definitions) -> Interpretation {
    interpret(&Record { payload: Some(event), headers: &[] }, definitions)
}

#[test]
fn an_edit_comes_to_the_same_row_as_the_submission_that_it_carries() {
    let definitions = definitions();
    let sent = read(&event(SUBMISSION_RECEIVED, "", None), &definitions);
    let edit = read(&event(SUBMISSION_EDITED, EDIT, None), &definitions);
    assert_eq!((sent.outcome.kind, edit.outcome.kind), (Kind::Response, Kind::Edit));
    assert_eq!(edit.outcome.kind.as_str(), "edit");
    assert_eq!(edit.outcome.target, sent.outcome.target);
    assert_eq!(edit.outcome.definitions, sent.outcome.definitions);
    assert_eq!(edit.response.unwrap().answers, sent.response.unwrap().answers);
    assert_eq!(edit.outcome.issues, []);
}

#[test]
fn what_is_no_edit_is_rejected_with_what_was_read_of_it() {
    let definitions = definitions();
    for (more, code, path) in [
        (String::new(), Code::FieldMissing, "/data/edited_by"),
        (EDIT.replace("\"new\":2", "\"new\":1"), Code::EditDiffers, "/data/edits/0/new"),
    ] {
        let read = read(&event(SUBMISSION_EDITED, &more, None), &definitions);
        assert_eq!((read.outcome.kind, read.outcome.target), (Kind::Rejection, None));
        assert_eq!(read.outcome.unit.unwrap().as_str(), "r");
        assert_eq!((read.outcome.issues[0].code, read.outcome.issues[0].path.as_str()), (code, path));
        assert!(read.response.is_none());
    }
}

#[test]
fn the_time_of_an_edit_does_not_make_the_answers_late() {
    let survey = "survey: t\nversion: 1\nnames: T\nwaves:\n  - wave: w\n    names: W\n    closes: \"2026-06-30\"\n    \
                  forms: [{form: f, version: 1}]\n";
    let definitions = Made::form("", QUESTION).file("survey.yaml", survey).definitions();
    let late = |event_type: &str, more: &str| {
        let event = event(event_type, more, Some(LATE));
        let order_time = Some(1_800_000_000_000_000);
        let read = interpret_at(&Record { payload: Some(&event), headers: &[] }, order_time, &definitions);
        read.outcome.issues.iter().any(|issue| issue.code == Code::Late)
    };
    assert!(late(SUBMISSION_RECEIVED, ""));
    assert!(!late(SUBMISSION_EDITED, EDIT));
    assert!(late(SUBMISSION_EDITED, &format!("{EDIT}\"submitted_at\":\"{LATE}\",")));
}
