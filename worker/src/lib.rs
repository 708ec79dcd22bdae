//! The service worker's WASM entry: one function, called by sw.js when the browser says there is a network.

use wasm_bindgen::prelude::*;

/// Sends what waits on this device.
///
/// # Errors
/// Why something still waits; the browser then tries again later.
#[wasm_bindgen]
pub async fn run_sync() -> Result<(), JsError> {
    keeptill_browser::worker::run_sync().await.map_err(|reason| JsError::new(&reason))
}
