//! `submission.edited`: a submission as the survey office has changed it, and what it changed, by which rule.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{Code, Issue, pointer_part};
use crate::event::{Fields, Submission};
use crate::json::{Arena, Found, Json};

/// The data of a `submission.edited` event, as producers write it: the whole submission as it is to count, and beside it
/// what was changed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EditedSubmission {
    /// The whole submission, with the changes made.
    #[serde(flatten)]
    pub submission: Submission,
    /// What was changed, at least one field.
    #[schemars(length(min = 1))]
    pub edits: Vec<Edit>,
    /// Who changed it.
    #[schemars(length(min = 1))]
    pub edited_by: String,
    /// When, by RFC 3339 with its zone.
    #[schemars(length(min = 1))]
    pub edited_at: String,
    /// The event that was changed.
    pub original: Original,
}

/// One field that was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Edit {
    /// The number of a question, a column where a layout is named, or a JSON pointer into the data (`/answers/7/2`,
    /// `/group`).
    #[schemars(length(min = 1))]
    pub field: String,
    /// What stood there before; null if nothing. It is kept and cannot be checked without the original.
    #[serde(default)]
    pub old: serde_json::Value,
    /// What stands there now; it must be what the submission says.
    #[serde(default)]
    pub new: serde_json::Value,
    /// The id of the rule by which it was changed.
    #[schemars(length(min = 1))]
    pub rule: String,
    /// Why, in words.
    #[schemars(length(min = 1))]
    pub reason: String,
}

/// Which event was changed: by source and id, or by its receipt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Original {
    /// The event's source; with `id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The event's id; with `source`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The receipt's topic id; with `partition` and `offset`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic_id: Option<String>,
    /// The receipt's partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<i32>,
    /// The receipt's offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
}

/// What an edit says of itself, without any answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// Who changed it.
    pub by: String,
    /// When, in microseconds since 1970.
    pub at_us: i64,
    /// What was changed, in the order given.
    pub fields: Vec<EditedField>,
}

/// One field that was changed, without its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedField {
    /// As it was named.
    pub field: String,
    /// The same as a JSON pointer into the data.
    pub path: String,
    /// The id of the rule.
    pub rule: String,
}

impl Edited {
    /// Reads what an event's data says of the edit, and holds each `new` against the submission beside it. What stood
    /// there before (`old`) is not in the event otherwise, so it cannot be checked here.
    ///
    /// # Errors
    /// An [`Issue`] with the code of a rejection: an edit that does not say who changed what by which rule, or that
    /// contradicts itself, counts as nothing.
    pub fn read(data: &Json<'_>, path: &str) -> Result<Edited, Issue> {
        let fields = Fields { data, path };
        let at = |name: &str| format!("{path}{}", pointer_part(name));
        let by = fields.need_text("edited_by")?;
        let at_text = fields.need_text("edited_at")?;
        let at_us = at_text.parse::<Timestamp>().map(|time| time.as_microsecond()).map_err(|_| {
            let hint = "write the time by RFC 3339, with its zone";
            Issue::with_hint(Code::FieldType, at("edited_at"), hint)
        })?;
        original(fields, &at("original"))?;
        let edits = match fields.value("edits")? {
            Some(Json::List(edits)) if !edits.is_empty() => edits,
            Some(Json::List(_)) | None => return Err(Issue::new(Code::FieldMissing, at("edits"))),
            Some(_) => return Err(Issue::new(Code::FieldType, at("edits"))),
        };
        let mut read = Vec::with_capacity(edits.len());
        for (place, edit) in edits.iter().enumerate() {
            let own_path = format!("{}/{place}", at("edits"));
            let own = Fields { data: edit, path: &own_path };
            let (field, rule) = (own.need_text("field")?, own.need_text("rule")?);
            let _ = own.need_text("reason")?;
            // That there was something before is looked at only as far as it can be read.
            let _ = own.value("old")?;
            let pointer = pointer_of(&field);
            let new = own.value("new")?.unwrap_or(&Json::Null);
            let found = look_up(data, &pointer)
                .ok_or_else(|| Issue::new(Code::JsonDuplicateKey, format!("{path}{pointer}")))?;
            if found != new {
                return Err(Issue::new(Code::EditDiffers, format!("{own_path}/new")));
            }
            read.push(EditedField { field, path: pointer, rule });
        }
        Ok(Edited { by, at_us, fields: read })
    }

    /// The same out of a record's bytes, in structured or binary mode; nothing if they hold no edit.
    pub fn of_payload(payload: &[u8]) -> Option<Edited> {
        let arena = Arena::for_bytes(payload.len());
        let json = Json::parse(&arena, std::str::from_utf8(payload).ok()?).ok()?;
        match (json.get("specversion"), json.get("data")) {
            (Found::Once(_), Found::Once(data)) => Self::read(data, "").ok(),
            _ => Self::read(&json, "").ok(),
        }
    }
}

