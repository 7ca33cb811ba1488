//! The program over a CSV file: `shukei submit` of a made-up survey, from the file to rows that count, beside a reader of
//! CSV that only goes over the same file.

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::measured::cpu_seconds_of;

const SINGLE: usize = 60;
const MULTIPLE: usize = 20;
const NUMBERS: usize = 9;

/// The labels of a multiple question, joined in a cell.
const TOOLS: [&str; 8] = [
    "Spreadsheet",
    "Statistics package",
    "Notebook",
    "Own program",
    "Database",
    "Paper",
    "Web form",
    "Nothing of these",
];
const LEVELS: [&str; 5] =
    ["Never", "Less than once a year", "Once a year", "Several times a year", "Every month"];

/// What is submitted.
#[derive(Debug, clap::Args)]
pub(crate) struct File {
    /// Rows of the file
    #[arg(long, default_value_t = 50_000)]
    rows: u32,
    /// The program; the one beside this one if not given
    #[arg(long, value_name = "FILE")]
    shukei: Option<PathBuf>,
}

/// Submits a file and prints what it took. Fails if a row is missing, rejected or has an issue.
pub(crate) fn run(of: &File, folder: &Path) -> Result<()> {
    let surveys = folder.join("surveys");
    definitions(&surveys.join("habits"))?;
    let file = folder.join("answers.csv");
    let bytes = rows(&file, of.rows)?;
    let began = Instant::now();
    let mut reader = csv::Reader::from_path(&file)?;
    let mut record = csv::ByteRecord::new();
    let mut read = 0_u32;
    while reader.read_byte_record(&mut record)? {
        read += 1;
    }
    let plain = began.elapsed();
    ensure!(read == of.rows, "the file has {read} rows");

    let shukei = match &of.shukei {
        Some(shukei) => shukei.clone(),
        None => std::env::current_exe()?.with_file_name("shukei"),
    };
    let data = folder.join("data");
    let began = Instant::now();
    let mut submit = Command::new(&shukei)
        .args(["submit", "--survey", "habits", "--surveys"])
        .arg(&surveys)
        .arg("--data")
        .arg(&data)
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("start the program")?;
    let process = submit.id().to_string();
    let (mut peak, mut cpu) = (0.0_f64, 0.0_f64);
    // A process that has ended has no figures any more, so they are looked at while it runs.
    while submit.try_wait()?.is_none() {
        cpu = cpu_seconds_of(&process).unwrap_or(cpu);
        peak = peak.max(resident_peak(&process).unwrap_or(0.0));
        std::thread::sleep(Duration::from_millis(20));
    }
    let took = began.elapsed();
    let told = submit.wait_with_output()?;
    let told = String::from_utf8_lossy(&told.stdout);
    let number = |name: &str| -> Option<u32> {
        told.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok()
    };
    ensure!(
        number("accepted") == Some(of.rows) && number("with issues") == Some(0),
        "not every row was accepted as it is:\n{told}"
    );
    let mib = bytes as f64 / 1e6;
    println!(
        "| rows | columns | MB | seconds | MB/s | rows/s | CPU s | peak MiB | plain CSV reader, MB/s | ratio |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let (rate, ceiling) = (mib / took.as_secs_f64(), mib / plain.as_secs_f64());
    println!(
        "| {} | {} | {mib:.0} | {:.1} | {rate:.1} | {:.0} | {cpu:.1} | {peak:.0} | {ceiling:.0} | {:.3} |",
        of.rows,
        SINGLE + MULTIPLE + NUMBERS + 2,
        took.as_secs_f64(),
        f64::from(of.rows) / took.as_secs_f64(),
        rate / ceiling,
    );
    Ok(())
}

fn resident_peak(process: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"))?;
    Some(peak.trim().parse::<f64>().ok()? / 1024.0)
}

fn definitions(folder: &Path) -> Result<()> {
    let mut form = String::from("form: habits\nversion: 1\nnames: Habits\nscales:\n  often:\n");
    for (at, label) in LEVELS.iter().enumerate() {
        writeln!(form, "    - {{code: {}, label: {label:?}}}", at + 1)?;
    }
    form.push_str("sections:\n  - section: all\n    questions:\n");
    let mut columns = String::from("column,question,shape,separator\n");
    for at in 1..=SINGLE {
        writeln!(
            form,
            "      - {{number: s{at}, kind: single, text: How often is task {at} done?, scale: often}}"
        )?;
        writeln!(columns, "How often is task {at} done?,s{at},,")?;
    }
    for at in 1..=MULTIPLE {
        writeln!(
            form,
            "      - {{number: m{at}, kind: multiple, text: What is used for task {at}?, options: ["
        )?;
        for (code, label) in TOOLS.iter().enumerate() {
            let exclusive = if code + 1 == TOOLS.len() { ", exclusive: true" } else { "" };
            writeln!(form, "          {{code: {}, label: {label:?}{exclusive}}},", code + 1)?;
        }
        writeln!(form, "        ]}}")?;
        writeln!(columns, "What is used for task {at}?,m{at},list,;")?;
    }
    for at in 1..=NUMBERS {
        writeln!(form, "      - {{number: n{at}, kind: number, text: Hours for task {at}, decimals: 1}}")?;
        writeln!(columns, "Hours for task {at},n{at},,")?;
    }
    writeln!(form, "      - {{number: t1, kind: text, text: Anything else?}}")?;
    writeln!(columns, "Anything else?,t1,,")?;
    let survey = "survey: habits\nversion: 1\nnames: Habits\nsynthetic: true\nwaves:\n  - wave: \"1\"\n    names: One\n    \
                  forms: [{form: habits, version: 1}]\n    layouts: [{layout: sheet, version: 1}]\n";
    let layout = "layout: sheet\nversion: 1\nform: {form: habits, version: 1}\ncolumns: sheet.csv\n\
                  file: {submission: {respondent: [id]}}\n";
    for (path, text) in [
        ("survey.yaml", survey),
        ("forms/habits.yaml", &form),
        ("layouts/sheet.yaml", layout),
        ("layouts/sheet.csv", &columns),
    ] {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().context("no folder")?)?;
        std::fs::write(path, text)?;
    }
    Ok(())
}

