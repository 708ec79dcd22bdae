//! Stores, devices, and how a browser becomes one.

use crate::harness::{Shop, TestServer, assert_refused};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::HashSet;

async fn offer(shop: &Shop) -> Value {
    shop.made("/api/devices", json!({ "name": "Till 1", "storeId": shop.store_id })).await
}

fn pairing(offer: &Value) -> Value {
    json!({ "pairingCode": offer["pairingCode"] })
}

#[tokio::test]
async fn stores_are_made_and_listed_page_by_page() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let made = shop.made("/api/stores", json!({ "name": "Harbour" })).await;
    let (_, page) = shop.get("/api/stores?limit=1").await;
    assert_eq!(page["items"][0]["storeId"], json!(shop.store_id));
    let (_, next) = shop.get(&format!("/api/stores?limit=1&cursor={}", page["cursor"].as_str().unwrap())).await;
    assert_eq!((&next["items"][0], &next["cursor"]), (&made, &Value::Null));
    for (body, code) in [(json!({ "name": " " }), "empty"), (json!({ "name": "n".repeat(201) }), "too_long")] {
        assert_refused(shop.post("/api/stores", body).await, StatusCode::UNPROCESSABLE_ENTITY, code);
    }
    assert_refused(shop.get("/api/stores?cursor=x").await, StatusCode::BAD_REQUEST, "bad_cursor");
    assert_refused(shop.get("/api/stores?limit=0").await, StatusCode::UNPROCESSABLE_ENTITY, "out_of_range");
    assert_refused(shop.get("/api/stores?limit=x").await, StatusCode::BAD_REQUEST, "malformed_query");
    assert_eq!(server.shop().await.get("/api/stores").await.1["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_code_pairs_one_browser_once_however_it_is_typed() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let offer = offer(&shop).await;
    let code = offer["pairingCode"].as_str().unwrap();
    assert_eq!((code.len(), code.as_bytes()[4]), (9, b'-'), "{code}");
    let typed = json!({ "pairingCode": format!(" {} ", code.to_lowercase().replace('-', " ")) });
    let (status, paired) = server.post("/api/devices/pair", typed).await;
    assert_eq!(status, StatusCode::OK, "{paired}");
    assert_eq!(paired["deviceId"], offer["deviceId"]);
    assert_eq!((&paired["tenantId"], &paired["storeId"]), (&json!(shop.tenant_id), &json!(shop.store_id)));
    assert_eq!((&paired["deviceName"], &paired["receiptPrefix"]), (&json!("Till 1"), &json!("T1")));
    let till = server.as_device(paired["deviceToken"].as_str().unwrap());
    let (status, pulled) = till.post("/api/sync/pull", json!({ "collections": [] })).await;
    assert_eq!((status, &pulled["epoch"]), (StatusCode::OK, &paired["epoch"]));
    assert_refused(server.post("/api/devices/pair", pairing(&offer)).await, StatusCode::NOT_FOUND, "unknown_code");
    for nonsense in ["", "K7QF-2M9X", "UUUU-UUUU"] {
        let answer = server.post("/api/devices/pair", json!({ "pairingCode": nonsense })).await;
        assert_refused(answer, StatusCode::NOT_FOUND, "unknown_code");
    }
}

#[tokio::test]
async fn sixteen_browsers_with_one_code_make_one_device() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let offer = offer(&shop).await;
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (client, body) = ((*server).clone(), pairing(&offer));
        racing.spawn(async move { client.post("/api/devices/pair", body).await });
    }
    let answers = racing.join_all().await;
    let paired: Vec<_> = answers.iter().filter(|(status, _)| *status == StatusCode::OK).collect();
    assert_eq!(paired.len(), 1, "{answers:?}");
    let till = server.as_device(paired[0].1["deviceToken"].as_str().unwrap());
    assert_eq!(till.get("/api/sync/status").await.0, StatusCode::OK);
}

#[tokio::test]
async fn an_old_code_is_worth_nothing_and_a_new_one_can_be_had() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let first = offer(&shop).await;
    let path = format!("/api/devices/{}/pairing-code", first["deviceId"].as_str().unwrap());
    let second = shop.made(&path, json!({})).await;
    assert_refused(server.post("/api/devices/pair", pairing(&first)).await, StatusCode::NOT_FOUND, "unknown_code");
    let past = "update pairing_codes set expires_at = now()";
    sqlx::query(past).execute(&server.owner_pool()).await.unwrap();
    assert_refused(server.post("/api/devices/pair", pairing(&second)).await, StatusCode::NOT_FOUND, "unknown_code");
    let third = shop.made(&path, json!({})).await;
    assert_eq!(server.post("/api/devices/pair", pairing(&third)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn pairing_again_takes_the_first_browsers_place() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let offer = shop.made(&format!("/api/devices/{}/pairing-code", till.id), json!({})).await;
    assert_eq!(till.get("/api/sync/status").await.0, StatusCode::OK);
    assert_eq!(server.post("/api/devices/pair", pairing(&offer)).await.0, StatusCode::OK);
    assert_refused(till.get("/api/sync/status").await, StatusCode::UNAUTHORIZED, "bad_token");
}

#[tokio::test]
async fn guessing_codes_slows_an_address_down() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let offer = offer(&shop).await;
    let failures = "insert into login_failures (subject) select 'pairing 203.0.113.9' from generate_series(1, 30)";
    sqlx::query(failures).execute(&server.owner_pool()).await.unwrap();
    for (address, expected) in [("203.0.113.9", 429), ("203.0.113.10", 200)] {
        let response = server.send(reqwest::Method::POST, "/api/devices/pair", |request| {
            request.header("x-forwarded-for", address).json(&pairing(&offer))
        });
        assert_eq!(response.await.status().as_u16(), expected, "{address}");
    }
}

