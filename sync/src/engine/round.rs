//! The steps of one round, each from one answer to the next question.

use super::{Action, Engine, Input, LOCK_RETRY_MS, Phase, Round, Sender, milliseconds};
use crate::{
    batch::{Unsent, Waiting, outcomes, take_batch},
    failure::{Failure, plain},
    pull::{Base, PullPosition, PullStep, read_answer},
    till::Connection,
    wire::{
        Collection, EVENTS_PER_PUSH_MAX, ErrorDetail, Manifest, PullRequest, PullResponse, PushRequest, PushResponse,
    },
};
use chrono::{DateTime, Utc};

/// Rows to ask for in one page.
const ROWS_PER_PAGE: u32 = 1_000;
/// The same in a pull from nothing, whose pages are stored whole.
const ROWS_PER_FULL_PAGE: u32 = 5_000;
/// A second start from nothing in one round is granted: the first may have met a restore half way.
const STARTS_OVER_MAX: u32 = 2;

impl Engine {
    pub(super) fn step(&mut self, answer: Input, now: DateTime<Utc>) -> Vec<Action> {
        let phase = std::mem::replace(&mut self.phase, Phase::Resting);
        match (phase, answer) {
            (Phase::Locking, Input::Lock(true)) => self.begin(),
            (Phase::Locking, Input::Lock(false)) => self.leave_it(now),
            (Phase::Reading, Input::Unsent(unsent)) => self.push_next(unsent, now),
            (Phase::Pushing { batch, sender, at }, Input::Pushed(Ok(response))) => {
                self.pushed(&batch, sender, at, &response, now)
            }
            (Phase::Pushing { batch, sender, .. }, Input::Pushed(Err(Failure::Unauthorised(detail))))
                if sender.former =>
            {
                self.set_aside(&batch, detail)
            }
            (Phase::Pushing { batch, .. }, Input::Pushed(Err(failure))) => self.not_pushed(&batch, failure, now),
            (Phase::Recording { missing: Some(named) }, Input::Stored) => self.send_again(named),
            (Phase::Recording { missing: None }, Input::Stored) => self.read_on(),
            (Phase::Naming { epoch }, Input::Senders(devices)) => self.ask_about(devices, epoch, now),
            (Phase::Probing { audit, device, at }, Input::Pushed(Ok(response))) => {
                self.probed(audit, device, at, &response, now)
            }
            (Phase::Probing { .. }, Input::Pushed(Err(failure))) => self.end_badly(failure, now),
            (Phase::Reopening { epoch, named }, Input::Reopened(count)) => self.sent_again(epoch, named, count),
            (Phase::Positioning, Input::Position(position)) => self.begin_pull(position.begin(), now),
            (Phase::Listing { position, at }, Input::Listed(Ok(manifest))) => self.listed(position, at, manifest, now),
            (Phase::Listing { position, .. }, Input::Listed(Err(failure))) => self.not_listed(position, failure, now),
            (Phase::Fetching { position, manifest }, Input::Fetched(Ok(()))) => self.stand_on(position, *manifest),
            (Phase::Fetching { position, .. }, Input::Fetched(Err(failure))) => {
                self.not_fetched(position, failure, now)
            }
            (Phase::Pulling { position, at }, Input::Pulled(Ok(response))) => self.pulled(position, at, *response, now),
            (Phase::Pulling { position, .. }, Input::Pulled(Err(failure))) => self.not_pulled(position, failure, now),
            (Phase::Shelving { position, more: true }, Input::Stored) => self.pull(position, now),
            (Phase::Shelving { more: false, .. }, Input::Stored) => {
                self.status.last_pulled_at = Some(now);
                self.end_well(now)
            }
            (Phase::Resting, _) => vec![],
            (Phase::Locking, Input::StoreFailed(_)) => self.leave_it(now),
            (_, Input::StoreFailed(reason)) => self.end_badly(Failure::Refused(plain("storage", &reason)), now),
            (phase, _) => {
                self.phase = phase;
                vec![]
            }
        }
    }

    fn begin(&mut self) -> Vec<Action> {
        self.round = Round { batch_max: EVENTS_PER_PUSH_MAX, ..Round::default() };
        self.status.running = true;
        self.read_on()
    }

