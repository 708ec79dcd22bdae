//! Opening again what counts as sent and is not on the server any more.

use super::{EPOCH, chain_key, record};
use crate::{
    database::{CHAIN, Database, DatabaseError, Durability, JOURNAL, META, WAITING},
    device::TAIL,
    records,
};
use idb::{KeyRange, ObjectStore};
use keeptill_domain::{DeviceId, DeviceSeq, Epoch};
use keeptill_sync::{
    batch::{Lacking, Numbers},
    journal::EntryState,
};
use wasm_bindgen::JsValue;

/// JavaScript's largest exact whole number; no journal reaches it.
const SEQ_MAX: i64 = (1 << 53) - 1;
/// Entries read at once: a journal of years must not be in memory whole.
const ENTRIES_AT_ONCE: u32 = 500;

/// The devices this browser is and was, as far as any entry of theirs no longer waits.
pub async fn senders(database: &Database) -> Result<Vec<DeviceId>, DatabaseError> {
    let transaction = database.read(&[META, JOURNAL])?;
    let journal = transaction.object_store(JOURNAL)?;
    if journal.count(None)?.await? == journal.index(WAITING)?.count(None)?.await? {
        return Ok(Vec::new());
    }
    let names = transaction.object_store(META)?.get_all_keys(None, None)?.await?;
    let device = |name: JsValue| name.as_string()?.strip_prefix(TAIL)?.parse().ok();
    Ok(names.into_iter().filter_map(device).collect())
}

/// Turns what counts as sent into waiting, and notes the epoch it was held against; answers how many entries.
pub async fn reopen(database: &Database, epoch: Option<Epoch>, lacking: &[Lacking]) -> Result<u32, DatabaseError> {
    let write = database.write(&[META, JOURNAL], Durability::Strict)?;
    let journal = write.store(JOURNAL)?;
    let mut count = 0;
    for Lacking { device, numbers } in lacking {
        match numbers {
            Numbers::All => count += reopen_after(&journal, *device, 0).await?,
            Numbers::After { seq: DeviceSeq(acked), hash } => {
                let here = journal.index(CHAIN)?.get(chain_key(*device, *acked))?.await?;
                let same = here.map(|value| record::hash(&value)).transpose()?.as_ref() == Some(hash);
                count += reopen_after(&journal, *device, if same { *acked } else { 0 }).await?;
            }
            Numbers::These(numbers) => {
                for DeviceSeq(number) in numbers {
                    let value = journal.index(CHAIN)?.get(chain_key(*device, *number))?.await?;
                    count += u32::from(value.map(|value| reopen_entry(&journal, &value)).transpose()? == Some(true));
                }
            }
        }
    }
    if let Some(epoch) = epoch {
        records::put(&write.store(META)?, EPOCH, &epoch)?;
    }
    write.complete().await?;
    Ok(count)
}

async fn reopen_after(journal: &ObjectStore, device: DeviceId, acked: i64) -> Result<u32, DatabaseError> {
    let mut count = 0;
    let mut after = acked;
    loop {
        let range = KeyRange::bound(&chain_key(device, after), &chain_key(device, SEQ_MAX), Some(true), None)?;
        let values = journal.index(CHAIN)?.get_all(Some(range.into()), Some(ENTRIES_AT_ONCE))?.await?;
        for value in &values {
            after = record::seq(value)?;
            count += u32::from(reopen_entry(journal, value)?);
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
