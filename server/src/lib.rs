//! The server: what tills and the office talk to, over PostgreSQL.
//!
//! Each resource is a module that owns its routes, its bodies, its handlers and its SQL. What they share is in
//! [`app_state`], [`database`], [`error`], [`body`] and [`auth`]. Nothing here keeps state in memory that another copy
//! of the server would need.

pub mod app_state;
pub mod assets;
pub mod audit;
pub mod auth;
pub mod body;
pub mod catalogue;
pub mod config;
pub mod conflicts;
pub mod database;
pub mod demo;
pub mod devices;
pub mod embedded;
pub mod error;
pub mod health;
pub mod input;
pub mod log;
pub mod office;
pub mod openapi;
pub mod origin;
pub mod page;
pub mod pages;
pub mod passwords;
pub mod pokes;
pub mod pull;
pub mod push;
pub mod request;
pub mod retention;
pub mod sales;
pub mod secrets;
pub mod serve;
pub mod staff;
pub mod status;
pub mod stock;
pub mod stores;
pub mod tenants;
pub mod versions;

pub use serve::serve;

use app_state::App;
use axum::{Router, extract::DefaultBodyLimit, middleware};
use keeptill_sync::wire::BODY_BYTES_MAX;
use tower_http::catch_panic::CatchPanicLayer;

/// Every route, with what surrounds all of them.
pub fn router(app: App) -> Router {
    Router::new()
        .merge(auth::router())
        .merge(health::router())
        .merge(pages::router())
        .merge(tenants::router())
        .merge(staff::router())
        .merge(stores::router())
        .merge(devices::router())
        .merge(catalogue::router())
        .merge(stock::router())
        .merge(pull::router())
        .merge(pokes::router())
        .merge(openapi::router())
        .merge(status::router())
        .merge(sales::router())
        .merge(push::router())
        .merge(log::router())
        .merge(conflicts::router())
        .merge(office::router())
        .fallback(pages::file)
        .method_not_allowed_fallback(request::no_such_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn(origin::refuse_cross_site))
        .layer(middleware::from_fn(request::limit_time))
        .layer(CatchPanicLayer::custom(request::panicked))
        .layer(middleware::from_fn(pages::harden))
        .layer(middleware::from_fn(request::observe))
        .with_state(app)
}
