//! Passwords and PINs as Argon2id, worked out off the threads that answer requests.

use crate::{
    error::{Error, Result},
    secrets,
};
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::{PasswordHash, SaltString},
};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// OWASP's Password Storage Cheat Sheet, first choice for Argon2id: 19 MiB, two passes, one lane.
const PASSWORD_COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// What a cheap tablet works out in WASM in well under a second. A PIN has few digits, so no cost would save one that
/// leaked; the till's growing delays and the expiry do that.
const PIN_COST: (u32, u32, u32) = (8 * 1024, 2, 1);
/// How many are worked out at once; each takes a processor for a while.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

/// Verified where there is no such account, so that both answers take the same time.
static NOBODYS: LazyLock<String> = LazyLock::new(|| derive("nobody's password", PASSWORD_COST).unwrap_or_default());

/// The PHC form of a password.
pub async fn hash_password(password: String) -> Result<String> {
    off_thread(move || derive(&password, PASSWORD_COST)).await?
}

/// The PHC form of a PIN; a till checks it with no network.
pub async fn pin_verifier(pin: String) -> Result<String> {
    off_thread(move || derive(&pin, PIN_COST)).await?
}

/// Whether the password is the one of that hash; never, where there is no hash.
pub async fn matches(password: String, hash: Option<String>) -> Result<bool> {
    off_thread(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODYS.clone());
        let right = PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        known && right
    })
    .await
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _place = AT_ONCE.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

fn derive(secret: &str, (memory_kib, passes, lanes): (u32, u32, u32)) -> Result<String> {
    let params = Params::new(memory_kib, passes, lanes, None).map_err(Error::internal)?;
    let salt = SaltString::encode_b64(&secrets::random::<16>()).map_err(Error::internal)?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Ok(argon.hash_password(secret.as_bytes(), &salt).map_err(Error::internal)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let hash = hash_password("open sesame".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(matches("open sesame".into(), Some(hash.clone())).await.unwrap());
        assert!(!matches("open says me".into(), Some(hash)).await.unwrap());
        assert!(!matches("nobody's password".into(), None).await.unwrap());
    }
}
