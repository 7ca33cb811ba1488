//! Everything that was received, read again with other definitions: what changes, what does not, and what a crash leaves.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use shukei_lake::{CleaningOptions, FolderLock, Lake, LakeOptions};
use shukei_testkit::{Done, Program, csv_rows};

use super::up::Up;

const SURVEY: &str = "survey: again\nversion: 1\nnames: S\nsynthetic: true\nwaves:\n  - wave: w\n    names: W\n    \
    forms: [{form: again, version: 1}]\n    layouts: [{layout: sheet, version: 1}]\n";
const FORM: &str = r#"form: again
version: 1
names: F
sections:
  - section: all
    questions:
      - {number: "1", kind: single, text: One of two, options: [{code: 1, label: Left}, {code: 2, label: Right}]}
"#;
const SECOND: &str = "      - {number: \"2\", kind: number, text: How many}\n";
const LAYOUT: &str = "layout: sheet\nversion: 1\nform: {form: again, version: 1}\ncolumns: sheet.csv\n";
const COLUMNS: &str = "column,question,row,option\nQ1,1,,\n";

/// Submissions by the layout: the second and the third say their answer in a way that it does not know yet, the fourth
/// answers a question that is not on the form yet, the fifth is of a wave that is not there yet.
fn lines() -> String {
    let cell = |respondent: &str, cell: &str| {
        format!(
            r#"{{"survey":"again","wave":"w","respondent":"{respondent}","layout":"sheet","answers":{{"Q1":"{cell}"}}}}"#
        )
    };
    let direct = |respondent: &str, wave: &str, answers: &str| {
        format!(
            r#"{{"survey":"again","wave":"{wave}","respondent":"{respondent}","form":"again","answers":{answers}}}"#
        )
    };
    let lines = [
        cell("a", "Left"),
        cell("b", "Lft"),
        cell("c", "Lft"),
        direct("d", "w", r#"{"1":2,"2":7}"#),
        direct("e", "x", r#"{"1":2}"#),
        "no event".to_owned(),
    ];
    lines.map(|line| line + "\n").concat()
}

struct World {
    program: Program,
    surveys: PathBuf,
}

impl World {
    fn new() -> Self {
        let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
        let surveys = program.path("surveys");
        let world = Self { program, surveys };
        world.define("survey.yaml", SURVEY);
        world.define("forms/again.yaml", FORM);
        world.define("layouts/sheet.yaml", LAYOUT);
        world.define("layouts/sheet.csv", COLUMNS);
        let file = world.program.file("lines.jsonl", lines());
        let _ = world.on_data(&["submit", file.to_str().unwrap()]).ends(1);
        world
    }

    fn define(&self, file: &str, content: &str) {
        self.program.file(&format!("surveys/again/{file}"), content);
    }

    fn with_alias(&self) {
        self.define(
            "layouts/sheet.yaml",
            &format!("{LAYOUT}aliases: [{{question: \"1\", code: 1, text: Lft}}]\n"),
        );
    }

    fn on_data(&self, arguments: &[&str]) -> Done {
        let mut all = arguments.to_vec();
        all.extend(["--surveys", self.surveys.to_str().unwrap()]);
        self.program.on_data(&all)
    }

    fn rebuild(&self, more: &[&str]) -> Vec<String> {
        let mut arguments = vec!["rebuild", "--format", "csv"];
        arguments.extend(more);
        csv_rows(&self.on_data(&arguments).ends(0).stdout)
            .iter()
            .map(|row| {
                let parts = ["what", "name", "to", "before", "after"].map(|column| row[column].as_str());
                parts.join("|")
            })
            .collect()
    }

    fn build(&self) -> String {
        std::fs::read_to_string(self.program.data().join("refined/current")).unwrap()
    }

    /// Every row of the refined tables, in order.
    fn refined(&self) -> BTreeMap<&'static str, String> {
        let rows = |table: &str| {
            let query = format!("SELECT * FROM {table} ORDER BY generation, \"partition\", \"offset\"");
            self.on_data(&["sql", &query, "--format", "json"]).ends(0).stdout
        };
        BTreeMap::from([("outcomes", rows("outcomes")), ("responses", rows("responses_again_1"))])
    }
}

/// Every file below a folder with its content.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}

/// What was received, and the tables of the first build.
fn untouched(world: &World) -> BTreeMap<PathBuf, Vec<u8>> {
    let data = world.program.data();
    ["raw", "sources", "refined/1"].iter().flat_map(|folder| files(&data.join(folder))).collect()
}

#[test]
fn an_alias_makes_answers_of_invalid_ones_and_changes_nothing_else() {
    let world = World::new();
    let (before, kept) = (world.refined(), untouched(&world));
    assert_eq!(world.rebuild(&["--dry-run"]).iter().filter(|row| row.starts_with("decided")).count(), 0);
    world.with_alias();
    let changes = [
        "records|rejection||2|2",
        "records|response||4|4",
        "issues|label_unknown||2|0",
        "issues|question_unknown||1|1",
        "rows|responses/again-1||4|4",
        "rows_with_other_answers|responses/again-1|||2",
        "decided_otherwise|response in responses/again-1 with label_unknown|response in responses/again-1||2",
    ];
    assert_eq!(world.rebuild(&["--dry-run"]), changes);
    assert_eq!((world.refined(), world.build().as_str()), (before, "1"), "a dry run writes nothing");

    assert_eq!(world.rebuild(&[]), changes);
    assert_eq!(world.build(), "2");
    assert_eq!(untouched(&world), kept, "what was received and the old tables stay as they are");
    let _ = world.program.on_data(&["verify"]).ends(0);
    let answers = world.program.sql("SELECT respondent, q1 FROM responses_again_1 ORDER BY respondent");
    let answers: Vec<String> =
        answers.iter().map(|row| format!("{}{}", row["respondent"], row["q1"])).collect();
    assert_eq!(answers, ["a1", "b1", "c1", "d2"]);

    // Once more: equal tables under the next number.
    let first = world.refined();
    assert!(world.rebuild(&[]).iter().all(|row| !row.starts_with("decided")));
    assert_eq!((world.refined(), world.build().as_str()), (first, "3"));

    // What comes later is decided on top of it, and nothing is decided twice.
    let file =
        world.program.file("more.jsonl", lines().replace("\"respondent\":\"", "\"respondent\":\"more-"));
    let _ = world.on_data(&["submit", file.to_str().unwrap()]).ends(1);
    let _ = world.program.on_data(&["verify"]).ends(0);
    assert_eq!(world.program.number("SELECT count(*) FROM responses_again_1"), 8);
}

#[test]
fn a_form_with_more_questions_and_a_wave_that_was_missing() {
    let world = World::new();
    world.define("forms/again.yaml", &format!("{FORM}{SECOND}"));
    world.define(
        "survey.yaml",
        &format!("{SURVEY}  - wave: x\n    names: X\n    forms: [{{form: again, version: 1}}]\n"),
    );
    // Without a rebuild the tables that are there do not fit, and the error says what helps.
    let file = world.program.file("lines.jsonl", lines());
    let refused = world.on_data(&["submit", file.to_str().unwrap()]).ends(1).stderr;
    assert!(refused.contains("form_changed") && refused.contains("shukei rebuild"), "{refused}");

    let changes = world.rebuild(&[]);
    for wanted in [
        "records|response||4|5",
        "records|rejection||2|1",
        "issues|question_unknown||1|0",
        "rows|responses/again-1||4|5",
        "decided_otherwise|rejection wave_unknown|response in responses/again-1||1",
    ] {
        assert!(changes.iter().any(|row| row == wanted), "{wanted} in {changes:#?}");
    }
    let _ = world.program.on_data(&["verify"]).ends(0);
    assert_eq!(world.program.number("SELECT q2 FROM responses_again_1 WHERE respondent = 'd'"), 7);
    let _ = world.on_data(&["submit", file.to_str().unwrap()]).ends(1);
    let _ = world.program.on_data(&["verify"]).ends(0);
}

#[test]
fn a_crash_before_the_change_leaves_the_tables_in_use_and_one_behind_it_the_new_ones() {
    let world = World::new();
    world.with_alias();
    let before = world.refined();
    let mut after = None;
    for (point, build) in [
        ("outcomes.before", "1"),
        ("outcomes.after", "1"),
        ("responses.inside", "1"),
        ("responses.after", "1"),
        ("current.before", "1"),
        ("current.after", "7"),
    ] {
        let data = world.program.data();
        let surveys = world.surveys.to_str().unwrap();
        let arguments =
            ["rebuild", "--data", data.to_str().unwrap(), "--surveys", surveys, "--crash-at", point];
        let status = world.program.command(arguments).output().unwrap().status;
        assert_eq!(status.signal(), Some(6), "{point}: {status:?}");
        assert_eq!(world.build(), build, "{point}");
        let _ = world.program.on_data(&["verify"]).ends(0);
        match build {
            "1" => assert_eq!(world.refined(), before, "{point}"),
            _ => after = Some(world.refined()),
        }
    }
    // It can be done again at any time, with the same end; what was only begun is gone.
    let _ = world.rebuild(&[]);
    assert_eq!(Some(world.refined()), after);
    let mut builds: Vec<String> = std::fs::read_dir(world.program.data().join("refined"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    builds.sort();
    assert_eq!(builds, ["1", "7", "8", "current"]);
}

#[test]
fn closed_generations_are_read_again_too() {
    let world = World::new();
    for name in ["f", "g", "h"] {
        let line = format!(
            r#"{{"survey":"again","wave":"w","respondent":"{name}","layout":"sheet","answers":{{"Q1":"Lft"}}}}"#
        );
        let file = world.program.file("one.jsonl", line + "\n");
        let _ = world.on_data(&["submit", file.to_str().unwrap()]).ends(0);
    }
    world.with_alias();
    let changes = world.rebuild(&[]);
    assert!(changes.iter().any(|row| row == "issues|label_unknown||5|0"), "{changes:#?}");
    assert_eq!(world.program.number("SELECT count(DISTINCT generation) FROM outcomes"), 4);
    let _ = world.program.on_data(&["verify"]).ends(0);
}

#[test]
fn a_running_program_and_a_survey_that_nobody_defines_are_in_its_way() {
    let world = World::new();
    let unknown = world.program.on_data(&["rebuild"]).ends(2).stderr;
    assert!(unknown.contains("`again`") && unknown.contains("--surveys"), "{unknown}");
    let mut up = Up::start(&world.program, &["--surveys", world.surveys.to_str().unwrap()]);
    let locked = world.on_data(&["rebuild"]).ends(1).stderr;
    assert!(locked.contains("lake_locked") && locked.contains("stop the other process"), "{locked}");
    // To look is allowed.
    let _ = world.rebuild(&["--dry-run"]);
    assert_eq!(up.signal("-TERM"), 0);
    let empty = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let _ = empty.on_data(&["rebuild"]).ends(1);
    assert!(!empty.data().exists(), "no folder is made");
}

#[tokio::test]
async fn the_pointer_is_changed_only_by_whoever_read_it_last() {
    let folder = tempfile::tempdir().unwrap();
    let lock = FolderLock::exclusive(folder.path()).unwrap();
    let first = Lake::local(folder.path(), LakeOptions::default()).unwrap();
    let second = first.begin_build(&lock).await.unwrap();
    assert_eq!((first.build(), second.build()), ("1", "2"));
    first.switch_to(&second, &lock).await.unwrap();
    assert!(second.is_in_use().unwrap() && !first.is_in_use().unwrap());
    assert_eq!(Lake::local(folder.path(), LakeOptions::default()).unwrap().build(), "2");
    for late in [first.switch_to(&second, &lock).await.map(drop), first.begin_build(&lock).await.map(drop)] {
        assert_eq!(late.unwrap_err().code(), "lake_other_build");
    }
}

#[tokio::test]
async fn tables_out_of_use_go_after_a_day_unless_they_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let lock = FolderLock::exclusive(folder.path()).unwrap();
    let mut lake = Lake::local(folder.path(), LakeOptions::default()).unwrap();
    let of = |build: &str| folder.path().join("refined").join(build);
    std::fs::create_dir_all(of("1")).unwrap();
    lake.keep_build().unwrap();
    for _ in 0..2 {
        let next = lake.begin_build(&lock).await.unwrap();
        std::fs::create_dir_all(of(next.build())).unwrap();
        lake.switch_to(&next, &lock).await.unwrap();
        lake = next;
    }
    // One that was only begun is left to the next rebuild.
    std::fs::create_dir_all(of("4")).unwrap();
    let (options, now) = (CleaningOptions::default(), SystemTime::now());
    assert_eq!(lake.clean_builds(&options, now).unwrap().builds, Vec::<String>::new());
    let later = now + options.age + Duration::from_secs(1);
    assert_eq!(lake.clean_builds(&options, later).unwrap().builds, ["2"]);
    assert!(of("1").exists() && !of("2").exists() && of("3").exists() && of("4").exists());
}
