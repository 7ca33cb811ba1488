//! The JSON Schemas of the definition files: current, described, and in agreement with the reader.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

use serde_json::Value;
use shukei_schemas::definition::schemas;

#[test]
fn the_published_schemas_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (name, schema) in schemas() {
        let path = folder.join(format!("{name}.schema.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("SHUKEI_WRITE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(published == text, "{} is stale: run this test with SHUKEI_WRITE=1", path.display());
    }
}

#[test]
fn every_key_is_described() {
    for (name, schema) in schemas() {
        let mut bare = Vec::new();
        walk(schema.as_value(), "", &mut bare);
        assert!(bare.is_empty(), "{name}: no description for {bare:#?}");
    }
}

fn walk(value: &Value, path: &str, bare: &mut Vec<String>) {
    if let Some(properties) = value.get("properties").and_then(Value::as_object) {
        for (key, property) in properties {
            if property.get("description").is_none() {
                bare.push(format!("{path}/{key}"));
            }
        }
    }
    match value {
        Value::Object(entries) => {
            entries.iter().for_each(|(key, inner)| walk(inner, &format!("{path}/{key}"), bare))
        }
        Value::Array(items) => items.iter().for_each(|inner| walk(inner, path, bare)),
        _ => {}
    }
}
