//! Who pushes, for which device, into which store.

use crate::{
    audit::Actor,
    auth::{Caller, caller},
    database::{Database, Tx},
    error::{Error, Result},
};
use chrono::{DateTime, Utc};
use keeptill_domain::{DeviceId, StoreId, TenantId, UserId};

#[derive(Clone, Copy, Debug)]
pub struct Sender {
    pub tenant: TenantId,
    pub user: Option<UserId>,
    pub device: Option<DeviceId>,
    /// Where a manager pushes for no device.
    pub store: Option<StoreId>,
    /// Who has what that device recorded, where it is not the device itself: another till, or a manager with a file.
    pub handed_in_by: Option<Actor>,
    /// The one who hands in was disconnected, so that what it brings is for a manager to look at.
    pub revoked: bool,
}

/// The sender with its rows: the device's is locked, so that the pushes of one device come one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub store: StoreId,
    pub device: Option<PushingDevice>,
}

#[derive(Clone, Copy, Debug)]
pub struct PushingDevice {
    pub id: DeviceId,
    pub revoked: bool,
    pub acked_seq: i64,
    /// The journal it writes now, and how often it was paired.
    pub journal: i32,
    pub pairings: i32,
    pub last_push_at: Option<DateTime<Utc>>,
}

impl Sender {
    /// The caller, or the device that it names: a manager speaks for any of the tenant's, and a device hands in what
    /// another of them recorded.
    ///
    /// # Errors
    /// 404 where the one named is not the tenant's.
    pub async fn of(db: &Database, caller: &Caller, named: Option<DeviceId>, store: Option<StoreId>) -> Result<Self> {
        let (tenant, user) = (caller.tenant(), caller.user());
        let itself = |device| Self { tenant, user, device, store, handed_in_by: None, revoked: false };
        let Caller::Device(own) = caller else {
            let mut tx = db.begin(tenant).await?;
            return Ok(itself(caller.device_if_any(&mut tx, named).await?.map(|device| device.device)));
        };
        // Its token has said who it is.
        let Some(other) = named.filter(|named| *named != own.device) else { return Ok(itself(Some(own.device))) };
        let mut tx = db.begin(tenant).await?;
        let device = Some(caller::device(&mut tx, tenant, other).await?.device);
        let (handed_in_by, revoked) = (Some(caller.actor()), own.revoked_at.is_some());
        Ok(Self { tenant, user, device, store, handed_in_by, revoked })
    }

    pub async fn lock(&self, tx: &mut Tx) -> Result<Origin> {
        let Some(device) = self.device else {
            return Ok(Origin { store: self.store(tx).await?, device: None });
        };
        let row = sqlx::query!(
            "select store_id, revoked_at, acked_seq, journal, pairings, last_push_at from devices
             where tenant_id = $1 and device_id = $2 for no key update",
            self.tenant.0,
            device.0,
        )
        .fetch_optional(&mut **tx)
        .await?
        .ok_or_else(Error::not_found)?;
        let device = PushingDevice {
            id: device,
            revoked: row.revoked_at.is_some() || self.revoked,
            acked_seq: row.acked_seq,
            journal: row.journal,
            pairings: row.pairings,
            last_push_at: row.last_push_at,
        };
        Ok(Origin { store: row.store_id.into(), device: Some(device) })
    }

    /// The store named, or the tenant's first.
    async fn store(&self, tx: &mut Tx) -> Result<StoreId> {
        let found = sqlx::query_scalar!(
            "select store_id from stores where tenant_id = $1 and ($2::uuid is null or store_id = $2)
             order by created_at, store_id limit 1",
            self.tenant.0,
            self.store.map(|store| store.0),
        )
        .fetch_optional(&mut **tx)
        .await?;
        found.map(StoreId).ok_or_else(Error::not_found)
    }
}
