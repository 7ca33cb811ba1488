//! Tables that stay small: compaction beside writers and through crashes, clean-up, closed generations.
#![allow(clippy::unwrap_used)] // Helpers of tests fail by panic too.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arrow::array::{ArrayRef, AsArray, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema, SchemaRef};
use datafusion::prelude::SessionContext;
use shukei_lake::{CleaningOptions, Commit, Lake, LakeError, LakeOptions, RowsWanted, Table, app_id};
use shukei_protocol::{
    CompactionLimits, Effect, Event, LaneEnd, Limits, MAINTAIN, Permit, TableName, Writer,
};
use shukei_schemas::{Generation, Lane, Offset, Partition, Span, TopicId};
use shukei_testkit::{Program, small_event, small_survey};

const LANES: i32 = 3;

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("generation", DataType::Int32, false),
        Field::new("partition", DataType::Int32, false),
        Field::new("offset", DataType::Int64, false),
        Field::new("group", DataType::Utf8, true),
        Field::new("wave", DataType::Utf8, false),
    ]))
}

/// Rows as a writer would write them: by group, then by position.
fn rows(lane: Lane, span: Span, wave: &str) -> RecordBatch {
    let group = |offset: i64| ["b", "a"].get((offset % 3) as usize).copied();
    let mut offsets: Vec<i64> = (span.first.0..span.end.0).collect();
    offsets.sort_by_key(|offset| (group(*offset), *offset));
    let n = offsets.len();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![lane.generation.0; n])),
        Arc::new(Int32Array::from(vec![lane.partition.0; n])),
        Arc::new(Int64Array::from(offsets.clone())),
        Arc::new(offsets.iter().map(|offset| group(*offset)).collect::<StringArray>()),
        Arc::new(StringArray::from(vec![wave; n])),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

fn apps() -> BTreeMap<Lane, String> {
    let topic = TopicId::from("t");
    (0..LANES).map(|p| (Lane::new(1, p), app_id(&topic, Partition(p)))).collect()
}

fn open(dir: &Path) -> Lake {
    Lake::local(dir, LakeOptions::default()).unwrap()
}

async fn made(lake: &Lake, name: &TableName, partition_columns: &[&str]) -> Table {
    let stats = ["generation", "partition", "offset"];
    lake.create_if_absent(name, schema(), partition_columns, &stats).await.unwrap()
}

async fn permit(table: &mut Table, lane: Lane, span: Span) -> Option<Permit> {
    let cursors = table.cursors(&apps()).await.unwrap();
    let looked = Event::Looked { version: table.version(), cursors };
    let mut writer = Writer::new(table.name().clone(), Limits::default());
    writer.decide(Event::Assigned { lane, start: span.first });
    writer.decide(looked.clone());
    writer.decide(Event::Arrived { lane, span, rows: span.len() as usize, bytes: 1, now_ms: 0 });
    writer.decide(Event::Flush);
    match writer.decide(looked).pop() {
        Some(Effect::Commit(permit)) => Some(permit),
        _ => None,
    }
}

/// One file for each wave that has rows.
async fn append(table: &mut Table, lane: Lane, span: Span, waves: &[&str]) -> Result<i64, LakeError> {
    let mut commit = Commit::new(permit(table, lane, span).await.unwrap(), apps());
    let each = span.len() / waves.len() as i64;
    for (wave, at) in waves.iter().zip(0..) {
        let first = span.first.0 + each * at;
        let end = if at as usize + 1 == waves.len() { span.end.0 } else { first + each };
        commit.adds.push(rows(lane, Span::new(first, end), wave).into());
    }
    table.commit(commit).await
}

/// Every row of the version held as text, in order of positions.
async fn content(table: &Table) -> Vec<String> {
    let session = SessionContext::new();
    session.register_table("t", table.provider().unwrap()).unwrap();
    texts(&session).await
}

