//! How devices stand.

use crate::{harness::TestServer, selling::*};
use axum::http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn a_push_says_how_its_device_stands() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let oats = stocked(&shop, 260, 1).await;
    let (status, fresh) = till.get("/api/sync/status").await;
    assert_eq!(status, StatusCode::OK, "{fresh}");
    assert_eq!((&fresh["deviceId"], &fresh["name"]), (&json!(till.id), &json!("Till 1")));
    assert_eq!(
        (&fresh["lastPushAt"], &fresh["pendingCount"], &fresh["ackedSeq"]),
        (&Value::Null, &Value::Null, &json!(0))
    );

    let numbered = |seq: i64| with(&event(&sale(&[(&oats, 260, 1)])), json!({"deviceSeq": seq}));
    let body = json!({
        "deviceTime": now(), "pendingCount": 5, "oldestPendingAt": "2026-01-05T10:00:00Z", "appVersion": "0.1.0\u{0}",
        "events": [numbered(1), numbered(2), numbered(4), {"type": "sale"}],
    });
    till.push(body).await;
    let (_, status) = till.get("/api/sync/status").await;
    assert_eq!((&status["pendingCount"], &status["openConflicts"]), (&json!(2), &json!(2)), "{status}");
    assert_eq!((&status["ackedSeq"], &status["missingSeqs"]), (&json!(2), &json!([3])));
    assert_eq!((&status["appVersion"], &status["oldestPendingAt"]), (&json!("0.1.0"), &json!("2026-01-05T10:00:00Z")));
    assert!(status["lastSeenAt"].is_string() && status["lastPushAt"].is_string());
    assert!(status["clockOffsetMs"].as_i64().unwrap().abs() < 60_000);
    let sync = &status["lastSyncs"][0];
    assert_eq!(
        (&sync["syncType"], &sync["status"], &sync["itemsSynced"]),
        (&json!("push"), &json!("partial"), &json!(3))
    );

    till.push(json!({"pendingCount": 1, "events": [numbered(3)]})).await;
    let (_, status) = till.get("/api/sync/status").await;
    assert_eq!((&status["pendingCount"], &status["oldestPendingAt"]), (&json!(0), &Value::Null));
    assert_eq!((&status["ackedSeq"], &status["missingSeqs"]), (&json!(4), &json!([])));
    assert_eq!(status["lastSyncs"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_manager_sees_every_device_and_a_device_itself() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    let (till, other) = (shop.device("Till 1").await, shop.device("Till 2").await);
    let (status, all) = shop.get("/api/sync/status").await;
    assert_eq!(status, StatusCode::OK, "{all}");
    let names: Vec<&Value> = all["devices"].as_array().unwrap().iter().map(|device| &device["name"]).collect();
    assert_eq!(names, ["Till 1", "Till 2"]);
    let path = format!("/api/sync/status/{}", till.id);
    assert_eq!(shop.get(&path).await.1["deviceId"], json!(till.id));
    assert_eq!(till.get(&path).await.0, StatusCode::OK);
    assert_eq!(other.get(&path).await.0, StatusCode::FORBIDDEN);
    assert_eq!(stranger.get(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(shop.get("/api/sync/status/x").await.0, StatusCode::NOT_FOUND);
    assert_eq!(server.get("/api/sync/status").await.0, StatusCode::UNAUTHORIZED);
}
