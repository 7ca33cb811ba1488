//! The pure parts: rounding, the common vector, the guard, melt and tally.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Int8Array, Int64Array};
use serde_json::json;
use shukei_query::{
    BaseRule, Flag, Measure, MeasureKind, Melt, TableFacts, TabulateRequest, Tally, World, check_statement,
    common_vector, measures, percent_text, ratio_text,
};
use shukei_schemas::definition::Rounding::{HalfAway, HalfEven};
use shukei_schemas::definition::{Definitions, Rounding};
use shukei_schemas::{Lane, Offset, State};

use super::world::{answers, definitions, form, lines, wide, with_column};

#[test]
fn trap_48_a_percentage_is_rounded_once_by_integers() {
    // (count, base, decimals, rounding, printed): and the two published tables that we can check by hand.
    let cases: &[(u64, u64, u8, Rounding, Option<&str>)] = &[
        (29, 80, 1, HalfAway, Some("36.3")),
        (29, 80, 1, HalfEven, Some("36.2")),
        (1, 8, 0, HalfAway, Some("13")),
        (1, 8, 0, HalfEven, Some("12")),
        (3, 8, 0, HalfEven, Some("38")),
        (405, 1006, 1, HalfAway, Some("40.3")),
        (135, 221, 6, HalfAway, Some("61.085973")),
        (0, 7, 1, HalfAway, Some("0.0")),
        (7, 7, 1, HalfAway, Some("100.0")),
        (1, 3, 0, HalfAway, Some("33")),
        (1, 1_000_000_000, 6, HalfAway, Some("0.000000")),
        (999_999, 1_000_000, 1, HalfAway, Some("100.0")),
        (0, 0, 1, HalfAway, None),
        (u64::MAX, u64::MAX, 6, HalfAway, Some("100.000000")),
    ];
    for (count, base, decimals, rounding, printed) in cases {
        let got = percent_text(*count, *base, *decimals, *rounding);
        assert_eq!(got.as_deref(), *printed, "{count}/{base} at {decimals} decimals");
    }
}

#[test]
fn ratios_keep_their_sign_and_never_overflow() {
    let cases: &[(i128, i128, u8, Rounding, Option<&str>)] = &[
        (-5, 2, 0, HalfAway, Some("-3")),
        (-5, 2, 0, HalfEven, Some("-2")),
        (-1, 1000, 1, HalfAway, Some("0.0")),
        (-15, 10, 1, HalfAway, Some("-1.5")),
        (10, 3, 9, HalfAway, Some("3.333333333")),
        (1, -2, 1, HalfAway, None),
        (i128::MAX, 1, 0, HalfAway, Some("170141183460469231731687303715884105727")),
        (i128::MAX, 1, 1, HalfAway, None),
        (1, i128::MAX, 1, HalfAway, Some("0.0")),
    ];
    for (numerator, denominator, decimals, rounding, printed) in cases {
        let got = ratio_text(*numerator, *denominator, *decimals, *rounding);
        assert_eq!(got.as_deref(), *printed, "{numerator}/{denominator}");
    }
}

#[test]
fn the_common_vector_is_where_the_first_row_is_missing_and_idle_tables_hold_nobody_back() {
    let lanes = [Lane::new(1, 0), Lane::new(1, 1), Lane::new(2, 0), Lane::new(2, 1)];
    let starts: BTreeMap<Lane, Offset> = lanes.iter().map(|lane| (*lane, Offset(3))).collect();
    let outcomes = BTreeMap::from([(lanes[0], Offset(90)), (lanes[1], Offset(50)), (lanes[3], Offset(7))]);
    let behind = TableFacts { first_missing: BTreeMap::from([(lanes[0], Offset(40))]) };
    let further_behind =
        TableFacts { first_missing: BTreeMap::from([(lanes[0], Offset(20)), (lanes[3], Offset(3))]) };
    let vector = common_vector(&starts, &outcomes, &[behind, further_behind, TableFacts::default()]);
    let at = |lane: Lane| vector.get(lane).unwrap().0;
    assert_eq!(lanes.map(at), [20, 50, 3, 3]);
    assert_eq!(vector.get(Lane::new(9, 0)), None);
    assert_eq!(vector.to_string(), "1/0:20 1/1:50 2/0:3 2/1:3");
}

