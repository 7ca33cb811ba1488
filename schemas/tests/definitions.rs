//! Definitions as their author meets them: what is right loads without a word, what is wrong is named.
#![allow(
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test stops at the first surprise; a case is a row"
)]

use std::collections::BTreeMap;

use shukei_schemas::columns::{Part, answer_columns, responses_schema};
use shukei_schemas::definition::{Definitions, Finding, SurveyDefinition, has_errors};

const SURVEY: &str = "survey: t\nversion: 1\nnames: T\nwaves:\n  - wave: w\n    names: W\n    forms: [{form: f, version: 1}]\n    layouts: [{layout: l, version: 1}]\n";
const FORM: &str = "form: f\nversion: 1\nnames: F\nscales:\n  yn: [{code: 1, label: 'Yes'}, {code: 2, label: 'No'}]\nsections:\n  - section: s\n    questions:\n      - {number: a, kind: single, text: A, scale: yn}\n      - {number: g, kind: grid, text: G, scale: yn, rows: [{row: 1, label: R}]}\n";
const LAYOUT: &str = "layout: l\nversion: 1\nform: {form: f, version: 1}\ncolumns: l.csv\n";
const COLUMNS: &str = "column,question,row,option\nA,a,,\nG1,g,1,\n";

fn files(changes: &[(&str, &str, &str)]) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, String> = [
        ("survey.yaml", SURVEY),
        ("forms/f.yaml", FORM),
        ("layouts/l.yaml", LAYOUT),
        ("layouts/l.csv", COLUMNS),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into();
    for (path, from, to) in changes {
        let text = files.get_mut(*path).unwrap();
        assert!(text.contains(from), "the case changes what is there");
        *text = text.replace(from, to);
    }
    files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect()
}

fn findings(changes: &[(&str, &str, &str)]) -> Vec<Finding> {
    SurveyDefinition::load_checked(&files(changes)).1
}

#[test]
fn a_right_definition_has_no_findings() {
    assert_eq!(findings(&[]), vec![]);
}

#[test]
fn the_shipped_surveys_have_no_findings() {
    let (definitions, findings) = Definitions::shipped();
    assert_eq!(findings, vec![]);
    assert!(definitions.surveys().count() > 0);
}

#[test]
fn each_mistake_is_named_with_file_line_and_what_to_do() {
    let cases: &[(&str, &str, &str, &str, Option<u64>)] = &[
        ("survey.yaml", "version: 1\nnames", "versoin: 1\nnames", "did you mean `version`?", Some(2)),
        ("survey.yaml", "form: f,", "form: x,", "unknown form `x-1`", None),
        ("survey.yaml", "layout: l,", "layout: m,", "unknown layout `m` version 1", None),
        ("survey.yaml", "    names: W\n", "    names: W\n    headline: [aa]\n", "did you mean `a`?", None),
        ("forms/f.yaml", "kind: single", "kind: singel", "did you mean `single`?", Some(9)),
        ("forms/f.yaml", "text: A, scale: yn", "text: A, scale: ym", "did you mean `yn`?", Some(9)),
        ("forms/f.yaml", "number: g", "number: A", "stands twice", Some(10)),
        ("forms/f.yaml", "number: g", "number: 'g-1'", "cannot name a column", Some(10)),
        ("forms/f.yaml", "code: 2", "code: 1", "code 1 stands twice", Some(5)),
        ("forms/f.yaml", ", rows: [{row: 1, label: R}]", "", "a grid has rows", Some(10)),
        ("layouts/l.csv", "A,a,,", "A,b,,", "unknown question `b`", Some(2)),
        ("layouts/l.csv", "G1,g,1,", "G1,g,2,", "does not fit question `g`", Some(3)),
        ("layouts/l.csv", "G1,g,1,", "A,g,1,", "stands twice", Some(3)),
        ("layouts/l.yaml", "l.csv", "m.csv", "`layouts/m.csv` is missing", None),
    ];
    for (file, from, to, wanted, line) in cases {
        let found = findings(&[(file, from, to)]);
        let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
        let hit = found.iter().find(|finding| finding.to_string().contains(wanted));
        let Some(hit) = hit else { panic!("{file} {from} -> {to}: wanted `{wanted}`, got {shown:#?}") };
        assert!(has_errors(&found));
        assert_eq!(hit.file, *file, "{shown:#?}");
        if line.is_some() {
            assert_eq!(hit.line, *line, "{shown:#?}");
        }
    }
}

