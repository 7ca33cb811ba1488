//! Shapes of cells: how somebody's file becomes answers.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod made;

use made::{Made, answer, issues, read};

const FORM: &str = r#"
- {number: m, kind: multiple, text: M, options: [{code: 1, label: "R, S"}, {code: 2, label: "R"}, {code: 3, label: "T’s"}, {code: 4, label: 情報}]}
- {number: o, kind: multiple, text: M, unlisted: other, options: [{code: 1, label: a}, {code: 2, label: b}]}
- {number: x, kind: multiple, text: M, options: [{code: 1, label: a}, {code: 8, label: else, other: true}, {code: 9, label: none, exclusive: true}]}
- {number: s, kind: single, text: S, no_answer: ["dk"], options: [{code: 1, label: "Yes"}, {code: 2, label: "No"}, {code: 3, label: "Both", other: true}]}
- {number: wide, kind: single, text: S, options: [{code: 1, label: "Yes"}, {code: 2, label: "No"}]}
- {number: two, kind: single, text: S, options: [{code: 1, label: "Yes"}, {code: 2, label: "No"}]}
- {number: g, kind: grid, text: G, options: [{code: 1, label: for}, {code: 2, label: against}], rows: [{row: 1, label: a}, {row: 2, label: b}, {row: 3, label: c d}]}
- {number: rk, kind: ranking, text: R, rows: [{row: 1, label: x}, {row: 2, label: y}, {row: 3, label: z}]}
- {number: n, kind: number, decimals: 2, text: N}
- {number: d, kind: date, text: D}
- {number: f, kind: single, text: F, options: [{code: 1, label: Very good}, {code: 2, label: bad}]}
"#;

struct Case {
    layout: &'static str,
    columns: &'static str,
    cells: &'static [(&'static str, &'static str, &'static str, &'static str)],
}

