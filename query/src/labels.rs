//! The dictionaries `questions` and `options`: the words of the definitions as tables.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int16Builder, Int32Builder, RecordBatch, StringViewBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use shukei_schemas::definition::{Form, Question, Survey};

/// A form with the survey that uses it, and the language of its labels.
pub(crate) struct Labelled<'a> {
    pub(crate) survey: &'a Survey,
    pub(crate) form: &'a Form,
    pub(crate) language: String,
}

/// The language of a survey's labels: the one wanted, or its first.
pub(crate) fn language_of(survey: &Survey, wanted: Option<&str>) -> String {
    let first = survey.languages.first().map(String::as_str);
    wanted.or(first).unwrap_or("en").to_owned()
}

/// The wording of the options that a dictionary lists: per row of a grid, else once.
fn places(question: &Question, language: &str) -> Vec<(Option<i16>, Option<String>)> {
    if question.rows().is_empty() {
        return vec![(None, None)];
    }
    question
        .rows()
        .iter()
        .map(|row| (Some(row.code), Some(row.label.in_language(language).to_owned())))
        .collect()
}

/// `questions`: one row per question of every form.
pub(crate) fn questions(forms: &[Labelled<'_>]) -> Result<RecordBatch, ArrowError> {
    let mut key = Key::default();
    let mut texts = [(); 6].map(|()| StringViewBuilder::new());
    for labelled in forms {
        for question in &labelled.form.questions {
            key.append(labelled, question);
            let section = labelled.form.sections.get(question.section).map(|section| section.id.as_str());
            let language = labelled.language.as_str();
            let values = [
                section,
                Some(question.kind.as_str()),
                Some(question.title(language)),
                Some(question.text.in_language(language)),
                question.origin.as_deref(),
                Some(question.printed_number()),
            ];
            texts.iter_mut().zip(values).for_each(|(builder, value)| builder.append_option(value));
        }
    }
    let mut fields = Key::fields();
    fields.extend(["section", "kind", "title", "text", "origin", "printed"].map(text_field));
    let mut columns = key.finish();
    columns.extend(texts.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef));
    RecordBatch::try_new(schema(fields), columns)
}

/// `options`: one row per option of every question that has some, per row of a grid.
pub(crate) fn options(forms: &[Labelled<'_>]) -> Result<RecordBatch, ArrowError> {
    let mut key = Key::default();
    let (mut rows, mut row_labels) = (Int16Builder::new(), StringViewBuilder::new());
    let (mut codes, mut labels) = (Int16Builder::new(), StringViewBuilder::new());
    for labelled in forms {
        for question in &labelled.form.questions {
            for (row, row_label) in places(question, &labelled.language) {
                for option in question.options() {
                    key.append(labelled, question);
                    rows.append_option(row);
                    row_labels.append_option(row_label.as_deref());
                    codes.append_value(option.code);
                    labels.append_value(option.shown(&labelled.language));
                }
            }
        }
    }
    let mut fields = Key::fields();
    fields.extend([
        Field::new("row", DataType::Int16, true),
        text_field("row_label"),
        Field::new("option", DataType::Int16, false),
        text_field("label"),
    ]);
    let mut columns = key.finish();
    let rest: [ArrayRef; 4] = [
        Arc::new(rows.finish()),
        Arc::new(row_labels.finish()),
        Arc::new(codes.finish()),
        Arc::new(labels.finish()),
    ];
    columns.extend(rest);
    RecordBatch::try_new(schema(fields), columns)
}

/// What names a question in both dictionaries.
#[derive(Default)]
struct Key {
    survey: StringViewBuilder,
    form: StringViewBuilder,
    version: Int32Builder,
    question: StringViewBuilder,
}

impl Key {
    fn append(&mut self, labelled: &Labelled<'_>, question: &Question) {
        self.survey.append_value(labelled.survey.survey.as_str());
        self.form.append_value(labelled.form.reference.form.as_str());
        self.version.append_value(form_version(labelled.form));
        self.question.append_value(question.number.as_str());
    }

    fn fields() -> Vec<Field> {
        vec![
            text_field("survey"),
            text_field("form"),
            Field::new("form_version", DataType::Int32, false),
            text_field("question"),
        ]
    }

    fn finish(&mut self) -> Vec<ArrayRef> {
        vec![
            Arc::new(self.survey.finish()),
            Arc::new(self.form.finish()),
            Arc::new(self.version.finish()),
            Arc::new(self.question.finish()),
        ]
    }
}

/// The version of a form as a column holds it.
pub(crate) fn form_version(form: &Form) -> i32 {
    i32::try_from(form.reference.version).unwrap_or(i32::MAX)
}

fn text_field(name: &str) -> Field {
    Field::new(name, DataType::Utf8View, true)
}

fn schema(fields: Vec<Field>) -> SchemaRef {
    Arc::new(Schema::new(fields))
}