async fn texts(session: &SessionContext) -> Vec<String> {
    let query = r#"SELECT concat_ws('|', generation, "partition", "offset", "group", wave) AS row FROM t
                   ORDER BY generation, "partition", "offset""#;
    let mut lines = Vec::new();
    for batch in session.sql(query).await.unwrap().collect().await.unwrap() {
        let column = arrow::compute::cast(batch.column(0), &DataType::Utf8).unwrap();
        lines.extend(column.as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn compaction_keeps_every_row_cursor_and_order() {
    // (table, partition columns, waves, files afterwards)
    let cases: [(TableName, &[&str], &[&str], usize); 4] = [
        (TableName::raw(), &["partition"], &["w"], 3),
        (TableName::outcomes(), &[], &["w"], 1),
        (TableName::responses("f-1"), &["wave"], &["東京", "a b/c=%"], 2),
        (TableName::responses("g-1"), &["wave"], &["w"], 1),
    ];
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    for (name, partition_columns, waves, files) in cases {
        let mut table = made(&lake, &name, partition_columns).await;
        for at in 0..10 {
            for partition in 0..LANES {
                append(&mut table, Lane::new(1, partition), Span::new(at * 6, at * 6 + 6), waves)
                    .await
                    .unwrap();
            }
        }
        let before = (content(&table).await, table.cursors(&apps()).await.unwrap());
        assert_eq!(before.0.len(), 180);
        let pinned = SessionContext::new();
        pinned.register_table("t", table.provider().unwrap()).unwrap();

        let done = table.compact(&CompactionLimits::default()).await.unwrap();
        assert_eq!((done.removed, done.added, done.lost), (30 * waves.len(), files, false), "{name}");
        assert_eq!(table.size().unwrap().files, files, "{name}");
        assert_eq!(table.cursor(MAINTAIN).await.unwrap(), Some(files as i64), "{name}");
        let mut fresh = lake.open(&name).await.unwrap();
        assert_eq!((content(&fresh).await, fresh.cursors(&apps()).await.unwrap()), before, "{name}");
        assert_eq!(texts(&pinned).await, before.0, "{name}: a reader of an older version");

        // A tail is still found by statistics, and rows stand by group and position in each file.
        let tail = fresh.rows(&RowsWanted::new(Lane::new(1, 1), Span::new(50, 58))).await.unwrap();
        assert_eq!(tail.len(), 8, "{name}");
        for batch in fresh.all_rows().await.unwrap() {
            let group = batch.column_by_name("group").unwrap().as_string::<i32>().clone();
            let number = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Int32Type>().clone();
            let offset = batch.column_by_name("offset").unwrap().as_primitive::<Int64Type>().clone();
            let partition = number("partition");
            let keys: Vec<_> = (0..batch.num_rows())
                .map(|row| {
                    (
                        group.iter().nth(row).flatten().map(str::to_owned),
                        partition.value(row),
                        offset.value(row),
                    )
                })
                .collect();
            assert!(keys.is_sorted(), "{name}: {keys:?}");
        }
        let log = std::fs::read_to_string(log_entry(dir.path(), &name, 31)).unwrap();
        assert!(log.contains(r#"\"numRecords\""#) && !log.contains(r#"\"group\""#), "{name}: {log}");
        assert!(!log.contains(r#""dataChange":true"#), "{name}: {log}");

        // Nothing is left to do, and writers go on.
        assert_eq!(table.compact(&CompactionLimits::default()).await.unwrap().commits, 0, "{name}");
        append(&mut table, Lane::new(1, 0), Span::new(60, 66), waves).await.unwrap();
        assert_eq!(content(&table).await.len(), 186, "{name}");
    }
}

fn log_entry(dir: &Path, name: &TableName, version: i64) -> std::path::PathBuf {
    let folder = match name.as_str() {
        "raw" => dir.join("raw"),
        name => dir.join("refined/1").join(name),
    };
    folder.join(format!("_delta_log/{version:020}.json"))
}

/// Large files go through in several row groups and batches.
#[tokio::test(flavor = "multi_thread")]
async fn rows_of_large_files_are_merged_whole() {
    let dir = tempfile::tempdir().unwrap();
    let options = LakeOptions { row_group_rows: 1_000, ..LakeOptions::default() };
    let lake = Lake::local(dir.path(), options).unwrap();
    let mut table = made(&lake, &TableName::responses("f-1"), &["wave"]).await;
    for at in 0..9 {
        append(&mut table, Lane::new(1, 0), Span::new(at * 7_000, at * 7_000 + 7_000), &["w"]).await.unwrap();
    }
    let before = content(&table).await;
    table.compact(&CompactionLimits::default()).await.unwrap();
    assert_eq!(table.size().unwrap().files, 1);
    assert!(content(&table).await == before, "other rows");
    // Bounded: groups of the size that appends write.
    let read =
        table.rows(&RowsWanted::new(Lane::new(1, 0), Span::new(0, 63_000)).limits(1, 1)).await.unwrap();
    assert!(read.end.0 < 63_000 || read.len() == 63_000);
    assert_eq!(
        table.rows(&RowsWanted::new(Lane::new(1, 0), Span::new(0, 63_000))).await.unwrap().len(),
        63_000
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn compactors_and_writers_race_and_every_offset_is_there_once() {
    const END: i64 = 120;
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    made(&lake, &TableName::outcomes(), &[]).await;
    let mut writers = Vec::new();
    for partition in 0..2 {
        let lake = lake.clone();
        writers.push(tokio::spawn(async move {
            let (lane, app) = (Lane::new(1, partition), format!("t/{partition}"));
            let mut table = lake.open(&TableName::outcomes()).await.unwrap();
            loop {
                table.refresh().await.unwrap();
                let at = table.cursor(&app).await.unwrap().unwrap_or(0);
                if at >= END {
                    break;
                }
                let _ = append(&mut table, lane, Span::new(at, at + 2), &["w"]).await;
            }
        }));
    }
    let (stop, stops) = tokio::sync::watch::channel(false);
    let limits = CompactionLimits { files_min: 2, ..CompactionLimits::default() };
    let compactors: Vec<_> = (0..2)
        .map(|_| {
            let (lake, limits, stops) = (lake.clone(), limits.clone(), stops.clone());
            tokio::spawn(async move {
                let mut table = lake.open(&TableName::outcomes()).await.unwrap();
                let (mut commits, mut lost) = (0, 0);
                while !*stops.borrow() {
                    if let Ok(done) = table.compact(&limits).await {
                        commits += done.commits;
                        lost += usize::from(done.lost);
                    }
                    // Rows that are doubled would be doubled again and again: the test would not end.
                    let rows = content(&table).await.len();
                    assert!(rows as i64 <= 2 * END, "{rows} rows");
                    tokio::task::yield_now().await;
                }
                (commits, lost)
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    stop.send(true).unwrap();
    let (mut commits, mut lost) = (0, 0);
    for compactor in compactors {
        let done = compactor.await.unwrap();
        (commits, lost) = (commits + done.0, lost + done.1);
    }
    assert!(commits > 3 && lost > 0, "this was no race: {commits} won, {lost} lost");
    let mut table = lake.open(&TableName::outcomes()).await.unwrap();
    assert_eq!(table.cursor(MAINTAIN).await.unwrap(), Some(commits as i64));
    let wanted: Vec<String> = (0..2)
        .flat_map(|partition| {
            let lines = content_of(&rows(Lane::new(1, partition), Span::new(0, END), "w"));
            lines.into_values()
        })
        .collect();
    assert_eq!(content(&table).await, wanted);
}

fn content_of(batch: &RecordBatch) -> BTreeMap<i64, String> {
    let offsets = batch.column(2).as_primitive::<Int64Type>();
    let partition = batch.column(1).as_primitive::<Int32Type>();
    let groups = batch.column(3).as_string::<i32>();
    let line = |row: usize| {
        let group = groups.iter().nth(row).flatten().map(|group| format!("|{group}")).unwrap_or_default();
        format!("1|{}|{}{group}|w", partition.value(row), offsets.value(row))
    };
    (0..batch.num_rows()).map(|row| (offsets.value(row), line(row))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_has_been_of_no_use_for_a_day_is_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    let name = TableName::raw();
    let mut table = made(&lake, &name, &["partition"]).await;
    let lane = Lane::new(1, 0);
    append(&mut table, Lane::new(1, 1), Span::new(0, 4), &["w"]).await.unwrap();
    for at in 0..120 {
        table.refresh().await.unwrap();
        append(&mut table, lane, Span::new(at, at + 1), &["w"]).await.unwrap();
    }
    // All of them into one file.
    let limits = CompactionLimits { files_max: 128, ..CompactionLimits::default() };
    table.compact(&limits).await.unwrap();
    let raw = dir.path().join("raw");
    for left_over in ["partition=0/part-x.zstd.parquet", "partition=0/part-y.zstd.parquet#12345"] {
        std::fs::write(raw.join(left_over), b"left over").unwrap();
    }
    let before = (content(&table).await, table.cursors(&apps()).await.unwrap());
    let count = |folder: &str| std::fs::read_dir(raw.join(folder)).unwrap().count();
    assert_eq!((count("partition=0"), count("_delta_log")), (123, 125));

    let options = CleaningOptions::default();
    let now = SystemTime::now();
    // Also at once if somebody asks for no age at all: a commit may be under way.
    for options in [options.clone(), CleaningOptions { age: Duration::ZERO }] {
        let cleaned = lake.clean(&name, &options, now).await.unwrap();
        assert_eq!((cleaned.files, cleaned.log_files), (0, 0));
    }
    let cleaned = lake.clean(&name, &options, now + Duration::from_secs(25 * 60 * 60)).await.unwrap();
    assert_eq!(cleaned.files, 122, "{cleaned:?}");
    // Entries up to the checkpoint of version 99.
    assert_eq!(cleaned.log_files, 99, "{cleaned:?}");
    assert_eq!((count("partition=0"), count("partition=1")), (1, 1));
    let mut fresh = lake.open(&name).await.unwrap();
    assert_eq!((content(&fresh).await, fresh.cursors(&apps()).await.unwrap()), before);
    append(&mut fresh, lane, Span::new(120, 121), &["w"]).await.unwrap();
    // A handle from before goes on as well.
    table.refresh().await.unwrap();
    assert_eq!(table.cursor("t/0").await.unwrap(), Some(121));
    assert_eq!(content(&table).await.len(), 125);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_is_closed_once_and_its_ends_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let lake = open(dir.path());
    let ends = |complete: i64| {
        [(5, complete), (0, 0)]
            .map(|(landed, complete)| LaneEnd { landed: Offset(landed), complete: Offset(complete) })
    };
    for id in ["a", "b"] {
        lake.open_generation("submissions", &TopicId::from(id), &[Offset(0), Offset(0)], 1).await.unwrap();
    }
    let reader = open(dir.path());
    assert_eq!(reader.generations().await.unwrap().len(), 2);
    // (generation, lanes, whether it is closed then)
    for (generation, lanes, closed) in [
        (1, &ends(4)[..], false),
        (2, &ends(5), false),
        (1, &ends(5)[..1], false),
        (3, &ends(5), false),
        (1, &ends(5), true),
        (1, &ends(5), true),
    ] {
        assert_eq!(lake.close_generation(Generation(generation), lanes).await.unwrap(), closed);
    }
    // Also for somebody who has read them before.
    for lake in [&lake, &reader] {
        let known = lake.generations().await.unwrap();
        assert_eq!(known[0].closed.as_deref(), Some(&[Offset(5), Offset(0)][..]));
        assert_eq!(known[1].closed, None);
    }
    let next = lake.open_generation("submissions", &TopicId::from("c"), &[Offset(0)], 1).await.unwrap();
    assert_eq!(next.generation, Generation(3));
}

/// A folder of the small survey with several generations and many small files.
struct Folder {
    program: Program,
    surveys: String,
}

impl Folder {
    fn new(generations: usize, commits: usize) -> Self {
        let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
        let surveys = small_survey(&program).to_str().unwrap().to_owned();
        let folder = Self { program, surveys };
        for generation in 0..generations {
            folder.submit(generation * 1_000, commits);
        }
        folder
    }

    /// Sends two records at a time and waits until they are stored, so that there are as many commits.
    fn submit(&self, first: usize, commits: usize) {
        let receipts = self.program.path(&format!("receipts-{first}"));
        let mut command = self.program.command(["submit", "-"]);
        command.arg("--data").arg(self.program.data()).arg("--surveys").arg(&self.surveys);
        command.arg("--receipts").arg(&receipts);
        let mut child = self.program.start(command);
        let mut stdin = child.stdin.take().unwrap();
        let deadline = std::time::Instant::now() + Duration::from_secs(90);
        for number in (0..commits * 2).step_by(2) {
            writeln!(stdin, "{}\n{}", small_event(first + number), small_event(first + number + 1)).unwrap();
            while std::fs::read_to_string(&receipts).unwrap_or_default().lines().count() < number + 2 {
                assert!(std::time::Instant::now() < deadline, "no receipts");
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        drop(stdin);
        assert!(child.wait().unwrap().success());
    }

    /// Every row of the three tables, in order of positions.
    fn content(&self, program: &Program) -> Vec<String> {
        let lake = open(&program.data());
        let read = async {
            let mut tables = Vec::new();
            for name in [TableName::raw(), TableName::outcomes(), TableName::responses("small-1")] {
                let session = SessionContext::new();
                session.register_table("t", lake.open(&name).await.unwrap().provider().unwrap()).unwrap();
                let query = r#"SELECT * FROM t ORDER BY generation, "partition", "offset""#;
                let batches = session.sql(query).await.unwrap().collect().await.unwrap();
                tables.push(arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string());
            }
            tables
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(read)
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

/// Row for row the same content, whole, in fewer files; and whatever moment the program dies at.
#[test]
fn a_folder_is_compacted_and_survives_every_death_of_it() {
    let folder = Folder::new(3, 10);
    let wanted = folder.content(&folder.program);
    let _ = folder.program.on_data(&["verify"]).ends(0);
    let files = |program: &Program| {
        let listed = program.on_data(&["maintain", "--format", "csv"]).ends(0).stdout;
        let mut counts = BTreeMap::new();
        for row in shukei_testkit::csv_rows(&listed) {
            let number = |name: &str| row[name].parse::<usize>().unwrap();
            counts.insert(row["table"].clone(), (number("files"), number("files_after")));
        }
        counts
    };
    for table in ["raw", "outcomes", "responses"] {
        for step in ["before", "inside", "after"] {
            let point = format!("{table}.maintain.{step}");
            let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
            copy(&folder.program.data(), &program.data());
            let mut command = program.command(["maintain"]);
            command.arg("--data").arg(program.data()).env("SHUKEI_CRASH_AT", &point);
            assert_eq!(command.output().unwrap().status.signal(), Some(6), "{point}");
            let _ = program.on_data(&["verify"]).ends(0);
            let counts = files(&program);
            // What is dead behind its log entry was done.
            let (before, after) = counts.iter().find(|(name, _)| name.starts_with(table)).unwrap().1;
            assert!(*after <= 10 && (step == "after" || before > after), "{point}: {counts:?}");
            assert!(folder.content(&program) == wanted, "{point}: other rows");
        }
    }
    let counts = files(&folder.program);
    assert!(counts.values().all(|(before, after)| after <= before), "{counts:?}");
    for table in ["raw", "outcomes", "responses/small-1"] {
        assert!(counts[table].0 > 15 && counts[table].1 <= 4, "{counts:?}");
    }
    assert!(folder.content(&folder.program) == wanted, "other rows");
    let _ = folder.program.on_data(&["verify"]).ends(0);
    // A second time there is nothing to do.
    assert!(files(&folder.program).values().all(|(before, after)| before == after));
    // Both older generations are closed, and the folder goes on.
    let closed = |generation: i32| {
        let log = folder.program.data().join("sources/_delta_log");
        let entries = std::fs::read_dir(log).unwrap().map(|entry| entry.unwrap().path());
        let mut texts = entries.filter_map(|path| std::fs::read_to_string(path).ok());
        texts.any(|text| text.contains(&format!("closed/{generation}/")))
    };
    assert_eq!([1, 2, 3].map(closed), [true, true, false]);
    folder.submit(5_000, 2);
    let _ = folder.program.on_data(&["verify"]).ends(0);
    let raw = folder.program.number("SELECT count(*) FROM raw");
    assert_eq!(folder.program.number("SELECT count(*) FROM responses_small_1"), raw);
    assert_eq!(raw, 3 * 20 + 4);
}

#[test]
fn a_folder_that_is_not_there_is_not_maintained() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let nothing = program.on_data(&["maintain"]).ends(1);
    assert!(nothing.stderr.contains("there is no data"), "{}", nothing.stderr);
    assert!(!program.data().exists());
}
