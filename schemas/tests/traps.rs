//! Traps of the shipped survey `nisc` that its definition meets, by the numbers of `docs/traps.md`; and that page itself.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use shukei_schemas::State;
use shukei_schemas::definition::{
    Definitions, Form, Grade, Indicator, IndicatorBase, Kind, Mapping, Question, Sectors, SurveyDefinition,
    UnitRule, Wave,
};

fn nisc() -> Arc<SurveyDefinition> {
    static SHIPPED: OnceLock<Definitions> = OnceLock::new();
    Arc::clone(SHIPPED.get_or_init(|| Definitions::shipped().0).survey(&"nisc".into()).unwrap())
}

fn wave<'a>(nisc: &'a SurveyDefinition, id: &str) -> &'a Wave {
    nisc.survey.wave(&id.into()).unwrap()
}

fn form(nisc: &SurveyDefinition) -> Arc<Form> {
    Arc::clone(nisc.form(&wave(nisc, "2023").forms[0]).unwrap())
}

fn mapping(nisc: &SurveyDefinition) -> Arc<Mapping> {
    Arc::clone(nisc.mapping(&wave(nisc, "2023").mappings[0]).unwrap())
}

fn sectors(nisc: &SurveyDefinition, id: &str) -> Arc<Sectors> {
    Arc::clone(nisc.sectors_of(wave(nisc, id)).unwrap())
}

fn question<'a>(form: &'a Form, number: &str) -> &'a Question {
    form.question(number).unwrap_or_else(|| panic!("no question {number}")).1
}

fn labels(form: &Form, number: &str) -> Vec<(i16, String)> {
    let shown = |option: &shukei_schemas::definition::Choice| {
        (option.code, option.label.in_language("ja").to_owned())
    };
    question(form, number).options().iter().map(shown).collect()
}

/// Whether options are printed in the order of these codes, from 1 on.
fn in_printed_order(form: &Form, number: &str, count: i16) {
    let codes: Vec<i16> = labels(form, number).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, (1..=count).collect::<Vec<_>>(), "question {number}");
}

/// The question and the options of an indicator, or nothing where it is another condition.
fn set_of(nisc: &SurveyDefinition, id: &str) -> (String, Vec<i16>) {
    let found = indicator(nisc, id);
    (found.question.unwrap_or_default(), found.options)
}

fn indicator(nisc: &SurveyDefinition, id: &str) -> Indicator {
    let all = nisc.indicators_of(wave(nisc, "2023"));
    let found = all.iter().find(|(_, indicator)| indicator.indicator == id);
    found.unwrap_or_else(|| panic!("no indicator {id}")).1.clone()
}

/// Each indicator counts these options of this question, and says how it reads the words.
fn sets(cases: &[(&str, &str, &[i16])]) {
    let nisc = nisc();
    for (id, number, options) in cases {
        assert_eq!(set_of(&nisc, id), ((*number).to_owned(), options.to_vec()), "{id}");
        assert!(!indicator(&nisc, id).note.in_language("ja").is_empty(), "{id}");
    }
}

#[test]
fn trap_01_a_slip_of_the_report_stands_as_printed_and_is_coded_by_number() {
    let form = form(&nisc());
    let option = &question(&form, "9").options()[2];
    assert_eq!((option.code, option.is_reconstructed()), (3, false));
    assert!(option.label.in_language("ja").contains("組み入れてはいるが"));
    let note = question(&form, "9").options().iter().map(|option| option.code).collect::<Vec<_>>();
    assert_eq!(note, [1, 2, 3, 4, 5, 6]);
    // What is likely meant is said in our translation and in a note, never in the printed words.
    assert!(option.label.in_language("en").contains("likely meant"));
}

#[test]
fn trap_02_no_answer_is_a_state_and_never_an_option() {
    let form = form(&nisc());
    for question in &form.questions {
        for option in question.options() {
            assert!(!option.label.in_language("ja").contains("無回答"), "question {}", question.number);
        }
    }
    in_printed_order(&form, "9", 6);
    in_printed_order(&form, "29", 4);
}

