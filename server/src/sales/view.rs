//! Sales as they are shown: the figures, both clocks, where it stands, what was decided.

use super::cursor::{Page, TimeCursor};
use crate::{
    database::{Database, Tx},
    error::{Error, Result},
};
use chrono::{DateTime, Utc};
use keeptill_domain::{ClientId, DeviceId, Quantity, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

const PAGE_DEFAULT: i64 = 50;
const PAGE_MAX: i64 = 200;

/// One copy of a sale: its `clientId`, and 0 unless it came second under that.
pub type SaleKey = (Uuid, i16);

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SaleView {
    #[serde(flatten)]
    pub head: SaleHead,
    pub items: Vec<ItemView>,
    pub tenders: Vec<TenderView>,
    /// A voided sale's other side.
    pub reversal: Option<ReversalView>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SaleHead {
    pub client_id: Uuid,
    /// Above 0 for a second content under one `clientId`.
    pub copy: i16,
    pub sale_id: Uuid,
    pub store_id: Uuid,
    pub device_id: Option<Uuid>,
    pub device_name: Option<String>,
    pub cashier_id: Option<Uuid>,
    pub cashier_name: Option<String>,
    pub shift_id: Option<Uuid>,
    pub receipt_number: Option<String>,
    pub currency: String,
    pub prices_include_tax: bool,
    pub net_minor: i64,
    pub tax_minor: i64,
    pub total_minor: i64,
    /// The device's clock, untouched.
    pub offline_created_at: Option<DateTime<Utc>>,
    /// The same moment as well as the server can tell.
    pub sold_at: DateTime<Utc>,
    pub received_at: DateTime<Utc>,
    /// `synced` or `conflict`.
    pub sync_status: String,
    pub conflict_reason: Option<String>,
    #[schema(value_type = Vec<Object>)]
    pub conflicts: Value,
    #[schema(value_type = Vec<Object>)]
    pub notices: Value,
    pub stock_moved: bool,
    #[schema(value_type = Option<Object>)]
    pub resolution: Option<Value>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemView {
    pub product_id: Uuid,
    pub name: Option<String>,
    pub sku: Option<String>,
    #[schema(value_type = f64)]
    pub quantity: Quantity,
    pub unit_price_minor: i64,
    pub discount_minor: i64,
    pub tax_rate_ppm: i32,
    pub tax_minor: i64,
    pub total_minor: i64,
    pub catalog_version: Option<i64>,
    #[schema(value_type = Option<f64>)]
    pub stock_seen: Option<Quantity>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenderView {
    pub r#type: String,
    pub amount_minor: i64,
    pub change_minor: i64,
    pub reference: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReversalView {
    pub net_minor: i64,
    pub tax_minor: i64,
    pub total_minor: i64,
    pub note: String,
    pub reversed_at: DateTime<Utc>,
}

/// Which sales are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Sold at this moment or later.
    pub from: Option<DateTime<Utc>>,
    /// Sold before this moment.
    pub to: Option<DateTime<Utc>>,
    pub device: Option<DeviceId>,
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

/// A page of sales, the newest first.
///
/// # Errors
/// 400 `bad_cursor`.
pub async fn list(db: &Database, tenant: TenantId, filter: &Filter) -> Result<Page<SaleView>> {
    let after = filter.cursor.as_deref().map(TimeCursor::read).transpose()?;
    let limit = filter.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let mut tx = db.snapshot(tenant).await?;
    let keys = sqlx::query!(
        "select client_id, copy, sold_at from sales
         where tenant_id = $1 and ($2::uuid is null or device_id = $2)
           and ($3::timestamptz is null or sold_at >= $3) and ($4::timestamptz is null or sold_at < $4)
           and ($5::timestamptz is null or sold_at < $5 or (sold_at = $5 and (client_id, copy) > ($6, $7)))
         order by sold_at desc, client_id, copy limit $8",
        tenant.0,
        filter.device.map(|device| device.0),
        filter.from,
        filter.to,
        after.map(|after| after.at),
        after.map(|after| after.id),
        after.map(|after| after.copy),
        limit + 1,
    )
    .fetch_all(&mut *tx)
    .await?;
    let page = Page::of(keys, limit, |row| TimeCursor { at: row.sold_at, id: row.client_id, copy: row.copy });
    let keys: Vec<SaleKey> = page.items.iter().map(|row| (row.client_id, row.copy)).collect();
    Ok(Page { items: load(&mut tx, tenant, &keys).await?, cursor: page.cursor })
}

/// One sale: its first content, or the copy named.
///
/// # Errors
/// 404 where the tenant has none, or none of the device's where one is named.
pub async fn one(
    db: &Database,
    tenant: TenantId,
    sale: ClientId,
    copy: Option<i16>,
    of_device: Option<DeviceId>,
) -> Result<SaleView> {
    let mut tx = db.snapshot(tenant).await?;
    let sale = load(&mut tx, tenant, &[(sale.0, copy.unwrap_or(0))]).await?.pop().ok_or_else(Error::not_found)?;
    match of_device {
        Some(device) if sale.head.device_id != Some(device.0) => Err(Error::not_found()),
        _ => Ok(sale),
    }
}

/// The sales of these keys, in their order; a key that names nothing is left out.
pub async fn load(tx: &mut Tx, tenant: TenantId, keys: &[SaleKey]) -> Result<Vec<SaleView>> {
    let (ids, copies): (Vec<Uuid>, Vec<i16>) = keys.iter().copied().unzip();
    let heads = sqlx::query_as!(
        SaleHead,
        r#"select s.client_id, s.copy, s.sale_id, s.store_id, s.device_id, d.name as "device_name?", s.cashier_id,
                  u.name as "cashier_name?", s.shift_id, s.receipt_number, s.currency, s.prices_include_tax, s.net_minor,
                  s.tax_minor, s.total_minor, s.offline_created_at, s.sold_at, s.received_at, s.sync_status,
                  s.conflict_reasons[1] as conflict_reason, s.conflicts, s.notices, s.stock_moved, s.resolution
           from unnest($2::uuid[], $3::smallint[]) with ordinality as wanted(client_id, copy, place)
           join sales s on s.tenant_id = $1 and s.client_id = wanted.client_id and s.copy = wanted.copy
           left join devices d on d.tenant_id = s.tenant_id and d.device_id = s.device_id
           left join users u on u.tenant_id = s.tenant_id and u.user_id = s.cashier_id
           order by wanted.place"#,
        tenant.0,
        &ids,
        &copies,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut items = items(tx, tenant, &ids).await?;
    let mut tenders = tenders(tx, tenant, &ids).await?;
    let mut reversals = reversals(tx, tenant, &ids).await?;
    let view = |head: SaleHead| {
        let key = (head.client_id, head.copy);
        SaleView {
            items: items.remove(&key).unwrap_or_default(),
            tenders: tenders.remove(&key).unwrap_or_default(),
            reversal: reversals.remove(&key),
            head,
        }
    };
    Ok(heads.into_iter().map(view).collect())
}

async fn items(tx: &mut Tx, tenant: TenantId, ids: &[Uuid]) -> Result<HashMap<SaleKey, Vec<ItemView>>> {
    let rows = sqlx::query!(
        "select client_id, copy, product_id, name, sku, quantity_milli, unit_price_minor, discount_minor, tax_rate_ppm,
                tax_minor, total_minor, catalog_version, stock_seen_milli
         from sale_items where tenant_id = $1 and client_id = any($2) order by client_id, copy, line_number",
        tenant.0,
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut items: HashMap<SaleKey, Vec<ItemView>> = HashMap::new();
    for row in rows {
        items.entry((row.client_id, row.copy)).or_default().push(ItemView {
            product_id: row.product_id,
            name: row.name,
            sku: row.sku,
            quantity: Quantity::from_milli(row.quantity_milli),
            unit_price_minor: row.unit_price_minor,
            discount_minor: row.discount_minor,
            tax_rate_ppm: row.tax_rate_ppm,
            tax_minor: row.tax_minor,
            total_minor: row.total_minor,
            catalog_version: row.catalog_version,
            stock_seen: row.stock_seen_milli.map(Quantity::from_milli),
        });
    }
    Ok(items)
}

async fn tenders(tx: &mut Tx, tenant: TenantId, ids: &[Uuid]) -> Result<HashMap<SaleKey, Vec<TenderView>>> {
    let rows = sqlx::query!(
        "select client_id, copy, type, amount_minor, change_minor, reference
         from sale_tenders where tenant_id = $1 and client_id = any($2) order by client_id, copy, tender_number",
        tenant.0,
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut tenders: HashMap<SaleKey, Vec<TenderView>> = HashMap::new();
    for row in rows {
        tenders.entry((row.client_id, row.copy)).or_default().push(TenderView {
            r#type: row.r#type,
            amount_minor: row.amount_minor,
            change_minor: row.change_minor,
            reference: row.reference,
        });
    }
    Ok(tenders)
}

async fn reversals(tx: &mut Tx, tenant: TenantId, ids: &[Uuid]) -> Result<HashMap<SaleKey, ReversalView>> {
    let rows = sqlx::query!(
        "select client_id, copy, net_minor, tax_minor, total_minor, note, reversed_at
         from sale_reversals where tenant_id = $1 and client_id = any($2)",
        tenant.0,
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut reversals = HashMap::new();
    for row in rows {
        let view = ReversalView {
            net_minor: row.net_minor,
            tax_minor: row.tax_minor,
            total_minor: row.total_minor,
            note: row.note,
            reversed_at: row.reversed_at,
        };
        reversals.insert((row.client_id, row.copy), view);
    }
    Ok(reversals)
}
