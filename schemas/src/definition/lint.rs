use std::collections::HashSet;

use super::SurveyDefinition;
use super::derived::{AgeOn, Derived};
use super::finding::Finding;
use super::lines::line_of;
use super::lint_form::lint_form;
use super::survey::{Survey, Wave};
use crate::state::State;

/// What only shows when the files of a survey are held against each other.
pub(super) fn lint(definition: &SurveyDefinition) -> Vec<Finding> {
    let mut findings = Vec::new();
    let survey = &definition.survey;
    survey_alone(definition, survey, &mut findings);
    for wave in &survey.waves {
        lint_wave(definition, wave, &mut findings);
        findings.extend(super::frame::lint(definition, wave));
    }
    for used in definition.sectors.values() {
        let sectors = &used.value;
        let at =
            |group: &str| definition.file(&used.path).and_then(|text| line_of(text, &[("group", group)]));
        for (place, group) in sectors.groups.iter().enumerate() {
            if !sectors.fields.iter().any(|field| field.field == group.field) {
                let known = sectors.fields.iter().map(|field| field.field.as_str());
                let message = format!("group `{}` is in unknown field `{}`", group.group, group.field);
                let finding = Finding::error(&used.path, at(&group.group), message);
                findings.push(finding.nearest(&group.field, known));
            }
            if sectors.groups[..place].iter().any(|other| other.group == group.group) {
                let message = format!("group `{}` stands twice", group.group);
                findings.push(Finding::error(&used.path, at(&group.group), message));
            }
        }
    }
    for used in definition.forms.values() {
        lint_form(definition, &used.path, &used.value, &mut findings);
    }
    super::collection::lint(definition, &mut findings);
    super::lint_table::lint_tables(definition, &mut findings);
    super::concordance::lint(definition, &mut findings);
    super::indicator_lint::lint(definition, &mut findings);
    findings
}

/// The line in `survey.yaml`.
fn at(definition: &SurveyDefinition, keys: &[(&str, &str)]) -> Option<u64> {
    definition.file("survey.yaml").and_then(|text| line_of(text, keys))
}

