//! Indicators: what a definition says, and how each mistake in one is named.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use shukei_schemas::definition::{Finding, IndicatorBase, SurveyDefinition, Text};

const SURVEY: &str = "\
survey: t
version: 1
languages: [ja, en]
names: {ja: T, en: T}
waves:
  - wave: \"2022\"
    names: {ja: V, en: V}
    forms: [{form: old, version: 1}]
  - wave: \"2023\"
    names: {ja: W, en: W}
    forms: [{form: new, version: 1}]
    mappings: [{mapping: m, version: 1}]
";
const OLD: &str = "\
form: old
version: 1
names: F
sections:
  - section: s
    questions:
      - {number: \"7\", kind: single, text: A, options: [{code: 1, label: a}, {code: 2, label: b}]}
";
const NEW: &str = "\
form: new
version: 1
names: F
sections:
  - section: s
    questions:
      - {number: \"24\", kind: multiple, text: A, options: [{code: 1, label: a}, {code: 2, label: b}, {code: 3, label: c}]}
      - {number: \"64\", kind: single, text: B, options: [{code: 1, label: a}, {code: 2, label: b}]}
      - {number: g, kind: grid, text: G, options: [{code: 1, label: a}, {code: 2, label: b}], rows: [{row: 1, label: x}, {row: 2, label: y}]}
      - {number: n, kind: number, text: N}
";
const THEIRS: &str = "\
form: theirs
version: 1
names: F
sections:
  - section: s
    questions:
      - {number: x, kind: single, text: X, options: [{code: 1, label: a}, {code: 2, label: b}]}
";
const MAPPING: &str = "\
mapping: m
version: 1
names: M
source: {form: theirs, version: 1}
target: {form: new, version: 1}
signed_off: {by: B, on: D}
exclusion_note: without them
questions:
  - {question: \"24\", reason: R, options: [{option: 2, any: [{question: x, codes: [1], not: [2]}]}]}
  - {question: \"64\", reason: R, from: x}
";
const INDICATORS: &str = "\
set: a
version: 3
waves: [\"2023\"]
indicators:
  - indicator: plan
    label: {ja: 計画, en: Plan}
    note: {ja: 注, en: Note}
    question: 64
    options: [1, 2]
  - indicator: both
    label: L
    of: {all: [{question: 24, codes: [1]}, {question: 64, codes: [1]}]}
    base: covered
  - indicator: grid
    label: L
    question: g
    rows: [1, 2]
    options: [1]
    base: [g.1, \"64\"]
  - indicator: many
    label: L
    of: {question: n, at_least: 5}
";

fn load(indicators: &str, more: &[(&str, &str)]) -> (SurveyDefinition, Vec<Finding>) {
    let mut files: BTreeMap<String, Vec<u8>> = [
        ("survey.yaml", SURVEY),
        ("forms/old.yaml", OLD),
        ("forms/new.yaml", NEW),
        ("forms/theirs.yaml", THEIRS),
        ("mappings/m.yaml", MAPPING),
        ("indicators/a.yaml", indicators),
    ]
    .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
    .into();
    files.extend(more.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
    let (definition, findings) = SurveyDefinition::load_checked(&files);
    (definition.unwrap(), findings)
}

#[test]
fn indicators_belong_to_waves_and_know_what_they_look_at() {
    let (definition, findings) = load(INDICATORS, &[]);
    assert_eq!(findings, []);
    let ids = |definition: &SurveyDefinition, wave: usize| -> Vec<String> {
        let found = definition.indicators_of(&definition.survey.waves[wave]);
        found.iter().map(|(_, indicator)| indicator.indicator.clone()).collect()
    };
    assert_eq!(ids(&definition, 0), Vec::<String>::new());
    assert_eq!(ids(&definition, 1), ["plan", "both", "grid", "many"]);
    // Without waves, those that a wave asks.
    let everywhere = INDICATORS.replace("waves: [\"2023\"]\n", "");
    let everywhere = format!("{everywhere}  - {{indicator: old, label: L, question: 7, options: [1]}}\n");
    let (definition, findings) = load(&everywhere, &[]);
    assert_eq!(findings, []);
    assert_eq!(ids(&definition, 0), ["old"]);
    assert_eq!(ids(&definition, 1).len(), 4);
    // One for each option that two questions share, in both languages.
    let each = INDICATORS.replace("options: [1, 2]", "each_among: 24\n    base: covered");
    let (definition, findings) = load(&each, &[]);
    assert_eq!(findings, []);
    assert_eq!(ids(&definition, 1), ["plan-1", "plan-2", "both", "grid", "many"]);
    let all = definition.indicators_of(&definition.survey.waves[1]);
    let words = |text: &Text| ["ja", "en"].map(|language| text.in_language(language).to_owned());
    assert_eq!(words(&all[0].1.label), ["計画: a", "Plan: a"]);
    assert!(all[0].1.short.is_empty());
    let (definition, _) = load(INDICATORS, &[]);
    // Which question, row and options it looks at, and what its base asks for.
    let form = definition.forms.values().find(|used| used.value.reference.form.as_str() == "new").unwrap();
    let mapping = definition.mappings.values().next().unwrap();
    let form = form.value.as_ref();
    // (indicator, looks, base, covered by the mapping, in its base)
    let cases = [
        ("plan", "1/-/[0, 1]", "1/-/[0, 1]", true, true),
        ("both", "0/-/[0] 1/-/[0]", "0/-/[0] 1/-/[0]", false, false),
        ("grid", "2/0/[0] 2/1/[0]", "2/0/[0] 1/-/all", false, false),
        ("many", "3/-/all", "3/-/all", false, false),
    ];
    for (id, looks, based_on, covered, in_base) in cases {
        let all = definition.indicators_of(&definition.survey.waves[1]);
        let (set, indicator) = all.iter().find(|(_, one)| one.indicator == id).unwrap();
        assert_eq!(set.version, 3);
        let plan = indicator.resolve(form).unwrap();
        let shown = |looks: &[shukei_schemas::definition::Look]| {
            let one = |look: &shukei_schemas::definition::Look| {
                let row = look.row.map_or("-".to_owned(), |row| row.to_string());
                let options = look.options.as_ref().map_or("all".to_owned(), |all| format!("{all:?}"));
                format!("{}/{row}/{options}", look.question)
            };
            looks.iter().map(one).collect::<Vec<_>>().join(" ")
        };
        assert_eq!((shown(&plan.looks), shown(&plan.based_on)), (looks.into(), based_on.into()), "{id}");
        assert_eq!(
            (plan.is_covered(form, &mapping.value), plan.has_in_base(form, &mapping.value)),
            (covered, in_base),
            "{id}"
        );
    }
    let base = IndicatorBase::Questions(vec!["g.1".to_owned(), "64".to_owned()]);
    assert_eq!(base.text(), "questions g.1, 64");
}

#[test]
fn each_mistake_is_named_with_its_line_and_what_to_do() {
    // (what is replaced, by what, the line, a part of the message, a part of the hint)
    let cases: &[(&str, &str, u64, &str, &str)] = &[
        // An indicator over uneven coverage has a named base.
        (
            "    base: covered\n",
            "",
            10,
            "indicator `both`: mapping `m-1` covers option 1 of question `64` but not option 1 of question `24`",
            "add `base: covered`",
        ),
        (
            "    question: 64\n    options: [1, 2]",
            "    question: 24\n    options: [2, 3]",
            5,
            "mapping `m-1` covers option 2 of question `24` but not option 3 of question `24`",
            "base",
        ),
        ("question: 64\n", "question: 46\n", 8, "unknown question `46`", "did you mean `64`?"),
        ("options: [1, 2]", "options: [1, 5]", 8, "names unknown option 5", "options: 1, 2"),
        ("rows: [1, 2]", "rows: [1, 7]", 16, "names unknown row 7", "rows: 1, 2"),
        ("    rows: [1, 2]\n", "", 16, "names no row", "row"),
        (
            "{question: n, at_least: 5}",
            "{question: n, codes: [1]}",
            22,
            "names unknown option 1",
            "use `at_least`",
        ),
        ("{question: n, at_least: 5}", "{question: n}", 22, "has no test", "codes"),
        ("    options: [1, 2]\n", "", 8, "a `question` with `options`", "one of the two"),
        (
            "    of: {question: n, at_least: 5}\n",
            "    of: {question: n, at_least: 5}\n    question: 64\n    options: [1]\n",
            22,
            "takes one condition `of`",
            "one of the two",
        ),
        ("base: [g.1, \"64\"]", "base: [g.3, \"64\"]", 19, "base on unknown row 3", "rows: 1, 2"),
        ("base: [g.1, \"64\"]", "base: [\"46\"]", 19, "base on unknown question `46`", "did you mean `64`?"),
        ("base: [g.1, \"64\"]", "base: []", 19, "its base names no question", "name one"),
        ("base: covered", "base: coverd", 13, "unknown variant `coverd`", "did you mean `covered`?"),
        ("waves: [\"2023\"]", "waves: [\"2033\"]", 3, "unknown wave `2033`", "did you mean"),
        ("waves: [\"2023\"]", "waves: [\"2022\"]", 8, "unknown question `64`", ""),
        ("{ja: 計画, en: Plan}", "{ja: 計画}", 6, "a label without `en`", ""),
        ("label: {ja: 計画, en: Plan}", "label: ''", 6, "the label has no words", ""),
        (
            "indicator: both",
            "indicator: plan",
            5,
            "indicator `plan` stands twice in wave `2023`",
            "another id",
        ),
        ("indicator: both", "indicator: a/b", 10, "the id is no name", "letters, digits"),
        (
            "    base: covered\n",
            "    base: covered\n    among: {question: 46, codes: [1]}\n",
            14,
            "unknown question `46`",
            "did you mean `64`?",
        ),
        // One for each option: what is wrong is said once, at the indicator that it was written out from.
        (
            "    question: 64\n    options: [1, 2]",
            "    question: 64\n    each_among: 24",
            5,
            "mapping `m-1` covers option 1 of question `64` but not option 1 of question `24`",
            "base",
        ),
        ("    options: [1, 2]", "    each_among: 25", 9, "unknown question `25`", "did you mean `24`?"),
        (
            "    options: [1, 2]",
            "    each_among: n",
            9,
            "no form of its waves has an option of one code in `64` and in `n`",
            "the same codes",
        ),
        (
            "base: covered\n",
            "base: covered\n    each_among: 24\n",
            14,
            "`each_among` goes with a `question`",
            "`among`",
        ),
        ("    note:", "    notes:", 7, "unknown field `notes`", "did you mean `note`?"),
    ];
    let mut wrong = Vec::new();
    for (from, to, line, message, hint) in cases {
        assert!(INDICATORS.contains(from), "{from}");
        let (_, findings) = load(&INDICATORS.replacen(from, to, 1), &[]);
        let found = findings.iter().any(|finding| {
            finding.file == "indicators/a.yaml"
                && finding.line == Some(*line)
                && finding.message.contains(message)
                && finding.hint.as_deref().unwrap_or_default().contains(hint)
        });
        if !found {
            let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
            wrong.push(format!("{from} -> {to}: {shown:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sets_and_tables_are_held_against_each_other() {
    // (a further file, its path, a part of the message)
    let cases = [
        ("indicators/b.yaml", INDICATORS.to_owned(), "set `a` stands in `indicators/a.yaml` too"),
        (
            "indicators/b.yaml",
            INDICATORS.replace("set: a", "set: b"),
            "indicator `plan` stands twice in wave `2023` (set `a`)",
        ),
        ("tables/t.yaml", "table: t\nindicators: [plam]\n".to_owned(), "unknown indicator `plam`"),
        ("tables/t.yaml", "table: indicators\n".to_owned(), "has the name of the table of indicators"),
    ];
    for (path, text, wanted) in cases {
        let (_, findings) = load(INDICATORS, &[(path, &text)]);
        let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(shown.iter().any(|finding| finding.contains(wanted)), "{path}: {wanted}: {shown:#?}");
    }
    let (_, findings) = load(INDICATORS, &[("tables/t.yaml", "table: t\nindicators: [plan, \"*\"]\n")]);
    assert_eq!(findings, []);
}

#[test]
fn what_a_question_cannot_reject_is_refused() {
    // (the question, a part of the message)
    let cases = [
        ("{number: z, kind: number, text: Z, reject_if: [not_asked]}", "cannot reject `not_asked`"),
        ("{number: z, kind: number, text: Z, reject_if: [answered]}", "cannot reject `answered`"),
        (
            "{number: z, kind: single, text: Z, filled_from: group, reject_if: [invalid], options: [{code: 1, label: a, group: g}]}",
            "is answered by nobody",
        ),
        ("{number: z, kind: number, text: Z, reject_if: [wrong]}", "unknown variant `wrong`"),
    ];
    for (question, wanted) in cases {
        let form = format!("{OLD}      - {question}\n");
        let (_, findings) = load(INDICATORS, &[("forms/old.yaml", &form)]);
        let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(shown.iter().any(|finding| finding.contains(wanted)), "{question}: {shown:#?}");
    }
}
