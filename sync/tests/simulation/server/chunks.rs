//! The catalogue in pieces named by their content, cut now and then; what changed since comes with a pull.

use super::{Server, Token, pull::Cursor, push::refusal};
use chrono::{DateTime, Utc};
use keeptill_domain::Product;
use keeptill_sync::{
    failure::Failure,
    wire::{
        ChunkRef, Manifest,
        chunks::{checksum, chunk_name},
    },
};
use std::rc::Rc;

/// Products are dealt into so many chunks by their ids.
const CHUNKS: u128 = 3;
/// A base is used until so much has changed since.
const CHANGES_MAX: i64 = 4;

/// The chunks that stood at a version.
#[derive(Clone)]
pub struct Base {
    version: i64,
    chunks: Vec<ChunkRef>,
}

impl Server {
    pub fn manifest(&mut self, token: Token, now: DateTime<Utc>) -> Result<Manifest, Failure> {
        self.device_of(token).ok_or_else(|| refusal(401, "unknown_device"))?;
        if !self.gives_chunks {
            return Err(refusal(422, "unsupported_format"));
        }
        let usable = |base: &Base| base.version >= self.purged && self.catalogue_version - base.version <= CHANGES_MAX;
        let base = match self.base.clone().filter(usable) {
            Some(base) => base,
            None => self.cut(),
        };
        Ok(Manifest {
            epoch: self.epoch,
            cursor: Cursor::after_products(base.version).write(self.epoch.0),
            server_time: now,
            product_count: base.chunks.iter().map(|chunk| chunk.product_count).sum(),
            checksum: checksum(&base.chunks),
            chunks: base.chunks,
        })
    }

    fn cut(&mut self) -> Base {
        let mut chunks = vec![];
        for nth in 0..CHUNKS {
            let standing = self.products.values().filter(|row| !row.deleted);
            let dealt: Vec<&Product> =
                standing.map(|row| &row.product).filter(|product| product.id.0.as_u128() % CHUNKS == nth).collect();
            let content = serde_json::to_vec(&dealt).expect("products have a JSON form");
            let sha256 = chunk_name(&content);
            chunks.push(ChunkRef {
                url: format!("/api/sync/chunks/{sha256}"),
                sha256: sha256.clone(),
                product_count: dealt.len() as u32,
                bytes: content.len() as u64,
            });
            self.chunks.insert(sha256, content.into());
        }
        // Those that the base before stood on go, though a device may be about to ask for one.
        self.chunks.retain(|name, _| chunks.iter().any(|chunk| chunk.sha256 == *name));
        let base = Base { version: self.catalogue_version, chunks };
        self.base = Some(base.clone());
        base
    }

    pub fn chunk(&self, token: Token, name: &str) -> Result<Rc<[u8]>, Failure> {
        self.device_of(token).ok_or_else(|| refusal(401, "unknown_device"))?;
        self.chunks.get(name).cloned().ok_or_else(|| refusal(404, "not_found"))
    }
}
