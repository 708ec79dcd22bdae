//! A code, typed once within the hour, makes a browser a device.

use super::{check_not_revoked, receipt_prefix};
use crate::{
    app_state::App,
    audit::{self, Actor},
    auth::{
        ManagerCaller, caller,
        slow_down::{self, Subject},
    },
    body::{Json, PathId},
    database::{Database, Tx, enter},
    error::{Error, Result},
    origin::Origin,
    pokes::news::{self, News, Told},
    secrets,
};
use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use keeptill_domain::{DeviceId, Epoch, TenantId};
use keeptill_sync::wire::{PairRequest, PairResponse};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// How long a code may be used.
pub const CODE_HOURS: i64 = 1;

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairingOffer {
    #[schema(value_type = Uuid)]
    pub device_id: DeviceId,
    /// Works once: `K7QF-2M9X`.
    pub pairing_code: String,
    pub expires_at: DateTime<Utc>,
}

#[utoipa::path(post, path = "/api/devices/{id}/pairing-code", tag = "devices", params(("id" = Uuid, Path)),
    responses((status = 201, body = PairingOffer, description = "The code before it is void."), (status = 404),
        (status = 409, description = "`device_revoked`")))]
pub async fn offer_pairing_code(
    State(app): State<App>,
    caller: ManagerCaller,
    PathId(device): PathId<DeviceId>,
) -> Result<(StatusCode, Json<PairingOffer>)> {
    Ok((StatusCode::CREATED, Json(offer_again(&app.db, &caller, device).await?)))
}

/// A new code for a device that is there already; the browser that uses it takes the old one's place.
pub async fn offer_again(db: &Database, caller: &ManagerCaller, device: DeviceId) -> Result<PairingOffer> {
    let mut tx = db.begin(caller.tenant).await?;
    check_not_revoked(&caller::device(&mut tx, caller.tenant, device).await?)?;
    let offer = offer(&mut tx, device).await?;
    audit::record(&mut tx, caller.tenant, caller.actor(), "device.offer_code", device, None, None).await?;
    tx.commit().await?;
    Ok(offer)
}

/// A new code for a device of the running transaction's tenant.
pub async fn offer(tx: &mut Tx, device: DeviceId) -> Result<PairingOffer> {
    let code = secrets::pairing_code();
    let expires_at = Utc::now() + TimeDelta::hours(CODE_HOURS);
    sqlx::query!("select offer_pairing_code($1, $2, $3)", secrets::hash(&code), device.0, expires_at)
        .fetch_one(&mut **tx)
        .await?;
    Ok(PairingOffer { device_id: device, pairing_code: code, expires_at })
}

#[utoipa::path(post, path = "/api/devices/pair", tag = "devices", request_body = Object,
    responses((status = 200, description = "Who this browser is, and its token.", body = Object),
        (status = 404, description = "`unknown_code`: never given out, used up, or too old."),
        (status = 429, description = "Too many attempts from this address.")))]
pub async fn pair_device(
    State(app): State<App>,
    origin: Origin,
    Json(request): Json<PairRequest>,
) -> Result<Json<PairResponse>> {
    let subject = [Subject::Pairing(origin.address)];
    slow_down::check(&app.db, &subject).await?;
    match pair(&app.db, &request.pairing_code).await? {
        Some(paired) => Ok(Json(paired)),
        None => {
            slow_down::count(&app.db, &subject).await?;
            let message = "This code is not known: it may be mistyped, used already, or older than an hour.";
            Err(Error::new(StatusCode::NOT_FOUND, "unknown_code", message).field("pairingCode"))
        }
    }
}

/// Uses a code up. `None` where it is not to be used.
async fn pair(db: &Database, typed: &str) -> Result<Option<PairResponse>> {
    let Some(code) = secrets::read_pairing_code(typed) else { return Ok(None) };
    let mut tx = db.begin_anonymous().await?;
    let taken = sqlx::query!(
        r#"select tenant_id as "tenant_id!", device_id as "device_id!" from take_pairing_code($1)"#,
        secrets::hash(&code)
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(taken) = taken else { return Ok(None) };
    let (tenant, device) = (TenantId(taken.tenant_id), DeviceId(taken.device_id));
    enter(&mut tx, tenant).await?;
    let token = caller::device_token(tenant, device);
    let row = sqlx::query!(
        "update devices d set token_hash = $3, pairings = d.pairings + 1, paired_at = clock_timestamp(), last_seen_at = clock_timestamp()
        from tenants t
        where t.tenant_id = d.tenant_id and d.tenant_id = $1 and d.device_id = $2 and d.revoked_at is null
        returning d.store_id, d.name, d.number, d.pairings, t.epoch",
        tenant.0,
        device.0,
        secrets::hash(&token)
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let after = json!({ "name": row.name });
    audit::record(&mut tx, tenant, Actor::device(device), "device.pair", device, None, Some(after)).await?;
    // The browser that was this device until now is not any more.
    news::tell(&mut tx, &News { tenant, told: Told::Device { device } }).await?;
    tx.commit().await?;
    Ok(Some(PairResponse {
        device_id: device,
        device_token: token,
        tenant_id: tenant,
        store_id: row.store_id.into(),
        epoch: Epoch(row.epoch),
        device_name: row.name,
        receipt_prefix: receipt_prefix(row.number, row.pairings),
    }))
}
