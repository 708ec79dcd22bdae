//! The journal on disk: appending a sale so that "paid" is true, and reading what waits.
//!
//! One record for each entry, so that no power cut can split it. The event is kept as the JSON text that was hashed;
//! what the browser searches by stands beside it.

mod again;
mod record;

use crate::{
    cart,
    database::{
        CART, CHAIN, CLIENT_ID, Database, DatabaseError, Durability, JOURNAL, META, REJECTED, REVIEW, WAITING, Write,
    },
    device::{self, Tail, not_stored, tail_key},
    records,
};
pub use again::{reopen, senders};
use chrono::{DateTime, Utc};
use idb::{KeyRange, ObjectStore};
use js_sys::Array;
use keeptill_domain::{Cart, ClientId, DeviceId, DeviceSeq, Epoch, Settings, cart::Payment, device::receipt_number};
use keeptill_sync::{
    batch::{Outcome, Unsent, Waiting, runs},
    journal::{EntryState, JournalEntry, append_sale},
    sale_file::SavedEntry,
    till::{Checkout, DeviceIdentity, EntryPage, TillError},
};
use std::collections::HashMap;
use wasm_bindgen::JsValue;

/// The position of the last entry of this browser, whatever device it was.
const LAST_POSITION: &str = "position";
const LAST_SENT_AT: &str = "lastSentAt";
/// The epoch of the server's database that has what counts as sent here.
const EPOCH: &str = "journalEpoch";

/// How many entries stand where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub waiting: u32,
    pub rejected: u32,
    pub in_review: u32,
    pub oldest_waiting_at: Option<DateTime<Utc>>,
    pub last_sent_at: Option<DateTime<Utc>>,
}

/// Records a paid cart. `Ok` means that the browser has said the transaction completed, on the medium.
///
/// The last number, hash and receipt are read inside that transaction, so two tabs that sell at the same moment come
/// one after the other. The cart is emptied with it: a sale that is on disk must not be offered for payment again.
pub async fn record(
    database: &Database,
    checkout: &Checkout,
    settings: &Settings,
    client_id: ClientId,
    now: DateTime<Utc>,
) -> Result<JournalEntry, TillError> {
    let write = database.write(&[META, JOURNAL, CART], Durability::Strict).map_err(not_stored)?;
    let meta = write.store(META).map_err(not_stored)?;
    let identity = device::read(&meta).await.map_err(not_stored)?.ok_or(TillError::Unpaired)?.identity;
    let tail: Tail = records::read(&meta, &tail_key(&identity)).await.map_err(not_stored)?.unwrap_or_default();
    let last_position: u64 = records::read(&meta, LAST_POSITION).await.map_err(not_stored)?.unwrap_or_default();

    let same_cart = write.store(JOURNAL).and_then(|store| Ok(store.index(CLIENT_ID)?)).map_err(not_stored)?;
    let key = JsValue::from_str(&client_id.to_string());
    let paid = same_cart.get_key(key).map_err(|error| not_stored(error.into()))?.await;
    if paid.map_err(|error| not_stored(error.into()))?.is_some() {
        return Err(TillError::AlreadyPaid);
    }
    let receipts = tail.receipts + 1;
    let sale = checkout.cart.pay(Payment {
        client_id,
        receipt_number: receipt_number(&identity.receipt_prefix, receipts),
        shift_id: None,
        cashier_id: checkout.cashier,
        at: now,
        currency: settings.currency,
        prices_include_tax: settings.prices_include_tax,
        tenders: checkout.tenders.clone(),
    });
    let last = (!tail.hash.is_empty()).then_some((tail.seq, tail.hash.as_str()));
    let entry = append_sale(&sale, last, now).map_err(|error| TillError::NotStored(error.to_string()))?;

    let position = last_position + 1;
    let put = || -> Result<(), DatabaseError> {
        // `add`, not `put`: nothing may ever take the place of an entry.
        write.store(JOURNAL)?.add(&record::of(position, identity.device_id, &entry)?, None)?;
        records::put(&meta, LAST_POSITION, &position)?;
        let tail = Tail { seq: entry.device_seq, hash: entry.hash.clone(), receipts };
        records::put(&meta, &tail_key(&identity), &tail)?;
        records::put(&write.store(CART)?, cart::CURRENT, &Cart::default())
    };
    put().map_err(not_stored)?;
    write.complete().await.map_err(not_stored)?;
    Ok(entry)
}

