//! One paired browser, and the numbers on its receipts.

use serde::{Deserialize, Serialize};

/// The place of an event in its device's journal: 1, 2, 3, … without a gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceSeq(pub i64);

impl DeviceSeq {
    pub const FIRST: Self = Self(1);

    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// `T3-000041`: the till's prefix, then the number in its own series.
pub fn receipt_number(prefix: &str, number: i64) -> String {
    format!("{prefix}-{number:06}")
}
