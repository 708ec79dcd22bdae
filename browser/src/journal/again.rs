//! Opening again what counts as sent and is not on the server any more.

use super::{EPOCH, chain_key, record};
use crate::{
    database::{CHAIN, Database, DatabaseError, Durability, JOURNAL, META, WAITING},
    records,
};
use idb::{KeyRange, ObjectStore};
use keeptill_domain::{DeviceId, DeviceSeq, Epoch};
use keeptill_sync::{
    batch::{Lacking, Numbers},
    journal::EntryState,
};
use std::collections::HashMap;
use wasm_bindgen::JsValue;

/// JavaScript's largest exact whole number; no journal reaches it.
const SEQ_MAX: i64 = (1 << 53) - 1;
/// Entries read at once: a journal of years must not be in memory whole.
const ENTRIES_AT_ONCE: u32 = 500;

/// The devices whose entries are here: this one, those that this browser was, and those whose entries were brought in;
/// none where everything still waits.
pub async fn senders(database: &Database) -> Result<Vec<DeviceId>, DatabaseError> {
    let transaction = database.read(&[JOURNAL])?;
    let journal = transaction.object_store(JOURNAL)?;
    let mut devices = Vec::new();
    if journal.count(None)?.await? == journal.index(WAITING)?.count(None)?.await? {
        return Ok(devices);
    }
    let chain = journal.index(CHAIN)?;
    let mut first = chain.get_all(None, Some(1))?.await?;
    while let Some(value) = first.first() {
        let device = record::device(value)?;
        devices.push(device);
        let others = KeyRange::lower_bound(&chain_key(device, SEQ_MAX), Some(true))?;
        first = chain.get_all(Some(others.into()), Some(1))?.await?;
    }
    Ok(devices)
}

/// Turns what counts as sent into waiting, and notes the epoch it was held against; answers how many entries.
pub async fn reopen(database: &Database, epoch: Option<Epoch>, lacking: &[Lacking]) -> Result<u32, DatabaseError> {
    let write = database.write(&[META, JOURNAL], Durability::Strict)?;
    let journal = write.store(JOURNAL)?;
    let mut count = 0;
    let mut lost_after: HashMap<DeviceId, i64> = HashMap::new();
    for Lacking { device, numbers } in lacking {
        match numbers {
            Numbers::All => drop(lost_after.insert(*device, 0)),
            Numbers::After { seq: DeviceSeq(acked), hash } => {
                let here = journal.index(CHAIN)?.get(chain_key(*device, *acked))?.await?;
                let same = here.map(|value| record::hash(&value)).transpose()?.as_ref() == Some(hash);
                lost_after.insert(*device, if same { *acked } else { 0 });
            }
            Numbers::These(numbers) => {
                for DeviceSeq(number) in numbers {
                    let value = journal.index(CHAIN)?.get(chain_key(*device, *number))?.await?;
                    count += u32::from(value.map(|value| reopen_entry(&journal, &value)).transpose()? == Some(true));
                }
            }
        }
    }
    if !lost_after.is_empty() {
        count += reopen_after(&journal, &lost_after).await?;
    }
    if let Some(epoch) = epoch {
        records::put(&write.store(META)?, EPOCH, &epoch)?;
    }
    write.complete().await?;
    Ok(count)
}

/// Goes through the whole journal. What stands outside the numbers of its device goes again whatever the server has.
async fn reopen_after(journal: &ObjectStore, lost_after: &HashMap<DeviceId, i64>) -> Result<u32, DatabaseError> {
    let mut count = 0;
    let mut position = 0;
    loop {
        let range = KeyRange::lower_bound(&record::number(position), Some(true))?;
        let values = journal.get_all(Some(range.into()), Some(ENTRIES_AT_ONCE))?.await?;
        for value in &values {
            position = record::position(value);
            let after = lost_after.get(&record::device(value)?);
            let lost = match record::seq(value) {
                Ok(seq) => after.is_some_and(|after| seq > *after),
                Err(_) => true,
            };
            if lost {
                count += u32::from(reopen_entry(journal, value)?);
            }
        }
        if values.len() < ENTRIES_AT_ONCE as usize {
            return Ok(count);
        }
    }
}

/// What the server refused to read stays refused: it never had it.
fn reopen_entry(journal: &ObjectStore, value: &JsValue) -> Result<bool, DatabaseError> {
    if !matches!(record::state(value)?, EntryState::Sent { .. }) {
        return Ok(false);
    }
    record::set_state(value, record::position(value), &EntryState::Waiting)?;
    journal.put(value, None)?;
    Ok(true)
}
