//! Figures held against a published table, and tables that people read.

mod layout;

use shukei_testkit::{Done, Program, csv_rows};

const SURVEY: &str = "survey: read
version: 1
languages: [en, ja]
names: {en: Read, ja: 読む}
decimals: 1
states: {no_answer: {in_base: true, prints: true}}
waves:
  - {wave: before, names: Before, forms: [{form: f, version: 1}], layouts: [{layout: sheet, version: 1}]}
  - {wave: now, names: Now, forms: [{form: f, version: 1}], layouts: [{layout: sheet, version: 1}]}
";

const FORM: &str = r#"form: f
version: 1
names: Form
sections:
  - section: s
    questions:
      - number: age
        kind: single
        role: attribute
        text: {en: Age, ja: 年齢}
        options:
          - {code: 1, label: {en: 18 - 34, ja: 18～34歳}}
          - {code: 2, label: {en: "35; over", ja: 35歳以上}}
      - number: town
        kind: single
        role: attribute
        text: {en: Where, ja: 居住地}
        options: [{code: 1, label: {en: Town, ja: 町}}, {code: 2, label: {en: Country, ja: 村}}]
      - {number: w, kind: number, role: weight, decimals: 2, text: Weight}
      - number: q
        kind: single
        text: {en: One of two, ja: 二つから一つ}
        options: [{code: 1, label: {en: First, ja: 一番}}, {code: 2, label: {en: Second, ja: 二番}}]
      - {number: n, kind: number, text: {en: How many, ja: 数}}
      - number: g
        kind: grid
        text: {en: How often, ja: 頻度}
        options: [{code: 1, label: {en: Often, ja: よく}}, {code: 2, label: {en: Never, ja: ない}}]
        rows: [ROWS]
"#;

/// The weighted figures below are worked out by hand: 7.00 in all, 4.75 at the first option, 6.25 who answered.
const ANSWERS: &str = "who,age,town,w,q,n,g1,g2
a,1,1,1.5,1,10,1,2
b,1,2,0.5,2,20,1,1
c,2,1,1.25,1,30,2,1
d,2,2,0.75,,,1,1
e,2,1,1,2,41,2,2
f,,2,2,1,10,1,1
";

fn program() -> Program {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let rows: Vec<String> = (1..=11).map(|row| format!("{{row: {row}, label: Row {row}}}")).collect();
    program.file("surveys/read/survey.yaml", SURVEY);
    program.file("surveys/read/forms/f.yaml", FORM.replace("ROWS", &rows.join(", ")));
    program.file(
        "surveys/read/layouts/sheet.yaml",
        "layout: sheet\nversion: 1\nform: {form: f, version: 1}\ncolumns: sheet.csv\ncells: {hold: codes}\n\
         file:\n  submission: {row: true, respondent: who}\n",
    );
    let grid: String = (1..=11).map(|row| format!("g{row},g,{row},\n")).collect();
    program.file(
        "surveys/read/layouts/sheet.csv",
        format!("column,question,row,option\nage,age,,\ntown,town,,\nw,w,,\nq,q,,\nn,n,,\n{grid}"),
    );
    program.file(
        "surveys/read/tables/crossed.yaml",
        "table: crossed\ntitle: {en: Who is first, ja: 誰が一番か}\nquestions: [q]\nby: [age]\nweight: w\n",
    );
    program.file("answers.csv", ANSWERS);
    program
}

/// The same with the answers of both waves stored.
fn filled() -> Program {
    let program = program();
    for wave in ["before", "now"] {
        let all = ["submit", "answers.csv", "--surveys", "surveys", "--survey", "read", "--wave", wave];
        let delivery = ["--delivery", wave];
        program.on_data(&[&all[..], &delivery[..]].concat()).ends(0);
    }
    program
}

fn tabulate(program: &Program, more: &[&str]) -> Done {
    let all = ["tabulate", "--survey", "read", "--wave", "now"];
    program.on_data(&[&all[..], more].concat())
}

/// The comparison of a published table with what is asked.
fn expect(program: &Program, asked: &[&str], lines: &str) -> Done {
    let file = program.file("printed.csv", lines);
    let file = file.to_str().unwrap();
    tabulate(program, &[asked, &["--expect", file][..]].concat())
}

#[track_caller]
fn has(text: &str, words: &str) {
    assert!(text.contains(words), "no `{words}` in\n{text}");
}

