//! How rows, figures, charts and reports look.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int8Array, Int64Array, RecordBatch,
    StringViewArray,
};
use serde_json::{Value, json};
use shukei_doors::{Format, bars, render, render_measures, render_report, render_rows};
use shukei_query::{TabulateRequest, tabulate, verify};
use unicode_width::UnicodeWidthStr;

use super::world::{World, answers};

fn batch() -> RecordBatch {
    let columns: [(&str, ArrayRef); 6] = [
        ("code", Arc::new(Int8Array::from(vec![Some(5), None]))),
        ("n", Arc::new(Int64Array::from(vec![i64::MAX, -1]))),
        ("share", Arc::new(Float64Array::from(vec![0.5, 2.0]))),
        (
            "exact",
            Arc::new(Decimal128Array::from(vec![Some(1_250), None]).with_precision_and_scale(20, 3).unwrap()),
        ),
        ("yes", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        (
            "words",
            Arc::new(StringViewArray::from(vec![
                Some("a \"b\", c\nd"),
                Some("情報\u{1b}[31mセキュリティ対策"),
            ])),
        ),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

fn rendered(batch: &RecordBatch, format: Format, columns_max: usize) -> String {
    let mut out = Vec::new();
    render(&batch.schema(), std::slice::from_ref(batch), format, columns_max, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn csv_is_rfc_4180() {
    let csv = rendered(&batch(), Format::Csv, 0);
    let wanted = "code,n,share,exact,yes,words\r\n5,9223372036854775807,0.5,1.250,true,\"a \"\"b\"\", c\nd\"\r\n\
                  ,-1,2.0,,,情報\u{1b}[31mセキュリティ対策\r\n";
    assert_eq!(csv, wanted);
    let empty = batch().slice(0, 0);
    assert_eq!(rendered(&empty, Format::Csv, 0), "code,n,share,exact,yes,words\r\n");
}

#[test]
fn trap_61_a_spreadsheet_reads_utf_8_and_runs_no_cell() {
    // (a cell, what is written for it)
    let cells = [
        ("はい", "はい"),
        ("=1+1", "'=1+1"),
        ("+81 3", "'+81 3"),
        ("@name", "'@name"),
        ("-", "'-"),
        ("-1-2", "'-1-2"),
        ("-inf", "'-inf"),
        ("\t=1", "'\t=1"),
        ("\r=1", "\"'\r=1\""),
        ("=a,b", "\"'=a,b\""),
        // Numbers stay numbers, and what only holds such a letter is as it was.
        ("-1", "-1"),
        ("+2.50", "+2.50"),
        ("-1.5e-3", "-1.5e-3"),
        ("1=1", "1=1"),
        ("'=1", "'=1"),
    ];
    let column: ArrayRef = Arc::new(StringViewArray::from_iter_values(cells.map(|(cell, _)| cell)));
    let other: ArrayRef = Arc::new(Int64Array::from(vec![-7; cells.len()]));
    let batch = RecordBatch::try_from_iter([("=x", column), ("n", other)]).unwrap();
    let lines: String = cells.map(|(_, written)| format!("{written},-7\r\n")).concat();
    assert_eq!(rendered(&batch, Format::Excel, 0), format!("\u{feff}'=x,n\r\n{lines}"));
    // CSV for programs has the cells as they are.
    assert!(rendered(&batch, Format::Csv, 0).starts_with("=x,n\r\nはい,-7\r\n=1+1,-7\r\n"));
}

#[test]
fn json_is_one_array_with_every_key() {
    let parsed: Value = serde_json::from_str(&rendered(&batch(), Format::Json, 0)).unwrap();
    assert_eq!(parsed[0]["words"], json!("a \"b\", c\nd"));
    assert_eq!(parsed[0]["n"], json!(i64::MAX));
    assert_eq!(parsed[1]["code"], Value::Null);
    assert_eq!(parsed[1].as_object().unwrap().len(), 6);
    let empty: Value = serde_json::from_str(&rendered(&batch().slice(0, 0), Format::Json, 0)).unwrap();
    assert_eq!(empty, json!([]));
}

#[test]
fn a_table_fits_the_terminal_and_no_cell_can_steer_it() {
    for columns_max in [200, 80, 60] {
        let table = rendered(&batch(), Format::Table, columns_max);
        assert!(!table.contains('\u{1b}'), "{table}");
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines.iter().all(|line| line.width() <= columns_max), "{columns_max}\n{table}");
        assert_eq!(table.contains('…'), columns_max < 80, "{table}");
    }
    let table = rendered(&batch(), Format::Table, 200);
    // Numbers end in one column, wide letters count double.
    assert!(table.contains("9223372036854775807") && table.contains("                  -1"), "{table}");
    assert!(table.contains("情報\u{fffd}[31mセキュリティ対策"), "{table}");
}

async fn world() -> World {
    let events: Vec<Vec<u8>> = (0..8)
        .map(|n| {
            answers(
                &n.to_string(),
                &format!("r{n}"),
                json!({"group": "g"}),
                json!({"1": if n < 7 { 1 } else { 2 }, "4": n, "3": {"1": 1}}),
            )
        })
        .chain([answers("x", "x", json!({}), json!({}))])
        .collect();
    World::with(&events).await
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_have_the_columns_that_were_promised() {
    let world = world().await;
    let mut request = TabulateRequest::new("s".into(), "w".into());
    request.questions = Some(vec!["1".into()]);
    let figures = tabulate(&world.catalog().await, &request).await.unwrap();
    let mut out = Vec::new();
    render_measures(&figures, Format::Csv, 0, &mut out).unwrap();
    let csv = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(
        lines[0],
        "survey,wave,table,question,row,option,label,state,breaks,measure,value,count,base,base_unweighted,base_rule,methods,flags,set,count_weighted,base_weighted,id,breaks_label"
    );
    assert_eq!(lines[1], "s,w,1,1,,1,はい,,,count,7,7,8,8,answered,form,,,,,s/w/1/1/-/1/-/count,");
    assert_eq!(lines[2], "s,w,1,1,,1,はい,,,share,87.5,7,8,8,answered,form,,,,,s/w/1/1/-/1/-/share,");
    assert_eq!(
        lines[5],
        "s,w,1,1,,,無回答,no_answer,,count,1,1,8,8,answered,form,,,,,s/w/1/1/-/no_answer/-/count,"
    );
    let mut out = Vec::new();
    render_measures(&figures, Format::Json, 0, &mut out).unwrap();
    let parsed: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(
        (&parsed[1]["value"], &parsed[1]["count"], &parsed[1]["row"]),
        (&json!("87.5"), &json!(7), &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bars_fit_the_terminal_and_say_their_base() {
    let world = world().await;
    let mut request = TabulateRequest::new("s".into(), "w".into());
    request.questions = Some(vec!["1".into(), "3".into(), "4".into()]);
    let figures = tabulate(&world.catalog().await, &request).await.unwrap();
    let chart = bars(&figures, 60);
    assert!(chart.lines().all(|line| line.width() <= 60), "{chart}");
    let lines: Vec<&str> = chart.lines().collect();
    assert_eq!(lines[..2], ["1 | 設置: 設置していますか", "base 8 who answered"]);
    // Seven to one: the longest bar fills the room, the other is a seventh of it.
    let blocks = |line: &str| line.chars().filter(|c| ('█'..='▏').contains(c)).count();
    assert!(lines[2].starts_with("  はい") && lines[2].ends_with("87.5 %  7 / 8"), "{chart}");
    assert!(lines[3].starts_with("  いいえ") && lines[3].ends_with("12.5 %  1 / 8"), "{chart}");
    assert_eq!(blocks(lines[2]).div_ceil(7), blocks(lines[3]), "{chart}");
    assert!(lines[4].starts_with("  無回答") && lines[4].ends_with('1') && blocks(lines[4]) == 0, "{chart}");
    assert!(chart.contains("甲; base 8 who answered"), "{chart}");
    assert!(
        chart.lines().any(|line| line.trim_start().starts_with("mean") && line.ends_with("3.5")),
        "{chart}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_stream_out_and_reports_say_what_to_do() {
    let mut world = world().await;
    let rows = world
        .catalog()
        .await
        .query("SELECT respondent, q1 FROM current_f_1 ORDER BY 1 LIMIT 2")
        .await
        .unwrap();
    let mut out = Vec::new();
    render_rows(rows, Format::Csv, 0, &mut out).await.unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "respondent,q1\r\nr0,1\r\nr1,1\r\n");

    let report = |format| {
        let lake = world.lake.clone();
        async move {
            let mut out = Vec::new();
            render_report(&verify(&lake).await.unwrap(), format, 100, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        }
    };
    let whole = report(Format::Table).await;
    assert!(
        whole.contains(
            "9 raw records = 9 responses + 0 rejections + 0 withdrawals; responses/f-1 holds 9 of 9"
        ),
        "{whole}"
    );
    assert!(whole.trim_end().lines().last().unwrap().starts_with("whole:"), "{whole}");
    world.land(0, &[b"late".to_vec()]).await;
    let mut out = Vec::new();
    render_report(&verify(&world.lake).await.unwrap(), Format::Csv, 100, &mut out).unwrap();
    let csv = String::from_utf8(out).unwrap();
    assert!(csv.contains("behind,outcomes,1,0,is not yet where `raw` is,1,14,\"run transform"), "{csv}");
}
