//! A submission with some fields changed, and what that changes in its answers.

use serde_json::Value as Node;
use shukei_interpret::{Answer, Interpretation, Value};
use shukei_schemas::columns::MASK_BITS;
use shukei_schemas::definition::{Kind, Layout, Question, SurveyDefinition, nearest};
use shukei_schemas::edit::pointer_of;
use shukei_schemas::json::{Arena, Json};

use crate::fault::Fault;

/// One field that is to change.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The number of a question, a column of the layout, or a JSON pointer into the data.
    pub(crate) question: String,
    /// The new value as it was typed.
    pub(crate) text: String,
}

impl Change {
    /// Where the field stands in the data.
    pub(crate) fn pointer(&self) -> String {
        pointer_of(&self.question)
    }

    /// The new value: a cell is text; else JSON if it is JSON, and text if not.
    fn value(&self, is_cell: bool) -> Node {
        match serde_json::from_str::<Node>(&self.text) {
            Ok(Node::Null) => Node::Null,
            Ok(value) if !is_cell => value,
            _ => Node::from(self.text.as_str()),
        }
    }
}

/// Refuses a record with a key that stands twice: written anew it would stand once, and another answer change with it.
pub(crate) fn refuse_repeated(payload: &str) -> Result<(), Fault> {
    fn is_repeated(json: &Json<'_>) -> bool {
        match json {
            Json::Object(entries) => entries.iter().enumerate().any(|(at, (key, value))| {
                entries[..at].iter().any(|(before, _)| before == key) || is_repeated(value)
            }),
            Json::List(items) => items.iter().any(is_repeated),
            _ => false,
        }
    }
    let arena = Arena::for_bytes(payload.len());
    let json = Json::parse(&arena, payload).map_err(anyhow::Error::from)?;
    match is_repeated(&json) {
        false => Ok(()),
        true => Err(Fault::no(
            "the submission says one thing twice, so it cannot be written anew with one change",
            "ask for the submission again, without keys that stand twice",
        )
        .code("edit_of_repeated_keys")),
    }
}

/// The submission with the changes made.
///
/// # Errors
/// A fault of use if a field is no question of the form, or no column of the layout.
pub(crate) fn changed(definition: &SurveyDefinition, old: &Node, changes: &[Change]) -> Result<Node, Fault> {
    let text = |name: &str| old.get(name).and_then(Node::as_str);
    let layout = text("layout").and_then(|name| {
        let of_name = definition.layouts.iter().filter(|(known, _)| known.layout.as_str() == name);
        let version = old.get("layout_version").and_then(Node::as_u64);
        let listed = of_name.filter(|(known, _)| version.is_none_or(|v| u64::from(known.version) == v));
        listed.max_by_key(|(known, _)| known.version).map(|(_, used)| &used.value)
    });
    let mut new = old.clone();
    for change in changes {
        let of_answers = !change.question.starts_with('/') || change.question.starts_with("/answers/");
        if !change.question.starts_with('/') {
            match layout {
                Some(layout) => known_column(definition, layout, &change.question)?,
                None => known_question(definition, text("form"), &change.question)?,
            }
        }
        set(&mut new, &change.pointer(), change.value(layout.is_some() && of_answers)).ok_or_else(|| {
            Fault::usage(
                format!("`{}` leads to nothing that can be changed", change.question),
                "name a question, a column, or a field such as `/answers/7/2` or `/group`",
            )
        })?;
    }
    Ok(new)
}

fn known_question(definition: &SurveyDefinition, form: Option<&str>, question: &str) -> Result<(), Fault> {
    let forms =
        definition.forms.iter().filter(|(known, _)| form.is_none_or(|form| known.form.as_str() == form));
    let forms: Vec<_> = forms.map(|(_, used)| &used.value).collect();
    if forms.iter().any(|form| form.question(question).is_some()) {
        return Ok(());
    }
    let numbers = forms.iter().flat_map(|form| &form.questions).map(|question| question.number.as_str());
    let near = nearest(question, numbers).map(|name| format!("did you mean `{name}`?"));
    Err(Fault::usage(
        format!("the form has no question `{question}`"),
        near.unwrap_or_else(|| "use a question number of the form".to_owned()),
    ))
}

