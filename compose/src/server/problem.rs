use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::fault::Fault;

/// Why a request came to nothing, as RFC 9457 writes it, with our stable code and a hint.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) detail: String,
    pub(crate) hint: Option<Box<str>>,
    pub(crate) line: Option<usize>,
    pub(crate) path: Option<Box<str>>,
    pub(crate) retry_after: Option<u64>,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            detail: detail.into(),
            hint: None,
            line: None,
            path: None,
            retry_after: None,
        }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()).filter(|hint| !hint.is_empty()).map(Into::into), ..self }
    }

    /// Which of several lines it is about, from 1.
    pub(crate) fn line(self, line: usize) -> Self {
        Self { line: Some(line), ..self }
    }

    pub(crate) fn path(self, path: impl Into<String>) -> Self {
        Self { path: Some(path.into()).filter(|path| !path.is_empty()).map(Into::into), ..self }
    }

    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let (code, detail, hint) = fault.parts();
        // What the program was asked to read and cannot: not the asker's doing.
        Self {
            hint: hint.map(Into::into),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code.as_deref().unwrap_or("unavailable"), detail)
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: &self.code,
            detail: &self.detail,
            hint: self.hint.as_deref(),
            line: self.line,
            path: self.path.as_deref(),
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
