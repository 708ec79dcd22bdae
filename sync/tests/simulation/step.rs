//! What each step of a schedule does to the world. A step that does not fit does nothing, so that any part of a
//! schedule is a schedule.

use crate::{
    browser::{Browser, Doing, News, Paying},
    mutants::Mutant,
    plan::{Signal, Step},
    wire::{Answer, Spoiling, What},
    world::{Broken, World},
};
use chrono::TimeDelta;
use keeptill_sync::{backoff::Jitter, engine::Input};

/// An answer from before a restore comes so much later: soon enough for whoever asked to be still waiting.
const ANSWER_DAWDLES_S: i64 = 25;
/// So many things may happen before a message that a step is about is there.
const MEDDLING_PATIENCE: u32 = 12;

impl World {
    pub fn step(&mut self, step: &Step) -> Result<(), Broken> {
        let now = self.now;
        match *step {
            Step::Run { picks, count } => self.run_some(picks, count),
            Step::Pass { ms } => self.pass(TimeDelta::milliseconds(ms as i64)),
            Step::Sell { browser, tab, what } => self.sell(browser, tab, what, false),
            Step::SellInTwoTabs { browser, what } => self.sell(browser, 0, what, true),
            Step::OpenTab { browser } => {
                if self.browsers[browser].homes.len() < 4 {
                    self.count("tab opened");
                    self.open(browser, false);
                }
            }
            Step::WakeWorker { browser } => {
                if !self.browsers[browser].homes.iter().any(|home| home.is_worker) {
                    self.count("worker woken");
                    self.open(browser, true);
                }
            }
            Step::Kill { browser, nth } => self.kill_nth(browser, nth),
            Step::PowerCut { browser, keep } => {
                self.close_all(browser);
                self.browsers[browser].disk.lose_power(keep);
                self.browsers[browser].lock_holder = None;
                self.count("power cut");
            }
            Step::Flush { browser } => self.browsers[browser].disk.flush(),
            Step::Upgrade { browser } => self.upgrade(browser),
            Step::DiskFull { browser, full } => self.browsers[browser].disk_full = full,
            Step::Network { browser, up } => self.browsers[browser].offline = !up,
            Step::Signal { browser, tab, signal } => self.signal(browser, tab, signal),
            Step::ClockJumps { browser, ms } => {
                self.browsers[browser].clock_ahead_ms += ms;
                self.count("clock jumped");
            }
            Step::Lose { pick } => {
                self.run_until(|what| !matches!(what, What::Poke));
                if let Some(index) = self.message_of(|what| !matches!(what, What::Poke), pick) {
                    let lost = self.messages.remove(index).what;
                    self.count(if matches!(lost, What::Answer { .. }) { "answer lost" } else { "request lost" });
                } else if let Some(index) = self.message_of(|_| true, pick) {
                    self.messages.remove(index);
                    self.count("poke lost");
                }
            }
            Step::Double { pick } => {
                self.run_until(|what| !matches!(what, What::Poke));
                if let Some(index) = self.message_of(|what| !matches!(what, What::Poke), pick) {
                    let double = self.messages[index].clone();
                    self.messages.push(double);
                    self.count("message doubled");
                }
            }
            Step::Delay { pick, ms } => {
                self.run_until(|what| !matches!(what, What::Poke));
                if let Some(index) = self.message_of(|what| !matches!(what, What::Poke), pick) {
                    self.messages[index].held_until = Some(now + TimeDelta::milliseconds(ms as i64));
                    self.count("message delayed");
                }
            }
            Step::Spoil { pick, request, spoiling } => {
                let pushed = |what: &What| matches!(what, What::Answer { answer: Answer::Pushed(Ok(_)), .. });
                let fitting = |what: &What| match what {
                    _ if matches!(spoiling, Spoiling::Reordered | Spoiling::Halved) => pushed(what),
                    What::Request { .. } => request,
                    What::Answer { .. } => !request,
                    What::Poke => false,
                };
                self.run_until(fitting);
                if let Some(index) = self.message_of(fitting, pick) {
                    self.spoil(index, spoiling);
                }
            }
            Step::ServerDown { down, retry_after_s } => self.trouble.down = down.then_some(retry_after_s),
            Step::ProxyLimit { events } => self.trouble.events_max = events,
            Step::Poison { browser } => {
                let newest = self.browsers[browser].disk.waiting().last().map(|(_, record)| record.entry.client_id);
                if let Some(id) = newest {
                    self.trouble.poisoned.insert(id);
                    self.count("sale poisoned");
                }
            }
            Step::Unstorable { count } => self.trouble.unstorable += count,
            Step::Edit(edit) => {
                self.server.write(edit, now);
                self.count("catalogue or stock edited");
                self.poke();
            }
            Step::Begin(edit) => {
                self.server.begin(edit, now);
                self.count("write left uncommitted");
            }
            Step::Commit => {
                self.server.commit(now);
                self.poke();
            }
            Step::RollBack => self.server.roll_back(),
            Step::Purge => self.server.purge(),
            Step::Backup => {
                let copy = self.server.clone();
                self.backups.push(copy);
            }
            Step::Restore { nth, amid } => {
                let pushed = |what: &What| matches!(what, What::Answer { answer: Answer::Pushed(Ok(_)), .. });
                if amid {
                    self.run_until(pushed);
                }
                if let Some(index) = self.message_of(pushed, nth).filter(|_| amid) {
                    self.messages[index].held_until = Some(now + TimeDelta::seconds(ANSWER_DAWDLES_S));
                }
                self.restore(nth);
            }
            Step::Pair { browser, same } => {
                self.pair(browser, same);
                self.count("paired anew");
            }
            Step::BringIn { from, to } => self.bring_in(from, to % self.browsers.len()),
            Step::Wipe { browser } => self.wipe(browser),
            Step::Look { browser, tab } => self.look(browser, tab)?,
            Step::Settle => self.settle()?,
        }
        Ok(())
    }

