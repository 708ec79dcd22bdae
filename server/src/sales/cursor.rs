//! Pages of things in the order of time, and where the next one begins.

use crate::error::{Error, Result};
use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A page of a list, as every list answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Sent back, it gives the next page; null at the end.
    pub cursor: Option<String>,
}

/// The last thing of a page: PostgreSQL's microseconds, and what tells two of one instant apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeCursor {
    pub at: DateTime<Utc>,
    pub id: Uuid,
    pub copy: i16,
}

/// Whether PostgreSQL has that instant: JSON's calendar reaches further than its own.
pub fn fits_a_column(at: &DateTime<Utc>) -> bool {
    (1..=9999).contains(&at.year())
}

impl TimeCursor {
    /// # Errors
    /// 400 `bad_cursor` for what was never given out.
    pub fn read(text: &str) -> Result<Self> {
        let read = || {
            let mut parts = text.split('_');
            let at = DateTime::from_timestamp_micros(parts.next()?.parse().ok()?).filter(fits_a_column)?;
            let cursor = Self { at, id: parts.next()?.parse().ok()?, copy: parts.next()?.parse().ok()? };
            parts.next().is_none().then_some(cursor)
        };
        read().ok_or_else(|| Error::malformed("bad_cursor", "That cursor is none of ours.").field("cursor"))
    }

    pub fn write(&self) -> String {
        format!("{}_{}_{}", self.at.timestamp_micros(), self.id.simple(), self.copy)
    }
}

impl<T> Page<T> {
    /// Out of the rows of a query that asked for one more than `limit`.
    pub fn of(mut rows: Vec<T>, limit: i64, place: impl Fn(&T) -> TimeCursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let cursor = rows.last().filter(|_| more).map(|row| place(row).write());
        Self { items: rows, cursor }
    }

    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), cursor: self.cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nonsense_does_not() {
        let cursor = TimeCursor { at: DateTime::UNIX_EPOCH, id: Uuid::from_u128(7), copy: 2 };
        assert_eq!(TimeCursor::read(&cursor.write()).unwrap(), cursor);
        for text in [
            "",
            "1_2",
            "-9000000000000000000_00000000000000000000000000000007_0",
            "x_00000000000000000000000000000007_0",
            "1_00000000000000000000000000000007_0_1",
        ] {
            assert!(TimeCursor::read(text).is_err(), "{text}");
        }
    }
}
