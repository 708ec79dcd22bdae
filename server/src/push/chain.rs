//! The journal's chain, link by link.
//!
//! A link is judged against the neighbours that are here when its event arrives. Where the one before is still
//! missing there is no verdict yet: the one before, when it comes, is judged against its follower.

use super::read::SaleEvent;
use crate::{database::Tx, error::Result};
use keeptill_domain::{ClientId, DeviceId, TenantId};
use keeptill_sync::journal::FIRST_PREV_HASH;
use std::collections::HashMap;

/// The events of one device around those that just arrived.
#[derive(Debug, Default)]
pub struct Chain {
    by_seq: HashMap<i64, Vec<Known>>,
}

#[derive(Debug)]
struct Known {
    client_id: ClientId,
    prev_hash: Option<String>,
    hash: Option<String>,
}

impl Chain {
    /// Loads what is known at each event's number, the one before and the one after.
    pub async fn load(tx: &mut Tx, tenant: TenantId, device: DeviceId, events: &[&SaleEvent]) -> Result<Self> {
        let numbers = events.iter().filter_map(|event| event.link.seq);
        let mut wanted: Vec<i64> = numbers.flat_map(|seq| [seq - 1, seq, seq + 1]).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut chain = Self::default();
        if wanted.is_empty() {
            return Ok(chain);
        }
        let rows = sqlx::query!(
            r#"select device_seq as "seq!", client_id, prev_hash, hash from events
               where tenant_id = $1 and device_id = $2 and device_seq = any($3)"#,
            tenant.0,
            device.0,
            &wanted,
        )
        .fetch_all(&mut **tx)
        .await?;
        for row in rows {
            let known = Known { client_id: row.client_id.into(), prev_hash: row.prev_hash, hash: row.hash };
            chain.by_seq.entry(row.seq).or_default().push(known);
        }
        Ok(chain)
    }

    /// Takes the event in, so that the ones after it in the same push are judged against it.
    pub fn add(&mut self, event: &SaleEvent) {
        let Some(seq) = event.link.seq else { return };
        self.by_seq.entry(seq).or_default().push(Known {
            client_id: event.client_id,
            prev_hash: event.link.prev_hash.clone(),
            hash: event.link.hash.clone(),
        });
    }

    /// What is wrong with the event's place in the journal, if anything is.
    pub fn fault(&self, event: &SaleEvent) -> Option<String> {
        let link = &event.link;
        if link.seq_is_bad {
            return Some("deviceSeq is not a whole number from 1 to 2^53".into());
        }
        if let Some(seq) = link.seq
            && self.at(seq).any(|known| known.client_id != event.client_id)
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
        let before: Vec<&str> = self.at(seq - 1).filter_map(|known| known.hash.as_deref()).collect();
        if !before.is_empty() && !before.contains(&prev_hash) {
            return Some(format!("prevHash is not the hash of event {}", seq - 1));
        }
        let after: Vec<&str> = self.at(seq + 1).filter_map(|known| known.prev_hash.as_deref()).collect();
        if !after.is_empty() && !after.contains(&hash) {
            return Some(format!("event {}, which arrived before, does not follow from this one", seq + 1));
        }
        None
    }

    fn at(&self, seq: i64) -> impl Iterator<Item = &Known> {
        self.by_seq.get(&seq).into_iter().flatten()
    }
}
