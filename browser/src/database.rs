//! The browser's database: its stores, opening it, and transactions that are known to have completed.
//!
//! rexie declares the stores and carries out an upgrade. The connection that is kept afterwards is idb's, on which
//! rexie stands, because rexie shows neither `versionchange` nor why a transaction was aborted, and neither of the
//! two can ask for `strict` durability.

use crate::js::{self, DurableDatabase};
use idb::{Event as _, Factory, ObjectStore, Request as _};
use js_sys::{Array, Promise};
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbTransaction};

const NAME: &str = "keeptill";
/// One more with each change to [`STORES`].
const VERSION: u32 = 2;

pub const META: &str = "meta";
pub const CART: &str = "cart";
pub const JOURNAL: &str = "journal";
pub const CHUNKS: &str = "chunks";
pub const PAGES: &str = "pages";
pub const PRODUCTS: &str = "products";
pub const CATEGORIES: &str = "categories";
pub const TAXES: &str = "taxes";
pub const STAFF: &str = "staff";
pub const STOCK: &str = "stock";

/// The journal's indexes. An entry stands in `WAITING`, `REJECTED` or `REVIEW` only while it has that property.
pub const CLIENT_ID: &str = "clientId";
pub const CHAIN: &str = "chain";
pub const WAITING: &str = "waiting";
pub const REJECTED: &str = "rejected";
pub const REVIEW: &str = "review";

struct Store {
    name: &'static str,
    key: Key,
    indexes: &'static [Index],
}

enum Key {
    /// Given with each record.
    Given,
    /// A number that the browser counts up.
    Counted,
    /// A property of the record.
    Property(&'static str),
}

struct Index {
    name: &'static str,
    keys: &'static [&'static str],
    unique: bool,
}

/// Every store and index there has ever been. This list only grows: the builder deletes what it does not name, and
/// with it the sales in there.
const STORES: &[Store] = &[
    Store { name: META, key: Key::Given, indexes: &[] },
    Store { name: CART, key: Key::Given, indexes: &[] },
    Store {
        name: JOURNAL,
        key: Key::Property("position"),
        indexes: &[
            Index { name: CLIENT_ID, keys: &["clientId"], unique: true },
            Index { name: CHAIN, keys: &["device", "seq"], unique: true },
            Index { name: WAITING, keys: &["waiting"], unique: false },
            Index { name: REJECTED, keys: &["rejected"], unique: false },
            Index { name: REVIEW, keys: &["review"], unique: false },
        ],
    },
    Store { name: PRODUCTS, key: Key::Given, indexes: &[] },
    Store { name: CATEGORIES, key: Key::Given, indexes: &[] },
    Store { name: TAXES, key: Key::Given, indexes: &[] },
    Store { name: STAFF, key: Key::Given, indexes: &[] },
    Store { name: STOCK, key: Key::Given, indexes: &[] },
    // Since version 2.
    Store { name: CHUNKS, key: Key::Given, indexes: &[] },
    Store { name: PAGES, key: Key::Counted, indexes: &[] },
];

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    #[error("this browser's storage is full")]
    Full,
    /// The connection is gone; what was asked for was not begun.
    #[error("the browser has closed this till's storage")]
    Closed,
    #[error("{0}")]
    Failed(String),
}

impl From<idb::Error> for DatabaseError {
    fn from(error: idb::Error) -> Self {
        Self::of_text(error.to_string())
    }
}

impl From<serde_json::Error> for DatabaseError {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(format!("a stored record can't be read: {error}"))
    }
}

impl DatabaseError {
    /// A DOMException's text begins with its name.
    fn of_text(text: String) -> Self {
        if text.contains("QuotaExceededError") { Self::Full } else { Self::Failed(text) }
    }

    fn of_thrown(thrown: &JsValue) -> Self {
        Self::of_text(js::text_of(thrown))
    }
}

/// Why a connection ended that nobody here closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A newer build in another tab needs the database for itself.
    Newer,
    /// The browser took it away; it can be opened again.
    ByBrowser,
}

/// Whether a completed transaction has to be on the medium, or may still be on its way there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// For the journal: "paid" must survive a power cut.
    Strict,
    /// For what can be pulled or typed again.
    Relaxed,
}

pub struct Database {
    // Kept for its callbacks; `raw` is the same connection.
    connection: idb::Database,
    raw: IdbDatabase,
}

impl Database {
    /// `ended` is called when the connection ends on its own.
    pub async fn open(ended: impl Fn(Ended) + Clone + 'static) -> Result<Self, DatabaseError> {
        upgrade().await?;
        Ok(Self::of(Factory::new()?.open(NAME, Some(VERSION))?.await?, ended))
    }

    /// Opens the database in whatever version a page has left it, and neither creates nor upgrades one. Stores only
    /// ever come on top, so what this build knows is there. `None` when no page was ever here.
    pub async fn open_as_it_is() -> Result<Option<Self>, DatabaseError> {
        let missing = Rc::new(Cell::new(false));
        let is_missing = Rc::clone(&missing);
        let mut request = Factory::new()?.open(NAME, None)?;
        request.on_upgrade_needed(move |event| {
            is_missing.set(true);
            // Without this the browser would leave an empty database behind, and a page would take it for its own.
            if let Some(upgrade) = event.target().ok().and_then(|request| request.transaction()) {
                let _ = upgrade.abort();
            }
        });
        match request.await {
            Err(_) if missing.get() => Ok(None),
            connection => Ok(Some(Self::of(connection?, |_| ()))),
        }
    }

