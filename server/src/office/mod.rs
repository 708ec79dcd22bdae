//! The office's pages: what each address shows, and what each form on it does.
//!
//! `keeptill_app::office` draws; here is where its data comes from. A page is loaded before it is rendered, so that its
//! status is known: 200, 404, or 422 where a form was refused. Forms are plain posts to the page's own address. A
//! form that did what it says is answered with a redirect, so that reloading never does it twice.

mod audit;
mod bring_in;
mod categories;
mod clock;
mod conflict;
mod conflicts;
mod device;
mod devices;
mod doors;
mod fields;
mod log;
mod open;
mod place;
mod posted;
mod product;
mod products;
mod render;
mod sales;
mod sentence;
mod staff;
mod tills;
mod today;
mod visit;
mod words;

use crate::app_state::App;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    response::{Redirect, Response},
    routing::{get, post},
};
use keeptill_app::office::OfficeBackend;
use std::sync::Arc;

/// The longest form; what a product has to say is the longest there is, unless many conflicts are ticked.
const FORM_BYTES_MAX: usize = 64 * 1024;

pub fn router() -> Router<App> {
    render::begin();
    let to_today = || async { Redirect::to("/office") };
    Router::new()
        .route("/", get(to_today))
        .route("/office/", get(to_today))
        .route("/office", get(show).post(posted::submit))
        .route("/office/{*page}", get(show).post(posted::submit))
        .route("/login", get(doors::show_login).post(doors::log_in))
        .route("/setup", get(doors::show_setup).post(doors::set_up))
        .route("/logout", post(doors::log_out))
        .route("/api/office/page", post(fetch))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .merge(with_a_file())
}

/// The one form that brings a file.
fn with_a_file() -> Router<App> {
    Router::new()
        .route(bring_in::PATH, get(show).post(bring_in::submit))
        .layer(DefaultBodyLimit::max(bring_in::BODY_BYTES_MAX))
}

/// A page, rendered whole.
async fn show(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let url = parts.uri.path_and_query().map_or("/office", |url| url.as_str());
    let data = open::open(&app, &parts, url).await;
    render::page(&app, &parts, data, None).await
}

/// A page's data alone, for a browser that draws it itself: leptos's server function, answered from here.
async fn fetch(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let live: Arc<dyn OfficeBackend> = Arc::new(open::Live { app, parts: parts.clone() });
    render::answer(live, Request::from_parts(parts, body)).await
}
