//! The server as CONTRACT.md has it, in memory: what a device may rely on, and nothing that it may not.

mod chunks;
mod pull;
mod push;

use crate::mutants::Mutant;
use chrono::{DateTime, Utc};
use chunks::Base;
use keeptill_domain::{
    ClientId, Currency, DeviceId, Epoch, Money, Product, ProductId, Quantity, Settings, Unit, device::receipt_number,
};
use keeptill_sync::wire::EventResult;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};
use uuid::Uuid;

pub type Token = u64;

/// What is in the database: a backup is a copy of it.
#[derive(Clone)]
pub struct Server {
    pub epoch: Epoch,
    pub devices: BTreeMap<DeviceId, Device>,
    pub events: BTreeMap<ClientId, Vec<Rc<Stored>>>,
    pub products: BTreeMap<ProductId, Row>,
    pub stock: BTreeMap<ProductId, Level>,
    pub movements: Vec<Movement>,
    pub catalogue_version: i64,
    stock_version: i64,
    settings_version: i64,
    /// Tombstones up to this version are gone.
    purged: i64,
    /// A transaction that has written and not committed. It holds the row that versions are drawn from.
    pub open: Option<OpenWrite>,
    devices_ever: i64,
    /// Answers at most this many rows, whatever is asked for.
    rows_max: usize,
    /// Whether it gives the catalogue in chunks at all.
    gives_chunks: bool,
    base: Option<Base>,
    chunks: BTreeMap<String, Rc<[u8]>>,
    mutant: Option<Mutant>,
}

#[derive(Clone)]
pub struct Device {
    pub token: Token,
}

pub struct Stored {
    pub device: DeviceId,
    pub event: Value,
    pub outcome: EventResult,
}

#[derive(Clone)]
pub struct Row {
    pub product: Product,
    pub deleted: bool,
}

#[derive(Clone, Copy)]
pub struct Level {
    pub on_hand: Quantity,
    version: i64,
}

#[derive(Clone)]
pub struct Movement {
    pub product: ProductId,
    pub delta: Quantity,
    pub sale: Option<ClientId>,
}

#[derive(Clone)]
pub struct OpenWrite {
    edit: Edit,
    /// Only where versions are drawn early, which is a fault.
    drawn: Option<i64>,
}

/// What a manager does to the catalogue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Edit {
    Create { price: i64 },
    Reprice { nth: u32, price: i64 },
    Delete { nth: u32 },
    Receive { nth: u32, units: i32 },
    Unarchive { nth: u32 },
}

/// What stands in the way of a push, outside the database.
#[derive(Clone, Default)]
pub struct Trouble {
    pub down: Option<Option<u32>>,
    /// A proxy takes no body with more events.
    pub events_max: Option<usize>,
    /// A push that has one of these is refused whole.
    pub poisoned: BTreeSet<ClientId>,
    /// So many events the database will not take just now.
    pub unstorable: u32,
}

impl Server {
    pub fn new(products: u32, rows_max: usize, gives_chunks: bool, mutant: Option<Mutant>, now: DateTime<Utc>) -> Self {
        let mut server = Self {
            epoch: epoch(1),
            devices: BTreeMap::new(),
            events: BTreeMap::new(),
            products: BTreeMap::new(),
            stock: BTreeMap::new(),
            movements: vec![],
            catalogue_version: 0,
            stock_version: 0,
            settings_version: 1,
            purged: 0,
            open: None,
            devices_ever: 0,
            rows_max,
            gives_chunks,
            base: None,
            chunks: BTreeMap::new(),
            mutant,
        };
        for number in 0..products {
            server.write(Edit::Create { price: 100 + i64::from(number) }, now);
        }
        server
    }

    /// A new device, or the same one paired again.
    pub fn pair(&mut self, device: Option<DeviceId>, token: Token) -> (DeviceId, String) {
        let known = device.filter(|device| self.devices.contains_key(device));
        // The number of a device does not come back with a backup: it is drawn anew, and so is the id.
        let id = known.unwrap_or_else(|| {
            self.devices_ever += 1;
            DeviceId(Uuid::from_u128(0xD000_0000 + u128::from(token)))
        });
        self.devices.insert(id, Device { token });
        (id, format!("T{token}"))
    }

    pub fn device_of(&self, token: Token) -> Option<DeviceId> {
        self.devices.iter().find(|(_, device)| device.token == token).map(|(id, _)| *id)
    }

