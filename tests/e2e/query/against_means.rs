//! Means of two waves, counted by hand.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shukei_query::{Measure, TabulateRequest, compare};
use shukei_schemas::definition::{Definitions, SurveyDefinition, has_errors};

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

/// The question was another one, whose first option had another value.
const CONCORDANCE: &str = "
concordance: v-w
from: v
to: w
questions: [{question: z, was: y, grade: same, reason: renamed}]
";

const FORM: &str = r#"
form: f
version: 1
names: F
sections:
  - section: one
    questions:
      - {number: r, kind: rating, text: R, points: {from: 1, to: 5}, options: [{code: 9, label: none, not_applicable: true}]}
      - {number: n, kind: number, decimals: 1, text: N}
      - {number: k, kind: ranking, text: K, rows: [{row: 1, label: k1}, {row: 2, label: k2}]}
      - {number: s, kind: single, text: S, options: [{code: 1, label: good, value: 2}, {code: 2, label: bad, value: -1}]}
      - {number: z, kind: single, text: Z, options: [{code: 1, label: good, value: 100}, {code: 2, label: bad, value: 0}]}
      - {number: y, kind: single, text: Y, options: [{code: 1, label: good, value: 1}, {code: 2, label: bad, value: 0}]}
      - {number: x, kind: number, decimals: 2, role: weight, text: X}
"#;

async fn world() -> World {
    let files: BTreeMap<String, Vec<u8>> =
        [("survey.yaml", SURVEY), ("forms/f.yaml", FORM), ("concordances/c.yaml", CONCORDANCE)]
            .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
            .into();
    let (definition, findings) = SurveyDefinition::load_checked(&files);
    assert!(!has_errors(&findings), "{findings:?}");
    let mut world = World::new().await;
    world.definitions = Definitions::default();
    world.definitions.insert(definition.unwrap());
    let unit = |id: &str, wave: &str, said: Value| answers(id, id, json!({"wave": wave}), said);
    let events = [
        unit("v1", "v", json!({"r": 1, "n": 1.5, "k": {"1": 1, "2": 2}, "s": 1, "y": 1, "x": 1})),
        unit("v2", "v", json!({"r": 2, "n": 2, "k": {"1": 2, "2": 1}, "s": 2, "y": 2, "x": 2})),
        unit("v3", "v", json!({"r": 9, "s": 2, "x": 3})),
        unit("w1", "w", json!({"r": 5, "n": 10, "k": {"1": 1}, "s": 1, "z": 1, "x": 0.5})),
        unit("w2", "w", json!({"r": 4, "n": 20, "k": {"1": 1}, "s": 1, "z": 1, "x": 1.5})),
        unit("w3", "w", json!({"r": 1, "s": 2, "x": 1})),
    ];
    // A file of the table holds one wave.
    for of_wave in events.chunks(3) {
        world.land(0, of_wave).await;
        world.decide().await;
        world.carry().await;
    }
    world
}

async fn compared(world: &World, asked: &[(&str, &str)]) -> Vec<String> {
    let mut request = TabulateRequest::new("s".into(), "w".into());
    for (name, value) in asked {
        request.ask(name, value).unwrap();
    }
    let all = compare(&world.catalog().await, &request, &"v".into()).await.unwrap();
    let line = |m: &Measure| {
        let row = m.row.map_or(String::new(), |row| format!(".{row}"));
        format!(
            "{}{row} {} {} {}/{} {}",
            m.question,
            m.measure,
            m.value,
            m.count,
            m.base,
            m.remarks().join("; ")
        )
    };
    let is_of_mean = |m: &&Measure| m.measure.as_str().contains("mean");
    let ids: std::collections::BTreeSet<&str> = all.iter().map(|m| m.id.as_str()).collect();
    assert_eq!(ids.len(), all.len(), "two figures share a name");
    all.iter().filter(is_of_mean).map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn means_are_compared_where_both_waves_have_the_same_scale() {
    let world = world().await;
    // Means of 5, 4, 1 and of 1, 2; of 10, 20 and of 1.5, 2.0; the mean rank of one item that one wave ranks.
    let wanted = [
        "r change_mean 1.8 3/3 v: the mean of 2",
        "r change_mean_printed 1.8 3/3 v: the mean of 2",
        "n change_mean 13.3 2/2 v: the mean of 2",
        "n change_mean_printed 13.2 2/2 v: the mean of 2",
        "k.1 change_mean -0.5 2/2 v: the mean of 2",
        "k.1 change_mean_printed -0.5 2/2 v: the mean of 2",
        "k.2 change_mean  0/0 base_zero; v: the mean of 2",
        "k.2 change_mean_printed  0/0 base_zero; v: the mean of 2",
    ];
    assert_eq!(compared(&world, &[]).await, wanted);
    // Asked for: of options with values too, with both means beside the change, and none of shares.
    let asked = [("measure", "mean"), ("mean_decimals", "3"), ("question", "s"), ("question", "z")];
    let wanted = [
        "s mean_earlier 0.000 3/3 ",
        "s mean_later 1.000 3/3 v: the mean of 3",
        "s change_mean 1.000 3/3 v: the mean of 3",
        "s change_mean_printed 1.000 3/3 v: the mean of 3",
        "z change_mean  0/0 not_compared; the options have other values in the earlier wave",
    ];
    assert_eq!(compared(&world, &asked).await, wanted);
    // (5*0.5 + 4*1.5 + 1*1) / 3 less (1*1 + 2*2) / 3.
    let asked = [("measure", "mean"), ("question", "r"), ("weight", "x"), ("decimals", "2")];
    let wanted = [
        "r mean_earlier 1.67 2/2 ",
        "r mean_later 3.17 3/3 v: the mean of weighted 3.00 (2 unweighted)",
        "r change_mean 1.50 3/3 v: the mean of weighted 3.00 (2 unweighted)",
        "r change_mean_printed 1.50 3/3 v: the mean of weighted 3.00 (2 unweighted)",
    ];
    assert_eq!(compared(&world, &asked).await, wanted);
    // Where shares alone are asked for there are no means, and a small base blanks the change too.
    assert_eq!(compared(&world, &[("measure", "share")]).await, Vec::<String>::new());
    let blank = compared(&world, &[("question", "r"), ("blank_below", "3")]).await;
    assert_eq!(blank[0], "r change_mean  3/3 blanked; v: the mean of 2");
}
