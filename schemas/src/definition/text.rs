use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

/// Words for people, in one language or several: written as a plain string, or as a map of language to string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    plain: Option<String>,
    languages: BTreeMap<String, String>,
}

impl Text {
    /// A text that is the same in every language.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { plain: Some(text.into()), languages: BTreeMap::new() }
    }

    /// A text per language.
    pub fn of(languages: &[(&str, &str)]) -> Self {
        let languages =
            languages.iter().map(|(language, text)| ((*language).into(), (*text).into())).collect();
        Self { plain: None, languages }
    }

    /// The words in the language, or in the first language there is.
    pub fn in_language(&self, language: &str) -> &str {
        self.languages
            .get(language)
            .or(self.plain.as_ref())
            .or_else(|| self.languages.values().next())
            .map_or("", String::as_str)
    }

    /// The words with others behind them, in every language that either speaks.
    pub fn followed_by(&self, between: &str, other: &Self) -> Self {
        let joined = |language: &str| {
            format!("{}{between}{}", self.in_language(language), other.in_language(language))
        };
        let spoken = self.languages.keys().chain(other.languages.keys());
        let languages: BTreeMap<String, String> =
            spoken.map(|language| (language.clone(), joined(language))).collect();
        Self { plain: languages.is_empty().then(|| joined("")), languages }
    }

    /// Every wording, whatever its language.
    pub fn wordings(&self) -> impl Iterator<Item = &str> {
        self.plain.iter().chain(self.languages.values()).map(String::as_str)
    }

    /// Whether the text has no words at all.
    pub fn is_empty(&self) -> bool {
        self.wordings().all(|words| words.trim().is_empty())
    }

    /// The declared languages that a text given per language does not speak.
    pub fn missing<'a>(&'a self, languages: &'a [String]) -> impl Iterator<Item = &'a str> {
        let per_language = self.plain.is_none() && !self.languages.is_empty();
        languages
            .iter()
            .filter(move |language| per_language && !self.languages.contains_key(*language))
            .map(String::as_str)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text (in quotes where it looks like a number), or a map of language to text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text::plain(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
        let mut languages = BTreeMap::new();
        while let Some((language, text)) = map.next_entry::<String, String>()? {
            languages.insert(language, text);
        }
        Ok(Text { plain: None, languages })
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Words for people: one text, or a map of language to text.",
            "anyOf": [
                { "type": "string" },
                { "type": "object", "additionalProperties": { "type": "string" } }
            ]
        })
    }
}
