//! What another version of a mapping changes: the records of a data folder interpreted under both, beside the folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use shukei_doors::Format;
use shukei_lake::Lake;
use shukei_query::{Catalog, Measure, MeasureKind, TabulateRequest, ratio_text};
use shukei_schemas::definition::{Definitions, Rounding, SurveyDefinition, Wave, has_errors, nearest};

use crate::cli::MappingDiff;
use crate::commands::mapping::{lines, of_wave};
use crate::commands::rebuild::fill;
use crate::fault::Fault;
use crate::output::{self, note};
use crate::{folder, surveys};

const COLUMNS: [&str; 16] = [
    "question",
    "row",
    "option",
    "label",
    "state",
    "breaks",
    "measure",
    "count_before",
    "count_after",
    "base_before",
    "base_after",
    "value_before",
    "value_after",
    "points",
    "rule_before",
    "rule_after",
];

/// What people see; the rest is in CSV.
const SHOWN: [&str; 10] = [
    "question",
    "option",
    "label",
    "breaks",
    "count_before",
    "count_after",
    "base_before",
    "base_after",
    "value_before",
    "value_after",
];

/// Prints every figure and rule that differs between two versions of a mapping.
pub(crate) async fn run(arguments: MappingDiff) -> Result<ExitCode, Fault> {
    let definitions = surveys::load(&arguments.folder.surveys)?;
    let (definition, wave) = of_wave(&definitions, &arguments.survey, arguments.wave.as_deref())?;
    let lake = folder::open_to_read(&arguments.folder.data)?;
    let (old, new) = (side(definition, wave, &arguments.old)?, side(definition, wave, &arguments.new)?);
    let mut request = TabulateRequest::new(definition.survey.survey.clone(), wave.wave.clone());
    request.by = arguments.by.clone();
    let rules = rules(&old, &new, wave);
    let before = figures(&lake, old, &request).await?;
    let after = figures(&lake, new, &request).await?;
    let rows = rows(&before, &after, rules, definition.survey.rounding);
    if rows.is_empty() {
        note!("both come to the same figures, and their rules are the same");
    }
    show(&rows, arguments.format.into())?;
    note!("read from what `{}` holds; nothing was written to it", arguments.folder.data.display());
    Ok(ExitCode::SUCCESS)
}

/// The survey with this mapping in the place of the one that the wave lists.
///
/// # Errors
/// A fault of use if there is no such mapping, if the wave has nothing that it could take the place of, or if the survey
/// has errors with it.
fn side(definition: &SurveyDefinition, wave: &Wave, name: &str) -> Result<SurveyDefinition, Fault> {
    let text = mapping_text(definition, name)?;
    let id = key(&text, "mapping").unwrap_or_default();
    let listed = wave.mappings.iter().find(|known| known.mapping.as_str() == id);
    let listed = listed.or(wave.mappings.first().filter(|_| wave.mappings.len() == 1)).ok_or_else(|| {
        let names: Vec<String> = wave.mappings.iter().map(|known| format!("`{}`", known.mapping)).collect();
        Fault::usage(
            format!("wave `{}` uses no mapping `{id}`", wave.wave),
            format!("mappings of the wave: {}", names.join(", ")),
        )
    })?;
    let unknown =
        || Fault::usage(format!("mapping `{}` cannot be read", listed.target()), "see `shukei check`");
    let path = &definition.mappings.get(listed).ok_or_else(unknown)?.path;
    // The wave goes on naming the version that it names: only what stands in it is another.
    let text = with_key(
        &with_key(&text, "mapping", listed.mapping.as_str()),
        "version",
        &listed.version.to_string(),
    );
    let mut files = definition.files().clone();
    files.insert(path.clone(), text.into_bytes());
    let (survey, findings) = SurveyDefinition::load_checked(&files);
    match survey.filter(|_| !has_errors(&findings)) {
        Some(survey) => Ok(survey),
        None => {
            let errors = findings.iter().filter(|finding| has_errors(std::slice::from_ref(finding)));
            let errors: Vec<String> = errors.map(ToString::to_string).collect();
            Err(Fault::usage(
                format!("with `{name}` as `{path}` the survey has errors:\n{}", errors.join("\n")),
                "`shukei check DIR` explains them",
            ))
        }
    }
}

