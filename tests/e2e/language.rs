//! The definition language from end to end: every kind of question from a record to figures, and forms that change.

use shukei_testkit::{Program, csv_rows};

const SURVEY: &str = "survey: kinds
version: 1
names: Kinds
waves:
  - {wave: w, names: W, forms: [{form: all, version: 1}], layouts: [{layout: sheet, version: 1}]}
";

const FORM: &str = r#"form: all
version: 1
names: All kinds
sections:
  - section: s
    questions:
      - {number: kind, kind: single, role: attribute, text: K, options: [{code: 0, label: p}, {code: 1, label: q}]}
      - {number: w, kind: number, role: weight, decimals: 4, text: W}
      - {number: r, kind: rating, text: R, points: {from: 0, to: 2}, options: [{code: 9, label: na, not_applicable: true}]}
      - {number: rk, kind: ranking, text: K, rows: [{row: 1, label: x}, {row: 2, label: y}]}
      - {number: d, kind: date, text: D}
      - {number: at, kind: datetime, zone: Asia/Tokyo, text: T}
      - {number: t, kind: time, text: T}
      - {number: n, kind: number, text: N, no_answer: [-9], bands: [{code: 1, label: few, to: 9}, {code: 2, label: many, from: 10}]}
      - {number: m, kind: multiple, text: M, unlisted: other, options: [{code: 1, label: a}, {code: 2, label: b, ask_if: {question: kind, codes: [1]}}]}
      - {number: f, kind: text, text: F, ask_if: {question: kind, codes: [1]}, states: {no_answer: {in_base: false, prints: true}}}
"#;

const LAYOUT: &str =
    "layout: sheet\nversion: 1\nform: {form: all, version: 1}\ncolumns: sheet.csv\ncells: {hold: both}\n";
const COLUMNS: &str =
    "column,question,rank,shape\nKind,kind,,\nFirst,rk,1,\nSecond,rk,2,\nMarks,m,,list\nBorn,d,,\n";

const RECORDS: &str = r#"{"survey":"kinds","wave":"w","respondent":"a","answers":{"kind":1,"w":1.5,"r":2,"rk":[2,1],"d":"2026-04-01","at":"2026-04-01T09:00:00","t":"08:30","n":10,"m":[1,2,"own"],"f":"yes"}}
{"survey":"kinds","wave":"w","respondent":"b","answers":{"kind":0,"w":0.5,"r":9,"rk":{"1":1},"n":-9,"m":[1],"f":"no"}}
{"survey":"kinds","wave":"w","respondent":"c","layout":"sheet","answers":{"Kind":"q","First":"x","Second":"y","Marks":"a, b, c","Born":"1970-01-02"}}
"#;

fn program(form: &str) -> Program {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    write(&program, form);
    program.file("records.jsonl", RECORDS);
    program
}

fn write(program: &Program, form: &str) {
    program.file("kinds/survey.yaml", SURVEY);
    program.file("kinds/forms/all.yaml", form);
    program.file("kinds/layouts/sheet.yaml", LAYOUT);
    program.file("kinds/layouts/sheet.csv", COLUMNS);
}

