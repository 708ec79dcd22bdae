//! CONTRACT.md's table: each way a sale may differ from what stands here, and what that does to its stock.

use crate::{harness::TestServer, selling::*};
use axum::http::StatusCode;
use chrono::{Duration, SecondsFormat, Utc};
use serde_json::{Value, json};

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
