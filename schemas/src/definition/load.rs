use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::finding::{Finding, Severity};
use super::form_file::FormFile;
use super::layout_yaml::LayoutYaml;
use super::load_form::resolve_form;
use super::load_layout::resolve_layout;
use super::load_mapping;
use super::mapping::MappingFile;
use super::sectors::Sectors;
use super::survey::Survey;
use super::{DefinitionUse, SurveyDefinition};

/// The SHA-256 of some bytes, as lower-case hex.
pub fn content_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads the files of one survey's folder, by path. Returns what could be read and everything found on the way;
/// the definition is there unless `survey.yaml` itself cannot be read.
pub(super) fn load(files: &BTreeMap<String, Vec<u8>>) -> (Option<SurveyDefinition>, Vec<Finding>) {
    let mut findings = Vec::new();
    let Some(survey) = read::<Survey>(files, "survey.yaml", &mut findings) else {
        return (None, findings);
    };
    let mut definition = SurveyDefinition {
        survey,
        forms: BTreeMap::new(),
        layouts: BTreeMap::new(),
        sectors: BTreeMap::new(),
        mappings: BTreeMap::new(),
        files: files.iter().map(|(path, bytes)| (path.clone(), bytes.clone())).collect(),
        hashes: files.iter().map(|(path, bytes)| (path.clone(), content_hash(bytes))).collect(),
    };
    for path in yaml_files(files, "forms/") {
        if let Some(file) = read::<FormFile>(files, path, &mut findings) {
            let (form, beside) = resolve_form(path, file, files, &mut findings);
            definition.forms.insert(form.reference.clone(), DefinitionUse::new(form, path, beside));
        }
    }
    for path in yaml_files(files, "layouts/") {
        let Some(file) = read::<LayoutYaml>(files, path, &mut findings) else { continue };
        let Some(form) = definition.forms.get(&file.form) else {
            findings.push(
                Finding::error(path, None, format!("layout feeds unknown form `{}`", file.form.target()))
                    .hint("name a form and version that stand under forms/"),
            );
            continue;
        };
        let columns_path = format!("layouts/{}", file.columns);
        let layout = resolve_layout(path, &columns_path, file, &form.value, files, &mut findings);
        definition
            .layouts
            .insert(layout.reference.clone(), DefinitionUse::new(layout, path, vec![columns_path]));
    }
    for path in yaml_files(files, "sectors/") {
        if let Some(sectors) = read::<Sectors>(files, path, &mut findings) {
            definition.sectors.insert(sectors.reference(), DefinitionUse::new(sectors, path, Vec::new()));
        }
    }
    for path in yaml_files(files, "mappings/") {
        let Some(file) = read::<MappingFile>(files, path, &mut findings) else { continue };
        let (source, target) = (definition.forms.get(&file.source), definition.forms.get(&file.target));
        let (Some(source), Some(target)) = (source, target) else {
            findings.push(
                Finding::error(path, None, "mapping is between forms that are not both there")
                    .hint("name forms and versions that stand under forms/"),
            );
            continue;
        };
        let mapping = load_mapping::resolve(path, file, &source.value, &target.value, &mut findings);
        definition.mappings.insert(mapping.reference.clone(), DefinitionUse::new(mapping, path, Vec::new()));
    }
    (Some(definition), findings)
}

fn yaml_files<'a>(files: &'a BTreeMap<String, Vec<u8>>, folder: &'a str) -> impl Iterator<Item = &'a str> {
    files.keys().filter(move |path| path.starts_with(folder) && path.ends_with(".yaml")).map(String::as_str)
}

fn read<T: serde::de::DeserializeOwned>(
    files: &BTreeMap<String, Vec<u8>>,
    path: &str,
    findings: &mut Vec<Finding>,
) -> Option<T> {
    let Some(bytes) = files.get(path) else {
        findings.push(Finding::error(path, None, "file is missing").hint("every survey has a survey.yaml"));
        return None;
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        findings.push(Finding::error(path, None, "file is not UTF-8"));
        return None;
    };
    // `label: No` is a word here, not the boolean of YAML 1.1.
    let options = serde_saphyr::options! { strict_booleans: true };
    match serde_saphyr::from_str_with_options(text, options) {
        Ok(value) => Some(value),
        Err(error) => {
            let line = error.location().map(|location| location.line());
            let message = error.to_string();
            let first = message.lines().next().unwrap_or_default().trim_start_matches("error: ");
            // The place is told apart from the words.
            let words = first
                .split_once(": ")
                .filter(|(place, _)| place.starts_with("line "))
                .map_or(first, |(_, words)| words);
            let finding = Finding::error(path, line, words.trim_end_matches('.'));
            findings.push(unknown_key_hint(finding, &message));
            None
        }
    }
}

/// Turns the list of expected names in an "unknown …, expected one of …" message into the nearest right name.
fn unknown_key_hint(finding: Finding, message: &str) -> Finding {
    let first = message.lines().next().unwrap_or_default();
    let wanted = first.split('`').nth(1);
    let known = first.split_once("expected one of ").or_else(|| first.split_once("expected "));
    match (wanted, known) {
        (Some(wanted), Some((_, known))) if first.contains("unknown") => {
            finding.nearest(wanted, known.split(", ").map(|name| name.trim_matches(['`', '.', ' '])))
        }
        _ => finding,
    }
}

/// Whether any of the findings refuses the definition.
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}
