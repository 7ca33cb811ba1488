//! Reports: what a job writes, that the same data gives the same bytes, that nothing is ever half there, and when a
//! job is due.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use calamine::{Data, Reader, Xlsx, open_workbook};
use jiff::Timestamp;
use shukei_report::{Schedule, ScheduleError, time_zone};
use shukei_schemas::definition::content_hash;
use shukei_testkit::{Program, csv_rows, small_event, small_survey};

const CONFIG: &str = r#"data = "data"

[[jobs]]
name = "nightly"
schedule = "0 6 * * *"
time_zone = "Asia/Tokyo"
survey = "nisc"
wave = "2023"
folder = "made"

[[jobs]]
name = "english"
survey = "nisc"
wave = "2023"
lang = "en"
"#;

/// A data folder with the flagship year, and the folders of two runs of one job.
struct Made {
    program: Program,
    first: PathBuf,
    second: PathBuf,
}

impl Made {
    fn csv(&self) -> Vec<BTreeMap<String, String>> {
        csv_rows(&fs::read_to_string(self.first.join("figures.csv")).unwrap())
    }
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
        let _ = program.on_data(&["demo", "--survey", "nisc"]).ends(0);
        program.file("shukei.toml", CONFIG);
        // The file is looked for where the program runs.
        let run = |arguments: &[&str]| {
            let done = program.run(arguments).ends(0);
            assert!(done.stderr.contains("read from"), "{}", done.stderr);
            program.folder().join(done.stdout.trim())
        };
        let first = run(&["jobs", "run", "nightly"]);
        let config = program.path("shukei.toml");
        let second = run(&["jobs", "run", "nightly", "--config", config.to_str().unwrap()]);
        Made { program, first, second }
    })
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

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

/// What a sheet says of one line: question, row and code.
type Key = (String, String, String);

fn text(cell: Option<&Data>) -> String {
    cell.map_or_else(String::new, ToString::to_string)
}

fn key_of(row: &BTreeMap<String, String>) -> Key {
    let code = match row["measure"].as_str() {
        "count" | "share" if row["state"].is_empty() => row["option"].clone(),
        "count" | "share" => row["state"].clone(),
        other => other.to_owned(),
    };
    (row["question"].clone(), row["row"].clone(), code)
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

/// Elements that are opened and closed in order; those of HTML that are never closed are left out.
fn is_nested(page: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').ok_or_else(|| format!("`{tag}` is not closed"))?;
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if tag.starts_with('!') || tag.ends_with('/') || name == "meta" {
            continue;
        }
        match tag.starts_with('/') {
            false => open.push(name),
            true if open.pop() == Some(name) => {}
            true => return Err(format!("</{name}> closes nothing")),
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("still open: {open:?}")) }
}

