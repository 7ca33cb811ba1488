//! Indicators from definitions to figures: a small survey counted by hand, and the flagship's counted again naively.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::sync::OnceLock;

use shukei_testkit::{Program, csv_rows};

const SURVEY: &str = "\
survey: few
version: 1
names: Few
decimals: 1
waves:
  - wave: w
    names: W
    forms: [{form: own, version: 1}]
    mappings: [{mapping: across, version: 1}]
";
const OWN: &str = "\
form: own
version: 1
names: Own
sections:
  - section: s
    questions:
      - {number: a, kind: single, text: A, options: [{code: 1, label: yes}, {code: 2, label: partly}, {code: 3, label: no}]}
      - {number: m, kind: multiple, text: M, options: [{code: 1, label: x}, {code: 2, label: y}, {code: 3, label: z}, {code: 4, label: none, exclusive: true}]}
      - {number: g, kind: grid, text: G, options: [{code: 1, label: good}, {code: 2, label: fair}, {code: 3, label: bad}], rows: [{row: 1, label: p}, {row: 2, label: q}]}
      - {number: r, kind: single, text: R, ask_if: {question: a, codes: [1]}, options: [{code: 1, label: yes}, {code: 2, label: no}]}
      - {number: w, kind: number, decimals: 1, role: weight, text: W}
      - {number: b, kind: single, text: B, options: [{code: 2, label: partly}, {code: 1, label: yes}, {code: 9, label: never}]}
";
const THEIRS: &str = "\
form: theirs
version: 1
names: Theirs
sections:
  - section: s
    questions:
      - {number: x, kind: single, text: X, options: [{code: 1, label: yes}, {code: 2, label: no}]}
      - {number: y, kind: single, text: Y, options: [{code: 1, label: yes}, {code: 2, label: no}]}
";
const MAPPING: &str = "\
mapping: across
version: 1
names: Across
source: {form: theirs, version: 1}
target: {form: own, version: 1}
signed_off: {by: somebody, on: \"2026-01-01\"}
exclusion_note: without theirs
questions:
  - {question: a, reason: the same words, from: y, map: {1: 1, 2: 3}}
  - {question: m, reason: one option is asked, options: [{option: 1, any: [{question: x, codes: [1], not: [2]}]}]}
";
const INDICATORS: &str = "\
set: all
version: 2
indicators:
  - {indicator: at-all, label: Yes or partly, question: a, options: [1, 2]}
  - {indicator: first, label: The first, question: m, options: [1]}
  - {indicator: first-two, label: Any of two, question: m, options: [1, 2], base: covered}
  - {indicator: first-two-all, label: Any of two of all, question: m, options: [1, 2], base: all}
  - {indicator: said-not-none, label: Another than none, of: {question: m, not_codes: [4]}}
  - {indicator: not-none, label: None is not marked, of: {any: [{question: m, not_codes: [4]}, {question: m, answered: false}]}, base: covered}
  - {indicator: both, label: Yes and the first, note: the reading with both, of: {all: [{question: a, codes: [1]}, {question: m, codes: [1]}]}}
  - {indicator: both-of-a, label: Yes and the second of those asked A, of: {all: [{question: a, codes: [1]}, {question: m, codes: [2]}]}, base: [a]}
  - {indicator: rows, label: Good in a row, question: g, rows: [1, 2], options: [1]}
  - {indicator: rows-answered, label: Good of those who answered both, question: g, rows: [1, 2], options: [1], base: answered}
  - {indicator: routed, label: Of those asked, origin: implied, question: r, options: [1]}
  - {indicator: routed-all, label: Of all, question: r, options: [1], base: all}
";
/// Beside them: bases that a condition narrows.
const NARROWED: &str = "\
set: narrowed
version: 1
indicators:
  - {indicator: first-of-yes, label: The first of those who said yes, question: m, options: [1], among: {question: a, codes: [1]}}
  - {indicator: second-of-yes, label: The second of those who said yes, question: m, options: [2], base: all, among: {question: a, codes: [1]}}
  - {indicator: known, label: Of ours, question: a, options: [1], among: {question: m, answered: true}, base: covered}
  - {indicator: kept, label: Kept, question: a, each_among: b, options: [1, 2], base: covered}
";
const TABLE: &str =
    "table: front\nquestions: [a]\nindicators: [first-two, at-all]\nby: [group]\ndecimals: 0\n";

/// Five units of ours and two of theirs.
const RECORDS: &str = r#"{"survey":"few","wave":"w","respondent":"u1","group":"g1","answers":{"a":1,"m":[1,2],"g":{"1":1,"2":3},"r":1,"w":2,"b":1}}
{"survey":"few","wave":"w","respondent":"u2","group":"g1","answers":{"a":2,"m":[4],"g":{"1":2,"2":2},"w":1,"b":2}}
{"survey":"few","wave":"w","respondent":"u3","group":"g1","answers":{"a":3,"g":{"1":3},"w":1,"b":9}}
{"survey":"few","wave":"w","respondent":"u4","group":"g2","answers":{"a":1,"m":[2,3],"g":{"1":1,"2":1},"w":0.5,"b":2}}
{"survey":"few","wave":"w","respondent":"u5","group":"g2","answers":{"m":[1],"w":0.5}}
{"survey":"few","wave":"w","respondent":"v1","group":"g2","form":"theirs","answers":{"x":1,"y":1}}
{"survey":"few","wave":"w","respondent":"v2","group":"g1","form":"theirs","answers":{"x":2,"y":2}}
"#;

fn write(program: &Program) {
    program.file("few/survey.yaml", SURVEY);
    program.file("few/forms/own.yaml", OWN);
    program.file("few/forms/theirs.yaml", THEIRS);
    program.file("few/mappings/across.yaml", MAPPING);
    program.file("few/indicators/all.yaml", INDICATORS);
    program.file("few/tables/front.yaml", TABLE);
}

fn small() -> &'static Program {
    static PLAYED: OnceLock<Program> = OnceLock::new();
    PLAYED.get_or_init(|| {
        let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
        write(&program);
        program.file("records.jsonl", RECORDS);
        program.run(["check", "few"]).ends(0);
        program.on_data(&["submit", "records.jsonl", "--surveys", "few"]).ends(0);
        program
    })
}

