//! JSON read without loss: the order of keys is kept and a key that stands twice stays visible, where the usual
//! reader would silently keep the last.

use std::fmt;

use compact_str::{CompactString, ToCompactString};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A text that needs no memory of its own up to 24 bytes: keys, numbers and most answers are that short, and a record
/// holds hundreds of them.
pub type Text = CompactString;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as the shortest text that means the same.
    Number(Text),
    /// A string
    Text(Text),
    /// An array
    List(Vec<Json>),
    /// An object, its keys in order and as often as they stood there.
    Object(Vec<(Text, Json)>),
}

/// What looking up a key that must be unique can come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found<'a> {
    /// The key is not there.
    Missing,
    /// It stands once.
    Once(&'a Json),
    /// It stands more than once.
    Repeated,
}

impl Json {
    /// Reads one document; the error says where it went wrong, never what stood there.
    pub fn parse(text: &str) -> Result<Json, JsonError> {
        serde_json::from_str(text).map_err(|error| JsonError { line: error.line(), column: error.column() })
    }

    /// Looks a key up in an object.
    pub fn get(&self, key: &str) -> Found<'_> {
        let Json::Object(entries) = self else { return Found::Missing };
        let mut hits = entries.iter().filter(|(k, _)| k == key);
        match (hits.next(), hits.next()) {
            (None, _) => Found::Missing,
            (Some((_, value)), None) => Found::Once(value),
            (Some(_), Some(_)) => Found::Repeated,
        }
    }

    /// The type's name for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Number(_) => "number",
            Json::Text(_) => "string",
            Json::List(_) => "array",
            Json::Object(_) => "object",
        }
    }
}

/// Where a text stops being JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not JSON at line {line}, column {column}")]
pub struct JsonError {
    /// From 1.
    pub line: usize,
    /// From 1; 0 at the very start.
    pub column: usize,
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

/// A key of an object.
struct Key(Text);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Key, E> {
        Ok(Key(value.into()))
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_compact_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Json, E> {
        // Nearly every number is the code of an option.
        Ok(Json::Number(match u8::try_from(value) {
            Ok(digit @ 0..=9) => char::from(b'0' + digit).to_compact_string(),
            _ => value.to_compact_string(),
        }))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Json, E> {
        // As the standard library writes it.
        Ok(Json::Number(value.to_string().into()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.into()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some((Key(key), value)) = map.next_entry::<Key, Json>()? {
            entries.push((key, value));
        }
        Ok(Json::Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_keys_stay_visible() {
        let json = Json::parse(r#"{"a":1,"b":{"c":[1.5,null]},"a":2}"#).unwrap();
        assert_eq!(json.get("a"), Found::Repeated);
        assert!(matches!(json.get("b"), Found::Once(Json::Object(_))));
        assert_eq!(json.get("z"), Found::Missing);
    }

    #[test]
    fn errors_hold_no_content() {
        let error = Json::parse(r#"{"secret": tru"#).unwrap_err();
        assert!(!error.to_string().contains("secret"));
    }
}
