//! From the file of a layout and its columns to the layout.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::finding::Finding;
use super::fold::Steps;
use super::form::{Form, Question};
use super::kind::Kind;
use super::layout::{Column, ColumnTarget, Formats, Layout, Shape};
use super::layout_file::{self, DeliveryFile};
use super::layout_yaml::{CellsFile, Hold, LayoutYaml, QuestionCells};
use super::lines::line_of;
use super::load_columns::{Line, read_lines};
use super::pattern::unknown_code;
use super::scalar::Scalar;
use super::survey::LayoutRef;

/// Resolves a layout against its form.
pub(super) fn resolve_layout(
    path: &str,
    columns_path: &str,
    mut file: LayoutYaml,
    form: &Form,
    files: &BTreeMap<String, Vec<u8>>,
    findings: &mut Vec<Finding>,
) -> Layout {
    if let Some(spec) = &file.file {
        layout_file::lint(path, Some(spec.referenced.line()), &spec.value, findings);
    }
    let file_spec = file.file.take().map(|spec| spec.value);
    // Columns that say something about the submission itself are no answers.
    let attributes: Vec<String> =
        file_spec.iter().flat_map(DeliveryFile::columns).map(|column| column.to_owned()).collect();
    let mut loader = Loader {
        path,
        text: files.get(path).map_or(&[], Vec::as_slice),
        columns_path,
        form,
        findings,
        labels_of: HashMap::new(),
        fed: HashMap::new(),
        read_by_words: HashSet::new(),
        layout: Layout {
            reference: LayoutRef { layout: file.layout.clone(), version: file.version },
            form: file.form.clone(),
            file: file_spec,
            order: Vec::new(),
            columns: HashMap::new(),
            folded: HashMap::new(),
            ignore_folded: HashSet::new(),
            ignore: file.ignore.iter().cloned().chain(attributes).collect(),
            labels: Vec::new(),
            several: HashMap::new(),
        },
    };
    let questions = loader.questions(&file);
    loader.stripped(&file.cells, None);
    loader.check_references(&file);
    match files.get(columns_path) {
        Some(bytes) => {
            for line in read_lines(columns_path, bytes, loader.findings) {
                loader.column(&file, &questions, line);
            }
        }
        None => {
            let line = loader.line_of("columns");
            loader.error(line, format!("columns file `{columns_path}` is missing"));
        }
    }
    loader.layout.fold_names();
    loader.unused_columns(&file);
    loader.layout
}

pub(super) struct Loader<'a> {
    pub(super) path: &'a str,
    /// The file as it stands.
    text: &'a [u8],
    pub(super) columns_path: &'a str,
    pub(super) form: &'a Form,
    pub(super) findings: &'a mut Vec<Finding>,
    pub(super) layout: Layout,
    /// The labels of a question, and of a question in one column.
    pub(super) labels_of: HashMap<(usize, Option<String>), usize>,
    fed: HashMap<(ColumnTarget, bool, Option<usize>), String>,
    pub(super) read_by_words: HashSet<usize>,
}

/// How the cells of a question are read: what it says itself, else what the layout says.
pub(super) struct Resolved<'a> {
    own: Option<&'a QuestionCells>,
    layout: &'a CellsFile,
}

impl<'a> Resolved<'a> {
    fn get<T>(&self, pick: impl Fn(&'a CellsFile) -> Option<T>) -> Option<T> {
        self.own.and_then(|own| pick(&own.cells)).or_else(|| pick(self.layout))
    }

    fn words(&self, pick: impl Fn(&'a CellsFile) -> &'a [Scalar]) -> Vec<&'a str> {
        let own = self.own.map_or(&[][..], |own| pick(&own.cells));
        own.iter().chain(pick(self.layout)).map(|word| word.0.as_str()).collect()
    }

    fn words_of(&self, pick: impl Fn(&'a CellsFile) -> &'a [String]) -> impl Iterator<Item = &'a String> {
        self.own.map_or(&[][..], |own| pick(&own.cells)).iter().chain(pick(self.layout))
    }

    /// Words that mean numbers: those of the layout, and in their place those of the question.
    pub(super) fn values(&self) -> impl Iterator<Item = (&'a String, &'a Scalar)> {
        self.layout.values.iter().chain(self.own.into_iter().flat_map(|own| &own.cells.values))
    }

    pub(super) fn steps(&self) -> Steps {
        self.get(|cells| cells.steps.as_deref().map(Steps::of)).unwrap_or_default()
    }

    pub(super) fn hold(&self) -> Hold {
        self.get(|cells| cells.hold).unwrap_or_default()
    }
}

impl Loader<'_> {
    pub(super) fn error(&mut self, line: Option<u64>, message: impl Into<String>) {
        self.findings.push(Finding::error(self.path, line, message));
    }

