//! What the till says about sending, in a cashier's words. Pure, so that each sentence has a test.

use chrono::{DateTime, Utc};
use keeptill_domain::{ConflictReason, NoticeReason, TenderType};
use keeptill_sync::{
    journal::EntryState,
    till::{AtStake, BroughtIn, Connection, StorageReport, StorageTest, SyncState, TillError},
};

use crate::components::Tone;

/// `1 sale`, `12 sales`
pub fn sales(count: u32) -> String {
    counted(i64::from(count), "sale", "sales")
}

/// `1 item`, `5 items`
pub fn items(count: i64) -> String {
    counted(count, "item", "items")
}

fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `just now`, `2 minutes ago`, `3 hours ago`, `2 days ago`
pub fn ago(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - then).num_seconds();
    match seconds {
        ..60 => "just now".to_owned(),
        60..3_600 => format!("{} ago", counted(seconds / 60, "minute", "minutes")),
        3_600..86_400 => format!("{} ago", counted(seconds / 3_600, "hour", "hours")),
        _ => format!("{} ago", counted(seconds / 86_400, "day", "days")),
    }
}

/// What the badge says, in three parts that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadgeWords {
    pub tone: Tone,
    pub head: String,
    /// Left out where there is little room.
    pub aside: &'static str,
    pub rest: String,
}

pub fn badge(sync: &SyncState, now: DateTime<Utc>) -> BadgeWords {
    let waiting = sync.waiting;
    let to_send = || format!("{} waiting to be sent", sales(waiting));
    let (tone, head, aside) = match sync.connection {
        Connection::Unknown if waiting == 0 => (Tone::Plain, "Connecting…".to_owned(), ""),
        Connection::Unknown => (Tone::Plain, to_send(), ""),
        Connection::Offline => (Tone::Warn, "Offline".to_owned(), " — selling goes on"),
        Connection::ServerAway => (Tone::Warn, "Server away".to_owned(), " — selling goes on"),
        Connection::Unauthorised => (Tone::Bad, "Disconnected".to_owned(), " by the office"),
        Connection::Online if waiting > 0 && sync.running => (Tone::Good, format!("Sending {}…", sales(waiting)), ""),
        Connection::Online if waiting > 0 => (Tone::Plain, to_send(), ""),
        Connection::Online => (Tone::Good, online(sync.last_sent_at, now), ""),
    };
    // The sentences without an aside have the number in them already.
    let mut rest = if waiting > 0 && !aside.is_empty() { format!(" · {waiting} waiting") } else { String::new() };
    if sync.rejected > 0 {
        rest.push_str(&format!(" · {} not readable", sync.rejected));
    }
    let tone = if sync.rejected > 0 && tone != Tone::Bad { Tone::Warn } else { tone };
    BadgeWords { tone, head, aside, rest }
}

fn online(last_sent_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    match last_sent_at {
        Some(at) if (now - at).num_hours() < 1 => format!("Online · sent {}", ago(at, now)),
        _ => "Online".to_owned(),
    }
}

/// A sentence for the page behind the badge.
pub fn connection(connection: Connection) -> &'static str {
    match connection {
        Connection::Unknown => "The till is looking for the server.",
        Connection::Online => "The server answers.",
        Connection::Offline => {
            "No connection. Selling goes on; every sale is kept on this device until it can be sent."
        }
        Connection::ServerAway => {
            "The network answers, the server does not. Selling goes on; every sale is kept on this device."
        }
        Connection::Unauthorised => {
            "The office has disconnected this till. Its sales are safe here; pair again to send them."
        }
    }
}

