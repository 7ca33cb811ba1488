//! Tables of every kind of question, counted by hand: breaks, bases, filters, weights, means, sets of options.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shukei_query::{CellId, Measure, MeasureKind, TabulateRequest, Tally, World, measures};
use shukei_schemas::definition::{Definitions, Frame, FrameGroup, SurveyDefinition, has_errors};

use super::world::{SURVEY, answers, form, wide};

const FORM: &str = r#"
form: f
version: 1
names: F
scales: {three: [{code: 1, label: low}, {code: 2, label: mid}, {code: 3, label: high}]}
sections:
  - section: one
    questions:
      - {number: a, kind: single, text: A, scale: three}
      - {number: m, kind: multiple, text: M, options: [{code: 1, label: m1}, {code: 2, label: m2}, {code: 3, label: m3}, {code: 4, label: m4}]}
      - {number: r, kind: rating, text: R, points: {from: 1, to: 5}, options: [{code: 99, label: none, not_applicable: true}]}
      - {number: k, kind: ranking, text: K, rows: [{row: 1, label: k1}, {row: 2, label: k2}, {row: 3, label: k3}]}
      - {number: n, kind: number, text: N, bands: [{code: 1, label: few, below: 10}, {code: 2, label: many, from: 10}]}
      - {number: w, kind: number, decimals: 2, role: weight, text: W}
      - {number: g, kind: grid, text: G, scale: three, rows: [{row: 1, label: g1}, {row: 2, label: g2}]}
      - {number: y, kind: single, text: Y, scale: three, ask_if: {question: a, codes: [1]}}
      - {number: d, kind: date, text: D}
      - {number: t, kind: text, text: T}
"#;

fn definitions_with(table: &str) -> (Option<SurveyDefinition>, Vec<shukei_schemas::definition::Finding>) {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    files.insert("survey.yaml".into(), SURVEY.as_bytes().to_vec());
    files.insert("forms/f.yaml".into(), FORM.as_bytes().to_vec());
    if !table.is_empty() {
        files.insert("tables/t.yaml".into(), table.as_bytes().to_vec());
    }
    SurveyDefinition::load_checked(&files)
}

fn survey_with(table: &str) -> Definitions {
    let (definition, findings) = definitions_with(table);
    assert!(!has_errors(&findings), "{findings:?}");
    let mut definitions = Definitions::default();
    definitions.insert(definition.unwrap());
    definitions
}

/// Six units of two groups.
fn units() -> Vec<Vec<u8>> {
    let unit = |id: &str, group: &str, said: Value| answers(id, id, json!({"group": group}), said);
    vec![
        unit(
            "u1",
            "g1",
            json!({"a": 1, "m": [1, 2], "r": 5, "k": {"1": 1, "2": 2}, "n": 4, "w": 1.5, "g": {"1": 1, "2": 1}, "y": 1, "d": "2024-01-31", "t": "x"}),
        ),
        unit(
            "u2",
            "g1",
            json!({"a": 1, "m": [1], "r": 4, "k": {"1": 2, "2": 1}, "n": 12, "w": 0.5, "g": {"1": 1, "2": 2}, "d": "2023-12-31"}),
        ),
        unit("u3", "g1", json!({"a": 2, "m": [2, 3], "r": 99, "n": 20, "w": 2, "g": {"1": 3, "2": 2}})),
        unit("u4", "g2", json!({"a": 2, "m": [], "r": 1, "k": {"3": 1}, "w": 1, "g": {"1": 2}})),
        unit("u5", "g2", json!({"a": 3, "m": [1, 3], "r": 2, "n": 8, "w": 1})),
        unit("u6", "g2", json!({"r": 5, "n": 4, "g": {"1": 1, "2": 3}})),
    ]
}

