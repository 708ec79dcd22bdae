//! How much happened.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

#[derive(Debug, Default)]
pub struct Tally {
    pub servers_killed: AtomicU64,
    pub databases_crashed: AtomicU64,
    pub sales: AtomicU64,
    pub pushes_answered: AtomicU64,
    /// Requests that the till itself gave up, as when an answer is lost.
    pub pushes_abandoned: AtomicU64,
    /// Refused, broken off, or answered with 503.
    pub pushes_failed: AtomicU64,
    pub duplicates: AtomicU64,
    pub conflicts: AtomicU64,
}

impl Tally {
    pub fn add(counter: &AtomicU64, count: usize) {
        counter.fetch_add(count as u64, Relaxed);
    }

    pub fn faults(&self) -> u64 {
        self.servers_killed.load(Relaxed) + self.databases_crashed.load(Relaxed)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |counter: &AtomicU64| counter.load(Relaxed);
        write!(
            f,
            "{} servers killed, {} crashes of PostgreSQL; {} sales; {} pushes answered, {} given up by the till, {} \
             failed; {} sales answered as duplicates, {} in conflict",
            of(&self.servers_killed),
            of(&self.databases_crashed),
            of(&self.sales),
            of(&self.pushes_answered),
            of(&self.pushes_abandoned),
            of(&self.pushes_failed),
            of(&self.duplicates),
            of(&self.conflicts),
        )
    }
}
