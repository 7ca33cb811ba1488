use std::collections::HashSet;

use super::SurveyDefinition;
use super::finding::Finding;
use super::form::{Form, Question};
use super::kind::Kind;
use super::lines::line_of;
use super::premise::Premise;
use super::text::Text;

/// What is wrong with a form that can be read.
pub(super) fn lint_form(definition: &SurveyDefinition, path: &str, form: &Form, findings: &mut Vec<Finding>) {
    let at = |question: &Question| {
        let text = definition.file(path)?;
        line_of(text, &[("number", question.number.as_str())])
    };
    let mut columns = HashSet::new();
    for column in crate::columns::answer_columns(form) {
        if !columns.insert(column.name.clone()) {
            let line = form.questions.get(column.question).and_then(at);
            let message = format!("two answers would share the column `{}`", column.name);
            findings.push(Finding::error(path, line, message).hint("rename one of the questions"));
        }
    }
    for question in &form.questions {
        let line = at(question);
        texts(definition, path, question, line, findings);
        shared_labels(path, question, line, findings);
        ranges(path, question, line, findings);
        codes_that_say_nothing(path, question, line, findings);
        groups(definition, path, form, question, line, findings);
    }
    for check in &form.checks {
        for language in check.message.missing(&definition.survey.languages) {
            let line = definition.file(path).and_then(|text| line_of(text, &[("check", &check.id)]));
            let message = format!("check `{}` has a message without `{language}`", check.id);
            findings.push(Finding::error(path, line, message));
        }
    }
}

fn texts(
    definition: &SurveyDefinition,
    path: &str,
    question: &Question,
    line: Option<u64>,
    findings: &mut Vec<Finding>,
) {
    let mut check = |what: String, text: &Text, needed: bool| {
        if needed && text.is_empty() {
            findings.push(Finding::error(path, line, format!("{what} has an empty text")));
        }
        let missing: Vec<&str> = text.missing(&definition.survey.languages).collect();
        if !missing.is_empty() {
            let message = format!("{what} has a text without `{}`", missing.join("`, `"));
            let finding = Finding::error(path, line, message);
            findings.push(finding.hint("give every language that survey.yaml lists, or one text for all"));
        }
    };
    let number = &question.number;
    check(format!("question `{number}`"), &question.text, true);
    check(format!("the short title of question `{number}`"), &question.short, false);
    for option in question.options().iter().filter(|option| !option.implied) {
        check(format!("question `{number}`, option {},", option.code), &option.label, true);
    }
    for row in question.rows() {
        check(format!("question `{number}`, row {},", row.code), &row.label, true);
    }
}

/// An option whose code means at the same time that there is no answer could never be given.
fn codes_that_say_nothing(path: &str, question: &Question, line: Option<u64>, findings: &mut Vec<Finding>) {
    for (key, words) in [("no_answer", &question.no_answer), ("not_asked", &question.not_asked)] {
        let option = question.options().iter().find(|option| words.contains(&option.code.to_string()));
        if let Some(option) = option {
            let message =
                format!("question `{}`: {} is an option, and `{key}` too", question.number, option.code);
            let hint = "answers by code would never reach the option: take it out of one of the two";
            findings.push(Finding::error(path, line, message).hint(hint));
        }
    }
}

fn shared_labels(path: &str, question: &Question, line: Option<u64>, findings: &mut Vec<Finding>) {
    let mut labels = HashSet::new();
    for option in question.options().iter().filter(|option| !option.implied) {
        // One option may read the same in two languages.
        let wordings: HashSet<&str> = option.label.wordings().map(str::trim).collect();
        for wording in wordings {
            if !labels.insert(wording.to_owned()) {
                let message = format!("question `{}`: two options share a label", question.number);
                let finding = Finding::warning(path, line, message);
                findings.push(finding.hint("a layout cannot tell them apart by their text"));
            }
        }
    }
}

fn ranges(path: &str, question: &Question, line: Option<u64>, findings: &mut Vec<Finding>) {
    let empty = match question.kind {
        Kind::Number { min: Some(min), max: Some(max), .. } => (min > max).then_some("min above max"),
        Kind::Date { earliest: Some(earliest), latest: Some(latest), .. } => {
            (earliest > latest).then_some("earliest behind latest")
        }
        _ => None,
    };
    if let Some(what) = empty {
        findings.push(Finding::error(path, line, format!("question `{}`: {what}", question.number)));
    }
}

/// Groups that conditions and options name, in the classifications of the waves that use the form.
fn groups(
    definition: &SurveyDefinition,
    path: &str,
    form: &Form,
    question: &Question,
    line: Option<u64>,
    findings: &mut Vec<Finding>,
) {
    let premises = question
        .ask_if
        .iter()
        .chain(question.options().iter().filter_map(|option| option.ask_if.as_ref()))
        .chain(question.rows().iter().filter_map(|row| row.ask_if.as_ref()));
    let mut named: Vec<&str> = premises.flat_map(Premise::groups).collect();
    named.extend(question.options().iter().filter_map(|option| option.group.as_deref()));
    if named.is_empty() {
        return;
    }
    let waves = definition.survey.waves.iter().filter(|wave| {
        let reads = |mapping: &_| definition.mapping(mapping).is_some_and(|m| m.source == form.reference);
        wave.forms.contains(&form.reference) || wave.mappings.iter().any(reads)
    });
    let sectors: Vec<_> = waves.filter_map(|wave| definition.sectors_of(wave)).collect();
    if sectors.is_empty() {
        return;
    }
    for name in named {
        if !sectors.iter().any(|sectors| sectors.group(name).is_some()) {
            let known = sectors.iter().flat_map(|sectors| sectors.groups.iter().map(|g| g.group.as_str()));
            let message = format!("question `{}` names unknown group `{name}`", question.number);
            findings.push(Finding::error(path, line, message).nearest(name, known));
        }
    }
}
