//! How a sale was paid.

use crate::money::Money;
use serde::{Deserialize, Serialize};

/// `cash`, `card`, or the name a shop gave to another way of paying.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenderType(pub String);

impl TenderType {
    pub fn cash() -> Self {
        Self("cash".into())
    }

    pub fn card() -> Self {
        Self("card".into())
    }

    pub fn is_cash(&self) -> bool {
        self.0 == "cash"
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tender {
    #[serde(rename = "type")]
    pub kind: TenderType,
    /// What the customer handed over.
    pub amount_minor: Money,
    /// What went back; only cash gives change.
    #[serde(default)]
    pub change_minor: Money,
    /// A card terminal's reference, a voucher's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl Tender {
    /// What stayed in the till.
    pub fn kept(&self) -> Money {
        self.amount_minor - self.change_minor
    }
}
