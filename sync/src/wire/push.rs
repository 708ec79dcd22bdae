//! From the device to the server: events of its journal, and what became of each.

use super::ErrorDetail;
use chrono::{DateTime, Utc};
use keeptill_domain::{ClientId, Conflict, DeviceId, DeviceSeq, Epoch, Notice, SaleId, SyncLogId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PushRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_time: Option<DateTime<Utc>>,
    /// How many events the device still holds unsent, those of this push included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_count: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_pending_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// Each as it was hashed; the server reads what it knows and keeps the rest.
    pub events: Vec<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventStatus {
    Synced,
    Conflict,
    Rejected,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventResult {
    /// `None` only for what could not be read.
    pub client_id: Option<ClientId>,
    pub status: EventStatus,
    pub duplicate: bool,
    pub sale_id: Option<SaleId>,
    pub conflicts: Vec<Conflict>,
    pub notices: Vec<Notice>,
    pub error: Option<ErrorDetail>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PushResponse {
    /// One for each event, in order.
    pub results: Vec<EventResult>,
    pub sync_log_id: SyncLogId,
    pub server_time: DateTime<Utc>,
    /// Every event of the device up to and including this number is on the server.
    pub acked_seq: Option<DeviceSeq>,
    /// The hash of that event, in the answer to a push without events: a device that has another one under the number
    /// knows that its journal is not the one the server means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acked_hash: Option<String>,
    /// Numbers below the highest one seen that have not arrived; at most the first 1,000.
    pub missing_seqs: Vec<DeviceSeq>,
    /// The epoch of the database that has the events now; a server before this field leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
}
