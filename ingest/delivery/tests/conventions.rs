//! The ways in which tools export surveys: what is guessed of each, and that the guess reads its own file.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::io::Cursor;

use shukei_delivery::{Maker, Role, Scaffold, Source, open, scaffold_from, sniff};
use shukei_interpret::{Record, interpret};
use shukei_schemas::definition::{Definitions, Question, SurveyDefinition};

fn from(text: &[u8]) -> Scaffold {
    let spec = sniff("in.csv", Cursor::new(text.to_vec())).unwrap();
    scaffold_from("s", "in.csv", &spec, open("in.csv", Cursor::new(text.to_vec()), &spec).unwrap()).unwrap()
}

#[track_caller]
fn checked(scaffold: &Scaffold) -> SurveyDefinition {
    let files: BTreeMap<String, Vec<u8>> =
        scaffold.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect();
    let (definition, findings) = SurveyDefinition::load_checked(&files);
    assert!(findings.is_empty(), "{findings:#?}\n{}", shown(scaffold));
    definition.unwrap()
}

fn shown(scaffold: &Scaffold) -> String {
    scaffold.files.iter().map(|(path, text)| format!("--- {path}\n{text}")).collect()
}

/// A question as one line: number, kind, wording, rows and options.
fn line(question: &Question) -> String {
    let label = |text: &shukei_schemas::definition::Text| {
        text.wordings().next().map(str::to_owned).unwrap_or_default()
    };
    let rows = question.rows().iter().map(|row| format!(" {}={}", row.code, label(&row.label)));
    let options = question.options().iter().map(|option| {
        let mark = if option.other { "+" } else { "" };
        format!(" {}={}{mark}", option.code, label(&option.label))
    });
    let (rows, options) = (rows.collect::<String>(), options.collect::<String>());
    let rows = if rows.is_empty() { rows } else { format!(" rows{rows}") };
    format!(
        "{} {}: {}{rows}{}",
        question.number,
        question.kind.as_str(),
        label(&question.text),
        match options.is_empty() {
            true => options,
            false => format!(" |{options}"),
        }
    )
}

/// The codes of what could not be placed when the file is read by its own guess, with the paths.
fn unplaced(definition: SurveyDefinition, text: &[u8]) -> Vec<String> {
    let layout = definition.layouts.values().next().unwrap().value.clone();
    let mut definitions = Definitions::default();
    definitions.insert(definition);
    let source = Source {
        survey: "s".to_owned(),
        wave: Some("1".to_owned()),
        layout: "file".to_owned(),
        delivery: "in.csv".to_owned(),
        file: layout.file.clone().unwrap_or_default(),
    };
    let mut maker = Maker::new(&source, |column| match (layout.target(column), layout.ignores(column)) {
        (Some(_), _) => Role::Read,
        (None, true) => Role::Ignored,
        (None, false) => Role::Unknown,
    });
    let rows = open("in.csv", Cursor::new(text.to_vec()), &source.file).unwrap();
    maker.begin("in.csv", 0, rows.columns()).unwrap();
    let mut unplaced = Vec::new();
    for row in rows {
        let payload = maker.make(&row.unwrap()).unwrap().payload(&source).unwrap();
        let interpreted = interpret(&Record { payload: Some(&payload), headers: &[] }, &definitions);
        assert!(
            interpreted.outcome.kind == shukei_interpret::Kind::Response,
            "{:?}",
            interpreted.outcome.issues
        );
        unplaced
            .extend(interpreted.outcome.issues.iter().map(|issue| format!("{} {}", issue.code, issue.path)));
    }
    unplaced
}