#[test]
fn a_published_cross_table_agrees_in_its_own_digits() {
    let program = filled();
    let weighted =
        &["--weight", "w", "--by", "age", "--by", "town*age", "--measure", "count", "--measure", "share"];
    // Codes and labels, in any order, and each figure rounded once to what its line prints.
    let printed = "question,label,breaks,measure,value,decimals
q,First,,share,68,
q,First,,share,67.9,
q,First,,share,67.857%,
q,First,,share,67.86,2
q,First,,count,5,
q,First,,count,4.8,
q,First,,count,4.75,
q,First,,count_weighted,4.75,
q,First,,count_unweighted,3,
q,First,,base,7,
q,First,,base_weighted,7.00,
q,First,,base_unweighted,6,
q,First,age=1,share,75,
q,First,age=18 - 34,share,75.0,
q,First,age=35; over,share,41.667,
q,First,town=1;age=2,share,55.6,
q,First,age=2; town=1,share,55.6,
q,First,age=2; town=Town,base,2,
q,no_answer,age=2,share,25,
";
    has(&expect(&program, weighted, printed).ends(0).stdout, "19 of 19 agree");
    let of_numbers = "question,measure,value\nn,mean,20\nn,mean,19.8\nn,mean,19.76\nn,median,10\nn,sum,124\n\
                      n,min,10\nn,max,41\nn,count,6.3\nn,base,7\n";
    let asked = ["--weight", "w"].into_iter().chain(
        ["count", "mean", "median", "sum", "min", "max"].into_iter().flat_map(|name| ["--measure", name]),
    );
    let asked: Vec<&str> = asked.collect();
    has(&expect(&program, &asked, of_numbers).ends(0).stdout, "9 of 9 agree");
    // A table that somebody saved with a mark of its encoding, without weights.
    let marked = "\u{feff}question,option,measure,value\nq,1,share,50\nq,1,share,５０．０％\nq,1,base,6\n";
    has(&expect(&program, &[], marked).ends(0).stdout, "3 of 3 agree");
}

#[test]
fn what_tabulate_prints_agrees_with_itself() {
    let program = filled();
    let cases: [&[&str]; 5] = [
        &["--by", "age", "--by", "age*town"],
        &["--weight", "w", "--by", "age", "--decimals", "3"],
        &["--where", "age=2", "--weight", "w", "--percent", "across", "--by", "town"],
        &[
            "--question",
            "g",
            "--net",
            "any=1,2",
            "--base",
            "all",
            "--by",
            "g.2",
            "--mark-below",
            "9",
            "--blank-below",
            "3",
        ],
        &["--against", "before", "--by", "age"],
    ];
    for asked in cases {
        let told = tabulate(&program, asked).ends(0).stdout;
        let lines = csv_rows(&told).len();
        has(&expect(&program, asked, &told).ends(0).stdout, &format!("{lines} of {lines} agree"));
    }
    // What else stands in a line is compared too.
    let told = tabulate(&program, &["--question", "q"]).ends(0).stdout;
    let lines = csv_rows(&told).len();
    let (before, after) = told.split_once(",share,").unwrap();
    let other = format!("{before},share,9{after}");
    has(
        &expect(&program, &["--question", "q"], &other).ends(1).stdout,
        &format!("{} of {lines} agree", lines - 1),
    );
    let other = told.replacen(",50.0,3,6,6,", ",50.0,3,7,6,", 1);
    assert_ne!(told, other, "{told}");
    has(&expect(&program, &["--question", "q"], &other).ends(1).stdout, "base: expected 7, got 6");
}

