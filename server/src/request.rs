//! What surrounds every request: its id, its line in the log, its time limit, its counters.

use crate::error::Error;
use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{
    any::Any,
    time::{Duration, Instant},
};
use tracing::Instrument;

/// The longest a request may take. A transaction still open then is rolled back, so this also bounds how long a
/// write may stay uncommitted; a pull by time leans on that.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request being answered, for an error's body.
pub fn current_request_id() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Gives the request its id, and says in the log and in the counters how it went.
pub async fn observe(request: Request, next: Next) -> Response {
    let id = uuid::Uuid::now_v7().to_string();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id = %id, %method, path);
    let began = Instant::now();
    let mut response = CURRENT.scope(id.clone(), next.run(request)).instrument(span.clone()).await;
    let took = began.elapsed();
    let status = response.status();
    span.in_scope(|| tracing::debug!(status = status.as_u16(), milliseconds = took.as_millis() as u64, "answered"));
    let labels = [("method", method.to_string()), ("route", route), ("status", status.as_u16().to_string())];
    metrics::counter!("keeptill_requests_total", &labels).increment(1);
    metrics::histogram!("keeptill_request_seconds", "route" => labels[1].1.clone()).record(took.as_secs_f64());
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Gives up on a request that takes longer than [`REQUEST_TIME_MAX`]; what it had begun is rolled back.
pub async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIME_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!("a request took too long and was given up");
            Error::away("too_slow", "That took too long, so nothing of it was done; try again in a moment.")
                .into_response()
        }
    }
}

/// What a panic in a handler becomes.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let cause = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without words");
    Error::internal(cause).into_response()
}

pub async fn no_such_route() -> Error {
    Error::not_found()
}

pub async fn no_such_method() -> Error {
    Error::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "That can't be done with this address.")
}
