//! Traps that the interpretation meets, by the numbers of `schemas/docs/traps.md`.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod made;

use std::sync::OnceLock;

use made::{Made, answer, issues, read};
use shukei_interpret::{Interpretation, Record, interpret};
use shukei_schemas::definition::Definitions;
use shukei_schemas::event::{SUBMISSION_RECEIVED, write_structured};

/// A submission to the shipped survey `nisc`, wave 2023.
fn nisc(more: &str, answers: &str) -> Interpretation {
    let data =
        format!(r#"{{"survey":"nisc","wave":"2023","respondent":"syn-1",{more},"answers":{answers}}}"#);
    let raw = serde_json::value::RawValue::from_string(data).unwrap();
    let bytes = write_structured("1", "urn:t", SUBMISSION_RECEIVED, None, &raw).unwrap();
    static SHIPPED: OnceLock<Definitions> = OnceLock::new();
    let shipped = SHIPPED.get_or_init(|| Definitions::shipped().0);
    interpret(&Record { payload: Some(&bytes), headers: &[] }, shipped)
}

const GAS: &str = r#""group":"gas""#;
const FINANCE: &str = r#""group":"finance","form":"finance2023""#;

#[test]
fn trap_34_four_states_are_four_states() {
    let form = nisc(GAS, r#"{"31":[8]}"#);
    assert_eq!(answer(&form, "31"), "{8}", "not done is an answer");
    assert_eq!(answer(&form, "9"), "no_answer");
    assert_eq!(answer(&nisc(FINANCE, r#"{"f1":[1]}"#), "9"), "not_mapped");
    let routed = Made::form(
        "",
        "- {number: a, kind: single, text: A, options: [{code: 1, label: y}, {code: 2, label: n}]}\n- {number: b, kind: number, text: B, ask_if: {question: a, codes: [1]}}",
    );
    let definitions = routed.definitions();
    assert_eq!(answer(&read(&definitions, "", r#"{"a":2}"#), "b"), "not_asked");
    assert_eq!(answer(&read(&definitions, "", r#"{"a":1}"#), "b"), "no_answer");
}

#[test]
fn trap_35_one_respondent_that_answers_for_two_groups_is_two_units() {
    let unit = |group: &str| nisc(&format!(r#""group":"{group}""#), r#"{"9":1}"#).outcome.unit.unwrap();
    assert_ne!(unit("government"), unit("water"));
    assert_eq!(unit("water"), unit("water"));
}

#[test]
fn trap_38_marks_and_digits_come_in_every_form_and_late_corrections_are_known() {
    let made = Made::form(
        "",
        "- {number: m, kind: multiple, text: M, options: [{code: 1, label: a}, {code: 2, label: b}, {code: 3, label: c}]}\n- {number: s, kind: single, text: S, options: [{code: 1, label: y}, {code: 2, label: n}]}\n- {number: n, kind: number, text: N}",
    )
    .layout(
        "marks: {chosen: [\"○\", \"1\", \"✓\"], not_chosen: [\"0\", \"×\"]}\ncells: {hold: both}",
        "column,question,option\nA,m,1\nB,m,2\nC,m,3\nS,s,\nN,n,\n",
    );
    let definitions = made.definitions();
    for (cells, m, s, n, found) in [
        (r#"{"A":"○","B":"１","C":"✓","S":"２","N":"１２"}"#, "{1,2,3}", "2", "n=12", ""),
        (r#"{"A":"","B":" ○ ","C":"0","S":"n"}"#, "{2}", "2", "no_answer", ""),
        (r#"{"A":"maybe","S":"y"}"#, "invalid", "1", "no_answer", "label_unknown"),
        // Rows that were inserted move no answer: columns are known by name.
        (r#"{"N":"3","S":"1","C":"1"}"#, "{3}", "1", "n=3", ""),
    ] {
        let got = read(&definitions, r#""layout":"l","#, cells);
        let shown = [answer(&got, "m"), answer(&got, "s"), answer(&got, "n"), issues(&got)];
        assert_eq!(shown, [m, s, n, found], "{cells}");
    }
    // The same operator twice is one unit, whose later revision says so.
    let once = nisc(&format!(r#"{GAS},"revision":0"#), r#"{"9":1}"#).outcome;
    let again = nisc(&format!(r#"{GAS},"revision":1"#), r#"{"9":2}"#).outcome;
    assert_eq!((&once.unit, again.revision), (&again.unit, Some(1)));
}

#[test]
fn trap_39_an_empty_multiple_answer_is_decided_by_the_exclusive_option_alone() {
    // Question 48 could have said "none", question 44 could not.
    let got = nisc(GAS, r#"{"44":[],"48":[]}"#);
    assert_eq!((answer(&got, "44").as_str(), answer(&got, "48").as_str()), ("nothing_marked", "no_answer"));
    assert_eq!(answer(&nisc(GAS, "{}"), "44"), "no_answer");
}

#[test]
fn trap_40_an_exclusive_option_with_others_is_listed_and_invalid_by_default() {
    let got = nisc(GAS, r#"{"31":[1,8]}"#);
    assert_eq!((answer(&got, "31").as_str(), issues(&got).as_str()), ("invalid", "exclusive_with_others"));
}

#[test]
fn trap_41_words_for_other_are_kept_and_never_coded_back_by_themselves() {
    for (answers, wanted, found) in [
        (r#"{"11":[10]}"#, "{10}", ""),
        (r#"{"11":[1],"11_other":"x"}"#, "{1}+\"x\"", "other_without_mark"),
        // The words repeat a listed option: it is not marked.
        (
            r#"{"11":[10],"11_other":"適用範囲（組織・システム・重要インフラサービス）"}"#,
            "{10}+\"適用範囲（組織・システム・重要インフラサービス）\"",
            "",
        ),
    ] {
        let got = nisc(GAS, answers);
        assert_eq!((answer(&got, "11").as_str(), issues(&got).as_str()), (wanted, found), "{answers}");
    }
}

#[test]
fn trap_43_what_comes_through_a_mapping_follows_the_routing_of_its_source() {
    // The target of reading across is covered or not; whom our own form would have asked plays no part.
    let got = nisc(FINANCE, r#"{"f7":2,"f8":5}"#);
    assert_eq!((answer(&got, "42").as_str(), answer(&got, "44").as_str()), ("4", "not_mapped"));
}

#[test]
fn trap_46_a_fiscal_year_is_named_after_the_year_in_which_it_begins() {
    let made = Made::form(
        "",
        "- {number: d, kind: date, text: D}\n- {number: fy, kind: date, text: F, derived: {period: fiscal_year, of: d, fiscal_year_begins: 4}}",
    );
    let definitions = made.definitions();
    let first_day = |day: &str| answer(&read(&definitions, "", &format!(r#"{{"d":"{day}"}}"#)), "fy");
    // 2023-04-01 and 2024-04-01 in days since 1970.
    assert_eq!(first_day("2023-04-01"), "d=19448");
    assert_eq!(first_day("2024-03-31"), "d=19448");
    assert_eq!(first_day("2024-04-01"), "d=19814");
    let definition = Definitions::shipped().0;
    let nisc = definition.survey(&"nisc".into()).unwrap();
    assert_eq!(nisc.survey.wave(&"2023".into()).unwrap().names.in_language("ja"), "2023年度（令和5年度）");
}

#[test]
fn trap_56_what_is_said_of_a_bad_record_holds_none_of_it() {
    const SECRET: &str = "Kasumigaseki-Vendor-42";
    for answers in [
        format!(r#"{{"9":"{SECRET}"}}"#),
        format!(r#"{{"31":["{SECRET}"]}}"#),
        format!(r#"{{"11":[1],"11_other":"{SECRET}"}}"#),
        format!(r#""{SECRET}""#),
        format!(r#"{{"9":{{"{SECRET}":1}}}}"#),
    ] {
        let got = nisc(GAS, &answers);
        let said = format!("{:?}", got.outcome.issues);
        assert!(!got.outcome.issues.is_empty() && !said.contains(SECRET), "{answers}: {said}");
    }
    let made = Made::form("", "- {number: w, kind: text, text: W, check: houjin_bangou}");
    let got = read(&made.definitions(), "", &format!(r#"{{"w":"{SECRET}"}}"#));
    assert_eq!(issues(&got), "identifier_invalid");
    assert!(!format!("{:?}", got.outcome.issues).contains(SECRET));
}

#[test]
fn trap_57_and_58_a_failed_identifier_is_listed_and_the_answer_counts() {
    let made = Made::form(
        "",
        "- {number: c, kind: text, text: C, check: houjin_bangou}\n- {number: g, kind: text, text: G, check: local_government_code}",
    );
    let definitions = made.definitions();
    for (answers, c, g, found) in [
        (r#"{"c":"7123456789012","g":"011002"}"#, "\"7123456789012\"", "\"011002\"", ""),
        (
            r#"{"c":"7123456789013","g":"11002"}"#,
            "\"7123456789013\"",
            "\"11002\"",
            "identifier_invalid identifier_invalid",
        ),
        (r#"{"c":"","g":null}"#, "no_answer", "no_answer", ""),
    ] {
        let got = read(&definitions, "", answers);
        assert_eq!([answer(&got, "c"), answer(&got, "g"), issues(&got)], [c, g, found], "{answers}");
    }
    let hint = read(&definitions, "", r#"{"g":"11002"}"#).outcome.issues[0].clone();
    assert_eq!(hint.path, "/data/answers/g");
    assert!(hint.hint.contains("leading zeros"), "{}", hint.hint);
    // The respondent is checked where the survey says so, and is taken all the same.
    let survey = "survey: t\nversion: 1\nnames: T\nrespondent_check: local_government_code\nwaves:\n  - wave: w\n    names: W\n    forms: [{form: f, version: 1}]\n";
    let checked =
        Made::form("", "- {number: c, kind: text, text: C}").file("survey.yaml", survey).definitions();
    let got = read(&checked, "", r#"{"c":"x"}"#);
    assert_eq!((issues(&got).as_str(), answer(&got, "c").as_str()), ("identifier_invalid", "\"x\""));
    assert_eq!(got.outcome.issues[0].path, "/data/respondent");
    // Only words can be an identifier.
    let wrong = Made::form("", "- {number: c, kind: number, text: C, check: houjin_bangou}").findings();
    assert!(wrong.iter().any(|finding| finding.to_string().contains("takes no `check`")), "{wrong:?}");
}

#[test]
fn trap_59_and_60_texts_are_kept_as_they_came_and_only_matched_in_their_normal_form() {
    let made = Made::form(
        "",
        "- {number: w, kind: text, text: W}\n- {number: s, kind: single, text: S, options: [{code: 1, label: \"①（株）\"}, {code: 2, label: \"1(株)\"}]}",
    )
    .layout("", "column,question\nW,w\nS,s\n");
    let definitions = made.definitions();
    // Marks with a meaning, the two wave dashes, hyphens and minus signs.
    for words in ["①㈱㎡髙﨑", "10〜20", "10～20", "ー‐−－―", "ｶﾞ（A）(Ａ)"] {
        let got = read(&definitions, r#""layout":"l","#, &format!(r#"{{"W":"{words}"}}"#));
        assert_eq!(answer(&got, "w"), format!("{words:?}"));
    }
    // Width does not matter for a match; a circled number is not the number.
    for (cell, wanted) in [("①(株)", "1"), ("1（株）", "2"), ("１（株）", "2"), ("㈱", "invalid")]
    {
        let got = read(&definitions, r#""layout":"l","#, &format!(r#"{{"S":"{cell}"}}"#));
        assert_eq!(answer(&got, "s"), wanted, "{cell}");
    }
}

#[test]
fn trap_62_a_decimal_comma_is_read_where_it_is_declared_and_nowhere_else() {
    let form = "- {number: n, kind: number, decimals: 1, text: N}";
    for (head, cell, wanted) in [
        ("cells: {decimal: \",\"}", "1,5", "n=15"),
        ("cells: {decimal: \",\", thousands: \".\"}", "1.234,5", "n=12345"),
        ("", "1.5", "n=15"),
        ("", "1,5", "invalid"),
    ] {
        let definitions = Made::form("", form).layout(head, "column,question\nN,n\n").definitions();
        let got = read(&definitions, r#""layout":"l","#, &format!(r#"{{"N":"{cell}"}}"#));
        assert_eq!(answer(&got, "n"), wanted, "{head} {cell}");
    }
}

#[test]
fn trap_64_blank_is_not_the_same_as_not_chosen() {
    let form = "- {number: m, kind: multiple, text: M, options: [{code: 1, label: a}, {code: 2, label: b}, {code: 3, label: c}]}";
    let joined = Made::form("", form)
        .layout("cells: {hold: codes}", "column,question,shape,separator\nM,m,list,\" \"\n");
    let joined = joined.definitions();
    assert_eq!(answer(&read(&joined, r#""layout":"l","#, r#"{"M":"1 3"}"#), "m"), "{1,3}");
    let apart = Made::form("", form).layout(
        "marks: {chosen: [\"1\"], not_chosen: [\"0\"]}",
        "column,question,option\nA,m,1\nB,m,2\nC,m,3\n",
    );
    let apart = apart.definitions();
    for (cells, wanted) in [
        (r#"{"A":"0","B":"0","C":"0"}"#, "nothing_marked"),
        (r#"{"A":"","B":"","C":""}"#, "no_answer"),
        (r#"{"A":"1","B":"0","C":""}"#, "{1}"),
    ] {
        assert_eq!(answer(&read(&apart, r#""layout":"l","#, cells), "m"), wanted, "{cells}");
    }
}
