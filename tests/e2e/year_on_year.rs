//! Two waves of the flagship survey, both synthetic: every change against an independent recount, what may not be compared,
//! and questions, options and groups that have other names in the wave before.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use shukei_testkit::{Program, csv_rows};

type Row = BTreeMap<String, String>;

const AGAINST: [&str; 7] = ["tabulate", "--survey", "nisc", "--wave", "2023", "--against", "2022"];
const GUIDELINE: &str = "指針は2023年7月4日に改定された。";

/// Both waves in one folder.
fn played() -> &'static Program {
    static PLAYED: OnceLock<Program> = OnceLock::new();
    PLAYED.get_or_init(|| {
        let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
        let _ = program.on_data(&["demo", "--survey", "nisc"]).ends(0);
        let _ = program.on_data(&["demo", "--survey", "nisc", "--wave", "2022"]).ends(0);
        program
    })
}

fn compared(more: &[&str]) -> Vec<Row> {
    let all: Vec<&str> = AGAINST.iter().chain(more).copied().collect();
    csv_rows(&played().on_data(&all).ends(0).stdout)
}

/// Everything, compared once for all tests.
fn all_compared() -> &'static [Row] {
    static ALL: OnceLock<Vec<Row>> = OnceLock::new();
    ALL.get_or_init(|| compared(&[]))
}

fn shipped(path: &str) -> std::path::PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path)
}

fn recounted() -> Vec<Row> {
    csv_rows(&std::fs::read_to_string(shipped("tests/data/nisc/changes-2022-2023.csv")).unwrap())
}

/// Question, options and groups.
fn key(row: &Row) -> (String, String, String) {
    let options = match row["set"].strip_prefix("options ") {
        Some(set) => set.to_owned(),
        None => row["option"].clone(),
    };
    (row["question"].clone(), options, row["breaks"].strip_prefix("group=").unwrap_or_default().to_owned())
}

/// The lines of the recount that the program's rows do not meet, and the rows that were not recounted.
fn differences(rows: &[Row], wanted: &[Row]) -> Vec<String> {
    let mut found: BTreeMap<_, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        found.entry(key(row)).or_default().push(row);
    }
    let mut wrong = Vec::new();
    for line in wanted {
        let got = found.remove(&(line["question"].clone(), line["options"].clone(), line["group"].clone()));
        let got = got.unwrap_or_default();
        let value = |measure: &str| {
            let row = got.iter().find(|row| row["measure"] == measure);
            row.map_or("", |row| row["value"].as_str()).to_owned()
        };
        // Groups of which there is no share in print.
        let is_joined = line["group"].contains('+') || line["group"] == "water";
        let has = |flag: &str| got.iter().all(|row| row["flags"].split(';').any(|known| known == flag));
        let is_met = match line["kind"].as_str() {
            "broken" => got.len() == 1 && value("change_points").is_empty() && has("broken"),
            "not_compared" => got.len() == 1 && value("change_points").is_empty() && has("not_compared"),
            kind => {
                let was = format!("2022：{}のうち{}", line["was_base"], line["was_count"]);
                got.len() == if is_joined { 2 } else { 3 }
                    && value("change_points") == line["points"]
                    && value("change_percent") == line["percent"]
                    // The recount leaves out what single groups print.
                    && (!line["group"].is_empty() || value("change_printed") == line["printed"])
                    && got.iter().all(|row| row["count"] == line["count"] && row["base"] == line["base"])
                    && has(&was)
                    && has("definition_changed") == (kind == "changed")
            }
        };
        if !is_met {
            wrong.push(format!("{line:?}: got {got:?}"));
        }
    }
    wrong.extend(found.keys().map(|key| format!("not recounted: {key:?}")));
    wrong
}

fn of_total(wanted: &[Row]) -> Vec<Row> {
    wanted.iter().filter(|line| line["group"].is_empty()).cloned().collect()
}

#[test]
fn every_change_is_that_of_an_independent_recount() {
    let wanted = recounted();
    let total = of_total(&wanted);
    let wrong = differences(all_compared(), &total);
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), total.len(), wrong.join("\n"));

    let by_group: Vec<Row> =
        wanted.into_iter().filter(|line| line["question"] == "31" || line["question"] == "61").collect();
    assert!(by_group.iter().filter(|line| line["group"] == "broadcasting+cabletv").count() > 10);
    let rows = compared(&["--question", "31", "--question", "61", "--by", "group"]);
    // Where one way of collecting is left out, groups that it alone collects have no base in either wave.
    let (empty, rows): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| row["base"] == "0" && row["flags"].contains("base_zero"));
    assert!(empty.iter().all(|row| row["breaks"] == "group=finance"), "{empty:?}");
    let by_group: Vec<Row> = by_group.into_iter().filter(|line| line["base"] != "0").collect();
    let wrong = differences(&rows, &by_group);
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), by_group.len(), wrong.join("\n"));
}

