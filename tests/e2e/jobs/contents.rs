//! What stands in the files of a report.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use calamine::{Reader, Xlsx, open_workbook};
use shukei_schemas::definition::content_hash;
use shukei_testkit::{Program, csv_rows};

use super::{Key, is_nested, json, key_of, made, table_of, text};

#[test]
fn the_csv_holds_what_tabulate_prints_and_says_for_whom_it_is() {
    let made = made();
    let told =
        made.program.on_data(&["tabulate", "--survey", "nisc", "--wave", "2023", "--by", "group"]).ends(0);
    let mut rows = made.csv();
    for row in &mut rows {
        assert_eq!(row.remove("distribution").as_deref(), Some("internal, not for release"));
        assert!(row["flags"].contains("synthetic"));
    }
    assert!(rows == csv_rows(&told.stdout), "figures.csv is not what `tabulate --by group` prints");
    let parts: BTreeSet<&str> = rows.iter().map(|row| row["breaks"].as_str()).collect();
    assert_eq!(parts.len(), 18);
}

#[test]
fn every_number_of_the_workbook_is_that_of_the_csv() {
    let made = made();
    let rows = made.csv();
    let mut parts: Vec<&str> = Vec::new();
    for row in &rows {
        if !parts.contains(&row["breaks"].as_str()) {
            parts.push(&row["breaks"]);
        }
    }
    let mut book: Xlsx<_> = open_workbook(made.first.join("figures.xlsx")).unwrap();
    let mut counts: BTreeMap<(Key, usize), String> = BTreeMap::new();
    let mut shares: BTreeMap<(Key, usize), String> = BTreeMap::new();
    let mut bases: BTreeMap<(Key, usize), String> = BTreeMap::new();
    let sheets = book.sheet_names();
    assert_eq!(sheets[0], "front");
    for name in &sheets[1..] {
        let range = book.worksheet_range(name).unwrap();
        let cell = |row: u32, column: u32| range.get_value((row, column));
        assert!(text(cell(1, 0)).contains("内部資料・公表不可"), "{name}");
        assert!(text(cell(1, 0)).contains("合成データ"), "{name}");
        assert_eq!(text(cell(2, 5)), "合計", "{name}");
        let mut letters: BTreeMap<Key, String> = BTreeMap::new();
        let mut of_letter: BTreeMap<(Key, usize), String> = BTreeMap::new();
        for row in 4..=range.end().unwrap().0 {
            let code = text(cell(row, 2));
            if code.is_empty() {
                continue;
            }
            let letter = text(cell(row, 4));
            let (question, of_row) = (text(cell(row, 0)), text(cell(row, 1)));
            for part in 0..parts.len() {
                let column = 5 + 2 * u32::try_from(part).unwrap();
                if code == "base" {
                    let key = (question.clone(), of_row.clone(), letter.clone());
                    of_letter.insert((key, part), text(cell(row, column)));
                } else {
                    let key = (question.clone(), of_row.clone(), code.clone());
                    assert!(
                        counts.insert((key.clone(), part), text(cell(row, column))).is_none(),
                        "{key:?} twice"
                    );
                    shares.insert((key, part), text(cell(row, column + 1)));
                }
            }
            if code != "base" {
                letters.insert((question, of_row, code), letter);
            }
        }
        for (key, letter) in letters {
            for part in 0..parts.len() {
                let named = (key.0.clone(), key.1.clone(), letter.clone());
                bases.insert((key.clone(), part), of_letter[&(named, part)].clone());
            }
        }
    }
    let mut compared = 0;
    for row in &rows {
        let part = parts.iter().position(|part| *part == row["breaks"]).unwrap();
        let place = (key_of(row), part);
        assert_eq!(bases[&place], row["base"], "base of {row:?}");
        if row["measure"] == "share" {
            let got = shares.remove(&place).unwrap();
            match row["value"].is_empty() {
                true => assert_eq!(got, "-", "{row:?}"),
                false => assert_eq!(got.parse::<f64>(), row["value"].parse::<f64>(), "{row:?}"),
            }
        } else {
            let got = counts.remove(&place).unwrap();
            assert_eq!(got.parse::<f64>(), row["value"].parse::<f64>(), "{row:?}");
            compared += 1;
        }
    }
    assert!(counts.is_empty(), "not in the csv: {:?}", counts.keys().next());
    assert!(shares.values().all(String::is_empty), "{shares:?}");
    assert!(compared > 18 * 300, "{compared}");
}

