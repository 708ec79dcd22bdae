//! A till that only pulls, and in the end must hold what the server holds.

use crate::{random::Random, shop::Shop};
use keeptill_domain::{Money, Quantity};
use keeptill_sync::wire::PullResponse;
use serde_json::json;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(5);

pub struct Watcher {
    pub shop: Arc<Shop>,
    seen: Mutex<Seen>,
    closed: AtomicBool,
}

#[derive(Clone, Default)]
pub struct Seen {
    cursor: Option<String>,
    pub prices: HashMap<Uuid, Money>,
    pub on_hand: HashMap<Uuid, Quantity>,
    pub pulls: usize,
}

impl Watcher {
    pub fn new(shop: &Arc<Shop>) -> Self {
        Self { shop: Arc::clone(shop), seen: Mutex::default(), closed: AtomicBool::new(false) }
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    pub fn close(&self) {
        self.closed.store(true, Relaxed);
    }

    pub async fn watch(self: Arc<Self>, sites: Vec<String>, mut random: Random) {
        while !self.closed.load(Relaxed) {
            // What is away now is there later.
            let _ = self.pull(random.of::<String>(&sites), 1 + random.below(5)).await;
            tokio::time::sleep(random.milliseconds(5, 50)).await;
        }
    }

    /// Follows the cursor to its end.
    pub async fn catch_up(&self, site: &str) {
        while self.pull(site, 100).await.expect("nothing is away any more") {}
    }

    /// One page; whether there is more. `None` where no answer came.
    async fn pull(&self, site: &str, limit: usize) -> Option<bool> {
        let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        let cursor = self.seen.lock().unwrap().cursor.clone();
        let body = json!({ "cursor": cursor, "collections": ["products", "stock"], "limit": limit });
        let request = http.post(format!("{site}/api/sync/pull")).bearer_auth(&self.shop.devices[0].token).json(&body);
        let response = request.send().await.ok().filter(|response| response.status().is_success())?;
        let page: PullResponse = response.json().await.ok()?;
        assert!(!page.must_resync);
        let mut seen = self.seen.lock().unwrap();
        seen.prices.extend(page.products.iter().flatten().map(|row| (row.id.0, row.price_minor)));
        seen.on_hand.extend(page.stock.iter().flatten().map(|row| (row.product_id.0, row.on_hand)));
        seen.cursor = Some(page.cursor);
        seen.pulls += 1;
        Some(page.has_more)
    }
}
