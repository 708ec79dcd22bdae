//! The till as a page holds it: the database opened, the engine running, and every change told to the views.

mod commands;
mod files;
mod install;
mod opening;
mod pokes;
mod signals;
mod storage;
mod sync;

use crate::{channel::Channel, clock, hands::Hands, journal::Counts, pulling::Puller};
use js_sys::{Function, Promise};
use keeptill_domain::Cart;
use keeptill_sync::{
    catalogue::{CatalogueRows, Sold},
    engine::{Engine, Settings},
    till::{Catalogue, SyncState, Till, TillChange, TillState},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

/// Opens this browser's till. Answers at once; the database opens behind it, and the listeners hear how it went.
pub fn open() -> Rc<dyn Till> {
    let page = Rc::new(Page::new());
    signals::listen(&page);
    install::install(&page);
    spawn_local(Rc::clone(&page).begin());
    Rc::new(commands::Handle::new(page))
}

type Listener = Rc<dyn Fn(TillChange)>;

struct Page {
    listeners: RefCell<Vec<Listener>>,
    // What the views were last told.
    state: RefCell<TillState>,
    catalogue: RefCell<Rc<Catalogue>>,
    sync: RefCell<SyncState>,
    cart: RefCell<Cart>,
    // What that is made from.
    rows: RefCell<CatalogueRows>,
    sold: RefCell<Sold>,
    counts: RefCell<Counts>,
    /// How many of the entries in review the server still has open, as last heard.
    open_conflicts: Cell<Option<u32>>,
    /// Rows came in since the catalogue was last told.
    rows_changed: Cell<bool>,

    engine: RefCell<Engine>,
    hands: RefCell<Option<Rc<Hands>>>,
    puller: Puller,
    channel: RefCell<Option<Channel>>,
    timer: RefCell<Option<signals::Timer>>,
    update_timer: RefCell<Option<signals::Timer>>,
    pokes: pokes::Pokes,
    /// The newest cart that is not written yet.
    unsaved_cart: RefCell<Option<Cart>>,
    saving_cart: Cell<bool>,
    /// What Background Sync is asked for under.
    sync_tag: RefCell<String>,
    /// A person asked for the newer build, so the page reloads when that one takes over.
    updating: Cell<bool>,

    opened: RefCell<Opened>,
}

/// Resolves once the database is open, or is known not to be usable.
struct Opened {
    settled: Promise,
    settle: Option<Function>,
}

impl Opened {
    fn not_yet() -> Self {
        let mut settle = None;
        let settled = Promise::new(&mut |resolve, _| settle = Some(resolve));
        Self { settled, settle }
    }

    fn settle(&self) {
        if let Some(settle) = &self.settle {
            let _ = settle.call0(&JsValue::UNDEFINED);
        }
    }
}

impl Page {
    fn new() -> Self {
        let settings = Settings { app_version: crate::APP_VERSION.into(), pulls: true, waits_for_lock: false };
        Self {
            listeners: RefCell::default(),
            state: RefCell::new(TillState::Opening),
            catalogue: RefCell::default(),
            sync: RefCell::default(),
            cart: RefCell::default(),
            rows: RefCell::default(),
            sold: RefCell::default(),
            counts: RefCell::default(),
            open_conflicts: Cell::new(None),
            rows_changed: Cell::new(false),
            engine: RefCell::new(Engine::new(settings, clock::seed())),
            hands: RefCell::default(),
            puller: Puller::default(),
            channel: RefCell::default(),
            timer: RefCell::default(),
            update_timer: RefCell::default(),
            pokes: pokes::Pokes::new(),
            unsaved_cart: RefCell::default(),
            saving_cart: Cell::new(false),
            sync_tag: RefCell::new(install::sync_tag()),
            updating: Cell::new(false),
            opened: RefCell::new(Opened::not_yet()),
        }
    }

    fn set_state(&self, state: TillState) {
        *self.state.borrow_mut() = state.clone();
        self.tell(TillChange::State(state));
    }

    fn is_paired(&self) -> bool {
        matches!(&*self.state.borrow(), TillState::Paired(_))
    }

    /// Tells every listener; one that subscribes meanwhile was given the present state already.
    fn tell(&self, change: TillChange) {
        let listeners = self.listeners.borrow().clone();
        for listener in listeners {
            listener(change.clone());
        }
    }

    /// Makes the catalogue anew from its rows.
    fn show_catalogue(&self) {
        self.rows_changed.set(false);
        let picture = Rc::new(self.rows.borrow().picture(&self.sold.borrow()));
        *self.catalogue.borrow_mut() = Rc::clone(&picture);
        self.tell(TillChange::Catalogue(picture));
    }

    /// Only the stock is another: the rest is taken over as it was.
    fn show_stock(&self) {
        let stock = self.rows.borrow().stock(&self.sold.borrow());
        if stock == self.catalogue.borrow().stock {
            return;
        }
        let picture = Rc::new(Catalogue { stock, ..Catalogue::clone(&self.catalogue.borrow()) });
        *self.catalogue.borrow_mut() = Rc::clone(&picture);
        self.tell(TillChange::Catalogue(picture));
    }

    /// Puts the engine's status and the journal's counts together, and tells it when it differs.
    fn show_sync(&self) {
        let status = self.engine.borrow().status().clone();
        let counts = self.counts.borrow().clone();
        let before = self.sync.borrow().clone();
        let now = SyncState {
            connection: status.connection,
            running: status.running,
            waiting: counts.waiting,
            rejected: counts.rejected,
            in_review: self.open_conflicts.get().map_or(counts.in_review, |open| open.min(counts.in_review)),
            oldest_waiting_at: counts.oldest_waiting_at,
            last_sent_at: status.last_sent_at.or(counts.last_sent_at),
            last_pulled_at: status.last_pulled_at.or(before.last_pulled_at),
            next_try_at: status.next_try_at,
            clock_offset_ms: status.clock_offset_ms,
            last_error: status.last_error,
            storage_persisted: before.storage_persisted,
            update_ready: before.update_ready,
        };
        self.set_sync(now);
    }

    fn set_sync(&self, now: SyncState) {
        if *self.sync.borrow() == now {
            return;
        }
        *self.sync.borrow_mut() = now.clone();
        self.tell(TillChange::Sync(now));
    }
}
