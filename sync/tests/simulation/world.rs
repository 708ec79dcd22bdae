//! Everything there is: browsers, messages, a server, and a clock. One seed makes it, one schedule drives it.

use crate::{
    browser::{Browser, Doing, News, Paying},
    ledger::Ledger,
    mutants::Mutant,
    plan::{Plan, Shape, Step},
    server::{Edit, Server, Trouble},
    wire::{Message, What},
};
use chrono::{DateTime, TimeDelta, Utc};
use keeptill_domain::{Cart, ClientId, Ppm, Quantity};
use keeptill_sync::{catalogue::Sold, engine::Input};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What was not as it must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    pub rule: &'static str,
    pub detail: String,
}

pub fn broken(rule: &'static str, detail: String) -> Broken {
    Broken { rule, detail }
}

/// How it is counted that a backup took the server's place.
pub const RESTORED: &str = "server restored from a backup";

/// How often what happened.
#[derive(Clone, Default)]
pub struct Counts(pub BTreeMap<&'static str, u64>);

impl Counts {
    pub fn add(&mut self, what: &'static str, count: u64) {
        *self.0.entry(what).or_default() += count;
    }

    pub fn merge(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            self.add(what, *count);
        }
    }
}

pub struct World {
    pub seed: u64,
    pub now: DateTime<Utc>,
    pub server: Server,
    pub trouble: Trouble,
    pub backups: Vec<Server>,
    pub browsers: Vec<Browser>,
    pub messages: Vec<Message>,
    pub locks: bool,
    pub pokes: bool,
    pub ledger: Ledger,
    pub counts: Counts,
    pub mutant: Option<Mutant>,
    /// For one mutant: entries whose push had no answer.
    pub lost: BTreeSet<ClientId>,
    /// What happened, a line each, where somebody wants to read it.
    pub story: Option<Vec<String>>,
    ids: u64,
    epochs: u64,
}

/// As much of a line of the story as anybody reads.
const LINE_CHARS_MAX: usize = 220;

/// Something under way that can go on.
#[derive(Clone, Copy)]
pub enum Due {
    Message(usize),
    Perform(usize, u64),
    Hear(usize, u64),
    News(usize, u64),
    Record(usize, u64),
    ShowPaid(usize, u64),
}

pub fn client_id(browser: usize, number: u64) -> ClientId {
    ClientId(Uuid::from_u128(((browser as u128 + 1) << 64) + u128::from(number)))
}

impl World {
    pub fn new(plan: &Plan, mutant: Option<Mutant>) -> Self {
        let Shape { browsers, products, rows_max, locks, pokes, gives_chunks, old_backup } = plan.shape;
        let now = DateTime::from_timestamp_millis(1_795_000_000_000).unwrap_or_default();
        let mut world = Self {
            seed: plan.seed,
            now,
            server: Server::new(products, rows_max, gives_chunks, mutant, now),
            trouble: Trouble::default(),
            backups: vec![],
            browsers: (0..browsers).map(|_| Browser::new(mutant)).collect(),
            messages: vec![],
            locks,
            pokes,
            ledger: Ledger::default(),
            counts: Counts::default(),
            mutant,
            lost: BTreeSet::new(),
            story: None,
            ids: 0,
            epochs: 1,
        };
        for nth in 0..products {
            world.server.write(Edit::Receive { nth, units: 6 }, now);
        }
        if old_backup {
            world.backups.push(world.server.clone());
        }
        for browser in 0..browsers {
            world.pair(browser, false);
            world.open(browser, false);
        }
        world.backups.push(world.server.clone());
        world
    }

    pub fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    pub fn note(&mut self, line: impl FnOnce() -> String) {
        let now = self.now.format("%j %H:%M:%S%.3f").to_string();
        if let Some(story) = &mut self.story {
            story.push(format!("{now}  {}", line().chars().take(LINE_CHARS_MAX).collect::<String>()));
        }
    }

