//! Sending again what the server had and has no more: after its database was restored, or where it names a gap.
//!
//! The journal remembers the epoch of the server's database that what counts as sent is known to be in. Any answer of
//! another epoch makes the engine ask, device by device, up to which number the server has everything, and open what
//! lies past it. The number comes with its event's hash, which proves that both mean the same journal. That is written
//! down before a row of that epoch is, so a crash in between only asks once more.

use super::{Action, Engine, Phase, Sender};
use crate::{
    batch::{Lacking, Numbers},
    failure::Failure,
    wire::{PushRequest, PushResponse},
};
use chrono::{DateTime, Utc};
use keeptill_domain::{DeviceId, Epoch};

/// A restore may come in the middle of asking about the last one; more in one round are a confused server.
const AUDITS_MAX: u32 = 3;

/// Asking the server what it has.
#[derive(Clone, Debug)]
pub(super) struct Audit {
    epoch: Epoch,
    left: Vec<DeviceId>,
    found: Vec<Lacking>,
}

impl Engine {
    /// The epoch of an answer that is not the journal's.
    pub(super) fn other_epoch(&self, answered: Option<Epoch>) -> Option<Epoch> {
        answered.filter(|epoch| self.round.epoch != Some(*epoch))
    }

    /// The answer that showed the epoch is dropped: what it was about is asked for again, after this.
    pub(super) fn audit(&mut self, epoch: Epoch, now: DateTime<Utc>) -> Vec<Action> {
        self.round.audits += 1;
        if self.round.audits > AUDITS_MAX {
            return self.end_badly(Failure::Away { retry_after_s: None }, now);
        }
        self.phase = Phase::Naming { epoch };
        vec![Action::ReadSenders]
    }

    pub(super) fn ask_about(&mut self, devices: Vec<DeviceId>, epoch: Epoch, now: DateTime<Utc>) -> Vec<Action> {
        self.probe(Audit { epoch, left: devices, found: vec![] }, now)
    }

    /// A push without events: its answer says how far the server has the device's journal.
    fn probe(&mut self, mut audit: Audit, now: DateTime<Utc>) -> Vec<Action> {
        let Some(device) = audit.left.pop() else {
            return self.reopen(Some(audit.epoch), audit.conclusion(), None);
        };
        let request = PushRequest {
            device_id: Some(device),
            device_time: Some(now),
            pending_count: None,
            oldest_pending_at: None,
            app_version: Some(self.settings.app_version.clone()),
            events: vec![],
        };
        self.phase = Phase::Probing { audit, device, at: now };
        vec![Action::Push(request)]
    }

    pub(super) fn probed(
        &mut self,
        mut audit: Audit,
        device: DeviceId,
        at: DateTime<Utc>,
        response: &PushResponse,
        now: DateTime<Utc>,
    ) -> Vec<Action> {
        self.answered(at, response.server_time, now);
        if let Some(epoch) = response.epoch.filter(|epoch| *epoch != audit.epoch) {
            return self.audit(epoch, now);
        }
        let numbers = match (response.acked_seq, &response.acked_hash) {
            (Some(seq), Some(hash)) => Numbers::After { seq, hash: hash.clone() },
            _ => Numbers::All,
        };
        audit.found.push(Lacking { device, numbers });
        self.probe(audit, now)
    }

    /// What the answer to a push names as missing, unless that was opened again just now.
    pub(super) fn named_as_missing(&mut self, sender: Sender, response: &PushResponse) -> Option<Lacking> {
        let device = sender.device?;
        if response.missing_seqs.is_empty() {
            self.reopened = None;
            return None;
        }
        let named = Lacking { device, numbers: Numbers::These(response.missing_seqs.clone()) };
        (self.reopened.as_ref() != Some(&named)).then_some(named)
    }

    pub(super) fn send_again(&mut self, named: Lacking) -> Vec<Action> {
        self.reopen(None, vec![named.clone()], Some(named))
    }

    fn reopen(&mut self, epoch: Option<Epoch>, lacking: Vec<Lacking>, named: Option<Lacking>) -> Vec<Action> {
        self.phase = Phase::Reopening { epoch, named };
        vec![Action::SendAgain { epoch, lacking }]
    }

    pub(super) fn sent_again(&mut self, epoch: Option<Epoch>, named: Option<Lacking>, count: u32) -> Vec<Action> {
        if epoch.is_some() {
            // What is open now may lie before what this round has been through.
            self.round.after = 0;
            self.reopened = None;
        } else {
            self.reopened = named;
            self.again |= count > 0;
        }
        self.read_on()
    }
}

impl Audit {
    /// Where the server can't tell what it has of one device, that one's entries were, or will be, sent in the name of
    /// another, and stand among the other's numbers: then no number proves anything, and everything goes again.
    fn conclusion(&self) -> Vec<Lacking> {
        let mut lacking = self.found.clone();
        if lacking.iter().any(|found| found.numbers == Numbers::All) {
            lacking.iter_mut().for_each(|found| found.numbers = Numbers::All);
        }
        lacking
    }
}
