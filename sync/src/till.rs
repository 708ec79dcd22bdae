//! What a till shows and what it can be told: the seam between the views (`app`) and the hands (`browser`).
//!
//! The views never see IndexedDB or the network. They hold a [`Till`], call its commands, and are told of each change
//! through [`Till::subscribe`].

use crate::{journal::JournalEntry, wire::ErrorDetail};
use chrono::{DateTime, Utc};
use keeptill_domain::{
    Cart, Category, ClientId, Currency, DeviceId, DeviceSeq, Money, Product, ProductId, Quantity, Settings,
    StaffMember, StoreId, Tax, TenantId, Tender, UserId,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, future::Future, pin::Pin, rc::Rc};

/// A future that stays on its thread; a browser has one.
pub type Task<T> = Pin<Box<dyn Future<Output = T>>>;

/// Who this browser is to the server. Its token stays with the transport.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceIdentity {
    pub device_id: DeviceId,
    pub tenant_id: TenantId,
    pub store_id: StoreId,
    pub device_name: String,
    pub receipt_prefix: String,
}

/// Everything pulled, as of `pulled_at` (the server's time). Replaced whole, never edited.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// By name. The same list, not an equal one, as long as no product changed.
    pub products: Rc<Vec<Rc<Product>>>,
    pub categories: Vec<Category>,
    pub taxes: Vec<Tax>,
    pub staff: Vec<StaffMember>,
    pub settings: Option<Settings>,
    /// Last known by the server, less what this till has sold since and not yet sent.
    pub stock: HashMap<ProductId, Quantity>,
    pub pulled_at: Option<DateTime<Utc>>,
}

/// What stands between the till and the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// Nothing tried yet.
    #[default]
    Unknown,
    Online,
    /// The browser has no network, or nothing answered.
    Offline,
    /// Something answered that is not the server in health (503, a proxy's page).
    ServerAway,
    /// The server no longer knows this device's token. Selling goes on; sending waits for a new pairing.
    Unauthorised,
}

/// The badge and the page behind it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncState {
    pub connection: Connection,
    /// Whether a pull or push is under way.
    pub running: bool,
    /// Entries on this device only.
    pub waiting: u32,
    /// Entries the server could not read; kept here.
    pub rejected: u32,
    /// Sent entries that wait for a manager.
    pub in_review: u32,
    pub oldest_waiting_at: Option<DateTime<Utc>>,
    pub last_sent_at: Option<DateTime<Utc>>,
    pub last_pulled_at: Option<DateTime<Utc>>,
    /// When the engine tries again by itself, if it waits.
    pub next_try_at: Option<DateTime<Utc>>,
    /// The server's clock minus the device's, in milliseconds, once known.
    pub clock_offset_ms: Option<i64>,
    pub last_error: Option<ErrorDetail>,
    /// Whether the browser promised to keep this storage.
    pub storage_persisted: Option<bool>,
    /// A newer build waits; [`Till::apply_update`] switches to it.
    pub update_ready: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TillState {
    /// The database is being opened.
    Opening,
    /// The database can't be used; what happened, in a person's words. Nothing was deleted.
    Unusable(String),
    /// This browser is no device yet.
    Unpaired,
    Paired(Rc<DeviceIdentity>),
}

/// What a listener is told.
#[derive(Clone, Debug)]
pub enum TillChange {
    State(TillState),
    Catalogue(Rc<Catalogue>),
    Sync(SyncState),
    /// The journal changed: an entry was added, sent or refused. Pages that show entries read them again.
    Journal,
    /// Another tab of this browser changed the cart.
    Cart(Cart),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TillError {
    /// The sale is not on disk; nothing was recorded, the cart is as it was.
    #[error("{0}")]
    NotStored(String),
    #[error("this browser's storage is full")]
    StorageFull,
    #[error("no connection to the server")]
    NoConnection,
    #[error("{}", .0.message)]
    Refused(ErrorDetail),
    #[error("this till is not paired")]
    Unpaired,
    /// A file could not be made or read; what happened, in a person's words.
    #[error("{0}")]
    File(String),
    /// The journal has this cart's sale: another tab was first.
    #[error("this cart was already paid in another window")]
    AlreadyPaid,
}

/// What is handed over to be recorded as paid. The till adds the id, the receipt number and the time.
#[derive(Clone, Debug)]
pub struct Checkout {
    pub cart: Cart,
    pub tenders: Vec<Tender>,
    pub cashier: Option<UserId>,
}

/// Which journal entries to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryPage {
    /// Entries before this number, newest first; `None` starts at the newest.
    pub before: Option<DeviceSeq>,
    pub limit: u32,
    /// Only what the server does not have yet, or could not read.
    pub unsent_only: bool,
}

