//! Reports: what a job writes, that the same data gives the same bytes, that nothing is ever half there, and when a
//! job is due.

mod contents;
mod runs;
mod schedule;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use calamine::Data;
use shukei_testkit::{Program, csv_rows};

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