fn asked(more: &[&str]) -> Vec<BTreeMap<String, String>> {
    let arguments = ["tabulate", "--survey", "few", "--wave", "w", "--surveys", "few"];
    csv_rows(&small().on_data(&[&arguments, more].concat()).ends(0).stdout)
}

/// `breaks| set measure value count/base rule methods flags`, the flags without the note.
fn line(row: &BTreeMap<String, String>) -> String {
    let part = if row["breaks"].is_empty() { String::new() } else { format!("{}| ", row["breaks"]) };
    let of = |name: &str| row[name].as_str();
    format!(
        "{part}{} {} {} {}/{} {} {} {}",
        of("set"),
        of("measure"),
        of("value"),
        of("count"),
        of("base"),
        of("base_rule"),
        of("methods"),
        of("flags")
    )
}

fn shares(more: &[&str]) -> Vec<String> {
    asked(more).iter().filter(|row| row["measure"] != "count").map(line).collect()
}

#[test]
fn each_indicator_has_the_count_and_the_base_of_its_definition() {
    assert_eq!(
        shares(&["--indicators"]),
        [
            // No answer to A is in the base and does not hold.
            "at-all share 57.1 4/7 covered external+form ",
            "first share 42.9 3/7 covered external+form ",
            // Of two options of which theirs asks one, the base is ours; all of them only if that is said.
            "first-two share 60.0 3/5 covered form without theirs",
            "first-two-all share 57.1 4/7 all external+form includes_not_mapped",
            // Whoever gave no answer said nothing else than none, unless that is asked for.
            "said-not-none share 60.0 3/5 covered form without theirs",
            "not-none share 80.0 4/5 covered form without theirs",
            "both share 28.6 2/7 covered external+form ",
            "both-of-a share 28.6 2/7 questions external+form includes_not_mapped",
            "rows share 40.0 2/5 covered form without theirs",
            "rows-answered share 66.7 2/3 answered form without theirs",
            "routed share 50.0 1/2 covered form reconstructed;without theirs",
            "routed-all share 14.3 1/7 all external+form includes_not_mapped",
        ]
    );
    // Every count stands before its share, on the same base; no question stands beside them.
    let rows = asked(&["--indicators"]);
    assert_eq!(rows.len(), 24);
    for pair in rows.chunks(2) {
        assert_eq!((pair[0]["measure"].as_str(), pair[1]["measure"].as_str()), ("count", "share"));
        assert_eq!((&pair[0]["value"], &pair[0]["base"]), (&pair[1]["count"], &pair[1]["base"]));
        assert_eq!((pair[0]["table"].as_str(), pair[0]["question"].as_str()), ("indicators", ""));
    }
    assert_eq!(rows[20]["label"], "Of those asked †");
}