#[test]
fn trap_05_the_base_of_question_42_is_data_of_the_mapping() {
    let (nisc, form) = (nisc(), form(&nisc()));
    let mapping = mapping(&nisc);
    let (place, asked) = form.question("42").unwrap();
    assert!(asked.printed_base.is_empty(), "the details print no base");
    assert!((0..asked.options().len()).all(|option| mapping.covers(place, option)));
    assert_eq!(indicator(&nisc, "risk_assessment").origin.as_deref(), Some("implied"));
    // Where the report prints that finance is left out, the mapping covers nothing.
    let without =
        form.questions.iter().enumerate().filter(|(_, question)| {
            question.printed_base.in_language("ja") == "※金融分野（資金決済以外）を除く"
        });
    let places: Vec<usize> = without.map(|(place, _)| place).collect();
    assert!(places.len() >= 8, "{places:?}");
    assert!(places.iter().all(|place| !mapping.covers_some(*place)));
}

#[test]
fn trap_06_an_option_that_the_source_does_not_ask_is_not_covered_and_cannot_hide_behind_not_done() {
    let rule = "      - option: 2\n        reason: {ja: \"対象のシステムを問わず、ペネトレーションテストの実施とする。\"";
    let mut files = nisc().files().clone();
    let text = String::from_utf8(files["mappings/finance2023.yaml"].clone()).unwrap();
    let from = text.find(rule).unwrap();
    let to = from + text[from + 1..].find("      - option: 3").unwrap() + 1;
    let cut = format!("{}{}", &text[..from], &text[to..]);
    files.insert("mappings/finance2023.yaml".to_owned(), cut.into_bytes());
    let (changed, findings) = SurveyDefinition::load_checked(&files);
    let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(shown.iter().any(|finding| finding.contains("exclusive")), "{shown:?}");
    let changed = changed.map(|changed| mapping(&changed));
    let (place, asked) =
        form(&nisc()).question("31").map(|(place, question)| (place, question.options().len())).unwrap();
    assert!((0..asked).all(|option| mapping(&nisc()).covers(place, option)));
    if let Some(changed) = changed {
        assert!(!changed.covers(place, 1) && changed.covers(place, 0));
    }
}

#[test]
fn trap_08_a_published_rate_without_a_base_is_quoted_and_nothing_is_computed_from_it() {
    let nisc = nisc();
    let quoted = &nisc.survey.published[0];
    assert_eq!((quoted.value.as_str(), quoted.note.in_language("en")), ("47.1", "base not stated"));
    for (path, file) in nisc.files() {
        if path.starts_with("frame/") {
            let text = String::from_utf8_lossy(file);
            // 1,862 of 47.1 % would come to 3,951 to 3,957 invited.
            let invited: u64 =
                text.lines().skip(1).filter_map(|line| line.rsplit(',').next()?.parse::<u64>().ok()).sum();
            assert!(!(3_951..=3_957).contains(&invited), "{path}: {invited}");
        }
    }
}

#[test]
fn trap_09_fourteen_fields_have_seventeen_rows() {
    let nisc = nisc();
    let sectors = sectors(&nisc, "2023");
    assert_eq!((sectors.fields.len(), sectors.groups.len()), (14, 17));
    let of = |field: &str| sectors.groups.iter().filter(|group| group.field == field).count();
    assert_eq!((of("ict"), of("finance")), (3, 2));
    let form = form(&nisc);
    let asked = question(&form, "1");
    assert_eq!(asked.options().len(), 17);
    assert!(asked.note.in_language("ja").contains("14分野か17区分かは不明"));
}

#[test]
fn trap_10_a_garbled_target_stands_as_printed() {
    let sectors = sectors(&nisc(), "2023");
    let target = &sectors.group("railways").unwrap().target;
    assert_eq!(target.in_language("ja"), "大手民間鉄道事業者の主要な鉄道事業者");
    assert!(target.in_language("en").starts_with("Printed: "));
}

#[test]
fn trap_11_questions_that_the_contents_list_lacks_are_there_with_titles_of_ours() {
    let form = form(&nisc());
    for number in ["1", "6", "7", "23"] {
        let asked = question(&form, number);
        assert!(
            !asked.short.is_empty() && asked.note.in_language("ja").contains("当方が付けたもの"),
            "{number}"
        );
    }
    assert!(question(&form, "23").note.in_language("ja").contains("目次にない"));
}

#[test]
fn trap_12_and_13_no_question_is_made_up_for_a_number_that_the_report_skips() {
    let form = form(&nisc());
    let skipped = [2, 3, 4, 5, 8, 10, 25, 26, 32, 33, 57, 58, 62, 63, 69, 70, 71, 77, 78, 88, 89];
    for number in skipped {
        assert!(form.question(&number.to_string()).is_none(), "{number}");
    }
    assert!(form.questions.iter().all(|question| !matches!(question.kind, Kind::Text { .. })));
    assert_eq!(form.questions.len(), 61);
}

