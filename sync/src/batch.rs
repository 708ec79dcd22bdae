//! What goes into one push, and what its answer means for each entry.

use crate::{
    failure::plain,
    journal::{EntryState, JournalEntry},
    wire::{BODY_BYTES_MAX, EVENTS_PER_PUSH_MAX, EventResult, EventStatus, PushResponse},
};
use chrono::{DateTime, Utc};
use keeptill_domain::{ClientId, DeviceId, DeviceSeq, Epoch};
use std::{collections::HashMap, ops::RangeInclusive};

/// Room for the envelope around the events, and for a proxy that counts differently.
pub const EVENT_BYTES_MAX: usize = BODY_BYTES_MAX / 8 * 7;

/// An entry that the server does not have yet, and its place in the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Grows with each entry of this browser, whatever device it was paired as.
    pub position: u64,
    pub entry: JournalEntry,
}

/// What the store answers when asked for the next entries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unsent {
    /// In order of their position, all of one device.
    pub entries: Vec<Waiting>,
    /// The device that recorded them.
    pub device: Option<DeviceId>,
    /// The same, where this browser has been paired as another since: they belong to that
    /// device's chain, and are sent in its name.
    pub former: Option<DeviceId>,
    /// All that wait, those before the asked position included.
    pub total: u32,
    pub oldest_at: Option<DateTime<Utc>>,
    /// The epoch of the server's database that has what counts as sent here.
    pub epoch: Option<Epoch>,
}

/// Entries of one device that count as sent, and that the server has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    pub device: DeviceId,
    pub numbers: Numbers,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// The server does not know the device any more, or can't tell what it has of it.
    All,
    /// Everything after this one, if the entry of that number has that hash here: then the chain proves that the server
    /// has what led up to it. Otherwise all, because the server means another journal.
    After {
        seq: DeviceSeq,
        hash: String,
    },
    These(Vec<DeviceSeq>),
}

/// What became of one entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub position: u64,
    pub client_id: ClientId,
    pub state: EntryState,
}

/// The positions of these outcomes as runs of neighbours, so that a store reads a batch at once and not one by one.
pub fn runs(outcomes: &[Outcome]) -> Vec<RangeInclusive<u64>> {
    let mut positions: Vec<u64> = outcomes.iter().map(|outcome| outcome.position).collect();
    positions.sort_unstable();
    let mut runs: Vec<RangeInclusive<u64>> = Vec::new();
    for position in positions {
        match runs.last_mut() {
            Some(run) if position <= run.end() + 1 => *run = *run.start()..=position,
            _ => runs.push(position..=position),
        }
    }
    runs
}

/// The longest run of entries from the first that fits one push; at least one.
pub fn take_batch(mut entries: Vec<Waiting>, events_max: usize) -> Vec<Waiting> {
    let mut bytes = 0;
    let mut fitting = 0;
    for waiting in entries.iter().take(events_max.min(EVENTS_PER_PUSH_MAX)) {
        bytes += waiting.entry.event.to_string().len() + 1;
        if fitting > 0 && bytes > EVENT_BYTES_MAX {
            break;
        }
        fitting += 1;
    }
    entries.truncate(fitting);
    entries
}

/// What the server says of an event that it can read and could not store: nothing is wrong with the event.
const TEMPORARILY_UNSTORABLE: &str = "temporarily_unstorable";

/// Reads the answer entry by entry. An entry the answer says nothing about, or that the server could not store just
/// now, is left out, and so goes on waiting.
pub fn outcomes(batch: &[Waiting], response: &PushResponse, now: DateTime<Utc>) -> Vec<Outcome> {
    let by_id: HashMap<ClientId, &EventResult> =
        response.results.iter().filter_map(|result| Some((result.client_id?, result))).collect();
    let in_order = response.results.len() == batch.len();
    let result_of = |index: usize, client_id: ClientId| {
        let at_its_place = response.results.get(index).filter(|_| in_order);
        match at_its_place {
            Some(result) if result.client_id == Some(client_id) => Some(result),
            // What the server could not read it may not be able to name, either.
            Some(result) if result.client_id.is_none() && result.status == EventStatus::Rejected => Some(result),
            _ => by_id.get(&client_id).copied(),
        }
    };
    let outcome = |(index, waiting): (usize, &Waiting)| {
        let result = result_of(index, waiting.entry.client_id)?;
        if result.error.as_ref().is_some_and(|error| error.code == TEMPORARILY_UNSTORABLE) {
            return None;
        }
        Some(Outcome { position: waiting.position, client_id: waiting.entry.client_id, state: state_of(result, now) })
    };
    batch.iter().enumerate().filter_map(outcome).collect()
}

fn state_of(result: &EventResult, now: DateTime<Utc>) -> EntryState {
    match result.status {
        EventStatus::Synced | EventStatus::Conflict => EntryState::Sent {
            sale_id: result.sale_id,
            conflicts: result.conflicts.clone(),
            notices: result.notices.clone(),
            sent_at: now,
        },
        EventStatus::Rejected => EntryState::Rejected {
            error: result.error.clone().unwrap_or_else(|| plain("rejected", "The server could not read this entry.")),
        },
    }
}

#[cfg(test)]
mod tests;
