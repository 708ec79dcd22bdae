//! How a till stands, in a word and a sentence.

use super::{clock::span, visit::Visit, words};
use crate::status::DeviceStatus;
use chrono::TimeDelta;
use keeptill_app::components::Tone;
use keeptill_app::office::{Mark, Need};

/// A till that said it had more to send and has not been heard of for so long is silent.
pub const SILENT_AFTER: TimeDelta = TimeDelta::minutes(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Unpaired,
    Revoked,
    /// Numbers below the highest are missing.
    Gap,
    Silent,
    /// It has more to send and is at it.
    Waiting,
    AllIn,
}

pub fn standing(visit: &Visit, status: &DeviceStatus) -> Standing {
    let waiting = status.pending_count.unwrap_or(0) > 0;
    let unheard = status.last_seen_at.is_some_and(|seen| visit.clock.now - seen > SILENT_AFTER);
    match status {
        DeviceStatus { revoked_at: Some(_), .. } => Standing::Revoked,
        DeviceStatus { paired_at: None, .. } => Standing::Unpaired,
        _ if waiting && unheard => Standing::Silent,
        status if !status.missing_seqs.is_empty() => Standing::Gap,
        _ if waiting => Standing::Waiting,
        _ => Standing::AllIn,
    }
}

pub fn mark(standing: Standing) -> Mark {
    let (tone, text) = match standing {
        Standing::Unpaired => (Tone::Plain, "not paired yet"),
        Standing::Revoked => (Tone::Plain, "disconnected"),
        Standing::Gap => (Tone::Bad, "gap"),
        Standing::Silent => (Tone::Warn, "silent"),
        Standing::Waiting => (Tone::Warn, "sending"),
        Standing::AllIn => (Tone::Good, "all in"),
    };
    words::mark(tone, text)
}

/// What stands beside its name: `sent 4 min ago`.
pub fn note(visit: &Visit, status: &DeviceStatus) -> String {
    let clock = &visit.clock;
    let seen = status.last_seen_at.map(|at| clock.moment(at));
    match standing(visit, status) {
        Standing::Unpaired => "waits for its code to be used".into(),
        Standing::Revoked => status.revoked_at.map(|at| clock.when(at)).unwrap_or_default(),
        Standing::Gap => gap(status),
        Standing::Silent | Standing::Waiting => {
            let waiting = status.pending_count.unwrap_or(0);
            seen.map_or_else(|| format!("{waiting} waiting"), |seen| format!("{waiting} waiting, last seen {seen}"))
        }
        Standing::AllIn => match (status.last_push_at, status.last_seen_at) {
            (Some(sent), _) => format!("sent {}", clock.ago(sent)),
            (None, Some(seen)) => format!("nothing sent yet, seen {}", clock.ago(seen)),
            (None, None) => "nothing sent yet".into(),
        },
    }
}

/// `sales 41–43 have not arrived`
pub fn gap(status: &DeviceStatus) -> String {
    match status.missing_seqs.as_slice() {
        [] => String::new(),
        [only] => format!("sale {only} has not arrived"),
        few if few.len() <= 12 => format!("sales {} have not arrived", words::ranges(few)),
        many => format!("{} sales have not arrived, the first is number {}", many.len(), many[0]),
    }
}

/// What the manager is asked to look at, where there is something.
pub fn need(visit: &Visit, status: &DeviceStatus) -> Option<Need> {
    let (title, detail) = match standing(visit, status) {
        Standing::Silent => {
            let silent = status.last_seen_at.map(|seen| span(visit.clock.now - seen)).unwrap_or_default();
            let waiting = words::count(status.pending_count.unwrap_or(0), "sale was", "sales were");
            (
                format!("{} has been silent for {silent}", status.name),
                format!("It last said that {waiting} waiting. They are safe on it."),
            )
        }
        Standing::Gap => (
            format!("{}: {}", status.name, gap(status)),
            "Later ones are here, so these were sold. Bring the till online, or look whether it was cleared.".into(),
        ),
        _ => return None,
    };
    let href = format!("/office/devices/{}", status.device_id);
    Some(Need { title, detail, href, verb: format!("See {}", status.name), first: false })
}