/// The text of a mapping: a file, or one of the survey's by its id and version.
fn mapping_text(definition: &SurveyDefinition, name: &str) -> Result<String, Fault> {
    let path = Path::new(name);
    let bytes = if path.is_file() {
        std::fs::read(path)?
    } else {
        let known = definition.mappings.iter().find(|(known, _)| known.target() == name);
        let file = known.and_then(|(_, used)| definition.file(&used.path));
        file.map(<[u8]>::to_vec).ok_or_else(|| {
            let names: Vec<String> = definition.mappings.keys().map(|known| known.target()).collect();
            let hint = match nearest(name, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("mappings of the survey: {}; or name a file", names.join(", ")),
            };
            Fault::usage(format!("`{name}` is neither a file nor a mapping of the survey"), hint)
        })?
    };
    String::from_utf8(bytes)
        .map_err(|_| Fault::usage(format!("`{name}` is not UTF-8"), "write the mapping in UTF-8"))
}

/// A key at the top of a YAML text.
fn key(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.split(" #").next().unwrap_or(line).trim().trim_matches(['"', '\'']).to_owned())
}

/// The text with another value of a key at its top.
fn with_key(text: &str, name: &str, value: &str) -> String {
    let is_key = |line: &str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'));
    let lines = text.split_inclusive('\n');
    lines.map(|line| if is_key(line) { format!("{name}: {value}\n") } else { line.to_owned() }).collect()
}

/// A question and the code of an option.
type Fed = (String, Option<i16>);

/// Label, and what feeds the option before and after, of those that differ.
fn rules(old: &SurveyDefinition, new: &SurveyDefinition, wave: &Wave) -> BTreeMap<Fed, [String; 3]> {
    let mut found: BTreeMap<(String, Fed), [String; 3]> = BTreeMap::new();
    for (side, definition) in [(1, old), (2, new)] {
        for line in lines(definition, wave) {
            let fed_by = if line.covered == "covered" { line.fed_by } else { line.covered.to_owned() };
            let fed = found.entry((line.mapping, (line.question, line.option))).or_default();
            fed[0] = line.label;
            fed[side] = fed_by;
        }
    }
    let differ = found.into_iter().filter(|(_, fed)| fed[1] != fed[2]);
    differ.map(|((_, option), fed)| (option, fed)).collect()
}

/// Every figure of the wave, by its id, with this survey.
async fn figures(
    lake: &Lake,
    survey: SurveyDefinition,
    request: &TabulateRequest,
) -> Result<BTreeMap<String, Measure>, Fault> {
    let gone_afterwards = tempfile::tempdir()?;
    let mut definitions = Definitions::default();
    definitions.insert(survey);
    let lake = lake.trying_in(gone_afterwards.path())?;
    fill(&lake, Arc::new(definitions.clone())).await?;
    let catalog = Catalog::open(&lake, &definitions).await?;
    let measures = shukei_query::tabulate(&catalog, request).await?;
    Ok(measures.into_iter().map(|measure| (measure.id.clone(), measure)).collect())
}

