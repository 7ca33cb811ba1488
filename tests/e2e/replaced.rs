//! A second file with other columns of the same respondents takes the place of the first, and says so.

use shukei_testkit::Program;

const FORM: &str = "\
form: f
version: 1
names: F
sections:
  - section: s
    questions:
      - {number: a, kind: single, text: A, options: [{code: 1, label: yes}, {code: 2, label: no}]}
      - {number: n, kind: number, text: N}
";

#[test]
fn a_second_file_with_other_columns_of_the_same_respondents_is_told() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let layouts = "[{layout: first, version: 1}, {layout: second, version: 1}]";
    program.file(
        "s/survey.yaml",
        format!(
            "survey: s\nversion: 1\nnames: S\nwaves:\n  - {{wave: w, names: W, forms: [{{form: f, version: 1}}], layouts: {layouts}}}\n"
        ),
    );
    program.file("s/forms/f.yaml", FORM);
    for (name, column) in [("first", "A,a"), ("second", "N,n")] {
        let layout = format!(
            "layout: {name}\nversion: 1\nform: {{form: f, version: 1}}\ncolumns: {name}.csv\nfile:\n  submission: {{key: [who]}}\n"
        );
        program.file(&format!("s/layouts/{name}.yaml"), layout);
        program.file(&format!("s/layouts/{name}.csv"), format!("column,question\n{column}\n"));
    }
    program.file("first.csv", "who,A\nx,yes\ny,no\nz,yes\n");
    program.file("second.csv", "who,N\nx,1\ny,2\nother,3\n");
    program.run(["check", "s"]).ends(0);
    let sent = |layout: &str| {
        let file = format!("{layout}.csv");
        program.on_data(&["submit", &file, "--survey", "s", "--layout", layout, "--surveys", "s"]).ends(0)
    };
    let first = sent("first");
    assert!(!first.stdout.contains("replaced"), "{}", first.stdout);
    let second = sent("second");
    assert!(
        second.stdout.lines().any(|line| line.split_whitespace().eq(["replaced", "2"])),
        "{}",
        second.stdout
    );
    assert!(second.stderr.contains("Join the columns of both files"), "{}", second.stderr);
}
