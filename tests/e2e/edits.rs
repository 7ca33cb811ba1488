//! Edits by the survey office: what counts of a unit that was edited, as a table of cases, and the command that edits.

use std::collections::BTreeMap;
use std::path::PathBuf;

use shukei_testkit::{Done, Program, csv_rows, small_event, small_survey};

use super::up::Up;

const SURVEY: &str = "survey: edited\nversion: 1\nnames: S\nsynthetic: true\nwaves:\n  - wave: w\n    names: W\n    \
    forms: [{form: ours, version: 1}]\n    mappings: [{mapping: across, version: 1}]\n";
const FORM: &str = r#"form: FORM
version: 1
names: Form
sections:
  - section: all
    questions:
      - {number: "1", kind: single, text: One of three, options: [{code: 1, label: a}, {code: 2, label: b}, {code: 3, label: c}]}
"#;
const MAPPING: &str = "mapping: across\nversion: 1\nnames: Across\nsource: {form: theirs, version: 1}\n\
    target: {form: ours, version: 1}\nsigned_off: {by: Nobody, on: \"2026-01-01\"}\nexclusion_note: without theirs\n\
    questions:\n  - {question: \"1\", reason: The same, from: \"1\", map: {1: 1, 2: 2, 3: 3}}\n";

fn surveys(program: &Program) -> PathBuf {
    program.file("surveys/edited/survey.yaml", SURVEY);
    program.file("surveys/edited/mappings/across.yaml", MAPPING);
    for form in ["ours", "theirs"] {
        program.file(&format!("surveys/edited/forms/{form}.yaml"), FORM.replace("FORM", form));
    }
    program.path("surveys")
}