/// The waiting entries after a position, oldest first, as far as they are of one device.
pub async fn unsent(database: &Database, after: u64, limit: usize) -> Result<Unsent, DatabaseError> {
    let transaction = database.read(&[META, JOURNAL])?;
    let meta = transaction.object_store(META)?;
    let now_paired_as = device::read(&meta).await?.map(|paired| paired.identity.device_id);
    let epoch = records::read(&meta, EPOCH).await?;
    let store = transaction.object_store(JOURNAL)?;
    let index = store.index(WAITING)?;
    let total = index.count(None)?.await?;
    let oldest = index.get_all(None, Some(1))?.await?;
    let range = KeyRange::lower_bound(&record::number(after), Some(true))?;
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let mut entries = Vec::new();
    let mut recorded_by = None;
    for value in index.get_all(Some(range.into()), Some(limit))?.await? {
        let device = record::device(&value)?;
        if *recorded_by.get_or_insert(device) != device {
            break;
        }
        entries.push(Waiting { position: record::position(&value), entry: record::entry(&value)? });
    }
    let former = recorded_by.filter(|device| Some(*device) != now_paired_as);
    let oldest_at = oldest.first().and_then(record::recorded_at);
    Ok(Unsent { entries, device: recorded_by, former, total, oldest_at, epoch })
}

/// All that wait or were refused, for the stock shown and for saving them to a file.
pub async fn all_unsent(database: &Database) -> Result<Vec<JournalEntry>, DatabaseError> {
    unsent_records(database).await?.iter().map(record::entry).collect()
}

/// The same, as a file holds them.
pub async fn to_save(database: &Database) -> Result<Vec<SavedEntry>, DatabaseError> {
    unsent_records(database).await?.iter().map(record::saved).collect()
}

async fn unsent_records(database: &Database) -> Result<Vec<JsValue>, DatabaseError> {
    let transaction = database.read(&[JOURNAL])?;
    let store = transaction.object_store(JOURNAL)?;
    let mut values = store.index(WAITING)?.get_all(None, None)?.await?;
    values.extend(store.index(REJECTED)?.get_all(None, None)?.await?);
    values.sort_by_key(record::position);
    Ok(values)
}

/// Takes up entries that another till, or this one before, saved to a file; gives how many were not here yet. They
/// wait like its own, each in the chain of the device that recorded it.
pub async fn bring_in(database: &Database, entries: &[SavedEntry]) -> Result<u32, DatabaseError> {
    let write = database.write(&[META, JOURNAL], Durability::Strict)?;
    let (meta, store) = (write.store(META)?, write.store(JOURNAL)?);
    let (by_id, by_number) = (store.index(CLIENT_ID)?, store.index(CHAIN)?);
    let mut position: u64 = records::read(&meta, LAST_POSITION).await?.unwrap_or_default();
    let mut new = 0;
    for entry in entries {
        if by_id.get_key(JsValue::from_str(&entry.client_id.to_string()))?.await?.is_some() {
            continue;
        }
        let key = chain_key(entry.device_id, entry.device_seq.0);
        let forked = by_number.get_key(key)?.await?.is_some();
        position += 1;
        new += 1;
        store.add(&record::of_saved(position, entry, forked)?, None)?;
    }
    records::put(&meta, LAST_POSITION, &position)?;
    write.complete().await?;
    Ok(new)
}

/// What became of entries, in one transaction. An entry that is known to be sent stays so. `epoch` is that of the
/// answer; the outcomes mean nothing where the journal was held against a restored server meanwhile.
pub async fn store_outcomes(
    database: &Database,
    epoch: Option<Epoch>,
    outcomes: &[Outcome],
    now: DateTime<Utc>,
) -> Result<(), DatabaseError> {
    let write = database.write(&[META, JOURNAL], Durability::Strict)?;
    let journals: Option<Epoch> = records::read(&write.store(META)?, EPOCH).await?;
    if epoch.is_some() && epoch != journals {
        return Err(DatabaseError::Failed("the server was restored while it answered".into()));
    }
    let store = write.store(JOURNAL)?;
    let mut sent = false;
    let by_position: HashMap<u64, &Outcome> = outcomes.iter().map(|outcome| (outcome.position, outcome)).collect();
    for run in runs(outcomes) {
        let range = KeyRange::bound(&record::number(*run.start()), &record::number(*run.end()), None, None)?;
        for value in store.get_all(Some(range.into()), None)?.await? {
            let Some(outcome) = by_position.get(&record::position(&value)) else { continue };
            if matches!(record::state(&value)?, EntryState::Sent { .. }) {
                continue;
            }
            sent |= matches!(outcome.state, EntryState::Sent { .. });
            record::set_state(&value, outcome.position, &outcome.state)?;
            store.put(&value, None)?;
        }
    }
    if sent {
        records::put(&write.store(META)?, LAST_SENT_AT, &now)?;
    }
    write.complete().await
}