/// Writes the file and says how many bytes it has. One cell of seven is empty.
fn rows(file: &Path, rows: u32) -> Result<u64> {
    let mut out = BufWriter::new(std::fs::File::create(file)?);
    write!(out, "id")?;
    (1..=SINGLE).try_for_each(|at| write!(out, ",How often is task {at} done?"))?;
    (1..=MULTIPLE).try_for_each(|at| write!(out, ",What is used for task {at}?"))?;
    (1..=NUMBERS).try_for_each(|at| write!(out, ",Hours for task {at}"))?;
    writeln!(out, ",Anything else?")?;
    let mut state = 1_u64;
    let mut random = move |below: usize| {
        // A linear congruential generator (Knuth, MMIX): the same file every time.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % below
    };
    for row in 0..rows {
        write!(out, "r{row}")?;
        for _ in 0..SINGLE {
            let label = if random(7) == 0 { "" } else { LEVELS[random(LEVELS.len())] };
            write!(out, ",{label}")?;
        }
        for _ in 0..MULTIPLE {
            let (from, to) = (random(TOOLS.len() - 1), random(TOOLS.len() - 1));
            let cell =
                if random(7) == 0 { String::new() } else { TOOLS[from.min(to)..=from.max(to)].join(";") };
            write!(out, ",{cell}")?;
        }
        for _ in 0..NUMBERS {
            write!(out, ",{}.{}", random(60), random(10))?;
        }
        writeln!(out, ",{}", if random(7) == 0 { "\"It depends, on the day and on the task\"" } else { "" })?;
    }
    out.flush()?;
    Ok(std::fs::metadata(file)?.len())
}
