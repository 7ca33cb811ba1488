use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use shukei_ingest::IngestProgress;
use shukei_transform::TransformProgress;
use tokio::sync::watch;

use super::Server;
use crate::fault::Fault;

/// What the workers say of themselves.
pub(crate) struct Observed {
    pub(crate) ingested: watch::Receiver<IngestProgress>,
    pub(crate) transformed: watch::Receiver<TransformProgress>,
}

/// Bounds of the buckets of `shukei_http_request_seconds`.
const SECONDS: [f64; 10] = [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 30.0];

/// How often times that were measured are counted into their buckets. Until then each of them is held in memory, and
/// nothing else but a look at `/metrics` would count them.
const COUNTED_EVERY: Duration = Duration::from_secs(5);

/// Gathers all measurements of the process from here on. To be called where there is a runtime.
pub(crate) fn recorder() -> Result<PrometheusHandle, Fault> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full("shukei_http_request_seconds".to_owned()), &SECONDS)
        .map_err(anyhow::Error::from)?;
    let handle = builder.install_recorder().map_err(anyhow::Error::from)?;
    let measured = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(COUNTED_EVERY).await;
            measured.run_upkeep();
        }
    });
    metrics::describe_counter!("shukei_submissions_total", "Submissions over HTTP, by what became of them");
    metrics::describe_counter!("shukei_http_requests_total", "Requests, by route and status");
    metrics::describe_histogram!("shukei_http_request_seconds", "Seconds to answer, by route");
    metrics::describe_gauge!("shukei_ingest_stored", "Records stored in raw since the start");
    metrics::describe_gauge!("shukei_ingest_holes", "Jumps of the topic's positions since the start");
    metrics::describe_gauge!("shukei_transform_decided", "Records interpreted since the start");
    metrics::describe_gauge!(
        "shukei_transform_behind",
        "Records stored since the start and not yet interpreted"
    );
    metrics::describe_gauge!("shukei_info", "Always 1; the version of the program");
    metrics::gauge!("shukei_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

/// `GET /metrics`, in the text format of Prometheus.
pub(super) async fn metrics(State(server): State<Arc<Server>>) -> Response {
    if let Some(observed) = &server.observed {
        let (ingested, transformed) = (*observed.ingested.borrow(), *observed.transformed.borrow());
        metrics::gauge!("shukei_ingest_stored").set(ingested.stored as f64);
        metrics::gauge!("shukei_ingest_holes").set(ingested.holes as f64);
        metrics::gauge!("shukei_transform_decided").set(transformed.decided as f64);
        let behind = ingested.stored.saturating_sub(transformed.decided);
        metrics::gauge!("shukei_transform_behind").set(behind as f64);
    }
    server.metrics.run_upkeep();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], server.metrics.render())
        .into_response()
}

/// Counts and times every request.
pub(super) async fn count(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("other", |path| path.as_str()).to_owned();
    let began = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!("shukei_http_request_seconds", "route" => route.clone())
        .record(began.elapsed().as_secs_f64());
    metrics::counter!("shukei_http_requests_total", "route" => route, "status" => status).increment(1);
    response
}
