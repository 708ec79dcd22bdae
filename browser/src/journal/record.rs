//! An entry as IndexedDB keeps it: `{position, device, seq, clientId, at, event, hash, state}`, and one of `waiting`,
//! `rejected` and `review` (each the position again) while it stands there.

use crate::{
    database::{DatabaseError, REJECTED, REVIEW, WAITING},
    js,
};
use chrono::{DateTime, Utc};
use keeptill_domain::{DeviceId, DeviceSeq};
use keeptill_sync::{
    journal::{EntryState, JournalEntry},
    sale_file::SavedEntry,
};
use wasm_bindgen::{JsCast, JsValue};

pub fn of(position: u64, device: DeviceId, entry: &JournalEntry) -> Result<JsValue, DatabaseError> {
    let record: JsValue = js_sys::Object::new().into();
    js::set(&record, "position", &number(position));
    js::set(&record, "device", &device.to_string().into());
    js::set(&record, "seq", &number(u64::try_from(entry.device_seq.0).unwrap_or_default()));
    js::set(&record, "clientId", &entry.client_id.to_string().into());
    js::set(&record, "at", &number(u64::try_from(entry.recorded_at.timestamp_millis()).unwrap_or_default()));
    js::set(&record, "event", &serde_json::to_string(&entry.event)?.into());
    js::set(&record, "hash", &entry.hash.as_str().into());
    set_state(&record, position, &entry.state)?;
    Ok(record)
}

/// An entry of a file. Where its number is taken, by a device whose storage was copied or rolled back, it stands
/// outside the index of numbers, which holds each once; the number is in the event besides.
pub fn of_saved(position: u64, saved: &SavedEntry, forked: bool) -> Result<JsValue, DatabaseError> {
    let entry = JournalEntry {
        device_seq: saved.device_seq,
        client_id: saved.client_id,
        event: serde_json::Value::Null,
        hash: saved.hash.clone(),
        recorded_at: saved.recorded_at,
        state: EntryState::Waiting,
    };
    let record = of(position, saved.device_id, &entry)?;
    js::set(&record, "event", &saved.event.as_str().into());
    if forked {
        remove(&record, "seq");
    }
    Ok(record)
}

pub fn saved(record: &JsValue) -> Result<SavedEntry, DatabaseError> {
    let entry = entry(record)?;
    Ok(SavedEntry {
        device_id: device(record)?,
        device_seq: entry.device_seq,
        client_id: entry.client_id,
        recorded_at: entry.recorded_at,
        hash: entry.hash,
        event: text(record, "event")?,
    })
}

/// Sets the state and, with it, the indexes the record stands in.
pub fn set_state(record: &JsValue, position: u64, state: &EntryState) -> Result<(), DatabaseError> {
    js::set(record, "state", &serde_json::to_string(state)?.into());
    let place = match state {
        EntryState::Waiting => Some(WAITING),
        EntryState::Rejected { .. } => Some(REJECTED),
        EntryState::Sent { conflicts, .. } if !conflicts.is_empty() => Some(REVIEW),
        EntryState::Sent { .. } => None,
    };
    for index in [WAITING, REJECTED, REVIEW] {
        if Some(index) == place {
            js::set(record, index, &number(position));
        } else {
            remove(record, index);
        }
    }
    Ok(())
}

/// Takes the record out of the index of those in review; its state keeps what the conflicts were.
pub fn set_reviewed(record: &JsValue) {
    remove(record, REVIEW);
}

fn remove(record: &JsValue, name: &str) {
    let _ = js_sys::Reflect::delete_property(record.unchecked_ref::<js_sys::Object>(), &JsValue::from_str(name));
}

pub fn entry(record: &JsValue) -> Result<JournalEntry, DatabaseError> {
    let event: serde_json::Value = serde_json::from_str(&text(record, "event")?)?;
    let client_id = text(record, "clientId")?.parse().map_err(|_| unreadable("clientId"))?;
    // One that stands outside the index of numbers has it in its event only.
    let outside = js::get(record, "seq").is_undefined();
    let seq = if outside { event["deviceSeq"].as_i64().ok_or_else(|| unreadable("seq"))? } else { seq(record)? };
    Ok(JournalEntry {
        device_seq: DeviceSeq(seq),
        client_id,
        event,
        hash: hash(record)?,
        recorded_at: recorded_at(record).ok_or_else(|| unreadable("at"))?,
        state: as_it_stands(record, state(record)?),
    })
}

/// What a manager has decided on is in review no longer, whatever the server said when it was sent.
fn as_it_stands(record: &JsValue, mut state: EntryState) -> EntryState {
    if let EntryState::Sent { conflicts, .. } = &mut state
        && js::get(record, REVIEW).is_undefined()
    {
        conflicts.clear();
    }
    state
}

pub fn state(record: &JsValue) -> Result<EntryState, DatabaseError> {
    Ok(serde_json::from_str(&text(record, "state")?)?)
}

pub fn position(record: &JsValue) -> u64 {
    whole(&js::get(record, "position"))
}

/// Its place in its device's chain, unless it stands outside the index of numbers.
pub fn seq(record: &JsValue) -> Result<i64, DatabaseError> {
    let number = js::get(record, "seq").as_f64().ok_or_else(|| unreadable("seq"))?;
    Ok(number as i64)
}

pub fn hash(record: &JsValue) -> Result<String, DatabaseError> {
    text(record, "hash")
}

/// The device whose chain the entry belongs to.
pub fn device(record: &JsValue) -> Result<DeviceId, DatabaseError> {
    text(record, "device")?.parse().map_err(|_| unreadable("device"))
}

pub fn recorded_at(record: &JsValue) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(i64::try_from(whole(&js::get(record, "at"))).ok()?)
}

/// JavaScript's numbers are exact up to 2⁵³, which no journal reaches.
pub fn number(whole: u64) -> JsValue {
    JsValue::from_f64(whole as f64)
}

pub fn whole(number: &JsValue) -> u64 {
    number.as_f64().unwrap_or_default() as u64
}

fn text(record: &JsValue, name: &str) -> Result<String, DatabaseError> {
    js::get(record, name).as_string().ok_or_else(|| unreadable(name))
}

fn unreadable(name: &str) -> DatabaseError {
    DatabaseError::Failed(format!("an entry of the journal has no readable {name}"))
}
