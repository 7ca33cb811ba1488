//! When answers are collected and which of them count: cut-offs, what a wave says of questions, surveys without waves.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use super::SurveyDefinition;
use super::completeness::{CompleteRule, lint_amount};
use super::finding::Finding;
use super::form::{Form, Question};
use super::lines::line_of;
use super::survey::{StateRule, Survey, Wave};
use crate::ids::{QuestionId, WaveId};
use crate::moment;
use crate::state::State;

/// The id of the one wave of a survey that has no waves.
pub const ONLY_WAVE: &str = "all";

/// Whether something counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// It counts.
    #[default]
    In,
    /// It is kept, and counts nowhere but in the figures that are kept of it.
    Out,
}

/// What a wave says of one question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaveQuestion {
    /// Per state whether it is in the base and prints as a row, in this wave alone.
    #[serde(default)]
    pub states: BTreeMap<State, StateRule>,
}

impl Wave {
    /// The first moment that is late, in microseconds; none where the wave has no cut-off. A date without a time closes
    /// at the midnight that ends it.
    pub fn closes_at(&self) -> Option<i64> {
        moment::instant_behind(self.closes.as_deref()?, self.zone_name())
    }

    /// The zone of dates and times that name none.
    pub fn zone_name(&self) -> &str {
        self.zone.as_deref().unwrap_or("UTC")
    }
}

impl Survey {
    /// The survey with the rules of states that one of its waves sets for all questions.
    #[must_use]
    pub fn in_wave(&self, wave: &Wave) -> Self {
        let mut survey = self.clone();
        survey.states.extend(&wave.states);
        survey
    }

    /// The wave of an event that names none: the only one of a survey without waves.
    pub fn wave_if_none_is_named(&self) -> Option<&WaveId> {
        self.has_no_waves.then(|| self.waves.first().map(|wave| &wave.wave)).flatten()
    }

    /// Makes one wave of what stands at the top of a survey without waves.
    pub(super) fn settle(&mut self) {
        if !self.waves.is_empty() || self.forms.is_empty() {
            return;
        }
        self.has_no_waves = true;
        self.waves = vec![Wave {
            wave: WaveId::new(ONLY_WAVE),
            names: self.names.clone(),
            forms: self.forms.clone(),
            layouts: self.layouts.clone(),
            mappings: self.mappings.clone(),
            sectors: self.sectors.clone(),
            frame: self.frame.clone(),
            reference_date: self.reference_date.clone(),
            dataset: self.dataset.clone(),
            datasets: self.datasets.clone(),
            headline: self.headline.clone(),
            states: BTreeMap::new(),
            questions: BTreeMap::new(),
            opens: None,
            closes: None,
            zone: None,
            late: Counts::In,
            complete: None,
            partial: None,
            blank: None,
        }];
    }
}

impl Form {
    /// The form with the rules of states that a wave sets for single questions; none where it sets none here.
    pub fn in_wave(&self, wave: &Wave) -> Option<Self> {
        let is_named = |question: &Question| wave.questions.contains_key(&question.number);
        if !self.questions.iter().any(is_named) {
            return None;
        }
        let mut form = self.clone();
        form.questions.iter_mut().for_each(|question| question.take_rules_of(wave));
        Some(form)
    }
}

impl Question {
    /// The question with the rules of states that a wave sets for it.
    #[must_use]
    pub fn in_wave(&self, wave: &Wave) -> Self {
        let mut question = self.clone();
        question.take_rules_of(wave);
        question
    }

    fn take_rules_of(&mut self, wave: &Wave) {
        if let Some(said) = wave.questions.get(&self.number) {
            self.states.extend(&said.states);
        }
    }
}

