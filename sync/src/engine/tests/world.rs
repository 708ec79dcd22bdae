//! A device's store and a server, both in memory; the server misbehaves as scripted.

use super::super::{Action, Engine, Input, Settings};
use crate::{
    batch::{Unsent, Waiting},
    catalogue::{CatalogueRows, Sold},
    failure::{Failure, plain},
    journal::{EntryState, JournalEntry, append_sale, chain_hash},
    pull::PullPosition,
    wire::{EventResult, EventStatus, PullRequest, PullResponse, PushRequest, PushResponse},
};
use chrono::{DateTime, TimeDelta, Utc};
use keeptill_domain::{ClientId, DeviceId, DeviceSeq, Epoch, Money, Product, ProductId, Sale, SyncLogId, Unit};
use serde_json::Value;
use std::collections::{HashMap, HashSet, VecDeque};
use uuid::Uuid;

mod chunks;
mod restored;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    None,
    /// Nothing arrives.
    NoAnswer,
    /// It arrives and is recorded; the answer does not come back.
    AnswerLost,
    Away(Option<u32>),
    Unauthorised,
    TooLarge,
    /// Every second result is missing, and what it stands for was not recorded.
    LeaveSomeOut,
    OtherOrder,
    /// The first event can't be read.
    Reject,
}

const DEVICE: DeviceId = DeviceId(Uuid::from_u128(4));
const FORMER_DEVICE: DeviceId = DeviceId(Uuid::from_u128(3));

