//! What counts of the events of one unit, in the running system and after a restart: a table of cases.

use std::collections::BTreeMap;
use std::path::PathBuf;

use shukei_testkit::{Program, csv_rows};

use super::up::Up;

const FORM: &str = r#"form: FORM
version: 1
names: Form
sections:
  - section: all
    questions:
      - {number: "1", kind: single, text: One of three, options: [{code: 1, label: a}, {code: 2, label: b}, {code: 3, label: c}]}
"#;
const SECTORS: &str = "sectors: parts\nversion: 1\nfields: [{field: all, label: All}]\n\
groups: [{group: water, field: all, label: Water}, {group: office, field: all, label: Office}]\n";

/// The rules for a unit from two sources, each with a survey of its own; the first is the default.
const RULES: [&str; 4] = ["prefer_form", "prefer_mapping", "keep_last", "keep_both"];

/// One survey per rule: the office's form, another organisation's, and a mapping of one to the other.
fn surveys(program: &Program) -> PathBuf {
    for (at, rule) in RULES.into_iter().enumerate() {
        let key = if at == 0 { String::new() } else { format!("two_sources: {rule}\n") };
        program.file(
            &format!("surveys/{rule}/survey.yaml"),
            format!(
                "survey: {rule}\nversion: 1\nnames: S\nsynthetic: true\nunit: respondent_and_group\n{key}waves:\n\
                 \x20 - wave: w\n    names: W\n    forms: [{{form: ours{at}, version: 1}}]\n    \
                 mappings: [{{mapping: across, version: 1}}]\n    sectors: {{sectors: parts, version: 1}}\n"
            ),
        );
        program.file(&format!("surveys/{rule}/sectors/parts.yaml"), SECTORS);
        for form in ["ours", "theirs"] {
            let content = FORM.replace("FORM", &format!("{form}{at}"));
            program.file(&format!("surveys/{rule}/forms/{form}.yaml"), content);
        }
        program.file(
            &format!("surveys/{rule}/mappings/any-name.yaml"),
            format!(
                "mapping: across\nversion: 1\nnames: Across\nsource: {{form: theirs{at}, version: 1}}\n\
                 target: {{form: ours{at}, version: 1}}\nsigned_off: {{by: Nobody, on: \"2026-01-01\"}}\n\
                 exclusion_note: without theirs\nquestions:\n  - {{question: \"1\", reason: The same, from: \"1\", \
                 map: {{1: 1, 2: 2, 3: 3}}}}\n"
            ),
        );
    }
    program.path("surveys")
}

