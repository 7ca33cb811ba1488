//! `forms/*.yaml` as the file has it.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use serde_saphyr::Spanned;

use super::form::{FilledFrom, Precision, Role};
use super::period::Period;
use super::premise::PremiseFile;
use super::rules::RulesFile;
use super::scalar::Scalar;
use super::survey::StateRule;
use super::text::Text;
use crate::identifier::Identifier;
use crate::ids::FormId;
use crate::state::State;

/// A form (調査票): sections, questions, options.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Form")]
pub(super) struct FormFile {
    /// The id; with the version it names the table of the answers.
    pub(super) form: FormId,
    /// The version; a changed form gets a new one.
    pub(super) version: u32,
    /// What the form is called.
    pub(super) names: Text,
    /// Lists of options that several questions share, by name.
    #[serde(default)]
    pub(super) scales: BTreeMap<String, Vec<OptionFile>>,
    /// What becomes of answers that contradict themselves; a question may set its own.
    #[serde(default)]
    pub(super) rules: RulesFile,
    /// The sections, in printed order.
    pub(super) sections: Vec<SectionFile>,
    /// Soft checks between answers: each finding is listed and counted.
    #[serde(default)]
    pub(super) checks: Vec<CheckFile>,
}

/// A part of the form under one heading.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SectionFile {
    /// The id.
    pub(super) section: String,
    /// The heading.
    #[serde(default)]
    pub(super) title: Text,
    /// The questions, in printed order.
    pub(super) questions: Vec<QuestionFile>,
}

/// What kind of answer a question takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum KindFile {
    /// One option.
    Single,
    /// Any number of options.
    Multiple,
    /// One option per row, all rows on one scale.
    Grid,
    /// One point of a numeric scale.
    Rating,
    /// A rank for each of the rows.
    Ranking,
    /// A number.
    Number,
    /// Words.
    Text,
    /// A day, a month or a year.
    Date,
    /// A point in time.
    Datetime,
    /// A time of day.
    Time,
}

/// One question (設問).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QuestionFile {
    /// The number that the form prints, letters and digits; it names the column.
    #[schemars(with = "Scalar")]
    pub(super) number: Spanned<String>,
    /// What kind of answer it takes.
    pub(super) kind: KindFile,
    /// `attribute` and `weight` are known of the unit and not tabulated unless asked for.
    #[serde(default)]
    pub(super) role: Role,
    /// A short title for tables.
    #[serde(default)]
    pub(super) short: Text,
    /// The wording.
    pub(super) text: Text,
    /// The options, in printed order.
    #[serde(default)]
    pub(super) options: Vec<OptionFile>,
    /// A CSV file in the survey's folder with the options: `code,label` or `code,label_en,label_ja`, and the other keys
    /// of an option as columns.
    #[serde(default)]
    pub(super) options_file: Option<String>,
    /// The name of a list under `scales` instead of options.
    #[serde(default)]
    pub(super) scale: Option<String>,
    /// The numeric points of a rating or a grid; options with the same value only give them labels.
    #[serde(default)]
    pub(super) points: Option<PointsFile>,
    /// The rows of a grid, or the items of a ranking.
    #[serde(default)]
    pub(super) rows: Vec<RowFile>,
    /// How many ranks a ranking gives; as many as it has items if not said.
    #[serde(default)]
    pub(super) ranks: Option<i16>,
    /// The most options that may be marked in a multiple answer.
    #[serde(default)]
    pub(super) max_marks: Option<usize>,
    /// Digits behind the point that a number keeps, 0 to 9.
    #[serde(default)]
    pub(super) decimals: u8,
    /// The least whole number allowed.
    #[serde(default)]
    pub(super) min: Option<i64>,
    /// The greatest whole number allowed.
    #[serde(default)]
    pub(super) max: Option<i64>,
    /// How exact a date is.
    #[serde(default)]
    pub(super) precision: Precision,
    /// The first day allowed, `YYYY-MM-DD`.
    #[serde(default)]
    pub(super) earliest: Option<String>,
    /// The last day allowed, `YYYY-MM-DD`.
    #[serde(default)]
    pub(super) latest: Option<String>,
    /// The time zone of a datetime that names none, for example `Asia/Tokyo`; UTC if not given.
    #[serde(default)]
    pub(super) zone: Option<String>,
    /// Bands of a number, a date or a time: they make one more question, `<number>band`, that is tabulated.
    #[serde(default)]
    pub(super) bands: Vec<BandFile>,
    /// The most characters that a text may have.
    #[serde(default)]
    pub(super) chars_max: Option<usize>,
    /// The identifier that a text must be; what is none is listed as an issue, and the answer counts all the same.
    #[serde(default)]
    pub(super) check: Option<Identifier>,
    /// What a text outside the list becomes: `refuse`, `other` (an option of its own), or the code of an option.
    #[serde(default)]
    pub(super) unlisted: UnlistedFile,
    /// Computed from another answer instead of asked.
    #[serde(default)]
    pub(super) derived: Option<DerivedFile>,
    /// Words and codes that say "no answer", for example `-99` or `n/a`.
    #[serde(default)]
    pub(super) no_answer: Vec<Scalar>,
    /// Words and codes that say that the question was not asked.
    #[serde(default)]
    pub(super) not_asked: Vec<Scalar>,
    /// Per state whether it is in the base and prints as a row, where this differs from the survey's rule.
    #[serde(default)]
    pub(super) states: BTreeMap<State, StateRule>,
    /// States of an answer with which the whole submission is rejected: `invalid`, `no_answer`, `stated_no_answer`,
    /// `nothing_marked`.
    #[serde(default)]
    pub(super) reject_if: Vec<State>,
    /// Who is asked at all.
    #[serde(default)]
    pub(super) ask_if: Option<PremiseFile>,
    /// What becomes of contradictory answers here, where this differs from the form's rules.
    #[serde(default)]
    pub(super) rules: RulesFile,
    /// Where the wording comes from: `published`, `report`, or for example `reconstructed`.
    #[serde(default)]
    pub(super) origin: Option<String>,
    /// What answers in the respondent's place.
    #[serde(default)]
    pub(super) filled_from: Option<FilledFrom>,
    /// What a reader should know.
    #[serde(default)]
    pub(super) note: Text,
    /// The number as it is printed, for example `問1-1` or `3(b)`, where it is not `number`.
    #[serde(default)]
    #[schemars(with = "Scalar")]
    pub(super) printed: String,
    /// What the printed form says of its base; a check, never an input.
    #[serde(default)]
    pub(super) printed_base: Text,
}

