//! The words of the parts that figures are broken down by.

use std::collections::HashMap;
use std::sync::Arc;

use shukei_schemas::definition::{Form, Kind, Question, SurveyDefinition, Wave, words_of_part};

use crate::break_by::{Unknown, WITH_UNKNOWN};
use crate::measure::{BreakPart, Measure};

/// Fills the words of the part that each figure is of. What the definitions have no words for keeps its id.
pub(crate) fn name_parts(
    definition: &SurveyDefinition,
    wave: &Wave,
    language: &str,
    measures: &mut [Measure],
) {
    let forms: Vec<&Arc<Form>> = wave.forms.iter().filter_map(|form| definition.form(form)).collect();
    let words = Words { definition, wave, language, forms: &forms };
    let mut known: HashMap<String, Arc<[BreakPart]>> = HashMap::new();
    for measure in measures.iter_mut().filter(|measure| !measure.breaks.is_empty()) {
        let parts = known.entry(measure.breaks.clone()).or_insert_with(|| words.parts(&measure.breaks));
        measure.parts = Arc::clone(parts);
    }
}

struct Words<'a> {
    definition: &'a SurveyDefinition,
    wave: &'a Wave,
    language: &'a str,
    forms: &'a [&'a Arc<Form>],
}

impl Words<'_> {
    fn parts(&self, breaks: &str) -> Arc<[BreakPart]> {
        let parts = breaks.split("; ").filter_map(|part| part.split_once('='));
        parts.map(|(name, category)| self.part(name, category)).collect()
    }

    fn part(&self, name: &str, category: &str) -> BreakPart {
        let (title, label) = match (name, self.language) {
            ("group", "ja") => ("グループ".to_owned(), self.groups(category)),
            ("group", _) => ("group".to_owned(), self.groups(category)),
            ("field", "ja") if !self.asks("field") => ("分野".to_owned(), self.field(category)),
            ("field", _) if !self.asks("field") => ("field".to_owned(), self.field(category)),
            ("method", "ja") => ("収集方法".to_owned(), category.to_owned()),
            ("method", _) => ("method".to_owned(), category.to_owned()),
            _ => {
                let (title, label) = self.of_question(name.trim_end_matches(WITH_UNKNOWN), category);
                (title, self.unknown(category).map_or(label, str::to_owned))
            }
        };
        BreakPart { name: name.to_owned(), title, category: category.to_owned(), label }
    }

    /// The words of those of whom no answer is known.
    fn unknown(&self, category: &str) -> Option<&'static str> {
        let unknown = Unknown::ALL.into_iter().find(|unknown| unknown.as_str() == category)?;
        Some(match (unknown, self.language) {
            (Unknown::NoAnswer, "ja") => "無回答",
            (Unknown::NoAnswer, _) => "no answer",
            (Unknown::NotAsked, "ja") => "非該当",
            (Unknown::NotAsked, _) => "not asked",
        })
    }

    fn asks(&self, number: &str) -> bool {
        self.forms.iter().any(|form| form.question(number).is_some())
    }

    fn field(&self, category: &str) -> String {
        let sectors = self.definition.sectors_of(self.wave);
        let field = sectors.and_then(|sectors| sectors.fields.iter().find(|field| field.field == category));
        field.map_or(category, |field| field.label.in_language(self.language)).to_owned()
    }

    /// The words of a group, or of several that are one part.
    fn groups(&self, category: &str) -> String {
        let sectors = self.definition.sectors_of(self.wave);
        let words = |id| {
            let group = sectors.and_then(|sectors| sectors.group(id));
            group.map_or(id, |group| group.label.in_language(self.language))
        };
        match words(category) {
            label if label != category => label.to_owned(),
            _ => category.split('+').map(words).collect::<Vec<_>>().join(" + "),
        }
    }

    fn of_question(&self, name: &str, category: &str) -> (String, String) {
        let find = |number: &str| self.forms.iter().find_map(|form| form.question(number)).map(|(_, q)| q);
        let (question, row) = match (find(name), name.split_once('.')) {
            (Some(question), _) => (Some(question), None),
            (None, Some((number, row))) => (find(number), row.parse::<i16>().ok()),
            (None, None) => (None, None),
        };
        let Some(question) = question else { return (name.to_owned(), category.to_owned()) };
        let row = row.and_then(|code| question.rows().iter().find(|row| row.code == code));
        let title = match row {
            Some(row) => {
                format!("{}: {}", question.title(self.language), row.label.in_language(self.language))
            }
            None => question.title(self.language).to_owned(),
        };
        let label = match question.kind {
            Kind::Date { .. } => Some(words_of_part(category, self.language)),
            _ => self.option(question, category),
        };
        (title, label.unwrap_or_else(|| category.to_owned()))
    }

    fn option(&self, question: &Question, category: &str) -> Option<String> {
        let code = category.parse::<i16>().ok()?;
        let option = question.options().iter().find(|option| option.code == code)?;
        Some(option.shown(self.language)).filter(|label| !label.is_empty())
    }
}