    pub fn count(&mut self, what: &'static str) {
        self.counts.add(what, 1);
    }

    /// What the browser's clock shows.
    pub fn clock(&self, browser: usize) -> DateTime<Utc> {
        self.now + TimeDelta::milliseconds(self.browsers[browser].clock_ahead_ms)
    }

    /// A person pairs the browser, as a new device or as the one it is.
    pub fn pair(&mut self, browser: usize, same: bool) {
        let token = self.next_id();
        let known = self.browsers[browser].disk.paired.as_ref().map(|paired| paired.device).filter(|_| same);
        let (device, prefix) = self.server.pair(known, token);
        let epoch = self.server.epoch;
        self.browsers[browser].disk.pair(device, token, prefix, epoch);
        self.browsers[browser].tell_others(0, News::Device);
    }

    /// All that could go on now, oldest messages first.
    pub fn due(&self) -> Vec<Due> {
        let held = |message: &Message| message.held_until.is_some_and(|until| until > self.now);
        let messages = self.messages.iter().enumerate().filter(|(_, message)| !held(message));
        let mut due: Vec<Due> = messages.map(|(index, _)| Due::Message(index)).collect();
        for (browser, state) in self.browsers.iter().enumerate() {
            for home in &state.homes {
                match &home.doing {
                    Some(Doing::Asked(_)) => due.push(Due::Perform(browser, home.id)),
                    Some(Doing::Done(..)) => due.push(Due::Hear(browser, home.id)),
                    Some(Doing::Queued | Doing::Waiting(_)) | None => {}
                }
                match &home.paying {
                    Some(Paying::Asked(_)) => due.push(Due::Record(browser, home.id)),
                    Some(Paying::Recorded(_)) => due.push(Due::ShowPaid(browser, home.id)),
                    None => {}
                }
                if !home.inbox.is_empty() {
                    due.push(Due::News(browser, home.id));
                }
            }
        }
        due
    }

    pub fn go_on(&mut self, due: Due) -> bool {
        match due {
            Due::Message(index) => return self.deliver(index),
            Due::Perform(browser, home) => self.perform(browser, home),
            Due::Hear(browser, home) => self.hear(browser, home),
            Due::News(browser, home) => self.read_news(browser, home),
            Due::Record(browser, home) => self.record(browser, home),
            Due::ShowPaid(browser, home) => self.show_paid(browser, home),
        }
        true
    }

    /// Time passes; timers that come due ring in their order.
    pub fn pass(&mut self, wait: TimeDelta) {
        let end = self.now + wait;
        while let Some((at, browser, home)) = self.next_ring().filter(|(at, _, _)| *at <= end) {
            self.now = self.now.max(at);
            self.ring(browser, home);
        }
        self.now = end;
        self.time_out();
    }

    pub fn next_ring(&self) -> Option<(DateTime<Utc>, usize, u64)> {
        let homes =
            self.browsers.iter().enumerate().flat_map(|(b, state)| state.homes.iter().map(move |home| (b, home)));
        homes.filter_map(|(browser, home)| Some((home.rings_at?, browser, home.id))).min()
    }

    pub fn ring(&mut self, browser: usize, home: u64) {
        if let Some(own) = self.home(browser, home) {
            own.rings_at = None;
        }
        self.tell(browser, home, Input::Tick);
    }

    /// The nth tab of a browser, if it has any.
    pub fn tab(&self, browser: usize, nth: u32) -> Option<u64> {
        let tabs: Vec<u64> = self.browsers[browser].homes.iter().filter(|h| !h.is_worker).map(|h| h.id).collect();
        tabs.get(nth as usize % tabs.len().max(1)).copied()
    }