/// One option (選択肢).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OptionFile {
    /// The stored code, 0 to 32766.
    #[schemars(with = "i16")]
    pub(super) code: Spanned<i16>,
    /// The words.
    pub(super) label: Text,
    /// The number that it counts as in means; of a rating's point the point itself.
    #[serde(default)]
    pub(super) value: Option<Scalar>,
    /// Whether it is outside the scale: in shares, never in means.
    #[serde(default)]
    pub(super) not_applicable: bool,
    /// Whether it stands alone ("none of these").
    #[serde(default)]
    pub(super) exclusive: bool,
    /// Whether it asks for words of one's own, kept in `q<number>_other`.
    #[serde(default)]
    pub(super) other: bool,
    /// Who is offered it.
    #[serde(default)]
    pub(super) ask_if: Option<PremiseFile>,
    /// Where the wording comes from; that of the question if not given.
    #[serde(default)]
    pub(super) origin: Option<String>,
    /// The group that it stands for, with `filled_from: group`.
    #[serde(default)]
    pub(super) group: Option<String>,
    /// What a reader should know.
    #[serde(default)]
    pub(super) note: Text,
}

/// A row of a grid, or an item of a ranking.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RowFile {
    /// The code, part of the column's name, 0 to 32766.
    #[schemars(with = "i16")]
    pub(super) row: Spanned<i16>,
    /// The words.
    pub(super) label: Text,
    /// Who is asked this row.
    #[serde(default)]
    pub(super) ask_if: Option<PremiseFile>,
}

/// The points of a numeric scale.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PointsFile {
    /// The first point.
    pub(super) from: i16,
    /// The last point.
    pub(super) to: i16,
}

/// A band: from a bound (included) to `to` (included) or `below` (not included); a bound that is missing is open.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BandFile {
    /// The code of the band.
    #[schemars(with = "i16")]
    pub(super) code: Spanned<i16>,
    /// The words.
    pub(super) label: Text,
    /// The first value inside.
    #[serde(default)]
    pub(super) from: Option<Scalar>,
    /// The last value inside.
    #[serde(default)]
    pub(super) to: Option<Scalar>,
    /// The first value that is not inside any more.
    #[serde(default)]
    pub(super) below: Option<Scalar>,
}

/// A category and when it holds.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseFile {
    /// The option of the derived question.
    #[schemars(with = "i16")]
    pub(super) code: Spanned<i16>,
    /// When it holds, unless a case before it does.
    #[serde(rename = "if")]
    pub(super) premise: PremiseFile,
}

