//! What the browser says of its storage, and trying it out.

use super::{Page, install};
use crate::{
    clock,
    database::{DatabaseError, Durability, META},
    device::{self, not_stored},
    js,
};
use keeptill_sync::till::{StorageReport, StorageTest, TillError, TillState};
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// What the write test writes, and removes again.
const SCRATCH: &str = "write test";
const SCRATCH_BYTES: usize = 1024 * 1024;

impl Page {
    pub(super) async fn storage(self: Rc<Self>) -> StorageReport {
        let installed = web_sys::window()
            .and_then(|window| window.match_media("(display-mode: standalone)").ok().flatten())
            .is_some_and(|query| query.matches());
        let (used_bytes, quota_bytes) = estimate().await.unwrap_or_default();
        StorageReport { persisted: install::show_persisted(&self, false).await, used_bytes, quota_bytes, installed }
    }

    pub(super) async fn test_storage(self: Rc<Self>) -> Result<StorageTest, TillError> {
        let hands = self.hands().await?;
        let database = &hands.database;
        // Text that no medium can make smaller than it is.
        let mut state = clock::seed() | 1;
        let letters = (0..SCRATCH_BYTES).map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(b'0' + (state % 64) as u8)
        });
        let written: JsValue = letters.collect::<String>().into();
        let key = JsValue::from_str(SCRATCH);

        let begun = clock::now_ms();
        let write = database.write(&[META], Durability::Strict).map_err(not_stored)?;
        write.store(META).and_then(|meta| Ok(meta.put(&written, Some(&key))?)).map_err(not_stored)?;
        write.complete().await.map_err(not_stored)?;
        let on_medium = clock::now_ms();
        let read = read_scratch(database, &key).await.map_err(not_stored)?;
        let read_at = clock::now_ms();
        let write = database.write(&[META], Durability::Strict).map_err(not_stored)?;
        write.store(META).and_then(|meta| Ok(meta.delete(key)?)).map_err(not_stored)?;
        write.complete().await.map_err(not_stored)?;
        if read.as_ref() != Some(&written) {
            return Err(TillError::NotStored("What was read back is not what was written.".into()));
        }
        Ok(StorageTest { bytes: SCRATCH_BYTES, written_ms: on_medium - begun, read_ms: read_at - on_medium })
    }

    pub(super) async fn unpair(self: Rc<Self>) -> Result<(), TillError> {
        let hands = self.hands().await?;
        device::forget(&hands.database).await.map_err(not_stored)?;
        hands.release_lock();
        hands.token.borrow_mut().clear();
        self.timer.borrow_mut().take();
        self.broadcast(&crate::channel::News::Device);
        self.set_state(TillState::Unpaired);
        self.mind_pokes();
        Ok(())
    }
}

async fn read_scratch(database: &crate::database::Database, key: &JsValue) -> Result<Option<JsValue>, DatabaseError> {
    let transaction = database.read(&[META])?;
    Ok(transaction.object_store(META)?.get(key.clone())?.await?)
}

/// Bytes used and bytes allowed, as far as they are told.
async fn estimate() -> Option<(Option<u64>, Option<u64>)> {
    let storage = js::NAVIGATOR.with(js::Navigator::storage)?;
    let told = JsFuture::from(storage.estimate().ok()?).await.ok()?;
    let bytes = |name| js::get(&told, name).as_f64().map(|bytes| bytes as u64);
    Some((bytes("usage"), bytes("quota")))
}