/// What the browser says of its storage. `None` where it says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StorageReport {
    /// Whether it promised never to clear it by itself.
    pub persisted: Option<bool>,
    pub used_bytes: Option<u64>,
    pub quota_bytes: Option<u64>,
    /// Whether the till runs as an installed app and not in a tab.
    pub installed: bool,
}

/// A write test that went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageTest {
    pub bytes: usize,
    /// To write, until the browser said that it was on the medium.
    pub written_ms: i64,
    /// To read it back.
    pub read_ms: i64,
}

/// What is on this device and nowhere else: what waits, and what the server could not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtStake {
    pub sales: u32,
    /// What was taken for them, by currency; one shop has one.
    pub takings: Vec<(Currency, Money)>,
}

/// A file for a person to keep, as [`crate::sale_file`] describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFile {
    pub bytes: Vec<u8>,
    pub sales: u32,
}

/// What a file brought in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroughtIn {
    pub device_name: String,
    pub sales: u32,
    /// Those this till did not have yet.
    pub new: u32,
}

/// The commands. Each answers when it is done; each change is told to the listeners besides.
pub trait Till {
    /// Calls back with the present state at once (state, catalogue, sync, cart), then with every change.
    fn subscribe(&self, listener: Box<dyn Fn(TillChange)>);

    /// Makes this browser a device.
    fn pair(&self, code: String) -> Task<Result<(), TillError>>;

    /// Records a paid sale. `Ok` means the journal's transaction has completed with strict durability: the sale is on
    /// disk. On `Err` nothing was recorded.
    fn record_sale(&self, checkout: Checkout) -> Task<Result<JournalEntry, TillError>>;

    fn entries(&self, page: EntryPage) -> Task<Result<Vec<JournalEntry>, TillError>>;

    fn entry(&self, client_id: ClientId) -> Task<Result<Option<JournalEntry>, TillError>>;

    /// An id for a new cart.
    fn new_id(&self) -> ClientId;

    /// Keeps the cart across reloads; writes are joined and need not be awaited.
    fn save_cart(&self, cart: Cart);

    /// Tries to pull and push now, whatever the backoff says.
    fn sync_now(&self);

    /// Everything that is on this device only.
    fn at_stake(&self) -> Task<Result<AtStake, TillError>>;

    /// The same as a file, encrypted with a passphrase. It all stays here, too.
    fn save_unsent(&self, passphrase: String) -> Task<Result<SavedFile, TillError>>;

    /// Takes up the sales of such a file, to send them in the name of the device that recorded them. What is here
    /// already is left as it is.
    fn bring_in(&self, file: Vec<u8>, passphrase: String) -> Task<Result<BroughtIn, TillError>>;

    fn storage(&self) -> Task<StorageReport>;

    /// Asks the browser never to clear this storage by itself; `None` where it can't be asked.
    fn ask_to_persist(&self) -> Task<Option<bool>>;

    /// Writes about a megabyte as strictly as a sale, reads it back, removes it.
    fn test_storage(&self) -> Task<Result<StorageTest, TillError>>;

    /// Makes this browser no device any more. Sales that wait stay, and go out once it is paired with their shop
    /// again.
    fn unpair(&self) -> Task<Result<(), TillError>>;

    /// Switches to the newer build that waits; reloads the page.
    fn apply_update(&self);
}
