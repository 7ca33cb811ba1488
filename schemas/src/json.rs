//! JSON read without loss: the order of keys is kept and a key that stands twice stays visible, where the usual
//! reader would silently keep the last.
//!
//! A document lives in an [`Arena`]: a record holds hundreds of values, and to ask the allocator for each and give each
//! back takes longer than to read them. Texts without escapes stay where they stand in the record.

use std::fmt;

use bumpalo::Bump;
use bumpalo::collections::{String as ArenaString, Vec as ArenaVec};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

mod plain;

/// The room of one document; what was read lives as long as it.
#[derive(Debug, Default)]
pub struct Arena(Bump);

impl Arena {
    /// Room that most documents of so many bytes fit into.
    pub fn for_bytes(bytes: usize) -> Self {
        Self(Bump::with_capacity(bytes.saturating_mul(ROOM)))
    }
}

/// Bytes of values for a byte of text. A list of codes `1,2` takes 12.
const ROOM: usize = 12;

/// The entries of an object, their keys in order and as often as they stood there.
pub type Entries<'a> = [(&'a str, Json<'a>)];

/// A JSON value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as the shortest text that means the same.
    Number(&'a str),
    /// A string
    Text(&'a str),
    /// An array
    List(&'a [Json<'a>]),
    /// An object
    Object(&'a Entries<'a>),
}

/// What looking up a key that must be unique can come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found<'a> {
    /// The key is not there.
    Missing,
    /// It stands once.
    Once(&'a Json<'a>),
    /// It stands more than once.
    Repeated,
}

impl<'a> Json<'a> {
    /// Reads one document; the error says where it went wrong, never what stood there.
    pub fn parse(arena: &'a Arena, text: &'a str) -> Result<Json<'a>, JsonError> {
        // Half of the time that a record takes went into the general reader.
        plain::read(&arena.0, text).map_or_else(|| Json::generally(arena, text), Ok)
    }

    /// Reads any document.
    fn generally(arena: &'a Arena, text: &'a str) -> Result<Json<'a>, JsonError> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = InArena(&arena.0).deserialize(&mut reader).and_then(|json| reader.end().map(|()| json));
        read.map_err(|error| JsonError { line: error.line(), column: error.column() })
    }

    /// Looks a key up in an object.
    pub fn get(&self, key: &str) -> Found<'a> {
        let Json::Object(entries) = self else { return Found::Missing };
        let mut hits = entries.iter().filter(|(k, _)| *k == key);
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

/// Reads a value into the arena.
#[derive(Clone, Copy)]
struct InArena<'a>(&'a Bump);

impl<'a, 'de: 'a> DeserializeSeed<'de> for InArena<'a> {
    type Value = Json<'a>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Reads the key of an object.
#[derive(Clone, Copy)]
struct Key<'a>(&'a Bump);

impl<'a, 'de: 'a> DeserializeSeed<'de> for Key<'a> {
    type Value = &'a str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'a str, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a, 'de: 'a> Visitor<'de> for Key<'a> {
    type Value = &'a str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<&'a str, E> {
        Ok(value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<&'a str, E> {
        Ok(self.0.alloc_str(value))
    }
}

/// Nearly every number is the code of an option.
const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

impl<'a> InArena<'a> {
    /// As the standard library writes it.
    fn number(self, value: impl fmt::Display) -> Json<'a> {
        let mut text = ArenaString::new_in(self.0);
        // To a text nothing fails to be written.
        let _ = fmt::Write::write_fmt(&mut text, format_args!("{value}"));
        Json::Number(text.into_bump_str())
    }
}

impl<'a, 'de: 'a> Visitor<'de> for InArena<'a> {
    type Value = Json<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Json<'a>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Json<'a>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Json<'a>, E> {
        Ok(self.number(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Json<'a>, E> {
        let digit = usize::try_from(value).ok().and_then(|value| DIGITS.get(value));
        Ok(digit.map_or_else(|| self.number(value), |digit| Json::Number(digit)))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Json<'a>, E> {
        Ok(self.number(value))
    }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Json<'a>, E> {
        Ok(Json::Text(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Json<'a>, E> {
        Ok(Json::Text(self.0.alloc_str(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json<'a>, A::Error> {
        let mut items = ArenaVec::new_in(self.0);
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Json::List(items.into_bump_slice()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'a>, A::Error> {
        let mut entries = ArenaVec::new_in(self.0);
        while let Some(entry) = map.next_entry_seed(Key(self.0), self)? {
            entries.push(entry);
        }
        Ok(Json::Object(entries.into_bump_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_keys_stay_visible() {
        let arena = Arena::default();
        let json = Json::parse(&arena, r#"{"a":1,"b":{"c":[1.5,null]},"a":2}"#).unwrap();
        assert_eq!(json.get("a"), Found::Repeated);
        assert!(matches!(json.get("b"), Found::Once(Json::Object(_))));
        assert_eq!(json.get("z"), Found::Missing);
    }

    #[test]
    fn every_value_is_kept_as_it_is_written_shortest() {
        let arena = Arena::default();
        let text = r#"[null,true,0,9,10,-7,1.50,1e3,18446744073709551615,"a","\u3042\n",[],{"k\t":{}}]"#;
        let number = Json::Number;
        let wanted = [
            Json::Null,
            Json::Bool(true),
            number("0"),
            number("9"),
            number("10"),
            number("-7"),
            number("1.5"),
            number("1000"),
            number("18446744073709551615"),
            Json::Text("a"),
            Json::Text("あ\n"),
            Json::List(&[]),
            Json::Object(&[("k\t", Json::Object(&[]))]),
        ];
        assert_eq!(Json::parse(&arena, text), Ok(Json::List(&wanted)));
    }

    #[test]
    fn errors_hold_no_content_and_nothing_may_follow() {
        let arena = Arena::default();
        let error = Json::parse(&arena, r#"{"secret": tru"#).unwrap_err();
        assert!(!error.to_string().contains("secret"));
        assert_eq!(Json::parse(&arena, "1 2"), Err(JsonError { line: 1, column: 3 }));
    }
}