pub struct World {
    pub engine: Engine,
    pub now: DateTime<Utc>,
    pub wake_at: Option<DateTime<Utc>>,
    pub log: Vec<String>,
    pub lock_taken: bool,
    pub store_fails: u32,
    pub sell_during_next_pull: bool,
    pub travel_ms: i64,
    // The device's store.
    pub journal: Vec<JournalEntry>,
    /// The browser was another device up to this entry.
    pub former_until: i64,
    /// The server no longer knows the device that this browser was.
    pub former_forgotten: bool,
    pub journal_epoch: Option<Epoch>,
    /// Another tab comes to this epoch while the next push is out.
    pub audited_meanwhile: Option<Epoch>,
    pub position: PullPosition,
    rows: CatalogueRows,
    stored_chunks: HashMap<String, Vec<Product>>,
    // The server.
    pub server_ahead_ms: i64,
    pub events_max: usize,
    pub pages: Vec<usize>,
    /// The catalogue as chunks of so many products each, numbered after those of the pages; none: rows only.
    pub chunks: Vec<usize>,
    /// What happens to the next requests for chunks.
    pub chunk_faults: VecDeque<Failure>,
    pub manifest_lies: bool,
    pub fetched: Vec<usize>,
    pub resync_always: bool,
    pub epoch_changes_always: bool,
    pub content_never_changed: bool,
    pub biggest_push: usize,
    epoch: Epoch,
    events: HashMap<ClientId, Value>,
    poisoned: HashSet<i64>,
    faults: VecDeque<Fault>,
    pull_faults: VecDeque<Option<Fault>>,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let settings = Settings { app_version: "test".into(), pulls: true, waits_for_lock: false };
        Self {
            engine: Engine::new(settings, seed),
            now: DateTime::from_timestamp_millis(1_795_000_000_000).expect("a time"),
            wake_at: None,
            log: vec![],
            lock_taken: false,
            store_fails: 0,
            sell_during_next_pull: false,
            travel_ms: 0,
            journal: vec![],
            former_until: 0,
            former_forgotten: false,
            audited_meanwhile: None,
            journal_epoch: Some(Epoch(Uuid::from_u128(1))),
            position: PullPosition::default(),
            rows: CatalogueRows::default(),
            server_ahead_ms: 0,
            events_max: usize::MAX,
            pages: vec![0],
            chunks: vec![],
            chunk_faults: VecDeque::new(),
            manifest_lies: false,
            fetched: vec![],
            stored_chunks: HashMap::new(),
            resync_always: false,
            epoch_changes_always: false,
            content_never_changed: true,
            biggest_push: 0,
            epoch: Epoch(Uuid::from_u128(1)),
            events: HashMap::new(),
            poisoned: HashSet::new(),
            faults: VecDeque::new(),
            pull_faults: VecDeque::new(),
        }
    }

    pub fn tell(&mut self, input: Input) {
        let mut actions: VecDeque<Action> = self.engine.handle(input, self.now).into();
        while let Some(action) = actions.pop_front() {
            if let Some(answer) = self.act(action) {
                actions.extend(self.engine.handle(answer, self.now));
            }
        }
    }

    /// Goes to the moment of the next try.
    pub fn pass_time(&mut self) {
        if let Some(at) = self.wake_at {
            self.now = self.now.max(at);
            self.tell(Input::Tick);
        }
    }

    pub fn faults(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.extend(faults);
    }

    pub fn pull_faults(&mut self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.pull_faults.extend(faults);
    }

    pub fn sell(&mut self, count: usize) {
        for _ in 0..count {
            let last = self.journal.last().map(|entry| (entry.device_seq, entry.hash.clone()));
            let last = last.as_ref().map(|(seq, hash)| (*seq, hash.as_str()));
            self.journal.push(append_sale(&sale(self.journal.len()), last, self.now).expect("an entry"));
        }
    }

    pub fn waiting_of_size(&self, seq: i64, bytes: usize) -> Waiting {
        let event = Value::String("x".repeat(bytes));
        let entry = JournalEntry { device_seq: DeviceSeq(seq), event, ..self.journal[0].clone() };
        Waiting { position: seq as u64, entry }
    }

    /// The server answers 422 to any push with this entry.
    pub fn poison(&mut self, seq: i64) {
        self.poisoned.insert(seq);
    }

    pub fn heal(&mut self) {
        self.poisoned.clear();
    }

    /// The server's database comes from a backup with `products` products.
    pub fn restore_server(&mut self, products: usize) {
        self.epoch = Epoch(Uuid::from_u128(self.epoch.0.as_u128() + 1));
        self.pages = vec![products];
    }

    pub fn state(&self, seq: i64) -> &EntryState {
        &self.journal[seq as usize - 1].state
    }

    pub fn unsent(&self) -> Vec<i64> {
        let waiting = |entry: &&JournalEntry| entry.state == EntryState::Waiting;
        self.journal.iter().filter(waiting).map(|entry| entry.device_seq.0).collect()
    }

    pub fn all_sent(&self) -> bool {
        !self.journal.is_empty()
            && self.journal.iter().all(|entry| {
                matches!(entry.state, EntryState::Sent { .. }) && self.events.contains_key(&entry.client_id)
            })
    }

    pub fn rejected(&self) -> usize {
        self.journal.iter().filter(|entry| matches!(entry.state, EntryState::Rejected { .. })).count()
    }

    pub fn recorded_on_server(&self) -> usize {
        self.events.len()
    }

    pub fn products(&self) -> usize {
        self.rows.picture(&Sold::default()).products.len()
    }

    fn act(&mut self, action: Action) -> Option<Input> {
        Some(match action {
            Action::TakeLock { wait } => Input::Lock(!self.lock_taken || wait),
            Action::ReleaseLock => return None,
            Action::WaitUntil(at) => {
                self.wake_at = at;
                return None;
            }
            Action::ReadUnsent { after, limit } => Input::Unsent(self.read_unsent(after, limit)),
            Action::ReadPosition => Input::Position(self.position.clone()),
            Action::PullManifest => Input::Listed(self.manifest().map(Box::new)),
            Action::FetchChunks(chunks) => Input::Fetched(self.fetch(chunks)),
            Action::Push(request) => self.travel(|world| Input::Pushed(world.push(request))),
            Action::Pull(request) => self.travel(|world| Input::Pulled(world.pull(&request).map(Box::new))),
            Action::StoreOutcomes { .. } | Action::SendAgain { .. } | Action::StoreBase(_) | Action::StorePage(_)
                if self.store_fails > 0 =>
            {
                self.store_fails -= 1;
                Input::StoreFailed("the disk is full".into())
            }
            Action::StoreOutcomes { epoch, .. } if epoch != self.journal_epoch => {
                Input::StoreFailed("another epoch".into())
            }
            Action::StoreOutcomes { outcomes, .. } => {
                for outcome in outcomes {
                    self.journal[outcome.position as usize - 1].state = outcome.state;
                }
                Input::Stored
            }
            Action::StoreBase(base) => {
                let products = base.chunks.iter().flat_map(|chunk| self.stored_chunks[&chunk.sha256].clone());
                self.rows.stand_on(products, base.position.clone());
                self.position = base.position;
                Input::Stored
            }
            Action::ReadSenders => Input::Senders(self.senders()),
            Action::SendAgain { epoch, lacking } => {
                self.journal_epoch = epoch.or(self.journal_epoch);
                Input::Reopened(lacking.iter().map(|lacking| self.reopen(lacking)).sum())
            }
            Action::StorePage(page) => {
                self.position = page.position.clone();
                self.rows.apply(*page);
                Input::Stored
            }
        })
    }

    fn travel(&mut self, request: impl FnOnce(&mut Self) -> Input) -> Input {
        if self.epoch_changes_always {
            self.epoch = Epoch(Uuid::from_u128(self.epoch.0.as_u128() + 1));
        }
        self.now += TimeDelta::milliseconds(self.travel_ms / 2);
        let answer = request(self);
        self.now += TimeDelta::milliseconds(self.travel_ms / 2);
        answer
    }

    fn read_unsent(&self, after: u64, limit: usize) -> Unsent {
        let waiting = || self.journal.iter().filter(|entry| entry.state == EntryState::Waiting);
        let at = |entry: &JournalEntry| Waiting { position: entry.device_seq.0 as u64, entry: entry.clone() };
        let is_former = |waiting: &Waiting| waiting.entry.device_seq.0 <= self.former_until;
        let mut entries: Vec<Waiting> =
            waiting().map(at).filter(|waiting| waiting.position > after).take(limit).collect();
        let former = entries.first().is_some_and(is_former);
        entries.retain(|waiting| is_former(waiting) == former);
        Unsent {
            device: entries.first().map(|_| if former { FORMER_DEVICE } else { DEVICE }),
            entries,
            former: former.then_some(FORMER_DEVICE),
            total: waiting().count() as u32,
            oldest_at: waiting().next().map(|entry| entry.recorded_at),
            epoch: self.journal_epoch,
        }
    }

    fn push(&mut self, request: PushRequest) -> Result<PushResponse, Failure> {
        let former = if request.device_id == Some(FORMER_DEVICE) { " of the former device" } else { "" };
        let asking = request.events.is_empty();
        self.log.push(if asking { format!("ask{former}") } else { format!("push {}{former}", request.events.len()) });
        self.biggest_push = self.biggest_push.max(request.events.len());
        let fault = self.faults.pop_front().unwrap_or(Fault::None);
        match fault {
            Fault::NoAnswer => return Err(Failure::NoAnswer),
            Fault::Away(retry_after_s) => return Err(Failure::Away { retry_after_s }),
            Fault::Unauthorised => return Err(Failure::Unauthorised(plain("unknown_device", "pair again"))),
            Fault::TooLarge => return Err(Failure::TooLarge(plain("too_large", "too much"))),
            _ if request.events.len() > self.events_max => {
                return Err(Failure::TooLarge(plain("too_large", "too much")));
            }
            _ => {}
        }
        let seq = |event: &Value| event["deviceSeq"].as_i64().unwrap_or_default();
        if request.events.iter().any(|event| self.poisoned.contains(&seq(event))) {
            return Err(Failure::Refused(plain("malformed", "can't read this")));
        }
        let mut results = vec![];
        for (index, event) in request.events.into_iter().enumerate() {
            match fault {
                Fault::LeaveSomeOut if index % 2 == 1 => {}
                Fault::Reject if index == 0 && !self.has(&event) => results.push(rejected()),
                _ => results.push(self.record(event)),
            }
        }
        if fault == Fault::OtherOrder {
            results.reverse();
        }
        if fault == Fault::AnswerLost {
            return Err(Failure::NoAnswer);
        }
        self.journal_epoch = self.audited_meanwhile.take().or(self.journal_epoch);
        let (acked, missing) = self.sequence();
        let known = !(self.former_forgotten && request.device_id == Some(FORMER_DEVICE));
        Ok(PushResponse {
            results,
            sync_log_id: SyncLogId(Uuid::nil()),
            server_time: self.server_time(),
            acked_seq: known.then_some(acked),
            acked_hash: known.then(|| self.hash_of(acked)).flatten(),
            missing_seqs: if known { missing } else { vec![] },
            epoch: Some(self.epoch),
        })
    }

    fn has(&self, event: &Value) -> bool {
        self.events.values().any(|recorded| recorded == event)
    }

    fn record(&mut self, event: Value) -> EventResult {
        assert_eq!(event["hash"].as_str(), chain_hash(&event).ok().as_deref());
        let client_id: ClientId = event["clientId"].as_str().expect("an id").parse().expect("a uuid");
        let before = self.events.entry(client_id).or_insert_with(|| event.clone());
        self.content_never_changed &= *before == event;
        EventResult {
            client_id: Some(client_id),
            status: EventStatus::Synced,
            duplicate: false,
            sale_id: None,
            conflicts: vec![],
            notices: vec![],
            error: None,
        }
    }

    /// The cursor is `epoch:pages had`.
    fn pull(&mut self, request: &PullRequest) -> Result<PullResponse, Failure> {
        self.log.push("pull".into());
        if std::mem::take(&mut self.sell_during_next_pull) {
            self.sell(1);
            assert_eq!(self.engine.handle(Input::Recorded, self.now), []);
        }
        match self.pull_faults.pop_front().flatten() {
            Some(Fault::Away(retry_after_s)) => return Err(Failure::Away { retry_after_s }),
            Some(Fault::NoAnswer | Fault::AnswerLost) => return Err(Failure::NoAnswer),
            Some(Fault::TooLarge) => return Err(Failure::TooLarge(plain("too_large", "too much"))),
            _ => {}
        }
        let cursor = request.cursor.as_deref().and_then(|cursor| cursor.split_once(':'));
        let must_resync = self.resync_always || cursor.is_some_and(|(epoch, _)| epoch != self.epoch.to_string());
        let page: usize = cursor.filter(|_| !must_resync).and_then(|(_, had)| had.parse().ok()).unwrap_or_default();
        let first: usize = self.pages.iter().take(page).sum();
        let rows = self.pages.get(page).copied().unwrap_or_default();
        let next = (page + 1).min(self.pages.len());
        Ok(PullResponse {
            epoch: self.epoch,
            cursor: format!("{}:{next}", self.epoch),
            server_time: self.server_time(),
            has_more: !must_resync && page + 1 < self.pages.len(),
            must_resync,
            products: Some((first..first + rows).map(|number| product(number, self.now)).collect()),
            categories: None,
            taxes: None,
            staff: None,
            settings: None,
            stock: None,
            deleted_ids: Default::default(),
        })
    }

    fn server_time(&self) -> DateTime<Utc> {
        self.now + TimeDelta::milliseconds(self.server_ahead_ms)
    }
}

