//! How far a cursor may lie back: up to the last deletion that is forgotten (see [`crate::retention`]).

use super::cursor::Place;
use crate::{
    database::Tx,
    error::{Error, Result},
};
use chrono::{DateTime, Utc};
use keeptill_domain::TenantId;
use keeptill_sync::wire::Collection;
use std::collections::HashMap;

/// The last place at which a tombstone was, and is no more.
#[derive(Clone, Copy, Debug)]
pub struct Floor {
    pub place: Place,
    /// Every forgotten change was made by then.
    pub changed_at: DateTime<Utc>,
}

#[derive(Clone, Debug, Default)]
pub struct Floors(HashMap<Collection, Floor>);

impl Floors {
    pub async fn read(tx: &mut Tx, tenant: TenantId) -> Result<Self> {
        let rows = sqlx::query!(
            "select collection, version, row_id, changed_at from tombstone_floors where tenant_id = $1",
            tenant.0
        )
        .fetch_all(&mut **tx)
        .await?;
        let mut floors = HashMap::with_capacity(rows.len());
        for row in rows {
            let collection = Collection::ALL.into_iter().find(|collection| collection.as_str() == row.collection);
            let collection = collection.ok_or_else(|| Error::internal("a floor of no collection"))?;
            floors.insert(collection, Floor { place: Place(row.version, row.row_id), changed_at: row.changed_at });
        }
        Ok(Self(floors))
    }

    pub fn of(&self, collection: Collection) -> Option<Floor> {
        self.0.get(&collection).copied()
    }
}
