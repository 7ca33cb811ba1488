//! The second opinion on layouts.

use serde_json::Value;

use super::naive::{Answers, all_rows, blank, chosen, given, list, options, rows, text};
use super::naive_answers::{marks, number_of, ranking, shown, word, words_of};

/// What the cells of a file say.
pub(super) fn cells(
    questions: &[Value],
    layout: &Value,
    columns: &Value,
    entries: &[(String, Value)],
) -> Answers {
    let mut answers = blank(questions);
    for question in questions {
        let number = text(&question["number"]);
        let kind = text(&question["kind"]);
        let (mut marked, mut not_marked, mut broken) = (Vec::new(), false, false);
        let (mut said, mut ranks) = (Vec::new(), Vec::new());
        let mine = list(columns).iter().filter(|column| column["question"] == number);
        for column in mine {
            let row = list(&question["rows"]).iter().position(|row| row["row"] == column["row"]).unwrap_or(0);
            let here: Vec<&Value> =
                entries.iter().filter(|(name, _)| column["column"] == **name).map(|(_, v)| v).collect();
            let gathers = column["option"].is_i64() || matches!(kind, "multiple" | "ranking");
            let cell = match here.as_slice() {
                [] | [Value::Null] => continue,
                [cell] => shown(cell),
                _ if gathers => {
                    broken = true;
                    continue;
                }
                _ => {
                    answers.get_mut(number).unwrap()[row] = given("invalid");
                    continue;
                }
            };
            let trimmed = cell.trim();
            if trimmed.is_empty() {
                continue;
            }
            if let Some(state) = word(question, trimmed) {
                match gathers {
                    true => said.push(state),
                    false => answers.get_mut(number).unwrap()[row] = given(state),
                }
            } else if let Some(option) = column["option"].as_i64() {
                match trimmed {
                    "x" | "yes" => marked.push(option),
                    "-" | "no" => not_marked = true,
                    _ => broken = true,
                }
            } else if kind == "multiple" {
                match parts(question, layout, column, trimmed) {
                    Some(found) => marked.extend(found),
                    None => broken = true,
                }
                not_marked = true;
            } else if kind == "ranking" {
                match trimmed.parse::<i64>().ok().filter(|rank| (1..=rows(question) as i64).contains(rank)) {
                    Some(rank) => ranks.push((row, rank)),
                    None => broken = true,
                }
            } else {
                answers.get_mut(number).unwrap()[row] = match kind {
                    "number" => number_of(question, &written_out(trimmed)),
                    "text" => words_of(question, &cell),
                    _ => {
                        meaning(question, layout, trimmed).map_or(given("invalid"), |code| chosen(vec![code]))
                    }
                };
            }
        }
        if broken {
            answers.insert(number.to_owned(), all_rows(question, &given("invalid")));
        } else if !ranks.is_empty() {
            answers.insert(number.to_owned(), ranking(question, Some(ranks)));
        } else if !marked.is_empty() || not_marked {
            marked.sort_unstable();
            marked.dedup();
            answers.insert(number.to_owned(), vec![marks(question, &marked)]);
        }
        said.sort_by_key(|state| *state == "not_asked");
        let silent = answers[number].iter().all(|answer| answer.state == "no_answer");
        if let (true, Some(state)) = (silent, said.first()) {
            answers.insert(number.to_owned(), all_rows(question, &given(state)));
        }
    }
    answers
}

/// The option that a text means.
pub(super) fn meaning(question: &Value, layout: &Value, words: &str) -> Option<i64> {
    let alias =
        list(&layout["aliases"]).iter().find(|a| a["question"] == question["number"] && a["text"] == words);
    if let Some(alias) = alias {
        return alias["code"].as_i64();
    }
    let hold = text(&layout["cells"]["hold"]);
    let points = !question["points"].is_null();
    for (code, _) in options(question) {
        let listed = list(&question["options"]).iter().find(|option| option["code"] == code);
        let label = listed.map_or_else(|| code.to_string(), |option| text(&option["label"]).to_owned());
        let by_code = hold != "labels" || (points && listed.is_none());
        if (hold != "codes" && label == words) || (by_code && code.to_string() == words) {
            return Some(code);
        }
    }
    None
}

/// A whole number with a power of ten, as spreadsheets write it, with all its zeros; a point at one end as a whole number
/// or a fraction.
fn written_out(cell: &str) -> String {
    let (sign, bare) = cell.split_at(cell.len() - cell.trim_start_matches(['+', '-']).len());
    let digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    match bare.split_once('.') {
        Some(("", fraction)) if digits(fraction) && sign.len() < 2 => return format!("{sign}0.{fraction}"),
        Some((whole, "")) if digits(whole) && sign.len() < 2 => return format!("{sign}{whole}"),
        _ => {}
    }
    let Some((digits, power)) = cell.split_once(['e', 'E']) else { return cell.to_owned() };
    let whole = digits.trim_start_matches(['+', '-']);
    match power.parse::<usize>() {
        Ok(power @ 0..=12) if !whole.is_empty() && whole.chars().all(|c| c.is_ascii_digit()) => {
            format!("{digits}{}", "0".repeat(power))
        }
        _ => cell.to_owned(),
    }
}

/// The options in a cell that holds several: at each place the most pieces that are one option.
pub(super) fn parts(question: &Value, layout: &Value, column: &Value, cell: &str) -> Option<Vec<i64>> {
    let separator = if column["shape"] == "lines" { "\n" } else { text(&column["separator"]) };
    let pieces: Vec<&str> = cell.split(separator).map(str::trim).filter(|piece| !piece.is_empty()).collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < pieces.len() {
        let joined = |end: usize| meaning(question, layout, &pieces[at..end].join(&format!("{separator} ")));
        let end = (at + 1..=pieces.len()).rev().find(|end| joined(*end).is_some())?;
        found.extend(joined(end));
        at = end;
    }
    Some(found)
}