fn known_column(definition: &SurveyDefinition, layout: &Layout, column: &str) -> Result<(), Fault> {
    if layout.target(column).is_some() {
        return Ok(());
    }
    let form = definition.form(&layout.form);
    let asked = form.and_then(|form| form.question(column)).map(|(place, _)| place);
    let of_question = layout.columns().filter(|(_, target)| Some(target.question) == asked);
    let columns: Vec<String> = of_question.map(|(name, _)| format!("`{name}`")).collect();
    let hint = match columns.is_empty() {
        false => format!("question `{column}` was read from {}: name the column", columns.join(", ")),
        true => match nearest(column, layout.columns().map(|(name, _)| name)) {
            Some(name) => format!("did you mean `{name}`?"),
            None => "the submission came by a layout: name a column of it".to_owned(),
        },
    };
    Err(Fault::usage(format!("layout `{}` has no column `{column}`", layout.reference.layout), hint))
}

/// Puts a value where a pointer leads; null takes away what is there. Nothing if the way goes through a value.
fn set(data: &mut Node, pointer: &str, value: Node) -> Option<()> {
    let parts: Vec<String> =
        pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let (last, way) = parts.split_last()?;
    let mut at = data;
    for part in way {
        let below = at.as_object_mut()?.entry(part.as_str()).or_insert(Node::Null);
        if below.is_null() {
            *below = Node::Object(serde_json::Map::new());
        }
        at = below;
    }
    let object = at.as_object_mut()?;
    match value {
        Node::Null => drop(object.remove(last)),
        value => drop(object.insert(last.clone(), value)),
    }
    Some(())
}

/// Question, row, and the answer before and after, of every answer that differs.
pub(crate) fn differences(
    definition: &SurveyDefinition,
    before: &Interpretation,
    after: &Interpretation,
) -> Vec<[String; 4]> {
    let (Some(old), Some(new)) = (&before.response, &after.response) else { return Vec::new() };
    let language = definition.survey.languages.first().map_or("en", String::as_str);
    let mut rows = Vec::new();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    for (name, old, new) in [
        ("group", text(&old.group), text(&new.group)),
        ("method", old.method.clone(), new.method.clone()),
        ("form", old.form.reference.target(), new.form.reference.target()),
    ] {
        if old != new {
            rows.push([name.to_owned(), String::new(), old, new]);
        }
    }
    if old.form.reference != new.form.reference {
        return rows;
    }
    for (place, question) in new.form.questions.iter().enumerate() {
        let (Some(old), Some(new)) = (old.answers.get(place), new.answers.get(place)) else { continue };
        for (at, (old, new)) in old.iter().zip(new).enumerate().filter(|(_, (old, new))| old != new) {
            let row = question.rows().get(at).map_or_else(String::new, |row| row.code.to_string());
            let words = |answer: &Answer| words(question, answer, language);
            rows.push([question.number.to_string(), row, words(old), words(new)]);
        }
    }
    rows
}

/// An answer in words; its state where it is none.
fn words(question: &Question, answer: &Answer, language: &str) -> String {
    let options = question.options();
    let label = |place: usize| {
        options.get(place).map_or_else(String::new, |option| {
            format!("{} {}", option.code, option.label.in_language(language))
        })
    };
    let shown = match &answer.value {
        Value::None => answer.state.as_str().to_owned(),
        Value::Code(code) => match options.iter().position(|option| option.code == *code) {
            Some(place) => label(place),
            None => code.to_string(),
        },
        Value::Mask(mask) => {
            let is_set = |place: &usize| {
                mask.get(place / MASK_BITS).is_some_and(|word| word >> (place % MASK_BITS) & 1 == 1)
            };
            let places: Vec<String> = (0..options.len()).filter(is_set).map(label).collect();
            match places.is_empty() {
                true => answer.state.as_str().to_owned(),
                false => places.join(", "),
            }
        }
        Value::Number(number) => {
            let decimals = match &question.kind {
                Kind::Number { decimals, .. } => *decimals,
                _ => 0,
            };
            number_text(*number, usize::from(decimals))
        }
        Value::Text(text) => text.clone(),
        Value::Date(days) => {
            let day = jiff::Span::new().try_days(*days).ok();
            let day = day.and_then(|days| jiff::civil::date(1970, 1, 1).checked_add(days).ok());
            day.map_or_else(|| days.to_string(), |day| day.to_string())
        }
        Value::Moment(time) => jiff::Timestamp::from_microsecond(*time)
            .map_or_else(|_| time.to_string(), |time| time.to_string()),
    };
    match &answer.other {
        Some(other) => format!("{shown}: {other}"),
        None => shown,
    }
}

fn number_text(number: i128, decimals: usize) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    match decimals {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{fraction}"),
    }
}
