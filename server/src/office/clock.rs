//! Times as the shop's people read them: in the shop's zone, no longer than they need to be.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// The shop's zone, and one moment that a whole page calls now.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    pub zone: Tz,
    pub now: DateTime<Utc>,
}

impl Clock {
    /// A zone that this build doesn't know is read as UTC.
    pub fn new(zone: &str, now: DateTime<Utc>) -> Self {
        Self { zone: zone.parse().unwrap_or(Tz::UTC), now }
    }

    /// `14:02`
    pub fn time(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%H:%M").to_string()
    }

    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.zone).date_naive()
    }

    /// 0 to 23
    pub fn hour(&self) -> i32 {
        self.now.with_timezone(&self.zone).hour().cast_signed()
    }

    /// `Sunday 22 November`
    pub fn day(&self) -> String {
        self.today().format("%A %-d %B").to_string()
    }

    /// `14:02` today, `21 Nov, 14:02` this year, `21 Nov 2025, 14:02` before.
    pub fn moment(&self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.zone);
        let format = match local.date_naive() {
            date if date == self.today() => "%H:%M",
            date if date.year() == self.today().year() => "%-d %b, %H:%M",
            _ => "%-d %b %Y, %H:%M",
        };
        local.format(format).to_string()
    }

    /// Within a sentence: `at 14:02`, `yesterday at 14:02`, `on 20 November at 14:02`.
    pub fn when(&self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.zone);
        let date = local.date_naive();
        let format = match date {
            date if date == self.today() => "at %H:%M",
            date if Some(date) == self.today().checked_sub_days(Days::new(1)) => "yesterday at %H:%M",
            date if date.year() == self.today().year() => "on %-d %B at %H:%M",
            _ => "on %-d %B %Y at %H:%M",
        };
        local.format(format).to_string()
    }

    /// `just now`, `20 s ago`, `2 h 10 min ago`, `3 days ago`
    pub fn ago(&self, at: DateTime<Utc>) -> String {
        match self.now - at {
            since if since < TimeDelta::seconds(5) => "just now".into(),
            since => format!("{} ago", span(since)),
        }
    }

    /// The first moment of a day of the shop.
    pub fn start_of(&self, date: NaiveDate) -> DateTime<Utc> {
        let midnight = date.and_time(chrono::NaiveTime::MIN);
        // Where clocks go forward at midnight, the day begins an hour later.
        let local = self.zone.from_local_datetime(&midnight);
        local.earliest().map_or_else(|| midnight.and_utc(), |local| local.with_timezone(&Utc))
    }
}

/// `20 s`, `78 min`, `2 h 10 min`, `3 days`
pub fn span(length: TimeDelta) -> String {
    let (seconds, minutes, hours) = (length.num_seconds(), length.num_minutes(), length.num_hours());
    match () {
        () if seconds < 60 => format!("{} s", seconds.max(0)),
        () if minutes < 120 => format!("{minutes} min"),
        () if hours < 48 && minutes % 60 == 0 => format!("{hours} h"),
        () if hours < 48 => format!("{hours} h {} min", minutes % 60),
        () => format!("{} days", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn times_are_the_shops_and_as_short_as_they_can_be() {
        let clock = Clock::new("Europe/Berlin", at("2026-11-22T13:30:00Z"));
        assert_eq!(clock.day(), "Sunday 22 November");
        assert_eq!(clock.moment(at("2026-11-22T13:02:00Z")), "14:02");
        assert_eq!(clock.moment(at("2026-11-21T23:30:00Z")), "00:30");
        assert_eq!(clock.moment(at("2026-11-20T13:02:00Z")), "20 Nov, 14:02");
        assert_eq!(clock.when(at("2026-11-21T13:02:00Z")), "yesterday at 14:02");
        assert_eq!(clock.when(at("2025-11-21T13:02:00Z")), "on 21 November 2025 at 14:02");
        assert_eq!(clock.ago(at("2026-11-22T11:20:00Z")), "2 h 10 min ago");
        assert_eq!(clock.start_of(clock.today()), at("2026-11-21T23:00:00Z"));
    }

    #[test]
    fn spans_read_as_people_say_them() {
        let spans: Vec<String> = [0, 59, 78 * 60, 130 * 60, 3 * 86_400].map(|s| span(TimeDelta::seconds(s))).into();
        assert_eq!(spans, ["0 s", "59 s", "78 min", "2 h 10 min", "3 days"]);
    }
}
