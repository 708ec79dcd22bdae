//! Pulling: everything, then only what changed, and never a gap.

use crate::{
    harness::{Client, Shop, TestServer, assert_refused},
    selling::{events, sale, stocked},
};
use axum::http::StatusCode;
use keeptill_server::versions::{Stream, next_version};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ALL: [&str; 6] = ["products", "categories", "taxes", "staff", "settings", "stock"];

/// What a client that follows cursors ends up with.
#[derive(Default)]
struct Mirror {
    cursor: Option<String>,
    products: BTreeMap<String, Value>,
    pages: usize,
}

impl Mirror {
    async fn follow(&mut self, client: &Client, limit: usize) {
        loop {
            let body = json!({ "cursor": self.cursor, "collections": ["products"], "limit": limit });
            let (status, page) = client.post("/api/sync/pull", body).await;
            assert_eq!(status, StatusCode::OK, "{page}");
            assert_eq!(page["mustResync"], json!(false));
            let rows = page["products"].as_array().unwrap();
            let gone = page["deletedIds"]["products"].as_array().unwrap();
            assert!(rows.len() + gone.len() <= limit, "{page}");
            for row in rows {
                self.products.insert(row["id"].as_str().unwrap().into(), row.clone());
            }
            for id in gone {
                self.products.remove(id.as_str().unwrap());
            }
            self.cursor = Some(page["cursor"].as_str().unwrap().into());
            self.pages += 1;
            if page["hasMore"] == json!(false) {
                break;
            }
        }
    }

    fn names(&self) -> BTreeSet<&str> {
        self.products.values().map(|row| row["name"].as_str().unwrap()).collect()
    }
}

pub async fn product(shop: &Shop, name: &str) -> String {
    let made = shop.product(json!({ "name": name, "priceMinor": 100 })).await;
    made["id"].as_str().unwrap().to_owned()
}

pub async fn pulled(client: &Client, body: Value) -> Value {
    let (status, answer) = client.post("/api/sync/pull", body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

#[tokio::test]
async fn a_first_pull_brings_everything_that_was_asked_for() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let tax = shop.made("/api/taxes", json!({ "name": "VAT", "ratePpm": 190000 })).await;
    let category = shop.made("/api/categories", json!({ "name": "Tea" })).await;
    let body = json!({ "name": "Sencha", "priceMinor": 310, "categoryId": category["id"], "taxId": tax["id"] });
    let tea = shop.product(body).await;
    shop.made("/api/staff", json!({ "name": "Mira", "role": "cashier", "pin": "1234" })).await;
    let received = json!({ "storeId": shop.store_id, "productId": tea["id"], "delta": 2.5, "reason": "received" });
    shop.made("/api/stock/movements", received).await;

    let answer = pulled(&till, json!({ "collections": ALL })).await;
    assert_eq!(answer["products"], json!([tea]));
    assert_eq!(answer["categories"], json!([category]));
    assert_eq!(answer["taxes"], json!([tax]));
    let settings = &answer["settings"];
    assert_eq!((&settings["shopName"], &settings["currency"]), (&json!("Corner & Crumb"), &json!("EUR")));
    assert_eq!((&settings["timeZone"], &settings["pricesIncludeTax"]), (&json!("Europe/Berlin"), &json!(true)));
    assert_eq!((&answer["stock"][0]["productId"], &answer["stock"][0]["onHand"]), (&tea["id"], &json!(2.5)));
    let staff = answer["staff"].as_array().unwrap();
    assert_eq!(staff.len(), 2);
    let mira = staff.iter().find(|person| person["name"] == "Mira").unwrap();
    assert!(mira["pinVerifier"].as_str().unwrap().starts_with("$argon2id$"));
    assert_eq!((&answer["hasMore"], &answer["mustResync"]), (&json!(false), &json!(false)));

    let one = pulled(&till, json!({ "collections": ["taxes"] })).await;
    assert_eq!(one["taxes"], json!([tax]));
    for unasked in ["products", "categories", "staff", "settings", "stock"] {
        assert!(one.get(unasked).is_none(), "{unasked}");
        assert!(one["deletedIds"].get(unasked).is_none(), "{unasked}");
    }
}

#[tokio::test]
async fn verifiers_go_to_devices_only() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    shop.made("/api/staff", json!({ "name": "Mira", "role": "cashier", "pin": "1234" })).await;
    for body in [json!({ "collections": ["staff"] }), json!({ "collections": ["staff"], "deviceId": till.id })] {
        let answer = pulled(&shop, body).await;
        assert_eq!(answer["staff"].as_array().unwrap().len(), 2);
        assert!(!answer.to_string().contains("argon2"));
    }
}