struct Case {
    name: &'static str,
    file: &'static str,
    /// The questions.
    wanted: &'static [&'static str],
    /// What stands in the layout.
    layout: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        name: "a column per option with the option's words",
        file: "Q5,Q6_1,Q6_2,Q6_3,Q8\nYes,Coursera,,Udemy,a\nNo,,edX,,b\nYes,Coursera,,,a\nNo,,edX,Udemy,b\n",
        wanted: &[
            "Q5 single: Q5 | 1=No 2=Yes",
            "Q6 multiple: Q6 | 1=Coursera 2=edX 3=Udemy",
            "Q8 single: Q8 | 1=a 2=b",
        ],
        layout: &[],
    },
    Case {
        name: "the same with words for what is not chosen and not asked",
        file: "q0004_0001,q0004_0002,q0010_0001,q0010_0002\nNot selected,Mother,NA,NA\nFather,Not selected,Pay,Not selected\n\
               Not selected,Mother,Not selected,Choice\nFather,Mother,Pay,Not selected\n",
        wanted: &["q0004 multiple: q0004 | 1=Father 2=Mother", "q0010 multiple: q0010 | 1=Pay 2=Choice"],
        layout: &["not_chosen: [\"Not selected\"]", "not_asked: [\"NA\"] # guess: 2 cells"],
    },
    Case {
        name: "the same texts in all columns",
        file: "q0007_0001,q0007_0002,other\nOften,Never,1\nRarely,Often,2\nOften,Rarely,1\nNever,No answer,2\n",
        wanted: &[
            "q0007 grid: q0007 rows 1=q0007_0001 2=q0007_0002 | 1=Often 2=Never 3=Rarely",
            "other single: other | 1=1 2=2",
        ],
        layout: &["no_answer: [\"No answer\"]"],
    },
    Case {
        name: "words behind the last point or underscore",
        file: "year,WITNESS.RUDE,WITNESS.THREAT,EFFECT.BLOCK,EFFECT.REPORT,res_garden,res_balcony\n\
               2017,1,0,Very,Not at all,1,\n2024,0,0,A little,Very,,1\n2017,0,1,Not at all,A little,1,1\n2024,1,1,Very,Very,,\n",
        wanted: &[
            "year number: year",
            "WITNESS multiple: WITNESS | 1=RUDE 2=THREAT",
            "EFFECT grid: EFFECT rows 1=BLOCK 2=REPORT | 1=Very 2=A little 3=Not at all",
            "res multiple: res | 1=garden 2=balcony",
        ],
        layout: &["chosen: [\"1\"], not_chosen: [\"0\"]"],
    },
    Case {
        name: "a code for other, and its words behind",
        file: "Q1,Q1[other],id\nA1,,1\n-oth-,mine,2\nA2,,3\nA1,,4\nA2,,5\n-oth-,yours,6\n",
        wanted: &["Q1 single: Q1 | 1=-oth-+ 2=A1 3=A2"],
        layout: &[],
    },
    Case {
        name: "question and option joined, words for other twice",
        file: "Which sides? - Corn,Which sides? - Rolls,Which sides? - Other (please specify),Which sides? - Other (please specify)\n\
               Corn,,,\n,Rolls,Other (please specify),rice and beans\nCorn,Rolls,Other (please specify),cabbage\n,,,\n",
        wanted: &["q1 multiple: Which sides? | 1=Corn 2=Rolls 3=Other (please specify)+"],
        layout: &[],
    },
    Case {
        name: "a single answer with words for other",
        file: "Main dish?,Main dish? - Other (please specify),Gravy?\nTurkey,,Yes\nTurkey,,No\nOther (please specify),Goose,Yes\n\
               Other (please specify),Carp,No\nTurkey,,No\n",
        wanted: &[
            "q1 single: Main dish? | 1=Turkey 2=Other (please specify)+",
            "q3 single: Gravy? | 1=No 2=Yes",
        ],
        layout: &[],
    },
    Case {
        name: "a common beginning before a colon",
        file: "How often do you: Pray,How often do you: Sing\nNever,Daily\nDaily,Never\nWeekly,Weekly\nNever,Never\n",
        wanted: &["q1 grid: How often do you rows 1=Pray 2=Sing | 1=Never 2=Daily 3=Weekly"],
        layout: &[],
    },
    Case {
        name: "names that are the only text of their columns",
        file: "#,hackathons,conferences,None,Other,EdX,Udemy,Other\na,hackathons,,,,EdX,,\nb,,conferences,,Meetups,EdX,Udemy,Books\n\
               c,hackathons,,None,JUGs,,Udemy,More books\nd,,,None,,EdX,,\n",
        wanted: &[
            "q2 multiple: hackathons / conferences / None | 1=hackathons 2=conferences 3=None 4=Other+",
            "q6 multiple: EdX / Udemy | 1=EdX 2=Udemy 3=Other+",
        ],
        layout: &["key: [\"#\"]"],
    },
    Case {
        name: "Google Forms",
        file: "タイムスタンプ,年代は？,満足度 [価格],満足度 [品質],利用（複数回答可）\n2025/04/01 9:05:33,20代,満足,不満,電車;バス\n\
               2025/04/01 9:06:33,30代,普通,不満,電車\n2025/04/01 19:06:33,30代,普通,満足,バス;電車\n2025/04/02 9:06:33,20代,不満,普通,徒歩;電車\n\
               2025/04/02 9:07:33,20代,満足,普通,徒歩\n",
        wanted: &[
            "q2 single: 年代は？ | 1=20代 2=30代",
            "q3 grid: 満足度 rows 1=価格 2=品質 | 1=普通 2=不満 3=満足",
            "q5 multiple: 利用（複数回答可） | 1=電車 2=バス 3=徒歩",
        ],
        layout: &["submitted_at: {column: \"タイムスタンプ\", format: \"%Y/%m/%d %H:%M:%S\"}"],
    },
    Case {
        name: "LimeSurvey",
        file: "id,submitdate,G01Q01,G01Q02[SQ001],G01Q02[SQ002],G01Q02[other],G02Q03[A],G02Q03[B],weight\n\
               1,2024-01-02 10:00:00,A1,Y,,,1,5,0.9\n2,2024-01-02 10:05:00,A2,Y,N,bikes,2,5,1.1\n\
               3,2024-01-02 10:06:00,A1,N,Y,,3,4,1.0\n4,2024-01-02 10:07:00,A2,,Y,,5,1,1.25\n5,2024-01-02 10:08:00,A1,,Y,,4,2,1.25\n",
        wanted: &[
            "G01Q01 single: G01Q01 | 1=A1 2=A2",
            "G01Q02 multiple: G01Q02 | 1=SQ001 2=SQ002 3=other+",
            "G02Q03 grid: G02Q03 rows 1=A 2=B | 1=1 2=2 3=3 4=4 5=5",
            "weight number: weight",
        ],
        layout: &[
            "chosen: [\"Y\"], not_chosen: [\"N\"]",
            "key: [\"id\"]",
            "submitted_at: {column: \"submitdate\"",
        ],
    },
    Case {
        name: "a Japanese municipality",
        file: "回答者番号,問１　満足度,問２_1 広報紙,問２_2 その他,問２　その他（自由記述）,問４(1) 子育て,問４(2) 防災,ウエイト\n\
               1,満足,1,0,,良い,悪い,1.5\n2,不満,0,1,市の掲示板,普通,良い,0.5\n3,満足,1,1,友人,悪い,ー,1.25\n4,無回答,0,0,,良い,普通,0.75\n5,不満,0,0,,普通,悪い,1.5\n",
        wanted: &[
            "Q1 single: 問１ 満足度 | 1=不満 2=満足",
            "Q2 multiple: 問２ | 1=広報紙 2=その他+",
            "Q4 grid: 問４ rows 1=子育て 2=防災 | 1=悪い 2=普通 3=良い",
            "q8 number: ウエイト",
        ],
        layout: &[
            "chosen: [\"1\"], not_chosen: [\"0\"]",
            "blank: [\"ー\"]",
            "no_answer: [\"無回答\"]",
            "key: [\"回答者番号\"]",
        ],
    },
    Case {
        name: "SurveyMonkey: two rows, columns without a name",
        file: "RespondentID,Seen any?,Which films have you seen?,,Rank the films,,Your view,\n\
               ,Response,Episode I  The Menace,Episode II,Episode I  The Menace,Episode II,Han,Leia\n\
               101,Yes,Episode I  The Menace,,1,2,Good,Bad\n102,No,,,,,,\n103,Yes,Episode I  The Menace,Episode II,2,1,Bad,Neither\n\
               104,Yes,,Episode II,1,2,Neither,Good\n105,No,,,2,1,Good,Bad\n",
        wanted: &[
            "q2 single: Seen any? | 1=Yes 2=No",
            "q3 multiple: Which films have you seen? | 1=Episode I  The Menace 2=Episode II",
            "q5 single: Rank the films Episode I The Menace | 1=1 2=2",
            "q6 single: Rank the films Episode II | 1=1 2=2",
            "q7 grid: Your view rows 1=Han 2=Leia | 1=Bad 2=Good 3=Neither",
        ],
        layout: &["header_rows: 2", "key: [\"#1\"]"],
    },
    Case {
        name: "Qualtrics: wordings and ids below the names",
        file: "StartDate,Finished,Q1,Q2_1,Q2_2,Q2_2_TEXT,Q3_1,Q3_2\n\
               Start Date,Finished,How old are you?,Which? - Selected Choice - Bus,Which? - Selected Choice - Other,Which? - Other - Text,Rate: - Speed,Rate: - Price\n\
               \"{\"\"ImportId\"\":\"\"startDate\"\"}\",\"{\"\"ImportId\"\":\"\"finished\"\"}\",\"{\"\"ImportId\"\":\"\"QID1\"\"}\",\"{\"\"ImportId\"\":\"\"QID2_1\"\"}\",\"{\"\"ImportId\"\":\"\"QID2_2\"\"}\",x,y,z\n\
               2024-01-02 10:00:00,True,18-24,Bus,,,Good,Bad\n2024-01-02 10:00:00,True,25-34,,Other,bike,Good,Fair\n\
               2024-01-02 10:00:00,False,18-24,Bus,Other,car,Bad,Bad\n2024-01-02 10:01:00,False,25-34,,,,Fair,Good\n",
        wanted: &[
            "Finished single: Finished | 1=False 2=True",
            "Q1 single: How old are you? | 1=18-24 2=25-34",
            "Q2 multiple: Which? | 1=Bus 2=Other+",
            "Q3 grid: Rate: rows 1=Speed 2=Price | 1=Bad 2=Good 3=Fair",
        ],
        layout: &["header_rows: 3", "submitted_at: {column: \"#1\", format: \"%Y-%m-%d %H:%M:%S\"}"],
    },
    Case {
        name: "a row of wordings",
        file: "Duration,Q2,Q6_1,Q6_2\nDuration (in seconds),What is your age (in years)?,On which platforms? - Selected Choice - Coursera,On which platforms? - Selected Choice - edX\n\
               121,30-34,Coursera,\n462,18-21,,edX\n293,30-34,nan,edX\n851,18-21,Coursera,\n1021,18-21,Coursera,nan\n",
        wanted: &[
            "Duration number: Duration (in seconds)",
            "Q2 single: What is your age (in years)? | 1=18-21 2=30-34",
            "Q6 multiple: On which platforms? | 1=Coursera 2=edX",
        ],
        layout: &["header_rows: 2", "blank: [\"nan\"] # guess: 2 cells"],
    },
    Case {
        name: "names of the file come before names that are made up; codes, scales",
        file: "Works?,Q1,How likely is it (0-10)?,q4\n0,a,0,x\n1,b,1,y\n1,a,2,x\n0,b,3,y\n1,a,4,x\n0,b,5,y\n1,a,6,x\n1,a,7,x\n1,a,8,x\n1,a,9,x\n1,a,10,x\n1,b,don't know,y\n",
        wanted: &[
            "c1 single: Works? | 0=0 1=1",
            "Q1 single: Q1 | 1=a 2=b",
            "q3 rating: How likely is it (0-10)? | 0=0 1=1 2=2 3=3 4=4 5=5 6=6 7=7 8=8 9=9 10=10 90=don't know",
            "q4 single: q4 | 1=x 2=y",
        ],
        layout: &[],
    },
    Case {
        name: "what only looks alike stays apart",
        file: "ID,Q1_1,Q1_2,Q2_1,Q2_2\n1,ann,3,500,12\n2,bo,4,120,1500\n3,cy,3,77,20\n4,dee,4,810,33\n",
        wanted: &["q2 text: Q1_1", "q3 single: Q1_2 | 3=3 4=4", "q4 number: Q2_1", "q5 number: Q2_2"],
        layout: &[],
    },
];