#[test]
fn a_wrong_concordance_does_not_meet_the_recount() {
    let copy = played().path("surveys/nisc");
    copy_folder(&shipped("schemas/surveys/nisc"), &copy);
    let file = copy.join("concordances/2022-2023.yaml");
    let right = std::fs::read_to_string(&file).unwrap();
    // What is changed, and the questions that then differ.
    let cases = [
        ("options: [5], were: [5, 6]", "options: [5], were: [5]", vec!["61"]),
        (
            "options: [7], were: [6]}\n      - {options: [8], were: [7]}",
            "options: [7], were: [7]}\n      - {options: [8], were: [6]}",
            vec!["24"],
        ),
        ("group: payment, were: []", "group: payment, were: [credit]", vec!["24", "31", "61"]),
        ("grade: break", "grade: same", vec!["111"]),
    ];
    let questions = ["24", "31", "61", "111"];
    let is_asked = |line: &Row| questions.contains(&line["question"].as_str());
    let total: Vec<Row> = of_total(&recounted()).into_iter().filter(is_asked).collect();
    for (before, after, wanted) in cases {
        assert!(right.contains(before), "{before}");
        std::fs::write(&file, right.replacen(before, after, 1)).unwrap();
        let mut asked = vec!["--surveys", copy.to_str().unwrap()];
        asked.extend(questions.iter().flat_map(|number| ["--question", number]));
        let wrong = differences(&compared(&asked), &total);
        for question in questions {
            let of = [format!("\"question\": \"{question}\""), format!("(\"{question}\"")];
            let differs = wrong.iter().any(|line| of.iter().any(|of| line.contains(of)));
            assert_eq!(differs, wanted.contains(&question), "{after}: {question}: {wrong:?}");
        }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy_folder(&path, &target),
            false => drop(std::fs::copy(&path, &target).unwrap()),
        }
    }
}

#[test]
fn each_change_says_what_a_reader_must_know() {
    let rows = all_compared();
    let values: Vec<&Row> = rows.iter().filter(|row| !row["value"].is_empty()).collect();
    assert!(values.len() > 250, "{}", values.len());
    for row in &values {
        assert!(row["flags"].starts_with("synthetic;"), "{row:?}");
        assert!(row["flags"].contains(GUIDELINE), "{row:?}");
        assert!(row["flags"].contains("payment（2023-04-01から、2023年度に新しく加わった区分）"), "{row:?}");
    }
    let flags = |question: &str, option: &str| {
        let of = |row: &&Row| row["question"] == question && row["option"] == option;
        rows.iter().find(of).unwrap_or_else(|| panic!("{question} {option}"))["flags"].clone()
    };
    // Broken: the reason, and no figure.
    assert!(flags("111", "").contains("broken;2022年度はクラウド利用者だけに"), "{}", flags("111", ""));
    // Read by another rule, and about other days.
    assert!(flags("42", "1").contains("外部調査の読み替え規則が変わった"), "{}", flags("42", "1"));
    assert!(
        flags("42", "1").contains("externalの調査基準日：2023-03-31、2022は2022-03-31"),
        "{}",
        flags("42", "1")
    );
    // Covered in both waves, and in one of them only.
    assert!(!flags("31", "1").contains("を除く（片方"), "{}", flags("31", "1"));
    assert!(flags("31", "4").contains("externalを除く（片方"), "{}", flags("31", "4"));
    assert!(!flags("31", "4").contains("調査基準日"), "{}", flags("31", "4"));
    // New questions and options.
    assert!(flags("9", "").contains("前の調査回にこの設問はない"), "{}", flags("9", ""));
    assert!(flags("24", "6").contains("前の調査回にこの選択肢はない"), "{}", flags("24", "6"));
    // What is not the same is not shown as if it were: the printed shares of question 31 are of other units.
    let of = |measure: &str| {
        let is = |row: &&&Row| row["question"] == "31" && row["option"] == "4" && row["measure"] == measure;
        values.iter().find(is).unwrap()["value"].parse::<f64>().unwrap()
    };
    assert!((of("change_points") - of("change_printed")).abs() > 5.0);

    let grouped = compared(&["--question", "61", "--by", "group"]);
    let joined = grouped.iter().find(|row| row["breaks"] == "group=water").unwrap();
    assert!(joined["flags"].contains("water（2023-04-01から、水道の2つの区分を1つにした）"), "{joined:?}");
    assert!(joined["flags"].contains("2022：18のうち"), "{joined:?}");
    let words = grouped.iter().find(|row| row["set"] == "options 5").unwrap();
    assert_eq!(words["label"], "調達・委託時のセキュリティ要求事項の提示・契約への明記 †");
    let ids: std::collections::BTreeSet<&str> = grouped.iter().map(|row| row["id"].as_str()).collect();
    assert_eq!(ids.len(), grouped.len());
}