    /// Begins to write, and leaves it uncommitted.
    pub fn begin(&mut self, edit: Edit, now: DateTime<Utc>) {
        if self.open.is_some() {
            self.commit(now);
        }
        let drawn = (self.mutant == Some(Mutant::VersionsMaySkip)).then(|| {
            self.catalogue_version += 1;
            self.catalogue_version
        });
        self.open = Some(OpenWrite { edit, drawn });
    }

    pub fn commit(&mut self, now: DateTime<Utc>) {
        if let Some(OpenWrite { edit, drawn }) = self.open.take() {
            self.write_with(edit, drawn, now);
        }
    }

    pub fn roll_back(&mut self) {
        self.open = None;
    }

    /// Writes and commits. Where another holds the version row, it is waited for.
    pub fn write(&mut self, edit: Edit, now: DateTime<Utc>) {
        if self.mutant != Some(Mutant::VersionsMaySkip) {
            self.commit(now);
        }
        self.write_with(edit, None, now);
    }

    fn write_with(&mut self, edit: Edit, drawn: Option<i64>, now: DateTime<Utc>) {
        let ids: Vec<ProductId> = self.products.iter().filter(|(_, row)| !row.deleted).map(|(id, _)| *id).collect();
        let nth = |nth: u32| ids.get(nth as usize % ids.len().max(1)).copied();
        if let Edit::Receive { nth: wanted, units } = edit {
            if let Some(product) = nth(wanted) {
                self.move_stock(product, Quantity::from_units(units), None);
            }
            return;
        }
        let version = drawn.unwrap_or(self.catalogue_version + 1);
        let changed = match edit {
            Edit::Create { price } => {
                let id = ProductId(Uuid::from_u128(0xA000_0000 + self.products.len() as u128));
                self.products.insert(id, Row { product: product(id, price, now), deleted: false });
                Some(id)
            }
            Edit::Reprice { nth: wanted, price } => nth(wanted).inspect(|id| {
                if let Some(row) = self.products.get_mut(id) {
                    row.product.price_minor = Money(price);
                }
            }),
            Edit::Delete { nth: wanted } => nth(wanted).inspect(|id| {
                if let Some(row) = self.products.get_mut(id) {
                    row.deleted = true;
                }
            }),
            Edit::Unarchive { nth: wanted } => nth(wanted).inspect(|id| {
                if let Some(row) = self.products.get_mut(id) {
                    row.product.archived = false;
                }
            }),
            Edit::Receive { .. } => None,
        };
        if let Some(row) = changed.and_then(|id| self.products.get_mut(&id)) {
            row.product.sync_version = version;
            row.product.last_modified = now;
            self.catalogue_version = self.catalogue_version.max(version);
        }
    }

    fn move_stock(&mut self, product: ProductId, delta: Quantity, sale: Option<ClientId>) {
        self.stock_version += 1;
        let level = self.stock.entry(product).or_insert(Level { on_hand: Quantity::default(), version: 0 });
        *level = Level { on_hand: level.on_hand + delta, version: self.stock_version };
        self.movements.push(Movement { product, delta, sale });
    }

    /// The job that forgets tombstones which every device should have heard of.
    pub fn purge(&mut self) {
        let gone = self.products.values().filter(|row| row.deleted).map(|row| row.product.sync_version).max();
        self.purged = self.purged.max(gone.unwrap_or_default());
    }

    /// What a backup becomes when it is restored.
    pub fn restored(mut self, epoch_number: u64) -> Self {
        self.epoch = epoch(epoch_number);
        self.open = None;
        self
    }

    fn settings(&self, now: DateTime<Utc>) -> Settings {
        Settings {
            shop_name: "Corner shop".into(),
            currency: Currency::EUR,
            time_zone: "Europe/Berlin".into(),
            prices_include_tax: true,
            sync_version: self.settings_version,
            last_modified: now,
        }
    }
}

pub fn epoch(number: u64) -> Epoch {
    Epoch(Uuid::from_u128(0xE000_0000 + u128::from(number)))
}

pub fn receipt(prefix: &str, number: i64) -> String {
    receipt_number(prefix, number)
}

fn product(id: ProductId, price: i64, at: DateTime<Utc>) -> Product {
    Product {
        id,
        name: format!("Product {}", id.0.as_u128() - 0xA000_0000),
        sku: None,
        barcode: None,
        category_id: None,
        tax_id: None,
        price_minor: Money(price),
        unit: Unit::each(),
        track_stock: true,
        image_url: None,
        archived: false,
        sync_version: 0,
        last_modified: at,
    }
}
