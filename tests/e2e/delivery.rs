//! Somebody's files: from a folder that was guessed to tables, sent twice, replaced, tried, and held against what was
//! published.

use std::path::Path;
use std::process::Command;

use shukei_testkit::{Done, Program, csv_rows};

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_shukei"))
}

/// The fenced blocks of a page, in order: language and lines.
fn blocks(page: &str) -> Vec<(String, Vec<String>)> {
    let mut blocks: Vec<(String, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(language), false) => {
                blocks.push((language.to_owned(), Vec::new()));
                inside = true;
            }
            (Some(_), true) => inside = false,
            (None, true) => blocks.last_mut().unwrap().1.push(line.to_owned()),
            (None, false) => {}
        }
    }
    blocks
}

/// Blanks do not matter: a table's columns may be wider.
fn plain(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_tutorial_does_what_it_says() {
    let program = program();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tutorial.md");
    let blocks = blocks(&std::fs::read_to_string(page).unwrap());
    assert!(blocks.iter().filter(|(language, _)| language == "text").count() > 8, "the page lost its blocks");
    let bin = Path::new(env!("CARGO_BIN_EXE_shukei")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut printed = String::new();
    for (language, lines) in blocks {
        match language.as_str() {
            "sh" => {
                let script = lines.join("\n");
                let output = Command::new("bash")
                    .args(["-ec", &script])
                    .env("PATH", &path)
                    .env_remove("SHUKEI_LOG")
                    .current_dir(program.folder())
                    .output()
                    .unwrap();
                printed = String::from_utf8_lossy(&output.stdout).into_owned()
                    + &String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{script}\n{printed}");
            }
            "text" => {
                let printed: Vec<String> = printed.lines().map(plain).collect();
                let mut from = 0;
                for line in lines.iter().map(|line| plain(line)).filter(|line| !line.is_empty()) {
                    let at = printed[from..].iter().position(|known| *known == line);
                    // Standard error comes behind standard output here, so the order is that of each.
                    from = match at {
                        Some(at) => from + at + 1,
                        None => panic!("not printed, or not in this order: `{line}`\n{}", printed.join("\n")),
                    };
                }
            }
            other => panic!("a block of `{other}` is not checked"),
        }
    }
}

const SURVEY: &str = "survey: s
version: 1
names: s
waves:
  - {wave: w, names: w, forms: [{form: f, version: 1}], layouts: [{layout: rows, version: 1}, {layout: keys, version: 1}]}
  - {wave: v, names: v, forms: [{form: f, version: 1}], layouts: [{layout: keys, version: 1}]}
";
const FORM: &str = "form: f
version: 1
names: f
sections:
  - section: all
    questions:
      - {number: a, kind: single, text: A, options: [{code: 1, label: はい}, {code: 2, label: いいえ}]}
      - {number: n, kind: number, text: N}
";

/// A survey with a layout whose submissions are rows, and one with a key.
fn survey(program: &Program) -> String {
    program.file("surveys/s/survey.yaml", SURVEY);
    program.file("surveys/s/forms/f.yaml", FORM);
    for (name, rule) in [("rows", "{row: true, respondent: who}"), ("keys", "{key: [who]}")] {
        let yaml = format!(
            "layout: {name}\nversion: 1\nform: {{form: f, version: 1}}\ncolumns: c.csv\nfile:\n  submission: {rule}\n"
        );
        program.file(&format!("surveys/s/layouts/{name}.yaml"), yaml);
    }
    program.file("surveys/s/layouts/c.csv", "column,question,row,option\nA,a,,\nN,n,,\n");
    program.path("surveys").to_str().unwrap().to_owned()
}

fn submit(program: &Program, file: &Path, more: &[&str]) -> Done {
    let surveys = program.path("surveys");
    let mut arguments = vec!["submit", file.to_str().unwrap(), "--survey", "s", "--wave", "w"];
    arguments.extend(["--surveys", surveys.to_str().unwrap()]);
    arguments.extend(more);
    program.on_data(&arguments)
}

/// Unit, code and number of what counts.
fn counting(program: &Program) -> Vec<String> {
    let rows = program.sql("SELECT unit, qa, qn FROM current_f_1 ORDER BY unit");
    rows.iter().map(|row| format!("{} {} {}", row["unit"], row["qa"], row["qn"])).collect()
}

#[track_caller]
fn has(done: &Done, line: &str) {
    let found = done.stdout.lines().any(|known| plain(known) == line);
    assert!(found, "no line `{line}` in\n{}\n{}", done.stdout, done.stderr);
}

#[test]
fn rows_are_sent_once_however_often_they_are_sent() {
    let program = program();
    survey(&program);
    let file = program.file("in.csv", "who,A,N\nx,はい,1\ny,いいえ,2\nx,はい,3\n,,\n");
    let first = submit(&program, &file, &["--layout", "rows"]).ends(0);
    has(&first, "accepted 4");
    has(&first, "1 rows without content, received");
    has(&first, "1 rows of a person who has another");
    let wanted = ["in.csv#1 1 1", "in.csv#2 2 2", "in.csv#3 1 3", "in.csv#4  "];
    assert_eq!(counting(&program), wanted);
    // In another folder, compressed, it is still the same delivery.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, &std::fs::read(&file).unwrap()).unwrap();
    let again = program.file("elsewhere/in.csv.gz", encoder.finish().unwrap());
    has(&submit(&program, &again, &["--layout", "rows"]).ends(0), "known already 4");
    assert_eq!(counting(&program), wanted);
    // A changed row is a correction.
    let changed = program.file("in.csv", "who,A,N\nx,はい,1\ny,はい,2\nx,はい,3\n,,\n");
    has(&submit(&program, &changed, &["--layout", "rows"]).ends(0), "known already 3");
    assert_eq!(counting(&program)[1], "in.csv#2 1 2");
    let _ = program.on_data(&["verify"]).ends(0);
}

#[test]
fn a_delivery_sent_again_replaces_itself() {
    let program = program();
    survey(&program);
    for layout in ["rows", "keys"] {
        let other = program.file("other.csv", "who,A,N\nz,はい,9\n");
        let _ = submit(&program, &other, &["--layout", layout]).ends(0);
        let unit = |name: &str, row: usize| match layout {
            "rows" => format!("spring#{row}"),
            _ => name.to_owned(),
        };
        let z = if layout == "rows" { "other.csv#1" } else { "z" };
        let version = |program: &Program, text: &str, wanted: &[(&str, usize, &str)]| {
            let file = program.file("in.csv", format!("who,A,N\n{text}"));
            let sent =
                submit(program, &file, &["--layout", layout, "--delivery", "spring", "--replace"]).ends(0);
            let mut wanted: Vec<String> =
                wanted.iter().map(|(name, row, rest)| format!("{} {rest}", unit(name, *row))).collect();
            wanted.push(format!("{z} 1 9"));
            wanted.sort();
            let counting = counting(program);
            let of_layout: Vec<String> =
                counting.into_iter().filter(|unit| layout == "keys" || unit.contains('#')).collect();
            let of_layout: Vec<String> =
                of_layout.into_iter().filter(|unit| layout == "rows" || !unit.contains('#')).collect();
            assert_eq!(of_layout, wanted, "{layout} {text}");
            sent
        };
        let (one, two) = ("x,はい,1\ny,はい,2\n", "x,いいえ,1\n");
        version(&program, one, &[("x", 1, "1 1"), ("y", 2, "1 2")]);
        has(&version(&program, two, &[("x", 1, "2 1")]), "1 units of the earlier delivery taken back");
        // Back to the first version: a copy of an old event alone would not count.
        version(&program, one, &[("x", 1, "1 1"), ("y", 2, "1 2")]);
        let events = program.number("SELECT count(*) FROM flags WHERE flag = 'id_reused'");
        assert_eq!(events, 0);
        if layout == "keys" {
            continue;
        }
        has(&version(&program, one, &[("x", 1, "1 1"), ("y", 2, "1 2")]), "known already 2");
        // With a row that cannot be read nobody knows who is missing.
        let file = program.file("in.csv", "who,A,N\nx,はい,1\ny,はい\n");
        let refused =
            submit(&program, &file, &["--layout", layout, "--delivery", "spring", "--replace"]).ends(1);
        has(&refused, "rows refused 1");
        assert!(
            refused.stdout.contains("row_ragged") && refused.stdout.contains("line 3"),
            "{}",
            refused.stdout
        );
        assert_eq!(program.number("SELECT count(*) FROM current"), 3);
    }
    let _ = program.on_data(&["verify"]).ends(0);
}

#[test]
fn a_mended_layout_reads_known_rows_when_they_are_sent_again() {
    let program = program();
    survey(&program);
    let file = program.file("in.csv", "who,A,N\nx,ja,1\ny,はい,2\n");
    has(&submit(&program, &file, &["--layout", "keys"]).ends(0), "with issues 1");
    assert_eq!(counting(&program), ["x  1", "y 1 2"]);
    let layout = program.path("surveys/s/layouts/keys.yaml");
    let mended = std::fs::read_to_string(&layout).unwrap() + "aliases: [{question: a, text: ja, code: 1}]\n";
    std::fs::write(&layout, mended).unwrap();
    has(&submit(&program, &file, &["--layout", "keys"]).ends(0), "known already 2");
    assert_eq!(counting(&program), ["x  1", "y 1 2"], "decided is decided");
    has(&submit(&program, &file, &["--layout", "keys", "--again"]).ends(0), "known already 0");
    assert_eq!(counting(&program), ["x 1 1", "y 1 2"]);
    has(&submit(&program, &file, &["--layout", "keys", "--replace"]).ends(0), "known already 2");
    assert_eq!(counting(&program), ["x 1 1", "y 1 2"]);
    let _ = program.on_data(&["verify"]).ends(0);
}

#[test]
fn a_file_that_cannot_be_read_as_a_whole_sends_nothing() {
    let program = program();
    survey(&program);
    let good = "x,はい,1\n".repeat(20_000);
    let (cp932, _, _) = encoding_rs::SHIFT_JIS.encode("y,いいえ,2\n");
    let late = [b"who,A,N\n".as_slice(), good.as_bytes(), &cp932].concat();
    for (name, bytes, layout, wanted) in [
        ("late.csv", late, "rows", &["encoding_wrong", "line 20002", "cp932"][..]),
        ("semicolon.csv", b"who;A;N\nx;1;2\n".to_vec(), "keys", &["column_missing", "separator: \";\""]),
        ("foreign.csv", b"p,q\n1,2\n".to_vec(), "rows", &["columns_foreign", "header_rows"]),
        ("broken.xlsx", b"no workbook".to_vec(), "rows", &["workbook_unreadable"]),
    ] {
        let file = program.file(name, bytes);
        let refused = submit(&program, &file, &["--layout", layout]);
        assert!(matches!(refused.code, Some(1 | 2)), "{refused:?}");
        for part in wanted {
            assert!(refused.stderr.contains(part), "{name}: no `{part}` in {}", refused.stderr);
        }
        assert!(!refused.stderr.contains("いいえ"));
        assert!(!program.data().exists(), "{name}: nothing was made");
    }
}

#[test]
fn a_quotation_mark_never_takes_rows_unseen() {
    let program = program();
    survey(&program);
    // Nothing closes the mark: nobody knows where its cell ends, so nothing is sent.
    let open = program.file("open.csv", "who,A,N\nx,はい,1\ny,\"いいえ,2\nz,はい,3\n");
    let refused = submit(&program, &open, &["--layout", "keys"]).ends(1);
    for part in ["quote_unclosed", "open.csv", "line 3", "quote: \"\""] {
        assert!(refused.stderr.contains(part), "no `{part}` in {}", refused.stderr);
    }
    assert!(!refused.stderr.contains("いいえ") && !program.data().exists(), "{}", refused.stderr);
    // A later mark closes it: that row is refused, and the rows around it are sent.
    let late =
        program.file("late.csv", "who,A,N\nw,はい,0\nx,\"はい,1\ny,はい,2\nz,\"いいえ\",3\nu,はい,5\n");
    let sent = submit(&program, &late, &["--layout", "keys"]).ends(1);
    has(&sent, "rows refused 1");
    has(&sent, "accepted 2");
    for part in ["row 2 (line 3): [row_quotes]", "takes in 3 lines", "loose_quotes: true"] {
        assert!(sent.stdout.contains(part), "no `{part}` in {}", sent.stdout);
    }
    assert!(!sent.stdout.contains("いいえ"), "{}", sent.stdout);
    assert_eq!(counting(&program), ["u 1 5", "w 1 0"]);
    // A mark inside a cell that did not begin with one is a character, and a layout may take the others.
    let marks = program.file("marks.csv", "who,A,N\n5\" pipe,はい,1\n\"a\" b,はい,2\n");
    has(&submit(&program, &marks, &["--layout", "keys"]).ends(1), "rows refused 1");
    let layout = program.path("surveys/s/layouts/keys.yaml");
    let loose = std::fs::read_to_string(&layout).unwrap() + "  loose_quotes: true\n";
    std::fs::write(&layout, loose).unwrap();
    has(&submit(&program, &marks, &["--layout", "keys"]).ends(0), "rows refused 0");
    assert_eq!(counting(&program), ["5\" pipe 1 1", "a b 1 2", "u 1 5", "w 1 0"]);
}

#[test]
fn a_column_that_a_file_lacks_is_warned_of_before_anything_is_sent() {
    let program = program();
    survey(&program);
    let layout = program.path("surveys/s/layouts/c.csv");
    let columns = std::fs::read_to_string(&layout).unwrap().replace("N,n,,", "人数,n,,");
    std::fs::write(&layout, columns).unwrap();
    let file = program.file("in.csv", "who,A,入数\nx,はい,1\n");
    let sent = submit(&program, &file, &["--layout", "keys"]).ends(0);
    let (warned, started) = (sent.stderr.find("warning: "), sent.stderr.find("embedded broker"));
    assert!(warned.is_some() && warned < started, "{}", sent.stderr);
    for part in ["in.csv` lacks 1 column that layout `keys` reads", "`人数` (nearly `入数` of the file)"]
    {
        assert!(sent.stderr.contains(part), "no `{part}` in {}", sent.stderr);
    }
    assert!(sent.stdout.contains("1 columns of the layout are not in the file"), "{}", sent.stdout);
    // Of standard input the columns are known when its rows are read.
    let mut all = vec!["submit", "-", "--survey", "s", "--wave", "w", "--layout", "keys", "--delivery", "in"];
    let (surveys, data) = (program.path("surveys"), program.data());
    all.extend(["--surveys", surveys.to_str().unwrap(), "--data", data.to_str().unwrap()]);
    let piped = program.command(all).stdin(std::fs::File::open(&file).unwrap()).output().unwrap();
    let said = String::from_utf8_lossy(&piped.stderr);
    assert!(said.contains("warning: `-` lacks 1 column"), "{said}");
    // A whole file has nothing to warn of.
    let whole = program.file("whole.csv", "who,A,人数\ny,はい,1\n");
    let sent = submit(&program, &whole, &["--layout", "keys"]).ends(0);
    assert!(!sent.stderr.contains("warning: "), "{}", sent.stderr);
}

/// The smallest workbook: sheets by name, each with cells of text by address. Its parts are stored as they are.
fn workbook(sheets: &[(&str, &[(&str, &str)])]) -> Vec<u8> {
    let office = "http://schemas.openxmlformats.org";
    let (mut listed, mut related, mut parts) = (String::new(), String::new(), Vec::new());
    for (at, (name, cells)) in sheets.iter().enumerate() {
        let n = at + 1;
        listed.push_str(&format!(r#"<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>"#));
        related.push_str(&format!(
            r#"<Relationship Id="rId{n}" Type="{office}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{n}.xml"/>"#
        ));
        let rows: String = cells
            .iter()
            .map(|(address, text)| {
                let row = address.trim_start_matches(|c: char| c.is_ascii_uppercase());
                format!(r#"<row r="{row}"><c r="{address}" t="inlineStr"><is><t>{text}</t></is></c></row>"#)
            })
            .collect();
        let sheet = format!(
            r#"<worksheet xmlns="{office}/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
        );
        parts.push((format!("xl/worksheets/sheet{n}.xml"), sheet));
    }
    let book = format!(
        r#"<workbook xmlns="{office}/spreadsheetml/2006/main" xmlns:r="{office}/officeDocument/2006/relationships"><sheets>{listed}</sheets></workbook>"#
    );
    let relations =
        format!(r#"<Relationships xmlns="{office}/package/2006/relationships">{related}</Relationships>"#);
    parts.push(("xl/workbook.xml".to_owned(), book));
    parts.push(("xl/_rels/workbook.xml.rels".to_owned(), relations));
    let root = format!(
        r#"<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="rId1" Type="{office}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
    );
    parts.push(("_rels/.rels".to_owned(), root));
    let (mut file, mut index) = (Vec::new(), Vec::new());
    for (name, content) in &parts {
        let mut crc = flate2::Crc::new();
        crc.update(content.as_bytes());
        // Version, flags, method, time and date; checksum and sizes; lengths of name and extra field.
        let mut head = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        head.extend(crc.sum().to_le_bytes());
        head.extend([u32::try_from(content.len()).unwrap().to_le_bytes(); 2].concat());
        head.extend([u8::try_from(name.len()).unwrap(), 0, 0, 0]);
        index.extend([b"PK\x01\x02\x14\x00".as_slice(), &head, &[0; 10]].concat());
        index.extend(u32::try_from(file.len()).unwrap().to_le_bytes());
        index.extend(name.as_bytes());
        file.extend([b"PK\x03\x04".as_slice(), &head, name.as_bytes(), content.as_bytes()].concat());
    }
    let count = [u8::try_from(parts.len()).unwrap(), 0];
    let (at, length) = (u32::try_from(file.len()).unwrap(), u32::try_from(index.len()).unwrap());
    file.extend(&index);
    file.extend([b"PK\x05\x06".as_slice(), &[0; 4], &count, &count].concat());
    file.extend([length.to_le_bytes().as_slice(), &at.to_le_bytes(), &[0; 2]].concat());
    file
}

#[test]
fn a_form_without_content_is_named_not_passed_over() {
    let program = program();
    survey(&program);
    let layout = "layout: keys\nversion: 1\nform: {form: f, version: 1}\ncolumns: c.csv\nfile:\n  format: xlsx_form\n  \
                  cells: {B3: A, B4: N}\n  submission: {key: [\"@file\"]}\n";
    program.file("surveys/s/layouts/keys.yaml", layout);
    let answers: &[(&str, &str)] = &[("B3", "はい"), ("B4", "7")];
    let good = program.file("ann.xlsx", workbook(&[("回答", answers)]));
    let moved = program.file("bo.xlsx", workbook(&[("Notes", &[("A1", "how to")]), ("回答", answers)]));
    let surveys = program.path("surveys");
    let arguments =
        ["--survey", "s", "--wave", "w", "--layout", "keys", "--surveys", surveys.to_str().unwrap()];
    let files = ["submit", good.to_str().unwrap(), moved.to_str().unwrap()];
    let sent = program.on_data(&[&files[..], &arguments].concat()).ends(1);
    has(&sent, "rows refused 1");
    for part in ["bo.xlsx row 1", "[form_empty]", "on sheet `Notes`", "its other sheets are `回答`"] {
        assert!(sent.stdout.contains(part), "no `{part}` in {}", sent.stdout);
    }
    assert_eq!(counting(&program), ["ann 1 7"]);
    program.file("surveys/s/layouts/keys.yaml", layout.replace("xlsx_form", "xlsx_form\n  sheet: 回答"));
    has(&program.on_data(&[&files[..], &arguments].concat()).ends(0), "rows refused 0");
    assert_eq!(counting(&program), ["ann 1 7", "bo 1 7"]);
}

#[test]
fn an_edit_that_a_delivery_overrides_is_told() {
    let program = program();
    let surveys = survey(&program);
    let file = program.file("in.csv", "who,A,N\nx,はい,1\ny,いいえ,2\n");
    let first = submit(&program, &file, &["--layout", "keys"]).ends(0);
    assert!(!first.stdout.contains("edits overridden"), "{}", first.stdout);
    let edit = ["edit", "--survey", "s", "--wave", "w", "--respondent", "x", "--question", "A"];
    let why = ["--to-value", "いいえ", "--rule", "E1", "--reason", "called back", "--by", "Office"];
    let _ = program.on_data(&[&edit[..], &why, &["--surveys", &surveys]].concat()).ends(0);
    assert_eq!(counting(&program), ["x 2 1", "y 2 2"]);
    // The row of the other unit changes nothing for the one that was edited.
    let file = program.file("in.csv", "who,A,N\nx,はい,1\ny,いいえ,3\n");
    let other = submit(&program, &file, &["--layout", "keys"]).ends(0);
    assert!(!other.stdout.contains("edits overridden"), "{}", other.stdout);
    assert_eq!(counting(&program), ["x 2 1", "y 2 3"]);
    let file = program.file("in.csv", "who,A,N\nx,はい,7\ny,いいえ,3\n");
    let sent = submit(&program, &file, &["--layout", "keys"]).ends(0);
    has(&sent, "edits overridden 1");
    assert!(sent.stderr.contains("edit_overridden"), "{}", sent.stderr);
    assert_eq!(counting(&program), ["x 1 7", "y 2 3"]);
}

#[test]
fn an_unknown_encoding_is_a_mistake_of_the_layout() {
    let program = program();
    let surveys = survey(&program);
    let layout = program.path("surveys/s/layouts/keys.yaml");
    let good = std::fs::read_to_string(&layout).unwrap();
    for (encoding, exit) in [("cp932", 0), ("ms932", 0), ("cp-932x", 1)] {
        std::fs::write(&layout, format!("{good}  encoding: {encoding}\n")).unwrap();
        let done = program.run(["check", surveys.as_str()]).ends(exit);
        let said = done.stdout + &done.stderr;
        assert_eq!(said.contains("did you mean `cp932`?"), exit == 1, "{encoding}: {said}");
    }
}

#[test]
fn what_is_not_said_is_asked_for_with_the_names_that_there_are() {
    let program = program();
    survey(&program);
    let file = program.file("in.csv", "who,A,N\nx,はい,1\n");
    let surveys = program.path("surveys");
    for (arguments, wanted) in [
        (&[][..], "--survey"),
        (&["--survey", "t"], "did you mean `s`?"),
        (&["--survey", "s"], "say --layout: keys, rows"),
        (&["--survey", "s", "--layout", "row"], "did you mean `rows`?"),
        (&["--survey", "s", "--layout", "keys"], "say --wave: w, v"),
        (&["--survey", "s", "--layout", "keys", "--wave", "x"], "wave"),
        (
            &["--survey", "s", "--layout", "rows", "--wave", "v"],
            "waves that list it: w; layouts of wave `v`: keys",
        ),
        (
            &["--survey", "s", "--layout", "rows", "--wave", "v"],
            "wave `v` of survey `s` does not list layout `rows`",
        ),
        (&["--survey", "s", "--layout", "key", "--wave", "v"], "did you mean `keys`?"),
    ] {
        let mut all = vec!["submit", file.to_str().unwrap(), "--surveys", surveys.to_str().unwrap()];
        all.extend(arguments);
        let refused = program.on_data(&all).ends(2);
        assert!(refused.stderr.contains(wanted), "{arguments:?}: {}", refused.stderr);
        assert!(!program.data().exists());
    }
    let surveys_text = surveys.to_str().unwrap();
    let piped = |more: &[&str]| {
        let data = program.data();
        let mut all = vec!["submit", "-", "--surveys", surveys_text, "--survey", "s", "--layout", "rows"];
        all.extend(["--data", data.to_str().unwrap()]);
        all.extend(more);
        let mut command = program.command(all);
        command.stdin(std::fs::File::open(&file).unwrap()).output().unwrap()
    };
    let nameless = piped(&[]);
    assert_eq!(nameless.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nameless.stderr).contains("--delivery NAME"));
    assert!(!program.data().exists());
    assert!(piped(&["--delivery", "in.csv"]).status.success());
    // Under the same name the file is known. Only the layout with one wave needs no wave.
    let all = [
        "submit",
        file.to_str().unwrap(),
        "--surveys",
        surveys.to_str().unwrap(),
        "--survey",
        "s",
        "--layout",
        "rows",
    ];
    has(&program.on_data(&all).ends(0), "known already 1");
    let lines = program.file("in.jsonl", "{\"who\":\"k\",\"A\":\"いいえ\"}\n{\"A\":\"はい\"}\n");
    let sent = submit(&program, &lines, &["--layout", "keys"]).ends(1);
    has(&sent, "accepted 1");
    assert!(sent.stdout.contains("key_missing"), "{}", sent.stdout);
}

#[test]
fn trying_shows_what_could_not_be_placed_and_writes_nothing() {
    let program = program();
    let surveys = survey(&program);
    let file = program.file("in.csv", "who,A,N,new\nx,はい,1,p\ny,いいえ、,two,q\nz,いいえ、,3,r\n");
    let survey = format!("{surveys}/s");
    let arguments = ["try", &survey, file.to_str().unwrap(), "--layout", "keys", "--wave", "w"];
    let before = files(program.folder());
    let tried = program.run(arguments).ends(0);
    assert_eq!(files(program.folder()), before);
    has(&tried, "accepted 3");
    has(&tried, "2 with bad answers");
    has(&tried, "A label_unknown いいえ、 2 いいえ");
    has(&tried, "N number_invalid two 1");
    assert!(tried.stdout.contains("not in the layout") && tried.stdout.contains("`new`"), "{}", tried.stdout);
    has(&tried, "a 1 2");
    // The tables are those that sending would give.
    let sent = submit(&program, &file, &["--layout", "keys"]).ends(0);
    has(&sent, "with issues 3");
    let table =
        program.on_data(&["tabulate", "--survey", "s", "--wave", "w", "--format", "table"]).ends(0).stdout;
    for line in table.lines().filter(|line| !line.trim().is_empty()) {
        assert!(tried.stdout.contains(line), "`{line}` not in\n{}", tried.stdout);
    }
    let few = program.run([&arguments[..], &["--rows", "1"]].concat()).ends(0);
    has(&few, "accepted 1");
}

/// Paths and contents below a folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push((path.display().to_string(), std::fs::read(&path).unwrap())),
        }
    }
    found.sort();
    found
}

#[test]
fn a_published_table_is_compared_cell_by_cell() {
    let program = program();
    survey(&program);
    let rows: String =
        (0..1_000).map(|n| format!("r{n},{},{}\n", ["はい", "いいえ", ""][n % 3], n % 7)).collect();
    let file = program.file("in.csv", format!("who,A,N\n{rows}"));
    let _ = submit(&program, &file, &["--layout", "keys"]).ends(0);
    let compare = |lines: &str| {
        let printed = program.file("printed.csv", lines);
        let printed = printed.to_str().unwrap();
        program.on_data(&["tabulate", "--survey", "s", "--wave", "w", "--expect", printed])
    };
    let good = "question,row,option,group,measure,value,decimals\n\
                a,,1,,count,334,\na,,1,,share,33.4,\na,,1,,share,33%,\na,,1,,share,33.40,2\n\
                a,,2,,count,333,\na,,,,base,\"1,000\",\nn,,,,mean,3.0,\n";
    has(&compare(good).ends(0), "7 of 7 agree");
    let labels = "question,label,measure,value\na,はい,count,334\na,no_answer,count,333\n";
    has(&compare(labels).ends(0), "2 of 2 agree");
    let bad = compare(
        "question,label,measure,value\na,はい,count,335\na,はい,share,50.1\na,はい,base,667\nb,x,count,1\na,はいい,count,1\na,はい,mean,1\n",
    )
    .ends(1);
    for line in [
        "0 of 6 agree",
        "expected 335, got 334",
        "334 of base 1000 (asked)",
        "states: answered 667, no_answer 333",
        "it fits a base of 667: answered; `states` in survey.yaml says who is in the base",
        "there is no mean of it; `--measure mean` asks for it, of a grid or of options with `value` too",
        "there is no such option; did you mean `はい`?",
    ] {
        has(&bad, line);
    }
    for (lines, wanted) in [
        ("question,measure,value\na,counts,1\n", "line"),
        ("question,measure,value\na,count,one\n", "no number"),
        ("question,measure,value\n", "nothing to compare"),
        ("question,messure,value\na,count,1\n", "messure"),
    ] {
        let refused = compare(lines).ends(2);
        assert!(refused.stderr.contains(wanted), "{lines}: {}", refused.stderr);
    }
    let csv = program.on_data(&["tabulate", "--survey", "s", "--wave", "w", "--question", "a"]).ends(0);
    assert_eq!(csv_rows(&csv.stdout)[0]["count"], "334", "without --expect the figures are printed");
}

#[test]
fn a_new_folder_passes_and_is_never_written_over() {
    let program = program();
    let folder = program.path("surveys/fresh-1");
    let folder = folder.to_str().unwrap();
    let _ = program.run(["new", folder]).ends(0);
    let _ = program.run(["check", folder]).ends(0);
    let before = files(program.folder());
    let refused = program.run(["new", folder]).ends(2);
    assert!(refused.stderr.contains("not empty"), "{}", refused.stderr);
    assert_eq!(files(program.folder()), before);
    let refused = program.run(["new", program.path("A Name!").to_str().unwrap()]).ends(2);
    assert!(refused.stderr.contains("hyphens"), "{}", refused.stderr);
}
