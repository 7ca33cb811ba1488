//! A survey's definition tried on somebody's file: read, interpreted and tabulated in a folder that is gone afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::JoinHandle;

use shukei_delivery::{Made, Row};
use shukei_doors::{Format, Shown};
use shukei_interpret::{Kind, Record, interpret};
use shukei_query::{Catalog, TabulateRequest};
use shukei_schemas::definition::{Definitions, Form, Layout, SurveyDefinition, has_errors, nearest};
use shukei_schemas::{Code, Issue};
use shukei_worker::{EmbeddedOptions, Outgoing};
use tokio::sync::mpsc;

use crate::cli::Try;
use crate::commands::sending::{self, Item};
use crate::commands::states;
use crate::commands::tables::Tables;
use crate::fault::Fault;
use crate::output::{self, note, say};
use crate::pipeline::Pipeline;
use crate::progress::Stages;
use crate::{folder, surveys};

/// Questions whose tables are shown if none is named.
const QUESTIONS_SHOWN: usize = 5;
/// Different texts that are kept per column and code.
const TEXTS_KEPT: usize = 1_000;
/// Different texts that are shown per column and code.
const TEXTS_SHOWN: usize = 12;

pub(crate) async fn run(arguments: Try) -> Result<ExitCode, Fault> {
    let Some(definition) = definition(&arguments)? else { return Ok(ExitCode::FAILURE) };
    let mut definitions = Definitions::default();
    definitions.insert(SurveyDefinition::clone(&definition));
    let definitions = Arc::new(definitions);
    let definition = definitions.survey(&definition.survey.survey).cloned().unwrap_or(definition);
    let tables = Tables::of(&definition, arguments.layout.as_deref(), arguments.wave.as_deref())?;
    let total = tables.check(&arguments.files, arguments.rows.unwrap_or(u64::MAX))?;

    let gone_afterwards = tempfile::tempdir()?;
    let (lake, _lock) = folder::open_alone(&gone_afterwards.path().join("data"), None)?;
    let mut pipeline = Pipeline::start(&lake, Arc::clone(&definitions), EmbeddedOptions::default()).await?;
    let (queue, items) = mpsc::channel(1_000);
    let reader = reading(&arguments, &tables, &definitions, queue);
    let stages = Stages::new(Some(total));
    let sent = sending::send(&mut pipeline, items, None, &stages).await;
    let finished = match &sent {
        Ok(_) => pipeline.finish().await,
        Err(_) => Ok(()),
    };
    stages.clear();
    sent?;
    finished?;
    let seen = reader.join().map_err(|_| Fault::no("reading broke off", "try it again"))??;

    // Where every row is refused there is no wave to name.
    let mut names = vec![
        format!("survey `{}`", definition.survey.survey),
        format!("layout `{}`", tables.layout.reference.layout),
    ];
    names.extend(seen.waves.iter().map(|wave| format!("wave `{wave}`")));
    say!("{}", names.join(", "));
    let fine = tables.told().say(&tables);
    say!("accepted      {:>9}", seen.accepted);
    say!("  {:>9} with bad answers", seen.with_issues);
    if seen.noted > 0 {
        say!("  {:>9} with texts that count as `other` or by a pattern", seen.noted);
    }
    say!("rejected      {:>9}", seen.rejected.values().sum::<u64>());
    for (code, count) in &seen.rejected {
        say!("  {count:>9} {code}: {}", code.hint());
    }
    say!("");
    tables.told().say_columns();
    if let Some(form) = definition.form(&tables.layout.form) {
        show_unplaced(&seen, form, &tables.layout)?;
    }
    let catalog = Catalog::open(&lake, &definitions).await?;
    for wave in &seen.waves {
        states::show(&catalog, &definition, wave).await?;
        show_tables(&catalog, &definition, &tables, wave, &arguments).await?;
    }
    note!("nothing was written; `shukei submit` with the same file sends it for good");
    Ok(ExitCode::from(u8::from(!fine || !seen.rejected.is_empty())))
}

/// The survey of the folder; nothing if it has errors, which are printed.
fn definition(arguments: &Try) -> Result<Option<Arc<SurveyDefinition>>, Fault> {
    let mut read = surveys::read(&arguments.folder)?;
    if read.len() > 1 {
        return Err(Fault::usage(
            format!("`{}` holds several surveys", arguments.folder.display()),
            "name the folder of one of them",
        ));
    }
    let Some(survey) = read.pop() else { return Ok(None) };
    for finding in &survey.findings {
        note!("{}/{finding}", survey.folder.display());
    }
    Ok(survey.definition.filter(|_| !has_errors(&survey.findings)).map(Arc::new))
}

/// What interpreting the rows one by one has shown.
#[derive(Default)]
struct Seen {
    waves: BTreeSet<String>,
    accepted: u64,
    with_issues: u64,
    /// With answers that count as `other` or by a pattern.
    noted: u64,
    rejected: BTreeMap<Code, u64>,
    /// Column and code to the texts that had it.
    issues: BTreeMap<(String, Code), Texts>,
}

#[derive(Default)]
struct Texts {
    total: u64,
    texts: BTreeMap<String, u64>,
}

