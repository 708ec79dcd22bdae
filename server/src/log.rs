//! The log of syncs: one row for each pull and push, only ever added to. CONTRACT.md, "Status, log, conflicts".

use crate::{
    app_state::App,
    auth::Caller,
    body::{Json, Query},
    database::{Database, Tx},
    error::Result,
    sales::cursor::{Page, TimeCursor},
};
use axum::{Router, extract::State, routing::get};
use chrono::{DateTime, Utc};
use keeptill_domain::{DeviceId, SyncLogId, TenantId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

const PAGE_DEFAULT: i64 = 50;
pub const PAGE_MAX: i64 = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncType {
    Pull,
    Push,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Success,
    /// Some of it was refused.
    Partial,
    Failed,
}

/// A row to add.
#[derive(Clone, Debug)]
pub struct NewLogRow {
    pub tenant: TenantId,
    pub user: Option<UserId>,
    pub device: Option<DeviceId>,
    pub sync_type: SyncType,
    /// When the same was last done, as far as is known.
    pub last_sync: Option<DateTime<Utc>>,
    pub items_synced: usize,
    pub conflicts: usize,
    pub outcome: Outcome,
    pub errors: Vec<Value>,
}

/// A row as it is shown.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncLog {
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub user_id: Option<Uuid>,
    pub device_id: Option<Uuid>,
    /// `pull` or `push`.
    pub sync_type: String,
    pub last_sync: Option<DateTime<Utc>>,
    pub items_synced: i32,
    pub conflicts: i32,
    /// `success`, `partial` or `failed`.
    pub status: String,
    #[schema(value_type = Vec<Object>)]
    pub errors: Value,
    pub at: DateTime<Utc>,
}

impl SyncType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
        }
    }
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

pub fn router() -> Router<App> {
    Router::new().route("/api/sync/log", get(get_log))
}

/// Adds a row.
pub async fn record(tx: &mut Tx, row: NewLogRow) -> Result<SyncLogId> {
    let id = Uuid::now_v7();
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    sqlx::query!(
        "insert into sync_log
             (tenant_id, id, user_id, device_id, sync_type, last_sync, items_synced, conflicts, status, errors)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        row.tenant.0,
        id,
        row.user.map(|user| user.0),
        row.device.map(|device| device.0),
        row.sync_type.as_str(),
        row.last_sync,
        count(row.items_synced),
        count(row.conflicts),
        row.outcome.as_str(),
        Value::Array(row.errors),
    )
    .execute(&mut **tx)
    .await?;
    Ok(id.into())
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    #[param(value_type = Option<Uuid>)]
    device_id: Option<DeviceId>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// The syncs of a device, or of the whole shop, newest first.
#[utoipa::path(
    get, path = "/api/sync/log", tag = "sync", params(LogQuery),
    responses((status = 200, description = "A page of `SyncLog` rows", body = Object)),
)]
pub async fn get_log(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<LogQuery>,
) -> Result<Json<Page<SyncLog>>> {
    let mut tx = app.db.begin(caller.tenant()).await?;
    let device = caller.device_if_any(&mut tx, query.device_id).await?.map(|device| device.device);
    drop(tx);
    list(&app.db, caller.tenant(), device, query.cursor.as_deref(), query.limit).await.map(Json)
}

/// A page of the log, newest first.
///
/// # Errors
/// 400 `bad_cursor`.
pub async fn list(
    db: &Database,
    tenant: TenantId,
    device: Option<DeviceId>,
    cursor: Option<&str>,
    limit: Option<i64>,
) -> Result<Page<SyncLog>> {
    let after = cursor.map(TimeCursor::read).transpose()?;
    let limit = limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let mut tx = db.begin(tenant).await?;
    let rows = sqlx::query_as!(
        SyncLog,
        "select id, tenant_id, user_id, device_id, sync_type, last_sync, items_synced, conflicts, status, errors, at
         from sync_log
         where tenant_id = $1 and ($2::uuid is null or device_id = $2)
           and ($3::timestamptz is null or (at, id) < ($3, $4::uuid))
         order by at desc, id desc limit $5",
        tenant.0,
        device.map(|device| device.0),
        after.map(|after| after.at),
        after.map(|after| after.id),
        limit + 1,
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(Page::of(rows, limit, |row| TimeCursor { at: row.at, id: row.id, copy: 0 }))
}

/// The newest rows of each device, newest first.
pub async fn latest(tx: &mut Tx, tenant: TenantId, devices: &[Uuid], each: i64) -> Result<Vec<SyncLog>> {
    let rows = sqlx::query_as!(
        SyncLog,
        "select l.id, l.tenant_id, l.user_id, l.device_id, l.sync_type, l.last_sync, l.items_synced, l.conflicts,
                l.status, l.errors, l.at
         from unnest($2::uuid[]) as wanted(device_id)
         cross join lateral (
             select * from sync_log s where s.tenant_id = $1 and s.device_id = wanted.device_id
             order by s.at desc, s.id desc limit $3
         ) as l
         order by l.at desc, l.id desc",
        tenant.0,
        devices,
        each,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}