/// What arrives, of one unit unless it says otherwise.
#[derive(Clone, Copy)]
enum Arrives {
    /// On the office's form: the event's id, and the answer.
    Form(&'static str, u8),
    /// The same with a revision.
    Revised(&'static str, u8, u8),
    /// For the other group.
    Office(&'static str, u8),
    /// On the other organisation's form.
    Across(&'static str, u8),
    /// The unit takes its answers back.
    Withdrawal(&'static str),
}
use Arrives::{Across, Form, Office, Revised, Withdrawal};

impl Arrives {
    fn line(self, rule: usize, respondent: &str) -> String {
        let (id, answer, kind) = match self {
            Form(id, answer) | Revised(id, answer, _) | Office(id, answer) | Across(id, answer) => {
                (id, Some(answer), "submission.received")
            }
            Withdrawal(id) => (id, None, "submission.withdrawn"),
        };
        let group = if matches!(self, Office(..)) { "office" } else { "water" };
        let form = if matches!(self, Across(..)) { "theirs" } else { "ours" };
        let mut data = serde_json::json!({
            "survey": RULES[rule], "wave": "w", "respondent": respondent, "group": group,
        });
        if let Some(answer) = answer {
            data["form"] = format!("{form}{rule}").into();
            data["answers"] = serde_json::json!({"1": answer});
        }
        if let Revised(_, _, revision) = self {
            data["revision"] = revision.into();
        }
        let event = serde_json::json!({
            "specversion": "1.0", "id": format!("{respondent}-{id}"), "source": "urn:test", "type": kind, "data": data,
        });
        format!("{event}\n")
    }
}

/// Which rule, the respondent, what arrives in this order, and what is to be seen: `unit=answer [flags of the row that
/// counts]` per unit that counts, and the flags listed, each with its number.
type Case = (usize, &'static str, &'static [Arrives], &'static [&'static str], &'static [&'static str]);

#[rustfmt::skip]
const CASES: &[Case] = &[
    (0, "corrected", &[Form("1", 1), Form("2", 2)], &["corrected/water=2 []"], &[]),
    (0, "resent", &[Form("1", 1), Form("1", 1)], &["resent/water=1 [duplicate]"], &["duplicate 1"]),
    (0, "late", &[Form("1", 1), Form("2", 2), Form("1", 1)], &["late/water=2 []"], &["duplicate 1"]),
    (0, "revised", &[Revised("2", 2, 2), Revised("1", 1, 1)], &["revised/water=2 []"], &[]),
    (0, "gone", &[Form("1", 1), Withdrawal("2")], &[], &[]),
    (0, "back", &[Form("1", 1), Withdrawal("2"), Revised("3", 3, 1)], &["back/water=3 []"], &[]),
    (0, "again", &[Form("1", 1), Form("2", 2), Form("3", 1)], &["again/water=1 []"], &[]),
    (0, "same", &[Form("1", 1), Form("1", 3)], &["same/water=3 [id_reused]"], &["id_reused 1"]),
    (0, "same-late", &[Form("1", 1), Form("1", 3), Form("1", 1)], &["same-late/water=3 [id_reused]"],
        &["duplicate 1", "id_reused 1"]),
    (0, "city", &[Form("1", 1), Office("2", 2)], &["city/office=2 []", "city/water=1 []"], &[]),
    // The office's form and another organisation's record of the same unit.
    (0, "both", &[Form("1", 1), Across("2", 2)], &["both/water=1 [two_sources]"], &["two_sources 2"]),
    (0, "htob", &[Across("1", 2), Form("2", 1)], &["htob/water=1 [two_sources]"], &["two_sources 2"]),
    (0, "alone", &[Across("1", 2)], &["alone/water=2 []"], &[]),
    (1, "both", &[Form("1", 1), Across("2", 2)], &["both/water=2 [two_sources]"], &["two_sources 2"]),
    (1, "htob", &[Across("1", 2), Form("2", 1)], &["htob/water=2 [two_sources]"], &["two_sources 2"]),
    (1, "alone", &[Form("1", 2)], &["alone/water=2 []"], &[]),
    (2, "both", &[Form("1", 1), Across("2", 2)], &["both/water=2 [two_sources]"], &["two_sources 2"]),
    (2, "htob", &[Across("1", 2), Form("2", 1)], &["htob/water=1 [two_sources]"], &["two_sources 2"]),
    (3, "both", &[Form("1", 1), Across("2", 2)],
        &["both/water=1 [two_sources]", "both/water//across=2 [two_sources]"], &["two_sources 2"]),
    (3, "alone", &[Across("1", 2)], &["alone/water=2 []"], &[]),
    // A correction stays inside its source.
    (0, "mended", &[Form("1", 1), Across("2", 2), Form("3", 3)], &["mended/water=3 [two_sources]"], &["two_sources 2"]),
    (1, "mended", &[Form("1", 1), Across("2", 2), Form("3", 3)], &["mended/water=2 [two_sources]"], &["two_sources 2"]),
    (3, "mended", &[Form("1", 1), Across("2", 2), Across("3", 3)],
        &["mended/water=1 [two_sources]", "mended/water//across=3 [two_sources]"], &["two_sources 2"]),
    // A withdrawal takes the unit out, whatever it came from; what comes later brings its source back.
    (0, "gone-both", &[Form("1", 1), Across("2", 2), Withdrawal("3")], &[], &[]),
    (3, "gone-both", &[Form("1", 1), Across("2", 2), Withdrawal("3")], &[], &[]),
    (0, "back-across", &[Form("1", 1), Withdrawal("2"), Across("3", 2)], &["back-across/water=2 []"], &[]),
];

fn submit(program: &Program, surveys: &str, lines: String) -> String {
    let file = program.file("events.jsonl", lines);
    program.on_data(&["submit", file.to_str().unwrap(), "--surveys", surveys]).ends(0).stdout
}

/// Holds every case against what the program says now.
fn check(program: &Program, when: &str) {
    let mut counting: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for at in 0..RULES.len() {
        let rows = program.sql(&format!(
            "SELECT w.survey, w.respondent, w.unit, w.q1, c.flags FROM current_ours{at}_1 w JOIN current c \
             ON w.generation = c.generation AND w.partition = c.partition AND w.offset = c.offset ORDER BY w.unit"
        ));
        for row in rows {
            let words = format!("{}={} [{}]", row["unit"], row["q1"], row["flags"]);
            counting.entry((row["survey"].clone(), row["respondent"].clone())).or_default().push(words);
        }
    }
    let mut flagged: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let flags = "SELECT survey, split_part(unit, '/', 1) AS respondent, flag, count(*) AS n FROM flags \
                 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";
    for row in program.sql(flags) {
        let words = format!("{} {}", row["flag"], row["n"]);
        flagged.entry((row["survey"].clone(), row["respondent"].clone())).or_default().push(words);
    }
    for (rule, respondent, _, wanted, flags) in CASES {
        let key = (RULES[*rule].to_owned(), (*respondent).to_owned());
        let found = counting.remove(&key).unwrap_or_default();
        assert_eq!(found, *wanted, "{when}: {key:?}");
        assert_eq!(flagged.remove(&key).unwrap_or_default(), *flags, "{when}: flags of {key:?}");
    }
    assert_eq!(flagged, BTreeMap::new(), "{when}: nobody else is flagged");
}

fn other_unit(respondent: &str) -> String {
    Form("1", 1).line(0, respondent)
}

#[test]
fn each_line_of_the_table_holds_at_once_and_after_another_start() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let folder = surveys(&program);
    let surveys = folder.to_str().unwrap();
    let lines = CASES.iter().flat_map(|(rule, respondent, events, _, _)| {
        events.iter().map(|event| event.line(*rule, respondent))
    });
    let said = submit(&program, surveys, lines.collect());
    for (words, count) in [("known already", "3"), ("id reused", "2"), ("two sources", "10")] {
        let line =
            said.lines().find(|line| line.starts_with(words)).unwrap_or_else(|| panic!("{words}: {said}"));
        assert_eq!(line.split_whitespace().last(), Some(count), "{line}");
    }
    check(&program, "at once");
    submit(&program, surveys, other_unit("another"));
    check(&program, "after another start");
    let _ = program.on_data(&["verify"]).ends(0);

    // A unit that counts twice is two units in every figure; the others are one, and flags change no count.
    let units = |rule: &str| {
        let csv = program.on_data(&["tabulate", "--survey", rule, "--wave", "w"]).ends(0).stdout;
        let rows = csv_rows(&csv);
        let figures = rows.iter().filter(|row| row["measure"] == "count" && row["breaks"].is_empty());
        figures.map(|row| row["count"].parse::<u32>().unwrap()).sum::<u32>()
    };
    for (at, rule) in RULES.into_iter().enumerate() {
        let counted: usize =
            CASES.iter().filter(|case| case.0 == at).map(|(_, _, _, wanted, _)| wanted.len()).sum();
        assert_eq!(units(rule) as usize, counted + usize::from(at == 0), "{rule}");
    }
    // The counts in the long view follow.
    let long = "SELECT count(DISTINCT unit) FROM answers WHERE survey = 'keep_both' AND respondent = 'both'";
    assert_eq!(program.number(long), 2);
}

#[test]
fn each_line_of_the_table_holds_with_a_start_before_every_event() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let folder = surveys(&program);
    let turns = CASES.iter().map(|case| case.2.len()).max().unwrap();
    for turn in 0..turns {
        let lines = CASES.iter().filter_map(|(rule, respondent, events, _, _)| {
            events.get(turn).map(|event| event.line(*rule, respondent))
        });
        submit(&program, folder.to_str().unwrap(), lines.collect());
    }
    check(&program, "a start before every event");
    let _ = program.on_data(&["verify"]).ends(0);
}

#[test]
fn each_line_of_the_table_holds_while_it_runs_and_after_a_restart() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let folder = surveys(&program);
    let surveys = ["--surveys", folder.to_str().unwrap()];
    let mut up = Up::start(&program, &surveys);
    let lines = CASES.iter().flat_map(|(rule, respondent, events, _, _)| {
        events.iter().map(|event| event.line(*rule, respondent))
    });
    let file = program.file("events.jsonl", lines.collect::<String>());
    let _ = program.run(["submit", file.to_str().unwrap(), "--to", &up.url()]).ends(0);
    check(&program, "while it runs");
    assert_eq!(up.signal("-TERM"), 0);
    let mut up = Up::start(&program, &surveys);
    check(&program, "after a restart");
    assert_eq!(up.signal("-TERM"), 0);
    let _ = program.on_data(&["verify"]).ends(0);
}

