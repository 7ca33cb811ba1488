use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use shukei_query::Catalog;
use shukei_schemas::Generation;
use shukei_schemas::definition::Definitions;
use shukei_worker::EmbeddedOptions;
use tokio::sync::mpsc;

use crate::cli::Submit;
use crate::client::Client;
use crate::commands::counts;
use crate::commands::lines::outgoing;
use crate::commands::posting;
use crate::commands::replacing::Earlier;
use crate::commands::sending::{self, Interpreted, Item, Sent};
use crate::commands::tables::Tables;
use crate::commands::workers;
use crate::fault::Fault;
use crate::output::{note, say};
use crate::pipeline::{self, Pipeline};
use crate::progress::Stages;
use crate::{folder, output, surveys};

pub(crate) async fn run(arguments: Submit) -> Result<ExitCode, Fault> {
    let only = arguments.delivery.survey.as_deref();
    let definitions = Arc::new(surveys::load_for(&arguments.folder.surveys, only)?);
    for file in arguments.files.iter().filter(|file| file.as_os_str() != "-") {
        if !file.is_file() {
            return Err(Fault::usage(
                format!("`{}` is not a file", file.display()),
                "name files of JSON lines or of rows, or `-` for standard input",
            ));
        }
    }
    let counts = counts(&arguments, &definitions)?;
    let mut tables = match counts {
        None => Tables::plan(&arguments.delivery, &arguments.files, &definitions)?,
        Some(_) => None,
    };
    // Before anything is opened or sent: a file that cannot be read as a whole sends nothing.
    let rows = tables.as_ref().map(|tables| tables.check(&arguments.files, u64::MAX)).transpose()?;
    let only_rows =
        tables.as_ref().is_some_and(|tables| arguments.files.iter().all(|file| tables.reads(file)));
    let total = rows.filter(|_| only_rows);
    if let Some(url) = arguments.to.clone() {
        return elsewhere(&url, arguments, tables, counts, total).await;
    }
    if let Some(config) = &arguments.config {
        let (items, reader) = reading(arguments.files.clone(), tables.clone(), counts);
        let code = workers::submit(config, items, arguments.receipts.as_deref()).await?;
        return match reader.join() {
            Ok(Err(fault)) => Err(fault),
            _ => Ok(with_rows(tables.as_ref(), code)),
        };
    }
    let (lake, _lock) = folder::open_alone(&arguments.folder.data, arguments.hidden.crash_at.as_deref())?;
    let record_bytes_max = usize::try_from(arguments.max_record_bytes).unwrap_or(usize::MAX);
    let options = EmbeddedOptions { record_bytes_max, ..EmbeddedOptions::default() };
    note!("{}", pipeline::WHAT_IT_IS);
    if let Some(tables) = tables.as_mut().filter(|_| arguments.delivery.replace || arguments.delivery.again) {
        // What an earlier run left undecided counts as well.
        pipeline::catch_up(&lake, Arc::clone(&definitions)).await?;
        let catalog = Catalog::open(&lake, &definitions).await?;
        let urns: Vec<String> = arguments.files.iter().map(|file| tables.source(file).urn()).collect();
        let survey = tables.definition.survey.survey.as_str();
        let earlier = Earlier::open(&catalog, survey, &urns, &arguments.delivery).await?;
        tables.earlier = Some(Arc::new(Mutex::new(earlier)));
    }
    let mut pipeline = Pipeline::start(&lake, Arc::clone(&definitions), options).await?;
    let generation = pipeline.generation.generation;

    let (items, reader) = reading(arguments.files.clone(), tables.clone(), counts);
    let stages = Stages::new(total);
    let sent = sending::send(&mut pipeline, items, arguments.receipts.as_deref(), &stages).await;
    stages.clear();
    let sent = sent?;
    pipeline.finish().await?;
    if let Ok(Err(fault)) = reader.join() {
        crate::maintenance::after_run(&lake).await;
        return Err(fault);
    }
    // What is read stays as it is while files are put together.
    let counted = async {
        let catalog = Catalog::open(&lake, &definitions).await?;
        let report = sending::report(&catalog, generation).await?;
        Ok::<_, Fault>((catalog, report))
    };
    let (counted, ()) = tokio::join!(counted, crate::maintenance::after_run(&lake));
    let (catalog, report) = counted?;
    let code = say_report(&sent, &report, Some(report.copies));
    let overridden = edits_overridden(&catalog, generation).await?;
    if overridden > 0 {
        say!("edits overridden {overridden:>6}");
        note!(
            "hint: what came last counts; `shukei sql --data {} \"SELECT survey, wave, unit FROM flags WHERE flag = \
             'edit_overridden'\"` lists the units: look at them, and `shukei edit` them again where the rule still holds",
            arguments.folder.data.display()
        );
    }
    let code = with_rows(tables.as_ref(), code);
    output::versions(&catalog);
    if !report.rejected.is_empty() {
        note!(
            "hint: `shukei rejections --data {}` lists each with its reason",
            arguments.folder.data.display()
        );
    }
    Ok(code)
}