#[tokio::test]
async fn a_cursor_brings_what_changed_and_nothing_else() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let (tea, _) = (product(&shop, "Tea").await, product(&shop, "Coffee").await);
    let first = pulled(&till, json!({ "collections": ALL })).await;
    let ask = |cursor: &Value| json!({ "collections": ALL, "cursor": cursor });
    let nothing = pulled(&till, ask(&first["cursor"])).await;
    for collection in ["products", "categories", "taxes", "staff", "stock"] {
        assert_eq!(nothing[collection], json!([]), "{collection}");
    }
    assert!(nothing.get("settings").is_none());

    shop.patch(&format!("/api/products/{tea}"), json!({ "priceMinor": 120 })).await;
    let changed = pulled(&till, ask(&nothing["cursor"])).await;
    assert_eq!(changed["products"].as_array().unwrap().len(), 1);
    assert_eq!(changed["products"][0]["priceMinor"], json!(120));
    // Reading again is harmless.
    assert_eq!(pulled(&till, ask(&nothing["cursor"])).await["products"], changed["products"]);

    shop.delete(&format!("/api/products/{tea}")).await;
    let gone = pulled(&till, ask(&changed["cursor"])).await;
    assert_eq!((&gone["products"], &gone["deletedIds"]["products"]), (&json!([]), &json!([tea])));
}

#[tokio::test]
async fn deletions_of_every_kind_arrive() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let tax = shop.made("/api/taxes", json!({ "name": "VAT", "ratePpm": 190000 })).await;
    let category = shop.made("/api/categories", json!({ "name": "Tea" })).await;
    let mira = shop.made("/api/staff", json!({ "name": "Mira", "role": "cashier", "pin": "1234" })).await;
    let first = pulled(&till, json!({ "collections": ALL })).await;
    for (kind, id) in [("taxes", &tax["id"]), ("categories", &category["id"]), ("staff", &mira["userId"])] {
        assert_eq!(shop.delete(&format!("/api/{kind}/{}", id.as_str().unwrap())).await.0, StatusCode::NO_CONTENT);
    }
    let gone = pulled(&till, json!({ "collections": ALL, "cursor": first["cursor"] })).await;
    assert_eq!(gone["deletedIds"]["taxes"], json!([tax["id"]]));
    assert_eq!(gone["deletedIds"]["categories"], json!([category["id"]]));
    assert_eq!(gone["deletedIds"]["staff"], json!([mira["userId"]]));
}

#[tokio::test]
async fn pages_are_as_long_as_asked_and_together_complete() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    for number in 0..7 {
        product(&shop, &format!("Tea {number}")).await;
    }
    for limit in [1, 2, 3, 7, 8] {
        let mut mirror = Mirror::default();
        mirror.follow(&till, limit).await;
        assert_eq!(mirror.products.len(), 7, "{limit}");
        assert_eq!(mirror.pages, 7_usize.div_ceil(limit), "{limit}");
    }
    // A page's limit holds over all collections together.
    let (mut cursor, mut rows) = (Value::Null, 0);
    loop {
        let page = pulled(&till, json!({ "collections": ALL, "cursor": cursor, "limit": 3 })).await;
        let found: usize = ["products", "categories", "taxes", "staff", "stock"]
            .iter()
            .map(|collection| page[collection].as_array().unwrap().len())
            .sum();
        assert!(found <= 3, "{page}");
        rows += found;
        cursor = page["cursor"].clone();
        if page["hasMore"] == json!(false) {
            break;
        }
    }
    assert_eq!(rows, 8);
    assert_refused(
        till.pull(json!({ "collections": ["products"], "limit": 0 })).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        "out_of_range",
    );
    assert_eq!(pulled(&till, json!({ "collections": ["products"], "limit": 5001 })).await["hasMore"], json!(false));
}

