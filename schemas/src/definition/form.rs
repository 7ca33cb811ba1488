use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::survey::FormRef;
use super::text::Text;
use crate::ids::{FormId, QuestionId};

/// A form (調査票) as the file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormFile {
    pub(super) form: FormId,
    pub(super) version: u32,
    pub(super) names: Text,
    #[serde(default)]
    pub(super) scales: BTreeMap<String, Vec<OptionFile>>,
    pub(super) sections: Vec<SectionFile>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SectionFile {
    pub(super) section: String,
    #[serde(default)]
    pub(super) title: Text,
    pub(super) questions: Vec<QuestionFile>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum KindFile {
    Single,
    Multiple,
    Grid,
    Number,
    Text,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuestionFile {
    pub(super) number: Spanned<String>,
    pub(super) kind: KindFile,
    #[serde(default)]
    pub(super) short: Text,
    pub(super) text: Text,
    #[serde(default)]
    pub(super) options: Vec<OptionFile>,
    #[serde(default)]
    pub(super) scale: Option<String>,
    #[serde(default)]
    pub(super) rows: Vec<RowFile>,
    #[serde(default)]
    pub(super) decimals: u8,
    #[serde(default)]
    pub(super) min: Option<i64>,
    #[serde(default)]
    pub(super) max: Option<i64>,
    #[serde(default)]
    pub(super) chars_max: Option<usize>,
    #[serde(default)]
    pub(super) origin: Option<String>,
    #[serde(default)]
    pub(super) filled_from: Option<FilledFrom>,
    #[serde(default)]
    pub(super) note: Text,
    #[serde(default)]
    pub(super) printed_base: Text,
}

/// What answers a question in the respondent's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilledFrom {
    /// The group that is answered for.
    Group,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OptionFile {
    pub(super) code: Spanned<i16>,
    pub(super) label: Text,
    #[serde(default)]
    pub(super) exclusive: bool,
    #[serde(default)]
    pub(super) other: bool,
    #[serde(default)]
    pub(super) origin: Option<String>,
    #[serde(default)]
    pub(super) group: Option<String>,
    #[serde(default)]
    pub(super) note: Text,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowFile {
    pub(super) row: Spanned<i16>,
    pub(super) label: Text,
}

/// A form, resolved: every question knows its options.
#[derive(Clone, Debug)]
pub struct Form {
    /// Which form, in which version.
    pub reference: FormRef,
    /// What the form is called.
    pub names: Text,
    /// The sections, in printed order.
    pub sections: Vec<Section>,
    /// The questions, in printed order over all sections.
    pub questions: Vec<Question>,
    pub(super) index: HashMap<String, usize>,
}

impl Form {
    /// The question with this number, with its place in [`Form::questions`].
    pub fn question(&self, number: &str) -> Option<(usize, &Question)> {
        self.index.get(number).and_then(|&at| self.questions.get(at).map(|question| (at, question)))
    }
}

/// A part of a form.
#[derive(Clone, Debug)]
pub struct Section {
    /// The id.
    pub id: String,
    /// The heading.
    pub title: Text,
}

/// One question (設問).
#[derive(Clone, Debug)]
pub struct Question {
    /// The number that the form prints.
    pub number: QuestionId,
    /// The place of its section in [`Form::sections`].
    pub section: usize,
    /// A short title for tables; empty where the form gives none.
    pub short: Text,
    /// The wording.
    pub text: Text,
    /// What kind of answer it takes.
    pub kind: Kind,
    /// Where the wording comes from, for example `published` or `reconstructed`.
    pub origin: Option<String>,
    /// What answers it in the respondent's place.
    pub filled_from: Option<FilledFrom>,
    /// What a reader should know.
    pub note: Text,
    /// What the printed form says of its base: a check, never an input.
    pub printed_base: Text,
}

impl Question {
    /// The short title, or the wording where there is none.
    pub fn title(&self, language: &str) -> &str {
        let short = self.short.in_language(language);
        if short.is_empty() { self.text.in_language(language) } else { short }
    }

    /// The title as it is shown: marked where the words are not the issuer's own.
    pub fn shown_title(&self, language: &str) -> String {
        marked_words(self.title(language), self.is_reconstructed())
    }

    /// Whether the words were never printed by the survey's issuer.
    pub fn is_reconstructed(&self) -> bool {
        self.origin.as_deref().is_some_and(is_reconstructed)
    }

    /// The options, for the kinds that have some.
    pub fn options(&self) -> &[Choice] {
        match &self.kind {
            Kind::Single { options } | Kind::Multiple { options } | Kind::Grid { options, .. } => options,
            Kind::Number { .. } | Kind::Text { .. } => &[],
        }
    }

    /// The rows of a grid.
    pub fn rows(&self) -> &[Row] {
        match &self.kind {
            Kind::Grid { rows, .. } => rows,
            _ => &[],
        }
    }
}

/// What kind of answer a question takes.
#[derive(Clone, Debug)]
pub enum Kind {
    /// One option (単一回答).
    Single {
        /// In printed order.
        options: Vec<Choice>,
    },
    /// Any number of options (複数回答).
    Multiple {
        /// In printed order; an option's place is its bit in the stored masks.
        options: Vec<Choice>,
    },
    /// One option per row, all rows on one scale.
    Grid {
        /// In printed order.
        rows: Vec<Row>,
        /// The scale, in printed order.
        options: Vec<Choice>,
    },
    /// A number.
    Number {
        /// Digits after the point that are kept.
        decimals: u8,
        /// The least whole number allowed.
        min: Option<i64>,
        /// The greatest whole number allowed.
        max: Option<i64>,
    },
    /// Words.
    Text {
        /// The most characters allowed.
        chars_max: Option<usize>,
    },
}

impl Kind {
    /// The name in definitions and output.
    pub fn as_str(&self) -> &'static str {
        match self {
            Kind::Single { .. } => "single",
            Kind::Multiple { .. } => "multiple",
            Kind::Grid { .. } => "grid",
            Kind::Number { .. } => "number",
            Kind::Text { .. } => "text",
        }
    }
}

/// One option (選択肢).
#[derive(Clone, Debug)]
pub struct Choice {
    /// The stored code.
    pub code: i16,
    /// The words.
    pub label: Text,
    /// Whether it stands alone ("none of these").
    pub exclusive: bool,
    /// Whether it asks for words of one's own.
    pub other: bool,
    /// Where the wording comes from; that of the question if not given.
    pub origin: Option<String>,
    /// The group that it stands for, where the question is filled from the group.
    pub group: Option<String>,
    /// What a reader should know.
    pub note: Text,
}

impl Choice {
    /// The words as they are shown: marked where they are not the issuer's own.
    pub fn shown(&self, language: &str) -> String {
        marked_words(self.label.in_language(language), self.is_reconstructed())
    }

    /// Whether the words were never printed by the survey's issuer.
    pub fn is_reconstructed(&self) -> bool {
        self.origin.as_deref().is_some_and(is_reconstructed)
    }
}

/// Stands behind words that the issuer never printed.
pub const RECONSTRUCTED_MARK: char = '†';

fn marked_words(words: &str, reconstructed: bool) -> String {
    match reconstructed {
        true => format!("{words} {RECONSTRUCTED_MARK}"),
        false => words.to_owned(),
    }
}

/// Whether an origin means that the words are not the issuer's own.
pub fn is_reconstructed(origin: &str) -> bool {
    !matches!(origin, "published" | "report")
}

/// One row of a grid.
#[derive(Clone, Debug)]
pub struct Row {
    /// The stored code, part of the column's name.
    pub code: i16,
    /// The words.
    pub label: Text,
}
