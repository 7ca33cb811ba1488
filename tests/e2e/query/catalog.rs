//! Catalog, views and tabulation over a lake.

use arrow::array::{Int32Array, RecordBatch};
use arrow::compute::concat_batches;
use serde_json::json;
use shukei_protocol::TableName;
use shukei_query::{Catalog, TabulateRequest, tabulate};
use shukei_schemas::{Lane, Offset};
use std::sync::Arc;

use super::world::{World, answers, lines, with_column, withdrawal};

fn simple(id: &str, respondent: &str, option: i64) -> Vec<u8> {
    answers(id, respondent, json!({}), json!({"1": option}))
}

const COUNTED: &str = "SELECT respondent, q1 FROM current_f_1 ORDER BY respondent";

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_folder_has_every_table_and_no_row() {
    let dir = tempfile::tempdir().unwrap();
    let lake = shukei_lake::Lake::local(dir.path(), shukei_lake::LakeOptions::default()).unwrap();
    let catalog = Catalog::open(&lake, &super::world::definitions()).await.unwrap();
    assert!(catalog.versions().is_empty());
    let tables = catalog.query("SHOW TABLES").await.unwrap().collect().await.unwrap();
    let names = lines(&tables);
    for name in [
        "sources",
        "raw",
        "outcomes",
        "responses_f_1",
        "current",
        "current_f_1",
        "rejections",
        "issues",
        "flags",
        "answers",
        "questions",
        "options",
    ] {
        assert!(names.iter().any(|known| known == name), "{name} is not in {names:?}");
        if name != "questions" && name != "options" {
            let rows =
                catalog.query(&format!("SELECT * FROM {name}")).await.unwrap().collect().await.unwrap();
            assert_eq!(lines(&rows).len(), 0, "{name}");
        }
    }
    let request = TabulateRequest::new("s".into(), "w".into());
    let first = &tabulate(&catalog, &request).await.unwrap()[1];
    assert_eq!((first.value.as_str(), first.base, first.flags.len()), ("", 0, 1));
    assert!(shukei_query::verify(&lake).await.unwrap().is_whole());
    // SQL says what the schema promises.
    let columns = catalog.query("DESCRIBE outcomes").await.unwrap().collect().await.unwrap();
    assert_eq!(lines(&columns).len(), shukei_schemas::tables::outcomes().fields().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_served_before_every_table_has_it() {
    let mut world = World::with(&[simple("1", "a", 1), simple("2", "b", 2)]).await;
    assert_eq!(world.sql(COUNTED).await, ["a|1", "b|2"]);
    let all = "SELECT (SELECT count(*) FROM raw) AS a, (SELECT count(*) FROM outcomes) AS b, (SELECT count(*) FROM responses_f_1) AS c";
    assert_eq!(world.sql(all).await, ["2|2|2"]);
    // A rejection and two responses come; outcomes is there, responses is not: only the rejection is complete.
    world.land(0, &[b"rubbish".to_vec(), simple("3", "c", 1)]).await;
    world.land(1, &[simple("4", "d", 1)]).await;
    assert_eq!(world.sql(all).await, ["2|2|2"]);
    world.decide().await;
    let catalog = world.catalog().await;
    assert_eq!(catalog.vector().to_string(), "1/0:8 1/1:0");
    assert_eq!(world.sql(all).await, ["3|3|2"]);
    assert_eq!(world.sql("SELECT \"offset\", code FROM rejections").await, ["7|json_syntax"]);
    world.carry().await;
    assert_eq!(world.sql(all).await, ["5|5|4"]);
    // An opened catalog stays where it is.
    let before = catalog.query("SELECT count(*) FROM outcomes").await.unwrap().collect().await.unwrap();
    assert_eq!(lines(&before), ["3"]);
    assert_eq!(catalog.versions().len(), 4);
    let responses = TableName::responses("f-1");
    assert!(world.catalog().await.versions()[&responses] > catalog.versions()[&responses]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_outcomes_name_and_that_does_not_exist_is_at_its_start() {
    let mut world = World::new().await;
    world.land(0, &[b"".to_vec(), simple("1", "a", 1)]).await;
    world.decide().await;
    assert_eq!(world.catalog().await.vector().to_string(), "1/0:6 1/1:0");
    assert_eq!(world.sql("SELECT count(*) FROM current").await, ["0"]);
    world.carry().await;
    assert_eq!(world.sql(COUNTED).await, ["a|1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_table_holds_nobody_back() {
    let mut world = World::with(&[simple("1", "a", 1)]).await;
    world.land(0, &[b"{".to_vec(), b"{".to_vec()]).await;
    world.decide().await;
    assert_eq!(world.catalog().await.vector().to_string(), "1/0:8 1/1:0");
    assert_eq!(world.sql("SELECT count(*) FROM rejections").await, ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_event_of_a_unit_counts_and_copies_never_do() {
    let revised = |id: &str, revision: i64, option: i64| {
        answers(id, "rev", json!({"revision": revision}), json!({"1": option}))
    };
    let grouped = |id: &str, group: &str| answers(id, "twice", json!({"group": group}), json!({"1": 1}));
    let world = World::with(&[
        simple("1", "a", 1),
        simple("2", "a", 2),
        // The same event again, after the correction: a copy, not a new answer.
        simple("1", "a", 1),
        // The same id with other bytes counts like any other event.
        simple("3", "reused", 1),
        simple("3", "reused", 2),
        // A higher revision wins wherever it stands.
        revised("4", 2, 1),
        revised("5", 1, 2),
        simple("6", "gone", 1),
        withdrawal("7", "gone"),
        withdrawal("8", "back"),
        simple("9", "back", 2),
        // One respondent for two groups: two units.
        grouped("10", "g1"),
        grouped("11", "g2"),
        // A withdrawal that is sent twice does not undo what came in between.
        simple("12", "again", 1),
        withdrawal("13", "again"),
        simple("14", "again", 2),
        withdrawal("13", "again"),
    ])
    .await;
    assert_eq!(
        world.sql(COUNTED).await,
        ["a|2", "again|2", "back|2", "reused|2", "rev|1", "twice|1", "twice|1"]
    );
    let positions = "SELECT survey, wave, target, \"offset\" FROM current ORDER BY \"offset\"";
    assert_eq!(world.sql(positions).await[0], "s|w|responses/f-1|6");
    // Unquoted names work but for `group`.
    assert_eq!(
        world.sql("SELECT \"group\" FROM current_f_1 WHERE respondent = 'twice' ORDER BY 1").await,
        ["g1", "g2"]
    );
    assert_eq!(world.sql("SELECT offset, partition FROM current WHERE offset = 6").await, ["6|0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_in_two_partitions_is_flagged_and_the_later_event_counts() {
    let mut world = World::new().await;
    world.land(0, &[simple("1", "a", 1), simple("2", "b", 1)]).await;
    world.land(1, &[simple("3", "a", 2), simple("4", "a", 2)]).await;
    world.decide().await;
    world.carry().await;
    let flags =
        "SELECT unit, flag, \"partition\", \"offset\", event_id, detail FROM flags ORDER BY \"partition\"";
    assert_eq!(
        world.sql(flags).await,
        [
            "a|two_partitions|0|5|1|the unit is in partition 1 too",
            "a|two_partitions|1|0|3|the unit is in partition 0 too"
        ]
    );
    assert_eq!(world.sql("SELECT unit, flags FROM current ORDER BY unit").await, ["a|two_partitions", "b|"]);
    assert_eq!(world.sql(COUNTED).await, ["a|2", "b|1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_pays_for_flags_who_does_not_ask_for_them() {
    let world = World::with(&[simple("1", "a", 1)]).await;
    // What only flags need: the first use of an id.
    let looks =
        async |sql: &str| world.sql(&format!("EXPLAIN {sql}")).await.join("\n").contains("first_value");
    assert!(looks("SELECT unit, flags FROM current").await);
    for sql in ["SELECT unit FROM current", "SELECT q1 FROM current_f_1", "SELECT count(*) FROM answers"] {
        assert!(!looks(sql).await, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_read_only_the_columns_that_a_query_needs() {
    let world = World::with(&[simple("1", "a", 1)]).await;
    // (query, columns of the wide rows that are read; none if no row is)
    let cases = [
        (
            "SELECT option, count(*) FROM answers WHERE survey = 's' AND question = '1' AND chosen GROUP BY 1",
            Some(3),
        ),
        ("SELECT unit, option FROM answers WHERE survey = 's' AND wave = 'w' AND question = '1'", Some(5)),
        ("SELECT count(*) FROM answers WHERE question IN ('1', '4')", Some(4)),
        ("SELECT count(*) FROM answers", Some(15)),
        ("SELECT count(*) FROM answers WHERE survey = 'other' AND question = '1'", None),
        ("SELECT count(*) FROM answers WHERE survey = 's' AND question = 'other'", None),
    ];
    for (sql, columns) in cases {
        let plan = world.sql(&format!("EXPLAIN {sql}")).await.join("\n");
        let found = plan.split_once("MeltExec: form=f-1, columns=").map(|(_, rest)| {
            rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<usize>().unwrap()
        });
        assert_eq!(found, columns, "{sql}\n{plan}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_interpretations_the_highest_counts() {
    let world = World::new().await;
    let mut world = world;
    let lane = Lane::new(1, 0);
    world.land(0, &[simple("1", "a", 1), simple("2", "b", 1)]).await;
    let again = |batch: &RecordBatch| {
        let mut second =
            with_column(batch, "interpretation", Arc::new(Int32Array::from(vec![1; batch.num_rows()])));
        // The second time b is a withdrawal.
        if second.column_by_name("kind").is_some() {
            second = with_column(
                &second,
                "kind",
                Arc::new(arrow::array::StringArray::from(vec!["response", "withdrawal"])),
            );
        }
        let columns: Vec<_> = batch
            .schema()
            .fields()
            .iter()
            .map(|f| second.column_by_name(f.name()).unwrap().clone())
            .collect();
        let second = RecordBatch::try_new(batch.schema(), columns).unwrap();
        concat_batches(&batch.schema(), [batch, &second]).unwrap()
    };
    let outcomes = world.outcome_rows(lane, Offset(5)..Offset(7));
    world.commit(&TableName::outcomes(), lane, 7, Some(again(&outcomes))).await;
    let responses = world.response_rows(lane, Offset(5)..Offset(7));
    world.commit(&TableName::responses("f-1"), lane, 7, Some(again(&responses))).await;
    assert_eq!(world.sql("SELECT count(*) FROM outcomes").await, ["4"]);
    assert_eq!(world.sql("SELECT respondent, interpretation FROM current_f_1").await, ["a|1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn issues_and_labels_can_be_asked_for() {
    let world = World::with(&[
        answers("1", "a", json!({}), json!({"1": 9, "2": [1, 99], "zz": 1})),
        b"no json".to_vec(),
        simple("2", "b", 1),
    ])
    .await;
    let issues = world
        .sql("SELECT \"offset\", survey, event_id, code, path, hint <> '' FROM issues ORDER BY path")
        .await;
    assert_eq!(issues.len(), 3, "{issues:?}");
    assert_eq!(issues[0], "5|s|1|option_unknown|/data/answers/1|true");
    let rejections = world.sql("SELECT \"offset\", code, path, hint <> '' FROM rejections").await;
    assert_eq!(rejections, ["6|json_syntax||true"]);
    let questions =
        "SELECT survey, form, form_version, question, section, kind, title, text, origin FROM questions";
    let questions = world.sql(questions).await;
    assert_eq!(questions.len(), 6);
    assert_eq!(questions[0], "s|f|1|1|one|single|In place|Is it in place?|published");
    let options =
        world.sql("SELECT question, row, row_label, option, label FROM options WHERE question = '3'").await;
    assert_eq!(options, ["3|1|first|1|Yes", "3|1|first|2|No", "3|2|second|1|Yes", "3|2|second|2|No"]);
    assert_eq!(world.sql("SELECT count(*) FROM options").await, ["71"]);
    let japanese = Catalog::open(&world.lake, &world.definitions).await.unwrap();
    let label =
        japanese.query("SELECT label FROM options WHERE question = '1' AND option = 1").await.unwrap();
    assert_eq!(lines(&label.collect().await.unwrap()), ["はい"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_the_same_with_and_without_what_the_scan_leaves_out() {
    let events: Vec<Vec<u8>> = (0..300)
        .map(|n| {
            let more = json!({"group": format!("g{}", n % 3)});
            let marks: Vec<i64> = (1..=65).filter(|option| n % option == 0).collect();
            answers(&n.to_string(), &format!("r{n:03}"), more, json!({"1": n % 2 + 1, "2": marks, "4": n}))
        })
        .collect();
    let world = World::with(&events).await;
    let catalog = world.catalog().await;
    let sql = async |sql: &str| lines(&catalog.query(sql).await.unwrap().collect().await.unwrap());
    let by_hand = (0..300).filter(|n| n % 64 == 0).count();
    let marked = "SELECT count(*) FROM answers WHERE question = '2' AND option = 64 AND chosen";
    assert_eq!(sql(marked).await, [by_hand.to_string()]);
    // The plan reads only what is asked for.
    let plan = sql(&format!("EXPLAIN {marked}")).await.join("\n");
    assert!(plan.contains("MeltExec: form=f-1, columns=3"), "{plan}");
    for condition in [
        "question = '1'",
        "'1' = question",
        "question IN ('1', '4')",
        "question = '1' OR question = '4'",
        "question = '1' AND \"group\" = 'g1' AND chosen",
        "question NOT IN ('1', '2')",
        "survey = 's' AND wave = 'w' AND form = 'f'",
        "survey = 'x'",
        "form = 'x' OR question = '1'",
        "wave = 'other'",
        "question = '1' AND question = '4'",
        "option_label = 'Yes' AND respondent < 'r100'",
        "form_version = 1 AND number > 290",
    ] {
        let pruned = sql(&format!("SELECT count(*) FROM answers WHERE {condition}")).await;
        // `|| ''` hides a column from the scan.
        let hidden = ["question", "survey", "wave", "form", "respondent"]
            .iter()
            .fold(condition.to_owned(), |sql, name| {
                sql.replace(&format!("{name} "), &format!("({name} || '') "))
            });
        let all = format!(
            "SELECT count(*) FROM (SELECT * FROM answers ORDER BY unit, question LIMIT 1000000) WHERE {hidden}"
        );
        assert_eq!(pruned, sql(&all).await, "{condition}");
    }
    assert_eq!(sql("SELECT count(*) FROM answers").await, [(300 * (2 + 65 + 2 + 1 + 1 + 1)).to_string()]);
    let one = "SELECT survey, wave, form, form_version, respondent, \"group\", method, question_title, option_label, state, chosen
               FROM answers WHERE question = '1' AND respondent = 'r001' ORDER BY option";
    assert_eq!(
        sql(one).await,
        [
            "s|w|f|1|r001|g1|form|In place|Yes|answered|false",
            "s|w|f|1|r001|g1|form|In place|No|answered|true"
        ]
    );
    let number = "SELECT sum(number), max(number) FROM answers WHERE question = '4'";
    assert_eq!(sql(number).await, ["44850.000000000|299.000000000"]);

    // Files of other waves are not opened.
    for table in ["answers", "current_f_1", "responses_f_1"] {
        for (wave, read) in [("w", true), ("other", false)] {
            let plan = sql(&format!("EXPLAIN SELECT respondent FROM {table} WHERE wave = '{wave}'")).await;
            assert_eq!(plan.join("\n").contains("responses/f-1/wave=w/"), read, "{plan:?}");
        }
    }

    // The aggregate of ours and plain SQL agree on every option.
    let figures = tabulate(&catalog, &TabulateRequest::new("s".into(), "w".into())).await.unwrap();
    let counts = "SELECT question, option, count(*) FILTER (WHERE chosen) FROM answers
                  WHERE option IS NOT NULL AND row IS NULL GROUP BY 1, 2 ORDER BY 1, 2";
    let mut ours: Vec<String> = figures
        .iter()
        .filter(|m| m.option.is_some() && m.row.is_none() && m.measure == shukei_query::MeasureKind::Count)
        .map(|m| format!("{}|{}|{}", m.question, m.option.unwrap(), m.count))
        .collect();
    let mut theirs = sql(counts).await;
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_names_are_met_with_the_nearest_right_one() {
    let world = World::with(&[simple("1", "a", 1)]).await;
    for (sql, message, hint) in [
        ("SELECT * FROM anwers", "unknown table `anwers`", "did you mean `answers`?"),
        ("SELECT questio FROM answers", "unknown column `questio`", "did you mean `question`?"),
        ("SELECT * FROM '/etc/passwd'", "unknown table `/etc/passwd`", "list the tables with SHOW TABLES"),
        ("SELECT * FROM \"/etc/passwd\"", "unknown table `/etc/passwd`", "list the tables with SHOW TABLES"),
    ] {
        let error = world.refusal(sql).await;
        assert_eq!((error.to_string().as_str(), error.hint().as_ref()), (message, hint), "{sql}");
    }
    for sql in [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('/etc/passwd')",
        "SELECT * FROM parquet_metadata('/etc/passwd')",
        "SELECT * FROM 'file:///etc/passwd'",
        "SELECT * FROM '/etc/passwd.csv'",
    ] {
        let error = world.refusal(sql).await;
        assert!(["query_table_unknown", "query_plan"].contains(&error.code()), "{sql}: {error}");
    }
    let catalog = world.catalog().await;
    let request = |change: fn(&mut TabulateRequest)| {
        let mut request = TabulateRequest::new("s".into(), "w".into());
        change(&mut request);
        request
    };
    for (request, message) in [
        (request(|r| r.survey = "S".into()), "unknown survey `S`"),
        (request(|r| r.wave = "ww".into()), "unknown wave `ww` of survey `s`"),
        (request(|r| r.questions = Some(vec!["1".into(), "11".into()])), "unknown question `11` in wave `w`"),
        (request(|r| r.by = vec!["groop".into()]), "`groop` is nothing to break figures down by"),
    ] {
        let error = tabulate(&catalog, &request).await.unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(error.hint().contains("did you mean"), "{}", error.hint());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_on_the_rows_never_quotes_them() {
    let world = World::with(&[answers("1", "a", json!({}), json!({"5": "a secret"}))]).await;
    let catalog = world.catalog().await;
    for (sql, reason) in [
        ("SELECT CAST(q5 AS INT) FROM responses_f_1", "a value cannot be cast to another type"),
        ("SELECT 1 / (offset - 5) FROM raw", "division by zero"),
    ] {
        let error = catalog.query(sql).await.unwrap().collect().await.unwrap_err();
        assert_eq!(error.to_string(), format!("the query failed while running: {reason}"));
        assert!(!format!("{error:?}").contains("secret"));
    }
}
