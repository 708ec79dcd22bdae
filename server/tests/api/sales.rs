//! One sale at a time, and looking at sales.

use crate::{harness::TestServer, selling::*};
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn one_sale_is_created_and_shown_whole() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let oats = stocked(&shop, 260, 10).await;
    let sold = with(&sale(&[(&oats, 260, 2)]), json!({"receiptNumber": "T1-000001"}));
    let (status, created) = till.post("/api/sales", sold.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    assert_eq!((&created["status"], &created["duplicate"]), (&json!("synced"), &json!(false)));
    assert_eq!(created["sale"]["clientId"], sold["clientId"]);

    let (status, shown) = shop.get(&format!("/api/sales/{}", sold["clientId"].as_str().unwrap())).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(shown["saleId"], created["saleId"]);
    assert_eq!((&shown["deviceId"], &shown["deviceName"]), (&json!(till.id), &json!("Till 1")));
    assert_eq!((&shown["totalMinor"], &shown["receiptNumber"]), (&json!(520), &json!("T1-000001")));
    assert_eq!((&shown["syncStatus"], &shown["resolution"]), (&json!("synced"), &json!(null)));
    assert_eq!(shown["items"][0]["quantity"], json!(2));
    assert_eq!(shown["tenders"], json!([{"type": "cash", "amountMinor": 520, "changeMinor": 0, "reference": null}]));
    assert_eq!(on_hand(&shop, &oats).await, 8.0);
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn a_sale_without_a_client_id_gets_one_and_must_be_a_sale() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 10).await;
    let mut bare = sale(&[(&oats, 260, 1)]);
    bare.as_object_mut().unwrap().retain(|name, _| name != "clientId" && name != "offlineCreatedAt");
    let (status, first) = shop.post("/api/sales", bare.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{first}");
    let (_, second) = shop.post("/api/sales", bare.clone()).await;
    assert_ne!(first["clientId"], second["clientId"]);
    assert!(first["sale"]["soldAt"].is_string() && first["sale"]["offlineCreatedAt"].is_null());

    for (body, field) in [(json!({}), None), (with(&bare, json!({"totalMinor": "much"})), Some("totalMinor"))] {
        let (status, answer) = shop.post("/api/sales", body).await;
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("malformed_body")), "{answer}");
        if let Some(field) = field {
            assert!(answer["error"]["message"].as_str().unwrap().contains(field), "{answer}");
        }
    }
    assert_eq!(shop.post("/api/sales", json!([])).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(shop.post("/api/sales", with(&bare, json!({"clientId": "seven"}))).await.0, StatusCode::BAD_REQUEST);
    let refund = with(&bare, json!({"clientId": new_id(), "type": "refund"}));
    assert_eq!(shop.post("/api/sales", refund).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let garbled = with(&bare, json!({"clientId": new_id(), "totalMinor": "much"}));
    let (status, kept) = shop.post("/api/sales", garbled).await;
    assert_eq!((status, reasons(&kept)), (StatusCode::CREATED, vec!["invalid_totals".to_owned()]), "{kept}");
    let long = sale(&vec![(oats.as_str(), 260, 1); 501]);
    assert_eq!(shop.post("/api/sales", long).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(on_hand(&shop, &oats).await, 8.0);
}

#[tokio::test]
async fn a_sale_in_conflict_is_created_all_the_same() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 1).await;
    let (status, created) = shop.post("/api/sales", sale(&[(&oats, 260, 2)])).await;
    assert_eq!((status, &created["status"]), (StatusCode::CREATED, &json!("conflict")), "{created}");
    assert_eq!(created["sale"]["syncStatus"], json!("conflict"));
    assert_eq!(created["sale"]["conflictReason"], json!("insufficient_stock"));
}