#[test]
fn what_differs_is_explained_with_the_counts_of_the_very_figure() {
    let program = filled();
    let head = "question,row,option,label,breaks,measure,value\n";
    let weighted: &[&str] = &["--weight", "w", "--by", "age"];
    // (what is asked, a line, what is said of it)
    let cases: &[(&[&str], &str, &[&str])] = &[
        (
            weighted,
            "q,,1,,,share,76.0",
            &[
                "expected 76.0, got 67.9",
                "4.75 of base 7.00 (weighted, asked); 3 of 6 units",
                "states: answered 6.25, no_answer 0.75",
                "it fits a base of 6.25: answered;",
            ],
        ),
        (
            weighted,
            "q,,1,,age=2,share,56",
            &["states: answered 2.25, no_answer 0.75", "it fits a base of 2.25"],
        ),
        (weighted, "q,,1,,,share,50.0", &["without weights it would agree"]),
        (weighted, "q,,1,,,count,3", &["expected 3, got 5", "without weights it would agree"]),
        (weighted, "q,,1,,,base,6", &["expected 6, got 7", "it fits a base of 6.25"]),
        (
            &["--where", "age=2"],
            "q,,1,,,share,50",
            &["1 of base 3 (asked)", "states: answered 2, no_answer 1", "it fits a base of 2: answered"],
        ),
        (&[], "q,,1,,,share,0.500", &["expected 0.500, got 50", "per cent: write 0.500 times 100"]),
        (&[], "q,,1,,,base_weighted,7", &["expected 7, but nothing is weighted: say --weight"]),
        (&[], "q,,1,,age=1,share,75", &["say --by 'age'"]),
        (&[], "q,,1,,age=1; town=2,share,75", &["say --by 'age*town'"]),
        (weighted, "q,,1,,age=18 - 43,share,75", &["there is no such part; did you mean `age=18 - 34`?"]),
        (&[], "q,,3,,,count,1", &["there is no such option"]),
        (&[], "q,,,Frist,,count,1", &["did you mean `First`?"]),
        (&[], "g,12,1,,,count,1", &["there is no such row; rows: 1, 2, 3"]),
        (&[], "q,1,1,,,count,1", &["there is no such row: the question has none"]),
        (&[], "n,,,,,max,41", &["there is no max of it; `--measure max` asks for it"]),
        (weighted, "q,,1,,age=1,share_across,40", &["there is no share_across of it; `--percent across`"]),
        (&[], "town,,1,,,count,3", &["if --question names them"]),
        (&[], "q,,1,,,share,", &["expected nothing, got 50"]),
    ];
    // The lines of one question are one file.
    for of_one in cases.chunk_by(|a, b| a.0 == b.0) {
        let lines: String = of_one.iter().map(|(_, line, _)| format!("{line}\n")).collect();
        let told = expect(&program, of_one[0].0, &format!("{head}{lines}")).ends(1).stdout;
        has(&told, &format!("0 of {} agree", of_one.len()));
        for (at, (_, line, wanted)) in of_one.iter().enumerate() {
            let begins = format!("printed.csv:{}: question ", at + 2);
            let (_, of_line) = told.split_once(&begins).unwrap_or_else(|| panic!("no `{begins}` in\n{told}"));
            let of_line = of_line.split("printed.csv:").next().unwrap();
            assert!(of_line.starts_with(line.split(',').next().unwrap()), "{of_line}");
            wanted.iter().for_each(|words| has(of_line, words));
        }
    }
    // Nothing fits a base that is no set of states.
    let told = expect(&program, &["--base", "mentions"], &format!("{head}q,,1,,,share,50\n")).ends(1).stdout;
    assert!(!told.contains("it fits"), "{told}");
    for (lines, wanted) in [
        ("question,measure,value\nq,shares,1\n", "line 2: `shares` is no measure; did you mean `share`?"),
        (
            "question,measure,value\nq,count,1\n\nq,mean,1.0123456789\n",
            "line 4: figures are formed with at most 9",
        ),
        ("question,value\nq,1\n", "there is no column `measure`"),
        ("question,measure,value\nq,count,\"16,14\"\n", "line 2: `16,14` is no number"),
        ("question,mesure,value\nq,count,1\n", "a column `mesure`; did you mean `measure`?"),
    ] {
        has(&expect(&program, &[], lines).ends(2).stderr, wanted);
    }
}