/// One row per figure or rule that differs. A count whose share differs as well is told with it.
fn rows(
    before: &BTreeMap<String, Measure>,
    after: &BTreeMap<String, Measure>,
    mut rules: BTreeMap<Fed, [String; 3]>,
    rounding: Rounding,
) -> Vec<Vec<String>> {
    let differs = |id: &str| match (before.get(id), after.get(id)) {
        (Some(old), Some(new)) => {
            (&old.value, old.count, old.base, &old.methods) != (&new.value, new.count, new.base, &new.methods)
        }
        (old, new) => old.is_some() || new.is_some(),
    };
    let told_with_share = |measure: &Measure| {
        let share = measure.id.strip_suffix(MeasureKind::Count.as_str());
        measure.measure == MeasureKind::Count
            && share.is_some_and(|id| differs(&format!("{id}{}", MeasureKind::Share)))
    };
    // In the order of the tables, those of before first.
    let mut seen = BTreeSet::new();
    let mut all: Vec<&Measure> = before.values().chain(after.values()).collect();
    all.retain(|measure| seen.insert(&measure.id) && differs(&measure.id) && !told_with_share(measure));
    let number = |code: Option<i16>| code.map_or_else(String::new, |code| code.to_string());
    let mut told = BTreeSet::new();
    let mut rows = Vec::new();
    for measure in all {
        let (old, new) = (before.get(&measure.id), after.get(&measure.id));
        let of = |side: Option<&Measure>, what: fn(&Measure) -> String| side.map_or_else(String::new, what);
        let fed = (measure.question.to_string(), measure.option);
        let rule = rules.get(&fed).cloned().unwrap_or_default();
        told.insert(fed);
        rows.push(vec![
            measure.question.to_string(),
            number(measure.row),
            number(measure.option),
            measure.label.clone(),
            measure.state.map_or_else(String::new, |state| state.as_str().to_owned()),
            measure.breaks.clone(),
            measure.measure.to_string(),
            of(old, |measure| measure.count.to_string()),
            of(new, |measure| measure.count.to_string()),
            of(old, |measure| measure.base.to_string()),
            of(new, |measure| measure.base.to_string()),
            of(old, |measure| measure.value.clone()),
            of(new, |measure| measure.value.clone()),
            old.zip(new).and_then(|(old, new)| points(old, new, rounding)).unwrap_or_default(),
            rule[1].clone(),
            rule[2].clone(),
        ]);
    }
    rules.retain(|fed, _| !told.contains(fed));
    rows.extend(rules.into_iter().map(|((question, option), [label, old, new])| {
        let mut row = vec![question, String::new(), number(option), label];
        row.resize(14, String::new());
        row.extend([old, new]);
        row
    }));
    rows
}

/// How many points a share moves, formed from the counts and rounded once.
fn points(old: &Measure, new: &Measure, rounding: Rounding) -> Option<String> {
    if !old.measure.is_share() || old.is_weighted() || new.is_weighted() {
        return None;
    }
    let decimals =
        [old, new].into_iter().map(|side| side.value.split_once('.').map_or(0, |(_, digits)| digits.len()));
    let decimals = u8::try_from(decimals.max()?).ok()?;
    let [old_count, old_base, new_count, new_base] =
        [old.count, old.base, new.count, new.base].map(i128::from);
    ratio_text((new_count * old_base - old_count * new_base) * 100, old_base * new_base, decimals, rounding)
}

fn show(rows: &[Vec<String>], format: Format) -> Result<(), Fault> {
    if format != Format::Table {
        return output::text_columns(&COLUMNS, rows, format);
    }
    let has_figure = |row: &&Vec<String>| row.get(6).is_some_and(|measure| !measure.is_empty());
    let pick = |rows: Vec<&Vec<String>>, names: &[&str]| -> Vec<Vec<String>> {
        let places: Vec<usize> =
            names.iter().filter_map(|name| COLUMNS.iter().position(|known| known == name)).collect();
        let cells =
            |row: &Vec<String>| places.iter().map(|at| row.get(*at).cloned().unwrap_or_default()).collect();
        rows.into_iter().map(cells).collect()
    };
    let mut seen = BTreeSet::new();
    let has_rule = |row: &&Vec<String>| {
        let rule = (row.first(), row.get(2));
        row.get(14) != row.get(15) && seen.insert((rule.0.cloned(), rule.1.cloned()))
    };
    let of_rules = ["question", "option", "label", "rule_before", "rule_after"];
    let rules = pick(rows.iter().filter(has_rule).collect(), &of_rules);
    if !rules.is_empty() {
        output::text_columns(&of_rules, &rules, format)?;
    }
    let figures = pick(rows.iter().filter(has_figure).collect(), &SHOWN);
    if !figures.is_empty() {
        output::text_columns(&SHOWN, &figures, format)?;
    }
    Ok(())
}
