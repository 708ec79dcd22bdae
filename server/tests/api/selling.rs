//! What the tests about sales share: making sales, stocking shelves, and looking into the books afterwards.

use crate::harness::{Shop, TestServer};
use axum::http::StatusCode;
use chrono::{SecondsFormat, Utc};
use keeptill_sync::journal::{FIRST_PREV_HASH, chain_hash};
use serde_json::{Value, json};
use uuid::Uuid;

/// A line: the product, its price, and how many.
pub type Line<'a> = (&'a str, i64, i64);

pub fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

pub fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// A sale that adds up, without tax, paid in cash.
pub fn sale(lines: &[Line<'_>]) -> Value {
    let total: i64 = lines.iter().map(|(_, price, quantity)| price * quantity).sum();
    let items: Vec<Value> = lines
        .iter()
        .map(|(product, price, quantity)| {
            json!({
                "productId": product, "name": "Something", "quantity": quantity, "unitPriceMinor": price,
                "discountMinor": 0, "taxRatePpm": 0, "taxMinor": 0, "totalMinor": price * quantity,
            })
        })
        .collect();
    json!({
        "clientId": new_id(), "offlineCreatedAt": now(), "currency": "EUR", "items": items,
        "tenders": [{"type": "cash", "amountMinor": total, "changeMinor": 0}],
        "netMinor": total, "taxMinor": 0, "totalMinor": total,
    })
}

/// The sale as an event.
pub fn event(sale: &Value) -> Value {
    with(sale, json!({"type": "sale"}))
}

pub fn events(sales: &[Value]) -> Value {
    json!({"events": sales.iter().map(event).collect::<Vec<_>>()})
}

/// `value` with these fields set.
pub fn with(value: &Value, fields: Value) -> Value {
    let mut changed = value.clone();
    for (name, field) in fields.as_object().unwrap() {
        changed[name] = field.clone();
    }
    changed
}

/// Makes events of a device's journal, each chained to the one before.
pub struct Journal {
    pub seq: i64,
    pub hash: String,
}

impl Journal {
    pub fn new() -> Self {
        Self { seq: 0, hash: FIRST_PREV_HASH.into() }
    }

    pub fn append(&mut self, sale: &Value) -> Value {
        self.seq += 1;
        let event = with(sale, json!({"type": "sale", "deviceSeq": self.seq, "prevHash": self.hash}));
        self.hash = chain_hash(&event).unwrap();
        with(&event, json!({"hash": self.hash}))
    }
}

/// A product with this much on hand in the shop's first store.
pub async fn stocked(shop: &Shop, price: i64, on_hand: i64) -> String {
    let product = shop.product(json!({"name": "Something", "priceMinor": price})).await;
    let id = product["id"].as_str().unwrap().to_owned();
    if on_hand > 0 {
        let movement = json!({"storeId": shop.store_id, "productId": id, "delta": on_hand, "reason": "received"});
        let (status, body) = shop.post("/api/stock/movements", movement).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
    }
    id
}

/// What the shop's first store has on hand of a product.
pub async fn on_hand(shop: &Shop, product: &str) -> f64 {
    let (status, body) = shop.get(&format!("/api/stock?storeId={}", shop.store_id)).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let levels = body["items"].as_array().unwrap();
    let level = levels.iter().find(|level| level["productId"] == product);
    level.map_or(0.0, |level| level["onHand"].as_f64().unwrap())
}

/// Pushes and returns the results; the push itself must succeed.
pub async fn results(shop: &Shop, body: Value) -> Vec<Value> {
    let (status, body) = shop.post("/api/sync/push", body).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body["results"].as_array().unwrap().clone()
}

/// Pushes one sale as an event and returns its result.
pub async fn push_one(shop: &Shop, sale: &Value) -> Value {
    results(shop, events(std::slice::from_ref(sale))).await.remove(0)
}

pub fn reasons(result: &Value) -> Vec<String> {
    named(&result["conflicts"])
}

pub fn notices(result: &Value) -> Vec<String> {
    named(&result["notices"])
}

fn named(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|entry| entry["reason"].as_str().unwrap().to_owned()).collect()
}

/// The law of the ledger: what is on hand is the sum of what moved, for every product of every shop.
pub async fn assert_stock_is_the_sum_of_its_movements(server: &TestServer) {
    let astray: Vec<(Uuid, i64, i64)> = sqlx::query_as(
        "select product_id, coalesce(on_hand_milli, 0)::bigint, coalesce(moved, 0)::bigint
         from stock_levels full join (
             select tenant_id, store_id, product_id, sum(delta_milli) as moved from stock_movements group by 1, 2, 3
         ) as movements using (tenant_id, store_id, product_id)
         where coalesce(on_hand_milli, 0) <> coalesce(moved, 0)",
    )
    .fetch_all(&server.owner_pool())
    .await
    .unwrap();
    assert_eq!(astray, vec![], "product, level, sum of movements");
}

/// A count over the whole database, by its owner.
pub async fn count(server: &TestServer, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(&server.owner_pool()).await.unwrap()
}
