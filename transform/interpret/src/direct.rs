//! Answers given on the form itself: question number → code, list of codes, number, text, or row → code.

use shukei_schemas::codes::pointer_part;
use shukei_schemas::definition::{Form, Formats, Kind, Question, Unlisted};
use shukei_schemas::json::{Entries, Json};
use shukei_schemas::{Code, Issue, State};
use smallvec::{SmallVec, smallvec};

use crate::answer::{Answer, PerRow, Value, blank};
use crate::{ranking, settle, value};

/// Behind the number of a question, the key of words for an option that asks for some.
const OTHER: &str = "_other";

pub(crate) fn read(form: &Form, entries: &Entries<'_>, path: &str, issues: &mut Vec<Issue>) -> Vec<PerRow> {
    let mut answers = blank(form);
    let mut seen = vec![0_u32; form.questions.len()];
    let mut next = 0;
    let mut others: Vec<(usize, &str, String)> = Vec::new();
    for (number, json) in entries {
        let at = || format!("{path}{}", pointer_part(number));
        // Most forms are filled in from the front to the end.
        let found = match form.questions.get(next) {
            Some(question) if question.number.as_str() == *number => Some((next, question)),
            _ => form.question(number),
        };
        let Some((place, question)) = found else {
            match (other_of(form, number), json) {
                (Some(_), Json::Null) => {}
                (Some(place), Json::Text(text)) => others.push((place, text, at())),
                (Some(_), _) => issues.push(Issue::new(Code::AnswerType, at())),
                (None, _) => issues.push(Issue::new(Code::QuestionUnknown, at())),
            }
            continue;
        };
        next = place + 1;
        let times = &mut seen[place];
        *times += 1;
        if *times > 1 {
            if *times == 2 {
                issues.push(Issue::new(Code::AnswerDuplicateKey, at()));
            }
            answers[place] = smallvec![Answer::invalid(); question.rows().len().max(1)];
            continue;
        }
        if let Some(state) = said(question, json) {
            answers[place] = smallvec![Answer::of(state); question.rows().len().max(1)];
            continue;
        }
        match (&question.kind, json) {
            (_, Json::Null) => {}
            (Kind::Grid { rows, .. }, Json::Object(cells)) => {
                read_grid(question, rows.len(), cells, &at(), &mut answers[place], issues);
            }
            (Kind::Ranking { .. }, Json::Object(cells)) => {
                let ranked = ranks_by_item(question, cells, &at(), issues);
                rank(question, ranked, &at(), &mut answers[place], issues);
            }
            (Kind::Ranking { .. }, Json::List(items)) => {
                let ranked = items_by_rank(question, items);
                rank(question, ranked, &at(), &mut answers[place], issues);
            }
            (Kind::Grid { rows, .. } | Kind::Ranking { rows, .. }, _) => {
                issues.push(Issue::new(Code::AnswerType, at()));
                answers[place] = smallvec![Answer::invalid(); rows.len()];
            }
            _ => {
                let code = read_into(&mut answers[place][0], question, json);
                issues.extend(code.map(|code| Issue::new(code, at())));
            }
        }
    }
    for (place, text, at) in others {
        let code = settle::with_other(&form.questions[place], &mut answers[place][0], text);
        issues.extend(code.map(|code| Issue::new(code, at)));
    }
    answers
}

/// The question whose words for "other" a key holds.
fn other_of(form: &Form, key: &str) -> Option<usize> {
    let (place, question) = form.question(key.strip_suffix(OTHER)?)?;
    question.keeps_other().then_some(place)
}

/// What a word or a code of the question says of the whole answer.
fn said(question: &Question, json: &Json<'_>) -> Option<State> {
    if question.no_answer.is_empty() && question.not_asked.is_empty() {
        return None;
    }
    let (Json::Text(text) | Json::Number(text)) = json else { return None };
    let is = |words: &[String]| words.iter().any(|word| word.trim() == text.trim());
    match (is(&question.no_answer), is(&question.not_asked)) {
        (true, _) => Some(State::StatedNoAnswer),
        (_, true) => Some(State::NotAsked),
        _ => None,
    }
}

/// An answer, with what is wrong with it although it was read.
type Read = (Answer, Option<Code>);

/// Puts an answer where it belongs, and says what is wrong with it. Nearly every answer is the code of an option, and
/// goes there without a stop.
fn read_into(answer: &mut Answer, question: &Question, json: &Json<'_>) -> Option<Code> {
    if let (Kind::Single { .. } | Kind::Rating { .. } | Kind::Grid { .. }, Ok(place)) =
        (&question.kind, place(question, json))
        && let Some(option) = question.options().get(place)
    {
        answer.state = State::Answered;
        answer.value = Value::Code(option.code);
        return None;
    }
    match read_one(question, json) {
        Ok((read, code)) => {
            *answer = read;
            code
        }
        Err(code) => {
            *answer = Answer::invalid();
            Some(code)
        }
    }
}

