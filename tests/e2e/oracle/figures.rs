//! The second opinion, second half: what is counted of the units that count, and the figures formed of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::generate::{MAPPING, OWN, TABLE};
use super::naive::{Files, Given, ONE, Read, list, options, questions, text};
use super::naive_answers::shown;
use super::naive_logic::holds;

/// Question, row, option, state, part and measure of a figure.
pub(super) type Key = [String; 6];
/// Key to value, count, base, weighted count, weighted base and methods, as text.
pub(super) type Figures = BTreeMap<Key, String>;

struct Table<'a> {
    files: &'a Files,
    table: Value,
    questions: Vec<Value>,
    /// Units with their weight, in millionths.
    units: Vec<(&'a Read, i128)>,
    weighted: bool,
}

/// Every figure of the table that is asked for.
pub(super) fn figures(units: &[&Read], files: &Files) -> Figures {
    let table = files.get(TABLE).cloned().unwrap_or_default();
    let questions = questions(&files[OWN]);
    let weight = table["weight"].as_str();
    let takes = |condition: &Value, unit: &Read| {
        let group = unit.group.as_ref();
        condition.is_null() || holds(condition, &questions, group, &unit.answers) == Some(true)
    };
    let weigh = |unit: &Read| match weight.map(|weight| &unit.answers[weight][0]) {
        Some(answer) if answer.state == "answered" => answer.number,
        Some(_) => 0,
        None => ONE,
    };
    let units =
        units.iter().filter(|unit| takes(&table["filter"], unit)).map(|unit| (*unit, weigh(unit))).collect();
    let weighted = weight.is_some();
    let table = Table { files, table, questions: questions.clone(), units, weighted };
    let mut found = Figures::new();
    for part in table.parts() {
        let inside: Vec<&(&Read, i128)> =
            table.units.iter().filter(|(unit, _)| table.is_in(unit, &part)).collect();
        let counts = |unit: &Read| takes(&table.table["numerator"], unit);
        for question in table.questions.iter().filter(|question| question["role"].is_null()) {
            for row in 0..list(&question["rows"]).len().max(1) {
                table.of_question(question, row, &part, &inside, &counts, &mut found);
            }
        }
    }
    found
}

fn answer<'a>(unit: &'a Read, question: &str, row: usize) -> &'a Given {
    &unit.answers[question][row]
}

/// A part of the units: what is broken down by, each with the category.
type Part = Vec<(String, String)>;

