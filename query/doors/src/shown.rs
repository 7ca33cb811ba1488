//! How figures are shown to people.

use shukei_query::{Flag, Measure, MeasureKind, TabulateRequest, rounded_text};
use shukei_schemas::definition::{Rounding, Survey};

use crate::words::Words;

/// A share of nobody.
const NO_BASE: &str = "-";
/// A value that is not shown because its base is too small.
pub(crate) const BLANKED: &str = "x";
/// Behind a value on a small base.
pub(crate) const UNRELIABLE: &str = "*";

/// How figures are shown to people. CSV and JSON do not depend on it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The language of words that are not of the definitions.
    pub language: String,
    /// What the table is called, where it is a named one.
    pub title: String,
    /// The digits that weighted counts are rounded to; all of them if none.
    pub decimals: Option<u8>,
    /// Where halves go.
    pub rounding: Rounding,
    /// What the figures are of, where that is not every unit alike: weight and conditions.
    pub said: Vec<String>,
    /// Whether options stand across and the parts of all breaks down; else options stand down.
    pub crossed: bool,
}

impl Default for Shown {
    fn default() -> Self {
        Self {
            language: "en".to_owned(),
            title: String::new(),
            decimals: None,
            rounding: Rounding::HalfAway,
            said: Vec::new(),
            crossed: false,
        }
    }
}

impl Shown {
    /// As a request on a survey says: in its language or the survey's first, with its digits or the survey's.
    pub fn of(survey: &Survey, request: &TabulateRequest) -> Self {
        let first = survey.languages.first().map(String::as_str);
        let language = request.language.as_deref().or(first).unwrap_or("en");
        let (words, how) = (Words::of(language), &request.how);
        let said = [
            how.weight.as_ref().map(|weight| words.weighted(weight)),
            how.filter.as_ref().map(|filter| words.only(&filter.to_string())),
            how.numerator.as_ref().map(|counted| words.counted(&counted.to_string())),
        ];
        Self {
            said: said.into_iter().flatten().collect(),
            language: language.to_owned(),
            title: request.how.title.in_language(language).to_owned(),
            decimals: Some(request.how.decimals.unwrap_or(survey.decimals)),
            rounding: survey.rounding,
            crossed: false,
        }
    }

    pub(crate) fn words(&self) -> &'static Words {
        Words::of(&self.language)
    }

    /// What units weigh, in the digits of the table.
    pub(crate) fn weighed(&self, text: &str) -> String {
        let rounded = self.decimals.and_then(|decimals| rounded_text(text, decimals, self.rounding));
        rounded.unwrap_or_else(|| text.to_owned())
    }

    /// The value of a count.
    pub(crate) fn count(&self, figure: &Measure) -> String {
        match figure.is_weighted() {
            true => self.weighed(&figure.value),
            false => figure.value.clone(),
        }
    }

    /// The value of a figure in a cell of a cross table.
    pub(crate) fn cell(&self, figure: &Measure) -> String {
        let has = |flag| figure.flags.contains(&flag);
        match () {
            () if has(Flag::Blanked) => BLANKED.to_owned(),
            () if figure.value.is_empty() => NO_BASE.to_owned(),
            () if figure.measure == MeasureKind::Count => self.count(figure),
            () if has(Flag::Unreliable) => format!("{}{UNRELIABLE}", figure.value),
            () => figure.value.clone(),
        }
    }

    /// The base of a figure.
    pub(crate) fn base(&self, figure: &Measure) -> String {
        figure.base_weighted.as_ref().map_or_else(|| figure.base.to_string(), |base| self.weighed(base))
    }
}

/// The part of the units in words; as in the column `breaks` where nobody has filled them.
pub(crate) fn part_words(figure: &Measure) -> String {
    match figure.parts.is_empty() {
        true => figure.breaks.clone(),
        false => figure.part_label(),
    }
}
