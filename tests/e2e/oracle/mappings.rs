//! Random mappings from one random form to another, with partial coverage.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::forms::{codes, questions};
use super::random::Random;

struct Mapper<'a> {
    random: &'a mut Random,
    sources: Vec<Value>,
    /// Source codes that a rule looks at.
    used: BTreeSet<(String, i64)>,
    /// Source codes that deliberately feed nothing, chosen before any rule.
    avoided: BTreeSet<(String, i64)>,
}

pub(super) fn mapping(random: &mut Random, source: &Value, target: &Value) -> Value {
    let mut sources: Vec<Value> = Vec::new();
    for question in questions(source) {
        sources.push(question.clone());
        if let Some(bands) = question["bands"].as_array() {
            let number = format!("{}band", question["number"].as_str().unwrap());
            sources.push(json!({"number": number, "kind": "single", "options": bands}));
        }
    }
    let mut avoided = BTreeSet::new();
    for question in &sources {
        for code in codes(question) {
            if random.chance(12) {
                avoided.insert((number_of(question), code));
            }
        }
    }
    let mut mapper = Mapper { random, sources, used: BTreeSet::new(), avoided };
    let mut rules: Vec<Value> = Vec::new();
    for question in questions(target) {
        if mapper.random.chance(70) {
            let before = mapper.used.clone();
            match mapper.rule(question) {
                Some(rule) => rules.push(rule),
                None => mapper.used = before,
            }
        }
    }
    let mut unmapped = Vec::new();
    for question in &mapper.sources {
        for code in codes(question) {
            if !mapper.used.contains(&(number_of(question), code)) {
                unmapped.push(json!({"question": question["number"], "code": code, "reason": "no use"}));
            }
        }
    }
    json!({
        "mapping": "across", "version": 1, "names": "M", "method": mapper.random.pick(&["external", "other-body"]),
        "source": {"form": "source", "version": 1}, "target": {"form": "own", "version": 1},
        "signed_off": {"by": "Nobody", "on": "2026-01-01"}, "exclusion_note": "without them",
        "questions": rules, "unmapped": unmapped,
    })
}

fn number_of(question: &Value) -> String {
    question["number"].as_str().unwrap().to_owned()
}

