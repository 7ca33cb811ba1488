use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use shukei_query::Catalog;
use shukei_worker::EmbeddedOptions;
use tokio::sync::mpsc;

use crate::cli::Submit;
use crate::commands::lines::outgoing;
use crate::commands::sending::{self, Item};
use crate::fault::Fault;
use crate::output::{note, say};
use crate::pipeline::{self, Pipeline};
use crate::progress::Stages;
use crate::{folder, output, surveys};

pub(crate) async fn run(arguments: Submit) -> Result<ExitCode, Fault> {
    let definitions = Arc::new(surveys::load(&arguments.folder.surveys)?);
    for file in arguments.files.iter().filter(|file| file.as_os_str() != "-") {
        if !file.is_file() {
            return Err(Fault::usage(
                format!("`{}` is not a file", file.display()),
                "name files of JSON lines, or `-` for standard input",
            ));
        }
    }
    let (lake, _lock) = folder::open_alone(&arguments.folder.data, arguments.hidden.crash_at.as_deref())?;
    let record_bytes_max = usize::try_from(arguments.max_record_bytes).unwrap_or(usize::MAX);
    let options = EmbeddedOptions { record_bytes_max, ..EmbeddedOptions::default() };
    note!("{}", pipeline::WHAT_IT_IS);
    let mut pipeline = Pipeline::start(&lake, Arc::clone(&definitions), options).await?;
    let generation = pipeline.generation.generation;

    let (queue, items) = mpsc::channel(1_000);
    let files = arguments.files.clone();
    // Reading may wait for somebody who types, so it has a thread of its own.
    let reader = std::thread::spawn(move || read_all(&files, &queue));
    let stages = Stages::new(None);
    let sent = sending::send(&mut pipeline, items, arguments.receipts.as_deref(), &stages).await;
    stages.clear();
    let sent = sent?;
    pipeline.finish().await?;
    if let Ok(Err(fault)) = reader.join() {
        return Err(fault);
    }

    let catalog = Catalog::open(&lake, &definitions).await?;
    let report = sending::report(&catalog, generation).await?;
    say!("sent          {:>9}", sent.sent);
    say!("stored        {:>9}", sent.stored);
    say!("accepted      {:>9}", report.accepted);
    if report.withdrawn > 0 {
        say!("withdrawals   {:>9}", report.withdrawn);
    }
    say!("with issues   {:>9}", report.with_issues);
    say!("known already {:>9}", report.copies);
    say!("rejected      {:>9}", report.rejected.iter().map(|(_, count)| count).sum::<u64>());
    for (code, count) in &report.rejected {
        say!("  {code:<22} {count:>9}");
    }
    say!("refused       {:>9}", sent.refused.len());
    for refused in &sent.refused {
        say!("  {refused}");
    }
    output::versions(&catalog);
    if !report.rejected.is_empty() {
        note!(
            "hint: `shukei rejections --data {}` lists each with its reason",
            arguments.folder.data.display()
        );
    }
    Ok(ExitCode::from(u8::from(!report.rejected.is_empty() || !sent.refused.is_empty())))
}

fn read_all(files: &[PathBuf], queue: &mpsc::Sender<Item>) -> Result<(), Fault> {
    for file in files {
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
