//! What becomes of a push: the rows of CONTRACT.md's table that concern a sale, replays, limits, bad events.

use crate::{harness::TestServer, selling::*};
use axum::http::StatusCode;
use chrono::{Duration, SecondsFormat, Utc};
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

    let (_, first) = till.push(events(&[sold.clone()])).await;
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
async fn a_sale_of_more_than_is_there_waits_with_all_its_stock() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let (oats, tea) = (stocked(&shop, 260, 5).await, stocked(&shop, 120, 5).await);
    let too_much = sale(&[(&oats, 260, 3), (&tea, 120, 1), (&oats, 260, 3)]);
    let fits = sale(&[(&oats, 260, 5)]);
    let nothing_left = sale(&[(&oats, 260, 1)]);
    let answers = results(&shop, events(&[too_much, fits, nothing_left])).await;
    let conflict = json!([{
        "reason": "insufficient_stock", "action": "manual_review", "productId": oats, "requested": 6, "available": 5
    }]);
    assert_eq!((&answers[0]["status"], &answers[0]["conflicts"]), (&json!("conflict"), &conflict));
    assert_eq!(answers[1]["status"], json!("synced"));
    assert_eq!(answers[2]["conflicts"][0]["available"], json!(0));
    assert_eq!((on_hand(&shop, &oats).await, on_hand(&shop, &tea).await), (0.0, 5.0));
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn weighed_goods_move_by_the_gram() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let cheese = stocked(&shop, 1990, 1).await;
    let mut slice = sale(&[(&cheese, 1990, 1)]);
    slice["items"][0]["quantity"] = json!(0.375);
    for field in ["netMinor", "totalMinor"] {
        slice[field] = json!(746);
    }
    slice["items"][0]["totalMinor"] = json!(746);
    slice["tenders"] = json!([{"type": "card", "amountMinor": 746}]);
    let result = push_one(&shop, &slice).await;
    assert_eq!(result["status"], json!("synced"), "{result}");
    assert_eq!(on_hand(&shop, &cheese).await, 0.625);
}

#[tokio::test]
async fn products_that_never_were_here_wait_and_so_do_another_shops() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    let theirs = stocked(&stranger, 260, 10).await;
    let nobodys = new_id();
    for product in [&theirs, &nobodys] {
        let result = push_one(&shop, &sale(&[(product, 260, 1), (product, 260, 1)])).await;
        let conflict = json!([{"reason": "unknown_product", "action": "manual_review", "productId": product}]);
        assert_eq!((&result["status"], &result["conflicts"]), (&json!("conflict"), &conflict));
    }
    assert_eq!(on_hand(&stranger, &theirs).await, 10.0);
    assert_eq!(count(&server, "select count(*) from stock_movements").await, 1);
}

#[tokio::test]
async fn figures_that_do_not_add_up_wait() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 10).await;
    let good = sale(&[(&oats, 260, 2)]);
    let line = |fields: Value| with(&good, json!({"items": [with(&good["items"][0], fields)]}));
    let wrong = [
        with(&good, json!({"totalMinor": 521})),
        with(&good, json!({"taxMinor": 1})),
        with(&good, json!({"netMinor": 0})),
        with(&good, json!({"tenders": []})),
        with(&good, json!({"tenders": [{"type": "cash", "amountMinor": 600, "changeMinor": 81}]})),
        with(&good, json!({"currency": "USD"})),
        with(&good, json!({"items": []})),
        line(json!({"discountMinor": 1})),
        line(json!({"discountMinor": -1})),
        line(json!({"quantity": -2})),
        line(json!({"taxRatePpm": 190000})),
        line(json!({"unitPriceMinor": 9_000_000_000_000_000_i64})),
    ];
    for (index, sale) in wrong.iter().enumerate() {
        let sale = with(sale, json!({"clientId": new_id()}));
        let result = push_one(&shop, &sale).await;
        assert_eq!(
            (&result["status"], reasons(&result)),
            (&json!("conflict"), vec!["invalid_totals".into()]),
            "{index}"
        );
        assert!(result["conflicts"][0]["detail"].is_string());
    }
    assert_eq!(on_hand(&shop, &oats).await, 10.0);
}

