//! Whatever is sent for whatever kind of question, a record comes to an outcome, and its rows fit their table.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod made;

use std::sync::LazyLock;

use made::{Made, read};
use proptest::prelude::*;
use shukei_interpret::{Kind, responses_batch};
use shukei_schemas::definition::Definitions;
use shukei_schemas::{Lane, Offset, Position};

const FORM: &str = r#"
- {number: s, kind: single, text: S, unlisted: other, no_answer: [-9], options: [{code: 1, label: a}, {code: 2, label: "b, c", other: true}]}
- {number: m, kind: multiple, text: M, unlisted: 2, rules: {exclusive_with_others: others_win, other_without_mark: mark}, options: [{code: 1, label: a}, {code: 2, label: b, other: true}, {code: 3, label: none, exclusive: true, ask_if: {question: s, codes: [1]}}]}
- {number: g, kind: grid, text: G, options: [{code: 1, label: a}, {code: 2, label: b}], rows: [{row: 1, label: x}, {row: 2, label: y, ask_if: {question: m, not_codes: [1]}}]}
- {number: k, kind: ranking, text: K, rows: [{row: 1, label: a}, {row: 2, label: b}]}
- {number: r, kind: rating, text: R, points: {from: 0, to: 2}, ask_if: {question: k, row: 1, at_most: 1}}
- {number: n, kind: number, decimals: 2, text: N, bands: [{code: 1, label: low, below: 0}, {code: 2, label: high, from: 5}]}
- {number: d, kind: date, precision: month, text: D}
- {number: at, kind: datetime, zone: Asia/Tokyo, text: T}
- {number: c, kind: time, text: C}
- {number: t, kind: text, text: T, chars_max: 4}
- {number: age, kind: number, text: A, derived: {birth_year: d, on: at}}
- {number: p, kind: multiple, text: P, derived: {from: t, patterns: [{regex: "^a", codes: [1]}]}, options: [{code: 1, label: a}]}
"#;
const CHECKS: &str = "checks: [{check: c, if: {question: n, at_least: 1}, message: M, invalidates: [s, g]}]";
const LAYOUT: &str = "cells: {hold: both, decimal: \",\", thousands: \".\", date_format: [\"%d/%m/%Y\", \"%H:%M\"]}\nquestions: [{question: g, tokens: {\"+\": 1, \"\": 2}}, {question: s, several: all}, {question: m, several: first}]";
const COLUMNS: &str = "column,question,row,rank,option,shape,separator\n1,s,,,,,\n2,s,,,,,\n3,s,,,,other,\n4,m,,,,list,\", \"\n5,m,,,2,mark_text,\n6,m,,,,csv,\n7,g,,,,tokens,\n8,k,,1,,,\n9,k,,2,,,\n10,r,,,,,\n11,n,,,,,\n12,d,,,,,\n13,at,,,,,\n14,c,,,,,\n15,t,,,,,\n16,m,,,,lines,\n17,m,,,,characters,\n18,m,,,,json,\n";

static DEFINITIONS: LazyLock<Definitions> =
    LazyLock::new(|| Made::form(CHECKS, FORM).layout(LAYOUT, COLUMNS).definitions());

/// Pieces that mean something here or there, so that most of what is made of them almost does.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b",
        "b, c",
        "none",
        "x",
        "y",
        "+",
        "-",
        ",",
        ", ",
        "\"",
        "\n",
        " ",
        "1",
        "2",
        "-9",
        "1.234,5",
        "01/02/1970",
        "1970-02",
        "1970-01-01T00:00:00",
        "08:30",
        "ｂ",
        "’",
        "\u{feff}",
        "ﾞ",
        "字",
    ]);
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        (-3i64..4).prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        text().prop_map(Into::into),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::Array),
            prop::collection::btree_map("[0-3]", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn anything_on_the_form_comes_to_rows(answers in prop::collection::vec((prop::sample::select(vec![
        "s", "s_other", "m", "m_other", "g", "k", "r", "n", "d", "at", "c", "t", "age", "p", "nband", "z",
    ]), json()), 0..8)) {
        let entries: Vec<String> = answers.iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
        comes_to_rows("", &entries)?;
    }

    #[test]
    fn anything_in_cells_comes_to_rows(cells in prop::collection::vec((0usize..18, prop_oneof![
        3 => text().prop_map(serde_json::Value::from),
        1 => json(),
    ]), 0..10)) {
        let entries: Vec<String> = cells.iter().map(|(column, value)| format!("\"{column}\":{value}")).collect();
        comes_to_rows(r#""layout":"l","#, &entries)?;
    }
}

fn comes_to_rows(more: &str, entries: &[String]) -> Result<(), TestCaseError> {
    let got = read(&DEFINITIONS, more, &format!("{{{}}}", entries.join(",")));
    prop_assert_eq!(got.outcome.kind, Kind::Response);
    let response = got.response.unwrap();
    let position = Position { lane: Lane::new(1, 0), offset: Offset(0) };
    let batch = responses_batch(&response.form, &[(position, &response)]);
    prop_assert!(batch.is_ok(), "{:?}", batch.err());
    Ok(())
}