/// Where the answers of a derived question come from: bands, an age, a look-up, patterns, a period, cases or a count.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DerivedFile {
    /// The question that it is derived from.
    #[serde(default)]
    #[schemars(with = "Option<Scalar>")]
    pub(super) from: Option<Spanned<String>>,
    /// Bands of a number, a date or a time.
    #[serde(default)]
    pub(super) bands: Vec<BandFile>,
    /// The question that holds the year or the date of birth: the age in whole years.
    #[serde(default)]
    #[schemars(with = "Option<Scalar>")]
    pub(super) birth_year: Option<Spanned<String>>,
    /// The day of the age: `reference_date` of the wave, `submitted_at`, or the number of a date question.
    #[serde(default)]
    pub(super) on: Option<String>,
    /// A CSV file in the survey's folder whose first column is looked up.
    #[serde(default)]
    pub(super) lookup: Option<String>,
    /// The column of that file that is the answer.
    #[serde(default)]
    pub(super) column: Option<String>,
    /// Written-in answers to options.
    #[serde(default)]
    pub(super) patterns: Vec<PatternFile>,
    /// Categories from conditions on other answers: the first that holds.
    #[serde(default)]
    pub(super) cases: Vec<CaseFile>,
    /// The option where no case holds.
    #[serde(default)]
    pub(super) otherwise: Option<i16>,
    /// The multiple answer whose marks are counted, or the grid whose rows are.
    #[serde(default)]
    #[schemars(with = "Option<Scalar>")]
    pub(super) count: Option<Spanned<String>>,
    /// The options that are counted; all but those that stand alone if not given.
    #[serde(default)]
    pub(super) codes: Vec<i16>,
    /// The period that a date or a time falls into.
    #[serde(default)]
    pub(super) period: Option<Period>,
    /// What falls into the period: `submitted_at`, or the number of a date or a datetime.
    #[serde(default)]
    #[schemars(with = "Option<Scalar>")]
    pub(super) of: Option<Spanned<String>>,
    /// The time zone in which days begin, of a period and of an age; that of the question, else UTC, if not given.
    #[serde(default)]
    pub(super) zone: Option<String>,
    /// The month with which the fiscal year begins, 1 to 12; January if not given.
    #[serde(default)]
    pub(super) fiscal_year_begins: Option<i8>,
    /// The sum of these questions: numbers, or options with values; a grid stands for all its rows.
    #[serde(default)]
    #[schemars(with = "Vec<Scalar>")]
    pub(super) sum: Vec<Spanned<String>>,
    /// Their mean.
    #[serde(default)]
    #[schemars(with = "Vec<Scalar>")]
    pub(super) mean: Vec<Spanned<String>>,
    /// The first of two less the second; of dates in days, of times in minutes.
    #[serde(default)]
    #[schemars(with = "Vec<Scalar>")]
    pub(super) difference: Vec<Spanned<String>>,
    /// How many parts of a sum or a mean have to be known; all if not given.
    #[serde(default)]
    pub(super) known: Option<usize>,
}

/// A pattern of texts and the options that it means.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PatternFile {
    /// The question; needed in a layout.
    #[serde(default)]
    #[schemars(with = "Option<Scalar>")]
    pub(super) question: Option<Spanned<String>>,
    /// Only in this column of a layout.
    #[serde(default)]
    pub(super) column: Option<String>,
    /// The text begins so.
    #[serde(default)]
    pub(super) prefix: Option<String>,
    /// The text has this inside.
    #[serde(default)]
    pub(super) contains: Option<String>,
    /// The text matches this regular expression.
    #[serde(default)]
    pub(super) regex: Option<String>,
    /// The options that it means.
    #[serde(default)]
    pub(super) codes: Vec<i16>,
}

/// A soft check between answers.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckFile {
    /// The id; issues name it.
    #[schemars(with = "String")]
    pub(super) check: Spanned<String>,
    /// What must not be.
    #[serde(rename = "if")]
    pub(super) premise: PremiseFile,
    /// What to say.
    pub(super) message: Text,
    /// The questions whose answers become invalid; none if not given.
    #[serde(default)]
    pub(super) invalidates: Vec<String>,
}

/// What a text outside the list becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum UnlistedFile {
    /// An issue; the answer is invalid.
    #[default]
    Refuse,
    /// An option of its own.
    Other,
    /// An option of the list.
    Code(i16),
}

impl<'de> Deserialize<'de> for UnlistedFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UnlistedVisitor)
    }
}

struct UnlistedVisitor;

impl Visitor<'_> for UnlistedVisitor {
    type Value = UnlistedFile;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`refuse`, `other` or the code of an option")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<UnlistedFile, E> {
        match text {
            "refuse" => Ok(UnlistedFile::Refuse),
            "other" => Ok(UnlistedFile::Other),
            _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_i64<E: de::Error>(self, code: i64) -> Result<UnlistedFile, E> {
        let bad = |_| E::invalid_value(de::Unexpected::Signed(code), &self);
        i16::try_from(code).map(UnlistedFile::Code).map_err(bad)
    }

    fn visit_u64<E: de::Error>(self, code: u64) -> Result<UnlistedFile, E> {
        let bad = |_| E::invalid_value(de::Unexpected::Unsigned(code), &self);
        i16::try_from(code).map(UnlistedFile::Code).map_err(bad)
    }
}

impl JsonSchema for UnlistedFile {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Unlisted".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "enum": ["refuse", "other"] }, { "type": "integer" }] })
    }
}
