//! Where a pull goes on: for each collection the last row given, in the order of (version, id).
//!
//! A row only ever moves to a higher version, and no version becomes visible after a higher one (see
//! [`crate::versions`]); so what lies behind the place never needs another look, and nothing can appear there.

use crate::{error::Result, page};
use keeptill_domain::{Epoch, StoreId};
use keeptill_sync::wire::Collection;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    #[serde(rename = "e")]
    pub epoch: Epoch,
    /// Whose stock the stock's place is in.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreId>,
    #[serde(rename = "p")]
    places: BTreeMap<Collection, Place>,
    /// Where a collection was pulled from nothing: the last deletion that was forgotten by then. Until the place has
    /// passed it, it can't have been missed.
    #[serde(rename = "f", default, skip_serializing_if = "BTreeMap::is_empty")]
    began_after: BTreeMap<Collection, Place>,
}

/// After this row; the default is before all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place(pub i64, pub Uuid);

impl Place {
    /// After every row of that version.
    pub fn after(version: i64) -> Self {
        Self(version, Uuid::max())
    }
}

impl Cursor {
    pub fn start(epoch: Epoch) -> Self {
        Self { epoch, store: None, places: BTreeMap::new(), began_after: BTreeMap::new() }
    }

    /// # Errors
    /// 400 `bad_cursor`.
    pub fn read(text: &str) -> Result<Self> {
        page::read_cursor(text)
    }

    pub fn write(&self) -> Result<String> {
        page::write_cursor(self)
    }

    pub fn place(&self, collection: Collection) -> Place {
        self.places.get(&collection).copied().unwrap_or_default()
    }

    pub fn set(&mut self, collection: Collection, place: Place) {
        self.places.insert(collection, place);
        if self.began_after.get(&collection).is_some_and(|floor| *floor <= place) {
            self.began_after.remove(&collection);
        }
    }

    /// A collection is pulled from nothing, at a time when deletions up to `floor` are forgotten.
    pub fn begin(&mut self, collection: Collection, floor: Place) {
        self.began_after.insert(collection, floor);
    }

    /// Whether a deletion that is forgotten by now, the last of them at `floor`, may have been missed.
    pub fn may_have_missed(&self, collection: Collection, floor: Place) -> bool {
        let place = self.place(collection);
        let known = self.began_after.get(&collection).copied().unwrap_or_default().max(place);
        place != Place::default() && known < floor
    }

    /// Stock is read for one store; its place in another's rows means nothing.
    pub fn in_store(&mut self, store: StoreId) {
        if self.store != Some(store) {
            self.places.remove(&Collection::Stock);
            self.store = Some(store);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cursor_that_had_something_can_have_missed_a_deletion() {
        let floor = Place(7, Uuid::from_u128(5));
        let mut cursor = Cursor::start(Epoch(Uuid::from_u128(1)));
        let missed = |cursor: &Cursor, floor| cursor.may_have_missed(Collection::Products, floor);
        assert!(!missed(&cursor, floor));
        // In the middle of a pull that began after the deletion was forgotten.
        cursor.begin(Collection::Products, floor);
        cursor.set(Collection::Products, Place(3, Uuid::from_u128(1)));
        let mut cursor = Cursor::read(&cursor.write().unwrap()).unwrap();
        assert!(!missed(&cursor, floor));
        assert!(missed(&cursor, Place(7, Uuid::from_u128(6))));
        cursor.set(Collection::Products, floor);
        assert_eq!(cursor.began_after.len(), 0);
        assert!(!missed(&cursor, floor));
        let mut behind = Cursor::start(Epoch(Uuid::from_u128(1)));
        behind.set(Collection::Products, Place(7, Uuid::from_u128(4)));
        assert!(missed(&behind, floor));
    }

    #[test]
    fn a_cursor_reads_back_and_forgets_another_stores_stock() {
        let mut cursor = Cursor::start(Epoch(Uuid::from_u128(1)));
        cursor.in_store(StoreId(Uuid::from_u128(2)));
        cursor.set(Collection::Stock, Place(7, Uuid::from_u128(3)));
        cursor.set(Collection::Products, Place::after(9));
        let mut read = Cursor::read(&cursor.write().unwrap()).unwrap();
        assert_eq!(read, cursor);
        read.in_store(StoreId(Uuid::from_u128(2)));
        assert_eq!(read.place(Collection::Stock), Place(7, Uuid::from_u128(3)));
        read.in_store(StoreId(Uuid::from_u128(4)));
        assert_eq!(read.place(Collection::Stock), Place::default());
        assert_eq!(read.place(Collection::Products), Place(9, Uuid::max()));
        for text in ["", "x", "e30", "!!"] {
            assert_eq!(Cursor::read(text).unwrap_err().code, "bad_cursor");
        }
    }
}
