//! From a page's data to its HTML, with the headers that such a page needs.

use crate::app_state::App;
use axum::{
    body::Body,
    extract::Request,
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
        request::Parts,
    },
    response::{IntoResponse, Redirect, Response},
};
use keeptill_app::office::{OfficeBackend, Page, PageData, shell};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use std::sync::Arc;

/// Tells leptos which runtime its tasks run on. A second time changes nothing.
pub fn begin() {
    // Fails only where it was done before, by another server in this process.
    let _ = any_spawner::Executor::init_tokio();
}

/// The page as a document. `status` is that of a refused form; without it the page itself knows.
pub async fn page(app: &App, parts: &Parts, data: PageData, status: Option<StatusCode>) -> Response {
    if let Page::Elsewhere(url) = &data.page {
        return Redirect::to(url).into_response();
    }
    let status = status.unwrap_or(match data.page {
        Page::Missing => StatusCode::NOT_FOUND,
        Page::Away => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::OK,
    });
    let assets = app.assets.names.clone();
    let opened = data.draw();
    let title = opened.title.clone();
    let render = leptos_axum::render_app_async_with_context(
        move || {
            provide_context(opened.clone());
            allow_own_scripts();
        },
        move || shell(assets.clone(), title.clone()),
    );
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = parts.uri.clone();
    let mut response = render(request).await;
    *response.status_mut() = status;
    // It holds a shop's figures; neither a proxy nor the back button of the next person may keep them.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Runs the server function that the request names, with the live pages behind it.
pub async fn answer(backend: Arc<dyn OfficeBackend>, request: Request) -> Response {
    leptos_axum::handle_server_fns_with_context(move || provide_context(Arc::clone(&backend)), request)
        .await
        .into_response()
}

/// leptos has inline scripts of its own; they run by this answer's nonce and no others do.
fn allow_own_scripts() {
    let (Some(nonce), Some(options)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    let policy =
        crate::pages::CONTENT_POLICY.replace("script-src 'self'", &format!("script-src 'self' 'nonce-{nonce}'"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        options.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}
