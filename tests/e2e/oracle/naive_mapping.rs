//! The second opinion on mappings.

use serde_json::Value;

use super::naive::{Answers, Given, ONE, all_rows, chosen, given, list, options, text};
use super::naive_answers::marks;
use super::naive_logic::derive;

/// What answers on the source form say of the target's questions.
pub(super) fn read_across(mapping: &Value, source: &[Value], target: &[Value], answers: &Answers) -> Answers {
    let mut across = Answers::new();
    for question in target {
        across.insert(text(&question["number"]).to_owned(), all_rows(question, &given("not_mapped")));
    }
    for rule in list(&mapping["questions"]) {
        let question = target.iter().find(|question| question["number"] == rule["question"]).unwrap();
        let rows = across.get_mut(text(&rule["question"])).unwrap();
        let sources =
            if rule["worst"].is_null() { std::slice::from_ref(&rule["from"]) } else { list(&rule["worst"]) };
        let one_of = matches!(text(&question["kind"]), "single" | "rating");
        if !rule["options"].is_null() {
            rows[0] = of_options(mapping, source, question, &rule["options"], answers);
        } else if !rule["priority"].is_null() {
            rows[0] = known_codes(mapping, &rule["from"], answers).map_or_else(
                |state| given(&state),
                |codes| {
                    let step = list(&rule["priority"])
                        .iter()
                        .find(|step| codes.iter().any(|code| step["code"] == *code));
                    match step.map(|step| &step["to"]).or(Some(&rule["otherwise"])).and_then(Value::as_i64) {
                        Some(code) => chosen(vec![code]),
                        None => given("no_answer"),
                    }
                },
            );
        } else if one_of {
            let found: Result<Vec<i64>, String> = sources
                .iter()
                .map(|from| {
                    let code = known_codes(mapping, from, answers)?[0];
                    rule["map"][code.to_string()].as_i64().ok_or_else(|| "not_mapped".to_owned())
                })
                .collect();
            let place = |code: &i64| options(question).iter().position(|(known, _)| known == code);
            rows[0] = match found {
                Err(state) => given(&state),
                Ok(codes) => chosen(codes.into_iter().max_by_key(place).into_iter().collect()),
            };
        } else {
            let from = source.iter().find(|question| question["number"] == rule["from"]).unwrap();
            same(mapping, rule, from, question, &answers[text(&rule["from"])], rows);
        }
    }
    for question in target {
        let of = question["bands_of"].as_str();
        if list(&mapping["questions"]).iter().any(|rule| of.is_some_and(|of| rule["question"] == of)) {
            derive(question, target, &mut across);
        }
    }
    across
}

fn is_unmapped(mapping: &Value, question: &Value, code: i64) -> bool {
    list(&mapping["unmapped"]).iter().any(|one| one["question"] == *question && one["code"] == code)
}

/// The codes given to a source question, or the state that says why they are not known.
fn known_codes(mapping: &Value, question: &Value, answers: &Answers) -> Result<Vec<i64>, String> {
    let answer = &answers[text(question)][0];
    let all_unmapped = answer.codes.iter().all(|code| is_unmapped(mapping, question, *code));
    match answer.state.as_str() {
        "answered" if all_unmapped && !answer.codes.is_empty() => Err("not_mapped".into()),
        "answered" | "nothing_marked" => Ok(answer.codes.clone()),
        state => Err(state.to_owned()),
    }
}

/// A multiple answer, option by option. What is known to be chosen counts.
fn of_options(
    mapping: &Value,
    source: &[Value],
    question: &Value,
    rules: &Value,
    answers: &Answers,
) -> Given {
    let condition = |condition: &Value| -> Result<bool, String> {
        let number = &condition["question"];
        if let Some(least) = condition["at_least"].as_i64() {
            let answer = &answers[text(number)][0];
            let is_number = answer.state == "answered";
            return if is_number {
                Ok(answer.number >= i128::from(least) * ONE)
            } else {
                Err(answer.state.clone())
            };
        }
        debug_assert!(source.iter().any(|question| question["number"] == *number));
        let codes = known_codes(mapping, number, answers)?;
        Ok(list(&condition["codes"]).iter().any(|code| codes.iter().any(|given| code == given)))
    };
    let (mut marked, mut unknown, mut none) = (Vec::new(), None, None);
    for rule in list(rules) {
        let code = rule["option"].as_i64().unwrap();
        if rule["none"] == true {
            none = Some(code);
            continue;
        }
        let any = !rule["any"].is_null();
        let found: Vec<Result<bool, String>> =
            list(if any { &rule["any"] } else { &rule["all"] }).iter().map(condition).collect();
        if any && found.contains(&Ok(true)) {
            marked.push(code);
        } else if !any && found.contains(&Ok(false)) {
        } else if let Some(Err(state)) = found.iter().find(|one| one.is_err()) {
            unknown = unknown.or_else(|| Some(state.clone()));
        } else if !any {
            marked.push(code);
        }
    }
    match (marked.is_empty(), unknown, none) {
        (true, Some(state), _) => given(&state),
        (true, None, Some(code)) => chosen(vec![code]),
        (true, None, None) => given("answered"),
        // No rule of the form decides here: "none of these" with others is wrong.
        _ => marks_strictly(question, &marked),
    }
}

fn marks_strictly(question: &Value, marked: &[i64]) -> Given {
    let mut question = question.clone();
    question["rules"] = Value::Null;
    marks(&question, marked)
}

/// An answer of the same kind, as it is or with other codes.
fn same(
    mapping: &Value,
    rule: &Value,
    from: &Value,
    question: &Value,
    given_rows: &[Given],
    rows: &mut [Given],
) {
    for (at, answer) in given_rows.iter().enumerate() {
        let to = match list(&from["rows"]).get(at) {
            None => 0,
            Some(row) => {
                let Some(code) = rule["rows"].get(row["row"].to_string()) else { continue };
                list(&question["rows"]).iter().position(|row| row["row"] == *code).unwrap()
            }
        };
        let mapped = |code: &i64| rule["map"][code.to_string()].as_i64();
        let codes: Vec<i64> = answer.codes.iter().filter_map(mapped).collect();
        let all_unmapped = answer.codes.iter().all(|code| is_unmapped(mapping, &from["number"], *code));
        rows[to] = if answer.codes.is_empty() {
            Given { hidden: Vec::new(), ..answer.clone() }
        } else if codes.is_empty() && (question["kind"] != "multiple" || all_unmapped) {
            given("not_mapped")
        } else if question["kind"] == "multiple" {
            let mut codes = codes;
            codes.sort_unstable();
            codes.dedup();
            marks(question, &codes)
        } else {
            chosen(codes)
        };
    }
}
