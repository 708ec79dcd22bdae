//! Writing down that a device's journal ended and another began.

use super::{chain::Chain, sender::PushingDevice};
use crate::{database::Tx, error::Result};
use keeptill_domain::TenantId;

/// Keeps how the journal that ended stood, and lets the device's numbers begin again.
pub async fn note(tx: &mut Tx, tenant: TenantId, device: &mut PushingDevice, chain: &Chain) -> Result<()> {
    let Some(ended) = chain.ended() else { return Ok(()) };
    sqlx::query!(
        "insert into device_restarts (tenant_id, device_id, journal, acked_seq, last_seq, pending_count, paired_at)
         select tenant_id, device_id, $3, acked_seq, highest_seq, pending_count, coalesce(paired_at, created_at)
         from devices where tenant_id = $1 and device_id = $2",
        tenant.0,
        device.id.0,
        ended,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update devices set journal = $3, acked_seq = 0, highest_seq = 0, pending_count = null, oldest_pending_at = null
         where tenant_id = $1 and device_id = $2",
        tenant.0,
        device.id.0,
        chain.current(),
    )
    .execute(&mut **tx)
    .await?;
    device.journal = chain.current();
    device.acked_seq = 0;
    Ok(())
}