#[test]
fn what_is_asked_of_questions_is_asked_of_indicators() {
    // (arguments, the shares of `first` or what else is asked)
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["--indicator", "first", "--by", "group"],
            &[
                "first share 42.9 3/7 covered external+form ",
                "group=g1| first share 25.0 1/4 covered external+form ",
                "group=g2| first share 66.7 2/3 covered external+form ",
            ],
        ),
        (&["--indicator", "first", "--where", "a=1"], &["first share 66.7 2/3 covered external+form "]),
        (
            &["--indicator", "first", "--numerator", "group=g1"],
            &["first share 14.3 1/7 covered external+form "],
        ),
        (
            &["--indicator", "first", "--by", "group", "--percent", "across"],
            &[
                "first share_across 100.0 3/3 across external+form ",
                "group=g1| first share_across 33.3 1/3 across external+form ",
                "group=g2| first share_across 66.7 2/3 across external+form ",
            ],
        ),
        (
            &["--indicator", "first", "--by", "group", "--percent", "whole", "--decimals", "0"],
            &[
                "first share_whole 43 3/7 covered external+form ",
                "group=g1| first share_whole 14 1/7 covered external+form ",
                "group=g2| first share_whole 29 2/7 covered external+form ",
            ],
        ),
        // A third of g1 and all of g2, each once.
        (
            &["--indicator", "first-two", "--equal-groups"],
            &[
                "first-two share 60.0 3/5 covered form without theirs",
                "first-two share_equal_groups 66.7 3/5 groups form without theirs",
            ],
        ),
        // 2 + 1 + 0.5 of 5; nobody of theirs has a weight.
        (
            &["--indicator", "at-all", "--weight", "w"],
            &[
                "at-all share 70.0 4/7 covered external+form weight_missing;2 without a weight, in no weighted figure",
            ],
        ),
        (
            &["--indicator", "first", "--mark-below", "8"],
            &["first share 42.9 3/7 covered external+form unreliable"],
        ),
        (
            &["--indicator", "first", "--blank-below", "8"],
            &["first share  3/7 covered external+form blanked"],
        ),
        (
            &["--indicator", "routed", "--where", "a=3"],
            &["routed share  0/0 covered  reconstructed;base_zero;without theirs"],
        ),
    ];
    for (arguments, wanted) in cases {
        assert_eq!(shares(arguments), *wanted, "{arguments:?}");
    }
    // In a named table they stand behind its questions, by its breaks and with its decimals.
    let rows = asked(&["--table", "front"]);
    let of_indicators: Vec<String> =
        rows.iter().filter(|row| row["question"].is_empty() && row["measure"] == "share").map(line).collect();
    assert_eq!(
        of_indicators,
        [
            "at-all share 57 4/7 covered external+form ",
            "group=g1| at-all share 50 2/4 covered external+form ",
            "group=g2| at-all share 67 2/3 covered external+form ",
            "first-two share 60 3/5 covered form without theirs",
            "group=g1| first-two share 33 1/3 covered form without theirs",
            "group=g2| first-two share 100 2/2 covered form without theirs",
        ]
    );
    assert!(rows.iter().all(|row| row["table"] == "front"));
    assert!(rows.iter().any(|row| row["question"] == "a"));
    // Beside questions that are named.
    let rows = asked(&["--question", "a", "--indicator", "first"]);
    assert!(rows.iter().any(|row| row["question"] == "a") && rows.iter().any(|row| row["set"] == "first"));
    assert!(!rows.iter().any(|row| row["question"] == "m"));
}