/// How many units that the office had edited count by what this run sent, not by the edit.
async fn edits_overridden(catalog: &Catalog, generation: Generation) -> Result<u64, Fault> {
    // Most surveys have no edits, and this is read faster than the flags are worked out.
    if sending::count(catalog, "SELECT count(*) FROM outcomes WHERE kind = 'edit'").await? == 0 {
        return Ok(0);
    }
    let units = format!(
        "SELECT count(*) FROM (SELECT DISTINCT f.survey, f.wave, f.unit FROM flags f \
         JOIN current c ON c.survey = f.survey AND c.wave = f.wave AND c.unit = f.unit \
         WHERE f.flag = 'edit_overridden' AND c.generation = {generation})"
    );
    sending::count(catalog, &units).await
}

/// Sends to a running program.
async fn elsewhere(
    url: &str,
    arguments: Submit,
    tables: Option<Tables>,
    counts: Option<Vec<Item>>,
    total: Option<u64>,
) -> Result<ExitCode, Fault> {
    let client = Client::new(url)?;
    let (items, reader) = reading(arguments.files, tables.clone(), counts);
    let stages = Stages::new(total);
    let posted = posting::post(&client, items, arguments.receipts.as_deref(), &stages).await;
    stages.clear();
    let (sent, stored) = posted?;
    if let Ok(Err(fault)) = reader.join() {
        return Err(fault);
    }
    let report = posting::report(&client, stored).await?;
    let code = say_report(&sent, &report, None);
    let code = with_rows(tables.as_ref(), code);
    if !report.rejected.is_empty() {
        note!("hint: `shukei sql --url {url} \"SELECT * FROM rejections\"` lists each with its reason");
    }
    Ok(code)
}

/// The events that files of counts come to, if the files are such.
fn counts(arguments: &Submit, definitions: &Definitions) -> Result<Option<Vec<Item>>, Fault> {
    if arguments.counts.counts.is_none() {
        return Ok(None);
    }
    let (survey, wave) = (arguments.delivery.survey.as_deref(), arguments.delivery.wave.as_deref());
    let mut items = Vec::new();
    for file in &arguments.files {
        items.extend(counts::read(file, &arguments.counts, survey, wave, definitions)?);
    }
    Ok(Some(items))
}

/// The records of the files, as they are read. Reading may wait for somebody who types, so it has a thread of its own.
fn reading(
    files: Vec<PathBuf>,
    tables: Option<Tables>,
    counts: Option<Vec<Item>>,
) -> (mpsc::Receiver<Item>, JoinHandle<Result<(), Fault>>) {
    let (queue, items) = mpsc::channel(1_000);
    let read = move || match counts {
        None => read_all(&files, tables.as_ref(), &queue),
        Some(counts) => {
            // Whoever waits for them may have given up: then nobody is told twice.
            let _ = counts.into_iter().try_for_each(|item| queue.blocking_send(item));
            Ok(())
        }
    };
    (items, std::thread::spawn(read))
}

