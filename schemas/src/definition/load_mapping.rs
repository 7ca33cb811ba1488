use std::collections::{BTreeMap, HashMap, HashSet};

use super::finding::Finding;
use super::form::{Form, Question};
use super::kind::Kind;
use super::lines::line_of;
use super::load_aggregate::addable;
use super::mapping::{
    Condition, ConditionFile, Mapping, MappingFile, MappingRef, OptionRule, OptionRuleFile, QuestionRuleFile,
    Rule, RuleKind, Source, Test, When,
};

/// Resolves a mapping against its two forms and says what is wrong with it.
pub(super) fn resolve(
    path: &str,
    text: &[u8],
    file: MappingFile,
    source: &Form,
    target: &Form,
    findings: &mut Vec<Finding>,
) -> Mapping {
    let mut resolver = Resolver { path, text, source, target, used: HashSet::new(), findings };
    let mut rules = BTreeMap::new();
    for rule in file.questions {
        let line = Some(rule.question.referenced.line());
        let Some(place) = resolver.target_question(&rule.question.value, line) else { continue };
        if rule.reason.is_empty() {
            resolver.error(line, format!("the rule of question `{}` has no reason", rule.question.value));
        }
        let (reason, signed_off) = (rule.reason.clone(), rule.signed_off.clone());
        if let Some(kind) = resolver.rule(&rule, place, line)
            && rules.insert(place, Rule { reason, signed_off, kind }).is_some()
        {
            resolver.error(line, format!("question `{}` has two rules", rule.question.value));
        }
    }
    let mut unmapped = HashSet::new();
    for entry in &file.unmapped {
        let line = Some(entry.question.referenced.line());
        let Some(place) = resolver.source_question(&entry.question.value, line) else { continue };
        let codes = match entry.code {
            Some(code) => {
                resolver.source_code(place, code, line);
                vec![code]
            }
            None => resolver.left_over(place, &unmapped),
        };
        let what = match entry.code {
            Some(code) => format!("code {code} of `{}`", entry.question.value),
            None => format!("`{}`", entry.question.value),
        };
        if entry.reason.is_empty() {
            resolver.error(line, format!("unmapped {what} has no reason"));
        }
        if codes.is_empty() {
            resolver.error(
                line,
                format!("{what} is listed as unmapped, but all of its codes are used or listed"),
            );
        }
        for code in codes {
            if !unmapped.insert((place, code)) || resolver.used.contains(&(place, code)) {
                resolver.error(line, format!("{what} is both mapped and unmapped, or listed twice"));
            }
        }
    }
    resolver.every_code(&unmapped);
    if file.aggregate {
        addable(&mut resolver, &rules);
    }
    Mapping {
        reference: MappingRef { mapping: file.mapping, version: file.version },
        names: file.names,
        organisation: file.organisation,
        reference_date: file.reference_date,
        method: file.method,
        aggregate: file.aggregate,
        source: file.source,
        target: file.target,
        signed_off: file.signed_off,
        exclusion_note: file.exclusion_note,
        // Derived answers are worked out of records.
        derived: if file.aggregate { HashSet::new() } else { derived(target, &rules) },
        partly: partly(target, &rules),
        rules,
        unmapped,
    }
}

/// Derived questions of which every source is covered.
fn derived(target: &Form, rules: &BTreeMap<usize, Rule>) -> HashSet<usize> {
    let mut found = HashSet::new();
    for &place in &target.order {
        let sources = target.questions[place].derived.as_ref().map(|derived| derived.sources());
        let covered = |source: &usize| rules.contains_key(source) || found.contains(source);
        if sources.is_some_and(|sources| sources.iter().all(covered)) {
            found.insert(place);
        }
    }
    found
}

/// Multiple answers that are fed as they are: the options that the source has.
fn partly(target: &Form, rules: &BTreeMap<usize, Rule>) -> HashSet<usize> {
    let is_partly = |(place, rule): (&usize, &Rule)| {
        let multiple = matches!(target.questions[*place].kind, Kind::Multiple { .. });
        (multiple && matches!(rule.kind, RuleKind::Same { .. })).then_some(*place)
    };
    rules.iter().filter_map(is_partly).collect()
}

