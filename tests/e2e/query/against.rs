//! Two waves compared, counted by hand; and figures explained.

use std::collections::BTreeMap;

use serde_json::json;
use shukei_query::{Flag, Measure, TabulateRequest, compare, explain};
use shukei_schemas::definition::{Definitions, Statistic, SurveyDefinition, has_errors};

use super::world::{World, answers};

const SURVEY: &str = "
survey: s
version: 1
names: S
states: {no_answer: {in_base: false, prints: true}, invalid: {in_base: false, prints: true}}
waves:
  - {wave: v, names: V, forms: [{form: f, version: 1}]}
  - {wave: w, names: W, forms: [{form: f, version: 1}]}
";

const FORM: &str = r#"
form: f
version: 1
names: F
scales: {yn: [{code: 1, label: "yes"}, {code: 2, label: "no"}]}
sections:
  - section: one
    questions:
      - {number: a, kind: single, text: A, scale: yn}
      - {number: p, kind: single, text: P, options: [{code: 1, label: p1}, {code: 2, label: p2}, {code: 3, label: p3}]}
      - {number: q, kind: single, text: Q, scale: yn}
      - {number: c, kind: single, text: C, scale: yn}
"#;

const CONCORDANCE: &str = "
concordance: v-w
from: v
to: w
questions:
  - question: q
    was: p
    grade: changed
    reason: two options became one
    options: [{options: [1], were: [1, 2]}, {options: [2], were: [3]}]
  - {question: c, grade: break, reason: asked of others}
groups: [{group: gone, were: [g1]}]
";

const INDICATORS: &str = "
set: i
version: 1
waves: [w]
indicators:
  - {indicator: both, label: Both, of: {all: [{question: a, codes: [1]}, {question: q, codes: [1]}]}}
  - {indicator: one, label: One, question: q, options: [1]}
  - {indicator: broken, label: Broken, question: c, options: [1]}
  - {indicator: based, label: Based, question: a, options: [1], base: [q]}
";

const UNITS: &str = "
units:
  - {respondent: renamed, were: [before], since: '2023-04-01', reason: renamed}
  - {respondent: merged, were: [one, two]}
  - {respondent: part1, were: [whole]}
  - {respondent: part2, were: [whole]}
  - {respondent: taken, were: []}
";

fn definitions(concordance: &str) -> (Option<SurveyDefinition>, Vec<shukei_schemas::definition::Finding>) {
    let files = [
        ("survey.yaml", SURVEY),
        ("forms/f.yaml", FORM),
        ("concordances/c.yaml", concordance),
        ("indicators/i.yaml", INDICATORS),
    ];
    let files: BTreeMap<String, Vec<u8>> =
        files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).into();
    SurveyDefinition::load_checked(&files)
}

async fn empty_world(concordance: &str) -> World {
    let (definition, findings) = definitions(concordance);
    assert!(!has_errors(&findings), "{findings:?}");
    let mut world = World::new().await;
    world.definitions = Definitions::default();
    world.definitions.insert(definition.unwrap());
    world
}