pub(super) fn formed(request: &TabulateRequest) -> Vec<Measure> {
    let definitions = survey_with("");
    let forms = [form(&definitions)];
    let request = &request.of_forms(&forms).unwrap();
    let batch = wide(&definitions, &units());
    let new =
        || Tally::new(forms[0].clone(), &forms, request, "en").unwrap_or_else(|error| panic!("{error}"));
    // Two tallies merged, in the other order: as partitions of a scan are.
    let (mut total, mut other) = (new(), new());
    total.count(&batch.slice(3, 3)).unwrap();
    other.count(&batch.slice(0, 3)).unwrap();
    total.merge(&other);
    let survey = &definitions.survey(&"s".into()).unwrap().survey;
    let group = |group: &str, invited| FrameGroup {
        group: group.into(),
        invited: Some(invited),
        ..Default::default()
    };
    let frame = Frame { groups: vec![group("g1", 10), group("g2", 30)], in_scope: None };
    let world = World { survey, mappings: &[], groups: &[], frame: Some(&frame) };
    measures(&world, request, &[total]).unwrap()
}

pub(super) fn asked(asked: &[(&str, &str)]) -> TabulateRequest {
    let mut request = TabulateRequest::new("s".into(), "w".into());
    for (name, value) in asked {
        request.ask(name, value).unwrap_or_else(|error| panic!("{name} {value}: {error}"));
    }
    request
}

/// `breaks| row what measure value count/base`, of the figures that are wanted.
pub(super) fn lines(asks: &[(&str, &str)], wanted: impl Fn(&Measure) -> bool) -> Vec<String> {
    let all = formed(&asked(asks));
    let line = |m: &Measure| {
        let what = match (&m.set, m.option, m.state) {
            (Some(set), ..) => set.clone(),
            (None, Some(option), _) => option.to_string(),
            (None, None, state) => state.map_or("", |state| state.as_str()).to_owned(),
        };
        let row = m.row.map_or(String::new(), |row| format!("{row}."));
        let part = if m.breaks.is_empty() { String::new() } else { format!("{}| ", m.breaks) };
        format!("{part}{row}{what} {} {} {}/{}", m.measure, m.value, m.count, m.base)
    };
    all.iter().filter(|m| wanted(m)).map(line).collect()
}

pub(super) fn shares(asks: &[(&str, &str)]) -> Vec<String> {
    lines(asks, |m| m.measure.is_share())
}

/// What is asked, and the shares that come of it.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

