//! Conditions with words where codes are wanted: which code each word has.

use std::sync::Arc;

use shukei_schemas::definition::{Definitions, Form, Question};

use crate::error::QueryError;
use crate::request::TabulateRequest;

/// Codes that a hint lists where no label is like the word.
const CODES_LISTED: usize = 8;

impl TabulateRequest {
    /// Takes one thing that is asked, as [`TabulateRequest::ask`]; of a condition that gives words for codes, it says
    /// which code each has.
    ///
    /// # Errors
    /// [`QueryError::Request`] with what can be written.
    pub fn ask_with(&mut self, definitions: &Definitions, name: &str, value: &str) -> Result<(), QueryError> {
        let asked = self.ask(name, value);
        if asked.is_ok() || !matches!(name, "where" | "numerator") {
            return asked;
        }
        let Some(definition) = definitions.survey(&self.survey) else { return asked };
        let Some(wave) = definition.survey.wave(&self.wave) else { return asked };
        let forms: Vec<&Arc<Form>> = wave.forms.iter().filter_map(|form| definition.form(form)).collect();
        match value.split(';').find_map(|clause| explained(clause, &forms)) {
            Some((problem, hint)) => Err(QueryError::Request { problem, hint }),
            None => asked,
        }
    }
}

/// What is wrong with one condition, if it is one of a question with options whose codes are not given.
fn explained(clause: &str, forms: &[&Arc<Form>]) -> Option<(String, String)> {
    let (subject, values) = clause.split_once('=')?;
    let subject = subject.trim().trim_end_matches('!').trim();
    let number = subject.split_once('.').map_or(subject, |(number, _)| number);
    let question = forms.iter().find_map(|form| {
        form.question(subject).or_else(|| form.question(number)).map(|(_, question)| question)
    })?;
    if question.options().is_empty() {
        return None;
    }
    let values: Vec<&str> = values.split(',').map(str::trim).collect();
    let word = values.iter().find(|value| value.parse::<i16>().is_err())?;
    let codes: Option<Vec<String>> = values
        .iter()
        .map(|value| match value.parse::<i16>() {
            Ok(code) => Some(code.to_string()),
            Err(_) => code_of(question, value).map(|code| code.to_string()),
        })
        .collect();
    let problem = format!("`{}` gives `{word}` where the code of an option is wanted", clause.trim());
    let operator = if clause.contains("!=") { "!=" } else { "=" };
    Some(match codes {
        Some(codes) => (problem, format!("write `{subject}{operator}{}`", codes.join(","))),
        None => {
            let known = question.options().iter().take(CODES_LISTED);
            let known: Vec<String> = known
                .map(|option| {
                    format!("{} {}", option.code, option.label.wordings().next().unwrap_or_default())
                })
                .collect();
            let more = if question.options().len() > CODES_LISTED { ", …" } else { "" };
            (problem, format!("codes of `{}`: {}{more}", question.number, known.join(", ")))
        }
    })
}

/// The code of the option that is called so, in any language.
fn code_of(question: &Question, word: &str) -> Option<i16> {
    let same = |label: &str| label.trim().to_lowercase() == word.to_lowercase();
    let option = question.options().iter().find(|option| option.label.wordings().any(same));
    option.map(|option| option.code)
}
