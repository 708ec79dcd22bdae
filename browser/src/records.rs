//! Single records kept as JSON text under a name.

use crate::database::DatabaseError;
use idb::ObjectStore;
use serde::{Serialize, de::DeserializeOwned};
use std::pin::Pin;
use wasm_bindgen::JsValue;

pub async fn read<T: DeserializeOwned>(store: &ObjectStore, key: &str) -> Result<Option<T>, DatabaseError> {
    parse(read_text(store, key).await?)
}

/// Boxed, and not generic: what waits for the browser is in the WASM once, not once for each type and place.
fn read_text<'a>(store: &'a ObjectStore, key: &'a str) -> Reading<'a, Option<String>> {
    Box::pin(async move {
        let stored = store.get(JsValue::from_str(key))?.await?;
        Ok(stored.and_then(|value| value.as_string()))
    })
}

/// A read under way.
pub type Reading<'a, T> = Pin<Box<dyn Future<Output = Result<T, DatabaseError>> + 'a>>;

fn parse<T: DeserializeOwned>(text: Option<String>) -> Result<Option<T>, DatabaseError> {
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// Puts without waiting; the transaction's completion tells whether it was written.
pub fn put<T: Serialize>(store: &ObjectStore, key: &str, record: &T) -> Result<(), DatabaseError> {
    put_text(store, key, &serde_json::to_string(record)?)
}

pub fn put_text(store: &ObjectStore, key: &str, text: &str) -> Result<(), DatabaseError> {
    store.put(&JsValue::from_str(text), Some(&JsValue::from_str(key)))?;
    Ok(())
}