pub async fn counts(database: &Database) -> Result<Counts, DatabaseError> {
    let transaction = database.read(&[META, JOURNAL])?;
    let store = transaction.object_store(JOURNAL)?;
    let waiting = store.index(WAITING)?;
    Ok(Counts {
        waiting: waiting.count(None)?.await?,
        rejected: store.index(REJECTED)?.count(None)?.await?,
        in_review: store.index(REVIEW)?.count(None)?.await?,
        oldest_waiting_at: waiting.get_all(None, Some(1))?.await?.first().and_then(record::recorded_at),
        last_sent_at: records::read(&transaction.object_store(META)?, LAST_SENT_AT).await?,
    })
}

/// The positions of the sent entries that waited for a manager when last heard of.
pub async fn in_review(database: &Database) -> Result<Vec<u64>, DatabaseError> {
    let transaction = database.read(&[JOURNAL])?;
    let keys = transaction.object_store(JOURNAL)?.index(REVIEW)?.get_all_keys(None, None)?.await?;
    Ok(keys.iter().map(record::whole).collect())
}

/// A manager has decided on these; they no longer count as in review.
pub async fn reviewed(database: &Database, positions: &[u64]) -> Result<(), DatabaseError> {
    let write = database.write(&[JOURNAL], Durability::Relaxed)?;
    let store = write.store(JOURNAL)?;
    for position in positions {
        let Some(value) = store.get(record::number(*position))?.await? else { continue };
        record::set_reviewed(&value);
        store.put(&value, None)?;
    }
    write.complete().await
}

pub async fn entry(database: &Database, client_id: ClientId) -> Result<Option<JournalEntry>, DatabaseError> {
    let transaction = database.read(&[JOURNAL])?;
    let index = transaction.object_store(JOURNAL)?.index(CLIENT_ID)?;
    let value = index.get(JsValue::from_str(&client_id.to_string()))?.await?;
    value.map(|value| record::entry(&value)).transpose()
}

/// Entries of this device, newest first.
pub async fn entries(
    database: &Database,
    identity: &DeviceIdentity,
    page: EntryPage,
) -> Result<Vec<JournalEntry>, DatabaseError> {
    let transaction = database.read(&[META, JOURNAL])?;
    let store = transaction.object_store(JOURNAL)?;
    if page.unsent_only {
        return newest_unsent(&store, page).await;
    }
    let tail: Tail = records::read(&transaction.object_store(META)?, &tail_key(identity)).await?.unwrap_or_default();
    // The numbers of a device have no gap, so the page's bounds are known.
    let newest = page.before.map_or(tail.seq.0, |DeviceSeq(before)| before - 1);
    let oldest = (newest - i64::from(page.limit)).max(0) + 1;
    if newest < oldest {
        return Ok(Vec::new());
    }
    let key = |seq: i64| chain_key(identity.device_id, seq);
    let range = KeyRange::bound(&key(oldest), &key(newest), None, None)?;
    let values = store.index(CHAIN)?.get_all(Some(range.into()), None)?.await?;
    values.iter().rev().map(record::entry).collect()
}

async fn newest_unsent(store: &ObjectStore, page: EntryPage) -> Result<Vec<JournalEntry>, DatabaseError> {
    let mut keys = store.index(WAITING)?.get_all_keys(None, None)?.await?;
    keys.extend(store.index(REJECTED)?.get_all_keys(None, None)?.await?);
    let mut positions: Vec<u64> = keys.iter().map(record::whole).collect();
    positions.sort_unstable_by(|a, b| b.cmp(a));
    let mut entries = Vec::new();
    for position in positions {
        if entries.len() >= page.limit as usize {
            break;
        }
        let Some(value) = store.get(record::number(position))?.await? else { continue };
        let entry = record::entry(&value)?;
        if page.before.is_none_or(|before| entry.device_seq < before) {
            entries.push(entry);
        }
    }
    Ok(entries)
}

/// Names the epoch for a journal that has nothing yet, so that its first answer is not taken for a restored server's.
pub async fn begin_in(write: &Write, epoch: Epoch) -> Result<(), DatabaseError> {
    let meta = write.store(META)?;
    if records::read::<u64>(&meta, LAST_POSITION).await?.is_none() {
        records::put(&meta, EPOCH, &epoch)?;
    }
    Ok(())
}

fn chain_key(device: DeviceId, seq: i64) -> JsValue {
    let device = JsValue::from_str(&device.to_string());
    Array::of2(&device, &record::number(u64::try_from(seq).unwrap_or_default())).into()
}