/// Prints what was seen of files of rows. Exit 1 if any row was refused.
fn with_rows(tables: Option<&Tables>, code: ExitCode) -> ExitCode {
    match tables {
        None => code,
        Some(tables) => {
            let told = tables.told();
            let fine = told.say(tables);
            told.say_columns();
            if fine { code } else { ExitCode::FAILURE }
        }
    }
}

/// If none of so many submissions is without an issue, something is wrong with all of them.
const MANY: u64 = 20;

/// Prints what became of the records. Exit 1 if any was rejected or refused.
fn say_report(sent: &Sent, report: &Interpreted, copies: Option<u64>) -> ExitCode {
    say!("sent          {:>9}", sent.sent);
    say!("stored        {:>9}", sent.stored);
    say!("accepted      {:>9}", report.accepted);
    if report.edited > 0 {
        say!("  edits       {:>9}", report.edited);
    }
    if report.withdrawn > 0 {
        say!("withdrawals   {:>9}", report.withdrawn);
    }
    say!("with issues   {:>9}", report.with_issues);
    if report.accepted >= MANY && report.with_issues == report.accepted {
        note!(
            "hint: not one submission came without an issue; is this the file that the layout reads? \
             `shukei sql \"SELECT code, path, count(*) FROM issues GROUP BY code, path ORDER BY 3 DESC\"` says what they are"
        );
    }
    if let Some(copies) = copies {
        say!("known already {copies:>9}");
    }
    if report.read_otherwise > 0 {
        say!("  {:>9} of them were read by other definitions than these", report.read_otherwise);
        note!(
            "hint: `shukei rebuild` reads all of the folder by the definitions as they are now, `submit --again` these rows"
        );
    }
    if report.by_another_layout > 0 {
        say!("replaced      {:>9}", report.by_another_layout);
        note!(
            "hint: so many units had answers that another layout had read. What came last counts as a whole: answers that \
             only the earlier file has are in no figure any more. Join the columns of both files into one before sending, \
             or give the second a wave of its own"
        );
    }
    let flags = [
        ("id reused     ", report.ids_reused),
        ("two partitions", report.two_partitions),
        ("two sources   ", report.two_sources),
    ];
    for (words, count) in flags.into_iter().filter(|(_, count)| *count > 0) {
        say!("{words}{count:>9}");
    }
    say!("rejected      {:>9}", report.rejected.iter().map(|(_, count)| count).sum::<u64>());
    for (code, count) in &report.rejected {
        say!("  {code:<22} {count:>9}");
    }
    say!("refused       {:>9}", sent.refused.len());
    for refused in &sent.refused {
        say!("  {refused}");
    }
    ExitCode::from(u8::from(!report.rejected.is_empty() || !sent.refused.is_empty()))
}

fn read_all(files: &[PathBuf], tables: Option<&Tables>, queue: &mpsc::Sender<Item>) -> Result<(), Fault> {
    if let Some(tables) = tables {
        tables.send(files, queue)?;
    }
    for file in files.iter().filter(|file| tables.is_none_or(|tables| !tables.reads(file))) {
        if file.as_os_str() == "-" {
            read_lines(Path::new("-"), std::io::stdin().lock(), queue)?;
        } else {
            read_lines(file, BufReader::new(File::open(file)?), queue)?;
        }
    }
    Ok(())
}

/// A line longer than this is read to its end but not kept: it is refused as too large whatever its content.
const LINE_BYTES_MAX: u64 = 64 << 20;

fn read_lines(file: &Path, mut lines: impl BufRead, queue: &mpsc::Sender<Item>) -> Result<(), Fault> {
    let mut number = 0;
    loop {
        let mut line = Vec::new();
        if (&mut lines).take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        number += 1;
        if line.len() as u64 == LINE_BYTES_MAX && !line.ends_with(b"\n") {
            lines.skip_until(b'\n')?;
        }
        while line.last().is_some_and(u8::is_ascii_whitespace) {
            line.pop();
        }
        if line.is_empty() {
            continue;
        }
        let (id, outgoing) = outgoing(line)?;
        let item = Item { place: format!("{}:{number}", file.display()), id, outgoing };
        if queue.blocking_send(item).is_err() {
            return Ok(());
        }
    }
}
