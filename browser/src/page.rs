//! The till as a page holds it: the database opened, the engine running, and every change told to the views.

mod commands;
mod install;
mod pokes;
mod signals;
mod sync;

use crate::{
    cart, catalogue,
    channel::Channel,
    clock,
    database::{Database, DatabaseError},
    device::{self, Paired},
    hands::Hands,
    journal::{self, Counts},
    pulling::Puller,
};
use js_sys::{Function, Promise};
use keeptill_domain::Cart;
use keeptill_sync::{
    catalogue::{CatalogueRows, Sold},
    engine::{Engine, Input, Settings},
    till::{Catalogue, SyncState, Till, TillChange, TillError, TillState},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

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

    /// Resolves once the database is open, or is known not to be usable.
    opened: Promise,
    open_ended: Option<Function>,
}

impl Page {
    fn new() -> Self {
        let settings = Settings { app_version: crate::APP_VERSION.into(), pulls: true, waits_for_lock: false };
        let mut open_ended = None;
        let opened = Promise::new(&mut |resolve, _| open_ended = Some(resolve));
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
            opened,
            open_ended,
        }
    }

    async fn begin(self: Rc<Self>) {
        match self.load().await {
            Ok(None) => self.set_state(TillState::Unpaired),
            Ok(Some(paired)) => {
                self.set_state(TillState::Paired(Rc::new(paired.identity)));
                self.feed(Input::Started);
                self.mind_pokes();
            }
            Err(error) => self.unusable(&why_unusable(&error)),
        }
        if let Some(open_ended) = &self.open_ended {
            let _ = open_ended.call0(&JsValue::UNDEFINED);
        }
        if self.counts.borrow().waiting > 0 {
            install::request_background_sync(&self);
        }
    }

    /// Opens the database and takes everything the views need from it, before the first of it is shown.
    async fn load(self: &Rc<Self>) -> Result<Option<Paired>, DatabaseError> {
        let page = Rc::downgrade(self);
        let closed = move |why: &'static str| {
            if let Some(page) = page.upgrade() {
                page.unusable(why);
            }
        };
        let database = Rc::new(Database::open(closed).await?);
        let paired = device::load(&database).await?;
        let token = paired.as_ref().map(|paired| paired.token.clone()).unwrap_or_default();
        *self.hands.borrow_mut() = Some(Rc::new(Hands::new(Rc::clone(&database), token)));
        self.open_channel();
        *self.rows.borrow_mut() = catalogue::load(&database).await?;
        let unsent = journal::all_unsent(&database).await?;
        self.sold.borrow_mut().replace(unsent.iter());
        *self.counts.borrow_mut() = journal::counts(&database).await?;
        *self.cart.borrow_mut() = cart::load(&database).await?;
        self.tell(TillChange::Cart(self.cart.borrow().clone()));
        self.show_catalogue();
        self.show_sync();
        Ok(paired)
    }

    /// The open database, or why there is none.
    async fn hands(&self) -> Result<Rc<Hands>, TillError> {
        // It resolves and never rejects.
        let _ = JsFuture::from(self.opened.clone()).await;
        if let TillState::Unusable(why) = &*self.state.borrow() {
            return Err(TillError::NotStored(why.clone()));
        }
        self.hands.borrow().clone().ok_or_else(|| TillError::NotStored("The storage is not open.".into()))
    }

    fn unusable(&self, why: &str) {
        self.hands.borrow_mut().take();
        self.set_state(TillState::Unusable(why.to_owned()));
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

/// What happened, what is safe, what to do.
fn why_unusable(error: &DatabaseError) -> String {
    match error {
        DatabaseError::Full => {
            "This browser's storage is full. Nothing was deleted. Free some space on this device, then reload.".into()
        }
        DatabaseError::Failed(reason) if reason.contains("VersionError") => {
            "A newer Keeptill has been used in this browser. Every sale is safe. Reload this page to get it.".into()
        }
        DatabaseError::Failed(reason) => {
            format!("This browser's storage could not be opened ({reason}). Nothing was deleted. Reload this page.")
        }
    }
}
