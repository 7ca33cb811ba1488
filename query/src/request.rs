use shukei_schemas::{SurveyId, WaveId};

/// Which figures to form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TabulateRequest {
    /// The survey.
    pub survey: SurveyId,
    /// The wave.
    pub wave: WaveId,
    /// The numbers of the questions, in any order; all if none.
    pub questions: Option<Vec<String>>,
    /// What to break the figures down by, beside the total: `group`, `method`, or the number of a single-answer
    /// question of every form of the wave.
    pub by: Option<String>,
    /// The language of the labels; the survey's first if none.
    pub language: Option<String>,
}

impl TabulateRequest {
    /// All questions of a wave, not broken down.
    pub fn new(survey: SurveyId, wave: WaveId) -> Self {
        Self { survey, wave, questions: None, by: None, language: None }
    }
}
