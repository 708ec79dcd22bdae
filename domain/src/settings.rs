//! What holds for a whole shop.

use crate::money::Currency;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    pub shop_name: String,
    pub currency: Currency,
    /// An IANA name: `Europe/Berlin`.
    pub time_zone: String,
    pub prices_include_tax: bool,
    pub sync_version: i64,
    pub last_modified: DateTime<Utc>,
}