#[test]
fn the_front_sheet_has_the_counts_of_the_groups_and_both_totals() {
    let made = made();
    let mut book: Xlsx<_> = open_workbook(made.first.join("figures.xlsx")).unwrap();
    let front = book.worksheet_range("front").unwrap();
    let lines: Vec<Vec<String>> =
        front.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
    let counted = made.program.sql(
        "SELECT \"group\", count(*) AS n FROM current_nisc2023_1 WHERE survey = 'nisc' AND wave = '2023' GROUP BY 1 ORDER BY 2",
    );
    let head = lines.iter().position(|line| line[0] == "分野").unwrap();
    let mut shown: Vec<u64> =
        lines[head + 1..head + 18].iter().map(|line| line[4].parse().unwrap()).collect();
    shown.sort_unstable();
    let counted: Vec<u64> = counted.iter().map(|row| row["n"].parse().unwrap()).collect();
    assert_eq!(shown, counted);
    assert_eq!(lines[head + 18][0], "合計");
    assert_eq!(lines[head + 18][4], "1,862 (1,204) ※2");
    let whole = lines.concat().join("\n");
    for words in [
        "内部資料・公表不可",
        "合成データ",
        "総務省",
        "external ※1",
        "金融分野（資金決済以外）を除く",
        "47.1",
    ] {
        assert!(whole.contains(words), "{words}:\n{whole}");
    }
}