fn rejected() -> EventResult {
    EventResult {
        client_id: None,
        status: EventStatus::Rejected,
        duplicate: false,
        sale_id: None,
        conflicts: vec![],
        notices: vec![],
        error: Some(plain("malformed", "can't read this")),
    }
}

fn sale(number: usize) -> Sale {
    Sale {
        client_id: ClientId(Uuid::from_u128(number as u128 + 1)),
        receipt_number: Some(format!("T1-{number:06}")),
        shift_id: None,
        cashier_id: None,
        offline_created_at: None,
        currency: None,
        prices_include_tax: None,
        items: vec![],
        tenders: vec![],
        net_minor: Money(number as i64),
        tax_minor: Money::ZERO,
        total_minor: Money(number as i64),
        cash_rounding_minor: None,
        tip_minor: None,
    }
}

fn product(number: usize, at: DateTime<Utc>) -> Product {
    Product {
        id: ProductId(Uuid::from_u128(number as u128 + 1)),
        name: format!("Product {number}"),
        sku: None,
        barcode: None,
        category_id: None,
        tax_id: None,
        price_minor: Money(100),
        unit: Unit::each(),
        track_stock: true,
        image_url: None,
        archived: false,
        sync_version: number as i64 + 1,
        last_modified: at,
    }
}
