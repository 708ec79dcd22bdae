//! Stock that a manager moves by hand: so much more or less, or what was counted on the shelf.

use super::ledger::{self, NewMovement};
use crate::{
    app_state::App,
    auth::ManagerCaller,
    body::Json,
    catalogue::products,
    database::Database,
    error::{Error, Result},
    input, stores,
};
use axum::{extract::State, http::StatusCode};
use keeptill_domain::{MovementId, MovementReason, ProductId, Quantity, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Either `delta` with its reason, or `counted` with the reason `count`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockChange {
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = Uuid)]
    pub product_id: ProductId,
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    pub delta: Option<Quantity>,
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    pub counted: Option<Quantity>,
    /// `received`, `damaged`, `correction`, `returned`, `transferred`; `count` with `counted`.
    #[schema(value_type = String)]
    pub reason: MovementReason,
    #[serde(default)]
    pub note: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    #[schema(value_type = Uuid)]
    pub movement_id: MovementId,
    #[schema(value_type = f64)]
    pub on_hand: Quantity,
}

#[utoipa::path(post, path = "/api/stock/movements", tag = "stock", request_body = StockChange,
    responses((status = 201, body = Moved), (status = 404, description = "No such store or product."),
        (status = 422, description = "`delta_or_counted`, `wrong_reason`, `out_of_range`")))]
pub async fn move_stock(
    State(app): State<App>,
    caller: ManagerCaller,
    Json(change): Json<StockChange>,
) -> Result<(StatusCode, Json<Moved>)> {
    Ok((StatusCode::CREATED, Json(change_stock(&app.db, &caller, change).await?)))
}

pub async fn change_stock(db: &Database, caller: &ManagerCaller, change: StockChange) -> Result<Moved> {
    let note = change.note.as_deref().map_or(Ok(None), |n| input::short_text(n, "note", input::NOTE_LENGTH_MAX))?;
    check(&change)?;
    let (tenant, store, product) = (caller.tenant, change.store_id, change.product_id);
    let mut tx = db.begin(tenant).await?;
    stores::check(&mut tx, tenant, store).await?;
    products::find(&mut tx, tenant, product).await.map_err(|error| error.field("productId"))?;
    let levels = ledger::lock_levels(&mut tx, tenant, store, &[product]).await?;
    let on_hand = levels.get(&product).copied().unwrap_or_default();
    let delta = match (change.delta, change.counted) {
        (Some(delta), _) => delta,
        (None, counted) => counted.unwrap_or_default() - on_hand,
    };
    if (on_hand + delta).milli().abs() > Quantity::MAX_MILLI {
        let message = "That would leave more on hand than can be written down.";
        return Err(Error::unprocessable("out_of_range", message).field("delta"));
    }
    let movement = NewMovement { product, delta, reason: change.reason, sale: None, user: Some(caller.user), note };
    let movement_id = Uuid::now_v7();
    let levels = ledger::apply_named(&mut tx, tenant, store, &[movement], &[movement_id]).await?;
    tx.commit().await?;
    db.moved().remember(tenant, store, None);
    let on_hand = levels.get(&product).copied().unwrap_or(on_hand + delta);
    Ok(Moved { movement_id: movement_id.into(), on_hand })
}

fn check(change: &StockChange) -> Result<()> {
    match (change.delta, change.counted) {
        (Some(delta), None) if delta == Quantity::ZERO => {
            Err(Error::unprocessable("out_of_range", "A movement of nothing moves nothing.").field("delta"))
        }
        (Some(_), None) if change.reason.by_hand() => Ok(()),
        (Some(_), None) => {
            let message = "With a delta, the reason is received, damaged, correction, returned or transferred.";
            Err(Error::unprocessable("wrong_reason", message).field("reason"))
        }
        (None, Some(counted)) if counted < Quantity::ZERO => {
            Err(Error::unprocessable("out_of_range", "Nobody counts less than nothing.").field("counted"))
        }
        (None, Some(_)) if change.reason == MovementReason::Count => Ok(()),
        (None, Some(_)) => {
            Err(Error::unprocessable("wrong_reason", "With what was counted, the reason is count.").field("reason"))
        }
        _ => Err(Error::unprocessable("delta_or_counted", "Give either a delta or what was counted.").field("delta")),
    }
}
