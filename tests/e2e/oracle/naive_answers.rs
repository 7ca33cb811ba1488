//! The second opinion on answers as a form takes them.

use serde_json::Value;

use super::naive::{
    Answers, Given, ONE, all_rows, blank, chosen, given, has_exclusive, list, options, rows, text,
};

/// The state that a word of the question says.
pub(super) fn word(question: &Value, said: &str) -> Option<&'static str> {
    let is = |words: &Value| list(words).iter().any(|word| shown(word) == said.trim());
    if is(&question["no_answer"]) {
        return Some("stated_no_answer");
    }
    is(&question["not_asked"]).then_some("not_asked")
}

pub(super) fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn direct(questions: &[Value], entries: &[(String, Value)]) -> Answers {
    let mut answers = blank(questions);
    for (key, value) in entries {
        let Some(question) = questions.iter().find(|question| question["number"] == **key) else { continue };
        if entries.iter().filter(|(other, _)| other == key).count() > 1 {
            answers.insert(key.clone(), all_rows(question, &given("invalid")));
            continue;
        }
        let said = if value.is_string() || value.is_number() { word(question, &shown(value)) } else { None };
        let found = match (said, text(&question["kind"]), value) {
            (Some(state), ..) => all_rows(question, &given(state)),
            (_, _, Value::Null) => continue,
            (_, "grid", Value::Object(cells)) => {
                let row = |row: &Value| match &cells.get(&row["row"].to_string()) {
                    None => given("no_answer"),
                    Some(cell) => {
                        match word(question, &shown(cell)).filter(|_| !cell.is_object() && !cell.is_array()) {
                            Some(state) => given(state),
                            None => one(question, cell),
                        }
                    }
                };
                list(&question["rows"]).iter().map(row).collect()
            }
            (_, "ranking", Value::Object(_) | Value::Array(_)) => ranking(question, ranked(question, value)),
            (_, "grid" | "ranking", _) => all_rows(question, &given("invalid")),
            _ => vec![one(question, value)],
        };
        answers.insert(key.clone(), found);
    }
    answers
}

pub(super) fn one(question: &Value, value: &Value) -> Given {
    let known = |value: &Value| {
        value.as_i64().filter(|code| options(question).iter().any(|(known, _)| known == code))
    };
    match (text(&question["kind"]), value) {
        (_, Value::Null) => given("no_answer"),
        ("multiple" | "single" | "rating" | "grid", Value::Array(items)) => {
            let mut codes: Vec<i64> = items.iter().filter_map(known).collect();
            codes.sort_unstable();
            codes.dedup();
            match question["kind"] == "multiple" {
                _ if codes.len() < items.len() => given("invalid"),
                true => marks(question, &codes),
                false if codes.len() < 2 => given("invalid"),
                false => marks(question, &codes),
            }
        }
        ("single" | "rating" | "grid", value) => {
            known(value).map_or(given("invalid"), |code| chosen(vec![code]))
        }
        ("number", Value::Number(_) | Value::String(_)) => number_of(question, &shown(value)),
        ("text", Value::String(words)) => words_of(question, words),
        _ => given("invalid"),
    }
}

pub(super) fn words_of(question: &Value, words: &str) -> Given {
    let most = question["chars_max"].as_u64().unwrap_or(u64::MAX);
    match words.trim().is_empty() {
        true => given("no_answer"),
        false if words.chars().count() as u64 > most => given("invalid"),
        false => given("answered"),
    }
}

pub(super) fn number_of(question: &Value, words: &str) -> Given {
    let words = words.trim();
    if words.is_empty() {
        return given("no_answer");
    }
    let digits = words.strip_prefix(['+', '-']).unwrap_or(words);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let kept = fraction.trim_end_matches('0');
    if !is_digits(whole)
        || !is_digits(fraction)
        || kept.len() as u64 > question["decimals"].as_u64().unwrap_or(0)
    {
        return given("invalid");
    }
    let mut number = format!("{whole}{kept:0<6}").parse::<i128>().unwrap();
    if words.starts_with('-') {
        number = -number;
    }
    let bound = |key: &str| question[key].as_i64().map(|bound| i128::from(bound) * ONE);
    if bound("min").is_some_and(|min| number < min) || bound("max").is_some_and(|max| number > max) {
        return given("invalid");
    }
    Given { number, ..given("answered") }
}

/// What marks come to; they are known and each stands once.
pub(super) fn marks(question: &Value, marked: &[i64]) -> Given {
    let printed: Vec<i64> =
        options(question).into_iter().map(|(code, _)| code).filter(|c| marked.contains(c)).collect();
    if question["kind"] != "multiple" {
        return match (printed.as_slice(), text(&question["rules"]["two_marks"])) {
            ([], _) => given("no_answer"),
            ([code], _) | ([code, ..], "first") | ([.., code], "last") => chosen(vec![*code]),
            _ => given("invalid"),
        };
    }
    let alone =
        |code: &i64| list(&question["options"]).iter().any(|o| o["code"] == *code && o["exclusive"] == true);
    match (printed.iter().copied().find(alone), text(&question["rules"]["exclusive_with_others"])) {
        _ if printed.is_empty() && has_exclusive(question) => given("no_answer"),
        _ if printed.is_empty() => given("nothing_marked"),
        (None, _) => chosen(printed),
        (Some(_), _) if printed.len() == 1 => chosen(printed),
        (Some(code), "exclusive_wins") => chosen(vec![code]),
        (Some(_), "others_win") => chosen(printed.into_iter().filter(|code| !alone(code)).collect()),
        _ => given("invalid"),
    }
}

/// The places of items with their ranks; none if anything is wrong.
pub(super) fn ranked(question: &Value, value: &Value) -> Option<Vec<(usize, i64)>> {
    let rows = list(&question["rows"]);
    let place = |code: &str| rows.iter().position(|row| shown(&row["row"]) == code);
    let mut found = Vec::new();
    match value {
        Value::Array(items) if items.len() <= rows.len() => {
            for (at, item) in items.iter().enumerate() {
                found.push((place(&item.to_string())?, at as i64 + 1));
            }
        }
        Value::Object(cells) => {
            for (row, rank) in cells.iter().filter(|(_, rank)| !rank.is_null()) {
                if let Some(place) = place(row) {
                    found.push((place, rank.as_i64().filter(|rank| (1..=rows.len() as i64).contains(rank))?));
                }
            }
        }
        _ => return None,
    }
    Some(found)
}

pub(super) fn ranking(question: &Value, ranked: Option<Vec<(usize, i64)>>) -> Vec<Given> {
    let Some(ranked) = ranked else { return all_rows(question, &given("invalid")) };
    let keep = question["rules"]["tied_ranks"] == "keep";
    let item = |at: usize| {
        let mine: Vec<i64> = ranked.iter().filter(|(item, _)| *item == at).map(|(_, rank)| *rank).collect();
        match mine.as_slice() {
            [] if ranked.is_empty() => given("no_answer"),
            [] => given("nothing_marked"),
            [rank] if keep || ranked.iter().filter(|(_, other)| other == rank).count() == 1 => {
                chosen(vec![*rank])
            }
            _ => given("invalid"),
        }
    };
    (0..rows(question)).map(item).collect()
}
