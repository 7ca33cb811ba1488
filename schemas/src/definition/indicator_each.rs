//! Indicators that stand for one of each option, written out.

use std::sync::Arc;

use super::SurveyDefinition;
use super::form::{Form, Question};
use super::indicator::{Indicator, IndicatorSet};
use super::table_where::Where;
use super::text::Text;

impl SurveyDefinition {
    /// Replaces each indicator with `each_among` by one for each option that both of its questions have. Where no form
    /// has both, it stays as it is, which the lint names.
    pub(super) fn write_out_indicators(&mut self) {
        let mut sets = std::mem::take(&mut self.indicators);
        for used in sets.values_mut() {
            if !used.value.indicators.iter().any(|indicator| indicator.each_among.is_some()) {
                continue;
            }
            let forms = self.forms_of(&used.value);
            let mut set = IndicatorSet::clone(&used.value);
            set.indicators = set.indicators.into_iter().flat_map(|one| written_out(one, &forms)).collect();
            used.value = Arc::new(set);
        }
        self.indicators = sets;
    }

    /// The forms of a set's waves.
    fn forms_of(&self, set: &IndicatorSet) -> Vec<Arc<Form>> {
        let waves = self.survey.waves.iter();
        let meant = waves.filter(|wave| set.waves.is_empty() || set.waves.contains(&wave.wave));
        meant.flat_map(|wave| &wave.forms).filter_map(|form| self.form(form).cloned()).collect()
    }
}

fn written_out(indicator: Indicator, forms: &[Arc<Form>]) -> Vec<Indicator> {
    let (Some(number), Some(among), None) = (&indicator.question, &indicator.each_among, &indicator.of)
    else {
        return vec![indicator];
    };
    let mut found: Vec<Indicator> = Vec::new();
    let codes = |question: &Question| question.options().iter().map(|option| option.code).collect::<Vec<_>>();
    for form in forms {
        let (Some((_, of)), Some((_, other))) = (form.question(number), form.question(among)) else {
            continue;
        };
        let others = codes(other);
        for option in of.options().iter().filter(|option| others.contains(&option.code)) {
            let id = format!("{}-{}", indicator.indicator, option.code);
            let is_wanted = indicator.options.is_empty() || indicator.options.contains(&option.code);
            if !is_wanted || found.iter().any(|known| known.indicator == id) {
                continue;
            }
            let both = |words: &Text| words.followed_by(": ", &option.label);
            let given = Where { question: Some(among.clone()), codes: vec![option.code], ..Where::default() };
            let narrowed = match &indicator.among {
                None => given,
                Some(more) => Where { all: vec![more.clone(), given], ..Where::default() },
            };
            found.push(Indicator {
                indicator: id,
                label: both(&indicator.label),
                short: if indicator.short.is_empty() { Text::default() } else { both(&indicator.short) },
                options: vec![option.code],
                among: Some(narrowed),
                each_among: None,
                each_of: Some(indicator.indicator.clone()),
                ..indicator.clone()
            });
        }
    }
    if found.is_empty() { vec![indicator] } else { found }
}
