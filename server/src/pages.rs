//! The till's shell, the service worker and the static files, with the headers that each of them needs.

use crate::{app_state::App, assets::Assets, request};
use axum::{
    Router,
    extract::{Request, State},
    http::{
        HeaderName, HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    middleware::Next,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use keeptill_app::shell::till_shell;
use tower::ServiceExt;
use tower_http::services::ServeDir;

/// For every page and file, the office's pages aside, which add a nonce for leptos's own scripts.
pub const CONTENT_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; connect-src 'self'; object-src 'none'; \
    base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
const NEVER_KEPT: HeaderValue = HeaderValue::from_static("no-store");

pub fn router() -> Router<App> {
    Router::new()
        .route("/till", get(till))
        .route("/till/", get(till))
        .route("/till/{*page}", get(till))
        .route("/sw.js", get(service_worker))
}

async fn till(State(app): State<App>) -> Response {
    if !app.assets.any() {
        return request::no_such_route().await.into_response();
    }
    ([(CACHE_CONTROL, REVALIDATE)], Html(till_shell(&app.assets.names))).into_response()
}

async fn service_worker(State(app): State<App>) -> Response {
    if !app.assets.any() {
        return request::no_such_route().await.into_response();
    }
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
        (CACHE_CONTROL, REVALIDATE),
        (HeaderName::from_static("service-worker-allowed"), HeaderValue::from_static("/")),
    ];
    (headers, app.assets.service_worker_script()).into_response()
}

/// Whatever no route is for: a file of the build, or nothing.
pub async fn file(State(app): State<App>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let readable = matches!(*request.method(), Method::GET | Method::HEAD);
    if path.starts_with("/api/") || !readable || !app.assets.any() {
        return request::no_such_route().await.into_response();
    }
    let files = ServeDir::new(&app.assets.folder).append_index_html_on_directories(false).precompressed_br();
    let mut response = match files.oneshot(request).await {
        Ok(response) => response.into_response(),
        Err(never) => match never {},
    };
    match response.status() {
        StatusCode::NOT_FOUND => return request::no_such_route().await.into_response(),
        status if status.is_success() || status == StatusCode::NOT_MODIFIED => {
            let age = if Assets::immutable(&path) { IMMUTABLE } else { REVALIDATE };
            response.headers_mut().insert(CACHE_CONTROL, age);
            if path.ends_with(".webmanifest") {
                let manifest = HeaderValue::from_static("application/manifest+json");
                response.headers_mut().insert(CONTENT_TYPE, manifest);
            }
        }
        _ => {}
    }
    response
}

/// Headers that every answer carries unless its handler set its own.
pub async fn harden(request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
        (HeaderName::from_static("referrer-policy"), "same-origin"),
        (HeaderName::from_static("x-frame-options"), "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "geolocation=(), microphone=(), payment=()"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if api {
        headers.entry(CACHE_CONTROL).or_insert(NEVER_KEPT);
    }
    response
}
