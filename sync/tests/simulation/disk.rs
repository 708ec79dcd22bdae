//! A browser's database: what survives a crash, what survives a power cut, and what each transaction does. It follows
//! `browser/src/journal.rs`, `device.rs` and `catalogue.rs` record for record.

use crate::{
    mutants::Mutant,
    server::{Token, receipt},
};
use chrono::{DateTime, Utc};
use keeptill_domain::{
    Cart, ClientId, Currency, DeviceId, DeviceSeq, Epoch, Product, ProductId, Quantity, Tender, TenderType,
    cart::Payment,
};
use keeptill_sync::{
    batch::{Lacking, Numbers, Outcome, Unsent, Waiting},
    catalogue::CatalogueRows,
    failure::plain,
    journal::{EntryState, JournalEntry, append_sale},
    pull::{Base, Page, PullPosition},
    wire::chunks::read_chunk,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

#[derive(Default)]
pub struct Disk {
    pub paired: Option<Paired>,
    pub tokens: BTreeMap<DeviceId, Token>,
    pub tails: BTreeMap<DeviceId, Tail>,
    pub journal: BTreeMap<u64, Record>,
    last_position: u64,
    pub epoch: Option<Epoch>,
    /// Relaxed: each later state may be forgotten by a power cut, down to the first.
    shelves: Vec<Shelf>,
    /// For one mutant: entries that were on their way, as it believes.
    pub in_flight: BTreeSet<u64>,
    /// For another: how often an entry met a 401.
    pub tries: BTreeMap<u64, u32>,
    pub mutant: Option<Mutant>,
}

#[derive(Clone)]
pub struct Paired {
    pub device: DeviceId,
    pub token: Token,
    pub prefix: String,
}

#[derive(Clone, Default)]
pub struct Tail {
    pub seq: DeviceSeq,
    hash: String,
    receipts: i64,
}

pub struct Record {
    pub device: DeviceId,
    pub entry: JournalEntry,
    /// The home that recorded it, for as long as nothing else has changed it.
    pub home: Option<u64>,
}

/// What was pulled.
#[derive(Clone, Default)]
pub struct Shelf {
    pub rows: CatalogueRows,
    pub position: PullPosition,
    /// Chunks by their names; the products of the base stand on these.
    pub chunks: BTreeMap<String, Rc<[u8]>>,
}

/// Why a transaction did nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    AlreadyPaid,
    Unpaired,
    OtherEpoch,
    /// Another tab has pulled meanwhile.
    Elsewhere,
}

impl Disk {
    pub fn new(mutant: Option<Mutant>) -> Self {
        Self { shelves: vec![Shelf::default()], mutant, ..Self::default() }
    }

    pub fn shelf(&self) -> Shelf {
        self.shelves.last().cloned().unwrap_or_default()
    }

    /// The medium has caught up.
    pub fn flush(&mut self) {
        let last = self.shelf();
        self.shelves = vec![last];
    }

    /// A power cut keeps some of what was not flushed, in order.
    pub fn lose_power(&mut self, keep: usize) {
        self.shelves.truncate(1 + keep % self.shelves.len());
    }

    /// `device::store`.
    pub fn pair(&mut self, device: DeviceId, token: Token, prefix: String, epoch: Epoch) {
        self.paired = Some(Paired { device, token, prefix });
        self.tokens.insert(device, token);
        if self.last_position == 0 {
            self.epoch = Some(epoch);
        }
    }