impl Seen {
    /// The same function decides here as in the pipeline; here the cells are at hand.
    fn look(&mut self, row: &Row, made: &Made, payload: &[u8], definitions: &Definitions) {
        let interpreted = interpret(&Record { payload: Some(payload), headers: &[] }, definitions);
        if interpreted.outcome.kind == Kind::Rejection {
            let code = interpreted.outcome.issues.first().map(|issue| issue.code);
            *self.rejected.entry(code.unwrap_or(Code::EnvelopeInvalid)).or_default() += 1;
            return;
        }
        self.waves.insert(made.wave.clone());
        self.accepted += 1;
        // Columns that the layout does not know are told once, not in each row.
        let issues = || interpreted.outcome.issues.iter().filter(|issue| issue.code != Code::ColumnUnknown);
        let is_noted = |issue: &&Issue| matches!(issue.code, Code::Unlisted | Code::PatternMatched);
        self.with_issues += u64::from(!issues().all(|issue| is_noted(&issue)));
        self.noted += u64::from(issues().any(|issue| is_noted(&issue)));
        for issue in issues() {
            let column = column_of(&issue.path);
            let cell = row.columns.place(&column).and_then(|at| row.cells.get(at)).unwrap_or_default();
            let texts = self.issues.entry((column, issue.code)).or_default();
            texts.total += 1;
            if texts.texts.len() < TEXTS_KEPT || texts.texts.contains_key(cell) {
                *texts.texts.entry(cell.to_owned()).or_default() += 1;
            }
        }
    }
}

/// The column at the end of a path, or the question, with its row behind it.
fn column_of(path: &str) -> String {
    let behind = path.split_once("/answers/").map_or(path, |(_, behind)| behind);
    behind.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}

fn reading(
    arguments: &Try,
    tables: &Tables,
    definitions: &Arc<Definitions>,
    queue: mpsc::Sender<Item>,
) -> JoinHandle<Result<Seen, Fault>> {
    let (tables, definitions, files) = (tables.clone(), Arc::clone(definitions), arguments.files.clone());
    let mut left = arguments.rows.unwrap_or(u64::MAX);
    std::thread::spawn(move || {
        let mut seen = Seen::default();
        tables.read(&files, |row, made, source, file| {
            let payload = made.payload(source).map_err(anyhow::Error::from)?;
            seen.look(row, &made, &payload, &definitions);
            let key = shukei_schemas::event::record_key(&source.survey, &made.respondent);
            let outgoing = Outgoing { key, headers: Vec::new(), payload };
            let place = format!("{file} row {}", row.number);
            left -= 1;
            Ok(queue.blocking_send(Item { place, id: Some(made.id), outgoing }).is_ok() && left > 0)
        })?;
        Ok(seen)
    })
}

/// What could not be placed, the most frequent first, with the label that is nearest.
fn show_unplaced(seen: &Seen, form: &Form, layout: &Layout) -> Result<(), Fault> {
    if seen.issues.is_empty() {
        say!("Every cell could be placed.");
        say!("");
        return Ok(());
    }
    say!("What could not be placed:");
    let mut rows = Vec::new();
    let mut hints: BTreeMap<Code, &str> = BTreeMap::new();
    for ((column, code), texts) in &seen.issues {
        hints.insert(*code, code.hint());
        let mut sorted: Vec<(&String, &u64)> = texts.texts.iter().collect();
        sorted.sort_by_key(|(text, count)| (std::cmp::Reverse(**count), text.as_str()));
        let mut shown = 0;
        for (text, count) in sorted.into_iter().take(TEXTS_SHOWN) {
            shown += count;
            let known = labels(form, layout, column);
            let near = nearest(text.trim(), known.iter().map(String::as_str)).unwrap_or_default();
            rows.push([column.clone(), code.to_string(), text.clone(), count.to_string(), near.to_owned()]);
        }
        if shown < texts.total {
            let others = (texts.total - shown).to_string();
            rows.push([column.clone(), code.to_string(), "… others".to_owned(), others, String::new()]);
        }
    }
    output::texts(["column", "code", "cell", "count", "nearest label"], &rows, Format::Table)?;
    for (code, hint) in hints {
        say!("{code}: {hint}");
    }
    say!("");
    Ok(())
}

/// The labels that a cell of a column may hold.
fn labels(form: &Form, layout: &Layout, column: &str) -> Vec<String> {
    let Some(target) = layout.target(column) else { return Vec::new() };
    let Some(question) = form.questions.get(target.question) else { return Vec::new() };
    let wordings = question.options().iter().flat_map(|option| option.label.wordings());
    wordings.map(str::to_owned).collect()
}

async fn show_tables(
    catalog: &Catalog,
    definition: &SurveyDefinition,
    tables: &Tables,
    wave: &str,
    arguments: &Try,
) -> Result<(), Fault> {
    let mut request = TabulateRequest::new(definition.survey.survey.clone(), wave.into());
    let of_wave = definition.survey.wave(&wave.into());
    let mut questions = arguments.question.clone();
    if questions.is_empty() {
        questions.extend(of_wave.iter().flat_map(|wave| &wave.headline).map(ToString::to_string));
    }
    let mut all = 0;
    if questions.is_empty()
        && let Some(form) = definition.form(&tables.layout.form)
    {
        all = form.questions.len();
        questions.extend(form.questions.iter().take(QUESTIONS_SHOWN).map(|q| q.number.to_string()));
    }
    let shown = questions.len();
    request.questions = Some(questions);
    let measures = shukei_query::tabulate(catalog, &request).await?;
    output::measures(&measures, &Shown::of(&definition.survey, &request), Format::Table)?;
    if all > shown {
        note!("these are the first {shown} of {all} questions; --question NUMBER shows others");
    }
    Ok(())
}