#[test]
fn a_condition_narrows_the_base_and_one_indicator_stands_for_each_option() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    write(&program);
    program.file("few/indicators/all.yaml", NARROWED);
    program.file("few/tables/front.yaml", "table: front\nquestions: [a]\nindicators: [kept]\n");
    program.file("records.jsonl", RECORDS);
    program.run(["check", "few"]).ends(0);
    program.on_data(&["submit", "records.jsonl", "--surveys", "few"]).ends(0);
    let asked = |more: &[&str]| {
        let arguments = ["tabulate", "--survey", "few", "--wave", "w", "--surveys", "few"];
        let rows = csv_rows(&program.on_data(&[&arguments, more].concat()).ends(0).stdout);
        rows.into_iter().filter(|row| row["measure"] == "share" && row["question"].is_empty())
    };
    let lines = |more: &[&str]| asked(more).map(|row| line(&row)).collect::<Vec<_>>();
    let kept = [
        "kept-1 share 100.0 1/1 among form without theirs",
        "kept-2 share 50.0 1/2 among form without theirs",
    ];
    assert_eq!(
        lines(&["--indicators"]),
        [
            &[
                "first-of-yes share 66.7 2/3 among external+form ",
                "second-of-yes share 66.7 2/3 among external+form includes_not_mapped",
                // Who of theirs would have answered M as a whole is not known.
                "known share 50.0 2/4 among form without theirs",
            ][..],
            &kept
        ]
        .concat()
    );
    assert_eq!(lines(&["--indicator", "kept"]), kept);
    assert_eq!(lines(&["--indicator", "kept-2"]), kept[1..]);
    assert_eq!(lines(&["--table", "front"]), kept);
    let labels: Vec<String> = asked(&["--indicator", "kept"]).map(|row| row["label"].clone()).collect();
    assert_eq!(labels, ["Kept: yes", "Kept: partly"]);
    let text = program.on_data(&["explain", "few/w/-/-/-/indicator:kept-2/-/share", "--surveys", "few"]);
    let text = text.ends(0).stdout;
    for part in ["formed of   1 of 2", "holds where a=2", "base among  b=2"] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    let shown = program
        .on_data(&["tabulate", "--survey", "few", "--surveys", "few", "--indicators", "--format", "table"])
        .ends(0);
    assert!(shown.stdout.contains("among ※1\n"), "{}", shown.stdout);
}

#[test]
fn what_is_asked_for_and_comes_to_nothing_is_said() {
    // (arguments, what is said beside the figures; nothing where they show it)
    let cases: &[(&[&str], &str)] = &[
        (&["--question", "m", "--at-least", "1"], "`--at-least 1` prints nothing: it needs a scale"),
        (&["--question", "a", "--at-least", "9"], "`--at-least 9` prints nothing: it needs a scale"),
        (&["--question", "a", "--at-least", "2"], ""),
        (&["--question", "m", "--rescale", "1,5:0,100"], "`--rescale` prints nothing: it needs a rating"),
        (&["--question", "a", "--net", "ab=1-2"], ""),
        (
            &["--question", "a", "--net", "ab=1-9"],
            "`--net ab` prints nothing: it needs a question that has all",
        ),
        (&["--question", "a", "--net-score", "1/2-3"], ""),
        (&["--question", "a", "--net-score", "1/2-4"], "`--net-score` prints nothing"),
        (&["--question", "a", "--measure", "median"], "`--measure median` prints nothing: it needs a rating"),
        (&["--question", "a", "--measure", "count", "--measure", "sum"], "`--measure sum` prints nothing"),
        (&["--question", "w", "--measure", "median"], ""),
    ];
    for (more, wanted) in cases {
        let arguments = ["tabulate", "--survey", "few", "--wave", "w", "--surveys", "few"];
        let done = small().on_data(&[&arguments, *more].concat()).ends(0);
        let said = done.stderr.contains("prints nothing");
        assert!(done.stderr.contains(wanted) && said != wanted.is_empty(), "{more:?}: {}", done.stderr);
    }
    let rows = asked(&["--question", "a", "--net", "ab=1-2", "--net", "a=1,2"]);
    let of = |set: &str| {
        let of_set = rows.iter().filter(|row| row["set"] == set);
        of_set.map(|row| row["value"].clone()).collect::<Vec<_>>()
    };
    assert!(of("ab").len() > 1 && of("ab") == of("a"), "{rows:?}");
}

