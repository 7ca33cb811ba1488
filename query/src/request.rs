use shukei_schemas::definition::Table;
use shukei_schemas::{SurveyId, WaveId};

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
}

impl TabulateRequest {
    /// All questions of a wave, not broken down.
    pub fn new(survey: SurveyId, wave: WaveId) -> Self {
        Self { survey, wave, questions: None, by: Vec::new(), language: None, how: Table::default() }
    }

    /// A table that the survey names.
    pub fn of_table(survey: SurveyId, wave: WaveId, table: &Table) -> Self {
        let questions = (!table.questions.is_empty()).then(|| table.questions.clone());
        Self { questions, by: table.by.clone(), how: table.clone(), ..Self::new(survey, wave) }
    }
}