    /// The line of a key of the layout.
    pub(super) fn line_of(&self, key: &str) -> Option<u64> {
        line_of(self.text, &[(key, "")])
    }

    fn place(&mut self, what: &str, number: &str, line: Option<u64>) -> Option<usize> {
        let found = self.form.question(number).map(|(place, _)| place);
        if found.is_none() {
            let known = self.form.questions.iter().map(|question| question.number.as_str());
            let message = format!("{what} unknown question `{number}`");
            self.findings.push(Finding::error(self.path, line, message).nearest(number, known));
        }
        found
    }

    fn questions<'f>(&mut self, file: &'f LayoutYaml) -> HashMap<usize, &'f QuestionCells> {
        let mut questions = HashMap::new();
        for cells in &file.questions {
            let line = Some(cells.question.referenced.line());
            let Some(place) = self.place("cells of", &cells.question.value, line) else { continue };
            if questions.insert(place, cells).is_some() {
                self.error(line, format!("cells of question `{}` stand twice", cells.question.value));
            }
            self.layout.several.extend(cells.several.map(|several| (place, several)));
            self.numbers(&cells.cells, place, line);
        }
        questions
    }

    /// Aliases and patterns of questions, options and rows that are not there.
    fn check_references(&mut self, file: &LayoutYaml) {
        for alias in &file.aliases {
            let line = Some(alias.question.referenced.line());
            let Some(place) = self.place("alias for", &alias.question.value, line) else { continue };
            let question = &self.form.questions[place];
            for code in alias.code.iter().chain(&alias.codes) {
                if question.kind.place_of_code(i64::from(*code)).is_none() {
                    let number = &alias.question.value;
                    let message = format!("question `{number}` has no option {code}");
                    let hint = match question.kind {
                        Kind::Number { .. } => Some("a number has no options: say `value: 0`".to_owned()),
                        _ => unknown_code(self.path, line, "the alias", *code, &question.kind).hint,
                    };
                    self.findings.push(Finding { hint, ..Finding::error(self.path, line, message) });
                }
            }
            if let Some(row) = alias.row
                && !question.rows().iter().any(|known| known.code == row)
            {
                self.error(line, format!("question `{}` has no row {row}", alias.question.value));
            }
            if let Some(value) = &alias.value {
                self.number(&alias.text.0, value, place, line);
            } else if alias.code.is_none() && alias.codes.is_empty() && alias.row.is_none() {
                let message =
                    format!("alias `{}` means nothing: give `code`, `codes`, `row` or `value`", alias.text.0);
                self.error(line, message);
            }
        }
        for pattern in &file.patterns {
            match &pattern.question {
                Some(question) => {
                    let line = Some(question.referenced.line());
                    self.place("pattern for", &question.value, line);
                }
                None => {
                    let line = self.line_of("patterns");
                    self.error(line, "a pattern of a layout names its `question`");
                }
            }
        }
    }

    /// Aliases and patterns for a column that is not read mean nothing.
    fn unused_columns(&mut self, file: &LayoutYaml) {
        let aliases = file.aliases.iter().map(|alias| (&alias.column, Some(&alias.question)));
        let patterns = file.patterns.iter().map(|pattern| (&pattern.column, pattern.question.as_ref()));
        for (column, question) in aliases.chain(patterns) {
            let Some(column) = column else { continue };
            if self.layout.column(column).is_none() {
                let line = question.map(|question| question.referenced.line());
                let known = self.layout.columns.keys().map(String::as_str);
                let message = format!("alias or pattern for unknown column `{column}`");
                self.findings.push(Finding::error(self.path, line, message).nearest(column, known));
            }
        }
    }

    fn column(&mut self, file: &LayoutYaml, questions: &HashMap<usize, &QuestionCells>, line: Line) {
        let at = Some(line.at);
        let Some((place, question)) = self.form.question(&line.question) else {
            let known = self.form.questions.iter().map(|question| question.number.as_str());
            let message = format!("column feeds unknown question `{}`", line.question);
            let finding = Finding::error(self.columns_path, at, message);
            self.findings.push(finding.nearest(&line.question, known));
            return;
        };
        let own = questions.get(&place).copied();
        let cells = Resolved { own, layout: &file.cells };
        let Some((shape, target)) = self.shape(&line, place, question, &cells) else { return };
        let rank = match &shape {
            Shape::Item(rank) => Some(*rank),
            _ => None,
        };
        let key = (target, shape == Shape::Other, rank);
        let other = self.fed.insert(key, line.column.clone());
        if let Some(other) = other.filter(|_| self.layout.several(place).is_none()) {
            let message = format!("`{other}` and `{}` feed the same answer", line.column);
            let hint = "say under questions what they come to: several: first, or several: all";
            self.findings.push(Finding::error(self.columns_path, at, message).hint(hint));
        }
        if question.derived.is_some() {
            let message = format!("question `{}` is derived; no column feeds it", line.question);
            self.findings.push(Finding::error(self.columns_path, at, message));
        }
        let dates = cells.get(|cells| Some(&cells.date_format.0).filter(|all| !all.is_empty()).cloned());
        let is_dated = matches!(question.kind, Kind::Date { .. } | Kind::Datetime { .. } | Kind::Time);
        let formats = line.date_format.iter().chain(dates.iter().flatten());
        for format in formats.filter(|_| is_dated) {
            if let Some((message, hint)) = crate::date_format::problem(format) {
                let message = format!("column `{}`: {message}", line.column);
                self.findings.push(Finding::error(self.columns_path, at, message).hint(hint));
            }
        }
        let steps = cells.steps();
        let set = |words: Vec<&str>| -> HashSet<String> {
            words.into_iter().map(|word| steps.key(word).into_owned()).collect()
        };
        let mut chosen = match &line.value {
            Some(value) => vec![value.as_str()],
            None => file.marks.chosen.iter().map(|mark| mark.0.as_str()).collect(),
        };
        if let Some(option) = target.option.and_then(|option| question.options().get(option)) {
            chosen.extend(option.label.wordings());
        }
        let with = |mut words: Vec<&str>, form: &[String], own: &[String]| {
            let mut all: HashSet<String> = set(std::mem::take(&mut words));
            all.extend(form.iter().chain(own).map(|word| steps.key(word).into_owned()));
            all
        };
        let labels = self.labels(file, place, question, &cells, &line, &shape);
        let column = Column {
            name: line.column.clone(),
            target,
            formats: Formats {
                decimal: line.decimal.or_else(|| cells.get(|cells| cells.decimal)),
                thousands: line.thousands.or_else(|| cells.get(|cells| cells.thousands)),
                dates: match &line.date_format {
                    Some(format) => vec![format.clone()],
                    None => dates.unwrap_or_default(),
                },
                values: self.values(file, question, &cells, &line.column),
                round: cells.get(|cells| cells.round).unwrap_or(false),
                strip: cells
                    .words_of(|cells| &cells.strip)
                    .map(|text| steps.key(text).into_owned())
                    .collect(),
            },
            blank: with(cells.words(|cells| &cells.blank), &[], &line.blank),
            no_answer: with(cells.words(|cells| &cells.no_answer), &question.no_answer, &line.no_answer),
            not_asked: with(cells.words(|cells| &cells.not_asked), &question.not_asked, &line.not_asked),
            chosen: set(chosen),
            not_chosen: set(file.marks.not_chosen.iter().map(|mark| mark.0.as_str()).collect()),
            shape,
            labels,
            steps,
        };
        let place = self.layout.order.len();
        if self.layout.columns.insert(line.column.clone(), place).is_some() {
            let message = format!("column `{}` stands twice", line.column);
            self.findings.push(Finding::error(self.columns_path, at, message));
            return;
        }
        self.layout.order.push(column);
    }

    fn shape(
        &mut self,
        line: &Line,
        place: usize,
        question: &Question,
        cells: &Resolved<'_>,
    ) -> Option<(Shape, ColumnTarget)> {
        super::load_columns::shape(
            self,
            line,
            place,
            question,
            cells.get(|cells| cells.separator.clone()).map(|separators| separators.0),
            cells.own.map(|own| &own.tokens),
        )
    }
}