#[test]
fn shares_are_those_counted_by_hand() {
    let cases: &[Case<'_>] = &[
        (&[("question", "a")], &["1 share 40.0 2/5", "2 share 40.0 2/5", "3 share 20.0 1/5"]),
        // Bases.
        (
            &[("question", "a"), ("base", "all")],
            &["1 share 33.3 2/6", "2 share 33.3 2/6", "3 share 16.7 1/6", "no_answer share 16.7 1/6"],
        ),
        (
            &[("question", "y"), ("base", "all"), ("measure", "share")],
            &["1 share 16.7 1/6", "2 share 0.0 0/6", "3 share 0.0 0/6", "no_answer share 16.7 1/6"],
        ),
        (
            &[("question", "y"), ("base", "asked")],
            &["1 share 50.0 1/2", "2 share 0.0 0/2", "3 share 0.0 0/2", "no_answer share 50.0 1/2"],
        ),
        (
            &[("question", "y"), ("base", "answered")],
            &["1 share 100.0 1/1", "2 share 0.0 0/1", "3 share 0.0 0/1"],
        ),
        (
            &[("question", "m"), ("base", "mentions")],
            &["1 share 42.9 3/7", "2 share 28.6 2/7", "3 share 28.6 2/7", "4 share 0.0 0/7"],
        ),
        (
            &[("question", "g"), ("base", "row")],
            &[
                "1.1 share 60.0 3/5",
                "1.2 share 20.0 1/5",
                "1.3 share 20.0 1/5",
                "2.1 share 25.0 1/4",
                "2.2 share 50.0 2/4",
                "2.3 share 25.0 1/4",
            ],
        ),
        (
            &[("question", "g"), ("base", "scale_point")],
            &[
                "1.1 share 75.0 3/4",
                "1.2 share 33.3 1/3",
                "1.3 share 50.0 1/2",
                "2.1 share 25.0 1/4",
                "2.2 share 66.7 2/3",
                "2.3 share 50.0 1/2",
            ],
        ),
        // A scale point over two questions that share their options, and were asked for together.
        (
            &[("question", "a"), ("question", "y"), ("base", "scale_point")],
            &[
                "1 share 66.7 2/3",
                "2 share 100.0 2/2",
                "3 share 100.0 1/1",
                "1 share 33.3 1/3",
                "2 share 0.0 0/2",
                "3 share 0.0 0/1",
            ],
        ),
        // Filters and numerators.
        (
            &[("question", "m"), ("where", "a=1,2")],
            &[
                "1 share 50.0 2/4",
                "2 share 50.0 2/4",
                "3 share 25.0 1/4",
                "4 share 0.0 0/4",
                "nothing_marked share 25.0 1/4",
            ],
        ),
        (
            &[("question", "a"), ("where", "n>=8")],
            &["1 share 33.3 1/3", "2 share 33.3 1/3", "3 share 33.3 1/3"],
        ),
        (
            &[("question", "a"), ("where", "n>=8; n<=12")],
            &["1 share 50.0 1/2", "2 share 0.0 0/2", "3 share 50.0 1/2"],
        ),
        (
            &[("question", "a"), ("where", "a!=1")],
            &["1 share 0.0 0/3", "2 share 66.7 2/3", "3 share 33.3 1/3"],
        ),
        (
            &[("question", "a"), ("where", "group=g1"), ("where", "m=2")],
            &["1 share 50.0 1/2", "2 share 50.0 1/2", "3 share 0.0 0/2"],
        ),
        (
            &[("question", "a"), ("where", "group!=g1")],
            &["1 share 0.0 0/2", "2 share 50.0 1/2", "3 share 50.0 1/2"],
        ),
        (
            &[("question", "a"), ("where", "g.2=2")],
            &["1 share 50.0 1/2", "2 share 50.0 1/2", "3 share 0.0 0/2"],
        ),
        (
            &[("question", "a"), ("where", "d>=2024-01-01")],
            &["1 share 100.0 1/1", "2 share 0.0 0/1", "3 share 0.0 0/1"],
        ),
        (
            &[("question", "a"), ("where", "y!=answered")],
            &["1 share 25.0 1/4", "2 share 50.0 2/4", "3 share 25.0 1/4"],
        ),
        (&[("question", "a"), ("where", "method=paper")], &["1 share  0/0", "2 share  0/0", "3 share  0/0"]),
        (
            &[("question", "a"), ("numerator", "group=g1")],
            &["1 share 40.0 2/5", "2 share 20.0 1/5", "3 share 0.0 0/5"],
        ),
        // Sets of options are counted unit by unit: u1 marked both.
        (
            &[("question", "m"), ("net", "both=1,2"), ("where", "a=1,2,3")],
            &[
                "1 share 60.0 3/5",
                "2 share 40.0 2/5",
                "3 share 40.0 2/5",
                "4 share 0.0 0/5",
                "both share 80.0 4/5",
                "nothing_marked share 20.0 1/5",
            ],
        ),
        (
            &[("question", "a"), ("at_least", "2"), ("decimals", "0")],
            &["1 share 40 2/5", "2 share 40 2/5", "3 share 20 1/5", "at_least_2 share 60 3/5"],
        ),
        (
            &[("question", "r"), ("at_least", "4")],
            &[
                "1 share 16.7 1/6",
                "2 share 16.7 1/6",
                "3 share 0.0 0/6",
                "4 share 16.7 1/6",
                "5 share 33.3 2/6",
                "99 share 16.7 1/6",
                "at_least_4 share 50.0 3/6",
            ],
        ),
        // Weights: 1.5 + 0.5, 2 + 1, and 1, of 6.
        (
            &[("question", "a"), ("weight", "w")],
            &["1 share 33.3 2/5", "2 share 50.0 2/5", "3 share 16.7 1/5"],
        ),
        // The bands of a number come with it.
        (&[("question", "n")], &["1 share 60.0 3/5", "2 share 40.0 2/5"]),
        (&[("question", "n"), ("decimals", "3")], &["1 share 60.000 3/5", "2 share 40.000 2/5"]),
    ];
    for (asks, wanted) in cases {
        assert_eq!(shares(asks), *wanted, "{asks:?}");
    }
}