    /// Another tab runs; what waits here, it sends.
    fn leave_it(&mut self, now: DateTime<Utc>) -> Vec<Action> {
        let wait = if self.status.waiting > 0 || self.again {
            milliseconds(LOCK_RETRY_MS + self.jitter.up_to(2 * LOCK_RETRY_MS))
        } else {
            self.idle_wait()
        };
        self.due = Some(now + wait);
        self.rest_or_begin(now)
    }

    pub(super) fn read_on(&mut self) -> Vec<Action> {
        self.phase = Phase::Reading;
        vec![Action::ReadUnsent { after: self.round.after, limit: self.round.batch_max }]
    }

    fn push_next(&mut self, unsent: Unsent, now: DateTime<Utc>) -> Vec<Action> {
        self.status.waiting = unsent.total;
        self.round.epoch = unsent.epoch;
        if unsent.entries.is_empty() {
            if !self.settings.pulls {
                return self.end_well(now);
            }
            self.phase = Phase::Positioning;
            return vec![Action::ReadPosition];
        }
        let batch = take_batch(unsent.entries, self.round.batch_max);
        let request = PushRequest {
            // Named even where it is the present one: this browser may become another before the push goes out.
            device_id: unsent.device,
            device_time: Some(now),
            pending_count: Some(i64::from(unsent.total)),
            oldest_pending_at: unsent.oldest_at,
            app_version: Some(self.settings.app_version.clone()),
            events: batch.iter().map(|waiting| waiting.entry.event.clone()).collect(),
        };
        let sender = Sender { device: unsent.device, former: unsent.former.is_some() };
        self.phase = Phase::Pushing { batch, sender, at: now };
        vec![Action::Push(request)]
    }

    fn pushed(
        &mut self,
        batch: &[Waiting],
        sender: Sender,
        at: DateTime<Utc>,
        response: &PushResponse,
        now: DateTime<Utc>,
    ) -> Vec<Action> {
        self.answered(at, response.server_time, now);
        if let Some(epoch) = self.other_epoch(response.epoch) {
            return self.audit(epoch, now);
        }
        let outcomes = outcomes(batch, response, now);
        self.pass_by(batch);
        self.round.batch_max = (self.round.batch_max * 2).min(EVENTS_PER_PUSH_MAX);
        if outcomes.len() < batch.len() {
            self.round.trouble = Some(plain("incomplete_answer", "The server's answer left some sales out."));
        }
        if outcomes.is_empty() {
            return self.read_on();
        }
        self.status.last_sent_at = Some(now);
        self.status.waiting = self.status.waiting.saturating_sub(u32::try_from(outcomes.len()).unwrap_or(u32::MAX));
        let missing = self.named_as_missing(sender, response);
        self.phase = Phase::Recording { missing };
        vec![Action::StoreOutcomes { epoch: response.epoch, outcomes }]
    }

    fn not_pushed(&mut self, batch: &[Waiting], failure: Failure, now: DateTime<Utc>) -> Vec<Action> {
        match failure {
            Failure::TooLarge(detail) | Failure::Refused(detail) => self.shrink(batch, detail),
            failure => self.end_badly(failure, now),
        }
    }

    /// The server is there and would not take this batch: halve it, until the entry that it means stands alone. That
    /// one is set aside for the next round, and the others go on.
    fn shrink(&mut self, batch: &[Waiting], detail: ErrorDetail) -> Vec<Action> {
        self.status.connection = Connection::Online;
        if batch.len() > 1 {
            self.round.batch_max = batch.len() / 2;
            return self.read_on();
        }
        self.set_aside(batch, detail)
    }

    /// Leaves these entries for the next round, and goes on with those after them.
    fn set_aside(&mut self, batch: &[Waiting], detail: ErrorDetail) -> Vec<Action> {
        self.pass_by(batch);
        self.round.trouble = Some(detail);
        self.read_on()
    }

    fn pass_by(&mut self, batch: &[Waiting]) {
        self.round.after = batch.last().map_or(self.round.after, |waiting| waiting.position);
    }

    fn begin_pull(&mut self, position: PullPosition, now: DateTime<Utc>) -> Vec<Action> {
        if position.cursor.is_some() {
            return self.pull(position, now);
        }
        self.phase = Phase::Listing { position, at: now };
        vec![Action::PullManifest]
    }