    /// `journal::record`.
    pub fn record(&mut self, cart: &Cart, home: u64, now: DateTime<Utc>) -> Result<JournalEntry, Refused> {
        let paired = self.paired.clone().ok_or(Refused::Unpaired)?;
        let client_id = cart.id.ok_or(Refused::Unpaired)?;
        if self.journal.values().any(|record| record.entry.client_id == client_id) {
            return Err(Refused::AlreadyPaid);
        }
        let tail = self.tails.entry(paired.device).or_default();
        let total = cart.totals(true).total;
        let receipts = tail.receipts + 1;
        let sale = cart.pay(Payment {
            client_id,
            receipt_number: receipt(&paired.prefix, receipts),
            shift_id: None,
            cashier_id: None,
            at: now,
            currency: Currency::EUR,
            prices_include_tax: true,
            tenders: vec![Tender {
                kind: TenderType::cash(),
                amount_minor: total,
                change_minor: Default::default(),
                reference: None,
            }],
        });
        let last = (!tail.hash.is_empty()).then_some((tail.seq, tail.hash.as_str()));
        let entry = append_sale(&sale, last, now).expect("a sale of our own making has a canonical form");
        *tail = Tail { seq: entry.device_seq, hash: entry.hash.clone(), receipts };
        self.last_position += 1;
        let record = Record { device: paired.device, entry: entry.clone(), home: Some(home) };
        self.journal.insert(self.last_position, record);
        Ok(entry)
    }

    /// `journal::bring_in`; how many entries were not here yet.
    pub fn bring_in(&mut self, file: Vec<(DeviceId, JournalEntry)>) -> u32 {
        let mut new = 0;
        for (device, entry) in file {
            if self.journal.values().any(|record| record.entry.client_id == entry.client_id) {
                continue;
            }
            self.last_position += 1;
            new += 1;
            self.journal.insert(self.last_position, Record { device, entry, home: None });
        }
        new
    }

    pub fn waiting(&self) -> impl Iterator<Item = (&u64, &Record)> {
        self.journal.iter().filter(|(_, record)| record.entry.state == EntryState::Waiting)
    }

    /// `journal::all_unsent`.
    pub fn all_unsent(&self) -> impl Iterator<Item = &JournalEntry> {
        let unsent = |entry: &&JournalEntry| !matches!(entry.state, EntryState::Sent { .. });
        self.journal.values().map(|record| &record.entry).filter(unsent)
    }

    /// What this home has sold and not sent.
    pub fn unsent_of(&self, home: u64) -> BTreeMap<ProductId, Quantity> {
        let mut sold: BTreeMap<ProductId, Quantity> = BTreeMap::new();
        let own = self.waiting().filter(|(_, record)| record.home == Some(home));
        for item in own.filter_map(|(_, record)| record.entry.sale()).flat_map(|sale| sale.items) {
            let sum = sold.entry(item.product_id).or_default();
            *sum = *sum + item.quantity;
        }
        sold
    }

    /// `journal::unsent`.
    pub fn unsent(&self, after: u64, limit: usize) -> Unsent {
        let now_paired_as = self.paired.as_ref().map(|paired| paired.device);
        let stuck =
            |position: &u64| self.mutant == Some(Mutant::InFlightNeverRetried) && self.in_flight.contains(position);
        let mut entries = vec![];
        let mut recorded_by = None;
        for (position, record) in self.waiting().filter(|(position, _)| **position > after).take(limit) {
            if *recorded_by.get_or_insert(record.device) != record.device {
                break;
            }
            if !stuck(position) {
                entries.push(Waiting { position: *position, entry: record.entry.clone() });
            }
        }
        Unsent {
            entries,
            device: recorded_by,
            former: recorded_by.filter(|device| Some(*device) != now_paired_as),
            total: self.waiting().count() as u32,
            oldest_at: self.waiting().next().map(|(_, record)| record.entry.recorded_at),
            epoch: self.epoch,
        }
    }

    /// `journal::store_outcomes`.
    pub fn store_outcomes(&mut self, epoch: Option<Epoch>, outcomes: &[Outcome]) -> Result<(), Refused> {
        if epoch.is_some() && epoch != self.epoch {
            return Err(Refused::OtherEpoch);
        }
        for outcome in outcomes {
            let Some(record) = self.journal.get_mut(&outcome.position) else { continue };
            if !matches!(record.entry.state, EntryState::Sent { .. }) {
                record.entry.state = outcome.state.clone();
            }
        }
        Ok(())
    }

