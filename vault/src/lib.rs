//! Sealing and opening a file of waiting sales in a browser: a WASM of its own, so that what only this needs weighs
//! nothing in the till that everybody loads. The till's page loads it when it is first used; the service worker keeps
//! it, so that this works without a network.

use wasm_bindgen::{JsError, prelude::wasm_bindgen};

/// Encrypts `content` as an age file.
///
/// # Errors
/// When there is no memory left.
#[wasm_bindgen]
pub fn seal(content: &str, passphrase: &str) -> Result<Vec<u8>, JsError> {
    keeptill_seal::seal(content.as_bytes(), passphrase).ok_or_else(|| JsError::new("no_memory"))
}

/// Decrypts an age file that holds text.
///
/// # Errors
/// An `Error` whose message is the code of what is wrong.
#[wasm_bindgen]
pub fn unseal(sealed: &[u8], passphrase: &str) -> Result<String, JsError> {
    let content = keeptill_seal::open(sealed, passphrase).map_err(|error| JsError::new(error.code()))?;
    String::from_utf8(content).map_err(|_| JsError::new(keeptill_seal::OpenError::NotSealed.code()))
}
