//! The sync engine, without input or output: what to send, what to store, when to try again.
//!
//! Events come in (a tick, something stored, an answer, the network is back), actions go out (store this, send that,
//! wait so long). It reads no clock and draws no random number by itself, so that the page, the service worker and a
//! simulation run the very same code.

pub mod backoff;
pub mod batch;
pub mod catalogue;
pub mod engine;
pub mod failure;
pub mod journal;
pub mod poke;
pub mod pull;
pub mod sale_file;
pub mod till;
pub mod wire;
