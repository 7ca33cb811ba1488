//! A survey as data: the files of its folder, read, resolved and checked. Reading the folder itself is left to
//! the caller; here a folder is a map of path to bytes.

mod collection;
mod completeness;
mod concordance;
mod concorded_units;
mod derived;
mod finding;
mod fold;
mod form;
mod form_file;
mod frame;
mod indicator;
mod indicator_each;
mod indicator_lint;
mod indicator_plan;
mod kind;
mod labels;
mod layout;
mod layout_file;
mod layout_yaml;
mod lines;
mod lint;
mod lint_form;
mod lint_table;
mod load;
mod load_aggregate;
mod load_bands;
mod load_cases;
mod load_columns;
mod load_derived;
mod load_form;
mod load_formed;
mod load_kind;
mod load_labels;
mod load_layout;
mod load_mapping;
mod load_mapping_same;
mod load_options;
mod load_order;
mod load_premise;
mod load_values;
mod mapping;
mod pattern;
mod period;
mod premise;
mod rows_file;
mod rules;
mod scalar;
mod schema;
mod sectors;
mod survey;
mod table;
mod table_where;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;

use include_dir::{Dir, include_dir};

pub use collection::{Counts, ONLY_WAVE, WaveQuestion};
pub use completeness::{CompleteRule, Completeness, FormCompleteness};
pub use concordance::{Concordance, ConcordedGroup, ConcordedOptions, ConcordedQuestion, Grade};
pub use concorded_units::ConcordedUnit;
pub use derived::{AgeOn, Band, Derived, FormedBy, Found};
pub use finding::{Finding, Severity, nearest};
pub use fold::{Step, Steps, column_key};
pub use form::{
    Check, FilledFrom, Form, Precision, Question, RECONSTRUCTED_MARK, Role, Section, Unlisted,
    is_reconstructed,
};
pub use frame::{Frame, FrameGroup};
pub use indicator::{Indicator, IndicatorBase, IndicatorSet};
pub use indicator_plan::{IndicatorPlan, Look};
pub use kind::{Choice, Kind, Row, UNLISTED_CODE};
pub use labels::{Meaning, Piece};
pub use layout::{Column, ColumnTarget, Formats, Layout, Mark, Said, Shape};
pub use layout_file::{
    DeliveryFile, EmptyRows, FileFormat, Given, GivenHow, ShortRows, SubmissionRule, cell_address,
    encoding_label,
};
pub use layout_yaml::Several;
pub use load::{content_hash, content_hash_of, has_errors};
pub use mapping::{Condition, Mapping, MappingRef, OptionRule, Rule, RuleKind, SignOff, Source, Test, When};
pub use pattern::Pattern;
pub use period::{Period, PeriodOf, PeriodRule, words_of_part};
pub use premise::{Premise, PremiseTest, is_unknown};
pub use rows_file::RowTest;
pub use rules::{
    ExclusiveRule, OtherRule, RoutingRule, Rules, TiedRule, TooManyRule, TwoMarksRule, UnknownRule,
};
pub use schema::schemas;
pub use sectors::{Group, SectorField, Sectors, SectorsRef};
pub use survey::{
    Dataset, FormRef, FrameRef, LayoutRef, PublishedFigure, Rounding, StateRule, Survey, TwoSources,
    UnitRule, Wave,
};
pub use table::{Base, NetScore, OptionGroup, Percent, Reliability, Rescale, Statistic, Table};
pub use table_where::{Filter, Where, WhereProblem, codes_in};
pub use text::Text;

use crate::ids::{LayoutId, SurveyId};

static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/surveys");

/// A form or layout, and the files it was read from.
#[derive(Clone, Debug)]
pub struct DefinitionUse<T> {
    /// What was read.
    pub value: Arc<T>,
    /// Its file.
    pub path: String,
    /// Other files that it names and that were read with it.
    pub beside: Vec<String>,
}

impl<T> DefinitionUse<T> {
    fn new(value: T, path: &str, beside: Vec<String>) -> Self {
        Self { value: Arc::new(value), path: path.to_owned(), beside }
    }

    /// Its file, then those beside it.
    fn paths(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.path.as_str()).chain(self.beside.iter().map(String::as_str))
    }
}