#[test]
fn an_indicator_can_be_explained_and_a_wrong_one_is_refused() {
    let explained = |id: &str| small().on_data(&["explain", id, "--surveys", "few"]).ends(0).stdout;
    let ids =
        |more: &[&str]| -> Vec<String> { asked(more).into_iter().map(|row| row["id"].clone()).collect() };
    let id = ids(&["--indicator", "both"]).pop().unwrap();
    assert_eq!(id, "few/w/-/-/-/indicator:both/-/share");
    let text = explained(&id);
    for part in [
        "indicator   both",
        "formed of   2 of 7",
        "set         all, version 2",
        "holds where a=1; m=1",
        "note        the reading with both",
        "form        own-1",
        "mapping     across-1: covers it",
        "the same words one option is asked",
        " g1      form       1       3\n",
        " g2      external   1       1\n",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    let id = ids(&["--table", "front"]).pop().unwrap();
    assert_eq!(id, "few/w/front/-/-/indicator:first-two/group=g2/share");
    let text = explained(&id);
    for part in ["named table front", "mapping     across-1: does not cover it", "part        group=g2"] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    // (arguments, a part of what is said)
    let cases: &[(&[&str], &str)] = &[
        (&["--indicator", "firts"], "did you mean `first`?"),
        (&["--indicator", "nothing-like-it"], "indicators: at-all, first, "),
    ];
    for (more, wanted) in cases {
        let arguments = ["tabulate", "--survey", "few", "--wave", "w", "--surveys", "few"];
        let done = small().on_data(&[&arguments, *more].concat());
        assert!(done.code != Some(0) && done.stderr.contains(wanted), "{more:?}: {}", done.stderr);
    }
}

#[test]
fn over_http_it_is_the_same() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    write(&program);
    program.file("records.jsonl", RECORDS);
    program.on_data(&["submit", "records.jsonl", "--surveys", "few"]).ends(0);
    let folder = program.path("few");
    let mut up = super::up::Up::start(&program, &["--surveys", folder.to_str().unwrap()]);
    let get = |query: &str| {
        let url = up.url();
        let address = url.strip_prefix("http://").unwrap();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let path = format!("/v1/surveys/few/waves/w/tabulations?format=csv&{query}");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().to_owned(), body.to_owned())
    };
    for (query, arguments) in [
        ("indicators=true", &["--indicators"][..]),
        (
            "indicator=first&indicator=rows&by=group",
            &["--indicator", "first", "--indicator", "rows", "--by", "group"],
        ),
    ] {
        let (status, body) = get(query);
        assert_eq!(status, "200", "{body}");
        let wanted: Vec<String> = asked(arguments).iter().map(line).collect();
        assert_eq!(csv_rows(&body).iter().map(line).collect::<Vec<_>>(), wanted, "{query}");
    }
    let (status, body) = get("indicator=firts");
    assert!(status == "400" && body.contains("did you mean `first`?"), "{status} {body}");
    up.signal("-TERM");
}

/// What one unit said to one question: its state, and what it chose.
type Said = (String, BTreeSet<u32>);

/// How an indicator of the flagship is counted again: its question, the options that it looks at, whether one of them
/// or none of them was chosen, what no answer is, and which base.
struct Recount {
    indicator: &'static str,
    question: &'static str,
    options: &'static [u32],
    negated: bool,
    no_answer_counts: bool,
    of_answered: bool,
}

const fn any(indicator: &'static str, question: &'static str, options: &'static [u32]) -> Recount {
    Recount { indicator, question, options, negated: false, no_answer_counts: false, of_answered: false }
}

const RECOUNTS: &[Recount] = &[
    any("csirt", "24", &[2]),
    any("ciso", "24", &[1]),
    any("vulnerability", "31", &[1]),
    any("communication_any", "17", &[1, 2, 3, 4, 5]),
    Recount { negated: true, no_answer_counts: true, ..any("communication_not_none", "17", &[6]) },
    any("people_any", "27", &[1, 2]),
    any("people_alone", "27", &[2]),
    any("budget_any", "27", &[1, 3]),
    any("budget_alone", "27", &[3]),
    any("neither_sufficient", "27", &[4]),
    any("needs_unclear", "27", &[5]),
    any("audit", "29", &[1, 2, 3]),
    Recount { of_answered: true, ..any("audit_of_answered", "29", &[1, 2, 3]) },
    any("evaluation_not_done", "31", &[8]),
    Recount { no_answer_counts: true, ..any("evaluation_not_known", "31", &[8]) },
    any("risk_assessment", "42", &[1, 2]),
    any("risk_assessment_for_service", "42", &[1]),
    any("risk_assessment_not_done", "42", &[3, 4]),
    any("policies_inside", "52", &[1, 2]),
    any("policies_contractors", "52", &[2]),
    any("supply_chain_not_known", "56", &[5]),
    Recount { no_answer_counts: true, ..any("supply_chain_nothing_known", "56", &[5]) },
    any("contingency_plan", "64", &[1, 2]),
    any("contingency_plan_cyber", "64", &[1]),
    any("continuity_plan", "66", &[1, 2, 3]),
    any("recovery_plan", "66", &[1]),
    any("sharing_any", "79", &[1, 2, 3]),
    any("sharing_beyond_law", "79", &[2, 3]),
    any("review_policy", "113", &[1]),
    any("review_any", "113", &[1, 2, 3, 4, 5, 6, 7, 8, 9]),
    Recount { negated: true, no_answer_counts: true, ..any("review_not_none", "113", &[10]) },
];

