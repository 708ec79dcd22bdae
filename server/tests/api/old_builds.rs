//! Events of other builds: every released version is read for ever, and a newer one as far as it goes.

use crate::{
    harness::{Shop, TestDevice, TestServer},
    selling::{Journal, count, notices, on_hand, reasons, with},
};
use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::Row;

const FLAT_WHITE: &str = "0190a3f0-0000-7000-8000-000000000001";
const BEANS: &str = "0190a3f0-0000-7000-8000-000000000002";

/// The body of a push as that version's till sends it.
fn version_1() -> Value {
    serde_json::from_str(include_str!("../fixtures/events/version_1.json")).unwrap()
}

/// A shop with the products that the fixtures sell, under the ids that they have there.
async fn shop_of_the_fixtures(server: &TestServer) -> (Shop, TestDevice) {
    let shop = server.shop().await;
    for (id, name, price) in [(FLAT_WHITE, "Flat white", 350), (BEANS, "Beans", 1290)] {
        let made = shop.product(json!({ "name": name, "priceMinor": price })).await;
        let renamed =
            format!("update products set product_id = '{id}' where product_id = '{}'", made["id"].as_str().unwrap());
        sqlx::query(sqlx::AssertSqlSafe(renamed)).execute(&server.owner_pool()).await.unwrap();
        let received = json!({ "storeId": shop.store_id, "productId": id, "delta": 10, "reason": "received" });
        shop.made("/api/stock/movements", received).await;
    }
    let till = shop.device("Till 1").await;
    (shop, till)
}

async fn push(till: &TestDevice, body: Value) -> Value {
    let (status, answer) = till.push(body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

#[tokio::test]
async fn events_of_version_1_are_taken_as_they_were_meant() {
    let server = TestServer::start().await;
    let (shop, till) = shop_of_the_fixtures(&server).await;
    let answer = push(&till, version_1()).await;
    for result in answer["results"].as_array().unwrap() {
        assert_eq!(result["status"], json!("synced"), "{answer}");
        assert!(reasons(result).is_empty() && notices(result).is_empty(), "{answer}");
    }
    assert_eq!((&answer["ackedSeq"], &answer["missingSeqs"]), (&json!(2), &json!([])));
    assert_eq!((on_hand(&shop, FLAT_WHITE).await, on_hand(&shop, BEANS).await), (7.0, 9.625));
    let rows = sqlx::query(
        "select receipt_number, net_minor, tax_minor, total_minor, currency, prices_include_tax,
             (offline_created_at at time zone 'UTC')::text as created
         from sales order by receipt_number",
    )
    .fetch_all(&server.owner_pool())
    .await
    .unwrap();
    let figures: Vec<(String, i64, i64, i64)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
    assert_eq!(figures, [("T1-000001".into(), 1009, 141, 1150), ("T1-000002".into(), 294, 56, 350)]);
    assert_eq!(rows[0].get::<String, _>("created"), "2026-11-22 09:30:00.25");
    assert_eq!(
        (rows[0].get::<String, _>("currency"), rows[0].get::<bool, _>("prices_include_tax")),
        ("EUR".into(), true)
    );
    let again = push(&till, version_1()).await;
    assert!(again["results"].as_array().unwrap().iter().all(|result| result["duplicate"] == json!(true)), "{again}");
    assert_eq!(count(&server, "select count(*) from sale_items where stock_seen_milli is not null").await, 2);
}

#[tokio::test]
async fn an_event_of_a_newer_version_is_kept_and_judged_as_far_as_it_can_be_read() {
    let server = TestServer::start().await;
    let (shop, till) = shop_of_the_fixtures(&server).await;
    let old = version_1()["events"].as_array().unwrap().clone();
    let mut journal = Journal::new();
    // It says more than this server knows.
    let more = json!({ "schemaVersion": 2, "loyalty": { "points": 7 }, "tableNumber": "12" });
    let more = journal.append(&with(&old[0], more));
    // It says what this server knows, otherwise.
    let otherwise = json!({ "schemaVersion": 99, "tenders": { "cash": 350 }, "totalMinor": "350" });
    let otherwise = journal.append(&with(&old[1], otherwise));
    let answer = push(&till, json!({ "events": [more, otherwise] })).await;
    let results = answer["results"].as_array().unwrap();
    assert_eq!((&results[0]["status"], reasons(&results[0]).len()), (&json!("synced"), 0), "{answer}");
    assert_eq!((&results[1]["status"], reasons(&results[1])), (&json!("conflict"), vec!["invalid_totals".into()]));
    assert_eq!(answer["ackedSeq"], json!(2));
    // Nothing of either is lost, for the day on which it can be read.
    for event in [&more, &otherwise] {
        let kept: Value = sqlx::query_scalar("select body from events where client_id = $1::uuid")
            .bind(event["clientId"].as_str().unwrap())
            .fetch_one(&server.owner_pool())
            .await
            .unwrap();
        assert_eq!(&kept, event);
    }
    // What could be read is there to decide about.
    let path = format!("/api/sync/conflicts/{}", otherwise["clientId"].as_str().unwrap());
    let (_, conflict) = shop.get(&path).await;
    assert_eq!(conflict["sale"]["receiptNumber"], json!("T1-000002"), "{conflict}");
    assert_eq!(on_hand(&shop, FLAT_WHITE).await, 8.0, "its stock waits for the decision");
}
