//! A survey that shows the language, without anybody's file.

use std::collections::BTreeMap;

use super::write::quoted;

/// A survey that shows the language.
pub(super) fn example(survey: &str) -> BTreeMap<String, String> {
    let name = quoted(survey);
    let survey_yaml = format!(
        "survey: {survey}\nversion: 1\nnames: {name}\nwaves:\n  - wave: \"1\"\n    names: \"First round\"\n    \
         forms: [{{form: {survey}, version: 1}}]\n    layouts: [{{layout: file, version: 1}}]\n"
    );
    let form = format!(
        "form: {survey}\nversion: 1\nnames: {name}\nsections:\n  - section: main\n    questions:\n      \
         - number: \"1\"\n        kind: single\n        text: \"How often do you come?\"\n        options:\n          \
         - {{code: 1, label: \"Every week\"}}\n          - {{code: 2, label: \"Less often\"}}\n      \
         - number: \"2\"\n        kind: multiple\n        text: \"What did you use?\"\n        options:\n          \
         - {{code: 1, label: \"Books\"}}\n          - {{code: 2, label: \"Reading room\"}}\n          \
         - {{code: 9, label: \"None of these\", exclusive: true}}\n      \
         - {{number: \"3\", kind: number, text: \"How many books did you borrow?\", min: 0, max: 100}}\n      \
         - {{number: \"4\", kind: text, text: \"Anything else?\"}}\n"
    );
    let layout = format!(
        "# A file whose rows are submissions: ID,1,2,3,4 with labels in the cells, several in one cell joined by `; `.\n\
         layout: file\nversion: 1\nform: {{form: {survey}, version: 1}}\ncolumns: file.csv\nfile:\n  submission: {{key: [ID]}}\n"
    );
    let columns = "column,question,row,option,shape,separator\n1,1,,,,\n2,2,,,list,; \n3,3,,,,\n4,4,,,,\n";
    [
        ("survey.yaml".to_owned(), survey_yaml),
        (format!("forms/{survey}.yaml"), form),
        ("layouts/file.yaml".to_owned(), layout),
        ("layouts/file.csv".to_owned(), columns.to_owned()),
    ]
    .into_iter()
    .collect()
}
