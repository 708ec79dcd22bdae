//! Telling devices that there is something to pull, over server-sent events. CONTRACT.md, "Pull".
//!
//! A hint only. Whatever is lost here (a connection, a notification, this process) costs a device the time until it
//! asks by itself, so nothing here is retried or stored. What one server's transaction changes, the streams of every
//! server on the database hear of through PostgreSQL's NOTIFY.

pub mod hub;
pub mod news;
mod stream;

use crate::{
    app_state::App,
    auth::Caller,
    error::{Error, Result},
};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header::CACHE_CONTROL},
    response::{
        IntoResponse, Response,
        sse::{KeepAlive, Sse},
    },
    routing::get,
};
use hub::{Full, Listening};
use std::time::Duration;

/// How often a line is sent where nothing else is, so that neither end nor anything between takes the other for dead.
pub const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(20);
/// When a client that had one stream too many may try again.
const FULL_RETRY_SECONDS: u32 = 60;

pub fn router() -> Router<App> {
    Router::new().route("/api/sync/events", get(get_events))
}

/// Stays open and sends an event `poke` when something to pull has changed.
#[utoipa::path(
    get, path = "/api/sync/events", tag = "sync",
    responses(
        (status = 200, content_type = "text/event-stream",
            description = "`event: poke` with `{\"collections\": […]}` as its data. A hint only: it may be lost."),
        (status = 401, description = "No or bad credentials, or a revoked device"),
        (status = 429, description = "`too_many_streams`: of this device or person, or of this shop"),
        (status = 503, description = "`too_many_streams` at this server, or it is stopping"),
    ),
)]
pub async fn get_events(State(app): State<App>, caller: Caller, headers: HeaderMap) -> Result<Response> {
    let subscription = app.pokes.open(Listening::of(&caller)).map_err(refusal)?;
    let events = stream::events(app.db.clone(), headers, subscription);
    let sse = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE_EVERY));
    let mut response = sse.into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // What nginx and those that copy it look for before they collect an answer and pass it on whole.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

fn refusal(full: Full) -> Error {
    let busy = |message| Error::too_many(message, FULL_RETRY_SECONDS).code("too_many_streams");
    let away = |message| Error::away("too_many_streams", message).retry_after(FULL_RETRY_SECONDS);
    match full {
        Full::Client => busy("This device has too many event streams open; it goes on by asking from time to time."),
        Full::Tenant => busy("This shop has too many event streams open; devices go on by asking from time to time."),
        Full::Server => away("This server has too many event streams open; go on by asking from time to time."),
        Full::Stopping => Error::away("stopping", "This server is stopping; another one will answer in a moment."),
    }
}
