//! What must hold whenever the faults have ended and everything has come to rest.

use crate::{
    wire::FELL_BACK,
    world::{Broken, RESTORED, World, broken},
};
use keeptill_domain::{ConflictReason, DeviceId, Product, ProductId, Quantity};
use keeptill_sync::{
    catalogue::{CatalogueRows, Sold},
    journal::{EntryState, FIRST_PREV_HASH, chain_hash},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

impl World {
    pub fn check(&mut self) -> Result<(), Broken> {
        self.receipts_are_on_the_server()?;
        self.sent_is_held()?;
        self.chains_are_whole()?;
        self.stock_moved_once()?;
        self.shown_is_held()?;
        for (browser, state) in self.browsers.iter().enumerate() {
            if let Some((_, record)) = state.disk.waiting().next() {
                let detail = format!("browser {browser} still has {}", record.entry.device_seq.0);
                return Err(broken("queues drain", detail));
            }
            if let Some(refused) = state.disk.all_unsent().next() {
                let detail = format!("browser {browser} gave up {}: {:?}", refused.device_seq.0, refused.state);
                return Err(broken("nothing is dropped", detail));
            }
            let tabs = state.homes.iter().filter(|home| !home.is_worker);
            if let Some(stuck) = tabs.into_iter().find(|home| home.rings_at.is_none()) {
                return Err(broken("no wedge", format!("home {} of {browser} has no next try", stuck.id)));
            }
        }
        Ok(())
    }

    /// The receipts that were handed out, the entries that were recorded, and what the server has are the same.
    fn receipts_are_on_the_server(&self) -> Result<(), Broken> {
        let ledger = &self.ledger;
        for receipt in &ledger.receipts {
            if !ledger.entries.contains_key(receipt) {
                return Err(broken("paid means on disk", format!("{receipt} was shown as paid and never stored")));
            }
        }
        for (id, event) in &ledger.entries {
            let copies = self.server.events.get(id).map(Vec::as_slice).unwrap_or_default();
            match copies {
                [] if ledger.destroyed.contains(id) => {}
                [] => return Err(broken("no sale is lost", format!("{} is not on the server", seq(event)))),
                [copy] if copy.event == *event => {}
                [_] => return Err(broken("content is the same", format!("{} came in another form", seq(event)))),
                _ => return Err(broken("no sale is doubled", format!("{} has {} copies", seq(event), copies.len()))),
            }
        }
        let unknown = self.server.events.keys().find(|id| !ledger.entries.contains_key(id));
        unknown.map_or(Ok(()), |id| Err(broken("no sale is doubled", format!("{id} was never sold"))))
    }

    /// What a till counts as sent, the server has, with the outcome that the till shows.
    pub fn sent_is_held(&self) -> Result<(), Broken> {
        for (browser, state) in self.browsers.iter().enumerate() {
            for record in state.disk.journal.values() {
                let EntryState::Sent { sale_id, conflicts, .. } = &record.entry.state else { continue };
                let held = self.server.events.get(&record.entry.client_id).and_then(|copies| copies.first());
                // A restore may bring back an earlier outcome of the same sale; the till keeps the one it was given.
                let restored = self.counts.0.contains_key(RESTORED);
                let same = held.is_some_and(|held| {
                    let outcome = &held.outcome;
                    restored || (outcome.sale_id == *sale_id && outcome.conflicts == *conflicts)
                });
                if !same {
                    let there = if held.is_some() { "with another outcome" } else { "not at all" };
                    let detail = format!("browser {browser}: {} is on the server {there}", record.entry.device_seq.0);
                    return Err(broken("sent means on the server", detail));
                }
            }
        }
        Ok(())
    }

    /// Each device's numbers have no gap, each event follows from the one before, and no number on a receipt is used
    /// twice.
    fn chains_are_whole(&self) -> Result<(), Broken> {
        let mut receipts = BTreeSet::new();
        let mut chains: BTreeMap<DeviceId, Vec<&Value>> = BTreeMap::new();
        let recorders: BTreeMap<_, _> = self
            .browsers
            .iter()
            .flat_map(|browser| browser.disk.journal.values())
            .map(|record| (record.entry.client_id, record.device))
            .collect();
        for (id, stored) in self.server.events.iter().filter_map(|(id, copies)| Some((id, copies.first()?))) {
            let event = &stored.event;
            if chain_hash(event).ok().as_deref() != event["hash"].as_str() {
                return Err(broken("the chain verifies", format!("{} has another hash", seq(event))));
            }
            if !receipts.insert(event["receiptNumber"].to_string()) {
                return Err(broken("a receipt's number is its own", event["receiptNumber"].to_string()));
            }
            let Some(recorder) = recorders.get(id) else { continue };
            chains.entry(*recorder).or_default().push(event);
            let in_its_own_name = *recorder == stored.device;
            let chain_broken = stored.outcome.conflicts.iter().any(|c| c.reason == ConflictReason::ChainBroken);
            // What came in another device's name stands among that one's numbers.
            let strangers = self.counts.0.contains_key(FELL_BACK);
            if chain_broken && in_its_own_name && !strangers {
                return Err(broken("the chain verifies", format!("{} was taken for broken", seq(event))));
            }
        }
        for (device, mut events) in chains {
            events.sort_by_key(|event| seq(event));
            let mut prev_hash = FIRST_PREV_HASH;
            for (event, number) in events.into_iter().zip(1..) {
                if seq(event) != number || event["prevHash"] != prev_hash {
                    return Err(broken("no gap", format!("{device}: {} stands where {number} should", seq(event))));
                }
                prev_hash = event["hash"].as_str().unwrap_or_default();
            }
        }
        Ok(())
    }

    fn stock_moved_once(&self) -> Result<(), Broken> {
        let mut moved = BTreeSet::new();
        let mut on_hand: BTreeMap<ProductId, Quantity> = BTreeMap::new();
        for movement in &self.server.movements {
            if let Some(sale) = movement.sale
                && !moved.insert((sale, movement.product))
            {
                return Err(broken("stock moves once", format!("{sale} moved {} twice", movement.product)));
            }
            let sum = on_hand.entry(movement.product).or_default();
            *sum = *sum + movement.delta;
        }
        for (product, level) in &self.server.stock {
            if on_hand.get(product) != Some(&level.on_hand) {
                return Err(broken("stock is the sum of its movements", product.to_string()));
            }
        }
        Ok(())
    }

    /// What is on every disk and on every screen is what the server holds.
    pub fn shown_is_held(&self) -> Result<(), Broken> {
        for (browser, state) in self.browsers.iter().enumerate() {
            self.same(&state.disk.shelf().rows, &Sold::default(), format!("the disk of browser {browser}"))?;
            for home in state.homes.iter().filter(|home| !home.is_worker) {
                self.tab_shows_what_is_held(browser, home.id)?;
            }
        }
        Ok(())
    }

    pub fn tab_shows_what_is_held(&self, browser: usize, tab: u64) -> Result<(), Broken> {
        let home = self.browsers[browser].homes.iter().find(|home| home.id == tab);
        home.map_or(Ok(()), |home| self.same(&home.rows, &home.sold, format!("tab {tab} of browser {browser}")))
    }

    fn same(&self, rows: &CatalogueRows, sold: &Sold, place: String) -> Result<(), Broken> {
        const RULE: &str = "shown is what the server holds";
        let (products, stock) = self.server.picture();
        let picture = rows.picture(sold);
        let shown: BTreeMap<ProductId, &Product> =
            picture.products.iter().map(|product| (product.id, product.as_ref())).collect();
        if let Some((id, _)) = products.iter().find(|(id, product)| shown.get(id) != Some(product)) {
            return Err(broken(RULE, format!("{place}: {id} is missing or old: {:?}", shown.get(id))));
        }
        if let Some(id) = shown.keys().find(|id| !products.contains_key(id)) {
            return Err(broken(RULE, format!("{place}: {id} was deleted")));
        }
        let wrong = stock.iter().find(|(id, on_hand)| picture.stock.get(id) != Some(on_hand));
        wrong.map_or(Ok(()), |(id, on_hand)| {
            let detail = format!("{place}: {id} has {on_hand} and shows {:?}", picture.stock.get(id));
            Err(broken(RULE, detail))
        })
    }
}

fn seq(event: &Value) -> i64 {
    event["deviceSeq"].as_i64().unwrap_or_default()
}
