//! The program over HTTP: submissions in, answers out. Nobody is asked for a password yet, so it listens on the
//! loopback unless the configuration says otherwise.

mod asking;
mod catalogs;
mod health;
mod observed;
mod problem;
mod receipt;
mod status;
mod submissions;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri};
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusHandle;
use shukei_lake::Lake;
use shukei_schemas::definition::Definitions;
use shukei_worker::Door;
use tokio::sync::watch;

use crate::config;
pub(crate) use health::Health;
pub(crate) use observed::{Observed, recorder};

use catalogs::Catalogs;
use problem::Problem;

/// What the routes share.
pub(crate) struct Server {
    catalogs: Catalogs,
    /// Absent where the process only answers.
    door: Option<Door>,
    health: Health,
    settings: config::Http,
    metrics: PrometheusHandle,
    observed: Option<Observed>,
}

impl Server {
    pub(crate) fn new(
        lake: Lake,
        definitions: watch::Receiver<Arc<Definitions>>,
        health: Health,
        settings: config::Http,
        metrics: PrometheusHandle,
    ) -> Self {
        let catalogs = Catalogs::new(lake, definitions);
        Self { catalogs, door: None, health, settings, metrics, observed: None }
    }

    /// Takes submissions as well.
    pub(crate) fn taking(self, door: Door) -> Self {
        Self { door: Some(door), ..self }
    }

    /// Tells how far the workers in this process are.
    pub(crate) fn observing(self, observed: Observed) -> Self {
        Self { observed: Some(observed), ..self }
    }

    /// All routes.
    pub(crate) fn router(self) -> Router {
        let bytes_max = self.settings.request_bytes_max;
        Router::new()
            .route("/v1/submissions", post(submissions::post))
            .route("/v1/submissions/{receipt}", get(status::get))
            .route("/v1/sql", post(asking::sql))
            .route("/v1/surveys", get(asking::surveys))
            .route("/v1/surveys/{survey}/waves/{wave}/tabulations", get(asking::tabulations))
            .route("/v1/surveys/{survey}/tabulations", get(asking::tabulations_of_only_wave))
            .route("/healthz", get(health::healthz))
            .route("/readyz", get(health::readyz))
            .route("/metrics", get(observed::metrics))
            .fallback(nowhere)
            .method_not_allowed_fallback(not_so)
            .layer(DefaultBodyLimit::max(bytes_max))
            .layer(axum::middleware::from_fn(observed::count))
            .with_state(Arc::new(self))
    }
}

async fn nowhere(uri: Uri) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "route_unknown", format!("there is nothing at `{}`", uri.path()))
        .hint(
            "POST /v1/submissions, GET /v1/submissions/{receipt}, POST /v1/sql, GET /v1/surveys, \
         GET /v1/surveys/{survey}/waves/{wave}/tabulations, /v1/surveys/{survey}/tabulations, /healthz, /readyz, /metrics",
        )
}

async fn not_so() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "not with this method")
        .hint("submissions and SQL are sent with POST, all else is read with GET")
}
