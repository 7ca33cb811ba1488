use std::collections::{BTreeMap, HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::finding::{Finding, Severity};
use super::form::{Choice, Form, FormFile, Kind, KindFile, OptionFile, Question, QuestionFile, Row, Section};
use super::layout::{ColumnTarget, Layout, LayoutFile};
use super::load_mapping;
use super::mapping::MappingFile;
use super::sectors::Sectors;
use super::survey::{FormRef, LayoutRef, Survey};
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
            let form = resolve_form(path, file, &mut findings);
            definition.forms.insert(form.reference.clone(), DefinitionUse::new(form, path, None));
        }
    }
    for path in yaml_files(files, "layouts/") {
        let Some(file) = read::<LayoutFile>(files, path, &mut findings) else { continue };
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
            .insert(layout.reference.clone(), DefinitionUse::new(layout, path, Some(columns_path)));
    }
    for path in yaml_files(files, "sectors/") {
        if let Some(sectors) = read::<Sectors>(files, path, &mut findings) {
            definition.sectors.insert(sectors.reference(), DefinitionUse::new(sectors, path, None));
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
        definition.mappings.insert(mapping.reference.clone(), DefinitionUse::new(mapping, path, None));
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

fn resolve_form(path: &str, file: FormFile, findings: &mut Vec<Finding>) -> Form {
    let mut form = Form {
        reference: FormRef { form: file.form, version: file.version },
        names: file.names,
        sections: Vec::new(),
        questions: Vec::new(),
        index: HashMap::new(),
    };
    let mut folded: HashMap<String, String> = HashMap::new();
    for section in file.sections {
        let at = form.sections.len();
        form.sections.push(Section { id: section.section, title: section.title });
        for question in section.questions {
            let number = question.number.value.clone();
            let line = question.number.referenced.line();
            if number.is_empty() || !number.chars().all(|c| c.is_ascii_alphanumeric()) {
                findings.push(
                    Finding::error(
                        path,
                        Some(line),
                        format!("question number `{number}` cannot name a column"),
                    )
                    .hint("use letters and digits only"),
                );
            }
            if let Some(other) = folded.insert(number.to_lowercase(), number.clone()) {
                findings.push(Finding::error(
                    path,
                    Some(line),
                    format!(
                        "question number `{number}` stands twice (`{other}`; case does not tell them apart)"
                    ),
                ));
                continue;
            }
            let question = resolve_question(path, at, question, &file.scales, findings);
            form.index.insert(number, form.questions.len());
            form.questions.push(question);
        }
    }
    form
}

fn resolve_question(
    path: &str,
    section: usize,
    file: QuestionFile,
    scales: &BTreeMap<String, Vec<OptionFile>>,
    findings: &mut Vec<Finding>,
) -> Question {
    let number = file.number.value;
    let line = Some(file.number.referenced.line());
    let options = match &file.scale {
        None => file.options.clone(),
        Some(name) => scales.get(name).cloned().unwrap_or_else(|| {
            findings.push(
                Finding::error(path, line, format!("question `{number}` uses unknown scale `{name}`"))
                    .nearest(name, scales.keys().map(String::as_str)),
            );
            Vec::new()
        }),
    };
    if file.scale.is_some() && !file.options.is_empty() {
        findings.push(Finding::error(
            path,
            line,
            format!("question `{number}` has both options and a scale"),
        ));
    }
    let takes_options = matches!(file.kind, KindFile::Single | KindFile::Multiple | KindFile::Grid);
    if takes_options && options.is_empty() {
        findings.push(Finding::error(path, line, format!("question `{number}` has no options")));
    }
    if !takes_options && !options.is_empty() {
        findings.push(Finding::error(path, line, format!("question `{number}` takes no options")));
    }
    if (file.kind == KindFile::Grid) == file.rows.is_empty() {
        findings.push(
            Finding::error(
                path,
                line,
                format!("question `{number}`: rows belong to a grid, and a grid has rows"),
            )
            .hint("give rows to kind: grid only"),
        );
    }
    if file.decimals > 9 {
        findings.push(Finding::error(path, line, format!("question `{number}`: decimals above 9")));
    }
    check_codes(path, &number, options.iter().map(|o| (o.code.value, o.code.referenced.line())), findings);
    check_codes(path, &number, file.rows.iter().map(|r| (r.row.value, r.row.referenced.line())), findings);
    let options: Vec<Choice> = options
        .into_iter()
        .map(|o| Choice {
            code: o.code.value,
            label: o.label,
            exclusive: o.exclusive,
            other: o.other,
            origin: o.origin,
            group: o.group,
            note: o.note,
        })
        .collect();
    let rows = file.rows.into_iter().map(|r| Row { code: r.row.value, label: r.label }).collect();
    let kind = match file.kind {
        KindFile::Single => Kind::Single { options },
        KindFile::Multiple => Kind::Multiple { options },
        KindFile::Grid => Kind::Grid { rows, options },
        KindFile::Number => Kind::Number { decimals: file.decimals.min(9), min: file.min, max: file.max },
        KindFile::Text => Kind::Text { chars_max: file.chars_max },
    };
    Question {
        number: number.as_str().into(),
        section,
        short: file.short,
        text: file.text,
        kind,
        origin: file.origin,
        filled_from: file.filled_from,
        note: file.note,
        printed_base: file.printed_base,
    }
}

fn check_codes(
    path: &str,
    number: &str,
    codes: impl Iterator<Item = (i16, u64)>,
    findings: &mut Vec<Finding>,
) {
    let mut seen = HashSet::new();
    for (code, line) in codes {
        if code < 1 {
            findings.push(Finding::error(
                path,
                Some(line),
                format!("question `{number}`: code {code} is below 1"),
            ));
        }
        if !seen.insert(code) {
            findings.push(Finding::error(
                path,
                Some(line),
                format!("question `{number}`: code {code} stands twice"),
            ));
        }
    }
}

fn resolve_layout(
    path: &str,
    columns_path: &str,
    file: LayoutFile,
    form: &Form,
    files: &BTreeMap<String, Vec<u8>>,
    findings: &mut Vec<Finding>,
) -> Layout {
    let mut layout = Layout {
        reference: LayoutRef { layout: file.layout, version: file.version },
        form: file.form,
        columns: HashMap::new(),
        order: Vec::new(),
        ignore: file.ignore.into_iter().collect(),
        chosen: file.marks.chosen.into_iter().collect(),
        not_chosen: file.marks.not_chosen.into_iter().collect(),
        labels: HashMap::new(),
    };
    match files.get(columns_path) {
        Some(bytes) => read_columns(columns_path, bytes, form, &mut layout, findings),
        None => {
            findings.push(Finding::error(path, None, format!("columns file `{columns_path}` is missing")))
        }
    }
    for (at, question) in form.questions.iter().enumerate() {
        let labels = layout.labels.entry(at).or_default();
        for (place, option) in question.options().iter().enumerate() {
            for wording in option.label.wordings() {
                labels.insert(wording.trim().to_owned(), place);
            }
        }
    }
    for alias in file.aliases {
        let line = Some(alias.question.referenced.line());
        let number = &alias.question.value;
        let Some((at, question)) = form.question(number) else {
            findings.push(
                Finding::error(path, line, format!("alias for unknown question `{number}`"))
                    .nearest(number, form.questions.iter().map(|q| q.number.as_str())),
            );
            continue;
        };
        let Some(place) = question.options().iter().position(|o| o.code == alias.code) else {
            findings.push(Finding::error(
                path,
                line,
                format!("question `{number}` has no option {}", alias.code),
            ));
            continue;
        };
        layout.labels.entry(at).or_default().insert(alias.text.trim().to_owned(), place);
    }
    layout
}

fn read_columns(path: &str, bytes: &[u8], form: &Form, layout: &mut Layout, findings: &mut Vec<Finding>) {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        column: String,
        question: String,
        row: Option<i16>,
        option: Option<i16>,
    }
    let mut fed: HashMap<ColumnTarget, String> = HashMap::new();
    for (number, line) in csv::Reader::from_reader(bytes).deserialize::<Line>().enumerate() {
        let at = Some(number as u64 + 2);
        let line = match line {
            Ok(line) => line,
            Err(error) => {
                findings.push(Finding::error(path, at, format!("line cannot be read: {error}")));
                continue;
            }
        };
        let Some((place, question)) = form.question(&line.question) else {
            findings.push(
                Finding::error(path, at, format!("column feeds unknown question `{}`", line.question))
                    .nearest(&line.question, form.questions.iter().map(|q| q.number.as_str())),
            );
            continue;
        };
        let row = line.row.map(|code| question.rows().iter().position(|row| row.code == code));
        let option = line.option.map(|code| question.options().iter().position(|option| option.code == code));
        let fits = match &question.kind {
            Kind::Grid { .. } => matches!(row, Some(Some(_))) && option.is_none(),
            Kind::Multiple { .. } => row.is_none() && matches!(option, Some(Some(_))),
            _ => row.is_none() && option.is_none(),
        };
        if !fits {
            findings.push(
                Finding::error(path, at, format!("column does not fit question `{}`", line.question))
                    .hint("a grid's column names a known row, a multiple's a known option, others neither"),
            );
            continue;
        }
        let target = ColumnTarget { question: place, row: row.flatten(), option: option.flatten() };
        if let Some(other) = fed.insert(target, line.column.clone()) {
            findings.push(Finding::error(
                path,
                at,
                format!("`{other}` and `{}` feed the same answer", line.column),
            ));
        }
        if layout.columns.insert(line.column.clone(), target).is_some() {
            findings.push(Finding::error(path, at, format!("column `{}` stands twice", line.column)));
        } else {
            layout.order.push(line.column);
        }
    }
}

/// Whether any of the findings refuses the definition.
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}
