//! Taking in events: claimed by id and content, judged, their stock moved once.

use super::{Server, Stored, Token, Trouble};
use crate::mutants::Mutant;
use chrono::{DateTime, Utc};
use keeptill_domain::{
    ClientId, Conflict, ConflictReason, DeviceId, DeviceSeq, Notice, NoticeReason, ProductId, Quantity, Sale, SaleId,
    SyncLogId,
};
use keeptill_sync::{
    failure::Failure,
    journal::{FIRST_PREV_HASH, chain_hash},
    wire::{EventResult, EventStatus, PushRequest, PushResponse},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, rc::Rc};
use uuid::Uuid;

/// An error in the server's own words.
pub fn refusal(status: u16, code: &str) -> Failure {
    let body = json!({"error": {"code": code, "message": "said by the server"}}).to_string();
    Failure::of_answer(status, None, &body)
}

impl Server {
    pub fn push(
        &mut self,
        token: Token,
        request: &PushRequest,
        trouble: &mut Trouble,
        now: DateTime<Utc>,
    ) -> Result<PushResponse, Failure> {
        let sender = self.device_of(token).ok_or_else(|| refusal(401, "unknown_device"))?;
        // A device hands in what another of the shop recorded.
        let device = request.device_id.unwrap_or(sender);
        if !self.devices.contains_key(&device) {
            return Err(refusal(404, "not_found"));
        }
        if trouble.events_max.is_some_and(|max| request.events.len() > max) {
            return Err(Failure::of_answer(413, None, ""));
        }
        if request.events.iter().any(|event| client_id(event).is_some_and(|id| trouble.poisoned.contains(&id))) {
            return Err(refusal(422, "unprocessable"));
        }
        let results = request.events.iter().map(|event| self.record(device, event, trouble, now)).collect();
        let (acked, missing) = self.sequence(device);
        Ok(PushResponse {
            results,
            sync_log_id: SyncLogId(Uuid::nil()),
            server_time: now,
            acked_seq: Some(DeviceSeq(acked)),
            acked_hash: if request.events.is_empty() { self.hash_of(device, acked) } else { None },
            missing_seqs: missing.into_iter().map(DeviceSeq).collect(),
            epoch: Some(self.epoch),
        })
    }

    fn record(&mut self, device: DeviceId, event: &Value, trouble: &mut Trouble, now: DateTime<Utc>) -> EventResult {
        let Some(client_id) = client_id(event) else { return result(None, EventStatus::Rejected, None) };
        let copies = self.events.get(&client_id).map(Vec::as_slice).unwrap_or_default();
        if let Some(stored) = copies.iter().find(|stored| stored.event == *event) {
            return EventResult { duplicate: true, ..stored.outcome.clone() };
        }
        if trouble.unstorable > 0 {
            trouble.unstorable -= 1;
            let Err(Failure::Refused(error)) = Err::<(), _>(refusal(422, "temporarily_unstorable")) else {
                return result(Some(client_id), EventStatus::Rejected, None);
            };
            return EventResult { error: Some(error), ..result(Some(client_id), EventStatus::Rejected, None) };
        }
        let copy = copies.len();
        let outcome = self.judge(device, client_id, copy, event, now);
        let stored = Stored { device, event: event.clone(), outcome: outcome.clone() };
        self.events.entry(client_id).or_default().push(Rc::new(stored));
        outcome
    }

