//! Tokens and codes: how they are made and what is stored of them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Bytes of randomness in a token: 256 bits.
const TOKEN_BYTES: usize = 32;

/// Crockford's base 32: no I, L, O or U, so that a code read aloud is typed as it was meant.
const CODE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters in a pairing code, 5 bits each; 2⁴⁰ codes, an hour and few attempts are far apart.
const CODE_LENGTH: usize = 8;

/// Bytes nobody can guess.
#[expect(clippy::expect_used, reason = "a system without random numbers can't serve; there is nothing to fall back to")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives no random numbers");
    bytes
}

/// A random token, URL-safe.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(random::<TOKEN_BYTES>())
}

/// What is stored of a token or a code. They are random and long enough that a slow hash would add nothing.
pub fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// A pairing code as it is shown: `K7QF-2M9X`.
pub fn pairing_code() -> String {
    let mut code: String =
        random::<CODE_LENGTH>().iter().map(|byte| char::from(CODE_ALPHABET[usize::from(byte % 32)])).collect();
    code.insert(CODE_LENGTH / 2, '-');
    code
}

/// A typed code, however it was written: case, blanks and hyphens don't matter, and letters that Crockford's alphabet
/// leaves out are the digits they look like. `None` when it can't be a code.
pub fn read_pairing_code(typed: &str) -> Option<String> {
    let mut code = String::with_capacity(CODE_LENGTH + 1);
    for letter in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let letter = match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        if !letter.is_ascii() || !CODE_ALPHABET.contains(&(letter as u8)) {
            return None;
        }
        code.push(letter);
    }
    if code.len() != CODE_LENGTH {
        return None;
    }
    code.insert(CODE_LENGTH / 2, '-');
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_understood_however_it_is_typed() {
        let code = pairing_code();
        assert_eq!(read_pairing_code(&code).as_deref(), Some(code.as_str()));
        assert_eq!(read_pairing_code(" k7qf 2m9x "), Some("K7QF-2M9X".into()));
        assert_eq!(read_pairing_code("oOiL-0000"), Some("0011-0000".into()));
        for nonsense in ["", "K7QF-2M9", "K7QF-2M9XX", "K7QF-2M9U", "K7QF-2M9é"] {
            assert_eq!(read_pairing_code(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn tokens_differ_and_their_hash_does_not() {
        assert_ne!(token(), token());
        assert_eq!(hash("a"), hash("a"));
    }
}
