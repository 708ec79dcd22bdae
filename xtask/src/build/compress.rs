//! Brotli at its highest quality, which the server has no time for. Each outcome is kept under the
//! hash of its input.

use std::fs;
use std::io::Write;

use anyhow::Result;
use sha2::{Digest, Sha256};

use crate::workspace;

const QUALITY: u32 = 11;
/// 2²² bytes, more than any file of the site.
const WINDOW: u32 = 22;

/// # Errors
/// When the outcome can't be kept.
pub fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let dir = workspace::target().join("brotli");
    let kept = dir.join(hex(&Sha256::digest(bytes)));
    if let Ok(known) = fs::read(&kept) {
        return Ok(known);
    }
    let compressed = compress(bytes)?;
    fs::create_dir_all(&dir)?;
    let unfinished = kept.with_extension("unfinished");
    fs::write(&unfinished, &compressed)?;
    fs::rename(unfinished, kept)?;
    Ok(compressed)
}

fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = ::brotli::CompressorWriter::new(Vec::new(), 4096, QUALITY, WINDOW);
    writer.write_all(bytes)?;
    Ok(writer.into_inner())
}

/// Bytes in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_can_be_read_back() {
        let text = "many sales ".repeat(1000);
        let compressed = compress(text.as_bytes()).unwrap();
        let mut back = Vec::new();
        ::brotli::BrotliDecompress(&mut compressed.as_slice(), &mut back).unwrap();
        assert_eq!(back, text.as_bytes());
        assert!(compressed.len() < 100);
    }
}