    fn judge(
        &mut self,
        device: DeviceId,
        client_id: ClientId,
        copy: usize,
        event: &Value,
        now: DateTime<Utc>,
    ) -> EventResult {
        let mut outcome = result(Some(client_id), EventStatus::Synced, Some(SaleId(Uuid::from_u128(self.next_sale()))));
        let Ok(sale) = Sale::deserialize(event) else {
            outcome.conflicts.push(Conflict::new(ConflictReason::InvalidTotals));
            outcome.status = EventStatus::Conflict;
            return outcome;
        };
        if copy > 0 {
            outcome.conflicts.push(Conflict::new(ConflictReason::DuplicateMismatch));
        }
        if self.chain_is_broken(device, client_id, event) {
            outcome.conflicts.push(Conflict::new(ConflictReason::ChainBroken));
        }
        let mut asked: BTreeMap<ProductId, Quantity> = BTreeMap::new();
        for item in &sale.items {
            let Some(row) = self.products.get_mut(&item.product_id) else {
                outcome.conflicts.push(Conflict::new(ConflictReason::UnknownProduct));
                continue;
            };
            let sum = asked.entry(item.product_id).or_default();
            *sum = *sum + item.quantity;
            if row.product.price_minor != item.unit_price_minor {
                outcome.notices.push(Notice::new(NoticeReason::PriceChanged));
            }
            if row.deleted {
                outcome.notices.push(Notice::new(NoticeReason::ProductDeleted));
                self.catalogue_version += 1;
                row.deleted = false;
                row.product.archived = true;
                row.product.sync_version = self.catalogue_version;
                row.product.last_modified = now;
            }
        }
        let on_hand = |product: &ProductId| self.stock.get(product).map(|level| level.on_hand).unwrap_or_default();
        if copy == 0 && asked.iter().any(|(product, wanted)| *wanted > on_hand(product)) {
            outcome.conflicts.push(Conflict::new(ConflictReason::InsufficientStock));
        }
        if !outcome.conflicts.iter().any(|conflict| conflict.reason.holds_stock()) {
            for (product, quantity) in asked {
                self.move_stock(product, -quantity, Some(client_id));
            }
        }
        if !outcome.conflicts.is_empty() {
            outcome.status = EventStatus::Conflict;
        }
        outcome
    }

    /// Unlike any sale id before, in this epoch or another.
    fn next_sale(&self) -> u128 {
        let recorded: usize = self.events.values().map(Vec::len).sum();
        (self.epoch.0.as_u128() << 64) + recorded as u128
    }

    fn of_device(&self, device: DeviceId) -> impl Iterator<Item = &Rc<Stored>> {
        self.events.values().flatten().filter(move |stored| stored.device == device)
    }

    fn chain_is_broken(&self, device: DeviceId, client_id: ClientId, event: &Value) -> bool {
        let (Some(seq), Some(hash)) = (event["deviceSeq"].as_i64(), event["hash"].as_str()) else { return true };
        let prev_hash = event["prevHash"].as_str().unwrap_or_default();
        let at = |wanted: i64| self.of_device(device).filter(move |stored| stored.event["deviceSeq"] == wanted);
        let taken = at(seq).any(|stored| stored.outcome.client_id != Some(client_id));
        let before = at(seq - 1).count() > 0 && !at(seq - 1).any(|stored| stored.event["hash"] == prev_hash);
        let after = at(seq + 1).count() > 0 && !at(seq + 1).any(|stored| stored.event["prevHash"] == hash);
        let first = seq == 1 && prev_hash != FIRST_PREV_HASH;
        taken || before || after || first || chain_hash(event).ok().as_deref() != Some(hash)
    }

    /// Up to where nothing is missing, and what is missing below the highest.
    fn sequence(&self, device: DeviceId) -> (i64, Vec<i64>) {
        let mut here: Vec<i64> =
            self.of_device(device).filter_map(|stored| stored.event["deviceSeq"].as_i64()).collect();
        here.sort_unstable();
        let highest = here.last().copied().unwrap_or_default();
        let missing: Vec<i64> = (1..highest).filter(|seq| here.binary_search(seq).is_err()).collect();
        (missing.first().map_or(highest, |first| first - 1), missing)
    }

    fn hash_of(&self, device: DeviceId, seq: i64) -> Option<String> {
        let mut hashes = self.of_device(device).filter(|stored| stored.event["deviceSeq"] == seq);
        let hash = hashes.next()?.event["hash"].as_str()?.to_owned();
        hashes.next().is_none().then_some(hash)
    }

    /// Whether taking these in has to wait for a transaction that holds the catalogue's version row.
    pub fn waits_for_writer(&self, request: &PushRequest) -> bool {
        let deleted = |item: &Value| {
            let id = item["productId"].as_str().and_then(|id| id.parse().ok());
            id.is_some_and(|id| self.products.get(&id).is_some_and(|row| row.deleted))
        };
        let items = |event: &Value| event["items"].as_array().is_some_and(|items| items.iter().any(deleted));
        self.open.is_some() && self.mutant != Some(Mutant::VersionsMaySkip) && request.events.iter().any(items)
    }
}

fn client_id(event: &Value) -> Option<ClientId> {
    event["clientId"].as_str()?.parse().ok()
}

fn result(client_id: Option<ClientId>, status: EventStatus, sale_id: Option<SaleId>) -> EventResult {
    EventResult { client_id, status, duplicate: false, sale_id, conflicts: vec![], notices: vec![], error: None }
}
