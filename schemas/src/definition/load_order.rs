//! In which order conditions and derived answers can be worked out; what cannot be is an error.

use super::finding::Finding;
use super::form::{Form, Question, Role};
use super::load_form::Waiting;

/// Every question behind those that it depends on. Conditions look back: at earlier questions, attributes and derived
/// answers.
pub(super) fn order(path: &str, form: &Form, lines: &[Waiting], findings: &mut Vec<Finding>) -> Vec<usize> {
    let mut walk =
        Walk { path, form, lines, findings, marks: vec![Mark::New; form.questions.len()], order: Vec::new() };
    for place in 0..form.questions.len() {
        walk.forward(place);
    }
    for place in 0..form.questions.len() {
        walk.visit(place, &mut Vec::new());
    }
    walk.order
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

struct Walk<'a> {
    path: &'a str,
    form: &'a Form,
    lines: &'a [Waiting],
    findings: &'a mut Vec<Finding>,
    marks: Vec<Mark>,
    order: Vec<usize>,
}

/// The questions that the conditions of a question look at.
fn conditions(question: &Question) -> Vec<usize> {
    let mut found = Vec::new();
    let premises = question
        .ask_if
        .iter()
        .chain(question.options().iter().filter_map(|option| option.ask_if.as_ref()))
        .chain(question.rows().iter().filter_map(|row| row.ask_if.as_ref()));
    for premise in premises {
        premise.questions(&mut |place| found.push(place));
    }
    found.sort_unstable();
    found.dedup();
    found
}

impl Walk<'_> {
    fn line(&self, place: usize) -> Option<u64> {
        self.lines.get(place).and_then(|waiting| waiting.line)
    }

    fn forward(&mut self, place: usize) {
        let question = &self.form.questions[place];
        for at in conditions(question) {
            let other = &self.form.questions[at];
            if at > place && other.role != Role::Attribute && other.derived.is_none() {
                let message = format!(
                    "the condition of `{}` looks ahead to `{}`, which is asked later",
                    question.number, other.number
                );
                self.findings.push(
                    Finding::error(self.path, self.line(place), message)
                        .hint("conditions look at earlier questions, attributes and derived answers"),
                );
            }
        }
    }

    fn visit(&mut self, place: usize, chain: &mut Vec<usize>) {
        match self.marks[place] {
            Mark::Done => return,
            Mark::Open => {
                let from = chain.iter().position(|at| *at == place).unwrap_or(0);
                let mut names: Vec<&str> =
                    chain[from..].iter().map(|at| self.form.questions[*at].number.as_str()).collect();
                names.push(self.form.questions[place].number.as_str());
                let message = format!("questions depend on each other in a circle: {}", names.join(" → "));
                let finding = Finding::error(self.path, self.line(place), message);
                self.findings.push(finding.hint("take one of the conditions out"));
                return;
            }
            Mark::New => {}
        }
        self.marks[place] = Mark::Open;
        chain.push(place);
        let question = &self.form.questions[place];
        let mut needed = conditions(question);
        needed.extend(question.derived.iter().flat_map(|derived| derived.sources()));
        for at in needed {
            self.visit(at, chain);
        }
        chain.pop();
        self.marks[place] = Mark::Done;
        self.order.push(place);
    }
}
