//! A conflict as a sentence, with what a decision about it would do.

use super::{clock::span, visit::Visit, words};
use crate::conflicts::{LineView, view::ConflictHead};
use chrono::TimeDelta;
use keeptill_domain::{Conflict, ConflictReason, Currency, Notice, NoticeReason, ProductId, Quantity, Tender};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A sale that took longer than this to arrive was made without a connection, as far as anybody can tell.
const OFFLINE_AFTER: TimeDelta = TimeDelta::minutes(1);

/// What of a sale's event the sentences speak of. A sale may wait just because it can't be read, so nothing here need
/// be there.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sold {
    items: Vec<SoldItem>,
    tenders: Vec<Tender>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SoldItem {
    product_id: ProductId,
    name: Option<String>,
    quantity: Quantity,
}

/// A conflict with its parts read.
pub struct Told<'a> {
    visit: &'a Visit,
    head: &'a ConflictHead,
    sold: Sold,
    pub conflicts: Vec<Conflict>,
    notices: Vec<Notice>,
}

impl<'a> Told<'a> {
    pub fn new(visit: &'a Visit, head: &'a ConflictHead) -> Self {
        // What can't be read is told without.
        Self {
            visit,
            head,
            sold: Sold::deserialize(&head.sale).unwrap_or_default(),
            conflicts: Vec::deserialize(&head.conflicts).unwrap_or_default(),
            notices: Vec::deserialize(&head.notices).unwrap_or_default(),
        }
    }

    pub fn reasons(&self) -> Vec<ConflictReason> {
        let mut reasons: Vec<ConflictReason> = Vec::new();
        for conflict in &self.conflicts {
            if !reasons.contains(&conflict.reason) {
                reasons.push(conflict.reason);
            }
        }
        reasons
    }

    pub fn amount(&self) -> String {
        let currency = self.head.currency.parse().unwrap_or(self.visit.shop.currency);
        Currency::format(currency, keeptill_domain::Money(self.head.taken_minor))
    }

    /// `Tablet 3 sold 3 × Oat milk 1 l at 14:02 while offline. One was left.`
    pub fn headline(&self) -> String {
        let who = self.head.device_name.clone().unwrap_or_else(|| "Somebody".into());
        let when = self.visit.clock.when(self.head.sold_at);
        let amount = self.amount();
        let Some(first) = self.reasons().first().copied() else {
            return format!("{who} sold for {amount} {when}.");
        };
        match first {
            ConflictReason::InsufficientStock => {
                let offline = if self.was_offline() { " while offline" } else { "" };
                format!("{who} sold {} {when}{offline}. {}", self.what(first), self.left())
            }
            ConflictReason::UnknownProduct => {
                format!("{who} sold {} {when}, which this shop has never had.", self.what(first))
            }
            ConflictReason::InvalidTotals => format!("{who}’s sale of {amount} {when} doesn’t add up."),
            ConflictReason::DuplicateMismatch => {
                format!("{who} sent the sale of {amount} made {when} a second time, with different contents.")
            }
            ConflictReason::OverRefund => format!("{who} refunded more {when} than was sold."),
            ConflictReason::ChainBroken => {
                format!("{who}’s sale of {amount} {when} doesn’t follow from the one before it.")
            }
            ConflictReason::DeviceRevoked => {
                format!("{who} sold for {amount} {when}; it had been disconnected before that arrived.")
            }
            ConflictReason::StaffRevoked => {
                let cashier = self.head.cashier_name.clone().unwrap_or_else(|| "Somebody".into());
                format!("{cashier} sold for {amount} {when} on {who}, and is no longer one of the staff.")
            }
        }
    }

    pub fn was_offline(&self) -> bool {
        self.head.synced_at - self.head.sold_at > OFFLINE_AFTER
    }

    /// `3 × Oat milk 1 l and 2 × Cola`
    fn what(&self, reason: ConflictReason) -> String {
        let mut asked: BTreeMap<ProductId, Quantity> = BTreeMap::new();
        for conflict in self.conflicts.iter().filter(|conflict| conflict.reason == reason) {
            let Some(product) = conflict.product_id else { continue };
            let sold = self.sold.items.iter().filter(|item| item.product_id == product).map(|item| item.quantity).sum();
            asked.insert(product, conflict.requested.unwrap_or(sold));
        }
        let named: Vec<String> =
            asked.iter().map(|(product, quantity)| format!("{quantity} × {}", self.name(*product))).collect();
        if named.is_empty() { format!("for {}", self.amount()) } else { words::list(&named) }
    }

