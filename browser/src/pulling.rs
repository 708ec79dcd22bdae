//! Doing what the engine says: the page's half, which is pulling, and everything else through [`Hands::send`].

use crate::{
    catalogue::{self, ReadChunks},
    database::DatabaseError,
    hands::{Done, Hands, Sent, failed},
    transport,
};
use futures_util::future::join_all;
use keeptill_domain::Product;
use keeptill_sync::{
    engine::{Action, Input},
    failure::{Failure, plain},
    pull::{Base, Page, PullPosition},
    wire::{ChunkRef, Manifest, PullRequest, PullResponse, chunks::read_chunk},
};
use serde_json::json;
use std::cell::RefCell;

/// As many requests as a browser has connections to one server over HTTP/1.1.
const CHUNKS_AT_ONCE: usize = 6;

/// What changed on disk by an action.
pub enum Change {
    Sent(Sent),
    /// All products are now these.
    Base(Vec<Product>, PullPosition),
    Page(Box<Page>),
}

/// Doing what belongs to pulling, with what one action leaves for the next.
#[derive(Default)]
pub struct Puller {
    /// Chunks that were fetched in this round, already read.
    fetched: RefCell<ReadChunks>,
    /// The last answer to a pull, as it came: that is how a page is stored whole.
    answer: RefCell<String>,
}

impl Puller {
    pub async fn perform(&self, hands: &Hands, action: Action) -> Done<Change> {
        let answer = match action {
            Action::ReadPosition => catalogue::position(&hands.database).await.map_or_else(failed, Input::Position),
            Action::PullManifest => Input::Listed(manifest(hands).await.map(Box::new)),
            Action::FetchChunks(chunks) => match self.fetch(hands, chunks).await {
                Ok(fetched) => Input::Fetched(fetched),
                Err(error) => failed(error),
            },
            Action::StoreBase(base) => return self.store_base(hands, base).await,
            Action::Pull(request) => Input::Pulled(self.pull(hands, &request).await.map(Box::new)),
            Action::StorePage(page) => {
                let answer = self.answer.take();
                return match catalogue::store(&hands.database, &page, &answer).await {
                    Ok(()) => Done { answer: Some(Input::Stored), change: Some(Change::Page(page)) },
                    Err(error) => Done { answer: Some(failed(error)), change: None },
                };
            }
            action => {
                let Done { answer, change } = hands.send(action).await;
                return Done { answer, change: change.map(Change::Sent) };
            }
        };
        Done { answer: Some(answer), change: None }
    }

    async fn pull(&self, hands: &Hands, request: &PullRequest) -> Result<PullResponse, Failure> {
        let token = hands.token.borrow().clone();
        let timeout_ms = transport::PULL_TIMEOUT_MS;
        let answer = transport::post_for_text(transport::PULL, Some(&token), request, timeout_ms).await?;
        let response = transport::read(&answer)?;
        *self.answer.borrow_mut() = answer;
        Ok(response)
    }

    /// Fetches what is not stored yet, a few chunks at a time. The first that fails ends it; what was stored until
    /// then need not be fetched again.
    async fn fetch(&self, hands: &Hands, chunks: Vec<ChunkRef>) -> Result<Result<(), Failure>, DatabaseError> {
        self.fetched.take();
        let stored = catalogue::stored_chunks(&hands.database).await?;
        let missing = RefCell::new(chunks.into_iter().filter(|chunk| !stored.contains(&chunk.sha256)));
        let ended = RefCell::new(Ok(Ok(())));
        let fetch_on = async || {
            while matches!(&*ended.borrow(), Ok(Ok(()))) {
                let Some(chunk) = missing.borrow_mut().next() else { return };
                let fetched = self.fetch_one(hands, chunk).await;
                if !matches!(&fetched, Ok(Ok(()))) {
                    *ended.borrow_mut() = fetched;
                }
            }
        };
        join_all((0..CHUNKS_AT_ONCE).map(|_| fetch_on())).await;
        ended.into_inner()
    }

    async fn fetch_one(&self, hands: &Hands, chunk: ChunkRef) -> Result<Result<(), Failure>, DatabaseError> {
        let token = hands.token.borrow().clone();
        let content = match transport::get_bytes(&chunk.url, &token).await {
            Ok(content) => content,
            Err(failure) => return Ok(Err(failure)),
        };
        // Somebody else's page, or a body that was cut short.
        let Ok(products) = read_chunk(&content, &chunk.sha256) else {
            return Ok(Err(Failure::Away { retry_after_s: None }));
        };
        catalogue::store_chunk(&hands.database, &chunk.sha256, &content).await?;
        self.fetched.borrow_mut().insert(chunk.sha256, products);
        Ok(Ok(()))
    }

    async fn store_base(&self, hands: &Hands, base: Base) -> Done<Change> {
        match catalogue::store_base(&hands.database, &base, self.fetched.take()).await {
            Ok(products) => Done { answer: Some(Input::Stored), change: Some(Change::Base(products, base.position)) },
            Err(error) => Done { answer: Some(failed(error)), change: None },
        }
    }
}

async fn manifest(hands: &Hands) -> Result<Manifest, Failure> {
    let token = hands.token.borrow().clone();
    let request = json!({ "format": "chunks" });
    let timeout_ms = transport::PULL_TIMEOUT_MS;
    let manifest: Manifest = transport::post(transport::PRODUCTS_PULL, Some(&token), &request, timeout_ms).await?;
    // The device's token goes with each request for a chunk, so those stay on this server.
    if manifest.chunks.iter().all(|chunk| chunk.url.starts_with("/api/")) {
        Ok(manifest)
    } else {
        Err(Failure::Refused(plain("foreign_chunks", "The server names chunks that are not its own.")))
    }
}
