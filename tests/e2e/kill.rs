//! The real program is killed again and again while records are on their way. What was acknowledged is in the tables
//! exactly once; what was not is sent again under the same id.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::time::{Duration, Instant};

use shukei_testkit::{Program, small_event, small_survey};

/// What a line of the receipts file says.
#[derive(serde::Deserialize, Clone, PartialEq, Eq, Debug)]
struct Receipt {
    id: String,
    topic_id: String,
    partition: i64,
    offset: i64,
}

struct Kills {
    program: Program,
    surveys: String,
    events: Vec<(String, String)>,
    kills: usize,
}

const PATIENCE: Duration = Duration::from_secs(60);

impl Kills {
    fn new(events: usize) -> Self {
        let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
        let surveys = small_survey(&program).to_str().unwrap().to_owned();
        let events = (0..events).map(|number| (format!("e{number}"), small_event(number))).collect();
        Self { program, surveys, events, kills: 0 }
    }

    fn receipts(&self) -> Vec<Receipt> {
        let text = std::fs::read_to_string(self.program.path("receipts")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The events that nobody acknowledged yet.
    fn unacknowledged(&self) -> Vec<(String, String)> {
        let known: BTreeSet<String> = self.receipts().into_iter().map(|receipt| receipt.id).collect();
        self.events.iter().filter(|(id, _)| !known.contains(id)).cloned().collect()
    }

    fn start(&self, crash_at: Option<&str>) -> Child {
        let (data, receipts) = (self.program.data(), self.program.path("receipts"));
        let mut command = self.program.command(["submit", "-"]);
        command.arg("--data").arg(data).arg("--surveys").arg(&self.surveys).arg("--receipts").arg(receipts);
        if let Some(point) = crash_at {
            command.env("SHUKEI_CRASH_AT", point);
        }
        self.program.start(command)
    }

    /// Feeds events that are not acknowledged until the program dies at its crash point.
    fn die_at(&mut self, point: &str) {
        let mut child = self.start(Some(point));
        let mut stdin = child.stdin.take().unwrap();
        let deadline = Instant::now() + PATIENCE;
        let todo = self.unacknowledged();
        let mut sent = 0;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "{point}: the program lives on after {sent} records");
            // Four at a time, so that there are commits to die in and records left for the next round.
            for (_, event) in todo.iter().skip(sent).take(4) {
                if writeln!(stdin, "{event}").is_err() {
                    break;
                }
                sent += 1;
            }
            std::thread::sleep(Duration::from_millis(300));
        };
        assert_eq!(status.signal(), Some(6), "{point}: aborts, got {status:?}");
        self.died(point, &todo[..sent.min(todo.len())]);
    }

    /// Kills the program from outside while records are on their way.
    fn kill_after(&mut self, receipts_more: usize, pause: Duration) {
        let before = self.receipts().len();
        let mut child = self.start(None);
        let mut stdin = child.stdin.take().unwrap();
        let todo = self.unacknowledged();
        let first = receipts_more.min(todo.len());
        for (_, event) in &todo[..first] {
            writeln!(stdin, "{event}").unwrap();
        }
        let deadline = Instant::now() + PATIENCE;
        while self.receipts().len() < before + first {
            assert!(Instant::now() < deadline, "no receipts");
            std::thread::sleep(Duration::from_millis(5));
        }
        let more = &todo[first..(first + 6).min(todo.len())];
        for (_, event) in more {
            writeln!(stdin, "{event}").unwrap();
        }
        std::thread::sleep(pause);
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        self.died("kill -9", &todo[..(first + more.len())]);
    }

    /// A death only counts if records were on their way that nobody had acknowledged.
    fn died(&mut self, how: &str, sent: &[(String, String)]) {
        let known: BTreeSet<String> = self.receipts().into_iter().map(|receipt| receipt.id).collect();
        let left = sent.iter().filter(|(id, _)| !known.contains(id)).count();
        self.kills += usize::from(left > 0);
        eprintln!("{how}: {} records acknowledged, {left} on their way", known.len());
    }

    fn finish(&self) {
        let lines: String = self.unacknowledged().iter().map(|(_, event)| format!("{event}\n")).collect();
        let file = self.program.file("rest.jsonl", lines);
        let receipts = self.program.path("receipts");
        let arguments = [
            "submit",
            file.to_str().unwrap(),
            "--surveys",
            &self.surveys,
            "--receipts",
            receipts.to_str().unwrap(),
        ];
        let _ = self.program.on_data(&arguments).ends(0);
        assert!(self.unacknowledged().is_empty());
    }

