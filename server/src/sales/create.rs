//! `POST /api/sales`: one sale, from whoever is online. It goes the way of every push, so that the same sale sent
//! here and there is the same sale.

use super::view::{SaleView, load};
use crate::{
    app_state::App,
    auth::PushCaller,
    body::Json,
    error::{Error, Result},
    openapi::shapes::{EventOutcome, SaleEvent},
    push::{Envelope, Load, batch::Report, read::parse, receive},
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use keeptill_domain::Sale;
use keeptill_sync::wire::{EventResult, EventStatus};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, value::to_raw_value};
use uuid::Uuid;

/// What is answered: the event's result, and the sale as it stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Created {
    #[serde(flatten)]
    #[schema(value_type = EventOutcome)]
    result: EventResult,
    sale: Option<SaleView>,
}

/// Records one sale. Without a `clientId` the server mints one.
#[utoipa::path(
    post, path = "/api/sales", tag = "sales", request_body = SaleEvent,
    responses(
        (status = 201, description = "Recorded, with its conflicts where it has any", body = Created),
        (status = 200, description = "The same sale was recorded before; `duplicate` is true", body = Created),
        (status = 400, description = "No sale, and no `clientId` by which it could be kept for a manager to see"),
        (status = 413, description = "More than 500 items"),
        (status = 422, description = "An event of another type"),
    ),
)]
pub async fn create(
    State(app): State<App>,
    PushCaller(caller): PushCaller,
    Json(mut body): Json<Map<String, Value>>,
) -> Result<Response> {
    let envelope = Envelope {
        device: named(&body, "deviceId")?,
        store: named(&body, "storeId")?,
        report: Report { device_time: named(&body, "deviceTime")?, ..Report::default() },
    };
    if body.get("clientId").is_none_or(Value::is_null) {
        mint(&mut body)?;
    }
    let text = to_raw_value(&body).map_err(Error::internal)?;
    let called = Load { texts: &[text], called: "sale", assumed_type: Some("sale") };
    let result = receive(&app.db, &caller, envelope, called).await?.results.pop();
    let result = result.ok_or_else(|| Error::internal("a push of one sale has one result"))?;
    if result.status == EventStatus::Rejected {
        return Err(refused(result));
    }
    let sale = match result.sale_id {
        Some(sale_id) => view(&app, caller.tenant(), sale_id.0).await?,
        None => None,
    };
    let status = if result.duplicate { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(Created { result, sale })).into_response())
}

fn named<T: DeserializeOwned>(body: &Map<String, Value>, name: &str) -> Result<Option<T>> {
    let given = body.get(name).filter(|value| !value.is_null());
    given.map(parse).transpose().map_err(|why| Error::malformed("malformed_body", why).field(name))
}

/// A sale without a name of its own comes from somebody who is waiting for the answer. What is no sale at all can be
/// refused then: nothing was promised to anybody.
fn mint(body: &mut Map<String, Value>) -> Result<()> {
    body.insert("clientId".into(), Uuid::now_v7().to_string().into());
    let sale = Value::Object(body.clone());
    parse::<Sale>(&sale).map(drop).map_err(|why| Error::malformed("malformed_body", why))
}

fn refused(result: EventResult) -> Error {
    let (code, message) = result.error.map(|error| (error.code, error.message)).unwrap_or_default();
    match code.as_str() {
        "unreadable_event" => Error::malformed("malformed_body", message).field("clientId"),
        "unknown_event_type" => Error::unprocessable("unknown_event_type", message).field("type"),
        _ => Error::away("temporarily_unstorable", message),
    }
}

async fn view(app: &App, tenant: keeptill_domain::TenantId, sale_id: Uuid) -> Result<Option<SaleView>> {
    let mut tx = app.db.begin(tenant).await?;
    let key =
        sqlx::query!("select client_id, copy from sales where tenant_id = $1 and sale_id = $2", tenant.0, sale_id,)
            .fetch_optional(&mut *tx)
            .await?;
    let keys: Vec<_> = key.into_iter().map(|row| (row.client_id, row.copy)).collect();
    Ok(load(&mut tx, tenant, &keys).await?.pop())
}
