//! What the till's views hold: signals in, commands out. Put into context once, by `TillApp`.

use super::{
    cashier, clock,
    shelf::{Shelf, is_measured},
};
use chrono::{DateTime, Utc};
use keeptill_domain::{Cart, CartLine, ClientId, Currency, Money, ProductId, Quantity, StaffMember, Tender, UserId};
use keeptill_sync::{
    journal::JournalEntry,
    till::{
        AtStake, BroughtIn, Checkout, DeviceIdentity, EntryPage, SavedFile, StorageReport, StorageTest, SyncState,
        Task, Till, TillChange, TillError, TillState,
    },
};
use leptos::prelude::*;
use std::{rc::Rc, time::Duration};

/// Which of the till's few worlds is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    Opening,
    Unusable(String),
    Unpaired,
    Paired,
}

/// What tells one cart line from the others: `Cart::add` keeps it unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LineKey {
    product: ProductId,
    price: i64,
    rate: u32,
}

/// A sale that has just been put on disk.
#[derive(Clone, Debug)]
pub struct Paid {
    pub entry: JournalEntry,
    pub total: Money,
    pub change: Money,
}

#[derive(Clone, Copy)]
pub struct TillHandle {
    till: StoredValue<Rc<dyn Till>, LocalStorage>,
    pub stage: RwSignal<Stage>,
    pub identity: RwSignal<Option<DeviceIdentity>>,
    pub shelf: RwSignal<Shelf, LocalStorage>,
    pub sync: RwSignal<SyncState>,
    pub cart: RwSignal<Cart>,
    /// Grows whenever the journal changed.
    pub journal: RwSignal<u32>,
    pub cashier: RwSignal<Option<UserId>>,
    /// The line whose controls are shown.
    pub selected: RwSignal<Option<LineKey>>,
    /// The cart before the last clearing or removal, until something else is done to it.
    pub undo: RwSignal<Option<Cart>>,
    /// Why the last tap changed nothing.
    pub warning: RwSignal<Option<String>>,
    /// Read out by a screen reader, when it is next quiet.
    pub announcement: RwSignal<String>,
    /// A weighed product that waits for its quantity.
    pub measuring: RwSignal<Option<ProductId>>,
    pub paid: RwSignal<Option<Paid>>,
    /// The device's time, to within ten seconds.
    pub now: RwSignal<DateTime<Utc>>,
    pub currency: Memo<Currency>,
    pub prices_include_tax: Memo<bool>,
}

pub fn use_till() -> TillHandle {
    expect_context()
}

impl LineKey {
    pub fn of(line: &CartLine) -> Self {
        Self { product: line.product_id, price: line.unit_price.minor(), rate: line.tax_rate.0 }
    }
}

impl TillHandle {
    pub fn open(till: Rc<dyn Till>) -> Self {
        let shelf = RwSignal::new_local(Shelf::default());
        let handle = Self {
            till: StoredValue::new_local(Rc::clone(&till)),
            stage: RwSignal::new(Stage::Opening),
            identity: RwSignal::new(None),
            shelf,
            sync: RwSignal::new(SyncState::default()),
            cart: RwSignal::new(Cart::default()),
            journal: RwSignal::new(0),
            cashier: RwSignal::new(cashier::remembered()),
            selected: RwSignal::new(None),
            undo: RwSignal::new(None),
            warning: RwSignal::new(None),
            announcement: RwSignal::new(String::new()),
            measuring: RwSignal::new(None),
            paid: RwSignal::new(None),
            now: RwSignal::new(clock::now()),
            currency: Memo::new(move |_| {
                let currency = |shelf: &Shelf| shelf.catalogue().settings.as_ref().map(|settings| settings.currency);
                shelf.with(currency).unwrap_or(Currency::EUR)
            }),
            prices_include_tax: Memo::new(move |_| {
                let included = |shelf: &Shelf| shelf.catalogue().settings.as_ref().map(|s| s.prices_include_tax);
                shelf.with(included).unwrap_or(true)
            }),
        };
        till.subscribe(Box::new(move |change| handle.take_in(change)));
        set_interval(move || handle.now.set(clock::now()), Duration::from_secs(10));
        handle
    }