#[test]
fn tables_for_people_have_words_of_their_language() {
    let program = filled();
    let table = |more: &[&str]| {
        let asked = ["--weight", "w", "--format", "table"];
        tabulate(&program, &[&asked[..], more].concat()).ends(0).stdout
    };
    // (what is asked, what stands in the table, what does not)
    let cases: &[(&[&str], &[&str], &[&str])] = &[
        (
            &["--question", "q"],
            &["weighted by w\n\n", "count", "base rule", " First ", "   4.8   67.9    7.0   asked"],
            &["4.75", "母数"],
        ),
        (&["--question", "q", "--decimals", "0"], &["   5   68      7   asked"], &["4.75", "4.8"]),
        (
            &["--question", "q", "--lang", "ja"],
            &["ウエイト：w\n", "度数", "母数の定義", "一番", "無回答", "対象者"],
            &["count", "asked", "First"],
        ),
        (
            &["--question", "q", "--by", "age"],
            &["by Age (age)", "total  18 - 34  35; over", "base (asked)", "units, not weighted"],
            &["age=1"],
        ),
        (
            &["--question", "q", "--by", "age", "--lang", "ja"],
            &["集計区分: 年齢 (age)", "全体  18～34歳  35歳以上", "母数（対象者"],
            &["base", "total", "weighted"],
        ),
        (
            &["--question", "q", "--by", "age*town"],
            &["part", " total ", " 18 - 34 × Town ", " 35; over × Country "],
            &["age=1"],
        ),
        (&["--question", "n", "--lang", "ja"], &["平均", "中央値", "合計"], &["mean", "median"]),
        (&["--question", "n", "--lang", "ja"], &[" 統計量 ", " 値 "], &["mean", "measure", "value"]),
        // Each row of a grid has one table, however it is broken down.
        (&["--question", "g", "--by", "age"], &["Row 11\nby Age (age)\n"], &[]),
    ];
    for (more, wanted, unwanted) in cases {
        let told = table(more);
        wanted.iter().for_each(|words| has(&told, words));
        for words in *unwanted {
            assert!(!told.contains(words), "`{words}` in\n{told}");
        }
    }
    assert_eq!(table(&["--question", "g", "--by", "age"]).matches("by Age (age)").count(), 11);
    let named = ["--table", "crossed", "--surveys", "surveys", "--format", "table"];
    let told = tabulate(&program, &named).ends(0).stdout;
    assert!(told.starts_with("Who is first\nweighted by w\n\nq | One of two\n"), "{told}");
    // The data folder keeps it too.
    let kept = tabulate(&program, &["--table", "crossed", "--format", "table"]).ends(0).stdout;
    assert_eq!(kept, told);
    let told = tabulate(&program, &[&named[..], &["--lang", "ja"]].concat()).ends(0).stdout;
    assert!(told.starts_with("誰が一番か\nウエイト：w\n\nq | 二つから一つ\n"), "{told}");
    let rates = tabulate(&program, &["--response", "--format", "table", "--lang", "ja"]).ends(0).stdout;
    has(&rates, "回収率");
    has(&rates, "% = AAPOR RR2: 回収数 / (依頼数 - 対象外)");
    has(&rates, "合計: 収集方法を問わず、集計対象の全ての集計単位");
    assert!(!rates.contains("however") && !rates.contains("invited"), "{rates}");
}

#[test]
fn a_cross_table_has_every_break_below_the_total() {
    let program = filled();
    let lines = |more: &[&str]| -> Vec<String> {
        let told = tabulate(&program, more).ends(0).stdout;
        let words = told.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        words.filter(|line| !line.starts_with(['─', '═'])).collect()
    };
    let cross = ["--format", "cross", "--by", "age", "--by", "town", "--question"];
    // Of six units three are at the first option and one says nothing; of 7.00 they weigh 4.75 and 0.75.
    let wanted = [
        "q | One of two",
        "share %; n: base (asked)",
        "n First Second no answer any",
        "total 6 50.0 33.3 16.7 83.3",
        "Age (age)",
        "18 - 34 2 50.0 50.0 0.0 100.0",
        "35; over 3 33.3 33.3 33.3 66.7",
        "Where (town)",
        "Town 3 66.7 33.3 0.0 100.0",
        "Country 3 33.3 33.3 33.3 66.7",
    ];
    assert_eq!(lines(&[&cross[..], &["q", "--net", "any=1,2"]].concat()), wanted);
    let told = lines(&[&cross[..], &["q", "--weight", "w", "--lang", "ja"]].concat());
    for line in [
        "構成比 %; n: 母数（対象者）",
        "全体 7.0 6 67.9 21.4 10.7",
        "年齢 (age)",
        "18～34歳 2.0 2 75.0 25.0 0.0",
        "町 3.8 3 73.3 26.7 0.0",
    ] {
        assert!(told.contains(&line.to_owned()), "{line}\n{told:?}");
    }
    // Numbers: the mean is of those who gave one, no answer of those who were asked.
    let told = lines(&[&cross[..], &["n", "--weight", "w"]].concat());
    assert!(told.contains(&"weighted by w".to_owned()), "{told:?}");
    assert!(told.contains(&"share %; n: base (answered); n2: base (asked)".to_owned()), "{told:?}");
    for line in ["total 6.3 5 7.0 6 10.7 19.8 10.0 124", "35; over 2.3 2 3.0 3 25.0 34.9 30.0 79"] {
        assert!(told.contains(&line.to_owned()), "{line}\n{told:?}");
    }
    // A grid without a break is one table, in both formats.
    for format in ["table", "cross"] {
        let told = lines(&["--question", "g", "--format", format]);
        assert_eq!(told[..2], ["g | How often", "share %; n: base (asked)"]);
        assert_eq!(told.iter().filter(|line| line.starts_with("Row ")).count(), 11, "{told:?}");
        for line in ["Row 1 6 66.7 33.3 0.0", "Row 2 6 66.7 33.3 0.0", "Row 11 6 0.0 0.0 100.0"] {
            assert!(told.contains(&line.to_owned()), "{line}\n{told:?}");
        }
    }
    // With one, each row has its own.
    let told = lines(&[&cross[..], &["g"]].concat());
    assert_eq!(told.iter().filter(|line| line.starts_with("Row ")).count(), 11, "{told:?}");
    assert_eq!(told.iter().filter(|line| *line == "Where (town)").count(), 11, "{told:?}");
}

