//! The waves of survey `rse`, through the whole pipeline, against what its project published.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use shukei_testkit::{
    PUBLISHED_WAVES, Program, Published, csv_rows, not_played, published, published_errors,
};

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

fn shipped(wave: &str) -> PathBuf {
    tests_folder().join(format!("../schemas/surveys/rse/data/{wave}.csv"))
}

/// The five files that the merged wave is read across from, each with its layout.
const COUNTRIES: [(&str, &str); 5] = [
    ("uk2017", "public-file"),
    ("us2017", "us2017"),
    ("de2017", "de2017"),
    ("nl2017", "nl2017"),
    ("zaf2017", "zaf2017"),
];

/// The rows of a shipped file as bare submissions to a wave.
fn submissions(lines: &mut String, file: &str, layout: &str, wave: &str) {
    for answers in csv_rows(&std::fs::read_to_string(shipped(file)).unwrap()) {
        let (country, row) = (&answers["socio1"], &answers["respondent"]);
        let submission = serde_json::json!({
            "survey": "rse", "wave": wave, "layout": layout, "group": country,
            "respondent": format!("{country}/{row}"), "answers": answers,
        });
        writeln!(lines, "{submission}").unwrap();
    }
}

/// A data folder with the waves that the demo does not play: one country's file as it stands, the others as lines, and
/// all five once more for the wave that merges them.
fn international() -> Program {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let mut lines = String::new();
    for wave in ["uk2016", "us2017", "nl2017", "zaf2017"] {
        submissions(&mut lines, wave, wave, wave);
    }
    for (file, layout) in COUNTRIES {
        submissions(&mut lines, file, layout, "merged2017");
    }
    let lines = program.file("others.jsonl", lines);
    let german = shipped("de2017");
    let arguments =
        ["submit", german.to_str().unwrap(), lines.to_str().unwrap(), "--survey", "rse", "--wave", "de2017"];
    let sent = program.on_data(&arguments).ends(0).stdout;
    assert!(sent.lines().any(|line| line.starts_with("with issues") && line.ends_with(" 0")), "{sent}");
    program
}

/// Wave and units that count, of every wave in a data folder.
fn respondents(program: &Program) -> Vec<(String, u64)> {
    let rows = program.sql("SELECT wave, count(*) AS n FROM current WHERE survey = 'rse' GROUP BY wave");
    rows.iter().map(|row| (row["wave"].clone(), row["n"].parse().unwrap())).collect()
}

/// What identifies a figure: base, question, row, option or state, breaks, measure.
type Key = [String; 6];

/// The figures of a wave, under every base that something was published on.
struct Figures {
    respondents: u64,
    rows: BTreeMap<Key, BTreeMap<String, String>>,
}

impl Figures {
    fn of(program: &Program, wave: &str, respondents: u64, wanted: &[Published]) -> Self {
        let mut figures = Self { respondents, rows: BTreeMap::new() };
        figures.tabulate(program, wave, "answered", &BTreeSet::new());
        for base in ["mentions", "scale_point", "rank"] {
            let questions: BTreeSet<&str> =
                wanted.iter().filter(|line| line.base == base).map(|line| line.number.as_str()).collect();
            if !questions.is_empty() {
                figures.tabulate(program, wave, base, &questions);
            }
        }
        figures
    }

    fn tabulate(&mut self, program: &Program, wave: &str, base: &str, questions: &BTreeSet<&str>) {
        let mut arguments = vec!["tabulate", "--survey", "rse", "--wave", wave];
        if wave == "merged2017" {
            arguments.extend(["--by", "group"]);
        }
        if base != "answered" {
            arguments.extend(["--base", base]);
        }
        arguments.extend(questions.iter().flat_map(|question| ["--question", question]));
        for row in csv_rows(&program.on_data(&arguments).ends(0).stdout) {
            let what = if row["state"].is_empty() { &row["option"] } else { &row["state"] };
            let key = [base, &row["question"], &row["row"], what, &row["breaks"], &row["measure"]];
            let key = key.map(str::to_owned);
            assert!(self.rows.insert(key.clone(), row).is_none(), "{key:?} stands twice");
        }
    }

    fn row(&self, line: &Published, base: &str, measure: &str) -> Option<&BTreeMap<String, String>> {
        let what = if line.code.is_empty() { "no_answer" } else { &line.code };
        let breaks = if line.group.is_empty() { String::new() } else { format!("group={}", line.group) };
        self.rows.get(&[base, &line.number, &line.row, what, &breaks, measure].map(str::to_owned))
    }

