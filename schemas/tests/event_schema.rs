//! The published schema of events is that of the types, and it says what everything is.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

use serde_json::Value;

fn generated() -> Value {
    serde_json::from_str(&shukei_schemas::event::json_schema().unwrap()).unwrap()
}

#[test]
fn the_published_schema_is_the_one_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/event.schema.json");
    let wanted = shukei_schemas::event::json_schema().unwrap();
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    // Run with SHUKEI_WRITE=1 to write it anew.
    if published != wanted && std::env::var_os("SHUKEI_WRITE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    } else {
        assert_eq!(published, wanted, "stale: run this test with SHUKEI_WRITE=1 and look at the difference");
    }
}

#[test]
fn every_property_is_described() {
    fn look(value: &Value, at: &str, bare: &mut Vec<String>, seen: &mut usize) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::Object(properties)) = fields.get("properties") {
                    for (name, property) in properties {
                        *seen += 1;
                        if property["description"].as_str().is_none_or(str::is_empty) {
                            bare.push(format!("{at}/{name}"));
                        }
                    }
                }
                for (name, inner) in fields {
                    look(inner, &format!("{at}/{name}"), bare, seen);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| look(item, at, bare, seen)),
            _ => {}
        }
    }
    let (mut bare, mut seen) = (Vec::new(), 0);
    look(&generated(), "", &mut bare, &mut seen);
    assert_eq!(bare, Vec::<String>::new());
    assert!(seen >= 25, "attributes and data of both types: {seen}");
}

#[test]
fn both_types_and_every_kind_of_answer_stand_in_the_schema() {
    let schema = generated();
    let text = schema.to_string();
    for wanted in
        ["submission.received", "submission.withdrawn", "submission.edited", "aggregate.received", "1.0"]
            .map(|word| format!("\"const\":\"{word}\""))
    {
        assert!(text.contains(&wanted), "{wanted}");
    }
    let kinds: Vec<&str> = schema["$defs"]["Answer"]["anyOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| kind["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["null", "number", "string", "array", "object"]);
    let needed = |data: &str| schema["$defs"][data]["required"].as_array().unwrap().len();
    // A survey without waves needs none in its events.
    assert_eq!((needed("Submission"), needed("Withdrawal"), needed("AggregateDelivery")), (3, 2, 5));
}