/// Where an entry stands: `sent 14:02`. `time` writes an instant in the device's zone.
pub fn entry_state(state: &EntryState, time: impl Fn(DateTime<Utc>) -> String) -> (Tone, String) {
    match state {
        EntryState::Waiting => (Tone::Warn, "waiting to be sent".to_owned()),
        EntryState::Rejected { .. } => (Tone::Bad, "could not be read by the server — kept here".to_owned()),
        EntryState::Sent { conflicts, .. } if !conflicts.is_empty() => {
            let mut reasons: Vec<&str> = conflicts.iter().map(|conflict| conflict_reason(conflict.reason)).collect();
            reasons.dedup();
            (Tone::Warn, format!("in review: {}", reasons.join(", ")))
        }
        EntryState::Sent { notices, sent_at, .. } => {
            let mut parts = vec![format!("sent {}", time(*sent_at))];
            for notice in notices {
                let words = notice_reason(notice.reason).to_owned();
                if !parts.contains(&words) {
                    parts.push(words);
                }
            }
            (Tone::Good, parts.join(" · "))
        }
    }
}

fn conflict_reason(reason: ConflictReason) -> &'static str {
    match reason {
        ConflictReason::InsufficientStock => "not enough stock",
        ConflictReason::UnknownProduct => "unknown product",
        ConflictReason::InvalidTotals => "the figures do not add up",
        ConflictReason::DuplicateMismatch => "sent twice with different content",
        ConflictReason::OverRefund => "more given back than was sold",
        ConflictReason::ChainBroken => "out of order with the sales before it",
        ConflictReason::DeviceRevoked => "made after the till was disconnected",
        ConflictReason::StaffRevoked => "the cashier had left",
    }
}

fn notice_reason(reason: NoticeReason) -> &'static str {
    match reason {
        NoticeReason::PriceChanged => "price changed meanwhile, the sale keeps its price",
        NoticeReason::ProductDeleted => "product deleted meanwhile, the sale stands",
        NoticeReason::ClockSkew => "this device's clock is off",
        NoticeReason::ShiftClosed => "its shift was closed already",
    }
}

/// Why nothing was recorded, what is safe, what to do.
pub fn not_recorded(error: &TillError) -> String {
    if *error == TillError::AlreadyPaid {
        return "This cart was already paid in another window. Its sale is safe, and nothing was charged again."
            .to_owned();
    }
    let why = match error {
        TillError::StorageFull => {
            "This device's storage is full. Free some space or connect, so that sent sales can be tidied away"
                .to_owned()
        }
        TillError::Unpaired => "This till is not paired".to_owned(),
        other => other.to_string(),
    };
    format!("Nothing was recorded. {}. The cart is as it was, and earlier sales are safe.", why.trim_end_matches('.'))
}

/// Why pairing did not work, and what to do.
pub fn not_paired(error: &TillError) -> String {
    match error {
        TillError::NoConnection => {
            "No connection to the server. Pairing needs it once; after that the till sells without. \
             Check the network and try again."
                .to_owned()
        }
        TillError::Refused(detail) if detail.code.contains("used") => {
            "This code has been used already. Ask for a new one in the office under Devices.".to_owned()
        }
        TillError::Refused(detail) if detail.code.contains("expired") => {
            "This code has expired. Ask for a new one in the office under Devices.".to_owned()
        }
        TillError::Refused(detail) if detail.code.contains("too_many") => {
            "Too many tries. Wait a minute, then try again.".to_owned()
        }
        TillError::Refused(detail) if detail.code.contains("code") || detail.code == "not_found" => {
            "No till waits for this code. Check each letter; a code works once. \
             A new one comes from the office under Devices."
                .to_owned()
        }
        other => other.to_string(),
    }
}

/// What is on this device only: `3 sales worth €10.50 are on this device and nowhere else.`
pub fn at_stake(stake: &AtStake) -> String {
    if stake.sales == 0 {
        return "Nothing waits: everything sold here has reached the server.".to_owned();
    }
    let takings: Vec<String> = stake.takings.iter().map(|(currency, taken)| currency.format(*taken)).collect();
    let worth = if takings.is_empty() { String::new() } else { format!(" worth {}", takings.join(" and ")) };
    let are = if stake.sales == 1 { "is" } else { "are" };
    format!("{}{worth} {are} on this device and nowhere else.", sales(stake.sales))
}

