//! The flagship year, synthetic: every figure against an independent recount of the same answers, the front table
//! against the counts per group, and bases that only the mapping's coverage decides.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use shukei_testkit::{Program, csv_rows};

fn played() -> &'static Program {
    static PLAYED: OnceLock<Program> = OnceLock::new();
    PLAYED.get_or_init(|| {
        let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
        let _ = program.on_data(&["demo", "--survey", "nisc"]).ends(0);
        program
    })
}

fn read(path: &str) -> Vec<BTreeMap<String, String>> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path);
    csv_rows(&std::fs::read_to_string(path).unwrap())
}

#[test]
fn every_count_and_base_is_that_of_an_independent_recount() {
    let csv = played().on_data(&["tabulate", "--survey", "nisc", "--wave", "2023"]).ends(0).stdout;
    let mut figures: BTreeMap<(String, String), (String, String)> = BTreeMap::new();
    for row in csv_rows(&csv).into_iter().filter(|row| row["measure"] == "count" && row["state"].is_empty()) {
        figures.insert(
            (row["question"].clone(), row["option"].clone()),
            (row["count"].clone(), row["base"].clone()),
        );
    }
    let expected = read("tests/data/nisc/expected-2023.csv");
    let mut wrong = Vec::new();
    for line in expected.iter().filter(|line| line["option"].parse::<u32>().is_ok()) {
        let got = figures.remove(&(line["question"].clone(), line["option"].clone()));
        if got != Some((line["count"].clone(), line["base"].clone())) {
            wrong.push(format!("{line:?}: got {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), expected.len(), wrong.join("\n"));
    assert!(figures.is_empty(), "not recounted: {figures:?}");
}

#[test]
fn trap_04_and_50_bases_and_notes_follow_from_coverage_option_by_option() {
    let csv = played().on_data(&["tabulate", "--survey", "nisc", "--wave", "2023"]).ends(0).stdout;
    let note = "金融分野（資金決済以外）を除く";
    let mut seen = 0;
    for row in csv_rows(&csv).into_iter().filter(|row| !row["option"].is_empty()) {
        let all = matches!(
            (row["question"].as_str(), row["option"].as_str()),
            ("24", "2") | ("31" | "42" | "1", _)
        );
        assert_eq!(row["base"], if all { "1862" } else { "1204" }, "{row:?}");
        assert_eq!(row["flags"].contains(note), !all, "{row:?}");
        assert!(row["flags"].starts_with("synthetic"), "{row:?}");
        seen += 1;
    }
    assert!(seen > 600, "{seen}");
}

#[test]
fn groups_of_one_field_are_counted_together() {
    let asked = |by: &str| {
        let asked = [
            "tabulate",
            "--survey",
            "nisc",
            "--wave",
            "2023",
            "--question",
            "42",
            "--by",
            by,
            "--lang",
            "en",
        ];
        csv_rows(&played().on_data(&asked).ends(0).stdout)
    };
    let shares = |rows: &[BTreeMap<String, String>], parts: &[&str]| -> Vec<(u64, u64)> {
        let is_of = |row: &&BTreeMap<String, String>| {
            row["measure"] == "share" && !row["option"].is_empty() && parts.contains(&row["breaks"].as_str())
        };
        let of =
            |row: &BTreeMap<String, String>| (row["count"].parse().unwrap(), row["base"].parse().unwrap());
        rows.iter().filter(is_of).map(of).collect()
    };
    let (fields, groups) = (asked("field"), asked("group"));
    // Fourteen fields in printed order, two of which are made of several of the seventeen groups.
    let mut seen: Vec<&str> = fields.iter().map(|row| row["breaks"].as_str()).collect();
    seen.dedup();
    assert_eq!((seen.len(), seen[0], seen[1], seen[2]), (15, "", "field=ict", "field=finance"));
    assert!(
        fields.iter().any(|row| row["breaks_label"] == "Information and communications"),
        "{:?}",
        fields[5]
    );
    let finance = shares(&fields, &["field=finance"]);
    let parts = ["group=finance", "group=payment"];
    let [left, right] = parts.map(|part| shares(&groups, &[part]));
    let sums: Vec<(u64, u64)> =
        left.iter().zip(&right).map(|(one, other)| (one.0 + other.0, one.1 + other.1)).collect();
    assert!(!finance.is_empty() && finance == sums, "{finance:?} {sums:?}");
    // A figure of a field explains itself by group and method.
    let id = &fields
        .iter()
        .find(|row| row["breaks"] == "field=finance" && row["measure"] == "share")
        .unwrap()["id"];
    let said = played().on_data(&["explain", id]).ends(0).stdout;
    assert!(parts.iter().all(|part| said.contains(part.trim_start_matches("group="))), "{said}");
}

#[test]
fn the_front_table_has_the_counts_of_the_groups_and_both_totals() {
    let shown = played().on_data(&["demo", "--survey", "nisc"]).ends(0).stdout;
    let groups = read("schemas/surveys/nisc/data/groups-2023.csv");
    assert_eq!(groups.len(), 17);
    let counted = played().sql(
        "SELECT \"group\", count(*) AS n FROM current_nisc2023_1 WHERE survey = 'nisc' AND wave = '2023' GROUP BY 1",
    );
    let counted: BTreeMap<&str, &str> =
        counted.iter().map(|row| (row["group"].as_str(), row["n"].as_str())).collect();
    for group in &groups {
        assert_eq!(counted.get(group["group"].as_str()), Some(&group["answers"].as_str()), "{group:?}");
    }
    for words in
        ["1,862 (1,204) ※2", "658", "713", "SYNTHETIC", "金融(資金決済以外)", "金融（資金決済）", "47.1"]
    {
        assert!(shown.contains(words), "{words}:\n{shown}");
    }
    // Two answers of one city are two units.
    let twice =
        "SELECT count(*) FROM (SELECT respondent FROM current_nisc2023_1 GROUP BY 1 HAVING count(*) > 1)";
    assert!(played().number(twice) > 0);
    let _ = played().on_data(&["verify"]).ends(0);
}

#[test]
fn reconstructed_wording_is_marked_wherever_it_is_shown() {
    let rows =
        played().sql("SELECT question, option, label FROM options WHERE survey = 'nisc' AND question = '9'");
    assert!(rows.iter().all(|row| !row["label"].ends_with('†')), "printed in the report: {rows:?}");
    let rows = played().sql("SELECT count(*) AS n FROM options WHERE survey = 'nisc' AND label LIKE '%†'");
    assert!(rows[0]["n"].parse::<u32>().unwrap() > 100);
    let csv = played()
        .on_data(&["tabulate", "--survey", "nisc", "--wave", "2023", "--question", "24"])
        .ends(0)
        .stdout;
    for row in csv_rows(&csv).into_iter().filter(|row| !row["option"].is_empty()) {
        assert_eq!(row["label"].ends_with('†'), row["flags"].contains("reconstructed"), "{row:?}");
    }
}

#[test]
fn response_rates_come_from_the_synthetic_frame_and_keep_what_was_read_across_apart() {
    let response = ["tabulate", "--survey", "nisc", "--wave", "2023", "--response"];
    let rows = csv_rows(&played().on_data(&response).ends(0).stdout);
    let invited = read("schemas/surveys/nisc/frame/2023.csv");
    let answers = read("schemas/surveys/nisc/data/groups-2023.csv");
    for (row, (frame, counted)) in rows.iter().zip(invited.iter().zip(&answers)) {
        assert_eq!((&row["group"], &row["invited"]), (&frame["group"], &frame["invited"]));
        assert_eq!((&row["answered"], row["otherwise"].as_str()), (&counted["answers"], "0"), "{row:?}");
        assert_eq!(row["flags"], "synthetic", "{row:?}");
    }
    let total = |kind: &str| rows.iter().find(|row| row["kind"] == kind).unwrap();
    let own: u64 = invited
        .iter()
        .filter(|line| line["group"] != "finance")
        .map(|line| line["invited"].parse::<u64>().unwrap())
        .sum();
    let of_form = total("total_form");
    assert_eq!((of_form["answered"].as_str(), &of_form["base"]), ("1204", &own.to_string()));
    assert_eq!(of_form["takes"], "16 of 16 groups");
    assert_eq!(total("total_read_across")["answered"], "658");
    let all = total("total");
    assert_eq!(
        (all["answered"].as_str(), all["rate"].as_str()),
        ("1862", ""),
        "what was published has no stated base"
    );
    assert_eq!(rows.len(), 17 + 3);
}
