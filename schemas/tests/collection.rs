//! Cut-offs, completeness and surveys without waves: what is read, and what is refused.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use shukei_schemas::State;
use shukei_schemas::definition::{FormCompleteness, SurveyDefinition};

const FORM: &str = "form: f\nversion: 1\nnames: F\nsections:\n  - section: s\n    questions:\n\
      \x20     - {number: x, kind: number, role: attribute, text: X}\n\
      \x20     - {number: q, kind: number, text: Q}\n\
      \x20     - {number: g, kind: grid, text: G, rows: [{row: 1, label: a}, {row: 2, label: b}], options: [{code: 1, label: c}]}\n\
      \x20     - {number: n, kind: number, text: N, bands: [{code: 1, label: all}]}\n\
      \x20     - {number: y, kind: date, precision: year, text: Y}\n\
      \x20     - {number: p, kind: date, text: P, derived: {period: year, of: y}}\n";

fn loaded(survey: &str, form: &str) -> (Option<SurveyDefinition>, Vec<String>) {
    let files = [("survey.yaml", survey), ("forms/f.yaml", form)];
    let files: BTreeMap<String, Vec<u8>> =
        files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
    let (definition, findings) = SurveyDefinition::load_checked(&files);
    (definition, findings.iter().map(ToString::to_string).collect())
}

fn wave(keys: &str) -> String {
    format!(
        "survey: t\nversion: 1\nnames: T\nwaves:\n  - wave: w\n    names: W\n    forms: [{{form: f, version: 1}}]\n{keys}"
    )
}

#[test]
fn a_cut_off_is_a_moment_in_its_zone() {
    let hour = 3_600_000_000_i64;
    // (keys of the wave, the first moment that is late, in hours since 1970)
    let cases = [
        ("    closes: \"1970-01-02\"\n", Some(48)),
        ("    closes: \"1970-01-02\"\n    zone: Asia/Tokyo\n", Some(39)),
        ("    closes: \"1970-01\"\n", Some(31 * 24)),
        ("    closes: \"1970-01-02T17:00\"\n    zone: Asia/Tokyo\n", Some(32)),
        ("    closes: \"1970-01-02T17:00:00+09:00\"\n", Some(32)),
        ("", None),
    ];
    for (keys, wanted) in cases {
        let (definition, findings) = loaded(&wave(keys), FORM);
        assert_eq!(findings, Vec::<String>::new(), "{keys}");
        let closes = definition.unwrap().survey.waves[0].closes_at();
        assert_eq!(closes, wanted.map(|hours: i64| hours * hour), "{keys}");
    }
}

#[test]
fn a_survey_without_waves_is_one_wave() {
    let survey = "survey: t\nversion: 1\nnames: T\nforms: [{form: f, version: 1}]\nheadline: [q]\n";
    let (definition, findings) = loaded(survey, FORM);
    assert_eq!(findings, Vec::<String>::new());
    let survey = definition.unwrap().survey;
    let only = &survey.waves[0];
    assert_eq!((only.wave.as_str(), only.forms.len(), only.headline.len()), ("all", 1, 1));
    assert_eq!(survey.wave_if_none_is_named().map(|wave| wave.as_str()), Some("all"));
    let with_waves = loaded(&wave(""), FORM).0.unwrap();
    assert_eq!(with_waves.survey.wave_if_none_is_named(), None, "a second wave may come");
}