fn original(fields: Fields<'_>, path: &str) -> Result<(), Issue> {
    let missing = |name: &str| Issue::new(Code::FieldMissing, format!("{path}{name}"));
    let original = fields.value("original")?.ok_or_else(|| missing(""))?;
    let own = Fields { data: original, path };
    if own.text("topic_id")?.is_some() {
        let place = (own.integer("partition")?, own.integer("offset")?);
        return match place {
            (Some(_), Some(_)) => Ok(()),
            (None, _) => Err(missing("/partition")),
            (_, None) => Err(missing("/offset")),
        };
    }
    let _ = (own.need_text("source")?, own.need_text("id")?);
    Ok(())
}

/// A field's name as a JSON pointer into the data: a name alone is that of an answer.
pub fn pointer_of(field: &str) -> String {
    match field.starts_with('/') {
        true => field.to_owned(),
        false => format!("/answers/{}", field.replace('~', "~0").replace('/', "~1")),
    }
}

/// What a JSON pointer leads to, null if to nothing; none if a key on the way stands twice.
pub fn look_up<'a>(data: &'a Json<'a>, pointer: &str) -> Option<&'a Json<'a>> {
    let mut at = data;
    for part in pointer.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
        at = match at.get(&key) {
            Found::Once(value) => value,
            Found::Missing => return Some(&Json::Null),
            Found::Repeated => return None,
        };
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDIT: &str = r#"{"answers":{"3":5,"a/b":"x","7":{"1":2}},"edited_by":"me","edited_at":"2026-03-01T09:00:00+09:00",
        "original":{"source":"urn:s","id":"1"},"edits":[{"field":"3","old":300,"new":5,"rule":"R1","reason":"unit"}]}"#;

    fn read(text: &str) -> Result<Edited, (Code, String)> {
        Edited::read(&Json::parse(&Arena::default(), text).unwrap(), "/data")
            .map_err(|issue| (issue.code, issue.path))
    }

    #[test]
    fn an_edit_says_who_changed_what_by_which_rule() {
        let edited = read(EDIT).unwrap();
        assert_eq!((edited.by.as_str(), edited.at_us), ("me", 1_772_323_200_000_000));
        let field = EditedField { field: "3".into(), path: "/answers/3".into(), rule: "R1".into() };
        assert_eq!(edited.fields, [field]);
        assert_eq!(Edited::of_payload(EDIT.as_bytes()), Some(edited.clone()));
        let structured = format!(r#"{{"specversion":"1.0","id":"e","data":{EDIT}}}"#);
        assert_eq!(Edited::of_payload(structured.as_bytes()), Some(edited));
        assert_eq!(Edited::of_payload(b"{}"), None);
    }

    #[test]
    fn fields_are_names_of_answers_or_pointers() {
        for (field, new, path) in [
            ("3", "5", "/answers/3"),
            ("a/b", "\"x\"", "/answers/a~1b"),
            ("/answers/7/1", "2", "/answers/7/1"),
            ("/group", "null", "/group"),
            ("9", "null", "/answers/9"),
        ] {
            let wanted = format!(r#""field":"{field}","old":1,"new":{new}"#);
            let edited = read(&EDIT.replace(r#""field":"3","old":300,"new":5"#, &wanted)).unwrap();
            assert_eq!(edited.fields[0].path, path);
        }
    }

    #[test]
    fn what_is_missing_or_contradicts_itself_is_named() {
        let missing = Code::FieldMissing;
        for (from, to, code, path) in [
            (r#""edited_by":"me","#, "", missing, "/data/edited_by"),
            ("2026-03-01T09:00:00+09:00", "1 March", Code::FieldType, "/data/edited_at"),
            (r#""source":"urn:s","#, "", missing, "/data/original/source"),
            (
                r#"{"source":"urn:s","id":"1"}"#,
                r#"{"topic_id":"t","offset":1}"#,
                missing,
                "/data/original/partition",
            ),
            (r#""rule":"R1","#, "", missing, "/data/edits/0/rule"),
            (r#","reason":"unit""#, "", missing, "/data/edits/0/reason"),
            (r#""new":5"#, r#""new":6"#, Code::EditDiffers, "/data/edits/0/new"),
            (r#""new":5,"#, "", Code::EditDiffers, "/data/edits/0/new"),
            (r#""3":5"#, r#""3":5,"3":5"#, Code::JsonDuplicateKey, "/data/answers/3"),
            (r#"[{"field""#, r#"[],"x":[{"field""#, missing, "/data/edits"),
        ] {
            assert!(EDIT.contains(from), "{from}");
            assert_eq!(read(&EDIT.replace(from, to)), Err((code, path.to_owned())), "{from} → {to}");
        }
    }
}