#[test]
fn breaks_are_crossed_and_a_unit_may_stand_in_several_parts() {
    let cases: &[Case<'_>] = &[
        (
            &[("question", "a"), ("by", "m")],
            &[
                "1 share 40.0 2/5",
                "2 share 40.0 2/5",
                "3 share 20.0 1/5",
                "m=1| 1 share 66.7 2/3",
                "m=1| 2 share 0.0 0/3",
                "m=1| 3 share 33.3 1/3",
                "m=2| 1 share 50.0 1/2",
                "m=2| 2 share 50.0 1/2",
                "m=2| 3 share 0.0 0/2",
                "m=3| 1 share 0.0 0/2",
                "m=3| 2 share 50.0 1/2",
                "m=3| 3 share 50.0 1/2",
                "m=4| 1 share  0/0",
                "m=4| 2 share  0/0",
                "m=4| 3 share  0/0",
            ],
        ),
        // The one unit of g2 gave no number, so the group is in no cell of the cross.
        (
            &[("question", "a"), ("by", "group"), ("by", "group*nband"), ("where", "a=1,2")],
            &[
                "1 share 50.0 2/4",
                "2 share 50.0 2/4",
                "3 share 0.0 0/4",
                "group=g1| 1 share 66.7 2/3",
                "group=g1| 2 share 33.3 1/3",
                "group=g1| 3 share 0.0 0/3",
                "group=g2| 1 share 0.0 0/1",
                "group=g2| 2 share 100.0 1/1",
                "group=g2| 3 share 0.0 0/1",
                "group=g1; nband=1| 1 share 100.0 1/1",
                "group=g1; nband=1| 2 share 0.0 0/1",
                "group=g1; nband=1| 3 share 0.0 0/1",
                "group=g1; nband=2| 1 share 50.0 1/2",
                "group=g1; nband=2| 2 share 50.0 1/2",
                "group=g1; nband=2| 3 share 0.0 0/2",
            ],
        ),
        (
            &[("question", "a"), ("by", "group"), ("percent", "across")],
            &[
                "1 share_across 100.0 2/2",
                "2 share_across 100.0 2/2",
                "3 share_across 100.0 1/1",
                "group=g1| 1 share_across 100.0 2/2",
                "group=g1| 2 share_across 50.0 1/2",
                "group=g1| 3 share_across 0.0 0/1",
                "group=g2| 1 share_across 0.0 0/2",
                "group=g2| 2 share_across 50.0 1/2",
                "group=g2| 3 share_across 100.0 1/1",
            ],
        ),
        (
            &[("question", "a"), ("by", "group"), ("percent", "whole")],
            &[
                "1 share_whole 40.0 2/5",
                "2 share_whole 40.0 2/5",
                "3 share_whole 20.0 1/5",
                "group=g1| 1 share_whole 40.0 2/5",
                "group=g1| 2 share_whole 20.0 1/5",
                "group=g1| 3 share_whole 0.0 0/5",
                "group=g2| 1 share_whole 0.0 0/5",
                "group=g2| 2 share_whole 20.0 1/5",
                "group=g2| 3 share_whole 20.0 1/5",
            ],
        ),
        // By a row of a grid; those in no part of the break are in the total only.
        (
            &[("question", "a"), ("by", "g.1"), ("measure", "share"), ("where", "group=g2")],
            &[
                "1 share 0.0 0/2",
                "2 share 50.0 1/2",
                "3 share 50.0 1/2",
                "g.1=1| 1 share  0/0",
                "g.1=1| 2 share  0/0",
                "g.1=1| 3 share  0/0",
                "g.1=2| 1 share 0.0 0/1",
                "g.1=2| 2 share 100.0 1/1",
                "g.1=2| 3 share 0.0 0/1",
                "g.1=3| 1 share  0/0",
                "g.1=3| 2 share  0/0",
                "g.1=3| 3 share  0/0",
            ],
        ),
    ];
    for (asks, wanted) in cases {
        assert_eq!(shares(asks), *wanted, "{asks:?}");
    }
    // A multiple answer by itself, and across parts in which units stand twice: u1, u2 and u5 marked 1 and are three.
    let marks = shares(&[("question", "m"), ("by", "m"), ("percent", "across")]);
    assert!(marks.contains(&"m=2| 1 share_across 33.3 1/3".to_owned()), "{marks:?}");
    assert!(marks.contains(&"m=1| 1 share_across 100.0 3/3".to_owned()), "{marks:?}");
}