#[tokio::test]
async fn a_row_that_changes_between_two_pages_is_not_lost() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let mut ids = Vec::new();
    for number in 0..4 {
        ids.push(product(&shop, &format!("Tea {number}")).await);
    }
    let page = pulled(&till, json!({ "collections": ["products"], "limit": 2 })).await;
    let mut mirror = Mirror { cursor: page["cursor"].as_str().map(Into::into), ..Mirror::default() };
    for row in page["products"].as_array().unwrap() {
        mirror.products.insert(row["id"].as_str().unwrap().into(), row.clone());
    }
    // One that was sent, one that was not, one deleted of each.
    shop.patch(&format!("/api/products/{}", ids[0]), json!({ "name": "Changed" })).await;
    shop.delete(&format!("/api/products/{}", ids[1])).await;
    shop.patch(&format!("/api/products/{}", ids[2]), json!({ "name": "Also changed" })).await;
    shop.delete(&format!("/api/products/{}", ids[3])).await;
    mirror.follow(&till, 2).await;
    assert_eq!(mirror.names(), BTreeSet::from(["Changed", "Also changed"]));
}

#[tokio::test]
async fn pull_never_skips_a_late_commit() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let mut mirror = Mirror::default();
    mirror.follow(&till, 100).await;

    // A writer draws its version and does not commit yet.
    let db = server.database();
    let mut late = db.begin(shop.tenant()).await.unwrap();
    let version = next_version(&mut late, shop.tenant(), Stream::Catalogue).await.unwrap();
    let insert =
        "insert into products (tenant_id, product_id, name, price_minor, sync_version) values ($1, $2, $3, 1, $4)";
    sqlx::query(insert)
        .bind(shop.tenant().0)
        .bind(uuid::Uuid::now_v7())
        .bind("Late")
        .bind(version)
        .execute(&mut *late)
        .await
        .unwrap();

    // Another writer comes later; it has to wait for the first.
    let second = tokio::spawn({
        let shop = shop.clone();
        async move { product(&shop, "Second").await }
    });
    let waiting = "select exists (select from pg_stat_activity where datname = current_database()
        and wait_event_type = 'Lock' and query like 'update stream_versions%')";
    while !sqlx::query_scalar::<_, bool>(waiting).fetch_one(&server.owner_pool()).await.unwrap() {
        tokio::task::yield_now().await;
    }
    // A pull in between waits for neither, and sees neither.
    mirror.follow(&till, 100).await;
    assert_eq!(mirror.names(), BTreeSet::new());
    late.commit().await.unwrap();
    second.await.unwrap();
    mirror.follow(&till, 100).await;
    assert_eq!(mirror.names(), BTreeSet::from(["Late", "Second"]));
}

