//! What was pulled, on disk.
//!
//! A pull from nothing (a generation) leaves chunks, on which all products stand, and pages, each stored whole as one
//! record: a hundred thousand records would take IndexedDB ten seconds. What changes afterwards comes as single rows
//! that lie on top. Within a generation: chunks, then pages, then rows; and an older generation lies below a newer one
//! until the pull that began the newer has ended.

use crate::{
    database::{
        CATEGORIES, CHUNKS, Database, DatabaseError, Durability, META, PAGES, PRODUCTS, STAFF, STOCK, TAXES, Write,
    },
    records::{self, Reading},
};
use idb::ObjectStore;
use js_sys::Uint8Array;
use keeptill_domain::{Epoch, Product, Settings};
use keeptill_sync::{
    catalogue::CatalogueRows,
    pull::{Base, Page, PullPosition},
    wire::{DeletedIds, PullResponse, chunks::read_chunk},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};

const POSITION: &str = "pull";
const SETTINGS: &str = "settings";
const BASE: &str = "base";
const PULLED_ELSEWHERE: &str = "another window has pulled meanwhile";
const ROW_STORES: [&str; 5] = [PRODUCTS, CATEGORIES, TAXES, STAFF, STOCK];
/// Everything that a browser forgets when it becomes a device of another place, but for its records in [`META`].
pub const STORES: [&str; 7] = [CHUNKS, PAGES, PRODUCTS, CATEGORIES, TAXES, STAFF, STOCK];

/// The chunks that the products stand on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredBase {
    generation: u32,
    chunks: Vec<String>,
}

/// Products of chunks that were read already, by the chunk's name.
pub type ReadChunks = HashMap<String, Vec<Product>>;

pub async fn position(database: &Database) -> Result<PullPosition, DatabaseError> {
    let transaction = database.read(&[META])?;
    Ok(records::read(&transaction.object_store(META)?, POSITION).await?.unwrap_or_default())
}

/// Everything that was pulled. What this build can't read is left out, and the position with it forgotten, so that the
/// next pull brings everything afresh.
pub async fn load(database: &Database) -> Result<CatalogueRows, DatabaseError> {
    let (mut rows, whole) = load_readable(database).await?;
    if !whole {
        let write = database.write(&[META], Durability::Relaxed)?;
        let meta = write.store(META)?;
        let position: PullPosition = records::read(&meta, POSITION).await?.unwrap_or_default();
        let position = PullPosition { cursor: None, ..position };
        records::put(&meta, POSITION, &position)?;
        write.complete().await?;
        rows.set_position(position);
    }
    Ok(rows)
}

async fn load_readable(database: &Database) -> Result<(CatalogueRows, bool), DatabaseError> {
    let transaction = database.read(&[&[META], &STORES[..]].concat())?;
    let meta = transaction.object_store(META)?;
    let position: PullPosition = records::read(&meta, POSITION).await?.unwrap_or_default();
    let settings: Option<Settings> = records::read(&meta, SETTINGS).await?;
    let base: Option<StoredBase> = records::read(&meta, BASE).await?;
    let mut whole = true;
    let mut layers: BTreeMap<u32, Vec<PullResponse>> = BTreeMap::new();
    for page in transaction.object_store(PAGES)?.get_all(None, None)?.await? {
        let text = page.as_string().unwrap_or_default();
        match split(&text).and_then(|(generation, json)| Some((generation, serde_json::from_str(json).ok()?))) {
            Some((generation, page)) => layers.entry(generation).or_default().push(page),
            None => whole = false,
        }
    }
    for (generation, stored) in read_rows(&transaction, &mut whole).await? {
        layers.entry(generation).or_default().push(stored);
    }
    if let Some(base) = &base {
        layers.entry(base.generation).or_default();
    }
    let mut rows = CatalogueRows::default();
    for (generation, layer) in layers {
        if let Some(base) = base.as_ref().filter(|base| base.generation == generation) {
            let products = products_of(&transaction.object_store(CHUNKS)?, &base.chunks, ReadChunks::new()).await?;
            whole &= products.is_some();
            rows.stand_on(products.unwrap_or_default(), PullPosition { generation, ..PullPosition::default() });
        }
        for page in layer {
            let deleted = page.deleted_ids.clone();
            rows.insert(page, generation);
            rows.remove(deleted);
        }
    }
    rows.insert(PullResponse { settings, ..nothing() }, position.generation);
    rows.set_position(position);
    Ok((rows, whole))
}

