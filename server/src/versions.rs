//! Version numbers that a pull can't skip.
//!
//! Each tenant has one row per stream. A writing transaction takes the next number from it as late as it can and keeps
//! the row until it commits, so that no higher number is ever visible before a lower one.

use crate::{database::Tx, error::Result};
use keeptill_domain::TenantId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Products, categories, taxes, staff, settings.
    Catalogue,
    /// What is on hand.
    Stock,
}

impl Stream {
    pub const ALL: [Self; 2] = [Self::Catalogue, Self::Stock];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
            Self::Stock => "stock",
        }
    }
}

/// Takes the stream's next number; one serves all rows of the transaction.
pub async fn next_version(tx: &mut Tx, tenant: TenantId, stream: Stream) -> Result<i64> {
    let version = sqlx::query_scalar!(
        "update stream_versions set version = version + 1 where tenant_id = $1 and stream = $2 returning version",
        tenant.0,
        stream.as_str()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(version)
}