#[test]
fn trap_14_codes_are_numbers_of_the_definition_and_never_read_from_words() {
    let form = form(&nisc());
    in_printed_order(&form, "7", 5);
    assert_eq!(labels(&form, "7")[4].1, "いずれも該当しない");
    assert!(question(&form, "7").note.in_language("ja").contains("5：いずれも該当しない"));
    assert!(labels(&form, "7").iter().all(|(code, label)| !label.starts_with(&format!("{code}:"))));
}

#[test]
fn trap_15_bands_in_words_are_options_closed_below_and_open_above() {
    let form = form(&nisc());
    let bands: Vec<String> = labels(&form, "7").into_iter().map(|(_, label)| label).collect();
    assert_eq!(bands[..4], ["5,000万円未満", "5,000万円以上1億円未満", "1億円以上3億円未満", "3億円以上"]);
}

#[test]
fn trap_16_people_and_budget_have_each_reading_as_an_indicator_of_its_own() {
    sets(&[
        ("people_any", "27", &[1, 2]),
        ("people_alone", "27", &[2]),
        ("budget_any", "27", &[1, 3]),
        ("budget_alone", "27", &[3]),
    ]);
}

#[test]
fn trap_17_unclear_is_not_insufficient() {
    sets(&[("neither_sufficient", "27", &[4]), ("needs_unclear", "27", &[5])]);
}

#[test]
fn trap_18_audits_are_options_1_to_3_with_and_without_no_answer() {
    sets(&[("audit", "29", &[1, 2, 3]), ("audit_of_answered", "29", &[1, 2, 3])]);
    assert_eq!(*indicator(&nisc(), "audit").base(), IndicatorBase::Covered);
    assert_eq!(*indicator(&nisc(), "audit_of_answered").base(), IndicatorBase::Answered);
}

#[test]
fn trap_19_risk_assessment_has_both_readings_and_not_done_holds_what_is_considered() {
    sets(&[
        ("risk_assessment", "42", &[1, 2]),
        ("risk_assessment_for_service", "42", &[1]),
        ("risk_assessment_not_done", "42", &[3, 4]),
    ]);
}

#[test]
fn trap_20_plans_have_both_readings() {
    sets(&[
        ("contingency_plan", "64", &[1, 2]),
        ("contingency_plan_cyber", "64", &[1]),
        ("continuity_plan", "66", &[1, 2, 3]),
        ("recovery_plan", "66", &[1]),
    ]);
}

#[test]
fn trap_21_an_option_that_mixes_two_states_is_in_no_plan() {
    let form = form(&nisc());
    assert!(labels(&form, "66")[3].1.contains("検討している、もしくは作成中"));
    assert_eq!(labels(&form, "64")[2].1, "コンティンジェンシープランの策定を検討している");
    assert!(!set_of(&nisc(), "continuity_plan").1.contains(&4));
    assert!(!set_of(&nisc(), "contingency_plan").1.contains(&3));
}

#[test]
fn trap_22_levels_of_a_scale_in_cumulative_words_are_sums_and_keep_their_order() {
    sets(&[
        ("policies_inside", "52", &[1, 2]),
        ("sharing_any", "79", &[1, 2, 3]),
        ("sharing_beyond_law", "79", &[2, 3]),
    ]);
    let form = form(&nisc());
    in_printed_order(&form, "79", 4);
    assert!(
        labels(&form, "79")[1].1.starts_with("1に加えて")
            && labels(&form, "79")[2].1.starts_with("2に加えて")
    );
}

#[test]
fn trap_23_options_without_bullets_are_all_there_in_their_own_style() {
    let form = form(&nisc());
    in_printed_order(&form, "52", 4);
    assert!(labels(&form, "52")[1].1.starts_with("1に加え、"));
    assert!(labels(&form, "52")[2].1.contains("取り決めていますが"));
    assert!(question(&form, "52").text.in_language("ja").ends_with("回答してください"));
}

#[test]
fn trap_24_words_that_differ_inside_the_report_stand_as_printed_with_a_note() {
    let form = form(&nisc());
    assert!(question(&form, "46").text.in_language("ja").contains("定期的実施して"));
    for (number, note) in [
        ("13", "注は報告書に印刷されていない"),
        ("106", "注は報告書に印刷されていない"),
        ("93", "目次は「保護」"),
        ("104", "目次は「暗号技術」"),
        ("46", "印刷どおり"),
    ] {
        assert!(question(&form, number).note.in_language("ja").contains(note), "{number}");
    }
}