    fn listed(
        &mut self,
        position: PullPosition,
        at: DateTime<Utc>,
        manifest: Box<Manifest>,
        now: DateTime<Utc>,
    ) -> Vec<Action> {
        self.answered(at, manifest.server_time, now);
        if !manifest.adds_up() {
            return self.end_badly(Failure::Away { retry_after_s: None }, now);
        }
        let chunks = manifest.chunks.clone();
        self.phase = Phase::Fetching { position, manifest };
        vec![Action::FetchChunks(chunks)]
    }

    /// A server that gives no chunks gives rows.
    fn not_listed(&mut self, position: PullPosition, failure: Failure, now: DateTime<Utc>) -> Vec<Action> {
        match failure {
            Failure::Refused(_) | Failure::TooLarge(_) => self.pull(position, now),
            failure => self.end_badly(failure, now),
        }
    }

    fn stand_on(&mut self, position: PullPosition, manifest: Manifest) -> Vec<Action> {
        let base = Base::of(position, manifest);
        self.phase = Phase::Shelving { position: base.position.clone(), more: true };
        vec![Action::StoreBase(base)]
    }

    /// A chunk may be gone by the time it is asked for: a newer manifest has others.
    fn not_fetched(&mut self, position: PullPosition, failure: Failure, now: DateTime<Utc>) -> Vec<Action> {
        match failure {
            Failure::Refused(_) | Failure::TooLarge(_) => self.pull_from_nothing(position, now),
            failure => self.end_badly(failure, now),
        }
    }

    fn pull(&mut self, position: PullPosition, now: DateTime<Utc>) -> Vec<Action> {
        let request = PullRequest {
            cursor: position.cursor.clone(),
            collections: Collection::ALL.iter().map(|collection| collection.as_str().to_owned()).collect(),
            limit: Some(if position.full { ROWS_PER_FULL_PAGE } else { ROWS_PER_PAGE }),
            ..PullRequest::default()
        };
        self.phase = Phase::Pulling { position, at: now };
        vec![Action::Pull(request)]
    }

    fn pulled(
        &mut self,
        position: PullPosition,
        at: DateTime<Utc>,
        response: PullResponse,
        now: DateTime<Utc>,
    ) -> Vec<Action> {
        self.answered(at, response.server_time, now);
        if let Some(epoch) = self.other_epoch(Some(response.epoch)) {
            return self.audit(epoch, now);
        }
        match read_answer(&position, response) {
            PullStep::Store(page) => {
                self.phase = Phase::Shelving { position: page.position.clone(), more: page.answer.has_more };
                vec![Action::StorePage(page)]
            }
            PullStep::StartOver(position) => self.pull_from_nothing(position, now),
            PullStep::Nonsense => self.end_badly(Failure::Away { retry_after_s: None }, now),
        }
    }

    fn not_pulled(&mut self, position: PullPosition, failure: Failure, now: DateTime<Utc>) -> Vec<Action> {
        let about_the_cursor = |detail: &ErrorDetail| {
            detail.code.contains("cursor") || detail.field.as_deref().is_some_and(|field| field == "cursor")
        };
        match failure {
            Failure::Refused(detail) if position.cursor.is_some() && about_the_cursor(&detail) => {
                self.pull_from_nothing(position.start_over(), now)
            }
            Failure::Refused(detail) | Failure::TooLarge(detail) => {
                self.status.connection = Connection::Online;
                self.round.trouble = Some(detail);
                self.end_well(now)
            }
            failure => self.end_badly(failure, now),
        }
    }

    fn pull_from_nothing(&mut self, position: PullPosition, now: DateTime<Utc>) -> Vec<Action> {
        self.round.started_over += 1;
        if self.round.started_over > STARTS_OVER_MAX {
            return self.end_badly(Failure::Away { retry_after_s: None }, now);
        }
        self.begin_pull(position, now)
    }

    /// The server answered in health. Its clock is compared with ours at the middle of the exchange.
    pub(super) fn answered(&mut self, at: DateTime<Utc>, server_time: DateTime<Utc>, now: DateTime<Utc>) {
        self.status.connection = Connection::Online;
        let middle = at + (now - at) / 2;
        self.status.clock_offset_ms = Some((server_time - middle).num_milliseconds());
    }
}
