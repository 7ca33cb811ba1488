use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt;
use serde::Deserialize;
use serde_json::{Value, json};
use shukei_doors::Format;
use shukei_query::{ASKABLE, Catalog, QueryError, TabulateRequest, request_of_table};

use super::Server;
use super::problem::Problem;
use crate::fault::Fault;

/// What `POST /v1/sql` takes as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    sql: String,
    format: Option<String>,
    lang: Option<String>,
}

/// `POST /v1/sql`: one statement that only reads, as JSON `{"sql": …}` or as text. Answers JSON or CSV.
pub(super) async fn sql(
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let bad = |detail: &str| {
        Problem::new(StatusCode::BAD_REQUEST, "question_unreadable", detail)
            .hint("send {\"sql\": \"SELECT …\"} as application/json, or the statement alone as text/plain")
    };
    let body = body.map_err(|_| bad("the body cannot be read"))?;
    let text = std::str::from_utf8(&body).map_err(|_| bad("the body is not UTF-8"))?;
    let is_json = text.trim_start().starts_with('{');
    let asked: Question = match is_json {
        true => serde_json::from_str(text)
            .map_err(|error| bad(&format!("the body is not as expected: {error}")))?,
        false => Question { sql: text.to_owned(), format: None, lang: None },
    };
    let parameters = Parameters::read(query.as_deref());
    let format = format(asked.format.as_deref().or(parameters.one("format")), &headers)?;
    let catalog = server.catalogs.get(asked.lang.as_deref().or(parameters.one("lang"))).await?;
    let seconds = server.settings.query_seconds;
    let answer = tokio::time::timeout(Duration::from_secs(seconds), async {
        let mut rows = catalog.query(&asked.sql).await.map_err(refused)?;
        let schema = rows.schema();
        let (mut batches, mut count) = (Vec::new(), 0);
        while let Some(batch) = rows.try_next().await.map_err(refused)? {
            count += batch.num_rows();
            if count > server.settings.query_rows_max {
                let detail = format!("the answer has more than {} rows", server.settings.query_rows_max);
                return Err(Problem::new(StatusCode::BAD_REQUEST, "answer_too_large", detail)
                    .hint("add a LIMIT or a GROUP BY, or read the Delta tables themselves"));
            }
            batches.push(batch);
        }
        let mut out = Vec::new();
        shukei_doors::render(&schema, &batches, format, 0, &mut out).map_err(Fault::from)?;
        Ok(out)
    });
    let out = answer.await.map_err(|_| {
        Problem::new(StatusCode::BAD_REQUEST, "query_too_slow", format!("no answer after {seconds} s"))
            .hint("ask for less, or raise http.query_seconds")
    })??;
    Ok(answered(out, format, &catalog))
}

/// `GET /v1/surveys`: what there is to ask about.
pub(super) async fn surveys(State(server): State<Arc<Server>>) -> Result<Json<Value>, Problem> {
    let catalog = server.catalogs.get(None).await?;
    let surveys = catalog.definitions().surveys();
    let surveys: Vec<Value> = surveys
        .map(|definition| {
            let survey = &definition.survey;
            let language = survey.languages.first().map_or("en", String::as_str);
            let waves: Vec<Value> = survey
                .waves
                .iter()
                .map(|wave| json!({ "wave": wave.wave.as_str(), "name": wave.names.in_language(language) }))
                .collect();
            json!({
                "survey": survey.survey.as_str(),
                "name": survey.names.in_language(language),
                "languages": survey.languages,
                "synthetic": survey.synthetic,
                "waves": waves,
            })
        })
        .collect();
    Ok(Json(json!({ "surveys": surveys })))
}

/// `GET /v1/surveys/{survey}/tabulations`: the same where the survey has no waves, or one.
pub(super) async fn tabulations_of_only_wave(
    State(server): State<Arc<Server>>,
    Path(survey): Path<String>,
    query: RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wave = shukei_query::wave_or_only(&server.catalogs.definitions(), &survey.as_str().into(), None);
    let wave = wave.map_err(refused)?.to_string();
    tabulations(State(server), Path((survey, wave)), query, headers).await
}

