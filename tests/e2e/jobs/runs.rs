//! Runs of jobs: by hand, on schedule, refused and failed ones.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use calamine::{Reader, Xlsx, open_workbook};
use shukei_testkit::{Program, csv_rows, small_event, small_survey};

use super::{CONFIG, is_nested, json, made, names};

#[test]
fn the_same_data_gives_the_same_bytes_in_a_folder_of_its_own() {
    let made = made();
    assert_ne!(made.first, made.second);
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(name(&made.first).len(), "2026-01-31".len());
    // The second run may fall on the next day.
    assert!([format!("{}-2", name(&made.first)).len(), 10].contains(&name(&made.second).len()));
    let files = ["figures.csv", "figures.xlsx", "manifest.json", "report.html"];
    for folder in [&made.first, &made.second] {
        assert_eq!(names(folder), files.map(str::to_owned).into());
    }
    for file in files.iter().filter(|file| **file != "manifest.json") {
        let read = |folder: &Path| fs::read(folder.join(file)).unwrap();
        assert!(read(&made.first) == read(&made.second), "{file} differs");
    }
    let clockless = |folder: &Path| {
        let mut manifest = json(&folder.join("manifest.json"));
        manifest["made_at"].take();
        manifest
    };
    assert_eq!(clockless(&made.first), clockless(&made.second));
}

#[test]
fn the_list_says_when_each_job_is_due_and_where_its_last_report_is() {
    let made = made();
    let rows = csv_rows(&made.program.run(["jobs", "--format", "csv"]).ends(0).stdout);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["job"], "nightly");
    assert!(rows[0]["next_run"].ends_with("06:00 +09:00"), "{:?}", rows[0]);
    let last = Path::new(&rows[0]["folder"]).join(&rows[0]["last_report"]);
    assert_eq!(made.program.folder().join(last), made.second);
    assert_eq!((rows[1]["schedule"].as_str(), rows[1]["next_run"].as_str()), ("", ""));
    let shown = made.program.run(["jobs"]).ends(0).stdout;
    assert!(shown.contains("nightly") && shown.contains("english"), "{shown}");
}

#[test]
fn what_a_job_names_wrongly_is_refused_with_the_nearest_name_and_nothing_is_made() {
    let made = made();
    let cases = [
        ("survey = \"nisc\"", "survey = \"nisk\"", "key `survey`", "`nisc`"),
        ("wave = \"2023\"", "wave = \"2032\"", "key `wave`", "`2023`"),
        ("time_zone = \"Asia/Tokyo\"", "time_zone = \"Asia/Tokio\"", "key `time_zone`", "`Asia/Tokyo`"),
        ("0 6 * * *", "0 6 * *", "key `schedule`", "five fields"),
        ("0 6 * * *", "0 0 30 2 *", "key `schedule`", "never comes"),
        ("folder = \"made\"", "folder = \"made\"\nlang = \"fr\"", "key `lang`", "ja, en"),
        ("folder = \"made\"", "foldr = \"made\"", "foldr", "`folder`"),
    ];
    for (at, (right, wrong, key, told)) in cases.into_iter().enumerate() {
        let config = CONFIG.replacen("\"made\"", "\"never\"", 1);
        let config = config.replacen(&right.replace("made", "never"), &wrong.replace("made", "never"), 1);
        let file = made.program.file(&format!("wrong-{at}.toml"), config);
        for command in [&["jobs", "run", "nightly"][..], &["jobs"]] {
            let mut command: Vec<&str> = command.to_vec();
            command.extend(["--config", file.to_str().unwrap()]);
            let refused = made.program.run(command).ends(2);
            assert!(refused.stdout.is_empty());
            for words in [key, told] {
                assert!(refused.stderr.contains(words), "{words}:\n{}", refused.stderr);
            }
        }
    }
    assert!(!made.program.path("never").exists());
    let refused = made.program.run(["jobs", "run", "nightli"]).ends(2);
    assert!(refused.stderr.contains("did you mean `nightly`?"), "{}", refused.stderr);
    let refused = made.program.run(["jobs", "--config", "none.toml"]).ends(2);
    assert!(refused.stderr.contains("none.toml"), "{}", refused.stderr);
}

