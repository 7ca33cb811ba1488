use std::collections::HashSet;

use super::SurveyDefinition;
use super::finding::Finding;
use super::kind::Kind;
use super::survey::Survey;

/// What only shows when the files of a survey are held against each other.
pub(super) fn lint(definition: &SurveyDefinition) -> Vec<Finding> {
    let mut findings = Vec::new();
    let survey = &definition.survey;
    survey_alone(survey, &mut findings);
    for wave in &survey.waves {
        for form in &wave.forms {
            if !definition.forms.contains_key(form) {
                findings.push(
                    Finding::error(
                        "survey.yaml",
                        None,
                        format!("wave `{}` uses unknown form `{}`", wave.wave, form.target()),
                    )
                    .hint("add the form under forms/, or name one that stands there"),
                );
            }
        }
        for layout in &wave.layouts {
            match definition.layouts.get(layout) {
                None => findings.push(Finding::error(
                    "survey.yaml",
                    None,
                    format!(
                        "wave `{}` uses unknown layout `{}` version {}",
                        wave.wave, layout.layout, layout.version
                    ),
                )),
                Some(used) if !wave.forms.contains(&used.value.form) => findings.push(Finding::error(
                    "survey.yaml",
                    None,
                    format!(
                        "wave `{}`: layout `{}` feeds a form that the wave does not use",
                        wave.wave, layout.layout
                    ),
                )),
                Some(_) => {}
            }
        }
        if let Some(sectors) = &wave.sectors
            && !definition.sectors.contains_key(sectors)
        {
            findings.push(Finding::error(
                "survey.yaml",
                None,
                format!(
                    "wave `{}` uses unknown sectors `{}` version {}",
                    wave.wave, sectors.sectors, sectors.version
                ),
            ));
        }
        for mapping in &wave.mappings {
            match definition.mappings.get(mapping) {
                None => findings.push(Finding::error(
                    "survey.yaml",
                    None,
                    format!("wave `{}` uses unknown mapping `{}`", wave.wave, mapping.target()),
                )),
                Some(used) if !wave.forms.contains(&used.value.target) => findings.push(Finding::error(
                    "survey.yaml",
                    None,
                    format!(
                        "wave `{}`: mapping `{}` feeds a form that the wave does not use",
                        wave.wave,
                        mapping.target()
                    ),
                )),
                Some(_) => {}
            }
        }
        for path in &wave.datasets {
            if definition.file(path).is_none() {
                findings.push(Finding::error("survey.yaml", None, format!("data set `{path}` is missing")));
            }
        }
        findings.extend(super::frame::lint(definition, wave));
        for number in &wave.headline {
            let known = wave.forms.iter().filter_map(|form| definition.form(form));
            if !known.clone().any(|form| form.question(number.as_str()).is_some()) {
                let names: Vec<&str> =
                    known.flat_map(|form| form.questions.iter().map(|q| q.number.as_str())).collect();
                findings.push(
                    Finding::error(
                        "survey.yaml",
                        None,
                        format!("headline names unknown question `{number}`"),
                    )
                    .nearest(number.as_str(), names.into_iter()),
                );
            }
        }
    }
    for used in definition.sectors.values() {
        let sectors = &used.value;
        for group in &sectors.groups {
            if !sectors.fields.iter().any(|field| field.field == group.field) {
                let known = sectors.fields.iter().map(|field| field.field.as_str());
                findings.push(
                    Finding::error(
                        &used.path,
                        None,
                        format!("group `{}` is in unknown field `{}`", group.group, group.field),
                    )
                    .nearest(&group.field, known),
                );
            }
            if sectors.groups.iter().filter(|other| other.group == group.group).count() > 1 {
                findings.push(Finding::error(
                    &used.path,
                    None,
                    format!("group `{}` stands twice", group.group),
                ));
            }
        }
    }
    for used in definition.forms.values() {
        form_alone(definition, &used.path, &used.value, &mut findings);
    }
    findings
}

fn survey_alone(survey: &Survey, findings: &mut Vec<Finding>) {
    if survey.decimals > 6 {
        findings.push(Finding::error("survey.yaml", None, "decimals above 6"));
    }
    if survey.waves.is_empty() {
        findings.push(Finding::error("survey.yaml", None, "survey has no wave"));
    }
    let mut seen = HashSet::new();
    for wave in &survey.waves {
        if !seen.insert(&wave.wave) {
            findings.push(Finding::error("survey.yaml", None, format!("wave `{}` stands twice", wave.wave)));
        }
        if wave.forms.is_empty() {
            findings.push(Finding::error("survey.yaml", None, format!("wave `{}` has no form", wave.wave)));
        }
    }
}

fn form_alone(definition: &SurveyDefinition, path: &str, form: &super::Form, findings: &mut Vec<Finding>) {
    let languages = &definition.survey.languages;
    let mut columns = HashSet::new();
    for column in crate::columns::answer_columns(form) {
        if !columns.insert(column.name.clone()) {
            findings.push(
                Finding::error(path, None, format!("two answers would share the column `{}`", column.name))
                    .hint("rename one of the questions"),
            );
        }
    }
    for question in &form.questions {
        let texts = std::iter::once(&question.text)
            .chain(question.options().iter().filter(|option| !option.implied).map(|option| &option.label))
            .chain(question.rows().iter().map(|row| &row.label));
        for text in texts {
            if text.is_empty() {
                findings.push(Finding::error(
                    path,
                    None,
                    format!("question `{}` has an empty text", question.number),
                ));
            }
            for language in text.missing(languages) {
                findings.push(Finding::error(
                    path,
                    None,
                    format!("question `{}` has a text without `{language}`", question.number),
                ));
            }
        }
        let mut labels = HashSet::new();
        for option in question.options() {
            // One option may read the same in two languages.
            let wordings: HashSet<&str> = option.label.wordings().map(str::trim).collect();
            for wording in wordings {
                if !labels.insert(wording.to_owned()) {
                    findings.push(
                        Finding::warning(
                            path,
                            None,
                            format!("question `{}`: two options share a label", question.number),
                        )
                        .hint("a layout cannot tell them apart by their text"),
                    );
                }
            }
        }
        if let Kind::Number { min: Some(min), max: Some(max), .. } = question.kind
            && min > max
        {
            findings.push(Finding::error(
                path,
                None,
                format!("question `{}`: min above max", question.number),
            ));
        }
    }
}