pub(super) struct Resolver<'a> {
    pub(super) path: &'a str,
    /// The file as it stands.
    pub(super) text: &'a [u8],
    pub(super) source: &'a Form,
    pub(super) target: &'a Form,
    /// Source codes that a rule looks at.
    pub(super) used: HashSet<(usize, i16)>,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Resolver<'_> {
    pub(super) fn error(&mut self, line: Option<u64>, message: String) {
        self.findings.push(Finding::error(self.path, line, message));
    }

    fn place(&mut self, of_source: bool, number: &str, line: Option<u64>) -> Option<usize> {
        let (form, which) = if of_source { (self.source, "source") } else { (self.target, "target") };
        let found = form.question(number).map(|(place, _)| place);
        if found.is_none() {
            let finding = Finding::error(self.path, line, format!("{which} form has no question `{number}`"))
                .nearest(number, form.questions.iter().map(|q| q.number.as_str()));
            self.findings.push(finding);
        }
        found
    }

    fn target_question(&mut self, number: &str, line: Option<u64>) -> Option<usize> {
        self.place(false, number, line)
    }

    pub(super) fn source_question(&mut self, number: &str, line: Option<u64>) -> Option<usize> {
        self.place(true, number, line)
    }

    /// A source question that takes one answer, or a row of one: `number` or `number.row`.
    pub(super) fn source(&mut self, name: &str, line: Option<u64>) -> Option<Source> {
        let (number, row) = name.split_once('.').map_or((name, None), |(number, row)| (number, Some(row)));
        let question = self.source_question(number, line)?;
        let rows = self.source.questions[question].rows();
        let Some(row) = row else {
            if rows.is_empty() {
                return Some(Source { question, row: 0 });
            }
            let first = rows.first().map_or(1, |row| row.code);
            let message = format!("source question `{number}` has rows, and one of them has to be named");
            let hint = format!("write `{number}.{first}`, in a condition `row: {first}`");
            self.findings.push(Finding::error(self.path, line, message).hint(hint));
            return None;
        };
        let Some(row) = rows.iter().position(|known| known.code.to_string() == row) else {
            let known: Vec<String> = rows.iter().map(|row| row.code.to_string()).collect();
            let message = format!("source question `{number}` has no row {row}");
            let hint = match known.is_empty() {
                true => "it has no rows: name the question alone".to_owned(),
                false => format!("rows: {}", known.join(", ")),
            };
            self.findings.push(Finding::error(self.path, line, message).hint(hint));
            return None;
        };
        Some(Source { question, row })
    }

    pub(super) fn source_code(&mut self, place: usize, code: i16, line: Option<u64>) {
        let question = &self.source.questions[place];
        if !question.options().iter().any(|option| option.code == code) {
            let message = format!("source question `{}` has no option {code}", question.number);
            self.error(line, message);
        }
    }

    pub(super) fn target_option(
        &mut self,
        question: &Question,
        code: i16,
        line: Option<u64>,
    ) -> Option<usize> {
        let place = question.options().iter().position(|option| option.code == code);
        if place.is_none() {
            self.error(line, format!("target question `{}` has no option {code}", question.number));
        }
        place
    }

    fn rule(&mut self, rule: &QuestionRuleFile, place: usize, line: Option<u64>) -> Option<RuleKind> {
        let target = self.target;
        let question = &target.questions[place];
        let shapes = [!rule.options.is_empty(), !rule.map.is_empty(), !rule.priority.is_empty()];
        let of_one = matches!(question.kind, Kind::Single { .. } | Kind::Rating { .. });
        let same = rule.worst.is_empty() && !shapes[0] && !shapes[2] && (!of_one || !shapes[1]);
        let is_row = rule.from.as_deref().is_some_and(|from| from.contains('.'));
        let is_whole = same && question.derived.is_none() && !(is_row && shapes[1]);
        if let Some(from) = rule.from.as_deref().filter(|_| is_whole) {
            return self.same(rule, question, from, line);
        }
        let fits = question.derived.is_none()
            && match &question.kind {
                Kind::Multiple { .. } => shapes == [true, false, false],
                _ if of_one => shapes == [false, true, false] || shapes == [false, false, true],
                _ => false,
            };
        if !fits {
            return self.unfit(question, line);
        }
        if !rule.options.is_empty() {
            let rules: Vec<OptionRule> =
                rule.options.iter().filter_map(|option| self.option_rule(option, question)).collect();
            let covered = rules.iter().map(|rule| rule.option).collect();
            self.exclusives(question, &covered, line);
            return Some(RuleKind::Options(rules));
        }
        let from: Vec<String> =
            if rule.worst.is_empty() { rule.from.iter().cloned().collect() } else { rule.worst.clone() };
        let named = from.len();
        let from: Vec<Source> = from.iter().filter_map(|name| self.source(name, line)).collect();
        let Some(&first) = from.first() else {
            if named == 0 {
                let message = format!("the rule of question `{}` names no source question", question.number);
                self.error(line, message);
            }
            return None;
        };
        if !rule.map.is_empty() {
            let mut map = HashMap::new();
            for (&code, &to) in &rule.map {
                for place in from.iter().map(|source| source.question) {
                    self.source_code(place, code, line);
                    self.used.insert((place, code));
                }
                map.extend(self.target_option(question, to, line).map(|place| (code, place)));
            }
            return Some(RuleKind::Codes { from, map });
        }
        let mut order = Vec::new();
        for step in &rule.priority {
            self.source_code(first.question, step.code, line);
            self.used.insert((first.question, step.code));
            order.extend(self.target_option(question, step.to, line).map(|place| (step.code, place)));
        }
        let otherwise = rule.otherwise.and_then(|code| self.target_option(question, code, line));
        Some(RuleKind::Priority { from: first, order, otherwise })
    }

    fn option_rule(&mut self, rule: &OptionRuleFile, question: &Question) -> Option<OptionRule> {
        let line = Some(rule.option.referenced.line());
        let option = self.target_option(question, rule.option.value, line)?;
        let when = match (rule.any.is_empty(), rule.all.is_empty(), rule.none) {
            (false, true, false) => When::Any(self.conditions(&rule.any, line)),
            (true, false, false) => When::All(self.conditions(&rule.all, line)),
            (true, true, true) => When::NoOther,
            _ => {
                let message = format!(
                    "option {} of question `{}` takes one of `any`, `all` and `none`",
                    rule.option.value, question.number
                );
                self.error(line, message);
                return None;
            }
        };
        Some(OptionRule { option, reason: rule.reason.clone(), when })
    }

    fn conditions(&mut self, conditions: &[ConditionFile], line: Option<u64>) -> Vec<Condition> {
        let mut resolved = Vec::new();
        for condition in conditions {
            let name = match condition.row {
                Some(row) => format!("{}.{row}", condition.question),
                None => condition.question.clone(),
            };
            let Some(source) = self.source(&name, line) else { continue };
            let question = source.question;
            let is_number = matches!(self.source.questions[question].kind, Kind::Number { .. });
            let test = match (condition.at_least, condition.codes.is_empty()) {
                (Some(least), true) if is_number => Test::AtLeast(least),
                (None, false) if !is_number => {
                    for &code in condition.codes.iter().chain(&condition.not) {
                        self.source_code(question, code, line);
                        self.used.insert((question, code));
                    }
                    Test::Codes(condition.codes.clone())
                }
                _ => {
                    let message = format!(
                        "the condition on `{}` takes `codes`, or `at_least` for a number",
                        condition.question
                    );
                    self.error(line, message);
                    continue;
                }
            };
            resolved.push(Condition { source, test });
        }
        resolved
    }

    /// "None of these" can only be known where all of these are.
    pub(super) fn exclusives(&mut self, question: &Question, covered: &HashSet<usize>, line: Option<u64>) {
        let whole = covered.len() == question.options().len();
        let exclusive = covered.iter().any(|option| question.options()[*option].exclusive);
        if exclusive && !whole {
            self.error(
                line,
                format!(
                    "question `{}`: its exclusive option is covered, but not every option that it excludes",
                    question.number
                ),
            );
        }
    }

    /// The codes of a source question that no rule uses and that are not listed yet.
    fn left_over(&self, place: usize, unmapped: &HashSet<(usize, i16)>) -> Vec<i16> {
        let codes = self.source.questions[place].options().iter().map(|option| option.code);
        codes
            .filter(|code| !self.used.contains(&(place, *code)) && !unmapped.contains(&(place, *code)))
            .collect()
    }

    /// Every code of a source question that feeds something is mapped or deliberately not.
    fn every_code(&mut self, unmapped: &HashSet<(usize, i16)>) {
        for (place, question) in self.source.questions.iter().enumerate() {
            let missing: Vec<String> = question
                .options()
                .iter()
                .map(|option| option.code)
                .filter(|code| !self.used.contains(&(place, *code)) && !unmapped.contains(&(place, *code)))
                .map(|code| code.to_string())
                .collect();
            if !missing.is_empty() {
                let message = format!(
                    "source question `{}`: codes {} are neither mapped nor unmapped",
                    question.number,
                    missing.join(", ")
                );
                // Where the question is used, else where codes without use are listed.
                let number = question.number.as_str();
                let line = line_of(self.text, &[("question", number)])
                    .or_else(|| line_of(self.text, &[("from", number)]))
                    .or_else(|| line_of(self.text, &[("worst", number)]))
                    .or_else(|| line_of(self.text, &[("unmapped", "")]))
                    .or_else(|| line_of(self.text, &[("questions", "")]));
                self.findings.push(
                    Finding::error(self.path, line, message)
                        .hint("use them in a rule, or list them under unmapped with a reason"),
                );
            }
        }
    }
}