#[test]
fn only_statements_that_read_pass_the_guard() {
    for sql in [
        "SELECT 1",
        "select * from answers where \"group\" = 'x';",
        "WITH a AS (SELECT 1 AS x) SELECT x FROM a",
        "VALUES (1), (2)",
        "SELECT 1 UNION ALL SELECT 2",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE SELECT 1",
        "SHOW TABLES",
        "SHOW COLUMNS FROM answers",
        "DESCRIBE answers",
    ] {
        assert!(check_statement(sql).is_ok(), "{sql}: {:?}", check_statement(sql).err());
    }
    for (sql, code) in [
        ("INSERT INTO raw VALUES (1)", "query_not_a_query"),
        ("DELETE FROM raw", "query_not_a_query"),
        ("UPDATE raw SET kind = 'x'", "query_not_a_query"),
        ("DROP TABLE raw", "query_not_a_query"),
        ("CREATE TABLE t AS SELECT 1", "query_not_a_query"),
        ("CREATE VIEW v AS SELECT 1", "query_not_a_query"),
        ("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'", "query_not_a_query"),
        ("COPY raw TO '/tmp/x.csv'", "query_not_a_query"),
        ("COPY (SELECT 1) TO '/tmp/x.csv'", "query_not_a_query"),
        ("SET datafusion.catalog.location = '/'", "query_not_a_query"),
        ("RESET datafusion.catalog.location", "query_not_a_query"),
        ("SHOW ALL", "query_not_a_query"),
        ("PREPARE p AS SELECT 1", "query_not_a_query"),
        ("EXECUTE p", "query_not_a_query"),
        ("BEGIN", "query_not_a_query"),
        ("TRUNCATE raw", "query_not_a_query"),
        ("EXPLAIN INSERT INTO raw VALUES (1)", "query_not_a_query"),
        ("EXPLAIN COPY raw TO '/tmp/x.csv'", "query_not_a_query"),
        ("SELECT 1 INTO t", "query_not_a_query"),
        ("SELECT * FROM (SELECT 1 AS x INTO t) y", "query_not_a_query"),
        ("WITH a AS (DELETE FROM raw RETURNING *) SELECT * FROM a", "query_not_a_query"),
        ("WITH a AS (SELECT 1) INSERT INTO raw SELECT * FROM a", "query_not_a_query"),
        ("SELECT 1; SELECT 2", "query_not_one_statement"),
        ("", "query_not_one_statement"),
        ("SELEC 1", "query_syntax"),
        ("SELECT ((1", "query_syntax"),
    ] {
        let error = check_statement(sql).err().unwrap_or_else(|| panic!("passed: {sql}"));
        // What the parser itself does not take cannot run either.
        assert!([code, "query_syntax"].contains(&error.code()), "{sql}: {error}");
        assert!(!error.hint().is_empty());
    }
    let error = check_statement("DELETE FROM raw WHERE key = 'a secret'").unwrap_err();
    assert_eq!(error.to_string(), "statement `DELETE FROM` is refused: only queries are allowed");
}

/// Four units: what they answer is known by eye.
fn four(definitions: &Definitions) -> arrow::array::RecordBatch {
    wide(
        definitions,
        &[
            answers(
                "1",
                "a",
                json!({"group": "g1"}),
                json!({"1": 1, "2": [1, 64], "3": {"1": 2, "2": 1}, "4": 2.5, "5": "わ", "6": 3}),
            ),
            answers(
                "2",
                "b",
                json!({"group": "g2"}),
                json!({"1": 2, "2": [], "3": {"1": 2}, "4": -1.0, "6": 4}),
            ),
            answers(
                "3",
                "c",
                json!({"group": "g1", "method": "paper"}),
                json!({"1": 7, "2": [63, 64, 65], "6": 4}),
            ),
            answers("4", "d", json!({}), json!({})),
        ],
    )
}

