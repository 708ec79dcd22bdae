//! The server's catalogue in chunks, and the device's fetching of them.

use super::{World, product};
use crate::{
    failure::{Failure, plain},
    wire::{
        ChunkRef, Manifest,
        chunks::{checksum, chunk_name, read_chunk},
    },
};
use chrono::DateTime;

impl World {
    /// The content of each chunk of the server.
    fn contents(&self) -> Vec<Vec<u8>> {
        let mut first = 1_000_000;
        let chunk = |count: &usize| {
            let products: Vec<_> = (first..first + count).map(|number| product(number, DateTime::UNIX_EPOCH)).collect();
            first += count;
            serde_json::to_vec(&products).expect("JSON")
        };
        self.chunks.iter().map(chunk).collect()
    }

    pub(super) fn manifest(&mut self) -> Result<Manifest, Failure> {
        if self.chunks.is_empty() {
            return Err(Failure::Refused(plain("unsupported_format", "rows only")));
        }
        self.log.push("manifest".into());
        let chunks: Vec<_> =
            self.contents().iter().zip(&self.chunks).map(|(content, count)| named(content, *count)).collect();
        Ok(Manifest {
            epoch: self.epoch,
            cursor: format!("{}:0", self.epoch),
            server_time: self.server_time(),
            product_count: self.chunks.iter().sum::<usize>() as u32 + u32::from(self.manifest_lies),
            checksum: checksum(&chunks),
            chunks,
        })
    }

    pub(super) fn fetch(&mut self, chunks: Vec<ChunkRef>) -> Result<(), Failure> {
        let missing: Vec<_> = chunks.iter().filter(|chunk| !self.stored_chunks.contains_key(&chunk.sha256)).collect();
        self.fetched.push(missing.len());
        for chunk in missing {
            if let Some(fault) = self.chunk_faults.pop_front() {
                return Err(fault);
            }
            let content = self.contents().into_iter().find(|content| chunk_name(content) == chunk.sha256);
            let content = content.ok_or_else(|| Failure::Refused(plain("not_found", "no such chunk")))?;
            self.stored_chunks.insert(chunk.sha256.clone(), read_chunk(&content, &chunk.sha256).expect("a chunk"));
        }
        Ok(())
    }
}

fn named(content: &[u8], count: usize) -> ChunkRef {
    ChunkRef {
        url: String::new(),
        sha256: chunk_name(content),
        product_count: count as u32,
        bytes: content.len() as u64,
    }
}
