//! One browser: its database, its lock, and the homes (tabs and a worker) in which an engine runs. What an engine
//! asks for is done in [`World::act`] and [`World::perform`], and nowhere else.

use crate::{
    disk::{Disk, Refused},
    mutants::Mutant,
    server::Token,
    wire::{Body, Request},
    world::World,
};
use chrono::{DateTime, TimeDelta, Utc};
use keeptill_domain::{Cart, Product};
use keeptill_sync::{
    batch::Outcome,
    catalogue::{CatalogueRows, Sold},
    engine::{Action, Engine, Input, Settings},
    failure::Failure,
    journal::{EntryState, JournalEntry},
    pull::{Page, PullPosition},
    till::Connection,
    wire::{ChunkRef, chunks::read_chunk},
};
use std::{collections::VecDeque, rc::Rc};

pub struct Browser {
    pub disk: Disk,
    pub homes: Vec<Home>,
    /// Which home has the Web Lock, and who waits for it. Without locks every home simply runs.
    pub lock_holder: Option<u64>,
    pub lock_queue: VecDeque<u64>,
    pub clock_ahead_ms: i64,
    pub disk_full: bool,
    pub offline: bool,
    pub build: u32,
}

pub struct Home {
    pub id: u64,
    pub is_worker: bool,
    pub engine: Engine,
    pub token: Token,
    pub rows: CatalogueRows,
    pub sold: Sold,
    /// When its timer rings, in the world's time.
    pub rings_at: Option<DateTime<Utc>>,
    pub doing: Option<Doing>,
    pub inbox: VecDeque<News>,
    pub paying: Option<Paying>,
    rows_changed: bool,
    /// Chunks that are still to be fetched.
    fetching: Vec<ChunkRef>,
}

/// How far the one unanswered action has come.
pub enum Doing {
    /// Asked for, and not begun.
    Asked(Action),
    /// In the lock's queue.
    Queued,
    /// A request is out.
    Waiting(Request),
    /// Done; the engine has not heard yet.
    Done(Input, Option<Change>),
}

pub enum Paying {
    Asked(Cart),
    /// The transaction has completed; "paid" is not shown yet.
    Recorded(JournalEntry),
}

pub enum Change {
    Outcomes(Vec<Outcome>),
    Reopened,
    Base(Vec<Product>, PullPosition),
    Page(Box<Page>),
}

/// What homes of one browser tell each other.
#[derive(Clone, Copy, PartialEq)]
pub enum News {
    Recorded,
    Sent,
    Catalogue,
    Device,
}

impl Browser {
    pub fn new(mutant: Option<Mutant>) -> Self {
        Self {
            disk: Disk::new(mutant),
            homes: vec![],
            lock_holder: None,
            lock_queue: VecDeque::new(),
            clock_ahead_ms: 0,
            disk_full: false,
            offline: false,
            build: 1,
        }
    }

    pub fn tell_others(&mut self, from: u64, news: News) {
        for home in self.homes.iter_mut().filter(|home| home.id != from && !home.is_worker) {
            home.inbox.push_back(news);
        }
    }
}

impl World {
    /// A tab is opened, or the worker is woken. Nothing runs in a browser that is no device yet.
    pub fn open(&mut self, browser: usize, is_worker: bool) {
        let id = self.next_id();
        let Some(paired) = self.browsers[browser].disk.paired.clone() else { return };
        let build = self.browsers[browser].build;
        let settings = Settings { app_version: format!("{build}"), pulls: !is_worker, waits_for_lock: is_worker };
        let shelf = self.browsers[browser].disk.shelf();
        let mut rows = shelf.rows;
        rows.set_position(shelf.position);
        let mut sold = Sold::default();
        sold.replace(self.browsers[browser].disk.all_unsent());
        self.browsers[browser].homes.push(Home {
            id,
            is_worker,
            engine: Engine::new(settings, self.seed ^ id),
            token: paired.token,
            rows,
            sold,
            rings_at: None,
            doing: None,
            inbox: VecDeque::new(),
            paying: None,
            rows_changed: false,
            fetching: vec![],
        });
        self.tell(browser, id, Input::Started);
    }

