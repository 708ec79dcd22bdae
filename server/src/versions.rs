//! Version numbers that a pull can't skip.
//!
//! Each tenant has one row per stream. A writing transaction takes the next number from it as late as it can and keeps
//! the row until it commits, so that no higher number is ever visible before a lower one.

use crate::{
    database::Tx,
    error::Result,
    pokes::news::{self, News, Told},
};
use keeptill_domain::TenantId;
use keeptill_sync::wire::Collection;

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

/// Takes the catalogue's next number, and pokes whoever follows the collections that it changes.
pub async fn next_catalogue_version(tx: &mut Tx, tenant: TenantId, collections: &[Collection]) -> Result<i64> {
    let told = Told::Changed { collections: collections.to_vec() };
    news::tell(tx, &News { tenant, told }).await?;
    next_version(tx, tenant, Stream::Catalogue).await
}

/// Takes the stream's next number, and tells nobody; one serves all rows of the transaction.
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
