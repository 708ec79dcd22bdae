//! A shop with tills and shelves, made through the API, and a manager who changes prices all the while.

use crate::random::Random;
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};
use uuid::Uuid;

const PASSWORD: &str = "correct horse";
/// Enough for every sale, and too little for most.
const PLENTY: i64 = 1_000_000;
const SCARCE: i64 = 200;
const PATIENCE: Duration = Duration::from_secs(5);

pub struct Shop {
    pub tenant: Uuid,
    pub products: Vec<Product>,
    pub devices: Vec<Device>,
    cookie: String,
    closed: AtomicBool,
}

pub struct Product {
    pub id: Uuid,
    pub price_minor: i64,
    pub stocked: i64,
}

#[derive(Clone)]
pub struct Device {
    pub id: Uuid,
    pub token: String,
    pub prefix: String,
}

impl Shop {
    pub async fn open(site: &str, number: usize, tills: usize) -> Self {
        let http = reqwest::Client::new();
        let email = format!("owner{number}@shop.test");
        let body = json!({
            "name": "Corner & Crumb", "currency": "EUR", "timeZone": "Europe/Berlin", "pricesIncludeTax": true,
            "email": email, "password": PASSWORD,
        });
        let opened = made(http.post(format!("{site}/api/tenants")).json(&body)).await;
        let log_in = http.post(format!("{site}/api/auth/login")).json(&json!({ "email": email, "password": PASSWORD }));
        let log_in = log_in.send().await.unwrap();
        let cookie = log_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let post =
            |path: &str, body: Value| made(http.post(format!("{site}{path}")).header("cookie", &cookie).json(&body));
        let store = opened["storeId"].clone();
        let mut products = Vec::new();
        for (place, stocked) in [PLENTY, PLENTY, PLENTY, PLENTY, PLENTY, SCARCE].into_iter().enumerate() {
            let price_minor = 100 + 10 * place as i64;
            let name = format!("Product {place}");
            let made = post("/api/products", json!({ "name": name, "priceMinor": price_minor })).await;
            let moved = json!({ "storeId": store, "productId": made["id"], "delta": stocked, "reason": "received" });
            post("/api/stock/movements", moved).await;
            products.push(Product { id: id(&made["id"]), price_minor, stocked });
        }
        let mut devices = Vec::new();
        for till in 0..tills {
            let offer = post("/api/devices", json!({ "name": format!("Till {till}"), "storeId": store })).await;
            let paired = post("/api/devices/pair", json!({ "pairingCode": offer["pairingCode"] })).await;
            devices.push(Device {
                id: id(&paired["deviceId"]),
                token: paired["deviceToken"].as_str().unwrap().into(),
                prefix: paired["receiptPrefix"].as_str().unwrap().into(),
            });
        }
        Self { tenant: id(&opened["tenantId"]), products, devices, cookie, closed: AtomicBool::new(false) }
    }

    /// Until the shop closes; whether a change gets through is not looked at, a till has to take what comes.
    pub async fn change_prices(self: std::sync::Arc<Self>, sites: Vec<String>, mut random: Random) {
        let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        while !self.closed.load(Relaxed) {
            let (site, product) = (random.of(&sites).clone(), random.of(&self.products));
            let body = json!({ "priceMinor": product.price_minor + random.below(5) as i64 });
            let change = http.patch(format!("{site}/api/products/{}", product.id));
            let _ = change.header("cookie", &self.cookie).json(&body).send().await;
            tokio::time::sleep(random.milliseconds(5, 60)).await;
        }
    }

    pub fn close(&self) {
        self.closed.store(true, Relaxed);
    }
}

async fn made(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let (status, body) = (response.status(), response.json().await.unwrap());
    assert!(status.is_success(), "{status}: {body}");
    body
}

fn id(value: &Value) -> Uuid {
    value.as_str().unwrap().parse().unwrap()
}
