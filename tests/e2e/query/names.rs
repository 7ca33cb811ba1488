//! Questions under the numbers that stand on paper.

use std::collections::BTreeMap;

use serde_json::json;
use shukei_query::{TabulateRequest, tabulate};
use shukei_schemas::definition::{Definitions, SurveyDefinition, has_errors};

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
      - {number: q11, printed: 問1-1, kind: single, text: A, options: [{code: 1, label: "yes"}, {code: 2, label: "no"}]}
      - {number: "2", printed: "1", kind: single, text: B, options: [{code: 1, label: "yes"}, {code: 2, label: "no"}]}
      - {number: "1", kind: single, text: C, options: [{code: 1, label: "yes"}, {code: 2, label: "no"}]}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_asked_for_by_its_number_or_by_the_one_on_paper() {
    let files = [("survey.yaml", SURVEY), ("forms/f.yaml", FORM)];
    let files: BTreeMap<String, Vec<u8>> =
        files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).into();
    let (definition, findings) = SurveyDefinition::load_checked(&files);
    assert!(!has_errors(&findings), "{findings:?}");
    let mut world = World::new().await;
    world.definitions = Definitions::default();
    world.definitions.insert(definition.unwrap());
    world.land(0, &[answers("1", "a", json!({}), json!({"q11": 1, "2": 2, "1": 1}))]).await;
    world.decide().await;
    world.carry().await;
    let catalog = world.catalog().await;
    // A number of its own comes before one on paper.
    for (asked, wanted) in [("問1-1", "q11"), ("q11", "q11"), ("1", "1"), ("2", "2")] {
        let mut request = TabulateRequest::new("s".into(), "w".into());
        request.questions = Some(vec![asked.to_owned()]);
        let found = tabulate(&catalog, &request).await.unwrap();
        assert!(
            !found.is_empty() && found.iter().all(|m| m.question.as_str() == wanted),
            "{asked}: {found:?}"
        );
    }
    let printed = world.sql("SELECT question, printed FROM questions ORDER BY 1").await;
    assert_eq!(printed, ["1|1", "2|1", "q11|問1-1"]);
}
