use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use shukei_query::Catalog;
use shukei_schemas::definition::content_hash;
use shukei_schemas::event::{SUBMISSION_RECEIVED, bare_id, record_key, write_structured};
use shukei_worker::{EmbeddedOptions, Outgoing};
use tokio::sync::mpsc;

use crate::cli::Submit;
use crate::commands::sending::{self, Item};
use crate::fault::Fault;
use crate::output::{note, say};
use crate::pipeline::{self, Pipeline};
use crate::progress::Stages;
use crate::{folder, output, surveys};

/// The source of submissions that come without an envelope.
const SOURCE: &str = "urn:shukei:submit";

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

/// Makes a record of a line. What is neither an event nor a submission is sent as it is: it is stored, rejected with
/// a reason, and listed.
fn outgoing(line: Vec<u8>) -> Result<(Option<String>, Outgoing), Fault> {
    #[derive(Deserialize)]
    struct Subject {
        survey: Option<String>,
        respondent: Option<String>,
    }
    #[derive(Deserialize)]
    struct Peek {
        specversion: Option<serde::de::IgnoredAny>,
        id: Option<String>,
        data: Option<Subject>,
        #[serde(flatten)]
        bare: Option<Subject>,
    }
    let peek: Option<Peek> = serde_json::from_slice(&line).ok();
    let key = |subject: Option<&Subject>| match subject {
        Some(Subject { survey: Some(survey), respondent: Some(respondent) }) => {
            record_key(survey, respondent)
        }
        // Nobody's record: any partition will do, but always the same one.
        _ => content_hash(&line).into_bytes(),
    };
    let raw = std::str::from_utf8(&line).ok();
    let (id, key, payload) = match (peek, raw) {
        (Some(peek), Some(text))
            if peek.specversion.is_none() && peek.bare.as_ref().is_some_and(|b| b.survey.is_some()) =>
        {
            let id = bare_id(SOURCE, &line, "");
            let data: &RawValue = serde_json::from_str(text).map_err(anyhow::Error::from)?;
            let payload = write_structured(&id, SOURCE, SUBMISSION_RECEIVED, None, &data)
                .map_err(anyhow::Error::from)?;
            (Some(id), key(peek.bare.as_ref()), payload)
        }
        (Some(peek), _) => (peek.id.clone(), key(peek.data.as_ref()), line.clone()),
        (None, _) => (None, key(None), line.clone()),
    };
    Ok((id, Outgoing { key, headers: Vec::new(), payload }))
}
