//! A running program asked over HTTP. The client blocks: call it through [`blocking`].

use std::time::Duration;

use serde::Deserialize;
use shukei_worker::Receipt;
use ureq::Agent;
use ureq::http::Response;

use crate::fault::Fault;

const CONNECT: Duration = Duration::from_secs(5);
/// Longer than the other side lets a query run.
const ANSWER: Duration = Duration::from_secs(120);
const ANSWER_BYTES_MAX: u64 = 1 << 30;

/// One server.
#[derive(Clone)]
pub(crate) struct Client {
    base: String,
    agent: Agent,
}

/// An answer with rows.
pub(crate) struct Answer {
    pub(crate) body: Vec<u8>,
    /// Which versions of the tables it was read from.
    pub(crate) tables: String,
}

/// What `POST /v1/submissions` says.
#[derive(Debug, Deserialize)]
pub(crate) struct Accepted {
    pub(crate) receipts: Vec<Receipt>,
}

/// Why a request came to nothing.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) detail: String,
    pub(crate) hint: Option<String>,
    /// Which of several lines.
    pub(crate) line: Option<usize>,
    /// Seconds after which it may be tried again.
    #[serde(skip)]
    pub(crate) retry_after: Option<u64>,
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let Refusal { status, code, detail, hint, .. } = refusal;
        Fault::no(format!("{detail} (HTTP {status})"), hint.unwrap_or_default()).code(code)
    }
}

/// Runs what blocks beside the runtime.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(anyhow::Error::from)?
}

impl Client {
    /// A client of the server at this address.
    ///
    /// # Errors
    /// A fault of use if it is not an address.
    pub(crate) fn new(url: &str) -> Result<Self, Fault> {
        let base = url.trim_end_matches('/').to_owned();
        if !base.starts_with("http://") && !base.starts_with("https://") {
            return Err(Fault::usage(
                format!("`{url}` is not the address of a server"),
                "write it like http://127.0.0.1:8080",
            ));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .max_idle_connections_per_host(16)
            .build();
        Ok(Self { base, agent: config.into() })
    }

    /// The rows of a query, as `json` or `csv`.
    pub(crate) fn sql(&self, query: &str, format: &str) -> Result<Answer, Fault> {
        let body = serde_json::json!({ "sql": query, "format": format }).to_string();
        let url = format!("{}/v1/sql", self.base);
        let sent = self.agent.post(&url).content_type("application/json").send(body);
        let mut response = sent.map_err(|error| self.away(&error))?;
        let tables = header(&response, "shukei-tables").unwrap_or_default();
        let body = read(&mut response).map_err(|error| self.away(&error))?;
        match response.status().is_success() {
            true => Ok(Answer { body, tables }),
            false => Err(refusal(&response, &body).into()),
        }
    }

    /// Sends JSON lines. The outer error is of the way there, the inner one is the server's answer.
    pub(crate) fn submit(&self, lines: Vec<u8>) -> Result<Result<Accepted, Refusal>, ureq::Error> {
        let url = format!("{}/v1/submissions", self.base);
        let mut response = self.agent.post(&url).content_type("application/x-ndjson").send(lines)?;
        let body = read(&mut response)?;
        if !response.status().is_success() {
            return Ok(Err(refusal(&response, &body)));
        }
        Ok(serde_json::from_slice(&body).map_err(|_| Refusal {
            status: response.status().as_u16(),
            code: "answer_unreadable".to_owned(),
            detail: "the server's answer is not that of shukei".to_owned(),
            ..Refusal::default()
        }))
    }

    /// Status and body of any route.
    pub(crate) fn get(&self, path: &str) -> Result<(u16, String), Fault> {
        let sent = self.agent.get(&format!("{}{path}", self.base)).call();
        let mut response = sent.map_err(|error| self.away(&error))?;
        let body = read(&mut response).map_err(|error| self.away(&error))?;
        Ok((response.status().as_u16(), String::from_utf8_lossy(&body).into_owned()))
    }

    /// What an error on the way there means.
    pub(crate) fn away(&self, error: &ureq::Error) -> Fault {
        Fault::no(
            format!("no answer from {}: {error}", self.base),
            "see whether `shukei up` runs there; `shukei doctor --url URL` looks",
        )
        .code("server_unreachable")
    }
}

fn read(response: &mut Response<ureq::Body>) -> Result<Vec<u8>, ureq::Error> {
    response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec()
}

fn header(response: &Response<ureq::Body>, name: &str) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}

fn refusal(response: &Response<ureq::Body>, body: &[u8]) -> Refusal {
    let status = response.status().as_u16();
    let mut refusal: Refusal = serde_json::from_slice(body).unwrap_or_else(|_| Refusal {
        code: "server_refuses".to_owned(),
        detail: "the server refuses and does not say why".to_owned(),
        ..Refusal::default()
    });
    refusal.status = status;
    refusal.retry_after = header(response, "retry-after").and_then(|seconds| seconds.parse().ok());
    refusal
}
