//! What is written once a push: how the device stands, and the line in the sync log.

use super::{
    batch::Push,
    judge::Clock,
    sender::{Origin, PushingDevice, Sender},
    sequence::{self, Sequence},
};
use crate::{
    audit,
    database::Tx,
    error::Result,
    log::{self, NewLogRow, Outcome},
    sales::cursor::fits_a_column,
};
use chrono::{DateTime, Utc};
use keeptill_domain::{DeviceSeq, Epoch, SyncLogId, TenantId};
use keeptill_sync::wire::{EventResult, EventStatus, PushResponse};
use serde_json::json;

/// The most characters kept of an app's version.
const APP_VERSION_CHARS_MAX: usize = 64;

/// An answer but for its results.
#[derive(Debug)]
pub struct Answer {
    sync_log_id: SyncLogId,
    standing: Option<Standing>,
}

/// What the server has of a device.
#[derive(Debug)]
struct Standing {
    sequence: Sequence,
    /// Of the event that `sequence.acked` names, for a push that only asks.
    acked_hash: Option<String>,
    epoch: Epoch,
}

impl Answer {
    pub fn with(self, results: Vec<EventResult>, server_time: DateTime<Utc>) -> PushResponse {
        let mut answer = PushResponse {
            results,
            sync_log_id: self.sync_log_id,
            server_time,
            acked_seq: None,
            acked_hash: None,
            missing_seqs: vec![],
            epoch: None,
        };
        if let Some(Standing { sequence, acked_hash, epoch }) = self.standing {
            answer.acked_seq = Some(DeviceSeq(sequence.acked));
            answer.acked_hash = acked_hash;
            answer.missing_seqs = sequence.missing.into_iter().map(DeviceSeq).collect();
            answer.epoch = Some(epoch);
        }
        answer
    }
}

/// Notes how the device stands and logs the push.
pub async fn close(tx: &mut Tx, push: &Push, origin: &Origin, clock: Clock, results: &[EventResult]) -> Result<Answer> {
    let tenant = push.sender.tenant;
    let standing = match &origin.device {
        Some(device) => {
            // It was not heard itself when somebody else brings what it recorded.
            let heard_at = if push.sender.handed_in_by.is_none() { Some(clock.now) } else { device.last_push_at };
            Some(note_device(tx, tenant, device, push, (clock, heard_at), results).await?)
        }
        None => None,
    };
    note_hand_in(tx, &push.sender, results).await?;
    let refused: Vec<&EventResult> = results.iter().filter(|result| result.error.is_some()).collect();
    let outcome = match refused.len() {
        0 => Outcome::Success,
        all if all == results.len() => Outcome::Failed,
        _ => Outcome::Partial,
    };
    let count = |wanted: fn(&EventResult) -> bool| results.iter().filter(|result| wanted(result)).count();
    let row = NewLogRow {
        last_sync: origin.device.and_then(|device| device.last_push_at),
        items_synced: count(|result| result.status != EventStatus::Rejected),
        conflicts: count(|result| result.status == EventStatus::Conflict),
        errors: refused.iter().map(|result| json!({"clientId": result.client_id, "error": result.error})).collect(),
        ..row_of(&push.sender, outcome)
    };
    Ok(Answer { sync_log_id: log::record(tx, row).await?, standing })
}

/// A log row of a push, with nothing counted yet.
pub fn row_of(sender: &Sender, outcome: Outcome) -> NewLogRow {
    NewLogRow {
        tenant: sender.tenant,
        user: sender.user,
        device: sender.handed_in_by.and_then(|actor| actor.device).or(sender.device),
        sync_type: log::SyncType::Push,
        last_sync: None,
        items_synced: 0,
        conflicts: 0,
        outcome,
        errors: vec![],
    }
}

/// Only what was new is worth a line: a push whose answer was lost is sent again.
async fn note_hand_in(tx: &mut Tx, sender: &Sender, results: &[EventResult]) -> Result<()> {
    let new = results.iter().filter(|result| !result.duplicate && result.status != EventStatus::Rejected).count();
    if let (Some(actor), Some(device)) = (sender.handed_in_by, sender.device)
        && new > 0
    {
        let after = json!({ "deviceId": device, "events": new });
        audit::record(tx, sender.tenant, actor, "sales.hand_in", device, None, Some(after)).await?;
    }
    Ok(())
}

async fn note_device(
    tx: &mut Tx,
    tenant: TenantId,
    device: &PushingDevice,
    push: &Push,
    (clock, heard_at): (Clock, Option<DateTime<Utc>>),
    results: &[EventResult],
) -> Result<Standing> {
    let report = &push.report;
    let sequence = sequence::look(tx, tenant, device.id, device.journal, device.acked_seq).await?;
    let accepted = results.iter().filter(|result| result.status != EventStatus::Rejected).count() as i64;
    let pending = report.pending_count.map(|count| count.saturating_sub(accepted).max(0));
    let app_version = report
        .app_version
        .as_ref()
        .map(|version| version.chars().filter(|c| !c.is_control()).take(APP_VERSION_CHARS_MAX).collect::<String>());
    let epoch = sqlx::query_scalar!(
        r#"update devices
         set last_seen_at = greatest(last_seen_at, $3), last_push_at = $3,
             pending_count = coalesce($4, pending_count),
             oldest_pending_at = case $4 when 0 then null else coalesce($5, oldest_pending_at) end,
             clock_offset_ms = coalesce($6, clock_offset_ms), app_version = coalesce($7, app_version),
             acked_seq = $8,
             highest_seq = (select coalesce(max(device_seq), 0) from events
                            where tenant_id = $1 and device_id = $2 and journal = $9)
         where tenant_id = $1 and device_id = $2
         returning (select epoch from tenants where tenant_id = $1) as "epoch!""#,
        tenant.0,
        device.id.0,
        heard_at,
        pending,
        report.oldest_pending_at.filter(fits_a_column),
        clock.offset().map(|offset| offset.num_milliseconds()),
        app_version,
        sequence.acked,
        device.journal,
    )
    .fetch_one(&mut **tx)
    .await?;
    let acked_hash = match push.events.is_empty() {
        true => hash_of(tx, tenant, device, sequence.acked).await?,
        false => None,
    };
    Ok(Standing { sequence, acked_hash, epoch: Epoch(epoch) })
}

/// The hash of the event of that number in the journal that the device writes now; of several, whose chain broke, none.
async fn hash_of(tx: &mut Tx, tenant: TenantId, device: &PushingDevice, seq: i64) -> Result<Option<String>> {
    let hashes = sqlx::query_scalar!(
        "select hash from events
         where tenant_id = $1 and device_id = $2 and journal = $3 and device_seq = $4 limit 2",
        tenant.0,
        device.id.0,
        device.journal,
        seq,
    )
    .fetch_all(&mut **tx)
    .await?;
    match hashes.as_slice() {
        [hash] => Ok(hash.clone()),
        _ => Ok(None),
    }
}