/// What is wrong with cut-offs, rules of completeness and what a wave says of questions.
pub(super) fn lint(definition: &SurveyDefinition, findings: &mut Vec<Finding>) {
    let survey = &definition.survey;
    let at = |keys: &[(&str, &str)]| definition.file("survey.yaml").and_then(|text| line_of(text, keys));
    if !survey.has_no_waves && !survey.forms.is_empty() {
        let message = "`forms` stands at the top and there are `waves`";
        let finding = Finding::error("survey.yaml", at(&[("waves", "")]), message);
        findings.push(finding.hint("move it into the waves, or leave `waves` out"));
    }
    let mut rules: Vec<(Option<&Wave>, Option<&CompleteRule>)> = vec![(None, survey.complete.as_ref())];
    rules.extend(survey.waves.iter().map(|wave| (Some(wave), wave.complete.as_ref())));
    for (wave, rule) in rules {
        let waves = survey.waves.iter().filter(|of| wave.is_none_or(|wave| wave.wave == of.wave));
        let forms: Vec<_> = waves.flat_map(|wave| &wave.forms).collect();
        let known: Vec<&Form> = forms.iter().filter_map(|form| definition.form(form)).map(|f| &**f).collect();
        let numbers: HashSet<&str> =
            known.iter().flat_map(|form| &form.questions).map(|question| question.number.as_str()).collect();
        let mut ordered: Vec<&str> = numbers.iter().copied().collect();
        ordered.sort_unstable();
        let head: Vec<(&str, &str)> = wave.iter().map(|wave| ("wave", wave.wave.as_str())).collect();
        let with = |more: &[(&str, &str)]| at(&[&head[..], more].concat());
        let is_whole = known.len() == forms.len();
        let mut unknown = |number: &QuestionId, what: &str, line: Option<u64>| {
            if is_whole && !numbers.contains(number.as_str()) {
                let message = format!("{what} names unknown question `{number}`");
                let finding = Finding::error("survey.yaml", line, message);
                findings.push(finding.nearest(number.as_str(), ordered.iter().copied()));
            }
        };
        for number in rule.iter().flat_map(|rule| &rule.questions) {
            unknown(number, "`complete`", with(&[("complete", ""), ("questions", number.as_str())]));
        }
        for number in wave.iter().flat_map(|wave| wave.questions.keys()) {
            unknown(number, "`questions`", with(&[("questions", ""), (number.as_str(), "")]));
        }
        let Some(wave) = wave else {
            lint_amount(rule, with(&[("complete", ""), ("at_least", "")]), findings);
            continue;
        };
        lint_amount(rule, with(&[("complete", ""), ("at_least", "")]), findings);
        lint_cut_off(wave, &with, findings);
    }
}

fn lint_cut_off(wave: &Wave, line: &impl Fn(&[(&str, &str)]) -> Option<u64>, findings: &mut Vec<Finding>) {
    let id = &wave.wave;
    let mut error = |key: &str, message: String, hint: &str| {
        findings.push(Finding::error("survey.yaml", line(&[(key, "")]), message).hint(hint));
    };
    let zone = wave.zone_name();
    if jiff::tz::TimeZone::get(zone).is_err() {
        let message = format!("wave `{id}`: unknown time zone `{zone}`");
        return error("zone", message, "use a name such as Asia/Tokyo or Europe/London");
    }
    let opens = wave.opens.as_deref().map(|text| moment::instant(text, zone));
    let closes = wave.closes.as_deref().map(|text| moment::instant_behind(text, zone));
    let hint = "write YYYY-MM-DD or YYYY-MM-DDTHH:MM";
    for (key, text, found) in [("opens", &wave.opens, opens), ("closes", &wave.closes, closes)] {
        if let (Some(text), Some(None)) = (text, found) {
            error(key, format!("wave `{id}`: `{key}: {text}` is no date and no time"), hint);
        }
    }
    if let (Some(Some(opens)), Some(Some(closes))) = (opens, closes)
        && opens >= closes
    {
        error("closes", format!("wave `{id}` closes before it opens"), "look at `opens` and `closes`");
    }
    if wave.late == Counts::Out && wave.closes.is_none() {
        error("late", format!("wave `{id}`: `late` without `closes`"), "say when the wave closes");
    }
}