#[tokio::test]
async fn a_pull_of_stock_never_skips_a_push_that_commits_late() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let (till, other) = (shop.device("Till 1").await, shop.device("Till 2").await);
    let (oats, tea) = (stocked(&shop, 260, 10).await, stocked(&shop, 120, 10).await);
    let ask = |cursor: &Value| json!({ "collections": ["stock"], "cursor": cursor });
    let before = pulled(&till, json!({ "collections": ["stock"] })).await["cursor"].clone();

    // A writer has drawn the stream's next version and written with it, and does not commit yet.
    let db = server.database();
    let mut late = db.begin(shop.tenant()).await.unwrap();
    let version = next_version(&mut late, shop.tenant(), Stream::Stock).await.unwrap();
    let write = "update stock_levels set sync_version = $3, last_modified = clock_timestamp()
        where tenant_id = $1 and product_id = $2::uuid";
    sqlx::query(write).bind(shop.tenant().0).bind(&oats).bind(version).execute(&mut *late).await.unwrap();
    // A push of something else comes to the same point and has to wait there.
    let push = tokio::spawn({
        let (other, tea) = (other.clone(), tea.clone());
        async move { other.push(events(&[sale(&[(&tea, 120, 1)])])).await }
    });
    let waiting = "select exists (select from pg_stat_activity where datname = current_database()
        and wait_event_type = 'Lock' and query like 'update stream_versions%')";
    while !sqlx::query_scalar::<_, bool>(waiting).fetch_one(&server.owner_pool()).await.unwrap() {
        tokio::task::yield_now().await;
    }
    let between = pulled(&till, ask(&before)).await;
    assert_eq!(between["stock"], json!([]));
    late.commit().await.unwrap();
    assert_eq!(push.await.unwrap().0, StatusCode::OK);
    let after = pulled(&till, ask(&between["cursor"])).await;
    let mut changed: Vec<&str> =
        after["stock"].as_array().unwrap().iter().map(|row| row["productId"].as_str().unwrap()).collect();
    changed.sort_unstable();
    let mut expected = [oats.as_str(), tea.as_str()];
    expected.sort_unstable();
    assert_eq!(changed, expected);
}

#[tokio::test]
async fn following_cursors_while_others_write_ends_with_what_stands() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let shop = shop.clone();
        writers.spawn(async move {
            for number in 0..8 {
                let id = product(&shop, &format!("{writer} {number}")).await;
                match number % 4 {
                    1 => drop(shop.patch(&format!("/api/products/{id}"), json!({ "priceMinor": 7 })).await),
                    2 => drop(shop.delete(&format!("/api/products/{id}")).await),
                    _ => {}
                }
            }
        });
    }
    let mut mirror = Mirror::default();
    while writers.try_join_next().is_some() || !writers.is_empty() {
        mirror.follow(&till, 3).await;
    }
    mirror.follow(&till, 3).await;
    let (_, stands) = shop.get("/api/products?limit=500").await;
    let stands: BTreeMap<String, Value> = stands["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["id"].as_str().unwrap().to_owned(), row.clone()))
        .collect();
    assert_eq!(stands.len(), 24);
    assert_eq!(mirror.products, stands);
}

#[tokio::test]
async fn a_cursor_of_another_epoch_asks_to_begin_anew() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    product(&shop, "Tea").await;
    let first = pulled(&till, json!({ "collections": ["products"] })).await;
    let restored = "update tenants set epoch = gen_random_uuid()";
    sqlx::query(restored).execute(&server.owner_pool()).await.unwrap();
    let answer = pulled(&till, json!({ "collections": ["products"], "cursor": first["cursor"] })).await;
    assert_eq!((&answer["mustResync"], &answer["products"]), (&json!(true), &json!([])));
    assert_ne!(answer["epoch"], first["epoch"]);
    let anew = pulled(&till, json!({ "collections": ["products"], "cursor": answer["cursor"] })).await;
    assert_eq!((&anew["mustResync"], anew["products"].as_array().unwrap().len()), (&json!(false), 1));
}

#[tokio::test]
async fn what_cannot_be_pulled_is_refused_and_logged() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    let till = shop.device("Till 1").await;
    let unknown = till.pull(json!({ "collections": ["products", "customers"] })).await;
    assert_eq!(unknown.1["error"]["field"], json!("collections[1]"));
    assert_refused(unknown, StatusCode::UNPROCESSABLE_ENTITY, "unknown_collection");
    let bad = till.pull(json!({ "collections": ["products"], "cursor": "nonsense" })).await;
    assert_refused(bad, StatusCode::BAD_REQUEST, "bad_cursor");
    assert_refused(till.pull(json!({})).await, StatusCode::BAD_REQUEST, "malformed_body");
    let theirs = stranger.post("/api/sync/pull", json!({ "collections": ["stock"], "deviceId": till.id })).await;
    assert_refused(theirs, StatusCode::NOT_FOUND, "not_found");
    let anonymous = server.post("/api/sync/pull", json!({ "collections": [] })).await;
    assert_refused(anonymous, StatusCode::UNAUTHORIZED, "not_logged_in");
    pulled(&till, json!({ "collections": ["settings", "staff"] })).await;

    let (_, log) = till.get("/api/sync/log").await;
    let rows: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["syncType"].as_str().unwrap(), row["status"].as_str().unwrap(), row["itemsSynced"].clone()))
        .collect();
    let expected = [("pull", "success", json!(2)), ("pull", "failed", json!(0)), ("pull", "failed", json!(0))];
    assert_eq!(rows, expected);
    assert_eq!(log["items"][1]["errors"][0]["code"], json!("bad_cursor"));
    let (_, status) = till.get("/api/sync/status").await;
    assert!(status["lastPullAt"].is_string() && status["lastSeenAt"].is_string());
}

