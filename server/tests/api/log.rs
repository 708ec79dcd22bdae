//! The log of syncs.

use crate::{harness::TestServer, selling::*};
use axum::http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn every_push_is_logged_and_read_page_by_page() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let (till, other) = (shop.device("Till 1").await, shop.device("Till 2").await);
    let oats = stocked(&shop, 260, 1).await;
    let mut ids: Vec<Value> = Vec::new();
    for _ in 0..3 {
        let (_, answer) = till.push(events(&[sale(&[(&oats, 260, 1)])])).await;
        ids.push(answer["syncLogId"].clone());
    }
    let (_, failed) = other.push(json!({"events": [{}]})).await;
    ids.push(failed["syncLogId"].clone());
    let (_, by_manager) = shop.post("/api/sync/push", json!({"events": []})).await;
    ids.push(by_manager["syncLogId"].clone());
    ids.reverse();

    let (status, page) = shop.get("/api/sync/log?limit=4").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let rows = page["items"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>(), ids[..4]);
    assert_eq!((&rows[0]["deviceId"], &rows[0]["status"]), (&Value::Null, &json!("success")));
    assert!(rows[0]["userId"].is_string());
    assert_eq!((&rows[1]["status"], &rows[1]["itemsSynced"]), (&json!("failed"), &json!(0)));
    assert_eq!((&rows[2]["status"], &rows[2]["conflicts"]), (&json!("success"), &json!(1)));
    assert_eq!((&rows[2]["deviceId"], &rows[2]["syncType"]), (&json!(till.id), &json!("push")));
    assert_eq!((&rows[3]["conflicts"], &rows[3]["tenantId"]), (&json!(1), &json!(shop.tenant_id)));
    assert!(rows[2]["lastSync"].is_string(), "when it pushed before");
    let (_, rest) = shop.get(&format!("/api/sync/log?limit=4&cursor={}", page["cursor"].as_str().unwrap())).await;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["cursor"]), (1, &Value::Null));

    let (_, own) = till.get("/api/sync/log").await;
    assert_eq!(own["items"].as_array().unwrap().len(), 3);
    let (_, one) = shop.get(&format!("/api/sync/log?deviceId={}", other.id)).await;
    assert_eq!(one["items"].as_array().unwrap().len(), 1);
    let stranger = server.shop().await;
    assert_eq!(stranger.get("/api/sync/log").await.1["items"], json!([]));
    assert_eq!(stranger.get(&format!("/api/sync/log?deviceId={}", till.id)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(shop.get("/api/sync/log?cursor=x").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_push_over_a_limit_is_logged_as_failed() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let (status, _) = till.push(json!({"events": vec![json!({}); 201]})).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let (_, log) = till.get("/api/sync/log").await;
    assert_eq!((&log["items"][0]["status"], &log["items"][0]["itemsSynced"]), (&json!("failed"), &json!(0)), "{log}");
    assert_eq!(log["items"][0]["errors"][0]["error"]["code"], json!("too_large"));
}
