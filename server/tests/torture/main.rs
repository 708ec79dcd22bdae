//! Two servers on one PostgreSQL, all three killed again and again under load, and the books checked afterwards.
//!
//! The load comes from simulated tills with the real journal, over HTTP. It lasts `KEEPTILL_TORTURE_SECONDS`, six where
//! nothing is said; `cargo xtask torture` runs it for longer. What is drawn at random is drawn from `KEEPTILL_SEED`.
//! `KEEPTILL_TORTURE_LOG` names a folder for what the servers say. The seed gives the same sales and the same faults again, not the same race between them: that is the machine's.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod books;
mod chaos;
mod cluster;
mod program;
mod random;
mod shop;
mod tally;
mod till;
mod watcher;

use chaos::Chaos;
use cluster::Cluster;
use program::Program;
use random::Random;
use shop::Shop;
use std::{sync::Arc, time::Duration};
use tally::Tally;
use till::Till;
use watcher::Watcher;

const SECONDS_DEFAULT: u64 = 6;
const SERVERS: usize = 2;
const SHOPS: usize = 2;
const TILLS_PER_SHOP: usize = 4;
/// Connections on which each till pushes the same waiting sales at once.
const CONNECTIONS_PER_TILL: usize = 2;
/// Everything that waits has to be in by then, once nothing is killed any more.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(120);

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().filter(|text| !text.is_empty()).map(|text| text.parse().unwrap())
}

#[test]
fn every_acknowledged_sale_outlives_killed_servers_and_a_crashing_database() {
    let seconds = setting("KEEPTILL_TORTURE_SECONDS").unwrap_or(SECONDS_DEFAULT);
    let seed = setting("KEEPTILL_SEED").unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0 >> 32);
    println!("again: cargo xtask torture --seconds {seconds} --seed {seed}");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let tally = runtime.block_on(torture(Duration::from_secs(seconds), Random::seeded(seed)));
    println!("{tally}");
}

async fn torture(time: Duration, mut random: Random) -> Arc<Tally> {
    let cluster = Cluster::start().await;
    let servers: Vec<Arc<Program>> = (0..SERVERS).map(|_| Arc::new(Program::new(&cluster))).collect();
    for server in &servers {
        server.start().await;
    }
    let sites: Vec<String> = servers.iter().map(|server| server.site()).collect();
    let mut shops = Vec::new();
    for number in 0..SHOPS {
        shops.push(Arc::new(Shop::open(&sites[0], number, TILLS_PER_SHOP).await));
    }
    let tally = Arc::new(Tally::default());
    let mut tills = Vec::new();
    let mut busy = tokio::task::JoinSet::new();
    for shop in &shops {
        for device in &shop.devices {
            let till = Arc::new(Till::new(shop, device, &tally));
            busy.spawn(Arc::clone(&till).sell(random.split()));
            for _ in 0..CONNECTIONS_PER_TILL {
                busy.spawn(Arc::clone(&till).push(sites.clone(), random.split()));
            }
            tills.push(till);
        }
        busy.spawn(Arc::clone(shop).change_prices(sites.clone(), random.split()));
    }
    let watcher = Arc::new(Watcher::new(&shops[0]));
    busy.spawn(Arc::clone(&watcher).watch(sites.clone(), random.split()));

    let cluster =
        Chaos { cluster, servers: servers.clone(), tally: Arc::clone(&tally) }.reign(time, random.split()).await;

    // No more faults: what waits comes in, and then everybody stops.
    tills.iter().for_each(|till| till.close_shop());
    let drained = tokio::time::timeout(DRAIN_TIME_MAX, async {
        for till in &tills {
            till.drained().await;
        }
    });
    let waiting = || tills.iter().map(|till| till.waiting()).sum::<usize>();
    assert!(drained.await.is_ok(), "{} sales still wait; {tally}", waiting());
    shops.iter().for_each(|shop| shop.close());
    watcher.close();
    while let Some(ended) = busy.join_next().await {
        ended.unwrap();
    }
    watcher.catch_up(&sites[0]).await;
    books::check(&cluster, &shops, &tills, &watcher).await;
    assert!(tally.faults() > 0, "nothing was killed");
    tally
}
