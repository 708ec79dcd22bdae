//! What is drawn at random, each task from a stream of its own.

use keeptill_sync::backoff::Jitter;
use std::time::Duration;

pub struct Random(Jitter);

impl Random {
    pub fn seeded(seed: u64) -> Self {
        Self(Jitter::seeded(seed))
    }

    pub fn split(&mut self) -> Self {
        Self::seeded(self.0.up_to(u64::MAX))
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0.up_to(bound as u64 - 1) as usize
    }

    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub fn of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }

    pub fn milliseconds(&mut self, from: usize, to: usize) -> Duration {
        Duration::from_millis((from + self.below(to - from)) as u64)
    }
}
