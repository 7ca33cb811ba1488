//! The whole wave `uk2017`, through the whole pipeline, against what its project published.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use shukei_testkit::{Program, csv_rows, not_played, published};

/// The demo's data folder, made once for all tests that only read it.
pub(crate) fn played() -> &'static Program {
    static PLAYED: OnceLock<Program> = OnceLock::new();
    PLAYED.get_or_init(|| {
        let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
        let _ = program.on_data(&["demo", "--survey", "rse"]).ends(0);
        program
    })
}

fn tests_folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests"))
}

/// Six decimals, as the tables print them.
fn six_decimals(published: &str) -> String {
    let (whole, fraction) = published.split_once('.').unwrap_or((published, ""));
    format!("{whole}.{fraction:0<6}")
}

#[test]
fn every_published_figure_is_met_or_listed_with_its_reason() {
    let program = played();
    let csv = program.on_data(&["tabulate", "--survey", "rse", "--wave", "uk2017"]).ends(0).stdout;
    // (question, row, option or state, measure) -> value
    let mut figures: BTreeMap<[String; 4], String> = BTreeMap::new();
    for row in csv_rows(&csv) {
        let what = if row["state"].is_empty() { row["option"].clone() } else { row["state"].clone() };
        let key = [row["question"].clone(), row["row"].clone(), what, row["measure"].clone()];
        assert!(figures.insert(key.clone(), row["value"].clone()).is_none(), "{key:?} stands twice");
    }
    let respondents = program.number("SELECT count(*) FROM current WHERE survey = 'rse' AND wave = 'uk2017'");

    let listed = not_played(tests_folder());
    let all = published(tests_folder());
    let mut wrong = Vec::new();
    let (mut counts, mut shares, mut totals, mut skipped) = (0, 0, 0, 0);
    for line in &all {
        if listed.contains_key(&line.id) {
            skipped += 1;
            continue;
        }
        let what = if line.code.is_empty() { "no_answer".to_owned() } else { line.code.clone() };
        let key = |measure: &str| [line.number.clone(), line.row.clone(), what.clone(), measure.to_owned()];
        let (wanted, got) = match line.measure.as_str() {
            "n" => {
                totals += 1;
                (line.published.clone(), Some(respondents.to_string()))
            }
            "count" => {
                counts += 1;
                (line.published.clone(), figures.get(&key("count")).cloned())
            }
            _ => {
                shares += 1;
                (six_decimals(&line.published), figures.get(&key("share")).cloned())
            }
        };
        if got.as_ref() != Some(&wanted) {
            wrong.push(format!(
                "{} {} {:?} {}: published {wanted}, got {got:?}",
                line.id, line.number, line.option, line.measure
            ));
        }
    }
    assert!(wrong.is_empty(), "{} figures differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!((counts, shares, totals), (505, 113, 1));
    assert_eq!(skipped, listed.len(), "every listed id is a published figure");
    assert!(listed.values().all(|reason| !reason.is_empty()));
    assert_eq!(counts + shares + totals + skipped, 1_141);
}

#[test]
fn sql_over_the_long_view_counts_the_same_as_the_tabulation() {
    let program = played();
    let rows = program.sql(
        "SELECT question, coalesce(cast(row AS VARCHAR), '') AS row, option, count(*) AS n FROM answers \
         WHERE survey = 'rse' AND chosen GROUP BY question, row, option",
    );
    let long: BTreeMap<[String; 3], String> = rows
        .into_iter()
        .map(|row| ([row["question"].clone(), row["row"].clone(), row["option"].clone()], row["n"].clone()))
        .collect();
    let csv = program.on_data(&["tabulate", "--survey", "rse", "--wave", "uk2017"]).ends(0).stdout;
    let mut compared = 0;
    for row in csv_rows(&csv) {
        if row["measure"] == "count" && !row["option"].is_empty() {
            let key = [row["question"].clone(), row["row"].clone(), row["option"].clone()];
            let zero = "0".to_owned();
            assert_eq!(long.get(&key).unwrap_or(&zero), &row["value"], "{key:?}");
            compared += 1;
        }
    }
    assert!(compared > 450, "{compared}");
}

#[test]
fn a_break_gives_parts_that_add_up_to_the_total() {
    let program = played();
    let csv = program
        .on_data(&[
            "tabulate",
            "--survey",
            "rse",
            "--wave",
            "uk2017",
            "--question",
            "tool2",
            "--by",
            "socio2",
        ])
        .ends(0)
        .stdout;
    let rows = csv_rows(&csv);
    let count = |breaks: &dyn Fn(&str) -> bool| -> u64 {
        rows.iter()
            .filter(|row| row["measure"] == "count" && row["option"] == "1" && breaks(&row["breaks"]))
            .map(|row| row["value"].parse::<u64>().unwrap())
            .sum()
    };
    let total = count(&|breaks| breaks.is_empty());
    let parts = count(&|breaks| !breaks.is_empty());
    let unknown =
        program.number("SELECT count(*) FROM current_uk2017_1 WHERE qtool2 = 1 AND qsocio2 IS NULL");
    assert!(total > 0 && parts > 0);
    assert_eq!(total, parts + u64::try_from(unknown).unwrap());
}
