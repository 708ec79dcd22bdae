//! What becomes of a push: replays, second contents, limits, bad events, and whose it may be.

use crate::{harness::TestServer, selling::*};
use axum::http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn a_sale_is_recorded_and_moves_its_stock() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let (oats, tea) = (stocked(&shop, 260, 10).await, stocked(&shop, 120, 5).await);

    let (status, answer) = till.push(events(&[sale(&[(&oats, 260, 3), (&tea, 120, 1), (&oats, 260, 1)])])).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let result = &answer["results"][0];
    assert_eq!((&result["status"], &result["duplicate"]), (&json!("synced"), &json!(false)), "{answer}");
    assert_eq!((&result["conflicts"], &result["notices"], &result["error"]), (&json!([]), &json!([]), &Value::Null));
    assert!(result["saleId"].is_string() && answer["syncLogId"].is_string() && answer["serverTime"].is_string());
    assert_eq!((&answer["ackedSeq"], &answer["missingSeqs"]), (&json!(0), &json!([])));
    assert_eq!((on_hand(&shop, &oats).await, on_hand(&shop, &tea).await), (6.0, 4.0));
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn a_replayed_sale_is_recorded_once_whichever_way_it_comes() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let oats = stocked(&shop, 260, 10).await;
    let sold = sale(&[(&oats, 260, 2)]);

    let (_, first) = till.push(events(std::slice::from_ref(&sold))).await;
    let sale_id = &first["results"][0]["saleId"];
    let other = sale(&[(&oats, 260, 1)]);
    let (_, again) = till.push(events(&[other, sold.clone()])).await;
    assert_eq!(again["results"][0]["duplicate"], json!(false));
    assert_eq!((&again["results"][1]["duplicate"], &again["results"][1]["saleId"]), (&json!(true), sale_id));
    let (_, alone) = till.post("/api/sync/sales/push", json!({"sales": [sold]})).await;
    assert_eq!((&alone["results"][0]["duplicate"], &alone["results"][0]["saleId"]), (&json!(true), sale_id));
    let (status, single) = till.post("/api/sales", sold.clone()).await;
    assert_eq!((status, &single["duplicate"], &single["saleId"]), (StatusCode::OK, &json!(true), sale_id), "{single}");
    let restyled = with(&sold, json!({"receiptNumber": null, "totalMinor": sold["totalMinor"]}));
    assert_eq!(push_one(&shop, &restyled).await["duplicate"], json!(true), "null is not a content");

    assert_eq!(on_hand(&shop, &oats).await, 7.0);
    assert_eq!(count(&server, "select count(*) from sales").await, 2);
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn a_sale_twice_in_one_push_is_recorded_once() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 10).await;
    let sold = sale(&[(&oats, 260, 2)]);
    let answers =
        results(&shop, events(&[sold.clone(), sold.clone(), with(&sold, json!({"shiftId": new_id()}))])).await;
    assert_eq!(answers[1]["duplicate"], json!(true));
    assert_eq!(answers[0]["saleId"], answers[1]["saleId"]);
    assert_eq!(reasons(&answers[2]), ["duplicate_mismatch"]);
    assert_eq!(on_hand(&shop, &oats).await, 8.0);
}

