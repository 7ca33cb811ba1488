use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Server;

/// Why the program cannot take or answer requests just now, and what else an operator should know. Cheap to clone;
/// clones share everything.
#[derive(Clone, Default)]
pub(crate) struct Health {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    not_ready: BTreeMap<&'static str, String>,
    notes: BTreeMap<&'static str, String>,
}

impl Health {
    /// A part does not work.
    pub(crate) fn fails(&self, part: &'static str, why: impl Into<String>) {
        self.with(|inner| inner.not_ready.insert(part, why.into()));
    }

    /// A part works again.
    pub(crate) fn works(&self, part: &'static str) {
        self.with(|inner| inner.not_ready.remove(part));
    }

    /// Something is not as somebody wants it, but everything works.
    pub(crate) fn note(&self, part: &'static str, what: impl Into<String>) {
        self.with(|inner| inner.notes.insert(part, what.into()));
    }

    /// It is as it should be again.
    pub(crate) fn settled(&self, part: &'static str) {
        self.with(|inner| inner.notes.remove(part));
    }

    fn with<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        change(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: whether it can do its work, and if not, why not.
pub(super) async fn readyz(State(server): State<Arc<Server>>) -> Response {
    let (not_ready, notes) = server.health.with(|inner| (inner.not_ready.clone(), inner.notes.clone()));
    let status = if not_ready.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({ "ready": not_ready.is_empty(), "because": not_ready, "notes": notes });
    (status, Json(body)).into_response()
}
