//! What a survey office wants to see first of a wave.

use shukei_doors::{Format, Shown};
use shukei_query::{Catalog, FrontTable, TabulateRequest, thousands};
use shukei_schemas::definition::{SurveyDefinition, Wave};

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
        match language {
            "ja" => say!("合成データ（SYNTHETIC）: 回答は全て作り物であり、実在の回答ではない。"),
            _ => say!("SYNTHETIC (合成データ): every answer is made up."),
        }
    }
    say!("");
    let quoted = |text: &str| text.replace('\'', "''");
    let (id, of_wave) = (quoted(survey.survey.as_str()), quoted(wave.wave.as_str()));
    let of_wave = format!("survey = '{id}' AND wave = '{of_wave}'");
    // What cannot be attributed may have been meant for this survey.
    let nobodys = "survey IS NULL OR code = 'survey_unknown'";
    let count = |what: &str| sending_count(catalog, what.to_owned());
    let responses = count(&format!("outcomes WHERE kind = 'response' AND {of_wave}")).await?;
    let edits = count(&format!("outcomes WHERE kind = 'edit' AND {of_wave}")).await?;
    let withdrawals = count(&format!("outcomes WHERE kind = 'withdrawal' AND {of_wave}")).await?;
    let deliveries = count(&format!("outcomes WHERE kind = 'aggregate' AND {of_wave}")).await?;
    let rejected = count(&format!("rejections WHERE {nobodys} OR survey = '{id}'")).await?;
    let units = count(&format!("current WHERE {of_wave}")).await?;
    let issues = count(&format!("issues WHERE {of_wave}")).await?;
    let methods = methods(catalog, wave, &of_wave).await?;
    let came = responses + edits + deliveries + withdrawals + rejected;
    let accepted = came - rejected;
    let ja = language == "ja";
    match ja {
        true => say!(
            "提出 {came} 件、受理 {accepted} 件、却下 {rejected} 件。受理した回答の中の不備 {issues} 件。"
        ),
        false => say!(
            "{came} submissions came, {accepted} accepted, {rejected} rejected; {issues} bad answers inside the accepted."
        ),
    }
    if edits > 0 {
        match ja {
            true => say!("うち調査実施者による修正 {edits} 件。"),
            false => say!("{edits} of them are edits by the survey office."),
        }
    }
    if deliveries > 0 {
        match ja {
            true => say!("うち個票のない集計値の提供 {deliveries} 件。"),
            false => say!("{deliveries} of them are counts of other organisations, without records."),
        }
    }
    if withdrawals > 0 {
        match ja {
            true => say!("取下げ {withdrawals} 件。"),
            false => say!("{withdrawals} withdrawals."),
        }
    }
    match (ja, wave.sectors.is_some()) {
        (true, _) => say!("集計対象 {units} 単位、収集方法: {methods}。"),
        (false, true) => say!("{units} units count, collected by: {methods}."),
        (false, false) => say!("{units} respondents count, collected by: {methods}."),
    }
    let listed = async |title: [&str; 2], word: &str, rows: &str| {
        let query = format!(
            "SELECT string_agg(words, ', ' ORDER BY words) FROM \
             (SELECT concat({word}, ' ', count(*)) AS words FROM {rows} GROUP BY {word})"
        );
        let words = sending::text(catalog, &query).await?;
        if !words.is_empty() {
            say!("{}: {words}", title[usize::from(!ja)]);
        }
        Ok::<(), Fault>(())
    };
    let of_nobody = format!("rejections WHERE {nobodys} OR survey = '{id}'");
    listed(["却下の理由", "rejected"], "code", &of_nobody).await?;
    listed(["回答の不備", "bad answers"], "code", &format!("issues WHERE {of_wave}")).await?;
    listed(["注記", "flagged"], "flag", &format!("flags WHERE {of_wave}")).await?;
    say!("");
    let front = FrontTable::open(catalog, definition, wave, language).await?;
    if !front.rows.is_empty() {
        front_table(&front, language)?;
    }
    if !wave.headline.is_empty() {
        let mut request = TabulateRequest::new(survey.survey.clone(), wave.wave.clone());
        request.language = Some(language.to_owned());
        request.questions = Some(wave.headline.iter().map(ToString::to_string).collect());
        let measures = shukei_query::tabulate(catalog, &request).await?;
        for number in &wave.headline {
            let of_question: Vec<_> =
                measures.iter().filter(|measure| measure.question == *number).cloned().collect();
            output::bars(&of_question, &Shown::of(survey, &request));
            say!("");
        }
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
        let word = if ja { "出典" } else { "Source" };
        output::paragraph(&format!("{word}: {}", survey.source.in_language(language)));
        say!("");
    }
    Ok(())
}

/// How the units that count were collected, from the rows themselves: the view `answers` would melt every question.
async fn methods(catalog: &Catalog, wave: &Wave, of_wave: &str) -> Result<String, Fault> {
    let views = wave.forms.iter().filter_map(|form| catalog.current_of(form));
    let rows: Vec<String> =
        views.map(|view| format!("SELECT method FROM \"{view}\" WHERE {of_wave}")).collect();
    if rows.is_empty() {
        return Ok(String::new());
    }
    let query = format!(
        "SELECT string_agg(DISTINCT method, ', ' ORDER BY method) FROM ({})",
        rows.join(" UNION ALL ")
    );
    sending::text(catalog, &query).await
}

async fn sending_count(catalog: &Catalog, what: String) -> Result<u64, Fault> {
    sending::count(catalog, &format!("SELECT count(*) FROM {what}")).await
}

/// Prints the front table.
fn front_table(front: &FrontTable, language: &str) -> Result<(), Fault> {
    let (sum, names) = match language {
        "ja" => ("合計", ["分野", "対象", "回答数", "方法"]),
        _ => ("total", ["sector", "whom", "answers", "method"]),
    };
    let mut rows: Vec<[String; 4]> = front
        .rows
        .iter()
        .map(|row| [row.name.clone(), row.target.clone(), thousands(row.count), row.method_text()])
        .collect();
    rows.push([sum.to_owned(), "---".to_owned(), front.total_text(), String::new()]);
    output::texts(names, &rows, Format::Table)?;
    for note in &front.notes {
        say!("{} {}", note.mark, note.words);
    }
    say!("");
    Ok(())
}