#[tokio::test]
async fn other_content_under_a_known_client_id_is_kept_beside_it() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 10).await;
    let first = sale(&[(&oats, 260, 2)]);
    let second = with(&sale(&[(&oats, 260, 5)]), json!({"clientId": first["clientId"]}));

    let recorded = push_one(&shop, &first).await;
    let beside = push_one(&shop, &second).await;
    assert_eq!((&beside["status"], &beside["duplicate"]), (&json!("conflict"), &json!(false)));
    assert_eq!(reasons(&beside), ["duplicate_mismatch"]);
    assert_eq!(beside["conflicts"][0]["action"], json!("manual_review"));
    assert_ne!(beside["saleId"], recorded["saleId"]);

    let again = push_one(&shop, &second).await;
    assert_eq!((&again["duplicate"], &again["saleId"]), (&json!(true), &beside["saleId"]));
    assert_eq!(reasons(&again), ["duplicate_mismatch"]);
    let untouched = push_one(&shop, &first).await;
    assert_eq!((&untouched["status"], &untouched["saleId"]), (&json!("synced"), &recorded["saleId"]));
    assert_eq!(on_hand(&shop, &oats).await, 8.0, "the second moved nothing");
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn bad_events_hold_up_no_good_one() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let oats = stocked(&shop, 260, 10).await;
    let good = event(&sale(&[(&oats, 260, 1)]));
    let deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
    let refund = json!({"type": "refund", "clientId": new_id()});
    let body = format!(
        r#"{{"events": [7, {{}}, {{"type": "sale", "clientId": "seven"}}, {{"type": "sale", "clientId": "{}", "x": "\ud800"}},
            {{"type": "sale", "x": {deep}}}, {{"type": "sale", "x": 1e999}}, {refund}, {{"clientId": "{}"}}, {good}]}}"#,
        new_id(),
        new_id(),
    );
    let (status, answer) = till.post_text("/api/sync/push", body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let results = answer["results"].as_array().unwrap();
    let told: Vec<_> = results.iter().map(|result| result["error"]["code"].as_str().unwrap_or("none")).collect();
    let (unreadable, unknown) = ("unreadable_event", "unknown_event_type");
    let expected = [unreadable, unreadable, unreadable, unreadable, unreadable, unreadable, unknown, unknown, "none"];
    assert_eq!(told, expected, "{answer}");
    assert!(results[..8].iter().all(|result| result["status"] == "rejected"));
    assert_eq!(results[2]["error"]["field"], json!("events[2].clientId"));
    assert_eq!(results[2]["clientId"], Value::Null);
    assert_eq!(results[6]["clientId"], refund["clientId"]);
    assert_eq!(results[8]["status"], json!("synced"));
    let (_, log) = till.get("/api/sync/log").await;
    assert_eq!((&log["items"][0]["status"], &log["items"][0]["itemsSynced"]), (&json!("partial"), &json!(1)), "{log}");
    assert_eq!(log["items"][0]["errors"].as_array().unwrap().len(), 8);
}

#[tokio::test]
async fn a_null_character_and_a_wild_date_lose_no_sale() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 10).await;
    let mut odd = sale(&[(&oats, 260, 1)]);
    odd["items"][0]["name"] = json!("Oat\u{0}milk");
    odd["receiptNumber"] = json!("\u{0}");
    odd["offlineCreatedAt"] = json!("-2000-01-01T00:00:00Z");
    assert_eq!(push_one(&shop, &odd).await["status"], json!("synced"));
    assert_eq!(push_one(&shop, &odd).await["duplicate"], json!(true));

    let till = shop.device("Till 1").await;
    let wild = json!({"pendingCount": i64::MIN, "oldestPendingAt": "-9999-01-01T00:00:00Z", "appVersion": "\u{0}"});
    for device_time in ["-9999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
        let body = with(&events(&[sale(&[(&oats, 260, 1)])]), with(&wild, json!({"deviceTime": device_time})));
        let (status, answer) = till.push(body).await;
        assert_eq!((status, &answer["results"][0]["status"]), (StatusCode::OK, &json!("synced")), "{answer}");
    }
}