#[test]
fn each_mistake_is_named_with_its_line() {
    let top = "survey: t\nversion: 1\nnames: T\n";
    // (survey.yaml, the line, what is said)
    let cases = [
        (top.to_owned(), None, "list `waves`"),
        (
            wave("").replace("names: T\n", "names: T\nforms: [{form: f, version: 1}]\n"),
            Some(5),
            "leave `waves` out",
        ),
        (format!("{top}forms: [{{form: g, version: 1}}]\n"), Some(4), "unknown form `g-1`"),
        (wave("    closes: soon\n"), Some(8), "`closes: soon` is no date and no time"),
        (wave("    opens: \"2026-13-01\"\n"), Some(8), "`opens: 2026-13-01`"),
        (wave("    opens: \"2026-05-02\"\n    closes: \"2026-05-01\"\n"), Some(9), "closes before it opens"),
        (wave("    closes: \"2026-05-01\"\n    zone: Tokyo\n"), Some(9), "unknown time zone `Tokyo`"),
        (wave("    late: out\n"), Some(8), "`late` without `closes`"),
        (wave("    complete: {questions: [qq]}\n"), Some(8), "did you mean `q`?"),
        (wave("    complete: {at_least: most}\n"), Some(8), "`at_least: most`"),
        (wave("    complete: {at_least: 120%}\n"), Some(8), "`at_least: 120%`"),
        (wave("    complete: {}\n"), Some(8), "says nothing"),
        (wave("    questions: {nn: {states: {}}}\n"), Some(8), "did you mean `n`?"),
        (wave("    partial: maybe\n"), Some(8), "maybe"),
    ];
    for (survey, line, wanted) in cases {
        let findings = loaded(&survey, FORM).1;
        assert_eq!(findings.len(), 1, "{survey}{findings:#?}");
        let place = line.map_or("survey.yaml".to_owned(), |line: u64| format!("survey.yaml:{line}"));
        assert!(
            findings[0].contains(&place) && findings[0].contains(wanted),
            "{place} {wanted}\n{findings:#?}"
        );
    }
    // (what stands in the form, what is put there, what is said)
    let cases = [
        ("period: year, of: y", "period: year", "a period is `of` something"),
        ("period: year, of: y", "period: month, of: y", "not as exact"),
        ("period: year, of: y", "period: year, of: q", "falls into no period"),
        ("period: year, of: y", "period: year, of: yy", "did you mean `y`?"),
        ("period: year, of: y", "period: moment, of: y", "cannot be derived so"),
        ("period: year, of: y", "period: year, of: y, zone: Tokyo", "unknown time zone `Tokyo`"),
        ("period: year, of: y", "period: year, of: y, fiscal_year_begins: 13", "13 is no month"),
        ("kind: date, text: P", "kind: date, precision: year, text: P", "takes no `precision`"),
    ];
    for (from, to, wanted) in cases {
        assert!(FORM.contains(from), "{from}");
        let findings = loaded(&wave(""), &FORM.replace(from, to)).1;
        assert_eq!(findings.len(), 1, "{to}\n{findings:#?}");
        assert!(
            findings[0].contains("forms/f.yaml:12") && findings[0].contains(wanted),
            "{wanted}\n{findings:#?}"
        );
    }
}

#[test]
fn how_complete_answers_are_follows_from_their_states() {
    use State::{
        Answered as A, Invalid as I, NoAnswer as N, NotAsked as R, NothingMarked as M, StatedNoAnswer as S,
    };
    // Of x, q, the two rows of g, n, its band, y, p.
    // (rule, states, what it comes to)
    let cases = [
        ("", [A, N, N, N, N, N, N, N], "blank"),
        ("", [N, S, N, N, N, N, N, N], "complete"),
        ("", [N, I, N, N, N, N, N, N], "complete"),
        ("", [N, N, N, N, N, A, N, A], "blank"),
        ("{questions: [q]}", [N, A, N, N, N, N, N, N], "complete"),
        ("{questions: [q]}", [N, R, A, A, N, N, N, N], "complete"),
        ("{questions: [q]}", [N, S, A, A, A, A, A, A], "partial"),
        ("{questions: [q]}", [N, I, N, N, N, N, N, N], "partial"),
        ("{questions: [g]}", [N, A, A, N, N, N, N, N], "partial"),
        ("{questions: [g]}", [N, A, A, R, N, N, N, N], "complete"),
        ("{questions: [g]}", [N, A, M, A, N, N, N, N], "complete"),
        ("{questions: [x]}", [N, A, A, A, A, A, A, A], "partial"),
        ("{at_least: 50%}", [N, A, A, A, N, N, N, N], "complete"),
        ("{at_least: 50%}", [N, A, A, N, N, N, N, N], "partial"),
        ("{at_least: \"50.01%\"}", [N, A, A, A, N, N, N, N], "partial"),
        ("{at_least: 3}", [N, A, A, A, N, N, N, N], "partial"),
        ("{at_least: 3}", [N, A, A, A, R, R, R, R], "complete"),
        ("{at_least: 1, questions: [n]}", [N, A, N, N, N, N, N, N], "partial"),
    ];
    for (rule, states, wanted) in cases {
        let keys = if rule.is_empty() { String::new() } else { format!("    complete: {rule}\n") };
        let (definition, findings) = loaded(&wave(&keys), FORM);
        assert_eq!(findings, Vec::<String>::new(), "{rule}");
        let definition = definition.unwrap();
        let wave = &definition.survey.waves[0];
        let form = definition.form(&wave.forms[0]).unwrap();
        let found = FormCompleteness::of(&definition.survey, wave, form).of_states(states.into_iter());
        assert_eq!(found.as_str(), wanted, "{rule} {states:?}");
    }
}
