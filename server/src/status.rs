//! How each device stands with the server: what it still holds, what is missing, when it was last heard of.

use crate::{
    app_state::App,
    auth::Caller,
    body::{Json, PathId},
    database::{Database, Tx},
    error::{Error, Result},
    log::{self, SyncLog},
    push::sequence,
};
use axum::{Router, extract::State, routing::get};
use chrono::{DateTime, Utc};
use keeptill_domain::{DeviceId, TenantId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

/// The newest syncs shown with a device.
const LAST_SYNCS: i64 = 10;
/// The newest restarts shown with a device.
const LAST_RESTARTS: i64 = 5;

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceStatus {
    pub device_id: Uuid,
    pub name: String,
    pub store_id: Uuid,
    pub paired_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub last_seen_at: Option<DateTime<Utc>>,
    pub last_pull_at: Option<DateTime<Utc>>,
    pub last_push_at: Option<DateTime<Utc>>,
    /// What it last said it still holds.
    pub pending_count: Option<i64>,
    pub oldest_pending_at: Option<DateTime<Utc>>,
    pub acked_seq: i64,
    /// The highest number seen of it.
    pub highest_seq: i64,
    /// Numbers below the highest that have not arrived, at most the first 1,000.
    pub missing_seqs: Vec<i64>,
    pub open_conflicts: i64,
    /// How many of those are of events that do not follow from the one before.
    pub chain_broken: i64,
    /// When it was wiped and its numbers began again, the latest first. What else is said of numbers is of those that
    /// it gives now.
    pub restarts: Vec<Restart>,
    /// How far its clock ran ahead of the server's at its last push.
    pub clock_offset_ms: Option<i64>,
    pub app_version: Option<String>,
    pub last_syncs: Vec<SyncLog>,
}

/// A journal of a device that ended because the browser was wiped, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Restart {
    /// When the browser was paired that began again.
    pub paired_at: DateTime<Utc>,
    /// The highest number that was here by then.
    pub last_seq: i64,
    /// Numbers up to that one that have still not arrived.
    pub missing_seqs: Vec<i64>,
    /// How many more it said it held then, less those that have arrived since.
    pub unsent_count: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AllDevices {
    pub devices: Vec<DeviceStatus>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Status {
    One(Box<DeviceStatus>),
    All(AllDevices),
}

pub fn router() -> Router<App> {
    Router::new().route("/api/sync/status", get(get_status)).route("/api/sync/status/{deviceId}", get(get_one))
}

/// The calling device's own status; for a manager, every device's.
#[utoipa::path(
    get, path = "/api/sync/status", tag = "sync",
    responses((status = 200, description = "One `DeviceStatus`, or for a manager `{devices}`", body = Object)),
)]
pub async fn get_status(State(app): State<App>, caller: Caller) -> Result<Json<impl Serialize>> {
    Ok(Json(match &caller {
        Caller::Device(own) => Status::One(Box::new(device(&app.db, own.tenant, own.device).await?)),
        Caller::Manager(manager) => Status::All(AllDevices { devices: devices(&app.db, manager.tenant).await? }),
    }))
}

/// One device's status.
#[utoipa::path(
    get, path = "/api/sync/status/{deviceId}", tag = "sync", params(("deviceId" = Uuid, Path)),
    responses(
        (status = 200, description = "The device's status", body = DeviceStatus),
        (status = 403, description = "Another device's"),
        (status = 404, description = "No such device"),
    ),
)]
pub async fn get_one(
    State(app): State<App>,
    caller: Caller,
    PathId(wanted): PathId<DeviceId>,
) -> Result<Json<DeviceStatus>> {
    let mut tx = app.db.begin(caller.tenant()).await?;
    caller.device(&mut tx, Some(wanted)).await?;
    drop(tx);
    device(&app.db, caller.tenant(), wanted).await.map(Json)
}

/// # Errors
/// 404 where the tenant has no such device.
pub async fn device(db: &Database, tenant: TenantId, device: DeviceId) -> Result<DeviceStatus> {
    let mut tx = db.snapshot(tenant).await?;
    read(&mut tx, tenant, Some(device)).await?.pop().ok_or_else(Error::not_found)
}

