//! How a device's view and the server's may differ, what is done about it, and what a manager may decide.
//!
//! The table is CONTRACT.md's; its names are on the wire and never change.

use crate::{
    ids::{ProductId, UserId},
    money::Money,
    quantity::Quantity,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Why a sale waits for a manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictReason {
    InsufficientStock,
    UnknownProduct,
    InvalidTotals,
    DuplicateMismatch,
    OverRefund,
    ChainBroken,
    DeviceRevoked,
    StaffRevoked,
}

/// Why a sale that stands is marked all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeReason {
    PriceChanged,
    ProductDeleted,
    ClockSkew,
    ShiftClosed,
}

/// What the server did with what differed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    ManualReview,
    KeptOfflinePrice,
    ProductArchived,
    KeptDeviceTime,
    AttachedToShift,
}

impl ConflictReason {
    pub const ALL: [Self; 8] = [
        Self::InsufficientStock,
        Self::UnknownProduct,
        Self::InvalidTotals,
        Self::DuplicateMismatch,
        Self::OverRefund,
        Self::ChainBroken,
        Self::DeviceRevoked,
        Self::StaffRevoked,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InsufficientStock => "insufficient_stock",
            Self::UnknownProduct => "unknown_product",
            Self::InvalidTotals => "invalid_totals",
            Self::DuplicateMismatch => "duplicate_mismatch",
            Self::OverRefund => "over_refund",
            Self::ChainBroken => "chain_broken",
            Self::DeviceRevoked => "device_revoked",
            Self::StaffRevoked => "staff_revoked",
        }
    }

    /// Whether the sale's stock waits for the decision; for the others it moves as usual.
    pub fn holds_stock(self) -> bool {
        !matches!(self, Self::ChainBroken | Self::DeviceRevoked | Self::StaffRevoked)
    }
}

impl NoticeReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PriceChanged => "price_changed",
            Self::ProductDeleted => "product_deleted",
            Self::ClockSkew => "clock_skew",
            Self::ShiftClosed => "shift_closed",
        }
    }

    pub fn action(self) -> Action {
        match self {
            Self::PriceChanged => Action::KeptOfflinePrice,
            Self::ProductDeleted => Action::ProductArchived,
            Self::ClockSkew => Action::KeptDeviceTime,
            Self::ShiftClosed => Action::AttachedToShift,
        }
    }
}

/// One thing about a sale that a manager must look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    pub reason: ConflictReason,
    pub action: Action,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<Quantity>,
    /// For a person: what exactly does not agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Conflict {
    pub fn new(reason: ConflictReason) -> Self {
        Self { reason, action: Action::ManualReview, product_id: None, requested: None, available: None, detail: None }
    }
}

/// One thing that differed and needs no decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    pub reason: NoticeReason,
    pub action: Action,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline_price_minor: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_price_minor: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_time: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_time: Option<DateTime<Utc>>,
}

impl Notice {
    pub fn new(reason: NoticeReason) -> Self {
        Self {
            reason,
            action: reason.action(),
            product_id: None,
            offline_price_minor: None,
            current_price_minor: None,
            device_time: None,
            server_time: None,
        }
    }
}

/// What a manager decides about a sale in conflict. The receipt itself is never rewritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum ResolutionKind {
    /// The sale stands as it is; stock moves, below zero if need be.
    Accept,
    /// What really left the shop; stock moves by that.
    Adjust { items: Vec<AdjustedItem> },
    /// A count is recorded first, then the sale moves stock.
    Recount { counts: Vec<CountedItem> },
    /// The sale is cancelled with a reversing entry.
    Void,
}

impl ResolutionKind {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Adjust { .. } => "adjust",
            Self::Recount { .. } => "recount",
            Self::Void => "void",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdjustedItem {
    pub product_id: ProductId,
    pub quantity: Quantity,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountedItem {
    pub product_id: ProductId,
    pub counted: Quantity,
}

/// A decision that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resolution {
    #[serde(flatten)]
    pub kind: ResolutionKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    pub resolved_by: UserId,
    pub resolved_by_name: String,
    pub resolved_at: DateTime<Utc>,
}
