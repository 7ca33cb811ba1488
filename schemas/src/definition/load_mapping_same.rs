//! Rules that take an answer as it is, from a source question of the same kind.

use std::collections::{HashMap, HashSet};

use super::finding::Finding;
use super::form::{Precision, Question};
use super::kind::Kind;
use super::load_mapping::Resolver;
use super::mapping::{QuestionRuleFile, RuleKind, Source};

impl Resolver<'_> {
    /// An error for a rule that does not fit its question.
    pub(super) fn unfit(&mut self, question: &Question, line: Option<u64>) -> Option<RuleKind> {
        let hint = "a multiple-answer target takes `options`, a single-answer one `from` or `worst` with `map`, or \
                    `from` with `priority`; any but a derived one takes `from` alone, from a question of its kind";
        let message = format!("the rule does not fit question `{}`", question.number);
        self.findings.push(Finding::error(self.path, line, message).hint(hint));
        None
    }

    /// `from` alone, or with `map` and `rows` where codes differ.
    pub(super) fn same(
        &mut self,
        rule: &QuestionRuleFile,
        question: &Question,
        from: &str,
        line: Option<u64>,
    ) -> Option<RuleKind> {
        // A row of a grid is answered like a single answer.
        let of_one = matches!(question.kind, Kind::Single { .. } | Kind::Rating { .. });
        let row = match from.contains('.') {
            true => Some(self.source(from, line)?),
            false => None,
        };
        let place = match row {
            Some(row) => row.question,
            None => self.source_question(from, line)?,
        };
        let source = &self.source.questions[place];
        let fits = match row {
            Some(_) => of_one && rule.rows.is_empty(),
            None => same_kind(&source.kind, &question.kind),
        };
        if !fits {
            return self.unfit(question, line);
        }
        let mut codes = HashMap::new();
        if rule.map.is_empty() {
            // A code that the target does not have is left over, and has to be listed as unmapped.
            for option in source.options() {
                if let Some(to) = question.kind.place_of_code(i64::from(option.code)) {
                    codes.insert(option.code, to);
                }
            }
        }
        for (code, to) in &rule.map {
            self.source_code(place, *code, line);
            codes.extend(self.target_option(question, *to, line).map(|to| (*code, to)));
        }
        self.used.extend(codes.keys().map(|code| (place, *code)));
        let mut rows = Vec::new();
        let of_rows = if row.is_none() { source.rows() } else { &[] };
        for (at, row) in of_rows.iter().enumerate() {
            let wanted = match rule.rows.is_empty() {
                true => row.code,
                false => match rule.rows.get(&row.code) {
                    Some(to) => *to,
                    None => continue,
                },
            };
            match question.rows().iter().position(|row| row.code == wanted) {
                Some(to) => rows.push((at, to)),
                None if rule.rows.is_empty() => {}
                None => {
                    self.error(line, format!("target question `{}` has no row {wanted}", question.number))
                }
            }
        }
        for code in rule.rows.keys() {
            if !source.rows().iter().any(|row| row.code == *code) {
                self.error(line, format!("source question `{}` has no row {code}", source.number));
            }
        }
        if matches!(question.kind, Kind::Multiple { .. }) {
            let covered: HashSet<usize> = codes.values().copied().collect();
            self.exclusives(question, &covered, line);
        }
        if of_one {
            let from = vec![row.unwrap_or(Source { question: place, row: 0 })];
            return Some(RuleKind::Codes { from, map: codes });
        }
        Some(RuleKind::Same { from: place, codes, rows })
    }
}

/// Whether answers of one kind are answers of the other, without loss.
fn same_kind(source: &Kind, target: &Kind) -> bool {
    match (source, target) {
        (Kind::Single { .. } | Kind::Rating { .. }, Kind::Single { .. } | Kind::Rating { .. }) => true,
        (Kind::Number { decimals: source, .. }, Kind::Number { decimals: target, .. }) => source <= target,
        (Kind::Date { precision: source, .. }, Kind::Date { precision: target, .. }) => {
            rank(*source) <= rank(*target)
        }
        _ => source.as_str() == target.as_str(),
    }
}

/// Finer first.
fn rank(precision: Precision) -> u8 {
    match precision {
        Precision::Day => 0,
        Precision::Month => 1,
        Precision::Year => 2,
    }
}