    fn take_in(self, change: TillChange) {
        match change {
            TillChange::State(state) => self.stage.set(match state {
                TillState::Opening => Stage::Opening,
                TillState::Unusable(why) => Stage::Unusable(why),
                TillState::Unpaired => Stage::Unpaired,
                TillState::Paired(identity) => {
                    self.identity.set(Some((*identity).clone()));
                    Stage::Paired
                }
            }),
            TillChange::Catalogue(catalogue) => {
                let shelf = self.shelf.with_untracked(|before| Shelf::new(catalogue, before));
                self.shelf.set(shelf);
            }
            TillChange::Sync(sync) => {
                self.now.set(clock::now());
                self.sync.set(sync);
            }
            TillChange::Journal => self.journal.update(|version| *version = version.wrapping_add(1)),
            TillChange::Cart(cart) => self.cart.set(cart),
        }
    }

    pub fn money(self, amount: Money) -> String {
        self.currency.get().format(amount)
    }

    /// Without the currency's sign, where a column of amounts says it once.
    pub fn plain(self, amount: Money) -> String {
        self.currency.get().plain(amount)
    }

    pub fn shop_name(self) -> String {
        let name = |shelf: &Shelf| shelf.catalogue().settings.as_ref().map(|settings| settings.shop_name.clone());
        self.shelf.with(name).unwrap_or_default()
    }

    pub fn device_name(self) -> String {
        self.identity.with(|identity| identity.as_ref().map(|i| i.device_name.clone())).unwrap_or_default()
    }

    /// The person who sells, while the shop still knows them.
    pub fn selling(self) -> Option<StaffMember> {
        let id = self.cashier.get()?;
        self.shelf.with(|shelf| shelf.catalogue().staff.iter().find(|member| member.id == id).cloned())
    }

    /// A product was tapped or scanned: into the cart, or first to the scales.
    pub fn pick(self, id: ProductId) {
        let measured = self.shelf.with_untracked(|shelf| shelf.product(id).is_some_and(|p| is_measured(&p.unit.0)));
        if measured {
            self.measuring.set(Some(id));
        } else {
            self.ring_up(id, Quantity::ONE);
        }
    }

    pub fn ring_up(self, id: ProductId, quantity: Quantity) {
        let found = self.shelf.with_untracked(|shelf| {
            let product = shelf.product(id)?;
            Some((shelf.rate_of(&product), shelf.stock_of(&product), product))
        });
        let Some((rate, stock, product)) = found else { return };
        if let Err(why) = self.edit_cart(|cart| cart.add(&product, rate, quantity, stock)) {
            self.warning.set(Some(why.to_string()));
            return;
        }
        self.selected.set(Some(LineKey { product: id, price: product.price_minor.minor(), rate: rate.0 }));
        let count = self.cart.with_untracked(|cart| cart.quantity_of(id));
        self.say(format!("{count} × {}. Total {}", product.name, self.total_words()));
    }

    pub fn set_quantity(self, key: LineKey, quantity: Quantity) {
        if !quantity.is_positive() {
            return self.remove_line(key);
        }
        let place = self.place_of(key);
        let Some(place) = place else { return };
        match self.edit_cart(|cart| cart.set_quantity(place, quantity)) {
            Ok(()) => self.say(format!("{quantity}. Total {}", self.total_words())),
            Err(why) => self.warning.set(Some(why.to_string())),
        }
    }

    pub fn remove_line(self, key: LineKey) {
        let Some(place) = self.place_of(key) else { return };
        let before = self.cart.get_untracked();
        self.edit_cart(|cart| cart.remove(place));
        self.undo.set(Some(before));
        self.say(format!("Removed. Total {}", self.total_words()));
    }

