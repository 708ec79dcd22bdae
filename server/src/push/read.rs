//! What a push carries, read event by event, so that one that can't be read holds up no other.

use crate::{
    error::{Error, Result},
    sales::cursor::fits_a_column,
};
use keeptill_domain::{ClientId, LineItem, Money, Sale, Tender, sale::ITEMS_PER_SALE_MAX};
use keeptill_sync::{
    journal::{chain_hash, content_hash},
    wire::{ErrorDetail, EventResult, EventStatus},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, value::RawValue};
use sha2::{Digest, Sha256};

/// The highest `deviceSeq`: what a JSON number holds exactly.
pub const DEVICE_SEQ_MAX: i64 = 1 << 53;

/// Fields of the envelope that a lone sale may carry as well; they say who sent it, not what was sold.
const NOT_CONTENT: [&str; 3] = ["deviceId", "storeId", "deviceTime"];

#[derive(Debug)]
pub enum Event {
    Sale(Box<SaleEvent>),
    /// The device keeps it; this is what it is told.
    Rejected(EventResult),
}

/// A sale as it arrived. Money was taken for it, so it is kept whatever is wrong with it.
#[derive(Debug)]
pub struct SaleEvent {
    pub client_id: ClientId,
    pub content_hash: [u8; 32],
    pub link: Link,
    /// As sent, but for characters that PostgreSQL can't keep.
    pub body: Value,
    /// What could be read; where `unreadable` is set, with zeros for what could not.
    pub sale: Sale,
    pub unreadable: Option<String>,
}

/// Its place in the device's journal.
#[derive(Debug, Default)]
pub struct Link {
    pub seq: Option<i64>,
    /// A `deviceSeq` was given, and it is none.
    pub seq_is_bad: bool,
    pub prev_hash: Option<String>,
    pub hash: Option<String>,
    /// Whether `hash` is what the event's own content gives.
    pub hash_holds: bool,
}

/// Reads one event. `place` names it in errors: `events[3]`. `assumed_type` is its type where it doesn't say.
///
/// # Errors
/// 413 when it is a sale over [`ITEMS_PER_SALE_MAX`] items: then nothing of the whole push is applied.
pub fn read(raw: &RawValue, place: &str, assumed_type: Option<&str>) -> Result<Event> {
    match serde_json::from_str::<Value>(raw.get()) {
        Ok(Value::Object(fields)) => read_fields(fields, place, assumed_type),
        Ok(_) => Ok(rejected(None, "unreadable_event", "An event is a JSON object.", place.into())),
        Err(error) => {
            let message = format!("The event can't be read: {error}");
            Ok(rejected(None, "unreadable_event", &message, place.into()))
        }
    }
}

fn read_fields(mut fields: Map<String, Value>, place: &str, assumed_type: Option<&str>) -> Result<Event> {
    if let (None, Some(assumed)) = (fields.get("type").filter(|given| !given.is_null()), assumed_type) {
        fields.insert("type".into(), assumed.into());
    }
    let is_sale = fields.get("type").and_then(Value::as_str) == Some("sale");
    if is_sale && fields.get("items").and_then(Value::as_array).is_some_and(|items| items.len() > ITEMS_PER_SALE_MAX) {
        let message = format!("A sale has at most {ITEMS_PER_SALE_MAX} items; nothing of this request was applied.");
        return Err(Error::too_large(message).field(format!("{place}.items")));
    }
    let Some(client_id) = fields.get("clientId").and_then(Value::as_str).and_then(|id| id.parse().ok()) else {
        let message = "An event is named by a UUID in clientId.";
        return Ok(rejected(None, "unreadable_event", message, format!("{place}.clientId")));
    };
    if !is_sale {
        let message = "This server does not know events of that type; keep it until it does.";
        return Ok(rejected(Some(client_id), "unknown_event_type", message, format!("{place}.type")));
    }
    Ok(Event::Sale(Box::new(read_sale(client_id, Value::Object(fields)))))
}

fn read_sale(client_id: ClientId, mut body: Value) -> SaleEvent {
    let content_hash = hash_content(&body);
    let mut link = read_link(&body);
    link.hash_holds = link.hash.is_some() && chain_hash(&body).ok() == link.hash;
    replace_nul(&mut body);
    let (sale, unreadable) = match parse::<Sale>(&body) {
        Ok(sale) => {
            let sane = sale.tenders.len() <= ITEMS_PER_SALE_MAX;
            let unreadable = (!sane).then(|| format!("tenders: more than {ITEMS_PER_SALE_MAX}"));
            (sale, unreadable)
        }
        Err(why) => (salvage(client_id, &body), Some(why)),
    };
    SaleEvent { client_id, content_hash, link, body, sale: in_column_range(sale), unreadable }
}

