use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::concordance::Concordance;
use super::finding::{Finding, Severity};
use super::form_file::FormFile;
use super::indicator::IndicatorSet;
use super::layout_yaml::LayoutYaml;
use super::lines::{line_of, value_of};
use super::load_form::resolve_form;
use super::load_layout::resolve_layout;
use super::load_mapping;
use super::mapping::MappingFile;
use super::sectors::Sectors;
use super::survey::Survey;
use super::table::Table;
use super::{DefinitionUse, SurveyDefinition};

/// The SHA-256 of some bytes, as lower-case hex.
pub fn content_hash(bytes: &[u8]) -> String {
    content_hash_of(&[bytes])
}

/// The SHA-256 of some bytes one behind the other, as lower-case hex.
pub fn content_hash_of(parts: &[&[u8]]) -> String {
    // Every record has one: no formatting machinery here.
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = String::with_capacity(64);
    let mut digest = Sha256::new();
    parts.iter().for_each(|part| digest.update(part));
    for byte in digest.finalize() {
        hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
        hex.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    hex
}

/// Reads the files of one survey's folder, by path. Returns what could be read and everything found on the way;
/// the definition is there unless `survey.yaml` itself cannot be read.
pub(super) fn load(files: &BTreeMap<String, Vec<u8>>) -> (Option<SurveyDefinition>, Vec<Finding>) {
    let mut findings = Vec::new();
    let Some(mut survey) = read::<Survey>(files, "survey.yaml", &mut findings) else {
        return (None, findings);
    };
    survey.settle();
    let mut definition = SurveyDefinition {
        survey,
        forms: BTreeMap::new(),
        layouts: BTreeMap::new(),
        sectors: BTreeMap::new(),
        mappings: BTreeMap::new(),
        tables: BTreeMap::new(),
        concordances: BTreeMap::new(),
        indicators: BTreeMap::new(),
        files: files.iter().map(|(path, bytes)| (path.clone(), bytes.clone())).collect(),
        hashes: files.iter().map(|(path, bytes)| (path.clone(), content_hash(bytes))).collect(),
        broken: BTreeMap::new(),
    };
    for path in yaml_files(files, "forms/") {
        let Some(file) = definition.read::<FormFile>("forms/", "form", path, &mut findings) else { continue };
        let (form, beside) = resolve_form(path, file, files, &mut findings);
        let name = form.reference.target();
        if let Some(other) =
            definition.forms.insert(form.reference.clone(), DefinitionUse::new(form, path, beside))
        {
            let line = line_of(&files[path], &[("version", "")]);
            let message = format!("form `{name}` stands in `{}` too", other.path);
            findings.push(Finding::error(path, line, message).hint("give one of them another version"));
        }
    }
    for path in yaml_files(files, "layouts/") {
        let Some(file) = definition.read::<LayoutYaml>("layouts/", "layout", path, &mut findings) else {
            continue;
        };
        let Some(form) = definition.forms.get(&file.form) else {
            if !definition.is_broken("forms/", file.form.form.as_str()) {
                let line = line_of(&files[path], &[("form", file.form.form.as_str())]);
                let known: Vec<String> = definition.forms.keys().map(|known| known.target()).collect();
                let message = format!("layout feeds unknown form `{}`", file.form.target());
                let finding = Finding::error(path, line, message);
                let finding = finding.hint("name a form and version that stand under forms/");
                findings.push(finding.nearest(&file.form.target(), known.iter().map(String::as_str)));
            }
            definition.broken.entry("layouts/").or_default().push(file.layout.to_string());
            continue;
        };
        let columns_path = format!("layouts/{}", file.columns);
        let form = std::sync::Arc::clone(&form.value);
        let layout = resolve_layout(path, &columns_path, file, &form, files, &mut findings);
        definition
            .layouts
            .insert(layout.reference.clone(), DefinitionUse::new(layout, path, vec![columns_path]));
    }
    for path in yaml_files(files, "sectors/") {
        if let Some(sectors) = definition.read::<Sectors>("sectors/", "sectors", path, &mut findings) {
            definition.sectors.insert(sectors.reference(), DefinitionUse::new(sectors, path, Vec::new()));
        }
    }
    for path in yaml_files(files, "mappings/") {
        let Some(file) = definition.read::<MappingFile>("mappings/", "mapping", path, &mut findings) else {
            continue;
        };
        let (source, target) = (definition.forms.get(&file.source), definition.forms.get(&file.target));
        let (Some(source), Some(target)) = (source, target) else {
            for (key, form) in [("source", &file.source), ("target", &file.target)] {
                let known = definition.forms.contains_key(form);
                if !known && !definition.is_broken("forms/", form.form.as_str()) {
                    let line = line_of(&files[path], &[(key, "")]);
                    let message = format!(
                        "mapping is between forms that are not both there: `{}` is missing",
                        form.target()
                    );
                    let finding = Finding::error(path, line, message);
                    findings.push(finding.hint("name forms and versions that stand under forms/"));
                }
            }
            definition.broken.entry("mappings/").or_default().push(file.mapping.clone());
            continue;
        };
        let mapping =
            load_mapping::resolve(path, &files[path], file, &source.value, &target.value, &mut findings);
        definition.mappings.insert(mapping.reference.clone(), DefinitionUse::new(mapping, path, Vec::new()));
    }
    for path in yaml_files(files, "tables/") {
        let Some(table) = definition.read::<Table>("tables/", "table", path, &mut findings) else { continue };
        let id = table.table.clone();
        if let Some(other) = definition.tables.insert(id.clone(), DefinitionUse::new(table, path, Vec::new()))
        {
            let line = line_of(&files[path], &[("table", "")]);
            let message = format!("table `{id}` stands in `{}` too", other.path);
            findings.push(Finding::error(path, line, message).hint("give one of them another id"));
        }
    }
    for path in yaml_files(files, "concordances/") {
        let read = definition.read::<Concordance>("concordances/", "concordance", path, &mut findings);
        let Some(mut concordance) = read else { continue };
        let id = concordance.concordance.clone();
        let beside: Vec<String> = concordance.units_file.iter().cloned().collect();
        for name in &beside {
            match files.get(name) {
                Some(bytes) => concordance.read_units(name, bytes, &mut findings),
                None => {
                    let line = line_of(&files[path], &[("units_file", "")]);
                    let known = files.keys().filter(|known| known.ends_with(".csv")).map(String::as_str);
                    let message = format!("the file of units `{name}` is missing");
                    findings.push(Finding::error(path, line, message).nearest(name, known));
                }
            }
        }
        definition.concordances.insert(id, DefinitionUse::new(concordance, path, beside));
    }
    for path in yaml_files(files, "indicators/") {
        let read = definition.read::<IndicatorSet>("indicators/", "set", path, &mut findings);
        let Some(set) = read else { continue };
        let id = set.set.clone();
        let used = DefinitionUse::new(set, path, Vec::new());
        if let Some(other) = definition.indicators.insert(id.clone(), used) {
            let line = line_of(&files[path], &[("set", "")]);
            let message = format!("set `{id}` stands in `{}` too", other.path);
            findings.push(Finding::error(path, line, message).hint("give one of them another id"));
        }
    }
    definition.write_out_indicators();
    (Some(definition), findings)
}

impl SurveyDefinition {
    /// Reads a file of a folder; one that cannot be read is remembered by its id.
    fn read<T: serde::de::DeserializeOwned>(
        &mut self,
        folder: &'static str,
        key: &str,
        path: &str,
        findings: &mut Vec<Finding>,
    ) -> Option<T> {
        let read = read::<T>(&self.files, path, findings);
        if read.is_none() {
            let id = self.files.get(path).and_then(|text| value_of(text, key)).unwrap_or_default().to_owned();
            self.broken.entry(folder).or_default().push(id);
        }
        read
    }
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
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
            findings.push(Finding::error(path, Some(line), "file is not UTF-8").hint("save it as UTF-8"));
            return None;
        }
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