    /// `journal::senders`.
    pub fn senders(&self) -> Vec<DeviceId> {
        match self.journal.len() == self.waiting().count() {
            true => vec![],
            false => BTreeSet::from_iter(self.journal.values().map(|record| record.device)).into_iter().collect(),
        }
    }

    /// `journal::reopen`.
    pub fn reopen(&mut self, epoch: Option<Epoch>, lacking: &[Lacking]) -> u32 {
        let hash_at = |device: DeviceId, seq: DeviceSeq| {
            let mut records = self.journal.values();
            let found = records.find(|record| record.device == device && record.entry.device_seq == seq);
            found.map(|record| record.entry.hash.clone())
        };
        let lacks = |record: &Record, Lacking { device, numbers }: &Lacking| {
            let number = record.entry.device_seq;
            record.device == *device
                && match numbers {
                    Numbers::All => true,
                    Numbers::After { seq, hash } => number > *seq || hash_at(*device, *seq).as_ref() != Some(hash),
                    Numbers::These(numbers) => numbers.contains(&number),
                }
        };
        let sent = |record: &Record| matches!(record.entry.state, EntryState::Sent { .. });
        let lost = |record: &Record| sent(record) && lacking.iter().any(|lacking| lacks(record, lacking));
        let positions: Vec<u64> =
            self.journal.iter().filter(|(_, record)| lost(record)).map(|(position, _)| *position).collect();
        for position in &positions {
            if let Some(record) = self.journal.get_mut(position) {
                record.entry.state = EntryState::Waiting;
                record.home = None;
            }
        }
        self.epoch = epoch.or(self.epoch);
        positions.len() as u32
    }

    /// `catalogue::store`.
    pub fn store_page(&mut self, page: &Page) -> Result<(), Refused> {
        let mut shelf = self.shelf();
        if !page.follows(&shelf.position) {
            return Err(Refused::Elsewhere);
        }
        shelf.position = page.position.clone();
        shelf.rows.apply(page.clone());
        self.shelves.push(shelf);
        Ok(())
    }

    /// `catalogue::store_chunk`.
    pub fn store_chunk(&mut self, name: String, content: Rc<[u8]>) {
        let mut shelf = self.shelf();
        shelf.chunks.insert(name, content);
        self.shelves.push(shelf);
    }

    /// `catalogue::store_base`; nothing where a chunk is not in the store, or another tab has pulled.
    pub fn store_base(&mut self, base: &Base) -> Option<Vec<Product>> {
        let mut shelf = self.shelf();
        if !base.follows(&shelf.position) {
            return None;
        }
        let mut products = vec![];
        for chunk in &base.chunks {
            products.extend(read_chunk(shelf.chunks.get(&chunk.sha256)?, &chunk.sha256).ok()?);
        }
        shelf.chunks.retain(|name, _| base.chunks.iter().any(|chunk| chunk.sha256 == *name));
        shelf.rows.stand_on(products.clone(), base.position.clone());
        shelf.position = base.position.clone();
        self.shelves.push(shelf);
        Some(products)
    }

    /// A mutant's half of it: the position without the rows.
    pub fn skip_page(&mut self, page: &Page) {
        let mut shelf = self.shelf();
        shelf.position = page.position.clone();
        self.shelves.push(shelf);
    }

    /// A mutant's: a 401 uses up a try, and there are two.
    pub fn count_try(&mut self, clients: &[ClientId]) {
        for (position, record) in &mut self.journal {
            if clients.contains(&record.entry.client_id) {
                let tries = self.tries.entry(*position).or_default();
                *tries += 1;
                if *tries >= 2 {
                    record.entry.state = EntryState::Rejected { error: plain("gave_up", "too many tries") };
                }
            }
        }
    }
}