#[test]
fn a_spreadsheet_gets_the_rows_of_csv_with_its_own_mark() {
    let program = filled();
    let asked = ["--question", "q", "--by", "age", "--lang", "ja"];
    let [csv, excel] = ["csv", "excel"]
        .map(|format| tabulate(&program, &[&asked[..], &["--format", format]].concat()).ends(0).stdout);
    assert_eq!(excel, format!("\u{feff}{csv}"));
    let query = "SELECT '=1+1' AS a, '-' AS b, -1 AS c";
    let told = program.on_data(&["sql", query, "--format", "excel"]).ends(0).stdout;
    assert_eq!(told, "\u{feff}a,b,c\r\n'=1+1,'-,-1\r\n");
}

#[test]
fn the_words_of_breaks_stand_in_the_last_column() {
    let program = filled();
    let parts = |more: &[&str]| {
        let asked = ["--question", "q", "--measure", "count", "--by", "age*town"];
        let told = tabulate(&program, &[&asked[..], more].concat()).ends(0).stdout;
        assert!(told.lines().next().unwrap().ends_with(",base_weighted,id,breaks_label"), "{told}");
        let of_first = csv_rows(&told).into_iter().filter(|row| row["option"] == "1");
        of_first.map(|row| format!("{}|{}", row["breaks"], row["breaks_label"])).collect::<Vec<_>>()
    };
    let wanted = [
        "|",
        "age=1; town=1|18 - 34 × Town",
        "age=1; town=2|18 - 34 × Country",
        "age=2; town=1|35; over × Town",
        "age=2; town=2|35; over × Country",
    ];
    assert_eq!(parts(&[]), wanted);
    assert_eq!(parts(&["--lang", "ja"])[1], "age=1; town=1|18～34歳 × 町");
    let told = tabulate(&program, &["--question", "q", "--by", "g.2"]).ends(0).stdout;
    assert!(
        csv_rows(&told).iter().any(|row| row["breaks"] == "g.2=1" && row["breaks_label"] == "Often"),
        "{told}"
    );
}

#[test]
fn a_wrong_question_is_answered_with_what_to_write() {
    let program = filled();
    // (what is asked, what is said of it)
    for (asked, wanted) in [
        (["--by", "g"], "did you mean `g.1` … `g.11`?"),
        (["--question", "g.1"], "ask for `g`"),
        (["--table", "crosed"], "did you mean `crossed`?"),
        (["--where", "q=First"], "write `q=1`"),
        (["--where", "q!=二番"], "write `q!=2`"),
        (["--where", "age=1; g.3=often,2"], "write `g.3=1,2`"),
        (["--where", "q=Third"], "codes of `q`: 1 First, 2 Second"),
        (["--numerator", "q=second"], "write `q=2`"),
    ] {
        has(&tabulate(&program, &asked).ends(1).stderr, wanted);
    }
}

#[test]
fn states_list_rows_by_their_numbers() {
    let program = program();
    let tried =
        program.run(["try", "surveys/read", "answers.csv", "--wave", "now", "--question", "q"]).ends(0);
    let rows: Vec<&str> = tried
        .stdout
        .lines()
        .filter_map(|line| line.trim().strip_prefix("g ")?.split_whitespace().next())
        .collect();
    assert_eq!(rows, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"], "{}", tried.stdout);
}
