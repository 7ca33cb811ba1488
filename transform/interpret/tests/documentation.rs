//! The examples of the reference page: they are whole, and come to what the page says.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod made;

use std::collections::BTreeMap;

use made::{answer, issues};
use shukei_interpret::{Record, interpret};
use shukei_schemas::definition::{Definitions, SurveyDefinition};
use shukei_schemas::event::{SUBMISSION_RECEIVED, write_structured};

const PAGE: &str = include_str!("../../../schemas/docs/definitions.md");

/// The files of an example: each stands under its path in backticks; JSON is put under `records`.
fn example(heading: &str) -> BTreeMap<String, Vec<u8>> {
    let section = PAGE.split_once(&format!("\n## {heading}\n")).unwrap().1;
    let section = section.split("\n## ").next().unwrap();
    let mut files = BTreeMap::new();
    let mut path = None;
    let mut lines = section.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
            path = Some(name.to_owned());
        } else if let Some(kind) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let name = if kind == "json" { Some("records".to_owned()) } else { path.take() };
            if let Some(name) = name {
                files.insert(name, format!("{}\n", block.join("\n")).into_bytes());
            }
        }
    }
    files
}

#[test]
fn every_example_is_whole() {
    for (heading, files_count) in [
        ("An example that passes", 4),
        ("An example with sectors and a mapping", 6),
        ("An example with routing and odd cells", 6),
    ] {
        let files = example(heading);
        assert_eq!(files.len(), files_count, "{heading}: {:?}", files.keys());
        let findings = SurveyDefinition::load_checked(&files).1;
        let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(shown.is_empty(), "{heading}: {shown:#?}");
    }
}

#[test]
fn the_odd_cells_come_to_what_the_page_says() {
    let files = example("An example with routing and odd cells");
    let mut definitions = Definitions::default();
    definitions.insert(SurveyDefinition::load(&files).0.unwrap());
    let record = String::from_utf8(files["records"].clone()).unwrap();
    let raw = serde_json::value::RawValue::from_string(record.trim().to_owned()).unwrap();
    let bytes = write_structured("1", "urn:t", SUBMISSION_RECEIVED, None, &raw).unwrap();
    let got = interpret(&Record { payload: Some(&bytes), headers: &[] }, &definitions);
    for (question, wanted) in [
        ("weight", "n=750000"),
        ("age", "n=36"),
        ("ageband", "2"),
        ("region", "1"),
        ("works", "1"),
        ("ways", "{1,2,32767}+\"on foot\""),
        ("parking", "9"),
        ("wishes", "2 1 nothing_marked"),
        ("km", "n=615"),
    ] {
        assert_eq!(answer(&got, question), wanted, "{question}");
    }
    assert_eq!(issues(&got), "unlisted check_failed");
}
