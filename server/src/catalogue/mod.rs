//! What a shop sells, as the office edits it: products, their categories, their taxes.
//!
//! A row is never removed: deleting leaves a tombstone, which tells the devices. Whoever writes locks in one order
//! (categories and taxes, products, the stream's version), so that two edits wait for each other and never deadlock.

pub mod categories;
pub mod product;
pub mod products;
pub mod search;
pub mod taxes;

use crate::app_state::App;
use axum::Router;

pub fn router() -> Router<App> {
    Router::new().merge(categories::router()).merge(taxes::router()).merge(products::router())
}