/// Every device of the tenant, in the order of their numbers.
pub async fn devices(db: &Database, tenant: TenantId) -> Result<Vec<DeviceStatus>> {
    let mut tx = db.snapshot(tenant).await?;
    read(&mut tx, tenant, None).await
}

async fn read(tx: &mut Tx, tenant: TenantId, device: Option<DeviceId>) -> Result<Vec<DeviceStatus>> {
    let rows = sqlx::query!(
        r#"select d.device_id, d.name, d.store_id, d.paired_at, d.revoked_at, d.last_seen_at, d.last_pull_at,
                  d.last_push_at, d.pending_count, d.oldest_pending_at, d.acked_seq, d.highest_seq, d.clock_offset_ms,
                  d.app_version, d.journal, coalesce(c.open, 0) as "open_conflicts!",
                  coalesce(c.broken, 0) as "chain_broken!"
           from devices d
           left join (
               select device_id, count(*) as open,
                      count(*) filter (where 'chain_broken' = any(conflict_reasons)) as broken from sales
               where tenant_id = $1 and sync_status = 'conflict' group by device_id
           ) as c on c.device_id = d.device_id
           where d.tenant_id = $1 and ($2::uuid is null or d.device_id = $2)
           order by d.number"#,
        tenant.0,
        device.map(|device| device.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.device_id).collect();
    let mut last_syncs: HashMap<Uuid, Vec<SyncLog>> = HashMap::new();
    for row in log::latest(tx, tenant, &ids, LAST_SYNCS).await? {
        last_syncs.entry(row.device_id.unwrap_or_default()).or_default().push(row);
    }
    let mut restarts = restarts(tx, tenant, &ids).await?;
    let mut devices = Vec::with_capacity(rows.len());
    for row in rows {
        let missing_seqs = if row.highest_seq > row.acked_seq {
            sequence::look(tx, tenant, row.device_id.into(), row.journal, row.acked_seq).await?.missing
        } else {
            vec![]
        };
        devices.push(DeviceStatus {
            device_id: row.device_id,
            name: row.name,
            store_id: row.store_id,
            paired_at: row.paired_at,
            revoked_at: row.revoked_at,
            last_seen_at: row.last_seen_at,
            last_pull_at: row.last_pull_at,
            last_push_at: row.last_push_at,
            pending_count: row.pending_count,
            oldest_pending_at: row.oldest_pending_at,
            acked_seq: row.acked_seq,
            highest_seq: row.highest_seq,
            missing_seqs,
            open_conflicts: row.open_conflicts,
            chain_broken: row.chain_broken,
            restarts: restarts.remove(&row.device_id).unwrap_or_default(),
            clock_offset_ms: row.clock_offset_ms,
            app_version: row.app_version,
            last_syncs: last_syncs.remove(&row.device_id).unwrap_or_default(),
        });
    }
    Ok(devices)
}

async fn restarts(tx: &mut Tx, tenant: TenantId, devices: &[Uuid]) -> Result<HashMap<Uuid, Vec<Restart>>> {
    let rows = sqlx::query!(
        r#"select r.device_id, r.journal, r.acked_seq, r.last_seq, r.paired_at,
                  coalesce(r.pending_count, 0) as "pending!",
                  (select count(*) from events e
                   where e.tenant_id = r.tenant_id and e.device_id = r.device_id and e.journal = r.journal
                       and e.device_seq > r.last_seq) as "arrived!"
           from unnest($2::uuid[]) as wanted(device_id) cross join lateral (
               select * from device_restarts r where r.tenant_id = $1 and r.device_id = wanted.device_id
               order by r.journal desc limit $3
           ) as r
           order by r.device_id, r.journal desc"#,
        tenant.0,
        devices,
        LAST_RESTARTS,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut restarts: HashMap<Uuid, Vec<Restart>> = HashMap::new();
    for row in rows {
        let mut missing_seqs =
            sequence::look(tx, tenant, row.device_id.into(), row.journal, row.acked_seq).await?.missing;
        missing_seqs.retain(|seq| *seq <= row.last_seq);
        restarts.entry(row.device_id).or_default().push(Restart {
            paired_at: row.paired_at,
            last_seq: row.last_seq,
            missing_seqs,
            unsent_count: (row.pending - row.arrived).max(0),
        });
    }
    Ok(restarts)
}
