//! Answers that a form demands: what rejects a submission as a whole, and what does not.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod made;

use made::{Made, read};

const FORM: &str = r#"
- {number: site, kind: single, text: S, reject_if: [invalid, no_answer], options: [{code: 1, label: north}, {code: 2, label: south}]}
- {number: kinds, kind: multiple, text: K, reject_if: [nothing_marked], options: [{code: 1, label: x}, {code: 2, label: y}]}
- {number: size, kind: number, text: N, no_answer: [-9], ask_if: {question: site, codes: [2]}, reject_if: [no_answer, stated_no_answer, invalid]}
- {number: table, kind: grid, text: G, reject_if: [invalid], options: [{code: 1, label: good}, {code: 2, label: bad}], rows: [{row: 1, label: a}, {row: 2, label: b}]}
- {number: words, kind: text, text: W}
"#;
const HEAD: &str = r#"checks: [{check: c, if: {all: [{question: site, codes: [2]}, {question: size, at_least: 100}]}, message: "M", invalidates: [size]}]"#;

#[test]
fn a_submission_without_a_demanded_answer_is_rejected_as_a_whole() {
    let definitions = Made::form(HEAD, FORM).definitions();
    // (answers, the path of the rejection; nothing if it is taken)
    let cases: &[(&str, &str)] = &[
        (r#"{"site":1}"#, ""),
        (r#"{"site":1,"words":"w","kinds":[1],"table":{"1":2}}"#, ""),
        (r#"{}"#, "/data/answers/site"),
        (r#"{"site":null}"#, "/data/answers/site"),
        (r#"{"site":7,"words":"w"}"#, "/data/answers/site"),
        (r#"{"site":[1,2]}"#, "/data/answers/site"),
        // Only the states that are named.
        (r#"{"site":1,"kinds":[]}"#, "/data/answers/kinds"),
        (r#"{"site":1,"kinds":[9]}"#, ""),
        // What is not asked is not demanded.
        (r#"{"site":2}"#, "/data/answers/size"),
        (r#"{"site":2,"size":-9}"#, "/data/answers/size"),
        (r#"{"site":2,"size":5}"#, ""),
        (r#"{"site":1,"size":"x"}"#, ""),
        // A check makes it invalid, a row is enough, and the first in printed order is named.
        (r#"{"site":2,"size":100}"#, "/data/answers/size"),
        (r#"{"site":1,"table":{"1":1,"2":3}}"#, "/data/answers/table"),
        (r#"{"site":9,"kinds":[],"table":{"1":3}}"#, "/data/answers/site"),
    ];
    for (answers, wanted) in cases {
        let got = read(&definitions, "", answers);
        let rejected = got.response.is_none();
        assert_eq!(rejected, !wanted.is_empty(), "{answers}: {:?}", got.outcome.issues);
        if rejected {
            let found: Vec<(&str, &str)> =
                got.outcome.issues.iter().map(|issue| (issue.code.as_str(), issue.path.as_str())).collect();
            assert_eq!(found, [("answer_demanded", *wanted)], "{answers}");
            assert!(got.outcome.unit.is_some() && got.outcome.target.is_none(), "{answers}");
        }
    }
}
