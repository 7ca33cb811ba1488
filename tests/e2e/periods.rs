//! Waves, periods and what counts as an answer: states per wave, cut-offs, complete and blank, surveys without waves.

use std::collections::BTreeMap;

use shukei_testkit::{Program, csv_rows};

type Row = BTreeMap<String, String>;

fn program(files: &[(&str, &str)], lines: &str) -> Program {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    for (path, text) in files {
        program.file(&format!("made/{path}"), text);
    }
    program.file("lines.jsonl", lines);
    program.run(["check", "made"]).ends(0);
    // Exit 1 says that something was rejected.
    let rejected = i32::from(lines.contains("\"wave\":\"none\""));
    program.on_data(&["submit", "lines.jsonl", "--surveys", "made"]).ends(rejected);
    program.on_data(&["verify"]).ends(0);
    program
}

fn tabulate(program: &Program, more: &[&str]) -> Vec<Row> {
    let mut all = vec!["tabulate", "--survey", "made", "--surveys", "made", "--format", "csv"];
    all.extend(more);
    csv_rows(&program.on_data(&all).ends(0).stdout)
}

/// The counts of the options of question `q`, as `option=count`, behind the part of a break if there is one.
fn counts(rows: &[Row]) -> String {
    let rows = rows.iter().filter(|row| {
        row["question"] == "q"
            && row["measure"] == "count"
            && !row["option"].is_empty()
            && row["count"] != "0"
    });
    let shown: Vec<String> = rows
        .map(|row| match row["breaks"].as_str() {
            "" => format!("{}={}", row["option"], row["count"]),
            breaks => format!("{breaks}:{}={}", row["option"], row["count"]),
        })
        .collect();
    shown.join(" ")
}

const OPTIONS: &str = "options: [{code: 1, label: a}, {code: 2, label: b}]";

fn form(id: &str, questions: &str) -> String {
    let questions: String = questions.lines().map(|line| format!("      - {{{line}}}\n")).collect();
    format!("form: {id}\nversion: 1\nnames: F\nsections:\n  - section: s\n    questions:\n{questions}")
        .replace("OPTIONS", OPTIONS)
}