#[tokio::test]
async fn a_tax_one_minor_unit_off_is_not_held_against_a_client() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 350, 10).await;
    for (tax, status) in [(112, "synced"), (111, "synced"), (113, "synced"), (110, "conflict")] {
        let mut taxed = sale(&[(&oats, 350, 2)]);
        taxed["pricesIncludeTax"] = json!(true);
        taxed["items"][0]["taxRatePpm"] = json!(190_000);
        taxed["items"][0]["taxMinor"] = json!(tax);
        taxed["taxMinor"] = json!(tax);
        taxed["netMinor"] = json!(700 - tax);
        assert_eq!(push_one(&shop, &taxed).await["status"], json!(status), "{tax}");
    }
}

#[tokio::test]
async fn a_sale_that_is_hardly_readable_is_kept_for_a_manager() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 10).await;
    let good = sale(&[(&oats, 260, 2)]);
    let garbled = [
        json!({"clientId": new_id()}),
        with(&good, json!({"clientId": new_id(), "items": "two of them"})),
        with(&good, json!({"clientId": new_id(), "totalMinor": 5.2})),
        with(&good, json!({"clientId": new_id(), "totalMinor": 1e300})),
        with(&good, json!({"clientId": new_id(), "offlineCreatedAt": "yesterday"})),
        with(&good, json!({"clientId": new_id(), "items": [{"productId": "oats"}, good["items"][0]]})),
    ];
    for sale in &garbled {
        let result = push_one(&shop, sale).await;
        assert_eq!(result["status"], json!("conflict"), "{result}");
        assert_eq!(reasons(&result)[0], "invalid_totals");
        assert_eq!(push_one(&shop, sale).await["duplicate"], json!(true));
        let client_id = sale["clientId"].as_str().unwrap();
        let (status, conflict) = shop.get(&format!("/api/sync/conflicts/{client_id}")).await;
        assert_eq!(status, StatusCode::OK, "{conflict}");
        assert_eq!(conflict["sale"]["clientId"], sale["clientId"]);
        assert_eq!(conflict["sale"]["items"], sale["items"]);
    }
    let field = push_one(&shop, &garbled[2]).await["conflicts"][0]["detail"].as_str().unwrap().to_owned();
    assert!(field.contains("totalMinor"), "{field}");
    assert_eq!(on_hand(&shop, &oats).await, 10.0);
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
}

#[tokio::test]
async fn a_changed_price_is_kept_and_noticed_once_a_product() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let coffee = stocked(&shop, 350, 10).await;
    shop.patch(&format!("/api/products/{coffee}"), json!({"priceMinor": 400})).await;
    let result = push_one(&shop, &sale(&[(&coffee, 350, 1), (&coffee, 350, 1)])).await;
    assert_eq!(result["status"], json!("synced"));
    let notice = json!([{
        "reason": "price_changed", "action": "kept_offline_price", "productId": coffee, "offlinePriceMinor": 350,
        "currentPriceMinor": 400
    }]);
    assert_eq!(result["notices"], notice);
    assert_eq!(on_hand(&shop, &coffee).await, 8.0);
}

