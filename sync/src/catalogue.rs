//! The pulled rows in memory: applying a page, and the picture of it that the views are given.

use crate::{
    journal::JournalEntry,
    pull::{Page, PullPosition},
    till::Catalogue,
    wire::{DeletedIds, PullResponse},
};
use keeptill_domain::{
    Category, CategoryId, ClientId, Product, ProductId, Quantity, Settings, StaffMember, StockLevel, Tax, TaxId, UserId,
};
use std::{cell::RefCell, collections::HashMap, rc::Rc};

/// A row and the pull from nothing that last brought it.
type Rows<K, V> = HashMap<K, (u32, V)>;

#[derive(Clone, Debug, Default)]
pub struct CatalogueRows {
    products: Rows<ProductId, Rc<Product>>,
    /// The products by name; made when it is asked for, forgotten when one changes.
    by_name: RefCell<Option<Rc<Vec<Rc<Product>>>>>,
    categories: Rows<CategoryId, Category>,
    taxes: Rows<TaxId, Tax>,
    staff: Rows<UserId, StaffMember>,
    stock: Rows<ProductId, Quantity>,
    settings: Option<Settings>,
    /// Where the pull stood that brought the last of these.
    position: PullPosition,
}

impl CatalogueRows {
    /// Takes a page in, the way the store does.
    pub fn apply(&mut self, page: Page) {
        let Page { answer, position, sweep, .. } = page;
        let deleted = answer.deleted_ids.clone();
        self.insert(answer, position.generation);
        self.remove(deleted);
        if sweep {
            self.sweep(position.generation);
        }
        self.position = position;
    }

    /// Lets all products be these: those of the chunks that a pull from nothing stands on.
    pub fn stand_on(&mut self, products: impl IntoIterator<Item = Product>, position: PullPosition) {
        let generation = position.generation;
        self.products = products.into_iter().map(|row| (row.id, (generation, Rc::new(row)))).collect();
        self.by_name.take();
        self.position = position;
    }

    /// Puts rows in as they are, for loading what was stored.
    pub fn insert(&mut self, rows: PullResponse, generation: u32) {
        if rows.products.as_ref().is_some_and(|products| !products.is_empty()) {
            self.by_name.take();
        }
        let brought = |row| (generation, row);
        let products = rows.products.into_iter().flatten().map(|row| (row.id, brought(Rc::new(row))));
        self.products.extend(products);
        self.categories.extend(rows.categories.into_iter().flatten().map(|row| (row.id, (generation, row))));
        self.taxes.extend(rows.taxes.into_iter().flatten().map(|row| (row.id, (generation, row))));
        self.staff.extend(rows.staff.into_iter().flatten().map(|row| (row.id, (generation, row))));
        let on_hand = |row: StockLevel| (row.product_id, (generation, row.on_hand));
        self.stock.extend(rows.stock.into_iter().flatten().map(on_hand));
        self.settings = rows.settings.or(self.settings.take());
    }

    /// Takes rows out that are no longer on the server.
    pub fn remove(&mut self, deleted: DeletedIds) {
        if deleted.products.as_ref().is_some_and(|products| !products.is_empty()) {
            self.by_name.take();
        }
        for id in deleted.products.into_iter().flatten() {
            // Its stock stays: a late sale may bring the product back, and nothing says the stock again.
            self.products.remove(&id.into());
        }
        for id in deleted.categories.into_iter().flatten() {
            self.categories.remove(&id.into());
        }
        for id in deleted.taxes.into_iter().flatten() {
            self.taxes.remove(&id.into());
        }
        for id in deleted.staff.into_iter().flatten() {
            self.staff.remove(&id.into());
        }
    }

    fn sweep(&mut self, generation: u32) {
        let before = self.products.len();
        self.products.retain(|_, (brought, _)| *brought >= generation);
        if self.products.len() < before {
            self.by_name.take();
        }
        self.categories.retain(|_, (brought, _)| *brought >= generation);
        self.taxes.retain(|_, (brought, _)| *brought >= generation);
        self.staff.retain(|_, (brought, _)| *brought >= generation);
        self.stock.retain(|_, (brought, _)| *brought >= generation);
    }