/// One survey with all its forms and layouts.
#[derive(Clone, Debug)]
pub struct SurveyDefinition {
    /// `survey.yaml`.
    pub survey: Survey,
    /// The forms, by name and version.
    pub forms: BTreeMap<FormRef, DefinitionUse<Form>>,
    /// The layouts, by name and version.
    pub layouts: BTreeMap<LayoutRef, DefinitionUse<Layout>>,
    /// The classifications, by name and version.
    pub sectors: BTreeMap<SectorsRef, DefinitionUse<Sectors>>,
    /// The mappings, by name and version.
    pub mappings: BTreeMap<MappingRef, DefinitionUse<Mapping>>,
    /// The named tables, by id.
    pub tables: BTreeMap<String, DefinitionUse<Table>>,
    /// What of two waves may be compared, by id.
    pub concordances: BTreeMap<String, DefinitionUse<Concordance>>,
    /// The sets of indicators, by id.
    pub indicators: BTreeMap<String, DefinitionUse<IndicatorSet>>,
    files: BTreeMap<String, Vec<u8>>,
    hashes: BTreeMap<String, String>,
    /// Folder and id of files that are there and cannot be read: what names them is not wrong for that.
    broken: BTreeMap<&'static str, Vec<String>>,
}

impl SurveyDefinition {
    /// Reads the files of a survey's folder; `None` if `survey.yaml` cannot be read. A part of the files is
    /// enough to interpret a record that was interpreted with them before.
    pub fn load(files: &BTreeMap<String, Vec<u8>>) -> (Option<Self>, Vec<Finding>) {
        load::load(files)
    }

    /// Reads a whole folder and holds its files against each other.
    pub fn load_checked(files: &BTreeMap<String, Vec<u8>>) -> (Option<Self>, Vec<Finding>) {
        let (definition, mut findings) = load::load(files);
        if let Some(definition) = &definition {
            findings.extend(lint::lint(definition));
        }
        findings.sort_by(|a, b| (&a.file, a.line, &a.message).cmp(&(&b.file, b.line, &b.message)));
        findings.dedup();
        (definition, findings)
    }

    /// The form in this version.
    pub fn form(&self, reference: &FormRef) -> Option<&Arc<Form>> {
        self.forms.get(reference).map(|used| &used.value)
    }

    /// The layout in this version.
    pub fn layout(&self, reference: &LayoutRef) -> Option<&Arc<Layout>> {
        self.layouts.get(reference).map(|used| &used.value)
    }

    /// The layout of this name with the highest version among those that a wave lists.
    pub fn newest_layout<'a>(&self, wave: &'a Wave, layout: &LayoutId) -> Option<&'a LayoutRef> {
        wave.layouts.iter().filter(|listed| &listed.layout == layout).max_by_key(|listed| listed.version)
    }

    /// Whether a file of this folder with this id is there and cannot be read.
    fn is_broken(&self, folder: &str, id: &str) -> bool {
        // Where even the id cannot be read, it may be any.
        self.broken.get(folder).is_some_and(|ids| ids.iter().any(|broken| broken == id || broken.is_empty()))
    }

    /// The bytes of a file of the survey's folder.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// Every file of the survey's folder, by its path inside it.
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// The mapping in this version.
    pub fn mapping(&self, reference: &MappingRef) -> Option<&Arc<Mapping>> {
        self.mappings.get(reference).map(|used| &used.value)
    }

    /// The classification of a wave.
    pub fn sectors_of(&self, wave: &Wave) -> Option<&Arc<Sectors>> {
        wave.sectors.as_ref().and_then(|reference| self.sectors.get(reference)).map(|used| &used.value)
    }

    /// The files that interpret a submission, each as `path:sha256`: what an outcome names.
    pub fn names_of(&self, used: &Used<'_>) -> Vec<String> {
        let mut paths = vec!["survey.yaml"];
        if let Some(form) = used.form.and_then(|form| self.forms.get(form)) {
            paths.extend(form.paths());
        }
        if let Some(layout) = used.layout.and_then(|layout| self.layouts.get(layout)) {
            paths.extend(layout.paths());
        }
        if let Some(mapping) = used.mapping.and_then(|mapping| self.mappings.get(mapping)) {
            paths.extend(mapping.paths());
            paths.extend(self.forms.get(&mapping.value.target).into_iter().flat_map(DefinitionUse::paths));
        }
        let sectors = used.wave.and_then(|wave| wave.sectors.as_ref());
        if let Some(sectors) = sectors.and_then(|sectors| self.sectors.get(sectors)) {
            paths.extend(sectors.paths());
        }
        let name = |path: &str| self.hashes.get(path).map(|hash| [path, ":", hash].concat());
        let mut names: Vec<String> = paths.into_iter().filter_map(name).collect();
        names.dedup();
        names
    }

    /// Every definition file with its hash: what is stored before the first use.
    pub fn definition_files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let beside: std::collections::HashSet<&str> = self
            .forms
            .values()
            .flat_map(|form| &form.beside)
            .chain(self.layouts.values().flat_map(|layout| &layout.beside))
            .chain(self.concordances.values().flat_map(|concordance| &concordance.beside))
            .chain(self.survey.waves.iter().filter_map(|wave| Some(&wave.frame.as_ref()?.file)))
            .map(String::as_str)
            .collect();
        let is_definition = move |path: &str| {
            path.ends_with(".yaml") || path.starts_with("layouts/") || beside.contains(path)
        };
        self.hashes
            .iter()
            .filter(move |(path, _)| is_definition(path))
            .filter_map(|(path, hash)| self.files.get(path).map(|bytes| (hash.as_str(), bytes.as_slice())))
    }

    /// The same files by name, `path:sha256` a line: what the survey is made of as a whole.
    pub fn listing(&self) -> String {
        let stored: std::collections::HashSet<&str> = self.definition_files().map(|(hash, _)| hash).collect();
        let listed = self.hashes.iter().filter(|(_, hash)| stored.contains(hash.as_str()));
        listed.map(|(path, hash)| format!("{path}:{hash}\n")).collect()
    }
}

