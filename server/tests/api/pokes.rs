//! Pokes: who hears of what, how much of it, and when a stream ends.

use crate::{
    harness::{Client, TestServer, assert_refused, code},
    selling::{events, sale, stocked},
};
use axum::http::StatusCode;
use keeptill_server::{pokes::hub::LIMITS, versions::next_catalogue_version};
use keeptill_sync::wire::Collection;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Far longer than anything here takes; only a failure waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open stream, read line by line.
struct Events {
    response: reqwest::Response,
    text: String,
}

impl Events {
    async fn open(client: &Client) -> Self {
        let response = Self::ask(client).await;
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    async fn ask(client: &Client) -> reqwest::Response {
        client.send(reqwest::Method::GET, "/api/sync/events", |request| request).await
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some((line, rest)) = self.text.split_once('\n') {
                let line = line.to_owned();
                self.text = rest.to_owned();
                return Some(line);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("nothing came");
            match chunk {
                Ok(Some(bytes)) => self.text.push_str(std::str::from_utf8(&bytes).unwrap()),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// The collections of the next poke; `None` at the stream's end. What every stream is told when its server begins
    /// to listen is left out: all six collections.
    async fn poke(&mut self) -> Option<Vec<String>> {
        loop {
            let line = self.line().await?;
            if line == "event: poke" {
                let data = self.line().await?;
                let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
                let named: Vec<String> = serde_json::from_value(data["collections"].clone()).unwrap();
                if named.len() < Collection::ALL.len() {
                    return Some(named);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_change_pokes_the_tills_of_its_own_shop_and_no_other() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    let (own, foreign) = (shop.device("Till 1").await, stranger.device("Till 1").await);
    let (mut till, mut office) = (Events::open(&own).await, Events::open(&shop).await);
    let mut theirs = Events::open(&foreign).await;
    shop.product(json!({ "name": "Tea", "priceMinor": 100 })).await;
    assert_eq!(till.poke().await.unwrap(), ["products"]);
    assert_eq!(office.poke().await.unwrap(), ["products"]);
    let tax = stranger.made("/api/taxes", json!({ "name": "VAT", "ratePpm": 190000 })).await;
    assert_eq!(theirs.poke().await.unwrap(), ["taxes"]);
    stranger.delete(&format!("/api/taxes/{}", tax["id"].as_str().unwrap())).await;
    assert_eq!(theirs.poke().await.unwrap(), ["products", "taxes"]);
    shop.made("/api/staff", json!({ "name": "Mira", "role": "cashier", "pin": "1234" })).await;
    assert_eq!(till.poke().await.unwrap(), ["staff"]);
    assert_refused(server.get("/api/sync/events").await, StatusCode::UNAUTHORIZED, "not_logged_in");
}

#[tokio::test]
async fn a_change_at_one_server_pokes_the_streams_of_another() {
    let server = TestServer::start().await;
    let other = TestServer::start_on(server.db.clone()).await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let mut events = Events::open(&till.at(&other)).await;
    shop.made("/api/categories", json!({ "name": "Tea" })).await;
    assert_eq!(events.poke().await.unwrap(), ["categories"]);
    // A change that is rolled back was none.
    let db = server.database();
    let mut undone = db.begin(shop.tenant()).await.unwrap();
    next_catalogue_version(&mut undone, shop.tenant(), &[Collection::Products]).await.unwrap();
    undone.rollback().await.unwrap();
    shop.made("/api/taxes", json!({ "name": "VAT", "ratePpm": 190000 })).await;
    assert_eq!(events.poke().await.unwrap(), ["taxes"]);
}

#[tokio::test]
async fn moved_stock_pokes_the_other_tills_of_that_store() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let harbour = shop.made("/api/stores", json!({ "name": "Harbour" })).await;
    let (first, second) = (shop.device("Till 1").await, shop.device("Till 2").await);
    let offer = shop.made("/api/devices", json!({ "name": "Till 3", "storeId": harbour["storeId"] })).await;
    let (_, paired) = shop.post("/api/devices/pair", json!({ "pairingCode": offer["pairingCode"] })).await;
    let elsewhere = server.as_device(paired["deviceToken"].as_str().unwrap());
    let oats = stocked(&shop, 260, 5).await;
    let (mut own, mut next) = (Events::open(&first).await, Events::open(&second).await);
    let mut far = Events::open(&elsewhere).await;

    first.push(events(&[sale(&[(&oats, 260, 1)])])).await;
    // What was counted in a moment ago may be told as late as this.
    assert_eq!(next.poke().await.unwrap(), ["stock"]);
    shop.made("/api/taxes", json!({ "name": "VAT", "ratePpm": 190000 })).await;
    assert_eq!(far.poke().await.unwrap(), ["taxes"]);
    let heard = own.poke().await.unwrap();
    assert!(heard.contains(&"taxes".to_owned()) || heard == ["stock"], "{heard:?}");
}

#[tokio::test]
async fn a_burst_of_a_thousand_changes_is_a_few_pokes() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let device = shop.device("Till 1").await;
    let mut till = Events::open(&device).await;
    let db = server.database();
    let began = Instant::now();
    for _ in 0..1_000 {
        let mut tx = db.begin(shop.tenant()).await.unwrap();
        next_catalogue_version(&mut tx, shop.tenant(), &[Collection::Products]).await.unwrap();
        tx.commit().await.unwrap();
    }
    shop.made("/api/taxes", json!({ "name": "VAT", "ratePpm": 190000 })).await;
    let mut pokes = 0;
    loop {
        pokes += 1;
        if till.poke().await.unwrap().contains(&"taxes".to_owned()) {
            break;
        }
    }
    // The first at once, and then one a second.
    let most = began.elapsed().as_secs() + 2;
    assert!(pokes <= most, "{pokes} pokes");
}

#[tokio::test]
async fn a_device_has_so_many_streams_and_not_one_more() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let (till, other) = (shop.device("Till 1").await, shop.device("Till 2").await);
    let mut open = Vec::new();
    for _ in 0..LIMITS.per_client {
        open.push(Events::open(&till).await);
    }
    let refused = Events::ask(&till).await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"60".parse().unwrap()));
    assert_eq!(code(&refused.json().await.unwrap()), "too_many_streams");
    Events::open(&other).await;
    // One that its client closed makes room as soon as the server has noticed.
    open.pop();
    let began = Instant::now();
    while Events::ask(&till).await.status().as_u16() != 200 {
        assert!(began.elapsed() < PATIENCE);
    }
}

#[tokio::test]
async fn a_stream_ends_when_its_device_is_revoked_or_its_token_replaced() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let (lost, cleared, third) =
        (shop.device("Till 1").await, shop.device("Till 2").await, shop.device("Till 3").await);
    let (mut lost_events, mut cleared_events) = (Events::open(&lost).await, Events::open(&cleared).await);
    let mut third_events = Events::open(&third).await;
    assert_eq!(shop.delete(&format!("/api/devices/{}", lost.id)).await.0, StatusCode::NO_CONTENT);
    assert_eq!(lost_events.poke().await, None);
    assert_refused(lost.get("/api/sync/events").await, StatusCode::UNAUTHORIZED, "device_revoked");
    let offer = shop.made(&format!("/api/devices/{}/pairing-code", cleared.id), json!({})).await;
    server.post("/api/devices/pair", json!({ "pairingCode": offer["pairingCode"] })).await;
    assert_eq!(cleared_events.poke().await, None);
    shop.made("/api/taxes", json!({ "name": "VAT", "ratePpm": 190000 })).await;
    assert_eq!(third_events.poke().await.unwrap(), ["taxes"]);
}

#[tokio::test]
async fn open_streams_do_not_hold_up_the_end_of_a_server() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let device = shop.device("Till 1").await;
    let mut till = Events::open(&device).await;
    let began = Instant::now();
    let (_, heard) = tokio::join!(server.stop(), till.poke());
    assert_eq!(heard, None);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn everybody_is_poked_once_the_server_hears_again() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let mut events = Events::open(&till).await;
    shop.made("/api/taxes", json!({ "name": "VAT", "ratePpm": 190000 })).await;
    assert_eq!(events.poke().await.unwrap(), ["taxes"]);
    let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and query ilike 'listen%'";
    let ended: i64 = sqlx::query_scalar(end).fetch_one(&server.owner_pool()).await.unwrap();
    assert_eq!(ended, 1);
    // Everything may have changed meanwhile.
    loop {
        let line = events.line().await.expect("the stream goes on");
        if let Some(data) = line.strip_prefix("data: ") {
            let data: Value = serde_json::from_str(data).unwrap();
            assert_eq!(data["collections"].as_array().unwrap().len(), Collection::ALL.len(), "{data}");
            break;
        }
    }
    shop.made("/api/categories", json!({ "name": "Tea" })).await;
    assert_eq!(events.poke().await.unwrap(), ["categories"]);
}