#[tokio::test]
async fn one_that_the_database_refuses_holds_up_no_other_and_is_kept_by_its_device() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let oats = stocked(&shop, 260, 10).await;
    let owner = server.owner_pool();
    sqlx::query("alter table sales add constraint unlucky check (receipt_number <> 'T1-000013')")
        .execute(&owner)
        .await
        .unwrap();
    let numbered = |seq: i64, receipt: &str| {
        with(&event(&sale(&[(&oats, 260, 1)])), json!({"deviceSeq": seq, "receiptNumber": receipt}))
    };
    let sent = json!({"events": [numbered(1, "T1-000012"), numbered(2, "T1-000013"), numbered(3, "T1-000014")]});
    let (status, answer) = till.push(sent.clone()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let statuses: Vec<&Value> = answer["results"].as_array().unwrap().iter().map(|result| &result["status"]).collect();
    assert_eq!(statuses, ["synced", "rejected", "synced"]);
    assert_eq!(answer["results"][1]["error"]["code"], json!("temporarily_unstorable"));
    assert_eq!((&answer["ackedSeq"], &answer["missingSeqs"]), (&json!(1), &json!([2])));
    assert_eq!(on_hand(&shop, &oats).await, 8.0);

    sqlx::query("alter table sales drop constraint unlucky").execute(&owner).await.unwrap();
    let (_, answer) = till.push(sent).await;
    let first: Vec<bool> =
        answer["results"].as_array().unwrap().iter().map(|result| result["duplicate"] == json!(false)).collect();
    assert_eq!((first, &answer["ackedSeq"]), (vec![false, true, false], &json!(3)), "{answer}");
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn limits_hold_at_the_limit_and_one_past_it() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 10_000).await;
    let lines = |count: usize| sale(&vec![(oats.as_str(), 260, 1); count]);

    let sales: Vec<Value> = (0..201).map(|_| lines(1)).collect();
    let (status, answer) = shop.post("/api/sync/push", events(&sales)).await;
    assert_eq!((status, &answer["error"]["field"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("events")), "{answer}");
    let (status, answer) = shop.post("/api/sync/push", events(&[lines(1), lines(501)])).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer["error"]["field"], json!("events[1].items"));
    let padded = with(&lines(1), json!({"padding": "x".repeat(4 << 20)}));
    let (status, _) = shop.post("/api/sync/push", events(&[padded])).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(count(&server, "select count(*) from events").await, 0, "nothing was applied");
    assert_eq!(on_hand(&shop, &oats).await, 10_000.0);

    let answers = results(&shop, events(&sales[..200])).await;
    assert!(answers.iter().all(|result| result["status"] == "synced"));
    assert_eq!(push_one(&shop, &lines(500)).await["status"], json!("synced"));
    assert_eq!(on_hand(&shop, &oats).await, 9_300.0);
    assert_eq!(count(&server, "select count(*) from sale_items").await, 700);
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn an_envelope_that_cannot_be_read_is_refused() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    for body in ["", "[]", "{}", "{\"events\": 1}", "{\"events\": []", "{\"events\": [], \"deviceTime\": \"noon\"}"] {
        let (status, answer) = till.post_text("/api/sync/push", body.into()).await;
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("malformed_body")), "{body}");
    }
    let (status, answer) = till.push(json!({"events": []})).await;
    assert_eq!((status, &answer["results"]), (StatusCode::OK, &json!([])));
}

#[tokio::test]
async fn a_push_is_for_ones_own_device_or_one_of_ones_own_shop() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    let (till, other) = (shop.device("Till 1").await, shop.device("Till 2").await);
    let theirs = stranger.device("Till 1").await;
    let nothing = |device: &str| json!({"deviceId": device, "events": []});

    assert_eq!(till.push(nothing(&till.id)).await.0, StatusCode::OK);
    assert_eq!(till.push(nothing(&other.id)).await.0, StatusCode::OK, "a till hands in what another recorded");
    assert_eq!(till.push(nothing(&theirs.id)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(shop.post("/api/sync/push", nothing(&other.id)).await.0, StatusCode::OK);
    assert_eq!(shop.post("/api/sync/push", nothing(&theirs.id)).await.0, StatusCode::NOT_FOUND);
    let into = json!({"storeId": stranger.store_id, "events": []});
    assert_eq!(shop.post("/api/sync/push", into).await.0, StatusCode::NOT_FOUND);
    assert_eq!(server.post("/api/sync/push", json!({"events": []})).await.0, StatusCode::UNAUTHORIZED);
    let forged = format!("{}x", till.token);
    assert_eq!(server.post_as(&forged, "/api/sync/push", json!({"events": []})).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_same_client_id_in_two_shops_is_two_sales() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    let (ours, theirs) = (stocked(&shop, 260, 5).await, stocked(&stranger, 260, 5).await);
    let sold = sale(&[(&ours, 260, 1)]);
    let same_name = with(&sale(&[(&theirs, 260, 1)]), json!({"clientId": sold["clientId"]}));
    assert_eq!(push_one(&shop, &sold).await["status"], json!("synced"));
    assert_eq!(push_one(&stranger, &same_name).await["status"], json!("synced"));
    assert_eq!(count(&server, "select count(*) from sales where copy = 0").await, 2);
}
