//! A folder that was guessed from a file reads that file, as the program itself is asked to.

use shukei_testkit::Program;

const FILE: &str = "RespondentID,Seen any?,Which have you seen?,,Your view,,Comment
,Response,Alpha,Beta,Ann,Bo,Open-Ended Response
11,Yes,Alpha,,Good,Bad,fine
12,No,,,,,
13,Yes,Alpha,Beta,Bad,Neither,
14,Yes,,Beta,Neither,Good,so so
15,No,,Beta,Good,Bad,NA
";

#[test]
fn a_guessed_folder_passes_and_reads_its_own_file() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let file = program.file("export.csv", FILE);
    let (file, folder) = (file.to_str().unwrap(), program.path("surveys/films"));
    let folder = folder.to_str().unwrap();
    let made = program.run(["new", folder, "--from", file]).ends(0);
    assert!(made.stderr.contains("5 rows and 7 columns were read"), "{}", made.stderr);
    let checked = program.run(["check", folder]).ends(0);
    assert!(checked.stdout.contains("1 forms with 4 questions"), "{}", checked.stdout);
    let tried = program.run(["try", folder, file, "--question", "q3"]).ends(0);
    assert!(tried.stdout.contains("Every cell could be placed."), "{}", tried.stdout);
    let lines = tried.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines: Vec<String> = lines.collect();
    for wanted in ["Alpha 2", "Beta 3"] {
        assert!(lines.iter().any(|line| line.starts_with(wanted)), "{wanted}: {}", tried.stdout);
    }
}
