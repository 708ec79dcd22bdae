//! Single records kept as JSON text under a name.

use crate::database::DatabaseError;
use idb::ObjectStore;
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::JsValue;

pub async fn read<T: DeserializeOwned>(store: &ObjectStore, key: &str) -> Result<Option<T>, DatabaseError> {
    let stored = store.get(JsValue::from_str(key))?.await?;
    let text = stored.and_then(|value| value.as_string());
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// Puts without waiting; the transaction's completion tells whether it was written.
pub fn put<T: Serialize>(store: &ObjectStore, key: &str, record: &T) -> Result<(), DatabaseError> {
    let text = serde_json::to_string(record)?;
    store.put(&JsValue::from_str(&text), Some(&JsValue::from_str(key)))?;
    Ok(())
}