#[test]
fn the_page_shows_the_same_figures_and_needs_nothing_beside_it() {
    let made = made();
    let page = fs::read_to_string(made.first.join("report.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"ja\">"));
    is_nested(&page).unwrap();
    for never in ["<script", "http", "javascript", "src=", "url("] {
        assert!(!page.contains(never), "{never}");
    }
    for words in [
        "内部資料・公表不可",
        "合成データ",
        "1,862 (1,204) ※2",
        "† 再現した文言",
        "※1 金融分野（資金決済以外）を除く",
        "raw@",
        "role=\"img\"",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(page.matches("<svg ").count(), page.matches("<desc ").count());
    assert_eq!(page.matches("<h3>").count(), 61);
    let rows = made.csv();
    // A bar for each share of all units, no answer included.
    let shares = rows.iter().filter(|row| row["breaks"].is_empty() && row["measure"] == "share");
    assert_eq!(page.matches("class=\"bar\"").count(), shares.count());
    for question in ["24", "31", "42", "9"] {
        let shown = table_of(&page, question);
        let totals = rows.iter().filter(|row| row["question"] == question && row["breaks"].is_empty());
        let mut compared = 0;
        for row in totals {
            let [count, base, share] = &shown[&key_of(row).2];
            assert_eq!((count, base), (&row["count"], &row["base"]), "{row:?}");
            if row["measure"] == "share" {
                assert_eq!(share, &row["value"], "{row:?}");
            }
            compared += 1;
        }
        assert!(compared >= 6, "question {question}: {compared}");
    }
}

#[test]
fn labels_banner_and_marks_are_in_the_language_of_the_job() {
    let made = made();
    let done = made.program.run(["jobs", "run", "english"]).ends(0);
    let folder = made.program.folder().join(done.stdout.trim());
    assert!(folder.starts_with(made.program.data().join("reports/english")), "{}", folder.display());
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    is_nested(&page).unwrap();
    for words in ["lang=\"en\"", "SYNTHETIC", "internal, not for release", "reconstructed wording"] {
        assert!(page.contains(words), "{words}");
    }
    let codes = |folder: &Path| -> Vec<(Key, String)> {
        let rows = csv_rows(&fs::read_to_string(folder.join("figures.csv")).unwrap());
        rows.iter().map(|row| (key_of(row), row["value"].clone())).collect()
    };
    assert!(codes(&folder) == codes(&made.first), "the language changes figures");
    // A data folder with reports in it is still a data folder.
    let _ = made.program.on_data(&["verify"]).ends(0);
}

#[test]
fn the_manifest_names_what_the_files_were_made_from() {
    let made = made();
    let manifest = json(&made.first.join("manifest.json"));
    assert_eq!(manifest["distribution"], "internal, not for release");
    assert_eq!((&manifest["job"], &manifest["survey"]), (&"nightly".into(), &"nisc".into()));
    assert_eq!(manifest["synthetic"], true);
    assert!(manifest["made_at"].as_str().unwrap().ends_with("+09:00[Asia/Tokyo]"), "{manifest}");
    let files = manifest["files"].as_array().unwrap();
    assert_eq!(files.len(), 3);
    for file in files {
        let content = fs::read(made.first.join(file["name"].as_str().unwrap())).unwrap();
        assert_eq!(file["sha256"], content_hash(&content));
        assert_eq!(file["bytes"], content.len());
    }
    assert_eq!((&manifest["units"]["total"], &manifest["units"]["own"]), (&1862.into(), &1204.into()));
    assert_eq!(manifest["units"]["groups"].as_array().unwrap().len(), 17);
    let records = made.program.number("SELECT count(*) FROM raw");
    let served = manifest["common_vector"].as_array().unwrap();
    assert_eq!(served.iter().map(|lane| lane["next"].as_i64().unwrap()).sum::<i64>(), records);
    assert!(manifest["table_versions"]["raw"].as_i64().unwrap() > 0);
    let surveys = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/surveys/nisc"));
    let definitions = manifest["definitions"].as_array().unwrap();
    for file in definitions {
        let content = fs::read(surveys.join(file["path"].as_str().unwrap())).unwrap();
        assert_eq!(file["sha256"], content_hash(&content), "{file}");
    }
    let has = |path: &str| definitions.iter().any(|file| file["path"] == path);
    for path in [
        "survey.yaml",
        "forms/nisc2023.yaml",
        "mappings/finance2023.yaml",
        "sectors/fy2023.yaml",
        "frame/2023.csv",
    ] {
        assert!(has(path), "{path}: {definitions:?}");
    }
    assert!(manifest["interpreted_with"].as_array().unwrap().len() >= 4);
}

#[test]
fn a_survey_without_groups_and_with_other_kinds_of_questions_has_a_report_too() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let _ = program.on_data(&["demo", "--survey", "rse"]).ends(0);
    program.file(
        "shukei.toml",
        "data = \"data\"\n[[jobs]]\nname = \"all\"\nsurvey = \"rse\"\nwave = \"uk2017\"\n",
    );
    let done = program.run(["jobs", "run", "all"]).ends(0);
    let folder = program.folder().join(done.stdout.trim());
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    is_nested(&page).unwrap();
    assert!(!page.contains("<script") && !page.contains("SYNTHETIC"));
    assert_eq!(table_of(&page, "tool2")["1"], ["135", "221", "61.085973"]);
    let mut book: Xlsx<_> = open_workbook(folder.join("figures.xlsx")).unwrap();
    let mut means = 0;
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name).unwrap();
        means += range.rows().filter(|row| row.iter().any(|cell| cell == "mean")).count();
    }
    let csv = csv_rows(&fs::read_to_string(folder.join("figures.csv")).unwrap());
    assert_eq!(means, csv.iter().filter(|row| row["measure"] == "mean" && row["breaks"].is_empty()).count());
    assert!(means > 3, "{means}");
    assert_eq!(json(&folder.join("manifest.json"))["units"]["total"], 253);
}