/// The row stores as if each generation's had come in one page.
async fn read_rows(
    transaction: &idb::Transaction,
    whole: &mut bool,
) -> Result<BTreeMap<u32, PullResponse>, DatabaseError> {
    let mut layers: BTreeMap<u32, PullResponse> = BTreeMap::new();
    for name in ROW_STORES {
        for StoredRow { id, generation, json } in stored_rows(transaction.object_store(name)?, whole).await? {
            *whole &= read_row(layers.entry(generation).or_insert_with(nothing), name, id, &json).is_some();
        }
    }
    Ok(layers)
}

/// Puts one row of that store, or the id of one that is gone, among the others.
fn read_row(layer: &mut PullResponse, store: &str, id: Uuid, json: &str) -> Option<()> {
    fn read<T: DeserializeOwned>(
        rows: &mut Option<Vec<T>>,
        gone: &mut Option<Vec<Uuid>>,
        id: Uuid,
        json: &str,
    ) -> Option<()> {
        match serde_json::from_str(json).ok()? {
            Some(row) => rows.get_or_insert_default().push(row),
            None => gone.get_or_insert_default().push(id),
        }
        Some(())
    }
    let gone = &mut layer.deleted_ids;
    match store {
        PRODUCTS => read(&mut layer.products, &mut gone.products, id, json),
        CATEGORIES => read(&mut layer.categories, &mut gone.categories, id, json),
        TAXES => read(&mut layer.taxes, &mut gone.taxes, id, json),
        STAFF => read(&mut layer.staff, &mut gone.staff, id, json),
        // Stock outlives its product; no row of it is ever gone.
        _ => read(&mut layer.stock, &mut None, id, json),
    }
}

/// The names of the chunks that are stored.
pub async fn stored_chunks(database: &Database) -> Result<HashSet<String>, DatabaseError> {
    let transaction = database.read(&[CHUNKS])?;
    let keys = transaction.object_store(CHUNKS)?.get_all_keys(None, None)?.await?;
    Ok(keys.into_iter().filter_map(|key| key.as_string()).collect())
}

/// Stores a chunk, to which nothing refers yet.
pub async fn store_chunk(database: &Database, name: &str, content: &[u8]) -> Result<(), DatabaseError> {
    let write = database.write(&[CHUNKS], Durability::Relaxed)?;
    write.store(CHUNKS)?.put(&Uint8Array::from(content), Some(&JsValue::from_str(name)))?;
    write.complete().await
}

/// Lets all products be those of the base's chunks. Answers with them.
pub async fn store_base(database: &Database, base: &Base, read: ReadChunks) -> Result<Vec<Product>, DatabaseError> {
    let write = database.write(&[META, CHUNKS, PRODUCTS], Durability::Relaxed)?;
    let stored: PullPosition = records::read(&write.store(META)?, POSITION).await?.unwrap_or_default();
    if !base.follows(&stored) {
        return Err(DatabaseError::Failed(PULLED_ELSEWHERE.into()));
    }
    let chunks = write.store(CHUNKS)?;
    let names: Vec<String> = base.chunks.iter().map(|chunk| chunk.sha256.clone()).collect();
    let products = products_of(&chunks, &names, read).await?;
    let products = products.ok_or_else(|| DatabaseError::Failed("a chunk is not in the store".into()))?;
    let named: HashSet<&String> = names.iter().collect();
    for key in chunks.get_all_keys(None, None)?.await? {
        if key.as_string().is_none_or(|name| !named.contains(&name)) {
            chunks.delete(key)?;
        }
    }
    write.store(PRODUCTS)?.clear()?;
    let meta = write.store(META)?;
    records::put(&meta, BASE, &StoredBase { generation: base.position.generation, chunks: names })?;
    records::put(&meta, POSITION, &base.position)?;
    write.complete().await?;
    Ok(products)
}

/// The products of these chunks, or `None` where one is not there or is not what its name says.
async fn products_of(
    store: &ObjectStore,
    names: &[String],
    mut read: ReadChunks,
) -> Result<Option<Vec<Product>>, DatabaseError> {
    let mut all = Vec::new();
    for name in names {
        if let Some(products) = read.remove(name) {
            all.extend(products);
            continue;
        }
        let stored = store.get(JsValue::from_str(name))?.await?;
        let content = stored.and_then(|value| Some(value.dyn_into::<Uint8Array>().ok()?.to_vec()));
        match content.map(|content| read_chunk(&content, name)) {
            Some(Ok(products)) => all.extend(products),
            _ => return Ok(None),
        }
    }
    Ok(Some(all))
}