#[tokio::test]
async fn the_catalogue_alone_is_paged_the_same_way() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    for number in 0..5 {
        product(&shop, &format!("Tea {number}")).await;
    }
    let (mut cursor, mut rows) = (Value::Null, 0);
    loop {
        let (status, page) = till.post("/api/sync/products/pull", json!({ "cursor": cursor, "limit": 2 })).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        rows += page["products"].as_array().unwrap().len();
        cursor = page["cursor"].clone();
        if page["hasMore"] == json!(false) {
            break;
        }
    }
    assert_eq!(rows, 5);
    product(&shop, "New").await;
    // The cursor goes on in a pull.
    let next = pulled(&till, json!({ "collections": ["products"], "cursor": cursor })).await;
    assert_eq!(next["products"][0]["name"], json!("New"));
}

#[tokio::test]
async fn stock_is_that_of_the_devices_store() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let harbour = shop.made("/api/stores", json!({ "name": "Harbour" })).await;
    let tea = product(&shop, "Tea").await;
    for (store, delta) in [(&json!(shop.store_id), 3), (&harbour["storeId"], 5)] {
        let body = json!({ "storeId": store, "productId": tea, "delta": delta, "reason": "received" });
        shop.made("/api/stock/movements", body).await;
    }
    let offer = shop.made("/api/devices", json!({ "name": "Till 2", "storeId": harbour["storeId"] })).await;
    let (_, paired) = server.post("/api/devices/pair", json!({ "pairingCode": offer["pairingCode"] })).await;
    let other = server.as_device(paired["deviceToken"].as_str().unwrap());
    let ask = json!({ "collections": ["stock"] });
    let first = pulled(&till, ask.clone()).await;
    assert_eq!((first["stock"].as_array().unwrap().len(), &first["stock"][0]["onHand"]), (1, &json!(3)));
    assert_eq!(pulled(&other, ask.clone()).await["stock"][0]["onHand"], json!(5));
    // A manager looks at one store and then, with the same cursor, at another.
    let (here, there) = (json!(till.id), &paired["deviceId"]);
    let looked = pulled(&shop, json!({ "collections": ["stock"], "deviceId": here })).await;
    let body = json!({ "collections": ["stock"], "deviceId": there, "cursor": looked["cursor"] });
    assert_eq!(pulled(&shop, body).await["stock"][0]["onHand"], json!(5));
    assert_eq!(pulled(&shop, ask).await["stock"][0]["onHand"], json!(3));
}

#[tokio::test]
async fn another_tenants_rows_are_never_pulled() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    product(&shop, "Tea").await;
    let till = stranger.device("Till 1").await;
    let answer = pulled(&till, json!({ "collections": ALL })).await;
    assert_eq!((&answer["products"], &answer["stock"]), (&json!([]), &json!([])));
    assert_eq!(answer["staff"].as_array().unwrap().len(), 1);
    // Another tenant's cursor is one of another epoch.
    let theirs = pulled(&shop, json!({ "collections": ["products"] })).await;
    let answer = pulled(&till, json!({ "collections": ["products"], "cursor": theirs["cursor"] })).await;
    assert_eq!((&answer["mustResync"], &answer["products"]), (&json!(true), &json!([])));
}
