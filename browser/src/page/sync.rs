//! The page's loop: the engine is fed, what it asks for is done, and what changed is shown.

use super::{Page, install, signals::Timer};
use crate::{
    catalogue,
    channel::{Channel, News},
    clock, device,
    hands::{Hands, Sent},
    journal,
    pulling::Change,
    transport,
};
use keeptill_sync::{
    engine::{Action, Input},
    journal::{EntryState, JournalEntry},
    pull::PullPosition,
    till::{TillChange, TillState},
};
use serde::Deserialize;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// The part of `GET /api/sync/status` that the badge shows.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnStatus {
    open_conflicts: u32,
}

impl Page {
    pub(super) fn feed(self: &Rc<Self>, input: Input) {
        let actions = self.engine.borrow_mut().handle(input, clock::now());
        for action in actions {
            self.act(action);
        }
        self.show_sync();
    }

    fn act(self: &Rc<Self>, action: Action) {
        match action {
            Action::WaitUntil(at) => {
                *self.timer.borrow_mut() = at.map(|at| {
                    let page = Rc::downgrade(self);
                    Timer::at(at, move || {
                        if let Some(page) = page.upgrade() {
                            page.feed(Input::Tick);
                        }
                    })
                });
            }
            Action::ReleaseLock => {
                if let Some(hands) = &*self.hands.borrow() {
                    hands.release_lock();
                }
            }
            action => {
                let page = Rc::clone(self);
                spawn_local(async move {
                    // It may just be opened again; the engine waits for its answer.
                    let Ok(hands) = page.hands().await else { return };
                    let done = page.puller.perform(&hands, action).await;
                    if let Some(change) = done.change {
                        page.changed(&hands, change).await;
                    }
                    if let Some(Input::Position(position)) = &done.answer {
                        page.catch_up(&hands, position).await;
                    }
                    if let Some(answer) = done.answer {
                        page.feed(answer);
                    }
                });
            }
        }
    }

    async fn changed(self: &Rc<Self>, hands: &Hands, change: Change) {
        match change {
            Change::Sent(Sent::Reopened) => {
                self.broadcast(&News::Sent);
                self.read_journal(hands).await;
            }
            Change::Sent(Sent::Outcomes(outcomes)) => {
                for outcome in &outcomes {
                    if matches!(outcome.state, EntryState::Sent { .. }) {
                        self.sold.borrow_mut().sent(outcome.client_id);
                    }
                }
                self.broadcast(&News::Sent);
                // New ones may be among them.
                self.open_conflicts.set(None);
                self.count().await;
                self.tell(TillChange::Journal);
            }
            Change::Base(products, position) => {
                self.rows.borrow_mut().stand_on(products, position);
                self.rows_changed.set(true);
            }
            Change::Page(page) => {
                let last = !page.answer.has_more;
                let rows_came = page.sweep || page.answer.row_count() > 0;
                self.rows_changed.set(self.rows_changed.get() || rows_came);
                self.rows.borrow_mut().apply(*page);
                if !last {
                    // Selling can begin; the rest, which may be stock by the hundred thousand, follows.
                    if self.catalogue.borrow().settings.is_none() && self.rows.borrow().settings().is_some() {
                        self.show_catalogue();
                    }
                    return;
                }
                self.sold.borrow_mut().settled();
                // What another tab recorded or sent may not have been heard of: that tab may be gone.
                if let Ok(unsent) = journal::all_unsent(&hands.database).await {
                    self.sold.borrow_mut().replace(unsent.iter());
                }
                if self.rows_changed.get() {
                    self.show_catalogue();
                    self.broadcast(&News::Catalogue);
                } else {
                    self.show_stock();
                }
                if self.counts.borrow().in_review > 0 {
                    spawn_local(Rc::clone(self).ask_for_reviews());
                }
            }
        }
    }

    /// Another tab may have stored a page and gone before it said so. The next answer begins after that page, so what
    /// is in memory must stand where the store does.
    async fn catch_up(&self, hands: &Hands, position: &PullPosition) {
        if self.rows.borrow().position() == position {
            return;
        }
        if let Ok(rows) = catalogue::load(&hands.database).await {
            *self.rows.borrow_mut() = rows;
            self.rows_changed.set(true);
        }
    }

