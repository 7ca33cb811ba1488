//! What files of real surveys hold: names in another spelling, numbers in words, categories and counts that follow from
//! answers, and marks beyond what a question takes.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod made;

use made::{Made, answer, issues, read};

#[test]
fn a_column_is_found_in_another_spelling_of_its_name() {
    let form = "- {number: a, kind: number, text: A}\n- {number: b, kind: number, text: B}";
    let columns = "column,question\nａ列〜,a\n問5 ご意見 (自由記述),b\n";
    let definitions = Made::form("", form).layout("ignore: [\"x − y\"]", columns).definitions();
    // (cells, a, b, issues)
    let cases = [
        (r#"{"ａ列〜":"1","問5 ご意見 (自由記述)":"2"}"#, "n=1", "n=2", ""),
        (r#"{"a列～":"1","問５　ご意見　（自由記述）":"2"}"#, "n=1", "n=2", ""),
        (r#"{"x－y":"1","x - y":"2"}"#, "no_answer", "no_answer", "column_unknown"),
        (r#"{"A列〜":"1"}"#, "no_answer", "no_answer", "column_unknown"),
        // Where the column itself is there, another spelling is another column.
        (r#"{"a列～":"7","ａ列〜":"1"}"#, "n=1", "no_answer", "column_unknown"),
        (r#"{"a列～":"7","a列〜":"1"}"#, "invalid", "no_answer", "answer_duplicate_key"),
    ];
    for (cells, a, b, wanted) in cases {
        let got = read(&definitions, r#""layout":"l","#, cells);
        assert_eq!(
            (answer(&got, "a"), answer(&got, "b"), issues(&got)),
            (a.into(), b.into(), wanted.into()),
            "{cells}"
        );
    }
}

#[test]
fn names_that_two_columns_share_but_for_spelling_are_read_to_the_letter() {
    let form = "- {number: a, kind: number, text: A}\n- {number: b, kind: number, text: B}";
    let definitions = Made::form("", form).layout("", "column,question\nx〜,a\nx～,b\n").definitions();
    let got = read(&definitions, r#""layout":"l","#, r#"{"x～":"2","x〜":"1","x~":"3"}"#);
    assert_eq!(
        (answer(&got, "a"), answer(&got, "b"), issues(&got)),
        ("n=1".into(), "n=2".into(), "column_unknown".into())
    );
}

#[test]
fn long_names_of_columns_stay_apart_in_issues() {
    let beginning = "Which of these do you use? ".repeat(10);
    let columns = format!("column,question\n{beginning}one,a\n{beginning}two,b\n");
    let form = "- {number: a, kind: number, text: A}\n- {number: b, kind: number, text: B}";
    let definitions = Made::form("", form).layout("", &columns).definitions();
    let unknown = "?".repeat(2_000);
    let cells = format!(r#"{{"{beginning}one":"x","{beginning}two":"y","{unknown}":"z"}}"#);
    let got = read(&definitions, r#""layout":"l","#, &cells);
    let mut paths: Vec<&str> = got.outcome.issues.iter().map(|issue| issue.path.as_str()).collect();
    paths.sort_by_key(|path| path.len());
    assert!(paths[0].ends_with("one") && paths[1].ends_with("two"), "{paths:?}");
    assert_eq!(paths[2].len(), "/data/answers/".len() + 500);
}

#[test]
fn labels_match_whatever_encoding_they_came_by() {
    let form = "- {number: s, kind: single, text: S, options: [{code: 1, label: 10〜19歳}, {code: 2, label: 20-29歳}]}";
    let definitions = Made::form("", form).layout("", "column,question\nS,s\n").definitions();
    for (cell, wanted) in [
        ("１０～１９歳", "1"),
        ("10~19歳", "1"),
        ("20−29歳", "2"),
        ("20–29歳", "2"),
        ("20‐29歳", "2"),
        ("20~29歳", "invalid"),
    ] {
        let got = read(&definitions, r#""layout":"l","#, &format!(r#"{{"S":"{cell}"}}"#));
        assert_eq!(answer(&got, "s"), wanted, "{cell}");
    }
}

#[test]
fn numbers_are_read_in_words_with_units_and_exponents() {
    let form = "- {number: n, kind: number, text: N, no_answer: [never]}\n- {number: m, kind: number, decimals: 1, text: M}";
    let layout = "cells: {values: {Less than 1 year: 0, half: 0.5}, strip: [\"$\", 年], thousands: \",\"}
questions: [{question: m, cells: {values: {Less than 1 year: 0.3}}}]
aliases: [{question: n, text: dozen, value: 12}, {question: m, text: dozen, value: 13, column: M}]";
    let definitions = Made::form("", form).layout(layout, "column,question\nN,n\nM,m\n").definitions();
    // (question, cell, what it comes to)
    let cases = [
        ("n", "less than 1 year", "invalid"),
        ("n", "Less than 1 year ", "n=0"),
        ("n", "half", "invalid"),
        ("n", "dozen", "n=12"),
        ("n", "$32,000", "n=32000"),
        ("n", "３０年", "n=30"),
        ("n", "1e+05", "n=100000"),
        ("n", "1e-1", "invalid"),
        ("n", "−5", "n=-5"),
        ("n", "never", "stated_no_answer"),
        ("m", "Less than 1 year", "n=3"),
        ("m", "half", "n=5"),
        ("m", "dozen", "n=130"),
        ("m", "1.5e1", "n=150"),
    ];
    for (question, cell, wanted) in cases {
        let cells = format!(r#"{{"{}":"{cell}"}}"#, question.to_uppercase());
        let got = read(&definitions, r#""layout":"l","#, &cells);
        assert_eq!(answer(&got, question), wanted, "{question}: {cell}");
    }
    // On the form itself a number is a number.
    let got = read(&definitions, "", r#"{"n":"1e3","m":"half"}"#);
    assert_eq!((answer(&got, "n"), answer(&got, "m")), ("invalid".into(), "invalid".into()));
}

const MARKS: &str = "
- {number: m, kind: multiple, max_marks: 2, text: M, options: [{code: 1, label: a}, {code: 2, label: b}, {code: 3, label: c}, {code: 9, label: none, exclusive: true}]}
- {number: k, kind: multiple, max_marks: 2, text: K, rules: {too_many_marks: keep, exclusive_with_others: keep}, options: [{code: 1, label: a}, {code: 2, label: b}, {code: 9, label: none, exclusive: true}]}
- {number: g, kind: grid, text: G, rows: [{row: 1, label: x}, {row: 2, label: y}, {row: 3, label: z}], options: [{code: 1, label: low}, {code: 2, label: high}]}
- {number: works, kind: single, text: W, options: [{code: 1, label: yes}, {code: 2, label: no}]}
- {number: hours, kind: number, text: H, ask_if: {question: works, codes: [1]}}
- {number: marks, kind: number, text: C, derived: {count: m}, bands: [{code: 1, label: none, to: 0}, {code: 2, label: some, from: 1}]}
- {number: ab, kind: number, text: C, derived: {count: k, codes: [1, 2]}}
- {number: highs, kind: number, text: C, derived: {count: g, codes: [2]}}
- number: type
  kind: single
  text: T
  options: [{code: 1, label: full}, {code: 2, label: part}, {code: 3, label: else}]
  derived: {cases: [{code: 1, if: {question: hours, at_least: 35}}, {code: 2, if: {all: [{question: works, codes: [1]}, {question: marks, at_least: 1}]}}], otherwise: 3}
- {number: long, kind: single, text: L, options: [{code: 1, label: yes}, {code: 2, label: no}], derived: {cases: [{code: 1, if: {question: hours, at_least: 35}}], otherwise: 2}}
";

#[test]
fn marks_beyond_the_rule_counts_and_categories() {
    let definitions = Made::form("", MARKS).definitions();
    // (answers, question, what it comes to, issues)
    let cases = [
        (r#"{"m":[1,2]}"#, "m", "{1,2}", ""),
        (r#"{"m":[1,2,3]}"#, "m", "invalid", "too_many_marks"),
        (r#"{"m":[1,2,3]}"#, "marks", "invalid", "too_many_marks"),
        (r#"{"m":[1,9]}"#, "m", "invalid", "exclusive_with_others"),
        (r#"{"k":[1,9]}"#, "k", "{1,9}", "exclusive_with_others"),
        (r#"{"k":[1,2,9]}"#, "k", "{1,2,9}", "too_many_marks"),
        (r#"{"k":[1,2,9]}"#, "ab", "n=2", "too_many_marks"),
        (r#"{"m":[1,2]}"#, "marks", "n=2", ""),
        (r#"{"m":[1,2]}"#, "marksband", "2", ""),
        (r#"{"m":[9]}"#, "marks", "n=0", ""),
        (r#"{"m":[9]}"#, "marksband", "1", ""),
        (r#"{}"#, "marks", "no_answer", ""),
        (r#"{"g":{"1":2,"3":2}}"#, "highs", "n=2", ""),
        (r#"{"g":{"1":1}}"#, "highs", "n=0", ""),
        (r#"{}"#, "highs", "no_answer", ""),
        (r#"{"works":1,"hours":40}"#, "type", "1", ""),
        (r#"{"works":1,"hours":20,"m":[1]}"#, "type", "2", ""),
        (r#"{"works":1,"hours":20,"m":[9]}"#, "type", "3", ""),
        (r#"{"works":2,"m":[1]}"#, "type", "3", ""),
        // What decides is not known, or was not asked.
        (r#"{"works":1,"m":[1]}"#, "type", "no_answer", ""),
        (r#"{"works":1,"hours":"x","m":[1]}"#, "type", "invalid", "number_invalid"),
        (r#"{"works":2}"#, "long", "not_asked", ""),
        (r#"{"works":1,"hours":1}"#, "long", "2", ""),
    ];
    for (answers, question, wanted, said) in cases {
        let got = read(&definitions, "", answers);
        assert_eq!(
            (answer(&got, question), issues(&got)),
            (wanted.into(), said.into()),
            "{question} of {answers}"
        );
    }
}

#[test]
fn mistakes_are_named_with_what_to_do() {
    // (questions, layout, a part of the finding)
    let number = "- {number: n, kind: number, text: N}\n- {number: s, kind: single, text: S, options: [{code: 1, label: a}]}";
    let cases = [
        (number, "aliases: [{question: n, text: x, code: 1}]", "say `value: 0`"),
        (
            number,
            "aliases: [{question: n, text: x, value: 0.5}]",
            "`0.5` is no number that question `n` keeps",
        ),
        (number, "aliases: [{question: s, text: x, value: 1}]", "is no number that question `s` keeps"),
        (
            number,
            "questions: [{question: s, cells: {values: {x: 1}}}]",
            "question `s` is a single, no number",
        ),
        (number, "questions: [{question: n, cells: {values: {x: few}}}]", "`few` is no number"),
        (number, "cells: {strip: [\"-\"]}", "may be a part of a number"),
        (number, "file: {submission: {wave: {column: N, format: \"%Y-%m\"}}}", "wave takes no `format`"),
        (number, "file: {skip_if: [{column: N}]}", "the test of column `N` is none"),
        ("- {number: n, kind: number, max_marks: 2, text: N}", "", "takes no `max_marks`"),
        (
            "- {number: n, kind: multiple, max_marks: 0, text: N, options: [{code: 1, label: a}]}",
            "",
            "`max_marks` is 0",
        ),
        (
            "- {number: n, kind: number, text: N, bands: [{code: 1, label: a, to: 9}, {code: 2, label: b, from: 11}]}",
            "",
            "bands 1 and 2 of `n` leave values",
        ),
        (
            "- {number: d, kind: date, text: N, bands: [{code: 2, label: b, from: 2021}, {code: 1, label: a, below: \"2020-12-31\"}]}",
            "",
            "bands 1 and 2 of `d` leave values",
        ),
        (
            "- {number: t, kind: text, text: T}\n- {number: c, kind: number, text: C, derived: {count: t}}",
            "",
            "a text has nothing to count",
        ),
        (
            "- {number: t, kind: text, text: T}\n- {number: c, kind: single, text: C, options: [{code: 1, label: a}], derived: {cases: [{code: 1, if: {question: t, answered: true}}]}}",
            "",
            "give `otherwise`",
        ),
        (
            "- {number: t, kind: text, text: T}\n- {number: c, kind: single, text: C, options: [{code: 1, label: a}], derived: {cases: [{code: 4, if: {question: t, answered: true}}], otherwise: 1}}",
            "",
            "names option 4",
        ),
        (
            "- {number: c, kind: single, text: C, options: [{code: 1, label: a}], derived: {cases: [{code: 1, if: {question: c, codes: [1]}}], otherwise: 1}}",
            "",
            "in a circle",
        ),
    ];
    for (questions, layout, wanted) in cases {
        let made = Made::form("", questions);
        let made = match layout.is_empty() {
            true => made,
            false => made.layout(layout, "column,question\nN,n\n"),
        };
        let shown: Vec<String> = made.findings().iter().map(ToString::to_string).collect();
        assert!(shown.len() == 1 && shown[0].contains(wanted), "wanted `{wanted}`, got {shown:#?}");
    }
}

#[test]
fn the_last_day_of_a_band_of_times_is_whole() {
    let form = "- {number: t, kind: datetime, zone: Asia/Tokyo, text: T, bands: [{code: 1, label: a, to: \"2016-04-15\"}, {code: 2, label: b, from: \"2016-04-16\", to: \"2016-04-30T12:00\"}]}";
    let definitions = Made::form("", form).definitions();
    for (time, wanted) in [
        ("2016-04-15T23:59:59", "1"),
        ("2016-04-15", "1"),
        ("2016-04-16", "2"),
        ("2016-04-30T12:00", "2"),
        ("2016-04-30T12:00:01", "invalid"),
    ] {
        let got = read(&definitions, "", &format!(r#"{{"t":"{time}"}}"#));
        assert_eq!(answer(&got, "tband"), wanted, "{time}");
    }
}
