//! The journal's chain, link by link.
//!
//! A link is judged against the neighbours that are here when its event arrives. Where the one before is still
//! missing there is no verdict yet: the one before, when it comes, is judged against its follower.
//!
//! A device can have had more than one journal: a tablet that was wiped and paired again begins at number 1. Such a
//! beginning is believed after a pairing, and only once for each; without one it is a chain that broke.

use super::{read::SaleEvent, sender::PushingDevice};
use crate::{database::Tx, error::Result};
use keeptill_domain::{ClientId, TenantId};
use keeptill_sync::journal::FIRST_PREV_HASH;
use std::collections::HashMap;

/// The first journal of every device; events of no device count as being in it.
pub const FIRST_JOURNAL: i32 = 1;
/// How many journals back an event may belong to. Nobody wipes a tablet so often with sales still on it.
const JOURNALS_MAX: i32 = 32;

/// The events of one device around those that just arrived.
#[derive(Debug)]
pub struct Chain {
    by_place: HashMap<(i32, i64), Vec<Known>>,
    /// The journal that the device writes now.
    current: i32,
    /// What a journal that begins now would be numbered; it can begin where this is higher than `current`.
    pairings: i32,
    /// The journal that ended while these events were looked at.
    ended: Option<i32>,
}

#[derive(Debug)]
struct Known {
    client_id: ClientId,
    prev_hash: Option<String>,
    hash: Option<String>,
}

impl Chain {
    /// Of events that came from no device.
    pub fn of_no_device() -> Self {
        Self { by_place: HashMap::new(), current: FIRST_JOURNAL, pairings: 0, ended: None }
    }

    /// Loads what is known at each event's number, the one before and the one after.
    pub async fn load(tx: &mut Tx, tenant: TenantId, device: &PushingDevice, events: &[&SaleEvent]) -> Result<Self> {
        let mut chain = Self { current: device.journal, pairings: device.pairings, ..Self::of_no_device() };
        let numbers = events.iter().filter_map(|event| event.link.seq);
        let mut wanted: Vec<i64> = numbers.flat_map(|seq| [seq - 1, seq, seq + 1]).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(chain);
        }
        let journals: Vec<i32> = (FIRST_JOURNAL.max(device.journal - JOURNALS_MAX + 1)..=device.journal).collect();
        let rows = sqlx::query!(
            r#"select journal, device_seq as "seq!", client_id, prev_hash, hash from events
               where tenant_id = $1 and device_id = $2 and journal = any($3) and device_seq = any($4)"#,
            tenant.0,
            device.id.0,
            &journals,
            &wanted,
        )
        .fetch_all(&mut **tx)
        .await?;
        for row in rows {
            let known = Known { client_id: row.client_id.into(), prev_hash: row.prev_hash, hash: row.hash };
            chain.by_place.entry((row.journal, row.seq)).or_default().push(known);
        }
        Ok(chain)
    }

    /// The journal that the event belongs to. Where it begins a new one, that is the device's from here on.
    pub fn journal_of(&mut self, event: &SaleEvent) -> i32 {
        if self.begins_again(event) {
            self.ended = Some(self.current);
            self.current = self.pairings;
            return self.current;
        }
        let journals: Vec<i32> = (FIRST_JOURNAL..=self.current).rev().take(JOURNALS_MAX as usize).collect();
        journals.into_iter().find(|journal| self.links(*journal, event)).unwrap_or(self.current)
    }

    /// The journal that ended, where another began among these events.
    pub fn ended(&self) -> Option<i32> {
        self.ended
    }

    pub fn current(&self) -> i32 {
        self.current
    }

    fn begins_again(&self, event: &SaleEvent) -> bool {
        let link = &event.link;
        let first = link.seq == Some(1) && link.prev_hash.as_deref().is_none_or(|prev| prev == FIRST_PREV_HASH);
        let known: Vec<&Known> = self.at(self.current, 1).collect();
        first
            && self.pairings > self.current
            && !known.is_empty()
            && known.iter().all(|known| known.client_id != event.client_id)
    }

    /// Whether the event follows from its neighbours there, or they from it.
    fn links(&self, journal: i32, event: &SaleEvent) -> bool {
        let (Some(seq), Some(hash)) = (event.link.seq, event.link.hash.as_deref()) else { return false };
        let follows = |known: &Known| known.hash.is_some() && known.hash == event.link.prev_hash;
        self.at(journal, seq - 1).any(follows)
            || self.at(journal, seq + 1).any(|known| known.prev_hash.as_deref() == Some(hash))
    }

    /// Takes the event in, so that the ones after it in the same push are judged against it.
    pub fn add(&mut self, journal: i32, event: &SaleEvent) {
        let Some(seq) = event.link.seq else { return };
        self.by_place.entry((journal, seq)).or_default().push(Known {
            client_id: event.client_id,
            prev_hash: event.link.prev_hash.clone(),
            hash: event.link.hash.clone(),
        });
    }

    /// What is wrong with the event's place in the journal, if anything is.
    pub fn fault(&self, journal: i32, event: &SaleEvent) -> Option<String> {
        let link = &event.link;
        if link.seq_is_bad {
            return Some("deviceSeq is not a whole number from 1 to 2^53".into());
        }
        if let Some(seq) = link.seq
            && self.at(journal, seq).any(|known| known.client_id != event.client_id)
        {
            return Some(format!("number {seq} of this device was already used by another event"));
        }
        let hash = link.hash.as_deref()?;
        if !link.hash_holds {
            return Some("the hash is not the one that the event's content gives".into());
        }
        let Some(prev_hash) = link.prev_hash.as_deref() else {
            return Some("there is a hash, and no prevHash for it to follow".into());
        };
        let seq = link.seq?;
        if seq == 1 && prev_hash != FIRST_PREV_HASH {
            return Some("the first event of a device follows 64 zeros".into());
        }
        let before: Vec<&str> = self.at(journal, seq - 1).filter_map(|known| known.hash.as_deref()).collect();
        if !before.is_empty() && !before.contains(&prev_hash) {
            return Some(format!("prevHash is not the hash of event {}", seq - 1));
        }
        let after: Vec<&str> = self.at(journal, seq + 1).filter_map(|known| known.prev_hash.as_deref()).collect();
        if !after.is_empty() && !after.contains(&hash) {
            return Some(format!("event {}, which arrived before, does not follow from this one", seq + 1));
        }
        None
    }

    fn at(&self, journal: i32, seq: i64) -> impl Iterator<Item = &Known> {
        self.by_place.get(&(journal, seq)).into_iter().flatten()
    }
}
