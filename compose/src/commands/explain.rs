use std::process::ExitCode;

use shukei_doors::Format;
use shukei_query::{Explanation, explain};

use crate::cli::Explain;
use crate::fault::Fault;
use crate::output::{self, say};
use crate::{folder, reading, surveys};

pub(crate) async fn run(arguments: Explain) -> Result<ExitCode, Fault> {
    let definitions = surveys::load(&arguments.folder.surveys)?;
    let lake = folder::open_to_read(&arguments.folder.data)?;
    let language = arguments.lang.as_deref();
    let catalog = reading::open_lake(&lake, &definitions, language).await?;
    let explained = explain(&catalog, &arguments.id, language).await?;
    print(&explained)?;
    for (table, version) in catalog.versions() {
        say!("table       {table}@{version}");
    }
    Ok(ExitCode::SUCCESS)
}

fn print(explained: &Explanation) -> Result<(), Fault> {
    let figure = &explained.figure;
    let words = match figure.title == figure.text {
        true => figure.text.clone(),
        false => format!("{}: {}", figure.title, figure.text),
    };
    say!("figure      {}", figure.id);
    match &figure.set {
        Some(indicator) if figure.question.as_str().is_empty() => say!("indicator   {indicator}"),
        _ => say!("question    {} | {words}", figure.question),
    }
    if let Some(row) = &figure.row_label {
        say!("row         {row}");
    }
    say!("of          {}", figure.label);
    if !figure.breaks.is_empty() {
        say!("part        {}", figure.breaks);
    }
    let value = if figure.value.is_empty() { "-" } else { &figure.value };
    say!("{:<11} {value}", figure.measure.as_str());
    match (&figure.count_weighted, &figure.base_weighted) {
        (Some(count), Some(base)) => {
            say!("formed of   {count} of {base} (weighted), {} of {} units", figure.count, figure.base);
        }
        _ => say!("formed of   {} of {}", figure.count, figure.base),
    }
    say!("base        {}", figure.base_rule.as_str());
    for (name, text) in &explained.asked {
        say!("{name:<11} {text}");
    }
    for remark in figure.remarks() {
        say!("flag        {remark}");
    }
    for form in &explained.forms {
        say!("form        {form}");
    }
    for mapping in &explained.mappings {
        let covers = if mapping.covers { "covers it" } else { "does not cover it: its units are in no base" };
        say!("mapping     {}: {covers}", mapping.mapping);
        if !mapping.reason.is_empty() {
            say!(
                "            {} (signed off by {}, {})",
                mapping.reason,
                mapping.signed_off.by,
                mapping.signed_off.on
            );
        }
    }
    for (state, units) in &explained.states {
        say!("state       {} {units}", state.as_str());
    }
    let rows: Vec<[String; 4]> = explained
        .parts
        .iter()
        .map(|part| [part.group.clone(), part.method.clone(), part.count.to_string(), part.base.to_string()])
        .collect();
    output::texts(["group", "method", "count", "base"], &rows, Format::Table)
}
