//! The paired browsers: made by a manager, paired with a code, revoked when they are lost.

pub mod pairing;

use crate::{
    app_state::App,
    audit,
    auth::{ManagerCaller, caller},
    body::{Json, PathId, Query},
    database::{Database, Tx},
    error::{Error, Result},
    input,
    page::{self, PageQuery},
    pokes::news::{self, News, Told},
    sales::cursor::Page,
    stores,
};
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{delete, get, post},
};
use chrono::{DateTime, Utc};
use keeptill_domain::{DeviceId, StoreId, TenantId};
use pairing::PairingOffer;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/devices", get(list_devices).post(create_device))
        .route("/api/devices/pair", post(pairing::pair_device))
        .route("/api/devices/{id}", delete(revoke_device))
        .route("/api/devices/{id}/pairing-code", post(pairing::offer_pairing_code))
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewDevice {
    pub name: String,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    pub device_id: Uuid,
    pub name: String,
    pub store_id: Uuid,
    pub store_name: String,
    /// What its receipts begin with: `T3`, or `T3B` after it was paired a second time.
    pub receipt_prefix: String,
    pub created_at: DateTime<Utc>,
    pub paired_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub last_seen_at: Option<DateTime<Utc>>,
    pub last_pull_at: Option<DateTime<Utc>>,
    pub last_push_at: Option<DateTime<Utc>>,
    /// Events it had not sent when it was last heard.
    pub pending_count: Option<i64>,
    pub app_version: Option<String>,
    #[serde(skip)]
    number: i32,
    #[serde(skip)]
    pairings: i32,
}

/// What stands before the number on a device's receipts: `T3`. A browser that is paired later in its place may not know
/// how far the numbers have come, and the one before may still hold sales; so each pairing has a series of its own:
/// `T3B`, `T3C`, …, `T3Z`, `T3AA`.
pub fn receipt_prefix(number: i32, pairings: i32) -> String {
    let mut letters = Vec::new();
    let mut left = if pairings > 1 { pairings } else { 0 };
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'A' + u8::try_from(left % 26).unwrap_or_default()));
        left /= 26;
    }
    format!("T{number}{}", letters.iter().rev().collect::<String>())
}

#[utoipa::path(post, path = "/api/devices", tag = "devices", request_body = NewDevice,
    responses((status = 201, body = PairingOffer), (status = 404, description = "No such store."),
        (status = 422, description = "The name.")))]
pub async fn create_device(
    State(app): State<App>,
    caller: ManagerCaller,
    Json(device): Json<NewDevice>,
) -> Result<(StatusCode, Json<PairingOffer>)> {
    Ok((StatusCode::CREATED, Json(create(&app.db, &caller, device).await?)))
}

pub async fn create(db: &Database, caller: &ManagerCaller, device: NewDevice) -> Result<PairingOffer> {
    let name = input::name(&device.name, "name")?;
    let id = DeviceId(Uuid::now_v7());
    let mut tx = db.begin(caller.tenant).await?;
    stores::check(&mut tx, caller.tenant, device.store_id).await?;
    let number = next_number(&mut tx, caller.tenant).await?;
    sqlx::query!(
        "insert into devices (tenant_id, device_id, store_id, name, number) values ($1, $2, $3, $4, $5)",
        caller.tenant.0,
        id.0,
        device.store_id.0,
        name,
        number
    )
    .execute(&mut *tx)
    .await?;
    let after = json!({ "name": name, "storeId": device.store_id, "number": number });
    audit::record(&mut tx, caller.tenant, caller.actor(), "device.create", id, None, Some(after)).await?;
    let offer = pairing::offer(&mut tx, id).await?;
    tx.commit().await?;
    Ok(offer)
}