impl Mapper<'_> {
    fn of_kinds(&mut self, kinds: &[&str]) -> Option<Value> {
        let fits = |question: &&Value| kinds.contains(&question["kind"].as_str().unwrap());
        let found: Vec<Value> = self.sources.iter().filter(fits).cloned().collect();
        (!found.is_empty()).then(|| self.random.pick(&found))
    }

    /// Codes of a source question that rules may look at.
    fn free(&self, question: &Value) -> Vec<i64> {
        let number = number_of(question);
        let free = |code: &i64| !self.avoided.contains(&(number.clone(), *code));
        codes(question).into_iter().filter(free).collect()
    }

    fn take(&mut self, question: &Value, taken: &[i64]) {
        self.used.extend(taken.iter().map(|code| (number_of(question), *code)));
    }

    fn rule(&mut self, target: &Value) -> Option<Value> {
        let mut rule = json!({"question": target["number"], "reason": "so"});
        match target["kind"].as_str().unwrap() {
            "multiple" if self.random.chance(60) => {
                rule["options"] = self.options(target)?;
            }
            "single" | "rating" if self.random.chance(25) => self.priority(target, &mut rule)?,
            "single" | "rating" => self.map(target, &mut rule)?,
            "number" => {
                let from = self.of_kinds(&["number"])?;
                let digits = |question: &Value| question["decimals"].as_i64().unwrap_or(0);
                if digits(&from) > digits(target) {
                    return None;
                }
                rule["from"] = from["number"].clone();
            }
            kind => {
                let from = self.of_kinds(&[kind])?;
                let known: Vec<i64> = codes(target);
                rule["from"] = from["number"].clone();
                let free = self.free(&from);
                let mut pairs: Vec<(i64, i64)> = Vec::new();
                for code in free {
                    if !known.is_empty() && self.random.chance(75) {
                        pairs.push((code, self.random.pick(&known)));
                    }
                }
                if kind != "text" && pairs.is_empty() {
                    return None;
                }
                let covered: BTreeSet<i64> = pairs.iter().map(|(_, to)| *to).collect();
                if kind == "multiple" && !exclusive_fits(target, &covered) {
                    return None;
                }
                let taken: Vec<i64> = pairs.iter().map(|(from, _)| *from).collect();
                self.take(&from, &taken);
                if !pairs.is_empty() {
                    rule["map"] = pairs.into_iter().map(|(from, to)| (from.to_string(), json!(to))).collect();
                }
                if let (Some(rows), Some(to)) = (from["rows"].as_array(), target["rows"].as_array()) {
                    let mut pairs = json!({});
                    let mut left = to.clone();
                    for row in rows {
                        if self.random.chance(80) && !left.is_empty() {
                            let to = left.remove(self.random.below(left.len()));
                            pairs[row["row"].to_string()] = to["row"].clone();
                        }
                    }
                    if pairs.as_object().is_some_and(serde_json::Map::is_empty) {
                        return None;
                    }
                    rule["rows"] = pairs;
                }
            }
        }
        Some(rule)
    }

    fn options(&mut self, target: &Value) -> Option<Value> {
        let all = codes(target);
        let mut covered: BTreeSet<i64> = match self.random.chance(40) {
            true => all.iter().copied().collect(),
            false => self.random.some(&all).into_iter().collect(),
        };
        if !exclusive_fits(target, &covered) {
            let exclusive = |option: &&Value| option["exclusive"] == true;
            for option in target["options"].as_array()?.iter().filter(exclusive) {
                covered.remove(&option["code"].as_i64()?);
            }
        }
        let mut rules = Vec::new();
        for code in covered {
            let is_exclusive =
                target["options"].as_array()?.iter().any(|o| o["code"] == code && o["exclusive"] == true);
            let mut rule = json!({"option": code});
            if is_exclusive && self.random.chance(70) {
                rule["none"] = json!(true);
            } else {
                let how = self.random.pick(&["any", "any", "all"]);
                let mut conditions = Vec::new();
                for _ in 0..=self.random.below(2) {
                    conditions.extend(self.condition());
                }
                if conditions.is_empty() {
                    return None;
                }
                rule[how] = json!(conditions);
            }
            rules.push(rule);
        }
        (!rules.is_empty()).then_some(Value::Array(rules))
    }

    fn condition(&mut self) -> Option<Value> {
        let from = self.of_kinds(&["single", "multiple", "rating", "number"])?;
        let mut condition = json!({"question": from["number"]});
        if from["kind"] == "number" {
            condition["at_least"] = json!(self.random.between(0, 20));
            return Some(condition);
        }
        let free = self.free(&from);
        if free.is_empty() {
            return None;
        }
        let taken = self.random.some(&free);
        self.take(&from, &taken);
        condition["codes"] = json!(taken);
        Some(condition)
    }

    /// One to one, many to one, and the worst of several.
    fn map(&mut self, target: &Value, rule: &mut Value) -> Option<()> {
        let from = self.of_kinds(&["single", "rating"])?;
        let mut codes = self.free(&from);
        let mut sources = vec![from];
        if self.random.chance(40) {
            let other = self.of_kinds(&["single", "rating"])?;
            let known = self.free(&other);
            let both: Vec<i64> = codes.iter().copied().filter(|code| known.contains(code)).collect();
            if number_of(&other) != number_of(&sources[0]) && !both.is_empty() {
                codes = both;
                sources.push(other);
            }
        }
        let to = self::codes(target);
        if codes.is_empty() {
            return None;
        }
        let codes = self.random.some(&codes);
        for source in &sources {
            self.take(source, &codes);
        }
        rule["map"] = codes.iter().map(|code| (code.to_string(), json!(self.random.pick(&to)))).collect();
        if sources.len() == 1 {
            rule["from"] = sources[0]["number"].clone();
        } else {
            rule["worst"] = sources.iter().map(|source| source["number"].clone()).collect();
        }
        Some(())
    }

    fn priority(&mut self, target: &Value, rule: &mut Value) -> Option<()> {
        let from = self.of_kinds(&["multiple"])?;
        let free = self.free(&from);
        if free.is_empty() {
            return None;
        }
        let mut taken = self.random.some(&free);
        self.random.shuffle(&mut taken);
        self.take(&from, &taken);
        let to = codes(target);
        let step = |code: &i64, to: i64| json!({"code": code, "to": to});
        let steps: Vec<Value> = taken.iter().map(|code| step(code, self.random.pick(&to))).collect();
        rule["priority"] = json!(steps);
        rule["from"] = from["number"].clone();
        if self.random.chance(50) {
            rule["otherwise"] = json!(self.random.pick(&to));
        }
        Some(())
    }
}

/// "None of these" may only be covered where all of these are.
fn exclusive_fits(target: &Value, covered: &BTreeSet<i64>) -> bool {
    let options = target["options"].as_array().unwrap();
    let exclusive =
        options.iter().any(|o| o["exclusive"] == true && covered.contains(&o["code"].as_i64().unwrap()));
    !exclusive || covered.len() == options.len()
}
