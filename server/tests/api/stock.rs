//! Stock that a manager moves by hand.

use crate::{
    harness::{Shop, TestServer, assert_refused},
    selling::assert_stock_is_the_sum_of_its_movements,
};
use axum::http::StatusCode;
use serde_json::{Value, json};

const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

async fn tea(shop: &Shop) -> String {
    let made = shop.product(json!({ "name": "Tea", "priceMinor": 290 })).await;
    made["id"].as_str().unwrap().to_owned()
}

async fn levels(shop: &Shop, store: &str) -> Value {
    let (status, page) = shop.get(&format!("/api/stock?storeId={store}")).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["items"].clone()
}

#[tokio::test]
async fn movements_and_counts_add_up_in_each_store() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let product = tea(&shop).await;
    let harbour = shop.made("/api/stores", json!({ "name": "Harbour" })).await;
    let harbour = harbour["storeId"].as_str().unwrap();
    assert_eq!(levels(&shop, &shop.store_id).await, json!([{ "productId": product, "onHand": 0 }]));
    for (change, on_hand) in [
        (json!({ "delta": 10, "reason": "received" }), json!(10)),
        (json!({ "delta": -0.375, "reason": "damaged", "note": "dropped" }), json!(9.625)),
        (json!({ "counted": 4, "reason": "count" }), json!(4)),
        (json!({ "counted": 4, "reason": "count" }), json!(4)),
        (json!({ "delta": -6, "reason": "correction" }), json!(-2)),
        (json!({ "counted": 0, "reason": "count" }), json!(0)),
        (json!({ "delta": 0.001, "reason": "returned" }), json!(0.001)),
    ] {
        let mut body = change;
        body["storeId"] = json!(shop.store_id);
        body["productId"] = json!(product);
        let moved = shop.made("/api/stock/movements", body).await;
        assert_eq!(moved["onHand"], on_hand);
        assert!(moved["movementId"].is_string());
    }
    assert_eq!(levels(&shop, &shop.store_id).await, json!([{ "productId": product, "onHand": 0.001 }]));
    assert_eq!(levels(&shop, harbour).await, json!([{ "productId": product, "onHand": 0 }]));
    assert_stock_is_the_sum_of_its_movements(&server).await;
    let by: i64 = sqlx::query_scalar("select count(*) from stock_movements where user_id is not null")
        .fetch_one(&server.owner_pool())
        .await
        .unwrap();
    assert_eq!(by, 7);
}

#[tokio::test]
async fn counts_at_one_moment_leave_what_one_of_them_counted() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let product = tea(&shop).await;
    let mut racing = tokio::task::JoinSet::new();
    for counted in 1..=8 {
        let (shop, product) = (shop.clone(), product.clone());
        racing.spawn(async move {
            let body = json!({ "storeId": shop.store_id, "productId": product, "counted": counted, "reason": "count" });
            shop.made("/api/stock/movements", body).await
        });
    }
    racing.join_all().await;
    let on_hand = levels(&shop, &shop.store_id).await[0]["onHand"].as_i64().unwrap();
    assert!((1..=8).contains(&on_hand), "{on_hand}");
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn a_movement_that_makes_no_sense_is_refused() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let product = tea(&shop).await;
    for (change, status, code) in [
        (json!({ "reason": "received" }), 422, "delta_or_counted"),
        (json!({ "delta": 1, "counted": 1, "reason": "received" }), 422, "delta_or_counted"),
        (json!({ "delta": 0, "reason": "received" }), 422, "out_of_range"),
        (json!({ "delta": 1, "reason": "count" }), 422, "wrong_reason"),
        (json!({ "delta": 1, "reason": "sale" }), 422, "wrong_reason"),
        (json!({ "delta": 1, "reason": "void" }), 422, "wrong_reason"),
        (json!({ "counted": 1, "reason": "received" }), 422, "wrong_reason"),
        (json!({ "counted": -1, "reason": "count" }), 422, "out_of_range"),
        (json!({ "delta": 1, "reason": "received", "note": "n".repeat(1001) }), 422, "too_long"),
        (json!({ "delta": 1, "reason": "because" }), 400, "malformed_body"),
        (json!({ "delta": 0.0001, "reason": "received" }), 400, "malformed_body"),
        (json!({ "delta": 1_000_000_001_i64, "reason": "received" }), 400, "malformed_body"),
        (json!({ "delta": "1", "reason": "received" }), 400, "malformed_body"),
    ] {
        let mut body = change;
        body["storeId"] = json!(shop.store_id);
        body["productId"] = json!(product);
        let answer = shop.post("/api/stock/movements", body).await;
        assert_refused(answer, StatusCode::from_u16(status).unwrap(), code);
    }
    let most = json!({ "storeId": shop.store_id, "productId": product, "delta": 1_000_000_000, "reason": "received" });
    assert_eq!(shop.made("/api/stock/movements", most.clone()).await["onHand"], json!(1_000_000_000));
    let past = shop.post("/api/stock/movements", most).await;
    assert_refused(past, StatusCode::UNPROCESSABLE_ENTITY, "out_of_range");
}

#[tokio::test]
async fn stock_of_what_is_not_there_is_not_found() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    let (product, theirs) = (tea(&shop).await, tea(&stranger).await);
    for (store, product, field) in [
        (shop.store_id.as_str(), theirs.as_str(), "productId"),
        (shop.store_id.as_str(), NOBODY, "productId"),
        (stranger.store_id.as_str(), product.as_str(), "storeId"),
        (NOBODY, product.as_str(), "storeId"),
    ] {
        let body = json!({ "storeId": store, "productId": product, "delta": 1, "reason": "received" });
        let (status, answer) = shop.post("/api/stock/movements", body).await;
        assert_eq!((status, &answer["error"]["field"]), (StatusCode::NOT_FOUND, &json!(field)), "{answer}");
    }
    let other = shop.get(&format!("/api/stock?storeId={}", stranger.store_id)).await;
    assert_refused(other, StatusCode::NOT_FOUND, "not_found");
    assert_eq!(shop.delete(&format!("/api/products/{product}")).await.0, StatusCode::NO_CONTENT);
    let gone = json!({ "storeId": shop.store_id, "productId": product, "delta": 1, "reason": "received" });
    assert_refused(shop.post("/api/stock/movements", gone).await, StatusCode::NOT_FOUND, "not_found");
    assert_eq!(levels(&shop, &shop.store_id).await, json!([]));
}

#[tokio::test]
async fn levels_are_listed_page_by_page() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(tea(&shop).await);
    }
    let (mut seen, mut query) = (Vec::new(), "limit=2".to_owned());
    loop {
        // The first store is meant where none is named.
        let (_, page) = shop.get(&format!("/api/stock?{query}")).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|row| row["productId"].as_str().unwrap().to_owned()));
        match page["cursor"].as_str() {
            Some(cursor) => query = format!("limit=2&cursor={cursor}"),
            None => break,
        }
    }
    made.sort();
    assert_eq!(seen, made);
}
