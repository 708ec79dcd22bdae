//! What really happened in the shops: the receipts that were printed, and the entries that reached a disk.

use keeptill_domain::ClientId;
use keeptill_sync::journal::JournalEntry;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub struct Ledger {
    /// Sales that a cashier was shown as paid.
    pub receipts: BTreeSet<ClientId>,
    /// Entries whose transaction completed, as they were then.
    pub entries: BTreeMap<ClientId, Value>,
    /// Entries that went with their medium before they were sent.
    pub destroyed: BTreeSet<ClientId>,
}

impl Ledger {
    pub fn paid(&mut self, id: ClientId) {
        self.receipts.insert(id);
    }

    pub fn committed(&mut self, entry: &JournalEntry) {
        self.entries.insert(entry.client_id, entry.event.clone());
    }
}
