//! What differs between a sale and what stands here, and so whether its stock moves. CONTRACT.md's table, in memory:
//! everything it looks at was read, and locked where it must be, before.

use super::{chain::Chain, read::SaleEvent};
use chrono::{DateTime, TimeDelta, Utc};
use keeptill_domain::{Conflict, ConflictReason, Currency, Money, Notice, NoticeReason, ProductId, Quantity, UserId};
use keeptill_sync::wire::CLOCK_SKEW_MS_MAX;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What stands on the server while a batch is judged; it changes from sale to sale.
#[derive(Debug)]
pub struct Bench {
    pub shop: Shop,
    pub products: HashMap<ProductId, Product>,
    /// Of the tracked products, in the sender's store.
    pub on_hand: HashMap<ProductId, Quantity>,
    pub revoked_staff: HashSet<UserId>,
    pub device_revoked: bool,
    pub chain: Chain,
    pub clock: Clock,
}

#[derive(Clone, Copy, Debug)]
pub struct Shop {
    pub currency: Currency,
    pub prices_include_tax: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Product {
    pub price: Money,
    pub track_stock: bool,
    pub deleted: bool,
}

/// The sender's clock beside ours.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    pub now: DateTime<Utc>,
    /// What the device's clock showed when it sent this, if it said.
    pub device_time: Option<DateTime<Utc>>,
}

#[derive(Debug, Default)]
pub struct Verdict {
    /// Which of its device's journals it belongs to.
    pub journal: i32,
    pub conflicts: Vec<Conflict>,
    pub notices: Vec<Notice>,
    /// What leaves the shop now; empty where a conflict holds it.
    pub moves: Vec<(ProductId, Quantity)>,
    pub stock_moves: bool,
    /// Deleted products that this sale brings back as archived.
    pub brought_back: Vec<ProductId>,
}

impl Bench {
    /// Judges one sale and takes what it moves off the running stock. A `copy` above 0 is a second content under a
    /// `clientId` that is taken.
    pub fn judge(&mut self, event: &SaleEvent, copy: i16) -> Verdict {
        let mut verdict = Verdict { journal: self.chain.journal_of(event), ..Verdict::default() };
        if copy > 0 {
            let detail = "another sale with the same clientId and other content is here already";
            verdict.conflicts.push(with_detail(ConflictReason::DuplicateMismatch, detail.into()));
        }
        self.check_totals(event, &mut verdict);
        self.check_catalogue(event, &mut verdict);
        let asked = self.asked(event);
        if copy == 0 {
            self.check_stock(&asked, &mut verdict);
        }
        if let Some(fault) = self.chain.fault(verdict.journal, event) {
            verdict.conflicts.push(with_detail(ConflictReason::ChainBroken, fault));
        }
        if self.device_revoked {
            verdict.conflicts.push(Conflict::new(ConflictReason::DeviceRevoked));
        }
        if event.sale.cashier_id.is_some_and(|cashier| self.revoked_staff.contains(&cashier)) {
            verdict.conflicts.push(Conflict::new(ConflictReason::StaffRevoked));
        }
        verdict.notices.extend(self.clock.skew(event.sale.offline_created_at));

        verdict.stock_moves = !verdict.conflicts.iter().any(|conflict| conflict.reason.holds_stock());
        if verdict.stock_moves {
            for (product, quantity) in &asked {
                if let Some(level) = self.on_hand.get_mut(product) {
                    *level = *level - *quantity;
                }
            }
            verdict.moves = asked.into_iter().collect();
        }
        for product in &verdict.brought_back {
            if let Some(known) = self.products.get_mut(product) {
                known.deleted = false;
            }
        }
        self.chain.add(verdict.journal, event);
        verdict
    }

    fn check_totals(&self, event: &SaleEvent, verdict: &mut Verdict) {
        let checked = || event.sale.check_totals(self.shop.currency, self.shop.prices_include_tax);
        let fault = event.unreadable.clone().or_else(|| checked().err().map(|error| error.to_string()));
        if let Some(fault) = fault {
            verdict.conflicts.push(with_detail(ConflictReason::InvalidTotals, fault));
        }
    }

