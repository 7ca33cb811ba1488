//! The command line's promises: exit codes, what goes to which stream, help that is enough to work from.

use shukei_testkit::{Program, csv_rows, small_survey};

use crate::figures::played;

#[test]
fn every_command_has_help_and_wrong_use_exits_with_2() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let help = program.run(["--help"]).ends(0).stdout;
    for command in ["demo", "submit", "sql", "tabulate", "rejections", "issues", "verify", "check"] {
        assert!(help.contains(command), "{help}");
        let page = program.run([command, "--help"]).ends(0).stdout;
        assert!(page.contains("Usage:") && !page.contains("crash"), "{page}");
        let wrong = program.run([command, "--no-such-option"]).ends(2);
        assert!(wrong.stdout.is_empty());
    }
    let _ = program.run(Vec::<&str>::new()).ends(2);
}

#[test]
fn reading_where_there_is_nothing_says_what_to_do() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    for command in [
        &["sql", "SELECT 1"][..],
        &["verify"],
        &["rejections"],
        &["tabulate", "--survey", "rse", "--wave", "uk2017"],
    ] {
        let refused = program.on_data(command).ends(1);
        assert!(refused.stderr.contains("shukei demo"), "{}", refused.stderr);
        assert!(!program.data().exists(), "reading makes no folder");
    }
}

#[test]
fn data_goes_to_standard_output_alone() {
    let program = played();
    let query = "SELECT option_label, count(*) AS n FROM answers WHERE question = 'tool2' AND chosen GROUP BY 1 ORDER BY 2 DESC";
    let csv = program.on_data(&["sql", query, "--format", "csv"]).ends(0);
    let rows = csv_rows(&csv.stdout);
    assert_eq!((rows[0]["option_label"].as_str(), rows[0]["n"].as_str()), ("GNU/Linux", "135"));
    assert!(csv.stderr.contains("outcomes"), "table versions are named beside the data: {}", csv.stderr);
    let json = program.on_data(&["sql", query, "--format", "json"]).ends(0);
    let rows: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(rows[0]["n"], 135);
    let table = program.on_data(&["sql", query]).ends(0);
    assert!(table.stdout.contains("GNU/Linux"));
}

#[test]
fn only_queries_are_run_and_mistakes_are_named() {
    let program = played();
    for statement in [
        "DELETE FROM raw",
        "CREATE TABLE x AS SELECT 1",
        "COPY (SELECT 1) TO 'stolen.csv'",
        "INSERT INTO raw SELECT * FROM raw",
        "SELECT 1; SELECT 2",
        "SET datafusion.execution.batch_size = 1",
        "SELECT * FROM '/etc/passwd'",
    ] {
        let refused = program.on_data(&["sql", statement]).ends(1);
        assert!(
            refused.stdout.is_empty() && refused.stderr.starts_with("error:"),
            "{statement}: {}",
            refused.stderr
        );
        assert!(!refused.stderr.contains("root:"), "{statement}");
    }
    assert!(!program.folder().join("stolen.csv").exists());
    let typo =
        program.on_data(&["tabulate", "--survey", "rse", "--wave", "uk2017", "--question", "tol2"]).ends(1);
    assert!(typo.stderr.contains("tool2"), "{}", typo.stderr);
    let typo = program.on_data(&["tabulate", "--survey", "rs", "--wave", "uk2017"]).ends(1);
    assert!(typo.stderr.contains("rse"), "{}", typo.stderr);
}

#[test]
fn check_names_file_and_line_and_a_bad_survey_stops_nothing_half_way() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let surveys = small_survey(&program);
    let whole = program.run(["check", surveys.to_str().unwrap()]).ends(0);
    assert!(whole.stdout.contains("`small` is whole"), "{}", whole.stdout);
    let form = surveys.join("small/forms/small.yaml");
    let text = std::fs::read_to_string(&form).unwrap().replace("kind: number", "kind: nubmer");
    std::fs::write(&form, text).unwrap();
    let broken = program.run(["check", surveys.to_str().unwrap()]).ends(1);
    assert!(
        broken.stdout.contains("forms/small.yaml:21") && broken.stdout.contains("`number`"),
        "{}",
        broken.stdout
    );
    let events = program.file("events.jsonl", "{}\n");
    let arguments = ["submit", events.to_str().unwrap(), "--surveys", surveys.to_str().unwrap()];
    let refused = program.on_data(&arguments).ends(2);
    assert!(refused.stderr.contains("small.yaml:21"), "{}", refused.stderr);
    assert!(!program.data().exists(), "nothing was made");
}
