//! Answers without which a form's submission is not taken.

use shukei_schemas::definition::Form;
use shukei_schemas::{Code, Issue, codes};

use crate::PerRow;

/// Whether every question got what it demands.
///
/// # Errors
/// [`Code::AnswerDemanded`] with the path of the first one, in printed order, that did not.
pub(crate) fn demanded(form: &Form, answers: &[PerRow], answers_path: &str) -> Result<(), Issue> {
    for (question, rows) in form.questions.iter().zip(answers) {
        let found = rows.iter().map(|answer| answer.state).find(|state| question.reject_if.contains(state));
        if let Some(state) = found {
            let path = format!("{answers_path}{}", codes::pointer_part(question.number.as_str()));
            let hint = format!(
                "the form takes no submission whose answer to this question is `{}`; send it again with a proper one",
                state.as_str()
            );
            return Err(Issue::with_hint(Code::AnswerDemanded, path, hint));
        }
    }
    Ok(())
}