async fn world() -> World {
    let mut world = empty_world(CONCORDANCE).await;
    let unit = |id: &str, wave: &str, group: &str, said: serde_json::Value| {
        answers(id, id, json!({"wave": wave, "group": group}), said)
    };
    let events = [
        unit("v1", "v", "g1", json!({"a": 1, "p": 1, "c": 1})),
        unit("v2", "v", "g1", json!({"a": 2, "p": 2})),
        unit("v3", "v", "g1", json!({"a": 2, "p": 3})),
        unit("v4", "v", "old", json!({"a": 1, "p": 3})),
        unit("w1", "w", "g1", json!({"a": 1, "q": 1, "c": 1})),
        unit("w2", "w", "g1", json!({"a": 1, "q": 1})),
        unit("w3", "w", "g1", json!({"a": 2, "q": 2})),
        unit("w4", "w", "new", json!({"a": 2, "q": 1})),
    ];
    // A file of the table holds one wave.
    for of_wave in events.chunks(4) {
        world.land(0, of_wave).await;
        world.decide().await;
        world.carry().await;
    }
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_31_changes_in_points_and_in_per_cent_are_two_figures_of_what_both_waves_share() {
    let world = world().await;
    let request = TabulateRequest::new("s".into(), "w".into());
    let all = compare(&world.catalog().await, &request, &"v".into()).await.unwrap();
    let line = |m: &Measure| {
        let what = m.set.clone().or(m.option.map(|option| option.to_string())).unwrap_or_default();
        format!(
            "{} {what} {} {} {}/{} {}",
            m.question,
            m.measure,
            m.value,
            m.count,
            m.base,
            m.remarks().join("; ")
        )
    };
    let left = "not in both waves: new, old";
    // Of g1: 1 of 3 became 2 of 3. Of all: 2 of 4 stayed 2 of 4.
    let wanted = [
        format!("a 1 change_points 33.3 2/3 v: 1 of 3; {left}"),
        format!("a 1 change_percent 100.0 2/3 v: 1 of 3; {left}"),
        format!("a 1 change_printed 0.0 2/3 v: 1 of 3; {left}"),
        format!("a 2 change_points -33.3 1/3 v: 2 of 3; {left}"),
        format!("a 2 change_percent -50.0 1/3 v: 2 of 3; {left}"),
        format!("a 2 change_printed 0.0 1/3 v: 2 of 3; {left}"),
        "p  change_points  0/0 not_compared; the earlier wave has no such question".to_owned(),
        // The merged option was 2 of 3, as it is now; the other one stayed 1 of 3.
        format!("q 2 change_points 0.0 1/3 definition_changed; v: 1 of 3; two options became one; {left}"),
        format!("q 2 change_percent 0.0 1/3 definition_changed; v: 1 of 3; two options became one; {left}"),
        format!("q 2 change_printed -25.0 1/3 definition_changed; v: 1 of 3; two options became one; {left}"),
        format!(
            "q options 1 change_points 0.0 2/3 definition_changed; v: 2 of 3; two options became one; {left}"
        ),
        format!(
            "q options 1 change_percent 0.0 2/3 definition_changed; v: 2 of 3; two options became one; {left}"
        ),
        format!(
            "q options 1 change_printed 25.0 2/3 definition_changed; v: 2 of 3; two options became one; {left}"
        ),
        "c  change_points  0/0 broken; asked of others".to_owned(),
    ];
    let got: Vec<String> = all.iter().map(line).filter(|line| !line.starts_with("p ")).collect();
    assert_eq!(got, wanted.iter().filter(|line| !line.starts_with("p ")).cloned().collect::<Vec<_>>());
    // The shares themselves stand before their changes where they are asked for.
    let mut with_shares = request.clone();
    with_shares.how.measures = vec![Statistic::Share];
    let shares = compare(&world.catalog().await, &with_shares, &"v".into()).await.unwrap();
    let got: Vec<String> = shares.iter().take(3).map(line).collect();
    let wanted = [
        format!("a 1 share_earlier 33.3 1/3 {left}"),
        format!("a 1 share_later 66.7 2/3 v: 1 of 3; {left}"),
        format!("a 1 change_points 33.3 2/3 v: 1 of 3; {left}"),
    ];
    assert_eq!(got, wanted);
    with_shares.how.measures.push(Statistic::Median);
    let refused = compare(&world.catalog().await, &with_shares, &"v".into()).await.unwrap_err().to_string();
    assert!(refused.contains("a change of `median` is not formed"), "{refused}");
    let ids: std::collections::BTreeSet<&str> = all.iter().map(|m| m.id.as_str()).collect();
    assert_eq!(ids.len(), all.len());
    assert!(all[0].id == "s/w/a/a/-/1/-/change_points?against=v", "{}", all[0].id);
    assert!(all.iter().any(|m| m.flags.contains(&Flag::Broken) && m.value.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn indicators_are_asked_of_the_earlier_wave_under_the_names_it_had() {
    let world = world().await;
    let mut request = TabulateRequest::new("s".into(), "w".into());
    request.how.indicators = vec!["*".to_owned()];
    let all = compare(&world.catalog().await, &request, &"v".into()).await.unwrap();
    let line = |m: &Measure| {
        let set = m.set.clone().unwrap_or_default();
        format!("{set} {} {} {}/{} {}", m.measure, m.value, m.count, m.base, m.remarks().join("; "))
    };
    let got: Vec<String> = all.iter().map(line).collect();
    let left = "not in both waves: new, old";
    // Of g1: 1 of 3 became 2 of 3. Of all: 1 of 4 became 2 of 4.
    let told = format!("definition_changed; v: 1 of 3; two options became one; {left}");
    let one = format!("definition_changed; v: 2 of 3; two options became one; {left}");
    let wanted = [
        format!("both change_points 33.3 2/3 {told}"),
        format!("both change_percent 100.0 2/3 {told}"),
        format!("both change_printed 25.0 2/3 {told}"),
        format!("one change_points 0.0 2/3 {one}"),
        format!("one change_percent 0.0 2/3 {one}"),
        format!("one change_printed 25.0 2/3 {one}"),
        "broken change_points  0/0 not_compared; `c` cannot be asked of wave `v` too: asked of others"
            .to_owned(),
        format!("based change_points 33.3 2/3 {told}"),
        format!("based change_percent 100.0 2/3 {told}"),
        format!("based change_printed 0.0 2/3 {told}"),
    ];
    assert_eq!(got, wanted);
    assert_eq!(all[0].id, "s/w/-/-/-/indicator:both/-/change_points?against=v");
    // By groups, beside questions.
    request.by = vec!["group".to_owned()];
    request.questions = Some(vec!["a".to_owned()]);
    let all = compare(&world.catalog().await, &request, &"v".into()).await.unwrap();
    let of = |question: &str| {
        all.iter().filter(|m| m.question.as_str() == question && m.breaks == "group=g1").count()
    };
    assert_eq!((of("a"), of("")), (6, 9));
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_44_a_panel_follows_respondents_that_were_renamed_and_leaves_out_the_merged_and_split() {
    let mut world = empty_world(&CONCORDANCE.replace("groups:", &format!("{UNITS}groups:"))).await;
    // Who, in which wave and group, with which answer to `a`.
    let said = [
        ("same", "v", "g1", 2),
        ("before", "v", "g1", 2),
        ("one", "v", "g1", 1),
        ("two", "v", "g1", 1),
        ("whole", "v", "g1", 1),
        ("taken", "v", "g1", 1),
        ("moved", "v", "old", 1),
        ("left", "v", "g1", 1),
        ("same", "w", "g1", 1),
        ("renamed", "w", "g1", 2),
        ("merged", "w", "g1", 2),
        ("part1", "w", "g1", 2),
        ("part2", "w", "g1", 2),
        ("taken", "w", "g1", 2),
        ("moved", "w", "g1", 2),
        ("came", "w", "g1", 2),
    ];
    for wave in ["v", "w"] {
        let of_wave = said.iter().filter(|unit| unit.1 == wave);
        let events: Vec<_> = of_wave
            .map(|(id, wave, group, answer)| {
                answers(
                    &format!("{wave}{id}"),
                    id,
                    json!({"wave": wave, "group": group}),
                    json!({"a": answer}),
                )
            })
            .collect();
        world.land(0, &events).await;
        world.decide().await;
        world.carry().await;
    }
    let catalog = world.catalog().await;
    let mut request = TabulateRequest::new("s".into(), "w".into());
    request.questions = Some(vec!["a".to_owned()]);
    request.panel = true;
    let all = compare(&catalog, &request, &"v".into()).await.unwrap();
    let of_yes = all.iter().filter(|m| m.option == Some(1));
    let got: Vec<String> =
        of_yes.map(|m| format!("{} {} {}/{}", m.measure, m.value, m.count, m.base)).collect();
    // `same` and `before`, now `renamed`: none of 2 became 1 of 2. Of all: 6 of 8 became 1 of 8.
    assert_eq!(got, ["change_points 50.0 1/2", "change_percent  1/2", "change_printed -62.5 1/2"]);
    let notes = all[0].remarks().join("; ");
    let panel =
        "only the 2 that answered in both waves; without 6 of w and 6 of v (3 and 3 of them merged or split)";
    assert!(notes.contains("v: 0 of 2") && notes.contains(panel), "{notes}");
    let refused = shukei_query::tabulate(&catalog, &request).await.unwrap_err().to_string();
    assert!(refused.contains("a panel is of two waves"), "{refused}");
    // By its group, and in Japanese.
    request.by = vec!["group".to_owned()];
    request.language = Some("ja".to_owned());
    let all = compare(&catalog, &request, &"v".into()).await.unwrap();
    let by_group: Vec<&Measure> =
        all.iter().filter(|m| m.breaks == "group=g1" && m.option == Some(1)).collect();
    assert!(by_group.iter().all(|m| (m.count, m.base) == (1, 2)) && !by_group.is_empty(), "{by_group:?}");
    assert!(by_group[0].remarks().join("; ").contains("両方の調査回に回答した2のみ"), "{by_group:?}");
}

#[test]
fn what_is_wrong_with_a_concordance_is_told_with_line_and_nearest_name() {
    let cases = [
        ("from: v", "from: vv", "unknown wave `vv`", "did you mean `v`?"),
        ("question: q", "question: qq", "unknown question `qq` in wave `w`", "did you mean `q`?"),
        ("were: [3]", "were: [8]", "question `p` of wave `v` has no option 8", ""),
        ("grade: changed", "grade: chnged", "unknown variant `chnged`", "did you mean `changed`?"),
    ];
    for (right, wrong, message, hint) in cases {
        let (_, findings) = definitions(&CONCORDANCE.replace(right, wrong));
        let found = findings.iter().find(|finding| finding.message.contains(message));
        let found = found.unwrap_or_else(|| panic!("{wrong}: {findings:?}"));
        assert!(found.file == "concordances/c.yaml" && found.line.is_some_and(|line| line > 1), "{found:?}");
        assert_eq!(found.hint.as_deref().unwrap_or_default(), hint, "{wrong}");
    }
}

#[test]
fn options_that_are_compared_by_code_and_have_other_words_are_warned_of() {
    // `a` is yes and no, `p` is p1 to p3: by their codes they are not the same.
    let entry = "questions: [{question: a, was: p, grade: same, reason: renumbered}]";
    let (_, findings) = definitions(&format!("concordance: v-w\nfrom: v\nto: w\n{entry}\n"));
    let told = findings
        .iter()
        .find(|found| found.message.contains("option 1 is `yes` in wave `w` and `p1` in wave `v`"));
    assert!(told.is_some_and(|found| found.hint.as_deref().unwrap_or("").contains("`were`")), "{findings:?}");
    assert!(!has_errors(&findings));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_says_where_it_comes_from() {
    let world = world().await;
    let catalog = world.catalog().await;
    let explained = explain(&catalog, "s/w/a/a/-/1/-/share?where=q=1", None).await.unwrap();
    assert_eq!(
        (explained.figure.value.as_str(), explained.figure.count, explained.figure.base),
        ("66.7", 2, 3)
    );
    let parts: Vec<String> = explained
        .parts
        .iter()
        .map(|part| format!("{} {} {}/{}", part.group, part.method, part.count, part.base))
        .collect();
    assert_eq!(parts, ["g1 form 2/2", "new form 0/1"]);
    assert_eq!(
        explained.states.iter().map(|(state, units)| (state.as_str(), *units)).collect::<Vec<_>>(),
        [("answered", 3)]
    );
    assert_eq!(
        (explained.forms, explained.asked),
        (vec!["f-1".to_owned()], vec![("filter", "q=1".to_owned())])
    );
    let error = explain(&catalog, "s/w/a/a/-/1/-/change_points?where=q=1&against=v", None).await.unwrap_err();
    assert!(error.hint().contains("`s/w/a/a/-/1/-/share?where=q=1`"), "{error} {}", error.hint());
    for id in ["s/w/a/a/-/9/-/share", "s/w/a", "s/w/a/a/-/1/-/share?whre=1"] {
        let error = explain(&catalog, id, None).await.unwrap_err();
        assert!(error.code() == "query_request" && error.hint().contains("column `id`"), "{id}: {error}");
    }
}

/// Published figures that relate to marks and to ranks, through the program itself.
#[test]
fn marks_and_figures_of_a_real_survey_are_asked_for_on_the_command_line() {
    let program = crate::figures::played();
    let rse = ["tabulate", "--survey", "rse", "--wave", "uk2017"];
    let ask = |more: &[&str]| {
        let all: Vec<&str> = rse.iter().chain(more).copied().collect();
        program.on_data(&all).ends(0).stdout
    };
    let csv =
        ask(&["--question", "tool4can", "--base", "mentions", "--measure", "share", "--by", "tool2*socio2"]);
    assert!(csv.contains("share,15.120000,189,1250,1250,mentions"), "{csv}");
    let id = shukei_testkit::csv_rows(&csv)
        .into_iter()
        .find(|row| row["value"] == "15.120000" && row["breaks"].is_empty())
        .map(|row| row["id"].clone());
    let explained = program.on_data(&["explain", id.as_deref().unwrap()]).ends(0).stdout;
    for wanted in [
        "base        mentions",
        "formed of   189 of 1250",
        "state       answered 223",
        "state       nothing_marked 1",
        "form     189     1250",
        "form        uk2017-1",
        "table       raw@",
    ] {
        assert!(explained.contains(wanted), "{wanted}\n{explained}");
    }
    let refused =
        program.on_data(&["tabulate", "--survey", "rse", "--wave", "uk2017", "--where", "tool22=1"]).ends(1);
    assert!(refused.stderr.contains("did you mean `tool2`?"), "{}", refused.stderr);
    let table = ask(&["--question", "tool2", "--by", "socio2", "--percent", "across", "--format", "table"]);
    assert!(table.contains("base (across)"), "{table}");
}