    /// Asks how many of this till's sales still wait for a manager. Which ones is for the office to show.
    async fn ask_for_reviews(self: Rc<Self>) {
        let Some(hands) = self.hands.borrow().clone() else { return };
        let token = hands.token.borrow().clone();
        // Read first: what comes into review while the server answers must stay there.
        let Ok(positions) = journal::in_review(&hands.database).await else { return };
        let Ok(status) = transport::get::<OwnStatus>(transport::STATUS, &token).await else { return };
        if status.open_conflicts == 0 && journal::reviewed(&hands.database, &positions).await.is_ok() {
            self.count().await;
            self.tell(TillChange::Journal);
        }
        self.open_conflicts.set(Some(status.open_conflicts));
        self.show_sync();
    }

    /// After a sale was recorded here.
    pub(super) async fn recorded(self: &Rc<Self>, entry: &JournalEntry) {
        self.sold.borrow_mut().add(entry);
        self.broadcast(&News::Recorded);
        self.count().await;
        self.show_stock();
        self.tell(TillChange::Journal);
        self.feed(Input::Recorded);
        install::request_background_sync(self);
    }

    /// Takes in what is unsent now, whoever changed it.
    async fn read_journal(&self, hands: &Hands) {
        if let Ok(unsent) = journal::all_unsent(&hands.database).await {
            self.sold.borrow_mut().replace(unsent.iter());
        }
        self.count().await;
        self.show_stock();
        self.tell(TillChange::Journal);
    }

    /// Reads the journal's counts again.
    pub(super) async fn count(&self) {
        let Some(hands) = self.hands.borrow().clone() else { return };
        if let Ok(counts) = journal::counts(&hands.database).await {
            *self.counts.borrow_mut() = counts;
        }
        self.show_sync();
    }

    pub(super) fn broadcast(&self, news: &News) {
        if let Some(channel) = &*self.channel.borrow() {
            channel.tell(news);
        }
    }

    pub(super) fn open_channel(self: &Rc<Self>) {
        let mut channel = Channel::open();
        if let Some(channel) = &mut channel {
            let page = Rc::downgrade(self);
            channel.on_news(move |news| {
                if let Some(page) = page.upgrade() {
                    spawn_local(page.heard(news));
                }
            });
        }
        *self.channel.borrow_mut() = channel;
    }

    /// Another tab or the worker changed something.
    async fn heard(self: Rc<Self>, news: News) {
        let Some(hands) = self.hands.borrow().clone() else { return };
        match news {
            News::Recorded | News::Sent => {
                self.read_journal(&hands).await;
                let waiting = self.counts.borrow().waiting;
                self.feed(if news == News::Recorded { Input::Recorded } else { Input::Counted(waiting) });
            }
            News::Catalogue => {
                if let Ok(rows) = catalogue::load(&hands.database).await {
                    *self.rows.borrow_mut() = rows;
                    self.sold.borrow_mut().settled();
                    self.show_catalogue();
                }
            }
            News::Device => {
                let paired = device::load(&hands.database).await;
                if let Ok(None) = paired {
                    hands.token.borrow_mut().clear();
                    self.timer.borrow_mut().take();
                    self.set_state(TillState::Unpaired);
                    self.mind_pokes();
                } else if let Ok(Some(paired)) = paired {
                    if let Ok(rows) = catalogue::load(&hands.database).await {
                        *self.rows.borrow_mut() = rows;
                        self.show_catalogue();
                    }
                    self.become_device(paired);
                }
            }
            News::Cart(cart) => {
                *self.cart.borrow_mut() = cart.clone();
                self.tell(TillChange::Cart(cart));
            }
        }
    }

    /// The device this browser now is; the engine starts, or goes on with the new token.
    pub(super) fn become_device(self: &Rc<Self>, paired: device::Paired) {
        if let Some(hands) = &*self.hands.borrow() {
            *hands.token.borrow_mut() = paired.token;
        }
        self.set_state(TillState::Paired(Rc::new(paired.identity)));
        self.feed(Input::Paired);
        self.renew_pokes();
    }
}
