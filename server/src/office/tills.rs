//! How a till stands, in a word and a sentence.

use super::{
    clock::{Clock, span},
    visit::Visit,
    words,
};
use crate::{
    push::sequence::MISSING_MAX,
    status::{DeviceStatus, Restart},
};
use chrono::TimeDelta;
use keeptill_app::components::Tone;
use keeptill_app::office::{Mark, Need};

/// A till that said it had more to send and has not been heard of for so long is silent.
pub const SILENT_AFTER: TimeDelta = TimeDelta::minutes(10);

/// More missing numbers than this are counted, not named.
const NUMBERS_NAMED: usize = 12;

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
        Standing::Gap => gap(&status.missing_seqs),
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

/// `sales 41 to 43 have not arrived`
pub fn gap(missing: &[i64]) -> String {
    match missing {
        [] => String::new(),
        [only] => format!("sale {only} has not arrived"),
        few if few.len() <= NUMBERS_NAMED => format!("sales {} have not arrived", words::ranges(few)),
        many if many.len() >= MISSING_MAX => format!("{} sales or more have not arrived", many.len()),
        many => format!("{} sales have not arrived, the first is number {}", many.len(), many[0]),
    }
}

/// `was wiped on 3 May at 09:12 after sale 57; numbering began again`
pub fn restart(clock: &Clock, restart: &Restart) -> String {
    format!("was wiped {} after sale {}; numbering began again", clock.when(restart.paired_at), restart.last_seq)
}

/// What of before the wipe is not here; `None` where everything is.
pub fn lost(restart: &Restart) -> Option<String> {
    let unsent = match restart.unsent_count {
        0 => None,
        1 => Some("It had said that one more sale waited on it, which has not arrived.".to_owned()),
        count => {
            let count = words::number(count);
            Some(format!("It had said that {count} more sales waited on it, which have not arrived."))
        }
    };
    let gap = Some(gap(&restart.missing_seqs)).filter(|gap| !gap.is_empty());
    let gap = gap.map(|gap| words::sentence(&format!("of before, {gap}")));
    let said: Vec<String> = unsent.into_iter().chain(gap).collect();
    (!said.is_empty()).then(|| said.join(" "))
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
            format!("{}: {}", status.name, gap(&status.missing_seqs)),
            "Later ones are here, so these were sold. Bring the till online, or look whether it was cleared.".into(),
        ),
        _ => {
            let (wiped, lost) = status.restarts.iter().find_map(|wiped| Some((wiped, lost(wiped)?)))?;
            (
                format!("{} {}", status.name, restart(&visit.clock, wiped)),
                format!("{lost} If its sales were saved to a file before, bring that in."),
            )
        }
    };
    let href = format!("/office/devices/{}", status.device_id);
    Some(Need { title, detail, href, verb: format!("See {}", status.name), first: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_arrived_is_said_as_people_say_it() {
        assert_eq!(gap(&[]), "");
        assert_eq!(gap(&[41]), "sale 41 has not arrived");
        assert_eq!(gap(&[41, 42, 43]), "sales 41 to 43 have not arrived");
        assert_eq!(gap(&[41, 43]), "sales 41 and 43 have not arrived");
        assert_eq!(gap(&[41, 42, 43, 47, 50, 51]), "sales 41 to 43, 47 and 50 to 51 have not arrived");
        let many: Vec<i64> = (41..=53).collect();
        assert_eq!(gap(&many), "13 sales have not arrived, the first is number 41");
        assert_eq!(gap(&vec![7; MISSING_MAX]), "1000 sales or more have not arrived");
    }

    #[test]
    fn a_wiped_till_is_no_alarm_unless_something_is_lost() {
        let wiped = Restart { paired_at: Default::default(), last_seq: 57, missing_seqs: vec![], unsent_count: 0 };
        assert_eq!(lost(&wiped), None);
        let with = |unsent_count, missing_seqs| lost(&Restart { unsent_count, missing_seqs, ..wiped.clone() }).unwrap();
        assert_eq!(with(1, vec![]), "It had said that one more sale waited on it, which has not arrived.");
        assert_eq!(
            with(2, vec![41]),
            "It had said that two more sales waited on it, which have not arrived. Of before, sale 41 has not arrived."
        );
    }
}
