//! The bodies of CONTRACT.md that a device and the server exchange, as both sides compile them.

pub mod chunks;
pub mod error;
pub mod pairing;
pub mod pull;
pub mod push;

pub use chunks::{ChunkRef, Manifest};
pub use error::{ErrorBody, ErrorDetail};
pub use pairing::{PairRequest, PairResponse};
pub use pull::{Collection, DeletedIds, PullRequest, PullResponse};
pub use push::{EventResult, EventStatus, PushRequest, PushResponse};

/// The most events one push may carry.
pub const EVENTS_PER_PUSH_MAX: usize = 200;
/// The largest request body, in bytes.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// A device's clock may be off by this much before a sale carries a `clock_skew` notice.
pub const CLOCK_SKEW_MS_MAX: i64 = 120_000;