    fn left(&self) -> String {
        let short = |conflict: &&Conflict| conflict.reason == ConflictReason::InsufficientStock;
        let left: Vec<Quantity> =
            self.conflicts.iter().filter(short).filter_map(|conflict| conflict.available).collect();
        match left.as_slice() {
            [only] if *only <= Quantity::ZERO => "None was left.".into(),
            [only] if *only == Quantity::ONE => "One was left.".into(),
            [only] => format!("{} were left.", words::capital(&words::quantity(*only))),
            _ => "There was not enough of them.".into(),
        }
    }

    pub fn name(&self, product: ProductId) -> String {
        let item = self.sold.items.iter().find(|item| item.product_id == product);
        item.and_then(|item| item.name.clone()).unwrap_or_else(|| "a product without a name".into())
    }

    /// Cashier, what was taken and how, when it arrived.
    pub fn meta(&self) -> Vec<String> {
        let clock = &self.visit.clock;
        let kinds: Vec<String> = self.sold.tenders.iter().map(|tender| words::tender(&tender.kind)).collect();
        let paid = if kinds.is_empty() { String::new() } else { format!(" in {}", words::list(&kinds)) };
        let voided = self.head.resolution.as_ref().is_some_and(|resolution| resolution["action"] == "void");
        let counted = match self.head.copy {
            _ if voided => "and reversed since",
            copy if copy > 0 && self.head.resolution.is_none() => "not counted until you decide",
            _ => "counted in the takings",
        };
        let late = self.head.synced_at - self.head.sold_at;
        let late = if late > OFFLINE_AFTER { format!(", {} later", span(late)) } else { String::new() };
        let arrived = format!("arrived {}{late}", clock.moment(self.head.synced_at));
        let cashier = self.head.cashier_name.clone();
        cashier.into_iter().chain([format!("{} taken{paid}, {counted}", self.amount()), arrived]).collect()
    }

    /// What each conflict says beyond the headline.
    pub fn details(&self) -> Vec<String> {
        self.conflicts.iter().filter_map(|conflict| conflict.detail.as_deref()).map(words::sentence).collect()
    }

    pub fn notices(&self) -> Vec<String> {
        self.notices.iter().map(|notice| notice_words(self.visit, notice, |product| self.name(product))).collect()
    }
}

/// What differed and needs no decision, as a sentence.
pub fn notice_words(visit: &Visit, notice: &Notice, name: impl Fn(ProductId) -> String) -> String {
    let product = notice.product_id.map_or_else(|| "A product".into(), name);
    let money = |minor: Option<keeptill_domain::Money>| minor.map(|minor| visit.money(minor.0)).unwrap_or_default();
    match notice.reason {
        NoticeReason::PriceChanged => {
            let (then, now) = (money(notice.offline_price_minor), money(notice.current_price_minor));
            format!("{product} was sold for {then}; its price here was {now} by then. The receipt keeps {then}.")
        }
        NoticeReason::ProductDeleted => {
            format!("{product} had been deleted. It is kept as archived, so that the receipt has a name for it.")
        }
        NoticeReason::ClockSkew => {
            let time =
                |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| visit.clock.moment(at)).unwrap_or_default();
            let (device, server) = (time(notice.device_time), time(notice.server_time));
            format!("The till’s clock is off: it showed {device} when it was {server} here. Both times are kept.")
        }
        NoticeReason::ShiftClosed => "Its shift had been closed; the shift’s report was amended.".into(),
    }
}

/// What accepting would do.
pub fn accept_words(head: &ConflictHead, lines: &[LineView]) -> String {
    if head.stock_moved {
        return "The sale stands. Its stock has moved already.".into();
    }
    let tracked = tracked(lines);
    let short: Vec<&Tracked> = tracked.values().filter(|line| line.sold > line.on_hand).collect();
    // Of what there is enough, nothing need be said.
    let told = if short.is_empty() { tracked.values().collect() } else { short };
    let after: Vec<String> =
        told.iter().map(|line| format!("{} goes to {}", line.name, line.on_hand - line.sold)).collect();
    match after.len() {
        0 => "The sale stands. No stock is kept of what it sold.".into(),
        1..=3 => format!("The sale stands. {} until the next count.", words::list(&after)),
        many => format!("The sale stands. {many} products go down by what it sold."),
    }
}

/// One tracked product of a sale, its lines added up.
pub struct Tracked {
    pub name: String,
    pub sold: Quantity,
    pub on_hand: Quantity,
}

pub fn tracked(lines: &[LineView]) -> BTreeMap<uuid::Uuid, Tracked> {
    let mut tracked: BTreeMap<uuid::Uuid, Tracked> = BTreeMap::new();
    for line in lines {
        let Some(on_hand) = line.on_hand else { continue };
        let name = line.name.clone().unwrap_or_else(|| "A product without a name".into());
        let entry = tracked.entry(line.product_id).or_insert(Tracked { name, sold: Quantity::ZERO, on_hand });
        entry.sold = entry.sold + line.quantity;
    }
    tracked
}
