//! The faults end. Within a bounded time everything must come to rest, and then be right.

use crate::{
    browser::Doing,
    server::Edit,
    wire::What,
    world::{Broken, Due, World, broken},
};
use chrono::TimeDelta;
use keeptill_sync::{engine::Input, till::Connection};

/// More things than this in a row, without time passing, never end.
const STEPS_MAX: u32 = 20_000;
/// A tab tries at least every few minutes; so many tries of each must do.
const WAKES_PER_TAB: usize = 40;
/// How soon after a hint a till in good health must have pulled.
const HINT_HEEDED_MS: i64 = 5_000;

impl World {
    pub fn settle(&mut self) -> Result<(), Broken> {
        self.count("quiescence");
        self.end_faults();
        if !self.trouble.poisoned.is_empty() {
            // A sale that the server will not take must not hold up the others.
            self.come_to_rest(|world| world.only_poisoned_wait())?;
            self.trouble.poisoned.clear();
        }
        self.come_to_rest(|world| world.is_calm())?;
        self.check()?;
        if self.pokes {
            self.hint_during_a_round()?;
        }
        Ok(())
    }

    fn end_faults(&mut self) {
        self.server.commit(self.now);
        self.trouble.down = None;
        self.messages.iter_mut().for_each(|message| message.held_until = None);
        for browser in 0..self.browsers.len() {
            self.browsers[browser].disk_full = false;
            self.browsers[browser].offline = false;
            if self.tab(browser, 0).is_none() {
                self.open(browser, false);
            }
            let tabs: Vec<u64> = self.connection(browser).into_iter().map(|(tab, _)| tab).collect();
            for tab in tabs {
                self.tell(browser, tab, Input::Visible);
            }
        }
    }

    fn come_to_rest(&mut self, is_calm: impl Fn(&Self) -> bool) -> Result<(), Broken> {
        let tabs: usize = self.browsers.iter().map(|browser| browser.homes.len()).sum();
        for _ in 0..WAKES_PER_TAB * tabs.max(1) {
            self.run_out()?;
            self.people_act();
            self.run_out()?;
            if is_calm(self) {
                return Ok(());
            }
            let next_ring = self.next_ring().map(|(at, _, _)| at);
            let next_limit = self.next_timeout();
            let Some(next) = next_ring.into_iter().chain(next_limit).min() else {
                return Err(broken("no wedge", format!("nobody will ever try again: {}", self.describe())));
            };
            self.pass((next - self.now).max(TimeDelta::zero()));
        }
        self.in_time()
    }

    /// The time is up: says which rule is still broken.
    fn in_time(&mut self) -> Result<(), Broken> {
        let nothing_waits = self.browsers.iter().all(|browser| browser.disk.waiting().count() == 0);
        if nothing_waits {
            self.check()?;
        }
        Err(broken("no wedge", format!("it does not come to rest: {}", self.describe())))
    }

    /// Everything under way, in order, until only time can bring more.
    fn run_out(&mut self) -> Result<(), Broken> {
        for _ in 0..STEPS_MAX {
            let Some(next) = self.due().first().copied() else { return Ok(()) };
            if !self.go_on(next) {
                return Err(broken("no wedge", "a message that can never be delivered".into()));
            }
        }
        Err(broken("no wedge", format!("it goes round in circles: {}", self.describe())))
    }

    /// A till that says it needs somebody gets somebody.
    fn people_act(&mut self) {
        for browser in 0..self.browsers.len() {
            for (tab, connection) in self.connection(browser) {
                if connection != Connection::Unauthorised {
                    continue;
                }
                let token = self.home(browser, tab).map(|home| home.token);
                if token.and_then(|token| self.server.device_of(token)).is_some() {
                    self.count("a person asked after a 401");
                    self.tell(browser, tab, Input::Asked);
                } else {
                    self.count("a manager paired the till again");
                    self.pair(browser, false);
                }
            }
        }
    }

    /// When the first request is given up.
    fn next_timeout(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        let homes = self.browsers.iter().flat_map(|browser| &browser.homes);
        let sent = homes.filter_map(|home| match &home.doing {
            Some(Doing::Waiting(request)) => Some(request.sent_at),
            _ => None,
        });
        sent.min().map(|at| at + TimeDelta::milliseconds(crate::wire::TIMEOUT_MS))
    }

    fn only_poisoned_wait(&self) -> bool {
        let mut waiting = self.browsers.iter().flat_map(|browser| browser.disk.waiting());
        waiting.all(|(_, record)| self.trouble.poisoned.contains(&record.entry.client_id))
    }

    fn is_calm(&self) -> bool {
        let nothing_waits = self.browsers.iter().all(|browser| browser.disk.waiting().count() == 0);
        let resting = self.browsers.iter().flat_map(|b| &b.homes).all(|home| home.doing.is_none());
        nothing_waits && resting && self.shown_is_held().is_ok() && self.sent_is_held().is_ok()
    }

    fn describe(&self) -> String {
        let browsers: Vec<String> = self
            .browsers
            .iter()
            .map(|browser| {
                let waiting: Vec<i64> = browser.disk.waiting().map(|(_, record)| record.entry.device_seq.0).collect();
                let homes: Vec<_> = browser.homes.iter().map(|home| (home.id, home.engine.status())).collect();
                format!("waiting {waiting:?}, lock {:?}, homes {homes:?}", browser.lock_holder)
            })
            .collect();
        let right = self.shown_is_held().and_then(|()| self.sent_is_held()).map_err(|broken| broken.detail);
        format!("{right:?}, {browsers:?}")
    }

    /// A hint that comes while a round pulls, after the server has answered, is heeded all the same.
    fn hint_during_a_round(&mut self) -> Result<(), Broken> {
        let Some(tab) = self.tab(0, 0) else { return Ok(()) };
        self.tell(0, tab, Input::Asked);
        for _ in 0..STEPS_MAX {
            let pulled = |what: &What| matches!(what, What::Answer { answer: crate::wire::Answer::Pulled(_), .. });
            let answered = self.messages.iter().any(|message| message.home == tab && pulled(&message.what));
            if answered {
                break;
            }
            let Some(next) = self.due().first().copied() else { return Ok(()) };
            self.go_on(next);
        }
        self.server.write(Edit::Create { price: 777 }, self.now);
        self.poke();
        let poke = self.messages.iter().position(|message| message.home == tab && matches!(message.what, What::Poke));
        if let Some(index) = poke {
            self.go_on(Due::Message(index));
        }
        let until = self.now + TimeDelta::milliseconds(HINT_HEEDED_MS);
        loop {
            self.run_out()?;
            match self.next_ring() {
                Some((at, _, _)) if at <= until => self.pass((at - self.now).max(TimeDelta::zero())),
                _ => break,
            }
        }
        if self.connection(0).contains(&(tab, Connection::Unauthorised)) {
            // A backup from before this till was paired; it can only ask for somebody.
            return Ok(());
        }
        self.tab_shows_what_is_held(0, tab).map_err(|other| broken("a hint is heeded", other.detail))
    }
}