#[test]
fn melt_gives_one_row_per_option_or_one_without() {
    let definitions = definitions();
    let melt = Melt::new(&"s".into(), form(&definitions), "en");
    let long = melt.melt(&four(&definitions)).unwrap();
    let columns = ["unit", "question", "row", "option", "option_label", "state", "chosen", "number", "text"];
    let places: Vec<usize> = columns.iter().map(|name| long.schema().index_of(name).unwrap()).collect();
    let rows = lines(&[long.project(&places).unwrap()]);
    let of = |unit: &str, question: &str| -> Vec<String> {
        let start = format!("{unit}|{question}|");
        rows.iter().filter_map(|row| row.strip_prefix(&start)).map(str::to_owned).collect()
    };
    let a = lines(&[long.project(&[4]).unwrap()])[0].clone();
    assert_eq!(of(&a, "1"), ["|1|Yes|answered|true||", "|2|No|answered|false||"]);
    assert_eq!(
        of(&a, "3"),
        [
            "1|1|Yes|answered|false||",
            "1|2|No|answered|true||",
            "2|1|Yes|answered|true||",
            "2|2|No|answered|false||"
        ]
    );
    assert_eq!(of(&a, "4"), ["|||answered||2.500000000|"]);
    assert_eq!(of(&a, "5"), ["|||answered|||わ"]);
    let many = of(&a, "2");
    assert_eq!(many.len(), 65);
    let chosen: Vec<&String> = many.iter().filter(|row| row.contains("|true|")).collect();
    assert_eq!(chosen, ["|1|o1|answered|true||", "|64|o64|answered|true||"]);
    // b marked nothing: every option is there and not chosen. c's answer to 1 is invalid, d gave none at all.
    let units: Vec<String> = lines(&[long.project(&[4]).unwrap()]);
    let unit = |at: usize| units.iter().collect::<BTreeSet<_>>().into_iter().nth(at).unwrap().clone();
    assert_eq!(of(&unit(1), "2").len(), 65);
    assert!(of(&unit(1), "2").iter().all(|row| row.contains("|nothing_marked|false|")));
    assert_eq!(of(&unit(1), "3")[2..], ["2|||no_answer|||".to_owned()]);
    assert_eq!(of(&unit(2), "1"), ["|||invalid|||"]);
    assert_eq!(of(&unit(3), "2"), ["|||no_answer|||"]);
    assert_eq!(melt.rows_max(), 2 + 65 + 4 + 3);
}

#[test]
fn melt_refuses_what_the_form_does_not_allow_without_naming_the_value() {
    let definitions = definitions();
    let melt = Melt::new(&"s".into(), form(&definitions), "en");
    let batch = four(&definitions);
    let n = batch.num_rows();
    for (column, values, problem) in [
        ("q1", Arc::new(Int8Array::from(vec![77; n])) as arrow::array::ArrayRef, "an option is unknown"),
        ("q1_state", Arc::new(Int8Array::from(vec![9; n])), "a state is unknown"),
        ("q1_state", Arc::new(Int8Array::from(vec![None; n])), "a state is missing"),
        ("q2_2", Arc::new(Int64Array::from(vec![0b100; n])), "an option is unknown"),
        ("q2", Arc::new(Int64Array::from(vec![-1; n])), "an option is unknown"),
    ] {
        let error = melt.melt(&with_column(&batch, column, values)).unwrap_err();
        assert_eq!(error.to_string(), format!("table `responses/f-1`, column `{column}`: {problem}"));
        assert_eq!(error.code(), "query_stored");
    }
}

fn tallied(by: Option<&str>, batches: &[arrow::array::RecordBatch]) -> Vec<Measure> {
    let definitions = definitions();
    let mut request = TabulateRequest::new("s".into(), "w".into());
    request.by = by.map(str::to_owned).into_iter().collect();
    request.language = Some("en".to_owned());
    let new = || Tally::new(form(&definitions), &[form(&definitions)], &request, "en").unwrap();
    // Each batch in a tally of its own, merged: as partitions of a scan are.
    let mut total = new();
    for batch in batches {
        let mut tally = new();
        tally.count(batch).unwrap();
        total.merge(&tally);
    }
    let survey = &definitions.survey(&"s".into()).unwrap().survey;
    measures(&World { survey, mappings: &[], groups: &[], frame: None }, &request, &[total]).unwrap()
}

