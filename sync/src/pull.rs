//! Where a device stands in what it pulls, and what one page of an answer means for it.

use crate::wire::{ChunkRef, Manifest, PullResponse};
use chrono::{DateTime, Utc};
use keeptill_domain::Epoch;
use serde::{Deserialize, Serialize};

/// Written in the same transaction as the rows it stands for, so that a page is applied whole or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PullPosition {
    pub cursor: Option<String>,
    pub epoch: Option<Epoch>,
    /// Counts the pulls from nothing. Each row remembers the one that brought it; once such a pull has ended, rows of
    /// an earlier one are no longer on the server.
    pub generation: u32,
    /// A pull from nothing is under way.
    pub full: bool,
    /// The server's time at the last finished pull.
    pub pulled_at: Option<DateTime<Utc>>,
    /// Rows that came one by one since the last pull from nothing.
    pub delta: u32,
}

/// More rows than this on top of what a pull from nothing brought are worth another one: only chunks that changed are
/// fetched, and the device starts faster from chunks and pages than from rows.
pub const DELTA_ROWS_MAX: u32 = 5_000;

impl PullPosition {
    /// The same, ready to ask: without a cursor, or with too many single rows, everything is pulled.
    pub fn begin(self) -> Self {
        if self.cursor.is_none() || self.delta > DELTA_ROWS_MAX { self.start_over() } else { self }
    }

    /// From nothing. The rows at hand stay usable until the new ones are all there.
    pub fn start_over(self) -> Self {
        Self { generation: self.generation + 1, full: true, pulled_at: self.pulled_at, ..Self::default() }
    }
}

/// The chunks that all products now stand on, in place of whatever products there were, and the position after them.
#[derive(Clone, Debug, PartialEq)]
pub struct Base {
    pub chunks: Vec<ChunkRef>,
    pub position: PullPosition,
}

impl Base {
    /// A pull from nothing goes on from the manifest: the products are there, everything else is still to come.
    pub fn of(position: PullPosition, manifest: Manifest) -> Self {
        let position = PullPosition { cursor: Some(manifest.cursor), epoch: Some(manifest.epoch), ..position };
        Self { chunks: manifest.chunks, position }
    }

    /// Whether it may be stored where the store stands at `stored`; see [`Page::follows`].
    pub fn follows(&self, stored: &PullPosition) -> bool {
        self.position.generation > stored.generation
    }
}

/// One answer's rows, and the position after them.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub answer: PullResponse,
    /// Where the pull was asked from.
    pub from: PullPosition,
    pub position: PullPosition,
    /// A pull from nothing ends here: rows of an earlier generation go.
    pub sweep: bool,
}

impl Page {
    /// Whether it may be stored where the store stands at `stored`: it holds only what came after the place it was
    /// asked from. Where another tab has gone elsewhere since, what lies between would be missed.
    pub fn follows(&self, stored: &PullPosition) -> bool {
        let PullPosition { cursor, generation, .. } = &self.from;
        match cursor {
            Some(_) => *cursor == stored.cursor && *generation == stored.generation,
            // Of two pulls from nothing with one number, neither could tell what the other one brought.
            None => *generation > stored.generation,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum PullStep {
    Store(Box<Page>),
    /// The cursor is worthless; its page is not applied.
    StartOver(PullPosition),
    /// An answer that can't be: more to come, but from the same place.
    Nonsense,
}

/// What an answer to a pull from `position` means.
pub fn read_answer(position: &PullPosition, answer: PullResponse) -> PullStep {
    let other_epoch = position.epoch.is_some_and(|epoch| epoch != answer.epoch);
    if position.cursor.is_some() && (answer.must_resync || other_epoch) {
        return PullStep::StartOver(position.clone().start_over());
    }
    if answer.must_resync || (answer.has_more && position.cursor.as_ref() == Some(&answer.cursor)) {
        return PullStep::Nonsense;
    }
    let came = if position.full { 0 } else { u32::try_from(answer.row_count()).unwrap_or(u32::MAX) };
    let next = PullPosition {
        delta: position.delta.saturating_add(came),
        cursor: Some(answer.cursor.clone()),
        epoch: Some(answer.epoch),
        generation: position.generation,
        full: position.full && answer.has_more,
        pulled_at: if answer.has_more { position.pulled_at } else { Some(answer.server_time) },
    };
    let sweep = position.full && !answer.has_more;
    PullStep::Store(Box::new(Page { answer, from: position.clone(), position: next, sweep }))
}
