//! What a survey office wants to see first of a wave.

use std::collections::BTreeMap;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use shukei_doors::Format;
use shukei_query::{Catalog, TabulateRequest};
use shukei_schemas::definition::{Mapping, Sectors, SurveyDefinition, Wave};

use crate::commands::sending;
use crate::fault::Fault;
use crate::output::{self, say};

/// Prints what came, the front table where the wave has groups, and the wave's headline questions as bars.
pub(crate) async fn show(
    catalog: &Catalog,
    definition: &SurveyDefinition,
    wave: &Wave,
    language: Option<&str>,
) -> Result<(), Fault> {
    let survey = &definition.survey;
    let language = language.or(survey.languages.first().map(String::as_str)).unwrap_or("en");
    say!("{} / {}", survey.names.in_language(language), wave.names.in_language(language));
    if survey.synthetic {
        say!("合成データ SYNTHETIC: every answer is made up.");
    }
    say!("");
    let quoted = |text: &str| text.replace('\'', "''");
    let (id, of_wave) = (quoted(survey.survey.as_str()), quoted(wave.wave.as_str()));
    let of_wave = format!("survey = '{id}' AND wave = '{of_wave}'");
    // What cannot be attributed may have been meant for this survey.
    let nobodys = "survey IS NULL OR code = 'survey_unknown'";
    let count = |what: &str| sending_count(catalog, what.to_owned());
    let responses = count(&format!("outcomes WHERE kind = 'response' AND {of_wave}")).await?;
    let withdrawals = count(&format!("outcomes WHERE kind = 'withdrawal' AND {of_wave}")).await?;
    let rejected = count(&format!("rejections WHERE {nobodys} OR survey = '{id}'")).await?;
    let units = count(&format!("current WHERE {of_wave}")).await?;
    let issues = count(&format!("issues WHERE {of_wave}")).await?;
    let methods = format!("SELECT string_agg(DISTINCT method, ', ') FROM answers WHERE {of_wave}");
    let methods = sending::text(catalog, &methods).await?;
    let came = responses + withdrawals + rejected;
    say!(
        "{came} submissions came, {} accepted, {rejected} rejected; {issues} bad answers inside the accepted.",
        came - rejected
    );
    if withdrawals > 0 {
        say!("{withdrawals} withdrawals.");
    }
    let whom = if wave.sectors.is_some() { "units" } else { "respondents" };
    say!("{units} {whom} count, collected by: {methods}.");
    if rejected > 0 {
        let codes = format!(
            "SELECT string_agg(words, ', ') FROM (SELECT concat(code, ' ', count(*)) AS words FROM rejections WHERE {nobodys} OR survey = '{id}' GROUP BY code ORDER BY code)"
        );
        say!("rejected: {}", sending::text(catalog, &codes).await?);
    }
    if issues > 0 {
        let codes = format!(
            "SELECT string_agg(words, ', ') FROM (SELECT concat(code, ' ', count(*)) AS words FROM issues WHERE {of_wave} GROUP BY code ORDER BY code)"
        );
        say!("bad answers: {}", sending::text(catalog, &codes).await?);
    }
    say!("");
    if let Some(sectors) = definition.sectors_of(wave) {
        front_table(catalog, definition, wave, sectors, language, &of_wave).await?;
    }
    let mut request = TabulateRequest::new(survey.survey.clone(), wave.wave.clone());
    request.language = Some(language.to_owned());
    for number in &wave.headline {
        request.questions = Some(vec![number.to_string()]);
        let measures = shukei_query::tabulate(catalog, &request).await?;
        output::bars(&measures);
        say!("");
    }
    for figure in &survey.published {
        say!(
            "{}: {} {} ({})",
            figure.label.in_language(language),
            figure.value,
            figure.unit,
            figure.note.in_language(language)
        );
    }
    if !survey.source.is_empty() {
        output::paragraph(&format!("Source: {}", survey.source.in_language(language)));
        say!("");
    }
    Ok(())
}

async fn sending_count(catalog: &Catalog, what: String) -> Result<u64, Fault> {
    sending::count(catalog, &format!("SELECT count(*) FROM {what}")).await
}

/// The table that stands in front of a report: who was asked, how many answered and how, and the total with the one
/// that leaves out what was read across.
async fn front_table(
    catalog: &Catalog,
    definition: &SurveyDefinition,
    wave: &Wave,
    sectors: &Sectors,
    language: &str,
    of_wave: &str,
) -> Result<(), Fault> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for form in &wave.forms {
        let Some(view) = catalog.current_of(form) else { continue };
        let query = format!("SELECT \"group\", count(*) AS n FROM {view} WHERE {of_wave} GROUP BY 1");
        for batch in catalog.query(&query).await?.collect().await? {
            for row in 0..batch.num_rows() {
                let text = |column: usize| {
                    arrow::util::display::array_value_to_string(batch.column(column), row).unwrap_or_default()
                };
                *counts.entry(text(0)).or_default() += text(1).parse::<u64>().unwrap_or_default();
            }
        }
    }
    let mappings: Vec<&Mapping> =
        wave.mappings.iter().filter_map(|mapping| definition.mapping(mapping)).map(AsRef::as_ref).collect();
    let across = |group: &str| {
        let collected_by = sectors.group(group).and_then(|group| group.collected_by.as_deref());
        mappings.iter().position(|mapping| Some(mapping.reference.mapping.as_str()) == collected_by)
    };
    let (mut total, mut of_own) = (0, 0);
    let mut rows: Vec<[String; 4]> = Vec::new();
    for group in &sectors.groups {
        let count = counts.get(&group.group).copied().unwrap_or(0);
        total += count;
        let field = sectors.fields.iter().find(|field| field.field == group.field);
        let field = field.map_or("", |field| field.label.in_language(language));
        let label = group.label.in_language(language);
        let name = if field == label { label.to_owned() } else { format!("{field} / {label}") };
        let method = match across(&group.group) {
            Some(at) => format!("{} ※1", mappings[at].method),
            None => {
                of_own += count;
                group.collected_by.clone().unwrap_or_default()
            }
        };
        rows.push([name, group.target.in_language(language).to_owned(), thousands(count), method]);
    }
    let unknown: u64 =
        counts.iter().filter(|(group, _)| sectors.group(group).is_none()).map(|(_, count)| count).sum();
    if unknown > 0 {
        total += unknown;
        of_own += unknown;
        rows.push(["?".to_owned(), String::new(), thousands(unknown), String::new()]);
    }
    let all = match mappings.is_empty() {
        true => thousands(total),
        false => format!("{} ({}) ※2", thousands(total), thousands(of_own)),
    };
    let (sum, names) = match language {
        "ja" => ("合計", ["分野", "対象", "回答数", "方法"]),
        _ => ("total", ["sector", "whom", "answers", "method"]),
    };
    rows.push([sum.to_owned(), "---".to_owned(), all, String::new()]);
    let column = |at: usize| -> ArrayRef {
        std::sync::Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row[at].as_str())))
    };
    let schema = Schema::new(names.map(|name| Field::new(name, DataType::Utf8, true)).to_vec());
    let batch = RecordBatch::try_new(std::sync::Arc::new(schema), (0..4).map(column).collect());
    let batch = batch.map_err(anyhow::Error::from)?;
    output::batches(&batch.schema(), &[batch], Format::Table)?;
    for mapping in mappings {
        say!("※1 {}", mapping.names.in_language(language));
        say!("※2 ({}) {}", thousands(of_own), mapping.exclusion_note.in_language(language));
    }
    say!("");
    Ok(())
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
