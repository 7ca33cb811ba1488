//! The files of a survey that was guessed.

use std::collections::{BTreeMap, HashSet};

use shukei_schemas::definition::DeliveryFile;

use super::profile::{Guess, Profile};

/// A text in YAML: JSON's quoting means the same there, but more characters need it.
fn quoted(text: &str) -> String {
    let needs = |c: char| {
        matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    let json = serde_json::Value::from(text).to_string();
    json.chars().map(|c| if needs(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }).collect()
}

/// A cell of a CSV file.
fn csv_cell(text: &str) -> String {
    match text.contains(['"', ',', '\n', '\r']) || text.trim() != text {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// The survey of somebody's file.
pub(super) fn guessed(
    survey: &str,
    file: &str,
    spec: &DeliveryFile,
    profiles: &[Profile],
    rows: u64,
) -> BTreeMap<String, String> {
    let key = key_of(profiles, rows);
    let mut form = format!(
        "# Written by `shukei new` from {}: {rows} rows, {} columns. Each guess is marked; look at it and take the mark away.\n\
         form: {survey}\nversion: 1\nnames: {} # guess: the name of the folder\nsections:\n  - section: main\n    questions:\n",
        one_line(file),
        profiles.len(),
        quoted(survey)
    );
    let mut columns = "column,question,row,option,shape,separator\n".to_owned();
    let mut ignored = String::new();
    let mut numbers = HashSet::new();
    let mut asked = 0;
    for (at, profile) in profiles.iter().enumerate() {
        let guess = profile.guess();
        let is_key = key.is_some_and(|key| key == at);
        let why = match &guess {
            Guess::Empty => Some("no row has anything here"),
            _ if is_key => None,
            _ if profile.is_clock() => Some("times"),
            _ => {
                question(&mut form, &mut columns, profile, &guess, at, &mut numbers);
                asked += 1;
                None
            }
        };
        if let Some(why) = why {
            ignored.push_str(&format!("  - {} # guess: {why}\n", quoted(&profile.name)));
        }
    }
    if asked == 0 {
        // A form without questions would not pass; one that nobody answers does.
        form.push_str("      - {number: q0, kind: text, text: \"Nothing was guessed\"}\n");
        columns.push_str("#0,q0,,,,\n");
    }
    let mut layout = format!(
        "# Written by `shukei new`: how {} is read.\nlayout: file\nversion: 1\nform: {{form: {survey}, version: 1}}\ncolumns: file.csv\nfile:\n",
        one_line(file)
    );
    if let Some(encoding) = &spec.encoding {
        layout.push_str(&format!("  encoding: {} # guess: what the bytes look like\n", quoted(encoding)));
    }
    if let Some(separator) = &spec.separator {
        layout.push_str(&format!("  separator: {} # guess: what the header looks like\n", quoted(separator)));
    }
    match key.map(|key| &profiles[key].name) {
        Some(name) => layout.push_str(&format!(
            "  submission: {{key: [{}]}} # guess: no two rows have the same here\n",
            quoted(name)
        )),
        None => layout.push_str(
            "  submission: {row: true} # guess: no column tells the rows apart, so each is a respondent\n",
        ),
    }
    if !ignored.is_empty() {
        layout.push_str("ignore:\n");
        layout.push_str(&ignored);
    }
    let survey_yaml = format!(
        "# Written by `shukei new`; every key is explained in the reference of definitions.\n\
         survey: {survey}\nversion: 1\nnames: {} # guess: the name of the folder\n\
         waves:\n  - wave: \"1\" # guess: the first round\n    names: \"1\"\n    forms: [{{form: {survey}, version: 1}}]\n    layouts: [{{layout: file, version: 1}}]\n",
        quoted(survey)
    );
    [
        ("survey.yaml".to_owned(), survey_yaml),
        (format!("forms/{survey}.yaml"), form),
        ("layouts/file.yaml".to_owned(), layout),
        ("layouts/file.csv".to_owned(), columns),
    ]
    .into_iter()
    .collect()
}

/// A name in a comment.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The column that names the rows: one that sounds like it, or the first.
fn key_of(profiles: &[Profile], rows: u64) -> Option<usize> {
    const NAMES: [&str; 8] = ["id", "no", "respondent", "key", "token", "番号", "回答者", "整理番号"];
    let sounds = |profile: &Profile| {
        let name = profile.name.to_lowercase();
        let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
        NAMES.iter().any(|known| words.contains(known) || (!known.is_ascii() && name.contains(known)))
    };
    let is_key = |profile: &Profile| profile.is_key(rows);
    let named = profiles.iter().position(|profile| is_key(profile) && sounds(profile));
    named.or_else(|| {
        let is_name =
            !matches!(profiles.first().map(Profile::guess), Some(Guess::Number(decimals)) if decimals > 0);
        profiles.first().is_some_and(|first| is_key(first) && is_name).then_some(0)
    })
}

/// A number for the question: the column's name if it can be one, else its position.
fn number_of(name: &str, at: usize, taken: &mut HashSet<String>) -> String {
    let is_number = |text: &str| {
        !text.is_empty() && text.len() <= 16 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let mut number = if is_number(name) { name.to_owned() } else { format!("q{}", at + 1) };
    while !taken.insert(number.to_lowercase()) {
        number.push('x');
    }
    number
}

fn question(
    form: &mut String,
    columns: &mut String,
    profile: &Profile,
    guess: &Guess,
    at: usize,
    taken: &mut HashSet<String>,
) {
    let number = number_of(&profile.name, at, taken);
    let filled = profile.filled;
    let (why, kind) = match guess {
        Guess::Single(options) => (
            format!(
                "{filled} cells hold {} different texts; put the options into printed order",
                options.len()
            ),
            "single",
        ),
        Guess::Multiple { options, .. } => {
            (format!("{filled} cells hold lists of {} different texts", options.len()), "multiple")
        }
        Guess::Number(_) => (format!("all {filled} cells are numbers"), "number"),
        _ => (format!("{filled} cells hold too many different texts for options"), "text"),
    };
    form.push_str(&format!(
        "      # guess: {why}\n      - number: {}\n        kind: {kind}\n        text: {}\n",
        quoted(&number),
        quoted(&profile.name)
    ));
    let mut shape = ",".to_owned();
    match guess {
        Guess::Number(decimals) if *decimals > 0 => form.push_str(&format!("        decimals: {decimals}\n")),
        Guess::Single(options) | Guess::Multiple { options, .. } => {
            form.push_str("        options:\n");
            for (place, (label, count)) in options.iter().enumerate() {
                // Codes that the cells hold themselves are kept.
                let code =
                    label.parse::<i16>().ok().filter(|_| numbered(options)).unwrap_or(place as i16 + 1);
                form.push_str(&format!(
                    "          - {{code: {code}, label: {}}} # {count} cells\n",
                    quoted(label)
                ));
            }
            if let Guess::Multiple { joiner, .. } = guess {
                shape = format!("list,{}", csv_cell(&joiner.replace('\n', "\\n")));
            }
        }
        _ => {}
    }
    columns.push_str(&format!("{},{number},,,{shape}\n", csv_cell(&profile.name)));
}

/// Whether all options are numbers that can be codes.
fn numbered(options: &[(String, u64)]) -> bool {
    let codes: HashSet<i16> =
        options.iter().filter_map(|(label, _)| label.parse::<i16>().ok().filter(|code| *code > 0)).collect();
    codes.len() == options.len()
}

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
