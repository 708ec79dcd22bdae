//! Forgetting: what goes, what stays, and what a till hears that was away for longer than deletions are remembered.

use crate::{
    harness::{Client, Shop, TestServer},
    selling::{count, events, sale, stocked},
};
use axum::http::StatusCode;
use chrono::{TimeDelta, Utc};
use keeptill_server::retention::{BATCH_ROWS, Forgotten, Retention, forget};
use serde_json::{Value, json};

const KEPT: Retention = Retention { tombstones: TimeDelta::days(90), log: TimeDelta::days(30) };

/// Forgets what is old, once the server that forgets by itself at its start has done so.
async fn forget_old(server: &TestServer) -> Forgotten {
    loop {
        if let Some(forgotten) = forget(&server.database(), KEPT, Utc::now()).await.unwrap() {
            return forgotten;
        }
    }
}

async fn run(server: &TestServer, sql: &'static str) {
    sqlx::query(sql).execute(&server.owner_pool()).await.unwrap();
}

/// Makes every deletion so far older by so many days.
async fn age_deletions(server: &TestServer, days: u32) {
    for table in ["products", "categories", "taxes"] {
        let sql = format!(
            "update {table} set deleted_at = deleted_at - interval '{days} days',
                 last_modified = last_modified - interval '{days} days' where deleted_at is not null"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&server.owner_pool()).await.unwrap();
    }
}

async fn product(shop: &Shop, name: &str) -> String {
    let made = shop.product(json!({ "name": name, "priceMinor": 100 })).await;
    made["id"].as_str().unwrap().to_owned()
}

async fn delete(shop: &Shop, id: &str) {
    assert_eq!(shop.delete(&format!("/api/products/{id}")).await.0, StatusCode::NO_CONTENT);
}

async fn pulled(client: &Client, body: Value) -> Value {
    let mut body = body;
    body["collections"] = json!(["products"]);
    let (status, answer) = client.post("/api/sync/pull", body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

fn names(answer: &Value) -> Vec<&str> {
    answer["products"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_cursor_from_before_a_forgotten_deletion_pulls_afresh_and_a_later_one_goes_on() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    let (till, theirs) = (shop.device("Till 1").await, stranger.device("Till 1").await);
    for name in ["Tea", "Coffee", "Cocoa"] {
        product(&shop, name).await;
    }
    let gone = product(&shop, "Chai").await;
    let before = pulled(&till, json!({})).await["cursor"].clone();
    product(&stranger, "Juice").await;
    let foreign = pulled(&theirs, json!({})).await["cursor"].clone();
    delete(&shop, &gone).await;
    let after = pulled(&till, json!({ "cursor": before })).await["cursor"].clone();

    // A day short of the limit it is remembered.
    age_deletions(&server, 89).await;
    assert_eq!(forget_old(&server).await.of("products"), 0);
    let told = pulled(&till, json!({ "cursor": before })).await;
    assert_eq!((&told["mustResync"], &told["deletedIds"]["products"]), (&json!(false), &json!([gone])));

    age_deletions(&server, 2).await;
    assert_eq!(forget_old(&server).await.of("products"), 1);
    let refused = pulled(&till, json!({ "cursor": before })).await;
    assert_eq!((&refused["mustResync"], names(&refused).len()), (&json!(true), 0));
    let goes_on = pulled(&till, json!({ "cursor": after })).await;
    assert_eq!((&goes_on["mustResync"], names(&goes_on).len()), (&json!(false), 0));
    let other_shop = pulled(&theirs, json!({ "cursor": foreign })).await;
    assert_eq!(other_shop["mustResync"], json!(false));

    // From nothing, page by page: every page lies before the floor, and none of them has missed anything.
    let mut cursor = refused["cursor"].clone();
    let mut found = Vec::new();
    loop {
        let page = pulled(&till, json!({ "cursor": cursor, "limit": 1 })).await;
        assert_eq!(page["mustResync"], json!(false), "{page}");
        assert_eq!(page["deletedIds"]["products"], json!([]));
        found.extend(names(&page).into_iter().map(str::to_owned));
        cursor = page["cursor"].clone();
        if page["hasMore"] == json!(false) {
            break;
        }
    }
    found.sort();
    assert_eq!(found, ["Cocoa", "Coffee", "Tea"]);
}

#[tokio::test]
async fn a_time_before_a_forgotten_deletion_brings_everything() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    for name in ["Tea", "Coffee"] {
        product(&shop, name).await;
    }
    delete(&shop, &product(&shop, "Chai").await).await;
    age_deletions(&server, 91).await;
    run(&server, "update products set last_modified = last_modified - interval '95 days' where deleted_at is null")
        .await;
    assert_eq!(forget_old(&server).await.of("products"), 1);

    let days_ago = |days| json!(Utc::now() - TimeDelta::days(days));
    let mut everything = pulled(&till, json!({ "lastSync": days_ago(92) })).await;
    assert_eq!(everything["mustResync"], json!(true), "what it has beyond this is gone");
    everything["products"].as_array_mut().unwrap().sort_by_key(|row| row["name"].to_string());
    assert_eq!(names(&everything), ["Coffee", "Tea"]);
    let next = pulled(&till, json!({ "cursor": everything["cursor"] })).await;
    assert_eq!((&next["mustResync"], names(&next).len()), (&json!(false), 0));
    let recent = pulled(&till, json!({ "lastSync": days_ago(90) })).await;
    assert_eq!((&recent["mustResync"], names(&recent).len()), (&json!(false), 0));
}

#[tokio::test]
async fn a_deletion_that_history_refers_to_stays() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let counted = stocked(&shop, 260, 5).await;
    let sold = product(&shop, "Chai").await;
    shop.patch(&format!("/api/products/{sold}"), json!({ "trackStock": false })).await;
    till.push(events(&[sale(&[(&sold, 100, 1)])])).await;
    let tea = shop.made("/api/categories", json!({ "name": "Tea" })).await;
    let body = json!({ "name": "Sencha", "priceMinor": 310, "categoryId": tea["id"] });
    let only_named = shop.product(body).await["id"].as_str().unwrap().to_owned();
    for id in [&counted, &sold, &only_named] {
        delete(&shop, id).await;
    }
    // As if the category had gone while a deleted product still named it.
    run(&server, "update categories set deleted_at = clock_timestamp()").await;
    age_deletions(&server, 91).await;
    let forgotten = forget_old(&server).await;
    // The product goes first, and then nothing names its category any more.
    assert_eq!((forgotten.of("products"), forgotten.of("categories")), (1, 1), "{forgotten}");
    assert_eq!(forgotten.to_string(), "1 of products, 1 of categories");
    let pull = pulled(&till, json!({})).await;
    let mut kept: Vec<&str> =
        pull["deletedIds"]["products"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    kept.sort_unstable();
    let mut expected = [counted.as_str(), sold.as_str()];
    expected.sort_unstable();
    assert_eq!(kept, expected);
    assert_eq!(forget_old(&server).await, Forgotten::default());
}

#[tokio::test]
async fn what_ended_or_is_old_goes_and_the_rest_stays() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    for _ in 0..2 {
        pulled(&till, json!({})).await;
        shop.made("/api/devices", json!({ "name": "Till", "storeId": shop.store_id })).await;
        let wrong = json!({ "email": shop.email, "password": "wrong password" });
        assert_eq!(server.post("/api/auth/login", wrong).await.0, StatusCode::UNAUTHORIZED);
    }
    server.log_in(&shop.email, crate::harness::PASSWORD).await;
    // One of each is as old as it may not be; counting them tells the rest.
    for sql in [
        "update sync_log set at = at - interval '31 days' where id = (select min(id::text)::uuid from sync_log)",
        "update sessions set expires_at = now() - interval '1 second'
         where token_hash = (select token_hash from sessions order by created_at desc limit 1)",
        "update pairing_codes set expires_at = now() - interval '1 second'
         where code_hash = (select code_hash from pairing_codes limit 1)",
        "update login_failures set failed_at = failed_at - interval '25 hours'
         where ctid = (select min(ctid) from login_failures)",
    ] {
        run(&server, sql).await;
    }
    let before = [
        count(&server, "select count(*) from sync_log").await,
        count(&server, "select count(*) from sessions").await,
        count(&server, "select count(*) from pairing_codes").await,
        count(&server, "select count(*) from login_failures").await,
    ];
    let forgotten = forget_old(&server).await;
    assert_eq!(forgotten.to_string(), "1 of sync_log, 1 of sessions, 1 of login_failures, 1 of pairing_codes");
    let after = [
        count(&server, "select count(*) from sync_log").await,
        count(&server, "select count(*) from sessions").await,
        count(&server, "select count(*) from pairing_codes").await,
        count(&server, "select count(*) from login_failures").await,
    ];
    assert_eq!(after, before.map(|rows| rows - 1));
    assert!(after.iter().all(|rows| *rows > 0), "{after:?}");
    assert_eq!(shop.get("/api/auth/me").await.0, StatusCode::OK);
}

#[tokio::test]
async fn more_than_one_batch_is_forgotten_in_one_run() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let rows = BATCH_ROWS * 2 + 7;
    let fill = format!(
        "insert into products (tenant_id, product_id, name, price_minor, sync_version, last_modified, deleted_at)
         select '{}', gen_random_uuid(), 'Product', 1, 5, now() - interval '91 days', now() - interval '91 days'
         from generate_series(1, {rows})",
        shop.tenant_id
    );
    sqlx::query(sqlx::AssertSqlSafe(fill)).execute(&server.owner_pool()).await.unwrap();
    assert_eq!(forget_old(&server).await.of("products"), rows);
    assert_eq!(count(&server, "select count(*) from tombstone_floors where version = 5").await, 1);
}

#[tokio::test]
async fn of_two_servers_one_forgets() {
    let server = TestServer::start().await;
    forget_old(&server).await;
    let mut other = server.owner_pool().begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('keeptill retention', 0))")
        .execute(&mut *other)
        .await
        .unwrap();
    assert_eq!(forget(&server.database(), KEPT, Utc::now()).await.unwrap(), None);
    other.rollback().await.unwrap();
    assert_eq!(forget_old(&server).await, Forgotten::default());
}
