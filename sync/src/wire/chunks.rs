//! The catalogue as immutable pieces, each named by what is in it.
//!
//! A chunk is the JSON array of its products, each as a pull gives it. A device that holds a chunk already never
//! fetches it again; what changed since the pieces were cut comes with the next pull from the manifest's cursor.

use crate::journal::hex;
use chrono::{DateTime, Utc};
use keeptill_domain::{Epoch, Product};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Which chunks make up the catalogue, and the cursor that goes on from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub epoch: Epoch,
    pub cursor: String,
    pub server_time: DateTime<Utc>,
    /// Over all chunks.
    pub product_count: u32,
    /// See [`checksum`].
    pub checksum: String,
    pub chunks: Vec<ChunkRef>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChunkRef {
    /// A path on the same server.
    pub url: String,
    /// Lower-case hex, over the content as JSON, whatever it was compressed with on its way.
    pub sha256: String,
    pub product_count: u32,
    /// The content's length, uncompressed.
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    #[error("a chunk's content is not what its name says")]
    OtherContent,
    #[error("a chunk can't be read: {0}")]
    Unreadable(String),
}

impl Manifest {
    /// Whether it says of itself what its chunks say.
    pub fn adds_up(&self) -> bool {
        let count: u64 = self.chunks.iter().map(|chunk| u64::from(chunk.product_count)).sum();
        count == u64::from(self.product_count) && checksum(&self.chunks) == self.checksum
    }
}

/// SHA-256, in lower-case hex, over the chunks' `sha256`, one after the other as text.
pub fn checksum(chunks: &[ChunkRef]) -> String {
    let mut sha = Sha256::new();
    for chunk in chunks {
        sha.update(chunk.sha256.as_bytes());
    }
    hex(&sha.finalize())
}

/// A chunk's name.
pub fn chunk_name(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// Reads a chunk that came over the wire.
///
/// # Errors
/// [`ChunkError`] where the content has another hash than its name, or is not an array of products.
pub fn read_chunk(content: &[u8], name: &str) -> Result<Vec<Product>, ChunkError> {
    if chunk_name(content) != name {
        return Err(ChunkError::OtherContent);
    }
    // As text, which everything else on the wire is read as: one reader in a browser's WASM, not two.
    let text = std::str::from_utf8(content).map_err(|error| ChunkError::Unreadable(error.to_string()))?;
    serde_json::from_str(text).map_err(|error| ChunkError::Unreadable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(content: &str, product_count: u32) -> ChunkRef {
        let sha256 = chunk_name(content.as_bytes());
        ChunkRef { url: format!("/api/sync/chunks/{sha256}"), sha256, product_count, bytes: content.len() as u64 }
    }

    #[test]
    fn a_manifest_that_lost_a_chunk_does_not_add_up() {
        let chunks = vec![chunk("[]", 0), chunk("[1]", 1), chunk("[2]", 1)];
        let whole = Manifest {
            epoch: Epoch(uuid::Uuid::from_u128(1)),
            cursor: String::new(),
            server_time: DateTime::UNIX_EPOCH,
            product_count: 2,
            checksum: checksum(&chunks),
            chunks,
        };
        assert!(whole.adds_up());
        let mut short = whole.clone();
        short.chunks.remove(0);
        assert!(!short.adds_up());
        assert!(!Manifest { product_count: 3, ..whole }.adds_up());
    }

    #[test]
    fn a_chunk_of_another_content_is_not_read() {
        let name = chunk_name(b"[]");
        assert_eq!(read_chunk(b"[]", &name), Ok(vec![]));
        assert_eq!(read_chunk(b"[ ]", &name), Err(ChunkError::OtherContent));
        assert!(matches!(read_chunk(b"{}", &chunk_name(b"{}")), Err(ChunkError::Unreadable(_))));
    }
}
