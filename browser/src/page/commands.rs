//! The till's commands, as the views call them.

use super::{Page, install};
use crate::{cart, channel::News, clock, device, device::not_stored, hands::Hands, journal, transport};
use keeptill_domain::{Cart, ClientId};
use keeptill_sync::{
    engine::Input,
    failure::Failure,
    journal::JournalEntry,
    till::{
        AtStake, BroughtIn, Checkout, EntryPage, SavedFile, StorageReport, StorageTest, Task, Till, TillChange,
        TillError, TillState,
    },
    wire::{PairRequest, PairResponse},
};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// The page behind the trait.
pub struct Handle {
    page: Rc<Page>,
}

impl Handle {
    pub fn new(page: Rc<Page>) -> Self {
        Self { page }
    }
}

impl Till for Handle {
    fn subscribe(&self, listener: Box<dyn Fn(TillChange)>) {
        let page = &self.page;
        let (state, sync) = (page.state.borrow().clone(), page.sync.borrow().clone());
        let (catalogue, cart) = (Rc::clone(&page.catalogue.borrow()), page.cart.borrow().clone());
        for change in
            [TillChange::State(state), TillChange::Catalogue(catalogue), TillChange::Sync(sync), TillChange::Cart(cart)]
        {
            listener(change);
        }
        page.listeners.borrow_mut().push(listener.into());
    }

    fn pair(&self, code: String) -> Task<Result<(), TillError>> {
        let page = Rc::clone(&self.page);
        Box::pin(async move { page.pair(code).await })
    }

    fn record_sale(&self, checkout: Checkout) -> Task<Result<JournalEntry, TillError>> {
        let page = Rc::clone(&self.page);
        Box::pin(async move { page.record_sale(checkout).await })
    }

    fn new_id(&self) -> ClientId {
        ClientId(clock::new_id())
    }

    fn entries(&self, wanted: EntryPage) -> Task<Result<Vec<JournalEntry>, TillError>> {
        let page = Rc::clone(&self.page);
        Box::pin(async move {
            let hands = page.hands().await?;
            let TillState::Paired(identity) = page.state.borrow().clone() else { return Ok(Vec::new()) };
            journal::entries(&hands.database, &identity, wanted).await.map_err(not_stored)
        })
    }

    fn entry(&self, client_id: ClientId) -> Task<Result<Option<JournalEntry>, TillError>> {
        let page = Rc::clone(&self.page);
        Box::pin(async move {
            let hands = page.hands().await?;
            journal::entry(&hands.database, client_id).await.map_err(not_stored)
        })
    }

    fn save_cart(&self, cart: Cart) {
        self.page.save_cart(cart);
    }

    fn sync_now(&self) {
        if self.page.is_paired() {
            self.page.feed(Input::Asked);
        }
    }

    fn at_stake(&self) -> Task<Result<AtStake, TillError>> {
        Box::pin(Rc::clone(&self.page).at_stake())
    }

    fn save_unsent(&self, passphrase: String) -> Task<Result<SavedFile, TillError>> {
        Box::pin(Rc::clone(&self.page).save_unsent(passphrase))
    }

    fn bring_in(&self, file: Vec<u8>, passphrase: String) -> Task<Result<BroughtIn, TillError>> {
        Box::pin(Rc::clone(&self.page).bring_in(file, passphrase))
    }

    fn storage(&self) -> Task<StorageReport> {
        Box::pin(Rc::clone(&self.page).storage())
    }

    fn ask_to_persist(&self) -> Task<Option<bool>> {
        let page = Rc::clone(&self.page);
        Box::pin(async move { install::show_persisted(&page, true).await })
    }

    fn test_storage(&self) -> Task<Result<StorageTest, TillError>> {
        Box::pin(Rc::clone(&self.page).test_storage())
    }

    fn unpair(&self) -> Task<Result<(), TillError>> {
        Box::pin(Rc::clone(&self.page).unpair())
    }

    fn apply_update(&self) {
        install::apply_update(&self.page);
    }
}

impl Page {
    async fn pair(self: Rc<Self>, code: String) -> Result<(), TillError> {
        let hands = self.hands().await?;
        let request = PairRequest { pairing_code: code.trim().to_owned() };
        let answer: PairResponse =
            transport::post(transport::PAIR, None, &request, transport::TIMEOUT_MS).await.map_err(refused)?;
        let paired = device::store(&hands.database, answer).await?;
        // The rows of another place were cleared with it.
        if let Ok(rows) = crate::catalogue::load(&hands.database).await {
            *self.rows.borrow_mut() = rows;
            self.show_catalogue();
        }
        self.broadcast(&News::Device);
        install::persist_storage(&self);
        self.become_device(paired);
        Ok(())
    }

    async fn record_sale(self: Rc<Self>, checkout: Checkout) -> Result<JournalEntry, TillError> {
        let hands = self.hands().await?;
        let settings = self.rows.borrow().settings().cloned();
        let settings = settings.ok_or_else(|| {
            TillError::NotStored("This till has not received the shop's settings yet. Connect it once.".into())
        })?;
        // A cart still to be written would come back after the sale has emptied it.
        self.unsaved_cart.borrow_mut().take();
        let client_id = checkout.cart.id.unwrap_or_else(|| ClientId(clock::new_id()));
        match journal::record(&hands.database, &checkout, &settings, client_id, clock::now()).await {
            Ok(entry) => {
                *self.cart.borrow_mut() = Cart::default();
                let page = Rc::clone(&self);
                let recorded = entry.clone();
                // The cashier sees "paid" now; counting and sending come after.
                spawn_local(async move {
                    page.broadcast(&News::Cart(Cart::default()));
                    page.recorded(&recorded).await;
                });
                Ok(entry)
            }
            // The other window has emptied the cart; it must not come back.
            Err(TillError::AlreadyPaid) => Err(TillError::AlreadyPaid),
            Err(error) => {
                self.save_cart(checkout.cart);
                Err(error)
            }
        }
    }

    /// Keeps the newest cart; while one is being written, those in between are left out.
    fn save_cart(self: &Rc<Self>, cart: Cart) {
        if *self.cart.borrow() == cart {
            return;
        }
        *self.cart.borrow_mut() = cart.clone();
        *self.unsaved_cart.borrow_mut() = Some(cart);
        if self.saving_cart.replace(true) {
            return;
        }
        let page = Rc::clone(self);
        spawn_local(async move {
            if let Ok(hands) = page.hands().await {
                page.write_carts(&hands).await;
            }
            page.saving_cart.set(false);
        });
    }

    async fn write_carts(&self, hands: &Hands) {
        loop {
            let Some(cart) = self.unsaved_cart.borrow_mut().take() else { return };
            // A cart that can't be kept is still on the screen; the sale itself will say if the disk is full.
            let _ = cart::store(&hands.database, &cart).await;
            self.broadcast(&News::Cart(cart));
        }
    }
}

fn refused(failure: Failure) -> TillError {
    match failure {
        Failure::NoAnswer | Failure::Away { .. } => TillError::NoConnection,
        Failure::Unauthorised(detail) | Failure::TooLarge(detail) | Failure::Refused(detail) => {
            TillError::Refused(detail)
        }
    }
}