#[test]
fn filters_and_breaks_are_asked_under_the_names_of_the_wave_before() {
    // Question 24 was 18, and all groups of 2022 are in 2023.
    let rows = compared(&["--question", "31", "--where", "24=2"]);
    let now = rows.iter().find(|row| row["option"] == "1" && row["measure"] == "change_points").unwrap();
    let of_2022 = ["tabulate", "--survey", "nisc", "--wave", "2022", "--question", "23", "--where", "18=2"];
    let then = csv_rows(&played().on_data(&of_2022).ends(0).stdout);
    let then = then.iter().find(|row| row["option"] == "1" && row["measure"] == "share").unwrap();
    let was = format!("2022：{}のうち{}", then["base"], then["count"]);
    assert!(now["flags"].contains(&was), "{was}: {now:?}");
    assert!(then["base"].parse::<u32>().unwrap() > 300, "{then:?}");

    // Question 6 was 4; 64 has two options of which the wave before had one.
    let by = compared(&["--question", "27", "--by", "6"]);
    let cell = by.iter().find(|row| row["breaks"] == "6=3" && row["option"] == "4").unwrap();
    let of_2022 = ["tabulate", "--survey", "nisc", "--wave", "2022", "--question", "20", "--by", "4"];
    let then = csv_rows(&played().on_data(&of_2022).ends(0).stdout);
    let is = |row: &&Row| row["breaks"] == "4=3" && row["option"] == "4" && row["measure"] == "share";
    let then = then.iter().find(is).unwrap();
    assert!(cell["flags"].contains(&format!("2022：{}のうち{}", then["base"], then["count"])), "{cell:?}");

    let crossed = compared(&["--question", "27", "--by", "6*group"]);
    assert!(crossed.iter().any(|row| row["breaks"] == "6=3; group=broadcasting+cabletv"));
    assert!(!crossed.iter().any(|row| row["breaks"].contains("group=cabletv")));

    // What is asked, the name that the refusal is of, and why.
    let cases = [
        (["--by", "111"], "`111`", "FY2022 asked users of cloud services only"),
        (["--by", "21"], "`21`", "the earlier wave has no such question"),
        (["--where", "64=1"], "`64=1`", "the earlier wave has no such set of options"),
        (["--where", "group=cabletv"], "`group=cabletv`", "the earlier wave has no such set of options"),
        (["--where", "21=1"], "`21`", "the earlier wave has no such question"),
    ];
    for (asked, name, why) in cases {
        let all: Vec<&str> = AGAINST.iter().chain(&asked).copied().collect();
        let refused = played().on_data(&all).ends(1);
        assert!(
            refused.stderr.contains(name) && refused.stderr.contains(why),
            "{asked:?}: {}",
            refused.stderr
        );
        assert!(refused.stdout.is_empty(), "{asked:?}");
    }
    for allowed in [["--where", "64=1,2"], ["--where", "61=5"], ["--where", "group=cabletv,broadcasting"]] {
        let more: Vec<&str> = ["--question", "27"].into_iter().chain(allowed).collect();
        assert!(compared(&more).iter().any(|row| !row["value"].is_empty()), "{allowed:?}");
    }
}

#[test]
fn the_wave_before_is_shown_as_made_up_and_the_latest_is_the_default() {
    let before = played().on_data(&["demo", "--survey", "nisc", "--wave", "2022"]).ends(0).stdout;
    for words in ["2022年度（令和4年度、全て合成）", "453 (289) ※2", "放送・ケーブルテレビ"]
    {
        assert!(before.contains(words), "{words}:\n{before}");
    }
    let latest = played().on_data(&["demo", "--survey", "nisc"]).ends(0).stdout;
    assert!(latest.contains("1,862 (1,204) ※2") && latest.contains("--wave 2023"), "{latest}");
    let counted = played().sql(
        "SELECT \"group\", count(*) AS n FROM current_nisc2022_1 WHERE survey = 'nisc' AND wave = '2022' GROUP BY 1",
    );
    let counted: BTreeMap<&str, &str> =
        counted.iter().map(|row| (row["group"].as_str(), row["n"].as_str())).collect();
    let groups =
        csv_rows(&std::fs::read_to_string(shipped("schemas/surveys/nisc/data/groups-2022.csv")).unwrap());
    assert_eq!(groups.len(), counted.len());
    for group in &groups {
        assert_eq!(counted.get(group["group"].as_str()), Some(&group["answers"].as_str()), "{group:?}");
    }
    // No wording of the wave that nobody knows passes for the issuer's.
    let csv = played().on_data(&["tabulate", "--survey", "nisc", "--wave", "2022"]).ends(0).stdout;
    for row in csv_rows(&csv) {
        assert!(row["flags"].starts_with("synthetic;reconstructed"), "{row:?}");
    }
    let _ = played().on_data(&["verify"]).ends(0);
}