/// What a submission was interpreted with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used<'a> {
    /// The wave.
    pub wave: Option<&'a Wave>,
    /// The form that was answered.
    pub form: Option<&'a FormRef>,
    /// The layout that its answers came in.
    pub layout: Option<&'a LayoutRef>,
    /// The mapping that they were read across by.
    pub mapping: Option<&'a MappingRef>,
}

/// Every survey that an installation knows.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    surveys: BTreeMap<SurveyId, Arc<SurveyDefinition>>,
}

impl Definitions {
    /// The surveys that the program carries.
    pub fn shipped() -> (Self, Vec<Finding>) {
        let mut definitions = Self::default();
        let mut findings = Vec::new();
        for folder in SHIPPED.dirs() {
            let mut files = BTreeMap::new();
            collect(folder, folder, &mut files);
            let (definition, found) = SurveyDefinition::load_checked(&files);
            findings.extend(found);
            if let Some(definition) = definition {
                definitions.insert(definition);
            }
        }
        (definitions, findings)
    }

    /// Adds a survey, or replaces the one of the same id.
    pub fn insert(&mut self, definition: SurveyDefinition) {
        self.surveys.insert(definition.survey.survey.clone(), Arc::new(definition));
    }

    /// Forms of one name and version in two surveys: they would share a table.
    pub fn clashes(&self) -> Vec<Finding> {
        let mut owners: BTreeMap<&FormRef, &SurveyId> = BTreeMap::new();
        let mut findings = Vec::new();
        for survey in self.surveys.values() {
            for (form, used) in &survey.forms {
                if let Some(owner) = owners.insert(form, &survey.survey.survey) {
                    findings.push(
                        Finding::error(
                            &used.path,
                            survey.file(&used.path).and_then(|text| lines::line_of(text, &[("form", "")])),
                            format!("form `{}` belongs to survey `{owner}` too", form.target()),
                        )
                        .hint("give the form a name of its own"),
                    );
                }
            }
        }
        findings
    }

    /// The survey with this id.
    pub fn survey(&self, survey: &SurveyId) -> Option<&Arc<SurveyDefinition>> {
        self.surveys.get(survey)
    }

    /// All surveys, by id.
    pub fn surveys(&self) -> impl Iterator<Item = &Arc<SurveyDefinition>> {
        self.surveys.values()
    }
}

fn collect(root: &Dir<'_>, folder: &Dir<'_>, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in folder.files() {
        if let Ok(path) = file.path().strip_prefix(root.path()) {
            files.insert(path.to_string_lossy().replace('\\', "/"), file.contents().to_vec());
        }
    }
    for inner in folder.dirs() {
        collect(root, inner, files);
    }
}
