//! Files of every kind that offices send, each with what comes out.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use shukei_delivery::{DeliveryError, RowError, Rows, format_of, is_table, open, sniff};
use shukei_schemas::definition::{DeliveryFile, FileFormat};

fn spec(yaml: &str) -> DeliveryFile {
    serde_saphyr::from_str(yaml).unwrap()
}

fn opened(name: &str, bytes: impl Into<Vec<u8>>, yaml: &str) -> Result<Rows, DeliveryError> {
    open(name, Cursor::new(bytes.into()), &spec(yaml))
}

/// The rows as text: `column=cell|column=cell`, or the refusal's code.
fn shown(rows: Rows) -> Vec<String> {
    rows.map(|row| match row {
        Ok(row) => {
            assert_eq!(row.columns.len(), row.cells.len());
            let cells = row.columns.names().iter().zip(&row.cells);
            cells.map(|(name, cell)| format!("{name}={cell}")).collect::<Vec<_>>().join("|")
        }
        Err(RowError::Refused(refused)) => format!("{}:{} {}", refused.row, refused.line, refused.code),
        Err(RowError::Broken(error)) => format!("broken {}", error.code()),
    })
    .collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn text_files_come_out_as_rows() {
    let cases: &[(&str, &str, &str, &[&str])] = &[
        ("a.csv", "{}", "a,b\n1,2\n", &["a=1|b=2"]),
        ("a.csv", "{}", "a,b\r\n1,\r\n", &["a=1|b="]),
        (
            "a.CSV",
            "{}",
            "a,b\n\"x, y\",\"two\nlines\"\n3,\"q\"\"q\"\n",
            &["a=x, y|b=two\nlines", "a=3|b=q\"q"],
        ),
        ("a.tsv", "{}", "a\tb\n1,5\t2\n", &["a=1,5|b=2"]),
        ("a.csv", "separator: ';'", "a;b\n1,5;2\n", &["a=1,5|b=2"]),
        ("a.dat", "{format: csv, separator: tab}", "a\tb\n1\t2\n", &["a=1|b=2"]),
        ("a.csv", "quote: \"'\"", "a,b\n'x, y',\"z\"\n", &["a=x, y|b=\"z\""]),
        ("a.csv", "quote: ''", "a,b\n\"x,2\n", &["a=\"x|b=2"]),
        ("a.csv", "header_rows: 0", "1,2\n3,4\n", &["#1=1|#2=2", "#1=3|#2=4"]),
        ("a.csv", "header_rows: 0", "", &[]),
        ("a.csv", "header_rows: 2", "ID,Used,\n,Books,Room\n1,x,\n", &["ID=1|Used / Books=x|Used / Room="]),
        ("a.csv", "skip_rows: 2", "A title\nmade on,2026\na,b\n1,2\n", &["a=1|b=2"]),
        ("a.csv", "{}", "a,a,,a\n1,2,3,4\n", &["a=1|a (2)=2|#3=3|a (3)=4"]),
        ("a.csv", "{}", "a,b\n,\n1,2\n", &["a=|b=", "a=1|b=2"]),
        ("a.csv", "{}", "a,b\n1\n1,2,3\n1,2\n", &["1:2 row_ragged", "2:3 row_ragged", "a=1|b=2"]),
        ("a.csv", "short_rows: blank", "a,b\n1\n1,2,3\n", &["a=1|b=", "2:3 row_ragged"]),
        ("a.csv", "{}", "a,b\n0,1\n1,\"never\nclosed\n2,3\n", &["a=0|b=1", "broken quote_unclosed"]),
        ("a.csv", "loose_quotes: true", "a,b\n1,\"never\nclosed\n2,3\n", &["broken quote_unclosed"]),
        ("a.csv", "quote: ''", "a,b\n1,\"never\n2,\"closed\" x\n", &["a=1|b=\"never", "a=2|b=\"closed\" x"]),
        (
            "a.csv",
            "{}",
            "a,b\n1,\"yes\" she said\n2,5\" pipe\n\"3\",\"x\" \n",
            &["1:2 row_quotes", "a=2|b=5\" pipe", "a=3|b=x "],
        ),
        ("a.csv", "loose_quotes: true", "a,b\n1,\"yes\" she said\n2,x\n", &["a=1|b=yes she said", "a=2|b=x"]),
        // The mark that opens on line 2 takes two more rows.
        ("a.csv", "{}", "a,b\n1,\"open\n2,x\n3,\"fine\"\n4,y\n", &["1:2 row_quotes", "a=4|b=y"]),
        ("a.tsv", "{}", "a\tb\n1\t\"x\"y\n2\t\"x\"\n", &["1:2 row_quotes", "a=2|b=x"]),
        ("a.csv", "header_rows: 0", "\"1\"x,2\n3,4\n", &["1:1 row_quotes", "#1=3|#2=4"]),
        // What stands above the header is no row.
        ("a.csv", "skip_rows: 1", "\"A\" title\na,b\n1,2\n", &["a=1|b=2"]),
        ("a.csv", "{loose_quotes: true}", "\"a\" c,b\n1,2\n", &["a c=1|b=2"]),
        (
            "a.jsonl",
            "{}",
            "{\"a\":\"x\",\"b\":1.50}\n\n{\"b\":null,\"c\":[1,\"y\"]}\n",
            &["a=x|b=1.5", "b=|c=[1,\"y\"]"],
        ),
        (
            "a.jsonl",
            "{}",
            "{\"a\":1,\"a\":2}\n[1]\n{\"a\"\n{\"a\":true}",
            &["1:1 row_repeats_column", "2:2 row_not_json", "3:3 row_not_json", "a=true"],
        ),
    ];
    for (name, yaml, text, wanted) in cases {
        assert_eq!(&shown(opened(name, *text, yaml).unwrap()), wanted, "{name} {yaml} {text:?}");
        // gzip is seen by its bytes and changes nothing.
        let zipped = gzip(text.as_bytes());
        assert_eq!(
            &shown(opened(&format!("{name}.gz"), zipped, yaml).unwrap()),
            wanted,
            "{name}.gz {text:?}"
        );
    }
}

#[test]
fn lines_are_those_of_the_file() {
    let text = "a,b\n\"1\n1\",2\n3\n4,5\n";
    let lines: Vec<(u64, u64)> = opened("a.csv", text, "{}")
        .unwrap()
        .map(|row| match row {
            Ok(row) => (row.number, row.line),
            Err(RowError::Refused(refused)) => (refused.row, refused.line),
            Err(error) => panic!("{error}"),
        })
        .collect();
    assert_eq!(lines, [(1, 2), (2, 4), (3, 5)]);
}

#[test]
fn a_mark_that_takes_rows_is_named_with_its_line_and_never_with_the_text() {
    let text = "a,b\n1,\"secret\n2,x\n3,\"secret\"\n4,y\n";
    match opened("a.csv", text, "{}").unwrap().next() {
        Some(Err(RowError::Refused(refused))) => {
            assert_eq!((refused.line, refused.code), (2, "row_quotes"));
            assert!(refused.reason.contains("3 lines") && !refused.reason.contains("secret"), "{refused}");
            assert!(refused.reason.contains("loose_quotes"), "{refused}");
        }
        other => panic!("{other:?}"),
    }
    // The cell may begin on a later line than its row.
    let text = "a,b\n\"1\n1\",\"2\"secret\n";
    let row = opened("a.csv", text, "{}").unwrap().next();
    assert!(format!("{row:?}").contains("begins on line 3"), "{row:?}");
    let text = format!("a,b\n{}\"5\n5\",\"secret\n{}", "1,\"2\"\n".repeat(40_000), "3,4\n".repeat(10));
    match opened("a.csv", text, "{}").unwrap().last() {
        Some(Err(RowError::Broken(error))) => {
            assert_eq!(error.code(), "quote_unclosed");
            assert!(error.to_string().contains("line 40003"), "{error}");
            assert!(!format!("{error} {}", error.hint()).contains("secret"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mark_that_nothing_closes_does_not_fill_the_memory() {
    // Without a limit the reader would hold all of this endless file.
    let head = b"a,b\n1,\"open\n".as_slice();
    let endless = std::io::Read::chain(head, std::io::repeat(b'x'));
    match open("a.csv", endless, &spec("{}")).unwrap().next() {
        Some(Err(RowError::Broken(error))) => {
            assert!(error.code() == "quote_unclosed" && error.to_string().contains("line 2"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn encodings_are_declared_marked_or_suggested() {
    let text = "番号,性別\n1,女性\n";
    let (cp932, _, _) = encoding_rs::SHIFT_JIS.encode(text);
    let wanted = ["番号=1|性別=女性"];
    assert_eq!(shown(opened("a.csv", cp932.to_vec(), "encoding: cp932").unwrap()), wanted);
    assert_eq!(
        shown(opened("a.csv", [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat(), "{}").unwrap()),
        wanted
    );
    let wrong = opened("a.csv", cp932.to_vec(), "{}").unwrap_err();
    assert_eq!(wrong.code(), "encoding_wrong");
    assert!(
        wrong.to_string().contains("line 1") && wrong.hint().contains("cp932"),
        "{wrong} {}",
        wrong.hint()
    );
    assert!(!wrong.to_string().contains('女'));
    // Behind a good header it stands in the place of the row, with its line.
    let good = "1,2
"
    .repeat(50_000);
    let late = [
        b"a,b
"
        .as_slice(),
        good.as_bytes(),
        &cp932,
    ]
    .concat();
    match opened("a.csv", late, "{}").unwrap().last() {
        Some(Err(RowError::Broken(error))) => assert!(error.to_string().contains("line 50002"), "{error}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_no_such_file_says_what_to_do() {
    for (name, bytes, yaml, code) in [
        ("a.dat", "x", "{}", "format_unknown"),
        ("a.csv", "", "{}", "header_missing"),
        ("a.csv", "title\n", "skip_rows: 1", "header_missing"),
        ("a.xlsx", "no workbook", "{}", "workbook_unreadable"),
        ("a.csv", "x", "encoding: ebcdic-77", "encoding_unknown"),
        ("a.csv", "id,\"name\" x\n1,2\n", "{}", "header_quotes"),
        ("a.csv", "id,\"name\n1,2\n", "{}", "quote_unclosed"),
    ] {
        let error = opened(name, bytes, yaml).unwrap_err();
        assert_eq!(error.code(), code, "{name} {yaml}: {error}");
        assert!(!error.hint().is_empty());
    }
    let mut cut = gzip("a,b\n".repeat(99_999).as_bytes());
    cut.truncate(cut.len() - 9);
    assert!(
        shown(opened("a.csv.gz", cut, "{}").unwrap()).last().unwrap().starts_with("broken file_unreadable")
    );
}

#[test]
fn sheets_come_out_as_rows() {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Notes").unwrap().write(0, 0, "nothing").unwrap();
    let sheet = book.add_worksheet().set_name("Answers").unwrap();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    sheet.write(0, 0, "A title").unwrap();
    sheet.merge_range(1, 1, 1, 2, "Used", &Format::new()).unwrap();
    for (column, name) in ["ID", "Books", "Room", "On", "Share"].iter().enumerate() {
        sheet.write(2, column as u16, *name).unwrap();
    }
    sheet.write(3, 0, 7).unwrap();
    sheet.write(3, 1, true).unwrap();
    sheet.write(3, 2, "two\nlines").unwrap();
    let day = ExcelDateTime::from_ymd(2026, 3, 31).unwrap();
    sheet.write_datetime_with_format(3, 3, &day, &date).unwrap();
    sheet.write(3, 4, 0.1 + 0.2).unwrap();
    sheet.write(5, 0, "0012").unwrap();
    let day = day.and_hms(9, 5, 0).unwrap();
    sheet.write_datetime_with_format(5, 3, &day, &date).unwrap();
    let bytes = book.save_to_buffer().unwrap();

    let rows = opened("a.xlsx", bytes.clone(), "{sheet: Answers, skip_rows: 1, header_rows: 2}").unwrap();
    assert_eq!(rows.columns().unwrap().names()[..2], ["ID", "Used / Books"]);
    let rows = opened("a.xlsx", bytes.clone(), "{sheet: Answers, skip_rows: 2}").unwrap();
    assert_eq!(
        shown(rows),
        [
            "ID=7|Books=true|Room=two\nlines|On=2026-03-31|Share=0.3",
            "ID=|Books=|Room=|On=|Share=",
            "ID=0012|Books=|Room=|On=2026-03-31T09:05:00|Share=",
        ]
    );
    let first = opened("a.xlsx", bytes.clone(), "header_rows: 0").unwrap();
    assert_eq!(shown(first), ["#1=nothing"]);
    let form = "{format: xlsx_form, sheet: Answers, cells: {A4: ID, d4: day, Z9: nothing}}";
    assert_eq!(shown(opened("a.xlsx", bytes.clone(), form).unwrap()), ["ID=7|nothing=|day=2026-03-31"]);
    // Who sends a form has answered: an empty one was read at the wrong place.
    let elsewhere = "{format: xlsx_form, cells: {A4: ID, D4: day}}";
    match opened("a.xlsx", bytes.clone(), elsewhere).unwrap().next() {
        Some(Err(RowError::Refused(refused))) => {
            assert_eq!(refused.code, "form_empty");
            assert!(refused.reason.contains("`Notes`") && refused.reason.contains("`Answers`"), "{refused}");
        }
        other => panic!("{other:?}"),
    }
    let skipped = "{format: xlsx_form, empty_rows: skip, cells: {A4: ID}}";
    assert_eq!(shown(opened("a.xlsx", bytes.clone(), skipped).unwrap()), ["ID="]);
    let error = opened("a.xlsx", bytes, "sheet: Answer").unwrap_err();
    assert!(error.code() == "sheet_unknown" && error.hint().contains("Answers"), "{error}");
}

#[test]
fn the_ending_says_what_a_file_is() {
    for (name, format, table) in [
        ("a.csv", Some(FileFormat::Csv), true),
        ("folder.x/a.TSV.gz", Some(FileFormat::Tsv), true),
        ("a.xlsx", Some(FileFormat::Xlsx), true),
        ("a.jsonl", Some(FileFormat::Jsonl), false),
        ("a.gz", None, false),
        ("-", None, false),
    ] {
        assert_eq!((format_of(name), is_table(name)), (format, table), "{name}");
    }
}

#[test]
fn a_large_file_is_read_as_a_stream() {
    // An endless file: only a reader that does not wait for the end gives its first rows.
    struct Endless(Vec<u8>, usize);
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            for byte in buffer.iter_mut() {
                *byte = self.0[self.1 % self.0.len()];
                self.1 += 1;
            }
            Ok(buffer.len())
        }
    }
    let line = format!("{}\n", ["x"; 130].join(","));
    let rows = open("a.csv", Endless(line.into_bytes(), 0), &spec("header_rows: 0")).unwrap();
    assert_eq!(
        rows.take(10_000).filter(|row| row.as_ref().is_ok_and(|row| row.cells.len() == 130)).count(),
        10_000
    );
}

#[test]
fn encoding_and_separator_are_sniffed() {
    let japanese = "番号;性別\n1;女性\n";
    let long = format!("{japanese}{}", "2;男性\n".repeat(20_000));
    type Case<'a> = (&'a str, Vec<u8>, Option<&'a str>, Option<&'a str>);
    let cases: &[Case<'_>] = &[
        ("a.csv", b"a,b\n1,2\n".to_vec(), None, None),
        ("a.csv", b"a\n1\n".to_vec(), None, None),
        ("a.csv", b"a;b\n1;2,5\n".to_vec(), None, Some(";")),
        ("a.csv", b"\"a\";\"b\"\n\"1\";\"2,5\"\n".to_vec(), None, Some(";")),
        ("a.csv", b"a\tb\n".to_vec(), None, Some("tab")),
        ("a.csv", encoding_rs::SHIFT_JIS.encode(&long).0.to_vec(), Some("cp932"), Some(";")),
        ("a.csv.gz", gzip(&encoding_rs::EUC_JP.encode(&long).0), Some("euc-jp"), Some(";")),
        ("a.csv", long.clone().into_bytes(), None, Some(";")),
        ("a.jsonl", b"{}".to_vec(), None, None),
    ];
    for (at, (name, bytes, encoding, separator)) in cases.iter().enumerate() {
        let found = sniff(name, Cursor::new(bytes.clone())).unwrap();
        let found = (found.encoding.as_deref(), found.separator.as_deref());
        assert_eq!(found, (*encoding, *separator), "case {at}");
    }
}
