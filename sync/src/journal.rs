//! The journal: everything a device did that the server must know, in order, each entry chained to the one before.

use chrono::{DateTime, Utc};
use keeptill_domain::{ClientId, Conflict, DeviceSeq, Notice, Sale, SaleId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::wire::ErrorDetail;

/// What the first event of a device follows: 64 zeros.
pub const FIRST_PREV_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One event as the device keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalEntry {
    pub device_seq: DeviceSeq,
    pub client_id: ClientId,
    /// The event exactly as it was hashed and as it is sent.
    pub event: Value,
    pub hash: String,
    pub recorded_at: DateTime<Utc>,
    pub state: EntryState,
}

/// Where an entry stands with the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum EntryState {
    /// On this device only.
    Waiting,
    /// The server has it for good.
    #[serde(rename_all = "camelCase")]
    Sent { sale_id: Option<SaleId>, conflicts: Vec<Conflict>, notices: Vec<Notice>, sent_at: DateTime<Utc> },
    /// The server could not read it. It is kept, and shown.
    Rejected { error: ErrorDetail },
}

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("an event is a JSON object")]
    NotAnObject,
    #[error("the event has no canonical form: {0}")]
    NotCanonical(#[from] serde_json::Error),
}

impl JournalEntry {
    /// The sale this entry holds, if it is one.
    pub fn sale(&self) -> Option<Sale> {
        (self.event.get("type")?.as_str()? == "sale").then(|| Sale::deserialize(&self.event).ok())?
    }
}

/// Makes `sale` the entry after (`last_seq`, `last_hash`), or the device's first.
///
/// # Errors
/// [`JournalError`] when the sale has no canonical JSON form; a sale made by this code always has one.
pub fn append_sale(
    sale: &Sale,
    last: Option<(DeviceSeq, &str)>,
    recorded_at: DateTime<Utc>,
) -> Result<JournalEntry, JournalError> {
    let (device_seq, prev_hash) = match last {
        Some((seq, hash)) => (seq.next(), hash),
        None => (DeviceSeq::FIRST, FIRST_PREV_HASH),
    };
    let mut event = serde_json::to_value(sale)?;
    let fields = event.as_object_mut().ok_or(JournalError::NotAnObject)?;
    fields.insert("type".into(), "sale".into());
    fields.insert("schemaVersion".into(), 1.into());
    fields.insert("deviceSeq".into(), device_seq.0.into());
    fields.insert("prevHash".into(), prev_hash.into());
    let hash = chain_hash(&event)?;
    if let Some(fields) = event.as_object_mut() {
        fields.insert("hash".into(), hash.clone().into());
    }
    Ok(JournalEntry { device_seq, client_id: sale.client_id, event, hash, recorded_at, state: EntryState::Waiting })
}

/// CONTRACT.md's chain: SHA-256, in lower-case hex, over the 64 characters of `prevHash` followed by the RFC 8785
/// form of the event with its `type` and `prevHash` and without its `hash`.
///
/// # Errors
/// [`JournalError::NotAnObject`] when the event is none.
pub fn chain_hash(event: &Value) -> Result<String, JournalError> {
    let mut fields = event.as_object().ok_or(JournalError::NotAnObject)?.clone();
    fields.remove("hash");
    let prev_hash = fields.get("prevHash").and_then(Value::as_str).unwrap_or(FIRST_PREV_HASH).to_owned();
    let canonical = serde_json_canonicalizer::to_vec(&Value::Object(fields))?;
    let mut sha = Sha256::new();
    sha.update(prev_hash.as_bytes());
    sha.update(&canonical);
    Ok(hex(&sha.finalize()))
}

/// What binds a `clientId` to its content: SHA-256 over the event's RFC 8785 form, its empty (`null`) fields left out,
/// so that `2` and `2.0`, or a field sent as `null` and one not sent, are the same content.
///
/// # Errors
/// [`JournalError::NotAnObject`] when the event is none.
pub fn content_hash(event: &Value) -> Result<[u8; 32], JournalError> {
    if !event.is_object() {
        return Err(JournalError::NotAnObject);
    }
    let canonical = serde_json_canonicalizer::to_vec(&without_nulls(event))?;
    Ok(Sha256::digest(&canonical).into())
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), without_nulls(v))).collect(),
        ),
        Value::Array(values) => Value::Array(values.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
