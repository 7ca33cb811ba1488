use std::collections::BTreeSet;
use std::sync::Arc;

use shukei_schemas::definition::{Derived, Form, Table, nearest};
use shukei_schemas::{SurveyId, WaveId};

use crate::break_by::Fields;
use crate::error::QueryError;
use crate::indicator::AskedIndicator;

/// Which figures to form.
#[derive(Clone, Debug, PartialEq)]
pub struct TabulateRequest {
    /// The survey.
    pub survey: SurveyId,
    /// The wave.
    pub wave: WaveId,
    /// The numbers of the questions, in any order; all if none.
    pub questions: Option<Vec<String>>,
    /// What to break the figures down by, each beside the total: `group`, `method`, the number of a question with
    /// options that every form of the wave asks (`number.row` for a row), or several of them crossed with `*`.
    pub by: Vec<String>,
    /// The language of the labels; the survey's first if none.
    pub language: Option<String>,
    /// Everything else that is asked of the figures; its questions and breaks are those above.
    pub how: Table,
    /// Of changes since an earlier wave: only units that answered in both.
    pub panel: bool,
    /// Indicators as they are to be formed, instead of those of the wave with the names asked for.
    pub(crate) indicators: Option<Vec<Arc<AskedIndicator>>>,
    /// The fields of the wave's classification, where it has one.
    pub(crate) fields: Option<Arc<Fields>>,
    /// Only these units; all if none.
    pub(crate) among: Option<Arc<BTreeSet<String>>>,
}

impl TabulateRequest {
    /// All questions of a wave, not broken down.
    pub fn new(survey: SurveyId, wave: WaveId) -> Self {
        Self {
            survey,
            wave,
            questions: None,
            by: Vec::new(),
            language: None,
            how: Table::default(),
            panel: false,
            indicators: None,
            fields: None,
            among: None,
        }
    }

    /// A table that the survey names.
    pub fn of_table(survey: SurveyId, wave: WaveId, table: &Table) -> Self {
        let questions = (!table.questions.is_empty()).then(|| table.questions.clone());
        Self { questions, by: table.by.clone(), how: table.clone(), ..Self::new(survey, wave) }
    }

    /// The request on some forms: with the bands of the numbers that it names, where forms have some.
    ///
    /// # Errors
    /// [`QueryError::UnknownQuestion`] if no form has a question that it names.
    pub fn of_forms(&self, forms: &[Arc<Form>]) -> Result<Self, QueryError> {
        let mut request = self.clone();
        let Some(questions) = &mut request.questions else { return Ok(request) };
        let all = || forms.iter().flat_map(|form| &form.questions);
        let known = || all().map(|question| question.number.as_str());
        for question in questions.iter_mut() {
            // The number that stands on paper does as well, where it is no question's own.
            let printed = all().find(|known| known.printed == *question);
            if let Some(printed) = printed.filter(|_| !known().any(|number| number == question)) {
                *question = printed.number.to_string();
            }
            if !known().any(|number| number == question) {
                let row_of = question.rsplit_once('.').map(|(number, _)| number);
                if let Some(number) = row_of.filter(|number| known().any(|known| known == *number)) {
                    return Err(QueryError::Request {
                        problem: format!("`{question}` is no question of wave `{}`", request.wave),
                        hint: format!("ask for `{number}`: each of its rows has its own figures"),
                    });
                }
                return Err(QueryError::UnknownQuestion {
                    question: question.clone(),
                    wave: request.wave.to_string(),
                    nearest: nearest(question, known()).map(str::to_owned),
                });
            }
        }
        let bands: Vec<String> = questions.iter().map(|question| format!("{question}band")).collect();
        let is_band = |name: &String| {
            let of = |form: &Arc<Form>| {
                let (_, question) = form.question(name)?;
                Some(matches!(question.derived, Some(Derived::Bands { .. })))
            };
            forms.iter().filter_map(of).any(|is_band| is_band) && !questions.contains(name)
        };
        let found: Vec<String> = bands.into_iter().filter(is_band).collect();
        questions.extend(found);
        Ok(request)
    }
}