    /// Unknown, deleted and differently priced products, each said once.
    fn check_catalogue(&self, event: &SaleEvent, verdict: &mut Verdict) {
        let mut unknown = HashSet::new();
        let mut deleted = HashSet::new();
        let mut repriced = HashSet::new();
        for line in &event.sale.items {
            let id = line.product_id;
            let Some(known) = self.products.get(&id) else {
                if unknown.insert(id) {
                    let conflict = Conflict::new(ConflictReason::UnknownProduct);
                    verdict.conflicts.push(Conflict { product_id: Some(id), ..conflict });
                }
                continue;
            };
            if known.price != line.unit_price_minor && repriced.insert(id) {
                verdict.notices.push(Notice {
                    product_id: Some(id),
                    offline_price_minor: Some(line.unit_price_minor),
                    current_price_minor: Some(known.price),
                    ..Notice::new(NoticeReason::PriceChanged)
                });
            }
            if known.deleted && deleted.insert(id) {
                verdict.notices.push(Notice { product_id: Some(id), ..Notice::new(NoticeReason::ProductDeleted) });
                verdict.brought_back.push(id);
            }
        }
    }

    /// How much of each tracked product the sale takes, in the order of the products.
    fn asked(&self, event: &SaleEvent) -> BTreeMap<ProductId, Quantity> {
        let mut asked = BTreeMap::new();
        for line in &event.sale.items {
            if self.products.get(&line.product_id).is_some_and(|product| product.track_stock) {
                let sum: &mut Quantity = asked.entry(line.product_id).or_default();
                *sum = *sum + line.quantity;
            }
        }
        asked
    }

    fn check_stock(&self, asked: &BTreeMap<ProductId, Quantity>, verdict: &mut Verdict) {
        for (product, requested) in asked {
            let available = self.on_hand.get(product).copied().unwrap_or_default();
            if *requested > available && requested.is_positive() {
                verdict.conflicts.push(Conflict {
                    product_id: Some(*product),
                    requested: Some(*requested),
                    available: Some(available),
                    ..Conflict::new(ConflictReason::InsufficientStock)
                });
            }
        }
    }
}

impl Clock {
    /// How far the device's clock runs ahead of ours, if it said.
    pub fn offset(&self) -> Option<TimeDelta> {
        self.device_time.map(|device_time| device_time - self.now)
    }

    fn is_off(offset: TimeDelta) -> bool {
        offset.num_milliseconds().abs() > CLOCK_SKEW_MS_MAX
    }

    /// The notice of a clock that is off. A device that did not send its time gives itself away only by a sale from
    /// the future.
    fn skew(&self, created_at: Option<DateTime<Utc>>) -> Option<Notice> {
        let shown = match self.device_time {
            Some(device_time) => Some(device_time),
            None => created_at.filter(|created_at| *created_at > self.now),
        };
        let device_time = shown.filter(|shown| Self::is_off(*shown - self.now))?;
        Some(Notice {
            device_time: Some(device_time),
            server_time: Some(self.now),
            ..Notice::new(NoticeReason::ClockSkew)
        })
    }

    /// When the sale was made as well as can be told: the device's time less what it is off by, and never later
    /// than now. Within the tolerance an offset can't be told from a slow request, and is left alone.
    pub fn sold_at(&self, created_at: Option<DateTime<Utc>>) -> DateTime<Utc> {
        let offset = self.offset().filter(|offset| Self::is_off(*offset)).unwrap_or_default();
        let corrected = created_at.and_then(|created_at| created_at.checked_sub_signed(offset));
        corrected.map_or(self.now, |at| at.clamp(EARLIEST, self.now))
    }
}

/// Before any till: an instant that a wild correction may not go behind.
const EARLIEST: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn with_detail(reason: ConflictReason, detail: String) -> Conflict {
    Conflict { detail: Some(detail), ..Conflict::new(reason) }
}
