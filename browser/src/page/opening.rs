//! Opening the database, and opening it again when the browser has taken it away.

use super::{Opened, Page, install};
use crate::{
    cart, catalogue,
    database::{Database, DatabaseError, Ended},
    device::{self, Paired},
    hands::Hands,
    journal, js,
};
use js_sys::Promise;
use keeptill_sync::{
    engine::Input,
    till::{TillChange, TillError, TillState},
};
use std::rc::Rc;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// How long the till rests between its tries to open a storage that was taken away; then a person is asked.
const REOPEN_AFTER_MS: [i32; 5] = [0, 100, 500, 2_000, 5_000];

impl Page {
    pub(super) async fn begin(self: Rc<Self>) {
        match self.load().await {
            Ok(None) => self.set_state(TillState::Unpaired),
            Ok(Some(paired)) => {
                self.set_state(TillState::Paired(Rc::new(paired.identity)));
                self.feed(Input::Started);
                self.mind_pokes();
            }
            Err(error) => self.unusable(&why_unusable(&error)),
        }
        self.opened.borrow().settle();
        if self.counts.borrow().waiting > 0 {
            install::request_background_sync(&self);
        }
    }

    /// Opens the database and takes everything the views need from it, before the first of it is shown.
    async fn load(self: &Rc<Self>) -> Result<Option<Paired>, DatabaseError> {
        let database = self.connect().await?;
        let paired = device::load(&database).await?;
        self.take_hold(Rc::clone(&database), paired.as_ref());
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

    async fn connect(self: &Rc<Self>) -> Result<Rc<Database>, DatabaseError> {
        let page = Rc::downgrade(self);
        let ended = move |why: Ended| {
            let Some(page) = page.upgrade() else { return };
            match why {
                Ended::Newer => page.unusable(
                    "Keeptill was updated in another window. Every sale is safe, and so is the cart. Go on with the new \
                     version.",
                ),
                Ended::ByBrowser => page.reopen(),
            }
        };
        Ok(Rc::new(Database::open(ended).await?))
    }

    fn take_hold(&self, database: Rc<Database>, paired: Option<&Paired>) {
        let token = paired.map(|paired| paired.token.clone()).unwrap_or_default();
        *self.hands.borrow_mut() = Some(Rc::new(Hands::new(database, token)));
    }

    /// The open database, or why there is none. One that the browser has closed meanwhile is opened again first.
    pub(super) async fn hands(self: &Rc<Self>) -> Result<Rc<Hands>, TillError> {
        let gone = self.hands.borrow().as_ref().is_some_and(|hands| !hands.database.is_open());
        if gone {
            self.reopen();
        }
        let settled = self.opened.borrow().settled.clone();
        // It resolves and never rejects.
        let _ = JsFuture::from(settled).await;
        if let TillState::Unusable(why) = &*self.state.borrow() {
            return Err(TillError::NotStored(why.clone()));
        }
        self.hands.borrow().clone().ok_or_else(|| TillError::NotStored("The storage is not open.".into()))
    }

    /// The views notice nothing of it, unless it fails: the cart is theirs, and whoever asks for the storage waits.
    fn reopen(self: &Rc<Self>) {
        // Only the first who notices; and where a newer version has the database, nobody.
        let Some(hands) = self.hands.borrow_mut().take() else { return };
        hands.release_lock();
        *self.opened.borrow_mut() = Opened::not_yet();
        let page = Rc::clone(self);
        spawn_local(async move {
            let mut opened = Err(DatabaseError::Closed);
            for rest_ms in REOPEN_AFTER_MS {
                let rested = Promise::new(&mut |resolve, _| {
                    js::set_timeout(&resolve, rest_ms);
                });
                let _ = JsFuture::from(rested).await;
                opened = page.connect_again().await;
                if opened.is_ok() {
                    break;
                }
            }
            match opened {
                Ok(()) => {
                    page.count().await;
                    page.tell(TillChange::Journal);
                    if page.is_paired() {
                        page.feed(Input::Asked);
                    }
                }
                Err(error) => page.unusable(&why_unusable(&error)),
            }
            page.opened.borrow().settle();
        });
    }

    async fn connect_again(self: &Rc<Self>) -> Result<(), DatabaseError> {
        let database = self.connect().await?;
        let paired = device::load(&database).await?;
        self.take_hold(database, paired.as_ref());
        Ok(())
    }

    fn unusable(&self, why: &str) {
        self.hands.borrow_mut().take();
        self.set_state(TillState::Unusable(why.to_owned()));
    }
}

/// What happened, what is safe, what to do.
fn why_unusable(error: &DatabaseError) -> String {
    match error {
        DatabaseError::Full => {
            "This browser's storage is full. Nothing was deleted. Free some space on this device, then reload.".into()
        }
        DatabaseError::Closed => {
            "The browser has closed this till's storage and would not open it again. Nothing was deleted. Reload this \
             page."
                .into()
        }
        DatabaseError::Failed(reason) if reason.contains("VersionError") => {
            "A newer Keeptill has been used in this browser. Every sale is safe. Reload this page to get it.".into()
        }
        DatabaseError::Failed(reason) => {
            format!("This browser's storage could not be opened ({reason}). Nothing was deleted. Reload this page.")
        }
    }
}
