//! The program that keeps running, as its users meet it: over HTTP, with signals, with definitions that change.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use shukei_testkit::{Program, small_event, small_survey};

/// A running `up`.
pub(super) struct Up {
    process: Child,
    address: String,
    log: std::sync::mpsc::Receiver<String>,
}

impl Up {
    pub(super) fn start(program: &Program, more: &[&str]) -> Self {
        let data = program.data();
        let mut arguments = vec!["up", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
        arguments.extend(more);
        let mut process =
            program.command(arguments).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let (told, log) = std::sync::mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(told.send(line))));
        let mut up = Self { process, address: String::new(), log };
        let ready = up.says("ready: http://");
        up.address = ready.split("http://").nth(1).unwrap().split(',').next().unwrap().to_owned();
        up
    }

    /// Waits for a line on standard error.
    #[track_caller]
    fn says(&self, part: &str) -> String {
        let mut seen = Vec::new();
        let until = Instant::now() + Duration::from_secs(30);
        while let Ok(line) = self.log.recv_timeout(until.saturating_duration_since(Instant::now())) {
            if line.contains(part) {
                return line;
            }
            seen.push(line);
        }
        panic!("`{part}` was not said; said was {seen:#?}");
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends a signal and waits for the end.
    pub(super) fn signal(&mut self, name: &str) -> i32 {
        let pid = self.process.id().to_string();
        assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
        self.process.wait().unwrap().code().unwrap_or(-1)
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        // The server may answer and close before it has read a body that is too large.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8(answer).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    fn post(&self, body: &str) -> Answer {
        self.ask("POST", "/v1/submissions", &[], body.as_bytes())
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    pub(super) fn receipt(&self, body: &str) -> String {
        let answer = self.post(body);
        assert_eq!(answer.status, 202, "{}", answer.body);
        answer.json()["receipts"][0]["receipt"].as_str().unwrap().to_owned()
    }

    /// The status of a submission as soon as it is decided.
    pub(super) fn decided(&self, receipt: &str) -> Value {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let answer = self.get(&format!("/v1/submissions/{receipt}"));
            assert_eq!(answer.status, 200, "{}", answer.body);
            let status = answer.json();
            if status["state"] != "stored" {
                return status;
            }
            assert!(Instant::now() < until, "not decided in time: {status}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }
}

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_shukei"))
}

fn answer(respondent: &str, code: u16) -> String {
    json!({"survey": "rse", "wave": "uk2017", "respondent": respondent, "answers": {"tool2": code}})
        .to_string()
}

fn event(id: &str, kind: &str, data: Value) -> String {
    json!({"specversion": "1.0", "id": id, "source": "urn:test", "type": kind, "data": data}).to_string()
}

#[test]
fn every_status_of_a_submission() {
    let program = program();
    let up = Up::start(&program, &[]);
    let large = json!({"survey": "rse", "wave": "uk2017", "respondent": "l", "answers": {"tool2": "x".repeat(1 << 20)}});
    let two = format!("{}\n{}\n", answer("t1", 1), answer("t2", 2));
    let cases: &[(&str, &str, u16, &str)] = &[
        ("one submission", &answer("one", 1), 202, ""),
        (
            "written over several lines",
            "{\"survey\":\"rse\",\n\"wave\":\"uk2017\",\n\"respondent\":\"r\",\n\"answers\":{}}",
            202,
            "",
        ),
        ("JSON lines", &two, 202, ""),
        (
            "an event",
            &event(
                "1",
                "submission.received",
                json!({"survey":"rse","wave":"uk2017","respondent":"e","answers":{}}),
            ),
            202,
            "",
        ),
        (
            "an unknown survey is stored",
            "{\"survey\":\"no\",\"wave\":\"1\",\"respondent\":\"r\",\"answers\":{}}",
            202,
            "",
        ),
        ("nothing", "", 400, "record_empty"),
        ("no JSON", "survey=rse", 400, "json_syntax"),
        ("broken off", "{\"survey\":\"rse\",", 400, "json_syntax"),
        ("a bad line among good ones", &format!("{two}nonsense"), 400, "json_syntax"),
        ("a list", "[1]", 422, "envelope_invalid"),
        ("no respondent", "{\"survey\":\"rse\",\"wave\":\"uk2017\",\"answers\":{}}", 422, "field_missing"),
        (
            "a wave that is a number",
            "{\"survey\":\"rse\",\"wave\":1,\"respondent\":\"r\",\"answers\":{}}",
            422,
            "field_type",
        ),
        ("an unknown event", &event("2", "submission.eaten", json!({})), 422, "event_type_unknown"),
        ("too large", &large.to_string(), 413, "record_too_large"),
    ];
    let mut stored = 0;
    for (name, body, status, code) in cases {
        let got = up.post(body);
        assert_eq!(got.status, *status, "{name}: {}", got.body);
        match *status {
            202 => stored += got.json()["stored"].as_u64().unwrap(),
            _ => {
                assert_eq!(got.json()["code"], *code, "{name}: {}", got.body);
                assert!(got.head.contains("application/problem+json"), "{name}: {}", got.head);
            }
        }
    }
    assert_eq!(up.post(&format!("{two}nonsense")).json()["line"], 3);
    assert_eq!(stored, 6);
    // Served is what is decided, and that comes a moment later.
    let last = up.receipt(&answer("last", 1));
    up.decided(&last);
    let rows = up.ask("POST", "/v1/sql", &[], b"SELECT count(*) AS n FROM raw");
    assert_eq!(rows.json(), json!([{"n": 7}]), "what was refused is not stored");
}

#[test]
fn a_receipt_tells_what_became_of_it() {
    let program = program();
    let up = Up::start(&program, &[]);
    let first = up.receipt(&answer("r", 1));
    let status = up.decided(&first);
    assert_eq!((&status["state"], &status["counts"]), (&json!("interpreted"), &json!(true)), "{status}");
    let copy = up.receipt(&answer("r", 1));
    assert_eq!(up.decided(&copy)["duplicate_of"], json!(first));
    let corrected = up.receipt(&answer("r", 99));
    let status = up.decided(&corrected);
    assert_eq!(status["issues"][0]["code"], "option_unknown", "{status}");
    assert_eq!(status["counts"], true);
    let status = up.decided(&first);
    assert_eq!(status["superseded_by"], json!(corrected), "{status}");
    assert_eq!(status["counts"], false);
    let gone =
        event("w", "submission.withdrawn", json!({"survey": "rse", "wave": "uk2017", "respondent": "r"}));
    let withdrawn = up.receipt(&gone);
    assert_eq!(up.decided(&withdrawn)["state"], "withdrawal");
    assert_eq!(up.decided(&corrected)["superseded_by"], json!(withdrawn));
    let unknown = up.receipt("{\"survey\":\"no\",\"wave\":\"1\",\"respondent\":\"r\",\"answers\":{}}");
    let status = up.decided(&unknown);
    assert_eq!((&status["state"], &status["code"]), (&json!("rejected"), &json!("survey_unknown")));
    for wrong in ["x", "a.1.2", &format!("{}9", first)] {
        assert_eq!(up.get(&format!("/v1/submissions/{wrong}")).status, 404, "{wrong}");
    }
}

#[test]
fn two_equal_submissions_are_told_apart_by_their_key() {
    let program = program();
    let up = Up::start(&program, &[]);
    for (key, copies) in [("a", false), ("b", false), ("b", true)] {
        let got = up.ask("POST", "/v1/submissions", &[("idempotency-key", key)], answer("k", 1).as_bytes());
        let receipt = got.json()["receipts"][0]["receipt"].as_str().unwrap().to_owned();
        assert_eq!(up.decided(&receipt)["duplicate_of"].is_string(), copies, "{key}");
    }
    let binary = [
        ("ce-specversion", "1.0"),
        ("ce-id", "b1"),
        ("ce-source", "urn:test"),
        ("ce-type", "submission.received"),
        ("content-type", "application/json"),
    ];
    let got = up.ask("POST", "/v1/submissions", &binary, answer("binary", 2).as_bytes());
    assert_eq!(got.status, 202, "{}", got.body);
    let status = up.decided(got.json()["receipts"][0]["receipt"].as_str().unwrap());
    assert_eq!((&status["event_id"], &status["counts"]), (&json!("b1"), &json!(true)));
}

#[test]
fn questions_are_answered_as_on_the_command_line() {
    let program = program();
    program.on_data(&["demo", "--survey", "rse"]).ends(0);
    let arguments = ["tabulate", "--survey", "rse", "--wave", "uk2017", "--question", "tool2"];
    let expected = program.on_data(&arguments).ends(0).stdout;
    let mut up = Up::start(&program, &[]);
    let got = up.get("/v1/surveys/rse/waves/uk2017/tabulations?question=tool2&format=csv");
    assert_eq!((got.status, got.body), (200, expected));
    let refused: &[(&str, &str, &[u8], u16, &str)] = &[
        ("POST", "/v1/sql", b"DROP TABLE raw", 400, "query_not_a_query"),
        ("POST", "/v1/sql", b"SELECT 1; SELECT 2", 400, "query_not_one_statement"),
        ("POST", "/v1/sql", b"SELECT * FROM raws", 400, "query_table_unknown"),
        ("POST", "/v1/sql", b"{\"sql\": 1}", 400, "question_unreadable"),
        ("POST", "/v1/sql?format=xml", b"SELECT 1", 400, "format_unknown"),
        ("GET", "/v1/sql", b"", 405, "method_not_allowed"),
        ("GET", "/v1/surveys/rs/waves/uk2017/tabulations", b"", 404, "query_survey_unknown"),
        ("GET", "/v1/surveys/rse/waves/uk2017/tabulations?brk=x", b"", 400, "parameter_unknown"),
        ("GET", "/nowhere", b"", 404, "route_unknown"),
    ];
    for (method, path, body, status, code) in refused {
        let got = up.ask(method, path, &[], body);
        assert_eq!(
            (got.status, &got.json()["code"]),
            (*status, &json!(code)),
            "{method} {path}: {}",
            got.body
        );
    }
    let csv = up.ask("POST", "/v1/sql", &[("accept", "text/csv")], b"SELECT 1 AS a");
    assert_eq!(csv.body, "a\r\n1\r\n");
    assert!(csv.head.contains("shukei-tables: "), "{}", csv.head);
    let url = up.url();
    let table =
        program.run(["sql", "SELECT count(*) AS n FROM current", "--url", &url, "--format", "csv"]).ends(0);
    assert_eq!(table.stdout, "n\r\n253\r\n");
    assert!(up.get("/v1/surveys").json()["surveys"].as_array().unwrap().len() >= 2);
    assert_eq!(up.get("/healthz").status, 200);
    assert_eq!(up.get("/readyz").json()["ready"], true);
    let metrics = up.get("/metrics").body;
    assert!(metrics.contains("shukei_http_requests_total{route=\"/healthz\",status=\"200\"} 1"), "{metrics}");
    assert_eq!(up.signal("-INT"), 0);
    // Nobody is there any more.
    let gone = program.run(["sql", "SELECT 1", "--url", &url]).ends(1);
    assert!(gone.stderr.contains("server_unreachable"), "{}", gone.stderr);
}

#[test]
fn submit_to_a_running_program_changes_nothing_the_second_time() {
    let program = program();
    let mut lines = String::new();
    for at in 0..1_200 {
        lines.push_str(&answer(&format!("r{at}"), 1 + at % 2));
        lines.push('\n');
    }
    lines.push_str("nonsense\n[1]\n");
    let file = program.file("many.jsonl", lines);
    let mut up = Up::start(&program, &[]);
    let url = up.url();
    for _ in 0..2 {
        let done = program.run(["submit", file.to_str().unwrap(), "--to", &url]).ends(1);
        for line in [
            "sent               1200",
            "stored             1200",
            "accepted           1200",
            "refused               2",
        ] {
            assert!(done.stdout.contains(line), "{}", done.stdout);
        }
        assert!(done.stdout.contains("many.jsonl:1201: [json_syntax]"), "{}", done.stdout);
        assert!(done.stdout.contains("many.jsonl:1202: [envelope_invalid]"), "{}", done.stdout);
    }
    assert_eq!(up.signal("-TERM"), 0);
    assert_eq!(program.number("SELECT count(*) FROM current"), 1_200);
    assert_eq!(program.number("SELECT count(*) FROM outcomes"), 2_400);
    program.on_data(&["verify"]).ends(0);
}

#[test]
fn whatever_was_acknowledged_outlives_a_kill() {
    let program = program();
    let mut up = Up::start(&program, &[]);
    let receipts: Vec<String> = (0..20).map(|at| up.receipt(&answer(&format!("k{at}"), 1))).collect();
    up.process.kill().unwrap();
    up.process.wait().unwrap();
    let up = Up::start(&program, &[]);
    for receipt in &receipts {
        assert_eq!(up.decided(receipt)["counts"], true);
    }
    let locked = program.on_data(&["submit", "-"]);
    assert_ne!(locked.code, Some(0), "one process writes a folder at a time");
}

#[test]
fn changed_definitions_are_taken_up_and_bad_ones_refused() {
    let program = program();
    let surveys = small_survey(&program);
    let survey = surveys.join("small/survey.yaml");
    let good = std::fs::read_to_string(&survey).unwrap();
    let up = Up::start(&program, &["--surveys", surveys.to_str().unwrap()]);
    std::fs::write(&survey, good.replace("version: 1", "verson: 1")).unwrap();
    up.says("refused, going on with those of before");
    let ready = up.get("/readyz");
    assert_eq!(ready.status, 200);
    assert!(ready.json()["notes"]["definitions"].as_str().unwrap().contains("survey.yaml"), "{}", ready.body);
    // Those of before still interpret.
    let receipt = up.receipt(&small_event(1));
    assert_eq!(up.decided(&receipt)["state"], "interpreted");
    std::fs::write(&survey, good.replace("A small survey", "Changed")).unwrap();
    up.says("the new ones are in use");
    assert_eq!(up.get("/readyz").json()["notes"], json!({}));
    let receipt = up.receipt(&small_event(2));
    assert_eq!(up.decided(&receipt)["state"], "interpreted");
    let surveys = up.get("/v1/surveys").body;
    assert!(surveys.contains("Changed"), "{surveys}");
}

#[test]
fn a_wrong_configuration_is_refused_with_file_line_and_name() {
    let program = program();
    let cases: &[(&str, &[&str])] = &[
        (
            "[http]\nlisten = \"127.0.0.1:0\"\nlistn = 1\n",
            &["shukei.toml:3:", "`listn`", "did you mean `listen`?"],
        ),
        ("dta = \"x\"\n", &["shukei.toml:1:", "`dta`", "did you mean `data`?"]),
        ("[http]\nlisten = \"nowhere\"\n", &["shukei.toml:2:"]),
        ("[ingest]\nbatch_rows = -1\n", &["shukei.toml:2:"]),
        ("[[jobs]]\nname = \"a/b\"\nsurvey = \"rse\"\nwave = \"uk2017\"\n", &["shukei.toml:2:", "a/b"]),
        ("data = \n", &["shukei.toml:1:"]),
    ];
    for (text, parts) in cases {
        let file = program.file("shukei.toml", text);
        let done = program.run(["up", "--config", file.to_str().unwrap()]).ends(2);
        for part in *parts {
            assert!(done.stderr.contains(part), "{text}: {}", done.stderr);
        }
        let ill = program.run(["doctor", "--config", file.to_str().unwrap()]).ends(1);
        assert!(ill.stdout.contains("FAIL  configuration"), "{}", ill.stdout);
    }
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/shukei.toml");
    program.run(["doctor", "--config", example, "--data", "fresh", "--listen", "127.0.0.1:1"]).ends(0);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().to_string();
    let done = program.on_data(&["up", "--listen", &port]).ends(1);
    assert!(done.stderr.contains("cannot listen"), "{}", done.stderr);
}
