//! Everything that was ever received, read again with the definitions of today.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;
use shukei_doors::Format;
use shukei_lake::{Lake, SourceGeneration};
use shukei_protocol::TableName;
use shukei_query::{BeforeAfter, Catalog, Rebuilt};
use shukei_schemas::SurveyId;
use shukei_schemas::definition::Definitions;
use shukei_transform::{Transform, TransformOptions};

use crate::cli::{DataFolder, Rebuild};
use crate::fault::Fault;
use crate::output::{self, note};
use crate::{folder, maintenance, progress, surveys};

/// Makes new refined tables, proves them, makes them the ones in use, and prints what has changed.
pub(crate) async fn run(arguments: Rebuild) -> Result<ExitCode, Fault> {
    // A folder without data is not made into one.
    let to_read = folder::open_to_read(&arguments.folder.data)?;
    let definitions = Arc::new(surveys::load(&arguments.folder.surveys)?);
    if arguments.dry_run {
        let gone_afterwards = tempfile::tempdir()?;
        let (before, _) = before(&to_read, &definitions, &arguments.folder).await?;
        let next = to_read.trying_in(gone_afterwards.path())?;
        fill(&next, definitions).await?;
        let after = Catalog::open(&next, &Definitions::default()).await?;
        show(&shukei_query::rebuilt(&before, &after).await?, arguments.format.into())?;
        note!("nothing was written; the same without --dry-run does it for good");
        return Ok(ExitCode::SUCCESS);
    }
    let (lake, alone) = folder::open_alone(&arguments.folder.data, arguments.hidden.crash_at.as_deref())?;
    let (before, was) = before(&lake, &definitions, &arguments.folder).await?;
    let next = lake.begin_build(&alone).await?;
    fill(&next, definitions).await?;
    let law = shukei_query::verify(&next).await?;
    if !law.findings.is_empty() {
        output::report(&law, Format::Table)?;
        return Err(Fault::no(
            "the new tables do not hold what was received, so the ones of before stay in use",
            "run `shukei verify`; if it is green, run this again",
        )
        .code("rebuild_not_whole"));
    }
    let after = Catalog::open(&next, &Definitions::default()).await?;
    let changes = shukei_query::rebuilt(&before, &after).await?;
    if arguments.keep && was {
        lake.keep_build()?;
    }
    lake.switch_to(&next, &alone).await?;
    maintenance::after_run(&next).await;
    show(&changes, arguments.format.into())?;
    note!("build {} is in use, it was build {}; {}", next.build(), lake.build(), law.summary());
    Ok(ExitCode::SUCCESS)
}

/// The tables in use, and whether there are any. Definitions that would turn accepted records into rejections because
/// nobody named their survey are refused.
async fn before(
    lake: &Lake,
    definitions: &Definitions,
    folder: &DataFolder,
) -> Result<(Catalog, bool), Fault> {
    let catalog = Catalog::open(lake, &Definitions::default()).await?;
    let query = "SELECT DISTINCT survey FROM outcomes WHERE kind <> 'rejection' AND survey IS NOT NULL";
    let mut missing = BTreeSet::new();
    for batch in catalog.query(query).await?.collect().await? {
        let surveys = arrow::compute::cast(batch.column(0), &DataType::Utf8).map_err(anyhow::Error::from)?;
        let surveys = surveys.as_string::<i32>();
        let ids = (0..surveys.len()).map(|row| SurveyId::new(surveys.value(row)));
        missing.extend(ids.filter(|id| definitions.survey(id).is_none()).map(|id| format!("`{id}`")));
    }
    if missing.is_empty() {
        let was = lake.exists(&TableName::outcomes()).await?;
        return Ok((catalog, was));
    }
    let missing: Vec<String> = missing.into_iter().collect();
    Err(Fault::usage(
        format!(
            "`{}` holds answers to {}, which nobody defines here: all of them would be rejected",
            folder.data.display(),
            missing.join(", ")
        ),
        "name the folder of its definition with --surveys",
    ))
}

/// Interprets everything that stands in `raw` into the tables of this lake, which are not there yet.
pub(crate) async fn fill(lake: &Lake, definitions: Arc<Definitions>) -> Result<(), Fault> {
    let options = TransformOptions { closed_too: true, ..TransformOptions::default() };
    let transform = Transform::open(lake, definitions, options).await?;
    let bar = progress::interpreting(records(lake).await?);
    let decided = transform.progress();
    let shown = bar.clone();
    let follow = async move {
        loop {
            shown.set_position(decided.borrow().decided);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let ended = tokio::select! {
        ended = transform.run(None, std::future::ready(())) => ended,
        () = follow => Ok(()),
    };
    bar.finish_and_clear();
    Ok(ended?)
}

/// How many positions `raw` holds.
async fn records(lake: &Lake) -> Result<u64, Fault> {
    if !lake.exists(&TableName::raw()).await? {
        return Ok(0);
    }
    let generations = lake.generations().await?;
    let ends = lake.open(&TableName::raw()).await?;
    let ends = { ends }.cursors(&generations.iter().flat_map(SourceGeneration::apps).collect()).await?;
    let starts = generations.iter().flat_map(SourceGeneration::lanes);
    let spans = starts.filter_map(|(lane, first)| Some(ends.get(&lane)?.0 - first.0));
    Ok(spans.map(|span| span.max(0).unsigned_abs()).sum())
}

/// What has changed, a row each: kinds of outcomes, issues, tables, and records that came to something else.
fn show(changes: &Rebuilt, format: Format) -> Result<(), Fault> {
    let counted = |what: &'static str, counts: &[BeforeAfter]| {
        let row = |of: &BeforeAfter| {
            [what.to_owned(), of.name.clone(), String::new(), of.before.to_string(), of.after.to_string()]
        };
        counts.iter().map(row).collect::<Vec<_>>()
    };
    let mut rows = counted("records", &changes.kinds);
    rows.extend(counted("issues", &changes.issues));
    rows.extend(counted("rows", &changes.rows));
    let one = |what: &str, name: &str, to: &str, count: u64| {
        [what.to_owned(), name.to_owned(), to.to_owned(), String::new(), count.to_string()]
    };
    rows.extend(changes.answers.iter().map(|of| one("rows_with_other_answers", &of.name, "", of.after)));
    rows.extend(
        changes.decisions.iter().map(|of| one("decided_otherwise", &of.before, &of.after, of.records)),
    );
    output::texts(["what", "name", "to", "before", "after"], &rows, format)
}
