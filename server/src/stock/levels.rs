//! What is on hand.

use crate::{
    app_state::App,
    auth::ManagerCaller,
    body::{Json, Query},
    error::Result,
    page,
    sales::cursor::Page,
    stores,
};
use axum::extract::State;
use keeptill_domain::{ProductId, Quantity, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A whole small shop at once.
const ROWS_MAX: u32 = 5000;

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct StockQuery {
    /// The tenant's first store where not given.
    #[param(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    pub cursor: Option<String>,
    /// 5000 where not given, which is the most.
    pub limit: Option<u32>,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OnHand {
    #[schema(value_type = Uuid)]
    pub product_id: ProductId,
    #[schema(value_type = f64)]
    pub on_hand: Quantity,
}

#[utoipa::path(get, path = "/api/stock", tag = "stock", params(StockQuery),
    responses((status = 200, body = Page<OnHand>), (status = 404, description = "No such store.")))]
pub async fn list_stock(
    State(app): State<App>,
    caller: ManagerCaller,
    Query(query): Query<StockQuery>,
) -> Result<Json<Page<OnHand>>> {
    let limit = page::rows(query.limit, ROWS_MAX, ROWS_MAX)?;
    let after: Uuid = query.cursor.as_deref().map_or(Ok(Uuid::nil()), page::read_cursor)?;
    let mut tx = app.db.begin(caller.tenant).await?;
    let store = match query.store_id {
        Some(store) => {
            stores::check(&mut tx, caller.tenant, store).await?;
            store
        }
        None => stores::first(&mut tx, caller.tenant).await?,
    };
    // A product that never moved has nothing on hand; one that was deleted is not listed.
    let rows = sqlx::query!(
        r#"select p.product_id, coalesce(l.on_hand_milli, 0) as "on_hand_milli!"
        from products p
        left join stock_levels l on l.tenant_id = p.tenant_id and l.store_id = $2 and l.product_id = p.product_id
        where p.tenant_id = $1 and p.deleted_at is null and p.track_stock and p.product_id > $3
        order by p.product_id limit $4"#,
        caller.tenant.0,
        store.0,
        after,
        limit as i64 + 1
    )
    .fetch_all(&mut *tx)
    .await?;
    let items = rows
        .into_iter()
        .map(|row| OnHand { product_id: row.product_id.into(), on_hand: Quantity::from_milli(row.on_hand_milli) })
        .collect();
    page::of(items, limit, |row: &OnHand| row.product_id).map(Json)
}
