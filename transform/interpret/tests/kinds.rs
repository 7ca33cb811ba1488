//! Kinds of questions, their options and their rules, answered on the form itself.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod made;

use made::{Made, answer, issues, read};

const FORM: &str = r#"
- {number: r, kind: rating, text: R, points: {from: 0, to: 10}, options: [{code: 10, label: best}, {code: 99, label: na, not_applicable: true}]}
- {number: neg, kind: rating, text: R, points: {from: -2, to: 2}}
- number: rank
  kind: ranking
  text: R
  ranks: 2
  rows: [{row: 1, label: x}, {row: 2, label: y}, {row: 3, label: z}]
- {number: tie, kind: ranking, text: R, rules: {tied_ranks: keep}, rows: [{row: 1, label: x}, {row: 2, label: y}]}
- {number: day, kind: date, text: D, earliest: "1970-01-01", latest: "2030-12-31"}
- {number: month, kind: date, precision: month, text: D}
- {number: year, kind: date, precision: year, text: D}
- {number: at, kind: datetime, zone: Asia/Tokyo, text: D}
- {number: time, kind: time, text: D}
- {number: w, kind: number, role: weight, decimals: 6, text: W}
- number: emp
  kind: number
  text: E
  no_answer: [-99]
  not_asked: [n/a]
  bands: [{code: 1, label: small, to: 9}, {code: 2, label: middle, from: 10, below: 50}, {code: 3, label: large, from: 50}]
- {number: zero, kind: single, text: Z, options: [{code: 0, label: no}, {code: 1, label: yes}], no_answer: [-1]}
- {number: s, kind: single, text: S, unlisted: other, options: [{code: 1, label: a}, {code: 2, label: b}]}
- {number: so, kind: single, text: S, options: [{code: 1, label: a}, {code: 8, label: else, other: true}]}
- {number: m, kind: multiple, text: M, unlisted: 8, options: [{code: 1, label: a}, {code: 8, label: else, other: true}, {code: 9, label: none, exclusive: true}]}
- {number: mm, kind: multiple, text: M, rules: {other_without_mark: mark, exclusive_with_others: others_win}, options: [{code: 1, label: a}, {code: 8, label: else, other: true}, {code: 9, label: none, exclusive: true}]}
- {number: me, kind: multiple, text: M, rules: {other_without_mark: ignore, exclusive_with_others: exclusive_wins}, options: [{code: 1, label: a}, {code: 8, label: else, other: true}, {code: 9, label: none, exclusive: true}]}
- {number: first, kind: single, text: S, rules: {two_marks: first}, options: [{code: 2, label: a}, {code: 1, label: b}]}
- {number: last, kind: single, text: S, rules: {two_marks: last}, options: [{code: 2, label: a}, {code: 1, label: b}]}
- {number: file, kind: single, text: F, options_file: lists/towns.csv}
"#;

#[test]
fn each_kind_takes_what_it_says_and_no_more() {
    let made = Made::form("", FORM).file("lists/towns.csv", "code,label\n1,Kobe\n130,\"Ise, Mie\"\n");
    let definitions = made.definitions();
    // (answers, question, what it comes to, codes of issues)
    let cases: &[(&str, &str, &str, &str)] = &[
        (r#"{"r":0}"#, "r", "0", ""),
        (r#"{"r":99}"#, "r", "99", ""),
        (r#"{"r":11}"#, "r", "invalid", "option_unknown"),
        (r#"{"neg":1}"#, "neg", "1", ""),
        (r#"{"neg":6}"#, "neg", "invalid", "option_unknown"),
        (r#"{"rank":{"1":2,"3":1}}"#, "rank", "2 nothing_marked 1", ""),
        (r#"{"rank":[3,1]}"#, "rank", "2 nothing_marked 1", ""),
        (r#"{"rank":{}}"#, "rank", "no_answer no_answer no_answer", ""),
        (r#"{"rank":{"1":1,"2":1}}"#, "rank", "invalid invalid nothing_marked", "rank_repeated"),
        (r#"{"rank":{"1":3}}"#, "rank", "invalid invalid invalid", "option_unknown"),
        (r#"{"rank":[1,1]}"#, "rank", "invalid nothing_marked nothing_marked", "item_repeated"),
        (r#"{"rank":{"7":1}}"#, "rank", "no_answer no_answer no_answer", "row_unknown"),
        (r#"{"tie":{"1":1,"2":1}}"#, "tie", "1 1", "rank_repeated"),
        (r#"{"day":"1970-01-03"}"#, "day", "d=2", ""),
        (r#"{"day":"1969-12-31"}"#, "day", "invalid", "date_out_of_range"),
        (r#"{"day":"3.1.1970"}"#, "day", "invalid", "date_invalid"),
        (r#"{"month":"1970-02"}"#, "month", "d=31", ""),
        (r#"{"year":1971}"#, "year", "d=365", ""),
        (r#"{"at":"1970-01-01T09:00:01"}"#, "at", "t=1000000", ""),
        (r#"{"time":"08:30"}"#, "time", "\"08:30:00\"", ""),
        (r#"{"time":"25:00"}"#, "time", "invalid", "date_invalid"),
        (r#"{"w":0.125}"#, "w", "n=125000", ""),
        (r#"{"emp":9}"#, "empband", "1", ""),
        (r#"{"emp":10}"#, "empband", "2", ""),
        (r#"{"emp":50}"#, "empband", "3", ""),
        (r#"{"emp":-99}"#, "emp", "stated_no_answer", ""),
        (r#"{"emp":-99}"#, "empband", "stated_no_answer", ""),
        (r#"{"emp":"n/a"}"#, "emp", "not_asked", ""),
        (r#"{"zero":0}"#, "zero", "0", ""),
        (r#"{"zero":-1}"#, "zero", "stated_no_answer", ""),
        (r#"{"s":"my own"}"#, "s", "32767+\"my own\"", ""),
        (r#"{"so":8,"so_other":"words"}"#, "so", "8+\"words\"", ""),
        (r#"{"so_other":"words"}"#, "so", "no_answer+\"words\"", "other_without_mark"),
        (
            r#"{"s_other":"words","r_other":"x"}"#,
            "s",
            "no_answer+\"words\"",
            "question_unknown other_without_mark",
        ),
        (r#"{"m":[1,"x","y"]}"#, "m", "{1,8}+\"x; y\"", ""),
        (r#"{"m":[1,9]}"#, "m", "invalid", "exclusive_with_others"),
        (r#"{"mm":[1,9]}"#, "mm", "{1}", "exclusive_with_others"),
        (r#"{"mm":[1],"mm_other":"x"}"#, "mm", "{1,8}+\"x\"", "other_without_mark"),
        (r#"{"mm_other":"x"}"#, "mm", "{8}+\"x\"", "other_without_mark"),
        (r#"{"mm":[9],"mm_other":"x"}"#, "mm", "{9}+\"x\"", "other_without_mark"),
        (r#"{"me":[1,9]}"#, "me", "{9}", "exclusive_with_others"),
        (r#"{"me":[1],"me_other":"x"}"#, "me", "{1}", "other_without_mark"),
        (r#"{"first":[1,2]}"#, "first", "2", "two_marks"),
        (r#"{"last":[1,2]}"#, "last", "1", "two_marks"),
        (r#"{"file":130}"#, "file", "130", ""),
    ];
    for (answers, question, wanted, codes) in cases {
        let got = read(&definitions, "", answers);
        assert_eq!((answer(&got, question).as_str(), issues(&got).as_str()), (*wanted, *codes), "{answers}");
    }
}