#[test]
fn every_kind_has_its_own_figures() {
    let statistics =
        |asks: &[(&str, &str)]| lines(asks, |m| m.measure != MeasureKind::Count && !m.measure.is_share());
    let cases: &[Case<'_>] = &[
        (&[("question", "n")], &["answered mean 9.6 5/5", "answered median 8.0 5/5", "answered sum 48 5/5"]),
        (
            &[("question", "n"), ("decimals", "0"), ("mean_decimals", "3")],
            &["answered mean 9.600 5/5", "answered median 8.000 5/5", "answered sum 48 5/5"],
        ),
        (
            &[("question", "n"), ("measure", "min"), ("measure", "max")],
            &["answered min 4 5/5", "answered max 20 5/5"],
        ),
        // (4*1.5 + 12*0.5 + 20*2 + 8*1) / 5; half of the weight ends at 8.
        (
            &[("question", "n"), ("weight", "w")],
            &["answered mean 12.0 5/5", "answered median 10.0 5/5", "answered sum 60 5/5"],
        ),
        (&[("question", "r")], &["answered mean 3.4 5/5"]),
        (
            &[("question", "r"), ("rescale", "1,5:0,100")],
            &["answered mean 3.4 5/5", "answered mean_rescaled 60.0 5/5"],
        ),
        (
            &[("question", "r"), ("rescale", "5,1:0,-8")],
            &["answered mean 3.4 5/5", "answered mean_rescaled -3.2 5/5"],
        ),
        (
            &[("question", "r"), ("net_score", "4,5/1")],
            &["answered mean 3.4 5/5", "net_score net_score 33.3 4/6"],
        ),
        (
            &[("question", "r"), ("net_score", "4/1,2")],
            &["answered mean 3.4 5/5", "net_score net_score -16.7 3/6"],
        ),
        (
            &[("question", "k")],
            &["1.answered mean 1.5 2/2", "2.answered mean 1.5 2/2", "3.answered mean 1.0 1/1"],
        ),
        (&[("question", "g")], &[]),
        // The mean of 2/3 and 0/2, of 1/3 and 1/2, of 0/3 and 1/2; then with 10 and 30 invited.
        (
            &[("question", "a"), ("equal_groups", "true"), ("frame_weighted", "true")],
            &[
                "1 share_equal_groups 33.3 2/5",
                "1 share_frame_weighted 16.7 2/5",
                "2 share_equal_groups 41.7 2/5",
                "2 share_frame_weighted 45.8 2/5",
                "3 share_equal_groups 25.0 1/5",
                "3 share_frame_weighted 37.5 1/5",
            ],
        ),
    ];
    for (asks, wanted) in cases {
        assert_eq!(statistics(asks), *wanted, "{asks:?}");
    }
    let counts = |question: &str| lines(&[("question", question)], |m| m.measure == MeasureKind::Count);
    assert_eq!(counts("t"), ["answered count 1 1/1", "no_answer count 5 5/1"]);
    assert_eq!(counts("d"), ["answered count 2 2/2", "no_answer count 4 4/2"]);
    assert_eq!(
        counts("k")[..4],
        ["1.1 count 1 1/3", "1.2 count 1 1/3", "1.3 count 0 0/3", "1.no_answer count 3 3/3"]
    );
    let ranks = shares(&[("question", "k"), ("base", "rank")]);
    assert_eq!(ranks[..3], ["1.1 share 50.0 1/2", "1.2 share 50.0 1/2", "1.3 share 0.0 0/2"]);
}

