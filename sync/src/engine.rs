//! When to push and pull, and what to do with what comes back.
//!
//! One [`Engine`] for each home (a page, a service worker, a simulated device). It is told what happened through
//! [`Engine::handle`] and answers with what to do, in order. It keeps nothing that must outlive it: the journal and
//! the pull's position are read from the store in every round, because another tab may have changed them.
//!
//! A round: take the lock, push everything that waits, batch by batch, then pull page by page, give the lock back.
//! Where an answer shows that the server's database was restored, what it no longer has is sent again first.
//! Nothing is ever dropped for its age or for the number of tries.

mod again;
mod round;

use crate::{
    backoff::{Backoff, Jitter, floor_ms},
    batch::{Lacking, Outcome, Unsent, Waiting},
    failure::Failure,
    pull::{Base, Page, PullPosition},
    till::Connection,
    wire::{ChunkRef, ErrorDetail, Manifest, PullRequest, PullResponse, PushRequest, PushResponse},
};
use again::Audit;
use chrono::{DateTime, TimeDelta, Utc};
use keeptill_domain::{DeviceId, Epoch};

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The home opened; the device is paired.
    Started,
    /// A person asked: now, whatever the backoff says.
    Asked,
    /// The device has a new token.
    Paired,
    /// An entry was added to the journal, here or in another tab.
    Recorded,
    /// Another tab or the worker sent entries; this many wait now.
    Counted(u32),
    /// The browser says there is a network again.
    Online,
    Offline,
    /// The page came to the front.
    Visible,
    Hidden,
    /// The server hinted that there is something to pull.
    Poked,
    /// The time of the last [`Action::WaitUntil`] has come.
    Tick,
    /// Answers [`Action::TakeLock`].
    Lock(bool),
    /// Answers [`Action::ReadUnsent`].
    Unsent(Unsent),
    /// Answers [`Action::Push`].
    Pushed(Result<PushResponse, Failure>),
    /// Answers [`Action::ReadSenders`].
    Senders(Vec<DeviceId>),
    /// Answers [`Action::SendAgain`]: the transaction has completed, and so many entries wait again.
    Reopened(u32),
    /// Answers [`Action::ReadPosition`].
    Position(PullPosition),
    /// Answers [`Action::PullManifest`].
    Listed(Result<Box<Manifest>, Failure>),
    /// Answers [`Action::FetchChunks`]: all of them are in the store.
    Fetched(Result<(), Failure>),
    /// Answers [`Action::Pull`].
    Pulled(Result<Box<PullResponse>, Failure>),
    /// Answers [`Action::StoreOutcomes`], [`Action::StoreBase`] and [`Action::StorePage`]: the transaction has
    /// completed.
    Stored,
    /// The store could not read or write; nothing was changed.
    StoreFailed(String),
}

/// What to do. Each but the last two is answered with an [`Input`], and there is never more than one unanswered.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Take the lock that lets one home run at a time; `wait` for it, or say at once that it is taken.
    TakeLock {
        wait: bool,
    },
    /// Read the waiting entries after this position, at most `limit`.
    ReadUnsent {
        after: u64,
        limit: usize,
    },
    Push(PushRequest),
    /// Write all of these in one transaction, unless the journal has come to another epoch meanwhile: then the answer
    /// they came with is worth nothing, and this fails.
    StoreOutcomes {
        epoch: Option<Epoch>,
        outcomes: Vec<Outcome>,
    },
    /// Read which devices recorded the entries that count as sent: this one, and those this browser was before.
    ReadSenders,
    /// Turn what counts as sent back into waiting where the server lacks it, and write down the epoch that was asked,
    /// in one strict transaction. Without an `epoch` the journal keeps its own.
    SendAgain {
        epoch: Option<Epoch>,
        lacking: Vec<Lacking>,
    },
    ReadPosition,
    /// Ask which chunks make up the catalogue.
    PullManifest,
    /// Fetch those of these chunks that the store does not have, check each against its name, and store them; nothing
    /// refers to them yet.
    FetchChunks(Vec<ChunkRef>),
    /// Let all products be those of these chunks, and write the position, in one transaction.
    StoreBase(Base),
    Pull(PullRequest),
    /// Write rows and position in one transaction.
    StorePage(Box<Page>),
    ReleaseLock,
    /// Call [`Engine::handle`] with [`Input::Tick`] then; replaces an earlier wait, and `None` ends it.
    WaitUntil(Option<DateTime<Utc>>),
}

/// What a home decides once.
#[derive(Clone, Debug)]
pub struct Settings {
    pub app_version: String,
    /// A worker that was woken to send leaves pulling to the page.
    pub pulls: bool,
    /// Whether to queue for the lock or to leave it to whoever has it.
    pub waits_for_lock: bool,
}