/// The rows of the table of one question: code to count, base and share.
fn table_of(page: &str, question: &str) -> BTreeMap<String, [String; 3]> {
    let section = page.split("<h3>").find(|part| part.starts_with(&format!("{question} "))).unwrap();
    let mut rows = BTreeMap::new();
    for line in section.lines().filter(|line| line.starts_with("<tr><td>")) {
        let cells: Vec<&str> = line
            .split("</td>")
            .flat_map(|cell| cell.split("</th>"))
            .map(|cell| cell.rsplit('>').next().unwrap())
            .collect();
        let base = cells[3].split(' ').next().unwrap();
        let plain = |text: &str| text.replace(',', "");
        rows.insert(cells[0].to_owned(), [plain(cells[2]), plain(base), cells[4].to_owned()]);
    }
    rows
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

#[test]
fn a_schedule_is_due_once_also_where_clocks_change() {
    // Expression, zone, a moment, and what is due after it, one after the other.
    let cases: &[(&str, &str, &str, &[&str])] = &[
        (
            "0 6 * * *",
            "Asia/Tokyo",
            "2026-11-25T00:00:00Z",
            &["2026-11-26T06:00:00+09:00", "2026-11-27T06:00:00+09:00"],
        ),
        (
            "0 6 * * *",
            "UTC",
            "2026-11-25T05:59:59.5Z",
            &["2026-11-25T06:00:00+00:00", "2026-11-26T06:00:00+00:00"],
        ),
        // What is due at this very moment is not due again.
        ("0 6 * * *", "UTC", "2026-11-25T06:00:00Z", &["2026-11-26T06:00:00+00:00"]),
        ("0 6 * * *", "UTC", "2026-11-25T06:00:00.4Z", &["2026-11-26T06:00:00+00:00"]),
        ("@daily", "Asia/Tokyo", "2026-12-31T12:00:00Z", &["2027-01-01T00:00:00+09:00"]),
        ("0 9 * * MON", "Asia/Tokyo", "2026-11-25T00:00:00Z", &["2026-11-30T09:00:00+09:00"]),
        (
            "0 0 L * *",
            "UTC",
            "2028-02-01T00:00:00Z",
            &["2028-02-29T00:00:00+00:00", "2028-03-31T00:00:00+00:00"],
        ),
        ("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", &["2028-02-29T00:00:00+00:00"]),
        // Clocks go forward from 02:00 to 03:00.
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"],
        ),
        (
            "0,30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"],
        ),
        (
            "0,30 2,3 29 * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00", "2026-04-29T02:00:00+02:00"],
        ),
        (
            "0 * * * *",
            "Europe/Berlin",
            "2026-03-28T23:30:00Z",
            &["2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"],
        ),
        (
            "*/20 2 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"],
        ),
        (
            "*/30 * * * *",
            "Europe/Berlin",
            "2026-03-29T00:00:00Z",
            &["2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00"],
        ),
        // At midnight, from 00:00 to 01:00.
        (
            "0 0 * * *",
            "Africa/Cairo",
            "2026-04-23T12:00:00Z",
            &["2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00"],
        ),
        // Clocks go back from 03:00 to 02:00.
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            &["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"],
        ),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:45:00Z", &["2026-10-26T02:30:00+01:00"]),
        (
            "0 * * * *",
            "Europe/Berlin",
            "2026-10-24T23:30:00Z",
            &["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"],
        ),
        (
            "0,30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            &["2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-26T02:00:00+01:00"],
        ),
        // By half an hour, from 02:00 to 01:30.
        (
            "45 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-04T00:00:00Z",
            &["2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"],
        ),
        (
            "@hourly",
            "Australia/Lord_Howe",
            "2026-04-04T14:15:00Z",
            &["2026-04-05T02:00:00+10:30", "2026-04-05T03:00:00+10:30"],
        ),
    ];
    for (expression, zone, moment, wanted) in cases {
        let schedule = Schedule::parse(expression, time_zone(zone).unwrap()).unwrap();
        let mut after: Timestamp = moment.parse().unwrap();
        for wanted in *wanted {
            let due = schedule.next_after(after).unwrap();
            let got = due.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
            assert_eq!(&got, wanted, "`{expression}` in {zone} after {after}");
            after = due.timestamp();
        }
    }
    for expression in ["", "0 6 * *", "0 0 6 * * *", "61 * * * *", "* * * * FOO", "every day"] {
        let error = Schedule::parse(expression, time_zone("UTC").unwrap()).unwrap_err();
        assert!(matches!(error, ScheduleError::Expression { .. }), "`{expression}`: {error:?}");
        assert_eq!(error.key(), "schedule");
    }
    let never = Schedule::parse("0 0 30 2 *", time_zone("UTC").unwrap()).unwrap_err();
    assert!(matches!(never, ScheduleError::Never { .. }), "{never:?}");
    let nowhere = time_zone("Asia/Tokio").unwrap_err();
    assert_eq!(nowhere.hint(), "did you mean `Asia/Tokyo`?");
}
