//! The files of a survey that was guessed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use shukei_schemas::definition::DeliveryFile;

use super::column::{Column, one_line};
use super::facts::{Facts, Guess};
use super::group::Asked;
use super::kinds::GroupKind;
use super::numbers::numbers;
use super::orders::Orders;
use super::question::Pages;
use super::words::Missing;

/// What was found out about a file, ready to be written.
pub(super) struct Found<'a> {
    pub(super) survey: &'a str,
    /// The name of the file.
    pub(super) file: &'a str,
    pub(super) spec: &'a DeliveryFile,
    pub(super) columns: &'a [Column],
    pub(super) facts: &'a [Facts],
    pub(super) asked: &'a [Asked],
    /// How many rows were looked at, and whether the file has more.
    pub(super) rows: u64,
    pub(super) has_more: bool,
    /// Rows below the header that belong to it.
    pub(super) header_rows: usize,
    pub(super) key: Option<usize>,
    /// The column of the time of sending, with its format.
    pub(super) sent: Option<(usize, Option<&'static str>)>,
    /// Columns to pass over, and why.
    pub(super) ignored: &'a [(usize, &'static str)],
}

/// A text in YAML: JSON's quoting means the same there, but more characters need it.
pub(super) fn quoted(text: &str) -> String {
    let needs = |c: char| {
        matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    let json = serde_json::Value::from(text).to_string();
    json.chars().map(|c| if needs(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }).collect()
}

/// A cell of a CSV file.
pub(super) fn csv_cell(text: &str) -> String {
    match text.contains(['"', ',', '\n', '\r']) || text.trim() != text {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// The survey of somebody's file.
pub(super) fn guessed(found: &Found<'_>) -> BTreeMap<String, String> {
    let survey = found.survey;
    let (form, columns) = form(found);
    let survey_yaml = format!(
        "# Written by `shukei new`; every key is explained in the reference of definitions.\n\
         survey: {survey}\nversion: 1\nnames: {} # guess: the name of the folder\n\
         waves:\n  - wave: \"1\" # guess: the first round\n    names: \"1\"\n    forms: [{{form: {survey}, version: 1}}]\n    layouts: [{{layout: file, version: 1}}]\n",
        quoted(survey)
    );
    [
        ("survey.yaml".to_owned(), survey_yaml),
        (format!("forms/{survey}.yaml"), form),
        ("layouts/file.yaml".to_owned(), layout(found)),
        ("layouts/file.csv".to_owned(), columns),
    ]
    .into_iter()
    .collect()
}

/// The form, and the columns of the layout.
fn form(found: &Found<'_>) -> (String, String) {
    let Found { survey, rows, .. } = found;
    let only = match found.has_more {
        true => {
            " Only the first rows of the file were looked at: what first comes behind them is not here.\n#"
        }
        false => "",
    };
    let mut pages = Pages {
        columns: found.columns,
        facts: found.facts,
        form: format!(
            "# Written by `shukei new` from {}: {rows} rows, {} columns.{only} Each guess is marked; look at it and take the mark away.\n\
             form: {survey}\nversion: 1\nnames: {} # guess: the name of the folder\nsections:\n  - section: main\n    questions:\n",
            one_line(found.file),
            found.columns.len(),
            quoted(survey)
        ),
        layout_columns: "column,question,row,option,shape,separator\n".to_owned(),
        orders: Orders::default(),
    };
    for (number, asked) in numbers(found.asked, found.columns).iter().zip(found.asked) {
        pages.question(number, asked);
    }
    if found.asked.is_empty() {
        // A form without questions would not pass; one that nobody answers does.
        pages.form.push_str("      - {number: q0, kind: text, text: \"Nothing was guessed\"}\n");
        pages.layout_columns.push_str("#0,q0,,,,\n");
    }
    (pages.form, pages.layout_columns)
}

fn layout(found: &Found<'_>) -> String {
    let mut layout = format!(
        "# Written by `shukei new`: how {} is read.\nlayout: file\nversion: 1\nform: {{form: {}, version: 1}}\ncolumns: file.csv\n",
        one_line(found.file),
        found.survey
    );
    let (mut chosen, mut not_chosen) = (BTreeSet::new(), BTreeSet::new());
    for asked in found.asked {
        if let Asked::Group(group) = asked
            && let GroupKind::Multiple { chosen: yes, not_chosen: no } = &group.kind
        {
            chosen.extend(yes.iter().map(|text| quoted(text)));
            not_chosen.extend(no.iter().map(|text| quoted(text)));
        }
    }
    if !chosen.is_empty() || !not_chosen.is_empty() {
        let list = |texts: BTreeSet<String>| texts.into_iter().collect::<Vec<_>>().join(", ");
        let (chosen, not_chosen) = (list(chosen), list(not_chosen));
        let _ = writeln!(
            layout,
            "marks: {{chosen: [{chosen}], not_chosen: [{not_chosen}]}} # guess: what columns of one option hold beside its own words"
        );
    }
    layout.push_str(&missing(found));
    layout.push_str(&words_for_numbers(found));
    layout.push_str("file:\n");
    if let Some(encoding) = &found.spec.encoding {
        let _ = writeln!(layout, "  encoding: {} # guess: what the bytes look like", quoted(encoding));
    }
    if let Some(separator) = &found.spec.separator {
        let _ = writeln!(layout, "  separator: {} # guess: what the header looks like", quoted(separator));
    }
    if found.header_rows > 0 {
        let _ = writeln!(
            layout,
            "  header_rows: {} # guess: what stands below the first row are wordings, not answers",
            found.header_rows + 1
        );
    }
    let who = match found.key.map(|key| &found.columns[key].key) {
        Some(key) => (format!("key: [{}]", quoted(key)), "no two rows have the same here"),
        None => ("row: true".to_owned(), "no column tells the rows apart, so each is a respondent"),
    };
    match found.sent {
        None => _ = writeln!(layout, "  submission: {{{}}} # guess: {}", who.0, who.1),
        Some((at, format)) => {
            let column = quoted(&found.columns[at].key);
            let given = match format {
                Some(format) => format!("{{column: {column}, format: {}}}", quoted(format)),
                None => column,
            };
            let _ = writeln!(layout, "  submission:\n    {} # guess: {}", who.0, who.1);
            let _ = writeln!(
                layout,
                "    submitted_at: {given} # guess: by its name; in UTC unless `zone` says another"
            );
        }
    }
    if !found.ignored.is_empty() {
        layout.push_str("ignore:\n");
        for (at, why) in found.ignored {
            let _ = writeln!(layout, "  - {} # guess: {why}", quoted(&found.columns[*at].key));
        }
    }
    layout
}

/// Words that stand among numbers: what they count as is not known here, so it is left to be filled in.
fn words_for_numbers(found: &Found<'_>) -> String {
    let mut stub = String::new();
    for (number, asked) in numbers(found.asked, found.columns).iter().zip(found.asked) {
        let Asked::One { at, .. } = asked else { continue };
        let Facts { guess: Guess::Number(_), words: Some(words), .. } = &found.facts[*at] else { continue };
        // Digits with a zero before them may be codes, and are numbers all the same.
        for (text, count) in words.iter().filter(|(text, _)| text.parse::<f64>().is_err()) {
            let (number, text) = (quoted(number), quoted(text));
            let _ = writeln!(stub, "#  - {{question: {number}, text: {text}, value: }} # {count} cells");
        }
    }
    match stub.is_empty() {
        true => stub,
        false => format!(
            "# These are no numbers: give each a value, or name it under `no_answer` of the question, and take the marks away.\n#aliases:\n{stub}"
        ),
    }
}

/// The texts that stand in the place of an answer, in whatever column they came.
fn missing(found: &Found<'_>) -> String {
    let mut texts: BTreeMap<Missing, BTreeMap<&str, u64>> = BTreeMap::new();
    for ((what, text), count) in found.facts.iter().flat_map(|facts| &facts.missing) {
        *texts.entry(*what).or_default().entry(text).or_default() += count;
    }
    if texts.is_empty() {
        return String::new();
    }
    let mut cells = "cells:\n".to_owned();
    for (what, texts) in texts {
        let (name, why) = match what {
            Missing::Blank => ("blank", "they say nothing, as an empty cell does"),
            Missing::NoAnswer => ("no_answer", "they say that there is no answer"),
            Missing::NotAsked => ("not_asked", "they say that the question was not asked"),
        };
        let total: u64 = texts.values().sum();
        let list: Vec<String> = texts.keys().map(|text| quoted(text)).collect();
        let _ = writeln!(cells, "  {name}: [{}] # guess: {total} cells; {why}", list.join(", "));
    }
    cells
}
