//! What is guessed from a file passes `check`, whatever the file.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::io::Cursor;

use shukei_delivery::{Scaffold, open, scaffold, scaffold_from, sniff};
use shukei_schemas::definition::SurveyDefinition;

fn from(name: &str, text: &str) -> Scaffold {
    let bytes = text.as_bytes().to_vec();
    let spec = sniff(name, Cursor::new(bytes.clone())).unwrap();
    scaffold_from("lunch", name, &spec, open(name, Cursor::new(bytes), &spec).unwrap()).unwrap()
}

#[track_caller]
fn checked(scaffold: &Scaffold) -> SurveyDefinition {
    let files: BTreeMap<String, Vec<u8>> =
        scaffold.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect();
    let (definition, findings) = SurveyDefinition::load_checked(&files);
    assert!(findings.is_empty(), "{findings:#?}\n{:#?}", scaffold.files);
    definition.unwrap()
}

#[test]
fn every_file_comes_to_a_survey_that_passes() {
    let long = format!("ID,text\n{}", (0..500).map(|n| format!("{n},words {n}\n")).collect::<String>());
    for text in [
        "a\n",
        "a,b\n,\n",
        "ID,Where?,\"Why, \"\"so\"\"?\"\n1,Here,x\n2,There,y\n3,Here,\n4,There,\n",
        "q,Q,q\nyes,no,yes\nno,no,yes\n",
        "a;b\n1;2,5\n",
        "state,group,#7,q1_state\nx,x,x,x\nx,x,x,x\n",
        "A\nＡ\nA\n\"A \"\n’\n'\n",
        "n\n0\n0\n1\n1\n",
        "l\n\"a\nb\"\n\"b\na\"\na\na\nb\n\"a\nb\"\n",
        "時刻,回答\n2026/01/01 10:00,はい\n2026/01/01 10:01,はい\n",
        "tab\\,\"\u{7f}\",\u{85}\n\u{1b},\u{2028},\"\"\"\"\n\u{1b},\u{2028},\"\"\"\"\n",
        &long,
    ] {
        let scaffold = from("in.csv", text);
        checked(&scaffold);
        assert_eq!(scaffold, from("in.csv", text), "the same file gives the same definition");
    }
    checked(&from("in.jsonl", "{\"a\":1}\n{\"b\":\"x\"}\n"));
    checked(&scaffold("lunch"));
}

#[test]
fn guesses_are_marked_and_of_the_right_kind() {
    let mut text = "when,ID,Where do you eat?,tool2,Minutes,Used,Remarks,Empty\n".to_owned();
    for n in 0..12 {
        let place = ["Canteen", "Desk"][n % 2];
        let used = ["Books; Room", "Room", "Books"][n % 3];
        text.push_str(&format!(
            "2026-01-01 10:{n:02},r{n},{place},{},{}.5,{used},remark {n},\n",
            n % 3 + 1,
            n * 7
        ));
    }
    let scaffold = from("in.csv", &text);
    let definition = checked(&scaffold);
    assert_eq!((scaffold.rows, scaffold.refused, scaffold.columns), (12, 0, 8));
    let form = &definition.forms.values().next().unwrap().value;
    let kinds: Vec<(&str, &str)> =
        form.questions.iter().map(|q| (q.number.as_str(), q.kind.as_str())).collect();
    assert_eq!(
        kinds,
        [
            ("q3", "single"),
            ("tool2", "single"),
            ("Minutes", "number"),
            ("Used", "multiple"),
            ("Remarks", "text")
        ]
    );
    let layout = &scaffold.files["layouts/file.yaml"];
    assert!(
        layout.contains("key: [\"ID\"]")
            && layout.contains("\"Empty\" # guess")
            && layout.contains("\"when\" # guess")
    );
    let form = &scaffold.files["forms/lunch.yaml"];
    assert_eq!(form.matches("# guess").count(), 5 + 1, "{form}");
}