#[test]
fn weights_are_exact_and_small_bases_are_marked_or_blank() {
    let all = formed(&asked(&[("question", "a"), ("weight", "w")]));
    let first = all.iter().find(|m| m.option == Some(1) && m.measure == MeasureKind::Share).unwrap();
    assert_eq!(
        (first.count_weighted.as_deref(), first.base_weighted.as_deref(), first.base_unweighted),
        (Some("2.00"), Some("6.00"), 5)
    );
    assert!(first.remarks().contains(&"weight_missing".to_owned()));
    let count = all.iter().find(|m| m.option == Some(1) && m.measure == MeasureKind::Count).unwrap();
    assert_eq!((count.value.as_str(), count.count), ("2.00", 2));
    let flagged = |name: &str, below: &str| {
        let all = formed(&asked(&[("question", "a"), (name, below)]));
        let share = all.into_iter().find(|m| m.measure == MeasureKind::Share).unwrap();
        (share.value.clone(), share.remarks())
    };
    assert_eq!(flagged("mark_below", "6"), ("40.0".to_owned(), vec!["unreliable".to_owned()]));
    assert_eq!(flagged("mark_below", "5"), ("40.0".to_owned(), vec![]));
    assert_eq!(flagged("blank_below", "6"), (String::new(), vec!["blanked".to_owned()]));
    let all = formed(&asked(&[("question", "y"), ("base", "all")]));
    assert!(all[0].flags.is_empty(), "nobody came through a mapping");
}

#[test]
fn every_figure_has_a_name_of_its_own_that_forms_it_again() {
    let asks = [
        ("by", "group*a"),
        ("by", "m"),
        ("where", "n>=4; group=g1,g2"),
        ("at_least", "2"),
        ("weight", "w"),
        ("net", "both=1,2"),
    ];
    let all = formed(&asked(&asks));
    let names: std::collections::BTreeSet<&str> = all.iter().map(|m| m.id.as_str()).collect();
    assert_eq!(names.len(), all.len(), "two figures share a name");
    for figure in all.iter().step_by(37) {
        let parsed = CellId::parse(&figure.id).unwrap();
        assert_eq!((parsed.named, parsed.id.as_str()), (None, figure.id.as_str()));
        assert!(formed(&parsed.request).contains(figure), "{}", figure.id);
    }
    let mean = all.iter().find(|m| {
        m.question.as_str() == "n" && m.measure == MeasureKind::Mean && m.breaks == "group=g1; a=1"
    });
    assert_eq!(
        mean.unwrap().id,
        "s/w/n/n/-/answered/group=g1%3B%20a=1/mean?where=n>=4%3B%20group=g1,g2&weight=w&at_least=2&net=both=1,2"
    );
    assert!(CellId::parse("s/w/n").is_err());
}