    fn check(&self) {
        let _ = self.program.on_data(&["verify"]).ends(0);
        let position = |row: &BTreeMap<String, String>| {
            (row["topic_id"].clone(), row["partition"].parse().unwrap(), row["offset"].parse().unwrap())
        };
        for (table, id) in [("raw", "''"), ("outcomes", "t.event_id"), ("responses_small_1", "''")] {
            let rows = self.program.sql(&format!(
                "SELECT s.topic_id, t.partition, t.\"offset\", {id} AS id FROM {table} t JOIN sources s ON s.generation = t.generation"
            ));
            let mut found: BTreeMap<(String, i64, i64), Vec<String>> = BTreeMap::new();
            for row in &rows {
                found.entry(position(row)).or_default().push(row["id"].clone());
            }
            for receipt in self.receipts() {
                let rows = found.get(&(receipt.topic_id.clone(), receipt.partition, receipt.offset));
                let rows =
                    rows.unwrap_or_else(|| panic!("{table}: {receipt:?} was acknowledged and is not there"));
                assert_eq!(rows.len(), 1, "{table}: {receipt:?} is there {} times", rows.len());
                assert!(table != "outcomes" || rows[0] == receipt.id, "{table}: {receipt:?} is {}", rows[0]);
            }
        }
        let units = self.program.sql("SELECT unit FROM current WHERE survey = 'small'");
        let mut units: Vec<String> = units.into_iter().map(|row| row["unit"].clone()).collect();
        units.sort();
        let mut wanted: Vec<String> = (0..self.events.len()).map(|number| format!("r{number}")).collect();
        wanted.sort();
        assert_eq!(units, wanted, "each respondent counts exactly once");
    }
}

#[test]
fn twenty_deaths_lose_and_double_nothing() {
    let mut kills = Kills::new(900);
    for table in ["raw", "outcomes", "responses"] {
        for step in ["before", "inside", "after"] {
            kills.die_at(&format!("{table}.{step}"));
        }
    }
    for (point, nth) in [("raw.inside", 3), ("outcomes.inside", 2), ("responses.inside", 2)] {
        kills.die_at(&format!("{point}:{nth}"));
    }
    for round in 0..14 {
        kills.kill_after(3 + round % 5, Duration::from_millis(7 * round as u64));
    }
    assert!(kills.kills >= 20, "{} deaths with records on their way", kills.kills);
    kills.finish();
    kills.check();
}

#[test]
fn a_restart_between_raw_and_transform_interprets_what_was_left() {
    let mut kills = Kills::new(8);
    kills.die_at("outcomes.before");
    let behind = kills.program.on_data(&["verify"]).ends(1);
    assert!(behind.stdout.contains("behind"), "{}", behind.stdout);
    // Nothing is sent: what stands in raw is enough.
    let nothing = kills.program.file("nothing.jsonl", "");
    let arguments = ["submit", nothing.to_str().unwrap(), "--surveys", &kills.surveys];
    let _ = kills.program.on_data(&arguments).ends(0);
    let _ = kills.program.on_data(&["verify"]).ends(0);
    let raw = kills.program.number("SELECT count(*) FROM raw");
    assert!(raw > 0);
    assert_eq!(kills.program.number("SELECT count(*) FROM outcomes"), raw);
    assert_eq!(kills.program.number("SELECT count(*) FROM responses_small_1"), raw);
}

#[test]
fn a_crash_leaves_what_its_point_says() {
    // (point, rows in raw, data files of raw): what was not committed is not there, though its file may be.
    for (point, rows, files) in [("raw.before", 1, 1), ("raw.inside", 1, 2), ("raw.after", 2, 2)] {
        let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
        let surveys = small_survey(&program);
        let submit = |number: usize, point: Option<&str>| {
            let file = program.file("event.jsonl", small_event(number));
            let mut command = program.command([std::ffi::OsStr::new("submit"), file.as_os_str()]);
            command.arg("--data").arg(program.data()).arg("--surveys").arg(&surveys);
            point.map(|point| command.env("SHUKEI_CRASH_AT", point));
            command.output().unwrap().status
        };
        assert!(submit(1, None).success());
        assert_eq!(submit(2, Some(point)).signal(), Some(6), "{point}");
        let found = std::fs::read_dir(program.data().join("raw"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().contains("partition="))
            .map(|path| std::fs::read_dir(path).unwrap().count())
            .sum::<usize>();
        assert_eq!(found, files, "{point}");
        // Whatever it left, the next delivery goes on from it.
        assert!(submit(3, None).success(), "{point}");
        let _ = program.on_data(&["verify"]).ends(0);
        assert_eq!(program.number("SELECT count(*) FROM raw"), rows + 1, "{point}");
    }
}
