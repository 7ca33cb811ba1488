//! Breaks in which those who gave no answer to the question of the break are parts as well.

use std::collections::BTreeMap;

use serde_json::json;
use shukei_query::{MeasureKind, QueryError, TabulateRequest, explain, tabulate};
use shukei_schemas::definition::{Definitions, Percent, SurveyDefinition, has_errors};

use super::world::{World, answers};

const SURVEY: &str = "
survey: s
version: 1
names: S
waves: [{wave: w, names: W, forms: [{form: f, version: 1}]}]
";

const FORM: &str = r#"
form: f
version: 1
names: F
sections:
  - section: one
    questions:
      - {number: a, kind: single, text: A, options: [{code: 1, label: "yes"}, {code: 2, label: "no"}]}
      - {number: b, kind: single, text: B, ask_if: {question: a, codes: [1]}, options: [{code: 1, label: x}, {code: 2, label: y}]}
      - {number: n, kind: number, text: N, bands: [{code: 1, label: low, to: 9}, {code: 2, label: high, from: 10}]}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn who_gave_no_answer_to_a_break_is_a_part_where_that_is_asked_for() {
    let files = [("survey.yaml", SURVEY), ("forms/f.yaml", FORM)];
    let files: BTreeMap<String, Vec<u8>> =
        files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).into();
    let (definition, findings) = SurveyDefinition::load_checked(&files);
    assert!(!has_errors(&findings), "{findings:?}");
    let mut world = World::new().await;
    world.definitions = Definitions::default();
    world.definitions.insert(definition.unwrap());
    let said = [
        json!({"a": 1, "b": 1}),
        json!({"a": 1, "b": 2}),
        json!({"a": 1}),
        json!({"a": 1, "b": 7}),
        json!({"a": 2}),
        json!({"a": 2, "n": 4}),
    ];
    let events: Vec<_> = said
        .iter()
        .enumerate()
        .map(|(at, said)| answers(&at.to_string(), &format!("r{at}"), json!({}), said.clone()))
        .collect();
    world.land(0, &events).await;
    world.decide().await;
    world.carry().await;
    let catalog = world.catalog().await;
    let asked = |by: &str, percent: Percent| {
        let mut request = TabulateRequest::new("s".into(), "w".into());
        (request.questions, request.by) = (Some(vec!["a".to_owned()]), vec![by.to_owned()]);
        request.how.percent = percent;
        request
    };
    let shares = async |by: &str, percent: Percent| -> Vec<String> {
        let found = tabulate(&catalog, &asked(by, percent)).await.unwrap();
        let of_yes = found.iter().filter(|m| m.option == Some(1) && m.measure.is_share());
        of_yes.map(|m| format!("{} {}/{} {}", m.breaks, m.count, m.base, m.part_label())).collect()
    };
    assert_eq!(shares("b", Percent::Down).await, [" 4/6 ", "b=1 1/1 x", "b=2 1/1 y"]);
    let parts =
        [" 4/6 ", "b~=1 1/1 x", "b~=2 1/1 y", "b~=no_answer 2/2 no answer", "b~=not_asked 0/2 not asked"];
    assert_eq!(shares("b~", Percent::Down).await, parts);
    // Of those in any part: without them two, with them all that said yes.
    let across = |all: Vec<String>| {
        all.iter().map(|share| share.split(' ').nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(across(shares("b", Percent::Across).await), ["4/4", "1/2", "1/2"]);
    assert_eq!(across(shares("b~", Percent::Across).await), ["4/4", "1/4", "1/4", "2/4", "0/4"]);
    // Crossed, and explained by its name.
    let crossed = shares("b~*nband~", Percent::Down).await;
    assert!(crossed.contains(&"b~=not_asked; nband~=1 0/1 not asked × low".to_owned()), "{crossed:?}");
    assert!(
        crossed.contains(&"b~=not_asked; nband~=no_answer 0/1 not asked × no answer".to_owned()),
        "{crossed:?}"
    );
    let found = tabulate(&catalog, &asked("b~", Percent::Down)).await.unwrap();
    let figure =
        found.iter().find(|m| m.breaks == "b~=no_answer" && m.measure == MeasureKind::Share).unwrap();
    let explained = explain(&catalog, &figure.id, None).await.unwrap();
    assert_eq!((explained.figure.count, explained.figure.base), (2, 2));
    // The nearest break of a number is its bands.
    let error = tabulate(&catalog, &asked("n", Percent::Down)).await.unwrap_err();
    assert!(
        matches!(&error, QueryError::UnknownBreak { nearest: Some(near), .. } if near == "nband"),
        "{error:?}"
    );
}