    fn run_some(&mut self, picks: u64, count: u32) {
        let mut draw = Jitter::seeded(picks);
        for _ in 0..count {
            let due = self.due();
            if due.is_empty() {
                return;
            }
            let pick = due[draw.up_to(due.len() as u64 - 1) as usize];
            self.go_on(pick);
        }
    }

    /// Things go on for a little, until there is such a message to meddle with.
    fn run_until(&mut self, wanted: impl Fn(&What) -> bool + Copy) {
        for _ in 0..MEDDLING_PATIENCE {
            if self.message_of(wanted, 0).is_some() {
                return;
            }
            let Some(next) = self.due().last().copied() else { return };
            self.go_on(next);
        }
    }

    fn kill_nth(&mut self, browser: usize, nth: u32) {
        let homes: Vec<u64> = self.browsers[browser].homes.iter().map(|home| home.id).collect();
        let Some(home) = homes.get(nth as usize % homes.len().max(1)).copied() else { return };
        let Some(state) = self.home(browser, home) else { return };
        let where_it_stood = match (&state.paying, &state.doing) {
            (Some(Paying::Asked(_)), _) => "killed before a sale's transaction",
            (Some(Paying::Recorded(_)), _) => "killed between a sale's commit and \"paid\"",
            (_, Some(Doing::Asked(_))) => "killed before a transaction or request",
            (_, Some(Doing::Waiting(_))) => "killed while a request was out",
            (_, Some(Doing::Done(..))) => "killed after a commit or answer, before the engine heard",
            (_, Some(Doing::Queued)) => "killed in the lock's queue",
            (_, None) => "killed at rest",
        };
        self.count(where_it_stood);
        self.kill(browser, home);
    }

    pub fn close_all(&mut self, browser: usize) {
        let homes: Vec<u64> = self.browsers[browser].homes.iter().map(|home| home.id).collect();
        for home in homes {
            self.kill(browser, home);
        }
    }

    fn upgrade(&mut self, browser: usize) {
        self.close_all(browser);
        let state = &mut self.browsers[browser];
        state.build += 1;
        if self.mutant == Some(Mutant::UpgradeDropsStore) {
            state.disk.journal.clear();
        }
        self.count("upgraded to a newer build");
        self.open(browser, false);
    }

    fn signal(&mut self, browser: usize, nth: u32, signal: Signal) {
        let Some(tab) = self.tab(browser, nth) else { return };
        let input = match signal {
            Signal::Asked => Input::Asked,
            Signal::Online => Input::Online,
            Signal::Offline => Input::Offline,
            Signal::Visible => Input::Visible,
            Signal::Hidden => Input::Hidden,
        };
        self.tell(browser, tab, input);
    }

    fn bring_in(&mut self, from: usize, to: usize) {
        let file: Vec<_> =
            self.browsers[from].disk.waiting().map(|(_, record)| (record.device, record.entry.clone())).collect();
        let new = self.browsers[to].disk.bring_in(file);
        self.counts.add("entries brought in from a file", u64::from(new));
        self.browsers[to].tell_others(0, News::Recorded);
    }

    /// The medium is gone, and with it what was only there. The tablet is paired again.
    fn wipe(&mut self, browser: usize) {
        self.close_all(browser);
        let gone: Vec<_> = self.browsers[browser].disk.journal.values().map(|record| record.entry.client_id).collect();
        self.ledger.destroyed.extend(gone);
        self.browsers[browser] = Browser { build: self.browsers[browser].build, ..Browser::new(self.mutant) };
        self.count("storage wiped");
        self.pair(browser, false);
        self.open(browser, false);
        self.browsers[browser].tell_others(0, News::Device);
    }
}
