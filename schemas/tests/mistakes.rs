//! Mistakes in definitions: each is named with its file, its line and what to do.
#![allow(clippy::unwrap_used, clippy::type_complexity, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use shukei_schemas::definition::{Finding, SurveyDefinition};

const SURVEY: &str = "\
survey: t
version: 1
languages: [en, ja]
names: T
waves:
  - wave: w
    names: W
    reference_date: \"2026-04-01\"
    forms: [{form: f, version: 1}]
    layouts: [{layout: l, version: 1}]
    headline: [a]
    sectors: {sectors: s, version: 1}
";
const SECTORS: &str = "\
sectors: s
version: 1
fields: [{field: x, label: X}]
groups:
  - {group: ga, field: x, label: A}
";
const FORM: &str = "\
form: f
version: 1
names: F
checks:
  - {check: c, if: {question: a, codes: [1]}, message: M, invalidates: [n]}
sections:
  - section: s
    questions:
      - {number: a, kind: single, text: A, options: [{code: 1, label: yes}, {code: 2, label: no}]}
      - {number: n, kind: number, text: N, bands: [{code: 1, label: low, to: 9}, {code: 2, label: high, from: 10}]}
      - {number: t, kind: text, text: T, ask_if: {question: a, codes: [1]}}
      - {number: u, kind: text, text: T, ask_if: {group: [ga]}}
      - {number: r, kind: rating, text: R, points: {from: 1, to: 5}, options: [{code: 5, label: best}]}
      - {number: k, kind: ranking, text: K, ranks: 1, rows: [{row: 1, label: x}, {row: 2, label: y}]}
      - {number: d, kind: date, text: D, earliest: \"2020-01-01\"}
      - {number: l, kind: single, text: L, derived: {lookup: x.csv, from: t, column: kind}, options: [{code: 1, label: p}]}
      - {number: o, kind: single, text: O, options_file: o.csv}
      - {number: m, kind: multiple, text: M, unlisted: other, options: [{code: 1, label: x}, {code: 2, label: y}]}
      - {number: at, kind: datetime, zone: Asia/Tokyo, text: D}
      - {number: age, kind: number, text: A, derived: {birth_year: d, on: reference_date}}
";
const LAYOUT: &str = "\
layout: l
version: 1
form: {form: f, version: 1}
columns: l.csv
aliases: [{question: a, text: aye, code: 1}]
patterns: [{question: m, contains: z, codes: [2]}]
questions: [{question: m, several: all}]
";
const COLUMNS: &str = "column,question,row,option,shape\nA,a,,,\nM,m,,,list\nK,k,1,,\nMO,m,,,other\nD,d,,,\n";

fn findings(file: &str, from: &str, to: &str) -> Vec<Finding> {
    let files: BTreeMap<String, Vec<u8>> = [
        ("survey.yaml", SURVEY),
        ("sectors/s.yaml", SECTORS),
        ("forms/f.yaml", FORM),
        ("layouts/l.yaml", LAYOUT),
        ("layouts/l.csv", COLUMNS),
        ("x.csv", "key,kind\na,p\n"),
        ("o.csv", "code,label\n1,x\n2,y\n"),
    ]
    .into_iter()
    .map(|(path, text)| {
        let text = if path == file {
            assert!(text.contains(from), "{file} holds {from}");
            text.replacen(from, to, 1)
        } else {
            text.to_owned()
        };
        (path.to_owned(), text.into_bytes())
    })
    .collect();
    SurveyDefinition::load_checked(&files).1
}

#[test]
fn what_is_right_has_no_findings() {
    assert_eq!(findings("survey.yaml", "version: 1", "version: 1"), vec![]);
}

#[test]
fn each_mistake_is_one_finding_with_file_line_and_hint() {
    // (file, what stands there, what is put there, where it is found, line, what is said)
    let cases: &[(&str, &str, &str, &str, u64, &str)] = &[
        (
            "layouts/l.yaml",
            "columns: l.csv",
            "columns: l.csv\ncells: {date_format: \"令和%y年%m月%d日\"}",
            "layouts/l.csv",
            6,
            "write `%EC%Ey` in the place of the era",
        ),
        (
            "layouts/l.yaml",
            "columns: l.csv",
            "columns: l.csv\ncells: {date_format: [excel, YYYY-MM-DD]}",
            "layouts/l.csv",
            6,
            "`YYYY-MM-DD` is no format of a date",
        ),
        (
            "forms/f.yaml",
            "{number: n, kind: number, text: N,",
            "{number: n, kind: number, role: weight, min: -1, text: N,",
            "forms/f.yaml",
            10,
            "a weight is never below 0",
        ),
        ("survey.yaml", "form: f,", "form: g,", "survey.yaml", 9, "unknown form `g-1`"),
        ("survey.yaml", "layout: l,", "layout: ll,", "survey.yaml", 10, "did you mean `l`?"),
        ("survey.yaml", "headline: [a]", "headline: [aa]", "survey.yaml", 11, "did you mean `a`?"),
        ("survey.yaml", "sectors: s,", "sectors: z,", "survey.yaml", 12, "unknown sectors `z`"),
        ("survey.yaml", "2026-04-01", "2026-04-31", "survey.yaml", 8, "`2026-04-31` is no day"),
        (
            "sectors/s.yaml",
            "field: x, label: A",
            "field: y, label: A",
            "sectors/s.yaml",
            5,
            "unknown field `y`",
        ),
        (
            "forms/f.yaml",
            "if: {question: a, codes: [1]}",
            "if: {question: b, codes: [1]}",
            "forms/f.yaml",
            5,
            "unknown question `b`",
        ),
        ("forms/f.yaml", "invalidates: [n]", "invalidates: [nn]", "forms/f.yaml", 5, "did you mean `n`?"),
        (
            "forms/f.yaml",
            "{question: a, codes: [1]}}",
            "{question: a, codes: [3]}}",
            "forms/f.yaml",
            11,
            "its codes are 1, 2",
        ),
        (
            "forms/f.yaml",
            "ask_if: {question: a, codes: [1]}",
            "ask_if: {question: a}",
            "forms/f.yaml",
            11,
            "has one test",
        ),
        (
            "forms/f.yaml",
            "ask_if: {question: a, codes: [1]}",
            "ask_if: {question: r, codes: [1]}",
            "forms/f.yaml",
            11,
            "looks ahead to `r`",
        ),
        (
            "forms/f.yaml",
            "ask_if: {question: a, codes: [1]}",
            "ask_if: {question: l, codes: [1]}",
            "forms/f.yaml",
            11,
            "in a circle: t → l → t",
        ),
        (
            "forms/f.yaml",
            "ask_if: {question: a, codes: [1]}",
            "ask_if: {question: k, codes: [1]}",
            "forms/f.yaml",
            11,
            "looks at one row",
        ),
        (
            "forms/f.yaml",
            "ask_if: {question: a, codes: [1]}",
            "ask_if: {question: a, at_least: x}",
            "forms/f.yaml",
            11,
            "`x` is no bound of a single",
        ),
        (
            "forms/f.yaml",
            "ask_if: {question: a, codes: [1]}",
            "ask_if: {question: a, codes: [1], group: [ga]}",
            "forms/f.yaml",
            11,
            "has one shape",
        ),
        ("forms/f.yaml", "group: [ga]", "group: [gb]", "forms/f.yaml", 12, "did you mean `ga`?"),
        ("forms/f.yaml", "from: 10}]", "from: 9}]", "forms/f.yaml", 10, "bands 1 and 2 of `n` overlap"),
        ("forms/f.yaml", "from: 10}]", "from: ten}]", "forms/f.yaml", 10, "`ten` is no bound of a number"),
        ("forms/f.yaml", "from: 10}]", "from: 10, below: 10}]", "forms/f.yaml", 10, "band 2 of `n` is empty"),
        (
            "forms/f.yaml",
            "code: 5, label: best",
            "code: 6, label: best",
            "forms/f.yaml",
            13,
            "is none of the points",
        ),
        ("forms/f.yaml", "ranks: 1", "ranks: 3", "forms/f.yaml", 14, "3 ranks of 2 items"),
        ("forms/f.yaml", "2020-01-01", "2020-13-01", "forms/f.yaml", 15, "`earliest` is no day"),
        ("forms/f.yaml", "lookup: x.csv", "lookup: x.cvs", "forms/f.yaml", 16, "did you mean `x.csv`?"),
        ("forms/f.yaml", "column: kind", "column: kid", "forms/f.yaml", 16, "did you mean `kind`?"),
        ("x.csv", "a,p", "a,q", "x.csv", 2, "is no option of question `l`"),
        (
            "forms/f.yaml",
            "options_file: o.csv",
            "options_file: p.csv",
            "forms/f.yaml",
            17,
            "did you mean `o.csv`?",
        ),
        ("o.csv", "2,y", "1,y", "o.csv", 3, "code 1 stands twice"),
        ("o.csv", "2,y", "x,y", "o.csv", 3, "no whole number"),
        ("o.csv", "code,label", "code,labels", "o.csv", 1, "did you mean `label`?"),
        ("forms/f.yaml", "unlisted: other", "unlisted: 7", "forms/f.yaml", 18, "names option 7"),
        ("forms/f.yaml", "Asia/Tokyo", "Asia/Tokio", "forms/f.yaml", 19, "unknown time zone"),
        (
            "forms/f.yaml",
            "on: reference_date",
            "on: reference_date, codes: [1]",
            "forms/f.yaml",
            20,
            "`birth_year` takes no `codes`",
        ),
        ("forms/f.yaml", "on: reference_date", "on: n", "forms/f.yaml", 20, "`n` is a number and no day"),
        (
            "survey.yaml",
            "    reference_date: \"2026-04-01\"\n",
            "",
            "survey.yaml",
            6,
            "wave `w` has no reference date, and `age` is the age on it",
        ),
        (
            "survey.yaml",
            "names: T\n",
            "names: T\nstates: {answered: {in_base: false, prints: true}}\n",
            "survey.yaml",
            5,
            "`answered` takes no rule",
        ),
        (
            "forms/f.yaml",
            "{number: a, kind: single, text: A,",
            "{number: a, kind: single, text: A, no_answer: [2],",
            "forms/f.yaml",
            9,
            "2 is an option, and `no_answer` too",
        ),
        ("forms/f.yaml", ", on: reference_date", "", "forms/f.yaml", 20, "an age needs `on`"),
        ("forms/f.yaml", "birth_year: d", "birth_year: t", "forms/f.yaml", 20, "a whole number or a date"),
        (
            "forms/f.yaml",
            "kind: date, text",
            "kind: date, chars_max: 3, text",
            "forms/f.yaml",
            15,
            "takes no `chars_max`",
        ),
        ("forms/f.yaml", "text: R, points", "text: {en: R}, points", "forms/f.yaml", 13, "without `ja`"),
        (
            "forms/f.yaml",
            "code: 2, label: no",
            "code: -2, label: no",
            "forms/f.yaml",
            9,
            "not between 0 and 32766",
        ),
        (
            "layouts/l.yaml",
            "question: a, text",
            "question: aa, text",
            "layouts/l.yaml",
            5,
            "did you mean `a`?",
        ),
        ("layouts/l.yaml", "code: 1}]", "code: 7}]", "layouts/l.yaml", 5, "has no option 7"),
        (
            "layouts/l.yaml",
            "text: aye, code: 1",
            "text: no, code: 1",
            "layouts/l.yaml",
            5,
            "means option 2 already",
        ),
        (
            "layouts/l.yaml",
            "text: aye, code: 1",
            "text: aye, code: 1, column: B",
            "layouts/l.yaml",
            5,
            "unknown column `B`",
        ),
        ("layouts/l.yaml", "contains: z", "regex: \"(\"", "layouts/l.yaml", 6, "no regular expression"),
        ("layouts/l.yaml", "contains: z, ", "", "layouts/l.yaml", 6, "takes one of"),
        (
            "layouts/l.yaml",
            "{question: m, several",
            "{question: mm, several",
            "layouts/l.yaml",
            7,
            "did you mean `m`?",
        ),
        (
            "layouts/l.yaml",
            "{question: m, several",
            "{question: m, cells: {separator: [\";\", \"\"]}, several",
            "layouts/l.csv",
            3,
            "joins nothing",
        ),
        ("layouts/l.csv", "M,m,,,list", "M,m,,,lst", "layouts/l.csv", 3, "did you mean `list`?"),
        ("layouts/l.csv", "M,m,,,list", "M,m,,,", "layouts/l.csv", 3, "a column per known option"),
        ("layouts/l.csv", "K,k,1,,", "K,k,3,,", "layouts/l.csv", 4, "does not fit question `k`"),
        ("layouts/l.csv", "K,k,1,,", "K,age,,,", "layouts/l.csv", 4, "is derived"),
        ("layouts/l.csv", "K,k,1,,", "K,a,,,", "layouts/l.csv", 4, "feed the same answer"),
        (
            "layouts/l.csv",
            "column,question,row",
            "column,question,rows",
            "layouts/l.csv",
            1,
            "did you mean `row`?",
        ),
    ];
    let mut wrong = Vec::new();
    for (file, from, to, found_in, line, wanted) in cases {
        let found = findings(file, from, to);
        let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
        let right = |finding: &Finding| {
            finding.to_string().contains(wanted)
                && (finding.file.as_str(), finding.line) == (*found_in, Some(*line))
        };
        // Every finding has a line, whether it was looked for or not.
        if !found.iter().any(right) || found.iter().any(|finding| finding.line.is_none()) {
            wrong
                .push(format!("{file}: {from} -> {to}: wanted {found_in}:{line} `{wanted}`, got {shown:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_follows_from_a_broken_file_is_not_said() {
    let found = findings("forms/f.yaml", "kind: single, text: A", "kind: sinlge, text: A");
    let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), 1, "{shown:#?}");
    assert!(shown[0].starts_with("forms/f.yaml:9: error: unknown variant `sinlge`"), "{shown:#?}");
    assert!(shown[0].contains("did you mean `single`?"), "{shown:#?}");
}

#[test]
fn options_that_read_the_same_are_told_apart_or_refused() {
    let alike = "options: [{code: 1, label: ＹＥＳ}, {code: 2, label: \"YES \"}]";
    let found = findings("forms/f.yaml", "options: [{code: 1, label: yes}, {code: 2, label: no}]", alike);
    let hits = found.iter().filter(|finding| finding.message.contains("read the same in their normal form"));
    assert_eq!(hits.count(), 1, "{found:#?}");
}