/// How things stand, for the badge.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    pub connection: Connection,
    pub running: bool,
    pub waiting: u32,
    pub next_try_at: Option<DateTime<Utc>>,
    pub last_sent_at: Option<DateTime<Utc>>,
    pub last_pulled_at: Option<DateTime<Utc>>,
    pub clock_offset_ms: Option<i64>,
    pub last_error: Option<ErrorDetail>,
}

/// Between two rounds while the page is seen and nothing waits.
const PULL_EVERY_MS: u64 = 30_000;
/// The same while nobody looks.
const PULL_EVERY_HIDDEN_MS: u64 = 300_000;
/// Coming to the front sooner than this after a good round starts no other.
const FRESH_FOR_MS: i64 = 5_000;
/// When another tab has the lock, look again after one to three seconds.
const LOCK_RETRY_MS: u64 = 1_000;
/// A server's hint reaches every till at once; they answer spread over this.
const POKE_SPREAD_MS: u64 = 1_000;
/// A wait longer than any the engine asks for can only come from a clock that was set back.
const WAIT_MS_MAX: i64 = 2 * 3_600_000;

#[derive(Clone, Debug)]
pub struct Engine {
    settings: Settings,
    jitter: Jitter,
    backoff: Backoff,
    phase: Phase,
    round: Round,
    status: Status,
    visible: bool,
    /// Something happened during a round that asks for another.
    again: bool,
    /// The next round queues for the lock, because a person asked.
    asked: bool,
    /// The server wants to be left alone; only a person overrides it.
    not_before: Option<Floor>,
    due: Option<DateTime<Utc>>,
    last_good_at: Option<DateTime<Utc>>,
    /// What was last opened again because the server named it as missing; the same once more would be no news.
    reopened: Option<Lacking>,
}

#[derive(Clone, Copy, Debug)]
struct Floor {
    set_at: DateTime<Utc>,
    until: DateTime<Utc>,
}

/// Which answer is awaited.
#[derive(Clone, Debug)]
enum Phase {
    Resting,
    Locking,
    Reading,
    Pushing { batch: Vec<Waiting>, sender: Sender, at: DateTime<Utc> },
    Recording { missing: Option<Lacking> },
    Naming { epoch: Epoch },
    Probing { audit: Audit, device: DeviceId, at: DateTime<Utc> },
    Reopening { epoch: Option<Epoch>, named: Option<Lacking> },
    Positioning,
    Listing { position: PullPosition, at: DateTime<Utc> },
    Fetching { position: PullPosition, manifest: Box<Manifest> },
    Pulling { position: PullPosition, at: DateTime<Utc> },
    Shelving { position: PullPosition, more: bool },
}

/// Whose entries a push carries.
#[derive(Clone, Copy, Debug)]
struct Sender {
    device: Option<DeviceId>,
    former: bool,
}

/// What a round remembers from step to step.
#[derive(Clone, Debug, Default)]
struct Round {
    /// Entries up to here were sent, or set aside for a later round.
    after: u64,
    /// How many entries to put into one push; halved when one was too large or could not be read.
    batch_max: usize,
    /// An entry or the pull has to be tried again, though the server is there.
    trouble: Option<ErrorDetail>,
    /// Pulls from nothing in this round; more than one can only be a confused server.
    started_over: u32,
    /// The epoch that what counts as sent is known to be in.
    epoch: Option<Epoch>,
    /// How often the journal was held against the server's in this round.
    audits: u32,
}

impl Engine {
    /// `seed` is the only source of its randomness.
    pub fn new(settings: Settings, seed: u64) -> Self {
        Self {
            settings,
            jitter: Jitter::seeded(seed),
            backoff: Backoff::default(),
            phase: Phase::Resting,
            round: Round::default(),
            status: Status::default(),
            visible: true,
            again: false,
            asked: false,
            not_before: None,
            due: None,
            last_good_at: None,
            reopened: None,
        }
    }

    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Takes in what happened and says what to do. An answer that nothing asked for changes nothing.
    pub fn handle(&mut self, input: Input, now: DateTime<Utc>) -> Vec<Action> {
        match input {
            Input::Started => self.want(now, now),
            Input::Asked | Input::Paired => {
                self.not_before = None;
                self.backoff.reset();
                self.asked = true;
                if self.status.connection == Connection::Unauthorised {
                    self.status.connection = Connection::Unknown;
                }
                self.want(now, now)
            }
            Input::Recorded => {
                self.status.waiting = self.status.waiting.saturating_add(1);
                // While the server is away the timer runs already; each sale trying by itself would only drain the
                // battery, and hammer a server that is coming back.
                let away = matches!(self.status.connection, Connection::Offline | Connection::ServerAway);
                if away && self.backoff.failures() > 0 { self.when_resting(now) } else { self.want(now, now) }
            }
            Input::Counted(waiting) => {
                self.status.waiting = waiting;
                vec![]
            }
            Input::Online => {
                self.backoff.reset();
                self.want(now, now)
            }
            Input::Offline => {
                if self.status.connection != Connection::Unauthorised {
                    self.status.connection = Connection::Offline;
                }
                vec![]
            }
            Input::Visible => {
                self.visible = true;
                let ago_ms = self.last_good_at.map(|at| (now - at).num_milliseconds());
                let fresh = ago_ms.is_some_and(|ago_ms| (0..FRESH_FOR_MS).contains(&ago_ms));
                if fresh && self.status.waiting == 0 { self.when_resting(now) } else { self.want(now, now) }
            }
            Input::Hidden => {
                self.visible = false;
                vec![]
            }
            Input::Poked => {
                let spread_ms = self.jitter.up_to(POKE_SPREAD_MS);
                self.want(now + milliseconds(spread_ms), now)
            }
            Input::Tick => {
                // The timer has run out, whatever the clock has done meanwhile.
                self.due = self.due.map(|due| due.min(now));
                self.when_resting(now)
            }
            answer => self.step(answer, now),
        }
    }