    /// The home ends, at whatever step it was. The browser frees its lock.
    pub fn kill(&mut self, browser: usize, home: u64) {
        let mutant = self.mutant;
        let browser_state = &mut self.browsers[browser];
        browser_state.homes.retain(|other| other.id != home);
        browser_state.lock_queue.retain(|other| *other != home);
        if browser_state.lock_holder == Some(home) && mutant != Some(Mutant::LockDiesWithHolder) {
            self.release(browser);
        }
    }

    fn release(&mut self, browser: usize) {
        let state = &mut self.browsers[browser];
        state.lock_holder = state.lock_queue.pop_front();
        let next = state.lock_holder;
        if let Some(home) = state.homes.iter_mut().find(|home| Some(home.id) == next) {
            home.doing = Some(Doing::Done(Input::Lock(true), None));
        }
    }

    pub fn home(&mut self, browser: usize, home: u64) -> Option<&mut Home> {
        self.browsers[browser].homes.iter_mut().find(|other| other.id == home)
    }

    pub fn tell(&mut self, browser: usize, home: u64, input: Input) {
        let now = self.clock(browser);
        let mutant = self.mutant;
        let Some(home_state) = self.home(browser, home) else { return };
        let running = home_state.engine.status().running;
        if mutant == Some(Mutant::PokeLostDuringRound) && running && matches!(input, Input::Poked) {
            return;
        }
        let mut input = input;
        if mutant == Some(Mutant::StopsAtFirstBadSale) && matches!(input, Input::Pushed(Err(Failure::Refused(_)))) {
            input = Input::Pushed(Err(Failure::Away { retry_after_s: None }));
        }
        let heard = self.story.is_some().then(|| format!("{input:?}"));
        let Some(home_state) = self.home(browser, home) else { return };
        let actions = home_state.engine.handle(input, now);
        self.note(|| format!("  till {browser}, home {home}: {:.90} -> {actions:?}", heard.unwrap_or_default()));
        for action in actions {
            self.act(browser, home, action);
        }
    }

    /// Takes in what the engine asks for. What needs the disk or the network happens later, a step at a time.
    fn act(&mut self, browser: usize, home: u64, action: Action) {
        let (world_now, device_now) = (self.now, self.clock(browser));
        match action {
            Action::WaitUntil(at) => {
                let Some(state) = self.home(browser, home) else { return };
                // A browser's timer counts milliseconds; a clock that jumps later does not move it.
                state.rings_at = at.map(|at| world_now + (at - device_now).max(TimeDelta::zero()));
                if state.is_worker {
                    self.kill(browser, home);
                }
            }
            Action::ReleaseLock => {
                if self.browsers[browser].lock_holder == Some(home) {
                    self.release(browser);
                }
            }
            action => {
                if let Some(state) = self.home(browser, home) {
                    state.doing = Some(Doing::Asked(action));
                }
            }
        }
    }

