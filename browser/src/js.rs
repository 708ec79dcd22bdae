//! What web-sys does not offer without its unstable flag, or offers for a window only.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The same in a window and in a worker.
    #[wasm_bindgen(js_name = setTimeout)]
    pub fn set_timeout(callback: &Function, delay_ms: i32) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub fn clear_timeout(timer: &JsValue);

    #[wasm_bindgen(thread_local_v2, js_name = navigator)]
    pub static NAVIGATOR: Navigator;

    /// The part of `navigator` that windows and workers share.
    pub type Navigator;

    #[wasm_bindgen(method, getter, js_name = onLine)]
    pub fn on_line(this: &Navigator) -> bool;

    /// Absent outside a secure context.
    #[wasm_bindgen(method, getter)]
    pub fn locks(this: &Navigator) -> Option<LockManager>;

    #[wasm_bindgen(method, getter)]
    pub fn storage(this: &Navigator) -> Option<web_sys::StorageManager>;

    #[wasm_bindgen(method, getter, js_name = serviceWorker)]
    pub fn service_worker(this: &Navigator) -> Option<web_sys::ServiceWorkerContainer>;

    /// Downloads, on its first call, the WASM that seals and opens files of sales. `boot.js` defines it.
    #[wasm_bindgen(catch, js_name = keeptillVault)]
    pub async fn vault() -> Result<JsValue, JsValue>;

    pub type Vault;

    #[wasm_bindgen(method, catch)]
    pub fn seal(this: &Vault, content: &str, passphrase: &str) -> Result<js_sys::Uint8Array, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub fn unseal(this: &Vault, sealed: &[u8], passphrase: &str) -> Result<String, JsValue>;

    pub type LockManager;

    #[wasm_bindgen(method)]
    pub fn request(this: &LockManager, name: &str, options: &JsValue, callback: &Function) -> Promise;

    /// `IDBDatabase`, for the one call that takes a durability.
    pub type DurableDatabase;

    #[wasm_bindgen(method, catch)]
    pub fn transaction(
        this: &DurableDatabase,
        stores: &JsValue,
        mode: &str,
        options: &JsValue,
    ) -> Result<web_sys::IdbTransaction, JsValue>;

    /// `ServiceWorkerRegistration`, for Background Sync, which not every browser has.
    pub type SyncingRegistration;

    #[wasm_bindgen(method, getter)]
    pub fn sync(this: &SyncingRegistration) -> Option<SyncManager>;

    pub type SyncManager;

    #[wasm_bindgen(method)]
    pub fn register(this: &SyncManager, tag: &str) -> Promise;
}

/// `{name: value}`.
pub fn options(name: &str, value: &JsValue) -> JsValue {
    let options = js_sys::Object::new();
    set(&options, name, value);
    options.into()
}

/// Sets a property of a plain object, which can't fail.
pub fn set(object: &JsValue, name: &str, value: &JsValue) {
    let _ = js_sys::Reflect::set(object, &JsValue::from_str(name), value);
}

/// A property, or `undefined`.
pub fn get(object: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// What a thrown value says of itself.
pub fn text_of(thrown: &JsValue) -> String {
    let message = js_sys::Object::from(thrown.clone()).to_string();
    message.into()
}