/// `GET /v1/surveys/{survey}/waves/{wave}/tabulations`: the rows of `shukei tabulate`.
pub(super) async fn tabulations(
    State(server): State<Arc<Server>>,
    Path((survey, wave)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref());
    let others = ["table", "against", "panel", "lang", "format"];
    parameters.only(&ASKABLE.into_iter().chain(others).collect::<Vec<_>>())?;
    let format = format(parameters.one("format"), &headers)?;
    let language = parameters.one("lang");
    let catalog = server.catalogs.get(language).await?;
    let (survey, wave) = (survey.as_str().into(), wave.as_str().into());
    let asked =
        || parameters.0.iter().filter(|(name, value)| !others.contains(&name.as_str()) && !value.is_empty());
    let mut request = match parameters.one("table") {
        None => TabulateRequest::new(survey, wave),
        Some(table) => {
            if let Some((name, _)) = asked().next() {
                let detail = format!("`table` and `{name}` cannot be asked together");
                let problem = Problem::new(StatusCode::BAD_REQUEST, "parameter_conflict", detail);
                return Err(problem.hint("a named table says everything itself"));
            }
            request_of_table(&catalog, survey, wave, table).map_err(refused)?
        }
    };
    for (name, value) in asked() {
        request.ask_with(catalog.definitions(), name, value).map_err(refused)?;
    }
    request.language = language.map(str::to_owned);
    request.panel = match parameters.one("panel") {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => {
            let detail = format!("`panel` is true or false, not `{other}`");
            return Err(Problem::new(StatusCode::BAD_REQUEST, "parameter_invalid", detail));
        }
    };
    let against: Vec<&str> = parameters.all("against").collect();
    let mut measures = Vec::new();
    for earlier in &against {
        let since = shukei_query::compare(&catalog, &request, &(*earlier).into()).await;
        measures.extend(since.map_err(refused)?);
    }
    if against.is_empty() {
        measures = shukei_query::tabulate(&catalog, &request).await.map_err(refused)?;
    }
    let mut out = Vec::new();
    shukei_doors::render_measures(&measures, format, 0, &mut out).map_err(Fault::from)?;
    Ok(answered(out, format, &catalog))
}

/// The parameters behind the question mark.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn read(query: Option<&str>) -> Self {
        Self(url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    fn all<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p str> {
        let named = self.0.iter().filter(move |(known, value)| known == name && !value.is_empty());
        named.map(|(_, value)| value.as_str())
    }

    fn only(&self, names: &[&str]) -> Result<(), Problem> {
        match self.0.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            Some((name, _)) => {
                let detail = format!("there is no parameter `{name}`");
                Err(Problem::new(StatusCode::BAD_REQUEST, "parameter_unknown", detail)
                    .hint(format!("parameters: {}", names.join(", "))))
            }
            None => Ok(()),
        }
    }
}

fn format(wanted: Option<&str>, headers: &HeaderMap) -> Result<Format, Problem> {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    match wanted {
        Some("json") => Ok(Format::Json),
        Some("csv") => Ok(Format::Csv),
        Some(other) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "format_unknown",
            format!("there is no format `{other}`"),
        )
        .hint("formats: json, csv")),
        None if accepts.starts_with("text/csv") => Ok(Format::Csv),
        None => Ok(Format::Json),
    }
}

/// A question that was wrong is the asker's, all else is ours.
fn refused(error: QueryError) -> Problem {
    let status = match &error {
        QueryError::Lake(_) | QueryError::Stored { .. } => StatusCode::SERVICE_UNAVAILABLE,
        QueryError::UnknownSurvey { .. }
        | QueryError::UnknownWave { .. }
        | QueryError::UnknownNamedTable { .. } => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    };
    Problem::new(status, error.code(), error.to_string()).hint(error.hint())
}

fn answered(body: Vec<u8>, format: Format, catalog: &Catalog) -> Response {
    let kind = match format {
        Format::Csv => "text/csv; charset=utf-8; header=present",
        _ => "application/json",
    };
    let tables: Vec<String> =
        catalog.versions().iter().map(|(table, version)| format!("{table}@{version}")).collect();
    let mut response = ([(header::CONTENT_TYPE, kind)], body).into_response();
    // Which versions a result was computed from is said beside it, never inside the data.
    if let Ok(tables) = HeaderValue::from_str(&tables.join(" ")) {
        response.headers_mut().insert(HeaderName::from_static("shukei-tables"), tables);
    }
    response
}
