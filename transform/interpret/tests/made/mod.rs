//! A survey made of parts, and what one record of it comes to, as short texts.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test binary uses a part; a test stops at the first surprise"
)]

use std::collections::BTreeMap;

use shukei_interpret::{Answer, Interpretation, Record, Value, interpret};
use shukei_schemas::State;
use shukei_schemas::definition::{Definitions, Finding, SurveyDefinition};
use shukei_schemas::event::{SUBMISSION_RECEIVED, write_structured};

/// A survey `t` with wave `w`, form `f` and, where columns are given, layout `l`.
pub struct Made {
    files: BTreeMap<String, Vec<u8>>,
}

impl Made {
    /// A form with these questions, as YAML lines under `questions:`; `head` are further keys of the form.
    pub fn form(head: &str, questions: &str) -> Self {
        let indented: String =
            questions.trim_matches('\n').lines().map(|line| format!("      {line}\n")).collect();
        let form = format!(
            "form: f\nversion: 1\nnames: F\n{head}\nsections:\n  - section: s\n    questions:\n{indented}"
        );
        let survey = "survey: t\nversion: 1\nnames: T\nwaves:\n  - wave: w\n    names: W\n    reference_date: \"2026-06-15\"\n    forms: [{form: f, version: 1}]\n";
        let files = [("survey.yaml", survey.to_owned()), ("forms/f.yaml", form)];
        Self { files: files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect() }
    }

    /// The same with a layout.
    #[must_use]
    pub fn layout(mut self, head: &str, columns: &str) -> Self {
        let layout =
            format!("layout: l\nversion: 1\nform: {{form: f, version: 1}}\ncolumns: l.csv\n{head}\n");
        let survey = String::from_utf8(self.files["survey.yaml"].clone()).unwrap();
        let survey = format!("{survey}    layouts: [{{layout: l, version: 1}}]\n");
        self.files.insert("survey.yaml".into(), survey.into_bytes());
        self.files.insert("layouts/l.yaml".into(), layout.into_bytes());
        self.files.insert("layouts/l.csv".into(), columns.as_bytes().to_vec());
        self
    }

    /// The same with one more file.
    #[must_use]
    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.into(), text.as_bytes().to_vec());
        self
    }

    /// What `check` says of it.
    pub fn findings(&self) -> Vec<Finding> {
        SurveyDefinition::load_checked(&self.files).1
    }

    /// The definitions, which must be whole.
    pub fn definitions(&self) -> Definitions {
        let (definition, findings) = SurveyDefinition::load_checked(&self.files);
        let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(shown, Vec::<String>::new());
        let mut definitions = Definitions::default();
        definitions.insert(definition.unwrap());
        definitions
    }
}

/// What a record with these answers comes to; `more` are further fields, each with a comma behind it.
pub fn read(definitions: &Definitions, more: &str, answers: &str) -> Interpretation {
    let data = format!(r#"{{"survey":"t","wave":"w","respondent":"r",{more}"answers":{answers}}}"#);
    let raw = serde_json::value::RawValue::from_string(data).unwrap();
    let bytes = write_structured("1", "urn:t", SUBMISSION_RECEIVED, None, &raw).unwrap();
    interpret(&Record { payload: Some(&bytes), headers: &[] }, definitions)
}

/// An answer as a short text: `1`, `{1,5}` (codes of a multiple), `n=15`, `"words"`, `d=1`, or its state; `+"words"`
/// behind it for words of one's own, `/{1,2}` for what was offered.
pub fn short(answer: &Answer, codes: &[i16]) -> String {
    let set = |words: &[i64]| {
        let chosen: Vec<String> = codes
            .iter()
            .enumerate()
            .filter(|(place, _)| words[place / 63] >> (place % 63) & 1 == 1)
            .map(|(_, code)| code.to_string())
            .collect();
        format!("{{{}}}", chosen.join(","))
    };
    let mut text = match (&answer.state, &answer.value) {
        (State::Answered, Value::Code(code)) => code.to_string(),
        (State::Answered, Value::Mask(words)) => set(words),
        (State::Answered, Value::Number(number)) => format!("n={number}"),
        (State::Answered, Value::Text(text)) => format!("{text:?}"),
        (State::Answered, Value::Date(day)) => format!("d={day}"),
        (State::Answered, Value::Moment(time)) => format!("t={time}"),
        (state, _) => state.as_str().to_owned(),
    };
    if let Some(other) = &answer.other {
        text.push_str(&format!("+{other:?}"));
    }
    if let Some(asked) = &answer.asked {
        text.push_str(&format!("/{}", set(asked)));
    }
    text
}

/// What a question comes to, its rows joined by blanks.
pub fn answer(got: &Interpretation, question: &str) -> String {
    let response = got.response.as_ref().unwrap();
    let (place, question) = response.form.question(question).unwrap();
    let codes: Vec<i16> = question.options().iter().map(|option| option.code).collect();
    let shown: Vec<String> = response.answers[place].iter().map(|answer| short(answer, &codes)).collect();
    shown.join(" ")
}

/// The codes of the issues, joined by blanks.
pub fn issues(got: &Interpretation) -> String {
    let codes: Vec<&str> = got.outcome.issues.iter().map(|issue| issue.code.as_str()).collect();
    codes.join(" ")
}
