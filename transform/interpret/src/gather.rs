//! What several columns said of one answer, put together.

use shukei_schemas::codes::known_part;
use shukei_schemas::definition::{Kind, Question, Several};
use shukei_schemas::{Code, Issue, State};
use smallvec::smallvec;

use crate::answer::{Answer, PerRow, Value};
use crate::{ranking, settle};

/// What the columns of one question have said so far.
#[derive(Default)]
pub(crate) struct Gathered<'a> {
    /// Options that were chosen.
    pub(crate) chosen: Vec<usize>,
    /// Whether something said that an option is not chosen.
    pub(crate) not_chosen: bool,
    /// Whether something could not be read.
    pub(crate) broken: bool,
    /// States that were said in words.
    pub(crate) said: Vec<State>,
    /// Items with their ranks.
    pub(crate) ranked: Vec<ranking::Ranked>,
    /// Rows with their options.
    pub(crate) tokens: Vec<(usize, usize)>,
    /// Whole answers, each with the place of its column.
    pub(crate) values: Vec<(usize, Answer)>,
    /// Words of one's own.
    pub(crate) other: Vec<&'a str>,
    /// Texts outside the list.
    pub(crate) unlisted: Vec<String>,
}

/// The answers of a question from what its columns said.
pub(crate) fn gather(
    question: &Question,
    several: Option<Several>,
    mut found: Gathered<'_>,
    answers: &mut PerRow,
    path: &str,
    issues: &mut Vec<Issue>,
) {
    let mut issue = |code: Code| {
        issues.push(Issue::new(code, format!("{path}{}", known_part(question.number.as_str()))));
    };
    let rows = question.rows().len().max(1);
    if found.broken {
        *answers = smallvec![Answer::invalid(); rows];
    } else if matches!(question.kind, Kind::Ranking { .. }) {
        let (ranked, codes) = ranking::answers(question, &found.ranked);
        *answers = ranked;
        codes.into_iter().for_each(&mut issue);
    } else if !found.tokens.is_empty() {
        let mut seen: Vec<Option<usize>> = vec![None; rows];
        for (row, option) in &found.tokens {
            let code = question.options().get(*option).map_or(0, |option| option.code);
            match seen[*row].replace(*option) {
                Some(before) if before != *option => {
                    answers[*row] = Answer::invalid();
                    issue(Code::TwoMarks);
                }
                _ => answers[*row] = Answer::answered(Value::Code(code)),
            }
        }
    } else if !found.values.is_empty() {
        found.values.sort_by_key(|(place, _)| *place);
        let (answer, code) = values(question, several, &found.values);
        answers[0] = answer;
        code.into_iter().for_each(&mut issue);
    } else if !found.chosen.is_empty() || found.not_chosen {
        found.chosen.sort_unstable();
        found.chosen.dedup();
        let (answer, code) = settle::marks(question, &found.chosen);
        answers[0] = answer;
        code.into_iter().for_each(&mut issue);
    }
    // What was said in words counts where nothing was answered.
    let silent = answers.iter().all(|answer| answer.state == State::NoAnswer);
    if silent && let Some(state) = said(&found.said) {
        *answers = smallvec![Answer::of(state); rows];
    }
    if !found.unlisted.is_empty() {
        settle::with_other(question, &mut answers[0], &found.unlisted.join("; "));
    }
    for text in &found.other {
        let code = settle::with_other(question, &mut answers[0], text);
        code.into_iter().for_each(&mut issue);
    }
}

/// Of several states the one that says more: an answer that was refused, before one that was not asked for.
fn said(states: &[State]) -> Option<State> {
    [State::StatedNoAnswer, State::NotAsked].into_iter().find(|state| states.contains(state))
}

fn values(
    question: &Question,
    several: Option<Several>,
    values: &[(usize, Answer)],
) -> (Answer, Option<Code>) {
    let first = values.first().map_or_else(Answer::none, |(_, answer)| answer.clone());
    if several != Some(Several::All) {
        return (first, None);
    }
    match values.iter().all(|(_, answer)| answer.state == first.state && answer.value == first.value) {
        true => (first, None),
        // Options that differ are two marks, with that rule; anything else has none.
        false if !question.options().is_empty() && values.iter().all(|(_, a)| a.state == State::Answered) => {
            let place = |answer: &Answer| match answer.value {
                Value::Code(code) => question.kind.place_of_code(i64::from(code)),
                _ => None,
            };
            let places: Vec<usize> = values.iter().filter_map(|(_, answer)| place(answer)).collect();
            settle::single(question, &places)
        }
        false => (Answer::invalid(), Some(Code::ColumnsDiffer)),
    }
}
