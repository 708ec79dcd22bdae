//! Waiting sales under a passphrase: an age file (age-encryption.org/v1) with one passphrase recipient, so that `age`
//! itself and every other program that knows the format opens it.
//!
//! Used by the server as it is, and by a till through a piece of WASM of its own, which is loaded only when somebody
//! saves or brings in sales. What is inside is none of its business: see `keeptill_sync::sale_file`.

use age::{DecryptError, Decryptor, Encryptor, scrypt};
use std::{
    io::{Read, Write},
    iter,
};

/// scrypt's cost as a power of two: 32 MiB and, measured as WASM, 0.12 s of a server's processor, so about a second of a
/// tablet's that is ten times as slow.
pub const WORK_FACTOR: u8 = 15;
/// What somebody else's `age` may have chosen for a fast computer, and no more: the server opens files, too.
const WORK_FACTOR_MAX: u8 = 18;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("the passphrase is not the one the file was saved with")]
    WrongPassphrase,
    #[error("this is not a file of saved sales")]
    NotSealed,
    #[error("the file is damaged or not complete")]
    Damaged,
    #[error("the file was encrypted for a faster computer than this")]
    TooMuchWork,
}

impl OpenError {
    /// Stable, for whoever is on the other side of the WASM.
    pub fn code(self) -> &'static str {
        match self {
            Self::WrongPassphrase => "wrong_passphrase",
            Self::NotSealed => "not_sealed",
            Self::Damaged => "damaged",
            Self::TooMuchWork => "too_much_work",
        }
    }
}

/// Encrypts. `None` where the system has no memory left, which is all that can go wrong.
pub fn seal(content: &[u8], passphrase: &str) -> Option<Vec<u8>> {
    seal_with(content, passphrase, WORK_FACTOR)
}

fn seal_with(content: &[u8], passphrase: &str, work_factor: u8) -> Option<Vec<u8>> {
    let mut recipient = scrypt::Recipient::new(passphrase.to_owned().into());
    recipient.set_work_factor(work_factor);
    let encryptor = Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient)).ok()?;
    let mut sealed = Vec::with_capacity(content.len() + content.len() / 512 + 512);
    let mut writer = encryptor.wrap_output(&mut sealed).ok()?;
    writer.write_all(content).ok()?;
    writer.finish().ok()?;
    Some(sealed)
}

/// Decrypts, and so also proves that not a byte was changed.
///
/// # Errors
/// See [`OpenError`].
pub fn open(sealed: &[u8], passphrase: &str) -> Result<Vec<u8>, OpenError> {
    let decryptor = Decryptor::new_buffered(sealed).map_err(|_| OpenError::NotSealed)?;
    if !decryptor.is_scrypt() {
        return Err(OpenError::NotSealed);
    }
    let mut identity = scrypt::Identity::new(passphrase.to_owned().into());
    identity.set_max_work_factor(WORK_FACTOR_MAX);
    let mut reader = decryptor.decrypt(iter::once(&identity as &dyn age::Identity)).map_err(|error| match error {
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed | DecryptError::NoMatchingKeys => {
            OpenError::WrongPassphrase
        }
        DecryptError::ExcessiveWork { .. } => OpenError::TooMuchWork,
        _ => OpenError::Damaged,
    })?;
    let mut content = Vec::with_capacity(sealed.len());
    reader.read_to_end(&mut content).map_err(|_| OpenError::Damaged)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSPHRASE: &str = "three sacks of flour";

    #[test]
    fn what_is_sealed_opens_with_its_passphrase_alone() {
        let sealed = seal(b"twelve sales", PASSPHRASE).unwrap();
        assert!(sealed.starts_with(b"age-encryption.org/v1\n-> scrypt "));
        assert!(!sealed.windows(6).any(|bytes| bytes == b"twelve"));
        assert_eq!(open(&sealed, PASSPHRASE).unwrap(), b"twelve sales");
        assert_eq!(open(&sealed, "three sacks of floor"), Err(OpenError::WrongPassphrase));
        assert_eq!(open(&sealed, ""), Err(OpenError::WrongPassphrase));
    }

    #[test]
    fn a_changed_or_broken_off_file_is_told_from_a_wrong_passphrase() {
        let sealed = seal_with(&[7; 200_000], PASSPHRASE, 4).unwrap();
        let mut changed = sealed.clone();
        changed[150_000] ^= 1;
        assert_eq!(open(&changed, PASSPHRASE), Err(OpenError::Damaged));
        assert_eq!(open(&sealed[..150_000], PASSPHRASE), Err(OpenError::Damaged));
        for garbage in [&b""[..], b"PK\x03\x04", b"{\"format\":\"keeptill-unsent\"}", &sealed[..40]] {
            assert_eq!(open(garbage, PASSPHRASE), Err(OpenError::NotSealed));
        }
    }

    #[test]
    fn a_file_that_would_keep_the_server_busy_is_refused() {
        let sealed = seal_with(b"", PASSPHRASE, 4).unwrap();
        let header = String::from_utf8_lossy(&sealed).into_owned();
        let work = header.lines().nth(1).and_then(|line| line.rsplit(' ').next()).unwrap();
        assert_eq!(work, "4");
        // The same header, asking for 2²² rounds.
        let at = sealed.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let end = at + sealed[at..].iter().position(|byte| *byte == b'\n').unwrap();
        let dear = [&sealed[..end - 1], b"22", &sealed[end..]].concat();
        assert_eq!(open(&dear, PASSPHRASE), Err(OpenError::TooMuchWork));
    }
}
