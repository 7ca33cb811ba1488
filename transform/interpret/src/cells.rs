//! Answers that are cells of somebody's file, as they were read: column → text. The layout says what they mean.

use std::collections::HashMap;

use shukei_schemas::codes::pointer_part;
use shukei_schemas::definition::{ColumnTarget, Form, Kind, Layout, Mark};
use shukei_schemas::json::Json;
use shukei_schemas::{Code, Issue};

use crate::answer::{Answer, Value, blank, marked};
use crate::direct::text_answer;
use crate::number;

/// What the columns of one multiple-answer question have said so far.
#[derive(Default)]
struct Marks {
    chosen: Vec<usize>,
    not_chosen: bool,
    broken: bool,
}

pub(crate) fn read(
    form: &Form,
    layout: &Layout,
    entries: &[(String, Json)],
    path: &str,
    issues: &mut Vec<Issue>,
) -> Vec<Vec<Answer>> {
    let mut answers = blank(form);
    let mut marks: HashMap<usize, Marks> = HashMap::new();
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(entries.len());
    for (column, json) in entries {
        let Some(target) = layout.target(column) else {
            if !layout.ignores(column) {
                issues.push(Issue::new(Code::ColumnUnknown, format!("{path}{}", pointer_part(column))));
            }
            continue;
        };
        let times = seen.entry(column).or_insert(0);
        *times += 1;
        let result = match (*times > 1, json) {
            (true, _) => Err(Code::AnswerDuplicateKey),
            (false, Json::Null) => Ok(None),
            (false, Json::Text(cell) | Json::Number(cell)) => {
                read_cell(form, layout, target, cell, &mut marks)
            }
            (false, _) => Err(Code::AnswerType),
        };
        match result {
            Ok(None) => {}
            Ok(Some(answer)) => answers[target.question][target.row.unwrap_or(0)] = answer,
            Err(code) => {
                issues.push(Issue::new(code, format!("{path}{}", pointer_part(column))));
                answers[target.question][target.row.unwrap_or(0)] = Answer::invalid();
                if target.option.is_some() {
                    marks.entry(target.question).or_default().broken = true;
                }
            }
        }
    }
    for (place, marks) in marks {
        answers[place] = vec![gather(form, place, &marks, path, issues)];
    }
    answers
}

/// Reads one cell; a mark of a multiple-answer question is put aside until all its columns are read.
fn read_cell(
    form: &Form,
    layout: &Layout,
    target: ColumnTarget,
    cell: &str,
    marks: &mut HashMap<usize, Marks>,
) -> Result<Option<Answer>, Code> {
    let kind = &form.questions[target.question].kind;
    if let Some(option) = target.option {
        let marks = marks.entry(target.question).or_default();
        match layout.mark(cell).ok_or(Code::LabelUnknown)? {
            Mark::Chosen => marks.chosen.push(option),
            Mark::NotChosen => marks.not_chosen = true,
            Mark::Blank => {}
        }
        return Ok(None);
    }
    if cell.trim().is_empty() {
        return Ok(None);
    }
    let answer = match kind {
        Kind::Single { options } | Kind::Grid { options, .. } => {
            let place = layout.option(target.question, cell).ok_or(Code::LabelUnknown)?;
            let option = options.get(place).ok_or(Code::OptionUnknown)?;
            Answer::answered(Value::Code(option.code))
        }
        Kind::Number { .. } => number::read(cell, kind)?,
        Kind::Text { chars_max } => text_answer(cell, *chars_max)?,
        Kind::Multiple { .. } => return Err(Code::AnswerType),
    };
    Ok(Some(answer))
}

fn gather(form: &Form, place: usize, marks: &Marks, path: &str, issues: &mut Vec<Issue>) -> Answer {
    let question = &form.questions[place];
    if marks.broken {
        return Answer::invalid();
    }
    if marks.chosen.is_empty() && !marks.not_chosen {
        return Answer::none();
    }
    marked(question.options(), &marks.chosen).unwrap_or_else(|| {
        let at = format!("{path}{}", pointer_part(question.number.as_str()));
        issues.push(Issue::new(Code::ExclusiveWithOthers, at));
        Answer::invalid()
    })
}
