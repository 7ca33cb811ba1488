//! What is wrong with the indicators of a survey.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::SurveyDefinition;
use super::finding::Finding;
use super::form::Form;
use super::indicator::{Indicator, IndicatorBase, IndicatorSet};
use super::indicator_plan::Look;
use super::lines::line_of;
use super::mapping::Mapping;
use super::survey::Wave;
use super::table_where::WhereProblem;
use super::text::Text;

/// Names that output gives to figures that are no indicator.
const RESERVED: [&str; 1] = ["indicators"];

pub(super) fn lint(definition: &SurveyDefinition, findings: &mut Vec<Finding>) {
    for used in definition.indicators.values() {
        let lint = Lint { definition, path: &used.path, set: &used.value };
        lint.set(findings);
    }
    twice(definition, findings);
    for (id, used) in &definition.tables {
        if RESERVED.contains(&id.as_str()) {
            let line = definition.file(&used.path).and_then(|text| line_of(text, &[("table", id)]));
            let message = format!("table `{id}` has the name of the table of indicators");
            findings.push(Finding::error(&used.path, line, message).hint("give it another id"));
        }
    }
}

/// One id stands for one indicator in a wave.
fn twice(definition: &SurveyDefinition, findings: &mut Vec<Finding>) {
    for wave in &definition.survey.waves {
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for (set, indicator) in definition.indicators_of(wave) {
            let Some(owner) = owners.insert(&indicator.indicator, &set.set) else { continue };
            let Some(used) = definition.indicators.get(&set.set) else { continue };
            let id = indicator.indicator.as_str();
            let line = definition.file(&used.path).and_then(|text| line_of(text, &[("indicator", id)]));
            let message = format!("indicator `{id}` stands twice in wave `{}` (set `{owner}`)", wave.wave);
            findings.push(Finding::error(&used.path, line, message).hint("give one of them another id"));
        }
    }
}

struct Lint<'a> {
    definition: &'a SurveyDefinition,
    path: &'a str,
    set: &'a IndicatorSet,
}

impl<'a> Lint<'a> {
    fn at(&self, keys: &[(&str, &str)]) -> Option<u64> {
        self.definition.file(self.path).and_then(|text| line_of(text, keys))
    }

    fn error(&self, indicator: &Indicator, key: (&str, &str), message: &str) -> Finding {
        let id = indicator.each_of.as_ref().unwrap_or(&indicator.indicator);
        let line = self.at(&[("indicator", id), key]).or_else(|| self.at(&[("indicator", id)]));
        Finding::error(self.path, line, format!("indicator `{id}`: {message}"))
    }