/// Rows and position in one transaction: a page is there whole, or not at all. `answer` is the page as it came.
pub async fn store(database: &Database, page: &Page, answer: &str) -> Result<(), DatabaseError> {
    let write = database.write(&[&[META], &STORES[..]].concat(), Durability::Relaxed)?;
    let stored: PullPosition = records::read(&write.store(META)?, POSITION).await?.unwrap_or_default();
    if !page.follows(&stored) {
        return Err(DatabaseError::Failed(PULLED_ELSEWHERE.into()));
    }
    let generation = page.position.generation;
    if page.position.full || page.sweep {
        let text = JsValue::from_str(&format!("{generation} {answer}"));
        write.store(PAGES)?.put(&text, None)?;
    } else {
        put_page(&write, generation, &page.answer)?;
    }
    let meta = write.store(META)?;
    if let Some(settings) = &page.answer.settings {
        records::put(&meta, SETTINGS, settings)?;
    }
    records::put(&meta, POSITION, &page.position)?;
    if page.sweep {
        sweep(&write, generation).await?;
    }
    write.complete().await
}

fn put_page(write: &Write, generation: u32, answer: &PullResponse) -> Result<(), DatabaseError> {
    put_rows(write, PRODUCTS, generation, json_of(&answer.products, |row| row.id.0)?)?;
    put_rows(write, CATEGORIES, generation, json_of(&answer.categories, |row| row.id.0)?)?;
    put_rows(write, TAXES, generation, json_of(&answer.taxes, |row| row.id.0)?)?;
    put_rows(write, STAFF, generation, json_of(&answer.staff, |row| row.id.0)?)?;
    put_rows(write, STOCK, generation, json_of(&answer.stock, |row| row.product_id.0)?)?;
    let DeletedIds { products, categories, taxes, staff } = &answer.deleted_ids;
    // A deleted product keeps its stock: a late sale may bring the product back, and the stock as it was.
    for (store, ids) in [(PRODUCTS, products), (CATEGORIES, categories), (TAXES, taxes), (STAFF, staff)] {
        // It hides the row in a chunk or page below.
        let gone = ids.iter().flatten().map(|id| (*id, GONE.to_owned())).collect();
        put_rows(write, store, generation, gone)?;
    }
    Ok(())
}

fn json_of<T: Serialize>(rows: &Option<Vec<T>>, id: impl Fn(&T) -> Uuid) -> Result<Vec<(Uuid, String)>, DatabaseError> {
    rows.iter().flatten().map(|row| Ok((id(row), serde_json::to_string(row)?))).collect()
}

fn put_rows(write: &Write, store: &str, generation: u32, rows: Vec<(Uuid, String)>) -> Result<(), DatabaseError> {
    let store = write.store(store)?;
    for (id, json) in rows {
        records::put_text(&store, &id.to_string(), &format!("{generation} {json}"))?;
    }
    Ok(())
}

/// Forgets all rows, for a browser that becomes a device of another place.
pub fn clear(write: &Write) -> Result<(), DatabaseError> {
    for store in STORES {
        write.store(store)?.clear()?;
    }
    let meta = write.store(META)?;
    for record in [POSITION, SETTINGS, BASE] {
        meta.delete(JsValue::from_str(record))?;
    }
    Ok(())
}

/// Removes what a pull from nothing, now ended, did not bring again.
async fn sweep(write: &Write, generation: u32) -> Result<(), DatabaseError> {
    for name in [&[PAGES], &ROW_STORES[..]].concat() {
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
    // A server that gave no chunks gave all products as rows.
    let meta = write.store(META)?;
    let base: Option<StoredBase> = records::read(&meta, BASE).await?;
    if base.is_some_and(|base| base.generation < generation) {
        meta.delete(JsValue::from_str(BASE))?;
        write.store(CHUNKS)?.clear()?;
    }
    Ok(())
}

/// A record of a row store: under the row's id the text `generation json`, the JSON being [`GONE`] for a row that is.
struct StoredRow {
    id: Uuid,
    generation: u32,
    json: String,
}

const GONE: &str = "null";

/// Every record of a row store that is one.
fn stored_rows(store: ObjectStore, whole: &mut bool) -> Reading<'_, Vec<StoredRow>> {
    Box::pin(async move {
        let keys = store.get_all_keys(None, None)?.await?;
        let values = store.get_all(None, None)?.await?;
        let row = |(key, value): (JsValue, JsValue)| {
            let text = value.as_string()?;
            let (generation, json) = split(&text)?;
            Some(StoredRow { id: key.as_string()?.parse().ok()?, generation, json: json.to_owned() })
        };
        let count = keys.len();
        let rows: Vec<_> = keys.into_iter().zip(values).filter_map(row).collect();
        *whole &= rows.len() == count;
        Ok(rows)
    })
}

fn split(text: &str) -> Option<(u32, &str)> {
    let (generation, json) = text.split_once(' ')?;
    Some((generation.parse().ok()?, json))
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
