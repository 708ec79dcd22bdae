//! What a seed makes: the shape of a world, and a schedule of what befalls it. The schedule is a plain list, so that a
//! failing one can be cut down and played again.

use crate::{server::Edit, wire::Spoiling};
use keeptill_sync::backoff::Jitter;

#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub shape: Shape,
    pub steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub browsers: usize,
    pub products: u32,
    /// Rows in one page of a pull.
    pub rows_max: usize,
    /// Outside a secure context there are no locks.
    pub locks: bool,
    pub pokes: bool,
    /// An older server gives the catalogue in rows only.
    pub gives_chunks: bool,
    /// There is a backup of before any till was paired.
    pub old_backup: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// So many of the things that are under way go on, each picked by a number.
    Run {
        picks: u64,
        count: u32,
    },
    /// Time passes.
    Pass {
        ms: u64,
    },
    Sell {
        browser: usize,
        tab: u32,
        what: u32,
    },
    /// Two tabs take the payment of one cart.
    SellInTwoTabs {
        browser: usize,
        what: u32,
    },
    OpenTab {
        browser: usize,
    },
    WakeWorker {
        browser: usize,
    },
    /// A tab or worker dies where it stands.
    Kill {
        browser: usize,
        nth: u32,
    },
    /// All homes die, and what was not flushed is forgotten.
    PowerCut {
        browser: usize,
        keep: usize,
    },
    Flush {
        browser: usize,
    },
    /// A newer build over the same database.
    Upgrade {
        browser: usize,
    },
    DiskFull {
        browser: usize,
        full: bool,
    },
    Network {
        browser: usize,
        up: bool,
    },
    /// A person, or the browser, tells the tab something.
    Signal {
        browser: usize,
        tab: u32,
        signal: Signal,
    },
    ClockJumps {
        browser: usize,
        ms: i64,
    },
    Lose {
        pick: u32,
    },
    Double {
        pick: u32,
    },
    /// A message takes its time, while the others go on.
    Delay {
        pick: u32,
        ms: u64,
    },
    Spoil {
        pick: u32,
        request: bool,
        spoiling: Spoiling,
    },
    ServerDown {
        down: bool,
        retry_after_s: Option<u32>,
    },
    ProxyLimit {
        events: Option<usize>,
    },
    /// The newest waiting sale can't be taken by the server until it is mended.
    Poison {
        browser: usize,
    },
    Unstorable {
        count: u32,
    },
    Edit(Edit),
    Begin(Edit),
    Commit,
    RollBack,
    Purge,
    Backup,
    /// With `amid`, while the answer to a push is on its way.
    Restore {
        nth: u32,
        amid: bool,
    },
    Pair {
        browser: usize,
        same: bool,
    },
    /// What waits in one browser is saved to a file and brought in by another.
    BringIn {
        from: usize,
        to: usize,
    },
    /// The browser's storage is gone.
    Wipe {
        browser: usize,
    },
    Look {
        browser: usize,
        tab: u32,
    },
    /// The faults end, and everything must come right.
    Settle,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Signal {
    Asked,
    Online,
    Offline,
    Visible,
    Hidden,
}

/// Kinds of trouble; a seed has some of them, so that each also comes alone.
#[derive(Clone, Copy)]
struct Troubles {
    network: u64,
    crashes: u64,
    restores: u64,
    catalogue: u64,
    disk: u64,
    clocks: u64,
    server: u64,
}

const MINUTE_MS: u64 = 60_000;
const YEAR_MS: i64 = 365 * 24 * 3_600_000;

pub fn plan(seed: u64) -> Plan {
    let mut draw = Jitter::seeded(seed.wrapping_mul(0x9E37_79B9).wrapping_add(0x51_7C_C1));
    let mut some = |max: u64| if draw.up_to(2) == 0 { 0 } else { 1 + draw.up_to(max) };
    let troubles = Troubles {
        network: some(8),
        crashes: some(5),
        restores: some(2),
        catalogue: some(5),
        disk: some(3),
        clocks: some(2),
        server: some(3),
    };
    let shape = Shape {
        browsers: 1 + draw.up_to(3) as usize,
        products: 2 + draw.up_to(7) as u32,
        rows_max: 1 + draw.up_to(6) as usize,
        locks: draw.up_to(3) > 0,
        pokes: draw.up_to(1) == 0,
        gives_chunks: draw.up_to(3) > 0,
        old_backup: draw.up_to(5) == 0,
    };
    let length = 30 + draw.up_to(120);
    let settles_at = if draw.up_to(1) == 0 { length / 2 } else { length };
    let mut steps = vec![];
    for nth in 0..length {
        if nth == settles_at {
            steps.push(Step::Settle);
        }
        steps.push(step(&mut draw, &troubles, shape));
    }
    Plan { seed, shape, steps }
}

fn step(draw: &mut Jitter, troubles: &Troubles, shape: Shape) -> Step {
    let Troubles { network, crashes, restores, catalogue, disk, clocks, server } = *troubles;
    let ordinary = 26;
    let weights = [ordinary, network, crashes, restores, catalogue, disk, clocks, server];
    let mut left = draw.up_to(weights.iter().sum::<u64>() - 1);
    let mut kind = 0;
    while left >= weights[kind] {
        left -= weights[kind];
        kind += 1;
    }
    let browser = draw.up_to(shape.browsers as u64 - 1) as usize;
    match kind {
        0 => ordinary_step(draw, browser),
        1 => network_step(draw, browser),
        2 => crash_step(draw, browser),
        3 => restore_step(draw, browser),
        4 => catalogue_step(draw),
        5 => Step::DiskFull { browser, full: draw.up_to(1) == 0 },
        6 => clock_step(draw, browser),
        _ => server_step(draw, browser),
    }
}