#[test]
fn a_flag_says_where_to_look() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let folder = surveys(&program);
    let lines = [Form("1", 1), Form("1", 1), Form("1", 2), Across("2", 3)].map(|event| event.line(0, "one"));
    submit(&program, folder.to_str().unwrap(), lines.concat());
    let rows = program.sql(
        "SELECT survey, wave, unit, flag, generation, \"offset\", event_id, detail FROM flags ORDER BY \"offset\", flag",
    );
    let found: Vec<String> = rows
        .iter()
        .map(|row| {
            assert_eq!((row["survey"].as_str(), row["wave"].as_str()), ("prefer_form", "w"));
            assert_eq!((row["unit"].as_str(), row["generation"].as_str()), ("one/water", "1"));
            // All events of a respondent are in one partition; which one is no matter here.
            let detail: Vec<&str> = row["detail"].split('/').collect();
            let place =
                detail.get(1).map_or(String::new(), |rest| rest.split(':').next_back().unwrap().to_owned());
            format!("{} {} {} {} {place}", row["offset"], row["event_id"], row["flag"], detail[0])
        })
        .collect();
    assert_eq!(
        found,
        [
            "1 one-1 duplicate copy of 1 0",
            "2 one-1 id_reused id of 1 0",
            "2 one-1 two_sources form counts ",
            "3 one-2 two_sources across is set aside ",
        ]
    );
}