/// What arrives, of one unit.
#[derive(Clone, Copy)]
enum Arrives {
    /// On the office's form: the event's id, and the answer.
    Form(&'static str, u8),
    /// The same with a revision.
    Revised(&'static str, u8, u8),
    /// On the other organisation's form.
    Across(&'static str, u8),
    /// The office changes the answer.
    Edit(&'static str, u8),
    /// The office changes an answer on the other organisation's form.
    EditAcross(&'static str, u8),
    /// The unit takes its answers back.
    Withdrawal(&'static str),
}
use Arrives::{Across, Edit, EditAcross, Form, Revised, Withdrawal};

impl Arrives {
    fn line(self, respondent: &str) -> String {
        let (id, answer, kind) = match self {
            Form(id, answer) | Revised(id, answer, _) | Across(id, answer) => {
                (id, Some(answer), "submission.received")
            }
            Edit(id, answer) | EditAcross(id, answer) => (id, Some(answer), "submission.edited"),
            Withdrawal(id) => (id, None, "submission.withdrawn"),
        };
        let mut data = serde_json::json!({ "survey": "edited", "wave": "w", "respondent": respondent });
        if let Some(answer) = answer {
            data["form"] = if matches!(self, Across(..) | EditAcross(..)) { "theirs" } else { "ours" }.into();
            data["answers"] = serde_json::json!({ "1": answer });
        }
        if let Revised(_, _, revision) = self {
            data["revision"] = revision.into();
        }
        if kind == "submission.edited" {
            data["edits"] = serde_json::json!([
                { "field": "1", "old": 1, "new": answer, "rule": "R7", "reason": "Confidential words" }
            ]);
            data["edited_by"] = "The office".into();
            data["edited_at"] = "2026-03-01T00:00:00Z".into();
            data["original"] = serde_json::json!({ "source": "urn:test", "id": format!("{respondent}-1") });
        }
        let event = serde_json::json!({
            "specversion": "1.0", "id": format!("{respondent}-{id}"), "source": "urn:test", "type": kind, "data": data,
        });
        format!("{event}\n")
    }
}

/// The respondent, what arrives in this order, `unit=answer [flags]` per unit that counts, and the flags listed.
type Case = (&'static str, &'static [Arrives], &'static [&'static str], &'static [&'static str]);

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("edited", &[Form("1", 1), Edit("2", 2)], &["edited=2 [edited]"], &["edited 1"]),
    ("sent-twice", &[Form("1", 1), Edit("2", 2), Edit("2", 2)], &["sent-twice=2 [duplicate,edited]"],
        &["duplicate 1", "edited 1"]),
    ("id-of-another", &[Form("1", 1), Edit("1", 2)], &["id-of-another=2 [id_reused,edited]"],
        &["edited 1", "id_reused 1"]),
    ("edited-again", &[Form("1", 1), Edit("2", 2), Edit("3", 3)], &["edited-again=3 [edited]"], &["edited 2"]),
    ("gone", &[Form("1", 1), Edit("2", 2), Withdrawal("3")], &[], &["edited 1"]),
    ("back", &[Form("1", 1), Withdrawal("2"), Edit("3", 2)], &["back=2 [edited]"], &["edited 1"]),
    ("corrected-later", &[Form("1", 1), Edit("2", 2), Form("3", 3)], &["corrected-later=3 []"],
        &["edit_overridden 1", "edited 1"]),
    ("edited-once-more", &[Form("1", 1), Edit("2", 2), Form("3", 3), Edit("4", 1)],
        &["edited-once-more=1 [edited]"], &["edited 2"]),
    // An edit stands in the order of revisions like any other event.
    ("higher-revision", &[Revised("1", 1, 5), Edit("2", 2)], &["higher-revision=1 []"],
        &["edit_overridden 1", "edited 1"]),
    ("nothing-before", &[Edit("1", 2)], &["nothing-before=2 [edited]"], &["edited 1"]),
    // An edit of what was read across is read across too, and stays inside its source.
    ("across", &[Across("1", 1), EditAcross("2", 2)], &["across=2 [edited]"], &["edited 1"]),
    ("both", &[Form("1", 1), Across("2", 2), EditAcross("3", 3)], &["both=1 [two_sources]"],
        &["edited 1", "two_sources 2"]),
    ("both-form", &[Across("1", 2), Form("2", 1), Edit("3", 3)], &["both-form=3 [two_sources,edited]"],
        &["edited 1", "two_sources 2"]),
];

fn check(program: &Program, when: &str) {
    let rows = program.sql(
        "SELECT w.respondent, w.unit, w.q1, c.flags FROM current_ours_1 w JOIN current c \
         ON w.generation = c.generation AND w.partition = c.partition AND w.offset = c.offset ORDER BY w.unit",
    );
    let mut counting: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows {
        let words = format!("{}={} [{}]", row["unit"], row["q1"], row["flags"]);
        counting.entry(row["respondent"].clone()).or_default().push(words);
    }
    let mut flagged: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in program.sql("SELECT unit, flag, count(*) AS n FROM flags GROUP BY 1, 2 ORDER BY 1, 2") {
        flagged.entry(row["unit"].clone()).or_default().push(format!("{} {}", row["flag"], row["n"]));
    }
    for (respondent, _, wanted, flags) in CASES {
        assert_eq!(counting.remove(*respondent).unwrap_or_default(), *wanted, "{when}: {respondent}");
        assert_eq!(flagged.remove(*respondent).unwrap_or_default(), *flags, "{when}: flags of {respondent}");
    }
    assert_eq!((counting, flagged), (BTreeMap::new(), BTreeMap::new()), "{when}: nobody else");
    let law = program.on_data(&["verify"]).ends(0).stdout;
    assert!(law.contains(" responses + 16 edits + 0 rejections + "), "{law}");
}

#[test]
fn each_line_of_the_table_holds_at_once_and_when_everything_is_read_again() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let folder = surveys(&program);
    let surveys = ["--surveys", folder.to_str().unwrap()];
    let lines: String =
        CASES.iter().flat_map(|(name, events, _, _)| events.iter().map(|event| event.line(name))).collect();
    let file = program.file("events.jsonl", lines);
    let said = program.on_data(&["submit", file.to_str().unwrap(), surveys[0], surveys[1]]).ends(0).stdout;
    let edits = said.lines().find(|line| line.trim_start().starts_with("edits")).unwrap();
    assert_eq!(edits.split_whitespace().last(), Some("16"));
    check(&program, "at once");
    let _ = program.on_data(&["rebuild", surveys[0], surveys[1]]).ends(0);
    check(&program, "read again");

    // The view says who changed what by which rule, for every edit that came, and no answers.
    assert_eq!(program.number("SELECT count(*) FROM edits"), 16);
    let rows = program.sql("SELECT * FROM edits WHERE unit = 'edited'");
    let found =
        ["survey", "wave", "event_id", "edited_by", "rule", "field", "path"].map(|of| rows[0][of].as_str());
    assert_eq!(found, ["edited", "w", "edited-2", "The office", "R7", "1", "/answers/1"]);
    assert!(rows[0]["edited_at"].starts_with("2026-03-01T00:00:00"), "{rows:?}");
    let columns: Vec<&str> = rows[0].keys().map(String::as_str).collect();
    assert_eq!(
        columns,
        [
            "edited_at",
            "edited_by",
            "event_id",
            "event_source",
            "field",
            "generation",
            "offset",
            "partition",
            "path",
            "rule",
            "survey",
            "unit",
            "wave"
        ]
    );
    // What was sent stays, in raw and among the responses.
    assert_eq!(program.number("SELECT count(*) FROM responses_ours_1 WHERE respondent = 'edited'"), 2);
}

#[test]
fn an_edit_that_does_not_say_who_and_why_or_contradicts_itself_is_rejected() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let folder = surveys(&program);
    let good = Edit("1", 2).line("one");
    let cases = [
        (r#""edited_by":"The office","#, "", "field_missing /data/edited_by"),
        (r#""new":2"#, r#""new":3"#, "edit_differs /data/edits/0/new"),
        (r#","rule":"R7""#, "", "field_missing /data/edits/0/rule"),
        (
            r#""id":"one-1","source":"urn:test"},"respondent""#,
            r#""id":"one-1"},"respondent""#,
            "field_missing /data/original/source",
        ),
    ];
    let lines = cases.iter().map(|(from, to, _)| {
        assert!(good.contains(from), "{from} in {good}");
        good.replace(from, to)
    });
    let file = program.file("events.jsonl", lines.collect::<String>());
    let _ =
        program.on_data(&["submit", file.to_str().unwrap(), "--surveys", folder.to_str().unwrap()]).ends(1);
    let rows =
        program.sql("SELECT code, path FROM rejections ORDER BY generation, \"partition\", \"offset\"");
    let found: Vec<String> = rows.iter().map(|row| format!("{} {}", row["code"], row["path"])).collect();
    assert_eq!(found, cases.map(|(_, _, wanted)| wanted));
    assert_eq!(program.number("SELECT count(*) FROM edits"), 0);
}

struct Office {
    program: Program,
    surveys: PathBuf,
}

impl Office {
    /// Three submissions on the form (1, then 2, then 3), and one by the layout.
    fn new() -> Self {
        let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
        let surveys = small_survey(&program);
        let office = Self { program, surveys };
        let cell = r#"{"survey":"small","wave":"w1","respondent":"sheet","layout":"sheet","answers":{"Q1":"First"}}"#;
        let lines: String =
            (0..3).map(small_event).chain([cell.to_owned()]).map(|line| line + "\n").collect();
        let file = office.program.file("events.jsonl", lines);
        let arguments = ["submit", file.to_str().unwrap(), "--surveys", office.surveys.to_str().unwrap()];
        let _ = office.program.on_data(&arguments).ends(0);
        office
    }

    fn edit(&self, respondent: &str, changes: &[(&str, &str)], more: &[&str]) -> Done {
        let mut arguments = vec!["edit", "--survey", "small", "--wave", "w1", "--respondent", respondent];
        for (question, value) in changes {
            arguments.extend(["--question", question, "--to-value", value]);
        }
        arguments.extend(["--rule", "E1", "--reason", "called back", "--by", "Office", "--format", "csv"]);
        arguments.extend(["--surveys", self.surveys.to_str().unwrap()]);
        arguments.extend(more);
        match more.contains(&"--to") {
            true => self.program.run(arguments),
            false => self.program.on_data(&arguments),
        }
    }

    fn q1(&self, respondent: &str) -> i64 {
        self.program.number(&format!("SELECT q1 FROM current_small_1 WHERE respondent = '{respondent}'"))
    }
}

fn changes(done: Done) -> Vec<String> {
    let rows = csv_rows(&done.ends(0).stdout);
    rows.iter().map(|row| format!("{}: {} → {}", row["question"], row["before"], row["after"])).collect()
}

#[test]
fn the_office_changes_answers_and_sees_what_changes() {
    let office = Office::new();
    let wanted = ["1: 1 First → 2 Second", "3: 0.0 → 12.5"];
    let asked = [("1", "2"), ("3", "12.5")];
    assert_eq!(changes(office.edit("r0", &asked, &["--dry-run"])), wanted);
    assert_eq!(office.q1("r0"), 1, "a dry run sends nothing");
    assert_eq!(changes(office.edit("r0", &asked, &[])), wanted);
    assert_eq!(office.q1("r0"), 2);
    let rows = office.program.sql("SELECT field, rule, edited_by, event_source FROM edits ORDER BY field");
    let found: Vec<Vec<&str>> = rows.iter().map(|row| row.values().map(String::as_str).collect()).collect();
    let line = |field| vec!["Office", "urn:shukei:edit", field, "E1"];
    assert_eq!(found, [line("1"), line("3")]);
    // The old value stands in raw alone, beside the new one.
    let raw = "SELECT count(*) FROM raw WHERE CAST(payload AS VARCHAR) LIKE '%\"old\":1%\"original\":{\"id\":\"e0\"%'";
    assert_eq!(office.program.number(raw), 1);

    // An edit of an edit, and one that clears an answer.
    assert_eq!(changes(office.edit("r0", &[("1", "3")], &[])), ["1: 2 Second → 3 Third"]);
    assert_eq!(changes(office.edit("r0", &[("1", "null")], &[])), ["1: 3 Third → no_answer"]);
    // By the layout the cell is changed, not the answer.
    assert_eq!(changes(office.edit("sheet", &[("Q1", "Third")], &[])), ["1: 1 First → 3 Third"]);
    let _ = office.program.on_data(&["verify"]).ends(0);
    assert_eq!(office.program.number("SELECT count(*) FROM flags WHERE flag = 'edited'"), 4);
}

#[test]
fn what_cannot_be_edited_is_said_and_sends_nothing() {
    let office = Office::new();
    for (respondent, question, value, exit, words) in [
        ("r0", "1", "1", 1, "edit_changes_nothing"),
        ("r0", "1", "7", 1, "option_unknown"),
        ("r0", "3", "-3", 1, "number_out_of_range"),
        ("r0", "11", "1", 2, "did you mean `1`?"),
        ("r0", "/answers/1/2", "1", 2, "leads to nothing that can be changed"),
        ("sheet", "1", "Second", 2, "name the column"),
        ("sheet", "Q1", "Secnd", 1, "label_unknown"),
        ("nobody", "1", "2", 1, "unit_unknown"),
    ] {
        let said = office.edit(respondent, &[(question, value)], &[]).ends(exit).stderr;
        assert!(said.contains(words), "{respondent} {question}: {said}");
    }
    assert_eq!(office.program.number("SELECT count(*) FROM raw WHERE kind = 'record'"), 4);
}

#[test]
fn the_office_edits_in_a_running_program() {
    let office = Office::new();
    let mut up = Up::start(&office.program, &["--surveys", office.surveys.to_str().unwrap()]);
    let url = up.url();
    assert_eq!(changes(office.edit("r1", &[("1", "3")], &["--to", &url])), ["1: 2 Second → 3 Third"]);
    assert_eq!(office.q1("r1"), 3);
    let again = office.edit("r1", &[("1", "3")], &["--to", &url]).ends(1).stderr;
    assert!(again.contains("edit_changes_nothing"), "{again}");
    assert_eq!(up.signal("-TERM"), 0);
    let _ = office.program.on_data(&["verify"]).ends(0);
}
