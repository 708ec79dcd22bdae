//! Conflicts: seeing them, and the four decisions with what each does to stock and takings.

use crate::{
    harness::{Shop, TestServer},
    selling::*,
};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// A shop with 4 on hand and a sale of 6 that waits.
async fn short_sale(server: &TestServer) -> (Shop, String, Value) {
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 4).await;
    let sold = sale(&[(&oats, 260, 6)]);
    assert_eq!(reasons(&push_one(&shop, &sold).await), ["insufficient_stock"]);
    (shop, oats, sold)
}

async fn resolve(shop: &Shop, sale: &Value, body: Value) -> (StatusCode, Value) {
    shop.post(&format!("/api/sync/resolve/{}", sale["clientId"].as_str().unwrap()), body).await
}

#[tokio::test]
async fn a_conflict_shows_both_sides() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 3").await;
    let (_, mira) = shop.post("/api/staff", json!({"name": "Mira", "role": "cashier", "pin": "4711"})).await;
    let oats = stocked(&shop, 260, 1).await;
    let mut sold = with(&sale(&[(&oats, 240, 3)]), json!({"cashierId": mira["userId"], "receiptNumber": "T3-000041"}));
    sold["items"][0]["stockSeen"] = json!(3);
    till.push(events(std::slice::from_ref(&sold))).await;

    let (status, page) = shop.get("/api/sync/conflicts?status=open").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let listed = &page["items"][0];
    assert_eq!((&listed["clientId"], &listed["syncStatus"]), (&sold["clientId"], &json!("conflict")));
    assert_eq!((&listed["deviceId"], &listed["deviceName"]), (&json!(till.id), &json!("Till 3")));
    assert_eq!((&listed["cashierName"], &listed["conflictReason"]), (&json!("Mira"), &json!("insufficient_stock")));
    assert_eq!((&listed["takenMinor"], &listed["resolution"]), (&json!(720), &Value::Null));
    assert_eq!(listed["sale"], event(&sold));
    assert_eq!(named_reasons(&listed["notices"]), ["price_changed"]);
    assert!(listed["createdAt"].is_string() && listed["syncedAt"].is_string() && listed["saleId"].is_string());

    let path = format!("/api/sync/conflicts/{}", sold["clientId"].as_str().unwrap());
    let (status, one) = shop.get(&path).await;
    assert_eq!(status, StatusCode::OK, "{one}");
    let line = &one["lines"][0];
    assert_eq!((&line["quantity"], &line["stockSeen"], &line["onHand"]), (&json!(3), &json!(3), &json!(1)));
    assert_eq!((&line["offlinePriceMinor"], &line["currentPriceMinor"]), (&json!(240), &json!(260)));
    assert_eq!(
        (&line["trackStock"], &line["archived"], &line["deleted"]),
        (&json!(true), &json!(false), &json!(false))
    );

    let stranger = server.shop().await;
    assert_eq!(stranger.get(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(stranger.get("/api/sync/conflicts").await.1["items"], json!([]));
    assert_eq!(resolve(&stranger, &sold, json!({"action": "accept"})).await.0, StatusCode::NOT_FOUND);
    assert_eq!(till.get(&path).await.0, StatusCode::OK);
    assert_eq!(shop.device("Till 4").await.get(&path).await.0, StatusCode::NOT_FOUND);
    let by_till = till.post("/api/sync/resolve-conflict", json!({"clientId": sold["clientId"], "action": "accept"}));
    assert_eq!(by_till.await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn accept_lets_stock_go_below_zero() {
    let server = TestServer::start().await;
    let (shop, oats, sold) = short_sale(&server).await;
    let (status, done) = resolve(&shop, &sold, json!({"action": "accept", "note": "  delivered late "})).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!((&done["syncStatus"], &done["conflictReason"]), (&json!("synced"), &json!("insufficient_stock")));
    assert_eq!(
        (&done["resolution"]["action"], &done["resolution"]["note"]),
        (&json!("accept"), &json!("delivered late"))
    );
    assert_eq!(on_hand(&shop, &oats).await, -2.0);

    let (status, again) = resolve(&shop, &sold, json!({"action": "accept"})).await;
    assert_eq!((status, &again["resolution"]), (StatusCode::OK, &done["resolution"]));
    let (status, other) = resolve(&shop, &sold, json!({"action": "void", "note": "no"})).await;
    assert_eq!((status, &other["error"]["code"]), (StatusCode::CONFLICT, &json!("already_resolved")));
    assert_eq!(on_hand(&shop, &oats).await, -2.0);
    assert_eq!(count(&server, "select count(*) from audit_log where action = 'sale.resolve'").await, 1);
    let audited: (Value, Value) =
        sqlx::query_as("select before, after from audit_log where action = 'sale.resolve' and user_id is not null")
            .fetch_one(&server.owner_pool())
            .await
            .unwrap();
    assert_eq!((&audited.0["syncStatus"], &audited.0["onHand"][&oats]), (&json!("conflict"), &json!(4)));
    assert_eq!((&audited.1["resolution"]["action"], &audited.1["onHand"][&oats]), (&json!("accept"), &json!(-2)));
    let open = shop.get("/api/sync/conflicts?status=open").await.1;
    let resolved = shop.get("/api/sync/conflicts?status=resolved").await.1;
    assert_eq!((open["items"].as_array().unwrap().len(), resolved["items"].as_array().unwrap().len()), (0, 1));
    assert_eq!(push_one(&shop, &sold).await["status"], json!("conflict"), "a replay has the first outcome");
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn adjust_moves_what_really_left_and_rewrites_no_receipt() {
    let server = TestServer::start().await;
    let (shop, oats, sold) = short_sale(&server).await;
    let body =
        json!({"clientId": sold["clientId"], "action": "adjust", "items": [{"productId": oats, "quantity": 3.5}]});
    let (status, done) = shop.post("/api/sync/resolve-conflict", body.clone()).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!(done["resolution"]["items"], json!([{"productId": oats, "quantity": 3.5}]));
    assert_eq!(on_hand(&shop, &oats).await, 0.5);
    let (_, shown) = shop.get(&format!("/api/sales/{}", sold["clientId"].as_str().unwrap())).await;
    assert_eq!((&shown["items"][0]["quantity"], &shown["totalMinor"]), (&json!(6), &json!(1560)));

    assert_eq!(shop.post("/api/sync/resolve-conflict", body).await.0, StatusCode::OK);
    let other = json!({"action": "adjust", "items": [{"productId": oats, "quantity": 3}]});
    assert_eq!(resolve(&shop, &sold, other).await.0, StatusCode::CONFLICT);
    assert_eq!(on_hand(&shop, &oats).await, 0.5);
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn recount_counts_first_and_sells_then() {
    let server = TestServer::start().await;
    let (shop, oats, sold) = short_sale(&server).await;
    let body = json!({"action": "recount", "counts": [{"productId": oats, "counted": 8}]});
    let (status, done) = resolve(&shop, &sold, body.clone()).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!(on_hand(&shop, &oats).await, 2.0);
    assert_eq!(resolve(&shop, &sold, body).await.0, StatusCode::OK);
    assert_eq!(on_hand(&shop, &oats).await, 2.0);
    assert_eq!(
        count(&server, "select sum(delta_milli)::bigint from stock_movements where reason = 'count'").await,
        4000
    );
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn void_shows_both_sides_of_money_and_stock() {
    let server = TestServer::start().await;
    let (shop, oats, sold) = short_sale(&server).await;
    let (status, refused) = resolve(&shop, &sold, json!({"action": "void", "note": "  "})).await;
    assert_eq!((status, &refused["error"]["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("note_required")));
    let (status, done) = resolve(&shop, &sold, json!({"action": "void", "note": "rung up twice"})).await;
    assert_eq!((status, &done["resolution"]["action"]), (StatusCode::OK, &json!("void")), "{done}");
    assert_eq!(on_hand(&shop, &oats).await, 4.0);
    let (_, shown) = shop.get(&format!("/api/sales/{}", sold["clientId"].as_str().unwrap())).await;
    assert_eq!((&shown["totalMinor"], &shown["reversal"]["totalMinor"]), (&json!(1560), &json!(-1560)));
    assert_eq!(shown["reversal"]["note"], json!("rung up twice"));
    let both = "select count(*) from stock_movements where client_id is not null and delta_milli in (6000, -6000)";
    assert_eq!(count(&server, both).await, 2);
    assert_eq!(resolve(&shop, &sold, json!({"action": "void", "note": "again"})).await.0, StatusCode::OK);
    assert_eq!(count(&server, "select count(*) from sale_reversals").await, 1);
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

/// A sale by a revoked till: its stock moved at once. 10 were on hand, 4 were sold.
async fn moved_sale(server: &TestServer) -> (Shop, String, Value) {
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let oats = stocked(&shop, 260, 10).await;
    let sold = sale(&[(&oats, 260, 4)]);
    shop.delete(&format!("/api/devices/{}", till.id)).await;
    till.push(events(std::slice::from_ref(&sold))).await;
    assert_eq!(on_hand(&shop, &oats).await, 6.0);
    (shop, oats, sold)
}

#[tokio::test]
async fn decisions_about_a_sale_whose_stock_had_moved_move_only_the_difference() {
    let server = TestServer::start().await;
    for (body, left) in [
        (json!({"action": "accept"}), 6.0),
        (json!({"action": "adjust", "items": [{"productId": "oats", "quantity": 1}]}), 9.0),
        (json!({"action": "recount", "counts": [{"productId": "oats", "counted": 7}]}), 7.0),
        (json!({"action": "void", "note": "the till was stolen"}), 10.0),
    ] {
        let (shop, oats, sold) = moved_sale(&server).await;
        let body = serde_json::from_str(&body.to_string().replace("oats", &oats)).unwrap();
        let (status, done) = resolve(&shop, &sold, body).await;
        assert_eq!(status, StatusCode::OK, "{done}");
        assert_eq!(on_hand(&shop, &oats).await, left, "{done}");
        assert_stock_is_the_sum_of_its_movements(&server).await;
    }
}

#[tokio::test]
async fn impossible_decisions_are_refused_and_change_nothing() {
    let server = TestServer::start().await;
    let (shop, oats, sold) = short_sale(&server).await;
    let other = stocked(&shop, 100, 1).await;
    let adjust = |product: &str, quantity: Value| json!({"action": "adjust", "items": [{"productId": product, "quantity": quantity}]});
    let recount = |product: &str, counted: Value| json!({"action": "recount", "counts": [{"productId": product, "counted": counted}]});
    let twice = json!({"action": "recount", "counts": [
        {"productId": oats, "counted": 1}, {"productId": oats, "counted": 2}
    ]});
    for (body, code, field) in [
        (json!({"action": "forget"}), "unknown_action", "action"),
        (json!({"action": "adjust"}), "items_required", "items"),
        (json!({"action": "adjust", "items": []}), "items_required", "items"),
        (adjust(&oats, json!(-1)), "invalid_quantity", "items[0].quantity"),
        (adjust(&oats, json!(0.0005)), "invalid_quantity", "items[0].quantity"),
        (adjust(&oats, json!("two")), "invalid_quantity", "items[0].quantity"),
        (adjust(&other, json!(1)), "not_in_sale", "items[0].productId"),
        (json!({"action": "recount"}), "counts_required", "counts"),
        (recount(&oats, json!(-1)), "invalid_quantity", "counts[0].counted"),
        (recount(&other, json!(1)), "not_in_sale", "counts[0].productId"),
        (twice, "counted_twice", "counts[1].productId"),
        (json!({"action": "void"}), "note_required", "note"),
        (json!({"action": "accept", "note": "x".repeat(2_001)}), "note_too_long", "note"),
    ] {
        let (status, answer) = resolve(&shop, &sold, body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        assert_eq!((&answer["error"]["code"], &answer["error"]["field"]), (&json!(code), &json!(field)));
    }
    for body in [json!({}), json!({"action": 1}), json!({"action": "accept", "items": 1})] {
        assert_eq!(resolve(&shop, &sold, body).await.0, StatusCode::BAD_REQUEST);
    }
    let nameless = shop.post("/api/sync/resolve-conflict", json!({"action": "accept"})).await;
    assert_eq!((nameless.0, &nameless.1["error"]["field"]), (StatusCode::BAD_REQUEST, &json!("clientId")));
    let absent = json!({"clientId": new_id()});
    assert_eq!(resolve(&shop, &absent, json!({"action": "accept"})).await.0, StatusCode::NOT_FOUND);
    let fine = sale(&[(&oats, 260, 1)]);
    push_one(&shop, &fine).await;
    let (status, answer) = resolve(&shop, &fine, json!({"action": "accept"})).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::CONFLICT, &json!("no_conflict")));
    assert_eq!(on_hand(&shop, &oats).await, 3.0);
    assert_eq!(shop.get("/api/sync/conflicts?status=open").await.1["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_unknown_product_is_accepted_without_a_movement() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 4).await;
    let nobodys = new_id();
    let sold = sale(&[(&nobodys, 100, 1), (&oats, 260, 1)]);
    push_one(&shop, &sold).await;
    assert_eq!(on_hand(&shop, &oats).await, 4.0, "the whole sale waits");
    let counted = json!({"action": "recount", "counts": [{"productId": nobodys, "counted": 1}]});
    let (status, answer) = resolve(&shop, &sold, counted).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer["error"]["code"], json!("stock_not_tracked"));
    assert_eq!(resolve(&shop, &sold, json!({"action": "accept"})).await.0, StatusCode::OK);
    assert_eq!(on_hand(&shop, &oats).await, 3.0);
    let (_, one) = shop.get(&format!("/api/sync/conflicts/{}", sold["clientId"].as_str().unwrap())).await;
    assert_eq!((&one["lines"][0]["currentPriceMinor"], &one["lines"][0]["onHand"]), (&Value::Null, &Value::Null));
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn a_second_content_is_accepted_as_a_sale_of_its_own() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 10).await;
    let first = sale(&[(&oats, 260, 2)]);
    let second = with(&sale(&[(&oats, 260, 3)]), json!({"clientId": first["clientId"]}));
    let third = with(&sale(&[(&oats, 260, 4)]), json!({"clientId": first["clientId"]}));
    for sale in [&first, &second, &third] {
        push_one(&shop, sale).await;
    }
    let path = format!("/api/sync/conflicts/{}", first["clientId"].as_str().unwrap());
    assert_eq!(shop.get(&path).await.1["copy"], json!(1), "the open one that came first");
    assert_eq!(shop.get("/api/sync/conflicts?reason=duplicate_mismatch").await.1["items"].as_array().unwrap().len(), 2);

    let (status, done) = resolve(&shop, &first, json!({"action": "void", "note": "typed twice", "copy": 2})).await;
    assert_eq!((status, &done["copy"]), (StatusCode::OK, &json!(2)), "{done}");
    let (status, done) = resolve(&shop, &first, json!({"action": "accept"})).await;
    assert_eq!((status, &done["copy"]), (StatusCode::OK, &json!(1)), "{done}");
    assert_eq!(on_hand(&shop, &oats).await, 5.0);
    for action in ["accept", "void"] {
        assert_eq!(resolve(&shop, &first, json!({"action": action, "note": "again"})).await.0, StatusCode::OK);
    }
    let named = json!({"action": "accept", "copy": 2});
    assert_eq!(resolve(&shop, &first, named).await.0, StatusCode::CONFLICT);
    assert_eq!(resolve(&shop, &first, json!({"action": "accept", "copy": 9})).await.0, StatusCode::NOT_FOUND);
    assert_eq!(on_hand(&shop, &oats).await, 5.0);
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn conflicts_are_listed_by_standing_reason_and_device() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let (till, other) = (shop.device("Till 1").await, shop.device("Till 2").await);
    let oats = stocked(&shop, 260, 1).await;
    let mut made = Vec::new();
    for number in 0..5 {
        let sold = if number == 0 { sale(&[(&new_id(), 1, 1)]) } else { sale(&[(&oats, 260, 2)]) };
        made.push(sold["clientId"].clone());
        (if number < 3 { &till } else { &other }).push(events(&[sold])).await;
    }
    made.reverse();
    let ids = async |query: &str| {
        let (status, page) = shop.get(&format!("/api/sync/conflicts{query}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let ids: Vec<Value> = page["items"].as_array().unwrap().iter().map(|row| row["clientId"].clone()).collect();
        (ids, page["cursor"].as_str().map(str::to_owned))
    };
    assert_eq!(ids("").await, (made.clone(), None));
    assert_eq!(ids("?reason=unknown_product").await.0, made[4..]);
    assert_eq!(ids(&format!("?deviceId={}&status=open", other.id)).await.0, made[..2]);
    for standing in ["", "&status=open"] {
        let (page, cursor) = ids(&format!("?limit=3{standing}")).await;
        assert_eq!(page, made[..3]);
        assert_eq!(ids(&format!("?limit=3{standing}&cursor={}", cursor.unwrap())).await, (made[3..].to_vec(), None));
    }
    assert_eq!(till.get("/api/sync/conflicts").await.1["items"].as_array().unwrap().len(), 3);
    for query in ["?status=lost", "?reason=bad_weather", "?cursor=x", "?deviceId=7"] {
        assert_eq!(shop.get(&format!("/api/sync/conflicts{query}")).await.0, StatusCode::BAD_REQUEST, "{query}");
    }
    assert_eq!(shop.get("/api/sync/conflicts/x").await.0, StatusCode::NOT_FOUND);
}

fn named_reasons(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["reason"].as_str().unwrap()).collect()
}