#[test]
fn more_than_63_options_take_a_second_mask() {
    let (definitions, _) = Definitions::shipped();
    let survey = definitions.survey(&"rse".into()).unwrap();
    let form = &survey.forms.values().next().unwrap().value;
    let (place, question) = form.question("currentEmp13").unwrap();
    assert_eq!(question.options().len(), 65);
    let masks: Vec<String> = answer_columns(form)
        .into_iter()
        .filter(|column| column.question == place && matches!(column.part, Part::Mask { .. }))
        .map(|column| column.name)
        .collect();
    assert_eq!(masks, ["qcurrentemp13", "qcurrentemp13_2"]);
    assert!(responses_schema(form).field_with_name("qcurrentemp13_state").is_ok());
}

#[test]
fn each_kind_has_its_columns() {
    let options = "options: [{code: 1, label: a}, {code: 2, label: b}]";
    let rows = "rows: [{row: 0, label: x}, {row: 7, label: y}]";
    let cases: &[(&str, &str)] = &[
        (&format!("kind: single, {options}"), "qz:Int8 qz_state:Int8"),
        ("kind: single, options: [{code: 0, label: a}, {code: 128, label: b}]", "qz:Int16 qz_state:Int8"),
        (&format!("kind: single, unlisted: other, {options}"), "qz:Int16 qz_other:Utf8 qz_state:Int8"),
        (
            "kind: multiple, options: [{code: 1, label: a, other: true}, {code: 2, label: b, ask_if: {question: a, codes: [1]}}]",
            "qz:Int64 qz_asked:Int64 qz_other:Utf8 qz_state:Int8",
        ),
        (&format!("kind: grid, {options}, {rows}"), "qz_0:Int8 qz_0_state:Int8 qz_7:Int8 qz_7_state:Int8"),
        (&format!("kind: ranking, {rows}"), "qz_0:Int8 qz_0_state:Int8 qz_7:Int8 qz_7_state:Int8"),
        ("kind: rating, points: {from: 0, to: 200}", "qz:Int16 qz_state:Int8"),
        ("kind: number", "qz:Int64 qz_state:Int8"),
        (
            "kind: number, role: weight, decimals: 6, bands: [{code: 1, label: a}]",
            "qz:Decimal128(18, 6) qz_state:Int8 qzband:Int8 qzband_state:Int8",
        ),
        ("kind: text", "qz:Utf8 qz_state:Int8"),
        ("kind: date, precision: year", "qz:Date32 qz_state:Int8"),
        ("kind: datetime", "qz:Timestamp(\u{b5}s, \"UTC\") qz_state:Int8"),
        ("kind: time", "qz:Utf8 qz_state:Int8"),
    ];
    for (kind, wanted) in cases {
        let question = format!("{{number: z, text: Z, {kind}}}");
        let files = files(&[
            (
                "forms/f.yaml",
                "{number: g, kind: grid, text: G, scale: yn, rows: [{row: 1, label: R}]}",
                &question,
            ),
            ("layouts/l.csv", "G1,g,1,\n", ""),
        ]);
        let (definition, findings) = SurveyDefinition::load_checked(&files);
        assert_eq!(findings, vec![], "{kind}");
        let definition = definition.unwrap();
        let form = &definition.forms.values().next().unwrap().value;
        let columns: Vec<String> = answer_columns(form)
            .into_iter()
            .filter(|column| column.name.starts_with("qz"))
            .map(|column| format!("{}:{}", column.name, column.data_type))
            .collect();
        assert_eq!(columns.join(" "), *wanted, "{kind}");
    }
}