#[tokio::test]
async fn devices_made_at_one_moment_have_different_numbers() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let shop = shop.clone();
        racing.spawn(async move { offer(&shop).await });
    }
    racing.join_all().await;
    let (_, page) = shop.get("/api/devices?limit=5").await;
    let (_, rest) = shop.get(&format!("/api/devices?cursor={}", page["cursor"].as_str().unwrap())).await;
    let listed = page["items"].as_array().unwrap().iter().chain(rest["items"].as_array().unwrap());
    let prefixes: HashSet<&str> = listed.map(|device| device["receiptPrefix"].as_str().unwrap()).collect();
    assert_eq!(prefixes, HashSet::from(["T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8"]));
}

#[tokio::test]
async fn a_revoked_device_is_refused_from_then_on() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let path = format!("/api/devices/{}", till.id);
    let offer = shop.made(&format!("{path}/pairing-code"), json!({})).await;
    for _ in 0..2 {
        assert_eq!(shop.delete(&path).await.0, StatusCode::NO_CONTENT);
    }
    let pull = till.pull(json!({ "collections": ["products"] })).await;
    assert_refused(pull, StatusCode::UNAUTHORIZED, "device_revoked");
    assert_refused(server.post("/api/devices/pair", pairing(&offer)).await, StatusCode::NOT_FOUND, "unknown_code");
    let again = shop.post(&format!("{path}/pairing-code"), json!({})).await;
    assert_refused(again, StatusCode::CONFLICT, "device_revoked");
    let (_, listed) = shop.get("/api/devices").await;
    assert!(listed["items"][0]["revokedAt"].is_string());
    let revocations = "select count(*) from audit_log where action = 'device.revoke'";
    let revocations: i64 = sqlx::query_scalar(revocations).fetch_one(&server.owner_pool()).await.unwrap();
    assert_eq!(revocations, 1);
}

#[tokio::test]
async fn a_token_that_is_not_ours_is_refused() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    let (till, other) = (shop.device("Till 1").await, stranger.device("Till 1").await);
    let swapped = format!("{}.{}.{}", stranger.tenant_id, till.id, till.token.rsplit('.').next().unwrap());
    let crossed = format!("{}.{}.{}", shop.tenant_id, till.id, other.token.rsplit('.').next().unwrap());
    for token in ["x", "a.b.c", &format!("{}x", till.token), &swapped, &crossed] {
        let answer = server.post_as(token, "/api/sync/pull", json!({ "collections": [] })).await;
        assert_refused(answer, StatusCode::UNAUTHORIZED, "bad_token");
    }
    assert_refused(till.get("/api/products").await, StatusCode::UNAUTHORIZED, "not_logged_in");
}

#[tokio::test]
async fn devices_are_held_to_their_limits_and_their_tenant() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    let till = shop.device("Till 1").await;
    for (name, code) in [("", "empty"), (&*"n".repeat(201), "too_long")] {
        let answer = shop.post("/api/devices", json!({ "name": name, "storeId": shop.store_id })).await;
        assert_refused(answer, StatusCode::UNPROCESSABLE_ENTITY, code);
    }
    shop.made("/api/devices", json!({ "name": "n".repeat(200), "storeId": shop.store_id })).await;
    let (status, theirs) = stranger.post("/api/devices", json!({ "name": "T", "storeId": shop.store_id })).await;
    assert_eq!((status, &theirs["error"]["field"]), (StatusCode::NOT_FOUND, &json!("storeId")));
    let path = format!("/api/devices/{}", till.id);
    assert_refused(stranger.delete(&path).await, StatusCode::NOT_FOUND, "not_found");
    let code = stranger.post(&format!("{path}/pairing-code"), json!({})).await;
    assert_refused(code, StatusCode::NOT_FOUND, "not_found");
    assert_eq!(stranger.get("/api/devices").await.1["items"], json!([]));
    assert_eq!(till.get("/api/sync/status").await.0, StatusCode::OK);
}