fn lint_wave(definition: &SurveyDefinition, wave: &Wave, findings: &mut Vec<Finding>) {
    let id = wave.wave.as_str();
    let error = |keys: &[(&str, &str)], message: String| {
        let keys: Vec<(&str, &str)> = std::iter::once(("wave", id)).chain(keys.iter().copied()).collect();
        Finding::error("survey.yaml", at(definition, &keys), message)
    };
    for form in &wave.forms {
        let name = form.form.as_str();
        if !definition.forms.contains_key(form) && !definition.is_broken("forms/", name) {
            let known: Vec<String> = definition.forms.keys().map(|known| known.target()).collect();
            let message = format!("wave `{id}` uses unknown form `{}`", form.target());
            let finding = error(&[("form", name)], message);
            let finding = finding.hint("add the form under forms/, or name one that stands there");
            findings.push(finding.nearest(&form.target(), known.iter().map(String::as_str)));
        }
    }
    // Somebody else's form is answered too, and comes through a mapping.
    let sources: Vec<_> =
        wave.mappings.iter().filter_map(|m| definition.mapping(m)).map(|m| &m.source).collect();
    for layout in &wave.layouts {
        let name = layout.layout.as_str();
        let key = [("layout", name)];
        match definition.layouts.get(layout) {
            None if definition.is_broken("layouts/", name) => {}
            None => {
                let known: Vec<&str> = definition.layouts.keys().map(|known| known.layout.as_str()).collect();
                let message = format!("wave `{id}` uses unknown layout `{name}` version {}", layout.version);
                findings.push(error(&key, message).nearest(name, known.into_iter()));
            }
            Some(used) if !wave.forms.contains(&used.value.form) && !sources.contains(&&used.value.form) => {
                let message = format!("wave `{id}`: layout `{name}` feeds a form that the wave does not use");
                let hint = "list the form in the wave, or a mapping that reads it";
                findings.push(error(&key, message).hint(hint));
            }
            Some(_) => {}
        }
    }
    if let Some(sectors) = &wave.sectors
        && !definition.sectors.contains_key(sectors)
        && !definition.is_broken("sectors/", &sectors.sectors)
    {
        let known = definition.sectors.keys().map(|known| known.sectors.as_str());
        let message =
            format!("wave `{id}` uses unknown sectors `{}` version {}", sectors.sectors, sectors.version);
        findings.push(error(&[("sectors", &sectors.sectors)], message).nearest(&sectors.sectors, known));
    }
    for mapping in &wave.mappings {
        let key = [("mapping", mapping.mapping.as_str())];
        match definition.mappings.get(mapping) {
            None if definition.is_broken("mappings/", &mapping.mapping) => {}
            None => {
                let known: Vec<String> = definition.mappings.keys().map(|known| known.target()).collect();
                let message = format!("wave `{id}` uses unknown mapping `{}`", mapping.target());
                let finding = error(&key, message);
                findings.push(finding.nearest(&mapping.target(), known.iter().map(String::as_str)));
            }
            Some(used) if !wave.forms.contains(&used.value.target) => {
                let target = mapping.target();
                let message =
                    format!("wave `{id}`: mapping `{target}` feeds a form that the wave does not use");
                findings.push(error(&key, message));
            }
            Some(_) => {}
        }
    }
    for path in &wave.datasets {
        if definition.file(path).is_none() {
            let keys = [("datasets", ""), ("", path.as_str())];
            findings.push(error(&keys, format!("data set `{path}` is missing")));
        }
    }
    if let Some(date) = &wave.reference_date
        && crate::moment::iso_date(date).is_none()
    {
        let finding = error(&[("reference_date", "")], format!("wave `{id}`: `{date}` is no day"));
        findings.push(finding.hint("write YYYY-MM-DD"));
    }
    let known: Vec<_> = wave.forms.iter().filter_map(|form| definition.form(form)).collect();
    let needs_date = |question: &&super::Question| {
        matches!(question.derived, Some(Derived::Age { on: AgeOn::ReferenceDate, .. }))
    };
    let aged = known.iter().flat_map(|form| &form.questions).find(needs_date);
    if let Some(question) = aged.filter(|_| wave.reference_date.is_none()) {
        let message =
            format!("wave `{id}` has no reference date, and `{}` is the age on it", question.number);
        findings.push(
            error(&[], message).hint("give the wave a `reference_date`, or the age another day with `on`"),
        );
    }
    for number in wave.headline.iter().filter(|_| known.len() == wave.forms.len()) {
        if !known.iter().any(|form| form.question(number.as_str()).is_some()) {
            let names = known.iter().flat_map(|form| form.questions.iter().map(|q| q.number.as_str()));
            let keys = [("headline", number.as_str())];
            let finding = error(&keys, format!("headline names unknown question `{number}`"));
            findings.push(finding.nearest(number.as_str(), names));
        }
    }
}

fn survey_alone(definition: &SurveyDefinition, survey: &Survey, findings: &mut Vec<Finding>) {
    let error =
        |keys: &[(&str, &str)], message: String| Finding::error("survey.yaml", at(definition, keys), message);
    let of_waves = survey.waves.iter().map(|wave| &wave.states);
    if std::iter::once(&survey.states).chain(of_waves).any(|states| states.contains_key(&State::Answered)) {
        let message = "answers that were given are in every base: `answered` takes no rule".to_owned();
        findings
            .push(error(&[("answered", "")], message).hint("take it out; rules are for what is no answer"));
    }
    if survey.decimals > 6 {
        findings.push(error(&[("decimals", "")], "decimals above 6".into()));
    }
    if survey.mean_decimals.is_some_and(|decimals| decimals > 6) {
        findings.push(error(&[("mean_decimals", "")], "mean_decimals above 6".into()));
    }
    if survey.waves.is_empty() {
        let finding = error(&[("waves", "")], "survey has no wave".into());
        findings.push(finding.hint("list `waves`; a survey without waves names its `forms` at the top"));
    }
    let mut seen = HashSet::new();
    for wave in &survey.waves {
        let key = [("wave", wave.wave.as_str())];
        if !seen.insert(&wave.wave) {
            findings.push(error(&key, format!("wave `{}` stands twice", wave.wave)));
        }
        if wave.forms.is_empty() {
            findings.push(error(&key, format!("wave `{}` has no form", wave.wave)));
        }
    }
}
