//! Who was invited: what a frame's file may say, and what is wrong with it, with file and line.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use shukei_schemas::definition::{Frame, FrameGroup, SurveyDefinition};

const SURVEY: &str = "survey: t\nversion: 1\nnames: T\nUNITwaves:\n  - wave: w\n    names: W\n    forms: [{form: f, version: 1}]\n    sectors: {sectors: c, version: 1}\n    frame: {file: frame/w.csv}\n";
const FORM: &str = "form: f\nversion: 1\nnames: F\nsections: [{section: s, questions: [{number: a, kind: text, text: A}]}]\n";
const SECTORS: &str = "sectors: c\nversion: 1\nfields: [{field: x, label: X}]\ngroups: [{group: water, field: x, label: W}, {group: gas, field: x, label: G}]\n";

fn load(frame: Option<&str>, unit: &str) -> (SurveyDefinition, Vec<String>) {
    let mut files: BTreeMap<String, Vec<u8>> = [
        ("survey.yaml", SURVEY.replace("UNIT", unit)),
        ("forms/f.yaml", FORM.to_owned()),
        ("sectors/c.yaml", SECTORS.to_owned()),
    ]
    .map(|(path, text)| (path.to_owned(), text.into_bytes()))
    .into();
    if let Some(frame) = frame {
        files.insert("frame/w.csv".to_owned(), frame.as_bytes().to_vec());
    }
    let (definition, findings) = SurveyDefinition::load_checked(&files);
    (definition.unwrap(), findings.iter().map(ToString::to_string).collect())
}

fn read(frame: &str, unit: &str) -> Frame {
    let (definition, findings) = load(Some(frame), unit);
    assert_eq!(findings, Vec::<String>::new());
    definition.frame_of(definition.survey.waves.first().unwrap()).unwrap()
}

fn line(group: &str, invited: Option<u64>, out_of_scope: Option<u64>, refused: Option<u64>) -> FrameGroup {
    FrameGroup { group: group.to_owned(), invited, out_of_scope, refused }
}

#[test]
fn counts_per_group_and_lines_per_respondent_say_the_same() {
    let counts = "group,invited,out_of_scope,refused\nwater,4,1,1\ngas,,,\n";
    let lines =
        "\u{feff}respondent,group,status\na,water,\nb,water,refused\nc,water,out_of_scope\nd,water,invited\n";
    assert_eq!(
        read(counts, "").groups,
        [line("water", Some(4), Some(1), Some(1)), line("gas", None, None, None)]
    );
    assert_eq!(read(lines, "").groups, [line("water", Some(4), Some(1), Some(1))]);
    // A city that is invited for two groups is two units.
    let twice = "respondent,group\ncity,water\ncity,gas\n";
    let groups = read(twice, "unit: respondent_and_group\n").groups;
    assert_eq!(groups, [line("water", Some(1), None, None), line("gas", Some(1), None, None)]);
}

#[test]
fn each_mistake_is_named_with_file_and_line() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "group,invited\nwater,4\ngsa,1\n",
            "frame/w.csv:3: error: unknown group `gsa`",
            "did you mean `gas`?",
        ),
        ("group,invited\nwater,4\nwater,5\n", "frame/w.csv:3: error: group `water` stands twice", "one line"),
        (
            "group,invited\nwater,4\ngas,\"1,000\"\n",
            "frame/w.csv:3: error: column `invited` is no whole number",
            "digits",
        ),
        (
            "group,invited,refused\nwater,4,-1\n",
            "frame/w.csv:2: error: column `refused` is no whole number",
            "digits",
        ),
        (
            "group,invited,refused\nwater,4,5\n",
            "frame/w.csv:2: error: group `water`: more are out of scope",
            "whatever",
        ),
        (
            "group,invitd\nwater,4\n",
            "frame/w.csv:1: error: unknown column `invitd`",
            "did you mean `invited`?",
        ),
        (
            "group,count\nwater,4\n",
            "frame/w.csv:1: error: there is neither a column `invited`",
            "respondent,group",
        ),
        ("invited\n4\n", "frame/w.csv:1: error: there is no column `group`", "sectors"),
        ("group,invited\nwater,4,5\n", "frame/w.csv:2: error: the line cannot be read", "as many cells"),
        ("respondent,group\na,water\na,water\n", "frame/w.csv:3: error: respondent `a` stands twice", "once"),
        ("respondent,group\na,water\na,gas\n", "frame/w.csv:3: error: respondent `a` stands twice", "once"),
        ("respondent,group\n,water\n", "frame/w.csv:2: error: the line names no respondent", "submissions"),
        (
            "respondent,group,status\na,water,refusd\n",
            "frame/w.csv:2: error: unknown status `refusd`",
            "`refused`?",
        ),
    ];
    for (frame, message, hint) in cases {
        let findings = load(Some(frame), "").1;
        assert!(
            findings.iter().any(|found| found.starts_with(message) && found.contains(hint)),
            "{frame}: {findings:?}"
        );
    }
    let missing = load(None, "").1;
    let message = "survey.yaml:9: error: wave `w`: the frame `frame/w.csv` is missing";
    assert!(missing.iter().any(|found| found.starts_with(message)), "{missing:?}");
}
