//! The pulled rows on disk. A row is text: the generation that brought it, a blank, its JSON.

use crate::{
    database::{CATEGORIES, Database, DatabaseError, Durability, META, PRODUCTS, STAFF, STOCK, TAXES, Write},
    records,
};
use idb::ObjectStore;
use keeptill_domain::{Epoch, Settings};
use keeptill_sync::{
    catalogue::CatalogueRows,
    pull::{Page, PullPosition},
    wire::{DeletedIds, PullResponse},
};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use uuid::Uuid;
use wasm_bindgen::JsValue;

const POSITION: &str = "pull";
const SETTINGS: &str = "settings";
const ROW_STORES: [&str; 5] = [PRODUCTS, CATEGORIES, TAXES, STAFF, STOCK];

pub async fn position(database: &Database) -> Result<PullPosition, DatabaseError> {
    let transaction = database.read(&[META])?;
    Ok(records::read(&transaction.object_store(META)?, POSITION).await?.unwrap_or_default())
}

/// Everything that was pulled, with one read of each store. A row that this build can't read is left out, and the
/// position with it forgotten, so that the next pull brings everything afresh.
pub async fn load(database: &Database) -> Result<CatalogueRows, DatabaseError> {
    let (rows, whole) = load_readable(database).await?;
    if !whole {
        let write = database.write(&[META], Durability::Relaxed)?;
        let meta = write.store(META)?;
        let position: PullPosition = records::read(&meta, POSITION).await?.unwrap_or_default();
        records::put(&meta, POSITION, &PullPosition { cursor: None, ..position })?;
        write.complete().await?;
    }
    Ok(rows)
}

async fn load_readable(database: &Database) -> Result<(CatalogueRows, bool), DatabaseError> {
    let transaction = database.read(&[META, PRODUCTS, CATEGORIES, TAXES, STAFF, STOCK])?;
    let meta = transaction.object_store(META)?;
    let position: PullPosition = records::read(&meta, POSITION).await?.unwrap_or_default();
    let settings: Option<Settings> = records::read(&meta, SETTINGS).await?;
    let mut rows = CatalogueRows::default();
    let mut whole = true;
    let products_by_generation = rows_of(&transaction.object_store(PRODUCTS)?, &mut whole).await?;
    for (generation, products) in products_by_generation {
        rows.insert(PullResponse { products: Some(products), ..nothing() }, generation);
    }
    let categories_by_generation = rows_of(&transaction.object_store(CATEGORIES)?, &mut whole).await?;
    for (generation, categories) in categories_by_generation {
        rows.insert(PullResponse { categories: Some(categories), ..nothing() }, generation);
    }
    let taxes_by_generation = rows_of(&transaction.object_store(TAXES)?, &mut whole).await?;
    for (generation, taxes) in taxes_by_generation {
        rows.insert(PullResponse { taxes: Some(taxes), ..nothing() }, generation);
    }
    let staff_by_generation = rows_of(&transaction.object_store(STAFF)?, &mut whole).await?;
    for (generation, staff) in staff_by_generation {
        rows.insert(PullResponse { staff: Some(staff), ..nothing() }, generation);
    }
    let stock_by_generation = rows_of(&transaction.object_store(STOCK)?, &mut whole).await?;
    for (generation, stock) in stock_by_generation {
        rows.insert(PullResponse { stock: Some(stock), ..nothing() }, generation);
    }
    rows.insert(PullResponse { settings, ..nothing() }, position.generation);
    rows.set_pulled_at(position.pulled_at);
    Ok((rows, whole))
}

