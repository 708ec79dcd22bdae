//! How long to wait before the next try: exponential with full jitter, and never before the server said.
//!
//! Full jitter (a wait drawn evenly from zero to the exponential's value) spreads the tills of a whole city after an
//! outage better than any fixed step does; see Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog,
//! 2015.

use chrono::TimeDelta;

/// The first wait is drawn from zero to this.
const BASE_MS: u64 = 1_000;
/// No wait is drawn longer than this: a shop wants its sales in.
const CAP_MS: u64 = 60_000;
/// A `Retry-After` above this is cut down to it; nothing the server says silences a till for good.
const RETRY_AFTER_S_MAX: u32 = 3_600;

/// A stream of numbers from a seed (SplitMix64; Steele, Lea, Flood 2014). The home draws the seed; the engine stays
/// repeatable.
#[derive(Clone, Debug)]
pub struct Jitter(u64);

impl Jitter {
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to `max`, both included.
    pub fn up_to(&mut self, max: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        // The high half of the product is even to within max ÷ 2⁶⁴.
        ((u128::from(mixed) * (u128::from(max) + 1)) >> 64) as u64
    }
}

/// Counts the failures in a row.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Something answered as it should.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// One more failure: the wait until the next try, at least `retry_after_s` where the server gave one.
    pub fn next_wait(&mut self, retry_after_s: Option<u32>, jitter: &mut Jitter) -> TimeDelta {
        let ceiling_ms = (BASE_MS << self.failures.min(16)).min(CAP_MS);
        self.failures = self.failures.saturating_add(1);
        let drawn_ms = jitter.up_to(ceiling_ms);
        let floor_ms = floor_ms(retry_after_s);
        // Above a floor the jitter is added, or every till would come back in the same second.
        let wait_ms = if floor_ms == 0 { drawn_ms } else { floor_ms + drawn_ms };
        TimeDelta::milliseconds(i64::try_from(wait_ms).unwrap_or(i64::MAX))
    }
}

/// The wait the server asked for, in milliseconds.
pub fn floor_ms(retry_after_s: Option<u32>) -> u64 {
    u64::from(retry_after_s.unwrap_or(0).min(RETRY_AFTER_S_MAX)) * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_seed_gives_the_same_waits() {
        let waits = |seed| {
            let (mut backoff, mut jitter) = (Backoff::default(), Jitter::seeded(seed));
            (0..8).map(|_| backoff.next_wait(None, &mut jitter)).collect::<Vec<_>>()
        };
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
    }

    proptest! {
        #[test]
        fn a_wait_lies_between_the_servers_floor_and_the_cap(seed: u64, failures in 0..200_u32, floor_s in 0..7_200_u32) {
            let (mut backoff, mut jitter) = (Backoff { failures }, Jitter::seeded(seed));
            let wait_ms = backoff.next_wait(Some(floor_s), &mut jitter).num_milliseconds() as u64;
            let floor = floor_ms(Some(floor_s));
            prop_assert!(wait_ms >= floor && wait_ms <= floor + CAP_MS);
        }

        #[test]
        fn jitter_stays_in_its_range_and_reaches_both_halves(seed: u64, max in 1_u64..1_000_000) {
            let mut jitter = Jitter::seeded(seed);
            let drawn: Vec<u64> = (0..200).map(|_| jitter.up_to(max)).collect();
            prop_assert!(drawn.iter().all(|number| *number <= max));
            prop_assert!(drawn.iter().any(|number| *number <= max / 2) && drawn.iter().any(|number| *number > max / 2));
        }
    }
}