impl Table<'_> {
    fn parts(&self) -> Vec<Part> {
        let mut parts = vec![Part::new()];
        for by in list(&self.table["by"]) {
            let names: Vec<&str> = text(by).split('*').collect();
            let mut cells = vec![Part::new()];
            for name in &names {
                // Options all; groups and methods those of units that have a place in the whole cross.
                let categories: BTreeSet<String> = match self.options_of(name) {
                    Some(codes) => codes.into_iter().collect(),
                    None => {
                        let placed = |unit: &&(&Read, i128)| {
                            names.iter().all(|one| !self.members(unit.0, one).is_empty())
                        };
                        self.units.iter().filter(placed).flat_map(|unit| self.members(unit.0, name)).collect()
                    }
                };
                let longer = |cell: &Part, category: &String| {
                    cell.iter().cloned().chain([((*name).to_owned(), category.clone())]).collect::<Part>()
                };
                cells = cells
                    .iter()
                    .flat_map(|cell| categories.iter().map(|c| longer(cell, c)).collect::<Vec<_>>())
                    .collect();
            }
            parts.extend(cells);
        }
        parts
    }

    fn options_of(&self, name: &str) -> Option<Vec<String>> {
        let number = name.split('.').next()?;
        let question = self.questions.iter().find(|question| question["number"] == number)?;
        Some(options(question).iter().map(|(code, _)| code.to_string()).collect())
    }

    /// The categories of a unit.
    fn members(&self, unit: &Read, name: &str) -> Vec<String> {
        match name {
            "group" => unit.group.iter().cloned().collect(),
            "method" => vec![unit.method.clone()],
            _ => {
                let (number, row) = name.split_once('.').unwrap_or((name, ""));
                let question = self.questions.iter().find(|question| question["number"] == number).unwrap();
                let row =
                    list(&question["rows"]).iter().position(|one| shown(&one["row"]) == row).unwrap_or(0);
                let answer = &unit.answers[number][row];
                let codes = answer.codes.iter().map(i64::to_string);
                if answer.state == "answered" { codes.collect() } else { Vec::new() }
            }
        }
    }

    fn is_in(&self, unit: &Read, part: &Part) -> bool {
        part.iter().all(|(name, category)| self.members(unit, name).contains(category))
    }

    fn rule(&self, question: &Value, state: &str, what: &str) -> bool {
        let said = |states: &Value| states[state][what].as_bool();
        let asked = !matches!(state, "not_asked" | "not_mapped");
        said(&question["states"]).or(said(&self.files["survey.yaml"]["states"])).unwrap_or(asked)
    }

    fn in_base(&self, question: &Value, state: &str) -> bool {
        let by_rule = state == "answered" || self.rule(question, state, "in_base");
        match text(&self.table["base"]) {
            "all" => true,
            "asked" => !matches!(state, "not_asked" | "not_mapped"),
            "answered" => by_rule && matches!(state, "answered" | "nothing_marked"),
            _ => by_rule,
        }
    }

    /// Whether a unit's way of collecting says anything of an option, or of every option.
    fn covers(&self, unit: &Read, question: &Value, option: Option<i64>) -> bool {
        if !unit.mapped || self.table["base"] == "all" {
            return true;
        }
        let number = question["bands_of"].as_str().unwrap_or(text(&question["number"]));
        let rules = list(&self.files[MAPPING]["questions"]);
        let Some(rule) = rules.iter().find(|rule| rule["question"] == number) else { return false };
        let one = |code: i64| match rule["options"].as_array() {
            Some(options) => options.iter().any(|option| option["option"] == code),
            None => {
                question["kind"] != "multiple"
                    || rule["map"].as_object().unwrap().values().any(|to| *to == code)
            }
        };
        match option {
            Some(code) => one(code),
            None => options(question).iter().all(|(code, _)| one(*code)),
        }
    }

    fn of_question(
        &self,
        question: &Value,
        row: usize,
        part: &Part,
        inside: &[&(&Read, i128)],
        counts: &dyn Fn(&Read) -> bool,
        found: &mut Figures,
    ) {
        let number = text(&question["number"]);

        let row_code = list(&question["rows"]).get(row).map_or(String::new(), |row| row["row"].to_string());
        let breaks: Vec<String> = part.iter().map(|(name, category)| format!("{name}={category}")).collect();
        let mut push = |option: String, state: &str, measure: &str, line: String| {
            let key = [
                number.to_owned(),
                row_code.clone(),
                option,
                state.to_owned(),
                breaks.join("; "),
                measure.to_owned(),
            ];
            assert!(found.insert(key, line).is_none(), "a figure stands once");
        };
        let all = options(question);
        for (code, _) in &all {
            let known: Vec<_> =
                inside.iter().filter(|(unit, _)| self.covers(unit, question, Some(*code))).collect();
            // Those who were not offered an option are in the base of all alone.
            let offered =
                |unit: &Read| self.table["base"] == "all" || !answer(unit, number, row).hidden.contains(code);
            let by_state = |unit: &Read| self.in_base(question, &answer(unit, number, row).state);
            let base = known.iter().filter(|(unit, _)| by_state(unit) && offered(unit));
            let base: Vec<_> = base.map(|one| ***one).collect();
            let chosen = |unit: &Read| counts(unit) && answer(unit, number, row).codes.contains(code);
            let count: Vec<_> = known.iter().filter(|(unit, _)| chosen(unit)).map(|one| ***one).collect();
            push(code.to_string(), "", "count", self.line(self.amount(&count), &count, &base));
            push(code.to_string(), "", "share", self.line(self.share(&count, &base), &count, &base));
        }
        let whole: Vec<(&Read, i128)> =
            inside.iter().filter(|(unit, _)| self.covers(unit, question, None)).map(|one| **one).collect();
        let base: Vec<(&Read, i128)> = whole
            .iter()
            .filter(|(unit, _)| self.in_base(question, &answer(unit, number, row).state))
            .copied()
            .collect();
        let of_state = |state: &str| -> Vec<(&Read, i128)> {
            whole
                .iter()
                .filter(|(unit, _)| counts(unit) && answer(unit, number, row).state == state)
                .copied()
                .collect()
        };
        if all.is_empty() {
            let count = of_state("answered");
            push(String::new(), "answered", "count", self.line(self.amount(&count), &count, &base));
        }
        let valued = |unit: &Read| match question["kind"] == "number" {
            true => Some(answer(unit, number, row).number),
            false => all
                .iter()
                .find(|(code, _)| Some(code) == answer(unit, number, row).codes.first())
                .and_then(|(_, value)| *value),
        };
        if matches!(text(&question["kind"]), "number" | "rating" | "ranking") {
            let values: Vec<(i128, (&Read, i128))> =
                of_state("answered").into_iter().filter_map(|one| Some((valued(one.0)?, one))).collect();
            let given: Vec<(&Read, i128)> = values.iter().map(|(_, one)| *one).collect();
            for (measure, value) in self.statistics(question, values) {
                // Those who gave a value are the base, so it was collected as they were.
                push(String::new(), "answered", measure, self.line(value, &given, &given));
            }
        }
        for state in ["no_answer", "not_asked", "not_mapped", "invalid", "nothing_marked", "stated_no_answer"]
        {
            let anywhere = |(unit, _): &(&Read, i128)| {
                self.covers(unit, question, None) && answer(unit, number, row).state == state
            };
            let occurs = state == "no_answer" || self.units.iter().any(anywhere);
            if occurs && self.rule(question, state, "prints") {
                let count = of_state(state);
                push(String::new(), state, "count", self.line(self.amount(&count), &count, &base));
                if self.in_base(question, state) {
                    push(String::new(), state, "share", self.line(self.share(&count, &base), &count, &base));
                }
            }
        }
    }

    /// Mean, and of numbers median and sum.
    fn statistics(
        &self,
        question: &Value,
        mut values: Vec<(i128, (&Read, i128))>,
    ) -> Vec<(&'static str, String)> {
        let (decimals, given) = (self.decimals(), values.len());
        let base: i128 = values.iter().map(|(_, (_, weight))| weight).sum();
        let sum: i128 = values.iter().map(|(value, (_, weight))| value * weight).sum();
        let mut found = vec![("mean", self.rounded(sum, base * ONE, decimals))];
        if question["kind"] == "number" {
            values.retain(|(_, (_, weight))| *weight > 0);
            values.sort_by_key(|(value, _)| *value);
            // The value at which half of all that weighs is reached, from below and from above.
            let reach = |values: &[(i128, (&Read, i128))]| {
                let mut below = 0;
                let reaches = |(_, (_, weight)): &&(i128, (&Read, i128))| {
                    below += weight;
                    2 * below >= base
                };
                values.iter().find(reaches).map(|(value, _)| *value)
            };
            let low = reach(&values);
            values.reverse();
            let high = reach(&values);
            let median = low.zip(high).map(|(low, high)| self.rounded(low + high, 2 * ONE, decimals));
            found.push(("median", median.unwrap_or_default()));
            let digits = question["decimals"].as_u64().unwrap_or(0) as u32;
            let is_given = given > 0;
            found.push(("sum", if is_given { self.rounded(sum, ONE * ONE, digits) } else { String::new() }));
        }
        found
    }

    fn decimals(&self) -> u32 {
        self.table["decimals"].as_u64().or(self.files["survey.yaml"]["decimals"].as_u64()).unwrap_or(1) as u32
    }

    fn share(&self, count: &[(&Read, i128)], base: &[(&Read, i128)]) -> String {
        let weight = |units: &[(&Read, i128)]| units.iter().map(|(_, weight)| weight).sum::<i128>();
        self.rounded(100 * weight(count), weight(base), self.decimals())
    }

    /// Units, or with weights what they weigh.
    fn amount(&self, units: &[(&Read, i128)]) -> String {
        if !self.weighted {
            return units.len().to_string();
        }
        // Where a failure is shrunk, the weight may be gone.
        let weight = self.questions.iter().find(|question| question["role"] == "weight");
        let digits = weight.and_then(|weight| weight["decimals"].as_u64()).unwrap_or(0) as u32;
        self.rounded(units.iter().map(|(_, weight)| weight).sum(), ONE, digits)
    }

    fn line(&self, value: String, count: &[(&Read, i128)], base: &[(&Read, i128)]) -> String {
        let methods: BTreeSet<&str> = base.iter().map(|(unit, _)| unit.method.as_str()).collect();
        let weighted = |units| if self.weighted { self.amount(units) } else { String::new() };
        let methods: Vec<&str> = methods.into_iter().collect();
        format!(
            "{value} | {} of {} | {} of {} | {}",
            count.len(),
            base.len(),
            weighted(count),
            weighted(base),
            methods.join("+")
        )
    }

    /// A quotient with so many decimals, rounded once: halves away from zero, or to even.
    fn rounded(&self, numerator: i128, denominator: i128, decimals: u32) -> String {
        if denominator == 0 {
            return String::new();
        }
        let scaled = numerator.abs() * 10i128.pow(decimals);
        let (mut digits, rest) = (scaled / denominator, scaled % denominator);
        let even = self.files["survey.yaml"]["rounding"] == "half_even";
        if 2 * rest > denominator || (2 * rest == denominator && !(even && digits % 2 == 0)) {
            digits += 1;
        }
        let sign = if numerator < 0 && digits > 0 { "-" } else { "" };
        let padded = format!("{digits:0>width$}", width = decimals as usize + 1);
        let (whole, fraction) = padded.split_at(padded.len() - decimals as usize);
        if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}
