//! What goes wrong, for a while.

use crate::{cluster::Cluster, program::Program, random::Random, tally::Tally};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Of the ten numbers that a fault is drawn from.
const KILL: usize = 0;
const CRASH: usize = 9;

pub struct Chaos {
    pub cluster: Cluster,
    pub servers: Vec<Arc<Program>>,
    pub tally: Arc<Tally>,
}

impl Chaos {
    /// One fault after the other until the time is up; then everything runs.
    pub async fn reign(mut self, time: Duration, mut random: Random) -> Cluster {
        let began = Instant::now();
        // The shortest of runs sees each kind once.
        let mut faults = vec![CRASH, KILL];
        while began.elapsed() < time || !faults.is_empty() {
            tokio::time::sleep(random.milliseconds(100, 900)).await;
            match faults.pop().unwrap_or_else(|| random.below(10)) {
                0..=5 => {
                    let server = random.of(&self.servers).clone();
                    server.kill().await;
                    Tally::add(&self.tally.servers_killed, 1);
                    tokio::time::sleep(random.milliseconds(1, 200)).await;
                    server.start().await;
                }
                6..=7 => {
                    for server in &self.servers {
                        server.kill().await;
                        Tally::add(&self.tally.servers_killed, 1);
                    }
                    for server in &self.servers {
                        server.start().await;
                    }
                }
                _ => {
                    self.cluster.crash().await;
                    Tally::add(&self.tally.databases_crashed, 1);
                }
            }
        }
        self.cluster
    }
}
