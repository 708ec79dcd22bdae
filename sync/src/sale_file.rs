//! The file that waiting sales are saved to: what stands in it once it is decrypted.
//!
//! It holds the journal's entries exactly as they were hashed, each with the device it belongs to, so that another till
//! or the office can hand them in as what they are. The server knows each by its `clientId`, so a file changes nothing
//! the second time, nor after its sales have arrived by themselves.

use chrono::{DateTime, Utc};
use keeptill_domain::{ClientId, DeviceId, DeviceSeq, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub const FORMAT: &str = "keeptill-unsent";
/// Version 1 was a plain list of events without a passphrase, of no released build.
pub const FORMAT_VERSION: u32 = 2;
/// What an encrypted file's name ends in; `age` is the format's own.
pub const EXTENSION: &str = "age";

/// Far more than a till sells in the longest outage, and still quick to read.
pub const ENTRIES_MAX: usize = 20_000;
pub const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Whoever finds the file can guess as fast as they like.
pub const PASSPHRASE_CHARS_MIN: usize = 10;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SaleFile {
    pub format: String,
    pub format_version: u32,
    pub saved_at: DateTime<Utc>,
    /// The shop whose sales these are; no other may be given them.
    pub tenant_id: TenantId,
    /// The browser that saved the file.
    pub device_id: DeviceId,
    pub device_name: String,
    /// In the order in which they were recorded.
    pub entries: Vec<SavedEntry>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedEntry {
    /// Whose chain it belongs to.
    pub device_id: DeviceId,
    pub device_seq: DeviceSeq,
    pub client_id: ClientId,
    pub recorded_at: DateTime<Utc>,
    pub hash: String,
    /// The event as the JSON text that was stored.
    pub event: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("this is not a file of saved sales")]
    NotSales,
    #[error("the file was saved by a newer Keeptill (format {0})")]
    Newer(u32),
    #[error("the file holds {0} sales, more than can be read at once")]
    TooMany(usize),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    format: String,
    format_version: u32,
}

impl SaleFile {
    /// # Errors
    /// See [`Unreadable`]. A newer format is told from garbage.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let head: Head = serde_json::from_str(text).map_err(|_| Unreadable::NotSales)?;
        if head.format != FORMAT {
            return Err(Unreadable::NotSales);
        }
        if head.format_version > FORMAT_VERSION {
            return Err(Unreadable::Newer(head.format_version));
        }
        let file: Self = serde_json::from_str(text).map_err(|_| Unreadable::NotSales)?;
        if file.entries.len() > ENTRIES_MAX {
            return Err(Unreadable::TooMany(file.entries.len()));
        }
        let readable = |entry: &SavedEntry| {
            let event: Option<Value> = serde_json::from_str(&entry.event).ok();
            event.is_some_and(|event| event["clientId"] == entry.client_id.to_string())
        };
        if file.entries.iter().all(readable) { Ok(file) } else { Err(Unreadable::NotSales) }
    }

    /// A name for the file, which sorts by time where `stamp` does.
    pub fn name(stamp: &str) -> String {
        format!("keeptill-sales-{stamp}.{EXTENSION}")
    }
}

/// Why a passphrase is none, in a person's words.
pub fn weak_passphrase(passphrase: &str) -> Option<String> {
    let short = passphrase.trim().chars().count() < PASSPHRASE_CHARS_MIN;
    short.then(|| {
        format!("The passphrase needs at least {PASSPHRASE_CHARS_MIN} characters. Three or four words are good.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn file(entries: usize) -> Value {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let entry = |seq: usize| {
            json!({
                "deviceId": id, "deviceSeq": seq, "clientId": id, "recordedAt": "2026-11-22T14:02:00Z", "hash": "00",
                "event": json!({ "type": "sale", "clientId": id, "totalMinor": 350 }).to_string(),
            })
        };
        json!({
            "format": FORMAT, "formatVersion": FORMAT_VERSION, "savedAt": "2026-11-22T14:03:00Z", "tenantId": id,
            "deviceId": id, "deviceName": "Tablet 3", "entries": (1..=entries).map(entry).collect::<Vec<_>>(),
        })
    }

    fn read(file: &Value) -> Result<SaleFile, Unreadable> {
        SaleFile::read(&file.to_string())
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let whole = read(&file(2)).unwrap();
        assert_eq!(whole.entries.len(), 2);
        assert_eq!(read(&serde_json::to_value(&whole).unwrap()), Ok(whole));
    }

    #[test]
    fn a_newer_format_is_told_from_what_is_no_such_file() {
        let mut newer = file(1);
        newer["formatVersion"] = json!(3);
        newer["entries"] = json!({ "in": "another shape" });
        assert_eq!(read(&newer), Err(Unreadable::Newer(3)));
        let mut other = file(1);
        other["format"] = json!("recipes");
        assert_eq!(read(&other), Err(Unreadable::NotSales));
        let mut half = file(1);
        half["entries"][0]["event"] = json!("{\"type\":\"sale\"");
        assert_eq!(read(&half), Err(Unreadable::NotSales));
        for garbage in ["", "sales", "[]", "{}"] {
            assert_eq!(SaleFile::read(garbage), Err(Unreadable::NotSales));
        }
    }

    #[test]
    fn a_file_holds_so_many_and_no_more() {
        assert_eq!(read(&file(ENTRIES_MAX)).unwrap().entries.len(), ENTRIES_MAX);
        assert_eq!(read(&file(ENTRIES_MAX + 1)), Err(Unreadable::TooMany(ENTRIES_MAX + 1)));
    }

    #[test]
    fn a_passphrase_has_a_length() {
        assert!(weak_passphrase("123456789").is_some());
        assert!(weak_passphrase("   1234567   ").is_some());
        assert_eq!(weak_passphrase("drei Säcke"), None);
    }
}