    /// What the views see: by name, with the stock less what was sold here and is not in the pulled figure yet.
    pub fn picture(&self, sold: &Sold) -> Catalogue {
        let mut categories: Vec<_> = self.categories.values().map(|(_, row)| row.clone()).collect();
        categories.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        let mut taxes: Vec<_> = self.taxes.values().map(|(_, row)| row.clone()).collect();
        taxes.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        let mut staff: Vec<_> = self.staff.values().map(|(_, row)| row.clone()).collect();
        staff.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Catalogue {
            products: self.by_name(),
            categories,
            taxes,
            staff,
            settings: self.settings.clone(),
            stock: self.stock(sold),
            pulled_at: self.position.pulled_at,
        }
    }

    fn by_name(&self) -> Rc<Vec<Rc<Product>>> {
        let mut by_name = self.by_name.borrow_mut();
        Rc::clone(by_name.get_or_insert_with(|| {
            let mut products: Vec<_> = self.products.values().map(|(_, product)| Rc::clone(product)).collect();
            products.sort_unstable_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
            Rc::new(products)
        }))
    }

    /// The stock last pulled, less what was sold here since.
    pub fn stock(&self, sold: &Sold) -> HashMap<ProductId, Quantity> {
        let mut stock: HashMap<_, _> = self.stock.iter().map(|(id, (_, on_hand))| (*id, *on_hand)).collect();
        for (product, quantity) in sold.quantities() {
            stock.entry(product).and_modify(|on_hand| *on_hand = *on_hand - quantity);
        }
        stock
    }

    pub fn settings(&self) -> Option<&Settings> {
        self.settings.as_ref()
    }

    /// Where the store stands as far as these rows know. Where it stands elsewhere by now, another tab has pulled, and
    /// they are to be loaded again: what it brought is not brought once more.
    pub fn position(&self) -> &PullPosition {
        &self.position
    }

    /// For rows that were loaded and not pulled.
    pub fn set_position(&mut self, position: PullPosition) {
        self.position = position;
    }
}

/// What this till sold that the pulled stock does not know of.
#[derive(Clone, Debug, Default)]
pub struct Sold {
    /// Not on the server, as far as is known.
    unsent: HashMap<ClientId, Vec<(ProductId, Quantity)>>,
    /// On the server since the last pull: still subtracted until the next one, or the stock shown would jump up and
    /// down again.
    settling: HashMap<ClientId, Vec<(ProductId, Quantity)>>,
}

impl Sold {
    pub fn add(&mut self, entry: &JournalEntry) {
        self.unsent.insert(entry.client_id, quantities(entry));
    }

    /// Replaces what is unsent by what the journal now says. What left it was sent meanwhile.
    pub fn replace<'a>(&mut self, unsent: impl Iterator<Item = &'a JournalEntry>) {
        let now = unsent.map(|entry| (entry.client_id, quantities(entry))).collect();
        let before = std::mem::replace(&mut self.unsent, now);
        let left = before.into_iter().filter(|(id, _)| !self.unsent.contains_key(id));
        self.settling.extend(left);
    }

    /// The server has it; the next pull's stock will show it.
    pub fn sent(&mut self, client_id: ClientId) {
        if let Some(quantities) = self.unsent.remove(&client_id) {
            self.settling.insert(client_id, quantities);
        }
    }

    /// A pull ended: its figures know everything that was sent before it.
    pub fn settled(&mut self) {
        self.settling.clear();
    }

    fn quantities(&self) -> impl Iterator<Item = (ProductId, Quantity)> {
        self.unsent.values().chain(self.settling.values()).flatten().copied()
    }
}

fn quantities(entry: &JournalEntry) -> Vec<(ProductId, Quantity)> {
    let items = entry.sale().map(|sale| sale.items).unwrap_or_default();
    items.into_iter().map(|item| (item.product_id, item.quantity)).collect()
}

#[cfg(test)]
mod tests;