    /// Asks for a round at `at`, or as soon as the server lets it.
    fn want(&mut self, at: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Action> {
        if self.status.connection == Connection::Unauthorised {
            return vec![];
        }
        if !matches!(self.phase, Phase::Resting) {
            self.again = true;
            return vec![];
        }
        // A floor that was set later than now is of a clock that was set back.
        let floor = self.not_before.filter(|floor| floor.set_at <= now);
        let at = floor.map_or(at, |floor| floor.until.max(at));
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
        self.rest_or_begin(now)
    }

    fn when_resting(&mut self, now: DateTime<Utc>) -> Vec<Action> {
        if matches!(self.phase, Phase::Resting) { self.rest_or_begin(now) } else { vec![] }
    }

    fn rest_or_begin(&mut self, now: DateTime<Utc>) -> Vec<Action> {
        let begins = self.due.is_some_and(|due| due <= now || (due - now).num_milliseconds() > WAIT_MS_MAX);
        if !begins {
            self.status.next_try_at = self.due;
            return vec![Action::WaitUntil(self.due)];
        }
        self.due = None;
        self.again = false;
        self.status.next_try_at = None;
        self.phase = Phase::Locking;
        let wait = std::mem::take(&mut self.asked) || self.settings.waits_for_lock;
        vec![Action::TakeLock { wait }]
    }

    /// Ends the round and says when the next one comes.
    fn end(&mut self, next: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Vec<Action> {
        self.phase = Phase::Resting;
        self.status.running = false;
        self.due = next;
        let mut actions = vec![Action::ReleaseLock];
        actions.extend(self.rest_or_begin(now));
        actions
    }

    fn end_well(&mut self, now: DateTime<Utc>) -> Vec<Action> {
        if let Some(trouble) = self.round.trouble.take() {
            self.status.last_error = Some(trouble);
            let next = now + self.backoff.next_wait(None, &mut self.jitter);
            return self.end(Some(next), now);
        }
        self.backoff.reset();
        self.not_before = None;
        self.last_good_at = Some(now);
        self.status.last_error = None;
        let next = if std::mem::take(&mut self.again) { now } else { now + self.idle_wait() };
        self.end(Some(next), now)
    }

    fn end_badly(&mut self, failure: Failure, now: DateTime<Utc>) -> Vec<Action> {
        self.status.last_error = failure.detail().cloned();
        let retry_after_s = match failure {
            // A new pairing during the round: the refused token was the old one.
            Failure::Unauthorised(_) if self.asked => return self.end(Some(now), now),
            Failure::Unauthorised(_) => {
                self.status.connection = Connection::Unauthorised;
                return self.end(None, now);
            }
            Failure::NoAnswer => {
                self.status.connection = Connection::Offline;
                None
            }
            Failure::Away { retry_after_s } => {
                self.status.connection = Connection::ServerAway;
                retry_after_s
            }
            Failure::TooLarge(_) | Failure::Refused(_) => None,
        };
        let until = retry_after_s.map(|seconds| now + milliseconds(floor_ms(Some(seconds))));
        self.not_before = until.map(|until| Floor { set_at: now, until });
        let next = now + self.backoff.next_wait(retry_after_s, &mut self.jitter);
        // The network may have come back while this round was still failing.
        let at_once = std::mem::take(&mut self.asked) || (self.again && self.backoff.failures() == 1);
        self.end(Some(if at_once && self.not_before.is_none() { now } else { next }), now)
    }

    fn idle_wait(&mut self) -> TimeDelta {
        let every_ms = if self.visible { PULL_EVERY_MS } else { PULL_EVERY_HIDDEN_MS };
        milliseconds(every_ms - every_ms / 5 + self.jitter.up_to(every_ms * 2 / 5))
    }
}

fn milliseconds(ms: u64) -> TimeDelta {
    TimeDelta::milliseconds(i64::try_from(ms).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