#[test]
fn a_run_that_fails_leaves_nothing_and_the_next_one_clears_up() {
    let made = made();
    let program = &made.program;
    let config = |folder: &str| {
        let text = CONFIG.replacen("\"made\"", &format!("\"{folder}\""), 1);
        program.file(&format!("{folder}.toml"), text).to_str().unwrap().to_owned()
    };
    // Where the reports should go stands a file.
    program.file("occupied", "mine");
    let refused = program.run(["jobs", "run", "nightly", "--config", &config("occupied")]).ends(1);
    assert!(
        refused.stderr.contains("[report_write]") && refused.stderr.contains("occupied"),
        "{}",
        refused.stderr
    );
    assert!(refused.stdout.is_empty());
    assert_eq!(fs::read_to_string(program.path("occupied")).unwrap(), "mine");
    // Another run is under way.
    let own = config("contested");
    program.file("contested/nightly/.lock", "");
    let lock = fs::File::open(program.path("contested/nightly/.lock")).unwrap();
    lock.lock().unwrap();
    program.file("contested/nightly/.tmp-2026-01-01/figures.csv", "half");
    let refused = program.run(["jobs", "run", "nightly", "--config", &own]).ends(1);
    assert!(refused.stderr.contains("[report_busy]"), "{}", refused.stderr);
    assert_eq!(names(&program.path("contested/nightly")).len(), 2, "the other run is left alone");
    // It died.
    drop(lock);
    let done = program.run(["jobs", "run", "nightly", "--config", &own]).ends(0);
    let left = names(&program.path("contested/nightly"));
    assert!(left.len() == 2 && !left.iter().any(|name| name.starts_with(".tmp")), "{left:?}");
    assert!(program.folder().join(done.stdout.trim()).join("manifest.json").exists());
}

/// A minute is the shortest time that a schedule can say, so this takes one.
#[test]
fn up_makes_reports_when_they_are_due_and_goes_on_after_one_that_fails() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let surveys = small_survey(&program);
    let events: String = (0..30).map(|number| small_event(number) + "\n").collect();
    let events = program.file("events.jsonl", events);
    let _ = program
        .on_data(&["submit", events.to_str().unwrap(), "--surveys", surveys.to_str().unwrap()])
        .ends(0);
    let job = |name: &str, survey: &str, wave: &str, folder: &str| {
        format!(
            "[[jobs]]\nname = \"{name}\"\nschedule = \"* * * * *\"\nsurvey = \"{survey}\"\nwave = \"{wave}\"\nfolder = \"{folder}\"\n"
        )
    };
    program.file("occupied", "mine");
    let config = [
        "data = \"data\"\nsurveys = [\"surveys\"]\n[http]\nlisten = \"127.0.0.1:0\"\n".to_owned(),
        job("failing", "small", "w1", "occupied"),
        job("due", "small", "w1", "made"),
        // Nobody has answered this one.
        job("nobody", "rse", "uk2017", "made"),
    ];
    let config = program.file("shukei.toml", config.concat());
    let mut command = program.command(["up", "--config", config.to_str().unwrap()]);
    let mut up = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(up.stderr.take().unwrap()).lines();
    let (told, log) = std::sync::mpsc::channel();
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(told.send(line))));
    let mut wanted =
        vec!["job `failing`: no report: [report_write]", "job `due`: report in", "job `nobody`: report in"];
    let mut seen = Vec::new();
    let until = Instant::now() + Duration::from_secs(180);
    while !wanted.is_empty() {
        let line = log.recv_timeout(until.saturating_duration_since(Instant::now()));
        let line = line.unwrap_or_else(|_| panic!("not said: {wanted:?}; said: {seen:#?}"));
        wanted.retain(|part| !line.contains(part));
        seen.push(line);
    }
    let pid = up.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(up.wait().unwrap().success(), "{seen:#?}");
    let report = |job: &str| {
        let job = program.path("made").join(job);
        let first = names(&job).into_iter().find(|name| !name.starts_with('.')).unwrap();
        job.join(first)
    };
    let rows = csv_rows(&fs::read_to_string(report("due").join("figures.csv")).unwrap());
    let first = rows.iter().find(|row| row["question"] == "1" && row["option"] == "1").unwrap();
    assert_eq!((first["count"].as_str(), first["base"].as_str()), ("10", "30"));
    let nobody = report("nobody");
    assert_eq!(json(&nobody.join("manifest.json"))["units"]["total"], 0);
    is_nested(&fs::read_to_string(nobody.join("report.html")).unwrap()).unwrap();
    let mut book: Xlsx<_> = open_workbook(nobody.join("figures.xlsx")).unwrap();
    assert!(book.worksheet_range("front").unwrap().rows().count() > 3);
}