fn read_one(question: &Question, json: &Json<'_>) -> Result<Read, Code> {
    let whole = |answer| (answer, None);
    match (&question.kind, json) {
        (_, Json::Null) => Ok(whole(Answer::none())),
        (
            Kind::Single { .. } | Kind::Rating { .. } | Kind::Grid { .. } | Kind::Multiple { .. },
            Json::List(items),
        ) => {
            let mut places: SmallVec<[usize; 16]> = SmallVec::new();
            let mut words: Vec<&str> = Vec::new();
            for item in *items {
                let place = match (place(question, item), item, question.unlisted) {
                    (Ok(place), ..) => place,
                    (Err(_), Json::Text(text), Unlisted::Option(place)) => {
                        words.push(text);
                        if places.contains(&place) {
                            continue;
                        }
                        place
                    }
                    (Err(code), ..) => return Err(code),
                };
                if places.contains(&place) {
                    return Err(Code::OptionRepeated);
                }
                places.push(place);
            }
            let (mut answer, code) = match question.kind {
                Kind::Multiple { .. } => settle::multiple(question, &places),
                // Even one option, or none, is no answer to a question that takes one: it came as a list.
                _ if places.len() < 2 => (Answer::invalid(), Some(Code::TwoMarks)),
                _ => settle::single(question, &places),
            };
            let other =
                (!words.is_empty()).then(|| settle::with_other(question, &mut answer, &words.join("; ")));
            Ok((answer, code.or(other.flatten())))
        }
        (Kind::Single { .. } | Kind::Rating { .. } | Kind::Grid { .. }, json) => {
            match (place(question, json), json, question.unlisted) {
                (Ok(place), ..) => Ok(settle::single(question, &[place])),
                (Err(_), Json::Text(text), Unlisted::Option(place)) if !text.trim().is_empty() => {
                    let (mut answer, code) = settle::single(question, &[place]);
                    let other = settle::with_other(question, &mut answer, text);
                    Ok((answer, code.or(other)))
                }
                (Err(code), ..) => Err(code),
            }
        }
        (Kind::Number { .. }, Json::Number(text) | Json::Text(text)) => match text.trim().is_empty() {
            true => Ok(whole(Answer::none())),
            false => value::read(text, &question.kind, &Formats::default()).map(whole),
        },
        (Kind::Text { chars_max }, Json::Text(text)) => value::words(text, *chars_max).map(whole),
        // A year may be written as a number.
        (Kind::Date { .. }, Json::Number(text))
        | (Kind::Date { .. } | Kind::Datetime { .. } | Kind::Time, Json::Text(text)) => {
            match text.trim().is_empty() {
                true => Ok(whole(Answer::none())),
                false => value::read(text, &question.kind, &Formats::default()).map(whole),
            }
        }
        _ => Err(Code::AnswerType),
    }
}

fn place(question: &Question, json: &Json<'_>) -> Result<usize, Code> {
    let Json::Number(text) = json else { return Err(Code::AnswerType) };
    let code = text.parse().map_err(|_| Code::OptionUnknown)?;
    question.kind.place_of_code(code).ok_or(Code::OptionUnknown)
}

fn read_grid(
    question: &Question,
    rows: usize,
    cells: &Entries<'_>,
    path: &str,
    answers: &mut [Answer],
    issues: &mut Vec<Issue>,
) {
    let mut seen = vec![false; rows];
    for (row, json) in cells {
        let at = format!("{path}{}", pointer_part(row));
        let Some(place) = row_place(question, row) else {
            issues.push(Issue::new(Code::RowUnknown, at));
            continue;
        };
        let answer = &mut answers[place];
        let code = if std::mem::replace(&mut seen[place], true) {
            *answer = Answer::invalid();
            Some(Code::AnswerDuplicateKey)
        } else if let Some(state) = said(question, json) {
            *answer = Answer::of(state);
            None
        } else {
            read_into(answer, question, json)
        };
        issues.extend(code.map(|code| Issue::new(code, at)));
    }
}

fn row_place(question: &Question, row: &str) -> Option<usize> {
    question.rows().iter().position(|known| known.code.to_string() == row)
}

fn ranks_by_item(
    question: &Question,
    cells: &Entries<'_>,
    path: &str,
    issues: &mut Vec<Issue>,
) -> Result<Vec<ranking::Ranked>, Code> {
    let mut ranked = Vec::new();
    for (row, json) in cells {
        let Some(item) = row_place(question, row) else {
            issues.push(Issue::new(Code::RowUnknown, format!("{path}{}", pointer_part(row))));
            continue;
        };
        if *json != Json::Null {
            ranked.push((item, place(question, json)?));
        }
    }
    Ok(ranked)
}

fn items_by_rank(question: &Question, items: &[Json<'_>]) -> Result<Vec<ranking::Ranked>, Code> {
    let item = |json: &Json<'_>| match json {
        Json::Number(code) => row_place(question, code).ok_or(Code::RowUnknown),
        _ => Err(Code::AnswerType),
    };
    if items.len() > question.options().len() {
        return Err(Code::OptionUnknown);
    }
    items.iter().enumerate().map(|(rank, json)| Ok((item(json)?, rank))).collect()
}

fn rank(
    question: &Question,
    ranked: Result<Vec<ranking::Ranked>, Code>,
    at: &str,
    answers: &mut PerRow,
    issues: &mut Vec<Issue>,
) {
    let codes = match ranked {
        Ok(ranked) => {
            let (found, codes) = ranking::answers(question, &ranked);
            *answers = found;
            codes
        }
        Err(code) => {
            *answers = smallvec![Answer::invalid(); question.rows().len()];
            vec![code]
        }
    };
    issues.extend(codes.into_iter().map(|code| Issue::new(code, at)));
}
