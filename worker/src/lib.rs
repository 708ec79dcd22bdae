//! The service worker's WASM entry: one function, called by sw.js when the browser says there is a network.

use js_sys::Promise;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::future_to_promise;

/// Sends what waits on this device. The promise is rejected with the reason when something still waits; the browser
/// then tries again later.
#[wasm_bindgen]
pub fn run_sync() -> Promise {
    future_to_promise(async {
        match keeptill_browser::worker::run_sync().await {
            Ok(()) => Ok(JsValue::UNDEFINED),
            Err(reason) => Err(js_sys::Error::new(&reason).into()),
        }
    })
}