#[test]
fn a_named_table_says_the_same_as_options_do() {
    let yaml = r"
table: front
title: {ja: 表, en: Front}
questions: [a, m]
by: [group, 'group*nband']
filter: {all: [{question: n, at_least: 4}, {not: {group: [g3]}}]}
numerator: {question: m, codes: [1, 3]}
base: asked
percent: whole
weight: w
measures: [count, share]
decimals: 2
mean_decimals: 4
reliability: {mark_below: 3}
groups: [{id: any, label: Any of both, options: [1, 2]}]
at_least: 2
";
    let definitions = survey_with(yaml);
    let table = &definitions.survey(&"s".into()).unwrap().tables["front"].value;
    let named = formed(&TabulateRequest::of_table("s".into(), "w".into(), table));
    let same = formed(&asked(&[
        ("question", "a"),
        ("question", "m"),
        ("by", "group"),
        ("by", "group*nband"),
        ("where", "n>=4"),
        ("where", "group!=g3"),
        ("numerator", "m=1,3"),
        ("base", "asked"),
        ("percent", "whole"),
        ("weight", "w"),
        ("measure", "count"),
        ("measure", "share"),
        ("decimals", "2"),
        ("mean_decimals", "4"),
        ("mark_below", "3"),
        ("net", "any=1,2"),
        ("at_least", "2"),
    ]));
    let figures =
        |all: &[Measure]| all.iter().map(|m| (m.breaks.clone(), m.value.clone(), m.base)).collect::<Vec<_>>();
    assert_eq!(figures(&named), figures(&same));
    assert!(named.len() > 50 && named.iter().all(|m| m.table == "front"));
    assert!(named[0].id.starts_with("s/w/front/a/-/1/-/count") && !named[0].id.contains('?'));
}

#[test]
fn what_is_wrong_with_a_named_table_is_told_with_line_and_nearest_name() {
    let cases = [
        ("questions: [a, mm]", "unknown question `mm`", "did you mean `m`?"),
        ("by: [grup]", "`grup` is nothing to break figures down by", "did you mean `group`?"),
        ("by: [t]", "`t` is nothing to break figures down by", "break down by its bands, `<number>band`"),
        ("by: ['group*g']", "`g` is nothing to break figures down by", "name one of its rows, `number.row`"),
        (
            "filter: {question: a, codes: [9]}",
            "the condition on `a` names unknown option 9",
            "options: 1, 2, 3",
        ),
        (
            "filter: {question: g, codes: [1]}",
            "the condition on `g` names no row",
            "add `row`, or write `number.row`",
        ),
        (
            "numerator: {question: nn, answered: true}",
            "condition on unknown question `nn`",
            "did you mean `n`?",
        ),
        ("weight: n", "`n` is no question with `role: weight`", "did you mean `w`?"),
        ("decimals: 7", "decimals above 6", ""),
        ("mean_decimals: 7", "mean_decimals above 6", ""),
        ("base: askd", "unknown variant `askd`", "did you mean `asked`?"),
        ("percnt: down", "unknown field `percnt`", "did you mean `percent`?"),
        ("questions: [a]\ngroups: [{id: x, options: [1, 8]}]", "group `x` names unknown option 8", ""),
        (
            "questions: [a]\nnet_score: {promoters: [1], detractors: [1]}",
            "option 1 counts for and against the net score",
            "",
        ),
        ("rescale: {from: [1, 1], to: [0, 100]}", "the two points of `from` are the same", ""),
    ];
    for (yaml, message, hint) in cases {
        let (_, findings) = definitions_with(&format!("table: t\n{yaml}\n"));
        let found = findings.iter().find(|finding| finding.message.contains(message));
        let found = found.unwrap_or_else(|| panic!("{yaml}: {findings:?}"));
        assert!(
            found.file == "tables/t.yaml" && found.line.is_some_and(|line| line > 1),
            "{yaml}: {found:?}"
        );
        assert_eq!(found.hint.as_deref().unwrap_or_default(), hint, "{yaml}");
    }
    let wrong: &[(&str, &str, &str)] = &[
        ("base", "al", "did you mean `all`?"),
        ("percent", "sideways", "down, across, whole"),
        ("where", "n", "write `3=1,2`"),
        ("decimals", "7", "0 to 6"),
        ("whre", "n=1", "did you mean `where`?"),
    ];
    for (name, value, hint) in wrong {
        let mut request = TabulateRequest::new("s".into(), "w".into());
        let error = request.ask(name, value).unwrap_err();
        assert!(
            error.code() == "query_request" && error.hint().starts_with(hint),
            "{name} {value}: {}",
            error.hint()
        );
    }
}