#[test]
fn trap_25_a_question_phrased_as_yes_or_no_takes_several_answers() {
    let form = form(&nisc());
    let asked = question(&form, "106");
    assert!(matches!(asked.kind, Kind::Multiple { .. }));
    assert!(asked.text.in_language("ja").contains("この回答ページ"));
    assert!(asked.options().iter().filter(|option| option.exclusive).map(|option| option.code).eq([17]));
}

#[test]
fn trap_26_of_an_excerpt_only_the_options_that_it_prints_are_the_reports() {
    let form = form(&nisc());
    let options = question(&form, "108").options();
    let printed: Vec<i16> =
        options.iter().filter(|option| !option.is_reconstructed()).map(|option| option.code).collect();
    assert_eq!((printed, options.len()), (vec![5, 7, 8], 11));
}

/// Two readings of "not done": the option that says so, and that together with no answer.
fn two_readings(cases: &[(&str, &str)]) {
    let nisc = nisc();
    for (marked, known) in cases {
        assert!(indicator(&nisc, marked).question.is_some(), "{marked}");
        let condition = format!("{:?}", indicator(&nisc, known).of.unwrap());
        assert!(condition.to_lowercase().contains("answered"), "{known}: {condition}");
    }
}

#[test]
fn trap_27_a_rate_of_a_multiple_answer_has_both_readings() {
    sets(&[("communication_any", "17", &[1, 2, 3, 4, 5])]);
    two_readings(&[("communication_any", "communication_not_none")]);
}

#[test]
fn trap_28_not_done_and_not_known_have_both_readings() {
    sets(&[("evaluation_not_done", "31", &[8]), ("supply_chain_not_known", "56", &[5])]);
    two_readings(&[
        ("evaluation_not_done", "evaluation_not_known"),
        ("supply_chain_not_known", "supply_chain_nothing_known"),
        ("review_any", "review_not_none"),
    ]);
}

#[test]
fn trap_29_brackets_of_both_widths_stand_as_printed() {
    let sectors = sectors(&nisc(), "2023");
    let label = |group: &str| sectors.group(group).unwrap().label.in_language("ja").to_owned();
    assert_eq!(
        (label("finance"), label("payment")),
        ("金融(資金決済以外)".to_owned(), "金融（資金決済）".to_owned())
    );
}

#[test]
fn trap_30_targets_are_a_chosen_list_and_stand_beside_the_groups() {
    let sectors = sectors(&nisc(), "2023");
    assert!(sectors.groups.iter().all(|group| !group.target.is_empty()));
    let chosen =
        sectors.groups.iter().filter(|group| group.target.in_language("ja").contains("主要な")).count();
    assert!(chosen >= 7, "{chosen}");
}

#[test]
fn trap_32_a_change_of_the_guideline_between_two_waves_is_said_beside_every_change() {
    let nisc = nisc();
    let note = nisc.concordance(&"2022".into(), &"2023".into()).unwrap().note.in_language("ja").to_owned();
    assert!(note.contains("2023年7月4日に改定"), "{note}");
    assert_eq!(wave(&nisc, "2023").reference_date.as_deref(), Some("2023-10-31"));
}

#[test]
fn trap_36_sources_of_one_figure_have_days_of_their_own() {
    let nisc = nisc();
    assert_eq!(wave(&nisc, "2023").reference_date.as_deref(), Some("2023-10-31"));
    assert_eq!(mapping(&nisc).reference_date.as_deref(), Some("2023-03-31"));
}

#[test]
fn trap_37_a_changed_rule_of_reading_across_is_a_changed_definition() {
    let nisc = nisc();
    let concordance = nisc.concordance(&"2022".into(), &"2023".into()).unwrap();
    let asked = concordance.questions.iter().find(|question| question.question == "42").unwrap();
    assert_eq!(asked.grade, Grade::Changed);
    assert!(asked.reason.in_language("ja").contains("読み替え規則が変わった"));
}

#[test]
fn trap_42_the_shipped_form_makes_up_no_routing() {
    let form = form(&nisc());
    for question in &form.questions {
        assert!(question.ask_if.is_none() && !question.has_routed_options(), "question {}", question.number);
    }
}

