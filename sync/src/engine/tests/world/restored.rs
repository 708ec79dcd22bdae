//! What the server has of a journal, and what the store does where it has less than it had.

use super::{DEVICE, FORMER_DEVICE, World};
use crate::{
    batch::{Lacking, Numbers},
    journal::{EntryState, JournalEntry},
};
use keeptill_domain::{DeviceId, DeviceSeq};
use std::{collections::BTreeSet, ops::RangeBounds};

impl World {
    pub(super) fn senders(&self) -> Vec<DeviceId> {
        let sent = |entry: &&JournalEntry| matches!(entry.state, EntryState::Sent { .. });
        let sender =
            |entry: &JournalEntry| if entry.device_seq.0 <= self.former_until { FORMER_DEVICE } else { DEVICE };
        let senders: BTreeSet<DeviceId> = self.journal.iter().filter(sent).map(sender).collect();
        senders.into_iter().collect()
    }

    pub(super) fn reopen(&mut self, lacking: &Lacking) -> u32 {
        let same =
            |seq: &DeviceSeq, hash: &String| self.journal.get(seq.0 as usize - 1).is_some_and(|e| e.hash == *hash);
        let lacks_number = |number: DeviceSeq| match &lacking.numbers {
            Numbers::After { seq, hash } => number > *seq || !same(seq, hash),
            Numbers::These(numbers) => numbers.contains(&number),
            Numbers::All => true,
        };
        let lacks: Vec<bool> = self.journal.iter().map(|entry| lacks_number(entry.device_seq)).collect();
        let mut count = 0;
        for (entry, lacks) in self.journal.iter_mut().zip(lacks) {
            let sender = if entry.device_seq.0 <= self.former_until { FORMER_DEVICE } else { DEVICE };
            if lacks && sender == lacking.device && matches!(entry.state, EntryState::Sent { .. }) {
                entry.state = EntryState::Waiting;
                count += 1;
            }
        }
        count
    }

    /// As if all were of one device, which is enough here.
    pub(super) fn sequence(&self) -> (DeviceSeq, Vec<DeviceSeq>) {
        let here: BTreeSet<i64> = self.events.values().filter_map(|event| event["deviceSeq"].as_i64()).collect();
        let missing: Vec<i64> =
            (1..here.last().copied().unwrap_or_default()).filter(|seq| !here.contains(seq)).collect();
        let acked = missing.first().map_or(here.len() as i64, |first| first - 1);
        (DeviceSeq(acked), missing.into_iter().map(DeviceSeq).collect())
    }

    pub(super) fn hash_of(&self, seq: DeviceSeq) -> Option<String> {
        let event = self.events.values().find(|event| event["deviceSeq"] == seq.0)?;
        Some(event["hash"].as_str()?.to_owned())
    }

    /// The server loses what it has of these entries.
    pub fn forget(&mut self, seqs: impl RangeBounds<i64>) {
        self.events.retain(|_, event| !event["deviceSeq"].as_i64().is_some_and(|seq| seqs.contains(&seq)));
    }
}
