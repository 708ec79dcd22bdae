//! What surrounds every request: ids, errors, headers, health, files, the end.

use crate::harness::{TestServer, assert_refused, sign_up};
use axum::http::StatusCode;
use serde_json::json;
use std::{fs, path::PathBuf};

/// A build's files, as few as there can be.
struct Site(PathBuf);

impl Site {
    fn make() -> Self {
        let folder = std::env::temp_dir().join(format!("keeptill-site-{}", uuid::Uuid::new_v4()));
        for (name, content) in [
            ("pkg/keeptill.abc.js", "export default 1;"),
            ("pkg/keeptill.abc.wasm", "\0asm"),
            ("pkg/keeptill.abc.css", "body{}"),
            ("pkg/keeptill.abc.css.br", "brotli"),
            ("pkg/vault.cde.js", "export default 2;"),
            ("pkg/vault.cde.wasm", "\0asm"),
            ("pkg/worker.def.js", "let a;"),
            ("pkg/worker.def.wasm", "\0asm"),
            ("icons/icon.svg", "<svg/>"),
            ("boot.js", "boot()"),
            ("manifest.webmanifest", "{}"),
            ("sw.js", "// the worker"),
        ] {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        Self(folder)
    }

    async fn serve(&self) -> TestServer {
        let folder = self.0.clone();
        TestServer::start_with(move |config| config.site_dir = Some(folder)).await
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn fetch(server: &TestServer, path: &str) -> reqwest::Response {
    server.send(reqwest::Method::GET, path, |request| request.header("accept-encoding", "br")).await
}

fn header<'a>(response: &'a reqwest::Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_server_is_up_and_ready() {
    let server = TestServer::start().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.get(path).await.0, StatusCode::OK, "{path}");
    }
    // Metrics are for the operations listener.
    assert_eq!(server.get("/metrics").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_operations_listener_tells_the_numbers() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let server = TestServer::start_with(|config| config.ops_listen = Some(address)).await;
    server.get("/healthz").await;
    let numbers = loop {
        if let Ok(response) = reqwest::get(format!("http://{address}/metrics")).await {
            break response.text().await.unwrap();
        }
        tokio::task::yield_now().await;
    };
    assert!(numbers.contains(r#"keeptill_requests_total{method="GET",route="/healthz",status="200"}"#), "{numbers}");
    assert_eq!(reqwest::get(format!("http://{address}/readyz")).await.unwrap().status().as_u16(), 200);
}

#[tokio::test]
async fn without_its_database_the_server_says_so() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    server.database().close().await;
    assert_eq!(server.get("/healthz").await.0, StatusCode::OK);
    assert_refused(server.get("/readyz").await, StatusCode::SERVICE_UNAVAILABLE, "database_unavailable");
    let response = fetch(&server, "/readyz").await;
    assert_eq!(header(&response, "retry-after"), "2");
    assert_refused(shop.get("/api/products").await, StatusCode::SERVICE_UNAVAILABLE, "database_unavailable");
}

#[tokio::test]
async fn an_error_carries_the_requests_id() {
    let server = TestServer::start().await;
    let response = fetch(&server, "/api/products").await;
    let id = header(&response, "x-request-id").to_owned();
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["error"]["requestId"], json!(id));
    assert!(!id.is_empty());
}

#[tokio::test]
async fn what_is_not_there_is_not_found_in_the_contracts_shape() {
    let server = TestServer::start().await;
    for path in ["/api", "/api/nothing", "/nothing", "/api/products/../x"] {
        assert_refused(server.get(path).await, StatusCode::NOT_FOUND, "not_found");
    }
    assert_refused(server.delete("/api/products").await, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
    assert_refused(server.get("/api/sync/push").await, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whole() {
    let server = TestServer::start().await;
    let most = 4 * 1024 * 1024;
    let mut body = sign_up("big@shop.test").to_string();
    body.push_str(&" ".repeat(most - body.len()));
    assert_eq!(server.post_text("/api/tenants", body.clone()).await.0, StatusCode::CREATED);
    body.push(' ');
    let past = server.post_text("/api/tenants", body).await;
    assert_refused(past, StatusCode::PAYLOAD_TOO_LARGE, "body_too_large");
}

#[tokio::test]
async fn every_answer_is_hardened() {
    let site = Site::make();
    let server = site.serve().await;
    for path in ["/healthz", "/api/products", "/till", "/boot.js", "/nothing", "/sw.js"] {
        let response = fetch(&server, path).await;
        let policy = header(&response, "content-security-policy");
        for part in [
            "default-src 'self'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("'unsafe-inline' 'wasm") && !policy.contains("script-src 'self' 'unsafe"), "{policy}");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&response, "referrer-policy"), "same-origin", "{path}");
    }
    assert_eq!(header(&fetch(&server, "/api/products").await, "cache-control"), "no-store");
}

#[tokio::test]
async fn files_have_the_age_and_the_form_they_need() {
    let site = Site::make();
    let server = site.serve().await;
    for (path, kind, age) in [
        ("/pkg/keeptill.abc.js", "javascript", "public, max-age=31536000, immutable"),
        ("/pkg/keeptill.abc.wasm", "application/wasm", "public, max-age=31536000, immutable"),
        ("/boot.js", "javascript", "no-cache"),
        ("/manifest.webmanifest", "application/manifest+json", "no-cache"),
        ("/icons/icon.svg", "image/svg+xml", "no-cache"),
    ] {
        let response = fetch(&server, path).await;
        assert_eq!(response.status().as_u16(), 200, "{path}");
        assert!(header(&response, "content-type").contains(kind), "{path}: {}", header(&response, "content-type"));
        assert_eq!(header(&response, "cache-control"), age, "{path}");
        assert_eq!(header(&response, "content-encoding"), "", "{path}");
    }
    let css = fetch(&server, "/pkg/keeptill.abc.css").await;
    assert_eq!((header(&css, "content-encoding"), header(&css, "content-type")), ("br", "text/css"));
    for path in
        ["/pkg", "/pkg/", "/pkg/keeptill.old.js", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/pkg/..%2f..%2fCargo.toml"]
    {
        assert_eq!(fetch(&server, path).await.status().as_u16(), 404, "{path}");
    }
}

#[tokio::test]
async fn the_tills_page_is_the_same_bytes_for_everybody() {
    let site = Site::make();
    let server = site.serve().await;
    let shop = server.shop().await;
    let page = fetch(&server, "/till").await;
    assert_eq!(
        (header(&page, "content-type"), header(&page, "cache-control")),
        ("text/html; charset=utf-8", "no-cache")
    );
    let text = page.text().await.unwrap();
    assert!(text.contains(r#"data-shell="till" data-js="/pkg/keeptill.abc.js" data-wasm="/pkg/keeptill.abc.wasm""#));
    for path in ["/till/", "/till/sales", "/till/pair?code=K7QF-2M9X"] {
        let response = shop.send(reqwest::Method::GET, path, |request| request).await;
        assert_eq!(response.text().await.unwrap(), text, "{path}");
    }
}

#[tokio::test]
async fn the_service_worker_knows_its_build() {
    let site = Site::make();
    let server = site.serve().await;
    let script = fetch(&server, "/sw.js").await;
    assert!(header(&script, "content-type").starts_with("text/javascript"));
    assert_eq!(header(&script, "cache-control"), "no-cache");
    assert_eq!(header(&script, "service-worker-allowed"), "/");
    let script = script.text().await.unwrap();
    let (build, source) = script.split_once(";\n").unwrap();
    assert_eq!(source, "// the worker");
    let build: serde_json::Value = serde_json::from_str(build.strip_prefix("self.KEEPTILL = ").unwrap()).unwrap();
    assert_eq!(
        build["precache"],
        json!([
            "/till",
            "/pkg/keeptill.abc.js",
            "/pkg/keeptill.abc.wasm",
            "/pkg/keeptill.abc.css",
            "/pkg/vault.cde.js",
            "/pkg/vault.cde.wasm",
            "/pkg/worker.def.js",
            "/pkg/worker.def.wasm",
            "/boot.js",
            "/icons/icon.svg",
            "/manifest.webmanifest"
        ])
    );
    assert_eq!(build["worker"], json!({ "js": "/pkg/worker.def.js", "wasm": "/pkg/worker.def.wasm" }));
    for path in build["precache"].as_array().unwrap() {
        assert_eq!(fetch(&server, path.as_str().unwrap()).await.status().as_u16(), 200, "{path}");
    }
    // Other content under the same names is another version.
    fs::write(site.0.join("boot.js"), "boot(2)").unwrap();
    let again = fetch(&site.serve().await, "/sw.js").await.text().await.unwrap();
    assert_ne!(again, script);
}

#[tokio::test]
async fn the_contract_is_published_with_every_route() {
    let server = TestServer::start().await;
    let (status, document) = server.get("/api/openapi.json").await;
    assert_eq!(status, StatusCode::OK);
    for (path, verbs) in [
        ("/api/tenants", "post"),
        ("/api/auth/login", "post"),
        ("/api/auth/logout", "post"),
        ("/api/auth/me", "get"),
        ("/api/staff", "get post"),
        ("/api/staff/{id}", "patch delete"),
        ("/api/stores", "get post"),
        ("/api/devices", "get post"),
        ("/api/devices/pair", "post"),
        ("/api/devices/{id}", "delete"),
        ("/api/devices/{id}/pairing-code", "post"),
        ("/api/categories", "get post"),
        ("/api/categories/{id}", "get patch delete"),
        ("/api/taxes", "get post"),
        ("/api/taxes/{id}", "get patch delete"),
        ("/api/products", "get post"),
        ("/api/products/{id}", "get patch delete"),
        ("/api/stock", "get"),
        ("/api/stock/movements", "post"),
        ("/api/sync/pull", "post"),
        ("/api/sync/products/pull", "post"),
        ("/api/sync/push", "post"),
        ("/api/sync/sales/push", "post"),
        ("/api/sales", "get post"),
        ("/api/sales/{clientId}", "get"),
        ("/api/sync/status", "get"),
        ("/api/sync/status/{deviceId}", "get"),
        ("/api/sync/log", "get"),
        ("/api/sync/conflicts", "get"),
        ("/api/sync/conflicts/{clientId}", "get"),
        ("/api/sync/resolve/{clientId}", "post"),
        ("/api/sync/resolve-conflict", "post"),
        ("/healthz", "get"),
        ("/readyz", "get"),
    ] {
        for verb in verbs.split(' ') {
            assert!(document["paths"][path][verb].is_object(), "{verb} {path}");
        }
    }
}

#[tokio::test]
async fn a_request_in_flight_is_answered_before_the_server_ends() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    // The request waits for a lock that the test holds.
    let db = server.database();
    let mut held = db.begin(shop.tenant()).await.unwrap();
    let stream = keeptill_server::versions::Stream::Catalogue;
    keeptill_server::versions::next_version(&mut held, shop.tenant(), stream).await.unwrap();
    let request = tokio::spawn({
        let shop = shop.clone();
        async move { shop.post("/api/categories", json!({ "name": "Tea" })).await }
    });
    let waiting = "select exists (select from pg_stat_activity where datname = current_database()
        and wait_event_type = 'Lock' and query like 'update stream_versions%')";
    while !sqlx::query_scalar::<_, bool>(waiting).fetch_one(&server.owner_pool()).await.unwrap() {
        tokio::task::yield_now().await;
    }
    let (_, (status, _)) = tokio::join!(server.stop(), async {
        held.commit().await.unwrap();
        request.await.unwrap()
    });
    assert_eq!(status, StatusCode::CREATED);
    let refused = reqwest::get(format!("http://{}/healthz", server.address)).await;
    assert!(refused.is_err());
}
