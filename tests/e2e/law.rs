//! `verify` can fail: each damage is found, named with its offsets, and mended by the next run where it can be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use shukei_testkit::{Program, csv_rows, small_event, small_survey};

/// A folder with three deliveries, so that the refined tables have several commits.
fn delivered() -> (Program, String) {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let surveys = small_survey(&program).to_str().unwrap().to_owned();
    for delivery in 0..3 {
        let lines: String =
            (0..10).map(|number| format!("{}\n", small_event(delivery * 10 + number))).collect();
        let file = program.file("events.jsonl", lines);
        let _ = program.on_data(&["submit", file.to_str().unwrap(), "--surveys", &surveys]).ends(0);
    }
    let _ = program.on_data(&["verify"]).ends(0);
    (program, surveys)
}

fn table(program: &Program, name: &str) -> PathBuf {
    let build = std::fs::read_to_string(program.data().join("refined/current")).unwrap();
    program.data().join("refined").join(build.trim()).join(name)
}

/// Deletes the newest log entry of a table, as if its last commit had never been.
fn forget_last_commit(table: &Path) {
    let log = table.join("_delta_log");
    let mut entries: Vec<PathBuf> = std::fs::read_dir(log)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    entries.sort();
    std::fs::remove_file(entries.last().unwrap()).unwrap();
}

fn run_again(program: &Program, surveys: &str) {
    let nothing = program.file("nothing.jsonl", "");
    let _ = program.on_data(&["submit", nothing.to_str().unwrap(), "--surveys", surveys]).ends(0);
    let _ = program.on_data(&["verify"]).ends(0);
    assert_eq!(program.number("SELECT count(*) FROM current WHERE survey = 'small'"), 30);
    assert_eq!(program.number("SELECT count(*) FROM responses_small_1"), 30);
}

#[test]
fn a_lost_commit_of_a_refined_table_is_behind_and_the_next_run_mends_it() {
    for name in ["responses/small-1", "outcomes"] {
        let (program, surveys) = delivered();
        let third: BTreeSet<(String, String, String)> = program
            .sql("SELECT partition, min(\"offset\") AS first, max(\"offset\") AS last FROM raw WHERE generation = 3 GROUP BY 1")
            .into_iter()
            .map(|row| match row["first"] == row["last"] {
                true => ("3".to_owned(), row["partition"].clone(), row["first"].clone()),
                false => ("3".to_owned(), row["partition"].clone(), format!("{}..{}", row["first"], row["last"])),
            })
            .collect();
        forget_last_commit(&table(&program, name));
        // The last commit held the third delivery, which is generation 3: all its offsets are named, and no others.
        let found = csv_rows(&program.on_data(&["verify", "--format", "csv"]).ends(1).stdout);
        let behind: BTreeSet<(String, String, String)> = found
            .iter()
            .filter(|row| row["kind"] == "behind")
            .map(|row| (row["generation"].clone(), row["partition"].clone(), row["offsets"].clone()))
            .collect();
        assert_eq!(behind, third, "{name}");
        assert!(found.iter().all(|row| row["kind"] != "broken"), "{name}: {found:?}");
        // What is served is complete all the same: the ten records are left out until the table is there.
        assert_eq!(program.number("SELECT count(*) FROM current WHERE survey = 'small'"), 20, "{name}");
        run_again(&program, &surveys);
    }
}

#[test]
fn a_lost_commit_of_raw_is_broken_and_stays_so() {
    let (program, _surveys) = delivered();
    forget_last_commit(&program.data().join("raw"));
    let found = program.on_data(&["verify"]).ends(1);
    assert!(found.stdout.contains("broken"), "{}", found.stdout);
}