/// question[.row], option or state, measure, value, count, base
fn short(measure: &Measure) -> String {
    let row = measure.row.map_or(String::new(), |row| format!(".{row}"));
    let what = match (measure.option, measure.state) {
        (Some(option), _) => option.to_string(),
        (None, state) => state.map_or("", State::as_str).to_owned(),
    };
    let (m, q) = (measure, &measure.question);
    format!("{q}{row} {what} {} {} {} {}", m.measure.as_str(), m.value, m.count, m.base)
}

#[test]
fn the_tally_is_the_count_by_hand() {
    let definitions = definitions();
    let batch = four(&definitions);
    let all = tallied(None, &[batch.slice(0, 1), batch.slice(1, 3)]);
    let rows: Vec<String> = all.iter().map(short).collect();
    let of = |question: &str| -> Vec<&str> {
        let start = format!("{question} ");
        rows.iter().filter(|row| row.starts_with(&start)).map(String::as_str).collect()
    };
    assert_eq!(
        of("1"),
        [
            "1 1 count 1 1 2",
            "1 1 share 50.0 1 2",
            "1 2 count 1 1 2",
            "1 2 share 50.0 1 2",
            "1 no_answer count 1 1 2",
            "1 invalid count 1 1 2",
        ]
    );
    // a and c answered, b marked nothing and is in the base, d gave no answer. 63 and 64 stand in different masks.
    let many = of("2");
    for wanted in [
        "2 1 count 1 1 3",
        "2 1 share 33.3 1 3",
        "2 2 count 0 0 3",
        "2 63 count 1 1 3",
        "2 64 count 2 2 3",
        "2 64 share 66.7 2 3",
        "2 65 count 1 1 3",
        "2 no_answer count 1 1 3",
        "2 nothing_marked count 1 1 3",
        "2 nothing_marked share 33.3 1 3",
    ] {
        assert!(many.contains(&wanted), "{wanted} is not in {many:?}");
    }
    assert_eq!(many.len(), 65 * 2 + 3);
    assert_eq!(
        of("3.1")[..4],
        ["3.1 1 count 0 0 2", "3.1 1 share 0.0 0 2", "3.1 2 count 2 2 2", "3.1 2 share 100.0 2 2"]
    );
    assert_eq!(of("3.2")[..2], ["3.2 1 count 1 1 1", "3.2 1 share 100.0 1 1"]);
    // 2.5 and -1.0: mean 0.75 rounds away from zero to 0.8.
    assert_eq!(
        of("4"),
        [
            "4 answered count 2 2 2",
            "4 answered mean 0.8 2 2",
            "4 answered median 0.8 2 2",
            "4 answered sum 1.5 2 2",
            "4 no_answer count 2 2 2"
        ]
    );
    assert_eq!(of("5"), ["5 answered count 1 1 1", "5 no_answer count 3 3 1"]);
    assert_eq!(
        of("6"),
        [
            "6 answered count 3 3 3",
            "6 answered mean 3.7 3 3",
            "6 answered median 4.0 3 3",
            "6 answered sum 11 3 3",
            "6 no_answer count 1 1 3"
        ]
    );
    // What every figure says of itself.
    let first = &all[1];
    assert_eq!((first.measure, first.base_rule), (MeasureKind::Share, BaseRule::Answered));
    assert_eq!(
        (first.label.as_str(), first.title.as_str(), first.text.as_str()),
        ("Yes", "In place", "Is it in place?")
    );
    assert_eq!((first.methods.join("+"), first.breaks.as_str(), first.flags.len()), ("form".into(), "", 0));
    let many = all.iter().find(|m| m.question.as_str() == "2").unwrap();
    assert_eq!(
        (many.methods.join("+"), many.flags.as_slice()),
        ("form+paper".into(), &[Flag::Reconstructed][..])
    );
    let grid = all.iter().find(|m| m.row == Some(2)).unwrap();
    assert_eq!(grid.row_label.as_deref(), Some("second"));
}

