//! The device's clock, and ids that carry its time.

use chrono::{DateTime, Utc};
use uuid::{NoContext, Timestamp, Uuid};

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(now_ms()).unwrap_or_default()
}

/// Milliseconds since 1970, as `Date.now` gives them: a whole number.
pub fn now_ms() -> i64 {
    js_sys::Date::now() as i64
}

/// A version 7 id of this moment.
pub fn new_id() -> Uuid {
    let ms = u64::try_from(now_ms()).unwrap_or_default();
    let subsecond_nanos = (ms % 1000) as u32 * 1_000_000;
    Uuid::new_v7(Timestamp::from_unix(NoContext, ms / 1000, subsecond_nanos))
}

/// Random bits for the engine's jitter, from the browser's own source.
pub fn seed() -> u64 {
    new_id().as_u64_pair().1
}