#[test]
fn each_convention_is_seen_and_reads_its_own_file() {
    let mut wrong = String::new();
    for case in CASES {
        let scaffold = from(case.file.as_bytes());
        let definition = checked(&scaffold);
        let form = &definition.forms.values().next().unwrap().value;
        let got: Vec<String> = form.questions.iter().map(line).collect();
        let layout = &scaffold.files["layouts/file.yaml"];
        let lost: Vec<&&str> = case.layout.iter().filter(|part| !layout.contains(**part)).collect();
        let unplaced = unplaced(definition, case.file.as_bytes());
        if got != case.wanted || !lost.is_empty() || !unplaced.is_empty() {
            let (name, wanted, shown) = (case.name, case.wanted, shown(&scaffold));
            wrong.push_str(&format!(
                "=== {name}\n{got:#?}\nwanted {wanted:#?}\nnot in the layout {lost:?}\nunplaced {unplaced:?}\n{shown}\n"
            ));
        }
        assert_eq!(scaffold, from(case.file.as_bytes()), "the same file gives the same definition");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn wordings_stand_where_a_question_begins_and_options_below() {
    let options = ["道路", "公園", "その他"];
    let items = ["交通の便", "防災対策"];
    // The wording at the first column of a question alone, over all of them, and with a word below single columns.
    for (again, alone) in [(false, ""), (true, ""), (false, "回答")] {
        let mut rows =
            [vec!["整理番号".to_owned(), "問1 性別".to_owned()], vec![String::new(), alone.to_owned()]];
        for (wording, of) in
            [("問2 力を入れてほしいこと", &options[..]), ("問3 満足度", &items), ("問4 重要度", &items)]
        {
            for (at, item) in of.iter().enumerate() {
                rows[0].push(if at == 0 || again { wording.to_owned() } else { String::new() });
                rows[1].push((*item).to_owned());
            }
        }
        let mut text = rows.map(|row| row.join(",")).join("\n") + "\n";
        for n in 0..40_usize {
            let mark = |at: usize| if (n + at).is_multiple_of(3) { "1" } else { "" };
            let point = |at: usize| (n * (at + 1) + at) % 5 + 1;
            text += &format!(
                "{n:05},{},{},{},{},{},{},{},{}\n",
                n % 2 + 1,
                mark(0),
                mark(1),
                if n.is_multiple_of(7) { "1" } else { "" },
                point(0),
                point(1),
                point(2),
                point(3)
            );
        }
        let scaffold = from(text.as_bytes());
        let definition = checked(&scaffold);
        let form = &definition.forms.values().next().unwrap().value;
        let lines: Vec<String> = form.questions.iter().map(line).collect();
        let of = |at: usize| lines[at].split_once(' ').unwrap().1.to_owned();
        assert_eq!(scaffold.rows, 40, "{again} {alone}\n{}", shown(&scaffold));
        assert_eq!(
            of(1),
            "multiple: 問2 力を入れてほしいこと | 1=道路 2=公園 3=その他",
            "{}",
            shown(&scaffold)
        );
        assert!(of(2).starts_with("grid: 問3 満足度 rows 1=交通の便 2=防災対策"), "{}", shown(&scaffold));
        assert!(of(3).starts_with("grid: 問4 重要度 rows 1=交通の便 2=防災対策"), "{}", shown(&scaffold));
        assert!(scaffold.files["layouts/file.yaml"].contains("header_rows: 2"), "{}", shown(&scaffold));
        assert_eq!(unplaced(definition, text.as_bytes()), Vec::<String>::new());
    }
}

#[test]
fn options_of_which_no_row_has_two_are_one_answer() {
    let mut text = "id,Gender - Male,Gender - Female,Gender - Other,Uses - Bus,Uses - Car\n".to_owned();
    for n in 0..60_usize {
        let one = |at: usize, label: &'static str| if n % 3 == at { label } else { "" };
        let (bus, car) = (if n % 2 == 0 { "Bus" } else { "" }, if n % 5 == 0 { "Car" } else { "" });
        text += &format!("{n},{},{},{},{bus},{car}\n", one(0, "Male"), one(1, "Female"), one(2, "Other"));
    }
    let scaffold = from(text.as_bytes());
    let definition = checked(&scaffold);
    let form = &definition.forms.values().next().unwrap().value;
    let kinds: Vec<&str> = form.questions.iter().map(|question| question.kind.as_str()).collect();
    assert_eq!(kinds, ["single", "multiple"], "{}", shown(&scaffold));
    assert_eq!(unplaced(definition, text.as_bytes()), Vec::<String>::new());
}

#[test]
fn items_that_are_all_ranked_are_a_ranking_without_a_word_of_ranks() {
    let mut text = "job_1,job_2,job_3,job_4,fit_1,fit_2,fit_3,fit_4\n".to_owned();
    for n in 0..60_usize {
        let ranks: Vec<String> =
            (0..4).map(|item| ((item * (n % 2 * 2 + 1) + n / 2) % 4 + 1).to_string()).collect();
        // On a scale some points come more often.
        let points: Vec<String> = (0..4).map(|item| [1, 2, 2, 3, 4][(n + item) % 5].to_string()).collect();
        text += &format!("{},{}\n", ranks.join(","), points.join(","));
    }
    let scaffold = from(text.as_bytes());
    let definition = checked(&scaffold);
    let form = &definition.forms.values().next().unwrap().value;
    let kinds: Vec<&str> = form.questions.iter().map(|question| question.kind.as_str()).collect();
    assert_eq!(kinds, ["ranking", "grid"], "{}", shown(&scaffold));
    assert_eq!(unplaced(definition, text.as_bytes()), Vec::<String>::new());
}

#[test]
fn of_a_long_file_only_the_first_rows_are_looked_at() {
    let mut text = "ID,Where?,Late\n".to_owned();
    for n in 0..31_000 {
        let late = if n == 30_500 { "something" } else { "" };
        text.push_str(&format!("{n},{},{late}\n", ["Here", "There"][n % 2]));
    }
    let scaffold = from(text.as_bytes());
    checked(&scaffold);
    assert_eq!((scaffold.rows, scaffold.has_more), (30_000, true));
    let form = &scaffold.files["forms/s.yaml"];
    // What is empty so far is not passed over.
    assert!(form.contains("Only the first rows") && form.contains("number: \"Late\""), "{form}");
    assert!(!from(b"a\n1\n").has_more);
}

#[test]
fn bytes_of_an_old_macintosh_are_not_japanese() {
    let text = b"Fan of the Universe?\x8c\xe6,Who?\nYes,Han\nNo,Leia\nYes,Han\nNo,Leia\n";
    let layout = &from(text).files["layouts/file.yaml"];
    assert!(layout.contains("encoding: \"macintosh\""), "{layout}");
}

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

#[test]
fn whatever_the_columns_are_the_guess_passes_and_no_column_is_lost() {
    const NAMES: &[&str] = &[
        "",
        "",
        "",
        "Q1_1",
        "Q1_2",
        "Q1_3",
        "Q1_2_TEXT",
        "Q1",
        "q3",
        "Which? - Bus",
        "Which? - Other",
        "Which? - Other (please specify)",
        "How: a",
        "How: b",
        "X[1]",
        "X[2]",
        "X[other]",
        "問２_1 紙",
        "問２_2 その他",
        "問２ その他（自由記述）",
        "a",
        "b",
        "Other",
        "weight",
        "Timestamp",
        "ID",
        "#3",
        "#9",
        "Rank: a",
        "Rank: b",
        " a\nb",
    ];
    const CELLS: &[&[&str]] = &[
        &["0", "1"],
        &["Yes", "No"],
        &["a", ""],
        &["b", ""],
        &["Bus", "", "NA"],
        &["Other", ""],
        &["x", "y", "z"],
        &["1", "2", "3"],
        &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"],
        &["a; b", "a", "b; c"],
        &["Not selected", "b"],
        &["Not selected", "a"],
        &["", ""],
        &["nan", "無回答", "-"],
        &["2024-01-02 10:00:00", "2024-01-03 11:00:00"],
        &["0.25", "1.5"],
        &["＝", "\u{1b}", "’"],
    ];
    for seed in 0..400 {
        let mut dice = Dice(seed);
        let width = 1 + dice.below(9);
        let kinds: Vec<&[&str]> = (0..width).map(|_| CELLS[dice.below(CELLS.len())]).collect();
        let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
        let mut text = (0..width).map(|_| quoted(dice.pick(NAMES))).collect::<Vec<_>>().join(",") + "\n";
        if dice.below(4) == 0 {
            let row = (0..width).map(|at| quoted(["Response", "a wording of some length", "b"][at % 3]));
            text += &(row.collect::<Vec<_>>().join(",") + "\n");
        }
        for row in 0..dice.below(14) {
            let cell = |dice: &mut Dice, words: &[&str]| match dice.below(20) {
                0 => quoted(&format!("own words {row}")),
                _ => quoted(words[dice.below(words.len())]),
            };
            text += &(kinds.iter().map(|words| cell(&mut dice, words)).collect::<Vec<_>>().join(",") + "\n");
        }
        let scaffold = from(text.as_bytes());
        let definition = checked(&scaffold);
        let layout = definition.layouts.values().next().unwrap().value.clone();
        let spec = layout.file.clone().unwrap_or_default();
        let rows = open("in.csv", Cursor::new(text.clone().into_bytes()), &spec).unwrap();
        let columns = rows.columns().unwrap();
        let read: Vec<usize> = layout.columns().filter_map(|(name, _)| columns.place(name)).collect();
        for at in 0..columns.len() {
            let is_ignored = layout.ignores(&columns.names()[at]) || layout.ignores(&format!("#{}", at + 1));
            let times = read.iter().filter(|place| **place == at).count();
            assert!(times + usize::from(is_ignored) >= 1, "column {at} of\n{text}\n{}", shown(&scaffold));
            assert!(times <= 1, "column {at} twice of\n{text}\n{}", shown(&scaffold));
        }
    }
}