#[test]
fn a_wave_has_rules_of_states_of_its_own() {
    let survey = r#"survey: made
version: 1
names: M
states: {invalid: {in_base: false, prints: true}}
waves:
  - {wave: plain, names: W, forms: [{form: f, version: 1}]}
  - wave: own
    names: W
    forms: [{form: f, version: 1}]
    states: {no_answer: {in_base: false, prints: true}}
  - wave: single
    names: W
    forms: [{form: f, version: 1}]
    states: {no_answer: {in_base: false, prints: true}, invalid: {in_base: true, prints: true}}
    questions: {q: {states: {no_answer: {in_base: true, prints: true}}}, r: {states: {no_answer: {in_base: true, prints: true}}}}
"#;
    let questions = "number: q, kind: single, text: Q, OPTIONS\nnumber: r, kind: single, text: R, OPTIONS, \
                     states: {no_answer: {in_base: false, prints: true}}\nnumber: s, kind: single, text: S, OPTIONS";
    // Of each question one answer, one blank, one invalid.
    let answers = [r#"{"q":1,"r":1,"s":1}"#, "{}", r#"{"q":7,"r":7,"s":7}"#];
    let mut lines = String::new();
    for wave in ["plain", "own", "single"] {
        for (unit, answers) in answers.iter().enumerate() {
            lines.push_str(&format!(
                "{{\"survey\":\"made\",\"wave\":\"{wave}\",\"respondent\":\"{unit}\",\"answers\":{answers}}}\n"
            ));
        }
    }
    let program = program(&[("survey.yaml", survey), ("forms/f.yaml", &form("f", questions))], &lines);
    // (wave, question, base and its rule): what the wave says of the question, then the form, the wave, the survey.
    let cases = [
        ("plain", "q", "2 asked_without_invalid"),
        ("plain", "r", "1 answered"),
        ("own", "q", "1 answered"),
        ("own", "r", "1 answered"),
        ("single", "q", "3 asked"),
        ("single", "r", "3 asked"),
        ("single", "s", "2 asked_without_no_answer"),
    ];
    for (wave, question, wanted) in cases {
        let rows = tabulate(&program, &["--wave", wave, "--question", question]);
        let share = rows.iter().find(|row| row["measure"] == "share" && row["option"] == "1").unwrap();
        assert_eq!(format!("{} {}", share["base"], share["base_rule"]), wanted, "{wave} {question}");
    }
    // Only a question whose base both waves form alike is compared.
    for (question, other_base) in [("q", true), ("r", false)] {
        let rows = tabulate(&program, &["--wave", "own", "--against", "plain", "--question", question]);
        let mut changes = rows.iter().filter(|row| row["measure"] == "change_points").peekable();
        assert!(changes.peek().is_some(), "{question}: {rows:?}");
        assert!(changes.all(|row| row["flags"].starts_with("not_compared") == other_base), "{question}");
    }
}

const CUT_OFF: &str = r#"survey: made
version: 1
names: M
waves:
  - wave: in
    names: W
    forms: [{form: f, version: 1}]MAPPINGS
    frame: {file: frame.csv}
    opens: "2026-04-01"
    closes: "2026-04-30"
    zone: Asia/Tokyo
  - wave: out
    names: W
    forms: [{form: f, version: 1}]MAPPINGS
    frame: {file: frame.csv}
    closes: "2026-05-01T00:00"
    zone: Asia/Tokyo
    late: out
"#;

#[test]
fn what_came_late_is_kept_and_counts_where_the_wave_says_so() {
    let mapping = r#"mapping: m
version: 1
names: M
source: {form: theirs, version: 1}
target: {form: f, version: 1}
signed_off: {by: Nobody, on: "2026-01-01"}
exclusion_note: none
questions: [{question: q, reason: The same, from: q, map: {1: 1, 2: 2}}]
"#;
    let question = "number: q, kind: single, text: Q, OPTIONS";
    let (in_time, late) = ("2026-04-30T14:59:59Z", "2026-04-30T15:00:00Z");
    // (unit, form, sent at, answer; no answer takes the answers back)
    let came: &[(&str, &str, &str, Option<u8>)] = &[
        ("a", "f", in_time, Some(1)),
        ("b", "f", late, Some(1)),
        ("c", "f", in_time, Some(1)),
        ("c", "f", late, Some(2)),
        // Without a time of its own, the broker's counts.
        ("e", "f", "", Some(1)),
        ("w", "f", in_time, Some(1)),
        ("w", "f", late, None),
        ("x", "f", late, Some(2)),
        ("x", "f", late, None),
    ];
    let across = [("h", "theirs", in_time, Some(1)), ("h", "f", late, Some(2))];
    for with_mapping in [false, true] {
        let across = if with_mapping { &across[..] } else { &[] };
        let mut lines = String::new();
        for wave in ["in", "out"] {
            for (nth, (unit, form, sent, answer)) in came.iter().chain(across).enumerate() {
                let head = format!(
                    "\"survey\":\"made\",\"wave\":\"{wave}\",\"respondent\":\"{unit}\",\"group\":\"g\""
                );
                let sent =
                    if sent.is_empty() { String::new() } else { format!(",\"submitted_at\":\"{sent}\"") };
                lines.push_str(&match answer {
                    Some(answer) => {
                        format!("{{{head},\"form\":\"{form}\"{sent},\"answers\":{{\"q\":{answer}}}}}\n")
                    }
                    None => format!(
                        "{{\"specversion\":\"1.0\",\"id\":\"{wave}{nth}\",\"source\":\"t\",\"type\":\"submission.withdrawn\",\"data\":{{{head}}}}}\n"
                    ),
                });
            }
            // The event's time stands in for that of the submission.
            lines.push_str(&format!(
                "{{\"specversion\":\"1.0\",\"id\":\"{wave}d\",\"source\":\"t\",\"type\":\"submission.received\",\"time\":\"{in_time}\",\
                 \"data\":{{\"survey\":\"made\",\"wave\":\"{wave}\",\"respondent\":\"d\",\"group\":\"g\",\"form\":\"f\",\"answers\":{{\"q\":1}}}}}}\n"
            ));
        }
        let mappings = if with_mapping { "\n    mappings: [{mapping: m, version: 1}]" } else { "" };
        let survey = CUT_OFF.replace("MAPPINGS", mappings);
        let (ours, theirs) = (form("f", question), form("theirs", question));
        let mut files = vec![
            ("survey.yaml", survey.as_str()),
            ("forms/f.yaml", &ours),
            ("frame.csv", "group,invited\ng,10\n"),
        ];
        if with_mapping {
            files.extend([("forms/theirs.yaml", theirs.as_str()), ("mappings/m.yaml", mapping)]);
        }
        let program = program(&files, &lines);
        // (wave, counts, then without and with what was read across: answered, late, rate; units received and whether
        // they count)
        let cases = [
            (
                "in",
                ["1=4 2=1", "1=4 2=2"],
                ["5 3 50.0", "6 4 60.0"],
                ["a b:late c:late d e:late", "a b:late c:late d e:late h:late"],
            ),
            (
                "out",
                ["1=3", "1=4"],
                ["3 2 30.0", "3 2 30.0"],
                ["a b:late:out c d e:late:out", "a b:late:out c d e:late:out h"],
            ),
        ];
        for (wave, counted, response, received) in cases {
            let at = usize::from(with_mapping);
            assert_eq!(counts(&tabulate(&program, &["--wave", wave])), counted[at], "{wave} {at}");
            let rows = tabulate(&program, &["--wave", wave, "--response"]);
            let group = rows.iter().find(|row| row["group"] == "g").unwrap();
            assert_eq!(
                format!("{} {} {}", group["answered"], group["late"], group["rate"]),
                response[at],
                "{wave} {at}"
            );
            let rows = program
                .sql(&format!("SELECT unit, late, counts FROM received WHERE wave = '{wave}' ORDER BY unit"));
            let shown: Vec<String> = rows
                .iter()
                .map(|row| {
                    let late = if row["late"] == "true" { ":late" } else { "" };
                    let out = if row["counts"] == "true" { "" } else { ":out" };
                    format!("{}{late}{out}", row["unit"])
                })
                .collect();
            assert_eq!(shown.join(" "), received[at], "{wave} {at}");
            let current = program.sql(&format!("SELECT count(*) AS n FROM current WHERE wave = '{wave}'"));
            let counting = rows.iter().filter(|row| row["counts"] == "true").count();
            assert_eq!(current[0]["n"], counting.to_string(), "{wave} {at}");
            // Each late event is flagged, and listed as the first issue of its record: b, the second of c, e, the first
            // of x, and the form of h.
            let (flags, issues) =
                ("FROM flags WHERE flag = 'late' AND", "FROM issues WHERE code = 'late' AND");
            for from in [flags, issues] {
                let found = program.sql(&format!("SELECT count(*) AS n {from} wave = '{wave}'"));
                assert_eq!(found[0]["n"], if with_mapping { "5" } else { "4" }, "{from} {wave}");
            }
        }
    }
}

#[test]
fn complete_partial_and_blank_are_counted_and_count_by_rule() {
    let survey = r#"survey: made
version: 1
names: M
complete: {questions: [q], at_least: 50%}
waves:
  - {wave: in, names: W, forms: [{form: f, version: 1}], frame: {file: frame.csv}}
  - {wave: part, names: W, forms: [{form: f, version: 1}], frame: {file: frame.csv}, blank: out}
  - {wave: out, names: W, forms: [{form: f, version: 1}], frame: {file: frame.csv}, partial: out, blank: out}
  - {wave: one, names: W, forms: [{form: f, version: 1}], complete: {at_least: 1}, partial: out}
"#;
    let questions = "number: x, kind: single, role: attribute, text: X, OPTIONS\nnumber: q, kind: single, text: Q, OPTIONS\n\
        number: r, kind: single, text: R, ask_if: {question: q, codes: [1]}, OPTIONS\n\
        number: g, kind: grid, text: G, rows: [{row: 1, label: a}, {row: 2, label: b}], OPTIONS\nnumber: n, kind: number, text: N";
    // (unit, answers)
    let came = [
        ("all", r#"{"x":1,"q":1,"r":1,"g":{"1":1,"2":1},"n":5}"#),
        ("little", r#"{"q":1}"#),
        ("routed", r#"{"q":2,"n":1}"#),
        ("halfgrid", r#"{"q":2,"g":{"1":1}}"#),
        ("lacking", r#"{"g":{"1":1,"2":2},"n":1}"#),
        ("wrong", r#"{"q":9}"#),
        ("known", r#"{"x":1}"#),
        ("empty", "{}"),
    ];
    let mut lines = String::new();
    for wave in ["in", "part", "out", "one"] {
        for (unit, answers) in came {
            lines.push_str(&format!(
                "{{\"survey\":\"made\",\"wave\":\"{wave}\",\"respondent\":\"{unit}\",\"group\":\"g\",\"answers\":{answers}}}\n"
            ));
        }
    }
    let program = program(
        &[
            ("survey.yaml", survey),
            ("forms/f.yaml", &form("f", questions)),
            ("frame.csv", "group,invited\ng,10\n"),
        ],
        &lines,
    );
    // (wave, answered complete partial blank, rate and formula)
    let cases = [
        ("in", "8 2 4 2", "80.0 AAPOR RR2"),
        ("part", "6 2 4 2", "60.0 AAPOR RR2"),
        ("out", "2 2 4 2", "20.0 AAPOR RR1"),
        ("one", "7 5 1 2", " "),
    ];
    for (wave, wanted, rate) in cases {
        let rows = tabulate(&program, &["--wave", wave, "--response"]);
        let group = rows.iter().find(|row| row["group"] == "g").unwrap();
        let got = ["answered", "complete", "partial", "blank"].map(|column| group[column].as_str()).join(" ");
        assert_eq!(got, wanted, "{wave}");
        let formula = group["formula"].split(':').next().unwrap();
        assert_eq!(format!("{} {formula}", group["rate"]), rate, "{wave}");
        let answered = wanted.split(' ').next().unwrap();
        for view in ["current", "current_f_1"] {
            let current = program.sql(&format!("SELECT count(*) AS n FROM {view} WHERE wave = '{wave}'"));
            assert_eq!(current[0]["n"], answered, "{view} {wave}");
        }
    }
    let of = |wave: &str| {
        let rows = program.sql(&format!(
            "SELECT unit, completeness, counts FROM received WHERE wave = '{wave}' ORDER BY unit"
        ));
        let shown =
            rows.iter().map(|row| format!("{}={},{}", row["unit"], row["completeness"], row["counts"]));
        shown.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        of("out"),
        "all=complete,true empty=blank,false halfgrid=partial,false known=blank,false lacking=partial,false \
         little=partial,false routed=complete,true wrong=partial,false"
    );
    assert_eq!(counts(&tabulate(&program, &["--wave", "out"])), "1=1 2=1");
    assert_eq!(counts(&tabulate(&program, &["--wave", "in"])), "1=2 2=2");
    let table = program.on_data(&[
        "tabulate",
        "--survey",
        "made",
        "--wave",
        "in",
        "--surveys",
        "made",
        "--response",
        "--format",
        "table",
    ]);
    assert!(table.ends(0).stdout.contains("partial"), "people see them too");
}

#[test]
fn a_survey_without_waves_has_periods() {
    let survey = r#"survey: made
version: 1
names: M
forms: [{form: f, version: 1}]
layouts: [{layout: sheet, version: 1}]
headline: [q]
"#;
    let questions = "number: q, kind: single, text: Q, OPTIONS\nnumber: day, kind: date, text: D\n\
        number: at, kind: datetime, zone: Asia/Tokyo, text: T\n\
        number: sent, kind: datetime, role: attribute, text: S, derived: {period: moment, of: submitted_at, zone: Asia/Tokyo}, bands: [{code: 1, label: first, below: \"2026-04-01\"}, {code: 2, label: second, from: \"2026-04-01\"}]\n\
        number: month, kind: date, role: attribute, text: M, derived: {period: month, of: submitted_at, zone: Asia/Tokyo}\n\
        number: fy, kind: date, role: attribute, text: Y, derived: {period: fiscal_year, of: at, fiscal_year_begins: 4}\n\
        number: year, kind: date, role: attribute, text: Y, derived: {period: year, of: at}";
    let layout = "layout: sheet\nversion: 1\nform: {form: f, version: 1}\ncolumns: sheet.csv\ncells: {hold: codes}\n\
        file: {submission: {key: [ID], submitted_at: {column: Sent, format: \"%Y/%m/%d %H:%M\", zone: Asia/Tokyo}}}\n";
    let lines = r#"{"survey":"made","respondent":"a","submitted_at":"2026-03-31T14:59:59Z","answers":{"q":1,"at":"2026-03-31T23:59:59"}}
{"survey":"made","respondent":"b","submitted_at":"2026-03-31T15:00:00Z","answers":{"q":1,"at":"2026-04-01"}}
{"survey":"made","wave":"all","respondent":"c","submitted_at":"2026-04-30T14:00:00Z","answers":{"q":2,"at":"2026-04-01T00:00:01","day":"2026-04-10"}}
{"survey":"made","respondent":"d","answers":{"q":2}}
{"survey":"made","wave":"none","respondent":"e","answers":{"q":2}}
"#;
    let program = program(
        &[
            ("survey.yaml", survey),
            ("forms/f.yaml", &form("f", questions)),
            ("layouts/sheet.yaml", layout),
            ("layouts/sheet.csv", "column,question\nQ,q\n"),
        ],
        lines,
    );
    program.file("sheet.csv", "ID,Sent,Q\ns,2026/05/01 00:00,1\n");
    program.on_data(&["submit", "sheet.csv", "--survey", "made", "--surveys", "made"]).ends(0);
    let waves = program.sql("SELECT DISTINCT wave FROM current");
    assert_eq!((waves.len(), waves[0]["wave"].as_str()), (1, "all"));
    let rejected = program.sql("SELECT code FROM rejections");
    assert_eq!((rejected.len(), rejected[0]["code"].as_str()), (1, "wave_unknown"));
    // (what is asked, counts in total and by part)
    let cases: &[(&[&str], &str)] = &[
        (&[], "1=3 2=2"),
        (&["--wave", "all"], "1=3 2=2"),
        (
            &["--by", "month"],
            "1=3 2=2 month=2026-03:1=1 month=2026-04:1=1 month=2026-04:2=1 month=2026-05:1=1",
        ),
        (&["--by", "fy"], "1=3 2=2 fy=FY2025:1=1 fy=FY2026:1=1 fy=FY2026:2=1"),
        (
            &["--by", "year*sentband"],
            "1=3 2=2 year=2026; sentband=1:1=1 year=2026; sentband=2:1=1 year=2026; sentband=2:2=1",
        ),
        (&["--by", "day"], "1=3 2=2 day=2026-04-10:2=1"),
        (&["--where", "at>=2026-04-01"], "1=1 2=1"),
        (&["--where", "at>2026-04-01"], "2=1"),
        (&["--where", "at<2026-04-01"], "1=1"),
        (&["--where", "at<=2026-04-01"], "1=2"),
        (&["--where", "at>=2026-03-31T23:59:59; at<2026-04-01T00:00:01"], "1=2"),
        (&["--where", "at>2026-03-31T23:59:59; at<2026-04-01T00:00:01"], "1=1"),
        (&["--where", "sent>=2026-04-01; sent<2026-05-01"], "1=1 2=1"),
        (&["--where", "sent<2026-03-31T15:00:00Z"], "1=1"),
        (&["--where", "month=2026-04"], "1=1 2=1"),
        (&["--where", "month=2026"], "1=3 2=1"),
        (&["--where", "month>2026-03"], "1=2 2=1"),
        (&["--where", "fy<2026-04"], "1=1"),
    ];
    for (asked, wanted) in cases {
        let mut all = vec!["--question", "q"];
        all.extend(*asked);
        assert_eq!(counts(&tabulate(&program, &all)), *wanted, "{asked:?}");
    }
    // A part has a name of its own, and says where it comes from.
    let rows = tabulate(&program, &["--question", "q", "--by", "month"]);
    let share =
        rows.iter().find(|row| row["breaks"] == "month=2026-04" && row["measure"] == "share").unwrap();
    let explained = program.on_data(&["explain", &share["id"], "--surveys", "made"]).ends(0).stdout;
    assert!(explained.contains("50.0"), "{explained}");
    let unknown = program.on_data(&["tabulate", "--survey", "made", "--surveys", "made", "--by", "mont"]);
    assert!(unknown.code != Some(0) && unknown.stderr.contains("month"), "{}", unknown.stderr);
    let several = program.on_data(&["tabulate", "--survey", "nisc"]);
    assert!(several.code == Some(0) || several.stderr.contains("several waves"), "{}", several.stderr);
}
