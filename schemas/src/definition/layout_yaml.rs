//! `layouts/*.yaml` as the file has it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::fold::Step;
use super::form_file::PatternFile;
use super::layout_file::DeliveryFile;
use super::scalar::{OneOrMore, Scalar};
use super::survey::FormRef;
use crate::ids::LayoutId;

/// How somebody's file becomes answers on a form.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Layout")]
pub(super) struct LayoutYaml {
    /// The id that submissions name.
    pub(super) layout: LayoutId,
    /// The version.
    pub(super) version: u32,
    /// The form whose questions it feeds.
    pub(super) form: FormRef,
    /// A CSV file beside it: which column feeds what.
    pub(super) columns: String,
    /// What a cell says in a column that stands for one option.
    #[serde(default)]
    pub(super) marks: MarksFile,
    /// Texts that mean options, or rows, where the file does not use the label.
    #[serde(default)]
    pub(super) aliases: Vec<AliasFile>,
    /// Patterns of texts; what they place is listed.
    #[serde(default)]
    pub(super) patterns: Vec<PatternFile>,
    /// Columns to pass over without an issue.
    #[serde(default)]
    pub(super) ignore: Vec<String>,
    /// How cells are read, unless a question or a column says otherwise.
    #[serde(default)]
    pub(super) cells: CellsFile,
    /// The same for single questions.
    #[serde(default)]
    pub(super) questions: Vec<QuestionCells>,
    /// How the file itself is read.
    #[serde(default)]
    #[schemars(with = "Option<DeliveryFile>")]
    pub(super) file: Option<Spanned<DeliveryFile>>,
}

/// What a cell says in a column that stands for one option.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MarksFile {
    /// Texts that mean chosen.
    #[serde(default)]
    pub(super) chosen: Vec<Scalar>,
    /// Texts that mean not chosen.
    #[serde(default)]
    pub(super) not_chosen: Vec<Scalar>,
}

/// A text that means options, or a row.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AliasFile {
    /// The question.
    #[schemars(with = "Scalar")]
    pub(super) question: Spanned<String>,
    /// Only in this column.
    #[serde(default)]
    pub(super) column: Option<String>,
    /// The text in the file.
    pub(super) text: Scalar,
    /// The option that it means.
    #[serde(default)]
    pub(super) code: Option<i16>,
    /// The options that it means, if several.
    #[serde(default)]
    pub(super) codes: Vec<i16>,
    /// The row of a grid, or the item of a ranking, that it means.
    #[serde(default)]
    pub(super) row: Option<i16>,
    /// The number that it means, in a number.
    #[serde(default)]
    pub(super) value: Option<Scalar>,
}

/// How cells are read.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CellsFile {
    /// The steps of the normal form that texts are compared in; trim, width and quotes if not given.
    #[serde(default, rename = "match")]
    pub(super) steps: Option<Vec<Step>>,
    /// Whether cells hold labels, codes or both.
    #[serde(default)]
    pub(super) hold: Option<Hold>,
    /// What joins the parts of a list, or the tokens of a cell: a text, or a list of several that all do.
    #[serde(default)]
    pub(super) separator: Option<OneOrMore>,
    /// The decimal mark of numbers; a point if not given.
    #[serde(default)]
    pub(super) decimal: Option<char>,
    /// What groups the digits of numbers by three; nothing if not given.
    #[serde(default)]
    pub(super) thousands: Option<char>,
    /// Formats of dates and times, tried in order, for example `%d/%m/%Y`; ISO 8601 if not given.
    #[serde(default)]
    pub(super) date_format: OneOrMore,
    /// Words and the numbers that they mean, in numbers.
    #[serde(default)]
    pub(super) values: BTreeMap<String, Scalar>,
    /// Whether numbers with more decimals than their question keeps are rounded to them, halves away from zero; they are
    /// invalid if not.
    #[serde(default)]
    pub(super) round: Option<bool>,
    /// Signs and units around numbers that do not count, for example `$`, `%` and `円`.
    #[serde(default)]
    pub(super) strip: Vec<String>,
    /// Texts that say nothing, as an empty cell does.
    #[serde(default)]
    pub(super) blank: Vec<Scalar>,
    /// Texts that say "no answer".
    #[serde(default)]
    pub(super) no_answer: Vec<Scalar>,
    /// Texts that say that the question was not asked.
    #[serde(default)]
    pub(super) not_asked: Vec<Scalar>,
}

/// How the cells of one question are read.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QuestionCells {
    /// The question.
    #[schemars(with = "Scalar")]
    pub(super) question: Spanned<String>,
    /// How its cells are read.
    #[serde(default)]
    pub(super) cells: CellsFile,
    /// What several columns that feed one answer come to.
    #[serde(default)]
    pub(super) several: Option<Several>,
    /// Marks before or behind the tokens of a cell, each with the code of the scale that it means; the rest of a token
    /// is a row. An empty mark is a token without one.
    #[serde(default)]
    pub(super) tokens: BTreeMap<String, i16>,
}

/// What cells hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Hold {
    /// The words of options.
    #[default]
    Labels,
    /// The codes of options.
    Codes,
    /// Either.
    Both,
}

/// What several columns that feed one answer come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Several {
    /// The first column that is not blank counts, in the order of the layout.
    First,
    /// All count: a multiple answer takes them together, any other takes what they agree on.
    All,
}
