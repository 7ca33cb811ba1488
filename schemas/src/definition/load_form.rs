//! From the file of a form to the form: first every question by itself, then what looks at other questions.

use std::collections::{BTreeMap, HashMap};

use super::finding::Finding;
use super::form::{Check, Form, Question, Section, Unlisted};
use super::form_file::{CheckFile, DerivedFile, FormFile, KindFile, OptionFile, QuestionFile, UnlistedFile};
use super::kind::{Kind, UNLISTED_CODE};
use super::load_derived;
use super::load_premise::Premises;
use super::premise::PremiseFile;
use super::rules::{Rules, RulesFile};
use super::survey::FormRef;
use crate::state::State;

/// What of a question waits until all questions are known.
pub(super) struct Waiting {
    pub(super) question: usize,
    pub(super) line: Option<u64>,
    pub(super) ask_if: Option<PremiseFile>,
    pub(super) options: Vec<(usize, PremiseFile)>,
    pub(super) rows: Vec<(usize, PremiseFile)>,
    pub(super) derived: Option<DerivedFile>,
}

/// A form while it is read.
pub(super) struct FormLoader<'a> {
    pub(super) path: &'a str,
    pub(super) files: &'a BTreeMap<String, Vec<u8>>,
    pub(super) findings: &'a mut Vec<Finding>,
    pub(super) form: Form,
    pub(super) waiting: Vec<Waiting>,
    /// Other files that the form was read from.
    pub(super) beside: Vec<String>,
    pub(super) scales: BTreeMap<String, Vec<OptionFile>>,
    rules: RulesFile,
    folded: HashMap<String, String>,
}

/// Resolves a form; with it come the other files that it names.
pub(super) fn resolve_form(
    path: &str,
    file: FormFile,
    files: &BTreeMap<String, Vec<u8>>,
    findings: &mut Vec<Finding>,
) -> (Form, Vec<String>) {
    let mut loader = FormLoader {
        path,
        files,
        findings,
        form: Form {
            reference: FormRef { form: file.form, version: file.version },
            names: file.names,
            sections: Vec::new(),
            questions: Vec::new(),
            checks: Vec::new(),
            order: Vec::new(),
            has_logic: false,
            index: HashMap::new(),
        },
        waiting: Vec::new(),
        beside: Vec::new(),
        scales: file.scales,
        rules: file.rules,
        folded: HashMap::new(),
    };
    for section in file.sections {
        loader.form.sections.push(Section { id: section.section, title: section.title });
        section.questions.into_iter().for_each(|question| loader.question(question));
    }
    loader.connect();
    loader.checks(file.checks);
    loader.form.order = super::load_order::order(path, &loader.form, &loader.waiting, loader.findings);
    loader.form.has_logic = !loader.form.checks.is_empty()
        || loader.form.questions.iter().any(|question| {
            question.derived.is_some()
                || question.ask_if.is_some()
                || question.has_routed_options()
                || question.rows().iter().any(|row| row.ask_if.is_some())
        });
    loader.beside.sort();
    loader.beside.dedup();
    (loader.form, loader.beside)
}