    fn set(&self, findings: &mut Vec<Finding>) {
        let waves = &self.definition.survey.waves;
        for wave in self.set.waves.iter().filter(|wanted| !waves.iter().any(|wave| wave.wave == **wanted)) {
            let known = waves.iter().map(|wave| wave.wave.as_str());
            let line = self.at(&[("waves", "")]);
            let finding = Finding::error(self.path, line, format!("indicators of unknown wave `{wave}`"));
            findings.push(finding.nearest(wave.as_str(), known));
        }
        let chosen: Vec<&Wave> = waves
            .iter()
            .filter(|wave| self.set.waves.is_empty() || self.set.waves.contains(&wave.wave))
            .collect();
        for (at, indicator) in self.set.indicators.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|before| self.set.indicators.get(before));
            // What is wrong with an indicator that is written out is said of the first that it became.
            if indicator.each_of.is_some() && before.is_some_and(|before| before.each_of == indicator.each_of)
            {
                continue;
            }
            self.words(indicator, findings);
            if let Some(among) = &indicator.each_among {
                findings.push(self.each_among(indicator, among));
                continue;
            }
            if indicator.condition().is_none() {
                let key = if indicator.of.is_some() { ("of", "") } else { ("question", "") };
                let message = "it takes one condition `of`, or a `question` with `options`";
                findings.push(self.error(indicator, key, message).hint("write one of the two"));
                continue;
            }
            if indicator.base == Some(IndicatorBase::Questions(Vec::new())) {
                let finding = self.error(indicator, ("base", ""), "its base names no question");
                findings.push(finding.hint("name one, or leave `base` out"));
            }
            self.waves(indicator, &chosen, findings);
        }
    }

    /// An indicator with `each_among` that could not be written out.
    fn each_among(&self, indicator: &Indicator, among: &str) -> Finding {
        let (None, Some(number)) = (&indicator.of, &indicator.question) else {
            let finding = self.error(indicator, ("each_among", ""), "`each_among` goes with a `question`");
            return finding.hint("name the question whose options are counted; `among` goes with `of`");
        };
        let forms: Vec<&Form> = self.definition.forms.values().map(|used| used.value.as_ref()).collect();
        for (key, number) in [("question", number.as_str()), ("each_among", among)] {
            if !forms.iter().any(|form| form.question(number).is_some()) {
                let known =
                    forms.iter().flat_map(|form| &form.questions).map(|question| question.number.as_str());
                let finding = self.error(indicator, (key, ""), &format!("unknown question `{number}`"));
                return finding.nearest(number, known);
            }
        }
        let message =
            format!("no form of its waves has an option of one code in `{number}` and in `{among}`");
        self.error(indicator, ("each_among", ""), &message).hint(
            "give the same options the same codes in both questions, or write one indicator for each pair",
        )
    }

    fn words(&self, indicator: &Indicator, findings: &mut Vec<Finding>) {
        let id = indicator.indicator.as_str();
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        if id.is_empty() || !id.chars().all(is_letter) {
            let finding = self.error(indicator, ("indicator", id), "the id is no name");
            findings.push(finding.hint("use letters, digits, `_` and `-`"));
        }
        if indicator.label.is_empty() {
            findings.push(self.error(indicator, ("label", ""), "the label has no words"));
        }
        let texts: [(&str, &Text); 3] =
            [("label", &indicator.label), ("short", &indicator.short), ("note", &indicator.note)];
        for (key, text) in texts {
            for language in text.missing(&self.definition.survey.languages) {
                findings.push(self.error(indicator, (key, ""), &format!("a {key} without `{language}`")));
            }
        }
    }

    /// It must make sense on a form of every wave that is named, else of any.
    fn waves(&self, indicator: &Indicator, waves: &[&Wave], findings: &mut Vec<Finding>) {
        let mut problems: Vec<WhereProblem> = Vec::new();
        let mut fitted = false;
        for wave in waves {
            let forms: Vec<&Arc<Form>> =
                wave.forms.iter().filter_map(|form| self.definition.form(form)).collect();
            let mut of_wave = Vec::new();
            let mut fits = forms.is_empty();
            for form in forms {
                match indicator.resolve(form) {
                    Ok(_) => fits = true,
                    Err(problem) => of_wave.push(problem),
                }
            }
            fitted |= fits;
            if fits {
                findings.extend(self.uneven(indicator, wave));
            } else {
                // The words are those of the best try.
                of_wave.sort_by_key(|problem| problem.unknown_question);
                problems.extend(of_wave.into_iter().next());
            }
        }
        if self.set.waves.is_empty() && fitted {
            return;
        }
        problems.sort_by_key(|problem| problem.unknown_question);
        if let Some(problem) = problems.first() {
            let named = problem.message.split('`').nth(1).unwrap_or_default();
            let key = if problem.message.starts_with("base") { ("base", "") } else { ("question", named) };
            findings.push(self.error(indicator, key, &problem.message).hint(problem.hint.clone()));
        }
    }

    /// An indicator whose options are not all covered alike says itself who its base is.
    fn uneven(&self, indicator: &Indicator, wave: &Wave) -> Option<Finding> {
        if indicator.base.is_some() {
            return None;
        }
        let mappings = wave.mappings.iter().filter_map(|mapping| self.definition.mapping(mapping));
        mappings.into_iter().find_map(|mapping| {
            let form = self.definition.form(&mapping.target)?;
            let plan = indicator.resolve(form).ok()?;
            let parts: Vec<Part> = plan.looks.iter().chain(&plan.among).flat_map(|look| parts(look, form, mapping)).collect();
            let (covered, other) =
                (parts.iter().find(|part| part.covered)?, parts.iter().find(|part| !part.covered)?);
            let message = format!(
                "mapping `{}` covers {} but not {}: it needs a named base",
                mapping.reference.target(),
                covered.name,
                other.name
            );
            let hint = "add `base: covered` for the units that are covered for all of it, `base: all` for every unit, \
                        or the questions whose base it is";
            Some(self.error(indicator, ("indicator", &indicator.indicator), &message).hint(hint))
        })
    }
}

/// An option, or a whole question, that an indicator looks at.
struct Part {
    name: String,
    covered: bool,
}

fn parts(look: &Look, form: &Form, mapping: &Mapping) -> Vec<Part> {
    let Some(question) = form.questions.get(look.question) else { return Vec::new() };
    let number = &question.number;
    let one = |places: Option<Vec<usize>>, name: String| Part {
        covered: Look { options: places, ..look.clone() }.is_covered(form, mapping),
        name,
    };
    let places: Vec<usize> = match &look.options {
        Some(places) => places.clone(),
        None => (0..question.options().len()).collect(),
    };
    if places.is_empty() {
        return vec![one(None, format!("question `{number}`"))];
    }
    let code = |place: usize| question.options().get(place).map_or(0, |option| option.code);
    places
        .into_iter()
        .map(|place| one(Some(vec![place]), format!("option {} of question `{number}`", code(place))))
        .collect()
}