    /// Our figure, with as many digits as are wanted.
    fn ours(&self, line: &Published, decimals: u32) -> Option<String> {
        match line.measure.as_str() {
            "n" => Some(self.respondents.to_string()),
            "count" if line.qtype == "RANK" && line.row.is_empty() => {
                let ranked = |(key, row): (&Key, &BTreeMap<String, String>)| {
                    let [base, question, _, rank, _, measure] = key;
                    let same = base == "answered" && *question == line.number && *rank == line.code;
                    (same && measure == "count").then(|| row["value"].parse::<u64>().unwrap())
                };
                Some((self.respondents - self.rows.iter().filter_map(ranked).sum::<u64>()).to_string())
            }
            "count" => self.row(line, "answered", "count").map(|row| row["value"].clone()),
            _ if decimals == 6 => self.row(line, &line.base, "share").map(|row| row["value"].clone()),
            _ => {
                let row = self.row(line, &line.base, "share")?;
                let (count, base) = (row["count"].parse().ok()?, row["base"].parse().ok()?);
                Some(percent(count, base, decimals))
            }
        }
    }
}

/// From whole numbers, rounded once, halves to even.
fn percent(count: u128, base: u128, decimals: u32) -> String {
    let scale = 10u128.pow(decimals);
    let (whole, rest) = (count * 100 * scale / base, count * 100 * scale % base);
    let up = 2 * rest > base || (2 * rest == base && whole % 2 == 1);
    let rounded = whole + u128::from(up);
    match decimals {
        0 => rounded.to_string(),
        _ => format!("{}.{:0width$}", rounded / scale, rounded % scale, width = decimals as usize),
    }
}

/// A published figure with as many digits as were published.
fn digits(figure: &str, decimals: u32) -> String {
    let (whole, fraction) = figure.split_once('.').unwrap_or((figure, ""));
    match decimals as usize {
        0 => {
            assert!(fraction.bytes().all(|digit| digit == b'0'), "{figure} has no more digits than it says");
            whole.to_owned()
        }
        width => format!("{whole}.{fraction:0<width$}"),
    }
}

#[test]
fn every_published_figure_is_met_or_listed_with_its_reason() {
    // The machine has two cores at least: the demo runs beside the other waves, and wave beside wave.
    let (uk2017, international) = std::thread::scope(|scope| {
        let demo = scope.spawn(played);
        let international = international();
        (demo.join().unwrap(), international)
    });
    let respondents = [respondents(uk2017), respondents(&international)].concat();
    let errors = published_errors(tests_folder());
    let listed = not_played(tests_folder());
    let mut ids: Vec<String> = listed.keys().cloned().collect();
    let mut wrong = Vec::new();
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    let waves: Vec<(&str, Vec<Published>, Figures)> = std::thread::scope(|scope| {
        let waves = PUBLISHED_WAVES.map(|wave| {
            let program = if wave == "uk2017" { uk2017 } else { &international };
            let respondents = &respondents;
            scope.spawn(move || {
                let lines = published(tests_folder(), wave);
                let of_wave = respondents.iter().find(|(name, _)| name == wave).unwrap();
                let figures = Figures::of(program, wave, of_wave.1, &lines);
                (wave, lines, figures)
            })
        });
        waves.into_iter().map(|wave| wave.join().unwrap()).collect()
    });
    for (wave, lines, figures) in &waves {
        let mut meets = |line: &Published, wanted: String, decimals: u32| {
            let ours = figures.ours(line, decimals);
            if ours.as_ref() != Some(&wanted) {
                let Published { id, number, row, option, measure, .. } = line;
                wrong
                    .push(format!("{wave} {id} {number} {row} {option:?} {measure}: {wanted}, got {ours:?}"));
            }
            ids.push(line.id.clone());
        };
        for line in lines {
            meets(line, digits(&line.published, line.decimals), line.decimals);
            *met.entry(line.measure.clone()).or_default() += 1;
        }
        for line in errors.iter().filter(|line| line.wave == *wave) {
            assert!(!line.why.is_empty() && line.recomputed != line.published, "{}", line.id);
            let decimals = if line.measure == "count" { 0 } else { 4 };
            meets(line, digits(&line.recomputed, decimals), decimals);
            *met.entry("right, and published wrong".to_owned()).or_default() += 1;
        }
    }
    assert!(wrong.is_empty(), "{} figures differ:\n{}", wrong.len(), wrong.join("\n"));
    let met: Vec<(&str, usize)> = met.iter().map(|(measure, lines)| (measure.as_str(), *lines)).collect();
    assert_eq!(met, [("count", 3_282), ("n", 6), ("percent", 1_717), ("right, and published wrong", 16)]);
    assert_eq!(listed.len(), 516);
    assert!(listed.values().all(|reason| !reason.is_empty()));
    // The list of figures numbers its lines from 1: each is here, once.
    ids.sort();
    let all: Vec<String> = (1..=5_537).map(|line| format!("rse{line:05}")).collect();
    assert_eq!(ids, all);
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
