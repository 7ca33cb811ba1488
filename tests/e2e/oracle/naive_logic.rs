//! The second opinion on routing, bands and checks.

use serde_json::Value;

use super::naive::{Answers, Given, ONE, chosen, given, list, options, text};
use super::naive_answers::marks;

/// Routing, bands and checks, in the order of the form.
pub(super) fn work_out(form: &Value, questions: &[Value], group: Option<&String>, answers: &mut Answers) {
    for question in questions {
        let number = text(&question["number"]).to_owned();
        derive(question, questions, answers);
        let trusted = question["rules"]["routing"] == "trust_answer";
        let reached = |premise: &Value, answers: &Answers| {
            let known =
                premise.is_null().then_some(true).or_else(|| holds(premise, questions, group, answers));
            known.unwrap_or(question["rules"]["unknown"] == "asked")
        };
        if !reached(&question["ask_if"], answers) {
            answers.get_mut(&number).unwrap().iter_mut().for_each(|answer| drop_answer(answer, trusted));
            continue;
        }
        for (at, row) in list(&question["rows"]).iter().enumerate() {
            if !reached(&row["ask_if"], answers) {
                drop_answer(&mut answers.get_mut(&number).unwrap()[at], trusted);
            }
        }
        let listed = list(&question["options"]);
        let hidden = listed.iter().filter(|option| !reached(&option["ask_if"], answers));
        let hidden: Vec<i64> = hidden.map(|option| option["code"].as_i64().unwrap()).collect();
        for answer in answers.get_mut(&number).unwrap() {
            let strange = answer.codes.iter().any(|code| hidden.contains(code));
            if question["kind"] == "multiple" {
                if strange && !trusted {
                    answer.codes.retain(|code| !hidden.contains(code));
                    if answer.codes.is_empty() {
                        *answer = marks(question, &[]);
                    }
                }
                let is_hidden = |code: &&i64| !answer.codes.contains(code);
                answer.hidden = hidden.iter().filter(is_hidden).copied().collect();
            } else if strange && !trusted {
                *answer = given("invalid");
            }
        }
    }
    for check in list(&form["checks"]) {
        if holds(&check["if"], questions, group, answers) == Some(true) {
            for number in list(&check["invalidates"]) {
                answers
                    .get_mut(text(number))
                    .unwrap()
                    .iter_mut()
                    .for_each(|answer| *answer = given("invalid"));
            }
        }
    }
}

/// The band of the number that a question follows from.
pub(super) fn derive(question: &Value, questions: &[Value], answers: &mut Answers) {
    let Some(of) = question["bands_of"].as_str() else { return };
    let answer = answers[of][0].clone();
    let bound = |band: &Value, key: &str| band[key].as_i64().map(|bound| i128::from(bound) * ONE);
    let takes = |band: &&Value| {
        bound(band, "from").is_none_or(|from| answer.number >= from)
            && bound(band, "to").is_none_or(|to| answer.number <= to)
            && bound(band, "below").is_none_or(|below| answer.number < below)
    };
    let found = match answer.state.as_str() {
        "answered" => match list(&question["options"]).iter().find(takes) {
            Some(band) => chosen(vec![band["code"].as_i64().unwrap()]),
            None => given("invalid"),
        },
        state => given(state),
    };
    debug_assert!(questions.iter().any(|question| question["number"] == of));
    answers.insert(text(&question["number"]).to_owned(), vec![found]);
}

pub(super) fn drop_answer(answer: &mut Given, trusted: bool) {
    let was_given = !matches!(answer.state.as_str(), "no_answer" | "not_asked" | "nothing_marked");
    if !(was_given && trusted) {
        *answer = given("not_asked");
    }
}

/// Whether a condition holds; none where that is not known.
pub(super) fn holds(
    premise: &Value,
    questions: &[Value],
    group: Option<&String>,
    answers: &Answers,
) -> Option<bool> {
    let inner = |one: &Value| holds(one, questions, group, answers);
    if let Some(all) = premise["all"].as_array() {
        let found: Vec<Option<bool>> = all.iter().map(inner).collect();
        return if found.contains(&Some(false)) {
            Some(false)
        } else {
            found.iter().all(Option::is_some).then_some(true)
        };
    }
    if let Some(any) = premise["any"].as_array() {
        let found: Vec<Option<bool>> = any.iter().map(inner).collect();
        return if found.contains(&Some(true)) {
            Some(true)
        } else {
            found.iter().all(Option::is_some).then_some(false)
        };
    }
    if !premise["not"].is_null() {
        return inner(&premise["not"]).map(|holds| !holds);
    }
    if let Some(groups) = premise["group"].as_array() {
        return Some(groups.iter().any(|one| group.is_some_and(|group| *one == **group)));
    }
    let question = questions.iter().find(|question| question["number"] == premise["question"]).unwrap();
    let row = list(&question["rows"]).iter().position(|row| row["row"] == premise["row"]).unwrap_or(0);
    let answer = &answers[text(&question["number"])][row];
    if let Some(wanted) = premise["answered"].as_bool() {
        return Some((answer.state == "answered") == wanted);
    }
    if matches!(answer.state.as_str(), "no_answer" | "stated_no_answer" | "invalid" | "not_mapped") {
        return None;
    }
    let any = |codes: &Value| answer.codes.iter().any(|code| list(codes).iter().any(|one| one == code));
    if !premise["codes"].is_null() {
        return Some(any(&premise["codes"]));
    }
    let reached = matches!(answer.state.as_str(), "answered" | "nothing_marked");
    if !premise["not_codes"].is_null() {
        return Some(reached && !any(&premise["not_codes"]));
    }
    let value = match question["kind"] == "number" {
        true => Some(answer.number).filter(|_| answer.state == "answered"),
        false => value_of(question, answer),
    };
    let bound = |key: &str| premise[key].as_i64().map(|bound| i128::from(bound) * ONE);
    Some(value.is_some_and(|value| {
        bound("at_least").is_none_or(|least| value >= least)
            && bound("at_most").is_none_or(|most| value <= most)
    }))
}

/// The value of the option chosen; none if nothing is, or if it is outside the scale.
pub(super) fn value_of(question: &Value, answer: &Given) -> Option<i128> {
    let code = answer.codes.first()?;
    options(question).iter().find(|(known, _)| known == code)?.1
}