    /// Does what was asked for, up to the point where the engine would hear of it.
    pub fn perform(&mut self, browser: usize, home: u64) {
        let Some(Doing::Asked(action)) = self.home(browser, home).and_then(|state| state.doing.take()) else { return };
        let (full, locks, mutant) = (self.browsers[browser].disk_full, self.locks, self.mutant);
        let state = &mut self.browsers[browser];
        let disk = &mut state.disk;
        let failed = || Input::StoreFailed("the disk is full".into());
        let (input, change) = match action {
            Action::TakeLock { .. } if !locks => (Input::Lock(true), None),
            Action::TakeLock { .. } if state.lock_holder.is_none() => {
                state.lock_holder = Some(home);
                (Input::Lock(true), None)
            }
            Action::TakeLock { wait: false } => (Input::Lock(false), None),
            Action::TakeLock { wait: true } => {
                state.lock_queue.push_back(home);
                if let Some(state) = self.home(browser, home) {
                    state.doing = Some(Doing::Queued);
                }
                return;
            }
            Action::ReadUnsent { after, limit } => (Input::Unsent(disk.unsent(after, limit)), None),
            Action::ReadSenders => (Input::Senders(disk.senders()), None),
            Action::ReadPosition => (Input::Position(disk.shelf().position), None),
            Action::Push(request) => return self.ask(browser, home, Body::Push(request)),
            Action::Pull(request) => return self.ask(browser, home, Body::Pull(request)),
            Action::PullManifest => return self.ask(browser, home, Body::Manifest),
            Action::FetchChunks(chunks) => {
                let stored = disk.shelf().chunks;
                let missing = chunks.into_iter().filter(|chunk| !stored.contains_key(&chunk.sha256)).collect();
                if let Some(state) = self.home(browser, home) {
                    state.fetching = missing;
                }
                return self.fetch_next(browser, home);
            }
            Action::StoreBase(_) if full => {
                self.count("disk full: a base");
                (failed(), None)
            }
            Action::StoreBase(base) => match disk.store_base(&base) {
                Some(products) => (Input::Stored, Some(Change::Base(products, base.position))),
                None => (Input::StoreFailed("a chunk is not in the store".into()), None),
            },
            Action::StorePage(page) if full => {
                if mutant == Some(Mutant::CheckpointPastUnappliedPull) {
                    disk.skip_page(&page);
                }
                self.count("disk full: a page");
                (failed(), None)
            }
            Action::StoreOutcomes { .. } | Action::SendAgain { .. } if full => {
                self.count("disk full: outcomes");
                (failed(), None)
            }
            Action::StoreOutcomes { epoch, outcomes } => match disk.store_outcomes(epoch, &outcomes) {
                Ok(()) => (Input::Stored, Some(Change::Outcomes(outcomes))),
                Err(refused) => {
                    self.count("outcomes of another epoch refused");
                    (Input::StoreFailed(format!("{refused:?}")), None)
                }
            },
            Action::SendAgain { epoch, lacking } => {
                let lacking = if mutant == Some(Mutant::RestoreGoesUnnoticed) { vec![] } else { lacking };
                let count = disk.reopen(epoch, &lacking);
                self.counts.add("entries sent again", u64::from(count));
                (Input::Reopened(count), (count > 0).then_some(Change::Reopened))
            }
            Action::StorePage(page) => match disk.store_page(&page) {
                Ok(()) => (Input::Stored, Some(Change::Page(page))),
                Err(refused) => {
                    self.count("page refused, another tab has pulled");
                    (Input::StoreFailed(format!("{refused:?}")), None)
                }
            },
            Action::ReleaseLock | Action::WaitUntil(_) => return,
        };
        self.done(browser, home, input, change);
    }

    fn fetch_next(&mut self, browser: usize, home: u64) {
        let Some(state) = self.home(browser, home) else { return };
        match state.fetching.pop() {
            Some(chunk) => self.ask(browser, home, Body::Chunk(chunk.sha256)),
            None => self.done(browser, home, Input::Fetched(Ok(())), None),
        }
    }

    /// A chunk came over the wire: it is checked, stored, and the next one asked for.
    pub fn fetched(&mut self, browser: usize, home: u64, name: String, content: Result<Rc<[u8]>, Failure>) {
        let state = &mut self.browsers[browser];
        let input = match content {
            Err(failure) => Input::Fetched(Err(failure)),
            Ok(content) if read_chunk(&content, &name).is_err() => {
                Input::Fetched(Err(Failure::Away { retry_after_s: None }))
            }
            Ok(_) if state.disk_full => Input::StoreFailed("the disk is full".into()),
            Ok(content) => {
                state.disk.store_chunk(name, content);
                self.count("chunk stored");
                return self.fetch_next(browser, home);
            }
        };
        self.done(browser, home, input, None);
    }

    pub fn done(&mut self, browser: usize, home: u64, input: Input, change: Option<Change>) {
        if let Some(state) = self.home(browser, home) {
            state.doing = Some(Doing::Done(input, change));
        }
    }

    /// The home hears what came of it: first what it shows, then the engine.
    pub fn hear(&mut self, browser: usize, home: u64) {
        let Some(Doing::Done(input, change)) = self.home(browser, home).and_then(|state| state.doing.take()) else {
            return;
        };
        if let Some(change) = change {
            self.changed(browser, home, change);
        }
        if let Input::Position(position) = &input {
            self.catch_up(browser, home, position);
        }
        self.tell(browser, home, input);
    }