#[tokio::test]
async fn sales_are_listed_newest_first_page_by_page() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let (till, other) = (shop.device("Till 1").await, shop.device("Till 2").await);
    let oats = stocked(&shop, 260, 100).await;
    let mut made = Vec::new();
    for minute in 0..7 {
        let at = format!("2026-01-05T10:0{minute}:00Z");
        let sold = with(&sale(&[(&oats, 260, 1)]), json!({"offlineCreatedAt": at}));
        made.push(sold["clientId"].clone());
        let till = if minute % 2 == 0 { &till } else { &other };
        till.push(events(&[sold])).await;
    }
    made.reverse();
    let mut listed = Vec::new();
    let mut path = "/api/sales?limit=3".to_owned();
    loop {
        let (status, page) = shop.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        listed.extend(page["items"].as_array().unwrap().iter().map(|sale| sale["clientId"].clone()));
        match page["cursor"].as_str() {
            Some(cursor) => path = format!("/api/sales?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(listed, made);
    let ids = async |path: &str| {
        let (_, page) = shop.get(path).await;
        page["items"].as_array().unwrap().iter().map(|sale| sale["clientId"].clone()).collect::<Vec<_>>()
    };
    let between = ids("/api/sales?from=2026-01-05T10:01:00Z&to=2026-01-05T10:03:00Z").await;
    assert_eq!(between, made[4..6], "from is in, to is out");
    assert_eq!(ids(&format!("/api/sales?deviceId={}", other.id)).await.len(), 3);
    let (_, own) = till.get("/api/sales").await;
    assert_eq!(own["items"].as_array().unwrap().len(), 4, "a till sees its own");
    assert_eq!(shop.get("/api/sales?cursor=nonsense").await.0, StatusCode::BAD_REQUEST);
    for query in ["from=noon", "from=-9999-01-01T00:00:00Z", "cursor=-9000000000000000_0_0"] {
        assert_eq!(shop.get(&format!("/api/sales?{query}")).await.0, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn nobody_sees_another_shops_sales_nor_a_till_anothers() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    let (till, other) = (shop.device("Till 1").await, shop.device("Till 2").await);
    let oats = stocked(&shop, 260, 10).await;
    let sold = sale(&[(&oats, 260, 1)]);
    till.push(events(std::slice::from_ref(&sold))).await;
    let path = format!("/api/sales/{}", sold["clientId"].as_str().unwrap());
    assert_eq!(shop.get(&path).await.0, StatusCode::OK);
    assert_eq!(till.get(&path).await.0, StatusCode::OK);
    for (status, answer) in [stranger.get(&path).await, other.get(&path).await, shop.get("/api/sales/x").await] {
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
    }
    let (_, page) = stranger.get("/api/sales").await;
    assert_eq!(page["items"], json!([]));
    assert_eq!(stranger.get(&format!("/api/sales?deviceId={}", till.id)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(other.get(&format!("/api/sales?deviceId={}", till.id)).await.0, StatusCode::FORBIDDEN);
    assert_eq!(server.get("/api/sales").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_day_sums_up_with_conflicts_voids_and_last_week() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 100, 5).await;
    let at = |at: &str| with(&sale(&[(&oats, 100, 2)]), json!({"offlineCreatedAt": at}));
    for instant in ["2026-01-05T10:10:00Z", "2026-01-05T10:50:00Z", "2026-01-05T12:00:00Z", "2025-12-29T10:00:00Z"] {
        push_one(&shop, &at(instant)).await;
    }
    let second_content = at("2026-01-05T13:00:00Z");
    push_one(&shop, &second_content).await;
    push_one(&shop, &with(&second_content, json!({"shiftId": new_id()}))).await;

    let now = "2026-01-05T22:00:00Z".parse().unwrap();
    let day = keeptill_server::sales::day_summary(&server.database(), shop.tenant(), None, now).await.unwrap();
    assert_eq!((day.taken_minor.0, day.sales_count, day.last_week_minor.0), (800, 4, 200));
    assert_eq!(day.hours.iter().map(|hour| hour.sales_count).collect::<Vec<_>>(), [2, 1, 1]);
    assert_eq!(day.sold_offline_count, 5, "all of them arrived long after");
    assert_eq!((day.in_review_count, day.in_review_minor.0), (4, 800));
}