#[test]
fn trap_07_the_flagships_indicators_have_each_the_base_of_a_naive_recount() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let _ = program.on_data(&["demo", "--survey", "nisc", "--wave", "2023"]).ends(0);
    let mut said: BTreeMap<(String, String), BTreeMap<String, Said>> = BTreeMap::new();
    let sql = "SELECT unit, method, question, state, option, chosen FROM answers WHERE survey = 'nisc' AND wave = '2023' \
               AND question IN ('17', '24', '27', '29', '31', '42', '52', '56', '64', '66', '79', '113')";
    for row in program.sql(sql) {
        let unit = said.entry((row["unit"].clone(), row["method"].clone())).or_default();
        let (state, chosen) = unit.entry(row["question"].clone()).or_default();
        state.clone_from(&row["state"]);
        if row["chosen"] == "true" {
            chosen.insert(row["option"].parse().unwrap());
        }
    }
    assert_eq!(said.len(), 1862);
    let csv =
        program.on_data(&["tabulate", "--survey", "nisc", "--wave", "2023", "--indicators"]).ends(0).stdout;
    let rows = csv_rows(&csv);
    let mut figures: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row["measure"] == "share") {
        figures.insert(&row["set"], (row["count"].parse().unwrap(), row["base"].parse().unwrap()));
        let tenths = (2000 * row["count"].parse::<u64>().unwrap()).div_euclid(row["base"].parse().unwrap());
        let rounded = tenths.div_ceil(2);
        assert_eq!(row["value"], format!("{}.{}", rounded / 10, rounded % 10), "{row:?}");
        assert!(row["flags"].starts_with("synthetic"), "{row:?}");
    }
    let count = |holds: &dyn Fn(&BTreeMap<String, Said>) -> Option<bool>, external: bool| {
        let units = said.iter().filter(|((_, method), _)| external || method == "form");
        let known: Vec<bool> = units.filter_map(|(_, unit)| holds(unit)).collect();
        (known.iter().filter(|holds| **holds).count() as u64, known.len() as u64)
    };
    for recount in RECOUNTS {
        // What the external survey covers stands in its mapping; nothing else of it is known.
        let external = matches!((recount.question, recount.options), ("31" | "42", _) | ("24", [2]));
        let holds = |unit: &BTreeMap<String, Said>| {
            let (state, chosen) = &unit[recount.question];
            let answered = state == "answered";
            let any = recount.options.iter().any(|option| chosen.contains(option));
            match (recount.of_answered, state.as_str()) {
                (_, "not_mapped" | "not_asked") | (true, "no_answer" | "stated_no_answer" | "invalid") => {
                    None
                }
                _ if answered => Some(any != recount.negated),
                _ => Some(recount.no_answer_counts),
            }
        };
        let wanted = count(&holds, external);
        assert_eq!(figures.remove(recount.indicator), Some(wanted), "{}", recount.indicator);
    }
    let both =
        |unit: &BTreeMap<String, Said>| Some([1, 2].iter().all(|option| unit["24"].1.contains(option)));
    assert_eq!(figures.remove("csirt_and_ciso"), Some(count(&both, false)));
    assert!(figures.is_empty(), "not recounted: {figures:?}");
    // The two readings of a rate differ by those who gave no answer, and by nobody else.
    let of = |id: &str| {
        let row = rows.iter().find(|row| row["set"] == id && row["measure"] == "count").unwrap();
        row["count"].parse::<u64>().unwrap()
    };
    let silent = count(
        &|unit| Some(matches!(unit["17"].0.as_str(), "no_answer" | "invalid" | "stated_no_answer")),
        false,
    )
    .0;
    assert_eq!(of("communication_not_none") - of("communication_any"), silent);
    assert!(silent > 0, "the readings would be the same");
}
