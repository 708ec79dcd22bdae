//! Stock is the sum of its movements; a movement is only ever added.

use crate::{ids::ProductId, quantity::Quantity};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Why stock moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementReason {
    Received,
    Damaged,
    Correction,
    Returned,
    Transferred,
    /// Somebody counted the shelf; the movement is the difference.
    Count,
    /// A sale; only the server records these two.
    Sale,
    Void,
}

impl MovementReason {
    pub const ALL: [Self; 8] = [
        Self::Received,
        Self::Damaged,
        Self::Correction,
        Self::Returned,
        Self::Transferred,
        Self::Count,
        Self::Sale,
        Self::Void,
    ];

    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Damaged => "damaged",
            Self::Correction => "correction",
            Self::Returned => "returned",
            Self::Transferred => "transferred",
            Self::Count => "count",
            Self::Sale => "sale",
            Self::Void => "void",
        }
    }

    /// Whether a manager may give this reason with a delta.
    pub fn by_hand(self) -> bool {
        !matches!(self, Self::Count | Self::Sale | Self::Void)
    }
}

/// What is on hand of one product in one store, as last known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockLevel {
    pub product_id: ProductId,
    pub on_hand: Quantity,
    pub sync_version: i64,
    pub last_modified: DateTime<Utc>,
}