/// Rows and position in one transaction: a page is there whole, or not at all.
pub async fn store(database: &Database, page: &Page) -> Result<(), DatabaseError> {
    let write = database.write(&[META, PRODUCTS, CATEGORIES, TAXES, STAFF, STOCK], Durability::Relaxed)?;
    let generation = page.position.generation;
    let answer = &page.answer;
    put_rows(&write, PRODUCTS, generation, &answer.products, |row| row.id.0)?;
    put_rows(&write, CATEGORIES, generation, &answer.categories, |row| row.id.0)?;
    put_rows(&write, TAXES, generation, &answer.taxes, |row| row.id.0)?;
    put_rows(&write, STAFF, generation, &answer.staff, |row| row.id.0)?;
    put_rows(&write, STOCK, generation, &answer.stock, |row| row.product_id.0)?;
    let DeletedIds { products, categories, taxes, staff } = &answer.deleted_ids;
    for (store, ids) in
        [(PRODUCTS, products), (STOCK, products), (CATEGORIES, categories), (TAXES, taxes), (STAFF, staff)]
    {
        let store = write.store(store)?;
        for id in ids.iter().flatten() {
            store.delete(key(*id))?;
        }
    }
    let meta = write.store(META)?;
    if let Some(settings) = &answer.settings {
        records::put(&meta, SETTINGS, settings)?;
    }
    records::put(&meta, POSITION, &page.position)?;
    if page.sweep {
        sweep(&write, generation).await?;
    }
    write.complete().await
}

/// Forgets all rows, for a browser that becomes a device of another place.
pub fn clear(write: &Write) -> Result<(), DatabaseError> {
    for store in ROW_STORES {
        write.store(store)?.clear()?;
    }
    let meta = write.store(META)?;
    meta.delete(JsValue::from_str(POSITION))?;
    meta.delete(JsValue::from_str(SETTINGS))?;
    Ok(())
}

/// Removes what a pull from nothing, now ended, did not bring again.
async fn sweep(write: &Write, generation: u32) -> Result<(), DatabaseError> {
    for name in ROW_STORES {
        let store = write.store(name)?;
        let keys = store.get_all_keys(None, None)?.await?;
        let rows = store.get_all(None, None)?.await?;
        for (key, row) in keys.into_iter().zip(rows) {
            let brought = row.as_string().and_then(|text| Some(split(&text)?.0));
            if brought.is_none_or(|brought| brought < generation) {
                store.delete(key)?;
            }
        }
    }
    Ok(())
}

fn put_rows<T: Serialize>(
    write: &Write,
    store: &str,
    generation: u32,
    rows: &Option<Vec<T>>,
    id: impl Fn(&T) -> Uuid,
) -> Result<(), DatabaseError> {
    let store = write.store(store)?;
    for row in rows.iter().flatten() {
        let text = format!("{generation} {}", serde_json::to_string(row)?);
        store.put(&JsValue::from_str(&text), Some(&key(id(row))))?;
    }
    Ok(())
}

async fn rows_of<T: DeserializeOwned>(
    store: &ObjectStore,
    whole: &mut bool,
) -> Result<BTreeMap<u32, Vec<T>>, DatabaseError> {
    let mut rows: BTreeMap<u32, Vec<T>> = BTreeMap::new();
    for value in store.get_all(None, None)?.await? {
        match value.as_string().as_deref().and_then(read_row) {
            Some((generation, row)) => rows.entry(generation).or_default().push(row),
            None => *whole = false,
        }
    }
    Ok(rows)
}

fn read_row<T: DeserializeOwned>(text: &str) -> Option<(u32, T)> {
    let (generation, json) = split(text)?;
    Some((generation, serde_json::from_str(json).ok()?))
}

fn split(text: &str) -> Option<(u32, &str)> {
    let (generation, json) = text.split_once(' ')?;
    Some((generation.parse().ok()?, json))
}

fn key(id: Uuid) -> JsValue {
    JsValue::from_str(&id.to_string())
}

fn nothing() -> PullResponse {
    PullResponse {
        epoch: Epoch(Uuid::nil()),
        cursor: String::new(),
        server_time: Default::default(),
        has_more: false,
        must_resync: false,
        products: None,
        categories: None,
        taxes: None,
        staff: None,
        settings: None,
        stock: None,
        deleted_ids: DeletedIds::default(),
    }
}