    fn of(connection: idb::Database, ended: impl Fn(Ended) + Clone + 'static) -> Self {
        let raw: IdbDatabase = connection.into();
        let mut connection = idb::Database::from(raw.clone());
        let closing = raw.clone();
        let newer = ended.clone();
        connection.on_version_change(move |event| {
            // Somebody who wants to delete the database has no new version, and waits for ever: sales may be in it.
            if !js::get(event.as_ref(), "newVersion").is_null() {
                closing.close();
                newer(Ended::Newer);
            }
        });
        connection.on_close(move |_| ended(Ended::ByBrowser));
        Self { connection, raw }
    }

    pub fn close(&self) {
        self.raw.close();
    }

    /// Whether the connection still stands. A browser that has closed it may not have said so yet.
    pub fn is_open(&self) -> bool {
        !matches!(self.read(&[META]), Err(DatabaseError::Closed))
    }

    pub fn read(&self, stores: &[&str]) -> Result<idb::Transaction, DatabaseError> {
        self.connection.transaction(stores, idb::TransactionMode::ReadOnly).map_err(|error| not_begun(error.into()))
    }

    pub fn write(&self, stores: &[&str], durability: Durability) -> Result<Write, DatabaseError> {
        let names: Array = stores.iter().map(|name| JsValue::from_str(name)).collect();
        let durability = match durability {
            Durability::Strict => "strict",
            Durability::Relaxed => "relaxed",
        };
        let options = js::options("durability", &durability.into());
        let raw = self
            .raw
            .unchecked_ref::<DurableDatabase>()
            .transaction(&names, "readwrite", &options)
            .map_err(|thrown| not_begun(DatabaseError::of_thrown(&thrown)))?;
        Ok(Write::of(raw))
    }
}

/// A transaction can't be begun on a connection that is closed; everything else it says by its name.
fn not_begun(error: DatabaseError) -> DatabaseError {
    match error {
        DatabaseError::Failed(reason) if reason.contains("InvalidStateError") => DatabaseError::Closed,
        other => other,
    }
}

/// Lets rexie create what is missing.
async fn upgrade() -> Result<(), DatabaseError> {
    let builder = STORES.iter().fold(rexie::Rexie::builder(NAME).version(VERSION), |builder, shape| {
        let store = rexie::ObjectStore::new(shape.name);
        let store = match shape.key {
            Key::Property(key) => store.key_path(key),
            Key::Counted => store.auto_increment(true),
            Key::Given => store,
        };
        let indexed = shape.indexes.iter().fold(store, |store, shape| {
            let index = match shape.keys {
                [key] => rexie::Index::new(shape.name, key),
                keys => rexie::Index::new_array(shape.name, keys.iter().copied()),
            };
            // Said outright, both of them: what is left out counts as changed, and the index would be built anew.
            store.add_index(index.unique(shape.unique).multi_entry(false))
        });
        builder.add_object_store(indexed)
    });
    match builder.build().await {
        Ok(database) => {
            database.close();
            Ok(())
        }
        Err(rexie::Error::IdbError(error)) => Err(error.into()),
        Err(other) => Err(DatabaseError::Failed(other.to_string())),
    }
}

/// A writing transaction. Dropped without [`Write::complete`], it is aborted and nothing of it stays.
pub struct Write {
    raw: IdbTransaction,
    transaction: idb::Transaction,
    ended: Promise,
    completing: bool,
}

impl Write {
    fn of(raw: IdbTransaction) -> Self {
        // Both handlers are set before anything can happen, and both resolve: a promise that nobody awaits must not
        // be reported as an unhandled rejection.
        let ended = Promise::new(&mut |resolve, _| {
            raw.set_oncomplete(Some(&resolve));
            raw.set_onabort(Some(&resolve));
        });
        let transaction = idb::Transaction::from(raw.clone());
        Self { raw, transaction, ended, completing: false }
    }

    pub fn store(&self, name: &str) -> Result<ObjectStore, DatabaseError> {
        Ok(self.transaction.object_store(name)?)
    }

    /// Waits for the browser to say that all of it was written. A `put` that succeeded says less: a full disk aborts
    /// the transaction afterwards.
    pub async fn complete(mut self) -> Result<(), DatabaseError> {
        self.completing = true;
        let event = JsFuture::from(self.ended.clone()).await.map_err(|thrown| DatabaseError::of_thrown(&thrown))?;
        let completed = event.dyn_ref::<web_sys::Event>().is_some_and(|event| event.type_() == "complete");
        if completed {
            return Ok(());
        }
        let reason = self.raw.error().map_or_else(|| "the browser gave no reason".to_owned(), |e| js::text_of(&e));
        Err(DatabaseError::of_text(reason))
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        if !self.completing {
            // It throws when the transaction has ended already, which is as good.
            let _ = self.raw.abort();
        }
    }
}
