//! The device's clock and time zone, as its browser knows them.

use chrono::{DateTime, Utc};
use js_sys::Date;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(Date::now() as i64).unwrap_or_default()
}

/// `14:02`
pub fn time(at: DateTime<Utc>) -> String {
    let at = local(at);
    format!("{:02}:{:02}", at.get_hours(), at.get_minutes())
}

/// `14:02` today, `21 Nov 14:02` on another day of this year, `21 Nov 2025 14:02` before.
pub fn short(at: DateTime<Utc>) -> String {
    let (day, today) = (local(at), Date::new_0());
    let this_year = day.get_full_year() == today.get_full_year();
    if this_year && day.get_month() == today.get_month() && day.get_date() == today.get_date() {
        time(at)
    } else if this_year {
        format!("{} {} {}", day.get_date(), month(&day), time(at))
    } else {
        full(at)
    }
}

/// `21 Nov 2026 14:02`
pub fn full(at: DateTime<Utc>) -> String {
    let day = local(at);
    format!("{} {} {} {}", day.get_date(), month(&day), day.get_full_year(), time(at))
}

/// `2026-11-21-1402`, for a file's name.
pub fn file_stamp(at: DateTime<Utc>) -> String {
    let day = local(at);
    let (month, date) = (day.get_month() + 1, day.get_date());
    format!("{}-{month:02}-{date:02}-{:02}{:02}", day.get_full_year(), day.get_hours(), day.get_minutes())
}

fn month(day: &Date) -> &'static str {
    MONTHS.get(day.get_month() as usize).copied().unwrap_or("")
}

fn local(at: DateTime<Utc>) -> Date {
    Date::new(&(at.timestamp_millis() as f64).into())
}