/// What binds the `clientId` to this content. A number that RFC 8785 has no form for falls back to the text as read:
/// the same text again is still the same content.
fn hash_content(body: &Value) -> [u8; 32] {
    let mut content = body.clone();
    if let Some(fields) = content.as_object_mut() {
        for name in NOT_CONTENT {
            fields.remove(name);
        }
    }
    content_hash(&content).unwrap_or_else(|_| Sha256::digest(content.to_string()).into())
}

fn read_link(body: &Value) -> Link {
    let given = body.get("deviceSeq").filter(|seq| !seq.is_null());
    let seq = given.and_then(Value::as_i64).filter(|seq| (1..=DEVICE_SEQ_MAX).contains(seq));
    let text = |name: &str| match body.get(name) {
        None | Some(Value::Null) => None,
        Some(Value::String(hex)) if hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            Some(hex.clone())
        }
        // Something that is no hash can't be right; an empty one says so and is kept.
        Some(_) => Some(String::new()),
    };
    Link {
        seq,
        seq_is_bad: given.is_some() && seq.is_none(),
        prev_hash: text("prevHash"),
        hash: text("hash"),
        hash_holds: false,
    }
}

/// A sale out of the fields that can be read one by one.
fn salvage(client_id: ClientId, body: &Value) -> Sale {
    fn field<T: DeserializeOwned>(body: &Value, name: &str) -> Option<T> {
        body.get(name).and_then(|value| parse(value).ok())
    }
    fn list<T: DeserializeOwned>(body: &Value, name: &str) -> Vec<T> {
        let values = body.get(name).and_then(Value::as_array);
        values.into_iter().flatten().filter_map(|value| parse(value).ok()).collect()
    }
    Sale {
        client_id,
        receipt_number: field(body, "receiptNumber"),
        shift_id: field(body, "shiftId"),
        cashier_id: field(body, "cashierId"),
        offline_created_at: field(body, "offlineCreatedAt"),
        currency: field(body, "currency"),
        prices_include_tax: field(body, "pricesIncludeTax"),
        items: list::<LineItem>(body, "items"),
        tenders: list::<Tender>(body, "tenders"),
        net_minor: field(body, "netMinor").unwrap_or_default(),
        tax_minor: field(body, "taxMinor").unwrap_or_default(),
        total_minor: field(body, "totalMinor").unwrap_or_default(),
        cash_rounding_minor: field(body, "cashRoundingMinor"),
        tip_minor: field(body, "tipMinor"),
    }
}

/// Leaves out an instant that no column holds. The body keeps it as it was sent.
fn in_column_range(mut sale: Sale) -> Sale {
    sale.offline_created_at = sale.offline_created_at.filter(fits_a_column);
    sale
}

/// An amount as it may be added up with others. One past every range counts as zero until a manager has looked.
pub fn countable(amount: Money) -> i64 {
    if amount.in_range() { amount.0 } else { 0 }
}

/// Reads a value, or says in one line where it went wrong.
pub fn parse<T: DeserializeOwned>(value: &Value) -> std::result::Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| match error.path().to_string() {
        path if path == "." => error.inner().to_string(),
        path => format!("{path}: {}", error.inner()),
    })
}

/// U+0000 is a fine character in JSON and none in PostgreSQL's text; its place is kept with U+FFFD.
fn replace_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', "\u{fffd}"),
        Value::Array(values) => values.iter_mut().for_each(replace_nul),
        Value::Object(fields) => {
            if fields.keys().any(|name| name.contains('\0')) {
                let renamed = std::mem::take(fields).into_iter();
                *fields = renamed.map(|(name, value)| (name.replace('\0', "\u{fffd}"), value)).collect();
            }
            fields.values_mut().for_each(replace_nul);
        }
        _ => {}
    }
}

fn rejected(client_id: Option<ClientId>, code: &str, message: &str, field: String) -> Event {
    Event::Rejected(refusal(client_id, code, message, Some(field)))
}

/// What is answered about an event that was not recorded; the device keeps it.
pub fn refusal(client_id: Option<ClientId>, code: &str, message: &str, field: Option<String>) -> EventResult {
    EventResult {
        client_id,
        status: EventStatus::Rejected,
        duplicate: false,
        sale_id: None,
        conflicts: vec![],
        notices: vec![],
        error: Some(ErrorDetail { code: code.into(), message: message.into(), field, request_id: None }),
    }
}