    /// A cashier rings up what the tab shows, and takes the money.
    pub fn sell(&mut self, browser: usize, nth: u32, what: u32, in_two_tabs: bool) {
        let id = client_id(browser, self.next_id());
        let Some(tab) = self.tab(browser, nth) else { return };
        let Some(cart) = self.cart(browser, tab, id, what) else { return };
        let mut tabs = vec![tab];
        if in_two_tabs {
            tabs.extend(self.tab(browser, nth + 1).filter(|other| *other != tab));
        }
        for tab in tabs {
            self.count("cart paid");
            if self.mutant == Some(Mutant::AcknowledgedBeforeStored) {
                self.ledger.paid(id);
            }
            if let Some(own) = self.home(browser, tab).filter(|own| own.paying.is_none()) {
                own.paying = Some(Paying::Asked(cart.clone()));
            }
        }
    }

    fn cart(&self, browser: usize, tab: u64, id: ClientId, what: u32) -> Option<Cart> {
        let own = self.browsers[browser].homes.iter().find(|home| home.id == tab)?;
        let picture = own.rows.picture(&own.sold);
        let sellable: Vec<_> = picture.products.iter().filter(|product| !product.archived).collect();
        let mut cart = Cart { id: Some(id), lines: vec![] };
        for line in 0..=what % 2 {
            let product = sellable.get((what / 2 + line * 3) as usize % sellable.len().max(1))?;
            let units = Quantity::from_units(1 + (what / 7 % 3) as i32);
            cart.add(product, Ppm(0), units, picture.stock.get(&product.id).copied()).ok()?;
        }
        Some(cart)
    }

    /// What a tab shows of the stock takes off what it has sold and not sent.
    pub fn look(&self, browser: usize, nth: u32) -> Result<(), Broken> {
        let Some(tab) = self.tab(browser, nth) else { return Ok(()) };
        let state = &self.browsers[browser];
        let Some(own) = state.homes.iter().find(|home| home.id == tab) else { return Ok(()) };
        if own.paying.is_some() || !own.inbox.is_empty() || matches!(own.doing, Some(Doing::Done(..))) {
            return Ok(());
        }
        let (shown, pulled) = (own.rows.stock(&own.sold), own.rows.stock(&Sold::default()));
        for (product, unsent) in state.disk.unsent_of(tab) {
            if let (Some(shown), Some(pulled)) = (shown.get(&product), pulled.get(&product))
                && *shown > *pulled - unsent
            {
                let detail = format!("browser {browser}: {product} shows {shown}, pulled {pulled}, unsent {unsent}");
                return Err(broken("stock shown is less what was sold", detail));
            }
        }
        Ok(())
    }

    /// The newest epoch there will ever be.
    pub fn restore(&mut self, nth: u32) {
        let backup = self.backups[nth as usize % self.backups.len()].clone();
        self.epochs += 1;
        self.server = backup.restored(self.epochs);
        self.count(RESTORED);
    }

    pub fn message_of(&self, wanted: impl Fn(&What) -> bool, pick: u32) -> Option<usize> {
        let fitting: Vec<usize> =
            (0..self.messages.len()).filter(|index| wanted(&self.messages[*index].what)).collect();
        fitting.get(pick as usize % fitting.len().max(1)).copied()
    }

    /// Runs a whole schedule.
    pub fn run(plan: &Plan, steps: &[Step], mutant: Option<Mutant>) -> (Self, Result<(), Broken>) {
        Self::new(plan, mutant).play(steps)
    }

    /// The same, with its story.
    pub fn tell_story(plan: &Plan, steps: &[Step], mutant: Option<Mutant>) -> Vec<String> {
        let world = Self { story: Some(vec![]), ..Self::new(plan, mutant) };
        world.play(steps).0.story.unwrap_or_default()
    }

    fn play(self, steps: &[Step]) -> (Self, Result<(), Broken>) {
        let mut world = self;
        for step in steps {
            world.note(|| format!("{step:?}"));
            if let Err(broken) = world.step(step) {
                return (world, Err(broken));
            }
        }
        let ended = world.settle();
        (world, ended)
    }
}
