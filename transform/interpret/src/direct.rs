//! Answers given on the form itself: question number → code, list of codes, number, text, or row → code.

use std::collections::HashMap;

use shukei_schemas::codes::pointer_part;
use shukei_schemas::definition::{Form, Kind, Question};
use shukei_schemas::json::Json;
use shukei_schemas::{Code, Issue};

use crate::answer::{Answer, Value, blank, marked, place_of_code};
use crate::number;

pub(crate) fn read(
    form: &Form,
    entries: &[(String, Json)],
    path: &str,
    issues: &mut Vec<Issue>,
) -> Vec<Vec<Answer>> {
    let mut answers = blank(form);
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (number, json) in entries {
        let at = format!("{path}{}", pointer_part(number));
        let Some((place, question)) = form.question(number) else {
            issues.push(Issue::new(Code::QuestionUnknown, at));
            continue;
        };
        let times = seen.entry(number).or_insert(0);
        *times += 1;
        if *times > 1 {
            if *times == 2 {
                issues.push(Issue::new(Code::AnswerDuplicateKey, at));
            }
            answers[place] = vec![Answer::invalid(); question.rows().len().max(1)];
            continue;
        }
        match &question.kind {
            Kind::Grid { rows, .. } => match json {
                Json::Null => {}
                Json::Object(cells) => {
                    read_grid(question, rows.len(), cells, &at, &mut answers[place], issues)
                }
                _ => {
                    issues.push(Issue::new(Code::AnswerType, at));
                    answers[place] = vec![Answer::invalid(); rows.len()];
                }
            },
            _ => match read_one(question, json) {
                Ok(answer) => answers[place] = vec![answer],
                Err(code) => {
                    issues.push(Issue::new(code, at));
                    answers[place] = vec![Answer::invalid()];
                }
            },
        }
    }
    answers
}

fn read_one(question: &Question, json: &Json) -> Result<Answer, Code> {
    match (&question.kind, json) {
        (_, Json::Null) => Ok(Answer::none()),
        (Kind::Single { .. } | Kind::Grid { .. }, Json::List(_)) => Err(Code::TwoMarks),
        (Kind::Single { options } | Kind::Grid { options, .. }, json) => {
            let place = place(question, json)?;
            options
                .get(place)
                .map(|option| Answer::answered(Value::Code(option.code)))
                .ok_or(Code::OptionUnknown)
        }
        (Kind::Multiple { options }, Json::List(items)) => {
            let mut places = Vec::with_capacity(items.len());
            for item in items {
                let place = place(question, item)?;
                if places.contains(&place) {
                    return Err(Code::OptionRepeated);
                }
                places.push(place);
            }
            marked(options, &places).ok_or(Code::ExclusiveWithOthers)
        }
        (Kind::Number { .. }, Json::Number(text) | Json::Text(text)) => {
            if text.trim().is_empty() {
                Ok(Answer::none())
            } else {
                number::read(text, &question.kind)
            }
        }
        (Kind::Text { chars_max }, Json::Text(text)) => text_answer(text, *chars_max),
        _ => Err(Code::AnswerType),
    }
}

pub(crate) fn text_answer(text: &str, chars_max: Option<usize>) -> Result<Answer, Code> {
    if text.trim().is_empty() {
        Ok(Answer::none())
    } else if chars_max.is_some_and(|max| text.chars().count() > max) {
        Err(Code::TextTooLong)
    } else {
        Ok(Answer::answered(Value::Text(text.to_owned())))
    }
}

fn place(question: &Question, json: &Json) -> Result<usize, Code> {
    let Json::Number(text) = json else { return Err(Code::AnswerType) };
    let code = text.parse().map_err(|_| Code::OptionUnknown)?;
    place_of_code(&question.kind, code).ok_or(Code::OptionUnknown)
}

fn read_grid(
    question: &Question,
    rows: usize,
    cells: &[(String, Json)],
    path: &str,
    answers: &mut [Answer],
    issues: &mut Vec<Issue>,
) {
    let mut seen = vec![false; rows];
    for (row, json) in cells {
        let at = format!("{path}{}", pointer_part(row));
        let place = question.rows().iter().position(|known| known.code.to_string() == *row);
        let Some(place) = place else {
            issues.push(Issue::new(Code::RowUnknown, at));
            continue;
        };
        let answer = if std::mem::replace(&mut seen[place], true) {
            Err(Code::AnswerDuplicateKey)
        } else {
            read_one(question, json)
        };
        answers[place] = answer.unwrap_or_else(|code| {
            issues.push(Issue::new(code, at));
            Answer::invalid()
        });
    }
}
