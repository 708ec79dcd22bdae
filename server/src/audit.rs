//! Who changed or decided what, when, from what to what. Rows are only ever added.

use crate::{database::Tx, error::Result};
use keeptill_domain::{DeviceId, TenantId, UserId};
use serde_json::Value;
use uuid::Uuid;

/// Who did it: a person, a device, or (before anybody had logged in) neither.
#[derive(Clone, Copy, Debug, Default)]
pub struct Actor {
    pub user: Option<UserId>,
    pub device: Option<DeviceId>,
}

impl Actor {
    pub fn user(user: UserId) -> Self {
        Self { user: Some(user), device: None }
    }

    pub fn device(device: DeviceId) -> Self {
        Self { user: None, device: Some(device) }
    }
}

/// `action` is a noun and a verb, `product.delete`; `subject` is the id it was done to.
pub async fn record(
    tx: &mut Tx,
    tenant: TenantId,
    actor: Actor,
    action: &str,
    subject: impl ToString,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<()> {
    sqlx::query!(
        "insert into audit_log (tenant_id, id, user_id, device_id, action, subject, before, after)
        values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant.0,
        Uuid::now_v7(),
        actor.user.map(|id| id.0),
        actor.device.map(|id| id.0),
        action,
        subject.to_string(),
        before,
        after
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