/// Two devices made at one moment wait for each other here, since a number is never given twice.
async fn next_number(tx: &mut Tx, tenant: TenantId) -> Result<i32> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('keeptill devices ' || $1::text, 0))",
        tenant.to_string()
    )
    .fetch_one(&mut **tx)
    .await?;
    let number = sqlx::query_scalar!(
        r#"select coalesce(max(number), 0) + 1 as "number!" from devices where tenant_id = $1"#,
        tenant.0
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(number)
}

#[utoipa::path(get, path = "/api/devices", tag = "devices", params(PageQuery),
    responses((status = 200, body = Page<Device>)))]
pub async fn list_devices(
    State(app): State<App>,
    caller: ManagerCaller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Device>>> {
    list(&app.db, caller.tenant, &query).await.map(Json)
}

/// In the order of their numbers, revoked ones too.
pub async fn list(db: &Database, tenant: TenantId, query: &PageQuery) -> Result<Page<Device>> {
    let limit = page::rows(query.limit, page::ROWS_DEFAULT, page::ROWS_MAX)?;
    let after: i32 = query.cursor.as_deref().map_or(Ok(0), page::read_cursor)?;
    let mut tx = db.begin(tenant).await?;
    let mut devices = sqlx::query_as!(
        Device,
        r#"select d.device_id, d.name, d.store_id, s.name as store_name, '' as "receipt_prefix!",
            d.created_at, d.paired_at, d.revoked_at, d.last_seen_at, d.last_pull_at, d.last_push_at, d.pending_count,
            d.app_version, d.number, d.pairings
        from devices d join stores s using (tenant_id, store_id)
        where d.tenant_id = $1 and d.number > $2 order by d.number limit $3"#,
        tenant.0,
        after,
        limit as i64 + 1
    )
    .fetch_all(&mut *tx)
    .await?;
    for device in &mut devices {
        device.receipt_prefix = receipt_prefix(device.number, device.pairings);
    }
    page::of(devices, limit, |device| device.number)
}

#[utoipa::path(delete, path = "/api/devices/{id}", tag = "devices", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Its token is worth nothing any more."), (status = 404)))]
pub async fn revoke_device(
    State(app): State<App>,
    caller: ManagerCaller,
    PathId(device): PathId<DeviceId>,
) -> Result<StatusCode> {
    revoke(&app.db, &caller, device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revoking twice is revoking once. What the device still holds may be pushed; it waits for a manager then.
pub async fn revoke(db: &Database, caller: &ManagerCaller, device: DeviceId) -> Result<()> {
    let mut tx = db.begin(caller.tenant).await?;
    let row = caller::device(&mut tx, caller.tenant, device).await?;
    let revoked = sqlx::query!(
        "update devices set revoked_at = clock_timestamp()
        where tenant_id = $1 and device_id = $2 and revoked_at is null",
        caller.tenant.0,
        device.0
    )
    .execute(&mut *tx)
    .await?;
    if revoked.rows_affected() > 0 {
        news::tell(&mut tx, &News { tenant: caller.tenant, told: Told::Device { device } }).await?;
        let before = json!({ "name": row.name });
        audit::record(&mut tx, caller.tenant, caller.actor(), "device.revoke", device, Some(before), None).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// # Errors
/// 409 where the device is revoked.
fn check_not_revoked(device: &crate::auth::DeviceRow) -> Result<()> {
    match device.revoked_at {
        None => Ok(()),
        Some(_) => Err(Error::conflict("device_revoked", "This device was revoked; make a new one.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_pairings_of_any_two_devices_share_a_series() {
        let series = |number, pairings| receipt_prefix(number, pairings);
        assert_eq!((series(3, 1), series(3, 2), series(3, 26)), ("T3".into(), "T3B".into(), "T3Z".into()));
        assert_eq!((series(3, 27), series(3, 702), series(3, 703)), ("T3AA".into(), "T3ZZ".into(), "T3AAA".into()));
        let all: std::collections::HashSet<String> =
            (1..=30).flat_map(|number| (1..=800).map(move |pairings| series(number, pairings))).collect();
        assert_eq!(all.len(), 30 * 800);
    }
}