#[tokio::test]
async fn a_deleted_product_that_was_sold_comes_back_as_archived() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let coffee = stocked(&shop, 350, 10).await;
    let path = format!("/api/products/{coffee}");
    shop.delete(&path).await;
    assert_eq!(shop.get(&path).await.0, StatusCode::NOT_FOUND);

    let result = push_one(&shop, &sale(&[(&coffee, 350, 1)])).await;
    assert_eq!(result["status"], json!("synced"));
    let notice = json!([{"reason": "product_deleted", "action": "product_archived", "productId": coffee}]);
    assert_eq!(result["notices"], notice);
    let (status, product) = shop.get(&path).await;
    assert_eq!((status, &product["archived"]), (StatusCode::OK, &json!(true)), "{product}");
    let later = push_one(&shop, &sale(&[(&coffee, 350, 1)])).await;
    assert_eq!((&later["status"], &later["notices"]), (&json!("synced"), &json!([])));
    assert_eq!(on_hand(&shop, &coffee).await, 8.0);
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn a_clock_more_than_two_minutes_off_is_noticed_and_corrected() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let oats = stocked(&shop, 260, 100).await;
    let text = |at: chrono::DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    for (ahead_seconds, noticed) in [(0, false), (110, false), (-110, false), (130, true), (-130, true), (86_400, true)]
    {
        let device_now = Utc::now() + Duration::seconds(ahead_seconds);
        let made = device_now - Duration::minutes(10);
        let sold = with(&sale(&[(&oats, 260, 1)]), json!({"offlineCreatedAt": text(made)}));
        let body = with(&events(std::slice::from_ref(&sold)), json!({"deviceTime": text(device_now)}));
        let (_, answer) = till.push(body).await;
        let result = &answer["results"][0];
        assert_eq!(notices(result).contains(&"clock_skew".to_owned()), noticed, "{ahead_seconds}: {answer}");
        let (_, kept) = shop.get(&format!("/api/sales/{}", sold["clientId"].as_str().unwrap())).await;
        let sold_at: chrono::DateTime<Utc> = kept["soldAt"].as_str().unwrap().parse().unwrap();
        let ago = (Utc::now() - sold_at).num_seconds();
        assert_eq!(kept["offlineCreatedAt"].as_str().unwrap()[..19], text(made)[..19]);
        if noticed {
            assert!((590..620).contains(&ago), "{ahead_seconds}: sold {ago} s ago");
            let notice = &result["notices"][0];
            assert_eq!(notice["action"], json!("kept_device_time"));
            assert!(notice["deviceTime"].is_string() && notice["serverTime"].is_string());
        }
        assert!(ago >= 0);
    }
    let future = with(&sale(&[(&oats, 260, 1)]), json!({"offlineCreatedAt": text(Utc::now() + Duration::hours(1))}));
    let (_, answer) = till.push(events(std::slice::from_ref(&future))).await;
    assert_eq!(notices(&answer["results"][0]), ["clock_skew"]);
}

#[tokio::test]
async fn untracked_products_move_nothing() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let product = shop.product(json!({"name": "Haircut", "priceMinor": 2500, "trackStock": false})).await;
    let result = push_one(&shop, &sale(&[(product["id"].as_str().unwrap(), 2500, 3)])).await;
    assert_eq!((&result["status"], &result["notices"]), (&json!("synced"), &json!([])));
    assert_eq!(count(&server, "select count(*) from stock_movements").await, 0);
}

#[tokio::test]
async fn sales_of_a_revoked_till_are_heard_and_marked() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let oats = stocked(&shop, 260, 10).await;
    shop.delete(&format!("/api/devices/{}", till.id)).await;
    let (status, answer) = till.push(events(&[sale(&[(&oats, 260, 2)])])).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(reasons(&answer["results"][0]), ["device_revoked"]);
    assert_eq!(on_hand(&shop, &oats).await, 8.0, "stock moves as usual");
    assert_eq!(till.get("/api/sync/status").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn sales_of_revoked_staff_are_marked_and_unknown_names_are_not() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 10).await;
    let (_, staff) = shop.post("/api/staff", json!({"name": "Mira", "role": "cashier", "pin": "4711"})).await;
    let by = |cashier: &Value| with(&sale(&[(&oats, 260, 1)]), json!({"cashierId": cashier}));
    assert_eq!(push_one(&shop, &by(&staff["userId"])).await["status"], json!("synced"));
    shop.delete(&format!("/api/staff/{}", staff["userId"].as_str().unwrap())).await;
    assert_eq!(reasons(&push_one(&shop, &by(&staff["userId"])).await), ["staff_revoked"]);
    assert_eq!(push_one(&shop, &by(&json!(new_id()))).await["status"], json!("synced"));
    assert_eq!(on_hand(&shop, &oats).await, 7.0);
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
    assert_eq!(till.push(nothing(&other.id)).await.0, StatusCode::FORBIDDEN);
    assert_eq!(till.push(nothing(&theirs.id)).await.0, StatusCode::FORBIDDEN);
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
