//! Conflicts as a manager sees them: what was sold, what was taken, why it waits, and what was decided.

use super::lines::{LineView, lines};
use crate::{
    database::{Database, Tx},
    error::{Error, Result},
    sales::{
        cursor::{Page, TimeCursor},
        view::SaleKey,
    },
};
use chrono::{DateTime, Utc};
use keeptill_domain::{ClientId, ConflictReason, DeviceId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

const PAGE_DEFAULT: i64 = 50;
const PAGE_MAX: i64 = 200;

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConflictView {
    #[serde(flatten)]
    pub head: ConflictHead,
    /// What the device saw beside what stands now; only where one conflict is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<LineView>>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConflictHead {
    pub client_id: Uuid,
    /// Above 0 for a second content under one `clientId`.
    pub copy: i16,
    pub sale_id: Uuid,
    pub store_id: Uuid,
    pub device_id: Option<Uuid>,
    pub device_name: Option<String>,
    pub cashier_name: Option<String>,
    pub receipt_number: Option<String>,
    /// `conflict` while it is open, `synced` once it is decided.
    pub sync_status: String,
    /// The first of its reasons.
    pub conflict_reason: Option<String>,
    #[schema(value_type = Vec<Object>)]
    pub conflicts: Value,
    #[schema(value_type = Vec<Object>)]
    pub notices: Value,
    /// The event as it was sent.
    #[schema(value_type = Object)]
    pub sale: Value,
    pub currency: String,
    pub taken_minor: i64,
    /// Whether its stock has moved.
    pub stock_moved: bool,
    /// By the device's clock, or when it arrived where that said nothing.
    pub created_at: DateTime<Utc>,
    /// The same moment as well as the server can tell.
    pub sold_at: DateTime<Utc>,
    pub synced_at: DateTime<Utc>,
    #[schema(value_type = Option<Object>)]
    pub resolution: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Open,
    Resolved,
}

/// Which conflicts are asked for; without a standing, both.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub standing: Option<Standing>,
    pub reason: Option<ConflictReason>,
    pub device: Option<DeviceId>,
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

/// A page of conflicts, the newest first.
///
/// # Errors
/// 400 `bad_cursor`.
pub async fn list(db: &Database, tenant: TenantId, filter: &Filter) -> Result<Page<ConflictView>> {
    let after = filter.cursor.as_deref().map(TimeCursor::read).transpose()?;
    let limit = filter.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let mut tx = db.snapshot(tenant).await?;
    let places = if filter.standing == Some(Standing::Open) {
        open_places(&mut tx, tenant, filter, after, limit + 1).await?
    } else {
        all_places(&mut tx, tenant, filter, after, limit + 1).await?
    };
    let page = Page::of(places, limit, |place| *place);
    let keys: Vec<SaleKey> = page.items.iter().map(|place| (place.id, place.copy)).collect();
    let heads = heads(&mut tx, tenant, &keys).await?;
    Ok(Page { items: heads, cursor: page.cursor }.map(|head| ConflictView { head, lines: None }))
}

/// One conflict with its lines: the copy named, or the open one that arrived first, or the last decided.
///
/// # Errors
/// 404 where the tenant (or the device, where one is named) has no such sale, or it was never in conflict.
pub async fn one(
    db: &Database,
    tenant: TenantId,
    sale: ClientId,
    copy: Option<i16>,
    of_device: Option<DeviceId>,
) -> Result<ConflictView> {
    let mut tx = db.snapshot(tenant).await?;
    let found = sqlx::query!(
        "select copy, store_id from sales
         where tenant_id = $1 and client_id = $2 and conflict_reasons <> '{}' and ($3::smallint is null or copy = $3)
           and ($4::uuid is null or device_id = $4)
         order by sync_status, case sync_status when 'conflict' then copy end, resolved_at desc limit 1",
        tenant.0,
        sale.0,
        copy,
        of_device.map(|device| device.0),
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(Error::not_found)?;
    let key = (sale.0, found.copy);
    let head = heads(&mut tx, tenant, &[key]).await?.pop().ok_or_else(Error::not_found)?;
    let lines = lines(&mut tx, tenant, found.store_id.into(), key).await?;
    Ok(ConflictView { head, lines: Some(lines) })
}

async fn open_places(
    tx: &mut Tx,
    tenant: TenantId,
    filter: &Filter,
    after: Option<TimeCursor>,
    limit: i64,
) -> Result<Vec<TimeCursor>> {
    let places = sqlx::query_as!(
        TimeCursor,
        "select received_at as at, client_id as id, copy from sales
         where tenant_id = $1 and sync_status = 'conflict'
           and ($2::text is null or $2 = any(conflict_reasons)) and ($3::uuid is null or device_id = $3)
           and ($4::timestamptz is null or (received_at, client_id, copy) < ($4, $5::uuid, $6::smallint))
         order by received_at desc, client_id desc, copy desc limit $7",
        tenant.0,
        filter.reason.map(ConflictReason::as_str),
        filter.device.map(|device| device.0),
        after.map(|after| after.at),
        after.map(|after| after.id),
        after.map(|after| after.copy),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(places)
}

/// Open and decided ones, or the decided ones alone.
async fn all_places(
    tx: &mut Tx,
    tenant: TenantId,
    filter: &Filter,
    after: Option<TimeCursor>,
    limit: i64,
) -> Result<Vec<TimeCursor>> {
    let places = sqlx::query_as!(
        TimeCursor,
        "select received_at as at, client_id as id, copy from sales
         where tenant_id = $1 and conflict_reasons <> '{}' and (not $8 or resolution is not null)
           and ($2::text is null or $2 = any(conflict_reasons)) and ($3::uuid is null or device_id = $3)
           and ($4::timestamptz is null or (received_at, client_id, copy) < ($4, $5::uuid, $6::smallint))
         order by received_at desc, client_id desc, copy desc limit $7",
        tenant.0,
        filter.reason.map(ConflictReason::as_str),
        filter.device.map(|device| device.0),
        after.map(|after| after.at),
        after.map(|after| after.id),
        after.map(|after| after.copy),
        limit,
        filter.standing == Some(Standing::Resolved),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(places)
}

async fn heads(tx: &mut Tx, tenant: TenantId, keys: &[SaleKey]) -> Result<Vec<ConflictHead>> {
    let (ids, copies): (Vec<Uuid>, Vec<i16>) = keys.iter().copied().unzip();
    let heads = sqlx::query_as!(
        ConflictHead,
        r#"select s.client_id, s.copy, s.sale_id, s.store_id, s.device_id, d.name as "device_name?",
                  u.name as "cashier_name?", s.receipt_number, s.sync_status,
                  s.conflict_reasons[1] as conflict_reason, s.conflicts, s.notices, e.body as sale, s.currency,
                  s.total_minor as taken_minor, s.stock_moved,
                  coalesce(s.offline_created_at, s.received_at) as "created_at!", s.sold_at,
                  s.received_at as synced_at, s.resolution
           from unnest($2::uuid[], $3::smallint[]) with ordinality as wanted(client_id, copy, place)
           join sales s on s.tenant_id = $1 and s.client_id = wanted.client_id and s.copy = wanted.copy
           join events e on e.tenant_id = s.tenant_id and e.client_id = s.client_id and e.copy = s.copy
           left join devices d on d.tenant_id = s.tenant_id and d.device_id = s.device_id
           left join users u on u.tenant_id = s.tenant_id and u.user_id = s.cashier_id
           order by wanted.place"#,
        tenant.0,
        &ids,
        &copies,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(heads)
}