    fn changed(&mut self, browser: usize, home: u64, change: Change) {
        let mutant = self.mutant;
        let state = &mut self.browsers[browser];
        let Some(own) = state.homes.iter_mut().find(|other| other.id == home) else { return };
        match change {
            Change::Outcomes(outcomes) => {
                for outcome in outcomes.iter().filter(|outcome| matches!(outcome.state, EntryState::Sent { .. })) {
                    own.sold.sent(outcome.client_id);
                }
                state.tell_others(home, News::Sent);
            }
            Change::Reopened => {
                own.sold.replace(state.disk.all_unsent());
                state.tell_others(home, News::Sent);
            }
            Change::Base(products, position) => {
                own.rows.stand_on(products, position);
                own.rows_changed = true;
            }
            Change::Page(page) => {
                let last = !page.answer.has_more;
                own.rows_changed |= page.sweep || page.answer.row_count() > 0;
                own.rows.apply(*page);
                if mutant == Some(Mutant::PullOverwritesUnsent) {
                    own.sold = Sold::default();
                }
                if last {
                    own.sold.settled();
                    own.sold.replace(state.disk.all_unsent());
                    if std::mem::take(&mut own.rows_changed) {
                        state.tell_others(home, News::Catalogue);
                    }
                }
            }
        }
    }

    /// `Page::catch_up`: what is in memory stands where the store does.
    fn catch_up(&mut self, browser: usize, home: u64, position: &PullPosition) {
        let shelf = self.browsers[browser].disk.shelf();
        let Some(own) = self.home(browser, home).filter(|own| own.rows.position() != position) else { return };
        own.rows = shelf.rows;
        own.rows_changed = true;
        self.count("rows loaded again after another tab's pull");
    }

    /// A home hears from another of the same browser.
    pub fn read_news(&mut self, browser: usize, home: u64) {
        let state = &mut self.browsers[browser];
        let waiting = state.disk.waiting().count() as u32;
        let Some(own) = state.homes.iter_mut().find(|other| other.id == home) else { return };
        match own.inbox.pop_front() {
            Some(news @ (News::Recorded | News::Sent)) => {
                own.sold.replace(state.disk.all_unsent());
                let input = if news == News::Recorded { Input::Recorded } else { Input::Counted(waiting) };
                self.tell(browser, home, input);
            }
            Some(News::Catalogue) => {
                own.rows = state.disk.shelf().rows;
                own.sold.settled();
            }
            Some(News::Device) => {
                own.rows = state.disk.shelf().rows;
                own.token = state.disk.paired.as_ref().map_or(own.token, |paired| paired.token);
                self.tell(browser, home, Input::Paired);
            }
            None => {}
        }
    }

    /// The transaction of a sale, to its end; the cashier does not know yet.
    pub fn record(&mut self, browser: usize, home: u64) {
        let now = self.clock(browser);
        let state = &mut self.browsers[browser];
        let full = state.disk_full;
        let Some(own) = state.homes.iter_mut().find(|other| other.id == home) else { return };
        let Some(Paying::Asked(cart)) = own.paying.take() else { return };
        let recorded = match full {
            true => None,
            false => Some(state.disk.record(&cart, home, now)),
        };
        match recorded {
            Some(Ok(entry)) => {
                own.paying = Some(Paying::Recorded(entry.clone()));
                self.ledger.committed(&entry);
            }
            Some(Err(Refused::AlreadyPaid)) => self.count("cart already paid in another tab"),
            Some(Err(_)) => {}
            None => self.count("disk full: a sale not taken"),
        }
    }

    /// "Paid" is on the screen, and the rest of the page is told.
    pub fn show_paid(&mut self, browser: usize, home: u64) {
        let state = &mut self.browsers[browser];
        let Some(own) = state.homes.iter_mut().find(|other| other.id == home) else { return };
        let Some(Paying::Recorded(entry)) = own.paying.take() else { return };
        own.sold.add(&entry);
        self.ledger.paid(entry.client_id);
        state.tell_others(home, News::Recorded);
        self.tell(browser, home, Input::Recorded);
    }

    pub fn connection(&self, browser: usize) -> Vec<(u64, Connection)> {
        let homes = self.browsers[browser].homes.iter().filter(|home| !home.is_worker);
        homes.map(|home| (home.id, home.engine.status().connection)).collect()
    }
}
