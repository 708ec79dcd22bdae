//! Pushing: a device hands over what it did. CONTRACT.md, "Push".
//!
//! Deliberately absent: any way for a readable sale to be refused. Money was taken for it, so whatever is wrong with
//! it is kept with it, for a manager to see.

pub mod batch;
mod bench;
mod chain;
mod close;
mod judge;
mod plan;
pub mod read;
mod record;
mod restart;
pub mod sender;
pub mod sequence;

use crate::{
    app_state::App,
    auth::{Caller, PushCaller},
    body::Json,
    database::Database,
    error::{Error, Result},
    log::{self, Outcome},
    openapi::shapes::{PushAnswer, PushBody, SalesPushBody},
};
use axum::{Router, extract::State, routing::post};
use batch::{Push, Report};
use chrono::{DateTime, Utc};
use keeptill_domain::{DeviceId, StoreId};
use keeptill_sync::wire::{EVENTS_PER_PUSH_MAX, EventStatus, PushResponse};
use sender::Sender;
use serde::Deserialize;
use serde_json::{json, value::RawValue};

pub fn router() -> Router<App> {
    Router::new().route("/api/sync/push", post(push_events)).route("/api/sync/sales/push", post(push_sales))
}

/// The body of a push of events. Each is kept as the text it came as until it is read by itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventsBody {
    device_id: Option<DeviceId>,
    store_id: Option<StoreId>,
    device_time: Option<DateTime<Utc>>,
    pending_count: Option<i64>,
    oldest_pending_at: Option<DateTime<Utc>>,
    app_version: Option<String>,
    events: Vec<Box<RawValue>>,
}

/// The body of a push of sales alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SalesBody {
    device_id: Option<DeviceId>,
    store_id: Option<StoreId>,
    device_time: Option<DateTime<Utc>>,
    pending_count: Option<i64>,
    oldest_pending_at: Option<DateTime<Utc>>,
    app_version: Option<String>,
    sales: Vec<Box<RawValue>>,
}

/// Who is named in a body, and what is told beside the events.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    pub device: Option<DeviceId>,
    pub store: Option<StoreId>,
    pub report: Report,
}

/// What a push carries: the texts, what they are called in errors, and what they are where they don't say.
#[derive(Clone, Copy, Debug)]
pub struct Load<'a> {
    pub texts: &'a [Box<RawValue>],
    pub called: &'static str,
    pub assumed_type: Option<&'static str>,
}

/// Hands over events of a device's journal.
#[utoipa::path(
    post, path = "/api/sync/push", tag = "sync", request_body = PushBody,
    responses(
        (status = 200, description = "One result for each event, in order", body = PushAnswer),
        (status = 400, description = "The envelope can't be read"),
        (status = 413, description = "More than 200 events, 500 items in a sale or 4 MiB; nothing was applied"),
    ),
)]
pub async fn push_events(
    State(app): State<App>,
    PushCaller(caller): PushCaller,
    Json(body): Json<EventsBody>,
) -> Result<Json<PushResponse>> {
    let report = Report {
        device_time: body.device_time,
        pending_count: body.pending_count,
        oldest_pending_at: body.oldest_pending_at,
        app_version: body.app_version,
    };
    let envelope = Envelope { device: body.device_id, store: body.store_id, report };
    let load = Load { texts: &body.events, called: "events", assumed_type: None };
    receive(&app.db, &caller, envelope, load).await.map(Json)
}

/// Hands over sales alone.
#[utoipa::path(
    post, path = "/api/sync/sales/push", tag = "sync", request_body = SalesPushBody,
    responses(
        (status = 200, description = "One result for each sale, in order", body = PushAnswer),
        (status = 400, description = "The envelope can't be read"),
        (status = 413, description = "More than 200 sales, 500 items in one or 4 MiB; nothing was applied"),
    ),
)]
pub async fn push_sales(
    State(app): State<App>,
    PushCaller(caller): PushCaller,
    Json(body): Json<SalesBody>,
) -> Result<Json<PushResponse>> {
    let report = Report {
        device_time: body.device_time,
        pending_count: body.pending_count,
        oldest_pending_at: body.oldest_pending_at,
        app_version: body.app_version,
    };
    let envelope = Envelope { device: body.device_id, store: body.store_id, report };
    let load = Load { texts: &body.sales, called: "sales", assumed_type: Some("sale") };
    receive(&app.db, &caller, envelope, load).await.map(Json)
}

/// Reads and records a push, whichever way it came in.
///
/// # Errors
/// 403 and 404 as [`Sender::of`] has them, 413 over a limit, 503 when the database is away.
pub async fn receive(db: &Database, caller: &Caller, envelope: Envelope, load: Load<'_>) -> Result<PushResponse> {
    let sender = Sender::of(db, caller, envelope.device, envelope.store).await?;
    // What is told beside the events is about the one who sends them.
    let report = if sender.handed_in_by.is_none() { envelope.report } else { Report::default() };
    match read_all(load) {
        Ok(events) => batch::push(db, &Push { sender, events, report }).await.inspect(count),
        Err(error) => {
            log_refusal(db, &sender, &error).await;
            Err(error)
        }
    }
}

fn count(response: &PushResponse) {
    for result in &response.results {
        let status = match result.status {
            _ if result.duplicate => "duplicate",
            EventStatus::Synced => "synced",
            EventStatus::Conflict => "conflict",
            EventStatus::Rejected => "rejected",
        };
        metrics::counter!("keeptill_push_events_total", "status" => status).increment(1);
    }
}

fn read_all(load: Load<'_>) -> Result<Vec<read::Event>> {
    if load.texts.len() > EVENTS_PER_PUSH_MAX {
        let message = format!("A push has at most {EVENTS_PER_PUSH_MAX} {}; nothing of it was applied.", load.called);
        return Err(Error::too_large(message).field(load.called));
    }
    let place = |index: usize| format!("{}[{index}]", load.called);
    load.texts.iter().enumerate().map(|(index, text)| read::read(text, &place(index), load.assumed_type)).collect()
}

/// A push over a limit shows in the log of syncs. That it can't be logged is no reason to answer otherwise.
async fn log_refusal(db: &Database, sender: &Sender, error: &Error) {
    let logged = async {
        let mut tx = db.begin(sender.tenant).await?;
        let row = close::row_of(sender, Outcome::Failed);
        log::record(&mut tx, log::NewLogRow { errors: vec![json!({"error": error.detail()})], ..row }).await?;
        tx.commit().await.map_err(Error::from)
    };
    if let Err(cause) = logged.await {
        tracing::warn!(%cause, "a refused push could not be logged");
    }
}
