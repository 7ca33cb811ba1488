//! Which rules of a mapping of counts can be carried out by adding.

use std::collections::{BTreeMap, HashSet};

use super::finding::Finding;
use super::kind::Kind;
use super::lines::line_of;
use super::load_mapping::Resolver;
use super::mapping::{Condition, OptionRule, Rule, RuleKind, Test, When};

/// Names the rules of which the counts cannot be added: those that need to know what one unit answered to several
/// options or questions.
pub(super) fn addable(resolver: &mut Resolver<'_>, rules: &BTreeMap<usize, Rule>) {
    for (place, rule) in rules {
        let problem = match &rule.kind {
            RuleKind::Codes { from, .. } => (from.len() != 1)
                .then_some("the worst of several source questions needs the answers of each unit"),
            RuleKind::Priority { .. } => Some("a priority among marks needs the answers of each unit"),
            RuleKind::Same { from, .. } => match resolver.source.questions[*from].kind {
                Kind::Multiple { .. } => several_to_one(rule),
                Kind::Single { .. } | Kind::Rating { .. } | Kind::Grid { .. } => None,
                _ => Some("only options are counted"),
            },
            RuleKind::Options(options) => of_options(resolver, options),
        };
        if let Some(problem) = problem {
            let number = resolver.target.questions[*place].number.as_str();
            let line = line_of(resolver.text, &[("question", number)]);
            let message = format!("the counts of question `{number}` cannot be added: {problem}");
            let finding = Finding::error(resolver.path, line, message);
            resolver.findings.push(finding.hint(
                "with `aggregate: true` a rule takes one source question; several codes feed one option only where the source takes a single answer",
            ));
        }
    }
}

/// Whether two marks of one unit would be counted twice in one option.
fn several_to_one(rule: &Rule) -> Option<&'static str> {
    let RuleKind::Same { codes, .. } = &rule.kind else { return None };
    let places: HashSet<&usize> = codes.values().collect();
    (places.len() < codes.len()).then_some(SEVERAL)
}

const SEVERAL: &str = "a unit that marks several of these codes would count several times";

fn of_options(resolver: &Resolver<'_>, options: &[OptionRule]) -> Option<&'static str> {
    let mut source = None;
    for option in options {
        let When::Any(conditions) = &option.when else {
            return Some("`all` and `none` need the answers of each unit");
        };
        for Condition { source: of, test } in conditions {
            if !matches!(test, Test::Codes(_)) {
                return Some("numbers come without counts");
            }
            if source.replace(*of).is_some_and(|before| before != *of) {
                return Some("options of several source questions have no base in common");
            }
        }
        let codes: usize = conditions
            .iter()
            .map(|condition| match &condition.test {
                Test::Codes(codes) => codes.len(),
                Test::AtLeast(_) => 0,
            })
            .sum();
        let is_multiple = source
            .is_some_and(|of| matches!(resolver.source.questions[of.question].kind, Kind::Multiple { .. }));
        if is_multiple && codes > 1 {
            return Some(SEVERAL);
        }
    }
    None
}