/// `1 sale is`, `12 sales are`
pub fn are(count: u32) -> String {
    format!("{} {}", sales(count), if count == 1 { "is" } else { "are" })
}

pub fn not_saved(error: &TillError) -> String {
    let why = error.to_string();
    format!("No file was saved. {}. The sales are still on this device.", why.trim_end_matches('.'))
}

/// `12 sales of Tablet 3: 10 new, 2 were here already.`
pub fn brought_in(brought: &BroughtIn) -> String {
    let BroughtIn { device_name, sales: count, new } = brought;
    let fate = match count - new {
        0 => "all new here".to_owned(),
        known if known == *count => "all were here already".to_owned(),
        known => format!("{new} new, {known} {} here already", if known == 1 { "was" } else { "were" }),
    };
    format!("{} of {device_name}: {fate}. They are safe on this till, and sent from it.", sales(*count))
}

/// What the browser's promise means.
pub fn storage_promise(report: &StorageReport) -> &'static str {
    match (report.persisted, report.installed) {
        (Some(true), _) => {
            "The browser has promised to keep what is stored here. Only a person can clear it, in its settings."
        }
        (Some(false), false) => {
            "The browser may clear what is stored here when space runs out, sales that wait among it. Ask it to keep \
             it; most browsers agree once the till is installed as an app."
        }
        (Some(false), true) => {
            "The browser may clear what is stored here when space runs out, sales that wait among it. Ask it to keep it."
        }
        (None, _) => "This browser does not say whether it keeps what is stored here. Keep the till connected.",
    }
}

pub fn storage_facts(report: &StorageReport, waiting: u32) -> Vec<(&'static str, String)> {
    let used = match (report.used_bytes, report.quota_bytes) {
        (Some(used), Some(quota)) => format!("{} of {} that the browser allows", size(used), size(quota)),
        (Some(used), None) => size(used),
        _ => "not told".to_owned(),
    };
    let promise = match report.persisted {
        Some(true) => "kept until a person clears it",
        Some(false) => "may be cleared when space runs out",
        None => "not told",
    };
    vec![
        ("The browser’s promise", promise.to_owned()),
        ("Used", used),
        ("Runs", if report.installed { "as an app" } else { "in a browser’s window" }.to_owned()),
        ("Waiting here to be sent", sales(waiting)),
    ]
}

pub fn storage_asked(answer: Option<bool>) -> Result<&'static str, &'static str> {
    match answer {
        Some(true) => Ok("The browser has promised to keep it."),
        Some(false) => Err("The browser did not promise it yet. Install the till as an app, then ask again."),
        None => Err("This browser can’t be asked."),
    }
}

pub fn storage_tested(test: &StorageTest) -> String {
    let StorageTest { bytes, written_ms, read_ms } = test;
    let bytes = size(u64::try_from(*bytes).unwrap_or(u64::MAX));
    format!("Writing works: {bytes} were on disk after {written_ms} ms and read back in {read_ms} ms.")
}

pub fn storage_failed(error: &TillError) -> String {
    let why = match error {
        TillError::StorageFull => "this device’s storage is full; free some space".to_owned(),
        other => other.to_string(),
    };
    format!("Writing failed: {}. Sales recorded before are safe.", why.trim_end_matches('.'))
}

/// `812 B`, `3.4 MB`, `118 GB`
fn size(bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut tenths = bytes.saturating_mul(10);
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < units.len() {
        tenths /= 1_000;
        unit += 1;
    }
    match (tenths / 10, tenths % 10) {
        (whole, part) if whole < 10 && part > 0 => format!("{whole}.{part} {}", units[unit]),
        (whole, _) => format!("{whole} {}", units[unit]),
    }
}

/// `Cash`, `Card`, `Voucher`
pub fn tender_name(kind: &TenderType) -> String {
    let mut letters = kind.0.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
