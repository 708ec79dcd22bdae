//! A conflict line by line: what the device saw beside what stands now.

use crate::{database::Tx, error::Result, sales::view::SaleKey};
use chrono::{DateTime, Utc};
use keeptill_domain::{Quantity, StoreId, TenantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineView {
    pub product_id: Uuid,
    /// As the receipt has it, else as the catalogue does.
    pub name: Option<String>,
    #[schema(value_type = f64)]
    pub quantity: Quantity,
    pub offline_price_minor: i64,
    /// Null where this shop never had the product.
    pub current_price_minor: Option<i64>,
    /// What the till believed to be on hand.
    #[schema(value_type = Option<f64>)]
    pub stock_seen: Option<Quantity>,
    /// In the sale's store; null where its stock is not tracked.
    #[schema(value_type = Option<f64>)]
    pub on_hand: Option<Quantity>,
    pub track_stock: bool,
    pub archived: bool,
    pub deleted: bool,
    /// When the product itself last changed.
    pub last_changed_at: Option<DateTime<Utc>>,
    /// When its stock in this store last moved.
    pub stock_changed_at: Option<DateTime<Utc>>,
}

/// The lines of one sale, in the receipt's order.
pub async fn lines(tx: &mut Tx, tenant: TenantId, store: StoreId, (sale, copy): SaleKey) -> Result<Vec<LineView>> {
    let rows = sqlx::query!(
        r#"select i.product_id, coalesce(i.name, p.name) as name, i.quantity_milli, i.unit_price_minor,
                  p.price_minor as "current_price_minor?", i.stock_seen_milli, l.on_hand_milli as "on_hand_milli?",
                  p.track_stock as "track_stock?", p.archived as "archived?",
                  (p.deleted_at is not null) as "deleted!", p.last_modified as "last_modified?",
                  case when l.sync_version > 0 then l.last_modified end as stock_changed_at
           from sale_items i
           left join products p on p.tenant_id = i.tenant_id and p.product_id = i.product_id
           left join stock_levels l
               on l.tenant_id = i.tenant_id and l.store_id = $2 and l.product_id = i.product_id
           where i.tenant_id = $1 and i.client_id = $3 and i.copy = $4
           order by i.line_number"#,
        tenant.0,
        store.0,
        sale,
        copy,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let track_stock = row.track_stock.unwrap_or(false);
            LineView {
                product_id: row.product_id,
                name: row.name,
                quantity: Quantity::from_milli(row.quantity_milli),
                offline_price_minor: row.unit_price_minor,
                current_price_minor: row.current_price_minor,
                stock_seen: row.stock_seen_milli.map(Quantity::from_milli),
                on_hand: track_stock.then(|| Quantity::from_milli(row.on_hand_milli.unwrap_or(0))),
                track_stock,
                archived: row.archived.unwrap_or(false),
                deleted: row.deleted,
                last_changed_at: row.last_modified,
                stock_changed_at: row.stock_changed_at,
            }
        })
        .collect())
}