#[test]
fn every_kind_goes_from_a_record_to_figures() {
    let program = program(FORM);
    program.run(["check", "kinds"]).ends(0);
    program.on_data(&["submit", "records.jsonl", "--surveys", "kinds"]).ends(0);
    program.on_data(&["verify"]).ends(0);
    // (question, row, what stands there: option or text, with its state, per unit)
    let cases = [
        ("kind", "", "a=1 b=0 c=1"),
        ("r", "", "a=2 b=9 c:no_answer"),
        ("rk", "1", "a=2 b=1 c=1"),
        ("rk", "2", "a=1 b:nothing_marked c=2"),
        ("d", "", "a=2026-04-01 b:no_answer c=1970-01-02"),
        ("t", "", "a=08:30:00 b:no_answer c:no_answer"),
        ("n", "", "a=10.000000000 b:stated_no_answer c:no_answer"),
        ("nband", "", "a=2 b:stated_no_answer c:no_answer"),
        ("w", "", "a=1.500000000 b=0.500000000 c:no_answer"),
        ("m", "", "a=1 a=2 a=32767:own b=1 c=1 c=2 c=32767:c"),
        ("f", "", "a=yes b:not_asked c:no_answer"),
    ];
    for (question, row, wanted) in cases {
        let row = if row.is_empty() { "row IS NULL".to_owned() } else { format!("row = {row}") };
        let rows = program.sql(&format!(
            "SELECT unit, state, option, number, text FROM answers WHERE question = '{question}' AND {row} \
             AND (chosen IS NULL OR chosen) AND NOT (option IS NOT NULL AND chosen IS NULL) ORDER BY unit, option"
        ));
        let shown: Vec<String> = rows
            .iter()
            .map(|row| {
                let (unit, option, text) = (&row["unit"], &row["option"], &row["text"]);
                let what = [option, &row["number"], text].into_iter().filter(|what| !what.is_empty());
                match what.map(String::as_str).collect::<Vec<_>>().join(":") {
                    what if what.is_empty() => format!("{unit}:{}", row["state"]),
                    what => format!("{unit}={what}"),
                }
            })
            .collect();
        assert_eq!(shown.join(" "), wanted, "{question}");
    }
    let offered = program
        .sql("SELECT count(*) AS n FROM answers WHERE question = 'm' AND option = 2 AND chosen IS NULL");
    assert_eq!(offered[0]["n"], "1", "option 2 was not offered to b");
    // The instant is in UTC, whatever the zone of the question.
    let times = program.sql("SELECT CAST(qat AS VARCHAR) AS t FROM current_all_1 WHERE unit = 'a'");
    assert!(times[0]["t"].starts_with("2026-04-01T00:00:00"), "{times:?}");
    let tables = |arguments: &[&str]| {
        let mut all = vec!["tabulate", "--survey", "kinds", "--wave", "w", "--format", "csv"];
        all.extend(arguments);
        csv_rows(&program.on_data(&all).ends(0).stdout)
    };
    let all = tables(&[]);
    assert!(
        all.iter().all(|row| !["kind", "w"].contains(&row["question"].as_str())),
        "no table of an attribute"
    );
    assert!(
        all.iter().any(|row| row["question"] == "nband" && row["label"] == "many" && row["value"] == "1")
    );
    assert!(tables(&["--question", "kind"]).iter().any(|row| row["label"] == "q" && row["count"] == "2"));
    // A question's own rule of states, and those who were not asked, are out of its base.
    let text = tables(&["--question", "f"]);
    assert_eq!(
        (text[0]["count"].as_str(), text[0]["base"].as_str(), text[0]["base_rule"].as_str()),
        ("1", "1", "asked_without_no_answer")
    );
}

#[test]
fn a_form_under_which_stored_answers_would_mean_something_else_is_refused() {
    // (what stands in the form, what is put there, whether the form is taken)
    let cases = [
        ("label: many", "label: a lot", true),
        ("{code: 0, label: p}, {code: 1, label: q}", "{code: 1, label: q}, {code: 0, label: p}", true),
        ("{code: 0, label: p}", "{code: 2, label: p}", false),
        (
            "{code: 1, label: a}, {code: 2, label: b, ",
            "{code: 3, label: z}, {code: 1, label: a}, {code: 2, label: b, ",
            false,
        ),
        ("points: {from: 0, to: 2}", "points: {from: 0, to: 3}", false),
    ];
    let program = program(FORM);
    program.on_data(&["submit", "records.jsonl", "--surveys", "kinds"]).ends(0);
    program.file("none.jsonl", "");
    for (from, to, taken) in cases {
        assert!(FORM.contains(from), "{from}");
        write(&program, &FORM.replace(from, to));
        let done = program.on_data(&["submit", "none.jsonl", "--surveys", "kinds"]);
        assert_eq!(done.code == Some(0), taken, "{from} -> {to}\n{}", done.stderr);
        assert!(taken || done.stderr.contains("form_changed"), "{}", done.stderr);
    }
}