    pub fn clear_cart(self) {
        let before = self.cart.get_untracked();
        self.edit_cart(|cart| *cart = Cart::default());
        self.undo.set(Some(before));
        self.say("The cart is empty.".to_owned());
    }

    pub fn undo_last(self) {
        if let Some(before) = self.undo.get_untracked() {
            self.edit_cart(|cart| *cart = before);
            self.say(format!("Back again. Total {}", self.total_words()));
        }
    }

    /// After a sale: nothing of it is left to undo.
    pub fn start_afresh(self) {
        self.edit_cart(|cart| *cart = Cart::default());
        self.selected.set(None);
    }

    fn place_of(self, key: LineKey) -> Option<usize> {
        self.cart.with_untracked(|cart| cart.lines.iter().position(|line| LineKey::of(line) == key))
    }

    fn edit_cart<T>(self, edit: impl FnOnce(&mut Cart) -> T) -> T {
        let mut cart = self.cart.get_untracked();
        let outcome = edit(&mut cart);
        if !cart.is_empty() && cart.id.is_none() {
            cart.id = Some(self.till.with_value(|till| till.new_id()));
        }
        self.undo.set(None);
        self.warning.set(None);
        self.till.with_value(|till| till.save_cart(cart.clone()));
        self.cart.set(cart);
        outcome
    }

    fn total_words(self) -> String {
        let included = self.prices_include_tax.get_untracked();
        let total = self.cart.with_untracked(|cart| cart.totals(included).total);
        self.currency.get_untracked().format(total)
    }

    fn say(self, words: String) {
        self.announcement.set(words);
    }

    pub fn record_sale(self, cart: Cart, tenders: Vec<Tender>) -> Task<Result<JournalEntry, TillError>> {
        let cashier = untrack(|| self.selling()).map(|member| member.id);
        self.till.with_value(|till| till.record_sale(Checkout { cart, tenders, cashier }))
    }

    pub fn pair(self, code: String) -> Task<Result<(), TillError>> {
        self.till.with_value(|till| till.pair(code))
    }

    pub fn entries(self, page: EntryPage) -> Task<Result<Vec<JournalEntry>, TillError>> {
        self.till.with_value(|till| till.entries(page))
    }

    pub fn entry(self, client_id: ClientId) -> Task<Result<Option<JournalEntry>, TillError>> {
        self.till.with_value(|till| till.entry(client_id))
    }

    pub fn sync_now(self) {
        self.till.with_value(|till| till.sync_now());
    }

    pub fn at_stake(self) -> Task<Result<AtStake, TillError>> {
        self.till.with_value(|till| till.at_stake())
    }

    pub fn save_unsent(self, passphrase: String) -> Task<Result<SavedFile, TillError>> {
        self.till.with_value(|till| till.save_unsent(passphrase))
    }

    pub fn bring_in(self, file: Vec<u8>, passphrase: String) -> Task<Result<BroughtIn, TillError>> {
        self.till.with_value(|till| till.bring_in(file, passphrase))
    }

    pub fn storage(self) -> Task<StorageReport> {
        self.till.with_value(|till| till.storage())
    }

    pub fn ask_to_persist(self) -> Task<Option<bool>> {
        self.till.with_value(|till| till.ask_to_persist())
    }

    pub fn test_storage(self) -> Task<Result<StorageTest, TillError>> {
        self.till.with_value(|till| till.test_storage())
    }

    pub fn unpair(self) -> Task<Result<(), TillError>> {
        self.till.with_value(|till| till.unpair())
    }

    /// Whether anything is on this device and nowhere else.
    pub fn holds_unsent(self) -> bool {
        self.sync.with(|sync| sync.waiting + sync.rejected > 0)
    }

    pub fn apply_update(self) {
        self.till.with_value(|till| till.apply_update());
    }
}