#[test]
fn breaks_come_after_the_total_and_unknown_categories_are_in_the_total_only() {
    let definitions = definitions();
    let batch = four(&definitions);
    let counts = |by: &str, question: &str, option: i16| -> Vec<String> {
        let all = tallied(Some(by), &[batch.slice(2, 2), batch.slice(0, 2)]);
        let wanted = |m: &&Measure| {
            m.question.as_str() == question && m.option == Some(option) && m.measure == MeasureKind::Share
        };
        all.iter()
            .filter(wanted)
            .map(|m| {
                format!(
                    "{}: {} of {} {}{}",
                    m.breaks,
                    m.count,
                    m.base,
                    m.value,
                    m.flags.iter().map(|f| format!(" {f}")).collect::<String>()
                )
            })
            .collect()
    };
    assert_eq!(
        counts("group", "2", 64),
        [
            ": 2 of 3 66.7 reconstructed",
            "group=g1: 2 of 2 100.0 reconstructed",
            "group=g2: 0 of 1 0.0 reconstructed"
        ]
    );
    assert_eq!(
        counts("method", "1", 1),
        [": 1 of 2 50.0", "method=form: 1 of 2 50.0", "method=paper: 0 of 0  base_zero"]
    );
    assert_eq!(counts("1", "1", 2), [": 1 of 2 50.0", "1=1: 0 of 1 0.0", "1=2: 1 of 1 100.0"]);
    let new = |by: &str| {
        let mut request = TabulateRequest::new("s".into(), "w".into());
        request.by = vec![by.to_owned()];
        Tally::new(form(&definitions), &[form(&definitions)], &request, "en")
    };
    let error = new("grup").unwrap_err();
    assert_eq!((error.code(), error.hint().as_ref()), ("query_break_unknown", "did you mean `group`?"));
    assert!(new("5").is_err(), "a text is no break");
    assert!(new("3").is_err(), "a grid is no break without a row");
    assert!(new("2").is_ok() && new("3.2").is_ok() && new("group * 1").is_ok());
}

#[test]
fn the_base_follows_the_states_that_the_survey_counts() {
    let definitions = definitions();
    let mut survey = definitions.survey(&"s".into()).unwrap().survey.clone();
    let mut request = TabulateRequest::new("s".into(), "w".into());
    request.questions = Some(vec!["1".to_owned()]);
    let mut tally = Tally::new(form(&definitions), &[form(&definitions)], &request, "ja").unwrap();
    tally.count(&four(&definitions)).unwrap();
    let mut seen = |no_answer: bool, invalid: bool| {
        for (state, in_base) in [(State::NoAnswer, no_answer), (State::Invalid, invalid)] {
            survey.states.get_mut(&state).unwrap().in_base = in_base;
        }
        let world = World { survey: &survey, mappings: &[], groups: &[], frame: None };
        let all = measures(&world, &request, std::slice::from_ref(&tally)).unwrap();
        let shares = all.iter().filter(|m| m.measure == MeasureKind::Share).map(short).collect::<Vec<_>>();
        (all[0].base_rule.as_str(), all[0].label.clone(), shares)
    };
    // Labels in the survey's first language, since none was asked for.
    let (rule, label, shares) = seen(true, true);
    assert_eq!((rule, label.as_str()), ("asked", "はい"));
    assert_eq!(
        shares,
        [
            "1 1 share 25.0 1 4",
            "1 2 share 25.0 1 4",
            "1 no_answer share 25.0 1 4",
            "1 invalid share 25.0 1 4"
        ]
    );
    assert_eq!(seen(true, false).0, "asked_without_invalid");
    assert_eq!(
        seen(true, false).2,
        ["1 1 share 33.3 1 3", "1 2 share 33.3 1 3", "1 no_answer share 33.3 1 3"]
    );
    assert_eq!(seen(false, true).0, "asked_without_no_answer");
}