#[test]
fn trap_45_every_group_that_one_wave_lacks_is_accounted_for() {
    let nisc = nisc();
    let ids = |id: &str| -> BTreeSet<String> {
        sectors(&nisc, id).groups.iter().map(|group| group.group.to_string()).collect()
    };
    let (earlier, later) = (ids("2022"), ids("2023"));
    let concordance = nisc.concordance(&"2022".into(), &"2023".into()).unwrap();
    let new: BTreeSet<String> = concordance.groups.iter().map(|group| group.group.to_string()).collect();
    let were: BTreeSet<String> =
        concordance.groups.iter().flat_map(|group| group.were.iter().map(ToString::to_string)).collect();
    let only_later: Vec<&String> = later.difference(&earlier).filter(|group| !new.contains(*group)).collect();
    let only_earlier: Vec<&String> =
        earlier.difference(&later).filter(|group| !were.contains(*group)).collect();
    assert_eq!((only_later, only_earlier), (vec![], vec![]));
    assert!(earlier != later);
}

#[test]
fn trap_63_a_break_is_not_a_small_change() {
    let nisc = nisc();
    let concordance = nisc.concordance(&"2022".into(), &"2023".into()).unwrap();
    let of = |grade: Grade| -> Vec<&str> {
        let these = concordance.questions.iter().filter(|question| question.grade == grade);
        these.map(|question| question.question.as_str()).collect()
    };
    assert_eq!((of(Grade::Break), of(Grade::Changed)), (vec!["111"], vec!["17", "19", "42"]));
    assert!(concordance.questions.iter().all(|question| !question.reason.is_empty()));
}

#[test]
fn trap_65_no_answer_is_in_the_base_and_prints_and_each_survey_may_say_otherwise() {
    let nisc = nisc();
    let rule = nisc.survey.state_rule(State::NoAnswer);
    assert!(rule.in_base && rule.prints);
    for state in [State::NotMapped, State::NotAsked] {
        assert!(!nisc.survey.state_rule(state).in_base, "{}", state.as_str());
    }
    assert_eq!(nisc.survey.unit, UnitRule::RespondentAndGroup);
}

// ---- the page ----

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The names of all tests of traps in the sources: a test stands behind `#[test]`.
fn tests_in_sources() -> BTreeSet<String> {
    let mut files = Vec::new();
    for folder in ["tests", "schemas", "transform", "query", "compose", "ingest"] {
        sources(&root().join(folder), &mut files);
    }
    let mut names = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ") {
                let name = rest.split('(').next().unwrap_or_default();
                if is_test && name.starts_with("trap_") {
                    names.insert(name.to_owned());
                }
            }
            let begins = line == "#[test]" || line.starts_with("#[tokio::test");
            is_test = begins || is_test && line.starts_with('#');
        }
    }
    names
}

/// The numbers that a test's name says: `trap_12_and_13_…` is of both.
fn numbers_of(name: &str) -> Vec<u32> {
    let parts = name.split('_').skip(1);
    parts
        .take_while(|part| *part == "and" || part.parse::<u32>().is_ok())
        .filter_map(|part| part.parse().ok())
        .collect()
}

/// What a row points to.
fn pointers(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_trap_stands_once_on_the_page_and_what_it_points_to_is_there() {
    let page = std::fs::read_to_string(root().join("schemas/docs/traps.md")).unwrap();
    let tests = tests_in_sources();
    let mut rows: BTreeMap<u32, u32> = BTreeMap::new();
    let mut named: BTreeSet<String> = BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let Ok(number) = cells[0].parse::<u32>() else { continue };
        assert_eq!(cells.len(), 3, "{line}");
        *rows.entry(number).or_default() += 1;
        let mut met = 0;
        for part in cells[2].split("; ") {
            let (how, rest) = part.split_once(' ').unwrap_or((part, ""));
            let named_here = pointers(rest);
            match how {
                "test" => {
                    for name in named_here {
                        assert!(tests.contains(name), "trap {number}: no test `{name}`");
                        assert!(
                            numbers_of(name).contains(&number),
                            "trap {number}: `{name}` is of another one"
                        );
                        named.insert(name.to_owned());
                        met += 1;
                    }
                }
                "page" => {
                    let [file, words] = named_here[..] else { panic!("trap {number}: file and words") };
                    let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
                    assert!(
                        words.len() > 20 && text.contains(words),
                        "trap {number}: `{words}` is not in {file}"
                    );
                    met += 1;
                }
                _ => panic!("trap {number}: `{how}` is neither a test nor a page"),
            }
        }
        assert!(met > 0, "trap {number} points to nothing");
    }
    assert!(rows.values().all(|times| *times == 1), "{rows:?}");
    assert!(rows.keys().copied().eq(1..=65), "{:?}", rows.keys());
    let forgotten: Vec<&String> = tests.difference(&named).collect();
    assert!(forgotten.is_empty(), "not on the page: {forgotten:?}");
}
