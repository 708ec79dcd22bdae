//! The bodies of push and pull, as the document shows them.
//!
//! The types that carry them over the wire are shared with the browser, where a schema would only be weight; and an
//! event is read field by field, so that no type says what it may hold. A test holds these against real answers.

#![expect(dead_code, reason = "they are described, never made")]

use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// What every push may say beside its events.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct PushBody {
    /// The device that recorded these, where another sends them: a manager, or a till that hands them in.
    device_id: Option<Uuid>,
    /// Where a manager pushes for no device; else the tenant's first store.
    store_id: Option<Uuid>,
    /// What the device's clock shows while it sends.
    device_time: Option<DateTime<Utc>>,
    /// How many events it holds unsent, these included.
    pending_count: Option<i64>,
    oldest_pending_at: Option<DateTime<Utc>>,
    app_version: Option<String>,
    #[schema(max_items = 200)]
    events: Vec<SaleEvent>,
}

/// The same for sales alone; their `type` may be missing.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct SalesPushBody {
    device_id: Option<Uuid>,
    store_id: Option<Uuid>,
    device_time: Option<DateTime<Utc>>,
    pending_count: Option<i64>,
    oldest_pending_at: Option<DateTime<Utc>>,
    app_version: Option<String>,
    #[schema(max_items = 200)]
    sales: Vec<SaleEvent>,
}

/// A sale as it is sent. Whatever is wrong with it becomes a conflict or a notice; only what has no `clientId`, or is
/// of a type that is not known here, is rejected.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct SaleEvent {
    /// `sale`
    r#type: String,
    /// Of the event's own shape; 1 where it is missing.
    schema_version: Option<i64>,
    /// Minted where the sale was made, a version 7 UUID.
    client_id: Uuid,
    /// 1, 2, 3, … in the device's journal, without a gap.
    #[schema(minimum = 1)]
    device_seq: Option<i64>,
    /// The `hash` of the event before; 64 zeros before the first.
    prev_hash: Option<String>,
    /// SHA-256 in lower-case hex over `prevHash` and the RFC 8785 form of the event without `hash`.
    hash: Option<String>,
    receipt_number: Option<String>,
    shift_id: Option<Uuid>,
    cashier_id: Option<Uuid>,
    offline_created_at: Option<DateTime<Utc>>,
    /// ISO 4217; without it the shop's.
    currency: Option<String>,
    /// Without it the shop's setting holds.
    prices_include_tax: Option<bool>,
    #[schema(max_items = 500)]
    items: Vec<SaleItem>,
    tenders: Vec<SaleTender>,
    net_minor: i64,
    tax_minor: i64,
    total_minor: i64,
    cash_rounding_minor: Option<i64>,
    tip_minor: Option<i64>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct SaleItem {
    product_id: Uuid,
    name: Option<String>,
    sku: Option<String>,
    category_id: Option<Uuid>,
    /// With at most three decimals.
    quantity: f64,
    unit_price_minor: i64,
    /// The product's `syncVersion` when it was rung up.
    catalog_version: Option<i64>,
    #[schema(default = 0)]
    discount_minor: i64,
    /// Parts per million: 190000 is 19 %.
    #[schema(default = 0)]
    tax_rate_ppm: i64,
    #[schema(default = 0)]
    tax_minor: i64,
    /// What the customer pays for the line, tax included.
    total_minor: i64,
    /// What the till believed to be on hand.
    stock_seen: Option<f64>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct SaleTender {
    /// `cash`, `card`, …
    r#type: String,
    amount_minor: i64,
    #[schema(default = 0)]
    change_minor: i64,
    reference: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct PushAnswer {
    /// One for each event, in order.
    results: Vec<EventOutcome>,
    sync_log_id: Uuid,
    server_time: DateTime<Utc>,
    /// Every event of the device up to and including this number is here.
    acked_seq: Option<i64>,
    /// The hash of that event, in the answer to a push without events.
    acked_hash: Option<String>,
    /// Numbers below the highest that have not arrived, at most the first 1,000.
    missing_seqs: Vec<i64>,
    /// Of the database that has the events now.
    epoch: Option<Uuid>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct EventOutcome {
    /// `null` only for what could not be read.
    client_id: Option<Uuid>,
    /// `synced`, `conflict` or `rejected`
    status: String,
    /// It was here already, and nothing was changed.
    duplicate: bool,
    sale_id: Option<Uuid>,
    conflicts: Vec<SaleConflict>,
    notices: Vec<SaleNotice>,
    error: Option<ErrorShape>,
}

/// What a manager has to look at.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct SaleConflict {
    /// `insufficient_stock`, `unknown_product`, `invalid_totals`, `duplicate_mismatch`, `over_refund`, `chain_broken`,
    /// `device_revoked` or `staff_revoked`
    reason: String,
    /// `manual_review`
    action: String,
    product_id: Option<Uuid>,
    requested: Option<f64>,
    available: Option<f64>,
    /// For a person.
    detail: Option<String>,
}

/// What differed and needs no decision.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct SaleNotice {
    /// `price_changed`, `product_deleted`, `clock_skew` or `shift_closed`
    reason: String,
    /// `kept_offline_price`, `product_archived`, `kept_device_time` or `attached_to_shift`
    action: String,
    product_id: Option<Uuid>,
    offline_price_minor: Option<i64>,
    current_price_minor: Option<i64>,
    device_time: Option<DateTime<Utc>>,
    server_time: Option<DateTime<Utc>>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct ErrorShape {
    code: String,
    /// For a person; may change.
    message: String,
    /// Where in the body: `items[2].quantity`.
    field: Option<String>,
    request_id: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct PullBody {
    /// Goes on exactly where the answer with this cursor ended.
    cursor: Option<String>,
    /// For simple clients: everything changed at or after it, possibly with repeats.
    last_sync: Option<DateTime<Utc>>,
    /// Of `products`, `categories`, `taxes`, `staff`, `settings`, `stock`.
    collections: Vec<String>,
    /// Rows in the answer.
    #[schema(minimum = 1, maximum = 5000, default = 1000)]
    limit: Option<i64>,
    /// For a manager, who is no device.
    device_id: Option<Uuid>,
}

/// Collections that were not asked for are not in it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct PullAnswer {
    /// Changes when the database was restored.
    epoch: Uuid,
    cursor: String,
    server_time: DateTime<Utc>,
    has_more: bool,
    /// Forget what was pulled before, and pull from nothing.
    must_resync: bool,
    products: Option<Vec<HashMap<String, Value>>>,
    categories: Option<Vec<HashMap<String, Value>>>,
    taxes: Option<Vec<HashMap<String, Value>>>,
    staff: Option<Vec<HashMap<String, Value>>>,
    settings: Option<HashMap<String, Value>>,
    stock: Option<Vec<HashMap<String, Value>>>,
    /// Ids of rows that are gone, by collection.
    deleted_ids: HashMap<String, Value>,
}
