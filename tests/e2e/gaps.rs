//! Files as real surveys leave them: names in another spelling, rows that are no submissions, numbers in words, and a
//! definition that is mended after its rows were read.

use shukei_testkit::{Program, csv_rows};

const SURVEY: &str = "survey: town
version: 1
names: Town
synthetic: true
waves:
  - {wave: w, names: W, forms: [{form: f, version: 1}], layouts: [{layout: l, version: 1}]}
";

const FORM: &str = r#"form: f
version: 1
names: F
sections:
  - section: s
    questions:
      - {number: age, kind: single, text: Age, options: [{code: 1, label: 10〜19歳}, {code: 2, label: 20歳以上}]}
      - {number: years, kind: number, text: Years}
      - {number: pay, kind: number, text: Pay, bands: [{code: 1, label: low, below: 100}, {code: 2, label: high, from: 100}]}
      - {number: uses, kind: multiple, max_marks: 2, text: Uses, options: [{code: 1, label: a}, {code: 2, label: b}, {code: 3, label: c}]}
      - {number: n, kind: number, text: Number, derived: {count: uses}}
      - {number: kind, kind: single, role: attribute, text: Kind, options: [{code: 1, label: heavy}, {code: 2, label: light}], derived: {cases: [{code: 1, if: {all: [{question: n, at_least: 2}, {question: pay, at_least: 100}]}}], otherwise: 2}}
"#;

const LAYOUT: &str = r#"layout: l
version: 1
form: {form: f, version: 1}
columns: l.csv
cells: {strip: [円, "$"], thousands: ","}
questions: [{question: years, cells: {values: {1年未満: 0}}}]
file:
  encoding: cp932
  skip_if: [{column: 状態, is: [テスト, 試験]}, {column: 状態, blank: true}]
  only_if: [{column: 同意, is: [1]}]
  submission: {key: [番号]}
"#;

const COLUMNS: &str =
    "column,question,shape,separator\n年齢〜,age,,\n問5 年数 (年),years,,\n月額,pay,,\n用途,uses,list,;\n";

const ROWS: &str = "番号,状態,同意,年齢～,問５　年数　（年）,月額,用途
1,完了,1,10～19歳,1年未満,\"1,000円\",a;b
2,完了,1,20歳以上,12,1e+05,a
3,テスト,1,20歳以上,3,5円,a
4,完了,0,20歳以上,3,5円,a
5,,1,20歳以上,3,5円,a
6,完了,1,20歳以上,3,99,a;b;c
";

fn program() -> Program {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    program.file("town/survey.yaml", SURVEY);
    program.file("town/forms/f.yaml", FORM);
    program.file("town/layouts/l.yaml", LAYOUT);
    program.file("town/layouts/l.csv", COLUMNS);
    program.file("rows.csv", encoding_rs::SHIFT_JIS.encode(ROWS).0);
    program
}

#[test]
fn a_real_file_is_read_counted_and_broken_down() {
    let program = program();
    program.run(["check", "town"]).ends(0);
    let submit = ["submit", "rows.csv", "--survey", "town", "--surveys", "town"];
    let said = program.on_data(&submit).ends(0).stdout;
    for part in [
        "rows                  6",
        "1 rows left out by only_if: `同意` is 1, which does not hold",
        "1 rows left out by skip_if: `状態` is テスト or 試験",
        "1 rows left out by skip_if: `状態` is blank",
        "sent                  3",
        "with issues           1",
    ] {
        assert!(said.contains(part), "`{part}` in\n{said}");
    }
    assert!(!said.contains("not in the"), "{said}");
    let tried = program.run(["try", "town", "rows.csv"]).ends(0).stdout;
    assert!(tried.contains("1 rows left out by skip_if: `状態` is blank"), "{tried}");
    assert!(tried.contains("too_many_marks"), "{tried}");

    let rows = program.sql(
        "SELECT respondent, q_age, q_years, q_pay, q_payband, q_n, q_n_state, q_kind FROM (SELECT respondent, qage AS q_age, \
         qyears AS q_years, qpay AS q_pay, qpayband AS q_payband, qn AS q_n, qn_state AS q_n_state, qkind AS q_kind FROM current_f_1) \
         ORDER BY respondent",
    );
    let shown: Vec<String> = rows
        .iter()
        .map(|row| {
            let at = |name: &str| row[name].as_str();
            let all = ["respondent", "q_age", "q_years", "q_pay", "q_payband", "q_n", "q_n_state", "q_kind"];
            all.map(at).join("|")
        })
        .collect();
    assert_eq!(shown, ["1|1|0|1000|2|2|1|1", "2|2|12|100000|2|1|1|2", "6|2|3|99|1||5|2"]);

    let table = program
        .on_data(&["tabulate", "--survey", "town", "--question", "pay", "--by", "kind", "--format", "csv"])
        .ends(0)
        .stdout;
    assert!(csv_rows(&table).iter().any(|row| row.values().any(|cell| cell.contains("heavy"))), "{table}");
}

#[test]
fn a_file_without_a_column_of_a_rule_sends_nothing_and_names_the_nearest() {
    let program = program();
    program.file("rows.csv", encoding_rs::SHIFT_JIS.encode(&ROWS.replace("状態", "状熊")).0);
    let done = program.on_data(&["submit", "rows.csv", "--survey", "town", "--surveys", "town"]);
    assert_ne!(done.code, Some(0));
    assert!(done.stderr.contains("has no column `状態`"), "{}", done.stderr);
}

#[test]
fn rows_that_were_read_by_an_older_definition_are_said() {
    let program = program();
    let submit = ["submit", "rows.csv", "--survey", "town", "--surveys", "town"];
    program.on_data(&submit).ends(0);
    let same = program.on_data(&submit).ends(0).stdout;
    assert!(same.contains("known already         3") && !same.contains("by other definitions"), "{same}");
    program.file("town/layouts/l.yaml", LAYOUT.replace("1年未満: 0", "1年未満: 1"));
    let mended = program.on_data(&submit).ends(0);
    assert!(
        mended.stdout.contains("3 of them were read by other definitions than these"),
        "{}",
        mended.stdout
    );
    assert!(mended.stderr.contains("submit --again"), "{}", mended.stderr);
    let years = "SELECT sum(qyears) FROM current_f_1";
    assert_eq!(program.number(years), 15);
    let mut again = submit.to_vec();
    again.push("--again");
    program.on_data(&again).ends(0);
    assert_eq!(program.number(years), 16);
    let known = program.on_data(&submit).ends(0).stdout;
    assert!(!known.contains("by other definitions"), "{known}");
}
