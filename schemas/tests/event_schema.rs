//! The published schema of events is that of the types.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

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