#[test]
fn codes_for_no_answer_are_none_and_words_among_numbers_are_left_to_be_filled_in() {
    let mut text = "id,age,years,q1_1,q1_2,q2\n".to_owned();
    for n in 0..60_i32 {
        let age = if n % 20 == 0 { -99 } else { 20 + n };
        let years = if n % 30 == 7 { "Less than 1 year".to_owned() } else { format!("{}", n % 25 + 1) };
        let mark = |at: i32| if n % 10 == 9 { -9 } else { i32::from(n % at == 0) };
        let (first, second) = (mark(2), mark(3));
        text.push_str(&format!(
            "r{n},{age},{years},{first},{second},{}\n",
            [1, 2, 3, -8, -9][n as usize % 5]
        ));
    }
    let scaffold = from("in.csv", &text);
    let definition = checked(&scaffold);
    let form = &definition.forms.values().next().unwrap().value;
    let kinds: Vec<(&str, &str)> =
        form.questions.iter().map(|question| (question.number.as_str(), question.kind.as_str())).collect();
    assert_eq!(kinds, [("age", "number"), ("years", "number"), ("q1", "multiple"), ("q2", "single")]);
    let written = &scaffold.files["forms/lunch.yaml"];
    for part in [
        "no_answer: [-99] # guess: 3 cells; or is it `not_asked`?",
        "no_answer: [-9] # guess: 12 cells",
        "no_answer: [-8, -9] # guess: 24 cells",
        "58 cells are numbers, but 2 are not",
    ] {
        assert!(written.contains(part), "{part}:\n{written}");
    }
    let layout = &scaffold.files["layouts/file.yaml"];
    assert!(
        layout
            .contains("#aliases:\n#  - {question: \"years\", text: \"Less than 1 year\", value: } # 2 cells"),
        "{layout}"
    );
}

#[test]
fn texts_of_ones_own_among_options_are_other() {
    let mut text = "way,tools\n".to_owned();
    for n in 0..100_usize {
        let way = if n % 12 == 5 { format!("own way {n}") } else { ["Bus", "Car", "Bike"][n % 3].to_owned() };
        let mut tools = vec![["Mail, calendar", "Chat", "Wiki"][n % 3].to_owned()];
        tools.extend((n % 2 == 0).then(|| "Board".to_owned()));
        tools.extend((n % 20 == 7).then(|| format!("tool {n}")));
        text.push_str(&format!("{way},\"{}\"\n", tools.join(", ")));
    }
    let scaffold = from("in.csv", &text);
    let definition = checked(&scaffold);
    let form = &definition.forms.values().next().unwrap().value;
    let labels = |at: usize| -> Vec<String> {
        let options = form.questions[at].options().iter();
        let mut labels: Vec<String> =
            options.map(|option| option.label.in_language("en").to_owned()).collect();
        labels.sort();
        labels
    };
    assert_eq!(labels(0), ["Bike", "Bus", "Car", "Other (not listed)"]);
    assert_eq!(labels(1), ["Board", "Chat", "Mail, calendar", "Other (not listed)", "Wiki"]);
    let written = &scaffold.files["forms/lunch.yaml"];
    assert!(written.contains("unlisted: other # guess: 8 other texts"), "{written}");
}

#[test]
fn few_cells_with_two_codes_are_two_marks_of_one_answer() {
    let mut text = "id,q5\n".to_owned();
    for n in 0..120_usize {
        let cell = if n % 40 == 7 { "1;3".to_owned() } else { (n % 4 + 1).to_string() };
        text.push_str(&format!("r{n},{cell}\n"));
    }
    let scaffold = from("in.csv", &text);
    let definition = checked(&scaffold);
    let form = &definition.forms.values().next().unwrap().value;
    assert_eq!((form.questions[0].kind.as_str(), form.questions[0].options().len()), ("single", 4));
    let written = &scaffold.files["forms/lunch.yaml"];
    assert!(written.contains("about 3 hold several, which are two marks"), "{written}");
    assert!(scaffold.files["layouts/file.csv"].contains("q5,q5,,,list,;"), "{:?}", scaffold.files);
}