fn number(draw: &mut Jitter) -> u32 {
    draw.up_to(u64::from(u32::MAX)) as u32
}

fn ordinary_step(draw: &mut Jitter, browser: usize) -> Step {
    match draw.up_to(25) {
        0..=4 => Step::Sell { browser, tab: number(draw), what: number(draw) },
        5 => Step::SellInTwoTabs { browser, what: number(draw) },
        6..=16 => Step::Run { picks: draw.up_to(u64::MAX - 1), count: 1 + draw.up_to(30) as u32 },
        17..=19 => Step::Pass { ms: [200, 2_000, 20_000, 2 * MINUTE_MS][draw.up_to(3) as usize] },
        20 => Step::OpenTab { browser },
        21 => Step::WakeWorker { browser },
        22 => Step::Flush { browser },
        23..=24 => Step::Look { browser, tab: number(draw) },
        _ => {
            let signals = [Signal::Asked, Signal::Visible, Signal::Hidden, Signal::Asked];
            Step::Signal { browser, tab: number(draw), signal: signals[draw.up_to(3) as usize] }
        }
    }
}

fn network_step(draw: &mut Jitter, browser: usize) -> Step {
    let pick = number(draw);
    match draw.up_to(13) {
        0..=4 => Step::Lose { pick },
        5 => Step::Double { pick },
        6 => Step::Delay { pick, ms: [3_000, 12_000, 60_000][draw.up_to(2) as usize] },
        7..=9 => {
            let spoilings = [
                Spoiling::Away(None),
                Spoiling::Away(Some(5)),
                Spoiling::Away(Some(120)),
                Spoiling::Unauthorised,
                Spoiling::Unauthorised,
                Spoiling::TooLarge,
                Spoiling::Garbage,
                Spoiling::Reordered,
                Spoiling::Halved,
            ];
            let spoiling = spoilings[draw.up_to(spoilings.len() as u64 - 1) as usize];
            Step::Spoil { pick, request: draw.up_to(1) == 0, spoiling }
        }
        10..=11 => Step::Network { browser, up: draw.up_to(2) > 0 },
        _ => {
            let signal = if draw.up_to(1) == 0 { Signal::Online } else { Signal::Offline };
            Step::Signal { browser, tab: pick, signal }
        }
    }
}

fn crash_step(draw: &mut Jitter, browser: usize) -> Step {
    match draw.up_to(9) {
        0..=4 => Step::Kill { browser, nth: number(draw) },
        5..=6 => Step::PowerCut { browser, keep: draw.up_to(20) as usize },
        7 => Step::Upgrade { browser },
        _ => Step::OpenTab { browser },
    }
}

fn restore_step(draw: &mut Jitter, browser: usize) -> Step {
    match draw.up_to(9) {
        0..=4 => Step::Backup,
        5..=7 => Step::Restore { nth: number(draw), amid: draw.up_to(1) == 0 },
        8 if draw.up_to(1) == 0 => Step::BringIn { from: browser, to: number(draw) as usize },
        8 => Step::Pair { browser, same: draw.up_to(1) == 0 },
        _ if draw.up_to(3) == 0 => Step::Wipe { browser },
        _ => Step::Backup,
    }
}

fn catalogue_step(draw: &mut Jitter) -> Step {
    let nth = number(draw);
    let price = 50 + draw.up_to(500) as i64;
    let edit = match draw.up_to(9) {
        0..=1 => Edit::Create { price },
        2..=4 => Edit::Reprice { nth, price },
        5..=6 => Edit::Delete { nth },
        7 => Edit::Unarchive { nth },
        _ => Edit::Receive { nth, units: 1 + draw.up_to(9) as i32 },
    };
    match draw.up_to(9) {
        0..=1 if !matches!(edit, Edit::Receive { .. }) => Step::Begin(edit),
        2 => Step::Commit,
        3 => {
            if draw.up_to(1) == 0 {
                Step::RollBack
            } else {
                Step::Purge
            }
        }
        _ => Step::Edit(edit),
    }
}

fn clock_step(draw: &mut Jitter, browser: usize) -> Step {
    let jumps = [90_000, -90_000, 5_400_000, -5_400_000, YEAR_MS, -YEAR_MS];
    Step::ClockJumps { browser, ms: jumps[draw.up_to(5) as usize] }
}

fn server_step(draw: &mut Jitter, browser: usize) -> Step {
    match draw.up_to(7) {
        0..=2 => Step::ServerDown {
            down: draw.up_to(1) == 0,
            retry_after_s: (draw.up_to(1) == 0).then(|| 1 + draw.up_to(90) as u32),
        },
        3 => Step::ProxyLimit { events: (draw.up_to(1) == 0).then(|| 1 + draw.up_to(5) as usize) },
        4..=5 => Step::Poison { browser },
        _ => Step::Unstorable { count: 1 + draw.up_to(2) as u32 },
    }
}
