//! Stock: what is on hand in each store, and the movements it is the sum of.

pub mod ledger;
pub mod levels;
pub mod movements;

use crate::app_state::App;
use axum::{
    Router,
    routing::{get, post},
};

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/stock", get(levels::list_stock))
        .route("/api/stock/movements", post(movements::move_stock))
}
