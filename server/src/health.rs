//! Is it up, is it ready, what has it done so far.

use crate::{app_state::App, body::Json, error::Result};
use axum::{Router, extract::State, http::header::CONTENT_TYPE, response::IntoResponse, routing::get};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::{Value, json};
use std::sync::OnceLock;

static METRICS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

pub fn router() -> Router<App> {
    Router::new().route("/healthz", get(up)).route("/readyz", get(ready))
}

/// What the operations listener serves.
pub fn operations_router(app: App) -> Router {
    router().route("/metrics", get(numbers)).with_state(app)
}

/// Begins to count; once for the process, however many servers it runs.
pub fn begin_counting() {
    METRICS.get_or_init(|| {
        PrometheusBuilder::new()
            .install_recorder()
            .inspect_err(|cause| tracing::warn!(%cause, "there will be no metrics"))
            .ok()
    });
}

#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "The process is up.")))]
pub async fn up() -> Json<Value> {
    Json(json!({ "status": "up" }))
}

#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, description = "The database answers, its tables are up to date."),
        (status = 503, description = "`database_unavailable`")))]
pub async fn ready(State(app): State<App>) -> Result<Json<Value>> {
    // The server listens only once the migrations are done.
    app.db.ping().await?;
    Ok(Json(json!({ "status": "ready" })))
}

async fn numbers() -> impl IntoResponse {
    let text = METRICS.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}