impl FormLoader<'_> {
    pub(super) fn error(&mut self, line: Option<u64>, message: impl Into<String>) {
        self.findings.push(Finding::error(self.path, line, message));
    }

    pub(super) fn hinted(&mut self, line: Option<u64>, message: String, hint: &str) {
        self.findings.push(Finding::error(self.path, line, message).hint(hint));
    }

    fn question(&mut self, file: QuestionFile) {
        let number = file.number.value.clone();
        let line = Some(file.number.referenced.line());
        if number.is_empty() || !number.chars().all(|c| c.is_ascii_alphanumeric()) {
            let message = format!("question number `{number}` cannot name a column");
            self.hinted(line, message, "use letters and digits only");
        }
        if let Some(other) = self.folded.insert(number.to_lowercase(), number.clone()) {
            let message =
                format!("question number `{number}` stands twice (`{other}`; case does not tell them apart)");
            self.error(line, message);
            return;
        }
        let place = self.form.questions.len();
        let mut waiting = Waiting {
            question: place,
            line,
            ask_if: file.ask_if.clone(),
            options: Vec::new(),
            rows: Vec::new(),
            derived: file.derived.clone(),
        };
        let cannot = |state: &&State| matches!(state, State::Answered | State::NotAsked | State::NotMapped);
        if let Some(state) = file.reject_if.iter().find(cannot) {
            let message = format!("question `{number}` cannot reject `{}`", state.as_str());
            let hint = "`reject_if` takes `invalid`, `no_answer`, `stated_no_answer` and `nothing_marked`";
            self.hinted(line, message, hint);
        }
        if !file.reject_if.is_empty() && (file.derived.is_some() || file.filled_from.is_some()) {
            let message = format!("question `{number}` is answered by nobody, so it cannot reject");
            self.hinted(line, message, "write `reject_if` at the question that it follows from");
        }
        let kind = self.kind(&file, line, &mut waiting);
        let bands = (!file.bands.is_empty()).then(|| self.band_question(&file, &number, line));
        let unlisted = self.unlisted(&file, &kind, line);
        let words = |words: &[super::scalar::Scalar]| words.iter().map(|word| word.0.clone()).collect();
        let question = Question {
            number: number.as_str().into(),
            section: self.form.sections.len().saturating_sub(1),
            short: file.short,
            text: file.text,
            kind,
            role: file.role,
            rules: Rules::of(&file.rules, &self.rules),
            max_marks: file.max_marks,
            derived: None,
            ask_if: None,
            unlisted,
            no_answer: words(&file.no_answer),
            not_asked: words(&file.not_asked),
            check: file.check,
            states: file.states,
            reject_if: file.reject_if,
            origin: file.origin,
            filled_from: file.filled_from,
            note: file.note,
            printed: file.printed,
            printed_base: file.printed_base,
        };
        self.form.index.insert(number, place);
        self.form.questions.push(question);
        self.waiting.push(waiting);
        if let Some(Some(bands)) = bands {
            self.question(bands);
        }
    }

    /// The question that the bands of a number or a date are: `<number>band`, a single answer derived from it.
    fn band_question(
        &mut self,
        file: &QuestionFile,
        number: &str,
        line: Option<u64>,
    ) -> Option<QuestionFile> {
        let banded = [KindFile::Number, KindFile::Date, KindFile::Datetime, KindFile::Time];
        if !banded.contains(&file.kind) {
            let message = format!("question `{number}` takes no bands");
            self.hinted(line, message, "bands are for number, date, datetime and time");
            return None;
        }
        let mut bands = file.clone();
        bands.number.value = format!("{number}band");
        bands.kind = KindFile::Single;
        bands.role = super::form::Role::Question;
        bands.derived = Some(DerivedFile {
            from: Some(file.number.clone()),
            bands: std::mem::take(&mut bands.bands),
            ..DerivedFile::default()
        });
        (bands.decimals, bands.min, bands.max) = (0, None, None);
        (bands.earliest, bands.latest, bands.zone) = (None, None, None);
        (bands.precision, bands.ask_if) = (super::form::Precision::default(), None);
        (bands.no_answer, bands.not_asked, bands.filled_from) = (Vec::new(), Vec::new(), None);
        bands.reject_if = Vec::new();
        Some(bands)
    }

    fn unlisted(&mut self, file: &QuestionFile, kind: &Kind, line: Option<u64>) -> Unlisted {
        let code = match file.unlisted {
            UnlistedFile::Refuse => return Unlisted::Refuse,
            UnlistedFile::Other => UNLISTED_CODE,
            UnlistedFile::Code(code) => code,
        };
        match kind.place_of_code(i64::from(code)) {
            Some(place) => Unlisted::Option(place),
            None => {
                self.findings.push(super::pattern::unknown_code(self.path, line, "`unlisted`", code, kind));
                Unlisted::Refuse
            }
        }
    }

    pub(super) fn check_codes(&mut self, number: &str, codes: Vec<(&String, i16, u64)>) {
        let mut seen = std::collections::HashSet::new();
        for (path, code, line) in codes {
            if code < 0 || code == UNLISTED_CODE {
                let message = format!("question `{number}`: code {code} is not between 0 and 32766");
                self.findings.push(Finding::error(path, Some(line), message));
            }
            if !seen.insert(code) {
                let message = format!("question `{number}`: code {code} stands twice");
                self.findings.push(Finding::error(path, Some(line), message));
            }
        }
    }

    /// Resolves what looks at other questions.
    fn connect(&mut self) {
        for at in 0..self.waiting.len() {
            let waiting = &mut self.waiting[at];
            let (place, line) = (waiting.question, waiting.line);
            let (ask_if, derived) = (waiting.ask_if.take(), waiting.derived.take());
            let (options, rows) = (std::mem::take(&mut waiting.options), std::mem::take(&mut waiting.rows));
            let mut premises =
                Premises { path: self.path, form: &self.form, line, findings: &mut *self.findings };
            let ask_if = ask_if.and_then(|premise| premises.resolve(&premise));
            let options: Vec<_> =
                options.iter().map(|(at, premise)| (*at, premises.resolve(premise))).collect();
            let rows: Vec<_> = rows.iter().map(|(at, premise)| (*at, premises.resolve(premise))).collect();
            let derived = derived.and_then(|file| load_derived::resolve(self, place, line, &file));
            let question = &mut self.form.questions[place];
            question.ask_if = ask_if;
            question.derived = derived;
            for (at, premise) in options {
                question.kind.options_mut()[at].ask_if = premise;
            }
            for (at, premise) in rows {
                question.kind.rows_mut()[at].ask_if = premise;
            }
        }
    }

    fn checks(&mut self, checks: Vec<CheckFile>) {
        let mut seen = std::collections::HashSet::new();
        for file in checks {
            let (id, line) = (file.check.value, Some(file.check.referenced.line()));
            if !seen.insert(id.clone()) {
                self.error(line, format!("check `{id}` stands twice"));
            }
            let mut premises =
                Premises { path: self.path, form: &self.form, line, findings: &mut *self.findings };
            let premise = premises.resolve(&file.premise);
            let invalidates: Vec<usize> =
                file.invalidates.iter().filter_map(|number| premises.place(number, line)).collect();
            if let Some(premise) = premise {
                self.form.checks.push(Check { id, premise, message: file.message, invalidates });
            }
        }
    }
}
