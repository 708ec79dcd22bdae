//! A till: it sells into its journal and pushes from it, on several connections that know nothing of each other.

use crate::{
    random::Random,
    shop::{Device, Shop},
    tally::Tally,
};
use chrono::Utc;
use keeptill_domain::{DeviceSeq, Sale};
use keeptill_sync::{
    journal::append_sale,
    wire::{EventStatus, PushResponse},
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::watch;
use uuid::Uuid;

/// No more are sold than can be sent: a till of this test has a queue like one that was offline for an afternoon.
const WAITING_MAX: usize = 100;
const BATCH_MAX: usize = 60;
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Till {
    pub shop: Arc<Shop>,
    pub device: Device,
    journal: Mutex<Vec<Entry>>,
    tally: Arc<Tally>,
    closed: AtomicBool,
    waiting: watch::Sender<usize>,
}

#[derive(Clone)]
pub struct Entry {
    pub event: Value,
    pub sale: Sale,
    /// What the server said became of it, once it has; never said otherwise after that.
    pub status: Option<EventStatus>,
}

impl Till {
    pub fn new(shop: &Arc<Shop>, device: &Device, tally: &Arc<Tally>) -> Self {
        Self {
            shop: Arc::clone(shop),
            device: device.clone(),
            journal: Mutex::default(),
            tally: Arc::clone(tally),
            closed: AtomicBool::new(false),
            waiting: watch::Sender::new(0),
        }
    }

    pub fn journal(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.journal.lock().unwrap()
    }

    pub fn waiting(&self) -> usize {
        self.journal().iter().filter(|entry| entry.status.is_none()).count()
    }

    /// No more sales; what waits is still sent.
    pub fn close_shop(&self) {
        self.closed.store(true, Relaxed);
        self.waiting.send_replace(self.waiting());
    }

    pub async fn drained(&self) {
        let mut waiting = self.waiting.subscribe();
        waiting.wait_for(|count| *count == 0).await.unwrap();
    }

    pub async fn sell(self: Arc<Self>, mut random: Random) {
        while !self.closed.load(Relaxed) {
            if self.waiting() < WAITING_MAX {
                for _ in 0..=random.below(8) {
                    self.record(&mut random);
                }
            }
            tokio::time::sleep(random.milliseconds(5, 40)).await;
        }
    }

    fn record(&self, random: &mut Random) {
        let mut journal = self.journal();
        let receipt = format!("{}-{:06}", self.device.prefix, journal.len() + 1);
        let sale = self.draw_sale(random, receipt);
        let last = journal.last().map(|entry| {
            let hash = entry.event["hash"].as_str().unwrap().to_owned();
            (DeviceSeq(journal.len() as i64), hash)
        });
        let last = last.as_ref().map(|(seq, hash)| (*seq, hash.as_str()));
        let event = append_sale(&sale, last, Utc::now()).unwrap().event;
        journal.push(Entry { event, sale, status: None });
        Tally::add(&self.tally.sales, 1);
    }

    fn draw_sale(&self, random: &mut Random, receipt: String) -> Sale {
        let lines: Vec<Value> = (0..=random.below(3))
            .map(|_| {
                let product = random.of(&self.shop.products);
                let quantity = 1 + random.below(3) as i64;
                json!({
                    "productId": product.id, "name": "Something", "quantity": quantity,
                    "unitPriceMinor": product.price_minor, "totalMinor": product.price_minor * quantity,
                })
            })
            .collect();
        let total: i64 = lines.iter().map(|line| line["totalMinor"].as_i64().unwrap()).sum();
        serde_json::from_value(json!({
            "clientId": Uuid::now_v7(), "receiptNumber": receipt, "offlineCreatedAt": Utc::now(), "currency": "EUR",
            "items": lines, "tenders": [{ "type": "cash", "amountMinor": total, "changeMinor": 0 }],
            "netMinor": total, "taxMinor": 0, "totalMinor": total,
        }))
        .unwrap()
    }

    /// One connection's loop, until nothing waits and nothing more is sold.
    pub async fn push(self: Arc<Self>, sites: Vec<String>, mut random: Random) {
        let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        loop {
            let batch = self.draw_batch(&mut random);
            if batch.is_empty() {
                if self.closed.load(Relaxed) {
                    return;
                }
                tokio::time::sleep(random.milliseconds(5, 40)).await;
                continue;
            }
            let site = random.of(&sites);
            let body = json!({
                "deviceTime": Utc::now(), "pendingCount": self.waiting(),
                "events": batch.iter().map(|(_, event)| event).collect::<Vec<_>>(),
            });
            let request = http.post(format!("{site}/api/sync/push")).bearer_auth(&self.device.token).json(&body);
            let gives_up_after = if random.percent(8) { random.milliseconds(0, 60) } else { PATIENCE };
            match tokio::time::timeout(gives_up_after, answer(request)).await {
                Ok(Some(answer)) => self.take(&batch, &answer),
                Ok(None) => {
                    Tally::add(&self.tally.pushes_failed, 1);
                    tokio::time::sleep(random.milliseconds(1, 120)).await;
                }
                Err(_) => Tally::add(&self.tally.pushes_abandoned, 1),
            }
        }
    }

    /// Some of what waits, and at times some of what is long there, as after a lost answer.
    fn draw_batch(&self, random: &mut Random) -> Vec<(usize, Value)> {
        let journal = self.journal();
        let Some(first) = journal.iter().position(|entry| entry.status.is_none()) else { return vec![] };
        let from = if random.percent(20) { first.saturating_sub(random.below(20)) } else { first };
        let length = 1 + random.below(BATCH_MAX);
        let mut batch: Vec<(usize, Value)> =
            (from..journal.len()).take(length).map(|place| (place, journal[place].event.clone())).collect();
        if random.percent(10) {
            batch.reverse();
        }
        batch
    }

    fn take(&self, batch: &[(usize, Value)], answer: &PushResponse) {
        Tally::add(&self.tally.pushes_answered, 1);
        assert_eq!(answer.results.len(), batch.len());
        let mut journal = self.journal();
        for ((place, event), result) in batch.iter().zip(&answer.results) {
            let entry = &mut journal[*place];
            assert_eq!(result.client_id, Some(entry.sale.client_id));
            assert_ne!(result.status, EventStatus::Rejected, "{event}: {result:?}");
            match entry.status {
                None if result.status == EventStatus::Conflict => Tally::add(&self.tally.conflicts, 1),
                None => {}
                Some(before) => assert_eq!(before, result.status, "a second answer says otherwise: {result:?}"),
            }
            entry.status = Some(result.status);
            Tally::add(&self.tally.duplicates, usize::from(result.duplicate));
        }
        let acked = answer.acked_seq.unwrap().0;
        assert!(acked <= journal.len() as i64, "{acked} acknowledged of {}", journal.len());
        drop(journal);
        self.waiting.send_replace(self.waiting());
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Option<PushResponse> {
    let response = request.send().await.ok()?;
    if response.status().as_u16() == 200 {
        return response.json().await.ok();
    }
    assert_eq!(response.status().as_u16(), 503, "{:?}", response.text().await);
    None
}