#[test]
fn each_shape_of_cells_comes_to_its_answers() {
    let cases: &[Case] = &[
        Case {
            layout: "marks: {chosen: [x, 1], not_chosen: [0]}",
            columns: "column,question,option\nA,x,1\nE,x,8\nN,x,9\n",
            cells: &[
                (r#"{"A":"x","E":"1","N":""}"#, "x", "{1,8}", ""),
                (r#"{"A":"a","E":"else"}"#, "x", "{1,8}", ""),
                (r#"{"A":0,"E":0,"N":0}"#, "x", "no_answer", ""),
                (r#"{"A":" ","E":null}"#, "x", "no_answer", ""),
                (r#"{"A":"maybe"}"#, "x", "invalid", "label_unknown"),
                (r#"{"A":"x","N":"x"}"#, "x", "invalid", "exclusive_with_others"),
            ],
        },
        Case {
            layout: "marks: {chosen: [\"true\"], not_chosen: [\"false\"]}",
            columns: "column,question,option,shape,value\nA,x,1,,Selected\nE,x,8,mark_text,\n#3,wide,1,mark,\n#4,wide,2,mark,\n",
            cells: &[
                (r#"{"A":"Selected"}"#, "x", "{1}", ""),
                (r#"{"A":"true"}"#, "x", "invalid", "label_unknown"),
                (r#"{"E":"my words"}"#, "x", "{8}+\"my words\"", ""),
                (r#"{"E":"true"}"#, "x", "{8}", ""),
                (r#"{"E":"false"}"#, "x", "no_answer", ""),
                (r##"{"#3":"","#4":"No"}"##, "wide", "2", ""),
                (r##"{"#3":"true","#4":"true"}"##, "wide", "invalid", "two_marks"),
                (r##"{"#3":"false","#4":"false"}"##, "wide", "no_answer", ""),
            ],
        },
        Case {
            layout: "patterns: [{question: m, contains: \"(old)\", codes: [2, 3]}]\naliases: [{question: m, text: both, codes: [1, 2]}, {question: m, text: R, code: 4, column: M2}]\nquestions: [{question: m, several: all}]",
            columns: "column,question,shape,separator\nM,m,list,\", \"\nM2,m,lines,\nO,o,list,;\n",
            cells: &[
                (r#"{"M":"R, S, T's, "}"#, "m", "{1,3}", ""),
                (r#"{"M":"R, T’s"}"#, "m", "{2,3}", ""),
                (r#"{"M":"both, 情報"}"#, "m", "{1,2,4}", ""),
                (r#"{"M":"R, what"}"#, "m", "invalid", "label_unknown"),
                (r#"{"M":"something (old)"}"#, "m", "{2,3}", "pattern_matched"),
                (r#"{"M":"R","M2":"T's\nR, S\n"}"#, "m", "{1,2,3}", ""),
                (r#"{"M2":"R"}"#, "m", "{4}", ""),
                (r#"{"M":"R, R"}"#, "m", "{2}", ""),
                (r#"{"O":"a;own ; words;b"}"#, "o", "{1,2,32767}+\"own; words\"", "unlisted"),
                (r#"{"O":""}"#, "o", "no_answer", ""),
            ],
        },
        Case {
            layout: "cells: {hold: codes}\naliases: [{question: o, text: A, code: 1}, {question: o, text: B, code: 2}]",
            columns: "column,question,shape\nM,m,characters\nO,o,characters\nR,rk,characters\nX,x,characters\n",
            cells: &[
                (r#"{"M":"134"}"#, "m", "{1,3,4}", ""),
                (r#"{"M":134}"#, "m", "{1,3,4}", ""),
                (r#"{"M":"１３ 4.0 "}"#, "m", "{1,3,4}", ""),
                (r#"{"M":"11"}"#, "m", "{1}", ""),
                (r#"{"M":"15"}"#, "m", "invalid", "label_unknown"),
                (r#"{"M":" "}"#, "m", "no_answer", ""),
                (r#"{"O":"BA"}"#, "o", "{1,2}", ""),
                (r#"{"O":"B漢"}"#, "o", "{2,32767}+\"漢\"", "unlisted"),
                (r#"{"R":"312"}"#, "rk", "2 3 1", ""),
                (r#"{"X":"19"}"#, "x", "invalid", "exclusive_with_others"),
            ],
        },
        Case {
            layout: "cells: {hold: codes}",
            columns: "column,question,shape,separator\nW,wide,list,;\nS,s,list,;\n",
            cells: &[
                (r#"{"W":"2"}"#, "wide", "2", ""),
                (r#"{"W":"1;2"}"#, "wide", "invalid", "two_marks"),
                (r#"{"W":"1;1"}"#, "wide", "1", ""),
                (r#"{"W":"1;7"}"#, "wide", "invalid", "label_unknown"),
                (r#"{"S":"dk"}"#, "s", "stated_no_answer", ""),
                (r#"{"W":" "}"#, "wide", "no_answer", ""),
            ],
        },
        Case {
            layout: "",
            columns: "column,question,shape\nM,m,json\nO,o,json\n",
            cells: &[
                (r#"{"M":"[\"R, S\", \"T's\"]"}"#, "m", "{1,3}", ""),
                (r#"{"M":"[]"}"#, "m", "nothing_marked", ""),
                (r#"{"M":"[\"R\", \"what\"]"}"#, "m", "invalid", "label_unknown"),
                (r#"{"M":"R"}"#, "m", "invalid", "label_unknown"),
                (r#"{"O":"[\"a\", \"my own\"]"}"#, "o", "{1,32767}+\"my own\"", "unlisted"),
            ],
        },
        Case {
            layout: "",
            columns: "column,question,shape\nM,m,csv\nS,s,\nSO,s,other\n",
            cells: &[
                (r#"{"M":"\"R, S\",T's"}"#, "m", "{1,3}", ""),
                (r#"{"M":"R,S"}"#, "m", "invalid", "label_unknown"),
                (r#"{"S":"Ｎｏ"}"#, "s", "2", ""),
                (r#"{"S":"no"}"#, "s", "invalid", "label_unknown"),
                (r#"{"S":"dk"}"#, "s", "stated_no_answer", ""),
                (r#"{"S":"Both","SO":"half"}"#, "s", "3+\"half\"", ""),
                (r#"{"S":"Yes","SO":"half"}"#, "s", "1+\"half\"", "other_without_mark"),
            ],
        },
        Case {
            layout: "cells: {hold: codes, no_answer: [-99], not_asked: [-98], blank: [\".\"]}\nquestions: [{question: two, several: first}, {question: wide, several: all}]",
            columns: "column,question\nS,s\nT1,two\nT2,two\nW1,wide\nW2,wide\n",
            cells: &[
                (r#"{"S":1}"#, "s", "1", ""),
                (r#"{"S":"2.0"}"#, "s", "2", ""),
                (r#"{"S":"Yes"}"#, "s", "invalid", "label_unknown"),
                (r#"{"S":-99}"#, "s", "stated_no_answer", ""),
                (r#"{"S":"-98"}"#, "s", "not_asked", ""),
                (r#"{"S":"."}"#, "s", "no_answer", ""),
                (r#"{"T2":"2","T1":"1"}"#, "two", "1", ""),
                (r#"{"T1":".","T2":"2"}"#, "two", "2", ""),
                (r#"{"W1":"2","W2":"2"}"#, "wide", "2", ""),
                (r#"{"W1":"1","W2":"2"}"#, "wide", "invalid", "two_marks"),
                (r#"{"W1":-99}"#, "wide", "stated_no_answer", ""),
            ],
        },
        Case {
            layout: "questions: [{question: g, tokens: {\"+\": 1, \"-\": 2}}]",
            columns: "column,question,shape,separator\nG,g,tokens,;\n",
            cells: &[
                (r#"{"G":"+a;-b"}"#, "g", "1 2 no_answer", ""),
                (r#"{"G":"+a; c d+"}"#, "g", "1 no_answer 1", ""),
                (r#"{"G":"+a;-a"}"#, "g", "invalid no_answer no_answer", "two_marks"),
                (r#"{"G":"a"}"#, "g", "invalid invalid invalid", "label_unknown"),
                (r#"{"G":""}"#, "g", "no_answer no_answer no_answer", ""),
            ],
        },
        Case {
            layout: "",
            columns: "column,question,rank\nFirst,rk,1\nSecond,rk,2\nThird,rk,3\n",
            cells: &[
                (r#"{"First":"y","Second":"x","Third":""}"#, "rk", "2 1 nothing_marked", ""),
                (
                    r#"{"First":"y","Second":"y"}"#,
                    "rk",
                    "nothing_marked invalid nothing_marked",
                    "item_repeated",
                ),
                (r#"{"First":"w"}"#, "rk", "invalid invalid invalid", "label_unknown"),
            ],
        },
        Case {
            layout: "",
            columns: "column,question,row\nX,rk,1\nY,rk,2\nZ,rk,3\n",
            cells: &[
                (r#"{"X":"2","Y":1.0,"Z":"3"}"#, "rk", "2 1 3", ""),
                (r#"{"X":"1","Y":"1"}"#, "rk", "invalid invalid nothing_marked", "rank_repeated"),
                (r#"{"X":"9"}"#, "rk", "invalid invalid invalid", "option_unknown"),
            ],
        },
        Case {
            layout: "",
            columns: "column,question,shape,separator\nR,rk,list,>\n",
            cells: &[(r#"{"R":"z > x"}"#, "rk", "2 nothing_marked 1", "")],
        },
        Case {
            layout: "cells: {decimal: \",\", thousands: \".\", date_format: [\"%d.%m.%Y\", \"%Y\"]}",
            columns: "column,question,date_format\nN,n,\nD,d,\n",
            cells: &[
                (r#"{"N":"1.234,5"}"#, "n", "n=123450", ""),
                (r#"{"N":"1234.5"}"#, "n", "invalid", "number_invalid"),
                (r#"{"D":"03.01.1970"}"#, "d", "d=2", ""),
                (r#"{"D":"1970-01-03"}"#, "d", "invalid", "date_invalid"),
            ],
        },
        Case {
            layout: "cells: {match: [trim, case, blanks]}",
            columns: "column,question\nF,f\n",
            cells: &[
                (r#"{"F":" VERY   good\n"}"#, "f", "1", ""),
                (r#"{"F":"ｂａｄ"}"#, "f", "invalid", "label_unknown"),
            ],
        },
    ];
    for case in cases {
        let definitions = Made::form("", FORM).layout(case.layout, case.columns).definitions();
        for (cells, question, wanted, codes) in case.cells {
            let got = read(&definitions, r#""layout":"l","#, cells);
            let seen = (answer(&got, question), issues(&got));
            assert_eq!((seen.0.as_str(), seen.1.as_str()), (*wanted, *codes), "{} {cells}", case.layout);
        }
    }
}
